from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.tools import float_repr, format_date


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    ar_allocation = fields.Json(
        string="Allocation",
        readonly=True,
        copy=False,
        help="What the payment settles, as it was when it was started: the day, and for each journal item what is paid "
        "of it, its discount, and the offer that the discount comes from.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Keep what is paid and what is discounted as it is now: it may be another sum when the provider is done."""
        transactions = super().create(vals_list)
        for transaction in transactions:
            if not transaction.ar_allocation:
                transaction.ar_allocation = transaction._ar_discounted_allocation(fields.Date.context_today(self))
        return transactions

    def _create_payment(self, **extra_create_values):
        """Book the payment of an allocation as one entry that settles each item with its discount."""
        self.ensure_one()
        allocation = self._ar_known_allocation()
        if not allocation:
            return super()._create_payment(**extra_create_values)
        parts = self._ar_parts_now(allocation)
        payment = self.env["account.payment"].create(self._ar_payment_values(parts, extra_create_values))
        credits = self._ar_generate_entry(payment, parts, allocation["day"])
        payment.action_post()
        self.payment_id = payment
        self.env["account.move.line"]._reconcile_plan(
            [credit + part["item"] for part, credit in zip(parts, credits, strict=True)]
        )
        self._ar_tell_of_changes(payment, parts, allocation)
        return payment

    # ---- what was agreed

    def _ar_known_allocation(self):
        """The allocation of this transaction; of one that was started before there were any, as of its first day."""
        self.ensure_one()
        if self.payment_id or self.source_transaction_id or self.amount <= 0:
            return None
        return self.ar_allocation or self._ar_discounted_allocation(
            fields.Datetime.context_timestamp(self, self.create_date).date()
        )

    def _ar_discounted_allocation(self, day):
        """What this transaction settles if its amount is what its invoices cost on ``day`` after discounts, else None.

        Of one invoice in instalments, the first ones may be paid alone.
        """
        self.ensure_one()
        invoices = self.invoice_ids
        if (
            not invoices
            or self.operation in ("refund", "validation")
            or any(invoice.state != "posted" or invoice.move_type != "out_invoice" for invoice in invoices)
            or invoices.currency_id != self.currency_id
        ):
            return None
        lines = invoices._ar_term_lines().filtered(lambda line: line.amount_residual_currency > 0)
        lines = lines.sorted(lambda line: (line.date_maturity or line.date, line.id))
        discounts = lines._ar_discount_on(day)
        counts = range(len(lines), 0, -1) if len(invoices) == 1 else [len(lines)]
        for count in counts:
            some = lines[:count]
            discount = sum(discounts[line.id][0] for line in some)
            due = sum(some.mapped("amount_residual_currency")) - discount
            if discount and not self.currency_id.compare_amounts(due, self.amount):
                return some._ar_allocation(day, discounts)
        return None

    # ---- what can still be booked of it

    def _ar_parts_now(self, allocation):
        """What of ``allocation`` can be booked now: dicts with item, offer, paid and discount (Decimals).

        A discount is granted that was open when the transaction was started. Of an item that was settled or changed
        meanwhile no more is paid than is open; what is left stays on the customer's account.
        """
        meant = {int(key): values for key, values in allocation["lines"].items()}
        items = self.env["account.move.line"].browse(meant).exists()
        items = items.filtered(lambda item: item.parent_state == "posted" and not item.reconciled)
        discounts = items._ar_discount_on(fields.Date.to_date(allocation["day"]))
        offers = self.env["ar.discount.offer"].sudo()  # whoever makes the payment needn't have a right to offers
        parts = []
        for item in items:
            paid, discount = Decimal(meant[item.id]["paid"]), Decimal(meant[item.id]["discount"])
            residual = _exact(item.amount_residual_currency, item.currency_id)
            offer = offers.browse(meant[item.id].get("offer") or []).exists()
            part = {"item": item, "offer": offer}
            if residual < paid + discount:
                discount = min(discount, _exact(discounts[item.id][0], item.currency_id), residual)
                paid = min(paid, residual - discount)
            if paid + discount > 0 and item.currency_id == self.currency_id:
                parts.append({**part, "paid": paid, "discount": discount})
        return parts

    # ---- its entry

    def _ar_payment_values(self, parts, extra_create_values):
        """The values of the payment, as Odoo's own but for the entry."""
        journal = self.provider_id.journal_id
        method_lines = journal.inbound_payment_method_line_ids
        values = {
            "amount": self.amount,
            "payment_type": "inbound",
            "currency_id": self.currency_id.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
            "partner_type": "customer",
            "journal_id": journal.id,
            "company_id": self.provider_id.company_id.id,
            "payment_method_line_id": method_lines.filtered(
                lambda line: line.payment_provider_id == self.provider_id
            ).id,
            "payment_token_id": self.token_id.id,
            "payment_transaction_id": self.id,
            "memo": f"{self.reference} - {self.provider_reference or ''}",
            "invoice_ids": [Command.set(self.invoice_ids.ids)],
            **extra_create_values,
        }
        if parts:
            values["destination_account_id"] = parts[0]["item"].account_id.id
        return values

    def _ar_generate_entry(self, payment, parts, day):
        """Make the entry of ``payment``: money, discounts, one credit for each part, the rest on account.

        In the company's currency, credits are cumulative shares of the money, rounded: they sum to the whole.

        :return: the credits in the order of ``parts``
        """
        day = fields.Date.to_date(day)
        booked = [
            part["item"]._ar_discount_write_off_vals(float(part["discount"]), day, part["offer"]) for part in parts
        ]
        liquidity, counterpart, *_discounts = payment._prepare_move_line_default_vals()
        company_currency = payment.company_id.currency_id
        whole, given, told = liquidity["debit"], 0.0, 0.0
        credits = []
        for part, discount_lines in zip(parts, booked, strict=True):
            given += float(part["paid"])
            share = company_currency.round(whole * given / self.amount)
            item = part["item"]
            credits.append(
                {
                    **_without_sides(counterpart),
                    "account_id": item.account_id.id,
                    "partner_id": item.partner_id.id,
                    "amount_currency": -float(part["paid"] + part["discount"]),
                    "balance": told - share - sum(vals["balance"] for vals in discount_lines),
                }
            )
            told = share
        rest = self.currency_id.round(self.amount - given)
        on_account = (
            [{**_without_sides(counterpart), "amount_currency": -rest, "balance": told - whole}] if rest else []
        )
        discounts = [vals for discount_lines in booked for vals in discount_lines]
        payment._generate_journal_entry(
            line_ids=[Command.create(vals) for vals in (liquidity, *credits, *on_account, *discounts)]
        )
        made = payment.move_id.line_ids.sorted("id")
        return made[1 : 1 + len(credits)]

    # ---- what people are told

    def _ar_tell_of_changes(self, payment, parts, allocation):
        """Say on the invoices what of this payment came otherwise than it was meant when it was started."""
        of_item = {part["item"].id: part for part in parts}
        changed = {}
        for key, meant in allocation["lines"].items():
            part = of_item.get(int(key), {"paid": Decimal(), "discount": Decimal()})
            if part["paid"] != Decimal(meant["paid"]) or part["discount"] != Decimal(meant["discount"]):
                item = self.env["account.move.line"].browse(int(key)).exists()
                changed.setdefault(item.move_id or payment.move_id, []).append((meant, part))
        for move, differences in changed.items():
            paid, discount = (sum(part[name] for _meant, part in differences) for name in ("paid", "discount"))
            meant = sum(Decimal(meant["paid"]) for meant, _part in differences)
            move.message_post(
                body=self.env._(
                    "The online payment %(reference)s was started on %(day)s and has come now, when less was open: "
                    "%(paid)s of it and a discount of %(discount)s are applied here, %(rest)s stays on the account of "
                    "the customer.",
                    reference=self.reference,
                    day=format_date(self.env, allocation["day"]),
                    paid=self.currency_id.format(float(paid)),
                    discount=self.currency_id.format(float(discount)),
                    rest=self.currency_id.format(float(meant - paid)),
                )
            )
        self._ar_tell_of_late_discount(payment, parts, allocation)

    def _ar_tell_of_late_discount(self, payment, parts, allocation):
        """Say on the payment why a discount is granted whose time is over today: the customer wasn't slow."""
        today = fields.Date.context_today(self)
        late = self.env["account.move"]
        for part in parts:
            if part["discount"] and part["offer"] and part["offer"].grace_last_day < today:
                late |= part["item"].move_id
        if late:
            payment.message_post(
                body=self.env._(
                    "The discount on %(invoices)s is granted although its time is over: the customer paid on %(day)s, "
                    "the provider needed until today.",
                    invoices=", ".join(late.mapped("name")),
                    day=format_date(self.env, allocation["day"]),
                )
            )


def _exact(amount, currency):
    return Decimal(float_repr(amount, currency.decimal_places))


def _without_sides(values):
    """The values of a journal item without debit and credit, for a balance to be given instead."""
    return {name: value for name, value in values.items() if name not in ("debit", "credit")}
