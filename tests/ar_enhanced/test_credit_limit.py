"""The position of a customer and the limit its record speaks for."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.credit_limit import (
    MAX_UTILISATION,
    CreditPosition,
    LevelTerms,
    LimitFacts,
    LimitPolicy,
    proposed_limit,
    rounded_up,
)

DAY = date(2025, 3, 31)
POLICY = LimitPolicy(
    {
        "a": LevelTerms(Decimal("1.5"), Decimal(50_000)),
        "b": LevelTerms(Decimal("1.25"), Decimal(40_000)),
        "c": LevelTerms(Decimal(1), Decimal(20_000)),
        "d": LevelTerms(Decimal("0.5"), Decimal(5_000)),
        "e": LevelTerms(Decimal(0)),
    },
    starter=Decimal(1000),
    cap=Decimal(45_000),
)
REGULAR = LimitFacts("b", invoice_count=20, history_months=18, peak_balance=Decimal(8000), peak_invoiced=Decimal(5000))

amounts = st.decimals(-100_000, 100_000, places=2)
facts_of_any = st.builds(
    LimitFacts,
    st.sampled_from("abcde"),
    st.integers(0, 40),
    st.integers(0, 40),
    amounts,
    amounts,
)


def codes(proposal):
    return [reason.code for reason in proposal.reasons]


def test_exposure_adds_up_its_signed_parts():
    position = CreditPosition(Decimal(100), None, Decimal(50), Decimal(-30), Decimal(20), Decimal(60), Decimal(10))
    assert (position.exposure, position.total_limit, position.headroom) == (60, 150, 90)
    assert position.utilisation == 40


@pytest.mark.parametrize(
    ("limit", "exposure", "utilisation"),
    [(None, 10, None), (0, 0, 0), (0, -5, 0), (0, 1, MAX_UTILISATION), (100, 100, 100), (100, 0, 0), (1, 10**9, 9999)],
)
def test_utilisation_is_a_number_for_every_limit(limit, exposure, utilisation):
    position = CreditPosition(limit if limit is None else Decimal(limit), open_items=Decimal(exposure))
    assert position.utilisation == utilisation


@given(st.decimals(0, 10_000, places=2), amounts)
def test_more_than_all_of_the_limit_is_used_just_when_nothing_is_left(limit, exposure):
    position = CreditPosition(limit, open_items=exposure)
    if exposure > 0:
        assert (position.utilisation > 100) == (position.headroom < 0)
    assert 0 <= position.utilisation <= MAX_UTILISATION


def test_the_last_day_of_a_limit_still_counts():
    position = CreditPosition(Decimal(1), DAY)
    assert not position.is_expired(DAY)
    assert position.is_expired(DAY + timedelta(1))
    assert not CreditPosition(Decimal(1)).is_expired(DAY)


def test_a_regular_customer_gets_its_peak_times_the_factor_of_its_level():
    proposal = proposed_limit(REGULAR, POLICY)
    assert proposal.amount == 10_000
    assert codes(proposal) == ["peak_balance", "factor"]


def test_what_was_invoiced_in_a_month_counts_if_it_is_more():
    proposal = proposed_limit(replace(REGULAR, peak_invoiced=Decimal(12_340)), POLICY)
    assert proposal.amount == 16_000
    assert codes(proposal)[0] == "peak_invoiced"


@pytest.mark.parametrize(
    ("level", "peak", "amount", "code"),
    [("b", 32_000, 40_000, "factor"), ("b", 32_001, 40_000, "level_cap"), ("a", 40_000, 45_000, "cap")],
)
def test_caps_hold(level, peak, amount, code):
    proposal = proposed_limit(replace(REGULAR, level=level, peak_balance=Decimal(peak)), POLICY)
    assert (proposal.amount, codes(proposal)[-1]) == (amount, code)


@pytest.mark.parametrize(
    ("invoices", "months", "level", "amount", "code"),
    [
        (3, 3, "b", 10_000, "factor"),
        (2, 3, "b", 1000, "thin_record"),
        (3, 2, "a", 1000, "thin_record"),
        (2, 2, "d", 500, "thin_record"),
        (2, 2, "e", 0, "level_gets_nothing"),
        (20, 20, "e", 0, "level_gets_nothing"),
        (0, 0, "none", 1000, "not_rated"),
        (20, 20, "x", 0, "level_gets_nothing"),
    ],
)
def test_a_thin_record_gets_the_starter_limit(invoices, months, level, amount, code):
    facts = replace(REGULAR, level=level, invoice_count=invoices, history_months=months)
    proposal = proposed_limit(facts, POLICY)
    assert (proposal.amount, codes(proposal)[-1]) == (amount, code)


def test_only_credit_notes_make_no_need():
    proposal = proposed_limit(replace(REGULAR, peak_balance=Decimal(-5), peak_invoiced=Decimal(-9)), POLICY)
    assert (proposal.amount, codes(proposal)) == (0, ["no_peak", "factor"])


@given(facts_of_any)
def test_a_better_level_never_gets_less(facts):
    limits = [proposed_limit(replace(facts, level=level), POLICY).amount for level in "edcba"]
    assert limits == sorted(limits)


@given(facts_of_any, st.decimals(0, 50_000, places=2))
def test_a_higher_peak_never_gets_less(facts, more):
    higher = replace(facts, peak_balance=facts.peak_balance + more)
    assert proposed_limit(higher, POLICY).amount >= proposed_limit(facts, POLICY).amount


@given(facts_of_any)
def test_no_cap_is_exceeded(facts):
    amount = proposed_limit(facts, POLICY).amount
    assert 0 <= amount <= POLICY.cap
    assert POLICY.levels[facts.level].cap is None or amount <= POLICY.levels[facts.level].cap


@given(facts_of_any, st.integers(0, 4))
def test_another_currency_unit_changes_the_unit_alone(facts, zeros):
    scale = Decimal(10) ** zeros
    facts = replace(facts, peak_balance=abs(facts.peak_balance) + 100)
    policy = replace(
        POLICY,
        levels={
            level: LevelTerms(terms.factor, terms.cap and terms.cap * scale) for level, terms in POLICY.levels.items()
        },
        starter=POLICY.starter * scale,
        cap=POLICY.cap * scale,
    )
    scaled = replace(facts, peak_balance=facts.peak_balance * scale, peak_invoiced=facts.peak_invoiced * scale)
    assert proposed_limit(scaled, policy).amount == proposed_limit(facts, POLICY).amount * scale


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0", 0), ("-3", 0), ("0.01", 1), ("9.5", 10), ("12345", 13_000), ("12000", 12_000)]
)
def test_limits_are_rounded_up_to_two_figures(amount, rounded):
    assert rounded_up(Decimal(amount)) == rounded
