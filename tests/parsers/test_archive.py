"""Archives of statements: each file read by its content, all of them or none, within limits that hold."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zipfile
import zlib
from decimal import Decimal

import pytest
from bank_file import ofx, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ar_reconcile import parsers
from odoo.addons.ar_reconcile.parsers import Statement, StatementError, archive, read

FIRST = ofx(transaction(amount="1.00"))
SECOND = ofx(transaction(amount="2.00"))


def zipped(*members: tuple[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive, the same bytes each time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packing) as writer:
        for name, member in members:
            writer.writestr(zipfile.ZipInfo(name, (2024, 3, 31, 0, 0, 0)), member, packing)
    return content.getvalue()


def refusal(content: bytes) -> StatementError:
    """Why an archive is refused."""
    with pytest.raises(StatementError) as caught:
        read(content)
    return caught.value


def told(statements: list[Statement]) -> list[tuple[str, Decimal]]:
    """The file and the sum of each statement."""
    return [(one.file, one.total) for one in statements]


def test_every_file_of_an_archive_is_read_in_its_order_and_named() -> None:
    statements = read(zipped(("2024/b.ofx", FIRST), ("2024/", b""), ("a.dat", SECOND)))
    assert told(statements) == [("b.ofx", Decimal(1)), ("a.dat", Decimal(2))]
    assert [one.skipped for one in statements] == [(), ()]


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_name_is_shown_without_folders_and_control_characters(packing: int) -> None:
    names = ("..\\..\\c\x07d\n.ofx", "/etc/" + "n" * 200, "u/ü\u202e.ofx")
    statements = read(zipped(*((name, FIRST) for name in names), packing=packing))
    assert [one.file for one in statements] == ["cd.ofx", "n" * 100, "ü.ofx"]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("letter.pdf", b"%PDF-1.7", "pdf"),
        ("scan.jpg", b"\xff\xd8\xff\xe0", "image"),
        ("same.csv", b"Date;Amount\n2024-03-15;5\n", "csv"),
        ("README.txt", b"Statements of March.", "text"),
        ("nothing", b"", "text"),
        ("table.xlsx", zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")), "spreadsheet"),
    ],
)
def test_a_file_that_is_evidently_no_statement_is_told_on_the_first_one(name: str, content: bytes, kind: str) -> None:
    statements = read(zipped((f"docs/{name}", content), ("a.ofx", FIRST), ("b.ofx", SECOND)))
    assert [(note.code, note.facts) for note in statements[0].skipped] == [
        ("not_a_statement_file", {"file": name, "kind": kind})
    ]
    assert statements[1].skipped == ()


@pytest.mark.parametrize("name", ["__MACOSX/._a.ofx", ".DS_Store", "x/.gitkeep", "Thumbs.db", "x\\desktop.ini"])
def test_what_operating_systems_leave_behind_is_passed_over(name: str) -> None:
    statements = read(zipped((name, b"\0\1"), ("a.ofx", FIRST)))
    assert [one.skipped for one in statements] == [()]


def test_a_file_without_a_name_is_read_all_the_same() -> None:
    whole = bytearray(zipped(("a", FIRST)))
    for position in (whole.index(b"PK\x03\x04") + 30, whole.index(b"PK\x05\x06") - 1):
        assert whole[position : position + 1] == b"a"
        whole[position] = 0  # where zipfile lets a name end
    assert [one.file for one in read(bytes(whole))] == ["?"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("b.ofx", FIRST[: len(FIRST) // 2], "truncated"),
        ("b.txt", FIRST.replace(b"1.00", b"1.0.0"), "bad_amount"),
        ("b.ofx", b"", "empty"),
        ("b.ofx", b"<html>Session expired</html>", "unknown_format"),
        ("b.xml", b"<?xml version='1.0'?><Invoice/>", "unknown_format"),
        ("b", b"<?xml version='1.0'?><Invoice/>", "unknown_format"),
        ("b.txt", b":20:1\n:25:2\n:61:3\n", "unknown_format"),
        ("b.bin", b"\1\2\3\4", "unknown_format"),
        ("b.zip", zipped(("a.ofx", FIRST)), "bad_archive"),
        ("b.ofx.gz", gzip.compress(FIRST), "bad_archive"),
    ],
)
def test_a_file_that_should_be_a_statement_and_is_not_read_refuses_them_all(
    name: str, content: bytes, code: str
) -> None:
    refused = refusal(zipped(("a.ofx", FIRST), (f"march/{name}", content)))
    assert (refused.code, refused.file) == (code, name)
    assert str(refused).startswith(f"{name}: ")


def test_the_line_to_blame_is_the_one_of_the_file_inside() -> None:
    refused = refusal(zipped(("a.ofx", FIRST.replace(b"1.00", b"NaN"))))
    assert refused.line == FIRST[: FIRST.index(b"<TRNAMT>")].count(b"\n") + 1


@pytest.mark.parametrize("members", [(), (("a.pdf", b"%PDF-1.7"),), (("empty/", b""),)])
def test_an_archive_without_a_statement_is_refused(members: tuple[tuple[str, bytes], ...]) -> None:
    assert refusal(zipped(*members)).code == "not_a_statement"


@pytest.mark.parametrize(
    ("members", "hint"),
    [
        ((("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")), "spreadsheet"),
        ((("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")), "document"),
        ((("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<x/>")), "spreadsheet"),
        ((("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<x/>")), "document"),
    ],
)
def test_a_spreadsheet_is_told_from_an_archive(members: tuple[tuple[str, bytes], ...], hint: str) -> None:
    for content in (zipped(*members, packing=zipfile.ZIP_STORED), zipped(*members, packing=zipfile.ZIP_STORED)[:-30]):
        refused = refusal(content)
        assert (refused.code, refused.hint) == ("unknown_format", hint)


# Damage and bombs


def test_an_archive_cut_off_anywhere_is_refused() -> None:
    whole = zipped(("a.ofx", FIRST))
    for length in range(4, len(whole)):
        assert refusal(whole[:length]).code == "bad_archive", length


def test_an_archive_with_a_wrong_checksum_is_refused() -> None:
    whole = zipped(("a.ofx", FIRST), packing=zipfile.ZIP_STORED)
    refused = refusal(whole.replace(b"1.00", b"9.00"))
    assert (refused.code, refused.file) == ("bad_archive", "a.ofx")


def test_an_archive_whose_list_lacks_its_beginning_is_refused() -> None:
    for whole in (zipped(("a.ofx", FIRST)), zipped(("b.ofx", SECOND))):
        assert len(read(whole)) == 1
    assert refusal(zipped(("a.ofx", FIRST)) + zipped(("b.ofx", SECOND))).code == "bad_archive"
    only_the_inner_list = zipped(("a.ofx", FIRST), ("more.zip", zipped(("b.ofx", SECOND))), packing=zipfile.ZIP_STORED)
    end = only_the_inner_list.rindex(b"PK\x01\x02", 0, only_the_inner_list.rindex(b"PK\x01\x02"))
    assert refusal(only_the_inner_list[:end]).code == "bad_archive"


def test_an_encrypted_file_is_refused() -> None:
    whole = bytearray(zipped(("a.ofx", FIRST)))
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(header) + offset] |= 1
    refused = refusal(bytes(whole))
    assert (refused.code, refused.file) == ("bad_archive", "a.ofx")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(packing: int) -> None:
    assert refusal(zipped(("a.ofx", FIRST), packing=packing)).code == "bad_archive"


def test_as_many_files_as_allowed_are_read_and_one_more_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    assert len(read(zipped(("a", FIRST), ("b", SECOND)))) == 2
    assert refusal(zipped(("a", FIRST), ("b", SECOND), ("c.pdf", b"%PDF-"))).code == "bad_archive"


def test_as_many_bytes_as_allowed_are_unpacked_and_one_more_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    both = zipped(("a", FIRST), ("b", SECOND))
    monkeypatch.setattr(archive, "MAX_UNPACKED", len(FIRST) + len(SECOND))
    assert len(read(both)) == 2
    monkeypatch.setattr(archive, "MAX_UNPACKED", len(FIRST) + len(SECOND) - 1)
    assert (refusal(both).code, refusal(both).file) == ("bad_archive", "b")


def test_a_file_of_the_largest_size_is_unpacked_and_one_byte_more_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (zipped(("a", FIRST)), gzip.compress(FIRST)):
        monkeypatch.setattr(parsers, "MAX_BYTES", len(FIRST))
        assert len(read(content)) == 1
        monkeypatch.setattr(parsers, "MAX_BYTES", len(FIRST) - 1)
        assert refusal(content).code == "bad_archive"


def test_a_bomb_takes_no_more_memory_than_a_file_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "MAX_BYTES", 4 * 1024 * 1024)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bombs = [
        b"".join([*(packer.compress(bytes(1024 * 1024)) for _ in range(64)), packer.flush()]),
        zipped(("a.ofx", bytes(64 * 1024 * 1024))),
    ]
    tracemalloc.start()
    try:
        assert [refusal(bomb).code for bomb in bombs] == ["bad_archive", "bad_archive"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * parsers.MAX_BYTES


def test_text_is_packed_as_tightly_as_a_statement_and_more_tightly_is_refused() -> None:
    long = ofx(*(transaction(fitid=f"F{number}") for number in range(10_000)))
    assert len(long) > archive.SMALL
    assert len(read(zipped(("a.ofx", long)))[0].lines) == 10_000
    assert refusal(zipped(("a.ofx", long + b" " * 60_000_000))).file == "a.ofx"


def test_a_file_said_to_be_smaller_than_it_is_is_refused() -> None:
    whole = bytearray(zipped(("a.ofx", FIRST + b"\n" * 5000)))
    for header, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        begin = whole.index(header) + offset
        whole[begin : begin + 4] = struct.pack("<I", len(FIRST))
    assert refusal(bytes(whole)).code == "bad_archive"


# gzip


def test_gzip_of_one_file_is_read_with_the_name_it_gives() -> None:
    named = io.BytesIO()
    with gzip.GzipFile("march/a\x07.ofx", "wb", fileobj=named, mtime=0) as writer:
        writer.write(FIRST)
    assert told(read(named.getvalue())) == [("a.ofx", Decimal(1))]
    assert told(read(gzip.compress(FIRST, mtime=0))) == [("", Decimal(1))]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(FIRST)[:-9],
        gzip.compress(FIRST)[:-8] + bytes(8),
        b"\x1f\x8b",
        gzip.compress(zipped(("a.ofx", FIRST))),
        gzip.compress(gzip.compress(FIRST)),
        gzip.compress(b"a.ofx".ljust(257, b"\0") + b"ustar\0" + FIRST),
    ],
)
def test_gzip_that_is_damaged_or_holds_an_archive_is_refused(content: bytes) -> None:
    assert refusal(content).code == "bad_archive"


def test_gzip_of_no_statement_is_refused() -> None:
    assert refusal(gzip.compress(b"%PDF-1.7")).code == "not_a_statement"
    assert refusal(gzip.compress(FIRST[:300])).code == "truncated"


WHOLE = zipped(("a.ofx", FIRST), ("b/c.pdf", b"%PDF-1.7"), ("d.ofx", SECOND))


@settings(max_examples=300)
@given(
    st.sampled_from([WHOLE, gzip.compress(FIRST, mtime=0)]),
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_a_damaged_archive_is_read_or_refused_and_never_crashes(
    content: bytes, damages: list[tuple[int, int, bytes]]
) -> None:
    for position, length, replacement in damages:
        content = content[:position] + replacement + content[position + length :]
    statements: list[Statement] = []
    code = ""
    try:
        statements = read(content)
    except StatementError as refused:
        code = refused.code
    assert code or all(one.lines for one in statements)
