"""``make demo``: a company with customers, its bank files imported, the web client served."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import browser
import node
import odoo_run
import postgres
import python_env
from workspace import DOCKER, LOCAL, OWN_ADDONS, ROOT, Failure, run, say

DATABASE = "demo"
MODULES = (*OWN_ADDONS, "payment_demo")
#: Loads the addons' demo data alone: Odoo's own demo companies would take as long again, and tell another story.
COMPANY = DOCKER / "setup" / "demo_company.py"
JOB = DOCKER / "setup" / "demo_job.py"
BANK_FILES = LOCAL / "bank-files"
LOGINS = (
    ("accountant", "accountant", "the company's accountant: Accounting > Dashboard"),
    ("customer", "customer", "a customer in the portal: My account > My receivables"),
    ("discount", "discount", "a customer with early-payment discounts in the portal"),
    ("admin", "admin", "the administrator"),
)

#: The pictures that README and the app list show, and whose they are.
PICTURES = {
    "import": "ar_reconcile",
    "bank_lines": "ar_reconcile",
    "workspace": "ar_reconcile",
    "workspace_phone": "ar_reconcile",
    "reconciliation": "ar_reconcile",
    "credit": "ar_enhanced",
    "dashboard": "ar_enhanced",
    "hold": "ar_enhanced",
    "limit": "ar_enhanced",
    "discount": "ar_enhanced",
    "desk": "ar_enhanced",
    "desk_customer": "ar_enhanced",
    "portal": "ar_portal",
    "portal_phone": "ar_portal",
    "pay": "ar_portal",
    "statement": "ar_portal",
    "dispute_phone": "ar_portal",
}


def port() -> int:
    """Return the port of the web client; ``PORT`` names another than 8069."""
    named = os.environ.get("PORT") or "8069"
    if not named.isdigit() or not 0 < int(named) < 65536:
        raise Failure(f"PORT={named} is no port number.")
    return int(named)


def check_port() -> None:
    """Refuse to begin when somebody else listens already."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port()))
        except OSError as error:
            raise Failure(
                f"Port {port()} can't be used ({error.strerror}). Nothing was started. "
                f"Choose another one: make demo PORT={port() + 1}"
            ) from None


def reset() -> None:
    """Remove the demo database; the next ``make demo`` makes it anew."""
    with postgres.running():
        odoo_run.drop(DATABASE)
        odoo_run.drop(f"{DATABASE}-building")
    (LOCAL / "demo-key").unlink(missing_ok=True)
    say("No demo database of this clone is left.")


def _make() -> None:
    """Have the database ``demo`` with the present code of the addons."""
    key_file = LOCAL / "demo-key"
    key = odoo_run.own_key()
    if DATABASE not in postgres.databases():
        say("Database demo: installing Odoo and the three addons, then their demo company …")
        odoo_run.make_database(DATABASE, MODULES, title="Database demo", lean=True, script=COMPANY)
        say("Database demo: ready")
    elif not key_file.exists() or key_file.read_text() != key:
        say("Database demo: the addons changed, upgrading it …")
        arguments = ["-d", DATABASE, "-u", ",".join(OWN_ADDONS), "--stop-after-init", "--no-http"]
        odoo_run.quietly("Upgrade", "upgrade-demo", *arguments)
    else:
        say("Database demo: kept as it is (make demo-reset begins anew)")
    key_file.write_text(key)


def _bank_files() -> None:
    """Write the sample bank files of ``data/``, moved to today, once per database."""
    if BANK_FILES.exists() and any(BANK_FILES.iterdir()):
        return
    BANK_FILES.mkdir(exist_ok=True)
    run([python_env.python(), ROOT / "data" / "generate.py", "--bank-only", BANK_FILES, "--day", "today"])


def _run_the_main_job() -> None:
    """Import, match and book the bank files; print what happened line by line."""
    say("Main job: bank files in, payments matched and booked …")
    completed = subprocess.run(
        odoo_run.command("shell", "-d", DATABASE, "--no-http", "--log-level=warn"),
        env={**odoo_run.environment(), "AR_BANK_FILES": str(BANK_FILES)},
        stdin=JOB.open(),
        capture_output=True,
        text=True,
        check=False,
    )
    (LOCAL / "log" / "demo-job.log").write_text(completed.stderr + completed.stdout)
    if completed.returncode or "Traceback" in completed.stderr:
        raise Failure("The main job failed:\n" + completed.stderr[-3000:])
    print("\n" + completed.stdout.strip() + "\n", flush=True)


def _wait_until_served(server: subprocess.Popen[bytes]) -> None:
    address = f"http://127.0.0.1:{port()}/web/login"
    while server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
        try:
            server.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    raise Failure(f"The web server ended by itself; see {LOCAL / 'log' / 'server.log'}")


def _serve() -> None:
    log = LOCAL / "log" / "server.log"
    server = subprocess.Popen(
        odoo_run.command(
            *("-d", DATABASE, f"--db-filter=^{DATABASE}$", f"--http-port={port()}", f"--logfile={log}"),
        ),
        env=odoo_run.environment(),
        start_new_session=True,  # ended by us, in order, before the database is
    )
    try:
        _wait_until_served(server)
        say(f"Served at http://localhost:{port()}/odoo   (Ctrl-C stops everything)")
        for login, password, who in LOGINS:
            say(f"  login {login:<10} password {password:<10} {who}")
        say(f"  bank files to drop on the bank card yourself: {BANK_FILES}")
        if os.environ.get("DEMO_ONCE"):  # for tests and timing: up, then down again
            return
        server.wait()
        raise Failure(f"The web server ended by itself; see {log}")
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()


def take_screenshots() -> None:
    """Take the pictures of README and the app list anew, from the running demo.

    :raises Failure: when the demo isn't served, or a page doesn't come
    """
    odoo_run.provide()
    browser.provide()
    node.provide()
    program = DOCKER / "setup" / "screenshots.mjs"
    folder = LOCAL / "pictures"
    folder.mkdir(exist_ok=True)
    run(["node", program, f"http://localhost:{port()}", folder], advice="Is the demo running (make demo)?")
    for picture, addon in PICTURES.items():
        shutil.copy(folder / f"{picture}.png", ROOT / "addons" / addon / "static/description" / f"{picture}.png")
    say(f"{', '.join(PICTURES)}: taken; more are in {folder}")


def demo() -> None:
    """Bring the demo up and serve it until the user stops it."""
    check_port()
    odoo_run.provide()
    with postgres.running():
        if DATABASE not in postgres.databases():
            shutil.rmtree(BANK_FILES, ignore_errors=True)
        _make()
        _bank_files()
        _run_the_main_job()
        _serve()
    say("Everything that was started is stopped.")
