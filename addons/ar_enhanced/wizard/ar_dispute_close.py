from odoo import fields, models

from ..models.ar_dispute import OUTCOMES


class ArDisputeClose(models.TransientModel):
    """How a dispute ended, and why."""

    _name = "ar.dispute.close"
    _description = "Close a Dispute"

    dispute_ids = fields.Many2many("ar.dispute", string="Disputes", required=True, readonly=True)
    outcome = fields.Selection(OUTCOMES, required=True, default="justified")
    resolution = fields.Text(required=True)

    def action_close(self):
        """Close the disputes with this outcome."""
        for closing in self:
            closing.dispute_ids._close(closing.outcome, closing.resolution)
        return {"type": "ir.actions.act_window_close"}
