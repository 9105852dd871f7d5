from odoo import api, fields, models

from ..models.ar_credit_hold_release import RELEASE_DAYS


class ArCreditHoldRelease(models.TransientModel):
    _name = "ar.credit.hold.release"
    _description = "Release a Hold"

    hold_id = fields.Many2one("ar.credit.hold", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="hold_id.currency_id")
    reason_text = fields.Text(related="hold_id.reason_text")
    reason = fields.Text(string="Why You Release It", required=True)
    exposure_up_to = fields.Monetary(
        string="Up to an Exposure of", compute="_compute_exposure_up_to", store=True, readonly=False
    )
    valid_until = fields.Date(
        required=True, default=lambda self: fields.Date.add(fields.Date.context_today(self), days=RELEASE_DAYS)
    )

    @api.depends("hold_id")
    def _compute_exposure_up_to(self):
        for wizard in self:
            if wizard.hold_id:
                wizard.hold_id.check_access("read")
                # Credit managers only come here; documents of others than theirs may be in the sum.
                facts, added, _found = wizard.hold_id.sudo()._standing()
                wizard.exposure_up_to = float(facts.firm_exposure + added)

    def action_release(self):
        """Release the hold."""
        self.ensure_one()
        return self.hold_id.action_release(self.reason, self.exposure_up_to, self.valid_until)


class ArCreditHoldPlace(models.TransientModel):
    _name = "ar.credit.hold.place"
    _description = "Put a Customer on Hold"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade")
    reason = fields.Text(required=True)

    def action_place(self):
        """Put the customer on hold."""
        self.ensure_one()
        self.partner_id._ar_place_hold(self.reason)
        return {"type": "ir.actions.act_window_close"}
