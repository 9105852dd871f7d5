"""The figures of a reconciliation, read from the ledger by a fixed number of statements."""

from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ..engine import closing
from ..engine.closing import Figure


class ArReconciliation(models.Model):
    _inherit = "ar.reconciliation"  # pylint: disable=consider-merging-classes-inherited

    def _checks(self, figures):
        """Return the checks of ``figures``."""
        self.ensure_one()
        if self.kind == "bank":
            return closing.bank_checks(figures, closing.Period(self.date_from, self.date_to))
        return closing.receivables_checks(figures)

    def _current_figures(self):
        """Return what the ledger of today says about the end of the period, by code.

        Bank accounts are told in their own currency, in the bank's sign: money received is positive.
        """
        self.ensure_one()
        self.env.flush_all()
        return self._bank_figures() if self.kind == "bank" else self._receivables_figures()

    def _row(self, query):
        return self.env.execute_query(query)[0]

    def _figure(self, amount, count, **known):
        """Return a figure of an amount that the database tells as text."""
        return Figure(self._exact(amount), count or 0, **known)

    def _exact(self, amount):
        """Return an amount that the database tells as text as a decimal of the currency's digits; none as zero."""
        return Decimal(amount or 0).quantize(Decimal(1).scaleb(-self.currency_id.decimal_places))

    def _companies(self):
        """Return the ids of the company and its branches."""
        return self.env["res.company"].sudo().search([("id", "child_of", self.company_id.id)]).ids

    def _sql_posted(self):
        """SQL condition on the table ``item``: posted, of the company and its branches, up to the end of the period."""
        return SQL(
            "item.parent_state = 'posted' AND item.date <= %s AND item.company_id = ANY(%s)",
            self.date_to,
            self._companies(),
        )

    def _sql_open_at_end(self, accounts):
        """SQL condition on the table ``item``: on one of ``accounts``, and not settled when the period ended."""
        return SQL(
            """
            item.account_id = ANY(%(accounts)s)
            AND (item.reconciled IS NOT TRUE OR item.id IN (
                SELECT debit_move_id FROM account_partial_reconcile WHERE max_date > %(day)s
                UNION ALL
                SELECT credit_move_id FROM account_partial_reconcile WHERE max_date > %(day)s
            ))
            """,
            accounts=accounts.ids,
            day=self.date_to,
        )

    # === BANK === #

    def _bank_figures(self):
        journal = self.journal_id.sudo()
        is_own_currency = self.currency_id == self.company_id.sudo().currency_id
        statement, last_index, figures = self._statement_figures()
        return {
            **figures,
            closing.AFTER_STATEMENT: self._after_statement(statement, last_index),
            **self._ledger_figures(journal, is_own_currency),
            closing.OPEN_LINES: self._open_lines_figure(),
            closing.SUSPENSE: self._suspense_figure(journal, is_own_currency),
            closing.OUTSTANDING: self._outstanding_figure(journal, is_own_currency),
            closing.UNPOSTED_ENTRIES: self._unposted_bank_entries(journal, is_own_currency),
        }

    def _statement_figures(self):
        """Return the last statement's day, the index of its last line, and its figures."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT statement.date, statement.name, statement.balance_end_real::text, statement.balance_end::text,
                       line.last_index, line.count
                  FROM account_bank_statement statement
                  JOIN LATERAL (
                        SELECT MAX(line.internal_index) AS last_index, COUNT(*) AS count
                          FROM account_bank_statement_line line
                          JOIN account_move move ON move.id = line.move_id
                         WHERE line.statement_id = statement.id AND move.state = 'posted'
                       ) line ON TRUE
                 WHERE statement.journal_id = %s AND statement.date <= %s
              ORDER BY statement.date DESC, statement.first_line_index DESC NULLS LAST, statement.id DESC
                 LIMIT 1
                """,
                self.journal_id.id,
                self.date_to,
            )
        )
        if not rows:
            return None, None, {closing.STATEMENT: closing.NOTHING, closing.STATEMENT_LINES: closing.NOTHING}
        day, name, balance, of_lines, last_index, count = rows[0]
        return (
            day,
            last_index,
            {
                closing.STATEMENT: self._figure(balance, 1, day=day, name=name or ""),
                closing.STATEMENT_LINES: self._figure(of_lines, count),
            },
        )

    def _sql_lines(self):
        """SQL of the posted bank lines of the account up to the end of the period, as the table ``line``."""
        return SQL(
            """
            account_bank_statement_line line
            JOIN account_move move ON move.id = line.move_id
             AND line.journal_id = %s AND move.state = 'posted' AND move.date <= %s
            """,
            self.journal_id.id,
            self.date_to,
        )

    def _after_statement(self, statement_day, last_index):
        """Return the sum of the bank lines behind the last statement; of all where there is none."""
        behind = SQL("line.internal_index > %s", last_index) if last_index else SQL("move.date > %s", statement_day)
        return self._figure(
            *self._row(
                SQL(
                    "SELECT SUM(line.amount)::text, COUNT(*) FROM %s WHERE %s",
                    self._sql_lines(),
                    behind if statement_day else SQL("TRUE"),
                )
            )
        )

    def _ledger_figures(self, journal, is_own_currency):
        """Return the balance of the bank's account, what of it is on no bank line, and what is in another currency."""
        amount = SQL("item.balance") if is_own_currency else SQL("item.amount_currency")
        in_currency = SQL("TRUE") if is_own_currency else SQL("item.currency_id = %s", self.currency_id.id)
        total, count, odd, odd_count, other, other_count = self._row(
            SQL(
                """
                SELECT SUM(%(amount)s) FILTER (WHERE %(in_currency)s)::text,
                       COUNT(*) FILTER (WHERE %(in_currency)s),
                       SUM(%(amount)s) FILTER (WHERE %(in_currency)s AND item.statement_line_id IS NULL)::text,
                       COUNT(*) FILTER (WHERE %(in_currency)s AND item.statement_line_id IS NULL),
                       SUM(item.balance) FILTER (WHERE NOT %(in_currency)s)::text,
                       COUNT(*) FILTER (WHERE NOT %(in_currency)s)
                  FROM account_move_line item
                 WHERE item.account_id = %(account)s AND %(posted)s
                """,
                amount=amount,
                in_currency=in_currency,
                account=journal.default_account_id.id or None,
                posted=self._sql_posted(),
            )
        )
        return {
            closing.LEDGER: self._figure(total, count),
            closing.WITHOUT_LINE: self._figure(odd, odd_count),
            closing.OTHER_CURRENCY: Figure(Decimal(other or 0), other_count),
        }

    def _sql_open_amount(self):
        """SQL of what is open of the table ``line``, in the currency of the account and the bank's sign."""
        return SQL(
            """
            ROUND(
                CASE WHEN line.foreign_currency_id IS NOT NULL AND line.amount_currency <> 0
                     THEN -line.amount_residual::numeric * line.amount / line.amount_currency
                     ELSE -line.amount_residual::numeric
                END,
                %s
            )
            """,
            self.currency_id.decimal_places,
        )

    def _open_lines_figure(self):
        """Return the sum of what the bank lines themselves say is open of them."""
        amount, count, digest = self._row(
            SQL(
                """
                SELECT SUM(%(open)s)::text, COUNT(*), MD5(STRING_AGG(line.id || ' ' || %(open)s, ',' ORDER BY line.id))
                  FROM %(lines)s
                 WHERE line.is_reconciled IS NOT TRUE
                """,
                open=self._sql_open_amount(),
                lines=self._sql_lines(),
            )
        )
        return self._figure(amount, count, digest=digest or "")

    def _suspense_figure(self, journal, is_own_currency):
        """Return what the ledger has on the suspense account for this bank account.

        Several bank accounts may share it: bank lines count for their own, entries without a bank line for each of them
        that has their currency.
        """
        entries = SQL("TRUE") if is_own_currency else SQL("item.currency_id = %s", self.currency_id.id)
        return self._figure(
            *self._row(
                SQL(
                    """
                    SELECT SUM(ROUND(
                               CASE WHEN line.foreign_currency_id IS NOT NULL AND line.amount_currency <> 0
                                    THEN -item.amount_currency * line.amount / line.amount_currency
                                    WHEN %(is_own_currency)s THEN -item.balance
                                    ELSE -item.amount_currency
                               END,
                               %(digits)s
                           ))::text,
                           COUNT(*)
                      FROM account_move_line item
                 LEFT JOIN account_bank_statement_line line ON line.move_id = item.move_id
                     WHERE item.account_id = %(account)s
                       AND %(posted)s
                       AND (line.journal_id = %(journal)s OR (line.id IS NULL AND %(entries)s))
                    """,
                    is_own_currency=is_own_currency,
                    digits=self.currency_id.decimal_places,
                    account=journal.suspense_account_id.id or None,
                    posted=self._sql_posted(),
                    journal=journal.id,
                    entries=entries,
                )
            )
        )

    def _outstanding_figure(self, journal, is_own_currency):
        """Return the registered payments of the account that were on no bank line at the end of the period."""
        methods = journal.inbound_payment_method_line_ids | journal.outbound_payment_method_line_ids
        accounts = methods.payment_account_id - journal.default_account_id
        residual = SQL("item.amount_residual") if is_own_currency else SQL("item.amount_residual_currency")
        later = SQL("later.amount") if is_own_currency else SQL("later.amount_currency")
        in_currency = SQL("TRUE") if is_own_currency else SQL("item.currency_id = %s", self.currency_id.id)
        return self._figure(
            *self._row(
                SQL(
                    """
                    WITH item AS (
                        SELECT item.id, %(residual)s AS residual
                          FROM account_move_line item
                         WHERE %(open)s AND item.journal_id = %(journal)s AND %(in_currency)s AND %(posted)s
                    ), later AS (%(later)s)
                    SELECT SUM(item.residual + COALESCE(%(later_amount)s, 0))::text,
                           COUNT(*) FILTER (WHERE item.residual + COALESCE(%(later_amount)s, 0) <> 0)
                      FROM item
                 LEFT JOIN later ON later.line_id = item.id
                    """,
                    residual=residual,
                    journal=journal.id,
                    in_currency=in_currency,
                    posted=self._sql_posted(),
                    open=self._sql_open_at_end(accounts),
                    later=self.env["account.move.line"]._ar_sql_settled_after(self.date_to),
                    later_amount=later,
                )
            )
        )

    def _unposted_bank_entries(self, journal, is_own_currency):
        """Return what unposted entries of the period would add to the account."""
        amount = SQL("item.balance") if is_own_currency else SQL("item.amount_currency")
        return self._figure(
            *self._row(
                SQL(
                    """
                    SELECT SUM(%(amount)s)::text, COUNT(DISTINCT item.move_id)
                      FROM account_move_line item
                     WHERE item.account_id = %(account)s
                       AND item.parent_state = 'draft'
                       AND item.company_id = ANY(%(companies)s)
                       AND item.date BETWEEN %(first_day)s AND %(last_day)s
                    """,
                    amount=amount,
                    account=journal.default_account_id.id or None,
                    companies=self._companies(),
                    first_day=self.date_from,
                    last_day=self.date_to,
                )
            )
        )

    # === CUSTOMERS === #

    def _receivable_accounts(self):
        """Return all accounts of customers, also archived ones."""
        accounts = self.env["account.account"].sudo().with_context(active_test=False)
        return accounts.search([("account_type", "=", "asset_receivable")])

    def _sql_receivable(self):
        """SQL condition on the table ``item``: on an account of customers."""
        return SQL("item.account_id = ANY(%s)", self._receivable_accounts().ids)

    def _sql_customers(self):
        """SQL of a row for each customer: id (none for items without one), balance and count of items.

        Items are added up before the customers are looked up, which are fewer.
        """
        return SQL(
            """
            SELECT partner.commercial_partner_id AS id, SUM(total.balance) AS balance, SUM(total.count) AS count
              FROM (
                    SELECT item.partner_id, SUM(item.balance) AS balance, COUNT(*) AS count
                      FROM account_move_line item
                     WHERE %s AND %s
                  GROUP BY item.partner_id
                   ) total
         LEFT JOIN res_partner partner ON partner.id = total.partner_id
          GROUP BY partner.commercial_partner_id
            """,
            self._sql_receivable(),
            self._sql_posted(),
        )

    def _receivables_figures(self):
        total, count, of_customers, customers, digest, nobodys, nobodys_count = self._row(
            SQL(
                """
                SELECT SUM(balance)::text,
                       SUM(count)::bigint,
                       SUM(balance) FILTER (WHERE id IS NOT NULL)::text,
                       COUNT(*) FILTER (WHERE id IS NOT NULL AND balance <> 0),
                       MD5(STRING_AGG(id || ' ' || balance, ',' ORDER BY id) FILTER (WHERE balance <> 0)),
                       SUM(balance) FILTER (WHERE id IS NULL)::text,
                       SUM(count) FILTER (WHERE id IS NULL)::bigint
                  FROM (%s) customer
                """,
                self._sql_customers(),
            )
        )
        return {
            closing.LEDGER: self._figure(total, count),
            closing.CUSTOMERS: self._figure(of_customers, customers, digest=digest or ""),
            closing.NO_CUSTOMER: self._figure(nobodys, nobodys_count),
            closing.OPEN_ITEMS: self._open_items_figure(),
            **self._unposted_receivables(),
        }

    def _open_items_figure(self):
        """Return what was open of all items at the end of the period: what is open today and what was settled since."""
        return self._figure(
            *self._row(
                SQL(
                    """
                    WITH item AS (
                        SELECT item.id, item.amount_residual AS residual
                          FROM account_move_line item
                         WHERE %(open)s AND %(posted)s
                    ), later AS (%(later)s)
                    SELECT SUM(item.residual + COALESCE(later.amount, 0))::text,
                           COUNT(*) FILTER (WHERE item.residual + COALESCE(later.amount, 0) <> 0)
                      FROM item
                 LEFT JOIN later ON later.line_id = item.id
                    """,
                    posted=self._sql_posted(),
                    open=self._sql_open_at_end(self._receivable_accounts()),
                    later=self.env["account.move.line"]._ar_sql_settled_after(self.date_to),
                )
            )
        )

    def _unposted_receivables(self):
        """Return the draft invoices of the period, and other unposted entries on customers' accounts."""
        invoices, invoice_count, entries, entry_count = self._row(
            SQL(
                """
                SELECT SUM(item.balance) FILTER (WHERE move.move_type LIKE 'out%%')::text,
                       COUNT(DISTINCT move.id) FILTER (WHERE move.move_type LIKE 'out%%'),
                       SUM(item.balance) FILTER (WHERE move.move_type NOT LIKE 'out%%')::text,
                       COUNT(DISTINCT move.id) FILTER (WHERE move.move_type NOT LIKE 'out%%')
                  FROM account_move_line item
                  JOIN account_move move ON move.id = item.move_id
                 WHERE %(receivable)s
                   AND item.parent_state = 'draft'
                   AND item.company_id = ANY(%(companies)s)
                   AND COALESCE(move.invoice_date, move.date) BETWEEN %(first_day)s AND %(last_day)s
                """,
                receivable=self._sql_receivable(),
                companies=self._companies(),
                first_day=self.date_from,
                last_day=self.date_to,
            )
        )
        return {
            closing.DRAFT_INVOICES: self._figure(invoices, invoice_count),
            closing.UNPOSTED_ENTRIES: self._figure(entries, entry_count),
        }
