from odoo import http
from odoo.exceptions import MissingError
from odoo.http import request

from odoo.addons.account_payment.controllers import portal
from odoo.addons.portal.controllers.portal import pager as portal_pager

PAGE = "/my/receivables"


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

    @http.route([PAGE, f"{PAGE}/page/<int:page>"], type="http", auth="user", methods=["GET"], website=True)
    def portal_my_receivables(self, page=1, sortby=None, filterby=None, account=None, **kwargs):
        values = self._prepare_portal_layout_values()
        if account:
            request.update_context(ar_portal_account=whole_number(account))
        try:
            accounts = request.env["res.partner"]._ar_portal_accounts()
        except MissingError as error:
            values |= {"page_name": "receivables", "reason": str(error)}
            return request.render("ar_portal.portal_account_refused", values, status=404)
        values |= {"accounts": accounts, "account_args": {"account": account} if account else {}}
        values.update(self._prepare_receivables_values(page, sortby, filterby, values["account_args"]))
        return request.render("ar_portal.portal_my_receivables", values)

    def _prepare_receivables_values(self, page, sortby, filterby, account_args):
        """What the page shows.  An unknown word among the parameters means the default; the models decide the rest."""
        lines = request.env["account.move.line"]
        day = lines._ar_portal_today()
        filters = lines._ar_portal_filters(day)
        filterby = filterby if filterby in filters else next(iter(filters))
        orders = lines._ar_portal_orders(latest_first=filterby == "paid")
        sortby = sortby if sortby in orders else next(iter(orders))
        domain = filters[filterby]["domain"]
        access = lines._ar_portal_access()
        pager = portal_pager(
            url=PAGE,
            total=lines.search_count(domain) if access else 0,
            page=page if isinstance(page, int) else 1,  # "?page=" comes as text
            step=self._ar_items_per_page,
            url_args={**account_args, "sortby": sortby, "filterby": filterby},
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
            "credits_shown": request.env["res.partner"]._ar_portal_credit(day),
            "next_due": lines._ar_portal_next_due(day),
            "last_payments": lines._ar_portal_last_payments(),
            "to_do": [] if account_args else request.env["res.partner"]._ar_portal_to_do(),
            "pager": pager,
            "default_url": PAGE,
            "searchbar_filters": filters,
            "filterby": filterby,
            "searchbar_sortings": orders,
            "sortby": sortby,
        }


def whole_number(text):
    """The number that a browser sent; what is none becomes zero, which is nobody's id and no page."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 11 else 0
