"""The bank's side of a match."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .policy import Policy


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of a bank statement, with what the bank says of it.

    ``amount`` is what is left to reconcile of it, positive for money received and negative for money paid out, in units
    of ``currency`` (ISO 4217). ``day`` is the value date, on which discounts are judged. ``texts`` are the fields in
    which a payer may name what is paid, as the bank sent them; ``name`` is the counterparty's. ``counterparty_account``
    is an IBAN or account number, without separators, or empty. ``remittance`` is the customer's own advice: pairs of a
    document's number and the amount paid of it. ``rates`` tell, for each other currency in question, how many units of
    ``currency`` one unit of it is worth on ``day``. ``policy`` holds the rules of its journal,
    ``journal`` is that journal's key, or zero.
    """

    key: int
    day: date
    amount: Decimal
    currency: str
    texts: tuple[str, ...] = ()
    name: str = ""
    counterparty_account: str = ""
    remittance: tuple[tuple[str, Decimal], ...] = ()
    rates: tuple[tuple[str, Decimal], ...] = ()
    policy: Policy = field(default_factory=Policy)
    journal: int = 0
