from datetime import timedelta

from lxml import html

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_online_payment import PAGE
from .test_paying_a_part import PartCase

IBAN = "DE02120300000000202051"


@tagged("post_install", "-at_install")
class TestPortalTransfer(PartCase):
    """A customer announces what a transfer will pay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.env["res.partner.bank"].create({"acc_number": IBAN, "partner_id": cls.env.company.partner_id.id})

    def _announce(self, items, day=None, user=None, **values):
        day = self.today if day is None else day
        return self._post("transfer", items, user=user, expected_on=str(day), **values)

    def _notices(self):
        return self.env["ar.payment.notice"].sudo().search([("partner_id", "=", self.birch.id)])

    def _lines(self, notice):
        return {line.move_line_id.move_id: (line.amount, line.discount) for line in notice.line_ids}

    def test_what_was_chosen_is_announced_with_its_account_amount_and_reference(self):
        self._policy((2, 10))
        invoice, other, credit = self._invoice(1000), self._invoice(500, days_ago=20), self._credit(100)
        page = self._words(self._announce(self._items(invoice, other, credit), self.today + timedelta(3)))
        notice = self._notices()
        self.assertRegex(notice.name, r"^RF\d\dAR\d{9}$")
        for shown in (IBAN, "1,380.00", notice._spaced_reference(), invoice.name, "we expect it"):
            self.assertIn(shown, page)
        self.assertEqual(self._lines(notice), {invoice: (980, 20), other: (500, 0), credit: (-100, 0)})
        self.assertEqual(
            (notice.amount, notice.expected_on, notice.contact_id),
            (1380, self.today + timedelta(3), self.clerk.partner_id),
        )
        self.assertEqual(self._open(invoice, other, credit), [1000, 500, 100])
        self.assertIn("Don't pay it twice", self._words(self._page(*self._items(invoice))))

    def test_one_invoice_is_paid_under_its_own_reference(self):
        invoice = self._invoice(1000)
        self._announce(self._items(invoice))
        self.assertEqual(self._notices().name, invoice.payment_reference)

    def test_who_sends_the_form_twice_has_one_announcement(self):
        items = self._items(self._invoice(1000), self._invoice(5))
        self._announce(items)
        self._announce(items, self.today + timedelta(2))
        self.assertEqual(self._notices().expected_on, self.today + timedelta(2))

    def test_the_second_of_two_at_the_same_moment_does_not_miss_the_first_one(self):
        """Each announcement writes the rows of its invoices: what makes the database repeat the second."""
        invoices = self._invoice(1000) | self._invoice(5)

        def written():
            self.env.cr.execute("SELECT id, ctid FROM account_move WHERE id = ANY(%s)", [invoices.ids])
            return set(self.env.cr.fetchall())

        for _press in range(2):
            self.env.flush_all()
            before = written()
            self._announce(self._items(*invoices))
            self.assertFalse(before & written())
        self.assertEqual(len(self._notices()), 1)

    def test_it_has_come_when_its_items_are_settled(self):
        invoice, other = self._invoice(1000), self._invoice(500)
        self._announce(self._items(invoice, other))
        self._register_payment(invoice)
        self.assertEqual(self._notices().state, "announced")
        self._register_payment(other)
        self.assertEqual((self._notices().state, self._notices().received_on), ("received", self.today))
        self.assertIn("Received on", self._words(self.url_open(f"{PAGE}/transfers")))

    def test_the_customer_takes_it_back_once(self):
        self._announce(self._items(self._invoice(1000)))
        notice = self._notices()
        self._post(f"transfer/{notice.id}/cancel", [])
        self.assertEqual(notice.state, "cancelled")
        self.assertIn("Only a transfer that is expected", self._words(self._post(f"transfer/{notice.id}/cancel", [])))
        self.assertIn("Cancelled", self._words(self.url_open(f"{PAGE}/transfers")))

    def test_a_part_is_announced_with_its_reason_and_the_rest_disputed(self):
        invoice = self._invoice(1000)
        self._enter(self._items(invoice), "400", "dispute", "Broken")
        kept = self.env["ar.portal.choice"].sudo().search([])
        self._announce([], choice=str(kept.id))
        self.assertEqual(self._notices().amount, 400)
        self.assertEqual((self._disputes(invoice).amount, self._disputes(invoice).description), (600, "Broken"))
        self.assertIn("Broken", "".join(invoice.message_ids.mapped("body")))

    def test_a_code_to_scan_is_shown_where_there_is_one(self):
        if "account_qr_code_sepa" not in self.env["ir.module.module"]._installed():
            methods = self.env.registry["res.partner.bank"]
            self.patch(methods, "_get_available_qr_methods", lambda bank: [("x", "X", 1)])
            self.patch(methods, "_get_error_messages_for_qr", lambda *args: None)
            self.patch(methods, "_get_qr_code_base64", lambda *args, **kwargs: "data:image/png;base64,AAAA")
            self.patch(methods, "_check_for_qr_code_errors", lambda *args, **kwargs: None)
        page = html.fromstring(self._announce(self._items(self._invoice(1000, currency_id=self.currency_euro.id))).text)
        [image] = page.xpath("//figure//img")
        self.assertTrue(image.get("src").startswith("data:image/png;base64,"))

    def test_without_a_bank_account_or_with_an_unused_payment_no_transfer_is_offered(self):
        invoice, earlier = self._invoice(1000), self._on_account(30)
        self.assertIn("o_ar_pay_transfer", self._page(*self._items(invoice)).text)
        self.assertNotIn("o_ar_pay_transfer", self._page(*self._items(invoice), earlier.id).text)
        self.assertIn(
            "can't be paid by bank transfer", self._words(self._announce([*self._items(invoice), earlier.id]))
        )
        invoice.partner_bank_id = False
        self.bank.active = False
        self.assertNotIn("o_ar_pay_transfer", self._page(*self._items(invoice)).text)
        self.assertFalse(self._notices())

    # ---- attacks

    def test_odd_days_are_refused(self):
        items = self._items(self._invoice(1000))
        far = self.today + timedelta(91)
        for day in (
            "",
            "x",
            "2026-13-01",
            "0000-00-00",
            "9" * 30,
            str(self.today - timedelta(1)),
            str(far),
            "2026-02-30",
        ):
            with self.subTest(day=day):
                self.assertIn("Choose the day", self._words(self._announce(items, day)))
        self.assertFalse(self._notices())

    @mute_logger("odoo.http")
    def test_announcements_of_others_are_neither_shown_nor_taken_back(self):
        invoice, foreign = self._invoice(1000), self._invoice(777, partner=self.cedar)
        self._announce(self._items(invoice))
        notice = self._notices()
        self.assertIn("is not open any more", self._words(self._announce(self._items(invoice, foreign))))
        for path in (f"transfer/{notice.id}", f"transfer/{2**40}", "transfer/0"):
            self.env.flush_all()
            self.authenticate("cedar", "cedar")
            response = self.url_open(f"{PAGE}/{path}")
            self.assertEqual(response.status_code, 404)
            self.assertNotIn(invoice.name, response.text)
        self.assertNotIn(notice.name, self.url_open(f"{PAGE}/transfers").text)
        response = self._post(f"transfer/{notice.id}/cancel", [], user=self.cedar_user)
        self.assertEqual((response.status_code, notice.state), (404, "announced"))
        colleague = self._portal_user("colleague", self.birch)
        self._post(f"transfer/{notice.id}/cancel", [], user=colleague)
        self.assertEqual(notice.state, "cancelled")
