from decimal import Decimal

from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """Confirm what was paid for; an order that must wait keeps its payment, and a person decides."""
        accepted = self.filtered(lambda tx: len(tx.sale_order_ids) == 1).sale_order_ids.filtered(
            lambda order: order.state in ("draft", "sent") and order._is_confirmation_amount_reached()
        )
        waiting = accepted._ar_keep_waiting()
        others = self.filtered(lambda tx: not tx.sale_order_ids & waiting)
        return super(PaymentTransaction, others)._check_amount_and_confirm_order()

    def _ar_paid_beside_ledger(self):
        """What was paid and doesn't make the exposure less: one that the bank has confirmed is a credit there."""
        return sum(
            (
                Decimal(str(tx.amount))
                for tx in self
                if tx.state in ("authorized", "done") and not (tx.payment_id.move_id and tx.payment_id.is_matched)
            ),
            Decimal(),
        )
