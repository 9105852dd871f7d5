from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

STATES = [
    ("prepared", "Prepared"),
    ("reviewed", "Reviewed"),
    ("sending", "Being sent"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]
OPEN = ("prepared", "reviewed", "sending")
#: What no reminder asks for is forgotten after so many days; reminders stay.
KEPT_DAYS = 90


class ArReminderRun(models.Model):
    """All reminders of a company as of a day: prepared, looked at, sent.

    One run per company is open at a time.
    """

    _name = "ar.reminder.run"
    _description = "Reminder Run"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _rec_name = "date"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    date = fields.Date(string="As of", required=True, readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="prepared", tracking=True)
    automatic = fields.Boolean(readonly=True, help="Prepared by the schedule.")
    user_id = fields.Many2one("res.users", string="Prepared by", readonly=True)
    reviewed_by_id = fields.Many2one("res.users", string="Reviewed by", readonly=True)
    reviewed_on = fields.Datetime(readonly=True)
    note = fields.Char(readonly=True)
    counts = fields.Json(readonly=True, help="Items by what became of them at the preparation.")
    reminder_ids = fields.One2many("ar.reminder", "run_id", string="Reminders", readonly=True)
    prepared_count = fields.Integer(string="To Send", compute="_compute_numbers")
    sending_count = fields.Integer(string="In the Mail Queue", compute="_compute_numbers")
    sent_count = fields.Integer(string="Sent", compute="_compute_numbers")
    failed_count = fields.Integer(string="Failed", compute="_compute_numbers")
    left_out_count = fields.Integer(string="Left Out", compute="_compute_numbers")
    address_count = fields.Integer(string="Without Address", compute="_compute_numbers")
    progress = fields.Integer(compute="_compute_numbers", help="Percent of the reminders that are through.")
    counts_text = fields.Char(string="Not in This Run", compute="_compute_counts_text")

    _one_open = models.UniqueIndex(
        "(company_id) WHERE state IN ('prepared', 'reviewed', 'sending')",
        "Another reminder run of this company is open: send it or cancel it first.",
    )

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for run in self:
            run.display_name = self.env._("Reminders as of %(day)s", day=format_date(self.env, run.date))

    @api.depends("reminder_ids.state", "reminder_ids.address_code")
    def _compute_numbers(self):
        reminders = self.env["ar.reminder"]
        found = {
            (run.id, state): count
            for run, state, count in reminders._read_group(
                [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
            )
        }
        without_address = dict(
            reminders._read_group(
                [("run_id", "in", self.ids), ("state", "=", "prepared"), ("address_code", "!=", False)],
                ["run_id"],
                ["__count"],
            )
        )
        for run in self:
            numbers = {
                state: found.get((run.id, state), 0) for state in ("prepared", "sending", "sent", "failed", "left_out")
            }
            for state, count in numbers.items():
                run[f"{state}_count"] = count
            run.address_count = without_address.get(run, 0)
            total = sum(numbers.values()) - numbers["left_out"]
            run.progress = 100 * (numbers["sent"] + numbers["failed"]) // total if total else 100

    @api.depends("counts")
    @api.depends_context("lang")
    def _compute_counts_text(self):
        for run in self:
            counts = run.counts or {}
            words = (
                (
                    counts.get("already_sent"),
                    self.env._("%(count)s items wait for their next step", count=counts.get("already_sent")),
                ),
                (
                    counts.get("not_due_step"),
                    self.env._("%(count)s items have reached no step yet", count=counts.get("not_due_step")),
                ),
                (
                    counts.get("no_policy"),
                    self.env._("%(count)s items belong to customers without a policy", count=counts.get("no_policy")),
                ),
            )
            run.counts_text = ", ".join(text for count, text in words if count)

    def action_prepare(self):
        """Find who is to be reminded today; nothing is sent."""
        self._check_clerk()
        company = self.env.company.root_id
        # The right was checked; nobody writes runs but through the methods here.
        runs = self.sudo()
        if not runs.search_count([("company_id", "=", company.id), ("state", "in", OPEN)], limit=1):
            runs._check_fresh(company)
            runs._open(company)._prepare()
        run = self.search([("company_id", "=", company.id), ("state", "in", OPEN)], limit=1)
        return run.get_formview_action()

    def action_prepare_again(self):
        """Find anew who is to be reminded, as of today."""
        self.ensure_one()
        self._check_clerk()
        run = self.sudo()
        if run.state not in ("prepared", "reviewed"):
            raise UserError(self.env._("This run is not waiting to be sent: prepare a new one."))
        run._check_fresh(run.company_id)
        run.write({"date": fields.Date.context_today(self), "state": "prepared", "reviewed_by_id": False})
        run._prepare()
        return True

    def action_review(self):
        """Note that somebody looked at these runs."""
        self._check_clerk()
        self.sudo().filtered(lambda run: run.state == "prepared")._note_review("reviewed")
        return True

    def action_send(self):
        """Send the reminders of this run in the background."""
        self.ensure_one()
        self._check_clerk()
        run = self.sudo()
        if run.state not in ("prepared", "reviewed"):
            raise UserError(self.env._("This run is not waiting to be sent."))
        run._check_fresh(run.company_id)
        run._note_review("sending")
        run._wake_up()
        return True

    def action_send_again(self):
        """Send what failed once more, in the background."""
        self.ensure_one()
        self._check_clerk()
        run = self.sudo()
        failed = run.reminder_ids.filtered(lambda reminder: reminder.state == "failed")
        if not failed:
            raise UserError(self.env._("No reminder of this run has failed."))
        if run.state not in OPEN and run.search_count([("company_id", "=", run.company_id.id), ("state", "in", OPEN)]):
            raise UserError(self.env._("A newer run is open. It has the reminders that failed, if they are still due."))
        failed._forget_sending()
        run.state = "sending"
        run._wake_up()
        return True

    def action_cancel(self):
        """Send nothing more of these runs."""
        self._check_clerk()
        runs = self.sudo().filtered(lambda run: run.state in OPEN)
        runs.reminder_ids.filtered(lambda reminder: reminder.state == "prepared").write(
            {"state": "left_out", "code": "cancelled"}
        )
        runs.state = "cancelled"
        return True

    def action_open_reminders(self):
        """Open the reminders of this run, those of a state if the context names one."""
        self.ensure_one()
        state = self.env.context.get("reminder_state")
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_reminder")
        action["domain"] = [("run_id", "=", self.id)]
        action["context"] = {f"search_default_{state}": 1} if state else {}
        return action

    def _check_clerk(self):
        self.check_access("read")
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Reminders take the rights of a receivables clerk."))

    def _note_review(self, state):
        self.filtered(lambda run: not run.reviewed_by_id).write(
            {"reviewed_by_id": self.env.uid, "reviewed_on": fields.Datetime.now()}
        )
        self.state = state

    @api.model
    def _check_fresh(self, company):
        problem = self._freshness_problem(company)
        if problem:
            raise UserError(problem)

    @api.model
    def _freshness_problem(self, company):
        """Why the bank data of ``company`` is too old to remind anybody, or an empty text."""
        allowed = company.ar_reminder_fresh_days
        if not allowed:
            return ""
        self.env["account.bank.statement.line"].flush_model()
        self.env["account.move"].flush_model(["date", "state", "company_id"])
        today = fields.Date.context_today(self)
        ((last,),) = self.env.execute_query(
            SQL(
                """
                SELECT MAX(entry.date)
                  FROM account_bank_statement_line line
                  JOIN account_move entry ON entry.id = line.move_id
                  JOIN account_journal journal ON journal.id = line.journal_id
                 WHERE journal.type = 'bank' AND entry.state = 'posted' AND entry.date <= %s
                   AND entry.company_id = ANY(%s)
                """,
                today,
                self.env["account.move.line"]._ar_branches(company).ids,
            )
        )
        if last is None:
            return self.env._(
                "No bank transactions of %(company)s are in Odoo, so that nobody can tell who has paid. Import them,"
                " or turn this check off in the settings of Invoicing.",
                company=company.name,
            )
        age = (today - last).days
        if age <= allowed:
            return ""
        return self.env._(
            "The last bank transaction of %(company)s is of %(date)s, %(age)s days ago; reminders need bank data of the"
            " last %(allowed)s days. Import the latest transactions first.",
            company=company.name,
            date=format_date(self.env, last),
            age=age,
            allowed=allowed,
        )

    @api.model
    def _open(self, company, automatic=False):
        # What was cancelled a moment ago is no open run for the database either.
        self.flush_model(["state"])
        return self.create(
            {
                "company_id": company.id,
                "date": fields.Date.context_today(self),
                "automatic": automatic,
                "user_id": self.env.uid,
            }
        )

    def _prepare(self):
        """Find and write the reminders of this run."""
        self.ensure_one()
        self.env.flush_all()
        self.env.execute_query(SQL("DELETE FROM ar_reminder WHERE run_id = %s RETURNING id", self.id))
        found = self._find()
        self._store(found)
        self.env.invalidate_all(flush=False)
        self.counts = dict(found.counts)

    @api.model
    def _wake_up(self):
        self.env.ref("ar_enhanced.cron_send_reminders")._trigger()

    @api.model
    def _cron_prepare(self):
        """Prepare the runs of the companies that want it, a company per transaction."""
        companies = self.env["res.company"].search([("parent_id", "=", False), ("ar_reminders_automatic", "!=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._prepare_automatically(company)
            if not self.env["ir.cron"]._commit_progress(1):
                return

    @api.model
    def _prepare_automatically(self, company):
        """Prepare a run for ``company``; what nobody looked at since the last time is replaced.

        So is what waits for its hour since a weekend, as steps were reached meanwhile.
        """
        today = fields.Date.context_today(self)
        if self.search_count([("company_id", "=", company.id), ("date", "=", today), ("automatic", "=", True)]):
            return
        waiting = self.search([("company_id", "=", company.id), ("state", "in", OPEN)])
        if waiting.filtered(lambda run: not run.automatic or run.reviewed_by_id or run.sending_count):
            return
        waiting.action_cancel()
        problem = self._freshness_problem(company)
        if problem:
            self._open(company, automatic=True).write({"state": "cancelled", "note": problem})
            return
        run = self._open(company, automatic=True)
        run._prepare()
        if company.ar_reminders_automatic == "send":
            run.state = "sending"
            run._wake_up()

    @api.autovacuum
    def _gc_left_out(self):
        """Forget what was left out long ago."""
        before = fields.Date.context_today(self) - timedelta(KEPT_DAYS)
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                DELETE FROM ar_reminder reminder
                      USING ar_reminder_run run
                      WHERE run.id = reminder.run_id AND run.state IN ('done', 'cancelled') AND run.date < %s
                        AND reminder.state = 'left_out'
                  RETURNING reminder.id
                """,
                before,
            )
        )
        self.env.invalidate_all(flush=False)
