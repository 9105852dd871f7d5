from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import DAY
from .reminder_common import NOON, ReminderCase

LAST = 120


@freeze_time(NOON)
@tagged("post_install", "-at_install")
class TestReminderStory(ReminderCase):
    """A hundred and twenty days, a run a day: who is reminded when, and who is not."""

    def owing(self, name, days_until_due=0, **values):
        partner = self.env["res.partner"].create(
            {"name": name, "is_company": True, "email": f"{name.lower()}@example.com", **values}
        )
        return partner, self.invoice(100, due_days_ago=-days_until_due, partner=partner)

    def live(self, events):
        """Let the days go by; give ``{customer name: [(day, channel, days of the step), …]}``."""
        seen = {}
        for number in range(LAST + 1):
            day = DAY + timedelta(number)
            with freeze_time(f"{day} 12:00:00"):
                for event in events.get(number, ()):
                    event()
                run = self.prepare(day)
                self.send(run)
                mails = run.reminder_ids.mail_id
                mails.write({"state": "sent"})
                self.env["ar.reminder"]._settle_mails(mails)
                for reminder in run.reminder_ids.filtered(lambda reminder: reminder.state == "sent"):
                    seen.setdefault(reminder.partner_id.name, []).append(
                        (number, reminder.channel, reminder.step_id.days)
                    )
                run._finish()
                self.assertEqual(run.state, "done")
        return seen

    def pay_on(self, invoice, amount=None):
        values = {} if amount is None else {"amount": amount}
        return lambda: self._register_payment(invoice, payment_date=fields.Date.today(), **values)

    def test_four_months(self):
        self.policy.no_weekend = False
        _silent, _invoice = self.owing("Silent", 10)
        _prompt, prompt = self.owing("Prompt", 10)
        _old, _invoice = self.owing("Old", -200)
        _late, late = self.owing("Late", 10)
        _disputer, disputed = self.owing("Disputer", 10)
        _promiser, promised = self.owing("Promiser", 10)
        _credited, credited = self.owing("Credited", 10)
        paused, _invoice = self.owing("Paused", 10, ar_reminder_pause_until=DAY + timedelta(30))
        code = self.env["ar.dispute.code"].search([], limit=1)

        def dispute():
            self.env["ar.dispute"].create(
                {"move_id": disputed.id, "code_id": code.id, "opened_on": fields.Date.today()}
            )

        def reject():
            self.env["ar.dispute"].search([("move_id", "=", disputed.id)])._close("unjustified", "Delivered.")

        def promise():
            self.env["ar.promise"].create(
                {
                    "move_ids": [Command.set(promised.ids)],
                    "amount": 100,
                    "made_on": fields.Date.today(),
                    "date": fields.Date.today() + timedelta(9),
                    "tolerance_days": 3,
                }
            )

        def credit():
            self._reverse_invoice(credited, date=fields.Date.today(), post=True)

        seen = self.live(
            {
                9: [self.pay_on(prompt)],
                12: [dispute, promise],
                15: [credit],
                19: [self.pay_on(late, 40)],
                30: [self.pay_on(late), reject],
            }
        )
        mail, call = "email", "call"
        whole = [(5, mail, -5), (11, mail, 1), (20, mail, 10), (35, mail, 25), (50, call, 40)]
        self.assertEqual(
            seen,
            {
                "Silent": whole,
                "Prompt": [(5, mail, -5)],
                "Old": [(0, call, 40)],
                "Late": [(5, mail, -5), (11, mail, 1), (20, mail, 10)],
                # Rejected on day 30, 20 days after the due day: the step of that age, then the next ones.
                "Disputer": [(5, mail, -5), (11, mail, 1), (30, mail, 10), (35, mail, 25), (50, call, 40)],
                # Promised on day 12 for day 21 with three days of tolerance: reminded from day 25 on.
                "Promiser": [(5, mail, -5), (11, mail, 1), (25, mail, 10), (35, mail, 25), (50, call, 40)],
                "Credited": [(5, mail, -5), (11, mail, 1)],
                # The last day of the pause is day 30.
                "Paused": [(31, mail, 10), (36, mail, 25), (50, call, 40)],
            },
        )
        self.assertTrue(paused.activity_ids)
