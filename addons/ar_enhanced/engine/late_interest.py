"""Late interest and fixed sums: what a debtor owes for paying late, period by period.

Interest is simple and runs from the day after the due date to the day of payment inclusive (Directive
2011/7/EU; Late Payment of Commercial Debts (Interest) Act 1998), so a part payment takes its part off the
principal from the day after it.  All amounts are of one receivable, positive and in its currency; percents
are given as people write them (8 is 8 %).

Interest stays an exact fraction until the total is rounded, once.  It is never negative: a reference rate
far below zero leaves no interest, not a credit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from .money import Currency

HUNDRED = 100
ONE_DAY = timedelta(1)
# More digits than the nearest distance of any such fraction from a half needs.
EXACT_DIGITS = 80

Method = Literal["split", "single", "first_day"]
DayCount = Literal["365", "actual"]
PaymentOrder = Literal["principal_first", "interest_first"]


class MissingRateError(LookupError):
    """No reference rate is known for ``day``; a guess would be a wrong sum."""

    def __init__(self, day: date) -> None:
        super().__init__(day.isoformat())
        self.day = day


@dataclass(frozen=True, slots=True)
class ReferenceRate:
    """A reference rate in percent, as published, and the first day that it holds for."""

    valid_from: date
    percent: Decimal


@dataclass(frozen=True, slots=True)
class RateTable:
    """Reference rates in order of their days.

    ``half_yearly``: a rate holds for the half-year that begins on its day and no longer, so that one which
    nobody has entered yet is missing; otherwise a rate holds until the next.
    """

    rates: tuple[ReferenceRate, ...]
    half_yearly: bool = True

    def percent_on(self, day: date) -> Decimal:
        """Give the rate of ``day``.

        :raises MissingRateError: when there is none
        """
        place = bisect_right(self.rates, day, key=lambda rate: rate.valid_from)
        if not place:
            raise MissingRateError(day)
        rate = self.rates[place - 1]
        if self.half_yearly and rate.valid_from < half_year_start(day):
            raise MissingRateError(day)
        return rate.percent

    def changes(self, first: date, last: date) -> Iterator[date]:
        """Yield the days after ``first`` up to ``last`` on which another rate may begin."""
        for rate in self.rates:
            if first < rate.valid_from <= last:
                yield rate.valid_from
        if self.half_yearly:
            for year in range(first.year, last.year + 1):
                yield from (day for day in (date(year, 1, 1), date(year, 7, 1)) if first < day <= last)


@dataclass(frozen=True, slots=True)
class ReferencePlus:
    """Interest at a reference rate plus ``margin`` points.

    Where the rate changes within the delay, "split" takes each day's own; "single" takes one rate for the
    whole delay of an amount, that of the day on which the amount is paid (Ireland, S.I. 580/2012);
    "first_day" keeps that of the day on which interest starts to run (United Kingdom, S.I. 2002/1675).
    """

    table: RateTable
    margin: Decimal
    method: Method = "split"


@dataclass(frozen=True, slots=True)
class Contractual:
    """Interest at a yearly rate as agreed."""

    percent: Decimal


@dataclass(frozen=True, slots=True)
class FixedSum:
    """What each late payment of less than ``below`` costs at once; None has no bound."""

    below: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InterestTerms:
    """What was agreed, or what the law says, about paying late.

    - ``day_count``: a year has 365 days, also a leap year, or as many as it has ("actual");
    - ``grace_days``: what is paid within them counts as paid in time; what isn't bears interest from the due date;
    - ``order``: what a part payment settles first: the principal, or the fixed sum, then interest, then the
      principal (as § 367 BGB).
    """

    rate: ReferencePlus | Contractual
    day_count: DayCount = "365"
    grace_days: int = 0
    fixed_sums: tuple[FixedSum, ...] = ()
    order: PaymentOrder = "principal_first"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was paid or credited on ``day``."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Suspension:
    """An amount that bears no interest from ``first`` to ``last`` inclusive; with no ``last`` it still lasts."""

    first: date
    last: date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Debt:
    """A receivable of ``amount`` that was due on ``due``."""

    amount: Decimal
    due: date
    currency: Currency
    settlements: tuple[Settlement, ...] = ()
    suspensions: tuple[Suspension, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both inclusive, on which the same principal bore the same percent; ``interest`` isn't rounded."""

    first: date
    last: date
    days: int
    principal: Fraction
    percent: Decimal
    interest: Fraction


@dataclass(frozen=True, slots=True)
class LateInterest:
    """Interest by period, its total rounded, the fixed sum, and why it is what it is.

    Codes: ``nothing_owed``, ``paid_in_time``, ``paid_within_grace``, ``not_due``, ``within_grace``; else ``late``
    with, where it applies, ``counted_before`` (no day is left of those asked for), ``suspended`` (a part bore
    none for a while) and ``rate_not_positive``.
    """

    periods: tuple[Period, ...]
    interest: Decimal
    fixed_sum: Decimal
    reason_codes: tuple[str, ...]

    @property
    def exact(self) -> Fraction:
        """Give the interest before it is rounded."""
        return sum((period.interest for period in self.periods), Fraction())


def half_year_start(day: date) -> date:
    """Give the 1 January or 1 July that ``day`` belongs to."""
    return date(day.year, 1 if day.month < 7 else 7, 1)


def late_interest(terms: InterestTerms, debt: Debt, until: date, since: date | None = None) -> LateInterest:
    """Tell what ``debt`` has borne up to and including ``until``; ``since`` leaves out the days before it.

    The fixed sum belongs to the delay, whatever days are asked for.

    :raises MissingRateError: when a day that counts has no reference rate
    """
    grace_last_day = debt.due + timedelta(terms.grace_days)
    opening = debt.amount - _settled_by(debt, grace_last_day)
    if opening <= 0:
        return _none(_why_nothing_was_late(debt))
    if until <= grace_last_day:
        return _none("not_due" if until <= debt.due else "within_grace")
    fixed_sum = debt.currency.rounded(_fixed_sum(terms.fixed_sums, opening))
    first = debt.due + ONE_DAY
    counted = max(first, since or first)
    stretches = _Stretches(terms, debt, _paid_on(debt, grace_last_day + ONE_DAY, until), until, counted)
    if terms.order == "interest_first":
        periods = tuple(stretches.with_interest_first(opening, fixed_sum))
    else:
        periods = tuple(stretches.with_principal_first(opening))
    exact = sum((period.interest for period in periods), Fraction())
    codes = {
        "late": True,
        "counted_before": counted > until,
        "suspended": any(_touches(suspension, counted, until) for suspension in debt.suspensions),
        "rate_not_positive": bool(periods) and not exact,
    }
    return LateInterest(
        periods, _rounded(exact, debt.currency), fixed_sum, tuple(code for code, holds in codes.items() if holds)
    )


@dataclass(frozen=True, slots=True)
class _Stretches:
    """The delay of a debt cut into stretches of days in which neither principal nor rate changes."""

    terms: InterestTerms
    debt: Debt
    #: What was settled too late, by its day, in the order of the days.
    paid_on: Mapping[date, Decimal]
    until: date
    counted: date

    def with_principal_first(self, opening: Decimal) -> Iterator[Period]:
        """Yield the periods when what is paid settles principal; by method "single" each amount has its own rate."""
        slices = self._slices(opening)
        for first, last in self._days(self.counted):
            if self._method() != "single":
                yield from self._period(
                    first, last, self._unsuspended(Fraction(self._left(opening, first)), first), first
                )
                continue
            suspended = Fraction(self._suspended(first))
            # What is paid last is what is disputed.
            for paid_on, amount in reversed(slices):
                if paid_on >= first:
                    bearing = max(amount - suspended, Fraction())
                    suspended = max(suspended - amount, Fraction())
                    yield from self._period(first, last, bearing, paid_on)

    def with_interest_first(self, opening: Decimal, fixed_sum: Decimal) -> Iterator[Period]:
        """Yield the periods when what is paid settles the fixed sum, then interest, then principal.

        By method "single" what has run up to a payment is settled at the rate of its day.
        """
        principal, owed = Fraction(opening), Fraction(fixed_sum)
        single = self._method() == "single"
        for first, last in self._days(self.debt.due + ONE_DAY):
            rate_day = min((day for day in self.paid_on if day >= last), default=self.until) if single else first
            for period in self._period(first, last, self._unsuspended(principal, first), rate_day):
                owed += period.interest
                if first >= self.counted:
                    yield period
            paid = Fraction(self.paid_on.get(last, Decimal()))
            principal = max(principal - max(paid - owed, Fraction()), Fraction())
            owed = max(owed - paid, Fraction())

    def _method(self) -> Method:
        return self.terms.rate.method if isinstance(self.terms.rate, ReferencePlus) else "first_day"

    def _days(self, start: date) -> Iterator[tuple[date, date]]:
        """Yield the first and last days of the stretches from ``start`` on."""
        if start > self.until:
            return
        rate = self.terms.rate
        starts = {self.counted, self.debt.due + ONE_DAY}
        starts.update(day + ONE_DAY for day in self.paid_on)
        for suspension in self.debt.suspensions:
            starts.add(suspension.first)
            if suspension.last is not None:
                starts.add(suspension.last + ONE_DAY)
        if isinstance(rate, ReferencePlus) and rate.method == "split":
            starts.update(rate.table.changes(start, self.until))
        if self.terms.day_count == "actual":
            starts.update(date(year, 1, 1) for year in range(start.year, self.until.year + 1))
        cuts = sorted({start, *(day for day in starts if start < day <= self.until)})
        yield from _first_and_last([*cuts, self.until + ONE_DAY])

    def _period(self, first: date, last: date, principal: Fraction, rate_day: date) -> Iterator[Period]:
        """Yield the period of these days unless nothing bears interest in it."""
        if principal <= 0:
            return
        percent = self._percent(rate_day)
        days = (last - first).days + 1
        year = 366 if self.terms.day_count == "actual" and _is_leap(first.year) else 365
        yield Period(first, last, days, principal, percent, principal * Fraction(percent) * days / (HUNDRED * year))

    def _percent(self, day: date) -> Decimal:
        rate = self.terms.rate
        if isinstance(rate, Contractual):
            return max(rate.percent, Decimal())
        reference = rate.table.percent_on(self.debt.due + ONE_DAY if rate.method == "first_day" else day)
        return max(reference + rate.margin, Decimal())

    def _slices(self, opening: Decimal) -> tuple[tuple[date, Fraction], ...]:
        """Give the amounts that were late with the day each was paid on; what is open counts as paid on the last."""
        slices, left = [], Fraction(opening)
        for day, amount in self.paid_on.items():
            part = min(Fraction(amount), left)
            left -= part
            slices.append((day, part))
        return (*slices, (self.until, left))

    def _left(self, opening: Decimal, day: date) -> Decimal:
        """Give the principal that is open at the beginning of ``day``."""
        return opening - sum((amount for paid, amount in self.paid_on.items() if paid < day), Decimal())

    def _suspended(self, day: date) -> Decimal:
        return sum((part.amount for part in self.debt.suspensions if _touches(part, day, day)), Decimal())

    def _unsuspended(self, principal: Fraction, day: date) -> Fraction:
        return principal - Fraction(self._suspended(day))


def _first_and_last(starts: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each stretch between the ``starts``, of which the last only ends one."""
    for first, following in pairwise(starts):
        yield first, following - ONE_DAY


def _paid_on(debt: Debt, first: date, last: date) -> dict[date, Decimal]:
    """Give what was settled from ``first`` to ``last``, by its day, in order."""
    paid: dict[date, Decimal] = {}
    for settlement in sorted(debt.settlements, key=lambda settlement: settlement.day):
        if first <= settlement.day <= last:
            paid[settlement.day] = paid.get(settlement.day, Decimal()) + settlement.amount
    return paid


def _settled_by(debt: Debt, day: date) -> Decimal:
    return sum((part.amount for part in debt.settlements if part.day <= day), Decimal())


def _why_nothing_was_late(debt: Debt) -> str:
    if debt.amount <= 0:
        return "nothing_owed"
    return "paid_in_time" if _settled_by(debt, debt.due) >= debt.amount else "paid_within_grace"


def _fixed_sum(bands: Sequence[FixedSum], amount: Decimal) -> Decimal:
    """Give the sum of the lowest band whose bound ``amount`` is below."""
    fitting = [band for band in bands if band.below is None or amount < band.below]
    if not fitting:
        return Decimal()
    return min(fitting, key=lambda band: (band.below is None, band.below or Decimal())).amount


def _touches(suspension: Suspension, first: date, last: date) -> bool:
    return suspension.first <= last and (suspension.last is None or first <= suspension.last)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _none(code: str) -> LateInterest:
    return LateInterest((), Decimal(), Decimal(), (code,))


def _rounded(exact: Fraction, currency: Currency) -> Decimal:
    with localcontext() as context:
        context.prec = EXACT_DIGITS
        return currency.rounded(Decimal(exact.numerator) / Decimal(exact.denominator))
