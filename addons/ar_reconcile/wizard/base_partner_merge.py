from odoo import api, models


class MergePartner(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _merge_bank_accounts(self, src_partners, dst_partner):
        """Merge as ever; accounts that come to another customer by it wait for approval, as if they were entered."""
        accounts = src_partners.sudo().with_context(active_test=False).bank_ids
        former = {account: account.partner_id.commercial_partner_id for account in accounts}
        result = super()._merge_bank_accounts(src_partners, dst_partner)
        if not self.env.su:
            moved = accounts.exists().sudo(False)
            moved = moved.filtered(lambda account: account.sudo().partner_id.commercial_partner_id != former[account])
            moved._ar_reviewed()._ar_ask_for_review({})
        return result

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Leave each fact once before Odoo moves them all: it stumbles over what breaks an index."""
        # Who may merge contacts needn't see how customers pay.
        self.env["ar.payer.fact"].sudo()._merge_customers(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)
