"""What makes a transaction the same one when it is read again, whatever stands around it in the file.

Rules, for the lines of one account:

1. A line with a bank id is known by that id and its content: the day, the amount and the texts. Banks that give
   one id to two transactions therefore keep both, and the same line twice in a file is one transaction.
2. A line without a bank id is known by its content and by being the n-th such line of its statement: two equal
   coffees on one day are two, and stay the same two in the next export. An id of zeros only is none.
3. Spacing, letter case of texts and trailing zeros of amounts are no content: exports of one bank differ in them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from .statement import Remark, Skipped, Statement, StatementLine

_VERSION = 1


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _digits(amount: Decimal) -> str:
    text = format(amount, "f") if amount else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _content(line: StatementLine) -> tuple[str, ...]:
    """Return the content of ``line`` in a form that doesn't depend on how the bank spaced it."""
    return (
        line.date.isoformat(),
        _digits(line.amount),
        _plain(line.counterparty_name),
        _plain(line.remittance),
        _plain(line.reference),
    )


def line_identities(statement: Statement) -> list[str]:
    """Return an id per line of ``statement``, in order: 64 hexadecimal digits, stable across exports.

    Equal ids within one statement are the same transaction written twice.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    identities = []
    for line in statement.lines:
        content = _content(line)
        bank_id = line.bank_id.strip()
        occurrence = 0
        if not bank_id.strip("0"):
            bank_id = ""
            seen[content] += 1
            occurrence = seen[content]
        account = "".join(statement.account.split()).upper()
        facts = [_VERSION, account, statement.currency or "", bank_id, *content, occurrence]
        identities.append(hashlib.sha256(json.dumps(facts).encode()).hexdigest())
    return identities


def without_repeats(statement: Statement) -> Statement:
    """Return ``statement`` with each transaction once; what is left out is told as ``repeated``.

    A bank id that stands for several transactions is told in a remark, ``bank_id_reused``.
    """
    kept: dict[str, StatementLine] = {}
    skipped = list(statement.skipped)
    warnings = list(statement.warnings)
    bank_ids: set[str] = set()
    for identity, line in zip(line_identities(statement), statement.lines, strict=True):
        facts: dict[str, str | int] = {"bank_id": line.bank_id, "line": line.line or 0}
        if identity in kept:
            skipped.append(Skipped("repeated", facts | {"first_line": kept[identity].line or 0}))
            continue
        if line.bank_id.strip("0") and line.bank_id in bank_ids:
            warnings.append(Remark("bank_id_reused", facts))
        bank_ids.add(line.bank_id)
        kept[identity] = line
    return replace(statement, lines=tuple(kept.values()), skipped=tuple(skipped), warnings=tuple(warnings))
