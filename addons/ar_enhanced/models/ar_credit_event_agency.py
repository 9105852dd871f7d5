from odoo import api, fields, models
from odoo.tools import SQL


class ArCreditEvent(models.Model):
    """Cases that were handed over to agencies, and how they ended."""

    _inherit = "ar.credit.event"  # pylint: disable=consider-merging-classes-inherited
    _depends = {
        "ar.agency": ["name"],
        "ar.agency.case": ["state", "amount", "outcome", "handed_over_on", "ended_on", "end_reason"],
    }

    kind = fields.Selection(selection_add=[("agency", "Collection agency")])

    @api.model
    def _sql_sources(self):
        return [*super()._sql_sources(), self._sql_hand_overs(), self._sql_case_ends()]

    @api.model
    def _sql_hand_overs(self):
        return self._sql_agency_case(
            22,
            {
                "date": SQL("agency_case.handed_over_on"),
                "code": "handed_over",
                "amount": SQL("agency_case.amount"),
                "user_id": SQL("agency_case.handed_over_by_id"),
                "facts": SQL("jsonb_build_object('agency', agency.name)"),
            },
            SQL("agency_case.state != 'draft'"),
        )

    @api.model
    def _sql_case_ends(self):
        return self._sql_agency_case(
            23,
            {
                "date": SQL("agency_case.ended_on"),
                "code": SQL("'agency_' || COALESCE(agency_case.outcome, agency_case.state)"),
                "user_id": SQL("agency_case.ended_by_id"),
                "facts": SQL("jsonb_build_object('agency', agency.name, 'reason', agency_case.end_reason)"),
            },
            SQL("agency_case.ended_on IS NOT NULL"),
        )

    @api.model
    def _sql_agency_case(self, source, columns, condition):
        return self._sql_event(
            source,
            "agency",
            {
                "record_id": SQL("agency_case.id"),
                "currency_id": SQL("agency_case.currency_id"),
                "partner_id": SQL("customer.commercial_partner_id"),
                "company_id": SQL("agency_case.company_id"),
                "res_model": "ar.agency.case",
                **columns,
            },
            SQL(
                """
                FROM ar_agency_case agency_case
                JOIN ar_agency agency ON agency.id = agency_case.agency_id
                JOIN res_partner customer ON customer.id = agency_case.partner_id
                WHERE %s
                """,
                condition,
            ),
        )

    @api.model
    def _wordings(self):
        return {
            **super()._wordings(),
            "handed_over": self._handed_over_words,
            "agency_recalled": self._agency_recalled_words,
            "agency_paid": self._agency_paid_words,
            "agency_uncollectable": self._agency_uncollectable_words,
        }

    @api.model
    def _handed_over_words(self, facts, _event):
        return self.env._("Handed over to %(agency)s", agency=facts["agency"])

    @api.model
    def _agency_recalled_words(self, facts, _event):
        return self._with_quote(self.env._("Recalled from %(agency)s", agency=facts["agency"]), facts["reason"])

    @api.model
    def _agency_paid_words(self, facts, _event):
        return self._with_quote(
            self.env._("The case with %(agency)s was closed: paid", agency=facts["agency"]), facts["reason"]
        )

    @api.model
    def _agency_uncollectable_words(self, facts, _event):
        return self._with_quote(
            self.env._("The case with %(agency)s was closed: uncollectable", agency=facts["agency"]), facts["reason"]
        )
