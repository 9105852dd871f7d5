"""Read every file of a folder and set what was read beside a crude count of the raw text.

    python tests/parsers/read_folder.py FOLDER

One line per file: name, statements, lines, sum and what was left out, or the reason for refusing it. Ends with 1 when
a file that was read differs from its raw ``<STMTTRN>`` count or its raw sum of ``TRNAMT``.
"""

from __future__ import annotations

import importlib
import re
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path

ADDON = Path(__file__).resolve().parents[2] / "addons" / "ar_reconcile"


def raw_amounts(content: bytes) -> list[Decimal | None]:
    """Return the first TRNAMT after each STMTTRN as any text editor would show it; ``None``: no plain number."""
    amounts: list[Decimal | None] = []
    for piece in re.split(r"<STMTTRN>", content.replace(b"\0", b"").decode("latin-1"), flags=re.IGNORECASE)[1:]:
        found = re.search(r"<TRNAMT>\s*([^<\s]*)", piece, re.IGNORECASE)
        try:
            amounts.append(Decimal(found[1].replace(",", ".")) if found else None)
        except InvalidOperation:
            amounts.append(None)
    return amounts


def main(folder: Path) -> int:
    """Print the table; return the exit code."""
    sys.path.insert(0, str(ADDON))
    parsers = importlib.import_module("parsers")
    differing = 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        try:
            statements = parsers.read(content)
        except parsers.StatementError as refusal:
            print(f"{path.name}: refused, {refusal.code}: {refusal}")
            continue
        lines = [line for statement in statements for line in statement.lines]
        skipped = [skipped for statement in statements for skipped in statement.skipped]
        remarks = sorted({remark.code for statement in statements for remark in statement.warnings})
        left_out = sum(note.code in ("repeated", "deletes") for note in skipped)
        total = sum((line.amount for line in lines), Decimal())
        raw = raw_amounts(content)
        raw_total = sum((amount for amount in raw if amount is not None), Decimal())
        is_same = len(raw) == len(lines) + left_out and (left_out > 0 or raw_total == total)
        differing += not is_same
        print(
            f"{path.name}: {len(statements)} statements, {len(lines)} lines, sum {total},"
            f" skipped {sorted({note.code for note in skipped})}, remarks {remarks}"
            + ("" if is_same else f"  DIFFERS from raw: {len(raw)} lines, sum {raw_total}")
        )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
