"""One booked entry of a camt message, as the lines that it consists of.

ISO 20022 calls the entry ReportEntry (``Ntry``) and what it consists of EntryTransaction (``TxDtls``). Rules:

1. The entry's amount, sign (``CdtDbtInd``) and status stand. ``RvslInd`` changes no sign, only whose name to show.
2. An entry with several details becomes one line for each, if each has an amount in the entry's currency. When they
   sum up to something else, one more line of the kind :data:`DIFFERENCE` makes up for it and a remark tells.
   Details without amounts, or that each repeat the entry's, leave the entry one line.
3. The day is ``BookgDt``, else ``ValDt``, else the statement's; the local day as printed, whatever the time zone.
4. Only booked entries become lines; pending, announced and informative ones are told as skipped.
5. A line's bank id is the bank's own reference of the detail, else of the entry with the detail's number in it; never
   one that a customer chose.

An entry without a certain day and amount refuses the file; anything else that is odd is read and remarked.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from .amount import AmountError
from .camt_detail import (
    MAX_CACHED,
    DetailReader,
    Part,
    batch_text,
    charges_of,
    charges_text,
    day_text,
    each,
    first,
    inside,
    is_credit,
    joined,
    joined_all,
    merged,
    read_day,
    reference_text,
    unsigned_amount,
)
from .camt_xml import plain_text
from .packed import PackedLines
from .statement import Fact, Remark, Skipped, StatementError

MAX_LINES = 200_000
"""Lines and skipped entries of one statement."""

DIFFERENCE = "DIFFERENCE"

Original = tuple[Decimal | None, str | None, Decimal | None]

_NOTHING: Original = (None, None, None)
_RATE = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,12})?")
# Not the operators: they round to the precision of the thread's decimal context.
EXACT = Context(prec=200)
_ROUNDED = Context(prec=10)
_NEAR = Decimal("0.05")

# A status that isn't booked, and the code that tells of an entry that was left out for it.
_NOT_BOOKED = {"PDNG": "pending", "INFO": "information", "FUTR": "future"}
_AMOUNTS = ("InstdAmt", "TxAmt", "CntrValAmt")


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Return a sum with all its digits."""
    total = Decimal()
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


@dataclass(slots=True)
class Totals:
    """What a number of entries come to; debits as a positive sum."""

    count: int = 0
    credits: Decimal = Decimal()
    debits: Decimal = Decimal()

    def add(self, amount: Decimal) -> None:
        """Count one more entry."""
        self.count += 1
        if amount.is_signed():
            self.debits = EXACT.subtract(self.debits, amount)
        else:
            self.credits = EXACT.add(self.credits, amount)


@dataclass(slots=True)
class _Entry:
    """What the lines of one entry have in common."""

    date: dt.date
    value_date: dt.date | None
    amount: Decimal
    is_credit: bool
    currency: str
    reference: str
    own_reference: str
    is_reversal: bool
    line: int
    node: Mapping[str, Any]


class EntryReader:
    """Reads the entries of one statement, one after the other, into :attr:`lines` and :attr:`skipped`.

    :ivar repeats_bank_id: whether a bank id is there twice: only then can a transaction be, see :mod:`.identity`
    :ivar currency: the statement's, or that of the first entry where it tells none
    :ivar booked: totals of the booked entries
    :ivar not_booked: totals of the others
    """

    def __init__(self, account: str, owners: Iterable[str], currency: str, day: dt.date | None) -> None:
        self.lines = PackedLines()
        self.repeats_bank_id = False
        self._bank_ids: set[str] = set()
        self.skipped: list[Skipped] = []
        self.remarks: list[Remark] = []
        self.currency = currency
        self.booked = Totals()
        self.not_booked = Totals()
        self._details = DetailReader(account, owners)
        self._day = day
        self._undated: list[int] = []
        self._days: dict[str, dt.date] = {}

    def _remark(self, code: str, /, **facts: Fact) -> None:
        self.remarks.append(Remark(code, facts))

    def finish(self) -> None:
        """Remark what only all entries together tell."""
        if self._undated and self._day:
            self._remark("date_assumed", date=self._day.isoformat(), count=len(self._undated), line=self._undated[0])

    def read(self, node: Any, line: int) -> None:
        """Read one ``Ntry`` that ends on ``line`` of the file.

        :raises StatementError: ``bad_amount``, ``bad_date`` or ``too_large``
        """
        if len(self.lines) + len(self.skipped) >= MAX_LINES:
            raise StatementError("too_large", f"A statement has more than {MAX_LINES} lines.", line)
        if type(node) is not dict:
            raise StatementError("bad_amount", "The entry is empty: it has no amount.", line)
        status = node.get("Sts")
        if status != "BOOK" and self._is_left_out(node, status, line):
            return
        amount, credit, currency = _signed_amount(node, line)
        self.booked.add(amount)
        if currency and currency != self.currency:
            if not self.currency:
                self.currency = currency
            else:
                self._remark("foreign_amount", currency=currency, rate="", line=line)
        date, value_date = self._dates(node, line)
        own = reference_text(node.get("AcctSvcrRef"))
        reversal = node.get("RvslInd")
        entry = _Entry(
            date,
            value_date,
            amount,
            credit,
            currency or self.currency,
            own or reference_text(node.get("NtryRef")),
            own,
            reversal is not None and plain_text(reversal).lower() in ("true", "1"),
            line,
            node,
        )
        details, batches = _details_and_batches(node)
        if len(details) <= 1:
            self._read_whole(entry, details[0] if details else {}, batches)
        else:
            self._read_several(entry, details, batches)

    def _is_left_out(self, node: Mapping[str, Any], status: Any, line: int) -> bool:
        """Whether an entry isn't booked; it is told as skipped then."""
        code = plain_text(inside(status, "Cd") or inside(status, "Prtry") or first(status)).upper()
        if not code or code.startswith("BOOK"):
            return False
        try:
            self.not_booked.add(_signed_amount(node, line)[0])
        except StatementError:
            self.not_booked.count += 1
        details = _details_and_batches(node)[0]
        parties = first(details[0].get("RltdPties")) if details else None
        name = self._details.counterparty(parties, "Dbtr" if is_credit(node.get("CdtDbtInd")) else "Cdtr")[0]
        facts: dict[str, Fact] = {
            "amount": plain_text(node.get("Amt"))[:40],
            "name": name or plain_text(node.get("AddtlNtryInf")),
            "line": line,
        }
        if code not in _NOT_BOOKED:
            facts["status"] = code[:40]
        self.skipped.append(Skipped(_NOT_BOOKED.get(code, "unknown_status"), facts))
        return True

    def _known_day(self, text: str) -> dt.date | None:
        key = text[:11]
        day = self._days.get(key)
        if day is None:
            day = read_day(text)
            if day is not None and len(self._days) < MAX_CACHED:
                self._days[key] = day
        return day

    def _dates(self, node: Mapping[str, Any], line: int) -> tuple[dt.date, dt.date | None]:
        """Return the day of the booking and that of the value."""
        try:  # as in nearly all, two days that are known by now
            return self._days[node["BookgDt"]["Dt"]], self._days[node["ValDt"]["Dt"]]
        except (KeyError, TypeError):
            pass
        booked, valued = day_text(node.get("BookgDt")), day_text(node.get("ValDt"))
        value_date = self._known_day(valued) if valued else None
        date = self._known_day(booked) if booked else value_date
        if booked and valued and value_date is None:
            self._remark("unreadable_value_date", text=valued[:40], line=line)
        if date is None and (booked or valued):
            said = (booked or valued)[:40]
            raise StatementError("bad_date", f"The entry has the impossible date “{said}”.", line)
        if date is None:
            date = self._day
            self._undated.append(line)
        if date is None:
            raise StatementError("bad_date", "The entry has no date.", line)
        return date, value_date

    def _read_whole(self, entry: _Entry, detail: Mapping[str, Any], batches: list[Any]) -> None:
        """Add the line of an entry that has one detail or none."""
        part = self._part(entry, detail, entry.is_credit, batches)
        original = _NOTHING
        if "AmtDtls" in detail or "Amt" in detail or "AmtDtls" in entry.node or entry.currency != self.currency:
            original = self._original(entry, (detail.get("AmtDtls"), {"TxAmt": detail}, entry.node.get("AmtDtls")))
            own = self._own_amount(entry, detail)
            if own is not None and own != entry.amount.copy_abs() and not _is_charged(entry, detail, own):
                self._tell_difference(entry, _signed(own, entry.is_credit))
        self._add(entry, part, entry.amount, part.own_reference or entry.own_reference, original)

    def _read_several(self, entry: _Entry, details: list[Any], batches: list[Any]) -> None:
        """Add a line for each of several details, or one for all when they can't be told apart by their amounts."""
        if len(self.lines) + len(details) > MAX_LINES:
            raise StatementError("too_large", f"A statement has more than {MAX_LINES} lines.", entry.line)
        amounts = _split(entry, [self._detail_amount(entry, detail) for detail in details])
        if amounts is None:
            self._remark("batch_not_split", count=len(details), line=entry.line)
            parts = [self._part(entry, detail, entry.is_credit, batches) for detail in details]
            self._add(entry, merged(parts), entry.amount, entry.own_reference, _NOTHING)
            return
        parts = [
            self._part(entry, detail, not amount.is_signed() if amount else entry.is_credit, batches)
            for detail, amount in zip(details, amounts, strict=True)
        ]
        uses = Counter(part.own_reference for part in parts)
        for number, (detail, part, amount) in enumerate(zip(details, parts, amounts, strict=True), 1):
            bank_id = part.own_reference if uses[part.own_reference] == 1 else ""
            if not bank_id and entry.reference:
                bank_id = f"{entry.reference}/{number}"
            original = self._original(entry, (detail.get("AmtDtls"), {"TxAmt": detail}), amount)
            self._add(entry, part, amount, bank_id, original)
        told = exact_sum(amounts)
        if told != entry.amount:
            self._tell_difference(entry, told)
            self._add_difference(entry, EXACT.subtract(entry.amount, told))

    def _add(self, entry: _Entry, part: Part, amount: Decimal, bank_id: str, original: Original) -> None:
        if bank_id:
            self.repeats_bank_id = self.repeats_bank_id or bank_id in self._bank_ids
            self._bank_ids.add(bank_id)
        self.lines.pack(
            entry.date,
            amount,
            bank_id,
            part.name,
            part.account,
            part.remittance,
            part.reference,
            *original,
            entry.value_date,
            part.kind,
            entry.line,
            entry.reference,
            entry.amount,
            part.details,
        )

    def _add_difference(self, entry: _Entry, difference: Decimal) -> None:
        """Add the line that makes the details of an entry sum up to it."""
        details, _kind = self._shared_details(entry, {}, [])
        part = Part("", "", details.pop("additional_info", ""), "", DIFFERENCE, details)
        bank_id = f"{entry.reference}/difference" if entry.reference else ""
        self._add(entry, part, difference, bank_id, _NOTHING)

    def _tell_difference(self, entry: _Entry, told: Decimal) -> None:
        facts = {"entry": entry.amount, "details": told, "difference": EXACT.subtract(entry.amount, told)}
        self._remark("details_differ", **{key: format(value, "f") for key, value in facts.items()}, line=entry.line)

    def _own_amount(self, entry: _Entry, detail: Mapping[str, Any]) -> Decimal | None:
        """Return the amount of a detail in the entry's currency, unsigned; ``None`` when it has none."""
        amounts = detail.get("AmtDtls")
        written = (detail.get("Amt"), *(inside(amounts, tag, "Amt") for tag in ("TxAmt", "CntrValAmt", "InstdAmt")))
        for one in written:
            if one is None:
                continue
            try:
                amount, currency = unsigned_amount(one)
            except AmountError:
                self._remark("unreadable_detail_amount", text=plain_text(one)[:40], line=entry.line)
                continue
            if currency in ("", entry.currency):
                return amount
        return None

    def _detail_amount(self, entry: _Entry, detail: Mapping[str, Any]) -> Decimal | None:
        """Return the signed amount of one of several details."""
        amount = self._own_amount(entry, detail)
        credit = is_credit(detail.get("CdtDbtInd"))
        return None if amount is None else _signed(amount, entry.is_credit if credit is None else credit)

    def _original(self, entry: _Entry, holders: Iterable[Any], amount: Decimal | None = None) -> Original:
        """Return the amount in the currency that was paid in, that currency, and its rate to the account's.

        :param holders: where amounts may be told, the first one first
        :param amount: of the line, when it isn't the entry's
        """
        amount = entry.amount if amount is None else amount
        currency = self.currency or entry.currency
        for holder in holders:
            for tag in _AMOUNTS:
                written = inside(holder, tag, "Amt")
                if written is None:
                    continue
                try:
                    foreign, code = unsigned_amount(written)
                except AmountError:
                    continue
                if code and code != currency:
                    return foreign.copy_sign(amount), code, _rate(holder, amount, foreign)
        return (amount, entry.currency, None) if entry.currency != currency else _NOTHING

    def _part(self, entry: _Entry, detail: Mapping[str, Any], credit: bool, batches: list[Any]) -> Part:
        """Return what a detail says, with what its entry says for all; ``credit`` tells which way the money goes."""
        details, kind = self._shared_details(entry, detail, batches)
        return self._details.part(detail, details, kind, entry.own_reference, credit)

    def _shared_details(
        self, entry: _Entry, detail: Mapping[str, Any], batches: list[Any]
    ) -> tuple[dict[str, str], str]:
        """Return what the entry says for each of its lines, unless the detail says it better, and its kind."""
        node = entry.node
        details: dict[str, str] = {}
        kind = ""
        code = detail.get("BkTxCd") or node.get("BkTxCd")
        if code is not None:
            kind, bank_code = self._details.code(code)
            if bank_code:
                details["bank_code"] = bank_code
        if entry.is_reversal:
            details["reversal"] = "true"
        if batches:
            batch = joined(map(batch_text, batches))
            if batch:
                details["batch"] = batch
        if "AddtlNtryInf" in node:
            info = joined_all([plain_text(text) for text in each(node["AddtlNtryInf"])])
            if info:
                details["additional_info"] = info
        charges = detail.get("Chrgs") or node.get("Chrgs")
        if charges is not None:
            text = charges_text(charges)
            if text:
                details["charges"] = text
        return details, kind


def _signed(amount: Decimal, credit: bool) -> Decimal:
    """Return an amount as the account's owner sees it; zero has no sign."""
    return amount if credit or not amount else amount.copy_negate()


def _signed_amount(node: Mapping[str, Any], line: int) -> tuple[Decimal, bool, str]:
    """Return the signed amount of an entry, whether it is a credit, and its currency."""
    written = node.get("Amt")
    try:
        amount, currency = unsigned_amount(written)
    except AmountError as problem:
        text = plain_text(written)[:40]
        said = f"has an amount that can't be read for certain, “{text}” ({problem})" if text else "has no amount"
        raise StatementError("bad_amount", f"The entry {said}.", line) from None
    indicator = node.get("CdtDbtInd")
    credit = True if indicator == "CRDT" else is_credit(indicator)
    if credit is None and amount:
        raise StatementError("bad_amount", "The entry says neither credit nor debit.", line)
    return _signed(amount, credit is not False), credit is not False, currency


def _details_and_batches(node: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return the details of an entry, and the batches that they are said to belong to."""
    held = node.get("NtryDtls")
    if type(held) is dict and len(held) == 1 and type(held.get("TxDtls")) is dict:  # as in nearly all
        return [held["TxDtls"]], []
    groups: list[Any] = [group for group in each(held) if type(group) is dict] or [node]  # version 01 has no NtryDtls
    details = [one for group in groups for one in each(group.get("TxDtls")) if type(one) is dict]
    return details, [one for group in groups for one in each(group.get("Btch"))]


def _split(entry: _Entry, amounts: list[Decimal | None]) -> list[Decimal] | None:
    """Return the amounts of the details when they tell how the entry is made up, else ``None``.

    Banks that print no direction of their own for a detail, or a wrong one, mean the entry's: what sums up counts.
    """
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    if exact_sum(known) == entry.amount:
        return known
    along = [_signed(amount.copy_abs(), entry.is_credit) for amount in known]
    if exact_sum(along) == entry.amount:
        return along
    if all(amount.copy_abs() == entry.amount.copy_abs() for amount in known) or not any(known):
        return None
    return known


def _is_charged(entry: _Entry, detail: Mapping[str, Any], own: Decimal) -> bool:
    """Whether charges explain that a detail's amount isn't the entry's."""
    gap = EXACT.subtract(own, entry.amount.copy_abs()).copy_abs()
    for node in (detail.get("Chrgs"), entry.node.get("Chrgs")):
        charges = [amount for amount, currency in charges_of(node) if currency in ("", entry.currency)]
        if charges and gap in (*charges, exact_sum(charges)):
            return True
    return False


def _rate(amounts: Any, amount: Decimal, foreign: Decimal) -> Decimal | None:
    """Return the rate in the account's currency for one unit of the foreign one.

    ``CcyXchg`` prints rates in either direction; the one that is near to what both amounts say counts, else what
    they say themselves.
    """
    if not foreign or not amount:
        return None
    computed = _ROUNDED.divide(amount.copy_abs(), foreign)
    for tag in _AMOUNTS:
        text = plain_text(inside(amounts, tag, "CcyXchg", "XchgRate"))
        printed = Decimal(text.replace(",", ".")) if _RATE.fullmatch(text) else Decimal()
        if printed:
            for rate in (printed, _ROUNDED.divide(Decimal(1), printed)):
                if EXACT.subtract(rate, computed).copy_abs() <= EXACT.multiply(computed, _NEAR):
                    return rate
    return computed
