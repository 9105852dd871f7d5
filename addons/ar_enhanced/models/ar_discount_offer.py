from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.early_payment import DiscountTerms, Sliding, Tier
from .ar_discount_policy import PARTIAL_RULES, TAX_MODES, percent_text


def _decimal(amount):
    return Decimal(str(amount or 0))


class ArDiscountOffer(models.Model):
    _name = "ar.discount.offer"
    _description = "Early-Payment Discount Offered"
    _order = "move_id desc, date_due, last_day, id"

    move_line_id = fields.Many2one(
        "account.move.line", string="Instalment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    policy_id = fields.Many2one(
        "ar.discount.policy",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="None if the discount is that of the invoice's payment terms.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    percent = fields.Float(string="Discount %", readonly=True, aggregator=None)
    annual_rate = fields.Float(
        string="Annual Rate %",
        digits=(6, 2),
        readonly=True,
        aggregator=None,
        help="Of a sliding discount, which falls by the day.",
    )
    first_day = fields.Date(string="Invoice Date", required=True, readonly=True)
    last_day = fields.Date(string="Pay by", required=True, readonly=True)
    grace_last_day = fields.Date(string="Accepted until", required=True, readonly=True)
    date_due = fields.Date(string="Due Date", required=True, readonly=True)
    item_amount = fields.Monetary(string="Receivable", readonly=True)
    base_amount = fields.Monetary(
        string="Discounted Amount", readonly=True, help="Before tax, unless tax is reduced on early payment."
    )
    amount = fields.Monetary(
        string="Discount", readonly=True, help="If all is paid in time; of a sliding discount, on the first day."
    )
    grace_amount = fields.Monetary(readonly=True, aggregator=None)
    partial_rule = fields.Selection(PARTIAL_RULES, string="Part Payments", required=True, readonly=True)
    tax_mode = fields.Selection(TAX_MODES, string="Tax Reduction", required=True, readonly=True)
    frozen_on = fields.Datetime(
        string="Sent On", readonly=True, help="Since the customer was sent it, a change of policy doesn't touch it."
    )
    cancelled_on = fields.Datetime(string="Withdrawn On", readonly=True)
    taken_line_ids = fields.One2many("account.move.line", "ar_discount_offer_id", string="Booked")
    due_amount = fields.Monetary(string="To Pay", compute="_compute_due_amount")
    simple_yield = fields.Float(string="Yield % a Year", digits=(16, 2), compute="_compute_simple_yield")
    state = fields.Selection(
        [
            ("open", "Open"),
            ("grace", "In grace"),
            ("taken", "Taken"),
            ("lost", "Not taken"),
            ("cancelled", "Withdrawn"),
        ],
        compute="_compute_state",
    )

    _open_idx = models.Index("(move_line_id) WHERE cancelled_on IS NULL")

    @api.depends("amount", "item_amount")
    def _compute_due_amount(self):
        for offer in self:
            offer.due_amount = offer.item_amount - offer.amount

    @api.depends("amount", "item_amount", "annual_rate", "last_day", "date_due")
    def _compute_simple_yield(self):
        for offer in self:
            if offer.annual_rate:
                offer.simple_yield = offer.annual_rate
                continue
            percent = 100 * offer.amount / offer.item_amount if offer.item_amount else 0.0
            days_early = (offer.date_due - offer.last_day).days
            offer.simple_yield = self.env["ar.discount.policy"]._yields(percent, days_early)[0] or 0.0

    @api.depends(
        "cancelled_on",
        "last_day",
        "grace_last_day",
        "move_line_id.reconciled",
        "taken_line_ids.parent_state",
        "taken_line_ids.balance",
    )
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for offer in self:
            if offer.cancelled_on:
                offer.state = "cancelled"
            elif offer._ar_is_taken():
                offer.state = "taken"
            elif offer.move_line_id.reconciled or today > offer.grace_last_day:
                offer.state = "lost"
            else:
                offer.state = "open" if today <= offer.last_day else "grace"

    def _ar_is_taken(self):
        """Whether a discount is booked for this offer that wasn't taken back."""
        self.ensure_one()
        # Who reads offers needn't read the entries of the bank.
        booked = self.sudo().taken_line_ids.filtered(lambda line: line.parent_state == "posted")
        return not self.company_id.currency_id.is_zero(sum(booked.mapped("balance")))

    @api.depends("percent", "annual_rate", "last_day", "move_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for offer in self:
            offer.display_name = offer._terms_text()

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Discounts offered are part of the history: they are withdrawn, not deleted."))

    def _terms_text(self):
        """What was agreed, in a few words."""
        self.ensure_one()
        if self.annual_rate:
            return self.env._(
                "%(rate)s %% a year until %(day)s",
                rate=percent_text(self.env, self.annual_rate),
                day=fields.Date.to_string(self.date_due),
            )
        return self.env._(
            "%(percent)s %% until %(day)s",
            percent=percent_text(self.env, self.percent),
            day=fields.Date.to_string(self.last_day),
        )

    def _ar_cancel(self):
        """Withdraw these offers; they stay as history."""
        self.filtered(lambda offer: not offer.cancelled_on).write({"cancelled_on": fields.Datetime.now()})

    def _ar_freeze(self):
        """Fix these offers as they were sent to the customer."""
        self.filtered(lambda offer: not offer.frozen_on and not offer.cancelled_on).write(
            {"frozen_on": fields.Datetime.now()}
        )

    def _as_discount_terms(self):
        """Offers of one instalment as the engine's terms; tiers are numbered as these records are."""
        first = self[:1]
        if first.annual_rate:
            sliding = Sliding(_decimal(first.annual_rate), _decimal(first.base_amount), first.first_day, first.date_due)
            return DiscountTerms((), sliding, first.partial_rule, _decimal(first.grace_amount))
        tiers = tuple(Tier(_decimal(offer.amount), offer.last_day, offer.grace_last_day) for offer in self)
        return DiscountTerms(tiers, None, first.partial_rule, _decimal(first.grace_amount))
