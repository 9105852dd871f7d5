"""What a bank line that matches nothing comes nearest to: a few hundred items are fetched, the engine compares them."""

from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL, format_date
from odoo.tools.misc import formatLang

from ..engine.comparison import FINDINGS, NEAR_PERCENT, nearest, runs_with_slips, transposed
from ..engine.replay import restored_customers, restored_items
from .bank_line_facts import _as_candidate, _receivable_items, _registered_payments
from .trouble import REFUSALS

#: Items that are shown, and that are fetched for each way to find some.
MOST_SHOWN = 5
MOST_OF_AMOUNT = 60
MOST_OF_NUMBER = 80
MOST_OF_CUSTOMERS = 150
MOST_CUSTOMERS = 20
MOST_LOOKED_AT = 300
#: Percents of a discount by which an item that was paid less one is found; the engine tells whether it was granted.
DISCOUNT_PERCENTS = ("1", "1.5", "2", "2.5", "3", "4", "5")
#: A whole number of PostgreSQL holds no more digits.
MOST_DIGITS = 9


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    _ar_open_amount_index = models.Index(
        "(amount_residual_currency, id) WHERE reconciled IS NOT TRUE AND amount_residual_currency != 0"
    )


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    _ar_number_index = models.Index(
        "(sequence_number, id) WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
    )


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    def ar_comparison(self):
        """Return the open items that this line comes nearest to, with what agrees and what differs, to be shown.

        :return: the nearest first, only what the user may read: ``{item_id, move_id, number, customer, residual,
            currency_id, due, agrees: [sentence, …], differs: [sentence, …]}``
        :rtype: list[dict]
        """
        self.ensure_one()
        self.check_access("read")
        company = self.company_id
        payments, _failures = self._as_payments()
        if not payments or not payments[0].amount:
            return []
        candidates = self._ar_near_candidates(company, payments[0])
        # Somebody else's branch is no business of who may not read its items.
        readable = self.env["account.move.line"].browse([each.key for each in candidates])._filtered_access("read")
        candidates = [each for each in candidates if each.key in set(readable.ids)]
        customers = self._ar_customers(company, candidates)
        (payment,) = self._ar_with_rates(company, payments, candidates)
        items = {each.key: each for each in candidates}
        names = {each.key: each.names[0] for each in customers if each.names}
        currencies = {each.name: each for each in self.env["res.currency"].with_context(active_test=False).search([])}
        wording = ComparisonWording(self.env, currencies, payment)
        return [
            wording.row(items[each.candidate], names, each)
            for each in nearest(payment, candidates, customers, MOST_SHOWN)
        ]

    def _ar_near_candidates(self, company, payment):
        """Return a few hundred open items that ``payment`` could be meant for, however many there are."""
        receivable = self.env["account.account"].sudo()._search([("account_type", "=", "asset_receivable")])
        companies = self._ar_companies(company).ids
        keys = {
            *self._ar_near_by_amount(payment, receivable, companies),
            *self._ar_near_by_number(payment, receivable, companies),
            *self._ar_near_by_customer(company, payment, receivable, companies),
        }
        rows = self.env.execute_query(
            SQL(
                "%s AND item.reconciled IS NOT TRUE AND item.amount_residual_currency != 0 AND item.id = ANY(%s)",
                _receivable_items(receivable, companies),
                sorted(keys),
            )
        )
        registered = _registered_payments(self.journal_id.ids, companies)
        rows += self.env.execute_query(SQL("%s ORDER BY item.id DESC LIMIT %s", registered, MOST_OF_AMOUNT))
        currencies = dict(self.env.execute_query(SQL("SELECT id, name FROM res_currency")))
        discounts = self.env["account.move.line"]._ar_agreed(SQL("item.id = ANY(%s)", sorted(keys)), {payment.day})
        return [_as_candidate(row, currencies, discounts) for row in rows]

    def _ar_near_by_amount(self, payment, receivable, companies):
        """Return the ids of open items of about the amount: the same, swapped, less a discount, or next to it."""
        amount = payment.amount
        cent = Decimal(1).scaleb(amount.as_tuple().exponent)
        exact = {amount, *transposed(amount)}
        for percent in map(Decimal, DISCOUNT_PERCENTS):
            full = (amount * 100 / (100 - percent)).quantize(cent)
            exact |= {full - cent, full, full + cent}
        reach = abs(amount) * NEAR_PERCENT / (100 - NEAR_PERCENT)
        found = SQL(
            """
            SELECT item.id
              FROM account_move_line item
             WHERE item.reconciled IS NOT TRUE
               AND item.amount_residual_currency != 0
               AND item.account_id IN %s
               AND item.company_id = ANY(%s)
               AND item.parent_state = 'posted'
            """,
            receivable.subselect(),
            companies,
        )
        rows = self.env.execute_query(
            SQL(
                """
                (%(found)s AND item.amount_residual_currency = %(amount)s
                 ORDER BY item.amount_residual_currency, item.id LIMIT %(most)s)
                UNION
                (%(found)s AND item.amount_residual_currency = ANY(%(exact)s)
                 ORDER BY item.amount_residual_currency, item.id LIMIT %(most)s)
                UNION
                (%(found)s AND item.amount_residual_currency BETWEEN %(amount)s AND %(high)s
                 ORDER BY item.amount_residual_currency, item.id LIMIT %(most)s)
                UNION
                (%(found)s AND item.amount_residual_currency BETWEEN %(low)s AND %(amount)s
                 ORDER BY item.amount_residual_currency DESC, item.id DESC LIMIT %(most)s)
                """,
                found=found,
                amount=amount,
                exact=sorted(exact - {amount}),
                low=amount - reach,
                high=amount + reach,
                most=MOST_OF_AMOUNT,
            )
        )
        return [key for (key,) in rows]

    def _ar_near_by_number(self, payment, receivable, companies):
        """Return the ids of open items of invoices whose number ends as a run of the text does, or with one slip."""
        runs, slipped = runs_with_slips(
            (*payment.texts, *(number for number, _amount in payment.remittance)),
        )
        found = []
        for digits in (runs, slipped - runs):
            # Of a run such as a year and a number only the end is the number.
            ends = {int(each) for each in digits if 0 < len(each) <= MOST_DIGITS}
            ends |= {int(each[4:]) for each in digits if len(each) > 4 and each[:2] == "20" and len(each) <= 13}
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT item.id
                      FROM account_move move
                      JOIN account_move_line item ON item.move_id = move.id
                     WHERE move.sequence_number = ANY(%s)
                       AND move.state = 'posted'
                       AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                       AND item.reconciled IS NOT TRUE
                       AND item.amount_residual_currency != 0
                       AND item.account_id IN %s
                       AND item.company_id = ANY(%s)
                     ORDER BY item.id DESC
                     LIMIT %s
                    """,
                    sorted(end for end in ends if end),
                    receivable.subselect(),
                    companies,
                    MOST_OF_NUMBER,
                )
            )
            found += [key for (key,) in rows]
        return found

    def _ar_near_by_customer(self, company, payment, receivable, companies):
        """Return the ids of open items of possible payers, those nearest to the amount, and of what matching saw."""
        seen, customers = self._ar_seen()
        customers |= set(self.partner_id.commercial_partner_id.ids)
        customers |= set(self._ar_owners_of_account(company, payment.counterparty_account))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id
                  FROM account_move_line item
                 WHERE item.partner_id = ANY(%s)
                   AND item.account_id IN %s
                   AND item.company_id = ANY(%s)
                   AND item.reconciled IS NOT TRUE
                   AND item.amount_residual_currency != 0
                   AND item.parent_state = 'posted'
                 ORDER BY abs(item.amount_residual_currency - %s), item.id
                 LIMIT %s
                """,
                sorted(customers)[:MOST_CUSTOMERS],
                receivable.subselect(),
                companies,
                payment.amount,
                MOST_OF_CUSTOMERS,
            )
        )
        return [*(key for (key,) in rows), *sorted(seen)[:MOST_LOOKED_AT]]

    def _ar_seen(self):
        """Return the items and customers that matching has looked at for this line, as far as it kept them."""
        facts = self.ar_match_id.facts or {}
        try:
            return set(restored_items(facts)), set(restored_customers(facts))
        except REFUSALS:  # of version 1 of the rules
            return set(), set()

    def _ar_owners_of_account(self, company, account):
        """Return the ids of the customers whose approved bank account ``account`` is, or has been seen to be."""
        if not account:
            return []
        rows = self.env.execute_query(
            SQL(
                """
                SELECT owner.commercial_partner_id
                  FROM res_partner_bank bank
                  JOIN res_partner owner ON owner.id = bank.partner_id
                 WHERE bank.sanitized_acc_number = %(account)s
                   AND bank.active
                   AND COALESCE(bank.ar_review_state, 'approved') = 'approved'
                   AND (bank.company_id IS NULL OR bank.company_id = ANY(%(companies)s))
                 UNION
                SELECT fact.partner_id
                  FROM ar_payer_fact fact
                 WHERE fact.company_id = %(company)s
                   AND fact.kind = 'account'
                   AND fact.value = %(account)s
                   AND fact.active
                   AND fact.is_shared IS NOT TRUE
                 ORDER BY 1
                 LIMIT %(most)s
                """,
                account=account,
                companies=[*company.parent_ids.ids, *self._ar_companies(company).ids],
                company=company.id,
                most=MOST_CUSTOMERS,
            )
        )
        return [key for (key,) in rows]


class ComparisonWording:
    """The sentences of comparisons with one payment, in the language of the environment."""

    def __init__(self, env, currencies, payment):
        self.env = env
        self.currencies = currencies
        self.payment = payment

    def row(self, item, names, compared):
        """Return one item with what agrees and what differs."""
        return {
            "item_id": item.key,
            "move_id": item.invoice,
            "number": item.number,
            "customer": names.get(item.customer, ""),
            "residual": float(item.residual),
            "currency_id": self.currencies[item.currency].id,
            "due": fields.Date.to_string(item.due),
            "agrees": [self._sentence(each, item) for each in compared.agrees],
            "differs": [self._sentence(each, item) for each in compared.differs],
        }

    def _sentence(self, finding, item):
        return getattr(self, f"_{finding.aspect.value}_{finding.how.value}")(finding, item)

    def _money(self, amount, code):
        return formatLang(self.env, float(amount), currency_obj=self.currencies[code])

    def _amounts(self, finding, item):
        return {
            "paid": self._money(finding.theirs, self.payment.currency),
            "due": self._money(finding.ours, item.currency),
        }

    def _amount_equal(self, finding, item):
        return self.env._("Amount equal: %(amount)s", amount=self._money(finding.ours, item.currency))

    def _amount_less_discount(self, finding, item):
        return self.env._("Amount %(paid)s: %(due)s less the discount", **self._amounts(finding, item))

    def _amount_less_late_discount(self, finding, item):
        return self.env._(
            "Amount %(paid)s: %(due)s less a discount whose time was over", **self._amounts(finding, item)
        )

    def _amount_swapped(self, finding, item):
        return self.env._("Amount %(paid)s instead of %(due)s: two digits swapped", **self._amounts(finding, item))

    def _amount_near(self, finding, item):
        return self.env._("Amount %(paid)s instead of %(due)s: almost the same", **self._amounts(finding, item))

    def _amount_other(self, finding, item):
        if item.currency != self.payment.currency:
            return self.env._("Amount %(paid)s instead of %(due)s", **self._amounts(finding, item))
        difference = Decimal(finding.theirs) - Decimal(finding.ours)
        facts = {
            **self._amounts(finding, item),
            "difference": self._money(abs(difference), item.currency),
        }
        if difference > 0:
            return self.env._("Amount %(paid)s instead of %(due)s: %(difference)s more", **facts)
        return self.env._("Amount %(paid)s instead of %(due)s: %(difference)s less", **facts)

    def _number_equal(self, finding, _item):
        return self.env._("%(number)s is in the text", number=finding.ours)

    def _number_core(self, finding, _item):
        return self.env._(
            "%(number)s is in the text without its prefix: “%(text)s”", number=finding.ours, text=finding.theirs
        )

    def _number_range(self, finding, _item):
        return self.env._(
            "%(number)s lies in the range “%(text)s” of the text", number=finding.ours, text=finding.theirs
        )

    def _number_ending(self, finding, _item):
        return self.env._(
            "The last digits of %(number)s are in the text: “%(text)s”", number=finding.ours, text=finding.theirs
        )

    def _number_mistake(self, finding, _item):
        return self.env._(
            "Number “%(text)s” in the text instead of %(number)s", number=finding.ours, text=finding.theirs
        )

    def _number_absent(self, finding, _item):
        return self.env._("%(number)s is not in the text", number=finding.ours)

    def _customer_account(self, finding, _item):
        return self.env._(
            "Paid from the bank account %(account)s of %(customer)s", account=finding.theirs, customer=finding.ours
        )

    def _customer_equal(self, finding, _item):
        return self.env._("The payer's name is that of %(customer)s", customer=finding.ours)

    def _customer_customer_number(self, finding, _item):
        return self.env._(
            "The number of %(customer)s is in the text: “%(text)s”", customer=finding.ours, text=finding.theirs
        )

    def _customer_similar(self, finding, _item):
        return self.env._(
            "The payer's name, “%(name)s”, is like %(customer)s", name=finding.theirs, customer=finding.ours
        )

    def _customer_unlike(self, finding, _item):
        return self.env._(
            "The payer's name, “%(name)s”, is not that of %(customer)s", name=finding.theirs, customer=finding.ours
        )

    def _date_early(self, finding, _item):
        return self.env._(
            "Paid on %(paid)s, before it was issued on %(issued)s",
            paid=format_date(self.env, finding.theirs),
            issued=format_date(self.env, finding.ours),
        )

    def _currency_other(self, finding, _item):
        return self.env._("Paid in %(paid)s instead of %(due)s", paid=finding.theirs, due=finding.ours)


assert all(  # noqa: S101 - every finding has its sentence
    hasattr(ComparisonWording, f"_{aspect.value}_{how.value}") for aspect, how in FINDINGS
)
