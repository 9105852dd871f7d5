"""Which parts of a bank's text were recognised as something of ours.

Text and phrases are cut into runs of digits and of letters, which are compared whole: no text takes longer than its
length times the longest phrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

#: Runs of digits, and of letters.
_RUNS: Final = re.compile(r"\d+|[^\W\d_]+")
#: Runs and signs of a phrase; nobody's name or number has more.
_MOST_RUNS: Final = 30
_LONGEST_PHRASE: Final = 400


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text; ``mark`` says as what it was recognised, empty for the rest."""

    text: str
    mark: str = ""


@dataclass(slots=True)
class _Node:
    """What may follow in a phrase, by its next run; ``mark`` is that of the phrase that ends here, if one does."""

    mark: str | None = None
    next: dict[str, _Node] = field(default_factory=dict)


def marked(text: str, phrases: Iterable[tuple[str, str]]) -> tuple[Segment, ...]:
    """Cut ``text`` where one of ``phrases`` stands in it, whatever the case and the separators.

    :param phrases: pairs of a phrase and its mark; of those that begin at one place the longest is marked, and where
        two overlap the first one in the text; payers glue words to a number's letters, so a phrase that begins with
        letters may begin within a word
    :return: segments that together are ``text``
    """
    root, begins = _tree(phrases)
    found = list(_RUNS.finditer(text)) if root.next else []
    runs = [each.group().lower() for each in found]
    segments: list[Segment] = []
    end, place = 0, 0
    while place < len(runs):
        begin, last, mark = _at(root, begins, runs, place)
        if last < place:
            place += 1
            continue
        start = found[place].start() + begin
        if start > end:
            segments.append(Segment(text[end:start]))
        end = found[last].end()
        segments.append(Segment(text[start:end], mark))
        place = last + 1
    if end < len(text):
        segments.append(Segment(text[end:]))
    return tuple(segments)


def _tree(phrases: Iterable[tuple[str, str]]) -> tuple[_Node, list[int]]:
    """Return the phrases as a tree of their runs, and the lengths of letters that they begin with, longest first."""
    root, begins = _Node(), set[int]()
    for phrase, mark in phrases:
        runs = [run.lower() for run in _RUNS.findall(phrase[: _LONGEST_PHRASE + 1])]
        if len(phrase) > _LONGEST_PHRASE or not 0 < len(runs) <= _MOST_RUNS:
            continue
        if len(runs) > 1 and runs[0].isalpha():
            begins.add(len(runs[0]))
        node = root
        for run in runs:
            node = node.next.setdefault(run, _Node())
        node.mark = mark
    return root, sorted(begins, reverse=True)


def _at(root: _Node, begins: Sequence[int], runs: Sequence[str], place: int) -> tuple[int, int, str]:
    """Return how many signs of the run at ``place`` a phrase leaves out, its last run, and its mark.

    The last run is before ``place`` if no phrase is there.
    """
    run = runs[place]
    last, mark = _longest(root.next.get(run), runs, place)
    if last >= place or not run.isalpha():
        return 0, last, mark
    for length in begins:
        if length < len(run):
            last, mark = _longest(root.next.get(run[-length:]), runs, place)
            if last > place:  # the end of a word alone is no name
                return len(run) - length, last, mark
    return 0, place - 1, ""


def _longest(node: _Node | None, runs: Sequence[str], place: int) -> tuple[int, str]:
    """Return the last run and the mark of the longest phrase that begins with ``node``, which stands at ``place``."""
    last, mark = place - 1, ""
    while node is not None:
        if node.mark is not None:
            last, mark = place, node.mark
        place += 1
        node = node.next.get(runs[place]) if place < len(runs) else None
    return last, mark
