from odoo import fields, models
from odoo.tools import SQL


class ArDiscountReport(models.Model):
    _name = "ar.discount.report"
    _description = "Early-Payment Discounts"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "move_id"
    _depends = {
        "ar.discount.offer": ["move_line_id", "amount", "cancelled_on", "grace_last_day"],
        "account.move.line": ["ar_discount_offer_id", "balance", "reconciled", "amount_residual", "parent_state"],
        "account.partial.reconcile": ["debit_move_id", "credit_move_id", "amount"],
        "account.payment": ["date"],
        "account.account": ["account_type"],
    }

    date = fields.Date(string="Invoice Date", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    move_line_id = fields.Many2one("account.move.line", string="Instalment", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    policy_id = fields.Many2one("ar.discount.policy", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    last_day = fields.Date(readonly=True)
    paid_on = fields.Date(readonly=True)
    offered = fields.Monetary(readonly=True, help="The richest tier, in the company's currency.")
    taken = fields.Monetary(readonly=True, help="Booked for payments in time.")
    unearned = fields.Monetary(
        readonly=True,
        help="Taken by the customer without right: short-paid after the last day and the days of grace, "
        "and let go or still open.",
    )
    lost = fields.Monetary(string="Not Taken", readonly=True, help="Offered, and no longer to be had.")
    pending = fields.Monetary(string="Open", readonly=True, help="Offered, and still to be had.")
    cost_apr = fields.Float(
        string="Cost % a Year",
        digits=(16, 2),
        readonly=True,
        aggregator="avg",
        help="What the discounts taken cost, against having the money by the due date.",
    )
    state = fields.Selection(
        [("open", "Open"), ("taken", "Taken"), ("unearned", "Unearned"), ("lost", "Not taken")], readonly=True
    )

    @property
    def _table_query(self):
        """One row per instalment with an offer that wasn't withdrawn, amounts in the company's currency.

        A discount of Odoo's payment terms has no line of its own where several invoices were paid together: it is
        all taken or not at all, so it is taken if a payment in time booked any.  What was let go is what a late
        payment wrote off to income or expense, up to the discount.
        """
        today = fields.Date.context_today(self)
        return SQL(
            """
            WITH item AS (
                SELECT MIN(offer.id) AS id,
                       offer.move_line_id,
                       offer.move_id,
                       offer.partner_id,
                       offer.company_id,
                       MAX(offer.policy_id) AS policy_id,
                       MIN(offer.first_day) AS date,
                       MAX(offer.last_day) AS last_day,
                       MAX(offer.grace_last_day) AS grace_last_day,
                       MAX(offer.date_due) AS date_due,
                       MAX(offer.grace_amount) AS grace_amount,
                       MAX(offer.amount) AS amount
                  FROM ar_discount_offer offer
                 WHERE offer.cancelled_on IS NULL AND offer.move_line_id IS NOT NULL
              GROUP BY offer.move_line_id, offer.move_id, offer.partner_id, offer.company_id
            ), booked AS (
                SELECT offer.move_line_id, line.move_id, SUM(line.balance) AS amount
                  FROM account_move_line line
                  JOIN ar_discount_offer offer ON offer.id = line.ar_discount_offer_id
                 WHERE line.parent_state = 'posted'
              GROUP BY offer.move_line_id, line.move_id
            ), paid AS (
                SELECT part.debit_move_id AS move_line_id,
                       settling.move_id,
                       %(paid_on)s AS day,
                       SUM(part.amount) AS amount
                  FROM account_partial_reconcile part
                  JOIN account_move_line settling ON settling.id = part.credit_move_id
                  JOIN account_move settling_move ON settling_move.id = settling.move_id
             LEFT JOIN account_payment payment ON payment.id = settling_move.origin_payment_id
                 WHERE part.debit_move_id IN (SELECT move_line_id FROM item)
                   AND settling_move.move_type != 'out_refund'
                   AND NOT EXISTS (
                       SELECT FROM account_partial_reconcile exchange
                        WHERE exchange.exchange_move_id = settling.move_id
                   )
              GROUP BY part.debit_move_id, settling.move_id
            ), measured AS (
                SELECT item.*,
                       currency.id AS currency_id,
                       line.reconciled IS TRUE AS settled,
                       GREATEST(line.amount_residual, 0) AS residual,
                       line.balance AS item_balance,
                       rate.rate,
                       round(item.amount * rate.rate, currency.decimal_places) AS offered,
                       money.paid_on,
                       COALESCE(money.in_time, FALSE) AS in_time,
                       COALESCE(money.late, FALSE) AS late,
                       CASE WHEN item.policy_id IS NULL AND money.native
                            THEN round(item.amount * rate.rate, currency.decimal_places)
                            WHEN item.policy_id IS NULL THEN 0
                            ELSE COALESCE(money.booked, 0)
                        END AS booked,
                       COALESCE(money.written_off, 0) AS written_off
                  FROM item
                  JOIN account_move_line line ON line.id = item.move_line_id
                  JOIN res_currency currency ON currency.id = line.company_currency_id
            CROSS JOIN LATERAL (
                       SELECT COALESCE(line.balance / NULLIF(line.amount_currency, 0), 1) AS rate
                       ) rate
             LEFT JOIN LATERAL (
                       SELECT MAX(paid.day) AS paid_on,
                              bool_or(paid.day <= item.grace_last_day) AS in_time,
                              bool_or(paid.day > item.grace_last_day) AS late,
                              SUM(booked.amount) AS booked,
                              bool_or(paid.day <= item.grace_last_day AND any_booked.found) AS native,
                              SUM(other.amount) FILTER (WHERE paid.day > item.grace_last_day) AS written_off
                         FROM paid
                    LEFT JOIN booked ON booked.move_line_id = paid.move_line_id AND booked.move_id = paid.move_id
                    LEFT JOIN LATERAL (
                              SELECT TRUE AS found
                                FROM account_move_line marked
                               WHERE marked.move_id = paid.move_id AND marked.ar_discount_offer_id IS NOT NULL
                               LIMIT 1
                              ) any_booked ON TRUE
                    LEFT JOIN LATERAL (
                              SELECT SUM(other_line.balance) AS amount
                                FROM account_move_line other_line
                                JOIN account_account account ON account.id = other_line.account_id
                               WHERE other_line.move_id = paid.move_id
                                 AND other_line.ar_discount_offer_id IS NULL
                                 AND (account.account_type LIKE 'income%%' OR account.account_type LIKE 'expense%%')
                              ) other ON TRUE
                        WHERE paid.move_line_id = item.move_line_id
                       ) money ON TRUE
            ), judged AS (
                SELECT measured.*,
                       CASE WHEN late AND NOT in_time THEN 0 ELSE booked END AS taken,
                       CASE WHEN late AND NOT in_time THEN
                           CASE WHEN booked > 0 THEN booked
                                WHEN NOT settled AND residual <= offered + grace_amount * rate THEN residual
                                ELSE LEAST(GREATEST(written_off, 0), offered)
                            END
                            ELSE 0
                        END AS unearned
                  FROM measured
            )
            SELECT id,
                   move_line_id,
                   move_id,
                   partner_id,
                   company_id,
                   policy_id,
                   currency_id,
                   date,
                   last_day,
                   paid_on,
                   offered,
                   taken,
                   unearned,
                   CASE WHEN settled OR grace_last_day < %(today)s
                        THEN GREATEST(offered - taken - unearned, 0) ELSE 0
                    END AS lost,
                   CASE WHEN settled OR grace_last_day < %(today)s
                        THEN 0 ELSE GREATEST(offered - taken - unearned, 0)
                    END AS pending,
                   CASE WHEN taken > 0 AND taken < item_balance AND date_due > paid_on
                        THEN taken / (item_balance - taken) * 36500 / (date_due - paid_on)
                    END AS cost_apr,
                   CASE WHEN unearned > 0 THEN 'unearned'
                        WHEN taken > 0 THEN 'taken'
                        WHEN settled OR grace_last_day < %(today)s THEN 'lost'
                        ELSE 'open'
                    END AS state
              FROM judged
            """,
            paid_on=self.env["account.move.line"]._ar_sql_paid_on(),
            today=SQL("%s::date", today),
        )

    def action_open_invoice(self):
        """Open the invoice of this row."""
        self.ensure_one()
        return self.move_id._get_records_action()
