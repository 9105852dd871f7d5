from odoo import fields, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _send(self, auto_commit=False, **kwargs):
        """Ask the mail server once only to take a reminder, even if the server is killed while it does.

        Odoo notes that a mail is sent after it was sent. If it is killed between the two, its queue sends the mail
        again; a reminder that may have arrived isn't, but shown as failed.
        """
        reminders = self.env["ar.reminder"].sudo().search([("mail_id", "in", self.ids)])
        if not reminders or not auto_commit:
            return super()._send(auto_commit=auto_commit, **kwargs)
        by_mail = {reminder.mail_id.id: reminder for reminder in reminders}
        result = True
        for mail in self:
            reminder = by_mail.get(mail.id)
            if reminder and not mail.try_lock_for_update():
                # Another worker is sending it at this moment.
                continue
            if reminder and reminder.tried_on and reminder.state == "sending":
                reminder._fail("interrupted")
                reminder._ask_about_failures()
                mail.write({"state": "exception", "failure_reason": reminder.reason_text})
                self.env.cr.commit()  # pylint: disable=invalid-commit
                continue
            if reminder:
                # A person may have told Odoo to try a failed mail again.
                reminder.write({"tried_on": fields.Datetime.now(), "state": "sending"})
                # What happens next can't be undone.
                self.env.cr.commit()  # pylint: disable=invalid-commit
            result = super(MailMail, mail)._send(auto_commit=auto_commit, **kwargs)
        return result

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Tell reminders what became of their mails."""
        reminders = self.env["ar.reminder"].sudo()
        ours = reminders.search([("mail_id", "in", self.ids)]).mail_id
        result = super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
        if ours:
            reminders._settle_mails(ours)._ask_about_failures()
        return result
