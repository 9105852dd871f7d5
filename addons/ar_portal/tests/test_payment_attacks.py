from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .test_online_payment import PAGE, OnlinePaymentCase


@tagged("post_install", "-at_install")
class TestPaymentAttacks(OnlinePaymentCase):
    """What goes wrong around a payment leaves the money booked, and gives away nothing."""

    def _left_on_account(self, payment):
        lines = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        return sum(lines.mapped("amount_residual"))

    def _done(self, transaction):
        transaction._set_done()
        transaction._post_process()
        return transaction.payment_id

    # ---- accounts that are missing

    def test_without_an_account_for_discounts_the_money_is_booked_and_the_discount_stays_open(self):
        self._policy((2, 10))
        invoice, other = self._invoice(1000), self._invoice(500, term=self._native_term("included"))
        transaction = self._start_on_page(*self._items(invoice, other))
        self.env.company.account_journal_early_pay_discount_loss_account_id = False
        payment = self._finish(transaction)
        self.assertEqual((payment.amount, payment.move_id.state), (1470, "posted"))
        self.assertEqual((invoice.amount_residual, other.amount_residual), (20, 10))
        self.assertEqual(self._left_on_account(payment), 0)
        self.assertIn("no account for early-payment discounts", "".join(invoice.message_ids.mapped("body")))

    def test_a_branch_books_discounts_on_the_account_of_its_company(self):
        country = self.env.company.account_fiscal_country_id
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.env.company.id, "country_id": country.id}
        )
        self.assertFalse(branch.account_journal_early_pay_discount_loss_account_id)
        self.env.user.write({"company_ids": [Command.link(branch.id)]})
        self.clerk.write({"company_ids": [Command.link(branch.id)]})
        self._policy((2, 10))
        journal = self.company_data["default_journal_sale"]
        self.birch.with_company(branch).property_account_receivable_id = self.birch.property_account_receivable_id
        invoice = self._invoice(100, 200, company_id=branch.id, journal_id=journal.id)
        self.assertEqual(invoice.company_id, branch)
        payment = self._finish(self._start_on_page(*self._items(invoice)).sudo())  # as the provider's message does
        self._assert_settled(invoice)
        self.assertEqual(self._booked(payment, self.loss, self.tax_account), [6.00, 0.66])

    def test_the_entry_is_made_even_where_payments_have_none(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        self.provider.journal_id.inbound_payment_method_line_ids.payment_account_id = False
        moves = self.env.registry["account.move"]
        with patch.object(moves, "_get_invoice_in_payment_state", lambda self: "in_payment"):
            payment = self._finish(transaction)
        self.assertEqual(self._booked(payment, self.loss), [20.0])
        self.assertFalse(invoice.amount_residual)

    # ---- captures

    def _authorised(self, *invoices):
        self.provider.capture_manually = True
        transaction = self._start_on_page(*self._items(*invoices))
        transaction._set_authorized()
        return transaction

    def test_what_was_authorised_is_captured_with_its_discount(self):
        self._policy((2, 10))
        invoice, other = self._invoice(100, 200), self._invoice(1000)
        capture = self._authorised(invoice, other)._capture()
        capture._set_done()
        capture._post_process()
        self._assert_settled(invoice, other)
        self.assertEqual(capture.payment_id.amount, 1306.34)
        self.assertEqual(self._booked(capture.payment_id, self.loss, self.tax_account), [26.0, 0.66])

    def test_what_is_captured_in_parts_settles_with_the_last_of_them(self):
        self._policy((2, 10))
        invoice, other = self._invoice(1000), self._invoice(500, days_ago=1)
        transaction = self._authorised(invoice, other)
        payments = self.env["account.payment"]
        for amount in (490, 600, 380):
            capture = transaction._capture(amount)
            payments |= self._done(capture)
            self.assertEqual(self._left_on_account(payments), 0)
        self._assert_settled(invoice, other)
        self.assertEqual(sum(self._booked(payment, self.loss)[0] for payment in payments), 30)

    def test_a_capture_of_a_part_alone_settles_no_more_than_its_money(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        transaction = self._authorised(invoice)
        self._done(transaction._capture(490))
        void = transaction._void(490)
        void._set_canceled()
        void._post_process()
        self.assertEqual(invoice.amount_residual, 510)
        self.assertEqual(invoice._ar_amount_due(self.today), 490)

    def test_a_refund_does_not_settle_anything(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        self._finish(transaction)
        refund = transaction._create_child_transaction(980, is_refund=True)
        payment = self._done(refund)
        self.assertEqual((payment.payment_type, payment.amount), ("outbound", 980))
        self._assert_settled(invoice)

    def test_a_payment_that_is_cancelled_afterwards_opens_its_invoices_and_their_discounts(self):
        self._policy((2, 10))
        invoice = self._invoice(100, 200)
        transaction = self._start_on_page(*self._items(invoice))
        payment = self._finish(transaction)
        payment.action_cancel()
        self.assertEqual((invoice.amount_residual, invoice.payment_state), (333, "not_paid"))
        self.assertEqual(invoice._ar_amount_due(self.today), 326.34)

    def test_a_payment_of_several_items_is_not_changed_behind_their_backs(self):
        self._policy((2, 10))
        payment = self._pay(*self._items(self._invoice(1000), self._invoice(500)))
        payment.action_draft()
        with self.assertRaisesRegex(UserError, "settles several items"), self.env.cr.savepoint():
            payment.date = self.today - timedelta(1)
        payment.action_post()
        self.assertEqual(self._booked(payment, self.loss), [30.0])

    # ---- time

    def test_who_starts_in_time_and_pays_weeks_later_has_no_discount(self):
        self._policy((2, 10))
        invoice = self._invoice(1000, days_ago=10)
        transaction = self._start_on_page(*self._items(invoice))
        with freeze_time(fields.Datetime.now() + timedelta(20)):
            payment = self._finish(transaction)
        self.assertEqual(self._booked(payment, self.loss), [0.0])
        self.assertEqual(invoice.amount_residual, 20)
        self.assertIn("20 days", "".join(invoice.message_ids.mapped("body")))

    def test_while_a_payment_is_not_booked_yet_it_is_not_paid_again(self):
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        transaction._set_done()
        self.assertNotIn("o_payment_form", self._page(*self._items(invoice)).text)
        [row] = invoice._ar_term_lines().with_user(self.clerk)._ar_portal_lines(self.today)
        self.assertFalse(row["payable"])
        transaction._post_process()
        self._assert_settled(invoice)

    def test_an_invoice_of_which_only_an_earned_discount_is_left_is_not_paid_with_nothing(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        self._register_payment(invoice, amount=980, payment_date=self.today, payment_difference_handling="open")
        self.assertEqual((invoice.amount_residual, invoice._ar_amount_due(self.today)), (20, 0))
        response = self._page(*self._items(invoice))
        self.assertNotIn("o_payment_form", response.text)
        self.assertIn("nothing to pay", response.text)
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self._start(f"{PAGE}/transaction/{self._items(invoice)[0]}", amount=0.0)
        account = self.env["res.partner"].with_user(self.clerk)._ar_portal_account()
        self.assertEqual([block["saving"] for block in account], [None])

    def test_two_people_who_pay_the_same_invoices_at_once_settle_them_once(self):
        self._policy((2, 10))
        invoices = self._invoice(100, 200), self._invoice(1000)
        colleague = self._portal_user("colleague", self.birch)
        transactions = [self._start_on_page(*self._items(*invoices), user=user) for user in (self.clerk, colleague)]
        first, second = (self._finish(transaction) for transaction in transactions)
        self._assert_settled(*invoices)
        self.assertEqual(self._booked(first, self.loss, self.tax_account), [26.0, 0.66])
        self.assertEqual(self._booked(second, self.loss, self.tax_account), [0.0, 0.0])
        self.assertEqual((self._left_on_account(first), self._left_on_account(second)), (0, -1306.34))

    def test_each_tax_is_reduced_on_its_own_base_and_reported_as_of_a_credit_note(self):
        tags = {}
        for tax in self.taxes:
            for line in tax.refund_repartition_line_ids:
                name = f"{tax.name} {line.repartition_type}"
                line.tag_ids = tags[tax, line.repartition_type] = self.env["account.account.tag"].create(
                    {"name": name, "applicability": "taxes", "country_id": tax.country_id.id}
                )
        self._policy((2, 10))
        for days in (0, 3):
            payment = self._pay(*self._items(self._invoice(100, 200, days_ago=days)))
            reported = {
                tag: sum(
                    payment.move_id.line_ids.filtered(lambda line, tag=tag: tag in line.tax_tag_ids).mapped("balance")
                )
                for tag in tags.values()
            }
            high, low = self.taxes
            for tax, kind, balance in ((high, "base", 2), (high, "tax", 0.38), (low, "base", 4), (low, "tax", 0.28)):
                self.assertAlmostEqual(reported[tags[tax, kind]], balance)

    def test_an_invoice_that_was_changed_meanwhile_is_settled_as_far_as_the_money_goes(self):
        self._policy((2, 10))
        for amount, residual, left in ((1500, 500, 0), (500, 0, -490)):
            with self.subTest(amount=amount):
                invoice = self._invoice(1000)
                transaction = self._start_on_page(*self._items(invoice))
                invoice.button_draft()
                invoice.invoice_line_ids.price_unit = amount
                payment = self._finish(transaction)  # Odoo posts the draft
                self.assertEqual(invoice.state, "posted")
                self.assertEqual((invoice.amount_residual, self._left_on_account(payment)), (residual, left))

    # ---- cards and providers of others

    def _token(self, partner, provider=None):
        return self.env["payment.token"].create(
            {
                "provider_id": (provider or self.provider).id,
                "payment_method_id": self.method.id,
                "payment_details": "4242",
                "partner_id": partner.id,
                "provider_ref": "card",
                **({"demo_simulated_state": "done"} if "demo_simulated_state" in self.env["payment.token"] else {}),
            }
        )

    def test_a_saved_card_pays(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        token = self._token(self.clerk.partner_id)
        route = f"{PAGE}/transaction/{self._items(invoice)[0]}"
        self.assertIn(f'data-payment-option-id="{token.id}"', self._page(*self._items(invoice)).text)
        transaction = self._start(route, amount=980.0, flow="token", token_id=token.id)
        self.assertEqual((transaction.state, transaction.amount, transaction.token_id), ("done", 980, token))
        transaction._post_process()
        self._assert_settled(invoice)

    @mute_logger("odoo.http")
    def test_a_card_that_the_page_does_not_show_is_refused(self):
        invoice = self._invoice(1000)
        route = f"{PAGE}/transaction/{self._items(invoice)[0]}"
        other = self.provider.copy({"state": "test", "company_id": self.env.company.id})
        other.is_published = True
        colleague = self._portal_user("colleague", self.birch).partner_id
        self.authenticate("clerk", "clerk")
        count = self.env["payment.transaction"].search_count([])
        tokens = [
            self._token(colleague).id,
            self._token(self.cedar_user.partner_id).id,
            self._token(self.clerk.partner_id, other).id,
            0,
            -1,
            2**40,
            "x",
            [1],
            None,
        ]
        for token in tokens:
            with self.subTest(token=token), self.assertRaisesRegex(JsonRpcException, "ValidationError"):
                self._start(route, amount=1000.0, flow="token", token_id=token)
        self.assertEqual(self.env["payment.transaction"].search_count([]), count)

    def test_the_money_of_another_company_s_provider_stays_on_the_account(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        other = self._create_company(name="Second", currency_id=self.env.company.currency_id.id)
        journal = self.env(su=True)["account.journal"].search(
            [("company_id", "=", other.id), ("type", "=", "bank")], limit=1
        )
        theirs = self.provider.sudo().copy({"company_id": other.id, "state": "test"})
        theirs.journal_id = journal
        transaction.sudo().provider_id = theirs
        payment = self._finish(transaction.sudo())
        self.assertEqual((payment.company_id, payment.amount), (other, 980))
        self.assertEqual(invoice.amount_residual, 1000)

    # ---- odd books

    def test_many_invoices_have_a_short_reference(self):
        invoices = [self._invoice(10) for _each in range(12)]
        transaction = self._start_on_page(*self._items(*invoices))
        self.assertLess(len(transaction.reference), 40)
        single = self._start_on_page(*self._items(invoices[0]))
        self.assertIn(invoices[0].name, single.reference)

    def test_receivables_on_several_accounts_are_settled_together(self):
        self._policy((2, 10))
        first = self._invoice(1000)
        second_account = self.company_data["default_account_receivable"].copy()
        self.birch.property_account_receivable_id = second_account
        second = self._invoice(500)
        self.assertNotEqual(first._ar_term_lines().account_id, second._ar_term_lines().account_id)
        payment = self._pay(*self._items(first, second))
        self._assert_settled(first, second)
        self.assertEqual(self._booked(payment, self.loss), [30])

    def test_sub_cents_negative_lines_and_coins_leave_no_cent_open(self):
        coins = self.env["account.cash.rounding"].create(
            {
                "name": "5 cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "rounding_method": "HALF-UP",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )
        included = self.taxes[0].copy({"name": "VAT in the price", "price_include_override": "tax_included"})
        amounts = [0.33, 0.77, 9.99, -0.45, 13.37, 0.01, 99.95, -3.33, 7.77]
        taxes = [self.taxes[number % 2] if number % 3 else included for number in range(len(amounts))]
        for mode in ("included", "excluded"):
            policy = self._policy((2.75, 10), tax_mode=mode)
            invoices = [
                self._invoice(*amounts, taxes=taxes, term=term, invoice_cash_rounding_id=rounding)
                for term in (self.net_30, self.halves)
                for rounding in (False, coins.id)
            ]
            invoices.append(self._invoice(*amounts, taxes=taxes, currency_id=self.currency_euro.id))
            for some in (invoices[:-1], invoices[-1:]):
                with self.subTest(mode=mode):
                    payment = self._pay(*self._items(*some))
                    self._assert_settled(*some)
                    self._booked(payment)
            policy.active = False

    def test_savings_are_looked_for_among_what_has_a_discount_only(self):
        self._policy((2, 10))
        for _each in range(3):
            self._invoice(50, days_ago=20)  # its discount is over
        saving = self._invoice(1000)
        native = self._invoice(100, term=self._native_term("included", percent=5), partner=self.cedar)
        lines = self.env.registry["account.move.line"]
        for user, invoice, saved in ((self.clerk, saving, 20), (self.cedar_user, native, 5)):
            asked = []
            with patch.object(
                lines,
                "_ar_portal_discounts",
                lambda items, day, asked=asked, real=lines._ar_portal_discounts: (
                    asked.append(items) or real(items, day)
                ),
            ):
                [block] = self.env["res.partner"].with_user(user)._ar_portal_account()
            self.assertEqual(block["saving"], saved)
            self.assertEqual([items.ids for items in asked], [invoice._ar_term_lines().ids])

    def test_an_archived_customer_still_reads_and_pays(self):
        invoice = self._invoice(100)
        self.birch.active = False
        self._pay(*self._items(invoice))
        self._assert_settled(invoice)
