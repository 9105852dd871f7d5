from odoo import api, fields, models
from odoo.tools import SQL


class ArCreditEvent(models.Model):
    """Write-offs and their reversals; proposals and refusals are between colleagues."""

    _inherit = "ar.credit.event"  # pylint: disable=consider-merging-classes-inherited
    _depends = {
        "ar.write.off": ["state", "amount", "date", "decided_by_id", "reversed_on", "reversal_reason"],
        "ar.write.off.reason": ["name"],
    }

    kind = fields.Selection(selection_add=[("write_off", "Write-off")])

    @api.model
    def _sql_sources(self):
        return [*super()._sql_sources(), self._sql_write_offs(), self._sql_write_off_reversals()]

    @api.model
    def _sql_write_offs(self):
        return self._sql_write_off(
            20,
            {
                "date": SQL("write_off.date"),
                "code": "written_off",
                "user_id": SQL("write_off.decided_by_id"),
                "facts": SQL(
                    "jsonb_build_object('reason', COALESCE(reason.name->>%(lang)s, reason.name->>'en_US'))",
                    lang=self.env.lang or "en_US",
                ),
            },
            SQL("write_off.state IN ('booked', 'reversed')"),
        )

    @api.model
    def _sql_write_off_reversals(self):
        return self._sql_write_off(
            21,
            {
                "date": SQL("write_off.reversed_on"),
                "code": "write_off_reversed",
                "user_id": SQL("write_off.reversed_by_id"),
                "facts": SQL("jsonb_build_object('reason', write_off.reversal_reason)"),
            },
            SQL("write_off.state = 'reversed'"),
        )

    @api.model
    def _sql_write_off(self, source, columns, condition):
        return self._sql_event(
            source,
            "write_off",
            {
                "record_id": SQL("write_off.id"),
                "amount": SQL("write_off.amount"),
                "currency_id": SQL("write_off.currency_id"),
                "partner_id": SQL("customer.commercial_partner_id"),
                "company_id": SQL("split_part(company.parent_path, '/', 1)"),
                "res_model": "ar.write.off",
                **columns,
            },
            SQL(
                """
                FROM ar_write_off write_off
                JOIN res_partner customer ON customer.id = write_off.partner_id
                JOIN res_company company ON company.id = write_off.company_id
                JOIN ar_write_off_reason reason ON reason.id = write_off.reason_id
                WHERE %s
                """,
                condition,
            ),
        )

    @api.model
    def _wordings(self):
        return {
            **super()._wordings(),
            "written_off": self._written_off_words,
            "write_off_reversed": self._write_off_reversed_words,
        }

    @api.model
    def _written_off_words(self, facts, _event):
        return self.env._("Written off: %(reason)s", reason=facts["reason"])

    @api.model
    def _write_off_reversed_words(self, facts, _event):
        return self._with_quote(self.env._("Write-off reversed"), facts["reason"])
