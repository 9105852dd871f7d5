from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPromise(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.ar_promise_tolerance = 3

    def promise(self, invoices=None, amount=500, made_days_ago=20, due_days_ago=10, **values):
        return self.env["ar.promise"].create(
            {
                "move_ids": [Command.set((invoices or self.overdue).ids)],
                "amount": amount,
                "made_on": DAY - timedelta(made_days_ago),
                "date": DAY - timedelta(due_days_ago),
                **values,
            }
        )

    def judge(self, promise, day=DAY):
        promise._judge(day)
        return promise.state

    def test_customer_company_and_currency_follow_from_the_invoices(self):
        promise = self.promise(self.part_paid, amount=200)
        self.assertEqual(promise.partner_id, self.customer)
        self.assertEqual(promise.company_id, self.env.company)
        self.assertEqual(promise.tolerance_days, 3)
        self.assertEqual(promise.deadline, DAY - timedelta(7))
        self.assertEqual(self.promise(self.open_in_euro, 100).currency_id, self.foreign)
        self.contact.commercial_partner_id.parent_id = self.stranger
        self.contact.is_company = False
        self.customer.is_company = False
        self.env.flush_all()
        self.assertEqual(promise.partner_id, self.stranger, "a customer that moves takes its promises along")

    def test_a_payment_on_the_last_day_of_tolerance_keeps_it(self):
        promise = self.promise(amount=500)
        self.pay(self.overdue, days_ago=7, amount=500)
        self.assertEqual(self.judge(promise), "kept")
        self.assertEqual(promise.settled_on, DAY - timedelta(7))
        self.assertEqual(promise.received, 500)

    def test_a_payment_one_day_after_the_tolerance_does_not(self):
        promise = self.promise(amount=500)
        self.pay(self.overdue, days_ago=6, amount=500)
        self.assertEqual(self.judge(promise), "broken")
        self.assertEqual(promise.settled_on, DAY - timedelta(6))
        self.assertEqual(promise.received, 0)

    def test_a_payment_that_a_locked_period_has_moved_on_keeps_it_by_its_own_day(self):
        promise = self.promise(amount=500)
        self.env.company.fiscalyear_lock_date = DAY - timedelta(5)
        self.pay(self.overdue, days_ago=7, amount=500)
        line = self.overdue.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertGreater(line.matched_credit_ids.max_date, DAY - timedelta(5))
        self.assertEqual(self.judge(promise), "kept")
        self.assertEqual((promise.settled_on, promise.received), (DAY - timedelta(7), 500))

    def test_a_payment_before_the_promise_does_not_count(self):
        promise = self.promise(amount=500)
        self.pay(self.overdue, days_ago=21, amount=500)
        self.assertEqual(self.judge(promise), "broken")

    def test_a_part_in_time_keeps_it_partially(self):
        promise = self.promise(amount=500)
        self.pay(self.overdue, days_ago=10, amount=499.99)
        self.pay(self.overdue, days_ago=5, amount=600)
        self.assertEqual(self.judge(promise), "partially_kept")
        self.assertEqual(promise.received, 499.99)

    def test_it_is_open_on_the_last_day_and_broken_on_the_next(self):
        promise = self.promise(due_days_ago=3)
        self.assertEqual(self.judge(promise), "open")
        self.assertEqual(self.judge(promise, DAY + timedelta(1)), "broken")

    def test_it_is_kept_as_soon_as_the_money_came(self):
        promise = self.promise(due_days_ago=-10, made_days_ago=2, amount=1190)
        self.pay(self.overdue, days_ago=1)
        self.assertEqual(self.judge(promise), "kept")

    def test_payments_of_several_invoices_add_up(self):
        other = self.invoice(400, due_days_ago=50)
        promise = self.promise(self.overdue | other, amount=1000)
        self.pay(self.overdue, days_ago=12, amount=700)
        self.assertEqual(self.judge(promise), "partially_kept")
        self.pay(other, days_ago=11, amount=300)
        self.assertEqual(self.judge(promise), "kept")
        self.assertEqual(promise.received, 1000)

    def test_a_credit_note_is_no_payment_but_nothing_left_open_keeps_it(self):
        other = self.invoice(300, due_days_ago=50)
        promise = self.promise(other, amount=200)
        self.credit(other, days_ago=12)
        self.assertEqual(self.judge(promise), "kept")
        self.assertEqual(promise.received, 0)

    def test_money_matched_late_still_counts_by_its_own_date(self):
        promise = self.promise()
        self.assertEqual(self.judge(promise), "broken")
        self.pay(self.overdue, days_ago=8, amount=500)
        self.assertEqual(self.judge(promise), "kept")

    def test_money_that_comes_back_breaks_it_again(self):
        promise = self.promise(amount=1190)
        self.pay(self.overdue, days_ago=8)
        self.assertEqual(self.judge(promise), "kept")
        self.overdue.line_ids.remove_move_reconcile()
        self.assertEqual(self.judge(promise), "broken")

    def test_a_promise_on_an_invoice_that_is_no_longer_posted_is_cancelled(self):
        promise = self.promise()
        self.overdue.button_draft()
        self.assertEqual(self.judge(promise), "cancelled")

    def test_a_promise_in_a_foreign_currency_counts_in_it(self):
        promise = self.promise(self.open_in_euro, amount=640)
        self.pay(self.open_in_euro, days_ago=9)
        self.assertEqual(self.judge(promise), "kept")
        self.assertEqual(promise.received, 640)

    def test_the_nightly_run_judges_what_may_still_change(self):
        promise = self.promise()
        old = self.promise(self.part_paid, amount=10, made_days_ago=120, due_days_ago=110)
        cancelled = self.promise(self.due_today, amount=10)
        cancelled.action_cancel()
        old.sudo().state = "broken"  # what a run found a long time ago
        self.pay(self.part_paid, days_ago=107, amount=10)
        with self.enter_registry_test_mode():
            self.env.ref("ar_enhanced.cron_judge_promises").method_direct_trigger()
        self.assertEqual(promise.state, "broken")
        self.assertEqual(old.state, "broken", "more than 90 days after its deadline")
        self.assertEqual(cancelled.state, "cancelled")

    def test_contradictions_are_refused(self):
        stranger = self.invoice(10, due_days_ago=3, partner=self.stranger)
        draft = self.overdue.copy()
        for invoices in (self.overdue | stranger, self.overdue | self.open_in_euro, draft, self.env["account.move"]):
            with self.subTest(invoices=invoices.mapped("name")), self.assertRaises(ValidationError):
                self.env["ar.promise"].create(
                    {"move_ids": [Command.set(invoices.ids)], "amount": 1, "date": DAY, "made_on": DAY}
                )
        self.promise()
        with self.assertRaisesRegex(ValidationError, "covers"):
            self.promise(amount=1)

    def test_a_promise_is_noted_from_a_customer_for_what_is_overdue(self):
        action = self.contact.action_ar_promise()
        form = Form(self.env["ar.promise"].with_context(**action["context"]), "ar_enhanced.ar_promise_view_form")
        form.date = DAY + timedelta(5)
        promise = form.save()
        self.assertEqual(promise.move_ids, self.overdue | self.part_paid)
        self.assertEqual(promise.amount, 1390)
        self.assertEqual(promise.partner_id, self.customer)


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPromiseAccess(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.clerk = new_test_user(cls.env, "clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.salesman = new_test_user(cls.env, "salesman", "base.group_user,base.group_partner_manager", **company)
        cls.values = {"move_ids": [Command.set(cls.overdue.ids)], "amount": 100, "date": DAY}
        cls.promise = cls.env["ar.promise"].create(cls.values)

    def test_a_reader_reads_and_a_salesperson_does_not(self):
        self.assertTrue(self.promise.with_user(self.reader).read(["amount"]))
        self.assertFalse(self.promise.with_user(self.reader).has_access("write"))
        self.assertFalse(self.promise.with_user(self.salesman).has_access("read"))
        with self.assertRaises(AccessError):
            self.promise.with_user(self.reader).action_cancel()

    def test_a_clerk_makes_changes_and_cancels_but_does_not_judge(self):
        promise = self.promise.with_user(self.clerk)
        promise.amount = 90
        for vals in ({"state": "kept"}, {"state": "broken", "settled_on": DAY}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                promise.write(vals)
        with self.assertRaises(AccessError):
            self.env["ar.promise"].with_user(self.clerk).create({**self.values, "state": "kept"})
        promise.action_cancel()
        self.assertEqual(promise.state, "cancelled")
        self.assertTrue(self.env["ar.promise"].with_user(self.clerk).create(self.values))

    def test_what_is_decided_stays(self):
        promise = self.promise.with_user(self.clerk)
        promise.action_cancel()
        with self.assertRaises(ValidationError):
            promise.amount = 1
        with self.assertRaises(ValidationError):
            promise.action_cancel()
        with self.assertRaises(ValidationError):
            promise.unlink()

    def test_another_company_sees_none(self):
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "outsider",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["ar.promise"].with_user(outsider).search([("id", "=", self.promise.id)]))
