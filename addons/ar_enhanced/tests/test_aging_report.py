import base64
from collections import defaultdict
from datetime import timedelta
from io import BytesIO

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.ar_enhanced.engine.aging import BUCKETS

from .common import DAY, LedgerCase
from .random_ledger import RandomLedgerCase

PARTS = (*(bucket.code for bucket in BUCKETS), "unapplied")


def as_of(report, day, basis="due"):
    return report.with_context(ar_aging_date=str(day), ar_aging_basis=basis)


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestAgingIsTheLedger(RandomLedgerCase):
    def ledger(self, day):
        """Balance of the receivable accounts at the end of ``day`` by customer (None: without), from the lines."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT partner.commercial_partner_id, SUM(line.balance)
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
         LEFT JOIN res_partner partner ON partner.id = line.partner_id
             WHERE account.account_type = 'asset_receivable' AND move.state = 'posted'
               AND line.company_id = %s AND line.date <= %s
          GROUP BY 1
            """,
            [self.env.company.id, day],
        )
        return dict(self.env.cr.fetchall())

    def reported(self, day, basis):
        """Sums by customer: balance, and all parts together."""
        groups = as_of(self.env["ar.aging.report"], day, basis)._read_group(
            [], ["partner_id"], ["residual:sum", *(f"{part}:sum" for part in PARTS)]
        )
        return {partner.id or None: (balance, sum(parts)) for partner, balance, *parts in groups}

    def test_buckets_and_unapplied_credits_are_the_ledger_on_any_day_by_either_date(self):
        for day in self.days(20):
            ledger = self.ledger(day)
            self.assertTrue(ledger)
            for basis in ("due", "invoice"):
                reported = self.reported(day, basis)
                for customer_id, balance in ledger.items():
                    with self.subTest(day=day, basis=basis, customer=customer_id):
                        residual, parts = reported.pop(customer_id, (0, 0))
                        self.assertAlmostEqual(residual, float(balance), places=2)
                        self.assertAlmostEqual(parts, float(balance), places=2)
                self.assertFalse(reported)

    def residuals(self, day):
        """What is open at the end of ``day``, matching by matching: ``{line id: (residual, residual in currency)}``."""
        residuals = {}
        for line in self.env["account.move.line"].search(
            [
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.env.company.id),
                ("date", "<=", day),
            ]
        ):
            as_debit = line.matched_credit_ids.filtered(lambda part: part.max_date <= day)
            as_credit = line.matched_debit_ids.filtered(lambda part: part.max_date <= day)
            residual = line.balance - sum(as_debit.mapped("amount")) + sum(as_credit.mapped("amount"))
            in_currency = (
                line.amount_currency
                - sum(as_debit.mapped("debit_amount_currency"))
                + sum(as_credit.mapped("credit_amount_currency"))
            )
            if round(residual, 2) or round(in_currency, 2):
                residuals[line.id] = (round(residual, 2) or 0, round(in_currency, 2) or 0)
        return residuals

    def test_each_item_has_what_was_not_matched_by_the_day(self):
        for day in self.days(6):
            items = as_of(self.env["ar.aging.report"], day).search([])
            reported = {
                item.id: (round(item.residual, 2) or 0, round(item.residual_currency, 2) or 0) for item in items
            }
            with self.subTest(day=day):
                self.assertEqual(reported, self.residuals(day))

    def test_each_item_is_in_the_bucket_that_the_engine_gives_it(self):
        for day in self.days(4):
            for basis in ("due", "invoice"):
                for item in as_of(self.env["ar.aging.report"], day, basis).search([]):
                    line = item.move_line_id
                    since = line.date_maturity or line.date
                    if basis == "invoice":
                        since = line.move_id.invoice_date or line.date
                    days = max((day - since).days, 0)
                    owed = item.residual_currency > 0 or (not item.residual_currency and item.residual > 0)
                    (bucket,) = [bucket.code for bucket in BUCKETS if bucket.holds(days)]
                    self.assertEqual(item.bucket, bucket if owed else "unapplied")
                    self.assertEqual(item.days, days if owed else 0)
                    self.assertEqual(item[item.bucket], item.residual)


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestAgingReport(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "aging_reader", "ar_enhanced.group_ar_user", **company)
        cls.salesman = new_test_user(cls.env, "aging_salesman", "base.group_user", **company)

    def asked_for(self, **values):
        return self.env["ar.aging.print"].create({"day": DAY, **values})

    def row(self, asked_for, partner):
        (row,) = [row for row in asked_for._rows() if row["partner"] == partner]
        return row

    def test_both_dates_age_the_same_items_and_differ_in_the_buckets(self):
        by_due, by_invoice = (self.row(self.asked_for(basis=basis), self.newcomer) for basis in ("due", "invoice"))
        self.assertEqual((by_due["not_due"], by_due["overdue"]), (990, 0))
        self.assertEqual((by_invoice["not_due"], by_invoice["days_1_30"]), (0, 990))

    def test_a_customer_is_the_company_of_the_contact_that_was_invoiced(self):
        row = self.row(self.asked_for(), self.customer)
        self.assertEqual((row["days_31_60"], row["days_61_90"], row["unapplied"]), (1190, 200, -60))
        self.assertEqual(row["residual"], 1190 + 200 + 250 + 75 - 60 + 640 / 0.8)

    def test_on_the_due_day_nothing_is_overdue_and_a_day_later_it_is(self):
        domain = [("move_id", "=", self.due_today.id)]
        report = self.env["ar.aging.report"]
        self.assertEqual(as_of(report, DAY).search(domain).bucket, "not_due")
        later = as_of(report, DAY + timedelta(1)).search(domain)
        self.assertEqual((later.bucket, later.days, later.overdue), ("days_1_30", 1, 75))

    def test_what_is_open_in_each_currency_is_the_ledger_where_no_currency_settles_another(self):
        for day in (DAY, DAY - timedelta(50), DAY - timedelta(86), DAY - timedelta(200)):
            booked = dict(
                self.env["account.move.line"]._read_group(
                    [
                        ("account_id.account_type", "=", "asset_receivable"),
                        ("parent_state", "=", "posted"),
                        ("company_id", "=", self.env.company.id),
                        ("date", "<=", day),
                    ],
                    ["currency_id"],
                    ["amount_currency:sum"],
                )
            )
            rows = as_of(self.env["ar.aging.report"], day)._read_group([], ["currency_id"], ["residual_currency:sum"])
            reported = dict(rows)
            for currency, balance in booked.items():
                self.assertAlmostEqual(reported.get(currency, 0), balance, places=2)

    def test_two_days_in_one_transaction_are_not_mixed_up(self):
        domain = [("move_id", "=", self.part_paid.id)]
        report = self.env["ar.aging.report"]
        for _again in range(2):
            self.assertEqual(as_of(report, DAY).search(domain).residual, 200)
            self.assertEqual(as_of(report, DAY - timedelta(61)).search(domain).residual, 500)

    def test_groups_are_by_salesperson_level_country_and_currency(self):
        self.newcomer.write({"country_id": self.env.ref("base.be").id, "user_id": self.reader.id})
        self.env["ar.credit.score"]._snapshot(self.customer)
        report = as_of(self.env["ar.aging.report"], DAY)
        self.assertEqual({item.level for item in report.search([("partner_id", "=", self.newcomer.id)])}, {"none"})
        rated = report.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(set(rated.mapped("level")), {self.customer.ar_credit_level})
        self.assertEqual(rated.currency_id, self.env.company.currency_id | self.foreign)
        by_country = dict(report._read_group([], ["country_id"], ["residual:sum"]))
        self.assertEqual(by_country[self.env.ref("base.be")], 990)
        advance = report.search([("move_id", "=", self.advance.move_id.id)])
        self.assertFalse(advance.user_id)
        self.customer.user_id = self.reader
        advance.invalidate_recordset()
        self.assertEqual(advance.user_id, self.reader)

    def test_a_row_opens_its_invoice(self):
        item = as_of(self.env["ar.aging.report"], DAY).search([("move_id", "=", self.overdue.id)])
        self.assertEqual(item.action_open_document()["res_id"], self.overdue.id)
        self.assertEqual(item.move_line_id.move_id, self.overdue)

    def test_the_screen_opens_as_of_the_day_that_was_chosen(self):
        action = self.asked_for(day=DAY - timedelta(61), basis="invoice").action_show()
        report = self.env[action["res_model"]].with_context(**action["context"])
        rows = report.search([*action["domain"], ("move_id", "=", self.part_paid.id)])
        self.assertEqual((rows.residual, rows.aged_from), (500, self.part_paid.invoice_date))

    def test_no_day_is_today_and_nonsense_is_refused(self):
        report = self.env["ar.aging.report"]
        self.assertEqual(report.search([("move_id", "=", self.overdue.id)]).days, 46)
        with self.assertRaisesRegex(UserError, "is no date"):
            as_of(report, "31.03.2025").search([])
        with self.assertRaisesRegex(UserError, "by due date or by invoice date"):
            as_of(report, DAY, "mood").search([])

    def test_a_user_of_receivables_reads_and_a_salesperson_does_not(self):
        report = as_of(self.env["ar.aging.report"], DAY).with_user(self.reader)
        self.assertTrue(report.search([("move_id", "=", self.overdue.id)]).read())
        payment = report.search([("move_id", "=", self.advance.move_id.id)])
        self.assertEqual(payment.unapplied, -60)
        with self.assertRaisesRegex(UserError, "accounting rights"):
            payment.action_open_document()
        with self.assertRaises(AccessError):
            report.with_user(self.salesman).search([])
        with self.assertRaises(AccessError):
            self.env["ar.aging.print"].with_user(self.salesman).create({"day": DAY})

    def test_another_company_sees_nothing_of_it(self):
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "aging_outsider",
            "ar_enhanced.group_ar_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        report = as_of(self.env["ar.aging.report"], DAY).with_user(outsider)
        self.assertFalse(report.with_context(allowed_company_ids=other.ids).search([]))
        with self.assertRaises(AccessError):
            report.with_context(allowed_company_ids=self.env.company.ids).search([])

    def test_the_paper_has_customers_buckets_totals_day_basis_and_currency(self):
        asked_for = self.asked_for(basis="invoice").with_user(self.env.user)
        html = self.env["ir.actions.report"]._render_qweb_html("ar_enhanced.report_ar_aging", asked_for.ids)[0].decode()
        for text in ("Linden Optics", "Newcomer", "by invoice date", "03/31/2025", "Same day", "Unapplied", "990.00"):
            self.assertIn(text, html)
        self.assertNotIn("Stranger", html)
        rows = asked_for._rows()
        totals = asked_for._totals(rows)
        self.assertEqual(totals["residual"], sum(row["residual"] for row in rows))

    def test_the_sheet_has_the_same_figures_and_no_formula_of_a_name(self):
        self.newcomer.name = '=HYPERLINK("https://example.com")'
        asked_for = self.asked_for()
        book = load_workbook(BytesIO(base64.b64decode(asked_for.workbook)))
        cells = defaultdict(list)
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    cells[cell.data_type].append(cell.value)
        self.assertNotIn("f", cells)
        self.assertIn(self.newcomer.name, cells["s"])
        self.assertFalse(any(cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row))
        customers, items = book.worksheets
        total = [cell.value for cell in customers[customers.max_row]]
        self.assertEqual(total[0], "Total")
        self.assertAlmostEqual(total[-1], asked_for._totals(asked_for._rows())["residual"])
        self.assertAlmostEqual(
            sum(items.cell(row, items.max_column).value for row in range(6, items.max_row + 1)), total[-1]
        )

    def test_an_archived_customer_and_nobody_are_still_listed(self):
        self.newcomer.active = False
        self.assertEqual(self.row(self.asked_for(), self.newcomer)["not_due"], 990)
