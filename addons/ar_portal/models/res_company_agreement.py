from odoo import fields, models


class ResCompany(models.Model):
    """What customers may ask for in the portal by themselves."""

    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_portal_disputes = fields.Boolean(string="Customers Dispute Invoices", default=True)
    ar_portal_answer_days = fields.Integer(
        string="Answered Within", default=10, help="Days in which a dispute from the portal is to be answered."
    )
    ar_portal_promise_days = fields.Integer(
        string="Promises up to",
        default=30,
        help="So many days ahead a customer may promise to pay; 0: no promises in the portal.",
    )
    ar_portal_plans = fields.Boolean(string="Customers Ask for Instalments", default=True)

    _ar_portal_agreement_days = models.Constraint(
        "CHECK(ar_portal_answer_days >= 0 AND ar_portal_promise_days BETWEEN 0 AND 365)",
        "The days for answers are zero or more, those for promises at most 365.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    ar_portal_disputes = fields.Boolean(related="company_id.root_id.ar_portal_disputes", readonly=False)
    ar_portal_answer_days = fields.Integer(related="company_id.root_id.ar_portal_answer_days", readonly=False)
    ar_portal_promise_days = fields.Integer(related="company_id.root_id.ar_portal_promise_days", readonly=False)
    ar_portal_plans = fields.Boolean(related="company_id.root_id.ar_portal_plans", readonly=False)
