"""Payments that could settle the same items, judged together."""

from __future__ import annotations

from decimal import Decimal

import pytest
from engine_values import ACME, BOREAL, OTHERS, assert_lawful, codes, item, parts, payment

from odoo.addons.ar_reconcile.engine.assignment import MOST_RIVALS, MOST_TOGETHER
from odoo.addons.ar_reconcile.engine.matching import Outcome, Verdict, decide
from odoo.addons.ar_reconcile.engine.payment import Payment
from odoo.addons.ar_reconcile.engine.policy import Policy


def judged(payments: list[Payment], *items: object) -> list[Verdict]:
    verdicts = decide(payments, items, (ACME, BOREAL, *OTHERS))  # type: ignore[arg-type]
    assert_lawful(payments, items, verdicts)  # type: ignore[arg-type]
    return verdicts


def outcomes(verdicts: list[Verdict]) -> list[str]:
    return [one.outcome.value for one in verdicts]


def named(key: int, amount: str, number: int = 1, **changes: object) -> Payment:
    return payment(amount, f"INV/2026/{number:05}", key=key, **changes)


def test_two_payments_of_one_invoice_are_both_left_to_a_person() -> None:
    one, two = judged([named(1, "119.00"), named(2, "119.00")], item(1, "119.00"), item(2, "7.00"))
    assert Outcome.BOOK not in {one.outcome, two.outcome}
    assert "contested" in codes(one) & codes(two)
    assert next(each for each in one.reasons if each.code == "contested").fact("payments") == (2,)
    alone = judged([named(1, "119.00")], item(1, "119.00"), item(2, "7.00"))
    assert outcomes(alone) == ["book"]


def test_two_payments_that_complete_an_invoice_are_both_booked() -> None:
    verdicts = judged([named(1, "60.00"), named(2, "40.00")], item(1, "100.00"))
    assert outcomes(verdicts) == ["book", "book"]
    assert [parts(one) for one in verdicts] == [[("partial", 1, "60.00")], [("partial", 1, "40.00")]]


def test_two_payments_that_are_a_cent_more_than_an_invoice_are_not_both_booked() -> None:
    verdicts = judged([named(1, "60.00"), named(2, "40.01")], item(1, "100.00"))
    assert outcomes(verdicts).count("book") < 2


def test_payments_of_different_invoices_do_not_disturb_each_other() -> None:
    verdicts = judged([named(1, "10.00", 1), named(2, "10.00", 2)], item(1, "10.00"), item(2, "10.00"))
    assert [parts(one)[0][1] for one in verdicts] == [1, 2]
    assert all(len(one.cases) == 1 for one in verdicts)


def test_a_strong_claim_beats_a_weak_one() -> None:
    strong = named(1, "119.00", counterparty_account="DE01")
    weak = payment("119.00", "danke", key=2, name="Acme Weberei")
    verdicts = judged([strong, weak], item(1, "119.00"))
    assert outcomes(verdicts) == ["book", "leave"]
    assert parts(judged([weak], item(1, "119.00"))[0]) == [("full", 1, "119.00")]  # alone it would be proposed


def test_of_twins_each_gets_its_own_where_there_are_as_many_invoices() -> None:
    payments = [named(1, "50.00", 1), payment("50.00", "x", key=2, counterparty_account="DE01")]
    verdicts = judged(payments, item(1, "50.00"), item(2, "50.00"))
    assert parts(verdicts[0]) == [("full", 1, "50.00")]
    assert parts(verdicts[1]) == [("full", 2, "50.00")]


@pytest.mark.parametrize("count", [MOST_TOGETHER, MOST_TOGETHER + 1, 60])
def test_no_one_of_a_crowd_that_claims_one_invoice_is_booked(count: int) -> None:
    verdicts = judged([named(key, "10.00") for key in range(1, count + 1)], item(1, "10.00"))
    assert "book" not in outcomes(verdicts)
    told = next(each for each in verdicts[0].reasons if each.code == "contested")
    assert told.fact("payments") == tuple(range(2, min(count, MOST_RIVALS + 1) + 1))
    is_crowd = count > MOST_TOGETHER
    assert (verdicts[0].contested == (1,)) is is_crowd
    assert (len(verdicts[0].cases) == 1) is is_crowd


def test_the_last_of_a_crowd_is_told_of_the_first_rivals() -> None:
    verdicts = judged([named(key, "10.00") for key in range(1, 61)], item(1, "10.00"))
    assert verdicts[-1].rivals == tuple(range(1, MOST_RIVALS + 1))
    assert verdicts[4].rivals == tuple(key for key in range(1, MOST_RIVALS + 2) if key != 5)


def test_who_claims_nothing_of_the_crowd_is_booked_beside_it() -> None:
    crowd = [named(key, "10.00") for key in range(1, 12)]
    verdicts = judged([*crowd, named(12, "30.00", 2)], item(1, "10.00"), item(2, "30.00"))
    assert outcomes(verdicts) == ["leave"] * 11 + ["book"]


@pytest.mark.parametrize("threshold", ["0.5", "0.6", "0.85"])
@pytest.mark.parametrize(
    ("count", "amount", "open_amount"), [(8, "20.00", "150.00"), (3, "40.00", "100.00"), (2, "9.00", "9.00")]
)
def test_however_low_the_threshold_no_invoice_is_paid_beyond_what_is_open(
    threshold: str, count: int, amount: str, open_amount: str
) -> None:
    policy = Policy(threshold=Decimal(threshold))
    verdicts = judged([named(key, amount, policy=policy) for key in range(1, count + 1)], item(1, open_amount))
    assert "book" not in outcomes(verdicts)


def test_a_chain_of_claims_is_one_group() -> None:
    one, two = named(1, "10.00", 1), named(2, "10.00", 2)
    both = payment("20.00", "INV/2026/00001 INV/2026/00002", key=3)
    verdicts = judged([one, two, both], item(1, "10.00"), item(2, "10.00"))
    assert [len(each.cases) for each in verdicts] == [3, 3, 3]
    assert outcomes(verdicts).count("book") <= 2


def test_in_a_crowd_an_item_that_two_claim_is_contested_too() -> None:
    crowd = [named(key, "10.00") for key in range(1, 10)]
    both = payment("40.00", "INV/2026/00001 INV/2026/00002", key=10)
    verdicts = judged([*crowd, both, named(11, "30.00", 2)], item(1, "10.00"), item(2, "30.00"))
    assert verdicts[-1].contested == (2,)
    assert "book" not in outcomes(verdicts)
