"""From payments and open items to verdicts: what is booked alone, proposed to a person, or left open.

1. Each payment finds its *case*: the items that its texts name, what its likely payers owe, and what has its amount.
2. All that it may be is weighed: every set of items with every typed difference, against each other and against none.
3. Payments that could settle the same items are judged together; nothing is paid beyond what is open of it.
4. What is at least as likely as the journal's threshold, and of a type within its limits, is booked. What is likelier
   than all else is proposed, what others equal is shown beside them, and everything else is left, with the reason.

Nothing depends on the order of the input, and a verdict follows from its cases alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from . import evidence
from .allocation import Allocation, Kind
from .assignment import LEAST_SHARES, Judged, judged_together, without_contested
from .candidate import Candidate, Customer
from .case import Case
from .evidence import Reason, reason
from .explanation import Explanation, explained
from .ledger import Ledger
from .payment import Payment
from .policy import Policy
from .reference import Reading

#: Changes whenever the same input could give another outcome.
VERSION = "2"
#: Nothing is booked below this, whatever a journal allows: eight payments that are judged together, of which only seven
#: can be what they are said to be, may each have a probability of seven eighths.
LEAST_BOOKED = Decimal("0.9")
#: An explanation is proposed from this probability, and shown beside others from the second one.
LEAST_PROPOSED = Decimal("0.5")
LEAST_SHOWN = Decimal("0.1")
#: Explanations tie when one is not even so many times as likely as the other.
TIE_FACTOR = 4
MOST_PROPOSALS = 3
#: Runners-up and items of the same amount that are told.
MOST_RUNNERS_UP = 3
MOST_SAME_AMOUNT = 10
LEAST_RUNNER_UP = Decimal("0.0001")
PRECISION = Decimal("0.000001")


class Outcome(Enum):
    """What becomes of a payment."""

    BOOK = "book"
    PROPOSE = "propose"
    AMBIGUOUS = "ambiguous"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that the payment may be, with its probability, what speaks for it, and what ruled the others out."""

    allocations: tuple[Allocation, ...]
    probability: Decimal
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided about one payment.

    ``proposals`` come with the likeliest first; ``reasons`` say why the payment is not booked. ``cases`` are all that
    the verdict follows from: its own and those of the payments that it was judged with by claims from ``least_share``
    on, or, where these are too many, ``contested`` items and ``rivals``.
    """

    payment: int
    outcome: Outcome
    proposals: tuple[Proposal, ...]
    reasons: tuple[Reason, ...]
    cases: tuple[Case, ...]
    least_share: float = LEAST_SHARES[0]
    contested: tuple[int, ...] = ()
    rivals: tuple[int, ...] = ()

    @property
    def candidates(self) -> dict[int, Candidate]:
        """The items that the verdict may speak of."""
        return {item.key: item for case in self.cases for item in case.items}


def decide(
    payments: Iterable[Payment], candidates: Iterable[Candidate], customers: Iterable[Customer] = ()
) -> list[Verdict]:
    """Decide about all ``payments`` together, in the order of their keys."""
    ledger = Ledger(candidates, customers)
    heard = []
    for payment in sorted(payments, key=lambda each: each.key):
        reading = Reading((*payment.texts, *(number for number, _amount in payment.remittance)))
        heard.append(explained(ledger.case(payment, reading), reading))
    return [_verdict(judged) for judged in judged_together(heard)]


def decide_again(
    cases: Sequence[Case],
    payment: int,
    least_share: float = LEAST_SHARES[0],
    contested: tuple[int, ...] = (),
    rivals: tuple[int, ...] = (),
) -> Verdict:
    """Return the verdict about ``payment`` that follows from stored cases."""
    heard = [explained(case) for case in sorted(cases, key=lambda case: case.payment.key)]
    if contested:
        (own,) = heard
        return _verdict(without_contested(own, contested, rivals))
    judged = judged_together(heard, least_share)
    return next(_verdict(each) for each in judged if each.explained.case.payment.key == payment)


def _verdict(judged: Judged) -> Verdict:
    case = judged.explained.case
    policy = case.payment.policy
    ordered = sorted(
        zip(judged.explained.explanations, map(_probability, judged.shares), strict=True),
        key=lambda each: (-each[1], each[0].key),
    )
    outcome, count, reasons = _outcome(judged, ordered, policy)
    proposals = tuple(
        Proposal(
            explanation.allocations,
            probability,
            explanation.reasons,
            (*explanation.against, *_others(judged, ordered, place, count)),
        )
        for place, (explanation, probability) in enumerate(ordered[:count])
    )
    cases = tuple(each.case for each in judged.group) or (case,)
    return Verdict(
        case.payment.key, outcome, proposals, reasons, cases, judged.least_share, judged.contested, judged.rivals
    )


Ordered = Sequence[tuple[Explanation, Decimal]]


def _outcome(judged: Judged, ordered: Ordered, policy: Policy) -> tuple[Outcome, int, tuple[Reason, ...]]:
    """Return what becomes of the payment, how many explanations are shown, and why it is not booked."""
    contested = _contested(judged, ordered)
    if not ordered:
        return Outcome.LEAVE, 0, judged.explained.reasons
    best, probability = ordered[0]
    threshold = max(policy.threshold, LEAST_BOOKED)
    if probability >= threshold:
        left = _left_by_policy(best, judged.explained.case.payment)
        return (Outcome.PROPOSE, 1, left) if left else (Outcome.BOOK, 1, ())
    near = [each for each in ordered[:MOST_PROPOSALS] if each[1] * TIE_FACTOR > probability and each[1] >= LEAST_SHOWN]
    if len(near) > 1 and sum(each[1] for each in near) >= LEAST_PROPOSED:
        tied = tuple(sorted({part.candidate for each, _ in near for part in each.allocations}))
        return Outcome.AMBIGUOUS, len(near), (*contested, reason(evidence.AMBIGUOUS, items=tied))
    if probability >= LEAST_PROPOSED:
        below = reason(evidence.BELOW_THRESHOLD, probability=str(probability), threshold=str(threshold.normalize()))
        return Outcome.PROPOSE, 1, (*contested, reason(evidence.NOT_ALONE) if policy.threshold > 1 else below)
    if contested:
        return Outcome.LEAVE, 0, contested
    return Outcome.LEAVE, 0, (*judged.explained.reasons, *_same_amount(judged, set()))


def _contested(judged: Judged, ordered: Ordered) -> tuple[Reason, ...]:
    """Say which other payments claim what this one would settle."""
    own = {key for explanation, _share in ordered for key in explanation.taken}
    if judged.contested:
        return (reason(evidence.CONTESTED, items=judged.contested[:20], payments=judged.rivals),)
    claims: dict[int, set[int]] = {}
    key = judged.explained.case.payment.key
    for other in judged.group:
        rival = other.case.payment.key
        if rival != key and other.explanations:
            shared = own & set(other.explanations[0].taken)
            if shared:
                claims[rival] = shared
    if not claims:
        return ()
    items = tuple(sorted(set().union(*claims.values())))
    return (reason(evidence.CONTESTED, items=items, payments=tuple(sorted(claims))),)


def _left_by_policy(best: Explanation, payment: Payment) -> tuple[Reason, ...]:
    """Say which kind of difference the journal leaves to a person."""
    policy = payment.policy
    for part in best.allocations:
        if part.kind is Kind.OVERPAYMENT and part.amount > policy.overpayment_limit:
            return (
                reason(
                    evidence.LEFT_BY_POLICY,
                    kind=part.kind.value,
                    difference=str(part.amount),
                    limit=str(policy.overpayment_limit),
                ),
            )
        if part.kind is Kind.PARTIAL and not policy.books_short_payments:
            return (reason(evidence.LEFT_BY_POLICY, kind=part.kind.value, difference=str(part.amount), limit="0"),)
    return ()


def _others(judged: Judged, ordered: Ordered, place: int, shown: int) -> tuple[Reason, ...]:
    """Tell the runners-up of an explanation that are not shown beside it, and other items of the payment's amount."""
    told: list[Reason] = []
    spoken_of = {key for explanation, _probability in ordered[:shown] for key in explanation.taken}
    spoken_of.update(ordered[place][0].taken)
    for explanation, probability in ordered[shown:]:
        if probability >= LEAST_RUNNER_UP and len(told) < MOST_RUNNERS_UP:
            items = tuple(sorted(explanation.taken))
            told.append(reason(evidence.RUNNER_UP, items=items, probability=str(probability)))
            spoken_of.update(items)
    return (*told, *_same_amount(judged, spoken_of))


def _same_amount(judged: Judged, excluded: set[int]) -> tuple[Reason, ...]:
    case = judged.explained.case
    same = [
        item.key
        for item in case.items
        if (item.residual, item.currency) == (case.payment.amount, case.payment.currency) and item.key not in excluded
    ]
    return (reason(evidence.SAME_AMOUNT, items=tuple(same[:MOST_SAME_AMOUNT])),) if same else ()


def _probability(share: float) -> Decimal:
    """Return a share as a probability of six decimals, cut so that nothing is called certain."""
    return min(Decimal(share).quantize(PRECISION), 1 - PRECISION)
