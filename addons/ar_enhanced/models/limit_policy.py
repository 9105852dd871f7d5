from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.credit_limit import LevelTerms, LimitFacts, LimitPolicy, proposed_limit
from ..engine.credit_score import NOT_RATED

MANAGERS = "ar_enhanced.group_ar_manager"
DEFAULT_TERMS = {"a": (1.5, 12), "b": (1.25, 12), "c": (1.0, 6), "d": (0.5, 3), "e": (0.0, 1)}


class ArCreditPolicyLevel(models.Model):
    _inherit = "ar.credit.policy.level"  # pylint: disable=consider-merging-classes-inherited

    limit_factor = fields.Float(
        string="Limit: times the peak",
        digits=(4, 2),
        compute="_compute_limit_terms",
        store=True,
        readonly=False,
        precompute=True,
        help="A customer may owe so many times the most that it owed or was invoiced in a month. 0: no credit.",
    )
    limit_cap = fields.Float(string="Limit: at most", digits=(16, 2), help="In the company's currency. 0: no cap.")
    review_months = fields.Integer(
        string="Review after months",
        compute="_compute_limit_terms",
        store=True,
        readonly=False,
        precompute=True,
    )

    _limit_terms = models.Constraint(
        "CHECK(limit_factor >= 0 AND limit_cap >= 0 AND review_months > 0)",
        "Limits of a level can't be negative, and they are reviewed after one month or more.",
    )

    @api.depends("level")
    def _compute_limit_terms(self):
        for line in self:
            line.limit_factor, line.review_months = DEFAULT_TERMS.get(line.level, (0.0, 1))


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_limit_starter = fields.Monetary(string="Starter Credit Limit")
    ar_limit_cap = fields.Monetary(string="Highest Credit Limit", help="0: no cap.")
    ar_limit_peak_months = fields.Selection([("12", "12 months"), ("24", "24 months")], default="12")
    ar_credit_owner_id = fields.Many2one(
        "res.users", string="Credit Manager in Charge", help="Is asked to review credit limits."
    )

    _ar_limit_amounts = models.Constraint(
        "CHECK(COALESCE(ar_limit_starter, 0) >= 0 AND COALESCE(ar_limit_cap, 0) >= 0)",
        "Credit limits can't be negative.",
    )

    def _ar_limit_policy(self):
        """How this company grants credit, as an engine value."""
        self.ensure_one()
        return LimitPolicy(
            levels={
                line.level: LevelTerms(
                    Decimal(str(line.limit_factor)), Decimal(str(line.limit_cap)) if line.limit_cap else None
                )
                for line in self._ar_credit_policy().level_ids
            },
            starter=Decimal(str(self.ar_limit_starter)),
            cap=Decimal(str(self.ar_limit_cap)) if self.ar_limit_cap else None,
        )


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_credit_owner_id = fields.Many2one(
        "res.users",
        string="Credit Manager in Charge",
        company_dependent=True,
        groups="ar_enhanced.group_ar_user",
        help="Is asked to review this customer's credit limit; empty: the one in the settings.",
    )

    @api.model
    def _commercial_fields(self):
        return [*super()._commercial_fields(), "ar_credit_owner_id"]

    def _ar_credit_owners(self, company):
        """Who is in charge of this customer in the creditor of ``company``: its own credit manager, then the company's.

        Either may be missing or archived; who asks takes the first one that is able to do what is to be done.
        """
        self.ensure_one()
        company = company.root_id
        return self.commercial_partner_id.with_company(company).ar_credit_owner_id | company.ar_credit_owner_id

    def action_ar_credit_limits(self):
        """Open the credit limits of this customer, past ones included."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_limit"),
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }

    def _ar_suggested_limits(self, company):
        """What the policy suggests for the customers of ``self``: ``{customer id: values of a proposal}``.

        The number of statements doesn't depend on the number of customers.
        """
        customers = self.sudo().commercial_partner_id
        company = company.sudo().root_id
        positions = customers._ar_credit_positions(company)
        for customer in customers:
            if not positions[customer.id].is_complete:
                raise UserError(
                    self.env._(
                        "There is no rate for a currency in which %(customer)s owes something: %(currencies)s.",
                        customer=customer.display_name,
                        currencies=", ".join(code for code, _amount in positions[customer.id].unconverted),
                    )
                )
        policy = company._ar_limit_policy()
        facts_by_customer = customers._ar_limit_facts(company)
        suggestions = {}
        for customer_id, facts in facts_by_customer.items():
            proposal = proposed_limit(facts, policy)
            suggestions[customer_id] = {
                "suggested_amount": float(proposal.amount),
                "amount": float(proposal.amount),
                "current_amount": float(positions[customer_id].limit or 0),
                "level": facts.level,
                "reasons": [{"code": reason.code, "facts": dict(reason.facts)} for reason in proposal.reasons],
            }
        return suggestions

    def _ar_limit_facts(self, company):
        """Facts that a limit is proposed by: ``{customer id: LimitFacts}``, for each customer of ``self``."""
        customers = self.commercial_partner_id
        months = int(company.ar_limit_peak_months or 12)
        levels = {
            credit_score.partner_id.id: credit_score.level
            for credit_score in self.env["ar.credit.score"].search(
                [
                    ("is_current", "=", True),
                    ("company_id", "=", company.id),
                    ("partner_id", "in", customers.ids),
                ]
            )
        }
        rows = {
            customer_id: figures
            for customer_id, *figures in self.env.execute_query(self._ar_sql_peaks(company, months))
        }
        facts = {}
        for customer_id in customers.ids:
            balance, invoiced, count, age = rows.get(customer_id, ("0", "0", 0, 0))
            facts[customer_id] = LimitFacts(
                levels.get(customer_id, NOT_RATED), count, age, Decimal(balance), Decimal(invoiced), months
            )
        return facts

    def _ar_sql_peaks(self, company, months):
        """Query of the highest balance at a month's end, the most invoiced in a month, invoices and months of record.

        The current month counts as it is today.
        """
        lines = self.env["account.move.line"]
        lines._ar_flush()
        today = fields.Date.context_today(self)
        return SQL(
            """
            WITH item AS (
                SELECT customer.commercial_partner_id AS customer_id,
                       GREATEST(
                           date_trunc('month', line.date),
                           date_trunc('month', %(today)s::date) - make_interval(months => %(months)s)
                       ) AS month,
                       line.date,
                       line.balance,
                       move.id AS move_id,
                       move.move_type
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN account_account account ON account.id = line.account_id
                  JOIN res_partner customer ON customer.id = line.partner_id
                 WHERE line.parent_state = 'posted'
                   AND line.date <= %(today)s
                   AND line.company_id = ANY(%(branches)s)
                   AND customer.commercial_partner_id = ANY(%(customers)s)
                   AND %(receivable)s
            ), by_month AS (
                SELECT customer_id,
                       month,
                       SUM(SUM(balance)) OVER (PARTITION BY customer_id ORDER BY month) AS balance,
                       SUM(balance) FILTER (WHERE move_type IN ('out_invoice', 'out_refund', 'out_receipt')) AS invoiced
                  FROM item
              GROUP BY customer_id, month
            ), peak AS (
                SELECT customer_id,
                       MAX(balance) AS balance,
                       MAX(invoiced) FILTER (
                           WHERE month > date_trunc('month', %(today)s::date) - make_interval(months => %(months)s)
                       ) AS invoiced
                  FROM by_month
              GROUP BY customer_id
            ), record AS (
                SELECT customer_id,
                       COUNT(DISTINCT move_id) AS invoices,
                       MIN(date) AS first_day
                  FROM item
                 WHERE move_type = 'out_invoice'
              GROUP BY customer_id
            )
            SELECT peak.customer_id,
                   peak.balance::text,
                   COALESCE(peak.invoiced, 0)::text,
                   COALESCE(record.invoices, 0)::int,
                   COALESCE(
                       EXTRACT(YEAR FROM age(%(today)s::date, record.first_day)) * 12
                       + EXTRACT(MONTH FROM age(%(today)s::date, record.first_day)),
                       0
                   )::int
              FROM peak
         LEFT JOIN record ON record.customer_id = peak.customer_id
            """,
            today=today,
            months=months,
            branches=self.env["res.company"].sudo()._ar_creditor(company).ids,
            customers=self.commercial_partner_id.ids,
            receivable=lines._ar_sql_trade_receivable(),
        )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_limit_currency_id = fields.Many2one(related="company_id.root_id.currency_id", string="Currency of Limits")
    ar_limit_starter = fields.Monetary(
        related="company_id.root_id.ar_limit_starter", readonly=False, currency_field="ar_limit_currency_id"
    )
    ar_limit_cap = fields.Monetary(
        related="company_id.root_id.ar_limit_cap", readonly=False, currency_field="ar_limit_currency_id"
    )
    ar_limit_peak_months = fields.Selection(related="company_id.root_id.ar_limit_peak_months", readonly=False)
    ar_credit_owner_id = fields.Many2one(related="company_id.root_id.ar_credit_owner_id", readonly=False)
