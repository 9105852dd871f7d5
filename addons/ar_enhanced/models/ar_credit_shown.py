from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ..engine.credit_score import NOT_RATED

READERS = "ar_enhanced.group_ar_user"


class ArCreditShown(models.AbstractModel):
    """A document that shows how its customer stands: to readers of scores all of it, to others a hold only."""

    _name = "ar.credit.shown"
    _description = "Document That Shows Its Customer's Credit"

    ar_customer_standing = fields.Char(
        string="Credit Score of Customer", compute="_compute_ar_customer_standing", compute_sudo=True, groups=READERS
    )
    ar_customer_limit_use = fields.Char(
        string="Use of Credit Limit", compute="_compute_ar_customer_standing", compute_sudo=True, groups=READERS
    )
    # Customers read their own documents: what is held against them is for staff alone.
    ar_customer_on_hold = fields.Boolean(
        string="Customer on Credit Hold",
        compute="_compute_ar_customer_on_hold",
        compute_sudo=True,
        groups="base.group_user",
    )

    def _ar_shown_customer(self):
        """Who owes this document."""
        self.ensure_one()
        return self.partner_id.commercial_partner_id

    def _ar_shown_by_company(self):
        """Yield each document with its customer as the document's own company sees it, a company at a time."""
        for company, documents in self.grouped(lambda document: document.company_id or self.env.company).items():
            customers = self.env["res.partner"].union(*(document._ar_shown_customer() for document in documents))
            customers = customers.with_company(company)
            for document in documents:
                customer = document._ar_shown_customer().with_company(company)
                yield document, customer.with_prefetch(customers._prefetch_ids)

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_ar_customer_standing(self):
        for document, customer in self._ar_shown_by_company():
            credit_score = customer.ar_credit_score_id
            document.ar_customer_standing = credit_score.display_name if credit_score else False
            if not customer or not customer.ar_has_credit_limit:
                document.ar_customer_limit_use = customer and self.env._("No limit")
            else:
                document.ar_customer_limit_use = self.env._(
                    "%(percent)s%% of limit", percent=formatLang(self.env, customer.ar_utilisation, digits=0)
                )
            if not credit_score and customer:
                levels = dict(self.env["ar.credit.score"]._fields["level"]._description_selection(self.env))
                document.ar_customer_standing = levels[NOT_RATED]

    @api.depends("partner_id", "company_id")
    def _compute_ar_customer_on_hold(self):
        for document, customer in self._ar_shown_by_company():
            document.ar_customer_on_hold = customer.ar_credit_hold

    def action_ar_open_customer(self):
        """Open the page of this document's customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self._ar_shown_customer().id,
            "views": [[False, "form"]],
        }


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "ar.credit.shown"]
