from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_portal_shows_available = fields.Boolean(
        string="Available Credit in the Portal", help="Customers see what they may still owe under their credit limit."
    )
    ar_portal_shows_level = fields.Boolean(
        string="Credit Level in the Portal", help="Customers see the letter of their credit score, without its points."
    )
    ar_portal_shows_steps = fields.Boolean(
        string="What Improves It in the Portal",
        help="Customers see what they can do for a better credit score, such as paying the invoice that counts most.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_portal_shows_available = fields.Boolean(related="company_id.root_id.ar_portal_shows_available", readonly=False)
    ar_portal_shows_level = fields.Boolean(related="company_id.root_id.ar_portal_shows_level", readonly=False)
    ar_portal_shows_steps = fields.Boolean(related="company_id.root_id.ar_portal_shows_steps", readonly=False)
