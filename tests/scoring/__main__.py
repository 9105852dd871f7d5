"""Predict late payment on a real payment history, next to naive ways of doing it.

    python tests/scoring FILE.csv

The file is a table with one settled invoice per row.  Columns are found by their names, in any order, letter case and
spelling with or without spaces; others are ignored:

* customer: ``customer``, ``customer id``, ``customer number``, ``cust number``, ``client``, ``partner`` …
* invoice number (not needed): ``invoice number``, ``invoice id``, ``invoice``, ``doc id`` …
* invoice date: ``invoice date``, ``issue date``, ``document date``, ``date`` …
* due date: ``due date``, ``due in date``, ``due``, ``maturity`` …
* settled date: ``settled date``, ``payment date``, ``clear date``, ``paid date``, ``paid`` …
* amount (not needed): ``invoice amount``, ``amount``, ``total open amount``, ``total`` …

Days are ISO (2025-01-31, 20250131) or day-first (31/01/2025, 31.1.2025); a file whose slashes only make sense with the
month first is read so.  A row without a settled date is an open invoice and left out.  A row that can't be read is
reported with its line; the command goes on when most can be read.

Split by time: the newest 30 % of the invoices, by invoice date, are predicted.  Learned is from older ones that were
settled before the first of those was issued, and of a customer nothing is known but what was settled strictly before
the day of issue.  Ends with 1 when the file can't be measured.
"""

from __future__ import annotations

import importlib
import statistics
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
importlib.import_module("conftest")  # makes engines importable without Odoo
lateness = importlib.import_module("odoo.addons.ar_enhanced.engine.lateness")
quality = importlib.import_module("odoo.addons.ar_enhanced.engine.score_quality")

from history_file import BadFile, read_history  # noqa: E402 - found by the path set above

LEARNED_SHARE = 0.7


class Split(NamedTuple):
    """Cases to learn from and cases to predict, both in the order of time, with their customers."""

    learned: list[Any]
    predicted: list[Any]
    customers: list[object]


class Way(NamedTuple):
    """A way to predict: what it makes of the delays of a customer, newest first."""

    name: str
    days: Callable[[Sequence[int]], float] | None
    chance: Callable[[Sequence[int], int], float]


def split(invoices: list[Any]) -> Split:
    """Split by time; invoices of the day on which the newest 30 % begin are all predicted."""
    ordered = sorted(invoices, key=lambda invoice: invoice.issued)
    first = ordered[min(int(len(ordered) * LEARNED_SHARE), len(ordered) - 1)].issued
    learned = [case for invoice, case in lateness.cases(invoices, before=first) if invoice.issued < first]
    predicted = [(invoice, case) for invoice, case in lateness.cases(invoices) if invoice.issued >= first]
    return Split(learned, [case for _invoice, case in predicted], [invoice.customer for invoice, _case in predicted])


def naive(learned: list[Any]) -> list[Way]:
    """Return the baselines; who has no record is given everybody's."""
    delays = [case.delay for case in learned]
    usual = statistics.fmean(delays) if delays else 0.0

    def spread(centre: Callable[[Sequence[int]], float]) -> Callable[[Sequence[int], int], float]:
        """Turn a forecast in days into a probability, by how far such forecasts were off in training."""
        errors = sorted(case.delay - centre(case.delays) for case in learned)

        def chance(known: Sequence[int], horizon: int) -> float:
            forecast = centre(known)
            return 1 - bisect_right(errors, horizon - forecast) / len(errors) if errors else 0.0

        return chance

    def of(summary: Callable[[Sequence[int]], float]) -> Callable[[Sequence[int]], float]:
        return lambda known: summary(known) if known else usual

    mean, median, last_two = (
        of(summary) for summary in (statistics.fmean, statistics.median, lambda known: statistics.fmean(known[:2]))
    )
    rate = {}

    def portfolio(_known: Sequence[int], horizon: int) -> float:
        if horizon not in rate:
            rate[horizon] = sum(delay > horizon for delay in delays) / len(delays) if delays else 0.0
        return rate[horizon]

    return [
        Way("due date", lambda _known: 0, lambda _known, _horizon: 0.0),
        Way("portfolio's rate", lambda _known: usual, portfolio),
        Way("customer's mean", mean, spread(mean)),
        Way("customer's median", median, spread(median)),
        Way("mean of the last two", last_two, spread(last_two)),
    ]


def figure(value: float | None, digits: int = 3) -> str:
    """Format a figure; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def report(invoices: list[Any], say: Callable[[str], None] = print) -> None:
    """Measure and tell."""
    cases = split(invoices)
    late_30 = any(case.delay > 30 for case in cases.predicted)
    horizons = [0, 30] if late_30 else [0, 15, 30]
    models = {horizon: lateness.learn(cases.learned, horizon) for horizon in horizons}
    say(
        f"{len(invoices):,} settled invoices of {len({invoice.customer for invoice in invoices}):,} customers;"
        f" learned from {len(cases.learned):,}, predicted {len(cases.predicted):,}"
    )
    if not cases.learned:
        say("Nothing was settled before the newest 30 % were issued: there is nothing to learn from.")
    elif len(cases.learned) < 100 or len(cases.predicted) < 30:
        say("So few invoices say little; the figures are given all the same.")
    for horizon in horizons:
        late = sum(case.delay > horizon for case in cases.predicted)
        share = late / len(cases.predicted)
        if late in {0, len(cases.predicted)}:
            say(f"later than {horizon} days: {'none' if not late else 'all'} of those predicted, so there is no AUC")
        else:
            say(f"later than {horizon} days: {late:,} of {len(cases.predicted):,} ({100 * share:.1f} %)")
    columns = "".join(f"{f'> {horizon}: Brier':>13} {'AUC':>6}" for horizon in horizons)
    say(f"\n{'':<24}{'MAE':>6}{columns}")
    engine = models[0]
    ways = [
        *naive(cases.learned),
        Way("engine", engine.expected_days, lambda known, horizon: models[horizon].probability(known)),
    ]
    for way in ways:
        errors = [abs(way.days(case.delays) - case.delay) for case in cases.predicted] if way.days else []
        cells = ""
        for horizon in horizons:
            chances = [way.chance(case.delays, horizon) for case in cases.predicted]
            late_ones = [case.delay > horizon for case in cases.predicted]
            cells += f"{figure(quality.brier(chances, late_ones)):>13} {figure(quality.auc(chances, late_ones)):>6}"
        say(f"{way.name:<24}{figure(statistics.fmean(errors), 2):>6}{cells}")
    for horizon in horizons:
        model = models[horizon]
        say(
            f"\nfound in training for > {horizon}: half-life {_halved(model.distribution)} and"
            f" {model.distribution.pseudo:g} pseudo-invoices, blurred by {model.distribution.width:g} days;"
            f" average: half-life"
            f" {_halved(model.average)} and {model.average.pseudo:g} pseudo-invoices"
        )


def _halved(tuning: Any) -> str:
    return "none" if tuning.half_life > 1000 else f"{tuning.half_life:g} invoices"


def main(arguments: list[str]) -> int:
    """Read and measure one file."""
    if len(arguments) != 1:
        print("usage: make score HISTORY=file.csv", file=sys.stderr)
        return 1
    try:
        invoices, complaints = read_history(Path(arguments[0]))
    except BadFile as bad:
        print(bad, file=sys.stderr)
        return 1
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    report(invoices)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
