"""Packed lines come back as they were."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers import StatementLine
from odoo.addons.ar_reconcile.parsers.packed import PackedLines
from odoo.addons.ar_reconcile.parsers.statement import DETAILS

texts = st.text(st.characters(exclude_categories=("C",)), max_size=12)
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**15), max_value=10**15)
days = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))
lines = st.builds(
    StatementLine,
    date=days,
    amount=amounts,
    bank_id=texts,
    counterparty_name=texts,
    counterparty_account=texts,
    remittance=texts,
    reference=texts,
    original_amount=st.none() | amounts,
    original_currency=st.none() | st.sampled_from(["EUR", "USD"]),
    exchange_rate=st.none() | amounts,
    value_date=st.none() | days,
    kind=texts,
    line=st.none() | st.integers(1, 10**7),
    entry=texts,
    entry_amount=st.none() | amounts,
    details=st.dictionaries(st.sampled_from(DETAILS), texts, max_size=4),
)


@given(st.lists(lines, max_size=4))
def test_lines_come_back_equal(written: list[StatementLine]) -> None:
    packed = PackedLines(written)
    assert packed == tuple(written)
    assert (list(packed), len(packed), packed[1:]) == (written, len(written), tuple(written[1:]))
    for index, line in enumerate(written):
        assert packed[index] == line
        assert str(packed[index].amount) == str(line.amount)
    assert packed == PackedLines(written)


def test_another_line_or_one_more_is_not_equal() -> None:
    line = StatementLine(date=dt.date(2026, 11, 18), amount=Decimal("1.50"))
    assert PackedLines([line]) != (line, line)
    assert PackedLines([line]) != (StatementLine(date=line.date, amount=Decimal("1.51")),)
    assert PackedLines([line]) != [line]


@pytest.mark.parametrize("text", ["a\x1fb", "a\x1eb"])
def test_a_text_that_would_come_back_as_two_is_refused(text: str) -> None:
    line = StatementLine(date=dt.date(2026, 11, 18), amount=Decimal(1), details={"batch": text})
    with pytest.raises(ValueError, match="control character"):
        PackedLines([line])
