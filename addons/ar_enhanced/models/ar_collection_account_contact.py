from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty
from odoo.tools.misc import split_every

CALL = "ar_enhanced.mail_activity_reminder_call"


class ArCollectionAccount(models.Model):
    """How contacts are logged from the desk: by a call, by an e-mail to one customer, by e-mails to many."""

    _inherit = "ar.collection.account"  # pylint: disable=consider-merging-classes-inherited

    def _log(self, values):
        """Log the same contact with each of these customers; calls that reminders asked for are done with it.

        :param values: of ``ar.collection.contact``, without customer and company
        :return: the contacts
        """
        self._check_clerk()
        self._check_selection()
        contacts = self.env["ar.collection.contact"].create(
            [{**values, "partner_id": account.partner_id.id, "company_id": account.company_id.id} for account in self]
        )
        if values.get("channel") == "call":
            self._finish_calls(contacts[:1].display_name)
        return contacts

    def _finish_calls(self, feedback):
        """Mark the calls that reminders asked for as done."""
        # They may be another person's; who called has the right to log it, as was checked.
        calls = (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "res.partner"),
                    ("res_id", "in", self.partner_id.ids),
                    ("activity_type_id", "=", self.env.ref(CALL).id),
                ]
            )
        )
        if calls:
            calls.action_feedback(feedback=feedback)

    def _log_written(self, message):
        """Log an e-mail that was written to this customer with Odoo's composer ``message``."""
        if not self or message.model != "res.partner" or is_html_empty(message.body):
            return
        recipients = message.partner_ids.filtered(lambda partner: partner.commercial_partner_id == self.partner_id)
        self._log({"channel": "email", "result": "sent", "person_id": recipients[:1].id, "note": message.subject})

    def _write_to(self, template):
        """Queue one e-mail per customer, to its own address only, whatever recipients ``template`` has.

        :return: the mails
        """
        self._check_clerk()
        self._check_selection()
        if template.model != "res.partner":
            raise UserError(self.env._("Choose a template for contacts."))
        template.check_access("read")
        reached = {
            customer: recipient
            for customer, (recipient, code) in self.partner_id._ar_statement_recipients().items()
            if not code
        }
        mails = self.env["mail.mail"].sudo()
        for chunk in split_every(100, [customer.id for customer in reached]):
            texts = template._generate_template(chunk, ("subject", "body_html", "email_from"))
            customers = self.env["res.partner"].browse(chunk)
            # Queued by who may write to customers, as was checked; clerks need no right on the queue itself.
            mails |= mails.create(
                [
                    {
                        "subject": texts[customer.id]["subject"],
                        "body_html": texts[customer.id]["body_html"],
                        "email_from": texts[customer.id].get("email_from") or self.env.user.email_formatted,
                        "author_id": self.env.user.partner_id.id,
                        "recipient_ids": [fields.Command.set(reached[customer].ids)],
                        "model": "res.partner",
                        "res_id": customer.id,
                        "auto_delete": False,
                    }
                    for customer in customers
                ]
            )
        self.filtered(lambda account: account.partner_id in reached)._log(
            {"channel": "email", "result": "sent", "note": template.name}
        )
        return mails
