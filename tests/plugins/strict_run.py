"""A pytest plugin for the run inside Odoo: a skipped test or a warning in Odoo's log fails the run.

Odoo skips browser tests without a browser and HTTP tests without a server; a
green run must not mean that they were left out. What a test expects to be
logged, it mutes.
"""

from __future__ import annotations

import logging

import pytest


class _Troubles(logging.Handler):
    """Keeps what Odoo logs at WARNING or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record as a line."""
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


_troubles = _Troubles()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Listen from the first test on."""
    logging.getLogger("odoo").addHandler(_troubles)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a run with skipped tests, with troubles in the log or without any test into a failed one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if exitstatus == 0 and (skipped or _troubles.lines or not session.testscollected):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    for report in skipped:
        reporter.write_line(f"SKIPPED, which counts as failed: {report.nodeid}")
    for line in dict.fromkeys(_troubles.lines):
        reporter.write_line(f"LOGGED, which counts as failed: {line}")
