"""Advices made to break a reader: each is read or refused with a code, in time and memory in proportion to its size."""

from __future__ import annotations

import io
import zipfile

import pytest
from advice_file import pairs, repacked, workbook
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers.advice_grid import MAX_BYTES, MAX_COLUMNS, MAX_ROWS
from odoo.addons.ar_reconcile.parsers.remittance_advice import AdviceError, RemittanceAdvice, read_advice, read_pasted

PLAIN = workbook([["Invoice", "Amount"], ["INV-1", 5], ["INV-2", 7]])
SHEET = "xl/worksheets/sheet1.xml"


def refused(content: bytes) -> str:
    """The code that ``content`` is refused with."""
    with pytest.raises(AdviceError) as refusal:
        read_advice(content)
    return refusal.value.code


def in_sheet(old: bytes, new: bytes, content: bytes = PLAIN) -> bytes:
    """A workbook whose worksheet has something else in place of ``old``."""
    assert old in zipfile.ZipFile(io.BytesIO(content)).read(SHEET)
    return repacked(content, lambda name, part: part.replace(old, new) if name == SHEET else part)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\0", "empty"),
        (b"x" * (MAX_BYTES + 1), "too_large"),
        (b"Hello", "no_table"),
        (b"a,b\nc,d\n", "no_table"),
        (b"Invoice;Amount\n", "no_table"),
        (b"Invoice;Amount\nINV-1;soon\n", "no_rows"),
        (b"%PDF-1.7 \n", "unknown_format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unknown_format"),
        (b"<html><body>Log in</body></html>", "unknown_format"),
        (b"\xff\xfeI\0n\0v", "encoding"),
        (b"PK\x03\x04 no archive", "bad_workbook"),
        (PLAIN[: len(PLAIN) // 2], "bad_workbook"),
    ],
)
def test_what_is_no_advice_is_refused_with_the_reason(content: bytes, code: str) -> None:
    assert refused(content) == code


def test_as_many_rows_as_are_allowed_are_read_and_no_more() -> None:
    lines = [f"INV-{number},1.00" for number in range(MAX_ROWS)]
    assert len(read_advice("\n".join(["Invoice,Amount", *lines]).encode()).rows) == MAX_ROWS
    assert refused("\n".join(["Invoice,Amount", *lines, "INV-X1,1.00"]).encode()) == "too_many_rows"
    assert refused(workbook([["Invoice", "Amount"], *([f"INV-{at}", 1] for at in range(MAX_ROWS + 1))])) == (
        "too_many_rows"
    )


def test_rows_of_text_count_too() -> None:
    assert refused(b"Dear all;we pay\n" * (MAX_ROWS + 201)) == "too_many_rows"


def test_as_many_columns_as_are_allowed_are_read_and_no_more() -> None:
    row = ["INV-1", "1.00", *["x"] * (MAX_COLUMNS - 2)]
    headings = ["Invoice", "Amount", *["y"] * (MAX_COLUMNS - 2)]
    assert pairs(read_advice("\n".join(map(";".join, (headings, row))).encode())) == [("INV-1", "1.00")]
    assert refused("\n".join(map(";".join, (headings, [*row, "x"]))).encode()) == "too_many_columns"
    assert refused(workbook([headings, [*row, "x"]])) == "too_many_columns"
    assert refused(b"Invoice;Amount\nINV-1;1.00\n" + b";" * 1_000_000 + b"x") == "too_many_columns"


def test_a_million_cells_in_one_row_of_a_workbook_are_refused() -> None:
    assert refused(in_sheet(b'<row r="2"', b"<row>" + b"<c/>" * 1_000_000 + b'</row><row r="2"')) == (
        "too_many_columns"
    )


def test_a_cell_far_to_the_right_or_below_is_not_made_room_for() -> None:
    assert refused(in_sheet(b'r="B3"', b'r="ZZZZZZ3"')) in ("bad_workbook", "no_rows")
    assert len(read_advice(in_sheet(b'<row r="3"', b'<row r="900000000000"')).rows) == 1
    assert len(read_advice(in_sheet(b'<row r="3"', b'<row r="1048576"')).rows) == 2


def test_a_workbook_that_grows_too_large_is_refused() -> None:
    bomb = in_sheet(b"</sheetData>", b" " * 60_000_000 + b"</sheetData>")
    assert len(bomb) < 200_000
    assert refused(bomb) == "too_large"


def test_a_workbook_of_very_many_parts_is_refused() -> None:
    packed = io.BytesIO(PLAIN)
    with zipfile.ZipFile(packed, "a") as archive:
        for number in range(400):
            archive.writestr(f"xl/x{number}.bin", b"")
    assert refused(packed.getvalue()) == "too_large"


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_workbook_that_declares_entities_is_refused(codec: str) -> None:
    declared = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'.encode(codec)
    content = repacked(PLAIN, lambda name, part: declared + part if name == SHEET else part)
    assert refused(content) == "entities"


def test_another_archive_is_no_workbook() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "Invoice;Amount\nINV-1;5")
    assert refused(packed.getvalue()) == "unknown_format"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<v>5</v>", b"<v>1e999</v>"),
        (b"<v>5</v>", b"<v>nan</v>"),
        (b"<v>5</v>", b"<v>" + b"9" * 400 + b"</v>"),
        (b"<v>5</v>", b"<v></v>"),
        (b'<c r="B2"', b'<c s="99999" r="B2"'),
        (b'<c r="B2"', b'<c t="s" r="B2"'),
        (b'<c r="B2"', b'<c t="e" r="B2"'),
        (b'<c r="B2"', b'<c t="d" r="B2"'),
        (b"</sheetData>", b""),
    ],
)
def test_a_cell_that_no_program_writes_is_refused_or_told(old: bytes, new: bytes) -> None:
    try:
        advice = read_advice(in_sheet(old, new))
    except AdviceError:
        return
    assert all(row.paid.is_finite() and abs(row.paid) <= 10**12 for row in advice.rows)


def test_texts_that_hide_or_turn_what_is_shown_are_cleaned() -> None:
    advice = read_advice("Invoice;Amount\n\u202eINV-1\u2069\x07;\u200e5.00\nINV\0-2;6.00".encode())
    assert pairs(advice) == [("INV-1", "5.00"), ("INV-2", "6.00")]


def test_a_formula_in_a_csv_file_is_a_text() -> None:
    advice = read_advice(b'Invoice;Amount\n=HYPERLINK("http://x");5.00\nINV-1;6.00\n')
    assert [error.code for error in advice.errors] == ["no_number"]


@settings(max_examples=300)
@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                *(
                    "Invoice",
                    "Amount",
                    "Gross",
                    "Total",
                    "Discount",
                    "INV-1",
                    "1.00",
                    "1,5",
                    "(2)",
                    "-",
                    "EUR 5",
                    "合计",
                ),
                *(";", ",", "\t", "|", "\n", "\r\n", '"', "  ", "\0", "\u202e", "2026-01-01", "31.12.2026", "合计"),
            ]
        ),
        max_size=60,
    ).map("".join)
)
def test_a_pasted_text_is_read_or_refused(text: str) -> None:
    try:
        advice = read_pasted(text)
    except AdviceError:
        return
    assert isinstance(advice, RemittanceAdvice)
    assert advice.rows
    assert sum(row.paid for row in advice.rows).is_finite()


@settings(max_examples=200)
@given(st.binary(max_size=300), st.integers(0, len(PLAIN)), st.binary(max_size=8))
def test_any_bytes_are_read_or_refused(content: bytes, place: int, damage: bytes) -> None:
    for each in (content, PLAIN[:place] + damage + PLAIN[place + len(damage) :]):
        try:
            read_advice(each)
        except AdviceError:
            continue
