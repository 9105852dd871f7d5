"""Damaged sample statements: some hundred of what ``make fuzz`` tries, and whether it notices what it looks for."""

from __future__ import annotations

import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "corpus"))
import fuzz

from odoo.addons.ar_reconcile.parsers import Statement, read


def test_some_hundred_damaged_files_are_read_or_refused() -> None:
    result = fuzz.run(600, seed=2)
    assert result.failures == []
    assert result.tried == 600
    assert result.read > 50
    assert result.refused.total() > 300


def test_the_same_seed_damages_alike_and_another_differs() -> None:
    files = fuzz.samples()
    assert [fuzz.damaged(files, 3, number) for number in range(20)] == [
        fuzz.damaged(files, 3, number) for number in range(20)
    ]
    assert fuzz.damaged(files, 3, 1) != fuzz.damaged(files, 4, 1)


def test_every_way_to_damage_is_tried() -> None:
    files = fuzz.samples()
    assert {damage for number in range(100) for damage in fuzz.damaged(files, 1, number)[3]} == set(fuzz.DAMAGES)


# What it looks for


SOUND = read((fuzz.SAMPLES / "ofx" / "plain_102.ofx").read_bytes())[0]


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        (replace(SOUND, lines=SOUND.lines[:1]), "2 transactions in the text, but only 1 are told of"),
        (replace(SOUND, lines=(replace(SOUND.lines[0], amount=Decimal("NaN")),) * 2), "beyond all bounds"),
        (replace(SOUND, closing_balance=Decimal("Infinity")), "beyond all bounds"),
        (replace(SOUND, lines=(replace(SOUND.lines[0], date=SOUND.lines[0].date.replace(year=2200)),) * 2), "2200"),
        (replace(SOUND, lines=(replace(SOUND.lines[0], remittance="a\x07"),) * 2), "control characters"),
    ],
)
def test_what_can_not_be_true_is_noticed(spoiled: Statement, told: str) -> None:
    content = (fuzz.SAMPLES / "ofx" / "plain_102.ofx").read_bytes()
    assert any(told in failure for failure in fuzz.impossible(content, [spoiled]))
    assert list(fuzz.impossible(content, [SOUND])) == []


def test_a_crash_and_endless_work_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_content: bytes) -> list[Statement]:
        raise ZeroDivisionError

    def never_end(_content: bytes) -> list[Statement]:
        while True:
            pass

    assert "ZeroDivisionError" in fuzz.run(1, read=crash).failures[0]
    monkeypatch.setattr(fuzz, "SECONDS", 0.05)
    assert "seconds" in fuzz.run(1, read=never_end).failures[0]


def test_part_of_a_file_that_is_cut_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "DAMAGES", (fuzz.cut_off,))
    counts = iter(range(10_000))
    monkeypatch.setattr(fuzz, "_lines_of", lambda _content: next(counts))
    assert any("cut off was read" in failure for failure in fuzz.run(20).failures)
