import logging

from psycopg2 import Error as DatabaseError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import hash_sign, verify_hash_signed

_logger = logging.getLogger(__name__)

LINK_SCOPE = "ar_portal.balance_confirmation"


class ArBalanceConfirmation(models.Model):
    """How letters reach customers, once each, and what silence means.

    A link is signed by the database's secret and stored nowhere, so that nobody can answer in a customer's name with
    what is read from the database. The mail with it isn't in the chatter, and is deleted once it has gone out.
    """

    _inherit = "ar.balance.confirmation"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_confirmations(self, chunk_size=20):
        """Send, remind and conclude, a chunk per transaction; killed, it goes on with what isn't done yet."""
        companies = self.env["ar.confirmation.round"].search([("state", "=", "sent")]).company_id
        days = {company: company._ar_today() for company in companies}
        in_time = [
            Domain("company_id", "=", company.id) & Domain(self._to_remind(day)) for company, day in days.items()
        ]
        over = [
            Domain("company_id", "=", company.id) & Domain("round_id.answer_by", "<", day)
            for company, day in days.items()
        ]
        of_sent = Domain("round_id.state", "=", "sent")
        work = [
            (Domain("state", "=", "to_send") & of_sent, type(self)._send, chunk_size),
            (Domain.OR(in_time), type(self)._remind, chunk_size),
            (Domain("state", "=", "sent") & of_sent & Domain.OR(over), type(self)._conclude, 50 * chunk_size),
        ]
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=sum(self.search_count(domain) for domain, _step, _size in work))
        for domain, step, size in work:
            while chunk := self.search(domain, limit=size, order="id").try_lock_for_update():
                step(chunk)
                if not progress(len(chunk)):
                    return
                self.env.invalidate_all()

    @api.model
    def _to_remind(self, today):
        """Domain of those that are to be reminded today."""
        return [
            ("state", "=", "sent"),
            ("reminded_on", "=", False),
            ("round_id.state", "=", "sent"),
            ("round_id.remind_on", "<=", today),
            ("round_id.answer_by", ">=", today),
        ]

    def _send(self):
        """Hand one letter per confirmation to the mail queue, in the transaction that notes it as sent."""
        self._freeze()
        for company, confirmations in self.grouped("company_id").items():
            recipients = confirmations.partner_id._ar_statement_recipients()
            for each in confirmations.with_context(allowed_company_ids=company.ids):
                recipient, code = recipients[each.partner_id]
                if code:
                    each._fail(code)
                else:
                    each._send_to(recipient)

    def _send_to(self, recipient):
        """Send this letter; whatever goes wrong with it stops nobody else's."""
        try:
            with self.env.cr.savepoint():
                self.write(
                    {
                        "state": "sent",
                        "sent_on": fields.Datetime.now(),
                        "recipient_id": recipient.id,
                        "sent_to": recipient.email_normalized,
                    }
                )
                self.mail_id = self._mailed("ar_portal.mail_template_confirmation")
        except (UserError, ValueError, DatabaseError) as error:
            _logger.info("No balance confirmation for partner %s: %s", self.partner_id.id, error)
            self.env.invalidate_all()
            self._fail("failed", str(error))
            return
        self._note(self.env._("The letter was sent to %(address)s.", address=self.sent_to))

    def _remind(self):
        """Remind those who haven't answered, once."""
        for company, confirmations in self.grouped("company_id").items():
            for each in confirmations.with_context(allowed_company_ids=company.ids):
                # Noted whatever happens: a reminder that can't be sent isn't tried for ever.
                each.reminded_on = fields.Datetime.now()
                try:
                    with self.env.cr.savepoint():
                        each._mailed("ar_portal.mail_template_confirmation_reminder")
                    words = self.env._("A reminder was sent to %(address)s.", address=each.sent_to)
                except (UserError, ValueError, DatabaseError) as error:
                    self.env.invalidate_all()
                    words = self.env._("No reminder could be sent: %(reason)s", reason=error)
                each._note(words)

    def _mailed(self, template):
        """Put a mail with the link to this letter into the queue; nobody reads it but who gets it."""
        self.ensure_one()
        template = self.env.ref(template).with_context(ar_link=self._link())
        mail = self.env["mail.mail"].browse(
            template.send_mail(self.id, email_values={"author_id": self.company_id.partner_id.id})
        )
        # Readers of the confirmation would read the link in its messages.
        mail.write({"model": False, "res_id": False})
        return mail

    def _fail(self, code, reason=False):
        """Note why these letters didn't reach their customers."""
        self.write({"state": "failed", "failure_code": code, "failure": reason})

    def _conclude(self):
        """Say what silence means: no objection in the negative form, and nothing at all in the positive one."""
        silent = self.filtered(lambda each: each.state == "sent")
        for form, same in silent.grouped("form").items():
            same.write({"state": "no_objection" if form == "negative" else "unanswered"})

    def _note(self, words):
        """Write what happened into the chatter, in the name of the creditor."""
        self.ensure_one()
        self._message_log(body=words, author_id=self.company_id.partner_id.id)

    # -- links ------------------------------------------------------------------------------------

    def _page(self):
        """Address of the letter in the portal."""
        self.ensure_one()
        return f"/my/receivables/confirmation/{self.id}"

    def _link(self):
        """Address of the letter with a signed token: it needs no login, and ends some days after the answer is due."""
        return f"{self.get_base_url()}{self._page()}?access_token={self._token()}"

    def _token(self):
        self.ensure_one()
        # The secret that links are signed with is read by nobody else.
        return hash_sign(self.sudo().env, LINK_SCOPE, [self.id, self.link_version], expiration=self._link_ends())

    def _is_token(self, token):
        """Whether a token that anybody may have made up opens this letter, today."""
        self.ensure_one()
        try:
            # The secret that links are signed with is read by nobody else. Signatures are compared in constant time.
            signed = verify_hash_signed(self.sudo().env, LINK_SCOPE, token)
        except (ValueError, OverflowError):
            return False
        return signed == [self.id, self.link_version]
