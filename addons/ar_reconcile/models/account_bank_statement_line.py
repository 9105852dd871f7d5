from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

from .ar_import_wording import ImportWording

#: A line whose entry was cancelled is nobody's to do.
STANDING = Domain("state", "!=", "cancel")
#: What makes a bank line again that other ones have replaced.
KEPT_RECORDS = (
    "journal_id",
    "partner_id",
    "foreign_currency_id",
    "ar_file_id",
    "ar_imported_statement_id",
    "ar_original_currency_id",
)
KEPT_VALUES = (
    "amount",
    "amount_currency",
    "payment_ref",
    "ref",
    "partner_name",
    "account_number",
    "transaction_type",
    "transaction_details",
    "sequence",
    "ar_import_id",
    "ar_source",
    "ar_bank_id",
    "ar_entry",
    "ar_entry_amount",
    "ar_original_amount",
    "ar_exchange_rate",
    "ar_bank_text",
)
#: Fields that `_compute_ar_match_id` computes.
COMPUTED_FROM_MATCHES = (
    "ar_match_id",
    "ar_proposal_ids",
    "ar_explanation",
    "ar_summary",
    "ar_confidence_text",
    "ar_is_undoable",
    "ar_allocation_ids",
)


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    ar_import_id = fields.Char(
        string="Import Identity",
        copy=False,
        readonly=True,
        help="What makes this transaction the same one in another file of the bank.",
    )
    ar_file_id = fields.Many2one(
        "ar.statement.import",
        string="Bank File",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    ar_imported_statement_id = fields.Many2one(
        "ar.imported.statement",
        string="Statement in the File",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    ar_is_persons = fields.Boolean(
        string="Left to a Person",
        copy=False,
        readonly=True,
        help="A person has undone or turned down a match of this line; software books it no more.",
    )
    ar_source = fields.Char(string="Format", copy=False, readonly=True, help="The sort of file that it came in.")
    ar_bank_id = fields.Char(string="Bank's Id", copy=False, readonly=True, index="btree_not_null")
    ar_entry = fields.Char(
        string="Booked Entry",
        copy=False,
        readonly=True,
        help="The bank's reference of the entry that this is a part or the whole of.",
    )
    ar_entry_amount = fields.Monetary(string="Amount of the Entry", copy=False, readonly=True)
    ar_value_date = fields.Date(string="Value Date", copy=False, readonly=True)
    ar_original_amount = fields.Monetary(
        string="Original Amount", copy=False, readonly=True, currency_field="ar_original_currency_id"
    )
    ar_original_currency_id = fields.Many2one("res.currency", string="Original Currency", copy=False, readonly=True)
    ar_exchange_rate = fields.Float(
        string="Bank's Exchange Rate",
        digits=(16, 8),
        copy=False,
        readonly=True,
        help="In the account's currency, for one unit of the original currency.",
    )
    ar_bank_text = fields.Text(
        string="References and Ids", copy=False, readonly=True, help="Everything else that the bank said, to search in."
    )
    ar_details_html = fields.Html(string="Said by the Bank", compute="_compute_ar_details_html", sanitize=False)
    ar_match_ids = fields.One2many("ar.match.proposal", "statement_line_id", string="Matching History", readonly=True)
    ar_match_state = fields.Selection(
        [
            ("none", "To look at"),
            ("proposed", "Proposed"),
            ("ambiguous", "Several fit"),
            ("waiting", "Waits for approval"),
            ("matched", "Matched"),
        ],
        string="Matching",
        compute="_compute_ar_match_state",
        store=True,
        help="To look at: nothing fits for certain, the reason is given, or matching has not seen the line yet. "
        "Proposed: a match waits for your word. Several fit: choose one. Waits for approval: a second person decides. "
        "Matched: reconciled.",
    )
    ar_owner_id = fields.Many2one(
        "res.users",
        string="Owner",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Who clears this line; without one, the person in charge of the journal.",
    )
    ar_note = fields.Char(string="Note", copy=False, help="Why the line is left for now.")
    ar_match_id = fields.Many2one(
        "ar.match.proposal",
        string="Match",
        compute="_compute_ar_match_id",
        help="What matching or a person said last of this line; of several that fit, the best.",
    )
    ar_proposal_ids = fields.One2many(
        "ar.match.proposal",
        string="Proposals",
        compute="_compute_ar_match_id",
        help="What waits for a person's word, the best first.",
    )
    ar_explanation = fields.Text(string="Explanation", compute="_compute_ar_match_id")
    ar_summary = fields.Char(string="Why", compute="_compute_ar_match_id", help="The explanation on one line.")
    ar_confidence_text = fields.Char(string="Confidence", compute="_compute_ar_match_id")
    ar_is_undoable = fields.Boolean(compute="_compute_ar_match_id", help="Matching has booked it.")
    ar_allocation_ids = fields.One2many("ar.match.proposal.allocation", string="Pays", compute="_compute_ar_match_id")

    ar_matched_on = fields.Date(
        string="Last Matched On", copy=False, readonly=True, help="Lines that stay open are looked at again every day."
    )

    _ar_to_match_index = models.Index(
        "(ar_matched_on, id) WHERE is_reconciled IS NOT TRUE AND ar_import_id IS NOT NULL"
    )
    _ar_import_id_unique = models.UniqueIndex(
        "(journal_id, ar_import_id) WHERE ar_import_id IS NOT NULL",
        "This transaction of the bank is already in this journal.",
    )

    def _auto_init(self):
        # The states of lines that are there already come from one statement instead of a compute.
        if not column_exists(self.env.cr, self._table, "ar_match_state"):
            create_column(self.env.cr, self._table, "ar_match_state", "varchar")
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE account_bank_statement_line
                       SET ar_match_state = CASE WHEN is_reconciled THEN 'matched' ELSE 'none' END
                    """
                )
            )
        return super()._auto_init()

    @api.depends("ar_match_ids.state", "ar_match_ids.explanation", "ar_match_ids.summary")
    @api.depends_context("lang")
    def _compute_ar_match_id(self):
        self.ar_match_ids.allocation_ids  # noqa: B018 - reads those of all lines at once
        for line in self:
            history = line.ar_match_ids.sorted("id")
            proposals = history.filtered(lambda match: match.state == "proposed").sorted("rank")
            said = history.filtered(lambda match: match.state != "superseded")
            match = proposals[:1] or said[-1:] or history[-1:]
            line.ar_match_id = match
            line.ar_proposal_ids = proposals
            line.ar_explanation = match.explanation
            line.ar_summary = match.summary
            line.ar_confidence_text = match.confidence_text
            line.ar_is_undoable = any(match.state == "accepted" for match in history)
            line.ar_allocation_ids = match.allocation_ids

    @api.depends("is_reconciled", "ar_match_ids.state")
    def _compute_ar_match_state(self):
        for line in self:
            states = line.ar_match_ids.mapped("state")
            if line.is_reconciled:
                line.ar_match_state = "matched"
            elif "waiting" in states:
                line.ar_match_state = "waiting"
            else:
                line.ar_match_state = _state_of(states.count("proposed"))

    @api.depends("transaction_details")
    @api.depends_context("lang")
    def _compute_ar_details_html(self):
        wording = ImportWording(self.env)
        for line in self:
            said = wording.details(line.transaction_details)
            line.ar_details_html = said and self.env["ir.qweb"]._render("ar_reconcile.bank_details", {"said": said})

    # === IMPORT === #

    def _ar_settled(self):
        """Return those of these lines of which anything is reconciled, or whose entry a person has changed."""
        self.flush_model(["journal_id", "move_id"])
        self.env["account.move.line"].flush_model(["move_id", "account_id"])
        self.env["account.partial.reconcile"].flush_model(["debit_move_id", "credit_move_id"])
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT line.id
                  FROM account_bank_statement_line line
                  JOIN account_journal journal ON journal.id = line.journal_id
                  JOIN account_move_line item ON item.move_id = line.move_id
                 WHERE line.id = ANY(%s)
                   AND (
                       item.account_id NOT IN (journal.default_account_id, journal.suspense_account_id)
                       OR EXISTS (SELECT FROM account_partial_reconcile WHERE debit_move_id = item.id)
                       OR EXISTS (SELECT FROM account_partial_reconcile WHERE credit_move_id = item.id)
                   )
                """,
                self.ids,
            )
        )
        return self.browse([id_ for (id_,) in self.env.cr.fetchall()])

    def _ar_check_unsettled(self):
        """Refuse to have lines replaced of which something is reconciled."""
        settled = self._ar_settled().sorted("id")
        if settled:
            raise UserError(self.env._("%(line)s was reconciled in the meantime.", line=settled[0].display_name))

    def _ar_restorable(self):
        """Return what is needed to create these lines again, when other ones take their place."""
        return [{"statement_id": line.statement_id.id, "values": line._ar_kept_values()} for line in self]

    @api.model
    def _ar_restore(self, kept):
        """Create lines again from what `_ar_restorable` returned; records that are gone since are left empty."""
        values = []
        for row in kept:
            restored = dict(row["values"])
            for name in KEPT_RECORDS:
                restored[name] = self.env[self._fields[name].comodel_name].browse(restored[name]).exists().id
            statement = self.env["account.bank.statement"].browse(row["statement_id"]).exists()
            if restored["journal_id"]:
                values.append({**restored, "statement_id": statement.id})
        return self.create(values)

    def _ar_kept_values(self):
        """Return what identifies this line and what its bank said, as it can be stored and created anew."""
        self.ensure_one()
        return {
            **{name: self[name].id for name in KEPT_RECORDS},
            **{name: self[name] for name in KEPT_VALUES},
            "date": fields.Date.to_string(self.date),
            "ar_value_date": fields.Date.to_string(self.ar_value_date) or False,
            "ar_is_persons": self.ar_is_persons,
        }

    # === HISTORY === #

    def _ar_live_proposals(self):
        """Return what is said of these lines until something else is.

        :return: ``{line id: ([proposal id, …], verdict, failure)}``
        """
        live = {}
        for line, proposal, verdict, failure in self.env.execute_query(
            SQL(
                """
                SELECT statement_line_id, id, verdict, failure
                  FROM ar_match_proposal
                 WHERE statement_line_id = ANY(%s) AND state IN ('left', 'proposed')
                 ORDER BY id
                """,
                self.ids,
            )
        ):
            live.setdefault(line, ([], verdict, failure))[0].append(proposal)
        return live

    def _ar_set_match_states(self):
        """Store the states that follow from proposals which were inserted past the ORM, and that matching looked."""
        if not self:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_bank_statement_line line
                   SET ar_matched_on = %s,
                       ar_match_state = CASE
                            WHEN line.is_reconciled THEN 'matched'
                            WHEN proposed.waiting > 0 THEN 'waiting'
                            WHEN proposed.count = 0 THEN 'none'
                            WHEN proposed.count = 1 THEN 'proposed'
                            ELSE 'ambiguous'
                       END
                  FROM (
                      SELECT line.id,
                             count(proposal.id) FILTER (WHERE proposal.state = 'proposed') AS count,
                             count(proposal.id) FILTER (WHERE proposal.state = 'waiting') AS waiting
                        FROM account_bank_statement_line line
                        LEFT JOIN ar_match_proposal proposal
                          ON proposal.statement_line_id = line.id AND proposal.state IN ('proposed', 'waiting')
                       WHERE line.id = ANY(%s)
                       GROUP BY line.id
                  ) proposed
                 WHERE proposed.id = line.id
                """,
                fields.Date.context_today(self),
                self.ids,
            )
        )
        self.invalidate_recordset(
            ["ar_match_ids", "ar_match_state", "ar_matched_on", *COMPUTED_FROM_MATCHES], flush=False
        )
        self.env["ar.statement.import"].invalidate_model(["booked_count", "proposed_count", "open_count"], flush=False)

    # === ACTIONS === #

    def action_ar_accept(self):
        """Book what is proposed for the chosen lines, where it is one thing.

        :raises UserError: when nothing is proposed for any of them, or several matches that fit equally
        """
        clear = self.filtered(lambda line: len(line.ar_proposal_ids) == 1)
        if not clear and any(line.ar_proposal_ids for line in self):
            raise UserError(self.env._("Several matches fit equally. Open the bank line and choose one."))
        if not clear:
            raise UserError(self.env._("Nothing is proposed."))
        return clear.ar_proposal_ids.action_accept()

    def action_ar_reject(self):
        """Turn down everything that is proposed for the chosen lines."""
        self.ar_proposal_ids.action_reject()

    def action_ar_undo(self):
        """Take back what was booked for the chosen lines."""
        self.ar_match_ids.filtered(lambda match: match.state == "accepted").action_undo()


def _state_of(proposed):
    """Return the state of an unreconciled line for which so many matches are proposed."""
    return ("none", "proposed")[proposed] if proposed < 2 else "ambiguous"
