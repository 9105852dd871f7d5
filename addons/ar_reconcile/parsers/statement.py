"""Bank statements as a file tells them, before anything is written: what the reader of every format returns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Fact = str | int
Facts = Mapping[str, Fact]
MessageKind = Literal["statement", "report", "notification"]


class StatementError(Exception):
    """A file that is refused as a whole.

    :ivar code: stable word for the reason: ``empty``, ``too_large``, ``unknown_format``, ``not_a_statement``,
        ``truncated``, ``bad_amount``, ``bad_date``, ``too_deep``, ``encoding``, ``entities``, ``wrong_library``,
        ``bad_archive``, ``unreadable``
    :ivar message: one plain English sentence, without the line number
    :ivar line: line of the file, counted from 1, when one is to blame; ``str(error)`` names it
    :ivar file: name inside the archive, when the file to blame is in one
    :ivar hint: stable word for what the file looks like in place of a statement, see :mod:`.file_kind`
    """

    def __init__(self, code: str, message: str, line: int | None = None, file: str = "", hint: str = "") -> None:
        super().__init__(code, message, line, file, hint)
        self.code = code
        self.message = message
        self.line = line
        self.file = file
        self.hint = hint

    def __str__(self) -> str:
        told = self.message if self.line is None else f"Line {self.line}: {self.message}"
        return f"{self.file}: {told}" if self.file else told


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
    :ivar remittance: what the payer wrote, unstructured
    :ivar reference: what was written to be found again by a program: creditor references, document numbers, cheque
        numbers, the payer's end-to-end id
    :ivar original_amount: the amount in ``original_currency``, signed as ``amount``
    :ivar exchange_rate: statement currency for one unit of ``original_currency``
    :ivar kind: the bank's own word for the sort of transaction, upper case
    :ivar line: line of the file that the transaction begins on; of a camt file, the one that its entry ends on
    :ivar entry: the bank's reference of the booked entry that this is a part or the whole of; empty without one
    :ivar entry_amount: signed amount of that entry; ``None`` in formats that know no entries
    :ivar details: whatever else the bank said, by the keys of :data:`DETAILS`
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
    entry: str = ""
    entry_amount: Decimal | None = None
    details: Mapping[str, str] = field(default_factory=dict)


#: What ``StatementLine.details`` may hold beside the named fields, in the order to show it in.
DETAILS = (
    "end_to_end_id",
    "instruction_id",
    "transaction_id",
    "uetr",
    "mandate_id",
    "creditor_id",
    "cheque",
    "batch",
    "bank_code",
    "purpose",
    "counterparty_bank",
    "counterparty_id",
    "counterparty_address",
    "ultimate_debtor",
    "ultimate_creditor",
    "charges",
    "return_reason",
    "reversal",
    "additional_info",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The transactions of one account over one period.

    :ivar account: number of the account as written, empty when the file names none
    :ivar account_kind: ``bank``, ``credit_card`` or ``investment``
    :ivar bank: routing id or BIC of the bank, or the broker's id
    :ivar currency: ISO 4217 code in upper case, when the file tells one
    :ivar number: the bank's own number or id of the statement
    :ivar owner: name of the account or of its owner
    :ivar message_kind: ``statement`` for the final word of the bank on a period; ``report`` for one on a day that is
        not over, ``notification`` for single entries or the details of some: both are repeated by a statement
    :ivar format: name and version of the format, ``OFX 1.02`` or ``camt.053.001.08``
    :ivar file: name of the file inside the archive that it came in
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
    lines: Sequence[StatementLine] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Remark, ...] = ()
    number: str = ""
    owner: str = ""
    message_kind: MessageKind = "statement"
    format: str = ""
    file: str = ""
    encoding: str = "utf-8"

    @property
    def total(self) -> Decimal:
        """Return the sum of the lines."""
        return sum((line.amount for line in self.lines), Decimal())

    @property
    def difference(self) -> Decimal | None:
        """Return closing balance less opening balance and lines: zero when they agree, ``None`` without both."""
        if self.opening_balance is None or self.closing_balance is None:
            return None
        return self.closing_balance - self.opening_balance - self.total
