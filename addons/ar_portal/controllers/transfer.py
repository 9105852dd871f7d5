from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .payment import PAGE, PortalPayment, _choice, _ids


class PortalTransfer(PortalPayment):
    @http.route(f"{PAGE}/transfer", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    def portal_my_receivables_announce(self, expected_on=None, choice=None, **kwargs):
        """Announce a transfer for what was chosen, and show what is needed for it."""
        lines = request.env["account.move.line"]
        try:
            ids, parts = _choice(request.httprequest.form.getlist("item"), choice or None)
            notice = lines._ar_portal_announce(ids, parts, expected_on, lines._ar_portal_today(ids))
        except UserError as error:
            return self._not_payable(error)
        return request.redirect(f"{PAGE}/transfer/{notice.id}")

    @http.route(f"{PAGE}/transfer/<int:notice_id>", type="http", auth="user", methods=["GET"], website=True)
    def portal_my_receivables_transfer(self, notice_id, **kwargs):
        """What is needed for a transfer that was announced."""
        notice = request.env["account.move.line"]._ar_portal_notices(_ids([notice_id])[0])
        if not notice:
            raise request.not_found()
        values = {**self._prepare_portal_layout_values(), "page_name": "receivables_transfers", "notice": notice}
        return request.render("ar_portal.portal_receivables_transfer", values)

    @http.route(f"{PAGE}/transfers", type="http", auth="user", methods=["GET"], website=True)
    def portal_my_receivables_transfers(self, **kwargs):
        """The transfers that the customer has announced."""
        notices = request.env["account.move.line"]._ar_portal_notices()
        values = {**self._prepare_portal_layout_values(), "page_name": "receivables_transfers", "notices": notices}
        return request.render("ar_portal.portal_receivables_transfers", values)

    @http.route(f"{PAGE}/transfer/<int:notice_id>/cancel", type="http", auth="user", methods=["POST"], website=True)
    def portal_my_receivables_cancel_transfer(self, notice_id, **kwargs):
        """Take an announcement back."""
        try:
            notice = request.env["account.move.line"]._ar_portal_cancel_notice(_ids([notice_id])[0])
        except UserError as error:
            return self._not_payable(error)
        if not notice:
            raise request.not_found()
        return request.redirect(f"{PAGE}/transfers")
