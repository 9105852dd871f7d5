"""Short ways to make remittance advices: workbooks, and what is read of a row."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl

from odoo.addons.ar_reconcile.parsers.remittance_advice import RemittanceAdvice


def workbook(*sheets: Sequence[Sequence[Any]]) -> bytes:
    """An XLSX workbook of these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A workbook of which each part, by its name, is changed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return packed.getvalue()


def pairs(advice: RemittanceAdvice) -> list[tuple[str, str]]:
    """The numbers and what is paid of them, as text."""
    return [(row.number, f"{row.paid:f}") for row in advice.rows]


def remarks(advice: RemittanceAdvice) -> set[str]:
    """The codes of what was odd."""
    return {remark.code for remark in advice.remarks}


def errors(advice: RemittanceAdvice) -> list[tuple[str, int]]:
    """The codes and rows of what could not be read."""
    return [(error.code, error.row) for error in advice.errors]
