from datetime import date
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..models.bank_line_booking import REBUILD_ITEMS, Part, fee_account, rounding_account
from .common import BankFileCommon

#: What is compared of journal items, entries and reconciliations that two ways have booked.
ITEM_COLUMNS = (
    "name",
    "account_id",
    "partner_id",
    "currency_id",
    "amount_currency",
    "balance",
    "debit",
    "credit",
    "amount_residual",
    "amount_residual_currency",
    "reconciled",
    "display_type",
    "parent_state",
    "date_maturity",
    "analytic_distribution",
    "tax_tag_ids",
)
MOVE_COLUMNS = (
    "partner_id",
    "commercial_partner_id",
    "invoice_partner_display_name",
    "fiscal_position_id",
    "partner_bank_id",
    "partner_shipping_id",
    "currency_id",
    "payment_state",
    "status_in_payment",
    "amount_total",
    "amount_residual",
    "amount_total_signed",
    "narration",
    "state",
    "date",
)
PARTIAL_COLUMNS = ("amount", "debit_amount_currency", "credit_amount_currency", "max_date", "company_id")


@tagged("post_install", "-at_install")
class BookingCommon(BankFileCommon):
    """Bank lines, and what is booked of them as matching does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.customer, cls.other = cls.env["res.partner"].create([{"name": "Customer"}, {"name": "Other"}])
        cls.tax = cls.company_data["default_tax_sale"]

    def _line(self, amount, journal=None, **values):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": (journal or self.journal).id,
                "date": "2026-11-18",
                "amount": amount,
                "payment_ref": "Payment",
                **values,
            }
        )

    def _item(self, move):
        return move.line_ids.filtered(lambda item: item.account_type == "asset_receivable")

    def _registered_payment(self, amount):
        """Return a payment of the customer that waits for its bank line."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": amount,
                "journal_id": self.journal.id,
                "payment_method_line_id": self.inbound_payment_method_line.id,
            }
        )
        payment.action_post()
        return payment

    def _bill(self, amount, partner=None, **values):
        """Return the receivable item of a posted invoice."""
        return self._item(self._invoice(amount, partner=partner or self.customer, **values))

    def _credit(self, amount, partner=None):
        """Return the receivable item of a posted credit note."""
        return self._bill(amount, partner, move_type="out_refund")

    def _book(self, line, *parts):
        self.env["account.bank.statement.line"]._ar_book({line: [Part(*part) for part in parts]})

    def _refused(self, words, line, *parts):
        """Check that booking is refused with ``words`` and that nothing is booked."""
        before = line.move_id.line_ids.mapped("account_id")
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            self._book(line, *parts)
        self.env.invalidate_all()
        self.assertEqual((line.is_reconciled, line.move_id.line_ids.mapped("account_id")), (False, before))

    def _counterparts(self, line):
        """Return {account: balance} of what stands opposite to the bank account."""
        liquidity = line._seek_for_lines()[0]
        sums = {}
        for item in line.move_id.line_ids - liquidity:
            sums[item.account_id] = round(sums.get(item.account_id, 0.0) + item.balance, 2)
        return sums


@tagged("post_install", "-at_install")
class TestBooking(BookingCommon):
    """Each kind of part does to the books what it says."""

    def test_an_invoice_is_paid_in_full_and_the_entry_is_the_customer_s(self):
        item, line = self._bill(100), self._line(100)
        self._book(line, (item, Decimal("100.00")))
        self.assertEqual((item.move_id.payment_state, item.amount_residual), ("paid", 0.0))
        self.assertTrue(line.is_reconciled and item.full_reconcile_id)
        self.assertEqual(
            (line.partner_id, line.move_id.commercial_partner_id, line.move_id.line_ids.partner_id),
            (self.customer, self.customer, self.customer),
        )

    def test_a_part_of_an_invoice_leaves_the_rest_open(self):
        item, line = self._bill(100), self._line(60)
        self._book(line, (item, 60, "partial"))
        self.assertEqual(
            (item.move_id.payment_state, item.amount_residual, line.is_reconciled), ("partial", 40.0, True)
        )

    def test_one_instalment_is_paid(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        first, second = self._bill(100, invoice_payment_term_id=term).sorted("date_maturity")
        line = self._line(50)
        self._book(line, (second, 50, "instalment"))
        self.assertEqual((first.amount_residual, second.amount_residual), (50.0, 0.0))

    def test_one_line_pays_invoices_of_several_customers(self):
        mine, theirs, line = self._bill(100), self._bill(30, self.other), self._line(130)
        self._book(line, (mine, 100), (theirs, 30))
        self.assertEqual((mine + theirs).mapped("amount_residual"), [0.0, 0.0])
        self.assertEqual(line._seek_for_lines()[2].partner_id, self.customer + self.other)
        self.assertFalse(line.partner_id or line.move_id.partner_id or line._seek_for_lines()[0].partner_id)

    def test_two_lines_pay_one_invoice(self):
        item, first, second = self._bill(100), self._line(40), self._line(60)
        first._ar_book({first: [Part(item, 40, "partial")], second: [Part(item, 60, "partial")]})
        self.assertEqual((item.move_id.payment_state, item.amount_residual), ("paid", 0.0))
        self.assertEqual(len(item.full_reconcile_id.reconciled_line_ids), 3)

    def test_a_credit_note_is_netted_within_the_line(self):
        item, note, line = self._bill(100), self._credit(30), self._line(70)
        self._book(line, (item, 100), (note, -30, "credit_note"))
        self.assertEqual((item + note).mapped("amount_residual"), [0.0, 0.0])
        self.assertEqual((item + note).move_id.mapped("payment_state"), ["paid", "paid"])

    def test_money_paid_out_refunds_a_credit_note(self):
        note, line = self._credit(30), self._line(-30)
        self._book(line, (note, -30, "credit_note"))
        self.assertEqual((note.amount_residual, line.is_reconciled, line.partner_id), (0.0, True, self.customer))

    def test_a_registered_payment_is_matched_on_its_outstanding_item(self):
        payment = self._registered_payment(100)
        outstanding = payment._seek_for_lines()[0]
        self.assertEqual((payment.state, payment.is_matched), ("in_process", False))
        line = self._line(100)
        self._book(line, (outstanding, 100, "payment"))
        self.assertEqual((payment.state, payment.is_matched, line.partner_id), ("paid", True, self.customer))
        self.assertEqual((outstanding.amount_residual, line.is_reconciled), (0.0, True))

    def test_what_the_bank_kept_is_on_the_journal_s_fee_account(self):
        self.journal.ar_fee_account_id = self.company_data["default_account_expense"]
        item, line = self._bill(100), self._line(85)
        self._book(line, (item, 100), (item, -15, "bank_fee"))
        self.assertEqual(item.move_id.payment_state, "paid")
        self.assertEqual(self._counterparts(line), {item.account_id: -100.0, self.journal.ar_fee_account_id: 15.0})

    def test_a_rounding_is_a_loss_or_a_gain(self):
        loss = self.company.default_cash_difference_expense_account_id
        gain = self.company.default_cash_difference_income_account_id
        for paid, difference, account in ((99.98, -0.02, loss), (100.03, 0.03, gain)):
            item, line = self._bill(100), self._line(paid)
            self._book(line, (item, 100), (item, difference, "rounding"))
            self.assertEqual(self._counterparts(line), {item.account_id: -100.0, account: -difference})
            self.assertEqual(item.move_id.payment_state, "paid")

    def test_what_is_paid_too_much_stays_open_on_the_customer_s_account(self):
        item, line = self._bill(80), self._line(100)
        self._book(line, (item, 80), (item, 20, "overpayment"))
        credit = line._seek_for_lines()[2].filtered(lambda each: not each.reconciled)
        self.assertEqual((credit.partner_id, credit.account_id), (self.customer, item.account_id))
        self.assertEqual((credit.amount_residual, line.is_reconciled), (-20.0, True))

    def test_all_of_a_line_may_stay_on_the_customer_s_account(self):
        item, line = self._bill(80), self._line(100)
        self._book(line, (item, 100, "overpayment"))
        self.assertEqual((item.amount_residual, line.is_reconciled, line.partner_id), (80.0, True, self.customer))

    def test_a_line_in_the_company_s_currency_pays_an_invoice_in_another_one_in_full(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5)])
        item, line = self._bill(100, currency_id=euro), self._line(190)
        self._book(line, (item, 190, "full", 100))
        self.assertEqual((item.move_id.payment_state, item.amount_residual_currency), ("paid", 0.0))
        self.assertEqual(
            line._seek_for_lines()[2].mapped(lambda each: (each.amount_currency, each.balance)), [(-100.0, -190.0)]
        )
        exchange = (item.matched_credit_ids + item.matched_debit_ids).exchange_move_id
        self.assertEqual(exchange.line_ids.filtered(lambda each: each.account_id == item.account_id).balance, -10.0)

    def test_an_exchange_difference_of_its_own_is_part_of_what_settles_the_item(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5)])
        item, line = self._bill(100, currency_id=euro), self._line(190)
        self._book(line, (item, 200, "full", 100), (item, -10, "exchange"))
        self.assertEqual((item.move_id.payment_state, line.is_reconciled), ("paid", True))

    def test_a_line_in_another_currency_pays_an_invoice_in_the_company_s_currency_in_full(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5)])
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        item, line = self._bill(100), self._line(49, journal)
        self._book(line, (item, 49, "exchange", 100))
        self.assertEqual((item.move_id.payment_state, item.amount_residual, line.is_reconciled), ("paid", 0.0, True))
        loss = self.company.expense_currency_exchange_account_id
        self.assertEqual(self._counterparts(line), {item.account_id: -100.0, loss: 2.0})

    def test_a_foreign_journal_pays_a_foreign_invoice_and_keeps_the_difference(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5), ("2026-11-15", 0.8)])
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        item, line = self._bill(100, currency_id=euro), self._line(85, journal)
        self.journal.ar_fee_account_id = self.company_data["default_account_expense"]
        journal.ar_fee_account_id = self.journal.ar_fee_account_id
        self._book(line, (item, 100), (item, -15, "bank_fee"))
        self.assertEqual((item.move_id.payment_state, item.amount_residual), ("paid", 0.0))
        fee = line.move_id.line_ids.filtered(lambda each: each.account_id == journal.ar_fee_account_id)
        self.assertEqual((fee.amount_currency, fee.balance), (15.0, 18.75))

    def test_the_notes_of_a_bank_line_stay(self):
        item, line = self._bill(100), self._line(100, narration="said by the bank")
        self._book(line, (item, 100))
        self.assertIn("said by the bank", line.narration)

    def test_a_strict_audit_trail_gets_its_log(self):
        self.company.restrictive_audit_trail = True
        item, line = self._bill(100), self._line(85)
        before = len(line.move_id.message_ids)
        self._book(line, (item, 100), (item, -15, "bank_fee"))
        self.assertEqual(item.move_id.payment_state, "paid")
        self.assertGreater(len(line.move_id.message_ids), before)


@tagged("post_install", "-at_install")
class TestDiscount(BookingCommon):
    """Discounts for early payment become Odoo's own entries."""

    def _discounted(self, computation, amount=100, **values):
        """Return the receivable item of an invoice with tax and 10 % off for payment within ten days."""
        term = self.env["account.payment.term"].create(
            {
                "name": computation,
                "early_discount": True,
                "discount_percentage": 10,
                "discount_days": 10,
                "early_pay_discount_computation": computation,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        values = {"tax_ids": self.tax, "invoice_date": "2026-11-10", **values}
        invoice = self._create_invoice_one_line(
            price_unit=amount, partner_id=self.customer, invoice_payment_term_id=term, post=True, **values
        )
        return self._item(invoice)

    def _entries(self, items):
        """Return what tells the entries of a discount apart."""
        return sorted(
            (
                item.account_id.code,
                item.balance,
                item.amount_currency,
                tuple(item.tax_ids.ids),
                tuple(item.tax_tag_ids.ids),
                item.tax_repartition_line_id.id,
            )
            for item in items
        )

    def _compare(self, item, twin, journal=None):
        """Book ``item`` less its discount, and register a payment of ``twin``: the entries are the same."""
        discount = item.amount_currency - item.discount_amount_currency
        line = self._line(item.discount_amount_currency, journal)
        self._book(line, (item, item.amount_currency), (item, -discount, "discount"))
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=twin.move_id.ids)
            .create({"payment_date": "2026-11-18", "journal_id": line.journal_id.id})
            ._create_payments()
        )
        self.assertEqual((item.move_id.payment_state, item.amount_residual), ("paid", 0.0))
        self.assertTrue(line.is_reconciled)
        ours = line.move_id.line_ids - line._seek_for_lines()[0]
        self.assertEqual(self._entries(ours), self._entries(payment.move_id.line_ids - payment._seek_for_lines()[0]))
        self.assertGreater(len(ours), 1)
        return line

    def test_each_computation_of_a_discount_books_what_registering_a_payment_books(self):
        self.journal.inbound_payment_method_line_ids.payment_account_id = (
            self.inbound_payment_method_line.payment_account_id
        )
        for computation in ("included", "excluded", "mixed"):
            for amount in (100, 33.33):
                with self.subTest(computation=computation, amount=amount):
                    self._compare(self._discounted(computation, amount), self._discounted(computation, amount))

    def test_a_discount_in_another_currency_books_what_registering_a_payment_books(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5), ("2026-11-15", 0.8)])
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        journal.inbound_payment_method_line_ids.payment_account_id = self.inbound_payment_method_line.payment_account_id
        for computation in ("included", "excluded", "mixed"):
            with self.subTest(computation=computation):
                items = [self._discounted(computation, currency_id=euro) for _ in range(2)]
                self._compare(*items, journal)

    def test_a_discount_on_an_invoice_that_is_paid_in_another_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5)])
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        home, abroad = self._discounted("included"), self._discounted("included", currency_id=euro)
        for item, bank, paid, full, rate in ((home, journal, 52.3, 57.5, 0.5), (abroad, self.journal, 208, 230, 2.0)):
            taken = item.amount_currency - item.discount_amount_currency
            line = self._line(paid, bank)
            settled = (item, full, "full", item.amount_currency)
            self._book(line, settled, (item, round(paid - full, 2), "discount", -taken))
            self.assertEqual((item.move_id.payment_state, item.amount_residual_currency), ("paid", 0.0))
            self.assertTrue(line.is_reconciled)
            charged = line.move_id.line_ids.filtered("tax_line_id")
            self.assertEqual(charged.amount_currency, 1.5)
            self.assertEqual(charged.balance, 1.5 if item == home else 1.5 * rate)

    def test_a_discount_is_granted_after_its_last_day_with_the_same_entries(self):
        early, late = (self._discounted("included", invoice_date=day) for day in ("2026-11-10", "2026-10-01"))
        self.assertFalse(late.move_id._is_eligible_for_early_payment_discount(late.currency_id, date(2026, 11, 18)))
        entries = []
        for item, kind in ((early, "discount"), (late, "discount_grace")):
            paid = item.discount_amount_currency
            line = self._line(paid)
            self._book(line, (item, item.balance), (item, paid - item.balance, kind))
            self.assertEqual(item.move_id.payment_state, "paid")
            entries.append(self._entries(line.move_id.line_ids))
        self.assertEqual(*entries)

    def test_a_discount_with_a_fee_and_a_credit_note_in_one_line(self):
        item, note = self._discounted("excluded"), self._credit(20)
        discount = item.balance - item.discount_balance
        line = self._line(item.balance - discount - 20 - 3)
        self._book(
            line,
            (item, -3, "bank_fee"),
            (item, -discount, "discount"),
            (item, item.balance),
            (note, -20, "credit_note"),
        )
        self.assertEqual((item + note).mapped("amount_residual"), [0.0, 0.0])
        self.assertTrue(line.is_reconciled)

    def test_another_discount_than_the_agreed_one_is_refused(self):
        item = self._discounted("excluded")
        self._refused("not agreed", self._line(item.balance - 7), (item, item.balance), (item, -7, "discount"))

    def test_an_invoice_without_discount_or_partly_paid_gets_none(self):
        plain = self._bill(100)
        self._refused("not agreed", self._line(90), (plain, 100), (plain, -10, "discount"))
        item = self._discounted("excluded")
        self._book(self._line(10), (item, 10, "partial"))
        discount = item.balance - item.discount_balance
        left = item.amount_residual
        self._refused("not agreed", self._line(left - discount), (item, left), (item, -discount, "discount"))

    def test_a_discount_needs_the_company_s_account(self):
        item = self._discounted("excluded")
        self.company.account_journal_early_pay_discount_loss_account_id = False
        self._refused("discounts of", self._line(item.balance - 1), (item, item.balance), (item, -1, "discount"))


@tagged("post_install", "-at_install")
class TestBookingRefused(BookingCommon):
    """What no longer holds is not booked, and nothing is half done."""

    def test_a_line_that_is_reconciled_or_in_draft_or_of_another_amount(self):
        item, line = self._bill(100), self._line(100)
        self._refused("amount of .* has changed", line, (item, 90, "partial"))
        line.move_id.button_draft()
        self._refused("nothing left", line, (item, 100))
        line.move_id.action_post()
        self._book(line, (item, 100))
        with self.assertRaisesRegex(UserError, "nothing left"):
            self._book(line, (item, 100))

    def test_an_item_that_is_paid_in_draft_or_cancelled(self):
        for change, words in (
            (self._register_payment, "left to pay"),
            (lambda move: move.button_draft(), "has changed"),
            (lambda move: (move.button_draft(), move.button_cancel()), "has changed"),
        ):
            item = self._bill(100)
            change(item.move_id)
            self._refused(words, self._line(100), (item, 100))

    def test_more_or_less_than_is_open_is_refused(self):
        item, note = self._bill(100), self._credit(30)
        self._refused("left to pay, not", self._line(101), (item, 101, "partial"))
        self._refused("left to pay, not", self._line(60), (item, 60))
        self._refused("left to pay, not", self._line(130), (item, 100), (note, 30, "credit_note"))
        first, second = self._line(60), self._line(60)
        with self.assertRaisesRegex(UserError, "left to pay"), self.cr.savepoint():
            first._ar_book({first: [Part(item, 60, "partial")], second: [Part(item, 60, "partial")]})

    def test_an_item_that_no_longer_exists(self):
        item = self._bill(100)
        gone = self.env["account.move.line"].browse(item.id)
        item.move_id.button_draft()
        item.move_id.unlink()
        self._refused("no longer exists", self._line(100), (gone, 100))
        self._refused("no longer exists", self._line(100), (self.env["account.move.line"], 100, "overpayment"))

    def test_an_archived_customer_or_account(self):
        item = self._bill(100)
        self.customer.active = False
        self._refused("customer of .* archived", self._line(100), (item, 100))
        self.customer.active = True
        item.account_id.active = False
        self._refused("account of .* archived", self._line(100), (item, 100))

    def test_another_company_s_item(self):
        other = self.setup_other_company(name="Elsewhere")["company"]
        invoice = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": "2026-11-01",
                    "invoice_line_ids": [Command.create({"name": "x", "price_unit": 100, "tax_ids": False})],
                }
            )
        )
        invoice.action_post()
        self._refused("belongs to Elsewhere", self._line(100), (self._item(invoice), 100))

    def test_a_locked_period(self):
        item, line = self._bill(100), self._line(100)
        # Odoo lets no period be closed while lines are open, but this one may come in later.
        self.patch(type(self.company), "_validate_locks", lambda company, values: None)
        self.company.fiscalyear_lock_date = "2026-11-30"
        self._refused("2026", line, (item, 100))

    def test_missing_accounts_are_named(self):
        item = self._bill(100)
        self.env.ref(f"account.{self.company.id}_bank_fees_reco").line_ids.account_id = False
        self.assertTrue(fee_account(self.journal), "an expense account is the last resort")
        self.company.write(
            {"default_cash_difference_expense_account_id": False, "default_cash_difference_income_account_id": False}
        )
        self.assertEqual(rounding_account(self.journal, -1), fee_account(self.journal))
        chart = type(self.env["account.chart.template"])
        self.patch(chart, "_get_bank_fees_reco_account", lambda chart, company: self.env["account.account"])
        self._refused(
            f"fees account of the journal {self.journal.name}", self._line(85), (item, 100), (item, -15, "bank_fee")
        )

    def test_an_item_in_another_currency_needs_its_amount(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5)])
        item = self._bill(100, currency_id=euro)
        self._refused("it is in EUR", self._line(100), (item, 100))

    def test_a_kind_that_nobody_knows(self):
        item = self._bill(100)
        self._refused("no way to book", self._line(90), (item, 100), (item, -10, "gift"))


@tagged("post_install", "-at_install")
class TestBookingLikeOdoo(BookingCommon):
    """Booked together, lines are as if each had been booked by Odoo's methods alone."""

    def _truth(self):
        """Return lines with their parts, of every kind that Odoo's plain methods book; always the same ones."""
        euro = self.env.ref("base.EUR")
        journal = self.env["account.journal"].search([("code", "=", "EURO")]) or self.journal.copy(
            {"currency_id": euro.id, "bank_account_id": False, "code": "EURO"}
        )
        first, second, third = (self._bill(amount) for amount in (100, 50, 30))
        theirs, note, foreign = self._bill(20, self.other), self._credit(25), self._bill(100, currency_id=euro)
        partly, prepaid = self._bill(70), self._bill(60, self.other)
        return {
            self._line(100): [Part(first, 100)],
            self._line(80): [Part(second, 50), Part(third, 30)],
            self._line(-5): [Part(theirs, 20), Part(note, -25, "credit_note")],
            self._line(100, journal): [Part(foreign, 100)],
            self._line(40): [Part(partly, 40, "partial")],
            self._line(80): [Part(prepaid, 60), Part(prepaid, 20, "overpayment")],
        }

    def _by_odoo(self, truth):
        """Book one line after the other by Odoo's methods: rebuild the counterpart, then reconcile each pair."""
        for line, parts in truth.items():
            _liquidity, suspense, _others = line._seek_for_lines()
            payers = {part.item.partner_id for part in parts}
            if len(payers) == 1:
                line.partner_id = payers.pop()
                suspense = line._seek_for_lines()[1]
            rate = suspense.balance / suspense.amount_currency
            commands = [
                Command.create(
                    {
                        "name": suspense.name,
                        "account_id": part.item.account_id.id,
                        "partner_id": part.item.partner_id.id,
                        "currency_id": suspense.currency_id.id,
                        "amount_currency": -part.amount,
                        "balance": suspense.company_currency_id.round(-part.amount * rate),
                    }
                )
                for part in parts
            ]
            line.with_context(**REBUILD_ITEMS).write({"line_ids": [Command.delete(suspense.id), *commands]})
            for part, new in zip(parts, line._seek_for_lines()[2].sorted("id"), strict=True):
                if part.kind != "overpayment":
                    (new + part.item).reconcile()

    def _stored(self, truth):
        """Return what is stored of all records concerned, without what names them."""
        self.env.flush_all()
        self.env.invalidate_all()

        def of(record, columns):
            return {name: _plain(record, name) for name in columns}

        lines = list(truth)
        moves = [line.move_id for line in lines] + [part.item.move_id for parts in truth.values() for part in parts]
        stored = [(line.is_reconciled, line.amount_residual, line.partner_id, line.amount) for line in lines]
        for move in moves:
            items = sorted(move.line_ids, key=lambda item: (item.balance, item.amount_currency, item.account_id.id))
            partials = (move.line_ids.matched_debit_ids + move.line_ids.matched_credit_ids).sorted(
                lambda partial: (partial.amount, partial.debit_amount_currency)
            )
            exchange = partials.exchange_move_id.line_ids.sorted("balance")
            stored.append(
                (
                    of(move, MOVE_COLUMNS),
                    [of(item, ITEM_COLUMNS) for item in items],
                    [bool(item.full_reconcile_id) for item in items],
                    [(item.matching_number or "")[:1] == "P" for item in items],
                    [of(partial, PARTIAL_COLUMNS) for partial in partials],
                    [of(item, ITEM_COLUMNS) for item in exchange],
                )
            )
        return stored

    def test_all_stored_columns_are_the_same(self):
        self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5), ("2026-11-15", 0.8)])
        self.env["account.analytic.distribution.model"].search([]).unlink()
        ours, theirs = self._truth(), self._truth()
        next(iter(ours))._ar_book(ours)
        self._by_odoo(theirs)
        for mine, reference in zip(self._stored(ours), self._stored(theirs), strict=True):
            self.assertEqual(mine, reference)

    def test_columns_are_the_same_with_analytic_models_and_fiscal_positions(self):
        plan = self.env["account.analytic.plan"].create({"name": "Plan"})
        account = self.env["account.analytic.account"].create({"name": "Cost centre", "plan_id": plan.id})
        self.env["account.analytic.distribution.model"].create(
            {"partner_id": self.customer.id, "analytic_distribution": {account.id: 100}}
        )
        self.customer.property_account_position_id = self.env["account.fiscal.position"].create({"name": "Abroad"})
        self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5), ("2026-11-15", 0.8)])
        ours, theirs = self._truth(), self._truth()
        next(iter(ours))._ar_book(ours)
        self._by_odoo(theirs)
        stored = self._stored(ours)
        for mine, reference in zip(stored, self._stored(theirs), strict=True):
            self.assertEqual(mine, reference)
        self.assertIn("Abroad", str(stored))
        self.assertIn(str(account.id), str([entry[1] for entry in stored if len(entry) > 4]))

    def test_the_number_of_statements_hardly_grows_with_the_lines(self):
        def statements(count):
            customers = self.env["res.partner"].create([{"name": f"Customer {n}"} for n in range(count)])
            items = [self._bill(100 + n, customers[n]) for n in range(count)]
            allocations = {self._line(100 + n): [Part(item, 100 + n)] for n, item in enumerate(items)}
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            next(iter(allocations))._ar_book(allocations)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        statements(1)  # fills caches
        self.assertLess(statements(12) - statements(2), 10)


@tagged("post_install", "-at_install")
class TestBookingUndone(BookingCommon):
    """Undoing leaves the invoices open and the bank line as it came."""

    def test_every_kind_is_undone(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5), ("2026-11-15", 0.8)])
        term = self.env["account.payment.term"].create(
            {
                "name": "10 %",
                "early_discount": True,
                "discount_percentage": 10,
                "discount_days": 30,
                "early_pay_discount_computation": "included",
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        item, note, foreign = self._bill(100), self._credit(30), self._bill(100, currency_id=euro)
        taxed = self._item(
            self._create_invoice_one_line(
                price_unit=100,
                partner_id=self.customer,
                tax_ids=self.tax,
                invoice_date="2026-11-10",
                invoice_payment_term_id=term,
                post=True,
            )
        )
        discount = taxed.balance - taxed.discount_balance
        for amount, *parts in (
            (85, (item, 100), (item, -15, "bank_fee")),
            (99.99, (item, 100), (item, -0.01, "rounding")),
            (70, (item, 100), (note, -30, "credit_note")),
            (120, (item, 100), (item, 20, "overpayment")),
            (130, (foreign, 130, "full", 100)),
            (taxed.discount_balance, (taxed, taxed.balance), (taxed, -discount, "discount")),
        ):
            with self.subTest(parts=parts):
                line = self._line(amount)
                opened = {part[0]: part[0].amount_residual_currency for part in parts}
                before = line.move_id.line_ids.mapped(lambda each: (each.account_id, each.balance, each.partner_id))
                self._book(line, *parts)
                self.assertTrue(line.is_reconciled)
                line.action_undo_reconciliation()
                line.partner_id = False
                self.assertFalse(line.is_reconciled)
                self.assertEqual({each: each.amount_residual_currency for each in opened}, opened)
                after = line.move_id.line_ids.mapped(lambda each: (each.account_id, each.balance, each.partner_id))
                self.assertEqual(sorted(after, key=str), sorted(before, key=str))
                self.assertEqual(line.move_id.line_ids.tax_ids, self.env["account.tax"])
                self.assertEqual(next(iter(opened)).move_id.payment_state, "not_paid")


def _plain(record, name):
    """Return a field's value as it can be compared; texts that name an invoice are left out."""
    value = record[name]
    if record._fields[name].relational:
        return sorted(value.mapped("display_name"))
    return None if name == "name" and record._name == "account.move.line" and record.move_id.is_invoice() else value
