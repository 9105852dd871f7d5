from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo import fields, http
from odoo.exceptions import AccessError
from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .confirmation_common import ConfirmationCase
from .test_portal_agreements import DISPUTE, PLAN, PROMISE, PortalAgreementCase


@tagged("post_install", "-at_install")
class TestRemoteCalls(PortalAgreementCase):
    """What portal users and staff without rights on receivables reach by remote calls, past all pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(cls.env, "seller", "base.group_user,base.group_partner_manager", password="seller")

    def _call(self, user, model, method, *args, **kwargs):
        """What a remote call gives to ``user``."""
        self.env.flush_all()
        self.authenticate(user.login, user.login)
        params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return self.make_jsonrpc_request(f"/web/dataset/call_kw/{model}/{method}", params)

    @mute_logger("odoo.http")
    def test_nobody_finds_customers_by_what_he_may_not_read_of_them(self):
        for user in (self.clerk, self.seller):
            for model in ("res.partner", "res.users"):
                own = [
                    name for name, field in self.env[model]._fields.items() if name.startswith("ar_") and field.search
                ]
                hidden = set(own) - set(self.env[model].with_user(user).fields_get(own))
                self.assertIn("ar_credit_limit", hidden)
                for name in sorted(hidden):
                    with (
                        self.subTest(user=user.login, model=model, field=name),
                        self.assertRaisesRegex(JsonRpcException, "AccessError"),
                    ):
                        self._call(user, model, "search_count", [(name, "!=", False)])
        reader = new_test_user(self.env, "reader", "account.group_account_readonly")
        self.assertIn(self.birch, self.birch.with_user(reader).search([("ar_exposure", ">", 1000)]))

    @mute_logger("odoo.http")
    def test_a_customer_reads_nothing_of_these_addons_from_the_records_that_he_may_read(self):
        self.env.company.ar_discount_grace_days = 7
        records = {"res.company": self.env.company, "res.partner": self.birch, "account.move": self.late}
        if "sale.order" in self.env:
            records["sale.order"] = self.env["sale.order"].sudo().create({"partner_id": self.birch.id})
        harmless = {"ar_limit_currency_id"}
        for model, record in records.items():
            own = [name for name in record._fields if name.startswith("ar_") and name not in harmless]
            self.assertTrue(own)
            for name in own:
                with (
                    self.subTest(model=model, field=name),
                    self.assertRaisesRegex(JsonRpcException, "AccessError"),
                ):
                    self._call(self.clerk, model, "read", record.ids, [name])
        with self.assertRaisesRegex(JsonRpcException, "AccessError"):
            self._call(self.clerk, "res.company", "search_count", [("ar_discount_grace_days", ">", 5)])


@tagged("post_install", "-at_install")
class TestForms(PortalAgreementCase):
    """What a customer sends that no page of ours would send."""

    def test_a_number_with_leading_zeros_does_not_make_thousands_of_instalments(self):
        for count in ("0024000", "00003", "2" * 5000):
            with self.subTest(count=count[:10]):
                self.assertEqual(self._plan(self.clerk, self.late, count=count).status_code, 422)
                response = self.url_open(f"{PLAN}?item={self._item(self.late).id}&count={count}")
                self.assertEqual(response.status_code, 422)
                self.assertIn("Choose from 2 to 24 instalments", response.text)
                self.assertLess(len(response.text), 100_000)
        self.assertFalse(self._of_birch("ar.payment.plan"))

    def test_the_second_of_two_requests_at_the_same_moment_does_not_miss_the_first_one(self):
        """Each writes the invoice's row, although nothing of it changes: what makes the database repeat the second."""

        def written():
            self.env.cr.execute("SELECT ctid FROM account_move WHERE id = %s", [self.late.id])
            return self.env.cr.fetchone()

        item = self._item(self.late).id
        for url, data in (
            (DISPUTE, {"item": item, "amount": "x", "text": "Two broken"}),
            (PROMISE, {"item": item, "amount": "x"}),
            (PLAN, {"item": item, "count": "1"}),
        ):
            with self.subTest(url=url):
                self.env.flush_all()
                before = written()
                self.assertEqual(self._send(self.clerk, url, data).status_code, 422)
                self.assertNotEqual(written(), before)

    def test_what_was_accepted_is_not_accepted_again_by_somebody_else(self):
        self.env.company.ar_plan_max_instalments = 2
        self.assertEqual(self._plan(self.clerk, [self.late], count="6").status_code, 303)
        plan = self._of_birch("ar.payment.plan")
        self.assertEqual((plan.state, plan.accepted_by), ("proposed", self.clerk.name))
        response = self._send(self.colleague, f"{plan._ar_portal_page()}/accept")
        self.assertEqual(response.status_code, 422)
        self.assertEqual((plan.state, plan.accepted_by), ("proposed", self.clerk.name))

    @mute_logger("odoo.http")
    def test_staff_does_nothing_in_a_customers_name(self):
        """An auditor who may read all invoices and edit contacts becomes a contact of the customer's."""
        plan = self.env["ar.payment.plan"].create({"move_line_ids": self._item(self.late).ids, "instalment_count": 2})
        plan.action_suggest()
        plan.action_propose()
        credit = self._post(2340.0, move_type="out_refund")
        self.env.company.ar_portal_settle_by_credit = True
        auditor = new_test_user(
            self.env,
            "auditor",
            "base.group_user,base.group_partner_manager,account.group_account_readonly",
            password="auditor",
            company_id=self.env.company.id,
            company_ids=self.env.company.ids,
        )
        auditor.partner_id.parent_id = self.birch
        self.assertIn(self.late.name, self._numbers(self._get(auditor)))
        later = [self._item(move).id for move in (self.later, credit)]
        self._dispute(auditor, self.later)
        self._promise(auditor, [self.later], amount="100")
        self._plan(auditor, [self.later])
        self._send(auditor, f"{plan._ar_portal_page()}/accept")
        self._send(auditor, f"{plan._ar_portal_page()}/say", {"text": "We pay at once."})
        self._send(auditor, "/my/receivables/settle", {"item": later})
        self._send(auditor, "/my/receivables/transfer", {"item": later[0], "expected_on": str(self.today)})
        self.assertFalse(self._of_birch("ar.dispute"))
        self.assertFalse(self._of_birch("ar.promise"))
        self.assertEqual(self._of_birch("ar.payment.plan"), plan)
        self.assertEqual((plan.state, plan.accepted_on, plan._ar_portal_messages()), ("proposed", False, []))
        self.assertEqual(self.later.amount_residual, 2340.0)
        self.assertFalse(self.env["ar.payment.notice"].search([("partner_id", "=", self.birch.id)]))

    def test_a_company_that_takes_no_disputes_gets_none_with_a_part_payment(self):
        self.env["res.partner.bank"].create(
            {"acc_number": "DE02120300000000202051", "partner_id": self.env.company.partner_id.id}
        )
        self.env.company.ar_portal_disputes = False
        item = self._item(self.late).id
        part = {f"amount_{item}": "0.01", f"reason_{item}": "dispute", f"text_{item}": "All of it"}
        self._send(self.clerk, "/my/receivables/choice", {"item": item, **part})
        kept = self.env["ar.portal.choice"].sudo().search([("user_id", "=", self.clerk.id)])
        self._send(self.clerk, "/my/receivables/transfer", {"choice": kept.id, "expected_on": str(self.today)})
        self.assertTrue(self.env["ar.payment.notice"].search([("partner_id", "=", self.birch.id)]))
        self.assertIn("All of it", "".join(self.late.message_ids.mapped("body")))
        self.assertFalse(self._of_birch("ar.dispute"))

    def test_what_customers_say_of_receivables_is_read_by_its_readers_and_changed_by_nobody(self):
        self._dispute(self.clerk, self.late)
        dispute = self._of_birch("ar.dispute")
        dispute._close("unjustified", "No.")
        self._send(self.clerk, f"/my/receivables/feedback/dispute/{dispute.id}", {"face": "1", "text": "Slow"})
        given = self.env["rating.rating"].sudo().search([("ar_about", "!=", False)])
        self.assertEqual(given.feedback, "Slow")
        values = {"company_id": self.env.company.id, "company_ids": self.env.company.ids}
        employee = new_test_user(self.env, "employee", "base.group_user", **values)
        ratings = self.env["rating.rating"].with_user(employee)
        self.assertFalse(ratings.search([("id", "=", given.id)]))
        self.assertTrue(ratings.with_user(self.owner).search([("id", "=", given.id)]))
        for user in (employee, self.owner):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                given.with_user(user).feedback = "Very good"
        with self.assertRaises(AccessError):
            ratings.create(
                {
                    "ar_about": "payment",
                    "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "res_id": employee.partner_id.id,
                }
            )


@tagged("post_install", "-at_install")
class TestOdoosOwnRoutes(PortalAgreementCase):
    """What Odoo's routes for any record give of these addons' records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"company_id": cls.env.company.id, "company_ids": cls.env.company.ids}
        cls.employee = new_test_user(cls.env, "employee", "base.group_user", password="employee", **values)

    def test_who_has_no_rights_in_receivables_has_none_on_any_model_of_these_addons(self):
        of_everybody = {"ar.credit.hold.request"}  # with which a salesperson asks for a release
        public = self.env.ref("base.public_user").sudo()
        models = [name for name in self.env if name.startswith("ar.") and not self.env[name]._abstract]
        self.assertGreater(len(models), 50)
        for user in (self.clerk, self.employee, public):
            may = {
                name
                for name in models
                for operation in ("read", "write", "create", "unlink")
                if self.env[name].with_user(user).has_access(operation)
            }
            self.assertEqual(may, of_everybody if user == self.employee else set(), user.login)

    @mute_logger("odoo.http", "odoo.addons.mail.controllers.mail")
    def test_a_dispute_is_in_no_thread_no_file_and_no_message_of_others(self):
        self._dispute(self.clerk, self.late, text="The words of Birch")
        dispute = self._of_birch("ar.dispute")
        values = {"res_model": "ar.dispute", "res_id": dispute.id}
        file = self.env["ir.attachment"].create({"name": "kept.csv", "raw": b"The file of Birch", **values})
        note = dispute.message_post(body="A note on Birch", subtype_xmlid="mail.mt_note", attachment_ids=file.ids)
        thread = {"thread_model": "ar.dispute", "thread_id": dispute.id}
        posted = {"body": "Not his", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        calls = (
            ("/mail/thread/messages", thread),
            ("/mail/chatter_fetch", thread),
            (
                "/mail/data",
                {"fetch_params": [["mail.thread", {**thread, "request_list": ["attachments", "followers"]}]]},
            ),
            ("/mail/message/post", {**thread, "post_data": posted}),
            ("/mail/message/update_content", {"message_id": note.id, "update_data": {"body": "Not his"}}),
            ("/mail/attachment/delete", {"attachment_id": file.id}),
        )
        before = dispute.message_ids
        self.env.flush_all()
        for user in (self.cedar_user, self.employee, self.clerk, None):
            self.authenticate(user and user.login, user and user.login)
            given = ""
            for url, params in calls:
                try:
                    given += str(self.make_jsonrpc_request(url, params))
                except JsonRpcException as refused:
                    given += str(refused)
            for url in (
                f"/web/content/{file.id}",
                f"/web/image/{file.id}",
                f"/mail/view?model=ar.dispute&res_id={dispute.id}",
            ):
                given += self.url_open(url).text
            for secret in ("A note on Birch", "The file of Birch", "kept.csv"):
                self.assertNotIn(secret, given)
            self.assertEqual("The words of Birch" in given, user == self.clerk)
        self.env.invalidate_all()
        self.assertEqual(dispute.message_ids, before)
        self.assertTrue(file.exists())


@tagged("post_install", "-at_install")
class TestBound(PortalAgreementCase):
    """One customer sends so much in a day and no more, whichever way; others aren't held up by it."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch("odoo.addons.ar_portal.models.portal_bound.MOST_A_DAY", 3))
        self.full = "3 messages of yours have reached us"

    def _said(self, user, url, data=None):
        response = self._send(user, url, data)
        self.assertIn(response.status_code, (200, 422))
        self.assertIn(self.full, html.fromstring(response.text).text_content())

    def test_the_last_one_that_is_taken_and_the_first_one_that_is_not(self):
        for number in range(3):
            response = self._dispute(self.clerk, self.late, amount="0.01", text=f"Number {number}")
            self.assertEqual(response.status_code, 303)
        form = {"item": self._item(self.late).id, "code": self.code.id, "amount": "0.01", "text": "Number 3"}
        self._said(self.clerk, DISPUTE, form)
        self.assertEqual(len(self._of_birch("ar.dispute")), 3)

    def test_it_is_one_bound_for_a_customer_whoever_of_it_sends_what(self):
        self._dispute(self.clerk, self.late)
        page = self._of_birch("ar.dispute")._ar_portal_page()
        self._send(self.colleague, f"{page}/say", {"text": "And one more"})
        self._promise(self.colleague, [self.later], amount="100")
        self._said(self.clerk, f"{page}/say", {"text": "Hello?"})
        self._said(self.clerk, PLAN, {"item": self._item(self.later).id, "count": "3"})
        self._said(self.colleague, PROMISE, {"item": self._item(self.late).id, "amount": "100"})
        self.assertEqual(len(self._of_birch("ar.dispute")._ar_portal_messages()), 2)
        self.assertFalse(self._of_birch("ar.payment.plan"))
        self.assertEqual(self._dispute(self.cedar_user, self.others).status_code, 303)
        yesterday = fields.Datetime.now() - timedelta(hours=25)
        self.env.flush_all()
        self.env.cr.execute("UPDATE mail_message SET create_date = %s WHERE model = 'ar.dispute'", [yesterday])
        self.assertEqual(self._send(self.clerk, f"{page}/say", {"text": "Today"}).status_code, 303)

    def test_announcements_are_among_them(self):
        self.env["res.partner.bank"].create(
            {"acc_number": "DE02120300000000202051", "partner_id": self.env.company.partner_id.id}
        )
        both = [self._item(move).id for move in (self.late, self.later)]
        for items in (both[:1], both[1:], both):
            data = {"item": items, "expected_on": str(self.today)}
            self.assertEqual(self._send(self.clerk, "/my/receivables/transfer", data).status_code, 303)
        third = self._item(self._post(55.0, due_in=3)).id
        self._said(self.clerk, "/my/receivables/transfer", {"item": third, "expected_on": str(self.today)})
        self.assertEqual(self.env["ar.payment.notice"].search_count([("partner_id", "=", self.birch.id)]), 3)

    @mute_logger("odoo.http")
    def test_odoos_own_chatter_has_it_and_mail_and_the_company_do_not(self):
        token = self.late._portal_ensure_token()
        self.env.flush_all()
        for user in (self.clerk, None):
            self.authenticate(user and user.login, user and user.login)
            posted = {
                "thread_model": "account.move",
                "thread_id": self.late.id,
                "token": token,
                "post_data": {"body": "Hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
            }
            for _number in range(2 if user else 1):
                self.make_jsonrpc_request("/mail/message/post", posted)
        for kind in ("comment", "notification", "email"):
            posted["post_data"]["message_type"] = kind
            with self.subTest(kind=kind), self.assertRaisesRegex(JsonRpcException, "UserError"):
                self.make_jsonrpc_request("/mail/message/post", posted)
        said = {"author_id": self.clerk.partner_id.id, "subtype_xmlid": "mail.mt_comment"}
        self.late.message_post(body="By mail", message_type="email", **said)
        self.late.message_post(body="Answered", message_type="comment", subtype_xmlid="mail.mt_comment")


@tagged("post_install", "-at_install")
class TestConfirmationForm(ConfirmationCase):
    @mute_logger("odoo.http")
    def test_files_where_texts_are_expected_are_no_texts(self):
        letter, file = self._of(self._sent(), self.birch), ("a.csv", b"a;b", "text/csv")
        self.env.flush_all()
        for name in ("name", "remark", "answer", "access_token", f"amount_{letter.line_ids[0].id}"):
            with self.subTest(field=name):
                self.authenticate("clerk", "clerk")
                data = {"csrf_token": http.Request.csrf_token(self), "expected": "0", "answer": "differ"}
                response = self.url_open(f"{letter._page()}/answer", data=data, files=[(name, file)])
                self.assertEqual(response.status_code, 422)
        self.assertFalse(letter.answer_ids)

    def test_a_link_is_noted_only_where_it_opened_the_letter(self):
        letter = self._of(self._sent(), self.birch)
        self.env.flush_all()
        self.authenticate("clerk", "clerk")
        data = {
            "csrf_token": http.Request.csrf_token(self),
            "expected": "0",
            "answer": "agree",
            "name": "Ida Clerk",
            "access_token": "made-up",
        }
        self.url_open(f"{letter._page()}/answer", data=data)
        self.env.invalidate_all()
        self.assertEqual((letter.answer_id.channel, letter.answer_id.user_id), ("portal", self.clerk))
