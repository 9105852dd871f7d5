"""Reading camt.053 against xmltodict alone: ``python tests/benchmarks/camt.py bare|ours COUNT``, in fresh processes.

Each run prints the seconds of processor time that the reading took and the highest memory of its process in MB.
"""

from __future__ import annotations

import importlib
import io
import sys
import time
from pathlib import Path
from types import ModuleType

import xmltodict
from peak import peak_memory

_ENTRY = """<Ntry><NtryRef>{n}</NtryRef><Amt Ccy="EUR">{n}.25</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2026-11-18</Dt></BookgDt><ValDt><Dt>2026-11-18</Dt></ValDt><AcctSvcrRef>2026111800{n}</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>E2E{n}</EndToEndId></Refs><RltdPties><Dbtr><Nm>Payer {n} Ltd</Nm></Dbtr>
<DbtrAcct><Id><IBAN>DE0250010517{n:010}</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>Invoice 2026/{n:06}</Ustrd>
</RmtInf></TxDtls></NtryDtls></Ntry>
"""
_BEGINNING = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>
<Stmt><Id>S</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
"""


def make_camt(count: int) -> bytes:
    """Return a camt.053 file with ``count`` booked entries of one transaction each."""
    file = io.BytesIO()
    file.write(_BEGINNING.encode())
    for number in range(1, count + 1):
        file.write(_ENTRY.format(n=number).encode())
    file.write(b"</Stmt></BkToCstmrStmt></Document>\n")
    return file.getvalue()


def bare(content: bytes) -> None:
    """Stream over the entries with xmltodict and do nothing."""
    xmltodict.parse(content, item_depth=4, item_callback=lambda _path, _item: True)


def _reader() -> ModuleType:
    """Return our reader, imported by itself: the readers of other formats would add their libraries' memory."""
    name = "parsers_alone"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(Path(__file__).resolve().parents[2] / "addons" / "ar_reconcile" / "parsers")]
        sys.modules[name] = package
    return importlib.import_module(f"{name}.camt")


def ours(content: bytes) -> object:
    """Read the statements."""
    return _reader().read(content)


def main() -> None:
    """Measure one of the two."""
    content = make_camt(int(sys.argv[2]))
    work = {"bare": bare, "ours": ours}[sys.argv[1]]
    work(make_camt(1))
    begun = time.process_time()
    kept = work(content)
    seconds = time.process_time() - begun
    print(f"{seconds:.3f} {peak_memory():.1f}")
    del kept


if __name__ == "__main__":
    main()
