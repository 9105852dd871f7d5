from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

# How long a settled invoice stays under "Recently paid".
RECENT_DAYS = 90


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model
    def _ar_portal_access(self):
        """Whether the logged-in user has an account to look at in the portal.

        Staff may choose their own company on their contact, so only those who read every invoice anyway are let in.
        """
        user = self.env.user
        sees_invoices = user._is_portal() or user.has_groups(
            "account.group_account_readonly,account.group_account_invoice"
        )
        return sees_invoices and self.has_access("read")

    @api.model
    def _ar_portal_check_customer(self):
        """Refuse what is done in a customer's name by anybody but its users: staff may look at an account, no more.

        Their own rights say what they may agree on and settle for customers, and it is noted as theirs.

        :raises AccessError: in words for the page
        """
        if not self.env.user._is_portal():
            raise AccessError(self.env._("Only a user of the customer can do this here. Use Receivables instead."))

    @api.model
    def _ar_portal_domain(self):
        """Receivable lines of the invoices and credit notes of the account that the logged-in user looks at.

        To be searched with the user's rights: the record rules of the portal hold beside it.  ``partner_id`` of such a
        line is the commercial entity, which leaves out other subsidiaries that the rules would show.
        """
        partner = self.env["res.partner"]._ar_portal_customer()
        return (
            Domain("parent_state", "=", "posted")
            & Domain("move_id.move_type", "in", ("out_invoice", "out_refund"))
            & Domain("account_type", "=", "asset_receivable")
            & Domain("partner_id", "=", partner.id)
            & Domain("move_id.partner_id", "child_of", partner.id)
            & Domain("company_id", "in", self.env.companies.ids)
        )

    @api.model
    def _ar_portal_filters(self, day):
        """What the list can be narrowed to, the first being the default: {code: {"label", "domain"}}."""
        own = self._ar_portal_domain()
        still_open = own & Domain("reconciled", "=", False)
        overdue = still_open & Domain("date_maturity", "<", day) & Domain("amount_residual", ">", 0)
        return {
            "open": {"label": self.env._("Open"), "domain": still_open},
            "overdue": {"label": self.env._("Overdue"), "domain": overdue},
            "paid": {"label": self.env._("Paid"), "domain": own & Domain("reconciled", "=", True)},
        }

    @api.model
    def _ar_portal_orders(self, latest_first=False):
        """How the list can be sorted, the first being the default: {code: {"label", "order"}}.

        :param latest_first: for settled items, of which the latest matter most
        """
        due = "date_maturity desc" if latest_first else "date_maturity"
        return {
            "due": {"label": self.env._("Due date"), "order": f"{due}, move_name desc, id"},
            "number": {"label": self.env._("Number"), "order": "move_name desc, date_maturity, id"},
            "amount": {"label": self.env._("Amount"), "order": "amount_residual desc, balance desc, id"},
        }

    @api.model
    def _ar_portal_today(self, ids=()):
        """The day on the portal: that of the company whose items these are, else of the company that is looked at.

        :param ids: ids of items as a browser sent them
        """
        items = self.search([("id", "in", ids)], limit=1) if ids and self._ar_portal_access() else self.browse()
        return (items.company_id or self.env.company)._ar_today()

    @api.model
    def _ar_portal_open_count(self):
        """How many invoices of the logged-in user's own account aren't fully paid."""
        if not self._ar_portal_access():
            return 0
        day = self._ar_portal_today()
        still_open = self._ar_portal_filters(day)["open"]["domain"] & Domain("amount_residual", ">", 0)
        [(count,)] = self._read_group(still_open, [], ["move_id:count_distinct"])
        return count

    @api.model
    def _ar_portal_recently_paid(self, day, limit=5):
        """Invoice lines of the logged-in user's own account that were settled lately, the latest first."""
        if not self._ar_portal_access():
            return self
        settled = self._search(self._ar_portal_filters(day)["paid"]["domain"])
        # A portal user can't read settlements; these are of lines found with his own rights.
        groups = (
            self.env["account.partial.reconcile"]
            .sudo()
            ._read_group(
                [("debit_move_id", "in", settled), ("max_date", ">=", day - timedelta(days=RECENT_DAYS))],
                ["debit_move_id"],
                ["max_date:max", "id:max"],
                order="max_date:max desc, id:max desc",
                limit=limit,
            )
        )
        return self.browse([line.id for line, _day, _last in groups])

    def _ar_portal_settled_on(self):
        """The day of the last settlement of each line that has any: {line id: date}."""
        days = {}
        # A portal user can't read settlements; these are of lines that he has been shown.
        partials = self.env["account.partial.reconcile"].sudo()
        for side in ("debit_move_id", "credit_move_id"):
            for line, day in partials._read_group([(side, "in", self.ids)], [side], ["max_date:max"]):
                days[line.id] = max(day, days.get(line.id, day))
        return days

    def _ar_portal_lines(self, day):
        """The lines as the customer reads them, in the given order.

        :return: list of dicts: line, move, number, url, part ("Instalment 1 of 2", "Credit note"), issued_on, due_on
            (not of credits), due_words, overdue, amount and residual in ``currency`` (credits negative), company,
            discount (of `_ar_portal_discounts`, or nothing), payable (online), is_open_credit, state, state_words,
            settled_on (of settled lines)
        """
        discounts = self.filtered(lambda line: line._ar_portal_is_owed())._ar_portal_discounts(day)
        settled_on = self.filtered("reconciled")._ar_portal_settled_on()
        instalments = self.move_id.line_ids.filtered(lambda line: line.display_type == "payment_term").grouped(
            "move_id"
        )
        return [
            {
                "line": line,
                "move": line.move_id,
                "number": line.move_name,
                "url": line.move_id.access_url,
                "part": line._ar_portal_part(instalments.get(line.move_id, line)),
                "issued_on": line.move_id.invoice_date,
                "due_on": line.move_id.move_type != "out_refund" and line._ar_portal_due_on(),
                "due_words": line._ar_portal_due_words(day),
                "overdue": line._ar_portal_is_owed() and line._ar_portal_due_on() < day,
                "amount": line.amount_currency,
                "residual": line.amount_residual_currency,
                "currency": line.currency_id,
                "company": line.company_id,
                "discount": discounts.get(line.id, {}),
                "payable": line._ar_portal_is_own() and line._ar_portal_is_payable(),
                "is_open_credit": line._ar_portal_is_open_credit(),
                **line._ar_portal_state(),
                "settled_on": settled_on.get(line.id),
            }
            for line in self
        ]

    def _ar_portal_part(self, instalments):
        """What the line is of its document, in words; nothing for an invoice that is due at once."""
        self.ensure_one()
        if self.move_id.move_type == "out_refund":
            return self.env._("Credit note")
        if len(instalments) < 2 or self not in instalments:
            return ""
        in_order = instalments.sorted(lambda line: (line._ar_portal_due_on(), line.id)).ids
        return self.env._("Instalment %(number)s of %(count)s", number=in_order.index(self.id) + 1, count=len(in_order))

    def _ar_portal_is_owed(self):
        """Whether something is left to pay: not so for settled items and credits."""
        self.ensure_one()
        return not self.reconciled and self.amount_residual > 0

    def _ar_portal_is_open_credit(self):
        """Whether this is a credit note of which something can be used to settle invoices."""
        self.ensure_one()
        return not self.reconciled and self.amount_residual < 0 and self.move_id.move_type == "out_refund"

    def _ar_portal_due_on(self):
        """The due date; the entry's date where an accountant has entered the line without one."""
        self.ensure_one()
        return self.date_maturity or self.date

    def _ar_portal_due_words(self, day):
        """When what is owed is due, seen from ``day``; nothing for settled items and credits."""
        self.ensure_one()
        if not self._ar_portal_is_owed():
            return ""
        return self._ar_portal_days_words((self._ar_portal_due_on() - day).days)

    @api.model
    def _ar_portal_days_words(self, days):
        """A due day that is ``days`` from today, in words."""
        if days < -1:
            return self.env._("%(days)s days overdue", days=-days)
        return {
            -1: self.env._("1 day overdue"),
            0: self.env._("due today"),
            1: self.env._("due tomorrow"),
        }.get(days) or self.env._("in %(days)s days", days=days)

    def _ar_portal_state(self):
        """How far the line is settled: {"state": code, "state_words"}."""
        self.ensure_one()
        refund = self.move_id.move_type == "out_refund"
        if self.reconciled:
            if refund:
                return {"state": "used", "state_words": self.env._("Credit used")}
            if self.move_id.payment_state == "reversed":
                return {"state": "credited", "state_words": self.env._("Settled by credit note")}
            return {"state": "paid", "state_words": self.env._("Paid")}
        if refund:
            return {"state": "credit", "state_words": self.env._("Credit not yet used")}
        if self.move_id.payment_state == "in_payment":
            return {"state": "processing", "state_words": self.env._("Payment being processed")}
        if self.currency_id.compare_amounts(self.amount_residual_currency, self.amount_currency):
            return {"state": "partial", "state_words": self.env._("Partly paid")}
        return {"state": "open", "state_words": self.env._("Not paid yet")}
