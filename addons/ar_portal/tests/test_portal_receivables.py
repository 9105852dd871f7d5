from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.misc import format_date

from .common import PAGE, PortalAccountCase


@tagged("post_install", "-at_install")
class TestPortalReceivables(PortalAccountCase):
    """What the page says, and that it adds up."""

    def _account(self, user=None):
        """The account's blocks as the model gives them to ``user``."""
        self.env.flush_all()
        return self.env["res.partner"].with_user(user or self.clerk)._ar_portal_account()

    def _recently_paid(self, user=None):
        lines = self.env["account.move.line"].with_user(user or self.clerk)
        return lines._ar_portal_recently_paid(self.today)

    def test_due_dates_are_told_in_words(self):
        words = {
            -12: "12 days overdue",
            -2: "2 days overdue",
            -1: "1 day overdue",
            0: "due today",
            1: "due tomorrow",
            2: "in 2 days",
            30: "in 30 days",
        }
        invoices = {days: self._post(100.0, due_in=days) for days in words}
        page = self._get(self.clerk)
        for days, expected in words.items():
            row = self._row(page, invoices[days])
            self.assertEqual(self._text(row, "o_ar_due_words"), expected)
            self.assertEqual("text-danger" in row.find_class("o_ar_due_words")[0].classes, days < 0)
            self.assertIn(format_date(self.env, self.today + timedelta(days=days)), self._text(row, "o_ar_due"))
        # the default order is the due date
        self.assertEqual(self._numbers(page), [invoices[days].name for days in words])

    def test_overdue_begins_the_day_after_the_due_date(self):
        self._post(100.0, due_in=0)
        late = self._post(30.0, due_in=-1)
        page = self._get(self.clerk, f"{PAGE}?filterby=overdue")
        self.assertEqual(self._numbers(page), [late.name])
        self.assertEqual(self._words(page.find_class("o_ar_overdue")[0]), f"Overdue 1 item {self._money(30)}")
        self.assertEqual(self._words(page.find_class("o_ar_not_due")[0]), f"Not yet due {self._money(100)}")

    def test_partly_paid_invoice_shows_what_is_left(self):
        invoice = self._post(300.0, due_in=5)
        self._pay_by_bank(invoice, 100.0)
        row = self._row(self._get(self.clerk), invoice)
        self.assertEqual(self._text(row, "o_ar_residual"), self._money(200))
        self.assertIn(self._money(300), self._text(row, "o_ar_amount"))
        self.assertEqual(self._text(row, "o_ar_state_words"), "Partly paid")

    def test_invoice_matched_by_the_bank_is_paid_with_its_date(self):
        invoice = self._post(400.0, due_in=-20)
        self.assertEqual(self._numbers(self._get(self.clerk)), [invoice.name])
        paid_on = self.today - timedelta(days=3)
        self._pay_by_bank(invoice, 400.0, paid_on)
        page = self._get(self.clerk)
        self.assertEqual(self._numbers(page), [])
        self.assertEqual(self._text(page, "o_ar_no_items"), "No invoice is open.")
        [item] = page.find_class("o_ar_paid_item")
        self.assertEqual(item.get("data-number"), invoice.name)
        self.assertEqual(self._text(item, "o_ar_settled_on"), format_date(self.env, paid_on))
        self.assertEqual(self._text(item, "o_ar_money"), self._money(400))
        self._post(99.0)
        page = self._get(self.clerk, f"{PAGE}?filterby=paid")
        self.assertEqual(self._numbers(page), [invoice.name])
        self.assertEqual(self._text(self._row(page, invoice), "o_ar_state"), f"Paid {format_date(self.env, paid_on)}")

    def test_recently_paid_is_latest_first_and_ends(self):
        days_ago = (5, 1, 90, 91, 30, 2, 3)
        paid = {}
        for days in days_ago:
            paid[days] = self._post(10.0 + days, due_in=-100)
            self._pay_by_bank(paid[days], 10.0 + days, self.today - timedelta(days=days))
        lines = self._recently_paid()
        self.assertEqual(lines.mapped("move_name"), [paid[days].name for days in (1, 2, 3, 5, 30)])
        lines = self.env["account.move.line"].with_user(self.clerk)._ar_portal_recently_paid(self.today, limit=9)
        self.assertEqual(lines[-1].move_name, paid[90].name)
        self.assertNotIn(paid[91].name, lines.mapped("move_name"))
        self.assertFalse(self._recently_paid(self.cedar_user))

    def test_instalments_are_lines_of_their_own(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half now, half in 30 days",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        invoice = self._post(500.0, due_in=-10, invoice_payment_term_id=term)
        page = self._get(self.clerk)
        parts = [
            (self._text(row, "o_ar_part"), self._text(row, "o_ar_due_words")) for row in page.find_class("o_ar_item")
        ]
        self.assertEqual(parts, [("Instalment 1 of 2", "10 days overdue"), ("Instalment 2 of 2", "in 20 days")])
        late = self._get(self.clerk, f"{PAGE}?filterby=overdue")
        self.assertEqual(self._numbers(late), [invoice.name])
        self.assertEqual(self._text(late, "o_ar_residual"), self._money(250))
        self.assertEqual(self.env["account.move.line"].with_user(self.clerk)._ar_portal_open_count(), 1)

    def test_credits_are_apart_and_in_words(self):
        self._post(100.0, due_in=-5)
        refund = self._post(30.0, move_type="out_refund", due_in=-5)
        page = self._get(self.clerk)
        row = self._row(page, refund)
        self.assertEqual(self._text(row, "o_ar_residual"), self._money(-30))
        self.assertEqual(self._text(row, "o_ar_part"), "Credit note")
        self.assertEqual(self._text(row, "o_ar_state"), "Credit not yet used")
        self.assertEqual(self._text(row, "o_ar_due"), "")
        self.assertEqual(self._text(page, "o_ar_balance"), self._money(70))
        self.assertEqual(self._words(page.find_class("o_ar_credits")[0]), f"Credits not yet used {self._money(-30)}")
        self.assertTrue(page.find_class("o_ar_credits_note"))
        overdue = self._get(self.clerk, f"{PAGE}?filterby=overdue")
        self.assertNotIn(refund.name, self._numbers(overdue))

    def test_credit_note_that_settles_an_invoice_says_so(self):
        invoice = self._post(100.0, due_in=-5)
        refund = self._reverse_invoice(invoice, is_modify=False, post=True, reason="Goods returned")
        receivable = (invoice + refund).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        if not all(receivable.mapped("reconciled")):
            receivable.reconcile()
        page = self._get(self.clerk, f"{PAGE}?filterby=paid")
        self.assertTrue(self._text(self._row(page, invoice), "o_ar_state").startswith("Settled by credit note"))
        self.assertTrue(self._text(self._row(page, refund), "o_ar_state").startswith("Credit used"))
        # it wasn't paid, but it was settled: shown with those words
        self.assertEqual(self._text(self._get(self.clerk), "o_ar_state_words"), "Settled by credit note")

    def test_customer_in_credit_reads_that_and_not_a_debt(self):
        self.init_payment(80.0, post=True, date=self.today, partner=self.birch)
        page = self._get(self.clerk)
        self.assertIn("Your credit with us", self._words(page.find_class("o_ar_account")[0]))
        self.assertNotIn("You owe", self._words(page))
        self.assertEqual(self._text(page, "o_ar_balance"), self._money(80))

    def test_invoices_and_credits_that_cancel_out_are_not_called_settled(self):
        self._post(80.0, due_in=-5)
        self.init_payment(80.0, post=True, date=self.today, partner=self.birch)
        page = self._get(self.clerk)
        self.assertIn("cancel out", self._words(page.find_class("o_ar_account")[0]))
        self.assertFalse(page.find_class("o_ar_settled"))

    def test_list_and_other_entries_sum_to_the_balance(self):
        dollar = self.setup_other_currency("EUR", rates=[("2016-01-01", 0.5)])
        self._post(100.10, due_in=-40)
        part = self._post(200.20, due_in=10)
        self._pay_by_bank(part, 50.05)
        self._post(30.03, move_type="out_refund")
        self._post(70.07, due_in=-1, currency_id=dollar.id)
        self._post(999.0, partner=self.birch_north)
        self.init_payment(12.34, post=True, date=self.today, partner=self.birch)
        receivable = self.company_data["default_account_receivable"]
        opening = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": receivable.id, "debit": 55.0, "partner_id": self.birch.id}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 55.0}),
                ]
            }
        )
        opening.action_post()
        ledger = dict(
            self.env["account.move.line"]._read_group(
                [
                    ("partner_id", "=", self.birch.id),
                    ("account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("company_id", "=", self.env.company.id),
                ],
                ["currency_id"],
                ["amount_residual_currency:sum"],
            )
        )
        account = self._account()
        self.assertEqual(
            {block["currency"]: block["currency"].round(block["balance"]) for block in account},
            {currency: currency.round(amount) for currency, amount in ledger.items()},
        )
        items = self.env["account.move.line"].with_user(self.clerk)
        items = items.search(items._ar_portal_filters(self.today)["open"]["domain"])._ar_portal_lines(self.today)
        for block in account:
            currency = block["currency"]
            listed = sum(item["residual"] for item in items if item["currency"] == currency)
            self.assertAlmostEqual(listed, block["listed"], places=2)
            self.assertAlmostEqual(block["listed"] + block["other"], block["balance"], places=2)
            self.assertAlmostEqual(block["overdue"] + block["not_due"] + block["unapplied"], block["balance"], places=2)
        own = next(block for block in account if block["currency"] == self.env.company.currency_id)
        self.assertAlmostEqual(own["other"], 55.0 - 12.34, places=2)
        page = self._get(self.clerk)
        self.assertIn(self._money(42.66), self._text(page, "o_ar_other"))
        self.assertCountEqual(
            [block.get("data-currency") for block in page.find_class("o_ar_account")],
            [currency.name for currency in ledger],
        )
        self.assertIn(self._money(70.07, dollar), [self._words(total) for total in page.find_class("o_ar_balance")])

    def test_list_is_paged_by_twenty(self):
        invoices = self.env["account.move"].union(*(self._post(10.0 + number) for number in range(21)))
        first, second = self._get(self.clerk), self._get(self.clerk, f"{PAGE}/page/2")
        self.assertEqual((len(self._numbers(first)), len(self._numbers(second))), (20, 1))
        self.assertCountEqual(self._numbers(first) + self._numbers(second), invoices.mapped("name"))
        # a page that isn't there is the last one
        self.assertEqual(self._numbers(self._get(self.clerk, f"{PAGE}/page/{10**30}")), self._numbers(second))
        # the balance is of all pages, and the pager keeps order and filter
        self.assertEqual(self._text(second, "o_ar_balance"), self._money(sum(10.0 + number for number in range(21))))
        links = first.xpath("//ul[contains(@class, 'pagination')]//a/@href")
        self.assertIn(f"{PAGE}/page/2?sortby=due&filterby=open", links)

    def test_list_is_sorted_as_asked(self):
        small, large, middle = self._post(10.0, due_in=3), self._post(30.0, due_in=1), self._post(20.0, due_in=2)
        orders = {
            "due": [large, middle, small],
            "amount": [large, middle, small],
            "number": [middle, large, small],
        }
        for sortby, moves in orders.items():
            numbers = self._numbers(self._get(self.clerk, f"{PAGE}?sortby={sortby}"))
            self.assertEqual(numbers, [move.name for move in moves], sortby)

    def test_number_of_queries_does_not_grow_with_the_list(self):
        for number in range(12):
            invoice = self._post(10.0 + number, due_in=number - 10)
            self._pay_by_bank(invoice, 10.0 + number if number % 2 else 5.0)
        lines = self.env["account.move.line"].with_user(self.clerk)

        def queries(filterby, limit):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            found = lines.search(lines._ar_portal_filters(self.today)[filterby]["domain"], limit=limit)
            self.assertEqual(len(found._ar_portal_lines(self.today)), limit)
            return self.cr.sql_log_count - before

        for filterby in ("open", "paid"):
            queries(filterby, 1)
            self.assertEqual(queries(filterby, 6), queries(filterby, 2), filterby)

    def test_page_speaks_the_readers_language(self):
        self.env["res.lang"].sudo()._activate_lang("fr_FR")
        self.env["ir.module.module"].sudo().search([("name", "in", ("ar_portal", "ar_enhanced"))])._update_translations(
            ["fr_FR"]
        )
        self.clerk.lang = "fr_FR"
        invoice = self._post(1234.5, due_in=-12)
        page = self._get(self.clerk)
        self.assertEqual(self._text(self._row(page, invoice), "o_ar_due_words"), "12 jours de retard")
        self.assertIn("Vous devez", self._words(page.find_class("o_ar_account")[0]))
        self.assertIn("1 234,50", self._text(page, "o_ar_balance"))
