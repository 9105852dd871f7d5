from odoo.tests import tagged

from .common import PortalAccountCase


class PortalTourCase(PortalAccountCase):
    """A customer with an overdue, a later and a paid invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._post(1190.0, due_in=-12)
        cls._post(2340.0, due_in=9)
        cls._pay_by_bank(cls._post(400.0, due_in=-30), 400.0)


@tagged("post_install", "-at_install")
class TestPortalTourDesktop(PortalTourCase):
    def test_customer_looks_at_the_account_at_a_desk(self):
        self.start_tour("/my/home", "ar_portal_receivables", login="clerk")

    def test_customer_reads_a_statement_at_a_desk(self):
        self.start_tour("/my/receivables", "ar_portal_statement", login="clerk")


@tagged("post_install", "-at_install")
class TestPortalTourPhone(PortalTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_customer_looks_at_the_account_on_a_phone(self):
        self.start_tour("/my/home", "ar_portal_receivables", login="clerk")

    def test_customer_reads_a_statement_on_a_phone(self):
        self.start_tour("/my/receivables", "ar_portal_statement", login="clerk")
