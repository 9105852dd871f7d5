"""What makes a transaction the same one when it is read again, whatever stands around it in the file.

Rules, for the lines of one account:

1. A line with a bank id is known by that id and its content: the day, the amount and the texts. Banks that give
   one id to two transactions therefore keep both.
2. The same id with the same content again is one transaction written twice, and dropped, unless the statement's own
   balances prove that it is another one: opening balance and lines give the closing balance with the repeats, and
   don't without them. It then is the n-th of its kind, and has an id of its own. So it does where the statement has
   that id for more than :data:`MAX_PARTS` different ones, for then the id identifies nothing, unless the balances
   prove the repeats.
3. A line without a bank id is known by its content and by being the n-th such line of its statement: two equal
   coffees on one day are two, and stay the same two in the next export. An id of zeros only is none.
4. Spacing, letter case of texts and trailing zeros of amounts are no content: exports of one bank differ in them.

Ids are kept in databases: what they are made of changes with ``_VERSION`` only.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from .statement import Facts, Remark, Skipped, Statement, StatementLine

MAX_PARTS = 3
"""How many transactions a bank may give one id: a payment, its fee, and the tax on that."""

_VERSION = 1


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _digits(amount: Decimal) -> str:
    text = format(amount, "f") if amount else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _bank_id(line: StatementLine) -> str:
    """Return the bank's id of ``line``, empty when it is none."""
    bank_id = line.bank_id.strip()
    return bank_id if bank_id.strip("0") else ""


def _content(line: StatementLine) -> tuple[str, ...]:
    """Return bank id and content of ``line`` in a form that doesn't depend on how the bank spaced it."""
    return (
        _bank_id(line),
        line.date.isoformat(),
        _digits(line.amount),
        _plain(line.counterparty_name),
        _plain(line.remittance),
        _plain(line.reference),
    )


def line_identities(statement: Statement) -> list[str]:
    """Return an id per line of ``statement``, in order: 64 hexadecimal digits, stable across exports.

    No two lines of a statement have the same. The first line with a bank id and a content counts as number 0 of its
    kind, the first one without bank id as number 1.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    account = "".join(statement.account.split()).upper()
    identities = []
    for line in statement.lines:
        content = _content(line)
        occurrence = seen[content] + (not content[0])
        seen[content] += 1
        facts = [_VERSION, account, statement.currency or "", *content, occurrence]
        identities.append(hashlib.sha256(json.dumps(facts).encode()).hexdigest())
    return identities


def without_repeats(statement: Statement) -> Statement:
    """Return ``statement`` with each transaction once; what is left out is told as ``repeated``.

    Repeats that are transactions of their own stay, with a remark ``repeat_kept``. A bank id that stands for several
    transactions is told in a remark, ``bank_id_reused``.
    """
    firsts: dict[tuple[str, ...], StatementLine] = {}
    uses: Counter[str] = Counter()
    repeats: dict[int, tuple[StatementLine, tuple[str, ...]]] = {}
    remarks: list[Remark] = []
    for position, line in enumerate(statement.lines):
        content = _content(line)
        if content[0] and content in firsts:
            repeats[position] = line, content
            continue
        firsts[content] = line
        if content[0] and content[0] in uses:
            remarks.append(Remark("bank_id_reused", {"bank_id": line.bank_id, "line": line.line or 0}))
        uses[content[0]] += 1
    if not (repeats or remarks):
        return statement
    repeated = sum((line.amount for line, _ in repeats.values()), Decimal())
    are_proven = statement.difference == 0 and repeated != 0
    are_disproven = repeated != 0 and statement.difference == -repeated
    left_out: set[int] = set()
    skipped: list[Skipped] = []
    for position, (line, content) in repeats.items():
        facts: Facts = {"bank_id": line.bank_id, "line": line.line or 0, "first_line": firsts[content].line or 0}
        if are_proven or (uses[content[0]] > MAX_PARTS and not are_disproven):
            remarks.append(Remark("repeat_kept", facts))
        else:
            skipped.append(Skipped("repeated", facts))
            left_out.add(position)
    lines = statement.lines
    if left_out:
        lines = tuple(line for position, line in enumerate(lines) if position not in left_out)
    notes = (*statement.skipped, *skipped)
    return replace(statement, lines=lines, skipped=notes, warnings=(*statement.warnings, *remarks))
