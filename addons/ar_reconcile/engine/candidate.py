"""Our side of a match."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum


class Sort(Enum):
    """What an item of a customer's account is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    #: A payment that was registered before the bank told of it.
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Discount:
    """An early-payment discount: ``amount`` is taken off what is open, up to and including ``last_day``.

    ``percent`` is what it is called by, or zero. It is accepted up to ``grace_last_day``, if there is such a day, and
    from who pays up to ``grace_amount`` less than what is due after it.
    """

    amount: Decimal
    last_day: date
    percent: Decimal = Decimal(0)
    grace_last_day: date | None = None
    grace_amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One item of a customer's account: an invoice, an instalment of it, a credit note, or a registered payment.

    ``residual`` is what is still open, in units of ``currency``: positive for what the customer owes, negative for what
    is owed to him; zero means that the item is settled and is only here to recognise a payment that comes twice.
    Instalments of one invoice share ``invoice`` and ``number``. ``issued`` is the document's date. ``references`` are
    further references that settle it, such as a structured payment reference, the customer's order number, or the
    batch and the memo of a registered payment. ``discounts`` are those that were agreed, richest first: its tiers, or
    what a sliding discount is on each day in question.
    ``journal`` is the key of the only journal whose payments can settle it, or zero.
    """

    key: int
    invoice: int
    number: str
    customer: int
    residual: Decimal
    currency: str
    due: date
    issued: date | None = None
    references: tuple[str, ...] = ()
    discounts: tuple[Discount, ...] = ()
    sort: Sort = Sort.INVOICE
    journal: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """Whose items they are, and by what he is recognised.

    ``names`` are his own, his contacts' and his learned aliases; the first is the one that is shown. ``accounts`` are
    bank accounts registered as his, without separators; ``learned_accounts`` pairs an account that has paid for him
    with how often that was confirmed. ``group`` is shared by customers who pay for each other: a parent and its
    subsidiaries, or a payer and those whom he was confirmed to pay for; the customer's own key if there is none.
    ``references`` are his numbers in our books. ``habit`` is how he was seen to name what he pays, or empty.
    """

    key: int
    names: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    learned_accounts: tuple[tuple[str, int], ...] = ()
    group: int = 0
    references: tuple[str, ...] = ()
    habit: str = ""
