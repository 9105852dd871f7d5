"""OFX 1.x and 2.x, with the QFX and bank-made dialects of both: decoded and repaired here, read by ofxparse.

ofxparse 0.21 reads the accounts, periods, balances and transactions. What is done around it, and why:

* Decoding and markup (:mod:`.encoding`, :mod:`.sgml`): ofxparse raises on CHARSET:NONE, ENCODING:ISO-8859-1, any
  non-ASCII letter of OFX 2.x and any empty tag, returns no line and no error for a truncated file, and is quadratic
  on SGML. It is handed the finished tree through the class methods that its ``parse`` calls after the markup.
* Amounts (:mod:`.amount`): ofxparse accepts ``NaN`` and ``1E999999`` and is quadratic on dots. It is handed plain ones.
* Days: ofxparse shifts to UTC, so that midnight in Paris becomes the day before. It is handed the first 8 digits,
  the day that the bank printed, as midnight without a zone.
* Settings: ``fail_fast`` and the date format live on ofxparse's class and are changed by ``parse``. They are
  constants of a subclass here, so that threads can't disturb each other.
* What ofxparse has no word for is taken from the tree: REFNUM, BANKACCTTO, EXTDNAME, CURRENCY, CORRECTFITID, DTAVAIL.

A transaction without a certain day and amount refuses the file; anything else that is odd is read and remarked.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib import metadata
from typing import Any

from ofxparse import AccountType, OfxParser, OfxParserException

from .amount import AmountError, Mark, decimal_mark, is_ambiguous, read_amount
from .encoding import Decoded, decode
from .identity import without_repeats
from .sgml import Element, find_document, read_markup
from .statement import Fact, Remark, Skipped, Statement, StatementError, StatementLine

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years that a booking may lie in; others come from days written in another order."""

MAX_STATEMENTS = 2_000

_KINDS = {"stmtrs": "bank", "ccstmtrs": "credit_card", "invstmtrs": "investment"}
_SECURITY_TRANSACTIONS = frozenset(
    "buydebt buymf buyopt buyother buystock closureopt income invexpense jrnlfund jrnlsec margininterest reinvest"
    " retofcap selldebt sellmf sellopt sellother sellstock split transfer".split()
)
_BEGINNING = re.compile(rb"<(?:[\w-]+:)?OFX[\s>]|\bOFXHEADER\s*[:=]", re.IGNORECASE)
_LABELS = re.compile(r"\b(CHARSET|ENCODING)\s*[:=]\s*[\"']?([\w.-]+)", re.IGNORECASE)
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RATE = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{0,12})?")
_LOWEST_RATE = Decimal("0.000001")
_HEADER_LENGTH = 4096


class _Reader(OfxParser):  # type: ignore[misc]
    """ofxparse's reader with its settings fixed."""

    fail_fast = True
    custom_date_format = None


@cache
def _refuse_impostor() -> None:
    """Refuse to read with ofxparse2, which installs itself as ``ofxparse`` and drops letters with accents."""
    try:
        metadata.distribution("ofxparse2")
    except metadata.PackageNotFoundError:
        return
    raise StatementError(
        "wrong_library",
        "The Python package ofxparse2 has replaced ofxparse and would change names and texts. "
        "Remove ofxparse2, then install ofxparse 0.21 again.",
    )


@dataclass(slots=True)
class _Context:
    """What the reading of one statement needs to know of its file, and what it finds to remark."""

    decoded: Decoded
    mark: Mark | None
    remarks: list[Remark] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def remark(self, code: str, /, **facts: Fact) -> None:
        self.remarks.append(Remark(code, facts))

    def skip(self, code: str, /, **facts: Fact) -> None:
        self.skipped.append(Skipped(code, facts))


def recognises(content: bytes) -> bool:
    """Whether ``content`` has an OFX header or an ``<OFX>`` tag, in any encoding."""
    return _BEGINNING.search(content.replace(b"\0", b"")) is not None


def read(content: bytes) -> list[Statement]:
    """Return every statement of an OFX file, in the order of the file.

    :raises StatementError: when one transaction isn't certain, or the file holds no statement or not all of it
    """
    _refuse_impostor()
    decoded = decode(content, _declared(content))
    start = find_document(decoded.text)
    if start < 0:
        raise StatementError("truncated", "The file ends after its header: there is no <OFX> in it.")
    root, transactions = read_markup(decoded.text, start)
    tags = [element for element in root.inside() if element.name in _KINDS]
    for element in [*root.findAll("ofx"), *tags]:
        if not element.is_closed:
            raise StatementError(
                "truncated", f"The file is cut off: </{element.name.upper()}> is missing.", element.line
            )
    if not tags:
        raise StatementError("not_a_statement", _why_no_statement(root))
    if len(tags) > MAX_STATEMENTS:
        raise StatementError("too_large", f"The file has more than {MAX_STATEMENTS} statements.")
    amounts = (element.value for element in root.inside() if element.name in ("trnamt", "balamt"))
    mark = decimal_mark(amounts)
    booked = sum(len(tag.findAll("stmttrn")) for tag in tags)
    if booked != transactions:
        raise StatementError(
            "truncated", f"The file begins {transactions} transactions, but only {booked} belong to a statement."
        )
    contexts = [_Context(decoded, mark) for _ in tags]
    _tell_of_failed_answers(root, contexts[0])
    return [without_repeats(_statement(tag, context)) for tag, context in zip(tags, contexts, strict=True)]


def _declared(content: bytes) -> list[str]:
    """Return the charsets that the header names; CHARSET before ENCODING, since the latter may just say USASCII."""
    header = content[:_HEADER_LENGTH].replace(b"\0", b"").decode("latin-1")
    start = find_document(header)
    return [label for _, label in sorted(_LABELS.findall(header[:start] if start >= 0 else header))]


def _why_no_statement(root: Element) -> str:
    """Say what the file holds in place of a statement, in the bank's words where it sent any."""
    for status in root.findAll("status"):
        code = status.text("code")
        if code.strip("0") and status.text("severity").upper() != "INFO":
            message = status.text("message") or "no reason given"
            return f"The file holds no statement. The bank answered: {message} (code {code})."
    for name, what in (("acctinfors", "a list of accounts"), ("profrs", "the bank's profile"), ("sonrs", "a sign-on")):
        if root.find(name):
            return f"The file holds no statement, only {what}."
    return "The file holds no statement."


def _tell_of_failed_answers(root: Element, context: _Context) -> None:
    """Note the accounts whose statement the bank refused to send, and what it says about those that it sent."""
    for answer in root.inside():
        if not answer.name.endswith("stmttrnrs"):
            continue
        status = next((element for element in answer.children if element.name == "status"), None)
        code = status.text("code") if status else ""
        if status and code.strip("0"):
            has_statement = any(element.name in _KINDS for element in answer.inside())
            note = context.remark if has_statement else context.skip
            note(
                "bank_status",
                code=code,
                severity=status.text("severity"),
                message=status.text("message"),
                line=status.line,
            )


def _statement(tag: Element, context: _Context) -> Statement:
    """Have ofxparse read one statement and add what it has no word for."""
    kind = _KINDS[tag.name]
    _remark_encoding(context)
    booked = _booked_transactions(tag, context)
    prepared = _prepared_statement(tag, kind, [_prepared_transaction(source, context) for source in booked], context)
    try:
        if kind == "investment":
            account = _Reader.parseInvstmtrs([prepared])[0]
        else:
            account = _Reader.parseStmtrs([prepared], AccountType.Bank if kind == "bank" else AccountType.CreditCard)[0]
    except (OfxParserException, ValueError, TypeError, IndexError, AttributeError) as problem:
        raise StatementError("unreadable", f"This statement could not be read: {problem}", tag.line) from problem
    content = account.statement
    currency = _iso_currency(content.currency)
    if currency is None:
        context.remark("no_currency", text=tag.text("curdef")[:40], line=tag.line)
    if not account.account_id:
        context.remark("no_account", line=tag.line)
    lines = tuple(
        _line(source, transaction, currency, context)
        for source, transaction in zip(booked, content.transactions, strict=True)
    )
    closing_date = _day_of(getattr(content, "balance_date", None))
    end_date = _day_of(content.end_date) if hasattr(content, "end_date") else None
    closing_balance = getattr(content, "balance", None)
    if closing_balance is not None and closing_date and end_date and closing_date != end_date:
        context.remark("balance_of_another_day", balance_day=str(closing_date), last_day=str(end_date))
    return Statement(
        account=account.account_id,
        account_kind=kind,
        bank=(account.brokerid if kind == "investment" else account.routing_number) or None,
        branch=account.branch_id or None,
        currency=currency,
        closing_balance=closing_balance,
        closing_date=closing_date,
        start_date=_day_of(content.start_date) if hasattr(content, "start_date") else None,
        end_date=end_date,
        lines=lines,
        skipped=tuple(context.skipped),
        warnings=tuple(context.remarks),
        encoding=context.decoded.encoding,
    )


def _remark_encoding(context: _Context) -> None:
    decoded = context.decoded
    if decoded.lost:
        context.remark("characters_lost", count=decoded.lost, encoding=decoded.encoding)
    if decoded.declared not in (None, decoded.encoding) and not decoded.is_plain:
        context.remark("encoding", declared=decoded.declared or "", used=decoded.encoding)


def _booked_transactions(tag: Element, context: _Context) -> list[Element]:
    """Return the transactions to read; note those that are pending, deleted again or in securities."""
    booked = []
    for element in tag.inside():
        if element.name == "stmttrn":
            if element.text("correctaction").upper() == "DELETE":
                context.skip("deletes", bank_id=element.text("correctfitid"), line=element.line)
            else:
                booked.append(element)
        elif element.name == "stmttrnp":
            name = element.text("name") or element.text("memo")
            context.skip("pending", amount=element.text("trnamt"), name=name, line=element.line)
        elif element.name in _SECURITY_TRANSACTIONS and element.children:
            context.skip(
                "security",
                kind=element.name.upper(),
                bank_id=element.text("fitid"),
                amount=element.text("total"),
                line=element.line,
            )
    return booked


def _prepared_transaction(source: Element, context: _Context) -> Element:
    """Return ``source`` as ofxparse can read it without loss, or refuse the file."""
    posted = source.find("dtposted")
    day = _read_day(posted.value) if posted else None
    if day is None:
        said = f"has the impossible date “{posted.value[:40]}”" if posted and posted.value else "has no date"
        raise StatementError("bad_date", f"The transaction {said}.", (posted or source).line)
    return Element(
        "stmttrn",
        source.line,
        children=[
            Element("trntype", source.line, source.text("trntype")),
            Element("dtposted", source.line, _midnight(day)),
            Element("trnamt", source.line, format(_transaction_amount(source, context), "f")),
            Element("fitid", source.line, source.text("fitid")),
            Element("name", source.line, source.text("name")),
            Element("memo", source.line, _joined(element.value for element in source.findAll("memo"))),
            Element("checknum", source.line, source.text("checknum")),
        ],
    )


def _transaction_amount(source: Element, context: _Context) -> Decimal:
    written = source.find("trnamt")
    text = written.value if written else ""
    if text.lower() in ("null", "-null"):
        # Some banks tell of a change of interest in a transaction of no amount.
        context.remark("null_amount", line=source.line)
        return Decimal(0)
    try:
        amount = read_amount(text, context.mark)
        if context.mark is None and is_ambiguous(text):
            context.remark("ambiguous_amount", text=text, read_as=format(amount, "f"), line=source.line)
    except AmountError as problem:
        said = f"has an amount that can't be read for certain, “{text[:40]}” ({problem})" if text else "has no amount"
        raise StatementError("bad_amount", f"The transaction {said}.", (written or source).line) from None
    return amount


def _prepared_statement(tag: Element, kind: str, transactions: list[Element], context: _Context) -> Element:
    """Return the statement ``tag`` with only what ofxparse is to read, each in a form that it reads right.

    It searches at any depth: where the statement names no account, it would take a counterparty's for it.
    """
    source = tag.find({"bank": "bankacctfrom", "credit_card": "ccacctfrom"}.get(kind, "invacctfrom"))
    if source is None:  # a card's statement that names a bank account, or the other way round
        source = next((element for element in tag.children if element.name.endswith("acctfrom")), None)
    account = [
        Element(name, tag.line, source.text(name) if source else "")
        for name in ("acctid", "bankid", "branchid", "brokerid")
    ]
    period = []
    for name in ("dtstart", "dtend"):
        day = _optional_day(tag.find(name), "unreadable_period", context)
        if day:
            period.append(Element(name, tag.line, _midnight(day)))
    movements = Element("invbanktran" if kind == "investment" else "banktranlist", tag.line, children=transactions)
    return Element(
        tag.name,
        tag.line,
        children=[
            Element("curdef", tag.line, tag.text("curdef")),
            Element("acctfrom", tag.line, children=account),
            Element("invtranlist", tag.line, children=period),
            movements,
            *([] if kind == "investment" else _prepared_balance(tag, context)),
        ],
    )


def _prepared_balance(tag: Element, context: _Context) -> list[Element]:
    """Return the booked balance where it can be read; it is never a reason to refuse the transactions."""
    balance = tag.find("ledgerbal")
    text = balance.text("balamt") if balance else ""
    if balance is None or not text:
        context.remark("no_balance", line=(balance or tag).line)
        return []
    try:
        amount = read_amount(text, context.mark)
    except AmountError:
        context.remark("unreadable_balance", text=text[:40], line=balance.line)
        return []
    if context.mark is None and is_ambiguous(text):
        context.remark("ambiguous_balance", text=text, read_as=format(amount, "f"), line=balance.line)
    children = [Element("balamt", balance.line, format(amount, "f"))]
    day = _optional_day(balance.find("dtasof"), "unreadable_balance_date", context)
    if day:
        children.append(Element("dtasof", balance.line, _midnight(day)))
    else:
        context.remark("undated_balance", line=balance.line)
    return [Element("ledgerbal", balance.line, children=children)]


def _line(source: Element, transaction: Any, currency: str | None, context: _Context) -> StatementLine:
    """Return the line of one transaction: ofxparse's reading of it, and from ``source`` what it doesn't read."""
    name, remittance = _name_and_remittance(transaction.payee, source.text("extdname"), transaction.memo)
    replaced = source.text("correctfitid")
    if replaced:
        context.remark("replaces", bank_id=replaced, line=source.line)
    account = source.find("bankacctto") or source.find("ccacctto")
    original_amount, original_currency, rate = _original(source, transaction.amount, currency, context)
    return StatementLine(
        date=transaction.date.date(),
        amount=transaction.amount,
        bank_id=transaction.id,
        counterparty_name=name,
        counterparty_account=account.text("acctid") if account else "",
        remittance=remittance,
        reference=_joined((transaction.checknum, source.text("refnum"))),
        original_amount=original_amount,
        original_currency=original_currency,
        exchange_rate=rate,
        value_date=_optional_day(source.find("dtavail"), "unreadable_value_date", context),
        kind=transaction.type.upper(),
        line=source.line,
    )


def _name_and_remittance(name: str, extended: str, memo: str) -> tuple[str, str]:
    """Return the counterparty's name, with the rest of one that was cut at 32 characters, and the free text."""
    if extended.startswith(name):
        return extended or name, memo
    return name, _joined((memo, extended))


def _original(
    source: Element, amount: Decimal, currency: str | None, context: _Context
) -> tuple[Decimal | None, str | None, Decimal | None]:
    """Return the amount in the currency that the payment was made in, that currency and its rate.

    ORIGCURRENCY says that TRNAMT is converted already, so the original is TRNAMT / CURRATE. CURRENCY says that
    TRNAMT itself is foreign, yet banks also put it where it is not: the line keeps TRNAMT and is remarked.
    """
    for name in ("origcurrency", "currency"):
        element = source.find(name)
        code = _iso_currency(element.text("cursym")) if element else None
        if element is None or code is None or code == currency:
            continue
        written = element.text("currate")
        rate = _read_rate(written)
        if name == "currency":
            if currency is not None:
                context.remark("foreign_amount", currency=code, rate=written, line=element.line)
            return amount, code, rate
        return (round(amount / rate, 2) if rate else None), code, rate
    return None, None, None


def _read_rate(text: str) -> Decimal | None:
    rate = Decimal(text.replace(",", ".")) if _RATE.fullmatch(text) else None
    return rate if rate is not None and rate >= _LOWEST_RATE else None


def _joined(texts: Iterable[str]) -> str:
    """Return the different ones among ``texts``, one behind the other."""
    return " ".join(dict.fromkeys(filter(None, texts)))


def _iso_currency(text: str) -> str | None:
    code = text.strip().upper()
    return code if _CURRENCY.fullmatch(code) else None


def _read_day(text: str) -> dt.date | None:
    """Return the day that ``text`` begins with, as 20240131 or 2024-01-31; ``None`` when that is no day."""
    found = _DAY.match(text)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return None
    try:
        return dt.date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None


def _optional_day(element: Element | None, code: str, context: _Context) -> dt.date | None:
    """Return the day of an element that the statement can do without."""
    if element is None or not element.value:
        return None
    day = _read_day(element.value)
    if day is None:
        context.remark(code, text=element.value[:40], line=element.line)
    return day


def _midnight(day: dt.date) -> str:
    return f"{day:%Y%m%d}000000"


def _day_of(moment: dt.datetime | str | None) -> dt.date | None:
    return moment.date() if isinstance(moment, dt.datetime) else None
