"""Files that leave the house: names that are safe everywhere, sheets without formulas, archives of limited size."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import PurePosixPath

LONGEST_NAME = 80
#: What spreadsheets read as the beginning of a formula, whatever blanks come before it.
FORMULA_STARTS = ("=", "+", "-", "@", "|", "%")
#: Names that Windows keeps for devices.
DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{number}" for number in range(10)), *(f"lpt{number}" for number in range(10))}
)

Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class File:
    """A file of a dossier; ``name`` may have folders, divided by slashes."""

    name: str
    content: bytes


class TooLargeError(Exception):
    """The archive would be larger than allowed, in bytes."""

    def __init__(self, limit: int) -> None:
        """Remember the limit."""
        super().__init__(limit)
        self.limit = limit


def safe_name(title: str, extension: str, taken: set[str]) -> str:
    """Give a file name made of ``title`` that leads nowhere else and isn't in ``taken`` yet; add it there.

    Letters, digits, blanks and ``-_.`` of any script stay; all else, slashes and line ends included, becomes ``_``.
    """
    stem = re.sub(r"[^\w\-. ]", "_", title).strip(" ._")[:LONGEST_NAME].rstrip(" .") or "document"
    if stem.split(".")[0].casefold() in DEVICES:
        stem = f"_{stem}"
    name, number = f"{stem}.{extension}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number}).{extension}"
    taken.add(name.casefold())
    return name


def csv_file(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a sheet that programs read as UTF-8, and in which a text is never a formula."""
    text = StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL)
    writer.writerows([_shown(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell.replace("\0", "")
        return f"'{text}" if text.strip().startswith(FORMULA_STARTS) else text
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def archive(files: Iterable[File], limit: int, moment: datetime) -> bytes:
    """Pack ``files`` into a ZIP, one after the other, so that no more than one of them is made in vain.

    :raises TooLargeError: as soon as it is larger than ``limit`` bytes
    :raises ValueError: for a name that leads out of the archive
    """
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for file in files:
            path = PurePosixPath(file.name)
            if path.is_absolute() or ".." in path.parts or "\\" in file.name:
                raise ValueError(file.name)
            entry = zipfile.ZipInfo(str(path), moment.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, file.content)
            if packed.tell() > limit:
                raise TooLargeError(limit)
    content = packed.getvalue()
    if len(content) > limit:
        raise TooLargeError(limit)
    return content
