"""How probable late payment is, and how good such a prediction is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.lateness import (
    Case,
    Invoice,
    Lateness,
    Tuning,
    cases,
    learn,
    mean_delay,
    share_beyond,
)
from odoo.addons.ar_enhanced.engine.score_quality import auc, brier, by_level, gini, verdict

delays = st.lists(st.integers(-60, 200), max_size=50)


def test_what_is_known_was_settled_before_the_day_of_issue():
    invoices = [Invoice("a", 0, 30, 40), Invoice("a", 10, 40, 41), Invoice("a", 41, 70, 70), Invoice("b", 90, 99, 99)]
    known = {invoice.issued: list(case.delays) for invoice, case in cases(invoices)}
    assert known == {0: [], 10: [], 41: [10], 90: []}


def test_before_a_split_nothing_is_known_of_what_was_settled_after_it():
    invoices = [Invoice("a", 0, 30, 40), Invoice("a", 10, 40, 50)]
    assert [invoice.issued for invoice, _case in cases(invoices, before=50)] == [0]


def test_an_open_invoice_is_no_case():
    assert list(cases([Invoice("a", 0, 30, None)])) == []


def test_the_newest_delay_weighs_most():
    tuning = Tuning(half_life=1, pseudo=0)
    assert mean_delay([10, 0], 99, tuning) == pytest.approx(20 / 3)
    assert mean_delay([0, 10], 99, tuning) == pytest.approx(10 / 3)


def test_a_thin_record_is_drawn_to_everybody():
    tuning = Tuning(half_life=1e9, pseudo=1, width=0)
    assert share_beyond([50], 30, 0.1, tuning) == pytest.approx((1 + 0.1) / 2)
    assert share_beyond([50] * 19, 30, 0.1, tuning) == pytest.approx((19 + 0.1) / 20)
    assert share_beyond([], 30, 0.1, tuning) == 0.1


def test_days_just_short_of_the_horizon_say_more_than_days_far_from_it():
    tuning = Tuning(width=3)
    assert share_beyond([29] * 5, 30, 0.1, tuning) > share_beyond([0] * 5, 30, 0.1, tuning)


@given(delays, st.integers(0, 60), st.floats(0, 1))
def test_a_probability_is_one(known, horizon, usual):
    assert 0 <= Lateness(horizon, usual, 5, (-10.0, 0.0, 20.0)).probability(known) <= 1


@given(delays.filter(bool), st.integers(0, 60), st.integers(1, 100), st.data())
def test_paying_later_never_lowers_the_probability(known, horizon, more, data):
    model = Lateness(horizon, 0.2, 5, (-10.0, 0.0, 20.0))
    place = data.draw(st.integers(0, len(known) - 1))
    later = [*known[:place], known[place] + more, *known[place + 1 :]]
    assert model.probability(later) >= model.probability(known) - 1e-12


@pytest.mark.parametrize("count", [0, 1, 5, 200])
@pytest.mark.parametrize("delay", [-5, 40])
def test_without_late_or_punctual_invoices_it_still_answers(count, delay):
    model = learn([Case([delay] * min(number, 10), delay) for number in range(count)], 30)
    assert 0 <= model.probability([]) <= 1
    if count > 1:
        assert model.probability([delay] * 5) == pytest.approx(float(delay > 30), abs=0.3)


def test_learning_finds_that_only_the_newest_delay_matters():
    chance = random.Random(1)  # noqa: S311 - a seeded sample
    drawn = []
    for _number in range(600):
        known = [chance.choice((0, 60)) for _delay in range(10)]
        drawn.append(Case(known, known[0]))
    assert learn(drawn, 30).distribution.half_life == 1
    assert learn([Case([0] * 5 + [60] * 5, chance.choice((0, 60))) for _n in range(600)], 30).distribution.pseudo == 8


@pytest.mark.parametrize(
    ("chances", "late", "area"),
    [
        ([0.1, 0.2, 0.3, 0.4], [False, False, True, True], 1),
        ([0.4, 0.3, 0.2, 0.1], [False, False, True, True], 0),
        ([0.5] * 4, [False, False, True, True], 0.5),
        ([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.75),
        ([0.1, 0.2], [True, True], None),
        ([], [], None),
    ],
)
def test_the_area_under_the_curve_counts_pairs_in_the_right_order(chances, late, area):
    assert auc(chances, late) == area
    assert gini(area) == (None if area is None else 2 * area - 1)


def test_the_brier_score_is_the_mean_squared_error():
    assert brier([0.2, 0.9], [False, True]) == pytest.approx((0.04 + 0.01) / 2)
    assert brier([], []) is None


def test_levels_are_compared_in_their_order():
    rows = [("b", 0.5, True), ("a", 0.1, False), ("b", 0.3, False)]
    found = by_level(rows, str)
    assert [(row.level, row.invoices, row.observed) for row in found] == [("a", 1, 0), ("b", 2, 0.5)]
    assert found[1].expected == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("count", "late", "found", "expected"),
    [
        (99, 50, 0.9, "too_little"),
        (1000, 9, 0.9, "too_little"),
        (1000, 991, 0.9, "too_little"),
        (1000, 100, None, "too_little"),
        (1000, 100, 0.29, "poor"),
        (1000, 100, -0.5, "poor"),
        (1000, 100, 0.3, "good"),
    ],
)
def test_a_measurement_is_judged(count, late, found, expected):
    assert verdict(count, late, found) == expected
