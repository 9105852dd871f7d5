"""Linear fits in plain Python: what they find, and what no sample may make them say."""

import random
from dataclasses import replace
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine import linear_fit
from odoo.addons.ar_enhanced.engine.lateness import Case, learn
from odoo.addons.ar_enhanced.engine.linear_fit import Linear, fitted_chance, fitted_middle

features = st.floats(-100, 100)


def test_without_a_feature_that_differs_the_chance_is_the_share():
    fit = fitted_chance([(1.0,)] * 8, [True] * 2 + [False] * 6)
    assert fit.chance((1.0,)) == pytest.approx(0.25)
    assert fit.weights == (0,)


def test_the_log_odds_of_a_drawn_model_are_found(monkeypatch):
    monkeypatch.setattr(linear_fit, "RIDGE", 0.0)
    chance = random.Random(5)  # noqa: S311 - a seeded sample
    rows = [(chance.gauss(0, 1), chance.gauss(3, 2)) for _number in range(20000)]
    truth = Linear(-1.0, (0.0, 3.0), (0.8, 0.4))
    fit = fitted_chance(rows, [chance.random() < truth.chance(row) for row in rows])
    assert fit.weights == pytest.approx(truth.weights, abs=0.05)
    assert fit.value((0.0, 3.0)) == pytest.approx(-1.0, abs=0.05)


def test_the_middle_is_the_median_and_not_the_mean():
    values = [0.0] * 60 + [1000.0] * 40
    assert fitted_middle([(0.0,)] * 100, values).value((0.0,)) == pytest.approx(median(values), abs=1)


def test_what_would_be_told_upside_down_is_left_out():
    numbers = [float(number % 50) for number in range(1000)]
    fit = fitted_middle([(number, -number) for number in numbers], numbers)
    assert fit.weights[1] == 0
    assert fit.value((40.0, -40.0)) == pytest.approx(40, abs=1)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.tuples(features, features), st.booleans()), min_size=1, max_size=40))
def test_no_weight_is_below_zero_and_every_chance_is_one(sample):
    fit = fitted_chance([row for row, _late in sample], [late for _row, late in sample])
    assert min(fit.weights) >= 0
    assert all(0 <= fit.chance(row) <= 1 for row, _late in sample)


def habits(count, seed):
    """Cases of customers with a habit, which is seen best in the middle: each third payment is far off it."""
    chance = random.Random(seed)  # noqa: S311 - a seeded sample

    def paid(habit):
        return round(chance.gauss(habit, 3) if chance.random() < 0.7 else chance.gauss(0, 60))

    for _number in range(count):
        habit = chance.gauss(0, 10)
        yield Case([paid(habit) for _delay in range(chance.randint(0, 12))], paid(habit))


LEARNED = learn(list(habits(900, 3)), 0)


def test_a_long_past_is_weighed():
    assert LEARNED.chance
    assert LEARNED.chance_share > 0


def test_a_short_past_is_not():
    assert learn(list(habits(60, 3)), 0).chance is None


@given(st.lists(st.integers(-60, 120), min_size=1, max_size=12), st.integers(1, 60), st.data())
def test_paying_later_never_lowers_what_the_fit_tells(known, more, data):
    place = data.draw(st.integers(0, len(known) - 1))
    later = [*known[:place], known[place] + more, *known[place + 1 :]]
    assert LEARNED.probability(later) >= LEARNED.probability(known) - 1e-12
    assert LEARNED.expected_days(later) >= LEARNED.expected_days(known)


def test_what_is_weighed_tells_the_next_ones_better_than_the_plain_views():
    plain = replace(LEARNED, chance=None, middle=None)
    fresh = list(habits(2000, 4))
    squares = [
        sum((model.probability(case.delays) - (case.delay > 0)) ** 2 for case in fresh) for model in (LEARNED, plain)
    ]
    assert squares[0] < squares[1]
