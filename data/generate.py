"""Write the demo company's tables and the bank files that fit them.

``python3 data/generate.py`` rewrites everything that is committed: the tables
in ``addons/ar_enhanced/demo``, the bank files beside this program, and what
should become of each of their transactions (``expected.csv``).

The tables carry *days ago* and *days late*, never dates, so they do not age;
invoice numbers count through the years. The bank files carry dates and are
made for one day: ``--day``. All that is drawn comes from one seed, so the same
program always writes the same bytes.

Money is ``Decimal`` in the currency of its row. Customers, banks and accounts
are invented; mail addresses lie below example.com (RFC 2606).
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random

BANK_FOLDER = Path(__file__).resolve().parent
TABLE_FOLDER = BANK_FOLDER.parent / "addons" / "ar_enhanced" / "demo"

#: The day for which the committed bank files were made.
COMMITTED_DAY = date(2026, 11, 20)
SEED = 20261120
FIRST_NUMBER = 1001
CENT = Decimal("0.01")

#: Ireland's standard rate; customers abroad are invoiced without it.
VAT_PERCENT = Decimal(23)
HOME = "IE"
DISCOUNT_PERCENT = Decimal(2)
DISCOUNT_DAYS = 10
NET_DAYS = {"immediate": 0, "net_30": 30, "2_10_net_30": 30}

#: The history's last payment; the bank files begin later.
LAST_HISTORY_DAY = 16
#: The end of the following month is at most so many days after an invoice.
LONGEST_MONTH_END = 62


def iban(country: str, account: str) -> str:
    """Return the IBAN of a national account number (ISO 13616: mod 97-10)."""
    digits = "".join(str(int(sign, 36)) for sign in f"{account}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"


MAIN_ACCOUNT = iban("IE", "HQBK99012310047712")
DOLLAR_ACCOUNT = iban("IE", "HQBK99012310047828")
BANK_CODE = "HQBKIE2C"


# Customers


@dataclass(frozen=True)
class Customer:
    """A customer, how it is reached, and the ``story`` that its payments tell."""

    key: str
    name: str
    story: str
    street: str
    zip: str
    city: str
    country: str
    terms: str
    contact: str = ""
    contact_function: str = ""
    credit_limit: int = 0
    parent: str = ""
    currency: str = "EUR"
    iban: str = ""
    is_company: bool = True
    #: What is bought: pieces per line, and the price agreed as a part of the list price.
    quantity: int = 4
    price: Decimal = Decimal(1)

    @property
    def email(self) -> str:
        """Where its invoices go."""
        if not self.is_company:
            return f"{self.key}@example.com"
        return f"accounts@{self.key}.example.com"

    @property
    def contact_email(self) -> str:
        """Where its contact person is reached."""
        if not self.contact:
            return ""
        return f"{self.contact.split()[0].lower()}@{self.key}.example.com"


CUSTOMERS = (
    Customer(
        *("kestrel", "Kestrel Optics GmbH", "prompt", "Otto-Schott-Straße 114", "07745", "Jena", "DE", "net_30"),
        *("Henrike Baumgart", "Accounts payable"),
        iban=iban("DE", "999500100048812075"),
        price=Decimal("0.97"),
        credit_limit=12000,
    ),
    Customer(
        *("verdelle", "Maison Verdelle SAS", "prompt", "18 quai des Tonneliers", "69002", "Lyon", "FR"),
        *("end_of_following_month", "Aurélie Fontanel", "Comptabilité fournisseurs"),
        iban=iban("FR", "99999000010004471209341"),
        price=Decimal("0.96"),
        credit_limit=15000,
    ),
    Customer(
        *("zilverhaak", "Brouwerij De Zilverhaak B.V.", "slow_but_sure", "Lijnbaansgracht 301", "2312 EC", "Leiden"),
        *("NL", "net_30", "Joost van Rijswick", "Crediteurenadministratie"),
        iban=iban("NL", "ZQBK0417733902"),
        price=Decimal("0.98"),
        credit_limit=18000,
    ),
    Customer(
        *("rathmore", "Rathmore Precision Ltd", "slow_but_sure", "Unit 7, Ballybrit Business Park", "H91 K4TR"),
        *("Galway", "IE", "net_30", "Niamh Costello", "Finance manager"),
        iban=iban("IE", "HQBK99045520881137"),
        quantity=3,
        credit_limit=14000,
    ),
    Customer(
        *("morandelli", "Officine Morandelli S.r.l.", "getting_worse", "Via dei Calderai 22", "24121", "Bergamo", "IT"),
        *("net_30", "Davide Morandelli", "Amministrazione"),
        iban=iban("IT", "X9999911101000000771520"),
        price=Decimal("0.95"),
        credit_limit=20000,
    ),
    Customer(
        *("lindholm", "Lindholm Marin AB", "getting_better", "Klippgatan 9", "414 51", "Göteborg", "SE", "net_30"),
        *("Karin Åkerlund", "Ekonomiassistent"),
        iban=iban("SE", "99900000058398257466"),
        price=Decimal("0.97"),
        credit_limit=16000,
    ),
    Customer(
        *("castellane", "Castellane Hydraulique SARL", "over_limit", "4 chemin de la Glacière", "83300"),
        *("Draguignan", "FR", "net_30", "Bastien Roumieux", "Gérant"),
        quantity=7,
        price=Decimal("0.94"),
        credit_limit=15000,
    ),
    Customer(
        *("brennan", "Brennan & Tighe Laboratories Ltd", "discount_taker", "12 Merchants Quay", "T12 A8X3", "Cork"),
        *("IE", "2_10_net_30", "Declan Tighe", "Director"),
        iban=iban("IE", "HQBK99012377120046"),
        quantity=3,
        credit_limit=15000,
    ),
    Customer(
        *("weissenfeld", "Weissenfeld Messtechnik KG", "discount_taker", "Am Kupferhammer 3", "99974"),
        *("Mühlhausen", "DE", "2_10_net_30", "Jürgen Weissenfeld", "Geschäftsführer"),
        iban=iban("DE", "999400700013377105"),
        price=Decimal("0.98"),
        credit_limit=12000,
    ),
    Customer(
        *("almargem", "Quinta do Almargem Lda", "part_payer", "Estrada da Ribeira 210", "7005-391", "Évora", "PT"),
        *("net_30", "Inês Vasconcelos", "Contabilidade"),
        price=Decimal("0.96"),
        credit_limit=10000,
    ),
    Customer(
        *("solvei", "Solvei Robotics ApS", "new", "Refshalevej 163", "1432", "København", "DK", "net_30"),
        *("Mikkel Thorup", "CFO"),
        quantity=2,
        credit_limit=4000,
    ),
    Customer(
        *("pellworth", "Pellworth Marine Ltd", "stopped_paying", "27 Harbour Parade", "PL1 3XQ", "Plymouth", "GB"),
        *("net_30", "Gareth Pellworth", "Owner"),
        quantity=3,
        price=Decimal("0.97"),
        credit_limit=14000,
    ),
    Customer(
        *("arvalene", "Groupe Arvalène SA", "group_parent", "Chaussée de Charleroi 88", "1060", "Bruxelles", "BE"),
        *("net_30", "Solange Deprez", "Trésorerie du groupe"),
        iban=iban("BE", "999004471388"),
        price=Decimal("0.95"),
        credit_limit=20000,
    ),
    Customer(
        *("arvalene-textiles", "Arvalène Textiles SA", "subsidiary", "Rue du Moulin 15", "7500", "Tournai", "BE"),
        *("net_30", "Koen Hessels", "Site controller"),
        parent="arvalene",
        price=Decimal("0.95"),
        credit_limit=12000,
    ),
    Customer(
        *("arvalene-pharma", "Arvalène Pharma SA", "subsidiary", "Avenue Einstein 41", "1348", "Louvain-la-Neuve"),
        *("BE", "net_30", "Margaux Tilmant", "Responsable administrative"),
        parent="arvalene",
        price=Decimal("0.95"),
        credit_limit=12000,
    ),
    Customer(
        *("eleanor.whitcombe", "Eleanor Whitcombe", "person", "3 Lighthouse Terrace", "P17 XW60", "Kinsale", "IE"),
        terms="immediate",
        is_company=False,
        quantity=1,
        credit_limit=1500,
    ),
    Customer(
        *("harlan-creek", "Harlan Creek Sensors Inc.", "prompt", "2140 NW Quimby Street", "97210", "Portland", "US"),
        *("net_30", "Renée Castillo", "Accounts payable"),
        currency="USD",
        price=Decimal("1.12"),
        credit_limit=20000,
    ),
    Customer(
        *("meridian-bay", "Meridian Bay Analytics LLC", "slow_but_sure", "560 Commercial Street", "94111"),
        *("San Francisco", "US", "net_30", "Tom Okafor", "Controller"),
        currency="USD",
        price=Decimal("1.15"),
        credit_limit=16000,
    ),
)
BY_KEY = {customer.key: customer for customer in CUSTOMERS}


# What is sold


@dataclass(frozen=True)
class Product:
    """An article of the price list, in euro without tax."""

    code: str
    name: str
    type: str
    list_price: Decimal


PRODUCTS = (
    Product("PM-200", "Pressure transmitter PM-200", "consu", Decimal(245)),
    Product("TH-45", "Hygrometer TH-45", "consu", Decimal(128)),
    Product("FL-310", "Flow meter FL-310", "consu", Decimal(615)),
    Product("VS-12", "Vibration sensor kit VS-12", "consu", Decimal(389)),
    Product("DL-8", "Data logger DL-8", "consu", Decimal(472)),
    Product("CERT", "Calibration certificate", "service", Decimal(65)),
    Product("SITE", "Calibration on site, per day", "service", Decimal(850)),
    Product("CARE", "Maintenance contract, per month", "service", Decimal(375)),
)
BY_CODE = {product.code: product for product in PRODUCTS}
INSTRUMENTS = ("PM-200", "TH-45", "FL-310", "VS-12", "DL-8")


@dataclass(frozen=True)
class Line:
    """A line of an invoice; ``unit_price`` without tax."""

    product: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class Invoice:
    """An invoice, or a credit note when its number begins with CN.

    ``label`` is its name in this program; numbers are given once all are
    known, in the order of their dates.
    """

    label: str
    customer: str
    days_ago: int
    lines: tuple[Line, ...]
    number: str = ""
    reverses: str = ""

    @property
    def amount(self) -> Decimal:
        """What the customer owes for it, with tax."""
        net = sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))
        vat = net * VAT_PERCENT / 100 if BY_KEY[self.customer].country == HOME else Decimal(0)
        return net + rounded(vat)


@dataclass(frozen=True)
class Payment:
    """One invoice's part of a payment that the bank booked in the past.

    Rows with the same ``payment`` are one transaction, on the day of the first
    one: ``days_late`` after that invoice fell due. ``kind`` is ``payment``,
    ``discount`` (settles the invoice in full), ``returned`` (given back by the
    payer's bank) or ``return`` (that giving back, of a negative amount).
    """

    payment: str
    payer: str
    invoice: str
    kind: str
    amount: Decimal
    days_late: int
    text: str


def rounded(amount: Decimal) -> Decimal:
    """Round to the cent, half up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def discounted(amount: Decimal) -> Decimal:
    """Return what settles ``amount`` within the discount days."""
    return rounded(amount * (100 - DISCOUNT_PERCENT) / 100)


def between(random: Random, low: int, high: int) -> int:
    """Draw a whole number, both ends included, alike in every Python version."""
    return low + int(random.random() * (high - low + 1))


def price(customer: Customer, product: str) -> Decimal:
    """Return the customer's price of a product in its own currency."""
    return rounded(BY_CODE[product].list_price * customer.price)


def drawn_lines(customer: Customer, random: Random) -> tuple[Line, ...]:
    """Draw what an invoice is for: some instruments, often with their certificates."""
    codes = list(INSTRUMENTS)
    lines = []
    for _ in range(between(random, 1, 2 if customer.quantity > 1 else 1)):
        code = codes.pop(between(random, 0, len(codes) - 1))
        quantity = between(random, max(1, customer.quantity // 2), customer.quantity + 1)
        lines.append(Line(code, quantity, price(customer, code)))
    extra = between(random, 0, 3)
    if extra == 0:
        lines.append(Line("SITE", 1, price(customer, "SITE")))
    elif extra < 3:
        lines.append(Line("CERT", sum(line.quantity for line in lines), price(customer, "CERT")))
    return tuple(lines)


# The past: paid invoices

#: Days late of the n-th of so many paid invoices.
Habit = Callable[[int, int, Random], int]


def steadily(low: int, high: int) -> Habit:
    """Pay within a range that stays."""
    return lambda position, count, random: between(random, low, high)


def moving(first: int, last: int) -> Habit:
    """Pay later and later, or sooner and sooner."""
    return lambda position, count, random: first + (last - first) * position // (count - 1) + between(random, -2, 2)


def taking_discounts(missed: int) -> Habit:
    """Pay within the discount days, except for the ``missed``-th invoice."""
    return lambda position, count, random: (
        between(random, 0, 3) if position == missed else between(random, 6, DISCOUNT_DAYS) - NET_DAYS["2_10_net_30"]
    )


@dataclass(frozen=True)
class Past:
    """The paid invoices of a customer: how many, dated from and to so many days ago."""

    count: int
    first: int
    last: int
    habit: Habit


PASTS = {
    "kestrel": Past(10, 536, 70, steadily(-4, 1)),
    "verdelle": Past(8, 528, 88, steadily(-3, 1)),
    "zilverhaak": Past(8, 530, 105, steadily(17, 23)),
    "rathmore": Past(7, 515, 92, steadily(12, 18)),
    "morandelli": Past(8, 540, 155, moving(0, 46)),
    "lindholm": Past(9, 533, 66, moving(41, 1)),
    "castellane": Past(5, 420, 118, steadily(8, 20)),
    "brennan": Past(8, 512, 60, taking_discounts(4)),
    "weissenfeld": Past(7, 498, 64, taking_discounts(2)),
    "almargem": Past(5, 470, 112, steadily(6, 21)),
    "solvei": Past(1, 61, 61, steadily(-1, 1)),
    "pellworth": Past(6, 526, 255, steadily(-2, 4)),
    "arvalene": Past(2, 405, 160, steadily(4, 8)),
    "arvalene-textiles": Past(4, 480, 98, steadily(4, 8)),
    "arvalene-pharma": Past(3, 480, 199, steadily(4, 8)),
    "eleanor.whitcombe": Past(2, 390, 130, steadily(2, 9)),
    "harlan-creek": Past(5, 430, 82, steadily(-3, 2)),
    "meridian-bay": Past(3, 365, 120, steadily(14, 24)),
}


def past_invoices(customer: Customer, random: Random) -> Iterator[tuple[Invoice, int]]:
    """Yield the paid invoices of a customer, each with its days late."""
    past = PASTS[customer.key]
    step = (past.first - past.last) / max(1, past.count - 1)
    for position in range(past.count):
        days_ago = round(past.first - position * step)
        days_late = past.habit(position, past.count, random)
        yield Invoice(f"{customer.key}/{position}", customer.key, days_ago, drawn_lines(customer, random)), days_late


# The present: open invoices, by label and days ago

OPEN = {
    "kestrel": {"k1": 41, "k2": 38, "k3": 12},
    "verdelle": {"v1": 48, "v2": 44, "v3": 15},
    "zilverhaak": {"z1": 75, "z2": 66, "z3": 60, "z4": 28},
    "rathmore": {"r1": 62, "r2": 55, "r3": 50, "r4": 39, "r5": 9},
    "morandelli": {"m1": 118, "m2": 97, "m3": 71, "m4": 40},
    "lindholm": {"l1": 40, "l2": 39, "l3": 8},
    "castellane": {"c1": 88, "c2": 64, "c3": 47, "c4": 29, "c5": 11},
    "brennan": {"b1": 42, "b2": 6},
    "weissenfeld": {"w1": 40, "w2": 5},
    "almargem": {"a1": 78, "a2": 69, "a3": 20},
    "solvei": {"s1": 18},
    "pellworth": {"p1": 214, "p2": 186, "p3": 158, "p4": 131},
    "arvalene": {"g1": 43},
    "arvalene-textiles": {"t1": 52, "t2": 45},
    "arvalene-pharma": {"ph1": 58, "ph2": 27},
    "eleanor.whitcombe": {"e1": 17},
    "harlan-creek": {"h1": 43, "h2": 37, "h3": 10},
    "meridian-bay": {"y1": 73, "y2": 58, "y3": 22},
}
#: Two invoices of one amount: nobody can tell which one a payment without a number is for.
EQUAL_LABELS = ("ph1", "ph2")


def open_invoices(customer: Customer, random: Random) -> Iterator[Invoice]:
    """Yield the invoices of a customer that nobody has settled."""
    for label, days_ago in OPEN[customer.key].items():
        lines = drawn_lines(customer, random)
        if label in EQUAL_LABELS:
            lines = (Line("CARE", 3, price(customer, "CARE")),)
        yield Invoice(label, customer.key, days_ago, lines)


def credit_notes(paid: Sequence[Invoice]) -> list[Invoice]:
    """Return one credit note that lowered a paid invoice, and one still unapplied."""
    lowered = next(invoice for invoice in paid if invoice.label == "kestrel/6")
    returned = replace(lowered.lines[0], quantity=1)
    goodwill = Line("CERT", 2, price(BY_KEY["rathmore"], "CERT"))
    return [
        Invoice("cn1", "kestrel", lowered.days_ago - 9, (returned,), "CN-00001", reverses=lowered.label),
        Invoice("cn2", "rathmore", 33, (goodwill,), "CN-00002"),
    ]


# Payments of the past

#: Part payments as parts of a hundred; each later one follows 12 days after.
PARTS = {"almargem/0": (60, 40), "almargem/3": (50, 25, 25)}
RETURNED = "almargem/2"
#: Open invoices of which a part was paid: percent, days late.
OPEN_PARTS = {"a1": (50, 5), "a2": (30, 9)}
#: Invoices paid together with another one.
TOGETHER = {"arvalene-pharma/0": "arvalene-textiles/0", "zilverhaak/4": "zilverhaak/3"}


@dataclass
class Ledger:
    """All that the company has invoiced and received until the bank files begin."""

    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw it from the seed; every customer has a stream of its own."""
        late: dict[str, int] = {}
        for customer in CUSTOMERS:
            random = Random(f"{SEED}/{customer.key}")
            for invoice, days_late in past_invoices(customer, random):
                self.invoices.append(invoice)
                late[invoice.label] = days_late
            self.invoices += open_invoices(customer, random)
        self._number()
        notes = credit_notes(self.invoices)
        self.invoices += [
            replace(note, reverses=self.invoice(note.reverses).number if note.reverses else "") for note in notes
        ]
        for label in late:
            self._pay(label, late)
        for label, (percent, days_late) in OPEN_PARTS.items():
            invoice = self.invoice(label)
            amount = rounded(invoice.amount * percent / 100)
            self._add(invoice, "payment", amount, days_late, text=f"Pagamento parcial {invoice.number}")
        self.payments.sort(key=lambda row: row.payment)  # the rows of one payment together

    def _number(self) -> None:
        """Number the invoices in the order of their dates."""
        self.invoices.sort(key=lambda invoice: -invoice.days_ago)
        for position, invoice in enumerate(self.invoices):
            self.invoices[position] = replace(invoice, number=f"INV-{FIRST_NUMBER + position:05d}")

    def _pay(self, label: str, late: dict[str, int]) -> None:
        """Add the payments of a paid invoice."""
        invoice = self.invoice(label)
        credited = sum(note.amount for note in self.invoices if note.reverses == invoice.number)
        amount = invoice.amount - credited
        days_late = late[label]
        if label in PARTS:
            rest = amount
            for position, percent in enumerate(PARTS[label]):
                is_last = position == len(PARTS[label]) - 1
                part = rest if is_last else rounded(amount * percent / 100)
                rest -= part
                self._add(invoice, "payment", part, days_late + 12 * position)
        elif label == RETURNED:
            self._add(invoice, "returned", amount, days_late)
            self._add(invoice, "return", -amount, days_late + 3, text=f"Devolução {invoice.number} saldo insuficiente")
            self._add(invoice, "payment", amount, days_late + 17)
        elif BY_KEY[invoice.customer].terms == "2_10_net_30" and days_late <= DISCOUNT_DAYS - NET_DAYS["2_10_net_30"]:
            self._add(invoice, "discount", discounted(amount), days_late)
        else:
            self._add(invoice, "payment", amount, days_late)

    def _add(self, invoice: Invoice, kind: str, amount: Decimal, days_late: int, text: str = "") -> None:
        customer = BY_KEY[invoice.customer]
        payment = f"P{len(self.payments) + 1:04d}"
        if together := TOGETHER.get(invoice.label):
            first = next(row for row in self.payments if row.invoice == self.invoice(together).number)
            payment, days_late = first.payment, first.days_late
        self.payments.append(
            Payment(
                payment,
                customer.parent or customer.key,
                invoice.number,
                kind,
                amount,
                days_late,
                text or f"{customer.name} {invoice.number}",
            )
        )

    def invoice(self, name: str) -> Invoice:
        """Return an invoice by its label or its number."""
        return next(invoice for invoice in self.invoices if name in (invoice.label, invoice.number))

    def residual(self, name: str) -> Decimal:
        """Return what is still to be paid of an invoice when the bank files begin."""
        invoice = self.invoice(name)
        rows = [row for row in self.payments if row.invoice == invoice.number]
        if any(row.kind == "discount" for row in rows):
            return Decimal(0)
        credited = sum((note.amount for note in self.invoices if note.reverses == invoice.number), Decimal(0))
        return invoice.amount - credited - sum((row.amount for row in rows), Decimal(0))

    def received(self, currency: str) -> Decimal:
        """Return what the history's payments add up to on the account of a currency."""
        rows = [row for row in self.payments if BY_KEY[row.payer].currency == currency]
        return sum((row.amount for row in rows), Decimal(0))


# What else the bank booked, and at what rate


@dataclass(frozen=True)
class OtherBankLine:
    """A bank line of the history that no invoice explains; ``account`` names what it was for."""

    days_ago: int
    currency: str
    amount: Decimal
    text: str
    account: str


def other_bank_lines() -> list[OtherBankLine]:
    """Return capital paid in at the start, then rent, wages and fees every month."""
    lines = [
        OtherBankLine(545, "EUR", Decimal("60000.00"), "Capital paid in", "capital"),
        OtherBankLine(545, "USD", Decimal("5000.00"), "Capital paid in", "capital"),
    ]
    for month in range(17):
        days_ago = 512 - 30 * month
        lines += [
            OtherBankLine(days_ago, "EUR", Decimal("-1850.00"), "Rent workshop Tivoli Docks", "rent"),
            OtherBankLine(days_ago - 2, "EUR", Decimal(-7600 - 65 * month), "Wages", "wages"),
        ]
        if month % 3 == 2:
            lines.append(OtherBankLine(days_ago - 6, "EUR", Decimal("-18.50"), "Account fee", "bank_fees"))
    return sorted(lines, key=lambda line: -line.days_ago)


def rates() -> list[tuple[int, Decimal]]:
    """Return dollars for one euro, twice a month, drifting within the usual range."""
    random = Random(f"{SEED}/rates")
    rate = Decimal("1.0900")
    found = []
    for days_ago in range(555, -1, -15):
        found.append((days_ago, rate))
        rate += Decimal(between(random, -90, 110)) / 10000
        rate = min(max(rate, Decimal("1.0400")), Decimal("1.1900"))
    return found


# The bank files


@dataclass(frozen=True)
class Transaction:
    """One line of a bank file and what should become of it.

    ``day`` counts working days before the day of the file. ``outcome`` is
    ``booked``, ``proposed``, ``ambiguous`` or ``left``; ``reason`` is the first
    one why it is not booked. ``invoices`` are those that it pays, may pay, or
    cannot pay any more. ``difference`` is the kind of what it is more or less
    than what is open of them.
    """

    fitid: str
    day: int
    type: str
    amount: Decimal
    name: str
    memo: str = ""
    account: str = ""
    invoices: tuple[str, ...] = ()
    outcome: str = "booked"
    reason: str = ""
    difference: str = ""
    note: str = ""


@dataclass(frozen=True)
class Statement:
    """A bank file: the account, its transactions, and what was there before them."""

    file: str
    account: str
    currency: str
    opening: Decimal
    transactions: tuple[Transaction, ...]
    first_day: int
    last_day: int

    @property
    def closing(self) -> Decimal:
        """What is there after them."""
        return self.opening + sum((transaction.amount for transaction in self.transactions), Decimal(0))


def working_day(day: date, count: int) -> date:
    """Return the ``count``-th working day before ``day``."""
    while count:
        day -= timedelta(1)
        count -= day.weekday() < 5
    return day


def cut(text: str, width: int) -> str:
    """Write a text as a bank does: in capitals, and no wider than its field."""
    return text.upper()[:width]


def main_transactions(ledger: Ledger, day: date) -> list[Transaction]:
    """Return what the bank booked on the main account, oldest first."""

    def number(label: str) -> str:
        return ledger.invoice(label).number

    def digits(label: str) -> str:
        return number(label).removeprefix("INV-")

    def owed(*labels: str) -> Decimal:
        return sum((ledger.residual(label) for label in labels), Decimal(0))

    def invoiced_on(label: str) -> str:
        return f"{day - timedelta(ledger.invoice(label).days_ago):%d.%m.%y}"

    def account(key: str) -> str:
        return BY_KEY[key].iban

    paid_before = ledger.invoice("verdelle/7")
    return [
        Transaction(
            *("7G4402117", 9, "CREDIT", owed("k1"), cut("Kestrel Optics GmbH", 32)),
            f"EREF+KO-77182 SVWZ+RECHNUNG {number('k1')} VOM {invoiced_on('k1')} KD-NR 40017",
            account=account("kestrel"),
            invoices=("k1",),
            note="German SEPA text: the number between date, order and customer number",
        ),
        Transaction(
            *("7G4402118", 9, "CREDIT", owed("z1", "z2", "z3"), cut("Brouwerij De Zilverhaak B.V.", 32)),
            f"KLANTNR 3318 FACT {number('z1')} {number('z2')} {number('z3')}",
            account=account("zilverhaak"),
            invoices=("z1", "z2", "z3"),
            note="One payment for three invoices, all named",
        ),
        Transaction(
            *("7G4402133", 9, "DEBIT", Decimal("-1850.00"), "TIVOLI DOCKS ESTATES", "RENT WORKSHOP"),
            outcome="left",
            reason="outgoing",
            note="Rent paid by the company",
        ),
        Transaction(
            *("7G4403006", 8, "CREDIT", owed("r1"), cut(f"Rathmore Prec re inv{digits('r1')}", 32).lower()),
            account=account("rathmore"),
            invoices=("r1",),
            note="Lower case, in NAME, no hyphen; no MEMO at all",
        ),
        Transaction(
            *("7G4403009", 8, "CREDIT", owed("v1", "v2"), cut("VIR SEPA Maison Verdelle SAS", 32)),
            f"FACTURES {number('v1')} ET {number('v2')}",
            account=account("verdelle"),
            invoices=("v1", "v2"),
            note="One payment for two invoices, both named",
        ),
        Transaction(
            *("7G4403015", 8, "CREDIT", owed("m1"), cut("Officine Morandelli S.r.l.", 32)),
            f"BONIFICO SEPA SALDO FATT. {number('m1').lower()}  CRO 77312044551",
            account=account("morandelli"),
            invoices=("m1",),
            note="Number in lower case beside the bank's own reference",
        ),
        Transaction(
            *("7G4404101", 7, "CREDIT", owed("k2"), cut("Kestrel Optics GmbH", 32)),
            f"EREF+KO-77240 SVWZ+RG INV {digits('k2')} BEST. 88-4401",
            account=account("kestrel"),
            invoices=("k2",),
            note="A blank instead of the hyphen",
        ),
        Transaction(
            *("7G4404107", 7, "CREDIT", owed("c1"), cut(f"VIR SEPA {number('c1')} Castellane Hydr", 32)),
            invoices=("c1",),
            note="Number within a NAME that the bank cut",
        ),
        Transaction(
            *("7G4404120", 7, "CREDIT", owed("r2") - 35, cut("Rathmore Precision Ltd", 32)),
            f"{number('r2')} LESS BANK CHARGES",
            account=account("rathmore"),
            invoices=("r2",),
            difference="bank_fee",
            note="35.00 less than is owed, and the text says that a bank kept it",
        ),
        Transaction(
            *("7G4405002", 6, "CREDIT", owed("l1"), cut("Lindholm Marin AB", 32)),
            f"OCR{number('l1').replace('-', '')} GOTEBORG",
            account=account("lindholm"),
            invoices=("l1",),
            note="Letters of the bank glued before the number",
        ),
        Transaction(
            *("7G4405003", 6, "CREDIT", owed("b1"), cut("Brennan & Tighe Laboratories Ltd", 32)),
            f"PO 88213/B  {number('b1')}  A/C 20014",
            account=account("brennan"),
            invoices=("b1",),
            note="After the discount days, so in full; number amid order and account numbers",
        ),
        Transaction(
            *("7G4405019", 6, "CREDIT", owed("t1"), cut("Groupe Arvalène SA", 32)),
            f"POUR ARVALENE TEXTILES FACT {number('t1')}",
            account=account("arvalene"),
            invoices=("t1",),
            note="The parent pays for a subsidiary",
        ),
        Transaction(
            *("7G4406004", 5, "CREDIT", owed("l2"), cut("Lindholm Marin AB", 32), f"FAKTURA {number('l2')}"),
            account=account("lindholm"),
            invoices=("l2",),
            outcome="proposed",
            reason="contested",
            note="Two payments of one day name one invoice: this one bears the customer's name",
        ),
        Transaction(
            *("7G4406005", 5, "CREDIT", owed("l2"), cut("Lindholm Marin Service", 32), f"{number('l2')} LINDHOLM"),
            invoices=("l2",),
            outcome="left",
            reason="contested",
            note="The other one of the two",
        ),
        Transaction(
            *("7G4406011", 5, "CREDIT", owed("w1"), cut("Weissenfeld Messtechnik KG", 32)),
            f"SVWZ+RENR {number('w1')} KDNR 31877 AUFTR 55120 DATUM {invoiced_on('w1')}",
            account=account("weissenfeld"),
            invoices=("w1",),
            note="German SEPA text with customer and order number",
        ),
        Transaction(
            *("7G4406017", 5, "CREDIT", Decimal("1000.00"), cut("Quinta do Almargem Lda", 32)),
            f"POR CONTA DA FATURA {number('a3')}",
            invoices=("a3",),
            difference="partial",
            note="A part on account: the rest of the invoice stays open",
        ),
        Transaction(
            *("7G4406023", 5, "CREDIT", owed("ph1"), cut("Arvalène Pharma SA", 32), "CONTRAT DE MAINTENANCE"),
            invoices=("ph1", "ph2"),
            outcome="ambiguous",
            reason="ambiguous",
            note="No number, and two open invoices of this amount",
        ),
        Transaction(
            *("7G4407001", 4, "CREDIT", paid_before.amount, cut("VIR SEPA Maison Verdelle SAS", 32)),
            f"FACTURE {paid_before.number}",
            account=account("verdelle"),
            invoices=(paid_before.label,),
            outcome="left",
            reason="already_paid",
            note="Paid before: the customer paid twice",
        ),
        Transaction(
            *("7G4407005", 4, "CREDIT", discounted(owed("b2")), cut("Brennan & Tighe Laboratories Ltd", 32)),
            f"{number('b2')} LESS 2% A/C 20014",
            account=account("brennan"),
            invoices=("b2",),
            difference="discount",
            note="Within the discount days, so less the discount",
        ),
        Transaction(
            *("7G4407008", 4, "CREDIT", owed("a1"), cut("Quinta do Almargem Lda", 32)),
            f"RESTO DA FATURA {number('a1')}",
            invoices=("a1",),
            note="The rest of an invoice that was half paid",
        ),
        Transaction(
            *("7G4407011", 4, "CREDIT", owed("m2", "m4"), cut("Officine Morandelli S.r.l.", 32)),
            "BONIFICO SEPA SALDO FATTURE SCADUTE",
            account=account("morandelli"),
            invoices=("m2", "m4"),
            note="No number at all: only these two of what the customer owes add up to the amount",
        ),
        Transaction(
            *("7G4407014", 4, "DEBIT", Decimal("-8705.00"), "PAYROLL ALDER & FINCH", "SALARIES"),
            outcome="left",
            reason="outgoing",
            note="Wages paid by the company",
        ),
        Transaction(
            *("7G4408002", 3, "CREDIT", owed("e1"), cut("E Whitcombe", 32), f"{number('e1').lower()} thank you"),
            invoices=("e1",),
            note="A person, in her own words",
        ),
        Transaction(
            *("7G4408006", 3, "CREDIT", Decimal("1337.40"), cut("Northgate Holdings", 32), "TRANSFER"),
            outcome="left",
            reason="no_reference",
            note="Nobody we know, and no number",
        ),
        Transaction(
            *("7G4408030", 3, "FEE", Decimal("-18.50"), "ACCOUNT FEE", ""),
            outcome="left",
            reason="outgoing",
            note="The bank's fee",
        ),
        Transaction(
            *("7G4409003", 2, "CREDIT", owed("r3"), cut("Rathmore Precision Ltd", 32), f"REF {number('c2')}"),
            account=account("rathmore"),
            invoices=("r3",),
            note="One digit mistyped: the number is another customer's invoice, the amount is that of the payer's own",
        ),
        Transaction(
            *("7G4409010", 2, "CREDIT", owed("g1", "t2"), cut("Groupe Arvalène SA", 32)),
            f"{number('g1')} ET {number('t2')} TEXTILES",
            account=account("arvalene"),
            invoices=("g1", "t2"),
            note="The parent pays its own invoice and one of a subsidiary",
        ),
        Transaction(
            *("7G4410001", 1, "CREDIT", owed("c2"), cut("VIR SEPA Castellane Hydraulique SARL", 32)),
            f"REGLEMENT {number('c2')}",
            invoices=("c2",),
            note="Plainly named; the customer stays over its limit",
        ),
        Transaction(
            *("7G4410005", 1, "CREDIT", owed("m3") + 10, cut("Officine Morandelli S.r.l.", 32)),
            f"FATT {number('m3')}",
            account=account("morandelli"),
            invoices=("m3",),
            outcome="proposed",
            reason="left_by_policy",
            difference="overpayment",
            note="10.00 more than is owed",
        ),
        Transaction(
            *("7G4410011", 1, "DEBIT", Decimal("-412.00"), "LEE VALLEY ELECTRICITY", "A/C 771203"),
            outcome="left",
            reason="outgoing",
            note="Electricity paid by the company",
        ),
    ]


def dollar_transactions(ledger: Ledger) -> list[Transaction]:
    """Return what the bank booked on the dollar account, oldest first."""

    def named(fitid: str, day: int, label: str, name: str, memo: str, less: int, note: str) -> Transaction:
        invoice = ledger.invoice(label)
        return Transaction(
            fitid,
            day,
            "XFER",
            ledger.residual(label) - less,
            name,
            memo.format(invoice.number),
            invoices=(label,),
            difference="bank_fee" if less else "",
            note=note,
        )

    creek, bay = "Harlan Creek Sensors Inc", "Meridian Bay Analytics LLC"
    return [
        named("W20448107", 8, "h1", creek, "RMR*IV*{}*PI", 0, "The number within an American remittance record"),
        named("W20448231", 6, "y1", bay, "INVOICE {} / PO 4471-A", 0, "Number and order number"),
        named("W20448302", 5, "h2", creek, "Payment of {}", 0, "Plainly named"),
        named("W20448377", 4, "y2", bay, "{}", 25, "The wire cost 25.00 on the way"),
        Transaction(
            *("W20448390", 3, "SRVCHG", Decimal("-12.00"), "Monthly service charge", ""),
            outcome="left",
            reason="outgoing",
            note="The bank's fee",
        ),
    ]


def statements(ledger: Ledger, day: date) -> list[Statement]:
    """Return the bank files of a day: the main account twice, overlapping by a day, and the dollar account."""
    others = other_bank_lines()

    def before(currency: str) -> Decimal:
        """What the history left on an account."""
        amounts = (line.amount for line in others if line.currency == currency)
        return sum(amounts, ledger.received(currency))

    booked = main_transactions(ledger, day)
    first = tuple(transaction for transaction in booked if transaction.day >= 3)
    following = tuple(transaction for transaction in booked if transaction.day <= 3)
    main = Statement("bank_main_eur.ofx", MAIN_ACCOUNT, "EUR", before("EUR"), first, 9, 3)
    dollars = tuple(dollar_transactions(ledger))
    overlap = sum((transaction.amount for transaction in first if transaction.day == 3), Decimal(0))
    return [
        main,
        Statement("bank_main_eur_next.ofx", MAIN_ACCOUNT, "EUR", main.closing - overlap, following, 3, 1),
        Statement("bank_dollar_usd.ofx", DOLLAR_ACCOUNT, "USD", before("USD"), dollars, 9, 3),
    ]


def escaped(text: str) -> str:
    """Write the signs that have a meaning in markup as SGML and XML demand."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def ofx_1(statement: Statement, day: date) -> bytes:
    """Write OFX 1.0.2 as banks send it: SGML, leaves left open, Windows letters and line ends."""
    lines = [
        *("OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING:USASCII", "CHARSET:1252"),
        *("COMPRESSION:NONE", "OLDFILEUID:NONE", "NEWFILEUID:NONE", ""),
        *("<OFX>", "<SIGNONMSGSRSV1>", "<SONRS>", "<STATUS>", "<CODE>0", "<SEVERITY>INFO", "</STATUS>"),
        *(f"<DTSERVER>{day:%Y%m%d}063000", "<LANGUAGE>ENG"),
        *("<FI>", "<ORG>HARBOUR AND QUAY BANK", "<FID>99012", "</FI>"),
        *("</SONRS>", "</SIGNONMSGSRSV1>", "<BANKMSGSRSV1>", "<STMTTRNRS>", "<TRNUID>0"),
        *("<STATUS>", "<CODE>0", "<SEVERITY>INFO", "</STATUS>", "<STMTRS>", f"<CURDEF>{statement.currency}"),
        *("<BANKACCTFROM>", f"<BANKID>{BANK_CODE}", f"<ACCTID>{statement.account}", "<ACCTTYPE>CHECKING"),
        *("</BANKACCTFROM>", "<BANKTRANLIST>"),
        f"<DTSTART>{working_day(day, statement.first_day):%Y%m%d}",
        f"<DTEND>{working_day(day, statement.last_day):%Y%m%d}",
    ]
    for transaction in statement.transactions:
        lines += [
            *("<STMTTRN>", f"<TRNTYPE>{transaction.type}", f"<DTPOSTED>{working_day(day, transaction.day):%Y%m%d}"),
            *(f"<TRNAMT>{transaction.amount}", f"<FITID>{transaction.fitid}", f"<NAME>{escaped(transaction.name)}"),
        ]
        if transaction.account:
            lines += ["<BANKACCTTO>", "<BANKID>NOTPROVIDED", f"<ACCTID>{transaction.account}"]
            lines += ["<ACCTTYPE>CHECKING", "</BANKACCTTO>"]
        if transaction.memo:
            lines.append(f"<MEMO>{escaped(transaction.memo)}")
        lines.append("</STMTTRN>")
    lines += [
        *("</BANKTRANLIST>", "<LEDGERBAL>", f"<BALAMT>{statement.closing}"),
        *(f"<DTASOF>{working_day(day, statement.last_day):%Y%m%d}", "</LEDGERBAL>"),
        *("</STMTRS>", "</STMTTRNRS>", "</BANKMSGSRSV1>", "</OFX>", ""),
    ]
    return "\r\n".join(lines).encode("cp1252")


def ofx_2(statement: Statement, day: date) -> bytes:
    """Write OFX 2.1.1: XML, the times with the zone of New York."""

    def moment(count: int) -> str:
        return f"{working_day(day, count):%Y%m%d}120000.000[-5:EST]"

    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
        '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>',
        "<OFX>",
        "  <SIGNONMSGSRSV1>",
        "    <SONRS>",
        "      <STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>",
        f"      <DTSERVER>{moment(1)}</DTSERVER>",
        "      <LANGUAGE>ENG</LANGUAGE>",
        "    </SONRS>",
        "  </SIGNONMSGSRSV1>",
        "  <BANKMSGSRSV1>",
        "    <STMTTRNRS>",
        "      <TRNUID>1</TRNUID>",
        "      <STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>",
        "      <STMTRS>",
        f"        <CURDEF>{statement.currency}</CURDEF>",
        "        <BANKACCTFROM>",
        f"          <BANKID>{BANK_CODE}</BANKID><ACCTID>{statement.account}</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE>",
        "        </BANKACCTFROM>",
        "        <BANKTRANLIST>",
        f"          <DTSTART>{moment(statement.first_day)}</DTSTART>",
        f"          <DTEND>{moment(statement.last_day)}</DTEND>",
    ]
    for transaction in statement.transactions:
        lines += [
            "          <STMTTRN>",
            f"            <TRNTYPE>{transaction.type}</TRNTYPE>",
            f"            <DTPOSTED>{moment(transaction.day)}</DTPOSTED>",
            f"            <TRNAMT>{transaction.amount}</TRNAMT>",
            f"            <FITID>{transaction.fitid}</FITID>",
            f"            <NAME>{escaped(transaction.name)}</NAME>",
            *([f"            <MEMO>{escaped(transaction.memo)}</MEMO>"] if transaction.memo else []),
            "          </STMTTRN>",
        ]
    lines += [
        "        </BANKTRANLIST>",
        "        <LEDGERBAL>",
        f"          <BALAMT>{statement.closing}</BALAMT><DTASOF>{moment(statement.last_day)}</DTASOF>",
        "        </LEDGERBAL>",
        "      </STMTRS>",
        "    </STMTTRNRS>",
        "  </BANKMSGSRSV1>",
        "</OFX>",
        "",
    ]
    return "\n".join(lines).encode()


def bank_files(ledger: Ledger, day: date) -> dict[str, bytes]:
    """Return the content of each bank file of a day."""
    return {
        statement.file: (ofx_2 if statement.currency == "USD" else ofx_1)(statement, day)
        for statement in statements(ledger, day)
    }


# The tables


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write a table as comma separated values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


CUSTOMER_COLUMNS = (
    *("key", "name", "story", "parent", "is_company", "street", "zip", "city", "country", "email"),
    *("contact", "contact_function", "contact_email", "terms", "currency", "credit_limit", "iban"),
)


def expected(ledger: Ledger) -> bytes:
    """Write what should become of each transaction, under the first file that has it."""
    rows: dict[str, Sequence[object]] = {}
    for statement in statements(ledger, COMMITTED_DAY):
        for transaction in statement.transactions:
            numbers = " ".join(ledger.invoice(label).number for label in transaction.invoices)
            row = (statement.file, transaction.fitid, transaction.amount, statement.currency, transaction.outcome)
            said = (transaction.reason, transaction.difference, numbers, transaction.note)
            rows.setdefault(transaction.fitid, (*row, *said))
    header = ("file", "fitid", "amount", "currency", "outcome", "reason", "difference", "invoices", "note")
    return table(header, rows.values())


def tables(ledger: Ledger) -> dict[str, bytes]:
    """Return the content of each table of the demo company."""
    documents = ledger.invoices
    return {
        "customers.csv": table(
            CUSTOMER_COLUMNS,
            ([_cell(getattr(customer, column)) for column in CUSTOMER_COLUMNS] for customer in CUSTOMERS),
        ),
        "products.csv": table(
            ("code", "name", "type", "list_price"),
            ((product.code, product.name, product.type, product.list_price) for product in PRODUCTS),
        ),
        "invoices.csv": table(
            ("number", "customer", "days_ago", "amount", "reverses"),
            ((row.number, row.customer, row.days_ago, row.amount, row.reverses) for row in documents),
        ),
        "invoice_lines.csv": table(
            ("number", "product", "quantity", "unit_price"),
            ((row.number, line.product, line.quantity, line.unit_price) for row in documents for line in row.lines),
        ),
        "payments.csv": table(
            ("payment", "payer", "invoice", "kind", "amount", "days_late", "text"),
            (
                (row.payment, row.payer, row.invoice, row.kind, row.amount, row.days_late, row.text)
                for row in ledger.payments
            ),
        ),
        "other_bank_lines.csv": table(
            ("days_ago", "currency", "amount", "text", "account"),
            ((row.days_ago, row.currency, row.amount, row.text, row.account) for row in other_bank_lines()),
        ),
        "rates.csv": table(("days_ago", "usd_per_eur"), rates()),
    }


def _cell(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def as_day(text: str) -> date:
    """Read a day as ``YYYY-MM-DD`` or ``today``."""
    return date.today() if text == "today" else date.fromisoformat(text)  # noqa: DTZ011 - the user's own day


def main() -> None:
    """Write the files that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write the demo company's tables and bank files.")
    parser.add_argument("--day", type=as_day, default=COMMITTED_DAY, help="day of the bank files: YYYY-MM-DD or today")
    parser.add_argument("--bank-only", type=Path, metavar="FOLDER", help="write only the bank files, to this folder")
    arguments = parser.parse_args()
    ledger = Ledger()
    folder = arguments.bank_only or BANK_FOLDER
    files = {folder / name: content for name, content in bank_files(ledger, arguments.day).items()}
    if not arguments.bank_only:
        files[folder / "expected.csv"] = expected(ledger)
        files |= {TABLE_FOLDER / name: content for name, content in tables(ledger).items()}
    for path, content in files.items():
        path.write_bytes(content)


if __name__ == "__main__":
    main()
