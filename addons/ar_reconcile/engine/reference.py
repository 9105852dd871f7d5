"""Finding our references in what payers write.

Texts and references are cut into *pieces*: longest runs of letters or of digits, in capitals. Separators carry no
meaning: ``INV/2026/00123`` is named by ``inv 2026-00123`` and ``INV202600123`` alike. Of a reference the *prefix* is
what stands before its first digit, the *core* all the rest, and the *tail* its last run of digits. A run of digits is
never cut, so ``INV-0112`` is not found in ``INV-01123``; letters before a reference may be glued to it
(``VIRINV01123``), zeros may be missing, and the prefix or all but the tail may be left out.

How much it says that a text names a reference is told in decibans, tenths of a power of ten: a random number equals
one of ours of *n* digits once in 10 to the *n*. Work is linear in the length of the text, whatever the number of items.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA
from stdnum import iso11649
from stdnum.exceptions import ValidationError

#: A reference is looked for in at most so many consecutive pieces of a text.
WIDEST = 8
#: Digits that count as the tail of a number from this many, as they are written.
FEWEST_TAIL_DIGITS = 4
#: Digits that count as the end of a number, where other evidence tells whose it is.
FEWEST_LAST_DIGITS = 3
#: Digits in which a mistake is looked for, at least and at most.
FEWEST_MISTAKEN_DIGITS = 5
MOST_MISTAKEN_DIGITS = 40
#: Pieces of a text that are looked at; a payment of forty invoices has fewer.
MOST_PIECES = 600
#: A number is broken into so many pieces at most, where it stands alone.
MOST_BREAKS = 3
#: Numbers of a range such as 2805-2810, and ranges that are looked at.
WIDEST_RANGE = 60
MOST_RANGES = 20

#: Decibans of a digit that agrees; less than ten, for neither dates nor numbers are evenly spread.
DIGIT_WEIGHT = 7.5
PREFIX_WEIGHT = 15
CORE_WEIGHT = 12
MOST_WEIGHT = 60
RANGE_WEIGHT = 20
#: A mistake is made in a few of a hundred references, in one of some dozens of ways.
MISTAKE_WEIGHT = -28
#: The reference's check digits tell that what was written is no reference at all.
CHECK_DIGITS_WEIGHT = 8
#: Digits that a year could be say little.
YEARS = range(1990, 2050)
YEAR_WEIGHT = 8

_PIECE = re.compile(r"[^\W\d_]+|\d+")
#: Letters as wide as Chinese ones, and what they are.
_FULL_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF21, 0xFF3B)}
_RANGE_WORDS = frozenset({"BIS", "TO", "A", "AU", "À", "AL", "T"})


class Level(IntEnum):
    """How a text names a reference, the weakest first."""

    LAST_DIGITS = 1
    MISTAKE = 2
    RANGE = 3
    TAIL = 4
    CORE = 5
    FULL = 6


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
    """How a text names one reference: ``text`` is what stands there, ``place`` tells places apart, in decibans."""

    level: Level
    weight: int
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One of our references, ready to be looked for.

    ``tail`` and ``unpadded`` core are without leading zeros, ``digits`` are those of the core.
    """

    prefix: str
    core: str
    unpadded: str
    tail: str
    written_tail: str
    digits: str
    has_parts: bool


def pieces(text: str) -> list[Piece]:
    """Cut ``text`` into runs of letters and of digits."""
    found = []
    for match in _PIECE.finditer(text):
        found.append(Piece(_plain(match[0]), match.start(), match.end()))
        if len(found) == MOST_PIECES:
            break
    return found


def _plain(run: str) -> str:
    """Return a run of letters in capitals of usual width, one of digits of any script in those of ASCII."""
    if not run.isascii() and run.isdecimal():
        return "".join(str(int(digit)) for digit in run)
    return run.upper() if run.isascii() else run.upper().translate(_FULL_WIDTH)


def compact(reference: str) -> str:
    """Return ``reference`` in capitals without separators."""
    return "".join(piece.text for piece in pieces(reference))


def _without_zeros(piece: str) -> str:
    return (piece.lstrip("0") or "0") if piece.isdecimal() else piece


@lru_cache(maxsize=1 << 17)
def as_reference(text: str) -> Reference | None:
    """Return ``text`` as a reference to look for, or ``None`` when it says too little to name anything."""
    runs = [_plain(run) for run in _PIECE.findall(text)]
    first = next((place for place, run in enumerate(runs) if run.isdecimal()), None)
    if first is None:
        return None
    core, prefix = runs[first:], "".join(runs[:first])
    digits = [run for run in core if run.isdecimal()]
    joined = "".join(core)
    if len(prefix) + len(joined) < FEWEST_TAIL_DIGITS:
        return None
    return Reference(
        prefix,
        joined,
        "|".join([run.lstrip("0") or "0" if run.isdecimal() else run for run in core]),
        digits[-1].lstrip("0") or "0",
        digits[-1],
        "".join(digits),
        len(core) > 1,
    )


class Reading:
    """What one payment's texts could name, ready to be compared with many references."""

    __slots__ = ("_cores", "_mistakable", "_ranges", "_runs", "_tails", "_unpadded")

    def __init__(self, texts: Iterable[str]) -> None:
        """Cut ``texts`` once, and note every run and window that starts with digits."""
        self._cores: dict[str, tuple[str, str]] = {}
        self._unpadded: dict[str, tuple[str, str]] = {}
        self._tails: dict[str, tuple[int, str]] = {}
        self._runs: dict[str, str] = {}
        self._mistakable: defaultdict[tuple[str, int], list[tuple[str, str]]] | None = None
        self._ranges: list[tuple[int, int, str]] = []
        for text in texts:
            self._read(text, pieces(text))

    def _read(self, text: str, cut: Sequence[Piece]) -> None:
        for place, piece in enumerate(cut):
            if not piece.is_digits:
                continue
            before = _letters_before(cut, place)
            joined, unpadded, is_number = "", "", True
            for width, other in enumerate(cut[place : place + WIDEST], start=1):
                joined += other.text
                unpadded += ("|" if unpadded else "") + _without_zeros(other.text)
                said = text[piece.start : other.end]
                _note(self._cores, joined, before, said)
                _note(self._unpadded, unpadded, before, said)
                is_number = is_number and other.is_digits
                if is_number and width <= MOST_BREAKS:
                    self._runs.setdefault(joined, said)
                    tail = _without_zeros(joined)
                    if self._tails.get(tail, (0, ""))[0] < len(joined):
                        self._tails[tail] = (len(joined), said)
        self._read_ranges(text, cut)

    def _read_ranges(self, text: str, cut: Sequence[Piece]) -> None:
        for first, last in _range_ends(text, cut):
            low, high = int(first.text[-12:]), int(last.text[-12:])
            if len(last.text) < len(first.text):
                high = low - low % 10 ** len(last.text) + high
            if 0 < high - low <= WIDEST_RANGE and len(self._ranges) < MOST_RANGES:
                self._ranges.append((low, high, text[first.start : last.end]))

    @property
    def cores(self) -> Iterable[str]:
        """All windows that a reference's core could equal, without separators."""
        return self._cores

    @property
    def unpadded(self) -> Iterable[str]:
        """All windows without leading zeros, their pieces joined by ``|``."""
        return self._unpadded

    @property
    def tails(self) -> Iterable[str]:
        """All runs of digits that a reference's tail could equal, without leading zeros."""
        return (tail for tail, (length, _text) in self._tails.items() if length >= FEWEST_TAIL_DIGITS)

    @property
    def has_digits(self) -> bool:
        """Whether any number stands in the texts."""
        return bool(self._runs)

    def mention(self, reference: Reference) -> Mention | None:
        """Return how the texts name ``reference``: the whole of it, its core or its tail."""
        found = self._cores.get(reference.core)
        length = len(reference.written_tail)
        if found is None:
            found = self._unpadded.get(reference.unpadded)
            length = len(reference.tail)
        if found is not None and (reference.has_parts or reference.prefix or length >= FEWEST_TAIL_DIGITS):
            return self._whole(reference, found, length)
        tail = self._tails.get(reference.tail)
        if tail is None or tail[0] < FEWEST_TAIL_DIGITS or _is_year(reference.tail):
            return None
        return Mention(Level.TAIL, _digits_weight(reference.tail, min(tail[0], 6)), tail[1], reference.tail)

    def _whole(self, reference: Reference, found: tuple[str, str], length: int) -> Mention | None:
        before, said = found
        has_prefix = bool(reference.prefix) and _has_prefix(before, reference.prefix)
        if not has_prefix and not reference.has_parts and length < FEWEST_TAIL_DIGITS:
            return None
        weight = _digits_weight(reference.tail, length)
        weight += CORE_WEIGHT * reference.has_parts + PREFIX_WEIGHT * has_prefix
        is_full = has_prefix or (not reference.prefix and length + 2 * reference.has_parts >= 6)
        told = f"{reference.prefix} {said}" if has_prefix else said
        return Mention(Level.FULL if is_full else Level.CORE, min(MOST_WEIGHT, weight), told, reference.tail)

    def weak_mention(self, reference: Reference) -> Mention | None:
        """Return how the texts name ``reference`` for whoever knows whose it is: in a range, by last digits."""
        number = int(reference.tail[-12:])
        for low, high, said in self._ranges:
            for modulus in (10**12, 10 ** len(str(high))):
                if low <= number % modulus <= high:
                    return Mention(Level.RANGE, RANGE_WEIGHT, said, reference.tail)
        for length in range(min(len(reference.written_tail), 6), FEWEST_LAST_DIGITS - 1, -1):
            last = reference.written_tail[-length:]
            told = self._runs.get(last)
            if told is not None and not _is_year(last):
                return Mention(Level.LAST_DIGITS, round(DIGIT_WEIGHT * length - 5), told, _without_zeros(last))
        return None

    def mistaken(self, reference: Reference) -> Mention | None:
        """Return what the texts say in place of ``reference``: with two digits swapped, one more, less or other."""
        best: Mention | None = None
        wholes = ((reference.digits, reference.has_parts), (reference.written_tail, False), (reference.tail, False))
        for wanted, parts in wholes:
            if not FEWEST_MISTAKEN_DIGITS <= len(wanted) <= MOST_MISTAKEN_DIGITS:
                continue
            for run, said in self._runs_like(wanted):
                weight = _digits_weight(reference.tail, len(reference.written_tail)) + CORE_WEIGHT * parts
                weight = min(MOST_WEIGHT, weight) + MISTAKE_WEIGHT
                if _fails_its_check(reference, run):
                    weight += CHECK_DIGITS_WEIGHT
                if best is None or weight > best.weight:
                    best = Mention(Level.MISTAKE, max(weight, 1), said, _place_of_run(run, parts))
            if best is not None:
                break
        return best

    def _runs_like(self, wanted: str) -> list[tuple[str, str]]:
        """Return the runs that are one mistake away from ``wanted``, with what stands there, in a fixed order.

        One mistake leaves the beginning or the end as it is.
        """
        if self._mistakable is None:
            self._mistakable = defaultdict(list)
            for run, said in self._runs.items():
                if FEWEST_MISTAKEN_DIGITS - 1 <= len(run) <= MOST_MISTAKEN_DIGITS + 1 and not _is_day(run):
                    for width in (2, 3):
                        self._mistakable[run[:width], 0].append((run, said))
                        self._mistakable[run[-width:], 1].append((run, said))
        width = 2 if len(wanted) < 7 else 3  # two digits that are swapped in the middle of six touch the third
        near = self._mistakable.get((wanted[:width], 0), ()), self._mistakable.get((wanted[-width:], 1), ())
        if not (near[0] or near[1]):
            return []
        like = {each for some in near for each in some if OSA.distance(each[0], wanted, score_cutoff=1) == 1}
        return sorted(like)


def _letters_before(cut: Sequence[Piece], place: int) -> str:
    """Return the runs of letters that stand before a number, joined by blanks."""
    letters: list[str] = []
    for piece in reversed(cut[max(0, place - 3) : place]):
        if piece.is_digits:
            break
        letters.insert(0, piece.text)
    return " ".join(letters)


def _has_prefix(before: str, prefix: str) -> bool:
    """Whether the letters before a number end with a prefix; banks glue words to it.

    A single letter more makes another prefix: RINV is not INV.
    """
    if not before.replace(" ", "").endswith(prefix):
        return False
    return len(before.rpartition(" ")[2]) - len(prefix) != 1


def _note(windows: dict[str, tuple[str, str]], window: str, before: str, said: str) -> None:
    """Keep the first place of a window, but rather one with letters before it."""
    if window not in windows or (before and not windows[window][0]):
        windows[window] = (before, said)


def _digits_weight(tail: str, length: int) -> int:
    if _is_year(tail):
        return YEAR_WEIGHT
    return min(MOST_WEIGHT, round(DIGIT_WEIGHT * length))


def _is_year(run: str) -> bool:
    return len(run) == 4 and int(run) in YEARS


def _is_day(run: str) -> bool:
    """Whether a run of digits may be a year, a month of one, or a day."""
    return _is_year(run[-4:]) and (len(run) == 4 or (len(run) <= 8 and int(run[-6:-4]) <= 12))


def _place_of_run(run: str, has_parts: bool) -> str:
    """Name the place of a run as a mention of what really stands there would."""
    return _without_zeros(run[4:] if has_parts and len(run) > 8 else run)


def _fails_its_check(reference: Reference, run: str) -> bool:
    """Whether ``reference`` has valid check digits and what was written in its place has not."""
    if reference.prefix != "RF":
        return False
    return _is_valid_rf(reference.core) and not _is_valid_rf(run)


def _is_valid_rf(core: str) -> bool:
    try:
        iso11649.validate("RF" + core)
    except ValidationError:
        return False
    return True


def _range_ends(text: str, cut: Sequence[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """Yield the numbers between which a text spans a range."""
    for place, (first, second) in enumerate(pairwise(cut)):
        if not first.is_digits or len(first.text) < FEWEST_LAST_DIGITS:
            continue
        if second.is_digits:
            between = text[first.end : second.start].strip()
            if between in {"-", "–", "—", "..", "...", "->"}:
                yield first, second
        elif second.text in _RANGE_WORDS and place + 2 < len(cut) and cut[place + 2].is_digits:
            yield first, cut[place + 2]


def spellings(text: str) -> set[str]:
    """Return all that ``text`` could name as the core of a reference, in capitals without separators."""
    return {core for core in Reading([text]).cores if len(core) >= FEWEST_TAIL_DIGITS}


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
