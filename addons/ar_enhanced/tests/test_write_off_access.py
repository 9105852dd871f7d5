from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .discount_common import DAY
from .write_off_common import WriteOffCase


@freeze_time(DAY + timedelta(60))
@tagged("post_install", "-at_install")
class TestWriteOffAccess(WriteOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls.items(cls.invoice(100))

    def test_a_reader_reads_and_does_nothing(self):
        write_off = self.proposal(self.item)
        self.assertEqual(write_off.with_user(self.reader).amount, 100)
        with self.assertRaises(AccessError):
            self.proposal(self.item, user=self.reader)
        with self.assertRaises(AccessError):
            self.item.move_id.with_user(self.reader).action_ar_propose_write_off()
        for action in ("action_submit", "action_approve", "action_refuse", "action_reverse", "action_back_to_draft"):
            with self.assertRaises(AccessError):
                getattr(write_off.with_user(self.reader), action)()

    def test_who_has_no_part_in_receivables_reads_nothing(self):
        write_off = self.proposal(self.item)
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        with self.assertRaises(AccessError):
            write_off.with_user(stranger).read(["amount"])

    def test_a_clerk_proposes_and_cannot_decide(self):
        write_off = self.proposal(self.item)
        self.assertEqual((write_off.state, write_off.proposed_by_id), ("waiting", self.clerk))
        for action in ("action_approve", "action_refuse", "action_reverse"):
            with self.assertRaises(AccessError):
                getattr(write_off, action)()
        with self.assertRaises(AccessError):
            write_off._refuse("Because")

    def test_a_credit_manager_who_may_not_book_refuses_but_does_not_approve(self):
        write_off = self.proposal(self.item).with_user(self.no_booker)
        self.assertFalse(write_off.can_approve)
        with self.assertRaisesRegex(AccessError, "may book entries"):
            write_off.action_approve()
        write_off._refuse("Sue him first")
        self.assertEqual(write_off.state, "refused")

    def test_nobody_approves_what_he_has_proposed(self):
        write_off = self.proposal(self.item, user=self.manager)
        self.assertFalse(write_off.can_approve)
        with self.assertRaisesRegex(UserError, "Another credit manager"):
            write_off.action_approve()
        with self.assertRaisesRegex(UserError, "Another credit manager"):
            (write_off + self.proposal(self.items(self.invoice(5)))).with_user(self.manager).action_approve()

    def test_a_decision_cannot_be_written(self):
        write_off = self.proposal(self.item, submit=False)
        for values in ({"state": "booked"}, {"proposed_by_id": self.manager.id}, {"decided_by_id": self.manager.id}):
            with self.assertRaises(AccessError):
                write_off.write(values)
        made = self.env["ar.write.off"].with_user(self.clerk).with_context(default_state="waiting")
        made = made.create({"partner_id": self.customer.id, "reason_id": self.reason.id, "state": "waiting"})
        self.assertEqual(made.state, "draft")

    def test_while_it_waits_only_the_booking_can_be_changed_and_by_the_approver_only(self):
        write_off = self.proposal(self.item)
        with self.assertRaises(UserError):
            write_off.tax_treatment = "net"
        with self.assertRaises(UserError):
            write_off.line_ids.amount = 1
        with self.assertRaises(UserError):
            write_off.with_user(self.manager).note = "Other"
        with self.assertRaises(UserError):
            write_off.with_user(self.manager).line_ids.amount = 1
        write_off.with_user(self.manager).tax_treatment = "net"
        self.assertEqual(write_off.tax_treatment, "net")

    def test_what_was_booked_stays(self):
        write_off = self.booked(self.item).with_user(self.manager)
        for change in (
            lambda: write_off.write({"date": DAY}),
            lambda: write_off.line_ids.write({"amount": 1}),
            write_off.line_ids.unlink,
            write_off.unlink,
            write_off.copy,
        ):
            with self.assertRaises(UserError):
                change()

    def test_the_one_in_charge_is_asked_and_done_with_the_decision(self):
        write_off = self.proposal(self.item).sudo()
        self.assertEqual(write_off.activity_ids.user_id, self.manager)
        write_off.with_user(self.manager).action_approve()
        self.assertFalse(write_off.activity_ids)

    def test_who_is_in_charge_and_proposes_is_not_asked(self):
        second = new_test_user(
            self.env,
            "second",
            "base.group_user,ar_enhanced.group_ar_manager,account.group_account_invoice",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        (self.env["res.users"].search([("id", "not in", (second + self.manager).ids)]) - self.env.user).write({})
        write_off = self.proposal(self.item, user=self.manager).sudo()
        self.assertTrue(write_off.activity_ids.user_id)
        self.assertNotIn(self.manager, write_off.activity_ids.user_id)

    def test_another_company_neither_sees_nor_decides(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        outsider = new_test_user(
            self.env,
            "outsider",
            "base.group_user,ar_enhanced.group_ar_manager,account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        write_off = self.proposal(self.item)
        self.assertFalse(self.env["ar.write.off"].with_user(outsider).search([("id", "=", write_off.id)]))
        self.assertFalse(self.env["ar.write.off.line"].with_user(outsider).search([("id", "=", write_off.line_ids.id)]))
        with self.assertRaises(AccessError):
            write_off.with_user(outsider).action_approve()

    def test_items_of_another_company_are_refused(self):
        other = self.setup_other_company()["company"]
        with self.assertRaisesRegex(ValidationError, "each company writes off its own"):
            self.proposal(self.item, user=self.env.user, company_id=other.id, currency_id=self.item.currency_id.id)
