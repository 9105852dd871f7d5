from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_interest_policy_id = fields.Many2one(related="company_id.root_id.ar_interest_policy_id", readonly=False)
    ar_interest_account_id = fields.Many2one(related="company_id.root_id.ar_interest_account_id", readonly=False)
    ar_interest_product_id = fields.Many2one(related="company_id.root_id.ar_interest_product_id", readonly=False)
    ar_fixed_sum_account_id = fields.Many2one(related="company_id.root_id.ar_fixed_sum_account_id", readonly=False)
    ar_fixed_sum_product_id = fields.Many2one(related="company_id.root_id.ar_fixed_sum_product_id", readonly=False)
