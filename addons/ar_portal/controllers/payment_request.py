from odoo import http
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from .payment import PortalPayment

PAGE = "/my/receivables/request"


class PortalPaymentRequest(PortalPayment):
    @http.route(f"{PAGE}/<string:token>", type="http", auth="public", methods=["GET"], website=True, sitemap=False)
    def portal_payment_request(self, token, **kwargs):
        """The page of a payment request, for whoever has its link: what it asks for as of now, and nothing else."""
        asked, day = _asked(token)
        refusal = asked._refusal(day)
        if refusal:
            return _private(request.render("ar_portal.payment_request_refused", {"reason": refusal}, status=404))
        lines = request.env["account.move.line"]
        values = {"asked": asked, "company": asked.company_id, "today": day, "settled": asked._settled_lines()}
        try:
            chosen = asked._to_pay(day)
        except UserError as error:
            return _private(
                request.render("ar_portal.payment_request_page", {**values, "reason": str(error), "rows": []})
            )
        values |= {**chosen, "reason": "", "rows": lines._ar_portal_choice_rows(chosen)}
        # The customer pays, whoever is logged in: no card of his is shown or kept, because anybody may have the link.
        payer = asked.recipient_id
        values |= self._get_common_page_view_values(
            invoices_data={
                "partner": payer,
                "company": chosen["company"],
                "total_amount": chosen["amount"],
                "currency": chosen["currency"],
                "landing_route": f"{PAGE}/{token}",
                "transaction_route": f"{PAGE}/{token}/transaction",
            },
        )
        values |= {
            "partner_id": payer.id,
            "tokens_sudo": values["tokens_sudo"].browse(),
            "show_tokenize_input_mapping": dict.fromkeys(values["show_tokenize_input_mapping"], False),
            "company_mismatch": not self._can_partner_pay_in_company(payer, chosen["company"]),
        }
        return _private(request.render("ar_portal.payment_request_page", values))

    @http.route(f"{PAGE}/<string:token>/transaction", type="jsonrpc", auth="public", website=True)
    def portal_payment_request_transaction(self, token, amount=None, **kwargs):
        """Start the payment of a request; the amount that the page has shown is compared, never used."""
        self._check_sent(kwargs)
        asked, day = _asked(token)
        refusal = asked._refusal(day)
        if refusal:
            raise ValidationError(refusal)
        try:
            chosen = asked._to_pay(day)
        except UserError as error:
            raise ValidationError(str(error)) from error
        self._check_shown(chosen, amount)
        self._check_means(chosen, asked.recipient_id, flows=("direct", "redirect"), **kwargs)
        transaction = self._create_transaction(
            **{
                **kwargs,
                "amount": chosen["amount"],
                "currency_id": chosen["currency"].id,
                "partner_id": asked.recipient_id.id,
                "landing_route": f"{PAGE}/{token}",
                "reference_prefix": self._reference_prefix(chosen),
                "tokenization_requested": False,
                "is_validation": False,
                "custom_create_values": asked._transaction_values(chosen),
            }
        )
        return transaction._get_processing_values()


def _asked(token):
    """The request that a link means, in the customer's language, and the day; the request is empty for other links."""
    asked = request.env["ar.payment.request"]._find(token)
    if asked.recipient_id.lang:
        request.update_context(lang=asked.recipient_id.lang)
    company = asked.company_id or request.env.company
    request.update_context(tz=company._ar_zone().zone)
    return asked.with_env(request.env(su=True)), company._ar_today()


def _private(response):
    """Keep the page out of caches and search engines, and its address from other sites."""
    response.headers.update(
        {
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Robots-Tag": "noindex, nofollow",
        }
    )
    return response
