"""The statement of account in the portal: which period, of which creditors, as a page and as files."""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

# So many movements and open items are on one page, and so many movements are printed: paper takes its time.
MOST_ON_PAGE = 100
MOST_PRINTED = 2000
# No ledger reaches back further, and no statement is asked for so far ahead.
EARLIEST, LATEST = fields.Date.to_date("1970-01-01"), fields.Date.to_date("2999-12-31")


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_periods(self, day):
        """The periods to choose from, the first being the default: ``{code: {"label", "first_day", "last_day"}}``.

        Of the last two the user names the days.
        """
        this_month, this_quarter, this_year = (fields.Date.start_of(day, unit) for unit in ("month", "quarter", "year"))
        end_of_last_month = this_month - timedelta(1)
        return {
            "this_quarter": {"label": self.env._("This quarter"), "first_day": this_quarter, "last_day": day},
            "this_month": {"label": self.env._("This month"), "first_day": this_month, "last_day": day},
            "last_month": {
                "label": self.env._("Last month"),
                "first_day": fields.Date.start_of(end_of_last_month, "month"),
                "last_day": end_of_last_month,
            },
            "this_year": {"label": self.env._("This year"), "first_day": this_year, "last_day": day},
            "custom": {"label": self.env._("From … until …"), "first_day": this_quarter, "last_day": day},
            "day": {"label": self.env._("As of one day"), "first_day": day, "last_day": day},
        }

    @api.model
    def _ar_portal_period(self, code, first_text, last_text, day):
        """The period that a browser asks for.

        :param str code: of `_ar_portal_periods`; an unknown one means the default
        :param first_text: the first day as ISO text, for "custom" only
        :param last_text: the last day, for "custom" and "day" only
        :return: dict of code, first_day, last_day and ``problem``, what is wrong with the days that were named, in
            words; the days are then the period's usual ones
        """
        periods = self._ar_portal_periods(day)
        code = code if code in periods else next(iter(periods))
        period = {"code": code, "problem": "", **{name: periods[code][name] for name in ("first_day", "last_day")}}
        if code not in ("custom", "day"):
            return period
        last_day = _day(last_text) if last_text else period["last_day"]
        first_day = last_day if code == "day" else _day(first_text) if first_text else period["first_day"]
        if not first_day or not last_day:
            return {**period, "problem": self.env._("Give the days as dates, such as the ones shown now.")}
        if first_day > last_day:
            return {**period, "problem": self.env._("The first day comes after the last one.")}
        return {**period, "first_day": first_day, "last_day": last_day}

    @api.model
    def _ar_portal_statements(self, first_day, last_day):
        """Statements of the account that the logged-in user looks at, as of ``res.partner._ar_statements``.

        One for each creditor and currency. A creditor is a company with its branches: who may not see all of them gets
        no statement of it, for it would not be complete.

        :raises UserError: in the customer's words
        """
        if not self.env["account.move.line"]._ar_portal_access():
            return []
        # A portal user can't read the ledger; this is the account that he looks at, and no other.
        customer = self._ar_portal_customer().sudo()
        statements = []
        for company in self._ar_portal_creditors():
            statements += customer._ar_stated_to_customer(company, first_day, last_day)
        return statements

    @api.model
    def _ar_portal_creditors(self):
        """Root companies of which the user sees all branches."""
        companies = self.env.companies
        creditors = (companies.root_id & companies).sudo()
        return creditors.filtered(
            lambda root: self.env["res.company"].sudo().search([("id", "child_of", root.id)]) <= companies.sudo()
        )

    def _ar_stated_to_customer(self, company, first_day, last_day, currency=None):
        """The statements of this customer, which is told no more than that one can't be made.

        :raises UserError: in the customer's words
        """
        try:
            return self._ar_statements(company, first_day, last_day, currency)
        except UserError as error:
            _logger.warning("No statement of account for customer %s: %s", self.ids, error)
            raise UserError(self.env._("Your statement can't be made at the moment. Please ask us for it.")) from error

    @api.model
    def _ar_portal_statement_page(self, made, movements_page=1, items_page=1):
        """A statement with what stands on one page of it.

        :return: the dict of ``_ar_statements`` and, beside it, ``movements_part`` and ``items_part`` (dicts of rows,
            page, page_count, first, last and count), ``prints``, whether it can be had as PDF, and ``brought_forward``,
            the balance before the first movement on this page, None on the first page
        """
        movements = _part(made["movements"], movements_page)
        start = movements["first"] - 1
        return {
            **made,
            "movements_part": movements,
            "items_part": _part(made["items"], items_page),
            "prints": self._ar_portal_prints([made]),
            "brought_forward": made["movements"][start - 1]["balance"] if start > 0 else None,
        }

    def _ar_statement_file(self, kind, company, currency, first_day, last_day):
        """The statement of this customer as a file, the same as staff's.

        To be called with raised rights, once it is known that who asks may have it.

        :param kind: "pdf" or "xlsx"
        :return: name and content
        :raises UserError: in the customer's words
        """
        self.ensure_one()
        made = self._ar_stated_to_customer(company, first_day, last_day, currency)
        if not made:
            raise UserError(self.env._("Nothing was booked on your account in this period."))
        asked_for = (
            self.env["ar.statement"]
            .with_context(allowed_company_ids=company.ids)
            .create(
                {
                    "partner_ids": self.ids,
                    "company_id": company.id,
                    "currency_id": currency.id,
                    "date_from": first_day,
                    "date_until": last_day,
                }
            )
        )
        if kind == "xlsx":
            return f"{asked_for._file_name()}.xlsx", asked_for._workbook()
        if not self._ar_portal_prints(made):
            raise UserError(self.env._("This statement can't be made as PDF. Please take the spreadsheet."))
        reports = self.env["ir.actions.report"].with_context(allowed_company_ids=company.ids)
        content, _kind = reports._render_qweb_pdf("ar_enhanced.report_ar_statement", asked_for.ids)
        return f"{asked_for._file_name()}.pdf", content

    @api.model
    def _ar_portal_prints(self, statements):
        """Whether statements can be had as PDF: on this server, and in a time that somebody waits for."""
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() in ("install", "broken"):
            return False
        return sum(len(made["movements"]) + len(made["items"]) for made in statements) <= MOST_PRINTED


def _day(text):
    """The day that an ISO text names; None for whatever else it is, and for days outside of any ledger."""
    try:
        day = fields.Date.to_date(text) if isinstance(text, str) and len(text) == len("2026-01-31") else None
    except ValueError:
        return None
    return day if day and EARLIEST <= day <= LATEST else None


def _part(rows, page):
    """One page of ``rows``; a page that isn't there is the nearest that is."""
    count = len(rows)
    page_count = max(-(-count // MOST_ON_PAGE), 1)
    page = min(max(page, 1), page_count)
    start = (page - 1) * MOST_ON_PAGE
    shown = rows[start : start + MOST_ON_PAGE]
    return {
        "rows": shown,
        "page": page,
        "page_count": page_count,
        "first": start + 1,
        "last": start + len(shown),
        "count": count,
    }
