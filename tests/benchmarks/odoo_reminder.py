"""Preparing reminders against one SQL statement over the same rows, for ``odoo shell``.

``AR_BENCH_CUSTOMERS`` customers (2,000, then ten times as many) have ten open items each, a tenth of them disputed in
part, and every other customer has a payment that isn't applied; all is put in by SQL. Each round takes the time of the
plain statement (the open items with the step of their age, grouped by customer and channel, inserted as reminders and
items), then of a run's preparation, and counts the reminders of both. Every preparation is rolled back.
"""

import os
import statistics
import time

CUSTOMERS, ITEMS, ROUNDS = int(os.environ.get("AR_BENCH_CUSTOMERS") or 2_000), 10, 5
ENV = env  # noqa: F821 - the shell's
CR = ENV.cr
COMPANY = ENV.company
STEPS = ((-5, "email"), (1, "email"), (10, "email"), (25, "email"), (40, "call"))

LEDGER = """
CREATE TEMPORARY TABLE drawn ON COMMIT DROP AS
SELECT customer.id AS customer_id,
       number,
       number = %(items)s AS is_payment,
       CURRENT_DATE - (customer.id * 7 + number * 13) %% 90 AS due,
       CASE WHEN number = %(items)s THEN -20 ELSE round((50 + random() * 5000)::numeric, 2) END AS amount,
       nextval('account_move_id_seq') AS move_id,
       nextval('account_move_line_id_seq') AS line_id
  FROM (SELECT id FROM res_partner WHERE ref = %(ref)s) AS customer,
       generate_series(0, %(items)s) AS number
 WHERE number < %(items)s OR customer.id %% 2 = 0;

INSERT INTO account_move (id, name, move_type, state, date, invoice_date, invoice_date_due, journal_id, company_id,
                          currency_id, partner_id, commercial_partner_id, auto_post, payment_state, amount_total)
SELECT move_id, 'BENCH/' || move_id, CASE WHEN is_payment THEN 'entry' ELSE 'out_invoice' END, 'posted', due - 30,
       due - 30, due, CASE WHEN is_payment THEN %(bank)s ELSE %(sales)s END, %(company)s, %(currency)s, customer_id,
       customer_id, 'no', 'not_paid', amount
  FROM drawn;

INSERT INTO account_move_line (id, move_id, move_name, parent_state, date, date_maturity, journal_id, company_id,
                               company_currency_id, currency_id, partner_id, account_id, display_type, debit, credit,
                               balance, amount_currency, amount_residual, amount_residual_currency, reconciled)
SELECT line_id, move_id, 'BENCH/' || move_id, 'posted', due - 30, due,
       CASE WHEN is_payment THEN %(bank)s ELSE %(sales)s END, %(company)s, %(currency)s, %(currency)s, customer_id,
       %(receivable)s, 'payment_term', GREATEST(amount, 0), GREATEST(-amount, 0), amount, amount, amount, amount, FALSE
  FROM drawn;

INSERT INTO ar_dispute (move_id, partner_id, company_id, currency_id, code_id, amount, opened_on, state)
SELECT move_id, customer_id, %(company)s, %(currency)s, %(code)s, 10, CURRENT_DATE, 'open'
  FROM drawn WHERE number = 3;
"""

PLAIN = """
WITH item AS (
    SELECT customer.commercial_partner_id AS customer_id,
           line.currency_id,
           line.id,
           CURRENT_DATE - line.date_maturity AS days,
           line.amount_residual_currency AS residual,
           CASE {steps} END AS step_id,
           CASE WHEN CURRENT_DATE - line.date_maturity >= 40 THEN 'call' ELSE 'email' END AS channel
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      JOIN account_account account ON account.id = line.account_id
      JOIN res_partner customer ON customer.id = line.partner_id
     WHERE account.account_type = 'asset_receivable' AND account.non_trade IS NOT TRUE
       AND line.reconciled IS NOT TRUE AND line.parent_state = 'posted' AND line.company_id = %(company)s
       AND move.move_type = 'out_invoice' AND line.amount_residual_currency > 0
       AND line.date_maturity <= CURRENT_DATE + 5
), reminder AS (
    INSERT INTO ar_reminder (run_id, company_id, date, create_uid, create_date, write_uid, write_date, partner_id,
                             currency_id, channel, step_id, policy_id, state, recipient_id, email, amount, days,
                             item_count)
    SELECT %(run)s, %(company)s, CURRENT_DATE, 1, NOW() AT TIME ZONE 'UTC', 1, NOW() AT TIME ZONE 'UTC', customer.id,
           item.currency_id, item.channel, MAX(item.step_id), %(policy)s, 'prepared', customer.id, customer.email,
           SUM(item.residual), MAX(item.days), COUNT(*)
      FROM item
      JOIN res_partner customer ON customer.id = item.customer_id
  GROUP BY customer.id, item.currency_id, item.channel
 RETURNING id, partner_id, currency_id, channel
)
INSERT INTO ar_reminder_item (run_id, company_id, reminder_id, partner_id, currency_id, move_line_id, step_id,
                              step_days, days, residual, amount, paused, create_uid, create_date, write_uid, write_date)
SELECT %(run)s, %(company)s, reminder.id, item.customer_id, item.currency_id, item.id, item.step_id, 0, item.days,
       item.residual, item.residual, 0, 1, NOW() AT TIME ZONE 'UTC', 1, NOW() AT TIME ZONE 'UTC'
  FROM item
  JOIN reminder ON reminder.partner_id = item.customer_id AND reminder.currency_id = item.currency_id
       AND reminder.channel = item.channel
"""


def one(model, *domain):
    """Return the id of the first record."""
    return ENV[model].search([*domain], limit=1).id


def prepared():
    """Make the chart and the only policy; return it."""
    if not COMPANY.chart_template:
        ENV["account.chart.template"].try_loading("generic_coa", COMPANY, install_demo=False)
    ENV["ar.reminder.policy"].search([]).active = False
    text = ENV.ref("ar_enhanced.mail_template_reminder_firm")
    return ENV["ar.reminder.policy"].create(
        {
            "name": "Bench",
            "min_amount": 0,
            "step_ids": [
                (0, 0, {"days": days, "channel": channel, "mail_template_id": channel == "email" and text.id})
                for days, channel in STEPS
            ],
        }
    )


def added(customers, ref):
    """Put so many customers and their ledger in."""
    CR.execute(
        """
        INSERT INTO res_partner (name, ref, email, email_normalized, active, is_company, type, complete_name,
                                 autopost_bills)
        SELECT 'Customer ' || n, %s, 'c' || n || '@example.com', 'c' || n || '@example.com', TRUE, TRUE, 'contact',
               'Customer ' || n, 'ask'
          FROM generate_series(1, %s) AS n
        """,
        (ref, customers),
    )
    CR.execute("UPDATE res_partner SET commercial_partner_id = id WHERE ref = %s", (ref,))
    of_company = ("company_id", "=", COMPANY.id)
    CR.execute(
        LEDGER,
        {
            "ref": ref,
            "items": ITEMS,
            "company": COMPANY.id,
            "currency": COMPANY.currency_id.id,
            "sales": one("account.journal", ("type", "=", "sale"), of_company),
            "bank": one("account.journal", ("type", "=", "bank"), of_company),
            "receivable": one("account.account", ("account_type", "=", "asset_receivable"), ("non_trade", "=", False)),
            "code": one("ar.dispute.code"),
        },
    )
    CR.commit()
    CR.execute("ANALYZE")
    CR.commit()


def opened():
    """Open an empty run."""
    run = ENV["ar.reminder.run"]._open(COMPANY)
    ENV.flush_all()
    return run


def counted(run):
    """Return how many reminders and items a run has."""
    CR.execute("SELECT COUNT(*), SUM(item_count) FROM ar_reminder WHERE run_id = %s AND state = 'prepared'", (run.id,))
    return CR.fetchone()


def plain(policy):
    """Take the time of the plain statement; return it with what was made."""
    run = opened()
    steps = " ".join(
        f"WHEN CURRENT_DATE - line.date_maturity >= {step.days} THEN {step.id}"
        for step in policy.step_ids.sorted("days", reverse=True)
    )
    begun = time.perf_counter()
    CR.execute(PLAIN.format(steps=steps), {"run": run.id, "company": COMPANY.id, "policy": policy.id})
    spent, made = time.perf_counter() - begun, counted(run)
    CR.rollback()
    return spent, made


def ours():
    """Take the time of the preparation; return it with what was made and the number of queries."""
    run = opened()
    ENV.invalidate_all()
    queries, begun = CR.sql_log_count, time.perf_counter()
    run._prepare()
    ENV.flush_all()
    spent, queries, made = time.perf_counter() - begun, CR.sql_log_count - queries, counted(run)
    CR.rollback()
    return spent, made, queries


if __name__ == "__main__":
    policy = prepared()
    ENV.flush_all()
    CR.commit()
    total = 0
    for customers, ref in ((CUSTOMERS, "reminder-bench"), (9 * CUSTOMERS, "reminder-bench-more")):
        added(customers, ref)
        total += customers
        pairs = []
        for _round in range(ROUNDS):
            theirs, made = plain(policy)
            spent, found, queries = ours()
            assert found == made, (found, made)
            pairs.append((spent, theirs))
        ratios = sorted(spent / theirs for spent, theirs in pairs)
        print(
            f"preparing reminders of {total * ITEMS:,} open items of {total:,} customers:"
            f" {statistics.median(ratios):.2f} times one SQL statement"
            f" ({ratios[0]:.2f} to {ratios[-1]:.2f}; {statistics.median(spent for spent, _theirs in pairs):.2f} s"
            f" against {statistics.median(theirs for _spent, theirs in pairs):.2f} s;"
            f" {queries / total:.3f} queries per customer)",
            flush=True,
        )
