from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from .web_client_common import WebClientCase


@tagged("post_install", "-at_install")
class TestCollectionDeskTour(AccountTestInvoicingHttpCommon, WebClientCase):
    """A clerk's day on the desk, in a browser: Linden Optics owes 2,000 on four invoices, Small Debtor 10."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.clerk = new_test_user(cls.env, "desk_tour_clerk", "account.group_account_invoice", **company)
        cls.chief = new_test_user(cls.env, "desk_tour_chief", "account.group_account_manager", **company)
        cls.customer, cls.small = cls.env["res.partner"].create(
            [{"name": "Linden Optics", "is_company": True, "phone": "+32 123 45"}, {"name": "Small Debtor"}]
        )
        today = fields.Date.context_today(cls.clerk)
        for partner, amount, days in (
            (cls.customer, 1000, 40),
            (cls.customer, 500, 35),
            (cls.customer, 300, 20),
            (cls.customer, 200, 15),
            (cls.small, 10, 20),
        ):
            due = fields.Date.subtract(today, days=days)
            cls._create_invoice_one_line(
                price_unit=amount,
                partner_id=partner.id,
                invoice_date=fields.Date.subtract(due, days=30),
                invoice_date_due=due,
                invoice_payment_term_id=False,
                post=True,
            )
        cls.env["ar.collection.account"]._refresh(cls.env.company, (cls.customer | cls.small).ids)

    def tour(self, name, user=None, url="/odoo/collections-desk"):
        self.start_tour(url, f"ar_enhanced_desk_{name}", login=(user or self.clerk).login)
        self.env.invalidate_all()
        return self.env["ar.collection.account"].search([("partner_id", "=", self.customer.id)])

    def test_a_call_is_logged_and_the_customer_waits_for_the_next_one(self):
        account = self.tour("call")
        self.assertEqual(account.contact_ids.result, "call_back")
        self.assertEqual(account.contact_ids.user_id, self.clerk)
        self.assertEqual(account.state, "waiting")

    def test_a_promise_a_dispute_and_a_plan_are_noted_from_the_desk(self):
        account = self.tour("agree")
        self.assertEqual(account.promise_ids.amount, 1000)
        self.assertEqual(account.dispute_ids.amount, 500)
        self.assertEqual(account.plan_ids.total, 500)
        self.assertEqual(account.collectable, 0)

    def test_a_hand_over_is_prepared_and_decided(self):
        self.env["ar.agency"].create({"partner_id": self.small.copy({"name": "Agency", "email": "a@b.test"}).id})
        account = self.tour("hand_over", self.chief)
        self.assertEqual(account.collectable, 0)
        self.assertTrue(account.is_on_hold)

    def test_a_write_off_is_proposed_by_one_and_approved_by_another(self):
        reason = self.env["ar.write.off.reason"]._default()
        reason.with_company(self.env.company).account_id = self.company_data["default_account_expense"].copy()
        self.tour("write_off")
        write_off = self.env["ar.write.off"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(write_off.proposed_by_id, self.clerk)
        self.assertFalse(self.tour("approve", self.chief, f"/odoo/ar.write.off/{write_off.id}"))
        self.assertEqual(write_off.state, "booked")
