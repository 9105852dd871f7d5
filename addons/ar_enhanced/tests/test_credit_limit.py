from datetime import date, timedelta
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditLimit(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.ar_limit_starter = 1000
        company = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.reader, cls.clerk, cls.manager, cls.boss = (
            new_test_user(cls.env, f"limit_{name}", f"ar_enhanced.group_ar_{group}", **company)
            for name, group in (("reader", "user"), ("clerk", "clerk"), ("manager", "manager"), ("boss", "manager"))
        )
        cls.salesman = new_test_user(cls.env, "limit_sales", "base.group_user,base.group_partner_manager", **company)
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})
        cls.env["ar.credit.score"]._snapshot(cls.customer)
        # A test must not commit.
        cls.startClassPatcher(
            patch.object(cls.env.registry["ir.cron"], "_commit_progress", lambda self, *args, **kwargs: float("inf"))
        )

    def propose(self, amount=1000, partner=None, user=None, submit=True, **values):
        limit = (
            self.env["ar.credit.limit"]
            .with_user(user or self.clerk)
            .create({"partner_id": (partner or self.buyer).id, "amount": amount, "note": "Asked for", **values})
        )
        if submit:
            limit.action_submit()
        return limit

    def approved(self, amount=1000, **values):
        limit = self.propose(amount, **values)
        limit.with_user(self.manager).action_approve()
        return limit

    def test_a_proposal_brings_what_the_policy_suggests_and_why(self):
        limit = self.propose(partner=self.contact)
        self.assertEqual(limit.partner_id, self.customer)
        self.assertGreater(limit.suggested_amount, 0)
        self.assertIn("in the last 12 months", limit.reason_text)
        self.assertEqual(limit.level, self.customer.ar_credit_level)

    def test_the_peak_is_the_highest_balance_at_a_months_end(self):
        facts = self.newcomer._ar_limit_facts(self.company)[self.newcomer.id]
        self.assertEqual((facts.peak_balance, facts.peak_invoiced, facts.invoice_count), (990, 990, 1))
        early = self.invoice(5000, due_days_ago=500, partner=self.buyer)
        self.pay(early, days_ago=490)
        facts = self.buyer._ar_limit_facts(self.company)[self.buyer.id]
        self.assertEqual((facts.peak_balance, facts.peak_invoiced, facts.history_months), (0, 0, 17))
        self.company.ar_limit_peak_months = "24"
        facts = self.buyer._ar_limit_facts(self.company)[self.buyer.id]
        self.assertEqual((facts.peak_balance, facts.peak_invoiced), (5000, 5000))
        self.assertEqual(self.stranger._ar_limit_facts(self.company)[self.stranger.id].invoice_count, 0)

    def test_a_customer_without_history_gets_the_starter_limit(self):
        limit = self.propose()
        self.assertEqual((limit.suggested_amount, limit.level), (1000, "none"))

    def test_a_proposal_counts_only_when_it_is_approved(self):
        limit = self.propose(700)
        self.assertFalse(self.buyer.ar_has_credit_limit)
        limit.with_user(self.manager).action_approve()
        self.env.invalidate_all()
        self.assertEqual((limit.state, self.buyer.ar_credit_limit), ("approved", 700))
        self.assertEqual(self.buyer.credit_limit, 700)
        self.assertTrue(self.buyer.use_partner_credit_limit)

    def test_an_approved_limit_counts_in_the_score_without_odoo_s_own_warning(self):
        self.company.account_use_credit_limit = False
        lines = self.env["account.move.line"]
        before = lines._ar_payment_facts(self.customer.ids, self.company, DAY)[self.customer.id]
        self.assertIsNone(before.credit_limit)
        self.approved(5000, partner=self.customer)
        after = lines._ar_payment_facts(self.customer.ids, self.company, DAY)[self.customer.id]
        self.assertEqual(after.credit_limit, 500_000)
        self.assertEqual(after.exposure, round(100 * self.customer.credit))

    def test_nobody_approves_an_own_proposal(self):
        limit = self.propose(user=self.manager)
        self.assertFalse(limit.can_approve)
        for record in (limit, limit.sudo()):
            with self.assertRaises(UserError):
                record.action_approve()
        with self.assertRaises(AccessError):
            limit.write({"state": "approved"})
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            limit.sudo().write({"state": "approved", "is_current": True, "decided_by_id": self.manager.id})
            self.env.flush_all()

    def test_who_changes_the_amount_or_asks_for_approval_is_the_proposer(self):
        limit = self.propose(submit=False)
        limit.with_user(self.manager).amount = 5000
        self.assertEqual(limit.proposed_by_id, self.manager)
        limit.with_user(self.boss).action_submit()
        self.assertEqual(limit.proposed_by_id, self.boss)
        with self.assertRaises(UserError):
            limit.with_user(self.boss).action_approve()

    def test_nobody_creates_a_decided_limit(self):
        limit = self.propose(
            submit=False,
            user=self.manager,
            state="approved",
            is_current=True,
            proposed_by_id=self.clerk.id,
            decided_by_id=self.manager.id,
            suggested_amount=99,
        )
        self.assertRecordValues(
            limit,
            [
                {
                    "state": "proposed",
                    "is_current": False,
                    "proposed_by_id": self.manager.id,
                    "decided_by_id": False,
                    "suggested_amount": 1000,
                }
            ],
        )

    def test_another_amount_than_the_suggested_one_needs_a_reason(self):
        limit = self.propose(1000, note=False)
        self.assertEqual(limit.state, "waiting")
        with self.assertRaises(UserError):
            self.propose(1001, partner=self.stranger, note=" ")

    def test_clerks_readers_and_salespeople_do_not_approve(self):
        limit = self.propose()
        for user in (self.reader, self.clerk, self.salesman):
            for action in ("action_approve", "action_refuse"):
                with self.subTest(user=user.login, action=action), self.assertRaises(AccessError):
                    getattr(limit.with_user(user), action)()
        for user in (self.reader, self.salesman):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.propose(partner=self.stranger, user=user)
        self.assertTrue(limit.with_user(self.reader).amount)
        with self.assertRaises(AccessError):
            limit.with_user(self.salesman).read(["amount"])

    def test_a_new_limit_supersedes_the_one_before(self):
        first = self.approved(500)
        second = self.approved(800)
        self.assertEqual((first.state, first.is_current), ("superseded", False))
        self.assertTrue(second.is_current)
        self.env.invalidate_all()
        self.assertEqual((self.buyer.ar_credit_limit, self.buyer.credit_limit), (800, 800))

    def test_history_is_not_edited(self):
        limit = self.approved(500)
        for record in (limit.with_user(self.manager), limit.sudo()):
            with self.assertRaises(UserError):
                record.write({"amount": 9000})
            with self.assertRaises(UserError):
                record.unlink()
        with self.assertRaises(UserError):
            limit.copy()
        with self.assertRaises(UserError):
            limit.with_user(self.manager).action_approve()

    def test_a_refusal_says_why(self):
        limit = self.propose()
        wizard = limit.with_user(self.manager).action_refuse()
        refusal = self.env["ar.credit.limit.refuse"].with_user(self.manager).with_context(**wizard["context"])
        refusal.create({"reason": "Too soon"}).action_refuse()
        self.assertEqual((limit.state, limit.refusal_reason), ("refused", "Too soon"))
        self.assertFalse(self.buyer.ar_has_credit_limit)
        with self.assertRaises(UserError):
            self.propose().with_user(self.manager)._refuse(" ")

    def test_an_expired_limit_is_what_the_customer_is_measured_by(self):
        limit = self.approved(valid_until=DAY)
        self.env["ar.credit.limit"]._cron_follow_up()
        self.assertEqual(limit.state, "approved")
        with freeze_time(DAY + timedelta(1)):
            self.env["ar.credit.limit"]._cron_follow_up()
            position = self.buyer._ar_credit_positions(self.company)[self.buyer.id]
            self.assertEqual((limit.state, position.limit), ("expired", 1000))
            self.assertTrue(position.is_expired(DAY + timedelta(1)))
        with self.assertRaises(UserError):
            self.propose(partner=self.stranger, valid_until=DAY - timedelta(1))

    def test_reviews_follow_the_level_and_are_asked_for_once(self):
        self.company.ar_credit_owner_id = self.boss
        limit = self.approved()
        self.assertEqual(limit.review_date, date(2025, 9, 30))
        own_date = self.approved(partner=self.stranger, review_date=DAY + timedelta(15))
        cron = self.env["ar.credit.limit"]._cron_follow_up
        cron()
        self.assertFalse(own_date.activity_ids)
        with freeze_time(DAY + timedelta(1)):
            cron()
            cron()
        self.assertEqual(own_date.activity_ids.user_id, self.boss)
        self.assertEqual(len(own_date.activity_ids), 1)
        self.assertFalse(limit.activity_ids)

    def test_a_review_finds_a_draft_with_what_the_policy_suggests_now(self):
        self.approved(review_date=DAY)
        self.env["ar.credit.limit"].with_user(SUPERUSER_ID)._cron_follow_up()
        draft = self.env["ar.credit.limit"].search([("partner_id", "=", self.buyer.id), ("state", "=", "proposed")])
        self.assertEqual((draft.amount, draft.current_amount), (1000, 1000))
        self.assertFalse(draft.proposed_by_id)
        self.env["ar.credit.limit"]._cron_follow_up()
        self.assertEqual(len(draft.search([("partner_id", "=", self.buyer.id), ("state", "=", "proposed")])), 1)
        draft.with_user(self.clerk).action_submit()
        draft.with_user(self.manager).action_approve()
        self.assertTrue(draft.is_current)

    def test_salespeople_learn_nothing_from_the_form(self):
        limits = self.env["ar.credit.limit"].with_user(self.salesman)
        new = limits.new({"partner_id": self.customer.id})
        new._onchange_partner_id()
        self.assertFalse(new.reasons)

    def test_a_customers_own_credit_manager_is_asked_first(self):
        self.company.ar_credit_owner_id = self.boss
        self.buyer.ar_credit_owner_id = self.manager
        limit = self.approved(review_date=DAY)
        self.env["ar.credit.limit"]._cron_follow_up()
        self.assertEqual(limit.activity_ids.user_id, self.manager)

    def test_a_limit_keeps_its_worth_when_the_company_changes_its_currency(self):
        self.approved(1000)
        old_currency = self.company.currency_id
        # An entry would forbid the change; here the column alone tells.
        self.cr.execute("UPDATE res_company SET currency_id = %s WHERE id = %s", [self.foreign.id, self.company.id])
        self.env.invalidate_all()
        position = self.buyer._ar_credit_positions(self.company)[self.buyer.id]
        self.assertEqual(position.limit, 0, "Without a rate it allows nothing")
        self.env["res.currency.rate"].create(
            {"currency_id": old_currency.id, "rate": 1, "name": "2020-01-01", "company_id": self.company.id}
        )
        self.assertEqual(self.buyer._ar_credit_positions(self.company)[self.buyer.id].limit, 800)

    def test_a_currency_without_a_rate_stops_a_proposal(self):
        unrated = self.env["res.currency"].create({"name": "XQZ", "symbol": "x", "rounding": 0.01})
        self._create_invoice_one_line(price_unit=80, partner_id=self.buyer.id, currency_id=unrated.id)
        with self.assertRaisesRegex(UserError, "XQZ"):
            self.propose()

    def test_several_customers_are_proposed_at_once(self):
        partners = self.buyer | self.stranger | self.customer | self.contact
        wizard = Form(
            self.env["ar.credit.limit.propose"]
            .with_user(self.clerk)
            .with_context(active_model="res.partner", active_ids=partners.ids)
        ).save()
        self.assertEqual(wizard.line_ids.partner_id, self.buyer | self.stranger | self.customer)
        self.assertIn("Not rated", wizard.line_ids[0].reason_text + wizard.line_ids[1].reason_text)
        limits = self.env["ar.credit.limit"].search(wizard.action_propose()["domain"])
        self.assertEqual(set(limits.mapped("state")), {"waiting"})
        self.assertEqual(limits.proposed_by_id, self.clerk)
        with self.assertRaises(AccessError):
            self.env["ar.credit.limit.propose"].with_user(self.reader).create({})

    def test_limits_belong_to_one_company(self):
        limit = self.approved()
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "limit_outsider",
            "ar_enhanced.group_ar_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["ar.credit.limit"].with_user(outsider).search([("id", "=", limit.id)]))
        with self.assertRaises(AccessError):
            self.propose(user=self.clerk, company_id=other.id)
        self.assertFalse(self.buyer.with_company(other).ar_has_credit_limit)

    def test_a_limit_in_a_branch_is_the_root_companys(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        (self.clerk | self.manager).company_ids += branch
        limit = (
            self.env["ar.credit.limit"]
            .with_user(self.clerk)
            .with_company(branch)
            .create({"partner_id": self.buyer.id, "amount": 700, "note": "x"})
        )
        self.assertEqual(limit.company_id, self.company)
        limit.action_submit()
        limit.with_user(self.manager).action_approve()
        self.assertEqual(self.buyer.with_company(branch).credit_limit, 700)

    def test_defaults_in_the_context_decide_nothing(self):
        forged = {"default_decided_on": DAY, "default_decided_by_id": self.manager.id, "default_refusal_reason": "x"}
        limit = (
            self.env["ar.credit.limit"]
            .with_user(self.clerk)
            .with_context(**forged)
            .create({"partner_id": self.buyer.id, "amount": 5, "note": "x"})
        )
        self.assertRecordValues(limit, [{"decided_on": False, "decided_by_id": False, "refusal_reason": False}])

    def test_a_limit_of_what_became_a_contact_stops_neither_approval_nor_the_daily_work(self):
        self.approved(700)
        security = (
            self.env["ar.credit.security"].with_user(self.clerk).create({"partner_id": self.buyer.id, "amount": 400})
        )
        security.with_user(self.manager).action_confirm()
        waiting = self.propose(900)
        self.buyer.write({"is_company": False, "parent_id": self.stranger.id})
        self.env["ar.credit.limit"]._cron_follow_up()
        waiting.with_user(self.manager).action_approve()
        self.assertFalse(self.buyer.ar_has_credit_limit)

    def test_a_security_is_the_customers_whoever_of_its_contacts_is_chosen(self):
        security = (
            self.env["ar.credit.security"].with_user(self.clerk).create({"partner_id": self.buyer.id, "amount": 400})
        )
        security.partner_id = self.contact
        self.assertEqual(security.partner_id, self.customer)

    def test_salespeople_add_contacts_to_a_customer_with_a_credit_manager(self):
        self.buyer.ar_credit_owner_id = self.boss
        contact = self.env["res.partner"].with_user(self.salesman).create({"name": "Bo", "parent_id": self.buyer.id})
        self.assertEqual(contact.sudo().ar_credit_owner_id, self.boss)
        contact.parent_id = self.stranger
        contact.parent_id = self.buyer
        self.stranger.with_user(self.salesman).write({"parent_id": self.buyer.id, "is_company": False})
        self.assertEqual(self.stranger.ar_credit_owner_id, self.boss)

    def test_a_customer_that_becomes_a_contact_takes_the_limit_of_its_parent(self):
        self.approved(700)
        self.buyer.write({"is_company": False, "parent_id": self.stranger.id})
        self.assertFalse(self.buyer.ar_has_credit_limit)
        self.approved(300, partner=self.stranger)
        self.env.invalidate_all()
        self.assertEqual(self.buyer.ar_credit_limit, 300)

    def test_a_security_raises_the_limit_while_it_is_valid_and_confirmed_by_another(self):
        self.approved(1000)
        security = (
            self.env["ar.credit.security"]
            .with_user(self.manager)
            .create(
                {
                    "partner_id": self.buyer.id,
                    "amount": 400,
                    "currency_id": self.foreign.id,
                    "valid_from": DAY,
                    "valid_until": DAY + timedelta(1),
                }
            )
        )
        self.assertEqual(self.buyer.ar_credit_limit, 1000)
        for record in (security, security.sudo()):
            with self.assertRaises(UserError):
                record.action_confirm()
        with self.assertRaises(AccessError):
            security.write({"state": "confirmed"})
        security.with_user(self.boss).action_confirm()
        self.env.invalidate_all()
        self.assertEqual((self.buyer.ar_credit_limit, self.buyer.credit_limit), (1500, 1500))
        with self.assertRaises(UserError):
            security.with_user(self.boss).amount = 9000
        for days, limit in ((-1, 1000), (1, 1500), (2, 1000)):
            with self.subTest(days=days), freeze_time(DAY + timedelta(days)):
                self.env["ar.credit.limit"]._cron_follow_up()
                self.env.invalidate_all()
                self.assertEqual((self.buyer.ar_credit_limit, self.buyer.credit_limit), (limit, limit))
        security.with_user(self.boss).action_end()
        self.env.invalidate_all()
        self.assertEqual((self.buyer.ar_credit_limit, self.buyer.credit_limit), (1000, 1000))

    def test_what_is_secured_is_said_where_no_limit_is_set(self):
        security = (
            self.env["ar.credit.security"].with_user(self.clerk).create({"partner_id": self.buyer.id, "amount": 400})
        )
        self.assertFalse(self._position_card()["totals"])
        security.with_user(self.manager).action_confirm()
        self.assertIs(self._position_card()["limit"], False)
        self.assertEqual([total["code"] for total in self._position_card()["totals"]], ["secured"])

    def _position_card(self):
        self.env.invalidate_all()
        return self.buyer._ar_position_cards(self.company)[self.buyer.id]

    def test_who_changes_a_security_is_its_recorder(self):
        security = (
            self.env["ar.credit.security"].with_user(self.clerk).create({"partner_id": self.buyer.id, "amount": 400})
        )
        security.with_user(self.manager).amount = 9000
        with self.assertRaises(UserError):
            security.with_user(self.manager).action_confirm()

    def test_merged_customers_keep_one_limit_and_the_history_of_both(self):
        kept, merged = self.approved(700), self.approved(300, partner=self.stranger)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.buyer | self.stranger).ids, self.buyer)
        self.env.invalidate_all()
        self.assertEqual((kept.is_current, merged.is_current), (True, False))
        self.assertEqual((merged.partner_id, merged.state), (self.buyer, "superseded"))
        self.assertEqual(self.buyer.ar_credit_limit, 700)

    def test_odoos_own_limit_follows_what_a_merged_customer_brings(self):
        self.approved(700)
        security = (
            self.env["ar.credit.security"].with_user(self.clerk).create({"partner_id": self.stranger.id, "amount": 400})
        )
        security.with_user(self.manager).action_confirm()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.buyer | self.stranger).ids, self.buyer)
        self.env.invalidate_all()
        self.assertEqual((self.buyer.ar_credit_limit, self.buyer.credit_limit), (1100, 1100))

    def test_statements_of_a_proposal_do_not_grow_with_customers(self):
        many = self.env["res.partner"].create([{"name": f"C{number}", "is_company": True} for number in range(30)])
        many._ar_suggested_limits(self.company)
        counts = []
        for partners in (many[:1], many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            partners._ar_suggested_limits(self.company)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts)
