from odoo import api, fields, models
from odoo.tools import SQL

from .ar_credit_score import LEVELS

#: The level of a customer without enough history.
UNKNOWN = "none"


class ArCreditMigration(models.Model):
    """Each customer's level on two days, those of the context, and what is open on the second of them.

    The snapshots of scores say which level counted on a day; the ledger says what was open.  A record is known by its
    customer's last score, so that one request compares one pair of days.
    """

    _name = "ar.credit.migration"
    _description = "Migration of Credit Levels"
    _auto = False
    _order = "open_amount desc, id"
    _rec_name = "partner_id"
    _depends = {
        "ar.credit.score": ["partner_id", "company_id", "date", "level", "score"],
        "account.move.line": ["amount_residual", "parent_state", "reconciled"],
        "account.partial.reconcile": ["amount", "max_date"],
    }

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    level_before = fields.Selection(LEVELS, readonly=True)
    level_after = fields.Selection(LEVELS, readonly=True)
    score_before = fields.Float(digits=(4, 1), readonly=True, aggregator="avg")
    score_after = fields.Float(digits=(4, 1), readonly=True, aggregator="avg")
    movement = fields.Selection(
        [("worse", "Worse"), ("better", "Better"), ("same", "Same"), ("new", "New"), ("unrated", "No longer rated")],
        readonly=True,
    )
    open_amount = fields.Monetary(string="Open", readonly=True, help="Receivables on the second day.")

    customers = fields.Integer(readonly=True, help="Each line is one customer.")

    @property
    def _table_query(self):
        before, after = self._days()
        return SQL(
            """
            SELECT COALESCE(after.id, before.id) AS id,
                   after.partner_id,
                   after.company_id,
                   company.currency_id,
                   COALESCE(before.level, %(unknown)s) AS level_before,
                   after.level AS level_after,
                   before.score AS score_before,
                   after.score AS score_after,
                   CASE WHEN COALESCE(before.level, %(unknown)s) = after.level THEN 'same'
                        WHEN COALESCE(before.level, %(unknown)s) = %(unknown)s THEN 'new'
                        WHEN after.level = %(unknown)s THEN 'unrated'
                        WHEN after.level > before.level THEN 'worse'
                        ELSE 'better'
                   END AS movement,
                   COALESCE(owed.amount, 0) AS open_amount,
                   1 AS customers
              FROM (%(after_scores)s) AS after
              JOIN res_company company ON company.id = after.company_id
         LEFT JOIN (%(before_scores)s) AS before ON before.partner_id = after.partner_id
                                                AND before.company_id = after.company_id
         LEFT JOIN (%(owed)s) AS owed ON owed.customer_id = after.partner_id AND owed.company_id = after.company_id
            """,
            unknown=UNKNOWN,
            before_scores=self._sql_scores_on(before),
            after_scores=self._sql_scores_on(after),
            owed=self._sql_open_on(after),
        )

    @api.model
    def _days(self):
        """The two days of the context, the earlier one first; by default a year ago and today."""
        today = fields.Date.context_today(self)
        days = []
        for key, default in (("ar_date_from", fields.Date.subtract(today, years=1)), ("ar_date_to", today)):
            try:
                days.append(fields.Date.to_date(self.env.context.get(key)) or default)
            except (TypeError, ValueError):  # a context comes from anywhere
                days.append(default)
        return sorted(days)

    @api.model
    def _sql_scores_on(self, day):
        """Statement of the score of each customer that counted at the end of ``day``."""
        return SQL(
            """
            SELECT DISTINCT ON (partner_id, company_id) id, partner_id, company_id, level, score
              FROM ar_credit_score
             WHERE date <= %s
          ORDER BY partner_id, company_id, date DESC, id DESC
            """,
            day,
        )

    @api.model
    def _sql_open_on(self, day):
        """Statement of what each customer owed at the end of ``day``: customer_id, root company_id, amount."""
        return SQL(
            """
            WITH part AS (
                SELECT line.partner_id, line.company_id, line.amount_residual AS amount
                  FROM account_move_line line
                  JOIN account_account account ON account.id = line.account_id
                 WHERE line.reconciled IS NOT TRUE AND line.parent_state = 'posted' AND line.date <= %(day)s
                   AND %(receivable)s
             UNION ALL
                SELECT line.partner_id, line.company_id, settled.amount
                  FROM (
                        SELECT debit_move_id AS line_id, amount FROM account_partial_reconcile
                         WHERE max_date > %(day)s
                     UNION ALL
                        SELECT credit_move_id, -amount FROM account_partial_reconcile WHERE max_date > %(day)s
                       ) AS settled
                  JOIN account_move_line line ON line.id = settled.line_id
                  JOIN account_account account ON account.id = line.account_id
                 WHERE line.parent_state = 'posted' AND line.date <= %(day)s AND %(receivable)s
            )
            SELECT customer.commercial_partner_id AS customer_id,
                   split_part(company.parent_path, '/', 1)::int AS company_id,
                   SUM(part.amount) AS amount
              FROM part
              JOIN res_partner customer ON customer.id = part.partner_id
              JOIN res_company company ON company.id = part.company_id
          GROUP BY 1, 2
            """,
            day=day,
            receivable=self.env["account.move.line"]._ar_sql_trade_receivable(),
        )

    def action_open_customer(self):
        """Open the customer."""
        self.ensure_one()
        return self.partner_id.get_formview_action()
