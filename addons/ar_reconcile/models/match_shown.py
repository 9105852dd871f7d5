"""How the workspace spells out a match: its parts, its reasons, its history."""

from odoo import models
from odoo.tools import format_date, format_datetime

from ..engine.allocation import SETTLING
from .ar_match_proposal_wording import MatchWording
from .match_confidence import JUDGED

#: Kinds of parts that pay an item; the others are what becomes of a difference.
PAYING = frozenset(kind.value for kind in SETTLING)
#: As what a reason recognised a part of the text.
NUMBER, CUSTOMER = "number", "customer"


class ArMatchProposal(models.Model):
    _inherit = "ar.match.proposal"  # pylint: disable=consider-merging-classes-inherited

    def _as_shown(self):
        """Return this match as the workspace spells it out."""
        wording = MatchWording(self)
        confidence = self._confidence()
        shown = self.sudo()  # parts may be of branches that the user doesn't see; the list tells their numbers, too
        return {
            "id": self.id,
            "state": self.state,
            "origin": self.origin,
            "rank": self.rank,
            "level": confidence.level,
            "confidence": confidence.words(self.env),
            "reasons": wording._say(self.reasons),
            "against": wording._say(self.against),
            "why_not": wording._say(wording._why_not()),
            "comment": self.comment or "",
            "failure": self.failure or "",
            "customer": self.customer_text,
            "customer_ids": shown.allocation_ids.partner_id.ids,
            "parts": [part._as_shown() for part in shown.allocation_ids],
            "asked_by": self.decided_by.name or "",
            "is_mine": self.decided_by == self.env.user,
            "booked": self._said_when_booked() if self.state == "accepted" else "",
        }

    def _likely_customer(self):
        """Return whose payment it is if this match is right, or who probably paid although nothing fits."""
        told = {key for _code, facts in self.reasons or [] for key in dict(facts).get("customers", ())}
        ids = self.sudo().allocation_ids.partner_id.ids[:1] or (list(told) if len(told) == 1 else [])
        return self.env["res.partner"].search([("id", "in", ids)])  # the reader may not see it, or it is gone

    def _said_when_booked(self):
        """Say who booked this match, and when."""
        when = format_datetime(self.env, self.decided_on) if self.decided_on else ""
        if self.is_automatic:
            return self.env._("Booked by itself on %(when)s", when=when)
        if self.reviewed_by:
            return self.env._(
                "Booked by %(user)s on %(when)s, approved by %(reviewer)s",
                user=self.decided_by.name,
                when=when,
                reviewer=self.reviewed_by.name,
            )
        return self.env._("Booked by %(user)s on %(when)s", user=self.decided_by.name, when=when)

    def _as_history(self):
        """Return what happened with this match, for the history of its line."""
        words = dict(self._fields["state"]._description_selection(self.env))
        steps = [(self.create_date, None, self.env._("Proposal made"))]
        if self.origin == "person":
            steps = [(self.create_date, self.decided_by, self.env._("Matched by hand"))]
        elif self.origin == "model":
            steps = [(self.create_date, self.decided_by, self.env._("Reconciliation model applied"))]
        elif self.state == "left":
            steps = [(self.create_date, None, words["left"])]
        if self.decided_on and self.state in ("accepted", "undone") and self.origin in JUDGED:
            who = None if self.is_automatic else self.decided_by
            steps.append(
                (self.decided_on, who, self.env._("Booked by itself") if self.is_automatic else words["accepted"])
            )
        if self.state == "rejected" and not self.reviewed_on:
            steps.append((self.decided_on, self.decided_by, words["rejected"]))
        if self.reviewed_on:
            word = words["rejected"] if self.state == "rejected" else self.env._("Approved")
            steps.append((self.reviewed_on, self.reviewed_by, word))
        if self.undone_on:
            steps.append((self.undone_on, self.undone_by, words["undone"]))
        if self.state == "superseded":
            steps.append((self.write_date, None, words["superseded"]))
        return {
            "id": self.id,
            "state": self.state,
            "version": self.engine_version or "",
            "confidence": self.confidence_text or "",
            "pays": self.pays_text,
            "comment": self.comment or "",
            "steps": [
                {"when": format_datetime(self.env, when) if when else "", "who": who.name if who else "", "what": what}
                for when, who, what in steps
            ],
        }

    def _phrases(self):
        """Return what the reasons of this match recognised in the texts, as pairs of a phrase and its mark."""
        phrases = []
        for code_and_facts in [*(self.reasons or []), *(self.against or [])]:
            facts = dict(code_and_facts[1])
            if isinstance(facts.get("text"), str):
                phrases.append((facts["text"], CUSTOMER if "customers" in facts else NUMBER))
            phrases += [(facts[name], CUSTOMER) for name in ("name", "account") if isinstance(facts.get(name), str)]
        if any(code == "name_equal" for code, _facts in self.reasons or []):
            phrases.append((self.statement_line_id.partner_name or "", CUSTOMER))
        return phrases


class ArMatchProposalAllocation(models.Model):
    _inherit = "ar.match.proposal.allocation"

    def _as_shown(self):
        """Return this part as the workspace shows it; ``after`` is what stays open of its item."""
        item = self.move_line_id
        is_settling = bool(item) and self.kind in PAYING
        taken = self.item_amount or self.amount
        residual = item.amount_residual_currency
        is_booked = self.proposal_id.state == "accepted"
        return {
            "id": self.id,
            "item_id": item.id,
            "move_id": item.move_id.id,
            "number": self.number,
            "customer": self.partner_id.display_name or "",
            "partner_id": self.partner_id.id,
            "account": self.account_id.display_name or "",
            "account_id": self.account_id.id,
            "kind": self.kind,
            "kind_label": dict(self._fields["kind"]._description_selection(self.env))[self.kind],
            "amount": self.amount,
            "due": format_date(self.env, item.date_maturity or item.date) if is_settling else "",
            "item_currency_id": item.currency_id.id,
            "residual": residual if is_settling else False,
            "after": item.currency_id.round(residual - (0 if is_booked else taken)) if is_settling else False,
        }
