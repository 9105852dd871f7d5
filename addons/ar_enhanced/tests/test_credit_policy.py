from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.ar_enhanced.engine.scorecard import COMPONENTS, SCORECARD

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditPolicy(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scores = cls.env["ar.credit.score"]
        cls.default = cls.env.ref("ar_enhanced.credit_policy_default").sudo()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.manager = new_test_user(cls.env, "policy_manager", "ar_enhanced.group_ar_manager", **company)
        cls.clerk = new_test_user(cls.env, "policy_clerk", "ar_enhanced.group_ar_clerk", **company)

    def own_policy(self, **values):
        """A draft of this company's own, with ``values``."""
        return self.default.copy({"company_id": self.env.company.id, **values}).with_user(self.manager)

    def test_the_shared_default_is_the_engines(self):
        self.assertEqual(self.env.company._ar_credit_policy(), self.default)
        self.assertEqual(self.default._scorecard(), SCORECARD)

    def test_senseless_numbers_are_refused(self):
        policy = self.own_policy()
        levels = {line.level: line for line in policy.level_ids}
        for values in (
            {f"weight_{code}": 0 for code in COMPONENTS},
            {f"weight_{code}": 0 for code in COMPONENTS if code not in ("utilisation", "external")},
            {"weight_trend": -1},
            {"lost_1_30": 70},
            {"lost_over_90": 120},
            {"window_months": 6},
            {"pseudo_items": -1},
            {"level_ids": [Command.update(levels["b"].id, {"at_least": 80})]},
            {"level_ids": [Command.update(levels["a"].id, {"at_least": 130})]},
            {"level_ids": [Command.update(levels["e"].id, {"at_least": 10})]},
            {"level_ids": [Command.delete(levels["c"].id)]},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.cr.savepoint():
                policy.write(values)
        policy.weight_trend = 0

    def test_a_version_that_scores_were_made_with_never_changes(self):
        policy = self.own_policy()
        policy.action_activate()
        credit_score = self.scores._snapshot(self.customer)
        self.assertEqual(credit_score.policy_id, policy)
        with self.assertRaises(UserError):
            policy.weight_trend = 50
        with self.assertRaises(UserError):
            policy.level_ids[0].at_least = 90
        with self.assertRaises(UserError):
            policy.level_ids[0].unlink()
        with self.assertRaises(UserError):
            policy.level_ids = [Command.clear()]
        with self.assertRaises(UserError):
            policy.unlink()
        self.assertEqual(credit_score._recomputed().points, credit_score.score)

    def test_a_new_version_scores_anew_and_leaves_the_old_scores(self):
        first = self.scores._snapshot(self.customer)
        points = first.score
        policy = self.own_policy(weight_overdue_now=90)
        self.assertFalse(self.scores._snapshot(self.customer), "A draft changes nothing.")
        policy.action_activate()
        second = self.scores._snapshot(self.customer)
        self.assertNotEqual(second.score, points)
        self.assertEqual((first.policy_id, first._recomputed().points), (self.default, points))
        self.assertEqual(second._recomputed().points, second.score)

    def test_one_version_is_active_and_without_its_own_a_company_follows_the_shared_one(self):
        first = self.own_policy()
        first.action_activate()
        action = first.action_new_version()
        second = self.env["ar.credit.policy"].with_user(self.manager).browse(action["res_id"])
        self.assertEqual((second.state, second.version), ("draft", first.version + 1))
        second.action_activate()
        self.assertEqual((first.state, second.state, self.default.state), ("retired", "active", "active"))
        self.assertEqual(self.env.company._ar_credit_policy(), second)
        second.action_retire()
        self.assertEqual(self.env.company._ar_credit_policy(), self.default)
        with self.assertRaises(UserError):
            self.default.action_retire()

    def test_a_clerk_reads_the_policy_and_changes_nothing(self):
        policy = self.own_policy().with_user(self.clerk)
        self.assertTrue(policy.name)
        with self.assertRaises(AccessError):
            policy.weight_trend = 1
        with self.assertRaises(AccessError):
            policy.action_activate()

    def test_a_score_of_an_earlier_release_is_readable_and_says_what_it_is(self):
        facts = {
            "day": "2025-01-01",
            "settled_amount": "1000.00",
            "settled_count": 4,
            "paid_count": 4,
            "open_count": 0,
            "overdue_count": 0,
            "first_paid_on": "2024-01-01",
            "portfolio_days": None,
            "portfolio_punctual_share": None,
        }
        reasons = [
            ("timeliness", "33.0", 40, "pays_late", {"days": 9, "count": 4}),
            ("overdue_now", "25.0", 25, "overdue", {"amount": "12.50", "share": 5, "days": 3, "count": 1}),
            ("regularity", "15.0", 15, "punctual", {"punctual": 4, "count": 4, "days": 15}),
            ("trend", "5.0", 10, "trend_unknown", {}),
            ("record", "7.0", 10, "record", {"months": 12, "count": 4}),
        ]
        names = ("code", "points", "max_points", "reason_code", "facts")
        old = self.scores.sudo().create(
            {
                "partner_id": self.customer.id,
                "company_id": self.env.company.id,
                "date": "2025-01-01",
                "score": 85,
                "level": "a",
                "certainty": "medium",
                "scorecard_version": "2025.1",
                "facts": facts,
                "components": [dict(zip(names, reason, strict=True)) for reason in reasons],
                "is_current": True,
            }
        )
        card = self.customer.ar_credit_card
        self.assertEqual([part["code"] for part in card["components"]], [reason[0] for reason in reasons])
        self.assertIn("calculation 2025.1", card["policy"])
        self.assertIn("12 months", card["certainty_words"])
        self.assertFalse(card["improvement"])
        with self.assertRaises(UserError):
            old._recomputed()
        self.assertTrue(self.scores._snapshot(self.customer), "Another calculation is news.")
        self.assertFalse(old.is_current)

    def test_what_is_beside_the_invoices_counts(self):
        first = self.scores._snapshot(self.customer)
        self.customer.with_user(self.clerk).sudo().write({"ar_external_grade": "e", "ar_external_date": DAY})
        rejected = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.contact.id,
                "amount": 10,
                "date": DAY - timedelta(5),
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        rejected.action_post()
        rejected.action_reject()
        self.env["ar.dispute"].create(
            [
                {"move_id": self.overdue.id, "code_id": code.id, "amount": 10}
                for code in self.env["ar.dispute.code"].search([], limit=1)
            ]
        ).sudo().write({"state": "rejected", "outcome": "unjustified", "closed_on": DAY})
        facts = self.env["account.move.line"]._ar_payment_facts(self.customer.ids, self.env.company, DAY)
        found = facts[self.customer.id]
        self.assertEqual((found.returned, found.unjustified, found.external_rating), (1, 1, 10))
        second = self.scores._snapshot(self.customer)
        self.assertLess(second.score, first.score)
        self.assertEqual(len(second.components), 9)
        self.assertTrue(all(part["reason"].endswith(".") for part in second.card["components"]))

    def test_odoos_own_limit_counts_where_it_is_used(self):
        self.env.company.account_use_credit_limit = True
        self.customer.credit_limit = 1000
        facts = self.env["account.move.line"]._ar_payment_facts(self.customer.ids, self.env.company, DAY)
        found = facts[self.customer.id]
        # Open are 1,190, 200, 250 and 75, 640 euro at 0.8, and an advance of 60.
        self.assertEqual((found.credit_limit, found.exposure), (100_000, 119_000 + 52_500 + 80_000 - 6_000))

    def test_a_rating_is_entered_by_clerks_and_is_between_0_and_100(self):
        collector = new_test_user(
            self.env,
            "rating_reader",
            "ar_enhanced.group_ar_user,base.group_partner_manager",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.customer.with_user(collector).ar_external_rating = 90
        self.customer.with_user(collector).name = "Linden Optics & Sons"
        with self.assertRaises(ValidationError):
            self.customer.sudo().ar_external_rating = 101
        self.customer.sudo().ar_external_grade = "b"
        self.assertEqual((self.customer.ar_external_rating, self.customer.ar_external_date), (70, DAY))

    def test_a_rating_without_a_day_is_of_today_and_counts(self):
        customer = self.customer.sudo()
        customer.ar_external_rating = 40
        self.assertEqual(customer.ar_external_date, DAY)
        self.assertIn("external", [part["code"] for part in self.scores._snapshot(customer).components])
        rated_on = DAY - timedelta(20)
        customer.write({"ar_external_rating": 50, "ar_external_date": rated_on})
        customer.ar_external_rating = 60
        self.assertEqual(customer.ar_external_date, rated_on, "a day that was entered stays")
        customer.write({"ar_external_rating": 0, "ar_external_date": False})
        self.assertFalse(customer.ar_external_date)
        rated = self.env["res.partner"].sudo().create({"name": "Rated at once", "ar_external_rating": 70})
        self.assertEqual(rated.ar_external_date, DAY)

    def test_merged_customers_keep_their_history_and_one_current_score(self):
        self.scores._snapshot(self.customer | self.newcomer)
        history = self.customer.ar_credit_score_ids | self.newcomer.ar_credit_score_ids
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer | self.newcomer).ids, self.customer.sudo()
        )
        self.assertEqual(len(history.exists()), 2)
        self.assertEqual(len(history.filtered("is_current")), 1)

    def test_a_customer_that_becomes_a_contact_has_no_current_score(self):
        self.scores._snapshot(self.newcomer)
        self.newcomer.sudo().write({"parent_id": self.customer.id, "is_company": False})
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 1):
            self.scores.sudo()._cron_refresh()
        self.assertFalse(self.newcomer.ar_credit_score_ids.filtered("is_current"))
        self.assertTrue(self.newcomer.ar_credit_score_ids)
