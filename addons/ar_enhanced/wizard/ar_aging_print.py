from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..models.ar_aging_report import AMOUNTS, BASIS_NAMES
from ..models.ledger_workbook import LedgerWorkbook

#: So many customers still make a paper that somebody reads; beyond, there is the spreadsheet.
MOST_PRINTED = 2000


class ArAgingPrint(models.TransientModel):
    """As of which day and by which date receivables are aged: on the screen, on paper or in a spreadsheet."""

    _name = "ar.aging.print"
    _description = "Aged Receivable as of a Day"
    _inherit = ["ar.ledger.download"]
    _download_depends = ("company_id", "day", "basis", "partner_ids")

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.root_id.currency_id")
    # Asked again from the report, the choice begins with what is shown.
    day = fields.Date(string="As of", required=True, default=lambda self: self.env["ar.aging.report"]._as_of()[0])
    basis = fields.Selection(
        BASIS_NAMES, string="Age by", required=True, default=lambda self: self.env["ar.aging.report"]._as_of()[1]
    )
    partner_ids = fields.Many2many("res.partner", string="Customers", help="Empty: all.")

    def _file_name(self):
        return f"{self.env._('Aged Receivable')} {self.day}"

    def action_show(self):
        """Open the report on the screen."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_aging_report")
        return {
            **action,
            "display_name": self.env._(
                "Aged Receivable as of %(day)s, %(basis)s",
                day=format_date(self.env, self.day),
                basis=self._basis_text(),
            ),
            "domain": self._domain(),
            "context": {"ar_aging_date": str(self.day), "ar_aging_basis": self.basis},
        }

    def action_print(self):
        """Print the report by customer as PDF."""
        self._check_size()
        return self.env.ref("ar_enhanced.report_ar_aging").report_action(self)

    def action_show_page(self):
        """Show what would be printed on a page of its own, where the browser can print it."""
        self._check_size()
        return self.env.ref("ar_enhanced.report_ar_aging_page").report_action(self)

    def _check_size(self):
        if len(self._rows()) > MOST_PRINTED:
            raise UserError(
                self.env._(
                    "More than %(most)s customers have open items: download the spreadsheet instead.",
                    most=MOST_PRINTED,
                )
            )

    def _basis_text(self):
        return self.env._("by invoice date") if self.basis == "invoice" else self.env._("by due date")

    def _domain(self):
        """Items of the one creditor, as far as the user works in its branches, and of the chosen customers."""
        self.ensure_one()
        domain = [("company_id", "child_of", self.company_id.root_id.id)]
        if self.partner_ids:
            domain.append(("partner_id", "in", self.partner_ids.commercial_partner_id.ids))
        return domain

    def _report(self):
        """The report's model as of the day and by the basis."""
        return self.env["ar.aging.report"].with_context(ar_aging_date=str(self.day), ar_aging_basis=self.basis)

    def _rows(self):
        """Ageing by customer, see ``ar.aging.report._ar_by_customer``."""
        return self._report()._ar_by_customer(self._domain())

    def _totals(self, rows):
        """Sums of the amounts in ``rows``, rounded as money is."""
        return {name: self.currency_id.round(sum(row[name] for row in rows)) for name in AMOUNTS}

    def _titles(self):
        """Names of the amounts that are listed, in their order."""
        labels = self.env["res.partner"]._ar_bucket_labels()
        if self.basis == "invoice":
            labels["not_due"] = self.env._("Same day")
        return {
            **labels,
            "unapplied": self.env._("Unapplied"),
            "residual": self.env._("Balance"),
        }

    def _heading(self):
        return self.env._(
            "As of %(day)s, %(basis)s, amounts in %(currency)s",
            day=format_date(self.env, self.day),
            basis=self._basis_text(),
            currency=self.currency_id.name,
        )

    def _workbook(self):
        """The report as a spreadsheet: customers on one sheet, their items on another."""
        titles, rows, places = self._titles(), self._rows(), self.currency_id.decimal_places
        heading = [
            self.env._("Aged Receivable"),
            self.company_id.root_id.name or "",
            self._heading(),
        ]
        book = LedgerWorkbook()
        totals = self._totals(rows)
        book.table(
            self.env._("By Customer"),
            heading,
            [(self.env._("Customer"), "text", 36), *((title, "money", 16) for title in titles.values())],
            [(row["partner"].name or self.env._("No customer"), *(row[name] for name in titles)) for row in rows],
            places,
            (self.env._("Total"), *(totals[name] for name in titles)),
        )
        book.table(self.env._("Items"), heading, *self._items_table(titles), places)
        return book.content()

    def _items_table(self, titles):
        """Columns and rows of the sheet of items."""
        columns = [
            (self.env._("Customer"), "text", 36),
            (self.env._("Number"), "text", 24),
            (self.env._("Invoice Date"), "day", 12),
            (self.env._("Due Date"), "day", 12),
            (self.env._("Days"), "number", 8),
            (self.env._("Currency"), "text", 9),
            (self.env._("Open in Currency"), "amount", 16),
            *((title, "money", 16) for title in titles.values()),
        ]
        names = (
            "partner_id",
            "number",
            "invoiced_on",
            "due",
            "days",
            "currency_id",
            "residual_currency",
            "bucket",
            *titles,
        )
        items = self._report().search_fetch(self._domain(), names, order="partner_id, aged_from, id")
        rows = (
            (
                item.partner_id.name or self.env._("No customer"),
                item.number,
                item.invoiced_on,
                item.due,
                None if item.bucket == "unapplied" else item.days,
                item.currency_id.name,
                item.residual_currency,
                *(item[name] for name in titles),
            )
            for item in items
        )
        return columns, rows
