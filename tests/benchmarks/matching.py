"""How right matching is, on ledgers and bank lines that are drawn from a seed with the truth about every line.

``python -m tests.benchmarks.matching --seed 7`` prints, kind by kind, what became of the lines. A booking is *right* if
it takes the same amounts off the same items and has the same differences as one of the line's answers; an exchange
difference follows from these. Any other booking is *wrong*, and so is one that takes more off an item than is open
after the bookings before it. ``--scaling`` adds how the engine's time grows.

Lines without an answer (unrelated income, payments that could mean two things) are to be left or proposed; where what
was meant is booked nevertheless, that is counted apart, as *lucky*.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import math
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / "tests", ROOT / "data"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
if "odoo.addons.ar_reconcile" not in sys.modules:
    importlib.import_module("conftest")  # makes engines importable without Odoo
remittances = importlib.import_module("remittances")
values = importlib.import_module("remittance.values")
_allocation = importlib.import_module("odoo.addons.ar_reconcile.engine.allocation")
_candidate = importlib.import_module("odoo.addons.ar_reconcile.engine.candidate")
_payment = importlib.import_module("odoo.addons.ar_reconcile.engine.payment")

CONFIDENCE = 0.95
ROUNDS = 3
Ledger = tuple[list[Any], list[Any], list[Any]]
#: What is taken off items, and the differences by kind.
Settled = tuple[dict[int, Decimal], dict[str, Decimal]]


# From a sample to the engine's values


def payments_of(sample: Any) -> list[Any]:
    """Return the lines as payments; where the bank tells what was sent, that is what pays."""
    by_day: defaultdict[Any, dict[str, Decimal]] = defaultdict(lambda: {"EUR": Decimal(1)})
    for day, currency, rate in sample.rates:
        by_day[day][currency] = rate
    payments = []
    for line in sample.lines:
        currency = line.original_currency or line.currency
        worth = by_day[line.day]
        rates = tuple((other, rate / worth[currency]) for other, rate in sorted(worth.items()) if other != currency)
        payments.append(
            _payment.Payment(
                *(line.key, line.day, line.amount if line.original_amount is None else line.original_amount, currency),
                texts=line.texts,
                name=line.name,
                counterparty_account=line.account,
                remittance=line.remittance,
                rates=rates,
            )
        )
    return payments


def candidates_of(items: Iterable[Any]) -> list[Any]:
    """Return the items as candidates."""
    return [
        _candidate.Candidate(
            *(item.key, item.document, item.number, item.customer, item.residual, item.currency, item.due, item.issued),
            references=item.references,
            discounts=(_candidate.Discount(item.discount, item.discount_day),) if item.discount_day else (),
            sort=_candidate.Sort(item.sort),
        )
        for item in items
    ]


def customers_of(customers: Iterable[Any]) -> list[Any]:
    """Return the customers, with the account only where our books know it."""
    return [
        _candidate.Customer(
            key=customer.key,
            names=(customer.name,),
            accounts=(customer.account,) if customer.iban_known else (),
            group=customer.parent or customer.key,
            references=tuple(number for number in (customer.number, customer.tax_id) if number),
        )
        for customer in customers
    ]


def engine_values(sample: Any) -> Ledger:
    """Return payments, candidates and customers."""
    return payments_of(sample), candidates_of(sample.items), customers_of(sample.customers)


def decide(payments: list[Any], candidates: list[Any], customers: list[Any]) -> list[Any]:
    """Ask the engine as the models do: without looking for garbage meanwhile."""
    matching = importlib.import_module("odoo.addons.ar_reconcile.engine.matching")
    gc.disable()
    try:
        return list(matching.decide(payments, candidates, customers))
    finally:
        gc.enable()


# What became of a line


def settled_by(proposal: Any) -> Settled:
    """Return what a proposal takes off each item, and its differences."""
    items: defaultdict[int, Decimal] = defaultdict(Decimal)
    differences: defaultdict[str, Decimal] = defaultdict(Decimal)
    for part in proposal.allocations:
        if part.item_amount is not None:
            items[part.candidate] += part.item_amount
        elif part.kind in _allocation.SETTLING:
            items[part.candidate] += part.amount
        elif part.kind is not _allocation.Kind.EXCHANGE:
            differences[part.kind.value] += part.amount
    return dict(items), dict(differences)


def wanted_by(answer: Any) -> Settled:
    """Return what an answer takes off each item, and its differences."""
    items: Counter[int] = Counter()
    differences: Counter[str] = Counter()
    for key, amount in answer.items:
        items[key] += amount
    for kind, amount in answer.differences:
        differences[kind] += amount
    return dict(items), dict(differences)


@dataclass
class Score:
    """Counts over some lines."""

    lines: int = 0
    answers: int = 0
    #: Lines that have an answer and are booked so.
    right: int = 0
    first: int = 0
    among: int = 0
    other: int = 0
    left: int = 0
    lucky: int = 0
    wrong: int = 0
    #: Pairs of a line that has an answer and an item that it pays, and those of them that are booked right.
    items: int = 0
    items_right: int = 0

    def __add__(self, more: Score) -> Score:
        """Add two scores."""
        return Score(*(getattr(self, name) + getattr(more, name) for name in self.__dataclass_fields__))

    @property
    def booked(self) -> int:
        """The number of bookings."""
        return self.right + self.lucky + self.wrong


@dataclass
class Report:
    """Scores by kind, and the lines that were booked wrong or missed, as pairs of an index and its fate."""

    kinds: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    fates: list[str] = field(default_factory=list)

    def total(self, kinds: Iterable[str]) -> Score:
        """Return the sum over some kinds."""
        return sum((self.kinds[kind] for kind in kinds if kind in self.kinds), Score())


def judge(sample: Any, verdicts: Sequence[Any]) -> Report:
    """Compare verdicts, in the order of the lines, with the truth."""
    report = Report()
    left = {item.key: item.residual for item in sample.items}
    by_line = {verdict.payment: verdict for verdict in verdicts}
    if len(by_line) != len(sample.lines):
        raise ValueError("There must be one verdict for each line.")
    for line, truth in zip(sample.lines, sample.truths, strict=True):
        verdict, score = by_line[line.key], report.kinds[line.kind]
        wanted = [wanted_by(answer) for answer in truth.answers]
        told = [settled_by(proposal) for proposal in verdict.proposals]
        fate = _fate(verdict, told, wanted, truth.has_answer, left)
        score.lines += 1
        score.answers += truth.has_answer
        setattr(score, fate, getattr(score, fate) + 1)
        report.fates.append(fate)
        if truth.has_answer:
            paid = wanted[0][0].items()
            score.items += len(paid)
            if fate in {"right", "wrong"}:
                score.items_right += sum(told[0][0].get(key) == amount for key, amount in paid)
    return report


def _fate(verdict: Any, told: list[Settled], wanted: list[Settled], has_answer: bool, left: dict[int, Decimal]) -> str:
    """Return the name of the count that a line belongs to; bookings are taken off what is ``left`` of the items."""
    if verdict.outcome.value == "book":
        fits = all(amount and 0 < amount / left[key] <= 1 if left[key] else False for key, amount in told[0][0].items())
        for key, amount in told[0][0].items():
            left[key] -= amount
        if not fits or told[0] not in wanted:
            return "wrong"
        return "right" if has_answer else "lucky"
    if not told:
        return "left"
    if told[0] in wanted:
        return "first"
    return "among" if any(each in wanted for each in told) else "other"


def upper_bound(wrong: int, tries: int, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided upper bound (Clopper and Pearson) of the rate at which so many of ``tries`` are wrong."""
    if wrong >= tries:
        return 1.0
    low, high = wrong / tries, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(wrong, tries, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(wrong: int, tries: int, rate: float) -> float:
    """Return the probability of at most so many ``wrong`` ones (binomial)."""
    if rate >= 1:
        return 0.0
    if rate <= 0:
        return 1.0
    logs = (
        math.lgamma(tries + 1)
        - math.lgamma(count + 1)
        - math.lgamma(tries - count + 1)
        + count * math.log(rate)
        + (tries - count) * math.log1p(-rate)
        for count in range(wrong + 1)
    )
    return math.fsum(map(math.exp, logs))


# Telling


COLUMNS = ("lines", "answer", "right", "%", "first", "among", "other", "left", "lucky", "wrong")
RATES = ("wrong of booked", "95 % sure below", "items right")


def _row(name: str, score: Score) -> str:
    percent = f"{100 * score.right / score.answers:.1f}" if score.answers else ""
    counts = (score.lines, score.answers, score.right, percent, score.first, score.among, score.other, score.left)
    rates = ["", "", f"{100 * score.items_right / score.items:.1f} %" if score.items else ""]
    if score.booked:
        rates[0] = f"{100 * score.wrong / score.booked:.2f} %"
        rates[1] = f"{100 * upper_bound(score.wrong, score.booked):.2f} %"
    cells = "".join(f"{cell:>8}" for cell in (*counts, score.lucky, score.wrong))
    return f"{name:<16}{cells}" + "".join(f"{rate:>17}" for rate in rates)


def show(report: Report) -> None:
    """Print the table."""
    print(" " * 16 + "".join(f"{name:>8}" for name in COLUMNS) + "".join(f"{name:>17}" for name in RATES))
    for group, kinds in (("TEN KINDS", remittances.TEN_KINDS), ("HARDER KINDS", remittances.HARD_KINDS)):
        present = [kind for kind in kinds if kind in report.kinds]
        for kind in present:
            print(_row(kind, report.kinds[kind]))
        if present:
            print(f"{_row(group, report.total(present))}\n")
    if "unrelated" in report.kinds:
        print(f"unrelated income booked: {report.kinds['unrelated'].booked}")


def explain(sample: Any, verdicts: Sequence[Any], at: int) -> None:
    """Print a line, its truth, and what was said of it."""
    line, truth, verdict = sample.lines[at], sample.truths[at], verdicts[at]
    items = {item.key: item for item in sample.items}

    def told(key: int, amount: Decimal) -> str:
        item = items[key]
        return f"{item.number}#{key} {amount} of {item.residual} {item.currency} (customer {item.customer})"

    payer = sample.customers[truth.payer - 1] if truth.payer else None
    known = f", {'known' if payer.iban_known else 'unknown'} account {payer.account}" if payer else ""
    print(f"\n{line.kind} #{line.key}  {line.day}  {line.amount} {line.currency}  {line.channel}")
    print(f"  from    {line.name!r}  {line.account}")
    print(f"  texts   {line.texts!r}  {[(number, str(amount)) for number, amount in line.remittance] or ''}")
    print(f"  payer   {f'{payer.key} {payer.name}{known}' if payer else '-'}   {truth.note}")
    for answer in truth.answers:
        differences = [(kind, str(amount)) for kind, amount in answer.differences]
        word = "answer" if truth.has_answer else "meant "
        print(f"  {word}  {[told(*each) for each in answer.items]} {differences or ''}")
    print(f"  {verdict.outcome.value}  {[_reason(reason) for reason in verdict.reasons]}")
    for proposal in verdict.proposals:
        parts = [f"{part.kind.value}: {told(part.candidate, part.amount)}" for part in proposal.allocations]
        print(f"    {proposal.probability}  {parts}")
        print(f"      for {[_reason(each) for each in proposal.reasons]}")
        print(f"      against {[_reason(each) for each in proposal.against]}")


def _reason(reason: Any) -> str:
    return f"{reason.code}({', '.join(f'{name}={value}' for name, value in reason.facts)})"


# Time


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time that ``work`` takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def compare(title: str, large: Ledger, small: Ledger, expected: float) -> None:
    """Print how much longer ``large`` takes than ``small``, each run in turn."""
    pairs = [(seconds(lambda: decide(*large)), seconds(lambda: decide(*small))) for _ in range(ROUNDS)]
    ratios = sorted(one / other for one, other in pairs)
    print(
        f"{title:<46} {statistics.median(ratios):7.2f}   (linear: {expected:g}; {ratios[0]:.2f} to {ratios[-1]:.2f};"
        f" {statistics.median(one for one, _ in pairs):.2f} s against"
        f" {statistics.median(other for _, other in pairs):.2f} s)",
        flush=True,
    )


def scaling(seed: int) -> None:
    """Print how the engine's time grows with lines and with items, on the ten kinds."""
    ten = remittances.TEN_KINDS
    many = engine_values(remittances.sample(seed, lines=10_000, kinds=ten))
    every = len(many[0]) // 500
    compare("10,000 lines against 500, at 20,000 items", many, (many[0][::every], *many[1:]), 20)
    sample = remittances.sample(seed, customers=20_000, items=200_000, kinds=ten)
    large = engine_values(sample)
    compare("200,000 items against 2,000, at 2,000 lines", large, fewer_items(sample, large, 2_000), 100)


def fewer_items(sample: Any, ledger: Ledger, count: int) -> Ledger:
    """Return the same payments with ``count`` items, those that they pay first, and the customers of these."""
    paid = {key for truth in sample.truths for answer in truth.answers for key, _ in answer.items}
    candidates = sorted(ledger[1], key=lambda candidate: candidate.key not in paid)[:count]
    owners = {candidate.customer for candidate in candidates}
    return ledger[0], candidates, [customer for customer in ledger[2] if customer.key in owners]


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw a sample, let the engine decide, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--items", type=int, default=20_000, help="open items")
    parser.add_argument("--lines", type=int, default=0, help="of the ten and of the harder kinds each (default 2,000)")
    parser.add_argument("--kinds", nargs="+", choices=remittances.ALL_KINDS, metavar="KIND", help="only these")
    parser.add_argument("--style", default="odoo", help="how invoices are numbered")
    parser.add_argument("--show-wrong", type=int, default=0, metavar="K", help="print so many wrong bookings per kind")
    parser.add_argument("--show-missed", nargs=2, metavar=("KIND", "K"), help="print so many lines that are not booked")
    parser.add_argument("--scaling", action="store_true", help="print how time grows, too")
    given = parser.parse_args(arguments)
    groups = [tuple(given.kinds)] if given.kinds else [remittances.TEN_KINDS, remittances.HARD_KINDS]
    report = Report()
    for kinds in groups:
        size = (given.customers, given.items, given.lines or 2_000)
        sample = remittances.sample(given.seed, *size, kinds, given.style)
        drawn, verdicts = engine_values(sample), []
        spent = seconds(lambda drawn=drawn, verdicts=verdicts: verdicts.extend(decide(*drawn)))
        judged = judge(sample, verdicts)
        report.kinds.update(judged.kinds)
        print(f"{len(sample.lines)} lines, {len(sample.items)} items: {1000 * spent / len(sample.lines):.2f} ms a line")
        _show_lines(sample, verdicts, judged, given)
    show(report)
    if given.scaling:
        scaling(given.seed)


def _show_lines(sample: Any, verdicts: Sequence[Any], judged: Report, given: argparse.Namespace) -> None:
    shown: Counter[tuple[str, str]] = Counter()
    missed_kind, missed = (given.show_missed[0], int(given.show_missed[1])) if given.show_missed else ("", 0)
    for at, (line, truth, fate) in enumerate(zip(sample.lines, sample.truths, judged.fates, strict=True)):
        is_missed = line.kind == missed_kind and truth.has_answer and fate in {"first", "among", "other", "left"}
        limit = given.show_wrong if fate == "wrong" else missed if is_missed else 0
        name = "wrong" if fate == "wrong" else "missed"
        if shown[line.kind, name] < limit:
            shown[line.kind, name] += 1
            explain(sample, verdicts, at)


if __name__ == "__main__":
    main()
