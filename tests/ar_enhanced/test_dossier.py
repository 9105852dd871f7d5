"""Dossiers: names that stay in the archive, sheets without formulas, archives of limited size."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.dossier import FORMULA_STARTS, File, TooLargeError, archive, csv_file, safe_name

MOMENT = datetime(2025, 5, 2, 12, 30, tzinfo=UTC)


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("INV/2025/00001", "INV_2025_00001.pdf"),
        ("../../etc/passwd", "etc_passwd.pdf"),
        ("..\\..\\boot", "boot.pdf"),
        ("C:\\x", "C__x.pdf"),
        ("a\nb\0c", "a_b_c.pdf"),
        ("Rechnung für Müller 发票", "Rechnung für Müller 发票.pdf"),
        ("...", "document.pdf"),
        ("", "document.pdf"),
        ("con", "_con.pdf"),
        ("CON.txt", "_CON.txt.pdf"),
        ("x" * 200, "x" * 80 + ".pdf"),
    ],
)
def test_names_lead_nowhere_else(title, name):
    assert safe_name(title, "pdf", set()) == name


def test_a_name_that_is_taken_gets_a_number_whatever_its_case():
    taken = set()
    assert [safe_name(title, "pdf", taken) for title in ("A/1", "a_1", "A 1", "A\\1")] == [
        "A_1.pdf",
        "a_1 (2).pdf",
        "A 1.pdf",
        "A_1 (3).pdf",
    ]


@given(st.lists(st.text(max_size=120), max_size=8))
def test_any_names_are_one_part_of_a_path_and_differ(titles):
    taken = set()
    names = [safe_name(title, "csv", taken) for title in titles]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert PurePosixPath(name).name == name
        assert not name.startswith(".")
        assert not set(name) & set('\\/:*?"<>|\n\r\0')


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "|calc", "%0A"])
def test_texts_are_no_formulas(text):
    assert rows_of(csv_file([[text]])) == [[f"'{text}"]]


def test_figures_stay_figures():
    row = [Decimal("-12.30"), Decimal("1E+3"), -4, date(2025, 5, 2), None, "A-1"]
    assert rows_of(csv_file([row])) == [["-12.30", "1000", "-4", "2025-05-02", "", "A-1"]]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_text_whatever_is_a_formula(text):
    content = csv_file([[text, "end"]])
    # A line end in a text is kept by the quotes around it.
    (cell, _end), *_more = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert not cell.strip().startswith(FORMULA_STARTS)


def test_an_archive_has_its_files_with_the_day():
    packed = archive([File("a.txt", b"A"), File("invoices/b.pdf", b"B")], 10_000, MOMENT)
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.namelist() == ["a.txt", "invoices/b.pdf"]
        assert opened.read("invoices/b.pdf") == b"B"
        assert opened.getinfo("a.txt").date_time == (2025, 5, 2, 12, 30, 0)


def test_an_archive_up_to_its_limit_is_made_and_one_byte_more_is_not():
    files = [File("a", bytes(range(256)) * 4)]
    size = len(archive(files, 10_000, MOMENT))
    assert len(archive(files, size, MOMENT)) == size
    with pytest.raises(TooLargeError) as error:
        archive(files, size - 1, MOMENT)
    assert error.value.limit == size - 1


def test_no_more_files_are_made_once_it_is_too_large():
    made = []

    def files():
        for number in range(10):
            made.append(number)
            yield File(f"{number}", number.to_bytes(2, "big") + bytes(range(256)))

    with pytest.raises(TooLargeError):
        archive(files(), 100, MOMENT)
    assert made == [0]


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "a\\b"])
def test_a_name_that_leads_out_is_refused(name):
    with pytest.raises(ValueError, match="a"):
        archive([File(name, b"")], 1000, MOMENT)
