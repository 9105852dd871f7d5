from decimal import Decimal

from odoo import api, fields, models

CREDITING = ("out_invoice", "out_receipt")
#: What Odoo writes when it posts.
POSTING = {"state", "posted_before"}


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    ar_hold_ids = fields.One2many(
        "ar.credit.hold", "move_id", string="Credit Holds", groups="ar_enhanced.group_ar_user"
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create drafts: posting is a step of its own, whatever the context says that invoices begin as."""
        moves = self
        if "default_state" in self.env.context:
            context = {key: value for key, value in self.env.context.items() if key != "default_state"}
            moves = self.with_context(context)  # pylint: disable=context-overridden
        return super(AccountMove, moves).create(vals_list)

    def write(self, vals):
        """Post what the customers' credit allows, by whatever way; all that is posted at once counts together."""
        if vals.get("state") != "posted":
            return super().write(vals)
        posting = self.filtered(lambda move: move.state != "posted")
        # What changes in the same breath counts as well.
        if changes := {name: value for name, value in vals.items() if name not in POSTING}:
            super().write(changes)
            vals = {name: value for name, value in vals.items() if name in POSTING}
        credited = posting.filtered(
            lambda move: move.move_type in CREDITING and move.amount_total > 0 and move.partner_id
        )
        if credited:
            credited._ar_check_credit()
        return super().write(vals)

    def _ar_check_credit(self):
        """Raise an error if one of these draft invoices must wait."""
        for company, invoices in self._ar_on_credit().grouped(lambda move: move.company_id.sudo().root_id).items():
            added = invoices._ar_hold_amounts(company)
            invoices._ar_hold_customers()._ar_check_credit(company, added, invoices)

    def _ar_on_credit(self):
        """Invoices that ask for credit."""
        return self

    def _ar_hold_kind(self):
        """The kind of document that rules of credit holds know these as."""
        return "invoice"

    def _ar_hold_customers(self):
        return self.partner_id.commercial_partner_id

    def _ar_hold_customer(self):
        """Who owes this document."""
        return self.partner_id.commercial_partner_id

    def _ar_hold_amounts(self, company):
        """What each of these would add to its customer's exposure: ``{id: Decimal}`` in the company's currency."""
        currency = company.currency_id
        return {
            move.id: Decimal(
                str(
                    abs(move.amount_total_signed)
                    if move.company_id.currency_id == currency
                    else move.currency_id._convert(
                        move.amount_total, currency, company, move.invoice_date or fields.Date.context_today(move)
                    )
                )
            )
            for move in self
        }

    def _ar_hold_is_waiting(self):
        """Whether this document can still be let through or refused."""
        return self.state == "draft"

    def _ar_hold_title(self):
        """What people call this document before it has a number."""
        if self.name and self.name != "/":
            return self.name
        return self.env._("Draft invoice of %(customer)s", customer=self.partner_id.display_name)

    def _get_alerts(self):
        """Tell why this invoice must wait, or that it was released: once, not again as Odoo's warning of the limit."""
        alerts = super()._get_alerts()
        if self.state != "draft" or self.move_type not in CREDITING or not self.partner_id:
            return alerts
        alert = self.env["ar.credit.hold"]._alert_of(self)
        if not alert:
            return alerts
        return {
            **{key: told for key, told in alerts.items() if key != "account_partner_credit_warning"},
            "ar_credit_hold": alert,
        }
