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

    def write(self, vals):
        """Write as ever; bank accounts that come to another customer or company with a partner wait for approval."""
        if self.env.su or not {"parent_id", "company_id", "is_company"} & set(vals):
            return super().write(vals)
        accounts = self.env["res.partner.bank"].sudo().with_context(active_test=False)
        accounts = accounts.search([("partner_id", "child_of", self.ids)]) if self.ids else accounts
        before = {account: (account.partner_id.commercial_partner_id, account.company_id) for account in accounts}
        res = super().write(vals)
        moved = accounts.filtered(
            lambda account: before[account] != (account.partner_id.commercial_partner_id, account.company_id)
        )
        # As if they were entered anew: refused, they are archived, for what they belonged to has gone elsewhere.
        moved._ar_reviewed()._ar_ask_for_review({})
        return res

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
