from datetime import timedelta

from odoo import Command
from odoo.tests import freeze_time, tagged

from .discount_common import DAY, DiscountCase


class FiguresCase(DiscountCase):
    """A discount of 2 % within ten days, and what is open afterwards."""

    def on_account(self, amount, days=0, **values):
        """A payment that no invoice has used; return its open line."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": amount,
                "date": DAY + timedelta(days),
                "journal_id": self.company_data["default_journal_bank"].id,
                **values,
            }
        )
        payment.action_post()
        return payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def credit_note(self, amount, **values):
        """A credit note that no invoice has used; return its open line."""
        return self.invoice(amount, move_type="out_refund", invoice_payment_term_id=False, **values)._ar_term_lines()

    def booked(self, invoice):
        """What discounts of ``invoice`` are booked, as {account: balance}."""
        lines = self.env["account.move.line"].search([("ar_discount_offer_id.move_id", "=", invoice.id)])
        for move in lines.move_id:
            self.assertFalse(move.company_currency_id.round(sum(move.line_ids.mapped("balance"))))
        return {account: round(sum(some.mapped("balance")), 2) for account, some in lines.grouped("account_id").items()}


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestSettledByCredit(FiguresCase):
    """Where credit and discount together settle an invoice, the discount is booked, as registering money does."""

    def test_a_payment_on_account_that_is_short_by_the_discount_settles_all(self):
        self.policy(tiers=[(2, 10)])
        invoice, earlier = self.invoice([(1000, self.tax_15)]), self.on_account(1127, days=3)
        with freeze_time(DAY + timedelta(25)):  # in time is when it was paid
            invoice.js_assign_outstanding_line(earlier.id)
        self.assert_settled(invoice)
        self.assertTrue(earlier.reconciled)
        self.assertEqual(self.booked(invoice), {self.loss_account: 20, self.tax_account: 3})
        self.assertEqual(invoice.ar_discount_offer_ids.state, "taken")

    def test_a_credit_note_and_a_payment_and_odoos_own_discount_settle_the_same(self):
        native = self.term(30, early_discount=True, discount_percentage=2, discount_days=10)
        self.policy(tiers=[(2, 10)], payment_term_ids=[Command.set(self.net_30.ids)])
        for term in (self.net_30, native):
            for credit in (self.credit_note, self.on_account):
                with self.subTest(term=term.name, credit=credit.__name__):
                    invoice, line = self.invoice([(1000, self.tax_15)], term=term), credit(1127)
                    invoice.js_assign_outstanding_line(line.id)
                    self.assertEqual(invoice._ar_term_lines().mapped("amount_residual"), [0])
                    self.assertTrue(line.reconciled)
                    self.assertEqual(self.booked(invoice), {self.loss_account: 20, self.tax_account: 3})

    def test_what_is_short_by_the_grace_amount_goes_with_the_discount(self):
        self.policy(tiers=[(2, 10)], grace_amount=1)
        for amount, left in ((979, 0), (978.99, 21.01)):
            with self.subTest(amount=amount):
                invoice, line = self.invoice(1000), self.on_account(amount)
                invoice.js_assign_outstanding_line(line.id)
                self.assertEqual((invoice.amount_residual, line.amount_residual), (left, 0))

    def test_who_has_taken_no_discount_or_came_late_gets_none(self):
        self.policy(tiers=[(2, 10)])
        for amount, days, left in ((1000, 0, 0), (1200, 0, 0), (980, 11, 20), (900, 0, 100)):
            with self.subTest(amount=amount, days=days):
                invoice, line = self.invoice(1000), self.on_account(amount, days=days)
                invoice.js_assign_outstanding_line(line.id)
                self.assertEqual((invoice.amount_residual, self.booked(invoice)), (left, {}))

    def test_who_took_less_than_the_discount_gets_that_and_nothing_stays_open(self):
        self.policy(tiers=[(3, 10)])
        invoice, line = self.invoice(1000), self.on_account(985)
        invoice.js_assign_outstanding_line(line.id)
        self.assert_settled(invoice)
        self.assertEqual((line.amount_residual, self.booked(invoice)), (0, {self.loss_account: 15}))

    def test_all_instalments_are_settled_each_with_its_discount(self):
        term = self.instalments(30, 60)
        self.policy(tiers=[(2, 10)], payment_term_ids=[Command.set(term.ids)])
        invoice, line = self.invoice(1000, term=term), self.on_account(980)
        invoice.js_assign_outstanding_line(line.id)
        self.assert_settled(invoice)
        self.assertEqual((line.amount_residual, self.booked(invoice)), (0, {self.loss_account: 20}))

    def test_in_a_foreign_currency_the_discount_is_booked_at_the_rate_of_the_invoice(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000, currency_id=self.foreign.id)
        line = self.on_account(980, days=10, currency_id=self.foreign.id)
        invoice.js_assign_outstanding_line(line.id)
        self.assert_settled(invoice)
        lines = invoice._ar_term_lines() + line
        self.assertEqual(lines.mapped(lambda each: (each.amount_residual, each.amount_residual_currency)), [(0, 0)] * 2)
        self.assertEqual(self.booked(invoice), {self.loss_account: 10})

    def test_without_an_account_for_discounts_the_credit_is_matched_all_the_same(self):
        self.policy(tiers=[(2, 10)])
        invoice, line = self.invoice(1000), self.on_account(980)
        self.env.company.account_journal_early_pay_discount_loss_account_id = False
        invoice.js_assign_outstanding_line(line.id)
        self.assertEqual((invoice.amount_residual, line.amount_residual), (20, 0))

    def test_when_the_credit_is_taken_off_again_its_discount_goes_too(self):
        self.policy(tiers=[(2, 10)])
        undone = (
            lambda invoice, line: line.remove_move_reconcile(),
            lambda invoice, line: invoice.js_remove_outstanding_partial(line.matched_debit_ids.id),
            lambda invoice, line: invoice._ar_term_lines().remove_move_reconcile(),
            lambda invoice, line: line.move_id.origin_payment_id.action_cancel(),
        )
        for number, undo in enumerate(undone):
            with self.subTest(number=number):
                invoice, line = self.invoice([(1000, self.tax_15)]), self.on_account(1127)
                invoice.js_assign_outstanding_line(line.id)
                undo(invoice, line)
                self.assertFalse(line.matched_debit_ids)
                self.assertEqual(invoice.amount_residual, 1150)
                self.assertEqual(self.booked(invoice), {self.loss_account: 0, self.tax_account: 0})
                self.assertEqual(invoice._ar_amount_due(DAY), 1127)
                self.assertEqual(invoice._ar_amount_due(DAY + timedelta(30)), 1150)

    def test_what_was_paid_in_time_beside_it_earns_its_part_of_the_discount_anew(self):
        self.policy(tiers=[(2, 10)])
        invoice, first = self.invoice(1000), self.on_account(490)
        invoice.js_assign_outstanding_line(first.id)
        second = self.on_account(490)
        invoice.js_assign_outstanding_line(second.id)
        self.assert_settled(invoice)
        first.remove_move_reconcile()
        # 490 settle 500, so that the late rest is 500.
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(30)), 500)
        self.register(invoice, days=30, proposes=500)
        self.assert_settled(invoice)
        self.assertEqual(self.booked(invoice), {self.loss_account: 10})

    def test_a_discount_that_alone_is_taken_off_stays_booked(self):
        self.policy(tiers=[(2, 10)])
        invoice, line = self.invoice(1000), self.on_account(980)
        invoice.js_assign_outstanding_line(line.id)
        entry = self.env["account.move.line"].search([("ar_discount_offer_id.move_id", "=", invoice.id)]).move_id
        entry.line_ids.remove_move_reconcile()
        self.assertEqual((invoice.amount_residual, self.booked(invoice)), (20, {self.loss_account: 20}))
        entry._reverse_moves([{"date": DAY}], cancel=True)
        self.assertEqual(invoice._ar_amount_due(DAY), 0)

    def test_the_discount_is_of_the_day_of_the_payment_whenever_it_is_matched(self):
        self.policy(tiers=[(2, 10)])
        germany = self.env.ref("base.de")
        self.customer.country_id = germany
        self.env["ar.interest.policy"].create(
            {
                "name": "Late",
                "kind": "fixed",
                "percent": 10,
                "country_ids": [Command.set(germany.ids)],
                "fixed_sum_ids": [Command.create({"amount": 40})],
            }
        )
        invoice, earlier = self.invoice(1000), self.on_account(980, days=3)
        long_after = DAY + timedelta(60)
        with freeze_time(long_after):
            invoice.js_assign_outstanding_line(earlier.id)
            entry = self.env["account.move.line"].search([("ar_discount_offer_id.move_id", "=", invoice.id)]).move_id
            self.assertEqual(entry.date, DAY + timedelta(3))
            self.assertEqual(invoice._ar_interest_on(long_after), {})
            facts = self.env["account.move.line"]._ar_payment_facts(self.customer.ids, self.env.company, long_after)
            self.assertEqual(facts[self.customer.id].punctual_count, 1)


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPaidInALockedPeriod(FiguresCase):
    """The day that counts is the one on which the customer paid."""

    def test_a_part_paid_in_time_keeps_its_discount_although_the_books_have_it_later(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.env.company.fiscalyear_lock_date = DAY + timedelta(28)
        payment = self.register(invoice, days=5, amount=490)
        self.assertEqual(payment.move_id.date, DAY + timedelta(29))
        # 490 settle 500: the late rest is 500.
        self.assertEqual(invoice._ar_amount_due(DAY + timedelta(30)), 500)
        self.register(invoice, days=30, proposes=500)
        self.assert_settled(invoice)
        self.assertEqual(self.booked(invoice), {self.loss_account: 10})

    def test_the_report_tells_it_as_taken_in_time(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.env.company.fiscalyear_lock_date = DAY + timedelta(28)
        self.register(invoice, days=5, proposes=980)
        self.env.flush_all()
        row = self.env["ar.discount.report"].search([("move_id", "=", invoice.id)])
        self.assertRecordValues(row, [{"taken": 20, "unearned": 0, "state": "taken"}])


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPaymentReversed(FiguresCase):
    """A payment that is reversed takes its discount back."""

    def test_the_discount_is_on_offer_again_and_none_is_taken(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice([(1000, self.tax_15)])
        payment = self.register(invoice, proposes=1127)
        offer = invoice.ar_discount_offer_ids
        self.assertEqual(offer.state, "taken")
        payment.move_id._reverse_moves([{"date": DAY}], cancel=True)
        self.assertEqual((offer.state, invoice.amount_residual), ("open", 1150))
        self.assertEqual(invoice._ar_amount_due(DAY), 1127)
        self.assertEqual(self.booked(invoice), {self.loss_account: 0, self.tax_account: 0})
        self.register(invoice, proposes=1127)
        self.assert_settled(invoice)
        self.assertEqual(self.booked(invoice), {self.loss_account: 20, self.tax_account: 3})
