from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .ar_reminder_policy import CHANNELS

STATES = [
    ("prepared", "To send"),
    ("sending", "Being sent"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("left_out", "Left out"),
]
#: Why an item or a whole customer is left out.
LEFT_OUT = [
    ("disputed", "Disputed"),
    ("promised", "Promised"),
    ("planned", "In a payment plan"),
    ("no_followup", "Excluded from follow-up"),
    ("handed_over", "Handed over to an agency"),
    ("netted", "Covered by credits or payments"),
    ("too_small", "Below the minimum"),
    ("paused", "Reminders paused"),
    ("receipt", "A receipt waits to be matched"),
    ("too_soon", "Reminded a short while ago"),
    ("already_sent", "Reminded meanwhile"),
    ("not_due_step", "Not due for a reminder any more"),
    ("paid", "Settled meanwhile"),
    ("cancelled", "Run cancelled"),
]
#: Why nothing can be sent to an address.
ADDRESS = [
    ("no_address", "No e-mail address"),
    ("bad_address", "Malformed e-mail address"),
    ("blacklisted", "E-mail address on the blacklist"),
]
FAILED = [
    *ADDRESS,
    ("no_phone", "No phone number"),
    ("bad_phone", "SMS not delivered"),
    ("no_text", "No text to send"),
    ("bad_text", "The text has an error"),
    ("refused", "Refused by the mail server"),
    ("interrupted", "Interrupted: it may have arrived"),
    ("bounced", "Came back as undeliverable"),
    ("no_sms", "SMS is not installed"),
    ("no_login", "Nobody of the customer has a portal login"),
]
#: A text message that fails later than so many days after it was sent isn't looked at.
SMS_DAYS = 7


class ArReminder(models.Model):
    """One message to a customer, in one currency and by one channel, with the items it is about.

    Written by runs only.  ``email``, ``amount`` and ``days`` are those of the preparation until it is sent, and
    of the sending from then on.
    """

    _name = "ar.reminder"
    _description = "Reminder"
    _order = "amount desc, id"
    _rec_name = "partner_id"

    run_id = fields.Many2one("ar.reminder.run", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    date = fields.Date(string="As of", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    step_id = fields.Many2one("ar.reminder.step", readonly=True, index="btree_not_null", ondelete="set null")
    policy_id = fields.Many2one("ar.reminder.policy", readonly=True, ondelete="set null")
    tone = fields.Selection(related="step_id.tone")
    state = fields.Selection(STATES, required=True, readonly=True, default="prepared")
    code = fields.Selection(LEFT_OUT + FAILED, string="Reason", readonly=True)
    failure = fields.Char(string="What the Mail Server Said", readonly=True)
    address_code = fields.Selection(ADDRESS, string="Address", readonly=True)
    recipient_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    email = fields.Char(string="E-mail", readonly=True)
    amount = fields.Monetary(
        readonly=True, aggregator=None, help="What is asked for; of a reminder that is left out, what is open."
    )
    days = fields.Integer(string="Days Overdue", readonly=True, aggregator="max", help="Of the oldest item.")
    item_count = fields.Integer(string="Number of Items", readonly=True)
    item_ids = fields.One2many("ar.reminder.item", "reminder_id", string="Items", readonly=True)
    going_item_ids = fields.One2many(
        "ar.reminder.item", "reminder_id", string="Items Asked for", domain=[("code", "=", False)], readonly=True
    )
    mail_id = fields.Many2one("mail.mail", readonly=True, index="btree_not_null", ondelete="set null", copy=False)
    message_id = fields.Many2one("mail.message", readonly=True, index="btree_not_null", copy=False)
    sent_on = fields.Datetime(
        readonly=True, index="btree_not_null", help="When it was handed over, or the task was made."
    )
    sent_day = fields.Date(readonly=True)
    tried_on = fields.Datetime(readonly=True, help="When the mail server was first asked to take it.")
    sent_body = fields.Html(string="Text as Sent", readonly=True, sanitize=False)
    sent_subject = fields.Char(string="Subject as Sent", readonly=True)
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    due_text = fields.Char(
        string="Due", compute="_compute_due_text", help="Of the oldest item that has reached the step."
    )

    _once = models.UniqueIndex(
        "(run_id, partner_id, currency_id) WHERE state = 'prepared'",
        "A customer gets one message per currency in a run.",
    )
    _history_idx = models.Index("(company_id, partner_id, sent_day) WHERE state IN ('sending', 'sent')")
    _work_idx = models.Index("(run_id, state)")
    _queue_idx = models.Index("(mail_id) WHERE state = 'sending'")

    @api.depends("code", "failure", "address_code", "state")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        reasons = dict(self._fields["code"]._description_selection(self.env))
        for reminder in self:
            code = reminder.code or (reminder.state == "prepared" and reminder.address_code)
            reason = reasons.get(code, "") if code else ""
            reminder.reason_text = ": ".join(part for part in (reason, reminder.failure) if part)

    @api.depends("days", "item_ids.days", "item_ids.code")
    @api.depends_context("lang")
    def _compute_due_text(self):
        """When the oldest item that has reached the step is due; ``days`` counts those reminded of before, too."""
        oldest = dict(
            self.env["ar.reminder.item"]._read_group(
                [("reminder_id", "in", self.ids), ("code", "=", False)], ["reminder_id"], ["days:max"]
            )
        )
        for reminder in self:
            reminder.due_text = self._due_words(oldest.get(reminder, reminder.days))

    @api.model
    def _due_words(self, days):
        """A due day so many days ago, or ahead if negative, in words."""
        if days > 1:
            return self.env._("%(days)s days overdue", days=days)
        return {
            1: self.env._("1 day overdue"),
            0: self.env._("due today"),
            -1: self.env._("due tomorrow"),
        }.get(days) or self.env._("due in %(days)s days", days=-days)

    def action_open_customer(self):
        """Open the customer."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def action_leave_out(self):
        """Take these reminders out of their run."""
        self._check_clerk()
        # The right was checked; nobody writes reminders but through the methods here.
        self.sudo().filtered(lambda reminder: reminder.state == "prepared").write(
            {"state": "left_out", "code": "cancelled"}
        )
        return True

    def action_print(self):
        """Print these reminders as letters."""
        return self.env.ref("ar_enhanced.action_report_ar_reminder").report_action(self)

    @api.model
    def _join_prepared(self, partners):
        """Make one message of those that wait for customers who are about to become one."""
        waiting = self.search([("state", "=", "prepared"), ("partner_id", "in", partners.ids)], order="id")
        for reminders in waiting.grouped(lambda reminder: (reminder.run_id, reminder.currency_id)).values():
            reminders[1:].item_ids.write({"reminder_id": reminders[0].id})
            reminders[1:].unlink()

    def _check_clerk(self):
        self.check_access("read")
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Reminders take the rights of a receivables clerk."))

    @api.model
    def _settle_mails(self, mails=None):
        """Take over what became of the mails that were handed to Odoo's queue.

        :return: the reminders that failed
        """
        self.flush_model()
        self.env["mail.mail"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE ar_reminder reminder
                   SET state = CASE WHEN mail.state = 'sent' THEN 'sent' ELSE 'failed' END,
                       code = CASE WHEN mail.state = 'sent' THEN NULL
                                   WHEN mail.failure_type IN ('mail_email_invalid', 'mail_email_missing')
                                   THEN 'bad_address'
                                   ELSE 'refused' END,
                       failure = CASE WHEN mail.state = 'sent' THEN NULL ELSE LEFT(mail.failure_reason, 250) END
                  FROM mail_mail mail
                 WHERE mail.id = reminder.mail_id
                   AND reminder.state = 'sending'
                   AND mail.state IN ('sent', 'exception', 'cancel')
                   AND %s
             RETURNING reminder.id, reminder.state
                """,
                SQL("mail.id = ANY(%s)", mails.ids) if mails is not None else SQL("TRUE"),
            )
        )
        self.invalidate_model(["state", "code", "failure"])
        return self.browse([reminder_id for reminder_id, state in rows if state == "failed"])

    @api.model
    def _settle_deleted(self):
        """Find the reminders whose mail somebody deleted before it was sent: nobody knows any more.

        :return: these reminders, which failed
        """
        lost = self.search([("state", "=", "sending"), ("mail_id", "=", False)])
        lost.write({"state": "failed", "code": "interrupted"})
        return lost

    @api.model
    def _settle_sms(self):
        """Find the text messages of the last days that could not be delivered.

        :return: the reminders that failed
        """
        if "sms.sms" not in self.env:
            return self
        since = fields.Date.context_today(self) - timedelta(SMS_DAYS)
        sent = self.search([("channel", "=", "sms"), ("state", "=", "sent"), ("sent_day", ">=", since)])
        undelivered = self.env["sms.sms"].search(
            [("state", "=", "error"), ("mail_message_id", "in", sent.message_id.ids)]
        )
        failed = sent.filtered(lambda reminder: reminder.message_id in undelivered.mail_message_id)
        failed.write({"state": "failed", "code": "bad_phone"})
        return failed


class ArReminderItem(models.Model):
    """An open item that a run looked at: what a reminder asks for, or why not."""

    _name = "ar.reminder.item"
    _description = "Item of a Reminder"
    _order = "days desc, id"
    _rec_name = "move_line_id"

    run_id = fields.Many2one("ar.reminder.run", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    reminder_id = fields.Many2one("ar.reminder", readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    move_line_id = fields.Many2one(
        "account.move.line", string="Item", required=True, readonly=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    date_maturity = fields.Date(related="move_line_id.date_maturity", string="Due Date")
    step_id = fields.Many2one("ar.reminder.step", readonly=True, index="btree_not_null", ondelete="set null")
    step_days = fields.Integer(readonly=True, help="The days of the step, which may change or go.")
    days = fields.Integer(string="Days Overdue", readonly=True, aggregator=None)
    residual = fields.Monetary(string="Open", readonly=True, aggregator=None)
    amount = fields.Monetary(string="Asked for", readonly=True, aggregator=None)
    paused = fields.Monetary(string="Not Asked for", readonly=True, aggregator=None)
    pause_code = fields.Selection(LEFT_OUT, string="Because", readonly=True)
    code = fields.Selection(LEFT_OUT, string="Left out", readonly=True)
