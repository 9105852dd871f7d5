from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.tools import float_repr, format_date

# Days from the start of a payment to the day on which the customer has done his part of it at the provider. Who needs
# longer hasn't paid on the day of the start, and has no discount of that day.
LONGEST_PAYMENT = 7


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    ar_allocation = fields.Json(
        string="Allocation",
        readonly=True,
        copy=False,
        help="What the payment settles, as it was when it was started: the day, and for each journal item what is paid "
        "of it, its discount, and the offer that the discount comes from. Then, the day on which the customer paid.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Keep what is paid and what is discounted as it is now: it may be another sum when the provider is done."""
        transactions = super().create(vals_list)
        for transaction in transactions:
            if not transaction.ar_allocation:
                transaction.ar_allocation = transaction._ar_discounted_allocation(transaction.company_id._ar_today())
        return transactions

    def _update_state(self, allowed_states, target_state, state_message):
        """Note the day on which the customer has done his part, whatever the provider needs then."""
        started = self.filtered(lambda transaction: transaction.state == "draft" and transaction.ar_allocation)
        updated = super()._update_state(allowed_states, target_state, state_message)
        if target_state in ("pending", "authorized", "done"):
            for transaction in started & updated:
                paid_on = fields.Date.to_string(transaction.company_id._ar_today())
                transaction.ar_allocation = {**transaction.ar_allocation, "paid_on": paid_on}
        return updated

    def _create_payment(self, **extra_create_values):
        """Book the payment of an allocation as one entry that settles each item with its discount."""
        self.ensure_one()
        # A payment is booked on the company's day, whoever brings the news of it.
        here = self.company_id._ar_in_own_time(self)
        allocation = here._ar_known_allocation()
        if not allocation:
            return super(PaymentTransaction, here)._create_payment(**extra_create_values)
        return here._ar_create_payment(allocation, extra_create_values)

    def _ar_create_payment(self, allocation, extra_create_values):
        """Book the payment of ``allocation``."""
        uses = self._ar_uses_now(allocation)
        parts = self._ar_parts_now(allocation, uses)
        # Without an entry, as other accounting addons want payments, nothing could hold the discounts.
        payments = self.env["account.payment"].with_context(force_payment_move=True)
        payment = payments.create(self._ar_payment_values(parts, extra_create_values)).with_env(self.env)
        credits = self._ar_generate_entry(payment, parts, allocation["day"])
        payment.action_post()
        self.payment_id = payment
        self.env["account.move.line"]._reconcile_plan(
            [credit + part["item"] for part, credit in zip(parts, credits, strict=True)]
        )
        self._ar_use_credits(uses)
        self._ar_note_booked(parts, uses)
        self._ar_tell_of_changes(payment, parts, allocation)
        self._ar_tell_of_credits(allocation, uses)
        self._ar_tell_of_parts(allocation)
        return payment

    # ---- what was agreed

    def _ar_known_allocation(self):
        """The allocation of this transaction; of one that was started before there were any, as of its first day."""
        self.ensure_one()
        if self.payment_id or self.amount <= 0:
            return None
        source = self.source_transaction_id
        if source:
            is_capture = source.operation == self.operation
            return self._ar_captured_allocation() if is_capture and source.ar_allocation else None
        return self.ar_allocation or self._ar_discounted_allocation(self.company_id._ar_day_of(self.create_date))

    def _ar_captured_allocation(self):
        """What this capture settles of what was authorised: the items in order of their due days, after other captures.

        An item has its discount, and the credits that settle it, with the capture that pays the last of it.
        """
        authorised = self.source_transaction_id
        meant = authorised.ar_allocation["lines"]
        items = self.env["account.move.line"].browse(map(int, meant)).exists()
        captured = (authorised.child_transaction_ids - self).payment_id
        gone = _exact(sum(captured.mapped("amount")), self.currency_id)
        left = _exact(self.amount, self.currency_id)
        lines, finished = {}, set()
        for item in items.sorted(lambda item: (item.date_maturity or item.date, item.id)):
            values = meant[str(item.id)]
            paid = Decimal(values["paid"])
            before = min(paid, gone)
            now = min(paid - before, left)
            gone, left = gone - before, left - now
            if now or not (paid or captured):
                is_last = before + now == paid
                finished |= {item.id} if is_last else set()
                lines[str(item.id)] = {**values, "paid": str(now), "discount": values["discount"] if is_last else "0"}
        return self._ar_with_credits_of({**authorised.ar_allocation, "lines": lines}, finished)

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
                return {"day": fields.Date.to_string(day), "lines": some._ar_allocated(discounts)}
        return None

    # ---- what can still be booked of it

    def _ar_parts_now(self, allocation, uses=None):
        """What of ``allocation`` can be booked now: dicts with item, offer, paid and discount (Decimals).

        A discount is granted that was open when the transaction was started, unless the customer took very long, or
        there is no account for it. Of an item that was settled or changed meanwhile no more is paid than is open; what
        is left stays on the customer's account.  The ``uses`` of credits, from `_ar_uses_now`, are lessened to what
        the money leaves open.
        """
        meant = {int(key): values for key, values in allocation["lines"].items()}
        items = self.env["account.move.line"].browse(meant).exists()
        items = items.filtered(
            lambda item: (
                item.parent_state == "posted"
                and not item.reconciled
                and item.currency_id == self.currency_id
                and item.company_id.root_id == self.company_id.root_id
            )
        )
        discounts = items._ar_discount_on(fields.Date.to_date(allocation["day"]))
        granted = self._ar_granted_now(items, meant, allocation)
        offers = self.env["ar.discount.offer"].sudo()  # whoever makes the payment needn't have a right to offers
        parts = []
        uses = {} if uses is None else uses
        for item in items:
            paid, discount = Decimal(meant[item.id]["paid"]), granted[item.id]
            if discount:
                used = sum(use["amount"] for use in uses.get(item.id, ()))
                discount = self._ar_discount_with(allocation, item, paid, used, discount, discounts[item.id][1])
            residual = _exact(item.amount_residual_currency, item.currency_id)
            if residual < paid + discount:
                discount = min(discount, _exact(discounts[item.id][0], item.currency_id), residual)
                paid = min(paid, residual - discount)
            _lessen(uses.get(item.id, ()), residual - paid - discount)
            if paid + discount > 0:
                offer = offers.browse(meant[item.id].get("offer") or []).exists()
                parts.append({"item": item, "offer": offer, "paid": paid, "discount": discount})
        return parts

    def _ar_granted_now(self, items, meant, allocation):
        """The discounts of ``meant`` that can be granted: ``{item id: Decimal}``.

        Of those that can't, the money is booked all the same; what is still due then is for the ledger to say.
        """
        discounts = {item.id: Decimal(meant[item.id]["discount"]) for item in items}
        if self._ar_days_taken(allocation) > LONGEST_PAYMENT:
            still_open = items._ar_discount_on(fields.Date.to_date(allocation["paid_on"]))
            for item in items:
                if _exact(still_open[item.id][0], item.currency_id) < discounts[item.id]:
                    discounts[item.id] = Decimal()
        for item in items:
            if not item.move_id._ar_known_early_discount_account():
                discounts[item.id] = Decimal()
        return discounts

    @staticmethod
    def _ar_days_taken(allocation):
        """Days from the start of a payment until the customer has done his part of it."""
        day, paid_on = (fields.Date.to_date(allocation.get(name)) for name in ("day", "paid_on"))
        return (paid_on - day).days if paid_on else 0

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
            "invoice_ids": [Command.set((self.source_transaction_id or self).invoice_ids.ids)],
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
            meant, lost = (sum(Decimal(meant[name]) for meant, _part in differences) for name in ("paid", "discount"))
            body = (
                self._ar_words_of_less(allocation, paid, discount, meant - paid)
                if paid < meant
                else self._ar_words_of_lost_discount(move, allocation, lost - discount)
            )
            move.message_post(body=body)
        self._ar_tell_of_late_discount(payment, parts, allocation)

    def _ar_words_of_less(self, allocation, paid, discount, rest):
        """Why less of a payment is applied to an invoice than was meant."""
        return self.env._(
            "The online payment %(reference)s was started on %(day)s and has come now, when less was open: "
            "%(paid)s of it and a discount of %(discount)s are applied here, %(rest)s stays on the account of "
            "the customer.",
            reference=self.reference,
            day=format_date(self.env, allocation["day"]),
            paid=self.currency_id.format(float(paid)),
            discount=self.currency_id.format(float(discount)),
            rest=self.currency_id.format(float(rest)),
        )

    def _ar_words_of_lost_discount(self, move, allocation, lost):
        """Why the discount that belongs to a payment isn't booked with it."""
        facts = {"reference": self.reference, "discount": self.currency_id.format(float(lost))}
        if not move._ar_known_early_discount_account():
            return self.env._(
                "The online payment %(reference)s is booked without its discount of %(discount)s, which is still open "
                "here. %(reason)s",
                reason=move._ar_no_early_discount_account(),
                **facts,
            )
        return self.env._(
            "The online payment %(reference)s is booked without the discount of %(discount)s: it was started on "
            "%(day)s, and the customer paid %(days)s days later.",
            day=format_date(self.env, allocation["day"]),
            days=self._ar_days_taken(allocation),
            **facts,
        )

    def _ar_tell_of_late_discount(self, payment, parts, allocation):
        """Say on the payment why a discount is granted whose time is over today: the customer wasn't slow."""
        today = self.company_id._ar_today()
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


def _lessen(uses, most):
    """Cut the uses of credits for one item so that they sum to ``most`` at most."""
    for use in uses:
        use["amount"] = min(use["amount"], most)
        most -= use["amount"]


def _exact(amount, currency):
    return Decimal(float_repr(amount, currency.decimal_places))


def _without_sides(values):
    """The values of a journal item without debit and credit, for a balance to be given instead."""
    return {name: value for name, value in values.items() if name not in ("debit", "credit")}
