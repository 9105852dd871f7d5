from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from ..engine.candidate import Discount
from ..engine.replay import replayed
from .common import MatchCommon

PAID = fields.Date.to_date("2026-11-18")


@tagged("post_install", "-at_install")
class TestMatchDiscount(MatchCommon):
    """A bank line takes the discount of its day, whatever the policy: by matching and by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loss = cls.company_data["company"].account_journal_early_pay_discount_loss_account_id
        cls.tax_account = cls.company_data["default_account_tax_sale"]
        cls.net_60 = cls.env["account.payment.term"].create(
            {"name": "Net 60", "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 60})]}
        )
        cls.taxes = cls.env["account.tax"].create(
            [{"name": f"VAT {percent}", "amount": percent, "type_tax_use": "sale"} for percent in (19, 7)]
        )

    @classmethod
    def _policy(cls, *tiers, **values):
        return cls.env["ar.discount.policy"].create(
            {
                "name": "Pay early",
                "applies_to": "payment_term",
                "payment_term_ids": [Command.set(cls.net_60.ids)],
                "tier_ids": [Command.create({"percent": percent, "days": days}) for percent, days in tiers],
                "grace_days": 0,
                "grace_amount": 0,
                **values,
            }
        )

    def _bill(self, *amounts, days_ago=8, **values):
        """Post an invoice of so many days before the payment; of several amounts, each has its own tax."""
        taxes = self.taxes if len(amounts) > 1 else [self.env["account.tax"]]
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner_a.id,
                "invoice_date": PAID - timedelta(days_ago),
                "invoice_payment_term_id": self.net_60.id,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": [Command.set(tax.ids)]})
                    for amount, tax in zip(amounts, taxes, strict=True)
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    def _kinds(self, line):
        return [(part.kind, round(part.amount, 2)) for part in line.ar_match_id.allocation_ids]

    def _on_loss(self, line):
        lines = line.move_id.line_ids
        self.assertFalse(round(sum(lines.mapped("balance")), 2))
        return round(sum(lines.filtered(lambda item: item.account_id == self.loss).mapped("balance")), 2)

    def test_the_tier_of_the_payment_s_day_is_taken(self):
        self._policy((3, 10), (2, 20))
        for days_ago, amount, off in ((10, "970.00", 30), (11, "980.00", 20), (20, "980.00", 20)):
            with self.subTest(days_ago=days_ago):
                invoice = self._bill(1000, days_ago=days_ago)
                line = self._pay((amount, f"{invoice.name} {self.partner_a.name}"))
                self.assertTrue(line.is_reconciled)
                self.assertEqual((invoice.amount_residual, invoice.payment_state), (0, "paid"))
                self.assertEqual(self._on_loss(line), off)
                self.assertEqual(line.move_id.line_ids.ar_discount_offer_id.percent, off / 10)

    def test_a_tier_that_is_over_stays_open(self):
        self._policy((3, 10), (2, 20))
        for days_ago, amount in ((11, "970.00"), (21, "980.00")):
            invoice = self._bill(1000, days_ago=days_ago)
            line = self._pay((amount, f"{invoice.name} {self.partner_a.name}"))
            kinds = {kind for kind, _amount in self._kinds(line)}
            self.assertFalse(kinds & {"discount", "discount_grace"})
            self.assertGreater(invoice.amount_residual, 0)

    def test_days_of_grace_of_the_offer_and_one_day_beyond(self):
        self._policy((2, 10), grace_days=3)
        invoice, late = self._bill(1000, days_ago=13), self._bill(2000, days_ago=14)
        [key, late_key] = (invoice | late)._ar_term_lines().ids
        discounts = self._unmatched(("1.00", "X"))._ar_candidates(self.env.company, [])
        of = {each.key: each.discounts for each in discounts}
        day = invoice.invoice_date + timedelta(10)
        self.assertEqual(of[key], (Discount(Decimal("20.00"), day, Decimal(2), day + timedelta(3)),))
        self.assertTrue(of[late_key])
        with self._threshold("0.0001"):
            line = self._pay(("980.00", f"{invoice.name} {self.partner_a.name}"))
            beyond = self._pay(("1960.00", f"{late.name} {self.partner_a.name}"))
        self.assertEqual(sorted(self._kinds(line)), [("discount_grace", -20.0), ("full", 1000.0)])
        self.assertEqual((invoice.amount_residual, self._on_loss(line)), (0, 20))
        self.assertNotIn("discount_grace", dict(self._kinds(beyond)))
        self.assertGreater(late.amount_residual, 0)

    def test_a_payment_short_by_the_grace_amount_and_one_by_a_cent_more(self):
        self._policy((2, 10), grace_amount=0.5)
        invoice, other = self._bill(1000), self._bill(2000)
        with self._threshold("0.0001"):
            line = self._pay(("979.50", f"{invoice.name} {self.partner_a.name}"))
            beyond = self._pay(("1959.49", f"{other.name} {self.partner_a.name}"))
        self.assertEqual(sorted(self._kinds(line)), [("discount_grace", -20.5), ("full", 1000.0)])
        self.assertEqual((invoice.amount_residual, self._on_loss(line)), (0, 20.5))
        self.assertNotIn("discount_grace", dict(self._kinds(beyond)))

    def test_two_invoices_with_different_tiers_in_one_payment(self):
        self._policy((3, 10), (2, 20))
        first, second = self._bill(1000, days_ago=5), self._bill(500, days_ago=15)
        line = self._pay(("1460.00", f"{first.name} {second.name} {self.partner_a.name}"))
        self.assertTrue(line.is_reconciled)
        self.assertEqual((first.amount_residual, second.amount_residual, self._on_loss(line)), (0, 0, 40))
        self.assertEqual(sorted(line.move_id.line_ids.ar_discount_offer_id.mapped("percent")), [2, 3])

    def test_an_invoice_with_two_taxes_books_both(self):
        for mode, off in (("included", 9.0), ("excluded", 9.0)):
            policy = self._policy((3, 10), tax_mode=mode)
            invoice = self._bill(100, 200)
            due = invoice._ar_amount_due(PAID)
            line = self._pay((f"{due:.2f}", f"{invoice.name} {self.partner_a.name}"))
            self.assertEqual((invoice.amount_residual, self._on_loss(line)), (0, off))
            policy.active = False

    def test_what_is_left_after_a_part_payment_has_its_discount(self):
        self._policy((2, 10))
        invoice = self._bill(1000)
        self._register_payment(invoice, amount=245, payment_date=PAID)
        line = self._pay(("735.00", f"{invoice.name} {self.partner_a.name}"))
        self.assertEqual((invoice.amount_residual, self._on_loss(line)), (0, 20))

    def test_a_sliding_discount_is_that_of_the_day(self):
        self.env.company.ar_cost_of_capital = 8
        self._policy(kind="sliding", annual_rate=7.3)
        invoice = self._bill(1000, days_ago=10)
        line = self._pay(("990.00", f"{invoice.name} {self.partner_a.name}"))
        self.assertEqual((invoice.amount_residual, self._on_loss(line)), (0, 10))

    def test_without_an_account_for_discounts_the_line_says_so_and_the_others_are_booked(self):
        self._policy((2, 10))
        discounted, plain = self._bill(1000), self._bill(500, days_ago=30)
        self.company_data["company"].account_journal_early_pay_discount_loss_account_id = False
        first, second = self._pay(
            ("980.00", f"{discounted.name} {self.partner_a.name}"), ("500.00", f"{plain.name} {self.partner_a.name}")
        )
        self.assertEqual((first.is_reconciled, second.is_reconciled), (False, True))
        self.assertEqual((discounted.amount_residual, plain.amount_residual), (1000, 0))
        failures = " ".join(filter(None, first.ar_match_ids.mapped("failure")))
        self.assertIn("no account for early-payment discounts", failures)

    def test_another_currency_is_booked_to_zero(self):
        euro = self.setup_other_currency("EUR", rates=[("2020-01-01", 0.5), ("2026-11-15", 0.8)])
        self._policy((2, 10))
        invoice = self._bill(1000, currency_id=euro.id)
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": journal.id, "date": PAID, "payment_ref": invoice.name, "amount": 980}
        )
        item = invoice._ar_term_lines()
        line.ar_book_by_hand(
            [
                {"item": item.id, "amount": "1000.00", "in_full": True},
                {"item": item.id, "amount": "-20.00", "kind": "discount"},
            ]
        )
        self.assertEqual(invoice.amount_residual, 0)
        self.assertFalse(round(sum(line.move_id.line_ids.mapped("balance")), 2))

    def test_by_hand_every_tier_is_shown_and_only_an_agreed_one_is_booked(self):
        self._policy((3, 5), (2, 20))
        invoice = self._bill(1000, days_ago=8)
        item = invoice._ar_term_lines()
        line = self._unmatched(("970.00", "WHO KNOWS"))
        [shown] = line.ar_workspace_items(item_ids=item.ids)["items"][:1]
        self.assertEqual(
            [(each["amount"], each["percent"], each["is_over"]) for each in shown["discounts"]],
            [(20.0, "2", False), (30.0, "3", True)],
        )

        def book(off, line):
            parts = [
                {"item": item.id, "amount": "1000.00", "in_full": True},
                {"item": item.id, "amount": f"-{off}", "kind": "discount"},
            ]
            return line.ar_book_by_hand(parts)

        other = self._unmatched(("975.00", "WHO KNOWS EITHER"))
        with self.assertRaisesRegex(Exception, "was not agreed"), self.env.cr.savepoint():
            book("25.00", other)
        match = book("30.00", line)
        self.assertIn("discount_grace", match.allocation_ids.mapped("kind"))
        self.assertEqual((invoice.amount_residual, self._on_loss(line)), (0, 30))
        self.assertEqual(line.move_id.line_ids.ar_discount_offer_id.percent, 3)

    def test_a_decision_with_tiers_is_replayed_the_same(self):
        self._policy((3, 10), (2, 20), grace_days=2, grace_amount=0.5)
        invoice = self._bill(1000)
        line = self._pay(("970.00", f"{invoice.name} {self.partner_a.name}"))
        match = line.ar_match_id
        self.assertTrue(match.facts)
        self.assertEqual(replayed(match.facts)["proposals"][0]["allocations"][1][2], "discount")

    def test_reading_discounts_takes_no_more_statements_for_more_of_them(self):
        self._policy((3, 10), (2, 20))
        line = self._unmatched(("1.00", "X"))

        def statements():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            line._ar_candidates(self.env.company, [])
            return self.env.cr.sql_log_count - before

        self._bill(1000)
        few = statements()
        for _number in range(5):
            self._bill(1000)
        self.assertEqual(statements(), few)
