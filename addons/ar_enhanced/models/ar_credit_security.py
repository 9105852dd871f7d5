from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .ar_document_steps import MANAGER

DETAILS = {"attachment_ids", "note", "message_main_attachment_id", "activity_ids", "activity_user_id"}


class ArCreditSecurity(models.Model):
    _name = "ar.credit.security"
    _description = "Credit Security"
    _inherit = ["mail.thread", "mail.activity.mixin", "ar.document.steps"]
    _order = "valid_until desc, id desc"
    _rec_names_search = ["reference", "partner_id"]
    _mail_post_access = "read"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company.root_id,
        ondelete="cascade",
    )
    kind = fields.Selection(
        [("insurance", "Insurance"), ("guarantee", "Guarantee"), ("deposit", "Deposit"), ("other", "Other")],
        required=True,
        default="insurance",
        tracking=True,
    )
    amount = fields.Monetary(required=True, tracking=True)
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.root_id.currency_id, tracking=True
    )
    valid_from = fields.Date(required=True, default=fields.Date.context_today, tracking=True)
    valid_until = fields.Date(tracking=True, help="Last day; empty: without end.")
    issuer = fields.Char(string="Insurer or Guarantor", tracking=True)
    reference = fields.Char(tracking=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Documents", bypass_search_access=True)
    note = fields.Text()
    state = fields.Selection(
        [("waiting", "Waiting for confirmation"), ("confirmed", "Confirmed"), ("ended", "Ended")],
        required=True,
        readonly=True,
        default="waiting",
        copy=False,
        tracking=True,
    )
    recorded_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    _amount_positive = models.Constraint("CHECK(amount > 0)", "The amount of a security must be positive.")
    _validity = models.Constraint(
        "CHECK(valid_until IS NULL OR valid_until >= valid_from)", "A security can't end before it begins."
    )
    _two_persons = models.Constraint(
        "CHECK(state != 'confirmed' OR (recorded_by_id IS NOT NULL AND confirmed_by_id IS NOT NULL"
        " AND confirmed_by_id != recorded_by_id))",
        "A security is confirmed by another person than the one who recorded it.",
    )

    @api.depends("kind", "reference", "partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for security in self:
            security.display_name = " · ".join(
                filter(None, (kinds.get(security.kind), security.reference, security.partner_id.name))
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Record securities; they count once another person has confirmed them."""
        partners = self.env["res.partner"]
        vals_list = [
            {
                **vals,
                "partner_id": partners.browse(vals.get("partner_id")).commercial_partner_id.id,
                "company_id": (self.env["res.company"].browse(vals.get("company_id")) or self.env.company)
                .sudo()
                .root_id.id,
                **({} if self.env.su else {"state": "waiting", "confirmed_by_id": False}),
                "recorded_by_id": self.env.uid,
            }
            for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change what another person has confirmed; whoever changes the rest is the recorder."""
        if self.env.su or not set(vals) - DETAILS:
            return super().write(vals)
        if set(vals) & {"state", "recorded_by_id", "confirmed_by_id", "company_id"}:
            raise AccessError(self.env._("A security is confirmed and ended with its buttons."))
        if self.filtered(lambda security: security.state != "waiting"):
            raise UserError(self.env._("A confirmed security doesn't change: end it and record a new one."))
        self.check_access("write")
        if "partner_id" in vals:
            partner = self.env["res.partner"].browse(vals["partner_id"])
            vals = {**vals, "partner_id": partner.commercial_partner_id.id}
        return super(ArCreditSecurity, self.sudo()).write({**vals, "recorded_by_id": self.env.uid})

    @api.ondelete(at_uninstall=False)
    def _unlink_waiting_only(self):
        if self.filtered(lambda security: security.state != "waiting"):
            raise UserError(self.env._("A security that was confirmed is part of the history: end it instead."))

    def action_confirm(self):
        """Let the securities raise the limit while they are valid."""
        self._check_group(MANAGER)
        self._check_state("waiting")
        if self.filtered(lambda security: security.recorded_by_id == self.env.user):
            raise UserError(self.env._("Another credit manager has to confirm what you have recorded yourself."))
        self.sudo().write({"state": "confirmed", "confirmed_by_id": self.env.uid})
        self._limits()._sync_native_limits()

    def action_end(self):
        """Let the securities count no more."""
        self._check_group(MANAGER)
        self._check_state("confirmed")
        self.sudo().write({"state": "ended"})
        self._limits()._sync_native_limits()

    def _limits(self):
        """The current limits that these securities raise."""
        return (
            self.env["ar.credit.limit"]
            .sudo()
            .search([("is_current", "=", True), ("partner_id", "in", self.partner_id.ids)])
        )

    @api.model
    def _ar_secured_where(self, company, condition, day):
        """What is secured on ``day``: ``{(customer id, currency id): Decimal}``, in one statement."""
        self.flush_model()
        return {
            (customer_id, currency_id): Decimal(amount)
            for customer_id, currency_id, amount in self.env.execute_query(
                SQL(
                    """
                    SELECT customer.id, security.currency_id, SUM(security.amount)::text
                      FROM ar_credit_security security
                      JOIN res_partner customer ON customer.id = security.partner_id
                     WHERE security.state = 'confirmed'
                       AND security.company_id = %(company)s
                       AND security.valid_from <= %(day)s
                       AND (security.valid_until IS NULL OR security.valid_until >= %(day)s)
                       AND customer.id = customer.commercial_partner_id
                       AND %(condition)s
                  GROUP BY customer.id, security.currency_id
                    """,
                    company=company.id,
                    day=day,
                    condition=condition,
                )
            )
        }
