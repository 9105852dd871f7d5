"""Whom to contact first, and why: both sides of each boundary."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.collection_priority import (
    DEFAULT_CHANCES,
    ENOUGH_ITEMS,
    Broken,
    Customer,
    Failure,
    LastContact,
    Owed,
    Priority,
    Step,
    age_of,
    chance_by_itself,
    chances,
    prioritised,
    usual_delay,
)
from odoo.addons.ar_enhanced.engine.money import Currency
from odoo.addons.ar_enhanced.engine.reminder import Item

DAY = date(2025, 3, 31)
EURO = Currency("EUR", 2)


def ago(days: int) -> date:
    """The day so many days before."""
    return DAY - timedelta(days)


def item(days: int, amount: int | str = 100, key: int = 1, **values: object) -> Item:
    """An item in the company's currency."""
    return Item(key, days, Decimal(amount), Decimal(amount), **values)


def about(*items: Item, credit: int | str = 0, **values: object) -> Priority:
    """Where a customer stands that owes ``items`` in one currency."""
    owed = (Owed(items, Decimal(credit)),)
    return prioritised(Customer(DAY, EURO, owed, **values), DEFAULT_CHANCES)


def codes(priority: Priority) -> list[str]:
    """The codes of the reasons, strongest first."""
    return [reason.code for reason in priority.reasons]


@pytest.mark.parametrize(
    ("days", "first_day"),
    [(1, 1), (30, 1), (31, 31), (60, 31), (61, 61), (90, 61), (91, 91), (180, 91), (181, 181), (365, 181), (366, 366)],
)
def test_an_age_begins_on_its_first_day(days: int, first_day: int) -> None:
    assert age_of(days) == first_day


def test_the_own_chance_of_an_age_counts_from_enough_items_on() -> None:
    assert chances({1: (ENOUGH_ITEMS, 50)})[1] == Decimal("0.5")
    assert chances({1: (ENOUGH_ITEMS - 1, 50)})[1] == DEFAULT_CHANCES[1]
    assert chances({}) == DEFAULT_CHANCES


def test_older_money_brings_less() -> None:
    assert about(item(30)).expected_recovery == 98
    assert about(item(31)).expected_recovery == 93
    assert about(item(400)).expected_recovery == 20


def test_parts_that_are_left_alone_are_told_and_not_expected() -> None:
    priority = about(
        item(10, 100, paused=Decimal(40), pause_code="disputed"), item(5, 50, key=2, paused=None, pause_code="promised")
    )
    assert priority.overdue == 150
    assert priority.collectable == 60
    assert priority.paused == {"disputed": 40, "promised": 50}
    assert codes(priority) == ["overdue", "never_contacted", "disputed", "promised"]


def test_credits_cover_the_oldest_first() -> None:
    priority = about(item(40), item(5, key=2), credit=150)
    assert priority.collectable == 50
    assert [(share.first_day, share.amount) for share in priority.shares] == [(1, 50)]
    assert priority.oldest_days == 5
    assert about(item(40), credit=100).state == "nothing"


def test_amounts_in_another_currency_are_told_in_the_company_s() -> None:
    foreign = Item(1, 10, Decimal(300), Decimal(100), Decimal(100), "disputed")
    priority = about(foreign)
    assert priority.overdue == 100
    assert priority.collectable == Decimal("66.67")
    assert priority.paused == {"disputed": Decimal("33.33")}


def test_who_always_pays_nine_days_late_waits_until_the_day_after() -> None:
    habit = (9,) * 10
    waits = about(item(9), delays=habit)
    assert waits.state == "waiting"
    assert waits.wait_until == DAY + timedelta(1)
    assert waits.reasons[0].code == "usual_delay"
    assert about(item(3), delays=habit).wait_until == DAY + timedelta(7)
    late = about(item(10), delays=habit)
    assert late.state == "to_do"
    assert late.reasons[0].code == "later_than_usual"
    assert late.reasons[0].facts == {"usual": 9, "days": 10}


def test_a_habit_of_paying_very_late_is_no_reason_to_wait() -> None:
    assert about(item(5), delays=(30,) * 5).state == "waiting"
    assert about(item(5), delays=(31,) * 5).state == "to_do"
    assert "later_than_usual" not in codes(about(item(31), delays=(31,) * 5))
    assert "later_than_usual" in codes(about(item(32), delays=(31,) * 5))


def test_four_of_five_are_paid_by_the_usual_delay() -> None:
    assert usual_delay((1, 2, 3, 4)) is None
    assert usual_delay((50, 4, 3, 2, 1)) == 4
    assert usual_delay((1, 2, 3, 4, 5, 60)) == 5


def test_what_may_come_by_itself_is_not_brought_by_asking() -> None:
    assert chance_by_itself(3, (9,) * 10) == Decimal(10) / 12
    assert chance_by_itself(9, (9,) * 10) == 0
    assert chance_by_itself(3, (17,) * 2) == Decimal(2) / 4
    assert chance_by_itself(3, (18,) * 2) == 0
    assert about(item(3), delays=(9,) * 4).expected_recovery == Decimal("32.67")


@pytest.mark.parametrize(
    ("result", "rest"), [("no_answer", 1), ("left_message", 3), ("will_pay", 7), ("sent", 7), ("refused", 0)]
)
def test_a_contact_gives_rest_by_its_result(result: str, rest: int) -> None:
    if rest:
        assert about(item(9), last_contact=LastContact(ago(rest - 1), result)).state == "waiting"
    assert about(item(9), last_contact=LastContact(ago(rest), result)).state == "to_do"


def test_an_appointment_is_kept_whatever_the_rest() -> None:
    tomorrow = about(item(9), last_contact=LastContact(ago(2), "will_pay", DAY + timedelta(1)))
    assert (tomorrow.state, tomorrow.step) == ("waiting", Step("call_again", DAY + timedelta(1)))
    today = about(item(9), last_contact=LastContact(ago(2), "will_pay", DAY))
    assert (today.state, today.is_appointment, today.step) == ("to_do", True, Step("call_back", DAY))
    assert codes(today) == ["call_back", "overdue"]
    assert about(last_contact=LastContact(ago(2), "dispute", DAY)).state == "to_do"


def test_a_broken_promise_ends_a_rest_that_began_before() -> None:
    broken = Broken(ago(1), Decimal(400))
    heard_before = about(item(9), broken=broken, last_contact=LastContact(ago(1), "will_pay"))
    assert (heard_before.state, codes(heard_before)[0]) == ("to_do", "broken_promise")
    heard_after = about(item(9), broken=broken, last_contact=LastContact(DAY, "will_pay"))
    assert heard_after.state == "waiting"
    assert about(item(3), broken=broken, delays=(9,) * 10).state == "to_do"
    paid_since = Broken(ago(1), Decimal(0))
    assert "broken_promise" not in codes(about(item(9), broken=paid_since))
    assert about(item(3), broken=paid_since, delays=(9,) * 10).state == "waiting"


def test_what_was_put_off_comes_back_on_the_day_after_or_with_news() -> None:
    assert about(item(9), put_off_until=DAY, put_off_on=ago(3)).wait_until == DAY + timedelta(1)
    assert about(item(9), put_off_until=ago(1), put_off_on=ago(3)).state == "to_do"
    broken = Broken(ago(2), Decimal(400))
    assert about(item(9), put_off_until=DAY, put_off_on=ago(3), broken=broken).state == "to_do"
    assert about(item(9), put_off_until=DAY, put_off_on=ago(1), broken=broken).state == "waiting"
    called = LastContact(ago(5), "call_back", DAY)
    assert about(item(9), put_off_until=DAY, put_off_on=ago(1), last_contact=called).state == "waiting"


def test_a_refusal_and_a_wrong_number_ask_for_another_step() -> None:
    assert about(item(9), last_contact=LastContact(ago(1), "refused")).step == Step("decide", DAY)
    assert about(item(9), last_contact=LastContact(ago(1), "wrong_number")).step == Step("find_number", DAY)
    assert about(item(9)).step == Step("call", DAY)


def test_reasons_come_strongest_first() -> None:
    priority = about(
        item(40),
        broken=Broken(ago(3), Decimal(50)),
        failure=Failure(ago(2), "bounced"),
        task_on=DAY,
        delays=(2,) * 5,
    )
    assert codes(priority) == [
        "broken_promise",
        "message_failed",
        "call_task",
        "later_than_usual",
        "overdue",
        "never_contacted",
    ]
    assert "call_task" not in codes(about(item(40), task_on=DAY + timedelta(1)))


def test_where_nothing_is_to_do_the_next_day_is_told() -> None:
    promised = item(9, paused=None, pause_code="promised")
    agreed = Step("promise", DAY + timedelta(4))
    assert about(promised, agreed=agreed).step == agreed
    assert about(promised, agreed=agreed, next_due=DAY + timedelta(3)).step == Step("due", DAY + timedelta(3))
    assert about(promised).step == Step("none")
    assert about(promised, agreed=agreed).state == "nothing"


def test_a_missed_instalment_or_answer_is_to_do_though_nothing_is_asked_for() -> None:
    planned = item(9, paused=None, pause_code="planned")
    today, yesterday = Step("instalment", DAY), Step("instalment", ago(1))
    assert about(planned, agreed=today).state == "nothing"
    missed = about(planned, agreed=yesterday)
    assert (missed.state, missed.step, codes(missed)) == ("to_do", yesterday, ["instalment_late", "planned"])


def test_a_message_that_failed_is_told_until_somebody_spoke_with_the_customer() -> None:
    failure = Failure(ago(2), "bounced")
    assert "message_failed" in codes(about(item(9), failure=failure, last_contact=LastContact(ago(2), "sent")))
    assert "message_failed" not in codes(about(item(9), failure=failure, last_contact=LastContact(ago(1), "no_answer")))


AMOUNTS = st.integers(1, 10_000_000).map(lambda cents: Decimal(cents) / 100)


@st.composite
def owed_items(draw: st.DrawFn) -> tuple[Item, ...]:
    """Items of one customer in the company's currency, some of them paused in part or as a whole."""
    listed = []
    for key in range(draw(st.integers(0, 6))):
        amount = draw(AMOUNTS)
        paused = draw(st.one_of(st.just(Decimal()), st.none(), AMOUNTS))
        listed.append(Item(key, draw(st.integers(1, 800)), amount, amount, paused, "" if paused == 0 else "disputed"))
    return tuple(listed)


DELAYS = st.lists(st.integers(-30, 120), max_size=20).map(tuple)
CREDITS = st.integers(0, 100_000).map(Decimal)


@given(owed_items(), DELAYS, CREDITS)
def test_no_more_is_expected_than_may_be_asked_for(
    items: tuple[Item, ...], delays: tuple[int, ...], credit: Decimal
) -> None:
    priority = about(*items, delays=delays, credit=credit)
    assert 0 <= priority.expected_recovery <= priority.collectable <= priority.overdue
    asked = priority.collectable + sum(priority.paused.values())
    assert asked <= priority.overdue
    assert priority.overdue - asked <= credit
    assert sum(share.amount for share in priority.shares) == priority.collectable


@given(owed_items(), DELAYS, AMOUNTS, st.integers(1, 800))
def test_owing_more_never_lowers_what_is_expected(
    items: tuple[Item, ...], delays: tuple[int, ...], amount: Decimal, days: int
) -> None:
    more = about(*items, Item(99, days, amount, amount), delays=delays)
    assert more.expected_recovery >= about(*items, delays=delays).expected_recovery


@given(owed_items(), DELAYS, CREDITS)
def test_the_unit_of_the_currency_changes_nothing(
    items: tuple[Item, ...], delays: tuple[int, ...], credit: Decimal
) -> None:
    def scaled(thing: Item) -> Item:
        paused = thing.paused if thing.paused is None else thing.paused * 100
        return Item(thing.key, thing.days, thing.residual * 100, thing.company_residual * 100, paused, thing.pause_code)

    small = about(*items, delays=delays, credit=credit)
    owed = (Owed(tuple(scaled(thing) for thing in items), credit * 100),)
    large = prioritised(Customer(DAY, Currency("XXX", 0), owed, delays), DEFAULT_CHANCES)
    assert large.expected_recovery == small.expected_recovery * 100
    assert large.collectable == small.collectable * 100
    assert (large.state, codes(large), large.wait_until) == (small.state, codes(small), small.wait_until)


@given(owed_items(), DELAYS, st.randoms())
def test_the_order_of_items_changes_nothing(items: tuple[Item, ...], delays: tuple[int, ...], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    assert about(*shuffled, delays=delays) == about(*items, delays=delays)
