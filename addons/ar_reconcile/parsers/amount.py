"""Amounts as banks write them: decimal comma or point, grouped digits, signs in front, behind or as parentheses.

Only what can mean one number is read, so no exponent, no ``NaN``, no ``Infinity``, no letters but those of ``R$``. One
form stays ambiguous: a single mark before exactly three digits, ``1,234`` or ``1.234``. The other amounts of the file
decide what its mark means; where none does, the mark begins the fraction, as OFX 2.2 section 3.2.9.1 says, and
:func:`is_ambiguous` lets the caller flag the line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

Mark = Literal[".", ","]

MAX_LENGTH = 40
MAX_WHOLE_DIGITS = 15
"""Digits before the decimal mark, leading zeros aside: beyond them a ledger no longer keeps cents exactly."""

_SPACES = dict.fromkeys(map(ord, "\t\u00a0\u2007\u2009\u202f"), " ")
_SIGNS = {ord("\u2212"): "-", ord("\u2019"): "'"}
_CURRENCY = "\u00a4"
_DOLLARS = re.compile(r"\b(?:R|US|CA?|AU?|NZ|HK|S|MX)(?=\$)")
_PLAIN = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,15})?")
_SHAPE = re.compile(
    rf"(?P<open>\()? ?(?P<sign>[+-])? ?{_CURRENCY}? ?(?P<sign_inside>[+-])? ?"
    rf"(?P<number>[0-9.,](?:[0-9.,' ]*[0-9.,])?)"
    rf" ?(?P<sign_behind>[+-])? ?{_CURRENCY}? ?(?P<sign_last>[+-])? ?(?P<close>\))?"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?P<mark>[.,' ])(?:[0-9]{2,3}(?P=mark))*[0-9]{3}")
_THREE_BEHIND_ONE_MARK = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


class AmountError(ValueError):
    """A text that is not certainly one amount."""


def _sign_and_number(text: str) -> tuple[int, str]:
    """Split ``text`` into its sign and the digits with their marks."""
    if _PLAIN.fullmatch(text):  # as nearly all are
        return (-1 if text[0] == "-" else 1), text.lstrip("+-")
    if len(text) > MAX_LENGTH:
        raise AmountError(f"longer than {MAX_LENGTH} characters")
    plain = _DOLLARS.sub("", text.translate(_SPACES).translate(_SIGNS).strip())
    plain = "".join(_CURRENCY if unicodedata.category(char) == "Sc" else char for char in plain)
    shape = _SHAPE.fullmatch(plain) if plain.count(_CURRENCY) <= 1 else None
    if shape is None:
        raise AmountError("not an amount")
    signs = [shape[name] for name in ("sign", "sign_inside", "sign_behind", "sign_last") if shape[name]]
    in_parentheses = shape["open"] is not None
    if in_parentheses != (shape["close"] is not None) or len(signs) + in_parentheses > 1:
        raise AmountError("more than one sign")
    return (-1 if in_parentheses or signs == ["-"] else 1), shape["number"]


def _certain_mark(number: str) -> Mark | Literal[""] | None:
    """Return the decimal mark of ``number``: empty when it has none, ``None`` when it is ambiguous."""
    points, commas = number.count("."), number.count(",")
    if points and commas:
        return "." if number.rindex(".") > number.rindex(",") else ","
    if points + commas != 1 or _THREE_BEHIND_ONE_MARK.fullmatch(number):
        return None if points + commas == 1 else ""
    return "." if points else ","


def is_ambiguous(text: str) -> bool:
    """Whether only the other amounts of the file can tell what the mark in ``text`` means."""
    return _certain_mark(_sign_and_number(text)[1]) is None


def decimal_mark(texts: Iterable[str]) -> Mark | None:
    """Return the decimal mark that the certain ones among ``texts`` agree on; unreadable texts have no say."""
    marks: set[Mark] = set()
    for text in texts:
        try:
            number = _sign_and_number(text)[1]
        except AmountError:
            continue
        mark = _certain_mark(number)
        if mark:
            marks.add(mark)
        elif mark == "" and ("." in number or "," in number):
            # A mark that stands twice groups digits, which leaves the other one for the fraction.
            marks.add("," if "." in number else ".")
    return marks.pop() if len(marks) == 1 else None


def read_amount(text: str, file_mark: Mark | None = None) -> Decimal:
    """Return the amount that ``text`` writes.

    :param file_mark: decimal mark of the file, see :func:`decimal_mark`; it only decides ambiguous texts
    :raises AmountError: when ``text`` may mean nothing or several things
    """
    sign, number = _sign_and_number(text)
    mark = _certain_mark(number)
    if mark is None:
        written: Mark = "." if "." in number else ","
        mark = written if file_mark in (None, written) else ""
    whole, _, fraction = number.partition(mark) if mark else (number, "", "")
    if fraction and not fraction.isdigit():
        raise AmountError("more than digits behind the decimal mark")
    if whole and not whole.isdigit():
        if not _GROUPED.fullmatch(whole):
            raise AmountError("digits grouped in no known way")
        whole = re.sub("[^0-9]", "", whole)
    if not whole and not fraction:
        raise AmountError("no digits")
    whole = whole.lstrip("0") or "0"
    if len(whole) > MAX_WHOLE_DIGITS:
        raise AmountError(f"more than {MAX_WHOLE_DIGITS} digits before the decimal mark")
    amount = Decimal(f"{whole}.{fraction}" if fraction else whole)
    # Not the minus operator: it rounds to the precision of the thread's decimal context.
    return amount.copy_negate() if sign < 0 and amount else amount
