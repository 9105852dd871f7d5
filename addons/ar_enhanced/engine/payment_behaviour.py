"""How a customer has paid: the facts that a credit score is made of.

Amounts are whole smallest units (cents) of the company's currency, so that sums are exact and cheap
for a hundred thousand customers.  A *settlement* is one payment on one invoice item; what a credit
note or an exchange difference settles says nothing about paying and is left out by whoever gathers
the settlements.  "Days" are days beyond terms: negative before the due day.

The PAYDEX-like index maps amount-weighted days beyond terms to 20…100 on a line through published
points: on time 80, 30 days early 100, 30 days late 50.  (PAYDEX is a trade mark; this is not it.)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from .aging import age
from .open_item import OpenItem
from .scorecard import SCORECARD, Scorecard

INDEX_POINTS = ((-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60), (30, 50), (60, 40), (90, 30), (120, 20))

#: "Late" in the measurement of the score: a settlement, or an open item, beyond so many days.
LATE_DAYS = 30

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


class PaymentFacts(NamedTuple):
    """What is known on ``day`` about one customer's paying; amount_days are Σ amount × days.

    A tuple of numbers as the database gives it: it is made and read a hundred thousand times a night.

    :ivar settled_count: items with a settlement in the window
    :ivar paid_count: those of them with nothing left to pay
    :ivar punctual_count: those of them whose last settlement was punctual
    :ivar late_count: those of them later than :data:`LATE_DAYS`, and open items overdue for longer (``overdue_late``)
    :ivar recent_settlements: settlements of the recent part of the window, not items
    :ivar history_days: days since the first settlement in the window
    :ivar stale_count: open items that are overdue by more than the punctual days
    :ivar heaviest_number: the overdue item with the most amount × days, and its amount and days
    :ivar credit_limit: None where no limit is set, which is not a limit of nothing
    :ivar exposure: what stands against the limit
    :ivar partly_kept: promises that were kept in part
    :ivar external_rating: 0 to 100; None where none is entered; ``external_age`` is its age in days
    """

    day: date
    decimal_places: int = 2
    settled_amount: int = 0
    settled_amount_days: int = 0
    settled_count: int = 0
    paid_count: int = 0
    punctual_count: int = 0
    late_count: int = 0
    recent_amount: int = 0
    recent_amount_days: int = 0
    recent_settlements: int = 0
    earlier_amount: int = 0
    earlier_amount_days: int = 0
    earlier_settlements: int = 0
    history_days: int = 0
    open_amount: int = 0
    open_count: int = 0
    days_1_30: int = 0
    days_31_60: int = 0
    days_61_90: int = 0
    over_90: int = 0
    overdue_amount_days: int = 0
    overdue_count: int = 0
    stale_count: int = 0
    overdue_late: int = 0
    oldest_days: int = 0
    heaviest_number: str = ""
    heaviest_amount: int = 0
    heaviest_days: int = 0
    credit_limit: int | None = None
    exposure: int = 0
    promises: int = 0
    partly_kept: int = 0
    broken: int = 0
    unjustified: int = 0
    returned: int = 0
    external_rating: int | None = None
    external_age: int = 0

    @property
    def overdue_amount(self) -> int:
        """All that is overdue."""
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.over_90

    @property
    def days_beyond_terms(self) -> Decimal | None:
        """Amount-weighted days; an overdue open item counts at its present age.

        Else a customer who stops paying would keep a good figure.  None without any evidence.
        """
        amount = self.settled_amount + self.overdue_amount
        return Decimal(self.settled_amount_days + self.overdue_amount_days) / amount if amount else None

    def money(self, amount: int) -> Decimal:
        """Give an amount of these facts in whole units of the currency."""
        return Decimal(amount).scaleb(-self.decimal_places)

    def as_text(self, others: str = "{}") -> str:
        """Give the facts as JSON, with the members of ``others``, a JSON object, added to it.

        Facts that are as by default are left out, most of them with those beside them.  Written by hand, for a general
        encoder takes as long as scoring does.
        """
        members = [f'"day": "{self.day.isoformat()}"']
        members += [form % self[part] for part, form, default in _PARTS if self[part] != default]
        if self.heaviest_number:
            members.append(f'"heaviest_number": {json.dumps(self.heaviest_number)}')
        if self[_RARE] != _DEFAULTS[_RARE]:
            rare = zip(self._fields[_RARE], tuple(self)[_RARE], _DEFAULTS[_RARE], strict=True)
            members += [f'"{name}": {value}' for name, value, default in rare if value != default]
        if len(others) > 2:
            members.append(others[1:-1])
        return f"{{{', '.join(members)}}}"

    @classmethod
    def from_stored(cls, stored: Stored) -> PaymentFacts:
        """Give back the facts that :meth:`as_text` gave, read as JSON; ``stored`` may hold other values too."""
        known = {name: stored[name] for name in cls._fields if name in stored}
        return cls(**{**known, "day": date.fromisoformat(str(stored["day"]))})  # type: ignore[arg-type]


_DEFAULTS = tuple(PaymentFacts._field_defaults.get(name) for name in PaymentFacts._fields)


def _part(first: str, last: str) -> tuple[slice, str, tuple[Any, ...]]:
    """Facts that are stored together: where they are, their form as members of a JSON object, and their defaults."""
    part = slice(PaymentFacts._fields.index(first), PaymentFacts._fields.index(last) + 1)
    return part, ", ".join(f'"{name}": %d' for name in PaymentFacts._fields[part]), _DEFAULTS[part]


_PARTS = (
    _part("decimal_places", "decimal_places"),
    _part("settled_amount", "history_days"),
    _part("open_amount", "oldest_days"),
    _part("heaviest_amount", "heaviest_days"),
)
#: Facts that few customers have, unknown ones among them.
_RARE = slice(PaymentFacts._fields.index("credit_limit"), None)


def payment_facts(
    settled: Iterable[SettledItem],
    open_items: Iterable[OpenItem],
    day: date,
    scorecard: Scorecard = SCORECARD,
    **others: Any,
) -> PaymentFacts:
    """Gather the facts of one customer as of ``day`` from its settlements and open items.

    This is the definition; the database gathers the same facts for all customers in one statement.
    ``open_items`` are invoice items; those with a residual of zero or below are not owed and left out.
    ``others`` are the facts that don't come from these items.
    """
    places = int(others.pop("decimal_places", 2))

    def minor(amount: Decimal) -> int:
        return int(amount.scaleb(places).to_integral_value())

    window = [item for item in settled if day - timedelta(scorecard.window_days) < item.paid_on <= day]
    recent_from = day - timedelta(scorecard.recent_days)
    earlier_from = recent_from - timedelta(scorecard.earlier_days)
    recent = [item for item in window if item.paid_on > recent_from]
    earlier = [item for item in window if earlier_from < item.paid_on <= recent_from]
    owed = [item for item in open_items if item.residual > 0]
    overdue = [item for item in owed if item.days_overdue(day)]
    by_bucket = {aged.bucket.code: minor(aged.amount) for aged in age(owed, day).amounts}
    last_days: dict[int, int] = {}
    for item in window:
        last_days[item.key] = max(item.days, last_days.get(item.key, item.days))
    paid = last_days.keys() - {item.key for item in owed}
    overdue_late = sum(item.days_overdue(day) > LATE_DAYS for item in overdue)
    heaviest = max(overdue, key=lambda item: (item.residual * item.days_overdue(day), -item.key), default=None)
    return PaymentFacts(
        day=day,
        decimal_places=places,
        settled_amount=sum(minor(item.amount) for item in window),
        settled_amount_days=sum(minor(item.amount) * item.days for item in window),
        settled_count=len(last_days),
        paid_count=len(paid),
        punctual_count=sum(last_days[key] <= scorecard.punctual_days for key in paid),
        late_count=sum(last_days[key] > LATE_DAYS for key in paid) + overdue_late,
        recent_amount=sum(minor(item.amount) for item in recent),
        recent_amount_days=sum(minor(item.amount) * item.days for item in recent),
        recent_settlements=len(recent),
        earlier_amount=sum(minor(item.amount) for item in earlier),
        earlier_amount_days=sum(minor(item.amount) * item.days for item in earlier),
        earlier_settlements=len(earlier),
        history_days=max(((day - item.paid_on).days for item in window), default=0),
        open_amount=sum(minor(item.residual) for item in owed),
        open_count=len(owed),
        days_1_30=by_bucket["days_1_30"],
        days_31_60=by_bucket["days_31_60"],
        days_61_90=by_bucket["days_61_90"],
        over_90=by_bucket["over_90"],
        overdue_amount_days=sum(minor(item.residual) * item.days_overdue(day) for item in overdue),
        overdue_count=len(overdue),
        stale_count=sum(item.days_overdue(day) > scorecard.punctual_days for item in overdue),
        overdue_late=overdue_late,
        oldest_days=max((item.days_overdue(day) for item in overdue), default=0),
        heaviest_number=heaviest.number if heaviest else "",
        heaviest_amount=minor(heaviest.residual) if heaviest else 0,
        heaviest_days=heaviest.days_overdue(day) if heaviest else 0,
        **others,
    )


def payment_index(days: Decimal) -> Decimal:
    """Map amount-weighted days beyond terms to the PAYDEX-like index; beyond its ends it stays at 100 or 20."""
    if days <= INDEX_POINTS[0][0]:
        return Decimal(INDEX_POINTS[0][1])
    for (early, high), (late, low) in pairwise(INDEX_POINTS):
        if days <= late:
            return high - (days - early) * (high - low) / (late - early)
    return Decimal(INDEX_POINTS[-1][1])
