from html import unescape

from lxml import html

from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .test_online_payment import PAGE
from .test_paying_with_credit import CreditCase


class PartCase(CreditCase):
    def _enter(self, items, amount, reason="instalment", text="", of=None, user=None):
        """Send another amount for the first of ``items``, or for item ``of``; return the response."""
        of = of or items[0]
        values = {f"amount_{of}": amount, f"reason_{of}": reason, f"text_{of}": text}
        return self._post("choice", items, user=user, **values)

    def _pay_part(self, items, amount, reason="instalment", text=""):
        context = self._get_payment_context(self._enter(items, amount, reason, text))
        return self._finish(self._start(context["transaction_route"], amount=context["amount"]))

    def _words_of(self, invoice):
        said = "".join(invoice.message_ids.mapped("body"))
        return said.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").replace("&nbsp;", " ")

    def _part_note(self, response):
        """What the page says of the discount of the only part."""
        [note] = html.fromstring(response.text).find_class("o_ar_part_note")
        return note.text_content()

    def _disputes(self, invoice):
        return self.env["ar.dispute"].sudo().search([("move_id", "=", invoice.id)])


@tagged("post_install", "-at_install")
class TestPayingAPart(PartCase):
    """A customer pays less than all and says why; the server reckons everything anew."""

    def test_a_part_is_paid_exactly_and_its_reason_is_on_the_invoice(self):
        invoice, other = self._invoice(1000), self._invoice(500)
        payment = self._pay_part(self._items(invoice, other), "400,50", "instalment", "The rest in May")
        self.assertEqual(payment.amount, 900.50)
        self.assertEqual(self._open(invoice, other), [599.50, 0])
        said = "".join(invoice.message_ids.mapped("body"))
        self.assertIn("The rest in May", said)
        self.assertIn("I pay in instalments", said)
        self.assertFalse(self._disputes(invoice))
        self.assertNotIn("pays a part", "".join(other.message_ids.mapped("body")))

    def test_the_rest_is_disputed_once_the_payment_is_booked(self):
        invoice = self._invoice(1000)
        transaction = self._enter(self._items(invoice), "400", "dispute", "Two boxes were broken")
        context = self._get_payment_context(transaction)
        transaction = self._start(context["transaction_route"], amount=400.0)
        self.assertFalse(self._disputes(invoice))
        self._finish(transaction)
        dispute = self._disputes(invoice)
        self.assertEqual(
            (dispute.amount, dispute.description, dispute.state, dispute.move_line_id.id),
            (600, "Two boxes were broken", "open", self._items(invoice)[0]),
        )

    def test_a_dispute_that_is_open_already_is_left_as_it_is(self):
        invoice = self._invoice(1000)
        code = self.env.ref("ar_enhanced.dispute_code_price")
        first = self.env["ar.dispute"].sudo().create({"move_id": invoice.id, "amount": 300, "code_id": code.id})
        self._pay_part(self._items(invoice), "700", "dispute", "Price")
        self.assertEqual(self._disputes(invoice), first)
        self.assertEqual(first.amount, 300)

    def test_a_part_has_its_discount_later_or_never_as_the_policy_says(self):
        for rule, due in (("proportional", 490), ("whole", 480), ("lost", 500)):
            with self.subTest(rule=rule):
                policy = self._policy((2, 10), partial_rule=rule)
                invoice, paid = self._invoice(1000), "490" if rule == "proportional" else "500"
                self.assertIn("discount", self._part_note(self._enter(self._items(invoice), paid)))
                payment = self._pay_part(self._items(invoice), paid)
                self.assertEqual(self._booked(payment, self.loss), [0])
                self.assertEqual(invoice.amount_residual, 1000 - float(paid))
                self.assertEqual(invoice._ar_amount_due(self.today), due)
                policy.active = False

    def test_an_item_that_is_paid_in_part_takes_no_credit(self):
        invoice, other, credit = self._invoice(1000), self._invoice(200), self._credit(300)
        payment = self._pay_part(self._items(invoice, other, credit), "150")
        self.assertEqual(payment.amount, 150)
        self.assertEqual(self._open(invoice, other, credit), [850, 0, 100])

    def test_a_credit_that_would_be_matched_beyond_the_choice_is_left_alone(self):
        changed, part, credit = self._invoice(100), self._invoice(70), self._credit(300)
        items = self._items(part, changed, credit)
        context = self._get_payment_context(self._enter(items, "50"))
        transaction = self._start(context["transaction_route"], amount=50.0)
        changed.button_draft()
        changed.invoice_line_ids.price_unit = 150
        changed.action_post()
        self._finish(transaction)
        # All of the changed one would be matched, and the customer has chosen 100 of it.
        self.assertEqual(self._open(part, changed, credit), [20, 150, 300])
        self.assertIn("$ 0.00 could be used", self._words_of(changed))

    def test_all_of_it_is_no_part(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        payment = self._pay_part(self._items(invoice), "980.00", "")
        self.assertEqual((payment.amount, self._booked(payment, self.loss)), (980, [20]))
        self._assert_settled(invoice)

    def test_an_invoice_that_was_paid_in_part_meanwhile_takes_no_more_than_is_open(self):
        invoice = self._invoice(1000)
        context = self._get_payment_context(self._enter(self._items(invoice), "700"))
        transaction = self._start(context["transaction_route"], amount=700.0)
        self._register_payment(invoice, amount=600, payment_date=self.today)
        payment = self._finish(transaction)
        self.assertEqual(invoice.amount_residual, 0)
        left = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(sum(left.mapped("amount_residual")), -300)

    # ---- attacks

    def test_odd_amounts_are_refused_with_what_was_entered_kept(self):
        self._policy((2, 10))
        invoice = self._invoice(1000)
        odd = [
            "-5",
            "0",
            "0.00",
            "NaN",
            "inf",
            "1e3",
            "1E+400",
            "980.01",
            "1000",
            "5.001",
            "1,000.00",
            "½",
            "٣",
            "0x10",
        ]
        odd += ["9" * 13, "5;DROP", "[5]", "1 000", "+5", "5.", ".5"]
        for amount in odd:
            with self.subTest(amount=amount):
                response = self._enter(self._items(invoice), amount)
                page = html.fromstring(response.text)
                self.assertEqual(response.status_code, 200)
                self.assertTrue(page.find_class("o_ar_refusal"))
                self.assertIn(unescape(amount), page.xpath(f"//input[@id='amount_{self._items(invoice)[0]}']/@value"))
        self.assertFalse(self.env["ar.portal.choice"].sudo().search([]))

    def test_a_part_needs_a_known_reason_and_words_where_the_reason_says_little(self):
        invoice = self._invoice(1000)
        for reason, text in (("", "x"), ("theft", "x"), ("dispute", ""), ("other", "  "), ("instalment", "x" * 501)):
            with self.subTest(reason=reason):
                response = self._enter(self._items(invoice), "5", reason, text)
                self.assertTrue(html.fromstring(response.text).find_class("o_ar_refusal"))

    def test_scripts_in_a_reason_are_text_everywhere(self):
        invoice = self._invoice(1000)
        script = '<script>alert(1)</script><img src=x onerror="alert(2)">'
        response = self._enter(self._items(invoice), "400", "dispute", script)
        self.assertNotIn("<script>alert(1)", response.text)
        self.assertIn("&lt;script&gt;alert(1)", response.text)
        context = self._get_payment_context(response)
        self._finish(self._start(context["transaction_route"], amount=400.0))
        said = "".join(invoice.message_ids.mapped("body"))
        self.assertNotIn("<script", said)
        self.assertNotIn("<img", said)
        self.assertIn("&lt;script&gt;", said)
        self.assertEqual(self._disputes(invoice).description, script)

    @mute_logger("odoo.http")
    def test_what_a_user_has_entered_is_for_himself(self):
        invoice = self._invoice(1000)
        self._enter(self._items(invoice), "400")
        kept = self.env["ar.portal.choice"].sudo().search([])
        colleague = self._portal_user("colleague", self.birch)
        for user in (colleague, self.cedar_user):
            self.env.flush_all()
            self.authenticate(user.login, user.login)
            text = self._words(self.url_open(f"{PAGE}/pay?choice={kept.id}"))
            self.assertIn("is not kept any more", text)
            self.assertNotIn(invoice.name, text)
            with self.assertRaises(JsonRpcException):
                self._start(f"{PAGE}/transaction/choice-{kept.id}", amount=400.0)
        for odd in ("x", "-1", "0", "99999999999", f"{kept.id}x", "1' OR '1'='1"):
            self.assertIn("is not kept any more", self._words(self.url_open(f"{PAGE}/pay", params={"choice": odd})))

    def test_parts_of_items_of_others_are_refused(self):
        invoice, foreign = self._invoice(1000), self._invoice(777, partner=self.cedar)
        own, theirs = self._items(invoice)[0], self._items(foreign)[0]
        for items, of in (([theirs], theirs), ([own, theirs], theirs), ([own, theirs], own)):
            response = self._enter(items, "5", of=of)
            words = self._words(response)
            self.assertIn("is not open any more", words)
            self.assertNotIn("777", words)
        # Of what isn't among the items, nothing is read.
        response = self._enter([own], "5", of=theirs)
        self.assertEqual(self._get_payment_context(response)["amount"], 1000)

    @mute_logger("odoo.http")
    def test_another_amount_than_the_one_kept_is_refused(self):
        invoice = self._invoice(1000)
        context = self._get_payment_context(self._enter(self._items(invoice), "400"))
        for amount in (399.0, 1000.0, None, "NaN", [400.0], {"a": 1}):
            with self.subTest(amount=amount), self.assertRaises(JsonRpcException):
                self._start(context["transaction_route"], amount=amount)
        self._register_payment(invoice, amount=700, payment_date=self.today)
        with self.assertRaises(JsonRpcException):
            self._start(context["transaction_route"], amount=400.0)
