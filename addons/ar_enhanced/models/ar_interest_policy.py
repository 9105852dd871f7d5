from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.late_interest import Contractual, FixedSum, InterestTerms, ReferencePlus
from .ar_discount_offer import _decimal


class ArInterestPolicy(models.Model):
    """What paying late costs by law or contract; without company it is shared by all of them."""

    _name = "ar.interest.policy"
    _description = "Late-Interest Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="Where two policies fit a customer, the first in the list counts.")
    company_id = fields.Many2one(
        "res.company",
        index=True,
        domain=[("parent_id", "=", False)],
        default=lambda self: self.env.company.root_id,
        ondelete="cascade",
        help="Empty: every company may use it.",
    )
    country_ids = fields.Many2many(
        "res.country",
        string="Countries",
        help="It is for customers in these countries, unless another was chosen on the customer. "
        "A policy without countries counts where it is chosen: on a customer, or in the settings.",
    )
    customer_type = fields.Selection(
        [("companies", "Companies only"), ("all", "Companies and persons")],
        string="For",
        required=True,
        default="companies",
        help="The laws on late payment in commercial transactions are about companies. Persons have rights of "
        "their own.",
    )
    kind = fields.Selection(
        [("reference", "Reference rate plus points"), ("fixed", "Agreed yearly rate"), ("none", "No interest")],
        string="Interest",
        required=True,
        default="reference",
    )
    table_id = fields.Many2one("ar.interest.rate.table", string="Reference Rates", ondelete="restrict")
    margin = fields.Float(string="Margin in Points", digits=(8, 3), default=8.0)
    method = fields.Selection(
        [
            ("split", "Each half-year its own rate"),
            ("single", "The rate of the day of payment"),
            ("first_day", "The rate of the first day of the delay"),
        ],
        string="If the Rate Changes",
        required=True,
        default="split",
    )
    percent = fields.Float(string="Rate % a Year", digits=(8, 3))
    day_count = fields.Selection(
        [("365", "365, also in a leap year"), ("actual", "365 or 366, as the year has")],
        string="Days of a Year",
        required=True,
        default="365",
    )
    payment_order = fields.Selection(
        [
            ("principal_first", "The invoice itself"),
            ("interest_first", "Fixed sum, then interest, then the invoice"),
        ],
        string="A Part Payment Settles",
        required=True,
        default="principal_first",
        help="The second order is that of § 367 of the German Civil Code.",
    )
    grace_days = fields.Integer(
        help="What is paid within so many days after the due date counts as paid in time. What isn't bears interest "
        "from the day after the due date."
    )
    credit_notes = fields.Selection(
        [("never_owed", "As if it had never been owed"), ("from_date", "From the date of the credit note")],
        string="A Credit Note Counts",
        required=True,
        default="never_owed",
    )
    disputed_bears = fields.Boolean(
        string="Disputed Amounts Bear Interest",
        help="Otherwise they bear none while the dispute is open. If it is rejected, those days count after all, "
        "unless they were billed by then.",
    )
    due_from = fields.Date(string="Invoices Due from", help="What was due before this day bears no interest.")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Of the fixed sums and the minimum. For an invoice in another currency they are converted at the rate "
        "of the first day of the delay.",
    )
    minimum_amount = fields.Monetary(help="Interest and fixed sum of less than this aren't charged yet.")
    fixed_sum_ids = fields.One2many("ar.interest.fixed.sum", "policy_id", string="Fixed Sums", copy=True)

    _not_negative = models.Constraint(
        "CHECK(grace_days >= 0 AND minimum_amount >= 0 AND percent >= 0)",
        "Grace days, the minimum amount and an agreed rate can't be negative.",
    )
    _days_sane = models.Constraint("CHECK(grace_days < 1000)", "Grace days are less than 1,000.")

    @api.constrains("kind", "table_id")
    def _check_table(self):
        for policy in self:
            if policy.kind == "reference" and not policy.table_id:
                raise ValidationError(
                    self.env._("Choose the reference rates of the policy %(policy)s.", policy=policy.name)
                )

    @api.constrains("fixed_sum_ids")
    def _check_fixed_sums(self):
        for policy in self:
            bounds = policy.fixed_sum_ids.mapped("below")
            if len(set(bounds)) < len(bounds):
                raise ValidationError(
                    self.env._(
                        "%(policy)s: each fixed sum is for invoices below another amount, and one may be for all "
                        "the others.",
                        policy=policy.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Keep a policy with the root company: its branches are one creditor."""
        return super().create([self._with_root_company(vals) for vals in vals_list])

    def write(self, vals):
        """Change policies; nobody gives one to a company of others."""
        result = super().write(self._with_root_company(vals))
        if "company_id" in vals:
            self.check_access("write")
        return result

    @api.model
    def _with_root_company(self, vals):
        if not vals.get("company_id"):
            return vals
        # A branch's root may be out of the user's reach; only its id is taken.
        company = self.env["res.company"].sudo().browse(vals["company_id"])
        return {**vals, "company_id": company.root_id.id}

    @api.model
    def _ar_of_company(self, company):
        """Policies that customers of ``company``, a root, may have: its own first, then those that are shared."""
        # Whoever sees what an invoice bears may know by which policy.
        policies = self.sudo().search([("active", "=", True), ("company_id", "in", (company.id, False))])
        return policies.sorted(lambda policy: (not policy.company_id, policy.sequence, policy.id))

    @api.model
    def _ar_due_from(self, company):
        """The first due date of which an invoice of ``company``, a root, may bear interest; None if none does."""
        policies = self._ar_of_company(company)
        return min((policy.due_from or date.min for policy in policies if policy.kind != "none"), default=None)

    @api.model
    def _ar_by_customer(self, customers, company):
        """Find the policy of each customer of ``company``: ``{customer: policy}``, without those that have none.

        The one chosen on the customer comes before one for the country, that before the company's.  Whatever
        the choice, a policy for companies is for no person.
        """
        company = company.root_id
        by_country = {}
        for policy in self._ar_of_company(company):
            for country in policy.country_ids:
                by_country.setdefault(country, []).append(policy)
        default = company.sudo().ar_interest_policy_id.filtered("active")
        found = {}
        for customer in customers.sudo().with_company(company):
            chosen = customer.ar_interest_policy_id.filtered("active")
            wanted = [chosen] if chosen else [*by_country.get(customer.country_id, ()), default]
            policy = next((policy for policy in wanted if policy and policy._ar_is_for(customer)), None)
            if policy and policy.kind != "none":
                found[customer] = policy
        return found

    def _ar_is_for(self, customer):
        """Tell whether the policy may be applied to ``customer``: a law on companies isn't about persons."""
        self.ensure_one()
        return self.customer_type == "all" or customer.is_company

    def _ar_terms(self, currency, company, day):
        """Give the engine's terms for a receivable in ``currency`` whose delay began on ``day``.

        :raises UserError: when the fixed sums can't be converted
        """
        self.ensure_one()
        rate = self._ar_conversion_rate(currency, company, day) if self.fixed_sum_ids else _decimal(1)
        fixed_sums = tuple(
            FixedSum(_decimal(band.below) * rate if band.below else None, _decimal(band.amount) * rate)
            for band in self.fixed_sum_ids
        )
        if self.kind == "fixed":
            interest = Contractual(_decimal(self.percent))
        else:
            interest = ReferencePlus(self.table_id._as_rate_table(), _decimal(self.margin), self.method)
        return InterestTerms(interest, self.day_count, self.grace_days, fixed_sums, self.payment_order)

    def _ar_minimum(self, currency, company, day):
        """Give the minimum in ``currency``, as a Decimal."""
        self.ensure_one()
        if not self.minimum_amount:
            return _decimal(0)
        return _decimal(self.minimum_amount) * self._ar_conversion_rate(currency, company, day)

    def _ar_conversion_rate(self, currency, company, day):
        """Give what one of the policy's currency is in ``currency``; Odoo would take 1 where it knows no rate."""
        self.ensure_one()
        if currency == self.currency_id:
            return _decimal(1)
        for needed in currency | self.currency_id:
            rates = needed.sudo().rate_ids.filtered(
                lambda rate: rate.company_id in (company.root_id, self.env["res.company"])
            )
            if needed != company.currency_id and not rates:
                raise UserError(
                    self.env._(
                        "%(policy)s: its amounts can't be converted, as %(currency)s has no rate. Enter one under "
                        "Configuration, Currencies.",
                        policy=self.name,
                        currency=needed.name,
                    )
                )
        return _decimal(self.currency_id._get_conversion_rate(self.currency_id, currency, company, day))


class ArInterestFixedSum(models.Model):
    _name = "ar.interest.fixed.sum"
    _description = "Fixed Sum for a Late Payment"
    _order = "policy_id, below desc, id"
    _rec_name = "amount"

    policy_id = fields.Many2one("ar.interest.policy", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="policy_id.currency_id")
    below = fields.Monetary(
        string="Late Amount below", help="Zero: for every amount that isn't below the bound of another."
    )
    amount = fields.Monetary(string="Fixed Sum", required=True)

    _not_negative = models.Constraint("CHECK(below >= 0 AND amount >= 0)", "A fixed sum isn't negative.")

    def write(self, vals):
        """Change fixed sums; none is moved to a policy of a company that isn't the user's."""
        result = super().write(vals)
        if "policy_id" in vals:
            self.check_access("write")
            self.policy_id._check_fixed_sums()
        return result

    @api.constrains("below")
    def _check_with_others(self):
        self.policy_id._check_fixed_sums()
