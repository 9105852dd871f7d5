"""Files made to break a reader: refused or read, in time and memory in proportion to their size."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, SupportsIndex

import pytest
from bank_file import document, ofx, statement, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from work import Damage, assert_read_or_refused, calls_made, damages

from odoo.addons.ar_reconcile import parsers
from odoo.addons.ar_reconcile.parsers import StatementError, read, sgml
from odoo.addons.ar_reconcile.parsers import ofx as ofx_format

FRAGMENTS = [
    *("<", "<a", "<a>", "<a/>", "</a>", "<a:", "</", "<>", "<!", "<?", "<!-- -->", "<!--", "<![CDATA[]]>", "<![CDATA["),
    *(
        "<MEMO>",
        "<MEMO>x",
        "<! > ",
        "<MEMO><! >",
        "<MEMO>x<!",
        "<NAME></MEMO>",
        "<STMTTRN>",
        "</STMTTRN>",
        "<STMTRS></STMTRS>",
    ),
    *("&", "&amp;", "&#", "&#1", "\n", ">", " ", "x", "é", "]]>", "-->", "<A><B>x</A>", "<PAYEE><X></PAYEE>"),
]


class CountingText(str):
    """A text that counts the characters its searches look at; slices of it no longer do."""

    __slots__ = ()
    looked_at = 0

    def find(self, sub: str, start: SupportsIndex | None = None, end: SupportsIndex | None = None) -> int:
        found = super().find(sub, start, end)
        begin, stop = int(start or 0), len(self) if end is None else int(end)
        CountingText.looked_at += (found if found >= 0 else stop) - begin + 1
        return found

    def count(self, sub: str, start: SupportsIndex | None = None, end: SupportsIndex | None = None) -> int:
        CountingText.looked_at += (len(self) if end is None else int(end)) - int(start or 0)
        return super().count(sub, start, end)


def characters_looked_at(text: str) -> int:
    """How many characters the markup reader's searches pass over."""
    CountingText.looked_at = 0
    with suppress(StatementError):
        sgml.read_markup(CountingText(text), 0)
    return CountingText.looked_at


@pytest.mark.parametrize("prefix", ["", "<MEMO>", "<MEMO>x"])
@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_work_grows_no_faster_than_the_file(fragment: str, prefix: str) -> None:
    def hostile(times: int) -> str:
        return f"<OFX>{prefix}{fragment * times}"

    once, twice = (calls_made(read, hostile(times).encode()) for times in (1000, 2000))
    assert twice <= 2.1 * once + 300
    assert characters_looked_at(hostile(2000)) <= 5 * len(hostile(2000)) + 300


def test_work_for_a_sound_file_grows_with_its_transactions() -> None:
    def sound(count: int) -> bytes:
        return ofx(*(transaction(fitid=f"F{number}") for number in range(count)))

    read(sound(1))  # what is done once, such as the check of the library
    once, twice = calls_made(read, sound(200)), calls_made(read, sound(400))
    assert twice <= 2.05 * once


def test_depth_has_a_limit() -> None:
    def nested(depth: int) -> bytes:
        # OFX, BANKMSGSRSV1, STMTTRNRS, STMTRS, BANKTRANLIST and STMTTRN lie around it.
        more = "".join(f"<DEEP{level}>" for level in range(depth)) + "<X>1\n"
        more += "".join(f"</DEEP{level}>" for level in reversed(range(depth)))
        return ofx(transaction(more=more))

    assert len(read(nested(sgml.MAX_DEPTH - 6))[0].lines) == 1
    with pytest.raises(StatementError) as caught:
        read(nested(sgml.MAX_DEPTH - 5))
    assert caught.value.code == "too_deep"


@pytest.mark.parametrize("fragment", ["<A>", "<STATUS>", "<LEDGERBAL></A>", "<A></B>"])
def test_endless_opening_is_refused_and_not_stored(fragment: str) -> None:
    with pytest.raises(StatementError) as caught:
        read(("<OFX>" + fragment * 100_000).encode())
    assert caught.value.code in ("too_deep", "truncated")


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    content = ofx(transaction())
    monkeypatch.setattr(parsers, "MAX_BYTES", len(content))
    assert len(read(content)) == 1
    with pytest.raises(StatementError) as caught:
        read(content + b"\n")
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("module", "limit", "most"),
    [
        (sgml, "MAX_TRANSACTIONS", 3),
        (sgml, "MAX_SIGNS", document(statement(*[transaction()] * 3)).count("<")),
        (ofx_format, "MAX_STATEMENTS", 1),
    ],
)
def test_every_count_has_a_limit(monkeypatch: pytest.MonkeyPatch, module: Any, limit: str, most: int) -> None:
    monkeypatch.setattr(module, limit, most)
    assert len(read(ofx(*[transaction()] * 3))) == 1
    with pytest.raises(StatementError) as caught:
        read(document(statement(*[transaction()] * 4), statement()).encode())
    assert caught.value.code == "too_large"


SOUND = ofx(transaction(), transaction(fitid="A2", name="Müller", more="<CHECKNUM>\n"), transaction(fitid=""))


@settings(max_examples=400)
@given(damages(SOUND, FRAGMENTS))
def test_a_damaged_file_is_read_or_refused_and_never_crashes(drawn: list[Damage]) -> None:
    assert_read_or_refused(read, SOUND, drawn)


@given(st.binary(max_size=300), st.sampled_from([b"", b"<OFX>", b"OFXHEADER:100\n<OFX>", b"<OFX></OFX>"]))
def test_any_bytes_are_read_or_refused(content: bytes, beginning: bytes) -> None:
    with pytest.raises(StatementError):
        read(beginning + content)
