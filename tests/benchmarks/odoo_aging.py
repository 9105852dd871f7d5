"""Ageing of all receivables by customer against plain SQL over the same rows, for ``odoo shell``.

``AR_BENCH_CUSTOMERS`` customers (10,000) have 50,000, then 100,000 and 200,000 open items, and as many that were
settled in the last four months; all is put in by SQL. Each round takes the time of the plain statement (balance less
what was matched by the day, in buckets, by customer) and of the report that users pivot, as of today and as of 60 days
ago, and compares their figures.
"""

import os
import statistics
import time
from datetime import timedelta

CUSTOMERS, SIZES, ROUNDS = int(os.environ.get("AR_BENCH_CUSTOMERS") or 10_000), (50_000, 100_000, 200_000), 5
ENV = env  # noqa: F821 - the shell's
CR = ENV.cr
COMPANY = ENV.company
CR.execute("SELECT CURRENT_DATE")
((TODAY,),) = CR.fetchall()
BUCKETS = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90", "unapplied")

LEDGER = """
CREATE TEMPORARY TABLE drawn ON COMMIT DROP AS
SELECT customers.ids[1 + n %% array_length(customers.ids, 1)] AS customer_id,
       n,
       n %% 2 = 0 AS is_open,
       CURRENT_DATE - (n * 7 %% 150)::integer AS due,
       round((50 + random() * 5000)::numeric, 2) AS amount,
       (n * 13 %% 120)::integer AS paid_days_ago,
       nextval('account_move_id_seq') AS invoice_id,
       nextval('account_move_id_seq') AS payment_id,
       nextval('account_move_line_id_seq') AS debit_id,
       nextval('account_move_line_id_seq') AS credit_id
  FROM (SELECT array_agg(id) AS ids FROM res_partner WHERE ref = 'aging-bench') AS customers,
       generate_series(%(first)s, %(last)s) AS n;

INSERT INTO account_move (id, name, move_type, state, date, invoice_date, invoice_date_due, journal_id, company_id,
                          currency_id, partner_id, commercial_partner_id, auto_post, payment_state, amount_total)
SELECT invoice_id, 'BENCH/' || n, 'out_invoice', 'posted', due - 130, due - 130, due, %(sales)s, %(company)s,
       %(currency)s, customer_id, customer_id, 'no', CASE WHEN is_open THEN 'not_paid' ELSE 'paid' END, amount
  FROM drawn
UNION ALL
SELECT payment_id, 'PAY/' || n, 'entry', 'posted', CURRENT_DATE - paid_days_ago, NULL, NULL, %(bank)s, %(company)s,
       %(currency)s, customer_id, customer_id, 'no', 'not_paid', amount
  FROM drawn WHERE NOT is_open;

INSERT INTO account_move_line (id, move_id, move_name, parent_state, date, date_maturity, invoice_date, journal_id,
                               company_id, company_currency_id, currency_id, partner_id, account_id, display_type,
                               debit, credit, balance, amount_currency, amount_residual, amount_residual_currency,
                               reconciled)
SELECT debit_id, invoice_id, 'BENCH/' || n, 'posted', due - 130, due, due - 130, %(sales)s, %(company)s, %(currency)s,
       %(currency)s, customer_id, %(receivable)s, 'payment_term', amount, 0, amount, amount,
       CASE WHEN is_open THEN amount ELSE 0 END, CASE WHEN is_open THEN amount ELSE 0 END, NOT is_open
  FROM drawn
UNION ALL
SELECT credit_id, payment_id, 'PAY/' || n, 'posted', CURRENT_DATE - paid_days_ago, CURRENT_DATE - paid_days_ago, NULL,
       %(bank)s, %(company)s, %(currency)s, %(currency)s, customer_id, %(receivable)s, 'product', 0, amount, -amount,
       -amount, 0, 0, TRUE
  FROM drawn WHERE NOT is_open
UNION ALL
SELECT nextval('account_move_line_id_seq'), invoice_id, 'BENCH/' || n, 'posted', due - 130, NULL, due - 130, %(sales)s,
       %(company)s, %(currency)s, %(currency)s, customer_id, %(income)s, 'product', 0, amount, -amount, -amount, 0, 0,
       FALSE
  FROM drawn;

INSERT INTO account_partial_reconcile (debit_move_id, credit_move_id, debit_currency_id, credit_currency_id, amount,
                                       debit_amount_currency, credit_amount_currency, company_id, max_date)
SELECT debit_id, credit_id, %(currency)s, %(currency)s, amount, amount, amount, %(company)s,
       GREATEST(CURRENT_DATE - paid_days_ago, due - 130)
  FROM drawn WHERE NOT is_open;
"""

PLAIN = """
  SELECT customer_id,
         SUM(residual) FILTER (WHERE residual > 0 AND days <= 0),
         SUM(residual) FILTER (WHERE residual > 0 AND days BETWEEN 1 AND 30),
         SUM(residual) FILTER (WHERE residual > 0 AND days BETWEEN 31 AND 60),
         SUM(residual) FILTER (WHERE residual > 0 AND days BETWEEN 61 AND 90),
         SUM(residual) FILTER (WHERE residual > 0 AND days > 90),
         SUM(residual) FILTER (WHERE residual < 0),
         SUM(residual)
    FROM (
          SELECT customer.commercial_partner_id AS customer_id,
                 %(day)s::date - COALESCE(line.date_maturity, line.date) AS days,
                 line.balance - COALESCE(as_debit.amount, 0) + COALESCE(as_credit.amount, 0) AS residual
            FROM account_move_line line
            JOIN account_account account ON account.id = line.account_id
       LEFT JOIN res_partner customer ON customer.id = line.partner_id
       LEFT JOIN (
                 SELECT debit_move_id, SUM(amount) AS amount FROM account_partial_reconcile
                  WHERE max_date <= %(day)s GROUP BY debit_move_id
                 ) as_debit ON as_debit.debit_move_id = line.id
       LEFT JOIN (
                 SELECT credit_move_id, SUM(amount) AS amount FROM account_partial_reconcile
                  WHERE max_date <= %(day)s GROUP BY credit_move_id
                 ) as_credit ON as_credit.credit_move_id = line.id
           WHERE line.parent_state = 'posted' AND line.company_id = %(company)s AND line.date <= %(day)s
             AND account.account_type = 'asset_receivable' AND account.non_trade IS NOT TRUE
         ) AS item
   WHERE residual != 0
GROUP BY customer_id
"""


def prepared():
    """Make the customers."""
    if not COMPANY.chart_template:
        ENV["account.chart.template"].try_loading("generic_coa", COMPANY, install_demo=False)
    ENV["res.partner"].create([{"name": f"Customer {n}", "ref": "aging-bench"} for n in range(CUSTOMERS)])
    ENV.flush_all()


def added(first, last):
    """Put items in, every other one open."""

    def one(model, *domain):
        return ENV[model].search([*domain], limit=1).id

    of_company = ("company_id", "=", COMPANY.id)
    CR.execute(
        LEDGER,
        {
            "first": first,
            "last": last,
            "company": COMPANY.id,
            "currency": COMPANY.currency_id.id,
            "sales": one("account.journal", ("type", "=", "sale"), of_company),
            "bank": one("account.journal", ("type", "=", "bank"), of_company),
            "receivable": one("account.account", ("account_type", "=", "asset_receivable"), ("non_trade", "=", False)),
            "income": one("account.account", ("account_type", "=", "income")),
        },
    )
    CR.commit()
    CR.execute("ANALYZE")
    CR.commit()


def plain(day):
    """Age by customer in plain SQL."""
    CR.execute(PLAIN, {"day": day, "company": COMPANY.id})
    return {row[0] or False: [round(float(amount or 0), 2) for amount in row[1:]] for row in CR.fetchall()}


def report(day):
    """Age by customer as a user's pivot does."""
    aged = ENV["ar.aging.report"].with_context(ar_aging_date=str(day))
    rows = aged._read_group([], ["partner_id"], [f"{name}:sum" for name in (*BUCKETS, "residual")])
    return {partner.id: [round(amount, 2) for amount in amounts] for partner, *amounts in rows}


def seconds(work, day):
    """Return the seconds that ``work`` takes on the clock, for most of it is the database's."""
    begun = time.perf_counter()
    work(day)
    return time.perf_counter() - begun


if __name__ == "__main__":
    prepared()
    done = 0
    for size in SIZES:
        added(done + 1, 2 * size)
        done = 2 * size
        for title, day in (("today", TODAY), ("60 days ago", TODAY - timedelta(60))):
            assert plain(day) == report(day)
            spent = [(seconds(plain, day), seconds(report, day)) for _round in range(ROUNDS)]
            ratios = sorted(ours / theirs for theirs, ours in spent)
            print(
                f"ageing of {size:,} open items as of {title}: {statistics.median(ratios):.2f} times plain SQL"
                f" ({ratios[0]:.2f} to {ratios[-1]:.2f}; {statistics.median(ours for _theirs, ours in spent):.2f} s"
                f" against {statistics.median(theirs for theirs, _ours in spent):.2f} s)",
                flush=True,
            )
