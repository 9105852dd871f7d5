"""Late interest: the days, rates and principal that count, and sums that agree with the law's own examples."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.late_interest import (
    Contractual,
    Debt,
    FixedSum,
    InterestTerms,
    MissingRateError,
    RateTable,
    ReferencePlus,
    ReferenceRate,
    Settlement,
    Suspension,
    half_year_start,
    late_interest,
)
from odoo.addons.ar_enhanced.engine.money import Currency

EUR = Currency("EUR", 2)
YEN = Currency("JPY", 0)
DUE = date(2024, 5, 15)
PAID = date(2024, 8, 20)


def table(*rates, half_yearly=True):
    return RateTable(tuple(ReferenceRate(date(*day), Decimal(percent)) for day, percent in rates), half_yearly)


ECB = table(((2023, 7, 1), "4.00"), ((2024, 1, 1), "4.50"), ((2024, 7, 1), "4.25"))
EU = ReferencePlus(ECB, Decimal(8))
IRELAND = ReferencePlus(ECB, Decimal(8), "single")
EU_SUM = (FixedSum(None, Decimal(40)),)
UK_SUMS = (FixedSum(Decimal(1000), Decimal(40)), FixedSum(None, Decimal(100)), FixedSum(Decimal(10000), Decimal(70)))
TEN = Contractual(Decimal(10))


def debt(amount="10000", settlements=(), due=DUE, currency=EUR, suspensions=()):
    """A debt with (day, amount) settlements and (first, last, amount) suspensions."""
    return Debt(
        Decimal(amount),
        due,
        currency,
        tuple(Settlement(day, Decimal(paid)) for day, paid in settlements),
        tuple(Suspension(first, last, Decimal(part)) for first, last, part in suspensions),
    )


def after(days):
    return DUE + timedelta(days)


def rows(found):
    return [(period.first, period.last, period.days, period.principal, period.percent) for period in found.periods]


def test_the_rate_of_each_half_year_counts_for_its_days():
    found = late_interest(InterestTerms(EU, fixed_sums=EU_SUM), debt(), PAID)
    assert rows(found) == [
        (date(2024, 5, 16), date(2024, 6, 30), 46, 10000, Decimal("12.50")),
        (date(2024, 7, 1), PAID, 51, 10000, Decimal("12.25")),
    ]
    assert (found.interest, found.fixed_sum, found.reason_codes) == (Decimal("328.70"), Decimal(40), ("late",))


def test_by_the_single_method_the_day_of_payment_decides_for_the_whole_delay():
    found = late_interest(InterestTerms(IRELAND), debt(settlements=[(PAID, "10000")]), date(2024, 12, 31))
    assert rows(found)[0] == (date(2024, 5, 16), PAID, 97, 10000, Decimal("12.25"))
    assert found.interest == Decimal("325.55")


@pytest.mark.parametrize("rate", [EU, IRELAND])
def test_what_was_paid_bears_nothing_from_the_day_after(rate):
    paid = debt(settlements=[(PAID, "10000")])
    assert late_interest(InterestTerms(rate), paid, PAID) == late_interest(InterestTerms(rate), debt(), PAID)
    assert late_interest(InterestTerms(rate), paid, PAID + timedelta(300)).interest in (
        Decimal("328.70"),
        Decimal("325.55"),
    )


def test_by_the_first_day_method_the_rate_stays_what_it_was():
    uk = ReferencePlus(ECB, Decimal(8), "first_day")
    found = late_interest(InterestTerms(uk), debt(settlements=[(date(2024, 7, 10), "4000")]), date(2025, 3, 1))
    assert {period.percent for period in found.periods} == {Decimal("12.50")}
    assert [(period.days, period.principal) for period in found.periods] == [(56, 10000), (234, 6000)]
    later = late_interest(InterestTerms(uk), debt(due=date(2024, 6, 30)), date(2024, 7, 10))
    assert [period.percent for period in later.periods] == [Decimal("12.25")]


def test_by_the_single_method_each_part_has_the_rate_of_its_own_day():
    part = debt(settlements=[(date(2024, 6, 30), "4000")])
    found = late_interest(InterestTerms(IRELAND), part, PAID)
    assert sum(period.interest for period in found.periods) == (
        Fraction(4000 * 46 * 125, 365 * 1000) + Fraction(6000 * 97 * 1225, 365 * 10000)
    )


@pytest.mark.parametrize(("days", "number"), [(-30, 0), (-1, 0), (0, 0), (1, 1), (2, 2), (365, 365)])
def test_the_day_after_the_due_date_is_the_first(days, number):
    found = late_interest(InterestTerms(TEN), debt("36500"), after(days))
    assert sum(period.days for period in found.periods) == number
    assert found.interest == 10 * number
    assert found.reason_codes == (("late",) if number else ("not_due",))


@pytest.mark.parametrize(("day_count", "days_of_year"), [("365", 365), ("actual", 366)])
def test_a_leap_year_has_365_days_unless_actual_days_were_agreed(day_count, days_of_year):
    found = late_interest(InterestTerms(TEN, day_count), debt("3660"), after(61))
    assert found.exact == Fraction(3660 * 10 * 61, 100 * days_of_year)


def test_actual_days_are_counted_by_the_year_they_lie_in():
    found = late_interest(InterestTerms(TEN, "actual"), debt("1000", due=date(2023, 12, 30)), date(2024, 1, 1))
    assert [period.interest for period in found.periods] == [Fraction(100, 365), Fraction(100, 366)]


def test_part_payments_reduce_the_principal_from_the_day_after():
    found = late_interest(InterestTerms(TEN), debt(settlements=[(after(10), "4000"), (after(30), "1000")]), after(40))
    assert [(period.days, period.principal) for period in found.periods] == [(10, 10000), (20, 6000), (10, 5000)]
    assert found.interest == Decimal("73.97")


def test_a_payment_on_the_day_of_a_new_rate_leaves_that_day_whole():
    found = late_interest(InterestTerms(EU), debt(settlements=[(date(2024, 7, 1), "4000")]), date(2024, 7, 3))
    assert [(period.days, period.principal) for period in found.periods] == [(46, 10000), (1, 10000), (2, 6000)]


def test_what_was_paid_by_the_due_date_is_no_principal():
    early = debt(settlements=[(after(-40), "1000"), (after(0), "2000")])
    assert [period.principal for period in late_interest(InterestTerms(TEN), early, after(5)).periods] == [7000]


@pytest.mark.parametrize(
    ("settlements", "amount", "code"),
    [
        ([(after(0), "10000")], "10000", "paid_in_time"),
        ([(after(-3), "9000"), (after(5), "1000")], "10000", "paid_within_grace"),
        ([(after(-3), "12000")], "10000", "paid_in_time"),
        ([], "0", "nothing_owed"),
        ([], "-50", "nothing_owed"),
    ],
)
def test_who_paid_in_time_owes_neither_interest_nor_a_fixed_sum(settlements, amount, code):
    terms = InterestTerms(EU, grace_days=5, fixed_sums=EU_SUM)
    found = late_interest(terms, debt(amount, settlements), PAID)
    assert (found.periods, found.interest, found.fixed_sum, found.reason_codes) == ((), 0, 0, (code,))


def test_grace_forgives_what_is_paid_in_it_and_nothing_else():
    terms = InterestTerms(TEN, grace_days=5, fixed_sums=EU_SUM)
    assert late_interest(terms, debt(), after(5)).reason_codes == ("within_grace",)
    late = late_interest(terms, debt(settlements=[(after(5), "4000")]), after(6))
    assert [(period.first, period.days, period.principal) for period in late.periods] == [(after(1), 6, 6000)]
    assert late.fixed_sum == 40


@pytest.mark.parametrize(
    ("amount", "fixed_sum"), [("0.01", 40), ("999.99", 40), ("1000", 70), ("9999.99", 70), ("10000", 100)]
)
def test_the_fixed_sum_goes_by_the_amount_that_was_late(amount, fixed_sum):
    terms = InterestTerms(TEN, fixed_sums=UK_SUMS)
    assert late_interest(terms, debt(amount), after(1)).fixed_sum == fixed_sum
    more = str(Decimal(amount) + 5000)
    assert late_interest(terms, debt(more, settlements=[(DUE, "5000")]), after(1)).fixed_sum == fixed_sum


def test_an_amount_above_every_bound_costs_no_fixed_sum():
    assert late_interest(InterestTerms(TEN, fixed_sums=UK_SUMS[:1]), debt("1000"), after(1)).fixed_sum == 0


def test_interest_first_pays_the_fixed_sum_then_interest_then_principal():
    terms = InterestTerms(TEN, fixed_sums=EU_SUM, order="interest_first")
    found = late_interest(terms, debt("36500", settlements=[(after(10), "1140")]), after(20))
    # 10 days bear 100, with the sum of 40 that makes 140; 1000 go to the principal.
    assert [(period.days, period.principal) for period in found.periods] == [(10, 36500), (10, 35500)]


def test_interest_first_keeps_what_a_payment_left_of_the_interest():
    terms = InterestTerms(TEN, order="interest_first")
    found = late_interest(terms, debt("36500", settlements=[(after(10), "60"), (after(20), "141")]), after(21))
    assert [period.principal for period in found.periods] == [36500, 36500, 36499]


def test_interest_first_takes_each_half_years_rate():
    found = late_interest(InterestTerms(EU, order="interest_first"), debt(settlements=[(PAID, "100")]), PAID)
    assert found.interest == Decimal("328.70")


def test_interest_first_by_the_single_method_settles_at_the_rate_of_the_payment():
    terms = InterestTerms(IRELAND, order="interest_first")
    found = late_interest(terms, debt(settlements=[(date(2024, 6, 30), "100")]), PAID)
    assert [period.percent for period in found.periods] == [Decimal("12.50"), Decimal("12.25")]


@pytest.mark.parametrize("order", ["principal_first", "interest_first"])
def test_a_disputed_amount_bears_nothing_while_it_is_disputed(order):
    disputed = debt(suspensions=[(after(11), after(20), "3000"), (after(31), None, "20000")])
    found = late_interest(InterestTerms(TEN, order=order), disputed, after(40))
    assert [(period.first, period.days, period.principal) for period in found.periods] == [
        (after(1), 10, 10000),
        (after(11), 10, 7000),
        (after(21), 10, 10000),
    ]
    assert found.reason_codes == ("late", "suspended")


def test_by_the_single_method_what_is_paid_last_is_what_is_disputed():
    disputed = debt(settlements=[(date(2024, 6, 30), "4000")], suspensions=[(DUE, None, "7000")])
    found = late_interest(InterestTerms(IRELAND), disputed, PAID)
    assert rows(found) == [(after(1), date(2024, 6, 30), 46, 3000, Decimal("12.50"))]


@pytest.mark.parametrize(
    ("due", "until", "missing"),
    [
        (date(2023, 6, 20), date(2023, 7, 10), date(2023, 6, 21)),
        (date(2024, 12, 1), date(2025, 1, 31), date(2025, 1, 1)),
    ],
)
def test_a_day_without_rate_is_named_and_never_guessed(due, until, missing):
    with pytest.raises(MissingRateError) as error:
        late_interest(InterestTerms(EU), debt(due=due), until)
    assert error.value.day == missing


def test_a_half_years_rate_does_not_outlive_it_but_others_hold_until_the_next():
    with pytest.raises(MissingRateError):
        ECB.percent_on(date(2025, 1, 1))
    lasting = table(((2023, 3, 10), "3"), ((2023, 3, 20), "5"), half_yearly=False)
    assert [lasting.percent_on(date(2023, 3, day)) for day in (10, 19, 20)] == [3, 3, 5]
    assert lasting.percent_on(date(2030, 1, 1)) == 5
    found = late_interest(
        InterestTerms(ReferencePlus(lasting, Decimal())), debt(due=date(2023, 3, 12)), date(2023, 3, 22)
    )
    assert [(period.days, period.percent) for period in found.periods] == [(7, 3), (3, 5)]


def test_days_that_were_counted_before_need_no_rate():
    terms = InterestTerms(EU)
    assert late_interest(terms, debt(due=date(2020, 1, 1)), PAID, date(2024, 7, 1)).interest == Decimal("171.16")


def test_no_day_may_be_left():
    assert late_interest(InterestTerms(EU), debt(), PAID, PAID + timedelta(1)).reason_codes == (
        "late",
        "counted_before",
    )


def test_a_rate_below_zero_is_no_credit():
    found = late_interest(InterestTerms(ReferencePlus(table(((2024, 1, 1), "-9")), Decimal(8))), debt(), after(30))
    assert (found.interest, found.reason_codes) == (0, ("late", "rate_not_positive"))
    assert late_interest(InterestTerms(Contractual(Decimal(-3))), debt(), after(3)).interest == 0


@pytest.mark.parametrize(("amount", "interest"), [("18.25", "0.01"), ("18.24", "0.00"), ("54.75", "0.02")])
def test_the_total_is_rounded_once_and_a_half_goes_up(amount, interest):
    assert late_interest(InterestTerms(TEN), debt(amount), after(1)).interest == Decimal(interest)


def test_several_periods_are_not_rounded_each():
    found = late_interest(InterestTerms(TEN), debt("10.95", suspensions=[(after(2), after(2), "0.01")]), after(3))
    assert [round(period.interest, 2) for period in found.periods] == [0, 0, 0]
    assert found.interest == Decimal("0.01")


def test_a_currency_without_decimals_has_whole_sums():
    found = late_interest(InterestTerms(TEN, fixed_sums=(FixedSum(None, Decimal("40.5")),)), debt(currency=YEN), PAID)
    assert (found.interest, found.fixed_sum) == (266, 41)


@pytest.mark.parametrize(
    ("day", "start"),
    [
        ((2024, 1, 1), (2024, 1, 1)),
        ((2024, 6, 30), (2024, 1, 1)),
        ((2024, 7, 1), (2024, 7, 1)),
        ((2024, 12, 31), (2024, 7, 1)),
    ],
)
def test_a_half_year_begins_in_january_or_july(day, start):
    assert half_year_start(date(*day)) == date(*start)


# ---- what always holds

amounts = st.decimals("0.01", "1000000", places=2)
parts = st.lists(st.tuples(st.integers(-20, 400), st.decimals("0.01", "400000", places=2)), max_size=5)
percents = st.decimals("0", "40", places=2)
disputes = st.lists(
    st.tuples(st.integers(-20, 300), st.one_of(st.none(), st.integers(0, 200)), st.decimals("0.01", "9999", places=2)),
    max_size=3,
)
orders = st.sampled_from(["principal_first", "interest_first"])
ways = st.tuples(orders, st.sampled_from(["365", "actual"]))


def drawn(amount, settlements=(), suspensions=()):
    return debt(
        amount,
        [(after(days), paid) for days, paid in settlements],
        suspensions=[
            (after(first), None if length is None else after(first + length), part)
            for first, length, part in suspensions
        ],
    )


@given(amounts, parts, disputes, ways, percents, st.integers(-30, 500), st.integers(0, 30))
def test_interest_is_never_negative_and_no_more_than_all_of_the_principal_bears(
    amount, settlements, suspensions, way, percent, days, grace
):
    terms = InterestTerms(Contractual(percent), way[1], grace, EU_SUM, way[0])
    found = late_interest(terms, drawn(amount, settlements, suspensions), after(days))
    assert 0 <= found.exact <= Fraction(amount) * Fraction(percent) * max(days, 0) / 36500
    assert all(period.principal > 0 and period.first <= period.last for period in found.periods)
    if days <= grace:
        assert (found.periods, found.fixed_sum) == ((), 0)


@given(amounts, parts, disputes, ways, percents, st.integers(1, 500), st.integers(0, 400))
def test_two_halves_of_the_delay_bear_what_the_whole_bears(
    amount, settlements, suspensions, way, percent, middle, rest
):
    terms = InterestTerms(Contractual(percent), way[1], 0, EU_SUM, way[0])
    owed = drawn(amount, settlements, suspensions)
    whole = late_interest(terms, owed, after(middle + rest))
    first = late_interest(terms, owed, after(middle))
    second = late_interest(terms, owed, after(middle + rest), since=after(middle + 1))
    assert first.exact + second.exact == whole.exact
    assert sum(period.days for period in first.periods + second.periods) >= sum(p.days for p in whole.periods)


@given(amounts, parts, orders, percents, st.integers(0, 500), st.integers(0, 50), st.decimals("0", "9", places=2))
def test_more_days_more_money_and_a_higher_rate_never_bear_less(amount, settlements, order, percent, days, more, extra):
    def bears(amount=amount, percent=percent, days=days):
        return late_interest(
            InterestTerms(Contractual(percent), order=order), drawn(amount, settlements), after(days)
        ).exact

    assert bears(days=days + more) >= bears()
    assert bears(amount=amount + extra) >= bears()
    assert bears(percent=percent + extra) >= bears()


@given(amounts, parts, disputes, orders, percents, st.integers(1, 500), st.integers(1, 1000))
def test_all_amounts_times_so_much_bear_so_much_more(amount, settlements, suspensions, order, percent, days, factor):
    terms = InterestTerms(Contractual(percent), order=order)
    once = late_interest(terms, drawn(amount, settlements, suspensions), after(days))
    scaled = late_interest(
        terms,
        drawn(
            amount * factor,
            [(day, paid * factor) for day, paid in settlements],
            [(first, length, part * factor) for first, length, part in suspensions],
        ),
        after(days),
    )
    assert scaled.exact == once.exact * factor


@given(amounts, parts, percents, st.integers(1, 200), orders)
def test_where_the_rate_never_changes_both_methods_and_a_fixed_rate_agree(amount, settlements, percent, days, order):
    flat = table(((2024, 1, 1), percent), ((2024, 7, 1), percent))
    owed = drawn(amount, settlements)
    found = {
        late_interest(InterestTerms(rate, order=order), owed, after(days)).exact
        for rate in (
            *(ReferencePlus(flat, Decimal(), method) for method in ("split", "single", "first_day")),
            Contractual(percent),
        )
    }
    assert len(found) == 1


@given(amounts, parts, percents, st.integers(1, 500))
def test_interest_first_leaves_no_less_to_bear_than_principal_first(amount, settlements, percent, days):
    owed = drawn(amount, settlements)
    by_order = [
        late_interest(InterestTerms(Contractual(percent), order=order), owed, after(days)).exact
        for order in ("principal_first", "interest_first")
    ]
    assert by_order[0] <= by_order[1]


@given(st.integers(0, 10**9), st.integers(1, 900), st.decimals("-8", "12", places=3))
def test_the_rounded_total_is_the_nearest_amount(cents, days, margin):
    owed = debt(Decimal(cents).scaleb(-2), due=date(2023, 7, 1))
    until = date(2023, 7, 1) + timedelta(min(days, 500))
    found = late_interest(InterestTerms(ReferencePlus(ECB, margin)), owed, until)
    assert abs(Fraction(found.interest) - found.exact) <= Fraction(1, 200)
