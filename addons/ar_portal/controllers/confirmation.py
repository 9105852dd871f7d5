from odoo import http
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal

LETTER = "/my/receivables/confirmation/<int:confirmation_id>"
MODES = ("agree", "differ")


class PortalConfirmation(CustomerPortal):
    """Balances that a customer is asked to confirm, by login or by the signed link of a letter."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "ar_confirmation_count" in counters:
            values["ar_confirmation_count"] = request.env["ar.balance.confirmation"]._ar_portal_waiting_count()
        return values

    @http.route("/my/receivables/confirmations", type="http", auth="user", methods=["GET"], website=True)
    def portal_my_confirmations(self, **kwargs):
        """List the letters to the user's own customer."""
        values = self._prepare_portal_layout_values()
        values.update(page_name="confirmations", letters=request.env["ar.balance.confirmation"]._ar_portal_own())
        return request.render("ar_portal.portal_my_confirmations", values)

    @http.route(LETTER, type="http", auth="public", methods=["GET"], website=True)
    def portal_confirmation(self, confirmation_id, access_token=None, answer=None, search="", **kwargs):
        """Show a letter, and the form to answer it."""
        letter = self._letter(confirmation_id, access_token)
        if not letter:
            return self._letter_refused(access_token)
        return self._letter_page(letter, access_token, answer if answer in MODES else None, search=search)

    @http.route(f"{LETTER}/answer", type="http", auth="public", methods=["POST"], website=True)
    def portal_confirmation_answer(self, confirmation_id, **kwargs):
        """Keep an answer and show its receipt, or show the form again with what is wrong."""
        # The arguments may be files where texts are expected.
        sent, form = request.httprequest, request.httprequest.form
        access_token = sent.values.get("access_token")
        letter = self._letter(confirmation_id, access_token)
        if not letter:
            return self._letter_refused(access_token)
        uploads = [each for each in sent.files.getlist("files") if each.filename]
        by_link = bool(access_token) and letter._is_token(access_token)
        errors = letter._ar_portal_answer(form, [(each.filename, each.stream) for each in uploads], by_link)
        if errors:
            mode = form.get("answer") if form.get("answer") in MODES else None
            return self._letter_page(letter, access_token, mode, form, errors)
        return request.redirect(f"{letter._ar_portal_address(access_token)}#receipt")

    @http.route(f"{LETTER}/pdf", type="http", auth="public", methods=["GET"], website=True)
    def portal_confirmation_pdf(self, confirmation_id, access_token=None, **kwargs):
        """Give the letter with its answer as a file."""
        letter = self._letter(confirmation_id, access_token)
        if not letter:
            return self._letter_refused(access_token)
        name, mimetype, content = letter._ar_portal_document()
        return request.make_response(
            content, [("Content-Type", mimetype), ("Content-Disposition", content_disposition(name))]
        )

    def _letter(self, confirmation_id, access_token):
        return request.env["ar.balance.confirmation"]._ar_portal_find(confirmation_id, access_token)

    def _letter_page(self, letter, access_token, mode, form=None, errors=(), search=""):
        values = self._prepare_portal_layout_values()
        values.update(
            page_name="confirmation",
            no_breadcrumbs=request.env.user._is_public(),
            address=letter._ar_portal_address(access_token),
            access_token=access_token,
            mode=mode,
            given=form or {},
            errors=errors,
            wrong={error["field"]: error["words"] for error in errors},
            search=search,
            **letter._ar_portal_values(search if mode == "differ" else ""),
        )
        response = request.render("ar_portal.portal_confirmation", values, status=422 if errors else 200)
        # The address holds the key to the letter.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    def _letter_refused(self, access_token):
        """Nothing to show, in the same words whatever the reason; a visitor without a link may log in."""
        if not access_token and request.env.user._is_public():
            return request.redirect_query("/web/login", {"redirect": request.httprequest.path})
        values = {"page_name": "confirmation", "no_breadcrumbs": request.env.user._is_public()}
        return request.render("ar_portal.portal_confirmation_refused", values, status=404)
