from datetime import timedelta
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from .common import DAY
from .test_payment_plan import PlanCase


@freeze_time(f"{DAY} 12:00:00")
@tagged("post_install", "-at_install")
class TestPaymentPlanMail(PlanCase):
    """Messages about instalments: three days before, and once when one is late."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.write({"ar_reminder_fresh_days": 0, "ar_plan_remind_days": 3, "email": "us@example.com"})
        cls.customer.email = "office@linden.example"
        cls.env["ar.payment.plan"].search([]).state = "cancelled"

    def plan_of_two(self):
        """An active plan of 600 after ten days and 590 after forty."""
        return self.active(days=(10, 40), amounts=(600, 590))

    def remind(self, in_days):
        """What the schedule does so many days later; gives the mails of that day."""
        mails = self.env["mail.mail"].sudo()
        before = mails.search([])
        with (
            freeze_time(f"{DAY + timedelta(in_days)} 12:00:00"),
            patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *_args, **_kw: float("inf")),
        ):
            self.env.invalidate_all()
            self.env["ar.payment.plan.instalment"].sudo()._cron_remind()
        return mails.search([("model", "=", "ar.payment.plan")]) - before

    def test_one_message_three_days_before_and_none_a_day_earlier_or_later(self):
        plan = self.plan_of_two()
        self.assertFalse(self.remind(6))
        mail = self.remind(7)
        self.assertEqual((len(mail), mail.recipient_ids, mail.res_id), (1, self.customer, plan.id))
        for part in ("600.00", "04/10/2025", "is to be paid by", "1,190.00", "05/10/2025"):
            self.assertIn(part, mail.body_html)
        self.assertIn(mail.mail_message_id, plan.message_ids)
        for day in (7, 8, 10):
            self.assertFalse(self.remind(day))

    def test_one_message_when_it_is_late_and_none_if_it_was_paid(self):
        self.plan_of_two()
        self.remind(7)
        mail = self.remind(11)
        self.assertEqual(len(mail), 1)
        self.assertIn("has not reached us yet", mail.body_html)
        self.assertFalse(self.remind(12))
        with freeze_time(f"{DAY + timedelta(13)} 12:00:00"):
            self._register_payment(self.overdue, payment_date=DAY + timedelta(13), amount=600)
        mail = self.remind(37)
        self.assertIn("590.00", mail.body_html)
        self.assertIn("Settled", mail.body_html)
        self.assertNotIn("1,190.00", mail.body_html)

    def test_who_has_paid_is_not_written_to(self):
        self.plan_of_two()
        self._register_payment(self.overdue, payment_date=DAY, amount=600)
        self.assertFalse(self.remind(7) + self.remind(11))

    def test_nobody_is_written_to_who_may_have_paid_or_is_paused(self):
        self.plan_of_two()
        self.customer.ar_reminder_pause_until = DAY + timedelta(7)
        self.assertFalse(self.remind(7))
        receipt = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": DAY,
                "payment_ref": "Transfer",
                "amount": 600,
                "partner_id": self.customer.id,
            }
        )
        self.assertFalse(self.remind(8))
        receipt.unlink()
        self.env.company.ar_reminder_fresh_days = 2
        self.assertFalse(self.remind(8), "no bank data")
        self.env.company.ar_reminder_fresh_days = 0
        self.env.company.ar_plan_remind_days = 0
        self.assertFalse(self.remind(8))
        self.env.company.ar_plan_remind_days = 3
        self.assertEqual(len(self.remind(8)), 1)

    def test_only_plans_in_force_are_written_about(self):
        plan = self.plan(days=(10, 40), amounts=(600, 590))
        self.assertFalse(self.remind(7))
        plan.action_propose()
        self.assertFalse(self.remind(7))
        plan.action_cancel()
        self.assertFalse(self.remind(7))

    def test_an_address_that_does_not_work_becomes_a_task(self):
        plan = self.plan_of_two()
        self.customer.email = "office at linden"
        self.assertFalse(self.remind(7))
        (task,) = plan.activity_ids
        self.assertIn("malformed", task.note)
        self.assertEqual(task.user_id, plan.user_id)
        self.assertFalse(self.remind(8))
        self.assertEqual(len(plan.activity_ids), 1)

    def test_the_message_is_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        modules = self.env["ir.module.module"].search([("name", "=", "ar_enhanced")])
        modules._update_translations(["fr_FR"], overwrite=True)
        self.plan_of_two()
        self.customer.lang = "fr_FR"
        self.customer.name = "<b>Linden</b>"
        mail = self.remind(7)
        for part in ("Comme convenu", "10/04/2025", "&lt;b&gt;Linden"):
            self.assertIn(part, mail.body_html)
        self.assertIn("échéancier", mail.subject)
        for english in ("Dear", "To be paid", "Still", "Best regards"):
            self.assertNotIn(english, mail.body_html)
