from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditWarning(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.clerk = new_test_user(cls.env, "clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.manager = new_test_user(cls.env, "manager", "ar_enhanced.group_ar_manager", **company)

    def score(self, level, score, days_ago, current=False, facts=None):
        return (
            self.env["ar.credit.score"]
            .sudo()
            .create(
                {
                    "partner_id": self.stranger.id,
                    "company_id": self.env.company.id,
                    "date": DAY - timedelta(days_ago),
                    "level": level,
                    "score": score,
                    "certainty": "high",
                    "scorecard_version": "test",
                    "is_current": current,
                    "facts": facts or {},
                }
            )
        )

    def find(self, kind, day=DAY, partner=None):
        warnings = self.env["ar.credit.warning"]
        warnings._refresh(self.env.company, day)
        return warnings.search([("kind", "=", kind), ("partner_id", "=", (partner or self.stranger).id)])

    def limit(self, amount, valid_in=None):
        return (
            self.env["ar.credit.limit"]
            .sudo()
            .create(
                {
                    "partner_id": self.stranger.id,
                    "company_id": self.env.company.id,
                    "currency_id": self.env.company.currency_id.id,
                    "amount": amount,
                    "state": "approved",
                    "is_current": True,
                    "proposed_by_id": self.clerk.id,
                    "decided_by_id": self.manager.id,
                    "decided_on": DAY,
                    "valid_until": valid_in is not None and DAY + timedelta(valid_in),
                }
            )
        )

    def change(self, limit, **columns):
        """Give a limit other figures, as another one would have: a limit itself is history."""
        for column, value in columns.items():
            self.env.flush_all()
            self.env.cr.execute(
                SQL("UPDATE ar_credit_limit SET %s = %s WHERE id = %s", SQL.identifier(column), value, limit.id)
            )
        self.env.invalidate_all()

    def test_a_score_that_dropped_by_the_threshold_warns(self):
        self.score("b", 74, 30)
        now = self.score("b", 64.1, 0, current=True)
        self.assertFalse(self.find("score_drop"))
        self.env.cr.execute("UPDATE ar_credit_score SET score = 64 WHERE id = %s", (now.id,))
        self.env.invalidate_all()
        self.assertEqual(self.find("score_drop").text, "Score down from 74 to 64 in 30 days.")

    def test_a_level_that_dropped_warns_whatever_the_points(self):
        self.score("b", 61, 30)
        self.score("c", 59, 0, current=True)
        self.assertIn("Level down from B to C", self.find("score_drop").text)

    def test_a_drop_before_the_days_looked_back_is_old_news(self):
        self.score("a", 90, 31)
        self.score("d", 40, 30)
        self.score("d", 40, 0, current=True)
        self.assertFalse(self.find("score_drop"))

    def test_paying_later_by_the_threshold_warns(self):
        facts = {
            "recent_amount": 1000,
            "recent_amount_days": 12000,
            "recent_settlements": 3,
            "earlier_amount": 1000,
            "earlier_amount_days": 8000,
            "earlier_settlements": 3,
        }
        score = self.score("b", 70, 0, current=True, facts=facts)
        self.assertFalse(self.find("slower"))
        self.env.cr.execute(
            "UPDATE ar_credit_score SET facts = (facts::jsonb || '{\"earlier_amount_days\": 7000}')::json"
            " WHERE id = %s",
            (score.id,),
        )
        self.assertIn("Pays 5 days slower: 12 days", self.find("slower").text)

    def test_a_limit_used_above_the_threshold_warns(self):
        limit = self.limit(1000)
        self.invoice(900, due_days_ago=-5, partner=self.stranger)
        exposure = self.stranger.sudo()._ar_credit_positions(self.env.company)[self.stranger.id].exposure
        self.change(limit, amount=float(exposure) / 0.9)
        self.assertFalse(self.find("utilisation"))
        self.change(limit, amount=float(exposure) / 0.957)
        self.assertIn("Uses 96 % of the credit limit", self.find("utilisation").text, "as the customer's page says")

    def test_what_is_secured_is_room_before_a_warning(self):
        limit = self.limit(1000)
        self.invoice(900, due_days_ago=-5, partner=self.stranger)
        exposure = float(self.stranger.sudo()._ar_credit_positions(self.env.company)[self.stranger.id].exposure)
        self.change(limit, amount=exposure / 2)
        self.assertIn("Uses 200 % of the credit limit", self.find("utilisation").text)
        securities = self.env["ar.credit.security"].with_user(self.clerk)
        guarantee = securities.create({"partner_id": self.stranger.id, "kind": "guarantee", "amount": exposure / 2})
        guarantee.with_user(self.manager).action_confirm()
        self.assertIn("Uses 100 % of the credit limit", self.find("utilisation").text)
        self.change(limit, amount=exposure * 0.7)
        self.assertFalse(self.find("utilisation"))

    def test_a_good_payer_that_is_overdue_for_the_first_time_warns(self):
        for months_ago in range(2, 6):
            self.pay(self.invoice(100, due_days_ago=months_ago * 30, partner=self.stranger), days_ago=months_ago * 30)
        self.invoice(70, due_days_ago=1, partner=self.stranger)
        self.assertFalse(self.find("first_overdue"), "four invoices make no habit")
        self.pay(self.invoice(100, due_days_ago=200, partner=self.stranger), days_ago=200)
        warning = self.find("first_overdue")
        self.assertEqual(warning.amount, self.stranger.sudo().credit)
        self.assertIn("after 5 items that were all paid in time", warning.text)
        self.pay(self.invoice(100, due_days_ago=230, partner=self.stranger), days_ago=229)
        self.assertFalse(self.find("first_overdue"), "paid late once before")

    def test_an_item_that_is_due_today_is_not_overdue(self):
        for months_ago in range(2, 7):
            self.pay(self.invoice(100, due_days_ago=months_ago * 30, partner=self.stranger), days_ago=months_ago * 30)
        self.invoice(70, due_days_ago=0, partner=self.stranger)
        self.assertFalse(self.find("first_overdue"))
        self.assertTrue(self.find("first_overdue", DAY + timedelta(1)))

    def test_a_broken_promise_warns_until_its_invoices_are_paid(self):
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(self.overdue.ids)],
                "amount": 500,
                "made_on": DAY - timedelta(20),
                "date": DAY - timedelta(10),
            }
        )
        promise._judge(DAY)
        self.assertIn("Promised", self.find("broken_promise", partner=self.customer).text)
        self.pay(self.overdue, days_ago=0)
        self.assertFalse(self.find("broken_promise", partner=self.customer))

    def test_a_limit_that_ends_within_the_days_warns(self):
        limit = self.limit(1000, valid_in=31)
        self.assertFalse(self.find("limit_expiring"))
        self.change(limit, valid_until=DAY + timedelta(30))
        self.assertEqual(self.find("limit_expiring").text, "The credit limit ends on 04/30/2025.")

    def test_a_payment_that_is_rejected_warns(self):
        invoice = self.invoice(100, due_days_ago=5, partner=self.stranger)
        payment = self.pay(invoice, days_ago=4)
        self.assertFalse(self.find("returned"))
        payment.action_reject()
        self.assertEqual(self.find("returned").text, "A payment came back in the last 30 days.")

    def test_a_dismissed_one_stays_away_until_the_facts_change(self):
        limit = self.limit(1000, valid_in=20)
        warning = self.find("limit_expiring")
        with self.assertRaises(AccessError):
            warning.with_user(self.reader)._dismiss("No")
        with self.assertRaises(UserError):
            warning.with_user(self.clerk)._dismiss("  ")
        dismissing = (
            self.env["ar.credit.warning.dismiss"]
            .with_user(self.clerk)
            .create({"warning_ids": [Command.set(warning.ids)], "reason": "A new one is on its way"})
        )
        dismissing.action_dismiss()
        self.assertEqual(self.find("limit_expiring", DAY + timedelta(1)).state, "dismissed")
        self.assertEqual(warning.dismissed_by_id, self.clerk)
        self.change(limit, valid_until=DAY + timedelta(19))
        self.assertEqual(self.find("limit_expiring", DAY + timedelta(1)).state, "open")
        self.assertEqual((warning.found_on, warning.reason), (DAY + timedelta(1), False))
        self.change(limit, valid_until=None)
        self.assertFalse(self.find("limit_expiring"))

    def test_nobody_writes_warnings_and_other_companies_see_none(self):
        self.limit(1000, valid_in=20)
        warning = self.find("limit_expiring")
        for operation in ("write", "create", "unlink"):
            self.assertFalse(warning.with_user(self.manager).has_access(operation))
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "outsider",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["ar.credit.warning"].with_user(outsider).search([]))

    def test_the_nightly_run_finds_them(self):
        self.limit(1000, valid_in=20)
        with self.enter_registry_test_mode():
            self.env.ref("ar_enhanced.cron_refresh_warnings").method_direct_trigger()
        self.assertTrue(self.env["ar.credit.warning"].search([("partner_id", "=", self.stranger.id)]))


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestLevelMigration(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.env["ar.credit.score"].sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": cls.env.company.id,
                    "date": DAY - timedelta(days_ago),
                    "level": level,
                    "score": score,
                    "certainty": "high",
                    "scorecard_version": "test",
                }
                for partner, days_ago, level, score in (
                    (cls.customer, 80, "b", 70),
                    (cls.customer, 60, "c", 55),
                    (cls.customer, 10, "d", 40),
                    (cls.newcomer, 30, "none", 0),
                    (cls.newcomer, 20, "a", 90),
                )
            ]
        )

    def compare(self, days_before, days_after=0):
        self.env.invalidate_all()  # each report is a request of its own
        report = (
            self.env["ar.credit.migration.report"]
            .with_user(self.reader)
            .create({"date_from": DAY - timedelta(days_before), "date_to": DAY - timedelta(days_after)})
        )
        action = report.action_show()
        return (
            self.env["ar.credit.migration"]
            .with_user(self.reader)
            .with_context(**action["context"])
            .search(action["domain"])
        )

    def moves(self, *days):
        return {line.partner_id: (line.level_before, line.level_after, line.movement) for line in self.compare(*days)}

    def test_the_level_of_a_day_is_that_of_the_last_score_until_then(self):
        self.assertEqual(self.moves(60), {self.customer: ("c", "d", "worse"), self.newcomer: ("none", "a", "new")})
        self.assertEqual(self.moves(61)[self.customer], ("b", "d", "worse"))
        self.assertEqual(self.moves(61, 11), {self.customer: ("b", "c", "worse"), self.newcomer: ("none", "a", "new")})
        self.assertEqual(self.moves(60, 11)[self.customer], ("c", "c", "same"))
        self.assertNotIn(self.newcomer, self.moves(61, 31))

    def test_what_is_open_is_what_the_ledger_said_on_the_second_day(self):
        lines = self.env["account.move.line"].search(
            [("account_type", "=", "asset_receivable"), ("partner_id", "child_of", self.customer.id)]
        )
        for days_after in (0, 5, 81):
            day = DAY - timedelta(days_after)
            balance = sum(line.balance for line in lines if line.parent_state == "posted" and line.date <= day)
            found = self.compare(days_after + 30, days_after).filtered(lambda line: line.partner_id == self.customer)
            if days_after == 81:
                self.assertFalse(found, "no score by then")
            else:
                self.assertAlmostEqual(found.open_amount, balance, 2)

    def test_days_of_any_kind_give_a_report_and_no_error(self):
        for key in ("x", 5, ["2025-01-01"], False):
            migration = self.env["ar.credit.migration"].with_context(ar_date_from=key, ar_date_to=key)
            self.assertTrue(migration.search([]))
