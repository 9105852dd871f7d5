"""How bank lines are matched: read once, judged together, then written and booked in chunks."""

import logging
import time
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.gc import disabling_gc
from odoo.tools.misc import split_every

from ..engine.matching import decide
from ..engine.reference import digit_runs, telling_runs
from .bank_line_facts import SETTLED_DAYS
from .trouble import CONFLICTS, REFUSALS

_logger = logging.getLogger(__name__)

#: Bank lines that are written and booked together; the scheduled action commits after each chunk.
CHUNK = 500
#: Bank lines that the scheduled action judges together.
JUDGED_TOGETHER = 10_000
#: How often a chunk is tried that another transaction was faster with.
MOST_TRIES = 5


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    def action_auto_match(self):
        """Match these lines with open items, again if need be: book what is certain, propose what is likely.

        :return: the notification that tells what was done
        """
        self._ar_check_may_reconcile()
        runs = self._ar_match("person")
        booked, looked_at = sum(runs.mapped("booked_count")), sum(runs.mapped("line_count"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if booked else "info",
                "message": self.env._(
                    "Bank lines booked: %(booked)s of %(looked_at)s.", booked=booked, looked_at=looked_at
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _ar_match(self, trigger):
        """Match these lines; those of one company are judged together, so that two that pay the same item are seen.

        A line whose match a person has undone or rejected is not booked again without a person. A line that can't be
        matched says why and doesn't hold up the others.

        :param str trigger: what set it off, of `ar.match.run`
        :return: the record of what was done, one for each company
        :rtype: recordset of ar.match.run
        """
        runs = self.env["ar.match.run"]
        for company, lines in self._ar_unreconciled().grouped("company_id").items():
            run = runs._begin(company, trigger)
            judged = lines._ar_judged(company)
            for keys in split_every(CHUNK, judged.keys):
                self.browse(keys)._ar_settle(run, judged)
            run._end()
            runs |= run
        return runs

    @api.model
    def _cron_ar_match(self):
        """Match new lines, and once a day those that stayed open, in chunks that are committed one by one.

        It can be killed at any time: what a chunk says of its lines and what it books is committed together.
        """
        cron = self.env["ir.cron"]
        domain = (
            Domain("ar_import_id", "!=", False)
            & Domain("is_reconciled", "=", False)
            & Domain("state", "=", "posted")
            & Domain("ar_match_state", "!=", "waiting")
            & (Domain("ar_file_id", "=", False) | Domain("ar_file_id.state", "not in", ("running", "undoing")))
            & (Domain("ar_matched_on", "=", False) | Domain("ar_matched_on", "<", fields.Date.context_today(self)))
        )
        due = self.search(domain, order="ar_matched_on NULLS FIRST, id")
        cron._commit_progress(remaining=len(due))
        for keys in split_every(JUDGED_TOGETHER, due.ids):
            for company, lines in self.browse(keys)._ar_unreconciled().grouped("company_id").items():
                if not lines._ar_match_and_commit(company):
                    return

    def _ar_match_and_commit(self, company):
        """Match these lines of one company, with a commit after each chunk.

        :return: whether there is time left
        """
        cron = self.env["ir.cron"]
        run = self.env["ar.match.run"]._begin(company, "schedule")
        judged = self._ar_judged(company)
        cron._commit_progress()
        for keys in split_every(CHUNK, judged.keys):
            self.browse(keys)._ar_settle_in_the_end(run, judged)
            run._end()
            if not cron._commit_progress(len(keys)):
                return False
        return True

    def _ar_settle_in_the_end(self, run, judged):
        """Settle these lines, again where another transaction was faster; in the end they wait for the next run."""
        for _attempt in range(MOST_TRIES):
            try:
                self._ar_settle(run, judged)
                self.env.flush_all()
            except CONFLICTS as error:
                self.env.cr.rollback()
                _logger.info("Bank lines are matched again, for somebody else was faster: %s", error)
            else:
                return

    # === JUDGE === #

    def _ar_unreconciled(self):
        """Return those of these lines that wait to be reconciled, in the order of their ids."""
        return self.search(
            [
                ("id", "in", self.ids),
                ("is_reconciled", "=", False),
                ("state", "=", "posted"),
                ("ar_match_state", "!=", "waiting"),
            ],
            order="id",
        )

    def _ar_judged(self, company):
        """Judge these lines of one company together, with those of its other lines that claim the same items.

        Hundreds of thousands of items may be read: looking for garbage among them would cost as much as reading them.
        """
        with disabling_gc():
            return self._ar_judged_at_once(company)

    def _ar_judged_at_once(self, company):
        began = time.monotonic()
        try:
            with self.env.cr.savepoint():  # what PostgreSQL refuses would keep the reason from being written
                payments, failures = self._as_payments()
                candidates = self._ar_candidates(company, payments)
                customers = self._ar_customers(company, candidates)
                payments = self._ar_with_rates(company, payments, candidates)
                verdicts, more = _decided(payments, candidates, customers)
                others, touched = self._ar_possible_rivals(candidates, verdicts)
                if others:
                    rivals, _failures = others._as_payments()
                    again = [payment for payment in payments if payment.key in touched]
                    again += self._ar_with_rates(company, rivals, candidates)
                    judged_again, _failures = _decided(again, candidates, customers)
                    verdicts += judged_again
        except AccessError:
            raise
        except REFUSALS as error:  # nothing can be read of this company's books: each line says so
            return Judged(self, [], dict.fromkeys(self.ids, error), began)
        return Judged(self, verdicts, {**failures, **more}, began)

    def _ar_possible_rivals(self, candidates, verdicts):
        """Return the other unreconciled lines of the company that could claim what is proposed for these.

        They share a telling run of digits with an item, or the amount with a payment; the engine tells whether they do
        claim it. Their texts are read in one statement, however many they are.

        :return: these other lines, and the keys of the payments that have to be judged again with them
        """
        by_run, by_amount = _claims(candidates, verdicts)
        if not by_amount:
            return self.browse(), set()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id, COALESCE(NULLIF(line.amount_currency, 0), line.amount),
                       concat_ws(' | ', line.payment_ref, move.ref, line.partner_name)
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.company_id = %s
                   AND line.is_reconciled IS NOT TRUE
                   AND move.state = 'posted'
                   AND line.amount > 0
                   AND move.date >= %s
                   AND line.id != ALL(%s)
                """,
                self.company_id.id,
                min(self.mapped("date")) - timedelta(days=SETTLED_DAYS),
                self.ids,
            )
        )
        others, touched = [], set()
        for key, amount, text in rows:
            claimed = by_amount.get(amount, set()).union(*(by_run.get(run, ()) for run in digit_runs(text)))
            if claimed:
                others.append(key)
                touched |= claimed
        group_of = {verdict.payment: {case.payment.key for case in verdict.cases} for verdict in verdicts}
        return self.browse(others), touched.union(*(group_of[key] for key in touched))

    # === SETTLE === #

    def _ar_settle(self, run, judged):
        """Write down what was decided of these lines and book what is certain; a bad line spoils no other one."""
        try:
            with self.env.cr.savepoint():
                self._ar_settle_together(run, judged)
        except AccessError:
            raise
        except REFUSALS as error:
            if len(self) > 1:
                half = len(self) // 2
                self[:half]._ar_settle(run, judged)
                self[half:]._ar_settle(run, judged)
                return
            self.env["ar.match.proposal"]._record_failures(self, {self.id: error}, run)

    def _ar_settle_together(self, run, judged):
        # A line that another worker holds is that worker's; one that is reconciled meanwhile is nobody's.
        lines = (self | self.browse(judged.rivals_of(self.ids))).try_lock_for_update(allow_referencing=True)
        lines = lines._ar_unreconciled()
        proposals = self.env["ar.match.proposal"]
        proposals._record_failures(lines, judged.failures, run)
        recorded = proposals._record(lines, judged, run)
        own = recorded.filtered(lambda proposal: proposal.statement_line_id in self)
        if not run._may_book():
            run._count(lines & self, judged, self.browse(), self.browse())
            return
        booked = own.filtered(lambda proposal: proposal._is_bookable_alone())._book().statement_line_id
        left = (lines & self) - booked
        by_model = left.filtered(
            lambda line: line.ar_match_state == "none" and not line.ar_is_persons
        )._ar_apply_models()
        run._count(lines & self, judged, booked, by_model)

    def _ar_apply_models(self):
        """Apply the reconciliation models that work by themselves to these lines, for which nothing was found.

        :return: the lines that they have booked
        """
        return self.env["account.reconcile.model"]._ar_apply(self)


class Judged:
    """What was decided of bank lines together: their keys in order, verdicts and errors by key.

    ``began`` is when work on them began, on the monotonic clock.
    """

    def __init__(self, lines, verdicts, failures, began):
        self.keys = lines.ids
        self.verdicts = {verdict.payment: verdict for verdict in verdicts}
        self.failures = failures
        self.began = began

    def rivals_of(self, keys):
        """Return the keys of lines outside the batch that claim the same items as those with ``keys``."""
        claimed = {
            rival
            for key in keys
            if key in self.verdicts
            for reason in _all_reasons(self.verdicts[key])
            for rival in reason.fact("payments") or ()
        }
        return sorted(claimed - set(self.keys))


def _claims(candidates, verdicts):
    """Return which payments claim something, by the telling runs of digits of the items and by their own amounts."""
    item_of = {candidate.key: candidate for candidate in candidates}
    by_run, by_amount = defaultdict(set), defaultdict(set)
    for verdict in verdicts:
        if not verdict.proposals:
            continue
        payment = next(case.payment for case in verdict.cases if case.payment.key == verdict.payment)
        by_amount[float(payment.amount)].add(payment.key)
        claimed = {part.candidate for proposal in verdict.proposals for part in proposal.allocations}
        for item in (item_of[key] for key in claimed):
            for text in (item.number, *item.references):
                for run in telling_runs(text):
                    by_run[run].add(payment.key)
    return by_run, by_amount


def _all_reasons(verdict):
    """Return everything that a verdict says, for whatever proposal of it."""
    return (
        *verdict.reasons,
        *(reason for proposal in verdict.proposals for reason in (*proposal.reasons, *proposal.against)),
    )


def _decided(payments, candidates, customers):
    """Return the verdicts on ``payments``, and the errors of those that can't be judged by key."""
    try:
        return decide(payments, candidates, customers), {}
    except REFUSALS as error:
        if len(payments) == 1:
            return [], {payments[0].key: error}
    decide([], candidates, customers)  # else no payment is to blame
    half = len(payments) // 2
    first, bad = _decided(payments[:half], candidates, customers)
    second, worse = _decided(payments[half:], candidates, customers)
    failures = {**bad, **worse}
    if not failures:  # only together they can't be judged
        return [*first, *second], {}
    good = [payment for payment in payments if payment.key not in failures]
    verdicts, more = _decided(good, candidates, customers)
    return verdicts, {**failures, **more}
