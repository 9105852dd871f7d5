from odoo import fields, models


class ArMatchAllocation(models.Model):
    """The part of a payment that settles one item, as it was proposed."""

    _name = "ar.match.allocation"
    _description = "Allocation of a Bank Line"
    _order = "match_id, id"
    _rec_name = "number"

    match_id = fields.Many2one("ar.match", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="match_id.company_id", store=True)
    item_id = fields.Many2one("account.move.line", index="btree_not_null", ondelete="set null", readonly=True)
    move_id = fields.Many2one(related="item_id.move_id", string="Invoice")
    partner_id = fields.Many2one(related="item_id.partner_id", string="Customer")
    number = fields.Char(required=True, readonly=True)
    currency_id = fields.Many2one(related="match_id.currency_id")
    amount = fields.Monetary(required=True, readonly=True)
