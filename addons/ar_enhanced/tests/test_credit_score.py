from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.ar_enhanced.engine.credit_score import Portfolio
from odoo.addons.ar_enhanced.engine.scorecard import FORMULA

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditScore(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scores = cls.env["ar.credit.score"]

    def test_a_snapshot_can_be_computed_again_from_what_it_stored(self):
        credit_score = self.scores._snapshot(self.customer)
        recomputed = credit_score._recomputed()
        self.assertEqual(recomputed.points, credit_score.score)
        self.assertEqual(
            (recomputed.level, recomputed.certainty, recomputed.version),
            (credit_score.level, credit_score.certainty, credit_score.scorecard_version),
        )
        self.assertEqual(
            [(part.code, part.points, part.reason_code) for part in recomputed.components],
            [(part["code"], part["points"], part["reason_code"]) for part in credit_score.components],
        )
        self.assertEqual(credit_score.scorecard_version, FORMULA)

    def test_without_news_nothing_is_added(self):
        self.assertEqual(len(self.scores._snapshot(self.customer)), 1)
        self.assertFalse(self.scores._snapshot(self.customer))
        self.assertFalse(self.scores._snapshot(self.customer, any_difference=True))

    def test_a_payment_is_news_and_the_history_stays(self):
        first = self.scores._snapshot(self.customer)
        points = first.score
        self.pay(self.overdue, days_ago=0)
        second = self.scores._snapshot(self.customer)
        self.assertGreater(second.score, points)
        self.assertEqual((first.score, first.is_current, second.is_current), (points, False, True))
        self.assertEqual(self.customer.ar_credit_score_ids, second | first)
        self.assertEqual(self.customer.ar_credit_score_id, second)

    def test_a_company_where_nothing_was_due_yet_is_scored_and_stops_no_other(self):
        other = self.setup_other_company()
        company = other["company"]
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "company_id": company.id,
                "journal_id": other["default_journal_sale"].id,
                "partner_id": self.stranger.id,
                "invoice_date": DAY,
                "invoice_date_due": DAY + timedelta(30),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create(
                        {"price_unit": 100, "tax_ids": False, "account_id": other["default_account_revenue"].id}
                    )
                ],
            }
        ).action_post()
        there = self.stranger.sudo().with_company(company)
        self.assertTrue(there.action_compute_credit_score())
        self.assertEqual(there.ar_credit_score_id.level, "none")
        self.assertEqual(company._ar_portfolio(DAY), Portfolio())
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 1):
            self.scores.sudo()._cron_refresh()
        self.assertTrue(self.customer.ar_credit_score_id)

    def test_who_asked_before_sees_the_refreshed_score(self):
        shown = self.customer.ar_credit_score, self.contact.ar_credit_level, self.customer.ar_credit_card
        self.assertEqual(shown[:2], (0, False))
        self.customer.action_compute_credit_score()
        credit_score = self.customer.ar_credit_score_id
        self.assertEqual(credit_score.partner_id, self.customer)
        self.assertEqual(self.customer.ar_credit_score, credit_score.score)
        self.assertEqual(self.contact.ar_credit_level, credit_score.level)
        self.assertNotEqual(self.customer.ar_credit_card, shown[2])

    def test_the_name_of_a_score_is_in_the_language_of_who_reads_it(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.action_compute_credit_score()
        credit_score = self.customer.ar_credit_score_id
        self.assertIn(f"{credit_score.score:.1f}", credit_score.display_name)
        in_french = credit_score.with_context(lang="fr_FR").display_name
        self.assertIn(f"{credit_score.score:.1f}".replace(".", ","), in_french)

    def test_the_promised_improvement_is_what_paying_one_invoice_brings(self):
        self.pay_overdue_but_one()
        first = self.scores._snapshot(self.customer)
        self.assertIn(self.overdue.name, first.card["improvement"]["text"])
        self.pay(self.overdue, days_ago=0)
        self.assert_brought(first)

    def test_the_promised_improvement_is_what_paying_everything_overdue_brings(self):
        first = self.scores._snapshot(self.customer)
        self.assertIn("all that is overdue (3 invoices", first.card["improvement"]["text"])
        self.pay_overdue_but_one()
        self.pay(self.overdue, days_ago=0)
        self.assert_brought(first)

    def pay_overdue_but_one(self):
        self.pay(self.part_paid, days_ago=0)
        self.pay(self.open_in_euro, days_ago=0)

    def assert_brought(self, first):
        gained = self.scores._snapshot(self.customer).score - first.score
        self.assertIn(f"{gained:.1f} points", first.card["improvement"]["text"])

    def test_history_is_not_edited_or_deleted(self):
        credit_score = self.scores._snapshot(self.customer).sudo()
        for values in ({"score": 100}, {"level": "a"}, {"facts": {}}, {"is_current": False, "date": DAY}):
            with self.subTest(values=values), self.assertRaises(UserError):
                credit_score.write(values)
        with self.assertRaises(UserError):
            credit_score.unlink()

    def test_a_customer_takes_its_history_along(self):
        self.scores._snapshot(self.newcomer)
        history = self.newcomer.ar_credit_score_ids
        self.assertTrue(history)
        self.env.cr.execute("DELETE FROM account_move WHERE partner_id = %s", [self.newcomer.id])
        self.newcomer.sudo().unlink()
        self.assertFalse(history.exists())

    def test_without_history_there_is_no_number(self):
        credit_score = self.scores._snapshot(self.newcomer)
        self.assertEqual((credit_score.level, credit_score.score), ("none", 0))
        self.assertFalse(credit_score.components)
        self.assertEqual(credit_score.card["level_words"], "Not rated yet")
        self.assertFalse(self.scores._snapshot(self.stranger))

    def test_a_contact_shows_the_figures_of_its_company(self):
        self.scores._snapshot(self.contact)
        self.assertTrue(self.customer.ar_credit_score_id)
        self.assertEqual(self.contact.ar_credit_score_id, self.customer.ar_credit_score_id)
        self.assertEqual(self.contact.ar_credit_card, self.customer.ar_credit_card)
        self.assertFalse(self.contact.ar_credit_score_ids)

    def test_customers_are_found_by_level(self):
        level = self.scores._snapshot(self.customer).level
        found = self.env["res.partner"].search([("ar_credit_level", "=", level)])
        self.assertIn(self.customer, found)
        self.assertIn(self.contact, found)
        self.assertNotIn(self.newcomer, found)
        self.assertNotIn(self.customer, self.env["res.partner"].search([("ar_credit_level", "!=", level)]))

    def test_customers_are_found_by_points(self):
        points = self.scores._snapshot(self.customer).score
        self.scores._snapshot(self.newcomer)
        partners = self.env["res.partner"]
        for operator, value, is_found in (
            (">=", points, True),
            (">", points, False),
            ("<=", points, True),
            ("<", points, False),
            ("=", points, True),
            ("=", points + 0.1, False),
        ):
            with self.subTest(operator=operator, value=value):
                found = partners.search([("ar_credit_score", operator, value)])
                self.assertEqual((self.customer in found, self.contact in found), (is_found, is_found))
        self.assertNotIn(self.newcomer, partners.search([("ar_credit_score", "<=", 100)]), "not rated: no points")
        seller = new_test_user(self.env, "searching_seller", "base.group_user,base.group_partner_manager")
        with self.assertRaises(AccessError):
            partners.with_user(seller).search([("ar_credit_score", ">", 50)])

    def test_the_card_gives_a_sentence_for_every_component(self):
        self.scores._snapshot(self.customer)
        card = self.customer.ar_credit_card
        self.assertEqual(len(card["components"]), 8)
        self.assertTrue(all(component["reason"].endswith(".") for component in card["components"]))
        reasons = {component["code"]: component["reason"] for component in card["components"]}
        self.assertIn("up to 70 days", reasons["overdue_now"])
        self.assertIn("9 invoices", reasons["regularity"])
        self.assertEqual([ageing["currency"] for ageing in card["ageing"]], ["EUR", "USD"])

    def test_what_is_settled_since_is_not_asked_for(self):
        self.pay_overdue_but_one()
        self.scores._snapshot(self.customer)
        self.assertTrue(self.customer.ar_credit_card["improvement"])
        self.pay(self.overdue, days_ago=0)
        self.customer.invalidate_recordset()
        self.assertFalse(self.customer.ar_credit_card["improvement"])

    def test_cards_of_many_take_as_many_queries_as_one(self):
        many = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(30)])
        for partner in many:
            self.invoice(100, 5, partner=partner)
        self.scores._snapshot(many | self.customer)
        self.queries(many)  # fills what is cached for longer than a transaction
        self.assertEqual(self.queries(many), self.queries(many[:1]))

    def queries(self, partners):
        """Number of queries that the cards of ``partners`` take in a fresh environment."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        partners.mapped("ar_credit_card")
        return self.env.cr.sql_log_count - before

    def test_the_nightly_run_scores_everyone_and_remembers_where_it_was(self):
        company = self.env.company.sudo()
        cron = self.env["ir.cron"]
        customer_ids = self.env["account.move.line"]._ar_customer_ids(company)
        # Time is up after the first chunk of one customer.
        with patch.object(type(cron), "_commit_progress", lambda *args, **kwargs: 0 if args[1:] else 1):
            self.scores.sudo()._cron_refresh(chunk_size=1)
        scored = self.scores.search([("company_id", "=", company.id)]).partner_id
        self.assertEqual(scored.ids, customer_ids[:1])
        self.assertEqual((company.ar_scored_on, company.ar_scored_upto), (DAY, customer_ids[0]))
        with patch.object(type(cron), "_commit_progress", lambda *args, **kwargs: 1):
            self.scores.sudo()._cron_refresh(chunk_size=1)
        self.assertEqual(
            self.scores.search([("company_id", "=", company.id)]).partner_id.sorted("id").ids, customer_ids
        )
        self.assertEqual((company.ar_scored_on, company.ar_scored_upto), (False, 0))

    def test_a_day_later_a_lasting_delay_adds_nothing_and_a_month_later_it_does(self):
        self.scores._snapshot(self.customer)
        with freeze_time(DAY + timedelta(1)):
            # The item that was due on DAY became overdue; that is news, so it is paid here.
            self.pay(self.due_today, days_ago=0)
            self.scores._snapshot(self.customer)
        with freeze_time(DAY + timedelta(2)):
            self.assertFalse(self.scores._snapshot(self.customer))
        with freeze_time(DAY + timedelta(18)):
            self.assertTrue(self.scores._snapshot(self.customer))
