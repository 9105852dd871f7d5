"""Exact search of sums: which sets of a customer's items make up an amount, to the cent.

Up to :data:`MOST_COMPLETE` items the search is complete: all subsets are looked at by meeting in the middle, so an
answer that stands alone is proved to be the only one. Of more items only small sets are looked at, and the items that
fall due first, and the caller is told that nothing is proved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

#: Items of which every subset is looked at: two halves of 2,048 sums.
MOST_COMPLETE = 22
#: Items of which sets of up to four, and of two, are looked at.
MOST_FOR_FOURS = 60
MOST_FOR_PAIRS = 300
#: Sets that are told; more of them are a tie in any case.
MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Found:
    """Sets of places in the given values that sum to the target, and whether there can be no other."""

    sets: tuple[tuple[int, ...], ...]
    is_complete: bool


def exact_sets(values: Sequence[int], target: int) -> Found:
    """Return the sets of two or more ``values``, in whole units, that sum to ``target``; the smallest sets first.

    Values may be negative (credit notes). The order of the values decides only the order of the places.
    """
    kept = _of_use(values, target)
    some = [values[place] for place in kept]
    is_complete = len(some) <= MOST_COMPLETE
    sets: set[tuple[int, ...]] = set()
    for places in _by_halves(some, target) if is_complete else _small_sets(some, target):
        sets.add(tuple(kept[place] for place in places))
        if len(sets) > MOST_FOUND:
            is_complete = False
            break
    return Found(tuple(sorted(sets, key=lambda each: (len(each), each))[:MOST_FOUND]), is_complete)


def _of_use(values: Sequence[int], target: int) -> list[int]:
    """Return the places of the values that a set can hold: without negative ones, none that is the target or more.

    None is, when all of them together don't reach the target.
    """
    if target <= 0 or any(value <= 0 for value in values):
        return list(range(len(values)))
    kept = [place for place, value in enumerate(values) if value < target]
    return kept if sum(values[place] for place in kept) >= target else []


def _by_halves(values: Sequence[int], target: int) -> Iterator[tuple[int, ...]]:
    half = len(values) // 2
    left, right = _sums(values[:half]), _sums(values[half:])
    at: dict[int, list[int]] = defaultdict(list)
    for mask, total in enumerate(left):
        at[total].append(mask)
    for mask, total in enumerate(right):
        for other in at.get(target - total, ()):
            places = _places(other, 0) + _places(mask, half)
            if len(places) > 1:
                yield places


def _sums(values: Sequence[int]) -> list[int]:
    """Return the sum of every subset, at the number whose bits name it."""
    sums = [0]
    for value in values:
        sums += [total + value for total in sums]
    return sums


def _places(mask: int, shift: int) -> tuple[int, ...]:
    return tuple(place + shift for place in range(mask.bit_length()) if mask >> place & 1)


def _small_sets(values: Sequence[int], target: int) -> Iterator[tuple[int, ...]]:
    """Yield sets of two to four values, and the first values up to one that completes the target."""
    total = 0
    for place, value in enumerate(values):
        total += value
        if total == target and place:
            yield tuple(range(place + 1))
    if len(values) > MOST_FOR_PAIRS:
        return
    at: dict[int, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        at[value].append(place)
    for place, value in enumerate(values):
        yield from ((place, other) for other in at.get(target - value, ()) if other > place)
    if len(values) > MOST_FOR_FOURS:
        return
    pairs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for first, second in combinations(range(len(values)), 2):
        rest = target - values[first] - values[second]
        yield from ((first, second, other) for other in at.get(rest, ()) if other > second)
        yield from ((*earlier, first, second) for earlier in pairs.get(rest, ()) if earlier[1] < first)
        pairs[values[first] + values[second]].append((first, second))
