"""Which reminder an item gets on a day, and why none."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.credit_hold import LEVELS
from odoo.addons.ar_enhanced.engine.reminder import (
    Account,
    Claim,
    Decision,
    Item,
    Policy,
    Step,
    decide,
    in_levels,
    is_quiet,
    message_of,
    overlapping,
)

STEPS = (
    Step(1, -5, "email"),
    Step(2, 1, "email"),
    Step(3, 10, "email"),
    Step(4, 25, "email"),
    Step(5, 40, "call"),
)
POLICY = Policy(1, STEPS)


def item(days: int, amount: int | str = 100, key: int = 1, **values: object) -> Item:
    """An item in the company's currency."""
    return Item(key, days, Decimal(amount), Decimal(amount), **values)


def one(policy: Policy, thing: Item, **values: object) -> Decision:
    """Decide about a customer with one item."""
    (decision,) = decide(policy, Account((thing,), **values))
    return decision


def step_of(decision: Decision) -> int | None:
    """Key of the step that goes out."""
    return decision.step.key if decision.step and not decision.code else None


@pytest.mark.parametrize(
    ("days", "key"),
    [(-6, None), (-5, 1), (0, 1), (1, 2), (9, 2), (10, 3), (24, 3), (25, 4), (39, 4), (40, 5), (900, 5)],
)
def test_a_first_run_starts_each_item_at_the_step_its_age_deserves(days: int, key: int | None) -> None:
    decision = one(POLICY, item(days))
    assert step_of(decision) == key
    assert decision.code == ("" if key else "not_due_step")


def test_each_step_is_sent_once_and_none_before_it_afterwards() -> None:
    assert one(POLICY, item(12, last_days=10)).code == "already_sent"
    assert one(POLICY, item(12, last_days=25)).code == "already_sent", "a policy that became gentler goes on"
    assert step_of(one(POLICY, item(12, last_days=1))) == 3
    assert step_of(one(POLICY, item(25, last_days=10))) == 4


def test_between_two_messages_lie_the_days_of_the_policy_and_never_none() -> None:
    weekly = Policy(1, STEPS, gap_days=7)
    assert one(weekly, item(10, last_days=1), days_since_last=6).code == "too_soon"
    assert step_of(one(weekly, item(10, last_days=1), days_since_last=7)) == 3
    careless = Policy(1, STEPS, gap_days=0)
    assert one(careless, item(10), days_since_last=0).code == "too_soon"
    assert step_of(one(careless, item(10), days_since_last=1)) == 3


def test_good_payers_get_steps_later_and_bad_ones_earlier_but_never_on_the_due_day() -> None:
    policy = Policy(1, STEPS, later_days=3, earlier_days=4)
    for level, first in (("a", 13), ("b", 13), ("c", 10), ("none", 10), ("d", 6), ("e", 6)):
        assert step_of(one(policy, item(first), level=level)) == 3
        assert step_of(one(policy, item(first - 1), level=level)) == 2
    assert step_of(one(policy, item(1), level="e")) == 2
    assert step_of(one(policy, item(0), level="e")) == 1
    assert step_of(one(policy, item(3), level="a")) == 1
    assert step_of(one(policy, item(4), level="a")) == 2


def test_a_step_for_some_levels_is_for_no_others() -> None:
    policy = Policy(
        1, (Step(1, 5, "email"), Step(2, 10, "call", worst="e", best="d"), Step(3, 10, "letter", worst="c"))
    )
    assert step_of(one(policy, item(10), level="d")) == 2
    assert step_of(one(policy, item(10), level="c")) == 3
    assert step_of(one(policy, item(10), level="none")) == 1


def test_a_step_needs_its_minimum_else_the_one_before_it_stands() -> None:
    policy = Policy(1, (Step(1, 5, "email", Decimal(10)), Step(2, 10, "call", Decimal(500))))
    assert step_of(one(policy, item(10, 500))) == 2
    assert step_of(one(policy, item(10, "499.99"))) == 1
    assert one(policy, item(10, "9.99")).code == "too_small"
    assert step_of(one(policy, item(10, 10))) == 1


def test_the_minimum_of_a_policy_counts_all_items_that_have_reached_a_step() -> None:
    policy = Policy(1, STEPS, min_amount=Decimal(150))
    small = decide(policy, Account((item(10, 100), item(12, "49.99", 2))))
    assert [decision.code for decision in small] == ["too_small", "too_small"]
    enough = decide(policy, Account((item(10, 100), item(12, 50, 2, last_days=10))))
    assert [(d.item.key, d.code) for d in enough] == [(2, "already_sent"), (1, "")]


def test_credits_cover_the_oldest_items_first() -> None:
    account = Account((item(10, 100, 1), item(30, 80, 2)), credit=Decimal(80))
    assert [(d.item.key, d.code, d.amount) for d in decide(POLICY, account)] == [
        (2, "netted", Decimal()),
        (1, "", Decimal(100)),
    ]
    account = Account((item(10, 100, 1), item(30, 80, 2)), credit=Decimal("79.99"))
    assert [(d.code, d.amount) for d in decide(POLICY, account)] == [("", Decimal("0.01")), ("", Decimal(100))]
    account = Account((item(10, 100, 1), item(30, 80, 2)), credit=Decimal(180))
    assert {d.code for d in decide(POLICY, account)} == {"netted"}


def test_only_the_paused_part_is_left_out() -> None:
    part = one(POLICY, item(10, 100, paused=Decimal(60), pause_code="disputed"))
    assert (part.code, part.amount, part.paused) == ("", Decimal(40), Decimal(60))
    whole = one(POLICY, item(10, 100, paused=Decimal(100), pause_code="disputed"))
    assert (whole.code, whole.amount) == ("disputed", Decimal())
    every = one(POLICY, item(10, 100, paused=None, pause_code="no_followup"))
    assert (every.code, every.paused) == ("no_followup", Decimal(100))


def test_a_credit_is_not_used_up_by_what_is_paused() -> None:
    account = Account((item(10, 100, 1), item(30, 100, 2, paused=None, pause_code="disputed")), credit=Decimal(100))
    assert [d.code for d in decide(POLICY, account)] == ["disputed", "netted"]


def test_what_holds_the_customer_holds_what_would_go_out_and_keeps_other_reasons() -> None:
    account = Account((item(30, 100, 1, last_days=25), item(10, 100, 2)), hold_code="receipt")
    assert [d.code for d in decide(POLICY, account)] == ["already_sent", "receipt"]


def test_minimums_are_in_the_currency_of_the_company() -> None:
    policy = Policy(1, (Step(1, 1, "email", Decimal(50)),))
    foreign = Item(1, 5, Decimal(100), Decimal(50))
    assert step_of(one(policy, foreign)) == 1
    assert one(policy, Item(1, 5, Decimal(100), Decimal("49.99"))).code == "too_small"


def test_a_call_and_a_mail_on_one_day_are_one_message_of_the_highest_step() -> None:
    account = Account((item(2, 10, 1), item(11, 20, 2), item(45, 40, 3), item(-9, 80, 4)))
    message = message_of(decide(POLICY, account))
    assert message is not None
    assert (message.step.channel, message.step.key, message.code) == ("call", 5, "")
    assert message.claim == Claim(Decimal(70), 45)
    assert [d.item.key for d in message.decisions] == [3, 2, 1]


def test_without_an_item_at_the_call_there_is_a_mail() -> None:
    account = Account((item(2, 10, 1), item(39, 20, 2), item(45, 40, 3, last_days=40)))
    message = message_of(decide(POLICY, account))
    assert message is not None
    assert (message.step.channel, message.step.key) == ("email", 4)
    assert [d.item.key for d in message.decisions] == [2, 1]


def test_nothing_is_said_while_everything_waits() -> None:
    assert message_of(decide(POLICY, Account((item(-9), item(45, last_days=40))))) is None
    assert message_of(()) is None


def test_a_message_asks_for_what_is_overdue_reminded_of_before_or_not() -> None:
    account = Account((item(30, 100, 1, last_days=25), item(1, 10, 2), item(-4, 500, 3), item(0, 7, 4)))
    message = message_of(decide(POLICY, account))
    assert message is not None
    assert (message.step.key, message.claim) == (2, Claim(Decimal(110), 30))
    assert [d.item.key for d in message.decisions] == [2, 4, 3]
    before = message_of(decide(POLICY, Account((item(-4, 500, 3), item(-5, 7, 4, last_days=-5), item(-6, 9, 5)))))
    assert before is not None
    assert (before.step.key, before.claim) == (1, Claim(Decimal(507), -4))


def test_a_message_before_the_due_day_asks_for_nothing_that_is_overdue_already() -> None:
    called, soon = item(58, 100, 1, last_days=40), item(-4, 20, 2)
    message = message_of(decide(POLICY, Account((called, item(1, 5, 3, last_days=1), soon))))
    assert message is not None
    assert (message.step.key, message.claim) == (1, Claim(Decimal(20), -4)), "its text says that this will be due"


def test_what_is_left_out_does_not_raise_the_step_of_a_message() -> None:
    found = message_of(decide(POLICY, Account((item(2, 10, 1), item(30, 20, 2, paused=None, pause_code="promised")))))
    assert found is not None
    assert (found.step.key, found.code, found.claim.amount, len(found.decisions)) == (2, "", 10, 2)
    alone = message_of(decide(POLICY, Account((item(30, 20, 2, paused=None, pause_code="promised"),))))
    assert alone is not None
    assert (alone.step.key, alone.code, alone.claim) == (4, "promised", Claim(Decimal(20), 30))


def test_nothing_is_sent_in_quiet_hours_and_at_weekends() -> None:
    friday = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    assert not is_quiet(friday, 8, 18, weekend=True)
    assert is_quiet(friday.replace(hour=7, minute=59), 8, 18, weekend=True)
    assert not is_quiet(friday.replace(hour=17, minute=59), 8, 18, weekend=True)
    assert is_quiet(friday.replace(hour=18), 8, 18, weekend=True)
    assert is_quiet(friday.replace(day=28, hour=9), 8, 18, weekend=True)
    assert not is_quiet(friday.replace(day=28, hour=9), 8, 18, weekend=False)
    assert not is_quiet(friday.replace(hour=23, minute=59), 0, 24, weekend=False)


def test_two_steps_of_a_day_are_found_if_one_customer_would_get_both() -> None:
    first, second = Step(1, 5, "email"), Step(2, 5, "email", best="d")
    assert overlapping((first, second)) == (first, second)
    assert overlapping((Step(1, 5, "email", worst="c"), second)) is None
    assert overlapping((Step(1, 5, "email", worst="d"), second)) is not None
    assert overlapping((first, Step(2, 6, "email"))) is None
    assert overlapping(STEPS) is None


def test_who_is_not_rated_is_within_no_bounds() -> None:
    assert in_levels("none", "", "")
    assert not in_levels("none", "a", "")
    assert in_levels("c", "c", "c")
    assert not in_levels("b", "c", "")
    assert not in_levels("d", "", "c")


amounts = st.decimals(min_value="0.01", max_value=9999, places=2)
histories = st.none() | st.sampled_from([step.days for step in STEPS])
items = st.builds(
    lambda days, amount, paused, last: Item(0, days, amount, amount, paused, "disputed", last),
    st.integers(-60, 200),
    amounts,
    st.none() | st.decimals(min_value=0, max_value=9999, places=2),
    histories,
)
accounts = st.builds(
    lambda listed, level, credit, since: Account(
        tuple(
            Item(key, i.days, i.residual, i.company_residual, i.paused, i.pause_code, i.last_days)
            for key, i in enumerate(listed)
        ),
        level,
        credit,
        "",
        since,
    ),
    st.lists(items, max_size=8),
    st.sampled_from((*LEVELS, "none")),
    st.decimals(min_value=0, max_value=20000, places=2),
    st.none() | st.integers(0, 30),
)
policies = st.builds(
    lambda steps, least, gap, later, earlier: Policy(
        1, tuple(Step(key, days, "email") for key, days in enumerate(sorted(steps))), least, gap, later, earlier
    ),
    st.sets(st.integers(-30, 90), min_size=1, max_size=6),
    st.decimals(min_value=0, max_value=500, places=2),
    st.integers(0, 14),
    st.integers(0, 10),
    st.integers(0, 10),
)


@given(policies, accounts)
def test_nobody_is_asked_for_more_than_what_is_owed_net(policy: Policy, account: Account) -> None:
    decisions = decide(policy, account)
    asked = sum(d.amount for d in decisions if not d.code)
    owed = sum((i.residual for i in account.items), Decimal()) - account.credit
    assert asked <= max(owed, Decimal())
    message = message_of(decisions)
    assert message is None or message.code or message.claim.amount <= max(owed, Decimal())
    assert all(d.amount > 0 for d in decisions if not d.code)
    assert all(d.amount + d.paused <= d.item.residual for d in decisions)
    assert sorted(d.item.key for d in decisions) == sorted(i.key for i in account.items)


@given(policies, accounts)
def test_no_step_comes_before_its_day_or_before_one_that_was_sent(policy: Policy, account: Account) -> None:
    for decision in decide(policy, account):
        if decision.code or decision.step is None:
            assert decision.code
            continue
        day = {step.key: day for day, step in policy.steps_for(account.level)}[decision.step.key]
        assert day <= decision.item.days
        assert (day > 0) == (decision.step.days > 0)
        assert decision.item.last_days is None or decision.step.days > decision.item.last_days


@given(policies, accounts, st.integers(1, 60))
def test_waiting_longer_never_gives_an_earlier_step(policy: Policy, account: Account, more: int) -> None:
    later = Account(
        tuple(
            Item(i.key, i.days + more, i.residual, i.company_residual, i.paused, i.pause_code, i.last_days)
            for i in account.items
        ),
        account.level,
        account.credit,
    )
    before = {d.item.key: d.step for d in decide(policy, account)}
    for decision in decide(policy, later):
        step = before[decision.item.key]
        assert step is None or (decision.step is not None and decision.step.days >= step.days)
