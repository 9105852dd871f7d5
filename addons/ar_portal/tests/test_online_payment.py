from datetime import timedelta
from decimal import Decimal
from html import unescape

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command
from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.payment.tests.http_common import PaymentHttpCommon

PAGE = "/my/receivables"
MODES = ("included", "excluded", "mixed")


class OnlinePaymentCase(AccountPaymentCommon, PaymentHttpCommon):
    """A portal customer, two taxes, discounts of every kind, and the demo provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.today = fields.Date.today()
        cls.provider = cls._prepare_provider(code="demo")
        cls.provider.is_published = True
        cls.method = cls.provider.payment_method_ids[:1]
        cls.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", "True")
        cls.birch, cls.cedar = cls.env["res.partner"].create(
            [{"name": name, "is_company": True} for name in ("Birch Trading", "Cedar Works")]
        )
        cls.clerk, cls.cedar_user = (
            cls._portal_user(login, partner) for login, partner in (("clerk", cls.birch), ("cedar", cls.cedar))
        )
        cls.loss = cls.env.company.account_journal_early_pay_discount_loss_account_id
        cls.tax_account = cls.company_data["default_account_tax_sale"]
        cls.taxes = [cls._tax(percent) for percent in (19, 7)]
        cls.net_30 = cls._term({"value": "percent", "value_amount": 100, "nb_days": 30})
        cls.halves = cls._term(*({"value": "percent", "value_amount": 50, "nb_days": days} for days in (30, 60)))

    @classmethod
    def _portal_user(cls, login, partner):
        contact = cls.env["res.partner"].create(
            {"name": login, "parent_id": partner.id, "email": f"{login}@example.com"}
        )
        return new_test_user(
            cls.env,
            login,
            "base.group_portal",
            partner_id=contact.id,
            password=login,
            tz="UTC",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )

    @classmethod
    def _tax(cls, percent):
        shares = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": cls.tax_account.id}),
        ]
        return cls.env["account.tax"].create(
            {
                "name": f"VAT {percent} %",
                "amount": percent,
                "type_tax_use": "sale",
                "invoice_repartition_line_ids": shares,
                "refund_repartition_line_ids": shares,
            }
        )

    @classmethod
    def _term(cls, *lines, **values):
        return cls.env["account.payment.term"].create(
            {"name": "Terms", "line_ids": [Command.create(line) for line in lines], **values}
        )

    @classmethod
    def _native_term(cls, mode, percent=2):
        return cls._term(
            {"value": "percent", "value_amount": 100, "nb_days": 30},
            early_discount=True,
            discount_percentage=percent,
            discount_days=10,
            early_pay_discount_computation=mode,
        )

    @classmethod
    def _policy(cls, *tiers, **values):
        """Tiers of (percent, days) for the invoices of Birch."""
        return cls.env["ar.discount.policy"].create(
            {
                "name": "Pay early",
                "applies_to": "customer",
                "partner_ids": [Command.set(cls.birch.ids)],
                "tier_ids": [Command.create({"percent": percent, "days": days}) for percent, days in tiers],
                "grace_days": 0,
                "grace_amount": 0,
                **values,
            }
        )

    @classmethod
    def _invoice(cls, *amounts, term=None, days_ago=0, partner=None, taxes=None, **values):
        """Post an invoice; of several amounts, each has its own tax."""
        taxes = cls.taxes if taxes is None and len(amounts) > 1 else taxes or [cls.env["account.tax"]] * len(amounts)
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.birch).id,
                "invoice_date": cls.today - timedelta(days_ago),
                "invoice_payment_term_id": (term or cls.net_30).id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Goods",
                            "price_unit": amount,
                            "tax_ids": [Command.set(tax.ids)],
                            "account_id": cls.company_data["default_account_revenue"].id,
                        }
                    )
                    for amount, tax in zip(amounts, taxes, strict=True)
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    # ---- paying

    def _items(self, *invoices):
        return [line.id for invoice in invoices for line in invoice._ar_term_lines()]

    def _page(self, *items, user=None):
        """The response of the page on which items are paid."""
        self.env.flush_all()
        self.authenticate((user or self.clerk).login, (user or self.clerk).login)
        return self.url_open(f"{PAGE}/pay?" + "&".join(f"item={item}" for item in items))

    def _start(self, route, **values):
        """Start a transaction as Odoo's payment form does; return it."""
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my",
            "is_validation": False,
            "access_token": "",
            **values,
        }
        with mute_logger("odoo.addons.payment.models.payment_transaction"):
            told = self.make_jsonrpc_request(self._build_url(route), params)
        return self.env["payment.transaction"].search([("reference", "=", told["reference"])])

    def _start_on_page(self, *items, user=None):
        """Start the transaction of the page that shows ``items``."""
        context = self._get_payment_context(self._page(*items, user=user))
        return self._start(context["transaction_route"], amount=context["amount"])

    def _finish(self, transaction):
        """The provider reports that it has the money, and Odoo books it, twice."""
        transaction._apply_updates(
            {"reference": transaction.reference, "payment_details": "1", "simulated_state": "done"}
        )
        transaction._post_process()
        transaction._post_process()
        return transaction.payment_id

    def _pay(self, *items):
        return self._finish(self._start_on_page(*items))

    def _pay_on_invoice(self, invoice, amount=None):
        """Pay on Odoo's own page of the invoice, the amount that it shows."""
        self.env.flush_all()
        self.authenticate("clerk", "clerk")
        context = self._get_payment_context(self.url_open(invoice.get_portal_url()))
        transaction = self._start(
            context["transaction_route"],
            amount=context["amount"] if amount is None else amount,
            access_token=context["access_token"],
        )
        return self._finish(transaction)

    # ---- what is true afterwards

    def _assert_settled(self, *invoices):
        for invoice in invoices:
            self.assertEqual((invoice.amount_residual, invoice.payment_state), (0, "paid"), invoice.name)

    def _booked(self, payment, *accounts):
        """What the entry books on these accounts in sum, and that it balances."""
        lines = payment.move_id.line_ids
        self.assertFalse(payment.company_currency_id.round(sum(lines.mapped("balance"))))
        return [
            round(sum(lines.filtered(lambda line, account=account: line.account_id == account).mapped("balance")), 2)
            for account in accounts
        ]


@tagged("post_install", "-at_install")
class TestOnlinePayment(OnlinePaymentCase):
    """Discounts are taken online, and everything books to zero."""

    def test_an_invoice_with_two_taxes_is_settled_in_each_mode_of_the_payment_terms(self):
        # 119.00 + 214.00, 2 % of all with tax, or 2 % of 300 before it
        expected = {"included": (6.66, [6.00, 0.66]), "excluded": (6.00, [6.00, 0.0]), "mixed": (6.00, [6.00, 0.0])}
        for mode in MODES:
            for pay in (self._pay_on_invoice, lambda invoice: self._pay(*self._items(invoice))):
                with self.subTest(mode=mode):
                    invoice = self._invoice(100, 200, term=self._native_term(mode))
                    total, (discount, booked) = invoice.amount_total, expected[mode]
                    due = invoice._ar_amount_due(self.today)
                    self.assertAlmostEqual(total - due, discount)
                    payment = pay(invoice)
                    self.assertAlmostEqual(payment.amount, due)
                    self._assert_settled(invoice)
                    self.assertEqual(self._booked(payment, self.loss, self.tax_account), booked)

    def test_an_invoice_with_two_taxes_is_settled_in_each_mode_of_a_policy(self):
        for mode, booked in {"included": [9.00, 0.99], "excluded": [9.00, 0.0]}.items():
            with self.subTest(mode=mode):
                policy = self._policy((3, 10), (2, 20), tax_mode=mode)
                invoice = self._invoice(100, 200)
                payment = self._pay_on_invoice(invoice)
                self._assert_settled(invoice)
                self.assertEqual(self._booked(payment, self.loss, self.tax_account), booked)
                policy.active = False

    def test_three_invoices_with_discounts_of_several_tiers_are_settled_by_one_payment(self):
        self._policy((3, 10), (2, 20))
        invoices = [self._invoice(100, 200, days_ago=days) for days in (0, 15, 25)]
        response = self._page(*self._items(*invoices))
        context = self._get_payment_context(response)
        self.assertEqual(context["amount"], round(323.01 + 326.34 + 333.00, 2))
        payment = self._finish(self._start(context["transaction_route"], amount=context["amount"]))
        self._assert_settled(*invoices)
        self.assertEqual(payment.amount, context["amount"])
        self.assertEqual(self._booked(payment, self.loss, self.tax_account), [15.00, 1.65])
        offers = payment.move_id.line_ids.ar_discount_offer_id
        self.assertEqual(sorted(offers.mapped("percent")), [2, 3])
        self.assertEqual(offers.move_id, invoices[0] | invoices[1])
        self.assertEqual(payment.partner_id, self.birch)

    def test_an_instalment_is_paid_alone_less_its_discount(self):
        self._policy((2, 20))
        invoice = self._invoice(100, 200, term=self.halves)
        first, second = invoice._ar_term_lines().sorted("date_maturity")
        payment = self._pay(first.id)
        self.assertEqual((payment.amount, first.reconciled, second.reconciled), (163.17, True, False))
        self.assertEqual(invoice.amount_residual, 166.50)
        self.assertEqual(self._booked(payment, self.loss, self.tax_account), [3.00, 0.33])
        self._pay(second.id)
        self._assert_settled(invoice)

    def test_all_instalments_are_paid_on_the_page_of_the_invoice(self):
        self._policy((2, 20))
        invoice = self._invoice(100, 200, term=self.halves)
        payment = self._pay_on_invoice(invoice, amount=326.34)
        self._assert_settled(invoice)
        self.assertEqual(self._booked(payment, self.loss), [6.00])

    def test_what_is_left_after_a_part_payment_keeps_its_discount(self):
        self._policy((2, 20))
        invoice = self._invoice(1000)
        self._register_payment(invoice, amount=490, payment_date=self.today)
        payment = self._pay(*self._items(invoice))
        self.assertEqual(payment.amount, 490)
        self._assert_settled(invoice)
        self.assertEqual(self._booked(payment, self.loss), [20.00])

    def test_a_sliding_discount_is_that_of_the_day(self):
        self.env.company.ar_cost_of_capital = 8
        self._policy(kind="sliding", annual_rate=7.3, tier_ids=False)
        invoice = self._invoice(1000, days_ago=10)
        payment = self._pay(*self._items(invoice))
        self.assertEqual(payment.amount, 996.00)
        self._assert_settled(invoice)

    def test_an_invoice_in_another_currency_is_settled_with_its_discount(self):
        self._policy((2, 20))
        invoice = self._invoice(100, 200, currency_id=self.currency_euro.id)
        payment = self._pay(*self._items(invoice))
        self.assertEqual((payment.amount, payment.currency_id), (326.34, self.currency_euro))
        self._assert_settled(invoice)
        self._booked(payment)

    def test_invoices_without_a_discount_are_paid_together(self):
        invoices = [self._invoice(100), self._invoice(50)]
        payment = self._pay(*self._items(*invoices))
        self.assertEqual(payment.amount, 150)
        self._assert_settled(*invoices)

    def test_the_page_of_the_invoice_and_the_payment_link_ask_for_the_same_amount(self):
        self._policy((3, 10), (2, 20))
        invoice = self._invoice(100, 200)
        self.assertEqual(invoice._get_invoice_next_payment_values()["amount_due"], 323.01)
        self.authenticate("clerk", "clerk")
        context = self._get_payment_context(self.url_open(invoice.get_portal_url()))
        self.assertEqual(context["amount"], 323.01)
        wizard = (
            self.env["payment.link.wizard"].with_context(active_id=invoice.id, active_model="account.move").create({})
        )
        self.assertTrue(wizard.has_eligible_epd)
        context = self._get_payment_context(self.url_open(wizard.link))
        self.assertEqual(context["amount"], 323.01)

    # ---- what happens between start and end

    def test_a_discount_that_ended_while_the_provider_was_busy_is_granted(self):
        self._policy((3, 5), (2, 10))
        invoice = self._invoice(100, 200, days_ago=10)
        transaction = self._start_on_page(*self._items(invoice))
        with freeze_time(fields.Datetime.now() + timedelta(3)):
            self.assertEqual(invoice._ar_amount_due(self.today + timedelta(3)), 333)
            payment = self._finish(transaction)
        self._assert_settled(invoice)
        self.assertEqual(self._booked(payment, self.loss, self.tax_account), [6.00, 0.66])
        self.assertEqual(payment.move_id.line_ids.ar_discount_offer_id.percent, 2)
        self.assertIn("is granted although its time is over", "".join(payment.message_ids.mapped("body")))

    def test_an_invoice_that_was_paid_meanwhile_leaves_the_money_on_the_account(self):
        self._policy((2, 10))
        paid, other = self._invoice(1000), self._invoice(500)
        transaction = self._start_on_page(*self._items(paid, other))
        self._register_payment(paid, payment_date=self.today)
        payment = self._finish(transaction)
        self._assert_settled(paid, other)
        self.assertEqual(self._booked(payment, self.loss), [10.00])
        left = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(sum(left.mapped("amount_residual")), -980)
        self.assertIn("stays on the account", "".join(paid.message_ids.mapped("body")))
        self.assertFalse(other.message_ids.filtered(lambda message: "stays on the account" in message.body))

    def test_an_invoice_that_was_paid_in_part_meanwhile_is_settled_and_no_more(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        self._register_payment(invoice, amount=490, payment_date=self.today)
        payment = self._finish(transaction)
        self._assert_settled(invoice)
        left = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(sum(left.mapped("amount_residual")), -490)
        self.assertEqual(self._booked(payment, self.loss), [20.00])

    def test_an_invoice_that_was_reset_to_draft_meanwhile_takes_nothing(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        invoice.button_draft()
        invoice.button_cancel()
        payment = self._finish(transaction)
        self.assertEqual(payment.state, "paid" if payment.state == "paid" else "in_process")
        self.assertEqual(self._booked(payment, self.loss), [0.0])
        left = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(sum(left.mapped("amount_residual")), -980)

    def test_a_payment_is_booked_once(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        payment = self._finish(transaction)
        transaction._post_process()
        self.assertEqual(self.env["account.payment"].search([("payment_transaction_id", "=", transaction.id)]), payment)

    # ---- what is refused

    @mute_logger("odoo.http")
    def _assert_refused(self, items, words, user=None, **values):
        """Neither the page nor the route of the transaction takes these items."""
        count = self.env["payment.transaction"].search_count([])
        response = self._page(*items, user=user)
        self.assertEqual(response.status_code, 200)
        self.assertIn(words, " ".join(unescape(response.text).split()))
        self.assertNotIn("o_payment_form", response.text)
        with self.assertRaisesRegex(JsonRpcException, "ValidationError"):
            self._start(f"{PAGE}/transaction/{','.join(map(str, items))}", amount=100.0, **values)
        self.assertEqual(self.env["payment.transaction"].search_count([]), count)
        return response

    def test_invoices_of_others_drafts_and_what_is_no_id_are_refused(self):
        own, foreign = self._invoice(100), self._invoice(7777, partner=self.cedar)
        draft = self._invoice(100)
        draft.button_draft()
        credit = self._invoice(10, move_type="out_refund", partner=self.cedar)
        bad = [self._items(foreign), self._items(own, foreign), self._items(draft), self._items(own, credit)]
        bad += [[0], [-1], ["x"], [2**40], [own.line_ids.filtered(lambda line: line.display_type == "product").id]]
        for items in bad:
            with self.subTest(items=items):
                response = self._assert_refused(items, "is not open any more")
                self.assertNotIn(foreign.name, response.text)
                self.assertNotIn("7,777", response.text)
        page = self._page().text
        self.assertIn("Choose the invoices that you want to pay", page)
        self.assertNotIn("o_payment_form", page)

    def test_what_was_paid_is_refused(self):
        invoice = self._invoice(100)
        self._register_payment(invoice)
        self._assert_refused(self._items(invoice), "is not open any more")

    def test_several_currencies_are_refused(self):
        invoices = self._invoice(100), self._invoice(100, currency_id=self.currency_euro.id)
        self._assert_refused(self._items(*invoices), "Invoices in different currencies can't be paid together")

    def test_several_companies_are_refused(self):
        other = self._create_company(name="Second", currency_id=self.env.company.currency_id.id)
        self.clerk.write({"company_ids": [Command.link(other.id)]})
        own = self._invoice(100)
        # The accountant of the first company has no right in the second one.
        books = self.env(su=True, context={"allowed_company_ids": [other.id]})
        account = books["account.account"].search([("account_type", "=", "income")], limit=1)
        theirs = books["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.birch.id,
                "invoice_date": self.today,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": 5, "account_id": account.id, "tax_ids": []})
                ],
            }
        )
        theirs.action_post()
        response = self._page(*self._items(own, theirs.with_env(self.env(su=True))))
        self.assertNotIn("o_payment_form", response.text)
        self.assertIn("o_ar_not_payable", response.text)

    def test_an_invoice_with_a_pending_payment_is_refused(self):
        invoice = self._invoice(100)
        transaction = self._start_on_page(*self._items(invoice))
        transaction._set_pending()
        self._assert_refused(self._items(invoice), "There are pending transactions for this invoice")

    @mute_logger("odoo.http")
    def test_another_amount_currency_partner_or_allocation_is_refused(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        route = f"{PAGE}/transaction/{self._items(invoice)[0]}"
        self.authenticate("clerk", "clerk")
        for values in (
            {"amount": 1.0},
            {"amount": None},
            {"amount": "NaN"},
            {"amount": 1000.0},
            {"amount": 980.0, "currency_id": self.currency_euro.id},
            {"amount": 980.0, "partner_id": self.cedar.id},
            {"amount": 980.0, "ar_allocation": {}},
            {"amount": 980.0, "custom_create_values": {"amount": 1}},
            {"amount": 980.0, "reference_prefix": "X"},
        ):
            with self.subTest(values=values), self.assertRaises(JsonRpcException):
                self._start(route, **values)
        transaction = self._start(route, amount=980.0, landing_route="https://example.com/")
        self.assertEqual(
            (transaction.amount, transaction.currency_id, transaction.partner_id, transaction.landing_route),
            (980.0, self.env.company.currency_id, self.clerk.partner_id, PAGE),
        )
        self.assertEqual(
            transaction.ar_allocation["lines"],
            {
                str(self._items(invoice)[0]): {
                    "paid": "980.00",
                    "discount": "20.00",
                    "offer": invoice.ar_discount_offer_ids.id,
                }
            },
        )

    @mute_logger("odoo.http")
    def test_a_provider_of_another_company_or_a_disabled_one_is_refused(self):
        invoice = self._invoice(100)
        other = self.provider.copy({"state": "disabled"})
        self.authenticate("clerk", "clerk")
        with self.assertRaises(JsonRpcException):
            self._start(f"{PAGE}/transaction/{self._items(invoice)[0]}", amount=100.0, provider_id=other.id)

    def test_who_is_not_logged_in_gets_no_page(self):
        invoice = self._invoice(100)
        self.env.flush_all()
        self.authenticate(None, None)
        response = self.url_open(f"{PAGE}/pay?item={self._items(invoice)[0]}")
        self.assertIn("/web/login", response.url)
        self.assertNotIn(invoice.name, response.text)

    # ---- what the list says

    def test_the_list_tells_each_discount_and_the_sum_of_them(self):
        self._policy((3, 10), (2, 20))
        for days in (0, 15, 25):
            self._invoice(1000, days_ago=days)
        self._invoice(9000, partner=self.cedar)
        self.env.flush_all()
        self.authenticate("clerk", "clerk")
        page = " ".join(self.url_open(PAGE).text.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").split())
        self.assertEqual(page.count("saves"), 2)
        self.assertIn("-3 % until", page)
        self.assertIn("-2 % until", page)
        account = self.env["res.partner"].with_user(self.clerk)._ar_portal_account()
        self.assertEqual(
            [(block["saving"], block["saving_until"]) for block in account], [(50.0, self.today + timedelta(5))]
        )
        self.assertEqual(self._get_payment_context(self.url_open(account[0]["saving_url"]))["amount"], 1950.0)
        account = self.env["res.partner"].with_user(self.cedar_user)._ar_portal_account()
        self.assertEqual([block["saving"] for block in account], [None])

    def test_the_bar_tells_the_server_s_sum_or_why_there_is_none(self):
        self._policy((2, 20))
        first, second = self._invoice(1000), self._invoice(500)
        foreign = self._invoice(100, partner=self.cedar)
        self.env.flush_all()
        self.authenticate("clerk", "clerk")
        url = self._build_url(f"{PAGE}/chosen")

        def ask(items):
            told = self.make_jsonrpc_request(url, {"items": items})
            return {
                key: " ".join(value.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").split()) for key, value in told.items()
            }

        told = ask(self._items(first, second))
        self.assertEqual(told["words"], "2 chosen")
        self.assertIn("1,470.00", told["amount"])
        self.assertIn("30.00", told["saving"])
        told = ask(self._items(first, foreign))
        self.assertFalse(told["amount"])
        self.assertIn("is not open any more", told["error"])
        self.assertEqual(set(ask([]).values()), {""})
        for odd in ("x", None, {"a": 1}, [None], ["1e3"], [[1]]):
            self.assertFalse(ask(odd)["amount"])

    def test_days_of_grace_are_granted_and_not_told(self):
        self._policy((2, 10), grace_days=5)
        invoice = self._invoice(1000, days_ago=12)
        [row] = invoice._ar_term_lines().with_user(self.clerk)._ar_portal_lines(self.today)
        self.assertEqual(row["discount"]["until"], self.today)
        self.assertIn("today", row["discount"]["words"])
        self.assertEqual(Decimal(str(self._pay(*self._items(invoice)).amount)), Decimal("980.0"))
