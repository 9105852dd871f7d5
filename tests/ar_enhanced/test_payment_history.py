"""``make score``: what files it reads, what it refuses, and what it tells."""

import importlib.util
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "scoring"))
history_file = importlib.import_module("history_file")
_spec = importlib.util.spec_from_file_location("scoring_command", ROOT / "tests" / "scoring" / "__main__.py")
command = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(command)

HEADER = "customer,invoice,invoice date,due date,settled date,amount\n"


def read(tmp_path, text):
    path = tmp_path / "history.csv"
    path.write_text(text, encoding="utf-8")
    return history_file.read_history(path)


def told(invoices):
    lines = []
    command.report(invoices, lines.append)
    return "\n".join(lines)


def day(text):
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    "row",
    [
        "C1,1,2025-01-02,2025-02-01,2025-02-03,10.00",
        "C1,1,02/01/2025,01/02/2025,03/02/2025,10.00",
        "C1,1,2.1.2025,1.2.2025,3.2.2025,10.00",
        "C1,1,20250102,20250201.0,20250203,10.00",
        'C1,1,2025-01-02 00:00:00,2025-02-01T10:00,2025-02-03,"1,234.50"',
        'C1,1,2025-01-02,2025-02-01,2025-02-03,"EUR 1.234,50"',
        "C1,1,2025-01-02,2025-02-01,2025-02-03,",
    ],
)
def test_days_and_amounts_are_read_as_people_write_them(tmp_path, row):
    invoices, complaints = read(tmp_path, HEADER + row)
    assert [tuple(invoice) for invoice in invoices] == [("C1", day("2025-01-02"), day("2025-02-01"), day("2025-02-03"))]
    assert complaints == []


def test_slashes_that_only_make_sense_with_the_month_first_are_read_so(tmp_path):
    (invoice,), _complaints = read(tmp_path, HEADER + "C1,1,01/31/2025,02/28/2025,03/01/2025,1")
    assert (invoice.issued, invoice.settled) == (day("2025-01-31"), day("2025-03-01"))


@pytest.mark.parametrize(
    "header",
    [
        "countrycode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate",
        "x;CUST_NUMBER;y;Doc ID;Document Date;Due in date;Total open amount;z;Clear Date",
    ],
)
def test_columns_are_found_by_name_in_any_order(tmp_path, header):
    mark = ";" if ";" in header else ","
    row = mark.join(["9", "C7", "", "4711", "2025-01-02", "2025-02-01", "5.5", "No", "2025-02-11"])
    (invoice,), _complaints = read(tmp_path, f"\ufeff{header}\n{row}\n\n")
    assert (invoice.customer, invoice.delay) == ("C7", 10)


def test_a_bad_row_is_told_with_its_line_and_left_out(tmp_path):
    good = "C1,1,2025-01-02,2025-02-01,2025-02-03,10\n"
    bad = [
        "C1,2,2025-13-02,2025-02-01,2025-02-03,10",
        "C1,3,soon,2025-02-01,2025-02-03,10",
        ",4,2025-01-02,2025-02-01,2025-02-03,10",
        "C1,5,2025-01-02,2025-02-01,2025-02-03,ten",
        "C1,6,2025-01-02,2025-02-01,2024-02-03,10",
        "C1,7,2025-01-02",
        "C1,8,2025-01-02,2025-02-01,,10",
    ]
    invoices, complaints = read(tmp_path, HEADER + 8 * good + "\n".join(bad))
    assert len(invoices) == 8
    assert [complaint.split(":")[0] for complaint in complaints[:-1]] == [f"line {line}" for line in range(10, 16)]
    assert complaints[-1].startswith("1 rows without a settled date")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("customer,invoice date,due date\nC1,2025-01-02,2025-02-01", "no column for settled"),
        (HEADER, "no row is a settled invoice"),
        (HEADER + "C1,1,2025-01-02,2025-02-01,2025-02-03,1\n" + 3 * "C1,1,a,b,c,1\n", "3 of 4 rows"),
    ],
)
def test_a_file_that_is_no_history_is_refused(tmp_path, text, says):
    with pytest.raises(history_file.BadFile, match=says):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path, capsys):
    assert command.main([str(tmp_path / "none.csv")]) == 1
    assert "can't be read" in capsys.readouterr().err


def invoices(count, customers=5, delay=lambda number: number % 40):
    issued = [day("2024-01-01") + 2 * number for number in range(count)]
    return [
        history_file.Invoice(f"C{number % customers}", first, first + 30, first + 30 + delay(number))
        for number, first in enumerate(issued)
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 10, 300])
@pytest.mark.parametrize("customers", [1, 5])
@pytest.mark.parametrize("delay", [lambda _number: 0, lambda _number: 90, lambda number: number % 40])
def test_tiny_one_customer_no_late_and_all_late_histories_are_told(count, customers, delay):
    text = told(invoices(count, customers, delay))
    assert "engine" in text
    assert "nan" not in text


def test_learned_is_only_what_was_settled_before_the_first_that_is_predicted():
    history = invoices(200)
    parts = command.split(history)
    first = sorted(invoice.issued for invoice in history)[140]
    assert len(parts.predicted) == sum(invoice.issued >= first for invoice in history)
    assert len(parts.learned) == sum(invoice.settled < first for invoice in history)


@pytest.mark.parametrize("horizon", [0, 30])
def test_the_sample_is_predicted_better_than_by_averages_and_rates(horizon):
    history, complaints = history_file.read_history(ROOT / "data" / "payment_history.csv")
    assert (len(history), complaints) == (600, [])
    parts = command.split(history)
    late = [case.delay > horizon for case in parts.predicted]

    def error(chance):
        return command.quality.brier([chance(case.delays, horizon) for case in parts.predicted], late)

    model = command.lateness.learn(parts.learned, horizon)
    *slow_ways, _last_two = command.naive(parts.learned)
    assert error(lambda known, _horizon: model.probability(known)) < min(error(way.chance) for way in slow_ways)


def test_the_sample_is_what_its_generator_writes():
    spec = importlib.util.spec_from_file_location("payment_history", ROOT / "data" / "payment_history.py")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    written = (ROOT / "data" / "payment_history.csv").read_text(encoding="utf-8").splitlines()
    assert len(written) == 1 + len(generator.rows())
    assert written[1].split(",")[:4] == generator.rows()[0][:4]


def test_a_long_history_takes_seconds():
    history = invoices(20_000, 400)
    assert timedelta(days=history[-1].issued - history[0].issued) > timedelta(365)
    assert "learned from" in told(history)
