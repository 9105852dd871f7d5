from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_portal_settle_by_credit = fields.Boolean(
        string="Customers Use Their Credit",
        help="In the portal, customers settle invoices with credit notes and payments of theirs where nothing is left "
        "to pay. Otherwise they are asked to get in touch.",
    )
    ar_portal_receipts = fields.Boolean(
        string="Receipts of Online Payments",
        default=True,
        help="Customers are mailed what an online payment of theirs settled, and what is left to pay.",
    )
