from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang, split_every

from ..engine.credit_score import NOT_RATED, Portfolio, improvement, score
from ..engine.payment_behaviour import PaymentFacts

LEVELS = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E"), (NOT_RATED, "Not rated")]


class ArCreditScore(models.Model):
    _name = "ar.credit.score"
    _description = "Credit Score"
    _order = "day desc, id desc"

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    day = fields.Date(string="As of", required=True, readonly=True)
    points = fields.Float(digits=(4, 1), readonly=True, aggregator="avg")
    level = fields.Selection(
        LEVELS,
        required=True,
        readonly=True,
    )
    certainty = fields.Selection([("high", "High"), ("medium", "Medium"), ("low", "Low")], required=True, readonly=True)
    scorecard_version = fields.Char(required=True, readonly=True)
    facts = fields.Json(readonly=True, help="What the score was computed from; amounts in the company's currency.")
    components = fields.Json(readonly=True)
    is_current = fields.Boolean(string="Current", readonly=True, help="The latest score of this customer.")
    card = fields.Json(compute="_compute_card")

    _current_uniq = models.UniqueIndex(
        "(partner_id, company_id) WHERE is_current IS TRUE", "A customer has one current credit score per company."
    )
    _current_level_idx = models.Index("(company_id, level) WHERE is_current IS TRUE")

    @api.depends("level", "points")
    def _compute_display_name(self):
        levels = dict(self._fields["level"]._description_selection(self.env))
        for credit_score in self:
            level = levels.get(credit_score.level, "")
            credit_score.display_name = (
                level if credit_score.level == NOT_RATED else f"{level} · {credit_score._points_text()}"
            )

    @api.depends("facts", "components")
    @api.depends_context("lang")
    def _compute_card(self):
        for credit_score in self:
            credit_score.card = credit_score.facts and credit_score._card()

    def write(self, vals):
        """Refuse to change what was found: a score is history."""
        if set(vals) - {"is_current"}:
            raise UserError(self.env._("A credit score is part of the history: a new one is added, none is changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A credit score is part of the history and goes with its customer only."))

    @api.model
    def _cron_refresh(self, chunk_size=1000):
        """Score all customers of all companies, a chunk per transaction; killed, it goes on where it was."""
        day = fields.Date.context_today(self)
        lines = self.env["account.move.line"]
        pending = []
        for company in self.env["res.company"].search([("parent_id", "=", False)]):
            if company.ar_scored_on != day:
                company.write({"ar_scored_on": day, "ar_scored_upto": 0})
                company._ar_renew_portfolio(day)
            pending.append((company, lines._ar_customer_ids(company, after=company.ar_scored_upto)))
        self.env["ir.cron"]._commit_progress(remaining=sum(len(customer_ids) for _company, customer_ids in pending))
        for company, customer_ids in pending:
            for chunk in split_every(chunk_size, customer_ids):
                self._snapshot(self.env["res.partner"].browse(chunk), company)
                company.ar_scored_upto = chunk[-1]
                if not self.env["ir.cron"]._commit_progress(len(chunk)):
                    return
                self.env.invalidate_all()
            company.write({"ar_scored_on": False, "ar_scored_upto": 0})

    @api.model
    def _snapshot(self, partners=None, company=None, any_difference=False):
        """Add a score for each customer about whom there is news.

        :param partners: the customers, or contacts of theirs; by default all who were ever invoiced
        :param company: the company or a branch of it; by default the current one
        :param any_difference: whether the smallest difference is news
        :return: the scores that were added
        """
        # Nobody may write scores by hand: they come from the ledger alone, and from all of it.
        scores = self.sudo()
        lines = scores.env["account.move.line"]
        company = (company or self.env.company).sudo().root_id
        if partners is None:
            partners = scores.env["res.partner"].browse(lines._ar_customer_ids(company))
        customers = partners.sudo().commercial_partner_id
        day = fields.Date.context_today(self)
        portfolio = company._ar_portfolio(day)
        facts_by_customer = lines._ar_payment_facts(customers.ids, company, day)
        current = scores.search(
            [("is_current", "=", True), ("company_id", "=", company.id), ("partner_id", "in", customers.ids)]
        )
        current_by_customer = {credit_score.partner_id.id: credit_score for credit_score in current}
        superseded = scores.browse()
        vals_list = []
        for customer_id in customers.ids:
            facts = facts_by_customer.get(customer_id) or PaymentFacts(day=day)
            outcome = score(facts, portfolio)
            last = current_by_customer.get(customer_id, scores.browse())
            if last._is_news(facts, outcome, any_difference):
                superseded |= last
                vals_list.append(
                    {
                        "partner_id": customer_id,
                        "company_id": company.id,
                        **self._outcome_vals(facts, portfolio, outcome),
                    }
                )
        superseded.write({"is_current": False})
        superseded.flush_recordset(["is_current"])  # before the new ones are current
        return scores.create(vals_list)

    def _is_news(self, facts, outcome, any_difference):
        """Tell whether ``outcome`` differs from this last score, or from none, so that it is worth a snapshot."""
        if not self:
            return outcome.level != NOT_RATED or bool(facts.open_count)
        last_facts = self._stored_facts()
        last = self._recomputed()
        if any_difference and outcome != last:
            return True
        return (
            (self.level, self.certainty, self.scorecard_version) != (outcome.level, outcome.certainty, outcome.version)
            or abs((outcome.points or 0) - (last.points or 0)) >= 1
            or any(
                getattr(facts, count) != getattr(last_facts, count)
                for count in ("settled_count", "paid_count", "open_count", "overdue_count")
            )
        )

    @api.model
    def _outcome_vals(self, facts, portfolio, outcome):
        """Values of the score of ``facts``, ready to be recomputed from them."""
        return {
            "day": facts.day,
            "points": float(outcome.points or 0),
            "level": outcome.level,
            "certainty": outcome.certainty,
            "scorecard_version": outcome.version,
            "facts": {**facts.as_stored(), **portfolio.as_stored()},
            "components": [
                {
                    "code": component.code,
                    "points": str(component.points),
                    "max_points": component.max_points,
                    "reason_code": component.reason_code,
                    "facts": dict(component.facts),
                }
                for component in outcome.components
            ],
            "is_current": True,
        }

    def _stored_facts(self):
        """The facts of this score as an engine value."""
        return PaymentFacts.from_stored(self.facts)

    def _recomputed(self):
        """The score again, from what is stored."""
        self.ensure_one()
        return score(self._stored_facts(), Portfolio.from_stored(self.facts))

    def _card(self):
        """The score in the reader's words, for the credit card component.

        :return: dict of texts with ``level`` and ``certainty`` codes and ``components``, each with its points,
            the ``percent`` of its maximum, label and reason; ``improvement`` is a dict or False
        """
        self.ensure_one()
        level_labels = dict(self._fields["level"]._description_selection(self.env))
        facts = self._stored_facts()
        card = {
            "level": self.level,
            "level_label": level_labels[self.level],
            "level_words": self._level_words(),
            "as_of": self.env._("As of %(day)s", day=format_date(self.env, self.day)),
            "components": [],
            "improvement": False,
        }
        if self.level == NOT_RATED:
            return card
        lift = improvement(facts, Portfolio.from_stored(self.facts))
        return {
            **card,
            "points": self.env._("%(points)s of 100 points", points=self._points_text()),
            "certainty": self.certainty,
            "certainty_words": self._certainty_words(facts),
            "components": [self._component_card(component) for component in self.components],
            "improvement": lift and {"number": lift.number, "text": self._improvement_words(lift)},
        }

    def _improvement_words(self, lift):
        """What to settle, and what it brings."""
        points = formatLang(self.env, float(lift.points), digits=1)
        if lift.number:
            return self.env._(
                "Raise by %(points)s points: settle %(number)s (%(days)s late)",
                points=points,
                number=lift.number,
                days=self._days(lift.days),
            )
        return self.env._(
            "Raise by %(points)s points: settle all that is overdue (%(invoices)s, %(amount)s)",
            points=points,
            invoices=self._invoices(lift.count),
            amount=format_amount(self.env, float(lift.amount), self.company_id.currency_id),
        )

    def _component_card(self, component):
        """One component, as stored, in the reader's words."""
        points = float(component["points"])
        return {
            "code": component["code"],
            "label": self._component_labels()[component["code"]],
            "points": self.env._(
                "%(points)s of %(maximum)s",
                points=formatLang(self.env, points, digits=1),
                maximum=component["max_points"],
            ),
            "percent": round(100 * points / component["max_points"]),
            "reason": self._reason(component),
        }

    def _points_text(self):
        return formatLang(self.env, self.points, digits=1)

    @api.model
    def _component_labels(self):
        return {
            "timeliness": self.env._("Timeliness"),
            "overdue_now": self.env._("Overdue now"),
            "regularity": self.env._("Regularity"),
            "trend": self.env._("Trend"),
            "record": self.env._("Record"),
        }

    def _level_words(self):
        """What the level says about the customer."""
        return {
            "a": self.env._("Pays reliably"),
            "b": self.env._("Pays well"),
            "c": self.env._("Needs a look"),
            "d": self.env._("Pays slowly"),
            "e": self.env._("At risk"),
            NOT_RATED: self.env._("Not rated yet"),
        }[self.level]

    def _certainty_words(self, facts):
        """How far the score can be relied on, and why."""
        record = self.env._(
            "%(invoices)s paid over %(months)s",
            invoices=self._invoices(facts.paid_count),
            months=self._months(facts.history_days * 12 // 365),
        )
        return {
            "high": self.env._("High certainty: %(record)s.", record=record),
            "medium": self.env._("Medium certainty: %(record)s.", record=record),
            "low": self.env._("Low certainty: %(record)s, so the average of all customers weighs in.", record=record),
        }[self.certainty]

    @api.model
    def _reason(self, component):
        """The sentence for the reason of ``component``, as stored."""
        sentence = {
            "timeliness": self._timeliness_reason,
            "overdue_now": self._overdue_now_reason,
            "regularity": self._regularity_reason,
            "trend": self._trend_reason,
            "record": self._record_reason,
        }[component["code"]]
        return sentence(component["reason_code"], component["facts"])

    @api.model
    def _timeliness_reason(self, reason_code, facts):
        days, invoices = self._days(facts["days"]), self._invoices(facts["count"])
        if reason_code == "nothing_paid":
            return self.env._("Nothing paid yet; overdue by %(days)s on average, weighted by amount.", days=days)
        if reason_code == "pays_late":
            return self.env._(
                "Pays %(days)s after the due date on average (weighted by amount, %(invoices)s).",
                days=days,
                invoices=invoices,
            )
        if reason_code == "pays_early":
            return self.env._(
                "Pays %(days)s before the due date on average (weighted by amount, %(invoices)s).",
                days=days,
                invoices=invoices,
            )
        return self.env._("Pays on the due date on average (weighted by amount, %(invoices)s).", invoices=invoices)

    def _overdue_now_reason(self, reason_code, facts):
        if reason_code == "nothing_open":
            return self.env._("Nothing is open.")
        if reason_code == "nothing_overdue":
            return self.env._("Nothing is overdue.")
        return self.env._(
            "%(amount)s overdue, up to %(days)s: %(share)s%% of what is open.",
            amount=format_amount(self.env, float(facts["amount"]), self.company_id.currency_id),
            days=self._days(facts["days"]),
            share=facts["share"],
        )

    @api.model
    def _regularity_reason(self, reason_code, facts):
        if reason_code == "regularity_unknown":
            return self.env._("No invoice paid in full yet: the average of all customers stands in.")
        return self.env._(
            "%(punctual)s of %(invoices)s paid at most %(days)s late.",
            punctual=facts["punctual"],
            invoices=self._invoices(facts["count"]),
            days=self._days(facts["days"]),
        )

    @api.model
    def _trend_reason(self, reason_code, facts):
        if reason_code == "trend_unknown":
            return self.env._("Too few payments to compare the last six months with the year before.")
        now, before = self._delay(facts["days"]), self._delay(facts["days_before"])
        if reason_code == "trend_better":
            return self.env._(
                "Faster: %(now)s in the last six months, %(before)s in the year before.", now=now, before=before
            )
        if reason_code == "trend_worse":
            return self.env._(
                "Slower: %(now)s in the last six months, %(before)s in the year before.", now=now, before=before
            )
        return self.env._(
            "Steady: %(now)s in the last six months, %(before)s in the year before.", now=now, before=before
        )

    @api.model
    def _record_reason(self, reason_code, facts):
        if reason_code == "record_none":
            return self.env._("No payment yet.")
        return self.env._(
            "%(invoices)s paid in full over %(months)s.",
            invoices=self._invoices(facts["count"]),
            months=self._months(facts["months"]),
        )

    @api.model
    def _delay(self, days):
        """Days beyond terms in words."""
        if days > 0:
            return self.env._("%(days)s late", days=self._days(days))
        if days < 0:
            return self.env._("%(days)s early", days=self._days(-days))
        return self.env._("on time")

    @api.model
    def _days(self, count):
        return self.env._("1 day") if count == 1 else self.env._("%(count)s days", count=count)

    @api.model
    def _months(self, count):
        return self.env._("1 month") if count == 1 else self.env._("%(count)s months", count=count)

    @api.model
    def _invoices(self, count):
        return self.env._("1 invoice") if count == 1 else self.env._("%(count)s invoices", count=count)
