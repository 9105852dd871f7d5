"""What a payment that matches nothing comes nearest to, and what differs.

Nothing here decides anything: an item is compared aspect by aspect, with the same reading of texts and names as in
matching, so that a person sees at once why it was not enough. Each aspect that agrees or nearly agrees has points; the
*closeness* of an item is their sum, from 0 to 100. Few of many items are compared in full: those whose amount or digits
could be the payment's, or that a possible payer owes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache

from .candidate import Candidate, Customer
from .case import Case, Population
from .evidence import ACCOUNT_KNOWN, ACCOUNT_LEARNED, CUSTOMER_NUMBER, NAME_CUT, NAME_EQUAL, NAME_UNLIKE
from .explanation import EARLY_DAYS
from .name import beginnings, words
from .payer import Identity, identities, written_name
from .payment import Payment
from .reference import FEWEST_TAIL_DIGITS, YEAR_WEIGHT, Level, Mention, Reading, as_reference, digit_runs
from .settlement import granted_until

#: Items that are compared in full, and customers whose names are.
MOST_COMPARED = 150
MOST_PAYERS = 20
#: Items of one possible payer that are compared for that alone.
MOST_OF_PAYER = 15
#: An amount is near another one within this many percent of it.
NEAR_PERCENT = 1
#: Runs of digits of a text that a slip is looked for in, and how long they may be.
MOST_RUNS = 40
RUN_LENGTHS = range(4, 16)
#: Below, an item has too little in common with the payment to be shown.
LEAST_CLOSENESS = 20
MOST_CLOSENESS = 100

_DIGITS = re.compile(r"\d+")


class Aspect(Enum):
    """In what a payment and an item are compared."""

    AMOUNT = "amount"
    NUMBER = "number"
    CUSTOMER = "customer"
    DATE = "date"
    CURRENCY = "currency"


class How(Enum):
    """How an aspect of the payment is to that of the item."""

    EQUAL = "equal"
    #: The amount is what is open less a discount that was still granted, or was not any more.
    LESS_DISCOUNT = "less_discount"
    LESS_LATE_DISCOUNT = "less_late_discount"
    #: Two neighbouring digits of the amount are swapped.
    SWAPPED = "swapped"
    NEAR = "near"
    OTHER = "other"
    #: The text has the number without its prefix, its last digits, a range around it, or it with one mistake.
    CORE = "core"
    ENDING = "ending"
    RANGE = "range"
    MISTAKE = "mistake"
    ABSENT = "absent"
    #: The payer's bank account, number, or a name like the customer's.
    ACCOUNT = "account"
    CUSTOMER_NUMBER = "customer_number"
    SIMILAR = "similar"
    UNLIKE = "unlike"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Finding:
    """One aspect compared: how, what the item has (``ours``) and what the payment has (``theirs``).

    Amounts are decimal strings, each in its own currency; days are ISO; a number's ``theirs`` is what stands in the
    text.
    """

    aspect: Aspect
    how: How
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One item beside the payment: what agrees, what differs, and how close they are, from 0 to 100."""

    candidate: int
    agrees: tuple[Finding, ...]
    differs: tuple[Finding, ...]
    closeness: int


#: What agrees, with its points: a number says more than an amount, for amounts repeat.
_AGREES: Mapping[tuple[Aspect, How], int] = {
    (Aspect.AMOUNT, How.EQUAL): 35,
    (Aspect.AMOUNT, How.LESS_DISCOUNT): 33,
    (Aspect.NUMBER, How.EQUAL): 40,
    (Aspect.NUMBER, How.CORE): 32,
    (Aspect.NUMBER, How.RANGE): 28,
    (Aspect.NUMBER, How.ENDING): 22,
    (Aspect.CUSTOMER, How.ACCOUNT): 25,
    (Aspect.CUSTOMER, How.EQUAL): 25,
    (Aspect.CUSTOMER, How.CUSTOMER_NUMBER): 22,
    (Aspect.CUSTOMER, How.SIMILAR): 15,
}
#: What differs, with what is left of the points, or is taken off others.
_DIFFERS: Mapping[tuple[Aspect, How], int] = {
    (Aspect.AMOUNT, How.SWAPPED): 28,
    (Aspect.AMOUNT, How.LESS_LATE_DISCOUNT): 30,
    (Aspect.AMOUNT, How.NEAR): 20,
    (Aspect.AMOUNT, How.OTHER): 0,
    (Aspect.NUMBER, How.MISTAKE): 26,
    (Aspect.NUMBER, How.ABSENT): 0,
    (Aspect.CUSTOMER, How.UNLIKE): -5,
    (Aspect.DATE, How.EARLY): -10,
    (Aspect.CURRENCY, How.OTHER): -10,
}
#: Everything that can be said of an item.
FINDINGS = frozenset({*_AGREES, *_DIFFERS})

_NAMED: Mapping[Level, How] = {
    Level.FULL: How.EQUAL,
    Level.CORE: How.CORE,
    Level.TAIL: How.ENDING,
    Level.RANGE: How.RANGE,
    Level.LAST_DIGITS: How.ENDING,
    Level.MISTAKE: How.MISTAKE,
}


def nearest(
    payment: Payment, candidates: Iterable[Candidate], customers: Iterable[Customer], most: int = 5
) -> tuple[Comparison, ...]:
    """Return the open items that ``payment`` comes nearest to, the nearest first; none that have too little in common.

    The order of the input never counts. At most ``most`` are returned.
    """
    if not payment.amount:
        return ()
    reading = Reading((*payment.texts, *(number for number, _amount in payment.remittance)))
    known = {each.key: each for each in sorted(customers, key=lambda each: each.key)}
    payers = _possible_payers(payment, known)
    items = _worth_comparing(payment, candidates, payers)
    who = _identities(payment, reading, items, payers, known)
    compared = [_compared(payment, item, reading, who.get(item.customer), known.get(item.customer)) for item in items]
    close = [each for each in compared if each.closeness >= LEAST_CLOSENESS]
    return tuple(sorted(close, key=lambda each: (-each.closeness, each.candidate))[: max(most, 0)])


def transposed(amount: Decimal) -> frozenset[Decimal]:
    """Return the amounts that two neighbouring digits of ``amount`` swapped make."""
    sign, digits, exponent = amount.as_tuple()
    swapped = (
        Decimal((sign, (*digits[:at], digits[at + 1], digits[at], *digits[at + 2 :]), int(exponent)))
        for at in range(len(digits) - 1)
    )
    return frozenset(other for other in swapped if other != amount)


def slips(run: str) -> set[str]:
    """Return what a run of digits is after one slip: two digits swapped, one other, one missing, or one too many."""
    cuts = [(run[:at], run[at:]) for at in range(len(run) + 1)]
    found = {start + rest[1] + rest[0] + rest[2:] for start, rest in cuts if len(rest) > 1}
    found |= {start + rest[1:] for start, rest in cuts if rest}
    found |= {start + digit + rest[1:] for start, rest in cuts if rest for digit in "0123456789"}
    return found | {start + digit + rest for start, rest in cuts for digit in "0123456789"}


def runs_with_slips(texts: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the runs of digits of ``texts`` without leading zeros, and all that one slip makes of them."""
    runs = {run for text in texts for run in digit_runs(text)}
    # Those of a number are shorter than ids and accounts; of very many the first do, in an order that is always the
    # same.
    chosen = sorted((run for run in runs if len(run) in RUN_LENGTHS), key=lambda run: (len(run), run))[:MOST_RUNS]
    return runs, {slip.lstrip("0") or "0" for run in chosen for slip in slips(run)}


# Which items and customers are worth a closer look


def _possible_payers(payment: Payment, customers: Mapping[int, Customer]) -> set[int]:
    """Return the customers whose account paid, or whose names begin words like the payer's."""
    written = set(beginnings(written_name(Case(payment, (), (), Population(0, 0, 0)))[0]))
    found: list[tuple[int, int]] = []
    for key, customer in customers.items():
        if payment.counterparty_account and payment.counterparty_account in _accounts(customer):
            found.append((-len(written) - 1, key))
        elif written:
            shared = max((len(written & beginnings(words(name))) for name in customer.names), default=0)
            if shared:
                found.append((-shared, key))
    return {key for _shared, key in sorted(found)[:MOST_PAYERS]}


def _accounts(customer: Customer) -> Iterable[str]:
    return (*customer.accounts, *(account for account, _times in customer.learned_accounts))


def _worth_comparing(payment: Payment, candidates: Iterable[Candidate], payers: set[int]) -> tuple[Candidate, ...]:
    """Return the items that have anything in common with ``payment`` at a glance, those that have most first."""
    amounts = _Amounts.of(payment)
    runs, slipped = runs_with_slips((*payment.texts, *(number for number, _amount in payment.remittance)))
    noticed: list[tuple[int, int, Candidate]] = []
    of_payer: dict[int, list[tuple[Decimal, int, Candidate]]] = {}
    for item in candidates:
        if not amounts.could_pay(item):
            continue
        points = amounts.at_a_glance(item) + _digits_at_a_glance(item, runs, slipped)
        if item.customer in payers:
            of_payer.setdefault(item.customer, []).append((abs(item.residual - payment.amount), item.key, item))
            points += 2 if points else 0
        if points:
            noticed.append((-points, item.key, item))
    chosen = {item.key: item for _points, _key, item in sorted(noticed, key=lambda each: each[:2])[:MOST_COMPARED]}
    for owed in of_payer.values():
        chosen |= {key: item for _far, key, item in sorted(owed, key=lambda each: each[:2])[:MOST_OF_PAYER]}
    return tuple(chosen[key] for key in sorted(chosen))


@dataclass(frozen=True, slots=True)
class _Amounts:
    """What amounts come near that of a payment."""

    payment: Payment
    low: Decimal
    high: Decimal
    swapped: frozenset[Decimal]

    @classmethod
    def of(cls, payment: Payment) -> _Amounts:
        low, high = sorted((payment.amount * (100 - NEAR_PERCENT) / 100, payment.amount * 100 / (100 - NEAR_PERCENT)))
        return cls(payment, low, high, transposed(payment.amount))

    def could_pay(self, item: Candidate) -> bool:
        """Whether ``item`` is open, on the same side as the payment, and not another journal's."""
        is_same_side = (item.residual > 0) is (self.payment.amount > 0)
        return bool(item.residual) and is_same_side and item.journal in (0, self.payment.journal)

    def at_a_glance(self, item: Candidate) -> int:
        """Return how near an item's amount is."""
        residual = item.residual
        if residual == self.payment.amount:
            return 3
        if item.discounts and any(residual - each.amount == self.payment.amount for each in item.discounts):
            return 3
        if self.low <= residual <= self.high or residual in self.swapped:
            return 2
        return 1 if item.currency != self.payment.currency and self.payment.rates else 0


def _digits_at_a_glance(item: Candidate, runs: set[str], slipped: set[str]) -> int:
    """Return how much the digits of an item's number and references have in common with those of the texts."""
    best = 0
    for name in (item.number, *item.references):
        tail, pair, is_long = _last_digits(name)
        if pair in runs or (len(tail) > 2 and tail in runs):
            return 3
        if pair in slipped or (is_long and tail in slipped):
            best = 2
    return best


@lru_cache(maxsize=1 << 16)
def _last_digits(name: str) -> tuple[str, str, bool]:
    """Return the last run of digits, the last two joined, without leading zeros, and whether the last is a long one."""
    found = _DIGITS.findall(name)
    if not found:
        return "", "", False
    return found[-1].lstrip("0"), "".join(found[-2:]).lstrip("0"), len(found[-1]) >= FEWEST_TAIL_DIGITS


# Comparing


def _identities(
    payment: Payment,
    reading: Reading,
    items: Sequence[Candidate],
    payers: set[int],
    customers: Mapping[int, Customer],
) -> dict[int, Identity]:
    """Return what speaks for each customer of ``items`` as the payer."""
    keys = sorted({item.customer for item in items} | payers)
    chosen = tuple(customers[key] for key in keys if key in customers)
    told = {word for customer in chosen for name in customer.names for word in words(name)}
    bearers = Counter(
        word
        for customer in customers.values()
        for word in {word for name in customer.names for word in words(name)} & told
    )
    population = Population(len(items), len(customers), 1, tuple(sorted(bearers.items())))
    return identities(Case(payment, tuple(items), chosen, population), reading)


def _compared(
    payment: Payment, item: Candidate, reading: Reading, identity: Identity | None, customer: Customer | None
) -> Comparison:
    """Compare ``payment`` with one item in every aspect."""
    findings = [
        _amount(payment, item),
        _number(item, reading),
        _customer(payment, identity, customer),
        _date(payment, item),
        _currency(payment, item),
    ]
    told = [each for each in findings if each]
    points = sum(_AGREES.get((each.aspect, each.how), _DIFFERS.get((each.aspect, each.how), 0)) for each in told)
    return Comparison(
        item.key,
        tuple(each for each in told if (each.aspect, each.how) in _AGREES),
        tuple(each for each in told if (each.aspect, each.how) in _DIFFERS),
        min(max(points, 0), MOST_CLOSENESS),
    )


def _amount(payment: Payment, item: Candidate) -> Finding | None:
    """Compare the amounts; those of two currencies at the day's rate, without one not at all."""
    paid, due = payment.amount, item.residual
    finding = Finding(Aspect.AMOUNT, How.OTHER, str(due), str(paid))
    if item.currency != payment.currency:
        rate = dict(payment.rates).get(item.currency)
        if rate is None:
            return None
        is_near = abs(due * rate - paid) * 100 <= abs(due * rate) * NEAR_PERCENT
        return replace(finding, how=How.NEAR if is_near else How.OTHER)
    if paid == due:
        return replace(finding, how=How.EQUAL)
    for discount in item.discounts:
        if due - discount.amount == paid:
            is_granted = payment.day <= granted_until(discount, payment)
            return replace(finding, how=How.LESS_DISCOUNT if is_granted else How.LESS_LATE_DISCOUNT)
    if due in transposed(paid):
        return replace(finding, how=How.SWAPPED)
    if abs(due - paid) * 100 <= abs(due) * NEAR_PERCENT:
        return replace(finding, how=How.NEAR)
    return finding


def _number(item: Candidate, reading: Reading) -> Finding:
    """Compare the texts with the item's number and its other references; the best of them counts."""
    best: tuple[int, Mention, str] | None = None
    for name in (item.number, *item.references):
        reference = as_reference(name)
        if reference is None:
            continue
        for mention in (reading.mention(reference), reading.weak_mention(reference), reading.mistaken(reference)):
            if mention is None or mention.weight <= YEAR_WEIGHT:
                continue
            points = _points_of(mention.level)
            if best is None or points > best[0]:
                best = points, mention, name
    if best is None:
        return Finding(Aspect.NUMBER, How.ABSENT, item.number, "")
    _points, mention, name = best
    return Finding(Aspect.NUMBER, _NAMED[mention.level], name, mention.text)


def _points_of(level: Level) -> int:
    finding = (Aspect.NUMBER, _NAMED[level])
    return _AGREES.get(finding, _DIFFERS.get(finding, 0))


def _customer(payment: Payment, identity: Identity | None, customer: Customer | None) -> Finding | None:
    """Compare who pays with whose item it is; nothing is said where nothing tells who pays."""
    name = customer.names[0] if customer and customer.names else ""
    if identity is None:
        return None
    by_code = {each.code: each for each in identity.reasons}
    if ACCOUNT_KNOWN in by_code or ACCOUNT_LEARNED in by_code:
        return Finding(Aspect.CUSTOMER, How.ACCOUNT, name, payment.counterparty_account)
    if NAME_EQUAL in by_code or NAME_CUT in by_code:
        return Finding(Aspect.CUSTOMER, How.EQUAL, name, payment.name)
    if CUSTOMER_NUMBER in by_code:
        return Finding(Aspect.CUSTOMER, How.CUSTOMER_NUMBER, name, str(by_code[CUSTOMER_NUMBER].fact("text")))
    if not payment.name or not name:
        return None
    is_unlike = any(each.code == NAME_UNLIKE for each in identity.against)
    return Finding(Aspect.CUSTOMER, How.UNLIKE if is_unlike else How.SIMILAR, name, payment.name)


def _date(payment: Payment, item: Candidate) -> Finding | None:
    """Tell when the payment came before the item was issued."""
    if item.issued is None or payment.day + timedelta(EARLY_DAYS) >= item.issued:
        return None
    return Finding(Aspect.DATE, How.EARLY, item.issued.isoformat(), payment.day.isoformat())


def _currency(payment: Payment, item: Candidate) -> Finding | None:
    if item.currency == payment.currency:
        return None
    return Finding(Aspect.CURRENCY, How.OTHER, item.currency, payment.currency)
