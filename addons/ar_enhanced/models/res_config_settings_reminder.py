from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_reminders_automatic = fields.Selection(related="company_id.root_id.ar_reminders_automatic", readonly=False)
    ar_reminder_fresh_days = fields.Integer(related="company_id.root_id.ar_reminder_fresh_days", readonly=False)
    ar_reminders_per_hour = fields.Integer(related="company_id.root_id.ar_reminders_per_hour", readonly=False)
    ar_weekly_digest = fields.Boolean(related="company_id.root_id.ar_weekly_digest", readonly=False)
    ar_reminder_user_id = fields.Many2one(related="company_id.root_id.ar_reminder_user_id", readonly=False)
