from datetime import timedelta

from odoo import http
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PortalAccountCase

TERMS = "/my/receivables/terms"


@tagged("post_install", "-at_install")
class TestPortalTerms(PortalAccountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.terms = cls.env["ar.credit.terms"].create(
            {"title": "How we give credit", "body": "<p>Thirty days, and no more.</p>"}
        )
        cls.terms.action_publish()
        cls.draft = cls.env["ar.credit.terms"].create({"title": "Next year", "body": "<p>Ten days only.</p>"})

    def _acknowledge(self, user, terms, token=True):
        self.env.flush_all()
        self.authenticate(user.login if user else None, user.login if user else None)
        data = {"csrf_token": http.Request.csrf_token(self)} if token else {"anything": "else"}
        return self.url_open(f"{TERMS}/{terms.id}/acknowledge", data=data, allow_redirects=False)

    def _acknowledgements(self):
        return self.env["ar.credit.acknowledgement"].sudo().search([("terms_id", "in", (self.terms + self.draft).ids)])

    def test_a_customer_reads_and_acknowledges_once(self):
        page = self._get(self.clerk, TERMS)
        self.assertIn("Thirty days, and no more.", self._words(page))
        self.assertNotIn("Ten days only.", self._words(page))
        self.assertTrue(page.find_class("o_ar_acknowledge"))
        for _press in range(2):
            self.assertEqual(self._acknowledge(self.clerk, self.terms).status_code, 303)
        acknowledgement = self._acknowledgements()
        self.assertEqual(acknowledgement.partner_id, self.birch)
        self.assertEqual(acknowledgement.user_id, self.clerk)
        self.assertEqual(acknowledgement.signed_by, self.clerk.name)
        self.assertEqual(acknowledgement.channel, "portal")
        self.assertEqual(acknowledgement.date, self.today)
        self.assertEqual(acknowledgement.text_hash, self.terms._text_hash())
        page = self._get(self.colleague, TERMS)
        self.assertIn(f"Acknowledged by {self.clerk.name}", self._text(page, "o_ar_acknowledged"))
        self.assertFalse(page.find_class("o_ar_acknowledge"))

    def test_it_counts_for_the_own_customer_and_no_other(self):
        self._acknowledge(self.cedar_user, self.terms)
        self.assertEqual(self._acknowledgements().partner_id, self.cedar)
        page = self._get(self.clerk, TERMS)
        self.assertTrue(page.find_class("o_ar_acknowledge"))
        self.assertNotIn(self.cedar_user.name, self._words(page))

    def test_only_what_is_in_force_can_be_acknowledged(self):
        for terms in (self.draft, self.env["ar.credit.terms"].browse(0)):
            self.assertEqual(self._acknowledge(self.clerk, terms).status_code, 404)
        self.draft.action_publish()
        self.assertEqual(self._acknowledge(self.clerk, self.terms).status_code, 404)
        self.assertFalse(self._acknowledgements())

    def test_a_customer_where_it_is_still_yesterday_acknowledges_too(self):
        self.terms.sudo().published_on = self.today + timedelta(1)  # as where the company is
        response = self._acknowledge(self.clerk, self.terms)
        self.assertEqual(response.status_code, 303)
        self.assertEqual(self._acknowledgements().partner_id, self.birch)

    @mute_logger("odoo.http")
    def test_without_token_or_login_nothing_is_recorded(self):
        self.assertEqual(self._acknowledge(self.clerk, self.terms, token=False).status_code, 400)
        self.assertIn("/web/login", self._acknowledge(None, self.terms).headers.get("Location", ""))
        self.assertFalse(self._acknowledgements())

    def test_staff_acknowledge_nothing_on_the_portal(self):
        staff = new_test_user(self.env, "staff", "account.group_account_manager", password="staff")
        page = self._get(staff, TERMS)
        self.assertIn("Thirty days", self._words(page))
        self.assertFalse(page.find_class("o_ar_acknowledge"))
        self.assertEqual(self._acknowledge(staff, self.terms).status_code, 404)
        self.assertFalse(self._acknowledgements())

    def test_terms_of_another_company_are_not_shown(self):
        other = self.setup_other_company()["company"]
        foreign = self.env["ar.credit.terms"].create(
            {"title": "Elsewhere", "body": "<p>Cash only.</p>", "company_id": other.id}
        )
        foreign.action_publish()
        self.assertNotIn("Cash only.", self._words(self._get(self.clerk, TERMS)))
        self.assertEqual(self._acknowledge(self.clerk, foreign).status_code, 404)
