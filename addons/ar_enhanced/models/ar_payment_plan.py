from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL, format_amount
from odoo.tools.misc import clean_context

from ..engine.money import Currency
from ..engine.payment_plan import Instalment, breaches, contradictions, proposed, schedule
from .res_company_plan import INTERVALS

PLAN_STATES = [
    ("draft", "Draft"),
    ("proposed", "Proposed"),
    ("active", "Active"),
    ("kept", "Kept"),
    ("defaulted", "Defaulted"),
    ("cancelled", "Cancelled"),
]
CHANNELS = [
    ("phone", "By phone"),
    ("email", "By e-mail"),
    ("letter", "By letter"),
    ("meeting", "In person"),
    ("portal", "On the portal"),
]
#: What may be set by hand while a plan is a draft, and what always may.
PLANNED = {"move_line_ids", "interval", "first_date", "instalment_count", "instalment_ids"}
#: What is set by nobody but the methods that check, or found from the payments.
DECIDED = {
    *("partner_id", "company_id", "currency_id", "total", "state", "breaches", "within_bounds"),
    *("proposed_by_id", "proposed_on", "approved_by_id", "approved_on", "started_on", "settled_on"),
    *("accepted_by", "accepted_contact_id", "accepted_on", "accepted_channel"),
    *("default_days", "default_missed", "default_reason", "paid", "credited"),
}


class ArPaymentPlan(models.Model):
    """Instalments in which a customer pays chosen items; their due dates in the ledger stay.

    ``partner_id`` is the commercial entity, ``company_id`` the root company: both follow from the items.
    Kept and defaulted are found from the payments and set by nobody.
    """

    _name = "ar.payment.plan"
    _description = "Payment Plan"
    _inherit = ["ar.payment.agreement", "mail.thread", "mail.activity.mixin", "ar.document.steps"]
    _order = "id desc"
    # Who reads plans may discuss them; their own methods write the rest.
    _mail_post_access = "read"

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_items",
        store=True,
        precompute=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_from_items", store=True, precompute=True, ondelete="cascade"
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_from_items", store=True, precompute=True)
    move_line_ids = fields.Many2many(
        "account.move.line",
        "ar_payment_plan_line_rel",
        "plan_id",
        "line_id",
        string="Items",
        help="Open invoices, or single instalments of their payment terms.",
    )
    total = fields.Monetary(
        compute="_compute_total", store=True, tracking=True, help="What was open of the items when the plan was made."
    )
    interval = fields.Selection(
        INTERVALS, compute="_compute_interval", store=True, readonly=False, precompute=True, required=True
    )
    first_date = fields.Date(
        string="First Instalment",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=7),
        copy=False,
    )
    instalment_count = fields.Integer(
        string="Number of Instalments", help="0: as many as the company grants without asking."
    )
    instalment_ids = fields.One2many("ar.payment.plan.instalment", "plan_id", string="Instalments")
    state = fields.Selection(
        PLAN_STATES,
        required=True,
        readonly=True,
        default="draft",
        index=True,
        tracking=True,
        copy=False,
        group_expand=True,
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, tracking=True)
    note = fields.Text()

    breaches = fields.Json(compute="_compute_breaches", store=True, copy=False)
    within_bounds = fields.Boolean(compute="_compute_breaches", store=True, copy=False)
    breach_text = fields.Text(string="Beyond What Is Granted", compute="_compute_breach_text")
    proposed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    proposed_on = fields.Date(readonly=True, copy=False)
    answer_by = fields.Date(
        copy=False, tracking=True, help="Until that day a proposal pauses reminders while nobody has accepted it."
    )
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_on = fields.Date(readonly=True, copy=False)
    accepted_by = fields.Char(readonly=True, copy=False)
    accepted_contact_id = fields.Many2one("res.partner", readonly=True, copy=False, ondelete="set null")
    accepted_on = fields.Date(readonly=True, copy=False, tracking=True)
    accepted_channel = fields.Selection(CHANNELS, readonly=True, copy=False)
    can_approve = fields.Boolean(compute="_compute_can_approve")

    default_days = fields.Integer(
        string="Days Late", readonly=True, copy=False, help="It defaults when an instalment is later than that."
    )
    default_missed = fields.Integer(
        string="Instalments Late", readonly=True, copy=False, help="It defaults when so many are late at once."
    )
    started_on = fields.Date(readonly=True, copy=False)
    settled_on = fields.Date(string="Decided on", readonly=True, copy=False)
    default_reason = fields.Json(readonly=True, copy=False)
    default_text = fields.Char(string="Why It Failed", compute="_compute_default_text")
    paid = fields.Monetary(compute="_compute_paid", store=True)
    open_amount = fields.Monetary(string="Still Open", compute="_compute_paid", store=True)
    late_amount = fields.Monetary(string="Late", compute="_compute_paid", store=True)
    progress = fields.Float(compute="_compute_paid", store=True, aggregator="avg")
    next_date = fields.Date(string="Next Instalment", compute="_compute_paid", store=True)

    _two_persons = models.Constraint(
        "CHECK(approved_by_id IS NULL OR approved_by_id != proposed_by_id)",
        "A payment plan is approved by another person than the one who proposed it.",
    )
    _active_is_agreed = models.Constraint(
        "CHECK(state NOT IN ('active', 'kept', 'defaulted')"
        " OR (accepted_on IS NOT NULL AND (within_bounds IS TRUE OR approved_by_id IS NOT NULL)))",
        "A payment plan starts when the customer has accepted it and what is beyond the bounds is approved.",
    )
    _customer_idx = models.Index("(partner_id, company_id, state)")

    @api.depends(
        "move_line_ids.move_id.partner_id.commercial_partner_id",
        "move_line_ids.company_id",
        "move_line_ids.currency_id",
    )
    def _compute_from_items(self):
        for plan in self:
            item = plan.move_line_ids[:1]
            plan.partner_id = item.move_id.partner_id.commercial_partner_id or plan.partner_id
            plan.company_id = item.company_id.root_id or plan.company_id
            plan.currency_id = item.currency_id or plan.currency_id

    @api.depends("move_line_ids")
    def _compute_total(self):
        for plan in self:
            plan.total = plan._open_of_items() if plan.state == "draft" else plan.total

    @api.depends("company_id")
    def _compute_interval(self):
        for plan in self:
            company = plan.company_id or self.env.company.root_id
            plan.interval = plan.interval or company.ar_plan_interval

    @api.depends("instalment_ids.date", "instalment_ids.amount", "total", "interval")
    def _compute_breaches(self):
        for plan in self:
            if plan.state != "draft":
                plan.breaches, plan.within_bounds = plan.breaches, plan.within_bounds
                continue
            plan.breaches = plan._find_breaches() if plan.company_id else []
            plan.within_bounds = bool(plan.instalment_ids) and not plan.breaches

    @api.depends("breaches")
    @api.depends_context("lang")
    def _compute_breach_text(self):
        for plan in self:
            plan.breach_text = "\n".join(plan._reason_sentence(reason) for reason in plan.breaches or [])

    @api.depends("default_reason")
    @api.depends_context("lang")
    def _compute_default_text(self):
        for plan in self:
            plan.default_text = plan.default_reason and plan._reason_sentence(plan.default_reason)

    @api.depends("state", "within_bounds", "proposed_by_id", "approved_by_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        is_manager = self.env.user.has_group("ar_enhanced.group_ar_manager")
        for plan in self:
            plan.can_approve = (
                is_manager
                and plan.state == "proposed"
                and not plan.within_bounds
                and not plan.approved_by_id
                and plan.proposed_by_id != self.env.user
            )

    @api.depends("total", "instalment_ids.state", "instalment_ids.date", "instalment_ids.open_amount")
    def _compute_paid(self):
        for plan in self:
            instalments = plan.instalment_ids
            plan.paid = sum(instalments.mapped("paid"))
            plan.open_amount = sum(instalments.mapped("open_amount"))
            plan.late_amount = sum(instalments.filtered(lambda one: one.state == "late").mapped("open_amount"))
            still_open = instalments.filtered(lambda one: one.date and one.state not in ("paid", "credited"))
            plan.next_date = min(still_open.mapped("date"), default=False)
            plan.progress = 100 * (1 - plan.open_amount / plan.total) if plan.total and instalments else 0

    @api.depends("total", "currency_id", "instalment_ids")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = (
                self.env._(
                    "%(amount)s in %(count)s instalments",
                    amount=format_amount(self.env, plan.total, plan.currency_id),
                    count=len(plan.instalment_ids),
                )
                if plan.currency_id
                else self.env._("New payment plan")
            )

    # -- what is planned --------------------------------------------------------------------------

    def _open_of_items(self):
        """What is open of the items now, in their currency."""
        self.ensure_one()
        items = self._all_items()
        return items[:1].currency_id.round(sum(items.mapped("amount_residual_currency"))) if items else 0

    def _all_items(self):
        """The items of this plan, those of branches that the user doesn't work in too.

        Who works in a branch alone reads its items alone, and the cache then holds no others, for the superuser either.
        """
        self.ensure_one()
        if not self.id:
            return self.sudo().move_line_ids
        self.flush_recordset(["move_line_ids"])
        rows = self.env.execute_query(
            SQL("SELECT line_id FROM ar_payment_plan_line_rel WHERE plan_id = %s ORDER BY line_id", self.id)
        )
        # What may be planned was checked when it was chosen; a plan is about all of it.
        return self.env["account.move.line"].sudo().browse([line_id for (line_id,) in rows])

    def _decimal(self, amount):
        return Decimal(str(self.currency_id.round(amount)))

    def _engine_currency(self):
        return Currency(self.currency_id.name, self.currency_id.decimal_places)

    def _planned(self):
        """The instalments as the engine takes them, in the order of their days."""
        ordered = self.instalment_ids.filtered("date").sorted(lambda one: (one.date, one._origin.id))
        return tuple(Instalment(one.date, self._decimal(one.amount)) for one in ordered)

    def _bounds(self, day):
        return self.company_id._ar_plan_policy(self.currency_id, day, self.interval)

    def _find_breaches(self):
        """Reasons why a credit manager has to approve this plan, as they are stored."""
        day = fields.Date.context_today(self)
        planned = self._planned()
        if not planned:
            return []
        # The interval that was chosen is no bound: the company's is.
        bounds = self.company_id._ar_plan_policy(self.currency_id, day)
        found = breaches(self._decimal(self.total), planned, day, bounds)
        return [{"code": reason.code, "facts": dict(reason.facts)} for reason in found]

    def _suggested(self):
        """Commands that replace the instalments by what is suggested for the items, their number and interval."""
        self.ensure_one()
        if not self.move_line_ids or not self.first_date or self.total <= 0:
            return [fields.Command.clear()]
        day = fields.Date.context_today(self)
        total, bounds, currency = self._decimal(self.total), self._bounds(day), self._engine_currency()
        if self.instalment_count > 0:
            instalments = schedule(total, self.instalment_count, self.first_date, bounds, currency)
        else:
            instalments = proposed(total, self.first_date, day, bounds, currency)
        return [
            fields.Command.clear(),
            *(fields.Command.create({"date": one.due, "amount": float(one.amount)}) for one in instalments),
        ]

    @api.onchange("move_line_ids", "interval", "first_date", "instalment_count")
    def _onchange_schedule(self):
        if self.state == "draft":
            self._check_count()
            self.instalment_ids = self._suggested()

    @api.constrains("instalment_count")
    def _check_count(self):
        if any(not 0 <= plan.instalment_count <= 120 for plan in self):
            raise ValidationError(self.env._("A payment plan has up to 120 instalments."))

    # -- what is refused --------------------------------------------------------------------------

    @api.constrains("move_line_ids", "state")
    def _check_items(self):
        """One customer, company and currency; receivable lines of posted invoices, each in one open agreement."""
        undecided = self.filtered(lambda plan: plan.state in ("draft", "proposed", "active"))
        for plan in undecided:
            # Whoever may plan an item may know whose it is.
            lines = plan._all_items()
            if not lines:
                if plan.state == "draft":
                    raise ValidationError(self.env._("A payment plan is about open invoices: choose them."))
                continue
            if (
                len(lines.move_id.partner_id.commercial_partner_id) > 1
                or len(lines.company_id.root_id) > 1
                or len(lines.currency_id) > 1
            ):
                raise ValidationError(
                    self.env._("The items of a payment plan belong to one customer, one company and one currency.")
                )
            if plan.state != "active" and any(
                line.account_type != "asset_receivable"
                or line.parent_state != "posted"
                or line.move_id.move_type != "out_invoice"
                for line in lines
            ):
                raise ValidationError(self.env._("A payment plan is about what is open of posted customer invoices."))
        open_plans = self.filtered(lambda plan: plan.state in ("proposed", "active"))
        for plan, numbers in open_plans._agreed_twice().items():
            raise ValidationError(
                self.env._(
                    "An open promise or payment plan covers %(invoices)s already: change that one, or cancel it.",
                    invoices=plan._numbers(numbers),
                )
            )

    def _agreed_lines(self):
        return self._all_items()

    def _check_possible(self):
        """Refuse what nobody can agree to: a plan that doesn't pay the total, or not from today on."""
        day = fields.Date.context_today(self)
        for plan in self:
            planned = plan._planned()
            found = contradictions(plan._decimal(plan.total), planned, day, plan._engine_currency())
            if found:
                raise ValidationError(
                    "\n".join(
                        plan._reason_sentence({"code": reason.code, "facts": dict(reason.facts)}) for reason in found
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Make drafts, with the instalments that are suggested where none are given."""
        for vals in vals_list:
            # A form may send empty values along.
            self._check_by_hand({name for name, value in vals.items() if value and (name, value) != ("state", "draft")})
        # Defaults in the context would be as good as values.
        clean = self.with_context(clean_context(self.env.context))  # pylint: disable=context-overridden
        plans = super(ArPaymentPlan, clean).create(vals_list).with_env(self.env)
        for plan in plans:
            if plan.state == "draft" and not plan.instalment_ids:
                plan.instalment_ids = plan._suggested()
        return plans

    def write(self, vals):
        """Change drafts; later on only who looks after the plan, until when it is to be answered, and the note."""
        self._check_by_hand(vals)
        if PLANNED & set(vals) and not self.env.su and any(plan.state != "draft" for plan in self):
            raise ValidationError(self.env._("Take the payment plan back to draft to change it."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts(self):
        if any(plan.proposed_on for plan in self):
            raise ValidationError(self.env._("A payment plan that was proposed is part of the customer's credit file."))

    @api.model
    def _check_by_hand(self, vals):
        if not self.env.su and DECIDED & set(vals):
            raise AccessError(
                self.env._(
                    "A payment plan is proposed, approved and accepted by its own buttons, and judged by payments."
                )
            )
