from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..engine.money import Currency
from ..engine.open_item import OpenItem


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model
    def _ar_open_items(self, partners, companies, day):
        """Open lines of the receivables ledger as of ``day``, in one statement.

        The lines are those that the user may read (all of them under ``sudo``): posted, on a trade
        receivable account, dated ``day`` or before, of ``companies`` and of the customers that
        ``partners`` belong to.  Their residual is today's plus what was settled after ``day``.

        :return: ``{(commercial partner id, company id, currency id): [OpenItem, …]}``, oldest due first
        """
        self._ar_flush()
        query = self._search(
            [("parent_state", "=", "posted"), ("company_id", "in", companies.ids), ("date", "<=", day)],
        )
        customers = partners.commercial_partner_id
        if query.is_empty() or not customers.ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                WITH item AS (
                    SELECT account_move_line.id,
                           customer.commercial_partner_id AS customer_id,
                           account_move_line.company_id,
                           account_move_line.currency_id,
                           account_move_line.move_name AS number,
                           COALESCE(account_move_line.date_maturity, account_move_line.date) AS due,
                           account_move_line.amount_residual_currency,
                           account_move_line.reconciled
                      FROM %(lines)s
                      JOIN account_account account ON account.id = account_move_line.account_id
                      JOIN res_partner customer ON customer.id = account_move_line.partner_id
                     WHERE %(readable)s
                       AND %(receivable)s
                       AND customer.commercial_partner_id = ANY(%(customers)s)
                ), later AS (
                    %(later)s
                )
                SELECT item.customer_id,
                       item.company_id,
                       item.currency_id,
                       item.id,
                       item.number,
                       item.due,
                       (item.amount_residual_currency + COALESCE(later.amount_currency, 0))::text
                  FROM item
             LEFT JOIN later ON later.line_id = item.id
                 WHERE (item.reconciled IS NOT TRUE OR later.line_id IS NOT NULL)
                   AND item.amount_residual_currency + COALESCE(later.amount_currency, 0) != 0
              ORDER BY item.due, item.id
                """,
                later=self._ar_sql_settled_after(day),
                lines=query.from_clause,
                readable=query.where_clause,
                receivable=self._ar_sql_trade_receivable(),
                customers=customers.ids,
            )
        )
        currencies = {
            currency.id: Currency(currency.name, currency.decimal_places)
            for currency in self.env["res.currency"].browse({row[2] for row in rows})
        }
        items = {}
        for customer_id, company_id, currency_id, line_id, number, due, residual in rows:
            item = OpenItem(line_id, number or "", due, Decimal(residual), currencies[currency_id])
            items.setdefault((customer_id, company_id, currency_id), []).append(item)
        return items

    @api.model
    def _ar_customer_ids(self, company, after=0):
        """Ids of the customers who were ever invoiced by ``company``, ascending, above ``after``."""
        self._ar_flush()
        return [
            customer_id
            for (customer_id,) in self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT customer.commercial_partner_id
                      FROM %(items)s
                     WHERE %(are_items)s AND customer.commercial_partner_id > %(after)s
                  ORDER BY 1
                    """,
                    items=self._ar_sql_items(),
                    are_items=self._ar_sql_are_items(company),
                    after=after,
                )
            )
        ]

    @api.model
    def _ar_sql_settled_after(self, day):
        """SQL of what has settled a line of the table ``item`` after ``day``, signed as the line is.

        :return: SQL of a query with one row per line: line_id, amount and amount_currency
        """
        return SQL(
            """
            SELECT line_id, SUM(amount) AS amount, SUM(amount_currency) AS amount_currency
              FROM (
                    SELECT item.id AS line_id, part.amount, part.debit_amount_currency AS amount_currency
                      FROM item
                      JOIN account_partial_reconcile part ON part.debit_move_id = item.id
                     WHERE part.max_date > %(day)s
                 UNION ALL
                    SELECT item.id, -part.amount, -part.credit_amount_currency
                      FROM item
                      JOIN account_partial_reconcile part ON part.credit_move_id = item.id
                     WHERE part.max_date > %(day)s
                   ) AS settled_after
          GROUP BY line_id
            """,
            day=day,
        )

    @api.model
    def _ar_sql_trade_receivable(self):
        """SQL condition on the table ``account``: what customers owe for goods and services."""
        return SQL("account.account_type = 'asset_receivable' AND account.non_trade IS NOT TRUE")

    @api.model
    def _ar_flush(self):
        """Write pending changes of all that the statements on the receivables ledger read."""
        self.flush_model()
        self.env["account.move"].flush_model()
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.account"].flush_model(["account_type", "non_trade"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])

    @api.model
    def _ar_sql_items(self):
        """Tables of the lines that scores are about."""
        return SQL(
            """
            account_move_line line
            JOIN account_move move ON move.id = line.move_id
            JOIN account_account account ON account.id = line.account_id
            JOIN res_partner customer ON customer.id = line.partner_id
            """
        )

    @api.model
    def _ar_sql_are_items(self, company):
        """Condition: receivable lines of posted customer invoices of ``company`` and its branches."""
        return SQL(
            """
            line.parent_state = 'posted' AND line.company_id = ANY(%s) AND move.move_type = 'out_invoice' AND %s
            """,
            self._ar_branches(company).ids,
            self._ar_sql_trade_receivable(),
        )
