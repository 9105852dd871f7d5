"""The open items and customers of a company, indexed, so that each payment finds what comes into question for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from .candidate import Candidate, Customer
from .case import Case, Population
from .name import beginnings, resemblance, word_weight, words, written_words
from .payment import Payment
from .reference import FEWEST_TAIL_DIGITS, Reading, as_reference

#: Items of one customer that are looked at beside those that the text names.
MOST_OF_CUSTOMER = 60
#: Items of all customers together that are looked at so; where the text names those of very many, fewer of each.
MOST_OWED = 720
#: Items of the payment's amount, whoever owes them, and items that one tail names.
MOST_OF_AMOUNT = 4
MOST_OF_TAIL = 12
#: A name that says so many decibans less than the best one leads to nobody.
MOST_BEHIND = 15
#: Items that a text can name, and those that the payer's advice can list.
MOST_NAMED = 120
MOST_ADVISED = 1_000
#: Customers that a name or an account can point to.
MOST_CUSTOMERS = 6
#: A word that more customers bear leads to none of them.
MOST_BEARERS = 200
#: Customers whose names are compared, while their common words say at least a part of what the best one's say.
MOST_COMPARED = 60
#: Names of all these customers together.
MOST_NAMES = 120
LEAST_SHARE = 3


class Ledger:
    """The candidates and customers of one batch with the indexes that finding needs."""

    def __init__(self, candidates: Iterable[Candidate], customers: Iterable[Customer]) -> None:
        """Index everything once, in the order of the keys, so that input order never counts."""
        self._items = sorted(candidates, key=_key)
        self._customers = {each.key: each for each in sorted(customers, key=_key)}
        self._index_items()
        self._index_customers()

    def _index_items(self) -> None:
        self._by_core: dict[str, list[Candidate]] = defaultdict(list)
        self._by_unpadded: dict[str, list[Candidate]] = defaultdict(list)
        self._by_tail: dict[str, list[Candidate]] = defaultdict(list)
        self._by_amount: dict[tuple[str, Decimal], list[Candidate]] = defaultdict(list)
        self._same_amount: Counter[tuple[str, Decimal]] = Counter()
        self._of_customer: dict[int, list[Candidate]] = defaultdict(list)
        self._due_first: dict[int, list[Candidate]] = {}
        self._fitting: dict[int, dict[Decimal, list[Candidate]]] = {}
        self._open_items = 0
        for item in self._items:
            if item.residual:
                self._open_items += 1
                self._of_customer[item.customer].append(item)
                self._by_amount[item.currency, item.residual].append(item)
                self._same_amount[item.currency, item.residual] += 1
                for discount in item.discounts:
                    self._by_amount[item.currency, item.residual - discount.amount].append(item)
            for name in (item.number, *item.references):
                reference = as_reference(name)
                if reference is not None:
                    self._by_core[reference.core].append(item)
                    self._by_tail[reference.tail].append(item)
                    if reference.has_parts:
                        self._by_unpadded[reference.unpadded].append(item)

    def _index_customers(self) -> None:
        self._by_account: dict[str, list[int]] = defaultdict(list)
        self._by_customer_number: dict[str, list[int]] = defaultdict(list)
        self._in_group: dict[int, list[int]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_beginning: dict[str, set[str]] = defaultdict(set)
        self._names: dict[int, list[tuple[tuple[str, ...], dict[str, float]]]] = {}
        for customer in self._customers.values():
            for account in (*customer.accounts, *(account for account, _times in customer.learned_accounts)):
                self._by_account[account].append(customer.key)
            for number in customer.references:
                reference = as_reference(number)
                if reference is not None:
                    self._by_customer_number[reference.tail].append(customer.key)
            if customer.group:
                self._in_group[customer.group].append(customer.key)
            for word in sorted({word for name in customer.names for word in words(name)}):
                self._by_word[word].append(customer.key)
        for word in self._by_word:
            for beginning in beginnings([word]):
                self._by_beginning[beginning].add(word)

    def case(self, payment: Payment, reading: Reading) -> Case:
        """Return all that ``payment`` is judged by."""
        whole, named = self._named(reading, max(MOST_NAMED, min(len(payment.remittance), MOST_ADVISED)))
        # Whose number stands in the text is asked what else he owes; a few digits alone are often a chance hit.
        owed = {*self._payers(payment, reading), *(item.customer for item in whole)}
        pool = {item.key: item for item in named}
        most = min(MOST_OF_CUSTOMER, MOST_OWED // max(len(owed), 1))
        for customer in sorted(owed):
            for item in self._some_of(customer, payment, most):
                pool[item.key] = item
        same = self._by_amount.get((payment.currency, payment.amount), ())
        for item in same[:MOST_OF_AMOUNT]:
            pool[item.key] = item
        pool = {key: item for key, item in pool.items() if item.journal in (0, payment.journal)}
        customers = {item.customer for item in pool.values()} | owed
        chosen = tuple(self._customers[key] for key in sorted(customers) if key in self._customers)
        return Case(
            payment,
            tuple(sorted(pool.values(), key=_key)),
            chosen,
            Population(
                self._open_items,
                len(self._customers),
                self._same_amount[payment.currency, payment.amount],
                self._word_counts(chosen),
                tuple((key, len(self._of_customer[key])) for key in sorted(customers) if key in self._of_customer),
            ),
        )

    def _named(self, reading: Reading, most: int) -> tuple[list[Candidate], list[Candidate]]:
        """Return the items that the text names by their core, and ``most`` of them and of those it names by tail."""
        if not reading.has_digits:
            return [], []
        found: dict[int, Candidate] = {}
        for windows, index in ((reading.cores, self._by_core), (reading.unpadded, self._by_unpadded)):
            for window in windows:
                for item in index.get(window, ())[:MOST_NAMED]:
                    found[item.key] = item
        whole = list(found.values())
        if len(found) < most:
            for tail in reading.tails:
                for item in self._by_tail.get(tail, ())[:MOST_OF_TAIL]:
                    found[item.key] = item
        return whole, sorted(found.values(), key=_key)[:most]

    def _some_of(self, customer: int, payment: Payment, most: int) -> Sequence[Candidate]:
        """Return a customer's open items; of more than ``most`` those of the amount, and those that fall due first."""
        owned = self._of_customer.get(customer, ())
        if len(owned) <= most:
            return owned
        if customer not in self._due_first:
            self._due_first[customer] = sorted(owned, key=lambda item: (item.due, item.key))[:MOST_OF_CUSTOMER]
            fitting: dict[Decimal, list[Candidate]] = defaultdict(list)
            for item in owned:
                fitting[item.residual].append(item)
            self._fitting[customer] = fitting
        return [
            *self._fitting[customer].get(payment.amount, ())[: min(most, MOST_OF_AMOUNT)],
            *self._due_first[customer][:most],
        ]

    def _payers(self, payment: Payment, reading: Reading) -> list[int]:
        """Return the customers that account, name or customer number point to, the likeliest first."""
        found: dict[int, None] = {}
        for key in self._by_account.get(payment.counterparty_account, ())[:MOST_CUSTOMERS]:
            found[key] = None
        for key in self._alike(payment):
            found[key] = None
        for tail in reading.tails:
            for key in self._by_customer_number.get(tail, ())[:MOST_CUSTOMERS]:
                found[key] = None
        for key in list(found):
            for other in self._in_group.get(self._customers[key].group, ())[:MOST_CUSTOMERS]:
                found[other] = None
        return list(found)[: 2 * MOST_CUSTOMERS]

    def _alike(self, payment: Payment) -> list[int]:
        """Return the customers whose names the payment's name, or else its texts, resemble."""
        written = written_words(payment.name)
        is_field = bool(written)
        if not written:
            written = tuple(word for text in payment.texts for word in words(text) if word.isalpha() and len(word) > 2)
        scores: Counter[int] = Counter()
        total = len(self._customers)
        for word in dict.fromkeys(written):
            for bearer in self._bearers(word):
                keys = self._by_word[bearer]
                weight = round(word_weight(len(keys), total))
                for key in keys:
                    scores[key] += weight
        nearest = sorted(scores.items(), key=lambda each: (-each[1], each[0]))[:MOST_COMPARED]
        weighed: list[tuple[int, int]] = []
        compared = 0
        for key, score in nearest:
            compared += len(self._customers[key].names)
            if score * LEAST_SHARE < nearest[0][1] or (weighed and compared > MOST_NAMES):
                break
            best = self._resemblance(written, key, is_field=is_field)
            if best:
                weighed.append((-best, key))
        likely = [key for weight, key in sorted(weighed) if weight <= min(weighed)[0] + MOST_BEHIND]
        return likely[:MOST_CUSTOMERS]

    def _bearers(self, word: str) -> list[str]:
        """Return the words of customers that ``word`` is, or may be with its end cut or a mistake."""
        keys = self._by_word.get(word)
        if keys is not None:
            return [word] if len(keys) <= MOST_BEARERS else []
        if len(word) < FEWEST_TAIL_DIGITS:
            return []
        alike = sorted(self._by_beginning.get(word[:4], ()))[:MOST_COMPARED]
        return [other for other in alike if len(self._by_word[other]) <= MOST_BEARERS]

    def _resemblance(self, written: Sequence[str], key: int, *, is_field: bool) -> int:
        names = self._names.get(key)
        if names is None:
            total = len(self._customers)
            names = self._names[key] = [
                (own, {word: word_weight(len(self._by_word[word]), total) for word in own})
                for own in map(words, self._customers[key].names)
            ]
        found = (resemblance(written, own, weights, is_field=is_field) for own, weights in names)
        return max((alike.weight for alike in found if alike), default=0)

    def _word_counts(self, customers: Sequence[Customer]) -> tuple[tuple[str, int], ...]:
        borne = {word for customer in customers for name in customer.names for word in words(name)}
        return tuple((word, len(self._by_word[word])) for word in sorted(borne))


def _key(each: Candidate | Customer) -> int:
    return each.key
