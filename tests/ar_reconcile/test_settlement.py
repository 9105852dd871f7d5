"""Every type of difference at its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from engine_values import DAY, item, payment
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine.allocation import Kind
from odoo.addons.ar_reconcile.engine.candidate import Candidate, Discount, Sort
from odoo.addons.ar_reconcile.engine.policy import Policy
from odoo.addons.ar_reconcile.engine.settlement import Settlement, money, settlements, units


def ways(
    paid: str, *items: Candidate, words: tuple[str, ...] = (), is_named: bool = True, **changes: Any
) -> list[Settlement]:
    return settlements(payment(paid, **changes), items, frozenset(words), is_named=is_named)


def parts(way: Settlement) -> list[tuple[str, str]]:
    return [(each.kind.value, str(each.amount)) for each in way.allocations]


def with_kind(kind: Kind, found: list[Settlement]) -> list[Settlement]:
    return [way for way in found if any(each.kind is kind for each in way.allocations)]


def discounted(key: int = 1, last_day: int = 0, amount: str = "100.00", discount: str = "2.00") -> Candidate:
    return item(key, amount, discounts=(Discount(Decimal(discount), DAY + timedelta(last_day)),))


def test_the_amount_of_one_and_of_several_items_is_settled_in_full() -> None:
    assert [parts(way) for way in ways("100.00", item(1, "100.00"))] == [[("full", "100.00")]]
    assert [parts(way) for way in ways("30.00", item(1, "10.00"), item(2, "20.00"))] == [
        [("full", "10.00"), ("full", "20.00")]
    ]


@pytest.mark.parametrize(
    ("paid", "is_rounded"), [("99.95", True), ("99.94", False), ("100.05", True), ("100.06", False)]
)
def test_five_cents_are_rounding_and_six_are_not(paid: str, is_rounded: bool) -> None:
    found = with_kind(Kind.ROUNDING, ways(paid, item(1, "100.00")))
    expected = [("full", "100.00"), ("rounding", str(Decimal(paid) - 100))]
    assert [parts(way) for way in found] == ([expected] if is_rounded else [])


def test_a_few_cents_too_much_are_rounding_only_where_the_item_is_named() -> None:
    assert ways("100.01", item(1, "100.00"), is_named=False) == []


def test_rounding_is_told_apart_to_the_tenth_of_a_thousandth() -> None:
    assert with_kind(Kind.ROUNDING, ways("99.9500", item(1, "100.0000")))
    assert not with_kind(Kind.ROUNDING, ways("99.9499", item(1, "100.0000")))


@pytest.mark.parametrize(("paid", "is_fee"), [("950.00", True), ("949.99", False), ("999.94", True), ("999.95", False)])
def test_fifty_are_a_fee_and_a_cent_more_is_none(paid: str, is_fee: bool) -> None:
    found = with_kind(Kind.BANK_FEE, ways(paid, item(1, "1000.00"), is_named=False))
    expected = [("full", "1000.00"), ("bank_fee", str(Decimal(paid) - 1000))]
    assert [parts(way) for way in found] == ([expected] if is_fee else [])


def test_a_journal_has_its_own_limits() -> None:
    policy = Policy(fee_limit=Decimal(5), rounding_limit=Decimal(0))
    assert with_kind(Kind.BANK_FEE, ways("95.00", item(1, "100.00"), policy=policy))
    assert not with_kind(Kind.BANK_FEE, ways("94.99", item(1, "100.00"), policy=policy))
    assert not with_kind(Kind.ROUNDING, ways("99.99", item(1, "100.00"), policy=policy))


def fee_weight(paid: str, *words: str, due: str = "1000.00") -> int:
    (way,) = with_kind(Kind.BANK_FEE, ways(paid, item(1, due), words=words))
    return way.weight


def test_usual_fees_round_ones_and_told_ones_weigh_more() -> None:
    assert fee_weight("985.00") > fee_weight("984.50") > fee_weight("984.47")
    assert fee_weight("985.00", "CHARGES") > fee_weight("985.00") > fee_weight("985.00", "WHT")
    assert fee_weight("135.00", due="150.00") == fee_weight("985.00")
    assert fee_weight("134.99", due="149.99") < fee_weight("985.00")


@pytest.mark.parametrize(
    ("last_day", "grace", "kind"),
    [(0, 0, "discount"), (-1, 0, "partial"), (-1, 1, "discount_grace"), (-3, 3, "discount_grace"), (-4, 3, "partial")],
)
def test_a_discount_is_taken_in_time_in_grace_or_too_late(last_day: int, grace: int, kind: str) -> None:
    found = ways("98.00", discounted(last_day=last_day), policy=Policy(grace_days=grace))
    if kind == "partial":
        assert ("partial", "98.00") in parts(found[0])
    else:
        assert parts(found[0]) == [("full", "100.00"), (kind, "-2.00")]


def test_a_discount_in_time_weighs_more_than_in_grace_and_that_more_than_a_late_one() -> None:
    policy = Policy(grace_days=1)
    weights = [ways("98.00", discounted(last_day=day), policy=policy)[0].weight for day in (0, -1, -2)]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 3


def test_discounts_of_several_items_are_taken_of_all_or_of_some() -> None:
    both = discounted(1), discounted(2, discount="3.00")
    assert ("discount", "-2.00") in parts(ways("195.00", *both)[0])
    assert ("discount", "-3.00") in parts(ways("195.00", *both)[0])
    assert parts(ways("197.00", *both)[0]) == [("full", "100.00"), ("full", "100.00"), ("discount", "-3.00")]
    twins = discounted(1), discounted(2)
    assert not with_kind(Kind.DISCOUNT, ways("198.00", *twins))  # whose it is cannot be told


def test_the_second_of_two_agreed_discounts_is_found() -> None:
    two = item(1, "100.00", discounts=(Discount(Decimal(3), DAY - timedelta(9)), Discount(Decimal(2), DAY)))
    assert parts(ways("98.00", two)[0]) == [("full", "100.00"), ("discount", "-2")]


@pytest.mark.parametrize("discount", ["100.00", "120.00", "0.00", "-1.00"])
@pytest.mark.parametrize("last_day", [0, -9])
def test_a_discount_that_leaves_nothing_or_takes_nothing_is_none(discount: str, last_day: int) -> None:
    odd = discounted(1, last_day, discount=discount)
    for way in ways("80.00", odd, item(2, "100.00")):
        assert all(each.amount > 0 for each in way.allocations if each.kind is Kind.PARTIAL)
        assert not any(each.kind in {Kind.DISCOUNT, Kind.DISCOUNT_GRACE} for each in way.allocations)


def test_less_is_a_short_payment_where_the_items_are_named() -> None:
    (way,) = with_kind(Kind.PARTIAL, ways("60.00", item(1, "100.00")))
    assert parts(way) == [("partial", "60.00")]
    assert not with_kind(Kind.PARTIAL, ways("60.00", item(1, "100.00"), is_named=False))


def test_what_falls_due_first_is_paid_first_and_no_named_item_gets_nothing() -> None:
    early, late = item(1, "50.00", due=DAY - timedelta(9)), item(2, "50.00")
    (way,) = with_kind(Kind.PARTIAL, ways("60.00", late, early))
    assert [(each.candidate, str(each.amount)) for each in way.allocations] == [(1, "50.00"), (2, "10.00")]
    assert {each.candidate for way in ways("50.00", late, early) for each in way.allocations[:2]} == {1, 2}
    assert [("full", "50.00")] not in [parts(way) for way in ways("50.00", late, early)]


def test_a_registered_payment_or_a_credit_note_is_not_paid_short() -> None:
    assert not with_kind(Kind.PARTIAL, ways("60.00", item(1, "100.00", sort=Sort.PAYMENT)))
    note = item(2, "-10.00", sort=Sort.CREDIT_NOTE)
    assert not with_kind(Kind.PARTIAL, ways("60.00", item(1, "100.00"), note))


def short_weight(paid: str, *words: str, due: str = "1000.00") -> int:
    (way,) = with_kind(Kind.PARTIAL, ways(paid, item(1, due), words=words))
    return way.weight


def test_halves_and_whole_sums_are_likelier_than_odd_ones_and_nearly_all_is_the_least_likely() -> None:
    assert short_weight("500.00") > short_weight("510.00") > short_weight("510.17")
    assert short_weight("849.17") > short_weight("851.17") > short_weight("951.17")


def test_a_withheld_tax_is_likelier_where_the_text_tells_of_it() -> None:
    assert short_weight("985.00", "WHT") > short_weight("985.00")
    assert short_weight("985.37", "WHT") == short_weight("985.37")


def test_too_much_stays_on_the_account_where_the_item_is_named() -> None:
    assert parts(with_kind(Kind.OVERPAYMENT, ways("100.00", item(1, "80.00")))[0]) == [
        ("full", "80.00"),
        ("overpayment", "20.00"),
    ]
    assert ways("100.00", item(1, "80.00"), is_named=False) == []


def test_credit_notes_are_netted_and_reasoned() -> None:
    note = item(2, "-30.00", sort=Sort.CREDIT_NOTE)
    (way,) = ways("70.00", note, item(1, "100.00"))
    assert parts(way) == [("full", "100.00"), ("credit_note", "-30.00")]
    assert [each.code for each in way.reasons] == ["sum_equal", "netted"]
    assert ways("100.00", item(1, "100.00"))[0].weight > way.weight


def test_paying_back_a_credit_note_is_exact_or_nothing() -> None:
    note = item(2, "-30.00", sort=Sort.CREDIT_NOTE)
    assert parts(ways("-30.00", note)[0]) == [("credit_note", "-30.00")]
    assert ways("-29.99", note) == []
    assert ways("10.00", note) == []


def dollars(paid: str, rate: str = "0.9", **changes: Any) -> list[Settlement]:
    given = {"rates": (("USD", Decimal(rate)),), **changes}
    return ways(paid, item(1, "100.00", currency="USD"), **given)


@pytest.mark.parametrize(("paid", "is_near"), [("92.70", True), ("92.71", False), ("87.30", True), ("87.29", False)])
def test_another_currency_is_paid_within_three_percent_of_the_rate(paid: str, is_near: bool) -> None:
    found = dollars(paid)
    assert [parts(way) for way in found] == ([[("exchange", paid)]] if is_near else [])
    assert all(way.allocations[0].item_amount == Decimal("100.00") for way in found)


def test_without_a_sensible_rate_nothing_in_another_currency_is_settled() -> None:
    assert dollars("90.00", rates=()) == []
    assert dollars("90.00", rate="0") == []
    assert dollars("90.00", rate="-0.9") == []
    assert dollars("-90.00") == []
    assert dollars("90.00")[0].weight > dollars("88.00")[0].weight


def test_two_items_in_another_currency_are_not_settled() -> None:
    two = item(1, "50.00", currency="USD"), item(2, "50.00", currency="USD")
    assert ways("90.00", *two, rates=(("USD", Decimal("0.9")),)) == []


@pytest.mark.parametrize(
    ("amount", "like", "text"),
    [
        ("98.02", "1.00", "98.02"),
        ("98", "1.00", "98.00"),
        ("98.02", "1", "98.0200"),
        ("98", "1E+2", "98"),
        ("0.125", "1.000", "0.125"),
    ],
)
def test_money_has_the_decimals_of_its_like_and_loses_none(amount: str, like: str, text: str) -> None:
    assert str(money(units(Decimal(amount)), Decimal(like))) == text


cents = st.integers(1, 12_000)


@given(
    st.lists(st.tuples(st.integers(-3_000, 10_000).filter(bool), st.integers(0, 300)), min_size=1, max_size=5),
    cents,
    st.integers(0, 3),
    st.booleans(),
)
def test_the_parts_of_every_way_are_the_payment_to_the_cent(
    drawn: list[tuple[int, int]], paid: int, decimals: int, is_named: bool
) -> None:
    items = [
        item(key, str(Decimal(amount).scaleb(-decimals)), discounts=(Discount(Decimal(off).scaleb(-2), DAY),))
        for key, (amount, off) in enumerate(drawn, 1)
    ]
    amount = Decimal(paid).scaleb(-2)
    for way in ways(str(amount), *items, is_named=is_named):
        assert sum(each.amount for each in way.allocations) == amount
        assert all(each.amount for each in way.allocations)


TIERS = (
    Discount(Decimal("3.00"), DAY - timedelta(3), Decimal(3), DAY - timedelta(1), Decimal("0.10")),
    Discount(Decimal("2.00"), DAY + timedelta(9), Decimal(2), DAY + timedelta(9), Decimal("0.10")),
)


@pytest.mark.parametrize(
    ("paid", "kind", "off"),
    [
        ("98.00", "discount", "-2.00"),
        ("97.95", "discount_grace", "-2.05"),
        ("97.90", "discount_grace", "-2.10"),
        ("97.00", "partial", "97.00"),
    ],
)
def test_of_several_tiers_the_one_of_the_day_counts_with_its_grace_amount(paid: str, kind: str, off: str) -> None:
    assert (kind, off) in parts(ways(paid, item(1, "100.00", discounts=TIERS))[0])


def test_beyond_the_grace_amount_there_is_no_discount() -> None:
    found = ways("97.89", item(1, "100.00", discounts=TIERS))
    assert not with_kind(Kind.DISCOUNT, found)
    assert not with_kind(Kind.DISCOUNT_GRACE, found)


def test_an_offer_s_own_days_of_grace_hold_beside_the_journal_s() -> None:
    for own, journal, kind in ((3, 0, "discount_grace"), (0, 3, "discount_grace"), (2, 2, "partial")):
        tier = Discount(Decimal("2.00"), DAY - timedelta(3), Decimal(2), DAY - timedelta(3 - own))
        found = ways("98.00", item(1, "100.00", discounts=(tier,)), policy=Policy(grace_days=journal))
        assert kind in {each for each, _amount in parts(found[0])}


def test_two_items_take_the_tiers_of_their_own() -> None:
    early = item(1, "100.00", discounts=(replace(TIERS[0], last_day=DAY), TIERS[1]))
    late = item(2, "50.00", discounts=(replace(TIERS[0], amount=Decimal("1.50")), Discount(Decimal("1.00"), DAY)))
    found = parts(ways("146.00", early, late)[0])
    assert ("discount", "-3.00") in found
    assert ("discount", "-1.00") in found
