"""Statement of account: opening balance, movements and open items agree to the cent, or there is none."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.money import Currency
from odoo.addons.ar_enhanced.engine.open_item import OpenItem
from odoo.addons.ar_enhanced.engine.statement import Kind, Movement, payment, statement

EUR = Currency("EUR", 2)
FIRST, LAST = date(2025, 3, 1), date(2025, 3, 31)


def movement(amount, day=FIRST, kind=Kind.INVOICE, key=1):
    return Movement(key, day, kind, f"M-{key}", Decimal(amount))


def item(residual, due=LAST, key=1, currency=EUR):
    return OpenItem(key, f"M-{key}", due, Decimal(residual), currency)


def stated(opening, movements, items):
    return statement(EUR, FIRST, LAST, Decimal(opening), movements, items)


def test_the_closing_balance_is_the_opening_one_and_the_movements():
    made = stated("100.00", [movement("50.25"), movement("-30.00", kind=Kind.PAYMENT)], [item("120.25")])
    assert made.closing == Decimal("120.25")
    assert [line.balance for line in made.lines] == [Decimal("150.25"), Decimal("120.25")]


def test_a_statement_that_differs_from_the_open_items_by_a_cent_is_refused():
    with pytest.raises(ValueError, match=r"give 150\.00, the open items 149\.99"):
        stated("100.00", [movement("50.00")], [item("149.99")])


@pytest.mark.parametrize("day", [FIRST, LAST])
def test_both_ends_of_the_period_belong_to_it(day):
    assert stated("0", [movement("1.00", day)], [item("1.00")]).closing == 1


@pytest.mark.parametrize("day", [FIRST - timedelta(1), LAST + timedelta(1)])
def test_a_movement_outside_of_the_period_is_refused(day):
    with pytest.raises(ValueError, match="outside of the period"):
        stated("0", [movement("1.00", day)], [item("1.00")])


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before it begins"):
        statement(EUR, LAST, FIRST, Decimal(), [], [])


def test_items_in_another_currency_are_refused():
    with pytest.raises(ValueError, match="not all open items are in EUR"):
        stated("1.00", [], [item("1.00", currency=Currency("USD", 2))])


def test_on_one_day_the_invoice_stands_before_its_payment():
    paid, invoiced = movement("-10.00", kind=Kind.PAYMENT, key=1), movement("10.00", key=2)
    assert [line.movement for line in stated("0", [paid, invoiced], []).lines] == [invoiced, paid]


def test_nothing_at_all_is_an_empty_statement():
    assert stated("0", [], []).is_empty
    assert stated("0", [], []).closing == 0
    assert not stated("5.00", [movement("-5.00")], []).is_empty
    assert not stated("0", [], [item("5.00"), item("-5.00", key=2)]).is_empty


@pytest.mark.parametrize(
    ("settled", "let_go", "amounts"),
    [
        ("-100.00", "0", {Kind.PAYMENT: "-100.00"}),
        ("-100.00", "0.01", {Kind.PAYMENT: "-99.99", Kind.WRITE_OFF: "-0.01"}),
        ("-100.00", "100.00", {Kind.WRITE_OFF: "-100.00"}),
        ("-100.00", "100.01", {Kind.PAYMENT: "-100.00"}),
        ("-100.00", "-5.00", {Kind.PAYMENT: "-100.00"}),
        ("100.00", "5.00", {Kind.PAYMENT: "100.00"}),
    ],
)
def test_what_was_let_go_is_told_from_the_money(settled, let_go, amounts):
    parts = payment(movement(settled, kind=Kind.PAYMENT), Decimal(let_go))
    assert {part.kind: part.amount for part in parts} == {kind: Decimal(text) for kind, text in amounts.items()}


cents = st.decimals(-10_000, 10_000, places=2)


@given(
    cents, st.lists(st.builds(movement, cents.map(str), st.dates(FIRST, LAST), st.sampled_from(Kind), st.integers()))
)
def test_no_order_of_movements_changes_the_statement(opening, movements):
    closing = opening + sum(one.amount for one in movements)
    items = [item(closing)] if closing else []
    made = stated(opening, movements, items)
    assert made.closing == closing
    assert stated(opening, movements[::-1], items).closing == closing


@given(cents, cents)
def test_a_payment_split_adds_up_to_what_it_settled(settled, let_go):
    parts = payment(movement(settled, kind=Kind.PAYMENT), let_go)
    assert sum(part.amount for part in parts) == settled
