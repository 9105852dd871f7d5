"""What the addon reads from a file, in few facts that a person can set beside the file."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import conftest  # noqa: F401 - makes parsers importable without Odoo

# isort: split
from odoo.addons.ar_reconcile import parsers

GOLDEN = Path(__file__).resolve().parent / "golden"
ROOT = Path(__file__).resolve().parents[2]
#: The repository's own samples, whose golden results are compared by ``make test`` as well.
SAMPLES = ROOT / "data" / "statements"

Facts = dict[str, Any]


def files_of(folder: Path) -> list[Path]:
    """Return every file of a folder, in an order that never changes; of our own samples, not what tells about them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path for path in files if path.suffix != ".md" or SAMPLES not in path.resolve().parents]


def checksum(content: bytes) -> str:
    """Return what a file is known by, whatever it is called."""
    return hashlib.sha256(content).hexdigest()


def facts_of(content: bytes) -> Facts:
    """Return what is read from a file, or why it is refused."""
    try:
        statements = parsers.read(content)
    except parsers.StatementError as refusal:
        told = {"code": refusal.code, "line": refusal.line, "file": refusal.file, "hint": refusal.hint}
        return {"refused": {key: value for key, value in told.items() if value}, "message": refusal.message}
    return {"statements": [_statement_facts(statement) for statement in statements]}


def _statement_facts(statement: parsers.Statement) -> Facts:
    lines = statement.lines
    names = [line.counterparty_name for line in lines if line.counterparty_name]
    days = sorted(line.date for line in lines)
    facts = {
        "format": statement.format,
        "message_kind": statement.message_kind if statement.message_kind != "statement" else None,
        "file": statement.file,
        "encoding": statement.encoding,
        "account": statement.account,
        "account_kind": statement.account_kind,
        "bank": statement.bank,
        "owner": statement.owner,
        "number": statement.number,
        "currency": statement.currency,
        "lines": len(lines),
        "money_in": _sum(line.amount for line in lines if line.amount > 0),
        "money_out": _sum(line.amount for line in lines if line.amount < 0),
        "first_day": str(days[0]) if days else None,
        "last_day": str(days[-1]) if days else None,
        "period": _pair(statement.start_date, statement.end_date),
        "opening": _figure(statement.opening_balance),
        "closing": _figure(statement.closing_balance),
        "closing_day": str(statement.closing_date) if statement.closing_date else None,
        "difference": _figure(statement.difference),
        "skipped": dict(sorted(Counter(note.code for note in statement.skipped).items())),
        "remarks": dict(sorted(Counter(note.code for note in statement.warnings).items())),
        "names": list(dict.fromkeys([names[0], names[-1]])) if names else [],
        "with": _filled(lines),
        "identities": checksum("".join(parsers.line_identities(statement)).encode())[:16] if lines else None,
    }
    return {key: value for key, value in facts.items() if value not in (None, "", [], {})}


def _filled(lines: Iterable[parsers.StatementLine]) -> dict[str, int]:
    """Return how many lines tell which of the facts that not every bank tells."""
    counts: Counter[str] = Counter()
    for line in lines:
        for name in (
            *("bank_id", "counterparty_name", "counterparty_account", "remittance", "reference"),
            *("original_currency", "value_date"),
        ):
            counts[name] += bool(getattr(line, name))
        counts.update(list(line.details))
    return {name: count for name, count in sorted(counts.items()) if count}


def _sum(amounts: Iterable[Decimal]) -> str:
    return format(sum(amounts, Decimal()), "f")


def _figure(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def _pair(first: object, last: object) -> str | None:
    return f"{first or '…'} to {last or '…'}" if first or last else None
