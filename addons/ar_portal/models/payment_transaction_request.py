from odoo import fields, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"  # pylint: disable=consider-merging-classes-inherited

    ar_request_id = fields.Many2one(
        "ar.payment.request", string="Payment Request", readonly=True, index="btree_not_null", ondelete="set null"
    )

    def _create_payment(self, **extra_create_values):
        """Say on the payment request that it was paid."""
        payment = super()._create_payment(**extra_create_values)
        if self.ar_request_id:
            self.ar_request_id.message_post(
                body=self.env._(
                    "%(amount)s was paid by this link: %(payment)s.",
                    amount=self.currency_id.format(self.amount),
                    payment=payment.display_name,
                )
            )
        return payment
