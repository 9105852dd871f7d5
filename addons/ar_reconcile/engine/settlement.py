"""How an amount settles a set of items: exactly, or with a difference that has a type.

Each way has its weight in decibans: how often payers do that, and how likely this very amount then is. Any other way to
pay is less likely the finer the amounts that would do: a short payment may be any of the item's cents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from . import evidence
from .allocation import Allocation, Kind
from .candidate import Candidate, Discount, Sort
from .evidence import Fact, Reason, reason
from .name import words_of
from .payment import Payment
from .subset import exact_sets

#: Amounts are compared as whole numbers of ten-thousandths, finer than any currency.
SCALE = 4
WHOLE = 10**SCALE

IN_FULL_ALTHOUGH_DISCOUNT_WEIGHT = -4
DISCOUNT_WEIGHT = -2
GRACE_WEIGHT = -10
LATE_DISCOUNT_WEIGHT = -17
ROUNDING_WEIGHT = -23
FEE_WEIGHT = -17
#: A fee is mostly a multiple of a half; a share of the sum that is higher than usual makes it unlikely.
ROUND_FEE_STEP = WHOLE // 2
ROUND_FEE_WEIGHT = -3
ODD_FEE_WEIGHT = -5
USUAL_FEE_SHARE = 10
UNUSUAL_FEE_WEIGHT = -10
#: Fees in steps of two and a half are the usual ones.
USUAL_FEE_STEP = 5 * WHOLE // 2
SHORT_WEIGHT = -14
#: A tax was withheld: of one of these percentages, mostly with a word about it.
WITHHELD_WEIGHT = -53
WITHHELD_TOLD_WEIGHT = -33
WITHHELD_PERMILLE = (10, 15, 20, 30, 40, 50, 60, 75, 80, 100, 110, 150, 200, 250, 275, 300)
#: The text tells why less is paid.
TOLD_WEIGHT = 20
ROUND_SHORT_WEIGHT = -3
ODD_SHORT_WEIGHT = -3
#: Who pays several invoices together hardly leaves a part of the last one.
SHORT_SET_WEIGHT = -8
#: Who pays on account pays a good part less.
MOSTLY_WEIGHT = -20
NEARLY_ALL_WEIGHT = -28
OVER_WEIGHT = -17
EXCHANGE_WEIGHT = -7
NETTED_WEIGHT = -6
FEE_WORDS = words_of(
    """BANKGEBUEHR BANKSPESEN BEN CHARGE CHARGES COMISSAO COMISION COMMISSION COMMISSIONI COMMISSIONS FEE FEES FRAIS
    GASTOS GEBUEHR GEBUEHREN KOSTEN SHA SPESE SPESEN TARIFA TAXA 手续费"""
)
WITHHOLDING_WORDS = words_of(
    """ABZUGSTEUER IMPOT IRPF IRRF QUELLENSTEUER RETENCION RETENTION RETENUE RITENUTA TAX TDS WHT WITHHELD
    WITHHOLDING 预扣税 代扣"""
)
#: Discounts of a set of which some may have been taken.
MOST_DISCOUNTS = 14


@dataclass(frozen=True, slots=True)
class Settlement:
    """One way in which a payment settles items: its parts, what it weighs, and why."""

    allocations: tuple[Allocation, ...]
    weight: int
    reasons: tuple[Reason, ...]


def units(amount: Decimal) -> int:
    """Return an amount as a whole number of ten-thousandths."""
    return int(amount.scaleb(SCALE))


def money(amount: int, like: Decimal) -> Decimal:
    """Return a whole number of ten-thousandths as an amount with the decimals of ``like``, or with all it needs."""
    decimals = min(max(-int(like.as_tuple().exponent), 0), SCALE)
    if amount % 10 ** (SCALE - decimals):
        decimals = SCALE
    return Decimal(amount // 10 ** (SCALE - decimals)).scaleb(-decimals)


def in_paying_order(items: Sequence[Candidate]) -> Sequence[Candidate]:
    """Sort items as they fall due, credit notes last; equal ones by number and key, so that order never counts."""
    if len(items) == 1:
        return items
    return sorted(items, key=lambda item: (item.residual < 0, item.due, item.number, item.key))


def settlements(
    payment: Payment, items: Sequence[Candidate], words: frozenset[str] = frozenset(), *, is_named: bool
) -> list[Settlement]:
    """Return the ways in which ``payment`` settles all of ``items``, of one currency; ``words`` stand in its texts.

    ``is_named`` tells that the payer names the items: only then can a payment be short or too much.
    """
    ordered = in_paying_order(items)
    if any(item.currency != payment.currency for item in ordered):
        return _exchanged(payment, ordered)
    paid, due = units(payment.amount), sum(units(item.residual) for item in ordered)
    if paid == due:
        return [_exact(payment, ordered)]
    if paid < 0 or due <= 0:
        return []
    found = discounted(payment, ordered, due - paid)
    if found and found[0].weight >= DISCOUNT_WEIGHT * len(ordered) and not words & WITHHOLDING_WORDS:
        return found
    found = [replace(each, weight=each.weight - TOLD_WEIGHT) for each in found]
    if due > paid:
        found += _rounded(payment, ordered, due, paid) + _less_fee(payment, ordered, due, paid, words)
        if is_named and all(item.residual > 0 for item in ordered):
            found += _short(payment, ordered, due, paid, words)
    elif is_named:
        found += _rounded(payment, ordered, due, paid) + _overpaid(payment, ordered, due, paid)
    return found


def _keys(items: Sequence[Candidate]) -> tuple[int, ...]:
    return tuple(sorted(item.key for item in items))


def in_full(item: Candidate) -> Allocation:
    """Return the part that settles all that is open of ``item``."""
    kind = {Sort.CREDIT_NOTE: Kind.CREDIT_NOTE, Sort.PAYMENT: Kind.PAYMENT, Sort.INVOICE: Kind.FULL}[item.sort]
    return Allocation(item.key, item.residual, kind)


def _parts(items: Sequence[Candidate]) -> tuple[Allocation, ...]:
    return tuple(in_full(item) for item in items)


def _netted(items: Sequence[Candidate]) -> tuple[int, tuple[Reason, ...]]:
    """Return what it weighs that credit notes are taken off, and the reason that tells of them."""
    notes = [item for item in items if item.residual < 0]
    if not notes or len(notes) == len(items):
        return 0, ()
    weight = NETTED_WEIGHT * len(notes)
    return weight, (reason(evidence.NETTED, items=_keys(notes), weight=weight),)


def _exact(payment: Payment, items: Sequence[Candidate]) -> Settlement:
    weight, netted = _netted(items)
    if any(_open_discount(item, payment) for item in items):
        weight += IN_FULL_ALTHOUGH_DISCOUNT_WEIGHT
    code = evidence.AMOUNT_EQUAL if len(items) == 1 else evidence.SUM_EQUAL
    return Settlement(_parts(items), weight, (reason(code, amount=str(payment.amount), items=_keys(items)), *netted))


def sensible_discounts(item: Candidate) -> tuple[Discount, ...]:
    """Return the discounts that leave something to be paid: part of ``item`` may be paid since they were agreed."""
    if not item.discounts or item.residual <= 0:
        return ()
    return tuple(each for each in item.discounts if 0 < each.amount < item.residual)


def granted_until(discount: Discount, payment: Payment) -> date:
    """Return the last day on which ``discount`` is granted: its own days of grace or the journal's, what is later."""
    last_day = discount.last_day + timedelta(payment.policy.grace_days)
    return max(last_day, discount.grace_last_day) if discount.grace_last_day else last_day


def _open_discount(item: Candidate, payment: Payment) -> Discount | None:
    """Return the richest discount that is still open on the day of ``payment``."""
    return next((each for each in item.discounts if payment.day <= each.last_day), None)


def _likely_discount(discounts: Sequence[Discount], payment: Payment) -> Discount:
    """Return the richest of ``discounts`` that is still granted, or else the richest one."""
    granted = (each for each in discounts if payment.day <= granted_until(each, payment))
    return next(granted, discounts[0])


def discounted(payment: Payment, items: Sequence[Candidate], missing: int) -> list[Settlement]:
    """The difference is the early-payment discount of all items, or of some of them."""
    offered = {item.key: sensible_discounts(item) for item in items}
    with_discount = [item for item in items if offered[item.key]]
    if not with_discount or missing <= 0:
        return []
    taken = [(item, _likely_discount(offered[item.key], payment)) for item in with_discount]
    values = [units(discount.amount) for _item, discount in taken]
    if sum(values) == missing:
        chosen = taken
    elif len(with_discount) == 1:
        (item,) = with_discount
        chosen = [(item, each) for each in offered[item.key] if units(each.amount) == missing][:1]
    else:
        chosen = _some_discounts(taken[:MOST_DISCOUNTS], values[:MOST_DISCOUNTS], missing)
    shares = dict.fromkeys((item.key for item, _discount in chosen), 0)
    if not chosen:
        chosen, shares = taken, _within_grace(payment, taken, missing - sum(values))
    return [_with_discounts(payment, items, chosen, shares)] if shares else []


def _within_grace(payment: Payment, taken: Sequence[tuple[Candidate, Discount]], short: int) -> dict[int, int]:
    """Divide what is short of the discounted sum by the grace amounts of the discounts; nothing if they don't cover it.

    :return: what is short of each item, by its key
    """
    shares: dict[int, int] = {}
    if short <= 0 or any(payment.day > granted_until(discount, payment) for _item, discount in taken):
        return {}
    for item, discount in taken:
        room = units(item.residual - discount.amount) - 1  # something is paid of each
        shares[item.key] = min(units(discount.grace_amount), short, room)
        short -= shares[item.key]
    return {} if short else shares


def _some_discounts(
    taken: Sequence[tuple[Candidate, Discount]], values: Sequence[int], missing: int
) -> list[tuple[Candidate, Discount]]:
    """Return the only discounts that sum to what is missing."""
    sets = [(place,) for place, value in enumerate(values) if value == missing]
    found = [*sets, *exact_sets(values, missing).sets]
    return [taken[place] for place in found[0]] if len(found) == 1 else []


def _with_discounts(
    payment: Payment,
    items: Sequence[Candidate],
    taken: Sequence[tuple[Candidate, Discount]],
    shares: Mapping[int, int],
) -> Settlement:
    """Settle ``items``, those of ``taken`` less their discounts and what is short of them."""
    discount_of = {item.key: discount for item, discount in taken}
    weight, netted = _netted(items)
    parts: list[Allocation] = []
    reasons: list[Reason] = []
    for item in items:
        discount = discount_of.get(item.key)
        if discount is None:
            parts.append(in_full(item))
            continue
        short = shares[item.key]
        code, kind, share = _judged(discount, payment)
        if short:
            kind, share = Kind.DISCOUNT_GRACE, GRACE_WEIGHT
        weight += share
        reasons.append(_discount_reason(code, item, discount, payment, money(short, discount.amount), share))
        off = discount.amount + money(short, discount.amount) if short else discount.amount
        if kind is Kind.PARTIAL:
            parts.append(Allocation(item.key, item.residual - off, Kind.PARTIAL))
        else:
            parts += [in_full(item), Allocation(item.key, -off, kind)]
    return Settlement(tuple(parts), weight, (*reasons, *netted))


def _judged(discount: Discount, payment: Payment) -> tuple[str, Kind, int]:
    """Tell whether ``payment`` is in time for ``discount``: the code, the kind of part, and its weight."""
    if payment.day <= discount.last_day:
        return evidence.DISCOUNT_TAKEN, Kind.DISCOUNT, DISCOUNT_WEIGHT
    if payment.day <= granted_until(discount, payment):
        return evidence.DISCOUNT_GRACE, Kind.DISCOUNT_GRACE, GRACE_WEIGHT
    return evidence.DISCOUNT_LATE, Kind.PARTIAL, LATE_DISCOUNT_WEIGHT


def _discount_reason(
    code: str, item: Candidate, discount: Discount, payment: Payment, short: Decimal, weight: int
) -> Reason:
    facts: dict[str, Fact] = {
        "discount": str(discount.amount),
        "last_day": discount.last_day.isoformat(),
        "day": payment.day.isoformat(),
        "weight": weight,
    }
    if discount.percent:
        facts["percent"] = str(discount.percent)
    if short:
        facts["short"] = str(short)
    return reason(code, items=(item.key,), **facts)


def _difference(payment: Payment, code: str, items: Sequence[Candidate], due: int, paid: int, weight: int) -> Reason:
    return reason(
        code,
        items=_keys(items),
        open=str(money(due, payment.amount)),
        paid=str(payment.amount),
        difference=str(money(abs(due - paid), payment.amount)),
        weight=weight,
    )


def _rounded(payment: Payment, items: Sequence[Candidate], due: int, paid: int) -> list[Settlement]:
    """The difference is of a few cents."""
    if abs(due - paid) > units(payment.policy.rounding_limit):
        return []
    part = Allocation(items[0].key, money(paid - due, payment.amount), Kind.ROUNDING)
    told = _difference(payment, evidence.ROUNDING, items, due, paid, ROUNDING_WEIGHT)
    return [Settlement((*_parts(items), part), ROUNDING_WEIGHT + _netted(items)[0], (told,))]


def _less_fee(
    payment: Payment, items: Sequence[Candidate], due: int, paid: int, words: frozenset[str]
) -> list[Settlement]:
    """The bank kept a fee."""
    fee, limit = due - paid, units(payment.policy.fee_limit)
    if fee > limit or fee <= units(payment.policy.rounding_limit):
        return []
    step = next((step for step in (USUAL_FEE_STEP, ROUND_FEE_STEP) if fee % step == 0), WHOLE // 100)
    weight = FEE_WEIGHT + (ODD_FEE_WEIGHT if step < ROUND_FEE_STEP else ROUND_FEE_WEIGHT) - _decibans(limit // step)
    if words & FEE_WORDS:
        weight += TOLD_WEIGHT
    if words & WITHHOLDING_WORDS:
        weight -= TOLD_WEIGHT
    if fee * USUAL_FEE_SHARE > due:
        weight += UNUSUAL_FEE_WEIGHT
    part = Allocation(items[0].key, money(-fee, payment.amount), Kind.BANK_FEE)
    told = _difference(payment, evidence.BANK_FEE, items, due, paid, weight)
    return [Settlement((*_parts(items), part), weight + _netted(items)[0], (told,))]


def _short(
    payment: Payment, items: Sequence[Candidate], due: int, paid: int, words: frozenset[str]
) -> list[Settlement]:
    """The payer pays less; what falls due first is paid first."""
    parts: list[Allocation] = []
    left = paid
    for item in items:
        amount = min(left, units(item.residual))
        if amount <= 0:
            return []  # an item that is named would get nothing
        kind = Kind.FULL if amount == units(item.residual) else Kind.PARTIAL
        parts.append(replace(in_full(item), kind=kind, amount=money(amount, payment.amount)))
        left -= amount
    if any(item.sort is not Sort.INVOICE for item in items):
        return []
    weight = SHORT_WEIGHT + _density(due, paid) + (SHORT_SET_WEIGHT if len(items) > 1 else 0)
    if 20 * paid > 19 * due:
        weight += NEARLY_ALL_WEIGHT
    elif 20 * paid > 17 * due:
        weight += MOSTLY_WEIGHT
    if any(abs((due - paid) * 1000 - due * share) <= 1000 * WHOLE // 200 for share in WITHHELD_PERMILLE):
        weight = max(weight, WITHHELD_TOLD_WEIGHT if words & WITHHOLDING_WORDS else WITHHELD_WEIGHT)
    return [Settlement(tuple(parts), weight, (_difference(payment, evidence.SHORT_PAYMENT, items, due, paid, weight),))]


def _density(due: int, paid: int) -> int:
    """Return how likely this very sum is among all that are less: whole sums and shares are usual, odd ones rare."""
    if any(abs(due * share - paid * 100) <= 100 * (WHOLE // 100) for share in (20, 25, 30, 40, 50, 60, 70, 75, 80)):
        return ROUND_SHORT_WEIGHT - (15 if 10 * paid >= 7 * due else 10)
    if paid % WHOLE == 0:
        return ROUND_SHORT_WEIGHT - _decibans(max(due, paid) // WHOLE)
    return ODD_SHORT_WEIGHT - _decibans(max(due, paid) // (WHOLE // 100))


def _overpaid(payment: Payment, items: Sequence[Candidate], due: int, paid: int) -> list[Settlement]:
    """The payer pays more; the rest stays on his account."""
    weight = OVER_WEIGHT + _density(due, paid)
    part = Allocation(items[-1].key, money(paid - due, payment.amount), Kind.OVERPAYMENT)
    told = _difference(payment, evidence.OVERPAYMENT, items, due, paid, weight)
    return [Settlement((*_parts(items), part), weight + _netted(items)[0], (told,))]


def _exchanged(payment: Payment, items: Sequence[Candidate]) -> list[Settlement]:
    """One item in another currency is paid at about the day's rate."""
    if len(items) != 1 or payment.amount <= 0:
        return []
    item = items[0]
    rate = dict(payment.rates).get(item.currency)
    if rate is None or rate <= 0 or item.residual <= 0:
        return []
    expected = item.residual * rate
    percent = 100 * abs(expected - payment.amount) / expected
    if percent > payment.policy.exchange_percent:
        return []
    spread = max(percent, Decimal("0.1")) / 100 * expected * 2
    weight = EXCHANGE_WEIGHT - _decibans(int(spread * 100))
    told = reason(
        evidence.EXCHANGE,
        items=(item.key,),
        open=str(item.residual),
        currency=item.currency,
        rate=str(rate),
        paid=str(payment.amount),
        weight=weight,
    )
    return [Settlement((Allocation(item.key, payment.amount, Kind.EXCHANGE, item.residual),), weight, (told,))]


def _decibans(choices: int) -> int:
    return round(10 * math.log10(max(choices, 1)))
