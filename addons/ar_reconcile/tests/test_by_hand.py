from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models.bank_line_by_hand import MOST_PARTS
from .test_booking import BookingCommon


@tagged("post_install", "-at_install")
class ByHandCommon(BookingCommon):
    """Bank lines that a person books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expense = cls.company_data["default_account_expense"]
        cls.revenue = cls.company_data["default_account_revenue"]
        cls.receivable = cls.company_data["default_account_receivable"]
        cls.journal.ar_fee_account_id = cls.expense
        cls.company.ar_write_off_limit = 100

    def _by_hand(self, line, *parts, comment=""):
        return line.ar_book_by_hand(list(parts), comment)

    def _part(self, item, amount, **values):
        return {"item": item.id, "amount": amount, **values}

    def _refuses(self, words, line, *parts):
        """Check that parts are refused with ``words``, and that nothing is written."""
        before = (len(line.ar_match_ids), line.ar_match_state, line.move_id.line_ids.mapped("balance"))
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            self._by_hand(line, *parts)
        self.env.invalidate_all()
        after = (len(line.ar_match_ids), line.ar_match_state, line.move_id.line_ids.mapped("balance"))
        self.assertEqual(after, before)

    def _euro(self, *rates):
        return self.setup_other_currency("EUR", rates=rates or [("2026-11-01", 0.5)])

    def _discounted(self, amount=100, day="2026-11-10"):
        """Return the item of an invoice with 10 % off for payment within ten days."""
        term = self.env["account.payment.term"].create(
            {
                "name": "10 %",
                "early_discount": True,
                "discount_percentage": 10,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=amount,
            partner_id=self.customer,
            tax_ids=False,
            invoice_date=day,
            invoice_payment_term_id=term,
            post=True,
        )
        return self._item(invoice)


@tagged("post_install", "-at_install")
class TestByHand(ByHandCommon):
    """What a person says is what is booked."""

    def test_one_line_is_split_over_invoices_of_several_customers_with_a_credit_note(self):
        mine, theirs, note = self._bill(100.1), self._bill(30.2, self.other), self._credit(20.1)
        line = self._line(110.2)
        match = self._by_hand(line, self._part(mine, "100.10"), self._part(theirs, 30.2), self._part(note, "-20.1"))
        self.assertEqual((mine + theirs + note).mapped("amount_residual"), [0.0, 0.0, 0.0])
        self.assertEqual((match.state, match.origin, match.decided_by), ("accepted", "person", self.env.user))
        self.assertEqual(match.allocation_ids.mapped("kind"), ["full", "full", "credit_note"])
        self.assertEqual((line.ar_match_state, line.is_reconciled, match.is_automatic), ("matched", True, False))

    def test_a_part_of_an_invoice_leaves_the_rest_open(self):
        item, line = self._bill(100), self._line(60)
        match = self._by_hand(line, self._part(item, 60))
        self.assertEqual((match.allocation_ids.kind, item.amount_residual), ("partial", 40.0))

    def test_a_registered_payment_is_matched(self):
        payment = self._registered_payment(100)
        match = self._by_hand(self._line(100), self._part(payment._seek_for_lines()[0], 100))
        self.assertEqual((match.allocation_ids.kind, payment.state), ("payment", "paid"))

    def test_money_that_is_paid_out_pays_a_vendor_s_bill_and_is_undone(self):
        bill = self._create_invoice_one_line(
            move_type="in_invoice", price_unit=80, partner_id=self.other, tax_ids=False, post=True
        )
        item = bill.line_ids.filtered(lambda each: each.account_type == "liability_payable")
        line = self._line(-80)
        match = self._by_hand(line, self._part(item, -80))
        self.assertEqual((bill.payment_state, line.partner_id, match.allocation_ids.kind), ("paid", self.other, "full"))
        match.action_undo()
        self.assertEqual((bill.payment_state, line.is_reconciled, line.partner_id.id), ("not_paid", False, False))

    def test_a_prepayment_stays_on_the_customer_s_account_and_pays_an_invoice_later(self):
        line = self._line(50)
        self._by_hand(line, {"kind": "prepayment", "amount": 50, "partner": self.customer.id})
        credit = line._seek_for_lines()[2]
        self.assertEqual((credit.account_id, credit.partner_id), (self.receivable, self.customer))
        self.assertEqual((credit.amount_residual, line.partner_id), (-50.0, self.customer))
        item, later = self._bill(150), self._line(100)
        self._by_hand(later, self._part(item, 150), self._part(credit, -50))
        self.assertEqual((item + credit).mapped("amount_residual"), [0.0, 0.0])
        with self.assertRaisesRegex(UserError, "since"):
            line.ar_match_id.action_undo()

    def test_money_that_is_paid_out_in_advance_is_on_the_vendor_s_account(self):
        line = self._line(-50)
        self._by_hand(line, {"kind": "prepayment", "amount": -50, "partner": self.other.id})
        self.assertEqual(line._seek_for_lines()[2].account_id, self.company_data["default_account_payable"])

    def test_fee_rounding_and_write_off_are_booked_on_their_accounts(self):
        gain = self.company.default_cash_difference_income_account_id
        item, line = self._bill(100), self._line(80)
        self._by_hand(
            line,
            self._part(item, 100),
            {"kind": "bank_fee", "amount": "-15.00"},
            {"kind": "write_off", "amount": "-5.03", "account": self.revenue.id},
            {"kind": "rounding", "amount": "0.03"},
        )
        self.assertEqual(
            self._counterparts(line), {self.receivable: -100.0, self.expense: 15.0, self.revenue: 5.03, gain: -0.03}
        )

    def test_a_line_is_booked_to_any_account_of_the_company(self):
        line = self._line(-500)
        match = self._by_hand(line, {"kind": "account", "amount": -500, "account": self.expense.id})
        self.assertEqual((match.state, self._counterparts(line)), ("accepted", {self.expense: 500.0}))

    def test_an_agreed_discount_is_taken_in_time_and_late(self):
        for day, kind in (("2026-11-10", "discount"), ("2026-10-01", "discount_grace")):
            item = self._discounted(day=day)
            match = self._by_hand(self._line(90), self._part(item, 100), self._part(item, -10, kind="discount"))
            self.assertEqual((item.amount_residual, match.allocation_ids.mapped("kind")[1]), (0.0, kind))

    def test_what_is_left_open_is_booked_later_and_both_are_undone_together(self):
        mine, theirs, line = self._bill(60), self._bill(40, self.other), self._line(100)
        first = self._by_hand(line, self._part(mine, 60), {"kind": "open", "amount": 40})
        self.assertEqual((line.is_reconciled, line.ar_match_state, first.state), (False, "none", "accepted"))
        self.assertEqual(line._seek_for_lines()[1].amount_currency, -40.0)
        second = self._by_hand(line, self._part(theirs, 40))
        self.assertEqual((mine + theirs).mapped("amount_residual"), [0.0, 0.0])
        self.assertEqual(mine.matched_credit_ids.credit_move_id.partner_id, self.customer, "stays the first customer's")
        self.assertEqual(line.ar_match_state, "matched")
        (first + second).action_undo()
        self.assertEqual((first + second).mapped("state"), ["undone", "undone"])
        self.assertEqual((mine + theirs).mapped("amount_residual"), [60.0, 40.0])
        self.assertEqual((line.partner_id.id, line.ar_match_state), (False, "none"))

    def test_an_item_in_another_currency_is_paid_in_full_with_its_exchange_difference(self):
        item, line = self._bill(100, currency_id=self._euro()), self._line(190)
        match = self._by_hand(line, self._part(item, 190, in_full=True))
        self.assertEqual((item.amount_residual_currency, match.allocation_ids.item_amount), (0.0, 100.0))
        self.assertEqual(
            item.matched_credit_ids.exchange_move_id.line_ids.mapped(lambda each: abs(each.balance)), [10, 10]
        )

    def test_an_item_in_another_currency_is_paid_in_part_at_the_rate_of_the_day(self):
        item, line = self._bill(100, currency_id=self._euro()), self._line(50)
        self._by_hand(line, self._part(item, 50))
        self.assertEqual(item.amount_residual_currency, 75.0)

    def test_a_bank_account_in_another_currency_pays_in_its_own(self):
        euro = self._euro(("2026-11-01", 0.5), ("2026-11-15", 0.8))
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        item, line = self._bill(100, currency_id=euro), self._line(95, journal)
        self._by_hand(line, self._part(item, 100), {"kind": "account", "amount": -5, "account": self.expense.id})
        self.assertEqual((item.amount_residual_currency, line.is_reconciled), (0.0, True))
        booked = line._seek_for_lines()[2].filtered(lambda each: each.account_id == self.expense)
        self.assertEqual((booked.amount_currency, booked.balance), (5.0, 6.25))

    def test_a_currency_without_cents_takes_none(self):
        yen = self.setup_other_currency("JPY", rounding=1, rates=[("2026-11-01", 100)])
        journal = self.journal.copy({"currency_id": yen.id, "bank_account_id": False})
        line = self._line(1000, journal)
        self._refuses(
            "more decimals than JPY", line, {"kind": "account", "amount": "1000.5", "account": self.expense.id}
        )
        self._by_hand(line, {"kind": "account", "amount": "1000.0", "account": self.expense.id})
        self.assertTrue(line.is_reconciled)

    def test_as_many_parts_as_allowed_sum_without_noise(self):
        line = self._line(50)
        self._by_hand(line, *[{"kind": "account", "amount": "0.10", "account": self.expense.id}] * MOST_PARTS)
        self.assertEqual(self._counterparts(line), {self.expense: -50.0})
        self.assertEqual(set(line._seek_for_lines()[2].mapped("balance")), {-0.1})


@tagged("post_install", "-at_install")
class TestByHandRefused(ByHandCommon):
    """What doesn't fit is refused in words, and nothing is written."""

    def test_an_invoice_that_was_paid_meanwhile(self):
        item, line = self._bill(100), self._line(100)
        self._register_payment(item.move_id)
        self._refuses("0.00 left to pay", line, self._part(item, 100))

    def test_a_line_that_was_booked_meanwhile_names_who_did_it(self):
        item, line = self._bill(100), self._line(100)
        self._by_hand(line, self._part(self._bill(100), 100))
        self._refuses(f"booked by {self.env.user.name} meanwhile", line, self._part(item, 100))

    def test_an_item_that_is_there_twice_and_a_discount_that_is(self):
        item, line = self._bill(100), self._line(100)
        self._refuses("twice", line, self._part(item, 50), self._part(item, 50))
        item = self._discounted()
        off = self._part(item, -10, kind="discount")
        self._refuses("twice", self._line(80), self._part(item, 100), off, off)

    def test_a_discount_on_what_is_not_paid_in_full(self):
        item, other, line = self._discounted(), self._bill(100), self._line(90)
        off = self._part(item, -10, kind="discount")
        self._refuses("paid in full", line, self._part(other, 100), off)
        self._refuses("not agreed", self._line(85), self._part(item, 100), self._part(item, -15, kind="discount"))

    def test_parts_that_sum_to_something_else(self):
        item, line = self._bill(100), self._line(100)
        self._refuses("sum to .*99.99.*100.00", line, self._part(item, "99.99"))
        self._refuses("sum to", line, self._part(item, 100), {"kind": "bank_fee", "amount": "0.01"})

    def test_amounts_that_are_none(self):
        item, line = self._bill(100), self._line(100)
        for amount in (
            *("NaN", "inf", "-Infinity", "1e400", "1e-400000", "1e15", "9" * 5000, "", "abc", "100,00", "0"),
            *(float("nan"), float("inf"), 10**20, None, False, True, [], [100], {}, {"amount": 100}, 0, 1e300),
        ):
            with self.subTest(amount=str(amount)[:20]):
                self._refuses("amount other than zero|sum to", line, self._part(item, amount))
        self._refuses("more decimals", line, self._part(item, "100.001"))
        self._refuses("more decimals", line, self._part(item, 0.1 + 0.2))

    def test_parts_that_are_none(self):
        line, item = self._line(100), self._bill(100)
        for parts in (None, "x", {}, 5, [5], ["x"], [None], [[]]):
            with self.assertRaisesRegex(UserError, "could not be read"):
                line.ar_book_by_hand(parts)
        with self.assertRaisesRegex(UserError, f"1 to {MOST_PARTS}"):
            line.ar_book_by_hand([])
        many = [{"kind": "account", "amount": "0.10", "account": self.expense.id}] * (MOST_PARTS + 1)
        with self.assertRaisesRegex(UserError, f"1 to {MOST_PARTS}"):
            self._line(50.1).ar_book_by_hand(many)
        for kind in (None, "gift", [], {}, 5, "full", "discount"):
            self._refuses("what it is", line, {"kind": kind, "amount": 100})
        for id_ in ([item.id], {"id": item.id}, str(item.id), "x", -1, 2**40, True, 1.5, 2**70):
            self._refuses("no longer exists", line, {"item": id_, "amount": 100})
        for id_ in ([1], "x", 2**40, True, None):
            self._refuses("Choose an account", line, {"kind": "account", "amount": 100, "account": id_})
            self._refuses("Choose the customer", line, {"kind": "prepayment", "amount": 100, "partner": id_})

    def test_a_comment_that_is_no_text_or_too_long(self):
        line = self._line(-10)
        match = self._by_hand(
            line, {"kind": "account", "amount": -10, "account": self.expense.id}, comment=" x\0" * 5000
        )
        self.assertEqual(len(match.comment), 500)
        match = self._by_hand(
            self._line(-10), {"kind": "account", "amount": -10, "account": self.expense.id}, comment=["x"]
        )
        self.assertFalse(match.comment)

    def test_an_account_of_another_company_of_the_bank_itself_or_an_archived_one(self):
        other = self.setup_other_company(name="Elsewhere")
        line = self._line(100)
        lines = line.with_context(allowed_company_ids=[self.company.id, other["company"].id])
        account = other["default_account_revenue"]
        self._refuses("not this company", lines, {"kind": "account", "amount": 100, "account": account.id})
        for own in (self.journal.default_account_id, self.journal.suspense_account_id):
            self._refuses("bank's own account", line, {"kind": "account", "amount": 100, "account": own.id})
        self.expense.active = False
        for some in (line, line.with_context(active_test=False)):
            self._refuses("Choose an|archived", some, {"kind": "account", "amount": 100, "account": self.expense.id})

    def test_an_account_of_the_parent_serves_a_branch_of_a_branch(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        below = self.env["res.company"].create({"name": "Below", "parent_id": branch.id})
        line = self._line(100)
        self.patch(type(line), "company_id", below)
        line._ar_check_account(self.expense)

    def test_items_customers_and_lines_of_another_company(self):
        other = self.setup_other_company(name="Elsewhere")["company"]
        everywhere = self.env(context={**self.env.context, "allowed_company_ids": [self.company.id, other.id]})
        invoice = (
            everywhere["account.move"]
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
        line = self._line(100)
        self._refuses("belongs to Elsewhere", line.with_env(everywhere), self._part(self._item(invoice), 100))
        far = self.env["res.partner"].create({"name": "Far", "company_id": other.id})
        prepaid = {"kind": "prepayment", "amount": 100, "partner": far.id}
        self._refuses("belongs to Elsewhere", line.with_env(everywhere), prepaid)
        user = new_test_user(
            self.env, "near", "ar_reconcile.group_reconcile", company_ids=[Command.set(self.company.ids)]
        )
        self._refuses("no longer exists", line.with_user(user), self._part(self._item(invoice), 100))
        far_user = new_test_user(
            self.env,
            "far",
            "ar_reconcile.group_reconcile",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            line.with_user(far_user).ar_book_by_hand([self._part(self._item(invoice), 100)])

    def test_an_archived_customer(self):
        item, line = self._bill(100), self._line(100)
        self.customer.active = False
        self._refuses("archived", line, self._part(item, 100))
        prepaid = {"kind": "prepayment", "amount": 100, "partner": self.customer.id}
        self._refuses("Choose the customer", line, prepaid)
        self._refuses("archived", line.with_context(active_test=False), prepaid)

    def test_what_stays_open_or_on_account_is_a_part_of_the_payment(self):
        item, line = self._bill(1000), self._line(100)
        self._refuses("only be a part", line, self._part(item, 1000), {"kind": "open", "amount": -900})
        self._refuses(
            "only be a part",
            line,
            self._part(item, 1000),
            {"kind": "prepayment", "amount": -900, "partner": self.customer.id},
        )
        self._refuses("Only one part", line, {"kind": "open", "amount": 100})
        opened = {"kind": "open", "amount": 20}
        self._refuses("Only one part", line, self._part(item, 60), opened, opened)
        account = {"kind": "account", "amount": -100, "account": self.expense.id}
        self._refuses("only be a part", line, {"kind": "open", "amount": 200}, account)

    def test_nothing_is_booked_on_customers_accounts_without_a_customer(self):
        line = self._line(100, partner_id=self.other.id)
        account = {"kind": "account", "amount": 100, "account": self.receivable.id}
        self._refuses("Choose the customer", line, account)
        self._by_hand(line, {**account, "partner": self.customer.id})
        self.assertEqual(line._seek_for_lines()[2].partner_id, self.customer)

    def test_an_item_of_the_line_s_own_entry(self):
        line = self._line(100)
        self._by_hand(
            line, {"kind": "prepayment", "amount": 60, "partner": self.customer.id}, {"kind": "open", "amount": 40}
        )
        own = line._seek_for_lines()[2]
        account = {"kind": "account", "amount": 100, "account": self.expense.id}
        self._refuses("has changed", line, self._part(own, -60), account)

    def test_a_line_in_draft_and_one_of_a_closed_period(self):
        item, line = self._bill(100), self._line(100)
        self.patch(type(self.company), "_validate_locks", lambda company, values: None)
        self.company.fiscalyear_lock_date = "2026-11-30"
        self._refuses("2026", line, self._part(item, 100))
        self.company.fiscalyear_lock_date = False
        line.move_id.button_draft()
        self._refuses("nothing left", line, self._part(item, 100))
