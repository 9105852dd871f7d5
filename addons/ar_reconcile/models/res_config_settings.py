from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ar_bank_responsible_id = fields.Many2one(related="company_id.ar_bank_responsible_id", readonly=False)
    ar_bank_folder = fields.Char(related="company_id.ar_bank_folder", readonly=False)
    ar_reviews_write_offs = fields.Boolean(related="company_id.ar_reviews_write_offs", readonly=False)
    ar_write_off_limit = fields.Monetary(related="company_id.ar_write_off_limit", readonly=False)
    ar_reminder_days = fields.Integer(related="company_id.ar_reminder_days", readonly=False)
    ar_reviews_bank_accounts = fields.Boolean(related="company_id.ar_reviews_bank_accounts", readonly=False)
    ar_calibration = fields.Json(compute="_compute_ar_calibration", export_string_translation=False)

    @api.depends("company_id")
    @api.depends_context("lang", "uid")
    def _compute_ar_calibration(self):
        for settings in self:
            journals = self.env["account.journal"].search(
                [
                    *self.env["account.journal"]._check_company_domain(settings.company_id),
                    ("type", "in", ("bank", "credit")),
                ]
            )
            cards = self.env["ar.match.calibration"]._cards(journals)
            settings.ar_calibration = {"cards": [cards[journal] for journal in journals]}
