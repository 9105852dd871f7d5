from odoo import fields, models


class ArCreditWarningDismiss(models.TransientModel):
    """Why warnings need nobody."""

    _name = "ar.credit.warning.dismiss"
    _description = "Dismiss Early Warnings"

    warning_ids = fields.Many2many("ar.credit.warning", string="Warnings", required=True, readonly=True)
    reason = fields.Text(required=True)

    def action_dismiss(self):
        """Take the warnings off the list."""
        for dismissing in self:
            dismissing.warning_ids._dismiss(dismissing.reason)
        return {"type": "ir.actions.act_window_close"}
