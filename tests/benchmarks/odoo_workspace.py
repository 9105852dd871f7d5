"""The reconciliation workspace on many lines, through HTTP, against Odoo's own list of them, for ``odoo shell``.

``AR_BENCH_WORKSPACE`` names how many open and matched bank lines there are, such as ``10000 50000``. A server of Odoo's
own is started on them. Chromium opens the workspace and a plain list of the same lines in turn, each time in a fresh
page; then each action is called on line after line. Times are on the clock, so that a busy machine shows: only ratios
say much.
"""

import contextlib
import json
import math
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import requests

sys.path.insert(0, str(Path.cwd() / "tests" / "benchmarks"))
from workspace_books import ITEMS_OF_LARGEST, Books

from odoo.fields import Command
from odoo.sql_db import db_connect

ENV = env  # noqa: F821 - the shell's
OPEN, MATCHED = (int(word) for word in (os.environ.get("AR_BENCH_WORKSPACE") or "10000 50000").split())
ROUNDS, CALLS, WARM, BULK = 9, 40, 5, 50
LINE, ITEM = "account.bank.statement.line", "account.move.line"
REBUILD = {"force_delete": True, "skip_readonly_check": True, "skip_account_move_synchronization": True}
COLUMNS = ("date", "partner_id", "partner_name", "payment_ref", "statement_id", "amount", "currency_id")
OPEN_LINES = [["journal_id.type", "in", ["bank", "credit"]], ["is_reconciled", "=", False]]


def plain_list():
    """Return an action with Odoo's own list of the open bank lines, with the fields that the workspace shows."""
    hidden = '<field name="currency_id" column_invisible="1" />'
    columns = "".join(f'<field name="{name}" />' for name in COLUMNS[:-1])
    view = ENV["ir.ui.view"].create(
        {"name": "plain", "model": LINE, "type": "list", "priority": 99, "arch": f"<list>{columns}{hidden}</list>"}
    )
    return ENV["ir.actions.act_window"].create(
        {"name": "Plain", "res_model": LINE, "view_mode": "list", "view_id": view.id, "domain": OPEN_LINES}
    )


@contextlib.contextmanager
def served():
    """Run a server of Odoo's on this database; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "odoo", "-d", ENV.cr.dbname, "--db-filter", f"^{ENV.cr.dbname}$"]
    quiet = ["--http-port", str(port), "--max-cron-threads=0", "--log-level=error"]
    with subprocess.Popen([*command, *quiet]) as server:  # noqa: S603 - our own command
        try:
            base = f"http://127.0.0.1:{port}"
            for _try in range(240):
                with contextlib.suppress(requests.ConnectionError):
                    if requests.get(f"{base}/web/health", timeout=60).ok:
                        break
                time.sleep(0.25)
            yield base
        finally:
            server.terminate()


class Client:
    """A user who is logged in."""

    def __init__(self, base, login):
        self.base, self.session = base, requests.Session()
        self.post("/web/session/authenticate", {"db": ENV.cr.dbname, "login": login, "password": login})
        self.context = {"lang": "en_US", "tz": "UTC", "allowed_company_ids": BOOKS.company.ids}

    def post(self, route, params):
        answer = self.session.post(self.base + route, json={"jsonrpc": "2.0", "params": params}, timeout=600).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer.get("result")

    def call(self, model, method, *args, context=None, **kwargs):
        kwargs["context"] = {**self.context, **(context or {})}
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", params)


def timed(work, *args):
    """Return the milliseconds that ``work`` takes, and what it returns."""
    begun = time.perf_counter()
    found = work(*args)
    return 1000 * (time.perf_counter() - begun), found


def share(times, part):
    """Return the time that ``part`` of ``times`` don't exceed."""
    return sorted(times)[math.ceil(part * len(times)) - 1]


# === FIRST PAINT === #


def paint(base, action):
    """Print how long the browser takes until the first lines are on the screen, each way."""
    wanted = {
        "base": base,
        "login": "admin",
        "rounds": ROUNDS,
        "pages": {
            "odoo": [f"/odoo/action-{action.id}", ".o_data_row"],
            "ours": ["/odoo/bank-reconciliation", ".o_ar_line", ".o_ar_detail > *"],
        },
    }
    script = str(Path.cwd() / "tests" / "benchmarks" / "workspace_paint.mjs")
    told = subprocess.run(["node", script], input=json.dumps(wanted), stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603,S607
    found = json.loads(told.stdout)
    odoo = [row for (row,) in found["odoo"]]
    print(f"first paint of {OPEN:,} open lines in Chromium, Odoo's list: {statistics.median(odoo):.0f} ms")
    for place, what in enumerate(("workspace", "workspace with its first line")):
        print_ratio(what, [times[place] for times in found["ours"]], odoo)


def print_ratio(what, ours, odoo):
    ratios = sorted(one / other for one, other in zip(ours, odoo, strict=True))
    print(
        f"  {what + ':':<34} {statistics.median(ours):6.0f} ms, {statistics.median(ratios):.2f} of Odoo's list"
        f" ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        flush=True,
    )


def requests_alone(client, action):
    """Print how long the server takes for the requests of a first paint, one behind the other, each way."""
    workspace = ENV.ref("ar_reconcile.action_workspace")

    def views(of, kinds):
        client.post("/web/action/load", {"action_id": of.id, "context": client.context})
        options = {"action_id": of.id, "load_filters": True, "toolbar": True}
        client.call(LINE, "get_views", views=[*kinds, [False, "search"]], options=options)

    def odoo():
        views(action, [[action.view_id.id, "list"]])
        specification = {name: {"fields": {"display_name": {}}} if name.endswith("_id") else {} for name in COLUMNS}
        return client.call(
            LINE, "web_search_read", domain=OPEN_LINES, specification=specification, limit=80, count_limit=10_001
        )

    def ours():
        views(workspace, [[each.view_id.id, each.view_mode] for each in workspace.view_ids])
        client.call(LINE, "ar_workspace_setup", False)
        client.call(LINE, "ar_workspace_counts", OPEN_LINES[:1])
        page = client.call(LINE, "ar_workspace_page", OPEN_LINES, 0, 80, "newest")
        return client.call(LINE, "ar_workspace_line", [page["rows"][0]["id"]])

    times = {way: [] for way in (odoo, ours)}
    for _round in range(ROUNDS + 1):
        for way, found in times.items():
            found.append(timed(way)[0])
    print(f"requests of a first paint, one behind the other, Odoo's list: {statistics.median(times[odoo][1:]):.0f} ms")
    print_ratio("workspace with its first line", times[ours][1:], times[odoo][1:])


# === ACTIONS === #


def lines_of(*places):
    """Yield the ids of open lines, in the order of their numbers, of those that end in ``places``."""
    return (BOOKS.lines[n - 1] for n in count(1) if n % 10 in places)


def measured(what, call, calls=CALLS):
    """Return how long ``call`` takes on the server, time after time, and print it in ms and of the floor."""
    times = [timed(call)[0] for _call in range(WARM + calls)][WARM:]
    middle, worst = statistics.median(times), share(times, 0.95)
    FOUND[what] = middle
    ratio = middle / FOUND["empty request"]
    print(f"  {what:<34} {middle:6.0f} ms, p95 {worst:6.0f} ms; {ratio:6.1f} of an empty request", flush=True)


def actions(client):
    """Print how long each action takes."""
    amounts = {item.id: item.amount_residual for item in ENV[ITEM].browse(BOOKS.items)}
    account = ENV["account.account"].search([("account_type", "=", "expense")], limit=1).id

    def call(method, ids, *args):
        found = client.call(LINE, method, ids, *args)
        failed = found.get("failed") if isinstance(found, dict) else None
        assert not failed, (method, failed)
        return found

    named, twins, none = lines_of(0, 1), lines_of(5, 6), lines_of(8)
    split, short = lines_of(7), lines_of(9)
    accepted = []

    def accept():
        accepted.append(next(named))
        call("ar_workspace_accept", accepted[-1:])

    def part(item, **values):
        return {"item": item, "amount": amounts[item], "in_full": True, **values}

    def pair(line):
        first = (BOOKS.lines.index(line) + 1) % (ITEMS_OF_LARGEST - 2)
        return BOOKS.items[first], BOOKS.items[first + 1]

    def book():
        line = next(split)
        call("ar_workspace_book", [line], [part(item) for item in pair(line)])

    def write_off():
        line = next(short)
        item, other = pair(line)
        written_off = {"kind": "write_off", "amount": 5, "account": account}
        partial = {"item": other, "amount": f"{amounts[other] - 5:.2f}"}
        call("ar_workspace_book", [line], [part(item), partial, written_off])

    def bulk():
        call("ar_workspace_accept", [next(many) for _line in range(BULK)])

    many, looked_at = lines_of(2, 3, 4), lines_of(0, 1, 5, 6, 7, 8, 9)
    partner = BOOKS.customers[0]
    print(f"actions on {OPEN:,} open lines, through HTTP, {CALLS} of each:")
    measured("empty request", lambda: client.call(LINE, "read", [], ["id"]))
    measured("look at a line", lambda: call("ar_workspace_line", [next(looked_at)]))
    measured("open items of a customer, 2,000", lambda: call("ar_workspace_items", [next(looked_at)], partner))
    measured("count the states", lambda: client.call(LINE, "ar_workspace_counts", OPEN_LINES[:1]))
    measured("set the customer", lambda: call("ar_workspace_set_customer", [next(none)], partner))
    measured("set and remember the customer", lambda: call("ar_workspace_set_customer", [next(none)], partner, True))
    measured("note", lambda: call("ar_workspace_note", [next(twins)], "Wait for the advice"))
    measured("accept", accept)
    measured("split over two invoices", book)
    measured("write off a part", write_off)
    undone = iter(accepted)
    measured("undo", lambda: call("ar_workspace_undo", [next(undone)]), CALLS - WARM)
    measured(f"accept {BULK} at once", bulk, CALLS // 2)
    against_odoo(client, named)


def against_odoo(client, named):
    """Print what booking one line costs against Odoo's two requests for the same, less what a request costs anyway."""
    lines = ENV[LINE].browse([next(named) for _line in range(2 * (CALLS + WARM))])
    items = {line.id: (line._seek_for_lines()[1], line.ar_proposal_ids.allocation_ids.move_line_id) for line in lines}
    ours, odoo = [], []

    def by_odoo(line):
        suspense, item = items[line]
        values = {"account_id": item.account_id.id, "partner_id": item.partner_id.id}
        client.call(ITEM, "write", suspense.ids, values, context=REBUILD)
        client.call(ITEM, "reconcile", (suspense + item).ids)

    empty = FOUND["empty request"]
    for first, second in zip(lines.ids[::2], lines.ids[1::2], strict=True):
        ours.append(timed(client.call, LINE, "ar_workspace_accept", [first])[0] - empty)
        odoo.append(timed(by_odoo, second)[0] - 2 * empty)
    ratios = sorted(one / other for one, other in zip(ours[WARM:], odoo[WARM:], strict=True))
    print(
        f"  accepting takes {statistics.median(ratios):.2f} of Odoo's own write and reconcile of one line, without the"
        f" requests ({share(ratios, 0.05):.2f} to {share(ratios, 0.95):.2f}); {statistics.median(ours[WARM:]):.0f} ms"
        f" against {statistics.median(odoo[WARM:]):.0f} ms",
        flush=True,
    )


# The shell's own limit of memory is inherited, and too small for a browser.
resource.setrlimit(resource.RLIMIT_AS, 2 * resource.getrlimit(resource.RLIMIT_AS)[1:])
FOUND = {}
BOOKS = Books(ENV, OPEN, MATCHED)
ENV.ref("base.user_admin").write(
    {"group_ids": [Command.link(ENV.ref("ar_reconcile.group_reconcile").id)], "tour_enabled": False}
)
PLAIN = plain_list()
ENV.cr.commit()
with contextlib.closing(db_connect(ENV.cr.dbname).cursor()) as cursor:
    cursor._cnx.autocommit = True
    cursor.execute("VACUUM ANALYZE")
with served() as address:
    paint(address, PLAIN)
    admin = Client(address, "admin")
    requests_alone(admin, PLAIN)
    actions(admin)
