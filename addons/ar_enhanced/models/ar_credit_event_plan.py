from odoo import api, models
from odoo.tools import SQL, format_amount


class ArCreditEvent(models.Model):
    """Payment plans: proposed, started and decided."""

    _inherit = "ar.credit.event"  # pylint: disable=consider-merging-classes-inherited
    _depends = {"ar.payment.plan": ["partner_id", "state", "total", "proposed_on", "started_on", "settled_on"]}

    @api.model
    def _sql_sources(self):
        return [*super()._sql_sources(), *self._sql_plans()]

    @api.model
    def _sql_plans(self):
        proposed = {
            "date": SQL("plan.proposed_on"),
            "code": "plan_proposed",
            "user_id": SQL("plan.proposed_by_id"),
            "amount": SQL("plan.total"),
        }
        started = {
            "date": SQL("plan.started_on"),
            "code": "plan_started",
            "amount": SQL("plan.total"),
            "facts": SQL("jsonb_build_object('by', plan.accepted_by, 'channel', plan.accepted_channel)"),
        }
        decided = {
            "date": SQL("plan.settled_on"),
            "code": SQL("'plan_' || plan.state"),
            "amount": SQL("CASE plan.state WHEN 'defaulted' THEN plan.open_amount ELSE plan.paid END"),
        }
        return [
            self._sql_plan(13, proposed, SQL("plan.proposed_on IS NOT NULL AND plan.state != 'draft'")),
            self._sql_plan(14, started, SQL("plan.started_on IS NOT NULL")),
            self._sql_plan(
                15,
                decided,
                SQL("plan.state IN ('kept', 'defaulted', 'cancelled') AND plan.proposed_on IS NOT NULL"),
            ),
        ]

    @api.model
    def _sql_plan(self, source, columns, condition):
        return self._sql_event(
            source,
            "plan",
            {
                "record_id": SQL("plan.id"),
                "currency_id": SQL("plan.currency_id"),
                "partner_id": SQL("plan.partner_id"),
                "company_id": SQL("plan.company_id"),
                "res_model": "ar.payment.plan",
                **columns,
            },
            SQL("FROM ar_payment_plan plan WHERE %s", condition),
        )

    @api.model
    def _wordings(self):
        return {
            **super()._wordings(),
            "plan_proposed": self._plan_proposed_words,
            "plan_started": self._plan_started_words,
            "plan_kept": self._plan_kept_words,
            "plan_defaulted": self._plan_defaulted_words,
            "plan_cancelled": self._plan_cancelled_words,
        }

    @api.model
    def _plan_of(self, event):
        # Whoever reads this event may read its plan: one right and one company rule for both.
        return self.env["ar.payment.plan"].browse(event.res_id)

    @api.model
    def _plan_proposed_words(self, _facts, event):
        return self._with_quote(
            self.env._("Payment plan proposed: %(count)s instalments", count=len(self._plan_of(event).instalment_ids)),
            self._plan_of(event).breach_text,
        )

    @api.model
    def _plan_started_words(self, facts, _event):
        channels = dict(self.env["ar.payment.plan"]._fields["accepted_channel"]._description_selection(self.env))
        return self.env._(
            "Payment plan accepted by %(person)s (%(channel)s)",
            person=facts["by"],
            channel=channels.get(facts["channel"], ""),
        )

    @api.model
    def _plan_kept_words(self, _facts, _event):
        return self.env._("Kept the payment plan")

    @api.model
    def _plan_defaulted_words(self, _facts, event):
        open_amount = format_amount(self.env, event.amount, event.currency_id)
        return self._with_quote(
            self.env._("Did not keep the payment plan: %(amount)s is open", amount=open_amount),
            self._plan_of(event).default_text,
        )

    @api.model
    def _plan_cancelled_words(self, _facts, _event):
        return self.env._("The payment plan was cancelled")
