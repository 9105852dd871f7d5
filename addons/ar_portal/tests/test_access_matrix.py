from io import BytesIO
from unittest.mock import patch

from lxml import html
from openpyxl import load_workbook

from odoo import http
from odoo.fields import Command, Date
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .access_matrix import MATRIX, READERS
from .common import PortalAccountCase

ADDON = "odoo.addons.ar_portal."


@tagged("post_install", "-at_install")
class TestAccessMatrix(PortalAccountCase):
    """Everything is asked for as everybody: content and absence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.holding = cls._customer("Birch Holding")
        cls.birch.write({"parent_id": cls.holding.id, "email": "books@birch.example.com"})
        other_company = cls.setup_other_company()["company"]
        cls.users = {
            "owner": cls.clerk,
            "colleague": cls.colleague,
            "subsidiary": cls.north_user,
            "parent": cls._portal_user("holding", "Hanna Holding", cls.holding),
            "other": cls.cedar_user,
            "abroad": cls._portal_user("abroad", "Aldo Abroad", cls.birch, companies=other_company),
            "staff": new_test_user(cls.env, "matrix_staff", "base.group_user", password="matrix_staff"),
        }
        cls.users["allowed parent"] = cls.users["parent"]
        cls.moves = {
            "birch": cls._post(102.22),
            "holding": cls._post(817.81, partner=cls.holding),
            "north": cls._post(217.33, partner=cls.birch_north),
            "cedar": cls._post(304.44, partner=cls.cedar),
            "abroad": cls._post(606.66, company_id=other_company.id),
        }
        # As the first invoice of its company, it has a number that others might have.
        cls.moves["abroad"].name = "ABROAD/0001"
        cls.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", True)
        terms = cls.env["ar.credit.terms"].create({"title": "Terms", "body": "<p>Pay.</p>"})
        terms.action_publish()
        cls.values = {
            **{name: move.partner_id.id for name, move in cls.moves.items()},
            **{f"{name}_item": cls._receivable(move).id for name, move in cls.moves.items()},
            "contact": cls.clerk.partner_id.id,
            "terms": terms.id,
            "company": cls.env.company.id,
            "token": cls._token(cls.today),
        }
        cls.values |= cls._agreements() | cls._letter() | cls._payments()
        flipped = "0" if cls.values["token"][-1] != "0" else "1"
        cls.values["altered"] = cls.values["token"][:-1] + flipped
        cls.values["expired"] = cls._token(Date.subtract(cls.today, days=1))

    @classmethod
    def _receivable(cls, move):
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    @classmethod
    def _token(cls, until):
        """The token of a link to birch's statement of this month."""
        link = cls.birch._ar_statement_link(
            cls.env.company, Date.start_of(cls.today, "month"), cls.today, cls.env["res.currency"], until
        )
        return link.rpartition("/")[2]

    @classmethod
    def _agreements(cls):
        """A dispute with a file and an agreed plan of birch, a promise of north."""
        dispute = cls.env["ar.dispute"].create(
            {"move_id": cls.moves["birch"].id, "code_id": cls.env.ref("ar_enhanced.dispute_code_price").id}
        )
        message = dispute.message_post(
            body="Look",
            attachments=[("note.csv", b"102.22")],
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        plan = cls.env["ar.payment.plan"].create(
            {"move_line_ids": cls._receivable(cls.moves["birch"]).ids, "instalment_count": 2}
        )
        plan.action_suggest()
        plan.action_propose()
        plan._accept("Ida", "phone", cls.today)
        promise = cls.env["ar.promise"].create(
            {"move_ids": cls.moves["north"].ids, "amount": 217.33, "date": cls.today}
        )
        return {"dispute": dispute.id, "file": message.attachment_ids.id, "plan": plan.id, "promise": promise.id}

    @classmethod
    def _letter(cls):
        """A letter to birch that asks to confirm its balance."""
        of_round = cls.env["ar.confirmation.round"].create(
            {"date": cls.today, "answer_by": Date.add(cls.today, days=20)}
        )
        of_round.action_select()
        of_round.action_send()
        letter = of_round.sudo().confirmation_ids.filtered(lambda each: each.partner_id == cls.birch)
        return {"letter": letter._page(), "letter_token": letter._token()}

    @classmethod
    def _payments(cls):
        """A payment request to birch, and a transfer that birch has announced."""
        action = cls.moves["birch"].action_ar_request_payment()
        asked = cls.env["ar.payment.request"].browse(action["res_id"])
        asked.action_send()
        item = cls._receivable(cls.moves["birch"])
        notice = (
            cls.env["ar.payment.notice"]
            .sudo()
            .create(
                {
                    "partner_id": cls.birch.id,
                    "company_id": cls.env.company.id,
                    "currency_id": item.currency_id.id,
                    "announced_on": cls.today,
                    "expected_on": cls.today,
                    "line_ids": [Command.create({"move_line_id": item.id, "amount": 102.22})],
                }
            )
        )
        return {"request": asked.link.rpartition("/")[2], "transfer": notice.id}

    def _routes(self):
        """All routes whose last word is this addon's."""
        rules = self.env["ir.http"]._generate_routing_rules(self.registry._init_modules, {})
        return {url for url, endpoint in rules if endpoint.original_endpoint.__module__.startswith(ADDON)}

    def test_every_route_of_the_addon_has_a_row(self):
        routes = self._routes()
        self.assertIn("/my/receivables", routes)
        self.assertEqual(routes, {row.route for row in MATRIX})

    def test_every_reader_sees_on_every_route_what_is_said_and_nothing_else(self):
        reports = self.env.registry["ir.actions.report"]
        # In tests a PDF is its page.
        self.startPatcher(patch.object(reports, "get_wkhtmltopdf_state", lambda records: "ok"))
        for reader in READERS:
            self.holding.ar_sees_subsidiaries = reader == "allowed parent"
            self.env.flush_all()
            login = self.users[reader].login if reader in self.users else None
            self.authenticate(login, login)
            for row in MATRIX:
                # What is refused as JSON is logged too.
                with self.subTest(reader=reader, url=row.url, params=row.params), mute_logger("odoo.http"):
                    self._check(reader, row)

    def _check(self, reader, row):
        response = self._ask(reader, row)
        text = self._text_of(response)
        is_visitor = reader not in self.users
        is_refused = reader in row.refused or ("*" in row.refused and reader not in row.sees)
        if row.params is None:
            if is_visitor and not row.is_public:
                self.assertIn("/web/login", response.url)
                is_refused = False
            status = row.statuses.get(reader, 404 if is_refused else 200)
            self.assertEqual(response.status_code, 200 if "/web/login" in response.url else status, text[-400:])
        if is_visitor and not row.is_public and row.params is not None:
            self.assertIn("error", response.json())
        seen = None if is_visitor and not row.is_public else row.sees.get(reader)
        for name, move in self.moves.items():
            figures = (f"{move.amount_total:.2f}", move.name)
            if name == seen:
                self.assertTrue(figures[0] in text, f"no {figures[0]} in {text[-400:]}")
            else:
                for figure in figures:
                    self.assertFalse(figure in text, f"{figure} in {text[-400:]}")

    def _ask(self, reader, row):
        url = row.url.format(**self.values)
        if reader == "public with a token" and "token}" not in row.url:
            url += f"{'&' if '?' in url else '?'}access_token={self.values['token']}&token={self.values['token']}"
        if row.params is not None:
            params = {
                name: [int(each.format(**self.values)) for each in value] if isinstance(value, list) else value
                for name, value in row.params.items()
            }
            return self.url_open(url, json={"jsonrpc": "2.0", "method": "call", "params": params})
        sent = {name: value.format(**self.values) for name, value in row.data.items()}
        data = {"csrf_token": http.Request.csrf_token(self), **sent} if row.is_form else None
        return self.url_open(url, data=data)

    def _text_of(self, response):
        """All that can be read in an answer."""
        kind = response.headers["Content-Type"]
        if "spreadsheet" in kind:
            book = load_workbook(BytesIO(response.content))
            return " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
        if "json" in kind:
            return response.text
        return self._words(html.fromstring(response.content))

    def test_the_account_of_another_customer_is_refused_in_the_same_words_whatever_the_reason(self):
        self.authenticate("clerk", "clerk")
        pages = set()
        for account in (self.cedar.id, self.birch_north.id, self.clerk.partner_id.id, 2**31 + 5, "x", "-1", "²"):
            response = self.url_open(f"/my/receivables?account={account}")
            self.assertEqual(response.status_code, 404)
            [reason] = html.fromstring(response.content).find_class("o_ar_refused")
            pages.add(self._words(reason))
        self.assertEqual(pages, {"This account isn't here, or it isn't yours to see."})

    def test_a_context_that_names_another_account_is_refused_by_the_models(self):
        for account in (self.cedar.id, self.birch_north.id, 0, None, True, "x", [self.cedar.id]):
            lines = self.env["account.move.line"].with_user(self.clerk).with_context(ar_portal_account=account)
            for name in ("_ar_portal_domain", "_ar_portal_open_count", "_ar_portal_last_payments"):
                with self.subTest(account=account, name=name), self.assertRaisesRegex(Exception, "isn't here"):
                    getattr(lines, name)()

    def test_only_companies_below_are_subsidiaries_and_only_while_allowed(self):
        partners = self.env["res.partner"].with_user(self.users["parent"])
        names = [account["name"] for account in partners._ar_portal_accounts()]
        self.assertEqual(names, ["Birch Holding"])
        self.holding.ar_sees_subsidiaries = True
        names = [account["name"] for account in partners._ar_portal_accounts()]
        self.assertEqual(names, ["Birch Holding", "Birch North", "Birch Trading"])
        self.birch.parent_id = False
        names = [account["name"] for account in partners._ar_portal_accounts()]
        self.assertEqual(names, ["Birch Holding"])

    def test_a_subsidiarys_invoices_are_looked_at_and_not_paid(self):
        self.holding.ar_sees_subsidiaries = True
        page = self._get(self.users["parent"], f"/my/receivables?account={self.birch.id}")
        self.assertEqual(self._numbers(page), [self.moves["birch"].name])
        self.assertFalse(page.xpath("//input[@name='item']"))
        own = self._get(self.users["parent"])
        [first, *_below] = [option.text for option in own.xpath("//select[@name='account']/option")]
        self.assertEqual(first, "Birch Holding")

    def test_only_staff_of_receivables_allow_a_parent(self):
        salesman = new_test_user(
            self.env, "matrix_sales", "base.group_user,base.group_partner_manager", company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )  # fmt: skip
        for user in (salesman, self.users["parent"]):
            with self.subTest(user=user.login), self.assertRaisesRegex(Exception, "access|ccess"):
                self.holding.with_user(user).write({"ar_sees_subsidiaries": True})
        clerk = new_test_user(
            self.env, "matrix_clerk", "ar_enhanced.group_ar_clerk,base.group_partner_manager",
            company_id=self.env.company.id, company_ids=[Command.set(self.env.company.ids)],
        )  # fmt: skip
        self.holding.with_user(clerk).ar_sees_subsidiaries = True
        self.assertTrue(self.holding.ar_sees_subsidiaries)
