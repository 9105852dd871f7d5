"""What a file that is no statement looks like, so that the refusal can say what was uploaded in its place.

Files are known by their content and never by their name. The words are stable, for callers to translate.
"""

from __future__ import annotations

import codecs
import re

LOOKED_AT = 4096
"""Bytes from the beginning that a guess is made from."""

#: What each word means, for the refusal in English.
SENTENCES = {
    "spreadsheet": "It looks like a spreadsheet.",
    "old_spreadsheet": "It looks like an old spreadsheet.",
    "document": "It looks like a text document.",
    "pdf": "It looks like a PDF document.",
    "image": "It looks like a picture.",
    "archive": "It looks like an archive; only ZIP and gzip can be opened.",
    "web_page": "It looks like a web page, perhaps the bank's login or error page.",
    "json": "It looks like JSON data.",
    "xml": "It is an XML file of another kind.",
    "mt940": "It looks like an MT940 file; ask the bank for camt.053.",
    "qif": "It looks like a QIF file; ask the bank for OFX.",
    "bai2": "It looks like a BAI2 file; ask the bank for OFX or camt.053.",
    "email": "It looks like a saved e-mail.",
    "csv": "It looks like a table (CSV); ask the bank for OFX or camt.053.",
    "text": "It looks like plain text.",
}

_FIRST_BYTES = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "old_spreadsheet"),
    (b"\x09\x08", "old_spreadsheet"),
    (b"{\\rtf", "document"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"RIFF", "image"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
)
_MAIL_FIELD = re.compile(
    r"^(?:received|return-path|delivered-to|mime-version|message-id|dkim-signature|from|to|subject|date):[ \t]",
    re.MULTILINE,
)
_MT940_FIELD = re.compile(r"^:(?:20|25|28c?|60[fm]|61|62[fm]|86):", re.MULTILINE)
_QIF = re.compile(r"!(?:type|account|option|clear)\b")
_BAI2 = re.compile(r"01,[^,\r\n]{0,40},[^,\r\n]{0,40},[0-9]{6},")
_SEPARATORS = (";", "\t", "|", ",")


def guess(content: bytes) -> str:
    """Return the word for what ``content`` looks like, empty when that is anybody's guess."""
    beginning = content[:LOOKED_AT]
    for first, word in _FIRST_BYTES:
        if beginning.startswith(first):
            return word
    if b"%PDF-" in beginning[:1024]:
        return "pdf"
    if beginning[4:8] == b"ftyp":
        return "image"
    if beginning[257:262] == b"ustar":
        return "archive"
    text = _text_of(beginning)
    if text is None:
        return ""
    return _of_markup(text) if text.startswith("<") else _of_text(text)


def _text_of(beginning: bytes) -> str | None:
    """Return ``beginning`` in small letters, ``None`` when it is no text."""
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        beginning = beginning.removeprefix(mark)
    zeros = beginning.count(0)
    if zeros and not 0.25 * len(beginning) < zeros < 0.75 * len(beginning):  # none, or those of UTF-16
        return None
    text = beginning.replace(b"\0", b"").decode("latin-1")
    controls = sum(char < " " and char not in "\t\r\n\f\x1a" for char in text)
    return None if controls > len(text) // 50 else text.strip().lower()


def _of_markup(text: str) -> str:
    """Return the word for a text that begins with a tag, a comment or a declaration."""
    rest = text
    while rest.startswith(("<!--", "<?")):
        _, _, rest = rest.partition("-->" if rest.startswith("<!--") else "?>")
        rest = rest.lstrip()
    if rest.startswith("<!doctype html") or re.search(r"<(?:html|head|body|script|meta|div)[\s>]", text):
        return "web_page"
    return "xml" if text.startswith("<?xml") or re.match(r"<[a-z_!?]", rest) else "text"


def _of_text(text: str) -> str:
    """Return the word for a text without tags."""
    if _QIF.match(text):
        return "qif"
    if _BAI2.match(text):
        return "bai2"
    if text.startswith("{1:f01") or len(set(_MT940_FIELD.findall(text))) >= 2:
        return "mt940"
    if text.startswith(("{", "[")) and '"' in text:
        return "json"
    if len(set(_MAIL_FIELD.findall(text))) >= 3:
        return "email"
    if "<html" in text or "<!doctype html" in text:
        return "web_page"
    return "csv" if _is_table(text) else "text"


def _is_table(text: str) -> bool:
    """Whether the lines of ``text`` are cut into as many fields each."""
    lines = [line for line in text.splitlines() if line.strip()][:10]
    for separator in _SEPARATORS:
        counts = [line.count(separator) for line in lines[: len(lines) - (len(lines) > 2)]]
        least = 2 if separator == "," else 1
        if len(counts) > 1 and sum(count >= least and count == counts[-1] for count in counts) >= max(
            2, len(counts) // 2
        ):
            return True
    return False
