"""Odoo's own command line in this environment, and databases made with it."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import browser
import odoo_source
import postgres
import python_env
from workspace import ADDONS, DOCKER, LOCAL, OWN_ADDONS, Failure, files_below, in_parallel, key_of, say

CONFIGURATION = LOCAL / "odoo.conf"
DATA = LOCAL / "data"
LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")


def provide() -> None:
    """Have Odoo, its Python packages and its configuration ready."""
    in_parallel(odoo_source.provide, python_env.provide)
    browser.provide_pdf()
    (python_env.site_packages() / "odoo-home.pth").write_text(f"{odoo_source.home()}\n")
    # Shared with the container: only what depends on the machine is set here.
    configuration = configparser.RawConfigParser()
    configuration.read(DOCKER / "odoo.conf")
    if not configuration.has_section("options"):
        configuration.add_section("options")
    addons_path = ",".join(str(folder) for folder in (*odoo_source.extra_addons(), ADDONS))
    for name, value in {
        "addons_path": addons_path,
        "data_dir": str(DATA),
        "http_interface": "127.0.0.1",
        "screenshots": str(LOCAL / "screenshots"),
    }.items():
        configuration.set("options", name, value)
    with CONFIGURATION.open("w") as file:
        configuration.write(file)


def environment() -> dict[str, str]:
    """Return the variables of a process that runs Odoo here."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = [LOCAL / "bin", python_env.venv() / "bin", postgres.binaries(), os.environ["PATH"]]
    return {
        **given,
        **postgres.environment(),
        "ODOO_RC": str(CONFIGURATION),
        "PATH": os.pathsep.join(str(part) for part in path),
        "PYTHONUNBUFFERED": "1",
    }


def command(*arguments: str) -> list[str]:
    """Return the command line that runs Odoo with ``arguments``."""
    return [str(python_env.python()), "-m", "odoo", *arguments]


def call(*arguments: str) -> int:
    """Run Odoo in the foreground with our standard input; return its exit code."""
    return subprocess.call(command(*arguments), env=environment())


def quietly(title: str, log: str, *arguments: str, stdin: Path | None = None) -> str:
    """Run Odoo, showing how far it has come; return its log.

    :raises Failure: with the last lines of the log when Odoo ends badly
    """
    (LOCAL / "log").mkdir(exist_ok=True)
    lines: list[str] = []
    shown = 0
    with (
        (LOCAL / "log" / f"{log}.log").open("w") as file,
        (stdin or Path(os.devnull)).open() as entered,
        subprocess.Popen(
            command(*arguments),
            env=environment(),
            stdin=entered,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout  # noqa: S101 - for the reader: it was asked for above
        for line in process.stdout:
            file.write(line)
            lines.append(line)
            if (found := LOADING.search(line)) and int(found[3]) > 1:
                share = 100 * int(found[2]) // int(found[3])
                if share >= shown + 25 or found[1] in OWN_ADDONS:
                    shown = share
                    say(f"{title}: {share} % ({found[1]})")
    bad = [line for line in lines if " CRITICAL " in line or "Traceback" in line]
    if process.returncode or bad:
        raise Failure(f"{title} failed; the whole log is in {LOCAL / 'log' / f'{log}.log'}\n" + "".join(lines[-25:]))
    return "".join(lines)


def own_key() -> str:
    """Name the present content of our addons as far as a database depends on it."""
    files = [
        path
        for addon in OWN_ADDONS
        for path in files_below(ADDONS / addon, ignored=("tests", "readme"))
        if path.suffix in {".py", ".xml", ".csv", ".js", ".scss", ".po"}
    ]
    return key_of(odoo_key(), *(part for path in files for part in (str(path.relative_to(ADDONS)), path)))


def odoo_key() -> str:
    """Name the Odoo and the Python packages in use."""
    release = odoo_source.home() / "odoo" / "release.py"
    return key_of(str(odoo_source.home()), release, python_env.LOCKS / "python.lock", sys.version)


def drop(name: str) -> None:
    """Remove a database with its files."""
    postgres.drop(name)
    shutil.rmtree(DATA / "filestore" / name, ignore_errors=True)


def clone(template: str, name: str) -> None:
    """Copy a database with its files; the files as hard links, for Odoo never edits one."""
    drop(name)
    postgres.create(name, template)
    source = DATA / "filestore" / template
    if source.exists():
        shutil.copytree(source, DATA / "filestore" / name, copy_function=os.link)


def rename(old: str, new: str) -> None:
    """Give a finished database and its files their final name."""
    drop(new)
    postgres.rename(old, new)
    source = DATA / "filestore" / old
    if source.exists():
        source.rename(DATA / "filestore" / new)


def keep_statistics(name: str, keep: bool = True) -> None:
    """Have PostgreSQL leave the statistics of a database as they are now; or, with ``keep`` false, no longer.

    To a statistics run in the midst of a long transaction a table of many pages holds no row. PostgreSQL then plans
    every join on it for one row, and a query of milliseconds takes minutes. Tests commit nothing, the demo at its end.
    """
    setting = "SET (autovacuum_enabled = false)" if keep else "RESET (autovacuum_enabled)"
    postgres.psql(
        name,
        f"""
        DO $$ DECLARE each regclass; BEGIN
            FOR each IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
                EXECUTE format('ALTER TABLE %s {setting}', each);
            END LOOP;
        END $$
        """,  # noqa: S608 - one of our two settings
    )
    postgres.psql(name, "VACUUM ANALYZE")


def make_database(
    name: str,
    modules: Sequence[str],
    *,
    title: str,
    template: str | None = None,
    lean: bool = False,
    script: Path | None = None,
    bundles: bool = False,
) -> str:
    """Make a database that appears under its name only when it is complete; return the log of the installation.

    A lean one has the modules and what they depend on, and none that Odoo would add. ``script`` is run in Odoo's
    shell after the installation; ``bundles`` builds the web client's files beforehand.
    """
    postgres.check_not_foreign(name)
    building = f"{name}-building"
    if template:
        clone(template, building)
    else:
        drop(building)
        postgres.create(building)
    arguments = ["-d", building, "-i", ",".join(modules), "--stop-after-init", "--no-http", "--max-cron-threads=0"]
    if lean:
        arguments.append("--skip-auto-install")
    log = quietly(title, f"install-{name}", *arguments)
    if script:
        say(f"{title}: running {script.name} …")
        keep_statistics(building)
        quietly(title, f"script-{name}", "shell", "-d", building, "--no-http", stdin=script)
        keep_statistics(building, keep=False)
    if bundles:
        say(f"{title}: building the web client's bundles …")
        script = LOCAL / "bundles.py"
        script.write_text("env['ir.qweb']._pregenerate_assets_bundles()\nenv.cr.commit()\n")
        quietly(title, f"bundles-{name}", "shell", "-d", building, "--no-http", stdin=script)
    postgres.psql(building, "VACUUM ANALYZE")
    rename(building, name)
    return log
