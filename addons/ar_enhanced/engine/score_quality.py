"""How good a prediction of late payment is: does it rank, and is it right?

*Discrimination* (AUC, Gini): the probability that an invoice paid late was ranked above one that was not; 0.5, Gini 0,
is as good as a coin.  *Calibration* (Brier): the mean square of what was predicted less what came; lower is better.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

#: Fewer invoices, or fewer late or punctual ones among them, than this say nothing.
ENOUGH_INVOICES, ENOUGH_OF_EACH = 100, 10
#: A Gini below this is stated as poor: a score that hardly ranks.
POOR_GINI = 0.3


class LevelRow(NamedTuple):
    """What was expected of the invoices of one level, and what came."""

    level: Hashable
    invoices: int
    expected: float
    observed: float


def auc(chances: Sequence[float], late: Sequence[bool]) -> float | None:
    """Give the area under the curve, ties counting half; None where all were late, or none."""
    positives = sum(late)
    negatives = len(late) - positives
    if not positives or not negatives:
        return None
    order = sorted(range(len(chances)), key=chances.__getitem__)
    ranks = begin = 0.0
    place = 0
    while place < len(order):
        end = place
        while end < len(order) and chances[order[end]] == chances[order[place]]:
            end += 1
        begin = (place + end + 1) / 2
        ranks += begin * sum(late[order[at]] for at in range(place, end))
        place = end
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def gini(area: float | None) -> float | None:
    """Give the Gini coefficient of an AUC: from -1 over 0 (a coin) to 1."""
    return None if area is None else 2 * area - 1


def brier(chances: Sequence[float], late: Sequence[bool]) -> float | None:
    """Give the mean squared error of probabilities; None without any."""
    if not late:
        return None
    return sum((chance - is_late) ** 2 for chance, is_late in zip(chances, late, strict=True)) / len(late)


def by_level(rows: Iterable[tuple[Hashable, float, bool]], order: Callable[[Hashable], object]) -> list[LevelRow]:
    """Compare expected and observed shares of late invoices; ``rows`` are (level, probability, late)."""
    sums: dict[Hashable, list[float]] = {}
    for level, chance, is_late in rows:
        total = sums.setdefault(level, [0, 0.0, 0])
        total[0] += 1
        total[1] += chance
        total[2] += is_late
    return [
        LevelRow(level, int(count), expected / count, observed / count)
        for level, (count, expected, observed) in sorted(sums.items(), key=lambda item: order(item[0]))  # type: ignore[arg-type,return-value]
    ]


def verdict(count: int, late: int, gini_found: float | None) -> str:
    """Judge a measurement: "too_little" history, "poor" or "good"."""
    if count < ENOUGH_INVOICES or min(late, count - late) < ENOUGH_OF_EACH or gini_found is None:
        return "too_little"
    return "poor" if gini_found < POOR_GINI else "good"
