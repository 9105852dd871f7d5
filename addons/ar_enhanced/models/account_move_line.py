from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..engine.credit_score import portfolio_from_sums
from ..engine.money import Currency
from ..engine.open_item import OpenItem
from ..engine.payment_behaviour import INDEX_POINTS, PaymentFacts
from ..engine.scorecard import SCORECARD


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
    def _ar_payment_facts(self, customer_ids, company, day):
        """Facts of the customers that have any, in one statement: ``{customer id: PaymentFacts}``."""
        self._ar_flush()
        rows = self.env.execute_query_dict(
            self._ar_sql_payment_facts(
                company, day, SQL("customer.commercial_partner_id = ANY(%s)", list(customer_ids))
            )
        )
        return {row.pop("customer_id"): PaymentFacts.from_stored({"day": str(day), **row}) for row in rows}

    @api.model
    def _ar_portfolio(self, company, day):
        """How all customers of ``company`` pay on the whole, in one statement."""
        self._ar_flush()
        ((items, item_days, punctual, paid_or_stale),) = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(items) FILTER (WHERE days IS NOT NULL), 0),
                       COALESCE(SUM(items * LEAST(GREATEST(days, %(first_day)s), %(last_day)s)), 0)::text,
                       COALESCE(SUM(punctual_count), 0),
                       COALESCE(SUM(paid_or_stale), 0)
                  FROM (
                        SELECT settled_count + overdue_count AS items,
                               (settled_amount_days::numeric + overdue_amount_days::numeric)
                               / NULLIF(
                                   settled_amount::numeric + days_1_30::numeric + days_31_60::numeric
                                   + days_61_90::numeric + over_90::numeric,
                                   0
                               ) AS days,
                               punctual_count,
                               paid_count + stale_count AS paid_or_stale
                          FROM (%(facts)s) AS facts
                       ) AS habits
                """,
                first_day=INDEX_POINTS[0][0],
                last_day=INDEX_POINTS[-1][0],
                facts=self._ar_sql_payment_facts(company, day, SQL("TRUE")),
            )
        )
        return portfolio_from_sums(int(items), Decimal(item_days), int(punctual), int(paid_or_stale))

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
        branches = self.env["res.company"].sudo().search([("id", "child_of", company.root_id.id)])
        return SQL(
            """
            line.parent_state = 'posted' AND line.company_id = ANY(%s) AND move.move_type = 'out_invoice' AND %s
            """,
            branches.ids,
            self._ar_sql_trade_receivable(),
        )

    @api.model
    def _ar_sql_payment_facts(self, company, day, customers):
        """Statement of the facts by customer, named and defined as the fields of the engine's ``PaymentFacts``."""
        return SQL(
            """
            WITH item AS (
                SELECT line.id,
                       customer.commercial_partner_id AS customer_id,
                       line.move_name AS number,
                       COALESCE(line.date_maturity, line.date) AS due,
                       line.amount_residual,
                       line.reconciled
                  FROM %(items)s
                 WHERE %(are_items)s AND line.date <= %(day)s AND %(customers)s
            ), later AS (
                %(later)s
            ), settlement AS (
                SELECT item.id,
                       item.customer_id,
                       part.amount,
                       part.max_date AS paid_on,
                       part.max_date - item.due AS days,
                       part.max_date > %(day)s - %(recent_days)s AS is_recent,
                       part.max_date > %(day)s - %(earlier_days)s AS is_in_trend
                  FROM item
                  JOIN account_partial_reconcile part ON part.debit_move_id = item.id
                  JOIN account_move_line settling_line ON settling_line.id = part.credit_move_id
                  JOIN account_move settling ON settling.id = settling_line.move_id
                 WHERE part.max_date > %(day)s - %(window_days)s
                   AND part.max_date <= %(day)s
                   AND settling.move_type != 'out_refund'
                   AND NOT EXISTS (
                       SELECT FROM account_partial_reconcile exchange WHERE exchange.exchange_move_id = settling.id
                   )
            ), settled_item AS (
                SELECT id,
                       customer_id,
                       SUM(amount) AS amount,
                       SUM(amount * days) AS amount_days,
                       MAX(days) AS last_days,
                       MIN(paid_on) AS first_paid_on,
                       SUM(amount) FILTER (WHERE is_recent) AS recent_amount,
                       SUM(amount * days) FILTER (WHERE is_recent) AS recent_amount_days,
                       COUNT(*) FILTER (WHERE is_recent) AS recent_settlements,
                       SUM(amount) FILTER (WHERE is_in_trend AND NOT is_recent) AS earlier_amount,
                       SUM(amount * days) FILTER (WHERE is_in_trend AND NOT is_recent) AS earlier_amount_days,
                       COUNT(*) FILTER (WHERE is_in_trend AND NOT is_recent) AS earlier_settlements
                  FROM settlement
              GROUP BY id, customer_id
            ), owed_item AS (
                SELECT item.id,
                       item.customer_id,
                       item.number,
                       item.amount_residual + COALESCE(later.amount, 0) AS residual,
                       %(day)s - item.due AS days
                  FROM item
             LEFT JOIN later ON later.line_id = item.id
                 WHERE (item.reconciled IS NOT TRUE OR later.line_id IS NOT NULL)
                   AND item.amount_residual + COALESCE(later.amount, 0) > 0
            ), settled AS (
                SELECT settled_item.customer_id,
                       SUM(amount) AS settled_amount,
                       SUM(amount_days) AS settled_amount_days,
                       COUNT(*) AS settled_count,
                       COUNT(*) FILTER (WHERE owed_item.id IS NULL) AS paid_count,
                       COUNT(*) FILTER (WHERE owed_item.id IS NULL AND last_days <= %(punctual_days)s)
                           AS punctual_count,
                       MIN(first_paid_on) AS first_paid_on,
                       SUM(recent_amount) AS recent_amount,
                       SUM(recent_amount_days) AS recent_amount_days,
                       SUM(recent_settlements) AS recent_settlements,
                       SUM(earlier_amount) AS earlier_amount,
                       SUM(earlier_amount_days) AS earlier_amount_days,
                       SUM(earlier_settlements) AS earlier_settlements
                  FROM settled_item
             LEFT JOIN owed_item ON owed_item.id = settled_item.id
              GROUP BY settled_item.customer_id
            ), owed AS (
                SELECT customer_id,
                       SUM(residual) AS open_amount,
                       COUNT(*) AS open_count,
                       SUM(residual) FILTER (WHERE days BETWEEN 1 AND 30) AS days_1_30,
                       SUM(residual) FILTER (WHERE days BETWEEN 31 AND 60) AS days_31_60,
                       SUM(residual) FILTER (WHERE days BETWEEN 61 AND 90) AS days_61_90,
                       SUM(residual) FILTER (WHERE days > 90) AS over_90,
                       SUM(residual * days) FILTER (WHERE days > 0) AS overdue_amount_days,
                       COUNT(*) FILTER (WHERE days > 0) AS overdue_count,
                       COUNT(*) FILTER (WHERE days > %(punctual_days)s) AS stale_count,
                       MAX(days) FILTER (WHERE days > 0) AS oldest_days,
                       (ARRAY_AGG(number ORDER BY residual * days DESC, id) FILTER (WHERE days > 0))[1]
                           AS heaviest_number,
                       (ARRAY_AGG(residual ORDER BY residual * days DESC, id) FILTER (WHERE days > 0))[1]
                           AS heaviest_amount,
                       (ARRAY_AGG(days ORDER BY residual * days DESC, id) FILTER (WHERE days > 0))[1] AS heaviest_days
                  FROM owed_item
              GROUP BY customer_id
            )
            SELECT customer_id,
                   COALESCE(settled_amount, 0)::text AS settled_amount,
                   COALESCE(settled_amount_days, 0)::text AS settled_amount_days,
                   COALESCE(settled_count, 0) AS settled_count,
                   COALESCE(paid_count, 0) AS paid_count,
                   COALESCE(punctual_count, 0) AS punctual_count,
                   COALESCE(recent_amount, 0)::text AS recent_amount,
                   COALESCE(recent_amount_days, 0)::text AS recent_amount_days,
                   COALESCE(recent_settlements, 0)::integer AS recent_settlements,
                   COALESCE(earlier_amount, 0)::text AS earlier_amount,
                   COALESCE(earlier_amount_days, 0)::text AS earlier_amount_days,
                   COALESCE(earlier_settlements, 0)::integer AS earlier_settlements,
                   first_paid_on::text,
                   COALESCE(open_amount, 0)::text AS open_amount,
                   COALESCE(open_count, 0) AS open_count,
                   COALESCE(days_1_30, 0)::text AS days_1_30,
                   COALESCE(days_31_60, 0)::text AS days_31_60,
                   COALESCE(days_61_90, 0)::text AS days_61_90,
                   COALESCE(over_90, 0)::text AS over_90,
                   COALESCE(overdue_amount_days, 0)::text AS overdue_amount_days,
                   COALESCE(overdue_count, 0) AS overdue_count,
                   COALESCE(stale_count, 0) AS stale_count,
                   COALESCE(oldest_days, 0) AS oldest_days,
                   COALESCE(heaviest_number, '') AS heaviest_number,
                   COALESCE(heaviest_amount, 0)::text AS heaviest_amount,
                   COALESCE(heaviest_days, 0) AS heaviest_days
              FROM settled
         FULL JOIN owed USING (customer_id)
            """,
            items=self._ar_sql_items(),
            are_items=self._ar_sql_are_items(company),
            customers=customers,
            later=self._ar_sql_settled_after(day),
            day=SQL("%s::date", day),
            window_days=SCORECARD.window_days,
            recent_days=SCORECARD.recent_days,
            earlier_days=SCORECARD.recent_days + SCORECARD.earlier_days,
            punctual_days=SCORECARD.punctual_days,
        )
