"""Which items a payment settles, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from .candidate import Candidate


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a payment, in its currency, that settles one item."""

    candidate: int
    amount: Decimal


def in_paying_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Sort items as they fall due; equal ones by number and key, so that input order never counts."""
    return sorted(candidates, key=lambda item: (item.due, item.number, item.key))


def instalments_paid(invoice: Sequence[Candidate], amount: Decimal) -> list[Candidate] | None:
    """Return the instalments of one invoice that ``amount`` settles exactly.

    Instalments are paid in the order in which they fall due, so only the first
    few, or all of them, come into question; ``None`` when no such sum is equal.
    """
    ordered = in_paying_order(invoice)
    for count, total in enumerate(accumulate(item.residual for item in ordered), start=1):
        if total == amount:
            return ordered[:count]
    return None


def settled_in_full(candidates: Iterable[Candidate]) -> tuple[Allocation, ...]:
    """Allocate to each item all that is open of it."""
    return tuple(Allocation(item.key, item.residual) for item in in_paying_order(candidates))
