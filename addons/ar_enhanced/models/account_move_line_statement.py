from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..engine.money import Currency
from ..engine.statement import Kind, Movement, payment, statement


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_statements(self, customers, company, first_day, last_day):
        """Statements of account of ``customers`` by currency, in a constant number of statements of SQL.

        One creditor, ``company`` with its branches, and all of its ledger; who calls it has checked the rights.

        :return: ``{(customer id, currency id): Statement}`` of what isn't empty
        :raises ValueError: when the ledger does not add up, see the engine
        """
        lines, branches = self.sudo(), self._ar_branches(company)
        opening = defaultdict(Decimal)
        before = first_day - timedelta(1)
        for (customer_id, _company_id, currency_id), items in lines._ar_open_items(customers, branches, before).items():
            opening[customer_id, currency_id] += sum(item.residual for item in items)
        open_items = defaultdict(list)
        for (customer_id, _company_id, currency_id), items in lines._ar_open_items(
            customers, branches, last_day
        ).items():
            open_items[customer_id, currency_id] += items
        movements = lines._ar_movements(customers, branches, first_day, last_day)
        currencies = {
            currency.id: Currency(currency.name, currency.decimal_places)
            for currency in self.env["res.currency"].browse({key[1] for key in {*opening, *open_items, *movements}})
        }
        made = {
            key: statement(
                currencies[key[1]], first_day, last_day, opening[key], movements.get(key, ()), open_items.get(key, ())
            )
            for key in {*opening, *open_items, *movements}
        }
        return {key: one for key, one in made.items() if not one.is_empty}

    @api.model
    def _ar_movements(self, customers, companies, first_day, last_day):
        """What changed the accounts of ``customers`` in the period: ``{(customer id, currency id): [Movement, …]}``."""
        values = {
            "line": self._ar_sql_customer_lines(customers, companies),
            "first_day": first_day,
            "last_day": last_day,
        }
        movements = defaultdict(list)
        for customer_id, currency_id, *facts, let_go in self.env.execute_query(self._ar_sql_booked(values)):
            key, day, kind, number, amount, due = facts
            movement = Movement(key, day, Kind(kind), number or "", Decimal(amount), due)
            parts = payment(movement, Decimal(let_go)) if movement.kind == Kind.PAYMENT else (movement,)
            movements[customer_id, currency_id] += parts
        for customer_id, currency_id, key, day, number, amount in self.env.execute_query(
            self._ar_sql_elsewhere(values)
        ):
            movements[customer_id, currency_id].append(
                Movement(key, day, Kind.ELSEWHERE, number or "", Decimal(amount))
            )
        return movements

    @api.model
    def _ar_sql_customer_lines(self, customers, companies):
        """Query of all posted receivable lines of ``customers``."""
        return SQL(
            """
            SELECT line.id, line.move_id, line.move_name, line.currency_id, line.date, line.date_maturity,
                   line.amount_currency, line.payment_id, line.statement_line_id, line.ar_write_off_line_id,
                   customer.commercial_partner_id AS customer_id
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner customer ON customer.id = line.partner_id
             WHERE line.parent_state = 'posted'
               AND line.company_id = ANY(%(companies)s)
               AND customer.commercial_partner_id = ANY(%(customers)s)
               AND %(receivable)s
            """,
            companies=companies.ids,
            customers=customers.commercial_partner_id.ids,
            receivable=self._ar_sql_trade_receivable(),
        )

    @api.model
    def _ar_sql_booked(self, values):
        """Query of the journal entries of the period, one row for each customer and currency in an entry.

        What a payment let go (discounts, fees and losses booked in the same entry) is known where the entry is about
        one customer and one currency only.
        """
        return SQL(
            """
            WITH line AS (%(line)s), booked AS (
                SELECT customer_id,
                       currency_id,
                       move_id,
                       MIN(date) AS date,
                       MIN(move_name) AS number,
                       SUM(amount_currency) AS amount,
                       MIN(date_maturity) AS due,
                       bool_or(payment_id IS NOT NULL OR statement_line_id IS NOT NULL) AS is_money,
                       bool_or(ar_write_off_line_id IS NOT NULL) AS is_given_up
                  FROM line
                 WHERE date BETWEEN %(first_day)s AND %(last_day)s
              GROUP BY customer_id, currency_id, move_id
                HAVING SUM(amount_currency) != 0
            )
            SELECT booked.customer_id,
                   booked.currency_id,
                   booked.move_id,
                   booked.date,
                   CASE WHEN move.move_type IN ('out_invoice', 'out_receipt') THEN 'invoice'
                        WHEN move.move_type = 'out_refund' THEN 'credit_note'
                        WHEN is_money THEN CASE WHEN booked.amount < 0 THEN 'payment' ELSE 'paid_out' END
                        WHEN EXISTS (
                            SELECT FROM account_partial_reconcile part WHERE part.exchange_move_id = move.id
                        ) THEN 'exchange'
                        WHEN booked.amount > 0 AND (taken_back.origin_payment_id IS NOT NULL
                                                    OR taken_back.statement_line_id IS NOT NULL) THEN 'paid_out'
                        WHEN booked.amount < 0 AND (is_given_up OR COALESCE(other.let_go, 0) > 0) THEN 'write_off'
                        ELSE 'entry'
                    END AS kind,
                   booked.number,
                   booked.amount::text,
                   CASE WHEN move.move_type = 'out_invoice' THEN booked.due END AS due,
                   CASE WHEN other.is_shared THEN 0 ELSE COALESCE(other.let_go, 0) END::text AS let_go
              FROM booked
              JOIN account_move move ON move.id = booked.move_id
         LEFT JOIN account_move taken_back ON taken_back.id = move.reversed_entry_id
         LEFT JOIN LATERAL (
                   SELECT SUM(other_line.amount_currency) FILTER (
                              WHERE other_line.currency_id = booked.currency_id
                                AND (account.account_type LIKE 'income%%' OR account.account_type LIKE 'expense%%'
                                     OR other_line.tax_line_id IS NOT NULL)
                          ) AS let_go,
                          bool_or(account.account_type = 'asset_receivable' AND (
                              customer.commercial_partner_id IS DISTINCT FROM booked.customer_id
                              OR other_line.currency_id != booked.currency_id
                          )) AS is_shared
                     FROM account_move_line other_line
                     JOIN account_account account ON account.id = other_line.account_id
                LEFT JOIN res_partner customer ON customer.id = other_line.partner_id
                    WHERE other_line.move_id = booked.move_id
                   ) other ON move.move_type = 'entry'
            """,
            **values,
        )

    @api.model
    def _ar_sql_elsewhere(self, values):
        """Query of what was settled against another account or another currency: matched, but not booked there.

        One side of such a matching is this customer's in this currency, and the other isn't.
        """
        return SQL(
            """
            WITH line AS (%(line)s)
            SELECT customer_id, currency_id, part_id, day, MIN(move_name) AS number, SUM(amount)::text AS amount
              FROM (
                    SELECT line.customer_id, line.currency_id, line.move_name, part.id AS part_id,
                           part.max_date AS day, -part.debit_amount_currency AS amount
                      FROM line
                      JOIN account_partial_reconcile part ON part.debit_move_id = line.id
                     WHERE part.max_date BETWEEN %(first_day)s AND %(last_day)s
                 UNION ALL
                    SELECT line.customer_id, line.currency_id, line.move_name, part.id,
                           part.max_date, part.credit_amount_currency
                      FROM line
                      JOIN account_partial_reconcile part ON part.credit_move_id = line.id
                     WHERE part.max_date BETWEEN %(first_day)s AND %(last_day)s
                   ) AS side
          GROUP BY customer_id, currency_id, part_id, day
            HAVING SUM(amount) != 0
            """,
            **values,
        )
