from odoo.tests import tagged

from .test_online_payment import OnlinePaymentCase


class DiscountTourCase(OnlinePaymentCase):
    """A customer with two discounted invoices."""

    def _take_the_discount(self):
        self._policy((3, 10), (2, 20))
        invoices = [self._invoice(1000, days_ago=days) for days in (0, 15)]
        self.start_tour("/my/receivables", "ar_portal_discount", login="clerk")
        self._assert_settled(*invoices)
        payment = self.env["account.payment"].search([("partner_id", "=", self.birch.id)])
        self.assertEqual(payment.amount, 1950)
        self.assertEqual(self._booked(payment, self.loss), [50.0])


@tagged("post_install", "-at_install")
class TestDiscountTourDesktop(DiscountTourCase):
    def test_a_discount_is_seen_and_taken_at_a_desk(self):
        self._take_the_discount()


@tagged("post_install", "-at_install")
class TestDiscountTourPhone(DiscountTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_discount_is_seen_and_taken_on_a_phone(self):
        self._take_the_discount()
