"""How well receivables are collected: of what could be collected in a period, the share that was.

The collection effectiveness index (CEI) compares what left the receivables with what could have left them, so
sales that are not due yet don't count against a collector:
(opening + credit sales - closing) / (opening + credit sales - closing that is not due) x 100.

Credit sales carry tax, as receivables do, and are net of credit notes.  All amounts are of one currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal()


@dataclass(frozen=True, slots=True)
class Period:
    """Receivables of one collector over a period: ``closing_current`` of ``closing`` is not overdue."""

    opening: Decimal
    sales: Decimal
    closing: Decimal
    closing_current: Decimal

    @property
    def collected(self) -> Decimal:
        """What left the receivables."""
        return self.opening + self.sales - self.closing

    @property
    def collectable(self) -> Decimal:
        """What left them, or should have."""
        return self.opening + self.sales - self.closing_current


def effectiveness(periods: Iterable[Period]) -> Decimal | None:
    """Give the CEI in percent; of several collectors or months, weighted by what was collectable.

    :return: None where nothing was collectable (credits may even make it negative): then it says nothing
    """
    listed = list(periods)
    return _percent(
        sum((period.collected for period in listed), ZERO), sum((period.collectable for period in listed), ZERO)
    )


def kept_rate(kept: int, partially_kept: int, broken: int) -> Decimal | None:
    """Give the percentage of promises that were kept in full, of those that were decided; None without any."""
    return _percent(Decimal(kept), Decimal(kept + partially_kept + broken))


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return 100 * part / whole if whole > 0 else None
