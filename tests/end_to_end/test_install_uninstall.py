"""On a database with data and without demo: install, use, uninstall; Odoo's own tables are as before."""

from __future__ import annotations

from psycopg2 import sql

from conftest import Database

ADDONS = ("ar_enhanced", "ar_reconcile", "ar_portal")

LEDGER = """
env["ir.module.module"].update_list()
company = env.company
bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
bank.bank_account_id = env["res.partner.bank"].create({"acc_number": "4711000815", "partner_id": company.partner_id.id})
partners = env["res.partner"].create([{"name": f"Customer {n}", "is_company": True} for n in range(3)])
invoices = env["account.move"].create([
    {"move_type": "out_invoice", "partner_id": partners[n % 3].id, "invoice_date": "2026-10-01",
     "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": 100 + n, "tax_ids": False})]}
    for n in range(9)
])
invoices.action_post()
register = env["account.payment.register"].with_context(active_model="account.move", active_ids=invoices[0].ids)
register.create({})._create_payments()
env["account.bank.statement.line"].create(
    [{"journal_id": bank.id, "date": "2026-10-20", "amount": 50 + n, "payment_ref": f"text {n}"} for n in range(4)]
)
env.cr.commit()
"""

USE = """
from odoo import Command
bank = env["account.journal"].search([("bank_account_id.acc_number", "=", "4711000815")])
invoice = env["account.move"].search([("move_type", "=", "out_invoice"), ("payment_state", "=", "not_paid")], limit=1)
content = (
    "OFXHEADER:100\\nDATA:OFXSGML\\nVERSION:102\\nENCODING:USASCII\\nCHARSET:1252\\n\\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS>"
    "<CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261120<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS>"
    "<TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>%s<BANKACCTFROM><BANKID>1<ACCTID>4711000815"
    "<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261101<DTEND>20261120<STMTTRN><TRNTYPE>CREDIT"
    "<DTPOSTED>20261118<TRNAMT>%.2f<FITID>1<NAME>SOMEBODY<MEMO>%s</STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>9"
    "<DTASOF>20261120</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
) % (env.company.currency_id.name, invoice.amount_residual, invoice.name)
domain = env["mail.alias.domain"].create({"name": "files.example.com"})
bank.write({"alias_name": "bank-files", "alias_domain_id": domain.id})
assert bank.alias_id.alias_model_id.model == "ar.statement.import"
attachment = env["ir.attachment"].create({"name": "bank.ofx", "raw": content.encode()})
action = bank.create_document_from_attachment(attachment.ids)
record = env["ar.statement.import"].browse(action["res_id"])
record.action_import()
env["ar.credit.score"]._snapshot(company=env.company)
for kind in ("bank_line", "short_payment"):  # one is done, one is still to be done
    todo = invoice.activity_schedule(f"ar_reconcile.activity_type_{kind}", user_id=env.ref("base.user_admin").id)
    if kind == "bank_line":
        todo.action_feedback()
assert record.booked_count == 1, record.message
assert invoice.payment_state == "paid"
assert env["ar.credit.score"].search_count([])
open_line = env["account.bank.statement.line"].search([("is_reconciled", "=", False)], limit=1)
colleague = env.ref("base.user_admin")
open_line.ar_workspace_ask(colleague.id, "Whose is it?")
plan = env["ar.reconciliation.plan"].create(
    {"kind": "bank", "journal_id": bank.id, "owner_id": colleague.id, "reviewer_id": env.ref("base.user_root").id,
     "date_start": "2026-10-01"}
)
plan.action_make_due()
assert env["mail.activity"].search_count([("res_model", "in", ("account.move", "ar.reconciliation"))]) >= 2
print("USED", invoice.id)
env.cr.commit()
"""


ALIASES = """
SELECT model.model, alias.alias_name
  FROM account_journal journal
  JOIN res_partner_bank number ON number.id = journal.bank_account_id
  JOIN mail_alias alias ON alias.id = journal.alias_id
  JOIN ir_model model ON model.id = alias.alias_model_id
 WHERE number.acc_number = '4711000815'
"""

TODO = "SELECT count(*) FROM mail_activity WHERE res_model = 'account.move'"
#: Kinds of activities that no addon has any more.
FORGOTTEN_TYPES = """
SELECT name FROM mail_activity_type
 WHERE id NOT IN (SELECT res_id FROM ir_model_data WHERE model = 'mail.activity.type')
"""


def _install(database: Database) -> None:
    database.odoo("-i", ",".join(ADDONS), "--stop-after-init", "--no-http", "--max-cron-threads=0")


def _uninstall(database: Database) -> None:
    for addon in reversed(ADDONS):
        database.odoo("module", "uninstall", addon)


def _schema(database: Database) -> dict[str, set[tuple[object, ...]]]:
    """Return the tables' columns, indexes and constraints."""
    return {
        "columns": set(
            database.rows(
                "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
                " WHERE table_schema = 'public'"
            )
        ),
        "indexes": set(database.rows("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")),
        "constraints": set(
            database.rows(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace"
            )
        ),
    }


def _content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return a checksum of each table's rows, apart from who wrote a row last and when, and Odoo's own bookkeeping.

    Left out: module states and registry signalling, counters, assets and the log of sessions.
    """
    bookkeeping = ("ir_module_module", "ir_cron", "ir_attachment", "ir_logging", "orm_signaling", "ir_config_parameter")
    columns: dict[str, list[sql.Composable]] = {}
    for table, column in database.rows(
        "SELECT table_name, column_name FROM information_schema.columns JOIN pg_tables ON tablename = table_name"
        " WHERE table_schema = 'public' AND column_name NOT IN ('write_date', 'write_uid')"
        " AND table_name NOT LIKE 'ar\\_%' ORDER BY table_name, column_name"
    ):
        if not str(table).startswith(bookkeeping):
            text = sql.SQL("COALESCE({}::text, '~')").format(sql.Identifier(str(column)))
            columns.setdefault(str(table), []).append(text)
    checksum = sql.SQL(
        "SELECT count(*), md5(string_agg(row, chr(10) ORDER BY row)) FROM (SELECT {} AS row FROM {}) AS rows"
    )
    return {
        table: database.rows(checksum.format(sql.SQL(" || '|' || ").join(texts), sql.Identifier(table)))
        for table, texts in columns.items()
    }


def _differences(before: dict[str, object], after: dict[str, object]) -> dict[str, tuple[object, object]]:
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(set(before) | set(after))
        if before.get(name) != after.get(name)
    }


def test_installing_and_uninstalling_leaves_odoo_s_own_tables_as_before(database: Database) -> None:
    database.shell(LEDGER)
    schema, content = _schema(database), _content(database)

    _install(database)
    assert _schema(database)["columns"] > schema["columns"]
    _uninstall(database)

    after = _schema(database)
    for part, rows in schema.items():
        assert after[part] == rows, (part, after[part] ^ rows)
    assert _differences(content, _content(database)) == {}

    _install(database)
    used = database.shell(USE)
    invoice = used.split("USED ")[1].split()[0]
    _uninstall(database)

    state = f"SELECT payment_state, amount_residual FROM account_move WHERE id = {int(invoice)}"  # noqa: S608
    assert [(state, float(str(left))) for state, left in database.rows(state)] == [("paid", 0.0)]
    assert database.rows(ALIASES) == [("account.move", None)]
    assert database.rows(FORGOTTEN_TYPES) == []
    assert database.rows(TODO) == [(2,)]  # as to-dos of nobody's kind
    assert "STILL 10 invoices" in database.shell(
        """
invoice = env["account.move"].create({
    "move_type": "out_invoice", "partner_id": env["res.partner"].search([], limit=1).id,
    "invoice_line_ids": [(0, 0, {"name": "More", "price_unit": 5})],
})
invoice.action_post()
bank = env["account.journal"].search([("bank_account_id.acc_number", "=", "4711000815")])
bank.write({"name": "Bank again", "alias_name": "invoices"})
print("STILL", env["account.move"].search_count([("move_type", "=", "out_invoice")]), "invoices")
"""
    )
