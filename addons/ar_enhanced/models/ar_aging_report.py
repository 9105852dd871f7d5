from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.aging import BUCKETS
from ..engine.credit_score import NOT_RATED
from .ar_credit_score import LEVELS

#: By which day an item is aged, with the column of the open items that has it.
BASES = {"due": SQL("due"), "invoice": SQL("invoiced_on")}
BASIS_NAMES = [("due", "Due Date"), ("invoice", "Invoice Date")]
#: What the report's figures depend on: another day or basis are other figures of the same items.
AS_OF = ("ar_aging_date", "ar_aging_basis", "allowed_company_ids")
AMOUNTS = ("residual", *(bucket.code for bucket in BUCKETS), "unapplied", "overdue")


def of_the_day(field_class, *args, **kwargs):
    """Make a read-only field whose value is another for each day and basis that the report is asked for."""
    return field_class(*args, readonly=True, depends_context=AS_OF, **kwargs)


def amount_of_the_day(string, **kwargs):
    """Make such a field for an amount in the company's currency."""
    return of_the_day(fields.Monetary, string, currency_field="company_currency_id", **kwargs)


class ArAgingReport(models.Model):
    """The open receivables as of the end of any day, one row per item; a row's id is that of its journal item.

    The day and the basis are in the context: ``ar_aging_date`` (default: today) and ``ar_aging_basis``, ``due`` or
    ``invoice`` (default: the due date).  The rows are those of the companies that the user works in.
    """

    _name = "ar.aging.report"
    _description = "Aged Receivable"
    _auto = False
    _order = "aged_from, id"
    _rec_name = "number"
    _depends = {
        "account.move.line": [
            "parent_state",
            "date",
            "date_maturity",
            "invoice_date",
            "move_name",
            "partner_id",
            "account_id",
            "currency_id",
            "amount_residual",
            "amount_residual_currency",
            "reconciled",
        ],
        "account.move": ["move_type", "invoice_user_id"],
        "account.account": ["account_type", "non_trade"],
        "account.partial.reconcile": ["max_date", "amount", "debit_amount_currency", "credit_amount_currency"],
        "ar.credit.score": ["partner_id", "company_id", "level", "is_current"],
        "res.partner": ["commercial_partner_id", "country_id", "user_id"],
    }

    number = fields.Char(readonly=True)
    move_line_id = fields.Many2one("account.move.line", string="Journal Item", readonly=True)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True)
    move_type = fields.Selection(
        selection=lambda self: self.env["account.move"]._fields["move_type"]._description_selection(self.env),
        string="Type",
        readonly=True,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, help="Of the invoice, else of the customer."
    )
    level = fields.Selection(
        LEVELS, string="Credit Level", readonly=True, help="The current one, whichever day the report is of."
    )
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(string="Accounting Date", readonly=True)
    invoiced_on = fields.Date(string="Invoice Date", readonly=True)
    due = fields.Date(string="Due Date", readonly=True)
    aged_from = of_the_day(fields.Date, "Aged From", help="The due date or the invoice date, as chosen.")
    days = of_the_day(
        fields.Integer,
        "Days",
        aggregator="max",
        help="Days since the due date or the invoice date, as chosen; credits have no age.",
    )
    bucket = of_the_day(
        fields.Selection,
        [
            ("not_due", "Not due"),
            ("days_1_30", "1–30 days"),
            ("days_31_60", "31–60 days"),
            ("days_61_90", "61–90 days"),
            ("over_90", "Over 90 days"),
            ("unapplied", "Unapplied credits"),
        ],
        "Age",
    )
    residual_currency = of_the_day(fields.Monetary, "Open in Currency")
    residual = amount_of_the_day("Balance", help="Open on the day of the report, in the company's currency.")
    not_due = amount_of_the_day("Not Due", help="By invoice date: invoiced on the very day of the report.")
    days_1_30 = amount_of_the_day("1–30 Days")
    days_31_60 = amount_of_the_day("31–60 Days")
    days_61_90 = amount_of_the_day("61–90 Days")
    over_90 = amount_of_the_day("Over 90 Days")
    unapplied = amount_of_the_day("Unapplied", help="Credit notes and payments that no invoice has taken up yet.")
    overdue = amount_of_the_day("Overdue", help="One day old or more.")

    @property
    def _table_query(self):
        day, basis = self._as_of()
        lines = self.env["account.move.line"]
        return SQL(
            """
            SELECT aged.*,
                   aged.id AS move_line_id,
                   move.move_type,
                   COALESCE(move.invoice_user_id, customer.user_id) AS user_id,
                   customer.country_id,
                   COALESCE(score.level, %(not_rated)s) AS level,
                   %(amounts)s,
                   CASE WHEN aged.bucket NOT IN ('not_due', 'unapplied') THEN aged.residual ELSE 0 END AS overdue
              FROM (
                    SELECT open_item.id,
                           open_item.move_name AS number,
                           open_item.move_id,
                           open_item.customer_id AS partner_id,
                           open_item.company_id,
                           open_item.company_currency_id,
                           open_item.currency_id,
                           open_item.date,
                           open_item.invoiced_on,
                           open_item.due,
                           open_item.residual,
                           open_item.residual_currency,
                           open_item.%(aged_from)s AS aged_from,
                           CASE WHEN %(is_owed)s THEN GREATEST(%(day)s - open_item.%(aged_from)s, 0) END AS days,
                           CASE WHEN NOT (%(is_owed)s) THEN 'unapplied' %(buckets)s END AS bucket
                      FROM (%(open_items)s) AS open_item
                   ) AS aged
              -- Joined in a way that PostgreSQL leaves out what a user's grouping doesn't ask for.
         LEFT JOIN account_move move ON move.id = aged.move_id
         LEFT JOIN res_partner customer ON customer.id = aged.partner_id
         LEFT JOIN (
                   SELECT DISTINCT ON (partner_id, company_id) partner_id, company_id, level
                     FROM ar_credit_score
                    WHERE is_current IS TRUE
                   ) score
                ON score.partner_id = aged.partner_id AND score.company_id = %(creditors)s
            """,
            not_rated=NOT_RATED,
            creditors=SQL(
                "CASE %s END",
                SQL(" ").join(
                    SQL("WHEN aged.company_id = %s THEN %s", company.id, company.root_id.id)
                    for company in self.env.companies.sudo()
                ),
            ),
            day=SQL("%s::date", day),
            aged_from=BASES[basis],
            # What it is in its own currency decides; an exchange difference alone has a sign in the company's only.
            is_owed=SQL(
                "open_item.residual_currency > 0 OR (open_item.residual_currency = 0 AND open_item.residual > 0)"
            ),
            buckets=SQL(" ").join(
                SQL(
                    "WHEN %s - open_item.%s <= %s THEN %s",
                    SQL("%s::date", day),
                    BASES[basis],
                    bucket.last_day,
                    bucket.code,
                )
                if bucket.last_day is not None
                else SQL("ELSE %s", bucket.code)
                for bucket in BUCKETS
            ),
            amounts=SQL(", ").join(
                SQL("CASE WHEN aged.bucket = %s THEN aged.residual ELSE 0 END AS %s", code, SQL.identifier(code))
                for code in (*(bucket.code for bucket in BUCKETS), "unapplied")
            ),
            open_items=lines._ar_sql_open_items(
                day, SQL("account_move_line.company_id = ANY(%s)", self.env.companies.ids)
            ),
        )

    @api.model
    def _as_of(self):
        """Day and basis that the context asks for."""
        asked_for, basis = self.env.context.get("ar_aging_date"), self.env.context.get("ar_aging_basis") or "due"
        try:
            day = fields.Date.to_date(asked_for) or fields.Date.context_today(self)
        except ValueError as error:
            raise UserError(self.env._("“%(text)s” is no date.", text=asked_for)) from error
        if basis not in BASES:
            raise UserError(self.env._("Receivables are aged by due date or by invoice date."))
        return day, basis

    def action_open_document(self):
        """Open the invoice, credit note, payment or entry of this item."""
        self.ensure_one()
        if not self.move_id.has_access("read"):
            raise UserError(
                self.env._("%(number)s isn't an invoice: looking at it takes accounting rights.", number=self.number)
            )
        return self.move_id._get_records_action()

    @api.model
    def _ar_by_customer(self, domain):
        """Ageing by customer in the company's currency, customers by name and items without one at the end.

        :return: list of dicts with the record ``partner`` (empty: items without a customer) and the floats of
            :data:`AMOUNTS`; every amount is a sum of amounts that are rounded already
        """
        rows = self._read_group(domain, ["partner_id"], [f"{name}:sum" for name in AMOUNTS])
        places = self.env.company.root_id.currency_id
        listed = [
            {"partner": partner, **{name: places.round(value) for name, value in zip(AMOUNTS, values, strict=True)}}
            for partner, *values in rows
        ]
        return sorted(
            listed, key=lambda row: (not row["partner"], (row["partner"].name or "").casefold(), row["partner"].id)
        )
