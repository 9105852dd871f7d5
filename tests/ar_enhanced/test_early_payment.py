"""Early-payment discounts: the day that counts, what parts keep, and nothing beyond the residual."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.early_payment import (
    DiscountTerms,
    Instalment,
    Settlement,
    Sliding,
    Tier,
    TierTerms,
    amount_due,
    apportioned,
    compound_yield,
    contradictions,
    discount_on,
    discount_settling,
    simple_yield,
    sliding_rate,
)
from odoo.addons.ar_enhanced.engine.money import Currency

EUR = Currency("EUR", 2)
YEN = Currency("JPY", 0)
DAY = date(2025, 3, 1)


def after(days):
    return DAY + timedelta(days)


def terms(*tiers, grace_days=0, **values):
    """Tiers of (discount, days) on an instalment dated :data:`DAY`."""
    return DiscountTerms(
        tuple(Tier(Decimal(discount), after(days), after(days + grace_days)) for discount, days in tiers), **values
    )


def instalment(amount="1000", residual=None, settlements=(), credited="0", currency=EUR):
    paid = [Settlement(after(days), Decimal(cash), Decimal(discount)) for days, cash, discount in settlements]
    settled = sum((part.cash + part.discount for part in paid), Decimal())
    amount, credited = Decimal(amount), Decimal(credited)
    left = amount - credited - settled if residual is None else Decimal(residual)
    return Instalment(amount, left, currency, credited, tuple(paid))


THREE_TEN_TWO_TWENTY = terms(("30", 10), ("20", 20))


@pytest.mark.parametrize(
    ("days", "discount", "tier"),
    [(-5, "30", 0), (0, "30", 0), (10, "30", 0), (11, "20", 1), (20, "20", 1), (21, "0", None), (400, "0", None)],
)
def test_a_tier_holds_up_to_and_including_its_last_day(days, discount, tier):
    found = discount_on(THREE_TEN_TWO_TWENTY, instalment(), after(days))
    assert (found.amount, found.tier) == (Decimal(discount), tier)
    assert amount_due(THREE_TEN_TWO_TWENTY, instalment(), after(days)) == 1000 - Decimal(discount)


@pytest.mark.parametrize(("days", "discount"), [(12, "20"), (13, "20"), (14, "0")])
def test_grace_days_come_after_the_last_day(days, discount):
    assert discount_on(terms(("20", 10), grace_days=3), instalment(), after(days)).amount == Decimal(discount)


def test_in_the_grace_of_a_richer_tier_the_richer_one_counts():
    found = discount_on(terms(("30", 10), ("20", 20), grace_days=3), instalment(), after(13))
    assert (found.amount, found.tier) == (30, 0)


@pytest.mark.parametrize(
    ("paid", "written_off"),
    [("980", "20"), ("979.50", "20.50"), ("979", "21"), ("978.99", None), ("1000", "20"), ("1200", "20")],
)
def test_what_is_short_by_the_grace_amount_is_paid_in_full(paid, written_off):
    found = discount_settling(terms(("20", 10), grace_amount=Decimal(1)), instalment(), Decimal(paid), after(10))
    assert found == (None if written_off is None else Decimal(written_off))


def test_the_grace_amount_is_part_of_a_discount_and_goes_with_it():
    late = discount_settling(terms(("20", 10), grace_amount=Decimal(1)), instalment(), Decimal("999.50"), after(11))
    assert late is None


def test_what_was_paid_in_time_keeps_its_discount():
    part = instalment(settlements=[(5, "490", "0")])
    assert discount_on(terms(("20", 10)), part, after(10)).amount == 20
    assert discount_on(terms(("20", 10)), part, after(11)).amount == 10
    assert amount_due(terms(("20", 10)), part, after(11)) == 500
    assert discount_on(terms(("20", 10)), part, after(11)).tier == 0


def test_a_discount_that_was_booked_is_not_given_twice():
    part = instalment(settlements=[(5, "490", "10")])
    assert discount_on(terms(("20", 10)), part, after(10)).amount == 10
    assert discount_on(terms(("20", 10)), part, after(11)).amount == 0


def test_what_was_booked_beyond_the_money_paid_is_taken_off_the_rest():
    more_than_earned = instalment(settlements=[(2, "180", "20")])
    assert amount_due(terms(("20", 10)), more_than_earned, after(9)) == 800  # 980 in all
    assert amount_due(terms(("20", 10)), more_than_earned, after(11)) == 800


def test_parts_paid_in_two_tiers_earn_what_each_tier_gives():
    part = instalment(settlements=[(5, "485", "0")])
    assert discount_on(THREE_TEN_TWO_TWENTY, part, after(15)).amount == Decimal(25)


def test_what_was_paid_late_earns_nothing():
    assert discount_on(terms(("20", 10)), instalment(settlements=[(11, "490", "0")]), after(12)).amount == 0


def test_whole_gives_the_discount_only_if_all_is_paid_in_time():
    part = instalment(settlements=[(5, "490", "0")])
    whole = terms(("20", 10), partial_rule="whole")
    assert discount_on(whole, part, after(10)).amount == 20
    assert discount_on(whole, part, after(11)).amount == 0


def test_lost_ends_with_the_first_part_payment():
    lost = terms(("20", 10), partial_rule="lost")
    assert discount_on(lost, instalment(), after(10)).amount == 20
    assert discount_on(lost, instalment(settlements=[(5, "490", "0")]), after(5)).amount == 0


@pytest.mark.parametrize("rule", ["proportional", "whole", "lost"])
def test_a_credit_note_takes_its_part_of_the_discount_and_no_more(rule):
    part = instalment(credited="250")
    assert discount_on(terms(("20", 10), partial_rule=rule), part, after(10)).amount == 15


@pytest.mark.parametrize(
    ("days", "discount"),
    [(-9, "19.73"), (0, "19.73"), (1, "19.40"), (30, "9.86"), (59, "0.33"), (60, "0"), (61, "0")],
)
def test_a_sliding_discount_falls_by_the_day(days, discount):
    sliding = DiscountTerms(sliding=Sliding(Decimal(12), Decimal(1000), DAY, after(60)))
    assert discount_on(sliding, instalment(), after(days)).amount == Decimal(discount)


def test_paying_the_rest_late_takes_nothing_from_what_a_sliding_discount_gave():
    sliding = DiscountTerms(sliding=Sliding(Decimal(12), Decimal(1000), DAY, after(60)))
    part = instalment(settlements=[(0, "490.14", "0"), (90, "400", "0")])
    assert discount_on(sliding, part, after(91)).amount == Decimal("9.86")


@pytest.mark.parametrize(
    ("wished", "cost", "rate", "reason"),
    [
        ("8", "8", "8", None),
        ("8.01", "8", "8", "above_cost_of_capital"),
        ("8", None, "0", "cost_of_capital_unknown"),
        ("8", "0", "0", "cost_of_capital_unknown"),
        ("0", "8", "0", "rate_not_positive"),
        ("-1", "8", "0", "rate_not_positive"),
    ],
)
def test_a_sliding_rate_never_beats_the_cost_of_capital(wished, cost, rate, reason):
    found = sliding_rate(Decimal(wished), None if cost is None else Decimal(cost))
    assert (found.annual_rate, found.reason_code) == (Decimal(rate), reason)


@pytest.mark.parametrize(
    ("percent", "discount_days", "net_days", "simple"),
    [("2", 10, 30, "37.24"), ("1", 10, 30, "18.43"), ("3", 10, 45, "32.25"), ("2", 15, 60, "16.55")],
)
def test_the_simple_yield_is_the_textbooks(percent, discount_days, net_days, simple):
    assert round(simple_yield(Decimal(percent), net_days - discount_days), 2) == Decimal(simple)


def test_the_compound_yield_is_the_textbooks():
    assert round(compound_yield(Decimal(2), 20), 2) == Decimal("44.59")


@pytest.mark.parametrize(("percent", "days"), [("2", 0), ("2", -3), ("0", 20), ("-1", 20), ("100", 20), ("130", 20)])
def test_there_is_no_yield_where_none_can_be_computed(percent, days):
    assert simple_yield(Decimal(percent), days) is None
    assert compound_yield(Decimal(percent), days) is None


@pytest.mark.parametrize(
    ("tiers", "net_days", "codes"),
    [
        ([("3", 10), ("2", 20)], 60, []),
        ([("2", 20), ("3", 10)], 60, []),
        ([("2", 10)], 10, []),
        ([("2", 11)], 10, ["after_net_due_day"]),
        ([("2", 10), ("3", 20)], None, ["later_tier_not_lower"]),
        ([("2", 10), ("2", 20)], None, ["later_tier_not_lower"]),
        ([("3", 10), ("2", 10)], None, ["same_day_twice"]),
        ([("0", 10)], None, ["percent_out_of_range"]),
        ([("-1", 10)], None, ["percent_out_of_range"]),
        ([("100", 10)], None, ["percent_out_of_range"]),
        ([("2", -1)], None, ["negative_days"]),
        ([], 30, []),
    ],
)
def test_tiers_that_contradict_each_other_are_found(tiers, net_days, codes):
    found = contradictions([TierTerms(Decimal(percent), days) for percent, days in tiers], net_days)
    assert [contradiction.code for contradiction in found] == codes


def test_a_contradiction_says_which_tiers():
    (found,) = contradictions([TierTerms(Decimal("2.50"), 10), TierTerms(Decimal(3), 20)])
    assert found.facts == {"percent": "3", "days": 20, "earlier_percent": "2.5", "earlier_days": 10}


@pytest.mark.parametrize(("amount", "residual"), [("1000", "0"), ("1000", "-50"), ("-1000", "-1000"), ("0", "0")])
def test_nothing_is_taken_off_what_is_not_owed(amount, residual):
    assert discount_on(terms(("20", 10)), instalment(amount, residual), DAY).amount == 0


amounts = st.decimals("0.01", 100_000, places=2)
rules = st.sampled_from(["proportional", "whole", "lost"])


@st.composite
def discounted(draw):
    """Terms and an instalment with any history that the ledger could hold."""
    amount = draw(amounts)
    tiers = tuple(
        Tier(amount * draw(st.integers(0, 100)) / 100, after(days), after(days + draw(st.integers(0, 5))))
        for days in draw(st.lists(st.integers(0, 60), max_size=3))
    )
    sliding = draw(
        st.none()
        | st.builds(
            Sliding, st.decimals(0, 2000, places=1), st.just(amount), st.just(DAY), st.integers(0, 90).map(after)
        )
    )
    settlements, residual = [], amount
    for _part in range(draw(st.integers(0, 3))):
        cash = min(draw(amounts), residual)
        discount = min(draw(st.decimals(0, 100, places=2)), residual - cash)
        settlements.append(Settlement(after(draw(st.integers(-5, 70))), cash, discount))
        residual -= cash + discount
    credited = min(draw(st.decimals(0, 1000, places=2)), residual)
    return (
        DiscountTerms(tiers, sliding, draw(rules), draw(st.decimals(0, 5, places=2))),
        Instalment(amount, residual - credited, EUR, credited, tuple(settlements)),
    )


@given(discounted(), st.integers(-10, 100))
def test_a_discount_is_never_negative_and_never_beyond_the_residual(case, days):
    granted, item = case
    found = discount_on(granted, item, after(days)).amount
    assert 0 <= found <= item.residual
    assert found + amount_due(granted, item, after(days)) == item.residual
    assert found == EUR.rounded(found)


@given(discounted(), st.integers(-10, 99))
def test_waiting_a_day_never_makes_it_cheaper(case, days):
    granted, item = case
    assert amount_due(granted, item, after(days)) <= amount_due(granted, item, after(days + 1))


@given(discounted(), st.integers(0, 60), amounts)
def test_what_settles_is_written_off_to_the_cent_or_is_too_short(case, days, paid):
    granted, item = case
    written_off = discount_settling(granted, item, paid, after(days))
    if written_off is None:
        assert paid < amount_due(granted, item, after(days))
    else:
        assert paid + written_off >= item.residual - granted.grace_amount or written_off == 0
        assert written_off <= discount_on(granted, item, after(days)).amount + granted.grace_amount


@given(amounts, st.lists(amounts, min_size=1, max_size=8), st.sampled_from([EUR, YEN]))
def test_parts_sum_to_the_whole_and_none_is_a_unit_off(amount, weights, currency):
    amount = currency.rounded(amount)
    parts = apportioned(amount, weights, currency)
    unit = Decimal(1).scaleb(-currency.decimal_places)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < unit


def test_parts_of_weights_with_both_signs_sum_to_the_whole():
    assert sum(apportioned(Decimal("10.00"), [Decimal(7), Decimal("-1.5"), Decimal(1)], EUR)) == 10


def test_no_weights_divide_nothing():
    with pytest.raises(ValueError, match="nothing to divide by"):
        apportioned(Decimal(10), [Decimal(), Decimal()], EUR)
