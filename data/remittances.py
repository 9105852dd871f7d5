"""Draw a receivables ledger and the bank lines that pay it, with the truth about every line, from one seed.

``sample(seed)`` returns them as values; ``python3 data/remittances.py FOLDER --seed 7`` writes them as files. What
payers write, and what banks make of it, follows statements that were seen in the wild; nothing in it is anybody's.
Nothing here knows how matching is done.

Before lines are drawn, half of the ledger is there; what a kind needs beside it (credit notes, instalments, invoices in
other currencies) is added, then the ledger is filled. Kinds that claim that an amount or a set is unique come last.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from random import Random

from remittance.drafts import Draft, Kind
from remittance.hard_cases import CASES
from remittance.hard_styles import FORMS
from remittance.ledger import STYLES, Ledger
from remittance.ten_kinds import TEN
from remittance.values import Sample

HARD = (*FORMS, *CASES)
TEN_KINDS = tuple(kind.name for kind in TEN)
HARD_KINDS = tuple(kind.name for kind in HARD)
ALL_KINDS = TEN_KINDS + HARD_KINDS
_KINDS = {kind.name: kind for kind in (*TEN, *HARD)}


def sample(
    seed: int,
    customers: int = 2_000,
    items: int = 20_000,
    lines: int = 2_000,
    kinds: Sequence[str] = ALL_KINDS,
    style: str = "odoo",
) -> Sample:
    """Return a ledger with ``items`` open items, and ``lines`` bank lines of ``kinds`` in equal parts.

    ``style`` is how invoices are numbered, one of ``STYLES``. Raises ``TooFewItems`` if the ledger is too small for the
    lines, and ``KeyError`` for a kind that is not known.
    """
    chance = Random(seed)
    ledger = Ledger(chance, customers, style)
    ledger.fill(items // 2)
    wanted = [_KINDS[name] for name in kinds]
    share, rest = divmod(lines, len(wanted))
    counts = [share + (at < rest) for at in range(len(wanted))]
    drafts = []
    for kind, count in zip(wanted, counts, strict=True):
        kind.prepare(ledger, count)
    for is_last in (False, True):
        if is_last:
            ledger.fill(items)
        for kind, count in zip(wanted, counts, strict=True):
            if kind.is_last == is_last:
                drafts += _drawn(ledger, kind, count)
    chance.shuffle(drafts)
    drafts.sort(key=lambda draft: draft.line.day)
    return Sample(
        seed,
        tuple(ledger.customers),
        tuple(ledger.items.values()),
        tuple(replace(draft.line, key=key) for key, draft in enumerate(drafts, 1)),
        tuple(replace(draft.truth, line=key) for key, draft in enumerate(drafts, 1)),
        tuple((day, currency, rate) for (day, currency), rate in ledger.rates.items()),
    )


def _drawn(ledger: Ledger, kind: Kind, count: int) -> list[Draft]:
    drafts: list[Draft] = []
    while len(drafts) < count:
        drafts += kind.draw(ledger, count - len(drafts))
    return [replace(draft, line=replace(draft.line, kind=kind.name)) for draft in drafts]


def write(drawn: Sample, folder: Path) -> None:
    """Write a sample as tables, and its truth as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in (("customers", drawn.customers), ("items", drawn.items), ("lines", drawn.lines)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            columns = [field.name for field in fields(values[0])]
            table.writerow(columns)
            table.writerows([_cell(getattr(value, column)) for column in columns] for value in values)
    with (folder / "rates.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("day", "currency", "rate"))
        table.writerows(drawn.rates)
    truth = {"seed": drawn.seed, "truths": [asdict(truth) for truth in drawn.truths]}
    (folder / "truth.json").write_text(json.dumps(truth, default=str, indent=1) + "\n", encoding="utf-8")


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    return int(value) if isinstance(value, bool) else value


def main() -> None:
    """Write the sample that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write a receivables ledger, bank lines, and the truth about them.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--items", type=int, default=20_000, help="open items")
    parser.add_argument("--lines", type=int, default=2_000)
    parser.add_argument("--kinds", nargs="+", default=list(ALL_KINDS), choices=ALL_KINDS, metavar="KIND")
    parser.add_argument("--style", default="odoo", choices=sorted(STYLES), help="how invoices are numbered")
    given = parser.parse_args()
    write(sample(given.seed, given.customers, given.items, given.lines, given.kinds, given.style), given.folder)


if __name__ == "__main__":
    main()
