"""Harder kinds: what happens between a payer, a bank and the books."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from remittance import payers, texts
from remittance.drafts import Draft, Kind, Pay, around, day, day_after, draft, full, less, line, partly
from remittance.ledger import LAST_DAY, Ledger
from remittance.ten_kinds import shown_name
from remittance.unrelated import theirs
from remittance.values import CENT, Answer, SampleInvoice, SampleLine

RECENT = timedelta(2)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _reference(ledger: Ledger, item: SampleInvoice) -> str:
    return texts.full_reference(ledger.chance, item.number, ledger.customer(item.customer).country)


def _total(items: list[SampleInvoice]) -> Decimal:
    return sum((item.residual for item in items), Decimal(0))


# Many at once


def merged(ledger: Ledger, _room: int) -> list[Draft]:
    """Eight to forty invoices in one payment: listed, told apart in an advice, or simply all that is open."""
    chance = ledger.chance
    items = ledger.set_aside["merged"].pop()
    payer = ledger.customer(items[0].customer)
    everything = ledger.open_of(payer.key)
    strangers = {item.key for item in everything} - {item.key for item in items}
    way = chance.random()
    pay = Pay(_total(items), day=day_after(chance, *items), channel="camt")
    if way < 0.3 and not strangers & ledger.used and len(everything) <= 40:
        items = everything
        ledger.used.update(item.key for item in items)
        pay.amount, pay.day = _total(items), day_after(chance, *items)
        word = chance.choice(
            ("all open items", "lt. Kontoauszug", "statement of account", "solde du compte", "saldo conto")
        )
        pay.texts = (f"{word} {chance.randrange(1, 13):02d}/2026",)
    elif way < 0.65:
        pay.remittance = tuple((item.number, item.residual) for item in items)
        pay.texts = (
            chance.choice(("Sammelzahlung lt. Avis {0}", "REMITTANCE ADVICE {0}", "AVIS {0}")).format(
                payers.digits(chance, 7)
            ),
        )
    else:
        pay.texts = _long_list(ledger, items)
    return [draft(line(ledger, payer, pay), full(*items), payer=payer.key)]


def _long_list(ledger: Ledger, items: list[SampleInvoice]) -> tuple[str, ...]:
    """Write all numbers, in as many fields of 140 signs as they need."""
    fields, comma = [""], ledger.chance.choice((", ", " ", ","))
    for item in sorted(items, key=lambda item: item.number):
        if len(fields[-1]) + len(comma) + len(item.number) > 140:
            fields.append("")
        fields[-1] += f"{comma if fields[-1] else ''}{item.number}"
    return tuple(fields)


def add_merged(ledger: Ledger, count: int) -> None:
    """Add many invoices of one customer."""
    for _ in range(count):
        customer = ledger.any_customer()
        size = ledger.chance.choice((8, 10, 12, 15, 20, 30, 40))
        items = [ledger.add_used(customer, issued=ledger.issued_day() - RECENT) for _ in range(size)]
        ledger.set_aside["merged"].append(items)


def advised(ledger: Ledger, _room: int) -> list[Draft]:
    """The customer's advice tells what is paid, one of it in part; the text tells nothing."""
    chance = ledger.chance
    items = [first := ledger.take(), *(ledger.add_used(first.customer) for _ in range(chance.randrange(1, 6)))]
    payer = ledger.customer(first.customer)
    paid = [item.residual for item in items]
    if chance.random() < 0.3:
        paid[-1] = _cents(paid[-1] * chance.randrange(40, 90) / 100)
    pay = Pay(sum(paid, Decimal(0)), [f"Avis {payers.digits(chance, 6)}"], day=day_after(chance, *items))
    pay.remittance = tuple((item.number, amount) for item, amount in zip(items, paid, strict=True))
    answer = Answer(tuple((item.key, amount) for item, amount in zip(items, paid, strict=True)))
    return [draft(line(ledger, payer, pay), answer, payer=payer.key)]


def listed_less(ledger: Ledger, _room: int) -> list[Draft]:
    """Several references, less the discounts of those that grant one."""
    chance = ledger.chance
    customer = ledger.any_customer(grants_discount=True)
    payer = ledger.customer(customer)
    issued = LAST_DAY - timedelta(chance.randrange(4, 9))
    items = [ledger.add_used(customer, ledger.amount(), issued=issued)]
    for _ in range(chance.choice((1, 2, 2, 3))):
        total = ledger.amount()
        facts = {"discount": _cents(total * 2 / 100), "discount_day": issued + timedelta(14)}
        items.append(ledger.add_used(customer, total, issued=issued, after=items[-1].number, **facts))
    taken = sum((item.discount for item in items), Decimal(0))
    must = [texts.several(chance, sorted(item.number for item in items), payer.country)]
    others = [chance.choice(("abzgl. Skonto", "less 2%", "-2% Skonto"))] if chance.random() < 0.5 else []
    pay = Pay(_total(items) - taken, must, others, day_after(chance, *items), "sepa")
    answer = Answer(full(*items).items, (("discount", -taken),))
    return [draft(line(ledger, payer, pay), answer, payer=payer.key)]


def netted(ledger: Ledger, _room: int) -> list[Draft]:
    """A credit note is taken off; it is named, or tells itself by the amount that is missing."""
    chance = ledger.chance
    *items, credit = ledger.set_aside["netted"].pop()
    payer = ledger.customer(credit.customer)
    is_named = chance.random() < 0.7
    numbers = [item.number for item in items]
    must = [texts.several(chance, sorted(numbers), payer.country) if len(numbers) > 1 else _reference(ledger, items[0])]
    if is_named:
        must.append(f"{chance.choice(('abzgl. GS', 'less CN', '-', 'avoir', 'minus', 'NC'))} {credit.number}")
    notes = [one for one in ledger.open_of(payer.key) if one.residual == credit.residual]
    pay = Pay(_total([*items, credit]), must, day=day_after(chance, *items, credit), channel="sepa")
    has_answer = is_named or len(notes) == 1
    return [draft(line(ledger, payer, pay), full(*items, credit), payer=payer.key, has_answer=has_answer)]


def add_netted(ledger: Ledger, count: int) -> None:
    """Add invoices and a credit note that is less than they are."""
    chance = ledger.chance
    for _ in range(count):
        customer = ledger.any_customer()
        items = [ledger.add_used(customer) for _ in range(chance.choice((1, 1, 2, 3)))]
        credit = ledger.add_credit_note(customer, _cents(_total(items) * chance.randrange(5, 60) / 100))
        ledger.used.add(credit.key)
        ledger.set_aside["netted"].append([*items, credit])


def instalment(ledger: Ledger, _room: int) -> list[Draft]:
    """The next instalment of an invoice that is named, or the next two."""
    chance = ledger.chance
    customer = ledger.any_customer()
    payer = ledger.customer(customer)
    count = chance.choice((2, 3, 3, 4, 6))
    total = max(ledger.amount(), Decimal(200))
    shares = [_cents(total / count)] * (count - 1)
    if chance.random() < 0.3:
        shares[0] = _cents(total * chance.randrange(30, 50) / 100)
        shares[1:] = [_cents((total - shares[0]) / (count - 1))] * (count - 2)
    shares.append(total - sum(shares, Decimal(0)))
    settled = chance.choice((0, 0, 1)) if count > 2 else 0
    issued = LAST_DAY - timedelta(chance.randrange(15, 120))
    parts: list[SampleInvoice] = []
    for at, share in enumerate(shares):
        document = parts[0].key if parts else len(ledger.items) + 1
        number = parts[0].number if parts else ""
        residual = Decimal(0) if at < settled else share
        facts = {"residual": residual, "document": document, "number": number, "due": issued + timedelta(30 * (at + 1))}
        parts.append(ledger.add_used(customer, share, issued=issued, **facts))
    paid = parts[settled : settled + (1 if chance.random() < 0.8 else 2)]
    hints = (f"{settled + 1}. Rate", f"instalment {settled + 1}/{count}", f"echeance {settled + 1}")
    others = [chance.choice(hints)] if len(paid) == 1 and chance.random() < 0.5 else []
    pay = Pay(_total(paid), [_reference(ledger, parts[0])], others, day_after(chance, *parts), "sepa")
    return [draft(line(ledger, payer, pay), full(*paid), payer=payer.key)]


def registered(ledger: Ledger, _room: int) -> list[Draft]:
    """A payment that was registered before, named by its invoice, its batch, or by nothing but payer and amount."""
    chance = ledger.chance
    items = ledger.set_aside["registered"].pop()
    payer = ledger.customer(items[0].customer)
    pay = Pay(_total(items), day=day_after(chance, *items))
    if len(items) > 1:
        pay.must = [f"{chance.choice(('BATCH', 'Sammler', ''))} {items[0].references[1]}".strip()]
        pay.name = chance.choice(("", "SAMMELGUTSCHRIFT", "Lockbox deposit"))
        return [draft(line(ledger, payer, pay), full(*items))]
    if chance.random() < 0.6:
        pay.must = [f"{texts.invoice_word(chance, payer.country)} {items[0].references[0]}"]
        return [draft(line(ledger, payer, pay), full(*items), payer=payer.key)]
    written = line(ledger, payer, pay)
    is_only = ledger.is_only(items[0].residual, ledger.confusable(payer.key, shown_name(written)), items[0])
    return [draft(written, full(*items), payer=payer.key, has_answer=is_only)]


def add_registered(ledger: Ledger, count: int) -> None:
    """Add settled invoices, with the registered payments that settled them; some payments share a batch."""
    chance = ledger.chance
    for _ in range(count):
        is_batch = chance.random() < 0.25
        batch = (f"BATCH/IN/2026/{len(ledger.items):05d}",) if is_batch else ()
        items = []
        for _ in range(chance.randrange(2, 7) if is_batch else 1):
            invoice = ledger.add_settled(ledger.any_customer())
            number = f"PBNK1/2026/{len(ledger.items):05d}"
            entered = invoice.issued + timedelta(chance.randrange(5, 25))
            facts = {"number": number, "sort": "payment", "references": (invoice.number, *batch), "due": entered}
            items.append(ledger.add_used(invoice.customer, invoice.total, issued=entered, **facts))
        ledger.set_aside["registered"].append(items)


# Money that goes the other way, or comes twice


def refund(ledger: Ledger, _room: int) -> list[Draft]:
    """We pay a credit note out; our own text names it, or only the payee."""
    chance = ledger.chance
    credit = ledger.add_credit_note(ledger.any_customer())
    ledger.used.add(credit.key)
    payer = ledger.customer(credit.customer)
    is_named = chance.random() < 0.75
    word = chance.choice(("Erstattung", "REFUND", "Auszahlung Gutschrift", "remboursement avoir", "Refund credit note"))
    must = [f"{word} {credit.number}" if is_named else word]
    pay = Pay(credit.residual, must, day=day_after(chance, credit), channel=chance.choice(("sepa", "ofx")))
    return [draft(line(ledger, payer, pay), full(credit), payer=payer.key, has_answer=is_named)]


def reversal(ledger: Ledger, _room: int) -> list[Draft]:
    """A debit or cheque that came back after its invoice was settled: it must not pay anything."""
    chance = ledger.chance
    customer = ledger.any_customer()
    item = ledger.add_settled(customer)
    if chance.random() < 0.1:
        ledger.used.add(ledger.add_credit_note(customer, item.total).key)
    payer = ledger.customer(customer)
    fee = chance.choice((Decimal(0), Decimal(0), Decimal("3.50"), Decimal("7.50")))
    word = chance.choice(
        ("RETOURE SEPA LASTSCHRIFT", "Rücklastschrift AC04", "RETURNED DD", "REJET PRLV", "RTN CHQ", "R01 RETURN")
    )
    must = [f"{word} {item.number}" if chance.random() < 0.7 else word]
    pay = Pay(-item.total - fee, must, day=day(chance), channel=chance.choice(("sepa", "ofx")))
    return [draft(line(ledger, payer, pay), payer=payer.key, has_answer=False, note="comes back")]


def outgoing(ledger: Ledger, _room: int) -> list[Draft]:
    """Rent, wages, suppliers with numbers that look like ours: money out that is no refund."""
    chance = ledger.chance
    any_item = ledger.items[chance.randrange(1, len(ledger.items) + 1)]
    amount = -abs(any_item.total) if chance.random() < 0.5 else -Decimal(chance.randrange(500, 900_000)) * CENT
    country = chance.choice(("DE", "FR", "GB", "NL"))
    is_supplier = chance.random() < 0.5
    name = payers.company_name(chance, country) if is_supplier else payers.person_name(chance, country)
    text = (
        theirs(chance, any_item.number)
        if is_supplier
        else chance.choice(("Lohn/Gehalt 10/2026", "Miete November", "SALARY"))
    )
    if text == any_item.number and any_item.residual == amount:
        amount -= 1
    account, _ = payers.draw_account(chance, country)
    written = SampleLine(0, "", day(chance), amount, "EUR", name[:70], (text,), account)
    return [draft(written, has_answer=False, note="unrelated")]


def duplicate(ledger: Ledger, room: int) -> list[Draft]:
    """Paid twice: both payments in this batch, or the first one long ago. The second one pays no other invoice."""
    chance = ledger.chance
    customer = ledger.any_customer()
    payer = ledger.customer(customer)
    if room >= 2 and chance.random() < 0.5:
        item = ledger.take()
        payer = ledger.customer(item.customer)
        pay = Pay(item.residual, [_reference(ledger, item)], day=day_after(chance, item))
        first = line(ledger, payer, pay)
        pay.day = min(first.day + timedelta(chance.randrange(4)), LAST_DAY)
        second = line(ledger, payer, pay)
        return [
            draft(written, full(item), payer=payer.key, has_answer=False, note="one of two")
            for written in (first, second)
        ]
    item = ledger.add_settled(customer)
    if chance.random() < 0.4:
        ledger.add_used(customer, item.total)
    pay = Pay(item.total, [_reference(ledger, item)], day=day(chance))
    return [draft(line(ledger, payer, pay), payer=payer.key, has_answer=False, note="paid before")]


def prepayment(ledger: Ledger, _room: int) -> list[Draft]:
    """A known customer pays for what is not invoiced yet; nothing open fits."""
    chance = ledger.chance
    while True:
        customer = ledger.any_customer()
        open_items = ledger.open_of(customer)
        amount = ledger.amount()
        if len(open_items) <= 20 and not ledger.subsets(customer, amount):
            break
    payer = ledger.customer(customer)
    word = chance.choice(
        ("Anzahlung Auftrag {0}", "Vorkasse {0}", "PREPAYMENT SO{0}", "acompte devis {0}", "PROFORMA PF/2026/{0}")
    )
    pay = Pay(amount, [word.format(payers.digits(chance, 5))])
    return [draft(line(ledger, payer, pay), payer=payer.key, has_answer=False, note="nothing fits")]


# Who pays


def parent(ledger: Ledger, _room: int) -> list[Draft]:
    """The parent pays a subsidiary's invoice; with its number, or the amount is unique in the group."""
    chance = ledger.chance
    (item,) = ledger.set_aside["parent"].pop()
    child = ledger.customer(item.customer)
    payer = ledger.customer(child.parent or child.key)
    pay = Pay(item.residual, day=day_after(chance, item))
    if chance.random() < 0.6:
        pay.must = [_reference(ledger, item)]
        return [draft(line(ledger, payer, pay), full(item), payer=payer.key)]
    written = line(ledger, payer, pay)
    is_only = ledger.is_only(item.residual, ledger.confusable(payer.key, shown_name(written)), item)
    return [draft(written, full(item), payer=payer.key, has_answer=is_only)]


def add_for_children(ledger: Ledger, count: int) -> None:
    """Add invoices of subsidiaries."""
    children = [customer.key for customer in ledger.customers if customer.parent] or [1]
    for _ in range(count):
        ledger.set_aside["parent"].append([ledger.add_used(ledger.chance.choice(children))])


def third_party(ledger: Ledger, _room: int) -> list[Draft]:
    """A factor, a lawyer or a relative pays, with the number."""
    chance = ledger.chance
    item = ledger.take()
    payer = ledger.customer(item.customer)
    country = payer.country if payer.country not in payers.NATIONAL_DIGITS else "DE"
    factor = chance.choice(
        ("Nordfaktor Bank AG", "AFFACTURAGE DU SUD SA", "Rechtsanwälte Kühn & Ley", "Insolvenzverwalter Dr. Thiel")
    )
    name = factor if chance.random() < 0.6 else payers.person_name(chance, country)
    must = [_reference(ledger, item)]
    others = [f"{chance.choice(('für', 'i.A.', 'pour', 'obo'))} {payer.name}"[:40]] if chance.random() < 0.5 else []
    pay = Pay(item.residual, must, others, day_after(chance, item), "sepa", name=name)
    written = line(ledger, ledger.stranger(country), pay)
    return [draft(written, full(item), note="somebody else pays")]


def same_name(ledger: Ledger, _room: int) -> list[Draft]:
    """Two customers of one name: the account, the number in our books, or the amount tells them apart, or nothing."""
    chance = ledger.chance
    item, *twins = ledger.set_aside["same_name"].pop()
    payer = ledger.customer(item.customer)
    pay = Pay(item.residual, day=day_after(chance, item), channel=chance.choice(("sepa", "ofx")))
    tells_number = bool(twins) and chance.random() < 0.4
    if tells_number:
        pay.must = [f"{texts.CUSTOMER.get(payer.country, 'ACC')} {payer.number}"]
    written = line(ledger, payer, pay)
    others = ledger.confusable(payer.key, shown_name(written))
    is_told = tells_number or (payer.iban_known and bool(written.account))
    has_answer = ledger.is_only(item.residual, {payer.key} if is_told else others, item)
    return [draft(written, full(item), payer=payer.key, has_answer=has_answer)]


def add_same_name(ledger: Ledger, count: int) -> None:
    """Give some persons the names of others, and add invoices to them, half of them of equal amount."""
    chance = ledger.chance
    persons = [customer for customer in ledger.customers if customer.is_person]
    for _ in range(count):
        one, other = chance.sample(persons, 2) if len(persons) > 1 else ledger.customers[:2]
        ledger.rename(other.key, ledger.customer(one.key).name)
        item = ledger.add_used(one.key)
        twins = [ledger.add_used(other.key, item.total)] if chance.random() < 0.5 else []
        ledger.set_aside["same_name"].append([item, *twins])


def contested(ledger: Ledger, room: int) -> list[Draft]:
    """Two customers name one invoice; one of them means his own, which is of the same amount."""
    chance = ledger.chance
    item = ledger.take()
    payer = other = ledger.customer(item.customer)
    while other.key in ledger.group[payer.key]:
        other = ledger.customer(ledger.any_customer())
    meant = ledger.add_used(other.key, item.residual, issued=item.issued)
    note = "two name one invoice"
    day_ = day_after(chance, item)
    wrong = line(ledger, other, Pay(item.residual, [_reference(ledger, item)], day=day_))
    drafts = [draft(wrong, full(meant), payer=other.key, has_answer=False, note=note)]
    if room >= 2:
        right = line(ledger, payer, Pay(item.residual, [_reference(ledger, item)], day=day_))
        drafts.append(draft(right, full(item), payer=payer.key, has_answer=False, note=note))
    return drafts


def two_payments(ledger: Ledger, room: int) -> list[Draft]:
    """One invoice is paid in two parts within the batch."""
    chance = ledger.chance
    item = ledger.take(lambda item: item.residual >= 200)
    payer = ledger.customer(item.customer)
    first = _cents(item.residual * chance.randrange(35, 66) / 100)
    if chance.random() < 0.5:
        first = Decimal(int(first / 50) * 50) or first
    drafts = []
    for amount in (first, item.residual - first)[:room]:
        pay = Pay(amount, [_reference(ledger, item)], day=day_after(chance, item))
        drafts.append(draft(line(ledger, payer, pay), partly(item, amount), payer=payer.key))
    return drafts


def payout(ledger: Ledger, _room: int) -> list[Draft]:
    """A payment service pays out what several customers paid, less its fees: nobody can tell from the line alone."""
    chance = ledger.chance
    items = [ledger.items[chance.randrange(1, len(ledger.items) + 1)] for _ in range(chance.randrange(1, 9))]
    total = sum((abs(item.total) for item in items), Decimal(0))
    amount = _cents(total * Decimal("0.986") - Decimal("0.25") * len(items))
    name = chance.choice(("PAYPLAZA EU", "CARDSTREAM PAYMENTS", "Zahlwerk GmbH"))
    text = chance.choice(
        (f"PAYOUT {payers.digits(chance, 8)} {len(items)} TX", f"po_{payers.digits(chance, 10)} net of fees")
    )
    written = SampleLine(0, "", day(chance), max(amount, Decimal(1)), "EUR", name, (text,))
    return [draft(written, has_answer=False, note="unrelated")]


# Amounts that differ


def foreign(ledger: Ledger, _room: int) -> list[Draft]:
    """An invoice in another currency, paid in euro at about the day's rate, with its number."""
    item = _foreign_item(ledger)
    payer = ledger.customer(item.customer)
    day_ = day_after(ledger.chance, item)
    pay = Pay(_in_euro(ledger, item, day_), [_reference(ledger, item)], day=day_, channel="wire")
    if ledger.chance.random() < 0.4:
        pay.others = [texts.money(ledger.chance, item.residual, item.currency)]
    return [draft(line(ledger, payer, pay), full(item), payer=payer.key)]


def foreign_told(ledger: Ledger, _room: int) -> list[Draft]:
    """The same, and the bank tells what was sent; a third gives no number."""
    chance = ledger.chance
    (item,) = ledger.set_aside["foreign_told"].pop()
    payer = ledger.customer(item.customer)
    day_ = day_after(chance, item)
    pay = Pay(_in_euro(ledger, item, day_), day=day_, channel="camt", original=(item.residual, item.currency))
    is_named = chance.random() < 0.67
    pay.must = [_reference(ledger, item)] if is_named else []
    written = line(ledger, payer, pay)
    is_only = ledger.is_only(item.residual, ledger.confusable(payer.key, written.name), item)
    return [draft(written, full(item), payer=payer.key, has_answer=is_named or is_only)]


def _foreign_item(ledger: Ledger) -> SampleInvoice:
    currency = ledger.chance.choice(("USD", "USD", "GBP", "CHF"))
    return ledger.add_used(ledger.any_customer(), ledger.amount(), currency=currency)


def add_foreign(ledger: Ledger, count: int) -> None:
    """Add invoices in other currencies."""
    for _ in range(count):
        ledger.set_aside["foreign_told"].append([_foreign_item(ledger)])


def _in_euro(ledger: Ledger, item: SampleInvoice, day_: date) -> Decimal:
    margin = 1 + Decimal(ledger.chance.randrange(-150, 60)) / 10_000
    return _cents(item.residual * ledger.rates[day_, item.currency] * margin)


def late_discount(ledger: Ledger, _room: int) -> list[Draft]:
    """The discount is taken one to six days late: a short payment, unless somebody grants it."""
    chance = ledger.chance
    day_ = day(chance)
    last_day = day_ - timedelta(chance.randrange(1, 7))
    total = ledger.amount()
    facts = {"discount": _cents(total * chance.choice((2, 3)) / 100), "discount_day": last_day}
    item = ledger.add_used(ledger.any_customer(), total, issued=last_day - timedelta(14), **facts)
    amount = item.residual - item.discount
    pay = Pay(amount, [_reference(ledger, item)], around(ledger, item, amount)[: chance.randrange(2)], day_)
    written = line(ledger, ledger.customer(item.customer), pay)
    answers = (partly(item, amount), less(item, "discount_grace", -item.discount))
    return [draft(written, *answers, payer=item.customer, has_answer=False, note="discount too late")]


def overpaid(ledger: Ledger, _room: int) -> list[Draft]:
    """More than the invoice that is named: rounded up, two digits swapped, an old debt of cents added."""
    chance = ledger.chance
    item = ledger.take()
    step = chance.choice((1, 5, 10, 100))
    up = Decimal(int(item.residual / step) * step + step) - item.residual
    more = chance.choice((up, Decimal(9), Decimal(90), Decimal(chance.randrange(6, 3000)) * CENT))
    pay = Pay(item.residual + more, [_reference(ledger, item)], day=day_after(chance, item))
    written = line(ledger, ledger.customer(item.customer), pay)
    answer = less(item, "overpayment", more)
    return [draft(written, answer, payer=item.customer, has_answer=False, note="too much")]


def rounded(ledger: Ledger, _room: int) -> list[Draft]:
    """Up to five cents more or less than the invoice that is named."""
    chance = ledger.chance
    item = ledger.take()
    difference = chance.choice((-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)) * CENT
    pay = Pay(item.residual + difference, [_reference(ledger, item)], day=day_after(chance, item))
    written = line(ledger, ledger.customer(item.customer), pay)
    return [draft(written, less(item, "rounding", difference), payer=item.customer)]


def withheld(ledger: Ledger, _room: int) -> list[Draft]:
    """Tax was withheld: a short payment until the certificate comes. Little of it looks like a bank's fee."""
    chance = ledger.chance
    item = ledger.take(lambda item: item.residual >= 100)
    percent = chance.choice(
        (Decimal("1.5"), Decimal(2), Decimal(5), Decimal(10), Decimal(15), Decimal(20), Decimal(30))
    )
    tax = _cents(item.residual * percent / 100)
    words = (
        f"less {percent}% WHT",
        f"TDS {percent}%",
        f"ritenuta {percent}%",
        f"IRRF {percent}",
        "Quellensteuer",
        "RETENCION",
    )
    others = [chance.choice(words)] if chance.random() < 0.8 else []
    pay = Pay(item.residual - tax, [_reference(ledger, item)], others, day_after(chance, item), "wire")
    written = line(ledger, ledger.customer(item.customer), pay)
    answer = partly(item, item.residual - tax)
    return [draft(written, answer, payer=item.customer, has_answer=tax > 50, note="tax withheld")]


def paid_number(ledger: Ledger, _room: int) -> list[Draft]:
    """The number of an invoice that was paid before, copied from the last transfer; the amount is another one's."""
    chance = ledger.chance
    item = ledger.take()
    before = ledger.add_settled(item.customer, None if chance.random() < 0.6 else item.residual)
    pay = Pay(item.residual, [_reference(ledger, before)], day=day_after(chance, item))
    written = line(ledger, ledger.customer(item.customer), pay)
    return [draft(written, full(item), payer=item.customer, has_answer=False, note="number of a paid one")]


CASES = (
    Kind("merged", merged, is_last=True, prepare=add_merged),
    Kind("advised", advised),
    Kind("listed_less", listed_less),
    Kind("netted", netted, is_last=True, prepare=add_netted),
    Kind("instalment", instalment),
    Kind("registered", registered, is_last=True, prepare=add_registered),
    Kind("refund", refund),
    Kind("reversal", reversal),
    Kind("outgoing", outgoing, is_last=True),
    Kind("duplicate", duplicate),
    Kind("prepayment", prepayment, is_last=True),
    Kind("parent", parent, is_last=True, prepare=add_for_children),
    Kind("third_party", third_party),
    Kind("same_name", same_name, is_last=True, prepare=add_same_name),
    Kind("contested", contested),
    Kind("two_payments", two_payments),
    Kind("payout", payout, is_last=True),
    Kind("foreign", foreign),
    Kind("foreign_told", foreign_told, is_last=True, prepare=add_foreign),
    Kind("late_discount", late_discount),
    Kind("overpaid", overpaid),
    Kind("rounded", rounded),
    Kind("withheld", withheld),
    Kind("paid_number", paid_number),
)
