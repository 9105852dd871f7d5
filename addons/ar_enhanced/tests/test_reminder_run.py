from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import format_date

from .common import DAY
from .reminder_common import NOON, ReminderCase


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestReminderRun(ReminderCase):
    def test_a_first_run_starts_each_item_at_the_step_its_age_deserves(self):
        steps = {days: self.debt(100 + days, days=days) for days in (-6, -5, 0, 1, 9, 10, 24, 25)}
        run = self.prepare()
        found = {days: self.item_of(run, invoice).step_days for days, invoice in steps.items()}
        self.assertEqual(found, {-6: 0, -5: -5, 0: -5, 1: 1, 9: 1, 10: 10, 24: 10, 25: 25})
        self.assertFalse(self.item_of(run, steps[-6]))
        reminder = self.of(run)
        self.assertEqual(reminder.step_id.days, 25, "the highest step of its items")
        self.assertEqual(reminder.amount, 569, "what is overdue, and nothing that will be")
        self.assertEqual((reminder.days, reminder.item_count, reminder.state), (25, 7, "prepared"))

    def test_a_list_tells_when_the_item_was_due_that_has_reached_the_step(self):
        self.debt(100, days=24)
        run = self.prepare()
        self.assertEqual(self.of(run).due_text, "24 days overdue")
        self.send(run)
        run.state = "done"
        later = DAY + timedelta(days=6)
        self.debt(50, days=-8)
        self.policy.step_ids.filtered(lambda step: step.days > 10).unlink()
        run = self.prepare(later)
        reminder = self.of(run)
        self.assertEqual((reminder.step_id.days, reminder.amount), (-5, 50), "what is overdue isn't due soon")
        self.assertEqual(reminder.due_text, "due in 2 days")
        run.state = "cancelled"
        self.debt(30, days=6)
        reminder = self.of(self.prepare(later))
        self.assertEqual((reminder.step_id.days, reminder.days), (10, 30), "it asks for the old item, too")
        self.assertEqual(reminder.due_text, "12 days overdue")
        words = [reminder._due_words(days) for days in (1, 0, -1)]
        self.assertEqual(words, ["1 day overdue", "due today", "due tomorrow"])
        self.assertIn(format_date(self.env, later), run.display_name)

    def test_a_customer_gets_one_message_per_currency_by_the_channel_of_its_highest_step(self):
        recent, called = self.debt(days=12), self.debt(days=45)
        self.debt(days=3, currency_id=self.foreign.id)
        run = self.prepare()
        found = run.reminder_ids.filtered(lambda reminder: reminder.partner_id == self.debtor)
        own = self.env.company.currency_id.name
        self.assertEqual(
            {(reminder.currency_id.name, reminder.channel, reminder.step_id.days) for reminder in found},
            {(own, "call", 40), ("EUR", "email", 1)},
        )
        self.assertEqual(self.of(run).item_ids.move_id, recent | called)
        self.assertEqual(self.item_of(run, recent).step_days, 10, "it goes on from its own step")

    def test_credits_and_unapplied_payments_are_netted(self):
        old, new = self.debt(100, days=30), self.debt(60, days=2)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.debtor.id,
                "amount": 100,
                "date": DAY,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        run = self.prepare()
        self.assertEqual(self.item_of(run, old).code, "netted")
        self.assertEqual((self.of(run).amount, self.of(run).step_id.days), (60, 1))
        self.assertFalse(self.item_of(run, new).code)
        credit_note = self._reverse_invoice(new, date=DAY, post=True)
        lines = (new | credit_note).line_ids
        lines.remove_move_reconcile()
        run.action_prepare_again()
        self.assertEqual((self.of(run).state, self.of(run).code), ("left_out", "netted"))

    def test_only_the_disputed_part_is_left_out(self):
        invoice = self.debt(100)
        code = self.env["ar.dispute.code"].search([], limit=1)
        dispute = self.env["ar.dispute"].create({"move_id": invoice.id, "code_id": code.id, "amount": 60})
        run = self.prepare()
        item = self.item_of(run, invoice)
        self.assertEqual((item.code, item.amount, item.paused, item.pause_code), (False, 40, 60, "disputed"))
        self.assertEqual(self.of(run).amount, 40)
        dispute.amount = 100
        run.action_prepare_again()
        self.assertEqual((self.of(run).state, self.of(run).code), ("left_out", "disputed"))
        dispute._close("unjustified", "No")
        run.action_prepare_again()
        self.assertEqual((self.of(run).state, self.of(run).amount), ("prepared", 100))

    def test_a_promise_pauses_until_its_deadline_and_not_a_day_longer(self):
        invoice = self.debt(100)
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(invoice.ids)],
                "amount": 100,
                "made_on": DAY - timedelta(9),
                "date": DAY - timedelta(3),
                "tolerance_days": 3,
            }
        )
        self.assertEqual(promise.deadline, DAY)
        self.assertEqual(self.of(self.prepare()).code, "promised")
        self.runs.search([]).action_cancel()
        promise.tolerance_days = 2
        self.assertEqual(self.of(self.prepare()).state, "prepared")

    def test_a_promise_pauses_the_oldest_instalments_up_to_its_amount(self):
        first, second = self.debt(100, days=12), self.debt(100, days=11)
        self.env["ar.promise"].create(
            {
                "move_ids": [Command.set((first | second).ids)],
                "amount": 130,
                "made_on": DAY - timedelta(9),
                "date": DAY + timedelta(3),
            }
        )
        run = self.prepare()
        self.assertEqual((self.item_of(run, first).code, self.item_of(run, first).paused), ("promised", 100))
        self.assertEqual((self.item_of(run, second).code, self.item_of(run, second).amount), (False, 70))

    def test_what_is_excluded_from_follow_up_is_left_out(self):
        invoice, other = self.debt(100), self.debt(50)
        invoice.no_followup = True
        run = self.prepare()
        self.assertEqual(self.item_of(run, invoice).code, "no_followup")
        self.assertEqual((self.of(run).amount, self.item_of(run, other).code), (50, False))

    def test_what_is_in_a_payment_plan_is_left_out_from_its_proposal_on(self):
        invoice, other = self.debt(100), self.debt(50)
        plan = self.env["ar.payment.plan"].create(
            {
                "move_line_ids": [
                    Command.set(invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable").ids)
                ],
                "first_date": DAY + timedelta(5),
            }
        )
        plan.action_suggest()
        self.assertFalse(self.item_of(self.prepare(), invoice).code)
        self.runs.search([]).action_cancel()
        plan.action_propose()
        run = self.prepare()
        self.assertEqual(self.item_of(run, invoice).code, "planned")
        self.assertEqual((self.of(run).amount, self.item_of(run, other).code), (50, False))

    def test_what_an_agency_collects_is_left_out_until_it_is_recalled(self):
        invoice, other = self.debt(100), self.debt(50)
        bureau = self.env["res.partner"].create({"name": "Inkasso Nord", "email": "desk@nord.example"})
        self.env["ar.agency"].create({"partner_id": bureau.id})
        case = self.env["ar.agency.case"].browse(invoice.action_ar_hand_over()["res_id"])
        case.agency_id = self.env["ar.agency"].search([("partner_id", "=", bureau.id)])
        case.action_hand_over()
        run = self.prepare()
        self.assertEqual(self.item_of(run, invoice).code, "handed_over")
        self.assertEqual((self.of(run).amount, self.item_of(run, other).code), (50, False))

    def test_a_paused_customer_gets_nothing_up_to_the_last_day(self):
        self.debt(100)
        self.debtor.ar_reminder_pause_until = DAY
        self.assertEqual(self.of(self.prepare()).code, "paused")
        self.runs.search([]).action_cancel()
        self.debtor.ar_reminder_pause_until = DAY - timedelta(1)
        self.assertEqual(self.of(self.prepare()).state, "prepared")

    def test_a_receipt_that_could_be_the_customers_holds_the_reminder(self):
        self.debt(100)
        self.env["res.partner.bank"].create({"acc_number": "DE89 3704 0044 0532 0130 00", "partner_id": self.debtor.id})
        contact = self.env["res.partner"].create({"name": "Bea", "parent_id": self.debtor.id})
        cases = {
            "his contact": {"partner_id": contact.id},
            "his account": {"account_number": "DE89370400440532013000"},
            "his name": {"partner_name": " DEBTOR "},
        }
        for why, values in cases.items():
            with self.subTest(why):
                line = self.receipt(**values)
                run = self.prepare()
                self.assertEqual((self.of(run).state, self.of(run).code), ("left_out", "receipt"))
                run.action_cancel()
                line.unlink()
        self.receipt(partner_name="Somebody else")
        self.receipt(amount=-100, partner_id=self.debtor.id)
        self.assertEqual(self.of(self.prepare()).state, "prepared")

    def test_no_run_while_the_bank_data_is_too_old(self):
        company = self.env.company
        company.ar_reminder_fresh_days = 3
        self.env["account.bank.statement.line"].search([("company_id", "=", company.id)]).unlink()
        with self.assertRaisesRegex(UserError, "No bank transactions"):
            self.runs.action_prepare()
        line = self.receipt(amount=-5, date=DAY - timedelta(4))
        with self.assertRaisesRegex(UserError, "4 days ago"):
            self.runs.action_prepare()
        line.date = DAY - timedelta(3)
        self.assertTrue(self.runs.action_prepare()["res_id"])

    def test_small_amounts_are_left_alone_up_to_the_minimum(self):
        self.policy.min_amount = 50
        self.debt(49.99)
        run = self.prepare()
        self.assertEqual((self.of(run).state, self.of(run).code), ("left_out", "too_small"))
        self.debt(0.01, days=2)
        run.action_prepare_again()
        self.assertEqual(self.of(run).state, "prepared")

    def test_a_score_moves_the_steps(self):
        self.policy.earlier_days = 4
        invoice = self.debt(100, days=6)
        self.assertEqual(self.of(self.prepare()).step_id.days, 1)
        self.runs.search([]).action_cancel()
        score = self.env["ar.credit.score"]._snapshot(self.debtor)
        self.env.cr.execute("UPDATE ar_credit_score SET level = 'e' WHERE id = %s", [score.id])
        self.assertEqual(self.item_of(self.prepare(), invoice).step_days, 10)

    def test_the_customers_own_policy_goes_before_the_first_that_fits(self):
        self.debt(100)
        step = {"days": 3, "channel": "call"}
        persons = self.policy.create(
            {"name": "Persons", "sequence": 1, "kind": "person", "step_ids": [Command.create(step)]}
        )
        abroad = self.policy.create(
            {
                "name": "Abroad",
                "sequence": 2,
                "country_ids": [Command.set(self.env.ref("base.fr").ids)],
                "step_ids": [Command.create(step)],
            }
        )
        large = self.policy.create(
            {"name": "Large", "sequence": 3, "amount_from": 100.01, "step_ids": [Command.create(step)]}
        )
        run = self.prepare()
        self.assertEqual(self.of(run).policy_id, self.policy)
        for change, expected in (
            ({"country_id": self.env.ref("base.fr").id}, abroad),
            ({"ar_reminder_policy_id": large.id}, large),
            ({"ar_reminder_policy_id": False, "is_company": False}, persons),
        ):
            self.debtor.write(change)
            run.action_prepare_again()
            self.assertEqual(self.of(run).policy_id, expected)
        self.policy.search([]).active = False
        run.action_prepare_again()
        self.assertFalse(self.of(run))
        self.assertTrue(run.counts["no_policy"])
        self.assertIn("without a policy", run.counts_text)

    def test_two_steps_on_one_day_are_refused(self):
        with self.assertRaises(ValidationError) as refused:
            self.policy.write({"step_ids": [Command.create({"days": 10, "channel": "call"})]})
        self.assertIn("two steps come on day 10", str(refused.exception))
        self.policy.step_ids.filtered(lambda step: step.days == 10).worst_level = "c"
        self.policy.write({"step_ids": [Command.create({"days": 10, "channel": "call", "best_level": "d"})]})
        with self.assertRaises(ValidationError) as refused:
            self.policy.write({"step_ids": [Command.create({"days": 11, "channel": "email"})]})
        self.assertIn("choose the text", str(refused.exception))

    def test_one_run_of_a_company_is_open_at_a_time(self):
        first = self.runs.action_prepare()["res_id"]
        self.assertEqual(self.runs.action_prepare()["res_id"], first)
        self.runs.browse(first).action_cancel()
        self.assertNotEqual(self.runs.action_prepare()["res_id"], first)

    def test_the_schedule_prepares_only_for_companies_that_want_it(self):
        company = self.env.company
        self.debt(100)
        before = self.runs.search([])
        with self.committing():
            self.runs._cron_prepare()
        self.assertEqual(self.runs.search([]), before)
        company.ar_reminders_automatic = "prepare"
        with self.committing():
            self.runs._cron_prepare()
            self.runs._cron_prepare()
        run = self.runs.search([]) - before
        self.assertEqual((len(run), run.state, run.automatic), (1, "prepared", True))
        with freeze_time(date(2025, 4, 1)), self.committing():
            company.ar_reminders_automatic = "send"
            self.runs._cron_prepare()
        self.assertEqual(run.state, "cancelled", "nobody looked at it")
        self.assertEqual((self.runs.search([]) - before - run).state, "sending")

    def test_the_schedule_says_why_it_prepared_nothing(self):
        company = self.env.company
        company.write({"ar_reminders_automatic": "send", "ar_reminder_fresh_days": 3})
        self.env["account.bank.statement.line"].search([("company_id", "=", company.id)]).unlink()
        self.runs._prepare_automatically(company)
        run = self.runs.search([("company_id", "=", company.id)])
        self.assertEqual((len(run), run.state), (1, "cancelled"))
        self.assertIn("No bank transactions", run.note)

    def test_branches_and_contacts_are_one_customer_of_one_creditor(self):
        contact = self.env["res.partner"].create({"name": "Bea", "parent_id": self.debtor.id})
        self.invoice(30, due_days_ago=12, partner=contact)
        self.debt(100)
        reminder = self.of(self.prepare())
        self.assertEqual((reminder.amount, reminder.item_count), (130, 2))

    def test_the_number_of_statements_does_not_grow_with_the_customers(self):
        def statements(customers):
            partners = self.env["res.partner"].create(
                [{"name": f"Many {number}", "email": f"{number}@example.com"} for number in range(customers)]
            )
            for partner in partners:
                self.invoice(10, due_days_ago=12, partner=partner)
            run = self.runs._open(self.env.company)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run._prepare()
            self.env.flush_all()
            count = self.env.cr.sql_log_count - before
            self.assertGreaterEqual(len(run.reminder_ids), customers)
            run.action_cancel()
            return count

        self.prepare().action_cancel()
        few = statements(2)
        self.assertEqual(statements(40), few)
        self.assertLess(few, 25)
