"""OFX files for tests, each with what one test asks for and the rest as a well-behaved bank writes it."""

from __future__ import annotations

HEADER = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

"""
XML_HEADER = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
"""
SIGN_ON = (
    "<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>"
    "<DTSERVER>20240331<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>\n"
)
ACCOUNT = "<BANKACCTFROM>\n<BANKID>20041\n<ACCTID>0500013M026\n<ACCTTYPE>CHECKING\n</BANKACCTFROM>\n"
BALANCE = "<LEDGERBAL><BALAMT>1250.75<DTASOF>20240331</LEDGERBAL>\n"
PERIOD = "<DTSTART>20240301\n<DTEND>20240331\n"


def transaction(
    day: str = "20240315",
    amount: str = "100.00",
    fitid: str = "A1",
    name: str = "Northwind Ltd",
    memo: str = "Invoice 2024/0815",
    more: str = "",
    kind: str = "CREDIT",
) -> str:
    """A booked transaction in SGML; a tag whose value is empty is left out."""
    tags = {"TRNTYPE": kind, "DTPOSTED": day, "TRNAMT": amount, "FITID": fitid, "NAME": name, "MEMO": memo}
    written = "".join(f"<{tag}>{value}\n" for tag, value in tags.items() if value)
    return f"<STMTTRN>\n{written}{more}</STMTTRN>\n"


def statement(
    *transactions: str,
    account: str = ACCOUNT,
    balance: str = BALANCE,
    currency: str = "<CURDEF>EUR\n",
    period: str = PERIOD,
) -> str:
    """A bank's answer with one statement."""
    return (
        f"<STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>\n<STMTRS>\n{currency}{account}"
        f"<BANKTRANLIST>\n{period}{''.join(transactions)}</BANKTRANLIST>\n{balance}</STMTRS>\n</STMTTRNRS>\n"
    )


def document(*messages: str, header: str = HEADER) -> str:
    """A whole file."""
    return f"{header}<OFX>\n{SIGN_ON}<BANKMSGSRSV1>\n{''.join(messages)}</BANKMSGSRSV1>\n</OFX>\n"


def ofx(*transactions: str) -> bytes:
    """A whole file with one statement."""
    return document(statement(*transactions)).encode()
