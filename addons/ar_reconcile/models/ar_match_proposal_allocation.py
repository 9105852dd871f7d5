from odoo import fields, models


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
