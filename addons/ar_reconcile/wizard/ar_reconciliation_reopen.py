from odoo import fields, models


class ArReconciliationReopen(models.TransientModel):
    """Asks why a reconciliation is opened again."""

    _name = "ar.reconciliation.reopen"
    _description = "Reopen a Reconciliation"

    reconciliation_id = fields.Many2one("ar.reconciliation", required=True, readonly=True, ondelete="cascade")
    reason = fields.Text(required=True)

    def action_reopen(self):
        """Reopen the reconciliation and keep the reason in its chatter."""
        self.ensure_one()
        self.reconciliation_id._reopen(self.reason)
        return {"type": "ir.actions.act_window_close"}
