from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

from ..engine import closing
from .ar_reconciliation_plan import KINDS

#: What a person writes by hand; everything else of a reconciliation is written by its methods.
WRITTEN_BY_HAND = {"explanation"}
#: What who may sign off writes by hand too.
WRITTEN_BY_REVIEWER = {"owner_id", "reviewer_id", "deadline"}
#: Fields of the chatter and of activities, which have rules of their own.
CHATTER = ("message_", "activity_", "website_message_", "my_activity_", "rating_")
#: Longest explanation and reason.
LONGEST_TEXT = 4000


class ArReconciliation(models.Model):
    """The proof of one bank account, or of the customers' accounts, at the end of one period."""

    _name = "ar.reconciliation"
    _description = "Reconciliation"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_to desc, kind, journal_id, id"
    _check_company_auto = True

    plan_id = fields.Many2one("ar.reconciliation.plan", required=True, readonly=True, index=True, ondelete="restrict")
    kind = fields.Selection(KINDS, string="Reconciles", required=True, readonly=True)
    journal_id = fields.Many2one("account.journal", string="Bank Account", readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="Period End", required=True, readonly=True, index=True)
    deadline = fields.Date(required=True, index=True)
    owner_id = fields.Many2one("res.users", string="Prepares", required=True, tracking=True)
    reviewer_id = fields.Many2one("res.users", string="Signs Off", required=True, tracking=True)
    state = fields.Selection(
        [("open", "Open"), ("prepared", "Prepared"), ("signed", "Signed off")],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        tracking=True,
    )
    prepared_by_id = fields.Many2one("res.users", string="Prepared by", readonly=True, copy=False)
    prepared_on = fields.Datetime(readonly=True, copy=False)
    signed_by_id = fields.Many2one("res.users", string="Signed Off by", readonly=True, copy=False)
    signed_on = fields.Datetime(string="Signed Off on", readonly=True, copy=False)
    explanation = fields.Text(
        copy=False, help="Why figures don't agree, and what is done about it. Needed while a check fails."
    )
    figures = fields.Json(readonly=True, copy=False, help="The figures when it was prepared and signed off.")
    result = fields.Selection(
        [("ok", "Agrees"), ("warning", "Agrees, with remarks"), ("failed", "Does not agree")],
        readonly=True,
        copy=False,
        help="How the checks ended when it was prepared.",
    )
    is_changed = fields.Boolean(
        string="Changed Afterwards",
        readonly=True,
        copy=False,
        help="A figure is no longer what was signed off, as of the last daily check.",
    )
    subject = fields.Char(string="Reconciled", compute="_compute_subject")
    standing = fields.Selection(
        [
            ("open", "To prepare"),
            ("prepared", "To sign off"),
            ("late_open", "Overdue: to prepare"),
            ("late_prepared", "Overdue: to sign off"),
            ("signed", "Signed off"),
            ("changed", "Changed afterwards"),
        ],
        compute="_compute_standing",
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue")
    may_review = fields.Boolean(compute="_compute_may_review")
    needs_explanation = fields.Boolean(compute="_compute_checks_html")
    checks_html = fields.Html(string="Checks", compute="_compute_checks_html", sanitize=False)
    changes_html = fields.Html(string="Changes", compute="_compute_checks_html", sanitize=False)

    _period_uniq = models.UniqueIndex("(plan_id, date_to)", "This period is in the calendar already.")
    _two_persons = models.Constraint(
        "CHECK(owner_id <> reviewer_id)", "Who prepares can't sign off: choose two persons."
    )
    _signed_by_another = models.Constraint(
        "CHECK(signed_by_id <> prepared_by_id)", "Who prepared it can't sign it off."
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "journal_id", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for each in self:
            each.display_name = f"{each._subject()}, {format_date(self.env, each.date_to)}"

    @api.depends("state", "deadline")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for each in self:
            each.is_overdue = each.state != "signed" and bool(each.deadline) and each.deadline < today

    def _search_is_overdue(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return [("state", "!=", "signed"), ("deadline", "<", fields.Date.context_today(self))]

    @api.depends_context("uid")
    def _compute_may_review(self):
        self.may_review = self.env.user.has_group("ar_reconcile.group_reconcile_review")

    @api.depends("state", "is_overdue", "is_changed")
    def _compute_standing(self):
        for each in self:
            if each.is_changed:
                each.standing = "changed"
            else:
                each.standing = f"late_{each.state}" if each.is_overdue else each.state

    @api.depends("kind", "journal_id")
    @api.depends_context("lang")
    def _compute_subject(self):
        for each in self:
            each.subject = each._subject()

    @api.depends("state", "figures")
    @api.depends_context("lang")
    def _compute_checks_html(self):
        render = self.env["ir.qweb"]._render
        for each in self:
            now = each._current_figures()
            kept = closing.restored(each.figures) if each.figures else now
            each.checks_html = render("ar_reconcile.reconciliation_checks", {"proof": each._proof(kept)})
            changed = closing.changes(kept, now)
            each.changes_html = changed and render(
                "ar_reconcile.reconciliation_changes", {"changes": each._changes_told(changed)}
            )
            each.needs_explanation = closing.outcome(each._checks(kept)) is closing.Status.FAILED

    def _subject(self):
        """Return what is reconciled: the name of the bank account, or the customers' accounts."""
        self.ensure_one()
        if self.kind == "bank":
            return self.journal_id.sudo().name
        return dict(self._fields["kind"]._description_selection(self.env)).get(self.kind, "")

    # === RECORD === #

    def write(self, vals):
        """Refuse figures, states and signatures that are written by hand.

        Methods of this model write them as the superuser, after their checks.
        """
        if not self.env.su:
            names = {name for name in vals if not name.startswith(CHATTER)} - WRITTEN_BY_HAND
            if self.env.user.has_group("ar_reconcile.group_reconcile_review"):
                names -= WRITTEN_BY_REVIEWER
            if names:
                raise AccessError(self.env._("States and figures of a reconciliation are written by its buttons only."))
            if any(each.state == "signed" for each in self) and not all(name.startswith(CHATTER) for name in vals):
                raise UserError(self.env._("It is signed off. Reopen it to change it."))
        return super().write(vals)

    @api.constrains("explanation")
    def _check_explanation(self):
        if any(len(each.explanation or "") > LONGEST_TEXT for each in self):
            raise ValidationError(self.env._("An explanation has at most %(number)s characters.", number=LONGEST_TEXT))

    @api.constrains("owner_id", "reviewer_id")
    def _check_persons(self):
        for each in self:
            for user in each.owner_id | each.reviewer_id:
                if each.company_id not in user.sudo().company_ids:
                    raise ValidationError(
                        self.env._(
                            "%(user)s has no access to %(company)s.",
                            user=user.sudo().name,
                            company=each.company_id.sudo().name,
                        )
                    )

    # === ACTIONS === #

    def action_open_entries(self):
        """Show what is still to be cleared: open bank lines, or entries on customers' accounts without a customer."""
        self.ensure_one()
        if self.kind == "bank":
            action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_bank_lines")
            domain = [("journal_id", "=", self.journal_id.id), ("is_reconciled", "=", False), ("state", "!=", "cancel")]
        else:
            action = self.env["ir.actions.act_window"]._for_xml_id("account.action_account_moves_all")
            domain = [("account_id.account_type", "=", "asset_receivable"), ("partner_id", "=", False)]
            domain += [("parent_state", "=", "posted"), ("company_id", "child_of", self.company_id.id)]
        return {**action, "domain": [*domain, ("date", "<=", self.date_to)], "context": {}}
