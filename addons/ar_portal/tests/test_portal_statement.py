from datetime import date, timedelta
from io import BytesIO
from unittest.mock import patch

from lxml import html
from openpyxl import load_workbook

from odoo.exceptions import UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from odoo.addons.ar_enhanced.tests.common import DAY
from odoo.addons.ar_enhanced.tests.random_ledger import RandomLedgerCase

from ..models import portal_statement
from .common import PAGE, PortalAccountCase

STATEMENT = f"{PAGE}/statement"


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestPortalStatementIsTheLedger(RandomLedgerCase, HttpCase):
    """What the portal states, over a ledger drawn by lot, against plain SQL over the same rows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.readers = {
            partner: new_test_user(
                cls.env,
                f"reader{partner.id}",
                "base.group_portal",
                partner_id=cls.env["res.partner"].create({"name": "Reader", "parent_id": partner.id}).id,
                company_id=cls.env.company.id,
                company_ids=[(6, 0, cls.env.company.ids)],
            )
            for partner in cls.drawn
        }

    @classmethod
    def _draw_one(cls):
        """Companies, for a person's contact would have the account of nobody else."""
        cls.drawn.is_company = True
        return super()._draw_one()

    def _ledger(self, customer, day):
        """What ``customer`` owed at the end of ``day``, by currency: what was booked, less what left to another one."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH line AS (
                SELECT line.id, line.currency_id, line.amount_currency, line.date
                  FROM account_move_line line
                  JOIN account_account account ON account.id = line.account_id
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
                   AND line.company_id = %(company)s AND partner.commercial_partner_id = %(customer)s
            )
            SELECT currency_id, SUM(amount)
              FROM (
                    SELECT currency_id, amount_currency AS amount FROM line WHERE date <= %(day)s
                 UNION ALL
                    SELECT line.currency_id, -part.debit_amount_currency
                      FROM account_partial_reconcile part JOIN line ON line.id = part.debit_move_id
                     WHERE part.debit_currency_id != part.credit_currency_id AND part.max_date <= %(day)s
                 UNION ALL
                    SELECT line.currency_id, part.credit_amount_currency
                      FROM account_partial_reconcile part JOIN line ON line.id = part.credit_move_id
                     WHERE part.debit_currency_id != part.credit_currency_id AND part.max_date <= %(day)s
                   ) AS change
          GROUP BY currency_id
            """,
            {"company": self.env.company.id, "customer": customer.id, "day": day},
        )
        return {self.env["res.currency"].browse(currency): float(amount) for currency, amount in self.env.cr.fetchall()}

    def test_what_the_portal_states_is_the_ledger_to_the_cent(self):
        stated, kinds = 0, set()
        for last_day in self.days(8):
            first_day = last_day - timedelta(self.lot.randint(0, 120))
            for customer, reader in self.readers.items():
                partners = self.env["res.partner"].with_user(reader)
                made = {each["currency"]: each for each in partners._ar_portal_statements(first_day, last_day)}
                before = self._ledger(customer, first_day - timedelta(1))
                after = self._ledger(customer, last_day)
                for currency in {*before, *after, *made}:
                    opening, closing = before.get(currency, 0.0), after.get(currency, 0.0)
                    with self.subTest(customer=customer.name, first=first_day, last=last_day, currency=currency.name):
                        if currency not in made:
                            self.assertAlmostEqual(opening, 0, places=2)
                            self.assertAlmostEqual(closing, 0, places=2)
                            continue
                        each = made[currency]
                        stated += 1
                        kinds |= {movement["kind"] for movement in each["movements"]}
                        self.assertEqual(each["customer"], customer)
                        self.assertAlmostEqual(each["opening"], opening, places=2)
                        self.assertAlmostEqual(each["closing"], closing, places=2)
                        moved = sum(movement["amount"] for movement in each["movements"])
                        self.assertAlmostEqual(opening + moved, closing, places=2)
                        self.assertAlmostEqual(sum(item["residual"] for item in each["items"]), closing, places=2)
        self.assertGreater(stated, 20)
        self.assertLessEqual({"invoice", "credit_note", "payment", "paid_out", "entry"}, kinds)

    def test_what_the_portal_states_is_what_staff_print(self):
        for customer, reader in self.readers.items():
            shown = self.env["res.partner"].with_user(reader)._ar_portal_statements(DAY - timedelta(200), DAY)
            printed = customer._ar_statements(self.env.company, DAY - timedelta(200), DAY)
            self.assertEqual(
                [(each["currency"].id, each["movements"], each["items"]) for each in shown],
                [(each["currency"].id, each["movements"], each["items"]) for each in printed],
            )

    def test_the_last_payments_are_the_money_on_the_statement(self):
        for customer, reader in self.readers.items():
            made = customer._ar_statements(self.env.company, date(2000, 1, 1), date(2100, 1, 1))
            on_statement = sorted(
                (movement["day"], movement["number"], each["currency"].name, -movement["amount"])
                for each in made
                for movement in each["movements"]
                if movement["kind"] == "payment"
            )
            lines = self.env["account.move.line"].with_user(reader)
            told = lines._ar_portal_last_payments(limit=1000)
            received = sorted((each["date"], each["number"], each["currency"].name, each["received"]) for each in told)
            self.assertTrue(received)
            self.assertEqual(received, on_statement)
            latest = lines._ar_portal_last_payments(limit=3)
            self.assertEqual([each["date"] for each in latest], [each["date"] for each in told][:3])
            self.assertEqual([each["date"] for each in told], sorted((each["date"] for each in told), reverse=True))


@tagged("post_install", "-at_install")
class TestPortalStatement(PortalAccountCase):
    """The page, its files and its links."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staff = new_test_user(
            cls.env,
            "statement_clerk",
            "ar_enhanced.group_ar_clerk",
            company_id=cls.env.company.id,
            company_ids=[(6, 0, cls.env.company.ids)],
        )
        cls.reader_of_receivables = new_test_user(
            cls.env,
            "statement_reader",
            "ar_enhanced.group_ar_user",
            company_id=cls.env.company.id,
            company_ids=[(6, 0, cls.env.company.ids)],
        )

    def _url(self, **arguments):
        return STATEMENT + "?" + "&".join(f"{name}={value}" for name, value in arguments.items())

    def _rows(self, page, class_name):
        return [self._words(row) for row in page.find_class(class_name)]

    def _old(self, amount, days_ago, **values):
        """An invoice dated and due ``days_ago``."""
        return self._post(amount, due_in=-days_ago, **values)

    # === THE PAGE === #

    def test_the_page_runs_from_the_opening_to_the_closing_balance(self):
        self._old(500.0, 100)
        paid = self._old(300.0, 20)
        self._pay_by_bank(paid, 120.0, self.today - timedelta(days=10))
        self._old(50.0, 5, move_type="out_refund")
        first = self.today - timedelta(days=30)
        page = self._get(self.clerk, self._url(**{"period": "custom", "from": first, "until": self.today}))
        self.assertIn(self._money(500), self._text(page, "o_ar_opening"))
        self.assertIn(self._money(130), self._text(page, "o_ar_moved"))
        self.assertIn(self._money(630), self._text(page, "o_ar_closing"))
        amounts = [self._text(row, "o_ar_much") for row in page.find_class("o_ar_movement")]
        self.assertEqual(amounts, [self._money(300), self._money(-120), self._money(-50)])
        balances = [self._text(row, "o_ar_rest").removeprefix("Balance ") for row in page.find_class("o_ar_movement")]
        self.assertEqual(balances, [self._money(800), self._money(680), self._money(630)])
        states = [self._text(row, "o_ar_how") for row in page.find_class("o_ar_open_item")]
        self.assertEqual(states, ["100 days overdue", "20 days overdue", "Credit not yet used"])

    def test_periods_are_calendar_periods_until_today(self):
        partners = self.env["res.partner"]
        day = date(2026, 5, 13)
        expected = {
            "this_month": (date(2026, 5, 1), day),
            "last_month": (date(2026, 4, 1), date(2026, 4, 30)),
            "this_quarter": (date(2026, 4, 1), day),
            "this_year": (date(2026, 1, 1), day),
        }
        for code, days in expected.items():
            period = partners._ar_portal_period(code, "2020-01-01", "2020-02-02", day)
            self.assertEqual((period["first_day"], period["last_day"], period["problem"]), (*days, ""))
        period = partners._ar_portal_period("custom", "2020-01-01", "2020-02-02", day)
        self.assertEqual((period["first_day"], period["last_day"]), (date(2020, 1, 1), date(2020, 2, 2)))
        period = partners._ar_portal_period("day", "2020-01-01", "2020-02-02", day)
        self.assertEqual((period["first_day"], period["last_day"]), (date(2020, 2, 2), date(2020, 2, 2)))
        self.assertEqual(partners._ar_portal_period("last_month", None, None, date(2026, 1, 5))["first_day"].year, 2025)

    def test_days_that_are_none_are_told_and_the_page_stays(self):
        self._old(77.0, 3)
        for hostile in (
            {"from": "2026-13-01", "until": "2026-01-01"},
            {"from": "'; DROP TABLE x", "until": "2026-01-01"},
            {"from": "0001-01-01", "until": "2026-01-01"},
            {"from": "2026-01-01", "until": "9999-12-31"},
            {"from": "2026-02-01", "until": "2026-01-31"},
            {"from": "%FF", "until": "%00"},
        ):
            with self.subTest(hostile=hostile):
                page = self._get(self.clerk, self._url(period="custom", **hostile))
                self.assertTrue(self._text(page, "o_ar_problem"))
                self.assertIn("77.00", self._text(page, "o_ar_closing"))
        for query in ("period=x", "period[]=day", "page=-1&open=x", "page=99999999999", "company=x", "currency=%00"):
            with self.subTest(query=query):
                self._get(self.clerk, f"{STATEMENT}?{query}")

    def test_as_of_a_day_what_was_paid_later_is_open(self):
        invoice = self._old(210.0, 40)
        self._pay_by_bank(invoice, 210.0, self.today - timedelta(days=2))
        before = self._get(self.clerk, self._url(period="day", until=self.today - timedelta(days=3)))
        self.assertIn(self._money(210), self._text(before, "o_ar_closing"))
        self.assertEqual(self._text(before, "o_ar_how"), "37 days overdue")
        after = self._get(self.clerk, self._url(period="day", until=self.today))
        self.assertFalse(after.find_class("o_ar_statement"))
        self.assertTrue(after.find_class("o_ar_nothing"))

    def test_companies_and_currencies_have_statements_of_their_own(self):
        other = self.setup_other_company()["company"]
        euro = self.setup_other_currency("EUR", rates=[("2016-01-01", 0.5)])
        self._post(10.0)
        self._post(20.0, currency_id=euro.id)
        self._post(30.0, company_id=other.id)
        both = self._portal_user("both", "Bo Both", self.birch, companies=self.env.company + other)
        page = self._get(both, self._url(period="this_month"))
        closing = {
            (block.get("data-company"), block.get("data-currency")): self._text(block, "o_ar_closing")
            for block in page.find_class("o_ar_statement")
        }
        ours, theirs = str(self.env.company.id), str(other.id)
        self.assertEqual(set(closing), {(ours, "USD"), (ours, "EUR"), (theirs, other.currency_id.name)})
        self.assertIn(self._money(20, euro), closing[ours, "EUR"])
        alone = self._get(both, self._url(period="this_month", company=ours, currency=euro.id))
        self.assertEqual(len(alone.find_class("o_ar_statement")), 1)
        self.assertIn(self._money(20, euro), self._text(alone, "o_ar_closing"))
        page = self._get(self.clerk, self._url(period="this_month", company=theirs))
        self.assertFalse(page.find_class("o_ar_statement"))

    def test_who_may_not_see_all_branches_gets_no_statement_of_the_creditor(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        self._post(10.0)
        self.assertFalse(self._get(self.clerk, STATEMENT).find_class("o_ar_statement"))
        self.clerk.company_ids += branch
        self.assertTrue(self._get(self.clerk, STATEMENT).find_class("o_ar_statement"))

    def test_a_long_statement_is_paged_and_adds_up_over_its_pages(self):
        for number in range(7):
            self._old(10.0 + number, 2)
        self.startPatcher(patch.object(portal_statement, "MOST_ON_PAGE", 3))
        page = self._get(self.clerk, self._url(period="this_year"))
        [forward] = page.xpath("//nav[@aria-label='Movements']//a[@rel='next']/@href")
        shown = []
        while True:
            movements = page.find_class("o_ar_movement")
            ends = [self._text(end, "o_ar_much") for end in page.find_class("o_ar_ledger_end")]
            shown += [self._text(row, "o_ar_much") for row in movements]
            self.assertLessEqual(len(movements), 3)
            last = self._text(movements[-1], "o_ar_rest").removeprefix("Balance ")
            following = page.xpath("//nav[@aria-label='Movements']//a[@rel='next']/@href")
            if not following:
                break
            page = self._get(self.clerk, following[0])
            self.assertEqual(self._text(page.find_class("o_ar_ledger_end")[0], "o_ar_much"), last)
        self.assertIn("page=2", forward)
        self.assertEqual(len(shown), 7)
        self.assertEqual(ends[-1], self._money(sum(10.0 + number for number in range(7))))
        self.assertEqual(last, ends[-1])
        items = self._get(self.clerk, self._url(period="this_year", open=3))
        self.assertEqual(len(items.find_class("o_ar_open_item")), 1)

    def test_a_ledger_that_does_not_add_up_is_not_told_to_the_customer(self):
        self._post(10.0)
        partners = self.env.registry["res.partner"]
        reason = UserError(self.env._("opening and movements give 1, the open items 2"))
        with (
            patch.object(partners, "_ar_statements", side_effect=reason),
            self.assertLogs("odoo.addons.ar_portal.models.portal_statement", "WARNING"),
        ):
            page = self._get(self.clerk, STATEMENT)
        self.assertIn("can't be made at the moment", self._text(page, "o_ar_refused"))
        self.assertNotIn("open items 2", self._words(page))

    # === FILES === #

    def test_the_spreadsheet_is_the_page(self):
        self._old(500.0, 100)
        self._pay_by_bank(self._old(300.0, 20), 120.0)
        page = self._get(self.clerk, self._url(period="this_year"))
        [url] = [url for url in page.xpath("//div[contains(@class, 'o_ar_files')]//a/@href") if "/xlsx" in url]
        response = self.url_open(url)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        rows = [[cell.value for cell in row] for row in load_workbook(BytesIO(response.content)).worksheets[0]]
        closing = [row[-1] for row in rows if row[3] == "Closing balance"]
        self.assertEqual(closing, [680])
        self.assertIn(self._money(680), self._text(page, "o_ar_closing"))

    def test_a_pdf_is_offered_where_one_can_be_made_and_of_a_length_that_is_waited_for(self):
        self._old(500.0, 100)
        self._old(300.0, 20)
        reports = self.env.registry["ir.actions.report"]

        def offered():
            page = self._get(self.clerk, self._url(period="this_year"))
            return any("/pdf" in url for url in page.xpath("//div[contains(@class, 'o_ar_files')]//a/@href"))

        with patch.object(reports, "get_wkhtmltopdf_state", lambda records: "install"):
            self.assertFalse(offered())
            page = self._get(self.clerk, f"{STATEMENT}/pdf?period=this_year")
            self.assertIn("spreadsheet", self._text(page, "o_ar_refused"))
        with patch.object(reports, "get_wkhtmltopdf_state", lambda records: "ok"):
            self.assertTrue(offered())
            response = self.url_open(f"{STATEMENT}/pdf?period=this_year")
            self.assertEqual(response.headers["Content-Type"], "application/pdf")
            self.assertIn("800.00", self._words(html.fromstring(response.content)))
            with patch.object(portal_statement, "MOST_PRINTED", 3):
                self.assertFalse(offered())

    # === LINKS === #

    def _wizard(self, partners=None, user=None, **values):
        return (
            self.env["ar.statement"]
            .with_user(user or self.staff)
            .create({"partner_ids": (partners or self.birch).ids, "date_from": "2020-01-01", **values})
        )

    def _link(self, **values):
        asked_for = self._wizard(**values)
        asked_for.action_link()
        return asked_for.link

    def _open(self, link, status=200):
        """The page of a link as nobody in particular gets it."""
        self.env.flush_all()
        self.authenticate(None, None)
        response = self.url_open(link[link.index("/receivables") :])
        self.assertEqual(response.status_code, status)
        self.assertIn("noindex", response.headers["X-Robots-Tag"])
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        return html.fromstring(response.content)

    def test_a_link_shows_the_statement_without_a_login_and_keeps_its_files(self):
        self._old(123.45, 5)
        of_cedar = self._old(987.65, 5, partner=self.cedar)
        link = self._link()
        page = self._open(link)
        self.assertIn("123.45", self._text(page, "o_ar_closing"))
        self.assertEqual(self._text(page, "o_ar_customer"), "Birch Trading")
        self.assertIn(self.env.company.name, self._text(page, "o_footer_copyright_name"))
        self.assertTrue(page.get("lang"))
        self.assertNotIn(of_cedar.name, self._words(page))
        self.assertNotIn("987.65", self._words(page))
        [url] = [url for url in page.xpath("//div[contains(@class, 'o_ar_files')]//a/@href") if "/xlsx" in url]
        response = self.url_open(url)
        self.assertIn("spreadsheet", response.headers["Content-Type"])
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_every_part_of_a_link_is_signed(self):
        self._old(123.45, 5)
        link = self._link()
        start, _sign, token = link.rpartition("/")
        facts, _dot, signature = token.partition(".")
        parts = facts.split("-")
        for place in range(len(parts)):
            for change in (1, -1, 100):
                altered = [*parts]
                altered[place] = str(max(int(altered[place]) + change, 0)).zfill(len(parts[place]))
                if altered == parts:
                    continue
                with self.subTest(place=place, change=change):
                    page = self._open(f"{start}/{'-'.join(altered)}.{signature}", status=404)
                    self.assertNotIn("123.45", self._words(page))
        for token in (
            f"{facts}.{signature[:-1]}",
            f"{facts}.{signature.upper()}",
            f"{facts}.",
            facts,
            f"{facts}.{'0' * 64}",
            f"{'9' * 10}-1-0-20260101-20260101-20260101.{signature}",
            f"{self.cedar.id}-1-0-20260101-20260101-20990101.{signature}",
            "x",
            "%00",
        ):
            with self.subTest(token=token):
                page = self._open(f"{start}/{token}", status=404)
                self.assertIn("This link doesn't work.", self._text(page, "o_ar_bad_link"))

    def test_a_link_is_good_on_its_last_day_and_expired_on_the_next(self):
        self._old(123.45, 5)
        until = self.today + timedelta(days=3)
        token = self._link(link_until=until).rpartition("/")[2]
        partners, companies = self.env["res.partner"], self.env.registry["res.company"]
        with patch.object(companies, "_ar_today", lambda company: until):
            self.assertFalse(partners._ar_of_statement_link(token)["problem"])
        with patch.object(companies, "_ar_today", lambda company: until + timedelta(days=1)):
            self.assertEqual(partners._ar_of_statement_link(token), {"problem": "expired"})
        with patch.object(
            self.env.registry["res.partner"], "_ar_of_statement_link", lambda *args: {"problem": "expired"}
        ):
            page = self._open("/receivables/statement/x", status=404)
        self.assertIn("This link has expired.", self._text(page, "o_ar_bad_link"))

    def test_withdrawn_links_do_not_work_and_new_ones_do(self):
        self._old(123.45, 5)
        old = self._link()
        asked_for = self._wizard()
        asked_for.action_withdraw_links()
        self._open(old, status=404)
        self._open(self._link())

    def test_links_of_other_customers_stay_when_one_customers_are_withdrawn(self):
        self._old(123.45, 5)
        self._old(55.0, 5, partner=self.cedar)
        of_cedar = self._link(partners=self.cedar)
        self._wizard(partners=self.birch).action_withdraw_links()
        self._open(of_cedar)

    def test_a_customer_that_became_part_of_another_one_has_no_link_to_that_one(self):
        self._old(123.45, 5)
        self._old(987.65, 5, partner=self.cedar)
        link = self._link()
        self.birch.write({"is_company": False, "parent_id": self.cedar.id})
        page = self._open(link, status=404)
        self.assertNotIn("987.65", self._words(page))

    def test_only_clerks_make_and_withdraw_links_and_of_one_customer(self):
        self._old(123.45, 5)
        asked_for = self._wizard(user=self.reader_of_receivables)
        for action in (asked_for.action_link, asked_for.action_withdraw_links):
            with (
                self.subTest(action=action.__name__),
                self.assertRaisesRegex(Exception, "rights of a receivables clerk"),
            ):
                action()
        with self.assertRaisesRegex(UserError, "one customer"):
            self._wizard(partners=self.birch + self.cedar).action_link()
        with self.assertRaisesRegex(UserError, "at most a year"):
            self._wizard(link_until=self.today + timedelta(days=400))
        with self.assertRaisesRegex(UserError, "at most a year"):
            self._wizard(link_until=self.today - timedelta(days=1))

    def test_making_and_withdrawing_a_link_is_noted_on_the_customer(self):
        self._old(123.45, 5)
        asked_for = self._wizard()
        asked_for.action_link()
        asked_for.action_withdraw_links()
        notes = " ".join(self.birch.message_ids.mapped("body"))
        self.assertIn("made a link to the statement", notes)
        self.assertIn("withdrew all links", notes)
        self.assertNotIn(asked_for.link or "/receivables/statement/", notes)

    def test_a_link_of_one_currency_shows_no_other(self):
        euro = self.setup_other_currency("EUR", rates=[("2016-01-01", 0.5)])
        self._old(123.45, 5)
        self._old(200.0, 5, currency_id=euro.id)
        page = self._open(self._link(currency_id=euro.id))
        [block] = page.find_class("o_ar_statement")
        self.assertEqual(block.get("data-currency"), "EUR")
        self.assertNotIn("123.45", self._words(page))
        both = self._open(self._link())
        self.assertEqual(len(both.find_class("o_ar_statement")), 2)
