"""Settlements and open items of an invented customer, for the tests of this folder."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.money import Currency
from odoo.addons.ar_enhanced.engine.open_item import OpenItem
from odoo.addons.ar_enhanced.engine.payment_behaviour import SettledItem

DAY = date(2025, 3, 31)
EUR = Currency("EUR", 2)


def settled(key, amount, days, days_ago=10):
    """A settlement ``days`` beyond terms, paid ``days_ago``."""
    paid_on = DAY - timedelta(days_ago)
    return SettledItem(key, Decimal(amount), paid_on - timedelta(days), paid_on)


def owed(key, residual, days_overdue):
    """An item that is so many days overdue; negative is not due yet."""
    return OpenItem(key, f"INV-{key}", DAY - timedelta(days_overdue), Decimal(residual), EUR)


settlements = st.lists(
    st.builds(
        settled,
        st.integers(1, 8),
        st.decimals("0.01", 10_000, places=2).map(str),
        st.integers(-40, 200),
        st.integers(0, 800),
    )
)
open_items = st.lists(
    st.builds(owed, st.integers(5, 12), st.decimals(-500, 5_000, places=2).map(str), st.integers(-60, 200)),
    unique_by=lambda item: item.key,
)
