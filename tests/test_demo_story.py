"""The demo company's tables and bank files tell the stories that they promise."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from odoo.addons.ar_reconcile import parsers
from odoo.addons.ar_reconcile.engine.allocation import SETTLING
from odoo.addons.ar_reconcile.engine.candidate import Candidate, Customer, Discount, Sort
from odoo.addons.ar_reconcile.engine.matching import Outcome, Verdict, decide
from odoo.addons.ar_reconcile.engine.payment import Payment

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
TABLES = ROOT / "addons" / "ar_enhanced" / "demo"
NET_DAYS = {"immediate": 0, "net_30": 30, "2_10_net_30": 30, "end_of_following_month": 61}
#: Bank files that are read one after the other, with what is new in each.
FILES = {"bank_main_eur.ofx": 25, "bank_main_eur_next.ofx": 5, "bank_dollar_usd.ofx": 5}
#: What the demo's own job imports, and what its user drops in afterwards.
JOBS_FILES = ("bank_dollar_usd.ofx", "bank_main_eur.ofx")
OTHER_DAYS = [date(2026, 1, 3), date(2027, 2, 28), date(2028, 2, 29)]


def load_generator() -> ModuleType:
    specification = importlib.util.spec_from_file_location("generate", DATA / "generate.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["generate"] = module  # dataclasses look their module up
    specification.loader.exec_module(module)
    return module


generate = load_generator()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ledger():
    return generate.Ledger()


@pytest.fixture(scope="module")
def customers() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in rows(TABLES / "customers.csv")}


@pytest.fixture(scope="module")
def invoices() -> dict[str, dict[str, str]]:
    return {row["number"]: row for row in rows(TABLES / "invoices.csv")}


@pytest.fixture(scope="module")
def payments(invoices) -> dict[str, list[dict[str, str]]]:
    """Return the history's rows by the customer of the invoice, oldest invoice first."""
    found = defaultdict(list)
    for row in sorted(rows(TABLES / "payments.csv"), key=lambda row: row["invoice"]):
        found[invoices[row["invoice"]]["customer"]].append(row)
    return found


@pytest.fixture(scope="module")
def residuals(invoices) -> dict[str, Decimal]:
    """Return what is open of each document when the bank files begin, worked out from the tables."""
    left = {number: Decimal(row["amount"]) for number, row in invoices.items()}
    for number, row in invoices.items():
        if row["reverses"]:
            left[row["reverses"]] -= left.pop(number)
    for row in rows(TABLES / "payments.csv"):
        left[row["invoice"]] -= left[row["invoice"]] if row["kind"] == "discount" else Decimal(row["amount"])
    return left


def of_story(customers, story: str) -> list[str]:
    return [key for key, row in customers.items() if row["story"] == story]


def days_late(customers, payments, story: str) -> list[int]:
    return [int(row["days_late"]) for key in of_story(customers, story) for row in payments[key]]


# The files


def test_committed_files_are_what_the_generator_writes(ledger):
    files = {TABLES / name: content for name, content in generate.tables(ledger).items()}
    files |= {DATA / name: content for name, content in generate.bank_files(ledger, generate.COMMITTED_DAY).items()}
    files[DATA / "expected.csv"] = generate.expected(ledger)

    stale = [path.name for path, content in files.items() if path.read_bytes() != content]

    assert not stale, "run: python3 data/generate.py"
    by_hand = {"credit_limits.csv"}
    assert {path.name for path in TABLES.glob("*.csv")} - by_hand == {
        path.name for path in files if path.parent == TABLES
    }
    assert {path.name for path in DATA.glob("*.ofx")} == set(FILES)


def test_bank_files_of_a_named_day_are_written_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["generate.py", "--bank-only", str(tmp_path), "--day", "2027-02-28"])

    generate.main()

    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


@pytest.mark.parametrize("day", OTHER_DAYS)
def test_bank_files_of_another_day_differ_in_dates_only(ledger, day):
    moved = generate.bank_files(ledger, day)

    for name in FILES:
        (there,) = parsers.read(moved[name])
        (here,) = parsers.read((DATA / name).read_bytes())
        assert [(line.bank_id, line.amount) for line in there.lines] == [
            (line.bank_id, line.amount) for line in here.lines
        ]
        assert there.closing_balance == here.closing_balance
        assert all(line.date < day and line.date.weekday() < 5 for line in there.lines)
        assert (day - min(line.date for line in there.lines)).days < generate.LAST_HISTORY_DAY


# The company


def test_size_is_that_of_a_small_company(customers, invoices, residuals):
    open_items = [number for number, residual in residuals.items() if residual and number.startswith("INV")]

    assert 15 <= len(customers) <= 20
    assert 145 <= len(invoices) <= 160
    assert 40 <= len(open_items) <= 55
    assert 500 <= max(int(row["days_ago"]) for row in invoices.values()) <= 550


def test_invoice_numbers_follow_the_days(invoices):
    numbered = [row for number, row in sorted(invoices.items()) if number.startswith("INV")]

    days_ago = [int(row["days_ago"]) for row in numbered]

    assert [row["number"] for row in numbered] == [f"INV-{number:05d}" for number in range(1001, 1001 + len(numbered))]
    assert days_ago == sorted(days_ago, reverse=True)


def test_lines_add_up_to_their_invoice(customers, invoices):
    net = defaultdict(Decimal)
    for line in rows(TABLES / "invoice_lines.csv"):
        net[line["number"]] += int(line["quantity"]) * Decimal(line["unit_price"])

    for number, row in invoices.items():
        is_home = customers[row["customer"]]["country"] == "IE"
        assert Decimal(row["amount"]) == (net[number] * (Decimal("1.23") if is_home else 1)).quantize(Decimal("0.01"))


def test_no_invoice_is_paid_beyond_its_amount(residuals):
    assert min(residuals.values()) == 0


def test_history_ends_before_the_bank_files_begin(customers, invoices):
    for row in rows(TABLES / "payments.csv"):
        invoice = invoices[row["invoice"]]
        net_days = NET_DAYS[customers[invoice["customer"]]["terms"]]
        assert int(invoice["days_ago"]) - net_days - int(row["days_late"]) >= generate.LAST_HISTORY_DAY


def test_rows_of_one_payment_stand_together():
    order = [row["payment"] for row in rows(TABLES / "payments.csv")]

    assert order == sorted(order)
    assert len(set(order)) < len(order)


# The stories


def test_prompt_customers_pay_by_the_due_date(customers, payments):
    late = days_late(customers, payments, "prompt")

    assert max(late) <= 2
    assert len(late) >= 20


def test_slow_customers_pay_late_but_always(customers, payments):
    late = days_late(customers, payments, "slow_but_sure")

    assert min(late) >= 12
    assert max(late) <= 25


@pytest.mark.parametrize(("story", "direction"), [("getting_worse", 1), ("getting_better", -1)])
def test_changing_customers_change(customers, payments, story, direction):
    late = days_late(customers, payments, story)
    half = len(late) // 2

    first, second = sum(late[:half]) / half, sum(late[half:]) / (len(late) - half)

    assert (second - first) * direction >= 15


def test_only_one_customer_is_over_its_limit(customers, invoices, residuals):
    exposure = defaultdict(Decimal)
    for number, residual in residuals.items():
        exposure[invoices[number]["customer"]] += residual

    over = [key for key, total in exposure.items() if total > Decimal(customers[key]["credit_limit"])]

    assert over == of_story(customers, "over_limit")


def test_limit_is_still_passed_after_the_bank_files(customers, invoices, residuals):
    (key,) = of_story(customers, "over_limit")
    booked = [row for row in rows(DATA / "expected.csv") if row["outcome"] == "booked"]
    paid = {number for row in booked for number in row["invoices"].split()}

    left = sum(
        residual for number, residual in residuals.items() if invoices[number]["customer"] == key and number not in paid
    )

    assert left > Decimal(customers[key]["credit_limit"])


def test_discount_takers_pay_two_percent_less_within_ten_days(customers, invoices, payments):
    takers = of_story(customers, "discount_taker")

    taken = [row for key in takers for row in payments[key] if row["kind"] == "discount"]

    assert len(takers) == 2
    assert len(taken) >= 10
    assert {row["kind"] for key, found in payments.items() if key not in takers for row in found}.isdisjoint(
        ["discount"]
    )
    for row in taken:
        assert int(row["days_late"]) <= -20
        full = Decimal(invoices[row["invoice"]]["amount"])
        assert Decimal(row["amount"]) == (full * Decimal("0.98")).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def test_part_payer_pays_in_parts_and_had_a_payment_returned(customers, payments, residuals):
    (key,) = of_story(customers, "part_payer")
    parts = defaultdict(list)
    for row in payments[key]:
        parts[row["invoice"]].append(row["kind"])

    assert any(kinds.count("payment") >= 2 for kinds in parts.values())
    assert ["returned", "return", "payment"] in parts.values()
    assert sum(residuals[number] > 0 for number in parts) == 2


def test_new_customer_has_a_thin_record(customers, invoices, payments):
    (key,) = of_story(customers, "new")

    ages = [int(row["days_ago"]) for row in invoices.values() if row["customer"] == key]

    assert len(ages) == 2
    assert max(ages) < 90
    assert len(payments[key]) == 1


def test_customer_who_stopped_paying_was_good_before(customers, invoices, payments, residuals):
    (key,) = of_story(customers, "stopped_paying")
    unpaid = [row for row in invoices.values() if row["customer"] == key and residuals[row["number"]]]
    last_payment = min(int(invoices[row["invoice"]]["days_ago"]) - 30 - int(row["days_late"]) for row in payments[key])

    assert max(int(row["days_late"]) for row in payments[key]) <= 4
    assert last_payment > 180
    assert len(unpaid) >= 3
    assert min(int(row["days_ago"]) for row in unpaid) > 120


def test_parent_pays_for_its_subsidiaries(customers, payments):
    (parent,) = of_story(customers, "group_parent")
    subsidiaries = of_story(customers, "subsidiary")

    payers = {row["payer"] for key in subsidiaries for row in payments[key]}

    assert len(subsidiaries) == 2
    assert {customers[key]["parent"] for key in subsidiaries} == {parent}
    assert payers == {parent}


def test_one_customer_is_a_person_and_some_pay_in_dollars(customers):
    assert [key for key, row in customers.items() if row["is_company"] == "0"] == of_story(customers, "person")
    assert {row["currency"] for row in customers.values()} == {"EUR", "USD"}


def test_one_credit_note_is_applied_and_one_is_not(invoices):
    notes = [row for number, row in invoices.items() if number.startswith("CN")]

    assert sorted(bool(row["reverses"]) for row in notes) == [False, True]


def test_rates_cover_the_history(invoices):
    ages = [int(row["days_ago"]) for row in rows(TABLES / "rates.csv")]

    assert max(ages) > max(int(row["days_ago"]) for row in invoices.values())
    assert min(ages) == 0


def test_mail_addresses_reach_nobody(customers):
    for row in customers.values():
        for address in filter(None, (row["email"], row["contact_email"])):
            assert address.partition("@")[2].endswith("example.com")


def test_account_numbers_have_the_check_digits_of_an_iban(customers):
    numbers = [row["iban"] for row in customers.values() if row["iban"]]
    numbers += [generate.MAIN_ACCOUNT, generate.DOLLAR_ACCOUNT]

    for number in numbers:
        assert int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1
    assert len(numbers) == len(set(numbers)) >= 10


def test_iban_is_that_of_the_standards_example():
    assert generate.iban("GB", "WEST12345698765432") == "GB82WEST12345698765432"


# The bank files


def test_bank_accounts_are_those_of_the_company():
    loader = (TABLES / "ar_demo.py").read_text()

    for name in FILES:
        (statement,) = parsers.read((DATA / name).read_bytes())
        assert f'"{statement.account}"' in loader


@pytest.mark.parametrize("name", FILES)
def test_bank_file_adds_up_and_is_read_without_remark(ledger, name):
    (statement,) = parsers.read((DATA / name).read_bytes())
    (source,) = (each for each in generate.statements(ledger, generate.COMMITTED_DAY) if each.file == name)

    total = sum(line.amount for line in statement.lines)

    assert not statement.warnings
    assert not statement.skipped
    assert source.opening + total == statement.closing_balance
    assert len({line.bank_id for line in statement.lines}) == len(statement.lines)
    assert all(len(line.counterparty_name) <= 32 for line in statement.lines)


def test_first_opening_balance_is_what_the_history_left(customers, payments, ledger):
    for statement in generate.statements(ledger, generate.COMMITTED_DAY):
        if statement.file == "bank_main_eur_next.ofx":
            continue
        received = sum(
            Decimal(row["amount"])
            for found in payments.values()
            for row in found
            if customers[row["payer"]]["currency"] == statement.currency
        )
        other = sum(
            Decimal(row["amount"])
            for row in rows(TABLES / "other_bank_lines.csv")
            if row["currency"] == statement.currency
        )
        assert statement.opening == received + other


def test_next_file_repeats_three_transactions_and_brings_five():
    (first,) = parsers.read((DATA / "bank_main_eur.ofx").read_bytes())
    (following,) = parsers.read((DATA / "bank_main_eur_next.ofx").read_bytes())

    repeated = [line for line in following.lines if line.bank_id in {each.bank_id for each in first.lines}]

    new = [line.amount for line in following.lines if line not in repeated]
    assert len(repeated) == 3
    assert len(new) == 5
    assert first.closing_balance + sum(new) == following.closing_balance
    assert {(line.bank_id, line.date, line.amount, line.remittance) for line in repeated} <= {
        (line.bank_id, line.date, line.amount, line.remittance) for line in first.lines
    }


#: What the engine decides, in the words of ``expected.csv``.
OUTCOMES = {
    Outcome.BOOK: "booked",
    Outcome.PROPOSE: "proposed",
    Outcome.AMBIGUOUS: "ambiguous",
    Outcome.LEAVE: "left",
}


class Books:
    """The demo company's customers and open items as the engine's values, on the day of the committed files.

    ``residuals`` are changed by what is booked.
    """

    def __init__(self, ledger, customers: dict[str, dict[str, str]], invoices: dict[str, dict[str, str]]) -> None:
        self.day = generate.COMMITTED_DAY
        self.rows = invoices
        self.customer_rows = customers
        self.numbers = dict(enumerate(sorted(number for number, row in invoices.items() if not row["reverses"]), 1))
        self.residuals = {
            number: ledger.residual(number) if number.startswith("INV") else -Decimal(invoices[number]["amount"])
            for number in self.numbers.values()
        }
        self.customer_keys = {key: position for position, key in enumerate(customers, 1)}
        self.rates = [
            (self.day - timedelta(int(row["days_ago"])), Decimal(row["usd_per_eur"]))
            for row in rows(TABLES / "rates.csv")
        ]

    def customers(self) -> list[Customer]:
        return [
            Customer(
                key=self.customer_keys[key],
                names=tuple(filter(None, [row["name"], row["contact"]])),
                accounts=tuple(filter(None, [row["iban"]])),
                group=self.customer_keys[row["parent"] or key],
            )
            for key, row in self.customer_rows.items()
        ]

    def items(self) -> list[Candidate]:
        return [self._item(key, number) for key, number in self.numbers.items()]

    def _item(self, key: int, number: str) -> Candidate:
        row = self.rows[number]
        customer = self.customer_rows[row["customer"]]
        issued = self.day - timedelta(int(row["days_ago"]))
        amount, residual = Decimal(row["amount"]), self.residuals[number]
        is_discounted = customer["terms"] == "2_10_net_30" and residual == amount
        discount = Discount(amount - generate.discounted(amount), issued + timedelta(generate.DISCOUNT_DAYS))
        return Candidate(
            key=key,
            invoice=key,
            number=number,
            customer=self.customer_keys[row["customer"]],
            residual=residual,
            currency=customer["currency"],
            due=issued + timedelta(NET_DAYS[customer["terms"]]),
            issued=issued,
            discounts=(discount,) if is_discounted else (),
            sort=Sort.INVOICE if residual >= 0 else Sort.CREDIT_NOTE,
        )

    def payment(self, key: int, line, currency: str) -> Payment:
        _day, dollars = max(each for each in self.rates if each[0] <= line.date)
        return Payment(
            key=key,
            day=line.date,
            amount=line.amount,
            currency=currency,
            texts=tuple(filter(None, [line.remittance, line.counterparty_name])),
            name=line.counterparty_name,
            counterparty_account=line.counterparty_account,
            rates=(("USD", 1 / dollars),) if currency == "EUR" else (("EUR", dollars),),
        )

    def decide(self, lines: list, currency: str) -> list[Verdict]:
        verdicts = decide(
            [self.payment(key, line, currency) for key, line in enumerate(lines)], self.items(), self.customers()
        )
        for verdict in verdicts:
            if verdict.outcome is Outcome.BOOK:
                for part in verdict.proposals[0].allocations:
                    if part.kind in SETTLING:
                        self.residuals[self.numbers[part.candidate]] -= part.amount
        return verdicts

    def told(self, verdict: Verdict) -> dict[str, str]:
        """Return a verdict as ``expected.csv`` has it: what is paid, or else what the first reason speaks of."""
        parts = [part for proposal in verdict.proposals for part in proposal.allocations]
        spoken_of = verdict.reasons[0].fact("items") or () if verdict.reasons else ()
        items = dict.fromkeys(part.candidate for part in parts) if parts else spoken_of
        return {
            "outcome": OUTCOMES[verdict.outcome],
            "reason": verdict.reasons[0].code if verdict.reasons else "",
            "difference": " ".join({part.kind.value for part in parts} - {"full"}),
            "invoices": " ".join(sorted(self.numbers[key] for key in items)),
        }


@pytest.mark.parametrize("order", [list(FILES), [*JOBS_FILES, "bank_main_eur_next.ofx"]])
def test_every_transaction_becomes_what_is_expected(ledger, customers, invoices, order):
    """Hand the files to the engine, one after the other, as the importer does."""
    expected = {row["fitid"]: row for row in rows(DATA / "expected.csv")}
    books = Books(ledger, customers, invoices)
    seen: set[str] = set()
    for name in order:
        (statement,) = parsers.read((DATA / name).read_bytes())
        lines = [line for line in statement.lines if line.bank_id not in seen]
        seen |= {line.bank_id for line in lines}
        assert len(lines) == FILES[name]
        for line, verdict in zip(lines, books.decide(lines, statement.currency or ""), strict=True):
            row = expected.pop(line.bank_id)
            assert (row["file"], Decimal(row["amount"])) == (name, line.amount)
            told = books.told(verdict)
            row["invoices"] = " ".join(sorted(row["invoices"].split()))
            assert told == {key: row[key] for key in told}, line.bank_id
    assert not expected


def test_what_is_booked_leaves_open_what_the_story_says(ledger, customers, invoices):
    books = Books(ledger, customers, invoices)
    before = dict(books.residuals)
    for name in JOBS_FILES:
        (statement,) = parsers.read((DATA / name).read_bytes())
        books.decide(statement.lines, statement.currency or "")

    labels = {each.number: each.label for each in ledger.invoices}
    changed = {labels[number]: left for number, left in books.residuals.items() if left != before[number]}

    assert changed.pop("a3") == before[ledger.invoice("a3").number] - 1000
    assert set(changed.values()) == {0}
    assert {"r2", "y2", "b2", "t1", "m2", "m4"} <= set(changed)  # less a fee, a discount, by the parent, unnamed
    assert {"l2", "ph1", "ph2", "m3"}.isdisjoint(changed)  # claimed twice, two of one amount, not yet paid


def test_every_outcome_is_shown(residuals):
    expected = rows(DATA / "expected.csv")

    first = [row for row in expected if row["file"] == "bank_main_eur.ofx" and row["outcome"] == "booked"]

    assert sorted(len(row["invoices"].split()) for row in first)[-3:] == [2, 2, 3]
    assert [row["outcome"] for row in expected].count("proposed") == 2
    assert [row["outcome"] for row in expected].count("ambiguous") == 1
    assert {row["reason"] for row in expected if row["outcome"] == "left"} == {
        *("no_reference", "already_paid", "contested", "outgoing")
    }
    assert all(bool(row["reason"]) is (row["outcome"] != "booked") for row in expected)
    differences = defaultdict(list)
    for row in expected:
        open_amounts = [residuals[number] for number in row["invoices"].split()]
        if row["outcome"] == "booked" or row["difference"]:
            differences[row["difference"]].append(Decimal(row["amount"]) - sum(open_amounts, Decimal(0)))
        if row["reason"] == "ambiguous":
            assert open_amounts == [Decimal(row["amount"])] * 2
        if row["reason"] == "no_reference":
            assert Decimal(row["amount"]) not in residuals.values()
    assert set(differences.pop("")) == {0}
    assert differences.pop("bank_fee") == [-35, -25]
    assert differences.pop("overpayment") == [10]
    assert differences.pop("discount") == [Decimal("-24.11")]
    assert differences.pop("partial") == [Decimal("-1265.60")]
    assert not differences


def test_readme_tells_what_should_happen():
    told = [
        tuple(cell.strip() for cell in line.split("|")[2:-1])
        for line in (DATA / "README.md").read_text().splitlines()
        if line.startswith(("| first |", "| next |", "| dollar |"))
    ]

    assert told == [_told_in_readme(row) for row in rows(DATA / "expected.csv")]


def _told_in_readme(row: dict[str, str]) -> tuple[str, ...]:
    outcome = row["outcome"]
    if row["reason"] not in ("", outcome):
        outcome += f": `{row['reason']}`"
    if row["difference"]:
        outcome += f"{',' if row['reason'] else ', with'} `{row['difference']}`"
    invoices = ", ".join(row["invoices"].split())
    return f"`{row['fitid']}`", f"{row['amount']} {row['currency']}", invoices, outcome, row["note"]


def test_open_amounts_are_distinct_but_for_the_ambiguous_pair(residuals):
    amounts = [residual for number, residual in residuals.items() if residual and number.startswith("INV")]

    assert len(amounts) - len(set(amounts)) == 1
