import json
from itertools import chain, islice

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.gc import disabling_gc

from ..engine.credit_score import NOT_RATED, Portfolio, components_from_stored, score
from ..engine.payment_behaviour import PaymentFacts
from ..engine.scorecard import FORMULA

LEVELS = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E"), (NOT_RATED, "Not rated")]
#: Facts of which another number is worth a snapshot, with what they are where nothing is stored.
NEWS = {
    name: PaymentFacts._field_defaults[name]
    for name in (
        "settled_count",
        "paid_count",
        "open_count",
        "overdue_count",
        "credit_limit",
        "promises",
        "broken",
        "unjustified",
        "returned",
        "external_rating",
    )
}


class JsonAsWritten(fields.Json):
    """JSON that the database checks and keeps as it was written: taking it apart is half of what storing scores costs.

    It can be read from by SQL, but not compared or indexed.
    """

    _column_type = ("json", "json")


class ScoreComponents(JsonAsWritten):
    """The components of a score, kept in few bytes and read with names: a list of dicts."""

    def convert_to_record(self, value, record):
        stored = super().convert_to_record(value, record)
        return components_from_stored(stored) if stored else stored


class LineStream:
    """Lines as a file that is read from, each made when it is asked for."""

    def __init__(self, lines):
        self._lines = iter(lines)

    def read(self, _size=-1):  # pylint: disable=method-required-super
        """Give some lines, nothing at the end."""
        return "".join(islice(self._lines, 50)).encode()


class ArCreditScore(models.Model):
    _name = "ar.credit.score"
    _description = "Credit Score"
    _order = "date desc, id desc"

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    date = fields.Date(string="As of", required=True, readonly=True)
    score = fields.Float(digits=(4, 1), readonly=True, aggregator="avg")
    level = fields.Selection(
        LEVELS,
        required=True,
        readonly=True,
    )
    certainty = fields.Selection([("high", "High"), ("medium", "Medium"), ("low", "Low")], required=True, readonly=True)
    scorecard_version = fields.Char(string="Calculation", required=True, readonly=True)
    policy_id = fields.Many2one("ar.credit.policy", string="Credit Policy", readonly=True, ondelete="restrict")
    facts = JsonAsWritten(
        readonly=True, help="What the score was computed from; amounts in smallest units of the company's currency."
    )
    components = ScoreComponents(readonly=True)
    is_current = fields.Boolean(string="Current", readonly=True, help="The latest score of this customer.")
    card = fields.Json(compute="_compute_card")

    _current_uniq = models.UniqueIndex(
        "(partner_id, company_id) WHERE is_current IS TRUE", "A customer has one current credit score per company."
    )
    _current_level_idx = models.Index("(company_id, level) WHERE is_current IS TRUE")

    @api.depends("level", "score")
    @api.depends_context("lang")
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
    def _cron_refresh(self, chunk_size=10000):
        """Score all customers of all companies, a chunk per transaction; killed, it goes on where it was."""
        day = fields.Date.context_today(self)
        work = self.env["ar.credit.work"]
        pending = []
        for company in self.env["res.company"].search([("parent_id", "=", False)]):
            if company.ar_scored_on != day or not work._chunk(company, company.ar_scored_upto, 1):
                work._gather(company, day)
                self._retire_gone(company)
                company.write({"ar_scored_on": day, "ar_scored_upto": 0})
            pending.append((company, work._count(company, company.ar_scored_upto)))
        self.env["ir.cron"]._commit_progress(remaining=sum(count for _company, count in pending))
        for company, _count in pending:
            while True:
                # Facts and points are tuples without any circle: looking for circles meanwhile would cost a tenth.
                with disabling_gc():
                    last, count = self._score_chunk(company, day, company.ar_scored_upto, chunk_size)
                if not count:
                    break
                company.ar_scored_upto = last
                if not self.env["ir.cron"]._commit_progress(count):
                    return
                self.env.invalidate_all()
            company.write({"ar_scored_on": False, "ar_scored_upto": 0})
            work._forget(company)

    @api.model
    def _score_chunk(self, company, day, after, size):
        """Score the next ``size`` customers above the id ``after``; return the id of the last one and their number."""
        chunk = self.env["ar.credit.work"]._chunk(company, after, size)
        if not chunk:
            return after, 0
        last = chunk[-1][0]
        of_chunk = SQL("partner_id > %s AND partner_id <= %s", after, last)
        self._store(company, day, chunk, self._current_rows(company, of_chunk))
        return last, len(chunk)

    @api.model
    def _retire_gone(self, company):
        """Leave no current score with who is no customer any more: a contact that got a company, or lost its invoices.

        The history stays.
        """
        self.env.cr.execute(
            """
            UPDATE ar_credit_score score
               SET is_current = FALSE
             WHERE score.is_current IS TRUE
               AND score.company_id = %(company)s
               AND score.partner_id NOT IN (SELECT customer_id FROM ar_credit_work WHERE company_id = %(company)s)
               AND (
                   score.level != 'none'
                   OR EXISTS (
                       SELECT FROM res_partner partner
                        WHERE partner.id = score.partner_id AND partner.commercial_partner_id != partner.id
                   )
               )
            """,
            {"company": company.id},
        )

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
        company._ar_portfolio(day)
        facts = lines._ar_payment_facts(customers.ids, company, day)
        nothing = PaymentFacts(day, company.currency_id.decimal_places)
        rows = [(customer_id, *facts.get(customer_id, nothing)[2:]) for customer_id in customers.ids]
        current = scores._current_rows(company, SQL("partner_id = ANY(%s)", customers.ids), any_difference)
        added = scores.browse(scores._current_ids(company, scores._store(company, day, rows, current, any_difference)))
        self.env["res.partner"].invalidate_model(["ar_credit_score_ids"])
        # Stored past the ORM, which has to be told whose figures are new: the customers', and what shows them.
        added.modified(["partner_id", "company_id", "is_current"])
        return added

    @api.model
    def _store(self, company, day, rows, current, any_difference=False):
        """Score the customers whose facts are in ``rows`` and store what is news; return the ids of these customers.

        ``current`` are their scores until now, from :meth:`_current_rows`.

        Set-based, past the ORM: twenty thousand scores take as long as reading the ledger once.
        """
        policy = company._ar_credit_policy()
        scorecard, portfolio = policy._scorecard(), company._ar_portfolio(day)
        places, portfolio_text = company.currency_id.decimal_places, json.dumps(portfolio.as_stored())
        common = "\t".join((str(company.id), str(day), str(policy.id), FORMULA, "t", str(fields.Datetime.now())))
        superseded, added = [], []

        def lines(rows):
            """Yield the lines to copy of the customers about whom there is news."""
            for customer_id, *gathered in rows:
                facts = PaymentFacts(day, places, *gathered)
                outcome = score(facts, portfolio, scorecard)
                last = current.get(customer_id)
                if last:
                    if not self._is_news(facts, outcome, policy, last, any_difference):
                        continue
                    superseded.append(last[0])
                elif outcome.level == NOT_RATED and not facts.open_count:
                    continue
                added.append(customer_id)
                text = f"{facts.as_text(portfolio_text)}\t{outcome.components_text()}"
                # Backslashes are JSON's own, before quotes and letters of other alphabets.
                text = text.replace("\\", "\\\\")
                yield f"{common}\t{customer_id}\t{outcome.points}\t{outcome.level}\t{outcome.certainty}\t{text}\n"

        # The last scores make room before new ones come in; those without one are scored while the database stores.
        replacing = list(lines([row for row in rows if row[0] in current]))
        if superseded:
            self.env.cr.execute("UPDATE ar_credit_score SET is_current = FALSE WHERE id = ANY(%s)", [superseded])
        first = lines([row for row in rows if row[0] not in current])
        self.env.cr.copy_expert(
            "COPY ar_credit_score (company_id, date, policy_id, scorecard_version, is_current, create_date, partner_id,"
            " score, level, certainty, facts, components) FROM STDIN",
            LineStream(chain(replacing, first)),
        )
        self.invalidate_model()
        return added

    @api.model
    def _current_ids(self, company, customer_ids):
        """Ids of the current scores of customers."""
        return [
            credit_score_id
            for (credit_score_id,) in self.env.execute_query(
                SQL(
                    "SELECT id FROM ar_credit_score"
                    " WHERE is_current IS TRUE AND company_id = %s AND partner_id = ANY(%s) ORDER BY partner_id",
                    company.id,
                    customer_ids,
                )
            )
        ]

    @api.model
    def _current_rows(self, company, of_customers, with_components=False):
        """What new scores are compared with: ``{customer id: row}``; see :meth:`_is_news`.

        :param of_customers: SQL condition on the current scores
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id, id, score, level, certainty, scorecard_version, policy_id, facts, %(components)s
                  FROM ar_credit_score
                 WHERE is_current IS TRUE AND company_id = %(company)s AND %(of_customers)s
                """,
                components=SQL("components" if with_components else "NULL"),
                company=company.id,
                of_customers=of_customers,
            )
        )
        return {row[0]: row[1:] for row in rows}

    @api.model
    def _is_news(self, facts, outcome, policy, last, any_difference):
        """Tell whether ``outcome`` differs from the ``last`` score so that it is worth a snapshot.

        :param any_difference: whether the smallest difference is news
        """
        _id, points, level, certainty, version, policy_id, stored, components = last
        return (
            (level, certainty, version, policy_id) != (outcome.level, outcome.certainty, outcome.version, policy.id)
            or abs(outcome.points - points) >= 1
            or any(getattr(facts, name) != stored.get(name, default) for name, default in NEWS.items())
            or (
                any_difference
                and components_from_stored(json.loads(outcome.components_text()))
                != components_from_stored(components or [])
            )
        )

    def _stored_facts(self):
        """The facts of this score as an engine value."""
        return PaymentFacts.from_stored(self.facts)

    def _is_recomputable(self):
        """Tell whether this score was made by the present calculation and not by one of an earlier release."""
        return self.scorecard_version == FORMULA

    def _recomputed(self):
        """The score again, from what is stored.

        :raises UserError: when an earlier release made the score: its facts were other ones
        """
        self.ensure_one()
        if not self._is_recomputable():
            raise UserError(
                self.env._(
                    "This score was made by calculation %(old)s of an earlier release. It is kept as it was found and"
                    " can't be computed again by calculation %(new)s.",
                    old=self.scorecard_version,
                    new=FORMULA,
                )
            )
        return score(self._stored_facts(), Portfolio.from_stored(self.facts), self.policy_id._scorecard())
