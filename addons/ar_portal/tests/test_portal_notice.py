from unittest.mock import patch

from odoo import http
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PAGE, PortalAccountCase


@tagged("post_install", "-at_install")
class TestPortalNotice(PortalAccountCase):
    """Reminders by portal notice: who sees them, and who reads them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.ar_reminder_fresh_days = 0
        cls.env["ar.reminder.policy"].sudo().search([]).active = False
        cls.env["ar.reminder.policy"].sudo().create(
            {
                "name": "By notice",
                "min_amount": 0,
                "step_ids": [
                    Command.create(
                        {
                            "days": 10,
                            "channel": "portal",
                            "mail_template_id": cls.env.ref("ar_enhanced.mail_template_reminder_firm").id,
                        }
                    )
                ],
            }
        )
        cls.of_birch = cls._post(102.22, due_in=-12)
        cls.of_north = cls._post(217.33, partner=cls.birch_north, due_in=-12)
        cls.reminders = cls.env["ar.reminder.run"].sudo()._open(cls.env.company)
        cls.reminders._prepare()
        cls.reminders.state = "sending"

    def setUp(self):
        super().setUp()
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *_args, **_kw: float("inf")):
            self.reminders._cron_send()
        self.notice = self._of(self.birch)
        self.assertEqual(self.notice.state, "sent")

    def _of(self, partner):
        return self.reminders.reminder_ids.filtered(lambda reminder: reminder.partner_id == partner)

    def _read(self, user, notice, token=True):
        self.env.flush_all()
        self.authenticate(user.login if user else None, user.login if user else None)
        data = {"csrf_token": http.Request.csrf_token(self)} if token else {"anything": "else"}
        return self.url_open(f"{PAGE}/notices/{notice.id}/read", data=data, allow_redirects=False)

    def test_the_customer_sees_the_text_as_it_was_sent_until_somebody_has_read_it(self):
        for user in (self.clerk, self.colleague):
            page = self._get(user)
            words = self._text(page, "o_ar_notice")
            self.assertIn("Please pay within seven days", words)
            self.assertIn(self.of_birch.name, words)
            self.assertIn(self._money(102.22).split()[-1], words)
            self.assertEqual(self._text(page, "o_ar_notice_subject"), self.notice.sent_subject)
            self.assertFalse(page.find_class("o_ar_earlier"))
        for _press in range(2):
            self.assertEqual(self._read(self.clerk, self.notice).status_code, 303)
        self.assertEqual(self.notice.portal_read_by_id, self.clerk)
        self._read(self.colleague, self.notice)
        self.assertEqual(self.notice.portal_read_by_id, self.clerk, "who was first")
        page = self._get(self.colleague)
        self.assertFalse(page.find_class("o_ar_notice"))
        earlier = self._text(page, "o_ar_earlier")
        self.assertIn(f"Read by {self.clerk.name}", earlier)
        self.assertIn(self.of_birch.name, earlier)

    @mute_logger("odoo.http")
    def test_nobody_else_sees_or_reads_it(self):
        staff = new_test_user(self.env, "staff", "account.group_account_manager", password="staff")
        for user in (self.north_user, self.cedar_user, staff):
            with self.subTest(user.login):
                page = self._get(user)
                self.assertNotIn(self.of_birch.name, self._words(page))
                self.assertNotIn(str(self.notice.id), [each.get("data-id") for each in page.find_class("o_ar_notice")])
                self.assertEqual(self._read(user, self.notice).status_code, 404)
        self.assertIn(self.of_north.name, self._text(self._get(self.north_user), "o_ar_notice"))
        self.assertFalse(self._get(self.cedar_user).find_class("o_ar_notice"))
        self.assertFalse(self.notice.portal_read_on)

    @mute_logger("odoo.http")
    def test_without_login_token_or_a_notice_nothing_is_read(self):
        self.assertIn("/web/login", self._read(None, self.notice).headers.get("Location", ""))
        self.assertEqual(self._read(self.clerk, self.notice, token=False).status_code, 400)
        self.assertEqual(self._read(self.clerk, self.notice.browse(0)).status_code, 404)
        self.assertFalse(self.notice.portal_read_on)

    def test_a_colleague_in_another_company_sees_nothing(self):
        other = self.setup_other_company()["company"]
        abroad = self._portal_user("abroad", "Ada Abroad", self.birch, companies=other)
        page = self._get(abroad)
        self.assertFalse(page.find_class("o_ar_notice"))
        self.assertNotIn(self.of_birch.name, self._words(page))
        self.assertEqual(self._read(abroad, self.notice).status_code, 404)

    def test_who_has_paid_is_not_asked_again(self):
        self._pay_by_bank(self.of_birch, 102.22)
        page = self._get(self.clerk)
        self.assertFalse(page.find_class("o_ar_notice"))
        self.assertIn("Please pay", self._text(page, "o_ar_earlier"), "it can still be read")

    def test_reminders_by_other_channels_or_not_sent_are_no_notices(self):
        for values in ({"channel": "email"}, {"channel": "portal", "state": "failed"}):
            self.notice.write(values)
            page = self._get(self.clerk)
            self.assertFalse(page.find_class("o_ar_notice") + page.find_class("o_ar_earlier"))
            self.notice.write({"channel": "portal", "state": "sent"})

    def test_scripts_in_a_text_do_nothing(self):
        self.notice.sent_body = '<p onclick="x()">Pay<script>alert(1)</script><img src="x" onerror="x()"/></p>'
        self.env.flush_all()
        self.authenticate("clerk", "clerk")
        source = self.url_open(PAGE).text
        for hostile in ("alert(1)", "onclick", "onerror"):
            self.assertNotIn(hostile, source.split("o_ar_notice_text")[1].split("</article>")[0])

    def test_customers_reach_reminders_by_no_other_way(self):
        for user in (self.clerk, self.cedar_user):
            with self.assertRaises(AccessError):
                self.notice.with_user(user).read(["sent_body"])

    def test_a_mail_links_to_the_account_only_for_who_can_log_in(self):
        reminder = self.notice
        reminder.recipient_id = self.clerk.partner_id
        self.assertTrue(reminder._portal_url().endswith(PAGE))
        reminder.recipient_id = self.birch
        self.assertFalse(reminder._portal_url())
        reminder.recipient_id = self.cedar_user.partner_id
        self.assertFalse(reminder._portal_url())

    @mute_logger("odoo.http")
    def test_nobody_prints_a_document_that_he_may_not_read(self):
        """By the address that prints any record with any report: neither his own one, nor another customer's."""
        employee = new_test_user(self.env, "employee", "base.group_user", password="employee")
        reader = new_test_user(self.env, "reader", "ar_enhanced.group_ar_user", password="reader")
        (employee | reader).write(
            {"company_ids": [Command.set(self.env.company.ids)], "company_id": self.env.company.id}
        )
        report = "ar_enhanced.report_ar_reminder"
        for user in (self.cedar_user, self.clerk, employee):
            for kind in ("html", "text", "pdf"):
                with self.subTest(user=user.login, kind=kind):
                    self.env.flush_all()
                    self.env.invalidate_all()
                    self.authenticate(user.login, user.login)
                    response = self.url_open(f"/report/{kind}/{report}/{self.notice.id}")
                    self.assertEqual(response.status_code, 403)
                    self.assertNotIn("102.22", response.text)
        self.authenticate("reader", "reader")
        self.assertIn("102.22", self.url_open(f"/report/html/{report}/{self.notice.id}").text)

    def test_every_report_of_these_addons_asks_whether_its_records_may_be_read(self):
        reports = self.env["ir.actions.report"].sudo().search([("model", "=like", "ar.%")])
        self.assertGreater(len(reports), 5)
        for report in reports:
            for user in (self.cedar_user, self.clerk):
                as_user = self.env["ir.actions.report"].with_user(user)
                with self.subTest(report=report.report_name, user=user.login), self.assertRaises(AccessError):
                    as_user._get_rendering_context(report, [1], {})
