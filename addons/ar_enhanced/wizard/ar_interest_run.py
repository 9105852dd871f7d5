from odoo import fields, models


class ArInterestRun(models.TransientModel):
    """Up to which day late interest is shown, and whose."""

    _name = "ar.interest.run"
    _description = "Compute Late Interest"

    until = fields.Date(required=True, default=fields.Date.context_today)
    partner_ids = fields.Many2many("res.partner", string="Customers", domain="[('parent_id', '=', False)]")

    def action_compute(self):
        """Show what is due, and say what can't be computed."""
        self.ensure_one()
        problems = self.env["ar.interest.charge"].action_compute(self.until, self.partner_ids or None)
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_interest_charge")
        if not problems:
            return {**action, "target": "main"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not all of it could be computed"),
                "message": "\n".join(problems),
                "next": {**action, "target": "main"},
            },
        }


class ArInterestWaive(models.TransientModel):
    """Why late interest is waived."""

    _name = "ar.interest.waive"
    _description = "Waive Late Interest"

    charge_ids = fields.Many2many("ar.interest.charge", string="Late Interest", required=True, readonly=True)
    reason = fields.Text(required=True)

    def action_waive(self):
        """Waive it for this reason."""
        for waiver in self:
            waiver.charge_ids._waive(waiver.reason)
        return {"type": "ir.actions.act_window_close"}
