"""Balance confirmation: the same facts give the same fingerprint, and a reply says exactly what differs."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.addons.ar_portal.engine.confirmation import (
    Claim,
    Item,
    Letter,
    Refused,
    Reply,
    Signature,
    UnknownItem,
    amount,
    canonical,
    fingerprint,
    outcome,
    sample,
    to_dispute,
)

DAY = date(2025, 12, 31)
SIGNATURE = Signature("Ida Clerk", "Accountant", "link", "2026-01-07T09:30:00Z")
MONEY = st.integers(-(10**9), 10**9).filter(bool).map(lambda cents: Decimal(cents).scaleb(-2))


def item(key, value, number=None):
    return Item(key, number or f"INV/{key}", DAY, DAY, Decimal(value))


def letter(*items):
    return Letter("Creditor", "Customer", DAY, "EUR", 2, "positive", items or (item(1, "100.00"), item(2, "-30.00")))


def reply(agrees=False, **values):
    return Reply(number=1, agrees=agrees, signature=SIGNATURE, **values)


def claim(key, value, **values):
    return Claim(key, Decimal(value), **values)


@st.composite
def answered(draw):
    """A letter with a reply that differs somewhere."""
    values = draw(st.lists(MONEY, min_size=1, max_size=8))
    asked = letter(*(item(key, value) for key, value in enumerate(values)))
    claims = tuple(
        Claim(each.key, (each.amount * draw(st.integers(0, 200)) / 100).quantize(Decimal("0.01")))
        for each in asked.items
        if draw(st.booleans())
    )
    missing = draw(
        st.lists(
            st.builds(UnknownItem, st.sampled_from(["invoice", "payment"]), st.just("P"), st.none(), MONEY.map(abs))
        )
    )
    stated = draw(st.none() | MONEY)
    return asked, reply(claims=claims, unknown_items=tuple(missing), stated_balance=stated)


def test_who_agrees_has_our_balance():
    found = outcome(letter(), reply(agrees=True))

    assert found.agrees
    assert found.their_balance == Decimal("70.00")
    assert not found.differences
    assert not found.unexplained


def test_differences_by_line_and_missing_items_explain_the_balance():
    missing = (UnknownItem("payment", "TRANSFER", DAY, Decimal(20)), UnknownItem("invoice", "OLD", None, Decimal(5)))

    found = outcome(letter(), reply(claims=(claim(1, "90"), claim(2, "-30.00")), unknown_items=missing))

    assert [(each.item.key, each.amount) for each in found.differences] == [(1, Decimal("-10.00"))]
    assert found.their_balance == Decimal("45.00")
    assert found.unexplained == 0


def test_a_stated_balance_leaves_what_no_line_explains():
    found = outcome(letter(), reply(claims=(claim(1, "90"),), stated_balance=Decimal("55.50")))

    assert found.explained == Decimal(-10)
    assert found.unexplained == Decimal("-4.50")


def test_a_difference_in_the_total_alone_is_enough():
    assert outcome(letter(), reply(stated_balance=Decimal("69.99"))).unexplained == Decimal("-0.01")
    with pytest.raises(Refused, match="nothing_differs"):
        outcome(letter(), reply(stated_balance=Decimal("70.00")))


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("nothing_differs", reply()),
        ("nothing_differs", reply(claims=(claim(1, "100"),))),
        ("agrees_and_differs", reply(agrees=True, claims=(claim(1, "90"),))),
        ("agrees_and_differs", reply(agrees=True, claims=(claim(1, "100"),))),
        ("agrees_and_differs", reply(agrees=True, stated_balance=Decimal(1))),
        ("unknown_item", reply(claims=(claim(3, "1"),))),
        ("twice", reply(claims=(claim(1, "1"), claim(1, "2")))),
        ("wrong_side", reply(claims=(claim(1, "-1"),))),
        ("wrong_side", reply(claims=(claim(2, "1"),))),
        ("negative", reply(unknown_items=(UnknownItem("payment", "P", None, Decimal(-1)),))),
        ("negative", reply(unknown_items=(UnknownItem("payment", "P", None, Decimal(0)),))),
        ("no_number", reply(unknown_items=(UnknownItem("payment", "", None, Decimal(1)),))),
        ("unknown_kind", reply(unknown_items=(UnknownItem("gift", "P", None, Decimal(1)),))),
    ],
)
def test_what_is_no_reply_is_refused_with_its_reason(code, answer):
    with pytest.raises(Refused) as refused:
        outcome(letter(), answer)

    assert refused.value.code == code


@given(answered())
def test_the_parts_of_a_difference_add_up(case):
    asked, answer = case
    claimed = any(each.amount != asked.items[each.key].amount for each in answer.claims)
    stated = answer.stated_balance not in {None, asked.balance}
    assume(claimed or stated or answer.unknown_items)
    found = outcome(asked, answer)
    effects = sum((each.effect for each in answer.unknown_items), Decimal())
    by_line = sum((each.amount for each in found.differences), Decimal())
    assert found.their_balance == asked.balance + by_line + effects + found.unexplained
    assert answer.stated_balance in (None, found.their_balance)


@given(answered())
def test_the_fingerprint_can_be_computed_again_whatever_the_order(case):
    asked, answer = case
    once = canonical(asked, answer)
    shuffled = canonical(replace(asked, items=asked.items[::-1]), replace(answer, claims=answer.claims[::-1]))

    assert shuffled == once
    assert once.isascii()
    assert json.loads(once)["letter"]["balance"] == f"{asked.balance:.2f}".replace("-0.00", "0.00")


@pytest.mark.parametrize(
    "change",
    [
        {"agrees": True},
        {"number": 2},
        {"remark": "x"},
        {"reason": "x"},
        {"supersedes": "x"},
        {"stated_balance": Decimal(70)},
        {"files": (("a.pdf", "00"),)},
        {"claims": ()},
        {"claims": (claim(1, "90.01"),)},
        {"claims": (claim(1, "90", comment="x"),)},
        {"claims": (claim(1, "90", reason="x"),)},
        {"unknown_items": (UnknownItem("payment", "P", None, Decimal(1)),)},
        {"signature": replace(SIGNATURE, name="Eve")},
        {"signature": replace(SIGNATURE, signed_at="2026-01-07T09:30:01Z")},
        {"signature": replace(SIGNATURE, channel="portal")},
        {"signature": replace(SIGNATURE, function="")},
    ],
)
def test_every_change_of_the_reply_changes_the_fingerprint(change):
    answer = reply(claims=(claim(1, "90"),))

    assert fingerprint(canonical(letter(), replace(answer, **change))) != fingerprint(canonical(letter(), answer))


@pytest.mark.parametrize(
    "change",
    [
        {"creditor": "Other"},
        {"customer": "Other"},
        {"as_of": date(2025, 12, 30)},
        {"currency": "USD"},
        {"form": "negative"},
        {"items": (item(1, "100.01"), item(2, "-30.00"))},
        {"items": (item(1, "100.00", "INV/X"), item(2, "-30.00"))},
        {"items": (item(1, "100.00"),)},
    ],
)
def test_every_change_of_the_letter_changes_the_fingerprint(change):
    answer = reply(claims=(claim(1, "90"),))

    assert fingerprint(canonical(replace(letter(), **change), answer)) != fingerprint(canonical(letter(), answer))


def test_the_canonical_text_is_fixed():
    text = canonical(letter(), reply(agrees=True, remark="Ünïcode"))

    assert fingerprint(text) == "15d77f6cb60400557687779e585b2a7f7d2c72f400edb90a9117267dc2011960"


def test_texts_can_not_imitate_the_structure():
    one = reply(agrees=True, remark='a","reason":"b')

    assert canonical(letter(), one) != canonical(letter(), reply(agrees=True, remark="a", reason="b"))


def test_money_with_more_decimals_than_the_currency_is_refused_and_not_rounded():
    with pytest.raises(ValueError, match="more decimals"):
        canonical(letter(item(1, "1.001")), reply(agrees=True))


def test_zero_has_no_sign():
    assert '"balance":"0.00"' in canonical(letter(item(1, "1"), item(2, "-1")), reply(agrees=True))
    assert canonical(letter(), reply(claims=(claim(2, "-0"),))) == canonical(letter(), reply(claims=(claim(2, "0"),)))


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [("0", 2, "0"), ("12", 2, "12"), (" 12.5 ", 2, "12.5"), ("12.", 0, "12"), ("-3.00", 0, "-3"), ("-0", 2, "0")],
)
def test_amounts_are_read(text, places, value):
    read = amount(text, places)

    assert read == Decimal(value)
    assert not (read.is_signed() and read == 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "Infinity",
        "1e5",
        "+1",
        "1,5",
        "1 5",
        "1.2.3",
        ".5",
        "\u0663",
        "\uff19",
        "0x1",
        "1_000",
        "9" * 16,
        "--1",
        "$5",
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(Refused, match="not_a_number"):
        amount(text, 2)


@pytest.mark.parametrize(("text", "places"), [("1.001", 2), ("1.5", 0)])
def test_amounts_with_too_many_decimals_are_refused(text, places):
    with pytest.raises(Refused, match="too_precise"):
        amount(text, places)


@pytest.mark.parametrize(
    ("ours", "theirs", "disputed", "expected"),
    [
        ("100", "90", "0", "10"),
        ("100", "0", "40", "60"),
        ("100", "90", "10", "0"),
        ("100", "90", "50", "0"),
        ("100", "110", "0", "0"),
        ("-30", "-50", "0", "0"),
    ],
)
def test_what_the_customer_owes_less_is_disputed_once(ours, theirs, disputed, expected):
    [difference] = outcome(letter(item(1, ours)), reply(claims=(claim(1, theirs),))).differences

    assert to_dispute(difference, Decimal(disputed)) == Decimal(expected)


@given(st.sets(st.integers(1, 10**6), max_size=60), st.integers(0, 70), st.text(max_size=8))
def test_a_sample_can_be_drawn_again_in_any_order(keys, size, seed):
    drawn = sample(sorted(keys), size, seed)

    assert sample(sorted(keys, reverse=True), size, seed) == drawn
    assert len(drawn) == len(set(drawn)) == min(size, len(keys))
    assert set(drawn) <= keys
    assert sample(keys, size + 1, seed)[:size] == drawn


def test_samples_of_other_seeds_differ_and_every_customer_has_the_same_chance():
    counts = dict.fromkeys(range(10), 0)
    for seed in range(2000):
        for key in sample(counts, 3, str(seed)):
            counts[key] += 1

    assert all(500 < count < 700 for count in counts.values())
