from odoo import fields
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from .web_client_common import WebClientCase


@tagged("post_install", "-at_install")
class TestCreditCardTour(AccountTestInvoicingHttpCommon, WebClientCase):
    def test_the_credit_page_shows_the_score_with_its_reasons(self):
        customer = self.make_customer()
        self.start_tour(f"/odoo/res.partner/{customer.id}", "ar_enhanced_credit_page", login=self.env.user.login)

    def test_the_dashboard_leads_to_the_customer_over_its_limit(self):
        self.make_customer().credit_limit = 1000
        self.start_tour("/odoo/credit-dashboard", "ar_enhanced_credit_dashboard", login=self.env.user.login)

    def make_customer(self):
        """Return a customer with a score, who owes 2,380: half of it for 46 days too long."""
        customer = self.env["res.partner"].create({"name": "Linden Optics", "is_company": True})
        today = fields.Date.today()
        for days_overdue in (46, -20):
            due = fields.Date.subtract(today, days=days_overdue)
            self._create_invoice_one_line(
                price_unit=1190,
                partner_id=customer.id,
                invoice_date=fields.Date.subtract(due, days=30),
                invoice_date_due=due,
                invoice_payment_term_id=False,
                post=True,
            )
        self.env["ar.credit.score"]._snapshot(customer)
        return customer
