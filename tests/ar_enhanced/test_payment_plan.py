"""Payment plans: proposals, bounds, and what became of them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.money import Currency
from odoo.addons.ar_enhanced.engine.payment_plan import (
    DefaultRule,
    Instalment,
    Items,
    PlanBounds,
    Settlement,
    breaches,
    contradictions,
    instalment_days,
    instalment_states,
    months_later,
    paid_under,
    plan_state,
    proposed,
    schedule,
    split,
)

DAY = date(2025, 3, 31)
EUR = Currency("EUR", 2)
YEN = Currency("JPY", 0)
DINAR = Currency("KWD", 3)
BOUNDS = PlanBounds(6, 6, Decimal(50), Decimal(20), "monthly")
RULE = DefaultRule(days_late=7, missed=2)


def days(*amounts_by_day):
    return tuple(Instalment(DAY + timedelta(number), Decimal(amount)) for number, amount in amounts_by_day)


def paid(*amounts_by_day):
    return tuple(Settlement(DAY + timedelta(number), Decimal(amount)) for number, amount in amounts_by_day)


def codes(reasons):
    return [reason.code for reason in reasons]


# -- proposals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [
        (date(2025, 1, 31), 3, ["2025-01-31", "2025-02-28", "2025-03-31"]),
        (date(2024, 1, 31), 2, ["2024-01-31", "2024-02-29"]),
        (date(2025, 2, 28), 3, ["2025-02-28", "2025-03-31", "2025-04-30"]),
        (date(2024, 2, 28), 2, ["2024-02-28", "2024-03-28"]),
        (date(2025, 1, 30), 3, ["2025-01-30", "2025-02-28", "2025-03-30"]),
        (date(2025, 11, 15), 3, ["2025-11-15", "2025-12-15", "2026-01-15"]),
    ],
)
def test_monthly_instalments_keep_their_day_or_the_end_of_the_month(first, count, expected):
    assert [day.isoformat() for day in instalment_days(first, "monthly", count)] == expected


def test_weekly_instalments_keep_their_weekday():
    assert instalment_days(DAY, "weekly", 3)[-1] == DAY + timedelta(14)
    assert instalment_days(DAY, "two_weekly", 3)[-1] == DAY + timedelta(28)


@pytest.mark.parametrize(
    ("total", "count", "percent", "currency", "rest_in", "expected"),
    [
        ("100.00", 3, 0, EUR, "last", "33.33 33.33 33.34"),
        ("100.00", 3, 0, EUR, "first", "33.34 33.33 33.33"),
        ("100.00", 3, 50, EUR, "last", "50.00 25.00 25.00"),
        ("100.01", 3, 50, EUR, "last", "50.01 25.00 25.00"),
        ("100.03", 3, 50, EUR, "first", "50.03 25.00 25.00"),
        ("100.00", 3, 100, EUR, "last", "100.00 0.00 0.00"),
        ("100", 3, 20, YEN, "last", "33 33 34"),
        ("100.000", 3, 40, DINAR, "last", "40.000 30.000 30.000"),
        ("0.11", 4, 0, EUR, "last", "0.02 0.02 0.02 0.05"),
        ("0.02", 3, 0, EUR, "last", "0.00 0.00 0.02"),
        ("70.00", 1, 20, EUR, "last", "70.00"),
    ],
)
def test_a_total_is_shared_out_exactly(total, count, percent, currency, rest_in, expected):
    parts = split(Decimal(total), count, Decimal(percent), currency, rest_in)
    assert " ".join(map(str, parts)) == expected


def test_as_many_instalments_are_proposed_as_are_allowed():
    first_day = DAY + timedelta(14)
    assert len(proposed(Decimal(1200), first_day, DAY, BOUNDS, EUR)) == 6
    assert len(proposed(Decimal(200), first_day, DAY, BOUNDS, EUR)) == 4, "of 50 each"
    assert len(proposed(Decimal("199.99"), first_day, DAY, BOUNDS, EUR)) == 3
    assert len(proposed(Decimal(30), first_day, DAY, BOUNDS, EUR)) == 1, "less than the smallest instalment"
    assert len(proposed(Decimal(1200), first_day, DAY, replace(BOUNDS, max_months=2), EUR)) == 2, "14 April and May"
    assert len(proposed(Decimal(1200), first_day, DAY, replace(BOUNDS, min_instalment=None), EUR)) == 1


def test_what_is_asked_for_beyond_the_bounds_is_not_cut():
    assert len(schedule(Decimal(1200), 12, DAY, BOUNDS, EUR)) == 12


amounts = st.decimals("0.01", 1_000_000, places=2)
bounds = st.builds(
    PlanBounds,
    st.integers(1, 24),
    st.integers(1, 24),
    st.none() | st.decimals(0, 1000, places=2),
    st.decimals(0, 100, places=1),
    st.sampled_from(["weekly", "two_weekly", "monthly"]),
)


@given(amounts, bounds, st.integers(0, 40), st.sampled_from(["first", "last"]))
def test_a_proposal_pays_all_and_stays_within_the_bounds(total, limits, in_days, rest_in):
    instalments = proposed(total, DAY + timedelta(in_days), DAY, limits, EUR, rest_in)
    assert sum(instalment.amount for instalment in instalments) == total
    assert not contradictions(total, instalments, DAY, EUR)
    if len(instalments) > 1:
        assert not breaches(total, instalments, DAY, limits)


@given(amounts, st.integers(1, 60), st.decimals(0, 100, places=2), st.sampled_from(["first", "last"]))
def test_shares_add_up_whatever_they_are(total, count, percent, rest_in):
    parts = split(total, count, percent, EUR, rest_in)
    assert len(parts) == count
    assert sum(parts) == total
    assert min(parts) >= 0
    assert parts[0] * 100 >= total * percent


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 60))
def test_a_month_later_is_in_the_next_month(day, months):
    later = months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day or (day + timedelta(1)).day == 1


# -- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instalments", "code"),
    [
        ((), "no_instalments"),
        (days((1, 50), (8, 0), (9, 50)), "not_positive"),
        (days((1, 50), (8, "49.995"), (9, "0.005")), "not_payable"),
        (days((1, 50), (8, "49.99")), "sum_differs"),
        (days((8, 50), (1, 50)), "not_ascending"),
        (days((1, 50), (1, 50)), "not_ascending"),
        (days((-1, 50), (1, 50)), "in_the_past"),
    ],
)
def test_contradictions_are_found(instalments, code):
    assert codes(contradictions(Decimal(100), instalments, DAY, EUR)) == [code]


def test_today_is_not_in_the_past():
    assert not contradictions(Decimal(100), days((0, 50), (1, 50)), DAY, EUR)


MONTHS = (14, 44, 74, 105)


@pytest.mark.parametrize(
    ("amounts", "limits", "code"),
    [
        ((100, 100, 100, 100), replace(BOUNDS, max_instalments=4), None),
        ((100, 100, 100, 100), replace(BOUNDS, max_instalments=3), "too_many"),
        ((100, 100, 100, 100), replace(BOUNDS, max_months=4), None),
        ((100, 100, 100, 100), replace(BOUNDS, max_months=3), "too_long"),
        ((100, 100, 100, 100), replace(BOUNDS, min_instalment=Decimal(100)), None),
        ((100, 100, 100, 100), replace(BOUNDS, min_instalment=Decimal("100.01")), "instalment_too_small"),
        ((100, 100, 100, 100), replace(BOUNDS, min_instalment=None), "minimum_unknown"),
        ((100, 100, 100, 100), replace(BOUNDS, first_percent=Decimal(25)), None),
        (("99.99", "100.01", 100, 100), replace(BOUNDS, first_percent=Decimal(25)), "first_too_small"),
    ],
)
def test_each_bound_holds_up_to_its_edge(amounts, limits, code):
    instalments = days(*zip(MONTHS, amounts, strict=True))
    assert codes(breaches(Decimal(400), instalments, DAY, limits)) == ([code] if code else [])


def test_nobody_waits_longer_than_one_interval_for_the_next_instalment():
    assert not breaches(Decimal(200), days((31, 100), (62, 100)), DAY, BOUNDS)
    for late in (days((32, 100), (62, 100)), days((31, 100), (63, 100))):
        assert codes(breaches(Decimal(200), late, DAY, BOUNDS)) == ["gap_too_long"]
    weekly = replace(BOUNDS, interval="weekly")
    assert not breaches(Decimal(200), days((7, 100), (14, 100)), DAY, weekly)
    assert codes(breaches(Decimal(200), days((7, 100), (15, 100)), DAY, weekly)) == ["gap_too_long"]


def test_the_last_day_of_the_bound_is_within_it():
    last = months_later(DAY, 1)
    one_month = replace(BOUNDS, max_months=1)
    assert not breaches(Decimal(100), (Instalment(last, Decimal(100)),), DAY, one_month)
    assert codes(breaches(Decimal(100), (Instalment(last + timedelta(1), Decimal(100)),), DAY, one_month)) == [
        "too_long"
    ]


def test_all_at_once_has_no_minimum():
    assert not breaches(Decimal(5), days((10, 5)), DAY, replace(BOUNDS, min_instalment=None))


# -- what was paid under a plan -------------------------------------------------------------------


def items(residual, *settlements):
    return Items(Decimal(residual), settlements)


def test_what_was_paid_before_the_plan_does_not_count():
    (old,) = paid((-10, 200))
    (new,) = paid((5, 100))
    assert paid_under(Decimal(300), items(300, old), DAY) == ((), 0)
    assert paid_under(Decimal(300), items(200, new, old), DAY + timedelta(5)) == ((new,), 0)
    assert paid_under(Decimal(300), items(200, new, old), DAY + timedelta(4)) == ((), 0), "not yet paid"


def test_an_old_payment_that_is_matched_later_counts():
    (old,) = paid((-10, 200))
    (older,) = paid((-20, 50))
    payments, credited = paid_under(Decimal(300), items(250, old, older), DAY)
    assert sum(payment.amount for payment in payments) == 50
    assert credited == 0


def test_a_credit_note_is_no_payment():
    credit = replace(paid((5, 120))[0], is_payment=False)
    assert paid_under(Decimal(500), items(380, credit), DAY + timedelta(5)) == ((), 120)


def test_an_invoice_that_is_no_longer_posted_is_not_owed():
    assert paid_under(Decimal(500), items(200), DAY) == ((), 300)


def test_a_payment_that_came_back_no_longer_counts():
    assert paid_under(Decimal(300), items(500), DAY) == ((), 0)


money = st.decimals("0.01", 1000, places=2)
settlements = st.builds(Settlement, st.dates(DAY, DAY + timedelta(120)), money, st.booleans())


@given(st.lists(settlements, max_size=8), st.lists(settlements, max_size=4), st.integers(0, 140), money)
def test_paid_credited_and_open_add_up_to_the_plan(under, earlier, in_days, rest):
    before = [replace(settlement, day=settlement.day - timedelta(200)) for settlement in earlier]
    total = sum((settlement.amount for settlement in under), rest)
    day = DAY + timedelta(in_days)
    payments, credited = paid_under(total, items(rest, *under, *before), day)
    in_time = [settlement for settlement in under if settlement.day <= day]
    assert sum((payment.amount for payment in payments), Decimal()) == sum(
        (settlement.amount for settlement in in_time if settlement.is_payment), Decimal()
    )
    assert credited == sum((settlement.amount for settlement in in_time if not settlement.is_payment), Decimal())


# -- states ---------------------------------------------------------------------------------------

THREE = days((0, 100), (30, 100), (60, 100))


def state(payments, in_days, credited=0, rule=RULE, plan=THREE):
    return plan_state(plan, payments, Decimal(credited), rule, DAY + timedelta(in_days))


def test_payments_cover_the_oldest_instalment_first():
    found = instalment_states(THREE, paid((0, 150)), Decimal(0), DAY)
    assert [instalment.code for instalment in found] == ["paid", "partly_paid", "open"]
    assert [instalment.paid for instalment in found] == [100, 50, 0]
    assert [instalment.open for instalment in found] == [0, 50, 100]


def test_an_instalment_is_late_from_the_day_after():
    on_day, next_day = (instalment_states(THREE, (), Decimal(0), DAY + timedelta(late))[0].code for late in (0, 1))
    assert (on_day, next_day) == ("open", "late")


@pytest.mark.parametrize(("late", "code"), [(7, "active"), (8, "defaulted")])
def test_a_plan_fails_when_an_instalment_is_more_than_so_many_days_late(late, code):
    found = state((), late)
    assert found.code == code
    if code == "defaulted":
        assert (found.since, found.reason.code) == (DAY + timedelta(8), "too_late")


@pytest.mark.parametrize(("paid_on", "code"), [(7, "active"), (8, "active"), (9, "defaulted")])
def test_a_payment_on_the_first_day_of_default_still_prevents_it(paid_on, code):
    assert state(paid((paid_on, 100)), 20).code == code


@pytest.mark.parametrize(("day", "code"), [(30, "active"), (31, "defaulted")])
def test_a_plan_fails_when_so_many_instalments_are_late(day, code):
    patient = DefaultRule(days_late=90, missed=2)
    found = state((), day, rule=patient)
    assert found.code == code
    if code == "defaulted":
        assert (found.since, found.reason.code, found.reason.facts["count"]) == (
            DAY + timedelta(31),
            "too_many_late",
            2,
        )
    assert state((), day, rule=replace(patient, missed=3)).code == "active"
    assert state((), day, rule=replace(patient, missed=0)).code == "active"
    assert state(paid((10, 100)), day, rule=patient).code == "active", "one of them was paid before"


def test_what_comes_after_the_default_does_not_heal_it():
    found = state(paid((9, 300)), 70)
    assert (found.code, found.since) == ("defaulted", DAY + timedelta(8))
    assert all(instalment.open == 0 for instalment in found.instalments)


def test_a_plan_is_kept_on_the_day_of_its_last_payment():
    found = state(paid((0, 100), (25, 100), (60, 100)), 70)
    assert (found.code, found.since) == ("kept", DAY + timedelta(60))
    assert state(paid((0, 300)), 0).code == "kept", "all at once"
    assert state(paid((0, 100), (25, 100), (60, "99.99")), 60).code == "active"


def test_a_credit_note_shortens_the_plan_from_its_end():
    found = state((), 0, credited=150)
    assert [instalment.code for instalment in found.instalments] == ["open", "open", "credited"]
    assert [instalment.open for instalment in found.instalments] == [100, 50, 0]
    uneven = instalment_states(days((0, 70), (30, 20), (60, 10)), (), Decimal(15), DAY)
    assert [instalment.credited for instalment in uneven] == [0, 5, 10]
    assert state((), 8, credited=150).code == "defaulted", "it hides no missed instalment"
    assert state((), 8, credited=300).code == "kept"


rules = st.builds(DefaultRule, st.integers(0, 20), st.integers(0, 3))
arrivals = st.lists(st.builds(Settlement, st.dates(DAY, DAY + timedelta(90)), money), max_size=6)


@given(arrivals, rules, st.integers(0, 100), st.decimals(0, 300, places=2))
def test_paying_more_or_earlier_never_lets_a_plan_fail(payments, rule, in_days, credited):
    before = state(payments, in_days, credited, rule)
    earlier = [replace(payment, day=payment.day - timedelta(3)) for payment in payments]
    for better in (earlier, [*payments, Settlement(DAY, Decimal(10))]):
        if before.code != "defaulted":
            assert state(better, in_days, credited, rule).code != "defaulted"
    if before.code != "defaulted":
        assert state(payments, in_days, min(credited + 10, Decimal(300)), rule).code != "defaulted"


@given(arrivals, rules, st.integers(0, 100), st.decimals(0, 300, places=2))
def test_what_has_failed_stays_so(payments, rule, in_days, credited):
    now, later = (state(payments, number, credited, rule) for number in (in_days, in_days + 5))
    if now.code == "defaulted":
        assert (later.code, later.since, later.reason) == (now.code, now.since, now.reason)


@given(arrivals, st.integers(0, 100), st.decimals(0, 300, places=2))
def test_no_money_is_lost_or_made(payments, in_days, credited):
    day = DAY + timedelta(in_days)
    found = instalment_states(THREE, payments, credited, day)
    arrived = sum((payment.amount for payment in payments if payment.day <= day), Decimal())
    assert sum(instalment.credited for instalment in found) == credited
    assert sum(instalment.paid for instalment in found) == min(arrived, 300 - credited)
    assert all(instalment.open >= 0 for instalment in found)
