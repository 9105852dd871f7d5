from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_interest_policy_id = fields.Many2one(
        "ar.interest.policy",
        string="Late Interest",
        company_dependent=True,
        copy=False,
        groups="ar_enhanced.group_ar_user",
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', current_company_id)]",
        help="Empty: the policy for the country, else the company's. What counts is the customer's, not a contact's.",
    )

    @api.constrains("ar_interest_policy_id")
    def _check_ar_interest_policy(self):
        for partner in self:
            policy = partner.ar_interest_policy_id
            if policy and not policy._ar_is_for(partner):
                raise ValidationError(
                    self.env._(
                        "%(policy)s is for companies only, and %(customer)s is a person.",
                        policy=policy.name,
                        customer=partner.display_name,
                    )
                )
            if policy.company_id and policy.company_id != self.env.company.root_id:
                raise ValidationError(self.env._("%(policy)s is a policy of another company.", policy=policy.name))

    @api.model_create_multi
    def create(self, vals_list):
        """Let credit managers only choose a policy."""
        self._check_ar_may_choose_interest(set().union(*vals_list) if vals_list else ())
        return super().create(vals_list)

    def write(self, vals):
        """Let credit managers only choose a policy."""
        self._check_ar_may_choose_interest(vals)
        return super().write(vals)

    @api.model
    def _check_ar_may_choose_interest(self, names):
        if "ar_interest_policy_id" not in names or self.env.su:
            return
        if not self.env.user.has_group("ar_enhanced.group_ar_manager"):
            raise AccessError(self.env._("Choosing a customer's late interest takes the rights of a credit manager."))
