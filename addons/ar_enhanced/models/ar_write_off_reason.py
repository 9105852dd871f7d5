from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

TAX_TREATMENTS = [
    ("gross", "All of it to expense"),
    ("net", "Net to expense, tax back"),
]
#: Accounts that a loss can't be booked on: they say who owes what, or where the money is.
NO_LOSS_ACCOUNTS = (
    "asset_receivable",
    "liability_payable",
    "asset_cash",
    "liability_credit_card",
    "equity_unaffected",
    "off_balance",
)


class ArWriteOffReason(models.Model):
    """Why a debt is given up, and what the accountant books for that by default."""

    _name = "ar.write.off.reason"
    _description = "Write-Off Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    account_id = fields.Many2one(
        "account.account",
        string="Expense Account",
        company_dependent=True,
        domain=f"[('account_type', 'not in', {NO_LOSS_ACCOUNTS!r})]",
        help="Where the loss is booked, in this company.",
    )
    tax_treatment = fields.Selection(
        TAX_TREATMENTS,
        required=True,
        default="gross",
        help="Whether tax can be claimed back is for the law of your country to say, and for your accountant.",
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "There is a reason with this code already.")

    @api.constrains("account_id")
    def _check_account(self):
        for reason in self:
            if reason.account_id.account_type in NO_LOSS_ACCOUNTS:
                raise ValidationError(
                    self.env._(
                        "%(account)s isn't an account for losses: choose an expense or an allowance account.",
                        account=reason.account_id.display_name,
                    )
                )

    @api.model
    def _default(self):
        """The reason that proposals begin with: the first one.

        :raises UserError: when there is none
        """
        reason = self.search([], limit=1)
        if not reason:
            raise UserError(self.env._("Add a reason for write-offs in the configuration of Invoicing first."))
        return reason

    def _account_in(self, company):
        """The expense account of this reason in ``company``; a branch that has none of its own has its company's."""
        self.ensure_one()
        candidates = (self.with_company(each).account_id for each in reversed(company.parent_ids))
        return next((account for account in candidates if account), self.env["account.account"])
