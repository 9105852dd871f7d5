from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_amount

from ..engine.aging import age
from ..engine.credit_score import NOT_RATED
from .ar_credit_score import LEVELS

READERS = "ar_enhanced.group_ar_user"


class ResPartner(models.Model):
    _inherit = "res.partner"

    ar_credit_score_ids = fields.One2many("ar.credit.score", "partner_id", string="Credit Scores", groups=READERS)
    ar_credit_score_id = fields.Many2one(
        "ar.credit.score", string="Credit Score", compute="_compute_ar_credit_score_id", groups=READERS
    )
    ar_credit_level = fields.Selection(
        LEVELS,
        string="Credit Level",
        compute="_compute_ar_credit_score_id",
        search="_search_ar_credit_level",
        groups=READERS,
    )
    ar_credit_score = fields.Float(
        string="Credit Points",
        digits=(4, 1),
        compute="_compute_ar_credit_score_id",
        search="_search_ar_credit_score",
        groups=READERS,
    )
    ar_ageing = fields.Json(string="Ageing", compute="_compute_ar_ageing", groups=READERS)
    ar_credit_card = fields.Json(string="Credit Overview", compute="_compute_ar_credit_card", groups=READERS)

    @api.depends("commercial_partner_id.ar_credit_score_ids.is_current")
    @api.depends_context("company")
    def _compute_ar_credit_score_id(self):
        current = self.env["ar.credit.score"].search(
            [
                ("is_current", "=", True),
                ("company_id", "=", self.env.company.root_id.id),
                ("partner_id", "in", self.commercial_partner_id.ids),
            ]
        )
        score_by_customer = {credit_score.partner_id.id: credit_score for credit_score in current}
        for partner in self:
            credit_score = score_by_customer.get(partner.commercial_partner_id._origin.id)
            partner.ar_credit_score_id = credit_score
            partner.ar_credit_level = credit_score and credit_score.level
            partner.ar_credit_score = credit_score.score if credit_score else 0

    def _ar_check_searched(self, name):
        """Refuse to find partners by a field that the user may not read.

        Odoo asks for rights on stored fields only. Who may search by a figure finds it out, question by question.
        """
        self._check_field_access(self._fields[name], "read")

    def _search_ar_credit_level(self, operator, value):
        self._ar_check_searched("ar_credit_level")
        if operator != "in":
            return NotImplemented
        return self._ar_with_score([("level", "in", list(value))])

    def _search_ar_credit_score(self, operator, value):
        """Find customers by their points; who isn't rated has none, not even 0."""
        self._ar_check_searched("ar_credit_score")
        if operator not in ("in", "<", ">", "<=", ">="):
            return NotImplemented
        return self._ar_with_score([("level", "!=", NOT_RATED), ("score", operator, value)])

    def _ar_with_score(self, condition):
        """Domain of the customers, and their contacts, whose current score fits."""
        current = [("is_current", "=", True), ("company_id", "=", self.env.company.root_id.id)]
        return [("commercial_partner_id.ar_credit_score_ids", "any", current + condition)]

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang")
    def _compute_ar_ageing(self):
        day = fields.Date.context_today(self)
        company = self.env.company.root_id
        branches = self.env["res.company"].sudo()._ar_creditor(company)
        items = defaultdict(lambda: defaultdict(list))
        # One creditor, whichever of its branches the user works in: as Odoo's own total receivable.
        for (customer_id, _company_id, currency_id), open_items in self.sudo()._ar_open_items(branches, day).items():
            items[customer_id][currency_id] += open_items
        currencies = self.env["res.currency"].browse(
            {currency for by_currency in items.values() for currency in by_currency}
        )
        for partner in self:
            by_currency = items.get(partner.commercial_partner_id._origin.id, {})
            partner.ar_ageing = [
                self._ar_ageing_texts(by_currency[currency.id], currency, day)
                for currency in currencies.sorted("name")
                if currency.id in by_currency
            ]

    @api.depends("ar_credit_score_id", "ar_ageing")
    @api.depends_context("company", "lang")
    def _compute_ar_credit_card(self):
        for partner in self:
            card = partner.ar_credit_score_id.card or partner._ar_empty_card()
            open_numbers = {number for ageing in partner.ar_ageing or [] for number in ageing["overdue_numbers"]}
            asked_for = card["improvement"] and card["improvement"]["number"]
            if not open_numbers or (asked_for and asked_for not in open_numbers):
                card = {**card, "improvement": False}
            partner.ar_credit_card = {**card, "ageing": partner.ar_ageing or []}

    def action_compute_credit_score(self):
        """Add a score from the ledger as it is now, and say so when it says nothing new."""
        if not self.env.user.has_group("ar_enhanced.group_ar_manager"):
            raise AccessError(self.env._("Refreshing a credit score takes the rights of a credit manager."))
        if self.env["ar.credit.score"]._snapshot(self, any_difference=True):
            return True
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The ledger says nothing new about this customer.")
                if self.ar_credit_score_id
                else self.env._("There is no posted invoice to score this customer by."),
            },
        }

    def action_ar_credit_history(self):
        """Open the credit scores of this customer."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_history"),
            "domain": [
                ("partner_id", "=", self.commercial_partner_id.id),
                ("company_id", "=", self.env.company.root_id.id),
            ],
        }

    def _ar_open_items(self, companies, day=None):
        """Open receivable items as of ``day`` (default: today), signed, of the customers that ``self`` belong to.

        Only what the user may read is counted; who needs all of a customer's ledger calls it with ``sudo``.

        :return: ``{(commercial partner id, company id, currency id): [OpenItem, …]}``, oldest due first
        """
        return self.env["account.move.line"]._ar_open_items(self, companies, day or fields.Date.context_today(self))

    def _ar_account_overview(self, companies=None, day=None):
        """Balance and ageing as of ``day``, one dict per company and currency that has an open item.

        :return: list sorted by company and currency of dicts with the records ``company`` and ``currency``;
            the floats ``balance``, ``overdue``, ``not_due`` and ``unapplied`` (credits not applied, zero or
            negative); ``buckets``, a list of dicts with ``code``, translated ``label``, ``amount`` and ``share``
            of all that is owed, 0 to 100; ``open_count`` and ``overdue_count`` of items that are owed
        """
        day = day or fields.Date.context_today(self)
        companies = self.env.companies if companies is None else companies
        items = defaultdict(list)
        for (_customer_id, company_id, currency_id), open_items in self._ar_open_items(companies, day).items():
            items[company_id, currency_id] += open_items
        overviews = [
            {
                "company": self.env["res.company"].browse(company_id),
                "currency": self.env["res.currency"].browse(currency_id),
                **self._ar_overview(open_items, day),
            }
            for (company_id, currency_id), open_items in items.items()
        ]
        company_order = {company.id: place for place, company in enumerate(companies.sorted())}
        return sorted(
            overviews, key=lambda overview: (company_order[overview["company"].id], overview["currency"].name)
        )

    @api.model
    def _ar_overview(self, items, day):
        """Balance and ageing of ``items``, of one currency, as floats: see :meth:`_ar_account_overview`."""
        aging = age(items, day)
        labels = self._ar_bucket_labels()
        return {
            "balance": float(aging.balance),
            "overdue": float(aging.overdue),
            "not_due": float(aging.not_due),
            "unapplied": float(aging.unapplied),
            "buckets": [
                {
                    "code": aged.bucket.code,
                    "label": labels[aged.bucket.code],
                    "amount": float(aged.amount),
                    "share": float(aging.share(aged)),
                }
                for aged in aging.amounts
            ],
            "open_count": aging.open_count,
            "overdue_count": aging.overdue_count,
        }

    @api.model
    def _ar_bucket_labels(self):
        """Names of the ageing buckets by code."""
        return {
            "not_due": self.env._("Not due"),
            "days_1_30": self.env._("1–30 days"),
            "days_31_60": self.env._("31–60 days"),
            "days_61_90": self.env._("61–90 days"),
            "over_90": self.env._("Over 90 days"),
        }

    def _ar_empty_card(self):
        """The credit card of a customer without a score."""
        return {
            "level": False,
            "level_words": self.env._("Not rated yet"),
            "components": [],
            "improvement": False,
        }

    @api.model
    def _ar_ageing_texts(self, items, currency, day):
        """Balance and ageing of ``items``, formatted for reading, with the numbers of what is overdue."""
        overview = self._ar_overview(items, day)

        def text(amount):
            return format_amount(self.env, amount, currency)

        return {
            "currency": currency.name,
            "balance": text(overview["balance"]),
            "owed": bool(overview["open_count"]),
            "overdue": overview["overdue"] and text(overview["overdue"]),
            "unapplied": overview["unapplied"] and text(overview["unapplied"]),
            "buckets": [
                {**bucket, "amount": text(bucket["amount"]), "is_empty": not bucket["amount"]}
                for bucket in overview["buckets"]
            ],
            "overdue_numbers": [item.number for item in items if item.residual > 0 and item.days_overdue(day)],
        }
