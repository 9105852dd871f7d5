"""What figures, checks and changes of a reconciliation are called, and how they are laid out."""

from odoo import models
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ..engine import closing
from ..engine.closing import Status


class ArReconciliation(models.Model):
    _inherit = "ar.reconciliation"  # pylint: disable=consider-merging-classes-inherited

    def _figure_labels(self):
        """Return what each figure is called."""
        return {
            closing.STATEMENT: self.env._("Balance of the last bank statement"),
            closing.STATEMENT_LINES: self.env._("Sum of the bank statement's lines"),
            closing.AFTER_STATEMENT: self.env._("Bank lines after the statement"),
            closing.LEDGER: self.env._("Ledger balance"),
            closing.WITHOUT_LINE: self.env._("Entries on the account without a bank line"),
            closing.OTHER_CURRENCY: self.env._("Entries on the account in another currency"),
            closing.OPEN_LINES: self.env._("Bank lines not matched yet"),
            closing.SUSPENSE: self.env._("Suspense account"),
            closing.OUTSTANDING: self.env._("Registered payments not yet in the bank"),
            closing.UNPOSTED_ENTRIES: self.env._("Unposted entries of the period"),
            closing.CUSTOMERS: self.env._("Customer accounts"),
            closing.NO_CUSTOMER: self.env._("Entries without a customer"),
            closing.OPEN_ITEMS: self.env._("Open items"),
            closing.DRAFT_INVOICES: self.env._("Draft invoices of the period"),
        }

    def _compared(self):
        """Return what each check compares: the name of the check, of its left and of its right amount."""
        ledger = self.env._("Ledger")
        return {
            closing.BANK_LEDGER: (self.env._("Bank and ledger"), self.env._("Bank"), ledger),
            closing.NO_STATEMENT: (self.env._("Bank and ledger"), self.env._("Bank"), ledger),
            closing.STATEMENT_SUM: (
                self.env._("Bank statement adds up"),
                self.env._("Opening balance and lines"),
                self.env._("Closing balance"),
            ),
            closing.SUSPENSE_LINES: (
                self.env._("Suspense account and open bank lines"),
                self.env._("Suspense account"),
                self.env._("Open bank lines"),
            ),
            closing.LEDGER_CUSTOMERS: (
                self.env._("Ledger and customer accounts"),
                ledger,
                self.env._("Customer accounts"),
            ),
            closing.LEDGER_ITEMS: (self.env._("Ledger and open items"), ledger, self.env._("Open items")),
        }

    def _check_label(self, check):
        """Return what a check compares, in a few words."""
        return self._compared()[check.code][0]

    def _told(self, amount):
        """Return an amount in the reader's format; a dash where there is none."""
        return "–" if amount is None else formatLang(self.env, float(amount), currency_obj=self.currency_id)

    def _proof(self, figures):
        """Return what the proof shows: its two sides, the comparisons, and remarks.

        :rtype: dict
        """
        self.ensure_one()
        checks = self._checks(figures)
        compared = [check for check in checks if check.code in self._compared()]
        return {
            "sides": self._bank_sides(figures) if self.kind == "bank" else self._receivables_sides(figures),
            "difference": self._told(compared[0].difference),
            "status": compared[0].status.value,
            "checks": [self._check_told(check) for check in compared],
            "remarks": [self._remark(check, figures) for check in checks if check not in compared]
            + self._outstanding_remark(figures),
        }

    def _check_told(self, check):
        label, left, right = self._compared()[check.code]
        words = {Status.OK: self.env._("Agrees"), Status.FAILED: self.env._("Does not agree")}
        return {
            "label": label,
            "left_label": left,
            "left": self._told(check.left),
            "right_label": right,
            "right": self._told(check.right),
            "difference": self._told(check.difference),
            "status": check.status.value,
            "result": self.env._("Not proved") if check.code == closing.NO_STATEMENT else words[check.status],
        }

    def _remark(self, check, figures):
        if check.code == closing.OLD_STATEMENT:
            return self.env._(
                "The last bank statement is of %(date)s, before the period. If the bank has booked anything since, a "
                "statement is missing.",
                date=format_date(self.env, figures[closing.STATEMENT].day),
            )
        currency = self.currency_id
        if check.code == closing.OTHER_CURRENCY:
            currency = self.company_id.sudo().currency_id
        return self.env._(
            "%(what)s: %(number)s, together %(amount)s.",
            what=self._figure_labels()[check.code],
            number=check.count,
            amount=formatLang(self.env, float(check.left), currency_obj=currency),
        )

    def _outstanding_remark(self, figures):
        figure = figures.get(closing.OUTSTANDING, closing.NOTHING)
        return (
            [self._remark(closing.Check(closing.OUTSTANDING, Status.OK, figure.amount, count=figure.count), figures)]
            if figure.count
            else []
        )

    def _bank_sides(self, figures):
        statement, after = figures[closing.STATEMENT], figures[closing.AFTER_STATEMENT]
        day = format_date(self.env, self.date_to)
        if statement.amount is None:
            rows = [(self.env._("No bank statement up to %(date)s", date=day), self._told(None))]
            total = None
        else:
            date = format_date(self.env, statement.day)
            rows = [
                (self.env._("Bank statement of %(date)s", date=date), self._told(statement.amount)),
                (
                    self.env._("Bank lines after it: %(number)s", number=after.count),
                    self._told(after.amount),
                ),
            ]
            total = statement.amount + after.amount
        ledger, odd = figures[closing.LEDGER], figures[closing.WITHOUT_LINE]
        return [
            {"title": self.env._("Bank"), "rows": rows, "total": self._told(total)},
            {
                "title": self.env._("Ledger"),
                "rows": [
                    (self.env._("Entries of bank lines"), self._told(ledger.amount - odd.amount)),
                    (self.env._("Other entries on the account: %(number)s", number=odd.count), self._told(odd.amount)),
                ],
                "total": self._told(ledger.amount),
            },
        ]

    def _receivables_sides(self, figures):
        ledger, customers = figures[closing.LEDGER], figures[closing.CUSTOMERS]
        return [
            {
                "title": self.env._("Ledger"),
                "rows": [(self.env._("All receivable accounts"), self._told(ledger.amount))],
                "total": self._told(ledger.amount),
            },
            {
                "title": self.env._("Customer accounts"),
                "rows": [
                    (
                        self.env._("Customers with a balance: %(number)s", number=customers.count),
                        self._told(customers.amount),
                    )
                ],
                "total": self._told(customers.amount),
            },
        ]

    def _changes_told(self, changed):
        """Return what is shown of figures that are not as they were kept."""
        return [
            {
                "label": self._figure_labels()[change.code],
                "old": self._told(change.old.amount),
                "new": self._told(change.new.amount),
                "note": self._change_note(change),
            }
            for change in changed
        ]

    def _change_note(self, change):
        """Return what has changed where the amount has not."""
        if change.old.amount != change.new.amount:
            return ""
        if change.old.count != change.new.count:
            return self.env._("Number: %(old)s, now %(new)s", old=change.old.count, new=change.new.count)
        if change.code == closing.CUSTOMERS:
            return self.env._("Amounts have moved between customers")
        if change.code == closing.STATEMENT:
            return self.env._("Another bank statement is the last one")
        return self.env._("Other lines make the same sum")
