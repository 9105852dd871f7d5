"""``make test``, ``make lint``, ``make corpus``, ``make fuzz``, ``make score`` and ``make bench``."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import browser
import node
import odoo_run
import postgres
import python_env
from workspace import ADDONS, LOCAL, OWN_ADDONS, ROOT, Failure, in_parallel, key_of, say

#: What stands in a customer's database before our addons come, and what tests need beside them.
BASE_MODULES = ("account", "account_payment", "payment_demo", "rating")
#: The database that files are imported into to see what that costs.
BENCH = "bench"
#: The addons whose tests run in one process; each takes about half of the time.
SHARES = (("ar_enhanced", "ar_enhanced_sale"), ("ar_portal", "ar_reconcile"))
#: How far pytest says that it is.
PERCENT = re.compile(r"\[ *(\d+)%\]$")
#: A line of Odoo's log at a level that a clean run doesn't have.
LOG_TROUBLE = re.compile(r"^\d{4}-\d\d-\d\d \S+ \d+ (WARNING|ERROR|CRITICAL) ")


def base_database() -> str:
    """Have a database with Odoo's accounting and without our addons; return its name."""
    name = f"base-{key_of(odoo_run.odoo_key(), *BASE_MODULES)}"
    if name not in postgres.databases():
        say("Test database: installing Odoo's accounting …")
        odoo_run.make_database(name, BASE_MODULES, title="Test database")
    return name


def test_database() -> str:
    """Have a database with the present code of our addons; return its name.

    :raises Failure: when the installation wrote a warning or an error to the log
    """
    name = f"test-{odoo_run.own_key()}"
    present = postgres.databases()
    if name in present:
        return name
    for old in present:
        if old.startswith("test-"):
            odoo_run.drop(old)
    base = base_database()
    say("Test database: installing the three addons …")
    log = odoo_run.make_database(name, OWN_ADDONS, title="Test database", template=base, bundles=True)
    trouble = [line for line in log.splitlines() if LOG_TROUBLE.match(line)]
    if trouble:
        odoo_run.drop(name)
        raise Failure("The installation is not silent:\n" + "\n".join(trouble))
    odoo_run.keep_statistics(name)
    return name


def _pytest(title: str, *arguments: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run pytest before the eyes of who asked for it."""
    say(f"{title} …")
    if ended := subprocess.call(_pytest_command(arguments), cwd=cwd, env={**odoo_run.environment(), **(env or {})}):
        raise Failure(f"{title}: failed ({ended})")


def _pytest_command(arguments: Sequence[str | Path]) -> list[str]:
    return [str(python_env.python()), "-m", "pytest", *(str(part) for part in arguments)]


def _pytest_beside(
    title: str, log_name: str, *arguments: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """Run pytest beside others: say how far it is, and show what it printed if it failed.

    :raises Failure: when a test failed
    """
    log = LOCAL / "log" / f"{log_name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    say(f"{title} …")
    shown = 0
    with (
        log.open("w") as file,
        subprocess.Popen(
            _pytest_command(arguments),
            cwd=cwd,
            env={**odoo_run.environment(), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout  # noqa: S101 - for the reader: it was asked for above
        for line in process.stdout:
            file.write(line)
            if (found := PERCENT.search(line)) and int(found[1]) >= shown + 10:
                shown = int(found[1])
                say(f"{title}: {shown} %")
    printed = log.read_text()
    if process.returncode:
        say(f"{title} printed:\n{printed}")
        raise Failure(f"{title}: failed ({process.returncode})")
    say(f"{title}: {printed.splitlines()[-1].strip('= ')}")


def test(arguments: list[str]) -> None:
    """Run every test, two things at a time; with ``arguments``, pass them to pytest inside Odoo only."""
    odoo_run.provide()
    with postgres.running():
        if arguments:
            _provide_web()
            _pytest("Addons inside Odoo", *_inside(test_database()), *arguments, cwd=ADDONS, env=_inside_env())
        else:
            _test_all()
    say("All tests passed.")


def _provide_web() -> None:
    browser.provide()
    node.provide()


def _test_all() -> None:
    def prepare() -> None:
        _provide_web()
        test_database()

    without = ("Engines and parsers, without Odoo", "test-engines", "tests", "--ignore=tests/end_to_end")
    in_parallel(prepare, partial(_pytest_beside, *without))
    database = test_database()
    env = {**_inside_env(), "AR_BASE_DATABASE": base_database(), "AR_TEST_DATABASE": database}
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(_test_addons, database, addons) for addons in SHARES]
        running.append(pool.submit(_pytest_beside, "End to end", "test-ends", "tests/end_to_end", env=env))
    for each in running:
        each.result()


def _test_addons(database: str, addons: Sequence[str]) -> None:
    """Run the tests of some addons on a copy of ``database``, so that others may use it meanwhile."""
    copy = f"{database}-{addons[0]}"
    odoo_run.clone(database, copy)
    title = f"Inside Odoo, {' and '.join(addons)}"
    _pytest_beside(title, f"test-{addons[0]}", *_inside(copy), *addons, cwd=ADDONS, env=_inside_env())
    odoo_run.drop(copy)


def _inside(database: str) -> list[str | Path]:
    return [
        *("-p", "pytest_odoo", "-p", "strict_run", "--rootdir", ADDONS, "-c", ROOT / "setup.cfg"),
        *("--odoo-config", odoo_run.CONFIGURATION, "--odoo-database", database, "--odoo-http"),
        *("--odoo-log-level", "warn"),
    ]


def _inside_env() -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT / "tests" / "plugins"),
        "AR_AXE_CORE": str(node.modules() / "axe-core" / "axe.min.js"),
    }


def _lint_commands() -> list[list[str]]:
    """Return the linters' command lines, all from the top of the repository."""
    python, javascript = python_env.venv("lint") / "bin", node.modules() / ".bin"
    addons = [f"addons/{name}" for name in OWN_ADDONS]
    typed = [f"{addon}/{part}" for addon in addons for part in ("engine", "parsers") if (ROOT / addon / part).is_dir()]
    translations = [str(path.relative_to(ROOT)) for path in sorted(ADDONS.glob("ar_*/i18n/*.po*"))]
    return [
        [f"{python}/ruff", "check", "."],
        [f"{python}/ruff", "format", "--check", "."],
        [f"{python}/mypy", *typed],
        [f"{python}/pylint", "--rcfile=.pylintrc", "--disable=missing-readme", *addons],
        [f"{python}/oca-checks-odoo-module", *addons],
        [f"{python}/oca-checks-po", *translations],
        [f"{javascript}/prettier", "--check", "--log-level=warn", "."],
        [f"{javascript}/eslint", "--config", "docker/locks/eslint.config.mjs", "--max-warnings", "0", "."],
        [f"{python}/hadolint", "docker/Dockerfile"],
        [f"{python}/check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker/compose.yaml"],
        ["bash", "-n", "docker/start.sh"],
        ["bash", "-n", ".ci/run"],
    ]


def lint() -> None:
    """Run every linter; all of them, so that one run shows everything."""
    odoo_run.provide()
    in_parallel(lambda: python_env.provide("lint"), node.provide)
    failed = []
    for command in _lint_commands():
        name = " ".join([Path(command[0]).name, *command[1:2]])
        say(f"{name} …")
        if subprocess.call(command, cwd=ROOT):
            failed.append(name)
    if failed:
        raise Failure(f"Not clean: {', '.join(failed)}")
    say("All linters are content.")


def corpus(arguments: list[str]) -> None:
    """Read every bank file of a folder and compare what is read with golden results."""
    python_env.provide()
    if subprocess.call([str(python_env.python()), "-B", "tests/corpus", *arguments], cwd=ROOT):
        raise Failure("Not every file reads as its golden result says; see above.")
    say("No file reads otherwise than its golden result says.")


def fuzz(arguments: list[str]) -> None:
    """Damage the sample bank files and read them."""
    python_env.provide()
    if subprocess.call([str(python_env.python()), "-B", "tests/corpus/fuzz.py", *arguments], cwd=ROOT):
        raise Failure("A damaged file was not refused as it should be; see above.")


def score(arguments: list[str]) -> None:
    """Predict late payment on a real payment history."""
    python_env.provide()
    if subprocess.call([str(python_env.python()), "-B", "tests/scoring", *arguments], cwd=ROOT):
        raise Failure("The payment history can't be measured; see above.")


def bench(arguments: list[str]) -> None:
    """Run the benchmarks, which print ratios measured side by side, and how right matching is on drawn samples.

    ``arguments`` are the sizes of the files to import, in transactions; each costs about 20 ms, twice.
    """
    odoo_run.provide()
    node.provide()
    browser.provide()
    python = str(python_env.python())
    subprocess.check_call([python, "-m", "tests.benchmarks"], cwd=ROOT)
    subprocess.check_call([python, "-m", "tests.benchmarks.matching", "--scaling"], cwd=ROOT)
    sizes = {"AR_BENCH_LINES": " ".join(arguments) or "500 500 500 5000"}
    with postgres.running():
        for name in (
            "odoo_import",
            "odoo_booking",
            "odoo_matching",
            "odoo_workspace",
            "odoo_hold",
            "odoo_scoring",
            "odoo_aging",
            "odoo_portal",
            "odoo_reminder",
        ):
            odoo_run.clone(test_database(), BENCH)
            with (ROOT / "tests" / "benchmarks" / f"{name}.py").open() as script:
                command = odoo_run.command("shell", "-d", BENCH, "--no-http", "--log-level=error")
                subprocess.check_call(command, stdin=script, env={**odoo_run.environment(), **sizes}, cwd=ROOT)
        odoo_run.drop(BENCH)
    say(f"Figures of this machine and this run only; logs are in {LOCAL / 'log'}")
