"""What a customer has chosen to pay: his items and credits, and what they cost together."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_repr

from .portal_payment import MOST_ITEMS
from .res_partner_accounts import LARGEST_ID


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_to_pay(self, ids, day, parts=None):
        """What it takes on ``day`` to settle items of the logged-in user's own account together.

        :param list ids: of open items and credits, from whoever calls: see `_ar_portal_own_choice`
        :param dict parts: see `_ar_portal_parts`
        :return: see `_ar_portal_priced`
        :raises UserError: that tells why they can't be paid together
        """
        items, credits = self._ar_portal_own_choice(ids, day)
        return items._ar_portal_priced(credits, day, parts)

    @api.model
    def _ar_portal_own_choice(self, ids, day):
        """The items and credits of these ids, all of the logged-in user's own account, and still open.

        The ids come from whoever calls; whatever else than the user's own is among them is refused.

        :return: what is owed, and credits (with raised rights: a customer can't read his payments)
        """
        ids = self._ar_portal_ids(ids)
        if not ids:
            raise UserError(self.env._("Choose the invoices that you want to pay."))
        if len(ids) > MOST_ITEMS:
            raise UserError(self.env._("Choose at most %(most)s invoices for one payment.", most=MOST_ITEMS))
        items = self._ar_portal_owed_among(ids, day)
        others = ids - set(items.ids)
        credits = self._ar_portal_open_credits(list(others)) if others else self.browse()
        if len(credits) < len(others):
            raise UserError(self._ar_portal_not_open())
        if not items:
            raise UserError(self.env._("Choose the invoices too that your credit is to settle."))
        items._ar_portal_check_together()
        items._ar_portal_check_credits(credits)
        return items, credits

    @api.model
    def _ar_portal_ids(self, ids):
        """The set of ids among what a caller gave; what can be none is zero, which is nobody's."""
        return {id_ if isinstance(id_, int) and 0 < id_ <= LARGEST_ID else 0 for id_ in ids}

    @api.model
    def _ar_portal_owed_among(self, ids, day):
        """What the logged-in user's own account owes of these ids, found with his own rights."""
        if not self._ar_portal_access():
            return self.browse()
        return self.search(self._ar_portal_owed_domain(day) & Domain("id", "in", list(ids)), order="date_maturity, id")

    @api.model
    def _ar_portal_not_open(self):
        return self.env._(
            "Something that you chose is not open any more. Go back to your receivables and choose again."
        )

    def _ar_portal_priced(self, credits, day, parts=None):
        """What it takes on ``day`` to settle these items of one company and currency together.

        :param credits: lines of credits that are to be used
        :param dict parts: of which items less is paid, see `_ar_portal_parts`
        :return: dict of items, credits, company, currency, ``amount`` to pay, ``discount`` and ``until`` when it can be
            had, ``residual`` before discount and credit, ``credit`` that is used, ``discounts`` by item, ``parts``,
            ``part_notes`` on the discounts of those, ``granted`` as of `_ar_discount_on`, and ``allocation`` as a
            transaction keeps it
        :raises UserError: that tells why they can't be paid together
        """
        # Offers are not for customers to read; the items were found with the user's own rights.
        items, currency = self.sudo(), self.currency_id
        offered = items._ar_discount_on(day)
        parts = items._ar_portal_parts(parts or {}, offered)
        whole = items.filtered(lambda item: item.id not in parts)
        uses, discounts = whole._ar_net_of_credits(credits, day)
        lines = items._ar_allocated(discounts, uses, parts)
        amount = sum(Decimal(line["paid"]) for line in lines.values())
        if amount <= 0 and not uses:
            raise UserError(
                self.env._("There is nothing to pay: what is left of it is a discount that you have earned already.")
            )
        known = self._ar_portal_discounts(day, discounts)
        discount = sum(Decimal(line["discount"]) for line in lines.values())
        credit = sum((used for _credit, _item, used in uses), Decimal())
        allocation = {"day": fields.Date.to_string(day), "lines": lines}
        if uses:
            digits = currency.decimal_places
            allocation["credits"] = [[*pair, float_repr(float(used), digits)] for *pair, used in uses]
        return {
            "items": self,
            "credits": credits,
            "company": self.company_id,
            "currency": currency,
            "residual": currency.round(float(amount + discount + credit)),
            "discount": currency.round(float(discount)),
            "until": min((each["until"] for each in known.values()), default=None),
            "credit": currency.round(float(credit)),
            "amount": currency.round(float(amount)),
            "discounts": known,
            "granted": discounts,
            "parts": parts,
            "part_notes": {
                item.id: self._ar_portal_part_discount_words(offered[item.id][1])
                for item in items
                if item.id in parts and offered[item.id][0]
            },
            "allocation": allocation,
        }

    def _ar_allocated(self, discounts, uses=(), parts=None):
        """What is paid and discounted of each of these items, as a transaction keeps it.

        Amounts are decimal texts in the items' currency.

        :param dict discounts: as of the day, from `_ar_discount_on`
        :param uses: of credits, from `_ar_net_of_credits`
        :param dict parts: of which items less is paid; they have no discount with that
        """
        used, parts = {}, parts or {}
        for _credit, item_id, amount in uses:
            used[item_id] = used.get(item_id, Decimal()) + amount
        lines = {}
        for item in self:
            digits, part = item.currency_id.decimal_places, parts.get(item.id)
            discount, offer = (0.0, None) if part else discounts[item.id]
            due = item.amount_residual_currency - discount - float(used.get(item.id, 0))
            lines[str(item.id)] = {
                "paid": part["amount"] if part else float_repr(due, digits),
                "discount": float_repr(discount, digits),
                "offer": offer.id if offer else False,
            }
            if part:
                lines[str(item.id)]["part"] = {"reason": part["reason"], "text": part["text"]}
        return lines

    def _ar_portal_choice_rows(self, chosen):
        """What the page says of each item and credit of ``chosen``, which `_ar_portal_priced` has given.

        :return: list of dicts: id, number, part ("Instalment 1 of 2"), ``residual`` that is open (credits negative),
            ``used`` of a credit, ``discount_words``, ``paid`` in money, ``is_part`` when less is paid, ``plain``
            (that amount as people type it), ``reason`` with ``reason_words`` and ``text``, and
            ``part_note`` on what becomes of its discount
        """
        uses, lines = chosen["allocation"].get("credits", ()), chosen["allocation"]["lines"]
        instalments = self.move_id.line_ids.filtered(lambda line: line.display_type == "payment_term").grouped(
            "move_id"
        )
        rows = []
        for item in chosen["items"]:
            line, part = lines[str(item.id)], chosen["parts"].get(item.id)
            rows.append(
                {
                    "id": item.id,
                    "is_credit": False,
                    "number": item.move_name,
                    "part": item._ar_portal_part(instalments.get(item.move_id, item)),
                    "residual": item.amount_residual_currency,
                    "used": sum(float(amount) for _credit, key, amount in uses if key == item.id),
                    "discount_words": chosen["discounts"].get(item.id, {}).get("words", ""),
                    "paid": float(line["paid"]),
                    "plain": line["paid"] if part else "",
                    "is_part": bool(part),
                    "reason": part["reason"] if part else "",
                    "reason_words": part["words"] if part else "",
                    "text": part["text"] if part else "",
                    "part_note": chosen["part_notes"].get(item.id, ""),
                }
            )
        for credit in chosen["credits"]:
            used = sum(float(amount) for key, _item, amount in uses if key == credit.id)
            rows.append({**credit._ar_portal_credit_row(), "used": used})
        return rows
