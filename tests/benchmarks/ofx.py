"""Reading a large OFX 1.x file: ours against ofxparse alone, each in a process of its own.

    python tests/benchmarks/ofx.py bare|ours COUNT

prints the processor seconds of the reading and the highest memory of the process in MB. ofxparse alone takes minutes
for 50,000 transactions: its list of closing tags makes SGML quadratic.
"""

from __future__ import annotations

import io
import random
import sys
import time
import warnings
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from peak import peak_memory

FIRST_DAY = date(2024, 1, 1)
_NAMES = ("NORTHWIND TRADING AND SHIPPING C", "Müller & Söhne GmbH", "J SMITH", "BANQUE POPULAIRE", "ACME INC")
_MEMOS = ("SVWZ+RE 2024-{0:05} KD 10{0} VOM 03.11.", "Invoice INV/2024/{0:05}", "VIR SEPA {0}  REF  {0:012}", "")


def make_sgml(count: int) -> bytes:
    """Return a statement of ``count`` transactions as banks write them: open leaves, Windows-1252, a line per tag."""
    chance = random.Random(count)  # noqa: S311 - a seeded sample
    beginning = (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\n"
        "OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX>\n<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        "<DTSERVER>20241231<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>\n<BANKMSGSRSV1><STMTTRNRS><TRNUID>1\n"
        "<STATUS><CODE>0<SEVERITY>INFO</STATUS>\n<STMTRS>\n<CURDEF>EUR\n"
        "<BANKACCTFROM>\n<BANKID>20041\n<ACCTID>0500013M026\n<ACCTTYPE>CHECKING\n</BANKACCTFROM>\n"
        "<BANKTRANLIST>\n<DTSTART>20240101\n<DTEND>20241231\n"
    )
    parts = [beginning]
    for number in range(count):
        day = FIRST_DAY + timedelta(number % 366)
        amount = chance.randrange(-500_000, 500_000) / 100
        name = chance.choice(_NAMES).replace("&", "&amp;")
        memo = chance.choice(_MEMOS).format(number)
        parts.append(
            f"<STMTTRN>\n<TRNTYPE>{'CREDIT' if amount > 0 else 'DEBIT'}\n<DTPOSTED>{day:%Y%m%d}120000[+1:CET]\n"
            f"<TRNAMT>{amount:.2f}\n<FITID>{day:%Y%m%d}{number:08}\n<NAME>{name}\n"
            + (f"<MEMO>{memo}\n" if memo else "")
            + "</STMTTRN>\n"
        )
    parts.append(
        "</BANKTRANLIST>\n<LEDGERBAL>\n<BALAMT>1250.75\n<DTASOF>20241231\n</LEDGERBAL>\n"
        "</STMTRS>\n</STMTTRNRS>\n</BANKMSGSRSV1>\n</OFX>\n"
    )
    return "".join(parts).encode("cp1252")


def bare(content: bytes) -> int:
    """Return how many transactions ofxparse reads by itself."""
    ofxparse: Any = __import__("ofxparse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ofxparse's own, of its markup reader
        return len(ofxparse.OfxParser.parse(io.BytesIO(content)).account.statement.transactions)


def ours(content: bytes) -> int:
    """Return how many transactions the addon reads."""
    parsers: Any = __import__("odoo.addons.ar_reconcile.parsers", fromlist=["read"])
    return sum(len(statement.lines) for statement in parsers.read(content))


def main(way: str, count: int) -> None:
    """Read once and print the figures."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __import__("conftest")  # makes parsers importable without Odoo
    read = {"bare": bare, "ours": ours}[way]
    read(make_sgml(1))  # what is imported once
    content = make_sgml(count)
    begun = time.process_time()
    found = read(content)
    seconds = time.process_time() - begun
    assert found == count
    print(f"{seconds:.3f} {peak_memory():.1f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
