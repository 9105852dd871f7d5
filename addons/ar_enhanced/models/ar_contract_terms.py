from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ArContractTerms(models.Model):
    """What was agreed with a customer about paying, for a time.

    Only what is filled in was agreed: an empty currency or payment term differs from nothing.
    ``partner_id`` is the commercial entity, ``company_id`` the root company.
    """

    _name = "ar.contract.terms"
    _description = "Contract Terms"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "partner_id, date_from desc"

    name = fields.Char(string="Contract", required=True, tracking=True)
    active = fields.Boolean(default=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="cascade", tracking=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
        ondelete="cascade",
    )
    payment_term_id = fields.Many2one("account.payment.term", string="Payment Terms", tracking=True)
    credit_days = fields.Integer(
        string="Credit Days at Most",
        tracking=True,
        help="Days from the invoice's date to its last due date. Zero: as the payment terms say.",
    )
    currency_id = fields.Many2one("res.currency", tracking=True)
    discount_percent = fields.Float(
        string="Early-Payment Discount (%)", tracking=True, help="As agreed; with zero none is."
    )
    agrees_discount = fields.Boolean(string="Discount Agreed", help="The invoice's discount is compared with this one.")
    date_from = fields.Date(string="Valid from", required=True, default=fields.Date.context_today, tracking=True)
    date_until = fields.Date(string="Valid until", tracking=True)
    review_on = fields.Date(string="Review on", tracking=True)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, tracking=True)
    document = fields.Binary(attachment=True, copy=False)
    document_name = fields.Char(copy=False)
    note = fields.Text()
    deviation_count = fields.Integer(compute="_compute_deviation_count")

    _dates_in_order = models.Constraint(
        "CHECK(date_until IS NULL OR date_until >= date_from)", "Contract terms end on the day they begin, or later."
    )
    _days_positive = models.Constraint("CHECK(credit_days >= 0)", "Credit days are zero or more.")
    _discount_percentage = models.Constraint(
        "CHECK(discount_percent >= 0 AND discount_percent < 100)", "A discount is at least 0 % and less than 100 %."
    )
    _customer_idx = models.Index("(partner_id, company_id, date_from)")

    def _compute_deviation_count(self):
        counts = dict(
            self.env["ar.contract.deviation"]._read_group(
                [("terms_id", "in", self.ids), ("is_accepted", "=", False)], ["terms_id"], ["__count"]
            )
        )
        for terms in self:
            terms.deviation_count = counts.get(terms, 0)

    @api.constrains("partner_id", "company_id", "date_from", "date_until", "active")
    def _check_one_at_a_time(self):
        """One contract at most is valid for a customer on a day."""
        others = self.sudo().search(
            [("partner_id", "in", self.partner_id.ids), ("company_id", "in", self.company_id.ids)]
        )
        for terms in self.filtered("active"):
            for other in others - terms:
                if other.partner_id == terms.partner_id and terms._overlaps(other):
                    raise ValidationError(
                        self.env._(
                            "%(contract)s is valid at the same time: end it before these terms begin.",
                            contract=other.name,
                        )
                    )

    def _overlaps(self, other):
        """Whether these terms and ``other`` are valid on a common day, in the same company."""
        return (
            other.company_id == self.company_id
            and (not other.date_until or other.date_until >= self.date_from)
            and (not self.date_until or self.date_until >= other.date_from)
        )

    @api.constrains("payment_term_id", "credit_days", "currency_id", "agrees_discount")
    def _check_agreed_on_something(self):
        for terms in self:
            if not (terms.payment_term_id or terms.credit_days or terms.currency_id or terms.agrees_discount):
                raise ValidationError(
                    self.env._("Say what was agreed: payment terms, credit days, a currency or a discount.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Add contract terms of the customers that the partners belong to."""
        return super().create([self._with_owner(vals) for vals in vals_list])

    def write(self, vals):
        """Change contract terms; they stay with the customer that the partner belongs to."""
        return super().write(self._with_owner(vals))

    @api.model
    def _with_owner(self, vals):
        owned = dict(vals)
        if vals.get("partner_id"):
            owned["partner_id"] = self.env["res.partner"].browse(vals["partner_id"]).commercial_partner_id.id
        if vals.get("company_id"):
            # A branch's root may be out of the user's reach; only its id is taken.
            owned["company_id"] = self.env["res.company"].sudo().browse(vals["company_id"]).root_id.id
        return owned

    def action_deviations(self):
        """Open the invoices that differ from these terms."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_contract_deviation"),
            "domain": [("terms_id", "in", self.ids)],
        }

    @api.model
    def _cron_alarm(self):
        """Ask the persons in charge to look at invoices that differ, and at contracts whose review has come."""
        day = fields.Date.context_today(self)
        differing = self.browse(
            terms.id
            for (terms,) in self.env["ar.contract.deviation"]._read_group(
                [("is_accepted", "=", False), ("is_unpaid", "=", True)], ["terms_id"]
            )
        )
        self._ask("ar_enhanced.mail_activity_terms_differ", differing.filtered("user_id"), lambda terms: day)
        self._ask(
            "ar_enhanced.mail_activity_review_terms",
            self.search([("review_on", "<=", day), ("user_id", "!=", False)]),
            lambda terms: terms.review_on,
        )

    def _ask(self, activity_type, contracts, deadline):
        """Keep one open activity of this type per contract, and none on those that no longer need it."""
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("activity_type_id", "=", self.env.ref(activity_type).id),
                ("automated", "=", True),
            ]
        )
        activities.filtered(lambda activity: activity.res_id not in contracts._ids).unlink()
        asked = set(activities.exists().mapped("res_id"))
        for terms in contracts:
            if terms.id not in asked:
                terms.activity_schedule(activity_type, date_deadline=deadline(terms), user_id=terms.user_id.id)
