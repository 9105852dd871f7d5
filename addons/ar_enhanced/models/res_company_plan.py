from decimal import Decimal

from odoo import fields, models

from ..engine.payment_plan import PlanBounds

INTERVALS = [("weekly", "Every week"), ("two_weekly", "Every two weeks"), ("monthly", "Every month")]


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_plan_max_instalments = fields.Integer(string="Most Instalments", default=6)
    ar_plan_max_months = fields.Integer(string="Longest Payment Plan", default=6)
    ar_plan_min_instalment = fields.Monetary(string="Smallest Instalment", default=0)
    ar_plan_first_percent = fields.Float(string="Paid First", default=20, digits=(5, 2))
    ar_plan_interval = fields.Selection(INTERVALS, string="Instalments", required=True, default="monthly")
    ar_plan_answer_days = fields.Integer(
        string="Time to Accept a Plan",
        default=14,
        help="Days for which a proposed payment plan pauses reminders while nobody has accepted it.",
    )
    ar_plan_default_days = fields.Integer(
        string="Days Late",
        default=7,
        help="A payment plan defaults when an instalment is more than so many days late.",
    )
    ar_plan_default_missed = fields.Integer(
        string="Instalments Late",
        default=2,
        help="A payment plan defaults when so many instalments are late at the same time; 0: their number is "
        "of no consequence.",
    )

    ar_plan_remind_days = fields.Integer(
        string="Remind of Instalments",
        default=3,
        help="Customers are written to so many days before an instalment, and once when it is late; 0: never.",
    )

    _ar_plan_bounds = models.Constraint(
        "CHECK(ar_plan_max_instalments >= 1 AND ar_plan_max_months >= 1 AND ar_plan_min_instalment >= 0"
        " AND ar_plan_first_percent BETWEEN 0 AND 100)",
        "A payment plan has at least one instalment and one month; the smallest instalment is not negative, and the "
        "share paid first is between 0 and 100 %.",
    )
    _ar_plan_defaults = models.Constraint(
        "CHECK(ar_plan_answer_days >= 0 AND ar_plan_default_days >= 0 AND ar_plan_default_missed >= 0"
        " AND COALESCE(ar_plan_remind_days, 0) >= 0)",
        "The days and numbers of the rules for payment plans are zero or more.",
    )

    def _ar_plan_policy(self, currency, day, interval=None):
        """What this company grants without asking, as the engine takes it, in ``currency`` at the rate of ``day``."""
        self.ensure_one()
        # Whoever may propose a plan may know what is granted.
        company = self.sudo().root_id
        smallest = company.ar_plan_min_instalment
        if smallest and currency != company.currency_id:
            # Odoo converts at 1 where no rate is known.
            rates = self.env["res.currency.rate"].sudo()
            is_known = rates.search_count(
                [("currency_id", "=", currency.id), ("company_id", "in", (False, company.id)), ("name", "<=", day)],
                limit=1,
            )
            smallest = company.currency_id._convert(smallest, currency, company, day) if is_known else None
        return PlanBounds(
            company.ar_plan_max_instalments,
            company.ar_plan_max_months,
            None if smallest is None else Decimal(str(smallest)),
            Decimal(str(company.ar_plan_first_percent)),
            interval or company.ar_plan_interval,
        )
