from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ar_portal.models import ar_balance_confirmation_portal as portal

from .confirmation_common import ConfirmationCase

LIST = "/my/receivables/confirmations"


@tagged("post_install", "-at_install")
class TestConfirmationAccess(ConfirmationCase):
    """Who sees and answers a letter: each test asserts content and absence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.of_round = cls._sent()
        of_customer = cls.of_round.sudo().confirmation_ids.grouped("partner_id")
        cls.letter, cls.other = of_customer[cls.birch], of_customer[cls.cedar]

    def _open(self, user, url):
        self.env.flush_all()
        self.authenticate(user.login if user else None, user.login if user else None)
        return self.url_open(url)

    def _assert_shown(self, response):
        self.assertEqual(response.status_code, 200)
        text = self._words(self._page_of(response))
        for fact in ("Birch Trading", self.first.name, self.second.name, self._money(1420.0)):
            self.assertIn(fact, text)
        self._assert_nothing_of_others(text)
        return self._page_of(response)

    def _assert_nothing_of_others(self, text):
        for fact in ("Cedar Works", self.of_cedar.name, "304.44"):
            self.assertNotIn(fact, text)

    def _assert_refused(self, response, status=404):
        self.assertEqual(response.status_code, status)
        for fact in ("Birch Trading", self.first.name, "1,420", "Cedar Works", self.of_cedar.name, "304.44"):
            self.assertNotIn(fact, response.text)

    def _send(self, user, letter, token=None, opened=None, files=None, **values):
        """Send the form of a letter with the token of the user's own session."""
        self.env.flush_all()
        self.authenticate(user.login if user else None, user.login if user else None)
        form = {**self._form(letter, **values), **({"access_token": token} if token else {})}
        form["csrf_token"] = self._csrf(opened)
        response = self.url_open(f"{letter._page()}/answer", data=form, files=files)
        self.env.invalidate_all()
        return response

    def _csrf(self, opened=None):
        page = self._page_of(self.url_open(opened or "/web/login"))
        return page.xpath("//input[@name='csrf_token']/@value")[0]

    # -- seen -----------------------------------------------------------------------------------

    def test_owner_and_colleague_see_the_letter(self):
        for user in (self.clerk, self.colleague):
            with self.subTest(user=user.login):
                page = self._assert_shown(self._open(user, self.letter._page()))
                self.assertEqual(len(page.find_class("o_ar_agree")), 1)

    def test_list_has_the_letters_of_the_own_customer_only(self):
        page = self._get(self.clerk, LIST)
        self.assertEqual([each.get("data-id") for each in page.find_class("o_ar_letter")], [str(self.letter.id)])
        self._assert_nothing_of_others(self._words(page))
        for user in (self.north_user, self._portal_user("newcomer", "Nils", self._customer("Newcomer"))):
            page = self._get(user, LIST)
            self.assertFalse(page.find_class("o_ar_letter"))
            self.assertIn("You weren't asked to confirm a balance yet", self._words(page))

    def test_others_see_nothing(self):
        staff = new_test_user(self.env, "staff", "base.group_user", password="staff")
        staff.partner_id.sudo().parent_id = self.birch
        for user in (self.cedar_user, self.north_user, staff):
            for url in (self.letter._page(), f"{self.letter._page()}/pdf", f"{self.letter._page()}?answer=differ"):
                with self.subTest(user=user.login, url=url):
                    self._assert_refused(self._open(user, url))
        self.assertNotIn(self.birch.name, self._words(self._get(staff, LIST)))

    def test_parent_does_not_see_the_letter_of_its_subsidiary(self):
        self._post(20.0, partner=self.birch_north, due_in=-4)
        self.birch_north.email = "north@example.com"
        of_north = self._of(self._sent(), self.birch_north)
        self._assert_refused(self._open(self.clerk, of_north._page()))
        self.assertEqual(self._open(self.north_user, of_north._page()).status_code, 200)

    def test_user_of_another_company_of_ours_does_not_see_it(self):
        other = self.setup_other_company()["company"]
        elsewhere = self._portal_user("elsewhere", "Else Where", self.birch, companies=other)
        self._assert_refused(self._open(elsewhere, self.letter._page()))
        self.assertFalse(self._get(elsewhere, LIST).find_class("o_ar_letter"))

    def test_accountant_looks_at_his_own_contact_and_may_not_answer(self):
        accountant = new_test_user(self.env, "invoicing", "account.group_account_invoice", password="invoicing")
        self._assert_refused(self._open(accountant, self.letter._page()))
        accountant.partner_id.sudo().parent_id = self.birch
        page = self._assert_shown(self._open(accountant, self.letter._page()))
        self.assertFalse(page.find_class("o_ar_agree"))
        self.assertTrue(page.find_class("o_ar_closed"))
        self._send(accountant, self.letter, answer="agree")
        self.assertFalse(self.letter.answer_ids)

    def test_visitor_without_link_is_sent_to_the_login(self):
        for letter_id in (self.letter.id, 999999):
            response = self._open(None, f"/my/receivables/confirmation/{letter_id}")
            self.assertIn("/web/login", response.url)
            self.assertNotIn("Birch", response.text)
        self.assertIn("/web/login", self._open(None, LIST).url)

    def test_letter_that_was_not_sent_is_not_shown(self):
        prepared = self._of(self._round(), self.birch)
        self._assert_refused(self._open(self.clerk, prepared._page()))
        self._assert_refused(self._open(None, f"{prepared._page()}?access_token={prepared._token()}"))

    # -- by link --------------------------------------------------------------------------------

    def test_link_shows_its_letter_without_login_and_tells_no_other_page(self):
        response = self._open(None, self._link(self.letter))
        page = self._assert_shown(response)
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(len(page.find_class("o_ar_agree")), 1)
        differ = self._open(None, page.find_class("o_ar_differ")[0].get("href").partition("#")[0])
        self._assert_shown(differ)
        self.assertEqual(self._page_of(differ).xpath("//form[@id='answer']//input[@name='name']/@value"), [""])

    def test_altered_link_opens_nothing(self):
        token = self.letter._token()
        for wrong in (
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            token[:20],
            self.other._token(),
            "x",
            "é",
            "%00",
            "'; DROP TABLE res_users; --",
            token + "AAAA",
        ):
            for page in ("", "/pdf"):
                with self.subTest(wrong=wrong, page=page):
                    self._assert_refused(self._open(None, f"{self.letter._page()}{page}?access_token={wrong}"))
        self._assert_refused(self._open(None, f"{self.other._page()}?access_token={token}"))
        for huge in ("0", "2147483648", "9" * 30):
            self._assert_refused(self._open(None, f"/my/receivables/confirmation/{huge}?access_token={token}"))

    def test_link_ends_thirty_days_after_the_answer_is_due(self):
        link = self._link(self.letter)
        token = link.partition("=")[2]
        with freeze_time(self.letter._link_ends()):
            self.assertFalse(self.letter._is_token(token))
        with freeze_time(f"{self.letter.answer_by}"):
            self.assertTrue(self.letter._is_token(token))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ar_confirmation_round SET date = '2020-01-01', answer_by = '2020-02-01' WHERE id = %s",
            [self.of_round.id],
        )
        self.env.invalidate_all()
        self._assert_refused(self._open(None, f"{self.letter._page()}?access_token={self.letter._token()}"))
        self._assert_refused(self._send(None, self.letter, token=self.letter._token()))
        self.assertFalse(self.letter.answer_ids)

    def test_visitor_agrees_by_link_and_gets_a_receipt(self):
        link = self._link(self.letter)
        response = self._send(
            None, self.letter, token=self.letter._token(), opened=f"{link}&answer=agree", function="Owner"
        )
        page = self._assert_shown(response)
        answer = self.letter.answer_id
        self.assertEqual((answer.channel, answer.user_id.id, answer.signer), ("link", False, "Ida Clerk"))
        self.assertEqual(self._text(page, "o_ar_fingerprint"), answer.fingerprint)
        self.assertIn("access_token=", response.url)
        receipt = self._open(None, page.find_class("o_ar_receipt")[0].xpath(".//a[1]/@href")[0])
        self.assertEqual(receipt.status_code, 200)
        self.assertIn("attachment", receipt.headers["Content-Disposition"])

    def test_answer_needs_the_right_link_or_login(self):
        for user, token in (
            (None, None),
            (None, self.other._token()),
            (self.cedar_user, None),
            (self.cedar_user, "x"),
            (self.north_user, None),
        ):
            with self.subTest(user=user and user.login, token=bool(token)):
                self._send(user, self.letter, token=token)
                self.assertFalse(self.letter.answer_ids)
                self.assertEqual(self.letter.state, "sent")

    def test_answer_without_the_form_of_the_session_is_refused(self):
        self.authenticate(self.clerk.login, self.clerk.login)
        form = {**self._form(self.letter), "csrf_token": "made up"}
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(f"{self.letter._page()}/answer", data=form).status_code, 400)
        self.env.invalidate_all()
        self.assertFalse(self.letter.answer_ids)

    # -- hostile input --------------------------------------------------------------------------

    def test_scripts_in_texts_are_shown_as_text(self):
        evil = "<script>alert('x')</script>"
        line = self._line(self.letter, self.first)
        values = {f"amount_{line.id}": "1", f"comment_{line.id}": evil}
        response = self._send(self.clerk, self.letter, answer="differ", name=evil, function=evil, remark=evil, **values)
        self.assertEqual(self.letter.answer_id.signer, evil)
        self.assertEqual(self._words(self._page_of(response)).count(evil), 4)
        self.assertNotIn(evil, response.text)
        self.assertNotIn(evil, str(self.letter.message_ids.mapped("body")))

    def test_wrong_answer_is_shown_again_with_what_was_written(self):
        line = self._line(self.letter, self.first)
        response = self._send(
            self.clerk, self.letter, answer="differ", remark="Keep me", **{f"amount_{line.id}": "NaN"}
        )
        self.assertEqual(response.status_code, 422)
        page = self._page_of(response)
        self.assertIn("isn't an amount", self._text(page, "o_ar_errors"))
        self.assertEqual(page.get_element_by_id(f"amount_{line.id}").get("value"), "NaN")
        self.assertIn("Keep me", page.get_element_by_id("remark").text)
        self.assertFalse(self.letter.answer_ids)

    def test_form_of_the_page_can_be_sent_as_it_is(self):
        self.authenticate(self.clerk.login, self.clerk.login)
        page = self._page_of(self.url_open(f"{self.letter._page()}?answer=agree"))
        form = dict(page.get_element_by_id("answer").form_values())
        self.assertEqual(form["expected"], "0")
        self.assertEqual(self.url_open(f"{self.letter._page()}/answer", data=form).status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self.letter.state, "agreed")

    def test_files_come_with_the_answer(self):
        line = self._line(self.letter, self.first)
        response = self._send(
            self.clerk,
            self.letter,
            answer="differ",
            files=[("files", ("proof.pdf", b"%PDF-1.4 proof", "text/html"))],
            **{f"amount_{line.id}": "1"},
        )
        self.assertEqual(response.status_code, 200)
        attachment = self.letter.answer_id.attachment_ids
        self.assertEqual((attachment.name, attachment.mimetype), ("proof.pdf", "application/pdf"))
        for user in (None, self.clerk, self.cedar_user):
            download = self._open(user, f"/web/content/{attachment.id}")
            self.assertNotIn(b"proof", download.content)

    def test_hostile_parameters_give_the_letter(self):
        for query in ("answer=admin", "answer[]=agree", "search=%00", "answer=differ&search=%25%27", "partner_id=1"):
            with self.subTest(query=query):
                response = self._open(self.clerk, f"{self.letter._page()}?{query}")
                self.assertEqual(response.status_code, 200)
                self._assert_nothing_of_others(response.text)

    def test_long_letter_is_searched_by_number(self):
        self.patch(portal, "SHOWN", 1)
        page = self._get(self.clerk, f"{self.letter._page()}?answer=differ")
        self.assertEqual(len(page.find_class("o_ar_letter_item")), 1)
        page = self._get(self.clerk, f"{self.letter._page()}?answer=differ&search={self.second.name}")
        self.assertEqual([each.get("data-number") for each in page.find_class("o_ar_letter_item")], [self.second.name])

    def test_number_of_queries_does_not_grow_with_the_items(self):
        def count(letter):
            letter.env.invalidate_all()
            before = self.env.cr.sql_log_count
            letter._ar_portal_values()["items"].mapped("number")
            return self.env.cr.sql_log_count - before

        count(self.letter)
        few = count(self.letter)
        for number in range(20):
            self._post(1.0 + number, due_in=-4)
        self.assertLessEqual(count(self._of(self._sent(), self.birch)), few)

    def test_home_counts_what_waits_for_an_answer(self):
        self.authenticate(self.clerk.login, self.clerk.login)
        answer = self.make_jsonrpc_request("/my/counters", {"counters": ["ar_confirmation_count"]})
        self.assertEqual(answer, {"ar_confirmation_count": 1})
        self._answer(self.letter)
        self.env.flush_all()
        answer = self.make_jsonrpc_request("/my/counters", {"counters": ["ar_confirmation_count"]})
        self.assertEqual(answer, {"ar_confirmation_count": 0})
