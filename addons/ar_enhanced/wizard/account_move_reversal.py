from odoo import fields, models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    ar_dispute_id = fields.Many2one("ar.dispute", string="Dispute", groups="ar_enhanced.group_ar_clerk")

    def reverse_moves(self, is_modify=False):
        """Reverse the entries; the credit note is linked with the dispute that asked for it."""
        action = super().reverse_moves(is_modify)
        # Who posts credit notes needn't see disputes; the dispute itself checks who links it.
        dispute = self.sudo().ar_dispute_id.with_env(self.env)
        if dispute and dispute.move_id in self.move_ids:
            dispute._link_credit_note()
        return action
