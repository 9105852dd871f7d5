"""Month-end: which periods are due, whether their figures agree, and what has changed since they were signed.

Figures are amounts by code, each with how many things it adds up. What is proved are equations between them: balance of
the bank + lines that are on no statement yet = ledger, and ledger of receivables = sum of the customers' accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final

MONTHS_OF: Final = {"monthly": 1, "quarterly": 3}
MONTHS_OF_YEAR: Final = 12

# Figures of a bank account.
STATEMENT: Final = "statement"
STATEMENT_LINES: Final = "statement_lines"
AFTER_STATEMENT: Final = "after_statement"
LEDGER: Final = "ledger"
WITHOUT_LINE: Final = "without_line"
OTHER_CURRENCY: Final = "other_currency"
OPEN_LINES: Final = "open_lines"
SUSPENSE: Final = "suspense"
OUTSTANDING: Final = "outstanding"
UNPOSTED_ENTRIES: Final = "unposted_entries"
# Figures of the customers' accounts, beside the ledger and unposted entries.
CUSTOMERS: Final = "customers"
NO_CUSTOMER: Final = "no_customer"
OPEN_ITEMS: Final = "open_items"
DRAFT_INVOICES: Final = "draft_invoices"

# Checks; those on one figure are named after it.
BANK_LEDGER: Final = "bank_ledger"
NO_STATEMENT: Final = "no_statement"
STATEMENT_SUM: Final = "statement_sum"
OLD_STATEMENT: Final = "old_statement"
SUSPENSE_LINES: Final = "suspense_lines"
LEDGER_CUSTOMERS: Final = "ledger_customers"
LEDGER_ITEMS: Final = "ledger_items"


class Status(Enum):
    """How a check ended; the later, the worse."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Period:
    """A month or quarter, both days included."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount, and how many lines, items or customers make it.

    ``amount`` is ``None`` where there is none to tell. ``day`` and ``name`` are those of a statement. ``digest``
    differs when the parts do, though they sum to the same.
    """

    amount: Decimal | None
    count: int = 0
    day: date | None = None
    name: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Two amounts that must be equal, or one (``left``) that is worth a look, with its ``count``."""

    code: str
    status: Status
    left: Decimal | None = None
    right: Decimal | None = None
    count: int = 0

    @property
    def difference(self) -> Decimal | None:
        """What ``left`` is more than ``right``; none where there are no two amounts."""
        return None if self.left is None or self.right is None else self.left - self.right


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is not what it was."""

    code: str
    old: Figure
    new: Figure


Figures = Mapping[str, Figure]
NOTHING: Final = Figure(None)
#: What comes and goes without a change of the ledger.
UNPOSTED: Final = {DRAFT_INVOICES, UNPOSTED_ENTRIES}


def ended_periods(frequency: str, start: date, today: date, year_end_month: int = MONTHS_OF_YEAR) -> Iterator[Period]:
    """Give the periods that ended before ``today``, from the one that ``start`` lies in.

    Quarters are those of a financial year that ends with ``year_end_month``.
    """
    length = MONTHS_OF[frequency]
    month = start.year * MONTHS_OF_YEAR + start.month - 1
    month -= (month - year_end_month) % length
    while (last_day := _first_day(month + length) - timedelta(days=1)) < today:
        yield Period(_first_day(month), last_day)
        month += length


def _first_day(month: int) -> date:
    """Give the first day of a month that is counted from the year zero."""
    return date(month // MONTHS_OF_YEAR, month % MONTHS_OF_YEAR + 1, 1)


def bank_checks(figures: Figures, period: Period) -> tuple[Check, ...]:
    """Check the figures of a bank account."""
    statement, after = figures[STATEMENT], figures[AFTER_STATEMENT]
    ledger = figures[LEDGER]
    checks = [_equal(SUSPENSE_LINES, figures[SUSPENSE], figures[OPEN_LINES])]
    if statement.amount is None:
        checks.insert(0, Check(NO_STATEMENT, Status.FAILED, None, ledger.amount))
    else:
        proved = Figure(statement.amount + (after.amount or Decimal()))
        checks.insert(0, _equal(BANK_LEDGER, proved, ledger))
        checks.insert(1, _equal(STATEMENT_SUM, figures[STATEMENT_LINES], statement))
        if not after.count and statement.day and statement.day < period.first_day:
            checks.append(Check(OLD_STATEMENT, Status.WARNING))
        checks += _noted(figures, AFTER_STATEMENT)
    return (*checks, *_noted(figures, WITHOUT_LINE, OPEN_LINES, OTHER_CURRENCY, UNPOSTED_ENTRIES))


def receivables_checks(figures: Figures) -> tuple[Check, ...]:
    """Check the figures of the customers' accounts."""
    ledger = figures[LEDGER]
    return (
        _equal(LEDGER_CUSTOMERS, ledger, figures[CUSTOMERS]),
        _equal(LEDGER_ITEMS, ledger, figures[OPEN_ITEMS]),
        *_noted(figures, NO_CUSTOMER, DRAFT_INVOICES, UNPOSTED_ENTRIES),
    )


def _equal(code: str, left: Figure, right: Figure) -> Check:
    status = Status.OK if left.amount == right.amount else Status.FAILED
    return Check(code, status, left.amount, right.amount)


def _noted(figures: Figures, *codes: str) -> Iterator[Check]:
    """Give a remark on each of these figures that there is."""
    for code in codes:
        figure = figures.get(code, NOTHING)
        if figure.count:
            yield Check(code, Status.WARNING, figure.amount, None, figure.count)


def outcome(checks: Iterable[Check]) -> Status:
    """Give the worst status."""
    order = list(Status)
    return max((check.status for check in checks), key=order.index, default=Status.OK)


def changes(old: Figures, new: Figures) -> tuple[Change, ...]:
    """Give what is not as it was, in the order of the figures; unposted entries change nothing."""
    return tuple(
        Change(code, old.get(code, NOTHING), new.get(code, NOTHING))
        for code in dict.fromkeys((*new, *old))
        if code not in UNPOSTED and old.get(code, NOTHING) != new.get(code, NOTHING)
    )


def stored(figures: Figures) -> dict[str, dict[str, str | int | None]]:
    """Give the figures as JSON; amounts are texts, for a float isn't exact."""
    return {
        code: {
            "amount": None if figure.amount is None else str(figure.amount),
            "count": figure.count,
            "day": figure.day.isoformat() if figure.day else None,
            "name": figure.name,
            "digest": figure.digest,
        }
        for code, figure in figures.items()
    }


def restored(figures: Mapping[str, Mapping[str, str | int | None]]) -> dict[str, Figure]:
    """Give the figures that :func:`stored` made JSON of."""
    return {
        code: Figure(
            None if figure["amount"] is None else Decimal(str(figure["amount"])),
            int(figure["count"] or 0),
            date.fromisoformat(str(figure["day"])) if figure["day"] else None,
            str(figure["name"]),
            str(figure["digest"]),
        )
        for code, figure in figures.items()
    }
