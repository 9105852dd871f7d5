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
