from decimal import Decimal

from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _ar_on_credit(self):
        """What was paid online before the invoice was posted asks for no credit."""
        # Payments are not for everybody who posts; their sum decides what is still on credit.
        paid = self.sudo().filtered(
            lambda move: (
                move.transaction_ids and move.currency_id.compare_amounts(move.amount_paid, move.amount_total) >= 0
            )
        )
        return super()._ar_on_credit() - paid.sudo(False)

    def _ar_hold_amounts(self, company):
        """What was paid online adds nothing, unless the ledger shows it as a credit of the customer already."""
        amounts = super()._ar_hold_amounts(company)
        # As above.
        for move in self.sudo().filtered(lambda move: move.transaction_ids and move.amount_total):
            paid = move.transaction_ids._ar_paid_beside_ledger() / Decimal(str(move.amount_total))
            amounts[move.id] -= amounts[move.id] * min(paid, Decimal(1))
        return amounts
