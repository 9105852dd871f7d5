"""Our side of a match."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Candidate:
    """One receivable item: an invoice, or one instalment of it.

    ``residual`` is what is still to be paid, in units of ``currency``; zero
    means that the item is settled and is only here to recognise a payment that
    comes twice. Instalments of one invoice share ``invoice`` and ``number``.
    ``references`` are further references that settle it, such as a structured
    payment reference. ``accounts`` are the bank accounts known to be the
    customer's, without separators; every item of a customer carries the same.
    """

    key: int
    invoice: int
    number: str
    customer: int
    residual: Decimal
    currency: str
    due: date
    references: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether something is left to be paid."""
        return self.residual > 0
