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
                SELECT customer_id, company_id, currency_id, id, move_name, due, residual_currency::text
                  FROM (%(open_items)s) AS open_item
                 WHERE residual_currency != 0
              ORDER BY due, id
                """,
                open_items=self._ar_sql_open_items(
                    day,
                    SQL("%s AND customer.commercial_partner_id = ANY(%s)", query.where_clause, customers.ids),
                    query.from_clause,
                    few=True,
                ),
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
    def _ar_sql_open_items(self, day, condition, lines=None, few=False):
        """SQL of the receivables ledger as of the end of ``day``, line by line: the one definition of an open item.

        Of the trade receivable lines posted and dated ``day`` or before that meet ``condition``, those that were not
        settled by then.  A residual is today's plus what was settled later; it is in the company's currency and,
        ``residual_currency``, in the line's own.  As no matching is dated before either of its lines, the residuals
        add up to the balance of the receivable accounts on any day.  A line without a customer is there too.

        :param condition: SQL on ``account_move_line``, on ``customer``, its partner, and on ``account``
        :param lines: SQL of the table ``account_move_line``, possibly joined to what ``condition`` needs
        :param few: whether ``condition`` leaves few lines, whose matchings are then looked up one by one
        :return: SQL with the columns id, move_id, move_name, company_id, company_currency_id, currency_id,
            customer_id (the commercial partner or NULL), date, due, invoiced_on, residual and residual_currency
        """
        return SQL(
            """
            WITH item AS (
                SELECT account_move_line.id,
                       account_move_line.move_id,
                       account_move_line.move_name,
                       account_move_line.company_id,
                       account_move_line.company_currency_id,
                       account_move_line.currency_id,
                       customer.commercial_partner_id AS customer_id,
                       account_move_line.date,
                       COALESCE(account_move_line.date_maturity, account_move_line.date) AS due,
                       COALESCE(account_move_line.invoice_date, account_move_line.date) AS invoiced_on,
                       account_move_line.amount_residual,
                       account_move_line.amount_residual_currency,
                       account_move_line.reconciled
                  FROM %(lines)s
                  JOIN account_account account ON account.id = account_move_line.account_id
             LEFT JOIN res_partner customer ON customer.id = account_move_line.partner_id
                 WHERE account_move_line.parent_state = 'posted'
                   AND account_move_line.date <= %(day)s
                   AND %(receivable)s
                   AND %(condition)s
            ), later AS (
                %(later)s
            )
            SELECT item.id,
                   item.move_id,
                   item.move_name,
                   item.company_id,
                   item.company_currency_id,
                   item.currency_id,
                   item.customer_id,
                   item.date,
                   item.due,
                   item.invoiced_on,
                   item.amount_residual + COALESCE(later.amount, 0) AS residual,
                   item.amount_residual_currency + COALESCE(later.amount_currency, 0) AS residual_currency
              FROM item
         LEFT JOIN later ON later.line_id = item.id
             WHERE (item.reconciled IS NOT TRUE OR later.line_id IS NOT NULL)
               AND (
                   item.amount_residual + COALESCE(later.amount, 0) != 0
                   OR item.amount_residual_currency + COALESCE(later.amount_currency, 0) != 0
               )
            """,
            lines=lines or SQL("account_move_line"),
            day=day,
            receivable=self._ar_sql_trade_receivable(),
            condition=condition,
            later=self._ar_sql_settled_after(day) if few else self._ar_sql_all_settled_after(day),
        )

    @api.model
    def _ar_sql_settled_after(self, day):
        """SQL of what has settled a line of the table ``item`` after ``day``, signed as the line is.

        :return: SQL of a query with one row per line: line_id, amount and amount_currency
        """
        return self._ar_sql_all_settled_after(
            day,
            SQL("JOIN item ON item.id = part.debit_move_id"),
            SQL("JOIN item ON item.id = part.credit_move_id"),
        )

    @api.model
    def _ar_sql_all_settled_after(self, day, of_debits=None, of_credits=None):
        """The same of every line, or of those that the two joins leave."""
        return SQL(
            """
            SELECT line_id, SUM(amount) AS amount, SUM(amount_currency) AS amount_currency
              FROM (
                    SELECT part.debit_move_id AS line_id, part.amount, part.debit_amount_currency AS amount_currency
                      FROM account_partial_reconcile part %(of_debits)s
                     WHERE part.max_date > %(day)s
                 UNION ALL
                    SELECT part.credit_move_id, -part.amount, -part.credit_amount_currency
                      FROM account_partial_reconcile part %(of_credits)s
                     WHERE part.max_date > %(day)s
                   ) AS settled_after
          GROUP BY line_id
            """,
            day=day,
            of_debits=of_debits or SQL(""),
            of_credits=of_credits or SQL(""),
        )

    def _ar_owed(self):
        """Those of these lines that a customer still owes: see :meth:`_ar_sql_trade_receivable`."""
        return self.filtered(
            lambda line: (
                line.parent_state == "posted"
                and line.account_type == "asset_receivable"
                and not line.account_id.non_trade
                and line.amount_residual_currency > 0
            )
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
        self.env["account.payment"].flush_model(["date"])
        self.env["account.account"].flush_model(["account_type", "non_trade"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])

    @api.model
    def _ar_sql_items(self):
        """Tables of the lines that scores are about."""
        return SQL(
            """
            account_move_line line
            JOIN account_move move ON move.id = line.move_id
            JOIN res_partner customer ON customer.id = line.partner_id
            """
        )

    @api.model
    def _ar_sql_are_items(self, company):
        """Condition: receivable lines of posted customer invoices of ``company`` and its branches.

        It names the accounts: the database then knows how many lines there are, and reads them accordingly.
        """
        return SQL(
            """
            line.parent_state = 'posted'
            AND line.company_id = ANY(%s)
            AND line.account_id = ANY(%s)
            AND move.move_type = 'out_invoice'
            """,
            self._ar_branches(company).ids,
            self._ar_receivable_account_ids(),
        )

    @api.model
    def _ar_receivable_account_ids(self):
        """The accounts of what customers owe for goods and services, archived ones too."""
        accounts = self.env["account.account"].sudo().with_context(active_test=False)
        return accounts.search([("account_type", "=", "asset_receivable"), ("non_trade", "=", False)]).ids
