"""Write ``payment_history.csv``: settled invoices of invented customers, to try out ``make score``.

    python3 data/payment_history.py

Each customer has a habit of its own, in days beyond terms, which now and then changes.  Drawn from one seed.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random

CUSTOMERS, INVOICES, BEGIN = 25, 24, date(2024, 1, 8)


def rows() -> list[list[str]]:
    """Return the invoices in the order of their dates."""
    chance = Random(6)
    drawn = []
    for customer in range(CUSTOMERS):
        habit, steadiness = chance.choice((-5, 0, 2, 8, 20, 35)), chance.choice((2, 4, 8))
        day = BEGIN + timedelta(chance.randrange(30))
        for _invoice in range(INVOICES):
            if chance.random() < 0.04:
                habit += chance.choice((-10, 15))
            due = day + timedelta(30)
            settled = max(due + timedelta(round(chance.gauss(habit, steadiness))), day)
            amount = round(chance.lognormvariate(7, 1), 2)
            drawn.append((day, [f"C{customer + 1:03}", day, due, settled, f"{amount:,.2f}"]))
            day += timedelta(chance.randrange(10, 40))
    drawn.sort(key=lambda row: row[0])
    return [[f"H-{number:05}", *(str(cell) for cell in row)] for number, (_day, row) in enumerate(drawn, 1)]


if __name__ == "__main__":
    with Path(__file__).with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Invoice Number", "Customer", "Invoice Date", "Due Date", "Settled Date", "Amount"])
        writer.writerows(rows())
