from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ..engine.early_payment import Instalment, Settlement, apportioned, discount_on, sliding_rate
from ..engine.money import Currency
from .ar_discount_offer import _decimal


def _as_currency(currency):
    return Currency(currency.name, currency.decimal_places)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    ar_discount_offer_id = fields.Many2one(
        "ar.discount.offer",
        string="Early-Payment Discount",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The offer that this line books the discount of.",
    )

    def _copy_data_extend_business_fields(self, values):
        """Let the reversal of an entry take back the discount that it has booked."""
        result = super()._copy_data_extend_business_fields(values)
        values["ar_discount_offer_id"] = self.ar_discount_offer_id.id
        return result

    def _ar_discount_on(self, date):
        """What may be taken off each line when all that is open is paid on ``date``.

        :return: ``{line id: (discount in the line's currency, offer or none), …}`` of all lines in ``self``
        """
        date = fields.Date.to_date(date)
        offers = self._ar_current_offers()
        by_policy = {line_id: granted for line_id, granted in offers.items() if granted.policy_id}
        instalments = self.browse(by_policy)._as_instalments()
        # Odoo asks of one invoice after the other, with all rights, what it was matched with: read here at once.
        terms = self.filtered(lambda line: line.id not in instalments).move_id
        terms = terms.filtered("invoice_payment_term_id.early_discount")._ar_term_lines()
        terms.sudo().fetch(["matched_debit_ids", "matched_credit_ids"])
        found = {}
        for line in self:
            if line.id in instalments:
                granted = by_policy[line.id]
                discount = discount_on(granted._as_discount_terms(), instalments[line.id], date)
                offer = granted[discount.tier or 0] if discount.amount else granted.browse()
                found[line.id] = (float(discount.amount), offer)
            else:
                found[line.id] = line._ar_native_discount_on(date, offers.get(line.id, self.env["ar.discount.offer"]))
        return found

    def _ar_amount_due(self, date):
        """What settles this line on ``date``, in its currency: its residual less the discount."""
        self.ensure_one()
        return self.currency_id.round(self.amount_residual_currency - self._ar_discount_on(date)[self.id][0])

    def _ar_discount_settling(self, paid, date):
        """Discount to book so that ``paid`` on ``date`` settles this line; None if it is too short for that.

        That is the discount on offer, and what is short by at most the grace amount of the offer.
        """
        self.ensure_one()
        discount, offer = self._ar_discount_on(date)[self.id]
        short = self.currency_id.round(self.amount_residual_currency - discount - paid)
        if short <= 0:
            return discount
        if discount and self.currency_id.compare_amounts(short, offer.grace_amount) <= 0:
            return self.currency_id.round(discount + short)
        return None

    def _ar_last_discount_day(self, date):
        """Until when the discount of ``date`` can be had, as customers are told; ``date`` itself in the grace."""
        self.ensure_one()
        _discount, offer = self._ar_discount_on(date)[self.id]
        if not offer or offer.annual_rate:
            return date  # a sliding discount is another one tomorrow
        return max(offer.last_day, date)

    def _ar_discount_write_off_vals(self, discount, date, offer=None):
        """Values of the journal items that book ``discount`` of this line: they sum to it exactly.

        Their amounts in currency sum to ``discount`` (a debit for a customer invoice), their balances to the
        same at the rate of the invoice, so that a difference of exchange stays with the money.  Tax is reduced
        if the offer says "On early payment", with a part of the discount as large as tax's part of the invoice.
        Who has asked for the ``offer`` already passes it on; else it is that of ``date``.
        """
        self.ensure_one()
        if not discount:
            return []
        move = self.move_id
        account = move._ar_early_discount_account()
        offer = offer or self._ar_discount_on(date)[self.id][1] or self._ar_current_offers().get(self.id)
        mode = offer[:1].tax_mode if offer else move.invoice_payment_term_id.early_pay_discount_computation
        parts = move._ar_discount_parts(account) if mode == "included" and move.invoice_line_ids.tax_ids else []
        if not sum(weight for _vals, weight in parts):
            name = self.env._("Early-payment discount")
            distribution = move._ar_discount_analytic(account)
            parts = [({"name": name, "account_id": account.id, "analytic_distribution": distribution}, 1.0)]
        sign = -1 if self.amount_currency < 0 else 1
        total = _decimal(self.currency_id.round(discount))
        amounts = apportioned(total, [_decimal(weight) for _vals, weight in parts], _as_currency(self.currency_id))
        rate = _decimal(self.balance) / _decimal(self.amount_currency) if self.amount_currency else Decimal(1)
        company_currency = _as_currency(self.company_currency_id)
        balances = apportioned(company_currency.rounded(total * rate), amounts, company_currency)
        return [
            {
                **vals,
                "partner_id": self.partner_id.id,
                "currency_id": self.currency_id.id,
                "amount_currency": sign * float(amount),
                "balance": sign * float(balance),
                "ar_discount_offer_id": offer[:1].id if offer else False,
            }
            for (vals, _weight), amount, balance in zip(parts, amounts, balances, strict=True)
            if amount or balance
        ]

    def _get_installments_data(self, payment_currency=None, payment_date=None, next_payment_date=None):
        """Take the discounts of a policy off each instalment.

        One alone is marked as discounted, as Odoo does.  Several keep their place (overdue, next, …), so that
        the next one is what is asked for; then ``ar_discount`` tells the discount.
        """
        move = self.move_id
        if not move._ar_has_policy_discounts():
            return super()._get_installments_data(payment_currency, payment_date, next_payment_date)
        instalments = super(AccountMoveLine, self.with_context(ar_without_early_discount=True))._get_installments_data(
            payment_currency, payment_date, next_payment_date
        )
        discounts = {}
        if (payment_currency or move.currency_id) == move.currency_id:
            discounts = self._ar_discount_on(payment_date or fields.Date.context_today(self))
        for instalment in instalments:
            line = instalment["line"] = instalment["line"].with_env(self.env)
            discount = discounts.get(line.id, (0.0,))[0]
            if discount:
                self._ar_discount_instalment(instalment, discount, alone=len(instalments) == 1)
        return instalments

    def _ar_discount_instalment(self, instalment, discount, alone):
        """Take ``discount`` off the values of one instalment."""
        line = instalment["line"]
        balance = line._ar_discount_balance(discount)
        instalment.update(
            amount_residual_currency=line.currency_id.round(instalment["amount_residual_currency"] - discount),
            amount_residual=line.company_currency_id.round(instalment["amount_residual"] - balance),
            amount_residual_currency_unsigned=line.currency_id.round(
                instalment["amount_residual_currency_unsigned"] - discount
            ),
            amount_residual_unsigned=line.company_currency_id.round(instalment["amount_residual_unsigned"] - balance),
            discount_amount_currency=discount,
            discount_amount=balance,
            ar_discount=discount,
        )
        if alone:
            instalment["type"] = "early_payment_discount"

    def _ar_discount_balance(self, discount):
        """``discount`` in the company's currency, at the rate of the invoice."""
        rate = self.balance / self.amount_currency if self.amount_currency else 1.0
        return self.company_currency_id.round(discount * rate)

    def _ar_exchange_vals(self, balance):
        """Values of a line for a difference of exchange of ``balance``, or None if there is none."""
        if self.company_currency_id.is_zero(balance):
            return None
        kind = "expense" if balance > 0 else "income"
        return {
            "name": self.env._("Early-payment discount (exchange difference)"),
            "account_id": self.company_id[f"{kind}_currency_exchange_account_id"].id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_currency": 0.0,
            "balance": balance,
        }

    # ---- what was granted and what was paid

    def _ar_current_offers(self):
        """Offers that weren't withdrawn, by line, the first day first: ``{line id: offers}``."""
        # Salespeople and customers see the amount, though not the records.
        offers = self.move_id._ar_current_offers().filtered("move_line_id")
        return offers.sorted(lambda offer: (offer.last_day, offer.id)).grouped(lambda offer: offer.move_line_id.id)

    def _ar_native_discount_on(self, date, offer):
        """Odoo's own discount of the payment terms: one tier, one instalment, lost with the first payment."""
        none = (0.0, self.env["ar.discount.offer"])
        move = self.move_id
        if self.display_type != "payment_term" or move.move_type not in ("out_invoice", "out_receipt"):
            return none
        if self.reconciled or move._ar_has_policy_discounts():
            return none
        if not move._is_eligible_for_early_payment_discount(self.currency_id, date):
            return none
        discount = self.currency_id.round(self.amount_currency - self.discount_amount_currency)
        return (discount, offer) if discount > 0 else none

    def _as_instalments(self):
        """These lines as the engine's instalments, in one statement at most: ``{line id: Instalment}``."""
        settled = self.filtered(lambda line: line.amount_residual_currency != line.amount_currency)._ar_settlements()
        instalments = {}
        for line in self:
            credited, settlements = settled.get(line.id, (Decimal(), ()))
            instalments[line.id] = Instalment(
                _decimal(line.currency_id.round(line.amount_currency)),
                _decimal(line.currency_id.round(line.amount_residual_currency)),
                _as_currency(line.currency_id),
                credited,
                tuple(settlements),
            )
        return instalments

    def _ar_settlements(self):
        """What settled each line: ``{line id: (sum of credit notes and write-offs, [Settlement, …])}``.

        The discount of a payment is what its entry books for an offer of the line; the rest is money.
        """
        if not self:
            return {}
        self._ar_flush()
        self.env["ar.discount.offer"].flush_model(["move_line_id"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH booked AS (
                    SELECT offer.move_line_id AS line_id, line.move_id, SUM(line.amount_currency) AS discount
                      FROM account_move_line line
                      JOIN ar_discount_offer offer ON offer.id = line.ar_discount_offer_id
                     WHERE offer.move_line_id = ANY(%(lines)s)
                  GROUP BY offer.move_line_id, line.move_id
                )
                SELECT part.debit_move_id,
                       settling_move.move_type = 'out_refund' OR BOOL_OR(settling.ar_write_off_line_id IS NOT NULL),
                       %(paid_on)s,
                       SUM(part.debit_amount_currency)::text,
                       COALESCE(MAX(booked.discount), 0)::text
                  FROM account_partial_reconcile part
                  JOIN account_move_line settling ON settling.id = part.credit_move_id
                  JOIN account_move settling_move ON settling_move.id = settling.move_id
             LEFT JOIN account_payment payment ON payment.id = settling_move.origin_payment_id
             LEFT JOIN booked ON booked.line_id = part.debit_move_id AND booked.move_id = settling.move_id
                 WHERE part.debit_move_id = ANY(%(lines)s)
              GROUP BY part.debit_move_id, settling_move.id
                HAVING SUM(part.debit_amount_currency) != 0
                """,
                paid_on=self._ar_sql_paid_on(),
                lines=self.ids,
            )
        )
        settled = {}
        for line_id, is_credited, day, amount, discount in rows:
            credited, settlements = settled.get(line_id, (Decimal(), []))
            if is_credited:
                credited += Decimal(amount)
            else:
                settlements.append(Settlement(day, Decimal(amount) - Decimal(discount), Decimal(discount)))
            settled[line_id] = (credited, settlements)
        return settled

    # ---- making offers

    def _ar_policy_offer_vals(self, policy):
        """Values of the offers that ``policy`` makes on this instalment.

        A tier that ends after the instalment is due is none of its: there is nothing early to reward.
        """
        self.ensure_one()
        invoice, due = self.move_id, self.date_maturity or self.date
        mode = self._ar_tax_mode(policy)
        base = self._ar_discount_base(mode)
        common = {
            **self._ar_offer_vals(),
            "policy_id": policy.id,
            "base_amount": base,
            "partial_rule": policy.partial_rule,
            "tax_mode": mode,
            "grace_amount": self.currency_id.round(policy.grace_amount * (invoice.invoice_currency_rate or 1.0)),
        }
        if policy.kind == "sliding":
            rate = sliding_rate(_decimal(policy.annual_rate), _decimal(policy.company_id.ar_cost_of_capital))
            days = (due - invoice.invoice_date).days
            if days <= 0 or not rate.annual_rate:
                return []
            amount = min(base * float(rate.annual_rate) * days / 36500, base)
            return [
                {
                    **common,
                    "annual_rate": float(rate.annual_rate),
                    "last_day": due - timedelta(1),
                    "grace_last_day": due - timedelta(1),
                    "amount": self._ar_rounded_discount(amount),
                }
            ]
        vals_list = []
        for tier in policy.tier_ids:
            last_day = invoice.invoice_date + timedelta(tier.days)
            amount = self._ar_rounded_discount(base * tier.percent / 100)
            if last_day <= due and amount > 0:
                vals_list.append(
                    {
                        **common,
                        "percent": tier.percent,
                        "last_day": last_day,
                        "grace_last_day": last_day + timedelta(policy.grace_days),
                        "amount": amount,
                    }
                )
        return vals_list

    def _ar_native_offer_vals(self):
        """Values of the offer that Odoo's payment terms make: one tier on one instalment."""
        self.ensure_one()
        term = self.move_id.invoice_payment_term_id
        amount = self.currency_id.round(self.amount_currency - self.discount_amount_currency)
        if not self.discount_date or amount <= 0:
            return []
        mode = term.early_pay_discount_computation
        return [
            {
                **self._ar_offer_vals(),
                "percent": term.discount_percentage,
                "last_day": self.discount_date,
                "grace_last_day": self.discount_date,
                "base_amount": self._ar_discount_base(mode),
                "amount": amount,
                "partial_rule": "lost",
                "tax_mode": mode,
            }
        ]

    def _ar_offer_vals(self):
        """Values that every offer on this instalment has."""
        return {
            "move_line_id": self.id,
            "move_id": self.move_id.id,
            "partial_rule": "proportional",
            "partner_id": self.move_id.commercial_partner_id.id,
            "company_id": self.company_id.root_id.id,
            "currency_id": self.currency_id.id,
            "first_day": self.move_id.invoice_date,
            "date_due": self.date_maturity or self.date,
            "item_amount": self.amount_currency,
        }

    def _ar_tax_mode(self, policy):
        """How the discount treats tax: "mixed" whenever the payment terms have reduced it on the invoice already."""
        term = self.move_id.invoice_payment_term_id
        reduced = term.early_discount and term.early_pay_discount_computation == "mixed"
        return "mixed" if reduced else policy.tax_mode

    def _ar_discount_base(self, mode):
        """What the percentage is of: all of the instalment, or its part before tax."""
        invoice = self.move_id
        if mode == "included" or not invoice.amount_total:
            return self.amount_currency
        return self.currency_id.round(self.amount_currency * invoice.amount_untaxed / invoice.amount_total)

    def _ar_rounded_discount(self, amount):
        """Round so that what remains to pay is whole, and in whole coins where the invoice is rounded to coins."""
        due = self.currency_id.round(self.amount_currency - amount)
        rounding = self.move_id.invoice_cash_rounding_id
        if rounding:
            due = self.currency_id.round(due + rounding.compute_difference(self.currency_id, due))
        return max(self.currency_id.round(self.amount_currency - due), 0.0)
