from datetime import timedelta

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestOpenItems(LedgerCase):
    def residuals_by_currency(self, day):
        """Σ of residuals by currency of the customer's open items as of ``day``."""
        items = self.customer._ar_open_items(self.env.company, day)
        return {
            self.env["res.currency"].browse(currency_id): float(sum(item.residual for item in open_items))
            for (_customer, _company, currency_id), open_items in items.items()
        }

    def ledger_by_currency(self, day):
        """The same from the ledger itself: what was booked on receivable accounts by ``day``."""
        return dict(
            self.env["account.move.line"]._read_group(
                [
                    ("account_id.account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("partner_id", "child_of", self.customer.id),
                    ("date", "<=", day),
                ],
                ["currency_id"],
                ["amount_currency:sum"],
            )
        )

    def test_open_items_add_up_to_the_ledger_on_every_day(self):
        for days_ago in (0, 1, 2, 3, 41, 46, 60, 65, 85, 86, 94, 200, 500):
            day = DAY - timedelta(days_ago)
            with self.subTest(day=day):
                residuals, ledger = self.residuals_by_currency(day), self.ledger_by_currency(day)
                self.assertTrue(ledger)
                for currency, balance in ledger.items():
                    self.assertAlmostEqual(residuals.get(currency, 0), balance, places=2)

    def test_a_past_day_knows_nothing_of_later_payments(self):
        self.assertNotIn(self.in_euro.name, self.numbers(DAY - timedelta(85)))
        self.assertIn(self.in_euro.name, self.numbers(DAY - timedelta(86)))

    def test_today_takes_no_payment_of_tomorrow(self):
        self.pay(self.overdue, days_ago=-1)
        self.assertIn(self.overdue.name, self.numbers(DAY))
        self.assertNotIn(self.overdue.name, self.numbers(DAY + timedelta(1)))

    def numbers(self, day):
        items = self.customer._ar_open_items(self.env.company, day)
        return {item.number for open_items in items.values() for item in open_items}

    def test_drafts_and_other_customers_are_absent(self):
        draft = self._create_invoice_one_line(price_unit=10, partner_id=self.customer.id)
        numbers = self.numbers(DAY)
        self.assertIn(self.overdue.name, numbers)
        self.assertNotIn(draft.name, numbers)
        self.assertFalse(self.stranger._ar_open_items(self.env.company))
        self.assertEqual(self.numbers_of(self.newcomer) & numbers, set())

    def numbers_of(self, partner):
        return {item.number for items in partner._ar_open_items(self.env.company).values() for item in items}

    def test_a_contact_has_the_items_of_its_company(self):
        self.assertEqual(self.numbers_of(self.contact), self.numbers_of(self.customer))
        self.assertIn(self.part_paid.name, self.numbers_of(self.contact))

    def test_an_entry_on_a_contact_counts_for_its_company(self):
        # Unlike invoices, entries and bank transactions keep the contact that they were entered on.
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "date": DAY,
                "line_ids": [
                    Command.create({"account_id": receivable.id, "partner_id": self.contact.id, "credit": 33}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "debit": 33}),
                ],
            }
        )
        entry.action_post()
        self.assertEqual(entry.line_ids.partner_id, self.contact)
        (dollars,) = (line for line in self.customer._ar_account_overview() if line["currency"] != self.foreign)
        self.assertEqual(dollars["unapplied"], -60 - 33)
        items = self.contact._ar_open_items(self.env.company)
        self.assertEqual({customer_id for customer_id, _company_id, _currency_id in items}, {self.customer.id})

    def test_another_company_is_apart(self):
        other = self.setup_other_company()["company"]
        self.assertFalse(self.customer.sudo()._ar_open_items(other))
        overview = self.customer.sudo()._ar_account_overview(self.env.company | other)
        self.assertEqual({line["company"] for line in overview}, {self.env.company})

    def test_the_overview_keeps_currencies_apart_and_credits_beside(self):
        in_dollar, in_euro = sorted(
            self.customer._ar_account_overview(), key=lambda line: line["currency"] == self.foreign
        )
        self.assertEqual(in_euro["currency"], self.foreign)
        self.assertEqual((in_euro["balance"], in_euro["overdue"]), (640, 640))
        self.assertEqual(in_dollar["balance"], 1190 + 200 + 250 + 75 - 60)
        self.assertEqual(in_dollar["overdue"], 1190 + 200)
        self.assertEqual(in_dollar["not_due"], 250 + 75)
        self.assertEqual(in_dollar["unapplied"], -60)
        self.assertEqual((in_dollar["open_count"], in_dollar["overdue_count"]), (4, 2))
        self.assertEqual([bucket["amount"] for bucket in in_dollar["buckets"]], [325, 0, 1190, 200, 0])
        self.assertAlmostEqual(sum(bucket["share"] for bucket in in_dollar["buckets"]), 100)

    def test_many_customers_take_as_many_queries_as_one(self):
        many = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(30)])
        for partner in many:
            self.invoice(100, 5, partner=partner)
        self.queries(many)  # fills what is cached for longer than a transaction
        self.assertEqual(self.queries(many), self.queries(many[:1]))

    def queries(self, partners):
        """Number of queries that the ageing of ``partners`` takes in a fresh environment."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.env["res.currency"].search([]).mapped("decimal_places")
        partners.mapped("commercial_partner_id")
        before = self.env.cr.sql_log_count
        partners._ar_open_items(self.env.company)
        return self.env.cr.sql_log_count - before
