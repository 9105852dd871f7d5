"""Linear models of few features, fitted in plain Python: a probability, or the middle of a number.

Features are brought to one scale, and what a model makes of them is kept small by ``RIDGE``.  Every weight is zero or
more: a feature that can only make things worse never makes them look better, whatever a small past seems to say.

Floats; no money is among them.  Fitted by weighted least squares, again and again (logistic regression, and least
absolute deviations after Schlossmacher, 1973).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp
from statistics import fmean, pstdev

#: As much as so many cases that say that a feature of one scale means nothing.
RIDGE = 10.0
ROUNDS = 15
#: A deviation below this, in the unit of what is told, counts as this much.
NEAREST = 0.5

Row = Sequence[float]
#: From a prediction and the outcome to the weight of the case and the value that the next least squares aim at.
Aim = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted model: ``base`` plus the weighted features, each after its centre is taken off."""

    base: float
    centres: tuple[float, ...]
    weights: tuple[float, ...]

    def value(self, row: Row) -> float:
        """Tell what the features of ``row`` make."""
        return self.base + sum(
            weight * (feature - centre) for weight, feature, centre in zip(self.weights, row, self.centres, strict=True)
        )

    def chance(self, row: Row) -> float:
        """Tell the same as a probability, for a model that was fitted to one."""
        return _chance(self.value(row))


def fitted_chance(rows: Sequence[Row], outcomes: Sequence[bool]) -> Linear:
    """Fit the probability of an outcome to features; ``rows`` and ``outcomes`` are as many, and not none."""

    def aim(value: float, outcome: float) -> tuple[float, float]:
        chance = _chance(value)
        weight = max(chance * (1 - chance), 1e-6)
        return weight, value + (outcome - chance) / weight

    return _fitted(rows, [float(outcome) for outcome in outcomes], aim)


def fitted_middle(rows: Sequence[Row], values: Sequence[float]) -> Linear:
    """Fit the median of ``values`` to features; as many rows as values, and not none."""

    def aim(value: float, outcome: float) -> tuple[float, float]:
        return 1 / max(abs(outcome - value), NEAREST), outcome

    return _fitted(rows, values, aim)


def _fitted(rows: Sequence[Row], outcomes: Sequence[float], aim: Aim) -> Linear:
    columns = list(zip(*rows, strict=True))
    centres = [fmean(column) for column in columns]
    spreads = [pstdev(column) for column in columns]
    used = [place for place, spread in enumerate(spreads) if spread > 1e-9]
    scaled = [
        [
            (column[at] - centre) / (spread or 1)
            for column, centre, spread in zip(columns, centres, spreads, strict=True)
        ]
        for at in range(len(rows))
    ]
    while True:
        base, weights = _least_squares_again([[row[place] for place in used] for row in scaled], outcomes, aim)
        worst = min(range(len(used)), key=weights.__getitem__, default=None)
        if worst is None or weights[worst] >= 0:
            break
        del used[worst]
    of_place = dict(zip(used, weights, strict=True))
    return Linear(
        base,
        tuple(centres),
        tuple(of_place.get(place, 0.0) / (spread or 1) for place, spread in enumerate(spreads)),
    )


def _least_squares_again(rows: Sequence[Row], outcomes: Sequence[float], aim: Aim) -> tuple[float, list[float]]:
    size = len(rows[0]) + 1
    found = [0.0] * size
    for _round in range(ROUNDS):
        left = [[0.0] * size for _place in range(size)]
        right = [0.0] * size
        usual = 0.0
        for row, outcome in zip(rows, outcomes, strict=True):
            features = (1.0, *row)
            value = sum(weight * feature for weight, feature in zip(found, features, strict=True))
            weight, target = aim(value, outcome)
            usual += weight / len(rows)
            for place, feature in enumerate(features):
                part = weight * feature
                right[place] += part * target
                line = left[place]
                for other in range(place + 1):
                    line[other] += part * features[other]
        for place in range(size):
            left[place][place] += RIDGE * usual if place else 1e-9
        before, found = found, _solved(left, right)
        if max(abs(now - then) for now, then in zip(found, before, strict=True)) < 1e-6:
            break
    return found[0], found[1:]


def _solved(left: list[list[float]], right: list[float]) -> list[float]:
    """Solve for a symmetric positive matrix, of which the lower half is given, by Cholesky's way."""
    size = len(right)
    root = [[0.0] * size for _place in range(size)]
    for row in range(size):
        for column in range(row + 1):
            rest = left[row][column] - sum(root[row][k] * root[column][k] for k in range(column))
            root[row][column] = max(rest, 1e-12) ** 0.5 if row == column else rest / root[column][column]
    halfway = [0.0] * size
    for row in range(size):
        halfway[row] = (right[row] - sum(root[row][k] * halfway[k] for k in range(row))) / root[row][row]
    found = [0.0] * size
    for row in reversed(range(size)):
        found[row] = (halfway[row] - sum(root[k][row] * found[k] for k in range(row + 1, size))) / root[row][row]
    return found


def _chance(value: float) -> float:
    return 1 / (1 + exp(-max(min(value, 30.0), -30.0)))
