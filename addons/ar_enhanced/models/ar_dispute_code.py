from odoo import fields, models


class ArDisputeCode(models.Model):
    """Why customers dispute invoices, for the report on root causes."""

    _name = "ar.dispute.code"
    _description = "Dispute Code"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "Each dispute code is used once.")
