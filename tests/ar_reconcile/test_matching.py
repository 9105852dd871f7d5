"""The rules of matching, each at its boundary, and the invariants of all of them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine import evidence
from odoo.addons.ar_reconcile.engine.allocation import instalments_paid
from odoo.addons.ar_reconcile.engine.candidate import Candidate
from odoo.addons.ar_reconcile.engine.matching import Confidence, Proposal, propose
from odoo.addons.ar_reconcile.engine.payment import Payment
from odoo.addons.ar_reconcile.engine.replay import replayed, restored_reasons, stored_facts, stored_proposal

DAY = date(2026, 11, 20)


def item(key: int, amount: str, **changes: object) -> Candidate:
    base = Candidate(key, key, f"INV-{1000 + key:05}", 1, Decimal(amount), "EUR", DAY)
    return replace(base, **changes)  # type: ignore[arg-type]


def payment(amount: str, *texts: str, key: int = 1, **changes: object) -> Payment:
    return replace(Payment(key, DAY, Decimal(amount), "EUR", texts), **changes)  # type: ignore[arg-type]


def only(payments: list[Payment], candidates: list[Candidate]) -> Proposal:
    proposals = propose(payments, candidates)
    assert len(proposals) == len(payments)
    return proposals[0]


def settled(proposal: Proposal) -> dict[int, Decimal]:
    return {allocation.candidate: allocation.amount for allocation in proposal.allocations}


def test_number_and_equal_amount_are_sure() -> None:
    proposal = only([payment("119.00", "INV-01001")], [item(1, "119.00"), item(2, "119.00")])
    assert proposal.confidence is Confidence.SURE
    assert settled(proposal) == {1: Decimal("119.00")}
    assert [reason.code for reason in proposal.reasons] == [evidence.NUMBER_IN_TEXT, evidence.AMOUNT_EQUAL]
    assert proposal.against[0].fact("items") == (2,)


@pytest.mark.parametrize(("amount", "code"), [("118.99", evidence.SHORT_PAYMENT), ("119.01", evidence.OVERPAYMENT)])
def test_a_cent_less_or_more_stays_open(amount: str, code: str) -> None:
    proposal = only([payment(amount, "INV-01001")], [item(1, "119.00")])
    assert (proposal.allocations, proposal.reasons[0].code) == ((), code)
    assert proposal.reasons[0].fact("difference") == "0.01"


def test_one_payment_of_several_named_invoices_settles_all_of_them() -> None:
    proposal = only([payment("30.00", "INV-01001 + INV-01002")], [item(1, "10.00"), item(2, "20.00", customer=2)])
    assert settled(proposal) == {1: Decimal("10.00"), 2: Decimal("20.00")}
    assert proposal.reasons[-1].code == evidence.SUM_EQUAL


def test_a_sum_that_fits_only_some_of_the_named_invoices_stays_open() -> None:
    proposal = only([payment("10.00", "INV-01001 INV-01002")], [item(1, "10.00"), item(2, "20.00")])
    assert proposal.reasons[0].code == evidence.SHORT_PAYMENT


def test_another_currency_stays_open() -> None:
    proposal = only([payment("10.00", "INV-01001")], [item(1, "10.00", currency="USD")])
    assert proposal.reasons[0].code == evidence.OTHER_CURRENCY


def test_a_paid_invoice_is_not_paid_again() -> None:
    proposal = only([payment("10.00", "INV-01001")], [item(1, "0"), item(2, "10.00")])
    assert (proposal.allocations, proposal.reasons[0].code) == ((), evidence.ALREADY_PAID)


def test_a_number_that_two_invoices_carry_is_a_tie() -> None:
    twins = [item(1, "10.00"), item(2, "10.00", number="INV-01001")]
    assert only([payment("10.00", "INV-01001")], twins).reasons[0].code == evidence.AMBIGUOUS


def test_two_payments_of_one_invoice_settle_it_neither_way() -> None:
    payments = [payment("10.00", "INV-01001"), payment("10.00", "inv 1001", key=2)]
    proposals = propose(payments, [item(1, "10.00")])
    assert [proposal.allocations for proposal in proposals] == [(), ()]
    assert [proposal.reasons[0].fact("payments") for proposal in proposals] == [(2,), (1,)]


def test_the_amount_alone_is_never_a_match() -> None:
    proposal = only([payment("10.00", "thank you")], [item(1, "10.00")])
    assert (proposal.allocations, proposal.reasons[0].code) == ((), evidence.NO_REFERENCE)
    assert proposal.against[0].fact("items") == (1,)


def test_two_invoices_of_the_amount_and_no_number_are_a_tie() -> None:
    proposal = only([payment("10.00", "thank you")], [item(1, "10.00"), item(2, "10.00")])
    assert proposal.reasons[0].code == evidence.AMBIGUOUS


@pytest.mark.parametrize("text", ["%", "", "_", "INV", "0", "\x00", "INV-%"])
def test_texts_without_a_number_match_nothing(text: str) -> None:
    assert only([payment("10.00", text)], [item(1, "10.00")]).allocations == ()


def test_bare_digits_with_the_amount_are_likely_and_without_it_nothing() -> None:
    assert only([payment("10.00", "1001")], [item(1, "10.00")]).confidence is Confidence.LIKELY
    assert only([payment("10.01", "1001")], [item(1, "10.00")]).confidence is Confidence.NONE


def test_a_known_account_with_the_only_item_of_the_amount_is_likely() -> None:
    items = [item(1, "10.00", accounts=("DE02",)), item(2, "10.00", customer=2)]
    proposal = only([payment("10.00", "merci", counterparty_account="DE02")], items)
    assert (proposal.confidence, settled(proposal)) == (Confidence.LIKELY, {1: Decimal("10.00")})
    both = [items[0], item(3, "10.00", accounts=("DE02",))]
    assert only([payment("10.00", "merci", counterparty_account="DE02")], both).allocations == ()


def test_an_account_of_two_customers_tells_nothing() -> None:
    items = [item(1, "10.00", accounts=("DE02",)), item(2, "12.00", customer=2, accounts=("DE02",))]
    proposal = only([payment("10.00", "merci", counterparty_account="DE02")], items)
    assert proposal.allocations == ()
    assert proposal.against[0].code == evidence.ACCOUNT_SHARED


@pytest.mark.parametrize("amount", ["0.00", "-10.00"])
def test_money_going_out_settles_nothing(amount: str) -> None:
    assert only([payment(amount, "INV-01001")], [item(1, "10.00")]).reasons[0].code == evidence.OUTGOING


def test_instalments_are_paid_in_the_order_in_which_they_fall_due() -> None:
    parts = [item(2, "20.00", invoice=9, due=date(2026, 12, 1)), item(1, "10.00", invoice=9)]
    assert [part.key for part in instalments_paid(parts, Decimal("10.00")) or ()] == [1]
    assert instalments_paid(parts, Decimal("20.00")) is None
    assert [part.key for part in instalments_paid(parts, Decimal("30.00")) or ()] == [1, 2]


amounts = st.integers(1, 6).map(Decimal)
candidates = st.builds(
    Candidate,
    key=st.integers(1, 12),
    invoice=st.integers(1, 6),
    number=st.integers(1001, 1006).map(lambda number: f"INV-{number:05}"),
    customer=st.integers(1, 3),
    residual=st.one_of(amounts, st.just(Decimal(0))),
    currency=st.sampled_from(["EUR", "USD"]),
    due=st.dates(date(2026, 11, 1), date(2026, 11, 5)),
    accounts=st.just(()),
)
payments = st.builds(
    Payment,
    key=st.integers(1, 8),
    day=st.just(DAY),
    amount=st.integers(-1, 8).map(Decimal),
    currency=st.sampled_from(["EUR", "USD"]),
    texts=st.lists(
        st.sampled_from(["INV-01001", "inv 1002", "1003", "INV01001 INV01002", "1004 1005", "thanks"]), max_size=2
    ).map(tuple),
    counterparty_account=st.sampled_from(["", "A", "B"]),
)
accounts_of_customers = st.lists(st.sampled_from([(), ("A",), ("B",), ("A", "B")]), min_size=3, max_size=3)
ledgers = st.builds(
    lambda ledger, accounts: [replace(each, accounts=accounts[each.customer - 1]) for each in ledger],
    st.lists(candidates, max_size=9, unique_by=lambda candidate: candidate.key),
    accounts_of_customers,
)
batches = st.lists(payments, max_size=5, unique_by=lambda each: each.key)


@settings(max_examples=400)
@given(batches, ledgers, st.randoms(use_true_random=False))
def test_input_order_never_changes_the_result(
    batch: list[Payment], ledger: list[Candidate], chance: random.Random
) -> None:
    expected = propose(batch, ledger)
    chance.shuffle(batch)
    chance.shuffle(ledger)
    assert propose(batch, ledger) == expected


@settings(max_examples=400)
@given(batches, ledgers)
def test_money_is_allocated_to_the_cent_and_no_item_beyond_its_residual(
    batch: list[Payment], ledger: list[Candidate]
) -> None:
    residual = {candidate.key: candidate.residual for candidate in ledger}
    paid = {each.key: each.amount for each in batch}
    claimed: set[int] = set()
    for proposal in propose(batch, ledger):
        if not proposal.allocations:
            assert proposal.confidence is Confidence.NONE
            continue
        assert sum(each.amount for each in proposal.allocations) == paid[proposal.payment]
        for each in proposal.allocations:
            assert 0 < each.amount <= residual[each.candidate]
            assert each.candidate not in claimed
            claimed.add(each.candidate)


@settings(max_examples=600)
@given(batches, ledgers)
def test_a_proposal_is_replayed_from_what_it_considered(batch: list[Payment], ledger: list[Candidate]) -> None:
    proposals = {proposal.payment: proposal for proposal in propose(batch, ledger)}
    for proposal in proposals.values():
        concerned = {proposal.payment, *proposal.rivals}
        considered = {key for each in concerned for key in proposals[each].considered}
        facts = stored_facts(
            [each for each in batch if each.key in concerned], [each for each in ledger if each.key in considered]
        )
        assert replayed(json.loads(json.dumps(facts)), proposal.payment) == stored_proposal(proposal)
        assert tuple(restored_reasons(stored_proposal(proposal)["reasons"])) == proposal.reasons
