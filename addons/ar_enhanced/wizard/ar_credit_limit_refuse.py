from odoo import fields, models


class ArCreditLimitRefuse(models.TransientModel):
    _name = "ar.credit.limit.refuse"
    _description = "Refuse Credit Limits"

    limit_ids = fields.Many2many("ar.credit.limit", string="Limits", required=True, readonly=True)
    reason = fields.Text(required=True)

    def action_refuse(self):
        """Refuse the limits for this reason."""
        for refusal in self:
            refusal.limit_ids._refuse(refusal.reason)
        return {"type": "ir.actions.act_window_close"}
