"""Money that is not a customer's payment."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from remittance import payers, texts
from remittance.drafts import Draft, day, draft
from remittance.ledger import Ledger
from remittance.values import CENT, SampleLine

Source = Callable[[Random, str], tuple[str, str]]
OWNER = "Rosalind Alder"


def _month(chance: Random) -> str:
    return f"{chance.randrange(1, 12):02d}/2026"


def theirs(chance: Random, number: str) -> str:
    """Return a number of theirs that looks like one of ours."""
    figures = payers.digits(chance, 5)
    looks = (
        "INV/2026/0{0}",
        "INV-2026-{0}",
        "GS2026/{0}",
        "RINV/2026/0{0}",
        "CN-{0}",
        "2026{0}",
        "AV {0}",
        "SINV/26/{0}",
    )
    return (
        number
        if chance.random() < 0.3
        else chance.choice(looks).format(figures[:4] if chance.random() < 0.5 else figures)
    )


def _supplier(chance: Random, number: str) -> tuple[str, str]:
    country = chance.choice(("DE", "FR", "GB", "NL", "IT", "US"))
    words = ("Gutschrift {0}", "Refund {0}", "Credit note {0} overpaid", "AVOIR {0}", "RETURN OF YOUR PAYMENT {0}",
             "Erstattung zu {0} Ihre Kundennr. 4711", "rimborso {0}", "duplicate payment returned inv {0}")  # fmt: skip
    return payers.company_name(chance, country), chance.choice(words).format(theirs(chance, number))


SOURCES: tuple[Source, ...] = (
    lambda chance, _: (
        chance.choice(("Handelsbank Nord", "CREDIT COOP OUEST", "First Harbour Bank", "")),
        chance.choice(
            ("Zinsen {0}", "INTEREST {0}", "HABENZINSEN PER {0}", "INTERETS CREDITEURS {0}", "interest earned")
        ).format(_month(chance)),
    ),
    lambda chance, _: (
        chance.choice(
            ("Finanzamt Köln-Mitte", "FINANZAMT ULM", "REVENUE COMMISSIONERS", "DGFIP", "HMRC VAT", "Belastingdienst")
        ),
        chance.choice(
            ("UST {0} STNR 215/{1}/1234", "VAT REFUND {0} REF {1}", "REMB TVA {0}", "Erstattung {1}.{0}")
        ).format(_month(chance), payers.digits(chance, 4)),
    ),
    lambda chance, _: (
        chance.choice(("Allsicher Versicherung AG", "MUTUELLE DU PORT", "Harbour Insurance plc", "Polizza Sicura SpA")),
        chance.choice(
            ("Schaden-Nr. {0}", "CLAIM {0} SETTLEMENT", "SINISTRE {0}", "Beitragserstattung {0}", "VS-NR {0}")
        ).format(payers.digits(chance, 9)),
    ),
    lambda chance, _: (
        payers.person_name(chance, chance.choice(("DE", "GB", "FR", "PL"))),
        chance.choice(
            ("Kauf PKW K-AF 2026", "car purchase deposit paid", "Auto VIN WX{0}", "vente vehicule {0}")
        ).format(payers.digits(chance, 6)),
    ),
    lambda chance, _: (
        chance.choice(("Handelsbank Nord", "First Harbour Bank", "Förderbank West")),
        chance.choice(("DARLEHEN {0} AUSZAHLUNG", "LOAN {0} DRAWDOWN", "Auszahlung Kredit {0}")).format(
            payers.digits(chance, 10)
        ),
    ),
    _supplier,
    _supplier,
    lambda chance, _: (
        chance.choice(("CARDSTREAM SETTLEMENT", "PAYPLAZA EU", "GIROKARTE NETZBETRIEB", "")),
        chance.choice(
            ("PAYOUT {0}", "SETTLEMENT {0} TID {1}", "KARTENUMSATZ {0} TERM {1}", "MERCHANT {1} BATCH 0{0}")
        ).format(payers.digits(chance, 6), payers.digits(chance, 8)),
    ),
    lambda chance, _: (
        chance.choice((OWNER, OWNER.upper(), "Alder & Finch Holding")),
        chance.choice(("Einlage", "CAPITAL CONTRIBUTION", "Privateinlage", "own transfer", "Umbuchung", "apport")),
    ),
    lambda chance, _: (
        chance.choice(("", "", "UNKNOWN")),
        chance.choice(("%", "%", "-", ".", "/", "N/A", "NOTPROVIDED", "?")),
    ),
    lambda chance, _: (chance.choice(("", "Barein", "CASH")), ""),
    lambda chance, _: (
        chance.choice(("Stadtwerke Lindau", "EDF PRO", "Landlord Estates Ltd", "TELEKOM NORD")),
        chance.choice(
            ("Guthaben Abrechnung {0}", "RENT DEPOSIT RETURN", "Remboursement trop percu {0}", "Jahresabrechnung 2025")
        ).format(payers.digits(chance, 7)),
    ),
    lambda chance, _: (
        chance.choice(("Arbeitsagentur", "KRANKENKASSE MITTE", "Job Centre")),
        chance.choice(("AAG Erstattung {0}", "U1 Umlage {0}", "SICK PAY REFUND {0}")).format(_month(chance)),
    ),
)


def unrelated(ledger: Ledger, _room: int) -> list[Draft]:
    """(j) Income of another sort, its amount often that of an open invoice."""
    chance = ledger.chance
    any_number = ledger.items[chance.randrange(1, len(ledger.items) + 1)].number
    name, text = chance.choice(SOURCES)(chance, any_number)
    amount = Decimal(chance.randrange(100, 400_000)) * CENT
    if chance.random() < 0.6:
        amount = abs(ledger.items[chance.randrange(1, len(ledger.items) + 1)].total)
    named = next((number for number in ledger.numbers & set(text.split())), None)
    # With the number and the amount of an open invoice of ours nobody could know that it is theirs.
    if named and ledger.items[ledger.by_number[texts.canonical(named)]].total == amount:
        amount += 1
    channel = chance.choice(("sepa", "ofx", "camt", "sepa_old"))
    name_width, text_width = texts.WIDTHS[channel]
    if chance.random() < 0.5:
        name, text = name.upper(), text.upper()
    account = payers.draw_account(chance, chance.choice(("DE", "FR", "GB", "NL")))[0] if chance.random() < 0.6 else ""
    written = SampleLine(
        *(0, "", day(chance), amount, "EUR", name[:name_width], (text[:text_width],) if text else ()),
        account=account if channel in texts.WITH_ACCOUNT else "",
        channel=channel,
    )
    return [draft(written, has_answer=False, note="unrelated")]
