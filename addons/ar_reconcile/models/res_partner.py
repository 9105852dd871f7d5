from odoo import api, fields, models

READERS = "ar_reconcile.group_reconcile,account.group_account_readonly"


class ResPartner(models.Model):
    _inherit = "res.partner"

    ar_payer_fact_ids = fields.One2many(
        "ar.payer.fact", "partner_id", string="How This Customer Pays", groups=READERS, readonly=True
    )
    ar_payer_summary = fields.Char(string="Habit", compute="_compute_ar_payer_summary", groups=READERS)

    @api.depends("ar_payer_fact_ids")
    @api.depends_context("lang", "allowed_company_ids")
    def _compute_ar_payer_summary(self):
        for partner in self:
            partner.ar_payer_summary = self.env["ar.payer.fact"]._summary(partner.ar_payer_fact_ids)

    def action_ar_payer_facts(self):
        """Show all that was learned of how this customer pays, also what was forgotten."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_payer_facts")
        return {
            **action,
            "display_name": self.env._("How %(customer)s pays", customer=self.display_name),
            "domain": [("partner_id", "=", self.id)],
            "context": {"active_test": False},
        }
