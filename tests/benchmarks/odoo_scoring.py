"""Scoring every customer against one plain SQL aggregation over the same rows, for ``odoo shell``.

A ledger of ``AR_BENCH_CUSTOMERS`` customers (20,000) with ten settled invoices each, and an open one for every other
customer, is put in by SQL: made through Odoo it would take an hour. Each round takes the time of the plain aggregation,
then of the whole run (facts, portfolio, scores, snapshots stored, chunks committed) from an empty history, then of the
run of the next night, which finds little news.
"""

import os
import statistics
import time

CUSTOMERS, INVOICES, ROUNDS = int(os.environ.get("AR_BENCH_CUSTOMERS") or 20_000), 10, 5
ENV = env  # noqa: F821 - the shell's
CR = ENV.cr
COMPANY = ENV.company

LEDGER = """
CREATE TEMPORARY TABLE drawn AS
SELECT customer.id AS customer_id,
       row_number() OVER () AS n,
       number,
       number = 0 AS is_open,
       CURRENT_DATE - (number * 60 + customer.id %% 50)::integer AS due,
       round((50 + random() * 5000)::numeric, 2) AS amount,
       ((random() + random() - 0.7) * (customer.id %% 40))::integer AS delay,
       nextval('account_move_id_seq') AS invoice_id,
       nextval('account_move_id_seq') AS payment_id,
       nextval('account_move_line_id_seq') AS debit_id,
       nextval('account_move_line_id_seq') AS credit_id
  FROM (SELECT id FROM res_partner WHERE ref = 'scoring-bench') AS customer,
       generate_series(0, %(invoices)s) AS number
 WHERE number > 0 OR customer.id %% 2 = 0;

INSERT INTO account_move (id, name, move_type, state, date, invoice_date, invoice_date_due, journal_id, company_id,
                          currency_id, partner_id, commercial_partner_id, auto_post, payment_state, amount_total)
SELECT invoice_id, 'BENCH/' || n, 'out_invoice', 'posted', due - 30, due - 30, due, %(sales)s, %(company)s,
       %(currency)s, customer_id, customer_id, 'no', CASE WHEN is_open THEN 'not_paid' ELSE 'paid' END, amount
  FROM drawn
UNION ALL
SELECT payment_id, 'PAY/' || n, 'entry', 'posted', due + delay, NULL, NULL, %(bank)s, %(company)s,
       %(currency)s, customer_id, customer_id, 'no', 'not_paid', amount
  FROM drawn WHERE NOT is_open;

INSERT INTO account_move_line (id, move_id, move_name, parent_state, date, date_maturity, journal_id, company_id,
                               company_currency_id, currency_id, partner_id, account_id, display_type, debit, credit,
                               balance, amount_currency, amount_residual, amount_residual_currency, reconciled)
SELECT debit_id, invoice_id, 'BENCH/' || n, 'posted', due - 30, due, %(sales)s, %(company)s, %(currency)s,
       %(currency)s, customer_id, %(receivable)s, 'payment_term', amount, 0, amount, amount,
       CASE WHEN is_open THEN amount ELSE 0 END, CASE WHEN is_open THEN amount ELSE 0 END, NOT is_open
  FROM drawn
UNION ALL
SELECT credit_id, payment_id, 'PAY/' || n, 'posted', due + delay, due + delay, %(bank)s, %(company)s, %(currency)s,
       %(currency)s, customer_id, %(receivable)s, 'product', 0, amount, -amount, -amount, 0, 0, TRUE
  FROM drawn WHERE NOT is_open
UNION ALL
SELECT nextval('account_move_line_id_seq'), invoice_id, 'BENCH/' || n, 'posted', due - 30, NULL, %(sales)s,
       %(company)s, %(currency)s, %(currency)s, customer_id, %(income)s, 'product', 0, amount, -amount, -amount, 0, 0,
       FALSE
  FROM drawn
UNION ALL
SELECT nextval('account_move_line_id_seq'), payment_id, 'PAY/' || n, 'posted', due + delay, NULL, %(bank)s,
       %(company)s, %(currency)s, %(currency)s, customer_id, %(liquidity)s, 'product', amount, 0, amount, amount, 0, 0,
       FALSE
  FROM drawn WHERE NOT is_open;

INSERT INTO account_partial_reconcile (debit_move_id, credit_move_id, debit_currency_id, credit_currency_id, amount,
                                       debit_amount_currency, credit_amount_currency, company_id, max_date)
SELECT debit_id, credit_id, %(currency)s, %(currency)s, amount, amount, amount, %(company)s, due + delay
  FROM drawn WHERE NOT is_open;
"""

PLAIN = """
  SELECT customer.commercial_partner_id,
         COUNT(*),
         SUM(part.amount),
         SUM(part.amount * (part.max_date - line.date_maturity)),
         MAX(part.max_date),
         COUNT(*) FILTER (WHERE settling.move_type = 'entry')
    FROM account_move_line line
    JOIN account_move move ON move.id = line.move_id
    JOIN account_account account ON account.id = line.account_id
    JOIN res_partner customer ON customer.id = line.partner_id
    JOIN account_partial_reconcile part ON part.debit_move_id = line.id
    JOIN account_move_line settling_line ON settling_line.id = part.credit_move_id
    JOIN account_move settling ON settling.id = settling_line.move_id
   WHERE line.parent_state = 'posted' AND line.company_id = %s AND move.move_type = 'out_invoice'
     AND account.account_type = 'asset_receivable'
GROUP BY customer.commercial_partner_id
"""


def prepared():
    """Put the ledger in."""
    if not COMPANY.chart_template:
        ENV["account.chart.template"].try_loading("generic_coa", COMPANY, install_demo=False)
    ENV["res.partner"].create([{"name": f"Customer {n}", "ref": "scoring-bench"} for n in range(CUSTOMERS)])
    ENV.flush_all()

    def first(model, *domain):
        return ENV[model].search([*domain], limit=1).id

    of_company = ("company_id", "=", COMPANY.id)
    CR.execute(
        LEDGER,
        {
            "invoices": INVOICES,
            "company": COMPANY.id,
            "currency": COMPANY.currency_id.id,
            "sales": first("account.journal", ("type", "=", "sale"), of_company),
            "bank": first("account.journal", ("type", "=", "bank"), of_company),
            "receivable": first(
                "account.account", ("account_type", "=", "asset_receivable"), ("non_trade", "=", False)
            ),
            "income": first("account.account", ("account_type", "=", "income")),
            "liquidity": first("account.account", ("account_type", "=", "asset_cash")),
        },
    )
    CR.commit()
    CR.execute("ANALYZE")
    CR.commit()


def seconds(work):
    """Return the seconds that ``work`` takes on the clock, for half of it is the database's."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def plain():
    """Aggregate the same rows."""
    CR.execute(PLAIN, [COMPANY.id])
    CR.fetchall()


def emptied():
    """Take all scores away, so that the next run stores one for every customer."""
    CR.execute("TRUNCATE ar_credit_score")
    CR.commit()
    ENV.invalidate_all()


def night():
    """Score all customers as the scheduled action does."""
    ENV["ar.credit.score"]._cron_refresh()
    CR.commit()


if __name__ == "__main__":
    prepared()
    plain()
    night()
    spent = []
    for _round in range(ROUNDS):
        emptied()
        spent.append((seconds(plain), seconds(night), seconds(night)))
    assert ENV["ar.credit.score"].search_count([("is_current", "=", True)]) >= CUSTOMERS
    for title, part in (("all customers anew", 1), ("the next night, no news", 2)):
        ratios = sorted(figures[part] / figures[0] for figures in spent)
        print(
            f"scoring {CUSTOMERS:,} customers, {title}: {statistics.median(ratios):.2f} times a plain aggregation"
            f" ({ratios[0]:.2f} to {ratios[-1]:.2f}; {statistics.median(figures[part] for figures in spent):.2f} s"
            f" against {statistics.median(figures[0] for figures in spent):.2f} s)",
            flush=True,
        )
