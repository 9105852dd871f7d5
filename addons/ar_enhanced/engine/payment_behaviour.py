"""How a customer has paid: the facts that a credit score is made of.

All amounts are in the company's currency.  A *settlement* is one payment on one invoice item; what
a credit note or an exchange difference settles says nothing about paying and is left out by whoever
gathers the settlements.  "Days" are days beyond terms: negative before the due day.

The PAYDEX-like index maps amount-weighted days beyond terms to 20…100 on a line through published
points: on time 80, 30 days early 100, 30 days late 50.  (PAYDEX is a trade mark; this is not it.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .aging import age
from .open_item import OpenItem
from .scorecard import SCORECARD, Scorecard

INDEX_POINTS = ((-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60), (30, 50), (60, 40), (90, 30), (120, 20))

Stored = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class SettledItem:
    """One settlement: ``amount`` of the invoice item ``key``, due on ``due``, was paid on ``paid_on``."""

    key: int
    amount: Decimal
    due: date
    paid_on: date

    @property
    def days(self) -> int:
        """Days beyond terms."""
        return (self.paid_on - self.due).days


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What is known on ``day`` about one customer's paying; amount_days are Σ amount × days.

    :ivar settled_count: items with a settlement in the window
    :ivar paid_count: those of them with nothing left to pay
    :ivar punctual_count: those of them whose last settlement was punctual
    :ivar recent_settlements: settlements of the recent part of the window, not items
    :ivar stale_count: open items that are overdue by more than the punctual days
    :ivar heaviest_number: the overdue item with the most amount × days, and its amount and days
    """

    day: date
    settled_amount: Decimal = Decimal()
    settled_amount_days: Decimal = Decimal()
    settled_count: int = 0
    paid_count: int = 0
    punctual_count: int = 0
    recent_amount: Decimal = Decimal()
    recent_amount_days: Decimal = Decimal()
    recent_settlements: int = 0
    earlier_amount: Decimal = Decimal()
    earlier_amount_days: Decimal = Decimal()
    earlier_settlements: int = 0
    first_paid_on: date | None = None
    open_amount: Decimal = Decimal()
    open_count: int = 0
    days_1_30: Decimal = Decimal()
    days_31_60: Decimal = Decimal()
    days_61_90: Decimal = Decimal()
    over_90: Decimal = Decimal()
    overdue_amount_days: Decimal = Decimal()
    overdue_count: int = 0
    stale_count: int = 0
    oldest_days: int = 0
    heaviest_number: str = ""
    heaviest_amount: Decimal = Decimal()
    heaviest_days: int = 0

    @property
    def overdue_amount(self) -> Decimal:
        """All that is overdue."""
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.over_90

    @property
    def history_days(self) -> int:
        """Days since the first settlement in the window."""
        return (self.day - self.first_paid_on).days if self.first_paid_on else 0

    @property
    def days_beyond_terms(self) -> Decimal | None:
        """Amount-weighted days; an overdue open item counts at its present age.

        Else a customer who stops paying would keep a good figure.  None without any evidence.
        """
        amount = self.settled_amount + self.overdue_amount
        return (self.settled_amount_days + self.overdue_amount_days) / amount if amount else None

    @property
    def punctual_share(self) -> Decimal | None:
        """Part of the items that were punctual, among those paid and those that no longer can be."""
        count = self.paid_count + self.stale_count
        return Decimal(self.punctual_count) / count if count else None

    def as_stored(self) -> dict[str, str | int | None]:
        """Give the facts as plain JSON values: amounts and days as text, so that no float comes near them."""
        values = ((fact.name, getattr(self, fact.name)) for fact in fields(self))
        return {name: value if isinstance(value, int) or value is None else str(value) for name, value in values}

    @classmethod
    def from_stored(cls, stored: Stored) -> PaymentFacts:
        """Give back the facts that :meth:`as_stored` gave."""
        return cls(**{fact.name: _restored(fact.type, stored[fact.name]) for fact in fields(cls)})


def _restored(kind: object, value: str | int | None) -> Any:
    """Read one stored value as the type that its field is annotated with."""
    if kind == "Decimal":
        return Decimal(str(value))
    if value is not None and str(kind).startswith("date"):
        return date.fromisoformat(str(value))
    return value


def payment_facts(
    settled: Iterable[SettledItem],
    open_items: Iterable[OpenItem],
    day: date,
    scorecard: Scorecard = SCORECARD,
) -> PaymentFacts:
    """Gather the facts of one customer as of ``day`` from its settlements and open items.

    This is the definition; the database gathers the same facts for all customers in one statement.
    ``open_items`` are invoice items; those with a residual of zero or below are not owed and left out.
    """
    window = [item for item in settled if day - timedelta(scorecard.window_days) < item.paid_on <= day]
    recent_from = day - timedelta(scorecard.recent_days)
    earlier_from = recent_from - timedelta(scorecard.earlier_days)
    recent = [item for item in window if item.paid_on > recent_from]
    earlier = [item for item in window if earlier_from < item.paid_on <= recent_from]
    owed = [item for item in open_items if item.residual > 0]
    overdue = [item for item in owed if item.days_overdue(day)]
    by_bucket = {aged.bucket.code: aged.amount for aged in age(owed, day).amounts}
    last_days: dict[int, int] = {}
    for item in window:
        last_days[item.key] = max(item.days, last_days.get(item.key, item.days))
    paid = last_days.keys() - {item.key for item in owed}
    heaviest = max(overdue, key=lambda item: (item.residual * item.days_overdue(day), -item.key), default=None)
    return PaymentFacts(
        day=day,
        settled_amount=_amount(window),
        settled_amount_days=_amount_days(window),
        settled_count=len(last_days),
        paid_count=len(paid),
        punctual_count=sum(last_days[key] <= scorecard.punctual_days for key in paid),
        recent_amount=_amount(recent),
        recent_amount_days=_amount_days(recent),
        recent_settlements=len(recent),
        earlier_amount=_amount(earlier),
        earlier_amount_days=_amount_days(earlier),
        earlier_settlements=len(earlier),
        first_paid_on=min((item.paid_on for item in window), default=None),
        open_amount=sum((item.residual for item in owed), Decimal()),
        open_count=len(owed),
        days_1_30=by_bucket["days_1_30"],
        days_31_60=by_bucket["days_31_60"],
        days_61_90=by_bucket["days_61_90"],
        over_90=by_bucket["over_90"],
        overdue_amount_days=sum((item.residual * item.days_overdue(day) for item in overdue), Decimal()),
        overdue_count=len(overdue),
        stale_count=sum(item.days_overdue(day) > scorecard.punctual_days for item in overdue),
        oldest_days=max((item.days_overdue(day) for item in overdue), default=0),
        heaviest_number=heaviest.number if heaviest else "",
        heaviest_amount=heaviest.residual if heaviest else Decimal(),
        heaviest_days=heaviest.days_overdue(day) if heaviest else 0,
    )


def _amount(settled: Iterable[SettledItem]) -> Decimal:
    return sum((item.amount for item in settled), Decimal())


def _amount_days(settled: Iterable[SettledItem]) -> Decimal:
    return sum((item.amount * item.days for item in settled), Decimal())


def payment_index(days: Decimal) -> Decimal:
    """Map amount-weighted days beyond terms to the PAYDEX-like index; beyond its ends it stays at 100 or 20."""
    if days <= INDEX_POINTS[0][0]:
        return Decimal(INDEX_POINTS[0][1])
    for (early, high), (late, low) in pairwise(INDEX_POINTS):
        if days <= late:
            return high - (days - early) * (high - low) / (late - early)
    return Decimal(INDEX_POINTS[-1][1])
