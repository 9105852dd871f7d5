"""Bank statement files in, statements out: one reader per format, recognised by content and never by file name.

A new format is one module with ``recognises`` and ``read``, added to :data:`FORMATS`. Readers know no Odoo, open no
file and no connection, keep no state, and take time and memory in proportion to the file, whatever it holds.
"""

from __future__ import annotations

from typing import Protocol

from . import ofx
from .identity import line_identities
from .statement import Remark, Skipped, Statement, StatementError, StatementLine

__all__ = ["Remark", "Skipped", "Statement", "StatementError", "StatementLine", "line_identities", "read"]

MAX_BYTES = 32 * 1024 * 1024


class Format(Protocol):
    """A kind of statement file."""

    def recognises(self, content: bytes) -> bool:
        """Whether ``content`` means to be a file of this format, sound or not."""

    def read(self, content: bytes) -> list[Statement]:
        """Return every statement of ``content``, in its order, or raise :class:`StatementError`."""


FORMATS: tuple[Format, ...] = (ofx,)

# What people upload by mistake, by its first bytes.
_LOOKS_LIKE = (
    (b"PK\x03\x04", "It looks like a spreadsheet or a ZIP file."),
    (b"\xd0\xcf\x11\xe0", "It looks like an old spreadsheet."),
    (b"%PDF", "It looks like a PDF document."),
    (b"<!DOCTYPE HTML", "It looks like a web page, perhaps the bank's login or error page."),
    (b"<HTML", "It looks like a web page, perhaps the bank's login or error page."),
)


def read(content: bytes) -> list[Statement]:
    """Return every statement of a bank's file, in the order of the file; all of it or nothing.

    :raises StatementError: says why the file is refused as a whole, and which line is to blame
    """
    if len(content) > MAX_BYTES:
        raise StatementError("too_large", f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    if not content.strip(b"\0 \t\r\n\x0c\xef\xbb\xbf\xff\xfe"):
        raise StatementError("empty", "The file is empty.")
    for known in FORMATS:
        if known.recognises(content):
            return known.read(content)
    beginning = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").upper()
    guess = next((what for marker, what in _LOOKS_LIKE if beginning.startswith(marker)), "")
    raise StatementError("unknown_format", f"This is no bank statement that we can read. {guess}".strip())
