"""The score: what each kind of customer gets, why, and what can never happen."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger import DAY, open_items, owed, settled, settlements

from odoo.addons.ar_enhanced.engine.credit_score import (
    Portfolio,
    certainty,
    improvement,
    level,
    portfolio_of,
    score,
)
from odoo.addons.ar_enhanced.engine.payment_behaviour import PaymentFacts, payment_facts
from odoo.addons.ar_enhanced.engine.scorecard import SCORECARD

AVERAGE = Portfolio(Decimal(10), Decimal("0.80"))

portfolios = st.one_of(
    st.just(Portfolio()),
    st.builds(Portfolio, st.integers(-30, 120).map(Decimal), st.decimals(0, 1, places=2)),
)


def regular_customer(days, months=24, amount="1000"):
    """Settlements of one item a month, each ``days`` beyond terms."""
    return [settled(month, amount, days, 5 + 30 * month) for month in range(months)]


def component(outcome, code):
    return next(component for component in outcome.components if component.code == code)


def test_the_components_share_a_hundred_points():
    outcome = score(payment_facts(regular_customer(0), [], DAY), AVERAGE)
    assert [part.code for part in outcome.components] == ["timeliness", "overdue_now", "regularity", "trend", "record"]
    assert sum(part.max_points for part in outcome.components) == 100


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "a"), (5, "a"), (12, "b"), (30, "c"), (75, "d")],
)
def test_a_known_customer_gets_the_level_of_its_habit(days, expected):
    not_paid_yet = [owed(100 + overdue, "1000", overdue) for overdue in range(-25, days, 30)]
    assert score(payment_facts(regular_customer(days), not_paid_yet, DAY), AVERAGE).level == expected


def test_who_stops_paying_ends_at_the_last_level():
    stopped = payment_facts(
        [settled(month, "1000", 60, 300 + 30 * month) for month in range(6)],
        [owed(100 + month, "1000", 100 + 30 * month) for month in range(6)],
        DAY,
    )
    assert score(stopped, AVERAGE).level == "e"


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("80.0", "a"),
        ("79.9", "b"),
        ("65.0", "b"),
        ("64.9", "c"),
        ("50.0", "c"),
        ("49.9", "d"),
        ("35.0", "d"),
        ("34.9", "e"),
    ],
)
def test_a_level_begins_at_its_points(points, expected):
    assert level(Decimal(points)) == expected


def test_no_history_gives_no_number():
    outcome = score(payment_facts([], [owed(1, "500", 0)], DAY), AVERAGE)
    assert (outcome.level, outcome.points, outcome.components) == ("none", None, ())


def test_the_first_day_overdue_gives_a_first_score():
    outcome = score(payment_facts([], [owed(1, "500", 1)], DAY), AVERAGE)
    assert outcome.points is not None
    assert outcome.certainty == "low"
    assert component(outcome, "timeliness").reason_code == "nothing_paid"


@pytest.mark.parametrize(
    ("items", "history_days", "expected"),
    [
        (12, 365, "high"),
        (11, 365, "medium"),
        (12, 364, "medium"),
        (4, 90, "medium"),
        (3, 90, "low"),
        (4, 89, "low"),
    ],
)
def test_certainty_comes_from_the_depth_of_the_record(items, history_days, expected):
    facts = PaymentFacts(day=DAY, paid_count=items, first_paid_on=DAY - timedelta(history_days))
    assert certainty(facts) == expected


def test_one_invoice_is_drawn_to_the_portfolio_and_twenty_are_hardly():
    good = Portfolio(Decimal(0), Decimal(1))
    bad = Portfolio(Decimal(90), Decimal(0))

    def difference(months):
        facts = payment_facts(regular_customer(30, months), [], DAY)
        return sum(
            component(score(facts, good), code).points - component(score(facts, bad), code).points
            for code in ("timeliness", "regularity")
        )

    assert difference(1) > 25
    assert difference(20) < difference(1) / 3


@pytest.mark.parametrize(
    ("paid", "items", "code", "reason"),
    [
        ([settled(1, "100", 9)], [], "timeliness", "pays_late"),
        ([settled(1, "100", 0)], [], "timeliness", "pays_on_time"),
        ([settled(1, "100", -3)], [], "timeliness", "pays_early"),
        ([settled(1, "100", 0)], [], "overdue_now", "nothing_open"),
        ([settled(1, "100", 0)], [owed(2, "10", 0)], "overdue_now", "nothing_overdue"),
        ([settled(1, "100", 0)], [owed(2, "10", 1)], "overdue_now", "overdue"),
        ([settled(1, "100", 0)], [], "regularity", "punctual"),
        ([settled(1, "50", 0)], [owed(1, "50", -3)], "regularity", "regularity_unknown"),
        ([settled(1, "100", 0)], [], "trend", "trend_unknown"),
        (regular_customer(0), [], "trend", "trend_on_time"),
        (regular_customer(12), [], "trend", "trend_steady"),
        ([], [owed(2, "10", 1)], "record", "record_none"),
        (regular_customer(12), [], "record", "record"),
    ],
)
def test_each_component_says_why(paid, items, code, reason):
    assert component(score(payment_facts(paid, items, DAY), AVERAGE), code).reason_code == reason


@pytest.mark.parametrize(("days_now", "reason"), [(40, "trend_worse"), (4, "trend_better")])
def test_the_trend_is_worse_or_better_than_the_year_before(days_now, reason):
    paid = [settled(key, "100", days_now, 10 + key) for key in range(3)] + [
        settled(10 + key, "100", 20, 300 + key) for key in range(3)
    ]
    trend = component(score(payment_facts(paid, [], DAY), AVERAGE), "trend")
    assert trend.reason_code == reason
    assert (trend.points > 5) == (reason == "trend_better")


def test_two_settlements_on_one_side_make_no_trend():
    paid = [settled(key, "100", 40, 10 + key) for key in range(2)] + [
        settled(10 + key, "100", 0, 300 + key) for key in range(3)
    ]
    trend = component(score(payment_facts(paid, [], DAY), AVERAGE), "trend")
    assert (trend.reason_code, trend.points) == ("trend_unknown", 5)


def test_what_is_overdue_for_longer_costs_more():
    costs = [
        25 - component(score(payment_facts([], [owed(1, "100", days)], DAY), AVERAGE), "overdue_now").points
        for days in (1, 31, 61, 91)
    ]
    assert costs == [10, 15, 20, 25]


def test_settling_the_heaviest_item_is_what_lifts_the_score():
    facts = payment_facts(regular_customer(5), [owed(100, "1190", 46), owed(101, "400", -10)], DAY)
    lift = improvement(facts, AVERAGE)
    assert (lift.number, lift.days) == ("INV-100", 46)
    paid = payment_facts([*regular_customer(5), settled(100, "1190", 46, 0)], [owed(101, "400", -10)], DAY)
    assert lift.points == score(paid, AVERAGE).points - score(facts, AVERAGE).points > 0


def test_where_one_item_brings_little_everything_overdue_has_to_be_settled():
    late = [owed(100 + number, "1000", 185 - 10 * number) for number in range(4)]
    facts = payment_facts(regular_customer(5), late, DAY)
    lift = improvement(facts, AVERAGE)
    assert (lift.number, lift.count, lift.amount) == ("", 4, 4000)
    paid = [settled(100 + number, "1000", 185 - 10 * number, 0) for number in range(4)]
    settled_facts = payment_facts([*regular_customer(5), *paid], [], DAY)
    assert lift.points == score(settled_facts, AVERAGE).points - score(facts, AVERAGE).points > 0


def test_with_nothing_overdue_there_is_nothing_to_lift():
    assert improvement(payment_facts(regular_customer(5), [owed(101, "400", 0)], DAY), AVERAGE) is None


def test_the_portfolio_weighs_customers_by_items_and_not_by_amount():
    small_payers = payment_facts([settled(key, "1", 10) for key in range(9)], [], DAY)
    lost_debt = payment_facts([], [owed(1, "1000000", 3000)], DAY)
    portfolio = portfolio_of([small_payers, lost_debt])
    assert portfolio == Portfolio(Decimal(21), Decimal("0.90"))


def test_a_portfolio_without_evidence_says_nothing():
    assert portfolio_of([payment_facts([], [owed(1, "10", 0)], DAY)]) == Portfolio()


@given(settlements, open_items, portfolios)
def test_points_stay_within_their_component_and_add_up(paid, items, portfolio):
    outcome = score(payment_facts(paid, items, DAY), portfolio)
    assert all(0 <= part.points <= part.max_points for part in outcome.components)
    assert sum(part.points for part in outcome.components) == (outcome.points or 0)
    assert all(part.points == round(part.points, 1) for part in outcome.components)


@given(settlements, open_items, portfolios)
def test_a_score_is_the_same_again_from_its_stored_facts(paid, items, portfolio):
    facts = payment_facts(paid, items, DAY)
    assert score(PaymentFacts.from_stored(facts.as_stored()), portfolio) == score(facts, portfolio)


@given(settlements.filter(bool), portfolios, st.data())
def test_paying_later_never_raises_timeliness(paid, portfolio, data):
    place = data.draw(st.integers(0, len(paid) - 1))
    settlement = paid[place]
    # Both days inside the window, so that the same settlements count.
    start = max(settlement.paid_on, DAY - timedelta(SCORECARD.window_days - 1))
    earlier = data.draw(st.dates(start, DAY))
    later = data.draw(st.dates(earlier, DAY))

    def timeliness(paid_on: date):
        changed = [*paid[:place], replace(settlement, paid_on=paid_on), *paid[place + 1 :]]
        return component(score(payment_facts(changed, [], DAY), portfolio), "timeliness").points

    assert timeliness(later) <= timeliness(earlier)


@given(settlements, open_items, portfolios, st.integers(1, 100))
def test_another_overdue_day_never_raises_what_is_lost_by_it(paid, items, portfolio, days):
    today = score(payment_facts(paid, [*items, owed(99, "700", days)], DAY), portfolio)
    tomorrow = score(payment_facts(paid, [*items, owed(99, "700", days + 1)], DAY), portfolio)
    for code in ("timeliness", "overdue_now", "regularity"):
        assert component(tomorrow, code).points <= component(today, code).points


@given(settlements, open_items, portfolios)
def test_an_improvement_is_never_a_loss(paid, items, portfolio):
    lift = improvement(payment_facts(paid, items, DAY), portfolio)
    assert lift is None or lift.points > 0
