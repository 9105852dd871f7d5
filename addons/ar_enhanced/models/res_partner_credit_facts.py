from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..engine.credit_hold import BrokenPromise, CreditFacts, Overdue


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def _ar_credit_facts(self, company, day, with_drafts=True):
        """What rules of credit holds are asked about, in a constant number of statements, whoever asks.

        Draft invoices are promised to customers with orders, so they count when an order is confirmed.  When
        one of them is posted, the others don't: two that fit one by one would keep each other from it.

        :param company: a root company
        :return: ``{customer id: CreditFacts}`` for every customer of ``self``
        """
        customers = self.sudo().commercial_partner_id
        positions = customers._ar_credit_positions(company)
        overdue = customers._ar_overdue_by_days(company, day)
        promises = customers._ar_broken_promises(company, day)
        levels = customers._ar_levels(company)
        return {
            customer.id: CreditFacts(
                exposure=positions[customer.id].exposure - (0 if with_drafts else positions[customer.id].drafts),
                drafts=positions[customer.id].drafts if with_drafts else Decimal(),
                limit=positions[customer.id].total_limit,
                limit_valid_until=positions[customer.id].limit_valid_until,
                overdue=tuple(overdue.get(customer.id, ())),
                level=levels.get(customer.id, "none"),
                broken_promises=tuple(promises.get(customer.id, ())),
            )
            for customer in customers
        }

    def _ar_levels(self, company):
        """Current credit levels: ``{customer id: level}``."""
        scores = (
            self.env["ar.credit.score"]
            .sudo()
            ._read_group(
                [("is_current", "=", True), ("company_id", "=", company.id), ("partner_id", "in", self.ids)],
                ["partner_id", "level"],
            )
        )
        return {partner.id: level for partner, level in scores}

    @api.model
    def _ar_branch_ids(self, company):
        """Ids of a root company and its branches: they are one creditor."""
        return self.env["res.company"].sudo()._ar_creditor(company).ids

    def _ar_overdue_by_days(self, company, day):
        """What is owed and overdue: ``{customer id: [Overdue, …]}`` in company currency, in one statement.

        Credits that no invoice has taken up don't make it less: the remedy is to apply them.
        """
        self.env["account.move.line"]._ar_flush()
        overdue = defaultdict(list)
        for customer_id, days, amount in self.env.execute_query(
            SQL(
                """
                SELECT customer.commercial_partner_id,
                       %(day)s - COALESCE(line.date_maturity, line.date) AS days,
                       SUM(line.amount_residual)::text
                  FROM account_move_line line
                  JOIN res_partner customer ON customer.id = line.partner_id
                 WHERE line.account_id IN (SELECT account.id FROM account_account account WHERE %(receivable)s)
                   AND line.reconciled IS NOT TRUE
                   AND line.parent_state = 'posted'
                   AND line.amount_residual > 0
                   AND COALESCE(line.date_maturity, line.date) < %(day)s
                   AND line.company_id = ANY(%(branches)s)
                   AND customer.commercial_partner_id = ANY(%(customers)s)
              GROUP BY 1, 2
                """,
                day=day,
                receivable=self.env["account.move.line"]._ar_sql_trade_receivable(),
                branches=self._ar_branch_ids(company),
                customers=self.ids,
            )
        ):
            overdue[customer_id].append(Overdue(days, Decimal(amount)))
        return overdue

    def _ar_broken_promises(self, company, day):
        """Broken promises and plans of which something is still open: ``{customer id: [BrokenPromise, …]}``."""
        promises = defaultdict(list)
        for customer_id, days, amount in self.env.execute_query(
            SQL(
                """
                SELECT customer.commercial_partner_id,
                       %(day)s - broken.deadline,
                       SUM(broken.amount_residual)::text
                  FROM (%(broken)s) AS broken
                  JOIN res_partner customer ON customer.id = broken.partner_id
                 WHERE broken.deadline < %(day)s
                   AND customer.commercial_partner_id = ANY(%(customers)s)
              GROUP BY customer.commercial_partner_id, broken.agreement, broken.deadline
                HAVING SUM(broken.amount_residual) > 0
                """,
                day=day,
                broken=self.env["ar.payment.agreement"]._sql_broken_items(company),
                customers=self.ids,
            )
        ):
            promises[customer_id].append(BrokenPromise(days, Decimal(amount)))
        return promises
