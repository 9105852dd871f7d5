from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..models.ledger_workbook import LedgerWorkbook

#: So many customers are printed at once.
MOST_PRINTED = 200


class ArStatement(models.TransientModel):
    """Whose account is stated, and for which period; the figures are read from the ledger when they are shown."""

    _name = "ar.statement"
    _description = "Statement of Account"
    _inherit = ["ar.ledger.download"]
    _download_depends = ("partner_ids", "company_id", "currency_id", "date_from", "date_until")

    partner_ids = fields.Many2many("res.partner", string="Customers", required=True, context={"active_test": False})
    partner_count = fields.Integer(string="Number of Customers", compute="_compute_partner_count")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", help="Empty: one statement for each currency.")
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.start_of(
            fields.Date.subtract(fields.Date.context_today(self), months=3), "month"
        ),
    )
    date_until = fields.Date(string="Until", required=True, default=fields.Date.context_today)

    @api.constrains("date_from", "date_until")
    def _check_dates(self):
        if any(asked_for.date_from > asked_for.date_until for asked_for in self):
            raise ValidationError(self.env._("The period begins before it ends."))

    @api.depends("partner_ids")
    def _compute_partner_count(self):
        for asked_for in self:
            asked_for.partner_count = len(asked_for.partner_ids)

    def action_print(self):
        """Print the statements as PDF."""
        self._check_size()
        return self.env.ref("ar_enhanced.report_ar_statement").report_action(self)

    def action_show(self):
        """Show the statements on a page of their own, where the browser can print them."""
        self._check_size()
        return self.env.ref("ar_enhanced.report_ar_statement_page").report_action(self)

    def action_send(self):
        """Mail each customer its statement: a few at once, a larger selection in the background."""
        self.ensure_one()
        mailing = self.env["ar.statement.mailing"]._of(self)
        return mailing._get_records_action(name=self.env._("Statements of Account Sent"))

    def _check_size(self):
        if len(self.partner_ids) > MOST_PRINTED:
            raise UserError(
                self.env._(
                    "At most %(most)s customers are printed at once: choose fewer, or download the spreadsheet.",
                    most=MOST_PRINTED,
                )
            )

    def _statements(self, customers=None):
        """The statements that were asked for, of all or some ``customers``: see ``res.partner._ar_statements``."""
        self.ensure_one()
        customers = self.partner_ids if customers is None else customers
        return customers.with_env(self.env)._ar_statements(
            self.company_id, self.date_from, self.date_until, self.currency_id
        )

    def _statements_to_print(self):
        """The statements, each in the language of its customer, by customer."""
        made = []
        languages = self.partner_ids.commercial_partner_id.grouped(lambda customer: customer.lang or self.env.lang)
        for language, customers in languages.items():
            made += self.with_context(lang=language)._statements(customers)
        return sorted(made, key=lambda each: ((each["customer"].name or "").casefold(), each["customer"].id))

    def _file_name(self):
        """Name of the file without its ending: what it is, whose and of which day."""
        self.ensure_one()
        names = [self.env._("Statement of Account")]
        if len(self.partner_ids) == 1:
            names.append((self.partner_ids.commercial_partner_id.name or "").replace("/", " "))
        return " ".join([*names, str(self.date_until)])

    def _workbook(self):
        """The statements as a spreadsheet: movements on one sheet, open items on another."""
        statements = self._statements()
        company = self.company_id.root_id

        def places(row):
            """Decimals of the currency that is named in the second column."""
            return by_code.get(row[1], 2)

        by_code = {made["currency"].name: made["currency"].decimal_places for made in statements}
        heading = [
            self.env._("Statement of Account"),
            company.sudo().name or "",
            f"{format_date(self.env, self.date_from)} – {format_date(self.env, self.date_until)}",
        ]
        book = LedgerWorkbook()
        customer = [(self.env._("Customer"), "text", 32), (self.env._("Currency"), "text", 9)]
        book.table(
            self.env._("Movements"),
            heading,
            [
                *customer,
                (self.env._("Date"), "day", 12),
                (self.env._("Kind"), "text", 28),
                (self.env._("Number"), "text", 24),
                (self.env._("Due Date"), "day", 12),
                (self.env._("Amount"), "money", 16),
                (self.env._("Balance"), "money", 16),
            ],
            [row for made in statements for row in self._movement_rows(made)],
            places,
        )
        book.table(
            self.env._("Open Items"),
            [self.env._("Open on %(day)s", day=format_date(self.env, self.date_until)), *heading[1:2]],
            [
                *customer,
                (self.env._("Number"), "text", 24),
                (self.env._("Due Date"), "day", 12),
                (self.env._("Days Overdue"), "number", 10),
                (self.env._("Open"), "money", 16),
            ],
            [
                (
                    made["customer"].name,
                    made["currency"].name,
                    item["number"],
                    item["due"],
                    item["days"],
                    item["residual"],
                )
                for made in statements
                for item in made["items"]
            ],
            places,
        )
        return book.content()

    def _movement_rows(self, made):
        """Rows of one statement: opening balance, movements, closing balance."""
        whose = (made["customer"].name, made["currency"].name)
        opening, closing = self.env._("Opening balance"), self.env._("Closing balance")
        return [
            (*whose, made["first_day"], opening, None, None, None, made["opening"]),
            *(
                (*whose, line["day"], line["label"], line["number"], line["due"], line["amount"], line["balance"])
                for line in made["movements"]
            ),
            (*whose, made["last_day"], closing, None, None, None, made["closing"]),
        ]
