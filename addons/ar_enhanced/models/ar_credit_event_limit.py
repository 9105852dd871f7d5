from odoo import api, models
from odoo.tools import SQL, format_date


class ArCreditEvent(models.Model):
    """Proposals of credit limits and what became of them."""

    _inherit = "ar.credit.event"  # pylint: disable=consider-merging-classes-inherited
    _depends = {"ar.credit.limit": ["state", "amount", "proposed_on", "decided_on"]}

    @api.model
    def _sql_sources(self):
        return [*super()._sql_sources(), self._sql_limits_proposed(), self._sql_limits_decided()]

    @api.model
    def _sql_limits_proposed(self):
        return self._sql_limit(
            8,
            {
                "date": SQL("COALESCE(lim.proposed_on, lim.create_date::date)"),
                "moment": SQL("lim.create_date"),
                "code": "limit_proposed",
                "user_id": SQL("lim.proposed_by_id"),
                "facts": SQL("jsonb_build_object('note', lim.note)"),
            },
            SQL("TRUE"),
        )

    @api.model
    def _sql_limits_decided(self):
        return self._sql_limit(
            9,
            {
                "date": SQL("lim.decided_on"),
                "code": SQL("CASE lim.state WHEN 'refused' THEN 'limit_refused' ELSE 'limit_approved' END"),
                "user_id": SQL("lim.decided_by_id"),
                "facts": SQL(
                    "jsonb_build_object('valid_until', lim.valid_until, 'refusal_reason', lim.refusal_reason)"
                ),
            },
            SQL("lim.decided_on IS NOT NULL"),
        )

    @api.model
    def _sql_limit(self, source, columns, condition):
        return self._sql_event(
            source,
            "limit",
            {
                "record_id": SQL("lim.id"),
                "amount": SQL("lim.amount"),
                "currency_id": SQL("lim.currency_id"),
                "partner_id": SQL("lim.partner_id"),
                "company_id": SQL("lim.company_id"),
                "res_model": "ar.credit.limit",
                **columns,
            },
            SQL("FROM ar_credit_limit lim WHERE %s", condition),
        )

    @api.model
    def _wordings(self):
        return {
            **super()._wordings(),
            "limit_proposed": self._limit_proposed_words,
            "limit_approved": self._limit_approved_words,
            "limit_refused": self._limit_refused_words,
        }

    @api.model
    def _limit_proposed_words(self, facts, _event):
        return self._with_quote(self.env._("Credit limit proposed"), facts["note"])

    @api.model
    def _limit_approved_words(self, facts, _event):
        if not facts["valid_until"]:
            return self.env._("Credit limit approved")
        return self.env._(
            "Credit limit approved, valid until %(date)s", date=format_date(self.env, facts["valid_until"])
        )

    @api.model
    def _limit_refused_words(self, facts, _event):
        return self._with_quote(self.env._("Credit limit refused"), facts["refusal_reason"])
