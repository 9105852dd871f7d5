"""Benchmarks without Odoo: ``make bench``.  Ratios of figures taken in turn, for absolute times say little.

Each pair is run alternately and the median of the ratios is printed with its
spread, so that a machine that slows down for a while touches both sides.
"""

from __future__ import annotations

import io
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import ofxparse

from odoo.addons.ar_reconcile import parsers
from odoo.addons.ar_reconcile.engine.candidate import Candidate
from odoo.addons.ar_reconcile.engine.matching import propose
from odoo.addons.ar_reconcile.engine.payment import Payment

import conftest  # noqa: F401 - makes engines and parsers importable without Odoo

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


def ledger(size: int) -> list[Candidate]:
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


def bank_lines(items: list[Candidate], count: int) -> list[Payment]:
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
        lambda: propose(many, large),
        lambda: propose(of_small, small),
    )
    compare(
        "matching with 40,000 open items: 1,000 payments against 250",
        lambda: propose(many, large),
        lambda: propose(few, large),
    )
    short, long = statement(500), statement(2_000)
    compare("reading OFX: 2,000 transactions against 500", lambda: parsers.read(long), lambda: parsers.read(short))
    compare(
        "reading 500 OFX transactions: ours against ofxparse alone",
        lambda: parsers.read(short),
        lambda: ofxparse.OfxParser.parse(io.BytesIO(short)),
    )


main()
