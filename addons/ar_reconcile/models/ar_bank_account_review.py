from odoo import api, fields, models
from odoo.exceptions import UserError

#: What a bank account is approved for, in the order in which it is told; with another of these it is another account.
REVIEWED_FIELDS = ("acc_number", "partner_id", "acc_holder_name", "bank_id", "clearing_number", "currency_id")


class ArBankAccountReview(models.Model):
    """One thing that happened to a partner's bank account: entered, changed, approved, or refused.

    It is added to, never edited. What waits is what has happened since the last decision.
    """

    _name = "ar.bank.account.review"
    _description = "Change of a Bank Account"
    _order = "id"
    _rec_name = "bank_account_id"

    bank_account_id = fields.Many2one("res.partner.bank", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="bank_account_id.company_id", store=True)
    event = fields.Selection(
        [("created", "Entered"), ("changed", "Changed"), ("approved", "Approved"), ("refused", "Refused")],
        string="What",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Who", readonly=True, ondelete="set null")
    date = fields.Datetime(string="When", required=True, readonly=True)
    state_before = fields.Char(readonly=True, help="Whether the account was approved before.")
    old_values = fields.Json(readonly=True)
    new_values = fields.Json(readonly=True)
    change_text = fields.Text(string="From What to What", compute="_compute_change_text")

    @api.depends("old_values", "new_values")
    @api.depends_context("lang")
    def _compute_change_text(self):
        labels = self.env["res.partner.bank"].fields_get(attributes=["string"])
        for review in self:
            old, new = review.old_values or {}, review.new_values or {}
            review.change_text = "\n".join(
                self.env._(
                    "%(what)s: %(old)s → %(new)s",
                    what=labels.get(name, {}).get("string", name),
                    old=_shown(old.get(name)),
                    new=_shown(new.get(name)),
                )
                for name in REVIEWED_FIELDS
                if (old.get(name) or False) != (new.get(name) or False)
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("The history of a bank account writes itself."))
        return super().create(vals_list)

    def write(self, vals):
        if vals:
            raise UserError(self.env._("The history of a bank account is added to, never edited."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(self.env._("The history of a bank account is added to, never edited."))

    @api.model
    def _record(self, accounts, event, before):
        """Add what happened to ``accounts`` just now.

        :param dict before: what they were, by account; of a new one nothing
        """
        now, sudo = fields.Datetime.now(), self.sudo()
        sudo.create(
            [
                {
                    "bank_account_id": account.id,
                    "event": event,
                    "user_id": self.env.uid,
                    "date": now,
                    "state_before": account.ar_review_state,
                    "old_values": before.get(account) or {},
                    "new_values": account._ar_reviewed_values(),
                }
                for account in accounts.sudo()
            ]
        )
        accounts.invalidate_recordset(["ar_review_ids"], flush=False)

    def _undecided(self):
        """Return those of these reviews of one account that came after its last decision, in their order."""
        ordered = self.sorted("id")
        decided = ordered.filtered(lambda review: review.event in ("approved", "refused"))
        return ordered.filtered(lambda review: review.id > decided[-1:].id)

    def _former_values(self):
        """Return the values that the account had before these changes, to be written.

        :raises UserError: when something that it belonged to is gone
        """
        account, changed = self.bank_account_id, {}
        for review in self.sorted("id", reverse=True):
            changed |= {
                name: value for name, value in review.old_values.items() if value != review.new_values.get(name)
            }
        for name, value in changed.items():
            if isinstance(value, list):
                record = self.env[account._fields[name].comodel_name].browse(value[0]).exists()
                if not record:
                    raise UserError(
                        self.env._(
                            "%(account)s belonged to %(name)s, which is gone. Correct the account instead.",
                            account=account.display_name,
                            name=value[1],
                        )
                    )
                changed[name] = record.id
        return {**changed, "ar_review_state": self.sorted("id")[:1].state_before or "approved"}


def _shown(value):
    """Return a stored value as it is read: of a record its name."""
    return (value[1] if isinstance(value, list) else value) or "–"
