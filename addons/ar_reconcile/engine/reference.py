"""Finding our references in what payers write.

Texts and references are cut into *pieces*: longest runs of letters or of
digits, in capitals. Separators carry no meaning: ``INV/2026/00123`` is named by
``inv 2026-00123`` and ``INV202600123`` alike. A piece of digits is never cut,
so ``INV-0112`` is not found in ``INV-01123``; letters before a reference may be
glued to it (``VIRINV01123``). Work is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: A reference is looked for in at most so many consecutive pieces of a text.
WIDEST = 8
#: Bare digits count as the end of a number from this many significant digits.
FEWEST_BARE_DIGITS = 4
#: A reference of digits alone is a whole reference from this many; shorter ones are like any other figure.
FEWEST_DIGITS_ALONE = 6
#: Letters that may be glued before a reference.
MOST_GLUED_LETTERS = 12
#: Pieces of a text that are looked at; statements carry a few dozen.
MOST_PIECES = 2_000

_PIECE = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of letters or digits in capitals, at ``start`` to ``end`` of its text."""

    text: str
    start: int
    end: int

    @property
    def is_digits(self) -> bool:
        """Whether the run is of digits."""
        return self.text.isdecimal()


@dataclass(frozen=True, slots=True)
class Mention:
    """A place of a text that names items.

    ``is_full`` tells a whole reference from the bare digits of its end;
    ``text`` is what stands there, from ``start`` to ``end``.
    """

    keys: tuple[int, ...]
    is_full: bool
    text: str
    start: int
    end: int


def pieces(text: str) -> list[Piece]:
    """Cut ``text`` into runs of letters and of digits."""
    found = []
    for match in _PIECE.finditer(text):
        found.append(Piece(match[0].upper(), match.start(), match.end()))
        if len(found) == MOST_PIECES:
            break
    return found


def compact(reference: str) -> str:
    """Return ``reference`` in capitals without separators."""
    return "".join(piece.text for piece in pieces(reference))


def _without_zeros(piece: str) -> str:
    return (piece.lstrip("0") or "0") if piece.isdecimal() else piece


def _is_telling(reference: str) -> bool:
    """Whether a reference says enough to name an item: digits, and four signs."""
    return len(reference) >= 4 and any(sign.isdecimal() for sign in reference)


def spellings(text: str) -> set[str]:
    """Return all that ``text`` could name as a whole reference, in capitals without separators."""
    cut = pieces(text)
    found: set[str] = set()
    for position in range(len(cut)):
        for width in range(1, min(WIDEST, len(cut) - position) + 1):
            window = [piece.text for piece in cut[position : position + width]]
            found.update(whole for reading in _glued_readings(window) if _is_telling(whole := "".join(reading)))
    return found


def digit_runs(text: str) -> set[str]:
    """Return the runs of digits of ``text``, and neighbouring ones joined, without leading zeros."""
    cut = [piece.text for piece in pieces(text)]
    runs = {_without_zeros(run) for run in cut if run.isdecimal()}
    pairs = (first + second for first, second in pairwise(cut))
    return runs | {_without_zeros(pair) for pair in pairs if pair.isdecimal()}


def telling_runs(reference: str) -> set[str]:
    """Return the runs of digits by which a text that names ``reference`` gives itself away.

    These are its last run (not its year), the last two joined, and all of them. A text shares one of them by
    :func:`digit_runs`, unless it breaks a number in more than two: good enough to fetch the lines that could name an
    item, at a fraction of the cost of reading them.
    """
    runs = [piece.text for piece in pieces(reference) if piece.is_digits]
    return {_without_zeros(run) for run in (*runs[-1:], "".join(runs[-2:]), "".join(runs)) if run}


class ReferenceIndex:
    """The references of many items, ready to be found in many texts."""

    def __init__(self, references: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Index ``(key, references)`` pairs; the first reference is the item's number."""
        self._compact: dict[str, set[int]] = {}
        self._unpadded: dict[tuple[str, ...], set[int]] = {}
        self._bare: dict[str, set[int]] = {}
        for key, names in references:
            for position, name in enumerate(names):
                parts = [piece.text for piece in pieces(name)]
                whole = "".join(parts)
                if not _is_telling(whole):
                    continue
                if not whole.isdecimal() or len(whole) >= FEWEST_DIGITS_ALONE:
                    self._compact.setdefault(whole, set()).add(key)
                    self._unpadded.setdefault(tuple(map(_without_zeros, parts)), set()).add(key)
                bare = _without_zeros(parts[-1])
                if position == 0 and bare.isdecimal() and len(bare) >= FEWEST_BARE_DIGITS:
                    self._bare.setdefault(bare, set()).add(key)

    def mentions(self, text: str) -> list[Mention]:
        """Return the places of ``text`` that name items, from left to right.

        The longest reading of a place wins; bare digits count only where no
        whole reference stands.
        """
        cut = pieces(text)
        found: list[Mention] = []
        position = 0
        while position < len(cut):
            width, keys = self._longest_at(cut, position)
            if keys:
                found.append(_mention(text, cut[position : position + width], keys, is_full=True))
                position += width
                continue
            piece = cut[position]
            if piece.is_digits and (alike := self._bare.get(_without_zeros(piece.text))):
                found.append(_mention(text, [piece], alike, is_full=False))
            position += 1
        return found

    def _longest_at(self, cut: Sequence[Piece], position: int) -> tuple[int, set[int]]:
        """Return the width and the items of the longest whole reference at ``position``."""
        for width in range(min(WIDEST, len(cut) - position), 0, -1):
            window = [piece.text for piece in cut[position : position + width]]
            for reading in _glued_readings(window):
                keys = self._compact.get("".join(reading)) or self._unpadded.get(tuple(map(_without_zeros, reading)))
                if keys:
                    return width, keys
        return 0, set()


def _glued_readings(window: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the window, then without letters that may be glued before a reference."""
    yield window
    first = window[0]
    if first.isdecimal() or len(window) == 1:
        return
    for cut in range(1, min(len(first), MOST_GLUED_LETTERS + 1)):
        yield [first[cut:], *window[1:]]


def _mention(text: str, window: Sequence[Piece], keys: set[int], *, is_full: bool) -> Mention:
    start, end = window[0].start, window[-1].end
    return Mention(tuple(sorted(keys)), is_full, text[start:end], start, end)
