from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal

from .payment import PAGE, _ids

MODELS = {"dispute": "ar.dispute", "promise": "ar.promise", "plan": "ar.payment.plan"}
AGREEMENTS = f"{PAGE}/agreements"
ONE = f"{AGREEMENTS}/<any(dispute,promise,plan):kind>/<int:record_id>"


class PortalAgreement(CustomerPortal):
    """Disputes, promises and instalments: asked for, followed and talked about by the customer."""

    @http.route(AGREEMENTS, type="http", auth="user", methods=["GET"], website=True)
    def portal_my_agreements(self, **kwargs):
        """List what is under way, and what became of the rest."""
        own = {f"{kind}s": request.env[model]._ar_portal_own() for kind, model in MODELS.items()}
        return self._agreement_page("ar_portal.portal_my_agreements", own)

    @http.route(ONE, type="http", auth="user", methods=["GET"], website=True)
    def portal_my_agreement(self, kind, record_id, **kwargs):
        """Show one with its conversation."""
        record = self._agreement(kind, record_id)
        return self._agreement_page(f"ar_portal.portal_my_{kind}", self._agreement_values(kind, record))

    @http.route(f"{ONE}/say", type="http", auth="user", methods=["POST"], website=True)
    def portal_my_agreement_say(self, kind, record_id, **kwargs):
        """Put a message into its conversation."""
        record = self._agreement(kind, record_id)
        reader, errors = request.env["ar.portal.form"], []
        files = reader._files(self._agreement_files(), errors)
        text = reader._text(request.httprequest.form, "text", errors, required=not files)
        try:
            request.env.user.partner_id._ar_portal_check_bound()
        except UserError as error:
            errors.append(_whole(error))
        if errors:
            return self._agreement_page(f"ar_portal.portal_my_{kind}", self._agreement_values(kind, record), errors)
        record._ar_portal_say(text, files)
        return request.redirect(f"{record._ar_portal_page()}#conversation")

    @http.route(f"{ONE}/file/<int:file_id>", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def portal_my_agreement_file(self, kind, record_id, file_id, **kwargs):
        """Give a file of its conversation."""
        file = self._agreement(kind, record_id)._ar_portal_file(file_id)
        if not file:
            raise request.not_found()
        stream = request.env["ir.binary"]._get_stream_from(file)
        response = stream.get_response(as_attachment=True)
        response.headers["Content-Disposition"] = content_disposition(file.name)
        return response

    @http.route(f"{AGREEMENTS}/plan/<int:plan_id>/accept", type="http", auth="user", methods=["POST"], website=True)
    def portal_accept_plan(self, plan_id, **kwargs):
        """Accept instalments that the company has offered."""
        plan = self._agreement("plan", plan_id)
        try:
            plan._ar_portal_accept()
        except UserError as error:
            return self._agreement_page(
                "ar_portal.portal_my_plan", self._agreement_values("plan", plan), [_whole(error)]
            )
        return request.redirect(plan._ar_portal_page())

    # -- asking -----------------------------------------------------------------------------------

    @http.route(f"{PAGE}/dispute", type="http", auth="user", methods=["GET", "POST"], website=True)
    def portal_dispute(self, **kwargs):
        """The form to dispute an item, and what was sent with it."""
        disputes, sent = request.env["ar.dispute"], request.httprequest
        item_id = _ids(sent.values.getlist("item")[:1] or [0])[0]
        day = _today([item_id])
        return self._agreement_form(
            "dispute",
            lambda: disputes._ar_portal_open(item_id, sent.form, self._agreement_files(), day),
            lambda: disputes._ar_portal_form(item_id, day),
        )

    @http.route(f"{PAGE}/promise", type="http", auth="user", methods=["GET", "POST"], website=True)
    def portal_promise(self, **kwargs):
        """The form to promise a payment, and what was sent with it."""
        promises, sent = request.env["ar.promise"], request.httprequest
        ids = _ids(sent.values.getlist("item"))
        day = _today(ids)
        return self._agreement_form(
            "promise",
            lambda: promises._ar_portal_promise(ids, sent.form, day),
            lambda: promises._ar_portal_form(ids, day),
        )

    @http.route(f"{PAGE}/plan", type="http", auth="user", methods=["GET", "POST"], website=True)
    def portal_plan(self, **kwargs):
        """The form to ask for instalments, and what was sent with it."""
        plans, sent = request.env["ar.payment.plan"], request.httprequest
        ids = _ids(sent.values.getlist("item"))
        day = _today(ids)
        return self._agreement_form(
            "plan",
            lambda: plans._ar_portal_ask(ids, sent.values, day),
            lambda: plans._ar_portal_form(ids, sent.values, day),
        )

    # -- common -----------------------------------------------------------------------------------

    def _agreement_form(self, kind, ask, show):
        """A form, or the page of what came of it.

        :param ask: gives the record that was made of what was sent, and what is wrong with it
        :param show: gives the values of the form; what is wrong with them is among them, as "errors"
        """
        errors = []
        try:
            if request.httprequest.method == "POST":
                record, errors = ask()
                if record:
                    return request.redirect(record._ar_portal_page())
            values = show()
        except UserError as error:
            return self._agreement_choice(kind, error)
        return self._agreement_page(f"ar_portal.portal_{kind}", values, errors or values.get("errors", ()))

    def _agreement(self, kind, record_id):
        record = request.env[MODELS[kind]]._ar_portal_find(record_id)
        if not record:
            raise request.not_found()
        return record

    def _agreement_values(self, kind, record):
        return {
            kind: record,
            "record": record,
            "messages": record._ar_portal_messages(),
            "question": kind != "promise" and request.env["rating.rating"]._ar_portal_question(kind, record),
            "thanked": bool(request.httprequest.args.get("thanked")),
        }

    def _agreement_choice(self, kind, error):
        """What can be chosen instead, with why what was asked for isn't possible."""
        rows = request.env["account.move.line"]._ar_portal_choices(_today())
        asked = bool(request.httprequest.values.getlist("item"))
        values = {"kind": kind, "rows": rows}
        return self._agreement_page("ar_portal.portal_agreement_choice", values, [_whole(error)] if asked else [])

    def _agreement_page(self, template, values, errors=()):
        given = request.httprequest.values
        values = {
            **self._prepare_portal_layout_values(),
            **values,
            "page_name": "agreements",
            "today": _today(),
            "file_kinds": request.env["ar.portal.form"]._file_kinds(),
            "given": {name: given.get(name) for name in ("text", "amount", "date", "code", "count", "first")},
            "given_lines": given.getlist("line"),
            "errors": errors,
            "wrong": {error["field"]: error["words"] for error in errors},
        }
        return request.render(template, values, status=422 if errors else 200)

    @staticmethod
    def _agreement_files():
        uploads = request.httprequest.files.getlist("files")
        return [(upload.filename, upload.stream) for upload in uploads if upload.filename]


def _today(ids=()):
    return request.env["account.move.line"]._ar_portal_today(ids)


def _whole(error):
    return {"field": "", "words": str(error)}
