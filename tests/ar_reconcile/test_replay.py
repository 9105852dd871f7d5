"""Verdicts follow from what is stored of them, byte for byte, in any process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from engine_values import ACME, assert_lawful, item, payment

from odoo.addons.ar_reconcile.engine.evidence import ALL
from odoo.addons.ar_reconcile.engine.matching import Verdict, decide
from odoo.addons.ar_reconcile.engine.replay import (
    replayed,
    restored_customers,
    restored_items,
    restored_payments,
    restored_reasons,
    stored_facts,
    stored_reasons,
    stored_verdict,
)

from benchmarks import matching

TESTS = Path(__file__).resolve().parents[1]


@cache
def drawn(seed: int, kinds: tuple[str, ...], lines: int) -> Any:
    return matching.remittances.sample(seed, customers=600, items=6_000, lines=lines, kinds=kinds)


@cache
def decided(seed: int, kinds: tuple[str, ...], lines: int) -> list[Verdict]:
    return decide(*matching.engine_values(drawn(seed, kinds, lines)))


@pytest.mark.parametrize("seed", [5, 21])
def test_of_the_ten_kinds_hardly_any_is_wrong_and_nearly_all_are_right(seed: int) -> None:
    kinds = matching.remittances.TEN_KINDS
    report = matching.judge(drawn(seed, kinds, 600), decided(seed, kinds, 600))
    total = report.total(kinds)
    assert report.kinds["unrelated"].lines > 0
    assert report.kinds["unrelated"].booked == 0
    assert total.wrong <= 1
    assert total.right >= 0.95 * total.answers > 0


@pytest.mark.parametrize("kinds", [matching.remittances.TEN_KINDS, matching.remittances.HARD_KINDS])
def test_drawn_lines_are_kept_to_the_cent_and_replayed_byte_for_byte(kinds: tuple[str, ...]) -> None:
    payments, items, _customers = matching.engine_values(drawn(5, kinds, 600))
    assert_lawful(payments, items, decided(5, kinds, 600))


def test_the_order_of_a_large_batch_never_counts() -> None:
    payments, items, customers = matching.engine_values(drawn(5, matching.remittances.HARD_KINDS, 600))
    again = decide(payments[::-1], items[::-1], customers[::-1])
    assert again == decided(5, matching.remittances.HARD_KINDS, 600)


def test_a_judged_group_and_a_crowd_are_replayed() -> None:
    for count in (2, 8, 30):
        payments = [payment("10.00", "INV/2026/00001", key=key) for key in range(1, count + 1)]
        verdicts = decide(payments, [item(1, "10.00")], [ACME])
        assert_lawful(payments, [item(1, "10.00")], verdicts)


def test_facts_that_differ_decide_otherwise() -> None:
    (one,) = decide([payment("10.00", "INV/2026/00001")], [item(1, "10.00")], [ACME])
    facts = json.loads(json.dumps(stored_facts(one)))
    assert replayed(facts)["outcome"] == "book"
    facts["cases"][0]["items"] = []
    assert replayed(facts)["outcome"] == "leave"


def test_stored_facts_are_restored_as_the_values_they_were() -> None:
    paid = replace(
        payment("10.10", "a", "b", name="N", counterparty_account="DE01"),
        remittance=(("X1", Decimal("1.50")),),
        rates=(("USD", Decimal("0.90")),),
    )
    (one,) = decide([paid], [item(1, "10.10", references=("RF1",))], [ACME])
    facts = json.loads(json.dumps(stored_facts(one)))
    assert restored_payments(facts) == {1: paid}
    assert restored_items(facts) == one.candidates
    assert restored_customers(facts) == {1: ACME}


def test_reasons_are_restored_as_they_were_and_have_known_codes() -> None:
    for one in decided(5, matching.remittances.HARD_KINDS, 600):
        told = [*one.reasons, *(each for proposal in one.proposals for each in (*proposal.reasons, *proposal.against))]
        assert restored_reasons(json.loads(json.dumps(stored_reasons(told)))) == told
        assert {each.code for each in told} <= set(ALL)


def digest() -> str:
    """What all verdicts about a sample, and a group, say."""
    sample = matching.remittances.sample(3, customers=300, items=3_000, lines=200)
    verdicts = decide(*matching.engine_values(sample))
    told = json.dumps([[stored_facts(one), stored_verdict(one)] for one in verdicts])
    return hashlib.sha256(told.encode()).hexdigest()


def test_two_processes_with_different_hash_seeds_decide_alike() -> None:
    program = "import conftest; from ar_reconcile import test_replay; print(test_replay.digest())"
    found = set()
    for seed in ("1", "4242"):
        paths = os.pathsep.join(map(str, (TESTS, TESTS / "ar_reconcile")))
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths}
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-B", "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        found.add(done.stdout.strip())
    assert found == {digest()}
