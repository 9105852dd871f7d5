"""The bank's side of a match."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of a bank statement, with what the bank says of it.

    ``amount`` is positive for money received, in units of ``currency`` (ISO
    4217). ``texts`` are the fields in which a payer may name what is paid, as
    the bank sent them. ``counterparty_account`` is an IBAN or account number,
    without separators, or empty.
    """

    key: int
    day: date
    amount: Decimal
    currency: str
    texts: tuple[str, ...]
    counterparty_account: str = ""
