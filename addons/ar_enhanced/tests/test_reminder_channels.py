from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .reminder_common import NOON, ReminderCase


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestReminderChannels(ReminderCase):
    def switch(self, channel, **values):
        """Let the step of day 10 use another channel."""
        self.policy.step_ids.filtered(lambda step: step.days == 10).write({"channel": channel, **values})

    def sms(self):
        return self.env["sms.sms"].sudo().search([("partner_id", "=", self.debtor.id)])

    def test_a_text_message_names_company_amount_and_what_to_do(self):
        if "sms.sms" not in self.env:
            with self.assertRaises(ValidationError):
                self.switch("sms")
            return
        self.switch("sms", sms_text="Please call us.")
        self.debtor.phone = "+32 470 00 00 00"
        self.debt(100)
        run = self.prepare()
        self.send(run)
        message = self.sms()
        self.assertEqual(message.number, "+32 470 00 00 00")
        for part in (self.env.company.name, "100.00", "Please call us."):
            self.assertIn(part, message.body)
        self.assertEqual((self.of(run).state, run.state), ("sent", "done"))
        self.assertIn("Please call us.", self.debtor.message_ids[0].body)
        message.write({"state": "error"})
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code), ("failed", "bad_phone"))
        self.assertTrue(self.tasks("failed"))

    def test_without_a_phone_number_a_text_message_becomes_a_task(self):
        if "sms.sms" not in self.env:
            self.assertNotIn("sms.sms", self.env)
            return
        self.switch("sms")
        self.debt(100)
        run = self.prepare()
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code), ("failed", "no_phone"))
        self.assertTrue(self.tasks("failed"))

    def test_a_portal_notice_is_kept_on_the_customer_and_mailed_to_nobody(self):
        if not self.env["ar.reminder"]._portal_page():
            with self.assertRaises(ValidationError):
                self.switch("portal")
            return
        self.switch("portal")
        contact = self.env["res.partner"].create({"name": "Reader", "parent_id": self.debtor.id})
        new_test_user(self.env, "notice_reader", "base.group_portal", partner_id=contact.id)
        self.debt(100)
        run = self.prepare()
        self.send(run)
        reminder = self.of(run)
        self.assertEqual((reminder.state, len(self.mails())), ("sent", 0))
        self.assertIn("100.00", reminder.sent_body)
        self.assertIn("100.00", self.debtor.message_ids[0].body)

    def test_a_notice_that_nobody_could_read_becomes_a_task(self):
        if not self.env["ar.reminder"]._portal_page():
            self.assertFalse(self.env["ar.reminder"]._portal_page())
            return
        self.switch("portal")
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": self.debtor.id, "is_company": True})
        new_test_user(self.env, "branch_reader", "base.group_portal", partner_id=branch.id)
        self.debt(100)
        run = self.prepare()
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code), ("failed", "no_login"))
        self.assertTrue(self.tasks("failed"))

    def test_a_step_whose_text_is_gone_fails_and_says_so(self):
        text = self.env["mail.template"].create(
            {"name": "Own", "model_id": self.env.ref("ar_enhanced.model_ar_reminder").id, "body_html": "<p>Pay</p>"}
        )
        self.policy.write({"step_ids": [Command.create({"days": 12, "channel": "email", "mail_template_id": text.id})]})
        self.debt(100)
        run = self.prepare()
        self.policy.step_ids.filtered(lambda step: step.days == 12).unlink()
        run.env.invalidate_all()
        self.send(run)
        self.assertEqual((self.of(run).state, self.of(run).code), ("failed", "no_text"))
