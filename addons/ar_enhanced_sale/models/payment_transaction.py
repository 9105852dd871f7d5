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
