from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

INSTALMENT_STATES = [
    ("open", "Open"),
    ("partly_paid", "Partly paid"),
    ("paid", "Paid"),
    ("credited", "Credited"),
    ("late", "Late"),
]
PLANNED = {"plan_id", "date", "amount"}
FOUND = {"paid", "credited", "state", "settled_on"}


class ArPaymentPlanInstalment(models.Model):
    """What is to be paid of a payment plan by a day; what became of it is found from the payments."""

    _name = "ar.payment.plan.instalment"
    _description = "Instalment of a Payment Plan"
    _order = "date, id"
    _rec_name = "date"

    plan_id = fields.Many2one("ar.payment.plan", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="plan_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="plan_id.company_id", store=True)
    currency_id = fields.Many2one(related="plan_id.currency_id", store=True)
    date = fields.Date(string="To be paid by", required=True)
    amount = fields.Monetary(required=True)
    paid = fields.Monetary(readonly=True, copy=False)
    credited = fields.Monetary(readonly=True, copy=False, help="What need not be paid any more, as it was credited.")
    open_amount = fields.Monetary(string="Still Open", compute="_compute_open_amount", store=True)
    state = fields.Selection(INSTALMENT_STATES, required=True, readonly=True, default="open", copy=False)
    settled_on = fields.Date(string="Paid on", readonly=True, copy=False)

    _amount_positive = models.Constraint("CHECK(amount > 0)", "An instalment is greater than zero.")
    _day_uniq = models.UniqueIndex("(plan_id, date)", "Two instalments of a plan are not due on the same day.")

    @api.depends("amount", "paid", "credited")
    def _compute_open_amount(self):
        for instalment in self:
            instalment.open_amount = instalment.amount - instalment.paid - instalment.credited

    @api.model_create_multi
    def create(self, vals_list):
        """Add instalments to drafts; what became of them is set by nobody."""
        for vals in vals_list:
            # A form may send empty values along.
            self._check_by_hand({name for name, value in vals.items() if value and (name, value) != ("state", "open")})
        # Defaults in the context would be as good as values.
        clean = self.with_context(clean_context(self.env.context))  # pylint: disable=context-overridden
        instalments = super(ArPaymentPlanInstalment, clean).create(vals_list)
        instalments._check_draft()
        return instalments

    def write(self, vals):
        """Change instalments of drafts; what became of them is set by nobody."""
        self._check_by_hand(vals)
        if PLANNED & set(vals):
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_from_drafts(self):
        self._check_draft()

    @api.model
    def _check_by_hand(self, vals):
        if not self.env.su and FOUND & set(vals):
            raise AccessError(self.env._("Whether an instalment is paid is found from the payments."))

    def _check_draft(self):
        if not self.env.su and any(instalment.plan_id.state != "draft" for instalment in self):
            raise ValidationError(self.env._("Take the payment plan back to draft to change its instalments."))

    @api.model
    def _ar_due_instalments(self, company, day):
        """What is still to be paid of the active plans of ``company``, as the ledger says on ``day``.

        The plans are judged first, so that nobody is reminded of what is paid.

        :return: SQL of a query with a row per instalment: instalment_id, plan_id, partner_id, currency_id, date,
            amount, open_amount, days (since its day; negative before it) and state
        """
        plans = self.env["ar.payment.plan"].sudo()
        plans.search([("state", "=", "active"), ("company_id", "=", company.root_id.id)])._judge(day)
        plans.flush_model()
        self.flush_model()
        return SQL(
            """
            SELECT instalment.id AS instalment_id,
                   plan.id AS plan_id,
                   plan.partner_id,
                   plan.currency_id,
                   instalment.date,
                   instalment.amount,
                   instalment.open_amount,
                   %(day)s::date - instalment.date AS days,
                   instalment.state
              FROM ar_payment_plan_instalment instalment
              JOIN ar_payment_plan plan ON plan.id = instalment.plan_id
             WHERE plan.state = 'active' AND plan.company_id = %(company)s
               AND instalment.open_amount > 0
            """,
            day=day,
            company=company.root_id.id,
        )
