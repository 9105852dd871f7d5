"""What a confirmed payment teaches."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from odoo.addons.ar_reconcile.engine.candidate import Candidate, Customer
from odoo.addons.ar_reconcile.engine.learning import (
    LONGEST_VALUE,
    Fact,
    FactKind,
    Habit,
    habit,
    is_worth_learning,
    learned,
    plain_name,
)
from odoo.addons.ar_reconcile.engine.payment import Payment

ACCOUNT = "DE02120300000000202051"
ACME = Customer(1, names=("Acme Trading GmbH",), references=("K-10234",))


def payment(text: str = "", name: str = "", account: str = "") -> Payment:
    return Payment(
        key=1,
        day=date(2026, 11, 2),
        amount=Decimal(100),
        currency="EUR",
        texts=(text,),
        name=name,
        counterparty_account=account,
    )


def item(customer: int = 1, number: str = "INV/2026/00123", key: int = 10) -> Candidate:
    return Candidate(
        key=key,
        invoice=key,
        number=number,
        customer=customer,
        residual=Decimal(100),
        currency="EUR",
        due=date(2026, 11, 30),
    )


def of_kind(facts: list[Fact], kind: FactKind) -> list[tuple[int, str]]:
    return [(fact.customer, fact.value) for fact in facts if fact.kind is kind]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RE INV 2026 00123 DANKE", Habit.FULL_NUMBER),
        ("rechnung 2026/00123", Habit.FULL_NUMBER),
        ("KD K10234 OKTOBER", Habit.CUSTOMER_NUMBER),
        ("thanks for everything", Habit.WORDS),
        ("", Habit.WORDS),
    ],
)
def test_the_habit_is_how_the_text_names_what_it_pays(text: str, found: Habit) -> None:
    assert habit((text,), [item()], ACME.references) is found


def test_bare_digits_are_a_habit_of_their_own() -> None:
    assert habit(("zahlung 77123",), [item(number="INV/2026/77123")], ()) is Habit.BARE_DIGITS


def test_an_account_that_paid_is_learned_as_it_is_compared_and_as_it_was_written() -> None:
    facts = learned(payment(account="DE02 1203 0000 0000 2020 51"), [item()], [ACME])

    assert Fact(1, FactKind.ACCOUNT, ACCOUNT, "DE02 1203 0000 0000 2020 51") in facts


def test_a_name_that_the_bank_writes_otherwise_is_learned() -> None:
    facts = learned(payment(name="ACM Handels-Ges."), [item()], [ACME])

    assert Fact(1, FactKind.NAME, "ACM HANDELS GES", "ACM Handels-Ges.") in facts


@pytest.mark.parametrize("name", ["acme  TRADING, gmbh", "Acmé Trading GmbH", "", "12345", "AB", "…"])
def test_a_name_that_tells_nothing_new_is_not_learned(name: str) -> None:
    assert of_kind(learned(payment(name=name), [item()], [ACME]), FactKind.NAME) == []


def test_the_cut_beginning_of_a_known_name_is_that_name() -> None:
    known = ["Vereinigte Stahlwerke Rhein-Ruhr Aktiengesellschaft"]

    assert not is_worth_learning("Vereinigte Stahlwerke Rhein-Ruhr Ak", known)
    assert is_worth_learning("Vereinigte", known)


def test_the_owner_of_the_account_is_learned_as_payer_and_the_account_is_not() -> None:
    parent = Customer(2, names=("Holding SE",), accounts=(ACCOUNT,))

    facts = learned(payment(name="HOLDING TREASURY", account=ACCOUNT), [item()], [ACME, parent])

    assert of_kind(facts, FactKind.PAYER) == [(1, "2")]
    assert of_kind(facts, FactKind.ACCOUNT) == of_kind(facts, FactKind.NAME) == []


def test_who_bears_the_name_is_learned_as_payer() -> None:
    parent = Customer(2, names=("Holding SE",))

    assert of_kind(learned(payment(name="holding se"), [item()], [ACME, parent]), FactKind.PAYER) == [(1, "2")]


def test_two_who_bear_the_name_are_nobody() -> None:
    namesakes = [Customer(2, names=("Holding SE",)), Customer(3, names=("HOLDING SE",))]

    assert of_kind(learned(payment(name="Holding SE"), [item()], [ACME, *namesakes]), FactKind.PAYER) == []


def test_his_own_registered_account_makes_nobody_else_the_payer() -> None:
    own = Customer(1, names=("Acme",), accounts=(ACCOUNT,))
    namesake = Customer(2, names=("Holding SE",), accounts=(ACCOUNT,))

    facts = learned(payment(name="Holding SE", account=ACCOUNT), [item()], [own, namesake])

    assert of_kind(facts, FactKind.PAYER) == []
    assert of_kind(facts, FactKind.ACCOUNT) == [(1, ACCOUNT)]


def test_a_payment_for_two_customers_teaches_about_both() -> None:
    facts = learned(payment(account=ACCOUNT), [item(2, key=11), item(1)], [ACME])

    assert of_kind(facts, FactKind.ACCOUNT) == [(1, ACCOUNT), (2, ACCOUNT)]


def test_the_order_of_items_and_customers_changes_nothing() -> None:
    items, customers = [item(2, key=11), item(1), item(1, "INV/7", 9)], [ACME, Customer(2), Customer(3)]
    paid = payment("INV/7", "Somebody Else", ACCOUNT)

    assert learned(paid, items, customers) == learned(paid, items[::-1], customers[::-1])


def test_hostile_texts_are_cut() -> None:
    facts = learned(payment("9" * 100_000, "Ж" * 100_000, "X1" * 100_000), [item()], [ACME])

    assert max(len(fact.value) for fact in facts) <= LONGEST_VALUE
    assert of_kind(facts, FactKind.ACCOUNT) == []
    assert of_kind(facts, FactKind.NAME)[0][1].startswith("ZH")


def test_names_of_other_scripts_are_compared_in_latin() -> None:
    assert plain_name("Жигули, Юг") == plain_name("жигули юг")
    assert plain_name("北京公司") != ""
