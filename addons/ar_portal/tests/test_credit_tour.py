from odoo.tests import tagged

from .test_payment_request import RequestCase


class CreditTourCase(RequestCase):
    """A customer with five invoices, a credit note and a discount on the largest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner.bank"].create(
            {"acc_number": "DE02120300000000202051", "partner_id": cls.env.company.partner_id.id}
        )
        cls._policy((2, 10))
        amounts = {1000: 0, 500: 20, 250: 19, 80: 18, 70: 17}
        cls.invoices = {amount: cls._invoice(amount, days_ago=days) for amount, days in amounts.items()}

    def _pay_three_of_five(self):
        credit = self._credit(300)
        self.start_tour("/my/receivables", "ar_portal_credit", login="clerk")
        self.assertEqual(self._open(*self.invoices.values()), [0, 0, 150, 80, 70])
        self.assertEqual(self._open(credit), [0])
        payment = self.env["account.payment"].search([("partner_id", "=", self.birch.id)])
        self.assertEqual((payment.amount, self._booked(payment, self.loss)), (1280, [20]))
        self.assertEqual(self.env["ar.dispute"].sudo().search([("partner_id", "=", self.birch.id)]).amount, 150)

    def _announce_a_transfer(self):
        self.start_tour("/my/receivables", "ar_portal_transfer", login="clerk")

    def _pay_by_link(self):
        asked = self._request(self.invoices[1000], self.invoices[500])
        self.start_tour(asked.link.removeprefix(self.base_url()), "ar_portal_request", login=None)
        self.assertEqual(self._open(*self.invoices.values()), [0, 0, 250, 80, 70])


@tagged("post_install", "-at_install")
class TestCreditTourDesktop(CreditTourCase):
    def test_three_of_five_are_paid_with_a_credit_a_discount_and_a_dispute_at_a_desk(self):
        self._pay_three_of_five()

    def test_a_transfer_is_announced_at_a_desk(self):
        self._announce_a_transfer()

    def test_a_link_is_paid_at_a_desk(self):
        self._pay_by_link()


@tagged("post_install", "-at_install")
class TestCreditTourPhone(CreditTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_three_of_five_are_paid_with_a_credit_a_discount_and_a_dispute_on_a_phone(self):
        self._pay_three_of_five()

    def test_a_transfer_is_announced_on_a_phone(self):
        self._announce_a_transfer()

    def test_a_link_is_paid_on_a_phone(self):
        self._pay_by_link()
