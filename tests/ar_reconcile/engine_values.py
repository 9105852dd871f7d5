"""Short ways to write the engine's values, and the laws that all verdicts keep."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.ar_reconcile.engine.allocation import SETTLING, Kind
from odoo.addons.ar_reconcile.engine.candidate import Candidate, Customer
from odoo.addons.ar_reconcile.engine.matching import Outcome, Verdict, decide
from odoo.addons.ar_reconcile.engine.payment import Payment
from odoo.addons.ar_reconcile.engine.replay import replayed, stored_facts, stored_verdict

DAY = date(2026, 11, 20)
ACME = Customer(1, ("Acme Weberei GmbH",), ("DE01",))
BOREAL = Customer(2, ("Boreal Kaffee AG",), ("DE02",))
#: Somebody else's items, so that an amount and a name say something.
OTHERS = tuple(Customer(100 + at, (f"Fremde{chr(97 + at)}firma",)) for at in range(20))


def item(key: int, amount: str, **changes: Any) -> Candidate:
    """An open invoice of Acme, ``INV/2026/`` and its key in five digits."""
    return replace(Candidate(key, key, f"INV/2026/{key:05}", 1, Decimal(amount), "EUR", DAY), **changes)


def payment(amount: str, *texts: str, key: int = 1, **changes: Any) -> Payment:
    """A payment in euros."""
    return replace(Payment(key, DAY, Decimal(amount), "EUR", texts), **changes)


def verdict(
    paid: Payment, items: Iterable[Candidate], customers: Sequence[Customer] = (ACME, BOREAL, *OTHERS)
) -> Verdict:
    """What is decided about one payment."""
    (only,) = decide([paid], items, customers)
    return only


def parts(one: Verdict, at: int = 0) -> list[tuple[str, int, str]]:
    """The parts of one of the verdict's proposals."""
    return [(each.kind.value, each.candidate, str(each.amount)) for each in one.proposals[at].allocations]


def codes(one: Verdict) -> set[str]:
    """The codes of the reasons why it is not booked."""
    return {each.code for each in one.reasons}


def assert_lawful(payments: Iterable[Payment], items: Iterable[Candidate], verdicts: Iterable[Verdict]) -> None:
    """Money is kept to the cent, no item is paid beyond its residual, and every verdict follows from its facts."""
    paid = {each.key: each.amount for each in payments}
    residual = {each.key: each.residual for each in items}
    taken: defaultdict[int, Decimal] = defaultdict(Decimal)
    for one in verdicts:
        assert bool(one.proposals) is (one.outcome is not Outcome.LEAVE)
        for proposal in one.proposals:
            assert 0 < proposal.probability < 1
            assert sum(each.amount for each in proposal.allocations) == paid[one.payment]
            assert all(each.amount for each in proposal.allocations)
        if one.outcome is Outcome.BOOK:
            for each in one.proposals[0].allocations:
                if each.kind in SETTLING or each.kind is Kind.EXCHANGE:
                    taken[each.candidate] += each.amount if each.item_amount is None else each.item_amount
        facts = json.loads(json.dumps(stored_facts(one)))
        assert json.dumps(replayed(facts)) == json.dumps(stored_verdict(one))
    for key, amount in taken.items():
        assert 0 < amount / residual[key] <= 1
