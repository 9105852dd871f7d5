"""What the payer's own advice says that he pays, where it travels with the payment.

American banks send it as segments of ANSI X12 820, such as ``RMR*IV*INV/2026/00123*PI*119.00``: an invoice's number,
what is done with it, and the amount paid of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

#: Documents of one advice that are read.
MOST_DOCUMENTS = 200

_SEGMENT = re.compile(r"RMR\*IV\*([^*\\~\n]{1,50})\*[A-Z]{0,2}\*(\d{1,12}(?:\.\d{1,3})?)(?=[*\\~\s]|$)")


def advised(texts: Iterable[str]) -> tuple[tuple[str, Decimal], ...]:
    """Return the documents that ``texts`` advise of, as pairs of a number and an amount, each pair once."""
    found: dict[tuple[str, Decimal], None] = {}
    for text in texts:
        for match in _SEGMENT.finditer(text):
            found[match[1].strip(), Decimal(match[2])] = None
            if len(found) == MOST_DOCUMENTS:
                return tuple(found)
    return tuple(found)
