from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY
from .test_credit_hold import HoldCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditHoldAccess(HoldCase):
    """Who sees a hold, who asks, who releases, and who makes rules."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: new_test_user(
                cls.env,
                f"hold_access_{name}",
                group,
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for name, group in (
                ("reader", "ar_enhanced.group_ar_user"),
                ("clerk", "ar_enhanced.group_ar_clerk"),
                ("internal", "base.group_user"),
                ("portal", "base.group_portal"),
            )
        }
        cls.limit_rule = cls.rule("utilisation", 100)
        cls.hold = cls.customer.with_user(cls.clerk)._ar_place_hold("Insolvent").sudo(False).with_user(cls.env.user)

    def test_readers_and_clerks_read_holds_and_change_none(self):
        for name in ("reader", "clerk"):
            hold = self.hold.with_user(self.users[name])
            with self.subTest(user=name):
                self.assertIn("Insolvent", hold.reason_text)
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(hold.has_access(operation))
                self.assertFalse(self.limit_rule.with_user(self.users[name]).has_access("write"))
                with self.assertRaises(AccessError):
                    hold.action_release("Please")
                with self.assertRaises(AccessError):
                    hold.action_end()
                self.assertFalse(self.env["ar.credit.hold.release"].with_user(self.users[name]).has_access("create"))

    def test_only_clerks_put_on_hold(self):
        for name in ("reader", "internal", "portal"):
            with self.subTest(user=name), self.assertRaises(AccessError):
                self.partner_a.with_user(self.users[name])._ar_place_hold("Because")
        self.partner_a.with_user(self.users["clerk"])._ar_place_hold("Because")
        self.assertTrue(self.partner_a.ar_credit_hold)

    def test_others_learn_that_a_customer_is_held_and_no_more(self):
        customer = self.customer.with_user(self.users["internal"])
        customer.invalidate_recordset()
        self.assertTrue(customer.ar_credit_hold)
        self.assertNotIn("Insolvent", customer.ar_credit_hold_reason)
        self.assertIn(customer, customer.search([("ar_credit_hold", "=", True)]))
        for name in ("internal", "portal"):
            hold = self.hold.with_user(self.users[name])
            with self.subTest(user=name), self.assertRaises(AccessError):
                hold.read(["reasons"])
            with self.subTest(user=name), self.assertRaises(AccessError):
                self.limit_rule.with_user(self.users[name]).read(["threshold"])
            with self.subTest(user=name), self.assertRaises(AccessError):
                self.limit_rule.with_user(self.users[name]).action_simulate()

    def test_nobody_asks_about_a_document_that_is_not_theirs_to_read(self):
        invoice = self.draft(100)
        with self.refused():
            invoice.action_post()
        request = self.env["ar.credit.hold.request"].with_user(self.users["internal"])
        with self.assertRaises(AccessError):
            request.create({"res_model": "account.move", "res_ids": invoice.ids}).action_ask()
        with self.assertRaises(AccessError):
            self.env["ar.credit.hold.request"].with_user(self.users["portal"]).create(
                {"res_model": "account.move", "res_ids": invoice.ids}
            )

    def test_holds_and_rules_of_another_company_are_not_visible(self):
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "hold_outsider",
            "ar_enhanced.group_ar_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.hold.with_user(outsider).search([("id", "=", self.hold.id)]))
        self.assertFalse(self.limit_rule.with_user(outsider).search([("id", "=", self.limit_rule.id)]))
        with self.assertRaises(AccessError):
            self.hold.with_user(outsider).action_release("Not mine")
        self.assertFalse(self.customer.with_user(outsider).with_company(other).ar_credit_hold)
