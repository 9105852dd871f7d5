from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.credit_hold import AMOUNT_KINDS, LEVELS, Rule

KINDS = [
    ("utilisation", "Use of the credit limit"),
    ("overdue_amount", "Amount overdue"),
    ("overdue_days", "Days overdue"),
    ("level", "Credit level"),
    ("limit_expired", "Credit limit expired"),
    ("broken_promise", "Broken promises to pay"),
]
RATED_LEVELS = [(level, level.upper()) for level in LEVELS]


class ArCreditHoldRule(models.Model):
    """When orders and invoices of a company's customers must wait for a credit manager."""

    _name = "ar.credit.hold.rule"
    _description = "Credit Hold Rule"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(
        default=False, tracking=True, help="A rule that is off holds nothing. Try it out before you switch it on."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(KINDS, string="Watches", required=True, tracking=True)
    threshold = fields.Float(
        string="More Than",
        tracking=True,
        help="What is still allowed: percent of the credit limit, an amount in the company's currency, "
        "a number of days, or a number of promises.",
    )
    threshold_unit = fields.Char(compute="_compute_threshold_unit")
    hold_level = fields.Selection(
        RATED_LEVELS, string="From Level", tracking=True, help="Customers of this level or a worse one are held."
    )
    applies_to = fields.Selection(
        [("both", "Orders and invoices"), ("order", "Orders"), ("invoice", "Invoices")],
        required=True,
        default="both",
        tracking=True,
    )
    grace_days = fields.Integer(tracking=True, help="Days after the due date, the promise or the limit's last day.")
    grace_amount = fields.Monetary(tracking=True, help="What is let through on top of what is allowed.")
    excluded_partner_ids = fields.Many2many(
        "res.partner",
        "ar_credit_hold_rule_partner_rel",
        "rule_id",
        "partner_id",
        string="Except Customers",
        tracking=True,
    )
    excluded_category_ids = fields.Many2many(
        "res.partner.category",
        "ar_credit_hold_rule_category_rel",
        "rule_id",
        "category_id",
        string="Except Tags",
        tracking=True,
    )
    exempt_level = fields.Selection(
        RATED_LEVELS,
        string="Except Up to Level",
        tracking=True,
        help="Customers of this level or a better one are never held.",
    )

    @api.depends("kind", "currency_id")
    @api.depends_context("lang")
    def _compute_threshold_unit(self):
        units = {
            "utilisation": self.env._("% of the credit limit"),
            "overdue_days": self.env._("days overdue"),
            "broken_promise": self.env._("broken promises"),
        }
        for rule in self:
            rule.threshold_unit = rule.currency_id.name if rule.kind == "overdue_amount" else units.get(rule.kind, "")

    @api.depends("kind", "threshold", "hold_level", "currency_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for rule in self:
            rule.display_name = rule._words() if rule.kind else self.env._("New rule")

    def _words(self):
        """What this rule holds, in a few words."""
        number = f"{self.threshold:g}"
        return {
            "utilisation": self.env._("More than %(percent)s %% of the credit limit used", percent=number),
            "overdue_amount": self.env._(
                "More than %(amount)s overdue", amount=self.currency_id.format(self.threshold)
            ),
            "overdue_days": self.env._("Overdue for more than %(days)s days", days=number),
            "level": self.env._("Credit level %(level)s or worse", level=(self.hold_level or "").upper()),
            "limit_expired": self.env._("Credit limit expired"),
            "broken_promise": self.env._("More than %(count)s broken promises to pay", count=number),
        }[self.kind]

    @api.model_create_multi
    def create(self, vals_list):
        """Add rules whose exceptions are customers."""
        rules = super().create(vals_list)
        rules._except_customers()
        return rules

    def write(self, vals):
        """Change rules; their exceptions are customers."""
        result = super().write(vals)
        if "excluded_partner_ids" in vals:
            self._except_customers()
        return result

    def _except_customers(self):
        """Put customers in the place of their contacts: one who moves to another customer must not except that one."""
        for rule in self:
            customers = rule.excluded_partner_ids.commercial_partner_id
            if customers != rule.excluded_partner_ids:
                rule.excluded_partner_ids = customers

    @api.constrains("kind", "threshold", "hold_level", "grace_days", "grace_amount", "exempt_level")
    def _check_says_something(self):
        for rule in self:
            if min(rule.threshold, rule.grace_days, rule.grace_amount) < 0:
                raise ValidationError(self.env._("What a rule allows and its grace are zero or more."))
            if rule.kind == "utilisation" and not rule.threshold:
                raise ValidationError(
                    self.env._("Enter how many percent of the credit limit may be used: 0 % would hold every customer.")
                )
            if rule.kind in ("overdue_days", "broken_promise") and rule.threshold != int(rule.threshold):
                raise ValidationError(self.env._("Days and promises are whole numbers."))
            if rule.kind == "level" and not rule.hold_level:
                raise ValidationError(self.env._("Choose the level from which customers are held."))
            if rule.kind == "level" and rule.exempt_level and rule.exempt_level >= rule.hold_level:
                raise ValidationError(
                    self.env._(
                        "The rule holds from level %(held)s and excepts all up to level %(exempt)s: choose levels "
                        "that don't overlap.",
                        held=rule.hold_level.upper(),
                        exempt=rule.exempt_level.upper(),
                    )
                )

    @api.constrains("kind", "threshold", "hold_level", "applies_to", "company_id", "active")
    def _check_said_once(self):
        active = self.sudo().search([("company_id", "in", self.company_id.ids)])

        def content(rule):
            return rule.company_id, rule.kind, rule.threshold, rule.hold_level, rule.applies_to

        for rule in self.filtered("active"):
            if any(content(other) == content(rule) for other in active - rule):
                raise ValidationError(
                    self.env._("There already is an active rule “%(rule)s” for the same documents.", rule=rule._words())
                )

    @api.model
    def _active_rules(self, company, kind=None):
        """Active rules of a root company, for a kind of document or for all; whoever asks."""
        domain = [("company_id", "=", company.id), ("active", "=", True)]
        if kind:
            domain.append(("applies_to", "in", ("both", kind)))
        return self.sudo().search(domain)

    def _as_rule(self):
        """This rule as the engine takes it."""
        self.ensure_one()
        return Rule(
            key=self.id,
            kind=self.kind,
            threshold=Decimal(str(self.threshold)),
            level=self.hold_level or "",
            grace_days=self.grace_days,
            grace_amount=Decimal(str(self.grace_amount)),
        )

    def _rules_by_customer(self, customers, levels):
        """The engine's rules that apply to each customer: ``{customer id: [Rule, …]}``.

        :param customers: commercial partners
        :param levels: ``{customer id: level}`` of the current scores
        """
        listed = [
            (
                rule._as_rule(),
                set(rule.excluded_partner_ids.ids),
                set(rule.excluded_category_ids.ids),
                rule.exempt_level or "",
            )
            for rule in self.sudo()
        ]
        has_tags = any(tags for _rule, _excluded, tags, _level in listed)
        applied = {}
        for customer in customers.sudo():
            level = levels.get(customer.id, "none")
            tags = set(customer.category_id.ids) if has_tags else set()
            applied[customer.id] = [
                rule
                for rule, excluded, excluded_tags, exempt_level in listed
                if customer.id not in excluded
                and not tags & excluded_tags
                and not (level in LEVELS and exempt_level and level <= exempt_level)
            ]
        return applied

    def _depends_on_amounts(self):
        return any(rule.kind in AMOUNT_KINDS for rule in self)

    def action_simulate(self):
        """Try this rule out on the last 90 days and show what it would have held."""
        self.ensure_one()
        self.check_access("read")
        return self.env["ar.credit.hold.simulation"]._run(self)._action_open()
