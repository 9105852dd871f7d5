from datetime import datetime, time, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields, http
from odoo.tests import TransactionCase, tagged

from ..models.ir_http import OF_MONEY
from .access_matrix import MATRIX
from .common import PAGE, PortalAccountCase
from .confirmation_common import ConfirmationCase
from .test_payment_request import RequestCase

# At every moment it is an earlier day in the one than in the other.
WEST, EAST = "Etc/GMT+12", "Pacific/Kiritimati"
ZONES = ((EAST, WEST), (WEST, EAST))


@tagged("post_install", "-at_install")
class TestZone(TransactionCase):
    """Which zone is a company's own, and which day it has."""

    def test_a_company_has_the_zone_of_its_contact_its_root_its_hours_or_utc(self):
        root = self.env["res.company"].create({"name": "Root"})
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": root.id})
        (root | branch).resource_calendar_id = False
        (root | branch).partner_id.tz = False
        hours = self.env["resource.calendar"].create({"name": "Hours", "tz": "Asia/Tokyo"})
        self.assertEqual(branch._ar_zone().zone, "UTC")
        branch.resource_calendar_id = hours
        self.assertEqual(branch._ar_zone().zone, "Asia/Tokyo")
        root.partner_id.tz = "Europe/Brussels"
        self.assertEqual(branch._ar_zone().zone, "Europe/Brussels")
        branch.partner_id.tz = "America/New_York"
        self.assertEqual(branch._ar_zone().zone, "America/New_York")
        self.assertEqual(root._ar_zone().zone, "Europe/Brussels")

    def test_the_day_changes_at_the_companys_midnight_whoever_asks(self):
        self.env.company.partner_id.tz = "America/New_York"
        for asker in ("UTC", EAST, WEST):
            company = self.env.company.with_context(tz=asker)
            for moment, day in (("2026-03-02 04:59:59", "2026-03-01"), ("2026-03-02 05:00:00", "2026-03-02")):
                with self.subTest(asker=asker, moment=moment), freeze_time(moment):
                    there = fields.Date.context_today(company._ar_in_own_time(company))
                    self.assertEqual([str(company._ar_today()), str(there)], [day, day])


@tagged("post_install", "-at_install")
class TestDayOfPages(PortalAccountCase):
    def test_every_route_is_among_those_that_have_the_companys_zone(self):
        self.assertTrue(MATRIX)  # which has each route, see there
        self.assertFalse([row.route for row in MATRIX if not row.route.startswith(OF_MONEY)])

    def test_a_due_day_is_over_when_it_is_over_at_the_company(self):
        for company_zone, customer_zone in ZONES:
            with self.subTest(company=company_zone):
                self.env.company.partner_id.tz = company_zone
                self.clerk.tz = customer_zone
                ago = (self.env.company._ar_today() - self.today).days
                over, due = self._post(100.0, due_in=ago - 1), self._post(100.0, due_in=ago)
                numbers = self._numbers(self._get(self.clerk, f"{PAGE}?filterby=overdue"))
                self.assertIn(over.name, numbers)
                self.assertNotIn(due.name, numbers)
                (over | due).button_draft()

    def test_what_a_customer_does_is_dated_with_the_companys_day(self):
        for company_zone, customer_zone in ZONES:
            with self.subTest(company=company_zone):
                self.env.company.partner_id.tz = company_zone
                self.clerk.tz = customer_zone
                invoice = self._post(100.0, due_in=-9)
                item = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
                code = self.env["ar.dispute.code"].search([], limit=1)
                self.env.flush_all()
                self.authenticate("clerk", "clerk")
                sent = {"item": item.id, "code": code.id, "amount": "10", "text": "Broken"}
                self.url_open(f"{PAGE}/dispute", data={**sent, "csrf_token": http.Request.csrf_token(self)})
                dispute = self.env["ar.dispute"].search([("move_id", "=", invoice.id)])
                self.assertEqual(dispute.opened_on, self.env.company._ar_today())

    def test_items_of_another_company_have_its_day(self):
        abroad = self.env["res.company"].create({"name": "Abroad"})
        self.env.company.partner_id.tz, abroad.partner_id.tz = EAST, WEST
        item = self._post(100.0).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.clerk.write({"company_ids": [(4, abroad.id)], "company_id": abroad.id})
        companies = (abroad | self.env.company).ids
        lines = self.env["account.move.line"].with_user(self.clerk).with_context(allowed_company_ids=companies)
        self.assertEqual(lines._ar_portal_today(), abroad._ar_today())
        self.assertEqual(lines._ar_portal_today([0, 2**40]), abroad._ar_today())
        self.assertEqual(lines._ar_portal_today(item.ids), self.env.company._ar_today())


@tagged("post_install", "-at_install")
class TestDayOfPayment(RequestCase):
    """A discount ends with the company's day, whoever pays, and wherever."""

    def _at(self, company_zone, customer_zone):
        """Two invoices of 1000: the discount of 2 % of the one ended yesterday, that of the other one ends today."""
        self.env.company.partner_id.tz = company_zone
        self.clerk.tz = customer_zone
        today = self.env.company._ar_today()
        term = self._native_term("included")
        over, still = (
            self._invoice(1000, term=term, days_ago=(self.today - day).days + 10)
            for day in (today - timedelta(1), today)
        )
        last_days = [invoice._ar_term_lines().discount_date for invoice in (over, still)]
        self.assertEqual(last_days, [today - timedelta(1), today])
        return over, still, today

    def test_on_the_page_and_in_the_books(self):
        for zones in ZONES:
            with self.subTest(zones=zones):
                over, still, today = self._at(*zones)
                started = [self._start_on_page(*self._items(invoice)) for invoice in (over, still)]
                self.assertEqual([each.amount for each in started], [1000, 980])
                payment = self._finish(started[1].with_context(tz=zones[1]))
                allocation = started[1].ar_allocation
                self.assertEqual([allocation["day"], allocation["paid_on"]], [str(today)] * 2)
                self.assertEqual(payment.date, today)
                self._assert_settled(still)

    def test_by_the_link_of_a_request(self):
        for zones in ZONES:
            over, still, _today = self._at(*zones)
            for user in (None, self.clerk):
                with self.subTest(zones=zones, user=user):
                    started = [self._start_by_link(self._request(invoice), user) for invoice in (over, still)]
                    self.assertEqual([each.amount for each in started], [1000, 980])

    def test_on_odoos_own_page(self):
        for zones in ZONES:
            with self.subTest(zones=zones):
                over, still, today = self._at(*zones)
                payments = [self._pay_on_invoice(invoice) for invoice in (over, still)]
                self.assertEqual([payment.amount for payment in payments], [1000, 980])
                self.assertEqual([payment.date for payment in payments], [today] * 2)
                self._assert_settled(over, still)

    def test_a_link_lives_until_the_end_of_its_last_day(self):
        for zones in ZONES:
            with self.subTest(zones=zones):
                _over, still, today = self._at(*zones)
                for expires_on, status in ((today, 200), (today - timedelta(1), 404)):
                    asked = self._request(still)
                    asked.sudo().write({"expires_on": expires_on})
                    self.assertEqual(self._visit(asked.link).status_code, status)


@tagged("post_install", "-at_install")
class TestDayOfLetters(ConfirmationCase):
    def test_silence_counts_after_the_last_day_at_the_company(self):
        self.env.company.partner_id.tz = WEST
        letter = self._of(self._sent(), self.birch)
        commit = patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: float("inf"))
        next_day = datetime.combine(letter.round_id.answer_by + timedelta(1), time())
        for hour, is_over in ((11, False), (12, True)):
            with freeze_time(next_day + timedelta(hours=hour)), commit:
                self.env["ar.balance.confirmation"].sudo()._cron_confirmations()
            self.assertEqual(letter.state != "sent", is_over)
