from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date

from .mail_layout import MAIL_LAYOUT


class ArPaymentPlanInstalment(models.Model):
    """Messages to customers about the instalments of their plans: some days before the day, and once after it."""

    _inherit = "ar.payment.plan.instalment"  # pylint: disable=consider-merging-classes-inherited

    reminded_on = fields.Date(readonly=True, copy=False, help="Before it was due, or on the day.")
    reminded_late_on = fields.Date(readonly=True, copy=False, help="When it was late.")
    is_late = fields.Boolean(compute="_compute_is_late")
    schedule = fields.Html(compute="_compute_parts", compute_sudo=True, sanitize=False)
    how_to_pay = fields.Html(compute="_compute_parts", compute_sudo=True, sanitize=False)
    sign_off = fields.Html(compute="_compute_parts", compute_sudo=True, sanitize=False)

    @api.depends("date")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for instalment in self:
            instalment.is_late = bool(instalment.date and instalment.date < today)

    @api.depends("plan_id", "open_amount")
    @api.depends_context("lang")
    def _compute_parts(self):
        views = self.env["ir.qweb"]
        for instalment in self:
            plan, company = instalment.plan_id, instalment.company_id
            rows = [
                {
                    "day": format_date(self.env, each.date),
                    "amount": format_amount(self.env, each.amount, plan.currency_id),
                    "is_paid": not each.open_amount,
                    "is_late": each.is_late and each.open_amount,
                }
                for each in plan.instalment_ids.sorted("date")
            ]
            total = sum(plan.instalment_ids.mapped("open_amount"))
            instalment.schedule = views._render(
                "ar_enhanced.plan_schedule",
                {"rows": rows, "total": format_amount(self.env, total, plan.currency_id)},
            )
            ways = plan.move_line_ids.move_id._ar_how_to_pay(company)
            instalment.how_to_pay = views._render("ar_enhanced.reminder_how_to_pay", {**ways, "portal_url": False})
            person = plan.user_id if plan.user_id.active and not plan.user_id.share else plan.user_id.browse()
            instalment.sign_off = views._render("ar_enhanced.reminder_sign_off", {"person": person, "company": company})

    @api.model
    def _cron_remind(self):
        """Write to the customers whose instalments are due soon or late, a plan per transaction.

        A mail enters Odoo's queue in the transaction that notes it, so each instalment is written about once before
        its day and once after it.
        """
        companies = self.env["res.company"].search([("parent_id", "=", False), ("ar_plan_remind_days", ">", 0)])
        found = self.browse().union(*(self._to_remind(company) for company in companies))
        by_plan = found.grouped("plan_id")
        self.env["ir.cron"]._commit_progress(remaining=len(by_plan))
        for instalments in by_plan.values():
            instalments._remind()
            if not self.env["ir.cron"]._commit_progress(1):
                return

    @api.model
    def _to_remind(self, company):
        """The instalments to write about today: of nobody who may have paid, or who isn't to be written to.

        As for other reminders, there are none while the bank data is too old, and none for a customer with a receipt
        that may be his, with paused reminders, or who was reminded of something else today.
        """
        today = fields.Date.context_today(self)
        run = self.env["ar.reminder.run"].new({"company_id": company.id})
        if run._freshness_problem(company):
            return self.browse()
        due = self._ar_due_instalments(company, today)
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT due.instalment_id
                  FROM (%(due)s) AS due
                  JOIN ar_payment_plan_instalment instalment ON instalment.id = due.instalment_id
                  JOIN res_partner customer ON customer.id = due.partner_id
                 WHERE (due.days BETWEEN -%(ahead)s AND 0 AND instalment.reminded_on IS NULL
                        OR due.days > 0 AND instalment.reminded_late_on IS NULL)
                   AND COALESCE(customer.ar_reminder_pause_until < %(today)s, TRUE)
                   AND customer.id NOT IN (
                       SELECT receipt.customer_id FROM (%(receipts)s) AS receipt WHERE receipt.customer_id IS NOT NULL
                   )
                   AND NOT EXISTS (
                       SELECT FROM ar_reminder reminder
                        WHERE reminder.company_id = %(company)s AND reminder.partner_id = customer.id
                          AND reminder.sent_day = %(today)s AND reminder.state IN ('sending', 'sent')
                   )
              ORDER BY instalment.date, instalment.id
                """,
                due=due,
                ahead=company.ar_plan_remind_days,
                today=today,
                company=company.id,
                receipts=SQL(" UNION ALL ").join(run._sql_receipts()),
            )
        )
        return self.browse([instalment_id for (instalment_id,) in rows])

    def _remind(self):
        """Write to the customer about these instalments of one plan: of the oldest one, with all in a table."""
        plan, today = self.plan_id, fields.Date.context_today(self)
        ((recipient, code),) = plan.partner_id._ar_statement_recipients().values()
        for instalment in self:
            instalment["reminded_late_on" if instalment.is_late else "reminded_on"] = today
        if code:
            self._ask_about_address(code)
            return
        self.env.ref("ar_enhanced.mail_template_plan_instalment").send_mail(
            self.sorted("date")[0].id,
            email_values={
                "model": plan._name,
                "res_id": plan.id,
                "recipient_ids": [fields.Command.set(recipient.ids)],
                "email_to": False,
                "email_cc": False,
                "auto_delete": False,
                "is_internal": True,
                "message_type": "email_outgoing",
                "subtype_id": self.env.ref("mail.mt_note").id,
            },
            email_layout_xmlid=MAIL_LAYOUT,
        )

    def _ask_about_address(self, code):
        """Ask who looks after the plan to reach the customer in another way."""
        plan = self.plan_id
        reasons = self.env["ar.statement.mailing.line"]._fields["reason_code"]._description_selection(self.env)
        # A mail for each task would bury the person.
        plan.with_context(mail_activity_quick_update=True).activity_schedule(
            "ar_enhanced.mail_activity_reminder_failed",
            user_id=(plan.user_id if plan.user_id.active else self.env.user).id,
            note=dict(reasons)[code],
        )
