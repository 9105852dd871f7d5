"""Amounts are rounded in one place, as Odoo's ledger rounds them."""

from decimal import Decimal

import pytest

from odoo.addons.ar_enhanced.engine.money import Currency


@pytest.mark.parametrize(
    ("decimal_places", "amount", "rounded"),
    [
        (2, "1.005", "1.01"),
        (2, "-1.005", "-1.01"),
        (2, "1.0049", "1.00"),
        (0, "0.5", "1"),
        (0, "0.4999", "0"),
        (3, "2.0005", "2.001"),
    ],
)
def test_a_half_goes_away_from_zero(decimal_places, amount, rounded):
    assert str(Currency("XXX", decimal_places).rounded(Decimal(amount))) == rounded
