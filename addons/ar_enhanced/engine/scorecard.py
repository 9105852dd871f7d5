"""Every number that a credit score hangs on, in one frozen value with a version.

A stored score names the version it was made with, so that it can be recomputed and two scores of
different versions are never compared as if they were one scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType


def _share_lost_by_bucket() -> Mapping[str, Decimal]:
    """Part of the points that an amount loses in each ageing bucket; an amount not due loses none."""
    return MappingProxyType(
        {
            "days_1_30": Decimal("0.4"),
            "days_31_60": Decimal("0.6"),
            "days_61_90": Decimal("0.8"),
            "over_90": Decimal(1),
        }
    )


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Weights, windows and limits of the score; days are calendar days, the points add up to 100.

    :ivar window_days: settlements older than this no longer count
    :ivar recent_days: the present of the trend; the ``earlier_days`` before it are its past
    :ivar punctual_days: an item settled at most so many days late is punctual
    :ivar trend_settlements: fewer settlements than this on either side make no trend
    :ivar trend_days: getting slower by so many days loses all points of the neutral half
    :ivar pseudo_items: items of the portfolio's own behaviour that each customer is given to begin
        with; after as many of its own it weighs as much as the portfolio does.  Five: an accountant
        speaks of a habit after about five invoices.
    :ivar best_index: index that earns all points of timeliness (paying 30 days early) and
    :ivar worst_index: the index that earns none (120 days late)
    """

    version: str = "2025.1"
    timeliness: int = 40
    overdue_now: int = 25
    regularity: int = 15
    trend: int = 10
    record: int = 10
    window_days: int = 730
    recent_days: int = 182
    earlier_days: int = 365
    punctual_days: int = 15
    trend_settlements: int = 3
    trend_days: int = 15
    on_time_days: int = 5
    record_items: int = 20
    pseudo_items: int = 5
    best_index: Decimal = Decimal(100)
    worst_index: Decimal = Decimal(20)
    share_lost: Mapping[str, Decimal] = field(default_factory=_share_lost_by_bucket)
    levels: tuple[tuple[str, int], ...] = (("a", 80), ("b", 65), ("c", 50), ("d", 35), ("e", 0))
    #: certainty → (settled items, days of history) that it needs at least
    certainties: tuple[tuple[str, int, int], ...] = (("high", 12, 365), ("medium", 4, 90), ("low", 0, 0))


SCORECARD = Scorecard()
