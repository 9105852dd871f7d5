from odoo import fields, models


class ArAgency(models.Model):
    """Who collects debts for the company, and for how much."""

    _name = "ar.agency"
    _description = "Collection Agency"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(related="partner_id.name", store=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    partner_id = fields.Many2one("res.partner", string="Agency", required=True, ondelete="restrict", tracking=True)
    email = fields.Char(related="partner_id.email", readonly=False)
    company_id = fields.Many2one("res.company", help="Empty: it works for all companies.", ondelete="cascade")
    fee_percent = fields.Float(
        string="Fee", digits=(5, 2), tracking=True, help="Percent of what is paid while a case is with the agency."
    )
    max_megabytes = fields.Integer(
        string="Largest Dossier (MB)", default=20, required=True, help="What the agency's mailbox takes."
    )
    note = fields.Text()

    _fee_between = models.Constraint("CHECK(fee_percent BETWEEN 0 AND 100)", "A fee is between 0 and 100 percent.")
    _size_positive = models.Constraint(
        "CHECK(max_megabytes BETWEEN 1 AND 500)", "A dossier may have between 1 and 500 MB."
    )
