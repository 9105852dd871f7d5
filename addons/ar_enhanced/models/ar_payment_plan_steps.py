from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_amount

from ..engine.payment_plan import DefaultRule, Items, Settlement, paid_under, plan_state
from .ar_document_steps import CLERK, MANAGER

#: States of plans that payments may still change.
JUDGED = ("active", "kept", "defaulted")


class ArPaymentPlan(models.Model):
    """From the draft to the end of a plan."""

    _inherit = "ar.payment.plan"  # pylint: disable=consider-merging-classes-inherited

    # -- by people --------------------------------------------------------------------------------

    def action_suggest(self):
        """Replace the instalments of drafts by what is suggested for what is open now."""
        self._check_group(CLERK)
        self._check_state("draft")
        self._renew_total()
        for plan in self:
            plan.instalment_ids = plan._suggested()

    def action_propose(self):
        """Offer these plans to their customers; until they answer, reminders pause."""
        self._check_group(CLERK)
        self._check_state("draft")
        self._renew_total()
        self._check_open()
        self._check_possible()
        today = fields.Date.context_today(self)
        # The right was checked; what is decided is closed to everything but the methods here.
        for plan in self.sudo():
            found = plan._find_breaches()
            plan.write(
                {
                    "state": "proposed",
                    "breaches": found,
                    "within_bounds": not found,
                    "proposed_by_id": self.env.uid,
                    "proposed_on": today,
                    "answer_by": plan.answer_by or fields.Date.add(today, days=plan.company_id.ar_plan_answer_days),
                    "default_days": plan.company_id.ar_plan_default_days,
                    "default_missed": plan.company_id.ar_plan_default_missed,
                }
            )

    def action_back_to_draft(self):
        """Take proposals back to change them; who accepted or approved them has to do so again."""
        self._check_group(CLERK)
        self._check_state("proposed")
        nothing = ("approved_by_id", "approved_on", "accepted_by", "accepted_contact_id", "accepted_on")
        self.sudo().write(
            {"state": "draft", "accepted_channel": False, "answer_by": False, **dict.fromkeys(nothing, False)}
        )

    def action_approve(self):
        """Grant what is beyond the bounds."""
        self._check_group(MANAGER)
        self._check_state("proposed")
        if self.filtered(lambda plan: plan.proposed_by_id == self.env.user):
            raise UserError(self.env._("Another credit manager has to approve what you have proposed yourself."))
        if self.filtered("within_bounds"):
            raise UserError(self.env._("This payment plan is within the bounds: it needs no approval."))
        self.sudo().write({"approved_by_id": self.env.uid, "approved_on": fields.Date.context_today(self)})
        self.sudo()._start_if_agreed()

    def action_accept(self):
        """Ask who accepted the plan, when and how."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_payment_plan_accept"),
            "context": {"default_plan_id": self.id},
        }

    def _accept(self, accepted_by, channel, accepted_on, contact=None):
        """Note that the customer accepts; the plan starts if nobody else has to decide.

        :param accepted_by: name of the person
        :param channel: one of the codes of ``accepted_channel``
        :param accepted_on: a day, not in the future
        :param contact: the person's contact, if there is one
        """
        self._check_group(CLERK)
        self._check_state("proposed")
        if not (accepted_by or "").strip():
            raise UserError(self.env._("Say who accepted the payment plan."))
        if accepted_on > fields.Date.context_today(self):
            raise UserError(self.env._("A payment plan is not accepted in the future."))
        self.sudo().write(
            {
                "accepted_by": accepted_by.strip(),
                "accepted_contact_id": contact.id if contact else False,
                "accepted_on": accepted_on,
                "accepted_channel": channel,
            }
        )
        self.sudo()._start_if_agreed()

    def action_cancel(self):
        """Give up plans that are not decided: they count neither as kept nor as defaulted."""
        self._check_group(CLERK)
        self.sudo().lock_for_update(allow_referencing=True)
        if any(plan.state not in ("draft", "proposed", "active") for plan in self):
            raise UserError(self.env._("This payment plan is decided: only an open one can be cancelled."))
        self.sudo().write({"state": "cancelled", "settled_on": fields.Date.context_today(self)})

    def action_open_items(self):
        """Open the invoices that the plan is about."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type"),
            "domain": [("id", "in", self.move_line_ids.move_id.ids)],
            "context": {},
        }

    def _check_group(self, group):
        """As for every document; but a customer has a plan made by ``sudo``, within what the company allows."""
        return None if self.env.su else super()._check_group(group)

    def _renew_total(self):
        """Payments may have come since the draft was made."""
        # The total follows from the items; nobody sets it by hand.
        for plan in self.sudo():
            total = plan._open_of_items()
            if plan.currency_id.compare_amounts(plan.total, total):
                plan.total = total

    def _check_open(self):
        """Refuse items of which nothing is open any more."""
        for plan in self:
            settled = plan._all_items().filtered(
                lambda line: line.reconciled or line.currency_id.compare_amounts(line.amount_residual_currency, 0) <= 0
            )
            if settled:
                raise UserError(
                    self.env._(
                        "Nothing is open any more of %(invoices)s: take them out of the payment plan.",
                        invoices=plan._numbers(list(dict.fromkeys(settled.move_id.mapped("name")))),
                    )
                )

    def _start_if_agreed(self):
        """Start the plans that are accepted and granted."""
        agreed = self.filtered(lambda plan: plan.accepted_on and (plan.within_bounds or plan.approved_by_id))
        if not agreed:
            return
        today = fields.Date.context_today(self)
        for plan in agreed:
            # A first instalment that came with the acceptance is fine; more debt than planned isn't.
            if plan.currency_id.compare_amounts(plan._open_of_items(), plan.total) > 0:
                raise UserError(
                    self.env._(
                        "%(amount)s is open by now, more than is planned: take the payment plan back to draft and let "
                        "its instalments be suggested again.",
                        amount=format_amount(self.env, plan._open_of_items(), plan.currency_id),
                    )
                )
        agreed.write({"state": "active", "started_on": today})
        agreed._judge(today)
        if agreed.filtered(lambda plan: plan.state == "defaulted"):
            raise UserError(
                self.env._("Instalments are too late already: take the payment plan back to draft and plan other days.")
            )

    # -- by payments ------------------------------------------------------------------------------

    @api.model
    def _to_judge_domain(self, day):
        return [
            ("state", "in", JUDGED),
            "|",
            ("state", "=", "active"),
            ("settled_on", ">=", self._last_day_judged(day)),
        ]

    def _judge(self, day):
        """Set what payments say about these plans as of ``day``; they are read in one statement for all."""
        # Found from the whole ledger, by whoever asks.
        plans = self.sudo().filtered(lambda plan: plan.state in JUDGED)
        items = plans._items()
        found = {plan: plan._found(items.get(plan.id), day) for plan in plans}
        reopened = plans.filtered(lambda plan: plan.state != "active" and found[plan] and found[plan].code == "active")
        # What was agreed in the meantime holds.
        replaced = reopened._agreed_twice()
        for plan in plans:
            if plan not in replaced:
                plan._set_found(found[plan], day)

    def _items(self):
        """The ledger's view of each plan of which something is still posted: ``{plan id: Items}``."""
        if not self:
            return {}
        self.flush_model()
        self.env["account.move.line"]._ar_flush()
        residuals, settlements = {}, defaultdict(list)
        for plan_id, day, amount, is_payment in self.env.execute_query(
            SQL(
                """
                WITH item AS (
                    SELECT rel.plan_id AS agreement_id, line.id, line.amount_residual_currency AS residual
                      FROM ar_payment_plan_line_rel rel
                      JOIN account_move_line line ON line.id = rel.line_id
                     WHERE rel.plan_id = ANY(%(ids)s) AND line.parent_state = 'posted'
                ), settlement AS (
                    %(settlements)s
                )
                SELECT agreement_id, NULL::date AS max_date, SUM(residual)::text, NULL::boolean
                  FROM item
              GROUP BY agreement_id
             UNION ALL
                SELECT agreement_id, max_date, SUM(amount)::text, is_payment
                  FROM settlement
              GROUP BY agreement_id, max_date, is_payment
                """,
                ids=self.ids,
                settlements=self._sql_settlements(),
            )
        ):
            if day:
                settlements[plan_id].append(Settlement(day, Decimal(amount), is_payment))
            else:
                residuals[plan_id] = Decimal(amount)
        return {plan_id: Items(residual, tuple(settlements[plan_id])) for plan_id, residual in residuals.items()}

    def _found(self, items, day):
        """What the engine says about this plan; None when none of its items is posted any more."""
        if items is None:
            return None
        payments, credited = paid_under(self._decimal(self.total), items, day)
        rule = DefaultRule(self.default_days, self.default_missed)
        return plan_state(self._planned(), payments, credited, rule, day)

    def _set_found(self, found, day):
        """Write what has changed."""
        if found is None:
            # What was decided stays while an invoice is a draft again.
            if self.state != "active" and set(self._all_items().mapped("parent_state")) != {"cancel"}:
                return
            self.write({"state": "cancelled", "settled_on": day})
            return
        for instalment, state in zip(self.instalment_ids.sorted("date"), found.instalments, strict=True):
            values = {
                "paid": float(state.paid),
                "credited": float(state.credited),
                "state": state.code,
                "settled_on": state.settled_on or False,
            }
            if any(instalment[name] != value for name, value in values.items()):
                instalment.write(values)
        reason = found.reason and {"code": found.reason.code, "facts": dict(found.reason.facts)}
        # A plan of which all was credited was kept on the day on which that was found.
        since = found.since or (found.code != "active" and (self.settled_on or day))
        values = {"state": found.code, "settled_on": since, "default_reason": reason or False}
        if any((self[name] or False) != value for name, value in values.items()):
            has_failed = found.code == "defaulted" and self.state != "defaulted"
            self.write(values)
            if has_failed:
                self._tell_of_default(day)

    def _tell_of_default(self, day):
        """Ask whoever looks after the plan, or the customer's credit manager, to decide what comes next."""
        owners = self.user_id | self.partner_id._ar_credit_owners(self.company_id)
        user = owners.filtered(lambda owner: owner.active and owner.has_group(CLERK))[:1]
        if user:
            told = self.with_context(lang=user.lang)
            self.activity_schedule(
                "ar_enhanced.mail_activity_plan_defaulted", date_deadline=day, user_id=user.id, note=told.default_text
            )
