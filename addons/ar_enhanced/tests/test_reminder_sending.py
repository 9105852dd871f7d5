from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DAY
from .reminder_common import NOON, ReminderCase


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestReminderSending(ReminderCase):
    def deliver(self, mails, error=None):
        """Let the mail server take ``mails``, or refuse them."""
        server = self.env.registry["ir.mail_server"]
        with (
            patch.object(server, "_disable_send", lambda _self: False),
            patch.object(server, "_connect__", lambda *_args, **_kw: None),
            patch.object(server, "send_email", side_effect=error or (lambda message, **_kw: message["Message-Id"])),
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            mails.send()

    def test_a_reminder_is_a_mail_to_the_customer_with_its_open_items(self):
        asked, other = self.debt(100), self.debt(70, days=-30)
        run = self.prepare()
        self.send(run)
        reminder, mail = self.of(run), self.mails()
        self.assertEqual((len(mail), mail.state, mail.recipient_ids), (1, "outgoing", self.debtor))
        self.assertEqual(mail.subject, f"{self.env.company.name}: invoices are overdue")
        for part in (asked.name, other.name, "100.00", "170.00", asked.get_portal_url()):
            self.assertIn(part, mail.body_html)
        self.assertIn(mail.mail_message_id, self.debtor.message_ids, "in the chatter of the customer")
        self.assertEqual((reminder.state, reminder.sent_body), ("sending", mail.body_html))
        self.assertIn(f'data-oe-id="{reminder.id}"', asked.message_ids[0].body)
        self.assertFalse(any("data-oe-model" in (message.body or "") for message in other.message_ids))
        self.assertEqual(run.state, "sending", "the mail server hasn't taken it yet")
        self.deliver(mail)
        self.assertEqual(reminder.state, "sent")
        self.send(run)
        self.assertEqual((run.state, len(self.mails())), ("done", 1))

    def test_the_invoice_contact_goes_before_the_customer(self):
        self.debt(100)
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.debtor.id, "type": "invoice", "email": "accounts@example.com"}
        )
        self.env["res.partner"].create(
            {"name": "Depot", "parent_id": self.debtor.id, "type": "delivery", "email": "depot@example.com"}
        )
        run = self.prepare()
        self.assertEqual((self.of(run).recipient_id, self.of(run).email), (contact, "accounts@example.com"))
        contact.email = False
        self.send(run)
        self.assertEqual(self.mails().recipient_ids, self.debtor, "as it is when it is sent")

    def test_an_address_that_does_not_work_becomes_a_task_and_never_silence(self):
        self.debt(100)
        self.env["mail.blacklist"]._add("black@example.com")
        cases = {"no_address": False, "bad_address": "debtor at example", "blacklisted": "black@example.com"}
        for code, email in cases.items():
            with self.subTest(code):
                self.debtor.email = email
                run = self.prepare()
                self.assertEqual((self.of(run).state, self.of(run).address_code), ("prepared", code))
                self.assertEqual(run.address_count, 1)
                self.send(run)
                self.assertEqual((self.of(run).state, self.of(run).code), ("failed", code))
                self.assertEqual(len(self.tasks("failed")), 1)
                self.tasks("failed").unlink()
                self.assertFalse(self.mails())
                self.assertEqual(run.state, "done")
        self.debtor.email = "now@example.com"
        run.action_send_again()
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code, len(self.mails())), ("sending", False, 1))

    def test_what_was_paid_since_the_preparation_leaves_the_message(self):
        paid, still_open, partly = self.debt(100, days=30), self.debt(60), self.debt(50, days=2)
        run = self.prepare()
        self.assertEqual((self.of(run).amount, self.of(run).step_id.days), (210, 25))
        self.pay(paid, days_ago=0)
        self.pay(partly, days_ago=0, amount=20)
        self.send(run)
        reminder = self.of(run)
        self.assertEqual((reminder.amount, reminder.item_count, reminder.step_id.days), (90, 2, 10))
        self.assertEqual((self.item_of(run, paid).code, self.item_of(run, still_open).code), ("paid", False))
        self.assertNotIn(paid.name, self.mails().body_html)
        self.assertIn("90.00", self.mails().body_html)

    def test_nothing_goes_out_if_all_is_paid_disputed_or_paused_meanwhile(self):
        invoice = self.debt(100)
        run = self.prepare()
        self.pay(invoice, days_ago=0)
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code, len(self.mails())), ("left_out", "paid", 0))
        self.debt(80)
        run = self.prepare()
        self.debtor.ar_reminder_pause_until = DAY
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code, len(self.mails())), ("left_out", "paused", 0))

    def test_no_step_twice_and_no_message_within_the_days_between(self):
        first = self.debt(100, days=12)
        self.send(self.prepare())
        self.deliver(self.mails())
        self.runs.search([]).state = "done"
        with freeze_time(f"{DAY + timedelta(4)} 12:00:00"):
            self.debt(50, days=8)
            run = self.prepare(DAY + timedelta(4))
            self.assertEqual((self.of(run).state, self.of(run).code), ("left_out", "too_soon"))
            self.assertFalse(self.item_of(run, first), "it waits for its next step")
            run.action_cancel()
        with freeze_time(f"{DAY + timedelta(5)} 12:00:00"):
            run = self.prepare(DAY + timedelta(5))
            self.assertEqual((self.of(run).state, self.of(run).item_count), ("prepared", 1))
            self.assertEqual(self.of(run).amount, 150, "what was reminded of before is still asked for")
            run.action_cancel()
        with freeze_time(f"{DAY + timedelta(13)} 12:00:00"):
            run = self.prepare(DAY + timedelta(13))
            self.assertEqual(self.item_of(run, first).step_days, 25)

    def test_what_was_left_out_of_a_message_is_not_taken_for_reminded(self):
        self.debt(50)
        invoice = self.debt(100)
        code = self.env["ar.dispute.code"].search([], limit=1)
        dispute = self.env["ar.dispute"].create({"move_id": invoice.id, "code_id": code.id})
        run = self.prepare()
        self.send(run)
        self.deliver(self.mails())
        self.assertEqual((self.of(run).state, self.item_of(run, invoice).code), ("sent", "disputed"))
        self.send(run)
        dispute._close("unjustified", "Delivered.")
        with freeze_time(f"{DAY + timedelta(5)} 12:00:00"):
            run = self.prepare(DAY + timedelta(5))
        self.assertEqual((self.item_of(run, invoice).step_days, self.item_of(run, invoice).code), (10, False))
        self.assertEqual((self.of(run).item_count, self.of(run).amount), (1, 150))

    def test_a_run_that_is_killed_sends_each_message_once_when_it_starts_again(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Many {number}", "email": f"{number}@example.com"} for number in range(5)]
        )
        for partner in partners:
            self.invoice(10, due_days_ago=12, partner=partner)
        run = self.prepare()
        run.action_send()
        reminder_model = self.env.registry["ar.reminder"]
        original = reminder_model._deliver
        delivered = []

        def killed(reminder, customer):
            if len(delivered) == 3:
                raise KeyboardInterrupt
            delivered.append(reminder)
            return original(reminder, customer)

        with patch.object(reminder_model, "_deliver", killed):
            run._next_chunk(2)._send()
            # The transaction of the second chunk is lost, with the message that it had written already.
            with self.assertRaises(KeyboardInterrupt), self.env.cr.savepoint():
                run._next_chunk(2)._send()
        self.env.invalidate_all()
        self.assertEqual((len(delivered), run.sending_count, run.prepared_count), (3, 2, 3))
        self.send(run, 2)
        mails = self.env["mail.mail"].sudo().search([("res_id", "in", partners.ids), ("model", "=", "res.partner")])
        self.assertEqual(sorted(mails.mapped("res_id")), sorted(partners.ids))

    def test_the_schedule_stops_when_its_time_is_up_and_goes_on_later(self):
        for number in range(3):
            partner = self.env["res.partner"].create({"name": f"P{number}", "email": f"p{number}@example.com"})
            self.invoice(10, due_days_ago=12, partner=partner)
        run = self.prepare()
        total = run.prepared_count
        run.action_send()
        with self.committing([10, 0]):
            self.runs._cron_send(1)
        self.assertEqual(run.prepared_count, total - 1)
        self.send(run)
        self.assertEqual((run.prepared_count, run.state), (0, "sending"))

    def test_a_mail_that_may_have_arrived_is_not_sent_again(self):
        self.debt(100)
        run = self.prepare()
        self.send(run)
        reminder, mail = self.of(run), self.mails()
        reminder.tried_on = fields.Datetime.now()
        with patch.object(self.env.cr, "commit"):
            mail._send(auto_commit=True)
        self.assertEqual((reminder.state, reminder.code, mail.state), ("failed", "interrupted", "exception"))
        self.assertTrue(self.tasks("failed"))

    def test_a_mail_that_somebody_deleted_ends_as_failed(self):
        self.debt(100)
        run = self.prepare()
        self.send(run)
        self.mails().unlink()
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code, run.state), ("failed", "interrupted", "done"))

    def test_what_the_mail_server_refuses_is_shown_and_can_be_sent_again(self):
        self.debt(100)
        run = self.prepare()
        self.send(run)
        self.deliver(self.mails(), error=ValueError("no such user here"))
        reminder = self.of(run)
        self.assertEqual((reminder.state, reminder.code), ("failed", "refused"))
        self.assertIn("no such user here", reminder.reason_text)
        self.assertEqual(len(self.tasks("failed")), 1)
        run.action_send_again()
        self.send(run)
        self.assertEqual((reminder.state, len(self.mails())), ("sending", 2))
        self.deliver(reminder.mail_id)
        self.assertEqual((reminder.state, reminder.failure), ("sent", False))

    def test_a_reminder_that_comes_back_is_failed_and_becomes_a_task(self):
        self.debt(100)
        run = self.prepare()
        self.send(run)
        self.deliver(self.mails())
        self.debtor._message_receive_bounce("debtor@example.com", self.debtor)
        self.assertEqual((self.of(run).state, self.of(run).code), ("failed", "bounced"))
        self.assertTrue(self.tasks("failed"))

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_text_with_an_error_fails_alone(self):
        self.debt(100)
        other = self.env["res.partner"].create({"name": "Other", "email": "other@example.com"})
        self.invoice(10, due_days_ago=26, partner=other)
        self.texts["firm"].body_html = '<p t-out="object.nothing_like_this"/>'
        run = self.prepare()
        self.assertEqual(self.of(run).subject, "The text has an error")
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code), ("failed", "bad_text"))
        self.assertEqual((self.of(run, other).state, len(self.mails(other))), ("sending", 1))

    def test_not_more_than_so_many_messages_go_out_in_an_hour(self):
        self.env.company.ar_reminders_per_hour = 1
        self.debt(100)
        other = self.env["res.partner"].create({"name": "Other", "email": "other@example.com"})
        self.invoice(10, due_days_ago=12, partner=other)
        run = self.prepare()
        self.send(run)
        self.assertEqual((run.prepared_count, run.sending_count), (1, 1))
        with freeze_time("2025-03-31 12:59:59"):
            self.send(run)
            self.assertEqual(run.prepared_count, 1)
        with freeze_time("2025-03-31 13:00:01"):
            self.send(run)
            self.assertEqual(run.prepared_count, 0)

    def test_mails_wait_for_the_hours_of_the_policy_and_tasks_do_not(self):
        self.env.company.partner_id.tz = "Europe/Brussels"
        self.debt(100)
        other = self.env["res.partner"].create({"name": "Other", "email": "other@example.com"})
        self.invoice(30, due_days_ago=41, partner=other)
        run = self.prepare()
        with freeze_time("2025-03-31 05:59:59"):
            self.send(run)
            self.assertEqual((self.of(run).state, self.of(run, other).state), ("prepared", "sent"))
            self.assertTrue(self.tasks("call", other))
        with freeze_time("2025-03-31 06:00:00"):
            self.send(run)
        self.assertEqual(len(self.mails()), 1, "eight o'clock in Brussels")

    def test_a_call_becomes_a_task_of_the_person_in_charge(self):
        self.debt(100, days=40)
        clerk = new_test_user(
            self.env,
            "in_charge",
            "ar_enhanced.group_ar_clerk",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        self.env.company.ar_reminder_user_id = clerk
        run = self.prepare()
        self.send(run)
        task = self.tasks("call")
        self.assertEqual((task.user_id, self.of(run).state), (clerk, "sent"))
        self.assertIn("Ask when.", task.note)
        self.assertIn("100.00", task.summary)

    def test_who_is_called_gets_no_mail_on_that_day_and_the_task_names_all_items(self):
        called, mailed = self.debt(100, days=40), self.debt(60, days=12)
        run = self.prepare()
        self.send(run)
        self.assertEqual((self.of(run).channel, self.of(run).state, len(self.mails())), ("call", "sent", 0))
        task = self.tasks("call")
        self.assertIn("160.00", task.summary)
        for part in (called.name, mailed.name, "60.00", "Ask when."):
            self.assertIn(part, task.note)
        self.send(run)
        later = DAY + timedelta(13)
        with freeze_time(f"{later} 12:00:00"):
            run = self.prepare(later)
        self.assertEqual((self.of(run).channel, self.of(run).step_id.days), ("email", 25), "its next step is a mail")

    def test_a_call_becomes_a_mail_if_what_it_was_about_is_paid(self):
        called, mailed = self.debt(100, days=40), self.debt(60, days=12)
        run = self.prepare()
        self.pay(called, days_ago=0)
        with freeze_time(f"{DAY} 03:00:00"):
            self.send(run)
            self.assertEqual((self.of(run).channel, self.of(run).state), ("email", "prepared"), "it waits for the day")
        self.send(run)
        self.assertFalse(self.tasks("call"))
        self.assertEqual((self.of(run).state, len(self.mails())), ("sending", 1))
        self.assertIn(mailed.name, self.mails().body_html)

    def test_a_letter_becomes_a_task_with_the_text(self):
        self.debt(100)
        self.policy.step_ids.filtered(lambda step: step.days == 10).channel = "letter"
        run = self.prepare()
        self.send(run)
        self.assertEqual((self.of(run).state, len(self.tasks("letter")), len(self.mails())), ("sent", 1, 0))
        self.assertIn("100.00", self.of(run).sent_body)
        letter = self.env["ir.actions.report"]._render_qweb_html("ar_enhanced.report_ar_reminder", self.of(run).ids)
        self.assertIn(b"100.00", letter[0])

    def test_without_a_pdf_engine_the_mail_goes_out_and_the_run_says_so(self):
        self.debt(100)
        self.policy.step_ids.attach_statement = True
        run = self.prepare()
        with patch.object(self.env.registry["ir.actions.report"], "get_wkhtmltopdf_state", lambda _self: "install"):
            self.send(run)
        self.assertEqual((len(self.mails()), self.mails().attachment_ids.ids), (1, []))
        self.assertIn("without attachments", run.note)

    def test_no_customer_gets_the_document_of_another(self):
        other = self.env["res.partner"].create({"name": "Other", "email": "other@example.com"})
        self.invoice(10, due_days_ago=12, partner=other)
        self.debt(100)
        self.policy.step_ids.attach_statement = True
        rendered = []

        def pdf(_report, _name, ids, **_kw):
            rendered.append(ids)
            return b"%PDF of " + str(ids).encode(), "pdf"

        report = self.env.registry["ir.actions.report"]
        with (
            patch.object(report, "get_wkhtmltopdf_state", lambda _self: "ok"),
            patch.object(report, "_render_qweb_pdf", pdf),
        ):
            run = self.prepare()
            self.send(run)
        for partner in (self.debtor, other):
            self.assertEqual(self.mails(partner).attachment_ids.raw, b"%%PDF of [%d]" % self.of(run, partner).id)
        self.assertTrue(all(len(ids) == 1 for ids in rendered))

    def test_messages_are_written_in_the_language_and_currency_of_the_customer(self):
        for code in ("fr_FR", "zh_CN"):
            self.env["res.lang"]._activate_lang(code)
        self.texts["firm"].with_context(lang="fr_FR").subject = "Relance de {{ object.company_id.name }}"
        self.texts["firm"].with_context(lang="zh_CN").subject = "催款 {{ object.company_id.name }}"
        self.debt(1234.5, currency_id=self.foreign.id)
        expected = {"fr_FR": ("Relance", "1 234,50"), "zh_CN": ("催款", "1,234.50"), False: ("overdue", "1,234.50")}
        for lang, (subject, amount) in expected.items():
            self.debtor.lang = lang
            run = self.prepare()
            reminder = self.of(run, currency=self.foreign)
            with self.subTest(lang=lang):
                self.assertIn(subject, reminder.subject)
                self.assertIn(amount, reminder.preview.replace("\N{NO-BREAK SPACE}", " ").replace("\u202f", " "))
                self.assertIn("€", reminder.preview)
            run.action_cancel()

    def test_who_may_do_what(self):
        self.debt(100)
        company = {"company_id": self.env.company.id, "company_ids": [Command.set(self.env.company.ids)]}
        reader = new_test_user(self.env, "reader", "ar_enhanced.group_ar_user", **company)
        clerk = new_test_user(self.env, "clerk", "ar_enhanced.group_ar_clerk", **company)
        salesman = new_test_user(self.env, "seller", "base.group_user,base.group_partner_manager", **company)
        run = self.prepare()
        for action in ("action_prepare", "action_send", "action_cancel", "action_review", "action_prepare_again"):
            with self.subTest(action), self.assertRaises(AccessError):
                getattr(run.with_user(reader), action)()
        with self.assertRaises(AccessError):
            self.of(run).with_user(reader).action_leave_out()
        self.assertTrue(self.of(run).with_user(reader).preview)
        for model in ("ar.reminder.run", "ar.reminder", "ar.reminder.item"):
            self.assertFalse(self.env[model].with_user(clerk).has_access("write"))
            self.assertFalse(self.env[model].with_user(clerk).has_access("create"))
            self.assertFalse(self.env[model].with_user(salesman).has_access("read"))
        self.assertFalse(self.env["ar.reminder.policy"].with_user(clerk).has_access("write"))
        self.assertTrue(self.debtor.with_user(salesman).read(["name"]))
        run.with_user(clerk).action_review()
        self.assertEqual((run.state, run.reviewed_by_id), ("reviewed", clerk))
        run.with_user(clerk).action_send()
        self.assertEqual(run.state, "sending")
        with self.assertRaises(UserError):
            run.with_user(clerk).action_send()
        with self.committing():
            self.runs._cron_send()
        self.assertEqual(len(self.mails()), 1)

    def test_another_company_sees_nothing(self):
        self.debt(100)
        run = self.prepare()
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "ar_enhanced.group_ar_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for records in (run, run.reminder_ids, run.reminder_ids.item_ids):
            self.assertFalse(records.with_user(stranger).search([("id", "in", records.ids)]))
        with self.assertRaises(AccessError):
            run.with_user(stranger).action_send()

    def test_a_customer_merged_into_another_during_the_run_is_reminded_once(self):
        other = self.env["res.partner"].create({"name": "Twin", "email": "debtor@example.com"})
        self.invoice(40, due_days_ago=12, partner=other)
        self.debt(100)
        run = self.prepare()
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge((self.debtor | other).ids, self.debtor)
        self.send(run)
        self.assertEqual(len(self.mails()), 1)
        self.assertIn("140.00", self.mails().body_html)
