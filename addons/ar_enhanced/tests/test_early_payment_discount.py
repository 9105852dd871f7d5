from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .discount_common import DAY, DiscountCase


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestEarlyPaymentDiscount(DiscountCase):
    """What an invoice costs on which day, and what the payment books for it."""

    def test_each_tier_gives_its_own_amount_up_to_its_last_day(self):
        self.policy(tiers=[(3, 10), (2, 20)])
        invoice = self.invoice(1000)
        for days, due in ((0, 970), (10, 970), (11, 980), (20, 980), (21, 1000), (90, 1000)):
            self.assertEqual(invoice._ar_amount_due(DAY + timedelta(days)), due, f"after {days} days")
        self.assertRecordValues(
            invoice.ar_discount_offer_ids.sorted("last_day"),
            [
                {"percent": 3, "amount": 30, "last_day": DAY + timedelta(10), "due_amount": 970, "state": "open"},
                {"percent": 2, "amount": 20, "last_day": DAY + timedelta(20), "due_amount": 980, "state": "open"},
            ],
        )

    def test_the_wizard_proposes_the_amount_due_and_books_the_discount_with_two_taxes(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice([(600, self.tax_15), (400, self.tax_6)])
        self.assertEqual(invoice.amount_total, 1114)
        self.assertEqual(invoice._ar_amount_due(DAY), 1091.72)
        payment = self.register(invoice, proposes=1091.72)
        self.assert_settled(invoice)
        self.assert_booked(
            payment,
            [
                (self.loss_account, 8, self.tax_6.ids),
                (self.loss_account, 12, self.tax_15.ids),
                (self.tax_account, 0.48, []),
                (self.tax_account, 1.8, []),
            ],
        )
        self.assertEqual(self.discount_lines(payment).ar_discount_offer_id, invoice.ar_discount_offer_ids)

    def test_parts_of_a_cent_are_divided_so_that_they_sum(self):
        self.policy(tiers=[(3, 10)])
        invoice = self.invoice([(33.33, self.tax_15), (33.33, self.tax_6), (33.34, self.tax_15)])
        payment = self.register(invoice)
        self.assert_settled(invoice)
        lines = self.discount_lines(payment)
        self.assertEqual(len(lines), 4)
        self.assertAlmostEqual(sum(lines.mapped("balance")), invoice.ar_discount_offer_ids.amount)

    def test_a_price_that_includes_tax_is_reduced_with_its_tax(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice([(1150, self.tax_15_included)])
        self.assertEqual(invoice.amount_untaxed, 1000)
        payment = self.register(invoice, proposes=1127)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 20, self.tax_15_included.ids), (self.tax_account, 3, [])])

    def test_a_discount_that_never_reduces_tax_is_of_the_amount_before_tax(self):
        self.policy(tiers=[(2, 10)], tax_mode="excluded")
        invoice = self.invoice([(600, self.tax_15), (400, self.tax_6)])
        payment = self.register(invoice, proposes=1094)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 20, [])])

    def test_a_mixed_discount_has_reduced_the_tax_on_the_invoice(self):
        term = self.term(30, early_discount=True, discount_percentage=3, discount_days=10)
        term.early_pay_discount_computation = "mixed"
        self.policy(tiers=[(3, 10), (2, 20)], tax_mode="mixed", payment_term_ids=[Command.set(term.ids)])
        invoice = self.invoice([(1000, self.tax_15)], term=term)
        self.assertEqual(invoice.amount_tax, 145.5)
        self.assertEqual(invoice._ar_amount_due(DAY), 1115.5)
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(15)), 1125.5)
        payment = self.register(invoice, days=15, proposes=1125.5)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 20, [])])

    def test_a_policy_on_terms_that_reduced_the_tax_already_does_not_reduce_it_again(self):
        term = self.term(30, early_discount=True, discount_percentage=2, discount_days=10)
        term.early_pay_discount_computation = "mixed"
        self.policy(tiers=[(2, 10)], applies_to="customer", partner_ids=[Command.set(self.customer.ids)])
        invoice = self.invoice([(1000, self.tax_15)], term=term)
        self.assertEqual(invoice.ar_discount_offer_ids.tax_mode, "mixed")
        self.assertEqual(invoice._ar_amount_due(DAY), 1127)

    def test_each_instalment_has_its_own_discount(self):
        term = self.instalments(30, 60)
        self.policy(tiers=[(3, 10), (2, 40)], payment_term_ids=[Command.set(term.ids)])
        invoice = self.invoice(1000, term=term)
        first, second = invoice._ar_term_lines().sorted("date_maturity")
        self.assertEqual(invoice.ar_discount_offer_ids.mapped("amount"), [15, 15, 10])
        self.assertEqual((first._ar_amount_due(DAY), second._ar_amount_due(DAY)), (485, 485))
        late = DAY + timedelta(20)
        self.assertEqual((first._ar_amount_due(late), second._ar_amount_due(late)), (500, 490))
        self.assertEqual(invoice._ar_amount_due(late), 990)

    def test_the_next_instalment_is_proposed_with_its_discount(self):
        term = self.instalments(30, 60)
        self.policy(tiers=[(2, 10)], payment_term_ids=[Command.set(term.ids)])
        invoice = self.invoice(1000, term=term)
        payment = self.register(invoice, proposes=490)
        self.assertEqual(invoice.amount_residual, 500)
        self.assert_booked(payment, [(self.loss_account, 10, [])])
        payment = self.register(invoice, proposes=490)
        self.assert_settled(invoice)

    def test_one_instalment_said_to_be_all_of_them_gives_no_more_discount_than_was_offered(self):
        term = self.instalments(30, 60)
        self.policy(tiers=[(2, 10)], payment_term_ids=[Command.set(term.ids)], grace_amount=1)
        invoice = self.invoice(1000, term=term)
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {
                "payment_date": DAY,
                "amount": 490,
                "installments_mode": "full",
                "payment_difference_handling": "reconcile",
                "early_payment_discount_mode": True,
            }
        )._create_payments()
        self.assertEqual(invoice.amount_residual, 1000 - 490 - 20 - 2, "what was offered and its grace, of both")

    def test_an_instalment_without_discount_is_proposed_without_one(self):
        term = self.instalments(5, 60)
        self.policy(tiers=[(2, 10)], payment_term_ids=[Command.set(term.ids)])
        invoice = self.invoice(1000, term=term)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": DAY})
        )
        self.assertEqual((wizard.amount, wizard.early_payment_discount_mode), (500, False))
        wizard.amount = 990
        self.assertTrue(wizard.early_payment_discount_mode)
        wizard._create_payments()
        self.assert_settled(invoice)

    def test_a_payment_in_another_currency_is_of_the_whole_amount(self):
        self.policy(tiers=[(2, 10)], grace_amount=5)
        invoice = self.invoice(1000)
        payment = self.register(invoice, currency_id=self.foreign.id)
        self.assertEqual(payment.amount, 2000)
        self.assert_settled(invoice)
        self.assertFalse(self.discount_lines(payment))

    def test_a_tax_of_a_fixed_amount_does_not_fall_with_the_price(self):
        self.policy(tiers=[(2, 10)])
        fixed = self.tax("5 each", 5, amount_type="fixed")
        invoice = self.invoice([(1000, self.tax_15 + fixed)])
        payment = self.register(invoice, proposes=1131.9)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 20.09, self.tax_15.ids), (self.tax_account, 3.01, [])])

    def test_a_discount_is_in_whole_coins_where_the_invoice_is(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "Coins of 5 cents",
                "rounding": 0.05,
                "strategy": "biggest_tax",
                "rounding_method": "HALF-UP",
            }
        )
        self.policy(tiers=[(3, 10)])
        invoice = self.invoice(99.95, invoice_cash_rounding_id=rounding.id)
        self.assertEqual(invoice._ar_amount_due(DAY), 96.95)
        self.register(invoice, proposes=96.95)
        self.assert_settled(invoice)

    def test_a_payment_that_is_undone_gives_the_discount_back(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        payment = self.register(invoice)
        payment.action_cancel()
        self.assertEqual(invoice._ar_amount_due(DAY), 980)
        self.assertEqual(invoice.ar_discount_offer_ids.state, "open")

    def test_all_instalments_at_once_take_all_their_discounts(self):
        term = self.instalments(30, 60)
        self.policy(tiers=[(2, 10)], payment_term_ids=[Command.set(term.ids)])
        invoice = self.invoice(1000, term=term)
        payment = self.register(invoice, amount=980)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 10, []), (self.loss_account, 10, [])])

    def test_several_invoices_in_one_payment_book_each_discount(self):
        self.policy(tiers=[(2, 10)])
        invoices = self.invoice(1000) + self.invoice([(600, self.tax_15)]) + self.invoice(500)
        payment = self.register(invoices, group=True, proposes=980 + 676.2 + 490)
        self.assertEqual(len(payment), 1)
        self.assert_settled(invoices)
        self.assert_booked(
            payment,
            [
                (self.loss_account, 10, []),
                (self.loss_account, 12, self.tax_15.ids),
                (self.loss_account, 20, []),
                (self.tax_account, 1.8, []),
            ],
        )
        self.assertEqual(self.discount_lines(payment).ar_discount_offer_id, invoices.ar_discount_offer_ids)

    def test_a_credit_note_paid_out_with_an_invoice_is_paid_with_the_discount_of_the_invoice(self):
        self.policy(tiers=[(2, 10)])
        other = self.env["res.partner"].create({"name": "Maple Frames"})
        for several in (False, True):
            with self.subTest(several_customers=several):
                invoice = self.invoice([(1000, self.tax_15)])
                credit = self.invoice([(3000, self.tax_15)], move_type="out_refund", invoice_payment_term_id=False)
                theirs = self.invoice(500, partner_id=other.id) if several else self.env["account.move"]
                payments = self.register(invoice + credit + theirs, group=True)
                # We owe 3,450 and are owed 1,150 less 23.
                paid_out = payments.filtered(lambda payment: payment.partner_id == self.customer)
                self.assertEqual((paid_out.payment_type, paid_out.amount), ("outbound", 2323))
                self.assertEqual((invoice + credit + theirs).mapped("amount_residual"), [0] * (2 + len(theirs)))
                self.assert_booked(paid_out, [(self.loss_account, 20, self.tax_15.ids), (self.tax_account, 3, [])])

    def test_a_branch_has_the_account_for_discounts_of_its_company(self):
        self.policy(tiers=[(2, 10)])
        country = self.env.company.account_fiscal_country_id
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.env.company.id, "country_id": country.id}
        )
        self.env.user.write({"company_ids": [Command.link(branch.id)]})
        receivable = self.customer.property_account_receivable_id
        self.customer.with_company(branch).property_account_receivable_id = receivable
        invoice = self.invoice(1000, company_id=branch.id, journal_id=self.company_data["default_journal_sale"].id)
        self.assertEqual(invoice.company_id, branch)
        [vals] = invoice._ar_term_lines()._ar_discount_write_off_vals(20, DAY)
        self.assertEqual((vals["account_id"], vals["balance"]), (self.loss_account.id, 20))

    def test_several_invoices_in_payments_of_their_own_book_each_discount(self):
        self.policy(tiers=[(2, 10)])
        invoices = self.invoice(1000) + self.invoice(500)
        payments = self.register(invoices, group=False)
        self.assertEqual(sorted(payments.mapped("amount")), [490, 980])
        self.assert_settled(invoices)

    def test_a_policy_and_odoos_own_discount_go_into_one_payment(self):
        self.policy(tiers=[(2, 10)], payment_term_ids=[Command.set(self.net_30.ids)])
        native = self.term(30, early_discount=True, discount_percentage=5, discount_days=10)
        invoices = self.invoice(1000) + self.invoice(200, term=native)
        payment = self.register(invoices, group=True, proposes=980 + 190)
        self.assert_settled(invoices)
        self.assert_booked(payment, [(self.loss_account, 10, []), (self.loss_account, 20, [])])
        self.assertEqual(self.discount_lines(payment).ar_discount_offer_id, invoices.ar_discount_offer_ids)

    def test_odoos_own_discount_is_an_offer_with_one_tier(self):
        term = self.term(30, early_discount=True, discount_percentage=5, discount_days=10)
        invoice = self.invoice([(200, self.tax_15)], term=term)
        self.assertRecordValues(
            invoice.ar_discount_offer_ids,
            [{"policy_id": False, "percent": 5, "amount": 11.5, "last_day": DAY + timedelta(10)}],
        )
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(10)), 218.5)
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(11)), 230)
        payment = self.register(invoice, proposes=218.5)
        self.assert_settled(invoice)
        self.assertEqual(self.discount_lines(payment).ar_discount_offer_id, invoice.ar_discount_offer_ids)

    def test_what_was_paid_in_time_keeps_its_discount(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.register(invoice, amount=490)
        self.assertEqual(invoice.amount_residual, 510)
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(10)), 490)
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(25)), 500)
        payment = self.register(invoice, days=25, proposes=500)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 10, [])])

    def test_a_part_payment_ends_the_discount_where_the_policy_says_so(self):
        self.policy(tiers=[(2, 10)], partial_rule="lost")
        invoice = self.invoice(1000)
        self.register(invoice, amount=490)
        self.assertEqual(invoice._ar_amount_due(DAY), 510)

    def test_a_discount_for_the_whole_is_lost_when_the_rest_comes_late(self):
        self.policy(tiers=[(2, 10)], partial_rule="whole")
        invoice = self.invoice(1000)
        self.register(invoice, amount=490)
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(10)), 490)
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(11)), 510)

    def test_a_credit_note_on_part_takes_its_part_of_the_discount(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.credit(invoice, 200)
        self.assertEqual(invoice.amount_residual, 800)
        self.assertEqual(invoice._ar_amount_due(DAY), 784)
        self.register(invoice, proposes=784)
        self.assert_settled(invoice)

    def test_grace_days_are_accepted_and_not_told(self):
        self.policy(tiers=[(2, 10)], grace_days=3)
        invoice = self.invoice(1000)
        offer = invoice.ar_discount_offer_ids
        self.assertEqual((offer.last_day, offer.grace_last_day), (DAY + timedelta(10), DAY + timedelta(13)))
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(14)), 1000)
        self.register(invoice, days=13, proposes=980)
        self.assert_settled(invoice)

    def test_what_is_short_by_the_grace_amount_is_paid_in_full(self):
        self.policy(tiers=[(2, 10)], grace_amount=1)
        invoice, other = self.invoice(1000), self.invoice(1000)
        payment = self.register(invoice, amount=979)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 21, [])])
        self.register(other, amount=978.99)
        self.assertAlmostEqual(other.amount_residual, 21.01)

    def test_a_sliding_discount_falls_by_the_day(self):
        self.env.company.ar_cost_of_capital = 12
        self.policy(kind="sliding", annual_rate=12)
        invoice = self.invoice(1000, term=self.term(60))
        for days, due in ((0, 980.27), (30, 990.14), (59, 999.67), (60, 1000), (90, 1000)):
            self.assertEqual(invoice._ar_amount_due(DAY + timedelta(days)), due, f"after {days} days")
        payment = self.register(invoice, days=30, proposes=990.14)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 9.86, [])])

    def test_a_rate_above_the_cost_of_capital_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "enter the company's cost of capital"):
            self.policy(kind="sliding", annual_rate=12)
        self.env.company.ar_cost_of_capital = 8
        with self.assertRaisesRegex(ValidationError, "12 % a year is more than the company's cost of capital, 8 %"):
            self.policy(kind="sliding", annual_rate=12)

    def test_when_capital_gets_cheaper_sliding_discounts_follow(self):
        self.env.company.ar_cost_of_capital = 12
        self.policy(kind="sliding", annual_rate=12)
        self.env.company.ar_cost_of_capital = 6
        invoice = self.invoice(1000, term=self.term(60))
        self.assertEqual(invoice.ar_discount_offer_ids.annual_rate, 6)

    def test_in_a_foreign_currency_the_difference_of_exchange_stays_with_the_money(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice([(1000, self.tax_15)], currency_id=self.foreign.id)
        self.assertEqual(invoice.amount_total_signed, 575)
        payment = self.register(invoice, days=10, proposes=1127, currency_id=self.foreign.id)
        self.assert_settled(invoice)
        self.assert_booked(payment, [(self.loss_account, 10, self.tax_15.ids), (self.tax_account, 1.5, [])])
        self.assertEqual(sum(self.discount_lines(payment).mapped("amount_currency")), 23)
        # 1,127 came at 4 instead of 2 to one: 281.75 instead of 563.50.
        exchange = invoice._ar_term_lines().matched_credit_ids.exchange_move_id
        loss = exchange.line_ids.filtered(lambda line: line.account_id.account_type != "asset_receivable")
        self.assertEqual(sum(loss.mapped("balance")), 281.75)

    def test_without_an_account_for_discounts_it_says_which_one_to_choose(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.env.company.account_journal_early_pay_discount_loss_account_id = False
        with self.assertRaisesRegex(UserError, "no account for early-payment discounts"):
            self.register(invoice)

    def test_a_refund_and_a_bill_have_no_offers(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        refund = self.credit(invoice, 1000)
        self.assertFalse(refund.ar_discount_offer_ids)
        self.assertEqual(refund._ar_amount_due(DAY), 0)
        self.assertEqual(invoice._ar_amount_due(DAY), 0)

    def test_what_was_cancelled_is_settled_by_nothing(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.assertEqual(invoice._ar_amount_due(DAY), 980)
        invoice.button_draft()
        self.assertEqual(invoice._ar_amount_due(DAY), 1000)
        invoice.button_cancel()
        self.assertEqual(invoice._ar_amount_due(DAY), 0)

    def test_without_a_policy_the_wizard_works_no_more_than_odoos(self):
        invoice = self.invoice(1000)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": DAY})
        )
        lines = self.registry["account.move.line"]
        with patch.object(
            lines, "_get_installments_data", autospec=True, side_effect=lines._get_installments_data
        ) as asked:
            wizard._get_total_amounts_to_pay(wizard.batches)
        self.assertEqual(asked.call_count, 1)

    def test_the_first_entries_of_each_kind_are_all_of_a_discount_with_one_tax(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice([(1000, self.tax_15)])
        line = invoice._ar_term_lines()
        settled = {"aml": line, "amount_currency": -line.amount_residual_currency, "balance": -line.balance}
        # Any line that isn't of the discount would be a difference of exchange: there is none.
        kinds = self.env["account.move"]._get_invoice_counterpart_amls_for_early_payment_discount([settled], 23)
        self.assertEqual(sum(lines[0]["balance"] for lines in kinds.values() if lines), 23)
