"""What payers write and banks pass on: references in all their forms, the words around them, and the fields' widths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from remittance.payers import digits

#: The widths of the name and of each text field, per format.
WIDTHS = {
    "sepa": (70, 140),
    "sepa_old": (35, 140),
    "svwz": (54, 392),
    "svwz_pieces": (27, 27),
    "ofx": (32, 64),
    "ach": (22, 80),
    "wire": (35, 140),
    "pix": (40, 80),
    "cn": (30, 30),
    "fps": (18, 18),
    "camt": (70, 140),
}
#: Formats in which the counterparty's account is told.
WITH_ACCOUNT = {"sepa", "sepa_old", "svwz", "svwz_pieces", "wire", "cn", "camt"}
FORMATS = {
    "DE": ("sepa", "sepa", "ofx", "camt"),
    "FR": ("sepa", "ofx", "camt"),
    "GB": ("fps", "ofx", "wire"),
    "US": ("wire", "ofx", "ofx"),
    "BR": ("pix", "wire", "ofx"),
    "CN": ("cn", "wire", "wire"),
    "RU": ("wire",),
}
SEPA_FORMATS = ("sepa", "sepa_old", "ofx", "camt")

INVOICE = {
    "DE": ("RE", "Rechnung", "RG", "Rg.-Nr.", "RNr.", "Rechn.", "Re-Nr"),
    "CH": ("RE", "Rechnung", "Rg.", "Facture"),
    "FR": ("FACT", "Facture", "FA", "Fact.", "REF FACT", "/INV/"),
    "GB": ("INV", "Invoice", "Inv no", "Our ref", "Bill"),
    "US": ("INV", "Invoice", "Inv#", "PMT FOR", "Bill"),
    "IT": ("FATT", "Fattura", "Ft. n.", "SALDO FATT", "Saldo fattura"),
    "ES": ("FRA", "Factura", "Fra.", "PAGO FRA", "Fact n"),
    "NL": ("Factuur", "FACT", "Factnr", "betreft factuur", "Fact.nr."),
    "PL": ("Faktura", "FV", "FAKTURA NR", "zaplata za fv"),
    "BR": ("NF", "Fatura", "PGTO NF", "REF NOTA"),
    "CN": ("发票", "INV", "付款", "货款 发票号"),
    "GR": ("TIM.", "Timologio", "EXOFLISI TIM"),
    "RU": ("Oplata po schetu", "SCHET N", "Oplata scheta"),
}
CUSTOMER = {"DE": "KD", "CH": "Kdnr", "FR": "CLIENT", "IT": "Cod. cl.", "ES": "CLIENTE", "NL": "Klantnr", "BR": "CLI"}
ORDER = {"DE": "Best.", "CH": "Auftrag", "FR": "CDE", "IT": "ORD.", "ES": "PEDIDO", "NL": "Order", "PL": "zam."}
OF = {"DE": "VOM", "CH": "vom", "FR": "DU", "IT": "del", "ES": "de", "NL": "d.d.", "PL": "z dnia", "GB": "dated"}
THANKS = {
    "DE": ("Danke", "wie vereinbart", "Zahlung", "Lieferung", "Ausgleich", "Gutschrift"),
    "FR": ("VIR", "reglement", "merci", "votre fourniture"),
    "GB": ("thanks", "payment", "goods", "settlement"),
    "US": ("PAYMENT", "thank you", "VENDOR PYMT", "BILL PAY"),
    "CN": ("货款", "往来款", "付货款"),
    "BR": ("pagamento", "PGTO FORNECEDOR", "ref mercadoria"),
    "IT": ("saldo", "pagamento fornitura", "bonifico"),
    "ES": ("pago", "transferencia", "su suministro"),
}
PLAIN_THANKS = ("payment", "PAYMENT", "thank you", "goods")


def channel_of(chance: Random, country: str) -> str:
    """Return the format in which a payment from a country comes."""
    return chance.choice(FORMATS.get(country, SEPA_FORMATS))


def money(chance: Random, amount: Decimal, currency: str = "EUR") -> str:
    """Write an amount as somebody would."""
    comma = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    return chance.choice(
        (
            f"{amount:.2f}",
            comma,
            comma,
            f"{currency} {comma}",
            f"{currency}{amount:.2f}",
            f"{amount:,.2f}",
            f"{comma} {currency}",
        )
    )


def short_day(chance: Random, day: date) -> str:
    """Write a day as somebody would."""
    return day.strftime(chance.choice(("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%Y-%m-%d", "%d%m%y", "%Y%m%d", "%d.%m.")))


def invoice_word(chance: Random, country: str) -> str:
    """Return what an invoice is called on a transfer."""
    return chance.choice(INVOICE[country])


def thanks(chance: Random, country: str) -> str:
    """Return words that tell nothing."""
    return chance.choice(THANKS.get(country, PLAIN_THANKS))


def noise(chance: Random, country: str, customer: str, issued: date, amount: Decimal) -> list[str]:
    """Return what else stands in a text: customer and order numbers, dates, amounts, a bank's own references."""
    choices = (
        f"{CUSTOMER.get(country, 'Cust')} {customer}",
        f"{CUSTOMER.get(country, 'ACC')}{customer}",
        f"{ORDER.get(country, 'PO')} {digits(chance, chance.choice((5, 6, 8)))}",
        f"{ORDER.get(country, 'PO')}-{chance.randrange(2024, 2027)}-{chance.randrange(1, 999)}",
        f"{OF.get(country, 'of')} {short_day(chance, issued)}",
        money(chance, amount),
        thanks(chance, country),
        f"EREF+{digits(chance, 10)}",
        f"/ROC/{digits(chance, 8)}",
        f"TAN {digits(chance, 6)}",
        f"{digits(chance, 8)}/{digits(chance, 8)}",
        short_day(chance, issued + timedelta(chance.randrange(5, 40))),
    )
    return chance.sample(choices, chance.choice((1, 2, 2, 3, 3, 4)))


def fitted(chance: Random, must: Sequence[str], others: Sequence[str], width: int) -> str:
    """Put the pieces into one text of at most ``width`` signs; ``others`` are left out where there is no room."""
    separator = chance.choice((" ", " ", " ", " ", ", ", "/", " // ", "*", "; ", "  ", " - "))
    pieces = [(piece, True) for piece in must]
    for other in others:
        pieces.insert(chance.randrange(len(pieces) + 1), (other, False))
    while len(separator.join(piece for piece, _ in pieces)) > width:
        loose = [at for at, (_, needed) in enumerate(pieces) if not needed]
        if loose:
            del pieces[chance.choice(loose)]
        elif len(separator) > 1:
            separator = " "
        else:
            break
    return separator.join(piece for piece, _ in pieces)[:width]


# References


def _parts(number: str) -> list[str]:
    return re.findall(r"[^\W\d_]+|\d+", number)


def full_reference(chance: Random, number: str, country: str) -> str:
    """Write a number as it stands on the invoice, with or without a word before it."""
    return number if chance.random() < 0.4 else f"{invoice_word(chance, country)} {number}"


def reformatted(chance: Random, number: str, country: str, habit: int) -> tuple[str, bool]:
    """Write a number otherwise than it stands on the invoice; return also whether all its digits are there.

    Payers keep their habit: mostly the customer's own one is used.
    """
    parts = _parts(number)
    letters, figures = [part for part in parts if part.isalpha()], [part for part in parts if part.isdigit()]
    last, word = figures[-1], invoice_word(chance, country)
    year = figures[0] if len(figures) > 1 else ""
    way = habit % 16 if chance.random() < 0.8 else chance.randrange(16)
    separator = chance.choice(("-", ".", " ", "_", " / ", "--"))
    written = {
        0: f"{word} {''.join(figures)}",
        1: "".join(figures),
        2: number.lower(),
        3: separator.join(parts),
        4: "".join(parts),
        5: "/".join(figures) if year else last,
        6: f"{word} {last}",
        7: f"{''.join(letters)} {last}",
        8: "/".join((*letters, *figures[:-1], last.lstrip("0"))),
        9: "/".join((*letters, year[2:], last)) if year else number.lower(),
        10: last,
        11: _broken(chance, number),
        12: f"{word}{number}",
        13: f"{word}{''.join(figures)}{chance.choice(('VOM', 'DU', 'EUR', 'X', 'KD'))}",
        14: f"{chance.choice(('RENR', 'NR', 'N', 'REF', 'SALDO'))}{''.join(parts)}",
        15: _broken(chance, "".join(parts)),
    }[way]
    return written, way not in {6, 7, 8, 9, 10}


def _broken(chance: Random, number: str) -> str:
    at = chance.randrange(2, len(number) - 1)
    return f"{number[:at]} {number[at:]}"


def several(chance: Random, numbers: Sequence[str], country: str) -> str:
    """Write several numbers as one list: in full, shortened to what differs, as last digits, or as a range."""
    word = invoice_word(chance, country)
    comma = chance.choice((", ", " ", ",", " + ", "/ ", "; ", " u. " if country == "DE" else " & "))
    heads = {number[: len(number) - len(_parts(number)[-1])] for number in numbers}
    tails = [_parts(number)[-1] for number in numbers]
    if len(heads) > 1 or chance.random() < 0.4:
        form = [number if chance.random() < 0.9 else "".join(_parts(number)) for number in numbers]
        return f"{word} {comma.join(form)}" if chance.random() < 0.6 else comma.join(form)
    head = heads.pop()
    counted = [int(tail) for tail in tails]
    in_a_row = len(numbers) > 2 and counted == list(range(counted[0], counted[0] + len(counted)))
    if in_a_row and chance.random() < 0.5:
        until = chance.choice(("-", " - ", " bis " if country == "DE" else " to ", "–"))
        return chance.choice(
            (f"{head}{tails[0]}{until}{tails[-1]}", f"{word} {tails[0].lstrip('0')}{until}{tails[-1].lstrip('0')}")
        )
    short = [tails[0], *(_shortened(tails[0], tail) for tail in tails[1:])]
    way = chance.random()
    if way < 0.45:
        return f"{head}{'/'.join(short)}"
    if way < 0.7:
        return f"{head}{comma.join(tails)}"
    if way < 0.85:
        return f"{word} {comma.join(tails)}"
    return f"{word} {'/'.join((tails[0].lstrip('0'), *short[1:]))}"


def _shortened(first: str, other: str) -> str:
    """Return the last digits of ``other``, at least three, from where it differs from ``first``."""
    same = next((at for at, (one, two) in enumerate(zip(first, other, strict=False)) if one != two), 0)
    return other[min(same, len(other) - 3) :] if len(first) == len(other) else other


def mistyped(chance: Random, number: str) -> str:
    """Return a number with one slip in its digits: two swapped, one left out, changed, or doubled."""
    while True:
        places = [at for at, sign in enumerate(number) if sign.isdigit()]
        # Slips happen where attention ends, in the last digits rather than in the year.
        at = chance.choice(places[-5:] if chance.random() < 0.85 else places)
        way = chance.randrange(4)
        if way == 0 and at + 1 < len(number) and number[at + 1].isdigit():
            typed = f"{number[:at]}{number[at + 1]}{number[at]}{number[at + 2 :]}"
        elif way == 1:
            typed = number[:at] + number[at + 1 :]
        elif way == 2:
            typed = f"{number[:at]}{chance.choice('0123456789')}{number[at + 1 :]}"
        else:
            typed = f"{number[:at]}{number[at]}{number[at:]}"
        if typed != number:
            return typed


def canonical(number: str) -> str:
    """Return a number without leading zeros, as one compares numbers."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", number)


def is_one_slip(typed: str, number: str) -> bool:
    """Tell whether one slip can make ``typed`` of ``number``."""
    if len(typed) == len(number):
        differ = [at for at, (one, two) in enumerate(zip(typed, number, strict=True)) if one != two]
        return len(differ) < 2 or (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and (typed[differ[0]], typed[differ[1]]) == (number[differ[1]], number[differ[0]])
        )
    short, long = sorted((typed, number), key=len)
    return len(long) == len(short) + 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def slips(number: str) -> set[str]:
    """Return everything that one slip in the last digits can make of a number."""
    made = set()
    for at in range(len(number) - 5, len(number)):
        made |= {f"{number[:at]}{figure}{number[at + 1 :]}" for figure in "0123456789"}
        if at + 1 < len(number):
            made.add(f"{number[:at]}{number[at + 1]}{number[at]}{number[at + 2 :]}")
    return made - {number}


def in_pieces(text: str, size: int = 27) -> list[str]:
    """Cut a text as German banks do, through words and numbers."""
    return [text[at : at + size] for at in range(0, len(text), size)]


# Structured references


def creditor_reference(body: str) -> str:
    """Return an RF creditor reference (ISO 11649)."""
    number = "".join(str(int(sign, 36)) for sign in f"{body}RF00")
    return f"RF{98 - int(number) % 97:02d}{body}"


def belgian_reference(body: int) -> str:
    """Return a Belgian structured communication: ten digits and their remainder by 97."""
    figures = f"{body:010d}{body % 97 or 97:02d}"
    return f"+++{figures[:3]}/{figures[3:7]}/{figures[7:]}+++"


def finnish_reference(body: int) -> str:
    """Return a Finnish reference number: weights 7, 3, 1 from the right."""
    total = sum(int(figure) * weight for figure, weight in zip(reversed(str(body)), (7, 3, 1) * 7, strict=False))
    return f"{body}{-total % 10}"


def norwegian_reference(body: int) -> str:
    """Return a Norwegian KID with a check digit by Luhn's rule."""
    total = 0
    for at, figure in enumerate(reversed(str(body))):
        double = int(figure) * (2 if at % 2 == 0 else 1)
        total += double - 9 if double > 9 else double
    return f"{body}{-total % 10}"


def swiss_reference(body: int) -> str:
    """Return a Swiss QR reference of 27 digits with a recursive check digit modulo 10."""
    row, carry = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5), 0
    figures = f"{body:026d}"
    for figure in figures:
        carry = row[(carry + int(figure)) % 10]
    return f"{figures}{(10 - carry) % 10}"


def structured_reference(chance: Random, sequence: int) -> str:
    """Return a reference with check digits in one of the national forms."""
    way = chance.randrange(5)
    if way == 0:
        return creditor_reference(f"{chance.choice(('', 'INV', 'C'))}2026{sequence:06d}")
    if way == 1:
        return belgian_reference(260_000_0000 + sequence)
    if way == 2:
        return finnish_reference(2_026_000_000 + sequence)
    if way == 3:
        return norwegian_reference(1_000_000_000 + sequence)
    return swiss_reference(210_000_000_000_000_000 + sequence)
