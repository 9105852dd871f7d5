from odoo.tests import tagged

from .test_paying_with_credit import CreditCase


class ReceiptCase(CreditCase):
    def _receipts(self, transaction=None):
        """The mails of receipts, after the cron has run twice."""
        for _each in range(2):
            self.env.ref("ar_portal.cron_send_receipts").sudo().method_direct_trigger()
        domain = [("model", "=", "payment.transaction")]
        domain += [("res_id", "=", transaction.id)] if transaction else []
        return self.env["mail.mail"].sudo().search(domain)

    def _text(self, mail):
        return " ".join(str(mail.body_html).replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").replace("\xa0", " ").split())


@tagged("post_install", "-at_install")
class TestPaymentReceipt(ReceiptCase):
    """Each payment that is booked has one receipt."""

    def test_a_receipt_is_itemised_and_mailed_once_to_who_paid(self):
        self._policy((2, 10))
        invoice, other, credit = self._invoice(1000), self._invoice(500, days_ago=20), self._credit(100)
        self._invoice(70)
        transaction = self._start_on_page(*self._items(invoice, other, credit))
        self._finish(transaction)
        mail = self._receipts(transaction)
        self.assertEqual(
            (len(mail), mail.recipient_ids, transaction.ar_receipt_state), (1, self.clerk.partner_id, "sent")
        )
        text = self._text(mail)
        for shown in (invoice.name, other.name, "1,380.00", "980.00", "20.00", "400.00", "100.00", "70.00"):
            self.assertIn(shown, text)
        transaction._post_process()
        self.assertEqual(self._receipts(transaction), mail)

    def test_what_isn_t_booked_has_no_receipt(self):
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        transaction._set_pending()
        self.assertFalse(self._receipts(transaction))
        transaction._set_done()
        self.assertFalse(self._receipts(transaction))
        transaction._post_process()
        self.assertEqual(len(self._receipts(transaction)), 1)

    def test_a_payment_on_odoo_s_own_page_has_a_receipt_too(self):
        invoice = self._invoice(1000)
        payment = self._pay_on_invoice(invoice)
        text = self._text(self._receipts(payment.payment_transaction_id))
        self.assertIn(invoice.name, text)
        self.assertIn("1,000.00", text)

    def test_what_came_too_late_for_an_invoice_is_on_the_account(self):
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        self._register_payment(invoice, payment_date=self.today)
        self._finish(transaction)
        self.assertIn("On your account for later: $ 1,000.00", self._text(self._receipts(transaction)))

    def test_who_has_no_address_has_no_receipt_and_nothing_fails(self):
        invoice = self._invoice(1000)
        transaction = self._start_on_page(*self._items(invoice))
        self.clerk.partner_id.sudo().email = False
        self._finish(transaction)
        self.assertFalse(self._receipts(transaction))
        self.assertEqual(transaction.ar_receipt_state, "impossible")

    def test_a_company_can_do_without_receipts(self):
        self.env.company.ar_portal_receipts = False
        transaction = self._start_on_page(*self._items(self._invoice(1000)))
        self._finish(transaction)
        self.assertFalse(self._receipts(transaction))

    def test_a_receipt_is_in_the_language_of_who_paid(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("ar_portal.mail_template_payment_receipt").sudo()
        template.with_context(lang="fr_FR").subject = "Reçu {{ object.reference }}"
        self.clerk.partner_id.lang = "fr_FR"
        transaction = self._start_on_page(*self._items(self._invoice(1000)))
        self._finish(transaction)
        self.assertIn("Reçu", self._receipts(transaction).subject)
