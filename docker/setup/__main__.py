"""The commands behind the Makefile.  Standard library only: it runs before anything is installed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import checks
import demo
import odoo_run
import postgres
import python_env
import translations
from workspace import Failure, check_room, python_version_check, say


def odoo(arguments: list[str]) -> int:
    """Run Odoo's own command line in this environment."""
    odoo_run.provide()
    with postgres.running():
        return odoo_run.call(*arguments)


def demo_reset() -> None:
    """Remove the demo database."""
    odoo_run.provide()
    demo.reset()


#: What each command does with its arguments; what isn't a number counts as success.
COMMANDS: dict[str, Callable[[list[str]], int | None]] = {
    "demo": lambda _arguments: demo.demo(),
    "demo-reset": lambda _arguments: demo_reset(),
    "test": checks.test,
    "lint": lambda _arguments: checks.lint(),
    "corpus": checks.corpus,
    "fuzz": checks.fuzz,
    "score": checks.score,
    "bench": checks.bench,
    "odoo": odoo,
    "screenshots": lambda _arguments: demo.take_screenshots(),
    "translations": lambda _arguments: translations.refresh(),
    "lock": lambda _arguments: python_env.compile_locks(),
}


def main(command: str, arguments: list[str]) -> int:
    """Run one command; return the exit code."""
    python_version_check()
    check_room()
    if command not in COMMANDS:
        raise Failure(f"{command} is no command of this set-up; see the Makefile.")
    return COMMANDS[command](arguments) or 0


def _stop(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


if __name__ == "__main__":
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _stop)
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        say("Stopped: everything that was started is stopped.")
        sys.exit(130)
    except OSError as error:
        if error.errno != 28:  # ENOSPC
            raise
        print(f"\nThe disk is full: {error.filename or ''}. Make room and start again.", file=sys.stderr)
        sys.exit(1)
