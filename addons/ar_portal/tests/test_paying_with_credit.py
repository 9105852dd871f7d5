from datetime import timedelta

from lxml import html

from odoo.fields import Command
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .test_online_payment import PAGE, OnlinePaymentCase


class CreditCase(OnlinePaymentCase):
    """A customer with invoices, credit notes and payments on account."""

    def _credit(self, amount, days_ago=0, **values):
        return self._invoice(amount, days_ago=days_ago, move_type="out_refund", **values)

    def _on_account(self, amount, partner=None, days_ago=0, **values):
        """A payment that no invoice has used; return its open line."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or self.birch).id,
                "amount": amount,
                "date": self.today - timedelta(days_ago),
                "journal_id": self.company_data["default_journal_bank"].id,
                **values,
            }
        )
        payment.action_post()
        return payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _open(self, *moves):
        return [abs(sum(move._ar_term_lines().mapped("amount_residual_currency"))) for move in moves]

    def _matched(self, credit, *invoices):
        """What of the line ``credit`` settles each of ``invoices``."""
        partials = credit.matched_debit_ids
        return [
            sum(partials.filtered(lambda part, i=i: part.debit_move_id.move_id == i).mapped("amount")) for i in invoices
        ]

    def _post(self, route, items, user=None, **values):
        """Send the form of the page, with its token against forgery."""
        user = user or self.clerk
        self.env.flush_all()
        self.authenticate(user.login, user.login)
        data = {"csrf_token": self._csrf(), "item": [str(item) for item in items], **values}
        return self.url_open(f"{PAGE}/{route}", data=data)

    def _csrf(self):
        text = self.url_open("/my/home").text
        return text.split('csrf_token: "')[1].split('"')[0]

    def _words(self, response):
        text = html.fromstring(response.text).text_content()
        return " ".join(text.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").split())


@tagged("post_install", "-at_install")
class TestPayingWithCredit(CreditCase):
    """Credits are netted with what is paid, to the cent."""

    def test_the_net_of_invoices_and_a_credit_note_is_paid_and_all_are_settled(self):
        first, second, credit = self._invoice(1000, days_ago=5), self._invoice(500), self._credit(300)
        payment = self._pay(*self._items(first, second, credit))
        self.assertEqual(payment.amount, 1200)
        self._assert_settled(first, second, credit)
        self.assertEqual(self._matched(credit._ar_term_lines(), first, second), [300, 0])

    def test_a_credit_note_settles_what_is_left_after_the_discount_as_money_does(self):
        self._policy((2, 10))
        invoice, credit = self._invoice(1000), self._credit(300)
        context = self._get_payment_context(self._page(*self._items(invoice, credit)))
        self.assertEqual(context["amount"], 680)  # 980 less 300, as registering a payment of both has it
        payment = self._finish(self._start(context["transaction_route"], amount=680.0))
        self._assert_settled(invoice, credit)
        self.assertEqual(self._booked(payment, self.loss), [20])

    def test_credits_go_first_where_no_discount_is_lost(self):
        invoice = self._invoice(1000, term=self._native_term("included"))
        other, credit = self._invoice(400), self._credit(300)
        payment = self._pay(*self._items(invoice, other, credit))
        self.assertEqual(payment.amount, 1080)
        self._assert_settled(invoice, other, credit)
        self.assertEqual(self._matched(credit._ar_term_lines(), other), [300])

    def test_odoo_s_own_discount_stays_with_a_credit_note_and_ends_with_an_earlier_payment_of_a_part(self):
        for credit, amount in ((self._credit(300), 680), (self._on_account(300), 700)):
            with self.subTest(credit=credit):
                invoice = self._invoice(1000, term=self._native_term("included"))
                line = credit if credit._name == "account.move.line" else credit._ar_term_lines()
                payment = self._pay(*self._items(invoice), line.id)
                self.assertEqual((payment.amount, self._booked(payment, self.loss)), (amount, [700 - amount]))
                self._assert_settled(invoice)
                self.assertTrue(line.reconciled)

    def test_a_credit_note_settles_first_the_invoice_that_it_credits(self):
        early, late = self._invoice(1000, days_ago=9), self._invoice(500)
        credit = late._reverse_moves([{"invoice_date": self.today}])
        credit.invoice_line_ids.price_unit = 200
        credit.action_post()
        credit.line_ids.remove_move_reconcile()  # Odoo matches it as soon as it is posted
        payment = self._pay(*self._items(early, late, credit))
        self.assertEqual(payment.amount, 1300)
        self.assertEqual(self._matched(credit._ar_term_lines(), early, late), [0, 200])

    def test_an_earlier_payment_is_used_and_earns_its_discount(self):
        self._policy((2, 10))
        invoice, other = self._invoice(1000), self._invoice(500, days_ago=20)
        earlier = self._on_account(1300)
        payment = self._pay(*self._items(invoice, other), earlier.id)
        # 500 of it settle the other one; 800 with 180 and the discount settle the first.
        self.assertEqual((payment.amount, self._booked(payment, self.loss)), (180, [20]))
        self._assert_settled(invoice, other)
        self.assertTrue(earlier.reconciled)

    def test_what_of_a_credit_is_not_needed_stays_open(self):
        invoice, other = self._invoice(100), self._invoice(70, term=self.halves)
        old, new = self._credit(30, days_ago=3), self._credit(50)
        first = other._ar_term_lines().sorted("date_maturity")[0]
        payment = self._pay(*self._items(invoice, old, new), first.id)
        self.assertEqual(payment.amount, 55)
        self.assertEqual(self._open(invoice, other, old, new), [0, 35, 0, 0])

    def test_a_payment_on_account_and_a_credit_note_are_used_in_euros(self):
        euro = self.currency_euro
        invoice = self._invoice(1000, currency_id=euro.id)
        credit = self._credit(100, currency_id=euro.id, days_ago=2)
        earlier = self._on_account(250, currency_id=euro.id)
        payment = self._pay(*self._items(invoice, credit), earlier.id)
        self.assertEqual((payment.amount, payment.currency_id), (650, euro))
        self._assert_settled(invoice, credit)
        self.assertTrue(earlier.reconciled)

    # ---- what happens meanwhile

    def test_two_people_with_the_same_credit_use_it_once(self):
        first, second, credit = self._invoice(1000), self._invoice(500), self._credit(300)
        colleague = self._portal_user("colleague", self.birch)
        one = self._start_on_page(*self._items(first, credit))
        two = self._start_on_page(*self._items(second, credit), user=colleague)
        self._finish(one)
        self._finish(two)
        self.assertEqual(self._open(first, second, credit), [0, 300, 0])
        self.assertIn("changed or used meanwhile", "".join(second.message_ids.mapped("body")))
        self.assertNotIn("used meanwhile", "".join(first.message_ids.mapped("body")))

    def test_where_the_credit_is_gone_a_discount_on_all_of_an_invoice_is_not_granted(self):
        # Of the discount of 26 on 1,300, what belongs to 974 of 1,274; or none.
        for rule, discount in (("proportional", 19.88), ("whole", 0)):
            with self.subTest(rule=rule):
                policy = self._policy((2, 10), partial_rule=rule)
                invoice, credit = self._invoice(1300), self._credit(300)
                transaction = self._start_on_page(*self._items(invoice, credit))
                self.assertEqual(transaction.amount, 974)
                self._invoice(300).js_assign_outstanding_line(credit._ar_term_lines().id)
                self._finish(transaction)
                self.assertEqual(self._open(invoice, credit), [round(326 - discount, 2), 0])
                # Paid in time, the rest takes what is left of the 26.
                self.assertEqual(invoice._ar_amount_due(self.today), 300)
                policy.active = False

    def test_an_invoice_that_was_paid_meanwhile_leaves_the_credit_and_the_money(self):
        invoice, credit = self._invoice(1000), self._credit(300)
        transaction = self._start_on_page(*self._items(invoice, credit))
        self._register_payment(invoice, payment_date=self.today)
        payment = self._finish(transaction)
        self.assertEqual(self._open(invoice, credit), [0, 300])
        left = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(sum(left.mapped("amount_residual")), -700)

    def test_what_was_authorised_uses_the_credit_with_its_last_capture(self):
        self.provider.capture_manually = True
        invoice, credit = self._invoice(1000), self._credit(300)
        transaction = self._start_on_page(*self._items(invoice, credit))
        transaction._set_authorized()
        for amount, left in ((500, [500, 300]), (200, [0, 0])):
            capture = transaction._capture(amount)
            capture._set_done()
            capture._post_process()
            self.assertEqual(self._open(invoice, credit), left)

    def test_a_transaction_without_credits_is_read_as_before(self):
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        self.assertEqual(set(transaction.ar_allocation), {"day", "lines"})
        transaction.ar_allocation = {
            "day": str(self.today),
            "lines": {str(self._items(invoice)[0]): {"paid": "1000.00", "discount": "0.00"}},
        }
        self._finish(transaction)
        self._assert_settled(invoice)

    # ---- nothing to pay

    def test_where_credit_covers_all_the_customer_settles_only_if_the_company_lets_him(self):
        invoice, credit = self._invoice(100), self._credit(150)
        items = self._items(invoice, credit)
        page = self._page(*items)
        self.assertNotIn("o_payment_form", page.text)
        self.assertIn("o_ar_contact", page.text)
        self.assertIn("contact us", self._words(self._post("settle", items)))
        self.assertEqual(self._open(invoice, credit), [100, 150])
        self.env.company.ar_portal_settle_by_credit = True
        self.assertIn("Settle with my credit", self._words(self._page(*items)))
        self._post("settle", items)
        self.assertEqual(self._open(invoice, credit), [0, 50])
        self.assertIn("used credit in the portal", "".join(invoice.message_ids.mapped("body")))
        self.assertIn("is not open any more", self._words(self._post("settle", items)))
        self.assertEqual(self._open(credit), [50])

    def test_nothing_is_settled_by_credit_while_money_is_owed(self):
        self.env.company.ar_portal_settle_by_credit = True
        invoice, credit = self._invoice(100), self._credit(50)
        self.assertIn("something left to pay", self._words(self._post("settle", self._items(invoice, credit))))
        self.assertEqual(self._open(invoice, credit), [100, 50])

    def test_an_earlier_payment_alone_settles_it_with_its_discount(self):
        self._policy((2, 10))
        self.env.company.ar_portal_settle_by_credit = True
        invoice, earlier = self._invoice(1000), self._on_account(1200)
        self._post("settle", [*self._items(invoice), earlier.id])
        self._assert_settled(invoice)
        self.assertEqual(earlier.amount_residual, -220)

    def test_the_discount_that_an_earlier_payment_has_earned_is_booked_on_its_day(self):
        self._policy((2, 10))
        self.env.company.ar_portal_settle_by_credit = True
        invoice = self._invoice(1000, days_ago=20)
        earlier = self._on_account(980, days_ago=15)
        self._post("settle", [*self._items(invoice), earlier.id])
        self._assert_settled(invoice)
        booked = self.env["account.move.line"].search([("ar_discount_offer_id.move_id", "=", invoice.id)])
        self.assertEqual(booked.mapped("date"), [earlier.date])

    @mute_logger("odoo.http")
    def test_no_transaction_is_started_with_nothing_to_pay(self):
        invoice, credit = self._invoice(100), self._credit(150)
        self._page()
        route = f"{PAGE}/transaction/{','.join(map(str, self._items(invoice, credit)))}"
        for amount in (0, 0.0, -50.0, 100.0):
            with self.subTest(amount=amount), self.assertRaises(JsonRpcException):
                self._start(route, amount=amount)

    # ---- what is offered and refused

    def test_open_credits_are_offered_and_those_of_others_are_not(self):
        invoice, credit, earlier = self._invoice(100), self._credit(20), self._on_account(30)
        foreign, theirs = self._credit(77, partner=self.cedar), self._on_account(66, partner=self.cedar)
        euro = self._credit(55, currency_id=self.currency_euro.id)
        page = html.fromstring(self._page(*self._items(invoice)).text)
        offered = {
            int(box.get("value")) for box in page.xpath("//*[@class='o_ar_pay_credits mb-2']//input[@name='item']")
        }
        self.assertEqual(offered, {*self._items(credit), earlier.id})
        for other in (*self._items(foreign, euro), theirs.id):
            with self.subTest(other=other):
                text = self._words(self._page(*self._items(invoice), other))
                self.assertRegex(text, "is not open any more|can't settle invoices in another")
                self.assertNotIn("77.00", text)
                self.assertNotIn("66.00", text)
        self.assertIn("Choose the invoices too", self._words(self._page(*self._items(credit))))

    def test_what_is_no_payment_of_the_customer_is_no_credit(self):
        invoice = self._invoice(100)
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": receivable.id, "partner_id": self.birch.id, "credit": 50}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "debit": 50}),
                ]
            }
        )
        entry.action_post()
        refused = entry.line_ids.filtered(lambda line: line.account_id == receivable)
        self.assertIn("is not open any more", self._words(self._page(*self._items(invoice), refused.id)))

    def test_the_list_lets_a_credit_note_be_ticked(self):
        invoice, credit = self._invoice(100), self._credit(20)
        self.env.flush_all()
        self.authenticate("clerk", "clerk")
        page = html.fromstring(self.url_open(PAGE).text)
        values = {int(box.get("value")) for box in page.xpath("//input[@name='item']")}
        self.assertEqual(values, set(self._items(invoice, credit)))
        told = self.make_jsonrpc_request(self._build_url(f"{PAGE}/chosen"), {"items": self._items(invoice, credit)})
        self.assertIn("80.00", told["amount"])
