"""A currency and the one place where an amount of money is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency with the number of decimals that its amounts are kept in."""

    code: str
    decimal_places: int

    def rounded(self, amount: Decimal) -> Decimal:
        """Give ``amount`` in whole smallest units; a half goes away from zero, as in Odoo's ledger."""
        return amount.quantize(Decimal(1).scaleb(-self.decimal_places), rounding=ROUND_HALF_UP)
