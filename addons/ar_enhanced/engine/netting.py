"""Which credits settle which debts when a customer has both: credit notes and unapplied payments against invoices.

Amounts are positive and in one currency.  A credit settles debts on its own account only, as the ledger can match
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Debt:
    """An open invoice or instalment of which ``amount`` may be settled by credits."""

    key: int
    amount: Decimal
    due: date
    account: int
    document: int
    is_discounted: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """An open credit of ``amount``; ``document`` is the invoice that it credits, if it credits one."""

    key: int
    amount: Decimal
    day: date
    account: int
    document: int | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A part of a credit that settles a part of a debt."""

    credit: int
    debt: int
    amount: Decimal


def netted(debts: Sequence[Debt], credits: Sequence[Credit]) -> tuple[Use, ...]:
    """Use up ``credits`` on ``debts``: each first on the invoice that it credits, then the oldest first.

    Debts without a discount go before those with one, because a credit takes away what the discount is earned on;
    then in order of their due dates.  Each use ends the credit or the debt, so that matching the pairs in this order,
    each as far as it goes, comes to these amounts.
    """
    order = sorted(debts, key=lambda debt: (debt.is_discounted, debt.due, debt.key))
    left = {debt.key: debt.amount for debt in debts}
    rest = {credit.key: credit.amount for credit in credits}
    uses: list[Use] = []

    def use(is_for: Callable[[Credit, Debt], bool]) -> None:
        for credit in sorted(credits, key=lambda credit: (credit.day, credit.key)):
            for debt in order:
                amount = min(rest[credit.key], left[debt.key])
                if amount > 0 and debt.account == credit.account and is_for(credit, debt):
                    uses.append(Use(credit.key, debt.key, amount))
                    rest[credit.key] -= amount
                    left[debt.key] -= amount

    use(lambda credit, debt: credit.document == debt.document)
    use(lambda credit, debt: True)
    return tuple(uses)
