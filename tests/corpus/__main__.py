"""Read every file of a folder, and compare what is read with golden results and with a crude count.

    python tests/corpus FOLDER [--write]

Golden results are in ``tests/corpus/golden``, one file per folder that was once read, and are found by a file's
checksum, whatever the file is called now. Ends with 1 when a file differs from its golden result or from the crude
count, when reading one crashes, and when there is no file at all. A file without a golden result is told in full, for
a person to look at. ``--write`` tells the same, then keeps what
was read as the new golden results of this folder: look at each before it is committed.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from crude import crude_facts
from facts import GOLDEN, SAMPLES, Facts, checksum, facts_of, files_of

#: What is read but no line of its own: the crude count has it.
_LEFT_OUT = ("repeated", "deletes", "balance_row")


def golden_file(folder: Path) -> Path:
    """Return where the golden results of a folder are kept."""
    folder = folder.resolve()
    return GOLDEN / ("samples.json" if folder == SAMPLES else f"{folder.name}.json")


def golden_results() -> dict[str, Facts]:
    """Return every golden result by the checksum of its file."""
    results: dict[str, Facts] = {}
    for path in sorted(GOLDEN.glob("*.json")):
        for known in json.loads(path.read_text(encoding="utf-8")).values():
            results[known["sha256"]] = known["result"]
    return results


def written(results: dict[str, Facts]) -> str:
    """Return golden results as they are kept."""
    return json.dumps(results, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """Return one line per fact that differs."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = sorted({*expected, *found})
        return [
            line for key in keys for line in differences(expected.get(key), found.get(key), f"{where}/{key}".strip("/"))
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True), 1)
        return [line for number, pair in pairs for line in differences(*pair, f"{where} {number}")]
    return [] if expected == found else [f"{where}: {expected!r} is now {found!r}"]


def crude_difference(content: bytes, facts: Facts) -> str:
    """Say how what was read differs from the crude count; empty when it doesn't, or nothing can be said."""
    crude = crude_facts(content) if "statements" in facts else None
    if crude is None:
        return ""
    statements = facts["statements"]
    lines = sum(one["lines"] for one in statements)
    left_out = sum(one.get("skipped", {}).get(code, 0) for one in statements for code in _LEFT_OUT)
    total = sum((Decimal(one[key]) for one in statements for key in ("money_in", "money_out")), Decimal())
    is_split = any("camt" in one.get("format", "") for one in statements)
    is_same_count = lines + left_out >= crude.entries if is_split else lines + left_out == crude.entries
    is_same_total = left_out > 0 or crude.total is None or crude.total == total
    if is_same_count and is_same_total:
        return ""
    return f"read {lines} lines of {total}, but the raw text has {crude.entries} of {crude.total}"


def in_short(facts: Facts) -> str:
    """Return one line about what was read."""
    if "refused" in facts:
        refused = facts["refused"]
        more = "".join(f", {key} {refused[key]}" for key in ("file", "line", "hint") if key in refused)
        return f"refused, {refused['code']}{more}: {facts['message']}"
    told = []
    for one in facts["statements"]:
        notes = [*one.get("skipped", {}), *one.get("remarks", {})]
        told.append(
            f"{one.get('format')} {one.get('currency')} {one['lines']} lines, +{one['money_in']} {one['money_out']}"
            + (f" ({', '.join(notes)})" if notes else "")
        )
    return "; ".join(told)


def look_at(name: str, content: bytes, golden: dict[str, Facts]) -> tuple[Facts | None, str]:
    """Return what is read from one file, and what is wrong with that: empty when nothing is, as far as is known."""
    begun = time.perf_counter()
    try:
        facts = facts_of(content)
    except Exception:  # noqa: BLE001 - a crash is a finding like others, and the next file is looked at
        return None, f"CRASH {name}\n{traceback.format_exc()}"
    trouble = []
    crude = crude_difference(content, facts)
    if crude:
        trouble.append(f"CRUDE {name}: {crude}")
    expected = golden.get(checksum(content))
    if expected is not None:
        trouble += [f"DIFF  {name}: {line}" for line in differences(expected, facts)]
    mark = "     " if trouble else "new  " if expected is None else "ok   "
    print(f"{mark} {name}: {in_short(facts)} [{time.perf_counter() - begun:.2f} s]")
    if expected is None:
        print(json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True))
    return facts, "\n".join(trouble)


def main(folder: Path, *, write: bool) -> int:
    """Look at every file; return the exit code."""
    golden = golden_results()
    results: dict[str, Facts] = {}
    wrong = crashed = new = 0
    files = files_of(folder)
    for path in files:
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        facts, trouble = look_at(name, content, golden)
        if trouble:
            print(trouble)
        wrong += bool(trouble)
        new += not trouble and checksum(content) not in golden
        crashed += facts is None
        results[name] = {"sha256": checksum(content), "result": facts}
    print(f"{len(files)} files of {folder}: {len(files) - wrong - new} as expected, {wrong} not, {new} new.")
    if not files:
        return 1
    if write and not crashed:
        target = golden_file(folder)
        target.write_text(written(results), encoding="utf-8")
        print(f"Kept as golden results: {target.name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--write"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    sys.exit(main(Path(arguments[0]), write="--write" in sys.argv))
