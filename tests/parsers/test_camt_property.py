"""Whatever a bank writes by the rules is read back exactly: random files, and what their entries must become."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from camt_file import MESSAGES, amount_tag, balance, tag
from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers import camt as camt_format

ZONES = ("", "Z", "+01:00", "-08:00", "+14:00")
CURRENCIES = ("EUR", "CHF", "JPY")
# What xmltodict and the readers of every text strip or join is not part of what a bank means by it.
TEXTS = st.text(
    st.characters(codec="cp1252", min_codepoint=33, exclude_characters="\x7f\xa0\xad"), min_size=1, max_size=20
)
WORDS = st.lists(TEXTS, min_size=1, max_size=3).map(" ".join)
REFERENCES = st.text("ABCDEF123456789", min_size=1, max_size=12).map(lambda text: f"Q{text}")
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2150, 12, 31))
AMOUNTS = st.decimals(0, 10**12, allow_nan=False, allow_infinity=False, places=2)


@dataclass(frozen=True)
class Detail:
    """One payment as it was meant."""

    amount: Decimal
    texts: tuple[str, ...]
    name: str
    account: str
    end_to_end_id: str


@dataclass(frozen=True)
class Entry:
    """One entry as it was meant; ``details`` sum up to it, without any it has texts of its own."""

    is_credit: bool
    amount: Decimal
    day: dt.date
    zone: str | None
    reference: str
    details: tuple[Detail, ...]
    info: str


@st.composite
def entries(draw: Any) -> Entry:
    details = tuple(
        draw(
            st.lists(
                st.builds(
                    Detail, AMOUNTS, st.lists(WORDS, max_size=3).map(tuple), WORDS, REFERENCES, REFERENCES | st.just("")
                ),
                max_size=4,
            )
        )
    )
    amount = sum((detail.amount for detail in details), Decimal()) if details else draw(AMOUNTS)
    zone = draw(st.none() | st.sampled_from(ZONES))
    return Entry(draw(st.booleans()), amount, draw(DAYS), zone, draw(REFERENCES), details, draw(WORDS | st.just("")))


class Writer:
    """Writes entries as one version of a message has them."""

    def __init__(self, version: int, currency: str, where: str) -> None:
        self.is_new = version >= 8
        self.currency = currency
        self.where = where

    def detail(self, detail: Detail, is_credit: bool) -> str:
        side = "Dbtr" if is_credit else "Cdtr"
        name = tag("Nm", escape(detail.name))
        parties = tag(side, tag("Pty", name) if self.is_new else name)
        account = tag(f"{side}Acct", tag("Id", tag("IBAN", detail.account)))
        amount = amount_tag(str(detail.amount), self.currency)
        return tag(
            "TxDtls",
            tag("Refs", tag("EndToEndId", detail.end_to_end_id or "NOTPROVIDED")),
            amount if self.where == "Amt" else tag("AmtDtls", tag(self.where, amount)),
            tag("RltdPties", parties, account),
            tag("RmtInf", *(tag("Ustrd", escape(text)) for text in detail.texts)),
        )

    def entry(self, entry: Entry) -> str:
        day = tag("Dt", entry.day.isoformat())
        if entry.zone is not None:
            day = tag("DtTm", f"{entry.day.isoformat()}T23:30:00{entry.zone}")
        return tag(
            "Ntry",
            amount_tag(str(entry.amount), self.currency),
            tag("CdtDbtInd", "CRDT" if entry.is_credit else "DBIT"),
            tag("Sts", tag("Cd", "BOOK") if self.is_new else "BOOK"),
            tag("BookgDt", day),
            tag("AcctSvcrRef", entry.reference),
            tag("NtryDtls", *(self.detail(detail, entry.is_credit) for detail in entry.details)),
            tag("AddtlNtryInf", escape(entry.info)),
        )


def expected(entry: Entry) -> list[tuple[Any, ...]]:
    """What is to be read of an entry."""
    sign = 1 if entry.is_credit else -1
    if not entry.details:
        return [(entry.day, sign * entry.amount, entry.reference, "", "", entry.info, "")]
    several = len(entry.details) > 1
    return [
        (
            entry.day,
            sign * detail.amount,
            f"{entry.reference}/{number}" if several else entry.reference,
            detail.name,
            detail.account,
            " ".join(detail.texts) or entry.info,
            detail.end_to_end_id,
        )
        for number, detail in enumerate(entry.details, 1)
    ]


def wrapped(content: str, message: str, version: int, prefix: str, codec: str) -> bytes:
    """A document in one of the forms that banks send it in."""
    name = MESSAGES[message][0]
    text = tag(name, tag("GrpHdr", tag("MsgId", "M")), content)
    if prefix:
        text = text.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    colon = f"{prefix}:" if prefix else ""
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version:02}"
    attribute = f"xmlns:{prefix}" if prefix else "xmlns"
    declaration = f'<?xml version="1.0" encoding="{codec}"?>'
    return f'{declaration}\n<{colon}Document {attribute}="{space}">{text}</{colon}Document>'.encode(codec)


@given(
    st.lists(entries(), max_size=4, unique_by=lambda entry: entry.reference),
    st.sampled_from(sorted(MESSAGES)),
    st.integers(2, 13),
    st.sampled_from(CURRENCIES),
    st.sampled_from(["", "ns2", "camt"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be"]),
    st.data(),
)
def test_every_transaction_is_read_back_exactly(
    booked: list[Entry], message: str, version: int, currency: str, prefix: str, codec: str, data: st.DataObject
) -> None:
    for entry in booked:  # details that each repeat the total, or are all zero, are no split
        assume(len(entry.details) < 2 or (entry.amount and any(one.amount != entry.amount for one in entry.details)))
    writer = Writer(version, currency, data.draw(st.sampled_from(["Amt", "TxAmt", "InstdAmt"])))
    total = sum((entry.amount if entry.is_credit else -entry.amount for entry in booked), Decimal())
    account = tag("Acct", tag("Id", tag("IBAN", "DE02120300000000202051")), tag("Ccy", currency))
    balances = balance("OPBD", "0", currency=currency)
    balances += balance("CLBD", str(abs(total)), "CRDT" if total >= 0 else "DBIT", currency=currency)
    content = tag(MESSAGES[message][1], tag("Id", "S"), account, balances, *(writer.entry(entry) for entry in booked))
    file = wrapped(content, message, version, prefix, codec)

    (found,) = camt_format.read(file)

    assert camt_format.recognises(file)
    lines = [
        (
            line.date,
            line.amount,
            line.bank_id,
            line.counterparty_name,
            line.counterparty_account,
            line.remittance,
            line.reference,
        )
        for line in found.lines
    ]
    assert lines == [line for entry in booked for line in expected(entry)]
    assert found.difference == 0
    assert (found.currency, found.format) == (currency, f"camt.{message}.001.{version:02}")
    assert found.skipped == ()


@given(entries(), st.decimals("-50", "50", places=2).filter(bool))
def test_lines_sum_up_to_their_entry_whatever_its_details_sum_up_to(entry: Entry, gap: Decimal) -> None:
    meant = Entry(
        entry.is_credit, abs(entry.amount + gap), entry.day, entry.zone, entry.reference, entry.details, entry.info
    )
    content = tag("Stmt", tag("Acct", tag("Ccy", "EUR")), Writer(2, "EUR", "Amt").entry(meant))

    (found,) = camt_format.read(wrapped(content, "053", 2, "", "utf-8"))

    signed = meant.amount if meant.is_credit else -meant.amount
    assert found.total == signed
    assert {line.entry_amount for line in found.lines} == {signed}
