"""Two processes match the same bank lines, and one is killed in the middle: nothing is lost, doubled or half booked."""

from __future__ import annotations

import subprocess
import sys

import psycopg2
import pytest

from conftest import Database

LINES = 30

#: Invoices, and unmatched bank lines that name them.
SEED = f"""
company = env.company
bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
customers = env["res.partner"].create([{{"name": f"Customer {{number}}"}} for number in range({LINES})])
invoices = env["account.move"].create([
    {{
        "move_type": "out_invoice",
        "partner_id": customer.id,
        "invoice_date": "2026-11-01",
        "invoice_line_ids": [(0, 0, {{"name": "x", "price_unit": 100 + place, "tax_ids": False}})],
    }}
    for place, customer in enumerate(customers)
])
invoices.action_post()
lines = env["account.bank.statement.line"].create([
    {{
        "journal_id": bank.id,
        "date": "2026-11-18",
        "amount": invoice.amount_total,
        "payment_ref": invoice.name,
        "partner_name": invoice.partner_id.name,
        "ar_import_id": f"line {{invoice.id}}",
    }}
    for invoice in invoices
])
env.cr.commit()
print("SEEDED", len(lines))
"""

#: One worker: waits until the other has begun too, and matches all lines, as a request would.
WORKER = """
from odoo.service.model import retrying
from odoo.tools import mute_logger
from odoo.addons.ar_reconcile.models import bank_line_matching

bank_line_matching.CHUNK = 7
lines = env["account.bank.statement.line"].search([("ar_import_id", "!=", False)])
env.cr.rollback()
print("READY", flush=True)
env.cr.execute("SELECT pg_advisory_lock_shared(77)")
env.cr.rollback()
with mute_logger("odoo.sql_db", "odoo.service.model"):
    retrying(lines.action_auto_match, env)
env.cr.commit()
print("MATCHED")
"""

#: The scheduled action in small chunks, slow enough to be killed between two of them or within one.
SLOW = """
import time
from odoo.addons.ar_reconcile.models import bank_line_matching

bank_line_matching.CHUNK = 5
book = env.registry["account.bank.statement.line"]._ar_book


def slowly(lines, allocations):
    result = book(lines, allocations)
    env.flush_all()
    print("BOOKED", flush=True)
    time.sleep(0.7)  # a chunk is booked and not committed
    return result


env.registry["account.bank.statement.line"]._ar_book = slowly
env["account.bank.statement.line"]._cron_ar_match()
"""

FINISH = """
env["account.bank.statement.line"]._cron_ar_match()
env.cr.commit()
"""

#: Bank lines by what is true of them; a half-booked one would be in neither row.
STATES = """
SELECT line.is_reconciled, line.ar_match_state, count(*),
       count(*) FILTER (WHERE proposal.state = 'accepted') AS accepted,
       count(*) FILTER (WHERE partial.id IS NOT NULL) AS paid
  FROM account_bank_statement_line line
  LEFT JOIN ar_match_proposal proposal ON proposal.statement_line_id = line.id AND proposal.state = 'accepted'
  LEFT JOIN account_move_line item ON item.move_id = line.move_id AND item.credit > 0
  LEFT JOIN account_partial_reconcile partial ON partial.credit_move_id = item.id
 WHERE line.ar_import_id IS NOT NULL
 GROUP BY line.is_reconciled, line.ar_match_state
 ORDER BY line.is_reconciled
"""
RESIDUALS = """
SELECT min(item.amount_residual), max(item.amount_residual), count(*)
  FROM account_move_line item
  JOIN res_partner customer ON customer.id = item.partner_id
 WHERE item.display_type = 'payment_term' AND customer.name LIKE 'Customer %'
"""
ALL_BOOKED = [(True, "matched", LINES, LINES, LINES)]


def _start(database: Database, script: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "odoo", "shell", "--no-http", "--log-level=warn", "-d", database.name]
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdin is not None
    process.stdin.write(script)
    process.stdin.close()
    return process


def _wait_for(word: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for printed in process.stdout:
        if printed.strip() == word:
            return
    raise AssertionError(f"the process ended without {word}")


def _output(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    with process.stdout:
        printed = process.stdout.read()
    process.wait()
    return printed


@pytest.fixture
def seeded(installed_database: Database) -> Database:
    """Give a database with invoices and bank lines that nobody has matched."""
    assert f"SEEDED {LINES}" in installed_database.shell(SEED)
    return installed_database


def test_two_workers_on_the_same_lines_book_each_once(seeded: Database) -> None:
    with psycopg2.connect(dbname=seeded.name) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(77)")
        workers = [_start(seeded, WORKER) for _ in range(2)]
        for worker in workers:
            _wait_for("READY", worker)
    connection.close()  # gives the lock back: they are off
    for printed in map(_output, workers):
        assert "MATCHED" in printed, printed[-3000:]
    assert seeded.rows(STATES) == ALL_BOOKED
    assert seeded.rows(RESIDUALS) == [(0, 0, LINES)]


def test_a_run_that_is_killed_leaves_nothing_half_booked_and_the_next_one_completes_it(seeded: Database) -> None:
    process = _start(seeded, SLOW)
    for _ in range(3):  # two chunks are committed, the third is booked only
        _wait_for("BOOKED", process)
    process.kill()
    _output(process)
    matched = [row for row in seeded.rows(STATES) if row[0]]
    assert matched == [(True, "matched", 10, 10, 10)]
    assert [row[1:] for row in seeded.rows(STATES) if not row[0]] == [("none", LINES - 10, 0, 0)]

    seeded.shell(FINISH)
    assert seeded.rows(STATES) == ALL_BOOKED
    assert seeded.rows(RESIDUALS) == [(0, 0, LINES)]
    runs = seeded.rows("SELECT line_count, booked_count FROM ar_match_run ORDER BY id")
    assert runs == [(10, 10), (LINES - 10, LINES - 10)]
