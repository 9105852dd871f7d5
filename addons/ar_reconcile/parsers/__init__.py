"""Bank statement files in, statements out: one reader per format, recognised by content and never by file name.

A new format is one module with ``recognises`` and ``read``, added to :data:`FORMATS`. Readers know no Odoo, open no
file and no connection, keep no state, and take time and memory in proportion to the file, whatever it holds.
"""

from __future__ import annotations

from typing import Protocol

from . import archive, camt, ofx
from .file_kind import SENTENCES, guess
from .identity import line_identities
from .statement import Remark, Skipped, Statement, StatementError, StatementLine

__all__ = ["Remark", "Skipped", "Statement", "StatementError", "StatementLine", "line_identities", "read"]

MAX_BYTES = 64 * 1024 * 1024
"""Size of a file: twice a camt.053 of 50,000 entries with long texts."""


class Format(Protocol):
    """A kind of statement file."""

    def recognises(self, content: bytes) -> bool:
        """Whether ``content`` means to be a file of this format, sound or not."""

    def read(self, content: bytes) -> list[Statement]:
        """Return every statement of ``content``, in its order, or raise :class:`StatementError`."""


FORMATS: tuple[Format, ...] = (ofx, camt)


def read(content: bytes) -> list[Statement]:
    """Return every statement of a bank's file or of an archive of such files, in its order; all of it or nothing.

    :raises StatementError: says why the file is refused as a whole, and which line, or which file of an archive, is
        to blame
    """
    if len(content) > MAX_BYTES:
        raise StatementError("too_large", f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    if archive.recognises(content):
        return archive.read(content, _read_one, MAX_BYTES)
    return _read_one(content)


def _read_one(content: bytes) -> list[Statement]:
    """Return every statement of a file that is no archive."""
    if not content.strip(b"\0 \t\r\n\x0c\xef\xbb\xbf\xff\xfe"):
        raise StatementError("empty", "The file is empty.")
    for known in FORMATS:
        if known.recognises(content):
            return known.read(content)
    hint = guess(content)
    told = f"This is no bank statement that we can read. {SENTENCES.get(hint, '')}"
    raise StatementError("unknown_format", told.strip(), hint=hint)
