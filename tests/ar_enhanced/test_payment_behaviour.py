"""The facts about a customer's paying, and the index of days beyond terms."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger import DAY, open_items, owed, settled, settlements

from odoo.addons.ar_enhanced.engine.payment_behaviour import (
    PaymentFacts,
    payment_facts,
    payment_index,
)


@pytest.mark.parametrize(
    ("days", "index"),
    [(-25, "95.0"), (-10, "85.0"), (5, "76.7"), (18, "65.7"), (45, "45.0"), (0, "80.0"), (120, "20.0")],
)
def test_the_index_is_linear_between_the_published_points(days, index):
    assert f"{payment_index(Decimal(days)):.1f}" == index


@pytest.mark.parametrize(("days", "index"), [(-31, 100), (-300, 100), (121, 20), (3000, 20)])
def test_the_index_stays_at_its_ends(days, index):
    assert payment_index(Decimal(days)) == index


@given(st.decimals(-200, 200, places=2), st.decimals(0, 200, places=2))
def test_paying_later_never_raises_the_index(days, later):
    assert payment_index(days + later) <= payment_index(days)


def test_days_beyond_terms_are_weighted_by_amount():
    facts = payment_facts([settled(1, "900", 0), settled(2, "100", 50)], [], DAY)
    assert facts.days_beyond_terms == 5


def test_an_overdue_item_counts_at_its_present_age():
    facts = payment_facts([settled(1, "100", 0)], [owed(2, "100", 60)], DAY)
    assert facts.days_beyond_terms == 30


def test_an_item_that_is_not_due_says_nothing_about_paying():
    facts = payment_facts([settled(1, "100", 4)], [owed(2, "100", 0)], DAY)
    assert (facts.days_beyond_terms, facts.overdue_count, facts.open_count) == (4, 0, 1)


def test_without_evidence_there_are_no_days():
    assert payment_facts([], [owed(1, "100", -5)], DAY).days_beyond_terms is None


@pytest.mark.parametrize(("days_ago", "count"), [(0, 1), (729, 1), (730, 0), (-1, 0)])
def test_settlements_count_inside_the_window_only(days_ago, count):
    assert payment_facts([settled(1, "100", 0, days_ago)], [], DAY).settled_count == count


@pytest.mark.parametrize(
    ("days_ago", "recent", "earlier"), [(0, 1, 0), (181, 1, 0), (182, 0, 1), (546, 0, 1), (547, 0, 0)]
)
def test_the_trend_compares_two_parts_of_the_window(days_ago, recent, earlier):
    facts = payment_facts([settled(1, "100", 0, days_ago)], [], DAY)
    assert (facts.recent_settlements, facts.earlier_settlements) == (recent, earlier)


@pytest.mark.parametrize(("days", "punctual"), [(-5, 1), (15, 1), (16, 0)])
def test_an_item_is_punctual_up_to_fifteen_days(days, punctual):
    assert payment_facts([settled(1, "100", days)], [], DAY).punctual_count == punctual


def test_an_item_paid_in_parts_is_one_item_and_as_late_as_its_last_part():
    facts = payment_facts([settled(1, "50", 0), settled(1, "50", 20, 0)], [], DAY)
    assert (facts.settled_count, facts.paid_count, facts.punctual_count) == (1, 1, 0)
    assert facts.days_beyond_terms == 10


def test_an_item_with_something_left_to_pay_is_not_paid():
    facts = payment_facts([settled(1, "50", 0)], [owed(1, "50", 5)], DAY)
    assert (facts.settled_count, facts.paid_count) == (1, 0)


@pytest.mark.parametrize(("days_overdue", "stale"), [(15, 0), (16, 1)])
def test_an_open_item_can_no_longer_be_punctual_after_fifteen_days(days_overdue, stale):
    assert payment_facts([], [owed(1, "50", days_overdue)], DAY).stale_count == stale


def test_credits_are_not_owed():
    facts = payment_facts([], [owed(1, "-50", 90)], DAY)
    assert (facts.open_amount, facts.overdue_count) == (0, 0)


def test_the_heaviest_overdue_item_is_the_one_with_most_amount_times_days():
    facts = payment_facts([], [owed(1, "100", 46), owed(2, "4000", 1), owed(3, "20", 100)], DAY)
    assert (facts.heaviest_number, facts.heaviest_amount, facts.heaviest_days) == ("INV-1", 10000, 46)


@given(settlements, open_items, st.randoms())
def test_the_order_of_the_ledger_changes_nothing(paid, items, random):
    facts = payment_facts(paid, items, DAY)
    random.shuffle(paid)
    random.shuffle(items)
    assert payment_facts(paid, items, DAY) == facts


@given(settlements, open_items)
def test_facts_survive_being_stored(paid, items):
    facts = payment_facts(paid, items, DAY)
    assert PaymentFacts.from_stored(json.loads(facts.as_text())) == facts
    assert not any(isinstance(value, float) for value in json.loads(facts.as_text()).values())
