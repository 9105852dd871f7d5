from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class ArCreditMigrationReport(models.TransientModel):
    """Between which days credit levels are compared."""

    _name = "ar.credit.migration.report"
    _description = "Compare Credit Levels"

    date_from = fields.Date(
        string="Levels on",
        required=True,
        default=lambda self: fields.Date.subtract(fields.Date.context_today(self), months=3),
    )
    date_to = fields.Date(string="Compared with", required=True, default=fields.Date.context_today)

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        if any(report.date_from >= report.date_to for report in self):
            raise ValidationError(self.env._("Choose two days: the second one is later than the first."))

    def action_show(self):
        """Show the matrix of levels, with the number of customers and what they owe."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_migration"),
            "display_name": self.env._(
                "Credit Levels, %(day)s to %(later)s",
                day=format_date(self.env, self.date_from),
                later=format_date(self.env, self.date_to),
            ),
            "domain": [("company_id", "=", self.env.company.root_id.id)],
            "context": {"ar_date_from": str(self.date_from), "ar_date_to": str(self.date_to)},
        }
