"""Camt files for tests: statements (053), notifications (054) and reports (052) of one account."""

from xml.sax.saxutils import escape

from .common import ACCOUNT

ROOTS = {"052": "BkToCstmrAcctRpt", "053": "BkToCstmrStmt", "054": "BkToCstmrDbtCdtNtfctn"}
PARTS = {"052": "Rpt", "053": "Stmt", "054": "Ntfctn"}


def detail(amount, name, text, currency="USD", more=""):
    """Return one transaction of an entry."""
    return (
        f'<TxDtls><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>{more}'
        f"<RltdPties><Dbtr><Pty><Nm>{escape(name)}</Nm></Pty></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf></TxDtls>"
    )


def entry(amount, *details, ref="E1", day="2026-11-18", status="BOOK", currency="USD", info="Collection"):
    """Return one entry of the account; without details it is a sum."""
    reference = f"<AcctSvcrRef>{ref}</AcctSvcrRef>" if ref else ""
    inside = f"<NtryDtls>{''.join(details)}</NtryDtls>" if details else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>{reference}"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"{inside}<AddtlNtryInf>{info}</AddtlNtryInf></Ntry>"
    )


def balance(code, amount, day, currency="USD"):
    """Return one balance: OPBD opens, CLBD closes."""
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>'
    )


def camt(kind, *entries, opening=None, closing=None, account=ACCOUNT, currency="USD", days=("2026-11-18",) * 2):
    """Return a file of ``kind`` 052, 053 or 054."""
    balances = "".join(
        balance(code, amount, day, currency)
        for code, amount, day in (("OPBD", opening, days[0]), ("CLBD", closing, days[1]))
        if amount is not None
    )
    root, part = ROOTS[kind], PARTS[kind]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.08">'
        f"<{root}><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-18T20:00:00</CreDtTm></GrpHdr><{part}><Id>S1</Id>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>{balances}{''.join(entries)}"
        f"</{part}></{root}></Document>"
    ).encode()
