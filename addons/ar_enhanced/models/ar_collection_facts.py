from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.collection_priority import (
    DEFAULT_CHANCES,
    Broken,
    Customer,
    Failure,
    LastContact,
    Owed,
    Step,
    chances,
)
from ..engine.credit_score import NOT_RATED
from ..engine.money import Currency
from ..engine.reminder import Item

#: Delays that say how a customer pays now: its last ones, of so many days at most.
LAST_DELAYS, DELAY_DAYS = 20, 730
#: A broken promise or a message that failed is a reason to act for so many days.
NEWS_DAYS = 90
#: The fate of an item is known so many days after it has reached an age; items of before so many years are too old.
FATE_DAYS, FATE_YEARS = 365, 5


@dataclass(frozen=True, slots=True)
class Facts:
    """A customer as the engine knows it, with what the row has besides."""

    customer_id: int
    customer: Customer
    level: str
    collector_id: int | None
    open_amount: str


class ArCollectionAccount(models.Model):
    """How the desk finds what it ranks by: one statement for what is owed, one for the customers."""

    _inherit = "ar.collection.account"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _gather(self, company, customer_ids):
        """Find what the place of these customers hangs on: ``{customer id: Facts}`` of those with something open."""
        self.env.flush_all()
        day = fields.Date.context_today(self)
        currency = Currency(company.currency_id.name, company.currency_id.decimal_places)
        owed = self._read_owed(company, customer_ids, day)
        return {
            row["customer_id"]: Facts(
                row["customer_id"],
                self._as_customer(row, day, currency, owed[row["customer_id"]]),
                row["level"],
                row["collector_id"],
                row["open_amount"],
            )
            for row in self._read_customers(company, customer_ids, day)
        }

    @api.model
    def _as_customer(self, row, day, currency, owed):
        """A row of :meth:`_read_customers` as an engine value."""
        return Customer(
            day,
            currency,
            tuple(owed),
            tuple(row["delays"] or ()),
            Broken(row["broken_on"], Decimal(row["broken_amount"]), row["broken_kind"]) if row["broken_on"] else None,
            LastContact(row["contact_on"], row["contact_result"], row["contact_next"]) if row["contact_on"] else None,
            Failure(row["failed_on"], row["failure"]) if row["failed_on"] else None,
            row["task_on"],
            Step(row["agreed"], row["agreed_on"]) if row["agreed"] else None,
            row["next_due"],
            row["put_off_until"],
            row["put_off_on"],
        )

    @api.model
    def _read_owed(self, company, customer_ids, day):
        """Read what is overdue with what is paused and credited: ``{customer id: [Owed, …]}``, one per currency."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH %(claims)s
                SELECT line.customer_id,
                       line.currency_id,
                       line.id,
                       %(day)s - line.due,
                       line.residual::text,
                       line.company_residual::text,
                       paused.line_id IS NOT NULL,
                       paused.amount::text,
                       paused.code,
                       credit.amount::text
                  FROM open_line line
             LEFT JOIN paused ON paused.line_id = line.id
             LEFT JOIN credit ON credit.customer_id = line.customer_id AND credit.currency_id = line.currency_id
                 WHERE line.is_item AND line.due < %(day)s
                """,
                claims=self.env["account.move.line"]._ar_sql_claims(
                    company, SQL("customer.commercial_partner_id = ANY(%s)", customer_ids)
                ),
                day=SQL("%s::date", day),
            )
        )
        items, credits = defaultdict(list), {}
        for customer, currency, line, days, residual, in_company, is_paused, paused, code, credit in rows:
            # Paused without an amount: all of it.
            part = Decimal(paused) if paused else None if is_paused else Decimal()
            items[customer, currency].append(Item(line, days, Decimal(residual), Decimal(in_company), part, code or ""))
            credits[customer, currency] = Decimal(credit or 0)
        owed = defaultdict(list)
        for (customer, currency), listed in items.items():
            owed[customer].append(Owed(tuple(listed), credits[customer, currency]))
        return owed

    @api.model
    def _read_customers(self, company, customer_ids, day):
        """Read what is known of these customers beside their items, in one statement: a dict for each."""
        lines = self.env["account.move.line"]
        self.env.cr.execute(
            SQL(
                """
                WITH open_line AS (
                    SELECT customer.commercial_partner_id AS customer_id,
                           SUM(line.amount_residual)::text AS open_amount,
                           MIN(line.date_maturity) FILTER (
                               WHERE line.amount_residual > 0 AND line.date_maturity >= %(day)s
                           ) AS next_due
                      FROM account_move_line line
                      JOIN res_partner customer ON customer.id = line.partner_id
                     WHERE customer.commercial_partner_id = ANY(%(customers)s) AND %(open)s
                  GROUP BY customer.commercial_partner_id
                ), delay AS (
                    %(delays)s
                ), broken AS (
                    SELECT DISTINCT ON (partner_id) partner_id, split_part(agreement, ' ', 1) AS kind, deadline, amount
                      FROM (
                            SELECT partner_id, agreement, deadline, SUM(amount_residual) AS amount
                              FROM (%(broken)s) AS item
                             WHERE deadline >= %(day)s - %(news_days)s AND partner_id = ANY(%(customers)s)
                          GROUP BY partner_id, agreement, deadline
                           ) AS agreement
                     WHERE amount > 0
                  ORDER BY partner_id, deadline DESC, agreement
                ), contact AS (
                    SELECT DISTINCT ON (partner_id) partner_id, contacted_on, result, next_contact_on
                      FROM ar_collection_contact
                     WHERE company_id = %(company)s AND partner_id = ANY(%(customers)s)
                  ORDER BY partner_id, contacted_on DESC, id DESC
                ), message AS (
                    SELECT DISTINCT ON (partner_id) partner_id, state, code, COALESCE(sent_day, date) AS day
                      FROM ar_reminder
                     WHERE company_id = %(company)s AND partner_id = ANY(%(customers)s)
                       AND state IN ('sending', 'sent', 'failed')
                       AND date >= %(day)s - %(news_days)s
                  ORDER BY partner_id, id DESC
                ), task AS (
                    SELECT res_id AS partner_id, MIN(date_deadline) AS day
                      FROM mail_activity
                     WHERE res_model = 'res.partner' AND res_id = ANY(%(customers)s) AND active
                       AND activity_type_id = %(call)s
                  GROUP BY res_id
                ), agreed AS (
                    SELECT DISTINCT ON (partner_id) partner_id, code, day
                      FROM (%(agreed)s) AS step
                     WHERE partner_id = ANY(%(customers)s)
                  ORDER BY partner_id, day, code
                )
                SELECT open_line.customer_id,
                       open_line.open_amount,
                       open_line.next_due,
                       COALESCE(score.level, %(not_rated)s) AS level,
                       COALESCE((%(owner)s)::int4, %(company_owner)s) AS collector_id,
                       delay.delays,
                       broken.deadline AS broken_on,
                       broken.amount::text AS broken_amount,
                       broken.kind AS broken_kind,
                       (contact.contacted_on AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS contact_on,
                       contact.result AS contact_result,
                       contact.next_contact_on AS contact_next,
                       CASE WHEN message.state = 'failed' THEN message.day END AS failed_on,
                       COALESCE(message.code, '') AS failure,
                       task.day AS task_on,
                       agreed.code AS agreed,
                       agreed.day AS agreed_on,
                       account.put_off_until,
                       account.put_off_on
                  FROM open_line
                  JOIN res_partner ON res_partner.id = open_line.customer_id
             LEFT JOIN ar_collection_account account
                    ON account.partner_id = open_line.customer_id AND account.company_id = %(company)s
             LEFT JOIN ar_credit_score score
                    ON score.partner_id = open_line.customer_id AND score.company_id = %(company)s
                   AND score.is_current IS TRUE
             LEFT JOIN delay ON delay.customer_id = open_line.customer_id
             LEFT JOIN broken ON broken.partner_id = open_line.customer_id
             LEFT JOIN contact ON contact.partner_id = open_line.customer_id
             LEFT JOIN message ON message.partner_id = open_line.customer_id
             LEFT JOIN task ON task.partner_id = open_line.customer_id
             LEFT JOIN agreed ON agreed.partner_id = open_line.customer_id
                """,
                open=lines._ar_sql_open_receivable(company),
                delays=self._sql_delays(company, customer_ids, day),
                broken=self.env["ar.payment.agreement"]._sql_broken_items(company),
                agreed=self._sql_agreed(company),
                owner=self.env["res.partner"].with_company(company)._field_to_sql("res_partner", "ar_credit_owner_id"),
                company_owner=company.ar_credit_owner_id.id or SQL("NULL::int4"),
                call=self.env["ir.model.data"]._xmlid_to_res_id("ar_enhanced.mail_activity_reminder_call"),
                not_rated=NOT_RATED,
                tz=self.env.user.tz or "UTC",
                company=company.id,
                customers=customer_ids,
                day=SQL("%s::date", day),
                news_days=NEWS_DAYS,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _sql_delays(self, company, customer_ids, day):
        """Query of how many days beyond terms the last paid items of each customer were paid: customer_id, delays."""
        lines = self.env["account.move.line"]
        return SQL(
            """
            SELECT customer_id, array_agg(days) AS delays
              FROM (
                    SELECT paid.customer_id,
                           paid.paid_on - paid.due AS days,
                           ROW_NUMBER() OVER (
                               PARTITION BY paid.customer_id ORDER BY paid.paid_on DESC, paid.id
                           ) AS place
                      FROM (
                            SELECT line.id,
                                   customer.commercial_partner_id AS customer_id,
                                   COALESCE(line.date_maturity, line.date) AS due,
                                   MAX(part.max_date) AS paid_on
                              FROM %(items)s
                              JOIN account_partial_reconcile part ON part.debit_move_id = line.id
                             WHERE %(are_items)s
                               AND customer.commercial_partner_id = ANY(%(customers)s)
                               AND line.amount_residual = 0
                               AND part.max_date BETWEEN %(day)s - %(delay_days)s AND %(day)s
                               AND part.credit_move_id NOT IN (%(no_payments)s)
                          GROUP BY line.id, customer.commercial_partner_id
                           ) AS paid
                   ) AS recent
             WHERE place <= %(last)s
          GROUP BY customer_id
            """,
            items=lines._ar_sql_items(),
            are_items=lines._ar_sql_are_items(company),
            no_payments=lines._ar_sql_no_payments(company),
            customers=customer_ids,
            day=SQL("%s::date", day),
            delay_days=DELAY_DAYS,
            last=LAST_DELAYS,
        )

    @api.model
    def _sql_agreed(self, company):
        """Query of the days on which something is to come under promises, plans and disputes: partner_id, code, day."""
        return SQL(
            """
            SELECT partner_id, 'promise' AS code, deadline AS day
              FROM ar_promise
             WHERE state = 'open' AND company_id = %(company)s
         UNION ALL
            SELECT instalment.partner_id, 'instalment', instalment.date
              FROM ar_payment_plan_instalment instalment
              JOIN ar_payment_plan plan ON plan.id = instalment.plan_id
             WHERE plan.state = 'active' AND plan.company_id = %(company)s
               AND instalment.state NOT IN ('paid', 'credited')
         UNION ALL
            SELECT partner_id, 'dispute', deadline
              FROM ar_dispute
             WHERE state = 'open' AND company_id = %(company)s AND deadline IS NOT NULL
            """,
            company=company.id,
        )

    @api.model
    def _fates(self, company, day):
        """What became of the items of ``company`` that reached each age, in one statement.

        Of the last years, those whose fate is known: items that reached the age at least a year ago.  Paid is what
        was settled in full without a write-off; what was credited was never owed and is left out.

        :return: ``{first day of the age, as a text: [items that reached it, items of those that were paid]}``
        """
        lines = self.env["account.move.line"]
        lines._ar_flush()
        rows = self.env.execute_query(
            SQL(
                """
                WITH item AS (
                    SELECT line.id,
                           COALESCE(line.date_maturity, line.date) AS due,
                           line.amount_residual = 0 AS is_settled
                      FROM %(items)s
                     WHERE %(are_items)s
                       AND COALESCE(line.date_maturity, line.date)
                           BETWEEN %(day)s - %(oldest)s AND %(day)s - %(fate_days)s
                ), settled AS (
                    SELECT part.debit_move_id AS id,
                           MAX(part.max_date) AS paid_on,
                           bool_or(settling.ar_write_off_line_id IS NOT NULL) AS is_given_up,
                           bool_or(entry.move_type = 'out_refund') AS is_credited
                      FROM item
                      JOIN account_partial_reconcile part ON part.debit_move_id = item.id
                      JOIN account_move_line settling ON settling.id = part.credit_move_id
                      JOIN account_move entry ON entry.id = settling.move_id
                  GROUP BY part.debit_move_id
                )
                SELECT age.first_day,
                       COUNT(*),
                       COUNT(*) FILTER (WHERE item.is_settled AND settled.is_given_up IS NOT TRUE)
                  FROM unnest(%(ages)s) AS age (first_day)
                  JOIN item ON item.due <= %(day)s - age.first_day - %(fate_days)s
             LEFT JOIN settled ON settled.id = item.id
                 WHERE settled.is_credited IS NOT TRUE
                   AND (NOT item.is_settled OR settled.paid_on - item.due >= age.first_day)
              GROUP BY age.first_day
                """,
                items=lines._ar_sql_items(),
                are_items=lines._ar_sql_are_items(company),
                day=SQL("%s::date", day),
                ages=list(DEFAULT_CHANCES),
                oldest=FATE_YEARS * 365,
                fate_days=FATE_DAYS,
            )
        )
        return {str(first_day): [reached, paid] for first_day, reached, paid in rows}


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_desk_started_on = fields.Datetime(help="Since when the desk is being found anew; empty between two runs.")
    ar_recovery_fates = fields.Json(help="Of the items that reached an age, how many were paid in the end.")

    def _ar_recovery_chances(self):
        """The chance that money of each age is collected, by the first day of the age."""
        self.ensure_one()
        fates = self.ar_recovery_fates or {}
        return chances({int(first_day): tuple(counts) for first_day, counts in fates.items()})
