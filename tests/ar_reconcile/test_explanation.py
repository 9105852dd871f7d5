"""What speaks for one explanation of a payment and against another."""

from __future__ import annotations

from dataclasses import replace

from engine_values import ACME, BOREAL, OTHERS, item, payment

from odoo.addons.ar_reconcile.engine import explanation
from odoo.addons.ar_reconcile.engine.candidate import Customer
from odoo.addons.ar_reconcile.engine.explanation import explained
from odoo.addons.ar_reconcile.engine.ledger import Ledger
from odoo.addons.ar_reconcile.engine.payer import REGISTERED_WEIGHT
from odoo.addons.ar_reconcile.engine.payment import Payment
from odoo.addons.ar_reconcile.engine.reference import Reading, as_reference

ITEMS = (item(1, "10.00"), item(2, "20.00"), item(777, "70.00", customer=2))
NAMES = {key: f"INV/2026/{key:05}" for key in (1, 2, 777)}


def weight(paid: Payment, *keys: int) -> int:
    """The weight of settling these items in full."""
    case = Ledger(ITEMS, (ACME, BOREAL, *OTHERS)).case(paid, Reading(paid.texts))
    (found,) = {each.weight for each in explained(case).explanations if set(each.taken) == set(keys)}
    return found


def test_a_number_that_is_left_out_speaks_less_against_it_where_it_is_the_payers_own() -> None:
    own, other = (payment("20.00", NAMES[key], counterparty_account="DE01") for key in (1, 777))
    assert weight(own, 2) - weight(other, 2) == explanation.OWN_NUMBER_UNUSED_WEIGHT > 0


def test_an_item_that_is_not_named_beside_one_that_is_speaks_against_a_set() -> None:
    one = payment("30.00", NAMES[1], counterparty_account="DE01")
    both = payment("30.00", f"{NAMES[1]}, {NAMES[2]}", counterparty_account="DE01")
    reference = as_reference(NAMES[2])
    assert reference is not None
    mention = Reading(both.texts).mention(reference)
    assert mention is not None
    assert weight(both, 1, 2) - weight(one, 1, 2) == mention.weight - explanation.LEFT_OUT_WEIGHT
    assert explanation.LEFT_OUT_WEIGHT < 0


def test_a_mistaken_number_says_less_where_nothing_tells_who_pays() -> None:
    stranger = payment("10.00", "INV/2026/00010")
    known = payment("10.00", "INV/2026/00010", counterparty_account="DE01")
    assert weight(known, 1) - weight(stranger, 1) == REGISTERED_WEIGHT - explanation.STRANGER_MISTAKEN_WEIGHT
    assert explanation.STRANGER_MISTAKEN_WEIGHT < 0


def test_a_set_is_proved_only_where_all_items_of_the_customer_are_there() -> None:
    paid = payment("30.00", "x", counterparty_account="DE01")
    case = Ledger(ITEMS, (ACME, BOREAL, *OTHERS)).case(paid, Reading(paid.texts))
    assert "only_set" in {each.code for each in explained(case).explanations[0].reasons}
    cut = replace(case, population=replace(case.population, items_of=((1, 3),)))
    assert "only_set" not in {each.code for each in explained(cut).explanations[0].reasons}
    assert "too_many_items" in {each.code for each in explained(cut).reasons}


def test_a_paid_invoice_that_is_named_speaks_for_being_paid_twice() -> None:
    paid = payment("10.00", "INV/2026/00444")
    known = [
        explained(Ledger([*ITEMS, *settled], (ACME, BOREAL, *OTHERS)).case(paid, Reading(paid.texts))).none_weight
        for settled in ([], [item(444, "0.00")])
    ]
    assert known[1] - known[0] > 10


def test_the_number_of_a_customer_names_no_item() -> None:
    numbered = replace(ACME, references=("KD-40017",))
    paid = payment("10.00", "KD 40017")

    def told(customer: Customer) -> set[str]:
        case = Ledger([item(40017, "10.00")], (customer, *OTHERS)).case(paid, Reading(paid.texts))
        return {each.code for each in explained(case).explanations[0].reasons}

    assert "digits_in_text" in told(ACME)
    assert told(numbered) == {"customer_number", "amount_equal"}


def test_a_number_that_the_customer_has_is_no_mistake_for_another() -> None:
    paid = payment("10.00", "INV/2026/00013", counterparty_account="DE01")

    def told(*others: int) -> set[str]:
        items = [item(12, "10.00"), *(item(key, "99.00") for key in others)]
        case = Ledger(items, (ACME, BOREAL, *OTHERS)).case(paid, Reading(paid.texts))
        (found,) = {each.reasons for each in explained(case).explanations if dict(each.taken) == {12: 100_000}}
        return {each.code for each in found}

    assert "mistaken_number" in told()
    assert "mistaken_number" not in told(13)
