"""What a journal allows: the types of differences with their limits, and when software books alone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one journal. Amounts are in units of the journal's currency.

    ``threshold`` is the probability from which a proposal is booked without a person. A difference up to
    ``rounding_limit`` is written off as rounding, one up to ``fee_limit`` that the bank may have kept as a bank fee. A
    discount is granted ``grace_days`` after its last day. ``books_short_payments`` tells whether a payment that names
    its invoice is booked although it is less, the rest staying open; ``overpayment_limit`` up to what amount too much
    is put on the customer's account without a person. ``exchange_percent`` is how far a payment in another currency may
    be from the day's rate.
    """

    threshold: Decimal = Decimal("0.96")
    rounding_limit: Decimal = Decimal("0.05")
    fee_limit: Decimal = Decimal(50)
    grace_days: int = 0
    books_short_payments: bool = True
    overpayment_limit: Decimal = Decimal(0)
    exchange_percent: Decimal = Decimal(3)
