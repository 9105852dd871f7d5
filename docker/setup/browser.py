"""Chromium for the browser tests and wkhtmltopdf for PDF documents."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import debian
import python_env
from workspace import LOCAL, Failure, run, say

BIN = LOCAL / "bin"
PREFIX = LOCAL / "chromium"
HOW_TO = "Install Chromium (Debian: apt-get install chromium) and start again; the browser tests need it."
CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Only this machine is looked up: a test must not depend on, or wait for, outside hosts.
FLAGS = (
    '"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1" '
    "--disable-background-networking --disable-component-update --disable-sync --no-first-run"
)


def _write_program(name: str, script: str) -> Path:
    BIN.mkdir(exist_ok=True)
    program = BIN / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def provide_pdf() -> None:
    """Put a ``wkhtmltopdf`` with headers and footers on Odoo's path, if there is one."""
    packed = python_env.venv() / "bin" / "wkhtmltopdf-pack"  # its name in the wheel, without a run bit
    if packed.exists() and not debian.missing_libraries(packed):
        packed.chmod(0o755)
        _write_program("wkhtmltopdf", f'exec "{packed}" "$@"')


def _unpacked_privately() -> Path:
    """Return a Chromium unpacked below the clone, for a user who may not install one."""
    program = PREFIX / "usr/lib/chromium/chromium"
    if not program.exists():
        if not debian.is_available():
            raise Failure(HOW_TO)
        say("Chromium: fetching Debian's package …")
        shutil.rmtree(PREFIX, ignore_errors=True)
        debian.unpack(debian.own_suite(), ("chromium", "chromium-common"), PREFIX)
    missing = debian.missing_libraries(program)
    if missing:
        raise Failure(f"Chromium lacks {', '.join(missing)}. {HOW_TO}")
    return program


def provide() -> None:
    """Have a ``google-chrome`` for Odoo's browser tests that looks up no outside host."""
    search = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != BIN)
    program = next((found for name in CANDIDATES if (found := shutil.which(name, path=search))), None)
    if program is None and os.geteuid() == 0 and debian.is_available():
        say("Chromium: installing Debian's package …")
        run(["apt-get", "-q", "update"], log="apt-update", advice=HOW_TO)
        run(
            ["apt-get", "-q", "-y", "--no-install-recommends", "install", "chromium"],
            env={"DEBIAN_FRONTEND": "noninteractive"},
            log="apt-chromium",
            advice=HOW_TO,
        )
        program = shutil.which("chromium", path=search)
    if program is None:
        program = str(_unpacked_privately())
    wrapper = _write_program("google-chrome", f'exec "{program}" {FLAGS} "$@"')
    run([wrapper, "--version"], advice=HOW_TO)
