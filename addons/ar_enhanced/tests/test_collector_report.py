from datetime import date, timedelta
from decimal import Decimal

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..engine.collection_effectiveness import Period, effectiveness, kept_rate

TODAY = date(2025, 3, 20)


@freeze_time(f"{TODAY} 12:00:00")
@tagged("post_install", "-at_install")
class TestCollectorReport(AccountTestInvoicingCommon):
    """Two collectors, each with a customer; the figures of February and March."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2023-01-01", 0.5)])
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.anna, cls.ben = (
            new_test_user(cls.env, name, "ar_enhanced.group_ar_clerk", **company) for name in ("anna", "ben")
        )
        cls.manager = new_test_user(cls.env, "chief", "ar_enhanced.group_ar_manager", **company)
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.env.company.ar_credit_owner_id = cls.ben
        cls.hers, cls.his = cls.env["res.partner"].create(
            [{"name": name, "is_company": True} for name in ("Hers", "His")]
        )
        cls.hers.ar_credit_owner_id = cls.anna

    @classmethod
    def invoice(cls, amount, day, due=None, partner=None, **values):
        return cls._create_invoice_one_line(
            price_unit=amount,
            partner_id=(partner or cls.hers).id,
            invoice_date=day,
            invoice_date_due=due or day,
            invoice_payment_term_id=False,
            tax_ids=[],
            post=True,
            **values,
        )

    def pay(self, invoice, day, amount=None):
        return self._register_payment(invoice, payment_date=day, **({"amount": amount} if amount else {}))

    def contact(self, user, day, result="will_pay", channel="call", partner=None, hour=9):
        return (
            self.env["ar.collection.contact"]
            .with_user(user)
            .create(
                {
                    "partner_id": (partner or self.hers).id,
                    "contacted_on": f"{day} {hour:02}:00:00",
                    "channel": channel,
                    "result": result,
                }
            )
        )

    def promise(self, invoice, amount, made, promised, user=None):
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(invoice.ids)],
                "amount": amount,
                "made_on": made,
                "date": promised,
                "tolerance_days": 0,
                "user_id": (user or self.anna).id,
            }
        )
        promise._judge(TODAY)
        return promise

    def row(self, user=None, month=3, reader=None):
        self.env.flush_all()
        rows = self.env["ar.collector.report"].with_user(reader or self.manager)
        rows.invalidate_model()
        return rows.search([("user_id", "=", (user or self.anna).id), ("month", "=", date(2025, month, 1))])

    def grouped(self, groupby, *names):
        self.env.flush_all()
        return (
            self.env["ar.collector.report"]
            .with_user(self.manager)
            ._read_group([("month", ">=", "2025-02-01")], groupby, [f"{name}:avg" for name in names])
        )

    def vector(self):
        """Opening 100, sales 60, closing 80, of which 50 aren't due."""
        old = self.invoice(100, date(2025, 2, 10))
        self.invoice(10, date(2025, 3, 5))
        self.invoice(50, date(2025, 3, 6), due=date(2025, 4, 5))
        self.pay(old, date(2025, 3, 12), 80)

    def test_the_vector_of_the_definition(self):
        self.vector()
        row = self.row()
        self.assertEqual((row.opening, row.sales, row.closing, row.closing_current), (100, 60, 80, 50))
        self.assertEqual((row.overdue, row.has_cei, row.last_day), (30, True, TODAY))
        self.assertAlmostEqual(row.cei, 72.7272, 3)

    def test_what_is_due_on_the_last_day_is_not_overdue(self):
        invoice = self.invoice(100, date(2025, 2, 1), due=TODAY)
        self.assertEqual((self.row().closing_current, self.row().overdue), (100, 0))
        invoice.line_ids.date_maturity = TODAY - timedelta(1)
        self.assertEqual((self.row().closing_current, self.row().overdue), (0, 100))

    def test_a_credit_note_lowers_what_was_sold_and_what_is_open(self):
        self.invoice(100, date(2025, 3, 3))
        self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.hers.id,
                "invoice_date": date(2025, 3, 6),
                "invoice_line_ids": [Command.create({"name": "Freight", "price_unit": 30, "tax_ids": []})],
            }
        )._post()
        row = self.row()
        self.assertEqual((row.sales, row.closing, row.overdue), (70, 70, 100), "credits have no age")

    def test_several_collectors_and_months_are_weighted(self):
        self.vector()
        self.invoice(300, date(2025, 1, 5), partner=self.his)
        periods = {
            (anna, month): Period(
                *(Decimal(str(row[name])) for name in ("opening", "sales", "closing", "closing_current"))
            )
            for anna in (self.anna, self.ben)
            for month in (2, 3)
            for row in [self.row(anna, month)]
        }
        for month, value, closing in self.grouped(["month:month"], "cei", "closing"):
            of_month = [periods[user, month.month] for user in (self.anna, self.ben)]
            self.assertAlmostEqual(value, float(effectiveness(of_month)), 6)
            self.assertEqual(closing, float(sum(period.closing for period in of_month)))
        ((value, closing, opening),) = self.grouped([], "cei", "closing", "opening")
        self.assertAlmostEqual(value, float(effectiveness(periods.values())), 6)
        self.assertEqual(closing, (100 + 300 + 80 + 300) / 2, "the average of the months")
        self.assertEqual(opening, (0 + 300 + 100 + 300) / 2)

    def test_where_nothing_was_collectable_there_is_no_percentage(self):
        self.invoice(100, date(2025, 3, 3), due=date(2025, 4, 3))
        self.assertEqual((self.row().closing, self.row().has_cei, self.row().has_kept_rate), (100, False, False))
        for _user, cei, rate in self.grouped(["user_id"], "cei", "kept_rate"):
            self.assertFalse(cei or rate)

    def test_balances_add_up_to_the_ledger_and_are_those_of_the_collector(self):
        self.vector()
        self.invoice(300, date(2025, 1, 5), partner=self.his)
        self.invoice(64, date(2025, 1, 5), partner=self.his, currency_id=self.foreign.id)
        self.env.flush_all()
        receivables = [
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("company_id", "=", self.env.company.id),
            ("date", "<=", TODAY),
        ]
        ((ledger,),) = self.env["account.move.line"]._read_group(receivables, [], ["balance:sum"])
        self.assertEqual(self.row().closing + self.row(self.ben).closing, ledger)
        self.assertEqual(self.row(self.ben).closing, 300 + 128, "of the company's collector")
        self.hers.ar_credit_owner_id = False
        self.assertEqual(self.row(self.ben).closing, ledger)

    def test_contacts_and_calls_that_reached_somebody(self):
        for result in ("no_answer", "left_message", "wrong_number", "will_pay", "refused"):
            self.contact(self.anna, date(2025, 3, 4), result)
        self.contact(self.anna, date(2025, 3, 5), "sent", channel="email")
        self.contact(self.ben, date(2025, 3, 5))
        row = self.row()
        self.assertEqual((row.contacts, row.calls, row.calls_reached), (6, 5, 2))
        self.assertEqual(self.row(self.ben).contacts, 1)

    def test_a_month_ends_at_midnight_where_the_reader_is(self):
        self.contact(self.anna, date(2025, 2, 28), hour=23)
        self.assertEqual((self.row(month=2).contacts, self.row(month=3).contacts), (1, 0))
        self.manager.tz = "Europe/Helsinki"
        self.env.invalidate_all()
        rows = self.env["ar.collector.report"].with_user(self.manager).with_context(tz="Europe/Helsinki")
        march = rows.search([("user_id", "=", self.anna.id), ("contacts", "=", 1)])
        self.assertEqual(march.month, date(2025, 3, 1))
        found = self.env["ar.collection.contact"].search(march.action_open_contacts()["domain"])
        self.assertEqual(len(found), 1)

    def test_promises_made_kept_in_part_and_broken(self):
        kept, part, broken, given_up = (self.invoice(100, date(2025, 2, 1)) for _each in range(4))
        self.pay(kept, date(2025, 3, 10))
        self.pay(part, date(2025, 3, 10), 40)
        self.promise(kept, 100, date(2025, 2, 20), date(2025, 3, 11))
        self.promise(part, 100, date(2025, 2, 20), date(2025, 3, 11))
        self.promise(broken, 100, date(2025, 3, 1), date(2025, 3, 11))
        self.promise(given_up, 100, date(2025, 3, 1), TODAY).action_cancel()
        february, march = self.row(month=2), self.row(month=3)
        self.assertEqual((february.promises_made, february.promised_amount), (2, 200))
        self.assertEqual((march.promises_made, march.promised_amount), (1, 100))
        self.assertEqual(
            (march.promises_kept, march.promises_partially_kept, march.promises_broken, february.promises_kept),
            (1, 1, 1, 0),
        )
        self.assertEqual((march.kept_amount, march.broken_amount), (140, 160))
        self.assertAlmostEqual(march.kept_rate, float(kept_rate(1, 1, 1)), 6)
        self.assertFalse(february.has_kept_rate)
        listed = self.env["ar.promise"].search(march.action_open_promises()["domain"])
        self.assertEqual(len(listed), 4, "the one that was cancelled too")

    def test_promises_in_another_currency_count_at_the_rate_of_their_invoices(self):
        invoice = self.invoice(100, date(2025, 2, 1), currency_id=self.foreign.id)
        self.promise(invoice, 50, date(2025, 3, 1), date(2025, 3, 25))
        self.assertEqual(self.row().promised_amount, 100)

    def test_money_counts_for_the_last_contact_of_two_weeks(self):
        first, second, third, before = (self.invoice(amount, date(2025, 2, 1)) for amount in (100, 20, 3, 0.5))
        self.pay(before, date(2025, 3, 1))
        self.contact(self.anna, date(2025, 3, 2))
        self.contact(self.ben, date(2025, 3, 3), "no_answer")
        self.pay(second, date(2025, 3, 2))
        self.pay(first, date(2025, 3, 16))
        self.pay(third, date(2025, 3, 17))
        self.assertEqual(self.row().cash_after_contact, 120, "on the day itself, and up to the fourteenth day")
        self.assertEqual(self.row(self.ben).cash_after_contact, 0, "reached nobody")
        self.contact(self.ben, date(2025, 3, 15), "left_message")
        self.contact(self.ben, date(2025, 3, 16))
        self.assertEqual((self.row().cash_after_contact, self.row(self.ben).cash_after_contact), (20, 103))

    def test_a_payment_that_came_back_was_not_received(self):
        invoice = self.invoice(100, date(2025, 2, 1))
        self.contact(self.anna, date(2025, 3, 2))
        payment = self.pay(invoice, date(2025, 3, 5))
        self.assertEqual(self.row().cash_after_contact, 100)
        payment.action_cancel()
        self.assertEqual(self.row().cash_after_contact, 0)

    def test_what_is_behind_the_balance_is_what_was_open_then(self):
        self.vector()
        self.invoice(300, date(2025, 1, 5), partner=self.his)
        for user, month, expected in ((self.anna, 3, 80), (self.anna, 2, 100), (self.ben, 2, 300)):
            action = self.row(user, month).action_open_items()
            items = self.env["ar.aging.report"].with_context(**action["context"])
            ((residual,),) = items._read_group(action["domain"], [], ["residual:sum"])
            self.assertEqual(residual, expected)

    def test_a_clerk_sees_the_own_figures_and_a_manager_everybodys(self):
        self.contact(self.anna, date(2025, 3, 4))
        self.contact(self.ben, date(2025, 3, 4))
        self.assertEqual(self.row(reader=self.anna).contacts, 1)
        self.assertFalse(self.row(self.ben, reader=self.anna))
        self.assertEqual(self.row(self.ben).contacts, 1)
        for user in (self.reader, new_test_user(self.env, "salesman", "base.group_user")):
            with self.assertRaises(AccessError):
                self.row(reader=user)

    def test_another_company_is_not_seen(self):
        self.vector()
        other = self.env["res.company"].create({"name": "Other"})
        self.manager.write({"company_ids": [Command.link(other.id)], "company_id": other.id})
        rows = self.env["ar.collector.report"].with_user(self.manager)
        self.assertFalse(rows.with_context(allowed_company_ids=other.ids).search([]))
        both = rows.with_context(allowed_company_ids=(other | self.env.company).ids)
        self.assertEqual(both.search([]).company_id, self.env.company)

    def test_a_page_and_its_records_are_the_same(self):
        self.vector()
        self.contact(self.ben, date(2025, 3, 4))
        self.env.flush_all()
        rows = self.env["ar.collector.report"].with_user(self.manager).search([])
        self.assertEqual(len(set(rows.ids)), len(rows))
        self.assertEqual(rows.browse(rows[:1].ids).read(["contacts", "cei"])[0]["id"], rows[:1].id)
