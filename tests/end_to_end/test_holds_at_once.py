"""Two processes post invoices of one customer at the same moment: only what its limit allows goes through."""

from __future__ import annotations

import subprocess
import sys

import psycopg2

from conftest import Database

SEED = """
company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
customer = env["res.partner"].create({"name": "Linden Optics"})
customer.credit_limit = 1000
# A known customer: the first invoice of a new one writes on the contact, by which the second one would begin anew too.
customer.customer_rank = 5
env["ar.credit.hold.rule"].create(
    {"kind": "utilisation", "threshold": 100, "company_id": company.root_id.id, "active": True}
)
income = env["account.account"].search([("account_type", "=", "income"), ("company_ids", "=", company.id)], limit=1)
# In two journals, or the numbers alone would make the second one begin anew.
journals = env["account.journal"].create([
    {
        "name": f"Sales {number}",
        "code": f"SAL{number}",
        "type": "sale",
        "company_id": company.id,
        "default_account_id": income.id,
    }
    for number in (1, 2)
])
invoices = env["account.move"].create([
    {
        "move_type": "out_invoice",
        "journal_id": journal.id,
        "partner_id": customer.id,
        "invoice_date": "2026-11-01",
        "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 600, "tax_ids": False})],
    }
    for journal in journals
])
env.cr.commit()
print("SEEDED", *invoices.ids)
"""

#: One worker: waits until the other has begun too, and posts one invoice as a request would.  Between the check and
#: the end of its transaction there is time enough for the other one to check as well.
WORKER = """
import time
from odoo.service.model import retrying
from odoo.tools import mute_logger
from odoo.addons.ar_enhanced.exceptions import CreditHoldError

check = env.registry["account.move"]._ar_check_credit


def check_and_dawdle(invoices):
    check(invoices)
    time.sleep(1.5)


env.registry["account.move"]._ar_check_credit = check_and_dawdle
{before}
invoice = env["account.move"].browse({invoice})
env.cr.rollback()
print("READY", flush=True)
env.cr.execute("SELECT pg_advisory_lock_shared(77)")
env.cr.rollback()
try:
    with mute_logger("odoo.sql_db", "odoo.service.model"):
        retrying(invoice.action_post, env)
    env.cr.commit()
    print("POSTED")
except CreditHoldError:
    env.cr.rollback()
    print("HELD")
"""
#: What would happen if nobody took turns.
NO_TURNS = """env.registry["ar.credit.account"]._take_turn = lambda accounts, company, customers: None"""

HOLDS = """
SELECT hold.state, hold.reasons -> 0 ->> 'code', move.state
  FROM ar_credit_hold hold
  JOIN account_move move ON move.id = hold.move_id
"""


def _start(database: Database, script: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "odoo", "shell", "--no-http", "--log-level=warn", "-d", database.name]
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdin is not None
    process.stdin.write(script)
    process.stdin.close()
    return process


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        if line.strip() == "READY":
            return
        printed += line
    raise AssertionError(printed[-3000:])


def _posted_at_once(database: Database, before: str = "") -> list[str]:
    """Post two invoices in two processes at once and return what became of them."""
    seeded = next(line for line in database.shell(SEED).splitlines() if line.startswith("SEEDED"))
    with psycopg2.connect(dbname=database.name) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(77)")
        workers = [_start(database, WORKER.format(before=before, invoice=invoice)) for invoice in seeded.split()[1:]]
        for worker in workers:
            _wait_until_ready(worker)
    connection.close()  # gives the lock back: they are off
    outcomes = []
    for worker in workers:
        assert worker.stdout is not None
        with worker.stdout:
            printed = worker.stdout.read()
        worker.wait()
        assert printed.split(), "a worker ended without a word"
        outcomes.append(printed.split()[-1])
    return sorted(outcomes)


def test_two_postings_at_once_do_not_slip_under_the_limit_together(installed_database: Database) -> None:
    assert _posted_at_once(installed_database) == ["HELD", "POSTED"]
    assert installed_database.rows(HOLDS) == [("active", "over_limit", "draft")]


def test_without_turns_they_would(installed_database: Database) -> None:
    assert _posted_at_once(installed_database, NO_TURNS) == ["POSTED", "POSTED"]
