"""Odoo 19 Community: the one that ``ODOO_HOME`` names, else Debian's package."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import debian
from workspace import LOCAL, Failure, in_parallel, say

PREFIX = LOCAL / "odoo"
#: Fonts and scripts that Debian's package links to instead of holding them.
COMPANIONS = (
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
ELSEWHERE = (
    "This machine has no Debian archive to take Odoo 19 from. Either\n"
    "  - get a checkout of Odoo's branch 19.0 and name it: make demo ODOO_HOME=/path/to/odoo\n"
    "  - or use containers: see docker/compose.yaml"
)


def home() -> Path:
    """Return the folder that holds the Python package ``odoo``."""
    named = os.environ.get("ODOO_HOME")
    return Path(named).resolve() if named else PREFIX / "usr/lib/python3/dist-packages"


def extra_addons() -> list[Path]:
    """Return the addon folders that a checkout keeps outside the package."""
    folder = home() / "addons"
    return [folder] if folder.is_dir() else []


def check_release(folder: Path) -> str:
    """Return the release that ``folder`` holds.

    :raises Failure: when it holds no Odoo, or another series than 19.0
    """
    release = folder / "odoo" / "release.py"
    if not release.is_file():
        raise Failure(f"ODOO_HOME={folder} holds no odoo/release.py")
    found = re.search(r"^version_info\s*=\s*\(\s*'?(?:saas~)?(\d+)'?\s*,\s*(\d+)", release.read_text(), re.MULTILINE)
    series = f"{found[1]}.{found[2]}" if found else "unknown"
    if series != "19.0":
        raise Failure(f"{folder} holds Odoo {series}; these addons are for 19.0")
    return series


def provide() -> None:
    """Have Odoo's sources on disk."""
    if os.environ.get("ODOO_HOME"):
        check_release(home())
        return
    done = PREFIX / "complete"
    if done.exists():
        return
    if not debian.is_available():
        raise Failure(ELSEWHERE)
    say("Odoo 19 Community: fetching Debian's package (123 MB) …")
    shutil.rmtree(PREFIX, ignore_errors=True)
    in_parallel(
        lambda: debian.unpack("sid", ("odoo-19",), PREFIX),
        lambda: debian.unpack("trixie", COMPANIONS, PREFIX),
    )
    check_release(home())
    # Debian leaves this third-party file out; without it every page logs an error.
    stub = home() / "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    stub.parent.mkdir(parents=True, exist_ok=True)
    stub.write_text("/* left out by Debian: blurring the background of video calls */\n")
    done.touch()
    say("Odoo 19 Community: ready")
