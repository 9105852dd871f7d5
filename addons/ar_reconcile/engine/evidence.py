"""What speaks for and against a match: reason codes with the facts behind them.

A reason is data, never a sentence: the models say it in the user's language. The fact ``weight`` is in decibans, tenths
of a power of ten; ``items`` are candidates' keys, ``customers`` customers' keys, ``payments`` payments' keys; amounts
are decimal strings in the payment's currency; ``text`` is what stands in the payment's texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Fact = str | int | tuple[str, ...] | tuple[int, ...]

# References: text, items, weight
NUMBER_IN_TEXT: Final = "number_in_text"
CORE_IN_TEXT: Final = "core_in_text"
DIGITS_IN_TEXT: Final = "digits_in_text"
RANGE_IN_TEXT: Final = "range_in_text"
LAST_DIGITS_IN_TEXT: Final = "last_digits_in_text"
MISTAKEN_NUMBER: Final = "mistaken_number"
ADVISED: Final = "advised"

# Who pays: customers, weight, and account, times, name or text
ACCOUNT_KNOWN: Final = "account_known"
ACCOUNT_LEARNED: Final = "account_learned"
NAME_EQUAL: Final = "name_equal"
NAME_CUT: Final = "name_cut"
NAME_SIMILAR: Final = "name_similar"
NAME_PART: Final = "name_part"
CUSTOMER_NUMBER: Final = "customer_number"
SAME_GROUP: Final = "same_group"

# The amount: amount, items, and what the difference is
AMOUNT_EQUAL: Final = "amount_equal"
SUM_EQUAL: Final = "sum_equal"
#: ``open``: how many items the customer has; no other set of them has this sum.
ONLY_SET: Final = "only_set"
#: ``discount``, ``last_day`` (ISO), and ``day`` of the payment; ``percent`` if it is called by one, and ``short`` if so
#: much more was taken, which its grace amount allows
DISCOUNT_TAKEN: Final = "discount_taken"
DISCOUNT_GRACE: Final = "discount_grace"
DISCOUNT_LATE: Final = "discount_late"
#: ``difference``, ``limit``
ROUNDING: Final = "rounding"
BANK_FEE: Final = "bank_fee"
#: ``open``, ``paid``, ``difference``
SHORT_PAYMENT: Final = "short_payment"
OVERPAYMENT: Final = "overpayment"
#: ``open`` and ``currency`` of the items, ``rate`` of the day, ``paid``
EXCHANGE: Final = "exchange"
#: credit notes: items
NETTED: Final = "netted"

# Against it, or why it is not booked
NAME_UNLIKE: Final = "name_unlike"
ACCOUNT_OF_OTHER: Final = "account_of_other"
NUMBERS_UNUSED: Final = "numbers_unused"
PAID_BEFORE_ISSUED: Final = "paid_before_issued"
OUTGOING: Final = "outgoing"
#: what the text says: text
RETURNED: Final = "returned"
NOTHING_LEFT: Final = "nothing_left"
NO_REFERENCE: Final = "no_reference"
NOTHING_FITS: Final = "nothing_fits"
ALREADY_PAID: Final = "already_paid"
OTHER_CURRENCY: Final = "other_currency"
AMBIGUOUS: Final = "ambiguous"
CONTESTED: Final = "contested"
SAME_AMOUNT: Final = "same_amount"
RUNNER_UP: Final = "runner_up"
#: ``probability`` and ``threshold`` as decimal strings
BELOW_THRESHOLD: Final = "below_threshold"
#: the journal books nothing without a person
NOT_ALONE: Final = "not_alone"
#: ``difference`` and ``limit``: the journal leaves it to a person
LEFT_BY_POLICY: Final = "left_by_policy"
TOO_MANY_ITEMS: Final = "too_many_items"

ALL: Final = (
    *(NUMBER_IN_TEXT, CORE_IN_TEXT, DIGITS_IN_TEXT, RANGE_IN_TEXT, LAST_DIGITS_IN_TEXT, MISTAKEN_NUMBER, ADVISED),
    *(ACCOUNT_KNOWN, ACCOUNT_LEARNED, NAME_EQUAL, NAME_CUT, NAME_SIMILAR, NAME_PART, CUSTOMER_NUMBER, SAME_GROUP),
    *(AMOUNT_EQUAL, SUM_EQUAL, ONLY_SET, DISCOUNT_TAKEN, DISCOUNT_GRACE, DISCOUNT_LATE, ROUNDING, BANK_FEE),
    *(SHORT_PAYMENT, OVERPAYMENT, EXCHANGE, NETTED),
    *(NAME_UNLIKE, ACCOUNT_OF_OTHER, NUMBERS_UNUSED, PAID_BEFORE_ISSUED, OUTGOING, RETURNED, NOTHING_LEFT),
    *(
        NO_REFERENCE,
        NOTHING_FITS,
        ALREADY_PAID,
        OTHER_CURRENCY,
        AMBIGUOUS,
        CONTESTED,
        SAME_AMOUNT,
        RUNNER_UP,
        BELOW_THRESHOLD,
    ),
    *(NOT_ALONE, LEFT_BY_POLICY, TOO_MANY_ITEMS),
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
