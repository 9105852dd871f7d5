"""From payments and candidates to proposals.

The rules, in the order in which they are applied to one payment:

1. Money that goes out settles no invoice.
2. *Sure*: the text names open items by whole references, and the sum of what is
   open of all of them equals the amount, in the same currency.
3. *Likely*: the amount equals that of exactly one set of items that is named by
   bare digits, or of the only item with this amount of the customer whose bank
   account the payment came from.
4. Otherwise the payment stays open, with the reason and the nearest items.

Then over the batch: an item claimed by two payments goes to neither.

Only a sure proposal may be booked without a person. Nothing depends on the
order of the input: payments and items are looked at in the order of their keys.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from itertools import islice

from . import evidence
from .allocation import Allocation, in_paying_order, instalments_paid, settled_in_full
from .candidate import Candidate
from .evidence import Reason, reason
from .payment import Payment
from .reference import Mention, ReferenceIndex

#: Changes whenever the same input could give another outcome.
VERSION = "1"
#: Items that are shown beside an open payment.
MOST_NEAREST = 20


class Confidence(Enum):
    """How far a proposal can be trusted."""

    SURE = "sure"
    LIKELY = "likely"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one payment.

    ``allocations`` sum to the payment's amount, or are empty: then the first of
    ``reasons`` says why it stays open. ``against`` holds what ruled the nearest
    other items out.
    """

    payment: int
    confidence: Confidence
    allocations: tuple[Allocation, ...]
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...] = ()

    @property
    def rivals(self) -> tuple[int, ...]:
        """The keys of the payments that claim the same items."""
        claims = [each.fact("payments") for each in self.reasons if each.code == evidence.CONTESTED]
        return tuple(
            sorted({key for claim in claims if isinstance(claim, tuple) for key in claim if isinstance(key, int)})
        )

    @property
    def considered(self) -> tuple[int, ...]:
        """The keys of all items that the proposal speaks of."""
        keys = {allocation.candidate for allocation in self.allocations}
        for each in (*self.reasons, *self.against):
            items = each.fact("items")
            if isinstance(items, tuple):
                keys.update(item for item in items if isinstance(item, int))
        return tuple(sorted(keys))


def propose(payments: Iterable[Payment], candidates: Iterable[Candidate]) -> list[Proposal]:
    """Propose for each payment which items it settles, in the order of the payments' keys."""
    book = _Ledger(candidates)
    ordered = sorted(payments, key=lambda payment: payment.key)
    return _without_contested([_proposal(payment, book) for payment in ordered])


class _Ledger:
    """The candidates with the indexes that one batch needs."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self.items = {item.key: item for item in sorted(candidates, key=lambda item: item.key)}
        self.references = ReferenceIndex((item.key, (item.number, *item.references)) for item in self.items.values())
        by_amount: dict[tuple[str, Decimal], list[Candidate]] = defaultdict(list)
        self.by_account: dict[str, list[Candidate]] = defaultdict(list)
        for item in self.items.values():
            if item.is_open:
                by_amount[item.currency, item.residual].append(item)
            for account in item.accounts:
                self.by_account[account].append(item)
        self.by_amount = {key: in_paying_order(items) for key, items in by_amount.items()}

    def named(self, mentions: Iterable[Mention]) -> list[Candidate]:
        """Return the items that ``mentions`` name, each once."""
        return [self.items[key] for key in sorted({key for mention in mentions for key in mention.keys})]

    def of_account(self, payment: Payment) -> list[Candidate]:
        """Return the items of the customers who own the account of ``payment``."""
        return self.by_account.get(payment.counterparty_account, []) if payment.counterparty_account else []

    def of_amount(self, payment: Payment) -> list[Candidate]:
        """Return the open items whose residual is the amount of ``payment``."""
        return self.by_amount.get((payment.currency, payment.amount), [])


def _proposal(payment: Payment, book: _Ledger) -> Proposal:
    if payment.amount <= 0:
        return _open(payment, reason(evidence.OUTGOING))
    mentions = [mention for text in payment.texts for mention in book.references.mentions(text)]
    whole = [mention for mention in mentions if mention.is_full]
    if whole:
        return _by_reference(payment, whole, book)
    return _by_digits(payment, mentions, book) or _by_account(payment, book) or _unnamed(payment, book)


def _by_reference(payment: Payment, mentions: Sequence[Mention], book: _Ledger) -> Proposal:
    """Judge a payment whose text names items by whole references."""
    named = book.named(mentions)
    told = _named_reasons(evidence.NUMBER_IN_TEXT, mentions)
    doubtful = [mention for mention in mentions if len({book.items[key].invoice for key in mention.keys}) > 1]
    if doubtful:
        return _open(payment, reason(evidence.AMBIGUOUS, items=_keys(book.named(doubtful))), *told)
    still_open = [item for item in named if item.is_open]
    if not still_open:
        return _open(payment, reason(evidence.ALREADY_PAID, items=_keys(named)), *told)
    if any(item.currency != payment.currency for item in still_open):
        return _open(payment, reason(evidence.OTHER_CURRENCY, items=_keys(still_open)), *told)
    paid = _exactly_paid(payment, still_open)
    if paid is not None:
        return Proposal(
            payment.key,
            Confidence.SURE,
            settled_in_full(paid),
            (*told, _equality(payment, paid)),
            _same_amount(payment, book, excluded=paid),
        )
    total = sum((item.residual for item in still_open), Decimal(0))
    code = evidence.SHORT_PAYMENT if payment.amount < total else evidence.OVERPAYMENT
    difference = str(abs(total - payment.amount))
    facts = reason(code, items=_keys(still_open), open=str(total), paid=str(payment.amount), difference=difference)
    settled = [item for item in named if not item.is_open]
    if settled:
        told = (*told, reason(evidence.ALREADY_PAID, items=_keys(settled)))
    return _open(payment, facts, *told, against=_same_amount(payment, book, excluded=still_open))


def _by_digits(payment: Payment, mentions: Sequence[Mention], book: _Ledger) -> Proposal | None:
    """Propose the only items of the right amount that bare digits of the text name."""
    named = [item for item in book.named(mentions) if item.is_open and item.currency == payment.currency]
    fitting = [
        paid
        for invoice in _by_invoice(named).values()
        if (paid := instalments_paid(invoice, payment.amount)) is not None
    ]
    if len(fitting) != 1:
        return None
    paid = fitting[0]
    telling = [mention for mention in mentions if set(mention.keys) & {item.key for item in paid}]
    return Proposal(
        payment.key,
        Confidence.LIKELY,
        settled_in_full(paid),
        (*_named_reasons(evidence.DIGITS_IN_TEXT, telling, only=paid), _equality(payment, paid)),
        _same_amount(payment, book, excluded=paid),
    )


def _by_account(payment: Payment, book: _Ledger) -> Proposal | None:
    """Propose the only item of this amount of the customer who owns the paying account."""
    owned = book.of_account(payment)
    owners = {item.customer for item in owned}
    paid = [item for item in owned if (item.currency, item.residual) == (payment.currency, payment.amount)]
    if len(owners) != 1 or len(paid) != 1:
        return None
    known = reason(evidence.ACCOUNT_KNOWN, account=payment.counterparty_account, items=_keys(paid))
    return Proposal(
        payment.key,
        Confidence.LIKELY,
        settled_in_full(paid),
        (known, _equality(payment, paid)),
        _same_amount(payment, book, excluded=paid),
    )


def _unnamed(payment: Payment, book: _Ledger) -> Proposal:
    """Leave a payment open whose text names nothing that fits, beside what has its amount."""
    same = book.of_amount(payment)
    shared = _shared_account(payment, book)
    if len(same) > 1:
        return _open(payment, reason(evidence.AMBIGUOUS, items=_keys(same[:MOST_NEAREST])), against=shared)
    return _open(payment, reason(evidence.NO_REFERENCE), against=(*shared, *_same_amount(payment, book, excluded=())))


def _shared_account(payment: Payment, book: _Ledger) -> tuple[Reason, ...]:
    """Tell that several customers own the paying account, by one item of each."""
    first_of = {item.customer: item for item in reversed(book.of_account(payment))}
    if len(first_of) < 2:
        return ()
    return (reason(evidence.ACCOUNT_SHARED, account=payment.counterparty_account, items=_keys(first_of.values())),)


def _without_contested(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Withdraw the proposals that settle an item which another one settles too."""
    claims = Counter(allocation.candidate for proposal in proposals for allocation in proposal.allocations)
    claimants: dict[int, list[int]] = defaultdict(list)
    for proposal in proposals:
        for allocation in proposal.allocations:
            claimants[allocation.candidate].append(proposal.payment)
    judged = []
    for proposal in proposals:
        disputed = tuple(sorted(each.candidate for each in proposal.allocations if claims[each.candidate] > 1))
        if disputed:
            rivals = {rival for key in disputed for rival in claimants[key]} - {proposal.payment}
            contested = reason(evidence.CONTESTED, items=disputed, payments=tuple(sorted(rivals)))
            proposal = replace(  # noqa: PLW2901 - the withdrawn form takes its place
                proposal, confidence=Confidence.NONE, allocations=(), reasons=(contested, *proposal.reasons)
            )
        judged.append(proposal)
    return judged


def _exactly_paid(payment: Payment, still_open: Sequence[Candidate]) -> list[Candidate] | None:
    """Return the named items that the amount settles to the cent, or ``None``."""
    if sum((item.residual for item in still_open), Decimal(0)) == payment.amount:
        return list(still_open)
    if len(_by_invoice(still_open)) == 1:
        return instalments_paid(still_open, payment.amount)
    return None


def _by_invoice(items: Iterable[Candidate]) -> Mapping[int, list[Candidate]]:
    grouped: dict[int, list[Candidate]] = defaultdict(list)
    for item in items:
        grouped[item.invoice].append(item)
    return grouped


def _equality(payment: Payment, paid: Sequence[Candidate]) -> Reason:
    code = evidence.AMOUNT_EQUAL if len(paid) == 1 else evidence.SUM_EQUAL
    return reason(code, amount=str(payment.amount), items=_keys(paid))


def _same_amount(payment: Payment, book: _Ledger, *, excluded: Sequence[Candidate]) -> tuple[Reason, ...]:
    """Tell of other open items with the amount of the payment."""
    keys = {item.key for item in excluded}
    others = (item for item in book.of_amount(payment) if item.key not in keys)
    nearest = list(islice(others, MOST_NEAREST))
    return (reason(evidence.SAME_AMOUNT, items=_keys(nearest)),) if nearest else ()


def _named_reasons(code: str, mentions: Sequence[Mention], only: Sequence[Candidate] = ()) -> tuple[Reason, ...]:
    """Tell what stands in the text, once per wording."""
    allowed = {item.key for item in only}
    told = {
        mention.text: reason(
            code, text=mention.text, items=tuple(key for key in mention.keys if not allowed or key in allowed)
        )
        for mention in mentions
    }
    return tuple(told[text] for text in sorted(told))


def _open(payment: Payment, *reasons: Reason, against: tuple[Reason, ...] = ()) -> Proposal:
    return Proposal(payment.key, Confidence.NONE, (), reasons, against)


def _keys(items: Iterable[Candidate]) -> tuple[int, ...]:
    return tuple(sorted(item.key for item in items))
