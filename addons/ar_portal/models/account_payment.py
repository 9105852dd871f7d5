from odoo import models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _synchronize_to_moves(self, changed_fields):
        """Refuse to change an online payment of several items: Odoo makes one receivable line of an entry's many.

        :raises UserError: what to do instead
        """
        if set(self._get_trigger_fields_to_synchronize()) & set(changed_fields):
            for payment in self.filtered(lambda each: each.payment_transaction_id and each.move_id.state != "posted"):
                _liquidity, counterparts, _others = payment._seek_for_lines()
                if len(counterparts) > 1:
                    raise UserError(
                        self.env._(
                            "%(payment)s settles several items and can't be changed. Cancel it, and register a "
                            "payment in its place.",
                            payment=payment.display_name,
                        )
                    )
        return super()._synchronize_to_moves(changed_fields)
