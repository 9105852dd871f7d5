"""What of a bank's file is new to a journal: nothing twice, nothing lost, and a doubt is told instead of decided.

Rules, for the transactions of one statement, in the order of the file:

1. A transaction whose identity is in the journal is *known*.
2. A booked entry of the bank may come in several forms: as one sum in a statement (camt.053), divided into its
   details in a notification (camt.054), in a report before the day is over (camt.052). It is one entry when the
   bank's reference, day and amount are the same; without a reference, when day and amount have exactly one
   counterpart on either side. Only entries of another source are compared in this way: within one source the
   identities decide.
3. Of one entry the form with more transactions stays. Details *replace* the sum while nobody has reconciled it, and
   are left out as *settled* when somebody has; a sum whose details are there already is known.
4. A transaction is *doubtful* when the journal has one of the same day and amount from another source (typed by
   hand, another format), or from the same source under the same id with another text. An entry is doubtful as a whole
   when another source has an entry, or one line, of the same day and of the amount of all of it, or has the same
   reference and amount a few days off. Each transaction and entry of the journal throws doubt on one of the file at
   most.
5. Everything else is *fresh*.

A statement's transactions are each in exactly one of the five.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Incoming:
    """A transaction of the file.

    :ivar identity: what makes it the same in another file, see ``parsers.identity``
    :ivar entry: the bank's reference of the entry that it is a part or the whole of; empty without one
    :ivar entry_amount: signed amount of that entry, ``None`` in formats that know no entries
    """

    identity: str
    day: date
    amount: Decimal
    bank_id: str = ""
    entry: str = ""
    entry_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """A bank line of the journal; ``source`` is the format it came in, empty when typed by hand.

    :ivar is_settled: whether anything of it is reconciled
    """

    key: int
    identity: str
    day: date
    amount: Decimal
    source: str = ""
    bank_id: str = ""
    entry: str = ""
    entry_amount: Decimal | None = None
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Replacement:
    """Details of the file, by position, that take the place of lines of the journal, by key."""

    positions: tuple[int, ...]
    keys: tuple[int, ...]


@dataclass(slots=True)
class Plan:
    """Positions of the file's transactions, by what is to be done with them.

    ``known``, ``doubtful`` and ``settled`` name the line of the journal that decides.
    """

    fresh: list[int] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)
    doubtful: dict[int, int] = field(default_factory=dict)
    settled: dict[int, int] = field(default_factory=dict)
    replacements: list[Replacement] = field(default_factory=list)


#: Days that two sources may differ by about the booking of one entry.
NEAR_DAYS = 5

#: The bank's reference of an entry, its day, its amount.
_Key = tuple[str, date, Decimal]


def plan_import(incoming: Sequence[Incoming], present: Iterable[Present], source: str) -> Plan:
    """Return what is to be done with each transaction of a statement.

    :param incoming: transactions of the file, each identity once
    :param present: lines of the journal that may be the same: of the same identities, and all of the file's days
    :param source: format of the file, such as ``OFX`` or ``camt.054``
    """
    lines = sorted(present, key=lambda line: line.key)
    by_identity = {line.identity: line.key for line in lines if line.identity}
    plan = Plan()
    for position, transaction in enumerate(incoming):
        if transaction.identity in by_identity:
            plan.known[position] = by_identity[transaction.identity]
    # What a transaction of the file was recognised as is no counterpart for another one.
    recognised = set(plan.known.values())
    others = [line for line in lines if line.key not in recognised]
    unknown = [position for position in range(len(incoming)) if position not in plan.known]
    unknown, others = _same_entries(incoming, unknown, others, source, plan)
    _doubts(incoming, unknown, others, source, plan)
    return plan


def _same_entries(
    incoming: Sequence[Incoming], unknown: list[int], others: list[Present], source: str, plan: Plan
) -> tuple[list[int], list[Present]]:
    """Decide on entries that the journal has in another form; return what is left of both sides."""
    file_side = _by_entry(incoming, unknown)
    journal_side: defaultdict[_Key, list[Present]] = defaultdict(list)
    own_side: defaultdict[_Key, list[Present]] = defaultdict(list)
    for line in others:
        if line.entry_amount is not None:
            side = own_side if line.source == source else journal_side
            side[line.entry, line.day, line.entry_amount].append(line)

    pairs, paired = [], set()
    for key, positions in file_side.items():
        lines = journal_side.get(key, []) or own_side.get(key, [])
        is_other_form = key in journal_side or len(lines) != len(positions)
        if key[0] and lines and is_other_form:
            pairs.append((positions, lines))
            paired.add(key)
    pairs += _pairs_without_reference(
        {key: value for key, value in file_side.items() if key not in paired},
        {key: value for key, value in journal_side.items() if key not in paired},
    )
    gone: set[int] = set()
    decided: set[int] = set()
    for positions, lines in pairs:
        if not _is_one_entry(incoming, positions, lines):
            continue
        gone.update(line.key for line in lines)
        decided.update(positions)
        _decide(positions, lines, plan)
    return (
        [position for position in unknown if position not in decided],
        [line for line in others if line.key not in gone],
    )


def _by_entry(incoming: Sequence[Incoming], positions: Iterable[int]) -> dict[_Key, list[int]]:
    """Return the positions of each booked entry of the bank, for formats that know entries."""
    entries: defaultdict[_Key, list[int]] = defaultdict(list)
    for position in positions:
        transaction = incoming[position]
        if transaction.entry_amount is not None:
            entries[transaction.entry, transaction.day, transaction.entry_amount].append(position)
    return entries


def _pairs_without_reference(
    file_side: dict[_Key, list[int]], journal_side: dict[_Key, list[Present]]
) -> list[tuple[list[int], list[Present]]]:
    """Return entries of one day and amount that are the only ones on either side; one of them has no reference."""
    file_count = Counter(key[1:] for key in file_side)
    journal_of: defaultdict[tuple[date, Decimal], list[tuple[str, list[Present]]]] = defaultdict(list)
    for (reference, day, amount), lines in journal_side.items():
        journal_of[day, amount].append((reference, lines))
    pairs = []
    for (reference, day, amount), positions in file_side.items():
        found = journal_of.get((day, amount), [])
        if file_count[day, amount] == 1 and len(found) == 1 and not (reference and found[0][0]):
            pairs.append((positions, found[0][1]))
    return pairs


def _is_one_entry(incoming: Sequence[Incoming], positions: list[int], lines: list[Present]) -> bool:
    """Whether both sides hold the whole entry once: several entries of one reference don't tell which is which."""
    whole = incoming[positions[0]].entry_amount
    return sum(incoming[position].amount for position in positions) == whole == sum(line.amount for line in lines)


def _decide(positions: list[int], lines: list[Present], plan: Plan) -> None:
    if len(positions) <= len(lines):
        plan.known |= dict.fromkeys(positions, lines[0].key)
    elif any(line.is_settled for line in lines):
        settled = next(line.key for line in lines if line.is_settled)
        plan.settled |= dict.fromkeys(positions, settled)
    else:
        plan.replacements.append(Replacement(tuple(positions), tuple(line.key for line in lines)))


def _doubts(incoming: Sequence[Incoming], unknown: list[int], others: list[Present], source: str, plan: Plan) -> None:
    """Part what is left into fresh and doubtful, entry by entry."""
    rivals = _Rivals(others, source)
    singles = set(unknown)
    for positions in _by_entry(incoming, unknown).values():
        whole = incoming[positions[0]].entry_amount
        if sum(incoming[position].amount for position in positions) != whole:
            continue  # several entries that can't be told apart, or a part of one
        rival = rivals.of_entry(incoming[positions[0]])
        if rival is not None:
            plan.doubtful |= dict.fromkeys(positions, rival)
            singles.difference_update(positions)
    for position in unknown:
        if position not in singles:
            continue
        rival = rivals.of_transaction(incoming[position])
        if rival is None:
            plan.fresh.append(position)
        else:
            plan.doubtful[position] = rival


class _Rivals:
    """Lines of the journal that may be the same as a transaction or an entry of the file; each is met once."""

    def __init__(self, others: list[Present], source: str) -> None:
        self._met: set[int] = set()
        self._of_id: defaultdict[tuple[str, date, Decimal], list[Present]] = defaultdict(list)
        self._of_day: defaultdict[tuple[date, Decimal], list[Present]] = defaultdict(list)
        self._of_entry: defaultdict[tuple[date, Decimal], list[Present]] = defaultdict(list)
        self._of_reference: defaultdict[tuple[str, Decimal], list[Present]] = defaultdict(list)
        self._parts: defaultdict[tuple[str, date, Decimal | None, str], list[int]] = defaultdict(list)
        for line in others:
            if line.source == source:
                if line.bank_id.strip("0"):
                    self._of_id[line.bank_id, line.day, line.amount].append(line)
                continue
            self._of_day[line.day, line.amount].append(line)
            if line.entry_amount is not None:
                self._parts[line.entry, line.day, line.entry_amount, line.source].append(line.key)
                self._of_entry[line.day, line.entry_amount].append(line)
                if line.entry:
                    self._of_reference[line.entry, line.entry_amount].append(line)

    def of_transaction(self, transaction: Incoming) -> int | None:
        """Return the key of a line of the same day and amount, or of the same id beside that."""
        day = transaction.day, transaction.amount
        return self._meet([*self._of_day.get(day, []), *self._of_id.get((transaction.bank_id, *day), [])])

    def of_entry(self, transaction: Incoming) -> int | None:
        """Return the key of a line that is, or is a part of, what may be the entry of ``transaction``."""
        amount = transaction.entry_amount
        if amount is None:
            return None
        near = [
            line
            for line in self._of_reference.get((transaction.entry, amount), [])
            if abs((line.day - transaction.day).days) <= NEAR_DAYS
        ]
        day = transaction.day, amount
        return self._meet([*near, *self._of_entry.get(day, []), *self._of_day.get(day, [])])

    def _meet(self, lines: list[Present]) -> int | None:
        for line in lines:
            if line.key not in self._met:
                parts = self._parts.get((line.entry, line.day, line.entry_amount, line.source), [])
                self._met.update((line.key, *(parts if line.entry else ())))
                return line.key
        return None
