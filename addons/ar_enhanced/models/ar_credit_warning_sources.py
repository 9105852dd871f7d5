import json

from odoo import api, models
from odoo.tools import SQL

#: Items paid in time that make a good payer, of whom a first overdue item is news.
GOOD_PAYER_ITEMS = 5
#: Payments on either side that a comparison of habits takes, as for the trend in the score.
FEWEST_SETTLEMENTS = 3


class ArCreditWarning(models.Model):
    """The queries that find warnings: partner_id, kind, facts and fingerprint each."""

    _inherit = "ar.credit.warning"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _sql_sources(self, company, day):
        """Queries of all kinds of warnings about customers of ``company`` on ``day``."""
        return [
            self._sql_score_drop(company, day),
            self._sql_slower(company),
            self._sql_utilisation(company),
            self._sql_first_overdue(company, day),
            self._sql_broken_promise(company, day),
            self._sql_returned(company, day),
            self._sql_limit_expiring(company, day),
        ]

    @api.model
    def _sql_score_drop(self, company, day):
        """The score or the level is worse than some days ago."""
        return SQL(
            """
            SELECT now.partner_id,
                   'score_drop' AS kind,
                   jsonb_build_object('level', now.level, 'level_before', past.level, 'score', now.score,
                                      'score_before', past.score, 'days', %(days)s) AS facts,
                   now.level || ' ' || ROUND(now.score::numeric, -1) AS fingerprint
              FROM ar_credit_score now
              JOIN LATERAL (
                   SELECT level, score FROM ar_credit_score
                    WHERE partner_id = now.partner_id AND company_id = now.company_id
                      AND date <= %(day)s::date - %(days)s
                 ORDER BY date DESC, id DESC
                    LIMIT 1
                   ) AS past ON TRUE
             WHERE now.is_current AND now.company_id = %(company)s
               AND now.level != 'none' AND past.level != 'none'
               AND (past.score - now.score >= %(points)s OR now.level > past.level)
            """,
            company=company.id,
            day=day,
            days=company.ar_warning_days,
            points=company.ar_warning_points,
        )

    @api.model
    def _sql_slower(self, company):
        """Days beyond terms rose by a number of days, by the facts of the current score."""
        return SQL(
            """
            SELECT partner_id,
                   'slower' AS kind,
                   jsonb_build_object('recent', recent, 'earlier', earlier) AS facts,
                   'slower ' || ((recent - earlier) / 5) AS fingerprint
              FROM (
                    SELECT partner_id,
                           ROUND((facts->>'recent_amount_days')::numeric
                                 / NULLIF((facts->>'recent_amount')::numeric, 0))::int AS recent,
                           ROUND((facts->>'earlier_amount_days')::numeric
                                 / NULLIF((facts->>'earlier_amount')::numeric, 0))::int AS earlier
                      FROM ar_credit_score
                     WHERE is_current AND company_id = %(company)s
                       AND (facts->>'recent_settlements')::numeric >= %(fewest)s
                       AND (facts->>'earlier_settlements')::numeric >= %(fewest)s
                   ) AS habit
             WHERE recent - earlier >= %(days)s AND recent > 0
            """,
            company=company.id,
            fewest=FEWEST_SETTLEMENTS,
            days=company.ar_warning_slower_days,
        )

    @api.model
    def _sql_utilisation(self, company):
        """The exposure has reached a share of the limit, with what is secured."""
        positions = self.env["res.partner"]._ar_all_credit_positions(company)
        used = [
            {"partner_id": customer_id, "percent": round(position.utilisation)}
            for customer_id, position in positions.items()
            if position.total_limit and position.utilisation > company.ar_warning_utilisation
        ]
        return SQL(
            """
            SELECT partner_id,
                   'utilisation' AS kind,
                   jsonb_build_object('percent', percent) AS facts,
                   'from ' || percent / 10 * 10 AS fingerprint
              FROM jsonb_to_recordset(%s::jsonb) AS used(partner_id int, percent int)
            """,
            json.dumps(used),
        )

    @api.model
    def _sql_first_overdue(self, company, day):
        """An item is overdue, and none ever was before, of a customer with a number of items paid in time."""
        lines = self.env["account.move.line"]
        return SQL(
            """
            SELECT customer_id AS partner_id,
                   'first_overdue' AS kind,
                   jsonb_build_object('paid', paid, 'number', number, 'days', days) AS facts,
                   'item ' || item_id AS fingerprint
              FROM (
                    SELECT item.customer_id,
                           COUNT(*) FILTER (WHERE item.reconciled) AS paid,
                           BOOL_OR(COALESCE(last.paid_on, item.due) > item.due) AS paid_late,
                           MAX(%(day)s::date - item.due) FILTER (WHERE item.is_overdue) AS days,
                           (ARRAY_AGG(item.number ORDER BY item.due, item.id) FILTER (WHERE item.is_overdue))[1]
                               AS number,
                           (ARRAY_AGG(item.id ORDER BY item.due, item.id) FILTER (WHERE item.is_overdue))[1]
                               AS item_id
                      FROM (
                            SELECT line.id, customer.commercial_partner_id AS customer_id, line.move_name AS number,
                                   line.reconciled IS TRUE AS reconciled,
                                   COALESCE(line.date_maturity, line.date) AS due,
                                   line.reconciled IS NOT TRUE AND line.amount_residual > 0
                                   AND COALESCE(line.date_maturity, line.date) < %(day)s AS is_overdue
                              FROM %(items)s
                             WHERE %(are_items)s AND line.date <= %(day)s
                           ) AS item
                 LEFT JOIN LATERAL (
                           SELECT MAX(max_date) AS paid_on FROM account_partial_reconcile WHERE debit_move_id = item.id
                           ) AS last ON TRUE
                  GROUP BY item.customer_id
                   ) AS habit
             WHERE days IS NOT NULL AND NOT paid_late AND paid >= %(fewest)s
            """,
            items=lines._ar_sql_items(),
            are_items=lines._ar_sql_are_items(company),
            day=day,
            fewest=GOOD_PAYER_ITEMS,
        )

    @api.model
    def _sql_broken_promise(self, company, day):
        """A promise or plan wasn't kept, or only in part, in the last days, and something of it is still open."""
        return SQL(
            """
            SELECT broken.partner_id,
                   'broken_promise' AS kind,
                   jsonb_build_object('amount', broken.amount, 'received', COALESCE(broken.received, 0),
                                      'date', broken.date, 'currency', broken.currency_id, 'plan', broken.is_plan
                   ) AS facts,
                   broken.fingerprint
              FROM (
                    SELECT DISTINCT ON (partner_id) *
                      FROM (
                            SELECT partner_id, amount, received, date, currency_id, settled_on,
                                   'promise ' || id AS fingerprint, FALSE AS is_plan, id
                              FROM ar_promise
                             WHERE company_id = %(company)s AND state IN ('broken', 'partially_kept')
                               AND EXISTS (
                                   SELECT FROM ar_promise_move_rel rel
                                     JOIN account_move move ON move.id = rel.move_id
                                    WHERE rel.promise_id = ar_promise.id AND move.state = 'posted'
                                      AND move.payment_state IN ('not_paid', 'partial')
                               )
                         UNION ALL
                            SELECT partner_id, total, paid, settled_on, currency_id, settled_on,
                                   'plan ' || id, TRUE, id
                              FROM ar_payment_plan
                             WHERE company_id = %(company)s AND state = 'defaulted' AND open_amount > 0
                           ) AS agreement
                     WHERE settled_on > %(day)s::date - %(days)s
                  ORDER BY partner_id, settled_on DESC, id DESC
                   ) AS broken
            """,
            company=company.id,
            day=day,
            days=company.ar_warning_days,
        )

    @api.model
    def _sql_returned(self, company, day):
        """A payment came back in the last days."""
        return SQL(
            """
            SELECT customer_id AS partner_id,
                   'returned' AS kind,
                   jsonb_build_object('count', returned, 'days', %(days)s) AS facts,
                   'returned ' || returned AS fingerprint
              FROM (%(sent_back)s) AS sent_back
             WHERE returned > 0
            """,
            days=company.ar_warning_days,
            sent_back=self.env["account.move.line"]._ar_sql_sent_back(company, day, company.ar_warning_days),
        )

    @api.model
    def _sql_limit_expiring(self, company, day):
        """The credit limit ends within some days."""
        return SQL(
            """
            SELECT partner_id,
                   'limit_expiring' AS kind,
                   jsonb_build_object('date', valid_until) AS facts,
                   'limit ' || id || ' ' || valid_until AS fingerprint
              FROM ar_credit_limit
             WHERE company_id = %(company)s AND is_current
               AND valid_until >= %(day)s AND valid_until <= %(day)s::date + %(days)s
            """,
            company=company.id,
            day=day,
            days=company.ar_warning_limit_days,
        )
