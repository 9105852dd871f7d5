"""Two transactions of the database import into one journal: the second one fails, is done again, and adds nothing."""

from __future__ import annotations

from conftest import Database

TWO_AT_ONCE = """
import psycopg2
from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import mute_logger

IBAN = "DE02120300000000202051"
PARTS = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
code = env.company.currency_id.name
bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1)
bank.bank_account_id = env["res.partner.bank"].create({"acc_number": IBAN, "partner_id": env.company.partner_id.id})


def camt(kind, *amounts):
    root, part = PARTS[kind]
    details = "".join(
        f'<TxDtls><Amt Ccy="{code}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<RmtInf><Ustrd>Payment of {amount}</Ustrd></RmtInf></TxDtls>"
        for amount in amounts
    )
    inside = f"<NtryDtls>{details}</NtryDtls>" if details else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.08">'
        f"<{root}><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-11-18T20:00:00</CreDtTm></GrpHdr><{part}><Id>S</Id>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>{code}</Ccy></Acct>"
        f'<Ntry><Amt Ccy="{code}">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>2026-11-18</Dt></BookgDt><AcctSvcrRef>E1</AcctSvcrRef>{inside}"
        f"<AddtlNtryInf>Collection</AddtlNtryInf></Ntry></{part}></{root}></Document>"
    ).encode()


def drop(content, name):
    attachment = env["ir.attachment"].create({"name": name, "raw": content})
    return env["ar.statement.import"].browse(bank.create_document_from_attachment(attachment.ids)["res_id"])


def amounts():
    return sorted(env["account.bank.statement.line"].search([("journal_id", "=", bank.id)]).mapped("amount"))


def import_in(cursor, record):
    # Another request, which began before what it does not see was committed.
    api.Environment(cursor, env.uid, env.context)["ar.statement.import"].browse(record.id).action_import()
    cursor.commit()


def race(first, second):
    env.cr.commit()
    cursor = Registry(env.cr.dbname).cursor()
    cursor.execute("SELECT 1")
    first.action_import()
    env.cr.commit()
    try:
        with mute_logger("odoo.sql_db"):
            import_in(cursor, second)
    except psycopg2.errors.SerializationFailure:
        print("REFUSED", first.name, second.name)
    cursor.rollback()
    import_in(cursor, second)
    cursor.close()
    env.cr.rollback()  # to see what the other one committed


sums, details = drop(camt("053"), "sum.xml"), drop(camt("054", "600.00", "400.00"), "details.xml")
race(sums, details)
print("AFTER DETAILS", sums.state, details.state, amounts())

again = camt("053").replace(b"E1", b"E2").replace(b"1000.00", b"50.00")
one, other = drop(again, "one.xml"), drop(again, "other.xml")
race(one, other)
print("AFTER THE SAME", one.state, other.state, amounts())
"""


def test_of_two_imports_at_once_the_second_is_done_again_and_adds_nothing_twice(installed_database: Database) -> None:
    printed = installed_database.shell(TWO_AT_ONCE)
    assert "REFUSED sum.xml details.xml" in printed
    assert "AFTER DETAILS done done [400.0, 600.0]" in printed
    assert "REFUSED one.xml other.xml" in printed
    assert "AFTER THE SAME done nothing_new [50.0, 400.0, 600.0]" in printed
