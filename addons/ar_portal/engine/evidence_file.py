"""Files that a customer sends: what kind each is by its content, and a name that does no harm.

The name's ending and the content must say the same. Nothing is opened further than that needs.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from io import BytesIO

MEGABYTE = 1024 * 1024
LARGEST, MOST = 10 * MEGABYTE, 10
LONGEST_NAME = 80

#: Endings of names by kind, with the type that the file is stored as.
KINDS = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
SAME_KIND = {"jpeg": "jpg"}
BEGINNINGS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "xlsx": b"PK\x03\x04"}
UNSAFE = re.compile(r"[^\w .()+-]+")


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that may be kept."""

    name: str
    mimetype: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that may not, with the ``code`` of the reason: empty, too_large, kind, content."""

    name: str
    code: str


def checked(name: str, content: bytes) -> EvidenceFile | RefusedFile:
    """Tell whether a file may be kept, under which name and as what."""
    stem, kind = safe_name(name)
    shown = f"{stem}.{kind}" if kind else stem
    if kind not in KINDS:
        return RefusedFile(shown, "kind")
    if not content:
        return RefusedFile(shown, "empty")
    if len(content) > LARGEST:
        return RefusedFile(shown, "too_large")
    if not _is_kind(kind, content):
        return RefusedFile(shown, "content")
    return EvidenceFile(shown, KINDS[kind], content)


def safe_name(name: str) -> tuple[str, str]:
    """Split a name that anybody may have chosen: a stem without folders and signs, and the kind in small letters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem, _, ending = last.rpartition(".")
    if not stem:
        stem, ending = ending, ""
    stem = UNSAFE.sub("_", stem).strip(" ._")[:LONGEST_NAME].strip() or "file"
    ending = UNSAFE.sub("", ending.lower())[:8]
    return stem, SAME_KIND.get(ending, ending)


def _is_kind(kind: str, content: bytes) -> bool:
    if kind == "csv":
        return _is_text(content)
    return content.startswith(BEGINNINGS[kind]) and (kind != "xlsx" or _is_workbook(content))


def _is_text(content: bytes) -> bool:
    """Whether it is text in whatever usual encoding: no zero bytes, unless they belong to UTF-16."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    return b"\x00" not in content and not start.startswith((b"<", b"%pdf", b"pk\x03\x04", b"mz", b"#!"))


def _is_workbook(content: bytes) -> bool:
    """Whether a ZIP file is a workbook without macros; only its list of contents is read."""
    try:
        names = {name.lower() for name in zipfile.ZipFile(BytesIO(content)).namelist()}
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    return {"[content_types].xml", "xl/workbook.xml"} <= names and not any("vbaproject" in name for name in names)
