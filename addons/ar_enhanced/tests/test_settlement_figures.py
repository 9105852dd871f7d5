from datetime import timedelta

from odoo.tests import freeze_time, tagged

from .discount_common import DAY, DiscountCase


class FiguresCase(DiscountCase):
    """A discount of 2 % within ten days, and what is open afterwards."""

    def on_account(self, amount, days=0, **values):
        """A payment that no invoice has used; return its open line."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": amount,
                "date": DAY + timedelta(days),
                "journal_id": self.company_data["default_journal_bank"].id,
                **values,
            }
        )
        payment.action_post()
        return payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def credit_note(self, amount, **values):
        """A credit note that no invoice has used; return its open line."""
        return self.invoice(amount, move_type="out_refund", invoice_payment_term_id=False, **values)._ar_term_lines()

    def booked(self, invoice):
        """What discounts of ``invoice`` are booked, as {account: balance}."""
        lines = self.env["account.move.line"].search([("ar_discount_offer_id.move_id", "=", invoice.id)])
        for move in lines.move_id:
            self.assertFalse(move.company_currency_id.round(sum(move.line_ids.mapped("balance"))))
        return {account: round(sum(some.mapped("balance")), 2) for account, some in lines.grouped("account_id").items()}


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPaidInALockedPeriod(FiguresCase):
    """The day that counts is the one on which the customer paid."""

    def test_a_part_paid_in_time_keeps_its_discount_although_the_books_have_it_later(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.env.company.fiscalyear_lock_date = DAY + timedelta(28)
        payment = self.register(invoice, days=5, amount=490)
        self.assertEqual(payment.move_id.date, DAY + timedelta(29))
        # 490 settle 500: the late rest is 500.
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(30)), 500)
        self.register(invoice, days=30, proposes=500)
        self.assert_settled(invoice)
        self.assertEqual(self.booked(invoice), {self.loss_account: 10})
