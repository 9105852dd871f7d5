"""On a database with data and without demo: install, use, uninstall; Odoo's own tables are as before."""

from __future__ import annotations

import re
from pathlib import Path

from psycopg2 import sql

from conftest import Database

Checksum = list[object]

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
groups = env.ref("account.group_account_manager") + env.ref("sales_team.group_sale_manager")
env["res.users"].create([
    {"name": name, "login": name.lower(), "group_ids": [(6, 0, groups.ids)]} for name in ("Clerk", "Manager")
])
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

#: Every part of the credit control, used.
CREDIT = (Path(__file__).parent / "credit_in_use.py").read_text()

ALIASES = """
SELECT model.model, alias.alias_name
  FROM account_journal journal
  JOIN res_partner_bank number ON number.id = journal.bank_account_id
  JOIN mail_alias alias ON alias.id = journal.alias_id
  JOIN ir_model model ON model.id = alias.alias_model_id
 WHERE number.acc_number = '4711000815'
"""

#: Activities with the kinds that they have.
TODO = """
SELECT activity.res_model, data.name, count(*)::int
  FROM mail_activity activity
  LEFT JOIN ir_model_data data ON data.model = 'mail.activity.type' AND data.res_id = activity.activity_type_id
 GROUP BY activity.res_model, data.name
 ORDER BY activity.res_model, data.name
"""
#: Kinds of activities that no addon has any more.
FORGOTTEN_TYPES = """
SELECT name FROM mail_activity_type
 WHERE id NOT IN (SELECT res_id FROM ir_model_data WHERE model = 'mail.activity.type')
"""

#: What Odoo can do again without us: post, rename, and confirm what was held.
STILL = """
invoice = env["account.move"].create({
    "move_type": "out_invoice", "partner_id": env["res.partner"].search([], limit=1).id,
    "invoice_line_ids": [(0, 0, {"name": "More", "price_unit": 5})],
})
invoice.action_post()
bank = env["account.journal"].search([("bank_account_id.acc_number", "=", "4711000815")])
bank.write({"name": "Bank again", "alias_name": "invoices"})
print("STILL", env["account.move"].search_count([("move_type", "=", "out_invoice")]), "invoices")
held = env["account.move"].search([("partner_id.name", "=", "Linden Optics"), ("state", "=", "draft")])
held.action_post()
env["sale.order"].search([("state", "=", "draft")]).action_confirm()
env.cr.commit()
"""

#: What a new installation begins with: no history, and Odoo's own limit, which is the one that was approved.
AGAIN = """
customer = env["res.partner"].search([("name", "=", "Linden Optics")])
assert customer.ar_credit_limit == customer.credit_limit == 1500
assert not customer.ar_credit_limit_ids and not customer.ar_external_rating
assert env["ar.credit.score"]._snapshot(customer, company=env.company)
print("AGAIN")
"""


def _install(database: Database) -> None:
    database.odoo("-i", ",".join(ADDONS), "--stop-after-init", "--no-http", "--max-cron-threads=0")


def _uninstall(database: Database, *addons: str) -> None:
    for addon in addons:
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


def _content(database: Database) -> dict[str, Checksum]:
    """Return a checksum of each table's rows, apart from who wrote a row last and when, and Odoo's own bookkeeping.

    Left out: module states and registry signalling, counters, assets and the log of sessions.
    """
    bookkeeping = ("ir_module_module", "ir_cron", "ir_attachment", "ir_logging", "orm_signaling", "ir_config_parameter")
    columns: dict[str, list[sql.Composable]] = {}
    for table, column in database.rows(
        "SELECT table_name, column_name FROM information_schema.columns JOIN pg_tables ON tablename = table_name"
        " WHERE table_schema = 'public' AND column_name NOT IN ('write_date', 'write_uid')"
        " AND table_name NOT LIKE 'ar\\_%' AND column_name NOT LIKE 'ar\\_%' ORDER BY table_name, column_name"
    ):
        if not str(table).startswith(bookkeeping):
            text = sql.SQL("COALESCE({}::text, '~')").format(sql.Identifier(str(column)))
            columns.setdefault(str(table), []).append(text)
    checksum = sql.SQL(
        "SELECT {}, count(*), md5(string_agg(row, chr(10) ORDER BY row)) FROM (SELECT {} AS row FROM {}) AS rows"
    )
    checksums = [
        checksum.format(sql.Literal(table), sql.SQL(" || '|' || ").join(texts), sql.Identifier(table))
        for table, texts in columns.items()
    ]
    return {str(table): found for table, *found in database.rows(sql.SQL(" UNION ALL ").join(checksums))}


#: Names of ours that don't hang on a model: of fields and tables, of addons, and as people read them.
OUR_NAMES = r"\mar_[a-z]|model_ar_|Receivables: "
#: Tables with the names of addons that aren't installed either, and with notifications on their way to browsers.
PASSED_OVER = ("ir_module_module", "ir_module_module_dependency", "bus_bus")
#: Tables of what Odoo knows of addons: in them nothing of ours stays, and nothing else goes.
REGISTRY = ("ir_", "res_groups", "mail_activity_type", "mail_template", "mail_message_subtype", "report_")
#: Tables with what users enter: it stays as it is.
BOOKS = ("account_", "sale_", "payment_", "product_", "res_company", "res_currency", "res_partner", "res_users")


def _our_names(database: Database) -> str:
    """Return a pattern for the names of all that is ours, asked while our models are there."""
    models = database.rows("SELECT model FROM ir_model WHERE model LIKE 'ar.%'")
    assert models
    return "|".join([OUR_NAMES, *(rf"\m{re.escape(str(model))}\M" for (model,) in models)])


def _named(database: Database, names: str) -> list[str]:
    """Return the rows of all tables in which one of ``names`` stands."""
    tables = database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = sql.SQL("SELECT {}, row::text FROM {} AS row WHERE row::text ~ {}")
    named = [
        rows.format(sql.Literal(table), sql.Identifier(str(table)), sql.Literal(names))
        for (table,) in tables
        if table not in PASSED_OVER
    ]
    return [f"{table}: {row}"[:300] for table, row in database.rows(sql.SQL(" UNION ALL ").join(named))]


def _differences(
    before: dict[str, Checksum], after: dict[str, Checksum], tables: tuple[str, ...] = ("",)
) -> dict[str, tuple[Checksum, Checksum]]:
    """Return what differs in the tables of ``after`` whose names begin so."""
    return {
        name: (before[name], after[name])
        for name in sorted(after)
        if name.startswith(tables) and before[name] != after[name]
    }


def test_installing_and_uninstalling_leaves_odoo_s_own_tables_as_before(database: Database) -> None:
    database.odoo("-i", "sale,account_debit_note", "--stop-after-init", "--no-http", "--max-cron-threads=0")
    database.shell(LEDGER)
    schema, content = _schema(database), _content(database)

    _install(database)
    assert _schema(database)["columns"] > schema["columns"]
    names = _our_names(database)
    _uninstall(database, "ar_enhanced")  # and with it all that depends on it

    _assert_schema(database, schema)
    assert _differences(content, _content(database)) == {}
    assert _named(database, names) == []

    _install(database)
    used = database.shell(USE)
    invoice = used.split("USED ")[1].split()[0]
    assert "CREDIT IN USE" in database.shell(CREDIT)
    in_use = _content(database)
    _uninstall(database, *reversed(ADDONS))

    _assert_schema(database, schema)
    assert _named(database, names) == []
    left = _content(database)
    assert _differences(content, left, REGISTRY) == {}
    assert _differences(in_use, left, BOOKS) == {}
    state = f"SELECT payment_state, amount_residual FROM account_move WHERE id = {int(invoice)}"  # noqa: S608
    assert [(state, float(str(left))) for state, left in database.rows(state)] == [("paid", 0.0)]
    assert database.rows(ALIASES) == [("account.move", None)]
    assert database.rows(FORGOTTEN_TYPES) == []
    # What is open on documents that stay is a to-do now; the order's was one before.
    todo = "mail_activity_data_todo"
    assert database.rows(TODO) == [
        ("account.move", todo, 3),
        ("product.template", todo, 1),
        ("res.partner", todo, 1),
        ("sale.order", todo, 1),
    ]
    assert "STILL 18 invoices" in database.shell(STILL)
    _install(database)
    assert "AGAIN" in database.shell(AGAIN)


def _assert_schema(database: Database, before: dict[str, set[tuple[object, ...]]]) -> None:
    after = _schema(database)
    for part, rows in before.items():
        assert after[part] == rows, (part, after[part] ^ rows)
