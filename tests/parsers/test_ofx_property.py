"""Random OFX files, written in every way that banks have, give back each transaction exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers import line_identities, read

KINDS = {"bank": "STMTRS", "credit_card": "CCSTMTRS", "investment": "INVSTMTRS"}
ZONES = ("", "000000", "120000", "235959.999", "000000[+1:CET]", "235959[-8:PST]", "120000.000[5.50:IST]", "0830")


@dataclass(frozen=True)
class Written:
    """A transaction, and how its day and its amount are written."""

    day: dt.date
    amount: Decimal
    figure: str
    zone: str
    fitid: str
    name: str
    memo: str

    @property
    def facts(self) -> tuple[dt.date, Decimal, str, str, str]:
        """What must be read."""
        return self.day, self.amount, self.fitid, self.name, self.memo


@dataclass(frozen=True)
class Style:
    """How a bank writes its files."""

    codec: str
    label: str
    is_xml: bool
    closes: bool
    ends_transactions: bool
    newline: str
    indent: str
    empties: bool
    text: Callable[[str], str]

    def leaf(self, tag: str, value: str) -> str:
        """A tag with a value; one without, or nothing, where the value is empty."""
        if not value and not self.empties:
            return ""
        end = f"</{tag}>" if self.closes or (not value and self.is_xml) else ""
        return f"{self.indent}<{tag}>{value}{end}{self.newline}"

    def aggregate(self, tag: str, inside: str) -> str:
        """A tag around others."""
        end = "" if tag == "STMTTRN" and not self.ends_transactions else f"</{tag}>{self.newline}"
        return f"<{tag}>{self.newline}{inside}{end}"

    @property
    def header(self) -> str:
        """What stands before the document."""
        if self.is_xml:
            return (
                f'<?xml version="1.0" encoding="{self.label}"?>{self.newline}'
                f'<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>'
            )
        fields = ("OFXHEADER:100", "DATA:OFXSGML", "VERSION:103", "ENCODING:USASCII", f"CHARSET:{self.label}")
        return (self.newline or " ").join(fields) + self.newline * 2


def as_figure(amount: Decimal, mark: str, group: str, sign: str) -> str:
    """Write an amount with two digits behind ``mark``, or without any when there are none to tell."""
    whole, _, cents = format(abs(amount), ".2f").partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    figure = f"{grouped}{mark}{cents}"
    if amount >= 0:
        return f"+{figure}" if sign == "plus" else figure
    return {"behind": f"{figure}-", "parentheses": f"({figure})", "minus": f"\N{MINUS SIGN}{figure}"}.get(
        sign, f"-{figure}"
    )


def texts(alphabet: str) -> st.SearchStrategy[str]:
    """Texts of these characters and of what markup is made of."""
    characters = st.sampled_from(alphabet + "abcXYZ0189 .,-/+*()':;&<>\"#")
    return st.text(characters, max_size=40).map(lambda text: text.strip()).filter(lambda text: "]]>" not in text)


def in_cdata(text: str) -> str:
    """Text that needs no escapes."""
    return f"<![CDATA[{text}]]>" if text else ""


LETTERS = {
    "utf-8": ("äöüßéñÇłšЖИتم上海货款€–", ("1252", "UTF-8", "NONE", "8859-1")),
    "utf-16": ("äöüßłšЖИ上海货款€", ("1252", "NONE", "UNICODE")),
    "cp1252": ("äöüßéñÇ€–’ž", ("1252", "ISO-8859-1", "NONE")),
    "cp1250": ("ěščřžýáíéłąęź", ("1250",)),
    "cp1251": ("ЖИКАбвгдежзий", ("1251", "windows-1251")),
    "gb18030": ("上海货款往来灯具有限公司", ("936", "GB2312", "GB18030")),
    "cp932": ("株式会社振込カブシキ", ("932", "SHIFT_JIS")),
}


@st.composite
def files(draw: st.DrawFn) -> tuple[Style, list[tuple[str, list[Written]]]]:
    """How a file is written, and the statements in it: kind and transactions."""
    codec = draw(st.sampled_from(sorted(LETTERS)))
    alphabet, labels = LETTERS[codec]
    is_xml = draw(st.booleans())
    newline = draw(st.sampled_from(["\n", "\r\n", "\r", ""]))
    style = Style(
        codec=codec,
        label=draw(st.sampled_from(labels)),
        is_xml=is_xml,
        closes=is_xml or draw(st.booleans()),
        ends_transactions=is_xml or draw(st.booleans()),
        newline=newline,
        indent=draw(st.sampled_from(["", "  ", "\t"])) if newline else "",
        empties=draw(st.booleans()),
        text=draw(st.sampled_from([escape, in_cdata])),
    )
    mark, group = draw(st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", "'")]))
    signs = ["", "plus", "behind", "parentheses", *(["minus"] if codec.startswith("utf") else [])]
    words = texts(alphabet)
    transactions = st.builds(
        lambda day, cents, sign, zone, name, memo: Written(
            day, amount := Decimal(cents).scaleb(-2), as_figure(amount, mark, group, sign), zone, "", name, memo
        ),
        st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)),
        st.integers(-(10**11), 10**11),
        st.sampled_from(signs),
        st.sampled_from(ZONES),
        words,
        words,
    )
    statements = draw(
        st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.lists(transactions, max_size=6)), min_size=1, max_size=3)
    )
    has_ids = draw(st.booleans())
    return style, [
        (
            kind,
            [
                Written(*one.facts[:2], one.figure, one.zone, f"F-{number}" if has_ids else "", one.name, one.memo)
                for number, one in enumerate(written)
            ],
        )
        for kind, written in statements
    ]


def as_text(style: Style, statements: list[tuple[str, list[Written]]]) -> str:
    """The whole file."""
    leaf, aggregate = style.leaf, style.aggregate
    answers = ""
    for number, (kind, written) in enumerate(statements):
        movements = ""
        for one in written:
            inside = (
                leaf("TRNTYPE", "OTHER")
                + leaf("DTPOSTED", f"{one.day.year:04}{one.day.month:02}{one.day.day:02}{one.zone}")
                + leaf("TRNAMT", one.figure)
                + leaf("FITID", one.fitid)
                + leaf("NAME", style.text(one.name))
                + leaf("MEMO", style.text(one.memo))
            )
            movement = aggregate("STMTTRN", inside)
            movements += aggregate("INVBANKTRAN", movement) if kind == "investment" else movement
        tag = KINDS[kind]
        account = {"bank": "BANKACCTFROM", "credit_card": "CCACCTFROM", "investment": "INVACCTFROM"}[kind]
        answers += aggregate(
            tag.replace("RS", "TRNRS"),
            aggregate("STATUS", leaf("CODE", "0") + leaf("SEVERITY", "INFO"))
            + aggregate(
                tag,
                leaf("CURDEF", "EUR")
                + aggregate(account, leaf("ACCTID", f"47{number}"))
                + aggregate("INVTRANLIST" if kind == "investment" else "BANKTRANLIST", leaf("DTSTART", "") + movements),
            ),
        )
    return style.header + style.newline + aggregate("OFX", answers)


@settings(max_examples=150)
@given(files())
def test_every_transaction_is_read_back_exactly(file: tuple[Style, list[tuple[str, list[Written]]]]) -> None:
    style, statements = file
    content = as_text(style, statements).encode(style.codec)
    if not style.codec.startswith("utf"):
        # A few letters of another encoding may happen to be UTF-8, and can't be told from it.
        as_utf_8 = content.decode("utf-8", "replace")
        lost = as_utf_8.count("\ufffd")
        assume(content.isascii() or lost > (len(as_utf_8) - len(as_utf_8.encode("ascii", "ignore"))) // 4)
    found = read(content)
    assert [one.account_kind for one in found] == [kind for kind, _ in statements]
    assert [one.account for one in found] == [f"47{number}" for number in range(len(statements))]
    assert [one.format for one in found] == ["OFX 2.11" if style.is_xml else "OFX 1.03"] * len(statements)
    for one, (_, written) in zip(found, statements, strict=True):
        assert [
            (line.date, line.amount, line.bank_id, line.counterparty_name, line.remittance) for line in one.lines
        ] == [transaction.facts for transaction in written]
        assert len(set(line_identities(one))) == len(written)
        assert one.skipped == ()
