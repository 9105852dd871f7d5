"""What the tests of every format ask of a reader: how much work it does, and how it takes a damaged file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers import Statement, StatementError, line_identities

#: Where a file is damaged, how many bytes go, and what comes in their place.
Damage = tuple[int, int, bytes]


def calls_made(read: Callable[[bytes], object], content: bytes) -> int:
    """Return how many functions, Python's own and C's, the reading of a file calls."""
    calls = 0

    def count(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        with suppress(StatementError):
            read(content)
    finally:
        sys.setprofile(None)
    return calls


def damages(sound: bytes, fragments: list[str]) -> st.SearchStrategy[list[Damage]]:
    """Return a strategy that draws one to six damages of a sound file."""
    replacements = st.binary(max_size=8) | st.sampled_from([fragment.encode() for fragment in fragments])
    damage = st.tuples(st.integers(0, len(sound)), st.integers(0, 40), replacements)
    return st.lists(damage, min_size=1, max_size=6)


def assert_read_or_refused(read: Callable[[bytes], list[Statement]], sound: bytes, drawn: list[Damage]) -> None:
    """Read a damaged file: each line of what is read has an id of its own, and a refusal names a line of the file."""
    content = sound
    for position, length, replacement in drawn:
        content = content[:position] + replacement + content[position + length :]
    statements: list[Statement] = []
    line = None
    try:
        statements = read(content)
    except StatementError as refused:
        line = refused.line
    assert line is None or 1 <= line <= content.count(b"\n") + content.count(b"\r") + 1
    for one in statements:
        assert len(set(line_identities(one))) == len(one.lines)
