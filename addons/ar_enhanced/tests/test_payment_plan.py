from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


class PlanCase(LedgerCase):
    """A company that grants four instalments of 50 at least in four months, a fifth of the total first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.write(
            {
                "ar_plan_max_instalments": 4,
                "ar_plan_max_months": 4,
                "ar_plan_min_instalment": 50,
                "ar_plan_first_percent": 20,
                "ar_plan_interval": "monthly",
                "ar_plan_default_days": 7,
                "ar_plan_default_missed": 2,
                "ar_plan_answer_days": 14,
            }
        )
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.clerk = new_test_user(cls.env, "clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.manager = new_test_user(cls.env, "manager", "ar_enhanced.group_ar_manager", **company)
        cls.salesman = new_test_user(cls.env, "salesman", "base.group_user,base.group_partner_manager", **company)

    @classmethod
    def items(cls, invoices):
        return invoices.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def plan(self, invoices=None, days=(0, 30, 60), amounts=None, user=None, **values):
        """A draft over the invoices; with ``amounts``, in instalments so many days after :data:`DAY`."""
        invoices = self.overdue if invoices is None else invoices
        if amounts:
            values["instalment_ids"] = [
                Command.create({"date": DAY + timedelta(day), "amount": amount})
                for day, amount in zip(days, amounts, strict=True)
            ]
        return (
            self.env["ar.payment.plan"]
            .with_user(user or self.clerk)
            .create({"move_line_ids": [Command.set(self.items(invoices).ids)], "first_date": DAY, **values})
        )

    def accept(self, plan, user=None, **values):
        form = Form(
            self.env["ar.payment.plan.accept"]
            .with_user(user or self.clerk)
            .with_context(**plan.with_user(user or self.clerk).action_accept()["context"])
        )
        for name, value in {"accepted_by": "Ada Linden", **values}.items():
            form[name] = value
        form.save().action_accept()

    def active(self, invoices=None, **values):
        plan = self.plan(invoices, **values)
        plan.action_propose()
        self.accept(plan)
        return plan

    def judge(self, plan, in_days):
        plan._judge(DAY + timedelta(in_days))
        return plan.state

    def pay_later(self, invoice, in_days, amount=None):
        return self.pay(invoice, days_ago=-in_days, amount=amount)


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPaymentPlan(PlanCase):
    def test_customer_company_currency_and_total_follow_from_the_items(self):
        plan = self.plan(self.part_paid)
        self.assertEqual((plan.partner_id, plan.company_id), (self.customer, self.env.company))
        self.assertEqual(plan.total, 200, "300 of 500 were paid before")
        in_euro = self.plan(self.open_in_euro)
        self.assertEqual((in_euro.currency_id, in_euro.total), (self.foreign, 640))

    def test_instalments_are_suggested_within_the_bounds_and_add_up(self):
        plan = self.plan()
        self.assertEqual(plan.instalment_ids.mapped("amount"), [297.5] * 4)
        self.assertEqual(
            [str(day) for day in plan.instalment_ids.mapped("date")],
            ["2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"],
        )
        self.assertTrue(plan.within_bounds)
        self.assertEqual(self.plan(self.part_paid).instalment_ids.mapped("amount"), [50] * 4)

    def test_a_form_suggests_anew_when_the_number_changes_and_says_what_is_beyond(self):
        action = self.contact.with_user(self.clerk).action_ar_payment_plan()
        form = Form(self.env["ar.payment.plan"].with_user(self.clerk).with_context(**action["context"]))
        self.assertEqual(len(form.instalment_ids), 4)
        form.instalment_count = 5
        self.assertEqual(len(form.instalment_ids), 5)
        self.assertIn("5 instalments; up to 4", form.breach_text)
        plan = form.save()
        self.assertEqual(plan.move_line_ids, self.items(self.overdue | self.part_paid), "what is overdue")
        self.assertEqual(sum(plan.instalment_ids.mapped("amount")), 1390)
        self.assertFalse(plan.within_bounds)
        with Form(plan) as form:
            form.instalment_count = 2
        self.assertEqual(plan.instalment_ids.mapped("amount"), [695] * 2)

    def test_within_the_bounds_it_starts_when_the_customer_accepts(self):
        plan = self.plan()
        due = self.overdue.invoice_date_due
        plan.action_propose()
        self.assertEqual((plan.state, plan.proposed_by_id), ("proposed", self.clerk))
        self.assertEqual(plan.answer_by, DAY + timedelta(14))
        self.accept(plan, channel="email")
        self.assertEqual((plan.state, plan.started_on), ("active", DAY))
        self.assertEqual((plan.accepted_by, plan.accepted_on, plan.accepted_channel), ("Ada Linden", DAY, "email"))
        self.assertEqual(self.overdue.invoice_date_due, due, "the ledger is left alone")

    def test_beyond_the_bounds_another_manager_has_to_approve(self):
        plan = self.plan(instalment_count=5, user=self.manager)
        plan.action_propose()
        self.accept(plan)
        self.assertEqual(plan.state, "proposed", "accepted, and not granted yet")
        with self.assertRaisesRegex(UserError, "Another credit manager"):
            plan.action_approve()
        with self.assertRaises(AccessError):
            plan.with_user(self.clerk).action_approve()
        other = new_test_user(
            self.env, "other", "ar_enhanced.group_ar_manager", company_ids=[Command.set(self.env.company.ids)]
        )
        self.assertTrue(plan.with_user(other).can_approve)
        self.assertFalse(plan.with_user(self.manager).can_approve)
        plan.with_user(other).action_approve()
        self.assertEqual((plan.state, plan.approved_by_id), ("active", other))

    def test_what_a_customer_asks_for_within_the_bounds_starts_at_once_and_else_waits_for_staff(self):
        for amounts, state in (((297.5,) * 4, "active"), ((238,) * 5, "proposed")):
            with self.subTest(amounts=amounts):
                plan = self.plan(amounts=amounts, days=range(0, 30 * len(amounts), 30)).sudo()
                plan.action_propose()
                plan._accept("Ada Linden", "portal", DAY, self.contact)
                self.assertEqual((plan.state, plan.accepted_contact_id), (state, self.contact))
                plan.action_cancel()

    def test_approved_first_it_starts_with_the_acceptance(self):
        plan = self.plan(instalment_count=5)
        plan.action_propose()
        plan.with_user(self.manager).action_approve()
        self.assertEqual(plan.state, "proposed")
        self.accept(plan)
        self.assertEqual(plan.state, "active")

    def test_taken_back_to_draft_it_has_to_be_agreed_again(self):
        plan = self.plan(instalment_count=5)
        plan.action_propose()
        plan.with_user(self.manager).action_approve()
        plan.action_back_to_draft()
        self.assertFalse(plan.approved_by_id)
        plan.action_propose()
        self.accept(plan)
        self.assertEqual(plan.state, "proposed")
        with self.assertRaisesRegex(ValidationError, "back to draft"):
            plan.instalment_ids[0].amount = 1
        with self.assertRaisesRegex(ValidationError, "back to draft"):
            plan.write({"instalment_ids": [Command.clear()]})

    def test_nobody_proposes_what_does_not_pay_the_total_or_lies_in_the_past(self):
        for amounts, days, words in (
            ((600, 589.99), (0, 30), "add up to"),
            ((600, 590), (-1, 30), "is past"),
        ):
            with self.subTest(words=words), self.assertRaisesRegex(ValidationError, words):
                self.plan(amounts=amounts, days=days).action_propose()

    def test_a_payment_between_draft_and_proposal_asks_for_new_instalments(self):
        plan = self.plan()
        self.pay(self.overdue, days_ago=0, amount=190)
        with self.assertRaisesRegex(ValidationError, "add up to"):
            plan.action_propose()
        plan.action_suggest()
        plan.action_propose()
        self.assertEqual((plan.total, sum(plan.instalment_ids.mapped("amount"))), (1000, 1000))

    def test_a_first_instalment_that_comes_before_the_acceptance_counts(self):
        plan = self.plan()
        plan.action_propose()
        self.pay(self.overdue, days_ago=0, amount=297.5)
        self.accept(plan)
        self.assertEqual(plan.instalment_ids[0].state, "paid")
        self.assertEqual((plan.paid, plan.open_amount, plan.progress), (297.5, 892.5, 25))

    def test_payments_cover_the_oldest_instalment_first(self):
        plan = self.active(amounts=(400, 400, 390))
        self.pay(self.overdue, days_ago=0, amount=500)
        self.assertEqual(self.judge(plan, 0), "active")
        self.assertEqual(plan.instalment_ids.mapped("state"), ["paid", "partly_paid", "open"])
        self.assertEqual(plan.next_date, DAY + timedelta(30))

    def test_it_fails_when_an_instalment_is_too_late_and_not_a_day_before(self):
        plan = self.active(amounts=(400, 400, 390))
        self.assertEqual(self.judge(plan, 7), "active")
        self.assertEqual((plan.instalment_ids[0].state, plan.late_amount), ("late", 400))
        self.assertEqual(self.judge(plan, 8), "defaulted")
        self.assertEqual(plan.settled_on, DAY + timedelta(8))
        self.assertIn("more than 7 days late", plan.default_text)
        self.assertEqual(plan.activity_ids.user_id, self.clerk, "somebody has to decide what comes next")

    def test_it_fails_when_two_instalments_are_late(self):
        self.env.company.ar_plan_default_days = 60
        plan = self.active(amounts=(400, 400, 390))
        self.assertEqual(self.judge(plan, 30), "active")
        self.assertEqual(self.judge(plan, 31), "defaulted")
        self.assertIn("2 instalments were late", plan.default_text)

    def test_rules_that_change_later_do_not_judge_a_plan_anew(self):
        plan = self.active(amounts=(400, 400, 390))
        self.env.company.ar_plan_default_days = 0
        self.assertEqual(self.judge(plan, 7), "active")

    def test_paid_in_time_it_is_kept_and_a_payment_that_comes_back_undoes_that(self):
        plan = self.active(amounts=(400, 400, 390))
        self.pay_later(self.overdue, 7)
        self.assertEqual(self.judge(plan, 6), "active", "not paid on that day")
        self.assertEqual(self.judge(plan, 8), "kept")
        self.assertEqual(plan.settled_on, DAY + timedelta(7))
        self.overdue.line_ids.remove_move_reconcile()
        self.assertEqual(self.judge(plan, 8), "defaulted")

    def test_what_is_paid_after_the_default_keeps_nothing(self):
        plan = self.active(amounts=(400, 400, 390))
        self.pay_later(self.overdue, 9)
        self.assertEqual(self.judge(plan, 9), "defaulted")
        self.assertEqual(plan.open_amount, 0)

    def test_a_late_matched_payment_that_came_in_time_heals_a_default(self):
        plan = self.active(amounts=(400, 400, 390))
        self.assertEqual(self.judge(plan, 10), "defaulted")
        self.pay_later(self.overdue, 5, amount=400)
        self.assertEqual(self.judge(plan, 10), "active")
        self.assertFalse(plan.settled_on or plan.default_reason)

    def test_what_was_agreed_after_a_default_is_not_undone_by_a_late_match(self):
        plan = self.active(amounts=(400, 400, 390))
        self.judge(plan, 10)
        promise = self.env["ar.promise"].create(
            {"move_ids": [Command.set(self.overdue.ids)], "amount": 100, "date": DAY + timedelta(20)}
        )
        self.pay_later(self.overdue, 5, amount=400)
        self.assertEqual(self.judge(plan, 10), "defaulted")
        promise.action_cancel()
        self.assertEqual(self.judge(plan, 10), "active")

    def test_a_credit_note_shortens_it_from_the_end(self):
        invoice = self.invoice(400, due_days_ago=5)
        plan = self.active(self.overdue | invoice, amounts=(600, 600, 390))
        self.credit(invoice, days_ago=0)
        self.assertEqual(self.judge(plan, 1), "active")
        self.assertEqual(plan.instalment_ids.mapped("state"), ["late", "open", "credited"])
        self.assertEqual(plan.instalment_ids.mapped("credited"), [0, 10, 390])
        self.assertEqual(plan.open_amount, 1190)

    def test_an_invoice_that_is_no_longer_posted_is_not_owed(self):
        invoice = self.invoice(400, due_days_ago=5)
        plan = self.active(self.overdue | invoice, amounts=(600, 600, 390))
        invoice.button_draft()
        self.assertEqual(self.judge(plan, 0), "active")
        self.assertEqual(plan.open_amount, 1190)
        self.overdue.button_draft()
        self.assertEqual(self.judge(plan, 0), "cancelled")

    def test_what_was_decided_stays_while_its_invoice_is_a_draft_again(self):
        plan = self.active(amounts=(400, 400, 390))
        self.judge(plan, 8)
        self.overdue.button_draft()
        self.assertEqual(self.judge(plan, 9), "defaulted")
        self.overdue.button_cancel()
        self.assertEqual(self.judge(plan, 9), "cancelled")

    def test_single_instalments_of_a_payment_term_are_planned_alone(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half now",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000,
            partner_id=self.customer.id,
            invoice_date=DAY - timedelta(60),
            invoice_payment_term_id=term.id,
            post=True,
        )
        first, second = self.items(invoice).sorted("date_maturity")
        plan = self.env["ar.payment.plan"].create({"move_line_ids": [Command.set(first.ids)], "first_date": DAY})
        self.assertEqual(plan.total, 500)
        plan.action_propose()
        self.accept(plan)
        self.env["ar.payment.plan"].create({"move_line_ids": [Command.set(second.ids)]}).action_propose()
        with self.assertRaisesRegex(ValidationError, "covers"):
            self.env["ar.promise"].create(
                {"move_ids": [Command.set(invoice.ids)], "amount": 100, "date": DAY + timedelta(20)}
            )

    def test_in_a_foreign_currency_it_is_judged_in_that_one(self):
        plan = self.active(self.open_in_euro, amounts=(400, 240), days=(0, 30))
        self.pay(self.open_in_euro, days_ago=0, amount=400)
        self.judge(plan, 0)
        self.assertEqual(plan.instalment_ids.mapped("paid"), [400, 0])

    def test_the_smallest_instalment_counts_at_the_rate_or_a_person_decides(self):
        least = self.env.company._ar_plan_policy(self.foreign, DAY).min_instalment
        self.assertEqual(least, 40, "0.8 of 50")
        self.foreign.rate_ids.unlink()
        plan = self.plan(self.open_in_euro, instalment_count=2)
        self.assertIn("no currency rate", plan.breach_text)
        self.assertFalse(plan.within_bounds)

    def test_an_item_stands_in_one_open_agreement(self):
        plan = self.active()
        with self.assertRaises(ValidationError):
            self.plan().action_propose()
        promise = {"move_ids": [Command.set(self.overdue.ids)], "amount": 100, "date": DAY}
        with self.assertRaises(ValidationError):
            self.env["ar.promise"].create(promise)
        plan.action_cancel()
        self.env["ar.promise"].create(promise)
        with self.assertRaises(ValidationError):
            self.plan().action_propose()

    def test_contradictions_are_refused(self):
        stranger = self.invoice(10, due_days_ago=3, partner=self.stranger)
        draft = self.overdue.copy()
        credit_note = self.credit(self.invoice(30, due_days_ago=9), days_ago=1)
        nothing = self.env["account.move"]
        for invoices in (self.overdue | stranger, self.overdue | self.open_in_euro, draft, credit_note, nothing):
            with self.subTest(invoices=invoices.mapped("name")), self.assertRaises(ValidationError):
                self.plan(invoices)
        with self.assertRaisesRegex(UserError, "Nothing is open any more"):
            self.plan(self.overdue | self.paid_in_parts).action_propose()
        with self.assertRaises(ValidationError):
            self.plan(instalment_count=-1)

    def test_a_plan_that_has_failed_already_does_not_start(self):
        plan = self.plan(amounts=(400, 400, 390))
        plan.action_propose()
        with freeze_time(DAY + timedelta(8)), self.assertRaisesRegex(UserError, "too late already"):
            self.accept(plan)

    def test_more_debt_than_planned_does_not_start(self):
        plan = self.plan(self.part_paid)
        plan.action_propose()
        self.part_paid.line_ids.remove_move_reconcile()
        with self.assertRaisesRegex(UserError, "more than is planned"):
            self.accept(plan)

    def test_a_merged_customer_takes_its_plans_along(self):
        plan = self.active()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.customer | self.stranger).ids, self.stranger
        )
        self.env.invalidate_all()
        self.assertEqual(plan.partner_id, self.stranger)
        self.assertEqual(plan.instalment_ids.partner_id, self.stranger)
        self.assertEqual(self.judge(plan, 8), "defaulted")

    def test_matching_a_payment_has_the_plan_judged_soon(self):
        triggers = self.env["ir.cron.trigger"]
        plans, promises = (self.env.ref(f"ar_enhanced.cron_judge_{kind}") for kind in ("plans", "promises"))
        self.active(amounts=(400, 400, 390))
        self.env["ar.promise"].create({"move_ids": [Command.set(self.part_paid.ids)], "amount": 100, "date": DAY})
        triggers.search([]).unlink()
        self.pay(self.not_due, days_ago=0)
        self.assertFalse(triggers.search([("cron_id", "in", (plans | promises).ids)]), "nothing is agreed on that one")
        self.pay(self.overdue, days_ago=0)
        self.assertEqual(triggers.search([("cron_id", "in", (plans | promises).ids)]).cron_id, plans)
        triggers.search([]).unlink()
        self.pay(self.part_paid, days_ago=0)
        self.assertEqual(triggers.search([("cron_id", "in", (plans | promises).ids)]).cron_id, promises)
        triggers.search([]).unlink()
        self.overdue.line_ids.remove_move_reconcile()
        self.assertEqual(triggers.search([("cron_id", "in", (plans | promises).ids)]).cron_id, plans)

    def test_the_nightly_run_judges_what_may_still_change(self):
        plan = self.active(amounts=(400, 400, 390))
        self.pay(self.overdue, days_ago=0)
        with self.enter_registry_test_mode():
            self.env.ref("ar_enhanced.cron_judge_plans").method_direct_trigger()
        self.assertEqual(plan.state, "kept")
        self.overdue.line_ids.remove_move_reconcile()
        with freeze_time(DAY + timedelta(91)):
            self.assertFalse(plan.search(plan._to_judge_domain(DAY + timedelta(91))) & plan)
        self.assertIn(plan, plan.search(plan._to_judge_domain(DAY + timedelta(90))))

    def test_plans_are_judged_in_a_constant_number_of_statements(self):
        plans = self.env["ar.payment.plan"]
        for _number in range(6):
            plans |= self.active(self.invoice(100, due_days_ago=3))
        plans._judge(DAY)

        def statements(judged):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            judged._judge(DAY)
            return self.env.cr.sql_log_count - before

        self.assertEqual(statements(plans[:1]), statements(plans))


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPaymentPlanFacts(PlanCase):
    """What reminders, the credit score, holds and the credit file learn of plans."""

    def planned_items(self, day=DAY):
        lines = self.env["account.move.line"]
        return {row[0] for row in self.env.execute_query(lines._ar_sql_plan_items(self.env.company, day))}

    def test_items_are_out_of_reminders_while_the_plan_lasts(self):
        plan = self.plan()
        self.assertFalse(self.planned_items())
        plan.action_propose()
        (item,) = self.items(self.overdue).ids
        self.assertEqual(self.planned_items(), {item})
        self.assertEqual(self.planned_items(DAY + timedelta(14)), {item})
        self.assertFalse(self.planned_items(DAY + timedelta(15)), "nobody has answered")
        self.assertFalse(self.planned_items(DAY - timedelta(1)))
        self.accept(plan)
        self.assertEqual(self.planned_items(DAY + timedelta(15)), {item})
        self.judge(plan, 8)
        self.assertFalse(self.planned_items(), "reminders go on")

    def test_instalments_that_are_due_are_told(self):
        plan = self.active(amounts=(400, 400, 390))
        self.pay(self.overdue, days_ago=0, amount=500)
        instalments = self.env["ar.payment.plan.instalment"]
        rows = self.env.execute_query_dict(instalments._ar_due_instalments(self.env.company, DAY + timedelta(31)))
        self.assertEqual(
            sorted((row["days"], row["open_amount"], row["state"]) for row in rows),
            [(-29, 390, "open"), (1, 300, "late")],
        )
        self.assertEqual({row["partner_id"] for row in rows}, {self.customer.id})
        plan.action_cancel()
        self.assertFalse(self.env.execute_query(instalments._ar_due_instalments(self.env.company, DAY)))

    def facts(self, in_days):
        company = self.env.company
        lines = self.env["account.move.line"]
        facts = lines._ar_payment_facts(self.customer.ids, company, DAY + timedelta(in_days))[self.customer.id]
        return facts.promises, facts.broken

    def test_a_default_counts_as_a_broken_promise_from_its_day_on(self):
        plan = self.active(amounts=(400, 400, 390))
        self.judge(plan, 8)
        self.assertEqual(self.facts(7), (0, 0))
        self.assertEqual(self.facts(8), (1, 1))

    def test_a_plan_that_was_kept_counts_as_a_kept_promise(self):
        plan = self.active(amounts=(400, 400, 390))
        self.pay(self.overdue, days_ago=0)
        self.judge(plan, 0)
        self.assertEqual(self.facts(1), (1, 0))

    def test_holds_see_what_is_open_of_a_plan_that_failed(self):
        plan = self.active(amounts=(400, 400, 390))
        self.assertFalse(self.customer._ar_broken_promises(self.env.company, DAY + timedelta(8)))
        self.judge(plan, 8)
        self.assertFalse(self.customer._ar_broken_promises(self.env.company, DAY + timedelta(7)))
        (broken,) = self.customer._ar_broken_promises(self.env.company, DAY + timedelta(10))[self.customer.id]
        self.assertEqual((broken.days, broken.amount), (3, 1190), "the first day of the default is the first day")

    def test_a_plan_that_failed_warns_while_something_of_it_is_open(self):
        plan = self.active(amounts=(400, 400, 390))
        self.judge(plan, 8)
        warnings = self.env["ar.credit.warning"]
        of_customer = [("partner_id", "=", self.customer.id), ("kind", "=", "broken_promise")]
        warnings._refresh(self.env.company, DAY + timedelta(9))
        self.assertIn("failed on 04/08/2025; $\xa00.00 came", warnings.search(of_customer).text)
        self.pay_later(self.overdue, 9)
        self.judge(plan, 9)
        warnings._refresh(self.env.company, DAY + timedelta(9))
        self.assertFalse(warnings.search(of_customer))

    def test_the_credit_file_tells_the_story(self):
        plan = self.active(amounts=(400, 400, 390))
        self.judge(plan, 8)
        events = (
            self.env["ar.credit.event"]
            .with_user(self.reader)
            .search([("partner_id", "=", self.customer.id), ("kind", "=", "plan")])
        )
        texts = "\n".join(events.sorted("id").mapped("text"))
        for words in ("Payment plan proposed: 3 instalments", "accepted by Ada Linden (By phone)", "Did not keep"):
            self.assertIn(words, texts)
        self.assertIn("more than 7 days late", texts)
        self.assertEqual(len(set(events.ids)), 3)


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPaymentPlanAccess(PlanCase):
    def test_a_reader_reads_and_a_salesperson_does_not(self):
        plan = self.active()
        self.assertTrue(plan.with_user(self.reader).read(["total", "breach_text", "move_line_ids"]))
        self.assertTrue(plan.instalment_ids.with_user(self.reader).read(["paid"]))
        self.assertFalse(plan.with_user(self.salesman).has_access("read"))
        self.assertFalse(plan.instalment_ids.with_user(self.salesman).has_access("read"))
        draft = self.plan(self.part_paid)
        for name in ("action_suggest", "action_propose", "action_back_to_draft", "action_cancel", "action_approve"):
            for user in (self.reader, self.salesman):
                with self.subTest(name=name, user=user.login), self.assertRaises(AccessError):
                    getattr(draft.with_user(user), name)()

    def test_nobody_decides_or_judges_by_hand(self):
        plan = self.plan()
        for vals in (
            {"state": "active"},
            {"within_bounds": True},
            {"approved_by_id": self.clerk.id},
            {"accepted_on": DAY},
            {"total": 1},
            {"default_days": 99},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                plan.write(vals)
            with self.subTest(create=vals), self.assertRaises(AccessError):
                self.plan(self.part_paid, **vals)
        plan.action_propose()
        plan.instalment_ids.flush_recordset()
        for vals in ({"state": "draft"}, {"proposed_by_id": False}, {"within_bounds": False}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                plan.write(vals)
        for vals in ({"paid": 10}, {"paid": 0}, {"state": "paid"}, {"state": "open"}, {"settled_on": DAY}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                plan.instalment_ids[0].write(vals)
        by_context = (
            self.env["ar.payment.plan"]
            .with_user(self.clerk)
            .with_context(default_state="active", default_accepted_on=DAY)
            .create({"move_line_ids": [Command.set(self.items(self.part_paid).ids)]})
        )
        self.assertEqual((by_context.state, by_context.accepted_on), ("draft", False))

    def test_what_was_proposed_stays_in_the_file(self):
        plan = self.active()
        with self.assertRaises(ValidationError):
            plan.unlink()
        with self.assertRaises(ValidationError):
            plan.instalment_ids[0].unlink()
        with self.assertRaises(ValidationError):
            plan.instalment_ids[0].date = DAY
        with self.assertRaises(ValidationError):
            plan.move_line_ids = False
        self.judge(plan, 8)
        with self.assertRaisesRegex(UserError, "is decided"):
            plan.action_cancel()
        self.plan(self.part_paid).unlink()
        taken_back = self.plan(self.part_paid)
        taken_back.action_propose()
        taken_back.action_back_to_draft()
        with self.assertRaises(ValidationError):
            taken_back.unlink()

    def test_two_who_click_at_once_do_not_both_decide(self):
        plan = self.plan()
        plan.action_propose()
        with self.assertRaisesRegex(UserError, "already"):
            plan.action_propose()

    def test_nobody_accepts_in_the_future_or_without_a_name(self):
        plan = self.plan()
        plan.action_propose()
        with self.assertRaisesRegex(UserError, "in the future"):
            self.accept(plan, accepted_on=DAY + timedelta(1))
        with self.assertRaisesRegex(UserError, "who accepted"):
            self.accept(plan, accepted_by="  ")

    def test_another_company_sees_none(self):
        plan = self.active()
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "outsider",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["ar.payment.plan"].with_user(outsider).search([("id", "=", plan.id)]))
        self.assertFalse(self.env["ar.payment.plan.instalment"].with_user(outsider).search([("plan_id", "=", plan.id)]))
        with self.assertRaises(AccessError):
            plan.with_user(outsider).action_cancel()

    def test_customers_and_invoices_count_their_plans(self):
        plan = self.active()
        self.assertEqual(self.contact.with_user(self.reader).ar_payment_plan_count, 1)
        self.assertEqual(self.overdue.with_user(self.reader).ar_payment_plan_count, 1)
        self.assertEqual(self.part_paid.with_user(self.reader).ar_payment_plan_count, 0)
        for record in (self.contact, self.overdue):
            domain = record.with_user(self.reader).action_ar_payment_plans()["domain"]
            self.assertEqual(self.env["ar.payment.plan"].search(domain), plan)
        action = self.part_paid.with_user(self.clerk).action_ar_payment_plan()
        self.assertEqual(action["context"]["default_move_line_ids"], self.items(self.part_paid).ids)
        self.salesman.group_ids += self.env.ref("account.group_account_readonly")
        self.assertTrue(self.overdue.with_user(self.salesman).get_views([(False, "form")]))
