from odoo import fields, models


class ArContractAccept(models.TransientModel):
    """Why these invoices may have other terms than agreed."""

    _name = "ar.contract.accept"
    _description = "Accept Other Terms"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True, readonly=True)
    reason = fields.Text(required=True)

    def action_accept(self):
        """Accept what differs now."""
        for accepting in self:
            self.env["ar.contract.deviation"].search([("move_id", "in", accepting.move_ids.ids)])._accept(
                accepting.reason
            )
        return {"type": "ir.actions.act_window_close"}
