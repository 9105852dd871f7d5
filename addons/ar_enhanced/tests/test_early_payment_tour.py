from odoo import Command, fields
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from .web_client_common import WebClientCase


@tagged("post_install", "-at_install")
class TestEarlyPaymentTour(AccountTestInvoicingHttpCommon, WebClientCase):
    def test_a_discount_is_seen_on_the_invoice_and_taken_when_the_payment_is_registered(self):
        customer = self.env["res.partner"].create({"name": "Linden Optics", "is_company": True})
        self.env["ar.discount.policy"].create(
            {
                "name": "Pay early",
                "applies_to": "customer",
                "partner_ids": [Command.set(customer.ids)],
                "tier_ids": [Command.create({"percent": 2, "days": 10})],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000,
            partner_id=customer.id,
            tax_ids=[],
            invoice_date=fields.Date.today(),
            invoice_payment_term_id=self.env.ref("account.account_payment_term_30days").id,
            post=True,
        )
        self.start_tour(
            f"/odoo/action-account.action_move_out_invoice/{invoice.id}",
            "ar_enhanced_early_payment",
            login=self.env.user.login,
        )
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(sum(invoice.ar_discount_offer_ids.taken_line_ids.mapped("balance")), 20)
