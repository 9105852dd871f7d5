from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .test_payment_receipt import ReceiptCase


class RequestCase(ReceiptCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collector = new_test_user(
            cls.env,
            "collector",
            "account.group_account_invoice,ar_enhanced.group_ar_clerk",
            email="collector@example.com",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )
        cls.birch.email = "birch@example.com"

    def _request(self, *moves, **values):
        """A request for these invoices, sent."""
        action = self.env["account.move"].union(*moves).with_user(self.collector).action_ar_request_payment()
        asked = self.env["ar.payment.request"].browse(action["res_id"])
        asked.with_user(self.collector).write(values)
        asked.with_user(self.collector).action_send()
        return asked

    def _visit(self, link, user=None):
        self.env.flush_all()
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(link)

    def _start_by_link(self, asked, user=None):
        context = self._get_payment_context(self._visit(asked.link, user))
        return self._start(context["transaction_route"], amount=context["amount"])


@tagged("post_install", "-at_install")
class TestPaymentRequest(RequestCase):
    """Staff send one link; whoever has it sees and pays what it asks for, and nothing else."""

    def test_a_selection_is_paid_without_a_login(self):
        self._policy((2, 10))
        invoice, other, hidden = self._invoice(1000), self._invoice(500), self._invoice(4321)
        asked = self._request(invoice, other)
        page = self._visit(asked.link)
        text = self._words(page)
        for shown in (invoice.name, other.name, "1,470.00", "30.00"):
            self.assertIn(shown, text)
        for secret in (hidden.name, "4,321", "5,821", "clerk"):
            self.assertNotIn(secret, page.text)
        transaction = self._start_by_link(asked)
        self.assertEqual(
            (transaction.amount, transaction.partner_id, transaction.ar_request_id), (1470, self.birch, asked)
        )
        payment = self._finish(transaction)
        self._assert_settled(invoice, other)
        self.assertEqual(self._booked(payment, self.loss), [30])
        self.assertIn("was paid by this link", "".join(asked.message_ids.mapped("body")))
        text = self._text(self._receipts(transaction))
        self.assertNotIn("4,321", text)
        self.assertNotIn("balance", text)

    def test_the_page_says_what_was_settled_meanwhile(self):
        invoice, other = self._invoice(1000), self._invoice(500)
        asked = self._request(invoice, other)
        self._register_payment(invoice)
        text = self._words(self._visit(asked.link))
        self.assertIn(f"{invoice.name} Settled already", text)
        self.assertEqual(self._start_by_link(asked).amount, 500)
        self._register_payment(other)
        page = self._visit(asked.link)
        self.assertIn("all of it is settled", self._words(page))
        self.assertNotIn("o_payment_form", page.text)

    def test_a_balance_is_what_is_open_on_the_day_less_credits(self):
        invoice, credit, earlier = self._invoice(1000), self._credit(100), self._on_account(50)
        foreign = self._invoice(777, partner=self.cedar)
        action = self.birch.with_user(self.collector).action_ar_request_payment()
        asked = self.env["ar.payment.request"].browse(action["res_id"])
        asked.with_user(self.collector).action_send()
        self.assertEqual(asked.amount, 850)
        later = self._invoice(25)
        page = self._visit(asked.link)
        self.assertIn(later.name, page.text)
        self.assertNotIn(foreign.name, page.text)
        transaction = self._start_by_link(asked)
        self.assertEqual(transaction.amount, 875)
        self._finish(transaction)
        self.assertEqual(self._open(invoice, later, credit), [0, 0, 0])
        self.assertTrue(earlier.reconciled)

    def test_a_request_is_mailed_and_said_on_customer_and_invoices(self):
        invoice = self._invoice(1000)
        asked = self._request(invoice)
        mail = self.env["mail.mail"].sudo().search([("model", "=", asked._name), ("res_id", "=", asked.id)])
        self.assertEqual(mail.recipient_ids, self.birch)
        text = self._text(mail)
        self.assertIn(asked.link, text)
        self.assertIn(invoice.name, text)
        for record in (self.birch, invoice):
            said = "".join(record.message_ids.mapped("body"))
            self.assertIn("A payment request over", said)
            self.assertNotIn(asked._token(), said)

    def test_invoices_of_several_customers_and_currencies_are_requests_of_their_own(self):
        moves = (
            self._invoice(1),
            self._invoice(2, partner=self.cedar),
            self._invoice(3, currency_id=self.currency_euro.id),
        )
        action = self.env["account.move"].union(*moves).with_user(self.collector).action_ar_request_payment()
        requests = self.env["ar.payment.request"].search(action["domain"])
        self.assertEqual(len(requests), 3)
        self.cedar.email = False
        with self.assertRaisesRegex(UserError, "has no e-mail address"), self.env.cr.savepoint():
            requests.with_user(self.collector).action_send()
        self.assertEqual(set(requests.mapped("state")), {"draft"})

    # ---- what is refused

    def _refused(self, link, words, hidden):
        response = self._visit(link)
        self.assertEqual(response.status_code, 404)
        self.assertIn(words, self._words(response))
        for secret in hidden:
            self.assertNotIn(secret, response.text)
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self._start(link.removeprefix(self.base_url()) + "/transaction", amount=1000.0)

    def test_altered_links_are_refused_in_the_same_words(self):
        invoice, other = self._invoice(1000), self._invoice(500, partner=self.cedar)
        self.cedar.email = "cedar@example.com"
        asked, theirs = self._request(invoice), self._request(other)
        base, token = asked.link.rsplit("/", 1)
        signature = token.split("-")[1]
        altered = [
            f"{theirs.id}-{signature}",
            f"{asked.id}-{signature[:-1]}",
            f"{asked.id}-{signature[:-1]}{'0' if signature[-1] != '0' else '1'}",
            f"{asked.id}-",
            f"{asked.id}",
            f"-{signature}",
            f"0{token}x",
            f"{2**40}-{signature}",
            f"{asked.id}-{'é' * 64}",
            "x-y",
        ]
        for each in altered:
            with self.subTest(token=each):
                self._refused(f"{base}/{each}", "isn't complete, or was changed", [invoice.name, other.name, "Birch"])

    def test_expired_withdrawn_and_unsent_links_are_refused(self):
        invoice = self._invoice(1000)
        asked = self._request(invoice, expires_on=self.today + timedelta(1))
        link = asked.link
        asked.sudo().expires_on = self.today - timedelta(1)
        self._refused(link, "isn't complete, or was changed", [invoice.name])  # another day, another signature
        self._refused(asked.link, "has expired", [invoice.name])
        asked.sudo().expires_on = self.today
        self.assertEqual(self._visit(asked.link).status_code, 200)
        link = asked.link
        asked.with_user(self.collector).action_revoke()
        self._refused(link, "was withdrawn", [invoice.name])
        draft = asked.copy({"move_line_ids": [Command.set(self._items(invoice))]})
        self.assertFalse(draft.link)
        self._refused(f"{self.base_url()}/my/receivables/request/{draft._token()}", "was withdrawn", [invoice.name])

    @mute_logger("odoo.http")
    def test_another_amount_card_partner_or_list_is_refused(self):
        invoice, other = self._invoice(1000), self._invoice(77)
        asked = self._request(invoice)
        route = f"/my/receivables/request/{asked._token()}/transaction"
        token = self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "payment_details": "4242",
                "partner_id": self.birch.id,
                "provider_ref": "card",
                "demo_simulated_state": "done",
            }
        )
        self.assertNotIn("4242", self._words(self._visit(asked.link)))
        count = self.env["payment.transaction"].search_count([])
        for values in (
            {"amount": 1.0},
            {"amount": "NaN"},
            {"amount": [1000.0]},
            {"amount": None},
            {"amount": 1077.0},
            {"amount": 1000.0, "flow": "token", "token_id": token.id},
            {"amount": 1000.0, "partner_id": self.cedar.id},
            {"amount": 1000.0, "currency_id": self.currency_euro.id},
            {"amount": 1000.0, "items": self._items(other)},
            {"amount": 1000.0, "provider_id": self.provider.copy({"state": "disabled"}).id},
        ):
            with self.subTest(values=values), self.assertRaises(JsonRpcException):
                self._start(route, **values)
        self.assertEqual(self.env["payment.transaction"].search_count([]), count)

    def test_whoever_is_logged_in_pays_for_the_customer_of_the_link(self):
        invoice = self._invoice(1000)
        asked = self._request(invoice)
        transaction = self._start_by_link(asked, user=self.cedar_user)
        self.assertEqual((transaction.partner_id, transaction.tokenize), (self.birch, False))
        self.assertEqual(self._finish(transaction).partner_id, self.birch)
        self._assert_settled(invoice)

    def test_who_sends_twice_pays_once_and_keeps_the_rest_on_account(self):
        invoice = self._invoice(1000)
        asked = self._request(invoice)
        first, second = self._start_by_link(asked), self._start_by_link(asked)
        self._finish(first)
        payment = self._finish(second)
        self._assert_settled(invoice)
        left = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(sum(left.mapped("amount_residual")), -1000)

    def test_nobody_else_than_the_customer_is_sent_a_request(self):
        invoice = self._invoice(1000)
        requests = self.env["ar.payment.request"].with_user(self.collector)
        values = {"partner_id": self.birch.id, "kind": "items", "move_line_ids": [Command.set(self._items(invoice))]}
        with self.assertRaisesRegex(UserError, "isn't a contact of"), self.env.cr.savepoint():
            requests.create({**values, "recipient_id": self.cedar.id})
        with self.assertRaisesRegex(UserError, "of one customer"), self.env.cr.savepoint():
            requests.create({**values, "partner_id": self.cedar.id})

    def test_a_request_that_was_sent_is_not_changed_and_who_may_only_read_sends_none(self):
        invoice, other = self._invoice(1000), self._invoice(500)
        asked = self._request(invoice)
        as_clerk = asked.with_user(self.collector)
        for values in ({"move_line_ids": [Command.set(self._items(other))]}, {"expires_on": self.today}):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                as_clerk.write(values)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            as_clerk.write({"state": "draft"})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            as_clerk.unlink()
        reader = new_test_user(
            self.env,
            "reader",
            "account.group_account_readonly,ar_enhanced.group_ar_user",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        for who in (reader, self.clerk):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                other.with_user(who).action_ar_request_payment()
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                asked.with_user(who).action_revoke()
        self.assertEqual(fields.Date.to_date(asked.expires_on), self.today + timedelta(30))

    def test_a_private_page_is_kept_out_of_caches_and_search_engines(self):
        response = self._visit(self._request(self._invoice(1000)).link)
        self.assertIn("no-store", response.headers["Cache-Control"])
        self.assertIn("noindex", response.headers["X-Robots-Tag"])
        self.assertTrue(html.fromstring(response.text).xpath("//form[@id='o_payment_form']"))
