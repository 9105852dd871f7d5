from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.credit_score import portfolio_from_sums
from ..engine.payment_behaviour import INDEX_POINTS, LATE_DAYS, PaymentFacts

#: The facts that the database gathers, in the order of the engine's tuple.
GATHERED = PaymentFacts._fields[2:]


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_payment_facts(self, customer_ids, company, day):
        """Facts of the customers that have any, in one statement: ``{customer id: PaymentFacts}``."""
        self._ar_flush()
        rows = self.env.execute_query(
            self._ar_sql_payment_facts(
                company, day, SQL("customer.commercial_partner_id = ANY(%s)", list(customer_ids))
            )
        )
        places = company.currency_id.decimal_places
        return {row[0]: PaymentFacts(day, places, *row[1:]) for row in rows}

    @api.model
    def _ar_portfolio(self, facts):
        """How customers pay on the whole, in one statement over ``facts``, SQL of a table or query of facts."""
        ((items, item_days, *counts),) = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(items) FILTER (WHERE days IS NOT NULL), 0),
                       COALESCE(SUM(items * LEAST(GREATEST(days, %(first_day)s), %(last_day)s)), 0)::text,
                       COALESCE(SUM(punctual_count), 0),
                       COALESCE(SUM(paid_or_stale), 0),
                       COALESCE(SUM(late_count), 0),
                       COALESCE(SUM(judged), 0)
                  FROM (
                        SELECT settled_count + overdue_count AS items,
                               (settled_amount_days + overdue_amount_days)::numeric
                               / NULLIF(settled_amount + days_1_30 + days_31_60 + days_61_90 + over_90, 0) AS days,
                               punctual_count,
                               paid_count + stale_count AS paid_or_stale,
                               late_count,
                               paid_count + overdue_late AS judged
                          FROM %(facts)s
                       ) AS habits
                """,
                first_day=INDEX_POINTS[0][0],
                last_day=INDEX_POINTS[-1][0],
                facts=facts,
            )
        )
        return portfolio_from_sums(int(items), Decimal(item_days), *(int(count) for count in counts))

    @api.model
    def _ar_sql_payment_facts(self, company, day, customers=None):
        """Statement of the facts by customer, named and defined as the fields of the engine's ``PaymentFacts``.

        Its first column is customer_id, the others are :data:`GATHERED`.  Amounts are whole smallest units.

        Most items are paid at once and wholly.  So customers are summed straight from payments, which the database
        does with several processes, and each payment counts as an item.  ``paid_again`` then says how many too many
        that are for items paid more than once, ``paid_in_part`` how many of the items are owed still.  Summed by item
        first, it takes half as long again.  What a line was settled by is not joined: the few lines of credit notes
        and exchange differences are left out by their ids.

        :param customers: SQL condition that leaves few of the partners ``customer``; None for all
        """
        company = company.root_id
        scorecard = company._ar_credit_policy()._scorecard()
        return SQL(
            """
            WITH item AS %(kept)s (
                SELECT line.id,
                       customer.commercial_partner_id AS customer_id,
                       line.move_name AS number,
                       COALESCE(line.date_maturity, line.date) AS due,
                       line.amount_residual,
                       line.reconciled,
                       line.amount_residual != line.balance
                           OR line.amount_residual_currency != line.amount_currency AS is_begun
                  FROM %(items)s
                 WHERE %(are_items)s AND line.date <= %(day)s AND %(customers)s
            ), later AS (
                %(later)s
            ), owed_item AS MATERIALIZED (
                SELECT id,
                       customer_id,
                       number,
                       (residual * %(unit)s)::bigint AS residual,
                       due,
                       %(day)s - due AS days,
                       is_begun
                  FROM (
                        SELECT item.*, item.amount_residual + COALESCE(later.amount, 0) AS residual
                          FROM item
                     LEFT JOIN later ON later.line_id = item.id
                         WHERE item.reconciled IS NOT TRUE
                     UNION ALL
                        SELECT item.*, item.amount_residual + later.amount
                          FROM later
                          JOIN item ON item.id = later.line_id
                         WHERE item.reconciled IS TRUE
                       ) AS open_item
                 WHERE residual > 0
            ), part AS %(kept)s (
                SELECT part.debit_move_id, part.credit_move_id, part.amount, part.max_date
                  FROM account_partial_reconcile part %(of_items)s
            ), payment AS %(kept)s (
                SELECT part.debit_move_id AS item_id,
                       -- Whole numbers in floats: exact up to 2^53, and summed in half of the time.
                       (part.amount * %(unit)s)::bigint::float8 AS amount,
                       part.max_date AS paid_on,
                       part.max_date > %(day)s - %(recent_days)s AS is_recent,
                       part.max_date <= %(day)s - %(recent_days)s
                           AND part.max_date > %(day)s - %(earlier_days)s AS is_earlier
                  FROM part
                 WHERE part.max_date > %(day)s - %(window_days)s
                   AND part.max_date <= %(day)s
                   AND part.credit_move_id NOT IN (%(no_payments)s)
            ), settled AS (
                SELECT item.customer_id,
                       SUM(amount)::bigint AS settled_amount,
                       SUM(amount * (paid_on - due))::bigint AS settled_amount_days,
                       COUNT(*) AS payments,
                       COUNT(*) FILTER (WHERE paid_on - due <= %(punctual_days)s) AS punctual,
                       COUNT(*) FILTER (WHERE paid_on - due > %(late_days)s) AS late,
                       %(day)s - MIN(paid_on) AS history_days,
                       SUM(amount) FILTER (WHERE is_recent)::bigint AS recent_amount,
                       SUM(amount * (paid_on - due)) FILTER (WHERE is_recent)::bigint AS recent_amount_days,
                       COUNT(*) FILTER (WHERE is_recent) AS recent_settlements,
                       SUM(amount) FILTER (WHERE is_earlier)::bigint AS earlier_amount,
                       SUM(amount * (paid_on - due)) FILTER (WHERE is_earlier)::bigint AS earlier_amount_days,
                       COUNT(*) FILTER (WHERE is_earlier) AS earlier_settlements
                  FROM item
                  JOIN payment ON payment.item_id = item.id
              GROUP BY item.customer_id
            ), paid_again AS (
                SELECT customer_id,
                       SUM(payments - 1)::bigint AS payments,
                       SUM(punctual - (last_days <= %(punctual_days)s)::integer)::bigint AS punctual,
                       SUM(late - (last_days > %(late_days)s)::integer)::bigint AS late
                  FROM (
                        SELECT item.customer_id,
                               COUNT(*) AS payments,
                               COUNT(*) FILTER (WHERE paid_on - due <= %(punctual_days)s) AS punctual,
                               COUNT(*) FILTER (WHERE paid_on - due > %(late_days)s) AS late,
                               MAX(paid_on) - due AS last_days
                          FROM (
                                SELECT item_id
                                  FROM payment
                              GROUP BY item_id
                                HAVING COUNT(*) > 1
                               ) AS repeated
                          JOIN item ON item.id = repeated.item_id
                          JOIN payment ON payment.item_id = item.id
                      GROUP BY item.id, item.customer_id, item.due
                       ) AS repeated_item
              GROUP BY customer_id
            ), paid_in_part AS (
                SELECT customer_id,
                       COUNT(*) AS items,
                       COUNT(*) FILTER (WHERE last_days <= %(punctual_days)s) AS punctual,
                       COUNT(*) FILTER (WHERE last_days > %(late_days)s) AS late
                  FROM (
                        SELECT owed_item.customer_id, MAX(paid_on) - due AS last_days
                          FROM owed_item
                          JOIN payment ON payment.item_id = owed_item.id
                         WHERE owed_item.is_begun
                      GROUP BY owed_item.id, owed_item.customer_id, owed_item.due
                       ) AS part_item
              GROUP BY customer_id
            ), owed AS (
                SELECT customer_id,
                       SUM(residual)::bigint AS open_amount,
                       COUNT(*) AS open_count,
                       SUM(residual) FILTER (WHERE days BETWEEN 1 AND 30)::bigint AS days_1_30,
                       SUM(residual) FILTER (WHERE days BETWEEN 31 AND 60)::bigint AS days_31_60,
                       SUM(residual) FILTER (WHERE days BETWEEN 61 AND 90)::bigint AS days_61_90,
                       SUM(residual) FILTER (WHERE days > 90)::bigint AS over_90,
                       SUM(residual * days) FILTER (WHERE days > 0)::bigint AS overdue_amount_days,
                       COUNT(*) FILTER (WHERE days > 0) AS overdue_count,
                       COUNT(*) FILTER (WHERE days > %(punctual_days)s) AS stale_count,
                       COUNT(*) FILTER (WHERE days > %(late_days)s) AS overdue_late,
                       MAX(days) FILTER (WHERE days > 0) AS oldest_days,
                       (ARRAY_AGG(number ORDER BY residual * days DESC, id) FILTER (WHERE days > 0))[1]
                           AS heaviest_number,
                       (ARRAY_AGG(residual ORDER BY residual * days DESC, id) FILTER (WHERE days > 0))[1]
                           AS heaviest_amount,
                       (ARRAY_AGG(days ORDER BY residual * days DESC, id) FILTER (WHERE days > 0))[1] AS heaviest_days
                  FROM owed_item
              GROUP BY customer_id
            ), utilisation AS (
                %(utilisation)s
            ), promised AS (
                %(promised)s
            ), disputed AS (
                %(disputed)s
            ), sent_back AS (
                %(sent_back)s
            ), rated AS (
                %(rated)s
            )
            SELECT customer_id,
                   COALESCE(settled_amount, 0) AS settled_amount,
                   COALESCE(settled_amount_days, 0) AS settled_amount_days,
                   COALESCE(settled.payments, 0) - COALESCE(paid_again.payments, 0) AS settled_count,
                   COALESCE(settled.payments, 0) - COALESCE(paid_again.payments, 0) - COALESCE(paid_in_part.items, 0)
                       AS paid_count,
                   COALESCE(settled.punctual, 0) - COALESCE(paid_again.punctual, 0)
                       - COALESCE(paid_in_part.punctual, 0) AS punctual_count,
                   COALESCE(settled.late, 0) - COALESCE(paid_again.late, 0) - COALESCE(paid_in_part.late, 0)
                       + COALESCE(overdue_late, 0) AS late_count,
                   COALESCE(recent_amount, 0) AS recent_amount,
                   COALESCE(recent_amount_days, 0) AS recent_amount_days,
                   COALESCE(recent_settlements, 0) AS recent_settlements,
                   COALESCE(earlier_amount, 0) AS earlier_amount,
                   COALESCE(earlier_amount_days, 0) AS earlier_amount_days,
                   COALESCE(earlier_settlements, 0) AS earlier_settlements,
                   COALESCE(history_days, 0) AS history_days,
                   COALESCE(open_amount, 0) AS open_amount,
                   COALESCE(open_count, 0) AS open_count,
                   COALESCE(days_1_30, 0) AS days_1_30,
                   COALESCE(days_31_60, 0) AS days_31_60,
                   COALESCE(days_61_90, 0) AS days_61_90,
                   COALESCE(over_90, 0) AS over_90,
                   COALESCE(overdue_amount_days, 0) AS overdue_amount_days,
                   COALESCE(overdue_count, 0) AS overdue_count,
                   COALESCE(stale_count, 0) AS stale_count,
                   COALESCE(overdue_late, 0) AS overdue_late,
                   COALESCE(oldest_days, 0) AS oldest_days,
                   COALESCE(heaviest_number, '') AS heaviest_number,
                   COALESCE(heaviest_amount, 0) AS heaviest_amount,
                   COALESCE(heaviest_days, 0) AS heaviest_days,
                   (utilisation.credit_limit * %(unit)s)::bigint AS credit_limit,
                   CASE WHEN utilisation.credit_limit IS NULL THEN 0
                        ELSE (COALESCE(utilisation.exposure, 0) * %(unit)s)::bigint END AS exposure,
                   COALESCE(promised.promises, 0) AS promises,
                   COALESCE(promised.partly_kept, 0) AS partly_kept,
                   COALESCE(promised.broken, 0) AS broken,
                   COALESCE(disputed.unjustified, 0) AS unjustified,
                   COALESCE(sent_back.returned, 0) AS returned,
                   rated.external_rating,
                   COALESCE(rated.external_age, 0) AS external_age
              FROM settled
         FULL JOIN owed USING (customer_id)
         LEFT JOIN paid_again USING (customer_id)
         LEFT JOIN paid_in_part USING (customer_id)
         LEFT JOIN utilisation USING (customer_id)
         LEFT JOIN promised USING (customer_id)
         LEFT JOIN disputed USING (customer_id)
         LEFT JOIN sent_back USING (customer_id)
         LEFT JOIN rated USING (customer_id)
            """,
            items=self._ar_sql_items(),
            are_items=self._ar_sql_are_items(company),
            # The items of few customers are found once; those of all are read again, each time by several processes.
            kept=SQL("MATERIALIZED") if customers else SQL("NOT MATERIALIZED"),
            customers=customers or SQL("TRUE"),
            later=self._ar_sql_settled_after(day) if customers else self._ar_sql_all_settled_after(day),
            of_items=SQL("JOIN item ON item.id = part.debit_move_id") if customers else SQL(""),
            no_payments=self._ar_sql_no_payments(company),
            utilisation=self._ar_sql_utilisation(company, day),
            promised=self._ar_sql_promised(company, day, scorecard.window_days),
            disputed=self._ar_sql_disputed(company, day, scorecard.window_days),
            sent_back=self._ar_sql_sent_back(company, day, scorecard.window_days),
            rated=self._ar_sql_rated(company, day),
            day=SQL("%s::date", day),
            unit=10**company.currency_id.decimal_places,
            window_days=scorecard.window_days,
            recent_days=scorecard.recent_days,
            earlier_days=scorecard.recent_days + scorecard.earlier_days,
            punctual_days=scorecard.punctual_days,
            late_days=LATE_DAYS,
        )

    @api.model
    def _ar_sql_no_payments(self, company):
        """Ids of the receivable lines that settle and are no payments: of credit notes, write-offs and exchange
        differences.
        """
        branches = self._ar_branches(company)
        return SQL(
            """
                SELECT line.id
                  FROM account_move move
                  JOIN account_move_line line ON line.move_id = move.id
                  JOIN account_account account ON account.id = line.account_id
                 WHERE move.move_type = 'out_refund' AND move.company_id = ANY(%(branches)s)
                   AND account.account_type = 'asset_receivable'
             UNION ALL
                SELECT line.id
                  FROM account_partial_reconcile exchange
                  JOIN account_move_line line ON line.move_id = exchange.exchange_move_id
                 WHERE exchange.exchange_move_id IS NOT NULL
             UNION ALL
                SELECT line.id
                  FROM ar_write_off_line written_off
                  JOIN account_move_line line ON line.ar_write_off_line_id = written_off.id
            """,
            branches=branches.ids,
        )

    @api.model
    def _ar_sql_utilisation(self, company, day):
        """Query of what customers may owe: customer_id, credit_limit (NULL: none is set) and exposure.

        In units of the company's currency, as of today: of a past day, the limit is not known and none is given.
        Odoo's own limit, which approved limits and securities are kept in step with, and what stands on the
        receivable account: what isn't invoiced yet says nothing about paying.
        """
        if day < fields.Date.context_today(self):
            return SQL(
                "SELECT NULL::integer AS customer_id, NULL::numeric AS credit_limit, 0::numeric AS exposure WHERE FALSE"
            )
        partners = self.env["res.partner"].with_company(company)
        partners.flush_model(["credit_limit"])
        self.env["ar.credit.limit"].flush_model(["partner_id", "company_id", "is_current"])
        approved = SQL(
            "EXISTS (SELECT FROM ar_credit_limit approved WHERE approved.partner_id = customer.id"
            " AND approved.company_id = %s AND approved.is_current)",
            company.id,
        )
        return SQL(
            """
            SELECT customer.id AS customer_id,
                   NULLIF(%(credit_limit)s, 0)::numeric AS credit_limit,
                   (
                       SELECT SUM(open_line.amount_residual)
                         FROM account_move_line open_line
                        WHERE open_line.partner_id = customer.id
                          AND open_line.account_id = ANY(%(accounts)s)
                          AND open_line.reconciled IS NOT TRUE
                          AND open_line.parent_state = 'posted'
                          AND open_line.company_id = ANY(%(branches)s)
                   ) AS exposure
              FROM res_partner customer
             WHERE customer.commercial_partner_id = customer.id
               AND NULLIF(%(credit_limit)s, 0) IS NOT NULL
               AND %(in_use)s
            """,
            # A company that doesn't use Odoo's warning has the limits that were approved here.
            in_use=SQL("TRUE") if company.account_use_credit_limit else approved,
            credit_limit=partners._field_to_sql("customer", "credit_limit"),
            accounts=self._ar_receivable_account_ids(),
            branches=self._ar_branches(company).ids,
        )

    @api.model
    def _ar_sql_promised(self, company, day, window_days):
        """Query of the promises whose day has come: customer_id, promises, partly_kept and broken.

        A payment plan is a promise that was kept or, when it defaulted, broken on the day of its decision.
        """
        self.env["ar.promise"].flush_model()
        self.env["ar.payment.plan"].flush_model()
        return SQL(
            """
            SELECT partner_id AS customer_id,
                   COUNT(*) AS promises,
                   COUNT(*) FILTER (WHERE state = 'partially_kept') AS partly_kept,
                   COUNT(*) FILTER (WHERE state IN ('broken', 'defaulted')) AS broken
              FROM (
                    SELECT partner_id, state, date
                      FROM ar_promise
                     WHERE company_id = %(company)s AND state IN ('kept', 'partially_kept', 'broken')
                 UNION ALL
                    SELECT partner_id, state, settled_on
                      FROM ar_payment_plan
                     WHERE company_id = %(company)s AND state IN ('kept', 'defaulted')
                   ) AS agreement
             WHERE date > %(day)s::date - %(window_days)s
               AND date <= %(day)s
          GROUP BY partner_id
            """,
            company=company.id,
            day=day,
            window_days=window_days,
        )

    @api.model
    def _ar_sql_disputed(self, company, day, window_days):
        """Query of the disputes that turned out to be unjustified: customer_id and unjustified."""
        self.env["ar.dispute"].flush_model()
        return SQL(
            """
            SELECT partner_id AS customer_id, COUNT(*) AS unjustified
              FROM ar_dispute
             WHERE company_id = %(company)s
               AND outcome = 'unjustified'
               AND closed_on > %(day)s::date - %(window_days)s
               AND closed_on <= %(day)s
          GROUP BY partner_id
            """,
            company=company.id,
            day=day,
            window_days=window_days,
        )

    @api.model
    def _ar_sql_sent_back(self, company, day, window_days):
        """Query of the payments that came back: customer_id and returned.

        Odoo has no document for a returned payment.  One has come back when a payment is set to rejected, when its
        journal entry is reversed, or when a bank line takes money from the receivable account again.  What a bank
        line pays out against a credit note or another payment in advance is a refund: a return stays open, or is
        matched with the payment that it takes back, whose invoice is due again.
        """
        self.env["account.payment"].flush_model()
        return SQL(
            """
            SELECT customer.commercial_partner_id AS customer_id, COUNT(*) AS returned
              FROM (
                    SELECT payment.partner_id, payment.date
                      FROM account_payment payment
                     WHERE payment.state = 'rejected'
                       AND payment.payment_type = 'inbound'
                       AND payment.partner_type = 'customer'
                       AND payment.company_id = ANY(%(branches)s)
                 UNION ALL
                    SELECT payment.partner_id, reversal.date
                      FROM account_move reversal
                      JOIN account_payment payment ON payment.move_id = reversal.reversed_entry_id
                     WHERE reversal.reversed_entry_id IS NOT NULL
                       AND reversal.state = 'posted'
                       AND payment.state != 'rejected'
                       AND payment.payment_type = 'inbound'
                       AND payment.partner_type = 'customer'
                       AND payment.company_id = ANY(%(branches)s)
                 UNION ALL
                    SELECT line.partner_id, line.date
                      FROM account_move_line line
                      JOIN account_account account ON account.id = line.account_id
                     WHERE line.statement_line_id IS NOT NULL
                       AND line.balance > 0
                       AND line.parent_state = 'posted'
                       AND line.company_id = ANY(%(branches)s)
                       AND %(receivable)s
                       AND NOT EXISTS (
                           SELECT
                             FROM account_partial_reconcile refund
                             JOIN account_move_line credit ON credit.id = refund.credit_move_id
                             JOIN account_move credit_move ON credit_move.id = credit.move_id
                            WHERE refund.debit_move_id = line.id AND credit_move.move_type = 'out_refund'
                       )
                   ) AS came_back
              JOIN res_partner customer ON customer.id = came_back.partner_id
             WHERE came_back.date > %(day)s::date - %(window_days)s AND came_back.date <= %(day)s
          GROUP BY customer.commercial_partner_id
            """,
            branches=self._ar_branches(company).ids,
            receivable=self._ar_sql_trade_receivable(),
            day=day,
            window_days=window_days,
        )

    @api.model
    def _ar_sql_rated(self, company, day):
        """Query of the ratings that were entered: customer_id, external_rating and external_age in days."""
        partners = self.env["res.partner"].sudo().with_company(company)
        partners.flush_model(["ar_external_rating", "ar_external_date"])
        rated_on = partners._field_to_sql("customer", "ar_external_date")
        return SQL(
            """
            SELECT customer.id AS customer_id,
                   COALESCE(%(rating)s, 0) AS external_rating,
                   %(day)s::date - %(rated_on)s::date AS external_age
              FROM res_partner customer
             WHERE customer.ar_external_date IS NOT NULL
               AND %(rated_on)s::date <= %(day)s::date
               AND customer.commercial_partner_id = customer.id
            """,
            rating=partners._field_to_sql("customer", "ar_external_rating"),
            rated_on=rated_on,
            day=day,
        )

    @api.model
    def _ar_branches(self, company):
        """The company with its branches: one creditor."""
        return self.env["res.company"].sudo()._ar_creditor(company.root_id)
