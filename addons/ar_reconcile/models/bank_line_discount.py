"""Early-payment discounts as bank lines need them: all that was agreed of an item, not only what is open today."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL, float_repr

from odoo.addons.ar_enhanced.engine.early_payment import DiscountTerms, Instalment, Sliding, Tier, discount_on
from odoo.addons.ar_enhanced.engine.money import Currency

from ..engine.candidate import Discount


@dataclass(frozen=True, slots=True)
class Granted:
    """What a policy grants on one item, as the ledger's engine knows it, and the percents of its tiers."""

    terms: DiscountTerms
    instalment: Instalment
    percents: tuple[Decimal, ...]


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_open_discounts(self, companies, days):
        """What policies grant on the open items of companies, in two statements however many there are.

        :param list companies: ids
        :param set days: of the payments in question
        :return: ``{item id: (Discount of the engine, …)}``, richest first; also an empty tuple, where a policy has made
            an offer of which nothing is left
        """
        return self._ar_agreed(SQL("item.company_id = ANY(%s) AND item.reconciled IS NOT TRUE", companies), days)

    def _ar_agreed_discounts(self, day):
        """What was agreed on these items, by policies or payment terms, whether its day is over on ``day`` or not.

        :return: ``{item id: (Discount of the engine, …)}``, richest first, of those that have any
        """
        agreed = self._ar_agreed(SQL("item.id = ANY(%s)", self.ids), {day})
        for item in self.filtered(lambda item: item.id not in agreed and item.discount_date):
            currency = item.currency_id
            if not currency.compare_amounts(item.amount_residual_currency, item.amount_currency):
                off = currency.round(item.amount_currency - item.discount_amount_currency)
                percent = item.move_id.invoice_payment_term_id.discount_percentage
                agreed[item.id] = (
                    Discount(_decimal(off, currency), item.discount_date, Decimal(str(percent)).normalize()),
                )
        return {item_id: discounts for item_id, discounts in agreed.items() if discounts}

    @api.model
    def _ar_agreed(self, condition, days):
        """What policies grant on posted items that fulfil ``condition``: see `_ar_open_discounts`."""
        granted = self._ar_granted(condition)
        return {item_id: _as_discounts(each, days) for item_id, each in granted.items()}

    @api.model
    def _ar_granted(self, condition):
        """The terms of policies that hold for items that fulfil ``condition``: ``{item id: Granted}``."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id, round(item.amount_currency, currency.decimal_places)::text,
                       round(item.amount_residual_currency, currency.decimal_places)::text,
                       currency.name, currency.decimal_places,
                       offer.annual_rate::text, offer.base_amount::text, offer.first_day, offer.date_due,
                       offer.amount::text, offer.last_day, offer.grace_last_day, offer.percent::text,
                       offer.partial_rule, offer.grace_amount::text
                  FROM ar_discount_offer offer
                  JOIN account_move_line item ON item.id = offer.move_line_id
                  JOIN res_currency currency ON currency.id = item.currency_id
                 WHERE offer.cancelled_on IS NULL
                   AND offer.policy_id IS NOT NULL
                   AND item.parent_state = 'posted'
                   AND %s
                 ORDER BY item.id, offer.last_day, offer.id
                """,
                condition,
            )
        )
        offers = defaultdict(list)
        for row in rows:
            offers[row[0]].append(row)
        part_paid = [item_id for item_id, (first, *_more) in offers.items() if first[1] != first[2]]
        settled = self.browse(part_paid)._ar_settlements() if part_paid else {}
        return {item_id: _as_granted(some, settled.get(item_id, (Decimal(), ()))) for item_id, some in offers.items()}


def _as_granted(rows, settled):
    """Rows of one item's offers, and what was settled of it, as the engine of discounts wants them."""
    _id, amount, residual, code, decimals, annual_rate, base, first_day, due, *_tier, partial_rule, grace = rows[0]
    credited, settlements = settled
    tiers, sliding = (), None
    if annual_rate and Decimal(annual_rate):
        sliding = Sliding(Decimal(annual_rate), Decimal(base), first_day, due)
    else:
        tiers = tuple(Tier(Decimal(row[9]), row[10], row[11]) for row in rows)
    return Granted(
        DiscountTerms(tiers, sliding, partial_rule, Decimal(grace or 0)),
        Instalment(Decimal(amount), Decimal(residual), Currency(code, decimals), credited, tuple(settlements)),
        tuple(Decimal(row[12] or 0).normalize() for row in rows),
    )


def _as_discounts(granted, days):
    """All discounts that are granted on one item on some day: of each tier, and on ``days`` if there are no tiers.

    A sliding discount is another one each day. After the last tier, what was paid in part in time keeps its discount.
    """
    terms, instalment = granted.terms, granted.instalment
    found = {}
    for number, tier in enumerate(terms.tiers):
        amount = discount_on(terms, instalment, tier.last_day).amount
        found.setdefault(
            amount,
            Discount(amount, tier.last_day, granted.percents[number], tier.grace_last_day, terms.grace_amount),
        )
    over = max((tier.grace_last_day for tier in terms.tiers), default=None)
    for day in sorted(days, reverse=True):
        if over is None or day > over:
            amount = discount_on(terms, instalment, day).amount
            found.setdefault(amount, Discount(amount, day, grace_amount=terms.grace_amount))
    return tuple(sorted((each for each in found.values() if each.amount > 0), key=lambda each: -each.amount))


def _decimal(amount, currency):
    return Decimal(float_repr(amount, currency.decimal_places))
