"""How a reconciliation comes into the calendar, is prepared, signed off, reopened, and watched afterwards."""

import logging
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import closing
from .ar_reconciliation import LONGEST_TEXT
from .trouble import REFUSALS

_logger = logging.getLogger(__name__)

PREPARE = "ar_reconcile.mail_activity_prepare"
SIGN = "ar_reconcile.mail_activity_sign"
LOOK = "ar_reconcile.mail_activity_look"
#: Months after its end for which a signed reconciliation is compared with the ledger every day.
MONTHS_WATCHED = 24
#: What is empty again when a reconciliation is reopened.
NOT_PREPARED = {
    "state": "open",
    "prepared_by_id": False,
    "prepared_on": False,
    "signed_by_id": False,
    "signed_on": False,
    "figures": False,
    "result": False,
    "is_changed": False,
}


class ArReconciliation(models.Model):
    _inherit = "ar.reconciliation"  # pylint: disable=consider-merging-classes-inherited

    # === CALENDAR === #

    def action_make_due(self):
        """Make the reconciliations of all periods that have ended, in the companies that the user has chosen."""
        self._check_right("ar_reconcile.group_reconcile")
        plans = self.env["ar.reconciliation.plan"].search([("company_id", "in", self.env.companies.ids)])
        made = self._make_due(plans)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if made else "info",
                "message": self.env._("Added to the calendar: %(number)s.", number=len(made))
                if made
                else self.env._("Everything that is due is in the calendar. The plans say what is reconciled."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_make_due(self):
        """Make what is due in all companies."""
        self._make_due(self.env["ar.reconciliation.plan"].search([("active", "=", True)]))

    @api.model
    def _make_due(self, plans):
        """Make a reconciliation for each ended period of the active ``plans`` that has none; return the new ones."""
        plans = plans.sudo().filtered("active").try_lock_for_update()
        reconciliations = self.sudo().with_context(tracking_disable=True, mail_create_nosubscribe=True)
        there = {
            (each.plan_id.id, each.date_to)
            for each in reconciliations.search_fetch([("plan_id", "in", plans.ids)], ["plan_id", "date_to"])
        }
        today = fields.Date.context_today(self)
        made = reconciliations.create(
            [
                values
                for plan in plans
                for values in self._due_values(plan, today)
                if (plan.id, values["date_to"]) not in there
            ]
        )
        made._ask_owner()
        return made

    @api.model
    def _due_values(self, plan, today):
        """Return the values of a reconciliation for each period of ``plan`` that ended before ``today``."""
        owner, reviewer = self._persons_of(plan)
        if not owner or not reviewer:
            _logger.warning("Reconciliation plan %s waits: nobody else has the rights of who is gone", plan.id)
            return []
        currency = plan.journal_id.currency_id or plan.company_id.currency_id
        year_end = int(plan.company_id.fiscalyear_last_month)
        return [
            {
                "plan_id": plan.id,
                "kind": plan.kind,
                "journal_id": plan.journal_id.id,
                "company_id": plan.company_id.id,
                "currency_id": currency.id,
                "date_from": period.first_day,
                "date_to": period.last_day,
                "deadline": period.last_day + timedelta(days=plan.deadline_days),
                "owner_id": owner.id,
                "reviewer_id": reviewer.id,
            }
            for period in closing.ended_periods(plan.frequency, plan.date_start, today, year_end)
        ]

    @api.model
    def _persons_of(self, plan):
        """Return who prepares and who signs off: the plan's persons, or for one who is gone another with the right."""
        owners, reviewers = (
            plan.company_id._ar_users_with(f"ar_reconcile.{group}")
            for group in ("group_reconcile", "group_reconcile_review")
        )
        owner, reviewer = plan.owner_id & owners, plan.reviewer_id & reviewers
        reviewer = reviewer or (reviewers - plan.owner_id)[:1]
        return owner or (owners - reviewer)[:1], reviewer

    # === STEPS === #

    def action_prepare(self):
        """Keep the figures as they are now and hand them to the second person.

        :raises UserError: when a check fails and nothing explains it, or it is not open
        """
        self._check_right("ar_reconcile.group_reconcile")
        for each in self._locked("open"):
            if each.owner_id != self.env.user and not self._may_review():
                raise UserError(
                    self.env._(
                        "%(owner)s prepares this reconciliation. Ask who signs it off to give it to you.",
                        owner=each.owner_id.sudo().name,
                    )
                )
            figures = each._current_figures()
            each._check_explained(figures)
            each.sudo().write(
                {
                    "state": "prepared",
                    "prepared_by_id": self.env.uid,
                    "prepared_on": fields.Datetime.now(),
                    "figures": closing.stored(figures),
                    "result": closing.outcome(each._checks(figures)).value,
                }
            )
        self.sudo().activity_feedback([PREPARE])
        self._ask_reviewer()

    def action_sign(self):
        """Sign off what another person has prepared.

        :raises UserError: when the same person prepared it, or the figures are no longer those that were prepared
        """
        self._check_right("ar_reconcile.group_reconcile_review")
        for each in self._locked("prepared"):
            if each.prepared_by_id == self.env.user:
                raise UserError(self.env._("You prepared this reconciliation; another person signs it off."))
            figures = each._current_figures()
            if closing.changes(closing.restored(each.figures), figures):
                raise UserError(
                    self.env._(
                        "The figures have changed since %(name)s prepared them. Reopen the reconciliation, so that it "
                        "is prepared again.",
                        name=each.prepared_by_id.sudo().name,
                    )
                )
            each._check_explained(figures)
            each.sudo().write({"state": "signed", "signed_by_id": self.env.uid, "signed_on": fields.Datetime.now()})
            each._keep_sheet()
        self.sudo().activity_feedback([SIGN])

    def action_reopen(self):
        """Ask for the reason, then reopen."""
        self.ensure_one()
        self._check_may_reopen()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reopen"),
            "res_model": "ar.reconciliation.reopen",
            "view_mode": "form",
            "target": "new",
            "context": {"default_reconciliation_id": self.id},
        }

    def _reopen(self, reason):
        """Take back signature and preparation, and keep ``reason`` in the chatter."""
        self.ensure_one()
        self._check_may_reopen()
        reason = (reason or "").strip()
        if not reason or len(reason) > LONGEST_TEXT:
            raise UserError(self.env._("Give a reason of at most %(number)s characters.", number=LONGEST_TEXT))
        record = self._locked("prepared", "signed").sudo()
        record.write(NOT_PREPARED)
        record.message_post(body=self.env._("Reopened: %(reason)s", reason=reason))
        record.activity_unlink([SIGN, LOOK])
        record._ask_owner()

    def _check_may_reopen(self):
        group = "group_reconcile_review" if "signed" in self.mapped("state") else "group_reconcile"
        self._check_right(f"ar_reconcile.{group}")

    def _check_right(self, group):
        """Refuse who is not of ``group``, or may not write these reconciliations."""
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._("This needs the right “%(right)s”.", right=self.env.ref(group).sudo().display_name)
            )
        self.check_access("write")

    def _may_review(self):
        return self.env.user.has_group("ar_reconcile.group_reconcile_review")

    def _locked(self, *states):
        """Return these reconciliations, locked, when all of them are in one of ``states``."""
        self.lock_for_update()
        self.invalidate_recordset(["state", "prepared_by_id", "figures"])
        if any(each.state not in states for each in self):
            raise UserError(self.env._("Somebody was faster. The page shows the present state once you reload it."))
        return self

    def _check_explained(self, figures):
        failed = [check for check in self._checks(figures) if check.status is closing.Status.FAILED]
        if failed and not (self.explanation or "").strip():
            raise UserError(
                self.env._(
                    "Write an explanation first. This does not agree: %(checks)s",
                    checks=", ".join(self._check_label(check) for check in failed),
                )
            )

    # === ACTIVITIES === #

    def _ask_owner(self):
        """Give each owner an activity for the day of the deadline."""
        self._ask(PREPARE, "owner_id", "deadline")

    def _ask_reviewer(self):
        """Give each second person an activity for the day of the deadline."""
        self._ask(SIGN, "reviewer_id", "deadline")

    def _ask(self, kind, person, day=None):
        """Create an activity of a kind for a person, both fields of these records; without a day for today."""
        activity_type = self.env.ref(kind)
        today = fields.Date.context_today(self)
        model = self.env["ir.model"]._get_id(self._name)
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            [
                {
                    "res_model_id": model,
                    "res_id": each.id,
                    "activity_type_id": activity_type.id,
                    "user_id": user.id,
                    "date_deadline": each[day] if day else today,
                    "summary": activity_type.with_context(lang=user.lang).name,
                    "automated": True,
                }
                for each in self
                if (user := each._asked(person))
            ]
        )

    def _asked(self, person):
        """Return who is asked: the user in the field ``person``, or where he is gone one who may sign off."""
        user, company = self[person].sudo(), self.company_id
        if user.active and company in user.company_ids:
            return user
        others = company._ar_users_with("ar_reconcile.group_reconcile_review") - self.prepared_by_id
        return (others & self.reviewer_id) or others[:1]

    # === WATCH === #

    @api.model
    def _cron_watch(self):
        """Compare what was signed off for the last months with the ledger of today."""
        since = fields.Date.context_today(self) - relativedelta(months=MONTHS_WATCHED)
        signed = self.search([("state", "=", "signed"), ("date_to", ">=", since)], order="date_to desc, id")
        self.env["ir.cron"]._commit_progress(remaining=len(signed))
        for each in signed:
            try:
                with self.env.cr.savepoint():
                    each._compare()
            except REFUSALS:  # the other accounts and companies are looked at nevertheless
                _logger.exception("Reconciliation %s can't be compared with the ledger", each.id)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _compare(self):
        """Note whether the figures are still those that were signed off, and tell who signed once they are not."""
        self.ensure_one()
        is_changed = bool(closing.changes(closing.restored(self.figures), self._current_figures()))
        if is_changed == self.is_changed:
            return
        record = self.sudo()
        record.is_changed = is_changed
        if is_changed:
            record.message_post(body=self.env._("A figure has changed since it was signed off."))
            record._ask(LOOK, "signed_by_id")
        else:
            record.message_post(body=self.env._("The figures are again those that were signed off."))
            record.activity_unlink([LOOK])
