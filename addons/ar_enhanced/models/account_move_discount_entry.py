"""Discounts that come without money: credit settles the rest, so that there is no payment to book them with."""

from odoo import Command, api, fields, models
from odoo.tools import SQL


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def js_assign_outstanding_line(self, line_id):
        """Book the discount with a credit that is short by it, as registering that much money in time would."""
        self.ensure_one()
        credit = self.env["account.move.line"].browse(line_id)
        items = (
            self._ar_term_lines()
            .filtered(lambda item: not item.reconciled and item.account_id == credit.account_id)
            .sorted(lambda item: (item.date_maturity or item.date, item.id))
        )
        items._ar_book_discounts(items._ar_discounts_with(credit), credit._ar_paid_on())
        return super().js_assign_outstanding_line(line_id)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    def _ar_paid_on(self):
        """The day on which the customer paid this, which the books may have only later; of a credit note today."""
        self.ensure_one()
        if self.move_id.move_type == "out_refund":
            return fields.Date.context_today(self)
        return self.move_id.origin_payment_id.date or self.date

    @api.model
    def _ar_sql_paid_on(self):
        """The day of `_ar_paid_on` in SQL, of the lines ``settling`` of an entry and ``payment``, what it was made for.

        Where the period was locked, the books have it later than it was paid.
        """
        return SQL("COALESCE(MAX(payment.date), MAX(settling.date))")

    def _ar_discounts_with(self, credit):
        """The discounts with which ``credit`` settles all these items, as of `_ar_discount_on`: none if it needs none.

        What it is short of beyond them by at most their grace amounts goes with them.
        """
        if credit.currency_id != self.currency_id or not self._ar_known_accounts():
            return {}
        currency = self.currency_id
        found = {each: of for each, of in self._ar_discount_on(credit._ar_paid_on()).items() if of[0] > 0}
        short = currency.round(sum(self.mapped("amount_residual_currency")) + credit.amount_residual_currency)
        most = sum(discount + offer[:1].grace_amount for discount, offer in found.values())
        if currency.compare_amounts(short, 0) <= 0 or currency.compare_amounts(short, most) > 0:
            return {}
        taken = {}
        for item_id, (discount, offer) in found.items():
            taken[item_id] = (min(discount, short), offer)
            short = currency.round(short - taken[item_id][0])
        if short > 0:
            largest = max(taken, key=lambda item_id: taken[item_id][0])
            discount, offer = taken[largest]
            taken[largest] = (currency.round(discount + short), offer)
        return {item_id: of for item_id, of in taken.items() if of[0]}

    def _ar_known_accounts(self):
        """Whether there is an account to book discounts of all these items on."""
        return all(move._ar_known_early_discount_account() for move in self.move_id)

    def _ar_book_discounts(self, discounts, date):
        """Book ``discounts`` of these items by entries of their own, where no payment books them.

        :param dict discounts: as of `_ar_discount_on`, whose offers are those of ``date``
        :return: the entries, each matched with its item
        """
        items = self.filtered(lambda item: discounts.get(item.id, (0.0,))[0])
        entries = self.env["account.move"].create(
            [item._ar_discount_entry_vals(*discounts[item.id], date) for item in items]
        )
        entries._post(soft=False)
        self._reconcile_plan(
            [
                item + entry.line_ids.filtered(lambda line, item=item: line.account_id == item.account_id)
                for item, entry in zip(items, entries, strict=True)
            ]
        )
        return entries

    def _ar_discount_entry_vals(self, discount, offer, date):
        """Values of the entry that books ``discount`` of this item alone."""
        self.ensure_one()
        booked = self._ar_discount_write_off_vals(discount, date, offer)
        settling = {
            "name": self.env._("Early-payment discount"),
            "account_id": self.account_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_currency": -sum(vals["amount_currency"] for vals in booked),
            "balance": -sum(vals["balance"] for vals in booked),
        }
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": self._ar_general_journal(self.company_id).id,
            "date": fields.Date.context_today(self),
            "ref": self.env._("Early-payment discount on %(invoice)s", invoice=self.move_id.name),
            "line_ids": [Command.create(vals) for vals in (settling, *booked)],
        }

    @api.model
    def _ar_general_journal(self, company):
        """The first journal for other entries of ``company``."""
        journals = self.env["account.journal"]
        return journals.search([*journals._check_company_domain(company), ("type", "=", "general")], limit=1)
