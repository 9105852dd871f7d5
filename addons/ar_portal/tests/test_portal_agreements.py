from datetime import timedelta

from odoo import http
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PortalAccountCase

DISPUTE, PROMISE, PLAN = "/my/receivables/dispute", "/my/receivables/promise", "/my/receivables/plan"
AGREEMENTS = "/my/receivables/agreements"
PDF = b"%PDF-1.4 a delivery note"


class PortalAgreementCase(PortalAccountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.late = cls._post(1190.0, due_in=-12)
        cls.later = cls._post(2340.0, due_in=9)
        cls.others = cls._post(500.0, partner=cls.cedar)
        cls.code = cls.env.ref("ar_enhanced.dispute_code_quality")
        cls.owner = new_test_user(cls.env, "owner", "account.group_account_invoice,ar_enhanced.group_ar_clerk")
        cls.birch.ar_credit_owner_id = cls.owner

    def _item(self, move):
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _send(self, user, url, data=None, files=None):
        self.env.flush_all()
        self.authenticate(user.login if user else None, user.login if user else None)
        data = {"csrf_token": http.Request.csrf_token(self), **(data or {})}
        response = self.url_open(url, data=data, files=files, allow_redirects=False)
        self.env.invalidate_all()
        return response

    def _dispute(self, user, move, files=None, **data):
        data = {"item": self._item(move).id, "code": self.code.id, "amount": "190.00", "text": "Two broken", **data}
        return self._send(user, DISPUTE, data, files)

    def _promise(self, user, moves, **data):
        data = {
            "item": [self._item(move).id for move in moves],
            "amount": "1190",
            "date": str(self.today + timedelta(days=5)),
            **data,
        }
        return self._send(user, PROMISE, data)

    def _plan(self, user, moves, **data):
        data = {
            "item": [self._item(move).id for move in moves],
            "count": "3",
            "first": str(self.today + timedelta(days=7)),
            **data,
        }
        return self._send(user, PLAN, data)

    def _of_birch(self, model):
        return self.env[model].search([("partner_id", "=", self.birch.id)])


@tagged("post_install", "-at_install")
class TestPortalDisputes(PortalAgreementCase):
    def test_a_customer_disputes_a_part_and_sees_what_becomes_of_it(self):
        files = [("files", ("../note.pdf", PDF, "application/pdf"))]
        self.assertEqual(self._dispute(self.clerk, self.late, files).status_code, 303)
        dispute = self._of_birch("ar.dispute")
        self.assertEqual((dispute.move_id, dispute.amount, dispute.state), (self.late, 190.0, "open"))
        self.assertEqual((dispute.code_id, dispute.description), (self.code, "Two broken"))
        self.assertEqual(dispute.user_id, self.owner)
        self.assertEqual(dispute.deadline, self.today + timedelta(days=self.env.company.ar_portal_answer_days))
        self.assertEqual(dispute.message_attachment_count, 1)
        self.assertTrue(dispute.activity_ids.filtered(lambda activity: activity.user_id == self.owner))
        page = self._get(self.colleague, dispute._ar_portal_page())
        self.assertIn("We are looking into it", self._words(page))
        self.assertIn("Two broken", self._words(page))
        self.assertIn("note.pdf", self._words(page))
        dispute.message_post(body="Please send a picture.", message_type="comment", subtype_xmlid="mail.mt_comment")
        dispute.message_post(body="He always says that.", message_type="comment", subtype_xmlid="mail.mt_note")
        page = self._get(self.clerk, dispute._ar_portal_page())
        self.assertIn("Please send a picture.", self._words(page))
        self.assertNotIn("He always says that.", self._words(page))
        dispute._close("justified", "You get a credit note.")
        page = self._get(self.clerk, dispute._ar_portal_page())
        self.assertIn("You were right You get a credit note.", self._text(page, "o_ar_agreement_state"))

    def test_only_the_disputed_part_is_left_out_of_reminders(self):
        self._dispute(self.clerk, self.late)
        queries = self.env["account.move.line"]._ar_reminder_exclusions(self.env.company, self.today)
        self.env.flush_all()
        rows = [row for query in queries for row in self.env.execute_query(query)]
        item = self._item(self.late)
        self.assertEqual([(row[1], float(row[2])) for row in rows if row[0] == item.id], [("disputed", 190.0)])

    def test_the_same_form_twice_is_one_dispute(self):
        for _press in range(2):
            self.assertEqual(self._dispute(self.clerk, self.late).status_code, 303)
        self.assertEqual(len(self._of_birch("ar.dispute")), 1)
        self.assertEqual(len(self._of_birch("ar.dispute")._ar_portal_messages()), 1)

    def test_no_more_than_what_is_open_can_be_disputed_in_all(self):
        self.assertEqual(self._dispute(self.clerk, self.late, amount="1190.01").status_code, 422)
        self.assertEqual(self._dispute(self.clerk, self.late, amount="1000.00").status_code, 303)
        self.assertEqual(self._dispute(self.clerk, self.late, amount="190.01", text="More").status_code, 422)
        self.assertEqual(self._dispute(self.clerk, self.late, amount="190.00", text="More").status_code, 303)
        page = self._get(self.clerk, f"{DISPUTE}?item={self._item(self.late).id}")
        self.assertIn("disputed already", self._words(page))

    def test_amounts_that_are_none_are_refused_and_what_was_written_stays(self):
        for amount in ("", "0", "-5", "NaN", "Infinity", "1e3", "0x10", "1,190.00", "12.345", "९", "9" * 40, "<b>"):
            response = self._dispute(self.clerk, self.late, amount=amount)
            self.assertEqual(response.status_code, 422, amount)
            self.assertIn("Two broken", response.text)
        self.assertFalse(self._of_birch("ar.dispute"))

    def test_files_that_are_not_what_they_say_are_refused(self):
        for name, content in (("a.exe", b"MZ"), ("a.pdf", b"MZ"), ("a.svg", b"<svg/>"), ("a.pdf", b"")):
            files = [("files", (name, content, "application/pdf"))]
            self.assertEqual(self._dispute(self.clerk, self.late, files).status_code, 422, name)
        many = [("files", (f"{n}.pdf", PDF, "application/pdf")) for n in range(11)]
        self.assertEqual(self._dispute(self.clerk, self.late, many).status_code, 422)
        large = [("files", ("a.pdf", PDF + b" " * 10 * 1024 * 1024, "application/pdf"))]
        self.assertEqual(self._dispute(self.clerk, self.late, large).status_code, 422)
        self.assertFalse(self._of_birch("ar.dispute"))

    def test_scripts_in_texts_are_text(self):
        self._dispute(self.clerk, self.late, text="<script>alert(1)</script> & more")
        dispute = self._of_birch("ar.dispute")
        page = self._get(self.clerk, dispute._ar_portal_page())
        self.assertIn("<script>alert(1)</script> & more", self._words(page.find_class("o_ar_message_body")[0]))
        self.assertFalse([each for each in page.iter("script") if "alert(1)" in (each.text or "")])

    def test_lines_bound_the_amount(self):
        move = self.init_invoice("out_invoice", partner=self.birch, amounts=[100.0, 40.0], taxes=[], post=True)
        line = move.invoice_line_ids[1]
        data = {"line": line.id, "amount": "40.01"}
        self.assertEqual(self._dispute(self.clerk, move, **data).status_code, 422)
        self.assertEqual(self._dispute(self.clerk, move, **{**data, "amount": "40.00"}).status_code, 303)
        self.assertEqual(self._of_birch("ar.dispute").line_ids, line)
        foreign = self.late.invoice_line_ids
        self._dispute(self.clerk, move, line=foreign.id, amount="50", text="Other")
        self.assertFalse(self._of_birch("ar.dispute").filtered(lambda each: foreign & each.line_ids))

    def test_a_company_may_take_no_disputes_here(self):
        self.env.company.ar_portal_disputes = False
        self.assertEqual(self._dispute(self.clerk, self.late).status_code, 422)
        self.assertFalse(self._of_birch("ar.dispute"))


@tagged("post_install", "-at_install")
class TestPortalPromises(PortalAgreementCase):
    def test_a_customer_promises_and_sees_what_became_of_it(self):
        self.assertEqual(self._promise(self.clerk, [self.late]).status_code, 303)
        promise = self._of_birch("ar.promise")
        self.assertEqual((promise.amount, promise.state, promise.move_ids), (1190.0, "open", self.late))
        self.assertEqual((promise.contact_id, promise.user_id), (self.clerk.partner_id, self.owner))
        self.assertEqual(promise.date, self.today + timedelta(days=5))
        page = self._get(self.colleague)
        self.assertIn("Promised for", self._words(self._row(page, self.late)))
        self._pay_by_bank(self.late, 1190.0)
        promise._judge(self.today)
        page = self._get(self.clerk, promise._ar_portal_page())
        self.assertIn("Kept", self._text(page, "o_ar_agreement_state"))

    def test_the_last_day_is_the_companys(self):
        days = self.env.company.ar_portal_promise_days
        for day, status in ((-1, 422), (days + 1, 422), (days, 303)):
            date = str(self.today + timedelta(days=day))
            self.assertEqual(self._promise(self.clerk, [self.late], date=date).status_code, status, day)
        for date in ("", "tomorrow", "2026-02-30", "9999-99-99"):
            self.assertEqual(self._promise(self.clerk, [self.later], date=date).status_code, 422, date)
        self.env.company.ar_portal_promise_days = 0
        self.assertEqual(self._promise(self.clerk, [self.later], date=str(self.today)).status_code, 422)

    def test_the_same_form_twice_is_one_promise_and_another_one_is_refused(self):
        for _press in range(2):
            self.assertEqual(self._promise(self.clerk, [self.late]).status_code, 303)
        self.assertEqual(self._promise(self.clerk, [self.late], amount="50").status_code, 422)
        self.assertEqual(self._plan(self.clerk, [self.late]).status_code, 422)
        self.assertEqual(len(self._of_birch("ar.promise")), 1)
        self.assertFalse(self._of_birch("ar.payment.plan"))

    def test_more_than_is_open_is_refused(self):
        both = [self.late, self.later]
        self.assertEqual(self._promise(self.clerk, both, amount="3530.01").status_code, 422)
        self.assertEqual(self._promise(self.clerk, both, amount="3530.00").status_code, 303)


@tagged("post_install", "-at_install")
class TestPortalPlans(PortalAgreementCase):
    def test_within_the_bounds_instalments_are_agreed_at_once(self):
        self.assertEqual(self._plan(self.clerk, [self.late, self.later]).status_code, 303)
        plan = self._of_birch("ar.payment.plan")
        self.assertEqual((plan.state, plan.total, len(plan.instalment_ids)), ("active", 3530.0, 3))
        self.assertEqual(sum(plan.instalment_ids.mapped("amount")), 3530.0)
        self.assertEqual((plan.accepted_channel, plan.accepted_contact_id), ("portal", self.clerk.partner_id))
        page = self._get(self.colleague, plan._ar_portal_page())
        self.assertIn("Agreed", self._text(page, "o_ar_agreement_state"))
        self.assertIn("In instalments", self._words(self._row(self._get(self.clerk), self.late)))

    def test_beyond_the_bounds_a_credit_manager_decides(self):
        self.env.company.ar_plan_max_instalments = 3
        self.assertEqual(self._plan(self.clerk, [self.late], count="4").status_code, 303)
        plan = self._of_birch("ar.payment.plan")
        self.assertEqual(plan.state, "proposed")
        self.assertTrue(plan.activity_ids.filtered(lambda activity: activity.user_id == self.owner))
        page = self._get(self.clerk, plan._ar_portal_page())
        self.assertIn("We are deciding", self._text(page, "o_ar_agreement_state"))
        manager = new_test_user(self.env, "manager", "account.group_account_manager,ar_enhanced.group_ar_manager")
        plan.with_user(manager).action_approve()
        self.assertEqual(plan.state, "active")

    def test_what_staff_offer_is_accepted_here(self):
        plan = self.env["ar.payment.plan"].create({"move_line_ids": self._item(self.late).ids, "instalment_count": 2})
        plan.action_suggest()
        page = plan._ar_portal_page()
        self.assertEqual(self._send(self.clerk, f"{page}/accept").status_code, 404, "a draft is no offer")
        plan.action_propose()
        self.assertTrue(self._get(self.clerk, page).find_class("o_ar_accept"))
        self.assertEqual(self._send(self.cedar_user, f"{page}/accept").status_code, 404)
        self.assertEqual(self._send(self.clerk, f"{page}/accept").status_code, 303)
        self.assertEqual((plan.state, plan.accepted_by), ("active", self.clerk.name))
        self.assertEqual(self._send(self.clerk, f"{page}/accept").status_code, 422)

    def test_numbers_that_are_none_are_refused(self):
        for count in ("1", "0", "-3", "25", "1e1", "²", "9" * 9):
            self.assertEqual(self._plan(self.clerk, [self.late], count=count).status_code, 422, count)
        for first in ("yesterday", str(self.today - timedelta(days=1)), "9999-12-31"):
            self.assertEqual(self._plan(self.clerk, [self.late], first=first).status_code, 422, first)
        self.assertFalse(self._of_birch("ar.payment.plan"))

    def test_the_same_form_twice_is_one_plan(self):
        for _press in range(2):
            self.assertEqual(self._plan(self.clerk, [self.late]).status_code, 303)
        self.assertEqual(len(self._of_birch("ar.payment.plan")), 1)


@tagged("post_install", "-at_install")
class TestPortalAgreementAccess(PortalAgreementCase):
    def setUp(self):
        super().setUp()
        self._dispute(self.clerk, self.late, [("files", ("note.pdf", PDF, "application/pdf"))])
        self._promise(self.clerk, [self.later], amount="100")
        self.dispute, self.promise = self._of_birch("ar.dispute"), self._of_birch("ar.promise")

    def test_nobody_else_sees_or_answers(self):
        file = self.dispute.message_ids.attachment_ids
        staff = new_test_user(self.env, "nobody", "base.group_user", password="nobody")
        for record in (self.dispute, self.promise):
            for user in (self.cedar_user, self.north_user, staff):
                self.authenticate(user.login, user.login)
                self.assertEqual(self.url_open(record._ar_portal_page()).status_code, 404)
                self.assertEqual(self._send(user, f"{record._ar_portal_page()}/say", {"text": "Me"}).status_code, 404)
            self.authenticate(None, None)
            self.assertIn("/web/login", self.url_open(record._ar_portal_page()).url)
        url = f"{self.dispute._ar_portal_page()}/file/{file.id}"
        for user in (self.cedar_user, self.north_user, staff):
            self.authenticate(user.login, user.login)
            self.assertEqual(self.url_open(url).status_code, 404)
        self.authenticate("clerk", "clerk")
        self.assertEqual(self.url_open(url).content, PDF)
        self.assertNotIn("Me", str(self.dispute.message_ids.mapped("body")))
        for user in (self.cedar_user, self.north_user):
            page = self._get(user, AGREEMENTS)
            self.assertFalse(page.find_class("o_ar_one"))

    def test_no_file_but_those_of_the_conversation_is_given(self):
        secret = self.env["ir.attachment"].create({"name": "secret.pdf", "raw": PDF})
        note = self.env["ir.attachment"].create({"name": "note.pdf", "raw": PDF})
        self.dispute.message_post(
            body="Look", attachment_ids=note.ids, message_type="comment", subtype_xmlid="mail.mt_note"
        )
        self.env.flush_all()
        self.authenticate("clerk", "clerk")
        for file in (secret, note):
            self.assertEqual(self.url_open(f"{self.dispute._ar_portal_page()}/file/{file.id}").status_code, 404)

    def test_items_of_others_are_refused_in_every_form(self):
        before = [self.env[model].search_count([]) for model in ("ar.dispute", "ar.promise", "ar.payment.plan")]
        for send in (self._dispute, lambda user, move: self._promise(user, [move]), lambda u, m: self._plan(u, [m])):
            response = send(self.clerk, self.others)
            self.assertEqual(response.status_code, 422)
            self.assertNotIn(self.others.name, response.text)
        for item in ("0", "-1", "x", "9" * 30, ""):
            self.assertIn(self._send(self.clerk, DISPUTE, {"item": item}).status_code, (200, 422), item)
        # One of several is enough.
        mixed = [self.later, self.others]
        self.assertEqual(self._plan(self.clerk, mixed).status_code, 422)
        after = [self.env[model].search_count([]) for model in ("ar.dispute", "ar.promise", "ar.payment.plan")]
        self.assertEqual(before, after)

    def test_a_customer_has_no_rights_on_the_records(self):
        for record in (self.dispute, self.promise):
            self.assertFalse(record.with_user(self.clerk).has_access("read"))

    def test_a_message_goes_into_the_conversation_once(self):
        url = f"{self.dispute._ar_portal_page()}/say"
        for _press in range(2):
            self.assertEqual(self._send(self.colleague, url, {"text": "Here it is"}).status_code, 303)
        said = [each["body"] for each in self.dispute._ar_portal_messages()]
        self.assertEqual(len([body for body in said if "Here it is" in body]), 1)
        self.assertEqual(self._send(self.colleague, url, {"text": "  "}).status_code, 422)
        self.assertEqual(self._send(self.colleague, url, {"text": "x" * 2001}).status_code, 422)
        self.authenticate("clerk", "clerk")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url, data={"text": "No token"}).status_code, 400)


@tagged("post_install", "-at_install")
class TestPortalToDo(PortalAgreementCase):
    def _waiting(self, user):
        return [self._words(each) for each in self._get(user).find_class("o_ar_to_do_link")]

    def _write(self, document, author=None, subtype="mail.mt_comment"):
        author = author or self.owner.partner_id
        document.message_post(body="Hello", author_id=author.id, message_type="comment", subtype_xmlid=subtype)

    def test_what_the_company_writes_waits_until_the_customer_answers(self):
        self._dispute(self.clerk, self.late)
        dispute = self._of_birch("ar.dispute")
        self.assertFalse(self._waiting(self.clerk))
        self._write(dispute, subtype="mail.mt_note")
        self.assertFalse(self._waiting(self.clerk), "a note isn't for customers")
        self._write(dispute)
        self._write(self.later)
        for user in (self.clerk, self.colleague):
            waiting = self._waiting(user)
            self.assertEqual(len(waiting), 2)
            self.assertIn(self.later.name, waiting[0])
        for user in (self.cedar_user, self.north_user):
            self.assertFalse(self._waiting(user))
        self._send(self.colleague, f"{dispute._ar_portal_page()}/say", {"text": "Thank you"})
        self._write(self.later, self.clerk.partner_id)
        self.assertFalse(self._waiting(self.clerk))

    def test_offered_instalments_wait(self):
        plan = self.env["ar.payment.plan"].create({"move_line_ids": self._item(self.late).ids, "instalment_count": 2})
        plan.action_suggest()
        self.assertFalse(self._waiting(self.clerk))
        plan.action_propose()
        [words] = self._waiting(self.clerk)
        self.assertIn("Accept instalments", words)
        self.assertFalse(self._waiting(self.cedar_user))
        plan._accept("Ida", "phone", self.today)
        self.assertFalse(self._waiting(self.clerk))
