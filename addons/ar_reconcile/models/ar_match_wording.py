"""The sentences that say why: one method per reason code of the engine."""

from odoo.tools import format_date, format_list

from ..engine import evidence
from ..engine.reference import compact


class MatchWording:
    """The sentences of one match, in the language of its environment."""

    def __init__(self, match):
        self.env = match.env
        self.line = match.statement_line_id
        self.currency = match.currency_id
        self.candidates = {each["key"]: each for each in (match.facts or {}).get("candidates", [])}
        self.payments = {each["key"]: each for each in (match.facts or {}).get("payments", [])}

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
            said.append(getattr(self, f"_{reason.code}")(facts))
        if verbatim:
            said.insert(
                place,
                self.env._("The text names %(numbers)s.", numbers=format_list(self.env, list(dict.fromkeys(verbatim)))),
            )
        return said

    def _numbers(self, facts):
        numbers = sorted({self.candidates[key]["number"] for key in facts.get("items", ()) if key in self.candidates})
        return format_list(self.env, numbers)

    def _money(self, amount):
        return self.currency.format(float(amount))

    def _number_in_text(self, facts):
        return self.env._(
            "The text says “%(text)s”: that is %(numbers)s.", text=facts["text"], numbers=self._numbers(facts)
        )

    def _digits_in_text(self, facts):
        return self.env._(
            "The text says “%(text)s”: the digits of %(numbers)s.", text=facts["text"], numbers=self._numbers(facts)
        )

    def _account_known(self, facts):
        return self.env._("The account %(account)s is the customer's.", account=facts["account"])

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

    def _outgoing(self, _facts):
        return self.env._("Money that goes out pays no customer invoice.")

    def _no_reference(self, _facts):
        return self.env._("The text names no open invoice.")

    def _already_paid(self, facts):
        return self.env._("Already paid: %(numbers)s.", numbers=self._numbers(facts))

    def _short_payment(self, facts):
        return self.env._(
            "Short payment: %(paid)s came for %(numbers)s, %(open)s are left to pay; %(difference)s are missing.",
            paid=self._money(facts["paid"]),
            numbers=self._numbers(facts),
            open=self._money(facts["open"]),
            difference=self._money(facts["difference"]),
        )

    def _overpayment(self, facts):
        return self.env._(
            "Overpayment: %(paid)s came for %(numbers)s, only %(open)s are left to pay; %(difference)s are too much.",
            paid=self._money(facts["paid"]),
            numbers=self._numbers(facts),
            open=self._money(facts["open"]),
            difference=self._money(facts["difference"]),
        )

    def _other_currency(self, facts):
        return self.env._("In another currency than the payment: %(numbers)s.", numbers=self._numbers(facts))

    def _ambiguous(self, facts):
        return self.env._(
            "Several invoices fit equally: %(numbers)s. A tie is not a match.", numbers=self._numbers(facts)
        )

    def _contested(self, facts):
        rivals = [self.payments[key] for key in facts["payments"] if key in self.payments]
        said = [
            self.env._(
                "%(amount)s of %(day)s", amount=self._money(each["amount"]), day=format_date(self.env, each["day"])
            )
            for each in rivals
        ]
        return self.env._(
            "Claimed by another payment too (%(payments)s): %(numbers)s.",
            numbers=self._numbers(facts),
            payments=format_list(self.env, said),
        )

    def _same_amount(self, facts):
        return self.env._("Same amount, but not named: %(numbers)s.", numbers=self._numbers(facts))

    def _account_shared(self, facts):
        return self.env._("The account %(account)s belongs to several customers.", account=facts["account"])


assert all(hasattr(MatchWording, f"_{code}") for code in evidence.ALL)  # noqa: S101 - every reason has its sentence
