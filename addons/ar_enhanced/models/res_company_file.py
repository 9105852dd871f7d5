from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_promise_tolerance = fields.Integer(
        string="Tolerance for Promises",
        default=3,
        help="Days after the promised day within which a payment still keeps a promise to pay.",
    )

    _ar_promise_tolerance_positive = models.Constraint(
        "CHECK(ar_promise_tolerance >= 0)", "The tolerance for promises to pay is a number of days, zero or more."
    )

    ar_warning_days = fields.Integer(string="Look Back for Warnings", default=30)
    ar_warning_points = fields.Integer(string="Warn When the Score Drops by", default=10)
    ar_warning_slower_days = fields.Integer(string="Warn When Payments Come Later by", default=5)
    ar_warning_utilisation = fields.Integer(string="Warn Above This Utilisation", default=90)
    ar_warning_limit_days = fields.Integer(string="Warn Before a Limit Ends", default=30)

    _ar_warnings_positive = models.Constraint(
        "CHECK(ar_warning_days > 0 AND ar_warning_points > 0 AND ar_warning_slower_days > 0"
        " AND ar_warning_utilisation > 0 AND ar_warning_limit_days >= 0)",
        "The thresholds of early warnings are greater than zero.",
    )
