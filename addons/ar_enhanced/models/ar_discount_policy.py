from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ..engine.early_payment import TierTerms, compound_yield, contradictions, simple_yield, sliding_rate

TAX_MODES = [
    ("included", "On early payment"),
    ("excluded", "Never"),
    ("mixed", "Always (upon invoice)"),
]
PARTIAL_RULES = [
    ("proportional", "What is paid in time keeps its discount"),
    ("whole", "Discount only if all is paid in time"),
    ("lost", "The first part payment ends the discount"),
]
# What may change without a change of what is offered.
NO_TERMS = {"name", "sequence", "example_amount", "example_date", "example_net_days"}
# The order in which policies are looked for: the most specific first.
APPLIES_TO = [("customer", "Customers"), ("campaign", "Campaign"), ("payment_term", "Payment terms")]


def percent_text(env, percent):
    """Write ``percent`` in the reader's language, with as many decimals as it has."""
    digits = max(-Decimal(str(percent)).normalize().as_tuple().exponent, 0)
    return formatLang(env, percent, digits=min(digits, 4))


class ArDiscountPolicy(models.Model):
    _name = "ar.discount.policy"
    _description = "Early-Payment Discount Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(
        default=10, help="Where two policies of the same kind fit an invoice, the first in the list counts."
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company.root_id, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    applies_to = fields.Selection(
        APPLIES_TO,
        required=True,
        default="payment_term",
        help="The most specific policy counts: one for the customer before a campaign, a campaign before one for "
        "payment terms. All that is filled in below must fit.",
    )
    partner_ids = fields.Many2many(
        "res.partner", string="Customers", domain="[('parent_id', '=', False)]", check_company=True
    )
    payment_term_ids = fields.Many2many("account.payment.term", string="Payment Terms", check_company=True)
    date_from = fields.Date(string="From", help="The first invoice date that it applies to.")
    date_to = fields.Date(string="Until", help="The last invoice date that it applies to.")
    kind = fields.Selection(
        [("tiers", "Tiers"), ("sliding", "Sliding: less every day")],
        required=True,
        default="tiers",
        help="Tiers: a percentage up to a day. Sliding: amount × annual rate × days before the due date / 365.",
    )
    tier_ids = fields.One2many("ar.discount.policy.tier", "policy_id", string="Tiers", copy=True)
    annual_rate = fields.Float(
        digits=(6, 2), help="Percent a year that paying early earns; at most the company's cost of capital."
    )
    grace_days = fields.Integer(
        default=lambda self: self.env.company.root_id.ar_discount_grace_days,
        help="A payment that comes so many days after a tier's last day still gets its discount. "
        "The customer isn't told. A sliding discount has no grace days: every day has its price.",
    )
    grace_amount = fields.Monetary(
        default=lambda self: self.env.company.root_id.ar_discount_grace_amount,
        help="A discounted payment that is short by at most this counts as payment in full.",
    )
    partial_rule = fields.Selection(PARTIAL_RULES, string="Part Payments", required=True, default="proportional")
    tax_mode = fields.Selection(
        TAX_MODES,
        string="Tax Reduction",
        required=True,
        default="included",
        help="On early payment: the discount is of the total, and tax is reduced when it is taken. "
        "Never: the discount is of the amount before tax. "
        "Always: as never, and the payment terms have reduced the tax on the invoice already.",
    )
    example_amount = fields.Monetary(default=1000, store=False)
    example_date = fields.Date(default=fields.Date.context_today, store=False)
    example_net_days = fields.Integer(
        string="Due after Days", compute="_compute_example_net_days", readonly=False, store=False
    )
    example = fields.Html(compute="_compute_example")
    offer_count = fields.Integer(compute="_compute_offer_count")

    _grace_not_negative = models.Constraint(
        "CHECK(grace_days >= 0 AND grace_amount >= 0)", "Grace days and the grace amount can't be negative."
    )
    _dates_in_order = models.Constraint(
        "CHECK(date_from IS NULL OR date_to IS NULL OR date_from <= date_to)",
        "A policy can't end before it starts.",
    )

    @api.constrains("applies_to", "partner_ids", "payment_term_ids", "date_from", "date_to")
    def _check_applies_to(self):
        for policy in self:
            if policy.applies_to == "customer" and not policy.partner_ids:
                raise ValidationError(self.env._("Choose the customers that %(policy)s is for.", policy=policy.name))
            if policy.applies_to == "payment_term" and not policy.payment_term_ids:
                raise ValidationError(
                    self.env._("Choose the payment terms that %(policy)s is for.", policy=policy.name)
                )
            if policy.applies_to == "campaign" and not (policy.date_from and policy.date_to):
                raise ValidationError(
                    self.env._("A campaign has a first and a last day; %(policy)s lacks one.", policy=policy.name)
                )

    @api.constrains("kind", "tier_ids", "payment_term_ids")
    def _check_tiers(self):
        for policy in self.filtered(lambda policy: policy.kind == "tiers"):
            if not policy.tier_ids:
                raise ValidationError(self.env._("%(policy)s has no tier yet: add one.", policy=policy.name))
            tiers = [TierTerms(Decimal(str(tier.percent)), tier.days) for tier in policy.tier_ids]
            for term in policy.payment_term_ids or [None]:
                found = contradictions(tiers, term and policy._net_days(term))
                if found:
                    raise ValidationError(
                        self.env._(
                            "%(policy)s contradicts itself: %(reasons)s",
                            policy=policy.name,
                            reasons=" ".join(
                                policy._contradiction_text(contradiction, term) for contradiction in found
                            ),
                        )
                    )

    @api.constrains("kind", "annual_rate", "company_id")
    def _check_annual_rate(self):
        for policy in self.filtered(lambda policy: policy.kind == "sliding"):
            cost = policy.company_id.ar_cost_of_capital
            reason = sliding_rate(Decimal(str(policy.annual_rate)), Decimal(str(cost))).reason_code
            if reason:
                raise ValidationError(policy._sliding_reason_text(reason))

    @api.constrains("tax_mode", "kind", "tier_ids", "payment_term_ids")
    def _check_tax_mode(self):
        """Hold a mixed policy to payment terms by which Odoo reduces the tax on the invoice by the same percent."""
        for policy in self.filtered(lambda policy: policy.tax_mode == "mixed"):
            if policy.kind == "sliding" or not policy.payment_term_ids:
                raise ValidationError(
                    self.env._(
                        "%(policy)s: tax can be reduced upon invoice only for tiers, and for payment terms that are "
                        "named in the policy, as the tax on the invoice follows from its payment terms.",
                        policy=policy.name,
                    )
                )
            richest = max(policy.tier_ids.mapped("percent"), default=0.0)
            for term in policy.payment_term_ids:
                if len(term.line_ids) > 1:
                    raise ValidationError(
                        self.env._(
                            "%(policy)s: tax can't be reduced upon invoice with instalments, as in %(term)s. "
                            "Choose another tax reduction.",
                            policy=policy.name,
                            term=term.name,
                        )
                    )
                if (
                    not term.early_discount
                    or term.early_pay_discount_computation != "mixed"
                    or term.discount_percentage != richest
                ):
                    raise ValidationError(
                        self.env._(
                            "%(policy)s: set the early discount of the payment terms %(term)s to %(percent)s %% and "
                            "its tax reduction to “Always (upon invoice)”, so that invoices show the reduced tax.",
                            policy=policy.name,
                            term=term.name,
                            percent=percent_text(self.env, richest),
                        )
                    )

    @api.depends("payment_term_ids")
    def _compute_example_net_days(self):
        for policy in self:
            term = policy.payment_term_ids[:1]
            policy.example_net_days = policy._net_days(term) if term else 30

    @api.depends(
        "example_amount", "example_date", "example_net_days", "kind", "tier_ids.percent", "tier_ids.days", "annual_rate"
    )
    @api.depends_context("lang")
    def _compute_example(self):
        for policy in self:
            policy.example = self.env["ir.qweb"]._render(
                "ar_enhanced.discount_example", {"rows": policy._example_rows(), "policy": policy}
            )

    def _compute_offer_count(self):
        counts = dict(
            self.env["ar.discount.offer"]._read_group([("policy_id", "in", self.ids)], ["policy_id"], ["__count"])
        )
        for policy in self:
            policy.offer_count = counts.get(policy, 0)

    @api.model_create_multi
    def create(self, vals_list):
        """Keep a policy with the root company: its branches are one creditor."""
        policies = super().create(vals_list)
        policies._ar_to_root_company()
        return policies

    def write(self, vals):
        """Let invoices that weren't sent yet follow the policy; what was sent stays as it was promised."""
        result = super().write(vals)
        if "company_id" in vals:
            self._ar_to_root_company()
            self.check_access("write")  # nobody gives it to a company of others
        if set(vals) - NO_TERMS:
            self._ar_renew_offers()
        return result

    def action_offers(self):
        """Open what was offered by this policy."""
        self.ensure_one()
        return {
            "name": self.env._("Discounts Offered"),
            "type": "ir.actions.act_window",
            "res_model": "ar.discount.offer",
            "view_mode": "list,form",
            "domain": [("policy_id", "=", self.id)],
        }

    def _ar_to_root_company(self):
        for policy in self.filtered(lambda policy: policy.company_id.parent_id):
            policy.company_id = policy.company_id.root_id

    def _ar_renew_offers(self):
        """Make the offers of these policies anew where nothing was sent, settled in part or cancelled yet."""
        offers = (
            self.env["ar.discount.offer"]
            .sudo()  # who keeps policies needn't have a right to invoices
            .search(
                [
                    ("policy_id", "in", self.ids),
                    ("frozen_on", "=", False),
                    ("cancelled_on", "=", False),
                    ("move_line_id.reconciled", "=", False),
                ]
            )
        )
        # What was paid in part was promised its terms by the first payment.
        paid = offers.move_id.filtered(
            lambda move: any(line.amount_residual_currency != line.amount_currency for line in move._ar_term_lines())
        )
        offers = offers.filtered(lambda offer: offer.move_id not in paid)
        offers._ar_cancel()
        offers.move_id._ar_make_discount_offers()

    @api.model
    def _ar_by_invoice(self, invoices):
        """Find the most specific policy of each invoice: ``{invoice: policy}``, without those that have none."""
        policies = self.sudo().search(
            [("company_id", "in", invoices.company_id.root_id.ids), ("active", "=", True)]  # whatever the context
        )
        if not policies:
            return {}
        order = [kind for kind, _label in APPLIES_TO]
        policies = policies.sorted(lambda policy: (order.index(policy.applies_to), policy.sequence, policy.id))
        # What is archived still restricts its policy: without it, the policy would be for everybody.
        policies = policies.with_context(active_test=False)
        criteria = [
            (
                policy,
                policy.company_id.id,
                set(policy.partner_ids.commercial_partner_id.ids),
                set(policy.payment_term_ids.ids),
            )
            for policy in policies
        ]
        found = {}
        for invoice in invoices:
            company, customer = invoice.company_id.root_id.id, invoice.commercial_partner_id.id
            term, day = invoice.invoice_payment_term_id.id, invoice.invoice_date
            for policy, company_id, customers, terms in criteria:
                if (
                    company == company_id
                    and (not customers or customer in customers)
                    and (not terms or term in terms)
                    and (not policy.date_from or policy.date_from <= day)
                    and (not policy.date_to or day <= policy.date_to)
                ):
                    found[invoice] = policy
                    break
        return found

    @api.model
    def _check_deletion(self, name, records):
        """Refuse to delete ``records`` where a policy that names no others in ``name`` would be for everybody."""
        policies = self.sudo().with_context(active_test=False).search([(name, "in", records.ids)])
        for policy in policies:
            if not set(policy[name].ids) - set(records.ids):
                raise UserError(
                    self.env._(
                        "%(policy)s is for %(names)s only: change this discount policy before you delete them.",
                        policy=policy.name,
                        names=", ".join(policy[name].mapped("display_name")),
                    )
                )

    def _net_days(self, term):
        """Days from the invoice date to the last due day of ``term``, counted from the day of the example."""
        day = self.example_date or fields.Date.context_today(self)
        return max(((line._get_due_date(day) - day).days for line in term.line_ids), default=0)

    def _example_rows(self):
        """What the live example shows: a dict per tier, or per step of a sliding discount."""
        self.ensure_one()
        day, currency = self.example_date or fields.Date.context_today(self), self.currency_id
        if self.kind == "tiers":
            steps = [(tier.percent, tier.days) for tier in self.tier_ids.sorted("days")]
        else:
            days = sorted({0, self.example_net_days // 3, self.example_net_days * 2 // 3, self.example_net_days})
            steps = [(self.annual_rate * (self.example_net_days - after) / 365, after) for after in days]
        rows = []
        for percent, days in steps:
            if percent < 0 or not -3000 < days < 30000:
                continue
            due = currency.round(self.example_amount * (100 - percent) / 100)
            simple, compound = self._yields(percent, self.example_net_days - days)
            rows.append(
                {
                    "amount": formatLang(self.env, due, currency_obj=currency),
                    "discount": formatLang(self.env, self.example_amount - due, currency_obj=currency),
                    "day": format_date(self.env, day + relativedelta(days=days)),
                    "simple": simple is not None and formatLang(self.env, simple, digits=2),
                    "compound": compound is not None and formatLang(self.env, compound, digits=2),
                    "too_dear": self.kind == "tiers"
                    and bool(simple and 0 < self.company_id.ar_cost_of_capital < simple),
                }
            )
        return rows

    @api.model
    def _yields(self, percent, days_early):
        """Simple and compound yield in percent a year as floats; None where there is none or it means nothing."""
        wanted = Decimal(str(percent or 0))
        found = (simple_yield(wanted, days_early), compound_yield(wanted, days_early))
        return tuple(float(value) if value is not None and value < 1_000_000 else None for value in found)

    def _contradiction_text(self, contradiction, term):
        """Put a contradiction of the engine into words."""
        facts = contradiction.facts
        texts = {
            "percent_out_of_range": lambda: self.env._(
                "a discount is more than 0 %% and less than 100 %%, not %(percent)s %%.", percent=facts["percent"]
            ),
            "negative_days": lambda: self.env._(
                "a tier can't end %(days)s days before the invoice date.", days=-facts["days"]
            ),
            "after_net_due_day": lambda: self.env._(
                "the tier of %(days)s days ends after the amount is due, which is after %(net_days)s days "
                "by the payment terms %(term)s.",
                days=facts["days"],
                net_days=facts["net_days"],
                term=term.name,
            ),
            "same_day_twice": lambda: self.env._("two tiers end after %(days)s days.", days=facts["days"]),
            "later_tier_not_lower": lambda: self.env._(
                "%(percent)s %% within %(days)s days isn't less than %(earlier_percent)s %% within "
                "%(earlier_days)s days; who pays later gets less.",
                **facts,
            ),
        }
        return texts[contradiction.code]()

    def _sliding_reason_text(self, reason):
        """Put into words why a sliding rate can't be given."""
        self.ensure_one()
        if reason == "rate_not_positive":
            return self.env._("%(policy)s: the annual rate must be more than 0 %%.", policy=self.name)
        if reason == "cost_of_capital_unknown":
            return self.env._(
                "%(policy)s: enter the company's cost of capital in the settings first. A sliding discount is worth "
                "giving only while it costs less.",
                policy=self.name,
            )
        return self.env._(
            "%(policy)s: %(rate)s %% a year is more than the company's cost of capital, %(cost)s %%. "
            "Money would be cheaper elsewhere.",
            policy=self.name,
            rate=percent_text(self.env, self.annual_rate),
            cost=percent_text(self.env, self.company_id.ar_cost_of_capital),
        )


class ArDiscountPolicyTier(models.Model):
    _name = "ar.discount.policy.tier"
    _description = "Tier of an Early-Payment Discount Policy"
    _order = "policy_id, days, id"
    _rec_name = "percent"

    policy_id = fields.Many2one("ar.discount.policy", required=True, index=True, ondelete="cascade")
    percent = fields.Float(string="Discount %", required=True, default=2.0)
    days = fields.Integer(string="Within Days", required=True, default=10, help="Days after the invoice date.")
    simple_yield = fields.Float(string="Yield % a Year", digits=(16, 2), compute="_compute_yields")
    compound_yield = fields.Float(string="Compounded %", digits=(16, 2), compute="_compute_yields")

    def write(self, vals):
        """Change tiers; none is moved to a policy of a company that isn't the user's."""
        result = super().write(vals)
        if "policy_id" in vals:
            self.check_access("write")
            self._check_with_other_tiers()
        return result

    @api.depends("percent", "days", "policy_id.example_net_days")
    def _compute_yields(self):
        for tier in self:
            simple, compound = tier.policy_id._yields(tier.percent, tier.policy_id.example_net_days - tier.days)
            tier.simple_yield, tier.compound_yield = simple or 0.0, compound or 0.0

    @api.depends("percent", "days")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for tier in self:
            tier.display_name = self.env._(
                "%(percent)s %% within %(days)s days",
                percent=percent_text(self.env, tier.percent),
                days=tier.days,
            )

    @api.constrains("percent", "days")
    def _check_with_other_tiers(self):
        self.policy_id._check_tiers()
        self.policy_id._check_tax_mode()


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    @api.ondelete(at_uninstall=False)
    def _unlink_not_the_only_one_of_a_discount_policy(self):
        self.env["ar.discount.policy"]._check_deletion("partner_ids", self)


class AccountPaymentTerm(models.Model):
    _inherit = "account.payment.term"

    @api.ondelete(at_uninstall=False)
    def _unlink_not_the_only_one_of_a_discount_policy(self):
        self.env["ar.discount.policy"]._check_deletion("payment_term_ids", self)
