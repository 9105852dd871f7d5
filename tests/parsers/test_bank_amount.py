"""Amounts in every way that banks write them, and nothing that may mean something else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers.amount import (
    MAX_LENGTH,
    MAX_WHOLE_DIGITS,
    AmountError,
    decimal_mark,
    is_ambiguous,
    read_amount,
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("120", "120"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("-74,40", "-74.40"),
        ("+00000000000012.00", "12.00"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1.234.567", "1234567"),
        ("1,234,567.8", "1234567.8"),
        ("1,23,456.78", "123456.78"),
        ("1 025,53", "1025.53"),
        ("1\u00a0025,53", "1025.53"),
        ("1\u202f025,53", "1025.53"),
        ("1'234.50", "1234.50"),
        ("1\u2019234.50", "1234.50"),
        ("1 234,567", "1234.567"),
        ("5.00-", "-5.00"),
        ("(5.00)", "-5.00"),
        ("\u22125.00", "-5.00"),
        ("- 5.00", "-5.00"),
        ("$120", "120"),
        ("R$ -0,50", "-0.50"),
        ("-R$ 1.234,56", "-1234.56"),
        ("US$5.00", "5.00"),
        ("-$120.00", "-120.00"),
        ("$-120.00", "-120.00"),
        ("12,00 €", "12.00"),
        (".50", "0.50"),
        ("5.", "5"),
        ("0.125", "0.125"),
        ("-1084.000", "-1084.000"),
        ("-0.00", "0.00"),
    ],
)
def test_reads_what_can_mean_one_amount(text: str, amount: str) -> None:
    assert str(read_amount(text)) == amount


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", ",", "-", "()", "abc", "12a", "NaN", "Infinity", "-inf", "1E999999", "1e5", "0x10", "1_000"),
        *("--5", "+-5", "-5-", "(-5)", "(5", "5)", "(5)-", "1.2.3", "12,34.567,8", "1,2345,678.00", "1 2", "1''234"),
        *("1,234.567,8", "12,345,67", "€5€", "5€5", "٣", "²", "\uff11\uff12", "null", "1\n2", "12.345.6"),
    ],
)
def test_refuses_what_is_not_certainly_one_amount(text: str) -> None:
    with pytest.raises(AmountError):
        read_amount(text)


def test_reads_as_many_characters_as_allowed_and_not_one_more() -> None:
    longest = "1." + "0" * (MAX_LENGTH - 2)
    assert read_amount(longest) == 1
    with pytest.raises(AmountError):
        read_amount(longest + "0")


def test_reads_as_many_digits_as_a_ledger_keeps_and_not_one_more() -> None:
    assert read_amount("00" + "9" * MAX_WHOLE_DIGITS) == Decimal("9" * MAX_WHOLE_DIGITS)
    with pytest.raises(AmountError):
        read_amount("9" * (MAX_WHOLE_DIGITS + 1))


@pytest.mark.parametrize("text", ["1,234", "1.234", "-12,345", "123.456", "$1,234"])
def test_one_mark_before_three_digits_is_ambiguous(text: str) -> None:
    assert is_ambiguous(text)


@pytest.mark.parametrize("text", ["1234,567", "0,123", ",123", "1,23", "1,2345", "1,234,567", "1,234.5", "1 234,567"])
def test_anything_beside_that_is_not_ambiguous(text: str) -> None:
    assert not is_ambiguous(text)


def test_other_amounts_of_the_file_decide_an_ambiguous_one() -> None:
    assert read_amount("1,234", decimal_mark(["12.50", "1,234"])) == 1234
    assert read_amount("1,234", decimal_mark(["12,50", "1,234"])) == Decimal("1.234")
    assert read_amount("1.234", decimal_mark(["12,50", "1.234"])) == 1234
    assert read_amount("1.234", decimal_mark(["1,234,567", "1.234"])) == Decimal("1.234")


def test_without_help_the_mark_begins_the_fraction() -> None:
    assert decimal_mark(["1,234", "5", "nonsense"]) is None
    assert read_amount("1,234") == Decimal("1.234")


def test_amounts_that_disagree_decide_nothing() -> None:
    assert decimal_mark(["74,40", "-3.34"]) is None


@st.composite
def written_amounts(draw: st.DrawFn) -> tuple[str, Decimal]:
    """An amount of at most 15 digits before and two behind the mark, in some bank's writing."""
    cents = draw(st.integers(0, 10**14))
    is_negative = draw(st.booleans()) and cents > 0
    group, mark = draw(st.sampled_from([("", "."), ("", ","), (",", "."), (".", ","), (" ", ","), ("'", ".")]))
    digits = f"{cents // 100:,}".replace(",", group) + mark + f"{cents % 100:02d}"
    shape = draw(st.sampled_from(["-{}", "{}-", "({})", "\u2212{}", "-€{}", "{} €-"]) if is_negative else st.just("{}"))
    return shape.format(digits), Decimal(-cents if is_negative else cents).scaleb(-2)


@given(written_amounts())
def test_reads_back_every_writing(written: tuple[str, Decimal]) -> None:
    text, amount = written
    assert read_amount(text) == amount


@given(st.text(max_size=60) | st.text("0123456789.,'+-() €\u2212\u00a0eE", max_size=45))
def test_any_text_is_a_finite_amount_or_refused(text: str) -> None:
    try:
        amount = read_amount(text)
    except AmountError:
        return
    assert amount.is_finite()
    assert sum(char.isdigit() for char in text) >= 1
