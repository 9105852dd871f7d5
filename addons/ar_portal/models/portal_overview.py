"""What stands beside the balance: the next due dates, the last payments, and the credit that the company shows."""

from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.ar_enhanced.engine.statement import Kind, Movement, payment

# Of all due dates and payments, the nearest.
MOST_SHOWN = 5
FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_next_due(self, day, limit=MOST_SHOWN):
        """The next days on which something is due, of the account that the user looks at.

        :return: list of dicts by day, company and currency: due_on, due_words, company, currency, amount, count_words
        """
        if not self._ar_portal_access():
            return []
        groups = self._read_group(
            self._ar_portal_owed_domain(day) & Domain("date_maturity", ">=", day),
            ["date_maturity:day", "company_id", "currency_id"],
            ["amount_residual_currency:sum", "move_id:count_distinct"],
            order="date_maturity:day, company_id, currency_id",
            limit=limit,
        )
        return [
            {
                "due_on": due_on,
                "due_words": self._ar_portal_days_words((due_on - day).days),
                "company": company,
                "currency": currency,
                "amount": amount,
                "count_words": self.env._("1 invoice") if count == 1 else self.env._("%(count)s invoices", count=count),
            }
            for due_on, company, currency, amount, count in groups
        ]

    @api.model
    def _ar_portal_last_payments(self, limit=MOST_SHOWN):
        """The latest money that came from the customer of the account that the user looks at, with or without invoice.

        :return: list of dicts, the latest first: date, number, company, currency, received, discount (taken with it),
            unapplied (what no invoice has used yet) and state ("returned", "unapplied", "applied")
        """
        if not self._ar_portal_access():
            return []
        customer = self.env["res.partner"]._ar_portal_customer()
        # A portal user can't read payments; these are of the account that he looks at, and of no other.
        groups = self.sudo()._read_group(
            self._ar_portal_money_domain(customer),
            ["move_id", "currency_id", "company_id"],
            ["date:max", "amount_residual_currency:sum", "id:max"],
            order="date:max desc, id:max desc",
            limit=limit,
        )
        moves = self.env["account.move"].sudo().browse([move.id for move, *_facts in groups])
        booked = self._ar_portal_booked(customer, moves)
        returned = moves.filtered(lambda move: any(each.state == "posted" for each in move.reversal_move_ids))
        payments = []
        for move, currency, company, day, residual, _last in groups:
            parts = booked.get((move.id, currency.id), {})
            unapplied = currency.round(-residual)
            state = "unapplied" if unapplied > 0 else "applied"
            payments.append(
                {
                    "date": day,
                    "number": move.name,
                    "company": company.sudo(False),
                    "currency": currency.sudo(False),
                    "received": float(parts.get(Kind.PAYMENT, 0)),
                    "discount": float(parts.get(Kind.WRITE_OFF, 0)),
                    "unapplied": unapplied,
                    "state": "returned" if move in returned else state,
                }
            )
        return payments

    @api.model
    def _ar_portal_money_domain(self, customer):
        """Receivable lines of ``customer`` in entries of payments and bank transactions, where less is owed after."""
        return (
            Domain("parent_state", "=", "posted")
            & Domain("account_type", "=", "asset_receivable")
            & Domain("account_id.non_trade", "=", False)
            & Domain("partner_id.commercial_partner_id", "=", customer.id)
            & Domain("company_id", "in", self.env.companies.ids)
            & Domain("balance", "<", 0)
            & (Domain("payment_id", "!=", False) | Domain("statement_line_id", "!=", False))
        )

    @api.model
    def _ar_portal_booked(self, customer, moves):
        """What the entries ``moves`` are on a statement of ``customer``: ``{(move id, currency id): {kind: amount}}``.

        Amounts are positive where less is owed.
        """
        if not moves:
            return {}
        self._ar_flush()
        lines = SQL(
            "%s AND line.move_id = ANY(%s)", self._ar_sql_customer_lines(customer, self.env.companies), moves.ids
        )
        query = self._ar_sql_booked({"line": lines, "first_day": FIRST_DAY, "last_day": LAST_DAY})
        booked = {}
        for _customer_id, currency_id, move_id, day, kind, number, amount, due, let_go in self.env.execute_query(query):
            movement = Movement(move_id, day, Kind(kind), number or "", Decimal(amount), due)
            parts = payment(movement, Decimal(let_go)) if movement.kind == Kind.PAYMENT else (movement,)
            booked[move_id, currency_id] = {part.kind: -part.amount for part in parts}
        return booked


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_credit(self, day):
        """The credit of the account that the user looks at, as far as each company's policy shows it.

        :return: list of dicts by company: the records ``company`` and ``currency``; ``available`` and ``over``, floats,
            both None if not shown or no limit was set; ``level``, a letter or nothing; ``steps``, texts of what would
            improve it
        """
        if not self.env["account.move.line"]._ar_portal_access():
            return []
        # A portal user can't read limits and scores; these are of the account that he looks at, and only what the
        # company has chosen to show.
        customer = self._ar_portal_customer().sudo()
        shown = []
        for company in (self.env.companies.root_id & self.env.companies).sudo():
            credit = {
                "company": company.sudo(False),
                "currency": company.currency_id.sudo(False),
                **self._ar_portal_available(customer, company),
                **self._ar_portal_level(customer.with_company(company), company),
            }
            if credit["available"] is not None or credit["level"] or credit["steps"]:
                shown.append(credit)
        return shown

    @api.model
    def _ar_portal_available(self, customer, company):
        """What ``customer`` may still owe, or by how much it is over its limit."""
        position = customer._ar_credit_positions(company)[customer.id] if company.ar_portal_shows_available else None
        if position is None or position.limit is None:
            return {"available": None, "over": None}
        return {"available": float(max(position.headroom, 0)), "over": float(max(-position.headroom, 0))}

    @api.model
    def _ar_portal_level(self, customer, company):
        """The level of the score and what would improve it, in the customer's words."""
        score = customer.ar_credit_score_id
        if not score or not score.components:
            return {"level": "", "steps": []}
        levels = dict(score._fields["level"]._description_selection(self.env))
        return {
            "level": levels[score.level] if company.ar_portal_shows_level else "",
            "steps": self._ar_portal_steps(score) if company.ar_portal_shows_steps else [],
        }

    @api.model
    def _ar_portal_steps(self, score):
        """What the customer can do for a better score; what was done since the score was made isn't asked for again."""
        lines = self.env["account.move.line"]
        overdue = lines._ar_portal_filters(fields.Date.context_today(self))["overdue"]
        overdue_here = overdue["domain"] & Domain("company_id", "child_of", score.company_id.id)
        steps = []
        for lift in score._lifts():
            if lift["kind"] == "settle_item":
                if lines.search_count(overdue_here & Domain("move_name", "=", lift["number"]), limit=1):
                    steps.append(self.env._("Pay %(number)s: it counts most.", number=lift["number"]))
            elif lift["kind"] == "settle_all":
                if lines.search_count(overdue_here, limit=2) > 1:
                    steps.append(self.env._("Pay everything that is overdue."))
            else:
                steps.append(self.env._("Use less of your credit limit."))
        return steps
