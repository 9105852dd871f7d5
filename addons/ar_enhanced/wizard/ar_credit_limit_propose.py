from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError


class ArCreditLimitPropose(models.TransientModel):
    _name = "ar.credit.limit.propose"
    _description = "Propose Credit Limits"

    line_ids = fields.One2many("ar.credit.limit.propose.line", "proposal_id", string="Customers")
    valid_until = fields.Date(help="Last day of the limits; empty: until others are approved.")

    @api.model
    def default_get(self, fields_list):
        """Begin with what the policy suggests for the selected customers."""
        defaults = super().default_get(fields_list)
        if self.env.context.get("active_model") == "res.partner":
            partners = self.env["res.partner"].browse(self.env.context.get("active_ids", []))
            if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
                raise AccessError(self.env._("Proposing credit limits takes the rights of a clerk in Receivables."))
            partners.check_access("read")
            company = self.env.company.root_id
            defaults["line_ids"] = [
                Command.create({"partner_id": customer_id, "currency_id": company.currency_id.id, **suggestion})
                for customer_id, suggestion in partners._ar_suggested_limits(company).items()
            ]
        return defaults

    def action_propose(self):
        """Ask for the approval of these limits."""
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("Choose the customers in the list of contacts first."))
        limits = self.env["ar.credit.limit"].create(
            [
                {
                    "partner_id": line.partner_id.id,
                    "amount": line.amount,
                    "note": line.note,
                    "valid_until": self.valid_until,
                }
                for line in self.line_ids
            ]
        )
        limits.action_submit()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_limit"),
            "domain": [("id", "in", limits.ids)],
            "context": {},
        }


class ArCreditLimitProposeLine(models.TransientModel):
    _name = "ar.credit.limit.propose.line"
    _description = "Customer to Propose a Credit Limit for"

    proposal_id = fields.Many2one("ar.credit.limit.propose", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    level = fields.Selection(
        [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E"), ("none", "Not rated")], readonly=True
    )
    current_amount = fields.Monetary(string="Limit Now", readonly=True)
    suggested_amount = fields.Monetary(string="Suggested", readonly=True)
    amount = fields.Monetary(string="Limit")
    reasons = fields.Json(readonly=True)
    reason_text = fields.Text(string="Why This Suggestion", compute="_compute_reason_text")
    note = fields.Char(string="Why Another Amount")

    @api.depends("reasons", "currency_id")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for line in self:
            line.reason_text = self.env["ar.credit.limit"]._reason_words(line.reasons or [], line.currency_id)
