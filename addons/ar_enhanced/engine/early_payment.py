"""Early-payment discounts: what may be taken off on which day, and what that costs.

A discount is granted in tiers (3 % within 10 days, 2 % within 20) or slides: amount × annual rate ×
days early / 365, a little less every day.  All amounts are of one instalment, positive and in the
currency of the invoice; percents and rates are given as people write them (2 is 2 %).

The amount *due* is what is rounded, a half away from zero as in Odoo's payment terms; the discount is
the rest.  A discount is never negative and never more than the residual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Literal

from .money import Currency

DAYS_OF_YEAR = 365
HUNDRED = Decimal(100)

PartialRule = Literal["proportional", "whole", "lost"]


@dataclass(frozen=True, slots=True)
class TierTerms:
    """A tier as agreed: ``percent`` off when paid within ``days`` days of the invoice date."""

    percent: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why tiers can't be granted together: a code with the facts, for people to be told in words."""

    code: str
    facts: Mapping[str, str | int]


def contradictions(tiers: Sequence[TierTerms], net_days: int | None = None) -> tuple[Contradiction, ...]:
    """Find what is wrong with ``tiers``; ``net_days`` is when all is due at the latest, None if unknown."""
    found = []
    for tier in tiers:
        if not 0 < tier.percent < HUNDRED:
            found.append(Contradiction("percent_out_of_range", {"percent": _plain(tier.percent)}))
        if tier.days < 0:
            found.append(Contradiction("negative_days", {"days": tier.days}))
        if net_days is not None and tier.days > net_days:
            found.append(Contradiction("after_net_due_day", {"days": tier.days, "net_days": net_days}))
    ordered = sorted(tiers, key=lambda tier: tier.days)
    for earlier, later in pairwise(ordered):
        if earlier.days == later.days:
            found.append(Contradiction("same_day_twice", {"days": later.days}))
        elif later.percent >= earlier.percent:
            found.append(
                Contradiction(
                    "later_tier_not_lower",
                    {
                        "percent": _plain(later.percent),
                        "days": later.days,
                        "earlier_percent": _plain(earlier.percent),
                        "earlier_days": earlier.days,
                    },
                )
            )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier as granted on one instalment: ``discount`` is what all of it earns when paid by ``last_day``.

    Payment up to ``grace_last_day`` is accepted as if it were in time; nobody is told that day.
    """

    discount: Decimal
    last_day: date
    grace_last_day: date


@dataclass(frozen=True, slots=True)
class Sliding:
    """A discount of ``annual_rate`` percent a year on ``base`` for each day before ``due``, from ``first_day`` on."""

    annual_rate: Decimal
    base: Decimal
    first_day: date
    due: date

    def discount(self, day: date) -> Decimal:
        """Give the discount of the whole instalment on ``day``, not rounded."""
        days_early = max((self.due - max(day, self.first_day)).days, 0)
        return min(self.base * self.annual_rate * days_early / (HUNDRED * DAYS_OF_YEAR), self.base)


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """What was granted: tiers or a sliding discount, and what becomes of it on a part payment.

    - "proportional": what is paid in time keeps its discount, whatever becomes of the rest;
    - "whole": parts are welcome, but only if all is paid in time is there a discount;
    - "lost": the first part payment ends it.

    A payment that is short by at most ``grace_amount`` is accepted as payment in full.
    """

    tiers: tuple[Tier, ...] = ()
    sliding: Sliding | None = None
    partial_rule: PartialRule = "proportional"
    grace_amount: Decimal = Decimal()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one payment settled: money of ``cash`` and ``discount`` that was booked with it."""

    day: date
    cash: Decimal
    discount: Decimal = Decimal()


@dataclass(frozen=True, slots=True)
class Instalment:
    """A receivable of ``amount`` of which ``residual`` is open; credit notes took off ``credited``."""

    amount: Decimal
    residual: Decimal
    currency: Currency
    credited: Decimal = Decimal()
    settlements: tuple[Settlement, ...] = ()


@dataclass(frozen=True, slots=True)
class Discount:
    """What may be taken off, and the number of the tier it comes from: None if from none, or it slides."""

    amount: Decimal
    tier: int | None = None


def discount_on(terms: DiscountTerms, instalment: Instalment, day: date) -> Discount:
    """Tell what may be taken off when all that is open is paid on ``day``."""
    residual = instalment.residual
    if residual <= 0 or instalment.amount <= 0:
        return Discount(Decimal())
    share, tier = _share_on(terms, instalment, day)
    booked = sum((settlement.discount for settlement in instalment.settlements), Decimal())
    if terms.partial_rule == "lost":
        exact = Decimal() if instalment.settlements else residual * share
    elif terms.partial_rule == "whole":
        exact = (instalment.amount - instalment.credited) * share - booked
    else:
        earned, earned_in = _earned(terms, instalment)
        claim = min(earned - booked, residual)  # below zero, where more was booked than its money has earned
        exact = claim + (residual - claim) * share
        tier = earned_in if tier is None and claim > 0 else tier
    exact = min(max(exact, Decimal()), residual)
    return Discount(residual - instalment.currency.rounded(residual - exact), tier)


def amount_due(terms: DiscountTerms, instalment: Instalment, day: date) -> Decimal:
    """Tell what settles the instalment on ``day``."""
    return instalment.residual - discount_on(terms, instalment, day).amount


def discount_settling(terms: DiscountTerms, instalment: Instalment, paid: Decimal, day: date) -> Decimal | None:
    """Tell what has to be written off for ``paid`` on ``day`` to settle the instalment; None if it is too short.

    With an open discount, what is short by at most the grace amount is written off with it.
    """
    discount = discount_on(terms, instalment, day).amount
    short = instalment.residual - discount - paid
    if short <= 0:
        return discount
    return discount + short if discount and short <= terms.grace_amount else None


def _share_on(terms: DiscountTerms, instalment: Instalment, day: date) -> tuple[Decimal, int | None]:
    """Give the part of the amount that is taken off on ``day``, from 0 to 1, with the number of the tier."""
    if terms.sliding is not None:
        return min(terms.sliding.discount(day) / instalment.amount, Decimal(1)), None
    open_tiers = [(tier.discount, -number) for number, tier in enumerate(terms.tiers) if tier.grace_last_day >= day]
    if not open_tiers:
        return Decimal(), None
    discount, number = max(open_tiers)
    return min(max(discount / instalment.amount, Decimal()), Decimal(1)), -number


def _earned(terms: DiscountTerms, instalment: Instalment) -> tuple[Decimal, int | None]:
    """Give the discount that belongs to the money paid so far, and the tier of the last that earned any.

    98 paid at 2 % settle 100, so they earn 2.
    """
    earned, earned_in = Decimal(), None
    for settlement in sorted(instalment.settlements, key=lambda settlement: settlement.day):
        share, tier = _share_on(terms, instalment, settlement.day)
        earned += settlement.cash * share / (1 - share) if share < 1 else instalment.amount
        earned_in = tier if share else earned_in
    return earned, earned_in


@dataclass(frozen=True, slots=True)
class SlidingRate:
    """The annual rate that may be given, in percent, and why it isn't the one wished for: a code or None."""

    annual_rate: Decimal
    reason_code: str | None


def sliding_rate(wished: Decimal, cost_of_capital: Decimal | None) -> SlidingRate:
    """Cap ``wished`` at the company's cost of capital: money that costs less elsewhere isn't bought dearer here."""
    if wished <= 0:
        return SlidingRate(Decimal(), "rate_not_positive")
    if cost_of_capital is None or cost_of_capital <= 0:
        return SlidingRate(Decimal(), "cost_of_capital_unknown")
    if wished > cost_of_capital:
        return SlidingRate(cost_of_capital, "above_cost_of_capital")
    return SlidingRate(wished, None)


def simple_yield(percent: Decimal, days_early: int) -> Decimal | None:
    """Annualise a discount, in percent a year: what paying early earns the customer and costs the company.

    d / (1 - d) × 365 / days; None without a day between discount and due day, or with no percent to speak of.
    """
    if days_early <= 0 or not 0 < percent < HUNDRED:
        return None
    return HUNDRED * percent / (HUNDRED - percent) * DAYS_OF_YEAR / days_early


def compound_yield(percent: Decimal, days_early: int) -> Decimal | None:
    """Annualise a discount as if each year's were invested again: (1 / (1 - d)) ^ (365 / days) - 1, in percent."""
    if days_early <= 0 or not 0 < percent < HUNDRED:
        return None
    growth: Decimal = (HUNDRED / (HUNDRED - percent)) ** (Decimal(DAYS_OF_YEAR) / days_early)
    return HUNDRED * (growth - 1)


def apportioned(amount: Decimal, weights: Sequence[Decimal], currency: Currency) -> tuple[Decimal, ...]:
    """Divide ``amount`` by ``weights`` into whole smallest units that sum to it exactly.

    Largest remainder: each part is its exact share cut off, and the units left go to those that lost most.

    :raises ValueError: when the weights sum to nothing
    """
    total = sum(weights, Decimal())
    if not total:
        raise ValueError("nothing to divide by")
    unit = Decimal(1).scaleb(-currency.decimal_places)
    exact = [amount * weight / total / unit for weight in weights]
    whole = [share.to_integral_value(ROUND_FLOOR) for share in exact]
    left = int((amount / unit).to_integral_value() - sum(whole, Decimal()))
    by_remainder = sorted(range(len(exact)), key=lambda place: (whole[place] - exact[place], place))
    for place in by_remainder[:left]:
        whole[place] += 1
    return tuple(part * unit for part in whole)


def _plain(number: Decimal) -> str:
    """Write ``number`` without exponent or needless zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
