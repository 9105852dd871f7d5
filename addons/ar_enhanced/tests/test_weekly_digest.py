from datetime import timedelta

from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY
from .reminder_common import NOON, ReminderCase


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestWeeklyDigest(ReminderCase):
    def test_the_digest_tells_what_is_due_what_broke_and_what_nobody_owns(self):
        company = self.env.company
        self.debt(111, days=0)
        self.debt(222, days=-6)
        self.debt(444, days=-7)
        late = self.debt(333, days=5)
        facts = company._ar_digest_facts()
        own = dict(facts["due_customers"])
        self.assertEqual(own[self.debtor], 333, "from today on, and not the day in a week")
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(late.ids)],
                "amount": 99,
                "made_on": DAY - timedelta(30),
                "date": DAY - timedelta(9),
                "tolerance_days": 3,
            }
        )
        promise._judge(DAY)
        code = self.env["ar.dispute.code"].search([], limit=1)
        self.env["ar.dispute"].create(
            {"move_id": late.id, "code_id": code.id, "user_id": False, "deadline": DAY - timedelta(1), "amount": 1}
        )
        self.debtor.email = False
        run = self.prepare()
        self.send(run)
        text = company.ar_digest
        for part in ("99.00", "was broken", "a reminder failed (No e-mail address)", "without an owner", late.name):
            self.assertIn(part, text)
        self.assertIn("03/30/2025", text)

    def test_only_credit_managers_of_companies_that_want_it_get_it(self):
        company = self.env.company
        values = {"company_id": company.id, "company_ids": [Command.set(company.ids)]}
        manager = new_test_user(self.env, "digest_reader", "ar_enhanced.group_ar_manager", **values)
        clerk = new_test_user(self.env, "digest_clerk", "ar_enhanced.group_ar_clerk", **values)
        mails = self.env["mail.mail"].sudo()
        found = [("model", "=", "res.company"), ("res_id", "=", company.id)]
        with self.committing():
            self.env["res.company"].sudo()._ar_cron_digest()
            self.assertFalse(mails.search(found))
            company.ar_weekly_digest = True
            self.env["res.company"].sudo()._ar_cron_digest()
        mail = mails.search(found)
        self.assertEqual(len(mail), 1)
        self.assertIn(manager.partner_id, mail.recipient_ids)
        self.assertNotIn(clerk.partner_id, mail.recipient_ids)
        self.assertIn("Due this week", mail.body_html)
