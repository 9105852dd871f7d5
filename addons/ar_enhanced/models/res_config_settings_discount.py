from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_cost_of_capital = fields.Float(related="company_id.root_id.ar_cost_of_capital", readonly=False)
    ar_discount_grace_days = fields.Integer(related="company_id.root_id.ar_discount_grace_days", readonly=False)
    ar_discount_grace_amount = fields.Monetary(related="company_id.root_id.ar_discount_grace_amount", readonly=False)
