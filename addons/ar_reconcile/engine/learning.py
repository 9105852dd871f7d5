"""What a confirmed match teaches about the customer whose items were paid.

A fact is only as good as the confirmations behind it: these functions say what one payment shows, the models count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from anyascii import anyascii

from .candidate import Candidate, Customer
from .name import words
from .payment import Payment
from .reference import Level, Reading, as_reference, compact, pieces

#: Signs of a name or an account that are kept; banks write at most 140.
LONGEST_VALUE: Final = 140
#: Signs of a text that are read; banks write a few hundred.
LONGEST_TEXT: Final = 4_000
#: A name says who somebody is from so many letters.
FEWEST_LETTERS: Final = 3
#: Banks cut names; from so many signs, the beginning of a known name is that name.
FEWEST_SIGNS_OF_A_CUT_NAME: Final = 20
#: An account number has at least so many signs.
FEWEST_SIGNS_OF_AN_ACCOUNT: Final = 5


class FactKind(Enum):
    """What is known of how a customer pays."""

    #: A bank account that has paid for him.
    ACCOUNT = "account"
    #: How a bank writes his name, where that isn't one of the names in the books.
    NAME = "name"
    #: Another customer who has paid for him.
    PAYER = "payer"
    #: How he names what he pays.
    HABIT = "habit"


class Habit(Enum):
    """How a payment named what it paid."""

    FULL_NUMBER = "full_number"
    BARE_DIGITS = "bare_digits"
    CUSTOMER_NUMBER = "customer_number"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a payment shows about ``customer``.

    ``value`` is what is compared: an account without separators, a name as :func:`plain_name` returns it, a payer's
    key in digits, or a habit's value. ``text`` is an account or a name as the bank wrote it, otherwise empty.
    """

    customer: int
    kind: FactKind
    value: str
    text: str = ""


def plain_name(name: str) -> str:
    """Return ``name`` in Latin capitals, its words apart by one blank, without any other signs."""
    words = pieces(anyascii(name[: 2 * LONGEST_VALUE]))
    return " ".join(word.text for word in words)[:LONGEST_VALUE].strip()


def learned(payment: Payment, paid: Iterable[Candidate], customers: Iterable[Customer]) -> list[Fact]:
    """Return what ``payment`` shows, a person having confirmed that it paid the items ``paid``.

    :param customers: those whose items were paid, and everybody who owns the payment's account or bears its name
    :return: facts about the customers whose items were paid, in the order of the customers' keys
    """
    items = sorted(paid, key=lambda item: item.key)
    known = {customer.key: customer for customer in customers}
    facts: list[Fact] = []
    for key in sorted({item.customer for item in items}):
        customer = known.get(key, Customer(key))
        payer = _payer(payment, customer, known.values())
        if payer:
            facts.append(Fact(key, FactKind.PAYER, str(payer)))
        else:
            facts += payers_own(payment, customer)
        own = [item for item in items if item.customer == key]
        facts.append(Fact(key, FactKind.HABIT, habit(payment.texts, own, customer.references).value))
    return facts


def habit(texts: Iterable[str], paid: Iterable[Candidate], references: Iterable[str]) -> Habit:
    """Return how ``texts`` name the items ``paid`` of a customer with these numbers in our books."""
    reading = Reading(text[:LONGEST_TEXT] for text in texts)
    level = max((_level(reading, name) for item in paid for name in (item.number, *item.references)), default=0)
    if level >= Level.CORE:
        return Habit.FULL_NUMBER
    if level:
        return Habit.BARE_DIGITS
    if any(_level(reading, name) >= Level.CORE for name in references):
        return Habit.CUSTOMER_NUMBER
    return Habit.WORDS


def _level(reading: Reading, name: str) -> int:
    """Return how well a reference is named, zero where it isn't."""
    reference = as_reference(name)
    if reference is None:
        return 0
    mention = reading.mention(reference) or reading.weak_mention(reference)
    return mention.level if mention else 0


def is_worth_learning(name: str, known: Iterable[str]) -> bool:
    """Whether ``name``, as a bank writes it, tells more than the names that are known."""
    plain = plain_name(name)
    if sum(sign.isalpha() for sign in plain) < FEWEST_LETTERS:
        return False
    return not any(_is_same_name(name, plain, each) for each in known)


def _is_same_name(name: str, plain: str, known: str) -> bool:
    is_cut = len(plain) >= FEWEST_SIGNS_OF_A_CUT_NAME and plain_name(known).startswith(plain)
    return is_cut or words(name) == words(known)


def _payer(payment: Payment, customer: Customer, known: Iterable[Customer]) -> int:
    """Return who else paid: the one other customer who owns the account or, if nobody does, bears the name; or 0."""
    others = [each for each in known if each.key != customer.key]
    if payment.counterparty_account:
        if payment.counterparty_account in customer.accounts:
            return 0
        owners = [each.key for each in others if payment.counterparty_account in each.accounts]
        if owners:
            return owners[0] if len(owners) == 1 else 0
    if not is_worth_learning(payment.name, customer.names):
        return 0
    written = words(payment.name)
    bearers = [each.key for each in others if any(written == words(name) for name in each.names)]
    return bearers[0] if len(bearers) == 1 else 0


def payers_own(payment: Payment, customer: Customer) -> list[Fact]:
    """Return the account and the name by which a customer who pays himself is recognised the next time."""
    facts = []
    account = compact(payment.counterparty_account)
    if FEWEST_SIGNS_OF_AN_ACCOUNT <= len(account) <= LONGEST_VALUE:
        facts.append(Fact(customer.key, FactKind.ACCOUNT, account, payment.counterparty_account[:LONGEST_VALUE]))
    if is_worth_learning(payment.name, customer.names):
        facts.append(Fact(customer.key, FactKind.NAME, plain_name(payment.name), payment.name[:LONGEST_VALUE].strip()))
    return facts
