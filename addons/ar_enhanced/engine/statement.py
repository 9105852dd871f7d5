"""Statement of account: what a customer owed, what happened since, and what is owed at the end.

The balance at the end is known twice: as the opening balance plus the movements, and as the sum of the open
items.  Both come from the ledger by different ways; where they differ the statement is refused, not printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from .aging import Aging, age
from .money import Currency
from .open_item import OpenItem


class Kind(Enum):
    """What a movement is, in the order in which movements of one day are read."""

    INVOICE = "invoice"
    ENTRY = "entry"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    WRITE_OFF = "write_off"
    EXCHANGE = "exchange"
    ELSEWHERE = "elsewhere"
    PAID_OUT = "paid_out"


ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Movement:
    """What changed the balance on one day: ``amount`` is positive where more is owed by the customer.

    ``key`` orders movements of one day and kind, ``due`` is the day by which an invoice is to be paid.
    """

    key: int
    day: date
    kind: Kind
    number: str
    amount: Decimal
    due: date | None = None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A movement with the balance after it."""

    movement: Movement
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """The account of one customer in one currency from ``first_day`` to ``last_day``, both included."""

    currency: Currency
    first_day: date
    last_day: date
    opening: Decimal
    lines: tuple[StatementLine, ...]
    open_items: tuple[OpenItem, ...]
    aging: Aging

    @property
    def closing(self) -> Decimal:
        """What is owed at the end of the last day, before zero a credit."""
        return self.lines[-1].balance if self.lines else self.opening

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to state: no balance before or after and nothing between."""
        return not (self.opening or self.lines or self.open_items)


def payment(movement: Movement, let_go: Decimal) -> tuple[Movement, ...]:
    """Split what a payment settled into the money that came and ``let_go``, the discount or loss booked with it.

    ``let_go`` is positive where the customer paid less than was settled.  What isn't a part of the settlement is
    not split off: a gain, or more than was settled.
    """
    if not Decimal() < let_go <= -movement.amount:
        return (movement,)
    parts = (
        Movement(movement.key, movement.day, Kind.PAYMENT, movement.number, movement.amount + let_go),
        Movement(movement.key, movement.day, Kind.WRITE_OFF, movement.number, -let_go),
    )
    return tuple(part for part in parts if part.amount)


def statement(
    currency: Currency,
    first_day: date,
    last_day: date,
    opening: Decimal,
    movements: Iterable[Movement],
    open_items: Iterable[OpenItem],
) -> Statement:
    """Make the statement of the period, movements in the order of days and open items oldest due first.

    :param opening: balance at the end of the day before ``first_day``
    :param open_items: what is open at the end of ``last_day``, all in ``currency``
    :raises ValueError: when a movement is outside of the period or the two closing balances differ
    """
    if first_day > last_day:
        raise ValueError("the period ends before it begins")
    balance, lines = opening, []
    for movement in sorted(movements, key=lambda movement: (movement.day, ORDER[movement.kind], movement.key)):
        if not first_day <= movement.day <= last_day:
            raise ValueError(f"{movement.number} of {movement.day} is outside of the period")
        balance += movement.amount
        lines.append(StatementLine(movement, balance))
    items = tuple(sorted(open_items, key=lambda item: (item.due, item.key)))
    if {item.currency for item in items} - {currency}:
        raise ValueError(f"not all open items are in {currency.code}")
    aging = age(items, last_day)
    if aging.balance != balance:
        raise ValueError(f"opening and movements give {balance}, the open items {aging.balance}")
    return Statement(currency, first_day, last_day, opening, tuple(lines), items, aging)
