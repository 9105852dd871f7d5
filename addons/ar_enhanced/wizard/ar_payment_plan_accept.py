from odoo import api, fields, models

from ..models.ar_payment_plan import CHANNELS


class ArPaymentPlanAccept(models.TransientModel):
    """Who accepted a payment plan for the customer, when and how."""

    _name = "ar.payment.plan.accept"
    _description = "Accept a Payment Plan"

    plan_id = fields.Many2one("ar.payment.plan", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="plan_id.partner_id")
    contact_id = fields.Many2one("res.partner", domain="[('commercial_partner_id', '=', partner_id)]")
    accepted_by = fields.Char(compute="_compute_accepted_by", store=True, readonly=False, required=True)
    accepted_on = fields.Date(required=True, default=fields.Date.context_today)
    channel = fields.Selection(CHANNELS, required=True, default="phone")

    @api.depends("contact_id")
    def _compute_accepted_by(self):
        for acceptance in self:
            acceptance.accepted_by = acceptance.contact_id.name or acceptance.accepted_by

    def action_accept(self):
        """Note the acceptance."""
        for acceptance in self:
            acceptance.plan_id._accept(
                acceptance.accepted_by, acceptance.channel, acceptance.accepted_on, acceptance.contact_id
            )
        return {"type": "ir.actions.act_window_close"}
