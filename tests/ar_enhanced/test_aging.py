"""Ageing by the day: both sides of every boundary, and nothing of the ledger lost."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.aging import BUCKETS, age
from odoo.addons.ar_enhanced.engine.money import Currency
from odoo.addons.ar_enhanced.engine.open_item import OpenItem

EUR = Currency("EUR", 2)
DAY = date(2025, 3, 31)


def item(days_overdue, residual="100.00", currency=EUR):
    return OpenItem(1, "INV-1", DAY - timedelta(days_overdue), Decimal(residual), currency)


open_items = st.lists(
    st.builds(
        item,
        st.integers(-400, 400),
        st.decimals(-10_000, 10_000, places=2).map(str),
    )
)


@pytest.mark.parametrize(
    ("days_overdue", "code"),
    [
        (-10, "not_due"),
        (0, "not_due"),
        (1, "days_1_30"),
        (30, "days_1_30"),
        (31, "days_31_60"),
        (60, "days_31_60"),
        (61, "days_61_90"),
        (90, "days_61_90"),
        (91, "over_90"),
        (4000, "over_90"),
    ],
)
def test_each_item_is_in_the_bucket_of_its_age(days_overdue, code):
    aging = age([item(days_overdue)], DAY)
    assert {aged.bucket.code for aged in aging.amounts if aged.amount} == {code}


def test_the_due_day_itself_is_not_overdue():
    assert age([item(0)], DAY).overdue == 0
    assert age([item(1)], DAY).overdue == 100


def test_unapplied_credits_have_no_age_and_do_not_hide_what_is_overdue():
    aging = age([item(40, "100.00"), item(50, "-70.00")], DAY)
    assert aging.overdue == 100
    assert aging.unapplied == -70
    assert aging.balance == 30
    assert (aging.open_count, aging.overdue_count) == (1, 1)


def test_several_currencies_have_no_sum():
    with pytest.raises(ValueError, match="one currency"):
        age([item(1), item(1, currency=Currency("USD", 2))], DAY)


def test_no_items_age_to_nothing():
    aging = age([], DAY)
    assert (aging.balance, aging.overdue, aging.open_count) == (0, 0, 0)
    assert [aging.share(aged) for aged in aging.amounts] == [0] * len(BUCKETS)


@given(open_items)
def test_the_buckets_and_the_unapplied_credits_add_up_to_the_ledger(items):
    aging = age(items, DAY)
    assert aging.balance == sum(item.residual for item in items)
    assert aging.not_due + aging.overdue + aging.unapplied == aging.balance


@given(open_items, st.randoms())
def test_the_order_of_items_changes_nothing(items, random):
    shuffled = items[:]
    random.shuffle(shuffled)
    assert age(shuffled, DAY) == age(items, DAY)


@given(open_items)
def test_shares_are_of_all_that_is_owed(items):
    aging = age(items, DAY)
    shares = [aging.share(aged) for aged in aging.amounts]
    assert all(0 <= share <= 100 for share in shares)
    assert round(sum(shares), 6) == (100 if aging.owed else 0)
