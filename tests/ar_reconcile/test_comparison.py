"""What a payment that matches nothing comes nearest to."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from engine_values import ACME, BOREAL, DAY, OTHERS, item, payment
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine.candidate import Candidate, Customer, Discount
from odoo.addons.ar_reconcile.engine.comparison import (
    LEAST_CLOSENESS,
    Aspect,
    Comparison,
    Finding,
    How,
    nearest,
    slips,
    transposed,
)
from odoo.addons.ar_reconcile.engine.payment import Payment
from odoo.addons.ar_reconcile.engine.policy import Policy

CUSTOMERS = (ACME, BOREAL, *OTHERS)


def only(paid: Payment, *items: Candidate, customers: Iterable[Customer] = CUSTOMERS) -> Comparison:
    """The one item that comes near."""
    (found,) = nearest(paid, items, customers)
    return found


def how(compared: Comparison) -> dict[Aspect, How]:
    """How each aspect is, whether it agrees or differs."""
    return {each.aspect: each.how for each in (*compared.agrees, *compared.differs)}


def finding(compared: Comparison, aspect: Aspect) -> Finding:
    """What is said of one aspect."""
    (found,) = (each for each in (*compared.agrees, *compared.differs) if each.aspect is aspect)
    return found


# The amount


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ("1109.00", How.EQUAL),
        ("1190.00", How.SWAPPED),
        ("1019.00", How.SWAPPED),
        ("1097.91", How.NEAR),  # one percent less to the cent
        ("1097.90", How.OTHER),
        ("1120.09", How.NEAR),
        ("1120.10", How.OTHER),
        ("1901.00", How.OTHER),  # digits swapped that are no neighbours
    ],
)
def test_an_amount_is_equal_swapped_near_or_another(paid: str, expected: How) -> None:
    compared = only(payment(paid, "INV/2026/00007"), item(7, "1109.00"))
    assert how(compared)[Aspect.AMOUNT] is expected
    assert finding(compared, Aspect.AMOUNT) == Finding(Aspect.AMOUNT, expected, "1109.00", paid)


def test_an_amount_is_equal_less_a_discount_until_its_last_day_of_grace() -> None:
    bill = item(7, "1000.00", discounts=(Discount(Decimal("20.00"), DAY),))
    paid = payment("980.00", "INV/2026/00007", policy=Policy(grace_days=3))
    assert how(only(replace(paid, day=DAY + timedelta(3)), bill))[Aspect.AMOUNT] is How.LESS_DISCOUNT
    assert how(only(replace(paid, day=DAY + timedelta(4)), bill))[Aspect.AMOUNT] is How.LESS_LATE_DISCOUNT
    assert how(only(replace(paid, amount=Decimal("979.99")), bill))[Aspect.AMOUNT] is How.OTHER


def test_an_amount_in_another_currency_is_compared_at_the_rate_of_the_day_or_not_at_all() -> None:
    bill = item(7, "100.00", currency="USD")
    paid = payment("90.90", "INV/2026/00007", rates=(("USD", Decimal("0.9")),))
    assert how(only(paid, bill)) == {
        Aspect.AMOUNT: How.NEAR,
        Aspect.NUMBER: How.EQUAL,
        Aspect.CURRENCY: How.OTHER,
    }
    assert how(only(replace(paid, amount=Decimal("90.91")), bill))[Aspect.AMOUNT] is How.OTHER
    assert Aspect.AMOUNT not in how(only(replace(paid, rates=()), bill))


def test_money_that_goes_out_is_compared_with_what_we_owe() -> None:
    assert nearest(payment("-50.00"), [item(7, "50.00")], CUSTOMERS) == ()
    assert only(payment("-50.00"), item(8, "-50.00")).candidate == 8


# The number


def test_a_year_in_the_text_names_no_number() -> None:
    assert how(only(payment("80.00", "INV/2026/07132"), item(7, "80.00", number="S2026")))[Aspect.NUMBER] is How.ABSENT
    assert how(only(payment("80.00", "S2126"), item(7, "80.00", number="S2126")))[Aspect.NUMBER] is How.EQUAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INV/2026/00123", How.EQUAL),
        ("2026-00123", How.CORE),
        ("INV/2026/00120-00125", How.RANGE),
        ("00123", How.ENDING),
        ("INV/2026/00132", How.MISTAKE),
        ("INV/2026/00124", How.MISTAKE),
        ("INV/2026/001234", How.MISTAKE),
        ("INV/2026/00231", How.ABSENT),
        ("", How.ABSENT),
    ],
)
def test_a_number_is_named_by_its_end_with_a_mistake_or_not_at_all(text: str, expected: How) -> None:
    compared = only(payment("80.00", text), item(123, "80.00"))
    assert how(compared)[Aspect.NUMBER] is expected


def test_what_stands_in_the_text_is_told_beside_the_number() -> None:
    compared = only(payment("80.00", "RE: INV/2026/00132 thanks"), item(123, "80.00"))
    assert finding(compared, Aspect.NUMBER).theirs == "2026/00132"
    assert finding(compared, Aspect.NUMBER).ours == "INV/2026/00123"


def test_another_reference_of_the_item_counts_as_its_number() -> None:
    compared = only(payment("80.00", "order S00456"), item(123, "80.00", references=("S00456",)))
    assert finding(compared, Aspect.NUMBER) == Finding(Aspect.NUMBER, How.EQUAL, "S00456", "S 00456")


def test_a_slip_in_the_number_is_found_among_items_of_any_amount() -> None:
    items = [item(key, f"{key}.37") for key in range(1000, 1300)]
    found = nearest(payment("77.00", "INV/2026/01132"), items, CUSTOMERS, most=3)
    assert found[0].candidate == 1132
    assert {how(each)[Aspect.NUMBER] for each in found[1:]} == {How.MISTAKE}


# The customer, the day


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"counterparty_account": "DE01"}, How.ACCOUNT),
        ({"name": "ACME WEBEREI"}, How.EQUAL),
        ({"name": "ACNE WEBEREI"}, How.SIMILAR),
        ({"name": "Somebody Unheard"}, How.UNLIKE),
        ({"name": ""}, None),
    ],
)
def test_a_customer_is_told_by_account_or_name(changes: dict[str, str], expected: How | None) -> None:
    compared = only(payment("80.00", **changes), item(123, "80.00"))
    assert how(compared).get(Aspect.CUSTOMER) is expected


def test_a_payment_three_days_before_the_invoice_is_early_and_two_days_is_not() -> None:
    bill = item(7, "80.00", issued=DAY + timedelta(3))
    assert how(only(payment("80.00"), bill))[Aspect.DATE] is How.EARLY
    assert Aspect.DATE not in how(only(payment("80.00"), replace(bill, issued=DAY + timedelta(2))))


# What is shown


def test_what_has_nothing_in_common_is_not_shown() -> None:
    assert nearest(payment("80.00", "hello", name="Somebody"), [item(7, "123.45")], CUSTOMERS) == ()
    assert nearest(payment("0.00", "INV/2026/00007"), [item(7, "123.45")], CUSTOMERS) == ()
    assert nearest(payment("80.00"), [item(7, "0.00")], CUSTOMERS) == ()


def test_what_only_a_possible_payer_owes_is_shown_last() -> None:
    items = [item(7, "500.00"), item(8, "81.00"), item(9, "80.00")]
    found = nearest(payment("80.00", name="Acme Weberei"), items, CUSTOMERS)
    assert [each.candidate for each in found] == [9, 7, 8]
    assert found[1].closeness == found[2].closeness >= LEAST_CLOSENESS


def test_an_item_of_another_journal_is_not_shown() -> None:
    assert nearest(payment("80.00", journal=1), [item(7, "80.00", journal=2)], CUSTOMERS) == ()
    assert only(payment("80.00", journal=2), item(7, "80.00", journal=2)).candidate == 7


def test_no_more_are_returned_than_asked_for() -> None:
    items = [item(key, "80.00") for key in range(1, 20)]
    assert [each.candidate for each in nearest(payment("80.00"), items, CUSTOMERS, most=3)] == [1, 2, 3]
    assert nearest(payment("80.00"), items, CUSTOMERS, most=0) == ()


def test_slips_and_swaps_are_one_away() -> None:
    assert {"1324", "123", "12345", "1235"} <= slips("1234")
    assert "2143" not in slips("1234")
    assert transposed(Decimal("12.30")) == {Decimal("21.30"), Decimal("13.20"), Decimal("12.03")}


AMOUNTS = st.decimals("-2000", "2000", places=2)
TEXTS = st.text("INV/2026 0123456789-a", max_size=30)
ITEMS = st.builds(
    lambda key, amount, customer, days: item(key, str(amount), customer=customer, issued=DAY + timedelta(days)),
    st.integers(1, 400),
    AMOUNTS,
    st.sampled_from([1, 2, 100, 999]),
    st.integers(-5, 5),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ITEMS, max_size=30, unique_by=lambda each: each.key), AMOUNTS, TEXTS, TEXTS, st.randoms())
def test_the_order_of_the_input_never_counts_and_all_bounds_hold(
    items: list[Candidate], amount: Decimal, text: str, name: str, chance: random.Random
) -> None:
    paid = payment(str(amount), text, name=name)
    found = nearest(paid, items, CUSTOMERS)
    shuffled, customers = list(items), list(CUSTOMERS)
    chance.shuffle(shuffled)
    chance.shuffle(customers)
    assert nearest(paid, shuffled, customers) == found
    assert len(found) <= 5
    assert [each.closeness for each in found] == sorted((each.closeness for each in found), reverse=True)
    for each in found:
        assert LEAST_CLOSENESS <= each.closeness <= 100
        aspects = [one.aspect for one in (*each.agrees, *each.differs)]
        assert len(aspects) == len(set(aspects))


def test_one_payment_is_compared_with_twenty_thousand_items() -> None:
    customers = [Customer(key, (f"Kunde{key} Werke{key % 97} GmbH",), (f"DE{key:04}",)) for key in range(1, 2001)]
    items = [
        item(key, f"{key % 5000 + 100}.{key % 100:02}", customer=key % 2000 + 1, references=(f"S{key:06}",))
        for key in range(1, 20_001)
    ]
    paid = payment("1190.90", "Rechnung INV/2026/07132 vom 20.11.2026 Kd 4711", "NOTPROVIDED", name="Kunde77 Werke77")
    found = nearest(paid, items, customers)
    assert found[0].candidate == 7132
