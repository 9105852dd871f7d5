from unittest.mock import patch

from odoo.fields import Date
from odoo.tests import TransactionCase, freeze_time
from odoo.tools import convert_file, file_path


class DemoLedgerCase(TransactionCase):
    """The demo company with its ledger and its credit story, as loaded at noon of :attr:`first_day`.

    :cvar left_out: methods of the demo that are not run: what was agreed and how money is collected
    """

    first_day = "2026-06-01"
    left_out = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_aside()
        cls.last_mail = cls.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        for name in cls.left_out:
            cls.startClassPatcher(patch.object(cls.env.registry["ar.demo"], name, lambda *_args: None))
        with freeze_time(f"{cls.first_day} 12:00:00"):
            convert_file(cls.env, "ar_enhanced", file_path("ar_enhanced/demo/demo.xml"), {}, mode="init", noupdate=True)
        company = cls.env.ref("ar_enhanced.demo_company")
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": company.ids, "lang": "en_US"})
        cls.company = company.with_env(cls.env)
        cls.bank = cls.journal("MAIN")
        cls.clerk, cls.manager = (cls.env.ref(f"ar_enhanced.user_{name}") for name in ("accountant", "credit_manager"))

    @classmethod
    def set_aside(cls):
        """Let a demo company that the database has be another one."""
        company = cls.env.ref("ar_enhanced.demo_company", raise_if_not_found=False)
        if not company:
            return
        company.name += " (before)"
        for name in ("accountant", "credit_manager"):
            cls.env.ref(f"ar_enhanced.user_{name}").login += "-before"
        names = ("demo_", "customer_", "contact_", "user_", "payment_term_")
        domain = ["|"] * (len(names) - 1) + [("name", "=like", f"{name}%") for name in names]
        cls.env["ir.model.data"].search([("module", "=", "ar_enhanced"), *domain]).module = "ar_enhanced_before"
        cls.env.flush_all()

    @classmethod
    def journal(cls, code):
        """The journal of that code."""
        return cls.env["account.journal"].search([("company_id", "=", cls.company.id), ("code", "=", code)])

    @classmethod
    def customer(cls, key):
        """The customer of that key in the demo's tables."""
        return cls.env.ref(f"ar_enhanced.customer_{key.replace('-', '_')}")

    @classmethod
    def invoices(cls, *numbers):
        """The invoices and credit notes of these numbers."""
        return cls.env["account.move"].search([("company_id", "=", cls.company.id), ("name", "in", numbers)])

    @classmethod
    def items(cls, *numbers):
        """The receivable lines of these invoices."""
        return cls.invoices(*numbers).line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def pay(self, *numbers, amount=None):
        """Have one customer pay these invoices today, in full unless ``amount`` says otherwise."""
        invoices = self.invoices(*numbers)
        values = {"payment_date": Date.today(), "group_payment": len(invoices) > 1}
        if amount:
            values["amount"] = amount
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoices.ids)
        return wizard.create(values)._create_payments()

    def bank_line(self, amount, text, **values):
        """A line of the main bank account of today."""
        return self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": Date.today(), "amount": amount, "payment_ref": text, **values}
        )

    def statement(self):
        """Import a bank statement of today: a line that no customer paid."""
        fees = self.env["account.chart.template"].with_company(self.company).ref("expense_finance")
        return self.bank_line(-18.5, "Account fee", counterpart_account_id=fees.id)
