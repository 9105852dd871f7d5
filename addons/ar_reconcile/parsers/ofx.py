"""OFX 1.x and 2.x, with the QFX and bank-made dialects of both: decoded and repaired here, read by ofxparse.

ofxparse 0.21 reads the accounts, periods, balances and transactions. What is done around it, and why:

* Decoding and markup (:mod:`.encoding`, :mod:`.sgml`): ofxparse raises on CHARSET:NONE, ENCODING:ISO-8859-1, any
  non-ASCII letter of OFX 2.x and any empty tag, returns no line and no error for a truncated file, and is quadratic
  on SGML. It is handed prepared tags through the class methods that its ``parse`` calls after the markup.
* Amounts (:mod:`.amount`): ofxparse accepts ``NaN`` and ``1E999999`` and is quadratic on dots. It is handed plain ones.
* Days: ofxparse shifts to UTC, so that midnight in Paris becomes the day before. It is handed the first 8 digits,
  the day that the bank printed, as midnight without a zone.
* Settings: ``fail_fast`` and the date format live on ofxparse's class and are changed by ``parse``. They are
  constants of a subclass here, so that threads can't disturb each other.
* What ofxparse has no word for is taken from the tree: REFNUM, BANKACCTTO, EXTDNAME, CURRENCY, CORRECTFITID, DTAVAIL.
  Tags that have no place in a line, the bank's own ones among them, are kept as written in ``additional_info``.

A transaction without a certain day and amount refuses the file, and so does an amount that belongs to no transaction
or is a second one in it: there, the tags of a transaction got lost. Anything else that is odd is read and remarked.

Specification: OFX 1.0.3, 1.6, 2.1.1 and 2.2, chapters 3 (types), 11 (banking) and 13 (investments).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache, partial
from importlib import metadata
from operator import attrgetter
from typing import Any

from ofxparse import AccountType, OfxParser, OfxParserException

from .amount import AmountError, Mark, decimal_mark, is_ambiguous, read_amount
from .day import calendar_day
from .encoding import Decoded, decode
from .identity import without_repeats
from .sgml import Element, find_document, read_markup
from .statement import Fact, Remark, Skipped, Statement, StatementError, StatementLine

MAX_STATEMENTS = 2_000

_KINDS = {"stmtrs": "bank", "ccstmtrs": "credit_card", "invstmtrs": "investment"}
_SECURITY_TRANSACTIONS = frozenset(
    "buydebt buymf buyopt buyother buystock closureopt income invexpense jrnlfund jrnlsec margininterest reinvest"
    " retofcap selldebt sellmf sellopt sellother sellstock split transfer".split()
)
#: Where no amount stands by itself; other tags around one, such as XFERINFO, are no part of a statement.
_AROUND_TRANSACTIONS = frozenset(
    " ofx signonmsgsrsv1 sonrs status bankmsgsrsv1 creditcardmsgsrsv1 invstmtmsgsrsv1 stmttrnrs ccstmttrnrs"
    " invstmttrnrs stmtrs ccstmtrs invstmtrs bankacctfrom ccacctfrom invacctfrom banktranlist banktranlistp"
    " invtranlist invbanktran ledgerbal availbal".split(" ")
)
#: What may take hold of a transaction's tags when it isn't closed.
_WITHIN_TRANSACTIONS = frozenset("payee bankacctto ccacctto currency origcurrency".split())
_TRANSACTION = re.compile(r"<(?:[\w-]{1,40}:)?(?:STMTTRN|TRNAMT)>", re.IGNORECASE)
#: Words that balances are told with in place of a text, after the letters are folded.
_BALANCE = re.compile(
    r"(?:saldo|s a l d o)(?: (?:anterior|atual|inicial|final|total|parcial|disponivel|bloqueado|contabil|do|de|em|na|no"
    r"|dia|mes|periodo|conta|corrente|c/c))+|(?:opening|closing) balance|balance (?:brought|carried) forward"
)
_BALANCE_BEGINS = re.compile(r"\s*(?:s\s?a|open|clos|bal)", re.IGNORECASE)
_LONGEST_BALANCE = 60
_BALANCE_WITHOUT_ID = re.compile(r"(?:saldo|s a l d o|balance)")
_BEGINNING = re.compile(rb"<(?:[\w-]+:)?OFX[\s>]|\bOFXHEADER\s*[:=]", re.IGNORECASE)
_VERSION = re.compile(r"\bVERSION\s*[:=]\s*[\"']?([1-9])([0-9]{2})\b", re.IGNORECASE)
_LABELS = re.compile(r"\b(CHARSET|ENCODING)\s*[:=]\s*[\"']?([\w.-]+)", re.IGNORECASE)
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_SLASHED_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RATE = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{0,12})?")
_LOWEST_RATE = Decimal("0.000001")
_HEADER_LENGTH = 4096
_RECOGNISED_WITHIN = 64 * 1024
_has_children = attrgetter("children")

_ADDRESS = ("addr1", "addr2", "addr3", "postalcode", "city", "state", "country", "phone")
#: Tags of a transaction that a line has a place for, so that they are no additional information.
_PLACED = frozenset(
    "trntype dtposted dtavail trnamt fitid correctfitid correctaction srvrtid checknum refnum sic payeeid name extdname"
    " memo cursym currate bankid branchid acctid accttype acctkey".split()
).union(_ADDRESS)


class _Reader(OfxParser):  # type: ignore[misc]
    """ofxparse's reader with its settings fixed, and each day read once: the same few occur again and again."""

    fail_fast = True
    custom_date_format = None

    @classmethod
    def parseOfxDateTime(cls, ofxDateTime: str) -> Any:  # noqa: N802, N803  the names that ofxparse calls
        return _moment(ofxDateTime)

    @classmethod
    def parseTransaction(cls, txn_ofx: _PreparedTransaction) -> StatementLine:  # noqa: N802  the name that ofxparse calls
        return txn_ofx.complete(super().parseTransaction(txn_ofx))


@lru_cache(maxsize=4096)
def _moment(text: str) -> Any:
    """Return ofxparse's reading of ``YYYYMMDDHHMMSS``."""
    return OfxParser.parseOfxDateTime(text)


class _Prepared:
    """A tag as ofxparse asks for it: its text, the tags inside it by name, and the booked transactions."""

    __slots__ = ("contents", "tags", "transactions")

    def __init__(
        self, text: str = "", tags: dict[str, _Prepared] | None = None, transactions: Iterable[_Prepared] = ()
    ) -> None:
        self.contents = (text,)
        self.tags = tags or {}
        self.transactions = transactions

    def find(self, name: str) -> _Prepared | None:
        """Return the tag of this name."""
        return self.tags.get(name)

    def findAll(self, name: str) -> Iterable[_Prepared]:  # noqa: N802  the name that ofxparse calls
        """Return the booked transactions, those of an investment account in one INVBANKTRAN."""
        if name == "invbanktran":
            return (self,)
        return self.transactions if name == "stmttrn" else ()


class _PreparedTransaction(_Prepared):
    """A transaction, and what makes a line of ofxparse's reading of it, so that one is in memory at a time."""

    __slots__ = ("complete",)

    def __init__(self, tags: dict[str, _Prepared], complete: Callable[[Any], StatementLine]) -> None:
        super().__init__(tags=tags)
        self.complete = complete


class _Source:
    """What stands in one transaction of the file: the tags of each name, and their first text that isn't empty."""

    __slots__ = ("amounts", "elements", "line", "memos", "tags", "texts")

    def __init__(self, element: Element) -> None:
        self.line = element.line
        self.elements = list(element.inside()) if any(map(_has_children, element.children)) else element.children
        self.tags: dict[str, Element] = {}
        self.texts: dict[str, str] = {}
        self.memos: list[str] = []
        self.amounts: list[str] = []
        for inner in self.elements:
            name, value = inner.name, inner.value
            self.tags.setdefault(name, inner)
            if value:
                self.texts.setdefault(name, value)
                if name == "memo":
                    self.memos.append(value)
                elif name == "trnamt":
                    self.amounts.append(value)

    def text(self, name: str) -> str:
        """Return the first text of a tag of this name, however deep; empty when there is none."""
        return self.texts.get(name, "")


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
    version: str = ""
    remarks: list[Remark] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def remark(self, code: str, /, **facts: Fact) -> None:
        self.remarks.append(Remark(code, facts))

    def skip(self, code: str, /, **facts: Fact) -> None:
        self.skipped.append(Skipped(code, facts))


def recognises(content: bytes) -> bool:
    """Whether ``content`` has an OFX header or an ``<OFX>`` tag near its beginning, in any encoding."""
    return _BEGINNING.search(content[:_RECOGNISED_WITHIN].replace(b"\0", b"")) is not None


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
    elements = list(root.inside())
    tags = [element for element in elements if element.name in _KINDS]
    for element in elements:
        if not element.is_closed and (element.name == "ofx" or element.name in _KINDS):
            raise StatementError(
                "truncated", f"The file is cut off: </{element.name.upper()}> is missing.", element.line
            )
    if not tags:
        raise StatementError("not_a_statement", _why_no_statement(root))
    if len(tags) > MAX_STATEMENTS:
        raise StatementError("too_large", f"The file has more than {MAX_STATEMENTS} statements.")
    _refuse_remnants(decoded.text, start, [root, *elements])
    mark = decimal_mark(element.value for element in elements if element.name in ("trnamt", "balamt"))
    del elements
    insides = [list(tag.inside()) for tag in tags]
    booked = sum(element.name == "stmttrn" for inside in insides for element in inside)
    if booked != transactions:
        raise StatementError(
            "truncated", f"The file begins {transactions} transactions, but only {booked} belong to a statement."
        )
    version = _VERSION.search(decoded.text[max(0, start - _HEADER_LENGTH) : start])
    told = f"OFX {version[1]}.{version[2]}" if version else "OFX"
    contexts = [_Context(decoded, mark, told) for _ in tags]
    _tell_of_failed_answers(root, contexts[0])
    owners = _owners(root)
    return [
        without_repeats(_statement(tag, inside, owners, context))
        for tag, inside, context in zip(tags, insides, contexts, strict=True)
    ]


def _refuse_remnants(text: str, start: int, elements: list[Element]) -> None:
    """Refuse a file with what is left of a transaction that lost its beginning: its amount lies about."""
    if _TRANSACTION.search(text, 0, start):
        raise StatementError("truncated", "The file is damaged: transactions stand before <OFX>.")
    loose = [
        child
        for element in elements
        if element.name in _AROUND_TRANSACTIONS or element.name in _WITHIN_TRANSACTIONS
        for child in element.children
        if child.name == "trnamt"
    ]
    if loose:
        transactions = (element for element in elements if element.name in ("stmttrn", "stmttrnp"))
        placed = {id(inner) for transaction in transactions for inner in transaction.inside()}
        lost = next((amount for amount in loose if id(amount) not in placed), None)
        if lost is not None:
            told = "The file is damaged: here stands an amount that belongs to no transaction."
            raise StatementError("truncated", told, lost.line)


def _owners(root: Element) -> dict[str, str]:
    """Return what a list of accounts in the same file calls them, by their numbers."""
    return {
        account.text("acctid"): account.text("desc") for account in root.findAll("acctinfo") if account.text("desc")
    }


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


def _statement(tag: Element, inside: list[Element], owners: dict[str, str], context: _Context) -> Statement:
    """Have ofxparse read one statement and add what it has no word for."""
    kind = _KINDS[tag.name]
    _remark_encoding(context)
    booked = _booked_transactions(inside, context)
    currency = _iso_currency(tag.text("curdef"))
    transactions = (_prepared_transaction(_Source(element), currency, context) for element in booked)
    prepared = _prepared_statement(tag, kind, transactions, context)
    try:
        if kind == "investment":
            account = _Reader.parseInvstmtrs([prepared])[0]
        else:
            account = _Reader.parseStmtrs([prepared], AccountType.Bank if kind == "bank" else AccountType.CreditCard)[0]
    except (OfxParserException, ValueError, TypeError, IndexError, AttributeError) as problem:
        raise StatementError("unreadable", f"This statement could not be read: {problem}", tag.line) from problem
    content = account.statement
    if currency is None:
        context.remark("no_currency", text=tag.text("curdef")[:40], line=tag.line)
    if not account.account_id:
        context.remark("no_account", line=tag.line)
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
        lines=tuple(content.transactions),
        skipped=tuple(context.skipped),
        warnings=tuple(context.remarks),
        owner=owners.get(account.account_id, ""),
        format=context.version,
        encoding=context.decoded.encoding,
    )


def _remark_encoding(context: _Context) -> None:
    decoded = context.decoded
    if decoded.lost:
        context.remark("characters_lost", count=decoded.lost, encoding=decoded.encoding)
    if decoded.declared not in (None, decoded.encoding) and not decoded.is_plain:
        context.remark("encoding", declared=decoded.declared or "", used=decoded.encoding)


def _booked_transactions(inside: list[Element], context: _Context) -> list[Element]:
    """Return the transactions to read; note those that are pending, deleted again or in securities."""
    booked = []
    for element in inside:
        name = element.name
        if name in ("stmttrn", "stmttrnp"):
            if _is_booked(element, context):
                booked.append(element)
            elif len(_Source(element).amounts) > 1:
                raise StatementError(
                    "bad_amount", "The transaction has two amounts: it swallowed another.", element.line
                )
        elif name in _SECURITY_TRANSACTIONS and element.children:
            context.skip(
                "security",
                kind=name.upper(),
                bank_id=element.text("fitid"),
                amount=element.text("total"),
                line=element.line,
            )
    return booked


def _is_booked(element: Element, context: _Context) -> bool:
    """Whether a transaction is one of the account; note what it is otherwise."""
    text = element.text
    if element.name == "stmttrnp":
        told = text("name") or text("memo")
        context.skip("pending", amount=text("trnamt"), name=told, line=element.line)
    elif text("correctaction").upper() == "DELETE":
        context.skip("deletes", bank_id=text("correctfitid"), line=element.line)
    elif _is_balance(element):
        told = text("name") or text("memo")
        context.skip("balance_row", text=told, amount=text("trnamt"), line=element.line)
    else:
        return True
    return False


def _is_balance(transaction: Element) -> bool:
    """Whether a transaction is none, but tells a balance, as banks in Brazil put it between the others.

    Its texts say nothing else. One word may be what a payer wrote, and counts only where the bank gives no id.
    """
    texts = list(filter(None, (transaction.text("name"), transaction.text("memo"))))
    if not texts or len(texts[0]) > _LONGEST_BALANCE or not _BALANCE_BEGINS.match(texts[0]):
        return False
    has_id = bool(transaction.text("fitid").strip("0"))
    plain = [unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower() for text in texts]
    return all(
        _BALANCE.fullmatch(text) or (not has_id and _BALANCE_WITHOUT_ID.fullmatch(text))
        for text in (" ".join(text.split()) for text in plain)
    )


def _prepared_transaction(source: _Source, currency: str | None, context: _Context) -> _PreparedTransaction:
    """Return ``source`` as ofxparse can read it without loss, or refuse the file."""
    posted = source.tags.get("dtposted")
    day = _read_day(posted.value) if posted else None
    if day is None:
        said = f"has the impossible date “{posted.value[:40]}”" if posted and posted.value else "has no date"
        raise StatementError("bad_date", f"The transaction {said}.", posted.line if posted else source.line)
    text = source.texts.get
    return _PreparedTransaction(
        {
            "trntype": _Prepared(text("trntype", "")),
            "dtposted": _Prepared(_midnight(day)),
            "trnamt": _Prepared(format(_transaction_amount(source, context), "f")),
            "fitid": _Prepared(text("fitid", "")),
            "name": _Prepared(text("name", "")),
            "memo": _Prepared(source.memos[0] if len(source.memos) == 1 else _joined(source.memos)),
            "checknum": _Prepared(text("checknum", "")),
        },
        partial(_line, source, currency, context),
    )


def _transaction_amount(source: _Source, context: _Context) -> Decimal:
    written = source.tags.get("trnamt")
    text = written.value if written else ""
    if text.lower() in ("null", "-null"):
        # Some banks tell of a change of interest in a transaction of no amount.
        context.remark("null_amount", line=source.line)
        return Decimal(0)
    try:
        if len(source.amounts) > 1:
            raise AmountError("it has a second one")
        amount = read_amount(text, context.mark)
        if context.mark is None and is_ambiguous(text):
            context.remark("ambiguous_amount", text=text, read_as=format(amount, "f"), line=source.line)
    except AmountError as problem:
        said = f"has an amount that can't be read for certain, “{text[:40]}” ({problem})" if text else "has no amount"
        raise StatementError(
            "bad_amount", f"The transaction {said}.", written.line if written else source.line
        ) from None
    return amount


def _prepared_statement(tag: Element, kind: str, transactions: Iterable[_Prepared], context: _Context) -> _Prepared:
    """Return the statement ``tag`` with only what ofxparse is to read, each in a form that it reads right.

    It would search at any depth: where the statement names no account, it would take a counterparty's for it.
    """
    source = tag.find({"bank": "bankacctfrom", "credit_card": "ccacctfrom"}.get(kind, "invacctfrom"))
    if source is None:  # a card's statement that names a bank account, or the other way round
        source = next((element for element in tag.children if element.name.endswith("acctfrom")), None)
    tags = {
        name: _Prepared(source.text(name) if source else "") for name in ("acctid", "bankid", "branchid", "brokerid")
    }
    tags["curdef"] = _Prepared(tag.text("curdef"))
    for name in ("dtstart", "dtend"):
        day = _optional_day(tag.find(name), "unreadable_period", context)
        if day:
            tags[name] = _Prepared(_midnight(day))
    if kind == "investment":
        tags["invtranlist"] = _Prepared(tags={name: tags[name] for name in ("dtstart", "dtend") if name in tags})
    else:
        balance = _prepared_balance(tag, context)
        if balance:
            tags["ledgerbal"] = balance
    return _Prepared(tags=tags, transactions=transactions)


def _prepared_balance(tag: Element, context: _Context) -> _Prepared | None:
    """Return the booked balance where it can be read; it is never a reason to refuse the transactions."""
    balance = tag.find("ledgerbal")
    text = balance.text("balamt") if balance else ""
    if balance is None or not text:
        context.remark("no_balance", line=(balance or tag).line)
        return None
    try:
        amount = read_amount(text, context.mark)
    except AmountError:
        context.remark("unreadable_balance", text=text[:40], line=balance.line)
        return None
    if context.mark is None and is_ambiguous(text):
        context.remark("ambiguous_balance", text=text, read_as=format(amount, "f"), line=balance.line)
    tags = {"balamt": _Prepared(format(amount, "f"))}
    day = _balance_day(balance.find("dtasof"), tag.text("dtend"), context)
    if day:
        tags["dtasof"] = _Prepared(_midnight(day))
    else:
        context.remark("undated_balance", line=balance.line)
    return _Prepared(tags=tags)


def _balance_day(element: Element | None, end: str, context: _Context) -> dt.date | None:
    """Return the day of a balance, also one that is written 31/01/2024 or 01/31/2024 where that is no other day.

    Of two days that it may be, ``end``, the last of the statement, counts.
    """
    slashed = _SLASHED_DAY.fullmatch(element.value) if element else None
    if slashed:
        first, second, year = slashed.groups()
        days = {_read_day(f"{year}{first}{second}"), _read_day(f"{year}{second}{first}")} - {None}
        certain = days if len(days) == 1 else days & {_read_day(end)}
        if certain:
            return certain.pop()
    return _optional_day(element, "unreadable_balance_date", context)


def _line(source: _Source, currency: str | None, context: _Context, transaction: Any) -> StatementLine:
    """Return the line of one transaction: ofxparse's reading of it, and from ``source`` what it doesn't read."""
    tags, text = source.tags, source.text
    name, remittance = _name_and_remittance(transaction.payee, text("extdname"), transaction.memo)
    replaced = text("correctfitid")
    if replaced:
        context.remark("replaces", bank_id=replaced, line=source.line)
    account = tags.get("bankacctto") or tags.get("ccacctto")
    original_amount, original_currency, rate = _original(source, transaction.amount, currency, context)
    return StatementLine(
        date=transaction.date.date(),
        amount=transaction.amount,
        bank_id=transaction.id,
        counterparty_name=name,
        counterparty_account=account.text("acctid") if account else "",
        remittance=remittance,
        reference=_joined((transaction.checknum, text("refnum"))),
        original_amount=original_amount,
        original_currency=original_currency,
        exchange_rate=rate,
        value_date=_optional_day(tags.get("dtavail"), "unreadable_value_date", context),
        kind=transaction.type.upper(),
        line=source.line,
        details=_details(source),
    )


def _details(source: _Source) -> dict[str, str]:
    """Return whatever else the bank said of a transaction, by the words of a line's details."""
    texts = source.texts
    details = {
        "transaction_id": texts.get("srvrtid"),
        "cheque": texts.get("checknum"),
        "bank_code": texts.get("sic"),
        "counterparty_bank": _joined((texts.get("bankid", ""), texts.get("branchid", ""))),
        "counterparty_id": texts.get("payeeid"),
        "counterparty_address": ", ".join(filter(None, map(texts.get, _ADDRESS))) if "payee" in source.tags else "",
        "additional_info": "; ".join(_additional(source)),
    }
    return {key: value for key, value in details.items() if value}


def _additional(source: _Source) -> Iterator[str]:
    """Yield what has no place elsewhere: other tags, second ones, and the payer's own day if it is another one."""
    for element in source.elements:
        name, value = element.name, element.value
        if not value or name == "memo" or (name in _PLACED and value == source.texts[name]):
            continue
        if name == "dtuser" and value[:8] == source.text("dtposted")[:8]:
            continue
        yield f"{name.upper()}: {value}"


def _name_and_remittance(name: str, extended: str, memo: str) -> tuple[str, str]:
    """Return the counterparty's name, with the rest of one that was cut at 32 characters, and the free text."""
    if extended.startswith(name):
        return extended or name, memo
    return name, _joined((memo, extended))


def _original(
    source: _Source, amount: Decimal, currency: str | None, context: _Context
) -> tuple[Decimal | None, str | None, Decimal | None]:
    """Return the amount in the currency that the payment was made in, that currency and its rate.

    ORIGCURRENCY says that TRNAMT is converted already, so the original is TRNAMT / CURRATE. CURRENCY says that
    TRNAMT itself is foreign, yet banks also put it where it is not: the line keeps TRNAMT and is remarked.
    """
    for name in ("origcurrency", "currency"):
        element = source.tags.get(name)
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
    """Return the different ones among ``texts`` that aren't empty, one behind the other."""
    return " ".join(dict.fromkeys(filter(None, texts)))


def _iso_currency(text: str) -> str | None:
    code = text.strip().upper()
    return code if _CURRENCY.fullmatch(code) else None


@lru_cache(maxsize=4096)
def _read_day(text: str) -> dt.date | None:
    """Return the day that ``text`` begins with, as 20240131 or 2024-01-31; ``None`` when that is no day."""
    found = _DAY.match(text)
    return calendar_day(found[1], found[3], found[4]) if found else None


def _optional_day(element: Element | None, code: str, context: _Context) -> dt.date | None:
    """Return the day of an element that the statement can do without."""
    if element is None or not element.value:
        return None
    day = _read_day(element.value)
    if day is None:
        context.remark(code, text=element.value[:40], line=element.line)
    return day


@lru_cache(maxsize=4096)
def _midnight(day: dt.date) -> str:
    return f"{day:%Y%m%d}000000"


def _day_of(moment: dt.datetime | str | None) -> dt.date | None:
    return moment.date() if isinstance(moment, dt.datetime) else None
