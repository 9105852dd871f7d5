import time
from collections import Counter

from odoo import api, fields, models

from ..engine import matching
from .ar_match_proposal_wording import BY_MODEL, reason_label

#: Outcomes in the order in which they are shown, with the colours of Bootstrap.
OUTCOMES = {
    "booked": "success",
    "proposed": "info",
    "ambiguous": "warning",
    "left": "secondary",
    "failed": "danger",
}


class ArMatchRun(models.Model):
    """What one run of matching did, with counts per outcome and reason."""

    _name = "ar.match.run"
    _description = "Matching Run"
    _order = "id desc"
    _rec_name = "create_date"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    trigger = fields.Selection(
        [
            ("import", "Import of a bank file"),
            ("schedule", "Scheduled action"),
            ("person", "A person"),
            ("advice", "Remittance advice"),
        ],
        string="Set Off By",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", required=True, readonly=True)
    engine_version = fields.Char(string="Rules Version", required=True, readonly=True)
    line_count = fields.Integer(string="Bank Lines", readonly=True)
    booked_count = fields.Integer(string="Booked", readonly=True)
    proposed_count = fields.Integer(string="Proposed", readonly=True)
    ambiguous_count = fields.Integer(string="Several Fit", readonly=True)
    left_count = fields.Integer(string="Nothing Fits", readonly=True)
    failed_count = fields.Integer(string="Failed", readonly=True, help="Could not be matched; each line says why.")
    booked_share = fields.Float(string="Booked by Itself", compute="_compute_booked_share", help="In percent.")
    reasons = fields.Json(string="Counts of Reasons", readonly=True, help="Bank lines per outcome and reason code.")
    duration = fields.Float(readonly=True, string="Seconds")
    finished_on = fields.Datetime(readonly=True, help="Empty: the run goes on, or was cut off.")
    outcome_html = fields.Html(string="Outcome", compute="_compute_outcome_html", sanitize=False)
    reason_html = fields.Html(string="Reasons", compute="_compute_outcome_html", sanitize=False)
    proposal_ids = fields.One2many("ar.match.proposal", "run_id", string="Proposals", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("line_count", "booked_count")
    def _compute_booked_share(self):
        for run in self:
            run.booked_share = 100 * run.booked_count / run.line_count if run.line_count else 0

    @api.depends("line_count", "reasons", *(f"{outcome}_count" for outcome in OUTCOMES))
    @api.depends_context("lang")
    def _compute_outcome_html(self):
        render = self.env["ir.qweb"]._render
        for run in self:
            run.outcome_html = render("ar_reconcile.run_outcome", {"bars": run._bars()})
            run.reason_html = render("ar_reconcile.run_reasons", {"groups": run._reason_groups()})

    def _bars(self):
        """Return a bar for each outcome that there was: its label, count, percentage and colour."""
        counts = {outcome: self[f"{outcome}_count"] for outcome in OUTCOMES}
        return [
            {
                "label": self._fields[f"{outcome}_count"]._description_string(self.env),
                "count": count,
                "percent": 100 * count / self.line_count,
                "color": OUTCOMES[outcome],
            }
            for outcome, count in counts.items()
            if count
        ]

    def _reason_groups(self):
        """Return the reasons of each outcome, the most frequent first, as bars."""
        groups = []
        for bar in self._bars():
            outcome = next(each for each, color in OUTCOMES.items() if color == bar["color"])
            counts = sorted((self.reasons or {}).get(outcome, {}).items(), key=lambda pair: (-pair[1], pair[0]))
            rows = [
                {"label": reason_label(self.env, code), "count": count, "percent": 100 * count / bar["count"]}
                for code, count in counts
            ]
            if rows:
                groups.append({**bar, "rows": rows})
        return groups

    # === RECORD === #

    @api.model
    def _begin(self, company, trigger):
        """Begin the record of a run of matching for ``company``."""
        return self.sudo().create(
            {
                "company_id": company.id,
                "trigger": trigger,
                "user_id": self.env.uid,
                "engine_version": matching.VERSION,
                "reasons": {},
            }
        )

    def _may_book(self):
        """Whether this run books what is certain; who hands in a remittance advice is shown a proposal first."""
        return self.trigger != "advice"

    def _count(self, lines, judged, booked, by_model):
        """Add what became of ``lines``: ``booked`` were matched with items, ``by_model`` booked by Odoo's models."""
        counts, reasons = Counter(), {outcome: Counter(told) for outcome, told in (self.reasons or {}).items()}
        modelled = set(by_model.ids)
        done = modelled.union(booked.ids)
        for key in lines.ids:
            verdict = judged.verdicts.get(key)
            outcome = _outcome(key, verdict, done, judged.failures)
            counts[outcome] += 1
            if key in modelled:
                reasons.setdefault(outcome, Counter()).update([BY_MODEL])
            elif verdict:
                told = verdict.reasons if outcome == "left" else verdict.reasons or verdict.proposals[0].reasons
                reasons.setdefault(outcome, Counter()).update({reason.code for reason in told})
        self.sudo().write(
            {
                **{f"{outcome}_count": self[f"{outcome}_count"] + count for outcome, count in counts.items()},
                "line_count": self.line_count + len(lines),
                "reasons": {outcome: dict(told) for outcome, told in reasons.items()},
                "duration": time.monotonic() - judged.began,
            }
        )

    def _end(self):
        """Note that the run has come to its end."""
        self.sudo().finished_on = fields.Datetime.now()

    def action_open_lines(self):
        """Show the bank lines that the run has said something new of."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_bank_lines")
        action["domain"] = [("ar_match_ids.run_id", "=", self.id)]
        action["context"] = {}
        return action


def _outcome(key, verdict, booked, failures):
    if key in booked:
        return "booked"
    if key in failures or verdict is None:
        return "failed"
    if not verdict.proposals:
        return "left"
    return "ambiguous" if verdict.outcome is matching.Outcome.AMBIGUOUS else "proposed"
