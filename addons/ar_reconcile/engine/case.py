"""All that a payment is judged by: what a decision follows from, and is replayed from."""

from __future__ import annotations

from dataclasses import dataclass

from .candidate import Candidate, Customer
from .payment import Payment


@dataclass(frozen=True, slots=True)
class Population:
    """What is common in the whole ledger, so that coincidence can be told from evidence.

    ``same_amount`` is how many open items have the payment's amount; ``words`` pairs words of the customers' names with
    how many customers bear them; ``items_of`` pairs customers with how many open items they have.
    """

    open_items: int
    customers: int
    same_amount: int
    words: tuple[tuple[str, int], ...] = ()
    items_of: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One payment with the items and customers that come into question for it, each in the order of their keys."""

    payment: Payment
    items: tuple[Candidate, ...]
    customers: tuple[Customer, ...]
    population: Population
