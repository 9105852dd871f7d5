from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditTerms(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.clerk = new_test_user(cls.env, "clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.manager = new_test_user(cls.env, "manager", "ar_enhanced.group_ar_manager", **company)
        cls.terms = (
            cls.env["ar.credit.terms"].with_user(cls.manager).create({"title": "Terms", "body": "<p>Thirty days</p>"})
        )

    def acknowledge(self, partner, user=None, **values):
        return (
            self.env["ar.credit.acknowledgement"]
            .with_user(user or self.clerk)
            .create({"terms_id": self.terms.id, "partner_id": partner.id, "signed_by": "Ada", **values})
        )

    def missing(self):
        return self.env["res.partner"].with_user(self.reader).search([("ar_terms_missing", "=", True)])

    def test_versions_follow_each_other_and_one_is_in_force(self):
        self.terms.action_publish()
        self.assertEqual((self.terms.version, self.terms.published_on, self.terms.state), (1, DAY, "published"))
        second = self.terms.copy({"body": "<p>Twenty days</p>"})
        self.assertEqual(second.state, "draft")
        second.action_publish()
        self.assertEqual((second.version, second.state, self.terms.state), (2, "published", "superseded"))
        with self.assertRaises(UserError):
            self.terms.action_publish()

    def test_a_published_text_never_changes_in_any_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.terms.update_field_translations("title", {"fr_FR": "Conditions"})
        self.terms.action_publish()
        for vals in ({"body": "<p>Ten days</p>"}, {"title": "Other"}, {"company_id": self.env.company.id}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.terms.write(vals)
        with self.assertRaises(UserError):
            self.terms.update_field_translations("title", {"fr_FR": "Autres"})
        with self.assertRaises(UserError):
            self.terms.unlink()
        self.terms.review_on = DAY

    def test_nobody_publishes_but_by_the_button(self):
        for vals in ({"state": "published"}, {"version": 7}, {"published_on": DAY}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.terms.write(vals)
        self.terms.body = "<p><br/></p>"
        with self.assertRaisesRegex(UserError, "Write the text"):
            self.terms.action_publish()
        for user in (self.reader, self.clerk):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.terms.with_user(user).action_publish()

    def test_who_has_not_acknowledged_is_an_invoiced_customer(self):
        self.assertFalse(self.missing(), "nothing is in force")
        self.terms.action_publish()
        self.assertEqual(self.missing(), self.customer | self.newcomer)
        self.assertTrue(self.contact.with_user(self.reader).ar_terms_missing)
        self.assertEqual(self.terms.missing_count, 2)
        self.acknowledge(self.contact)
        self.assertEqual(self.missing(), self.newcomer)
        self.assertFalse(self.contact.with_user(self.reader).ar_terms_missing)
        self.assertEqual((self.terms.acknowledged_count, self.terms.missing_count), (1, 1))

    def test_an_acknowledgement_keeps_the_text_that_was_read(self):
        self.terms.action_publish()
        acknowledgement = self.acknowledge(self.contact, date=DAY)
        self.assertEqual(acknowledgement.partner_id, self.customer)
        self.assertEqual(acknowledgement.user_id, self.clerk)
        self.assertEqual(acknowledgement.channel, "staff")
        self.assertEqual(acknowledgement.text_hash, self.terms._text_hash())
        with self.assertRaises(UserError):
            acknowledgement.signed_by = "Bob"
        self.assertFalse(acknowledgement.has_access("unlink"))
        self.assertNotEqual(self.terms._text_hash(), self.terms.copy({"body": "<p>Other</p>"})._text_hash())

    def test_acknowledgements_that_cannot_be_are_refused(self):
        with self.assertRaises(ValidationError):
            self.acknowledge(self.customer)
        self.terms.action_publish()
        for day in (DAY - timedelta(1), DAY + timedelta(1)):
            with self.subTest(day=day), self.assertRaises(ValidationError):
                self.acknowledge(self.customer, date=day)
        for vals in ({"channel": "portal"}, {"text_hash": "1"}, {"user_id": self.manager.id}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.acknowledge(self.customer, **vals)
        with self.assertRaises(AccessError):
            self.acknowledge(self.customer, self.reader)

    def test_customers_are_invited_by_mail_if_they_can_be_reached(self):
        self.terms.action_publish()
        self.customer.email = "ada@example.com"
        everybody = self.customer | self.newcomer | self.stranger
        with self.assertRaises(UserError):
            everybody.with_user(self.reader).action_ar_invite_to_terms()
        message = everybody.with_user(self.clerk).action_ar_invite_to_terms()["params"]["message"]
        mail = self.env["mail.mail"].sudo().search([("model", "=", "res.partner"), ("res_id", "in", everybody.ids)])
        self.assertEqual(mail.res_id, self.customer.id)
        self.assertIn("/my/receivables/terms", mail.body_html)
        self.assertIn("Newcomer", message)

    def test_the_review_is_asked_for_on_its_day_and_once(self):
        self.terms.action_publish()
        self.terms.review_on = DAY + timedelta(1)
        self.env["ar.credit.terms"].sudo()._cron_review()
        self.assertFalse(self.terms.activity_ids)
        self.terms.review_on = DAY
        for _night in range(2):
            self.env["ar.credit.terms"].sudo()._cron_review()
            self.assertEqual(len(self.terms.activity_ids), 1)
        self.assertEqual(self.terms.activity_ids.user_id, self.manager)

    def test_another_company_sees_neither_terms_nor_acknowledgements(self):
        self.terms.action_publish()
        self.acknowledge(self.customer)
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "outsider",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for model in ("ar.credit.terms", "ar.credit.acknowledgement"):
            self.assertFalse(self.env[model].with_user(outsider).search([]))
