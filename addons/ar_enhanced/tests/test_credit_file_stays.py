from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditFileStays(LedgerCase):
    """What is in a credit file outlives merged customers, deleted invoices and clerks who would like it otherwise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.clerk = new_test_user(cls.env, "file_clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.manager = new_test_user(cls.env, "file_manager", "ar_enhanced.group_ar_manager", **company)
        cls.third = cls.env["res.partner"].create({"name": "Third", "is_company": True})

    def merge(self, *merged):
        """Merge customers into the first one."""
        partners = self.env["res.partner"].union(self.customer, *merged).sudo()
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(partners.ids, self.customer.sudo())
        self.assertFalse(self.env["res.partner"].union(*merged).exists())

    def test_merged_customers_take_turns_as_one(self):
        turns = self.env["ar.credit.account"]
        turns._take_turn(self.env.company, (self.customer | self.newcomer | self.third).ids)
        self.merge(self.newcomer, self.third)
        rows = turns.sudo().search([("company_id", "=", self.env.company.id)])
        self.assertEqual(rows.partner_id, self.customer)
        self.assertEqual(len(rows), 1)

    def test_merged_customers_keep_all_their_holds_and_one_of_a_kind_is_active(self):
        customers = self.customer | self.newcomer | self.third
        by_hand = customers.with_user(self.clerk)._ar_place_hold("Insolvent")
        by_rule = (
            self.env["ar.credit.hold"]
            .sudo()
            .create([{"partner_id": one.id, "company_id": self.env.company.id, "reasons": []} for one in customers])
        )
        self.merge(self.newcomer, self.third)
        for holds in (by_hand, by_rule):
            self.assertEqual(len(holds.exists()), 3)
            self.assertEqual(holds.partner_id, self.customer)
            self.assertEqual(sorted(holds.mapped("state")), ["active", "lapsed", "lapsed"])
        self.assertEqual(set((by_hand | by_rule).filtered("lapse_code").mapped("lapse_code")), {"merged"})

    def test_a_hold_of_two_customers_that_are_merged_into_a_free_one_stays_active(self):
        holds = (self.newcomer | self.third).with_user(self.clerk)._ar_place_hold("Insolvent")
        self.merge(self.newcomer, self.third)
        self.assertEqual(sorted(holds.mapped("state")), ["active", "lapsed"])
        self.assertTrue(self.customer.ar_credit_hold)

    def test_merged_customers_have_one_warning_of_a_kind(self):
        values = {"company_id": self.env.company.id, "kind": "returned", "fingerprint": "x", "found_on": DAY}
        warnings = (
            self.env["ar.credit.warning"]
            .sudo()
            .create(
                [
                    {**values, "partner_id": one.id, "facts": {"count": 1, "days": 9}}
                    for one in self.customer | self.newcomer | self.third
                ]
            )
        )
        self.merge(self.newcomer, self.third)
        self.assertEqual(warnings.exists().partner_id, self.customer)
        self.assertEqual(len(warnings.exists()), 1)

    def test_merged_customers_keep_one_acknowledgement_and_a_note_of_the_other(self):
        terms = self.env["ar.credit.terms"].with_user(self.manager).create({"title": "Terms", "body": "<p>Thirty</p>"})
        terms.action_publish()
        acknowledgements = self.env["ar.credit.acknowledgement"].with_user(self.clerk)
        for one, person in ((self.newcomer, "Ada"), (self.third, "Bea <b>")):
            acknowledgements.create({"terms_id": terms.id, "partner_id": one.id, "signed_by": person})
        self.merge(self.newcomer, self.third)
        left = acknowledgements.search([("terms_id", "=", terms.id)])
        self.assertEqual((left.partner_id, left.signed_by), (self.customer, "Ada"))
        self.assertIn("Bea &lt;b&gt;", "".join(self.customer.sudo().message_ids.mapped("body")))

    def test_merged_customers_have_one_contract_at_a_time(self):
        contracts = self.env["ar.contract.terms"].create(
            [
                {"name": one.name, "partner_id": one.id, "date_from": DAY - timedelta(100), "credit_days": days}
                for one, days in ((self.customer, 10), (self.newcomer, 20))
            ]
        )
        self.merge(self.newcomer)
        self.assertEqual(contracts.mapped("active"), [True, False])
        self.assertEqual(contracts.partner_id, self.customer)
        ids = self.env["ar.contract.deviation"].search([("partner_id", "=", self.customer.id)]).ids
        self.assertEqual(len(ids), len(set(ids)))

    def broken_promise(self):
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(self.overdue.ids)],
                "amount": 500,
                "made_on": DAY - timedelta(20),
                "date": DAY - timedelta(10),
            }
        )
        promise._judge(DAY)
        self.assertEqual(promise.state, "broken")
        return promise.with_user(self.clerk)

    def test_a_clerk_writes_nothing_that_is_found_from_the_payments(self):
        promise = self.broken_promise()
        for vals in ({"state": "open"}, {"received": 500}, {"settled_on": False}, {"state": "open", "received": 1}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                promise.write(vals)
        promise.note = "They apologised"

    def test_a_promise_whose_day_has_passed_is_not_deleted_before_it_is_judged(self):
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(self.overdue.ids)],
                "amount": 500,
                "made_on": DAY - timedelta(20),
                "date": DAY - timedelta(10),
            }
        )
        with self.assertRaises(ValidationError):
            promise.with_user(self.clerk).unlink()

    def test_a_broken_promise_is_not_cancelled_by_taking_its_invoice_back_for_a_night(self):
        promise = self.broken_promise()
        self.overdue.button_draft()
        promise._judge(DAY)
        self.assertEqual(promise.state, "broken")
        self.overdue.button_cancel()
        promise._judge(DAY)
        self.assertEqual(promise.state, "cancelled", "what was never owed was not promised")

    def test_the_context_of_a_request_decides_nothing(self):
        """Defaults in a context are values that nobody wrote into the record."""
        promises = self.env["ar.promise"].with_user(self.clerk)
        promise = promises.with_context(
            default_state="kept", default_received=500, default_settled_on="2025-03-01"
        ).create({"move_ids": [Command.set(self.overdue.ids)], "amount": 500, "date": DAY})
        self.assertEqual((promise.state, promise.received, promise.settled_on), ("open", 0, False))
        dispute = (
            self.env["ar.dispute"]
            .with_user(self.clerk)
            .with_context(
                default_state="resolved",
                default_outcome="justified",
                default_closed_on="2025-03-31",
                default_resolution="So it is",
            )
            .create({"move_id": self.overdue.id, "code_id": self.env.ref("ar_enhanced.dispute_code_price").id})
        )
        self.assertEqual((dispute.state, dispute.outcome, dispute.resolution), ("open", False, False))
        terms = (
            self.env["ar.credit.terms"]
            .with_user(self.manager)
            .with_context(default_state="published", default_version=7, default_published_on="2025-01-01")
            .create({"title": "Terms", "body": "<p>Thirty</p>"})
        )
        self.assertEqual((terms.state, terms.version, terms.published_on), ("draft", 0, False))
        terms.action_publish()
        acknowledgement = (
            self.env["ar.credit.acknowledgement"]
            .with_user(self.clerk)
            .with_context(default_channel="portal", default_user_id=self.manager.id)
            .create({"terms_id": terms.id, "partner_id": self.customer.id, "signed_by": "Ada"})
        )
        self.assertEqual((acknowledgement.channel, acknowledgement.user_id), ("staff", self.clerk))

    def closed_dispute(self):
        dispute = self.env["ar.dispute"].create(
            {"move_id": self.overdue.id, "code_id": self.env.ref("ar_enhanced.dispute_code_price").id}
        )
        dispute._close("unjustified", "The price list says so.")
        return dispute.with_user(self.clerk)

    def test_a_dispute_that_was_decided_once_is_not_opened_again_to_delete_it(self):
        dispute = self.closed_dispute()
        dispute.action_reopen()
        with self.assertRaises(ValidationError):
            dispute.unlink()

    def test_a_dispute_that_was_decided_does_not_go_with_its_invoice(self):
        dispute = self.closed_dispute()
        self.overdue.button_draft()
        with self.assertRaises(UserError):
            self.overdue.with_context(force_delete=True).unlink()
        self.assertTrue(dispute.exists())
        other = self.not_due
        self.env["ar.dispute"].create(
            {"move_id": other.id, "code_id": self.env.ref("ar_enhanced.dispute_code_price").id}
        )
        other.button_draft()
        other.with_context(force_delete=True).unlink()

    def acknowledgement(self):
        terms = self.env["ar.credit.terms"].with_user(self.manager).create({"title": "Terms", "body": "<p>Thirty</p>"})
        terms.action_publish()
        values = {"terms_id": terms.id, "partner_id": self.customer.id, "signed_by": "Ada"}
        return self.env["ar.credit.acknowledgement"].with_user(self.clerk).create(values)

    def test_a_signed_document_is_added_and_not_taken_away(self):
        acknowledgement = self.acknowledgement()
        first, second = self.env["ir.attachment"].with_user(self.clerk).create([{"name": "1"}, {"name": "2"}])
        acknowledgement.attachment_ids = first
        for command in (Command.clear(), Command.set(second.ids), Command.unlink(first.id)):
            with self.subTest(command=command), self.assertRaises(UserError), self.env.cr.savepoint():
                acknowledgement.write({"attachment_ids": [command]})
        acknowledgement.attachment_ids |= second
        self.assertEqual(acknowledgement.attachment_ids, first | second)

    def test_nobody_accepts_other_terms_in_anothers_name(self):
        acceptance = (
            self.env["ar.contract.acceptance"]
            .with_user(self.manager)
            .create(
                {
                    "move_id": self.overdue.id,
                    "differences": "currency",
                    "facts": {"currency": "EUR"},
                    "reason": "So be it",
                    "user_id": self.clerk.id,
                    "date": "2020-01-01",
                }
            )
        )
        self.assertEqual((acceptance.user_id, acceptance.date), (self.manager, DAY))

    def test_a_changed_external_rating_is_in_the_history(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        customer = self.customer.sudo().with_context(tracking_disable=False, mail_notrack=False)
        customer.write({"ar_external_rating": 95, "ar_external_date": DAY})
        self.env.flush_all()
        self.env.cr.precommit.run()
        tracked = self.customer.sudo().message_ids.tracking_value_ids.field_id.mapped("name")
        self.assertLessEqual({"ar_external_rating", "ar_external_date"}, set(tracked))

    def test_a_credit_policy_is_switched_by_its_actions_only(self):
        policies = self.env["ar.credit.policy"].with_user(self.manager)
        shared = policies.search([("state", "=", "active"), ("company_id", "=", False)])
        for state in ("draft", "retired"):
            with self.subTest(state=state), self.assertRaises(AccessError):
                shared.write({"state": state})
        own = policies.with_context(default_state="active").create({"name": "Own", "company_id": self.env.company.id})
        self.assertEqual(own.state, "draft")
        own.action_activate()
        self.assertEqual(own.state, "active")
        own.action_retire()
        self.assertEqual(own.state, "retired")
