"""What matching is told of bank lines, open items and customers: rows of the database as the engine's values."""

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Context, Decimal

from odoo import api, fields, models
from odoo.tools import SQL, html2plaintext

from ..engine.advice import advised
from ..engine.candidate import Candidate, Customer, Discount, Sort
from ..engine.payment import Payment
from ..engine.reference import compact, spellings
from .account_move import NOT_OF_CORE
from .trouble import REFUSALS

#: Settled invoices are recognised in a text for so many days after they were issued.
SETTLED_DAYS = 400
#: What of the bank's details a payer may have written; the bank's own ids could pass for numbers of ours.
PAYERS_DETAILS = ("remittance", "reference", "end_to_end_id", "additional_info", "ultimate_debtor")
#: Contacts lend a customer their names as long as there are no more.
MOST_CONTACTS = 5
#: How far up the parents of a customer are followed.
MOST_PARENTS = 20
#: Odoo's rates are no more exact.
RATE = Context(prec=15)
#: What `_ar_candidate_rows` calls the sorts of items.
SORTS = {"invoice": Sort.INVOICE, "credit_note": Sort.CREDIT_NOTE, "payment": Sort.PAYMENT}


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    # === PAYMENTS === #

    def _as_payments(self):
        """Return these lines as the engine's payments, and the errors of those that can't be one by line id."""
        policies = {journal.id: journal._as_policy() for journal in self.journal_id}
        payments, failures = [], {}
        advices = self.env["ar.remittance.advice"]._remittances(self)
        for row in self._ar_payment_rows():
            try:
                payments.append(self._as_payment(row, policies))
            except REFUSALS as error:
                failures[row[0]] = error
        notices = self.env["ar.payment.notice"]._remittances(self, payments)
        return [
            _as_advised(_as_announced(payment, notices.get(payment.key)), advices.get(payment.key))
            for payment in payments
        ], failures

    @api.model
    def _as_payment(self, row, policies):
        """Return a row of `_ar_payment_rows` as the engine's payment; nothing left to reconcile is an amount of zero.

        :param dict policies: engine's Policy by journal id
        """
        key, journal, day, amount, currency, text, ref, narration, details, name, account = row
        texts = [text, ref, narration and html2plaintext(narration), name]
        details = details if isinstance(details, dict) else {}  # other software may have written anything
        texts += [details[each] for each in PAYERS_DETAILS if isinstance(details.get(each), str)]
        texts, paid = tuple(dict.fromkeys(filter(None, texts))), Decimal(amount)
        return Payment(
            key=key,
            day=day,
            amount=paid,
            currency=currency,
            texts=texts,
            name=name or "",
            counterparty_account=compact(account or ""),
            remittance=tuple((number, part.quantize(paid)) for number, part in advised(texts)),
            policy=policies[journal],
            journal=journal,
        )

    def _ar_payment_rows(self):
        """Read what `_as_payment` needs of these lines in one statement."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT line.id, line.journal_id, COALESCE(line.ar_value_date, move.date),
                       round(COALESCE(suspense.amount, 0), currency.decimal_places)::text, currency.name,
                       line.payment_ref, move.ref, move.narration, line.transaction_details, line.partner_name,
                       line.account_number
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN account_journal journal ON journal.id = line.journal_id
                  LEFT JOIN LATERAL (
                      SELECT -sum(item.amount_currency) AS amount, min(item.currency_id) AS currency_id
                        FROM account_move_line item
                       WHERE item.move_id = line.move_id AND item.account_id = journal.suspense_account_id
                  ) suspense ON TRUE
                  JOIN res_currency currency ON currency.id = COALESCE(suspense.currency_id, line.currency_id)
                 WHERE line.id = ANY(%s)
                 ORDER BY line.id
                """,
                self.ids,
            )
        )

    # === RATES === #

    @api.model
    def _ar_with_rates(self, company, payments, candidates):
        """Return ``payments`` with the company's rates of their days for the other currencies of ``candidates``."""
        codes = {candidate.currency for candidate in candidates}
        if all(codes <= {payment.currency} for payment in payments):
            return payments
        history = self._ar_rate_history(company, codes | {payment.currency for payment in payments})
        priced = []
        for payment in payments:
            own = _rate_on(history, payment.currency, payment.day)
            others = {code: _rate_on(history, code, payment.day) for code in sorted(codes - {payment.currency}) if own}
            rates = tuple((code, RATE.divide(own, rate)) for code, rate in others.items() if rate)
            priced.append(replace(payment, rates=rates))
        return priced

    @api.model
    def _ar_rate_history(self, company, codes):
        """Return the days and rates of currencies, units per unit of the company's: ``{code: ([day, …], [rate, …])}``.

        A currency without any rate is not there: nobody knows what it is worth.
        """
        self.env["res.currency.rate"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (currency.name, rate.name) currency.name, rate.name, rate.rate::text
                  FROM res_currency_rate rate
                  JOIN res_currency currency ON currency.id = rate.currency_id
                 WHERE currency.name = ANY(%s) AND (rate.company_id = %s OR rate.company_id IS NULL) AND rate.rate > 0
                 ORDER BY currency.name, rate.name, rate.company_id NULLS LAST
                """,
                sorted(codes),
                company.root_id.id,
            )
        )
        history = {}
        for code, day, rate in rows:
            days, rates = history.setdefault(code, ([], []))
            days.append(day)
            rates.append(Decimal(rate))
        history.setdefault(company.currency_id.name, ([date.min], [Decimal(1)]))
        return history

    # === ITEMS === #

    def _ar_candidates(self, company, payments):
        """Return what ``payments`` of these lines could settle.

        :param company: res.company
        :param list[Payment] payments: decide which settled invoices are read
        :return: the open receivable items of customers, the registered payments of the lines' journals, and settled
            invoices that a payment names
        :rtype: list[Candidate]
        """
        currencies = dict(self.env.execute_query(SQL("SELECT id, name FROM res_currency")))
        rows = self._ar_candidate_rows(company, payments)
        days = {payment.day for payment in payments} or {fields.Date.today()}
        discounts = self.env["account.move.line"]._ar_open_discounts(self._ar_companies(company).ids, days)
        return [_as_candidate(row, currencies, discounts) for row in rows]

    def _ar_candidate_rows(self, company, payments):
        """Read the items behind `_ar_candidates` in one statement."""
        self.env.flush_all()
        named = sorted({spelling for payment in payments for text in payment.texts for spelling in spellings(text)})
        earliest = min((payment.day for payment in payments), default=fields.Date.today())
        receivable = self.env["account.account"].sudo()._search([("account_type", "=", "asset_receivable")])
        companies = self._ar_companies(company).ids
        query = SQL(
            """
            %(open)s
             UNION ALL
            %(settled)s
             UNION ALL
            %(registered)s
             ORDER BY 1
            """,
            open=SQL(
                "%s AND item.reconciled IS NOT TRUE AND item.amount_residual_currency != 0",
                _receivable_items(receivable, companies),
            ),
            settled=SQL(
                """
                %s AND item.reconciled IS TRUE AND move.date >= %s AND move.move_type = 'out_invoice' AND (
                    regexp_replace(upper(move.name), %s, '', 'g') = ANY(%s)
                    OR regexp_replace(upper(move.payment_reference), %s, '', 'g') = ANY(%s)
                )
                """,
                _receivable_items(receivable, companies),
                earliest - timedelta(days=SETTLED_DAYS),
                *(NOT_OF_CORE, named, NOT_OF_CORE, named),
            ),
            registered=_registered_payments(self.journal_id.ids, companies),
        )
        self.env.cr.execute(query)
        return self.env.cr.fetchall()

    @api.model
    def _ar_companies(self, company):
        """Return ``company`` and those of its branches that the user works in; software works in all of them."""
        branches = self.env["res.company"].sudo().search([("id", "child_of", company.id)])
        return branches if self.env.su or self.env.user._is_superuser() else branches & (self.env.companies | company)

    # === CUSTOMERS === #

    @api.model
    def _ar_customers(self, company, candidates):
        """Return the customers of ``candidates``, with everything that they are recognised by.

        :rtype: list[Customer]
        """
        keys = sorted({candidate.customer for candidate in candidates})
        contacts, accounts, tops = self._ar_contacts(keys), self._ar_accounts(company, keys), self._ar_tops(keys)
        learned = self._ar_learned(company, keys)
        rows = self.env.execute_query(
            SQL("SELECT id, name, commercial_company_name, ref FROM res_partner WHERE id = ANY(%s) ORDER BY id", keys)
        )
        customers = []
        for key, name, commercial_name, ref in rows:
            facts = learned.get(key, {})
            names = (name, commercial_name, *contacts.get(key, ()), *facts.get("names", ()))
            customers.append(
                Customer(
                    key=key,
                    names=tuple(dict.fromkeys(filter(None, names))),
                    accounts=accounts.get(key, ()),
                    learned_accounts=facts.get("learned_accounts", ()),
                    group=facts.get("group") or tops.get(key, key),
                    references=(ref,) if ref else (),
                    habit=facts.get("habit", ""),
                )
            )
        return customers

    @api.model
    def _ar_learned(self, company, partner_ids):
        """Return what confirmed matches of ``company`` have taught of customers, by their ids.

        :return: values of the engine's Customer: ``names`` and ``learned_accounts`` are added, ``group`` and ``habit``
            take the place of what is known otherwise
        :rtype: dict[int, dict]
        """
        return {}

    @api.model
    def _ar_contacts(self, keys):
        """Return the names of the contacts of customers who have few: ``{partner id: (name, …)}``."""
        return {
            parent: tuple(names)
            for parent, names in self.env.execute_query(
                SQL(
                    """
                    SELECT parent_id, array_agg(name ORDER BY id)
                      FROM res_partner
                     WHERE parent_id = ANY(%s) AND active AND is_company IS NOT TRUE AND name != ''
                     GROUP BY parent_id
                    HAVING count(*) <= %s
                    """,
                    keys,
                    MOST_CONTACTS,
                )
            )
        }

    @api.model
    def _ar_accounts(self, company, keys):
        """Return the approved bank accounts of customers and of their contacts, compact: ``{partner id: (…)}``."""
        owned = defaultdict(set)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT owner.commercial_partner_id, bank.sanitized_acc_number
                  FROM res_partner_bank bank
                  JOIN res_partner owner ON owner.id = bank.partner_id
                 WHERE owner.commercial_partner_id = ANY(%s)
                   AND bank.active
                   AND COALESCE(bank.ar_review_state, 'approved') = 'approved'
                   AND (bank.company_id IS NULL OR bank.company_id = ANY(%s))
                """,
                keys,
                [*company.parent_ids.ids, *self._ar_companies(company).ids],
            )
        )
        for customer, number in rows:
            owned[customer].add(compact(number or ""))
        return {customer: tuple(sorted(numbers - {""})) for customer, numbers in owned.items()}

    @api.model
    def _ar_tops(self, keys):
        """Return the topmost parent of each customer who has one: ``{partner id: partner id}``."""
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    WITH RECURSIVE ancestor AS (
                        SELECT id AS customer, parent_id AS top, 1 AS step
                          FROM res_partner
                         WHERE id = ANY(%s) AND parent_id IS NOT NULL
                         UNION ALL
                        SELECT ancestor.customer, parent.parent_id, ancestor.step + 1
                          FROM ancestor
                          JOIN res_partner parent ON parent.id = ancestor.top
                         WHERE parent.parent_id IS NOT NULL AND ancestor.step < %s
                    )
                    SELECT DISTINCT ON (customer) customer, top FROM ancestor ORDER BY customer, step DESC
                    """,
                    keys,
                    MOST_PARENTS,
                )
            )
        )


def _as_advised(payment, advice):
    """Return ``payment`` with the remittance advice that a person handed in, which goes before what its texts say."""
    if not advice:
        return payment
    return replace(payment, remittance=tuple((number, part.quantize(payment.amount)) for number, part in advice))


def _as_announced(payment, notice):
    """Return ``payment`` with what the customer has announced of it; its reference could pass for a number of ours."""
    if not notice:
        return payment
    advice, reference = notice
    written = re.compile(r"\W*".join(reference or "$^"), re.IGNORECASE)
    texts = tuple(filter(None, (written.sub(" ", text).strip() for text in payment.texts)))
    return _as_advised(replace(payment, texts=texts), advice)


def _as_candidate(row, currencies, discounts):
    """Return a row of `_ar_candidate_rows` as the engine's candidate; there may be hundreds of thousands.

    :param dict discounts: what policies grant, which goes before the payment terms: ``{item id: (Discount, …)}``
    """
    key, move, number, customer, residual, currency, due, issued, *told, off, last_day, percent, sort, journal = row
    agreed = discounts.get(key)
    if agreed is None:
        agreed = (Discount(Decimal(off), last_day, Decimal(percent)),) if off else ()
    return Candidate(
        key,
        move,
        number,
        customer,
        Decimal(residual),
        currencies[currency],
        due,
        issued,
        tuple(dict.fromkeys(filter(None, told))) if any(told) else (),
        agreed,
        SORTS[sort],
        journal,
    )


def _receivable_items(receivable, companies):
    """Return the query of customers' items, for conditions to be added.

    Money that is on the customer's account already, from a bank line or a registered payment, is no item to be paid. A
    discount of payment terms is only for who pays everything at once.
    """
    return SQL(
        """
        SELECT item.id, item.move_id, move.name, item.partner_id,
               round(item.amount_residual_currency, currency.decimal_places)::text, item.currency_id,
               COALESCE(item.date_maturity, item.date), COALESCE(move.invoice_date, move.date),
               NULLIF(move.payment_reference, move.name), NULLIF(move.ref, move.name), CASE
                    WHEN move.move_type = 'entry' THEN NULLIF(item.name, move.name)
                    ELSE NULLIF(move.invoice_origin, move.name)
               END, CASE
                    WHEN item.discount_date IS NOT NULL AND item.amount_residual_currency = item.amount_currency
                    THEN round(item.amount_currency - item.discount_amount_currency, currency.decimal_places)::text
               END, item.discount_date, trim_scale(COALESCE(term.discount_percentage, 0)::numeric)::text,
               CASE WHEN item.amount_currency < 0 THEN 'credit_note' ELSE 'invoice' END, 0
          FROM account_move_line item
          JOIN account_move move ON move.id = item.move_id
          JOIN res_currency currency ON currency.id = item.currency_id
          LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id AND term.early_discount
         WHERE item.account_id IN %s
           AND item.company_id = ANY(%s)
           AND item.parent_state = 'posted'
           AND item.partner_id IS NOT NULL
           AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt', 'entry')
           AND move.statement_line_id IS NULL
           AND move.origin_payment_id IS NULL
        """,
        receivable.subselect(),
        companies,
    )


def _registered_payments(journals, companies):
    """Return the query of payments that wait for their bank line, with the columns of `_receivable_items`.

    Odoo calls a payment paid as soon as its invoices are, which in Community is before the bank line comes.
    """
    return SQL(
        """
        SELECT item.id, item.move_id, COALESCE(payment.name, move.name), item.partner_id,
               round(item.amount_residual_currency, currency.decimal_places)::text, item.currency_id,
               item.date, payment.date, payment.memo, payment.payment_reference, move.ref, NULL, NULL::date, NULL,
               'payment',
               payment.journal_id
          FROM account_payment payment
          JOIN account_move move ON move.id = payment.move_id
          JOIN account_move_line item ON item.move_id = move.id AND item.account_id = payment.outstanding_account_id
          JOIN account_account account ON account.id = item.account_id AND account.reconcile
          JOIN res_currency currency ON currency.id = item.currency_id
         WHERE payment.journal_id = ANY(%s)
           AND payment.is_matched IS NOT TRUE
           AND payment.state IN ('in_process', 'paid')
           AND payment.partner_type = 'customer'
           AND item.company_id = ANY(%s)
           AND item.parent_state = 'posted'
           AND item.partner_id IS NOT NULL
           AND item.reconciled IS NOT TRUE
           AND item.amount_residual_currency != 0
        """,
        journals,
        companies,
    )


def _rate_on(history, code, day):
    """Return the rate of the last day that isn't after ``day``, as Odoo does else the first one; ``None`` without."""
    if code not in history:
        return None
    days, rates = history[code]
    return rates[max(bisect_right(days, day) - 1, 0)]
