from odoo import fields, models
from odoo.exceptions import UserError

from ..engine.credit_score import Portfolio


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_portfolio = fields.Json(string="Payment Behaviour of All Customers", groups="ar_enhanced.group_ar_manager")
    ar_scored_on = fields.Date(string="Unfinished Scoring of", groups="ar_enhanced.group_ar_manager")
    ar_scored_upto = fields.Integer(string="Last Customer Scored", groups="ar_enhanced.group_ar_manager")

    def _has_field_access(self, field, operation):
        """Keep the policies of these addons from customers, who read the records of their companies.

        They would learn for how long a discount is still granted, which rest of a payment is written off, and when
        they are reminded.
        """
        if field.name.startswith("ar_") and self.env.user.share and not self.env.su:
            return False
        return super()._has_field_access(field, operation)

    def _ar_portfolio(self, day):
        """How the customers of this company pay on the whole, as the last run found it or as of ``day``."""
        self.ensure_one()
        if not self.ar_portfolio:
            self.env["ar.credit.work"]._gather(self, day)
        return Portfolio.from_stored(self.ar_portfolio)

    def _ar_credit_policy(self):
        """The active credit policy of this company, or the shared one."""
        self.ensure_one()
        # Whoever may see a score or a reason may know by which policy it came about.
        policies = self.env["ar.credit.policy"].sudo()
        policy = policies.search(
            [("state", "=", "active"), ("company_id", "in", (self.root_id.id, False))], order="company_id", limit=1
        )
        if not policy:
            raise UserError(
                self.env._(
                    "No credit policy is active for %(company)s: activate one in the configuration of Invoicing.",
                    company=self.root_id.name,
                )
            )
        return policy
