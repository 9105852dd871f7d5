"""The page My receivables against Odoo's own page My invoices, for ``odoo shell``.

A customer has ``AR_BENCH_INVOICES`` invoices (5,000): a fifth is paid, some have an early-payment discount, most are
overdue. Both pages are served to the same portal user in this process, in turn, and the median of the ratios is printed
with its spread; the statement of account of a year is timed beside them.
"""

import os
import statistics
import time
from datetime import timedelta

from werkzeug.test import Client

from odoo import fields, http
from odoo.fields import Command
from odoo.service import security

COUNT, ROUNDS, BATCH = int(os.environ.get("AR_BENCH_INVOICES") or 5_000), 9, 500
ENV = env(context={**env.context, "tracking_disable": True})  # noqa: F821 - the shell's
COMPANY = ENV.company
TODAY = fields.Date.today()
BOUND = 1.5


def ledger(customer):
    """Post the invoices and pay every fifth of them."""
    income = ENV["account.account"].search([("account_type", "=", "income")], limit=1)
    net_30 = {"value": "percent", "value_amount": 100, "nb_days": 30}
    discount = ENV["account.payment.term"].create(
        {
            "name": "2/10 n30",
            "early_discount": True,
            "discount_percentage": 2,
            "discount_days": 10,
            "line_ids": [Command.create(net_30)],
        }
    )
    for first in range(0, COUNT, BATCH):
        invoices = ENV["account.move"].create(
            [_invoice(customer, income, n, discount) for n in range(first, first + BATCH)]
        )
        invoices._post(soft=False)
        _pay(customer, invoices[::5])
        ENV.cr.commit()
        ENV.invalidate_all()


def _invoice(customer, income, number, discount):
    day = TODAY - timedelta(number % 300)
    line = {"name": "Goods", "price_unit": 100 + number % 977, "tax_ids": False, "account_id": income.id}
    return {
        "move_type": "out_invoice",
        "partner_id": customer.id,
        "invoice_date": day,
        "invoice_payment_term_id": discount.id if number % 2 else False,
        "invoice_date_due": day + timedelta(30),
        "invoice_line_ids": [Command.create(line)],
    }


def _pay(customer, invoices):
    """Pay invoices by one bank transaction."""
    journal = ENV["account.journal"].search([("type", "=", "bank"), ("company_id", "=", COMPANY.id)], limit=1)
    lines = invoices.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
    transaction = ENV["account.bank.statement.line"].create(
        {
            "journal_id": journal.id,
            "date": TODAY,
            "payment_ref": "Transfer",
            "partner_id": customer.id,
            "amount": sum(lines.mapped("amount_residual")),
            "counterpart_account_id": lines.account_id.id,
        }
    )
    _liquidity, _suspense, others = transaction._seek_for_lines()
    (lines | others).reconcile()


def reader(customer):
    """Return a browser of a portal user of ``customer``."""
    contact = ENV["res.partner"].create({"name": "Reader", "parent_id": customer.id})
    user = ENV["res.users"].create(
        {
            "login": "bench_reader",
            "partner_id": contact.id,
            "group_ids": [Command.set(ENV.ref("base.group_portal").ids)],
            "company_id": COMPANY.id,
            "company_ids": [Command.set(COMPANY.ids)],
        }
    )
    ENV.cr.commit()
    session = http.root.session_store.new()
    session.update(http.get_default_session(), db=ENV.cr.dbname, uid=user.id, login=user.login)
    session.context = {**user.with_user(user).context_get(), "uid": user.id}
    session.session_token = security.compute_session_token(session, ENV(user=user))
    http.root.session_store.save(session)
    client = Client(http.root)
    client.set_cookie("session_id", session.sid)
    return client


def seconds(client, url):
    """Return how long the page takes."""
    begun = time.perf_counter()
    response = client.get(url, base_url="http://localhost:8069")
    took = time.perf_counter() - begun
    assert response.status_code == 200, (url, response.status_code)
    return took


def main():
    """Print the ratio of the two pages, and say so where it is above the bound."""
    if not COMPANY.chart_template:
        ENV["account.chart.template"].try_loading("generic_coa", COMPANY, install_demo=False)
    customer = ENV["res.partner"].create({"name": "Many Invoices", "is_company": True})
    ledger(customer)
    ENV.cr.execute("ANALYZE")
    ENV.cr.commit()
    client = reader(customer)
    ours, odoos, statement = "/my/receivables", "/my/invoices", "/my/receivables/statement?period=this_year"
    for url in (ours, odoos, statement):
        seconds(client, url)  # what stays in memory and in the database's cache
    spent = []
    for turn in range(ROUNDS):
        first, second = (ours, odoos) if turn % 2 else (odoos, ours)
        took = {url: seconds(client, url) for url in (first, second)}
        spent.append((took[ours], took[odoos]))
    ratios = sorted(one / other for one, other in spent)
    ratio = statistics.median(ratios)
    print(
        f"portal with {COUNT:,} invoices: My receivables {ratio:.2f} times Odoo's My invoices"
        f" ({ratios[0]:.2f} to {ratios[-1]:.2f}; {statistics.median(one for one, _ in spent):.2f} s against"
        f" {statistics.median(other for _, other in spent):.2f} s; at most {BOUND} is meant)"
        f"{'' if ratio <= BOUND else ': TOO SLOW'}",
        flush=True,
    )
    times = sorted(seconds(client, statement) for _turn in range(3))
    print(f"portal with {COUNT:,} invoices: statement of a year {times[1]:.2f} s", flush=True)


main()
