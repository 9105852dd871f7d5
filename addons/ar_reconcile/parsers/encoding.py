"""Text out of a bank's bytes, which are often not in the encoding that their header declares.

Order: byte order mark, zero bytes of UTF-16, strict UTF-8, UTF-8 with some characters cut in two, the declared
encoding, Windows-1252, Latin-1. Strict UTF-8 goes before the declaration since text in another encoding is hardly
ever valid UTF-8, while two thirds of the UTF-8 files met in the field declare 1252.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .statement import StatementError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# An allow-list: Python also knows codecs that are no charsets, and some that take quadratic time.
_CODECS = {
    "UTF8": "utf-8",
    **{code: f"cp{code}" for code in ("437", "850", "852", "949", "950")},
    **{f"125{digit}": f"cp125{digit}" for digit in range(9)},
    # What calls itself Latin-1 is Windows-1252 as soon as it uses a byte that only the latter has.
    "88591": "cp1252",
    **{f"8859{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 13, 15)},
    **dict.fromkeys(("936", "GBK", "GB2312", "GB18030"), "gb18030"),
    **dict.fromkeys(("932", "SHIFTJIS", "SJIS", "WINDOWS31J"), "cp932"),
    "EUCKR": "cp949",
    "BIG5": "cp950",
}
_PREFIXES = re.compile(r"^(?:X|MS|WINDOWS|CP|ISO|IBM)(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding it was in, the one it declares (``None``: none that we know) and its lost characters."""

    text: str
    encoding: str
    declared: str | None = None
    lost: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether any encoding would have given this text."""
        return self.text.isascii()


def codec_of(label: str) -> str | None:
    """Return the Python codec for a charset as headers name it: ``1252``, ``ISO-8859-15``, ``GBK``."""
    name = re.sub("[^A-Z0-9]", "", label.upper())
    return _CODECS.get(_PREFIXES.sub("", name))


def _wide_codec(content: bytes) -> str | None:
    """Return the flavour of UTF-16 that the zero bytes at the beginning of ``content`` tell of."""
    beginning = content[:512]
    evens, odds = beginning[::2].count(0), beginning[1::2].count(0)
    if odds > len(beginning) // 4 > evens:
        return "utf-16-le"
    if evens > len(beginning) // 4 > odds:
        return "utf-16-be"
    return None


def _strictly(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return None


def _mostly(content: bytes, codec: str) -> tuple[str, int] | None:
    """Decode a text of which a few characters are cut in two, as fields of fixed length do; count the lost ones."""
    text = content.decode(codec, "replace")
    lost = text.count("\ufffd")
    kept = len(text) - len(text.encode("ascii", "ignore")) - lost
    return (text, lost) if kept > 3 * lost else None


def decode(content: bytes, labels: Iterable[str] = ()) -> Decoded:
    """Return the text of ``content``.

    :param labels: charsets that the file declares, the most telling one first
    :raises StatementError: ``encoding`` when the bytes contradict their own byte order mark
    """
    declared = next(filter(None, map(codec_of, labels)), None)
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_wide(content[len(mark) :], codec, declared)
    wide = _wide_codec(content)
    if wide:
        return _decode_wide(content, wide, declared)
    content = content.removeprefix(codecs.BOM_UTF8).replace(b"\0", b"")
    for codec in filter(None, ("utf-8", declared, "cp1252", "latin-1")):
        text = _strictly(content, codec)
        if text is not None:
            return Decoded(text, codec, declared)
        cut = _mostly(content, codec) if codec in ("utf-8", "gb18030", "cp932", "cp949", "cp950") else None
        if cut:
            return Decoded(cut[0], codec, declared, cut[1])
    raise AssertionError("Latin-1 decodes every byte")


def _decode_wide(content: bytes, codec: str, declared: str | None) -> Decoded:
    text = _strictly(content, codec)
    if text is None:
        raise StatementError("encoding", f"The file begins as {codec.upper()} text but is damaged further on.")
    return Decoded(text.replace("\0", ""), codec, declared)
