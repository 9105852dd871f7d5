"""What must wait, why, and what a release covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.credit_hold import (
    BY_HAND,
    LEVELS,
    BrokenPromise,
    CreditFacts,
    Overdue,
    Release,
    Rule,
    Violation,
    lapse_reason,
    violations,
)

DAY = date(2026, 3, 31)
KINDS = ("utilisation", "overdue_amount", "overdue_days", "level", "limit_expired", "broken_promise")


def found(rule: Rule, facts: CreditFacts, added: int = 0) -> Violation | None:
    """Return the violation of one rule."""
    listed = violations([rule], facts, Decimal(added), DAY)
    assert len(listed) <= 1
    return listed[0] if listed else None


def overdue(*pairs: tuple[int, int]) -> tuple[Overdue, ...]:
    """Overdue sums by days."""
    return tuple(Overdue(days, Decimal(amount)) for days, amount in pairs)


def test_the_limit_may_be_used_up_to_the_percentage_and_not_a_cent_beyond() -> None:
    rule = Rule(7, "utilisation", Decimal(80))
    facts = CreditFacts(exposure=Decimal(700), limit=Decimal(1000))
    assert found(rule, facts, 100) is None
    over = violations([rule], facts, Decimal("100.01"), DAY)
    assert [(v.key, v.code, v.measured) for v in over] == [(7, "over_limit", Decimal("800.01"))]
    assert dict(over[0].facts) == {"exposure": "800.01", "limit": "1000", "allowed": "800", "percent": "80"}


def test_a_grace_amount_is_let_through_on_top_of_the_limit() -> None:
    rule = Rule(1, "utilisation", Decimal(100), grace_amount=Decimal(50))
    facts = CreditFacts(exposure=Decimal(1000), limit=Decimal(1000))
    assert found(rule, facts, 50) is None
    assert found(rule, facts, 51)


def test_no_limit_holds_nothing_and_a_limit_of_zero_holds_everything() -> None:
    rule = Rule(1, "utilisation", Decimal(100))
    assert found(rule, CreditFacts(exposure=Decimal(10**9)), 10**9) is None
    assert found(rule, CreditFacts(limit=Decimal()), 1)
    assert found(rule, CreditFacts(limit=Decimal())) is None


def test_an_overdue_amount_is_held_above_the_threshold_only() -> None:
    rule = Rule(1, "overdue_amount", Decimal(500))
    assert found(rule, CreditFacts(overdue=overdue((1, 200), (90, 300)))) is None
    held = found(rule, CreditFacts(overdue=overdue((1, 201), (90, 300))))
    assert held
    assert held.facts == {"amount": "501", "allowed": "500"}


def test_days_of_grace_keep_an_item_from_being_overdue() -> None:
    rule = Rule(1, "overdue_amount", Decimal(0), grace_days=5)
    assert found(rule, CreditFacts(overdue=overdue((5, 200)))) is None
    assert found(rule, CreditFacts(overdue=overdue((6, 200))))


def test_debt_is_held_from_the_day_after_the_threshold_and_its_grace() -> None:
    rule = Rule(1, "overdue_days", Decimal(30), grace_days=3, grace_amount=Decimal(10))
    assert found(rule, CreditFacts(overdue=overdue((33, 500)))) is None
    assert found(rule, CreditFacts(overdue=overdue((34, 10), (33, 500)))) is None
    held = found(rule, CreditFacts(overdue=overdue((34, 11), (33, 500))))
    assert held
    assert held.facts == {"days": 34, "allowed": 30, "amount": "11"}


@pytest.mark.parametrize(("level", "held"), [("a", False), ("c", False), ("d", True), ("e", True), ("none", False)])
def test_a_level_is_held_from_the_chosen_one_on_and_the_unrated_are_not(level: str, held: bool) -> None:
    assert bool(found(Rule(1, "level", level="d"), CreditFacts(level=level))) is held


def test_a_limit_is_good_on_its_last_day_and_through_the_grace() -> None:
    rule = Rule(1, "limit_expired", grace_days=2)
    assert found(rule, CreditFacts(limit_valid_until=None)) is None
    assert found(rule, CreditFacts(limit_valid_until=DAY)) is None
    assert found(rule, CreditFacts(limit_valid_until=DAY - timedelta(2))) is None
    assert found(rule, CreditFacts(limit_valid_until=DAY - timedelta(3)))


def test_broken_promises_are_counted_after_their_grace() -> None:
    rule = Rule(1, "broken_promise", Decimal(1), grace_days=2)
    two = (BrokenPromise(3, Decimal(10)), BrokenPromise(9, Decimal(20)))
    assert found(rule, CreditFacts(broken_promises=two[:1])) is None
    assert found(rule, CreditFacts(broken_promises=(*two[:1], BrokenPromise(2, Decimal(5))))) is None
    held = found(rule, CreditFacts(broken_promises=two))
    assert held
    assert held.facts == {"count": 2, "amount": "30"}


def test_what_a_person_holds_is_held_without_a_rule() -> None:
    assert [v.code for v in violations([], CreditFacts(held_by_hand=True), Decimal(), DAY)] == ["by_hand"]


RULE = Rule(4, "utilisation", Decimal(100))
FACTS = CreditFacts(exposure=Decimal(1200), limit=Decimal(1000), overdue=overdue((5, 100)))
RELEASE = Release({4: Decimal(1200)}, Decimal(1500), Decimal(100), DAY + timedelta(10))


def lapse(facts: CreditFacts = FACTS, added: int = 0, day: date = DAY, rules: tuple[Rule, ...] = (RULE,)) -> str | None:
    """Why the sample release doesn't cover these facts."""
    return lapse_reason(RELEASE, violations(rules, facts, Decimal(added), day), facts, Decimal(added), day)


def test_a_release_covers_what_was_known_up_to_its_amount_and_day() -> None:
    assert lapse() is None
    assert lapse(added=300) is None
    assert lapse(added=301) == "more_exposure"
    assert lapse(day=DAY + timedelta(10)) is None
    assert lapse(day=DAY + timedelta(11)) == "date_passed"


def test_a_release_does_not_go_by_drafts() -> None:
    release = Release({7: Decimal(1200)}, Decimal(1200), Decimal(), DAY)
    facts = CreditFacts(exposure=Decimal(1700), drafts=Decimal(500), limit=Decimal(1000))
    assert lapse_reason(release, (), facts, Decimal(), DAY) is None
    assert lapse_reason(release, (), facts, Decimal("0.01"), DAY) == "more_exposure"


def test_a_release_lapses_when_more_is_overdue_and_not_because_debt_gets_older() -> None:
    assert lapse(replace(FACTS, overdue=overdue((60, 100)))) is None
    assert lapse(replace(FACTS, overdue=overdue((5, 101)))) == "more_overdue"


def test_a_release_lapses_when_another_rule_is_broken_or_a_person_holds() -> None:
    assert lapse(rules=(RULE, Rule(5, "overdue_days", Decimal(1)))) == "other_reason"
    assert lapse(replace(FACTS, held_by_hand=True)) == "other_reason"


def test_a_release_lapses_when_the_level_or_the_promises_get_worse() -> None:
    rules = (Rule(1, "level", level="c"), Rule(2, "broken_promise"))
    release = Release({1: Decimal(2), 2: Decimal(1)}, Decimal(10), Decimal(10), DAY)
    as_known = CreditFacts(level="c", broken_promises=(BrokenPromise(1, Decimal(1)),))

    def reason(facts: CreditFacts) -> str | None:
        return lapse_reason(release, violations(rules, facts, Decimal(), DAY), facts, Decimal(), DAY)

    assert reason(as_known) is None
    assert reason(replace(as_known, level="d")) == "got_worse"
    assert reason(replace(as_known, broken_promises=as_known.broken_promises * 2)) == "got_worse"


def test_a_release_by_hand_covers_the_hold_by_hand() -> None:
    facts = CreditFacts(held_by_hand=True)
    release = Release({BY_HAND: Decimal()}, Decimal(100), Decimal(), DAY)
    assert lapse_reason(release, violations([], facts, Decimal(100), DAY), facts, Decimal(100), DAY) is None


amounts = st.decimals(min_value=0, max_value=10**6, places=2)
days = st.integers(min_value=1, max_value=400)
rules = st.builds(
    Rule,
    key=st.integers(min_value=1, max_value=5),
    kind=st.sampled_from(KINDS),
    threshold=st.decimals(min_value=0, max_value=200, places=0),
    level=st.sampled_from(LEVELS),
    grace_days=st.integers(min_value=0, max_value=40),
    grace_amount=amounts,
)
facts_of_customers = st.builds(
    CreditFacts,
    exposure=st.decimals(min_value=-(10**6), max_value=10**6, places=2),
    limit=st.none() | amounts,
    limit_valid_until=st.none() | st.dates(min_value=date(2025, 1, 1), max_value=date(2027, 1, 1)),
    overdue=st.lists(st.builds(Overdue, days, amounts), max_size=4).map(tuple),
    level=st.sampled_from((*LEVELS, "none")),
    broken_promises=st.lists(st.builds(BrokenPromise, days, amounts), max_size=3).map(tuple),
)


def worsened(facts: CreditFacts, what: str, amount: Decimal, more_days: int) -> CreditFacts:
    """Return the facts with one of them worse."""
    if what == "more overdue":
        return replace(facts, overdue=(*facts.overdue, Overdue(more_days, amount)))
    if what == "older":
        return replace(facts, overdue=tuple(Overdue(o.days + more_days, o.amount) for o in facts.overdue))
    if what == "promise":
        return replace(facts, broken_promises=(*facts.broken_promises, BrokenPromise(more_days, amount)))
    if what == "level" and facts.level in LEVELS:
        return replace(facts, level=LEVELS[min(LEVELS.index(facts.level) + 1, 4)])
    if what == "limit" and facts.limit is not None:
        return replace(facts, limit=max(facts.limit - amount, Decimal()))
    return replace(facts, exposure=facts.exposure + amount)


worsenings = st.sampled_from(("more overdue", "older", "promise", "level", "limit", "exposure"))


@given(st.lists(rules, max_size=5), facts_of_customers, worsenings, amounts, days, amounts)
def test_what_gets_worse_never_ends_a_hold(
    listed: list[Rule], facts: CreditFacts, what: str, amount: Decimal, more_days: int, added: Decimal
) -> None:
    before = {(v.key, v.code) for v in violations(listed, facts, added, DAY)}
    worse = {(v.key, v.code) for v in violations(listed, worsened(facts, what, amount, more_days), added, DAY)}
    assert before <= worse


@given(st.lists(rules, max_size=5), facts_of_customers, amounts, worsenings, amounts, days)
def test_what_a_release_does_not_cover_it_does_not_cover_when_things_get_worse(
    listed: list[Rule], facts: CreditFacts, added: Decimal, what: str, amount: Decimal, more_days: int
) -> None:
    known = violations(listed, facts, Decimal(), DAY)
    release = Release(
        {v.key: v.measured for v in known}, facts.exposure + Decimal(1000), facts.overdue_amount + Decimal(1000), DAY
    )
    worse = worsened(facts, what, amount, more_days)
    if lapse_reason(release, violations(listed, facts, added, DAY), facts, added, DAY):
        assert lapse_reason(release, violations(listed, worse, added, DAY), worse, added, DAY)


@given(st.lists(rules, max_size=5), facts_of_customers, amounts)
def test_the_order_of_rules_changes_nothing_but_the_order(
    listed: list[Rule], facts: CreditFacts, added: Decimal
) -> None:
    there = violations(listed, facts, added, DAY)
    back = violations(listed[::-1], facts, added, DAY)
    assert there == back[::-1]
