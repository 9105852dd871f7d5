from datetime import datetime, time

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: Months that the report reaches back, before the current one.
MONTHS = 24
#: Money that comes within so many days after a contact counts as brought in by it.
REACTION_DAYS = 14
#: Results of a contact that reached nobody.
NOT_REACHED = ("no_answer", "left_message", "wrong_number")
COUNTS = (
    *("contacts", "calls", "calls_reached", "promises_made", "promises_kept"),
    *("promises_partially_kept", "promises_broken"),
)
#: What happens in a month; it adds up over months.
FLOWS = ("promised_amount", "kept_amount", "broken_amount", "cash_after_contact", "sales")
#: What stands at the end of a day; over several months it is averaged.
STOCKS = ("opening", "closing", "closing_current", "overdue")
MEASURES = (*COUNTS, *FLOWS, *STOCKS)
RATES = ("cei", "kept_rate")


class ArCollectorReport(models.Model):
    """What collectors did and what came in, one row per creditor, collector and month.

    Contacts and promises are those of who had them.  Receivables, and with them the CEI, are those of the customers
    that the collector is in charge of today, in the companies that the user works in.  The current month ends today.
    ``engine/collection_effectiveness.py`` defines the percentages; over several collectors or months they are
    weighted by what they are percentages of.
    """

    _name = "ar.collector.report"
    _description = "Collector's Figures"
    _auto = False
    _order = "month desc, user_id, id"
    _rec_name = "user_id"
    _depends = {
        "account.move.line": [
            "parent_state",
            "date",
            "date_maturity",
            "partner_id",
            "account_id",
            "balance",
            "amount_residual",
            "amount_residual_currency",
            "reconciled",
            "payment_id",
            "statement_line_id",
        ],
        "account.move": ["move_type", "amount_total", "amount_total_signed"],
        "account.account": ["account_type", "non_trade"],
        "account.partial.reconcile": ["max_date", "amount", "debit_amount_currency", "credit_amount_currency"],
        "ar.collection.contact": ["partner_id", "company_id", "user_id", "contacted_on", "channel", "result"],
        "ar.promise": ["company_id", "user_id", "made_on", "settled_on", "state", "amount", "received", "move_ids"],
        "res.company": ["ar_credit_owner_id"],
        "res.partner": ["commercial_partner_id", "ar_credit_owner_id"],
    }

    month = fields.Date(readonly=True, help="Its first day.")
    last_day = fields.Date(string="Until", readonly=True, aggregator=None)
    user_id = fields.Many2one("res.users", string="Collector", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)

    contacts = fields.Integer(readonly=True)
    calls = fields.Integer(readonly=True)
    calls_reached = fields.Integer(
        readonly=True, help="Calls in which somebody was spoken with: not those with no answer or a message left."
    )
    promises_made = fields.Integer(readonly=True)
    promises_kept = fields.Integer(readonly=True, help="Decided in the month: the promised amount came in time.")
    promises_partially_kept = fields.Integer(string="Promises Kept in Part", readonly=True)
    promises_broken = fields.Integer(readonly=True)
    kept_rate = fields.Float(
        string="Promises Kept (%)",
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        help="Kept in full, of those decided in the month. Empty: none was decided.",
    )
    promised_amount = fields.Monetary(string="Promised", readonly=True)
    kept_amount = fields.Monetary(
        string="Kept", readonly=True, help="What came of promises that were decided in the month."
    )
    broken_amount = fields.Monetary(string="Not Kept", readonly=True)
    cash_after_contact = fields.Monetary(
        string="Received after Contact",
        readonly=True,
        help=f"Payments within {REACTION_DAYS} days after a contact that reached the customer; they count for whoever"
        " had the last one.",
    )
    opening = fields.Monetary(
        readonly=True, aggregator="avg", help="Receivables before the month; several months are averaged."
    )
    sales = fields.Monetary(string="Invoiced", readonly=True, help="Invoices less credit notes of the month, with tax.")
    closing = fields.Monetary(
        readonly=True, aggregator="avg", help="Receivables at the end of the month; several months are averaged."
    )
    closing_current = fields.Monetary(
        string="Closing, Not Due", readonly=True, aggregator="avg", help="Several months are averaged."
    )
    overdue = fields.Monetary(
        string="Closing, Overdue", readonly=True, aggregator="avg", help="Before credits; several months are averaged."
    )
    has_cei = fields.Boolean(readonly=True, help="Something was collectable.")
    has_kept_rate = fields.Boolean(readonly=True, help="A promise was decided.")
    cei = fields.Float(
        string="CEI (%)",
        digits=(5, 2),
        readonly=True,
        aggregator="avg",
        help="Collection effectiveness index: (opening + invoiced - closing) / (opening + invoiced - closing that is"
        " not due). 100 % is all that could be collected. Empty: nothing was collectable.",
    )

    @property
    def _table_query(self):
        creditors = self.env.companies.sudo().root_id
        # A creditor and a month have one row per collector; who has none is collector 0.
        return SQL(
            """
            SELECT (company_id * 10000000::bigint + COALESCE(user_id, 0)) * 1200
                   + (EXTRACT(YEAR FROM month) - 2000)::int * 12 + EXTRACT(MONTH FROM month)::int - 1 AS id,
                   creditor.*,
                   %(rates)s
              FROM (%(creditors)s) AS creditor
            """,
            rates=SQL(", ").join(
                SQL("%s AS %s, (%s) > 0 AS %s", quotient, SQL.identifier(name), whole, SQL.identifier(f"has_{name}"))
                for name in RATES
                for quotient, whole in [self._sql_rate(name, {name: SQL.identifier(name) for name in MEASURES})]
            ),
            creditors=SQL(" UNION ALL ").join(self._sql_of(creditor) for creditor in creditors),
        )

    def _read_group_select(self, aggregate_spec, query):
        """Percentages are quotients of sums, and balances are averaged over months, not over collectors."""
        name, _colon, aggregate = aggregate_spec.partition(":")
        if aggregate != "avg" or name not in (*RATES, *STOCKS):
            return super()._read_group_select(aggregate_spec, query)
        columns = {measure: self._field_to_sql(self._table, measure, query) for measure in MEASURES}
        if name in RATES:
            quotient, _whole = self._sql_rate(
                name, {measure: SQL("SUM(%s)", column) for measure, column in columns.items()}
            )
            return quotient
        month = self._field_to_sql(self._table, "month", query)
        return SQL("SUM(%s) / NULLIF(COUNT(DISTINCT %s), 0)", columns[name], month)

    @api.model
    def _sql_rate(self, name, of):
        """SQL of a percentage, NULL where it is undefined, and of what it is a percentage of.

        :param of: SQL of each of :data:`MEASURES`
        """
        if name == "cei":
            part = SQL("%s + %s - %s", of["opening"], of["sales"], of["closing"])
            whole = SQL("%s + %s - %s", of["opening"], of["sales"], of["closing_current"])
        else:
            part = of["promises_kept"]
            whole = SQL("%s + %s + %s", part, of["promises_partially_kept"], of["promises_broken"])
        return SQL("100.0 * (%s) / NULLIF(GREATEST(%s, 0), 0)", part, whole), whole

    # -- what is counted --------------------------------------------------------------------------

    def _sql_of(self, creditor):
        """SQL of the rows of a root company."""
        today = fields.Date.context_today(self)
        parts = (
            self._sql_balances(creditor),
            self._sql_sales(creditor),
            self._sql_contacts(creditor),
            self._sql_promises_made(creditor),
            self._sql_promises_decided(creditor),
            self._sql_cash(creditor),
        )
        return SQL(
            """
            SELECT * FROM (
                WITH period AS (
                    SELECT first_day::date AS first_day,
                           LEAST((first_day + interval '1 month' - interval '1 day')::date, %(today)s) AS last_day
                      FROM generate_series(%(first)s::date, %(today)s::date, interval '1 month') AS first_day
                )
                SELECT period.first_day AS month,
                       period.last_day,
                       part.user_id,
                       %(company)s AS company_id,
                       %(currency)s AS currency_id,
                       %(sums)s
                  FROM (%(parts)s) AS part
                  JOIN period ON period.first_day = part.month
              GROUP BY period.first_day, period.last_day, part.user_id
            ) AS of_creditor
            """,
            today=SQL("%s::date", today),
            first=today.replace(day=1) - relativedelta(months=MONTHS),
            company=creditor.id,
            currency=creditor.currency_id.id,
            sums=SQL(", ").join(
                SQL(
                    "SUM(part.%s)%s AS %s",
                    SQL.identifier(name),
                    SQL("::int" if name in COUNTS else ""),
                    SQL.identifier(name),
                )
                for name in MEASURES
            ),
            parts=SQL(" UNION ALL ").join(parts),
        )

    @api.model
    def _sql_part(self, month, user, measures, tables):
        """SQL with the columns that all parts have; what this one doesn't measure is nothing."""
        return SQL(
            "SELECT %s AS month, %s AS user_id, %s %s",
            month,
            user,
            SQL(", ").join(
                SQL("%s AS %s", measures.get(name, SQL("0::numeric")), SQL.identifier(name)) for name in MEASURES
            ),
            tables,
        )

    def _companies_of(self, creditor):
        """The creditor and its branches, as far as the user works in them."""
        return self.env.companies.filtered(lambda company: company.sudo().root_id == creditor)

    @api.model
    def _sql_collector(self, creditor):
        """SQL of who is in charge of the table ``customer``."""
        # Whose customer it is isn't secret to who may read what became of it.
        partners = self.env["res.partner"].sudo().with_company(creditor)
        return SQL(
            "COALESCE((%s)::int4, %s)",
            partners._field_to_sql("customer", "ar_credit_owner_id"),
            creditor.ar_credit_owner_id.id or SQL("NULL::int4"),
        )

    def _sql_balances(self, creditor):
        """What is open before the first day and at the end of the last one, from the one definition of an open item."""
        lines = self.env["account.move.line"]
        of_companies = SQL("account_move_line.company_id = ANY(%s)", self._companies_of(creditor).ids)
        is_owed = SQL("(item.residual_currency > 0 OR (item.residual_currency = 0 AND item.residual > 0))")
        amounts = {
            "opening": SQL("CASE WHEN NOT item.is_closing THEN item.residual ELSE 0 END"),
            "closing": SQL("CASE WHEN item.is_closing THEN item.residual ELSE 0 END"),
            "closing_current": SQL(
                "CASE WHEN item.is_closing AND item.due >= item.last_day AND %s THEN item.residual ELSE 0 END", is_owed
            ),
            "overdue": SQL(
                "CASE WHEN item.is_closing AND item.due < item.last_day AND %s THEN item.residual ELSE 0 END", is_owed
            ),
        }
        open_items = SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT period.first_day, period.last_day, %(is_closing)s AS is_closing, open_item.*
                  FROM period CROSS JOIN LATERAL (%(open_items)s) AS open_item
                """,
                is_closing=is_closing,
                open_items=lines._ar_sql_open_items(day, of_companies),
            )
            for is_closing, day in ((False, SQL("(period.first_day - 1)")), (True, SQL("period.last_day")))
        )
        return self._sql_part(
            SQL("item.first_day"),
            self._sql_collector(creditor),
            amounts,
            SQL("FROM (%s) AS item LEFT JOIN res_partner customer ON customer.id = item.customer_id", open_items),
        )

    def _sql_ledger(self, creditor, condition, joins=None):
        """FROM and WHERE of the receivable lines of each month that meet ``condition``."""
        return SQL(
            """
            FROM account_move_line line
            JOIN account_move move ON move.id = line.move_id
            JOIN account_account account ON account.id = line.account_id AND %(receivable)s
            JOIN period ON line.date BETWEEN period.first_day AND period.last_day
            LEFT JOIN res_partner partner ON partner.id = line.partner_id
            LEFT JOIN res_partner customer ON customer.id = partner.commercial_partner_id
            %(joins)s
            WHERE line.parent_state = 'posted' AND line.company_id = ANY(%(companies)s) AND %(condition)s
            """,
            receivable=self.env["account.move.line"]._ar_sql_trade_receivable(),
            companies=self._companies_of(creditor).ids,
            joins=joins or SQL(""),
            condition=condition,
        )

    def _sql_sales(self, creditor):
        """What was invoiced, less what was credited."""
        return self._sql_part(
            SQL("period.first_day"),
            self._sql_collector(creditor),
            {"sales": SQL("line.balance")},
            self._sql_ledger(creditor, SQL("move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')")),
        )

    def _sql_cash(self, creditor):
        """Payments, and payments that came back, after the last contact that reached the customer."""
        contact = SQL(
            """
            JOIN LATERAL (
                 SELECT contact.user_id
                   FROM ar_collection_contact contact
                  WHERE contact.company_id = %(company)s
                    AND contact.partner_id = customer.id
                    AND contact.result != ALL(%(not_reached)s)
                    AND %(day)s BETWEEN line.date - %(days)s AND line.date
               ORDER BY contact.contacted_on DESC, contact.id DESC
                  LIMIT 1
                 ) AS contact ON TRUE
            """,
            company=creditor.id,
            not_reached=list(NOT_REACHED),
            day=self._sql_contact_day(),
            days=REACTION_DAYS,
        )
        is_payment = SQL("(line.payment_id IS NOT NULL OR line.statement_line_id IS NOT NULL)")
        return self._sql_part(
            SQL("period.first_day"),
            SQL("contact.user_id"),
            {"cash_after_contact": SQL("-line.balance")},
            self._sql_ledger(creditor, is_payment, contact),
        )

    def _sql_contact_day(self):
        """SQL of the day of the table ``contact`` where the reader is."""
        return SQL("(contact.contacted_on AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", self.env.tz.zone)

    def _sql_contacts(self, creditor):
        reached = SQL("contact.result != ALL(%s)", list(NOT_REACHED))
        return self._sql_part(
            SQL("period.first_day"),
            SQL("contact.user_id"),
            {
                "contacts": SQL("1"),
                "calls": SQL("(contact.channel = 'call')::int"),
                "calls_reached": SQL("(contact.channel = 'call' AND %s)::int", reached),
            },
            SQL(
                """
                FROM ar_collection_contact contact
                JOIN period ON %s BETWEEN period.first_day AND period.last_day
                WHERE contact.company_id = %s
                """,
                self._sql_contact_day(),
                creditor.id,
            ),
        )

    def _sql_promises_made(self, creditor):
        return self._sql_part(
            SQL("period.first_day"),
            SQL("promise.user_id"),
            {"promises_made": SQL("1"), "promised_amount": self._sql_in_company(creditor, SQL("promise.amount"))},
            self._sql_promises(creditor, SQL("promise.made_on"), SQL("promise.state != 'cancelled'")),
        )

    def _sql_promises_decided(self, creditor):
        """Promises by the month in which they were decided; what came of those kept in part counts as kept."""
        kept = SQL(
            "CASE promise.state WHEN 'kept' THEN promise.amount WHEN 'broken' THEN 0"
            " ELSE LEAST(promise.received, promise.amount) END"
        )
        return self._sql_part(
            SQL("period.first_day"),
            SQL("promise.user_id"),
            {
                "promises_kept": SQL("(promise.state = 'kept')::int"),
                "promises_partially_kept": SQL("(promise.state = 'partially_kept')::int"),
                "promises_broken": SQL("(promise.state = 'broken')::int"),
                "kept_amount": self._sql_in_company(creditor, kept),
                "broken_amount": self._sql_in_company(creditor, SQL("(promise.amount - %s)", kept)),
            },
            self._sql_promises(
                creditor, SQL("promise.settled_on"), SQL("promise.state IN ('kept', 'partially_kept', 'broken')")
            ),
        )

    @api.model
    def _sql_promises(self, creditor, day, condition):
        """FROM and WHERE of promises by the month of ``day``, with the rate of their invoices."""
        return SQL(
            """
            FROM ar_promise promise
            JOIN period ON %(day)s BETWEEN period.first_day AND period.last_day
            JOIN LATERAL (
                 SELECT COALESCE(SUM(ABS(move.amount_total_signed)) / NULLIF(SUM(ABS(move.amount_total)), 0), 1) AS rate
                   FROM ar_promise_move_rel promised
                   JOIN account_move move ON move.id = promised.move_id
                  WHERE promised.promise_id = promise.id
                 ) AS invoices ON TRUE
            WHERE promise.company_id = %(company)s AND %(condition)s
            """,
            day=day,
            company=creditor.id,
            condition=condition,
        )

    @api.model
    def _sql_in_company(self, creditor, amount):
        """SQL of an amount of a promise in the currency of ``creditor``, at the rate of its invoices."""
        return SQL("ROUND(%s * invoices.rate, %s)", amount, creditor.currency_id.decimal_places)

    # -- what is behind a figure ------------------------------------------------------------------

    def action_open_items(self):
        """Open what the collector's customers owed at the end of the month."""
        self.ensure_one()
        owner = self.user_id
        customers = [("partner_id.ar_credit_owner_id", "=", owner.id)]
        if owner == self.company_id.sudo().ar_credit_owner_id:
            customers = ["|", ("partner_id.ar_credit_owner_id", "=", False), *customers]
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_aging_report"),
            "display_name": self.display_name,
            "views": [[False, "list"], [False, "pivot"]],
            "domain": customers,
            "context": {"ar_aging_date": fields.Date.to_string(self.last_day)},
        }

    def action_open_contacts(self):
        """Open the contacts of the collector in the month."""
        self.ensure_one()
        first, after = (self._as_moment(day) for day in (self.month, fields.Date.add(self.last_day, days=1)))
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_collection_contact"),
            "domain": [
                ("user_id", "=", self.user_id.id),
                ("company_id", "=", self.company_id.id),
                ("contacted_on", ">=", first),
                ("contacted_on", "<", after),
            ],
            "context": {},
        }

    def action_open_promises(self):
        """Open the promises that were made to the collector, or decided, in the month."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_promise"),
            "domain": [
                ("user_id", "=", self.user_id.id),
                ("company_id", "=", self.company_id.id),
                "|",
                *("&", ("made_on", ">=", self.month), ("made_on", "<=", self.last_day)),
                *("&", ("settled_on", ">=", self.month), ("settled_on", "<=", self.last_day)),
            ],
            "context": {},
        }

    @api.model
    def _as_moment(self, day):
        """The beginning of ``day`` where the reader is, in the database's time."""
        begin = self.env.tz.localize(datetime.combine(day, time.min))
        return fields.Datetime.to_string(begin.astimezone(pytz.utc))
