from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_portal_settle_by_credit = fields.Boolean(related="company_id.root_id.ar_portal_settle_by_credit", readonly=False)
    ar_portal_receipts = fields.Boolean(related="company_id.root_id.ar_portal_receipts", readonly=False)
