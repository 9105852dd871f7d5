from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_amount
from odoo.tools.misc import clean_context

from .ar_document_steps import CLERK, MANAGER
from .ar_write_off_reason import NO_LOSS_ACCOUNTS, TAX_TREATMENTS

STATES = [
    ("draft", "Draft"),
    ("waiting", "Waiting for approval"),
    ("booked", "Booked"),
    ("reversed", "Reversed"),
    ("refused", "Refused"),
]
OPEN = ("draft", "waiting")
#: How it is booked: the accountant's choice, up to the approval.
BOOKING = {"date", "journal_id", "account_id", "tax_treatment"}
#: What a clerk may set by hand in a draft; all else is set by methods that check who calls them.
PROPOSAL = BOOKING | {"partner_id", "company_id", "currency_id", "reason_id", "note", "line_ids"}


class ArWriteOff(models.Model):
    """Open items of one customer, company and currency that are given up: proposed by one person, booked by another.

    ``company_id`` is the company that the items are booked in (a branch books its own).
    """

    _name = "ar.write.off"
    _description = "Write-Off of Receivables"
    _inherit = ["mail.thread", "mail.activity.mixin", "ar.document.steps"]
    _order = "id desc"
    _check_company_auto = True
    # Nobody writes what was decided but through methods; a reader may discuss it.
    _mail_post_access = "read"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    line_ids = fields.One2many("ar.write.off.line", "write_off_id", string="Items")
    amount = fields.Monetary(compute="_compute_amount", store=True)
    amount_company = fields.Monetary(
        string="In Company Currency",
        compute="_compute_amount",
        store=True,
        currency_field="company_currency_id",
        help="At the rate that the items stand in the ledger with.",
    )
    reason_id = fields.Many2one("ar.write.off.reason", required=True, ondelete="restrict", tracking=True)
    note = fields.Text(string="Why", help="What the one who approves should know.")
    date = fields.Date(string="Accounting Date", required=True, default=fields.Date.context_today, tracking=True)
    journal_id = fields.Many2one(
        "account.journal",
        compute="_compute_journal_id",
        store=True,
        precompute=True,
        readonly=False,
        check_company=True,
        domain="[('type', '=', 'general')]",
        tracking=True,
    )
    account_id = fields.Many2one(
        "account.account",
        string="Expense Account",
        compute="_compute_booking",
        store=True,
        precompute=True,
        readonly=False,
        check_company=True,
        domain=f"[('account_type', 'not in', {NO_LOSS_ACCOUNTS!r})]",
        tracking=True,
    )
    tax_treatment = fields.Selection(
        TAX_TREATMENTS,
        string="Tax",
        compute="_compute_booking",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        tracking=True,
        help="Tax is claimed back as the invoices have it, in proportion to what is written off.",
    )
    state = fields.Selection(STATES, required=True, readonly=True, default="draft", index=True, tracking=True)
    proposed_by_id = fields.Many2one("res.users", readonly=True)
    proposed_on = fields.Date(readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Date(readonly=True)
    refusal_reason = fields.Text(readonly=True)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True, index="btree_not_null")
    reversal_move_id = fields.Many2one("account.move", string="Reversal Entry", readonly=True)
    reversed_by_id = fields.Many2one("res.users", readonly=True)
    reversed_on = fields.Date(readonly=True)
    reversal_reason = fields.Text(readonly=True)
    warning = fields.Text(string="Look at this first", compute="_compute_warning")
    can_approve = fields.Boolean(compute="_compute_rights")
    can_reverse = fields.Boolean(compute="_compute_rights")

    _two_persons = models.Constraint(
        "CHECK(state NOT IN ('booked', 'reversed') OR (proposed_by_id IS NOT NULL AND decided_by_id IS NOT NULL"
        " AND proposed_by_id != decided_by_id))",
        "A write-off is approved by another person than the one who proposed it.",
    )
    _booked_with_entry = models.Constraint(
        "CHECK(state NOT IN ('booked', 'reversed') OR move_id IS NOT NULL)", "A booked write-off has a journal entry."
    )
    _customer_idx = models.Index("(partner_id, company_id, state)")

    @api.depends("line_ids.amount", "line_ids.amount_company")
    def _compute_amount(self):
        for write_off in self:
            write_off.amount = sum(write_off.line_ids.mapped("amount"))
            write_off.amount_company = sum(write_off.line_ids.mapped("amount_company"))

    @api.depends("company_id")
    def _compute_journal_id(self):
        # Who proposes needn't see journals.
        lines = self.env["account.move.line"].sudo()
        for company, write_offs in self.grouped("company_id").items():
            write_offs.journal_id = company and lines._ar_general_journal(company).sudo(False)

    @api.depends("reason_id", "company_id")
    def _compute_booking(self):
        for write_off in self:
            # Who proposes needn't see accounts.
            reason = write_off.reason_id.sudo()
            write_off.tax_treatment = reason.tax_treatment or "gross"
            write_off.account_id = reason and reason._account_in(write_off.company_id).sudo(False)

    @api.depends("partner_id", "amount", "currency_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for write_off in self:
            write_off.display_name = write_off.partner_id and self.env._(
                "%(customer)s: %(amount)s",
                customer=write_off.partner_id.display_name,
                amount=format_amount(self.env, write_off.amount, write_off.currency_id),
            )

    @api.depends("state", "proposed_by_id")
    @api.depends_context("uid")
    def _compute_rights(self):
        may_book = self._may_book()
        for write_off in self:
            mine = write_off.proposed_by_id == self.env.user
            write_off.can_approve = may_book and write_off.state == "waiting" and not mine
            write_off.can_reverse = may_book and write_off.state == "booked"

    @api.depends("line_ids.move_line_id", "state")
    @api.depends_context("lang")
    def _compute_warning(self):
        undecided = self.filtered(lambda write_off: write_off.state in OPEN)
        told = undecided.line_ids.move_line_id._ar_write_off_warnings(undecided._origin)
        for write_off in self:
            sentences = [
                sentence
                for line in write_off.line_ids.move_line_id._origin
                for sentence in told.get(line.id, ())
                if write_off in undecided
            ]
            write_off.warning = "\n".join(dict.fromkeys(sentences))

    @api.constrains("account_id")
    def _check_account(self):
        for write_off in self:
            if write_off.account_id.account_type in NO_LOSS_ACCOUNTS:
                raise ValidationError(
                    self.env._(
                        "%(account)s isn't an account for losses: choose an expense or an allowance account.",
                        account=write_off.account_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Add drafts; who is no superuser can't add anything that is decided already."""
        if not self.env.su:
            vals_list = [{name: vals[name] for name in vals if name in PROPOSAL} for vals in vals_list]
        # Defaults in the context would be as good as values.
        clean = self.with_context(clean_context(self.env.context))  # pylint: disable=context-overridden
        return super(ArWriteOff, clean).create(vals_list)

    def write(self, vals):
        """Refuse to change what was decided, and to do by hand what takes a method that checks."""
        if not self.env.su:
            self.check_access("write")
            if set(vals) - PROPOSAL:
                raise AccessError(self.env._("A write-off is decided by its buttons, which check who may."))
            states = set(self.mapped("state"))
            if not states <= {"draft", "waiting"}:
                raise UserError(self.env._("This write-off was decided on: it is part of the books."))
            if "waiting" in states and (set(vals) - BOOKING or not self._may_book()):
                raise UserError(
                    self.env._(
                        "While it waits for approval, only the one who approves can still change how a write-off is "
                        "booked. Take it back to draft to change the rest."
                    )
                )
        return super().write(vals)

    def copy_data(self, default=None):
        """Refuse a copy: it would bring a decision along."""
        raise UserError(self.env._("Propose a new write-off instead of copying one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if self.filtered(lambda write_off: write_off.state != "draft"):
            raise UserError(self.env._("Only drafts can be deleted: all else is part of the books."))

    # ---- steps

    def action_submit(self):
        """Ask a credit manager to approve."""
        self._check_group(CLERK)
        self._check_state("draft")
        self._check_items()
        self._check_proposed_once()
        # The one who asks for it is the proposer, whoever made the draft.
        self.sudo().write(
            {"state": "waiting", "proposed_by_id": self.env.uid, "proposed_on": fields.Date.context_today(self)}
        )
        self._ask_for_approval()

    def action_back_to_draft(self):
        """Take a proposal back to change it."""
        self._check_group(CLERK)
        self._check_state("waiting")
        self.sudo().write({"state": "draft"})
        self.sudo().activity_unlink(["ar_enhanced.mail_activity_write_off"])

    def action_approve(self):
        """Book these write-offs: each as one journal entry, reconciled with its items."""
        self._check_may_book()
        self._check_state("waiting")
        if self.filtered(lambda write_off: write_off.proposed_by_id == self.env.user):
            raise UserError(self.env._("Another credit manager has to approve what you have proposed yourself."))
        self._book()
        # The rights were checked; the decision is closed to everything but the methods here.
        decided = self.sudo()
        decided.write({"state": "booked", "decided_by_id": self.env.uid, "decided_on": fields.Date.context_today(self)})
        decided.activity_feedback(["ar_enhanced.mail_activity_write_off"])
        decided._tell_invoices()

    def action_refuse(self):
        """Ask for the reason to refuse."""
        self._check_group(MANAGER)
        self._check_state("waiting")
        return self._decide_action("refuse", self.env._("Refuse"))

    def action_reverse(self):
        """Ask for the reason to take the write-off back."""
        self._check_may_book()
        self._check_state("booked")
        return self._decide_action("reverse", self.env._("Reverse"))

    def _decide_action(self, decision, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "ar.write.off.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_write_off_ids": self.ids, "default_decision": decision},
        }

    def _refuse(self, reason):
        self._check_group(MANAGER)
        self._check_state("waiting")
        self._check_reason(reason)
        # The rights were checked; the decision is closed to everything but the methods here.
        decided = self.sudo()
        decided.write(
            {
                "state": "refused",
                "refusal_reason": reason.strip(),
                "decided_by_id": self.env.uid,
                "decided_on": fields.Date.context_today(self),
            }
        )
        decided.activity_feedback(["ar_enhanced.mail_activity_write_off"])

    def _reverse(self, reason):
        self._check_may_book()
        self._check_state("booked")
        self._check_reason(reason)
        reversals = self._book_reversal()
        # The rights were checked; the decision is closed to everything but the methods here.
        for write_off in self.sudo():
            write_off.write(
                {
                    "state": "reversed",
                    "reversal_reason": reason.strip(),
                    "reversal_move_id": reversals[write_off.id].id,
                    "reversed_by_id": self.env.uid,
                    "reversed_on": fields.Date.context_today(self),
                }
            )
        self.sudo()._tell_invoices()

    # ---- checks

    @api.model
    def _may_book(self):
        """Whether the user may approve and reverse: a credit manager who may also book entries."""
        user = self.env.user
        return user.has_group("ar_enhanced.group_ar_manager") and user.has_group("account.group_account_invoice")

    def _check_may_book(self):
        self.check_access("read")
        if not self._may_book():
            raise AccessError(
                self.env._("Approving or reversing a write-off takes a credit manager who may book entries, too.")
            )

    def _check_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Say why."))

    def _check_items(self):
        """Refuse what can't be written off now, with one sentence for each item."""
        problems = []
        for write_off in self:
            if not write_off.line_ids:
                problems.append(self.env._("Choose the items to write off."))
            # What stands in the ledger decides; who proposes may see invoices only.
            problems += [problem for line in write_off.line_ids.sudo() if (problem := line._problem())]
        if problems:
            raise UserError("\n".join(dict.fromkeys(problems)))

    def _check_proposed_once(self):
        # Other proposals count, whoever may see them.
        others = self.env["ar.write.off.line"].sudo()
        others = others.search(
            [
                ("move_line_id", "in", self.line_ids.move_line_id.ids),
                ("write_off_id", "not in", self.ids),
                ("write_off_id.state", "=", "waiting"),
            ]
        )
        if others:
            raise UserError(
                self.env._(
                    "%(items)s: another write-off waits for approval already.",
                    items=", ".join(dict.fromkeys(others.mapped("item_name"))),
                )
            )

    # ---- telling people

    def _ask_for_approval(self):
        """Give the approver something to do, in that person's language."""
        for write_off in self:
            # Users of all kinds are looked through for who may approve.
            person = write_off.sudo()._approver()
            if person:
                told = write_off.sudo().with_context(lang=person.lang or self.env.lang)
                told.activity_schedule(
                    "ar_enhanced.mail_activity_write_off",
                    user_id=person.id,
                    summary=told.env._("Approve a write-off of %(amount)s", amount=told._amount_text()),
                )

    def _approver(self):
        """Who is asked: the customer's credit manager, the company's, or another one who may book."""
        self.ensure_one()
        company = self.company_id
        able = self.env.ref("ar_enhanced.group_ar_manager").all_user_ids
        able &= self.env.ref("account.group_account_invoice").all_user_ids
        able = able.filtered(
            lambda user: (
                user.active and company in user.company_ids and user != self.proposed_by_id and not user._is_superuser()
            )
        ).sorted("id")
        in_charge = self.partner_id._ar_credit_owners(company) & able
        return (in_charge or able)[:1]

    def _amount_text(self):
        return format_amount(self.env, self.amount, self.currency_id)

    def _tell_invoices(self):
        """Note on the invoices what was written off, or that it was taken back."""
        bodies = {}
        for line in self.line_ids:
            write_off = line.write_off_id
            words = {
                "amount": format_amount(self.env, line.amount, line.currency_id),
                "reason": write_off.reason_id.name,
            }
            invoice = line.move_line_id.move_id
            if write_off.state == "booked":
                text = self.env._("%(amount)s written off: %(reason)s", **words)
            else:
                text = self.env._("Write-off of %(amount)s reversed: %(why)s", why=write_off.reversal_reason, **words)
            bodies[invoice.id] = "\n".join(filter(None, (bodies.get(invoice.id), text)))
        self.env["account.move"].browse(bodies)._message_log_batch(bodies=bodies)
