from odoo import api, models
from odoo.tools import SQL, format_date


class ArCreditEvent(models.Model):
    """Holds, their releases and their ends."""

    _inherit = "ar.credit.event"  # pylint: disable=consider-merging-classes-inherited
    _depends = {"ar.credit.hold": ["state", "reasons", "released_on", "lapsed_on"]}

    @api.model
    def _sql_sources(self):
        return [*super()._sql_sources(), self._sql_holds(), self._sql_releases(), self._sql_hold_ends()]

    @api.model
    def _sql_holds(self):
        return self._sql_hold(
            10,
            "hold",
            {
                "date": SQL("hold.create_date::date"),
                "moment": SQL("hold.create_date"),
                "code": "hold_placed",
                "amount": SQL("NULLIF(hold.amount, 0)"),
                "facts": SQL(
                    "jsonb_build_object('document', hold.document_name, 'reasons', hold.reasons, 'note', hold.note)"
                ),
                "user_id": SQL("CASE WHEN hold.is_by_hand THEN hold.create_uid END"),
            },
            SQL("TRUE"),
        )

    @api.model
    def _sql_releases(self):
        return self._sql_hold(
            11,
            "release",
            {
                "date": SQL("hold.released_on::date"),
                "moment": SQL("hold.released_on"),
                "code": "hold_released",
                "facts": SQL(
                    """
                    jsonb_build_object('document', hold.document_name, 'reason', hold.release_reason,
                                       'until', hold.release_valid_until)
                    """
                ),
                "user_id": SQL("hold.released_by_id"),
            },
            SQL("hold.released_on IS NOT NULL"),
        )

    @api.model
    def _sql_hold_ends(self):
        return self._sql_hold(
            12,
            "hold",
            {
                "date": SQL("hold.lapsed_on::date"),
                "moment": SQL("hold.lapsed_on"),
                "code": "hold_ended",
                "facts": SQL(
                    """
                    jsonb_build_object('document', hold.document_name, 'lapse', hold.lapse_code,
                                       'released', hold.released_on IS NOT NULL)
                    """
                ),
            },
            SQL("hold.lapsed_on IS NOT NULL"),
        )

    @api.model
    def _sql_hold(self, source, kind, columns, condition):
        return self._sql_event(
            source,
            kind,
            {
                "record_id": SQL("hold.id"),
                "currency_id": SQL("company.currency_id"),
                "partner_id": SQL("hold.partner_id"),
                "company_id": SQL("hold.company_id"),
                "res_model": "ar.credit.hold",
                **columns,
            },
            SQL(
                "FROM ar_credit_hold hold JOIN res_company company ON company.id = hold.company_id WHERE %s", condition
            ),
        )

    @api.model
    def _wordings(self):
        return {
            **super()._wordings(),
            "hold_placed": self._hold_placed_words,
            "hold_released": self._hold_released_words,
            "hold_ended": self._hold_ended_words,
        }

    @api.model
    def _hold_placed_words(self, facts, event):
        reasons = self.env["ar.credit.hold"]._words(facts["reasons"] or [], event.currency_id, facts["note"])
        if facts["document"]:
            return self._with_quote(self.env._("%(document)s was held", document=facts["document"]), reasons)
        return self._with_quote(self.env._("The customer was put on hold"), reasons)

    @api.model
    def _hold_released_words(self, facts, _event):
        if facts["document"]:
            sentence = self.env._("%(document)s was released", document=facts["document"])
        elif facts["until"]:
            sentence = self.env._("Released until %(date)s", date=format_date(self.env, facts["until"]))
        else:
            sentence = self.env._("Released")
        return self._with_quote(sentence, facts["reason"])

    @api.model
    def _hold_ended_words(self, facts, _event):
        lapses = dict(self.env["ar.credit.hold"]._fields["lapse_code"]._description_selection(self.env))
        sentence = self.env._("The release lapsed") if facts["released"] else self.env._("The hold ended")
        return self._with_quote(sentence, lapses.get(facts["lapse"]))
