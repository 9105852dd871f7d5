from collections import defaultdict
from datetime import timedelta

import psycopg2
import pytz
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import html_escape

from ..engine.reminder import WAITING, claim_of
from .mail_layout import MAIL_LAYOUT

#: Reminders that are sent per transaction.
CHUNK = 25
#: Channels that reach customers by themselves: at certain hours, and not too many at once.
BY_HOURS = ("email", "sms")
NOT_SENT = {
    "mail_id": False,
    "message_id": False,
    "sent_on": False,
    "sent_day": False,
    "tried_on": False,
    "sent_body": False,
    "sent_subject": False,
    "failure": False,
    "code": False,
    "state": "prepared",
}


class ArReminderRun(models.Model):
    """How a run is sent: chunks of reminders, each handed over in the transaction that notes it."""

    _inherit = "ar.reminder.run"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_send(self, chunk_size=CHUNK):
        """Send what the open runs have left, a chunk per transaction.

        A reminder becomes a mail in Odoo's queue, or a task, in the same transaction in which it stops being
        one to send. So whatever is killed, each is handed over once.
        """
        reminders = self.env["ar.reminder"]
        failed = reminders._settle_mails() | reminders._settle_deleted() | reminders._settle_sms()
        failed._ask_about_failures()
        runs = self.search([("state", "=", "sending")])
        self.env["ir.cron"]._commit_progress(
            remaining=reminders.search_count([("run_id", "in", runs.ids), ("state", "=", "prepared")])
        )
        for run in runs:
            while chunk := run._next_chunk(chunk_size):
                chunk._send()
                if not self.env["ir.cron"]._commit_progress(len(chunk)):
                    return
            run._finish()
        # What waits for its hour is no work left undone: the schedule comes back by itself.
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _next_chunk(self, size):
        """Lock reminders that may be sent now and that nobody else is sending."""
        self.ensure_one()
        reminders = self.env["ar.reminder"]
        size = self._allowed_now(size)
        if size <= 0:
            return reminders
        quiet = self._quiet_policies()
        domain = [("run_id", "=", self.id), ("state", "=", "prepared")]
        if quiet:
            domain += ["|", ("policy_id", "not in", quiet.ids), ("channel", "not in", BY_HOURS)]
        try:
            with self.env.cr.savepoint(flush=False):
                # A few more than needed, as another worker may have the first ones.
                return reminders.search(domain, limit=size * 4, order="id").try_lock_for_update(limit=size)
        except psycopg2.errors.SerializationFailure:
            # Another worker was faster; the schedule comes back for what it left.
            return reminders

    def _allowed_now(self, wanted):
        """How many of ``wanted`` messages may still go out in this hour."""
        limit = self.company_id.ar_reminders_per_hour
        if not limit:
            return wanted
        sent = self.env["ar.reminder"].search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("channel", "in", BY_HOURS),
                ("sent_on", ">", fields.Datetime.now() - timedelta(hours=1)),
            ]
        )
        return min(wanted, limit - sent)

    def _quiet_policies(self):
        """Policies by which nothing is sent now, in the company's time."""
        moment = pytz.utc.localize(fields.Datetime.now()).astimezone(self.company_id._ar_zone())
        return self._policies().filtered(lambda policy: policy._is_quiet(moment))

    def _finish(self):
        """Close this run when nothing of it is left to send or in the mail queue."""
        self.ensure_one()
        left = [("run_id", "=", self.id), ("state", "in", ("prepared", "sending"))]
        if not self.env["ar.reminder"].search_count(left, limit=1):
            self.state = "done"

    def _person_in_charge(self):
        """Who gets the tasks of this run."""
        self.ensure_one()
        company = self.company_id
        chosen = company.ar_reminder_user_id or (self.user_id if self.user_id.active else self.user_id.browse())
        if chosen:
            return chosen
        managers = self.env.ref("ar_enhanced.group_ar_manager").all_user_ids
        return managers.filtered(lambda user: company in user.company_ids)[:1] or self.env.user


class ArReminder(models.Model):
    """How one message is sent."""

    _inherit = "ar.reminder"  # pylint: disable=consider-merging-classes-inherited

    def _send(self):
        """Send these reminders of one run, with what is open at this moment."""
        run = self.run_id
        run.env.flush_all()
        found = run._find(self.partner_id.ids)
        self._take_over(found)
        quiet = run._quiet_policies()
        going = self.filtered(
            lambda reminder: (
                reminder.state == "prepared"
                # A call that became a mail waits for the hours of mails.
                and not (reminder.channel in BY_HOURS and reminder.policy_id in quiet)
            )
        )
        for reminder in going:
            customer = found.customers[reminder.partner_id.id]
            try:
                with self.env.cr.savepoint():
                    reminder._deliver(customer)
            except (UserError, ValueError) as error:
                reminder._fail("bad_text", str(error))
        going.filtered(lambda reminder: reminder.state in ("sending", "sent"))._log_on_invoices()
        going.filtered(lambda reminder: reminder.state == "failed")._ask_about_failures()
        if any(reminder.state == "sending" for reminder in going):
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _take_over(self, found):
        """Write what is found of the items and of what is asked for now; without any item a reminder is left out."""
        items, reminders = [], []
        for reminder in self:
            decisions = found.decisions.get((reminder.partner_id.id, reminder.currency_id.id), ())
            by_line = {decision.item.key: decision for decision in decisions}
            rows = [reminder._item_now(item, by_line.get(item.move_line_id.id)) for item in reminder.item_ids]
            items += rows
            going = reminder.item_ids.filtered(lambda item, out={row[0]: row[1] for row in rows}: not out[item.id])
            if going:
                step = max(going, key=lambda item: item.step_days)
                claim = claim_of(decisions, step.step_days)
                # What is left may be of an earlier step than what was paid meanwhile, and of another channel.
                channel = step.step_id.channel or reminder.channel
                reminders.append(
                    (reminder.id, len(going), claim.amount, claim.days, step.step_id.id, channel, "prepared", None)
                )
            else:
                # Items go with their invoice; a reminder that has none left is about nothing.
                code = rows[0][1] if rows else "paid"
                step_id, channel = reminder.step_id.id, reminder.channel
                reminders.append((reminder.id, 0, reminder.amount, reminder.days, step_id, channel, "left_out", code))
        self.env.flush_all()
        self._write_items(items)
        self._write_reminders(reminders)
        self.env.invalidate_all(flush=False)

    @api.model
    def _item_now(self, item, decision):
        """The columns of an item as of now; who was left out when a person looked at the run stays so."""
        if decision is None or decision.code in WAITING:
            open_amount = max(item.move_line_id.amount_residual_currency, 0)
            code = decision.code if decision else "not_due_step" if open_amount else "paid"
            return item.id, item.code or code, open_amount, 0, 0, None
        pause_code = decision.item.pause_code if decision.paused else None
        code = decision.code or item.code or None
        return item.id, code, decision.item.residual, decision.amount, decision.paused, pause_code

    @api.model
    def _write_items(self, rows):
        columns = zip(*rows, strict=True) if rows else [()] * 6
        ids, codes, residuals, amounts, paused, pause_codes = map(list, columns)
        self.env.execute_query(
            SQL(
                """
                UPDATE ar_reminder_item item
                   SET code = found.code, residual = found.residual, amount = found.amount, paused = found.paused,
                       pause_code = found.pause_code
                  FROM unnest(%s::int[], %s::varchar[], %s::numeric[], %s::numeric[], %s::numeric[], %s::varchar[])
                       AS found(id, code, residual, amount, paused, pause_code)
                 WHERE item.id = found.id
             RETURNING item.id
                """,
                ids,
                codes,
                residuals,
                amounts,
                paused,
                pause_codes,
            )
        )

    @api.model
    def _write_reminders(self, rows):
        ids, counts, amounts, days, steps, channels, states, codes = map(list, zip(*rows, strict=True))
        self.env.execute_query(
            SQL(
                """
                UPDATE ar_reminder reminder
                   SET item_count = found.item_count, amount = found.amount, days = found.days,
                       step_id = found.step_id, channel = found.channel, state = found.state, code = found.code
                  FROM unnest(%s::int[], %s::int[], %s::numeric[], %s::int[], %s::int[], %s::varchar[],
                              %s::varchar[], %s::varchar[])
                       AS found(id, item_count, amount, days, step_id, channel, state, code)
                 WHERE reminder.id = found.id
             RETURNING reminder.id
                """,
                ids,
                counts,
                amounts,
                days,
                [step or None for step in steps],
                channels,
                states,
                codes,
            )
        )

    def _deliver(self, customer):
        """Hand this reminder over to its channel."""
        self.ensure_one()
        if not self.step_id:
            self._fail("no_text")
            return
        deliver = {
            "email": self._deliver_by_mail,
            "sms": self._deliver_by_sms,
            "letter": self._deliver_by_letter,
            "call": self._deliver_by_call,
            "portal": self._deliver_by_portal,
        }
        self.write({"recipient_id": customer.recipient_id, "email": self.channel == "email" and customer.email})
        deliver[self.channel](customer)

    def _deliver_by_mail(self, customer):
        self.address_code = customer.address_code
        if customer.address_code:
            self._fail(customer.address_code)
            return
        template = self.step_id.mail_template_id
        if not template:
            self._fail("no_text")
            return
        values = {
            "model": "res.partner",
            "res_id": self.partner_id.id,
            "recipient_ids": [fields.Command.link(self.recipient_id.id)],
            "email_to": False,
            "email_cc": False,
            "auto_delete": False,
            "is_internal": True,
            "message_type": "email_outgoing",
            "subtype_id": self.env.ref("mail.mt_note").id,
        }
        statement = self._statement_pdf() if self.step_id.attach_statement else self.env["ir.attachment"]
        if statement:
            values["attachment_ids"] = [fields.Command.link(statement.id)]
        mail_id = template.with_context(ar_with_links=True).send_mail(
            self.id, email_values=values, email_layout_xmlid=MAIL_LAYOUT
        )
        mail = self.env["mail.mail"].browse(mail_id)
        self._note_sent("sending", mail.subject, mail.body_html, mail.mail_message_id)
        self.mail_id = mail

    def _deliver_by_sms(self, _customer):
        if "sms.sms" not in self.env:
            self._fail("no_sms")
            return
        number = self.recipient_id.phone or self.partner_id.phone
        if not number:
            self._fail("no_phone")
            return
        body = self._sms_text()
        message = self.partner_id._message_log(body=body, message_type="sms", partner_ids=self.recipient_id.ids)
        self.env["sms.sms"].create(
            {
                "number": number,
                "body": body,
                "partner_id": self.recipient_id.id,
                "mail_message_id": message.id,
            }
        )
        self._note_sent("sent", False, Markup("<p>%s</p>") % body, message)

    def _sms_text(self):
        """The text message in the language of the customer."""
        reminder = self.with_context(lang=self.lang)
        text = reminder.step_id.sms_text or reminder.env._("Please pay what is due.")
        return reminder.env._(
            "%(company)s: %(amount)s is open. %(text)s",
            company=reminder.company_id.name,
            amount=reminder._amount_text(),
            text=text,
        )

    def _deliver_by_letter(self, _customer):
        subject, body = self.with_context(ar_with_links=True)._render()
        letter = self._statement_pdf()
        message = self.partner_id._message_log(body=body, subject=subject, attachment_ids=letter.ids)
        self._note_sent("sent", subject, body, message)
        self._ask("ar_enhanced.mail_activity_reminder_letter", self.step_id.task_note)

    def _deliver_by_call(self, _customer):
        note = self.step_id.task_note or ""
        self._note_sent("sent", False, note and Markup("<p>%s</p>") % note, self.env["mail.message"])
        # Who calls about one item speaks of all, in his own language.
        caller = self.with_context(ar_text_lang=self.run_id._person_in_charge().lang, ar_with_links=False)
        self._ask("ar_enhanced.mail_activity_reminder_call", Markup("<p>%s</p>%s") % (note, caller.statement))

    def _deliver_by_portal(self, _customer):
        if not self._portal_users():
            self._fail("no_login")
            return
        subject, body = self.with_context(ar_with_links=True)._render()
        message = self.partner_id._message_log(body=body, subject=subject)
        self._note_sent("sent", subject, body, message)

    def _note_sent(self, state, subject, body, message):
        self.write(
            {
                "state": state,
                "code": False,
                "failure": False,
                "sent_on": fields.Datetime.now(),
                "sent_day": fields.Date.context_today(self),
                "sent_subject": subject,
                "sent_body": body,
                "message_id": message.id,
            }
        )

    def _fail(self, code, failure=False):
        self.write({"state": "failed", "code": code, "failure": (failure or "")[:250]})

    def _forget_sending(self):
        """Make these reminders ones to send, as if nothing had been tried."""
        self.write(NOT_SENT)

    def _statement_pdf(self):
        """The letter as an attachment, this customer's alone; none where PDF can't be made."""
        self.ensure_one()
        reports = self.env["ir.actions.report"].with_context(ar_on_paper=True)
        if reports.get_wkhtmltopdf_state() not in ("ok", "upgrade"):
            self.run_id.note = self.env._("PDF cannot be made on this server: messages went out without attachments.")
            return self.env["ir.attachment"]
        content, _kind = reports._render_qweb_pdf("ar_enhanced.action_report_ar_reminder", self.ids)
        return self.env["ir.attachment"].create(
            {
                "name": self.env._("Statement %(date)s.pdf", date=fields.Date.context_today(self)),
                "raw": content,
                "res_model": self._name,
                "res_id": self.id,
                "mimetype": "application/pdf",
            }
        )

    def _log_on_invoices(self):
        """Note on the invoices by what they were asked for, in one go."""
        bodies = defaultdict(Markup)
        for reminder in self:
            link = Markup('<a href="#" data-oe-model="ar.reminder" data-oe-id="%s">%s</a>') % (
                reminder.id,
                reminder.step_id.display_name,
            )
            body = self.env._(
                "Reminder to %(recipient)s: %(step)s",
                recipient=html_escape(reminder.email or reminder.partner_id.name or ""),
                step=link,
            )
            for move in reminder.going_item_ids.move_line_id.move_id:
                bodies[move.id] += Markup("<p>%s</p>") % body
        if bodies:
            self.env["account.move"].browse(bodies)._message_log_batch(dict(bodies))

    def _ask_about_failures(self):
        """Ask somebody to see to the reminders that failed."""
        for reminder in self:
            reminder._ask("ar_enhanced.mail_activity_reminder_failed", reminder.reason_text)

    def _ask(self, kind, note):
        """Make a task of ``kind`` on the customer, unless one is open already."""
        self.ensure_one()
        activity_type = self.env.ref(kind)
        customer = self.partner_id
        if customer.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type):
            return
        link = Markup('<a href="#" data-oe-model="ar.reminder" data-oe-id="%s">%s</a>') % (
            self.id,
            self.env._("Reminder"),
        )
        words = note if isinstance(note, Markup) else Markup("<p>%s</p>") % (note or "")
        # A mail for each task would bury the person in charge on the day of a run.
        customer.with_context(mail_activity_quick_update=True).activity_schedule(
            kind,
            user_id=self.run_id._person_in_charge().id,
            summary=self.env._("%(kind)s: %(amount)s", kind=activity_type.name, amount=self._amount_text()),
            note=words + Markup("<p>%s</p>") % link,
        )
