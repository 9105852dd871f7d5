"""Advice that travels with a payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from engine_values import DAY, assert_lawful, item, parts, payment, verdict
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine import evidence
from odoo.addons.ar_reconcile.engine.advice import MOST_DOCUMENTS, advised, divided
from odoo.addons.ar_reconcile.engine.candidate import Candidate, Discount, Sort
from odoo.addons.ar_reconcile.engine.matching import Outcome, Verdict
from odoo.addons.ar_reconcile.engine.payment import Payment
from odoo.addons.ar_reconcile.engine.policy import Policy


def test_every_document_of_an_advice_is_read_once() -> None:
    texts = ["ACH RMR*IV*INV/2026/00001*PI*70.00\\RMR*IV*INV/2026/00002**30~", "RMR*IV*INV/2026/00001*PI*70.00"]
    assert advised(texts) == (("INV/2026/00001", Decimal("70.00")), ("INV/2026/00002", Decimal(30)))


@pytest.mark.parametrize(
    "text", ["RMR*IV*X*PI*", "RMR*IV*X*PI*1,5", "RMR*IV*X*PI*-5", "RMR*IV**PI*5", "RMR*CR*X*PI*5", ""]
)
def test_what_is_no_advice_is_none(text: str) -> None:
    assert advised([text]) == ()


def test_a_hostile_advice_is_cut() -> None:
    text = "~".join(f"RMR*IV*{number}*PI*1" for number in range(10_000))
    assert len(advised([text, "RMR*IV*" * 10_000])) == MOST_DOCUMENTS


def test_the_advice_says_what_is_paid_of_which_invoice() -> None:
    text = "RMR*IV*INV/2026/00001*PI*40.00~RMR*IV*INV/2026/00002*PI*60.00"
    both = [item(1, "60.00"), item(2, "60.00")]
    one = verdict(payment("100.00", text, remittance=advised([text]), counterparty_account="DE01"), both)
    assert parts(one) == [("full", 2, "60.00"), ("partial", 1, "40.00")] or parts(one) == [
        ("partial", 1, "40.00"),
        ("full", 2, "60.00"),
    ]


def advice(*rows: tuple[str, str], paid: str = "") -> Payment:
    """A payment of Acme that an advice of these rows belongs to."""
    remittance = tuple((number, Decimal(amount)) for number, amount in rows)
    total = paid or str(sum(amount for _number, amount in remittance))
    return payment(total, "MONTHLY PAYMENT", remittance=remittance, counterparty_account="DE01")


def shares(paid: Payment, *items: Candidate) -> list[tuple[int, str, str]]:
    """The items, kinds and amounts that an advice divides a payment into."""
    return [(part.candidate, part.kind.value, str(part.amount)) for part in divided(paid, items)[1]]


def is_advised(one: Verdict) -> bool:
    """Whether the advice speaks for the best proposal."""
    return any(each.code == evidence.ADVISED for each in one.proposals[0].reasons)


@pytest.mark.parametrize("number", ["INV/2026/00001", "inv 2026-1", "2026/00001", "00001", "PO-77123"])
def test_a_document_is_found_by_what_customers_call_it(number: str) -> None:
    both = item(1, "60.00", references=("PO-77123",)), item(2, "60.00")
    assert shares(advice((number, "60.00")), *both) == [(1, "full", "60.00")]


@pytest.mark.parametrize("number", ["INV/2026/00009", "RINV/2026/00001", "001", "", "ORDER 5"])
def test_an_advice_of_a_document_that_is_not_ours_divides_nothing(number: str) -> None:
    assert shares(advice((number, "60.00"), ("INV/2026/00002", "10.00")), item(1, "60.00"), item(2, "10.00")) == []


def test_a_number_that_two_documents_have_divides_nothing() -> None:
    both = item(1, "60.00", references=("PO-77123",)), item(2, "60.00", references=("PO-77123",))
    assert shares(advice(("PO-77123", "60.00")), *both) == []


def test_an_advice_that_does_not_sum_to_the_payment_divides_nothing() -> None:
    assert shares(advice(("INV/2026/00001", "60.00"), paid="59.00"), item(1, "60.00")) == []


def test_a_document_is_paid_up_to_what_is_open_of_it_and_no_further() -> None:
    assert shares(advice(("INV/2026/00001", "60.00")), item(1, "60.00")) == [(1, "full", "60.00")]
    assert shares(advice(("INV/2026/00001", "60.01")), item(1, "60.00")) == []
    assert shares(advice(("INV/2026/00001", "59.99")), item(1, "60.00")) == [(1, "partial", "59.99")]


def test_rows_of_one_document_are_added() -> None:
    paid = advice(("INV/2026/00001", "20.00"), ("INV/2026/1", "40.00"))
    assert shares(paid, item(1, "60.00")) == [(1, "full", "60.00")]


def test_instalments_are_paid_in_the_order_in_which_they_fall_due() -> None:
    first = item(1, "30.00", number="INV/2026/00007", invoice=7)
    second = item(2, "70.00", number="INV/2026/00007", invoice=7, due=DAY + timedelta(30))
    assert shares(advice(("INV/2026/00007", "50.00")), second, first) == [(1, "full", "30.00"), (2, "partial", "20.00")]


def test_a_credit_note_is_taken_off() -> None:
    note = replace(item(2, "-20.00", sort=Sort.CREDIT_NOTE), number="RINV/2026/00002")
    paid = advice(("INV/2026/00001", "60.00"), ("RINV/2026/00002", "-20.00"))
    assert shares(paid, item(1, "60.00"), note) == [(1, "full", "60.00"), (2, "credit_note", "-20.00")]
    some = advice(("INV/2026/00001", "60.00"), ("RINV/2026/00002", "-19.99"))
    assert shares(some, item(1, "60.00"), note)[1] == (2, "partial", "-19.99")
    assert shares(advice(("INV/2026/00001", "60.00"), ("RINV/2026/00002", "-20.01")), item(1, "60.00"), note) == []
    one = verdict(paid, [item(1, "60.00"), note])
    assert is_advised(one)


@pytest.mark.parametrize(
    ("last_day", "told"),
    [
        (DAY, [(1, "full", "60.00"), (1, "discount", "-1.20")]),
        (DAY - timedelta(60), [(1, "partial", "58.80")]),
    ],
)
def test_what_is_deducted_is_a_discount_only_where_that_is_granted(last_day: object, told: object) -> None:
    offered = item(1, "60.00", discounts=(Discount(Decimal("1.20"), last_day),))  # type: ignore[arg-type]
    paid = advice(("INV/2026/00001", "58.80"), ("INV/2026/00002", "10.00"))
    assert shares(paid, offered, item(2, "10.00")) == [*told, (2, "full", "10.00")]  # type: ignore[misc]


def test_a_registered_payment_comes_whole() -> None:
    registered = item(1, "60.00", number="BNK1/2026/00077", sort=Sort.PAYMENT)
    assert shares(advice(("BNK1/2026/00077", "60.00")), registered) == [(1, "payment", "60.00")]
    assert shares(advice(("BNK1/2026/00077", "59.00")), registered) == []


def test_what_is_deducted_beyond_the_discount_stays_open() -> None:
    offered = item(1, "60.00", discounts=(Discount(Decimal("1.20"), DAY),))
    assert shares(advice(("INV/2026/00001", "55.00")), offered) == [(1, "partial", "55.00")]


def test_short_payments_of_many_documents_are_proposed_as_advised() -> None:
    items = [item(key, f"{key * 10}.00") for key in range(1, 41)]
    rows = [(each.number, str(each.residual - (each.key % 4))) for each in items]
    one = verdict(replace(advice(*rows), policy=Policy(books_short_payments=False)), items)
    assert one.outcome is Outcome.PROPOSE
    assert is_advised(one)
    assert {key: amount for _kind, key, amount in parts(one)} == {
        each.key: row[1] for each, row in zip(items, rows, strict=True)
    }


def test_an_advice_of_hundreds_of_documents_is_matched() -> None:
    items = [item(key, f"{key}.00") for key in range(1, 401)]
    one = verdict(advice(*((each.number, str(each.residual)) for each in items)), items)
    assert len(parts(one)) == 400
    assert is_advised(one)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-500, 500)), min_size=1, max_size=12))
def test_whatever_is_advised_money_is_kept(rows: list[tuple[int, int]]) -> None:
    items = [item(key, f"{key}.00") for key in range(1, 7)]
    items += [item(key, f"-{key}.00", sort=Sort.CREDIT_NOTE) for key in (7, 8)]
    paid = advice(*((f"INV/2026/{key:05}", str(Decimal(cents) / 100)) for key, cents in rows))
    assert_lawful([paid], items, [verdict(paid, items)])
