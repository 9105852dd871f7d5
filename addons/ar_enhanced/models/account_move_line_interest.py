from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.late_interest import Debt, LateInterest, MissingRateError, Settlement, Suspension, late_interest
from .account_move_line_discount import _as_currency
from .ar_discount_offer import _decimal


class LateLine(NamedTuple):
    """A receivable that is or was late, and the days of it that weren't charged yet."""

    line_id: int
    move_id: int
    company_id: int
    customer_id: int
    currency_id: int
    due: date
    amount: Decimal
    #: The part of the invoice that this instalment is, for what is about the invoice.
    share: Decimal
    since: date
    until: date
    fixed_sum_charged: bool


class Reckoned(NamedTuple):
    """What a late line bears: the engine's finding, or why it can't be told."""

    line: LateLine
    policy: Any
    found: LateInterest | None
    fixed_sum: Decimal
    total: Decimal
    is_charged: bool
    problem: str


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_late_lines(self, company, until, condition):
        """Receivables of ``company`` and its branches that were late by ``until``, in one statement.

        ``condition`` is SQL on the tables of ``_ar_sql_items``.  Interest isn't due on what was billed as interest.
        Days up to the last that was billed or waived are left out: then ``since`` may be after ``until``.

        :return: ``{line id: LateLine}``
        """
        due_from = self.env["ar.interest.policy"]._ar_due_from(company.root_id)
        if due_from is None:
            return {}
        self._ar_flush()
        self.env["ar.interest.charge"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH late AS (
                    SELECT line.id,
                           line.move_id,
                           line.company_id,
                           customer.commercial_partner_id AS customer_id,
                           line.currency_id,
                           COALESCE(line.date_maturity, line.date) AS due,
                           line.amount_currency,
                           line.amount_currency / NULLIF(move.amount_total, 0) AS share,
                           line.reconciled,
                           paid.last_day,
                           charged.until AS charged_until,
                           charged.fixed_sum_until <= charged.until AS with_fixed_sum
                      FROM %(items)s
         LEFT JOIN LATERAL (
                    SELECT MAX(LEAST(payment.date, settling.date)) AS last_day
                      FROM account_partial_reconcile part
                      JOIN account_move_line settling ON settling.id = part.credit_move_id
                      JOIN account_move settling_move ON settling_move.id = settling.move_id
                 LEFT JOIN account_payment payment ON payment.id = settling_move.origin_payment_id
                     WHERE part.debit_move_id = line.id AND part.debit_amount_currency != 0
                           ) AS paid ON TRUE
         LEFT JOIN LATERAL (
                    SELECT MAX(charge.date_until) FILTER (WHERE charge.state != 'shown') AS until,
                           MIN(charge.date_until) FILTER (WHERE charge.fixed_sum > 0) AS fixed_sum_until
                      FROM ar_interest_charge charge
                     WHERE charge.move_id = line.move_id
                       AND (charge.move_line_id = line.id OR charge.move_line_id IS NULL)
                           ) AS charged ON TRUE
                     WHERE %(are_items)s
                       AND %(condition)s
                       AND line.amount_currency > 0
                       AND COALESCE(line.date_maturity, line.date) >= %(due_from)s
                       AND COALESCE(line.date_maturity, line.date) < %(until)s
                       AND (line.reconciled IS NOT TRUE OR paid.last_day > COALESCE(line.date_maturity, line.date))
                       AND NOT EXISTS (SELECT FROM ar_interest_charge billed WHERE billed.debit_note_id = move.id)
                )
                SELECT id,
                       move_id,
                       company_id,
                       customer_id,
                       currency_id,
                       due,
                       amount_currency::text,
                       share::text,
                       charged_until,
                       CASE WHEN reconciled THEN LEAST(last_day, %(until)s) ELSE %(until)s END AS until,
                       COALESCE(with_fixed_sum, FALSE)
                  FROM late
              ORDER BY id
                """,
                items=self._ar_sql_items(),
                are_items=self._ar_sql_are_items(company),
                condition=condition,
                due_from=due_from,
                until=until,
            )
        )
        late = {}
        for line_id, *keys, due, amount, share, charged_until, last, with_fixed_sum in rows:
            since = max(due, charged_until or due) + timedelta(1)
            late[line_id] = LateLine(
                line_id, *keys, due, Decimal(amount), Decimal(share or 0), since, last, with_fixed_sum
            )
        return late

    @api.model
    def _ar_interest_until(self, company, day, condition):
        """What late lines bear up to ``day`` that was neither billed nor waived, as of `_ar_late_lines`.

        Days that a debit note gave back before others that stay charged are there by themselves.

        :return: list of Reckoned, by line and day
        """
        late = self._ar_late_lines(company, day, condition)
        reckoned = list(self._ar_reckon_interest(company, late).values())
        charged = [line.line_id for line in late.values() if line.since > line.due + timedelta(1)]
        if charged:
            # Whoever sees what an invoice bears may know of all its days.
            shown = self.env["ar.interest.charge"].sudo()
            shown = shown.search([("move_line_id", "in", charged), ("state", "=", "shown"), ("date_until", "<=", day)])
            reckoned += filter(None, shown._given_back()._reckon_own_days().values())
        return sorted(reckoned, key=lambda found: (found.line.line_id, found.line.since))

    @api.model
    def _ar_reckon_interest(self, company, late):
        """What late lines bear in their days: ``{line id: Reckoned}``, without those that no policy is about.

        In a constant number of statements, and one more per foreign currency and day for fixed sums.
        """
        company = company.root_id
        customers = self.env["res.partner"].browse({line.customer_id for line in late.values()})
        policies = {
            customer.id: policy
            for customer, policy in self.env["ar.interest.policy"]._ar_by_customer(customers, company).items()
        }
        meant = {
            line_id: (line, policies[line.customer_id])
            for line_id, line in late.items()
            if line.customer_id in policies
            and line.since <= line.until
            and not (policies[line.customer_id].due_from and line.due < policies[line.customer_id].due_from)
        }
        settled = self._ar_interest_settlements(list(meant))
        disputed = self._ar_interest_disputes({line.move_id for line, _policy in meant.values()})
        terms = {}
        found = {}
        for line_id, (line, policy) in meant.items():
            settlements = [
                (line.due if is_credit and policy.credit_notes == "never_owed" else day, amount, is_credit)
                for day, amount, is_credit in settled.get(line_id, ())
            ]
            objections = () if policy.disputed_bears else disputed.get(line.move_id, ())
            debt = Debt(
                line.amount,
                line.due,
                _as_currency(self.env["res.currency"].browse(line.currency_id)),
                tuple(Settlement(day, amount) for day, amount, _is_credit in settlements),
                tuple(
                    suspension
                    for first, last, amount in objections
                    for suspension in self._ar_suspensions(
                        first,
                        last,
                        amount * line.share,
                        [(day, credited) for day, credited, is_credit in settlements if is_credit],
                    )
                ),
            )
            found[line_id] = self._ar_reckon_one(company, line, policy, debt, terms)
        return found

    @api.model
    def _ar_reckon_one(self, company, line, policy, debt, terms):
        """What one late line bears; ``terms`` keeps the terms of policies that were made before."""
        currency = self.env["res.currency"].browse(line.currency_id)
        # Only a conversion depends on the day.
        first = line.due + timedelta(1)
        key = (policy, currency, first if currency != policy.currency_id else None)
        try:
            if key not in terms:
                terms[key] = (
                    policy._ar_terms(currency, company, first),
                    policy._ar_minimum(currency, company, first),
                )
            interest = late_interest(terms[key][0], debt, line.until, line.since)
        except MissingRateError as error:
            return Reckoned(line, policy, None, Decimal(), Decimal(), False, policy.table_id._missing_text(error.day))
        except UserError as error:
            return Reckoned(line, policy, None, Decimal(), Decimal(), False, str(error))
        fixed_sum = Decimal() if line.fixed_sum_charged else interest.fixed_sum
        total = interest.interest + fixed_sum
        return Reckoned(line, policy, interest, fixed_sum, total, total > 0 and total >= terms[key][1], "")

    @api.model
    def _ar_suspensions(self, first, last, amount, credits):
        """Suspend ``amount`` from ``first`` to ``last``, less what was credited: a credit note ends what it is about.

        ``credits`` are (day, amount), by day; like a payment, one counts from the day after.
        """
        suspensions = []
        for day, credited in credits:
            if last and day >= last:
                break
            if day >= first and amount > 0:
                suspensions.append(Suspension(first, day, amount))
                first = day + timedelta(1)
            amount -= credited
        if amount > 0:
            suspensions.append(Suspension(first, last, amount))
        return suspensions

    @api.model
    def _ar_interest_settlements(self, line_ids):
        """What settled each line on which day, in its currency: ``{line id: [(day, amount, is a credit note), …]}``.

        The day is that of the payment, which the books may have later, where its period was locked.  Money that was
        there before it was matched counts from when it came.
        """
        if not line_ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT part.debit_move_id,
                       LEAST(payment.date, settling.date) AS day,
                       SUM(part.debit_amount_currency)::text,
                       settling_move.move_type = 'out_refund' AS is_credit
                  FROM account_partial_reconcile part
                  JOIN account_move_line settling ON settling.id = part.credit_move_id
                  JOIN account_move settling_move ON settling_move.id = settling.move_id
             LEFT JOIN account_payment payment ON payment.id = settling_move.origin_payment_id
                 WHERE part.debit_move_id = ANY(%s)
              GROUP BY part.debit_move_id, day, is_credit
                HAVING SUM(part.debit_amount_currency) != 0
              ORDER BY part.debit_move_id, day
                """,
                line_ids,
            )
        )
        settled = {}
        for line_id, day, amount, is_credit in rows:
            settled.setdefault(line_id, []).append((day, Decimal(amount), is_credit))
        return settled

    @api.model
    def _ar_interest_disputes(self, move_ids):
        """Amounts that are, or justly were, disputed: ``{invoice id: [(first day, last day or None, amount), …]}``."""
        disputed = {}
        # Whoever sees what an invoice bears may know what is left out.
        disputes = self.env["ar.dispute"].sudo()
        for dispute in disputes.search_fetch(
            [("move_id", "in", list(move_ids)), ("state", "in", ("open", "resolved"))],
            ["move_id", "opened_on", "closed_on", "amount"],
        ):
            disputed.setdefault(dispute.move_id.id, []).append(
                (dispute.opened_on, dispute.closed_on or None, _decimal(dispute.amount))
            )
        return disputed
