"""A customer's remittance advice: which invoices a payment pays, as a file or a pasted table.

Customers make them from spreadsheets, each in its own way. What is certain is read, a row that isn't is told with its
number and a code, and what was odd and read nevertheless is a remark. A total is checked and never taken for an
invoice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .advice_columns import (
    CURRENCIES,
    Columns,
    Row,
    columns_of,
    is_month_first,
    money_text,
    plain_words,
    read_day,
    read_money,
)
from .advice_grid import MAX_ROWS, AdviceError, Cell, Grid, read_grids, read_text
from .amount import AmountError, Mark, decimal_mark, is_ambiguous
from .statement import Fact, Remark

__all__ = ["AdviceError", "AdviceRow", "RemittanceAdvice", "RowError", "read_advice", "read_pasted"]

MAX_NUMBER = 50
MAX_TEXT = 200
#: The most that a row or a total may be, either way.
MAX_AMOUNT = Decimal(10) ** 12
#: Decimals of the finest currency (ISO 4217); a price per piece has more, an amount paid never.
MOST_DECIMALS = 4

_TOTAL = re.compile(
    r"\b(?:grand total|total|totals|sum|summe|gesamt|gesamtbetrag|gesamtsumme|endsumme|somme|montant total|totale"
    r"|suma|importe total|totaal|totaalbedrag|zahlbetrag gesamt)\b|合计|总计|总额|合計"
)
_SUBTOTAL = re.compile(
    r"\b(?:sub ?totals?|carried forward|brought forward|zwischensumme|ubertrag|sous total|report|a reporter"
    r"|subtotale|riporto|subtotaal|transport)\b|小计"
)
_PAYER = re.compile(
    r"(?:payer|paid by|customer|customer name|from|company|payeur|client|emetteur|kunde|zahler|auftraggeber|absender"
    r"|pagador|cliente|ordenante|pagatore|ordinante|betaler|klant|付款人|付款方|付款单位|客户|客户名称)"
)
_LABELLED = re.compile(r"([^:\uff1a]{2,40})[:\uff1a]\s*(.*)")
_CODE = re.compile(r"(?<![A-Z])([A-Z]{3})(?![A-Z])")


@dataclass(frozen=True, slots=True)
class AdviceRow:
    """One document that the customer pays, or takes off.

    :ivar number: as the customer writes it
    :ivar paid: what is paid of it; negative for a credit note that is taken off
    :ivar discount: what is taken off for early payment, as a positive amount
    :ivar deduction: what is taken off for other reasons, as a positive amount
    :ivar date: of the document
    :ivar row: of the file, counted from 1
    """

    number: str
    paid: Decimal
    discount: Decimal = Decimal()
    deduction: Decimal = Decimal()
    date: dt.date | None = None
    text: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that could not be read: ``no_number``, ``no_amount``, ``bad_amount``, ``ambiguous_amount``, ``too_large``.

    ``text`` is what stands there.
    """

    code: str
    row: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class RemittanceAdvice:
    """All that an advice says.

    :ivar total: what the advice says in sum; the sum of its rows where it says none
    :ivar currency: ISO 4217 code, empty if it tells none, or several
    :ivar payer: name of who pays, if told
    """

    rows: tuple[AdviceRow, ...]
    total: Decimal
    currency: str = ""
    payer: str = ""
    remarks: tuple[Remark, ...] = ()
    errors: tuple[RowError, ...] = ()


def read_advice(content: bytes) -> RemittanceAdvice:
    """Read an advice that came as a file: CSV or another text table, or an XLSX workbook.

    :raises AdviceError: when nothing in it is an advice, or it is too large
    """
    return _first_advice(read_grids(content))


def read_pasted(text: str) -> RemittanceAdvice:
    """Read an advice that was pasted from a spreadsheet or an e-mail.

    :raises AdviceError: when there is no table in it, or it is too large
    """
    return _first_advice([read_text(text)])


def _first_advice(grids: Sequence[Grid]) -> RemittanceAdvice:
    refusal = AdviceError("no_table")
    for grid in grids:
        columns = columns_of(grid.rows)
        if columns is None:
            continue
        advice = _Reading(grid, columns).advice()
        if advice.rows:
            return advice
        if advice.errors:
            refusal = AdviceError("no_rows", row=advice.errors[0].row)
    raise refusal


class _Reading:
    """What is gathered on the way through the rows of one table."""

    def __init__(self, grid: Grid, columns: Columns) -> None:
        self.grid = grid
        self.columns = columns
        self.body = grid.rows[columns.first :]
        self.mark = _mark_of_amounts(columns, self.body)
        self.rows: list[AdviceRow] = []
        self.errors: list[RowError] = []
        self.remarks: list[Remark] = []
        self.total: Decimal | None = None
        self.codes: dict[str, None] = {}
        self.is_month_first = is_month_first(columns.cell(cells, "date") for _number, cells in self.body)

    def advice(self) -> RemittanceAdvice:
        """Return everything that was read."""
        for number, cells in self.body:
            self._read(number, cells)
            if len(self.rows) + len(self.errors) > MAX_ROWS:
                raise AdviceError("too_many_rows", limit=MAX_ROWS)
        summed = sum((row.paid for row in self.rows), Decimal())
        if self.total is not None and self.total != summed:
            self._remark("total_differs", total=str(self.total), sum=str(summed))
        self._remark_doubles()
        if self.grid.sheet:
            self._remark("one_sheet", sheet=self.grid.sheet)
        if self.grid.has_formulas and self.errors:
            self._remark("formulas")
        if not self.columns.first:
            self._remark("no_headings")
        payer, codes = self._told_above()
        codes = list(self.codes) or codes
        if len(codes) > 1:
            self._remark("currencies", codes=" ".join(codes[:10]))
        return RemittanceAdvice(
            tuple(self.rows),
            summed if self.total is None else self.total,
            codes[0] if len(codes) == 1 else "",
            payer,
            tuple(self.remarks),
            tuple(self.errors),
        )

    def _remark(self, code: str, **facts: Fact) -> None:
        self.remarks.append(Remark(code, facts))

    def _remark_doubles(self) -> None:
        seen: set[str] = set()
        for row in self.rows:
            key = plain_words(row.number)
            if key in seen:
                self._remark("twice", number=row.number, row=row.row)
            seen.add(key)

    # Rows

    def _read(self, place: int, cells: Sequence[Cell]) -> None:
        """Read one row: an invoice, a total, or a line of text between them."""
        if self.columns.heading and cells[: len(self.columns.heading)] == self.columns.heading:
            return  # headings again, on a new page
        number = _number(self.columns.cell(cells, "number"))
        paid = self.columns.cell(cells, "paid")
        words = plain_words(" ".join(cell for cell in cells if isinstance(cell, str)))
        if _SUBTOTAL.search(words) and not _has_digits(number):
            self._remark("subtotal", row=place)
            return
        is_total = not _has_digits(number)
        if (
            is_total
            and (_TOTAL.search(words) or not number)
            and self._is_total(cells, has_word=bool(_TOTAL.search(words)))
        ):
            return
        if not number or not _has_digits(number):
            if read_money(paid, self.mark) is not None:
                self.errors.append(RowError("no_number", place, _shown(cells)))
            return
        self._read_invoice(place, number, cells)

    def _is_total(self, cells: Sequence[Cell], *, has_word: bool) -> bool:
        """Whether a row without a number is the total: it says so, or is what the rows above sum to."""
        found = read_money(self.columns.cell(cells, "paid"), self.mark)
        if found is None:
            told = [each for each in (read_money(cell, self.mark) for cell in cells) if each is not None]
            found = told[-1] if told and has_word else None
        if found is None or abs(found[0]) > MAX_AMOUNT:
            return has_word
        if not has_word and (not self.rows or found[0] != sum((row.paid for row in self.rows), Decimal())):
            return False
        self.total = found[0]
        return True

    def _read_invoice(self, place: int, number: str, cells: Sequence[Cell]) -> None:
        amounts: dict[str, Decimal] = {}
        for role in ("paid", "gross", "discount", "deduction"):
            cell = self.columns.cell(cells, role)
            if cell in ("", "-", "–"):
                continue
            found = read_money(cell, self.mark)
            problem = self._problem(cell, found)
            if problem:
                self.errors.append(RowError(problem, place, _shown(cells)))
                return
            if found is not None:
                amounts[role] = found[0]
                if found[1]:
                    self.codes[found[1]] = None
        code = str(self.columns.cell(cells, "currency")).strip().upper()
        if re.fullmatch("[A-Z]{3}", code):
            self.codes[code] = None
        paid = self._paid(place, amounts)
        if paid is None:
            self.errors.append(RowError("no_amount", place, _shown(cells)))
            return
        text = self.columns.cell(cells, "text")
        self.rows.append(
            AdviceRow(
                number,
                paid,
                abs(amounts.get("discount", Decimal())),
                abs(amounts.get("deduction", Decimal())),
                read_day(self.columns.cell(cells, "date"), is_month_first=self.is_month_first),
                str(text)[:MAX_TEXT],
                place,
            )
        )

    def _problem(self, cell: Cell, found: tuple[Decimal, str] | None) -> str:
        """Return the code of what is wrong with an amount, empty if nothing is."""
        if found is None:
            return "bad_amount"
        if abs(found[0]) > MAX_AMOUNT or -int(found[0].normalize().as_tuple().exponent) > MOST_DECIMALS:
            return "too_large" if abs(found[0]) > MAX_AMOUNT else "bad_amount"
        if isinstance(cell, str) and self.mark is None and _is_doubtful(cell):
            return "ambiguous_amount"
        return ""

    def _paid(self, place: int, amounts: dict[str, Decimal]) -> Decimal | None:
        """Return what is paid: as told, or the gross amount less what is taken off."""
        gross = amounts.get("gross")
        off = abs(amounts.get("discount", Decimal())) + abs(amounts.get("deduction", Decimal()))
        rest = None if gross is None else gross - (off if gross > 0 else -off)
        if self.columns.roles.get("paid") == self.columns.roles.get("gross"):
            return rest
        paid = amounts.get("paid")
        if paid is None:
            return rest
        if rest is not None and off and paid != rest:
            self._remark("row_differs", row=place, paid=str(paid), rest=str(rest))
        return paid

    # Around the table

    def _told_above(self) -> tuple[str, list[str]]:
        """Return the payer and the currencies that are told beside the rows."""
        payer = ""
        codes: dict[str, None] = {}
        for _number, cells in self.grid.rows[: self.columns.first]:
            texts = [cell for cell in cells if isinstance(cell, str) and cell]
            for at, text in enumerate(texts):
                match = _LABELLED.fullmatch(text)
                label, value = (match[1], match[2]) if match else (text, "")
                value = value or (texts[at + 1] if at + 1 < len(texts) else "")
                if not payer and value and _PAYER.fullmatch(plain_words(label)):
                    payer = value[:MAX_TEXT]
                codes.update((code, None) for code in _CODE.findall(text) if code in CURRENCIES)
        return payer, list(codes)


def _mark_of_amounts(columns: Columns, body: Sequence[Row]) -> Mark | None:
    """Return the decimal mark that the columns of amounts agree on; dates and numbers have no say."""
    cells = (
        columns.cell(cells, role) for role in ("paid", "gross", "discount", "deduction") for _number, cells in body
    )
    return decimal_mark(money_text(cell)[0] for cell in cells if isinstance(cell, str) and cell)


def _is_doubtful(cell: str) -> bool:
    try:
        return is_ambiguous(money_text(cell)[0])
    except AmountError:
        return False


def _number(cell: Cell) -> str:
    """Return the number of a document as text; worksheets hold whole numbers as such."""
    if isinstance(cell, Decimal):
        return str(cell)
    return str(cell).strip(" #'")[:MAX_NUMBER].strip()


def _has_digits(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _shown(cells: Iterable[Cell]) -> str:
    return " · ".join(str(cell) for cell in cells if cell != "")[:MAX_TEXT]
