from odoo import http
from odoo.http import request

from .payment import PAGE
from .portal import PortalAccount


class PortalFeedback(PortalAccount):
    @http.route(
        f"{PAGE}/feedback/<any(payment,dispute,plan):kind>/<int:record_id>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_feedback(self, kind, record_id, **kwargs):
        """Keep the answer to one question, and go back to where it was asked."""
        if not request.env["rating.rating"]._ar_portal_answer(kind, record_id, request.httprequest.form):
            raise request.not_found()
        page = PAGE if kind == "payment" else f"{PAGE}/agreements/{kind}/{record_id}"
        return request.redirect(f"{page}?thanked=1")

    def _prepare_receivables_values(self, page, sortby, filterby, account_args):
        values = super()._prepare_receivables_values(page, sortby, filterby, account_args)
        values["question"] = request.env["rating.rating"]._ar_portal_question("payment")
        values["thanked"] = bool(request.httprequest.args.get("thanked"))
        return values
