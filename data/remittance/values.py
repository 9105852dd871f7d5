"""What a receivables sample consists of: customers, items, bank lines, and the truth about each line.

Amounts are decimals in the currency beside them, days are dates. An item's ``residual`` and a line's ``amount`` are
signed as an accountant would: what a customer owes and what is received are positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True)
class SampleCustomer:
    """A customer as our books know him.

    ``account`` is what banks report when he pays: his IBAN, or a national account number where ``iban`` is empty; it is
    in our books only if ``iban_known``. ``number`` is his number in our books, ``tax_id`` his tax number or empty.
    ``parent`` is the key of the company that owns him. ``habit`` is drawn once and rules how he writes.
    """

    key: int
    name: str
    country: str
    account: str
    iban: str
    iban_known: bool
    number: str
    tax_id: str
    habit: int
    is_person: bool = False
    parent: int | None = None


@dataclass(frozen=True)
class SampleInvoice:
    """An item of a customer's account: an invoice or an instalment of it, a credit note, or a registered payment.

    ``sort`` is ``invoice``, ``credit_note`` or ``payment``. ``document`` is shared by the instalments of one invoice.
    ``residual`` is zero for what is settled. ``discount`` may be taken off up to and including ``discount_day``.
    ``references`` settle the item besides its number: a structured reference, an order number, a payment's memo.
    """

    key: int
    document: int
    number: str
    customer: int
    total: Decimal
    residual: Decimal
    currency: str
    issued: date
    due: date
    discount: Decimal = Decimal(0)
    discount_day: date | None = None
    sort: str = "invoice"
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class SampleLine:
    """A line of a bank statement. ``channel`` names the format, and so the widths of its fields (``texts.WIDTHS``).

    ``texts`` are the bank's text fields, ``remittance`` is the advice that the customer sent apart: pairs of a number
    and an amount. ``original_amount`` is what the payer sent, in ``original_currency``, where the bank tells it.
    """

    key: int
    kind: str
    day: date
    amount: Decimal
    currency: str
    name: str
    texts: tuple[str, ...]
    account: str = ""
    channel: str = "sepa"
    remittance: tuple[tuple[str, Decimal], ...] = ()
    original_amount: Decimal | None = None
    original_currency: str = ""


@dataclass(frozen=True)
class Answer:
    """One right way to book a line.

    ``items`` are pairs of an item's key and what is taken off it, in the item's currency; ``differences`` are pairs of
    a kind and an amount in the line's currency. A discount or fee that we bear is negative, an overpayment positive.
    Where all is in one currency, both sum to the line's amount. What a rate makes of it follows from the rest and is no
    difference here.
    """

    items: tuple[tuple[int, Decimal], ...]
    differences: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True)
class Truth:
    """What is right to do with a line.

    If ``has_answer``, what the line tells, with the books, allows one answer: booking one of ``answers`` is right. If
    not, leaving it or proposing is right; ``answers`` then are what was really meant, where it was anything of ours,
    and booking anything else is wrong. ``payer`` is the customer who pays, or ``None``. ``note`` says why.
    """

    line: int
    has_answer: bool
    answers: tuple[Answer, ...] = ()
    payer: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Sample:
    """A ledger, bank lines, and their truth, line by line. ``rates`` are euros per unit: (day, currency, rate)."""

    seed: int
    customers: tuple[SampleCustomer, ...]
    items: tuple[SampleInvoice, ...]
    lines: tuple[SampleLine, ...]
    truths: tuple[Truth, ...]
    rates: tuple[tuple[date, str, Decimal], ...]
