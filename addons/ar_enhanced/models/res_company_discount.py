from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_cost_of_capital = fields.Float(
        string="Cost of Capital",
        digits=(6, 2),
        help="What money costs the company, in percent a year. A sliding discount never gives more.",
    )
    ar_discount_grace_days = fields.Integer(string="Grace Days for Discounts")
    ar_discount_grace_amount = fields.Monetary(string="Grace Amount for Discounts")

    _ar_discount_settings_not_negative = models.Constraint(
        "CHECK(ar_cost_of_capital >= 0 AND ar_discount_grace_days >= 0 AND ar_discount_grace_amount >= 0)",
        "The cost of capital and the grace for discounts can't be negative.",
    )
