from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import MissingError, UserError
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal

from .portal import PAGE, whole_number

STATEMENT = f"{PAGE}/statement"
LINK = "/receivables/statement/<string:token>"
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class PortalStatement(CustomerPortal):
    @http.route(STATEMENT, type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def portal_my_statement(self, account=None, **kwargs):
        """The statement of account of a period, opening to closing, with what is open at its end."""
        try:
            accounts = self._choose_account(account)
        except MissingError as error:
            return self._refused(str(error), 404)
        partners = request.env["res.partner"]
        period, day = self._period(kwargs)
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "statement",
            "accounts": accounts,
            "account_args": {"account": account} if account else {},
            "periods": partners._ar_portal_periods(day),
            "period": period,
            "today": day,
        }
        try:
            statements = partners._ar_portal_statements(period["first_day"], period["last_day"])
        except UserError as error:
            return self._refused(str(error))
        arguments = {
            **values["account_args"],
            "period": period["code"],
            **(
                {"from": str(period["first_day"]), "until": str(period["last_day"])}
                if period["code"] in ("custom", "day")
                else {}
            ),
        }
        values |= self._shown_statements(statements, STATEMENT, arguments, kwargs)
        return request.render("ar_portal.portal_my_statement", values)

    @http.route(
        f"{STATEMENT}/<any(pdf, xlsx):kind>", type="http", auth="user", methods=["GET"], website=True, sitemap=False
    )
    def portal_my_statement_file(self, kind, account=None, company=None, currency=None, **kwargs):
        """The same as a file, of one creditor and currency."""
        try:
            self._choose_account(account)
        except MissingError as error:
            return self._refused(str(error), 404)
        partners = request.env["res.partner"]
        period, _day = self._period(kwargs)
        try:
            statements = partners._ar_portal_statements(period["first_day"], period["last_day"])
            chosen = _of(statements, company, currency)
            if len(chosen) != 1:
                return self._refused(request.env._("There is nothing to state in this period."), 404)
            # The statement is one of those that the user was just given.
            customer = chosen[0]["customer"].sudo()
            name, content = customer._ar_statement_file(
                kind, chosen[0]["company"], chosen[0]["currency"], period["first_day"], period["last_day"]
            )
        except UserError as error:
            return self._refused(str(error))
        return _file(kind, name, content)

    @http.route(LINK, type="http", auth="public", methods=["GET"], website=True, sitemap=False)
    def portal_statement_of_link(self, token, **kwargs):
        """The one statement that a signed link leads to, without a login."""
        linked = self._linked(token)
        if linked["problem"]:
            return self._bad_link(linked["problem"])
        try:
            statements = self._linked_statements(linked)
        except UserError as error:
            return self._refused(str(error), layout="ar_portal.statement_link_refused")
        path = request.httprequest.path
        values = {
            "no_breadcrumbs": True,
            "res_company": linked["company"],  # its logo
            "customer": linked["customer"],
            "company": linked["company"],
            "first_day": linked["first_day"],
            "last_day": linked["last_day"],
            **self._shown_statements(statements, path, {}, kwargs),
        }
        return _unlisted(request.render("ar_portal.statement_of_link", values))

    @http.route(
        f"{LINK}/<any(pdf, xlsx):kind>", type="http", auth="public", methods=["GET"], website=True, sitemap=False
    )
    def portal_statement_file_of_link(self, token, kind, company=None, currency=None, **kwargs):
        """The same as a file."""
        linked = self._linked(token)
        if linked["problem"]:
            return self._bad_link(linked["problem"])
        try:
            chosen = _of(self._linked_statements(linked), company, currency)
            if len(chosen) != 1:
                return self._bad_link("invalid")
            name, content = linked["customer"]._ar_statement_file(
                kind, linked["company"], chosen[0]["currency"], linked["first_day"], linked["last_day"]
            )
        except UserError as error:
            return self._refused(str(error), layout="ar_portal.statement_link_refused")
        return _unlisted(_file(kind, name, content))

    @staticmethod
    def _choose_account(account):
        """Look at the account that was asked for from here on.

        :return: the accounts to choose from
        :raises MissingError: in the same words whatever the reason
        """
        if account:
            request.update_context(ar_portal_account=whole_number(account))
        return request.env["res.partner"]._ar_portal_accounts()

    @staticmethod
    def _period(arguments):
        day = request.env["account.move.line"]._ar_portal_today()
        period = request.env["res.partner"]._ar_portal_period(
            arguments.get("period"), arguments.get("from"), arguments.get("until"), day
        )
        return period, day

    @staticmethod
    def _shown_statements(statements, path, arguments, asked):
        """What the page needs of statements: one alone may be asked for, and of each a page."""
        partners = request.env["res.partner"]
        chosen = _of(statements, asked.get("company"), asked.get("currency"))
        pages = (whole_number(asked.get("page")) or 1, whole_number(asked.get("open")) or 1)
        shown = [partners._ar_portal_statement_page(made, *pages) for made in chosen]
        return {
            "statements": [{**made, "urls": _urls(made, path, arguments)} for made in shown],
            "all_url": _url(path, arguments) if len(chosen) < len(statements) else "",
        }

    @staticmethod
    def _linked(token):
        linked = request.env["res.partner"]._ar_of_statement_link(token)
        if not linked["problem"]:
            zone = linked["company"]._ar_zone().zone
            request.update_context(lang=linked["customer"].lang or request.env.lang, tz=zone)
        return linked

    @staticmethod
    def _linked_statements(linked):
        customer = linked["customer"].with_context(lang=request.env.lang)
        return customer._ar_stated_to_customer(
            linked["company"], linked["first_day"], linked["last_day"], linked["currency"]
        )

    def _refused(self, reason, status=200, layout="ar_portal.portal_account_refused"):
        values = {**self._prepare_portal_layout_values(), "page_name": "statement", "reason": reason}
        return request.render(layout, values, status=status)

    @staticmethod
    def _bad_link(problem):
        return _unlisted(
            request.render("ar_portal.statement_link_bad", {"no_breadcrumbs": True, "problem": problem}, status=404)
        )


def _of(statements, company_text, currency_text):
    """Those of one company and currency, all where none is named."""
    company, currency = whole_number(company_text), whole_number(currency_text)
    return [
        made
        for made in statements
        if (not company_text or made["company"].id == company)
        and (not currency_text or made["currency"].id == currency)
    ]


def _urls(made, path, arguments):
    """Where the files of a statement are, and the pages before and after the ones that are shown."""
    of_this = {**arguments, "company": made["company"].id, "currency": made["currency"].id}
    movements, items = made["movements_part"], made["items_part"]

    def page(**numbers):
        return _url(path, {**of_this, "page": movements["page"], "open": items["page"], **numbers})

    return {
        "pdf": _url(f"{path}/pdf", of_this) if made["prints"] else "",
        "xlsx": _url(f"{path}/xlsx", of_this),
        "movements": [
            page(page=movements["page"] - 1) if movements["page"] > 1 else "",
            page(page=movements["page"] + 1) if movements["page"] < movements["page_count"] else "",
        ],
        "items": [
            page(open=items["page"] - 1) if items["page"] > 1 else "",
            page(open=items["page"] + 1) if items["page"] < items["page_count"] else "",
        ],
    }


def _url(path, arguments):
    return f"{path}?{urlencode(arguments)}" if arguments else path


def _file(kind, name, content):
    return request.make_response(
        content,
        [
            ("Content-Type", CONTENT_TYPES[kind]),
            ("Content-Length", len(content)),
            ("Content-Disposition", content_disposition(name)),
            ("X-Content-Type-Options", "nosniff"),
        ],
    )


def _unlisted(response):
    """For no search engine, no cache, and no page that is linked from this one."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
