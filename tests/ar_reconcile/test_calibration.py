"""The measured error of each threshold, and its bound."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine.calibration import THRESHOLDS, Tally, calibrated, fewest_needed, upper_bound

TARGET = Decimal("0.001")


def tail(wrong: int, total: int, share: Fraction) -> Fraction:
    """The exact probability of ``wrong`` or fewer of ``total``."""
    return sum(
        (comb(total, count) * share**count * (1 - share) ** (total - count) for count in range(wrong + 1)),
        Fraction(0),
    )


@pytest.mark.parametrize(
    ("wrong", "total", "bound"),
    [
        # Rule of three: 3/n, exactly 1 - 0.05 ** (1/n) (Hanley and Lippman-Hand 1983, Clopper and Pearson 1934).
        (0, 3000, "0.0009981"),
        (0, 100, "0.0295130"),
        (0, 10, "0.2588656"),
        # One-sided 95 % is the upper end of the two-sided 90 % interval of common tables.
        (1, 100, "0.0465600"),
        (3, 20, "0.3436640"),
        (10, 100, "0.1637180"),
    ],
)
def test_the_bound_is_the_published_one(wrong: int, total: int, bound: str) -> None:
    assert abs(upper_bound(wrong, total) - Decimal(bound)) <= Decimal("0.000001")


@given(st.integers(1, 60).flatmap(lambda total: st.tuples(st.integers(0, total - 1), st.just(total))))
def test_at_the_bound_so_few_wrong_ones_have_one_chance_in_twenty(counts: tuple[int, int]) -> None:
    wrong, total = counts
    bound = Fraction(upper_bound(wrong, total))

    assert tail(wrong, total, bound) <= Fraction(1, 20)
    assert tail(wrong, total, bound - Fraction(2, 10**7)) > Fraction(1, 20)


def test_many_lines_overflow_nothing() -> None:
    assert Decimal("0.00105") < upper_bound(1_000, 1_000_000) < Decimal("0.00106")
    assert Decimal("0.5025") < upper_bound(50_000, 100_000) < Decimal("0.5027")


def test_without_any_right_one_the_share_may_be_all() -> None:
    assert [upper_bound(0, 0), upper_bound(7, 7)] == [1, 1]


@pytest.mark.parametrize(("wrong", "total"), [(-1, 3), (4, 3)])
def test_counts_that_cannot_be_are_refused(wrong: int, total: int) -> None:
    with pytest.raises(ValueError, match="none to all"):
        upper_bound(wrong, total)


def test_a_line_counts_for_its_own_probability_and_below() -> None:
    history = [Tally(Decimal("0.995"), right=4, wrong=1), Tally(Decimal("0.9949999"), right=2)]

    booked = {rating.threshold: (rating.booked, rating.wrong) for rating in calibrated(history, TARGET).ratings}

    assert booked[Decimal("0.995")] == (5, 1)
    assert booked[Decimal("0.99")] == (7, 1)
    assert booked[Decimal("0.999")] == (0, 0)


def test_the_lowest_threshold_whose_bound_keeps_the_target_is_recommended() -> None:
    history = [
        Tally(Decimal("0.9999"), right=3_000),
        Tally(Decimal("0.995"), right=3_000),
        Tally(Decimal("0.98"), right=900, wrong=20),
    ]

    calibration = calibrated(history, TARGET)

    assert calibration.recommended == Decimal("0.99")
    assert {rating.threshold: rating.rate for rating in calibration.ratings}[Decimal("0.98")] == Decimal("0.0028902")


def test_too_short_a_history_recommends_nothing_and_tells_what_it_takes() -> None:
    calibration = calibrated([Tally(Decimal("0.9999"), right=2_994)], TARGET)

    assert (calibration.recommended, calibration.needed) == (None, 2_995)
    assert calibrated([Tally(Decimal("0.9999"), right=2_995)], TARGET).recommended == THRESHOLDS[0]


@pytest.mark.parametrize("target", ["0.5", "0.01", "0.001", "0.0001"])
def test_the_fewest_lines_needed_are_the_fewest(target: str) -> None:
    needed = fewest_needed(Decimal(target))

    assert upper_bound(0, needed) <= Decimal(target) < upper_bound(0, needed - 1)


@pytest.mark.parametrize("target", ["0", "1", "-0.1"])
def test_a_target_that_is_no_share_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrated([], Decimal(target))


def test_the_order_of_the_history_changes_nothing() -> None:
    history = [Tally(Decimal("0.99"), 5, 1), Tally(Decimal("0.9"), 7, 2), Tally(Decimal("0.9999"), 9, 0)]

    assert calibrated(history, TARGET) == calibrated(reversed(history), TARGET)
