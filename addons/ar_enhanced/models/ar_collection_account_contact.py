from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty
from odoo.tools.misc import split_every

from ..engine.collection_priority import REST_DAYS

CALL = "ar_enhanced.mail_activity_reminder_call"


class ArCollectionAccount(models.Model):
    """How contacts are logged from the desk: by a call, by an e-mail to one customer, by e-mails to many."""

    _inherit = "ar.collection.account"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _rest_days(self, result):
        """Days after a contact with this result before the customer is back on the list."""
        return REST_DAYS.get(result, 0)

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

    def _write_to(self, template, subject=None, body=None):
        """Queue one e-mail per customer, to its own address only, whatever recipients ``template`` has.

        The mail belongs to the contact that it is logged as: users of receivables may read it, and nobody else.

        :param subject: and ``body``, a text that was written for one customer instead of that of the template
        :return: the mails
        """
        self._check_clerk()
        self._check_selection()
        if template.model != "res.partner":
            raise UserError(self.env._("Choose a template for contacts."))
        template.check_access("read")
        recipients = self.partner_id._ar_statement_recipients()
        reached = self.filtered(lambda account: not recipients[account.partner_id][1])
        texts = {}
        if subject is None:
            for chunk in split_every(100, reached.partner_id.ids):
                texts.update(template._generate_template(chunk, ("subject", "body_html")))
        written = {"subject": subject, "body_html": body}
        contacts = self.env["ar.collection.contact"].create(
            [
                {
                    "partner_id": account.partner_id.id,
                    "company_id": account.company_id.id,
                    "channel": "email",
                    "result": "sent",
                    "person_id": recipients[account.partner_id][0].id,
                    "note": texts.get(account.partner_id.id, written)["subject"],
                }
                for account in reached
            ]
        )
        values = [
            {
                "subject": text["subject"],
                "body": text["body_html"],
                "body_html": text["body_html"],
                "email_from": self.env.user.email_formatted,
                "author_id": self.env.user.partner_id.id,
                "recipient_ids": [fields.Command.set(contact.person_id.ids)],
                "model": contact._name,
                "res_id": contact.id,
                "auto_delete": False,
            }
            for contact in contacts
            for text in [texts.get(contact.partner_id.id, written)]
        ]
        # Queued for who may write to customers, as was checked; clerks have no right on the queue itself.
        return self.env["mail.mail"].sudo().create(values)


class ArCollectionContact(models.Model):
    """The text of an e-mail that was sent from the desk."""

    _inherit = "ar.collection.contact"  # pylint: disable=consider-merging-classes-inherited

    sent_body = fields.Html(string="Text as Sent", compute="_compute_sent_body", sanitize=False)

    @api.depends("channel")
    def _compute_sent_body(self):
        # Who may read a contact may read what was sent.
        messages = self.env["mail.message"].sudo().search([("model", "=", self._name), ("res_id", "in", self.ids)])
        bodies = {message.res_id: message.body for message in messages}
        for contact in self:
            contact.sent_body = bodies.get(contact.id, False)
