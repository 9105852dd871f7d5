from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import DAY
from .reminder_common import NOON, SmtpCase


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestReminderBadInput(SmtpCase):
    """What goes wrong with one customer is told, and stops nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.partner"].create({"name": "Other", "email": "other@example.com"})
        cls.invoice(10, due_days_ago=12, partner=cls.other)

    def addresses(self, received):
        return [recipients for _sender, recipients, _message in received]

    def test_a_mail_server_that_goes_down_in_the_middle_and_comes_back(self):
        self.debt(100)
        with self.sink() as sink:
            run = self.prepare()
            self.send(run)
            first, second = self.outgoing("res.partner").sorted("id")
            first.send()
        with self.sink(), mute_logger("odoo.addons.base.models.ir_mail_server"):
            # Nobody listens where the server of the company was.
            self.env["ir.mail_server"].search([]).smtp_port = sink.port
            second.send()
        self.assertEqual(sorted(run.reminder_ids.mapped("state"))[:1], ["failed"])
        failed = run.reminder_ids.filtered(lambda reminder: reminder.state == "failed")
        self.assertEqual((failed.mail_id, failed.code), (second, "refused"))
        self.assertTrue(failed.reason_text)
        self.assertTrue(self.tasks("failed", failed.partner_id))
        with self.sink() as back:
            run.action_send_again()
            self.send(run)
            self.outgoing("res.partner").send()
        self.assertEqual(len(sink.received) + len(back.received), 2)
        self.assertCountEqual(
            self.addresses(sink.received + back.received), [["debtor@example.com"], ["other@example.com"]]
        )
        self.send(run)
        self.assertEqual((set(run.reminder_ids.mapped("state")) - {"left_out"}, run.state), ({"sent"}, "done"))

    def test_a_customer_archived_in_the_run_still_owes(self):
        self.debt(100)
        run = self.prepare()
        self.debtor.active = False
        self.send(run)
        self.assertEqual((self.of(run).state, len(self.mails())), ("sending", 1))
        with freeze_time(f"{DAY + timedelta(20)} 12:00:00"):
            run.reminder_ids.mail_id.write({"state": "sent"})
            self.send(run)
            self.assertTrue(self.of(self.prepare(DAY + timedelta(20))), "and is found again")

    def test_an_archived_invoice_contact_is_not_written_to(self):
        self.debt(100)
        contact = self.env["res.partner"].create(
            {"name": "Left", "parent_id": self.debtor.id, "type": "invoice", "email": "left@example.com"}
        )
        run = self.prepare()
        self.assertEqual(self.of(run).recipient_id, contact)
        contact.active = False
        self.send(run)
        self.assertEqual(self.mails().recipient_ids, self.debtor)

    def test_a_currency_without_a_rate_is_asked_for_in_that_currency(self):
        without = self.env["res.currency"].create({"name": "ZZX", "symbol": "Zx", "rounding": 0.01})
        self.assertFalse(without.rate_ids)
        self.policy.min_amount = 5
        self.debt(200, currency_id=without.id)
        run = self.prepare()
        self.assertEqual(
            (self.of(run, currency=without).state, self.of(run, currency=without).amount), ("prepared", 200)
        )
        self.send(run)
        self.assertIn("200.00", self.mails().body_html)
        self.assertIn("Zx", self.mails().body_html)

    def test_a_language_that_is_missing_or_gone_is_the_companys(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.company.partner_id.lang = "fr_FR"
        self.texts["firm"].with_context(lang="fr_FR").subject = "Relance"
        self.debt(100)
        for lang in (None, "nl_NL"):
            self.env.cr.execute("UPDATE res_partner SET lang = %s WHERE id = %s", (lang, self.debtor.id))
            self.env.invalidate_all()
            run = self.prepare()
            with self.subTest(lang):
                self.assertEqual((self.of(run).lang, self.of(run).subject), ("fr_FR", "Relance"))
            run.action_cancel()
        self.env.company.partner_id.lang = False
        self.env.cr.execute("UPDATE res_partner SET lang = NULL WHERE id = %s", (self.env.company.partner_id.id,))
        self.env.invalidate_all()
        self.assertEqual(self.of(self.prepare()).lang, "en_US")

    def test_malformed_addresses_fail_alone(self):
        for number, address in enumerate(("no at sign", "two@@example.com", "@", "name@")):
            partner = self.env["res.partner"].create({"name": f"Bad {number}", "email": address})
            self.invoice(10, due_days_ago=12, partner=partner)
        run, received = self.delivered()
        self.assertEqual(self.addresses(received), [["other@example.com"]])
        bad = run.reminder_ids.filtered(lambda reminder: reminder.partner_id.name.startswith("Bad "))
        self.assertEqual(set(bad.mapped("code")), {"bad_address"})
        self.assertEqual(len(bad), 4)
        for partner in bad.partner_id:
            self.assertTrue(self.tasks("failed", partner))

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_text_with_an_error_is_put_right_and_sent_again(self):
        self.debt(100)
        right = self.texts["firm"].body_html
        self.texts["firm"].body_html = '<p t-out="1 / 0"/>'
        run = self.prepare()
        self.send(run)
        ours = self.of(run) | self.of(run, self.other)
        self.assertEqual(set(ours.mapped("code")), {"bad_text"})
        self.assertTrue(all(ours.mapped("reason_text")))
        self.texts["firm"].body_html = right
        run.action_send_again()
        self.send(run)
        self.assertEqual(set(ours.mapped("state")), {"sending"})
        self.assertEqual(len(self.mails()), 1)
        self.assertEqual(self.of(run).sent_day, fields.Date.to_date(DAY))
