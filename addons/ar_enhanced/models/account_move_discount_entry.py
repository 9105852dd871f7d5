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
        items._ar_book_discounts(items._ar_discounts_with(credit), dict.fromkeys(items.ids, credit._ar_paid_on()))
        return super().js_assign_outstanding_line(line_id)

    def _ar_take_discounts_back(self):
        """Reverse these entries of discounts on their own day, or on the first that the books are open on."""
        if self:
            self._reverse_moves(
                [
                    {
                        "date": entry._get_accounting_date(entry.date, entry._affect_tax_report()),
                        "ref": self.env._("Reversal of: %(entry)s", entry=entry.name),
                    }
                    for entry in self
                ],
                cancel=True,
            )


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

    @api.model
    def _ar_sql_settled_on(self):
        """The day of a matching in SQL: of ``part``, ``settling_line`` and ``payment``, what its entry was made for.

        It is Odoo's, but for a payment that a locked period has moved on in the books: that is of its own day.
        """
        return SQL("CASE WHEN payment.date < settling_line.date THEN payment.date ELSE part.max_date END")

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

    def _ar_book_discounts(self, discounts, days):
        """Book ``discounts`` of these items by entries of their own, where no payment books them.

        :param dict discounts: as of `_ar_discount_on`
        :param dict days: the day on which each item was paid, which has earned it the discount
        :return: the entries, each matched with its item
        """
        items = self.filtered(lambda item: discounts.get(item.id, (0.0,))[0])
        entries = self.env["account.move"].create(
            [item._ar_discount_entry_vals(*discounts[item.id], days[item.id]) for item in items]
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
        """Values of the entry that books ``discount`` of this item alone.

        It is of the day of the payment, as if that had booked it: on the day of the matching it would be the customer
        who has settled the rest so late.  A locked period moves it on, as Odoo does on posting.
        """
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
            "date": max(date, self.date),
            "ref": self.env._("Early-payment discount on %(invoice)s", invoice=self.move_id.name),
            "line_ids": [Command.create(vals) for vals in (settling, *booked)],
        }

    @api.model
    def _ar_general_journal(self, company):
        """The first journal for other entries of ``company``."""
        journals = self.env["account.journal"]
        return journals.search([*journals._check_company_domain(company), ("type", "=", "general")], limit=1)


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"  # pylint: disable=consider-merging-classes-inherited

    def unlink(self):
        """Take back the discounts that came without money where what they came with is taken off their items again."""
        entries = self._ar_discount_entries()
        result = super().unlink()
        entries.exists()._ar_take_discounts_back()
        return result

    def _ar_discount_entries(self):
        """The entries of discounts alone that settle the items of these matchings, if anything else does so by them.

        What is paid in time earns its discount anew when the item is settled again.  An entry that is itself taken
        off stays: whoever does that alone wants it.
        """
        if not self:
            return self.env["account.move"]
        self.env["account.move.line"].flush_model(["move_id", "ar_discount_offer_id", "reconciled"])
        self.env["account.move"].flush_model(["move_type", "origin_payment_id", "statement_line_id", "state"])
        self.flush_model(["debit_move_id", "credit_move_id"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH discounted AS (
                    SELECT part.id, part.debit_move_id AS item_id, entry.id AS entry_id
                      FROM account_partial_reconcile part
                      JOIN account_move_line settling ON settling.id = part.credit_move_id
                      JOIN account_move entry ON entry.id = settling.move_id
                     WHERE part.debit_move_id = ANY(%(items)s)
                       AND entry.move_type = 'entry'
                       AND entry.state = 'posted'
                       AND entry.origin_payment_id IS NULL
                       AND entry.statement_line_id IS NULL
                       AND EXISTS (
                           SELECT
                             FROM account_move_line booked
                             JOIN ar_discount_offer offer ON offer.id = booked.ar_discount_offer_id
                            WHERE booked.move_id = entry.id AND offer.move_line_id = part.debit_move_id
                       )
                )
                SELECT DISTINCT discounted.entry_id
                  FROM discounted
                  JOIN account_partial_reconcile gone ON gone.debit_move_id = discounted.item_id
                 WHERE gone.id = ANY(%(gone)s)
                   AND gone.id NOT IN (SELECT id FROM discounted)
                """,
                items=self.debit_move_id.ids,
                gone=self.ids,
            )
        )
        return self.env["account.move"].browse(entry_id for (entry_id,) in rows)
