"""The ten kinds of bank lines that matching is compared by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from remittance import payers, texts
from remittance.drafts import Draft, Kind, Pay, around, day, day_after, draft, full, less, line, partly
from remittance.ledger import FIRST_DAY, LAST_DAY, SUBSET_ITEMS, Ledger, TooFewItems
from remittance.unrelated import unrelated
from remittance.values import CENT, SampleInvoice, SampleLine

TRIES = 2_000


def exact(ledger: Ledger, _room: int) -> list[Draft]:
    """(a) The number as it stands on the invoice, and what is open of it."""
    item = ledger.take()
    payer = ledger.customer(item.customer)
    pay = Pay(item.residual, [texts.full_reference(ledger.chance, item.number, payer.country)])
    pay.day = day_after(ledger.chance, item)
    return [draft(line(ledger, payer, pay), full(item), payer=payer.key)]


def noisy(ledger: Ledger, _room: int) -> list[Draft]:
    """(b) The number reformatted, among customer number, date, order number and amount."""
    item, chance = ledger.take(), ledger.chance
    payer = ledger.customer(item.customer)
    written, is_whole = texts.reformatted(chance, item.number, payer.country, payer.habit)
    pay = Pay(item.residual, [written], around(ledger, item), day_after(chance, item))
    # Nobody can tell what half a number means if he doesn't know who pays.
    pay.hides_name = is_whole and chance.random() < 0.08
    return [draft(line(ledger, payer, pay), full(item), payer=payer.key)]


def named(ledger: Ledger, _room: int) -> list[Draft]:
    """(c) The name, and an amount that is unique among what this customer has open; no reference."""
    return [by_name(ledger, words_only)]


def words_only(ledger: Ledger, item: SampleInvoice) -> Pay:
    """Write nothing that tells which invoice it is."""
    country = ledger.customer(item.customer).country
    must = [texts.thanks(ledger.chance, country)] if ledger.chance.random() < 0.6 else []
    return Pay(item.residual, must, day=day_after(ledger.chance, item))


def by_name(
    ledger: Ledger,
    write: Callable[[Ledger, SampleInvoice], Pay],
    wanted: Callable[[SampleInvoice], bool] = lambda _: True,
    prepared: SampleInvoice | None = None,
) -> Draft:
    """Write a line that is told by its payer's name and an amount that only one of his items has.

    It pays the ``prepared`` item, unless its amount isn't unique.
    """
    for _ in range(TRIES):
        item, prepared = prepared or ledger.take(wanted, may_add=False), None
        payer = ledger.customer(item.customer)
        written = line(ledger, payer, write(ledger, item))
        if ledger.is_only(item.residual, ledger.confusable(payer.key, shown_name(written)), item):
            return draft(written, full(item), payer=payer.key)
        ledger.used.discard(item.key)
    raise TooFewItems("No amount is unique any more.")


def shown_name(written: SampleLine) -> str:
    """Return the field that holds the payer's name."""
    return written.name or " ".join(written.texts)


def listed(ledger: Ledger, _room: int) -> list[Draft]:
    """(d) Several references, whose sum is paid."""
    chance = ledger.chance
    first = ledger.take()
    payer = ledger.customer(first.customer)
    count = chance.choice((2, 2, 2, 3, 3, 4, 5, 6))
    items = [first]
    free = ledger.free_of(payer.key, LAST_DAY - timedelta(2))
    chance.shuffle(free)
    # Invoices of one day are often paid together.
    free.sort(key=lambda item: item.issued != first.issued)
    items += free[: count - 1]
    while len(items) < count:
        items.append(ledger.add(payer.key, issued=items[-1].issued, after=items[-1].number))
    ledger.used.update(item.key for item in items)
    items.sort(key=lambda item: (len(item.number), item.number))
    total = sum((item.residual for item in items), Decimal(0))
    must = [texts.several(chance, [item.number for item in items], payer.country)]
    if len(must[0]) > texts.WIDTHS["sepa"][1]:
        must = ["/".join(item.number for item in items)]
    others = around(ledger, first, total)[:2] if chance.random() < 0.4 else []
    pay = Pay(total, must, others, day_after(chance, *items))
    return [draft(line(ledger, payer, pay), full(*items), payer=payer.key)]


def subset(ledger: Ledger, _room: int) -> list[Draft]:
    """(e) Two to five invoices of one customer without any reference; unique among sets of at most six."""
    chance = ledger.chance
    for _ in range(TRIES):
        first = ledger.take(may_add=False)
        ledger.used.discard(first.key)
        payer = ledger.customer(first.customer)
        free = ledger.free_of(payer.key, LAST_DAY)
        if len(free) < 2 or len(ledger.open_of(payer.key)) > SUBSET_ITEMS:
            continue
        items = chance.sample(free, min(len(free), chance.choice((2, 2, 2, 3, 3, 4, 5))))
        total = sum((item.residual for item in items), Decimal(0))
        if ledger.subsets(payer.key, total) != 1:
            continue
        must = [texts.thanks(chance, payer.country)] if chance.random() < 0.6 else []
        written = line(ledger, payer, Pay(total, must, day=day_after(chance, *items)))
        others = ledger.confusable(payer.key, shown_name(written)) - {payer.key}
        if not any(len(ledger.open_of(other)) > SUBSET_ITEMS or ledger.subsets(other, total) for other in others):
            ledger.used.update(item.key for item in items)
            return [draft(written, full(*items), payer=payer.key)]
    raise TooFewItems("No set of invoices is unique any more.")


def discounted(ledger: Ledger, _room: int) -> list[Draft]:
    """(f) In full less the discount, in time; one in four gives only the name, if the amount is unique."""
    chance = ledger.chance
    (item,) = ledger.set_aside["discounted"].pop()
    if chance.random() < 0.5 and (other := ledger.found(has_discount)):
        ledger.used.discard(item.key)
        item = other
    payer = ledger.customer(item.customer)
    amount = item.residual - item.discount
    hints = ("Skonto", "abzgl. Skonto", "less discount", "escompte", "2%", f"./. {item.discount:.2f}")
    hint = [chance.choice(hints)] if chance.random() < 0.4 else []
    pay = Pay(amount, hint, day=day(chance, item.issued + timedelta(1), min(item.discount_day or LAST_DAY, LAST_DAY)))
    answer = less(item, "discount", -item.discount)
    if chance.random() < 0.25:
        written = line(ledger, payer, pay)
        if _is_only_discount(ledger, ledger.confusable(payer.key, shown_name(written)), item):
            return [draft(written, answer, payer=payer.key)]
    pay.must = [texts.full_reference(chance, item.number, payer.country), *hint]
    pay.others = around(ledger, item, amount) if chance.random() < 0.4 else []
    return [draft(line(ledger, payer, pay), answer, payer=payer.key)]


def has_discount(item: SampleInvoice) -> bool:
    """Tell whether a discount can be taken while the lines are booked."""
    return bool(item.discount and item.discount_day and item.discount_day >= FIRST_DAY and item.residual == item.total)


def add_discounts(ledger: Ledger, count: int) -> None:
    """Add invoices whose discount can be taken, of customers whose terms grant one."""
    chance = ledger.chance
    while count:
        issued = LAST_DAY - timedelta(chance.randrange(2, 22))
        item = ledger.add(ledger.any_customer(grants_discount=True), issued=issued)
        if has_discount(item):
            count -= 1
            ledger.used.add(item.key)
            ledger.set_aside["discounted"].append([item])


def _is_only_discount(ledger: Ledger, customers: set[int], item: SampleInvoice) -> bool:
    amount = item.residual - item.discount
    return ledger.is_only(amount, customers, item) and not any(
        other.residual - other.discount == amount
        for customer in customers
        for other in ledger.open_of(customer)
        if other.key != item.key
    )


def less_fee(ledger: Ledger, _room: int) -> list[Draft]:
    """(g) What banks took on the way, 5 to 35, is missing."""
    chance = ledger.chance
    item = ledger.take(lambda item: item.residual >= 150)
    payer = ledger.customer(item.customer)
    fee = Decimal(chance.choice((5, 7, 10, 12, 15, 15, 18, 20, 25, 25, 30, 35)))
    if chance.random() < 0.35:
        fee = Decimal(chance.randrange(500, 3500)) * CENT
    must = [texts.full_reference(chance, item.number, payer.country)]
    others = around(ledger, item) if chance.random() < 0.5 else []
    pay = Pay(item.residual - fee, must, others, day_after(chance, item))
    return [draft(line(ledger, payer, pay), less(item, "bank_fee", -fee), payer=payer.key)]


def partial(ledger: Ledger, _room: int) -> list[Draft]:
    """(h) 30 to 80 % of an invoice that is named."""
    chance = ledger.chance
    item = ledger.take(lambda item: item.residual >= 100)
    payer = ledger.customer(item.customer)
    amount = (item.residual * chance.randrange(30, 81) / 100).quantize(CENT, ROUND_HALF_UP)
    if chance.random() < 0.5:
        step = next(step for step in (1000, 500, 100, 50, 10, 5) if step <= amount / 2)
        round_sum = (amount // step) * step
        amount = round_sum if round_sum * 10 >= item.residual * 3 else amount
    must = [texts.full_reference(chance, item.number, payer.country)]
    words = ("Teilzahlung", "Abschlag", "acompte", "part payment", "on account", "1. Rate", "acconto", "pago parcial")
    others = [chance.choice(words)] if chance.random() < 0.35 else around(ledger, item)[: chance.randrange(3)]
    pay = Pay(amount, must, others, day_after(chance, item))
    return [draft(line(ledger, payer, pay), partly(item, amount), payer=payer.key)]


def typo(ledger: Ledger, _room: int) -> list[Draft]:
    """(i) One slip in the number; the payer's name or account and the amount are right."""
    chance = ledger.chance
    item = ledger.take(may_add=False)
    payer = ledger.customer(item.customer)
    typed = _typed(ledger, item)
    day_ = day_after(chance, item)
    hit = ledger.items.get(ledger.by_number.get(texts.canonical(typed), 0))
    same = [other for other in ledger.open_of(payer.key) if other.residual == item.residual and other.key != item.key]
    # Nobody can see the slip if it names another invoice of his, or one of the same amount, or might be in two numbers.
    is_hidden = bool(hit and hit != item and (hit.customer in ledger.group[payer.key] or hit.residual == item.residual))
    has_answer = not is_hidden and not any(texts.is_one_slip(typed, other.number) for other in same)
    word = f"{texts.invoice_word(chance, payer.country)} " if chance.random() < 0.5 else ""
    others = around(ledger, item) if chance.random() < 0.3 else []
    channel = "" if chance.random() < 0.6 or payer.country in payers.NATIONAL_DIGITS else "sepa"
    written = line(ledger, payer, Pay(item.residual, [word + typed], others, day_, channel))
    note = "names another's invoice" if hit and hit.customer != payer.key else "typed wrong"
    return [draft(written, full(item), payer=payer.key, has_answer=has_answer, note=note)]


def _typed(ledger: Ledger, item: SampleInvoice) -> str:
    """Write an item's number with a slip.

    If it named another invoice of his with the same amount, that would be the one he pays.
    """
    group = ledger.group[item.customer]
    while True:
        typed = texts.mistyped(ledger.chance, item.number)
        hits = sorted(number for number in texts.slips(item.number) if number in ledger.numbers)
        if hits and ledger.chance.random() < 0.15:
            typed = ledger.chance.choice(hits)
        hit = ledger.items.get(ledger.by_number.get(texts.canonical(typed), 0))
        if hit in {None, item} or hit.customer not in group or hit.residual != item.residual:
            return typed


TEN = (
    Kind("exact", exact),
    Kind("noisy", noisy),
    Kind("named", named, is_last=True),
    Kind("listed", listed),
    Kind("subset", subset, is_last=True),
    Kind("discounted", discounted, is_last=True, prepare=add_discounts),
    Kind("less_fee", less_fee),
    Kind("partial", partial),
    Kind("typo", typo, is_last=True),
    Kind("unrelated", unrelated, is_last=True),
)
