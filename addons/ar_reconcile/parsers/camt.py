"""ISO 20022 account messages: camt.052 (BankToCustomerAccountReport), camt.053 (BankToCustomerStatement) and camt.054
(BankToCustomerDebitCreditNotification), in all versions from 01 to 13, with what banks make of them.

xmltodict streams the file (:mod:`.camt_xml`), :mod:`.camt_entry` turns entries into lines, :mod:`.camt_detail` knows
what their details say, and here they become statements, one for each ``Stmt``, ``Rpt`` or ``Ntfctn``:

* A message is known by its tag, whatever name space it declares; the name space tells the version.
* The opening balance is ``OPBD``, else ``PRCD``, the closing one ``CLBD``. On the pages of a statement that is sent in
  several, ``ITBD`` stands for what is missing: opening on all but the first, closing on all but the last. The ``ITBD``
  of a camt.052 closes nothing, for the day goes on.
* Amounts are unsigned and ``CdtDbtInd`` tells the direction, of balances too.
* What ``TxsSummry`` announces is compared with what was read, on statements of one page.

A file is read as a whole or refused, see :func:`read`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import camt_xml
from .amount import AmountError
from .camt_detail import (
    account_number,
    bank_of,
    day_text,
    inside,
    is_credit,
    iso_currency,
    name_of,
    read_day,
    reference_text,
    unsigned_amount,
)
from .camt_entry import EXACT, EntryReader
from .camt_xml import Document, NotWellFormed, Path, Source, plain_text, read_documents, version_in
from .identity import without_repeats
from .statement import Fact, MessageKind, Remark, Statement, StatementError

__all__ = ["read", "recognises"]

MAX_STATEMENTS = 2_000

recognises = camt_xml.recognises

_STATEMENT_TAGS = ("Stmt", "Rpt", "Ntfctn")
_KINDS: dict[str, MessageKind] = {"053": "statement", "052": "report", "054": "notification"}
# North American banks write the codes of BAI2 instead of ISO's: opening and closing ledger.
_BAI_BALANCES = {"010": "OPBD", "015": "CLBD"}
_IS_CARD = ("CARD", "CREDIT CARD", "CREDITCARD")


def read(content: bytes) -> list[Statement]:
    """Return every statement of the account messages in a file, in its order.

    :raises StatementError: when one entry isn't certain, the file isn't whole, or it holds no account message
    """
    if camt_xml.is_wide(content):
        return _read(camt_xml.mended(content))
    try:
        return _read(camt_xml.as_it_is(content))
    except NotWellFormed:
        return _read(camt_xml.mended(content))


def _read(source: Source) -> list[Statement]:
    file = _File(source)
    read_documents(source, file.take)
    file.finish_statement()
    if not file.statements:
        raise StatementError("not_a_statement", "The file holds no account statement, only the frame of one.")
    return file.statements


@dataclass(slots=True)
class _Balance:
    """A balance of a statement: its code such as CLBD, the signed amount, its currency and its day."""

    code: str
    amount: Decimal
    currency: str
    day: dt.date | None


class _File:
    """Collects the statements of a file while it is streamed."""

    def __init__(self, source: Source) -> None:
        self.statements: list[Statement] = []
        self._source = source
        self._tag: Any = None
        self._current: _StatementReader | None = None

    def take(self, document: Document, path: Path, item: Any) -> None:
        """Take one child of a statement."""
        tag = path[-2]
        if tag is not self._tag:
            self.finish_statement()
            self._tag = tag
            self._begin(document, path)
        if self._current is not None:
            self._current.take(path[-1][0], item, document)

    def _begin(self, document: Document, path: Path) -> None:
        message = path[document.message_at][0]
        number = next((camt_xml.MESSAGES[name] for name in camt_xml.MESSAGES if message.startswith(name)), "")
        if not number or path[-2][0] not in _STATEMENT_TAGS:
            return
        if len(self.statements) >= MAX_STATEMENTS:
            raise StatementError("too_large", f"The file has more than {MAX_STATEMENTS} statements.", document.line)
        version = next(filter(None, (version_in(attributes) for _, attributes in reversed(path))), document.version)
        name = version if version.startswith(f"camt.{number}.") else f"camt.{number}"
        self._current = _StatementReader(_KINDS[number], name, self._source, document.line)

    def finish_statement(self) -> None:
        """Add the statement that has been read, now that it is complete."""
        if self._current is not None:
            self.statements.append(self._current.statement())
        self._current = self._tag = None


class _StatementReader:
    """Reads one statement child by child: what stands before the entries, the entries, and what is behind them."""

    def __init__(self, kind: MessageKind, name: str, source: Source, line: int) -> None:
        self.kind = kind
        self.name = name
        self.line = line
        self.remarks: list[Remark] = []
        self.children: dict[str, list[Any]] = {}
        self.reader: EntryReader | None = None
        self.source = source

    def take(self, tag: str, item: Any, document: Document) -> None:
        """Take one child."""
        if tag == "Ntry":
            if self.reader is None:
                self.reader = self._entry_reader()
            self.reader.read(item, document.line)
        else:
            self.children.setdefault(tag, []).append(item)

    def _child(self, *path: str) -> Any:
        return inside(self.children, *path)

    def _text(self, *path: str) -> str:
        return plain_text(self._child(*path))

    def _remark(self, code: str, /, **facts: Fact) -> None:
        self.remarks.append(Remark(code, facts))

    def _entry_reader(self) -> EntryReader:
        balances = self._balances()
        ends = [balance.day for balance in balances if balance.code == "CLBD" and balance.day]
        printed = (self._text("FrToDt", "ToDtTm"), self._text("FrToDt", "ToDt"), self._text("CreDtTm"))
        days = [*ends, *filter(None, map(read_day, printed))]
        owners = (self._owner(), self._text("Acct", "Nm"))
        return EntryReader(self._account(), owners, self._currency(balances), days[0] if days else None)

    def _account(self) -> str:
        return account_number(self._child("Acct"))

    def _owner(self) -> str:
        return name_of(self._child("Acct", "Ownr"))

    def _currency(self, balances: list[_Balance]) -> str:
        booked = [balance.currency for balance in balances if balance.code in ("CLBD", "OPBD", "PRCD")]
        others = [balance.currency for balance in balances]
        return iso_currency(self._child("Acct", "Ccy")) or next(filter(None, booked + others), "")

    def _account_kind(self) -> str:
        kind = self._child("Acct", "Tp")
        words = (plain_text(inside(kind, "Cd")).upper(), plain_text(inside(kind, "Prtry")).upper())
        return "credit_card" if any(word in _IS_CARD for word in words) else "bank"

    def _balances(self) -> list[_Balance]:
        """Return the balances that can be read; one that can't is never a reason to refuse the entries."""
        balances = []
        for node in self.children.get("Bal", ()):
            kind = inside(node, "Tp", "CdOrPrtry") or inside(node, "Tp")
            own = plain_text(inside(kind, "Prtry"))
            code = plain_text(inside(kind, "Cd")).upper() or _BAI_BALANCES.get(own, own.upper())
            try:
                amount, currency = unsigned_amount(inside(node, "Amt"))
            except AmountError:
                continue
            if amount and is_credit(inside(node, "CdtDbtInd")) is False:
                amount = amount.copy_negate()
            balances.append(_Balance(code, amount, currency, read_day(day_text(inside(node, "Dt")))))
        return balances

    def _opening_and_closing(self, balances: list[_Balance]) -> tuple[_Balance | None, _Balance | None]:
        """Return the balances before the first and behind the last entry."""

        def first(*codes: str) -> _Balance | None:
            return next((one for code in codes for one in balances if one.code == code), None)

        opening, closing = first("OPBD", "PRCD"), first("CLBD")
        pages = self._child("StmtPgntn")
        if pages is not None:
            interim = [balance for balance in balances if balance.code == "ITBD"]
            if opening is None and plain_text(inside(pages, "PgNb")).lstrip("0") != "1" and interim:
                opening = interim.pop(0)
            if closing is None and not _is_true(inside(pages, "LastPgInd")) and interim:
                closing = interim[-1]
        return opening, closing

    def statement(self) -> Statement:
        """Return the statement once all of it has been taken."""
        reader = self.reader or self._entry_reader()
        reader.finish()
        balances = self._balances()
        account, currency = self._account(), reader.currency
        ours = [balance for balance in balances if balance.currency in ("", currency)]
        opening, closing = self._opening_and_closing(ours)
        self._remark_on_the_file()
        self._remark_on_balances(balances, closing)
        if not currency:
            self._remark("no_currency", text=self._text("Acct", "Ccy")[:40], line=self.line)
        if not account:
            self._remark("no_account", line=self.line)
        self._compare_summary(reader)
        statement = Statement(
            account=account,
            account_kind=self._account_kind(),
            bank=bank_of(self._child("Acct", "Svcr")) or None,
            branch=reference_text(self._child("Acct", "Svcr", "BrnchId", "Id")) or None,
            currency=currency or None,
            opening_balance=opening.amount if opening else None,
            closing_balance=closing.amount if closing else None,
            closing_date=closing.day if closing else None,
            start_date=self._period("FrDtTm", "FrDt"),
            end_date=self._period("ToDtTm", "ToDt"),
            lines=reader.lines,
            skipped=tuple(reader.skipped),
            warnings=(*self.remarks, *reader.remarks),
            number=self._text("Id"),
            owner=self._owner() or self._text("Acct", "Nm"),
            message_kind=self.kind,
            format=self.name,
            encoding=self.source.encoding,
        )
        return without_repeats(statement) if reader.repeats_bank_id else statement

    def _period(self, *tags: str) -> dt.date | None:
        text = next(filter(None, (self._text("FrToDt", tag) for tag in tags)), "")
        day = read_day(text)
        if text and day is None:
            self._remark("unreadable_period", text=text[:40], line=self.line)
        return day

    def _remark_on_the_file(self) -> None:
        source = self.source
        if source.lost:
            self._remark("characters_lost", count=source.lost, encoding=source.encoding)
        if source.declared not in (None, source.encoding) and not source.is_plain:
            self._remark("encoding", declared=source.declared or "", used=source.encoding)
        if self.kind == "report":
            self._remark("interim")
        kind = self._text("CpyDplctInd").upper()
        if kind:
            self._remark("copy", kind=kind[:40])

    def _remark_on_balances(self, balances: list[_Balance], closing: _Balance | None) -> None:
        nodes = self.children.get("Bal", [])
        if len(balances) < len(nodes):
            for node in nodes:
                try:
                    unsigned_amount(inside(node, "Amt"))
                except AmountError:
                    text = plain_text(inside(node, "Amt"))[:40]
                    self._remark("unreadable_balance", text=text, line=self.line)
        if closing is None and self.kind == "statement":
            self._remark("no_balance", line=self.line)
        elif closing is not None and closing.day is None:
            self._remark("undated_balance", line=self.line)

    def _compare_summary(self, reader: EntryReader) -> None:
        """Remark the first figure of ``TxsSummry`` that is neither that of the booked entries nor that of all."""
        summary = self._child("TxsSummry")
        pages = self._child("StmtPgntn") or self._child("RptPgntn") or self._child("NtfctnPgntn")
        if pages is not None and (plain_text(inside(pages, "PgNb")) != "1" or not _is_true(inside(pages, "LastPgInd"))):
            return
        booked, other = reader.booked, reader.not_booked
        credit = booked.credits, EXACT.add(booked.credits, other.credits)
        debit = booked.debits, EXACT.add(booked.debits, other.debits)
        both = list(zip(credit, debit, strict=True))
        total = inside(summary, "TtlNtries")
        net = inside(total, "TtlNetNtry", "Amt") or inside(total, "TtlNetNtryAmt")
        figures = [
            ("count", inside(total, "NbOfNtries"), (Decimal(booked.count), Decimal(booked.count + other.count))),
            ("credits", inside(summary, "TtlCdtNtries", "Sum"), credit),
            ("debits", inside(summary, "TtlDbtNtries", "Sum"), debit),
            ("sum", inside(total, "Sum"), tuple(EXACT.add(*pair) for pair in both)),
            ("net", net, tuple(EXACT.subtract(*pair).copy_abs() for pair in both)),
        ]
        for figure, written, possible in figures:
            try:
                told = unsigned_amount(written)[0] if written is not None else possible[0]
            except AmountError:
                continue
            if told not in possible:
                facts = {"told": format(told, "f"), "read": format(possible[0], "f")}
                self._remark("summary_differs", figure=figure, **facts)
                return


def _is_true(value: Any) -> bool:
    return plain_text(value).lower() in ("true", "1")
