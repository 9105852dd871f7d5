from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_promise_tolerance = fields.Integer(related="company_id.root_id.ar_promise_tolerance", readonly=False)
    ar_warning_days = fields.Integer(related="company_id.root_id.ar_warning_days", readonly=False)
    ar_warning_points = fields.Integer(related="company_id.root_id.ar_warning_points", readonly=False)
    ar_warning_slower_days = fields.Integer(related="company_id.root_id.ar_warning_slower_days", readonly=False)
    ar_warning_utilisation = fields.Integer(related="company_id.root_id.ar_warning_utilisation", readonly=False)
    ar_warning_limit_days = fields.Integer(related="company_id.root_id.ar_warning_limit_days", readonly=False)
