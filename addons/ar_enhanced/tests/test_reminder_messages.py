import os
import re
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .common import DAY
from .reminder_common import NOON, SmtpCase

LANGUAGES = ("en_US", "fr_FR", "zh_CN")
#: The days of an invoice by the text that it gets.
DAYS = {"before": -3, "friendly": 2, "firm": 12, "final": 26}
#: What tells the tone, by text and language.
SAYS = {
    "before": ("will be due soon", "arrive bientôt à échéance", "即将到期"),
    "friendly": ("may have been overlooked", "sans doute d’un oubli", "一时疏忽"),
    "firm": ("Please pay within seven days", "régler sous sept jours", "七日内付款"),
    "final": ("our last reminder", "notre dernière relance", "最后一次催款"),
}
SUBJECTS = {
    "before": ("invoices that are due soon", "factures bientôt échues", "即将到期的发票"),
    "friendly": ("have you overlooked an invoice?", "une facture vous aurait-elle échappé ?", "您是否遗漏了发票\uff1f"),
    "firm": ("invoices are overdue", "factures en retard", "发票已逾期"),
    "final": ("last reminder", "dernière relance", "最后催款通知"),
}
AMOUNTS = ("1,234.50\N{NO-BREAK SPACE}€", "1\N{NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}€", "1,234.50")
DATES = ("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
BANK = "BE71 0961 2345 6769"
#: English words that are French words, too, names, and what addresses are made of.
NOT_ENGLISH = frozenset("message facture".split())


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestReminderMessages(SmtpCase, HttpCase):
    """Each text in each language, as a mail server gets it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for lang in LANGUAGES[1:]:
            cls.env["res.lang"]._activate_lang(lang)
        modules = cls.env["ir.module.module"].search([("name", "in", ("base", "ar_enhanced"))])
        modules._update_translations(list(LANGUAGES[1:]), overwrite=True)
        company = cls.env.company
        company.write({"phone": "+32 2 000 00 00", "street": "Rue Haute 1", "vat": "BE0477472701"})
        cls.env["res.partner.bank"].create({"acc_number": BANK, "partner_id": company.partner_id.id})
        cls.collector = new_test_user(
            cls.env,
            "collector",
            "ar_enhanced.group_ar_clerk",
            name="Zoe Collector",
            email="zoe@example.com",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        company.ar_reminder_user_id = cls.collector
        cls.customers, cls.invoices = {}, {}
        for text, days in DAYS.items():
            for lang in LANGUAGES:
                customer = cls.env["res.partner"].create(
                    {
                        "name": f"<b>Q{text}</b> & Z{lang}",
                        "is_company": True,
                        "email": f"{text}.{lang}@example.com",
                        "lang": lang,
                    }
                )
                cls.customers[text, lang] = customer
                cls.invoices[text, lang] = cls.invoice(
                    1234.5, due_days_ago=days, partner=customer, currency_id=cls.foreign.id
                ) | cls.invoice(77, due_days_ago=-20, partner=customer, currency_id=cls.foreign.id)
        cls.policy.step_ids.filtered(lambda step: step.days == 25).attach_statement = True

    def received(self):
        """What arrived, by text and language: each message with its page and its words."""
        report = self.env.registry["ir.actions.report"]
        with (
            patch.object(report, "get_wkhtmltopdf_state", lambda _self: "ok"),
            patch.object(report, "_render_qweb_pdf", lambda _self, _name, ids, **_kw: (b"%%PDF %d" % ids[0], "pdf")),
        ):
            run, received = self.delivered()
        self.assertEqual(len(received), len(self.customers))
        by_address = {recipients[0]: message for _sender, recipients, message in received}
        found = {}
        for key, customer in self.customers.items():
            message = by_address[customer.email_normalized]
            page = message.get_body(("html",)).get_content()
            self._keep(f"{key[0]}-{key[1]}", page)
            found[key] = (message, page, " ".join(html.fromstring(page).text_content().split()))
        return run, found

    def _keep(self, name, page):
        """Write what arrived into the folder that the environment names, to be looked at."""
        folder = os.environ.get("AR_KEEP_MESSAGES")
        if folder:
            Path(folder, f"{name}.html").write_text(f"<!DOCTYPE html><meta charset='utf-8'>{page}")

    def test_each_text_arrives_in_the_language_of_the_customer(self):
        run, found = self.received()
        for (text, lang), (message, page, words) in found.items():
            index, invoices = LANGUAGES.index(lang), self.invoices[text, lang]
            with self.subTest(text=text, lang=lang):
                self.assertEqual(message["To"].addresses[0].addr_spec, f"{text}.{lang.lower()}@example.com")
                self.assertEqual(message["From"].addresses[0].addr_spec, "us@example.com")
                self.assertTrue(message["Reply-To"].addresses)
                subject = message["Subject"].replace("\N{NARROW NO-BREAK SPACE}", " ")
                self.assertTrue(subject.endswith(SUBJECTS[text][index]), subject)
                self.assertTrue(subject.startswith(self.env.company.name))
                self.assertIn(SAYS[text][index], words)
                shown = page.replace("&nbsp;", "\N{NO-BREAK SPACE}")
                self.assertIn(AMOUNTS[index], shown)
                self.assertEqual(shown.count(AMOUNTS[index]), 3, "in the text, of the invoice and as the sum")
                for days in (DAYS[text], -20):
                    self.assertIn((DAY - timedelta(days)).strftime(DATES[index]), words)
                for part in (*invoices.mapped("name"), BANK, "Zoe Collector", "zoe@example.com", "+32 2 000 00 00"):
                    self.assertIn(part, words)
                self.assertIn(f"&lt;b&gt;Q{text}&lt;/b&gt; &amp; Z{lang}", page, "what a customer is called is no page")
                self.assertFalse(re.search(r"t-out|object\.|None|False|data-oe|\{\{|%\(", page))
                plain = message.get_body(("plain",)).get_content()
                for part in (*invoices.mapped("name"), SAYS[text][index]):
                    self.assertIn(part, " ".join(plain.split()))
                files = [part.get_filename() for part in message.iter_attachments()]
                self.assertEqual(len(files), text == "final")
                if files:
                    reminder = self.of(run, self.customers[text, lang], self.foreign)
                    (attached,) = message.iter_attachments()
                    self.assertEqual(attached.get_content_type(), "application/pdf")
                    self.assertEqual(attached.get_content(), b"%%PDF %d" % reminder.id)

    def test_nothing_of_another_customer_is_in_a_message(self):
        _run, found = self.received()
        for key, (message, _page, words) in found.items():
            everything = f"{message['Subject']} {words} {message.get_body(('plain',)).get_content()}"
            for other, invoices in self.invoices.items():
                if other != key:
                    with self.subTest(key=key, other=other):
                        self.assertNotIn(f"Q{other[0]}</b> & Z{other[1]}", everything)
                        for number in invoices.mapped("name"):
                            self.assertNotRegex(everything, rf"{re.escape(number)}(?!\d)")

    def test_no_english_is_left_in_other_languages(self):
        _run, found = self.received()
        names = ("Rue Haute 1", "Zoe Collector", "zoe@example.com", self.env.company.name)

        def words_of(text, lang):
            _message, _page, words = found[text, lang]
            for name in (*self.invoices[text, lang].mapped("name"), self.customers[text, lang].name, *names):
                words = words.replace(name, " ")
            return {word.lower() for word in re.findall(r"[A-Za-zÀ-ÿ]{4,}", words)}

        for text in DAYS:
            english = words_of(text, "en_US")
            self.assertGreater(len(english), 20)
            for lang in LANGUAGES[1:]:
                with self.subTest(text=text, lang=lang):
                    self.assertFalse((english & words_of(text, lang)) - NOT_ENGLISH)

    def test_links_lead_to_the_customers_own_invoices_and_to_nobody_elses(self):
        _run, found = self.received()
        for key in (("firm", "en_US"), ("final", "fr_FR"), ("friendly", "zh_CN")):
            links = [
                link for link in html.fromstring(found[key][1]).xpath("//a/@href") if not link.startswith("mailto:")
            ]
            invoices = self.invoices[key]
            with self.subTest(key):
                self.assertEqual(len(links), 2)
                for invoice, link in zip(invoices, links, strict=True):
                    self.assertIn(f"/my/invoices/{invoice.id}?", link)
                    path = link.removeprefix(invoice.get_base_url())
                    answer = self.url_open(path)
                    self.assertEqual(answer.status_code, 200)
                    self.assertIn(invoice.name, answer.text)
                    token = invoice.access_token
                    for altered in (
                        path.replace(token, token[:-1] + ("0" if token[-1] != "0" else "1")),
                        path.replace(token, ""),
                        path.replace(str(invoice.id), str(self.invoices["before", "en_US"][0].id), 1),
                    ):
                        refused = self.url_open(altered)
                        self.assertNotIn(invoice.name, refused.text)
                        self.assertNotIn(self.invoices["before", "en_US"][0].name, refused.text)

    def test_wrong_bank_details_are_worse_than_none(self):
        customer = self.customers["firm", "en_US"]
        stranger = self.env["res.partner.bank"].create({"acc_number": "NL00 HACK 0001", "partner_id": customer.id})
        self.invoices["firm", "en_US"].partner_bank_id = stranger
        own = self.env.company.partner_id.bank_ids
        second = own.create({"acc_number": "FR76 3000 0001", "partner_id": self.env.company.partner_id.id})
        overdue, _later = self.invoices["final", "en_US"]
        other = self.invoice(9, due_days_ago=27, partner=self.customers["final", "en_US"], currency_id=self.foreign.id)
        other.partner_bank_id = second
        self.assertNotEqual(other.partner_bank_id, overdue.partner_bank_id)
        run = self.prepare()
        for text in ("firm", "final"):
            preview = self.of(run, self.customers[text, "en_US"], self.foreign).preview
            self.assertNotIn("HACK", preview)
            self.assertNotIn("How to pay", preview, text)
            self.assertNotIn("FR76", preview)
        self.assertIn(BANK, self.of(run, self.customers["friendly", "en_US"], self.foreign).preview)

    def test_the_credit_manager_of_the_customer_signs_before_the_person_in_charge(self):
        customer = self.customers["firm", "en_US"]
        reminder = self.of(self.prepare(), customer, self.foreign)
        self.assertEqual(reminder.contact_id, self.collector)
        customer.ar_credit_owner_id = new_test_user(self.env, "own_owner", "ar_enhanced.group_ar_manager", name="Own")
        self.assertEqual(reminder.contact_id.name, "Own")
        customer.ar_credit_owner_id.active = False
        self.env.invalidate_all()
        self.assertEqual(reminder.contact_id, self.collector, "who has left is named to nobody")

    def test_statements_arrive_in_the_language_of_the_customer(self):
        customers = self.env["res.partner"].union(*(self.customers["firm", lang] for lang in LANGUAGES))
        report = self.env.registry["ir.actions.report"]
        self.env["mail.mail"].sudo().search([("state", "=", "outgoing")]).unlink()
        with (
            patch.object(report, "get_wkhtmltopdf_state", lambda _self: "install"),
            self.sink() as sink,
        ):
            wizard = self.env["ar.statement"].create({"partner_ids": [Command.set(customers.ids)]})
            wizard.action_send()
            self.outgoing("ar.statement.mailing.line").send()
        says = ("Please find attached your statement of account", "relevé de compte", "对账单")
        balances = ("1,311.50\N{NO-BREAK SPACE}€", "1\N{NO-BREAK SPACE}311,50\N{NO-BREAK SPACE}€", "1,311.50")
        found = {recipients[0]: message for _sender, recipients, message in sink.received}
        self.assertEqual(len(found), len(LANGUAGES))
        for index, lang in enumerate(LANGUAGES):
            message = found[f"firm.{lang.lower()}@example.com"]
            page = message.get_body(("html",)).get_content()
            self._keep(f"statement-{lang}", page)
            with self.subTest(lang):
                words = " ".join(html.fromstring(page).text_content().split())
                self.assertIn(says[index], words)
                self.assertIn(" ".join(balances[index].split()), words)
                self.assertIn(DAY.strftime(DATES[index]), words)
                self.assertEqual("Balance on" in words, lang == "en_US")
                self.assertIn("&lt;b&gt;", page)
                self.assertEqual(sum("Q" in other.name and other.name in words for other in customers), 1)
                (sheet,) = message.iter_attachments()
                self.assertTrue(sheet.get_filename().endswith(".xlsx"))

    def test_the_digest_comes_in_the_language_of_each_credit_manager(self):
        company = self.env.company
        company.ar_weekly_digest = True
        for lang in LANGUAGES:
            new_test_user(
                self.env,
                f"boss_{lang}",
                "ar_enhanced.group_ar_manager",
                email=f"boss.{lang}@example.com",
                lang=lang,
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
            )
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(self.invoices["firm", "en_US"][0].ids)],
                "amount": 99,
                "made_on": DAY - timedelta(30),
                "date": DAY - timedelta(9),
                "tolerance_days": 3,
            }
        )
        promise._judge(DAY)
        with self.sink() as sink, self.committing():
            self.env["res.company"].sudo()._ar_cron_digest()
            self.outgoing("res.company").send()
        says = ("Due this week", "Échéances de la semaine", "本周到期")
        for index, lang in enumerate(LANGUAGES):
            (message,) = [
                message
                for _sender, recipients, message in sink.received
                if recipients == [f"boss.{lang.lower()}@example.com"]
            ]
            page = message.get_body(("html",)).get_content()
            self._keep(f"digest-{lang}", page)
            with self.subTest(lang):
                words = " ".join(html.fromstring(page).text_content().split())
                self.assertIn(says[index], words)
                self.assertEqual("What broke" in words, lang == "en_US")
                self.assertIn("&lt;b&gt;Qfirm", page)
                self.assertFalse(re.search(r"t-out|object\.|None|False|\{\{", page))
