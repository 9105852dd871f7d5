"""A table as a grid of cells: out of CSV in any common dialect, an XLSX workbook, or what somebody pasted.

Work and memory are in proportion to the input, which is limited first. A workbook (ECMA-376) is unpacked in memory,
counted while it comes; one with a document type declaration is refused, for entities could be made to grow or to fetch.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import struct
import unicodedata
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import openpyxl

from .encoding import decode
from .file_kind import guess
from .statement import StatementError

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 5_000
"""Rows that hold anything; headings, empty lines and totals among them have a little room of their own."""
ROOM = 200
MAX_COLUMNS = 60
MAX_CELL = 500
#: A workbook: its parts, their size unpacked, the tags of one part and within one row.
MAX_PARTS, MAX_UNPACKED, MAX_TAGS, MAX_TAGS_OF_ROW = 300, 40 * 1024 * 1024, 600_000, 20_000
MAX_SHEETS = 10
LAST_ROW = 1_048_576
"""The last row that a worksheet can have."""

Cell = str | Decimal | dt.date
"""Numbers and days come from workbooks; all else is text."""

_SAMPLE = 60
_DELIMITERS = ("\t", ";", "|", ",")
_SPACED = re.compile(r"(?: {2,}|\u3000+|\u00a0{2,})")
_RULE = re.compile(r"[\s|+:=_-]*")
_ROW_BEGINS = re.compile(rb"<(?:[A-Za-z0-9]+:)?row\b")
_FORMULA = re.compile(rb"<(?:[A-Za-z0-9]+:)?f[\s/>]")
_DECLARED = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
#: What only stands in tables of Chinese payers, whatever their bytes would mean elsewhere.
_CHINESE = re.compile("发票|单据|金额|付款|编号|号码|日期|合计|客户|备注")
_DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, SyntaxError, NotImplementedError),
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError),
)


class AdviceError(Exception):
    """A remittance advice that is refused as a whole.

    :ivar code: ``empty``, ``too_large``, ``too_many_rows``, ``too_many_columns``, ``unknown_format``, ``encoding``,
        ``bad_workbook``, ``entities``, ``no_table``
    :ivar facts: what to tell it with, such as ``limit`` or the ``kind`` of file that it looks like
    """

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells with their numbers in the source, counted from 1; rows without anything are left out.

    :ivar sheet: name of the worksheet, if the workbook has several
    :ivar has_formulas: some values are results that the program which wrote the file has left in it, or has not
    """

    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    sheet: str = ""
    has_formulas: bool = False


def read_grids(content: bytes) -> list[Grid]:
    """Return the tables that a file may hold, the likeliest first: one per worksheet, or the one of a text file."""
    if len(content) > MAX_BYTES:
        raise AdviceError("too_large", limit=MAX_BYTES // 1024 // 1024)
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise AdviceError("empty")
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content)
    kind = guess(content)
    if kind not in ("", "csv", "text", "email"):  # words such as "Date:" look like the head of an e-mail
        raise AdviceError("unknown_format", kind=kind)
    return [read_text(_decoded(content))]


def _decoded(content: bytes) -> str:
    """Return the text of a file, which declares no charset: Chinese tables are known by the words in them."""
    chinese = content.decode("gb18030", "replace")
    labels = ["GB18030"] if _CHINESE.search(chinese) else []
    try:
        return decode(content, labels).text
    except StatementError:
        raise AdviceError("encoding") from None


def read_text(text: str) -> Grid:
    """Return the table in ``text``: delimited as CSV, or with its columns set apart by blanks."""
    if len(text) > MAX_BYTES:
        raise AdviceError("too_large", limit=MAX_BYTES // 1024 // 1024)
    text = text.replace("\0", "")
    if text[:4].lower() == "sep=":  # what Excel puts in front
        text = text.partition("\n")[2]
    if not text.strip():
        raise AdviceError("empty")
    ways = [_delimited(text, delimiter) for delimiter in _DELIMITERS if delimiter in text]
    ways.append([_SPACED.split(line.strip()) for line in text.splitlines()])
    best = max(ways, key=_regularity)
    return Grid(_rows(best))


def _delimited(text: str, delimiter: str) -> list[list[str]]:
    """Cut ``text`` by RFC 4180; a quote that is never closed is a character as any other."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        rows = []
    if not rows or any(cell.count("\n") > ROOM // 10 for row in rows for cell in row):
        rows = [line.split(delimiter) for line in text.splitlines()]
    return rows


def _regularity(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how many rows at the beginning have the commonest number of columns, from two up, and that number.

    A row with a cell in which columns still stand apart was cut at the wrong marks.
    """
    cut = [row for row in rows[:_SAMPLE] if len(row) > 1 and any(cell.strip() for cell in row)]
    counts = Counter(len(row) for row in cut if not any(_SPACED.search(cell.strip()) for cell in row))
    if not counts:
        return 0, 0
    width, times = max(counts.items(), key=lambda each: (each[1], each[0]))
    return times, width


def _rows(cut: Iterable[Sequence[Cell | None]]) -> tuple[tuple[int, tuple[Cell, ...]], ...]:
    """Return the rows that hold anything, cleaned and counted."""
    found: list[tuple[int, tuple[Cell, ...]]] = []
    for number, row in enumerate(cut, 1):
        if any(cell not in (None, "") for cell in row[MAX_COLUMNS:]):
            raise AdviceError("too_many_columns", limit=MAX_COLUMNS, row=number)
        cells = tuple(_clean(cell) for cell in row[:MAX_COLUMNS])
        if all(isinstance(cell, str) and _RULE.fullmatch(cell) for cell in cells):
            continue
        found.append((number, cells))
        if len(found) > MAX_ROWS + ROOM:
            raise AdviceError("too_many_rows", limit=MAX_ROWS)
    return tuple(found)


def _clean(cell: Cell | None) -> Cell:
    """Return a cell without what is not shown: control characters and those that turn the direction of writing."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    spaced = (" " if char.isspace() else char for char in cell[:MAX_CELL])
    return "".join(char for char in spaced if unicodedata.category(char)[0] != "C").strip()


# Workbooks


def _workbook(content: bytes) -> list[Grid]:
    try:
        has_formulas = _check_parts(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are of no interest here
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
            is_one = len(sheets) == 1
            return [
                Grid(_rows(_cells(sheet)), "" if is_one else str(_clean(sheet.title)), has_formulas)
                for sheet in sheets[:MAX_SHEETS]
            ]
    except _DAMAGES:
        raise AdviceError("bad_workbook") from None


def _cells(sheet: openpyxl.worksheet._read_only.ReadOnlyWorksheet) -> Iterable[list[Cell | None]]:
    for row in sheet.iter_rows(min_row=1, max_row=LAST_ROW, min_col=1, max_col=MAX_COLUMNS + 1, values_only=True):
        yield [] if row.count(None) == len(row) else [_value(cell) for cell in row]


def _value(cell: object) -> Cell | None:
    """Return what a worksheet's cell holds; a float has the fifteen digits that a worksheet shows."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return Decimal(cell) if abs(cell) < 10**15 else str(cell)[:MAX_CELL]
    if isinstance(cell, float):
        told = f"{cell:.15g}"
        return Decimal(told).quantize(Decimal(1)) if cell.is_integer() and abs(cell) < 1e15 else _short(told)
    return str(cell)


def _short(told: str) -> Cell:
    amount = Decimal(told)
    return amount if amount.is_finite() and -15 <= amount.adjusted() <= 15 else told


def _check_parts(content: bytes) -> bool:
    """Refuse a workbook that would grow too large or declares entities; return whether a worksheet has formulas."""
    has_formulas = False
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        # What is read of a part ends at the size that is told here.
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise AdviceError("too_large", limit=MAX_BYTES // 1024 // 1024)
        if "[Content_Types].xml" not in archive.namelist():
            raise AdviceError("unknown_format", kind="archive")
        for part in parts:
            if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
                continue
            data = archive.read(part)
            if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:200] or _DECLARED.search(data):
                raise AdviceError("entities")
            cut = _ROW_BEGINS.split(data)
            if data.count(b"<") > MAX_TAGS or (
                len(cut) > 1 and max(piece.count(b"<") for piece in cut) > MAX_TAGS_OF_ROW
            ):
                raise AdviceError("too_many_columns", limit=MAX_COLUMNS, row=0)
            has_formulas = has_formulas or (len(cut) > 1 and _FORMULA.search(data) is not None)
    return has_formulas
