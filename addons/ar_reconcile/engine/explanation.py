"""What a payment may be: every set of items that it could settle, weighed against each other and against none.

Weights are decibans of likelihood: those of an explanation add up what speaks for its payer, for its items, and for the
amount. Against them stand the *nulls*: that the payment is no customer's, that a customer pays something which is not
here, that something is paid twice. Only differences count, so no weight means anything alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from . import evidence
from .advice import divided
from .allocation import SETTLING, Allocation, Kind
from .candidate import Candidate, Sort
from .case import Case
from .evidence import Reason, reason
from .name import words, words_of
from .payer import CUSTOMER_NUMBER_WEIGHT, Identity, identities
from .reference import Level, Mention, Reading, as_reference
from .settlement import Settlement, in_paying_order, sensible_discounts, settlements, units
from .subset import MOST_COMPLETE, Found, exact_sets

#: How often a line that brings money pays one item, several, nothing that is here, or is no customer's.
SINGLE_WEIGHT = -2
SEVERAL_WEIGHT = -7
ELSE_WEIGHT = -15
NOBODY_WEIGHT = -5
TWICE_WEIGHT = -15
#: Each item more that is paid at once.
ITEM_WEIGHT = -2
MOST_ITEMS_WEIGHT = -16
#: The payer names nothing; he names others and not this one; he names one of his that he doesn't pay.
UNNAMED_WEIGHT = -3
UNNAMED_BY_HABIT_WEIGHT = 0
LEFT_OUT_WEIGHT = -8
OWN_NUMBER_UNUSED_WEIGHT = 15
#: The amount alone is evidence of nothing.
AMOUNT_ALONE_WEIGHT = -20
#: A mistaken number is hardly evidence where nothing tells who pays.
STRANGER_MISTAKEN_WEIGHT = -8
#: Nor that a stranger pays nearly what is owed; and less, where somebody else is known to pay.
STRANGER_DIFFERS_WEIGHT = -12
UNCERTAIN = frozenset({Kind.PARTIAL, Kind.BANK_FEE, Kind.OVERPAYMENT})
SOMEBODY_ELSE_WEIGHT = -10
SOMEBODY_WEIGHT = 30
#: A registered payment is expected at the bank.
REGISTERED_WEIGHT = 15
EARLY_WEIGHT = -15
EARLY_DAYS = 2
ADVISED_WEIGHT = 25
#: The least that must speak for a payer before his unnamed items are looked at.
KNOWN_WEIGHT = 10
#: A lead so large that no unnamed set of items can come near.
CLEAR_LEAD = 45
#: Parts that leave nothing of their items open.
SETTLED_IN_FULL = SETTLING - {Kind.PARTIAL} | {Kind.DISCOUNT}
#: Money goes back to nobody more often than as what came from him before and is now returned, where the text says so.
RETURNED_WEIGHT = 35
RETURN_WORDS = words_of(
    """BOUNCED CHARGEBACK DEVOLUCION DEVOLUCAO IMPAYE INSOLUTO REJECT REJECTED REJET REJETE RETOUR RETOURE
    RETURN RETURNED REVERSAL REVERSED RUECKGABE RUECKLASTSCHRIFT RUECKLASTSCHRIFTGEBUEHR STORNO STORNIERUNG UNPAID
    退回 退汇"""
)
#: The text says that it is paid in advance.
PREPAID_WEIGHT = 12
PREPAYMENT_WORDS = words_of(
    "ACCONTO ACOMPTE ADVANCE ANTICIPO ANZAHLUNG AVANCE DEPOSIT PREPAYMENT PREPAID VORAUSZAHLUNG VORKASSE 预付款 预付"
)
#: An amount that nobody owes is as rare as this many others.
OTHER_AMOUNTS = 100
#: Explanations that are kept, and named items that one leaves out that are told.
MOST_KEPT = 12
MOST_UNUSED = 20

_NAMED = {
    Level.FULL: evidence.NUMBER_IN_TEXT,
    Level.CORE: evidence.CORE_IN_TEXT,
    Level.TAIL: evidence.DIGITS_IN_TEXT,
    Level.RANGE: evidence.RANGE_IN_TEXT,
    Level.MISTAKE: evidence.MISTAKEN_NUMBER,
    Level.LAST_DIGITS: evidence.LAST_DIGITS_IN_TEXT,
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One thing that the payment may be: the items that it settles, and what that weighs."""

    weight: int
    allocations: tuple[Allocation, ...]
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]

    @property
    def key(self) -> tuple[tuple[int, str, str], ...]:
        """What tells explanations apart, in an order that is always the same."""
        return tuple(sorted((each.candidate, str(each.amount), each.kind.value) for each in self.allocations))

    @property
    def taken(self) -> dict[int, int]:
        """What is taken off each item, in ten-thousandths of its currency."""
        found: dict[int, int] = defaultdict(int)
        for each in self.allocations:
            if each.kind in SETTLING or each.kind is Kind.EXCHANGE:
                found[each.candidate] += units(each.amount if each.item_amount is None else each.item_amount)
        return found


@dataclass(frozen=True, slots=True)
class Explained:
    """All that a payment may be: explanations, the likeliest first, and what speaks for none of them."""

    case: Case
    explanations: tuple[Explanation, ...]
    none_weight: float
    reasons: tuple[Reason, ...]


def explained(case: Case, reading: Reading | None = None) -> Explained:
    """Weigh all that the payment of ``case`` may be."""
    payment = case.payment
    if payment.amount == 0:
        return Explained(case, (), 0.0, (reason(evidence.NOTHING_LEFT),))
    return _Hearing(case, reading or Reading(_texts(case))).explained()


def _texts(case: Case) -> tuple[str, ...]:
    return (*case.payment.texts, *(number for number, _amount in case.payment.remittance))


class _Hearing:
    """What is worked out about one case on the way to its explanations."""

    def __init__(self, case: Case, reading: Reading) -> None:
        self.case = case
        self.payment = case.payment
        self.reading = reading
        self.item_of = {item.key: item for item in case.items}
        self.customer_of = {customer.key: customer for customer in case.customers}
        self.identities = identities(case, reading)
        for item in case.items:
            self.identities.setdefault(item.customer, Identity(item.customer, 0, ()))
        self.somebody_pays = any(each.weight >= SOMEBODY_WEIGHT for each in self.identities.values())
        self.customers_weight = -_decibans(case.population.customers + OTHER_AMOUNTS)
        self.amount_weight = self._amount_weight()
        self.paid = units(self.payment.amount)
        self.sign = 1 if self.paid > 0 else -1
        self.rounding_limit = units(self.payment.policy.rounding_limit)
        self.fee_limit = units(self.payment.policy.fee_limit)
        self.words = frozenset(word for text in self.payment.texts for word in words(text))
        self.returned = sorted(self.words & RETURN_WORDS) if self.sign < 0 else []
        self.open = [item for item in case.items if item.residual]
        self.units = {item.key: units(item.residual) for item in self.open}
        self.items_of: dict[int, list[Candidate]] = defaultdict(list)
        for item in self.open:
            self.items_of[item.customer].append(item)
        self.parts_of: dict[int, list[Candidate]] = defaultdict(list)
        for item in self.open:
            self.parts_of[item.invoice].append(item)
        for invoice, parts in self.parts_of.items():
            if len(parts) > 1:
                self.parts_of[invoice] = list(in_paying_order(parts))
        counts = dict(case.population.items_of)
        self.open_count = {key: counts.get(key, len(items)) for key, items in self.items_of.items()}
        self.numbers = self._customer_numbers()
        self.mentions = self._mentions()
        self.whole_at: dict[str, list[Candidate]] = defaultdict(list)
        self.whole_of: dict[int, list[Candidate]] = defaultdict(list)
        for item in self.open:
            if item.key in self.mentions and self.mentions[item.key].level >= Level.CORE:
                self.whole_at[self.mentions[item.key].place].append(item)
                self.whole_of[item.customer].append(item)
        self.found: dict[tuple[tuple[int, str, str], ...], Explanation] = {}
        self.unproved: set[int] = set()

    # What the text names

    def _mentions(self) -> dict[int, Mention]:
        """Return where the text names items; a place that names one in full names no other by a part of its number."""
        if not self.reading.has_digits:
            return {}
        found = {item.key: mention for item in self.case.items if (mention := self._mention(item))}
        in_full = {mention.place for mention in found.values() if mention.level is Level.FULL}
        return {
            key: mention
            for key, mention in found.items()
            if mention.level is Level.FULL
            or (
                mention.place not in in_full
                and (mention.level > Level.TAIL or not self._is_customers(mention.place, self.item_of[key].customer))
            )
        }

    def _customer_numbers(self) -> dict[str, set[int]]:
        """Return the places where the text tells the numbers of customers, and whose they are."""
        told: dict[str, set[int]] = defaultdict(set)
        for key, identity in self.identities.items():
            if any(each.code == evidence.CUSTOMER_NUMBER for each in identity.reasons):
                for number in self.customer_of[key].references:
                    reference = as_reference(number)
                    if reference is not None:
                        told[reference.tail].add(key)
        return told

    def _is_customers(self, place: str, owner: int) -> bool:
        """Whether a place tells the number of a customer, and so no item of ``owner``.

        Of another customer more than the number must speak, for that may be a coincidence itself.
        """
        return any(
            key == owner or self.identities[key].weight > CUSTOMER_NUMBER_WEIGHT for key in self.numbers.get(place, ())
        )

    def _mention(self, item: Candidate) -> Mention | None:
        """Return the best place where the text names ``item`` by its number or another reference."""
        best: Mention | None = None
        for name in (item.number, *item.references):
            reference = as_reference(name)
            found = self.reading.mention(reference) if reference else None
            if found and (best is None or found.weight > best.weight):
                best = found
        return best

    def _weak_mention(self, item: Candidate, exact: set[tuple[int, str]]) -> Mention | None:
        """Return where the text names ``item`` by last digits, in a range, or with a mistake.

        The number of a customer is no last digits of an invoice, and no mistake is what is exactly another number of
        the same customer: ``exact`` pairs customers with the places where the text names what they owe.
        """
        best: Mention | None = None
        for name in (item.number, *item.references):
            reference = as_reference(name)
            if reference is None:
                continue
            for found in (self.reading.weak_mention(reference), self.reading.mistaken(reference)):
                if found is None or (best is not None and found.weight <= best.weight):
                    continue
                if found.level is Level.LAST_DIGITS and self._is_customers(found.place, item.customer):
                    continue
                if found.level is Level.MISTAKE and (item.customer, found.place) in exact:
                    continue
                best = found
        return best

    def _look_closer(self) -> bool:
        """Look for weak mentions of what a known payer owes, or what has the payment's amount; try what is found."""
        if not self.reading.has_digits:
            return False
        noticed: list[Candidate] = []
        exact = {
            (item.customer, self.mentions[item.key].place)
            for item in self.case.items
            if item.key in self.mentions and self.mentions[item.key].level >= Level.TAIL
        }
        known = {key for key, identity in self.identities.items() if identity.weight >= KNOWN_WEIGHT}
        known |= {
            item.customer
            for item in self.case.items
            if item.key in self.mentions and self.mentions[item.key].level >= Level.CORE
        }
        for item in self.open:
            if item.key in self.mentions and self.mentions[item.key].level >= Level.CORE:
                continue
            if item.customer in known or item.residual == self.payment.amount:
                found = self._weak_mention(item, exact)
                if found and (item.key not in self.mentions or found.weight > self.mentions[item.key].weight):
                    self.mentions[item.key] = found
                    noticed.append(item)
        self._singles(noticed)
        return bool(noticed)

    # Weights

    def _amount_weight(self) -> int:
        """Return how likely any other payment has this amount, by how many open items have it."""
        population = self.case.population
        others = max(population.same_amount - 1, 0) + 0.2
        return round(10 * math.log10(others / (population.open_items + OTHER_AMOUNTS)))

    def _references(self, items: Sequence[Candidate]) -> tuple[int, list[Reason], int]:
        """Return what the text says for ``items``, why, and how many of the invoices it names."""
        best: dict[str, tuple[Mention, Candidate]] = {}
        named: set[int] = set()
        for item in items:
            mention = self.mentions.get(item.key)
            if mention is None:
                continue
            place = mention.place if mention.level is not Level.RANGE else f"{mention.place}:{item.invoice}"
            if place in best and best[place][1].invoice != item.invoice and best[place][0].weight >= mention.weight:
                continue
            if item.invoice in named and place not in best:
                continue
            best[place] = mention, item
            named.add(item.invoice)
        told: dict[tuple[str, str], tuple[int, list[int]]] = {}
        for mention, item in best.values():
            code = _NAMED[mention.level]
            weight, keys = told.get((code, mention.text), (0, []))
            keys.append(item.key)
            told[code, mention.text] = weight + mention.weight, keys
        reasons = [
            reason(code, text=text, items=tuple(sorted(keys)), weight=weight)
            for (code, text), (weight, keys) in sorted(told.items())
        ]
        return (
            sum(mention.weight for mention, _item in best.values()),
            reasons,
            len({item.invoice for _mention, item in best.values()}),
        )

    def _strongest(self) -> int:
        """Return the strongest mention of an open item, in decibans."""
        return max((self.mentions[item.key].weight for item in self.open if item.key in self.mentions), default=0)

    def _choice(self, items: Sequence[Candidate]) -> int:
        """Return how likely these items are among all sets of what their customers owe."""
        weight = 0
        if self._is_batch(items):
            return SEVERAL_WEIGHT + REGISTERED_WEIGHT
        for customer in {item.customer for item in items}:
            owned = max(self.open_count.get(customer, 1), 1)
            chosen = len({item.invoice for item in items if item.customer == customer})
            if chosen == 1 and all(item.sort is Sort.PAYMENT for item in items):
                weight += REGISTERED_WEIGHT
            weight -= _decibans(math.comb(max(owned, chosen), chosen))
        count = len({item.invoice for item in items})
        if count == 1:
            return weight + SINGLE_WEIGHT
        return weight + SEVERAL_WEIGHT + max(MOST_ITEMS_WEIGHT, ITEM_WEIGHT * (count - 1))

    def _is_batch(self, items: Sequence[Candidate]) -> bool:
        """Whether these are the registered payments of one batch, which the text names."""
        if len(items) < 2 or any(item.sort is not Sort.PAYMENT for item in items):  # a batch has two
            return False
        places = {self.mentions[item.key].place for item in items if item.key in self.mentions}
        return len(places) == 1 and all(item.key in self.mentions for item in items)

    def _identity(self, items: Sequence[Candidate]) -> Identity:
        """Return what speaks for the payer: for the customer of the items whom most speaks for."""
        if len(items) == 1:
            return self.identities[items[0].customer]
        found = [self.identities[key] for key in sorted({item.customer for item in items}) if key in self.identities]
        best = max(found, key=lambda each: each.weight, default=Identity(0, 0, ()))
        strangers = sum(1 for each in found if not each.is_known and each is not best)
        if self._is_batch(items):
            return best
        return replace(best, weight=best.weight - 10 * strangers)

    def _weigh(self, items: Sequence[Candidate], settlement: Settlement) -> None:
        """Weigh one way to settle one set of items, and keep it."""
        identity = self._identity(items)
        text_weight, named, count = self._references(items)
        weight = self.customers_weight + identity.weight + self._choice(items) + settlement.weight + text_weight
        weight += self._silence(items, count)
        if not identity.is_known:
            weight += self._stranger(items, settlement, count)
        against = list(identity.against)
        unused, has_own = self._unused(items, identity.customer)
        if has_own:
            weight += OWN_NUMBER_UNUSED_WEIGHT
        if unused:
            against.append(reason(evidence.NUMBERS_UNUSED, items=unused))
        early = [item.key for item in items if item.issued and self.payment.day + timedelta(EARLY_DAYS) < item.issued]
        if early:
            weight += EARLY_WEIGHT
            against.append(reason(evidence.PAID_BEFORE_ISSUED, items=tuple(early), weight=EARLY_WEIGHT))
        allocations = tuple(self._as_instalment(each) for each in settlement.allocations)
        explanation = Explanation(weight, allocations, (*named, *identity.reasons, *settlement.reasons), tuple(against))
        known = self.found.get(explanation.key)
        if known is None or known.weight < weight:
            self.found[explanation.key] = explanation

    def _silence(self, items: Sequence[Candidate], named: int) -> int:
        """Return what it weighs that the text names none of the items, or only so many of their invoices."""
        if named:
            return 0 if self._is_batch(items) else LEFT_OUT_WEIGHT * (len({item.invoice for item in items}) - named)
        customer = self.customer_of.get(items[0].customer)
        has_habit = customer is not None and customer.habit == "words"
        return UNNAMED_BY_HABIT_WEIGHT if has_habit else UNNAMED_WEIGHT

    def _stranger(self, items: Sequence[Candidate], settlement: Settlement, named: int) -> int:
        """Return what it weighs that nothing tells who pays, or that somebody else seems to."""
        weight = 0
        if not named:
            weight += AMOUNT_ALONE_WEIGHT
        levels = {self.mentions[item.key].level for item in items if item.key in self.mentions}
        if Level.MISTAKE in levels:
            weight += STRANGER_MISTAKEN_WEIGHT
        if any(part.kind in UNCERTAIN for part in settlement.allocations):
            weight += STRANGER_DIFFERS_WEIGHT
        if self.somebody_pays:
            weight += SOMEBODY_ELSE_WEIGHT
        return weight

    def _as_instalment(self, part: Allocation) -> Allocation:
        item = self.item_of[part.candidate]
        if part.kind is Kind.FULL and len(self.parts_of[item.invoice]) > 1:
            return replace(part, kind=Kind.INSTALMENT)
        return part

    def _unused(self, items: Sequence[Candidate], payer: int) -> tuple[tuple[int, ...], bool]:
        """Return open items that the text names well and that would not be paid, and whether ``payer`` has one."""
        chosen = {item.invoice for item in items}
        places = {self.mentions[item.key].place for item in items if item.key in self.mentions}
        others = (each for place, named in self.whole_at.items() if place not in places for each in named)
        unused = islice((each.key for each in others if each.invoice not in chosen), MOST_UNUSED)
        has_own = any(
            each.invoice not in chosen and self.mentions[each.key].place not in places
            for each in self.whole_of.get(payer, ())
        )
        return tuple(sorted(unused)), has_own

    # Sets of items

    def _try(self, items: Iterable[Candidate], *, is_named: bool) -> None:
        chosen = in_paying_order(list(items))
        if not chosen or not self._is_in_order(chosen):
            return
        if len({item.currency for item in chosen}) > 1:
            return
        for settlement in settlements(self.payment, chosen, self.words, is_named=is_named):
            self._weigh(chosen, settlement)

    def _is_in_order(self, items: Sequence[Candidate]) -> bool:
        """Whether instalments of one invoice are paid in the order in which they fall due."""
        chosen = {item.key for item in items}
        for invoice in {item.invoice for item in items}:
            parts = self.parts_of[invoice]
            if len(parts) > 1:
                count = sum(1 for part in parts if part.key in chosen)
                if any(part.key not in chosen for part in parts[:count]):
                    return False
        return True

    def _singles(self, items: Iterable[Candidate]) -> None:
        """Try each of ``items`` alone, and what is named of an invoice in instalments."""
        for item in items:
            is_named = item.key in self.mentions
            if (item.residual > 0) != (self.paid > 0) or not (is_named or self._comes_near(item)):
                continue
            self._try([item], is_named=is_named)
            parts = self.parts_of[item.invoice]
            if is_named and len(parts) > 1 and item is parts[0]:
                self._instalments(parts)

    def _comes_near(self, item: Candidate) -> bool:
        """Whether an item that isn't named could be what is paid: by its amount, or nearly so by its payer."""
        if item.currency != self.payment.currency:
            return self.identities[item.customer].is_known
        missing = self.units[item.key] - self.paid
        if missing == 0:
            return True
        if item.discounts and any(missing == units(each.amount) for each in sensible_discounts(item)):
            return True
        return -self.rounding_limit <= missing <= self.fee_limit and self.identities[item.customer].is_known

    def _instalments(self, parts: Sequence[Candidate]) -> None:
        """Try the first instalments of one invoice, and all of it."""
        for count in range(2, len(parts) + 1):
            self._try(parts[:count], is_named=count == len(parts))

    def _named_sets(self) -> None:
        """Try what the text names: all of it, and what of it is named well."""
        if self.sign < 0:
            return
        tried: set[tuple[int, ...]] = set()
        for least in (Level.CORE, Level.TAIL, Level.RANGE, Level.LAST_DIGITS):
            named = [item for item in self.open if item.key in self.mentions and self.mentions[item.key].level >= least]
            for items in (named, *self._by_customer(named)):
                keys = tuple(item.key for item in items)
                if len(keys) > 1 and keys not in tried:
                    tried.add(keys)
                    self._try(items, is_named=True)
                    if len(keys) <= MOST_COMPLETE and least < Level.CORE:
                        self._exact(items)

    @staticmethod
    def _by_customer(items: Sequence[Candidate]) -> list[list[Candidate]]:
        owned: dict[int, list[Candidate]] = defaultdict(list)
        for item in items:
            owned[item.customer].append(item)
        return list(owned.values()) if len(owned) > 1 else []

    def _exact(self, items: Sequence[Candidate]) -> Found:
        """Try the sets of ``items`` that sum to the amount, in full or all less their discounts."""
        ordered = in_paying_order([item for item in items if item.currency == self.payment.currency])
        found = exact_sets([self.units[item.key] for item in ordered], self.paid)
        for places in found.sets:
            self._try([ordered[place] for place in places], is_named=False)
        offered = [
            next((each for each in sensible_discounts(item) if self.payment.day <= each.last_day), None)
            if item.discounts
            else None
            for item in ordered
        ]
        if any(offered):
            less = [
                self.units[item.key] - (units(discount.amount) if discount else 0)
                for item, discount in zip(ordered, offered, strict=True)
            ]
            for places in exact_sets(less, self.paid).sets:
                self._try([ordered[place] for place in places], is_named=False)
        return found

    def _netted_sets(self) -> None:
        """Try what the text names less credit notes of the same customers, which payers seldom name."""
        named = [item for item in self.open if item.key in self.mentions and item.residual > 0]
        owners = {item.customer for item in named if self.mentions[item.key].level >= Level.TAIL}
        for customer in sorted(owners):
            notes = [item for item in self.items_of[customer] if item.residual < 0]
            if notes:
                own = [item for item in named if item.customer == customer]
                self._exact([*own[: MOST_COMPLETE // 2], *notes[: MOST_COMPLETE // 2]])

    def _known_payers(self) -> None:
        """Try all sets of what the likeliest payers owe."""
        known = sorted(
            (each for each in self.identities.values() if each.weight >= KNOWN_WEIGHT),
            key=lambda each: (-each.weight, each.customer),
        )
        for identity in known[:4]:
            if identity.weight < known[0].weight - CLEAR_LEAD:
                break
            owned = self.items_of.get(identity.customer, [])
            if len(owned) > MOST_COMPLETE and self._strongest() >= CLEAR_LEAD:
                continue  # nothing could be proved, and a number that stands in the text says more
            if len(owned) < 2 or self.sign < 0:
                continue
            if not self._exact(owned).is_complete or self.open_count[identity.customer] > len(owned):
                self.unproved.add(identity.customer)

    def _advised(self) -> None:
        """Try what the customer's own remittance advice says."""
        items, parts, taken_off = divided(self.payment, self.open)
        if not parts:
            return
        told = reason(evidence.ADVISED, items=tuple(sorted(item.key for item in items)), weight=ADVISED_WEIGHT)
        self._weigh(items, Settlement(parts, ADVISED_WEIGHT, (told, *taken_off)))

    # Verdict

    def _else_weight(self) -> int:
        """Return how likely a known payer pays something that is not here."""
        if self.returned:
            return RETURNED_WEIGHT
        return ELSE_WEIGHT + (PREPAID_WEIGHT if self.words & PREPAYMENT_WORDS else 0)

    def _none_weight(self) -> float:
        """Return what speaks for none of the explanations, in decibans."""
        weights = [float(NOBODY_WEIGHT + self.amount_weight)]
        for identity in self.identities.values():
            payer = self.customers_weight + identity.weight
            if identity.is_known:
                weights.append(payer + self.amount_weight + self._else_weight())
        for item in self.case.items:
            if item.residual == 0 and item.key in self.mentions:
                payer = self.customers_weight + self._identity([item]).weight
                weights.append(payer + TWICE_WEIGHT + self.amount_weight + self.mentions[item.key].weight)
        return total_decibans(weights)

    def explained(self) -> Explained:
        self._singles(item for item in self.open if item.key in self.mentions)
        self._named_sets()
        self._advised()
        none = self._none_weight()
        if not self._is_clear(none):
            self._singles(item for item in self.open if item.key not in self.mentions)
            if self._look_closer():
                self._named_sets()
            if not self._is_named_exactly(none):
                self._netted_sets()
                self._known_payers()
        ordered = sorted(self.found.values(), key=lambda each: (-each.weight, each.key))[:MOST_KEPT]
        return Explained(self.case, tuple(self._proved(each) for each in ordered), none, self._left_reasons())

    def _is_clear(self, none: float) -> bool:
        """Whether what the text names equals the amount so plainly that nothing else can come near."""
        weights = sorted((each.weight for each in self.found.values()), reverse=True)
        if not weights or weights[0] - none < CLEAR_LEAD or (weights[1:2] and weights[0] - weights[1] < CLEAR_LEAD):
            return False
        best = next(each for each in self.found.values() if each.weight == weights[0])
        owners = {self.item_of[key].customer for key in best.taken}
        payer = max(self.identities[key].weight for key in owners)
        return (
            self._strongest() >= CLEAR_LEAD
            and all(part.kind in SETTLED_IN_FULL for part in best.allocations)
            and all(each.weight <= payer for each in self.identities.values())
        )

    def _is_named_exactly(self, none: float) -> bool:
        """Whether the likeliest explanation settles in full just what the text names: no unnamed set comes near it."""
        best = max(self.found.values(), key=lambda each: each.weight, default=None)
        return (
            best is not None
            and best.weight - none >= CLEAR_LEAD
            and all(part.kind in SETTLED_IN_FULL for part in best.allocations)
            and all(key in self.mentions and self.mentions[key].level >= Level.TAIL for key in best.taken)
        )

    def _proved(self, explanation: Explanation) -> Explanation:
        """Add that no other set of the customer's items has this sum, where that was proved."""
        taken = explanation.taken
        customers = {self.item_of[key].customer for key in taken}
        if len(taken) < 2 or len(customers) != 1 or customers & self.unproved:
            return explanation
        rivals = [each for each in self.found.values() if each is not explanation and len(each.taken) > 1]
        if any({self.item_of[key].customer for key in each.taken} == customers for each in rivals):
            return explanation
        (customer,) = customers
        if self.identities[customer].weight < KNOWN_WEIGHT:
            return explanation
        only = reason(
            evidence.ONLY_SET, customers=(customer,), items=tuple(sorted(taken)), open=self.open_count[customer]
        )
        return replace(explanation, reasons=(*explanation.reasons, only))

    def _left_reasons(self) -> tuple[Reason, ...]:
        """Say what is to be known of the payment if it stays open."""
        if self.returned:
            return (reason(evidence.RETURNED, text=self.returned[0]),)
        if self.sign < 0:
            return (reason(evidence.OUTGOING),)
        told: list[Reason] = []
        settled = tuple(
            item.key
            for item in self.case.items
            if item.residual == 0 and item.key in self.mentions and self.mentions[item.key].level >= Level.CORE
        )
        if settled:
            told.append(reason(evidence.ALREADY_PAID, items=settled[:20]))
        foreign = tuple(
            item.key
            for item in self.open
            if item.currency != self.payment.currency
            and item.key in self.mentions
            and self.mentions[item.key].level >= Level.CORE
        )
        if foreign:
            told.append(reason(evidence.OTHER_CURRENCY, items=foreign[:20]))
        known = sorted(
            (each for each in self.identities.values() if each.weight >= KNOWN_WEIGHT),
            key=lambda each: (-each.weight, each.customer),
        )
        if known:
            told.append(reason(evidence.NOTHING_FITS, customers=tuple(each.customer for each in known[:5])))
        elif not told:
            told.append(reason(evidence.NO_REFERENCE))
        if self.unproved:
            told.append(reason(evidence.TOO_MANY_ITEMS, customers=tuple(sorted(self.unproved))[:5]))
        return tuple(told)


def total_decibans(weights: Iterable[float]) -> float:
    """Return the weight of several things of which any may be true."""
    ordered = sorted(weights, reverse=True)
    if not ordered:
        return -math.inf
    return ordered[0] + 10 * math.log10(math.fsum(10 ** ((each - ordered[0]) / 10) for each in ordered))


def _decibans(choices: int) -> int:
    return round(10 * math.log10(max(choices, 1)))
