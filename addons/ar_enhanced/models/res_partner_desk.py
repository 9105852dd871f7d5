from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_collection_account_ids = fields.One2many(
        "ar.collection.account", "partner_id", string="Collections Desk", groups="ar_enhanced.group_ar_user"
    )

    def write(self, vals):
        """Show on the desk who is in charge from now on."""
        result = super().write(vals)
        if "ar_credit_owner_id" in vals:
            # Whoever may say who is in charge needn't see the desk.
            for company, accounts in self.sudo().ar_collection_account_ids.grouped("company_id").items():
                accounts._refresh_soon(company, accounts.partner_id.ids)
        return result

    def action_ar_desk(self):
        """Open the customer on the collections desk."""
        self.ensure_one()
        company = self.env.company.root_id
        account = self.env["ar.collection.account"].search(
            [("partner_id", "=", self.commercial_partner_id.id), ("company_id", "=", company.id)]
        )
        if not account:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {"type": "info", "message": self.env._("This customer owes nothing.")},
            }
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_collection_account"),
            "views": [[False, "form"]],
            "res_id": account.id,
        }
