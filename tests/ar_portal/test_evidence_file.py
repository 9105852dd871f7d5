"""Files that customers send: kept only if name and content say the same, and under a name that does no harm."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_portal.engine.evidence_file import KINDS, LARGEST, EvidenceFile, RefusedFile, checked, safe_name

PDF = b"%PDF-1.7 content"


def workbook(*names):
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        for name in names:
            book.writestr(name, "<xml/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("note.pdf", PDF, "note.pdf"),
        ("Photo.JPEG", b"\xff\xd8\xff\xe0", "Photo.jpg"),
        ("scan.png", b"\x89PNG\r\n\x1a\n", "scan.png"),
        ("list.csv", b"\xef\xbb\xbfnumber;amount", "list.csv"),
        ("list.csv", "名前".encode("gb18030"), "list.csv"),
        ("list.csv", "a,b".encode("utf-16"), "list.csv"),
        ("list.xlsx", workbook("[Content_Types].xml", "xl/workbook.xml"), "list.xlsx"),
        ("往来对账单.pdf", PDF, "往来对账单.pdf"),
    ],
)
def test_files_of_the_kinds_allowed_are_kept(name, content, kept):
    file = checked(name, content)

    assert isinstance(file, EvidenceFile)
    assert file.name == kept
    assert file.mimetype == KINDS[kept.rpartition(".")[2]]
    assert file.content == content


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("note.pdf", b"", "empty"),
        ("note.pdf", b"<html>", "content"),
        ("note.pdf", b" %PDF-1.7", "content"),
        ("note.png", PDF, "content"),
        ("note.csv", b"a\x00b", "content"),
        ("note.csv", b"  <!DOCTYPE html><script>", "content"),
        ("note.csv", b"MZ\x90", "content"),
        ("note.xlsx", b"PK\x03\x04", "content"),
        ("note.xlsx", workbook("word/document.xml"), "content"),
        ("note.xlsx", workbook("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "content"),
        ("note.svg", b"<svg/>", "kind"),
        ("note.html", b"<html/>", "kind"),
        ("note.pdf.exe", PDF, "kind"),
        ("note", PDF, "kind"),
        ("", PDF, "kind"),
        (".pdf", PDF, "kind"),
        ("note.xlsm", workbook("[Content_Types].xml", "xl/workbook.xml"), "kind"),
    ],
)
def test_other_files_are_refused_with_the_reason(name, content, code):
    file = checked(name, content)

    assert isinstance(file, RefusedFile)
    assert file.code == code


def test_the_largest_file_is_kept_and_one_byte_more_is_refused():
    largest = PDF.ljust(LARGEST, b" ")

    assert isinstance(checked("note.pdf", largest), EvidenceFile)
    assert checked("note.pdf", largest + b" ") == RefusedFile("note.pdf", "too_large")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", ("passwd", "pdf")),
        ("C:\\temp\\a b.PDF", ("a b", "pdf")),
        ('"><script>.pdf', ("script", "pdf")),
        ("..pdf", ("file", "pdf")),
        ("a\r\nSet-Cookie: x.pdf", ("a_Set-Cookie_ x", "pdf")),
        ("\u202egpj.exe", ("gpj", "exe")),
    ],
)
def test_names_lose_what_could_do_harm(name, safe):
    assert safe_name(name) == safe


@given(st.text(), st.binary())
def test_whatever_is_sent_is_judged_and_named_safely(name, content):
    file = checked(name, content)

    assert file.name
    assert len(file.name) < 100
    assert not set(file.name) & set('/\\<>"\r\n\x00:')
    assert not file.name.startswith(".")
