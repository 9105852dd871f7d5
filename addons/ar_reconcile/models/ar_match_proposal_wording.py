"""The sentences that say why: for each reason code of the engine a method, named after it, and a short label."""

import re

from odoo.tools import format_date, format_list
from odoo.tools.misc import formatLang

from ..engine import evidence
from ..engine.reference import compact
from ..engine.replay import restored_customers, restored_items, restored_payments, restored_reasons

#: Why a line is booked that the engine found nothing for.
BY_MODEL = "by_model"


def reason_label(env, code):
    """Return a reason in a few words, without the facts of a case."""
    labels = {
        evidence.NUMBER_IN_TEXT: env._("Number in the text"),
        evidence.CORE_IN_TEXT: env._("Number without its prefix in the text"),
        evidence.DIGITS_IN_TEXT: env._("Digits of a number in the text"),
        evidence.RANGE_IN_TEXT: env._("Range of numbers in the text"),
        evidence.LAST_DIGITS_IN_TEXT: env._("Last digits of a number in the text"),
        evidence.MISTAKEN_NUMBER: env._("Mistyped number in the text"),
        evidence.ADVISED: env._("Customer's own advice"),
        evidence.ACCOUNT_KNOWN: env._("Customer's bank account"),
        evidence.ACCOUNT_LEARNED: env._("Bank account that paid before"),
        evidence.NAME_EQUAL: env._("Same name"),
        evidence.NAME_CUT: env._("Same name, cut off"),
        evidence.NAME_SIMILAR: env._("Similar name"),
        evidence.NAME_PART: env._("Part of the name"),
        evidence.CUSTOMER_NUMBER: env._("Customer's number in the text"),
        evidence.SAME_GROUP: env._("Same group of companies"),
        evidence.AMOUNT_EQUAL: env._("Amount equal"),
        evidence.SUM_EQUAL: env._("Sum equal"),
        evidence.ONLY_SET: env._("Only these invoices make the sum"),
        evidence.DISCOUNT_TAKEN: env._("Early-payment discount"),
        evidence.DISCOUNT_GRACE: env._("Discount within the days of grace"),
        evidence.DISCOUNT_LATE: env._("Discount taken too late"),
        evidence.ROUNDING: env._("Rounding"),
        evidence.BANK_FEE: env._("Bank fee"),
        evidence.SHORT_PAYMENT: env._("Short payment"),
        evidence.OVERPAYMENT: env._("Overpayment"),
        evidence.EXCHANGE: env._("Paid in another currency"),
        evidence.NETTED: env._("Netted with a credit note"),
        evidence.NAME_UNLIKE: env._("Another name"),
        evidence.ACCOUNT_OF_OTHER: env._("Bank account of another customer"),
        evidence.NUMBERS_UNUSED: env._("Named, but not paid"),
        evidence.PAID_BEFORE_ISSUED: env._("Paid before the invoice was issued"),
        evidence.OUTGOING: env._("Money that goes out"),
        evidence.RETURNED: env._("Money that comes back"),
        evidence.NOTHING_LEFT: env._("Nothing left to reconcile"),
        evidence.NO_REFERENCE: env._("No invoice and no customer named"),
        evidence.NOTHING_FITS: env._("Customer known, nothing fits"),
        evidence.ALREADY_PAID: env._("Already paid"),
        evidence.OTHER_CURRENCY: env._("Other currency"),
        evidence.AMBIGUOUS: env._("Several fit equally"),
        evidence.CONTESTED: env._("Claimed by another payment"),
        evidence.SAME_AMOUNT: env._("Others of the same amount"),
        evidence.RUNNER_UP: env._("Less likely"),
        evidence.BELOW_THRESHOLD: env._("Not certain enough"),
        evidence.LEFT_BY_POLICY: env._("The journal leaves it to a person"),
        evidence.TOO_MANY_ITEMS: env._("Too many open items"),
        BY_MODEL: env._("Reconciliation model"),
    }
    return labels.get(code, code)


class MatchWording:
    """The sentences of one proposal, in the language of its environment."""

    def __init__(self, proposal):
        self.env = proposal.env
        self.proposal = proposal
        self.currency = proposal.currency_id
        facts = proposal.facts or {}
        if "cases" in facts:
            self.numbers = {key: item.number for key, item in restored_items(facts).items()}
            self.names = {key: each.names[:1] for key, each in restored_customers(facts).items()}
            self.payments = {key: (each.amount, each.day) for key, each in restored_payments(facts).items()}
        else:  # version 1 of the rules
            self.numbers = {each["key"]: each["number"] for each in facts.get("candidates", ())}
            self.names = {}
            self.payments = {each["key"]: (each["amount"], each["day"]) for each in facts.get("payments", ())}

    def explanation(self):
        """Say what speaks for the proposal, why it is not booked without a person, and what ruled other items out."""
        return self._say(self.proposal.reasons, self._why_not(), self.proposal.against)

    def summary(self):
        """Say the same, but first what a person has to decide, where one has."""
        if self.proposal.state != "proposed":
            return self.explanation()
        return self._say(self._why_not(), self.proposal.reasons, self.proposal.against)

    def _why_not(self):
        return (self.proposal.verdict or {}).get("reasons") if self.proposal.state != "left" else None

    def _say(self, *told):
        reasons = restored_reasons([reason for each in told for reason in each or ()])
        return self.sentences(dict.fromkeys(reasons))

    def sentences(self, reasons):
        """Say each reason once; numbers that the text gives apart from separators and case share a sentence."""
        said, verbatim = [], []
        for reason in reasons:
            facts = dict(reason.facts)
            if reason.code == evidence.NUMBER_IN_TEXT and compact(facts["text"]) == compact(self._numbers(facts)):
                verbatim.append(self._numbers(facts))
                if len(verbatim) == 1:
                    place = len(said)
                continue
            if sentence := getattr(self, f"_{reason.code}", None):  # former rules may have had other reasons
                said.append(sentence(facts))
        if verbatim:
            said.insert(
                place,
                self.env._("The text names %(numbers)s.", numbers=format_list(self.env, list(dict.fromkeys(verbatim)))),
            )
        return [re.sub(r"\.\.$", ".", sentence) for sentence in dict.fromkeys(said)]  # names may end with a full stop

    # === FACTS === #

    def _numbers(self, facts):
        numbers = sorted({self.numbers[key] for key in facts.get("items", ()) if key in self.numbers})
        return format_list(self.env, numbers)

    def _customers(self, facts):
        names = [name for key in facts.get("customers", ()) for name in self.names.get(key, ())]
        return format_list(self.env, list(dict.fromkeys(names)))

    def _money(self, amount):
        return self.currency.format(float(amount))

    def _day(self, day):
        return format_date(self.env, day)

    def _percent(self, probability):
        return f"{formatLang(self.env, 100 * float(probability), digits=1)} %"

    # === REFERENCES === #

    def _number_in_text(self, facts):
        return self.env._(
            "The text says “%(text)s”: that is %(numbers)s.", text=facts["text"], numbers=self._numbers(facts)
        )

    def _core_in_text(self, facts):
        return self.env._(
            "The text says “%(text)s”: that is %(numbers)s without the prefix.",
            text=facts["text"],
            numbers=self._numbers(facts),
        )

    def _digits_in_text(self, facts):
        return self.env._(
            "The text says “%(text)s”: the digits of %(numbers)s.", text=facts["text"], numbers=self._numbers(facts)
        )

    def _range_in_text(self, facts):
        return self.env._(
            "The text says “%(text)s”: a range with %(numbers)s in it.",
            text=facts["text"],
            numbers=self._numbers(facts),
        )

    def _last_digits_in_text(self, facts):
        return self.env._(
            "The text says “%(text)s”: the last digits of %(numbers)s.",
            text=facts["text"],
            numbers=self._numbers(facts),
        )

    def _mistaken_number(self, facts):
        return self.env._(
            "The text says “%(text)s”: perhaps a slip for %(numbers)s.",
            text=facts["text"],
            numbers=self._numbers(facts),
        )

    def _advised(self, facts):
        return self.env._("The customer's own advice says that it pays %(numbers)s.", numbers=self._numbers(facts))

    # === WHO PAYS === #

    def _account_known(self, facts):
        if "customers" not in facts:
            return self.env._("The account %(account)s is the customer's.", account=facts["account"])
        return self.env._(
            "The account %(account)s belongs to %(customer)s.",
            account=facts["account"],
            customer=self._customers(facts),
        )

    def _account_learned(self, facts):
        return self.env._(
            "The account %(account)s has paid for %(customer)s before (%(times)s×).",
            account=facts["account"],
            customer=self._customers(facts),
            times=facts["times"],
        )

    def _name_equal(self, facts):
        return self.env._("The payer's name is that of %(customer)s.", customer=self._customers(facts))

    def _name_cut(self, facts):
        return self.env._(
            "The payer's name, “%(name)s”, is that of %(customer)s cut off.",
            name=facts["name"],
            customer=self._customers(facts),
        )

    def _name_similar(self, facts):
        return self.env._(
            "The payer's name, “%(name)s”, is almost that of %(customer)s.",
            name=facts["name"],
            customer=self._customers(facts),
        )

    def _name_part(self, facts):
        return self.env._(
            "“%(name)s” shares telling words with the name of %(customer)s.",
            name=facts["name"],
            customer=self._customers(facts),
        )

    def _customer_number(self, facts):
        return self.env._(
            "The text says “%(text)s”: the number of %(customer)s in our books.",
            text=facts["text"],
            customer=self._customers(facts),
        )

    def _same_group(self, facts):
        return self.env._("%(customers)s pay for each other.", customers=self._customers(facts))

    # === THE AMOUNT === #

    def _amount_equal(self, facts):
        return self.env._(
            "The amount, %(amount)s, is exactly what is left to pay of %(numbers)s.",
            amount=self._money(facts["amount"]),
            numbers=self._numbers(facts),
        )

    def _sum_equal(self, facts):
        return self.env._(
            "The amount, %(amount)s, is exactly what is left to pay of %(numbers)s together.",
            amount=self._money(facts["amount"]),
            numbers=self._numbers(facts),
        )

    def _only_set(self, facts):
        return self.env._(
            "Of the open items of %(customer)s (%(count)s), no others make this sum.",
            customer=self._customers(facts),
            count=facts["open"],
        )

    def _discount_taken(self, facts):
        return self.env._(
            "Less the discount of %(discount)s that %(numbers)s allows until %(last_day)s; paid on %(day)s.",
            **self._discount(facts),
        )

    def _discount_grace(self, facts):
        return self.env._(
            "Less the discount of %(discount)s that %(numbers)s allowed until %(last_day)s; "
            "paid on %(day)s, within the days of grace.",
            **self._discount(facts),
        )

    def _discount_late(self, facts):
        return self.env._(
            "Less the discount of %(discount)s, which %(numbers)s allowed only until %(last_day)s; paid on %(day)s.",
            **self._discount(facts),
        )

    def _discount(self, facts):
        amount = self._money(facts["discount"])
        if facts.get("percent"):
            amount = self.env._("%(amount)s (%(percent)s %%)", amount=amount, percent=facts["percent"])
        if facts.get("short"):
            amount = self.env._("%(discount)s and %(short)s more", discount=amount, short=self._money(facts["short"]))
        return {
            "discount": amount,
            "numbers": self._numbers(facts),
            "last_day": self._day(facts["last_day"]),
            "day": self._day(facts["day"]),
        }

    def _rounding(self, facts):
        return self.env._(
            "%(difference)s less or more than is left to pay of %(numbers)s: rounding.",
            difference=self._money(facts["difference"]),
            numbers=self._numbers(facts),
        )

    def _bank_fee(self, facts):
        return self.env._(
            "%(difference)s less than is left to pay of %(numbers)s: a fee that a bank has kept.",
            difference=self._money(facts["difference"]),
            numbers=self._numbers(facts),
        )

    def _short_payment(self, facts):
        return self.env._(
            "Short payment: %(paid)s came for %(numbers)s, %(open)s are left to pay; %(difference)s are missing.",
            **self._difference(facts),
        )

    def _overpayment(self, facts):
        return self.env._(
            "Overpayment: %(paid)s came for %(numbers)s, only %(open)s are left to pay; %(difference)s are too much.",
            **self._difference(facts),
        )

    def _difference(self, facts):
        return {
            "paid": self._money(facts["paid"]),
            "numbers": self._numbers(facts),
            "open": self._money(facts["open"]),
            "difference": self._money(facts["difference"]),
        }

    def _exchange(self, facts):
        return self.env._(
            "%(open)s %(currency)s are left to pay of %(numbers)s; at the day's rate of %(rate)s, %(paid)s fits.",
            open=facts["open"],
            currency=facts["currency"],
            numbers=self._numbers(facts),
            rate=formatLang(self.env, float(facts["rate"]), digits=4),
            paid=self._money(facts["paid"]),
        )

    def _netted(self, facts):
        return self.env._("Less the credit of %(numbers)s.", numbers=self._numbers(facts))

    # === AGAINST === #

    def _name_unlike(self, facts):
        return self.env._(
            "The payer's name, “%(name)s”, is not that of %(customer)s.",
            name=facts["name"],
            customer=self._customers(facts),
        )

    def _account_of_other(self, facts):
        return self.env._(
            "The account %(account)s belongs to %(customer)s.",
            account=facts["account"],
            customer=self._customers(facts),
        )

    def _account_shared(self, facts):  # version 1 of the rules
        return self.env._("The account %(account)s belongs to several customers.", account=facts["account"])

    def _numbers_unused(self, facts):
        return self.env._("The text also names %(numbers)s.", numbers=self._numbers(facts))

    def _paid_before_issued(self, facts):
        return self.env._("Paid before it was issued: %(numbers)s.", numbers=self._numbers(facts))

    def _outgoing(self, _facts):
        return self.env._("Money that goes out pays no customer invoice.")

    def _returned(self, facts):
        return self.env._(
            "The text says “%(text)s”: money that comes back pays no customer invoice.", text=facts["text"]
        )

    def _nothing_left(self, _facts):
        return self.env._("Nothing is left to reconcile of this line.")

    def _no_reference(self, _facts):
        return self.env._("The text names no open invoice, and nothing tells who pays.")

    def _nothing_fits(self, facts):
        return self.env._(
            "Probably from %(customer)s, but no open items fit the amount.", customer=self._customers(facts)
        )

    def _already_paid(self, facts):
        return self.env._("Already paid: %(numbers)s.", numbers=self._numbers(facts))

    def _other_currency(self, facts):
        return self.env._("In another currency than the payment: %(numbers)s.", numbers=self._numbers(facts))

    def _ambiguous(self, facts):
        return self.env._("Several fit equally: %(numbers)s. A tie is not a match.", numbers=self._numbers(facts))

    def _contested(self, facts):
        rivals = [self.payments[key] for key in facts["payments"] if key in self.payments]
        if not rivals:
            return self.env._("Claimed by other payments too: %(numbers)s.", numbers=self._numbers(facts))
        said = [
            self.env._("%(amount)s of %(day)s", amount=self._money(amount), day=self._day(day))
            for amount, day in rivals
        ]
        return self.env._(
            "Claimed by another payment too (%(payments)s): %(numbers)s.",
            numbers=self._numbers(facts),
            payments=format_list(self.env, said),
        )

    def _same_amount(self, facts):
        return self.env._("Same amount, but nothing else fits: %(numbers)s.", numbers=self._numbers(facts))

    def _runner_up(self, facts):
        if set(facts["items"]) == set(self.proposal.allocation_ids.move_line_id.ids):
            return self.env._(
                "Less likely (%(percent)s): the difference is of another kind.",
                percent=self._percent(facts["probability"]),
            )
        return self.env._(
            "Less likely (%(percent)s): %(numbers)s.",
            percent=self._percent(facts["probability"]),
            numbers=self._numbers(facts),
        )

    def _below_threshold(self, facts):
        return self.env._(
            "The journal books without a person from %(threshold)s on.", threshold=self._percent(facts["threshold"])
        )

    def _not_alone(self, _facts):
        return self.env._("The journal books nothing without a person.")

    def _left_by_policy(self, facts):
        kinds = dict(self.env["ar.match.proposal.allocation"]._fields["kind"]._description_selection(self.env))
        return self.env._(
            "The journal leaves this to a person: %(kind)s of %(difference)s, more than %(limit)s.",
            kind=kinds.get(facts["kind"], facts["kind"]),
            difference=self._money(facts["difference"]),
            limit=self._money(facts["limit"]),
        )

    def _too_many_items(self, facts):
        return self.env._(
            "%(customer)s has too many open items to try all sums of them.", customer=self._customers(facts)
        )


assert all(hasattr(MatchWording, f"_{code}") for code in evidence.ALL)  # noqa: S101 - every reason has its sentence
