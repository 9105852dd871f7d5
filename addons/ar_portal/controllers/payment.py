from odoo import fields, http
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.http import request

from odoo.addons.account_payment.controllers import portal

PAGE = "/my/receivables"


class PortalPayment(portal.PortalAccount):
    @http.route(f"{PAGE}/pay", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def portal_my_receivables_pay(self, **kwargs):
        """The page on which chosen items are paid together; what they cost is said by the models alone."""
        lines = request.env["account.move.line"]
        day = fields.Date.context_today(lines)
        values = {**self._prepare_portal_layout_values(), "page_name": "receivables_pay", "today": day}
        try:
            chosen = lines._ar_portal_to_pay(_ids(request.httprequest.args.getlist("item")), day)
        except UserError as error:
            return request.render("ar_portal.portal_receivables_not_payable", {**values, "reason": str(error)})
        values |= self._get_common_page_view_values(
            invoices_data={
                "partner": request.env.user.partner_id,
                "company": chosen["company"],
                "total_amount": chosen["amount"],
                "currency": chosen["currency"],
                "landing_route": PAGE,
                "transaction_route": self._transaction_route(chosen["items"]),
            },
        )
        rows = chosen["items"]._ar_portal_lines(day)
        return request.render("ar_portal.portal_receivables_pay", {**values, **chosen, "rows": rows})

    @http.route(f"{PAGE}/chosen", type="jsonrpc", auth="user", website=True, readonly=True)
    def portal_my_receivables_chosen(self, items=(), **kwargs):
        """What the chosen items cost together, for the bar below the list."""
        lines = request.env["account.move.line"]
        return lines._ar_portal_chosen(_ids(items), fields.Date.context_today(lines))

    @http.route(f"{PAGE}/transaction/<string:items>", type="jsonrpc", auth="user", website=True)
    def portal_my_receivables_transaction(self, items, amount=None, **kwargs):
        """Start the payment of items; the amount that the page has shown is compared with the server's, never used."""
        # Odoo's payment form sends these beside what it needs; the user is logged in, and the reference is ours.
        for name in ("access_token", "payment_reference"):
            kwargs.pop(name, None)
        self._validate_transaction_kwargs(kwargs)
        lines = request.env["account.move.line"]
        try:
            chosen = lines._ar_portal_to_pay(_ids(items.split(",")), fields.Date.context_today(lines))
        except UserError as error:
            raise ValidationError(str(error)) from error
        shown = self._cast_as_float(amount)
        if shown is None or chosen["currency"].compare_amounts(shown, chosen["amount"]):
            raise ValidationError(
                request.env._("The amount to pay has changed meanwhile. Reload the page and look at it again.")
            )
        self._check_means(chosen, **kwargs)
        transaction = self._create_transaction(
            **{
                **kwargs,
                "amount": chosen["amount"],
                "currency_id": chosen["currency"].id,
                "partner_id": request.env.user.partner_id.id,
                "landing_route": PAGE,
                "reference_prefix": self._reference_prefix(chosen),
                "is_validation": False,
                "custom_create_values": {
                    "invoice_ids": [Command.set(chosen["items"].move_id.ids)],
                    "ar_allocation": chosen["allocation"],
                },
            }
        )
        return transaction._get_processing_values()

    @staticmethod
    def _transaction_route(items):
        return f"{PAGE}/transaction/{','.join(map(str, items.ids))}"

    @staticmethod
    def _reference_prefix(chosen):
        """Odoo's number for a payment of several invoices: their names together are longer than providers take."""
        several = len(chosen["items"].move_id) > 1
        return chosen["company"].get_next_batch_payment_communication() if several else None

    @staticmethod
    def _check_means(chosen, provider_id=None, flow=None, token_id=None, **kwargs):
        """Refuse other means of payment than those that the page offers.

        The money would go to another company's bank, or come from a colleague's card.
        """
        partner = request.env.user.partner_id
        # A customer can't read providers and cards; it is the same question that the page has asked.
        offered = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                chosen["company"].id, partner.id, chosen["amount"], currency_id=chosen["currency"].id
            )
            .filtered(lambda provider: provider.id == provider_id)
        )
        is_offered = bool(offered) and flow in ("direct", "redirect", "token")
        if is_offered and flow == "token":
            cards = request.env["payment.token"].sudo()._get_available_tokens(offered.ids, partner.id)
            is_offered = token_id in cards.ids
        if not is_offered:
            raise ValidationError(request.env._("You can't pay with this here. Reload the page."))


def _ids(given):
    """The ids among what a browser sent; what is none becomes zero, which is nobody's item."""
    if not isinstance(given, list | tuple):
        return [0]
    texts = [str(each) for each in given]
    return [int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0 for text in texts]
