from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.http import request

from odoo.addons.account_payment.controllers import portal

PAGE = "/my/receivables"
# Stands before the id of a kept choice where the ids of items could stand.
KEPT = "choice-"


class PortalPayment(portal.PortalAccount):
    @http.route(f"{PAGE}/pay", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def portal_my_receivables_pay(self, choice=None, **kwargs):
        """The page on which chosen items are paid together; what they cost is said by the models alone."""
        try:
            ids, parts = _choice(request.httprequest.args.getlist("item"), choice)
        except UserError as error:
            return self._not_payable(error)
        return self._pay_page(ids, parts, _ids([choice])[0] if choice else None)

    @http.route(f"{PAGE}/choice", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    def portal_my_receivables_choice(self, **kwargs):
        """Take other amounts and credits than the page has shown, and show it again with what they come to."""
        form = request.httprequest.form
        ids = _ids(form.getlist("item"))
        parts = {
            id_: {name: form.get(f"{name}_{id_}", "") for name in ("amount", "reason", "text")}
            for id_ in ids
            if form.get(f"amount_{id_}", "").strip()
        }
        if not parts:
            return request.redirect(f"{PAGE}/pay?{urlencode([('item', id_) for id_ in ids])}")
        day = request.env["account.move.line"]._ar_portal_today(ids)
        try:
            kept = request.env["ar.portal.choice"]._keep(ids, parts, day)
        except UserError as error:
            return self._pay_page(ids, {}, error=error, entered=parts)
        return request.redirect(f"{PAGE}/pay?choice={kept}")

    @http.route(f"{PAGE}/settle", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    def portal_my_receivables_settle(self, **kwargs):
        """Settle items with the customer's own credits where nothing is left to pay."""
        lines = request.env["account.move.line"]
        ids = _ids(request.httprequest.form.getlist("item"))
        try:
            with request.env.cr.savepoint():
                lines._ar_portal_settle(ids, lines._ar_portal_today(ids))
        except UserError as error:
            return self._not_payable(error)
        return request.redirect(PAGE)

    def _not_payable(self, error):
        values = {**self._prepare_portal_layout_values(), "page_name": "receivables_pay", "reason": str(error)}
        return request.render("ar_portal.portal_receivables_not_payable", values)

    def _pay_page(self, ids, parts, choice_id=None, error=None, entered=None):
        """The page of these items; after an ``error``, with what was ``entered``."""
        lines = request.env["account.move.line"]
        day = lines._ar_portal_today(ids)
        try:
            chosen = lines._ar_portal_to_pay(ids, day, parts)
        except UserError as refusal:
            return self._not_payable(refusal)
        values = {
            **self._prepare_portal_layout_values(),
            **chosen,
            "page_name": "receivables_pay",
            "today": day,
            "rows": lines._ar_portal_choice_rows(chosen),
            "usable_credits": lines._ar_portal_usable_credits(chosen),
            "part_reasons": lines._ar_portal_part_reasons(),
            "may_settle": lines._ar_portal_may_settle(chosen["company"]),
            "choice_id": choice_id,
            "transfer_account": lines._ar_portal_transfer_account(chosen),
            "expected": chosen["items"]._ar_portal_expected(),
            "refusal": str(error) if error else "",
            "entered": entered or {},
        }
        values |= self._get_common_page_view_values(
            invoices_data={
                "partner": request.env.user.partner_id,
                "company": chosen["company"],
                "total_amount": chosen["amount"],
                "currency": chosen["currency"],
                "landing_route": PAGE,
                "transaction_route": self._transaction_route(chosen, choice_id),
            },
        )
        return request.render("ar_portal.portal_receivables_pay", values)

    @http.route(f"{PAGE}/chosen", type="jsonrpc", auth="user", website=True, readonly=True)
    def portal_my_receivables_chosen(self, items=(), **kwargs):
        """What the chosen items cost together, for the bar below the list."""
        lines = request.env["account.move.line"]
        return lines._ar_portal_chosen(_ids(items), lines._ar_portal_today(_ids(items)))

    @http.route(f"{PAGE}/transaction/<string:items>", type="jsonrpc", auth="user", website=True)
    def portal_my_receivables_transaction(self, items, amount=None, **kwargs):
        """Start the payment of items; the amount that the page has shown is compared with the server's, never used."""
        self._check_sent(kwargs)
        lines = request.env["account.move.line"]
        try:
            ids, parts = _choice(items.split(","), items.removeprefix(KEPT) if items.startswith(KEPT) else None)
            chosen = lines._ar_portal_to_pay(ids, lines._ar_portal_today(ids), parts)
        except UserError as error:
            raise ValidationError(str(error)) from error
        self._check_shown(chosen, amount)
        self._check_means(chosen, request.env.user.partner_id, **kwargs)
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

    def _check_sent(self, kwargs):
        """Refuse what Odoo's payment form doesn't send.

        Two things it sends that aren't needed: who pays is known without its token, and the reference is ours.
        """
        for name in ("access_token", "payment_reference"):
            kwargs.pop(name, None)
        self._validate_transaction_kwargs(kwargs)

    def _check_shown(self, chosen, amount):
        """Refuse to charge another amount than the page has shown."""
        shown = self._cast_as_float(amount)
        if not chosen["amount"] or shown is None or chosen["currency"].compare_amounts(shown, chosen["amount"]):
            raise ValidationError(
                request.env._("The amount to pay has changed meanwhile. Reload the page and look at it again.")
            )

    @staticmethod
    def _transaction_route(chosen, choice_id=None):
        ids = [*chosen["items"].ids, *chosen["credits"].ids]
        return f"{PAGE}/transaction/{f'{KEPT}{choice_id}' if choice_id else ','.join(map(str, ids))}"

    @staticmethod
    def _reference_prefix(chosen):
        """Odoo's number for a payment of several invoices: their names together are longer than providers take."""
        several = len(chosen["items"].move_id) > 1
        return chosen["company"].get_next_batch_payment_communication() if several else None

    @staticmethod
    def _check_means(chosen, partner, flows=("direct", "redirect", "token"), provider_id=None, flow=None, **kwargs):
        """Refuse other means of payment than those that the page offers.

        The money would go to another company's bank, or come from a colleague's card.
        """
        # A customer can't read providers and cards; it is the same question that the page has asked.
        offered = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                chosen["company"].id, partner.id, chosen["amount"], currency_id=chosen["currency"].id
            )
            .filtered(lambda provider: provider.id == provider_id)
        )
        is_offered = bool(offered) and flow in flows
        if is_offered and flow == "token":
            cards = request.env["payment.token"].sudo()._get_available_tokens(offered.ids, partner.id)
            is_offered = kwargs.get("token_id") in cards.ids
        if not is_offered:
            raise ValidationError(request.env._("You can't pay with this here. Reload the page."))


def _choice(items, choice=None):
    """The ids and parts that an address means: those of a kept choice, or of the items in it.

    :raises UserError: when the choice isn't kept any more
    """
    if choice is None:
        return _ids(items), {}
    return request.env["ar.portal.choice"]._kept(_ids([choice])[0])


def _ids(given):
    """The ids among what a browser sent; what is none becomes zero, which is nobody's item."""
    if not isinstance(given, list | tuple):
        return [0]
    texts = [str(each) for each in given]
    return [int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0 for text in texts]
