"""The score: what each kind of customer gets, why, and what can never happen."""

import json
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
    components_from_stored,
    improvements,
    level,
    portfolio_of,
    score,
)
from odoo.addons.ar_enhanced.engine.payment_behaviour import PaymentFacts, payment_facts
from odoo.addons.ar_enhanced.engine.scorecard import COMPONENTS, OPTIONAL, SCORECARD, Scorecard

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
    assert [part.code for part in outcome.components] == [code for code in COMPONENTS if code not in OPTIONAL]
    assert sum(part.max_tenths for part in outcome.components) == 1000


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
    assert level(int(Decimal(points) * 10)) == expected


def test_no_history_gives_no_number():
    outcome = score(payment_facts([], [owed(1, "500", 0)], DAY), AVERAGE)
    assert (outcome.level, outcome.tenths, outcome.components) == ("none", None, ())


def test_the_first_day_overdue_gives_a_first_score():
    outcome = score(payment_facts([], [owed(1, "500", 1)], DAY), AVERAGE)
    assert outcome.tenths is not None
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
    facts = PaymentFacts(day=DAY, paid_count=items, history_days=history_days)
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

    assert difference(1) > 20
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
    assert (trend.tenths > trend.max_tenths / 2) == (reason == "trend_better")


def test_two_settlements_on_one_side_make_no_trend():
    paid = [settled(key, "100", 40, 10 + key) for key in range(2)] + [
        settled(10 + key, "100", 0, 300 + key) for key in range(3)
    ]
    trend = component(score(payment_facts(paid, [], DAY), AVERAGE), "trend")
    assert (trend.reason_code, trend.tenths) == ("trend_unknown", (trend.max_tenths + 1) // 2)


def test_what_is_overdue_for_longer_costs_more():
    overdue_now = [
        component(score(payment_facts([], [owed(1, "100", days)], DAY), AVERAGE), "overdue_now")
        for days in (1, 31, 61, 91)
    ]
    assert [round(part.tenths / part.max_tenths, 1) for part in overdue_now] == [0.6, 0.4, 0.2, 0]


def test_settling_the_heaviest_item_is_what_lifts_the_score():
    facts = payment_facts(regular_customer(5), [owed(100, "1190", 46), owed(101, "400", -10)], DAY)
    (lift,) = improvements(facts, AVERAGE)
    assert (lift.kind, lift.number, lift.days, lift.amount) == ("settle_item", "INV-100", 46, 119000)
    paid = payment_facts([*regular_customer(5), settled(100, "1190", 46, 0)], [owed(101, "400", -10)], DAY)
    assert lift.tenths == score(paid, AVERAGE).tenths - score(facts, AVERAGE).tenths > 0


def test_where_one_item_brings_little_everything_overdue_has_to_be_settled():
    late = [owed(100 + number, "1000", 185 - 10 * number) for number in range(4)]
    facts = payment_facts(regular_customer(5), late, DAY)
    lift = improvements(facts, AVERAGE)[0]
    assert (lift.kind, lift.items, lift.amount) == ("settle_all", 4, 400000)
    paid = [settled(100 + number, "1000", 185 - 10 * number, 0) for number in range(4)]
    settled_facts = payment_facts([*regular_customer(5), *paid], [], DAY)
    assert lift.tenths == score(settled_facts, AVERAGE).tenths - score(facts, AVERAGE).tenths > 0


def test_what_is_paid_in_part_is_not_counted_twice_once_it_is_settled():
    before = [*regular_customer(5, 3), *(settled(100 + number, "100", 20) for number in range(3))]
    late = [owed(100 + number, "1000", 30) for number in range(3)]
    facts = payment_facts(before, late, DAY)
    lift = next(lift for lift in improvements(facts, AVERAGE) if lift.kind == "settle_all")
    paid = [settled(100 + number, "1000", 30, 0) for number in range(3)]
    assert lift.tenths == score(payment_facts([*before, *paid], [], DAY), AVERAGE).tenths - score(facts, AVERAGE).tenths


def test_using_less_of_the_limit_is_a_step_of_its_own():
    facts = payment_facts(regular_customer(0), [owed(1, "950", -5)], DAY, credit_limit=100000, exposure=95000)
    (lift,) = improvements(facts, AVERAGE)
    assert (lift.kind, lift.amount, lift.percent) == ("utilisation", 35000, 60)
    assert lift.tenths == score(facts._replace(exposure=60000), AVERAGE).tenths - score(facts, AVERAGE).tenths


def test_with_nothing_overdue_there_is_nothing_to_lift():
    assert improvements(payment_facts(regular_customer(5), [owed(101, "400", 0)], DAY), AVERAGE) == ()


@pytest.mark.parametrize(
    ("others", "code", "reason"),
    [
        ({"credit_limit": 0, "exposure": 100}, "utilisation", "no_credit"),
        ({"credit_limit": 0, "exposure": 0}, "utilisation", "unused"),
        ({"credit_limit": 1000, "exposure": 500}, "utilisation", "used"),
        ({"promises": 3}, "promises", "promises_kept"),
        ({"promises": 3, "broken": 1}, "promises", "promises_broken"),
        ({"unjustified": 1}, "disputes", "disputes"),
        ({"returned": 1}, "returns", "returns"),
        ({"external_rating": 40, "external_age": 10}, "external", "rated"),
    ],
)
def test_what_is_beside_the_invoices_says_why(others, code, reason):
    assert component(score(payment_facts(regular_customer(0), [], DAY, **others), AVERAGE), code).reason_code == reason


@pytest.mark.parametrize(("limit", "exposure", "share"), [(1000, 600, 1), (1000, 850, 0.5), (1000, 1100, 0), (0, 1, 0)])
def test_the_use_of_the_limit_costs_from_sixty_percent_on(limit, exposure, share):
    facts = payment_facts(regular_customer(0), [], DAY, credit_limit=limit, exposure=exposure)
    part = component(score(facts, AVERAGE), "utilisation")
    assert part.tenths == pytest.approx(share * part.max_tenths, abs=1)


def test_without_a_limit_or_rating_the_others_share_its_points():
    facts = payment_facts(regular_customer(0), [], DAY)
    bare = score(facts, AVERAGE)
    rated = score(facts._replace(credit_limit=1000, external_rating=50), AVERAGE)
    assert {part.code for part in rated.components} - {part.code for part in bare.components} == set(OPTIONAL)
    assert sum(part.max_tenths for part in rated.components) == 1000
    assert component(rated, "timeliness").max_tenths < component(bare, "timeliness").max_tenths


@pytest.mark.parametrize(("age", "counts"), [(0, True), (365, True), (366, False), (-1, False)])
def test_an_external_rating_counts_for_a_year(age, counts):
    facts = payment_facts(regular_customer(0), [], DAY, external_rating=10, external_age=age)
    assert any(part.code == "external" for part in score(facts, AVERAGE).components) == counts


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ({"weights": (0,) * 10}, "no_weight"),
        ({"weights": (0, 0, 0, 0, 0, 8, 0, 0, 0, 10)}, "no_weight"),
        ({"weights": (-1, *SCORECARD.weights[1:])}, "negative_weight"),
        ({"levels": (("a", 60), ("b", 65), ("c", 50), ("d", 35), ("e", 0))}, "levels_not_descending"),
        ({"levels": (("a", 65), ("b", 65), ("c", 50), ("d", 35), ("e", 0))}, "levels_not_descending"),
        ({"levels": (("a", 101), ("b", 65), ("c", 50), ("d", 35), ("e", 0))}, "level_out_of_range"),
        ({"levels": (("a", 80), ("b", 65), ("c", 50), ("d", 35), ("e", 5))}, "last_level_not_zero"),
        ({"overdue_lost": (40, 30, 80, 100)}, "bands_not_ascending"),
        ({"overdue_lost": (40, 60, 80, 101)}, "band_out_of_range"),
        ({"window_days": 182}, "window_out_of_range"),
    ],
)
def test_a_senseless_policy_is_found(numbers, problem):
    assert not list(SCORECARD.problems())
    assert problem in list(Scorecard(**numbers).problems())


def test_the_portfolio_weighs_customers_by_items_and_not_by_amount():
    small_payers = payment_facts([settled(key, "1", 10) for key in range(9)], [], DAY)
    lost_debt = payment_facts([], [owed(1, "1000000", 3000)], DAY)
    portfolio = portfolio_of([small_payers, lost_debt])
    assert portfolio == Portfolio(Decimal(21), Decimal("0.90"), Decimal("0.100"))


def test_a_portfolio_without_evidence_says_nothing():
    assert portfolio_of([payment_facts([], [owed(1, "10", 0)], DAY)]) == Portfolio()


other_facts = st.fixed_dictionaries(
    {
        "credit_limit": st.none() | st.integers(0, 1_000_000),
        "exposure": st.integers(-1000, 2_000_000),
        "promises": st.integers(5, 9),
        "partly_kept": st.integers(0, 2),
        "broken": st.integers(0, 3),
        "unjustified": st.integers(0, 5),
        "returned": st.integers(0, 5),
        "external_rating": st.none() | st.integers(0, 100),
        "external_age": st.integers(-10, 500),
    }
)


@given(settlements, open_items, portfolios, other_facts)
def test_points_stay_within_their_component_and_add_up(paid, items, portfolio, others):
    outcome = score(payment_facts(paid, items, DAY, **others), portfolio)
    assert all(0 <= part.tenths <= part.max_tenths for part in outcome.components)
    assert sum(part.tenths for part in outcome.components) == (outcome.tenths or 0)
    assert 0 <= outcome.points <= 100


@given(settlements, open_items, portfolios, other_facts)
def test_a_score_is_the_same_again_from_its_stored_facts(paid, items, portfolio, others):
    facts = payment_facts(paid, items, DAY, **others)
    stored = json.loads(facts.as_text(json.dumps(portfolio.as_stored())))
    assert PaymentFacts.from_stored(stored) == facts
    assert score(PaymentFacts.from_stored(stored), Portfolio.from_stored(stored)) == score(facts, portfolio)


@given(settlements, open_items, other_facts)
def test_components_are_stored_as_they_are(paid, items, others):
    outcome = score(payment_facts(paid, items, DAY, **others), AVERAGE)
    stored = components_from_stored(json.loads(outcome.components_text()))
    assert [
        (part["code"], part["points"], part["max_points"], part["reason_code"], part["facts"]) for part in stored
    ] == [(part.code, part.points, part.max_tenths / 10, part.reason_code, part.facts) for part in outcome.components]


def test_components_that_an_earlier_release_stored_are_read_as_they_are():
    old = {"code": "trend", "points": 5.0, "max_points": 10.0, "reason_code": "trend_unknown", "facts": {}}
    assert components_from_stored([old, ["trend", 50, 100, "trend_unknown"]]) == [old, old]


AMOUNTS = [name for name in PaymentFacts._fields if "amount" in name or name in {"exposure", "credit_limit"}] + [
    "days_1_30",
    "days_31_60",
    "days_61_90",
    "over_90",
]


@given(settlements, open_items, portfolios, other_facts, st.integers(2, 10_000))
def test_the_unit_of_the_currency_changes_nothing(paid, items, portfolio, others, factor):
    facts = payment_facts(paid, items, DAY, **others)
    scaled = facts._replace(**{name: factor * (getattr(facts, name) or 0) for name in AMOUNTS})
    if facts.credit_limit is None:
        scaled = scaled._replace(credit_limit=None)
    outcome, again = score(facts, portfolio), score(scaled, portfolio)
    assert [(part.code, part.tenths) for part in outcome.components] == [
        (part.code, part.tenths) for part in again.components
    ]


@given(settlements, open_items, portfolios, other_facts, st.data())
def test_no_bad_fact_ever_raises_the_score(paid, items, portfolio, others, data):
    facts = payment_facts(paid, [*items, owed(99, "700", 0)], DAY, **others)
    more = data.draw(st.integers(1, 5))
    name = data.draw(
        st.sampled_from(["exposure", "broken", "partly_kept", "unjustified", "returned", "stale_count", "late_count"])
    )
    worse = facts._replace(**{name: getattr(facts, name) + more * (10_000 if name == "exposure" else 1)})
    if facts.external_rating is not None and data.draw(st.booleans()):
        worse = worse._replace(external_rating=max(facts.external_rating - more, 0))
    assert score(worse, portfolio).points <= score(facts, portfolio).points


@given(settlements, open_items, portfolios, other_facts, st.integers(1, 120), st.integers(1, 60))
def test_an_overdue_item_that_gets_older_never_raises_the_score(paid, items, portfolio, others, days, more):
    # Overdue already, for on its first day it enters the average of those that are overdue for longer.
    paid = [*paid, settled(50, "100", 0)]
    today = score(payment_facts(paid, [*items, owed(99, "700", days)], DAY, **others), portfolio)
    later = score(payment_facts(paid, [*items, owed(99, "700", days + more)], DAY, **others), portfolio)
    assert later.points <= today.points


@given(settlements, open_items, portfolios, other_facts, st.integers(1, 1000))
def test_more_days_beyond_terms_never_raise_the_score(paid, items, portfolio, others, more):
    facts = payment_facts([*paid, settled(50, "100", 0)], items, DAY, **others)
    later = facts._replace(
        settled_amount_days=facts.settled_amount_days + more * facts.settled_amount,
        recent_amount_days=facts.recent_amount_days + more * facts.recent_amount,
    )
    assert score(later, portfolio).points <= score(facts, portfolio).points


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
        return component(score(payment_facts(changed, [], DAY), portfolio), "timeliness").tenths

    assert timeliness(later) <= timeliness(earlier)


@given(settlements, open_items, portfolios, st.integers(1, 100))
def test_another_overdue_day_never_raises_what_is_lost_by_it(paid, items, portfolio, days):
    today = score(payment_facts(paid, [*items, owed(99, "700", days)], DAY), portfolio)
    tomorrow = score(payment_facts(paid, [*items, owed(99, "700", days + 1)], DAY), portfolio)
    for code in ("timeliness", "overdue_now", "regularity"):
        assert component(tomorrow, code).points <= component(today, code).points


@given(settlements, open_items, portfolios, other_facts)
def test_an_improvement_is_never_a_loss(paid, items, portfolio, others):
    assert all(lift.tenths > 0 for lift in improvements(payment_facts(paid, items, DAY, **others), portfolio))
