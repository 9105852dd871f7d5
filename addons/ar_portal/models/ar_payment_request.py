from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import consteq, format_amount, format_date, hmac

from .portal_choice import LARGEST_ID
from .portal_payment import MOST_ITEMS

PAGE = "/my/receivables/request"
SCOPE = "ar_portal.payment_request"
# Days for which a link can be used, unless it is said otherwise.
VALID_DAYS = 30
# What a link stands for doesn't change once it was sent.
FIXED = {"partner_id", "company_id", "currency_id", "kind", "move_line_ids", "expires_on"}


class ArPaymentRequest(models.Model):
    """A link by which a customer pays chosen items, or all that is open, without logging in."""

    _name = "ar.payment.request"
    _description = "Payment Request"
    _inherit = ["mail.thread"]
    _order = "id desc"

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('parent_id', '=', False)]",
    )
    recipient_id = fields.Many2one(
        "res.partner",
        string="Send to",
        compute="_compute_recipient_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="restrict",
        domain="[('commercial_partner_id', '=', partner_id)]",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, ondelete="restrict"
    )
    kind = fields.Selection(
        [("items", "Chosen items"), ("balance", "All that is open")],
        string="Asks for",
        required=True,
        default="balance",
        help="All that is open: on the day on which the link is used.",
    )
    move_line_ids = fields.Many2many(
        "account.move.line",
        "ar_payment_request_line_rel",
        "request_id",
        "line_id",
        string="Items",
        copy=False,
        domain="[('partner_id', '=', partner_id), ('company_id', '=', company_id), ('currency_id', '=', currency_id),"
        " ('account_type', '=', 'asset_receivable'), ('parent_state', '=', 'posted'), ('reconciled', '=', False),"
        " ('move_id.move_type', 'in', ('out_invoice', 'out_refund'))]",
    )
    expires_on = fields.Date(
        string="Valid until",
        required=True,
        default=lambda self: fields.Date.context_today(self) + timedelta(VALID_DAYS),
        help="The last day on which the link can be used.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("sent", "Sent"), ("revoked", "Revoked")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    user_id = fields.Many2one("res.users", string="Sent by", default=lambda self: self.env.user)
    amount = fields.Monetary(string="Open now", compute="_compute_amount", help="What the link asks for today.")
    link = fields.Char(compute="_compute_link")
    transaction_ids = fields.One2many("payment.transaction", "ar_request_id", string="Payments by This Link")
    paid_count = fields.Integer(string="Payments", compute="_compute_paid_count")

    # === COMPUTED === #

    @api.depends("partner_id")
    def _compute_recipient_id(self):
        for asked in self:
            customer = asked.partner_id
            if asked.recipient_id.commercial_partner_id != customer:
                asked.recipient_id = customer.address_get(["invoice"])["invoice"] if customer else False

    @api.depends("kind", "move_line_ids", "partner_id", "company_id", "currency_id")
    def _compute_amount(self):
        for asked in self:
            lines = asked._open_lines() if asked.partner_id else asked.move_line_ids.browse()
            asked.amount = sum(lines.mapped("amount_residual_currency"))

    @api.depends("state", "expires_on")
    def _compute_link(self):
        for asked in self:
            has_link = asked.id and asked.state == "sent"
            asked.link = f"{asked.get_base_url()}{PAGE}/{asked._token()}" if has_link else False

    @api.depends("transaction_ids.state")
    def _compute_paid_count(self):
        # Who sends requests needn't have a right to transactions.
        for asked in self:
            asked.paid_count = len(asked.sudo().transaction_ids.filtered(lambda each: each.state == "done"))

    @api.depends("partner_id", "expires_on")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for asked in self:
            asked.display_name = self.env._(
                "Payment request to %(customer)s, valid until %(day)s",
                customer=asked.partner_id.name or "",
                day=format_date(self.env, asked.expires_on),
            )

    # === WRITE === #

    @api.constrains("partner_id", "recipient_id", "company_id", "currency_id", "kind", "move_line_ids")
    def _check_lines(self):
        for asked in self:
            lines = asked.move_line_ids
            if asked.kind == "items" and not lines:
                raise UserError(self.env._("Choose what the customer is asked to pay."))
            if any(
                line.account_type != "asset_receivable"
                or line.partner_id.commercial_partner_id != asked.partner_id
                or line.company_id != asked.company_id
                or line.currency_id != asked.currency_id
                for line in lines
            ):
                raise UserError(self.env._("A payment request is about items of one customer, company and currency."))
            if asked.recipient_id.commercial_partner_id != asked.partner_id:
                raise UserError(
                    self.env._(
                        "%(recipient)s isn't a contact of %(customer)s: nobody else may see what the customer owes.",
                        recipient=asked.recipient_id.name,
                        customer=asked.partner_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # Sent is what was sent, whatever a caller says.
            vals_list = [{**vals, "state": "draft"} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and "state" in vals:
            raise AccessError(self.env._("A payment request is sent and revoked by its buttons."))
        if not self.env.su and FIXED & set(vals) and any(asked.state != "draft" for asked in self):
            raise UserError(self.env._("This request was sent. Revoke it and make another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        if any(asked.state != "draft" for asked in self):
            raise UserError(self.env._("A payment request that was sent is kept. Revoke it instead."))

    # === SENDING === #

    def action_send(self):
        """Mail the link to the recipients of these requests, and say so on the customers and invoices.

        :raises UserError: when one of them can't be sent; then none is
        """
        self.check_access("write")
        template = self.env.ref("ar_portal.mail_template_payment_request")
        for asked in self.filtered(lambda each: each.state == "draft"):
            asked._check_sendable()
        asked_now = self.filtered(lambda each: each.state == "draft")
        # The right to write was checked; the state is closed to everything but the methods here.
        asked_now.sudo().state = "sent"
        for asked in asked_now:
            template.send_mail(asked.id)
            body = self.env._(
                "A payment request over %(amount)s was sent to %(recipient)s; the link is valid until %(day)s.",
                amount=format_amount(self.env, asked.amount, asked.currency_id),
                recipient=asked.recipient_id.name,
                day=format_date(self.env, asked.expires_on),
            )
            moves = asked.move_line_ids.move_id
            # Who may send requests may say so on the customer and the invoices that they are about.
            asked.partner_id.sudo()._message_log(body=body)
            moves.sudo()._message_log_batch(bodies=dict.fromkeys(moves.ids, body))
        return True

    def _check_sendable(self):
        self.ensure_one()
        if not self.recipient_id.email:
            raise UserError(self.env._("%(name)s has no e-mail address.", name=self.recipient_id.name))
        if self.expires_on < self.company_id._ar_today():
            raise UserError(self.env._("A link that is valid until a day in the past can't be used."))
        if self.currency_id.compare_amounts(self.amount, 0) <= 0:
            raise UserError(self.env._("%(customer)s has nothing to pay of that.", customer=self.partner_id.name))

    def action_revoke(self):
        """Make the links of these requests useless from now on."""
        self.check_access("write")
        # The right to write was checked; the state is closed to everything but the methods here.
        self.filtered(lambda each: each.state != "revoked").sudo().state = "revoked"
        return True

    @api.model
    def _action_open(self, requests):
        """The action that opens requests, which are then sent."""
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_portal.action_ar_payment_request")
        if len(requests) == 1:
            return {**action, "views": [(False, "form")], "res_id": requests.id}
        return {**action, "domain": [("id", "in", requests.ids)], "context": {}}

    # === THE LINK === #

    def _token(self):
        """What stands in the link: the id, and a signature that holds for it and its last day alone."""
        self.ensure_one()
        signed = (self.id, fields.Date.to_string(self.expires_on))
        return f"{self.id}-{hmac(self.env(su=True), SCOPE, signed)}"

    @api.model
    def _find(self, token):
        """The request that a link of anybody's means; none for a link that we haven't made.

        :return: request with raised rights: whoever has the link needn't be logged in
        """
        id_, _dash, _signature = (token or "").partition("-")
        found = self.sudo()
        if id_.isascii() and id_.isdigit() and len(id_) < 11 and int(id_) <= LARGEST_ID:
            found = found.browse(int(id_)).exists()
        # What isn't ASCII can't be compared in constant time, and is none of our signatures.
        signed = found and token.isascii() and consteq(found._token(), token)
        return found.with_context(lang=found.recipient_id.lang) if signed else found.browse()

    def _refusal(self, day):
        """Why the link of this request can't be used on ``day``; nothing if it can."""
        if not self:
            return self.env._("This link isn't complete, or was changed. Use the one in our message as it is.")
        if self.state != "sent":
            return self.env._("This payment request was withdrawn. Please contact us if you want to pay.")
        if self.expires_on < day:
            return self.env._("This link has expired. Please contact us for another one.")
        return ""

    # === WHAT IT ASKS FOR === #

    def _open_lines(self):
        """The lines that are asked for and open now: what is owed, and credits that are taken off it."""
        self.ensure_one()
        if self.kind == "items":
            return self.move_line_ids.filtered(
                lambda line: line.parent_state == "posted" and not line.reconciled and line.amount_residual_currency
            )
        lines = self.env["account.move.line"]
        return lines.search(
            Domain("parent_state", "=", "posted")
            & Domain("account_type", "=", "asset_receivable")
            & Domain("account_id.non_trade", "=", False)
            & Domain("partner_id.commercial_partner_id", "=", self.partner_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("currency_id", "=", self.currency_id.id)
            & Domain("reconciled", "=", False)
            & lines._ar_portal_documents_domain(),
            order="date_maturity, id",
            limit=MOST_ITEMS,
        )

    def _to_pay(self, day):
        """What it takes to pay on ``day`` what this request asks for: as `_ar_portal_priced`.

        :raises UserError: that tells why it can't be paid
        """
        self.ensure_one()
        lines = self._open_lines()
        items = lines.filtered(lambda line: line.amount_residual_currency > 0)
        if not items:
            raise UserError(self.env._("There is nothing left to pay: all of it is settled. Thank you."))
        items._ar_portal_check_together()
        return items._ar_portal_priced(lines - items, day)

    def _settled_lines(self):
        """The chosen items that were settled since."""
        self.ensure_one()
        return self.move_line_ids - self._open_lines() if self.kind == "items" else self.move_line_ids.browse()

    def _transaction_values(self, chosen):
        """What a transaction keeps of this request."""
        return {
            "invoice_ids": [Command.set(chosen["items"].move_id.ids)],
            "ar_allocation": chosen["allocation"],
            "ar_request_id": self.id,
        }

    def _mail_rows(self):
        """The items that the message lists: dicts with number, due and open."""
        self.ensure_one()
        return [
            {"number": line.move_name, "due": line.date_maturity, "open": line.amount_residual_currency}
            for line in self._open_lines()
        ]


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def action_ar_request_payment(self):
        """Make payment requests for what is open of these invoices and credit notes, one per customer and currency."""
        lines = self.filtered(lambda move: move.move_type in ("out_invoice", "out_refund")).line_ids
        lines = lines.filtered(
            lambda line: (
                line.account_type == "asset_receivable" and line.parent_state == "posted" and not line.reconciled
            )
        )
        if not lines:
            raise UserError(self.env._("Choose posted invoices of which something is left to pay."))
        requests = self.env["ar.payment.request"]
        groups = lines.grouped(lambda line: (line.partner_id.commercial_partner_id, line.company_id, line.currency_id))
        return requests._action_open(
            requests.create(
                [
                    {
                        "partner_id": customer.id,
                        "company_id": company.id,
                        "currency_id": currency.id,
                        "kind": "items",
                        "move_line_ids": [Command.set(some.ids)],
                    }
                    for (customer, company, currency), some in groups.items()
                ]
            )
        )


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def action_ar_request_payment(self):
        """Make payment requests for all that these customers have open in this company, one per currency."""
        requests, lines = self.env["ar.payment.request"], self.env["account.move.line"]
        groups = lines._read_group(
            Domain("partner_id.commercial_partner_id", "in", self.commercial_partner_id.ids)
            & Domain("parent_state", "=", "posted")
            & Domain("account_type", "=", "asset_receivable")
            & Domain("account_id.non_trade", "=", False)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("reconciled", "=", False)
            & lines._ar_portal_documents_domain(),
            ["partner_id", "currency_id"],
            ["amount_residual_currency:sum"],
        )
        owed = {}
        for partner, currency, amount in groups:
            key = partner.commercial_partner_id, currency
            owed[key] = owed.get(key, 0) + amount
        found = [key for key, amount in owed.items() if key[1].compare_amounts(amount, 0) > 0]
        if not found:
            raise UserError(self.env._("Nothing is left to pay: no payment can be requested."))
        return requests._action_open(
            requests.create(
                [
                    {"partner_id": customer.id, "currency_id": currency.id, "kind": "balance"}
                    for customer, currency in found
                ]
            )
        )
