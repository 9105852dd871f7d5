from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.misc import format_date

from .common import PAGE, PortalAccountCase


@tagged("post_install", "-at_install")
class TestPortalOverview(PortalAccountCase):
    """What stands beside the balance: what is due next, what came, what a discount is worth, and the credit."""

    # === DUE DATES === #

    def test_the_next_due_dates_are_told_with_their_sums(self):
        self._post(100.0, due_in=-3)
        self._post(20.0, due_in=0)
        self._post(30.0, due_in=5)
        self._post(31.0, due_in=5)
        self._post(7.0, due_in=5, move_type="out_refund")
        self._post(999.0, due_in=2, partner=self.cedar)
        for days in (6, 7, 8, 9):
            self._post(1.0, due_in=days)
        page = self._get(self.clerk)
        told = [self._words(row) for row in page.find_class("o_ar_next_due")]
        today, later = (format_date(self.env, self.today + timedelta(days=days)) for days in (0, 5))
        self.assertEqual(told[0], f"{today} due today 1 invoice {self._money(20)}")
        self.assertEqual(told[1], f"{later} in 5 days 2 invoices {self._money(61)}")
        self.assertEqual(len(told), 5)
        self.assertNotIn("999.00", self._words(page))

    def test_without_anything_due_or_paid_there_are_no_empty_lists(self):
        self._post(100.0, due_in=-3)
        page = self._get(self.clerk)
        self.assertFalse(page.find_class("o_ar_next"))
        self.assertFalse(page.find_class("o_ar_received"))

    # === PAYMENTS === #

    def _payments(self, user=None):
        return self.env["account.move.line"].with_user(user or self.clerk)._ar_portal_last_payments()

    def test_money_is_told_when_it_came_with_what_no_invoice_has_used(self):
        two_days_ago = self.today - timedelta(days=2)
        self._register_payment(self._post(300.0, due_in=-30), amount=120.0, payment_date=two_days_ago)
        self.init_payment(80.0, post=True, date=self.today, partner=self.birch)
        self.init_payment(55.0, post=True, date=self.today, partner=self.cedar)
        self.init_payment(66.0, post=True, date=self.today, partner=self.birch_north)
        page = self._get(self.clerk)
        rows = page.find_class("o_ar_payment")
        self.assertEqual([row.get("data-state") for row in rows], ["unapplied", "applied"])
        self.assertEqual([self._text(row, "o_ar_money_received") for row in rows], [self._money(80), self._money(120)])
        self.assertEqual(self._text(rows[0], "o_ar_unapplied"), f"{self._money(80)} not yet used")
        self.assertFalse(rows[1].find_class("o_ar_unapplied"))
        self.assertNotIn("55.00", self._words(page))
        self.assertNotIn("66.00", self._words(page))

    def test_a_payment_with_discount_is_told_as_the_money_that_came(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2/10 n30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        invoice = self._post(1000.0, invoice_payment_term_id=term)
        self._register_payment(invoice, payment_date=self.today)
        [told] = self._payments()
        self.assertEqual((told["received"], told["discount"], told["unapplied"]), (980.0, 20.0, 0.0))
        [row] = self._get(self.clerk).find_class("o_ar_payment")
        self.assertEqual(self._text(row, "o_ar_money_received"), self._money(980))
        self.assertEqual(self._text(row, "o_ar_taken"), f"and a discount of {self._money(20)}")

    def test_a_bank_transaction_of_two_customers_tells_each_its_own_part(self):
        ours, theirs = self._post(300.0), self._post(500.0, partner=self.cedar)
        receivable = self.company_data["default_account_receivable"]
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": self.today,
                "payment_ref": "Birch and Cedar",
                "amount": 800.0,
            }
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        context = {"force_delete": True, "skip_readonly_check": True, "skip_account_move_synchronization": True}
        line.with_context(**context).write(
            {
                "line_ids": [
                    Command.delete(suspense.id),
                    *(
                        Command.create(
                            {
                                "account_id": receivable.id,
                                "partner_id": move.partner_id.id,
                                "balance": -move.amount_total,
                            }
                        )
                        for move in (ours, theirs)
                    ),
                ]
            }
        )
        self.assertEqual([each["received"] for each in self._payments()], [300.0])
        self.assertEqual([each["received"] for each in self._payments(self.cedar_user)], [500.0])
        self.assertNotIn("800.00", self._words(self._get(self.clerk)))

    def test_a_payment_that_came_back_says_so(self):
        payment = self._register_payment(self._post(90.0), payment_date=self.today)
        receivable = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        receivable.remove_move_reconcile()
        reversal = payment.move_id._reverse_moves([{"date": self.today}])
        reversal.action_post()
        back = reversal.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        (receivable | back).filtered(lambda line: not line.reconciled).reconcile()
        [row] = self._get(self.clerk).find_class("o_ar_payment")
        self.assertEqual(row.get("data-state"), "returned")
        self.assertEqual(self._text(row, "o_ar_returned"), "Returned")

    def test_refunds_and_payments_to_suppliers_are_no_payments_received(self):
        self.init_payment(-40.0, post=True, date=self.today, partner=self.birch)
        self._post(25.0, move_type="out_refund")
        self.assertFalse(self._payments())

    # === DISCOUNTS === #

    def test_a_discount_tells_how_long_it_lasts_and_what_it_is_worth_a_year(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2/10 n30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        invoice = self._create_invoice_one_line(
            price_unit=1000.0,
            tax_ids=[],
            partner_id=self.birch,
            invoice_date=self.today,
            invoice_payment_term_id=term,
            post=True,
        )
        row = self._row(self._get(self.clerk), invoice)
        # 2/10 n30 is 37.24 % a year.
        self.assertEqual(self._text(row, "o_ar_discount_more"), "10 days left, worth 37.2 % a year")
        lines = self.env["account.move.line"].with_user(self.clerk)
        for days, words in ((0, "last day"), (1, "1 day left"), (2, "2 days left")):
            self.assertEqual(lines._ar_portal_left_words(self.today + timedelta(days=days), self.today), words)

    # === CREDIT === #

    def _show(self, **switches):
        self.env.company.sudo().write({f"ar_portal_shows_{name}": shown for name, shown in switches.items()})

    def _credit(self):
        return [self._words(block) for block in self._get(self.clerk).find_class("o_ar_credit")]

    def test_nothing_of_the_credit_is_shown_unless_the_company_says_so(self):
        self.env.company.account_use_credit_limit = True
        self.birch.write({"use_partner_credit_limit": True, "credit_limit": 1000.0})
        self._post(300.0, due_in=-40)
        self.env["ar.credit.score"]._snapshot(self.birch)
        self.assertFalse(self._credit())
        settings = self.env["res.config.settings"].sudo().create({})
        for name in ("available", "level", "steps"):
            self.assertFalse(settings[f"ar_portal_shows_{name}"])

    def test_the_available_credit_is_the_limit_less_the_exposure_and_never_negative(self):
        self._show(available=True)
        self._post(300.0, due_in=-40)
        self.assertFalse(self._credit())  # no limit, nothing to tell
        self.env.company.account_use_credit_limit = True
        self.birch.write({"use_partner_credit_limit": True, "credit_limit": 1000.0})
        [words] = self._credit()
        self.assertIn(f"Still available {self._money(700)}", words)
        self.assertNotIn("Level", words)
        self._post(900.0)
        [words] = self._credit()
        self.assertIn(f"Over your credit limit by {self._money(200)}", words)
        self.assertNotIn("available", words)

    def test_the_level_is_a_letter_and_neither_points_nor_reasons(self):
        self._show(level=True)
        for number in range(4):
            self._pay_by_bank(self._post(100.0 + number, due_in=-90), 100.0 + number, self.today - timedelta(days=60))
        self._post(300.0, due_in=-40)
        score = self.env["ar.credit.score"]._snapshot(self.birch)
        self.assertIn(score.level, "abcde")
        [words] = self._credit()
        self.assertIn(f"Level (A is best, E is worst) {score.level.upper()}", words)
        self.assertNotIn("point", words)
        self.assertNotIn("improve", words)

    def test_what_would_improve_the_level_is_not_asked_for_again_once_it_is_done(self):
        self._show(steps=True)
        for number in range(4):
            self._pay_by_bank(self._post(100.0 + number, due_in=-90), 100.0 + number, self.today - timedelta(days=90))
        late, later = self._post(300.0, due_in=-40), self._post(200.0, due_in=-30)
        self.env["ar.credit.score"]._snapshot(self.birch)
        [words] = self._credit()
        self.assertIn(f"Pay {late.name}: it counts most.", words)
        self.assertIn("Pay everything that is overdue.", words)
        self.assertNotIn("points", words)
        self._pay_by_bank(late, 300.0)
        for words in self._credit():
            self.assertNotIn(late.name, words)
            self.assertNotIn("everything", words)
        self.assertTrue(later.amount_residual)

    def test_the_credit_with_a_company_that_the_user_is_not_allowed_is_absent(self):
        other = self.setup_other_company()["company"]
        other.sudo().write({"ar_portal_shows_available": True, "account_use_credit_limit": True})
        self.birch.with_company(other).write({"use_partner_credit_limit": True, "credit_limit": 4321.0})
        self._post(30.0)
        self.assertFalse(self._credit())

    # === SIZE === #

    def _queries(self, url):
        """How many statements of SQL it takes to serve ``url``, once everything that stays in memory is there."""
        self.authenticate(self.clerk.login, self.clerk.login)
        counts = []
        for _warm in range(3):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(self.url_open(url).status_code, 200)
            counts.append(self.cr.sql_log_count - before)
        return counts[-1]

    def test_the_queries_of_the_pages_do_not_grow_with_the_ledger(self):
        self._show(available=True, level=True, steps=True)
        self.env.company.account_use_credit_limit = True
        self.birch.write({"use_partner_credit_limit": True, "credit_limit": 1000.0})
        term = self.env["account.payment.term"].create(
            {
                "name": "2/10 n30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )

        def grow(count):
            for number in range(count):
                self._post(10.0 + number, due_in=-number)
                self._post(20.0 + number, due_in=number)
                self._post(30.0 + number, invoice_payment_term_id=term)
                self._pay_by_bank(self._post(100.0 + number, due_in=-number), 100.0 + number)

        urls = (PAGE, f"{PAGE}?filterby=paid", f"{PAGE}/statement?period=this_year")
        grow(8)  # a page is full
        self.env["ar.credit.score"]._snapshot(self.birch)
        small = {url: self._queries(url) for url in urls}
        grow(16)
        large = {url: self._queries(url) for url in urls}
        self.assertGreater(min(small.values()), 10)
        for url in urls:
            with self.subTest(url=url, small=small[url], large=large[url]):
                self.assertLessEqual(large[url], small[url])
