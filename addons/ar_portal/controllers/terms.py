from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class PortalCreditTerms(CustomerPortal):
    @http.route("/my/receivables/terms", type="http", auth="user", methods=["GET"], website=True)
    def portal_my_credit_terms(self, **kwargs):
        """Show the credit terms in force."""
        values = self._prepare_portal_layout_values()
        values.update(page_name="credit_terms", terms_shown=request.env["ar.credit.terms"]._ar_portal_terms())
        return request.render("ar_portal.portal_my_credit_terms", values)

    @http.route(
        "/my/receivables/terms/<int:terms_id>/acknowledge", type="http", auth="user", methods=["POST"], website=True
    )
    def portal_acknowledge_credit_terms(self, terms_id, **kwargs):
        """Record the acknowledgement and show the page again."""
        if not request.env["ar.credit.terms"]._ar_portal_acknowledge(terms_id):
            raise request.not_found()
        return request.redirect("/my/receivables/terms")
