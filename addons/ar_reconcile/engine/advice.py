"""What the payer's own advice says that he pays of which document.

It may travel with the payment: American banks send it as segments of ANSI X12 820, such as
``RMR*IV*INV/2026/00123*PI*119.00``: an invoice's number, what is done with it, and the amount paid of it. Or the
customer sends it as a table.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from .allocation import Allocation, Kind
from .candidate import Candidate, Sort
from .evidence import Reason
from .payment import Payment
from .reference import FEWEST_TAIL_DIGITS, Reference, as_reference
from .settlement import discounted, in_full, in_paying_order, units

#: Documents of one advice that are read from the text of a payment.
MOST_DOCUMENTS = 200

_SEGMENT = re.compile(r"RMR\*IV\*([^*\\~\n]{1,50})\*[A-Z]{0,2}\*(\d{1,12}(?:\.\d{1,3})?)(?=[*\\~\s]|$)")


def advised(texts: Iterable[str]) -> tuple[tuple[str, Decimal], ...]:
    """Return the documents that ``texts`` advise of, as pairs of a number and an amount, each pair once."""
    found: dict[tuple[str, Decimal], None] = {}
    for text in texts:
        for match in _SEGMENT.finditer(text):
            found[match[1].strip(), Decimal(match[2])] = None
            if len(found) == MOST_DOCUMENTS:
                return tuple(found)
    return tuple(found)


def divided(
    payment: Payment, items: Iterable[Candidate]
) -> tuple[tuple[Candidate, ...], tuple[Allocation, ...], tuple[Reason, ...]]:
    """Return how the advice of ``payment`` divides it: the items, their parts, and reasons for what is taken off.

    Nothing is returned unless each document of the advice is one of ours, none is paid beyond what is open of it, and
    all of them sum to the payment.
    """
    nothing = (), (), ()
    if not payment.remittance or sum(amount for _number, amount in payment.remittance) != payment.amount:
        return nothing
    owed: dict[int, Decimal] = defaultdict(Decimal)
    documents = _Documents(items)
    for number, amount in payment.remittance:
        invoice = documents.find(number)
        if invoice is None:
            return nothing
        owed[invoice] += amount
    parts: list[Allocation] = []
    reasons: list[Reason] = []
    for invoice, amount in owed.items():
        found, told = _parts(payment, documents.items_of[invoice], amount)
        if amount and not found:
            return nothing
        parts += found
        reasons += told
    taken = {part.candidate for part in parts}
    chosen = (item for invoice in owed for item in documents.items_of[invoice] if item.key in taken)
    return tuple(chosen), tuple(parts), tuple(reasons)


class _Documents:
    """Open documents by all that an advice may call them."""

    def __init__(self, items: Iterable[Candidate]) -> None:
        self.items_of: dict[int, list[Candidate]] = defaultdict(list)
        self._named: dict[Hashable, set[int]] = defaultdict(set)
        for item in items:
            self.items_of[item.invoice].append(item)
            for name in (item.number, *item.references):
                reference = as_reference(name)
                if reference is not None:
                    for key in _keys(reference, is_alone=name == item.number):
                        self._named[key].add(item.invoice)

    def find(self, number: str) -> int | None:
        """Return the only document that ``number`` names: whole, without its zeros or prefix, or by its last digits."""
        reference = as_reference(number)
        if reference is None:
            return None
        is_tail = not reference.has_parts and len(reference.written_tail) >= FEWEST_TAIL_DIGITS
        keys = _keys(reference, is_alone=not reference.prefix)[: None if is_tail else 3]
        named = next(filter(None, map(self._named.get, keys)), set())
        return next(iter(named)) if len(named) == 1 else None


def _keys(reference: Reference, *, is_alone: bool) -> list[Hashable]:
    """Return what a document is known by, the most telling first; the last two for a number that stands ``alone``."""
    keys: list[Hashable] = [reference, (reference.prefix, reference.unpadded)]
    return [*keys, ("core", reference.unpadded), ("tail", reference.tail)] if is_alone else keys


def _parts(
    payment: Payment, items: Sequence[Candidate], amount: Decimal
) -> tuple[Sequence[Allocation], Sequence[Reason]]:
    """Return the parts that ``amount`` pays of one document, and what is told of its discount.

    What the payer deducts is a discount where one was agreed and is still granted; else that much stays open.
    """
    due = sum((item.residual for item in items), Decimal())
    if any(item.currency != payment.currency for item in items) or not 0 < amount * due <= due * due:
        return (), ()
    is_one = len(items) == 1 and amount > 0
    ways = discounted(replace(payment, amount=amount), items, units(due - amount)) if is_one else []
    if ways:
        return ways[0].allocations, ways[0].reasons
    return _taken_in_order(items, amount), ()


def _taken_in_order(items: Sequence[Candidate], amount: Decimal) -> list[Allocation]:
    """Take ``amount`` off ``items`` of its sign, in the order in which they are paid."""
    parts: list[Allocation] = []
    for item in in_paying_order(items):
        if item.residual * amount <= 0:
            return []  # a document that owes and is owed
        if abs(amount) >= abs(item.residual):
            parts.append(in_full(item))
        elif item.sort is Sort.PAYMENT:
            return []  # what was registered comes whole
        else:
            parts.append(Allocation(item.key, amount, Kind.PARTIAL))
        amount -= parts[-1].amount
        if not amount:
            break
    return parts
