from datetime import date, timedelta

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

DAY = date(2025, 3, 31)


class LedgerCase(AccountTestInvoicingCommon):
    """A ledger as of :data:`DAY` (tests freeze the time there) with what makes ledgers hard.

    ``customer`` has a contact who was invoiced, paid in full, in parts, late, by credit note, in a foreign
    currency and in advance; ``newcomer`` has one invoice that is not due; ``stranger`` has none.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer, cls.newcomer, cls.stranger = cls.env["res.partner"].create(
            [{"name": name, "is_company": True} for name in ("Linden Optics", "Newcomer", "Stranger")]
        )
        cls.contact = cls.env["res.partner"].create({"name": "Ada Linden", "parent_id": cls.customer.id})
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2023-01-01", 0.5), ("2025-01-01", 0.8)])

        for months_ago in range(18, 3, -3):
            cls.pay(cls.invoice(100 + months_ago, due_days_ago=months_ago * 30), days_ago=months_ago * 30 - 9)
        cls.overdue = cls.invoice(1190, due_days_ago=46)
        cls.part_paid = cls.invoice(500, due_days_ago=70, partner=cls.contact)
        cls.pay(cls.part_paid, days_ago=60, amount=200)
        cls.pay(cls.part_paid, days_ago=2, amount=100)
        cls.paid_in_parts = cls.invoice(400, due_days_ago=100, partner=cls.contact)
        cls.pay(cls.paid_in_parts, days_ago=95, amount=150)
        cls.pay(cls.paid_in_parts, days_ago=80)
        cls.credited = cls.invoice(300, due_days_ago=50)
        cls.credit(cls.credited, days_ago=40)
        cls.in_euro = cls.invoice(800, due_days_ago=120, currency_id=cls.foreign.id)
        cls.pay(cls.in_euro, days_ago=85)
        cls.open_in_euro = cls.invoice(640, due_days_ago=10, currency_id=cls.foreign.id)
        cls.not_due = cls.invoice(250, due_days_ago=-20)
        cls.due_today = cls.invoice(75, due_days_ago=0)
        cls.advance = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": cls.customer.id,
                "amount": 60,
                "date": DAY - timedelta(3),
                "journal_id": cls.company_data["default_journal_bank"].id,
            }
        )
        cls.advance.action_post()
        cls.invoice(990, due_days_ago=-5, partner=cls.newcomer)

    @classmethod
    def invoice(cls, amount, due_days_ago, partner=None, **values):
        """Post an invoice of ``amount``, dated 30 days before its due day."""
        due = DAY - timedelta(due_days_ago)
        return cls._create_invoice_one_line(
            price_unit=amount,
            partner_id=(partner or cls.customer).id,
            invoice_date=due - timedelta(30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
            **values,
        )

    @classmethod
    def pay(cls, invoice, days_ago, amount=None):
        """Pay ``invoice``, in full unless ``amount`` says otherwise."""
        values = {} if amount is None else {"amount": amount}
        return cls._register_payment(invoice, payment_date=DAY - timedelta(days_ago), **values)

    @classmethod
    def credit(cls, invoice, days_ago):
        """Credit ``invoice`` in full and apply the credit note."""
        credit_note = cls._reverse_invoice(invoice, date=DAY - timedelta(days_ago), post=True)
        lines = (invoice | credit_note).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.filtered(lambda line: not line.reconciled).reconcile()
        return credit_note
