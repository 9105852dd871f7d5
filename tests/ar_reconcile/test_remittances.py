"""The generated ledgers and bank lines say what they claim to say, and the benchmark counts rightly."""

from __future__ import annotations

import csv
import dataclasses
import importlib
import json
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from itertools import combinations
from math import comb
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from odoo.addons.ar_reconcile.engine.allocation import Allocation, Kind

from benchmarks import matching

remittances = matching.remittances
made_ledger = importlib.import_module("remittance.ledger")
payers = importlib.import_module("remittance.payers")
texts = importlib.import_module("remittance.texts")
CENT = Decimal("0.01")


@cache
def sample(kinds: tuple[str, ...] = remittances.ALL_KINDS, lines: int = 400, seed: int = 11) -> Any:
    """A small sample, drawn once."""
    return remittances.sample(seed, customers=400, items=4_000, lines=lines, kinds=kinds)


def pairs(drawn: Any, *kinds: str) -> list[tuple[Any, Any]]:
    """Lines with their truths, of some kinds or all."""
    return [pair for pair in zip(drawn.lines, drawn.truths, strict=True) if not kinds or pair[0].kind in kinds]


def open_items(drawn: Any) -> dict[int, list[Any]]:
    """What is open, by customer."""
    by_customer = defaultdict(list)
    for item in drawn.items:
        if item.residual:
            by_customer[item.customer].append(item)
    return by_customer


# The sample


def test_one_seed_draws_one_sample_and_another_seed_another() -> None:
    again = remittances.sample(11, customers=400, items=4_000, lines=400)
    assert again == sample()
    assert sample(seed=12).lines != again.lines


def test_all_kinds_come_in_equal_parts() -> None:
    counts = Counter(line.kind for line in sample().lines)
    assert set(counts) == set(remittances.ALL_KINDS)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert sum(counts.values()) == 400


def test_as_many_items_are_open_as_asked_for_and_many_share_their_amount() -> None:
    opened = [item for items in open_items(sample()).values() for item in items]
    assert len(opened) == 4_000
    owners = defaultdict(set)
    for item in opened:
        owners[item.residual].add(item.customer)
    shared = sum(len(owners[item.residual]) > 1 for item in opened)
    assert 0.5 < shared / len(opened) < 0.9
    within = Counter((item.customer, item.residual) for item in opened)
    assert sum(count for count in within.values() if count > 1) > 400


def test_keys_are_places_numbers_are_unique_and_half_of_the_accounts_are_known() -> None:
    drawn = sample()
    assert [item.key for item in drawn.items] == list(range(1, len(drawn.items) + 1))
    assert [line.key for line in drawn.lines] == [truth.line for truth in drawn.truths]
    assert [line.day for line in drawn.lines] == sorted(line.day for line in drawn.lines)
    first_parts = [item for item in drawn.items if item.document == item.key]
    assert len({item.number for item in first_parts}) == len(first_parts)
    assert 2 * sum(customer.iban_known for customer in drawn.customers) == len(drawn.customers)


def test_answers_sum_to_the_line() -> None:
    currencies = {item.key: item.currency for item in sample().items}
    for line, truth in pairs(sample()):
        for answer in truth.answers:
            paid = sum(amount for _, amount in answer.items) + sum(amount for _, amount in answer.differences)
            if {currencies[key] for key, _ in answer.items} == {line.currency}:
                assert paid == line.amount, line
            elif line.original_amount is not None:
                assert paid == line.original_amount, line


def test_a_foreign_invoice_is_paid_at_about_the_rate_of_the_day() -> None:
    rates = {(day, currency): rate for day, currency, rate in sample().rates}
    items = {item.key: item for item in sample().items}
    seen = pairs(sample(), "foreign", "foreign_told")
    assert seen
    for line, truth in seen:
        item = items[truth.answers[0].items[0][0]]
        assert abs(line.amount / (item.residual * rates[line.day, item.currency]) - 1) < Decimal("0.03")


def test_no_item_is_paid_beyond_what_is_open_of_it_but_by_duplicates() -> None:
    drawn = sample()
    paid: Counter[int] = Counter()
    for line, truth in pairs(drawn):
        if line.kind != "duplicate" and truth.answers:
            for key, amount in truth.answers[0].items:
                paid[key] += amount
    for item in drawn.items:
        assert 0 <= paid[item.key] * item.residual <= item.residual * item.residual, item


def test_a_line_has_an_answer_only_if_something_is_to_be_booked() -> None:
    for line, truth in pairs(sample()):
        assert truth.answers or not truth.has_answer, line
    for line, truth in pairs(sample(), "unrelated", "outgoing", "payout", "reversal", "prepayment"):
        assert not truth.answers, line


def test_nothing_is_paid_before_it_is_invoiced() -> None:
    items = {item.key: item for item in sample().items}
    for line, truth in pairs(sample()):
        for key, _ in truth.answers[0].items if truth.answers else ():
            assert items[key].issued <= line.day, (line, items[key])


def test_texts_and_names_fit_their_fields() -> None:
    for line in sample().lines:
        name_width, text_width = texts.WIDTHS[line.channel]
        assert len(line.name) <= name_width, line
        assert all(0 < len(text) <= text_width for text in line.texts), line
        assert line.amount == line.amount.quantize(CENT)


# What single kinds claim


def test_an_amount_that_is_said_to_be_unique_is_no_other_open_items() -> None:
    drawn = sample(("named", "cut_name", "chinese", "brazilian", "customer_number"), 100)
    items, by_customer = {item.key: item for item in drawn.items}, open_items(drawn)
    for line, truth in pairs(drawn):
        paid = items[truth.answers[0].items[0][0]]
        others = [item for item in by_customer[paid.customer] if item.key != paid.key]
        if not paid.references:
            assert not [item for item in others if line.amount in {item.residual, item.residual - item.discount}], line


def test_a_set_of_invoices_without_references_is_the_only_one_of_at_most_six() -> None:
    drawn = sample(("subset",), 40)
    by_customer = open_items(drawn)
    sizes = Counter()
    for line, truth in pairs(drawn):
        items = by_customer[truth.payer]
        cents = [int(item.residual * 100) for item in items]
        fits = [
            chosen
            for size in range(1, 7)
            for chosen in combinations(range(len(items)), size)
            if sum(cents[at] for at in chosen) == int(line.amount * 100)
        ]
        assert [{items[at].key for at in chosen} for chosen in fits] == [{key for key, _ in truth.answers[0].items}]
        sizes[len(fits[0])] += 1
    assert set(sizes) <= {2, 3, 4, 5}
    assert len(sizes) >= 3


def test_exact_references_are_in_the_text_and_mistyped_ones_are_not() -> None:
    drawn = sample(("exact", "typo", "less_fee", "partial"), 400)
    numbers = {item.key: item.number for item in drawn.items}
    for line, truth in pairs(drawn):
        text = " ".join((line.name, *line.texts))
        number = numbers[truth.answers[0].items[0][0]]
        if line.kind != "typo":
            assert number in text
        else:
            assert not {number} & set(text.replace("*", " ").replace(",", " ").replace(";", " ").split()), line
    hits = [truth for _, truth in pairs(drawn, "typo") if truth.note == "names another's invoice"]
    assert 10 < len(hits) < 80


def test_differences_are_what_their_kind_says() -> None:
    drawn = sample(("discounted", "less_fee", "partial"), 300)
    items = {item.key: item for item in drawn.items}
    for line, truth in pairs(drawn):
        (key, amount), *_ = truth.answers[0].items
        item = items[key]
        if line.kind == "discounted":
            assert truth.answers[0].differences == (("discount", -item.discount),)
            assert item.issued < line.day <= item.discount_day
        elif line.kind == "less_fee":
            assert Decimal(5) <= item.residual - line.amount <= Decimal(35)
        else:
            assert Decimal("0.29") < amount / item.residual < Decimal("0.81")


def test_unrelated_income_often_has_the_amount_of_an_invoice_but_never_also_its_number() -> None:
    drawn = remittances.sample(5, customers=20, items=40, lines=1_000, kinds=("unrelated",))
    amounts = {item.total for item in drawn.items}
    assert sum(line.amount in amounts for line in drawn.lines) > 500
    by_number = {item.number: item for item in drawn.items}
    named = [
        (line.amount, by_number[word].total)
        for line in drawn.lines
        for word in " ".join(line.texts).split()
        if word in by_number
    ]
    assert len(named) > 10
    assert not [pair for pair in named if pair[0] == pair[1]]


def test_some_customers_are_easily_taken_for_others() -> None:
    names = Counter(payers.folded(customer.name) for customer in sample().customers)
    assert 5 < sum(count for count in names.values() if count > 1) < 150


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Nordlicht Handel GmbH", "DE"),
        ("Traiteur Le Goff SARL", "FR"),
        ("Anna Schmidt", "DE"),
        ("上海宏达贸易有限公司", "CN"),
    ],
)
def test_a_similar_name_is_another_one_that_shares_a_word(name: str, country: str) -> None:
    for seed in range(20):
        other = payers.similar_name(Random(seed), name, country)  # noqa: S311 - a sample
        shared = set(payers.folded(other).split()) & set(payers.folded(name).split())
        assert shared - {"gmbh", "sarl"} or payers.folded(name) in payers.folded(other)


def test_check_digits_are_those_of_the_published_examples() -> None:
    assert payers.with_check_digits("DE", "370400440532013000") == "DE89370400440532013000"
    assert texts.creditor_reference("539007547034") == "RF18539007547034"
    assert texts.belgian_reference(108068171) == "+++010/8068/17183+++"
    assert texts.finnish_reference(123456) == "1234561"
    assert texts.norwegian_reference(7992739871) == "79927398713"
    assert texts.swiss_reference(21_000_000_000_313_947_143_000_901) == "210000000003139471430009017"


@pytest.mark.parametrize(
    ("typed", "is_slip"),
    [
        ("INV/2026/00123", True),
        ("INV/2026/00132", True),
        ("INV/2026/0123", True),
        ("INV/2026/001233", True),
        ("INV/2026/00128", True),
        ("INV/2026/00321", False),
        ("INV/2026/123", False),
    ],
)
def test_one_slip_is_told_from_two(typed: str, is_slip: bool) -> None:
    assert texts.is_one_slip(typed, "INV/2026/00123") is is_slip


def test_other_styles_of_numbers_are_drawn_on_request() -> None:
    drawn = remittances.sample(1, customers=100, items=1_000, lines=44, style="bare")
    assert all(item.number.isdigit() for item in drawn.items if item.sort == "invoice")


def test_a_ledger_too_small_for_its_lines_is_refused() -> None:
    with pytest.raises(made_ledger.TooFewItems):
        remittances.sample(1, customers=20, items=50, lines=400, kinds=("named",))


def test_files_tell_the_same_as_the_values(tmp_path: Path) -> None:
    drawn = remittances.sample(3, customers=60, items=600, lines=44)
    remittances.write(drawn, tmp_path)
    with (tmp_path / "lines.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["amount"], row["name"], tuple(json.loads(row["texts"]))) for row in rows] == [
        (str(line.amount), line.name, line.texts) for line in drawn.lines
    ]
    truths = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["truths"]
    assert [truth["has_answer"] for truth in truths] == [truth.has_answer for truth in drawn.truths]


# The benchmark


def verdict(line: Any, outcome: str, *proposals: tuple[Allocation, ...]) -> Any:
    """What an engine may say."""
    told = tuple(SimpleNamespace(allocations=parts) for parts in proposals)
    return SimpleNamespace(payment=line.key, outcome=SimpleNamespace(value=outcome), proposals=told)


def perfect(line: Any, truth: Any) -> Any:
    """The verdict of somebody who knows the truth."""
    if not truth.has_answer:
        return verdict(line, "leave")
    answer = truth.answers[0]
    parts = [Allocation(key, amount, item_amount=amount) for key, amount in answer.items]
    parts += [Allocation(answer.items[0][0], amount, Kind(kind)) for kind, amount in answer.differences]
    return verdict(line, "book", tuple(parts))


def fate(drawn: Any, kind: str, *proposals: tuple[Allocation, ...], outcome: str = "book") -> str:
    """What becomes of the first line of a kind."""
    verdicts = [verdict(line, "leave") for line in drawn.lines]
    at = next(at for at, (line, truth) in enumerate(pairs(drawn)) if line.kind == kind)
    verdicts[at] = verdict(drawn.lines[at], outcome, *proposals)
    return matching.judge(drawn, verdicts).fates[at]


def first_of(drawn: Any, kind: str) -> tuple[Any, Any]:
    """The first line of a kind, and its truth."""
    return pairs(drawn, kind)[0]


def test_who_knows_the_truth_is_right_everywhere() -> None:
    drawn = sample()
    report = matching.judge(drawn, [perfect(*pair) for pair in pairs(drawn)])
    for kind, score in report.kinds.items():
        assert (score.right, score.left, score.wrong) == (score.answers, score.lines - score.answers, 0), kind
        assert score.items_right == score.items


def test_a_booking_is_right_only_with_the_same_items_amounts_and_differences() -> None:
    drawn = sample()
    line, truth = first_of(drawn, "less_fee")
    ((key, amount),) = truth.answers[0].items
    fee = line.amount - amount
    assert fate(drawn, "less_fee", (Allocation(key, amount), Allocation(key, fee, Kind.BANK_FEE))) == "right"
    assert fate(drawn, "less_fee", (Allocation(key, amount), Allocation(key, fee, Kind.DISCOUNT))) == "wrong"
    assert fate(drawn, "less_fee", (Allocation(key, line.amount, Kind.PARTIAL),)) == "wrong"
    assert fate(drawn, "less_fee", (Allocation(key + 1, line.amount),)) == "wrong"


def test_what_is_not_booked_is_counted_by_where_the_right_answer_stands() -> None:
    drawn = sample()
    line, truth = first_of(drawn, "exact")
    right, other = (Allocation(truth.answers[0].items[0][0], line.amount),), (Allocation(1, line.amount),)
    assert fate(drawn, "exact", right, outcome="propose") == "first"
    assert fate(drawn, "exact", other, right, outcome="ambiguous") == "among"
    assert fate(drawn, "exact", other, outcome="propose") == "other"
    assert fate(drawn, "exact", outcome="leave") == "left"


def test_booking_unrelated_income_is_wrong_and_booking_what_was_meant_is_lucky() -> None:
    drawn = sample()
    line, _ = first_of(drawn, "unrelated")
    assert fate(drawn, "unrelated", (Allocation(1, line.amount),)) == "wrong"
    line, truth = first_of(drawn, "paid_number")
    assert fate(drawn, "paid_number", (Allocation(truth.answers[0].items[0][0], line.amount),)) == "lucky"


def test_the_second_booking_of_one_invoice_is_wrong() -> None:
    drawn = sample(("duplicate",), 60)
    verdicts = [
        verdict(line, "book", tuple(Allocation(*each) for each in truth.answers[0].items))
        if truth.answers
        else verdict(line, "leave")
        for line, truth in pairs(drawn)
    ]
    score = matching.judge(drawn, verdicts).kinds["duplicate"]
    assert score.lucky == score.wrong > 5


def test_an_exchange_difference_follows_from_the_rest() -> None:
    drawn = sample()
    line, truth = first_of(drawn, "foreign")
    ((key, amount),) = truth.answers[0].items
    assert fate(drawn, "foreign", (Allocation(key, line.amount, Kind.EXCHANGE, amount),)) == "right"
    worth = line.amount + 3
    parts = (Allocation(key, worth, Kind.FULL, amount), Allocation(key, Decimal(-3), Kind.EXCHANGE))
    assert fate(drawn, "foreign", parts) == "right"


def test_a_verdict_is_needed_for_each_line() -> None:
    drawn = sample()
    with pytest.raises(ValueError, match="each line"):
        matching.judge(drawn, [verdict(line, "leave") for line in drawn.lines[1:]])


@pytest.mark.parametrize(("wrong", "tries"), [(0, 2994), (0, 10), (1, 100), (5, 50), (29, 30)])
def test_at_the_bound_so_few_wrong_ones_have_a_chance_of_one_in_twenty(wrong: int, tries: int) -> None:
    rate = matching.upper_bound(wrong, tries)
    chances = (comb(tries, count) * rate**count * (1 - rate) ** (tries - count) for count in range(wrong + 1))
    assert sum(chances) == pytest.approx(0.05)


def test_the_bound_of_no_error_in_three_thousand_is_one_in_a_thousand() -> None:
    assert matching.upper_bound(0, 2994) == pytest.approx(0.001, abs=1e-6)
    assert matching.upper_bound(3, 3) == 1


def test_the_engine_is_told_an_account_only_if_our_books_know_it() -> None:
    drawn = sample()
    customers = matching.customers_of(drawn.customers)
    for customer, told in zip(drawn.customers, customers, strict=True):
        assert told.accounts == ((customer.account,) if customer.iban_known else ())
    child = next(customer for customer in drawn.customers if customer.parent)
    assert customers[child.key - 1].group == customers[child.parent - 1].group == child.parent


def test_a_payment_in_another_currency_is_what_the_bank_says_was_sent() -> None:
    drawn = sample()
    payments = {payment.key: payment for payment in matching.payments_of(drawn)}
    line, _ = first_of(drawn, "foreign_told")
    payment = payments[line.key]
    assert (payment.amount, payment.currency) == (line.original_amount, line.original_currency)
    rates = {(day, currency): rate for day, currency, rate in drawn.rates}
    assert dict(payment.rates)["EUR"] == 1 / rates[line.day, payment.currency]


def test_a_smaller_ledger_keeps_what_is_paid() -> None:
    drawn = sample()
    paid = {key for truth in drawn.truths for answer in truth.answers for key, _ in answer.items}
    _, candidates, customers = matching.fewer_items(drawn, matching.engine_values(drawn), len(paid) + 5)
    assert paid < {candidate.key for candidate in candidates}
    assert {candidate.customer for candidate in candidates} == {customer.key for customer in customers}


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        sample().lines[0].amount = Decimal(1)
