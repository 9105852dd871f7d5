from decimal import Decimal

from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _ar_hold_amounts(self, company):
        """What was paid online before the invoice was posted asks for no credit."""
        amounts = super()._ar_hold_amounts(company)
        # Payments are not for everybody who posts; their sum decides what is still on credit.
        for move in self.sudo().filtered("transaction_ids"):
            paid = Decimal(str(move.amount_paid)) / Decimal(str(move.amount_total))
            amounts[move.id] -= amounts[move.id] * min(paid, Decimal(1))
        return amounts
