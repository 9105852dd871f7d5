"""What comes into question for a payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine_values import ACME, BOREAL, DAY, item, payment

from odoo.addons.ar_reconcile.engine.candidate import Candidate, Customer
from odoo.addons.ar_reconcile.engine.ledger import MOST_OF_AMOUNT, MOST_OF_CUSTOMER, Ledger
from odoo.addons.ar_reconcile.engine.payment import Payment
from odoo.addons.ar_reconcile.engine.reference import Reading


def found(paid: Payment, items: list[Candidate], *customers: Customer) -> set[int]:
    return {each.key for each in Ledger(items, customers).case(paid, Reading(paid.texts)).items}


def test_what_the_group_of_a_payer_owes_comes_into_question() -> None:
    paid = payment("5.00", "x", counterparty_account="DE01")
    child = [item(7, "99.00", customer=2)]
    assert found(paid, child, replace(ACME, group=5), replace(BOREAL, group=5)) == {7}
    assert found(paid, child, ACME, BOREAL) == set()


def test_the_last_digits_of_a_number_lead_to_its_item() -> None:
    assert found(payment("5.00", "00123"), [item(123, "99.00")], ACME) == {123}
    assert found(payment("5.00", "123"), [item(123, "99.00")], ACME) == set()


def test_of_very_many_items_the_first_due_and_those_of_the_amount_come_into_question() -> None:
    others = [item(key, "5.00", customer=2) for key in range(1, MOST_OF_AMOUNT + 1)]
    own = [item(100 + at, "7.00", due=DAY + timedelta(at)) for at in range(MOST_OF_CUSTOMER + 5)]
    last = replace(own[-1], residual=others[0].residual)
    paid = payment("5.00", "x", counterparty_account="DE01")
    assert found(paid, [*others, *own[:-1], last], ACME, BOREAL) == {
        *(each.key for each in (*others, *own[:MOST_OF_CUSTOMER])),
        last.key,
    }


def test_what_another_journal_waits_for_does_not_come_into_question() -> None:
    paid = payment("5.00", "00123", journal=1)
    assert found(paid, [item(123, "5.00", journal=1)], ACME) == {123}
    assert found(paid, [item(123, "5.00", journal=2)], ACME) == set()
