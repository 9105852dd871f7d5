"""What a scanner or a person's paste gives: the payment codes and references that name an invoice.

Sources of the rules: ISO 11649 (creditor reference, RF), EPC069-12 version 3 (QR code of a SEPA credit transfer, BCD),
Swiss Implementation Guidelines QR-bill 2.3 (SPC; references QRR, SCOR, NON), Febelfin's structured communication
(twelve digits, the last two modulo 97), Norwegian KID (modulo 10 or 11, up to 25 digits), Finnish reference number
(Finance Finland, weights 7, 3, 1). A number's barcode (Code 128) is plain text.

A text that is none of these, however hostile, is read as text; nothing is refused.

>>> read_payment_code("RF18 5390 0754 7034").reference
'RF18539007547034'
>>> read_payment_code("+++090/9337/55493+++").kind
'belgian'
>>> read_payment_code("INV/2026/00123").kind
'text'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from stdnum import iso11649, luhn
from stdnum.ch import esr
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

from .amount import AmountError, read_amount

Kind = Literal["creditor_reference", "epc", "swiss", "qrr", "belgian", "kid", "finnish", "text"]

MAX_LENGTH = 2000
"""Characters that are looked at: twice the longest code, the 997 of a Swiss one."""
MAX_REFERENCE = 140
MAX_NAME = 70
MAX_AMOUNT = Decimal("999999999.99")

_LINE_ENDS = re.compile(r"\r\n|\r|\n|\x0b|\x0c|\x1e|\x85|\u2028|\u2029")
#: Line ends, invisible characters, and those that turn the direction of writing: they would hide what is shown.
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
#: What scanners put in front to tell the sort of barcode (ISO/IEC 15424).
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_BELGIAN = re.compile(r"(\+{3}|\*{3}) ?([0-9]{3}) ?/ ?([0-9]{4}) ?/ ?([0-9]{5}) ?\1")
_CREDITOR = re.compile(r"(?<![A-Za-z0-9])RF ?[0-9]{2}(?:[ .-]?[A-Za-z0-9]){1,21}(?![A-Za-z0-9])", re.IGNORECASE)
_EPC_AMOUNT = re.compile(r"([A-Z]{3})([0-9]{1,9}(?:\.[0-9]{1,2})?)")
_ACCOUNT = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DIGITS = re.compile(r"[0-9]{2,27}")
_QRR_LENGTH, _BELGIAN_LENGTH, _KID_LENGTHS, _FINNISH_LENGTHS = 27, 12, range(4, 26), range(4, 21)
_FINNISH_WEIGHTS = (7, 3, 1)
_KID_WEIGHTS = (2, 3, 4, 5, 6, 7)
#: Lines of a SEPA code up to the account, and of a Swiss one up to the end of its data (EPD).
_EPC_LINES, _SWISS_LINES = 7, 31


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """What was read.

    :ivar kind: which rule the code keeps; ``text`` if none
    :ivar reference: the reference without separators; of a text, the text
    :ivar amount: what is to be paid, in ``currency`` (ISO 4217), if the code tells it
    :ivar account: IBAN of who is paid, without spaces
    :ivar name: who is paid
    :ivar text: the message to the payee; of a text, the text
    """

    kind: Kind
    reference: str = ""
    amount: Decimal | None = None
    currency: str = ""
    account: str = ""
    name: str = ""
    text: str = ""


def read_payment_code(scanned: str) -> PaymentCode:
    """Return what ``scanned`` says; whatever it holds, something is returned."""
    told = scanned[:MAX_LENGTH].strip("\ufeff \t\r\n\0")
    told = told[3:] if _SYMBOLOGY.match(told) else told
    lines = [_shown(line) for line in _LINE_ENDS.split(told)]
    return _epc(lines) or _swiss(lines) or _reference(_shown(told))


def _shown(text: str) -> str:
    """Return ``text`` on one line, without what is not shown."""
    return " ".join(_NOT_SHOWN.sub(" ", text).split())


def _epc(lines: Sequence[str]) -> PaymentCode | None:
    """Read the QR code of a SEPA credit transfer (EPC069-12, section 3): a field per line, the last ones left out."""
    if len(lines) < _EPC_LINES or lines[0] != "BCD" or lines[3] not in ("SCT", "INST"):
        return None
    fields = [*lines, *[""] * 12]
    account = _account(fields[6])
    if not account:
        return None
    amount = _EPC_AMOUNT.fullmatch(fields[7])
    text = fields[10][:MAX_REFERENCE]
    reference = _creditor(fields[9]) or fields[9][:MAX_REFERENCE] or _creditor_in(text)
    return PaymentCode(
        "epc",
        reference,
        _positive(amount[2]) if amount else None,
        amount[1] if amount else "",
        account,
        fields[5][:MAX_NAME],
        text,
    )


def _swiss(lines: Sequence[str]) -> PaymentCode | None:
    """Read a Swiss QR code (Implementation Guidelines 2.3, chapter 4): a field per line, empty ones too."""
    if len(lines) < _SWISS_LINES or lines[0] != "SPC" or not re.fullmatch("02[0-9]{2}", lines[1]):
        return None
    account = _account(lines[3])
    if not account:
        return None
    sort, reference, text = lines[27], lines[28], lines[29][:MAX_REFERENCE]
    checks: dict[str, Callable[[str], str]] = {"QRR": _qrr, "SCOR": _creditor}
    checked = checks[sort](reference) if sort in checks else ""
    return PaymentCode(
        "swiss",
        checked or _creditor_in(text),
        _positive(lines[18]),
        lines[19] if re.fullmatch("[A-Z]{3}", lines[19]) else "",
        account,
        lines[5][:MAX_NAME],
        text,
    )


def _reference(text: str) -> PaymentCode:
    """Read what is no QR code: a reference with check digits, alone or within a text, or else the text itself."""
    belgian = _belgian_in(text)
    if belgian:
        return PaymentCode("belgian", belgian, text=text)
    creditor = _creditor(text) or _creditor_in(text)
    if creditor:
        return PaymentCode("creditor_reference", creditor, text=text)
    digits = text.replace(" ", "")
    kinds = _kinds_of(digits) if _DIGITS.fullmatch(digits) else []
    # Two rules that both hold decide nothing: one number in ten keeps any of them by chance.
    if len(kinds) == 1:
        return PaymentCode(kinds[0], digits, text=text)
    return PaymentCode("text", text[:MAX_REFERENCE].rstrip(), text=text)


def _kinds_of(digits: str) -> list[Kind]:
    """Return the sorts of reference whose check digits ``digits`` keep; the longer checks exclude the shorter ones."""
    if len(digits) == _QRR_LENGTH:
        return ["qrr"] if _qrr(digits) else []
    if _is_belgian(digits):
        return ["belgian"]
    found: list[Kind] = []
    if len(digits) in _KID_LENGTHS and (luhn.is_valid(digits) or _keeps_modulo_11(digits)):
        found.append("kid")
    if len(digits) in _FINNISH_LENGTHS and _keeps_finnish_check(digits):
        found.append("finnish")
    return found


def _creditor(text: str) -> str:
    """Return an ISO 11649 reference in its compact form, or nothing."""
    if len(text) > MAX_REFERENCE or not text.isascii():
        return ""
    try:
        found = str(iso11649.validate(text))
    except ValidationError:
        return ""
    return found if found.isalnum() else ""


def _creditor_in(text: str) -> str:
    """Return the first ISO 11649 reference that stands within a text; words behind it may look like a part of it."""
    for match in _CREDITOR.finditer(text):
        words = match[0].split(" ")
        for count in range(len(words), 0, -1):
            found = _creditor(" ".join(words[:count]))
            if found:
                return found
    return ""


def _qrr(text: str) -> str:
    """Return a Swiss QR reference of 27 digits, or nothing."""
    digits = text.replace(" ", "")
    if len(digits) != _QRR_LENGTH or not _DIGITS.fullmatch(digits) or not digits.strip("0"):
        return ""
    return digits if esr.is_valid(digits) else ""


def _belgian_in(text: str) -> str:
    match = _BELGIAN.search(text)
    digits = "".join(match.groups()[1:]) if match else ""
    return digits if _is_belgian(digits) else ""


def _is_belgian(digits: str) -> bool:
    """Whether the last two of twelve digits are the others modulo 97, with 97 in place of 0."""
    return len(digits) == _BELGIAN_LENGTH and int(digits[-2:]) == (int(digits[:-2]) % 97 or 97)


def _keeps_modulo_11(digits: str) -> bool:
    weighted = sum(int(digit) * _KID_WEIGHTS[at % 6] for at, digit in enumerate(reversed(digits[:-1])))
    return (11 - weighted % 11) % 11 == int(digits[-1])


def _keeps_finnish_check(digits: str) -> bool:
    weighted = sum(int(digit) * _FINNISH_WEIGHTS[at % 3] for at, digit in enumerate(reversed(digits[:-1])))
    return (10 - weighted % 10) % 10 == int(digits[-1])


def _account(text: str) -> str:
    """Return an IBAN in its compact form, or nothing (ISO 13616: the first four characters go last, modulo 97)."""
    account = text.replace(" ", "").upper()
    is_account = _ACCOUNT.fullmatch(account) and mod_97_10.is_valid(account[4:] + account[:4])
    return account if is_account else ""


def _positive(text: str) -> Decimal | None:
    """Return what is to be paid; a code without an amount leaves it to the payer."""
    try:
        amount = read_amount(text, ".")
    except AmountError:
        return None
    return amount if 0 < amount <= MAX_AMOUNT else None
