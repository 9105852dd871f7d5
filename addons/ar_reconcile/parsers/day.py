"""The days that a booking may lie in; others come from days that are written in another order."""

from __future__ import annotations

import datetime as dt

FIRST_YEAR, LAST_YEAR = 1900, 2199


def calendar_day(year: str, month: str, day: str) -> dt.date | None:
    """Return the day that these digits name, ``None`` when there is none between 1900 and 2199."""
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
