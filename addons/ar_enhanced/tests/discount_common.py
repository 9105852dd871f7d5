from datetime import date, timedelta

from odoo import Command

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

DAY = date(2025, 3, 3)


class DiscountCase(AccountTestInvoicingCommon):
    """Invoices of :data:`DAY` (tests freeze the time there), two taxes, and a currency that loses half on the 10th day.

    The invoices are due after 30 days unless a test says otherwise.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create({"name": "Linden Optics", "is_company": True})
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2023-01-01", 2), (str(DAY + timedelta(10)), 4)])
        cls.loss_account = cls.env.company.account_journal_early_pay_discount_loss_account_id
        cls.tax_account = cls.company_data["default_account_tax_sale"]
        cls.tax_15 = cls.tax("15 %", 15)
        cls.tax_6 = cls.tax("6 %", 6)
        cls.tax_15_included = cls.tax("15 % included", 15, price_include_override="tax_included")
        cls.net_30 = cls.term(30)

    @classmethod
    def tax(cls, name, percent, **values):
        shares = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": cls.tax_account.id}),
        ]
        return cls.env["account.tax"].create(
            {
                "name": name,
                "amount": percent,
                "type_tax_use": "sale",
                "invoice_repartition_line_ids": shares,
                "refund_repartition_line_ids": shares,
                **values,
            }
        )

    @classmethod
    def term(cls, days, **values):
        """Payment terms: all after ``days``."""
        line = {"value": "percent", "value_amount": 100, "nb_days": days}
        return cls.env["account.payment.term"].create(
            {"name": f"{days} days", "line_ids": [Command.create(line)], **values}
        )

    @classmethod
    def instalments(cls, *days):
        """Payment terms: equal instalments."""
        lines = [{"value": "percent", "value_amount": 100 / len(days), "nb_days": day} for day in days]
        return cls.env["account.payment.term"].create(
            {"name": "Instalments", "line_ids": [Command.create(line) for line in lines]}
        )

    @classmethod
    def policy(cls, tiers=(), **values):
        """A policy for all invoices of the year, unless ``values`` say otherwise."""
        tier_ids = [Command.create({"percent": percent, "days": days}) for percent, days in tiers]
        return cls.env["ar.discount.policy"].create(
            {
                "name": "Pay early",
                "applies_to": "campaign",
                "date_from": "2025-01-01",
                "date_to": "2025-12-31",
                "tier_ids": tier_ids,
                "grace_days": 0,
                "grace_amount": 0,
                **values,
            }
        )

    @classmethod
    def invoice(cls, lines, term=None, post=True, **values):
        """Post an invoice of :data:`DAY`: of an amount without tax, or of (amount, taxes) lines."""
        lines = lines if isinstance(lines, list) else [(lines, cls.env["account.tax"])]
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.customer.id,
                "invoice_date": DAY,
                "invoice_payment_term_id": (term or cls.net_30).id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Lens",
                            "price_unit": amount,
                            "tax_ids": [Command.set(taxes.ids)],
                            "account_id": cls.company_data["default_account_revenue"].id,
                        }
                    )
                    for amount, taxes in lines
                ],
                **values,
            }
        )
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def credit(cls, invoice, amount):
        """Credit ``amount`` of ``invoice`` and apply the credit note."""
        refund = cls.invoice(amount, move_type="out_refund", invoice_payment_term_id=False)
        lines = (invoice + refund).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.reconcile()
        return refund

    def register(self, invoices, days=0, amount=None, proposes=None, group=None, **values):
        """Register a payment ``days`` after :data:`DAY`: of what the wizard proposes, or of ``amount``."""
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"payment_date": DAY + timedelta(days), **values})
        )
        if group is not None:
            wizard.group_payment = group
        if proposes is not None:
            self.assertAlmostEqual(wizard.amount, proposes)
            if len(invoices) == 1 and len(invoices._ar_term_lines()) == 1:
                self.assertEqual(wizard.amount, invoices._ar_amount_due(DAY + timedelta(days)))
        if amount is not None:
            wizard.amount = amount
            wizard._onchange_amount()
        return wizard._create_payments()

    def discount_lines(self, payment):
        return payment.move_id.line_ids.filtered("ar_discount_offer_id")

    def assert_settled(self, invoices):
        for invoice in invoices:
            self.assertEqual(invoice.amount_residual, 0)
            self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    def assert_booked(self, payment, expected):
        """Compare the discount's lines, as (account, balance, taxes), whatever their order."""
        booked = [(line.account_id, line.balance, line.tax_ids.ids) for line in self.discount_lines(payment)]

        def order(line):
            return line[0].id, line[1]

        self.assertEqual(sorted(booked, key=order), sorted(expected, key=order))
