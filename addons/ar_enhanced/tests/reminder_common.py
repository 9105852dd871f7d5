from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from odoo.fields import Command
from odoo.tools import mute_logger

from .common import DAY, LedgerCase
from .smtp_sink import SmtpSink

#: Noon of a Monday: no quiet hours.
NOON = f"{DAY} 12:00:00"


class ReminderCase(LedgerCase):
    """The ledger of :class:`LedgerCase`, in which ``customer`` and others have addresses, and one plain policy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.ar_reminder_fresh_days = 0
        # What the ledger has besides is left out, so that counts are those of a test's own customers.
        (cls.customer | cls.newcomer | cls.stranger).ar_reminder_pause_until = date(2099, 12, 31)
        cls.env["ar.reminder.policy"].search([]).active = False
        cls.texts = {
            name: cls.env.ref(f"ar_enhanced.mail_template_reminder_{name}")
            for name in ("before", "friendly", "firm", "final")
        }
        cls.policy = cls.env["ar.reminder.policy"].create(
            {
                "name": "Everybody",
                "min_amount": 0,
                "gap_days": 5,
                "step_ids": [
                    Command.create({"days": days, "channel": "email", "mail_template_id": cls.texts[name].id})
                    for days, name in ((-5, "before"), (1, "friendly"), (10, "firm"), (25, "final"))
                ]
                + [Command.create({"days": 40, "channel": "call", "task_note": "Ask when."})],
            }
        )
        cls.debtor = cls.env["res.partner"].create(
            {"name": "Debtor", "is_company": True, "email": "debtor@example.com"}
        )
        cls.runs = cls.env["ar.reminder.run"].sudo()

    def prepare(self, day=DAY):
        """A run as of ``day``."""
        run = self.runs._open(self.env.company)
        run.date = day
        run._prepare()
        return run

    def send(self, run, chunk_size=25):
        """Send ``run`` as the schedule does."""
        if run.state in ("prepared", "reviewed"):
            run.action_send()
        with self.committing():
            self.runs._cron_send(chunk_size)

    def committing(self, answers=None):
        """Let code commit its progress; ``answers`` are what it is told about the time left."""
        answers = iter(answers or ())
        return patch.object(
            self.env.registry["ir.cron"], "_commit_progress", lambda *_args, **_kw: next(answers, float("inf"))
        )

    def of(self, run, partner=None, currency=None):
        """The reminders of a customer in ``run``, in the company's currency."""
        return run.reminder_ids.filtered(
            lambda reminder: (
                reminder.partner_id == (partner or self.debtor)
                and reminder.currency_id == (currency or self.env.company.currency_id)
            )
        )

    def item_of(self, run, invoice):
        """What ``run`` says of an invoice with one instalment."""
        return run.reminder_ids.item_ids.filtered(lambda item: item.move_id == invoice)

    def mails(self, partner=None):
        """The mails to a customer that wait in Odoo's queue, or went through it."""
        customer = partner or self.debtor
        return self.env["mail.mail"].sudo().search([("model", "=", "res.partner"), ("res_id", "=", customer.id)])

    def tasks(self, kind, partner=None):
        """Open tasks of a kind on a customer."""
        activity_type = self.env.ref(f"ar_enhanced.mail_activity_reminder_{kind}")
        return (partner or self.debtor).activity_ids.filtered(
            lambda activity: activity.activity_type_id == activity_type
        )

    @classmethod
    def debt(cls, amount=100, days=12, **values):
        """An invoice of the debtor that has been due for ``days``."""
        return cls.invoice(amount, due_days_ago=days, partner=cls.debtor, **values)

    def receipt(self, amount=100, **values):
        """A bank line that isn't matched."""
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": DAY - timedelta(1),
                "payment_ref": "Transfer",
                "amount": amount,
                **values,
            }
        )


class SmtpCase(ReminderCase):
    """Messages as a mail server gets them."""

    @contextmanager
    def sink(self, **how):
        """A mail server that takes what is sent; ``how`` as in :class:`SmtpSink`."""
        self.env.company.email = "us@example.com"
        servers = self.env["ir.mail_server"].sudo()
        servers.search([]).active = False
        with (
            SmtpSink(**how) as sink,
            patch.object(self.env.registry["ir.mail_server"], "_disable_send", lambda _self: False),
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            servers.create({"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": sink.port})
            yield sink

    def delivered(self, **how):
        """Send what is prepared through a real connection; give what arrived."""
        with self.sink(**how) as sink:
            run = self.prepare()
            self.send(run)
            self.outgoing("res.partner").send()
            return run, sink.received

    def outgoing(self, model):
        """The mails about records of ``model`` that wait in Odoo's queue."""
        return self.env["mail.mail"].sudo().search([("state", "=", "outgoing"), ("model", "=", model)])
