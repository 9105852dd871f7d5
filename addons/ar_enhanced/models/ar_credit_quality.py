from datetime import date

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, format_date
from odoo.tools.misc import formatLang

from ..engine.credit_score import NOT_RATED, portfolio_of, score
from ..engine.lateness import Invoice, cases, learn
from ..engine.payment_behaviour import LATE_DAYS, PaymentFacts
from ..engine.score_quality import auc, brier, by_level, gini, verdict
from .ar_credit_score import LEVELS

#: The newest invoices that are measured, which bounds time and memory; and the share of them that is predicted.
MEASURED, PREDICTED_SHARE = 200_000, 0.3


class ArCreditQuality(models.Model):
    """How well the credit score told apart who pays late, on the company's own history.

    Of the invoices whose fate is known, the newest are predicted from what was known when they were issued.
    """

    _name = "ar.credit.quality"
    _description = "Quality of the Credit Score"
    _order = "date desc, id desc"
    _rec_name = "date"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    date = fields.Date(string="Measured on", required=True, readonly=True)
    policy_id = fields.Many2one("ar.credit.policy", string="Credit Policy", readonly=True, ondelete="set null")
    predicted_from = fields.Date(
        readonly=True, help="Invoices from this day on were predicted, older ones learned from."
    )
    learned_count = fields.Integer(string="Invoices learned from", readonly=True)
    invoice_count = fields.Integer(string="Invoices predicted", readonly=True)
    late_count = fields.Integer(string="Paid late", readonly=True, help="Paid later than 30 days after the due date.")
    gini = fields.Float(digits=(4, 3), readonly=True, aggregator=None, help="From 0, as good as a coin, to 1.")
    auc = fields.Float(string="AUC", digits=(4, 3), readonly=True, aggregator=None)
    brier = fields.Float(string="Brier score", digits=(6, 4), readonly=True, aggregator=None, help="Lower is better.")
    auc_baseline = fields.Float(
        string="AUC of the average delay",
        digits=(4, 3),
        readonly=True,
        aggregator=None,
        help="What ranking customers by their average delay would have reached.",
    )
    brier_baseline = fields.Float(
        string="Brier score of one rate for all",
        digits=(6, 4),
        readonly=True,
        aggregator=None,
        help="What the same probability for every customer would have reached.",
    )
    verdict = fields.Selection(
        [("good", "Good"), ("poor", "Poor"), ("too_little", "Too little history")], required=True, readonly=True
    )
    levels = fields.Json(readonly=True)
    words = fields.Char(compute="_compute_words")
    levels_table = fields.Html(compute="_compute_levels_table", sanitize=False)

    @api.depends("verdict", "gini", "invoice_count", "late_count")
    @api.depends_context("lang")
    def _compute_words(self):
        for quality in self:
            quality.words = quality._words()

    def _words(self):
        """The verdict in a sentence."""
        if self.verdict == "too_little":
            return self.env._(
                "Too little history: %(count)s invoices whose fate is known, of which %(late)s were paid later than 30"
                " days. At least 100 are needed, and 10 of either kind.",
                count=self.invoice_count,
                late=self.late_count,
            )
        figures = {"gini": formatLang(self.env, self.gini, digits=2), "count": self.invoice_count}
        if self.verdict == "poor":
            return self.env._(
                "Poor: the score hardly tells who pays later than 30 days (Gini %(gini)s on %(count)s invoices; at"
                " least 0.30 is expected). Change the weights of the credit policy, and decide by hand until then.",
                **figures,
            )
        return self.env._(
            "Good: the score tells who pays later than 30 days (Gini %(gini)s on %(count)s invoices).", **figures
        )

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for quality in self:
            quality.display_name = format_date(self.env, quality.date)

    @api.depends("levels")
    @api.depends_context("lang")
    def _compute_levels_table(self):
        labels = dict(self.env["ar.credit.score"]._fields["level"]._description_selection(self.env))
        heads = (self.env._("Level"), self.env._("Invoices"), self.env._("Expected late"), self.env._("Paid late"))
        for quality in self:
            rows = [
                (
                    labels[row["level"]],
                    row["invoices"],
                    self._percent(row["expected"]),
                    self._percent(row["observed"]),
                )
                for row in quality.levels or ()
            ]
            quality.levels_table = Markup('<table class="table table-sm w-auto"><tr>%s</tr>%s</table>') % (
                self._table_row(heads),
                Markup().join(Markup("<tr>%s</tr>") % self._table_row(row) for row in rows),
            )

    @api.model
    def _table_row(self, cells):
        """Cells of a row: the first names it, the others are figures."""
        name, *figures = cells
        return Markup('<th scope="row">%s</th>') % name + Markup().join(
            Markup('<td class="text-end">%s</td>') % figure for figure in figures
        )

    @api.model
    def _percent(self, share):
        return f"{formatLang(self.env, 100 * share, digits=1)} %"

    @api.model
    def _cron_measure(self):
        """Measure every company, one per transaction."""
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._measure(company)
            if not self.env["ir.cron"]._commit_progress(1):
                return

    @api.model
    def action_measure(self):
        """Measure the present company now."""
        if not self.env.user.has_group("ar_enhanced.group_ar_manager"):
            raise AccessError(self.env._("Measuring the credit score takes the rights of a credit manager."))
        quality = self._measure(self.env.company)
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": quality.id,
            "views": [(False, "form")],
        }

    @api.model
    def _measure(self, company):
        """Add a measurement of ``company`` as of today."""
        # All of the ledger is measured, whatever of it the user may read.
        company = company.sudo().root_id
        today = fields.Date.context_today(self)
        invoices = self._invoices(company, today)
        vals = {"company_id": company.id, "date": today, "verdict": "too_little", "levels": []}
        policy = company._ar_credit_policy()
        vals["policy_id"] = policy.id
        if invoices:
            first = invoices[min(int(len(invoices) * (1 - PREDICTED_SHARE)), len(invoices) - 1)].issued
            vals.update(self._measured(company, policy, invoices, first))
        return self.sudo().create(vals)

    @api.model
    def _measured(self, company, policy, invoices, first):
        """Figures of predicting the ``invoices`` issued from the ordinal day ``first`` on."""
        learned = [case for invoice, case in cases(invoices, before=first) if invoice.issued < first]
        predicted = [(invoice, case) for invoice, case in cases(invoices) if invoice.issued >= first]
        model = learn(learned, LATE_DAYS)
        outcomes = self._scores_on(company, policy, date.fromordinal(first))
        late = [case.delay > LATE_DAYS for _invoice, case in predicted]
        chances = [model.probability(case.delays) for _invoice, case in predicted]
        means = [
            sum(case.delays) / len(case.delays) if case.delays else model.usual_days for _invoice, case in predicted
        ]
        levels = [
            outcomes[invoice.customer].level if invoice.customer in outcomes else NOT_RATED
            for invoice, _case in predicted
        ]
        rated = [
            (-outcomes[invoice.customer].points, is_late)
            for (invoice, _case), level, is_late in zip(predicted, levels, late, strict=True)
            if level != NOT_RATED
        ]
        area = auc([points for points, _late in rated], [is_late for _points, is_late in rated])
        order = [level for level, _label in LEVELS].index
        return {
            "predicted_from": date.fromordinal(first),
            "learned_count": len(learned),
            "invoice_count": len(predicted),
            "late_count": sum(late),
            "auc": area or 0,
            "gini": gini(area) or 0,
            "brier": brier(chances, late) or 0,
            "auc_baseline": auc(means, late) or 0,
            "brier_baseline": brier([model.usual_share] * len(late), late) or 0,
            "verdict": verdict(len(rated), sum(is_late for _points, is_late in rated), gini(area)),
            "levels": [row._asdict() for row in by_level(zip(levels, chances, late, strict=True), order)],
        }

    @api.model
    def _scores_on(self, company, policy, day):
        """Scores as they would have been on ``day``, by what was in the ledger by then: ``{customer id: score}``."""
        lines = self.env["account.move.line"].sudo()
        lines._ar_flush()
        rows = self.env.execute_query(lines._ar_sql_payment_facts(company, day))
        facts = {row[0]: PaymentFacts(day, company.currency_id.decimal_places, *row[1:]) for row in rows}
        portfolio, scorecard = portfolio_of(facts.values()), policy._scorecard()
        return {customer_id: score(known, portfolio, scorecard) for customer_id, known in facts.items()}

    @api.model
    def _invoices(self, company, day):
        """The newest invoice items of which it is known whether they were late, oldest first.

        An item that is open and overdue for longer counts as settled today: late, and not known to anybody before.
        """
        lines = self.env["account.move.line"].sudo()
        lines._ar_flush()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer.commercial_partner_id,
                       COALESCE(move.invoice_date, line.date),
                       COALESCE(line.date_maturity, line.date),
                       CASE WHEN line.reconciled IS TRUE THEN settled.paid_on ELSE %(day)s::date END
                  FROM %(items)s
             LEFT JOIN LATERAL (
                       SELECT MAX(part.max_date) AS paid_on
                         FROM account_partial_reconcile part
                        WHERE part.debit_move_id = line.id
                          AND part.credit_move_id NOT IN (%(no_payments)s)
                       ) AS settled ON TRUE
                 WHERE %(are_items)s
                   AND COALESCE(line.date_maturity, line.date) < %(day)s::date - %(late_days)s
                   AND (line.reconciled IS NOT TRUE AND line.amount_residual > 0 OR settled.paid_on <= %(day)s)
              ORDER BY 2 DESC, line.id DESC
                 LIMIT %(measured)s
                """,
                items=lines._ar_sql_items(),
                are_items=lines._ar_sql_are_items(company),
                no_payments=lines._ar_sql_no_payments(company),
                day=day,
                late_days=LATE_DAYS,
                measured=MEASURED,
            )
        )
        return [
            Invoice(customer_id, issued.toordinal(), due.toordinal(), settled.toordinal())
            for customer_id, issued, due, settled in reversed(rows)
        ]


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_credit_quality_id = fields.Many2one(
        "ar.credit.quality", compute="_compute_ar_credit_quality_id", compute_sudo=True
    )
    ar_credit_quality_words = fields.Char(
        string="Quality of the Credit Score", compute="_compute_ar_credit_quality_id", compute_sudo=True
    )

    @api.depends("company_id")
    def _compute_ar_credit_quality_id(self):
        for settings in self:
            quality = (
                self.env["ar.credit.quality"]
                .sudo()
                .search([("company_id", "=", settings.company_id.root_id.id)], limit=1)
            )
            settings.ar_credit_quality_id = quality
            settings.ar_credit_quality_words = (
                self.env._(
                    "%(verdict)s Measured on %(day)s.", verdict=quality.words, day=format_date(self.env, quality.date)
                )
                if quality
                else self.env._("Not measured yet: it is measured every week, or now by the button.")
            )

    def action_ar_measure_credit_quality(self):
        """Measure now and show what was found."""
        self.ensure_one()
        return self.env["ar.credit.quality"].with_company(self.company_id).action_measure()
