from odoo import api, fields, models
from odoo.tools import format_amount, format_date

from odoo.addons.ar_enhanced.models.ledger_workbook import LedgerWorkbook

#: What the sheet counts, with the states of confirmations that each counts.
FIGURES = {
    "to_send": ("to_send",),
    "failed": ("failed",),
    "sent": ("sent", "agreed", "differs", "unanswered", "no_objection"),
    "answered": ("agreed", "differs"),
    "agreed": ("agreed",),
    "differs": ("differs",),
    "unanswered": ("sent", "unanswered"),
    "no_objection": ("no_objection",),
}


class ArConfirmationRound(models.Model):
    """How far a round has come, in numbers and money, and the sheet for the auditor."""

    _name = "ar.confirmation.round"
    _inherit = ["ar.confirmation.round", "ar.ledger.download"]
    _download_depends = ("date", "confirmation_ids.state")

    total_count = fields.Integer(string="Customers and Currencies", compute="_compute_figures")
    total_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    to_send_count = fields.Integer(string="To Be Sent", compute="_compute_figures")
    to_send_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    failed_count = fields.Integer(string="Not Sent", compute="_compute_figures")
    failed_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    sent_count = fields.Integer(string="Sent", compute="_compute_figures")
    sent_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    answered_count = fields.Integer(string="Answered", compute="_compute_figures")
    answered_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    agreed_count = fields.Integer(string="Agreed", compute="_compute_figures")
    agreed_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    differs_count = fields.Integer(string="Differing", compute="_compute_figures")
    differs_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    unanswered_count = fields.Integer(string="Unanswered", compute="_compute_figures")
    unanswered_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    no_objection_count = fields.Integer(string="No Objection", compute="_compute_figures")
    no_objection_amount = fields.Monetary(compute="_compute_figures", currency_field="company_currency_id")
    answered_percent = fields.Float(string="Answers", compute="_compute_figures")

    @api.depends("confirmation_ids.state", "confirmation_ids.balance_company")
    def _compute_figures(self):
        by_state = {
            (each.id, state): (count, amount)
            for each, state, count, amount in self.env["ar.balance.confirmation"]._read_group(
                [("round_id", "in", self.ids)], ["round_id", "state"], ["__count", "balance_company:sum"]
            )
        }
        everything = tuple({state for states in FIGURES.values() for state in states})
        for each in self:
            for name, states in {"total": everything, **FIGURES}.items():
                found = [by_state.get((each.id, state), (0, 0.0)) for state in states]
                each[f"{name}_count"] = sum(count for count, _amount in found)
                each[f"{name}_amount"] = each.company_currency_id.round(sum(amount for _count, amount in found))
            each.answered_percent = 100.0 * each.answered_count / each.sent_count if each.sent_count else 0.0

    # -- the sheet for the auditor ----------------------------------------------------------------

    def action_print(self):
        """Print the sheet for the auditor."""
        self.ensure_one()
        return self.env.ref("ar_portal.report_ar_confirmation_sheet").report_action(self)

    def _figures(self):
        """Rows of the summary: dicts with code, label, count and amount in the company's currency."""
        self.ensure_one()
        labels = {
            "sent": self.env._("Sent"),
            "answered": self.env._("Answered"),
            "agreed": self.env._("Agreed"),
            "differs": self.env._("Differing"),
            "unanswered": self.env._("Unanswered"),
            "no_objection": self.env._("No objection by the day to answer (no positive evidence)"),
            "failed": self.env._("Not sent"),
            "to_send": self.env._("To be sent"),
        }
        return [
            {"code": code, "label": label, "count": self[f"{code}_count"], "amount": self[f"{code}_amount"]}
            for code, label in labels.items()
            if code in ("sent", "answered", "agreed", "differs", "unanswered") or self[f"{code}_count"]
        ]

    def _selection_words(self):
        """How the customers were chosen, in a sentence that lets an auditor do it again."""
        self.ensure_one()
        population = self.env._(
            "of %(count)s customers with open items, %(amount)s in all",
            count=self.population_count,
            amount=format_amount(self.env, self.population_amount, self.company_currency_id),
        )
        if self.selection == "amount":
            chosen = self.env._(
                "Balances from %(amount)s", amount=format_amount(self.env, self.minimum, self.company_currency_id)
            )
        elif self.selection == "largest":
            chosen = self.env._("The %(count)s largest balances", count=self.size)
        elif self.selection == "sample":
            chosen = self.env._(
                "A random sample of %(count)s with the seed %(seed)s, in the order of the SHA-256 of seed:number",
                count=self.size,
                seed=self.seed or "",
            )
        elif self.selection == "chosen":
            chosen = self.env._("Chosen by hand")
        else:
            chosen = self.env._("Everybody")
        return f"{chosen}, {population}"

    def _heading(self):
        """Lines above the sheet: what, whose, of which day, in which form."""
        self.ensure_one()
        forms = dict(self._fields["form"]._description_selection(self.env))
        return [
            self.env._("Balance Confirmations: %(name)s", name=self.name),
            self.company_id.name or "",
            self.env._(
                "Balances on %(day)s, amounts in %(currency)s",
                day=format_date(self.env, self.date),
                currency=self.company_currency_id.name,
            ),
            forms[self.form],
            self.env._("To be answered by %(day)s", day=format_date(self.env, self.answer_by)),
            self._selection_words(),
            *(self.note or "").splitlines(),
        ]

    def _file_name(self):
        return f"{self.env._('Balance Confirmations')} {self.date}"

    def _workbook(self):
        """The sheet as a spreadsheet: summary, customers, and differences line by line."""
        self.ensure_one()
        self.check_access("read")
        places = self.company_currency_id.decimal_places
        book = LedgerWorkbook()
        book.table(
            self.env._("Summary"),
            self._heading(),
            [("", "text", 56), (self.env._("Confirmations"), "number", 14), (self.env._("Amount"), "money", 18)],
            [(row["label"], row["count"], row["amount"]) for row in self._figures()],
            places,
        )
        book.table(self.env._("Customers"), self._heading()[:3], *self._customers_table())
        book.table(self.env._("Differences"), self._heading()[:3], *self._differences_table())
        return book.content()

    def _customers_table(self):
        """Columns and rows of the sheet of customers, and the decimals of a row's money."""
        states = dict(self.env["ar.balance.confirmation"]._fields["state"]._description_selection(self.env))
        columns = [
            (self.env._("Customer"), "text", 36),
            (self.env._("Customer Number"), "number", 10),
            (self.env._("Currency"), "text", 9),
            (self.env._("Our Balance"), "amount", 16),
            (self.env._("State"), "text", 18),
            (self.env._("Sent on"), "day", 12),
            (self.env._("Sent to"), "text", 30),
            (self.env._("Answered on"), "day", 12),
            (self.env._("Answered by"), "text", 26),
            (self.env._("Their Balance"), "amount", 16),
            (self.env._("Difference"), "amount", 16),
            (self.env._("Conclusion"), "text", 40),
            (self.env._("Fingerprint (SHA-256)"), "text", 66),
            (self.env._("Unchanged"), "text", 12),
        ]
        rows = [
            (
                each.customer_name or each.partner_id.name,
                each.partner_id.id,
                each.currency_id.name,
                each.balance,
                states[each.state] if not each.failure_code else f"{states[each.state]}: {each._failure_words()}",
                each.sent_on,
                each.sent_to,
                each.answer_id.answered_on,
                each.answer_id.signer,
                each.their_balance if each.answer_id else None,
                each.difference if each.answer_id else None,
                each.conclusion,
                each.answer_id.fingerprint,
                each.answer_id and (self.env._("Yes") if each.answer_id._is_intact() else self.env._("No")),
            )
            for each in self.confirmation_ids
        ]
        return columns, rows, self.company_currency_id.decimal_places

    def _differences_table(self):
        """Columns and rows of the sheet of differences, and the decimals of a row's money."""
        columns = [
            (self.env._("Customer"), "text", 36),
            (self.env._("Number"), "text", 24),
            (self.env._("Date"), "day", 12),
            (self.env._("Currency"), "text", 9),
            (self.env._("Our Amount"), "amount", 16),
            (self.env._("Their Amount"), "amount", 16),
            (self.env._("Difference"), "amount", 16),
            (self.env._("Reason"), "text", 30),
            (self.env._("Comment"), "text", 50),
            (self.env._("Dispute"), "text", 30),
        ]
        rows = []
        for each in self.confirmation_ids.filtered(lambda each: each.state == "differs"):
            name, currency = each.customer_name, each.currency_id.name
            rows += [
                (
                    name,
                    line.number,
                    line.day,
                    currency,
                    line.ours,
                    line.theirs,
                    line.difference,
                    line._reason_words(),
                    line.comment,
                    line.dispute_id.display_name if line.dispute_id else None,
                )
                for line in each.answer_id.line_ids
                if line.difference
            ]
            if each.answer_id.unexplained:
                unexplained = self.env._("Not explained by any item")
                rows.append(
                    (name, None, None, currency, None, None, each.answer_id.unexplained, unexplained, None, None)
                )
        return columns, rows, self.company_currency_id.decimal_places
