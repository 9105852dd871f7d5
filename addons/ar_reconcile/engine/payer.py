"""Who pays: what speaks for each customer, whatever he pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import evidence
from .candidate import Customer
from .case import Case
from .evidence import Reason, reason
from .name import Likeness, Resemblance, resemblance, share_a_word, word_weight, words, written_words
from .reference import Reading, as_reference

#: A bank account that we have registered as the customer's.
REGISTERED_WEIGHT = 60
#: One that has paid for him before: once, and for each time more.
LEARNED_WEIGHT = 40
LEARNED_WEIGHT_PER_TIME = 5
#: His number in our books stands in the text.
CUSTOMER_NUMBER_WEIGHT = 22
#: His parent or sister pays.
GROUP_WEIGHT = -8
#: A name is told that is not his.
UNLIKE_WEIGHT = -8
MOST_WEIGHT = 75

_CODES = {
    Likeness.EQUAL: evidence.NAME_EQUAL,
    Likeness.CUT: evidence.NAME_CUT,
    Likeness.SIMILAR: evidence.NAME_SIMILAR,
    Likeness.PART: evidence.NAME_PART,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What speaks for a customer as the payer, in decibans; ``is_known`` when anything does."""

    customer: int
    weight: int
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether account, name, number or group point to the customer."""
        return self.weight > 0


def identities(case: Case, reading: Reading) -> dict[int, Identity]:
    """Return what speaks for each customer of ``case``."""
    written, is_field = written_name(case)
    weights = {word: word_weight(bearers, case.population.customers) for word, bearers in case.population.words}
    own = {each.key: _own_identity(each, case, reading, written, weights, is_field) for each in case.customers}
    owners = [each.key for each in case.customers if _account(each, case.payment.counterparty_account)]
    found = {}
    for customer in case.customers:
        identity = _with_group(customer, case.customers, own)
        strangers = tuple(key for key in owners if key != customer.key)
        if strangers and not identity.is_known:
            other = reason(
                evidence.ACCOUNT_OF_OTHER, account=case.payment.counterparty_account, customers=strangers[:5]
            )
            identity = Identity(identity.customer, identity.weight, identity.reasons, (*identity.against, other))
        found[customer.key] = identity
    return found


def written_name(case: Case) -> tuple[tuple[str, ...], bool]:
    """Return the words of the payer's name, or else of the texts, and whether there is a field for the name."""
    written = written_words(case.payment.name)
    if written:
        return written, True
    return tuple(word for text in case.payment.texts for word in words(text) if word.isalpha() and len(word) > 2), False


def _own_identity(
    customer: Customer,
    case: Case,
    reading: Reading,
    written: Sequence[str],
    weights: dict[str, float],
    is_field: bool,
) -> Identity:
    reasons = [
        *_account(customer, case.payment.counterparty_account),
        *_name(customer, written, weights, is_field=is_field),
        *_number(customer, reading),
    ]
    weight = min(MOST_WEIGHT, sum(weight for weight, _ in reasons))
    if not reasons and is_field and customer.names and not _may_be(customer, written):
        unlike = reason(evidence.NAME_UNLIKE, customers=(customer.key,), name=case.payment.name, weight=UNLIKE_WEIGHT)
        return Identity(customer.key, UNLIKE_WEIGHT, (), (unlike,))
    return Identity(customer.key, weight, tuple(each for _, each in reasons))


def _may_be(customer: Customer, written: Sequence[str]) -> bool:
    """Whether the payer's name has anything of one of the customer's: too little to tell him, but not against him."""
    return any(share_a_word(written, words(name)) for name in customer.names)


def _account(customer: Customer, account: str) -> list[tuple[int, Reason]]:
    """The payment came from a bank account that is registered as his, or that has paid for him."""
    if not account:
        return []
    if account in customer.accounts:
        facts = reason(evidence.ACCOUNT_KNOWN, account=account, customers=(customer.key,), weight=REGISTERED_WEIGHT)
        return [(REGISTERED_WEIGHT, facts)]
    times = dict(customer.learned_accounts).get(account, 0)
    if not times:
        return []
    weight = min(REGISTERED_WEIGHT, LEARNED_WEIGHT + LEARNED_WEIGHT_PER_TIME * (times - 1))
    return [
        (
            weight,
            reason(evidence.ACCOUNT_LEARNED, account=account, customers=(customer.key,), times=times, weight=weight),
        )
    ]


def _name(
    customer: Customer, written: Sequence[str], weights: dict[str, float], *, is_field: bool
) -> list[tuple[int, Reason]]:
    """The payer's name, or a name in the text, is his, or like it."""
    best: tuple[Resemblance, str] | None = None
    for name in customer.names:
        alike = resemblance(written, words(name), weights, is_field=is_field)
        if alike and (best is None or (alike.weight, alike.likeness) > (best[0].weight, best[0].likeness)):
            best = alike, name
    if best is None:
        return []
    facts = reason(_CODES[best[0].likeness], customers=(customer.key,), name=best[1], weight=best[0].weight)
    return [(best[0].weight, facts)]


def _number(customer: Customer, reading: Reading) -> list[tuple[int, Reason]]:
    """The text tells his number in our books."""
    for number in customer.references:
        reference = as_reference(number)
        mention = reading.mention(reference) if reference else None
        if mention is not None:
            facts = reason(
                evidence.CUSTOMER_NUMBER, customers=(customer.key,), text=mention.text, weight=CUSTOMER_NUMBER_WEIGHT
            )
            return [(CUSTOMER_NUMBER_WEIGHT, facts)]
    return []


def _with_group(customer: Customer, customers: Sequence[Customer], own: dict[int, Identity]) -> Identity:
    """Return the customer's identity, or that of the member of his group who pays, if it says more."""
    mine = own[customer.key]
    if not customer.group:
        return mine
    others = [each for each in customers if each.group == customer.group and each.key != customer.key]
    best = max((own[each.key] for each in others), key=lambda each: (each.weight, -each.customer), default=mine)
    if best.weight + GROUP_WEIGHT <= mine.weight or best.weight + GROUP_WEIGHT <= 0:
        return mine
    facts = reason(evidence.SAME_GROUP, customers=(customer.key, best.customer), weight=GROUP_WEIGHT)
    return Identity(customer.key, best.weight + GROUP_WEIGHT, (*best.reasons, facts))
