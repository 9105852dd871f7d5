from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ArCreditFilePrint(models.TransientModel):
    """Which part of a customer's credit file is printed."""

    _name = "ar.credit.file.print"
    _description = "Print a Credit File"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.subtract(fields.Date.context_today(self), years=1),
    )
    date_until = fields.Date(string="Until", required=True, default=fields.Date.context_today)

    @api.constrains("date_from", "date_until")
    def _check_dates(self):
        if any(printing.date_from > printing.date_until for printing in self):
            raise ValidationError(self.env._("The period begins before it ends."))

    def action_print(self):
        """Print it as PDF."""
        return self.env.ref("ar_enhanced.report_credit_file").report_action(self)

    def action_show(self):
        """Show it on a page of its own, where the browser can print it."""
        return self.env.ref("ar_enhanced.report_credit_file_page").report_action(self)

    def _events(self):
        """The time line of the period, newest first, as far as the user may read it."""
        self.ensure_one()
        return self.env["ar.credit.event"].search(
            [
                *self.partner_id._ar_file_domain(self.company_id),
                ("date", ">=", self.date_from),
                ("date", "<=", self.date_until),
            ]
        )
