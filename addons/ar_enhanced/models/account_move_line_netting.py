from dataclasses import replace
from decimal import Decimal

from odoo import fields, models

from ..engine.early_payment import Settlement, discount_on
from ..engine.netting import Credit, Debt, netted
from .ar_discount_offer import _decimal


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    def _ar_net_of_credits(self, credits, date):
        """How credits settle these items on ``date``, all of one currency and company.

        They settle what is left after the discount of the day, as money would, and as registering a payment has it:
        credit notes first, then earlier payments.  These earn the discount as of their own day, and end one that ends
        with the first part payment, unless they settle all that is left of the item.

        :param credits: open lines of the credit side
        :return: ``([(credit id, item id, Decimal), …], discounts as of _ar_discount_on)``; matching the pairs in this
            order, after money and discounts were booked, comes to these amounts
        """
        discounts = self._ar_discount_on(date)
        open_amounts = {item.id: item._ar_exact_residual() for item in self}
        while True:
            uses = self._ar_uses_after(credits, open_amounts, discounts)
            ended = self._ar_discounts_ended(uses, open_amounts, discounts)
            if not ended:
                return uses, self._ar_discounts_earned(date, uses, open_amounts, discounts)
            discounts |= dict.fromkeys(ended, (0.0, self.env["ar.discount.offer"]))

    def _ar_uses_after(self, credits, open_amounts, discounts):
        """The uses of ``credits`` on what ``discounts`` leave of these items: credit notes, then payments."""
        left = {item_id: amount - _decimal(discounts[item_id][0]) for item_id, amount in open_amounts.items()}
        notes = credits.filtered(lambda credit: credit.move_id.move_type == "out_refund")
        uses = self._ar_uses(notes, left, discounts)
        for _credit, item_id, amount in uses:
            left[item_id] -= amount
        return uses + self._ar_uses(credits - notes, left, discounts)

    def _ar_payments_among(self, uses):
        """What earlier payments settle of each item among ``uses``: ``{item id: [(credit, Decimal), …]}``."""
        paid = {}
        for credit_id, item_id, amount in uses:
            credit = self.browse(credit_id)
            if credit.move_id.move_type != "out_refund":
                paid.setdefault(item_id, []).append((credit, amount))
        return paid

    @staticmethod
    def _ar_used(uses):
        """What credits settle of each item among ``uses``: ``{item id: Decimal}``."""
        used = {}
        for _credit, item_id, amount in uses:
            used[item_id] = used.get(item_id, Decimal()) + amount
        return used

    def _ar_discounts_ended(self, uses, open_amounts, discounts):
        """Ids of the items whose discount ends because an earlier payment settles a part of them only."""
        used, ended = self._ar_used(uses), []
        for item_id in self._ar_payments_among(uses):
            discount, offer = discounts[item_id]
            is_part = used[item_id] < open_amounts[item_id] - _decimal(discount)
            # Odoo's own discount is lost with the first settlement too.
            if discount and is_part and (not offer.policy_id or offer.partial_rule == "lost"):
                ended.append(item_id)
        return ended

    def _ar_uses(self, credits, open_amounts, discounts):
        """The engine's uses of ``credits`` on these items, as ``[(credit id, item id, Decimal), …]``."""
        debts = [
            Debt(
                key=item.id,
                amount=open_amounts[item.id],
                due=item.date_maturity or item.date,
                account=item.account_id.id,
                document=item.move_id.id,
                is_discounted=bool(discounts[item.id][0]),
            )
            for item in self
        ]
        open_credits = [
            Credit(
                key=credit.id,
                amount=credit._ar_exact_residual(),
                day=credit.date,
                account=credit.account_id.id,
                document=credit.move_id.reversed_entry_id.id or None,
            )
            for credit in credits
        ]
        return [(use.credit, use.debt, use.amount) for use in netted(debts, open_credits)]

    def _ar_discounts_earned(self, date, uses, open_amounts, discounts):
        """The ``discounts`` of ``date`` once earlier payments have settled some of the items, as of `_ar_discount_on`.

        :param uses: ``[(credit id, item id, Decimal), …]``
        """
        date = fields.Date.to_date(date)
        found = dict(discounts)
        paid, used = self._ar_payments_among(uses), self._ar_used(uses)
        touched = self.browse(paid)
        offers, instalments = touched._ar_current_offers(), touched._as_instalments()
        for line in touched:
            granted = offers.get(line.id, self.env["ar.discount.offer"])
            if not granted.policy_id or granted[0].partial_rule == "lost":
                continue  # such a discount is there for all or ended
            instalment = instalments[line.id]
            left = replace(
                instalment,
                residual=instalment.residual - sum(amount for _credit, amount in paid[line.id]),
                settlements=(
                    *instalment.settlements,
                    *(Settlement(credit._ar_paid_on(), amount) for credit, amount in paid[line.id]),
                ),
            )
            discount = discount_on(granted._as_discount_terms(), left, date)
            most = open_amounts[line.id] - used[line.id]
            offer = granted[discount.tier or 0] if discount.amount else granted.browse()
            found[line.id] = (float(min(discount.amount, most)), offer)
        return found

    def _ar_exact_residual(self):
        """What is open of this line in its currency, a positive Decimal."""
        self.ensure_one()
        return _decimal(self.currency_id.round(abs(self.amount_residual_currency)))
