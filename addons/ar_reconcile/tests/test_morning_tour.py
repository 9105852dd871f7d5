from datetime import timedelta
from decimal import Decimal

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import BankFileCommon, ofx


@tagged("post_install", "-at_install")
class TestMorning(BankFileCommon, HttpCase):
    """A whole morning in the browser: a file of the bank with 200 transactions, cleared, and the month closed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.month_end = fields.Date.today().replace(day=1) - timedelta(days=1)
        cls.month_start = cls.month_end.replace(day=1)
        cls.journal.write({"name": "Main Account", "ar_auto_match": False})
        cls.customers = cls.env["res.partner"].create([{"name": f"Customer {number:03}"} for number in range(195)])
        names = ("Mistaken Name", "Right Customer", "Split One", "Split Two", "Fee Customer")
        cls.mistaken, cls.right, cls.one, cls.two, cls.payer = cls.env["res.partner"].create(
            [{"name": name} for name in names]
        )
        cls.invoices = cls.env["account.move"].create(
            [cls._invoice_values(partner, 100 + number) for number, partner in enumerate(cls.customers)]
        )
        others = ((cls.mistaken, 777), (cls.right, 777), (cls.one, 200), (cls.two, 150), (cls.payer, 1000))
        cls.others = cls.env["account.move"].create([cls._invoice_values(*each) for each in others])
        (cls.invoices + cls.others).action_post()
        cls.env.user.password = cls.env.user.login

    @classmethod
    def _invoice_values(cls, partner, amount):
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": cls.month_start,
            "invoice_line_ids": [
                Command.create({"product_id": cls.product_a.id, "price_unit": amount, "tax_ids": [Command.clear()]})
            ],
        }

    def _file(self):
        """Return the bank's file: 195 plain payments and five that need a person."""
        day, first, last = (
            f"{each:%Y%m%d}" for each in (self.month_start.replace(day=18), self.month_start, self.month_end)
        )
        plain = [
            (f"P{number}", day, f"{100 + number}.00", invoice.partner_id.name.upper(), invoice.name)
            for number, invoice in enumerate(self.invoices)
        ]
        needing = [
            ("X1", day, "777.00", "MISTAKEN NAME", "PAYMENT"),
            ("X2", day, "350.00", "SPLIT PAYER", "FOR BOTH"),
            ("X3", day, "985.00", "FEE TAKEN", "ABROAD"),
            ("X4", day, "-12.00", "BANK", "ACCOUNT FEE"),
            ("X5", day, "64.20", "STRANGER", "HELLO"),
        ]
        total = sum(Decimal(amount) for _id, _day, amount, _name, _memo in plain + needing)
        file = ofx(plain + needing, balance=str(total))
        return file.replace(b"20261120", last.encode()).replace(b"20261101", first.encode())

    def _close_the_month(self):
        """Have the accountant prepare the month of the bank in the browser, and a second person sign it off."""
        chief = new_test_user(
            self.env,
            "second_person",
            "ar_reconcile.group_reconcile_review,base.group_user",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        plan = self.env["ar.reconciliation.plan"].create(
            {
                "kind": "bank",
                "journal_id": self.journal.id,
                "frequency": "monthly",
                "owner_id": self.env.user.id,
                "reviewer_id": chief.id,
                "date_start": self.month_start,
            }
        )
        calendar = "/odoo/action-ar_reconcile.action_reconciliations"
        self.start_tour(calendar, "ar_reconcile_month_prepared", login=self.env.user.login)
        self.start_tour(calendar, "ar_reconcile_month_signed", login=chief.login)
        return self.env["ar.reconciliation"].search([("plan_id", "=", plan.id)]), chief

    def test_a_morning_is_cleared_in_the_workspace(self):
        self.env["ir.attachment"].create({"name": "morning.ofx", "raw": self._file()})
        self.start_tour(
            "/odoo/action-account.open_account_journal_dashboard_kanban",
            "ar_reconcile_morning",
            login=self.env.user.login,
            timeout=240,
        )
        self.assertEqual(set(self.invoices.mapped("payment_state")), {"paid"})
        states = dict(zip(self.others.partner_id.mapped("name"), self.others.mapped("payment_state"), strict=True))
        self.assertEqual(states.pop("Right Customer"), "paid")
        self.assertEqual(set(states.values()), {"not_paid"}, "the wrong customer's, and what was undone")
        history = self.env["ar.match.proposal"].search([("journal_id", "=", self.journal.id)])
        self.assertEqual(len(history.filtered(lambda match: match.state == "undone")), 3)
        month, chief = self._close_the_month()
        self.assertEqual(month.date_to, self.month_end)
        self.assertEqual((month.state, month.prepared_by_id, month.signed_by_id), ("signed", self.env.user, chief))
