"""Which items a payment settles, to the cent, and what becomes of the difference."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class Kind(Enum):
    """What one part of an allocation is.

    The first group settles items, the second takes a typed difference from or to them, the last leaves money on the
    customer's account.
    """

    FULL = "full"
    INSTALMENT = "instalment"
    PARTIAL = "partial"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"

    DISCOUNT = "discount"
    DISCOUNT_GRACE = "discount_grace"
    BANK_FEE = "bank_fee"
    ROUNDING = "rounding"
    EXCHANGE = "exchange"

    OVERPAYMENT = "overpayment"


#: Parts that take something off an item's residual.
SETTLING = frozenset({Kind.FULL, Kind.INSTALMENT, Kind.PARTIAL, Kind.CREDIT_NOTE, Kind.PAYMENT})


@dataclass(frozen=True, slots=True)
class Allocation:
    """One part of a payment.

    The ``amount`` of all parts, in the payment's currency, sum to the payment. A part that settles has the sign of the
    item's residual; a discount, fee or rounding that we bear is negative. So an invoice of 100.00 paid with 98.00 is
    ``FULL 100.00`` and ``DISCOUNT -2.00``, one of 80.00 paid with 100.00 ``FULL 80.00`` and ``OVERPAYMENT 20.00``, and
    one of 100.00 netted with a credit note of 30.00 ``FULL 100.00`` and ``CREDIT_NOTE -30.00``.

    ``candidate`` is the item that the part belongs to; an overpayment names an item of the customer whose account it
    stays on. ``item_amount`` is what is taken off the item in its own currency, where that is another one.
    """

    candidate: int
    amount: Decimal
    kind: Kind = Kind.FULL
    item_amount: Decimal | None = None
