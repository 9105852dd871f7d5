import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

from odoo.addons.account.tools import format_structured_reference_iso

# What a reference of ours looks like without blanks: ISO 11649, with letters that keep it from passing for a number.
REFERENCE = re.compile(r"RF[0-9]{2}AR[0-9]{9}")


class ArPaymentNotice(models.Model):
    """A customer's announcement of a transfer: what it will pay, when, and under which reference.

    Nothing is booked by it. Matching reads it as evidence when the money comes.
    """

    _name = "ar.payment.notice"
    _description = "Announced Transfer"
    _inherit = ["mail.thread"]
    _order = "expected_on desc, id desc"

    name = fields.Char(
        string="Reference", readonly=True, index=True, help="What the customer was asked to write on the transfer."
    )
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="cascade")
    contact_id = fields.Many2one("res.partner", string="Announced by", ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", required=True, ondelete="restrict")
    partner_bank_id = fields.Many2one("res.partner.bank", string="Bank Account", ondelete="set null")
    announced_on = fields.Date(required=True, default=fields.Date.context_today)
    expected_on = fields.Date(required=True, tracking=True)
    received_on = fields.Date(readonly=True, copy=False)
    amount = fields.Monetary(compute="_compute_amount", store=True)
    line_ids = fields.One2many("ar.payment.notice.line", "notice_id", string="Pays")
    state = fields.Selection(
        [("announced", "Announced"), ("received", "Received"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="announced",
        index=True,
        tracking=True,
        copy=False,
    )

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        for notice in self:
            notice.amount = notice.currency_id.round(sum(notice.line_ids.mapped("amount")))

    @api.depends("name", "amount", "currency_id")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = (
                f"{notice._spaced_reference()}: {format_amount(self.env, notice.amount, notice.currency_id)}"
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Announce transfers; one that isn't known by an invoice's own reference has a new one."""
        notices = super().create(vals_list)
        for notice in notices.filtered(lambda each: not each.name):
            notice.name = format_structured_reference_iso(f"AR{notice.id:09d}").replace(" ", "")
        return notices

    def write(self, vals):
        if not self.env.su and set(vals) - {"expected_on"} - set(self._mail_fields()):
            raise AccessError(self.env._("What a customer has announced is changed by nobody but the customer."))
        return super().write(vals)

    @api.model
    def _mail_fields(self):
        """Fields of the chatter, which any follower's doing may change."""
        return [name for name in self._fields if name.startswith(("message_", "activity_", "website_message"))]

    def _spaced_reference(self):
        """The reference as people read and type it: in blocks of four."""
        self.ensure_one()
        if not REFERENCE.fullmatch(self.name or ""):
            return self.name or ""
        return " ".join(self.name[start : start + 4] for start in range(0, len(self.name), 4))

    def action_cancel(self):
        """Note that the transfers won't come."""
        self.check_access("write")
        self._cancel()
        return True

    def _cancel(self):
        if any(notice.state != "announced" for notice in self):
            raise UserError(self.env._("Only a transfer that is expected can be cancelled."))
        # Who may do this was checked before; the state is closed to everything but the methods here.
        self.sudo().state = "cancelled"

    @api.model
    def _note_received(self, line_ids):
        """Note which announced transfers have come, now that these items were settled, all or in part.

        One has come when each of its items is settled by as much as it announced.
        """
        # Whoever books a payment needn't have a right to announcements.
        notices = self.sudo().search([("state", "=", "announced"), ("line_ids.move_line_id", "in", list(line_ids))])
        come = notices.filtered(lambda notice: all(line._is_settled() for line in notice.line_ids))
        if come:
            come.write({"state": "received", "received_on": fields.Date.context_today(self)})


class ArPaymentNoticeLine(models.Model):
    """What an announced transfer pays of one item, or takes off for a credit."""

    _name = "ar.payment.notice.line"
    _description = "Item of an Announced Transfer"
    _order = "notice_id, id"

    notice_id = fields.Many2one("ar.payment.notice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="notice_id.company_id", store=True)
    currency_id = fields.Many2one(related="notice_id.currency_id")
    move_line_id = fields.Many2one("account.move.line", string="Item", required=True, index=True, ondelete="cascade")
    amount = fields.Monetary(help="Money for the item; negative for a credit that is taken off.")
    discount = fields.Monetary(help="What the customer takes off for paying early.")
    residual_before = fields.Monetary(
        string="Open Before", help="What was open of the item on the day it was announced."
    )

    def _is_settled(self):
        """Whether as much of the item was settled since as was announced."""
        self.ensure_one()
        currency, item = self.currency_id, self.move_line_id
        expected = abs(self.residual_before) - abs(self.amount)
        return currency.compare_amounts(abs(item.amount_residual_currency), expected) <= 0
