from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context, split_every

from .ar_credit_score import LEVELS
from .ar_document_steps import CLERK, MANAGER

UNRATED_REVIEW_MONTHS = 6
REMIND_DAYS = 14
OPEN = ("proposed", "waiting")
# What a clerk may set by hand; all else is set by the methods below, which check who calls them.
PROPOSAL = {"partner_id", "amount", "note", "valid_until", "review_date"}
# What may still change once somebody has decided.
FOLLOW_UP = {"state", "is_current", "reminded_on", "message_main_attachment_id"}


class ArCreditLimit(models.Model):
    _name = "ar.credit.limit"
    _description = "Credit Limit"
    _inherit = ["mail.thread", "mail.activity.mixin", "ar.document.steps"]
    _order = "id desc"
    _rec_name = "partner_id"
    # Nobody writes limits but through their own methods; a reader may discuss them.
    _mail_post_access = "read"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company.root_id,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        readonly=True,
        default=lambda self: self.env.company.root_id.currency_id,
        help="The company's at that time.",
    )
    amount = fields.Monetary(string="Limit", required=True, tracking=True)
    suggested_amount = fields.Monetary(readonly=True, help="What the credit policy suggests.")
    current_amount = fields.Monetary(
        string="Limit Before", readonly=True, help="The limit that counted when this one was proposed."
    )
    level = fields.Selection(LEVELS, string="Credit Level", readonly=True)
    reasons = fields.Json(readonly=True, help="How the credit policy comes to its suggestion.")
    note = fields.Text(string="Why", help="Needed if another amount than the suggested one is asked for.")
    state = fields.Selection(
        [
            ("proposed", "Draft"),
            ("waiting", "Waiting for approval"),
            ("approved", "Approved"),
            ("superseded", "Superseded"),
            ("refused", "Refused"),
            ("expired", "Expired"),
        ],
        required=True,
        readonly=True,
        default="proposed",
        tracking=True,
    )
    is_current = fields.Boolean(
        string="Counts Now", readonly=True, help="The last approved limit; expired, it counts until the next one."
    )
    valid_until = fields.Date(tracking=True, help="Last day of the limit; empty: until another one is approved.")
    review_date = fields.Date(tracking=True)
    proposed_by_id = fields.Many2one("res.users", readonly=True)
    proposed_on = fields.Date(readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Date(readonly=True)
    refusal_reason = fields.Text(readonly=True)
    reminded_on = fields.Date(readonly=True, copy=False, help="The review or last day that an activity was made for.")
    reason_text = fields.Text(string="How the suggestion comes about", compute="_compute_reason_text")
    can_approve = fields.Boolean(compute="_compute_can_approve")

    _current_uniq = models.UniqueIndex(
        "(partner_id, company_id) WHERE is_current IS TRUE", "A customer has one current credit limit per company."
    )
    _waiting_uniq = models.UniqueIndex(
        "(partner_id, company_id) WHERE state IN ('proposed', 'waiting')",
        "There is already a proposal for this customer that nobody has decided on.",
    )
    _amount_not_negative = models.Constraint("CHECK(amount >= 0)", "A credit limit can't be negative.")
    _two_persons = models.Constraint(
        "CHECK(state IN ('proposed', 'waiting') OR proposed_by_id IS NULL OR decided_by_id IS NULL"
        " OR decided_by_id != proposed_by_id OR state = 'refused')",
        "A credit limit is approved by another person than the one who proposed it.",
    )
    _current_is_decided = models.Constraint(
        "CHECK(is_current IS NOT TRUE OR (state IN ('approved', 'expired')"
        " AND proposed_by_id IS NOT NULL AND decided_by_id IS NOT NULL))",
        "Only an approved credit limit counts.",
    )

    @api.model
    def _ar_limits_where(self, company, condition):
        """Current limits: ``{customer id: (amount, currency id, last day or None)}``, in one statement."""
        self.flush_model()
        return {
            customer_id: (Decimal(amount), currency_id, valid_until)
            for customer_id, amount, currency_id, valid_until in self.env.execute_query(
                SQL(
                    """
                    SELECT customer.id, credit_limit.amount::text, credit_limit.currency_id, credit_limit.valid_until
                      FROM ar_credit_limit credit_limit
                      JOIN res_partner customer ON customer.id = credit_limit.partner_id
                     WHERE credit_limit.is_current IS TRUE
                       AND credit_limit.company_id = %(company)s
                       AND customer.id = customer.commercial_partner_id
                       AND %(condition)s
                    """,
                    company=company.id,
                    condition=condition,
                )
            )
        }

    @api.depends("reasons", "currency_id")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for limit in self:
            limit.reason_text = limit._reason_words(limit.reasons or [], limit.currency_id)

    @api.depends("state", "proposed_by_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        is_manager = self.env.user.has_group("ar_enhanced.group_ar_manager")
        for limit in self:
            limit.can_approve = is_manager and limit.state == "waiting" and limit.proposed_by_id != self.env.user

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        """Show what the policy suggests before anything is saved; saving computes it again."""
        customer = self.partner_id.commercial_partner_id
        # Anybody can call an onchange.
        if customer and not self._origin and self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            self.update(customer._ar_suggested_limits(self.env.company)[customer.id])

    @api.model_create_multi
    def create(self, vals_list):
        """Add proposals for customers; who is no superuser can't add anything that is decided already."""
        vals_list = [self._proposal_vals(vals) for vals in vals_list]
        self._add_suggestions(vals_list)
        # Defaults in the context would be as good as values.
        clean = self.with_context(clean_context(self.env.context))  # pylint: disable=context-overridden
        return super(ArCreditLimit, clean).create(vals_list)

    def write(self, vals):
        """Refuse to change history, and to do by hand what takes a method that checks."""
        if self.filtered(lambda limit: limit.state not in OPEN) and set(vals) - FOLLOW_UP:
            raise UserError(self.env._("A credit limit that was decided on is history: propose a new one."))
        if not self.env.su:
            self.check_access("write")
            if set(vals) - (PROPOSAL - {"partner_id"}):
                raise AccessError(self.env._("Only the amount, the dates and the reason of a proposal can be changed."))
            if self.filtered(lambda limit: limit.state != "proposed"):
                raise UserError(self.env._("Take the proposal back to draft to change it."))
            if "amount" in vals:
                vals = {**vals, "proposed_by_id": self.env.uid}
                return super(ArCreditLimit, self.sudo()).write(vals)
        return super().write(vals)

    def copy_data(self, default=None):
        """Refuse a copy: it would bring a decision, or the reasons of another day."""
        raise UserError(self.env._("Propose a new credit limit instead of copying one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if self.filtered(lambda limit: limit.state != "proposed"):
            raise UserError(self.env._("Only drafts can be deleted: all else is part of the history."))

    def action_submit(self):
        """Ask a credit manager to approve."""
        self._check_group(CLERK)
        self._check_state("proposed")
        for limit in self:
            if limit.amount != limit.suggested_amount and not (limit.note or "").strip():
                raise UserError(
                    self.env._(
                        "The credit policy suggests another limit for %(customer)s. Say why you ask for this one.",
                        customer=limit.partner_id.display_name,
                    )
                )
        self._check_dates()
        # The one who asks for it is the proposer, whoever made the draft.
        self.sudo().write(
            {"state": "waiting", "proposed_by_id": self.env.uid, "proposed_on": fields.Date.context_today(self)}
        )

    def action_back_to_draft(self):
        """Take a proposal back to change it."""
        self._check_group(CLERK)
        self._check_state("waiting")
        self.sudo().write({"state": "proposed"})

    def action_approve(self):
        """Let these limits count from now on; the limits before are superseded."""
        self._check_group(MANAGER)
        self._check_state("waiting")
        if self.filtered(lambda limit: limit.proposed_by_id == self.env.user):
            raise UserError(self.env._("Another credit manager has to approve what you have proposed yourself."))
        self._check_dates()
        limits = self.sudo()
        before = limits.search(
            [
                ("is_current", "=", True),
                ("partner_id", "in", limits.partner_id.ids),
                ("company_id", "in", limits.company_id.ids),
            ]
        )
        replaced_by = {(limit.partner_id, limit.company_id) for limit in limits}
        before = before.filtered(lambda limit: (limit.partner_id, limit.company_id) in replaced_by)
        before.write({"state": "superseded", "is_current": False})
        before.flush_recordset(["is_current"])  # before the new ones count
        before.activity_unlink(["ar_enhanced.mail_activity_credit_limit"])
        today = fields.Date.context_today(self)
        for review_date, same_day in limits.grouped(lambda limit: limit.review_date or limit._default_review()).items():
            same_day.write({"review_date": review_date})
        limits.write({"state": "approved", "is_current": True, "decided_by_id": self.env.uid, "decided_on": today})
        limits._sync_native_limits()

    def action_refuse(self):
        """Ask for the reason to refuse."""
        self._check_group(MANAGER)
        self._check_state("waiting")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refuse"),
            "res_model": "ar.credit.limit.refuse",
            "view_mode": "form",
            "target": "new",
            "context": {"default_limit_ids": self.ids},
        }

    def _refuse(self, reason):
        self._check_group(MANAGER)
        self._check_state("waiting")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the limit is refused."))
        self.sudo().write(
            {
                "state": "refused",
                "refusal_reason": reason,
                "decided_by_id": self.env.uid,
                "decided_on": fields.Date.context_today(self),
            }
        )

    def _check_dates(self):
        today = fields.Date.context_today(self)
        if self.filtered(lambda limit: limit.valid_until and limit.valid_until < today):
            raise UserError(self.env._("A credit limit can't end in the past."))

    @api.model
    def _proposal_vals(self, vals):
        """Values of a new proposal: by customer and root company, in the company's currency."""
        if self.env.su and vals.get("state") not in (None, *OPEN):
            return vals
        partner = self.env["res.partner"].browse(vals.get("partner_id"))
        partner.check_access("read")
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        allowed = vals if self.env.su else {name: vals[name] for name in vals if name in PROPOSAL}
        return {
            **allowed,
            "partner_id": partner.commercial_partner_id.id,
            "company_id": company.sudo().root_id.id,
            "currency_id": company.sudo().root_id.currency_id.id,
            "state": "proposed",
            "proposed_by_id": False if self.env.user._is_superuser() else self.env.uid,
        }

    @api.model
    def _add_suggestions(self, vals_list):
        """Complete proposals with what the policy suggests, in a constant number of statements per company."""
        by_company = {}
        for vals in vals_list:
            if "suggested_amount" not in vals and vals.get("state") == "proposed":
                by_company.setdefault(vals["company_id"], []).append(vals)
        for company_id, of_company in by_company.items():
            company = self.env["res.company"].browse(company_id)
            partners = self.env["res.partner"].browse([vals["partner_id"] for vals in of_company])
            suggestions = partners._ar_suggested_limits(company)
            for vals in of_company:
                vals.update({**suggestions[vals["partner_id"]], **vals})

    def _default_review(self):
        """Day to look at the limit again, by the level of the customer."""
        months = self.company_id._ar_credit_policy().level_ids.filtered(lambda line: line.level == self.level)
        day = fields.Date.context_today(self) + relativedelta(months=months.review_months or UNRATED_REVIEW_MONTHS)
        return min(day, self.valid_until) if self.valid_until else day

    def _sync_native_limits(self):
        """Keep Odoo's own limit in step, in the root company and its branches, so that its warning agrees."""
        # A contact has the limit of its customer; one of its own is history.
        current = self.sudo().filtered(
            lambda limit: limit.is_current and limit.partner_id == limit.partner_id.commercial_partner_id
        )
        for company, limits in current.grouped("company_id").items():
            positions = limits.partner_id._ar_credit_positions(company)
            by_amount = {}
            for customer in limits.partner_id:
                by_amount.setdefault(float(positions[customer.id].total_limit), []).append(customer.id)
            for branch in self.env["res.company"].sudo().search([("id", "child_of", company.id)]):
                for amount, customer_ids in by_amount.items():
                    customers = limits.env["res.partner"].with_company(branch).browse(customer_ids)
                    changed = customers.filtered(lambda customer, amount=amount: customer.credit_limit != amount)
                    changed.write({"credit_limit": amount})

    @api.model
    def _cron_follow_up(self, chunk_size=500):
        """Let limits expire, prepare reviews, and keep Odoo's limits in step with securities that began or ended."""
        today = fields.Date.context_today(self)
        limits = self.sudo()
        limits.search([("state", "=", "approved"), ("valid_until", "<", today)]).write({"state": "expired"})
        soon = today + relativedelta(days=REMIND_DAYS)
        due = limits.search(
            [("is_current", "=", True), "|", ("review_date", "<=", soon), ("valid_until", "<=", soon)]
        ).filtered(lambda limit: limit.reminded_on != limit._due_day())
        in_step = limits._to_keep_in_step()
        self.env["ir.cron"]._commit_progress(remaining=len(due) + len(in_step))
        for todo, method in ((due, "_prepare_reviews"), (in_step, "_sync_native_limits")):
            for ids in split_every(chunk_size, todo.ids):
                getattr(limits.browse(ids), method)()
                if not self.env["ir.cron"]._commit_progress(len(ids)):
                    return

    def _to_keep_in_step(self):
        """Current limits whose worth changes by the day: by securities, or by the rate of an earlier currency."""
        with_security = self.env["ar.credit.security"]._read_group([("state", "=", "confirmed")], ["partner_id"])
        limits = self.search(
            [("is_current", "=", True), ("partner_id", "in", [partner.id for (partner,) in with_security])]
        )
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        for currency, of_currency in companies.grouped("currency_id").items():
            limits |= self.search(
                [
                    ("is_current", "=", True),
                    ("company_id", "in", of_currency.ids),
                    ("currency_id", "!=", currency.id),
                ]
            )
        return limits

    def _prepare_reviews(self):
        """Remind of these limits, and make a draft of what the policy suggests now where nothing is proposed."""
        self._remind()
        for company, limits in self.grouped("company_id").items():
            proposed = self.search(
                [("state", "in", OPEN), ("company_id", "=", company.id), ("partner_id", "in", limits.partner_id.ids)]
            ).partner_id
            positions = limits.partner_id._ar_credit_positions(company)
            self.create(
                [
                    {"partner_id": limit.partner_id.id, "company_id": company.id}
                    for limit in limits
                    if limit.partner_id not in proposed
                    and limit.partner_id == limit.partner_id.commercial_partner_id
                    and positions[limit.partner_id.id].is_complete
                ]
            )

    def _due_day(self):
        """The next day on which a person should look at this limit."""
        days = [day for day in (self.review_date, self.valid_until) if day]
        return min(days) if days else False

    def _remind(self):
        """Make one activity per limit and day for the credit manager in charge, if there is one."""
        model_id = self.env["ir.model"]._get_id(self._name)
        kind = self.env.ref("ar_enhanced.mail_activity_credit_limit")
        vals_list = []
        for day, limits in (
            self.filtered(lambda limit: limit.reminded_on != limit._due_day())
            .grouped(lambda limit: limit._due_day())
            .items()
        ):
            owned = limits.filtered(lambda limit: limit._owner())
            vals_list += [
                {
                    "res_model_id": model_id,
                    "res_id": limit.id,
                    "activity_type_id": kind.id,
                    "summary": self.env._("Review the credit limit"),
                    "date_deadline": day,
                    "user_id": limit._owner().id,
                }
                for limit in owned
            ]
            limits.write({"reminded_on": day})
        return self.env["mail.activity"].create(vals_list)

    def _owner(self):
        return self.partner_id._ar_credit_owners(self.company_id)[:1]
