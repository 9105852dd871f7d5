"""Payment plans: what to propose, whether what is asked for is within bounds, and whether a plan is kept.

All amounts are positive, of one customer and in one currency.  A plan leaves the due days of its items
alone: it says when they may be paid without being chased.

Payments cover the oldest instalment first.  What is credited instead of paid was never owed, so it
shortens the plan from its end, and it does so from the beginning: a credit note may undo a default, and
never hides that an instalment was missed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Literal

from .money import Currency

Interval = Literal["weekly", "two_weekly", "monthly"]
RestIn = Literal["first", "last"]
InstalmentCode = Literal["open", "partly_paid", "paid", "credited", "late"]
PlanCode = Literal["active", "kept", "defaulted"]

#: Most days between two instalments; the longest month for monthly ones.
LONGEST_GAP: Mapping[Interval, int] = {"weekly": 7, "two_weekly": 14, "monthly": 31}
MONTHS_OF_YEAR = 12
HUNDRED = Decimal(100)
NOTHING = Decimal()


@dataclass(frozen=True, slots=True)
class PlanBounds:
    """What is granted without asking anybody.

    :ivar max_instalments: at least 1
    :ivar max_months: from the day of the proposal to the last instalment
    :ivar min_instalment: in the currency of the plan; None if it is not known there, as a rate is missing
    :ivar first_percent: share of the total that the first instalment pays at least
    """

    max_instalments: int
    max_months: int
    min_instalment: Decimal | None
    first_percent: Decimal
    interval: Interval


@dataclass(frozen=True, slots=True)
class Instalment:
    """What is to be paid by a day."""

    due: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its facts, for people to be told in words."""

    code: str
    facts: Mapping[str, str | int]


# -- what to propose ------------------------------------------------------------------------------


def months_later(day: date, months: int) -> date:
    """Give the same day ``months`` months later, or the last one of a shorter month.

    From the last day of a month on, it is the last day of every month: 28 February, 31 March, 30 April.
    """
    year, month = divmod(day.year * MONTHS_OF_YEAR + day.month - 1 + months, MONTHS_OF_YEAR)
    last = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))


def instalment_days(first: date, interval: Interval, count: int) -> tuple[date, ...]:
    """Give the days of ``count`` instalments, the first one on ``first``."""
    if interval == "monthly":
        return tuple(months_later(first, number) for number in range(count))
    return tuple(first + timedelta(number * LONGEST_GAP[interval]) for number in range(count))


def split(
    total: Decimal, count: int, first_percent: Decimal, currency: Currency, rest_in: RestIn = "last"
) -> tuple[Decimal, ...]:
    """Share ``total`` out to ``count`` instalments; they add up to it exactly.

    They are equal and rounded down, but for a first one that pays at least its percentage, rounded up, and
    for the one that takes the rest.  Amounts too small to be shared leave instalments of nothing, which
    :func:`contradictions` finds.
    """
    if count < 2:
        return (total,)
    unit = Decimal(1).scaleb(-currency.decimal_places)
    even = (total / count).quantize(unit, ROUND_FLOOR)
    first = min((total * first_percent / HUNDRED).quantize(unit, ROUND_CEILING), total)
    if first <= even:
        first = part = even
    else:
        part = ((total - first) / (count - 1)).quantize(unit, ROUND_FLOOR)
    if rest_in == "first":
        return (total - part * (count - 1), *(part,) * (count - 1))
    return (first, *(part,) * (count - 2), total - first - part * (count - 2))


def schedule(
    total: Decimal, count: int, first_day: date, bounds: PlanBounds, currency: Currency, rest_in: RestIn = "last"
) -> tuple[Instalment, ...]:
    """Give exactly ``count`` instalments from ``first_day`` on, whether or not that is within ``bounds``."""
    days = instalment_days(first_day, bounds.interval, count)
    return tuple(map(Instalment, days, split(total, count, bounds.first_percent, currency, rest_in)))


def proposed(
    total: Decimal, first_day: date, day: date, bounds: PlanBounds, currency: Currency, rest_in: RestIn = "last"
) -> tuple[Instalment, ...]:
    """Give as many instalments as ``bounds`` allow on ``day``; one where they allow none."""
    for count in range(bounds.max_instalments, 1, -1):
        instalments = schedule(total, count, first_day, bounds, currency, rest_in)
        if not contradictions(total, instalments, day, currency) and not breaches(total, instalments, day, bounds):
            return instalments
    return schedule(total, 1, first_day, bounds, currency, rest_in)


# -- what is asked for ----------------------------------------------------------------------------


def contradictions(
    total: Decimal, instalments: Sequence[Instalment], day: date, currency: Currency
) -> tuple[Reason, ...]:
    """Find what no one can agree to on ``day``: a plan that doesn't pay the total, or not in the future."""
    found = []
    if not instalments:
        return (Reason("no_instalments", {}),)
    if any(instalment.amount <= 0 for instalment in instalments):
        found.append(Reason("not_positive", {}))
    if any(currency.rounded(instalment.amount) != instalment.amount for instalment in instalments):
        found.append(Reason("not_payable", {"decimals": currency.decimal_places}))
    planned = sum((instalment.amount for instalment in instalments), NOTHING)
    if planned != total:
        found.append(Reason("sum_differs", {"planned": str(planned), "total": str(total)}))
    if any(later.due <= earlier.due for earlier, later in pairwise(instalments)):
        found.append(Reason("not_ascending", {}))
    if instalments[0].due < day:
        found.append(Reason("in_the_past", {"date": instalments[0].due.isoformat()}))
    return tuple(found)


def breaches(total: Decimal, instalments: Sequence[Instalment], day: date, bounds: PlanBounds) -> tuple[Reason, ...]:
    """Find in what a plan proposed on ``day`` asks for more than ``bounds`` grant; nothing: it may be accepted at once.

    Whoever owes less than the smallest instalment pays it in one.
    """
    found = []
    count = len(instalments)
    last_day = months_later(day, bounds.max_months)
    if count > bounds.max_instalments:
        found.append(Reason("too_many", {"count": count, "most": bounds.max_instalments}))
    if instalments[-1].due > last_day:
        found.append(Reason("too_long", {"last": instalments[-1].due.isoformat(), "most": bounds.max_months}))
    if count > 1:
        found += _small_instalments(total, instalments, bounds)
    days = [day, *(instalment.due for instalment in instalments)]
    gap = max((later - earlier).days for earlier, later in pairwise(days))
    if gap > LONGEST_GAP[bounds.interval]:
        found.append(Reason("gap_too_long", {"days": gap, "most": LONGEST_GAP[bounds.interval]}))
    return tuple(found)


def _small_instalments(total: Decimal, instalments: Sequence[Instalment], bounds: PlanBounds) -> list[Reason]:
    found = []
    smallest = min(instalment.amount for instalment in instalments)
    if bounds.min_instalment is None:
        found.append(Reason("minimum_unknown", {}))
    elif smallest < bounds.min_instalment:
        found.append(Reason("instalment_too_small", {"amount": str(smallest), "least": str(bounds.min_instalment)}))
    if instalments[0].amount * HUNDRED < total * bounds.first_percent:
        found.append(
            Reason("first_too_small", {"amount": str(instalments[0].amount), "percent": f"{bounds.first_percent:f}"})
        )
    return found


# -- what became of it ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settled a part of the items, by the ledger: a payment, or something else such as a credit note."""

    day: date
    amount: Decimal
    is_payment: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """The ledger's view of what a plan is about: what is open of it now, and all that ever settled it."""

    residual: Decimal
    settlements: tuple[Settlement, ...]


def paid_under(total: Decimal, items: Items, day: date) -> tuple[tuple[Settlement, ...], Decimal]:
    """Find what was paid under a plan over ``total`` by ``day``, and how much of it need not be paid any more.

    What the plan is over and is no longer open was settled under it, by the newest settlements; those before
    them made the total what it is.  So an older payment counts if it was matched later.  What is neither paid
    nor open any more was credited, or its invoice is no longer posted.
    """
    in_time = sorted((settlement for settlement in items.settlements if settlement.day <= day), key=_by_day)
    later = sum((settlement.amount for settlement in items.settlements if settlement.day > day), NOTHING)
    covered = max(total - items.residual - later, NOTHING)
    before = max(sum((settlement.amount for settlement in in_time), NOTHING) - covered, NOTHING)
    payments = []
    for settlement in in_time:
        taken = min(before, settlement.amount)
        before -= taken
        if settlement.is_payment and settlement.amount > taken:
            payments.append(Settlement(settlement.day, settlement.amount - taken))
    return tuple(payments), covered - sum((payment.amount for payment in payments), NOTHING)


def _by_day(settlement: Settlement) -> date:
    return settlement.day


@dataclass(frozen=True, slots=True)
class DefaultRule:
    """When a plan has failed: an instalment is more than so many days late, or so many of them are late at once.

    :ivar missed: 0 if their number doesn't matter
    """

    days_late: int
    missed: int = 0


@dataclass(frozen=True, slots=True)
class InstalmentState:
    """What became of an instalment: how much is paid and credited, and the day on which nothing was left of it."""

    due: date
    amount: Decimal
    paid: Decimal
    credited: Decimal
    code: InstalmentCode
    settled_on: date | None

    @property
    def open(self) -> Decimal:
        """What is still to be paid."""
        return self.amount - self.paid - self.credited

    def is_late_on(self, day: date) -> bool:
        """Tell whether something of it was still to be paid on ``day``, after its due day."""
        return self.due < day and (self.settled_on is None or self.settled_on > day)


@dataclass(frozen=True, slots=True)
class PlanState:
    """What became of a plan, and why it failed.

    ``since`` is the day of the last payment of a plan that was kept (None if all was credited), or the first day
    on which it had failed.
    """

    code: PlanCode
    instalments: tuple[InstalmentState, ...]
    since: date | None = None
    reason: Reason | None = None


def instalment_states(
    instalments: Sequence[Instalment], payments: Sequence[Settlement], credited: Decimal, day: date
) -> tuple[InstalmentState, ...]:
    """Say what became of each instalment by ``day``; ``instalments`` are in the order of their days."""
    credits = _credited_from_the_end(instalments, credited)
    arriving = [(payment.day, payment.amount) for payment in sorted(payments, key=_by_day) if payment.day <= day]
    states = []
    for instalment, credit in zip(instalments, credits, strict=True):
        due = instalment.amount - credit
        paid, settled_on = NOTHING, (instalment.due if due == 0 else None)
        while arriving and paid < due:
            on, amount = arriving[0]
            taken = min(amount, due - paid)
            paid += taken
            arriving[0] = (on, amount - taken)
            if amount == taken:
                del arriving[0]
            if paid == due:
                settled_on = on
        states.append(
            InstalmentState(
                instalment.due, instalment.amount, paid, credit, _code(instalment.due, due, paid, day), settled_on
            )
        )
    return tuple(states)


def _code(due_day: date, due: Decimal, paid: Decimal, day: date) -> InstalmentCode:
    if due == 0:
        return "credited"
    if paid == due:
        return "paid"
    if due_day < day:
        return "late"
    return "partly_paid" if paid else "open"


def _credited_from_the_end(instalments: Sequence[Instalment], credited: Decimal) -> list[Decimal]:
    credits = []
    for instalment in reversed(instalments):
        credits.append(min(credited, instalment.amount))
        credited -= credits[-1]
    return credits[::-1]


def plan_state(
    instalments: Sequence[Instalment],
    payments: Sequence[Settlement],
    credited: Decimal,
    rule: DefaultRule,
    day: date,
) -> PlanState:
    """Judge a plan as of ``day``.  A plan that has failed is not kept by what is paid afterwards."""
    states = instalment_states(instalments, payments, credited, day)
    failed = [found for found in (_too_late(states, rule, day), _too_many_late(states, rule, day)) if found]
    if failed:
        since, reason = min(failed, key=lambda found: found[0])
        return PlanState("defaulted", states, since, reason)
    if all(state.open == 0 for state in states):
        last = max((payment.day for payment in payments if payment.day <= day), default=None)
        return PlanState("kept", states, last)
    return PlanState("active", states)


def _too_late(states: Sequence[InstalmentState], rule: DefaultRule, day: date) -> tuple[date, Reason] | None:
    for state in states:
        since = state.due + timedelta(rule.days_late + 1)
        if since <= day and state.is_late_on(since):
            return since, Reason("too_late", {"date": state.due.isoformat(), "days": rule.days_late})
    return None


def _too_many_late(states: Sequence[InstalmentState], rule: DefaultRule, day: date) -> tuple[date, Reason] | None:
    """Look on the days after due days: only then does the number of late instalments rise."""
    for state in states if rule.missed else ():
        since = state.due + timedelta(1)
        late = sum(other.is_late_on(since) for other in states)
        if since <= day and late >= rule.missed:
            return since, Reason("too_many_late", {"count": late, "most": rule.missed})
    return None
