"""Which parts of a bank's text are recognised, for any text and phrases at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine.marked_text import Segment, marked

TEXTS = st.text(max_size=200)
PHRASES = st.lists(st.tuples(st.text(max_size=30), st.sampled_from(["number", "customer"])), max_size=8)


def marks(text: str, *phrases: tuple[str, str]) -> list[tuple[str, str]]:
    return [(each.text, each.mark) for each in marked(text, phrases) if each.mark]


def test_a_phrase_is_found_whatever_its_case_and_separators() -> None:
    assert marked("Pay RE-2026/0042 now", [("re 2026 0042", "number")]) == (
        Segment("Pay "),
        Segment("RE-2026/0042", "number"),
        Segment(" now"),
    )


def test_the_longer_of_two_phrases_is_marked() -> None:
    assert marks("ACME Trading 12", ("ACME", "customer"), ("ACME TRADING", "customer"), ("12", "number")) == [
        ("ACME Trading", "customer"),
        ("12", "number"),
    ]


def test_what_stands_in_the_text_several_times_is_marked_each_time() -> None:
    assert marks("12 and 12", ("12", "number")) == [("12", "number")] * 2


@pytest.mark.parametrize("phrase", ["", " ", "---", "\0", "́"])
def test_a_phrase_without_letters_and_digits_marks_nothing(phrase: str) -> None:
    assert marked("a - b", [(phrase, "number")]) == (Segment("a - b"),)


def test_signs_of_a_regular_expression_are_plain_text() -> None:
    assert marks("a+b (c) [d] \\d", (".*", "number"), ("a+b", "number")) == [("a+b", "number")]
    assert not marks("12345", (r"\d+", "number"), ("(", "number"))


def test_right_to_left_and_other_scripts() -> None:
    assert marks("دفعة رقم ١٢٣", ("رقم ١٢٣", "number")) == [("رقم ١٢٣", "number")]
    assert marks("付款 发票 2026-1", ("发票2026", "number")) == [("发票 2026", "number")]


def test_a_number_within_a_longer_one_is_another_number() -> None:
    assert not marks("5123", ("12", "number"))
    assert not marks("ACMEXPRESS", ("ACME", "customer"))


def test_a_word_that_is_glued_to_a_number_stays_unmarked() -> None:
    assert marks("INVOICEINV/2026/00012", ("INV 2026/00012", "number")) == [("INV/2026/00012", "number")]
    assert not marks("REINV", ("INV", "number"), ("INV 7", "number"))


def test_letters_whose_small_form_is_longer() -> None:
    assert marks("İSTANBUL A.Ş. 7", ("İstanbul a.ş.", "customer")) == [("İSTANBUL A.Ş", "customer")]


def test_a_phrase_that_is_no_name_any_more_is_not_looked_for() -> None:
    assert not marks("a " * 40, ("a " * 31, "number"))
    assert marks("a " * 40, ("a " * 30, "number"))
    assert not marks("x" * 401, ("x" * 401, "number"))


def test_an_empty_text_has_no_segments() -> None:
    assert marked("", [("a", "number")]) == ()
    assert marked("", []) == ()


@given(TEXTS, PHRASES)
def test_the_segments_are_the_text(text: str, phrases: list[tuple[str, str]]) -> None:
    segments = marked(text, phrases)
    assert "".join(each.text for each in segments) == text
    assert all(each.text for each in segments)
    assert all(each.mark in {"", "number", "customer"} for each in segments)


@given(st.text(min_size=1, max_size=20), TEXTS, TEXTS)
def test_a_phrase_that_stands_in_the_text_is_marked(phrase: str, before: str, after: str) -> None:
    if any(sign.isalnum() for sign in phrase) and phrase.isascii():
        assert any(each.mark for each in marked(f"{before} {phrase} {after}", [(phrase, "number")]))


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("RE2026-0042 ACME " * 6000, [(f"RE {2000 + n} 0042 ACME", "number") for n in range(50)]),
        ("a " * 50_000, [("a " * (30 + n) + "b", "number") for n in range(50)]),
        ("a" + " " * 100_000, [("a " * n + "b", "number") for n in range(1, 51)]),
        ("abcdefgh1" * 11_000, [("h" * n + " 2", "number") for n in range(1, 51)]),
        ("a " * 50_000, [("a " * 40_000 + "b", "number")] * 50),
        ("1a" * 50_000, [("1a" * (500 + n) + "2", "number") for n in range(50)]),
        ("x" * 100_000, [("x" * (1000 + n) + "y", "customer") for n in range(50)]),
    ],
)
def test_a_long_text_with_many_phrases_takes_no_time(text: str, phrases: list[tuple[str, str]]) -> None:
    begun = time.process_time()
    segments = marked(text, phrases)
    assert "".join(each.text for each in segments) == text
    assert time.process_time() - begun < 2
