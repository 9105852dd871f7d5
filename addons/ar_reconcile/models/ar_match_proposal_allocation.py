from odoo import fields, models
from odoo.exceptions import UserError

from .bank_line_booking import WITHOUT_ITEM, Part


class ArMatchProposalAllocation(models.Model):
    """One part of a payment, as it was proposed: an item that it settles, or what becomes of a difference."""

    _name = "ar.match.proposal.allocation"
    _description = "Allocation of a Bank Line"
    _order = "proposal_id, id"
    _rec_name = "number"

    proposal_id = fields.Many2one("ar.match.proposal", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="proposal_id.company_id", store=True)
    move_line_id = fields.Many2one(
        "account.move.line", string="Item", index="btree_not_null", ondelete="set null", readonly=True
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", index="btree_not_null", ondelete="set null", readonly=True
    )
    account_id = fields.Many2one(
        "account.account",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="Where it is booked, if a person has chosen that.",
    )
    number = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [
            ("full", "In full"),
            ("instalment", "Instalment"),
            ("partial", "In part"),
            ("credit_note", "Credit note"),
            ("payment", "Registered payment"),
            ("discount", "Early-payment discount"),
            ("discount_grace", "Discount, paid late"),
            ("bank_fee", "Bank fee"),
            ("rounding", "Rounding"),
            ("exchange", "Exchange difference"),
            ("overpayment", "Overpayment"),
            ("prepayment", "On account"),
            ("write_off", "Write-off"),
            ("account", "Account"),
            ("open", "Left open"),
        ],
        required=True,
        readonly=True,
    )
    currency_id = fields.Many2one(related="proposal_id.currency_id")
    amount = fields.Monetary(required=True, readonly=True, help="Signed: all parts sum to the payment.")
    item_currency_id = fields.Many2one(related="move_line_id.currency_id", string="Currency of the Item")
    item_amount = fields.Monetary(
        string="Amount of the Item",
        currency_field="item_currency_id",
        readonly=True,
        help="What is taken off the item, where it is in another currency than the payment.",
    )

    def _as_part(self):
        """Return what is to be booked for this allocation.

        :raises UserError: when its item is gone, or has become somebody else's
        """
        self.ensure_one()
        item = self.move_line_id
        if self.kind not in WITHOUT_ITEM and (not item or item.partner_id != self.partner_id):
            raise UserError(self.env._("An invoice of this proposal has changed, or no longer exists."))
        return Part(item, self.amount, self.kind, self.item_amount or None, self.account_id, self.partner_id)
