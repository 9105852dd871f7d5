"""The repository's own sample statements, compared with their golden results; and the tools that do so."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "corpus"))
from archives import archives
from crude import Crude, crude_facts
from facts import GOLDEN, SAMPLES, facts_of, files_of

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
ours: dict[str, Any] = runpy.run_path(str(CORPUS / "__main__.py"))
KEPT = json.loads((GOLDEN / "samples.json").read_text(encoding="utf-8"))
STATEMENTS = files_of(SAMPLES)


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_a_sample_reads_as_its_golden_result_says(path: Path) -> None:
    content = path.read_bytes()
    facts = facts_of(content)
    assert facts == KEPT[path.relative_to(SAMPLES).as_posix()]["result"]
    assert ours["crude_difference"](content, facts) == ""


def test_every_golden_result_has_its_sample() -> None:
    assert set(KEPT) == {path.relative_to(SAMPLES).as_posix() for path in STATEMENTS}


def test_every_sample_is_told_about() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in SAMPLES.rglob("README.md"))
    assert [path.name for path in STATEMENTS if f"`{path.name}`" not in told] == []


@pytest.mark.parametrize("name", archives())
def test_the_archives_are_those_that_the_program_makes(name: str) -> None:
    assert (SAMPLES / "archive" / name).read_bytes() == archives()[name]


# The tool


def look(folder: Path, *, write: bool = False) -> int:
    """What the tool ends with."""
    return ours["main"](folder, write=write)


@pytest.fixture
def golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for golden results that is empty."""
    folder = tmp_path / "golden"
    folder.mkdir()
    monkeypatch.setitem(ours["main"].__globals__, "GOLDEN", folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one statement in it."""
    folder = tmp_path / "bank"
    folder.mkdir()
    (folder / "a.ofx").write_bytes((SAMPLES / "ofx" / "plain_102.ofx").read_bytes())
    return folder


def test_a_file_without_a_golden_result_is_new_until_it_is_kept(
    golden: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(folder) == 0
    assert "new   a.ofx" in capsys.readouterr().out
    assert look(folder, write=True) == 0
    capsys.readouterr()
    assert look(folder) == 0
    assert "ok    a.ofx" in capsys.readouterr().out
    (folder / "a.ofx").rename(folder / "b.ofx")
    assert look(folder) == 0
    assert [path.name for path in golden.iterdir()] == ["bank.json"]


def test_every_fact_that_differs_is_named(golden: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    look(folder, write=True)
    kept = golden / "bank.json"
    kept.write_text(kept.read_text().replace('"money_in": "120.00"', '"money_in": "121.00"'))
    assert look(folder) == 1
    assert "DIFF  a.ofx: statements 1/money_in: '121.00' is now '120.00'" in capsys.readouterr().out


def test_a_crash_is_told_and_nothing_is_kept(
    golden: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(_content: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(ours["main"].__globals__, "facts_of", crash)
    assert look(folder, write=True) == 1
    assert "CRASH a.ofx" in capsys.readouterr().out
    assert list(golden.iterdir()) == []


def test_an_empty_folder_is_a_failure(golden: Path, tmp_path: Path) -> None:
    assert look(golden) == 1
    assert look(tmp_path / "missing") == 1


def test_what_was_read_is_held_against_the_raw_text(
    golden: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look(folder, write=True)
    monkeypatch.setitem(ours["main"].__globals__, "crude_facts", lambda _content: Crude(3, None))
    assert look(folder) == 1
    assert "CRUDE a.ofx: read 2 lines of 81.50, but the raw text has 3 of None" in capsys.readouterr().out


def test_the_crude_count_reads_plain_numbers_and_leaves_others_alone() -> None:
    def total(*amounts: str) -> Crude | None:
        return crude_facts("<OFX>".join(f"<STMTTRN><TRNAMT>{amount}\n" for amount in amounts).encode() + b"<OFX>")

    assert total("5", "-1.234,56", "2.00-", "(3)") == Crude(4, 5 - ours["Decimal"]("1234.56") - 2 - 3)
    assert total("5", "1.234") == Crude(2, None)
    assert total("5", "NaN") == Crude(2, None)
    assert crude_facts(b"%PDF") is None
