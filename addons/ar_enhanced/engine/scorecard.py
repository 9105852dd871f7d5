"""Every number that a credit score hangs on, in one frozen value.

A company's weights, bands and levels are versions of a policy; a stored score names the version it
was made with.  ``FORMULA`` names the calculation itself, so that a score of an older calculation is
never recomputed, or compared point for point, by this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

FORMULA = "2026.1"

#: The components in the order in which they are shown.
COMPONENTS = (
    "timeliness",
    "overdue_now",
    "regularity",
    "trend",
    "record",
    "utilisation",
    "promises",
    "disputes",
    "returns",
    "external",
)
#: Components that a customer may have no evidence for; their weight then goes to the others.
OPTIONAL = ("utilisation", "external")

DEFAULT_WEIGHTS = (36, 22, 12, 8, 8, 8, 5, 3, 4, 10)
#: Percent of its part of the points that an amount loses in each ageing bucket from 1–30 days on.
DEFAULT_OVERDUE_LOST = (40, 60, 80, 100)
DEFAULT_LEVELS = (("a", 80), ("b", 65), ("c", 50), ("d", 35), ("e", 0))


@dataclass(frozen=True)
class Scorecard:
    """Weights, windows and limits of the score; days are calendar days.

    :ivar weights: one weight, zero or more, for each of :data:`COMPONENTS`; a hundred points are shared by them
    :ivar window_days: settlements, promises, disputes and returns older than this no longer count
    :ivar recent_days: the present of the trend; the ``earlier_days`` before it are its past
    :ivar punctual_days: an item settled at most so many days late is punctual
    :ivar trend_settlements: fewer settlements than this on either side make no trend
    :ivar trend_days: getting slower by so many days loses all points of the neutral half
    :ivar pseudo_items: items of the portfolio's own behaviour that each customer is given to begin
        with; after as many of its own it weighs as much as the portfolio does.  Five: an accountant
        speaks of a habit after about five invoices.
    :ivar free_utilisation: percent of the limit up to which its use costs nothing; at
        ``full_utilisation`` percent no points are left
    :ivar events_to_nothing: broken promises, or unjustified disputes or returned payments per
        ``events_per_items`` items, that leave no points
    :ivar external_days: an external rating older than this is left out
    """

    weights: tuple[int, ...] = DEFAULT_WEIGHTS
    overdue_lost: tuple[int, ...] = DEFAULT_OVERDUE_LOST
    levels: tuple[tuple[str, int], ...] = DEFAULT_LEVELS
    window_days: int = 730
    recent_days: int = 182
    earlier_days: int = 365
    punctual_days: int = 15
    trend_settlements: int = 3
    trend_days: int = 15
    on_time_days: int = 5
    record_items: int = 20
    pseudo_items: int = 5
    free_utilisation: int = 60
    full_utilisation: int = 110
    events_to_nothing: int = 3
    events_per_items: int = 20
    external_days: int = 365
    #: certainty → (settled items, days of history) that it needs at least
    certainties: tuple[tuple[str, int, int], ...] = (("high", 12, 365), ("medium", 4, 90), ("low", 0, 0))

    def problems(self) -> Iterator[str]:
        """Yield a code for everything that makes scores impossible or senseless."""
        if len(self.weights) != len(COMPONENTS) or min(self.weights) < 0:
            yield "negative_weight"
        elif not any(weight for code, weight in zip(COMPONENTS, self.weights, strict=True) if code not in OPTIONAL):
            # Weights of optional components alone would leave a customer without them nothing to divide by.
            yield "no_weight"
        at_least = [points for _level, points in self.levels]
        if any(not 0 <= points <= 100 for points in at_least):
            yield "level_out_of_range"
        if any(higher <= lower for higher, lower in pairwise(at_least)):
            yield "levels_not_descending"
        if not at_least or at_least[-1] != 0:
            yield "last_level_not_zero"
        if any(not 0 <= percent <= 100 for percent in self.overdue_lost):
            yield "band_out_of_range"
        if any(later < earlier for earlier, later in pairwise(self.overdue_lost)):
            yield "bands_not_ascending"
        if self.pseudo_items < 0 or self.window_days <= self.recent_days or self.punctual_days < 0:
            yield "window_out_of_range"

    @cached_property
    def maxima(self) -> dict[tuple[bool, bool], tuple[int, ...]]:
        """Tenths of points that each component can earn, by whether there is a limit and an external rating.

        They add up to 1,000: the largest remainders get the tenths that rounding down leaves.
        """
        return {
            (has_limit, has_rating): self._maxima(has_limit, has_rating)
            for has_limit in (False, True)
            for has_rating in (False, True)
        }

    def _maxima(self, has_limit: bool, has_rating: bool) -> tuple[int, ...]:
        present = {"utilisation": has_limit, "external": has_rating}
        weights = [
            weight if present.get(code, True) else 0 for code, weight in zip(COMPONENTS, self.weights, strict=True)
        ]
        total = sum(weights)
        tenths = [1000 * weight // total for weight in weights]
        remainders = sorted(range(len(weights)), key=lambda place: (-(1000 * weights[place] % total), place))
        for place in remainders[: 1000 - sum(tenths)]:
            tenths[place] += 1
        return tuple(tenths)


SCORECARD = Scorecard()
