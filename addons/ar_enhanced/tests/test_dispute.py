from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestDispute(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.clerk = new_test_user(cls.env, "clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.salesman = new_test_user(cls.env, "salesman", "base.group_user,base.group_partner_manager", **company)
        cls.values = {"move_id": cls.part_paid.id, "code_id": cls.env.ref("ar_enhanced.dispute_code_price").id}
        cls.dispute = cls.env["ar.dispute"].create(cls.values)

    def close(self, dispute, outcome, user=None):
        closing = Form(
            self.env["ar.dispute.close"]
            .with_user(user or self.clerk)
            .with_context(**dispute.with_user(user or self.clerk).action_close()["context"])
        )
        closing.outcome = outcome
        closing.resolution = "The price list says so."
        closing.save().action_close()

    def test_customer_company_and_amount_follow_from_the_invoice(self):
        self.assertEqual(self.dispute.partner_id, self.customer)
        self.assertEqual(self.dispute.company_id, self.env.company)
        self.assertEqual(self.dispute.amount, 200, "what is still open")
        self.assertEqual(self.dispute.opened_on, DAY)

    def test_the_outcome_decides_the_state(self):
        self.close(self.dispute, "justified")
        self.assertEqual((self.dispute.state, self.dispute.outcome), ("resolved", "justified"))
        self.assertEqual(self.dispute.closed_on, DAY)
        self.assertEqual(self.dispute.resolution, "The price list says so.")
        other = self.env["ar.dispute"].create({**self.values, "move_id": self.overdue.id})
        self.close(other, "unjustified")
        self.assertEqual((other.state, other.outcome), ("rejected", "unjustified"))

    def test_a_closed_one_can_be_opened_again(self):
        self.close(self.dispute, "justified")
        dispute = self.dispute.with_user(self.clerk)
        with self.assertRaises(ValidationError):
            dispute.amount = 1
        with self.assertRaises(ValidationError):
            dispute.unlink()
        dispute.action_reopen()
        self.assertEqual((dispute.state, dispute.outcome, dispute.closed_on), ("open", False, False))
        dispute.amount = 1

    def test_no_more_than_the_invoice_can_be_disputed(self):
        self.dispute.amount = self.part_paid.amount_total
        with self.assertRaisesRegex(ValidationError, "no more than that"):
            self.dispute.amount = self.part_paid.amount_total + 0.01

    def test_only_posted_customer_invoices_are_disputed(self):
        for invoice in (self.overdue.copy(), self.credit(self.invoice(30, due_days_ago=9), days_ago=1)):
            with self.subTest(invoice=invoice.move_type), self.assertRaises(ValidationError):
                self.env["ar.dispute"].create({**self.values, "move_id": invoice.id})

    def test_each_group_has_its_rights_and_no_more(self):
        self.assertTrue(self.dispute.with_user(self.reader).read(["amount"]))
        self.assertFalse(self.dispute.with_user(self.salesman).has_access("read"))
        for call in ("action_close", "action_reopen"):
            with self.subTest(call=call), self.assertRaises(AccessError):
                if call == "action_close":
                    self.close(self.dispute, "justified", self.reader)
                else:
                    self.dispute.with_user(self.reader).action_reopen()
        for vals in ({"state": "resolved"}, {"outcome": "justified"}, {"closed_on": DAY - timedelta(1)}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.dispute.with_user(self.clerk).write(vals)
            with self.subTest(create=vals), self.assertRaises(AccessError):
                self.env["ar.dispute"].with_user(self.clerk).create({**self.values, **vals})
        self.assertTrue(
            self.env["ar.dispute"].with_user(self.clerk).create({**self.values, "move_id": self.overdue.id})
        )

    def test_a_salesperson_opens_the_own_invoice_without_an_error(self):
        self.overdue.invoice_user_id = self.salesman
        self.salesman.group_ids += self.env.ref("account.group_account_invoice")
        self.overdue.with_user(self.salesman).read()
        self.assertTrue(self.overdue.with_user(self.salesman).get_views([(False, "form")]))
