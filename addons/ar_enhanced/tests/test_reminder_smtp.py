import re
from datetime import timedelta

from odoo.tests import freeze_time, tagged

from .common import DAY
from .reminder_common import NOON, SmtpCase


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestReminderSmtp(SmtpCase):
    """Reminders as a mail server gets them."""

    def test_a_message_arrives_as_it_is_kept(self):
        invoice = self.debt(1234.56)
        run, received = self.delivered()
        ((_sender, recipients, message),) = received
        self.assertEqual(recipients, ["debtor@example.com"])
        self.assertEqual(message["Subject"], self.of(run).sent_subject)
        body = message.get_body(("html",)).get_content()
        self.assertIn("$\N{NO-BREAK SPACE}1,234.56", body)
        self.assertIn(f"{invoice.get_base_url()}{invoice.get_portal_url()}", body.replace("&amp;", "&"))
        self.assertFalse(re.search(r"t-out|object\.|None|False", body), "no placeholder is left")
        self.assertNotIn("data-oe", body, "nothing of how it was made")
        self.assertEqual(self.of(run).state, "sent")
        plain = message.get_body(("plain",)).get_content()
        self.assertIn("1,234.56", plain)

    def test_each_customer_is_written_to_in_his_language(self):
        for code in ("fr_FR", "zh_CN"):
            self.env["res.lang"]._activate_lang(code)
        self.texts["firm"].with_context(lang="fr_FR").subject = "Factures échues"
        self.texts["firm"].with_context(lang="zh_CN").subject = "发票已逾期"
        partners = self.env["res.partner"].create(
            [
                {"name": f"Client {lang}", "email": f"{lang}@example.com", "lang": lang}
                for lang in ("en_US", "fr_FR", "zh_CN")
            ]
        )
        for partner in partners:
            self.invoice(1234.5, due_days_ago=12, partner=partner, currency_id=self.foreign.id)
        _run, received = self.delivered()
        found = {
            recipients[0]: (message["Subject"], message.get_body(("html",)).get_content())
            for _sender, recipients, message in received
        }
        due = DAY - timedelta(12)
        for lang, subject, amount, day in (
            ("en_US", f"{self.env.company.name}: invoices are overdue", "1,234.50\N{NO-BREAK SPACE}€", "03/19/2025"),
            ("fr_FR", "Factures échues", "1\N{NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}€", due.strftime("%d/%m/%Y")),
            ("zh_CN", "发票已逾期", "1,234.50", "2025/03/19"),
        ):
            with self.subTest(lang):
                self.assertEqual(found[f"{lang.lower()}@example.com"][0], subject)
                for part in (amount, day):
                    self.assertIn(part, found[f"{lang.lower()}@example.com"][1])

    def test_one_refusal_stops_nobody_else(self):
        other = self.env["res.partner"].create({"name": "Other", "email": "other@example.com"})
        self.invoice(10, due_days_ago=12, partner=other)
        self.debt(100)
        run, received = self.delivered(refused=("debtor@example.com",))
        self.assertEqual([recipients for _sender, recipients, _message in received], [["other@example.com"]])
        self.assertEqual((self.of(run).state, self.of(run, other).state), ("failed", "sent"))
        self.assertTrue(self.of(run).reason_text)
        self.assertTrue(self.tasks("failed"))
