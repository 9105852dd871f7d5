"""A database of its own for each end-to-end test, and Odoo's command line on it.

These tests run below ``make test``, which names the databases to copy in
``AR_BASE_DATABASE`` (Odoo's accounting alone) and ``AR_TEST_DATABASE`` (with
our addons), and sets libpq's variables.
"""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

TROUBLE = re.compile(r"^\d{4}-\d\d-\d\d \S+ \d+ (?:WARNING|ERROR|CRITICAL) .*$", re.MULTILINE)


def _administer(statement: str) -> None:
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


class Database:
    """A database with Odoo's command line; ``log`` is what its last command printed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log = ""

    def odoo(self, *arguments: str, script: str | None = None, quiet: bool = True) -> str:
        """Run Odoo on this database and return its log; a quiet run has no warning in it."""
        completed = subprocess.run(  # noqa: S603 - this interpreter, our arguments
            [sys.executable, "-m", "odoo", *arguments, "-d", self.name],
            input=script,
            stdin=None if script is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.log = completed.stdout + completed.stderr
        assert completed.returncode == 0, self.log[-4000:]
        if quiet:
            assert "Traceback" not in self.log, self.log[-4000:]
            assert TROUBLE.findall(self.log) == []
        return self.log

    def shell(self, script: str) -> str:
        """Run a script in Odoo's shell and return what it printed."""
        return self.odoo("shell", "--no-http", "--log-level=warn", script=script)

    def rows(self, query: str | sql.Composable) -> list[tuple[object, ...]]:
        """Return the rows of an SQL query."""
        with psycopg2.connect(dbname=self.name) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            found = cursor.fetchall()
        connection.close()
        return found


def _files_of(name: str) -> Path:
    """Return the folder with the stored files of a database."""
    configuration = configparser.RawConfigParser()
    configuration.read(os.environ["ODOO_RC"])
    return Path(configuration["options"]["data_dir"]) / "filestore" / name


def _copy(template: str) -> Iterator[Database]:
    name = f"end-to-end-{os.getpid()}"
    _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    if _files_of(template).exists():
        shutil.copytree(_files_of(template), _files_of(name), copy_function=os.link)
    yield Database(name)
    _administer(f'DROP DATABASE "{name}" WITH (FORCE)')
    shutil.rmtree(_files_of(name), ignore_errors=True)


@pytest.fixture
def database() -> Iterator[Database]:
    """Give a copy of a database with Odoo's accounting and without our addons."""
    yield from _copy(os.environ["AR_BASE_DATABASE"])


@pytest.fixture
def installed_database() -> Iterator[Database]:
    """Give a copy of a database with our addons."""
    yield from _copy(os.environ["AR_TEST_DATABASE"])
