"""What a customer pays in the portal: which items together, how much, and with which discounts."""

from decimal import Decimal
from urllib.parse import urlencode

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from odoo.addons.ar_enhanced.engine.early_payment import simple_yield

# Items that are paid in one payment.
MOST_ITEMS = 200
# Items of which is told what paying them now saves: of all currencies together, and no more than a page can wait for.
MOST_ITEMS_OF_SAVINGS = 3 * MOST_ITEMS


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    # === DISCOUNTS === #

    def _ar_portal_discounts(self, day, discounts=None):
        """The discounts that these items can have on ``day``, as their customer is told.

        To be asked of items that the user has been shown.

        :param dict discounts: of `_ar_discount_on`, where they are known or credits have changed them

        :return: ``{line id: {"discount", "percent" (0 if it slides), "until" (date), "due", "words", "left_words",
            "yield_words"}}``, of those that have one; ``words`` are such as "2 % less until 14 Nov, saves 20.00",
            ``yield_words`` may be nothing
        """
        # A customer can't read offers; these are of lines found with his own rights.
        items = self.sudo()
        found = {}
        for item_id, (discount, offer) in (discounts or items._ar_discount_on(day)).items():
            item = self.browse(item_id)
            if item.currency_id.compare_amounts(discount, 0.0) <= 0:
                continue
            last_day = offer.last_day if offer else item.discount_date
            found[item_id] = {
                "discount": discount,
                "percent": 0.0 if offer.annual_rate else offer.percent,
                # A sliding discount is another one tomorrow. The days of grace are not for the customer to know.
                "until": day if offer.annual_rate or not last_day else max(last_day, day),
                "due": item.currency_id.round(item.amount_residual_currency - discount),
            }
            found[item_id] |= {
                "words": item._ar_portal_discount_words(found[item_id], day),
                "left_words": self._ar_portal_left_words(found[item_id]["until"], day),
                "yield_words": item._ar_portal_yield_words(found[item_id]),
            }
        return found

    def _ar_portal_discount_words(self, discount, day):
        """What a discount of `_ar_portal_discounts` is, in a few words."""
        saving = self.currency_id.format(discount["discount"])
        is_today = discount["until"] == day
        until = format_date(self.env, discount["until"])
        if not discount["percent"]:
            return (
                self.env._("saves %(amount)s today", amount=saving)
                if is_today
                else self.env._("saves %(amount)s until %(day)s", amount=saving, day=until)
            )
        percent = formatLang(self.env, discount["percent"], digits=_digits(discount["percent"]))
        if is_today:
            return self.env._("-%(percent)s %% today, saves %(amount)s", percent=percent, amount=saving)
        return self.env._("-%(percent)s %% until %(day)s, saves %(amount)s", percent=percent, day=until, amount=saving)

    @api.model
    def _ar_portal_left_words(self, last_day, day):
        """How long something can still be had, up to and including ``last_day``."""
        days = (last_day - day).days
        if days <= 0:
            return self.env._("last day")
        return self.env._("1 day left") if days == 1 else self.env._("%(days)s days left", days=days)

    def _ar_portal_yield_words(self, discount):
        """What a discount of `_ar_portal_discounts` is worth a year, seen from the day it ends to the due day.

        Nothing where those are one day, or nothing is left to pay.
        """
        residual = Decimal(str(self.amount_residual_currency))
        days_early = (self._ar_portal_due_on() - discount["until"]).days
        percent = 100 * Decimal(str(discount["discount"])) / residual if residual else Decimal()
        rate = simple_yield(percent, days_early)
        return (
            self.env._("worth %(percent)s %% a year", percent=formatLang(self.env, float(rate), digits=1))
            if rate
            else ""
        )

    @api.model
    def _ar_portal_savings(self, day):
        """What the logged-in user's account saves by paying now what has a discount.

        :return: ``{(company id, currency id): {"saving", "saving_until" (the day up to which all of it can be had),
            "saving_left" (how long that is, in words), "saving_url" of the page on which to pay it}}``
        """
        # Which items have offers isn't for a customer to read; the items are his own ones.
        offers = self.env["ar.discount.offer"].sudo()
        offered = offers._search([("cancelled_on", "=", False), ("grace_last_day", ">=", day)])
        in_time = Domain("discount_date", ">=", day) | Domain("id", "in", offered.subselect("move_line_id"))
        owed = self.search(
            self._ar_portal_owed_domain(day) & in_time, order="date_maturity, id", limit=MOST_ITEMS_OF_SAVINGS
        )
        discounts = owed._ar_portal_discounts(day)
        # Of what was paid short of a discount that it has earned, there is nothing left to pay.
        payable = owed.filtered(lambda line: line.id in discounts and discounts[line.id]["due"] > 0)
        payable = payable.filtered(lambda line: line._ar_portal_is_own() and line._ar_portal_is_payable())
        savings = {}
        for (company, currency), lines in payable.grouped(lambda line: (line.company_id, line.currency_id)).items():
            some = lines[:MOST_ITEMS]
            until = min(discounts[line.id]["until"] for line in some)
            savings[company.id, currency.id] = {
                "saving": currency.round(sum(discounts[line.id]["discount"] for line in some)),
                "saving_until": until,
                "saving_left": self._ar_portal_left_words(until, day),
                "saving_url": some._ar_portal_pay_url(),
            }
        return savings

    # === CHOOSING WHAT TO PAY === #

    @api.model
    def _ar_portal_owed_domain(self, day):
        """What the logged-in user's account has left to pay."""
        return self._ar_portal_filters(day)["open"]["domain"] & Domain("amount_residual", ">", 0)

    def _ar_portal_is_payable(self):
        """Whether this item can be paid online, as Odoo says of its invoice."""
        self.ensure_one()
        if not self._ar_portal_is_owed() or self.move_id.move_type != "out_invoice":
            return False
        # A customer can't read transactions; the answer only is for him.
        return self.move_id.sudo()._has_to_be_paid() and not self._ar_portal_is_being_booked()

    def _ar_portal_is_own(self):
        """Whether this is the logged-in user's own customer's: a parent looks at its subsidiaries' and pays its own."""
        self.ensure_one()
        return self.partner_id == self.env.user.commercial_partner_id

    def _ar_portal_is_being_booked(self):
        """Whether a provider has money for this item's invoice that isn't in the books yet: it would be paid twice."""
        self.ensure_one()
        # As in `_ar_portal_is_payable`.
        transactions = self.move_id.sudo().transaction_ids
        return any(each.state == "done" and not each.is_post_processed for each in transactions)

    def _ar_portal_pay_url(self):
        """The address of the page on which these items are paid together."""
        return f"/my/receivables/pay?{urlencode([('item', item.id) for item in self])}"

    def _ar_portal_check_together(self):
        """Refuse items that can't be in one payment, or that can't be paid online."""
        if len(self.company_id) > 1:
            raise UserError(self.env._("Invoices of different companies can't be paid together."))
        if len(self.currency_id) > 1:
            raise UserError(self.env._("Invoices in different currencies can't be paid together."))
        for item in self:
            if not item._ar_portal_is_payable():
                # A customer can't read transactions; he reads what they mean for his own invoice.
                reason = (
                    self.env._("A payment of it is being booked.")
                    if item._ar_portal_is_being_booked()
                    else item.move_id.sudo()._get_online_payment_error()
                )
                raise UserError(
                    self.env._("%(invoice)s can't be paid now. %(reason)s", invoice=item.move_name, reason=reason)
                )

    @api.model
    def _ar_portal_chosen(self, ids, day):
        """What the bar below the list says of chosen items: ``{"words", "amount", "saving", "error"}``, as texts."""
        if not ids:
            return {"words": "", "amount": "", "saving": "", "error": ""}
        try:
            chosen = self._ar_portal_to_pay(ids, day)
        except UserError as error:
            return {"words": "", "amount": "", "saving": "", "error": str(error)}
        count, currency = len(chosen["items"] | chosen["credits"]), chosen["currency"]
        return {
            "words": self.env._("1 chosen") if count == 1 else self.env._("%(count)s chosen", count=count),
            "amount": currency.format(chosen["amount"]),
            "saving": self.env._("You save %(amount)s", amount=currency.format(chosen["discount"]))
            if chosen["discount"]
            else "",
            "error": "",
        }


def _digits(percent):
    """How many decimals a percentage has, at most four."""
    return len(f"{percent:.4f}".rstrip("0").partition(".")[2])
