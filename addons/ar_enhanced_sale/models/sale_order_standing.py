from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "ar.credit.shown"]

    def _ar_shown_customer(self):
        """Who will owe this order."""
        self.ensure_one()
        # Those who sell need not be able to read whom the invoice goes to.
        return self.sudo().partner_invoice_id.commercial_partner_id.sudo(self.env.su)
