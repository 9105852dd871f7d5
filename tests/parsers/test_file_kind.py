"""What was uploaded in place of a statement is said with a word that callers can translate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers import StatementError, file_kind, read

FILES = [
    ("pdf", b"%PDF-1.7\n%\xe2\xe3"),
    ("pdf", b"junk before\n%PDF-1.4"),
    ("image", b"\xff\xd8\xff\xe0 JFIF"),
    ("image", b"\x89PNG\r\n\x1a\n"),
    ("image", b"\0\0\0\x18ftypheic"),
    ("old_spreadsheet", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"),
    ("document", b"{\\rtf1\\ansi Statement}"),
    ("archive", b"Rar!\x1a\x07\0"),
    ("archive", b"7z\xbc\xaf\x27\x1c\0"),
    ("web_page", b"<!doctype html><html>Please log in</html>"),
    ("web_page", b"\xef\xbb\xbf \r\n<!-- cached -->\n<!-- twice --><HTML><BODY>Session expired"),
    ("web_page", b"HTTP/1.1 200 OK\r\n\r\n<html>"),
    ("web_page", "<!DOCTYPE html><title>Störung".encode("utf-16")),
    ("web_page", b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0"><html xmlns="x">'),
    ("xml", b'<?xml version="1.0"?>\n<Invoice xmlns="urn:oasis:names:specification:ubl"/>'),
    ("xml", b"<ArrayOfTransaction><Transaction/></ArrayOfTransaction>"),
    ("xml", b"<!-- one --> <!-- two --><?pi?><Order/>"),
    ("json", b' {"transactions": [{"amount": 5}]}'),
    ("mt940", b"\r\n:20:STARTUMSE\r\n:25:10010010/1111\r\n:28C:00000/001\r\n:60F:C231101EUR5,00\r\n"),
    ("mt940", b"{1:F01BANKDEFFXXXX0000000000}{2:I940}{4:\r\n:20:1"),
    ("qif", b"!Type:Bank\nD03/15/2024\nT-5.00\n^\n"),
    ("qif", b"!Account\nNChecking\n^\n"),
    ("bai2", b"01,122099999,123456789,040621,0200,1,65,,2/\n02,"),
    ("email", b"Return-Path: <a@example.org>\r\nReceived: from x\r\nSubject: Your statement\r\nFrom: bank\r\n\r\nHi"),
    ("csv", b"Date;Amount\n2024-03-15;5"),
    ("csv", b"Date,Description,Amount\n2024-03-15,Fee,-5.00\n2024-03-16,Fee,-5.00\n"),
    ("csv", "Datum\tBetrag\n15.03.2024\t5,00\n16.03.2024\t6,00\n".encode("utf-16")),
    ("text", b"Dear customer,\nplease find your statement attached."),
    ("", b"\x01\x02\x03\x04 nothing known"),
    ("", bytes(range(1, 256)) * 4),
]


@pytest.mark.parametrize(("word", "content"), FILES)
def test_another_kind_of_file_is_refused_with_a_word_for_it(word: str, content: bytes) -> None:
    with pytest.raises(StatementError) as caught:
        read(content)
    assert (caught.value.code, caught.value.hint) == ("unknown_format", word)
    assert file_kind.SENTENCES.get(word, "") in caught.value.message


def test_one_mark_of_a_format_within_a_text_is_not_taken_for_it() -> None:
    assert file_kind.guess(b"We meet at\n:20: o'clock") == "text"
    assert file_kind.guess(b"From: me\nTo: you") == "text"
    assert file_kind.guess(b"one, two\nthree") == "text"


@given(st.binary(max_size=600), st.sampled_from([content for _, content in FILES]))
def test_any_bytes_have_a_word_or_none(content: bytes, beginning: bytes) -> None:
    assert file_kind.guess(content) in {"", *file_kind.SENTENCES}
    assert file_kind.guess(beginning + content) in {"", *file_kind.SENTENCES}
