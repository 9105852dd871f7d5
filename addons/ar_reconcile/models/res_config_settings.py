from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ar_bank_responsible_id = fields.Many2one(related="company_id.ar_bank_responsible_id", readonly=False)
    ar_bank_folder = fields.Char(related="company_id.ar_bank_folder", readonly=False)
