from datetime import timedelta

from odoo.tests import tagged

from .test_paying_with_credit import CreditCase


@tagged("post_install", "-at_install")
class TestPaymentFigures(CreditCase):
    """What is paid, netted and taken off comes to zero, whichever way it takes."""

    def _credit_of(self, invoice, amount, days_ago=0):
        """A credit note of ``amount`` for ``invoice`` that isn't matched with it."""
        credit = invoice._reverse_moves([{"invoice_date": self.today - timedelta(days_ago)}])
        credit.invoice_line_ids.price_unit = amount
        credit.action_post()
        credit.line_ids.remove_move_reconcile()  # Odoo matches it as soon as it is posted
        return credit

    def test_credits_that_go_on_from_one_invoice_to_the_next_are_used_as_chosen(self):
        first, second = self._invoice(200, days_ago=20), self._invoice(50, days_ago=10)
        small = self._credit_of(first, 5, days_ago=9)
        large, last = self._credit_of(second, 80, days_ago=5), self._credit(10)
        payment = self._pay(*self._items(first, second, small, large, last))
        # The large one settles its own invoice, and 30 of the other; 5, 30 and 10 leave 155 of that to pay.
        self.assertEqual(payment.amount, 155)
        self._assert_settled(first)
        self.assertEqual(self._open(first, second, small, large, last), [0] * 5)
        self.assertEqual(self._matched(large._ar_term_lines(), first, second), [30, 50])

    def test_what_is_paid_and_announced_is_what_registration_asks(self):
        self._policy((2, 10))
        invoice, credit = self._invoice(1000, 500), self._credit(300)
        context = self._get_payment_context(self._page(*self._items(invoice, credit)))
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=(invoice + credit).ids)
            .create({"payment_date": self.today, "group_payment": True})
        )
        self.assertEqual((context["amount"], wizard.amount), (1390.5, 1390.5))  # 1,725 less 2 %, less 300
        self.env["res.partner.bank"].create(
            {"acc_number": "AR 1", "partner_id": self.env.company.partner_id.id, "allow_out_payment": True}
        )
        items = self.env["account.move.line"].with_user(self.clerk)
        notice = items._ar_portal_announce(self._items(invoice, credit), {}, str(self.today), self.today)
        self.assertEqual(
            [(line.move_line_id.move_id, line.amount, line.discount) for line in notice.line_ids],
            [(invoice, 1690.5, 34.5), (credit, -300, 0)],
        )

    def _settle(self, *lines):
        self.env.company.ar_portal_settle_by_credit = True
        self._post("settle", [line.id for line in lines])
        self.env.invalidate_all()

    def _discount_of(self, invoice):
        """What discounts of ``invoice`` are booked on the accounts for them and for tax."""
        lines = self.env["account.move.line"].search([("ar_discount_offer_id.move_id", "=", invoice.id)])
        self.assertFalse(round(sum(lines.move_id.line_ids.mapped("balance")), 2))
        return [
            round(sum(lines.filtered(lambda line, on=on: line.account_id == on).mapped("balance")), 2)
            for on in (self.loss, self.tax_account)
        ]

    def test_credit_and_discount_together_settle_to_the_cent(self):
        self._policy((3, 10))
        for amount, left in ((1673.25, 0), (1700, 26.75), (2000, 326.75)):
            for credit in (self._credit(amount)._ar_term_lines(), self._on_account(amount)):
                with self.subTest(amount=amount, credit=credit.move_id.move_type):
                    invoice = self._invoice(1000, 500)  # 1,725 with two taxes, of which 51.75 are the discount
                    self._settle(invoice._ar_term_lines(), credit)
                    self.assertEqual((invoice.amount_residual, abs(credit.amount_residual)), (0, left))
                    self.assertEqual(self._discount_of(invoice), [45, 6.75])

    def test_in_euros_no_cent_of_either_currency_stays_open(self):
        euro = self.setup_other_currency(
            "EUR", rates=[(str(self.today - timedelta(60)), 2), (str(self.today - timedelta(1)), 3)]
        )
        self._policy((3, 10))
        invoice = self._invoice(1000, 333.33, days_ago=5, currency_id=euro.id)
        credit = self._credit(1600, currency_id=euro.id)
        self._settle(invoice._ar_term_lines(), credit._ar_term_lines())
        line = invoice._ar_term_lines()
        self.assertEqual((line.amount_residual, line.amount_residual_currency), (0, 0))
        self.assertEqual(self._open(credit), [99.74])  # 1,546.66 less 46.40 were needed

    def test_without_an_account_for_discounts_the_rest_stays_open(self):
        self._policy((2, 10))
        invoice, credit = self._invoice(1000), self._credit(980)
        self.env.company.account_journal_early_pay_discount_loss_account_id = False
        self._settle(invoice._ar_term_lines(), credit._ar_term_lines())
        self.assertEqual(self._open(invoice, credit), [20, 0])

    def test_a_payment_on_account_that_covers_all_keeps_a_discount_that_a_part_payment_ends(self):
        for policy in (True, False):
            with self.subTest(policy=policy):
                kept = self._policy((2, 10), partial_rule="lost") if policy else None
                term = self.net_30 if policy else self._native_term("included")
                invoice, earlier = self._invoice(1000, term=term), self._on_account(980)
                self._settle(invoice._ar_term_lines(), earlier)
                self.assertEqual((invoice.amount_residual, earlier.amount_residual), (0, 0))
                self.assertEqual(self._discount_of(invoice), [20, 0])
                if kept:
                    kept.active = False
