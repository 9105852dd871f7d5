"""Archives of statements: ZIP of many files, gzip of one. Every file inside is read by its content, all or none.

Nothing that an archive says about itself is trusted: what comes out is counted while it comes out, so that neither
a bomb nor a false size takes more memory than the limits allow. Encrypted and nested archives are refused, and so are
ways of packing other than deflate, whose memory the archive itself would choose.

Files that are evidently no statements (a PDF, a picture, a table, a text) are told as ``not_a_statement_file``. What
means to be a statement, by its content or its name, and can't be read refuses the archive, naming the file: half an
archive would look like a whole one in the books. Spreadsheets and text documents are ZIP archives too and are told
from others by what they hold.

Formats: APPNOTE.TXT 6.3 of PKWARE for ZIP, RFC 1952 for gzip.
"""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO

from .file_kind import SENTENCES, guess
from .statement import Facts, Skipped, Statement, StatementError

MAX_MEMBERS = 2_000
MAX_UNPACKED = 128 * 1024 * 1024
"""Bytes that all files of an archive may have together."""
MAX_RATIO = 300
"""How many times larger than packed a file may be; text of a statement is some 30 times, deflate can do 1,032."""
SMALL = 1024 * 1024
"""Up to this size, a file may be packed as tightly as it likes."""

_PIECE = 256 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_ENTRY = b"PK\x01\x02"
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x41
_NAME_FOLLOWS, _MORE_FOLLOWS = 8, 4
_DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, RuntimeError, LookupError, OverflowError),
)
_NO_STATEMENTS = frozenset(
    ("spreadsheet", "old_spreadsheet", "document", "pdf", "image", "web_page", "json", "email", "csv", "text")
)
_STATEMENT_NAME = re.compile(r"\.(?:ofx|qfx|qbo|xml|camt|sta|mt940|940|qif|bai2?)(?:\.txt)?$", re.IGNORECASE)
_LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")

Reader = Callable[[bytes], list[Statement]]


def recognises(content: bytes) -> bool:
    """Whether ``content`` is a ZIP or gzip archive, sound or not."""
    return content.startswith((*_ZIP, _GZIP))


def read(content: bytes, read_one: Reader, most_bytes: int) -> list[Statement]:
    """Return the statements of every file in an archive, in its order, each with the name of its file.

    :param read_one: reads one file
    :param most_bytes: how large one file may be
    :raises StatementError: ``bad_archive``, or why one of the files is refused, with its name
    """
    is_zip = content.startswith(_ZIP)
    statements: list[Statement] = []
    skipped: list[Skipped] = []
    for name, member in _zipped(content, most_bytes) if is_zip else _gzipped(content, most_bytes):
        try:
            read_here = _read_member(name, member, read_one)
        except StatementError as refusal:
            raise _of_file(refusal, name) from None
        if isinstance(read_here, Skipped):
            skipped.append(read_here)
        else:
            statements += [replace(statement, file=name) for statement in read_here]
    if not statements:
        told = f" Files of other kinds in it: {len(skipped)}." if skipped else ""
        raise StatementError("not_a_statement", f"The archive holds no bank statement.{told}")
    statements[0] = replace(statements[0], skipped=(*statements[0].skipped, *skipped))
    return statements


def _of_file(refusal: StatementError, name: str) -> StatementError:
    """Return ``refusal`` with the name of the file that it is about."""
    return StatementError(refusal.code, refusal.message, refusal.line, name, refusal.hint)


def _read_member(name: str, member: bytes, read_one: Reader) -> list[Statement] | Skipped:
    """Return the statements of one file, or that it is none."""
    if recognises(member):
        kind = _office_kind(member)
        if not kind:
            raise StatementError("bad_archive", "It is an archive inside the archive.", hint="archive")
        return _told_as_other(name, kind)
    try:
        return read_one(member)
    except StatementError as refusal:
        is_meant = _STATEMENT_NAME.search(name) is not None
        if refusal.code == "unknown_format" and refusal.hint in _NO_STATEMENTS and not is_meant:
            return _told_as_other(name, refusal.hint)
        if refusal.code == "empty" and not is_meant:
            return _told_as_other(name, "text")
        raise


def _told_as_other(name: str, kind: str) -> Skipped:
    facts: Facts = {"file": name, "kind": kind}
    return Skipped("not_a_statement_file", facts)


def _zipped(content: bytes, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file in a ZIP archive, leaving out what operating systems add to it."""
    if content.count(_ENTRY) > MAX_MEMBERS:
        raise StatementError("bad_archive", f"The archive holds more than {MAX_MEMBERS} files.", hint="archive")
    kind = _office_kind(content)
    if kind:
        raise StatementError(
            "unknown_format", f"This is no bank statement that we can read. {SENTENCES[kind]}", hint=kind
        )
    left = MAX_UNPACKED
    with _opened(content) as archive:
        if min((info.header_offset for info in archive.infolist()), default=0):
            raise StatementError(
                "bad_archive", "The archive is damaged: its list lacks the first file.", hint="archive"
            )
        for info in archive.infolist():
            name = _clean_name(info.filename)
            if info.filename.endswith(("/", "\\")) or _is_left_by_system(info.filename):
                continue
            if info.flag_bits & _ENCRYPTED:
                raise StatementError("bad_archive", "The file is encrypted.", file=name, hint="archive")
            if info.compress_type not in _PACKINGS:
                raise StatementError("bad_archive", "The file is packed in an uncommon way.", file=name, hint="archive")
            try:
                with archive.open(info) as source:
                    member = _unpacked(source, min(info.compress_size, len(content)), min(left, most_bytes))
            except _DAMAGES as problem:
                raise StatementError("bad_archive", f"It is damaged: {problem}", file=name, hint="archive") from None
            except StatementError as refusal:
                raise _of_file(refusal, name) from None
            left -= len(member)
            yield name, member


def _opened(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGES as problem:
        raise StatementError("bad_archive", f"The archive is damaged: {problem}", hint="archive") from None


def _gzipped(content: bytes, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the one file of a gzip archive."""
    name = _gzip_name(content)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as source:
            member = _unpacked(source, len(content), most_bytes)
    except _DAMAGES as problem:
        raise StatementError("bad_archive", f"The archive is damaged: {problem}", hint="archive") from None
    if guess(member) == "archive":
        raise StatementError("bad_archive", "It is an archive inside the archive.", file=name, hint="archive")
    yield name, member


def _unpacked(source: IO[bytes] | gzip.GzipFile, packed: int, most: int) -> bytes:
    """Return what ``source`` gives, counted while it comes."""
    pieces: list[bytes] = []
    size = 0
    while piece := source.read(_PIECE):
        size += len(piece)
        if size > most:
            raise StatementError("bad_archive", "Unpacked, it is larger than what is read.", hint="archive")
        if size > SMALL and size > MAX_RATIO * packed:
            raise StatementError("bad_archive", "It is packed more tightly than a statement can be.", hint="archive")
        pieces.append(piece)
    return b"".join(pieces)


def _office_kind(content: bytes) -> str:
    """Return ``spreadsheet`` or ``document`` for an archive that is one, else nothing."""
    if not content.startswith(_ZIP) or content.count(_ENTRY) > MAX_MEMBERS:
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            is_open_document = "mimetype" in names and archive.infolist()[0].filename == "mimetype"
    except _DAMAGES:
        # The first file of an office document stands in clear at its beginning.
        names, is_open_document = set(), False
    head = content[:4096]
    if is_open_document or b"mimetypeapplication/vnd.oasis" in head[:100]:
        return "spreadsheet" if b"opendocument.spreadsheet" in head else "document"
    if "[Content_Types].xml" in names or b"[Content_Types].xml" in head[:100]:
        is_text = any(name.startswith(("word/", "ppt/", "visio/")) for name in names) or b"word/" in head
        return "document" if is_text else "spreadsheet"
    return ""


def _is_left_by_system(path: str) -> bool:
    name = path.replace("\\", "/").rpartition("/")[2]
    return path.startswith("__MACOSX/") or name.startswith(".") or name.lower() in _LEFT_BY_SYSTEMS


def _clean_name(path: str) -> str:
    """Return the last part of ``path`` as it can be shown: printable, of a decent length."""
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(char for char in name if char.isprintable()).strip()[:100] or "?"


def _gzip_name(content: bytes) -> str:
    """Return the name that a gzip archive gives its file, empty when it gives none (RFC 1952, section 2.3)."""
    flags, position = content[3:4], 10
    if not flags or not flags[0] & _NAME_FOLLOWS:
        return ""
    if flags[0] & _MORE_FOLLOWS:
        position += 2 + int.from_bytes(content[10:12], "little")
    end = content.find(b"\0", position, position + 1024)
    return _clean_name(content[position:end].decode("latin-1")) if end > position else ""
