"""Bank lines by the first reason that matching gave for them, to search and to group what is left by its cause."""

import json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import evidence
from .ar_match_proposal_wording import reason_label


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    ar_reason = fields.Selection(
        selection="_ar_reasons",
        string="Reason",
        compute="_compute_ar_reason",
        search="_search_ar_reason",
        help="What matching said first of the line: why nothing is proposed, or what speaks for the proposal.",
    )

    @api.model
    def _ar_reasons(self):
        return [(code, reason_label(self.env, code)) for code in evidence.ALL]

    @api.depends("ar_match_ids.reasons", "ar_match_ids.state")
    def _compute_ar_reason(self):
        for line in self:
            said = line.ar_match_id.reasons or []
            line.ar_reason = said[0][0] if said and said[0][0] in evidence.ALL else False

    def _search_ar_reason(self, operator, value):
        """Find lines for which a reason is given, first or not, by what is said of them now; `False` is for no reason.

        Only codes of the engine are looked for: an RPC caller may send anything.
        """
        if operator != "in":
            return NotImplemented
        told = [each for each in value if isinstance(each, str) and each in evidence.ALL]
        domain = Domain("id", "in", self._ar_sql_told([json.dumps([[code]]) for code in told]))
        if False in value or None in value:
            domain |= Domain("id", "not in", self._ar_sql_told([json.dumps([[code]]) for code in evidence.ALL]))
        return domain

    @api.model
    def _ar_sql_told(self, wanted):
        """Return the SQL of the lines of which one of the ``wanted`` reasons, as JSON, is said now."""
        return SQL(
            """
            (
                SELECT statement_line_id FROM ar_match_proposal
                 WHERE state IN ('left', 'proposed') AND reasons @> ANY(%s::jsonb[])
            )
            """,
            wanted,
        )
