"""Cases and verdicts as plain values that JSON can hold, and back: what a decision is replayed from.

Amounts are decimal strings and days ISO 8601, so nothing is rounded on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from datetime import date
from decimal import Decimal
from typing import Any

from .assignment import LEAST_SHARES
from .candidate import Candidate, Customer, Discount, Sort
from .case import Case, Population
from .evidence import Reason
from .matching import Proposal, Verdict, decide_again
from .payment import Payment
from .policy import Policy

Stored = dict[str, Any]


def stored_facts(verdict: Verdict) -> Stored:
    """Return what a verdict follows from."""
    facts: Stored = {"payment": verdict.payment, "cases": [_stored_case(case) for case in verdict.cases]}
    if len(verdict.cases) > 1:
        facts["least_share"] = verdict.least_share
    if verdict.contested:
        facts |= {"contested": list(verdict.contested), "rivals": list(verdict.rivals)}
    return facts


def stored_verdict(verdict: Verdict) -> Stored:
    """Return what was decided, with every proposal and its reasons."""
    return {
        "outcome": verdict.outcome.value,
        "reasons": stored_reasons(verdict.reasons),
        "proposals": [_stored_proposal(proposal) for proposal in verdict.proposals],
    }


def replayed(facts: Mapping[str, Any]) -> Stored:
    """Return what these rules decide from stored facts, in the stored form."""
    verdict = decide_again(
        [_restored_case(stored) for stored in facts["cases"]],
        facts["payment"],
        facts.get("least_share", LEAST_SHARES[0]),
        tuple(facts.get("contested", ())),
        tuple(facts.get("rivals", ())),
    )
    return stored_verdict(verdict)


def stored_reasons(reasons: Iterable[Reason]) -> list[Any]:
    """Return reasons as ``[code, [[name, value], …]]``."""
    return [
        [each.code, [[name, list(value) if isinstance(value, tuple) else value] for name, value in each.facts]]
        for each in reasons
    ]


def restored_reasons(stored: Iterable[Any]) -> list[Reason]:
    """Return stored reasons as values."""
    return [
        Reason(code, tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in facts))
        for code, facts in stored
    ]


def restored_items(facts: Mapping[str, Any]) -> dict[int, Candidate]:
    """Return the items that a decision may speak of, by their keys."""
    return {stored[0]: _restored_candidate(stored) for case in facts["cases"] for stored in case["items"]}


def restored_payments(facts: Mapping[str, Any]) -> dict[int, Payment]:
    """Return the payments that were judged together, by their keys."""
    return {case["payment"]["key"]: _restored_payment(case["payment"]) for case in facts["cases"]}


def restored_customers(facts: Mapping[str, Any]) -> dict[int, Customer]:
    """Return the customers that a decision may speak of, by their keys."""
    return {stored[0]: _restored_customer(stored) for case in facts["cases"] for stored in case["customers"]}


def _stored_proposal(proposal: Proposal) -> Stored:
    return {
        "probability": str(proposal.probability),
        "allocations": [
            [each.candidate, str(each.amount), each.kind.value, _text(each.item_amount)]
            for each in proposal.allocations
        ],
        "reasons": stored_reasons(proposal.reasons),
        "against": stored_reasons(proposal.against),
    }


def _stored_case(case: Case) -> Stored:
    return {
        "payment": _stored_payment(case.payment),
        "items": [_stored_candidate(item) for item in case.items],
        "customers": [_stored_customer(customer) for customer in case.customers],
        "population": _stored_population(case.population),
    }


def _restored_case(stored: Mapping[str, Any]) -> Case:
    return Case(
        _restored_payment(stored["payment"]),
        tuple(_restored_candidate(item) for item in stored["items"]),
        tuple(_restored_customer(customer) for customer in stored["customers"]),
        _restored_population(stored["population"]),
    )


def _stored_payment(payment: Payment) -> Stored:
    policy = payment.policy
    return {
        "key": payment.key,
        "day": payment.day.isoformat(),
        "amount": str(payment.amount),
        "currency": payment.currency,
        "texts": list(payment.texts),
        "name": payment.name,
        "account": payment.counterparty_account,
        "remittance": [[number, str(amount)] for number, amount in payment.remittance],
        "rates": [[currency, str(rate)] for currency, rate in payment.rates],
        "policy": [_plain(getattr(policy, each.name)) for each in fields(policy)],
    }


def _restored_payment(stored: Mapping[str, Any]) -> Payment:
    given: Stored = {}
    for each, value in zip(fields(Policy), stored["policy"], strict=True):
        given[each.name] = Decimal(value) if isinstance(value, str) else value
    return Payment(
        stored["key"],
        date.fromisoformat(stored["day"]),
        Decimal(stored["amount"]),
        stored["currency"],
        tuple(stored["texts"]),
        stored["name"],
        stored["account"],
        tuple((number, Decimal(amount)) for number, amount in stored["remittance"]),
        tuple((currency, Decimal(rate)) for currency, rate in stored["rates"]),
        Policy(**given),
    )


def _stored_candidate(item: Candidate) -> list[Any]:
    return [
        item.key,
        item.invoice,
        item.number,
        item.customer,
        str(item.residual),
        item.currency,
        item.due.isoformat(),
        item.issued.isoformat() if item.issued else None,
        list(item.references),
        [_stored_discount(each) for each in item.discounts],
        item.sort.value,
    ]


def _restored_candidate(stored: list[Any]) -> Candidate:
    key, invoice, number, customer, residual, currency, due, issued, references, discounts, sort = stored
    return Candidate(
        key,
        invoice,
        number,
        customer,
        Decimal(residual),
        currency,
        date.fromisoformat(due),
        date.fromisoformat(issued) if issued else None,
        tuple(references),
        tuple(_restored_discount(*each) for each in discounts),
        Sort(sort),
    )


def _stored_discount(discount: Discount) -> list[str]:
    """Return a discount as texts: a plain one is its amount and its day, as it was stored at first."""
    plain = [str(discount.amount), discount.last_day.isoformat()]
    grace_day = discount.grace_last_day.isoformat() if discount.grace_last_day else ""
    more = [str(discount.percent), grace_day, str(discount.grace_amount)]
    return plain if discount == Discount(discount.amount, discount.last_day) else plain + more


def _restored_discount(
    amount: str, day: str, percent: str = "0", grace_day: str = "", grace_amount: str = "0"
) -> Discount:
    return Discount(
        Decimal(amount),
        date.fromisoformat(day),
        Decimal(percent),
        date.fromisoformat(grace_day) if grace_day else None,
        Decimal(grace_amount),
    )


def _stored_customer(customer: Customer) -> list[Any]:
    return [list(value) if isinstance(value, tuple) else value for value in astuple(customer)]


def _restored_customer(stored: list[Any]) -> Customer:
    key, names, accounts, learned, group, references, habit = stored
    return Customer(
        key,
        tuple(names),
        tuple(accounts),
        tuple((account, times) for account, times in learned),
        group,
        tuple(references),
        habit,
    )


def _stored_population(population: Population) -> Stored:
    return {
        "open_items": population.open_items,
        "customers": population.customers,
        "same_amount": population.same_amount,
        "words": [list(each) for each in population.words],
        "items_of": [list(each) for each in population.items_of],
    }


def _restored_population(stored: Mapping[str, Any]) -> Population:
    return Population(
        stored["open_items"],
        stored["customers"],
        stored["same_amount"],
        tuple((word, bearers) for word, bearers in stored["words"]),
        tuple((customer, items) for customer, items in stored["items_of"]),
    )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
