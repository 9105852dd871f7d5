from odoo import fields
from odoo.tests import tagged

from .test_portal_agreements import PortalAgreementCase


@tagged("post_install", "-at_install")
class TestPortalFeedback(PortalAgreementCase):
    def setUp(self):
        super().setUp()
        self._dispute(self.clerk, self.late)
        self.dispute = self._of_birch("ar.dispute")

    def _given(self):
        return self.env["rating.rating"].search([("ar_about", "!=", False)])

    def _answer(self, user, kind, record, **data):
        data = {"face": "1", "text": "Slow", **data}
        return self._send(user, f"/my/receivables/feedback/{kind}/{record.id}", data)

    def test_a_customer_is_asked_once_when_it_is_over(self):
        page = self._get(self.clerk, self.dispute._ar_portal_page())
        self.assertFalse(page.find_class("o_ar_feedback"))
        self.assertEqual(self._answer(self.clerk, "dispute", self.dispute).status_code, 404, "it isn't over yet")
        self.dispute._close("unjustified", "No.")
        self.assertTrue(self._get(self.clerk, self.dispute._ar_portal_page()).find_class("o_ar_feedback"))
        self.assertEqual(self._answer(self.clerk, "dispute", self.dispute).status_code, 303)
        self.assertEqual(self._answer(self.clerk, "dispute", self.dispute).status_code, 404, "once is enough")
        given = self._given()
        self.assertEqual((given.rating, given.feedback, given.ar_about), (1.0, "Slow", "dispute"))
        self.assertEqual((given.partner_id, given.rated_partner_id), (self.clerk.partner_id, self.owner.partner_id))
        self.assertEqual(given.ar_company_id, self.env.company)
        page = self._get(self.clerk, f"{self.dispute._ar_portal_page()}?thanked=1")
        self.assertFalse(page.find_class("o_ar_feedback"))

    def test_nobody_answers_about_what_isnt_his_own(self):
        self.dispute._close("unjustified", "No.")
        for user in (self.cedar_user, self.north_user):
            self.assertEqual(self._answer(user, "dispute", self.dispute).status_code, 404)
        for face in ("", "0", "2", "6", "5.0", "x"):
            self.assertEqual(self._answer(self.clerk, "dispute", self.dispute, face=face).status_code, 404, face)
        self.assertFalse(self._given())

    def test_after_a_payment_who_paid_is_asked(self):
        transaction = self._transaction("done")
        self.assertTrue(self._get(self.clerk).find_class("o_ar_feedback"))
        self.assertFalse(self._get(self.colleague).find_class("o_ar_feedback"))
        self.assertEqual(self._answer(self.colleague, "payment", transaction).status_code, 404)
        self.assertEqual(self._answer(self.clerk, "payment", transaction, face="5").status_code, 303)
        self.assertFalse(self._get(self.clerk).find_class("o_ar_feedback"))
        self.assertEqual(self._given().ar_about, "payment")

    def _transaction(self, state):
        provider = self.env["payment.provider"].create({"name": "Any", "company_id": self.env.company.id})
        method = self.env["payment.method"].search([], limit=1)
        return self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": "feedback",
                "amount": 10.0,
                "currency_id": self.env.company.currency_id.id,
                "partner_id": self.clerk.partner_id.id,
                "state": state,
                "last_state_change": fields.Datetime.now(),
            }
        )


@tagged("post_install", "-at_install")
class TestCustomersWaiting(PortalAgreementCase):
    def _waiting(self, record):
        kind = self.env.ref("ar_portal.mail_activity_answer")
        return record.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def test_what_a_customer_says_waits_for_an_answer(self):
        self._dispute(self.clerk, self.late)
        dispute = self._of_birch("ar.dispute")
        days = self.env.company.ar_portal_answer_days
        [activity] = self._waiting(dispute)
        self.assertEqual(activity.user_id, self.owner)
        self.assertEqual(activity.summary, f"{self.birch.name} has written in the portal")
        self.assertEqual(activity.date_deadline, fields.Date.add(self.today, days=days))
        self._send(self.clerk, f"{dispute._ar_portal_page()}/say", {"text": "Well?"})
        self.assertEqual(len(self._waiting(dispute)), 1)
        staff = dispute.with_user(self.owner)
        staff.message_post(body="An internal note", message_type="comment", subtype_xmlid="mail.mt_note")
        self.assertTrue(self._waiting(dispute), "a note is no answer")
        staff.message_post(body="We are on it", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.assertFalse(self._waiting(dispute))

    def test_a_message_on_an_invoice_waits_too(self):
        customer = self.clerk.partner_id
        self.late.message_post(
            body="Where is it?", author_id=customer.id, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(self._waiting(self.late).user_id, self.owner)
        other = self.cedar_user.partner_id
        self.later.message_post(
            body="Not mine", author_id=other.id, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertFalse(self._waiting(self.later))
