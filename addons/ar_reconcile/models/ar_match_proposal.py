import json
import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tools import SQL, format_list

from ..engine import matching
from ..engine.evidence import ADVISED
from ..engine.matching import Outcome
from ..engine.replay import replayed, stored_facts, stored_verdict
from .ar_match_proposal_wording import MatchWording
from .match_confidence import JUDGED, Confidence
from .trouble import words_of

_logger = logging.getLogger(__name__)

#: What may follow a state; a decision is taken once, and can only be undone.
NEXT_STATES = {
    "left": {"superseded"},
    "proposed": {"accepted", "rejected", "superseded"},
    "waiting": {"accepted", "rejected"},
    "accepted": {"undone"},
    "rejected": set(),
    "undone": set(),
    "superseded": set(),
}
#: What was found and why: written once, with the proposal.
KEPT_FIELDS = {
    "statement_line_id",
    "origin",
    "run_id",
    "rank",
    "probability",
    "reasons",
    "against",
    "engine_version",
    "facts",
    "verdict",
    "allocation_ids",
    "comment",
}


class ArMatchProposal(models.Model):
    """What matching said of one bank line at one time, with the facts from which it can be replayed.

    A line about which nothing could be found has one in the state *left*, a line that several explanations fit equally
    has one for each.
    """

    _name = "ar.match.proposal"
    _description = "Match of a Bank Line"
    _order = "id desc"
    _rec_name = "statement_line_id"
    _check_company_auto = True

    statement_line_id = fields.Many2one(
        "account.bank.statement.line", string="Bank Line", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="statement_line_id.company_id", store=True, index=True)
    journal_id = fields.Many2one(related="statement_line_id.journal_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    run_id = fields.Many2one(
        "ar.match.run", string="Matching Run", readonly=True, index="btree_not_null", ondelete="set null"
    )
    origin = fields.Selection(
        [
            ("rules", "Matching"),
            ("person", "A person"),
            ("advice", "Remittance advice"),
            ("model", "Reconciliation model"),
        ],
        string="Found By",
        default="rules",
        required=True,
        readonly=True,
    )
    rank = fields.Integer(default=1, required=True, readonly=True, help="One is the best of those for its line.")
    state = fields.Selection(
        [
            ("left", "To look at"),
            ("proposed", "Proposed"),
            ("waiting", "Waits for approval"),
            ("accepted", "Booked"),
            ("rejected", "Rejected"),
            ("undone", "Undone"),
            ("superseded", "Superseded"),
        ],
        required=True,
        readonly=True,
    )
    probability = fields.Float(digits=(16, 6), readonly=True, aggregator="avg")
    confidence_text = fields.Char(string="Confidence", compute="_compute_confidence_text")
    allocation_ids = fields.One2many("ar.match.proposal.allocation", "proposal_id", string="Pays", readonly=True)
    # Software also finds what branches are owed, which not everybody who reads the bank line may open.
    pays_text = fields.Char(string="Pays What", compute="_compute_pays_text", compute_sudo=True)
    customer_text = fields.Char(string="Customers", compute="_compute_pays_text", compute_sudo=True)
    due_on = fields.Date(
        string="Due",
        compute="_compute_pays_text",
        compute_sudo=True,
        help="When the first of what it pays is due.",
    )
    reasons = fields.Json(readonly=True, help="What speaks for it, or why nothing is proposed.")
    against = fields.Json(readonly=True, help="What ruled other items out.")
    engine_version = fields.Char(string="Rules Version", readonly=True, help="Empty: a person found it.")
    facts = fields.Json(readonly=True, help="The payments, items and customers that were compared.")
    verdict = fields.Json(readonly=True, help="Everything that the engine said of the line.")
    explanation = fields.Text(compute="_compute_explanation", string="Why")
    summary = fields.Char(compute="_compute_explanation", help="The explanation on one line; first what is undecided.")
    failure = fields.Char(readonly=True, help="Why the line could not be matched, or the proposal not be booked.")
    previous_partner_id = fields.Many2one("res.partner", readonly=True, help="Whose payment it was before booking.")
    is_automatic = fields.Boolean(string="Booked by itself", readonly=True)
    comment = fields.Char(string="Reason Given", readonly=True, help="By the person who decided.")
    decided_by = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Datetime(readonly=True)
    reviewed_by = fields.Many2one("res.users", string="Approved or Refused By", readonly=True)
    reviewed_on = fields.Datetime(string="Approved or Refused On", readonly=True)
    undone_by = fields.Many2one("res.users", readonly=True)
    undone_on = fields.Datetime(readonly=True)

    def write(self, vals):
        if KEPT_FIELDS & set(vals):
            raise UserError(self.env._("The history of matching is added to, never edited."))
        if "state" in vals and any(vals["state"] not in NEXT_STATES[proposal.state] for proposal in self):
            raise UserError(self.env._("This match was already decided."))
        res = super().write(vals)
        if vals.get("state") in ("rejected", "undone"):  # a person's word: software books these lines no more
            self.statement_line_id.sudo().ar_is_persons = True
        return res

    # === COMPUTE METHODS === #

    @api.depends("state", "reasons", "against", "verdict", "facts", "failure", "origin", "comment", "decided_by")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for proposal in self:
            wording, failure = MatchWording(proposal), [proposal.failure] if proposal.failure else []
            by_hand = proposal._said_by_hand()
            proposal.explanation = "\n".join([*by_hand, *wording.explanation(), *failure])
            proposal.summary = " ".join([*failure, *by_hand, *wording.summary()])

    @api.depends("allocation_ids.number", "allocation_ids.partner_id", "allocation_ids.move_line_id.date_maturity")
    @api.depends_context("lang")
    def _compute_pays_text(self):
        for proposal in self:
            parts = proposal.allocation_ids
            proposal.pays_text = format_list(self.env, list(dict.fromkeys(parts.mapped("number"))))
            proposal.customer_text = format_list(self.env, parts.partner_id.mapped("display_name"))
            proposal.due_on = min(filter(None, parts.move_line_id.mapped("date_maturity")), default=False)

    @api.depends("probability", "verdict", "state", "failure", "origin")
    @api.depends_context("lang")
    def _compute_confidence_text(self):
        for proposal in self:
            proposal.confidence_text = proposal._confidence_text()

    def _said_by_hand(self):
        """Return what is to be said of a match that a person or a reconciliation model has made."""
        if self.origin in JUDGED:
            return []
        said = self.env._("Applied by hand: a reconciliation model.") if self.origin == "model" else ""
        if self.origin == "person":
            said = self.env._("Matched by hand.")
        return [said, *([self.comment] if self.comment else [])]

    def _confidence_text(self):
        """Say how sure this proposal is; of a line that failed it is not known what fits."""
        if self.state == "left" and self.failure and self.origin in JUDGED:
            return False
        return self._confidence().words(self.env)

    def _confidence(self):
        """Return what the confidence of this proposal follows from."""
        verdict = self.verdict or {}
        return Confidence(
            state=self.state,
            origin=self.origin,
            outcome=verdict.get("outcome"),
            count=len(verdict.get("proposals", ())),
            former=verdict.get("confidence"),
            probability=self.probability,
            threshold=self.journal_id._ar_threshold(),
        )

    # === HISTORY === #

    @api.model
    def _record(self, lines, judged, run):
        """Add what was decided of ``lines`` to the history, in one statement per table.

        A line about which nothing new is said keeps its proposals.

        :param Judged judged: the verdicts on these lines and maybe others
        :return: what is said of ``lines`` now
        """
        last, kept, rows, parts = lines._ar_live_proposals(), [], [], []
        for line in lines:
            verdict = judged.verdicts.get(line.id)
            if not verdict:
                continue
            stored = stored_verdict(verdict)
            said = last.get(line.id)
            if said and _told(said[1]) == _told(stored):
                kept += said[0]
                continue
            facts, items = {"facts": stored_facts(verdict), "verdict": stored}, verdict.candidates
            for rank, found in enumerate(_recorded(verdict, stored), 1):
                rows.append({"line": line.id, "rank": rank, **found, **facts})
                parts += [
                    {"line": line.id, "rank": rank, "number": items[part["item"]].number, **part}
                    for part in found["parts"]
                ]
        created = self._insert(rows, parts, run)
        lines._ar_set_match_states()
        return self.browse([*kept, *created])

    @api.model
    def _record_failures(self, lines, failures, run):
        """Add to the history which of ``lines`` could not be matched, and why.

        :param dict failures: the errors by line id
        """
        failed = lines.filtered(lambda line: line.id in failures)
        last, rows = failed._ar_live_proposals(), []
        for line in failed:
            error = failures[line.id]
            _logger.warning("Bank line %s could not be matched", line.id, exc_info=error)
            words = str(error).replace("\0", "")  # PostgreSQL takes no text with it
            failure = self.env._("This line could not be matched: %(error)s", error=words)
            if line.id in last and last[line.id][2] == failure:
                continue
            rows.append({"line": line.id, "rank": 1, "state": "left", "failure": failure})
        self._insert(rows, [], run)
        failed._ar_set_match_states()

    @api.model
    def _insert(self, rows, parts, run):
        """Insert proposals and their allocations; what was said of their lines before is superseded.

        :return: the ids of the proposals
        """
        if not rows:
            return []
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                UPDATE ar_match_proposal SET state = 'superseded', write_uid = %s, write_date = %s
                 WHERE statement_line_id = ANY(%s) AND state IN ('left', 'proposed')
                """,
                *(self.env.uid, now, sorted({row["line"] for row in rows})),
            )
        )
        created = self.env.execute_query(
            SQL(
                """
                INSERT INTO ar_match_proposal
                       (statement_line_id, company_id, journal_id, currency_id, run_id, origin, rank, state,
                        probability, reasons, against, engine_version, facts, verdict, failure,
                        create_uid, create_date, write_uid, write_date)
                SELECT line.id, line.company_id, line.journal_id,
                       COALESCE(line.foreign_currency_id, line.currency_id), %(run)s,
                       COALESCE(row.origin, 'rules'), row.rank, row.state,
                       row.probability, row.reasons, row.against, %(version)s, row.facts, row.verdict, row.failure,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM jsonb_to_recordset(%(rows)s::jsonb)
                    AS row(line integer, rank integer, state varchar, probability numeric, reasons jsonb,
                           against jsonb, facts jsonb, verdict jsonb, failure varchar, origin varchar)
                  JOIN account_bank_statement_line line ON line.id = row.line
                 ORDER BY row.line, row.rank
                RETURNING id, statement_line_id, rank
                """,
                run=run.id,
                version=matching.VERSION,
                uid=self.env.uid,
                now=now,
                rows=json.dumps(rows),
            )
        )
        proposal_of = {(line, rank): id_ for id_, line, rank in created}
        for position, part in enumerate(parts):
            part["position"] = position
            part["proposal"] = proposal_of[part["line"], part["rank"]]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ar_match_proposal_allocation
                       (proposal_id, company_id, move_line_id, partner_id, number, kind, amount, item_amount,
                        create_uid, create_date, write_uid, write_date)
                SELECT part.proposal, proposal.company_id, item.id, item.partner_id, part.number, part.kind,
                       part.amount, part.item_amount, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM jsonb_to_recordset(%(parts)s::jsonb)
                    AS part(proposal integer, position integer, item integer, number varchar, kind varchar,
                            amount numeric, item_amount numeric)
                  JOIN ar_match_proposal proposal ON proposal.id = part.proposal
                  LEFT JOIN account_move_line item ON item.id = part.item
                 ORDER BY part.position
                """,
                uid=self.env.uid,
                now=now,
                parts=json.dumps(parts),
            )
        )
        self.invalidate_model(["state"], flush=False)
        return sorted(proposal_of.values())

    def _replayed(self):
        """Return what these rules say of the line from the facts that were stored, as it is stored."""
        self.ensure_one()
        return replayed(self.facts)

    # === DECISIONS === #

    def _is_bookable_alone(self):
        """Whether software may book this proposal: it is certain, and no person has turned one of its line down."""
        self.ensure_one()
        is_certain = self.state == "proposed" and (self.verdict or {}).get("outcome") == Outcome.BOOK.value
        return is_certain and not self.statement_line_id.ar_is_persons

    def _book(self, *, is_automatic=True):
        """Book these proposals; one that can't be booked stays proposed and says why.

        :return: the proposals that were booked
        """
        if not self:
            return self
        try:
            with self.env.cr.savepoint():
                self._book_all(is_automatic)
        except AccessError:
            raise
        except (UserError, RedirectWarning, psycopg2.IntegrityError) as error:
            if len(self) == 1:
                self.sudo().failure = words_of(error)
                return self.browse()
            half = len(self) // 2
            return self[:half]._book(is_automatic=is_automatic) | self[half:]._book(is_automatic=is_automatic)
        return self

    def _book_all(self, is_automatic):
        self._lock_items()
        allocations = {}
        for proposal in self:
            allocations[proposal.statement_line_id] = [part._as_part() for part in proposal.allocation_ids]
        for partner, proposals in self.grouped(lambda proposal: proposal.statement_line_id.partner_id).items():
            proposals.sudo().previous_partner_id = partner
        self.statement_line_id._ar_book(allocations)
        decided = {"state": "accepted", "is_automatic": is_automatic, "failure": False}
        now = {"decided_by": self.env.uid, "decided_on": fields.Datetime.now()}
        waited = self.filtered(lambda proposal: proposal.state == "waiting")
        waited.sudo().write(decided)  # was decided when it began to wait
        (self - waited).sudo().write({**decided, **now})
        self._siblings().sudo().write({"state": "superseded"})

    def _lock_items(self):
        """Lock the items to be paid, and their entries, so that no other transaction pays them at the same time.

        Always in the order of ids, so that two workers wait for each other and never in a circle. What another one has
        changed since this transaction began is a conflict, and everything is done again.
        """
        items = self.allocation_ids.move_line_id.ids
        for query in (
            """
            SELECT id FROM account_move
             WHERE id IN (SELECT move_id FROM account_move_line WHERE id = ANY(%s))
             ORDER BY id FOR NO KEY UPDATE
            """,
            "SELECT id FROM account_move_line WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        ):
            self.env.cr.execute(SQL(query, items))

    def _siblings(self):
        """Return the other proposals that wait for the same lines."""
        return self.statement_line_id.ar_match_ids.filtered(lambda other: other.state == "proposed") - self

    def action_accept(self):
        """Book these proposals on a person's word; of several, those that can be."""
        self.statement_line_id._ar_check_may_reconcile()
        if len(self.statement_line_id) < len(self):
            raise UserError(self.env._("Of several matches of one bank line only one can be booked."))
        self.statement_line_id._ar_check_not_waiting()
        for proposal in self:
            if proposal.state != "proposed":
                raise UserError(proposal._said_too_late())
        booked = self._book(is_automatic=False)
        refused = self - booked
        if refused and len(self) == 1:
            raise UserError(refused.failure)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if refused else "success",
                "sticky": bool(refused),
                "message": "\n".join(
                    [
                        self.env._(
                            "Bank lines booked: %(booked)s of %(looked_at)s.", booked=len(booked), looked_at=len(self)
                        ),
                        *(f"{proposal.statement_line_id.display_name}: {proposal.failure}" for proposal in refused),
                    ]
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_reject(self):
        """Turn these proposals down; matching will not book these lines by itself any more."""
        self.statement_line_id._ar_check_may_reconcile()
        self.statement_line_id._ar_check_not_waiting()
        self.sudo().write({"state": "rejected", "decided_by": self.env.uid, "decided_on": fields.Datetime.now()})

    def action_undo(self):
        """Take back these bookings: the bank lines and the invoices are open again.

        :raises UserError: when a line was reconciled otherwise since, which is not ours to take back
        """
        lines = self.statement_line_id
        lines._ar_check_may_reconcile()
        booked = lines.ar_match_ids.filtered(lambda match: match.state == "accepted")
        for proposal in self:
            if proposal.state != "accepted":
                raise UserError(self.env._("This match is not booked."))
            ours = booked.filtered(lambda match, line=proposal.statement_line_id: match.statement_line_id == line)
            others = proposal._items_settled() - ours.allocation_ids.move_line_id
            if others:
                raise UserError(
                    self.env._(
                        "%(line)s was reconciled with %(others)s since. Undo that first.",
                        line=proposal.statement_line_id.display_name,
                        others=format_list(self.env, others.move_id.mapped("name")),
                    )
                )
        lines.action_undo_reconciliation()

    def _said_too_late(self):
        """Say why this proposal can't be decided any more."""
        if self.statement_line_id.is_reconciled:
            return self.statement_line_id._ar_what_it_is_now()
        if self.state == "superseded":
            return self.env._(
                "%(line)s: something else is proposed now. Look at it again.",
                line=self.statement_line_id._ar_text_or_name(),
            )
        return self.env._("This match was already decided.")

    def _items_settled(self):
        """Return the items that the bank line is reconciled with now, apart from exchange differences."""
        self.ensure_one()
        liquidity, _suspense, counterparts = self.statement_line_id._seek_for_lines()
        counterparts -= liquidity
        debits, credits = counterparts.matched_debit_ids, counterparts.matched_credit_ids
        items = debits.debit_move_id | credits.credit_move_id
        return items.filtered(lambda item: item.move_id not in (debits | credits).exchange_move_id)


def _recorded(verdict, stored):
    """Return the values of the proposals that a verdict is recorded as: of the best explanation, or of all that tie."""
    if not verdict.proposals:
        return [{"state": "left", "probability": 0, "reasons": stored["reasons"], "against": [], "parts": []}]
    found = verdict.proposals if verdict.outcome is Outcome.AMBIGUOUS else verdict.proposals[:1]
    return [
        {
            "state": "proposed",
            "probability": str(proposal.probability),
            "reasons": told["reasons"],
            "against": told["against"],
            "origin": "advice" if any(each.code == ADVISED for each in proposal.reasons) else "rules",
            "parts": [
                {
                    "item": part.candidate,
                    "kind": part.kind.value,
                    "amount": str(part.amount),
                    "item_amount": None if part.item_amount is None else str(part.item_amount),
                }
                for part in proposal.allocations
            ],
        }
        for proposal, told in zip(found, stored["proposals"], strict=False)
    ]


def _told(stored):
    """Return a stored verdict without probabilities and weights, which other items shift a little every day."""
    if not stored:
        return None

    def lasting(reasons):
        return [[code, [fact for fact in facts if fact[0] not in ("probability", "weight")]] for code, facts in reasons]

    proposals = [
        [each["allocations"], lasting(each["reasons"]), lasting(each["against"])] for each in stored["proposals"]
    ]
    return stored["outcome"], lasting(stored["reasons"]), proposals
