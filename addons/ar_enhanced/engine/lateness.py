"""How probable it is that an invoice is paid late, from how its customer paid before.

Two views of a customer's past delays, newest first, are averaged.  Both weigh each delay half as much as one that is
``half_life`` newer, and draw a thin record towards everybody's with ``pseudo`` invoices:

* its own distribution: the share of its delays beyond the horizon, each delay blurred by ``width`` days, so that nine
  days late says more about ten than about one;
* its own average, and how far everybody's payments used to be off such an average.

Where the past is long enough, both views and the delays that people look at first (the last two, the middle one, the
shortest and the longest) are weighed by a linear fit too, by as much as tells the newest part of the past best.

What suits a company is found in its own past by :func:`learn`: each case is judged by what was known before it, never
by what came later.  Probabilities are floats; no money is among them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import exp, log
from statistics import median
from typing import NamedTuple

from .linear_fit import Linear, fitted_chance, fitted_middle

#: Older delays weigh next to nothing, and would cost time.
REMEMBERED = 40
#: What is tried by :func:`learn`, on at most so many cases, evenly over the time.
HALF_LIVES = (1.0, 2.0, 4.0, 6.0, 10.0, 20.0, 1e9)
PSEUDOS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
WIDTHS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)
TRIED_CASES = 2000
#: With fewer cases than this there is nothing to choose by.
CASES_TO_CHOOSE = 30
#: How much of the linear fit is tried beside the plain views.
SHARES = (0.0, 0.5, 1.0)
#: With fewer cases of either outcome than this there is nothing to weigh by.
CASES_TO_WEIGH = 20


class Invoice(NamedTuple):
    """An invoice as a measurement sees it; days are ordinals, ``settled`` is None while it is open."""

    customer: object
    issued: int
    due: int
    settled: int | None

    @property
    def delay(self) -> int:
        """Days beyond terms of a settled invoice."""
        return (self.settled or self.due) - self.due


class Case(NamedTuple):
    """A settled invoice with the ``delays`` of its customer that were known when it was issued, newest first."""

    delays: Sequence[int]
    delay: int


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a record is read; ``width`` matters to the distribution only."""

    half_life: float = 4.0
    pseudo: float = 1.0
    width: float = 2.0


@dataclass(frozen=True, slots=True)
class Lateness:
    """What was learned about being later than ``horizon`` days.

    :ivar usual_share: share of everybody's invoices that were, and ``usual_days``, everybody's mean delay
    :ivar errors: by how many days everybody's payments were later than their average, ascending
    :ivar chance: how a linear fit weighs the views for the probability, with its share beside their mean
    :ivar middle: how one weighs them for the days, with its share beside the average
    """

    horizon: int
    usual_share: float
    usual_days: float
    errors: tuple[float, ...]
    distribution: Tuning = Tuning()
    average: Tuning = Tuning()
    chance: Linear | None = None
    chance_share: float = 1.0
    middle: Linear | None = None
    middle_share: float = 1.0

    def probability(self, delays: Sequence[int]) -> float:
        """Tell how probable it is that the next invoice is later than the horizon."""
        plain = sum(self._views(delays)) / 2
        return _mixed(plain, self.chance.chance(self.features(delays)), self.chance_share) if self.chance else plain

    def expected_days(self, delays: Sequence[int]) -> int:
        """Tell by how many days the next invoice will most likely be late, half of them later."""
        usual_error = self.errors[len(self.errors) // 2] if self.errors else 0.0
        plain = mean_delay(delays, self.usual_days, self.average) + usual_error
        return round(
            _mixed(plain, self.middle.value(self.features(delays)), self.middle_share) if self.middle else plain
        )

    def features(self, delays: Sequence[int]) -> tuple[float, ...]:
        """What the linear fit weighs: none falls when a delay is longer."""
        usual = self.usual_days
        return (
            *map(_log_odds, self._views(delays)),
            mean_delay(delays, usual, self.average),
            delays[0] if delays else usual,
            delays[1] if len(delays) > 1 else usual,
            median(delays) if delays else usual,
            max(delays, default=usual),
            min(delays, default=usual),
        )

    def _views(self, delays: Sequence[int]) -> tuple[float, float]:
        own = share_beyond(delays, self.horizon, self.usual_share, self.distribution)
        if not self.errors:
            return own, own
        centre = mean_delay(delays, self.usual_days, self.average)
        return own, 1 - bisect_right(self.errors, self.horizon - centre) / len(self.errors)


def share_beyond(delays: Sequence[int], horizon: int, usual: float, tuning: Tuning) -> float:
    """Give the weighted share of ``delays`` beyond ``horizon``, drawn towards the ``usual`` one."""
    beyond, weight = _beyond(delays, horizon, tuning)
    return (beyond + tuning.pseudo * usual) / (weight + tuning.pseudo) if weight + tuning.pseudo else usual


def mean_delay(delays: Sequence[int], usual: float, tuning: Tuning) -> float:
    """Give the weighted mean of ``delays``, drawn towards the ``usual`` one."""
    days, weight = _days(delays, tuning.half_life)
    return (days + tuning.pseudo * usual) / (weight + tuning.pseudo) if weight + tuning.pseudo else usual


def cases(invoices: Iterable[Invoice], before: int | None = None) -> Iterator[tuple[Invoice, Case]]:
    """Yield settled invoices, in the order of their issue, with what was known of their customers on that day.

    Known is what was settled strictly before the day of issue.

    :param before: leave out what was not settled before this day, as if today were that day
    """
    settled = [
        invoice
        for invoice in sorted(invoices, key=lambda invoice: invoice.issued)
        if invoice.settled is not None and (before is None or invoice.settled < before)
    ]
    records: dict[object, tuple[list[int], list[int]]] = {}
    by_settlement: dict[object, list[Invoice]] = {}
    for invoice in sorted(settled, key=lambda invoice: invoice.settled or 0):
        by_settlement.setdefault(invoice.customer, []).append(invoice)
    for customer, theirs in by_settlement.items():
        records[customer] = ([each.settled or 0 for each in theirs], [each.delay for each in theirs])
    for invoice in settled:
        days, delays = records[invoice.customer]
        known = bisect_left(days, invoice.issued)
        yield invoice, Case(delays[max(known - REMEMBERED, 0) : known][::-1], invoice.delay)


def learn(learned: Sequence[Case], horizon: int) -> Lateness:
    """Find what suits the ``learned`` cases, which come in the order of time; none at all gives even odds.

    The first quarter only serves as a past: records are too thin there to choose by.
    """
    if not learned:
        return Lateness(horizon, 0.5, 0.0, ())
    share = sum(case.delay > horizon for case in learned) / len(learned)
    days = sum(case.delay for case in learned) / len(learned)
    tried = learned[len(learned) // 4 :: max(len(learned) // TRIED_CASES, 1)]
    if len(tried) < CASES_TO_CHOOSE:
        return Lateness(horizon, share, days, _errors(learned, days, Tuning()))
    distribution = min(_tried_distributions(tried, horizon, share))[1]
    average = min(_tried_averages(tried, horizon, days))[1]
    best, mean = Tuning(*distribution), Tuning(*average)
    return _weighed(Lateness(horizon, share, days, _errors(learned, days, mean), best, mean), tried)


def _weighed(plain: Lateness, tried: Sequence[Case]) -> Lateness:
    """Add a linear fit, by as much as one to the older of the cases tells the newer ones better than ``plain``."""
    rows = [plain.features(case.delays) for case in tried]
    late = [case.delay > plain.horizon for case in tried]
    days = [float(case.delay) for case in tried]
    older = 2 * len(tried) // 3
    if min(late[:older].count(True), late[:older].count(False)) < CASES_TO_WEIGH:
        return plain

    newer, newer_rows = tried[older:], rows[older:]
    chance, middle = fitted_chance(rows[:older], late[:older]), fitted_middle(rows[:older], days[:older])
    chance_share = _best_share(
        [plain.probability(case.delays) for case in newer],
        [chance.chance(row) for row in newer_rows],
        [float(is_late) for is_late in late[older:]],
        lambda error: error**2,
    )
    middle_share = _best_share(
        [float(plain.expected_days(case.delays)) for case in newer],
        [middle.value(row) for row in newer_rows],
        days[older:],
        abs,
    )
    return replace(
        plain,
        chance=fitted_chance(rows, late) if chance_share else None,
        chance_share=chance_share,
        middle=fitted_middle(rows, days) if middle_share else None,
        middle_share=middle_share,
    )


def _best_share(
    plain: Sequence[float], fitted: Sequence[float], outcomes: Sequence[float], cost: Callable[[float], float]
) -> float:
    """Find how much of the ``fitted`` predictions, beside the ``plain`` ones, comes nearest to the ``outcomes``."""

    def total(share: float) -> float:
        return sum(
            cost(_mixed(one, other, share) - outcome)
            for one, other, outcome in zip(plain, fitted, outcomes, strict=True)
        )

    return min(SHARES, key=total)


def _mixed(plain: float, fitted: float, share: float) -> float:
    return plain + share * (fitted - plain)


def _tried_distributions(
    tried: Sequence[Case], horizon: int, share: float
) -> Iterator[tuple[float, tuple[float, float, float]]]:
    late = [case.delay > horizon for case in tried]
    for half_life, width in product(HALF_LIVES, WIDTHS):
        sums = [_beyond(case.delays, horizon, Tuning(half_life, 0, width)) for case in tried]
        for pseudo in PSEUDOS:
            chances = ((beyond + pseudo * share) / (weight + pseudo) for beyond, weight in sums)
            error = sum((chance - is_late) ** 2 for chance, is_late in zip(chances, late, strict=True))
            yield error, (half_life, pseudo, width)


def _tried_averages(
    tried: Sequence[Case], horizon: int, usual: float
) -> Iterator[tuple[float, tuple[float, float, float]]]:
    late = [case.delay > horizon for case in tried]
    for half_life in HALF_LIVES:
        sums = [_days(case.delays, half_life) for case in tried]
        for pseudo in PSEUDOS:
            centres = [(days + pseudo * usual) / (weight + pseudo) for days, weight in sums]
            errors = sorted(case.delay - centre for case, centre in zip(tried, centres, strict=True))
            chances = (1 - bisect_right(errors, horizon - centre) / len(errors) for centre in centres)
            error = sum((chance - is_late) ** 2 for chance, is_late in zip(chances, late, strict=True))
            yield error, (half_life, pseudo, 0.0)


def _errors(learned: Sequence[Case], usual: float, tuning: Tuning) -> tuple[float, ...]:
    return tuple(sorted(case.delay - mean_delay(case.delays, usual, tuning) for case in learned))


def _weights(half_life: float) -> tuple[float, ...]:
    if half_life not in _WEIGHTS:
        _WEIGHTS[half_life] = tuple(0.5 ** (age / half_life) for age in range(REMEMBERED))
    return _WEIGHTS[half_life]


_WEIGHTS: dict[float, tuple[float, ...]] = {}


def _log_odds(chance: float) -> float:
    """Log odds, of one to two hundred at most: a share of nothing is no certainty."""
    chance = min(max(chance, 0.005), 0.995)
    return log(chance / (1 - chance))


def _beyond(delays: Sequence[int], horizon: int, tuning: Tuning) -> tuple[float, float]:
    """Weighted number of delays beyond the horizon, and the sum of the weights."""
    beyond = total = 0.0
    for weight, delay in zip(_weights(tuning.half_life), delays):  # noqa: B905 - as many as are remembered
        total += weight
        distance = delay - horizon - 0.5
        if not tuning.width:
            beyond += weight * (distance > 0)
        else:
            beyond += weight / (1 + exp(-max(min(distance / tuning.width, 30.0), -30.0)))
    return beyond, total


def _days(delays: Sequence[int], half_life: float) -> tuple[float, float]:
    """Weighted sum of delays, and the sum of the weights."""
    days = total = 0.0
    for weight, delay in zip(_weights(half_life), delays):  # noqa: B905 - as many as are remembered
        total += weight
        days += weight * delay
    return days, total
