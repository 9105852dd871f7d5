"""Read a table of settled invoices, whatever its columns are called."""

from __future__ import annotations

import csv
import importlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

Invoice: Any = importlib.import_module("odoo.addons.ar_enhanced.engine.lateness").Invoice

#: Names of each column without spaces, in small letters; the first that is there wins.
COLUMNS = {
    "customer": "customerid customernumber custnumber customercode customer custid cust clientid client partnerid"
    " partner debtor account accountid customername namecustomer name",
    "number": "invoicenumber invoiceid invoiceno invoice docid documentnumber docnumber number id",
    "issued": "invoicedate issuedate issued documentdate documentcreatedate postingdate billingdate docdate date",
    "due": "duedate dueindate due maturitydate maturity datedue netduedate",
    "settled": "settleddate settlementdate settled paymentdate paiddate datepaid cleardate clearingdate clearedon"
    " paidon paid closedate datesettled",
    "amount": "invoiceamount amount totalopenamount totalamount total value amountdue",
}
NEEDED = ("customer", "issued", "due", "settled")
#: Complaints that are told one by one, and the share of bad rows at which the file is refused.
TOLD, REFUSED_SHARE = 10, 0.5
EMPTY = {"", "null", "none", "nan", "nat", "n/a", "-"}


class BadFile(Exception):
    """The file is no payment history; the text says why."""


def read_history(path: Path) -> tuple[list[Any], list[str]]:
    """Return the settled invoices, and a complaint for each row that could not be read.

    :raises BadFile: when there is nothing to measure
    """
    rows = list(_rows(path))
    if not rows:
        raise BadFile(f"{path} is empty.")
    header, *body = rows
    columns = _columns(header[1])
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise BadFile(f"{path}: no column for {', '.join(missing)}; found: {', '.join(header[1])}. See tests/scoring.")
    order = _day_reader(
        [row[columns[name]] for _line, row in body if len(row) >= len(header[1]) for name in NEEDED[1:]]
    )
    invoices, complaints = [], []
    left_open = 0
    for line, row in body:
        try:
            invoice = _invoice(row, columns, order)
        except ValueError as error:
            complaints.append(f"line {line}: {error}")
            continue
        if invoice is None:
            left_open += 1
        else:
            invoices.append(invoice)
    if not invoices:
        raise BadFile("\n".join([*complaints[:TOLD], f"{path}: no row is a settled invoice."]))
    if len(complaints) > REFUSED_SHARE * len(body):
        raise BadFile("\n".join([*complaints[:TOLD], f"{path}: {len(complaints)} of {len(body)} rows can't be read."]))
    told = complaints[:TOLD]
    if len(complaints) > TOLD:
        told.append(f"… and {len(complaints) - TOLD} more rows that can't be read")
    if left_open:
        told.append(f"{left_open} rows without a settled date are open invoices and left out")
    return invoices, told


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with its line."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror}.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise BadFile(f"{path} is no text file.")
    heading = text.partition("\n")[0]
    delimiter = max(",;\t|", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise BadFile(f"{path}, line {reader.line_num}: {error}.") from error


def _columns(header: Sequence[str]) -> dict[str, int]:
    names = [re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in header]
    return {
        column: names.index(next(known for known in spelled.split() if known in names))
        for column, spelled in COLUMNS.items()
        if any(known in names for known in spelled.split())
    }


def _day_reader(cells: Sequence[str]) -> Callable[[str], int]:
    """Return how days are read: day-first unless the figures of this file allow for the month first alone."""
    parts = [re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", cell) for cell in cells]
    firsts = [(int(part[1]), int(part[2])) for part in parts if part]
    month_first = any(second > 12 for _first, second in firsts) and not any(first > 12 for first, _second in firsts)

    def read(cell: str) -> int:
        text = re.split("[T ]", cell, maxsplit=1)[0]
        if re.fullmatch(r"\d{8}(\.0)?", text):
            text = f"{text[:4]}-{text[4:6]}-{text[6:8]}"
        if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text):
            year, month, day = (int(part) for part in found.groups())
        elif found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text):
            first, second, year = (int(part) for part in found.groups())
            day, month = (second, first) if month_first else (first, second)
        else:
            raise ValueError(f"“{cell}” is no day such as 2025-01-31 or 31/01/2025")
        try:
            return date(year, month, day).toordinal()
        except ValueError as error:
            raise ValueError(f"“{cell}” is no day of the calendar") from error

    return read


def _invoice(row: Sequence[str], columns: dict[str, int], day: Callable[[str], int]) -> Any:
    """Return the invoice of a row, None when it is open.

    :raises ValueError: when the row can't be read
    """
    if len(row) <= max(columns.values()):
        raise ValueError(f"{len(row)} cells, too few")
    cells = {name: row[place] for name, place in columns.items()}
    if not cells["customer"]:
        raise ValueError("no customer")
    if cells.get("amount"):
        _check_amount(cells["amount"])
    issued, due = day(cells["issued"]), day(cells["due"])
    if cells["settled"].lower() in EMPTY:
        return None
    settled = day(cells["settled"])
    if settled < issued:
        raise ValueError("settled before it was issued")
    return Invoice(cells["customer"], issued, due, settled)


def _check_amount(cell: str) -> None:
    """Refuse an amount that is none; both ways to write decimals and thousands are taken."""
    text = re.sub(r"[^\d.,+-]", "", cell)
    if "," in text and "." in text:
        text = text.replace("," if text.rfind(",") < text.rfind(".") else ".", "")
    try:
        Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(f"“{cell}” is no amount") from error
