from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditFile(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.clerk = new_test_user(cls.env, "clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.manager = new_test_user(cls.env, "manager", "ar_enhanced.group_ar_manager", **company)
        cls.salesman = new_test_user(cls.env, "salesman", "base.group_user,base.group_partner_manager", **company)

    def events(self, kind=None, partner=None, user=None):
        partner = (partner or self.customer).with_user(user or self.reader)
        domain = partner.action_ar_credit_file()["domain"]
        return partner.env["ar.credit.event"].search(domain + ([("kind", "=", kind)] if kind else []))

    def texts(self, kind):
        return [event.text for event in self.events(kind)]

    def score(self, level, score, days_ago, partner=None, current=False):
        return (
            self.env["ar.credit.score"]
            .sudo()
            .create(
                {
                    "partner_id": (partner or self.customer).id,
                    "company_id": self.env.company.id,
                    "date": DAY - timedelta(days_ago),
                    "level": level,
                    "score": score,
                    "certainty": "high",
                    "scorecard_version": "test",
                    "is_current": current,
                }
            )
        )

    def test_only_changes_of_the_level_are_told(self):
        for level, points, days_ago in (("b", 70, 90), ("b", 66, 60), ("d", 40, 30), ("c", 55, 10)):
            self.score(level, points, days_ago)
        self.assertEqual(
            self.texts("score"),
            ["Credit level up from D to C", "Credit level down from B to D", "First credit level: B"],
        )

    def test_payments_are_told_with_what_went_back(self):
        first = self.events("payment")[0]
        self.assertEqual(first.date, DAY - timedelta(2))
        self.assertEqual(first.amount, 100)
        self.assertEqual(len(self.events("payment")), 11)
        back = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": 60,
                "date": DAY,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        back.action_post()
        self.assertEqual(self.events("payment")[0].amount, -60)
        self.assertIn("Money sent back", self.events("payment")[0].text)
        self.assertFalse(self.events("payment", self.newcomer))

    def test_a_promise_and_a_dispute_are_told_when_made_and_when_decided(self):
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(self.overdue.ids)],
                "amount": 500,
                "made_on": DAY - timedelta(20),
                "date": DAY - timedelta(10),
                "note": "By phone",
            }
        )
        self.assertEqual(self.texts("promise"), ["Promised to pay by 03/21/2025\nBy phone"])
        promise._judge(DAY)
        self.assertEqual(self.texts("promise")[0], "Broke the promise for 03/21/2025")
        dispute = self.env["ar.dispute"].create(
            {"move_id": self.overdue.id, "code_id": self.env.ref("ar_enhanced.dispute_code_price").id, "amount": 90}
        )
        dispute._close("justified", "Credited")
        self.assertCountEqual(
            self.texts("dispute"),
            [
                f"The dispute about {self.overdue.name} was justified\nCredited",
                f"Disputes {self.overdue.name}: Price",
            ],
        )

    def test_notes_of_the_customer_and_its_contacts_are_told_and_messages_to_it_are_not(self):
        self.contact.message_post(body="Asks for 60 days", subtype_xmlid="mail.mt_note", message_type="comment")
        self.customer.message_post(body="Dear customer", subtype_xmlid="mail.mt_comment", message_type="comment")
        self.newcomer.message_post(body="Of another", subtype_xmlid="mail.mt_note", message_type="comment")
        self.assertEqual(self.texts("note"), ["Asks for 60 days"])

    def test_a_limit_is_told_when_proposed_and_when_approved(self):
        self.env["ar.credit.limit"].sudo().create(
            {
                "partner_id": self.customer.id,
                "company_id": self.env.company.id,
                "currency_id": self.env.company.currency_id.id,
                "amount": 5000,
                "state": "approved",
                "proposed_by_id": self.clerk.id,
                "proposed_on": DAY - timedelta(3),
                "decided_by_id": self.manager.id,
                "decided_on": DAY - timedelta(2),
                "valid_until": DAY + timedelta(90),
            }
        )
        self.assertEqual(
            self.texts("limit"), ["Credit limit approved, valid until 06/29/2025", "Credit limit proposed"]
        )
        self.assertEqual(self.events("limit").user_id, self.clerk | self.manager)

    def test_a_hold_is_told_with_its_reason_its_release_and_its_end(self):
        hold = (
            self.env["ar.credit.hold"]
            .sudo()
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.env.company.id,
                    "is_by_hand": True,
                    "note": "Rumours of trouble",
                    "reasons": [{"code": "by_hand", "facts": {}}],
                }
            )
        )
        self.assertIn("Rumours of trouble", self.texts("hold")[0])
        self.assertFalse(self.texts("release"))
        hold.write(
            {"state": "released", "released_on": DAY, "released_by_id": self.manager.id, "release_reason": "Paid"}
        )
        self.assertEqual(self.texts("release"), ["Released\nPaid"])
        hold.write({"state": "lapsed", "lapsed_on": DAY, "lapse_code": "well"})
        self.assertIn("The release lapsed\nNothing holds it any more", self.texts("hold"))

    def test_the_file_speaks_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ar.dispute"].create(
            {"move_id": self.overdue.id, "code_id": self.env.ref("ar_enhanced.dispute_code_price").id, "amount": 90}
        )
        self.env.ref("ar_enhanced.dispute_code_price").with_context(lang="fr_FR").name = "Prix"
        self.env.flush_all()
        event = self.env["ar.credit.event"].with_context(lang="fr_FR").search([("kind", "=", "dispute")])
        self.assertIn("Prix", event.text)

    def test_what_can_be_opened_is_what_the_reader_may_read(self):
        event = self.events("payment")[0]
        self.assertFalse(event.can_open)
        with self.assertRaises(UserError):
            event.action_open()
        accountant = new_test_user(
            self.env,
            "accountant",
            "account.group_account_manager",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        self.assertEqual(event.with_user(accountant).action_open()["res_model"], "account.payment")

    def test_salespeople_and_other_companies_read_nothing(self):
        with self.assertRaises(AccessError):
            self.env["ar.credit.event"].with_user(self.salesman).search([])
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "outsider",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.events("payment", user=outsider))

    def test_it_prints_the_events_of_the_period_and_no_others(self):
        self.contact.message_post(body="Asks for 60 days", subtype_xmlid="mail.mt_note", message_type="comment")
        printing = (
            self.env["ar.credit.file.print"]
            .with_user(self.reader)
            .create({"partner_id": self.customer.id, "date_from": DAY - timedelta(60), "date_until": DAY})
        )
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.reader)
            ._render_qweb_html("ar_enhanced.report_credit_file_page", printing.ids)
        )
        text = html.decode()
        for shown in ("Credit File", "Linden Optics", "01/30/2025", "No limit", "Exposure"):
            self.assertIn(shown, text)
        payments = [event for event in printing._events() if event.kind == "payment"]
        self.assertEqual(
            {event.date for event in payments}, {DAY - timedelta(60), DAY - timedelta(3), DAY - timedelta(2)}
        )
        with self.assertRaises(ValidationError):
            printing.date_until = DAY - timedelta(61)
