"""Booking known allocations against Odoo's own batch reconciliation of the same ones, for ``odoo shell``.

Of ``AR_BENCH_BOOKING`` bank lines (500), four of five pay one invoice; the others pay two invoices, take a discount,
are short of a bank fee, or pay a part. Each round books all of them each way, one behind the other, and takes it back.

The floor is what Odoo's methods cost at the least: all suspense items of single payments get their account in one
write, splits are rebuilt in one batch, and one plan reconciles all. It notes no customers. "Without logs" it also
leaves out Odoo's notes of changed journal items.
"""

import os
import statistics
import time
from datetime import date

from odoo.fields import Command

from odoo.addons.ar_reconcile.models.bank_line_booking import REBUILD_ITEMS, Part

COUNT, ROUNDS = int(os.environ.get("AR_BENCH_BOOKING") or 500), 5
COMPANY = env.company  # noqa: F821 - the shell's
ENV = env  # noqa: F821
ITEMS = ENV["account.move.line"]


def prepared():
    """Return what to book: [(bank line, [(item, amount, kind), …])]."""
    if not COMPANY.chart_template:
        ENV["account.chart.template"].try_loading("generic_coa", COMPANY, install_demo=False)
    quiet = ENV(context={**ENV.context, "tracking_disable": True})
    journal = ENV["account.journal"].search([("type", "=", "bank"), ("company_id", "=", COMPANY.id)], limit=1)
    income = ENV["account.account"].search([("account_type", "=", "income")], limit=1)
    term = ENV["account.payment.term"].create(
        {
            "name": "2 % in 30 days",
            "early_discount": True,
            "discount_percentage": 2,
            "discount_days": 30,
            "early_pay_discount_computation": "excluded",
            "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 60})],
        }
    )
    customers = ENV["res.partner"].create([{"name": f"Customer {n}"} for n in range(max(COUNT // 3, 1))])

    def invoice(n, amount, payment_term=None):
        line = {"name": "Goods", "price_unit": amount, "tax_ids": False, "account_id": income.id}
        return {
            "move_type": "out_invoice",
            "partner_id": customers[n % len(customers)].id,
            "invoice_date": date(2026, 11, 1),
            "invoice_payment_term_id": payment_term and payment_term.id,
            "invoice_line_ids": [Command.create(line)],
        }

    wanted, invoices = [], []
    for n in range(COUNT):
        amount = 100.0 + n
        kind = {0: "two", 5: "discount", 10: "fee", 15: "partial"}.get(n % 20, "full") if n % 5 == 0 else "full"
        first = len(invoices)
        invoices.append(invoice(n, amount, term if kind == "discount" else None))
        discount = round(amount * 0.02, 2)
        if kind == "two":
            invoices.append(invoice(n, amount))
        parts, paid = {
            "full": ([(first, amount, "full")], amount),
            "partial": ([(first, amount / 2, "partial")], amount / 2),
            "fee": ([(first, amount, "full"), (first, -15.0, "bank_fee")], amount - 15),
            "discount": ([(first, amount, "full"), (first, -discount, "discount")], amount - discount),
            "two": ([(first, amount, "full"), (first + 1, amount, "full")], 2 * amount),
        }[kind]
        wanted.append((parts, paid))
    moves = quiet["account.move"].create(invoices)
    moves.action_post()
    items = [move.line_ids.filtered(lambda item: item.display_type == "payment_term") for move in moves]
    lines = quiet["account.bank.statement.line"].create(
        [
            {"journal_id": journal.id, "date": date(2026, 11, 18), "amount": paid, "payment_ref": f"Payment {n}"}
            for n, (_parts, paid) in enumerate(wanted)
        ]
    )
    return [
        (line.with_env(ENV), [(items[n].with_env(ENV), amount, kind) for n, amount, kind in parts])
        for line, (parts, _paid) in zip(lines, wanted, strict=True)
    ]


def by_odoo(truth, **context):
    """Book by Odoo's methods at their cheapest."""
    rebuilding = ITEMS.with_context(**REBUILD_ITEMS, **context)
    moves = rebuilding.env["account.move"].browse([line.move_id.id for line, _parts in truth])
    singles, pairs, created, settled = [], [], [], []
    receivable = truth[0][1][0][0].account_id
    with moves._check_balanced({"records": moves}), moves._sync_dynamic_lines({"records": moves}):
        for line, parts in truth:
            suspense = line._seek_for_lines()[1]
            if len(parts) == 1:
                singles.append(suspense.id)
            else:
                first = {"account_id": receivable.id, "balance": -parts[0][1], "amount_currency": -parts[0][1]}
                rebuilding.browse(suspense.id).write(first)
            pairs.append(suspense + parts[0][0])
            for item, amount, kind in parts[1:]:
                if kind == "discount":
                    paid = {"aml": item, "amount_currency": -item.balance, "balance": -item.balance}
                    found = item.move_id._get_invoice_counterpart_amls_for_early_payment_discount([paid], -amount)
                    created += [{**each, "move_id": line.move_id.id} for kinds in found.values() for each in kinds]
                    settled += [None] * (len(created) - len(settled))
                    continue
                account = FEES if kind == "bank_fee" else receivable
                values = {"name": line.payment_ref, "account_id": account.id, "move_id": line.move_id.id}
                created.append({**values, "balance": -amount, "amount_currency": -amount})
                settled.append(item if kind == "full" else None)
        rebuilding.browse(singles).write({"account_id": receivable.id})
        added = rebuilding.create(created)
    pairs += [new.with_env(ENV) + item for new, item in zip(added, settled, strict=True) if item]
    ITEMS._reconcile_plan(pairs)


def by_us(truth):
    """Book as matching does."""
    allocations = {line: [Part(item, amount, kind) for item, amount, kind in parts] for line, parts in truth}
    ENV["account.bank.statement.line"]._ar_book(allocations)


def timed(work, truth):
    """Return the milliseconds of processor per line, and the statements per line, of ``work``, which is taken back."""
    ENV.invalidate_all()
    # What a commit would do is part of the work; the savepoint takes it back.
    with ENV.cr.savepoint(flush=False) as savepoint:
        statements, begun = ENV.cr.sql_log_count, time.process_time()
        work(truth)
        ENV.flush_all()
        ENV.cr.precommit.run()
        spent, statements = time.process_time() - begun, ENV.cr.sql_log_count - statements
        states = {line.is_reconciled for line, _parts in truth}
        assert states == {True}, states
        ENV.clear()
        savepoint.rollback()
    return 1000 * spent / len(truth), statements / len(truth)


TRUTH = prepared()
FEES = ENV["account.chart.template"]._get_bank_fees_reco_account(COMPANY)
ENV.cr.commit()
ENV.cr.execute("ANALYZE")
ENV.cr.commit()
WAYS = {
    "ours": by_us,
    "Odoo's": by_odoo,
    "Odoo's without logs": lambda truth: by_odoo(truth, tracking_disable=True),
}
for way in WAYS.values():
    timed(way, TRUTH[:50])
spent = {name: [] for name in WAYS}
for _round in range(ROUNDS):
    for name, way in WAYS.items():
        spent[name].append(timed(way, TRUTH))
for name, figures in spent.items():
    each = statistics.median(figure[0] for figure in figures)
    ratios = sorted(ours[0] / other[0] for ours, other in zip(spent["ours"], figures, strict=True))
    print(
        f"booking {COUNT:,} lines, {name + ':':<22} {each:5.2f} ms of processor, {figures[0][1]:.1f} statements each;"
        f" ours take {statistics.median(ratios):.2f} of it ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        flush=True,
    )
