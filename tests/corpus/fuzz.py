"""Damage the sample statements in many ways and read what comes out.

    python tests/corpus/fuzz.py [COUNT [SEED [NUMBER]]]

Each damaged file must be refused with a ``StatementError`` or read within :data:`SECONDS`, and what is read must be
possible: finite amounts, days that a booking can have, an id of its own for each line, printable texts, and no
transaction lost without a word. The same seed gives the same files. With NUMBER, the file of that number is written to
the standard output, to look at a failure.
"""

from __future__ import annotations

import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent))
from facts import SAMPLES, files_of, parsers

SECONDS = 2
COUNT, SEED = 20_000, 1

FRAGMENTS = (
    *(b"<", b">", b"</", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?", b"<!DOCTYPE x [", b"&", b"&#0;", b"&#x110000;"),
    *(b"<OFX>", b"</OFX>", b"<STMTTRN>", b"</STMTTRN>", b"<STMTRS>", b"</STMTRS>", b"<TRNAMT>", b"<DTPOSTED>"),
    *(b"<STMTTRN><TRNAMT>5</STMTTRN>", b"<MEMO><MEMO>", b"<NAME/>", b"<A:B c='d'>", b"<STMTTRNP>", b"<DEEP>" * 70),
    *(b"<Ntry>", b"</Ntry>", b"<TxDtls>", b"</Document>", b"<Amt Ccy='EUR'>", b"<Sts>BOOK</Sts>", b"<Stmt/>"),
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"\xc3", b"\r", b"\n", b"\x1a", "\u2028\u202e".encode()),
    *(b"NaN", b"1E999", b"-", b"0" * 400, b"9" * 5000, b"." * 5000, b",", b"1.2.3,4", b"99999999", b"00000000"),
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x1f\x8b\x08"),
)
_TAG = re.compile(rb"<[^<>]{1,40}>")
#: What is sure to belong to a booked transaction, by the beginning of the format's name.
_TRANSACTIONS = {"OFX": re.compile(rb"<TRNAMT>[^<\s]"), "cam": re.compile(rb"<Ntry>")}
#: Where even that may be text, or something not booked: comments and CDATA, letters of two bytes, pending ones, trades.
_UNSURE = re.compile(rb"<!|\0|STMTTRNP|INVTRAN>")

Damage = Callable[[bytes, Random, list[bytes]], bytes]


def flip(content: bytes, chance: Random, _others: list[bytes]) -> bytes:
    """Change single bytes."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut_off(content: bytes, chance: Random, _others: list[bytes]) -> bytes:
    """Keep the beginning only."""
    return content[: chance.randrange(1, len(content) + 1)]


def cut_out(content: bytes, chance: Random, _others: list[bytes]) -> bytes:
    """Leave a piece out."""
    begin, end = _piece(content, chance)
    return content[:begin] + content[end:]


def repeat(content: bytes, chance: Random, _others: list[bytes]) -> bytes:
    """Write a piece a second time, there or elsewhere."""
    begin, end = _piece(content, chance)
    position = chance.choice((end, chance.randrange(len(content) + 1)))
    return content[:position] + content[begin:end] + content[position:]


def splice(content: bytes, chance: Random, others: list[bytes]) -> bytes:
    """Put a piece of another file in place of one of this."""
    other = chance.choice(others)
    begin, end = _piece(content, chance)
    first, last = _piece(other, chance)
    return content[:begin] + other[first:last] + content[end:]


def insert(content: bytes, chance: Random, _others: list[bytes]) -> bytes:
    """Put something hostile in."""
    position = chance.randrange(len(content) + 1)
    return content[:position] + chance.choice(FRAGMENTS) * chance.choice((1, 1, 1, 3)) + content[position:]


def drop_tag(content: bytes, chance: Random, _others: list[bytes]) -> bytes:
    """Leave a tag out."""
    tags = list(_TAG.finditer(content))
    if not tags:
        return content
    tag = chance.choice(tags)
    return content[: tag.start()] + content[tag.end() :]


def double_tag(content: bytes, chance: Random, _others: list[bytes]) -> bytes:
    """Put a tag somewhere else as well."""
    tags = [tag[0] for tag in _TAG.finditer(content)]
    position = chance.randrange(len(content) + 1)
    return content[:position] + (chance.choice(tags) if tags else b"<") + content[position:]


DAMAGES: tuple[Damage, ...] = (flip, cut_off, cut_out, repeat, splice, insert, drop_tag, double_tag)


def _piece(content: bytes, chance: Random) -> tuple[int, int]:
    begin = chance.randrange(len(content) + 1)
    return begin, min(len(content), begin + chance.choice((1, 8, 40, 200, 1000)))


@dataclass
class Result:
    """What came of it."""

    tried: int = 0
    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0, "")


class _TooSlow(BaseException):
    """Not an Exception, so that no reader can catch it."""


def _alarm(_number: int, _frame: object) -> None:
    raise _TooSlow


def samples() -> list[tuple[str, bytes]]:
    """Return name and content of every sample that is small enough to be damaged often."""
    files = [(path.relative_to(SAMPLES).as_posix(), path.read_bytes()) for path in files_of(SAMPLES)]
    return [(name, content) for name, content in files if 0 < len(content) <= 200_000]


def damaged(files: list[tuple[str, bytes]], seed: int, number: int) -> tuple[str, bytes, bytes, list[Damage]]:
    """Return the name of a sample, the sample, what was made of it, and how."""
    chance = Random(f"{seed}/{number}")  # noqa: S311 - repeatable, not secret
    name, whole = chance.choice(files)
    damages = chance.choices(DAMAGES, k=chance.choice((1, 1, 2, 3, 5)))
    others = [content for _, content in files]
    content = whole
    for damage in damages:
        content = damage(content, chance, others) or whole
    return name, whole, content, damages


def impossible(content: bytes, statements: list[parsers.Statement]) -> Iterator[str]:
    """Yield what can't be true of what was read from a file."""
    if not statements:
        yield "read, and no statement"
    for statement in statements:
        yield from _impossible_statement(statement)
    if _UNSURE.search(content) and not content.startswith(b"PK"):
        return
    told = sum(len(statement.lines) + len(statement.skipped) for statement in statements)
    needed = sum(len(_TRANSACTIONS[kind].findall(content)) for kind in {one.format[:3] for one in statements})
    if told < needed:
        yield f"{needed} transactions in the text, but only {told} are told of"


def _impossible_statement(statement: parsers.Statement) -> Iterator[str]:
    if len(set(parsers.line_identities(statement))) != len(statement.lines):
        yield "two lines have one id"
    balances = (statement.opening_balance, statement.closing_balance)
    amounts = [*balances, *(amount for line in statement.lines for amount in (line.amount, line.original_amount))]
    if not all(amount is None or (amount.is_finite() and abs(amount) < 10**18) for amount in amounts):
        yield "an amount is beyond all bounds"
    for line in statement.lines:
        if not 1900 <= line.date.year <= 2199:
            yield f"a line is of the year {line.date.year}"
        texts = (line.bank_id, line.counterparty_name, line.counterparty_account, line.remittance, line.reference)
        if any(
            char < " " or 0xD800 <= ord(char) < 0xE000 for text in (*texts, *line.details.values()) for char in text
        ):
            yield "a text has control characters"


def run(
    count: int = COUNT, seed: int = SEED, read: Callable[[bytes], list[parsers.Statement]] = parsers.read
) -> Result:
    """Damage and read ``count`` times."""
    files = samples()
    wholes = {name: _lines_of(content) for name, content in files}
    result = Result()
    previous = signal.signal(signal.SIGALRM, _alarm)
    try:
        for number in range(count):
            name, whole, content, damages = damaged(files, seed, number)
            label = f"number {number} of seed {seed}, {name}: {', '.join(damage.__name__ for damage in damages)}"
            begun = time.perf_counter()
            for failure in _look_at(content, read, result):
                result.failures.append(f"{label}: {failure}")
            result.slowest = max(result.slowest, (time.perf_counter() - begun, label))
            if damages == [cut_off] and whole.startswith(content) and _lines_of(content) not in (None, wholes[name]):
                result.failures.append(f"{label}: part of a file that is cut off was read")
            result.tried += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    return result


def _lines_of(content: bytes) -> int | None:
    try:
        return sum(len(statement.lines) for statement in parsers.read(content))
    except parsers.StatementError:
        return None


def _look_at(content: bytes, read: Callable[[bytes], list[parsers.Statement]], result: Result) -> Iterator[str]:
    """Read one damaged file and yield what is wrong with that."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        statements = read(content)
    except parsers.StatementError as refusal:
        signal.setitimer(signal.ITIMER_REAL, 0)
        result.refused[refusal.code] += 1
    except _TooSlow:
        yield f"more than {SECONDS} seconds"
    except Exception:  # noqa: BLE001 - this is what is looked for
        signal.setitimer(signal.ITIMER_REAL, 0)
        yield traceback.format_exc()
    else:
        signal.setitimer(signal.ITIMER_REAL, 0)
        result.read += 1
        yield from impossible(content, statements)


def main(arguments: list[int]) -> int:
    """Run and tell; return the exit code."""
    count, seed = (arguments + [COUNT, SEED][len(arguments) :])[:2]
    if len(arguments) > 2:
        sys.stdout.buffer.write(damaged(samples(), seed, arguments[2])[2])
        return 0
    begun = time.perf_counter()
    result = run(count, seed)
    for failure in result.failures:
        print(failure)
    print(
        f"{result.tried} damaged files of seed {seed} in {time.perf_counter() - begun:.0f} s: {result.read} read,"
        f" {result.refused.total()} refused {dict(result.refused.most_common())}, {len(result.failures)} failures."
    )
    print(f"Slowest: {result.slowest[0]:.3f} s, {result.slowest[1]}")
    return 1 if result.failures or not result.tried else 0


if __name__ == "__main__":
    sys.exit(main([int(argument) for argument in sys.argv[1:]]))
