"""What becomes of payments: outcomes at their boundaries, and the laws that all verdicts keep."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from engine_values import ACME, BOREAL, DAY, OTHERS, assert_lawful, codes, item, parts, payment, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine.candidate import Candidate, Customer, Discount, Sort
from odoo.addons.ar_reconcile.engine.matching import Outcome, decide
from odoo.addons.ar_reconcile.engine.payment import Payment
from odoo.addons.ar_reconcile.engine.policy import Policy

NUMBER = "INV/2026/00001"


def test_number_and_equal_amount_are_booked() -> None:
    one = verdict(payment("119.00", NUMBER), [item(1, "119.00"), item(2, "119.00")])
    assert (one.outcome, parts(one)) == (Outcome.BOOK, [("full", 1, "119.00")])
    assert {each.code for each in one.proposals[0].reasons} == {"number_in_text", "amount_equal"}
    assert ("same_amount", (2,)) in [(each.code, each.fact("items")) for each in one.proposals[0].against]


def test_a_probability_at_the_threshold_is_booked_and_one_below_is_proposed() -> None:
    paid, items = payment("119.00", "0 0001", name="Acme Weberei"), [item(1, "119.00"), item(2, "80.00")]
    probability = verdict(paid, items).proposals[0].probability
    assert Decimal("0.9") < probability < 1
    at = verdict(replace(paid, policy=Policy(threshold=probability)), items)
    above = verdict(replace(paid, policy=Policy(threshold=probability + Decimal("0.000001"))), items)
    assert (at.outcome, above.outcome) == (Outcome.BOOK, Outcome.PROPOSE)
    assert codes(above) == {"below_threshold"}


def test_nothing_is_certain() -> None:
    one = verdict(
        payment("119.00", NUMBER, counterparty_account="DE01", policy=Policy(threshold=Decimal(1))), [item(1, "119.00")]
    )
    assert (one.outcome, one.proposals[0].probability) == (Outcome.PROPOSE, Decimal("0.999999"))


def test_short_payments_are_booked_where_the_journal_says_so() -> None:
    paid = payment("60.00", NUMBER, counterparty_account="DE01")
    one = verdict(paid, [item(1, "100.00")])
    assert (one.outcome, parts(one)) == (Outcome.BOOK, [("partial", 1, "60.00")])
    other = verdict(replace(paid, policy=Policy(books_short_payments=False)), [item(1, "100.00")])
    assert (other.outcome, codes(other)) == (Outcome.PROPOSE, {"left_by_policy"})


@pytest.mark.parametrize(("limit", "outcome"), [("20.00", Outcome.BOOK), ("19.99", Outcome.PROPOSE)])
def test_too_much_is_booked_up_to_the_limit(limit: str, outcome: Outcome) -> None:
    policy = Policy(overpayment_limit=Decimal(limit))
    one = verdict(payment("100.00", NUMBER, counterparty_account="DE01", policy=policy), [item(1, "80.00")])
    assert (one.outcome, parts(one)) == (outcome, [("full", 1, "80.00"), ("overpayment", 1, "20.00")])


def test_two_equal_invoices_of_a_known_payer_are_shown_both() -> None:
    one = verdict(payment("10.00", "danke", counterparty_account="DE01"), [item(1, "10.00"), item(2, "10.00")])
    assert (one.outcome, codes(one)) == (Outcome.AMBIGUOUS, {"ambiguous"})
    assert {parts(one, at)[0][1] for at in range(2)} == {1, 2}


def test_a_number_that_two_invoices_carry_is_a_tie() -> None:
    one = verdict(payment("10.00", NUMBER), [item(1, "10.00"), item(2, "10.00", number=NUMBER)])
    assert one.outcome is Outcome.AMBIGUOUS


@pytest.mark.parametrize(
    "text", ["thank you", "", "%", "_", "INV", "0", "\x00", "INV-%", "\ud800", "²³", "x" * 100_000, "1 " * 50_000]
)
def test_the_amount_alone_is_never_proposed(text: str) -> None:
    one = verdict(payment("10.00", text), [item(1, "10.00")])
    assert (one.outcome, one.proposals) == (Outcome.LEAVE, ())
    assert "same_amount" in codes(one)


def test_what_nobody_owes_is_left() -> None:
    one = verdict(payment("4711.00", "Erstattung 12345", name="Finanzamt Nord"), [item(1, "10.00"), item(2, "4711.01")])
    assert (one.outcome, codes(one)) == (Outcome.LEAVE, {"no_reference"})


def test_a_known_payer_of_something_else_is_left_with_the_reason() -> None:
    one = verdict(payment("4711.00", "x", counterparty_account="DE01"), [item(1, "10.00")])
    assert (one.outcome, codes(one)) == (Outcome.LEAVE, {"nothing_fits"})


def test_a_paid_invoice_is_not_paid_again() -> None:
    one = verdict(payment("10.00", NUMBER), [item(1, "0.00"), item(2, "10.00")])
    assert (one.outcome, codes(one) & {"already_paid"}) == (Outcome.LEAVE, {"already_paid"})


def test_another_currency_without_a_rate_is_left() -> None:
    one = verdict(payment("10.00", NUMBER), [item(1, "10.00", currency="USD")])
    assert (one.outcome, codes(one)) == (Outcome.LEAVE, {"other_currency"})
    rated = verdict(payment("9.00", NUMBER, rates=(("USD", Decimal("0.9")),)), [item(1, "10.00", currency="USD")])
    assert (rated.outcome, parts(rated)) == (Outcome.BOOK, [("exchange", 1, "9.00")])


def test_money_going_out_settles_no_invoice() -> None:
    assert codes(verdict(payment("-10.00", NUMBER), [item(1, "10.00")])) == {"outgoing"}
    assert codes(verdict(payment("-10.00", f"RETOUR {NUMBER}"), [item(1, "10.00")])) == {"returned"}
    assert codes(verdict(payment("0.00", NUMBER), [item(1, "10.00")])) == {"nothing_left"}


def test_a_credit_note_that_is_named_is_paid_out() -> None:
    note = item(1, "-10.00", sort=Sort.CREDIT_NOTE)
    one = verdict(payment("-10.00", NUMBER, counterparty_account="DE01"), [note])
    assert (one.outcome, parts(one)) == (Outcome.BOOK, [("credit_note", 1, "-10.00")])


def test_the_only_set_of_this_sum_is_told() -> None:
    items = [item(1, "10.11"), item(2, "20.23"), item(3, "40.47")]
    one = verdict(payment("50.58", "x", counterparty_account="DE01"), items)
    assert [each[:2] for each in parts(one)] == [("full", 1), ("full", 3)]
    assert "only_set" in {each.code for each in one.proposals[0].reasons}
    twins = verdict(payment("50.58", "x", counterparty_account="DE01"), [*items, item(4, "10.11")])
    assert all(each.code != "only_set" for proposal in twins.proposals for each in proposal.reasons)


def test_of_too_many_items_nothing_is_proved() -> None:
    many = [item(key, f"{key * key}.{key:02}") for key in range(1, 24)]
    one = verdict(payment("3777.77", "x", counterparty_account="DE01"), many)
    assert "too_many_items" in codes(one)
    assert "too_many_items" not in codes(verdict(payment("3777.77", "x", counterparty_account="DE01"), many[:22]))


def test_instalments_are_paid_in_the_order_in_which_they_fall_due() -> None:
    first = item(1, "10.00", invoice=9, number="INV/9")
    second = item(2, "20.00", invoice=9, number="INV/9", due=DAY + timedelta(30))

    def paid(amount: str) -> list[list[tuple[str, int, str]]]:
        one = verdict(payment(amount, "INV/9", counterparty_account="DE01"), [first, second])
        return [parts(one, at) for at in range(len(one.proposals))]

    assert paid("10.00")[0] == [("instalment", 1, "10.00")]
    assert paid("30.00")[0] == [("instalment", 1, "10.00"), ("instalment", 2, "20.00")]
    assert [("instalment", 2, "20.00")] not in paid("20.00")


def test_what_was_paid_before_it_was_issued_weighs_less() -> None:
    paid = payment("10.00", "x", name="Acme Weberei")

    def probability(days: int) -> Decimal:
        one = verdict(paid, [item(1, "10.00", issued=DAY + timedelta(days))])
        return one.proposals[0].probability if one.proposals else Decimal(0)

    assert probability(2) > probability(3)


def advised(amount: str, *pairs: tuple[str, str], **changes: str) -> tuple[str, list[tuple[str, int, str]]]:
    paid = payment(
        amount, counterparty_account="DE01", remittance=tuple((number, Decimal(each)) for number, each in pairs)
    )
    one = verdict(paid, [item(1, "100.00", **changes), item(2, "50.00", **changes)])
    told = [each.code for proposal in one.proposals[:1] for each in proposal.reasons]
    return ("advised" if "advised" in told else one.outcome.value), parts(one) if one.proposals else []


def test_the_customers_advice_is_followed_where_it_adds_up() -> None:
    two = "INV/2026/00002"
    split = [("partial", 1, "70.00"), ("full", 2, "50.00")]
    assert advised("120.00", (NUMBER, "70.00"), (two, "50.00")) == ("advised", split)
    assert advised("120.01", (NUMBER, "70.00"), (two, "50.00"))[1] != split
    assert advised("120.00", (NUMBER, "30.00"), (two, "50.00"), (NUMBER, "40.00")) == ("advised", split)


def test_advice_beyond_what_is_open_or_in_another_currency_is_not_followed() -> None:
    assert advised("120.00", (NUMBER, "60.00"), (NUMBER, "60.00"))[0] != "advised"
    assert advised("100.00", (NUMBER, "100.00"))[0] == "advised"
    assert advised("100.00", (NUMBER, "100.00"), currency="USD")[0] == "leave"
    assert advised("100.00", (NUMBER, "110.00"), ("INV/2026/00002", "-10.00"))[0] != "advised"
    assert advised("100.00", (NUMBER, "50.00"), ("?", "50.00"))[0] != "advised"


def test_a_parent_pays_for_its_subsidiary() -> None:
    parent, child = replace(ACME, group=7), Customer(3, ("Tochter Druck GmbH",), group=7)
    paid = payment("10.00", "x", counterparty_account="DE01")
    assert "same_group" in {
        each.code for each in verdict(paid, [item(1, "10.00", customer=3)], [parent, child]).proposals[0].reasons
    }
    assert verdict(paid, [item(1, "10.00", customer=3)], [ACME, replace(child, group=0)]).outcome is Outcome.LEAVE


def test_who_pays_his_own_invoice_pays_for_no_group() -> None:
    parent, child = replace(ACME, group=7), Customer(3, ("Tochter Druck GmbH",), group=7)
    paid = payment("10.00", "x", name="Acme Weberei Tochter Druck", counterparty_account="DE01")
    one = verdict(paid, [item(1, "10.00")], [parent, child])
    told = {each.code for each in one.proposals[0].reasons}
    assert "account_known" in told
    assert "same_group" not in told


def test_another_name_and_the_account_of_another_speak_against_a_match() -> None:
    def against(**changes: str) -> dict[str, object]:
        (best,) = verdict(payment("10.00", NUMBER, **changes), [item(1, "10.00")]).proposals
        return {each.code: each.fact("customers") for each in best.against}

    assert against(name="Zorn Metallbau") == {"name_unlike": (1,)}
    assert against(name="Acme Weberei") == against() == {}
    assert against(counterparty_account="DE02") == {"account_of_other": (2,)}
    assert against(counterparty_account="DE02", name="Acme Weberei") == {}


def test_an_account_that_paid_more_often_says_more() -> None:
    def weight(times: int) -> int:
        learned = Customer(1, ("Acme",), learned_accounts=(("DE77", times),))
        one = verdict(payment("10.00", NUMBER, counterparty_account="DE77"), [item(1, "10.00")], [learned])
        return max(int(str(each.fact("weight"))) for each in one.proposals[0].reasons if each.code == "account_learned")

    assert weight(2) > weight(1)


def test_his_number_tells_the_customer_and_is_no_invoice() -> None:
    numbered = replace(ACME, references=("KD-40017",))
    items = [item(1, "10.00"), item(40017, "10.00", customer=2)]
    one = verdict(payment("10.00", "KD 40017", name="Acme Weberei"), items, [numbered, BOREAL, *OTHERS])
    assert [each[1] for each in parts(one)] == [1]
    assert "customer_number" in {each.code for each in one.proposals[0].reasons}


@pytest.mark.parametrize("text", [NUMBER, f"{NUMBER} INV/2026/00002", "x"])
@pytest.mark.parametrize("customers", [(), (Customer(1),), (Customer(1, ("",)),), (Customer(9, ("Zed",)),)])
def test_items_of_customers_that_are_unknown_or_have_no_name_are_decided_too(
    text: str, customers: tuple[Customer, ...]
) -> None:
    items = [item(1, "10.00"), item(2, "20.00"), item(3, "30.50", currency="USD")]
    for amount in ("10.00", "30.00", "25.00"):
        paid = payment(amount, text, name="Somebody")
        one = verdict(paid, items, customers)
        assert_lawful([paid], items, [one])
        assert one.outcome is not Outcome.BOOK or NUMBER in text


def test_empty_input_decides_nothing() -> None:
    assert decide([], [], []) == []
    assert decide([], [item(1, "10.00")], [ACME]) == []
    assert verdict(payment("10.00", NUMBER), [], []).outcome is Outcome.LEAVE


@pytest.mark.parametrize(
    ("currency", "amount", "open_amount"),
    [
        ("JPY", "98", "100"),
        ("JPY", "100", "100"),
        ("KWD", "100.125", "100.126"),
        ("EUR", "100", "99.98"),
        ("EUR", "100", "115.50"),
        ("EUR", "1E+20", "100000000000000000001"),
        ("EUR", "1E+30", "1E+29"),
        ("EUR", "1E-4", "0.0001"),
    ],
)
def test_amounts_of_any_size_and_decimals_are_kept_exactly(currency: str, amount: str, open_amount: str) -> None:
    items = [item(1, open_amount, currency=currency)]
    paid = payment(amount, NUMBER, currency=currency, counterparty_account="DE01")
    assert_lawful([paid], items, decide([paid], items, [ACME]))


# The laws


amounts = st.integers(1, 900).map(lambda cents: Decimal(cents * 25).scaleb(-2))
ledger_items = st.builds(
    Candidate,
    key=st.integers(1, 14),
    invoice=st.integers(1, 7),
    number=st.integers(1001, 1006).map(lambda number: f"INV/2026/{number:05}"),
    customer=st.integers(1, 4),
    residual=st.one_of(st.sampled_from([Decimal("10.00"), Decimal("20.00"), Decimal("-5.00"), Decimal(0)]), amounts),
    currency=st.sampled_from(["EUR", "EUR", "USD"]),
    due=st.dates(date(2026, 11, 1), date(2026, 11, 5)),
    issued=st.sampled_from([None, DAY, DAY + timedelta(9)]),
    references=st.sampled_from([(), ("PO 77001",), ("RF18 5390 0754 7034",)]),
    discounts=st.sampled_from([(), (Discount(Decimal("0.50"), DAY),), (Discount(Decimal(15), date(2026, 11, 1)),)]),
    sort=st.sampled_from(Sort),
)
lines = st.builds(
    Payment,
    key=st.integers(1, 12),
    day=st.just(DAY),
    amount=st.one_of(
        st.sampled_from([Decimal(10), Decimal("20.00"), Decimal("30.00"), Decimal("-5.00"), Decimal(0)]), amounts
    ),
    currency=st.sampled_from(["EUR", "EUR", "USD"]),
    texts=st.lists(
        st.sampled_from(
            [
                "INV/2026/01001",
                "inv 2026-1002",
                "01003",
                "INV202601001 INV202601002",
                "01004 1005",
                "1001-1004",
                "01,1001",
                "thanks",
                "PO 77001",
                "RF18539007547043",
                "Acme Weberei",
                "BANK CHARGES SHA",
                "WHT",
            ]
        ),
        max_size=3,
    ).map(tuple),
    name=st.sampled_from(["", "ACME WEBEREI", "Boreal", "Nobody"]),
    counterparty_account=st.sampled_from(["", "DE01", "DE02"]),
    remittance=st.sampled_from([(), (("INV/2026/01001", Decimal(10)), ("INV/2026/01001", Decimal(10)))]),
    rates=st.sampled_from([(), (("USD", Decimal("0.9")), ("EUR", Decimal("1.1")))]),
    policy=st.builds(
        Policy,
        threshold=st.sampled_from([Decimal("0.96"), Decimal("0.5"), Decimal("0.7")]),
        overpayment_limit=st.sampled_from([Decimal(0), Decimal(100)]),
        grace_days=st.sampled_from([0, 30]),
    ),
)
ledgers = st.lists(ledger_items, max_size=10, unique_by=lambda each: each.key)
batches = st.lists(lines, max_size=10, unique_by=lambda each: each.key)
PAYERS = (replace(ACME, group=1), BOREAL, Customer(3, ("Acme Töchter",), group=1))


@settings(max_examples=300)
@given(batches, ledgers)
def test_every_verdict_keeps_the_laws(batch: list[Payment], ledger: list[Candidate]) -> None:
    verdicts = decide(batch, ledger, PAYERS)
    assert [one.payment for one in verdicts] == sorted(each.key for each in batch)
    assert_lawful(batch, ledger, verdicts)


@settings(max_examples=150)
@given(batches, ledgers, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_a_verdict(
    batch: list[Payment], ledger: list[Candidate], chance: random.Random
) -> None:
    expected = decide(batch, ledger, PAYERS)
    customers = list(PAYERS)
    for each in (batch, ledger, customers):
        chance.shuffle(each)  # type: ignore[arg-type]
    assert decide(batch, ledger, customers) == expected


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60), st.text(min_size=1, max_size=30))
def test_no_text_or_name_is_too_strange(text: str, name: str, other: str, number: str) -> None:
    paid = payment("10.00", text, name=name, counterparty_account=other)
    items = [item(1, "10.00", number=number), item(2, "7.00", references=(text, other))]
    assert_lawful([paid], items, decide([paid], items, [Customer(1, (other, name), (other,), references=(other,))]))


# Time: bounds that hold on a busy machine, ten times what it takes on an idle one


def seconds(payments: list[Payment], items: list[Candidate], customers: list[Customer]) -> float:
    begun = time.process_time()
    decide(payments, items, customers)
    return time.process_time() - begun


def test_an_invoice_in_a_hundred_instalments_is_decided_quickly() -> None:
    parts_of_one = [item(key, "5.00", invoice=1, number=NUMBER, due=DAY + timedelta(key)) for key in range(1, 121)]
    assert seconds([payment("10.00", NUMBER)], parts_of_one, [ACME]) < 0.15


def test_thousands_of_items_that_share_a_number_are_decided_in_bounded_time() -> None:
    same = [item(key, f"{key}.00", number=NUMBER, customer=key % 29) for key in range(1, 10_001)]
    assert seconds([payment("10.50", NUMBER)], same, list(OTHERS)) < 0.8


def test_time_grows_with_payments_and_not_with_their_pairs() -> None:
    items = [item(key, "10.00") for key in range(1, 301)]
    many = [payment("10.00", NUMBER, key=key) for key in range(1, 801)]
    few, all_of_them = seconds(many[:200], items, [ACME]), seconds(many, items, [ACME])
    assert all_of_them < 8 * few + 0.1
