"""Advice that travels with a payment."""

from __future__ import annotations

from decimal import Decimal

import pytest
from engine_values import item, parts, payment, verdict

from odoo.addons.ar_reconcile.engine.advice import MOST_DOCUMENTS, advised


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
