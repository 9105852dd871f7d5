from odoo import api, fields, models

from ..engine.scorecard import DEFAULT_LEVELS


class ArCreditScore(models.Model):
    """What the screens show beside a score: its place on the gauge, and the customer's position."""

    _inherit = "ar.credit.score"  # pylint: disable=consider-merging-classes-inherited

    position = fields.Json(string="Exposure and Limit", compute="_compute_customer_figures")
    overdue = fields.Char(compute="_compute_customer_figures")
    is_on_hold = fields.Boolean(string="On Hold", compute="_compute_customer_figures")

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_customer_figures(self):
        for company, credit_scores in self.grouped("company_id").items():
            customers = credit_scores.partner_id.with_company(company)
            cards = customers._ar_position_cards(company)
            for credit_score in credit_scores:
                customer = credit_score.partner_id.with_company(company).with_prefetch(customers._prefetch_ids)
                credit_score.position = cards[customer.id]
                credit_score.is_on_hold = customer.ar_credit_hold
                credit_score.overdue = ", ".join(
                    ageing["overdue"] for ageing in customer.ar_ageing or [] if ageing["overdue"]
                )

    def action_open_customer(self):
        """Open the customer's own page."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [[False, "form"]],
        }

    def _compute_card(self):
        """Add what the gauge says beside the score: its text, a label and the levels' bands."""
        result = super()._compute_card()
        for credit_score in self:
            card = credit_score.card
            if card and card["components"]:
                credit_score.card = {
                    **card,
                    "score_text": credit_score._points_text(),
                    "gauge_label": self.env._(
                        "Level %(level)s, %(points)s: %(words)s",
                        level=card["level_label"],
                        points=card["points"],
                        words=card["level_words"],
                    ),
                    "bands": credit_score._bands(),
                }
        return result

    def _bands(self):
        """Each level with its label and the scores that it runs from and to, from the worst to the best."""
        labels = dict(self._fields["level"]._description_selection(self.env))
        bands = []
        upper = 100
        # Scores of before there were policies had the levels that a policy begins with.
        levels = self.policy_id.sudo()._scorecard().levels if self.policy_id else DEFAULT_LEVELS
        for level, at_least in levels:
            bands.insert(0, {"level": level, "label": labels[level], "from": float(at_least), "to": float(upper)})
            upper = at_least
        return bands
