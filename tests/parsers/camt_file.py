"""camt files for tests, each with what one test asks for and the rest as a well-behaved bank writes it."""

from __future__ import annotations

MESSAGES = {
    "053": ("BkToCstmrStmt", "Stmt"),
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
ACCOUNT = (
    "<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Fabrikam GmbH</Nm></Ownr>"
    "<Svcr><FinInstnId><BIC>BYLADEM1001</BIC></FinInstnId></Svcr></Acct>"
)
PAYER = (
    "<RltdPties><Dbtr><Nm>Northwind Ltd</Nm></Dbtr><DbtrAcct><Id><IBAN>GB33BUKB20201555555555</IBAN></Id></DbtrAcct>"
    "</RltdPties>"
)
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def tag(name: str, *content: str) -> str:
    """A tag on a line of its own, or nothing where there is no content."""
    return f"<{name}>{''.join(content)}</{name}>\n" if any(content) else ""


def amount_tag(amount: str, currency: str = "EUR", name: str = "Amt") -> str:
    return f'<{name} Ccy="{currency}">{amount}</{name}>\n'


def balance(code: str, amount: str, sign: str = "CRDT", day: str = "2026-11-18", currency: str = "EUR") -> str:
    kind = tag("Tp", tag("CdOrPrtry", tag("Cd", code)))
    return tag("Bal", kind, amount_tag(amount, currency), tag("CdtDbtInd", sign), tag("Dt", tag("Dt", day)))


def remittance(*texts: str) -> str:
    return tag("RmtInf", *(tag("Ustrd", text) for text in texts))


def detail(*content: str, amount: str = "", sign: str = "", currency: str = "EUR") -> str:
    """A TxDtls; an amount or a sign that is empty is left out."""
    told = amount_tag(amount, currency) if amount else ""
    return tag("TxDtls", told, tag("CdtDbtInd", sign), *content)


def entry(
    *content: str,
    amount: str = "100.00",
    sign: str = "CRDT",
    ref: str = "R1",
    day: str = "<Dt>2026-11-18</Dt>",
    status: str = "BOOK",
    currency: str = "EUR",
) -> str:
    """A booked entry; what is empty is left out."""
    return tag(
        "Ntry",
        amount_tag(amount, currency) if amount else "",
        tag("CdtDbtInd", sign),
        tag("Sts", status),
        tag("BookgDt", day),
        tag("AcctSvcrRef", ref),
        *content,
    )


def batch(*details: str, more: str = "") -> str:
    return tag("NtryDtls", more, *details)


def statement(*content: str, message: str = "053", account: str = ACCOUNT, number: str = "S1", before: str = "") -> str:
    """One statement, report or notification."""
    return tag(MESSAGES[message][1], tag("Id", number), before, account, *content)


def document(*statements: str, message: str = "053", version: str = "02", declaration: str = DECLARATION) -> str:
    """A whole document."""
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"
    header = tag("GrpHdr", tag("MsgId", "M1"), tag("CreDtTm", "2026-11-19T06:00:00"))
    content = tag(MESSAGES[message][0], header, *statements)
    return f'{declaration}<Document xmlns="{space}">\n{content}</Document>\n'


def camt(*content: str, message: str = "053", version: str = "02") -> bytes:
    """A whole file with one statement."""
    return document(statement(*content, message=message), message=message, version=version).encode()
