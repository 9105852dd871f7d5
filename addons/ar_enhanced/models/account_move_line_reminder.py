from odoo import api, fields, models
from odoo.tools import SQL


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_reminder_exclusions(self, company, day, among=None):
        """SQL queries of what no reminder asks for on ``day``, to be extended by what pauses reminders.

        :param company: the root company; its branches are included
        :param among: SQL query of ids of open lines, if others needn't be found
        :return: list of SQL queries with the columns line_id, code (a reason of ``ar.reminder.item``) and
            amount (numeric, in the line's currency; NULL for all of it)
        """
        disputes = SQL(
            """
            SELECT MIN(dispute.id) AS id, dispute.move_id, SUM(dispute.amount) AS amount
              FROM ar_dispute dispute
             WHERE dispute.state = 'open' AND dispute.company_id = %s
          GROUP BY dispute.move_id
            """,
            company.id,
        )
        promises = SQL(
            """
            SELECT promise.id, promised.move_id, promise.amount - COALESCE(promise.received, 0) AS amount
              FROM ar_promise promise
              JOIN ar_promise_move_rel promised ON promised.promise_id = promise.id
             WHERE promise.state = 'open' AND promise.company_id = %s AND promise.deadline >= %s
            """,
            company.id,
            day,
        )
        return [
            SQL(
                """
                SELECT line.id AS line_id, 'no_followup' AS code, NULL::numeric AS amount
                  FROM account_move_line line
                 WHERE line.no_followup AND %s
                """,
                SQL("line.id IN (%s)", among) if among else self._ar_sql_open_receivable(company),
            ),
            self._ar_sql_paused_parts("disputed", disputes, company),
            self._ar_sql_paused_parts("promised", promises, company),
            SQL(
                "SELECT planned.line_id, 'planned', NULL::numeric FROM (%s) AS planned (line_id)",
                self._ar_sql_plan_items(company, day),
            ),
            SQL(
                "SELECT collected.line_id, 'handed_over', NULL::numeric FROM (%s) AS collected (line_id)",
                self._ar_sql_handed_over_items(company),
            ),
        ]

    @api.model
    def _ar_sql_claims(self, company, customers):
        """SQL of the tables, for WITH, of what ``company`` may ask its customers for today.

        ``open_line`` has the open lines with id, customer_id, currency_id, due, residual, company_residual and
        is_item, whether it is owed for something; ``credit`` has amount by customer_id and currency_id, what isn't
        applied to any item; ``paused`` has the code and the amount by line_id of what isn't asked for, NULL for all.

        :param customers: SQL condition on ``customer``, the partner of a line
        """
        today = fields.Date.context_today(self)
        return SQL(
            """
            open_line AS MATERIALIZED (
                SELECT line.id,
                       customer.commercial_partner_id AS customer_id,
                       line.currency_id,
                       COALESCE(line.date_maturity, line.date) AS due,
                       line.amount_residual_currency AS residual,
                       line.amount_residual AS company_residual,
                       line.amount_residual_currency > 0
                       AND (
                           move.move_type IN ('out_invoice', 'out_receipt')
                           OR move.move_type = 'entry'
                          AND line.payment_id IS NULL
                          AND line.statement_line_id IS NULL
                       ) AS is_item
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN res_partner customer ON customer.id = line.partner_id
                 WHERE %(open)s AND %(customers)s
            ), credit AS (
                SELECT customer_id, currency_id, GREATEST(-SUM(residual), 0) AS amount
                  FROM open_line
                 WHERE NOT is_item
              GROUP BY customer_id, currency_id
            ), paused AS (
                SELECT line_id,
                       (array_agg(code ORDER BY (amount IS NULL) DESC, amount DESC, code))[1] AS code,
                       CASE WHEN bool_or(amount IS NULL) THEN NULL ELSE SUM(amount) END AS amount
                  FROM (%(exclusions)s) AS source
              GROUP BY line_id
            )
            """,
            open=self._ar_sql_open_receivable(company),
            customers=customers,
            exclusions=SQL(" UNION ALL ").join(
                self._ar_reminder_exclusions(company, today, SQL("SELECT id FROM open_line"))
            ),
        )

    @api.model
    def _ar_sql_paused_parts(self, code, documents, company):
        """SQL of the parts of open lines that documents pause: the oldest instalments first.

        :param documents: SQL query with the columns id, move_id and amount, the same amount for each move of
            a document
        """
        return SQL(
            """
            SELECT part.line_id, %(code)s AS code, LEAST(part.residual, part.amount - part.before) AS amount
              FROM (
                    SELECT line.id AS line_id,
                           line.amount_residual_currency AS residual,
                           document.amount,
                           SUM(line.amount_residual_currency) OVER (
                               PARTITION BY document.id
                                   ORDER BY line.date_maturity, line.id
                                       ROWS UNBOUNDED PRECEDING
                           ) - line.amount_residual_currency AS before
                      FROM (%(documents)s) AS document
                      JOIN account_move_line line ON line.move_id = document.move_id
                     WHERE line.amount_residual_currency > 0 AND %(open)s
                   ) AS part
             WHERE part.amount > part.before
            """,
            code=code,
            documents=documents,
            open=self._ar_sql_open_receivable(company),
        )

    @api.model
    def _ar_sql_open_receivable(self, company):
        """Condition on the table ``line``: what customers still owe to ``company`` and its branches."""
        return SQL(
            """
            line.account_id IN (SELECT account.id FROM account_account account WHERE %s)
            AND line.reconciled IS NOT TRUE
            AND line.parent_state = 'posted'
            AND line.company_id = ANY(%s)
            """,
            self._ar_sql_trade_receivable(),
            self._ar_branches(company).ids,
        )
