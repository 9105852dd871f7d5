"""Payments, items and proposals as plain values that JSON can hold, and back: what a decision is replayed from.

Amounts are decimal strings and days ISO 8601, so nothing is rounded on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from .candidate import Candidate
from .evidence import Reason
from .matching import Proposal, propose
from .payment import Payment

Stored = dict[str, Any]


def stored_facts(payments: Iterable[Payment], candidates: Iterable[Candidate]) -> Stored:
    """Return what a proposal was made from."""
    return {
        "payments": [_stored_payment(payment) for payment in payments],
        "candidates": [_stored_candidate(candidate) for candidate in candidates],
    }


def stored_proposal(proposal: Proposal) -> Stored:
    """Return a proposal without the payment that it is for."""
    return {
        "confidence": proposal.confidence.value,
        "allocations": [[each.candidate, str(each.amount)] for each in proposal.allocations],
        "reasons": [_stored_reason(each) for each in proposal.reasons],
        "against": [_stored_reason(each) for each in proposal.against],
    }


def replayed(facts: Mapping[str, Any], payment: int) -> Stored:
    """Return what these rules propose for ``payment`` from stored facts, in the stored form."""
    proposals = propose(
        [_restored_payment(stored) for stored in facts["payments"]],
        [_restored_candidate(stored) for stored in facts["candidates"]],
    )
    return next(stored_proposal(proposal) for proposal in proposals if proposal.payment == payment)


def restored_reasons(stored: Iterable[Any]) -> list[Reason]:
    """Return stored reasons as values."""
    return [
        Reason(code, tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in facts))
        for code, facts in stored
    ]


def _stored_reason(reason: Reason) -> list[Any]:
    return [reason.code, [[name, list(value) if isinstance(value, tuple) else value] for name, value in reason.facts]]


def _stored_payment(payment: Payment) -> Stored:
    return {
        "key": payment.key,
        "day": payment.day.isoformat(),
        "amount": str(payment.amount),
        "currency": payment.currency,
        "texts": list(payment.texts),
        "counterparty_account": payment.counterparty_account,
    }


def _restored_payment(stored: Stored) -> Payment:
    return Payment(
        **{
            **stored,
            "day": date.fromisoformat(stored["day"]),
            "amount": Decimal(stored["amount"]),
            "texts": tuple(stored["texts"]),
        }
    )


def _stored_candidate(candidate: Candidate) -> Stored:
    return {
        "key": candidate.key,
        "invoice": candidate.invoice,
        "number": candidate.number,
        "customer": candidate.customer,
        "residual": str(candidate.residual),
        "currency": candidate.currency,
        "due": candidate.due.isoformat(),
        "references": list(candidate.references),
        "accounts": list(candidate.accounts),
    }


def _restored_candidate(stored: Stored) -> Candidate:
    return Candidate(
        **{
            **stored,
            "residual": Decimal(stored["residual"]),
            "due": date.fromisoformat(stored["due"]),
            "references": tuple(stored["references"]),
            "accounts": tuple(stored["accounts"]),
        }
    )
