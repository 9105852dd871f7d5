from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Tell balance confirmations that their letters didn't go out."""
        if failure_type:
            # The mail queue has no rights on confirmations.
            confirmations = self.env["ar.balance.confirmation"].sudo()
            confirmations.search([("mail_id", "in", self.ids), ("state", "=", "sent")])._fail("mail", failure_reason)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
