from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.ar_collection_contact import CHANNELS, DIRECTIONS, RESULTS


class ArCollectionLog(models.TransientModel):
    """A contact with one customer or several, as it is logged: what came of it decides what comes next."""

    _name = "ar.collection.log"
    _description = "Log a Contact"

    account_ids = fields.Many2many("ar.collection.account", string="Customers", required=True)
    account_id = fields.Many2one("ar.collection.account", compute="_compute_account_id")
    partner_id = fields.Many2one(related="account_id.partner_id")
    customer_count = fields.Integer(compute="_compute_account_id")
    phone = fields.Char(compute="_compute_phone")
    channel = fields.Selection(CHANNELS, required=True, default="call")
    direction = fields.Selection(DIRECTIONS, required=True, default="out")
    result = fields.Selection(RESULTS, required=True)
    person_id = fields.Many2one(
        "res.partner", string="Spoke with", domain="[('commercial_partner_id', '=', partner_id)]"
    )
    next_contact_on = fields.Date(
        string="Contact Again on",
        compute="_compute_next_contact_on",
        store=True,
        readonly=False,
        help="On this day the customer is at the top of the list.",
    )
    rest = fields.Char(compute="_compute_rest")
    note = fields.Text()

    @api.depends("account_ids")
    def _compute_account_id(self):
        for log in self:
            log.customer_count = len(log.account_ids)
            log.account_id = log.account_ids if len(log.account_ids) == 1 else False

    @api.depends("person_id", "partner_id")
    def _compute_phone(self):
        for log in self:
            log.phone = log.person_id.phone or log.partner_id.phone

    @api.depends("result")
    def _compute_next_contact_on(self):
        for log in self:
            if log.result == "call_back" and not log.next_contact_on:
                log.next_contact_on = fields.Date.add(fields.Date.context_today(log), days=1)

    @api.depends("result", "next_contact_on")
    @api.depends_context("lang")
    def _compute_rest(self):
        for log in self:
            days = log.account_ids._rest_days(log.result)
            if not log.result or log.next_contact_on:
                log.rest = False
            elif log.result == "promise":
                log.rest = log.env._("Next: what is promised, and for when.")
            elif log.result == "dispute":
                log.rest = log.env._("Next: what is disputed, and why.")
            elif days == 1:
                log.rest = log.env._("Without a day, the customer is back on the list tomorrow.")
            elif days:
                log.rest = log.env._("Without a day, the customer is back on the list in %(days)s days.", days=days)
            else:
                log.rest = log.env._("Without a day, the customer stays on the list.")

    def action_log(self):
        """Log the contact; a promise or a dispute is noted next."""
        self.ensure_one()
        if not self.account_ids:
            raise UserError(self.env._("Choose a customer."))
        self.account_ids._log(
            {
                "channel": self.channel,
                "direction": self.direction,
                "result": self.result,
                "person_id": self.person_id.id,
                "next_contact_on": self.next_contact_on,
                "note": self.note,
            }
        )
        if self.account_id and self.result == "promise":
            return self.account_id.action_promise()
        if self.account_id and self.result == "dispute":
            return self.account_id.action_dispute()
        return {"type": "ir.actions.act_window_close"}
