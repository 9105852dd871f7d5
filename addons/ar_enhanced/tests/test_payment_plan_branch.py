from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY
from .test_payment_plan import PlanCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPaymentPlanOnBranches(PlanCase):
    """A branch and its root company are one creditor: a plan is about items of both, and is the root company's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.env.company
        cls.branch = cls.env["res.company"].create({"name": "Branch", "parent_id": cls.root.id})
        cls.env.user.company_ids += cls.branch
        cls.env.cr.precommit.run()  # loads the chart of accounts of the branch
        only_there = {"company_id": cls.branch.id, "company_ids": [Command.set(cls.branch.ids)]}
        cls.local = new_test_user(cls.env, "local", "ar_enhanced.group_ar_clerk", **only_there)
        (cls.clerk | cls.manager).company_ids += cls.branch
        cls.here = cls.invoice(600, due_days_ago=40)
        cls.there = cls.invoice_there(400, due_days_ago=30)

    @classmethod
    def invoice_there(cls, amount, due_days_ago, **values):
        """An invoice of the branch."""
        due = DAY - timedelta(due_days_ago)
        move = (
            cls.env["account.move"]
            .with_company(cls.branch)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": cls.customer.id,
                    "invoice_date": due - timedelta(30),
                    "invoice_date_due": due,
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})],
                    **values,
                }
            )
        )
        move.action_post()
        return move

    def of_both(self, user=None):
        """A plan over an item of each, made by who works in both."""
        user = user or self.clerk
        companies = (self.root | self.branch).ids
        plan = self.env["ar.payment.plan"].with_user(user).with_context(allowed_company_ids=companies)
        return plan.create({"move_line_ids": [Command.set(self.items(self.here | self.there).ids)], "first_date": DAY})

    def started(self, plan):
        plan.action_propose()
        plan._accept("Ada Linden", "phone", DAY)
        return plan

    def paused(self, company, day=DAY):
        self.env.flush_all()
        query = self.env["account.move.line"]._ar_sql_plan_items(company, day)
        return {line_id for (line_id,) in self.env.execute_query(query)}

    def pay_there(self, amount=None):
        wizard = self.env["account.payment.register"].with_company(self.branch)
        wizard = wizard.with_context(active_model="account.move", active_ids=self.there.ids)
        return wizard.create({"payment_date": DAY, **({"amount": amount} if amount else {})})._create_payments()

    def test_it_is_the_root_companys_with_its_bounds(self):
        self.branch.write({"ar_plan_max_instalments": 1, "ar_plan_default_days": 90, "ar_plan_answer_days": 1})
        plan = self.of_both()
        self.assertEqual((plan.company_id, plan.total), (self.root, 1000))
        self.assertEqual((len(plan.instalment_ids), plan.within_bounds), (4, True))
        self.started(plan)
        self.assertEqual((plan.state, plan.default_days, plan.answer_by), ("active", 7, DAY + timedelta(14)))

    def test_a_branchs_items_alone_are_the_root_companys_plan_too(self):
        plan = self.plan(self.there)
        self.assertEqual((plan.company_id, plan.total), (self.root, 400))
        with self.assertRaisesRegex(ValidationError, "one customer"):
            self.plan(self.there | self.invoice(10, due_days_ago=3, partner=self.newcomer))

    def test_reminders_pause_for_the_items_of_both_whichever_is_asked(self):
        plan = self.of_both()
        self.assertFalse(self.paused(self.root))
        self.started(plan)
        both = set(self.items(self.here | self.there).ids)
        self.assertEqual(self.paused(self.root), both)
        self.assertEqual(self.paused(self.branch), both)
        plan.action_cancel()
        self.assertFalse(self.paused(self.root))

    def test_a_run_of_reminders_leaves_both_out(self):
        self.root.ar_reminder_fresh_days = 0
        self.started(self.of_both())
        run = self.env["ar.reminder.run"].sudo()._open(self.root)
        run._prepare()
        items = run.reminder_ids.item_ids.filtered(lambda item: item.move_id in self.here | self.there)
        self.assertEqual(items.mapped("code"), ["planned", "planned"])

    def test_payments_to_either_count(self):
        plan = self.started(self.of_both())
        self.pay_there()
        self.assertEqual(self.judge(plan, 0), "active")
        self.assertEqual((plan.paid, plan.open_amount), (400, 600))
        self.assertEqual(plan.instalment_ids.mapped("paid"), [250, 150, 0, 0])
        self.pay_later(self.here, 0)
        self.assertEqual(self.judge(plan, 0), "kept")

    def test_it_defaults_for_both_and_the_root_company_is_told(self):
        self.root.ar_credit_owner_id = self.manager
        plan = self.started(self.of_both())
        self.assertEqual(self.judge(plan, 7), "active")
        self.assertEqual(self.judge(plan, 8), "defaulted")
        self.assertEqual(plan.activity_ids.user_id, self.clerk)
        self.assertFalse(self.paused(self.root, DAY + timedelta(8)))

    def test_who_works_in_the_branch_alone_plans_its_items(self):
        plan = self.plan(self.there, user=self.local)
        plan.action_propose()
        plan._accept("Ada Linden", "phone", DAY)
        self.assertEqual((plan.state, plan.company_id, plan.total), ("active", self.root, 400))
        self.assertIn(plan, self.env["ar.payment.plan"].with_user(self.clerk).search([]))
        self.assertEqual(self.judge(plan, 8), "defaulted")

    def test_who_works_in_the_branch_alone_deals_with_all_of_a_plan(self):
        plan = self.of_both().with_user(self.local).with_context(allowed_company_ids=self.branch.ids)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((plan.total, plan.display_name.count("4 instalments")), (1000, 1))
        plan.read(["move_line_ids", "total", "breach_text"])
        plan.action_suggest()
        self.assertEqual((plan.total, sum(plan.instalment_ids.mapped("amount"))), (1000, 1000))
        plan.action_propose()
        plan._accept("Ada Linden", "phone", DAY)
        self.assertEqual((plan.state, plan.total), ("active", 1000))
        self.env.invalidate_all()
        self.pay_there()
        self.assertEqual(self.judge(plan, 0), "active")
        self.assertEqual(plan.paid, 400)

    def test_an_item_of_the_branch_is_in_one_open_agreement(self):
        self.started(self.of_both())
        with self.assertRaisesRegex(ValidationError, "covers"):
            self.started(self.plan(self.there, user=self.local))

    def test_the_customers_own_button_offers_what_both_are_owed(self):
        customer = self.customer.with_user(self.clerk).with_context(allowed_company_ids=(self.root | self.branch).ids)
        offered = customer.action_ar_payment_plan()["context"]["default_move_line_ids"]
        self.assertLessEqual(set(self.items(self.here | self.there).ids), set(offered))
        alone = self.customer.with_user(self.local).with_context(allowed_company_ids=self.branch.ids)
        self.assertEqual(alone.action_ar_payment_plan()["context"]["default_move_line_ids"], self.items(self.there).ids)
