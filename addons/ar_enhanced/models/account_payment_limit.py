from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # Where no bank statements are matched, all payments stay unmatched; each check of exposure asks for a customer's.
    _ar_unmatched_idx = models.Index("(partner_id) WHERE is_matched IS NOT TRUE")
