"""How often software would have been wrong at each threshold, measured on what people have confirmed.

The bound on the share of wrong bookings is the exact one of Clopper and Pearson for a binomial proportion ("The use of
confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 1934): the share at which so few
wrong ones, or fewer, would be seen once in twenty times. Without any wrong one in n it is close to 3/n (Hanley and
Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249, 1983).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from math import ceil, lgamma, log, log1p
from typing import Final

#: The probabilities that a journal may be asked to book from, ascending.
THRESHOLDS: Final = tuple(map(Decimal, ("0.9", "0.95", "0.96", "0.98", "0.99", "0.995", "0.999", "0.9999")))
#: How sure the bound is: it holds in 19 of 20 cases.
CONFIDENCE: Final = Decimal("0.95")
#: Shares are told to a hundred-thousandth of a percent.
SHARE: Final = Decimal("0.0000001")
#: Halvings of the interval in which the bound lies; more change nothing at this precision.
HALVINGS: Final = 60


@dataclass(frozen=True, slots=True)
class Tally:
    """``right`` and ``wrong`` confirmed matches that were proposed with ``probability``."""

    probability: Decimal
    right: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Rating:
    """What booking alone from ``threshold`` would have done.

    ``booked`` lines would have been booked without a person, ``wrong`` of them wrongly. ``rate`` is their share and
    ``bound`` what it is at most, both between 0 and 1; the bound is rounded up. Without lines nothing is known: the
    rate is zero, the bound one.
    """

    threshold: Decimal
    booked: int
    wrong: int
    rate: Decimal
    bound: Decimal


@dataclass(frozen=True, slots=True)
class Calibration:
    """The ratings of all thresholds, ascending, and what follows from them.

    ``recommended`` is the lowest threshold whose bound is within the target, ``None`` where no history shows that.
    ``needed`` is how many confirmed lines without a wrong one show it.
    """

    ratings: tuple[Rating, ...]
    recommended: Decimal | None
    needed: int


def calibrated(history: Iterable[Tally], target: Decimal, *, thresholds: Sequence[Decimal] = THRESHOLDS) -> Calibration:
    """Rate each threshold by confirmed ``history``.

    :param target: the share of wrong bookings that is accepted, between 0 and 1 exclusive
    :raises ValueError: for another target, or counts below zero
    """
    if not 0 < target < 1:
        raise ValueError("the target is a share between 0 and 1")
    tallies = list(history)
    ratings = tuple(_rated(threshold, tallies) for threshold in sorted(thresholds))
    recommended = next((rating.threshold for rating in ratings if rating.bound <= target), None)
    return Calibration(ratings, recommended, fewest_needed(target))


def _rated(threshold: Decimal, tallies: Iterable[Tally]) -> Rating:
    concerned = [tally for tally in tallies if tally.probability >= threshold]
    wrong = sum(tally.wrong for tally in concerned)
    booked = wrong + sum(tally.right for tally in concerned)
    rate = (Decimal(wrong) / booked).quantize(SHARE, ROUND_HALF_UP) if booked else Decimal(0)
    return Rating(threshold, booked, wrong, rate, upper_bound(wrong, booked))


def upper_bound(wrong: int, total: int, confidence: Decimal = CONFIDENCE) -> Decimal:
    """Return what the share of wrong ones is at most, with one-sided ``confidence``, after ``wrong`` of ``total``.

    :raises ValueError: when ``wrong`` is below zero or above ``total``
    """
    if not 0 <= wrong <= total:
        raise ValueError("of a total, none to all are wrong")
    if wrong == total:
        return Decimal(1)
    doubt = log1p(-float(confidence))
    low, high = wrong / total, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _log_of_so_few(wrong, total, middle) > doubt:
            low = middle
        else:
            high = middle
    return Decimal(high).quantize(SHARE, ROUND_CEILING)


def fewest_needed(target: Decimal, confidence: Decimal = CONFIDENCE) -> int:
    """Return how many lines without a wrong one bring the bound down to ``target``."""
    needed = ceil(log1p(-float(confidence)) / log1p(-float(target)))
    # The bound is told rounded up, which may take some lines more.
    while upper_bound(0, needed, confidence) > target:
        needed += 1
    return needed


def _log_of_so_few(wrong: int, total: int, share: float) -> float:
    """Return the logarithm of the probability of ``wrong`` or fewer of ``total``, ``share`` being wrong.

    The terms are summed from the last, which is the largest where ``share`` is above what was seen, until they no
    longer count; their logarithm keeps them from vanishing.
    """
    if share >= 1:
        return float("-inf")
    last = (
        lgamma(total + 1)
        - lgamma(wrong + 1)
        - lgamma(total - wrong + 1)
        + wrong * log(share)
        + (total - wrong) * log1p(-share)
    )
    term, terms = 1.0, 1.0
    for count in range(wrong, 0, -1):
        term *= count / (total - count + 1) * (1 - share) / share
        terms += term
        if term < terms * 1e-17:
            break
    return last + log(terms)
