from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.reminder import Account, Decision, Item, decide, message_of


@dataclass(frozen=True, slots=True)
class Customer:
    """What a run knows of a customer, beside the items; the order is that of the statement's columns."""

    id: int
    is_company: bool
    country_id: int | None
    policy_id: int | None
    level: str
    hold_code: str
    days_since_last: int | None
    recipient_id: int | None
    email: str | None
    email_normalized: str | None
    blacklisted: bool

    @property
    def address_code(self):
        """Why no e-mail can be sent to this customer, or an empty text."""
        if not self.email:
            return "no_address"
        if not self.email_normalized:
            return "bad_address"
        return "blacklisted" if self.blacklisted else ""


@dataclass(slots=True)
class Findings:
    """What a run found, by customer and currency."""

    customers: dict[int, Customer]
    policies: dict[tuple[int, int], int] = field(default_factory=dict)
    decisions: dict[tuple[int, int], tuple[Decision, ...]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


class ArReminderRun(models.Model):
    """How a run finds what is to be sent: two statements to read, the engine to decide, one to write."""

    _inherit = "ar.reminder.run"  # pylint: disable=consider-merging-classes-inherited

    def _find(self, customers=None):
        """Decide what each customer gets as of the day of this run.

        What pauses an item or holds a customer is that of today, the steps are those of the run's day.

        :param customers: ids to look at; all when left out
        """
        self.ensure_one()
        policies = self._policies()
        engines = {policy.id: policy._as_engine() for policy in policies}
        items, credits = self._read_items(engines.values(), customers)
        found = Findings(self._read_customers({customer_id for customer_id, _currency in items}))
        owed = defaultdict(Decimal)
        for (customer_id, _currency), listed in items.items():
            owed[customer_id] += sum(item.company_residual for item in listed)
        chosen = {
            customer.id: self._policy_of(policies, customer, owed[customer.id]) for customer in found.customers.values()
        }
        for key, listed in items.items():
            customer, policy = found.customers[key[0]], chosen[key[0]]
            if policy is None:
                found.counts["no_policy"] += len(listed)
                continue
            account = Account(
                tuple(listed),
                customer.level,
                credits.get(key, Decimal()),
                customer.hold_code,
                customer.days_since_last,
            )
            decisions = decide(engines[policy], account)
            found.counts.update(decision.code for decision in decisions)
            found.policies[key] = policy
            found.decisions[key] = decisions
        return found

    def _policies(self):
        """The policies of this company and the shared ones, in the order in which they are tried."""
        # Whoever may prepare a run may know how; a run knows its company only.
        policies = self.env["ar.reminder.policy"].sudo()
        return policies.search([("company_id", "in", (self.company_id.id, False))])

    @api.model
    def _policy_of(self, policies, customer, owed):
        """Id of the customer's own policy, else of the first one that fits, else None."""
        if customer.policy_id in policies._ids:
            return customer.policy_id
        return next((policy.id for policy in policies if policy._fits(customer, owed)), None)

    def _read_items(self, policies, customers):
        """Read the open items that a step may have reached, and the credits, in one statement.

        :return: ``{(customer id, currency id): [Item, …]}`` and ``{(customer id, currency id): credit}``
        """
        lines = self.env["account.move.line"]
        ahead = max((-step.days for policy in policies for step in policy.steps), default=0)
        of_customers = SQL("customer.commercial_partner_id = ANY(%s)", list(customers)) if customers else SQL("TRUE")
        rows = self.env.execute_query(
            SQL(
                """
                WITH %(claims)s, history AS (
                    SELECT sent.move_line_id, MAX(sent.step_days) AS days
                      FROM ar_reminder reminder
                      JOIN ar_reminder_item sent ON sent.reminder_id = reminder.id
                     WHERE reminder.company_id = %(company)s
                       AND reminder.state IN ('sending', 'sent')
                       AND reminder.run_id != %(run)s
                       AND sent.code IS NULL
                       AND sent.move_line_id IN (SELECT id FROM open_line)
                  GROUP BY sent.move_line_id
                )
                SELECT line.customer_id,
                       line.currency_id,
                       line.id,
                       %(day)s - line.due,
                       line.residual::text,
                       line.company_residual::text,
                       paused.line_id IS NOT NULL,
                       paused.amount::text,
                       paused.code,
                       history.days,
                       credit.amount::text
                  FROM open_line line
             LEFT JOIN paused ON paused.line_id = line.id
             LEFT JOIN history ON history.move_line_id = line.id
             LEFT JOIN credit ON credit.customer_id = line.customer_id AND credit.currency_id = line.currency_id
                 WHERE line.is_item AND line.due <= %(day)s + %(ahead)s
                """,
                claims=lines._ar_sql_claims(self.company_id, of_customers),
                company=self.company_id.id,
                run=self.id,
                day=self._sql_day(),
                ahead=ahead,
            )
        )
        items, credits = defaultdict(list), {}
        for customer, currency, line, days, residual, in_company, is_paused, paused, code, last, credit in rows:
            # Paused without an amount: all of it.
            part = Decimal(paused) if paused else None if is_paused else Decimal()
            item = Item(line, days, Decimal(residual), Decimal(in_company), part, code or "", last)
            items[customer, currency].append(item)
            if credit is not None:
                credits[customer, currency] = Decimal(credit)
        return items, credits

    def _read_customers(self, customers):
        """Read what decides about customers as a whole, in one statement."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH invoice_contact AS (
                    SELECT DISTINCT ON (parent_id) parent_id, id, email, email_normalized
                      FROM res_partner
                     WHERE parent_id = ANY(%(customers)s)
                       AND type = 'invoice'
                       AND active
                       AND TRIM(COALESCE(email, '')) != ''
                  ORDER BY parent_id, id
                ), receipt AS (
                    SELECT DISTINCT customer_id FROM (%(receipts)s) AS source
                ), last_message AS (
                    SELECT partner_id, MAX(sent_day) AS day
                      FROM ar_reminder
                     WHERE company_id = %(company)s AND state IN ('sending', 'sent') AND run_id != %(run)s
                  GROUP BY partner_id
                )
                SELECT customer.id,
                       customer.is_company IS TRUE,
                       customer.country_id,
                       customer.ar_reminder_policy_id,
                       COALESCE(score.level, 'none'),
                       CASE WHEN customer.ar_reminder_pause_until >= %(today)s THEN 'paused'
                            WHEN receipt.customer_id IS NOT NULL THEN 'receipt'
                            ELSE '' END,
                       %(day)s - last_message.day,
                       COALESCE(contact.id, customer.id),
                       TRIM(COALESCE(contact.email, customer.email)),
                       CASE WHEN contact.id IS NULL THEN customer.email_normalized
                            ELSE contact.email_normalized END,
                       blacklist.id IS NOT NULL
                  FROM res_partner customer
             LEFT JOIN ar_credit_score score
                    ON score.partner_id = customer.id AND score.company_id = %(company)s AND score.is_current IS TRUE
             LEFT JOIN last_message ON last_message.partner_id = customer.id
             LEFT JOIN receipt ON receipt.customer_id = customer.id
             LEFT JOIN invoice_contact contact ON contact.parent_id = customer.id
             LEFT JOIN mail_blacklist blacklist
                    ON blacklist.active
                   AND blacklist.email = CASE WHEN contact.id IS NULL THEN customer.email_normalized
                                              ELSE contact.email_normalized END
                 WHERE customer.id = ANY(%(customers)s)
                """,
                customers=list(customers),
                receipts=SQL(" UNION ALL ").join(self._sql_receipts()),
                company=self.company_id.id,
                run=self.id,
                day=self._sql_day(),
                today=fields.Date.context_today(self),
            )
        )
        return {row[0]: Customer(*row) for row in rows}

    def _sql_receipts(self):
        """SQL queries of the customers whose money may have come already, to be extended by matching addons.

        A receipt that isn't matched may be the customer's by its contact, by the account it came from, or by
        the name in it.

        :return: list of SQL queries with the column customer_id
        """
        receipt = SQL(
            """
            account_bank_statement_line receipt
            JOIN account_move entry ON entry.id = receipt.move_id
                 AND entry.state != 'cancel' AND entry.company_id = ANY(%s)
            """,
            self.env["account.move.line"]._ar_branches(self.company_id).ids,
        )
        unmatched = SQL("receipt.is_reconciled IS NOT TRUE AND receipt.amount > 0")
        return [
            SQL(
                """
                SELECT partner.commercial_partner_id AS customer_id
                  FROM %s JOIN res_partner partner ON partner.id = receipt.partner_id
                 WHERE %s
                """,
                receipt,
                unmatched,
            ),
            SQL(
                """
                SELECT partner.commercial_partner_id
                  FROM %s
                  JOIN res_partner_bank bank
                    ON bank.sanitized_acc_number = UPPER(REGEXP_REPLACE(receipt.account_number, '\\W+', '', 'g'))
                  JOIN res_partner partner ON partner.id = bank.partner_id
                 WHERE receipt.partner_id IS NULL AND receipt.account_number IS NOT NULL AND %s
                """,
                receipt,
                unmatched,
            ),
            SQL(
                """
                SELECT partner.commercial_partner_id
                  FROM %s
                  JOIN res_partner partner ON LOWER(partner.name) = LOWER(TRIM(receipt.partner_name))
                 WHERE receipt.partner_id IS NULL AND receipt.partner_name IS NOT NULL AND %s
                """,
                receipt,
                unmatched,
            ),
        ]

    def _sql_day(self):
        return SQL("%s::date", self.date if isinstance(self.date, date) else fields.Date.context_today(self))

    def _store(self, found):
        """Write reminders and their items, in one statement."""
        reminders, items = [], []
        for (customer_id, currency_id), decisions in found.decisions.items():
            customer = found.customers[customer_id]
            message = message_of(decisions)
            if message is None:
                continue
            key = (customer_id, currency_id)
            by_mail = message.step.channel == "email"
            reminders.append(
                (
                    *key,
                    message.step.channel,
                    message.step.key,
                    found.policies[customer_id, currency_id],
                    "left_out" if message.code else "prepared",
                    message.code or None,
                    customer.recipient_id,
                    customer.email if by_mail else None,
                    (by_mail and customer.address_code) or None,
                    message.claim.amount,
                    message.claim.days,
                    sum(1 for decision in message.decisions if not decision.code),
                )
            )
            items.extend(
                (
                    *key,
                    decision.item.key,
                    decision.step.key,
                    decision.step.days,
                    decision.item.days,
                    decision.item.residual,
                    decision.amount,
                    decision.paused,
                    (decision.item.pause_code or None) if decision.paused else None,
                    decision.code or None,
                )
                for decision in message.decisions
            )
        if not reminders:
            return
        self.env.execute_query(
            SQL(
                """
                WITH reminder AS (
                    INSERT INTO ar_reminder (
                                run_id, company_id, date, create_uid, create_date, write_uid, write_date,
                                partner_id, currency_id, channel, step_id, policy_id, state, code, recipient_id,
                                email, address_code, amount, days, item_count)
                         SELECT %(run)s, %(company)s, %(day)s, %(user)s, NOW() AT TIME ZONE 'UTC', %(user)s,
                                NOW() AT TIME ZONE 'UTC', message.*
                           FROM unnest(%(customers)s::int[], %(currencies)s::int[], %(channels)s::varchar[],
                                       %(steps)s::int[], %(policies)s::int[], %(states)s::varchar[],
                                       %(codes)s::varchar[], %(recipients)s::int[], %(emails)s::varchar[],
                                       %(address_codes)s::varchar[], %(amounts)s::numeric[], %(days)s::int[],
                                       %(counts)s::int[]) AS message
                      RETURNING id, partner_id, currency_id
                )
                INSERT INTO ar_reminder_item (
                            run_id, company_id, reminder_id, partner_id, currency_id, move_line_id, step_id,
                            step_days, days, residual, amount, paused, pause_code, code,
                            create_uid, create_date, write_uid, write_date)
                     SELECT %(run)s, %(company)s, reminder.id, item.customer_id, item.currency_id, item.line_id,
                            item.step_id, item.step_days, item.days, item.residual, item.amount, item.paused,
                            item.pause_code, item.code, %(user)s, NOW() AT TIME ZONE 'UTC', %(user)s,
                            NOW() AT TIME ZONE 'UTC'
                       FROM unnest(%(i_customers)s::int[], %(i_currencies)s::int[], %(i_lines)s::int[],
                                   %(i_steps)s::int[], %(i_step_days)s::int[], %(i_days)s::int[],
                                   %(i_residuals)s::numeric[], %(i_amounts)s::numeric[], %(i_paused)s::numeric[],
                                   %(i_pause_codes)s::varchar[], %(i_codes)s::varchar[])
                            AS item(customer_id, currency_id, line_id, step_id, step_days, days, residual, amount,
                                    paused, pause_code, code)
                       JOIN reminder
                         ON reminder.partner_id = item.customer_id AND reminder.currency_id = item.currency_id
                  RETURNING id
                """,
                run=self.id,
                company=self.company_id.id,
                day=self._sql_day(),
                user=self.env.uid,
                **_columns(
                    "customers currencies channels steps policies states codes recipients emails address_codes"
                    " amounts days counts",
                    reminders,
                ),
                **_columns(
                    "i_customers i_currencies i_lines i_steps i_step_days i_days i_residuals i_amounts"
                    " i_paused i_pause_codes i_codes",
                    items,
                ),
            )
        )


def _columns(names, rows):
    """Turn rows into one list per column, for ``unnest``."""
    return {name: list(column) for name, column in zip(names.split(), zip(*rows, strict=True), strict=True)}
