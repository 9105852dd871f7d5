"""Ageing: how much of what is owed is due since how long.

Credits that are not applied to an invoice (``residual`` below zero) have an amount of their own and
no age: put into the bucket of their own date they would hide, or pretend to settle, debts that the
customer never said they are for.  Σ buckets + unapplied = Σ residuals = the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .open_item import OpenItem


@dataclass(frozen=True, slots=True)
class Bucket:
    """An ageing bucket: from ``first_day`` to ``last_day`` overdue, both included; ``None`` is open-ended."""

    code: str
    first_day: int | None
    last_day: int | None

    def holds(self, days_overdue: int) -> bool:
        """Tell whether an item that is ``days_overdue`` belongs here."""
        return (self.first_day is None or days_overdue >= self.first_day) and (
            self.last_day is None or days_overdue <= self.last_day
        )


BUCKETS = (
    Bucket("not_due", None, 0),
    Bucket("days_1_30", 1, 30),
    Bucket("days_31_60", 31, 60),
    Bucket("days_61_90", 61, 90),
    Bucket("over_90", 91, None),
)


@dataclass(frozen=True, slots=True)
class AgedAmount:
    """What one bucket holds."""

    bucket: Bucket
    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Aging:
    """The open items of one currency by age; ``unapplied`` is zero or negative."""

    amounts: tuple[AgedAmount, ...]
    unapplied: Decimal

    @property
    def owed(self) -> Decimal:
        """All that is due or will be, before unapplied credits."""
        return sum((aged.amount for aged in self.amounts), Decimal())

    @property
    def balance(self) -> Decimal:
        """What the ledger says: owed less unapplied credits."""
        return self.owed + self.unapplied

    @property
    def not_due(self) -> Decimal:
        """What is owed and not overdue."""
        return self.amounts[0].amount

    @property
    def overdue(self) -> Decimal:
        """What is owed since yesterday or longer, before unapplied credits."""
        return self.owed - self.not_due

    @property
    def open_count(self) -> int:
        """Number of items that are owed."""
        return sum(aged.count for aged in self.amounts)

    @property
    def overdue_count(self) -> int:
        """Number of items that are overdue."""
        return self.open_count - self.amounts[0].count

    def share(self, aged: AgedAmount) -> Decimal:
        """Give the part of ``aged`` in all that is owed, from 0 to 100."""
        return 100 * aged.amount / self.owed if self.owed else Decimal()


def age(items: Iterable[OpenItem], day: date) -> Aging:
    """Sort ``items``, all of one currency, into :data:`BUCKETS` as of ``day``.

    :raises ValueError: when the items are of several currencies, which have no sum
    """
    items = list(items)
    if len({item.currency for item in items}) > 1:
        raise ValueError("ageing adds amounts of one currency only")
    owed = [item for item in items if item.residual > 0]
    amounts = []
    for bucket in BUCKETS:
        residuals = [item.residual for item in owed if bucket.holds(item.days_overdue(day))]
        amounts.append(AgedAmount(bucket, sum(residuals, Decimal()), len(residuals)))
    return Aging(tuple(amounts), sum((item.residual for item in items if item.residual < 0), Decimal()))
