"""Benchmarks without Odoo: ``make bench``.  Ratios of figures taken in turn, for absolute times say little.

Each pair is run alternately and the median of the ratios is printed with its
spread, so that a machine that slows down for a while touches both sides.
"""

from __future__ import annotations

import importlib
import io
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ofxparse

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
importlib.import_module("conftest")  # makes engines and parsers importable without Odoo
parsers = importlib.import_module("odoo.addons.ar_reconcile.parsers")
Candidate = importlib.import_module("odoo.addons.ar_reconcile.engine.candidate").Candidate
decide = importlib.import_module("odoo.addons.ar_reconcile.engine.matching").decide
Payment = importlib.import_module("odoo.addons.ar_reconcile.engine.payment").Payment

ROUNDS = 5
DAY = date(2026, 11, 20)
Work = Callable[[], object]


def _seconds(work: Work) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def compare(title: str, first: Work, second: Work) -> None:
    """Print how much longer ``first`` takes than ``second``."""
    pairs = [(_seconds(first), _seconds(second)) for _ in range(ROUNDS)]
    ratios = sorted(one / other for one, other in pairs)
    print(
        f"{title:<74} {statistics.median(ratios):8.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f};"
        f" {statistics.median(one for one, _ in pairs):.3f} s against"
        f" {statistics.median(other for _, other in pairs):.3f} s)"
    )


def _alone(script: str, way: str, count: int) -> tuple[float, float]:
    """Return the processor seconds and the highest memory, in MB, of reading ``count`` transactions alone."""
    command = [sys.executable, str(HERE / script), way, str(count)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    seconds, memory = told.stdout.split()
    return float(seconds), float(memory)


def compare_alone(title: str, script: str, count: int, rounds: int) -> None:
    """Print how much time and memory our reading takes of the library's alone, each in processes of its own."""
    pairs = [(_alone(script, "ours", count), _alone(script, "bare", count)) for _ in range(rounds)]
    for what, unit, part in (("time", "s", 0), ("memory", "MB", 1)):
        ratios = sorted(ours[part] / bare[part] for ours, bare in pairs)
        print(
            f"{f'{title}: {what}':<74} {statistics.median(ratios):8.3f}   ({ratios[0]:.3f} to {ratios[-1]:.3f};"
            f" {statistics.median(ours[part] for ours, _ in pairs):.1f} {unit} against"
            f" {statistics.median(bare[part] for _, bare in pairs):.1f} {unit})",
            flush=True,
        )


def ledger(size: int) -> list[Any]:
    """Return open items with colliding amounts, ten to a customer."""
    chance = random.Random(size)  # noqa: S311 - a seeded sample
    return [
        Candidate(
            key,
            key,
            f"INV/2026/{key:06}",
            key // 10,
            Decimal(chance.randrange(1000, 300_000)) / 100,
            "EUR",
            DAY + timedelta(chance.randrange(-60, 30)),
        )
        for key in range(1, size + 1)
    ]


def bank_lines(items: list[Any], count: int) -> list[Any]:
    """Return payments of which most name their invoice among other figures."""
    chance = random.Random(7)  # noqa: S311 - a seeded sample
    lines = []
    for key, item in enumerate(chance.sample(items, count)):
        named = chance.random() < 0.8
        text = f"SVWZ+RE {item.number} KD 10{item.customer} VOM 03.11. {item.residual}" if named else "THANK YOU 4711"
        lines.append(Payment(key, DAY, item.residual, "EUR", (text,)))
    return lines


def statement(count: int) -> bytes:
    """Return an OFX 1.x file with unclosed leaves."""
    entries = "".join(
        f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>20261118\n<TRNAMT>{n}.00\n<FITID>F{n}\n<NAME>PAYER {n}\n<MEMO>INV {n}\n"
        "</STMTTRN>\n"
        for n in range(count)
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\n"
        "OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        "<DTSERVER>20261120<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0"
        "<SEVERITY>INFO</STATUS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1<ACCTID>4711<ACCTTYPE>CHECKING</BANKACCTFROM>"
        f"<BANKTRANLIST><DTSTART>20261101<DTEND>20261120\n{entries}</BANKTRANLIST><LEDGERBAL><BALAMT>9<DTASOF>20261120"
        "</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()


def main() -> None:
    """Run all comparisons."""
    print(f"{'median ratio of processor time':<74} {'ratio':>8}   (spread; medians)")
    small, large = ledger(2_000), ledger(40_000)
    few, many = bank_lines(large, 250), bank_lines(large, 1_000)
    of_small = bank_lines(small, 1_000)
    compare(
        "matching 1,000 payments: 40,000 open items against 2,000",
        lambda: decide(many, large),
        lambda: decide(of_small, small),
    )
    compare(
        "matching with 40,000 open items: 1,000 payments against 250",
        lambda: decide(many, large),
        lambda: decide(few, large),
    )
    short, long = statement(500), statement(2_000)
    compare("reading OFX: 2,000 transactions against 500", lambda: parsers.read(long), lambda: parsers.read(short))
    compare(
        "reading 500 OFX transactions: ours against ofxparse alone",
        lambda: parsers.read(short),
        lambda: ofxparse.OfxParser.parse(io.BytesIO(short)),
    )
    compare_alone("reading 50,000 camt.053 entries against bare xmltodict", "camt.py", 50_000, ROUNDS)
    # Once, for ofxparse alone takes minutes.
    compare_alone("reading 50,000 OFX transactions against bare ofxparse", "ofx.py", 50_000, 1)


main()
