"""Month-end: periods, checks and changes."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from odoo.addons.ar_reconcile.engine import closing
from odoo.addons.ar_reconcile.engine.closing import Figure, Period, Status

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def bank(**changed: Figure) -> dict[str, Figure]:
    """Figures of a bank account that agree."""
    figures = {
        closing.STATEMENT: Figure(Decimal("100.00"), 1, date(2026, 10, 30), "October"),
        closing.STATEMENT_LINES: Figure(Decimal("100.00"), 4),
        closing.AFTER_STATEMENT: Figure(Decimal("0.00")),
        closing.LEDGER: Figure(Decimal("100.00"), 4),
        closing.OPEN_LINES: Figure(Decimal("0.00")),
        closing.SUSPENSE: Figure(Decimal("0.00")),
    }
    return {**figures, **changed}


def codes(figures: dict[str, Figure]) -> dict[str, str]:
    return {check.code: check.status.value for check in closing.bank_checks(figures, OCTOBER)}


def test_a_month_is_due_on_the_day_after_its_last() -> None:
    start = date(2026, 1, 15)
    assert list(closing.ended_periods("monthly", start, date(2026, 1, 31))) == []
    january = Period(date(2026, 1, 1), date(2026, 1, 31))
    assert list(closing.ended_periods("monthly", start, date(2026, 2, 1))) == [january]


def test_months_go_over_the_end_of_the_year_and_a_leap_day() -> None:
    periods = list(closing.ended_periods("monthly", date(2023, 12, 1), date(2024, 3, 1)))
    assert [period.last_day for period in periods] == [date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29)]


def test_quarters_are_those_of_the_calendar_where_the_year_ends_in_december() -> None:
    periods = list(closing.ended_periods("quarterly", date(2025, 11, 2), date(2026, 7, 1)))
    assert [(each.first_day.month, each.last_day) for each in periods] == [
        (10, date(2025, 12, 31)),
        (1, date(2026, 3, 31)),
        (4, date(2026, 6, 30)),
    ]


def test_quarters_follow_the_financial_year() -> None:
    periods = list(closing.ended_periods("quarterly", date(2026, 1, 1), date(2026, 8, 1), year_end_month=1))
    assert [each.last_day for each in periods] == [date(2026, 1, 31), date(2026, 4, 30), date(2026, 7, 31)]


def test_a_bank_account_whose_figures_agree_has_nothing_to_look_at() -> None:
    assert codes(bank()) == {"bank_ledger": "ok", "statement_sum": "ok", "suspense_lines": "ok"}


def test_a_cent_makes_the_proof_fail_and_is_the_difference() -> None:
    check = closing.bank_checks(bank(ledger=Figure(Decimal("99.99"))), OCTOBER)[0]
    assert (check.status, check.difference) == (Status.FAILED, Decimal("0.01"))


def test_lines_after_the_statement_belong_to_the_proof_and_are_pointed_out() -> None:
    figures = bank(after_statement=Figure(Decimal("-7.00"), 2), ledger=Figure(Decimal("93.00")))
    assert codes(figures)["bank_ledger"] == "ok"
    assert codes(figures)["after_statement"] == "warning"


def test_without_a_statement_nothing_is_proved() -> None:
    nothing = bank(statement=Figure(None), ledger=Figure(Decimal()))
    checks = closing.bank_checks(nothing, OCTOBER)
    assert (checks[0].code, checks[0].status) == ("no_statement", Status.FAILED)
    assert closing.outcome(checks) is Status.FAILED


def test_a_statement_of_before_the_period_is_pointed_out() -> None:
    assert "old_statement" in codes(bank(statement=Figure(Decimal("100.00"), 1, date(2026, 9, 30))))
    assert "old_statement" not in codes(bank(statement=Figure(Decimal("100.00"), 1, date(2026, 10, 1))))


def test_items_without_a_customer_make_the_receivables_differ() -> None:
    figures = {
        closing.LEDGER: Figure(Decimal("10.00"), 2),
        closing.CUSTOMERS: Figure(Decimal("7.00"), 1),
        closing.NO_CUSTOMER: Figure(Decimal("3.00"), 1),
        closing.OPEN_ITEMS: Figure(Decimal("10.00"), 2),
    }
    assert [(check.code, check.status.value) for check in closing.receivables_checks(figures)] == [
        ("ledger_customers", "failed"),
        ("ledger_items", "ok"),
        ("no_customer", "warning"),
    ]


def test_figures_survive_their_storage() -> None:
    assert closing.restored(json.loads(json.dumps(closing.stored(bank())))) == bank()


def test_what_changed_is_told_with_both_figures() -> None:
    new = bank(ledger=Figure(Decimal("100.00"), 5))
    (change,) = closing.changes(bank(), new)
    assert (change.code, change.old.count, change.new.count) == ("ledger", 4, 5)
    assert closing.changes(bank(), bank()) == ()


def test_parts_that_move_without_a_change_of_their_sum_are_a_change() -> None:
    old = {"customers": Figure(Decimal(1), 1, digest="a")}
    assert [change.code for change in closing.changes(old, {"customers": Figure(Decimal(1), 1, digest="b")})]
