"""What a customer still owes, or is still owed, as one line of the receivables ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import Currency


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A line of the receivables ledger with its residual.

    ``key`` identifies the line; ``number`` is what people call it by (several instalments of one
    invoice share it).  ``residual`` is signed and in ``currency``: positive is owed by the customer,
    negative is a credit note or a payment that no invoice has taken up yet.
    """

    key: int
    number: str
    due: date
    residual: Decimal
    currency: Currency

    def days_overdue(self, day: date) -> int:
        """Count the days since the due day; on the due day and before it there are none."""
        return max((day - self.due).days, 0)
