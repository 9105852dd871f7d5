from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        """Match items; transfers that were announced for them are noted as received."""
        partials = super().create(vals_list)
        if partials:
            self.env["ar.payment.notice"]._note_received(partials.debit_move_id.ids)
        return partials
