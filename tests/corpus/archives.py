"""Make the archives of ``data/statements/archive`` anew: ``python tests/corpus/archives.py``.

Everything in them is stored and dated the same, so that they come out byte by byte alike everywhere.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

STATEMENTS = Path(__file__).resolve().parents[2] / "data" / "statements"
OFX = STATEMENTS / "ofx"
_DAY = (2026, 3, 31, 0, 0, 0)


def zipped(*members: tuple[str, bytes]) -> bytes:
    """Return a ZIP archive of these names and contents."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as writer:
        for name, member in members:
            info = zipfile.ZipInfo(name, _DAY)
            info.create_system = 3
            writer.writestr(info, member)
    return content.getvalue()


def archives() -> dict[str, bytes]:
    """Return every archive by its name."""
    plain = (OFX / "plain_102.ofx").read_bytes()
    card = (OFX / "credit_card.ofx").read_bytes()
    two = zipped(("march/account.ofx", plain), ("march/card.qfx", card))
    encrypted = bytearray(zipped(("account.ofx", plain)))
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(header) + offset] |= 1
    return {
        "two_statements.zip": two,
        "with_other_files.zip": zipped(
            ("march/", b""),
            ("march/letter.pdf", b"%PDF-1.7\n"),
            ("march/account.ofx", plain),
            ("march/account.csv", b"Day;Amount\n2026-03-10;120,00\n2026-03-12;-38,50\n"),
            ("__MACOSX/march/._account.ofx", b"\0\5\x16\7"),
            ("march/.DS_Store", b"\0\0\0\1Bud1"),
        ),
        "one_is_cut_off.zip": zipped(("account.ofx", plain), ("card.ofx", card[:-200])),
        "one_is_a_login_page.zip": zipped(("account.ofx", plain), ("card.ofx", (OFX / "login_page.ofx").read_bytes())),
        "archive_inside.zip": zipped(("account.ofx", plain), ("more.zip", two)),
        "cut_off.zip": two[:-40],
        "wrong_checksum.zip": two.replace(b"<TRNAMT>120.00", b"<TRNAMT>920.00"),
        "encrypted.zip": bytes(encrypted),
        "only_other_files.zip": zipped(("letter.pdf", b"%PDF-1.7\n")),
        "spreadsheet.zip": zipped(
            ("[Content_Types].xml", b'<?xml version="1.0"?><Types/>'),
            ("xl/workbook.xml", b'<?xml version="1.0"?><workbook/>'),
        ),
        "statement.ofx.gz": gzip.compress(plain, compresslevel=0, mtime=0),
    }


if __name__ == "__main__":
    for name, content in archives().items():
        (STATEMENTS / "archive" / name).write_bytes(content)
