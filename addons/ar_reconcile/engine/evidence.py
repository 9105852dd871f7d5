"""What speaks for and against a match: reason codes with the facts behind them.

A reason is data, never a sentence: the models say it in the user's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Fact = str | int | tuple[str, ...] | tuple[int, ...]

# For a match
NUMBER_IN_TEXT: Final = "number_in_text"
DIGITS_IN_TEXT: Final = "digits_in_text"
ACCOUNT_KNOWN: Final = "account_known"
AMOUNT_EQUAL: Final = "amount_equal"
SUM_EQUAL: Final = "sum_equal"

# Against booking
OUTGOING: Final = "outgoing"
NO_REFERENCE: Final = "no_reference"
ALREADY_PAID: Final = "already_paid"
SHORT_PAYMENT: Final = "short_payment"
OVERPAYMENT: Final = "overpayment"
OTHER_CURRENCY: Final = "other_currency"
AMBIGUOUS: Final = "ambiguous"
CONTESTED: Final = "contested"
SAME_AMOUNT: Final = "same_amount"
ACCOUNT_SHARED: Final = "account_shared"

ALL: Final = (
    *(NUMBER_IN_TEXT, DIGITS_IN_TEXT, ACCOUNT_KNOWN, AMOUNT_EQUAL, SUM_EQUAL),
    *(OUTGOING, NO_REFERENCE, ALREADY_PAID, SHORT_PAYMENT, OVERPAYMENT),
    *(OTHER_CURRENCY, AMBIGUOUS, CONTESTED, SAME_AMOUNT, ACCOUNT_SHARED),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: its code and its facts as sorted ``(name, value)`` pairs.

    Amounts among the facts are decimal strings; items are candidates' keys.
    """

    code: str
    facts: tuple[tuple[str, Fact], ...] = ()

    def fact(self, name: str) -> Fact | None:
        """Return the fact called ``name``, or ``None``."""
        return dict(self.facts).get(name)


def reason(code: str, **facts: Fact) -> Reason:
    """Make a reason from keyword facts."""
    return Reason(code, tuple(sorted(facts.items())))
