"""What payers write, and what is found in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from odoo.addons.ar_reconcile.engine.reference import (
    MOST_PIECES,
    MOST_RANGES,
    Level,
    Mention,
    Reading,
    Reference,
    as_reference,
    compact,
    digit_runs,
    pieces,
    spellings,
    telling_runs,
)

YEARLY = "INV/2026/00123"
PLAIN = "INV-01123"
STRUCTURED = "RF18 5390 0754 7034"


def wide(text: str) -> str:
    """``text`` in letters, digits and separators as wide as Chinese ones."""
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


def reference(text: str) -> Reference:
    found = as_reference(text)
    assert found is not None
    return found


def mention(text: str, wanted: str) -> Mention | None:
    return Reading([text]).mention(reference(wanted))


def level(text: str, wanted: str) -> Level | None:
    found = mention(text, wanted)
    return found and found.level


def weak(text: str, wanted: str) -> Level | None:
    found = Reading([text]).weak_mention(reference(wanted))
    return found and found.level


def mistaken(text: str, wanted: str) -> Mention | None:
    return Reading([text]).mistaken(reference(wanted))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("INV/2026/00123", YEARLY),
        ("Payment inv 2026-00123 thank you", YEARLY),
        ("INV202600123", YEARLY),
        ("INV/2026/123", YEARLY),
        ("Ihre INV 2026 . 0 0123", YEARLY),
        ("SVWZ+INV-01 123 KD 4711", PLAIN),
        ("VIRINV01123", PLAIN),
        ("RE:inv 1123", PLAIN),
        (wide("Inv-01123"), PLAIN),
        ("INV ٠١١٢٣", PLAIN),
        ("RF18539007547034", STRUCTURED),
        ("RF18 53900754 7034", STRUCTURED),
        ("Rechnung 20261190 vom 3.11.", "20261190"),
    ],
)
def test_a_whole_reference_is_found_however_it_is_written(text: str, wanted: str) -> None:
    assert level(text, wanted) is Level.FULL


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("INV-0112", PLAIN),
        ("INV-011234", PLAIN),
        ("INV-91123", PLAIN),
        ("RF18 5390 0754 703", STRUCTURED),
        ("202611901", "20261190"),
        ("12026119", "2026119"),
        ("INV", PLAIN),
        ("%", PLAIN),
        ("", PLAIN),
        ("_", PLAIN),
        ("\x00", PLAIN),
        ("¹¹²³", PLAIN),
    ],
)
def test_a_cut_or_longer_number_is_another_number(text: str, wanted: str) -> None:
    assert level(text, wanted) is None


def test_without_its_prefix_a_reference_is_named_by_its_core_and_without_its_year_by_its_tail() -> None:
    assert level("2026/00123", YEARLY) is Level.CORE
    assert level("2025/00123", YEARLY) is Level.TAIL
    assert level("00123", YEARLY) is Level.TAIL
    assert level("123", YEARLY) is None


def test_a_tail_counts_from_four_digits_on_as_they_are_written() -> None:
    assert level("0123", YEARLY) is Level.TAIL
    assert level("00123", "0123") is Level.TAIL
    assert weak("123", YEARLY) is Level.LAST_DIGITS
    assert weak("23", YEARLY) is None


def test_more_says_more() -> None:
    weights = [mention(text, YEARLY) for text in ("00123", "2026/00123", "INV/2026/00123")]
    numbers = [each.weight for each in weights if each]
    assert len(numbers) == 3
    assert numbers == sorted(set(numbers))


def test_a_year_is_no_tail_and_says_little_as_a_core() -> None:
    assert level("Miete 2026", "INV/1/02026") is None
    assert level("Miete 2051", "INV/1/02051") is Level.TAIL
    year, number = mention("Miete 2026", "INV/2026"), mention("Miete 2051", "INV/2051")
    assert year is not None
    assert number is not None
    assert year.weight < 10 < number.weight
    assert weak("Miete 2026", "INV/12026") is None
    assert weak("Miete 2051", "INV/12051") is Level.LAST_DIGITS


@pytest.mark.parametrize("text", ["", "INV", "A1", "123", "²³⁴⁵", "%"])
def test_what_says_too_little_is_no_reference(text: str) -> None:
    assert as_reference(text) is None


def test_a_reference_of_four_letters_and_digits_is_one() -> None:
    assert reference("A123").core == "123"


def test_one_digit_with_its_prefix_is_found_and_without_it_not() -> None:
    assert level("ABC 1", "ABC1") is Level.FULL
    assert level("1", "ABC1") is None


@pytest.mark.parametrize("text", ["2805-2810", "2805 bis 2810", "2805 - 10", "INV2805..2810", "2805 to INV 2810"])
def test_a_range_names_what_lies_in_it(text: str) -> None:
    is_read = "to INV" not in text
    assert weak(text, "INV/02807") is (Level.RANGE if is_read else None)
    assert weak(text, "INV/02811") is None
    assert weak(text, "INV/02804") is None


def test_a_range_has_at_most_sixty_numbers_and_goes_upwards() -> None:
    assert weak("2805-2865", "INV/02830") is Level.RANGE
    assert weak("2805-2866", "INV/02830") is None
    assert weak("2865-2805", "INV/02830") is None


def test_a_number_of_two_digits_begins_no_range() -> None:
    assert weak("10-20", "INV/00015") is None


def test_only_the_first_ranges_are_read() -> None:
    text = "; ".join(f"{first}-{first + 2}" for first in range(1000, 1000 + 10 * (MOST_RANGES + 1), 10))
    assert weak(text, f"INV/0{1001 + 10 * (MOST_RANGES - 1)}") is Level.RANGE
    assert weak(text, f"INV/0{1001 + 10 * MOST_RANGES}") is None


def test_of_a_short_list_the_last_digits_name_the_others() -> None:
    text = "INV/2026/00123, 124, 125"
    assert level(text, YEARLY) is Level.FULL
    assert weak(text, "INV/2026/00125") is Level.LAST_DIGITS
    assert weak(text, "INV/2026/00126") is None


@pytest.mark.parametrize("text", ["INV/2026/00213", "INV/2026/0123", "INV/2026/00133", "INV/2026/001123", "2026001 23"])
def test_a_mistake_is_one_digit_swapped_dropped_changed_or_doubled(text: str) -> None:
    found = mistaken(text.replace("2026001 23", "202600132"), YEARLY)
    assert found is not None
    assert found.level is Level.MISTAKE


@pytest.mark.parametrize("text", ["INV/2026/00313", "INV/2026/00001", "INV/2025/00214", YEARLY, "1,23", ""])
def test_two_mistakes_or_none_are_no_mistake(text: str) -> None:
    assert mistaken(text, YEARLY) is None


def test_a_day_is_no_mistaken_number() -> None:
    assert mistaken("vom 12.11.2026", "INV/122026") is None
    assert mistaken("Nr. 122926", "INV/122026") is not None


def test_short_numbers_have_no_mistakes() -> None:
    assert mistaken("1235", "INV/1234") is None
    assert mistaken("12356", "INV/12346") is not None


def test_wrong_check_digits_tell_that_a_number_is_a_mistake() -> None:
    assert level("RF18539007547035", STRUCTURED) is None
    wrong = mistaken("RF18539007547035", STRUCTURED)
    unchecked = mistaken("XX18539007547035", STRUCTURED.replace("RF", "XX"))
    assert wrong is not None
    assert unchecked is not None
    assert wrong.weight > unchecked.weight


@given(st.text("0123456789", min_size=5, max_size=9), st.text("0123456789", min_size=4, max_size=10))
def test_mistakes_are_found_as_their_distance_tells(number: str, written: str) -> None:
    wanted = reference(f"X{number}")
    is_one = any(OSA.distance(written, each) == 1 for each in (number, number.lstrip("0") or "0") if len(each) >= 5)
    found = Reading([f"A{written}"]).mistaken(wanted)
    if found is None:
        assert not is_one or "20" in written or "19" in written  # such may be a day
    else:
        assert is_one


def test_a_very_long_text_is_read_to_a_bound() -> None:
    assert len(pieces("A1" * MOST_PIECES)) == MOST_PIECES
    assert len(pieces("A1" * (MOST_PIECES // 2 - 1))) == MOST_PIECES - 2


@given(st.integers(1, 99_999), st.sampled_from(["", " ", "-", "/", ".", "  "]), st.text("abcXYZ ,;", max_size=12))
def test_any_separator_and_any_words_around_leave_the_reference_found(number: int, separator: str, around: str) -> None:
    assert level(f"{around} INV{separator}{number:05} {around}", f"INV-{number:05}") is Level.FULL


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_text_is_too_strange_to_be_read(text: str, number: str) -> None:
    reading = Reading([text])
    wanted = as_reference(number)
    if wanted is not None:
        for found in (reading.mention(wanted), reading.weak_mention(wanted), reading.mistaken(wanted)):
            assert found is None or found.weight > 0


def test_compact_form_has_neither_separators_nor_small_letters_nor_foreign_digits() -> None:
    assert compact("inv/2026-00 123 ٤") == "INV2026001234"


def test_digit_runs_lose_their_zeros_and_neighbours_are_joined() -> None:
    assert digit_runs("RE 00123/ 45 x 7") == {"123", "45", "12345", "7"}


def test_spellings_are_all_windows_that_begin_with_digits() -> None:
    assert spellings("RE 0012/34 b 9") == {"0012", "001234", "001234B", "001234B9", "34B9"}


@given(st.integers(1, 99_999), st.sampled_from(["", " ", "-", "/"]), st.text("abcXYZ ,;12", max_size=12))
def test_a_text_that_names_an_item_shares_a_run_of_digits_with_it(number: int, separator: str, around: str) -> None:
    assert digit_runs(f"{around}; INV{separator}{number:05} ;{around}") & telling_runs(f"INV-{number:05}")


@pytest.mark.parametrize(
    "text", ["INV/2026/00123", "INV202600123", "inv 2026 123", "RF18 5390 0754 7034", "RF18539007547034"]
)
def test_references_give_themselves_away_by_their_end_and_not_by_their_year(text: str) -> None:
    assert digit_runs(text) & (telling_runs(YEARLY) | telling_runs(STRUCTURED))
    assert not digit_runs("INV/2026/00124") & telling_runs(YEARLY)
