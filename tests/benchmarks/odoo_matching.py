"""Matching a drawn sample inside Odoo: how right it is, and its cost against booking the truth, for ``odoo shell``.

``AR_BENCH_MATCHING`` names the numbers of bank lines, such as ``500 2000``; there are ten open items to each line, of a
tenth as many customers. The whole run (read, judge, write the history, book) and the floor are taken in turn on the
same lines, and taken back. The floor books the truth of all lines that have an answer by Odoo's own methods at their
cheapest: single payments by one write, splits rebuilt in one batch, and one plan; it finds nothing and notes nothing.
"""

import os
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

from odoo.fields import Command
from odoo.tools import SQL, mute_logger

sys.path.insert(0, str(Path.cwd() / "data"))
import remittances
from remittance.values import Answer

ENV = env  # noqa: F821 - the shell's
SIZES = [int(size) for size in (os.environ.get("AR_BENCH_MATCHING") or "500").split()]
SEED, ROUNDS, BATCH = int(os.environ.get("AR_BENCH_SEED") or 7), 3, 500
REBUILD = {"force_delete": True, "skip_readonly_check": True, "skip_account_move_synchronization": True}
QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_notrack": True, "mail_create_nosubscribe": True}


class Books:
    """A company of Odoo that holds one drawn sample."""

    def __init__(self, sample):
        self.sample = sample
        self.company = ENV["res.company"].create({"name": f"Sample {len(sample.lines)}"})
        ENV.user.company_ids += self.company
        self.plain = ENV(context={**ENV.context, "allowed_company_ids": self.company.ids})
        self.env = self.plain(context={**self.plain.context, **QUIET})
        self.env["account.chart.template"].try_loading("generic_coa", self.company, install_demo=False)
        self.company.currency_id = ENV.ref("base.EUR")
        own = [("company_id", "=", self.company.id)]
        self.journal = self.env["account.journal"].search([("type", "=", "bank"), *own], limit=1)
        self.partners = self.customers()
        self.items = self.invoices()
        self.lines = self.bank_lines()
        ENV.cr.commit()
        ENV.cr.execute("ANALYZE")
        ENV.cr.commit()

    def customers(self):
        """Create the customers; return {key: partner}."""
        drawn = self.sample.customers
        made = self.env["res.partner"].create(
            [{"name": each.name, "ref": each.number, "is_company": not each.is_person} for each in drawn]
        )
        partners = dict(zip((each.key for each in drawn), made, strict=True))
        self.env["res.partner.bank"].create(
            [
                {"acc_number": each.account, "partner_id": partners[each.key].id}
                for each in drawn
                if each.iban_known and each.account
            ]
        )
        return partners

    def invoices(self):
        """Create and post the items as invoices; numbers and discounts are the sample's. Return {key: journal item}."""
        income = self.env["account.account"].search([("account_type", "=", "income")], limit=1)
        term = self.env["account.payment.term"].create(
            {
                "name": "2 % in 10 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "early_pay_discount_computation": "excluded",
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        drawn, items = [item for item in self.sample.items if item.sort == "invoice" and item.residual], {}
        for start in range(0, len(drawn), BATCH):
            part = drawn[start : start + BATCH]
            moves = self.env["account.move"].create(
                [
                    {
                        "move_type": "out_invoice",
                        "partner_id": self.partners[item.customer].id,
                        "invoice_date": item.issued,
                        "invoice_payment_term_id": item.discount_day and term.id,
                        "invoice_date_due": item.due,
                        "invoice_line_ids": [
                            Command.create(
                                {
                                    "name": "Goods",
                                    "price_unit": float(item.residual),
                                    "tax_ids": False,
                                    "account_id": income.id,
                                }
                            )
                        ],
                    }
                    for item in part
                ]
            )
            moves.action_post()
            for item, move in zip(part, moves, strict=True):
                items[item.key] = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
            ENV.flush_all()
            # Out of the way of the numbers that the next ones get first.
            ENV.cr.execute(SQL("UPDATE account_move SET name = '/' WHERE id = ANY(%s)", moves.ids))
            ENV.invalidate_all()
        self.rename(drawn, items)
        ENV.invalidate_all()
        return items

    def rename(self, part, items):
        """Give invoices the numbers, references and discounts of the sample."""
        for item in part:
            line = items[item.key]
            reference = item.references[0] if item.references else item.number
            ENV.cr.execute(
                SQL(
                    "UPDATE account_move SET name = %s, payment_reference = %s WHERE id = %s",
                    *(item.number, reference, line.move_id.id),
                )
            )
            ENV.cr.execute(
                SQL(
                    """
                    UPDATE account_move_line
                       SET move_name = %s, date_maturity = %s, discount_date = %s, discount_amount_currency = %s,
                           discount_balance = %s
                     WHERE id = %s
                    """,
                    *(item.number, item.due, item.discount_day),
                    *2 * (float(item.residual - item.discount) if item.discount_day else 0.0,),
                    line.id,
                )
            )

    def bank_lines(self):
        """Create the bank lines; return them in the order of the sample's."""
        made = self.env["account.bank.statement.line"]
        values = [
            {
                "journal_id": self.journal.id,
                "date": line.day,
                "amount": float(line.amount),
                "payment_ref": " ".join(line.texts) or "/",
                "partner_name": line.name,
                "account_number": line.account,
                "ar_import_id": f"S{line.key}",
            }
            for line in self.sample.lines
        ]
        for start in range(0, len(values), BATCH):
            made |= made.create(values[start : start + BATCH])
            ENV.flush_all()
        return made

    # Both ways

    def matched(self):
        """Let matching do the whole run."""
        self.lines.with_env(self.plain).action_auto_match()

    def floor(self):
        """Book the truth by Odoo's methods at their cheapest, in chunks of as many lines."""
        lines = self.lines.with_env(self.plain)
        known = [
            (line, truth.answers[0])
            for line, truth in zip(lines, self.sample.truths, strict=True)
            if truth.has_answer and truth.answers and all(key in self.items for key, _amount in truth.answers[0].items)
        ]
        for start in range(0, len(known), BATCH):
            self.floor_of(known[start : start + BATCH])

    def floor_of(self, known):
        """Book some lines with their answers."""
        rebuilding = self.plain["account.move.line"].with_context(**REBUILD)
        fees = self.plain["account.chart.template"]._get_bank_fees_reco_account(self.company)
        moves = self.plain["account.move"].with_context(**REBUILD).browse([line.move_id.id for line, _answer in known])
        singles, pairs, created, settled = [], [], [], []
        receivable = self.items[known[0][1].items[0][0]].account_id
        with moves._check_balanced({"records": moves}), moves._sync_dynamic_lines({"records": moves}):
            for line, answer in known:
                suspense = line._seek_for_lines()[1]
                (first, amount), *others = answer.items
                item = self.items[first]
                pairs.append(suspense + item)
                if not others and not answer.differences:
                    singles.append(suspense.id)
                    continue
                both = {"balance": -float(amount), "amount_currency": -float(amount)}
                rebuilding.browse(suspense.id).write({"account_id": receivable.id, **both})
                for key, part in others:
                    created.append(
                        {
                            "name": line.payment_ref,
                            "account_id": receivable.id,
                            "move_id": line.move_id.id,
                            "balance": -float(part),
                            "amount_currency": -float(part),
                        }
                    )
                    settled.append(self.items[key])
                created += self.difference_items(line, answer, fees)
                settled += [None] * (len(created) - len(settled))
            rebuilding.browse(singles).write({"account_id": receivable.id})
            added = rebuilding.create(created)
        pairs += [new + item for new, item in zip(added, settled, strict=True) if item]
        self.plain["account.move.line"]._reconcile_plan([pair.with_env(self.plain) for pair in pairs])

    def difference_items(self, line, answer: Answer, fees):
        """Return the values of the journal items for fees and discounts."""
        found = []
        for kind, amount in answer.differences:
            if kind == "discount":
                left = -float(amount)
                for key, _part in answer.items:
                    item = self.items[key].with_env(self.plain)
                    paid = {"aml": item, "amount_currency": -item.amount_residual, "balance": -item.amount_residual}
                    kinds = item.move_id._get_invoice_counterpart_amls_for_early_payment_discount([paid], left)
                    found += [{**each, "move_id": line.move_id.id} for group in kinds.values() for each in group]
                    break
            else:
                found.append(
                    {
                        "name": line.payment_ref,
                        "account_id": fees.id,
                        "move_id": line.move_id.id,
                        "balance": -float(amount),
                        "amount_currency": -float(amount),
                    }
                )
        return found

    # What came of it

    def score(self):
        """Return counts of lines with an answer, booked as it says, or wrong, and the kinds of those missed."""
        counts = Counter()
        key_of = {item.id: key for key, item in self.items.items()}
        missed = Counter()
        for line, drawn, truth in zip(self.lines.with_env(ENV), self.sample.lines, self.sample.truths, strict=True):
            counts["answers"] += truth.has_answer
            if not line.is_reconciled:
                counts["open"] += 1
                missed[drawn.kind] += truth.has_answer
                continue
            liquidity, _suspense, _others = line._seek_for_lines()
            partials = (line.move_id.line_ids - liquidity).matched_debit_ids
            paid = Counter()
            for partial in partials:
                paid[key_of.get(partial.debit_move_id.id)] += round(partial.debit_amount_currency, 2)
            wanted = [{key: float(amount) for key, amount in answer.items} for answer in truth.answers]
            is_right = any(
                paid.keys() == each.keys() and all(abs(paid[key] - each[key]) < 0.005 for key in each)
                for each in wanted
            )
            counts["right" if is_right else "wrong"] += 1
            counts["right_with_answer"] += is_right and truth.has_answer
        return counts, +missed


def timed(work):
    """Return the processor seconds and the statements of ``work``, which is taken back, and what ``work`` returned."""
    ENV.invalidate_all()
    with ENV.cr.savepoint(flush=False) as savepoint:
        statements, begun = ENV.cr.sql_log_count, time.process_time()
        work()
        ENV.flush_all()
        ENV.cr.precommit.run()
        spent, statements = time.process_time() - begun, ENV.cr.sql_log_count - statements
        found = BOOKS.score() if work == BOOKS.matched else None
        ENV.clear()
        savepoint.rollback()
    return spent, statements, found


for size in SIZES:
    with mute_logger("odoo.models.unlink"):
        BOOKS = Books(
            remittances.sample(SEED, customers=size, items=10 * size, lines=size, kinds=remittances.TEN_KINDS)
        )
    rounds = []
    for _round in range(ROUNDS):
        floor = timed(BOOKS.floor)
        ours = timed(BOOKS.matched)
        rounds.append((ours[0] / floor[0], ours, floor))
    ratios = sorted(ratio for ratio, _ours, _floor in rounds)
    ours, floor, (counts, missed) = rounds[-1][1], rounds[-1][2], rounds[-1][1][2]
    print(
        f"matching {size:,} lines with {10 * size:,} open items: {1000 * ours[0] / size:.1f} ms of processor and"
        f" {ours[1] / size:.1f} statements a line, the floor {1000 * floor[0] / size:.1f} ms and"
        f" {floor[1] / size:.1f}; ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})\n"
        f"  booked as the truth says: {counts['right_with_answer']} of {counts['answers']} with an answer,"
        f" {counts['right']} in all; wrong {counts['wrong']}; open {counts['open']}, of which with an answer"
        f" {dict(missed)}",
        flush=True,
    )
