from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_payment_plan_count = fields.Integer(compute="_compute_ar_payment_plan_count", groups="ar_enhanced.group_ar_user")

    def _compute_ar_payment_plan_count(self):
        of_customers = [("partner_id", "in", self.commercial_partner_id.ids)]
        counts = dict(self.env["ar.payment.plan"]._read_group(of_customers, ["partner_id"], ["__count"]))
        for partner in self:
            partner.ar_payment_plan_count = counts.get(partner.commercial_partner_id, 0)

    def action_ar_payment_plan(self):
        """Plan how this customer pays in instalments; what is overdue is proposed, else all that is open."""
        self.ensure_one()
        day = fields.Date.context_today(self)
        items = self._ar_unpaid_invoices().line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        items = items.filtered(lambda line: line.date_maturity and line.date_maturity < day) or items
        items = items.filtered(lambda line: line.currency_id == items[:1].currency_id)
        action = items._ar_plan()
        return {**action, "context": {**action["context"], "ar_customer_id": self.commercial_partner_id.id}}

    def action_ar_payment_plans(self):
        """Open the payment plans of this customer."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_payment_plan"),
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {},
        }
