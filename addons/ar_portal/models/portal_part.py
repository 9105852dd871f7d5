"""Paying less than all of an item: how much, and why."""

import re
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

# A text of a customer is no longer.
MOST_TEXT = 500
# Reasons of which the code says too little.
WITH_TEXT = ("dispute", "other")


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_part_reasons(self):
        """Why a customer pays a part only: ``{code: words}``."""
        return {
            "dispute": self.env._("I dispute the rest"),
            "wrong_amount": self.env._("The amount is wrong"),
            "instalment": self.env._("I pay in instalments"),
            "other": self.env._("Another reason"),
        }

    def _ar_portal_parts(self, given, discounts):
        """What a browser sent about paying less of some of these items, checked.

        :param dict given: ``{item id: {"amount", "reason", "text"}}``, texts that are not trusted
        :param dict discounts: as of today, from `_ar_discount_on`
        :return: ``{item id: {"amount" (decimal text), "reason", "words", "text"}}`` of the items of which less is paid
        :raises UserError: that tells what is wrong
        """
        if set(given) - set(self.ids):
            raise UserError(self._ar_portal_not_open())
        parts = {}
        for item in self:
            if item.id in given and isinstance(given[item.id], dict):
                amount = item._ar_portal_part_amount(given[item.id].get("amount"), discounts[item.id][0])
                if amount is not None:
                    parts[item.id] = {"amount": amount, **item._ar_portal_part_reason(given[item.id])}
        return parts

    def _ar_portal_part_amount(self, text, discount):
        """The amount that ``text`` says, as a decimal text; None if it is all that there is to pay."""
        self.ensure_one()
        digits, currency = self.currency_id.decimal_places, self.currency_id
        decimals = rf"(?:[.,][0-9]{{1,{digits}}})?" if digits else ""
        if not isinstance(text, str) or not re.fullmatch(rf"[0-9]{{1,12}}{decimals}", text.strip()):
            raise UserError(
                self.env._(
                    "Enter what you want to pay of %(invoice)s as a number like %(example)s.",
                    invoice=self.move_name,
                    example=f"{1234:.{digits}f}",
                )
            )
        amount = Decimal(text.strip().replace(",", "."))
        compared = currency.compare_amounts(float(amount), self.amount_residual_currency - discount)
        if amount <= 0 or compared > 0:
            raise UserError(
                self.env._(
                    "Of %(invoice)s you can pay up to %(most)s, and more than nothing.",
                    invoice=self.move_name,
                    most=currency.format(self.amount_residual_currency - discount),
                )
            )
        return f"{amount:.{digits}f}" if compared else None

    def _ar_portal_part_reason(self, given):
        """The reason that a browser sent for paying a part: ``{"reason", "words", "text"}``."""
        self.ensure_one()
        reasons = self._ar_portal_part_reasons()
        code, text = given.get("reason"), given.get("text") or ""
        if not isinstance(code, str) or code not in reasons:
            raise UserError(self.env._("Choose why you pay less of %(invoice)s.", invoice=self.move_name))
        text = text.strip() if isinstance(text, str) else ""
        if len(text) > MOST_TEXT:
            raise UserError(
                self.env._(
                    "Write at most %(most)s characters about %(invoice)s.", most=MOST_TEXT, invoice=self.move_name
                )
            )
        if code in WITH_TEXT and not text:
            raise UserError(self.env._("Write a few words on why you pay less of %(invoice)s.", invoice=self.move_name))
        return {"reason": code, "words": reasons[code], "text": text}

    @api.model
    def _ar_portal_part_discount_words(self, offer):
        """What becomes of the discount ``offer`` when a part is paid; without a policy it is that of payment terms."""
        if offer.policy_id and offer.partial_rule == "proportional":
            return self.env._("What you pay in time keeps its discount: it comes off the last payment.")
        if offer.policy_id and offer.partial_rule == "whole":
            return self.env._("You have the discount only if all of it is paid in time.")
        return self.env._("With a part payment the discount is lost.")

    def _ar_portal_tell_of_part(self, part, paid, payer, booked=0.0):
        """Say on the invoice why ``payer`` pays ``paid`` of this item, and open his dispute about the rest.

        A dispute that is open on the same invoice already is left as it is.

        :param booked: how much of it is in the books
        """
        self.ensure_one()
        reason = self._ar_portal_part_reasons().get(part["reason"], "")
        invoice, currency = self.move_id, self.currency_id
        facts = {"customer": payer.name, "amount": currency.format(paid), "reason": reason}
        invoice.message_post(
            body=self.env._("%(customer)s pays a part, %(amount)s: %(reason)s. %(text)s", text=part["text"], **facts)
            if part["text"]
            else self.env._("%(customer)s pays a part, %(amount)s: %(reason)s.", **facts),
            author_id=payer.id,
        )
        if part["reason"] == "dispute":
            self._ar_portal_dispute_rest(part["text"], self.amount_residual_currency - (paid - booked))

    def _ar_portal_dispute_rest(self, text, rest):
        """Open a dispute about ``rest`` of this item, unless one is open on its invoice or the company takes none."""
        # Who pays has no right to disputes; the item is what he paid.
        disputes = self.env["ar.dispute"].sudo()
        code = self.env.ref("ar_enhanced.dispute_code_other", raise_if_not_found=False)
        code = code or self.env["ar.dispute.code"].sudo().search([], limit=1)
        customer = self.move_id.commercial_partner_id.sudo()
        is_open = disputes.search_count([("move_id", "=", self.move_id.id), ("state", "=", "open")], limit=1)
        # A policy of the company, which customers can't read.
        is_taken = self.company_id.sudo().root_id.ar_portal_disputes
        if code and is_taken and not is_open and self.currency_id.compare_amounts(rest, 0) > 0:
            disputes.create(
                {
                    "move_id": self.move_id.id,
                    "move_line_id": self.id,
                    "amount": self.currency_id.round(rest),
                    "code_id": code.id,
                    "description": text,
                    "user_id": customer._ar_credit_owners(self.company_id.sudo())[:1].id,
                }
            )
