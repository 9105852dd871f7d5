"""The sample remittance advices, as data/advices/README.md tells of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from advice_file import pairs

from odoo.addons.ar_reconcile.parsers.remittance_advice import read_advice

SAMPLES = Path(__file__).parents[2] / "data" / "advices"
READ = {
    "german_cp1252.csv": (
        [("INV-01123", "1166.20"), ("INV-01124", "2200.00"), ("RINV-00017", "-119.00")],
        ("3247.20", "EUR", "Acme Weberei GmbH"),
    ),
    "pasted.txt": (
        [("INV-01125", "1000.00"), ("INV-01126", "250.50"), ("INV-01127", "-50.50")],
        ("1200.00", "USD", ""),
    ),
    "chinese_gb18030.csv": (
        [("INV-01128", "10000.00"), ("INV-01129", "4800.00")],
        ("14800.00", "", "上海贸易有限公司"),
    ),
    "french.xlsx": ([("INV-01130", "980"), ("INV-01131", "512.45")], ("1492.45", "EUR", "Boréal Café SARL")),
}


def test_every_sample_is_told_of() -> None:
    files = {file.name for file in SAMPLES.iterdir() if file.suffix not in (".py", ".md")}
    assert files == set(READ)
    readme = (SAMPLES / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in files)


@pytest.mark.parametrize("name", READ)
def test_a_sample_is_read_as_told(name: str) -> None:
    advice = read_advice((SAMPLES / name).read_bytes())
    rows, told = READ[name]
    assert pairs(advice) == rows
    assert (f"{advice.total:f}", advice.currency, advice.payer) == told
    assert (advice.remarks, advice.errors) == ((), ())
