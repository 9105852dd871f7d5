"""The receivables ledger that lines are drawn from: customers, and items with colliding amounts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from difflib import SequenceMatcher
from random import Random
from typing import Any

from remittance import payers, texts
from remittance.values import CENT, SampleCustomer, SampleInvoice

#: The lines' days.
FIRST_DAY, LAST_DAY = date(2026, 11, 2), date(2026, 11, 20)
PRICE_POINTS = (29, 49, 79, 99, 129, 149, 199, 249, 299, 349, 399, 499, 599, 799, 999, 1290, 1490, 1990, 2490)
WHOLE_SUMS = (100, 150, 200, 250, 300, 400, 500, 600, 750, 800, 1000, 1200, 1500, 1800, 2000, 2500, 3000, 5000, 10000)
RATES = {"USD": Decimal("0.9210"), "GBP": Decimal("1.1540"), "CHF": Decimal("1.0625"), "PLN": Decimal("0.2340")}
#: How numbers of invoices look, by style: a pattern over year, month and count.
STYLES = {
    "odoo": "INV/{year}/{count:05d}",
    "month": "INV/{year}/{month:02d}/{count:05d}",
    "dash": "RE-{year}-{count:05d}",
    "plain": "INV-{count:06d}",
    "bare": "{year}{count:06d}",
}
SUBSET_SIZE = 6
#: Subsets are counted for customers with at most so many items; above, there are millions.
SUBSET_ITEMS = 20


class TooFewItems(ValueError):
    """The ledger is too small for so many lines."""


class Ledger:
    """Customers and items under construction. What a line has paid is ``used`` and not paid by another one."""

    def __init__(self, chance: Random, customers: int, style: str) -> None:
        """Draw the customers; the ledger is empty."""
        self.chance = chance
        self.pattern = STYLES[style]
        self.customers: list[SampleCustomer] = []
        self.items: dict[int, SampleInvoice] = {}
        self.of: defaultdict[int, list[int]] = defaultdict(list)
        self.used: set[int] = set()
        #: What kinds have prepared for their lines: lists of items, by kind.
        self.set_aside: defaultdict[str, list[list[SampleInvoice]]] = defaultdict(list)
        self.numbers: set[str] = set()
        self.by_number: dict[str, int] = {}
        self.open_items = 0
        self._keys: list[int] = []
        self._limit = 9_999
        self._by_word: defaultdict[str, set[int]] = defaultdict(set)
        self._usual: dict[int, Decimal] = {}
        self._terms: dict[int, tuple[int, int, int]] = {}
        self.group: dict[int, list[int]] = {}
        self.rates: dict[tuple[date, str], Decimal] = dict(_rates(chance))
        self._draw_customers(customers)

    # Customers

    def _draw_customers(self, count: int) -> None:
        names: set[str] = set()
        while len(self.customers) < count:
            country = self.chance.choices(list(payers.WEIGHTS), list(payers.WEIGHTS.values()))[0]
            is_person = self.chance.random() < 0.15
            base = self.chance.choice(self.customers) if self.customers and self.chance.random() < 0.07 else None
            if base:
                country, is_person = base.country, base.is_person
                # One in six has the very same name.
                same = is_person and self.chance.random() < 0.5
                name = base.name if same else payers.similar_name(self.chance, base.name, country)
            else:
                draw = payers.person_name if is_person else payers.company_name
                name = draw(self.chance, country)
                same = False
            if name in names and not same:
                continue
            names.add(name)
            self.add_customer(name, country, is_person)
        self._draw_parents()

    def add_customer(self, name: str, country: str, is_person: bool) -> SampleCustomer:
        """Add a customer whose other facts are drawn."""
        chance, key = self.chance, len(self.customers) + 1
        account, iban = payers.draw_account(chance, country)
        tax_id = payers.digits(chance, payers.TAX_DIGITS[country]) if country in payers.TAX_DIGITS else ""
        customer = SampleCustomer(
            *(
                key,
                name,
                country,
                account,
                iban,
                key % 2 == 0,
                str(10_000 + key * 7),
                tax_id,
                chance.randrange(1_000_000),
            ),
            is_person=is_person,
        )
        self.customers.append(customer)
        self.group[key] = [key]
        for word in self._words(name):
            self._by_word[word].add(key)
        self._usual[key] = self.amount()
        self._terms[key] = (
            chance.choice((10, 14, 30, 30, 30, 45, 60)),
            *chance.choice(((0, 0),) * 7 + ((2, 14), (3, 10), (2, 10))),
        )
        return customer

    def _draw_parents(self) -> None:
        """Make 4 % of the companies parents of one to three others."""
        companies = [customer.key for customer in self.customers if not customer.is_person]
        self.chance.shuffle(companies)
        for _ in range(len(self.customers) // 25):
            if len(companies) < 5:
                return
            parent, *children = (companies.pop() for _ in range(self.chance.choice((2, 2, 3, 4))))
            for child in children:
                self.customers[child - 1] = replace(self.customer(child), parent=parent)
            for key in (parent, *children):
                self.group[key] = [parent, *children]

    def customer(self, key: int) -> SampleCustomer:
        """Return the customer with a key."""
        return self.customers[key - 1]

    @staticmethod
    def _words(name: str) -> Iterator[str]:
        for word in payers.folded(name).split():
            if len(word) > 2:
                yield word[:4]

    def any_customer(self, grants_discount: bool = False) -> int:
        """Draw the key of a customer."""
        while True:
            key = self.chance.randrange(1, len(self.customers) + 1)
            if self._terms[key][1] or not grants_discount:
                return key

    def confusable(self, customer: int, shown: str) -> set[int]:
        """Return the customers whom ``shown`` may be taken for: his own group, and all with a similar name."""
        found = set(self.group[customer])
        for name in {shown, self.customer(customer).name}:
            mark = payers.folded(name)
            near = set().union(*(self._by_word[word] for word in set(self._words(name))))
            found |= {key for key in near - found if _is_similar(mark, payers.folded(self.customer(key).name))}
        return found

    # Items

    def amount(self) -> Decimal:
        """Draw an amount: a price, a whole sum, or any; half of them are shared by many invoices."""
        way = self.chance.random()
        if way < 0.35:
            percent = self.chance.choice((0, 0, 19, 20, 21))
            points = Decimal(self.chance.choice(PRICE_POINTS)) * self.chance.choice((1, 1, 1, 2, 3))
            return (points * (100 + percent) / 100).quantize(CENT, ROUND_HALF_UP)
        if way < 0.55:
            return Decimal(self.chance.choice(WHOLE_SUMS)) * CENT * 100
        return Decimal(round(self.chance.lognormvariate(6.6, 1.1) * 100 + 2000)) * CENT

    def _number(self, issued: date, after: str = "") -> str:
        if after:
            head, tail = after[: -len(_last_digits(after))], _last_digits(after)
            number = f"{head}{int(tail) + 1:0{len(tail)}d}"
            if number not in self.numbers:
                return number
        while True:
            count = self.chance.randrange(1, self._limit)
            number = self.pattern.format(year=issued.year, month=issued.month, count=count)
            if number not in self.numbers:
                return number
            self._limit += 1

    def issued_day(self) -> date:
        """Draw the day of an invoice: recent ones are more frequent."""
        return LAST_DAY - timedelta(2 + int(self.chance.triangular(0, 480, 10)))

    def add(
        self, customer: int, total: Decimal | None = None, issued: date | None = None, after: str = "", **facts: Any
    ) -> SampleInvoice:
        """Add an item; what is not given is drawn. Discounts are drawn only with the total."""
        chance, key = self.chance, len(self.items) + 1
        days, percent, discount_days = self._terms[customer]
        issued = issued or self.issued_day()
        if total is None:
            total = self._usual[customer] if chance.random() < 0.3 else self.amount()
            if percent:
                facts.setdefault("discount", (total * percent / 100).quantize(CENT, ROUND_HALF_UP))
                facts.setdefault("discount_day", issued + timedelta(discount_days))
        given: dict[str, Any] = {
            "document": key,
            "number": "",
            "residual": total,
            "currency": "EUR",
            "due": issued + timedelta(days),
            **facts,
        }
        given["number"] = given["number"] or self._number(issued, after)
        item = SampleInvoice(key=key, customer=customer, total=total, issued=issued, **given)
        self.items[key] = item
        self.of[customer].append(key)
        self.numbers.add(item.number)
        self.by_number[texts.canonical(item.number)] = key
        self._keys.append(key)
        self.open_items += item.residual != 0
        return item

    def fill(self, count: int) -> None:
        """Add invoices of all customers until ``count`` are open; some have many, some get runs of numbers."""
        chance = self.chance
        self._limit = max(self._limit, 3 * count)
        weights = [chance.lognormvariate(0, 0.9) for _ in self.customers]
        drawn = iter(chance.choices(range(1, len(self.customers) + 1), weights, k=max(0, count - self.open_items)))
        while self.open_items < count:
            customer = next(drawn)
            way = chance.random()
            if way < 0.02:
                self.add_credit_note(customer)
            elif way < 0.05:
                total = self.amount()
                self.add(customer, total, residual=(total * chance.choice((3, 4, 5, 7)) / 10).quantize(CENT))
            else:
                item = self.add(customer)
                while chance.random() < 0.2 and self.open_items < count:
                    item = self.add(customer, issued=item.issued, after=item.number)

    def add_credit_note(self, customer: int, total: Decimal | None = None) -> SampleInvoice:
        """Add a credit note; it is negative."""
        total = -(total or self.amount())
        issued = self.issued_day()
        number = f"R{self._number(issued)}"
        while number in self.numbers:
            number = f"R{self._number(issued)}"
        return self.add(customer, total, issued=issued, due=issued, sort="credit_note", number=number)

    def add_used(self, customer: int, total: Decimal | None = None, **facts: Any) -> SampleInvoice:
        """Add an item that only the line it is made for may pay."""
        item = self.add(customer, total, **facts)
        self.used.add(item.key)
        return item

    def add_settled(self, customer: int, total: Decimal | None = None) -> SampleInvoice:
        """Add an invoice that was paid before."""
        return self.add(customer, total or self.amount(), residual=Decimal(0), issued=self.issued_day() - timedelta(30))

    def rename(self, key: int, name: str) -> None:
        """Give a customer another name."""
        self.customers[key - 1] = replace(self.customer(key), name=name)
        for word in self._words(name):
            self._by_word[word].add(key)

    def open_of(self, customer: int) -> list[SampleInvoice]:
        """Return what is open of a customer."""
        return [item for key in self.of[customer] if (item := self.items[key]).residual]

    def free_of(self, customer: int, until: date) -> list[SampleInvoice]:
        """Return the invoices of a customer up to a day that no line pays."""
        return [item for item in self.open_of(customer) if is_free(self, item) and item.issued <= until]

    def stranger(self, country: str) -> SampleCustomer:
        """Return somebody who is no customer."""
        account, iban = payers.draw_account(self.chance, country)
        return SampleCustomer(0, "", country, account, iban, False, "", "", self.chance.randrange(1_000_000))

    def found(self, wanted: Callable[[SampleInvoice], bool] = lambda _: True, tries: int = 400) -> SampleInvoice | None:
        """Return an open invoice that no other line pays, and mark it as paid; ``None`` if none was met."""
        for _ in range(tries):
            item = self.items[self.chance.choice(self._keys)]
            if is_free(self, item) and wanted(item):
                self.used.add(item.key)
                return item
        return None

    def take(self, wanted: Callable[[SampleInvoice], bool] = lambda _: True, may_add: bool = True) -> SampleInvoice:
        """Return an open invoice that no other line pays, and mark it as paid; a new one if none is met."""
        item = self.found(wanted, 400 if may_add else 10_000)
        while item is None and may_add:
            new = self.add(self.any_customer())
            if wanted(new):
                self.used.add(new.key)
                item = new
        if item is None:
            raise TooFewItems("The ledger has too few items for so many lines of this kind.")
        return item

    def is_only(self, amount: Decimal, customers: Iterable[int], item: SampleInvoice) -> bool:
        """Tell whether ``item`` is the only open one of these customers that ``amount`` pays, also with discount."""
        return not any(
            amount in {other.residual, other.residual - other.discount} or amount == other.total
            for customer in customers
            for other in self.open_of(customer)
            if other.key != item.key
        )

    def subsets(self, customer: int, amount: Decimal) -> int:
        """Count the sets of at most six open items of a customer in euro that sum to ``amount``."""
        sums: list[Counter[int]] = [Counter({0: 1})] + [Counter() for _ in range(SUBSET_SIZE)]
        for item in self.open_of(customer):
            if item.currency != "EUR":
                continue
            cents = int(item.residual * 100)
            for size in range(SUBSET_SIZE, 0, -1):
                for total, ways in sums[size - 1].items():
                    sums[size][total + cents] += ways
        return sum(counter[int(amount * 100)] for counter in sums[1:])


def is_free(ledger: Ledger, item: SampleInvoice) -> bool:
    """Tell whether an item is an open invoice in euro that no line pays and that is no instalment."""
    return (
        item.residual > 0
        and item.sort == "invoice"
        and item.currency == "EUR"
        and item.document == item.key
        and item.key not in ledger.used
    )


def _rates(chance: Random) -> Iterator[tuple[tuple[date, str], Decimal]]:
    for currency, middle in RATES.items():
        rate, day = middle, FIRST_DAY - timedelta(10)
        while day <= LAST_DAY:
            yield (day, currency), rate
            rate = (rate * (1 + Decimal(chance.randrange(-40, 41)) / 10_000)).quantize(Decimal("0.0001"))
            day += timedelta(1)


def _last_digits(number: str) -> str:
    return number[len(number.rstrip("0123456789")) :]


def _is_similar(shown: str, name: str) -> bool:
    if name.startswith(shown[:18]) or shown.startswith(name):
        return True
    one, other = set(shown.split()), set(name.split())
    if one <= other or other <= one:
        return True
    matcher = SequenceMatcher(None, shown, name)
    return matcher.real_quick_ratio() > 0.75 and matcher.quick_ratio() > 0.75 and matcher.ratio() > 0.75
