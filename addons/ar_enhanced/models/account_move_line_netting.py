from dataclasses import replace

from odoo import fields, models

from ..engine.early_payment import Settlement, discount_on
from ..engine.netting import Credit, Debt, netted
from .ar_discount_offer import _decimal


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    def _ar_net_of_credits(self, credits, date, with_discounts=True):
        """How credits settle these items on ``date``, all of one currency and company.

        Credit notes come first, as they take off what a discount is reckoned on; payments settle what is left after
        it, unless any payment ends the discount.

        :param credits: open lines of the credit side
        :return: ``([(credit id, item id, Decimal), …], discounts as of _ar_discount_on)``; matching the pairs in this
            order, after money and discounts were booked, comes to these amounts
        """
        nothing = dict.fromkeys(self.ids, (0.0, self.env["ar.discount.offer"]))
        notes = credits.filtered(lambda credit: credit.move_id.move_type == "out_refund")
        discounts = self._ar_discount_on(date) if with_discounts else nothing
        open_amounts = {item.id: item._ar_exact_residual() for item in self}
        uses = self._ar_uses(notes, open_amounts, discounts)
        if with_discounts:
            discounts = self._ar_discount_after(date, uses)
        for _credit, item, amount in uses:
            open_amounts[item] -= amount
        for item_id, (discount, offer) in discounts.items():
            if offer.policy_id and offer.partial_rule != "lost":
                open_amounts[item_id] -= _decimal(discount)
        uses += self._ar_uses(credits - notes, open_amounts, discounts)
        return uses, self._ar_discount_after(date, uses) if with_discounts else nothing

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

    def _ar_discount_after(self, date, uses):
        """What may be taken off each line on ``date`` once credits have settled some of them.

        A credit note takes off what the discount is reckoned on; an earlier payment earns it as of its day.

        :param uses: ``[(credit id, item id, Decimal), …]``
        :return: as `_ar_discount_on`
        """
        date = fields.Date.to_date(date)
        found = self._ar_discount_on(date)
        used = {}
        for credit_id, item_id, amount in uses:
            used.setdefault(item_id, []).append((self.browse(credit_id), amount))
        touched = self.browse(item_id for item_id in used if item_id in found)
        offers = touched._ar_current_offers()
        instalments = touched._as_instalments()
        for line in touched:
            granted = offers.get(line.id, self.env["ar.discount.offer"])
            if not granted.policy_id:
                # Odoo's own discount is lost with the first settlement.
                found[line.id] = (0.0, granted.browse())
                continue
            instalment = instalments[line.id]
            notes = [(credit, amount) for credit, amount in used[line.id] if credit.move_id.move_type == "out_refund"]
            payments = [each for each in used[line.id] if each not in notes]
            left = replace(
                instalment,
                credited=instalment.credited + sum(amount for _credit, amount in notes),
                residual=instalment.residual - sum(amount for _credit, amount in used[line.id]),
                settlements=(
                    *instalment.settlements,
                    *(Settlement(max(credit.date, line.date), amount) for credit, amount in payments),
                ),
            )
            discount = discount_on(granted._as_discount_terms(), left, date)
            offer = granted[discount.tier or 0] if discount.amount else granted.browse()
            found[line.id] = (float(discount.amount), offer)
        return found

    def _ar_exact_residual(self):
        """What is open of this line in its currency, a positive Decimal."""
        self.ensure_one()
        return _decimal(self.currency_id.round(abs(self.amount_residual_currency)))
