from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.collection_effectiveness import Period, effectiveness, kept_rate

amounts = st.decimals(0, 10**9, places=2)


def period(opening, sales, closing, closing_current):
    return Period(*map(Decimal, (opening, sales, closing, closing_current)))


def test_the_vector_of_the_definition():
    assert round(effectiveness([period(100, 60, 80, 50)]), 2) == Decimal("72.73")


def test_all_that_was_due_is_collected():
    assert effectiveness([period(100, 60, 50, 50)]) == 100


def test_nothing_is_collected():
    assert effectiveness([period(100, 0, 100, 0)]) == 0


def test_nothing_collectable_is_undefined():
    assert effectiveness([period(0, 60, 60, 60)]) is None
    assert effectiveness([]) is None


def test_the_last_cent_that_is_collectable_defines_it():
    assert effectiveness([period("0.01", 60, 60, 60)]) == 100
    assert effectiveness([period(0, 60, 60, "59.99")]) == 0


def test_credits_that_make_it_negative_leave_it_undefined():
    assert effectiveness([period(-10, 0, -10, 0)]) is None


def test_several_count_by_what_was_collectable():
    assert effectiveness([period(100, 0, 0, 0), period(300, 0, 300, 0)]) == 25


@given(amounts, amounts, amounts, amounts)
def test_between_nothing_and_all(collected, late, sales, current):
    """Where only what was sold in the period may be not due yet."""
    current = min(current, sales)
    found = effectiveness([Period(collected + late, sales, late + current, current)])
    assert found is None or 0 <= found <= 100


@given(amounts.filter(bool), amounts, amounts, amounts)
def test_collecting_more_is_never_worse(more, late, sales, current):
    before = effectiveness([Period(late + more, sales, late + more + current, current)])
    after = effectiveness([Period(late + more, sales, late + current, current)])
    assert before is None or after >= before


def test_promises_kept_are_those_kept_in_full():
    assert kept_rate(3, 1, 0) == 75
    assert kept_rate(0, 1, 1) == 0


def test_without_a_decided_promise_there_is_no_rate():
    assert kept_rate(0, 0, 0) is None
