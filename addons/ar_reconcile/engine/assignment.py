"""Payments that could settle the same items, judged together.

Payments of which no two can have the same item are independent. The others form groups, and of a group every way to
give each payment one of its explanations, or none, is weighed at once: nothing may be taken beyond what is open of an
item. What remains likely for a payment over all these ways is its probability. So the order of the payments never
counts, and two payments that claim one invoice with equal right share the doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .explanation import Explained, Explanation
from .settlement import units

#: A claim counts as one from this share of its payment's likelihood; in too large a group only from a larger one.
LEAST_SHARES = (1e-4, 1e-3, 1e-2, 1e-1)
#: Payments of a group that are judged together, and ways that are weighed.
MOST_TOGETHER = 8
MOST_WAYS = 20_000
#: None of the explanations is never impossible.
LEAST_NONE_SHARE = 1e-15
#: Rivals that are told of a crowd.
MOST_RIVALS = 20


@dataclass(frozen=True, slots=True)
class Judged:
    """What is likely of one payment: the shares of its explanations, in their order, and of none of them.

    ``group`` are the payments that it was judged with, by claims from ``least_share`` on. Where they are too many to be
    judged together, ``contested`` are the items that others claim too, and ``rivals`` the keys of some who do.
    """

    explained: Explained
    shares: tuple[float, ...]
    group: tuple[Explained, ...] = ()
    least_share: float = LEAST_SHARES[0]
    contested: tuple[int, ...] = ()
    rivals: tuple[int, ...] = ()


def judged_together(payments: Sequence[Explained], least_share: float = LEAST_SHARES[0]) -> list[Judged]:
    """Judge all payments, in the order in which they are given; claims count from ``least_share`` on."""
    alone = [_alone(each) for each in payments]
    claimants: dict[int, list[int]] = defaultdict(list)
    for place, (each, shares) in enumerate(zip(payments, alone, strict=True)):
        for key in {key for likely in _likely(each, shares, least_share) for key in likely.taken}:
            claimants[key].append(place)
    judged: list[Judged] = [Judged(each, shares) for each, shares in zip(payments, alone, strict=True)]
    for places in _groups(len(payments), claimants.values()):
        if len(places) > 1:
            group = [payments[place] for place in places]
            found = _judged_group(group, [alone[place] for place in places], least_share)
            for place, one in zip(places, found, strict=True):
                judged[place] = one
    return judged


def _alone(each: Explained) -> tuple[float, ...]:
    """Return the share of each explanation, were there no other payments."""
    if not each.explanations:
        return ()
    top = max(each.none_weight, each.explanations[0].weight)
    none = 10 ** ((each.none_weight - top) / 10)
    ways = [10 ** ((explanation.weight - top) / 10) for explanation in each.explanations]
    total = none + sum(ways)
    return tuple(way / total for way in ways)


def _rest(shares: Sequence[float]) -> float:
    return max(0.0, 1.0 - sum(shares))


def _likely(each: Explained, shares: Sequence[float], least_share: float) -> list[Explanation]:
    return [explanation for explanation, share in zip(each.explanations, shares, strict=True) if share >= least_share]


def _groups(count: int, claims: Iterable[Sequence[int]]) -> list[list[int]]:
    """Return the places of payments that are linked by claims, each group and all groups in order."""
    parent = list(range(count))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for claimants in claims:
        for other in claimants[1:]:
            first, second = sorted((root(claimants[0]), root(other)))
            parent[second] = first
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(count):
        groups[root(place)].append(place)
    return [groups[key] for key in sorted(groups)]


def _judged_group(group: Sequence[Explained], shares: Sequence[tuple[float, ...]], least_share: float) -> list[Judged]:
    ways = 1
    for each, share in zip(group, shares, strict=True):
        ways *= 1 + len(_likely(each, share, least_share))
    if len(group) > MOST_TOGETHER or ways > MOST_WAYS:
        larger = next((each for each in LEAST_SHARES if each > least_share), None)
        return judged_together(group, larger) if larger else _crowded(group, shares, least_share)
    totals = _weighed(group, shares, least_share)
    return [
        Judged(
            each,
            tuple(total.get(number, 0.0) for number in range(len(each.explanations))),
            tuple(group),
            least_share,
        )
        for each, total in zip(group, totals, strict=True)
    ]


def _weighed(
    group: Sequence[Explained], shares: Sequence[Sequence[float]], least_share: float
) -> list[Mapping[int, float]]:
    """Return the share of each explanation of each payment over all ways to assign the group."""
    room = {item.key: units(item.residual) for each in group for item in each.case.items}
    taken = [[explanation.taken for explanation in each.explanations] for each in group]
    totals: list[dict[int, float]] = [defaultdict(float) for _ in group]
    chosen: list[int] = []
    everything = 0.0

    def assign(place: int, weight: float) -> None:
        nonlocal everything
        if place == len(group):
            everything += weight
            for each, number in enumerate(chosen):
                if number >= 0:
                    totals[each][number] += weight
            return
        chosen.append(-1)
        assign(place + 1, weight * max(_rest(shares[place]), LEAST_NONE_SHARE))
        chosen.pop()
        for number, share in enumerate(shares[place]):
            parts = taken[place][number]
            if share < least_share or any(not _has_room(room[key], amount) for key, amount in parts.items()):
                continue
            for key, amount in parts.items():
                room[key] -= amount
            chosen.append(number)
            assign(place + 1, weight * share)
            chosen.pop()
            for key, amount in parts.items():
                room[key] += amount

    assign(0, 1.0)
    return [{number: total / everything for number, total in each.items()} for each in totals]


def _has_room(left: int, amount: int) -> bool:
    return abs(amount) <= abs(left) and (left > 0) == (amount > 0)


def _crowded(group: Sequence[Explained], all_shares: Sequence[tuple[float, ...]], least_share: float) -> list[Judged]:
    """Give up the claims that another payment of a group makes too, which is too large to be weighed."""
    claims: dict[int, list[int]] = defaultdict(list)
    for other, shares in zip(group, all_shares, strict=True):
        for key in sorted({key for likely in _likely(other, shares, least_share) for key in likely.taken}):
            claims[key].append(other.case.payment.key)
    judged = []
    for each, shares in zip(group, all_shares, strict=True):
        own = {key for likely in _likely(each, shares, least_share) for key in likely.taken}
        contested = tuple(sorted(key for key in own if len(claims[key]) > 1))
        first = {rival for key in contested for rival in claims[key][: MOST_RIVALS + 1]}
        rivals = sorted(first - {each.case.payment.key})[:MOST_RIVALS]
        judged.append(without_contested(each, contested, tuple(rivals)))
    return judged


def without_contested(each: Explained, contested: tuple[int, ...], rivals: tuple[int, ...]) -> Judged:
    """Return what is likely of a payment that gives up the ``contested`` items."""
    left = tuple(
        0.0 if set(contested) & set(explanation.taken) else share
        for explanation, share in zip(each.explanations, _alone(each), strict=True)
    )
    return Judged(each, left, contested=contested, rivals=rivals)
