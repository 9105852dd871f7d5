from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import format_date

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditDashboard(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_of_user = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **cls.company_of_user)
        cls.salesman = new_test_user(cls.env, "seller", "base.group_user", **cls.company_of_user)
        cls.env["ar.credit.score"]._snapshot(cls.customer | cls.newcomer)
        cls.customer.credit_limit = 2000
        cls.dashboard = cls.env["ar.credit.dashboard"].with_user(cls.reader)

    def figures(self):
        return self.dashboard.figures()

    def tile(self, figure):
        return next(tile for tile in self.figures()["tiles"] if tile["figure"] == figure)

    def test_levels_count_each_customer_once_and_add_up_to_the_ledger(self):
        levels = {level["level"]: level for level in self.figures()["levels"]}
        own = levels[self.customer.ar_credit_level]
        self.assertEqual(own["customers"], 1)
        self.assertAlmostEqual(own["exposure"], self.customer.ar_exposure, places=2)
        self.assertEqual((levels["none"]["customers"], levels["none"]["exposure"]), (1, 990))
        self.assertEqual(sum(level["customers"] for level in levels.values()), 2)
        self.assertEqual(list(levels), ["a", "b", "c", "d", "e", "none"])

    def test_who_is_over_the_limit_is_named_with_the_figures_of_its_own_page(self):
        over = self.customer.ar_exposure - 2000
        self.assertGreater(over, 0)
        figures = self.figures()
        self.assertEqual((figures["limits"]["customers"], figures["limits"]["near"]), (1, 1))
        self.assertEqual((figures["limits"]["limit"], figures["limits"]["unlimited"]), (2000, 990))
        (row,) = figures["limits"]["rows"]
        self.assertEqual(row["id"], self.customer.id)
        self.assertEqual(row["position"], self.customer.ar_credit_overview["position"])
        self.assertTrue(row["position"]["is_over"])
        self.assertEqual(self.tile("over_limit")["count"], 1)
        self.assertIn(self.env.company.currency_id.format(over), self.tile("over_limit")["note"])

    def test_a_customer_within_its_limit_is_over_none(self):
        self.customer.credit_limit = 100000
        self.assertEqual((self.tile("over_limit")["count"], self.tile("over_limit")["color"]), (0, "none"))
        self.assertFalse(self.figures()["limits"]["rows"])

    def test_what_a_tile_counts_is_what_it_opens(self):
        self.env["ar.dispute"].create(
            {"move_id": self.overdue.id, "code_id": self.env["ar.dispute.code"].search([], limit=1).id, "amount": 90}
        )
        tiles = self.figures()["tiles"]
        self.assertEqual({tile["figure"]: tile["count"] for tile in tiles}["open_disputes"], 1)
        self.assertIn("90.00", self.tile("open_disputes")["note"])
        for tile in tiles:
            with self.subTest(figure=tile["figure"]):
                action = self.dashboard.drill_down(tile["figure"])
                records = self.env[action["res_model"]].with_user(self.reader).search(action["domain"])
                self.assertEqual(len(records), tile["count"])

    def test_a_level_opens_its_customers_and_a_name_opens_its_page(self):
        action = self.dashboard.drill_down("level", "none")
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]).partner_id, self.newcomer)
        self.assertEqual(self.dashboard.drill_down("customer", self.customer.id)["res_id"], self.customer.id)
        with self.assertRaises(UserError):
            self.dashboard.drill_down("_check_may_read")

    def test_the_newest_measurement_says_how_good_the_score_is(self):
        self.assertFalse(self.figures()["quality"])
        qualities = self.env["ar.credit.quality"]
        qualities._measure(self.env.company).write({"verdict": "good", "gini": 0.61})
        qualities._measure(self.env.company).write({"date": DAY - timedelta(7)})
        sentence = self.figures()["quality"]["sentence"]
        self.assertIn("Good", sentence)
        self.assertIn(format_date(self.env, DAY), sentence)
        outsiders = self.setup_other_company()["company"]
        self.assertFalse(self.env["ar.credit.dashboard"]._quality(outsiders))

    def test_salespeople_are_refused(self):
        dashboard = self.env["ar.credit.dashboard"].with_user(self.salesman)
        with self.assertRaises(AccessError):
            dashboard.figures()
        with self.assertRaises(AccessError):
            dashboard.drill_down("over_limit")

    def test_a_reader_sees_on_an_invoice_how_the_customer_stands(self):
        invoice = self.part_paid.with_user(self.reader)
        self.assertEqual(invoice.ar_customer_standing, self.customer.ar_credit_score_id.display_name)
        self.assertEqual(invoice.ar_customer_limit_use, f"{self.customer.ar_utilisation:.0f}% of limit")
        self.assertFalse(invoice.ar_customer_on_hold)

    def test_another_company_has_nothing_of_this_one(self):
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "outsider",
            "ar_enhanced.group_ar_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        figures = self.env["ar.credit.dashboard"].with_user(outsider).with_company(other).figures()
        self.assertTrue(figures["is_empty"])
        self.assertFalse(any(tile["count"] for tile in figures["tiles"]))

    def test_many_customers_take_as_many_queries_as_two(self):
        self.figures()  # fills what is cached for longer than a transaction
        few = self.queries()
        many = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(20)])
        for partner in many:
            self.invoice(100, 5, partner=partner)
        self.env["ar.credit.score"]._snapshot(many)
        self.assertEqual(self.queries(), few)

    def queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.figures()
        return self.env.cr.sql_log_count - before

    def test_cards_by_level_of_many_take_as_many_queries_as_one(self):
        many = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(20)])
        for partner in many:
            self.invoice(100, 5, partner=partner)
        scores = self.env["ar.credit.score"]._snapshot(many)
        self.card_queries(scores)
        self.assertEqual(self.card_queries(scores), self.card_queries(scores[:1]))

    def test_a_customer_who_owes_nothing_has_nothing_overdue(self):
        self.pay(self.invoice(100, 5, partner=self.stranger), days_ago=0)
        credit_score = self.env["ar.credit.score"]._snapshot(self.stranger)
        self.assertFalse(credit_score.overdue)
        self.assertEqual(credit_score.position["parts"][0]["amount"], 0)

    def card_queries(self, scores):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        scores.read(["partner_id", "level", "score", "position", "overdue", "is_on_hold"])
        return self.env.cr.sql_log_count - before

    def test_the_page_shows_a_year_of_scores_as_steps(self):
        self.pay(self.overdue, days_ago=0)
        self.env["ar.credit.score"]._snapshot(self.customer)
        with freeze_time("2025-06-30"):
            self.customer.invalidate_recordset()
            history = self.customer.ar_credit_overview["history"]
        (point,) = history["points"]
        self.assertAlmostEqual(point["position"], (365 - 91) / 365)
        self.assertEqual(point["score"], self.customer.ar_credit_score)

    def test_the_page_says_why_a_customer_is_on_hold_and_who_released_it(self):
        hold = self.customer._ar_place_hold("Cheque came back")
        card = self.customer.ar_credit_overview["hold"]
        self.assertFalse(card["is_released"])
        self.assertIn("Cheque came back", " ".join(card["reasons"]))
        manager = new_test_user(self.env, "manager2", "ar_enhanced.group_ar_manager", **self.company_of_user)
        hold.with_user(manager).action_release("The bank confirmed")
        self.customer.invalidate_recordset()
        card = self.customer.ar_credit_overview["hold"]
        self.assertTrue(card["is_released"])
        self.assertIn("The bank confirmed", card["release"])
