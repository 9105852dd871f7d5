"""What payers write, and what is found in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine.reference import (
    MOST_PIECES,
    ReferenceIndex,
    compact,
    digit_runs,
    pieces,
    telling_runs,
)

YEARLY = "INV/2026/00123"
PLAIN = "INV-01123"
STRUCTURED = "RF18 5390 0754 7034"


def index() -> ReferenceIndex:
    return ReferenceIndex([(1, (YEARLY,)), (2, (PLAIN, STRUCTURED)), (3, ("INV-01124",)), (4, ("20261190",))])


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("INV/2026/00123", (1,)),
        ("Payment inv 2026-00123 thank you", (1,)),
        ("INV202600123", (1,)),
        ("INV/2026/123", (1,)),
        ("SVWZ+INV-01 123 KD 4711", (2,)),
        ("VIRINV01123", (2,)),
        ("RE:inv 1123", (2,)),
        ("RF18539007547034", (2,)),
        ("RF18 53900754 7034", (2,)),
        ("Rechnung 20261190 vom 3.11.", (4,)),
    ],
)
def test_a_whole_reference_is_found_however_it_is_written(text: str, keys: tuple[int, ...]) -> None:
    mentions = index().mentions(text)
    assert [(mention.keys, mention.is_full) for mention in mentions] == [(keys, True)]
    assert compact(mentions[0].text).endswith(compact(mentions[0].text)[-4:])


@pytest.mark.parametrize(
    "text", ["INV-0112", "INV-011234", "INV-91123", "INV", "%", "", "_", "RF18 5390 0754 703", "202611901"]
)
def test_a_cut_or_longer_number_is_another_number(text: str) -> None:
    assert [mention for mention in index().mentions(text) if mention.is_full] == []


def test_bare_digits_are_found_but_are_not_a_whole_reference() -> None:
    assert [(mention.keys, mention.is_full) for mention in index().mentions("1123")] == [((2,), False)]
    assert index().mentions("123") == []


def test_several_references_are_found_from_left_to_right_with_their_place() -> None:
    text = "pays INV-01124 and INV-01123"
    mentions = index().mentions(text)
    assert [mention.keys for mention in mentions] == [(3,), (2,)]
    assert [text[mention.start : mention.end] for mention in mentions] == ["INV-01124", "INV-01123"]


def test_a_number_that_two_items_share_names_both() -> None:
    shared = ReferenceIndex([(1, ("INV-01123",)), (2, ("INV-01123",))])
    assert shared.mentions("INV 01123")[0].keys == (1, 2)


def test_a_very_long_text_is_read_to_a_bound() -> None:
    assert len(pieces("A1" * MOST_PIECES)) == MOST_PIECES


@given(st.integers(1, 99_999), st.sampled_from(["", " ", "-", "/", ".", "  "]), st.text("abcXYZ ,;", max_size=12))
def test_any_separator_and_any_words_around_leave_the_reference_found(number: int, separator: str, around: str) -> None:
    only = ReferenceIndex([(7, (f"INV-{number:05}",))])
    text = f"{around} INV{separator}{number:05} {around}"
    assert [mention.keys for mention in only.mentions(text) if mention.is_full] == [(7,)]


def test_digit_runs_lose_their_zeros_and_neighbours_are_joined() -> None:
    assert digit_runs("RE 00123/ 45 x 7") == {"123", "45", "12345", "7"}


@given(st.integers(1, 99_999), st.sampled_from(["", " ", "-", "/"]), st.text("abcXYZ ,;12", max_size=12))
def test_a_text_that_names_an_item_shares_a_run_of_digits_with_it(number: int, separator: str, around: str) -> None:
    text = f"{around}; INV{separator}{number:05} ;{around}"
    assert digit_runs(text) & telling_runs(f"INV-{number:05}")


@pytest.mark.parametrize(
    "text", ["INV/2026/00123", "INV202600123", "inv 2026 123", "RF18 5390 0754 7034", "RF18539007547034"]
)
def test_references_give_themselves_away_by_their_end_and_not_by_their_year(text: str) -> None:
    assert digit_runs(text) & (telling_runs(YEARLY) | telling_runs(STRUCTURED))
    assert not digit_runs("INV/2026/00124") & telling_runs(YEARLY)
