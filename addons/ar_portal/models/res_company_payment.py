from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_portal_settle_by_credit = fields.Boolean(
        string="Customers Use Their Credit",
        help="In the portal, customers settle invoices with credit notes and payments of theirs where nothing is left "
        "to pay. Otherwise they are asked to get in touch.",
    )
