import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tools import format_list

from ..engine import matching
from ..engine.replay import replayed, restored_reasons, stored_facts, stored_proposal
from .ar_match_wording import MatchWording

_logger = logging.getLogger(__name__)

#: What may follow a state; a decision is taken once, and can only be undone.
NEXT_STATES = {
    "open": {"superseded"},
    "proposed": {"booked", "rejected", "superseded"},
    "booked": {"undone"},
    "rejected": set(),
    "undone": set(),
    "superseded": set(),
}
#: What was decided and why: written once, with the match.
KEPT_FIELDS = {"statement_line_id", "confidence", "engine_version", "facts", "proposal", "allocation_ids"}


class ArMatch(models.Model):
    """What matching said of one bank line at one time, with the facts from which it can be replayed."""

    _name = "ar.match"
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
    state = fields.Selection(
        [
            ("open", "To look at"),
            ("proposed", "Proposed"),
            ("booked", "Booked"),
            ("rejected", "Rejected"),
            ("undone", "Undone"),
            ("superseded", "Superseded"),
        ],
        required=True,
        readonly=True,
    )
    confidence = fields.Selection(
        [("sure", "Sure"), ("likely", "Likely"), ("none", "No match")], required=True, readonly=True
    )
    allocation_ids = fields.One2many("ar.match.allocation", "match_id", string="Pays", readonly=True)
    engine_version = fields.Char(string="Rules Version", required=True, readonly=True)
    facts = fields.Json(readonly=True, help="The payments and items that were compared.")
    proposal = fields.Json(readonly=True, help="What the engine proposed, with its reasons.")
    explanation = fields.Text(compute="_compute_explanation", string="Why")
    failure = fields.Char(readonly=True, help="Why a sure match could not be booked.")
    previous_partner_id = fields.Many2one("res.partner", readonly=True, help="Whose payment it was before booking.")
    is_automatic = fields.Boolean(string="Booked by itself", readonly=True)
    decided_by = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Datetime(readonly=True)
    undone_by = fields.Many2one("res.users", readonly=True)
    undone_on = fields.Datetime(readonly=True)

    def write(self, vals):
        if KEPT_FIELDS & set(vals):
            raise UserError(self.env._("The history of matching is added to, never edited."))
        if "state" in vals and any(vals["state"] not in NEXT_STATES[match.state] for match in self):
            raise UserError(self.env._("This match was already decided."))
        return super().write(vals)

    # === EXPLANATION === #

    @api.depends("proposal", "facts", "failure")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for match in self:
            wording = MatchWording(match)
            sentences = wording.sentences([*match._reasons("reasons"), *match._reasons("against")])
            if match.failure:
                sentences.append(match.failure)
            match.explanation = "\n".join(sentences)

    def _reasons(self, part):
        """Return the stored ``reasons``, or what speaks ``against``, as the engine's values."""
        return restored_reasons((self.proposal or {}).get(part, []))

    # === HISTORY === #

    @api.model
    def _record(self, lines, payments, candidates, proposals):
        """Add what was proposed for ``lines`` to the history; proposals for other lines are their rivals'.

        A line about which nothing new is said keeps its last match.

        :return: one match per line
        """
        payment_of = {payment.key: payment for payment in payments}
        candidate_of = {candidate.key: candidate for candidate in candidates}
        considered_of = {proposal.payment: proposal.considered for proposal in proposals}
        line_of = {line.id: line for line in lines}
        kept, superseded, values = self.browse(), self.browse(), []
        for proposal in proposals:
            if proposal.payment not in line_of:
                continue
            line, stored = line_of[proposal.payment], stored_proposal(proposal)
            last = line.ar_match_id
            if last.state in ("open", "proposed"):
                if last.proposal == stored:
                    kept += last
                    continue
                superseded += last
            concerned = sorted({proposal.payment, *proposal.rivals})
            keys = sorted({key for each in concerned for key in considered_of[each]})
            values.append(
                {
                    "statement_line_id": line.id,
                    "currency_id": (line.foreign_currency_id or line.currency_id).id,
                    "state": "proposed" if proposal.allocations else "open",
                    "confidence": proposal.confidence.value,
                    "engine_version": matching.VERSION,
                    "facts": stored_facts(
                        (payment_of[each] for each in concerned), (candidate_of[key] for key in keys)
                    ),
                    "proposal": stored,
                    "allocation_ids": [
                        fields.Command.create(
                            {
                                "item_id": allocation.candidate,
                                "number": candidate_of[allocation.candidate].number,
                                "amount": float(allocation.amount),
                            }
                        )
                        for allocation in proposal.allocations
                    ],
                }
            )
        superseded.sudo().write({"state": "superseded"})
        return kept + self.sudo().create(values).sudo(False)

    @api.model
    def _record_failure(self, line, error):
        """Add to the history that ``line`` could not be matched, and why."""
        _logger.warning("Bank line %s could not be matched", line.id, exc_info=error)
        line.ar_matched_on = fields.Date.context_today(self)
        self.sudo().create(
            {
                "statement_line_id": line.id,
                "currency_id": (line.foreign_currency_id or line.currency_id).id,
                "state": "open",
                "confidence": "none",
                "engine_version": matching.VERSION,
                "failure": self.env._("This line could not be matched: %(error)s", error=error),
            }
        )

    def _replayed(self):
        """Return what the engine proposes today from the facts that were stored, in the stored form."""
        self.ensure_one()
        return replayed(self.facts, self.statement_line_id.id)

    # === DECISIONS === #

    def _is_bookable_alone(self):
        """Whether software may book this match: it is sure, and no person has turned one of this line down."""
        self.ensure_one()
        line = self.statement_line_id
        past = line.ar_match_ids - self
        is_persons = line.ar_is_persons or any(match.state in ("rejected", "undone") for match in past)
        return self.confidence == "sure" and not is_persons

    def _book(self, *, is_automatic=True):
        """Book these proposals; one that can't be booked stays proposed and says why.

        :return: the matches that were booked
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
                self.sudo().failure = str(error)
                return self.browse()
            return self.browse().union(*(match._book(is_automatic=is_automatic) for match in self))
        return self

    def _book_all(self, is_automatic):
        allocations = {}
        for match in self:
            customer_of = {stored["key"]: stored["customer"] for stored in match.facts["candidates"]}
            parts = [(allocation.item_id, allocation.amount) for allocation in match.allocation_ids]
            if any(customer_of.get(item.id) != item.partner_id.id for item, _amount in parts):
                raise UserError(self.env._("An invoice of this proposal has changed, or no longer exists."))
            allocations[match.statement_line_id] = parts
            match.sudo().previous_partner_id = match.statement_line_id.partner_id
        self.statement_line_id._ar_book(allocations)
        self.sudo().write(
            {
                "state": "booked",
                "is_automatic": is_automatic,
                "decided_by": self.env.uid,
                "decided_on": fields.Datetime.now(),
                "failure": False,
            }
        )

    def action_accept(self):
        """Book these proposals on a person's word; of several, those that can be."""
        self.statement_line_id.check_access("write")
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
                        *(f"{match.statement_line_id.display_name}: {match.failure}" for match in refused),
                    ]
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_reject(self):
        """Turn these proposals down; matching will not book these lines by itself any more."""
        self.statement_line_id.check_access("write")
        self.sudo().write({"state": "rejected", "decided_by": self.env.uid, "decided_on": fields.Datetime.now()})

    def action_undo(self):
        """Take back these bookings: the bank lines and the invoices are open again.

        :raises UserError: when a line was reconciled otherwise since, which is not ours to take back
        """
        lines = self.statement_line_id
        lines.check_access("write")
        for match in self:
            if match.state != "booked":
                raise UserError(self.env._("This match is not booked."))
            others = match._items_settled() - match.allocation_ids.item_id
            if others:
                raise UserError(
                    self.env._(
                        "%(line)s was reconciled with %(others)s since. Undo that first.",
                        line=match.statement_line_id.display_name,
                        others=format_list(self.env, others.move_id.mapped("name")),
                    )
                )
        lines.action_undo_reconciliation()

    def _items_settled(self):
        """Return the items that the bank line is reconciled with now, apart from exchange differences."""
        self.ensure_one()
        liquidity, _suspense, counterparts = self.statement_line_id._seek_for_lines()
        partials = (counterparts - liquidity).matched_debit_ids
        return partials.debit_move_id.filtered(lambda item: item.move_id not in partials.exchange_move_id)
