from odoo import api, fields, models
from odoo.exceptions import ValidationError

INCOME_ACCOUNTS = "[('account_type', 'in', ('income', 'income_other'))]"


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_interest_policy_id = fields.Many2one(
        "ar.interest.policy",
        string="Late-Interest Policy",
        domain="[('company_id', 'in', (False, id))]",
        help="For customers without a policy of their own, in countries without one.",
    )
    ar_interest_account_id = fields.Many2one(
        "account.account", string="Account for Late Interest", check_company=True, domain=INCOME_ACCOUNTS
    )
    ar_interest_product_id = fields.Many2one("product.product", string="Product for Late Interest", check_company=True)
    ar_fixed_sum_account_id = fields.Many2one(
        "account.account", string="Account for Fixed Sums", check_company=True, domain=INCOME_ACCOUNTS
    )
    ar_fixed_sum_product_id = fields.Many2one("product.product", string="Product for Fixed Sums", check_company=True)

    @api.constrains("ar_interest_policy_id")
    def _check_ar_interest_policy(self):
        for company in self:
            owner = company.ar_interest_policy_id.company_id
            if owner and owner != company.root_id:
                raise ValidationError(
                    self.env._("%(policy)s is a policy of another company.", policy=company.ar_interest_policy_id.name)
                )
