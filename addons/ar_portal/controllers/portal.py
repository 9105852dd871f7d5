from odoo import fields, http
from odoo.http import request

from odoo.addons.account_payment.controllers import portal
from odoo.addons.portal.controllers.portal import pager as portal_pager


class PortalAccount(portal.PortalAccount):
    _ar_items_per_page = 20

    def _prepare_portal_layout_values(self):
        values = super()._prepare_portal_layout_values()
        values["ar_portal_access"] = request.env["account.move.line"]._ar_portal_access()
        return values

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "ar_open_count" in counters:
            values["ar_open_count"] = request.env["account.move.line"]._ar_portal_open_count()
        return values

    @http.route(
        ["/my/receivables", "/my/receivables/page/<int:page>"], type="http", auth="user", methods=["GET"], website=True
    )
    def portal_my_receivables(self, page=1, sortby=None, filterby=None, **kwargs):
        values = self._prepare_portal_layout_values()
        values.update(self._prepare_receivables_values(page, sortby, filterby))
        return request.render("ar_portal.portal_my_receivables", values)

    def _prepare_receivables_values(self, page, sortby, filterby):
        """What the page shows.  An unknown word among the parameters means the default; the models decide the rest."""
        lines = request.env["account.move.line"]
        day = fields.Date.context_today(lines)
        filters = lines._ar_portal_filters(day)
        filterby = filterby if filterby in filters else next(iter(filters))
        orders = lines._ar_portal_orders(latest_first=filterby == "paid")
        sortby = sortby if sortby in orders else next(iter(orders))
        domain = filters[filterby]["domain"]
        access = lines._ar_portal_access()
        pager = portal_pager(
            url="/my/receivables",
            total=lines.search_count(domain) if access else 0,
            page=page if isinstance(page, int) else 1,  # "?page=" comes as text
            step=self._ar_items_per_page,
            url_args={"sortby": sortby, "filterby": filterby},
        )
        if access:
            lines = lines.search(
                domain, order=orders[sortby]["order"], limit=self._ar_items_per_page, offset=pager["offset"]
            )
        recently_paid = lines.browse() if filterby == "paid" else lines._ar_portal_recently_paid(day)
        return {
            "page_name": "receivables",
            "account": request.env["res.partner"]._ar_portal_account(day),
            "items": lines._ar_portal_lines(day),
            "today": day,
            "recently_paid": recently_paid._ar_portal_lines(day),
            "pager": pager,
            "default_url": "/my/receivables",
            "searchbar_filters": filters,
            "filterby": filterby,
            "searchbar_sortings": orders,
            "sortby": sortby,
        }
