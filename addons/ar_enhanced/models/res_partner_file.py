from odoo import api, fields, models
from odoo.exceptions import UserError

#: What is on file about a customer for good.
KEPT_BY = (
    "ar.credit.hold",
    "ar.credit.limit",
    "ar.credit.acknowledgement",
    "ar.write.off",
    "ar.agency.case",
    "ar.collection.contact",
)


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def action_ar_promise(self):
        """Note what this customer promises to pay; what is overdue is proposed."""
        self.ensure_one()
        day = fields.Date.context_today(self)
        overdue = self._ar_unpaid_invoices().filtered(
            lambda invoice: (invoice.invoice_date_due or invoice.invoice_date) < day
        )
        overdue = overdue.filtered(lambda invoice: invoice.currency_id == overdue[:1].currency_id)
        return {
            **overdue.action_ar_promise(),
            "context": {
                **overdue.action_ar_promise()["context"],
                "ar_customer_id": self.commercial_partner_id.id,
            },
        }

    def action_ar_dispute(self):
        """Note what this customer objects to."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_dispute_new"),
            "context": {"ar_customer_id": self.commercial_partner_id.id},
        }

    def action_ar_credit_file(self):
        """Open the time line of this customer's credit."""
        self.ensure_one()
        customer = self.commercial_partner_id
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_file"),
            "display_name": self.env._("Credit File: %(customer)s", customer=customer.name),
            "domain": self._ar_file_domain(self.env.company),
            "context": {"default_partner_id": customer.id},
        }

    def action_ar_print_credit_file(self):
        """Ask for the period of the credit file to print."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_file_print"),
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }

    def _ar_file_domain(self, company):
        """Domain of this customer's events in ``company``."""
        self.ensure_one()
        return [
            ("partner_id", "=", self.commercial_partner_id.id),
            ("company_id", "in", [False, company.root_id.id]),
        ]

    def _ar_unpaid_invoices(self):
        """Posted invoices of this customer, in the current company and its branches, that the user may read."""
        return self.env["account.move"].search(
            [
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("commercial_partner_id", "=", self.commercial_partner_id.id),
                ("company_id", "child_of", self.env.company.root_id.id),
            ],
            order="invoice_date_due, id",
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_credit_file(self):
        """Keep customers about whom decisions were made: what goes with a partner goes without a trace."""
        for model in KEPT_BY:
            # Who may delete contacts needn't see their credit file.
            known = self.env[model].sudo().search([("partner_id", "in", self.ids)], limit=1)
            if known:
                raise UserError(
                    self.env._(
                        "%(partner)s has a credit file: archive the contact instead of deleting it.",
                        partner=known.partner_id.display_name,
                    )
                )
