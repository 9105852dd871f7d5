from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL

from ..engine.policy import Policy
from ..models.ar_payer_fact import CONFIRMED_DAYS
from .common import BankFileCommon


@tagged("post_install", "-at_install")
class TestMatchingPolicy(BankFileCommon):
    def test_a_new_journal_has_the_engines_own_rules(self):
        self.assertEqual(self.journal._as_policy(), Policy())

    def test_the_rules_of_a_journal_are_exact(self):
        self.journal.write(
            {
                "ar_book_threshold": 0.9999,
                "ar_rounding_limit": 0.1,
                "ar_fee_limit": 12.35,
                "ar_grace_days": 3,
                "ar_books_short_payments": False,
                "ar_overpayment_limit": 1.1,
                "ar_exchange_percent": 2.55,
            }
        )
        self.assertEqual(
            self.journal._as_policy(),
            Policy(
                threshold=Decimal("0.9999"),
                rounding_limit=Decimal("0.10"),
                fee_limit=Decimal("12.35"),
                grace_days=3,
                books_short_payments=False,
                overpayment_limit=Decimal("1.10"),
                exchange_percent=Decimal("2.55"),
            ),
        )

    def test_a_journal_that_only_proposes_has_a_threshold_that_nothing_reaches(self):
        self.journal.ar_auto_match = False
        self.assertGreater(self.journal._as_policy().threshold, 1)

    def test_limits_are_in_the_currency_of_the_journal(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        journal = self.env["account.journal"].create(
            {"name": "Yen", "code": "YEN", "type": "bank", "currency_id": yen.id, "ar_fee_limit": 550}
        )
        self.assertEqual(journal.ar_currency_id, yen)
        policy = journal._as_policy()
        self.assertEqual((str(policy.fee_limit), str(policy.rounding_limit)), ("550", "0"))

    def test_impossible_rules_are_refused_with_what_is_possible(self):
        for values, said in (
            ({"ar_book_threshold": 0.89}, "90 to 100 %"),
            ({"ar_book_threshold": 1.01}, "90 to 100 %"),
            ({"ar_error_target": 0}, "at most 10 %"),
            ({"ar_error_target": 0.11}, "at most 10 %"),
            ({"ar_rounding_limit": -0.01}, "Rounding up to"),
            ({"ar_fee_limit": -1}, "Bank Fees up to"),
            ({"ar_overpayment_limit": -1}, "Overpayments up to"),
            ({"ar_grace_days": -1}, "0 to 60 days"),
            ({"ar_grace_days": 61}, "0 to 60 days"),
            ({"ar_exchange_percent": 100.5}, "0 to 100 %"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, said),
                self.env.cr.savepoint(),
            ):
                self.journal.write(values)
        self.journal.write({"ar_book_threshold": 0.9, "ar_error_target": 0.1, "ar_grace_days": 60})

    def test_differences_go_to_the_accounts_of_the_company_unless_the_journal_has_its_own(self):
        company = self.journal.company_id
        model = self.env.ref(f"account.{company.id}_bank_fees_reco")
        self.assertTrue(self.journal._ar_fee_account())
        self.assertEqual(self.journal._ar_fee_account(), model.line_ids.account_id)
        self.assertEqual(self.journal._ar_rounding_account(True), company.default_cash_difference_expense_account_id)
        self.assertEqual(self.journal._ar_rounding_account(False), company.default_cash_difference_income_account_id)
        own = self.company_data["default_account_expense"]
        self.journal.write({"ar_fee_account_id": own.id, "ar_rounding_account_id": own.id})
        self.assertEqual(self.journal._ar_fee_account() | self.journal._ar_rounding_account(True), own)

    def test_the_form_names_the_account_that_is_used_when_none_is_chosen(self):
        hint = self.journal.ar_fee_account_hint
        self.assertEqual(hint, self.journal._ar_fee_account().display_name)
        self.env.ref(f"account.{self.journal.company_id.id}_bank_fees_reco").unlink()
        self.journal.invalidate_recordset()
        self.assertFalse(self.journal._ar_fee_account())
        self.assertIn("proposed only", self.journal.ar_fee_account_hint)


@tagged("post_install", "-at_install")
class TestCalibration(BankFileCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = cls.env["account.bank.statement.line"].create(
            {"journal_id": cls.journal.id, "date": "2026-11-18", "amount": 1, "payment_ref": "X"}
        )

    def _confirm(self, probability, count=1, *, state="accepted", days=0, **values):
        row = {
            "statement_line_id": self.line.id,
            "currency_id": self.line.currency_id.id,
            "engine_version": "test",
            "journal_id": self.journal.id,
            "rank": 1,
            "origin": "rules",
            "is_automatic": False,
            "decided_on": fields.Datetime.now() - timedelta(days=days),
            **values,
        }
        self.env.cr.execute(
            SQL(
                "INSERT INTO ar_match_proposal (state, probability, %s) SELECT %s, %s, %s FROM generate_series(1, %s)",
                SQL(", ").join(map(SQL.identifier, row)),
                state,
                probability,
                SQL(", ").join(SQL("%s", value) for value in row.values()),
                count,
            )
        )
        self.journal.invalidate_recordset(["ar_calibration"])

    def _card(self):
        return self.journal.ar_calibration["cards"][0]

    def _rows(self):
        return {row["label"]: (row["booked"], row["wrong"]) for row in self._card()["rows"]}

    def test_a_journal_without_history_says_what_it_takes(self):
        card = self._card()
        self.assertEqual((card["rows"], card["level"], card["recommended"]), ([], "none", None))
        self.assertIn("No confirmed history yet", card["advice"])
        self.assertIn("2,995", card["advice"])

    def test_a_line_counts_from_its_probability_down(self):
        self._confirm(0.995, 3)
        self._confirm(0.98, 2)
        self._confirm(0.89, 5)
        rows = self._rows()
        self.assertEqual(rows["99.5 %"], ("3", "0"))
        self.assertEqual((rows["99 %"], rows["98 %"], rows["90 %"]), (("3", "0"), ("5", "0"), ("5", "0")))
        self.assertEqual(rows["99.9 %"], ("0", "0"))

    def test_what_was_undone_or_turned_down_was_wrong(self):
        self._confirm(0.999, state="undone", is_automatic=True)
        self._confirm(0.999, state="rejected")
        self._confirm(0.999, state="superseded")
        self._confirm(0.999, state="left")
        self._confirm(0.999, state="proposed")
        self.assertEqual(self._rows()["99.9 %"], ("2", "2"))

    def test_what_was_booked_alone_is_right_when_nobody_has_undone_it_for_a_while(self):
        self._confirm(0.999, is_automatic=True, days=CONFIRMED_DAYS - 1)
        self._confirm(0.999, is_automatic=True, days=CONFIRMED_DAYS + 1)
        self.assertEqual(self._rows()["99.9 %"], ("1", "0"))

    def test_only_the_first_proposal_of_the_own_journal_counts(self):
        self._confirm(0.999, rank=2, state="rejected")
        self._confirm(0.999, journal_id=self.journal.copy().id)
        self.assertEqual(self._card()["rows"], [])

    def test_too_little_history_recommends_nothing(self):
        self._confirm(0.9999, 2000)
        card = self._card()
        self.assertEqual((card["level"], card["recommended"]), ("unproven", None))
        self.assertIn("2,000 so far", card["advice"])

    def test_the_lowest_proven_threshold_is_recommended_and_used_by_one_click(self):
        self.journal.ar_auto_match = False
        self._confirm(0.9999, 3000)
        self._confirm(0.98, 30, state="rejected")
        card = self._card()
        self.assertEqual((card["level"], card["recommended"], card["used"]), ("recommended", 0.99, False))
        self.journal.action_ar_use_threshold(card["recommended"])
        self.assertEqual(self.journal._as_policy().threshold, Decimal("0.99"))
        self.journal.invalidate_recordset(["ar_calibration"])
        self.assertEqual(self._card()["level"], "used")

    def test_the_accepted_share_of_wrong_bookings_decides(self):
        self._confirm(0.9999, 300)
        self.assertEqual(self._card()["recommended"], None)
        self.journal.ar_error_target = 0.01
        self.assertEqual(self._card()["recommended"], 0.9)

    def test_the_form_opens_while_the_target_is_not_yet_possible(self):
        self._confirm(0.9999, 300)
        with Form(self.journal) as form:
            form.ar_error_target = 0
            form.ar_error_target = 0.01

    def test_who_may_not_change_journals_gets_no_button_and_no_way_round(self):
        clerk = new_test_user(self.env, "clerk", "ar_reconcile.group_reconcile", company_id=self.env.company.id)
        journal = self.journal.with_user(clerk)
        self.assertFalse(journal.ar_calibration["cards"][0]["may_use"])
        with self.assertRaises(AccessError):
            journal.action_ar_use_threshold(0.99)

    def test_the_settings_show_every_bank_of_the_company(self):
        self._confirm(0.9999, 300)
        cards = self.env["res.config.settings"].new({}).ar_calibration["cards"]
        self.assertIn((self.journal.id, 8), [(card["journal_id"], len(card["rows"])) for card in cards])
