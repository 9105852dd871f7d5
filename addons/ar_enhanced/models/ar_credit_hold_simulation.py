from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.credit_hold import BrokenPromise, CreditFacts, Overdue, violations
from ..engine.money import Currency

DAYS = 90


class ArCreditHoldSimulation(models.TransientModel):  # pylint: disable=no-wizard-in-models
    """What a rule would have held in the last 90 days, each document with the facts of its own day.

    A day's documents and payments count together, as of its evening.  Limits, exceptions and the levels that
    they name are today's: they are part of what is tried out.
    """

    _name = "ar.credit.hold.simulation"
    _rec_name = "rule_id"
    _description = "Trial of a Credit Hold Rule"

    rule_id = fields.Many2one("ar.credit.hold.rule", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="rule_id.company_id")
    currency_id = fields.Many2one(related="rule_id.currency_id")
    date_from = fields.Date(readonly=True)
    date_to = fields.Date(readonly=True)
    document_count = fields.Integer(string="Documents", readonly=True)
    amount = fields.Monetary(string="Their Amount", readonly=True)
    held_count = fields.Integer(string="Would Have Waited", readonly=True)
    held_amount = fields.Monetary(string="Amount Held", readonly=True)
    held_share = fields.Float(string="Share of the Amount (%)", compute="_compute_held_share", digits=(5, 1))
    line_ids = fields.One2many("ar.credit.hold.simulation.line", "simulation_id", readonly=True)

    @api.depends("amount", "held_amount")
    def _compute_held_share(self):
        for simulation in self:
            simulation.held_share = 100 * simulation.held_amount / simulation.amount if simulation.amount else 0

    def _action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Last 90 days with this rule"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
        }

    @api.model
    def _run(self, rule):
        """Try ``rule`` out on the documents of the last 90 days and keep the outcome."""
        day = fields.Date.context_today(self)
        since = fields.Date.subtract(day, days=DAYS)
        # All of a customer's documents count, whichever of them the user may read.
        rows = self.sudo()._figures(rule, since, day)
        customers = self.env["res.partner"].sudo().browse({row["customer_id"] for row in rows})
        company = rule.company_id.root_id
        positions = customers._ar_credit_positions(company)
        applied = rule._rules_by_customer(customers, customers._ar_levels(company))
        lines = []
        for row in rows:
            facts = self._facts_then(rule, row, positions[row["customer_id"]])
            found = violations(applied[row["customer_id"]], facts, Decimal(), row["day"])
            if found:
                lines.append(
                    {
                        "res_model": row["res_model"],
                        "res_id": row["res_id"],
                        "document_name": row["name"],
                        "partner_id": row["customer_id"],
                        "date": row["day"],
                        "amount": float(row["amount"]),
                        "reasons": [violation.as_stored() for violation in found],
                    }
                )
        return self.create(
            {
                "rule_id": rule.id,
                "date_from": since,
                "date_to": day,
                "document_count": len(rows),
                "amount": float(sum(row["amount"] for row in rows)),
                "held_count": len(lines),
                "held_amount": sum(line["amount"] for line in lines),
                "line_ids": [fields.Command.create(line) for line in lines],
            }
        )

    @api.model
    def _facts_then(self, rule, row, position):
        """Facts of the day of a document, as far as ``rule`` asks for them."""
        figure, count = row["figure"], row["count"] or 0
        match rule.kind:
            case "utilisation":
                return CreditFacts(exposure=figure, limit=position.total_limit)
            case "limit_expired":
                return CreditFacts(limit_valid_until=position.limit_valid_until)
            case "level":
                return CreditFacts(level=row["level"] or "none")
            case "broken_promise":
                promise = BrokenPromise(rule.grace_days + 1, figure / count if count else figure)
                return CreditFacts(broken_promises=(promise,) * count)
        return CreditFacts(overdue=(Overdue(count, figure),) if figure > 0 else ())

    @api.model
    def _figures(self, rule, since, day):
        """Documents of the period with what ``rule`` measures on their days, in one statement.

        :return: list of dicts: res_model, res_id, name, customer_id, day, amount, figure, count, level
        """
        self.env["account.move.line"]._ar_flush()
        company = rule.company_id.root_id
        branches = self.env["res.partner"]._ar_branch_ids(company)
        queries = self._sql_documents(branches, since, day, rule.applies_to)
        if not queries:
            return []
        figures = {
            "utilisation": self._sql_exposure,
            "level": self._sql_level,
            "broken_promise": self._sql_promises,
            "limit_expired": self._sql_no_figure,
        }.get(rule.kind, self._sql_overdue)
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH document AS MATERIALIZED (%s)
                SELECT res_model, res_id, name, customer_id, day, amount::text, figure::text, count, level
                  FROM (%s) AS document_then
                """,
                SQL(" UNION ALL ").join(queries),
                figures(rule, branches),
            )
        )
        rounded = Currency(company.currency_id.name, company.currency_id.decimal_places).rounded
        for row in rows:
            row["amount"] = rounded(Decimal(row["amount"]))
            row["figure"] = rounded(Decimal(row["figure"] or 0))
        return rows

    @api.model
    def _sql_documents(self, branches, since, day, applies_to):
        """SQL queries of the documents of the period: to be extended with other kinds."""
        if applies_to == "order":
            return []
        return [
            SQL(
                """
                SELECT 'account.move' AS res_model, move.id AS res_id, move.name,
                       customer.commercial_partner_id AS customer_id, move.invoice_date AS day,
                       move.amount_total_signed::numeric AS amount, FALSE AS is_to_add
                  FROM account_move move
                  JOIN res_partner customer ON customer.id = move.partner_id
                 WHERE move.move_type IN ('out_invoice', 'out_receipt')
                   AND move.state = 'posted'
                   AND move.amount_total_signed > 0
                   AND move.company_id = ANY(%(branches)s)
                   AND move.invoice_date BETWEEN %(since)s AND %(day)s
                """,
                branches=branches,
                since=since,
                day=day,
            )
        ]

    @api.model
    def _sql_lines(self, branches):
        """Receivable lines of the customers that have a document in the period."""
        return SQL(
            """
            SELECT line.id, customer.commercial_partner_id AS customer_id, line.date, line.balance,
                   COALESCE(line.date_maturity, line.date) AS due
              FROM account_move_line line
              JOIN res_partner customer ON customer.id = line.partner_id
             WHERE line.account_id IN (SELECT account.id FROM account_account account WHERE %(receivable)s)
               AND line.parent_state = 'posted'
               AND line.company_id = ANY(%(branches)s)
               AND customer.commercial_partner_id IN (SELECT customer_id FROM document)
            """,
            receivable=self.env["account.move.line"]._ar_sql_trade_receivable(),
            branches=branches,
        )

    @api.model
    def _sql_running(self, events):
        """Documents with the sum of all ``events`` (customer_id, day, amount) up to the evening of their day."""
        return SQL(
            """
            SELECT res_model, res_id, name, customer_id, day, amount,
                   running + CASE WHEN is_to_add THEN amount ELSE 0 END AS figure
              FROM (
                    SELECT res_model, res_id, name, customer_id, day, amount, is_to_add,
                           SUM(change) OVER (
                               PARTITION BY customer_id ORDER BY day, is_document ROWS UNBOUNDED PRECEDING
                           ) AS running,
                           is_document
                      FROM (
                            SELECT res_model, res_id, name, customer_id, day, amount, is_to_add,
                                   0 AS change, 1 AS is_document
                              FROM document
                         UNION ALL
                            SELECT NULL, NULL, NULL, customer_id, day, NULL, NULL, SUM(amount), 0
                              FROM (%s) AS event
                          GROUP BY customer_id, day
                           ) AS both_kinds
                   ) AS summed
             WHERE is_document = 1
            """,
            events,
        )

    @api.model
    def _sql_no_figure(self, rule, branches):
        """Nothing but the documents and their days."""
        return SQL("SELECT *, 0 AS figure, 0 AS count, NULL AS level FROM document")

    @api.model
    def _sql_exposure(self, rule, branches):
        """The ledger's balance on the day; an order, which is in no ledger, is added."""
        events = SQL("SELECT customer_id, date AS day, balance AS amount FROM (%s) AS line", self._sql_lines(branches))
        return SQL("SELECT *, 0 AS count, NULL AS level FROM (%s) AS document_then", self._sql_running(events))

    @api.model
    def _sql_overdue(self, rule, branches):
        """What was overdue beyond the grace: an item begins to count on a day, and each settlement takes off."""
        days = rule.grace_days + (int(rule.threshold) if rule.kind == "overdue_days" else 0) + 1
        events = SQL(
            """
            SELECT customer_id, GREATEST(due + %(days)s, date) AS day, balance AS amount
              FROM item
         UNION ALL
            SELECT item.customer_id, GREATEST(item.due + %(days)s, item.date, part.max_date), -part.amount
              FROM item
              JOIN account_partial_reconcile part ON part.debit_move_id = item.id
            """,
            days=days,
        )
        return SQL(
            """
            WITH item AS (SELECT * FROM (%(lines)s) AS line WHERE balance > 0)
            SELECT *, %(days)s AS count, NULL AS level FROM (%(running)s) AS document_then
            """,
            lines=self._sql_lines(branches),
            days=days,
            running=self._sql_running(events),
        )

    @api.model
    def _sql_level(self, rule, branches):
        """The last level that was known on the day."""
        self.env["ar.credit.score"].flush_model()
        return SQL(
            """
            SELECT document.*, 0 AS figure, 0 AS count, score.level
              FROM document
         LEFT JOIN LATERAL (
                    SELECT level
                      FROM ar_credit_score
                     WHERE partner_id = document.customer_id
                       AND company_id = %(company)s
                       AND create_date < document.day + 1
                  ORDER BY id DESC
                     LIMIT 1
                   ) AS score ON TRUE
            """,
            company=rule.company_id.root_id.id,
        )

    @api.model
    def _sql_promises(self, rule, branches):
        """Promises and plans that were broken on the day, with what was open of their invoices then."""
        return SQL(
            """
            SELECT document.*, promised.figure, promised.count::int AS count, NULL AS level
              FROM document
         LEFT JOIN LATERAL (
                    SELECT COUNT(*) AS count, SUM(amount) AS figure
                      FROM (
                            SELECT SUM(item.amount_residual + COALESCE(later.amount, 0)) AS amount
                              FROM (%(broken)s) AS item
                         LEFT JOIN LATERAL (
                                    SELECT SUM(part.amount) AS amount
                                      FROM account_partial_reconcile part
                                     WHERE part.debit_move_id = item.line_id AND part.max_date > document.day
                                   ) AS later ON TRUE
                             WHERE item.partner_id = document.customer_id
                               AND item.deadline + %(grace)s < document.day
                          GROUP BY item.agreement
                           ) AS broken
                     WHERE amount > 0
                   ) AS promised ON TRUE
            """,
            broken=self.env["ar.payment.agreement"]._sql_broken_items(rule.company_id.root_id),
            grace=rule.grace_days,
        )


class ArCreditHoldSimulationLine(models.TransientModel):  # pylint: disable=no-wizard-in-models
    _name = "ar.credit.hold.simulation.line"
    _description = "Document That a Rule Would Have Held"
    _order = "amount desc, id"

    simulation_id = fields.Many2one("ar.credit.hold.simulation", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="simulation_id.currency_id")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    document_name = fields.Char(string="Document", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, ondelete="cascade")
    date = fields.Date(readonly=True)
    amount = fields.Monetary(readonly=True)
    reasons = fields.Json(readonly=True)
    reason_text = fields.Text(string="Why", compute="_compute_reason_text")

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for line in self:
            line.reason_text = self.env["ar.credit.hold"]._words(line.reasons or [], line.currency_id)

    def action_open_document(self):
        """Open the document, with the rights of the user."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }
