from datetime import date
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged

from ..engine.candidate import Discount, Sort
from .common import MatchCommon


@tagged("post_install", "-at_install")
class TestMatchFacts(MatchCommon):
    """What the engine is told of bank lines, open items and customers."""

    def _candidates(self, lines=None):
        lines = lines or self._unmatched(("1.00", "HELLO"))
        return {item.key: item for item in lines._ar_candidates(self.env.company, lines._as_payments()[0])}

    def _item(self, move):
        return move.line_ids.filtered(lambda item: item.account_type == "asset_receivable")

    # === ITEMS === #

    def test_each_instalment_is_an_item_of_its_invoice(self):
        invoice = self._invoice(100, invoice_payment_term_id=self.pay_terms_b.id)
        items = [item for item in self._candidates().values() if item.invoice == invoice.id]
        self.assertEqual([item.residual for item in items], [Decimal("30.00"), Decimal("70.00")])
        self.assertEqual({item.number for item in items}, {invoice.name})
        self.assertEqual(
            [item.due for item in items], invoice.line_ids.filtered("date_maturity").mapped("date_maturity")
        )
        self.assertEqual(items[0].issued, date(2026, 11, 1))

    def test_a_credit_note_is_owed_to_the_customer(self):
        refund = self._create_invoice_one_line(
            move_type="out_refund", price_unit=30, partner_id=self.partner_a, tax_ids=False, post=True
        )
        item = self._candidates()[self._item(refund).id]
        self.assertEqual((item.residual, item.sort), (Decimal("-30.00"), Sort.CREDIT_NOTE))

    def test_an_opening_balance_is_an_item_under_its_label(self):
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": self.partner_a.id,
                            "debit": 40,
                            "name": "OLD/2025/7",
                        }
                    ),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 40}),
                ],
            }
        )
        entry.action_post()
        item = self._candidates()[self._item(entry).id]
        self.assertEqual((item.residual, item.references), (Decimal("40.00"), ("OLD/2025/7",)))

    def test_references_are_the_payment_reference_the_customer_s_and_the_order_s(self):
        invoice = self._invoice(50, payment_reference="RF18539007547034", ref="PO 4711", invoice_origin="S00012")
        item = self._candidates()[self._item(invoice).id]
        self.assertEqual((item.number, item.references), (invoice.name, ("RF18539007547034", "PO 4711", "S00012")))

    def test_money_on_the_customer_s_account_is_no_item(self):
        line = self._unmatched(("80.00", "ADVANCE"))
        suspense = line._seek_for_lines()[1]
        suspense.with_context(skip_readonly_check=True, skip_account_move_synchronization=True).write(
            {"account_id": self.company_data["default_account_receivable"].id, "partner_id": self.partner_a.id}
        )
        self.assertTrue(suspense.amount_residual)
        self.assertNotIn(suspense.id, self._candidates(line))

    def test_a_registered_payment_of_the_journal_is_an_item_until_it_is_matched(self):
        method = self.journal.inbound_payment_method_line_ids[:1]
        method.payment_account_id = self.env["account.account"].create(
            {"name": "Outstanding", "code": "101998", "account_type": "asset_current", "reconcile": True}
        )
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.partner_a.id,
                "amount": 60,
                "memo": "Cheque 991",
                "journal_id": self.journal.id,
                "payment_method_line_id": method.id,
            }
        )
        payment.action_post()
        outstanding = payment._seek_for_lines()[0]
        item = self._candidates()[outstanding.id]
        self.assertEqual((item.sort, item.residual, item.number), (Sort.PAYMENT, Decimal("60.00"), payment.name))
        self.assertIn("Cheque 991", item.references)
        payment.action_cancel()
        self.assertNotIn(outstanding.id, self._candidates())

    def test_a_payment_that_was_registered_on_an_invoice_waits_for_its_bank_line(self):
        outstanding = self.env["account.account"].create(
            {"name": "Outstanding", "code": "101998", "account_type": "asset_current", "reconcile": True}
        )
        self.journal.inbound_payment_method_line_ids.payment_account_id = outstanding
        invoice = self._invoice(60)
        payment = self._register_payment(invoice, journal_id=self.journal.id)
        self.assertEqual((payment.state, payment.is_matched), ("paid", False))
        line = self._pay(("60.00", payment.name))
        self.assertEqual(line.ar_allocation_ids.mapped("kind"), ["payment"])
        self.assertTrue(payment.is_matched)

    def test_a_discount_is_for_who_pays_everything(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2 % in 10 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        invoice = self._invoice(100, invoice_payment_term_id=term.id)
        key = self._item(invoice).id
        self.assertEqual(
            self._candidates()[key].discounts, (Discount(Decimal("2.00"), date(2026, 11, 11), Decimal(2)),)
        )
        self._register_payment(invoice, amount=10)
        self.assertEqual(self._candidates()[key].discounts, ())

    def test_drafts_and_settled_invoices_are_no_items_unless_the_text_names_them(self):
        draft = self._create_invoice_one_line(price_unit=10, partner_id=self.partner_a, tax_ids=False)
        settled = self._invoice(20)
        self._register_payment(settled)
        keys = self._candidates()
        self.assertNotIn(self._item(draft).id, keys)
        self.assertNotIn(self._item(settled).id, keys)
        named = self._candidates(self._unmatched(("20.00", f"re {settled.name.lower().replace('/', ' ')}")))
        self.assertEqual(named[self._item(settled).id].residual, 0)

    # === CUSTOMERS === #

    def test_a_customer_is_known_by_names_accounts_number_and_group(self):
        parent = self.env["res.partner"].create({"name": "Holding", "is_company": True})
        customer = self.env["res.partner"].create(
            {"name": "Sub Ltd", "is_company": True, "parent_id": parent.id, "ref": "C-77"}
        )
        contact = self.env["res.partner"].create({"name": "Jane Doe", "parent_id": customer.id})
        self.env["res.partner.bank"].sudo().create(
            [
                {"acc_number": "DE89 3704 0044 0532 0130 00", "partner_id": customer.id},
                {"acc_number": "12-345", "partner_id": contact.id},
            ]
        )
        self._invoice(10, partner=customer)
        lines = self._unmatched(("1.00", "HELLO"))
        known = {each.key: each for each in lines._ar_customers(self.env.company, self._candidates(lines).values())}
        found = known[customer.id]
        self.assertEqual((found.names[0], found.group, found.references), ("Sub Ltd", parent.id, ("C-77",)))
        self.assertIn("Jane Doe", found.names)
        self.assertEqual(found.accounts, ("12345", "DE89370400440532013000"))

    # === PAYMENTS === #

    def test_the_payer_s_own_advice_tells_what_is_paid_of_each_invoice(self):
        first, second = self._invoice(60), self._invoice(60)
        line = self._unmatched(("100.00", f"RMR*IV*{first.name}*PI*40~RMR*IV*{second.name}*PI*60.00"))
        (payment,) = line._as_payments()[0]
        self.assertEqual(payment.remittance, ((first.name, Decimal("40.00")), (second.name, Decimal("60.00"))))
        line.partner_name = first.partner_id.name
        line.action_auto_match()
        self.assertEqual((line.ar_match_state, first.amount_residual, second.amount_residual), ("matched", 20.0, 0.0))

    def test_a_payment_is_of_its_value_date_with_everything_that_the_payer_wrote(self):
        line = self._unmatched(("12.34", "THANKS"))
        line.write(
            {
                "ar_value_date": "2026-11-16",
                "account_number": "DE89 3704 0044 0532 0130 00",
                "transaction_details": {"end_to_end_id": "E2E-9", "transaction_id": "0815", "remittance": "THANKS"},
            }
        )
        [payment] = line._as_payments()[0]
        self.assertEqual((payment.day, payment.amount, payment.currency), (date(2026, 11, 16), Decimal("12.34"), "USD"))
        self.assertEqual(payment.texts, ("THANKS", "SOMEBODY", "E2E-9"))
        self.assertEqual((payment.name, payment.counterparty_account), ("SOMEBODY", "DE89370400440532013000"))
        self.assertEqual(payment.policy, self.journal._as_policy())

    def test_a_payment_knows_the_day_s_rates_of_other_currencies_and_none_where_there_is_none(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5), ("2026-11-15", 0.8), ("2026-12-01", 0.9)])
        franc = self.setup_other_currency("CHF", rates=[])
        self._invoice(100, currency_id=euro)
        self._invoice(100, currency_id=franc)
        franc.rate_ids.unlink()
        lines = self._unmatched(("1.00", "HELLO"))
        candidates = self._candidates(lines).values()
        [payment] = lines._ar_with_rates(self.env.company, lines._as_payments()[0], candidates)
        self.assertEqual(payment.rates, (("EUR", Decimal("1.25")),))

    def test_details_that_other_software_wrote_in_another_shape_hold_nothing_up(self):
        line = self._pay(("10.00", "HELLO"))
        for details in (["remittance"], "x", {"remittance": ["x"], "reference": 5}):
            line.transaction_details = details
            payments, failures = line._as_payments()
            self.assertEqual((len(payments), failures), (1, {}))
            self.assertIsNotNone(line.ar_details_html)
