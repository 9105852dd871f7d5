"""The same transaction keeps its id across exports; another one never gets it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers import Statement, StatementLine, line_identities
from odoo.addons.ar_reconcile.parsers.identity import without_repeats

LINE = StatementLine(
    date=dt.date(2024, 3, 15),
    amount=Decimal("100.00"),
    bank_id="A1",
    counterparty_name="Northwind Ltd",
    remittance="Invoice 2024/0815",
    reference="77",
)


def identities(*lines: StatementLine, account: str = "4711", currency: str = "EUR") -> list[str]:
    """The ids of a statement with these lines."""
    statement = Statement(account=account, account_kind="bank", currency=currency, lines=lines)
    return line_identities(statement)


def test_every_part_of_the_content_tells_lines_apart() -> None:
    others = [
        replace(LINE, date=dt.date(2024, 3, 16)),
        replace(LINE, amount=Decimal("-100.00")),
        replace(LINE, bank_id="A2"),
        replace(LINE, counterparty_name="Southwind Ltd"),
        replace(LINE, remittance="Invoice 2024/0816"),
        replace(LINE, reference="78"),
    ]
    assert len(set(identities(LINE, *others))) == 7


def test_account_and_currency_tell_lines_apart() -> None:
    assert identities(LINE) != identities(LINE, account="4712")
    assert identities(LINE) != identities(LINE, currency="USD")


def test_spacing_letter_case_and_trailing_zeros_do_not() -> None:
    other = replace(LINE, amount=Decimal(100), counterparty_name="NORTHWIND  LTD ", bank_id=" A1", line=9)
    assert identities(LINE, account="47 11") == identities(other)


def test_zeros_before_the_decimal_mark_do() -> None:
    assert identities(LINE) != identities(replace(LINE, amount=Decimal("1.00")))


def test_equal_lines_without_bank_id_are_as_many_transactions() -> None:
    coffee = replace(LINE, bank_id="")
    first, second, other = identities(coffee, coffee, replace(LINE, bank_id="", amount=Decimal(3)))
    assert len({first, second, other}) == 3
    assert identities(coffee) == [first]


def test_a_bank_id_of_zeros_only_is_none() -> None:
    zeros = replace(LINE, bank_id="000")
    assert len(set(identities(zeros, zeros))) == 2
    assert identities(zeros) == identities(replace(LINE, bank_id=""))


def test_the_same_line_twice_is_kept_once_and_told() -> None:
    lines = (replace(LINE, line=10), replace(LINE, line=20))
    read = without_repeats(Statement(account="4711", account_kind="bank", lines=lines))
    assert read.lines == lines[:1]
    assert [(note.code, note.facts) for note in read.skipped] == [
        ("repeated", {"bank_id": "A1", "line": 20, "first_line": 10})
    ]
    assert read.warnings == ()


def balanced(*lines: StatementLine, opening: int, closing: int) -> Statement:
    """A statement that tells both balances."""
    return Statement(
        account="4711",
        account_kind="bank",
        opening_balance=Decimal(opening),
        closing_balance=Decimal(closing),
        lines=lines,
    )


def test_repeats_that_the_balances_prove_are_transactions_with_ids_of_their_own() -> None:
    lines = (replace(LINE, line=10), replace(LINE, line=20), replace(LINE, line=30))
    read = without_repeats(balanced(*lines, opening=50, closing=350))
    assert (read.lines, read.skipped) == (lines, ())
    assert [(note.code, note.facts["line"], note.facts["first_line"]) for note in read.warnings] == [
        ("repeat_kept", 20, 10),
        ("repeat_kept", 30, 10),
    ]
    ids = line_identities(read)
    assert len(set(ids)) == 3
    assert ids[0] == line_identities(balanced(LINE, opening=0, closing=100))[0]


def test_balances_that_agree_without_the_repeats_or_with_neither_prove_none() -> None:
    for closing in (150, 151):
        read = without_repeats(balanced(LINE, LINE, opening=50, closing=closing))
        assert (len(read.lines), [note.code for note in read.skipped]) == (1, ["repeated"])


def test_repeats_that_cancel_each_other_out_are_not_proven() -> None:
    back = replace(LINE, amount=-LINE.amount)
    read = without_repeats(balanced(LINE, LINE, back, back, opening=50, closing=50))
    assert (read.lines, len(read.skipped)) == ((LINE, back), 2)


def test_repeats_of_an_id_that_identifies_nothing_stay_unless_the_balances_prove_them() -> None:
    others = [replace(LINE, amount=Decimal(amount)) for amount in (1, 2, 3)]
    lines = (*others, replace(LINE, line=10), replace(LINE, line=20))
    kept = without_repeats(Statement(account="4711", account_kind="bank", lines=lines))
    assert (kept.lines, kept.skipped, kept.warnings[-1].code) == (lines, (), "repeat_kept")
    assert len(set(line_identities(kept))) == 5

    for closing, number in ((106, 4), (206, 5), (300, 5)):
        read = without_repeats(balanced(*lines, opening=0, closing=closing))
        assert (len(read.lines), len(read.skipped)) == (number, 5 - number)


def test_the_ids_are_those_that_databases_hold() -> None:
    # Values of version 1, which bank lines were imported with. A change here would import them all a second time.
    assert identities(LINE, replace(LINE, bank_id="")) == [
        "f499469886f256e170980e5cb5bbcc3003e18c03054d754209bebbe2ae14330c",
        "05e821813dff40758848051d8966b3237b6eb56d2252eecada0804ba3539983d",
    ]


def test_one_bank_id_for_two_transactions_keeps_both_and_is_remarked() -> None:
    lines = (replace(LINE, line=10), replace(LINE, line=20, amount=Decimal(5)))
    read = without_repeats(Statement(account="4711", account_kind="bank", lines=lines))
    assert read.lines == lines
    assert [(note.code, note.facts) for note in read.warnings] == [("bank_id_reused", {"bank_id": "A1", "line": 20})]


lines_of_a_day = st.lists(
    st.builds(
        StatementLine,
        date=st.just(LINE.date),
        amount=st.sampled_from([Decimal("5.00"), Decimal("-5.00")]),
        bank_id=st.sampled_from(["", "0", "B1", "B2"]),
        remittance=st.sampled_from(["Fee", "Coffee"]),
    ),
    max_size=8,
)


@given(lines_of_a_day, st.randoms(use_true_random=False))
def test_order_never_changes_the_ids(lines: list[StatementLine], random: object) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sorted(identities(*lines)) == sorted(identities(*shuffled))


@given(lines_of_a_day, lines_of_a_day)
def test_neighbours_never_change_the_ids(lines: list[StatementLine], more: list[StatementLine]) -> None:
    assert identities(*lines, *more)[: len(lines)] == identities(*lines)
