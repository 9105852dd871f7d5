from unittest.mock import patch

from odoo.fields import Domain
from odoo.tests import new_test_user, tagged

from .common import PAGE, PortalAccountCase


@tagged("post_install", "-at_install")
class TestPortalAccess(PortalAccountCase):
    """Who sees what: each test asserts content and absence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._post(101.11, partner=cls.clerk.partner_id)
        cls.of_company = cls._post(102.22)
        cls.of_north = cls._post(217.33, partner=cls.birch_north)
        cls.of_cedar = cls._post(304.44, partner=cls.cedar)

    def _assert_shows(self, page, *moves):
        """Exactly these invoices, and no amount or number of the others anywhere on the page."""
        self.assertCountEqual(self._numbers(page), [move.name for move in moves])
        text = self._words(page)
        for move in (self.own + self.of_company + self.of_north + self.of_cedar) - self.env["account.move"].union(
            *moves
        ):
            self.assertNotIn(move.name, text)
            self.assertNotIn(f"{move.amount_total:.2f}", text)

    def test_visitor_is_sent_to_the_login(self):
        self.authenticate(None, None)
        response = self.url_open(PAGE)
        self.assertIn("/web/login", response.url)
        self.assertNotIn(self.own.name, response.text)

    def test_contact_sees_the_whole_company_and_nobody_else(self):
        page = self._get(self.clerk)
        self._assert_shows(page, self.own, self.of_company)
        self.assertEqual(self._text(page, "o_ar_balance"), self._money(203.33))

    def test_colleague_sees_the_same_page(self):
        page = self._get(self.colleague)
        self._assert_shows(page, self.own, self.of_company)

    def test_subsidiary_sees_neither_its_parent_nor_its_sisters(self):
        sister = self._customer("Birch South", parent_id=self.birch.id)
        of_sister = self._post(405.55, partner=sister)
        page = self._get(self.north_user)
        self.assertEqual(self._numbers(page), [self.of_north.name])
        self.assertEqual(self._text(page, "o_ar_balance"), self._money(217.33))
        text = self._words(page)
        for move in self.own + self.of_company + self.of_cedar + of_sister:
            self.assertNotIn(move.name, text)

    def test_other_customer_sees_his_own_only(self):
        page = self._get(self.cedar_user)
        self._assert_shows(page, self.of_cedar)
        self.assertEqual(self._text(page, "o_ar_balance"), self._money(304.44))

    def test_drafts_cancelled_invoices_and_bills_are_absent(self):
        draft = self._post(501.01, post=False)
        cancelled = self._post(502.02)
        cancelled.button_draft()
        cancelled.button_cancel()
        bill = self._post(503.03, move_type="in_invoice")
        for filterby in ("open", "overdue", "paid"):
            page = self._get(self.clerk, f"{PAGE}?filterby={filterby}")
            text = self._words(page)
            for amount in ("501.01", "502.02", "503.03"):
                self.assertNotIn(amount, text)
            for move in cancelled + bill:
                self.assertNotIn(move.name, self._numbers(page))
        self.assertEqual(draft.state, "draft")
        self.assertEqual(self._text(self._get(self.clerk), "o_ar_balance"), self._money(203.33))

    def test_customer_without_invoices_has_nothing_to_pay(self):
        newcomer = self._portal_user("newcomer", "Nils Newcomer", self._customer("Newcomer"))
        page = self._get(newcomer)
        self._assert_shows(page)
        self.assertEqual(self._text(page, "o_ar_settled"), "Nothing to pay: your account is settled.")
        self.assertFalse(page.find_class("o_ar_balance"))

    def test_staff_without_accounting_rights_sees_no_account(self):
        staff = new_test_user(self.env, "staff", "base.group_user,base.group_partner_manager", password="staff")
        staff.partner_id.sudo().parent_id = self.birch  # as someone who manages contacts could do
        page = self._get(staff)
        self._assert_shows(page)
        self.assertIn("no customer account", self._words(page))
        self.assertFalse(page.find_class("o_ar_account"))
        home = self._get(staff, "/my/home")
        self.assertFalse(home.xpath(f"//a[@href='{PAGE}']"))

    def test_accountant_sees_the_account_of_his_own_contact_only(self):
        accountant = new_test_user(self.env, "invoicing", "account.group_account_invoice", password="invoicing")
        page = self._get(accountant)
        self._assert_shows(page)
        self.assertEqual(self._text(page, "o_ar_settled"), "Nothing to pay: your account is settled.")

    def test_company_that_the_user_is_not_allowed_is_absent(self):
        other = self.setup_other_company()["company"]
        elsewhere = self._post(606.66, company_id=other.id)
        page = self._get(self.clerk)
        self._assert_shows(page, self.own, self.of_company)
        self.assertNotIn("606.66", self._words(page))
        self.assertNotIn(other.name, self._words(page))
        self.assertEqual(elsewhere.state, "posted")

    def test_companies_are_kept_apart(self):
        other = self.setup_other_company()["company"]
        elsewhere = self._post(606.66, company_id=other.id)
        both = self._portal_user("both", "Bo Both", self.birch, companies=self.env.company + other)
        page = self._get(both)
        self.assertCountEqual(self._numbers(page), [self.own.name, self.of_company.name, elsewhere.name])
        blocks = {
            block.get("data-company"): self._text(block, "o_ar_balance") for block in page.find_class("o_ar_account")
        }
        self.assertEqual(
            blocks,
            {
                str(self.env.company.id): self._money(203.33),
                str(other.id): self._money(606.66, other.currency_id),
            },
        )
        [company] = [
            self._text(row, "o_ar_company") for row in page.find_class("o_ar_item") if "606.66" in self._words(row)
        ]
        self.assertEqual(company, other.name)

    def test_record_rules_hold_if_our_condition_does_not(self):
        everything = Domain("parent_state", "=", "posted") & Domain("account_type", "=", "asset_receivable")
        lines = self.env.registry["account.move.line"]
        with patch.object(lines, "_ar_portal_domain", lambda self: everything):
            numbers = self._numbers(self._get(self.clerk))
        self.assertIn(self.own.name, numbers)
        self.assertNotIn(self.of_cedar.name, numbers)

    def test_our_condition_holds_if_the_record_rules_do_not(self):
        self.env.ref("account.account_invoice_rule_portal").sudo().domain_force = "[(1, '=', 1)]"
        self.env.ref("account.account_invoice_line_rule_portal").sudo().domain_force = "[(1, '=', 1)]"
        self._post(501.01, post=False)
        page = self._get(self.clerk)
        self._assert_shows(page, self.own, self.of_company)
        self.assertNotIn("501.01", self._words(page))

    def test_home_has_the_card_and_counts_open_invoices(self):
        self._post(50.0, move_type="out_refund")
        home = self._get(self.clerk, "/my/home")
        self.assertTrue(home.xpath(f"//a[@href='{PAGE}']"))
        answer = self.make_jsonrpc_request("/my/counters", {"counters": ["ar_open_count"]})
        self.assertEqual(answer, {"ar_open_count": 2})

    def test_links_carry_no_token(self):
        [link] = self._row(self._get(self.clerk), self.own).xpath(".//td[contains(@class, 'o_ar_number')]/a/@href")
        self.assertEqual(link, f"/my/invoices/{self.own.id}")
        invoice = self._get(self.clerk, link)
        self.assertIn(self.own.name, self._words(invoice))

    def test_hostile_parameters_give_the_default_page(self):
        default = self._numbers(self._get(self.clerk))
        self.assertEqual(len(default), 2)
        for query in (
            "sortby=amount_residual%3B--",
            "sortby[]=number&filterby[]=paid",
            "sortby=&filterby=",
            "sortby=__class__&filterby=__class__",
            "filterby=all&sortby=date",
            "filterby=%00&sortby=%FF%FE",
            "page=999999999999999999999999",
            "page=-1",
            "page=%C2%B2",
            "page[]=2",
            f"partner_id={self.cedar.id}&domain=[]&company_id=1&access_token=x",
            "debug=0&filterby=open&filterby=paid",
        ):
            with self.subTest(query=query):
                self.assertEqual(self._numbers(self._get(self.clerk, f"{PAGE}?{query}")), default)
        for page in (0, 1, 2, 10**30):
            with self.subTest(page=page):
                self.assertEqual(self._numbers(self._get(self.clerk, f"{PAGE}/page/{page}")), default)

    def test_scripts_in_names_are_shown_as_text(self):
        evil = "<script>alert('x')</script>"
        other = self.setup_other_company(name=evil)["company"]
        self._post(1.0, company_id=other.id)
        both = self._portal_user("evil", "Eve", self.birch, companies=self.env.company + other)
        page = self._get(both)
        self.assertFalse([script for script in page.iter("script") if "alert('x')" in (script.text or "")])
        self.assertIn(evil, self._words(page))

    def test_contact_that_moves_to_another_customer_leaves_the_old_account(self):
        self.clerk.partner_id.parent_id = self.cedar
        page = self._get(self.clerk)
        self.assertNotIn(self.of_company.name, self._words(page))
        self.assertIn(self.of_cedar.name, self._numbers(page))
