from odoo import models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def action_send_mail(self):
        """Log the e-mail that was written from the collections desk."""
        result = super().action_send_mail()
        account_id = self.env.context.get("ar_collection_account_id")
        if account_id:
            # Whose desk it was is said by the browser: it takes the rights to read it and to log a contact.
            account = self.env["ar.collection.account"].search([("id", "=", account_id)])
            account._log_written(self)
        return result
