from odoo.tests import tagged

from .test_portal_tour import PortalTourCase


class AgreementsTour(PortalTourCase):
    """A customer disputes one invoice, promises to pay another one, and pays a third in instalments."""

    def _tours(self):
        partner = self.birch
        self.start_tour("/my/receivables", "ar_portal_dispute", login="clerk")
        dispute = self.env["ar.dispute"].search([("partner_id", "=", partner.id)])
        self.assertEqual((dispute.amount, dispute.code_id.code, dispute.state), (190.0, "quality", "open"))
        dispute.sudo()._close("unjustified", "We have looked into it.")
        self.start_tour("/my/receivables", "ar_portal_promise", login="clerk")
        promise = self.env["ar.promise"].search([("partner_id", "=", partner.id)])
        self.assertEqual((promise.amount, promise.state), (2340.0, "open"))
        plan = self.env["ar.payment.plan"].search([("partner_id", "=", partner.id)])
        self.assertEqual((plan.total, len(plan.instalment_ids), plan.state), (1190.0, 2, "active"))


@tagged("post_install", "-at_install")
class TestAgreementsTourDesktop(AgreementsTour):
    def test_customer_disputes_promises_and_plans_at_a_desk(self):
        self._tours()


@tagged("post_install", "-at_install")
class TestAgreementsTourPhone(AgreementsTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_customer_disputes_promises_and_plans_on_a_phone(self):
        self._tours()
