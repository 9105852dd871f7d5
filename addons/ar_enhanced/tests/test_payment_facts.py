import random
from datetime import timedelta
from decimal import Decimal

from odoo.tests import freeze_time, tagged

from odoo.addons.ar_enhanced.engine.credit_score import portfolio_of
from odoo.addons.ar_enhanced.engine.money import Currency
from odoo.addons.ar_enhanced.engine.open_item import OpenItem
from odoo.addons.ar_enhanced.engine.payment_behaviour import PaymentFacts, SettledItem, payment_facts

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPaymentFacts(LedgerCase):
    def reference(self, customer, day):
        """The facts as the engine defines them, gathered record by record."""
        currency = Currency(self.env.company.currency_id.name, 2)
        settled, owed = [], []
        lines = self.env["account.move.line"].search(
            [
                ("move_id.move_type", "=", "out_invoice"),
                ("parent_state", "=", "posted"),
                ("partner_id", "child_of", customer.id),
                ("account_type", "=", "asset_receivable"),
                ("date", "<=", day),
            ]
        )
        exchange_moves = self.env["account.partial.reconcile"].search([]).exchange_move_id
        for line in lines:
            partials = line.matched_credit_ids.filtered(lambda partial: partial.max_date <= day)
            settled += [
                SettledItem(line.id, self.decimal(partial.amount), line.date_maturity, partial.max_date)
                for partial in partials
                if partial.credit_move_id.move_id.move_type != "out_refund"
                and partial.credit_move_id.move_id not in exchange_moves
            ]
            residual = self.decimal(line.balance) - sum(self.decimal(partial.amount) for partial in partials)
            # An exchange difference may stand on the other side of the line.
            residual += sum(
                self.decimal(partial.amount)
                for partial in line.matched_debit_ids.filtered(lambda partial: partial.max_date <= day)
            )
            owed.append(OpenItem(line.id, line.move_name, line.date_maturity, residual, currency))
        return payment_facts(settled, owed, day)

    def decimal(self, amount):
        return Decimal(f"{amount:.2f}")

    def facts(self, customers, day=DAY):
        return self.env["account.move.line"]._ar_payment_facts(customers.ids, self.env.company, day)

    def test_the_statement_gathers_what_the_engine_defines(self):
        for days_ago in (0, 1, 30, 61, 85, 150, 400):
            day = DAY - timedelta(days_ago)
            with self.subTest(day=day):
                self.assertEqual(self.facts(self.customer, day)[self.customer.id], self.reference(self.customer, day))

    def test_items_paid_in_any_parts_at_any_time(self):
        """Paid early, late, again, too little, before the window, after the day, and credited in part."""
        drawn = random.Random(11)  # noqa: S311 - drawn anew the same way each time
        for _number in range(14):
            due_days_ago, left = drawn.choice((20, 60, 200, 700, 780)), 1000
            invoice = self.invoice(left, due_days_ago=due_days_ago, partner=drawn.choice([self.customer, self.contact]))
            for days_late in sorted(drawn.sample([-25, -2, 0, 1, 14, 15, 16, 30, 31, 32, 90], drawn.randint(0, 4))):
                amount = drawn.choice([left, left // 2, left // 3])
                if amount and due_days_ago >= days_late:
                    self.pay(invoice, days_ago=due_days_ago - days_late, amount=amount)
                    left -= amount
            if left and drawn.random() < 0.3:
                self.credit(invoice, days_ago=due_days_ago)
        facts = self.facts(self.customer)[self.customer.id]
        self.assertGreater(facts.settled_count, facts.paid_count + 1, "Some items are paid in part.")
        for days_ago in (0, 5, 29, 45, 59, 61, 150, 185, 690):
            day = DAY - timedelta(days_ago)
            with self.subTest(day=day):
                self.assertEqual(self.facts(self.customer, day)[self.customer.id], self.reference(self.customer, day))

    def test_all_customers_at_once_are_each_as_alone(self):
        self.pay(self.invoice(10, due_days_ago=300, partner=self.newcomer), days_ago=10)
        lines = self.env["account.move.line"]
        lines._ar_flush()
        for days_ago in (0, 61, 400):
            day = DAY - timedelta(days_ago)
            at_once = {
                row[0]: PaymentFacts(day, 2, *row[1:])
                for row in self.env.execute_query(lines._ar_sql_payment_facts(self.env.company, day))
            }
            with self.subTest(day=day):
                customers = self.env["res.partner"].browse(at_once)
                self.assertIn(self.customer, customers)
                self.assertEqual(at_once, self.facts(customers, day))

    def test_a_debt_on_an_archived_account_is_owed_all_the_same(self):
        self.customer.credit_limit = 5000
        self.env.company.account_use_credit_limit = True
        before = self.facts(self.customer)
        self.assertGreater(before[self.customer.id].exposure, 0)
        self.company_data["default_account_receivable"].active = False
        self.assertEqual(self.facts(self.customer), before)

    def test_the_facts_of_the_ledger_are_these(self):
        facts = self.facts(self.customer)[self.customer.id]
        self.assertEqual(facts.heaviest_number, self.overdue.name)
        self.assertEqual((facts.heaviest_amount, facts.heaviest_days), (119000, 46))
        # Five regular ones, the one paid in parts, the one in euro; what is paid in part is settled, not paid.
        self.assertEqual((facts.settled_count, facts.paid_count), (8, 7))
        self.assertEqual((facts.open_count, facts.overdue_count, facts.stale_count), (5, 3, 2))

    def test_a_credit_note_settles_nothing(self):
        before = self.facts(self.customer)[self.customer.id]
        self.credit(self.invoice(5000, due_days_ago=400), days_ago=10)
        self.assertEqual(self.facts(self.customer)[self.customer.id], before)

    def test_an_exchange_difference_is_no_payment(self):
        exchange = self.env["account.partial.reconcile"].search([("exchange_move_id", "!=", False)])
        self.assertTrue(exchange, "The ledger has a payment at another rate.")
        day = DAY - timedelta(85)
        self.assertEqual(self.facts(self.customer, day)[self.customer.id], self.reference(self.customer, day))

    def test_a_contact_counts_for_its_company_only(self):
        facts = self.facts(self.customer | self.contact)
        self.assertEqual(set(facts), {self.customer.id})

    def test_another_company_is_apart(self):
        other = self.setup_other_company()["company"]
        self.assertFalse(
            self.env["account.move.line"].sudo()._ar_payment_facts(self.customer.ids, other, DAY),
        )

    def test_customers_are_those_who_were_invoiced(self):
        customer_ids = self.env["account.move.line"]._ar_customer_ids(self.env.company)
        self.assertIn(self.customer.id, customer_ids)
        self.assertNotIn(self.contact.id, customer_ids)
        self.assertNotIn(self.stranger.id, customer_ids)
        self.assertEqual(customer_ids, sorted(customer_ids))
        self.assertNotIn(
            self.customer.id, self.env["account.move.line"]._ar_customer_ids(self.env.company, after=self.customer.id)
        )

    def test_the_portfolio_is_that_of_all_customers(self):
        self.pay(self.invoice(10, due_days_ago=300, partner=self.newcomer), days_ago=10)
        lines = self.env["account.move.line"]
        customers = self.env["res.partner"].browse(lines._ar_customer_ids(self.env.company))
        self.assertGreater(len(customers), 1)
        company = self.env.company.sudo()
        self.env["ar.credit.work"].sudo()._gather(company, DAY)
        self.assertEqual(company._ar_portfolio(DAY), portfolio_of(self.facts(customers).values()))
