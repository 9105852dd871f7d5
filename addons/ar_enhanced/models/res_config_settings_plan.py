from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_plan_max_instalments = fields.Integer(related="company_id.root_id.ar_plan_max_instalments", readonly=False)
    ar_plan_max_months = fields.Integer(related="company_id.root_id.ar_plan_max_months", readonly=False)
    ar_plan_min_instalment = fields.Monetary(related="company_id.root_id.ar_plan_min_instalment", readonly=False)
    ar_plan_first_percent = fields.Float(related="company_id.root_id.ar_plan_first_percent", readonly=False)
    ar_plan_interval = fields.Selection(related="company_id.root_id.ar_plan_interval", readonly=False)
    ar_plan_answer_days = fields.Integer(related="company_id.root_id.ar_plan_answer_days", readonly=False)
    ar_plan_default_days = fields.Integer(related="company_id.root_id.ar_plan_default_days", readonly=False)
    ar_plan_default_missed = fields.Integer(related="company_id.root_id.ar_plan_default_missed", readonly=False)
    ar_plan_remind_days = fields.Integer(related="company_id.root_id.ar_plan_remind_days", readonly=False)
