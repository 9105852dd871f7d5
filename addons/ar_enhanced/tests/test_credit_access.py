from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase

FIGURES = ("ar_credit_score_id", "ar_credit_level", "ar_credit_score", "ar_ageing", "ar_credit_card")


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditAccess(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.collector = new_test_user(cls.env, "collector", "ar_enhanced.group_ar_user", **company)
        cls.salesman = new_test_user(cls.env, "salesman", "base.group_user,base.group_partner_manager", **company)
        cls.portal_user = new_test_user(cls.env, "portal_customer", "base.group_portal", **company)
        cls.portal_user.sudo().partner_id.parent_id = cls.customer
        cls.credit_score = cls.env["ar.credit.score"]._snapshot(cls.customer)

    def test_a_collector_reads_scores_ageing_and_invoices(self):
        customer = self.customer.with_user(self.collector)
        self.assertEqual(customer.ar_credit_score_id, self.credit_score)
        self.assertEqual(customer.ar_credit_card["level"], self.credit_score.level)
        self.assertTrue(customer.ar_ageing)
        self.assertTrue(self.overdue.with_user(self.collector).read(["name"]))

    def test_a_collector_writes_nothing(self):
        for record in (self.credit_score, self.overdue):
            self.assertFalse(record.with_user(self.collector).has_access("write"))
        self.assertFalse(self.credit_score.with_user(self.collector).has_access("create"))
        self.assertFalse(self.credit_score.with_user(self.collector).has_access("unlink"))
        with self.assertRaises(AccessError):
            self.customer.with_user(self.collector).action_compute_credit_score()

    def test_a_credit_manager_refreshes(self):
        manager = new_test_user(
            self.env,
            "credit_manager",
            "ar_enhanced.group_ar_manager",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        self.pay(self.overdue, days_ago=0)
        self.assertTrue(self.customer.with_user(manager).action_compute_credit_score())
        self.assertNotEqual(self.customer.ar_credit_score_id, self.credit_score)

    def test_salespeople_and_portal_users_read_no_figures(self):
        for user in (self.salesman, self.portal_user):
            customer = self.customer.with_user(user)
            self.assertTrue(customer.name)
            for figure in FIGURES:
                with self.subTest(user=user.login, figure=figure), self.assertRaises(AccessError):
                    customer.read([figure])
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.credit_score.with_user(user).read(["score"])
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                customer.search([("ar_credit_level", "=", "a")])

    def test_open_items_are_those_that_the_user_may_read(self):
        with self.assertRaises(AccessError):
            self.customer.with_user(self.salesman)._ar_open_items(self.env.company)
        outsider = self.customer.with_user(self.salesman).sudo()
        self.assertTrue(outsider._ar_open_items(self.env.company))

    def test_scores_of_another_company_are_not_visible(self):
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "outsider",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["ar.credit.score"].with_user(outsider).search([("id", "=", self.credit_score.id)]))
        customer = self.customer.with_user(outsider).with_company(other)
        self.assertFalse(customer.ar_credit_score_id)
        self.assertFalse(customer.ar_ageing)

    def test_odoos_invoicing_groups_bring_the_rights(self):
        for group, is_manager in (
            ("account.group_account_invoice", False),
            ("account.group_account_readonly", False),
            ("account.group_account_manager", True),
        ):
            with self.subTest(group=group):
                user = new_test_user(self.env, group.replace(".", "_"), group)
                self.assertTrue(user.has_group("ar_enhanced.group_ar_user"))
                self.assertEqual(user.has_group("ar_enhanced.group_ar_manager"), is_manager)
