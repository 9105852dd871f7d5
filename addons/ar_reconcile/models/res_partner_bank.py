"""A second pair of eyes for the bank accounts of partners: who changes one doesn't approve it."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .ar_bank_account_review import REVIEWED_FIELDS

#: What says whether an account is approved: only the review's own methods write it.
REVIEW_FIELDS = {"ar_review_state", "ar_changed_by", "ar_changed_on", "ar_reviewed_by", "ar_reviewed_on"}
REVIEW_READERS = "ar_reconcile.group_reconcile,account.group_account_readonly,account.group_account_invoice"
#: Accounts changed at once that get an activity each; an import of more gets one.
MOST_ACTIVITIES = 20
ACTIVITY = "ar_reconcile.activity_type_bank_account"


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    ar_review_state = fields.Selection(
        [("approved", "Approved"), ("waiting", "Waits for approval"), ("refused", "Refused")],
        string="Approval",
        default="approved",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        help="Matching recognises a customer only by approved bank accounts.",
    )
    ar_changed_by = fields.Many2one("res.users", string="Changed By", readonly=True, copy=False, ondelete="set null")
    ar_changed_on = fields.Datetime(string="Changed On", readonly=True, copy=False)
    ar_reviewed_by = fields.Many2one("res.users", string="Reviewed By", readonly=True, copy=False, ondelete="set null")
    ar_reviewed_on = fields.Datetime(string="Reviewed On", readonly=True, copy=False)
    ar_review_ids = fields.One2many(
        "ar.bank.account.review", "bank_account_id", string="Changes", readonly=True, copy=False, groups=REVIEW_READERS
    )
    ar_review_version = fields.Integer(
        compute="_compute_ar_change_text",
        compute_sudo=True,
        help="Tells the last change from earlier ones, so that nobody approves what he hasn't seen.",
    )
    ar_change_text = fields.Text(
        string="What Changed", compute="_compute_ar_change_text", compute_sudo=True, groups=REVIEW_READERS
    )
    ar_can_review = fields.Boolean(compute="_compute_ar_can_review", compute_sudo=True)

    @api.depends("ar_review_ids", "ar_review_state")
    @api.depends_context("lang")
    def _compute_ar_change_text(self):
        for account in self:
            undecided = account.ar_review_ids._undecided()
            account.ar_review_version = undecided[-1:].id
            account.ar_change_text = "\n".join(filter(None, undecided.mapped("change_text")))

    @api.depends("ar_review_ids", "ar_review_state")
    @api.depends_context("uid")
    def _compute_ar_can_review(self):
        is_reviewer = self.env.user.has_group("ar_reconcile.group_reconcile_review")
        for account in self:
            account.ar_can_review = (
                is_reviewer and account.ar_review_state == "waiting" and not account._ar_needs_another()
            )

    # === CHANGES === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # What a caller gives, also as a default in the context, is no approval; wizards pass on the defaults.
            vals_list = [
                {name: value for name, value in vals.items() if name not in REVIEW_FIELDS}
                | {"ar_review_state": "approved"}
                for vals in vals_list
            ]
        accounts = super().create(vals_list)
        if not self.env.su:
            accounts._ar_reviewed()._ar_ask_for_review({})
        return accounts

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self._ar_check_review_fields(vals)
        if not {*REVIEWED_FIELDS, "sanitized_acc_number"} & set(vals):
            return super().write(vals)
        before, reviewed = {account: account._ar_reviewed_values() for account in self}, self._ar_reviewed()
        res = super().write(vals)
        changed = self.filtered(lambda account: account._ar_reviewed_values() != before[account])
        (changed & (reviewed | self._ar_reviewed()))._ar_ask_for_review(before)
        return res

    def _ar_check_review_fields(self, names):
        if REVIEW_FIELDS & set(names):
            raise AccessError(self.env._("A bank account is approved or refused by its buttons alone."))

    def _ar_reviewed(self):
        """Return those of these accounts whose changes need a second person: all that are not our own companies'."""
        companies = self.env["res.company"].sudo()
        own = companies.search([("partner_id", "in", self.partner_id.ids)]).partner_id
        reviewing = companies.search([("ar_reviews_bank_accounts", "=", True)])
        return self.filtered(
            lambda account: (
                account.partner_id not in own
                # What all companies share is reviewed if one of them does: a user chooses his companies himself.
                and (account.company_id in reviewing if account.company_id else reviewing)
            )
        )

    def _ar_reviewed_values(self):
        """Return what this account is approved for, as it is stored with a change and shown."""
        self.ensure_one()
        account = self.sudo()
        values = {}
        for name in REVIEWED_FIELDS:
            value = account[name]
            if isinstance(value, models.BaseModel):
                values[name] = [value.id, value.display_name] if value else False
            else:
                values[name] = value or False
        return values

    def _ar_ask_for_review(self, before):
        """Have these changed accounts wait for a second person, and tell that one.

        :param dict before: what they were, by account; of a new one nothing
        """
        if not self:
            return
        self.env["ar.bank.account.review"]._record(self, "changed" if before else "created", before)
        self.sudo().write(
            {
                "ar_review_state": "waiting",
                "ar_changed_by": self.env.uid,
                "ar_changed_on": fields.Datetime.now(),
                "ar_reviewed_by": False,
                "ar_reviewed_on": False,
            }
        )
        self._ar_tell_reviewers()

    def _ar_tell_reviewers(self):
        """Ask one person who may approve these accounts, and has not changed them, to look at them."""
        told = self.sudo().filtered(lambda account: not account._ar_activities())
        if len(told) > MOST_ACTIVITIES:
            told = told[:1]
        for reviewer, accounts in told.grouped(lambda account: account._ar_reviewer()).items():
            if not reviewer:
                continue
            told_accounts = accounts.with_context(lang=reviewer.lang)
            told_accounts.activity_schedule(
                ACTIVITY,
                user_id=reviewer.id,
                summary=told_accounts.env._("Bank account to approve"),
                note=Markup("<p>%s</p>")
                % told_accounts.env._(
                    "%(user)s has entered or changed a bank account. It waits for your approval.",
                    user=self.env.user.name,
                ),
            )

    def _ar_activities(self):
        """Return the activities that ask to approve these accounts."""
        return self.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(ACTIVITY, raise_if_not_found=False)
        )

    def _ar_reviewer(self):
        """Return who is asked to approve this account: the company's person for bank files, or the first reviewer."""
        self.ensure_one()
        company = self.company_id or self.env.company
        changers = self.sudo().ar_review_ids._undecided().user_id
        users = company._ar_users_with("ar_reconcile.group_reconcile_review") - changers
        return (users & company.sudo().ar_bank_responsible_id) or users[:1]

    # === DECISIONS === #

    def action_ar_approve(self):
        """Approve these accounts as they are now.

        :raises UserError: when one doesn't wait, was changed by the same person, or since the screen was read
        """
        self._ar_check_review()
        self._ar_decide("approved", {account: {"ar_review_state": "approved"} for account in self.sudo()})

    def action_ar_refuse(self):
        """Take the changes of these accounts back: what was approved is there again; a new one is archived.

        New is also what has come to another customer or company since.
        """
        self._ar_check_review()
        values = {}
        for account in self.sudo():
            undecided = account.ar_review_ids._undecided()
            values[account] = (
                {"ar_review_state": "refused", "active": False}
                if "created" in undecided.mapped("event")
                else undecided._former_values()
            )
        self._ar_decide("refused", values)

    def _ar_check_review(self):
        """Check that the user may decide on these accounts, and that he has seen their last change."""
        self.check_access("read")
        if not self.env.user.has_group("ar_reconcile.group_reconcile_review"):
            raise AccessError(self.env._("You don't have the right to approve bank accounts."))
        for account in self.sudo():
            undecided = account.ar_review_ids._undecided()
            if account.ar_review_state != "waiting":
                raise UserError(self.env._("%(account)s does not wait for approval.", account=account.display_name))
            if account._ar_needs_another():
                raise UserError(
                    self.env._(
                        "You have changed %(account)s yourself: a second person approves it.",
                        account=account.display_name,
                    )
                )
            seen = self.env.context.get("ar_seen_review_version")
            if seen and seen != undecided[-1:].id:
                raise UserError(
                    self.env._("%(account)s has changed since. Look at it again.", account=account.display_name)
                )

    def _ar_needs_another(self):
        """Return whether another person must decide on this account: the user changed it, and it is still reviewed.

        Where the review was switched off since, as in a company of one person, what waited is not to wait for ever.
        """
        self.ensure_one()
        account = self.sudo()
        return self.env.user in account.ar_review_ids._undecided().user_id and bool(account._ar_reviewed())

    def _ar_decide(self, event, values):
        """Write down what was decided, and what follows from it.

        :param dict values: what each account is now
        """
        before = {account: account._ar_reviewed_values() for account in values}
        # One write each: what comes back differs from account to account, and few are decided at once.
        for account, changes in values.items():
            account.write({**changes, "ar_reviewed_by": self.env.uid, "ar_reviewed_on": fields.Datetime.now()})
        self.env["ar.bank.account.review"]._record(self, event, before)
        self._ar_activities().action_feedback()
