from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import format_amount

DISPUTE_STATES = [("open", "Open"), ("resolved", "Resolved"), ("rejected", "Rejected")]
OUTCOMES = [("justified", "Justified"), ("unjustified", "Not justified")]
#: How a dispute that ends so is called.
STATE_BY_OUTCOME = {"justified": "resolved", "unjustified": "rejected"}
DECIDED = {"state", "outcome", "closed_on", "resolution", "was_decided", "refund_id"}
#: What stays as it was when it was decided on.
FIXED = {"amount", "code_id", "move_id", "move_line_id", "line_ids", "opened_on"}


class ArDispute(models.Model):
    """A customer's objection to an invoice or a part of its amount.

    ``partner_id`` is the commercial entity, ``company_id`` the root company: both follow from the invoice.
    """

    _name = "ar.dispute"
    _description = "Dispute"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "opened_on desc, id desc"

    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted')]",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_invoice",
        store=True,
        precompute=True,
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_from_invoice", store=True, precompute=True, required=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_from_invoice", store=True, precompute=True, required=True
    )
    code_id = fields.Many2one(
        "ar.dispute.code", string="Reason", required=True, ondelete="restrict", tracking=True, index=True
    )
    amount = fields.Monetary(
        string="Disputed",
        compute="_compute_amount",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        tracking=True,
    )
    description = fields.Text(string="What the customer says")
    user_id = fields.Many2one("res.users", string="Owner", default=lambda self: self.env.user, tracking=True)
    deadline = fields.Date(string="To answer by", tracking=True)
    opened_on = fields.Date(required=True, default=fields.Date.context_today, copy=False)
    closed_on = fields.Date(readonly=True, copy=False)
    state = fields.Selection(
        DISPUTE_STATES, required=True, readonly=True, default="open", index=True, tracking=True, copy=False
    )
    outcome = fields.Selection(OUTCOMES, readonly=True, tracking=True, copy=False)
    resolution = fields.Text(readonly=True, copy=False)
    was_decided = fields.Boolean(
        readonly=True, copy=False, help="A decision was made once: it stays in the credit file, even if taken back."
    )

    _amount_positive = models.Constraint("CHECK(amount > 0)", "A disputed amount is greater than zero.")
    _closed_with_outcome = models.Constraint(
        "CHECK((state = 'open') = (outcome IS NULL) AND (state = 'open') = (closed_on IS NULL))",
        "A dispute that is closed has an outcome and a day.",
    )
    _closed_after = models.Constraint(
        "CHECK(closed_on IS NULL OR closed_on >= opened_on)", "A dispute isn't closed before it is opened."
    )
    _customer_idx = models.Index("(partner_id, company_id, state)")

    @api.depends("move_id.partner_id.commercial_partner_id", "move_id.company_id", "move_id.currency_id")
    def _compute_from_invoice(self):
        for dispute in self:
            dispute.partner_id = dispute.move_id.partner_id.commercial_partner_id
            dispute.company_id = dispute.move_id.company_id.root_id
            dispute.currency_id = dispute.move_id.currency_id

    @api.depends("move_id")
    def _compute_amount(self):
        for dispute in self:
            if not dispute.amount:
                dispute.amount = dispute.move_id.amount_residual or dispute.move_id.amount_total

    @api.depends("move_id", "amount", "currency_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = dispute.move_id and self.env._(
                "%(invoice)s: %(amount)s",
                invoice=dispute.move_id.name or "",
                amount=format_amount(self.env, dispute.amount, dispute.currency_id),
            )

    @api.constrains("move_id", "amount", "state")
    def _check_invoice(self):
        for dispute in self:
            invoice = dispute.move_id
            if dispute.state == "open" and (invoice.move_type != "out_invoice" or invoice.state != "posted"):
                raise ValidationError(self.env._("A dispute is about a posted customer invoice."))
            if dispute.currency_id.compare_amounts(dispute.amount, invoice.amount_total) > 0:
                raise ValidationError(
                    self.env._(
                        "%(invoice)s is over %(amount)s: no more than that can be disputed.",
                        invoice=invoice.name,
                        amount=format_amount(self.env, invoice.amount_total, invoice.currency_id),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Open disputes; each is closed by its own decision."""
        for vals in vals_list:
            if vals.get("state", "open") != "open" or any(vals.get(name) for name in DECIDED - {"state"}):
                self._check_by_hand(vals)
        if not self.env.su:
            # Nor by a default in the context.
            vals_list = [{**vals, "state": "open", **dict.fromkeys(DECIDED - {"state"}, False)} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """Change disputes while they are open; the decision comes by its own action."""
        self._check_by_hand(vals)
        decided = any(dispute.state != "open" for dispute in self)
        if decided and not self.env.su and FIXED & set(vals):
            raise ValidationError(self.env._("This dispute is closed: open it again to change it."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_open(self):
        if any(dispute.state != "open" or dispute.was_decided for dispute in self):
            raise ValidationError(self.env._("A dispute that was decided is part of the customer's credit file."))

    @api.model
    def _check_by_hand(self, vals):
        if DECIDED & set(vals) and not self.env.su:
            raise AccessError(self.env._("A dispute is closed by a decision with its outcome and reason."))

    def action_close(self):
        """Ask how the disputes ended."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_dispute_close"),
            "context": {"default_dispute_ids": self.ids},
        }

    def action_reopen(self):
        """Take the decision back: the customer still objects."""
        self.check_access("write")
        # The right to change disputes was checked; the decision is closed to everything but the methods here.
        self.sudo().write({"state": "open", "outcome": False, "closed_on": False, "resolution": False})
        return True

    def _close(self, outcome, resolution):
        """Close the open ones among these disputes."""
        self.check_access("write")
        # The right to change disputes was checked; the decision is closed to everything but the methods here.
        self.sudo().filtered(lambda dispute: dispute.state == "open").write(
            {
                "state": STATE_BY_OUTCOME[outcome],
                "outcome": outcome,
                "resolution": resolution,
                "closed_on": fields.Date.context_today(self),
                "was_decided": True,
            }
        )
