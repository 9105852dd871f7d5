"""A count and a sum taken from a file's raw text, without any of the code that is tested.

It knows nothing of encodings, repairs and odd writings: where it can't tell, it says so and nothing is compared.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_NUMBER = re.compile(r"[0-9.]+")


@dataclass(frozen=True)
class Crude:
    """Booked entries of a file and their sum, ``None`` where it can't be told."""

    entries: int
    total: Decimal | None

    def __add__(self, other: Crude) -> Crude:
        total = None if self.total is None or other.total is None else self.total + other.total
        return Crude(self.entries + other.entries, total)


def crude_facts(content: bytes) -> Crude | None:
    """Return what the raw text of a file tells, ``None`` for a file of a kind that is not known here."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = [crude_facts(archive.read(info)) for info in archive.infolist()]
        return sum(filter(None, inside), Crude(0, Decimal()))
    if b"BkToCstmr" in content:
        return _camt(content)
    plain = content.replace(b"\0", b"")
    if re.search(rb"<STMTTRN>|<BANKTRANLIST|OFXHEADER|<OFX", plain, re.IGNORECASE):
        return _ofx(plain.decode("latin-1"))
    return None


def _ofx(text: str) -> Crude:
    """Count STMTTRN and add up the first TRNAMT after each."""
    total: Decimal | None = Decimal()
    pieces = re.split(r"<(?:\w+:)?STMTTRN>", text, flags=re.IGNORECASE)[1:]
    for piece in pieces:
        found = re.search(r"<(?:\w+:)?TRNAMT>\s*([^<\r\n]*)", piece, re.IGNORECASE)
        amount = _amount(found[1].strip()) if found else None
        total = None if total is None or amount is None else total + amount
    return Crude(len(pieces), total)


def _amount(text: str) -> Decimal | None:
    if _AMBIGUOUS.fullmatch(text):
        return None
    text = re.sub(r"[ '\xa0]", "", text)
    if "," in text:
        text = text.replace(",", "") if text.rfind(".") > text.rfind(",") else text.replace(".", "").replace(",", ".")
    sign = -1 if text[:1] in "-(" or text[-1:] == "-" else 1
    digits = text.strip("()+-")
    try:
        return sign * Decimal(digits) if _NUMBER.fullmatch(digits) else None
    except InvalidOperation:
        return None


def _camt(content: bytes) -> Crude | None:
    """Count the Ntry that are booked and add up their amounts with the sign of CdtDbtInd."""
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - samples, and expat expands no outside entity
    except ElementTree.ParseError:
        return None
    named: Callable[[ElementTree.Element, str], list[ElementTree.Element]] = lambda element, name: [  # noqa: E731
        child for child in element if child.tag.rpartition("}")[2] == name
    ]
    entries, total = 0, Decimal()
    for entry in root.iter():
        if entry.tag.rpartition("}")[2] != "Ntry":
            continue
        status = "".join("".join(child.itertext()) for child in named(entry, "Sts")).strip()
        if status not in ("", "BOOK"):
            continue
        sign = "".join(child.text or "" for child in named(entry, "CdtDbtInd")).strip()
        amount = Decimal("".join(child.text or "" for child in named(entry, "Amt")).strip() or "0")
        entries += 1
        total += amount if sign == "CRDT" else -amount
    return Crude(entries, total)
