from odoo import http
from odoo.http import request

from .portal import PortalAccount


class PortalNotices(PortalAccount):
    def _prepare_receivables_values(self, page, sortby, filterby, account_args):
        """Add the notices to the user's own account."""
        values = super()._prepare_receivables_values(page, sortby, filterby, account_args)
        shown = {} if account_args else request.env["ar.reminder"]._ar_portal_notices()
        return {**values, "notices": {"new": [], "earlier": [], **shown}}

    @http.route(
        "/my/receivables/notices/<int:notice_id>/read", type="http", auth="user", methods=["POST"], website=True
    )
    def portal_read_notice(self, notice_id, **kwargs):
        """Note that a notice was read, and show the page again."""
        if not request.env["ar.reminder"]._ar_portal_mark_read(notice_id):
            raise request.not_found()
        return request.redirect("/my/receivables")
