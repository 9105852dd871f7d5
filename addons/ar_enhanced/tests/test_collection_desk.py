from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from odoo.addons.ar_enhanced.engine.collection_priority import DEFAULT_CHANCES

from .common import DAY
from .reminder_common import NOON, ReminderCase


class DeskCase(ReminderCase):
    """A debtor on the desk, and the people who work there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "desk_reader", "ar_enhanced.group_ar_user", **company)
        cls.clerk = new_test_user(cls.env, "desk_clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.salesman = new_test_user(cls.env, "desk_sales", "base.group_user,base.group_partner_manager", **company)
        cls.desk = cls.env["ar.collection.account"]

    def place(self, partner=None, user=None):
        """Where a customer stands now that everything was written."""
        self.env.cr.flush()
        self.env.invalidate_all()
        desk = self.desk.with_user(user or self.clerk).with_context(allowed_company_ids=self.env.company.ids)
        return desk.search(
            [("partner_id", "=", (partner or self.debtor).id), ("company_id", "=", self.env.company.root_id.id)]
        )

    def refreshed(self, partner=None, user=None):
        """Where a customer stands after it was looked at."""
        self.desk._refresh(self.env.company, (partner or self.debtor).ids)
        return self.place(partner, user)

    def codes(self, account):
        """The codes of the reasons, strongest first."""
        return [code for code, _facts in account.facts["reasons"]]

    def log(self, account, user=None, **values):
        """Log a contact from the desk."""
        asked_for = (
            self.env["ar.collection.log"]
            .with_user(user or self.clerk)
            .create({"account_ids": [Command.set(account.ids)], **values})
        )
        return asked_for.action_log()


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestCollectionDesk(DeskCase):
    def test_a_customer_is_ranked_by_what_asking_is_expected_to_bring(self):
        self.debt(1000, days=40)
        self.debt(500, days=-3)
        account = self.refreshed()
        self.assertRecordValues(
            account,
            [
                {
                    "overdue": 1000,
                    "collectable": 1000,
                    "open_amount": 1500,
                    "expected_recovery": 930,
                    "oldest_days": 40,
                    "state": "to_do",
                    "next_step": "call",
                    "next_step_on": DAY,
                }
            ],
        )
        self.assertEqual(self.codes(account), ["overdue", "never_contacted"])
        self.assertIn("1,000.00", account.why)
        self.assertIn("40 days", account.why)
        other = self.env["res.partner"].create({"name": "Other"})
        self.invoice(2000, due_days_ago=10, partner=other)
        self.refreshed(other)
        both = self.desk.search([("partner_id", "in", (self.debtor | other).ids)])
        self.assertEqual(both.partner_id.ids, [other.id, self.debtor.id])

    def test_what_is_disputed_promised_and_credited_is_not_asked_for(self):
        disputed, promised, excluded = self.debt(100), self.debt(200), self.debt(400)
        self.debt(800, days=5)
        self.env["ar.dispute"].create(
            {
                "move_id": disputed.id,
                "amount": 60,
                "code_id": self.env["ar.dispute.code"].search([], limit=1).id,
            }
        )
        self.env["ar.promise"].create(
            {"move_ids": [Command.set(promised.ids)], "amount": 200, "date": DAY + timedelta(3)}
        )
        excluded.line_ids.no_followup = True
        account = self.place()
        self.assertRecordValues(
            account, [{"overdue": 1500, "collectable": 840, "disputed": 60, "promised": 200, "planned": 0}]
        )
        self.assertEqual(
            [item.state for item in account.item_ids],
            ["disputed", "promised", "no_followup", "overdue"],
        )
        note = self.invoice(500, due_days_ago=1, partner=self.debtor, move_type="out_refund")
        self.assertEqual(note.payment_state, "not_paid")
        self.assertEqual(self.refreshed().collectable, 340)

    def test_a_foreign_debt_counts_in_the_company_s_currency(self):
        self.debt(800, days=10, currency_id=self.foreign.id)
        account = self.refreshed()
        self.assertEqual(account.currency_id, self.env.company.currency_id)
        self.assertEqual(account.collectable, 1000)

    def test_a_habit_is_found_in_what_was_paid(self):
        for months_ago in range(2, 8):
            self.pay(self.debt(100, days=months_ago * 30), days_ago=months_ago * 30 - 9)
        self.debt(1000, days=3)
        account = self.refreshed()
        self.assertEqual((account.state, account.wait_until), ("waiting", DAY + timedelta(7)))
        self.assertEqual(account.card["habit"], "Pays 9 days late, every time")
        self.assertLess(account.expected_recovery, 300)
        self.assertIn("it may come by itself", account.why)

    def test_the_own_past_says_how_likely_old_money_is(self):
        for count in range(3):
            self.pay(self.debt(100, days=800 + count), days_ago=790)
        self.debt(100, days=800)
        self.credit(self.debt(100, days=800), days_ago=700)
        fates = self.desk._fates(self.env.company, DAY)
        # Two more, paid nine days late, are in the ledger of all tests.
        self.assertEqual(fates["1"], [6, 5])
        self.assertEqual(fates["31"], [1, 0])
        self.env.company.ar_recovery_fates = fates
        self.assertEqual(self.env.company._ar_recovery_chances()[31], DEFAULT_CHANCES[31])
        with patch("odoo.addons.ar_enhanced.engine.collection_priority.ENOUGH_ITEMS", 1):
            self.assertEqual(self.env.company._ar_recovery_chances()[31], 0)

    def test_a_broken_promise_is_the_first_reason(self):
        invoice = self.debt(400, days=20)
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(invoice.ids)],
                "amount": 400,
                "made_on": DAY - timedelta(10),
                "date": DAY - timedelta(5),
                "tolerance_days": 0,
            }
        )
        promise._judge(DAY)
        account = self.place()
        self.assertEqual(promise.state, "broken")
        self.assertTrue(account.is_broken)
        self.assertEqual(self.codes(account)[0], "broken_promise")
        self.assertIn("400.00 still open", account.why)

    def test_a_payment_takes_the_customer_off_the_desk_and_a_note_keeps_it(self):
        invoice = self.debt(400)
        self.assertEqual(self.refreshed().collectable, 400)
        self.pay(invoice, days_ago=0, amount=150)
        self.assertEqual(self.place().collectable, 250)
        self.place().note = "Ask for Ada."
        self.pay(invoice, days_ago=0)
        self.assertRecordValues(self.place(), [{"collectable": 0, "state": "nothing", "open_amount": 0}])
        self.place().note = False
        self.assertFalse(self.refreshed())

    def test_many_payments_at_once_are_left_to_the_schedule(self):
        self.debt(400)
        self.refreshed()
        with patch("odoo.addons.ar_enhanced.models.ar_collection_trigger.MOST_AT_ONCE", 0):
            self.pay(self.debtor.invoice_ids, days_ago=0, amount=150)
            account = self.place()
            self.assertEqual((account.collectable, account.refreshed_on), (400, False))
        with self.committing():
            self.desk._cron_refresh_stale()
        self.assertEqual(self.place().collectable, 250)

    def test_the_nightly_run_goes_on_where_it_was_stopped(self):
        others = self.env["res.partner"].create([{"name": f"Other {count}"} for count in range(3)])
        for other in others:
            self.invoice(100, due_days_ago=10, partner=other)
        self.desk.search([]).unlink()
        with self.committing(answers=[1, 0]):
            self.desk._cron_refresh(chunk_size=2)
        listed = self.desk.search([])
        self.assertEqual(len(listed), 2)
        self.assertTrue(self.env.company.ar_desk_started_on)
        with self.committing():
            self.desk._cron_refresh(chunk_size=2)
        self.assertFalse(self.env.company.ar_desk_started_on)
        self.assertLessEqual(set(others.ids), set(self.desk.search([]).partner_id.ids))
        self.assertTrue(self.env.company.ar_recovery_fates is not None)

    def test_the_number_of_statements_does_not_depend_on_the_number_of_customers(self):
        others = self.env["res.partner"].create([{"name": f"Other {count}"} for count in range(6)])
        for other in others:
            self.invoice(100, due_days_ago=10, partner=other)
        self.env.flush_all()

        def statements(customers):
            before = self.env.cr.sql_log_count
            self.desk._refresh(self.env.company, customers.ids)
            return self.env.cr.sql_log_count - before

        statements(others[:1])
        self.assertEqual(statements(others), statements(others[:1]))

    def test_a_call_is_logged_with_its_result_and_the_next_one(self):
        self.debt(400)
        account = self.refreshed()
        self.log(account, result="will_pay", note="Next week.", next_contact_on=DAY + timedelta(7))
        account = self.place()
        self.assertRecordValues(
            account,
            [
                {
                    "state": "waiting",
                    "wait_until": DAY + timedelta(7),
                    "last_contact_on": DAY,
                    "last_result": "will_pay",
                    "next_step": "call_again",
                }
            ],
        )
        contact = account.contact_ids
        self.assertRecordValues(contact, [{"user_id": self.clerk.id, "channel": "call", "note": "Next week."}])
        (event,) = self.env["ar.credit.event"].search([("partner_id", "=", self.debtor.id), ("kind", "=", "contact")])
        self.assertEqual(event.text, "Call: Will pay. Again on 04/07/2025\nNext week.")
        message = self.debtor.message_ids[0]
        self.assertIn("Call: Will pay", message.body)
        self.assertNotIn("Next week", message.body)
        with freeze_time(f"{DAY + timedelta(7)} 12:00:00"):
            account = self.refreshed()
            self.assertTrue(account.is_appointment)
            self.assertIn("To be called back", account.why)

    def test_the_dialog_says_when_the_customer_is_back_on_the_list(self):
        self.debt(400)
        account = self.refreshed()
        form = Form(
            self.env["ar.collection.log"]
            .with_user(self.clerk)
            .with_context(default_account_ids=[Command.set(account.ids)])
        )
        form.result = "left_message"
        self.assertIn("back on the list in 3 days", form.rest)
        form.result = "refused"
        self.assertIn("stays on the list", form.rest)
        form.result = "call_back"
        self.assertEqual(form.next_contact_on, DAY + timedelta(1))
        self.assertFalse(form.rest)

    def test_a_promise_or_a_dispute_is_noted_next(self):
        self.debt(400)
        account = self.refreshed()
        promise = self.log(account, result="promise")
        self.assertEqual(promise["res_model"], "ar.promise")
        self.assertEqual(promise["context"]["default_amount"], 400)
        self.assertEqual(self.log(account, result="dispute")["res_model"], "ar.dispute")
        self.assertEqual(self.log(account, result="no_answer")["type"], "ir.actions.act_window_close")

    def test_what_is_promised_or_disputed_already_is_not_proposed_again(self):
        first, second = self.debt(400, days=30), self.debt(300, days=20)
        self.debt(50, days=-5)
        self.env["ar.promise"].create({"move_ids": [Command.set(first.ids)], "amount": 400, "date": DAY})
        account = self.place()
        self.assertEqual(account.action_promise()["context"]["default_move_ids"], second.ids)
        self.assertEqual(
            account.action_plan()["context"]["default_move_line_ids"],
            second.line_ids.filtered(lambda line: line.account_type == "asset_receivable").ids,
        )

    def test_a_call_that_a_reminder_asked_for_is_done_by_logging_it(self):
        self.debt(400, days=45)
        self.send(self.prepare())
        self.assertEqual(len(self.tasks("call")), 1)
        account = self.refreshed()
        self.assertIn("call_task", self.codes(account))
        self.log(account, result="left_message")
        self.env.invalidate_all()
        self.assertFalse(self.tasks("call"))
        self.assertNotIn("call_task", self.codes(self.place()))

    def test_a_contact_is_corrected_by_its_author_on_the_same_day_only(self):
        self.debt(400)
        account = self.refreshed()
        self.log(account, result="no_answer")
        contact = self.env["ar.collection.contact"].search([("partner_id", "=", self.debtor.id)])
        self.written_on(contact, f"{DAY} 09:00:00")
        contact.with_user(self.clerk).note = "Twice."
        other = new_test_user(self.env, "desk_other", "ar_enhanced.group_ar_clerk")
        other.company_ids |= self.env.company
        with self.assertRaisesRegex(AccessError, "by who logged it"):
            contact.with_user(other).note = "Changed."
        with self.assertRaisesRegex(AccessError, "stays with its customer"):
            contact.with_user(self.clerk).partner_id = self.customer
        with self.assertRaises(AccessError):
            contact.with_user(self.clerk).unlink()
        self.written_on(contact, f"{DAY - timedelta(1)} 23:59:00")
        with self.assertRaisesRegex(AccessError, "on the same day"):
            contact.with_user(self.clerk).note = "Later."

    def written_on(self, contact, moment):
        """Have a contact written at a moment: the database's own clock isn't frozen."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE ar_collection_contact SET create_date = %s WHERE id = %s", [moment, contact.id])
        contact.invalidate_recordset()

    def test_a_contact_is_checked(self):
        contacts = self.env["ar.collection.contact"].with_user(self.clerk)
        values = {"partner_id": self.debtor.id, "company_id": self.env.company.id, "result": "no_answer"}
        wrong = {
            "after it took place": {"contacted_on": fields.Datetime.now() + timedelta(hours=1)},
            "comes after this one": {"next_contact_on": DAY - timedelta(1)},
            "another customer": {"person_id": self.contact.id},
            "items of its customer": {"move_line_ids": [Command.set(self.overdue.line_ids[:1].ids)]},
        }
        for message, added in wrong.items():
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message):
                contacts.create({**values, **added})
        with self.assertRaisesRegex(AccessError, "by who had it"):
            contacts.create({**values, "user_id": self.reader.id})
        person = self.env["res.partner"].create({"name": "Dora", "parent_id": self.debtor.id})
        contact = contacts.create({**values, "partner_id": person.id, "person_id": person.id})
        self.assertEqual(contact.partner_id, self.debtor)

    def test_a_reader_looks_and_a_salesperson_sees_nothing(self):
        self.debt(400)
        account = self.refreshed(user=self.reader)
        self.assertEqual(account.collectable, 400)
        self.assertTrue(account.card["reasons"])
        self.assertTrue(account.item_ids)
        for method in ("action_log", "action_put_off", "action_assign", "action_mail", "action_write"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(account, method)()
        with self.assertRaises(AccessError):
            account._put_off(DAY)
        with self.assertRaises(AccessError):
            account.note = "Mine."
        with self.assertRaises(AccessError):
            account.with_user(self.clerk).write({"expected_recovery": 1})
        for model in ("ar.collection.account", "ar.collection.contact", "ar.collection.item"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.salesman).search([])
        with self.assertRaises(AccessError):
            self.debtor.with_user(self.salesman).ar_collection_account_ids.ids  # noqa: B018

    def test_another_company_sees_neither_the_customer_nor_its_contacts(self):
        self.debt(400)
        account = self.refreshed()
        self.log(account, result="no_answer")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "desk_elsewhere",
            "ar_enhanced.group_ar_clerk",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        for model in ("ar.collection.account", "ar.collection.contact", "ar.collection.item"):
            self.assertFalse(self.env[model].with_user(stranger).search([("partner_id", "=", self.debtor.id)]))
        with self.assertRaises(AccessError):
            self.env["ar.collection.contact"].with_user(stranger).create(
                {"partner_id": self.debtor.id, "company_id": self.env.company.id, "result": "no_answer"}
            )

    def test_a_branch_s_user_works_on_the_creditor_s_desk(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        branch_clerk = new_test_user(
            self.env,
            "desk_branch",
            "ar_enhanced.group_ar_clerk",
            company_id=branch.id,
            company_ids=[Command.set(branch.ids)],
        )
        self.debt(400)
        self.refreshed()
        account = self.desk.with_user(branch_clerk).search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(account.collectable, 400)
        self.assertTrue(account.card)
        self.log(account, user=branch_clerk, result="left_message")
        self.assertEqual(account.contact_ids.company_id, self.env.company)
        self.assertEqual(self.place().last_result, "left_message")

    def test_who_is_in_charge_is_the_customer_s_or_the_company_s(self):
        self.debt(400)
        self.env.company.ar_credit_owner_id = self.reader
        account = self.refreshed()
        self.assertEqual(account.collector_id, self.reader)
        assign = (
            self.env["ar.collection.assign"]
            .with_user(self.clerk)
            .create({"account_ids": [Command.set(account.ids)], "user_id": self.clerk.id})
        )
        assign.action_assign()
        self.assertEqual(self.place().collector_id, self.clerk)
        self.debtor.with_company(self.env.company).ar_credit_owner_id = False
        self.assertEqual(self.place().collector_id, self.reader)
        with self.assertRaisesRegex(UserError, "may not see receivables"):
            account._assign_to(self.salesman)

    def test_a_selection_is_put_off_and_taken_up_again(self):
        self.debt(400)
        account = self.refreshed()
        wizard = self.env["ar.collection.put.off"].with_user(self.clerk)
        values = {"account_ids": [Command.set(account.ids)]}
        with self.assertRaisesRegex(UserError, "today or a later day"):
            wizard.create({**values, "until": DAY - timedelta(1)}).action_put_off()
        wizard.create({**values, "until": DAY + timedelta(2)}).action_put_off()
        account = self.place()
        self.assertEqual((account.state, account.wait_until), ("waiting", DAY + timedelta(3)))
        self.assertIn("Put off until", account.why)
        account.action_take_up()
        self.assertEqual(self.place().state, "to_do")

    def test_each_customer_gets_one_mail_to_its_own_address_only(self):
        mute = self.env["res.partner"].create({"name": "Mute", "is_company": True})
        second = self.env["res.partner"].create({"name": "Second", "email": "second@example.com"})
        billing = self.env["res.partner"].create(
            {"name": "Billing", "parent_id": second.id, "type": "invoice", "email": "billing@example.com"}
        )
        self.debt(400)
        for customer in (mute, second):
            self.invoice(100, due_days_ago=10, partner=customer)
        self.desk._refresh(self.env.company, (self.debtor | mute | second).ids)
        accounts = self.place() | self.place(mute) | self.place(second)
        template = self.env.ref("ar_enhanced.mail_template_collection").copy(
            {"email_to": "everybody@example.com", "email_cc": "boss@example.com"}
        )
        asked_for = (
            self.env["ar.collection.mail"]
            .with_user(self.clerk)
            .create({"account_ids": [Command.set(accounts.ids)], "template_id": template.id})
        )
        self.assertEqual(asked_for.reached_count, 2)
        self.assertIn("Mute: No e-mail address", asked_for.left_out)
        asked_for.action_send()
        contacts = self.env["ar.collection.contact"].search([("partner_id", "in", accounts.partner_id.ids)])
        mails = self.env["mail.mail"].search([("model", "=", contacts._name), ("res_id", "in", contacts.ids)])
        self.assertEqual(
            {(mail.recipient_ids, mail.email_to, mail.email_cc) for mail in mails},
            {(self.debtor, False, False), (billing, False, False)},
        )
        self.assertIn("400.00", mails.filtered(lambda mail: mail.recipient_ids == self.debtor).body_html)
        self.assertNotIn("400.00", mails.filtered(lambda mail: mail.recipient_ids == billing).body_html)
        own = contacts.filtered(lambda contact: contact.partner_id == self.debtor)
        self.assertIn("400.00", own.with_user(self.reader).sent_body)
        # The chatter is open to colleagues who may not see receivables.
        self.assertNotIn("400.00", "".join(self.debtor.message_ids.mapped("body")))
        with self.assertRaises(AccessError):
            mails.mail_message_id.with_user(self.salesman).check_access("read")
        self.assertEqual(self.place(second).last_result, "sent")
        self.assertFalse(self.place(mute).last_contact_on)

    def test_the_text_for_one_customer_is_changed_before_it_is_sent(self):
        self.debt(400)
        account = self.refreshed()
        form = Form(
            self.env["ar.collection.mail"]
            .with_user(self.clerk)
            .with_context(default_account_ids=[Command.set(account.ids)])
        )
        self.assertEqual(form.recipient, '"Debtor" <debtor@example.com>')
        self.assertIn("400.00", form.body)
        form.subject = "{{ object.name }}"
        form.body = "<p>Call me. {{ object.vat }}</p>"
        form.save().action_send()
        contact = self.place().contact_ids
        # What a person writes is a text and no template.
        self.assertEqual(contact.note, "{{ object.name }}")
        self.assertEqual(contact.sent_body, "<p>Call me. {{ object.vat }}</p>")

    def test_a_mail_written_from_the_desk_is_logged(self):
        self.debt(400)
        account = self.refreshed()
        # Odoo's composer writes into the chatter of the customer, which takes the right to change it.
        self.assertEqual(account.action_write()["res_model"], "ar.collection.mail")
        self.clerk.group_ids |= self.env.ref("base.group_partner_manager")
        action = account.action_write()
        composer = self.env["mail.compose.message"].with_user(self.clerk).with_context(**action["context"]).create({})
        self.assertEqual(composer.partner_ids, self.debtor)
        composer.action_send_mail()
        self.assertRecordValues(
            self.place().contact_ids, [{"channel": "email", "result": "sent", "person_id": self.debtor.id}]
        )

    def test_the_same_contact_is_logged_with_a_selection(self):
        other = self.env["res.partner"].create({"name": "Other"})
        self.debt(400)
        self.invoice(100, due_days_ago=10, partner=other)
        accounts = self.refreshed() | self.refreshed(other)
        self.log(accounts, result="sent", channel="letter")
        self.assertEqual(self.place().contact_ids.channel, "letter")
        self.assertEqual(self.place(other).contact_ids.channel, "letter")
        most = patch("odoo.addons.ar_enhanced.models.ar_collection_desk.MOST_SELECTED", 1)
        with most, self.assertRaisesRegex(UserError, "at most 1"):
            self.log(accounts, result="sent")

    def test_merged_customers_keep_one_place_and_all_contacts(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self.debt(400)
        self.invoice(100, due_days_ago=10, partner=other)
        self.log(self.refreshed(), result="no_answer")
        self.log(self.refreshed(other), result="refused")
        self.env.cr.flush()
        self.place().note = "Ask for Ada."
        self.place(other).note = "Call before noon."
        self.env["base.partner.merge.automatic.wizard"]._merge((self.debtor | other).ids, self.debtor)
        account = self.refreshed()
        self.assertEqual(len(account), 1)
        self.assertEqual(account.collectable, 500)
        self.assertEqual(len(account.contact_ids), 2)
        self.assertEqual(account.note, "Ask for Ada.\nCall before noon.")

    def test_every_action_opens_what_is_there_for_it(self):
        self.debt(400)
        account = self.refreshed()
        models = {
            "action_log": "ar.collection.log",
            "action_write": "ar.collection.mail",
            "action_promise": "ar.promise",
            "action_plan": "ar.payment.plan",
            "action_dispute": "ar.dispute",
            "action_statement": "ar.statement",
            "action_hold": "ar.credit.hold.place",
            "action_write_off": "ar.write.off",
            "action_hand_over": "ar.agency.case",
        }
        for method, model in models.items():
            with self.subTest(method):
                self.assertEqual(getattr(account, method)()["res_model"], model)
        item = account.item_ids
        self.assertEqual(item.action_promise()["context"]["default_amount"], 400)
        self.assertEqual(item.action_dispute()["context"]["default_move_id"], item.move_id.id)
        self.assertEqual(item.action_open()["res_model"], "account.move")
        self.assertEqual(self.debtor.with_user(self.clerk).action_ar_desk()["res_id"], account.id)
