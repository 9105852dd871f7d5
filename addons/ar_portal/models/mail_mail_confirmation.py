from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Tell balance confirmations whether their letters went out."""
        # The mail queue has no rights on confirmations.
        confirmations = self.env["ar.balance.confirmation"].sudo().search([("mail_id", "in", self.ids)])
        if failure_type:
            confirmations.filtered(lambda each: each.state == "sent")._fail("mail", failure_reason)
        else:
            # Somebody may have told Odoo to try a failed mail again.
            refused = confirmations.filtered(lambda each: each.state == "failed" and each.failure_code == "mail")
            refused.write({"state": "sent", "failure_code": False, "failure": False})
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
