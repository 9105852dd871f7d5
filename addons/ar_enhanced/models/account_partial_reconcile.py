from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """Match items; promises to pay and payment plans on them are judged in the background."""
        partials = super().create(vals_list)
        self.env["ar.payment.agreement"]._judge_soon(partials.debit_move_id.ids)
        return partials

    def unlink(self):
        """Take matches back; promises to pay and payment plans on the items are judged in the background."""
        line_ids = self.debit_move_id.ids
        result = super().unlink()
        self.env["ar.payment.agreement"]._judge_soon(line_ids)
        return result
