import logging

from psycopg2 import Error as DatabaseError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from .mail_layout import MAIL_LAYOUT

_logger = logging.getLogger(__name__)

#: So many are mailed while the user waits; more of them in the background.
MOST_AT_ONCE = 20


class ArStatementMailing(models.Model):
    """Statements of account on their way to a selection of customers."""

    _name = "ar.statement.mailing"
    _description = "Mailing of Statements of Account"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", readonly=True)
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_until = fields.Date(string="Until", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Sent by", required=True, readonly=True)
    line_ids = fields.One2many("ar.statement.mailing.line", "mailing_id", string="Customers", readonly=True)
    waiting_count = fields.Integer(string="Waiting", compute="_compute_counts")
    sent_count = fields.Integer(string="Handed to the Mail Queue", compute="_compute_counts")
    left_out_count = fields.Integer(string="Not Sent", compute="_compute_counts")
    without_pdf = fields.Boolean(readonly=True, help="No PDF could be made: the spreadsheet alone was attached.")

    @api.depends("date_from", "date_until")
    @api.depends_context("lang")
    def _compute_name(self):
        for mailing in self:
            mailing.name = self.env._(
                "Statements %(first)s – %(last)s",
                first=format_date(self.env, mailing.date_from),
                last=format_date(self.env, mailing.date_until),
            )

    @api.depends("line_ids.state")
    def _compute_counts(self):
        counts = {
            (mailing.id, state): count
            for mailing, state, count in self.env["ar.statement.mailing.line"]._read_group(
                [("mailing_id", "in", self.ids)], ["mailing_id", "state"], ["__count"]
            )
        }
        for mailing in self:
            mailing.waiting_count = counts.get((mailing.id, "waiting"), 0)
            mailing.sent_count = counts.get((mailing.id, "sent"), 0)
            mailing.left_out_count = counts.get((mailing.id, "left_out"), 0)

    def action_send_again(self):
        """Try those again who got nothing, once their address or the ledger was put right."""
        self._check_sender()
        left_out = self.line_ids.filtered(lambda line: line.state == "left_out")
        # Nobody writes these lines by hand; the right to send was checked.
        left_out.sudo().write({"state": "waiting", "reason_code": False, "reason": False})
        self._send_or_queue()
        return True

    @api.model
    def _of(self, asked_for):
        """Make a mailing of the statements that the wizard ``asked_for``, and send it or put it in the queue."""
        self._check_sender()
        customers = asked_for.partner_ids.commercial_partner_id
        customers.check_access("read")
        if asked_for.company_id.root_id not in self.env.companies.root_id:
            raise AccessError(
                self.env._("You don't work in %(company)s at the moment.", company=asked_for.company_id.name)
            )
        # Mailings are a record of what was sent that no user writes; the rights to send and to read were checked.
        mailing = self.sudo().create(
            {
                "company_id": asked_for.company_id.root_id.id,
                "currency_id": asked_for.currency_id.id,
                "date_from": asked_for.date_from,
                "date_until": asked_for.date_until,
                "user_id": self.env.uid,
                "line_ids": [fields.Command.create({"partner_id": customer.id}) for customer in customers],
            }
        )
        mailing._send_or_queue()
        return mailing.sudo(False)

    @api.model
    def _check_sender(self):
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Sending statements of account takes the rights of a receivables clerk."))

    def _send_or_queue(self):
        """Send a small selection at once and leave a larger one to the scheduled action."""
        lines = self.sudo().line_ids.filtered(lambda line: line.state == "waiting")
        if len(lines) > MOST_AT_ONCE:
            self.env.ref("ar_enhanced.cron_send_statements").sudo()._trigger()
        else:
            lines._send()


class ArStatementMailingLine(models.Model):
    """The statement of one customer in a mailing: sent, or why not."""

    _name = "ar.statement.mailing.line"
    _description = "Statement of Account in a Mailing"
    _order = "mailing_id desc, id"
    _rec_name = "partner_id"

    mailing_id = fields.Many2one("ar.statement.mailing", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="mailing_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    recipient_id = fields.Many2one("res.partner", string="Sent to", readonly=True, ondelete="set null")
    state = fields.Selection(
        [("waiting", "Waiting"), ("sent", "Handed to the mail queue"), ("left_out", "Not sent")],
        required=True,
        readonly=True,
        default="waiting",
    )
    reason_code = fields.Selection(
        [
            ("no_email", "No e-mail address"),
            ("bad_email", "The e-mail address is malformed"),
            ("blacklisted", "The e-mail address is on the blacklist"),
            ("nothing", "Nothing to state in this period"),
            ("failed", "Could not be made"),
        ],
        string="Reason",
        readonly=True,
    )
    reason = fields.Char(string="Details", readonly=True)
    mail_id = fields.Many2one("mail.mail", string="E-mail", readonly=True, ondelete="set null")
    sent_on = fields.Datetime(readonly=True)

    _waiting_idx = models.Index("(id) WHERE state = 'waiting'")
    _once_uniq = models.UniqueIndex("(mailing_id, partner_id)", "A customer is once in a mailing.")

    @api.model
    def _cron_send(self, chunk_size=20):
        """Send what waits, a chunk per transaction; killed, it goes on with those who got nothing yet."""
        waiting = [("state", "=", "waiting")]
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(waiting))
        while lines := self.search(waiting, limit=chunk_size, order="id").try_lock_for_update():
            lines._send()
            if not self.env["ir.cron"]._commit_progress(len(lines)):
                return
            self.env.invalidate_all()

    def _send(self):
        """Hand one message per customer to the mail queue, in the transaction that notes it as sent."""
        for mailing, lines in self.grouped("mailing_id").items():
            recipients = lines.partner_id._ar_statement_recipients()
            for line in lines.with_context(allowed_company_ids=mailing.company_id.ids):
                recipient, code = recipients[line.partner_id]
                if code:
                    line._leave_out(code)
                else:
                    line._send_to(recipient)

    def _send_to(self, recipient):
        """Send this statement; whatever goes wrong with it stops nobody else's."""
        try:
            with self.env.cr.savepoint():
                self._hand_over(recipient)
        except (UserError, ValueError, DatabaseError) as error:
            _logger.info("No statement of account for partner %s: %s", self.partner_id.id, error)
            self.env.invalidate_all()
            self._leave_out("failed", str(error))

    def _hand_over(self, recipient):
        customer = self.partner_id.with_context(lang=self.partner_id.lang or self.env.lang)
        asked_for = (
            customer.env["ar.statement"]
            .with_company(self.company_id)
            .create(
                {
                    "partner_ids": customer.ids,
                    "company_id": self.company_id.id,
                    "currency_id": self.mailing_id.currency_id.id,
                    "date_from": self.mailing_id.date_from,
                    "date_until": self.mailing_id.date_until,
                }
            )
        )
        statements = asked_for._statements()
        if not statements:
            self._leave_out("nothing")
            return
        self.write({"recipient_id": recipient.id, "state": "sent", "sent_on": fields.Datetime.now()})
        template = self.env.ref("ar_enhanced.mail_template_statement").with_context(ar_statements=statements)
        mail = self.env["mail.mail"].browse(template.send_mail(self.id, email_layout_xmlid=MAIL_LAYOUT))
        mail.write({"attachment_ids": [fields.Command.create(vals) for vals in self._attachments(asked_for, mail)]})
        self.mail_id = mail
        self.partner_id._message_log(
            body=self.env._(
                "The statement of account from %(first)s until %(last)s was sent to %(recipient)s.",
                first=format_date(self.env, asked_for.date_from),
                last=format_date(self.env, asked_for.date_until),
                recipient=recipient.email_normalized,
            ),
            author_id=self.mailing_id.user_id.partner_id.id,
        )

    def _attachments(self, asked_for, mail):
        """Values of the files to attach: the spreadsheet, and a PDF where this server can make one."""
        files = {f"{asked_for._file_name()}.xlsx": asked_for._workbook()}
        reports = self.env["ir.actions.report"].with_context(**asked_for.env.context)
        if reports.get_wkhtmltopdf_state() in ("install", "broken"):
            self.mailing_id.without_pdf = True
        else:
            content, _kind = reports._render_qweb_pdf("ar_enhanced.report_ar_statement", asked_for.ids)
            files[f"{asked_for._file_name()}.pdf"] = content
        return [
            {"name": name, "raw": content, "res_model": "mail.message", "res_id": mail.mail_message_id.id}
            for name, content in files.items()
        ]

    def _leave_out(self, code, reason=False):
        self.write({"state": "left_out", "reason_code": code, "reason": reason})
