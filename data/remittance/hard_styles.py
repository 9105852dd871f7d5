"""Harder kinds: what formats and countries do to names, numbers and texts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from remittance import payers, texts
from remittance.drafts import Draft, Kind, Pay, around, day_after, draft, full, line
from remittance.ledger import LAST_DAY, Ledger
from remittance.ten_kinds import by_name
from remittance.values import SampleInvoice


def cut_name(ledger: Ledger, _room: int) -> list[Draft]:
    """A name that ends after 18 to 32 signs, and an amount that only one of his items has."""

    def write(ledger: Ledger, item: SampleInvoice) -> Pay:
        payer = ledger.customer(item.customer)
        width = ledger.chance.choice((18, 20, 22, 27, 32))
        name = payers.as_bank_shows(ledger.chance, payer.name, payer.country, payer.is_person, width)
        return Pay(item.residual, day=day_after(ledger.chance, item), channel="ofx", name=name, texts=())

    return [by_name(ledger, write, lambda item: len(ledger.customer(item.customer).name) > 20)]


def sepa_pieces(ledger: Ledger, _room: int) -> list[Draft]:
    """A German text in pieces of 27 signs, joined by blanks or not at all, that cut words and numbers."""
    chance = ledger.chance
    item = ledger.take(lambda item: ledger.customer(item.customer).country in {"DE", "CH", "NL"})
    payer = ledger.customer(item.customer)
    word = texts.invoice_word(chance, "DE")
    written, _ = texts.reformatted(chance, item.number, "DE", chance.choice((0, 2, 3, 4, 12)))
    reference = item.number if chance.random() < 0.6 else written
    before = chance.choice(
        (f"EREF+{payers.digits(chance, 12)}", "EREF+NOTPROVIDED", "", f"KREF+NSCT{payers.digits(chance, 16)}")
    )
    text = texts.fitted(chance, [f"{word} {reference}"], around(ledger, item), 140)
    tail = chance.choice(("", f" ABWA+{payer.name[:40]}", f" DATUM {texts.short_day(chance, item.issued)}"))
    pieces = texts.in_pieces(f"{before} SVWZ+{text}{tail}".strip())
    name = payers.as_bank_shows(chance, payer.name, payer.country, payer.is_person, 54)
    pay = Pay(item.residual, day=day_after(chance, item), channel="svwz", name=" ".join(texts.in_pieces(name)))
    pay.texts = (" ".join(pieces),)
    if chance.random() < 0.5:
        pay.channel, pay.name, pay.texts = "svwz_pieces", name[:27], tuple(pieces)
    return [draft(line(ledger, payer, pay), full(item), payer=payer.key)]


def american(ledger: Ledger, _room: int) -> list[Draft]:
    """ACH: the name in 22 signs, addenda of 80 signs with one RMR segment per invoice."""
    chance = ledger.chance
    item = ledger.take()
    payer = ledger.customer(item.customer)
    free = ledger.free_of(payer.key, LAST_DAY - timedelta(2))
    items = [item, *chance.sample(free, min(len(free), chance.choice((0, 0, 0, 1, 1, 2, 3))))]
    ledger.used.update(one.key for one in items)
    end = chance.choice(("\\", "~"))
    segments = [f"RMR*IV*{one.number}*PI*{one.residual}*{one.residual}*0.00{end}" for one in items]
    if chance.random() < 0.4:
        segments = [segment.replace(f"*{one.residual}*0.00", "") for segment, one in zip(segments, items, strict=True)]
    addenda = tuple("".join(segments)[at : at + 80] for at in range(0, len("".join(segments)), 80))
    if chance.random() < 0.5:
        addenda = tuple(segment[:80] for segment in segments)
    total = sum((one.residual for one in items), Decimal(0))
    name = payers.as_bank_shows(chance, payer.name, payer.country, payer.is_person, 22).upper()[:22]
    pay = Pay(total, day=day_after(chance, *items), channel="ach", name=name, texts=addenda)
    return [draft(line(ledger, payer, pay), full(*items), payer=payer.key)]


def chinese(ledger: Ledger, _room: int) -> list[Draft]:
    """A Chinese transfer: the whole text is a word for goods or for business."""

    def write(ledger: Ledger, item: SampleInvoice) -> Pay:
        payer = ledger.customer(item.customer)
        text = ledger.chance.choice(("货款", "货款", "往来款", "付货款", "转账", "货款 "))
        name = payer.name[:30]
        if ledger.chance.random() < 0.2:
            name = payers.as_bank_shows(ledger.chance, payer.name, "CN", payer.is_person, 30)
        return Pay(item.residual, day=day_after(ledger.chance, item), channel="cn", name=name, texts=(text,))

    prepared = ledger.set_aside["chinese"].pop()[0] if ledger.chance.random() < 0.7 else None
    return [by_name(ledger, write, lambda item: ledger.customer(item.customer).country == "CN", prepared)]


def add_chinese(ledger: Ledger, count: int) -> None:
    """Add invoices of Chinese customers, none of a usual amount: they are few, and so are their unique amounts."""
    keys = [customer.key for customer in ledger.customers if customer.country == "CN"] or [1]
    for _ in range(count):
        amount = Decimal(ledger.chance.randrange(5_000, 900_000)).scaleb(-2)
        ledger.set_aside["chinese"].append([ledger.add_used(ledger.chance.choice(keys), amount)])


def brazilian(ledger: Ledger, _room: int) -> list[Draft]:
    """PIX and TED with name and tax number in the text, or a boleto that brings nothing but its own number."""
    chance = ledger.chance
    if chance.random() < 0.2:
        (item,) = ledger.set_aside["brazilian"].pop()
        payer = ledger.customer(item.customer)
        text = chance.choice(("LIQUIDACAO BOLETO {0}", "COBRANCA {0}", "CRED LIQ COBRANCA NOSSO NUM {0}")).format(
            item.references[0]
        )
        pay = Pay(item.residual, day=day_after(chance, item), channel="pix", name="", texts=(text,))
        return [draft(line(ledger, payer, pay), full(item), payer=payer.key)]

    def write(ledger: Ledger, item: SampleInvoice) -> Pay:
        payer = ledger.customer(item.customer)
        name = payers.plain_letters(payer.name, german=False)
        if chance.random() < 0.5:
            name = name.upper()
        tax = (
            payer.tax_id
            if chance.random() < 0.7
            else f"{payer.tax_id[:2]}.{payer.tax_id[2:5]}.{payer.tax_id[5:8]}/{payer.tax_id[8:12]}-{payer.tax_id[12:]}"
        )
        way = chance.choice(
            ("Pix enviado - {0} {1}", "Pix recebido - {0} {1}", "TED DIFERENTE TITULARIDADE CIP {0}", "PIX TRANSF {0}")
        )
        text = way.format(name[:40], tax)[:80]
        shown = name[:40] if chance.random() < 0.4 else ""
        return Pay(item.residual, day=day_after(chance, item), channel="pix", name=shown, texts=(text,))

    return [by_name(ledger, write, lambda item: ledger.customer(item.customer).country == "BR")]


def add_boletos(ledger: Ledger, count: int) -> None:
    """Add invoices of Brazilian customers with the number of their payment slip."""
    keys = [customer.key for customer in ledger.customers if customer.country == "BR"] or [1]
    for _ in range(count):
        slip = payers.digits(ledger.chance, 11)
        ledger.set_aside["brazilian"].append([ledger.add_used(ledger.chance.choice(keys), references=(slip,))])


def faster_payments(ledger: Ledger, _room: int) -> list[Draft]:
    """A British transfer: 18 signs for the name, 18 for the reference."""
    chance = ledger.chance
    item = ledger.take()
    payer = ledger.customer(item.customer)
    written, _ = texts.reformatted(chance, item.number, "GB", chance.choice((1, 2, 3, 4, 5, 7, 8, 9, 10)))
    text = chance.choice((item.number, written))
    text = text if len(text) <= 18 else item.number[-18:]
    if len(text) < 11 and chance.random() < 0.5:
        text = f"{text} {payer.number}"[:18]
    name = payers.as_bank_shows(chance, payer.name, payer.country, payer.is_person, 18).upper()[:18]
    pay = Pay(item.residual, day=day_after(chance, item), channel="fps", name=name, texts=(text,))
    return [draft(line(ledger, payer, pay), full(item), payer=payer.key)]


def structured(ledger: Ledger, _room: int) -> list[Draft]:
    """The structured reference of the invoice, as printed or without separators."""
    return [_structured(ledger, is_wrong=False)]


def structured_typo(ledger: Ledger, _room: int) -> list[Draft]:
    """A structured reference with one digit wrong, which its check digits tell; name and amount are right."""
    return [_structured(ledger, is_wrong=True)]


def _structured(ledger: Ledger, is_wrong: bool) -> Draft:
    chance = ledger.chance
    customer = ledger.any_customer()
    reference = texts.structured_reference(chance, len(ledger.items) * 7 + chance.randrange(7))
    item = ledger.add_used(customer, references=(reference,))
    payer = ledger.customer(customer)
    shown = reference
    if is_wrong:
        at = chance.choice([at for at, sign in enumerate(reference) if sign.isdigit()][-8:])
        shown = f"{reference[:at]}{(int(reference[at]) + chance.randrange(1, 10)) % 10}{reference[at + 1 :]}"
    way = chance.random()
    if way < 0.4:
        shown = "".join(sign for sign in shown if sign.isalnum())
    elif way < 0.6 and "/" not in shown:
        shown = " ".join(shown[at : at + 4] for at in range(0, len(shown), 4))
    others = around(ledger, item)[:1] if chance.random() < 0.2 else []
    pay = Pay(item.residual, [shown], others, day_after(chance, item), chance.choice(("sepa", "camt", "wire")))
    return draft(line(ledger, payer, pay), full(item), payer=payer.key)


def order_number(ledger: Ledger, _room: int) -> list[Draft]:
    """The customer's own order number, which the invoice repeats."""
    chance = ledger.chance
    customer = ledger.any_customer()
    payer = ledger.customer(customer)
    form = chance.choice(("PO{0}", "45000{0}", "{0}/26", "B-{0}", "PO-2026-{0}"))
    order = form.format(payers.digits(chance, 5))
    item = ledger.add_used(customer, references=(order,))
    word = texts.ORDER.get(payer.country, "PO")
    must = [order if chance.random() < 0.5 else f"{word} {order}"]
    pay = Pay(item.residual, must, [texts.thanks(chance, payer.country)], day_after(chance, item), "sepa")
    return [draft(line(ledger, payer, pay), full(item), payer=payer.key)]


def customer_number(ledger: Ledger, _room: int) -> list[Draft]:
    """Only the customer's number, from a payer who is somebody else or not named; the amount is unique."""

    def write(ledger: Ledger, item: SampleInvoice) -> Pay:
        payer = ledger.customer(item.customer)
        word = texts.CUSTOMER.get(payer.country, "ACC")
        name = payers.as_bank_shows(ledger.chance, payer.name, payer.country, payer.is_person, 32)
        text = ledger.chance.choice(
            (
                f"{word} {payer.number}",
                f"{word}{payer.number}",
                f"{payer.number} {texts.thanks(ledger.chance, payer.country)}",
            )
        )
        return Pay(item.residual, day=day_after(ledger.chance, item), channel="ofx", name=name, texts=(text,))

    return [by_name(ledger, write)]


FORMS = (
    Kind("cut_name", cut_name, is_last=True),
    Kind("sepa_pieces", sepa_pieces),
    Kind("american", american),
    Kind("chinese", chinese, is_last=True, prepare=add_chinese),
    Kind("brazilian", brazilian, is_last=True, prepare=add_boletos),
    Kind("faster_payments", faster_payments),
    Kind("structured", structured),
    Kind("structured_typo", structured_typo),
    Kind("order_number", order_number),
    Kind("customer_number", customer_number, is_last=True),
)
