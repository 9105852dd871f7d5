"""Text out of bytes, whatever the header says they are."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers import StatementError
from odoo.addons.ar_reconcile.parsers.encoding import codec_of, decode


def test_utf_8_wins_over_a_header_that_declares_1252() -> None:
    decoded = decode("Müller".encode(), ["1252"])
    assert (decoded.text, decoded.encoding, decoded.declared) == ("Müller", "utf-8", "cp1252")


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("1252", "cp1252", "Müller € 5"),
        ("8859-1", "cp1252", "Müller"),
        ("ISO-8859-15", "iso8859-15", "Müller € 5"),
        ("1250", "cp1250", "Dvořák Łódź"),
        ("windows-1251", "cp1251", "Иванов"),
        ("936", "gb18030", "货款 上海贸易"),
        ("GB2312", "gb18030", "往来款"),
        ("932", "cp932", "株式会社"),
    ],
)
def test_the_declared_charset_is_used_where_the_bytes_are_no_utf_8(label: str, codec: str, text: str) -> None:
    decoded = decode(text.encode(codec), [label])
    assert (decoded.text, decoded.encoding) == (text, codec)


@pytest.mark.parametrize("label", ["NONE", "USASCII", "1234", "ENCO", "idna", "punycode", "rot13", "unicode_escape"])
def test_a_label_that_is_no_charset_is_ignored(label: str) -> None:
    assert codec_of(label) is None
    assert decode("Müller".encode("cp1252"), [label]).text == "Müller"


def test_bytes_that_1252_does_not_have_are_read_as_latin_1() -> None:
    assert decode(b"M\xfcller \x81", ["1252"]).encoding == "latin-1"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_decides(codec: str) -> None:
    content = ("\ufeff<OFX>Müller").encode(codec)
    assert decode(content, ["1252"]).text == "<OFX>Müller"


def test_the_mark_of_utf_8_is_no_text() -> None:
    assert decode(codecs.BOM_UTF8 + b"<OFX>").text == "<OFX>"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_by_its_zero_bytes(codec: str) -> None:
    assert decode("OFXHEADER:100 Müller".encode(codec)).text == "OFXHEADER:100 Müller"


def test_damaged_utf_16_is_refused() -> None:
    with pytest.raises(StatementError) as refusal:
        decode("\ufeff<OFX>".encode("utf-16-le") + b"\x00")
    assert refusal.value.code == "encoding"


def test_a_character_cut_in_two_does_not_spoil_the_rest_of_a_utf_8_text() -> None:
    decoded = decode("Übergrößenträger ".encode() + "ä".encode()[:1] + b"\n", ["1252"])
    assert decoded.text == "Übergrößenträger \ufffd\n"
    assert (decoded.encoding, decoded.lost) == ("utf-8", 1)


def test_as_many_lost_as_a_third_of_the_kept_is_no_utf_8() -> None:
    assert decode("äöü".encode() + b"\xe4", ["1252"]).encoding == "cp1252"
    assert decode("äöüß".encode() + b"\xe4", ["1252"]).encoding == "utf-8"


@given(st.binary(max_size=400), st.lists(st.sampled_from(["1252", "936", "932", "UTF-8", "NONE"]), max_size=2))
def test_any_bytes_are_text_or_refused(content: bytes, labels: list[str]) -> None:
    try:
        told = decode(content, labels).text
    except StatementError as refusal:
        told = refusal.code
    assert "\0" not in told
