"""Bank statements as a file tells them, before anything is written: what the reader of every format returns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

Fact = str | int
Facts = Mapping[str, Fact]


class StatementError(Exception):
    """A file that is refused as a whole.

    :ivar code: stable word for the reason: ``empty``, ``too_large``, ``unknown_format``, ``not_a_statement``,
        ``truncated``, ``bad_amount``, ``bad_date``, ``too_deep``, ``encoding``, ``wrong_library``, ``unreadable``
    :ivar message: one plain English sentence, without the line number
    :ivar line: line of the file, counted from 1, when one is to blame; ``str(error)`` names it
    """

    def __init__(self, code: str, message: str, line: int | None = None) -> None:
        super().__init__(code, message, line)
        self.code = code
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return self.message if self.line is None else f"Line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something the file holds that is no booked line, and why: ``code`` and the facts to tell it with."""

    code: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd that was read all the same: ``code`` and the facts to tell it with."""

    code: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One booked transaction of an account.

    :ivar date: the day that the bank printed, never shifted by a time zone
    :ivar amount: as the owner of the account sees it: money in is positive
    :ivar bank_id: the bank's own id, unique at most within one account; empty when the bank gives none
    :ivar original_amount: the amount in ``original_currency``, signed as ``amount``
    :ivar exchange_rate: statement currency for one unit of ``original_currency``
    :ivar kind: the bank's own word for the sort of transaction, upper case
    :ivar line: line of the file that the transaction begins on
    """

    date: dt.date
    amount: Decimal
    bank_id: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    remittance: str = ""
    reference: str = ""
    original_amount: Decimal | None = None
    original_currency: str | None = None
    exchange_rate: Decimal | None = None
    value_date: dt.date | None = None
    kind: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The transactions of one account over one period.

    :ivar account: number of the account as written, empty when the file names none
    :ivar account_kind: ``bank``, ``credit_card`` or ``investment``
    :ivar bank: routing id of the bank, or the broker's id
    :ivar currency: ISO 4217 code in upper case, when the file tells one
    :ivar encoding: what the text of the file turned out to be written in
    """

    account: str
    account_kind: str
    bank: str | None = None
    branch: str | None = None
    currency: str | None = None
    opening_balance: Decimal | None = None
    closing_balance: Decimal | None = None
    closing_date: dt.date | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    lines: tuple[StatementLine, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Remark, ...] = ()
    encoding: str = "utf-8"
