"""Paying by bank transfer: what the customer needs for it, and his announcement of what it will pay."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

# A transfer that is announced comes within so many days.
LAST_DAY = 90
# Announcements that a page lists.
MOST_LISTED = 50


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_transfer_account(self, chosen):
        """The bank account to which what was ``chosen`` can be transferred; none where a transfer can't say it all.

        That is the one that the invoices name, else the company's first one. A payment of the customer's that no
        invoice has used yet isn't matched by a bank line.
        """
        company, currency = chosen["company"].sudo(), chosen["currency"]
        if any(credit.move_id.move_type != "out_refund" for credit in chosen["credits"]) or not chosen["amount"]:
            return self.env["res.partner.bank"]
        # The accounts of the company are printed on its invoices; customers have no right to the records.
        named = chosen["items"].sudo().move_id.partner_bank_id
        own = company.partner_id.bank_ids.filtered(
            lambda bank: bank.active and bank.company_id in (company, bank.browse().company_id)
        )
        fitting = (named or own).filtered(lambda bank: bank.currency_id in (currency, currency.browse()))
        return fitting[:1]

    @api.model
    def _ar_portal_announce(self, ids, parts, expected_on, day):
        """Announce a transfer for items of the logged-in user's own account.

        Who announces the same again has the same announcement, with the new day.

        :param list ids: see `_ar_portal_own_choice`
        :param dict parts: see `_ar_portal_parts`
        :param str expected_on: the day on which the transfer is made, as the browser sent it
        :return: the announcement, with raised rights
        :raises UserError: that tells why not
        """
        expected_on = self._ar_portal_transfer_day(expected_on, day)
        chosen = self._ar_portal_to_pay(ids, day, parts)
        account = self._ar_portal_transfer_account(chosen)
        if not account:
            raise UserError(self.env._("This can't be paid by bank transfer here. Please contact us."))
        values = self._ar_portal_notice_lines(chosen)
        chosen["items"]._ar_portal_take_turns()  # who sends the form twice has one announcement
        user = self.env.user
        # Customers have no right to announcements; this one is about the user's own account.
        notices = self.env["ar.payment.notice"].sudo()
        for notice in notices.search(self._ar_portal_notices_domain() & Domain("state", "=", "announced")):
            if values == {line.move_line_id.id: (line.amount, line.discount) for line in notice.line_ids}:
                notice.expected_on = expected_on
                return notice
        items = chosen["items"]
        is_plain = len(items) == 1 and not chosen["credits"] and not chosen["parts"]
        single = (
            is_plain and len(items.move_id.line_ids.filtered(lambda line: line.display_type == "payment_term")) == 1
        )
        notice = notices.create(
            {
                "name": single and items.move_id.payment_reference,
                "partner_id": user.commercial_partner_id.id,
                "contact_id": user.partner_id.id,
                "company_id": chosen["company"].id,
                "currency_id": chosen["currency"].id,
                "partner_bank_id": account.id,
                "announced_on": day,
                "expected_on": expected_on,
                "line_ids": [
                    Command.create(
                        {
                            "move_line_id": item_id,
                            "amount": amount,
                            "discount": discount,
                            "residual_before": self.sudo().browse(item_id).amount_residual_currency,
                        }
                    )
                    for item_id, (amount, discount) in values.items()
                ],
            }
        )
        for item in items.sudo().filtered(lambda item: item.id in chosen["parts"]):
            part = chosen["parts"][item.id]
            item._ar_portal_tell_of_part(part, float(part["amount"]), user.partner_id)
        return notice

    @api.model
    def _ar_portal_transfer_day(self, text, day):
        """The day that a browser sent as ``text``."""
        try:
            expected_on = fields.Date.to_date(text if isinstance(text, str) else "")
        except ValueError:
            expected_on = None
        if not expected_on or not day <= expected_on <= day + timedelta(LAST_DAY):
            raise UserError(
                self.env._(
                    "Choose the day on which you make the transfer: today, or in the next %(days)s days.", days=LAST_DAY
                )
            )
        return expected_on

    @api.model
    def _ar_portal_notice_lines(self, chosen):
        """What an announcement says of each item and credit note: ``{line id: (money, discount)}``."""
        rounded = chosen["currency"].round
        values, taken_off = {}, {}
        for credit_id, item_id, amount in chosen["allocation"].get("credits", ()):
            taken_off[credit_id] = taken_off.get(credit_id, Decimal()) - Decimal(amount)
            values[item_id] = values.get(item_id, Decimal()) + Decimal(amount)
        lines = chosen["allocation"]["lines"]
        told = {
            int(key): (rounded(float(Decimal(line["paid"]) + values.get(int(key), 0))), float(line["discount"]))
            for key, line in lines.items()
        }
        return told | {key: (rounded(float(amount)), 0.0) for key, amount in taken_off.items()}

    # === OWN ANNOUNCEMENTS === #

    @api.model
    def _ar_portal_notices_domain(self):
        """Announcements of the logged-in user's own commercial entity."""
        return Domain("partner_id", "=", self.env.user.commercial_partner_id.id) & Domain(
            "company_id", "in", self.env.companies.ids
        )

    @api.model
    def _ar_portal_notices(self, notice_id=None):
        """Announcements of the logged-in user's own account, the latest first, with raised rights.

        :param int notice_id: of the one that is asked for, default all
        """
        # Customers have no right to announcements: these are of his own commercial entity, and of no other.
        notices = self.env["ar.payment.notice"].sudo()
        if not self._ar_portal_access():
            return notices
        one = Domain.TRUE if notice_id is None else Domain("id", "=", notice_id)
        return notices.search(self._ar_portal_notices_domain() & one, order="id desc", limit=MOST_LISTED)

    @api.model
    def _ar_portal_cancel_notice(self, notice_id):
        """Take back an announcement of the logged-in user's own account.

        :return: the announcement, or none if there is no such
        :raises UserError: when it is none that is expected
        """
        notice = self._ar_portal_notices(notice_id)
        if notice:
            self._ar_portal_check_customer()
        notice._cancel()
        return notice

    def _ar_portal_expected(self):
        """Announced transfers for these items that haven't come yet, with raised rights."""
        expected = Domain("state", "=", "announced") & Domain("line_ids.move_line_id", "in", self.ids)
        # As in `_ar_portal_notices`.
        return self.env["ar.payment.notice"].sudo().search(self._ar_portal_notices_domain() & expected)


class ArPaymentNotice(models.Model):
    _inherit = "ar.payment.notice"

    def _portal_qr(self):
        """The QR code of the transfer as a data address, where the country and the currency have one."""
        self.ensure_one()
        bank, debtor = self.partner_bank_id, self.partner_id
        for method, _name in bank.get_available_qr_methods_in_sequence() if bank else ():
            if not bank._get_error_messages_for_qr(method, debtor, self.currency_id):
                return bank.build_qr_code_base64(
                    self.amount, self.name, self.name, self.currency_id, debtor, method, silent_errors=True
                )
        return None
