"""What the check of credit holds adds to posting, for ``odoo shell``.

Each round posts ``AR_BENCH_HOLD`` draft invoices (500) of as many customers in one batch, and takes it back, once
without a rule and once with three of them; the ways take turns at going first. The customers have limits, open
items and some of them overdue debt within what the rules allow, so that all of it is looked at.  On a busy machine
two postings differ by more than a check costs: so the check is also timed within the postings that it is part of.
"""

import os
import statistics
import time
from datetime import timedelta

from odoo import fields

COUNT, ROUNDS = int(os.environ.get("AR_BENCH_HOLD") or 500), 4
ENV = env(context={**env.context, "tracking_disable": True})  # noqa: F821 - the shell's
COMPANY = ENV.company
TODAY = fields.Date.today()


def drafts(customers, due):
    """Return one draft invoice per customer."""
    income = ENV["account.account"].search([("account_type", "=", "income")], limit=1)
    line = {"name": "Goods", "price_unit": 100, "tax_ids": False, "account_id": income.id}
    return ENV["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": customer.id,
                "invoice_date": due - timedelta(30),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [fields.Command.create(line)],
            }
            for customer in customers
        ]
    )


CHECKS = []
check = ENV.registry["account.move"]._ar_check_credit


def timed_check(invoices):
    """Check as ever, and note how long that takes."""
    begun = time.perf_counter()
    check(invoices)
    CHECKS.append(time.perf_counter() - begun)


ENV.registry["account.move"]._ar_check_credit = timed_check


def seconds(move_ids):
    """Return how long posting takes, which is taken back."""
    ENV.flush_all()
    ENV.invalidate_all()
    invoices = ENV["account.move"].browse(move_ids)
    begun = time.perf_counter()
    with ENV.cr.savepoint() as savepoint:
        invoices._post(soft=False)
        ENV.flush_all()
        took = time.perf_counter() - begun
        savepoint.rollback()
    return took


def main():
    """Print what a check adds, as the median over the rounds of both ways side by side."""
    if not COMPANY.chart_template:
        ENV["account.chart.template"].try_loading("generic_coa", COMPANY, install_demo=False)
    customers = ENV["res.partner"].create([{"name": f"Customer {n}", "credit_limit": 10**6} for n in range(COUNT)])
    drafts(customers[: COUNT // 2], TODAY - timedelta(10))._post(soft=False)
    drafts(customers, TODAY + timedelta(10))._post(soft=False)
    batch = drafts(customers, TODAY + timedelta(30)).ids
    rules = ENV["ar.credit.hold.rule"].create(
        [
            {"company_id": COMPANY.root_id.id, "active": False, **values}
            for values in (
                {"kind": "utilisation", "threshold": 100},
                {"kind": "overdue_days", "threshold": 30},
                {"kind": "broken_promise", "threshold": 1},
            )
        ]
    )
    ENV.cr.execute("ANALYZE")
    seconds(batch)
    CHECKS.clear()
    with_rules, without, ratios, shares = [], [], [], []
    for number in range(ROUNDS):
        took = {}
        for is_on in (True, False) if number % 2 else (False, True):
            rules.active = is_on
            took[is_on] = seconds(batch)
        with_rules.append(took[True])
        shares.append(max(CHECKS) / (took[True] - max(CHECKS)))
        CHECKS.clear()
        without.append(took[False])
        ratios.append(took[True] / took[False])
    rules.active = True
    ENV.flush_all()
    ENV.invalidate_all()
    invoices = ENV["account.move"].browse(batch)
    invoices.fetch(["amount_total_signed", "partner_id", "company_id"])
    before = ENV.cr.sql_log_count
    check(invoices)
    print(
        f"posting {COUNT} invoices with three hold rules against none: {100 * (statistics.median(ratios) - 1):+.1f} %"
        f" ({100 * (min(ratios) - 1):+.1f} to {100 * (max(ratios) - 1):+.1f}; medians"
        f" {statistics.median(with_rules):.2f} s against {statistics.median(without):.2f} s)"
    )
    print(
        f"the check as a part of the same postings: {100 * statistics.median(shares):+.1f} %"
        f" ({100 * min(shares):+.1f} to {100 * max(shares):+.1f}), {ENV.cr.sql_log_count - before} statements"
    )


main()
ENV.cr.rollback()
