from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_by_hand import ByHandCommon


@tagged("post_install", "-at_install")
class SecondPersonCommon(ByHandCommon):
    """Two persons who reconcile; only one of them, and a chief, may approve."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk, cls.colleague = (
            new_test_user(cls.env, login, "ar_reconcile.group_reconcile", company_ids=[Command.set(cls.company.ids)])
            for login in ("clerk", "colleague")
        )
        cls.chief, cls.deputy = (
            new_test_user(
                cls.env, login, "ar_reconcile.group_reconcile_review", company_ids=[Command.set(cls.company.ids)]
            )
            for login in ("chief", "deputy")
        )

    def _write_off(self, amount):
        return {"kind": "write_off", "amount": -amount, "account": self.expense.id}

    def _waiting(self, user=None, **values):
        """Return an item of 1,000, and a line of 100 by which a person wants all of it to be settled."""
        item, line = self._bill(1000), self._line(100, **values)
        match = line.with_user(user or self.clerk).ar_book_by_hand(
            [self._part(item, 1000), self._write_off(900)], "bankrupt"
        )
        self.assertEqual((match.state, line.ar_match_state, item.amount_residual), ("waiting", "waiting", 1000.0))
        return item, line, match

    def _waits(self, line, *parts):
        """Return whether these parts wait for a second person; nothing stays of them."""
        with self.cr.savepoint() as savepoint:
            state = line.ar_book_by_hand(list(parts)).state
            savepoint.rollback()
        self.env.invalidate_all()
        return {"waiting": True, "accepted": False}[state]


@tagged("post_install", "-at_install")
class TestSecondPerson(SecondPersonCommon):
    def test_another_person_approves_and_it_is_booked(self):
        item, line, match = self._waiting()
        self.assertEqual((match.decided_by, match.comment, line.is_reconciled), (self.clerk, "bankrupt", False))
        match.with_user(self.chief).action_approve()
        self.assertEqual((match.state, line.ar_match_state, item.amount_residual), ("accepted", "matched", 0.0))
        self.assertEqual((match.decided_by, match.reviewed_by), (self.clerk, self.chief))
        self.assertEqual(self._counterparts(line), {self.receivable: -1000.0, self.expense: 900.0})

    def test_what_was_approved_can_be_undone_and_its_history_stays(self):
        item, line, match = self._waiting()
        match.with_user(self.chief).action_approve()
        line.with_user(self.colleague).ar_workspace_undo()
        self.assertEqual((match.state, item.amount_residual, line.ar_match_state), ("undone", 1000.0, "none"))
        self.assertEqual((match.reviewed_by, match.undone_by), (self.chief, self.colleague))
        with self.assertRaisesRegex(UserError, "already decided"):
            match.with_user(self.deputy).action_approve()

    def test_the_same_person_can_t_approve(self):
        _item, line, match = self._waiting(self.chief)
        with self.assertRaisesRegex(UserError, "Another person"):
            match.with_user(self.chief).action_approve()
        outcome = line.with_user(self.chief).ar_workspace_review(True)
        self.assertIn("Another person", outcome["failed"][0]["message"])
        with self.assertRaisesRegex(UserError, "waits for"):
            match.with_user(self.chief).action_accept()
        outcome = line.with_user(self.chief).ar_workspace_accept(match.id)
        self.assertIn("second person", outcome["failed"][0]["message"])
        self.assertEqual((match.state, line.is_reconciled), ("waiting", False))

    def test_nobody_approves_or_refuses_for_others_without_the_right(self):
        _item, line, match = self._waiting()
        for action in ("action_approve", "action_refuse"):
            with self.assertRaisesRegex(AccessError, "Approval"):
                getattr(match.with_user(self.colleague), action)()
        outcome = line.with_user(self.colleague).ar_workspace_undo()
        self.assertIn("Approval", outcome["failed"][0]["message"])
        for turn_down in (match.with_user(self.colleague).action_reject, match.with_user(self.chief).action_reject):
            with self.assertRaisesRegex(UserError, "waits for"):
                turn_down()
        self.assertEqual((match.state, match.decided_by), ("waiting", self.clerk))

    def test_a_second_person_finds_it_among_the_activities_until_it_is_decided(self):
        self.company.ar_bank_responsible_id = self.deputy
        for decide in ("action_approve", "action_refuse"):
            _item, line, match = self._waiting()
            asked = line.move_id.activity_ids
            self.assertEqual((asked.user_id, asked.summary), (self.deputy, "Write-off to approve"))
            self.assertIn("bankrupt", asked.note)
            getattr(match.with_user(self.chief), decide)()
            self.assertFalse(line.move_id.activity_ids, decide)

    def test_the_report_says_what_waits_and_what_is_left_of_a_payment_booked_in_part(self):
        def reason(line):
            report = self.env["ar.unresolved.difference"]
            report.invalidate_model()
            return report.search([("statement_line_id", "=", line.id), ("kind", "=", "line")]).reason

        _item, waiting, match = self._waiting()
        self.assertEqual(reason(waiting), "waiting")
        match.with_user(self.chief).action_refuse()
        self.assertEqual(reason(waiting), "turned_down")
        line = self._line(100)
        self.assertEqual(reason(line), "not_seen")
        self._by_hand(line, self._part(self._bill(60), 60), {"kind": "open", "amount": 40})
        self.assertEqual(reason(line), "part_booked")

    def test_whoever_asked_withdraws_it(self):
        item, line, match = self._waiting()
        match.with_user(self.clerk).action_refuse()
        self.assertEqual((match.state, line.ar_match_state, item.amount_residual), ("rejected", "none", 1000.0))
        self.assertTrue(line.ar_is_persons)

    def test_a_second_person_refuses(self):
        _item, line, match = self._waiting()
        outcome = line.with_user(self.chief).ar_workspace_review(False)
        self.assertEqual((outcome["done"], match.state, match.reviewed_by), (line.ids, "rejected", self.chief))
        with self.assertRaisesRegex(UserError, "already decided"):
            match.with_user(self.deputy).action_refuse()

    def test_an_invoice_that_is_paid_while_it_waits_is_not_paid_again(self):
        item, line, match = self._waiting()
        self._register_payment(item.move_id)
        with self.assertRaisesRegex(UserError, "0.00 left to pay"), self.cr.savepoint():
            match.with_user(self.chief).action_approve()
        outcome = line.with_user(self.chief).ar_workspace_review(True)
        self.assertIn("0.00 left to pay", outcome["failed"][0]["message"])
        self.env.invalidate_all()
        self.assertEqual((match.state, match.reviewed_by.id, line.is_reconciled), ("waiting", False, False))

    def test_an_account_that_is_archived_while_it_waits_is_not_booked_on(self):
        _item, line, match = self._waiting()
        self.expense.active = False
        with self.assertRaisesRegex(UserError, "is archived"), self.cr.savepoint():
            match.with_user(self.chief).action_approve()
        self.env.invalidate_all()
        self.assertEqual((match.state, line.ar_match_state), ("waiting", "waiting"))

    def test_of_two_that_wait_for_one_invoice_one_is_booked(self):
        item, _line, match = self._waiting()
        other = self._line(100).with_user(self.clerk)
        second = other.ar_book_by_hand([self._part(item, 1000), self._write_off(900)])
        outcome = (match.statement_line_id + other).with_user(self.chief).ar_workspace_review(True)
        self.assertEqual((len(outcome["done"]), len(outcome["failed"])), (1, 1))
        self.assertEqual(sorted((match + second).mapped("state")), ["accepted", "waiting"])
        self.assertEqual(item.amount_residual, 0.0)

    def test_nobody_waits_for_what_can_t_be_booked(self):
        item, line = self._bill(1000), self._line(100)
        self._register_payment(item.move_id)
        self._refuses("0.00 left to pay", line.with_user(self.clerk), self._part(item, 1000), self._write_off(900))

    def test_nothing_else_is_done_with_a_line_that_waits(self):
        item, line, match = self._waiting()
        lines = line.with_user(self.colleague)
        with self.assertRaisesRegex(UserError, "waits for a second person"):
            lines.ar_book_by_hand([self._part(item, 100)])
        model = self.env["account.reconcile.model"].create(
            {
                "name": "All",
                "line_ids": [Command.create({"account_id": self.expense.id, "amount_string": "100"})],
            }
        )
        for outcome in (
            lines.ar_workspace_apply_model(model.id),
            lines.ar_workspace_set_customer(self.other.id),
            lines.ar_workspace_match(),
            lines.ar_workspace_accept(),
        ):
            self.assertEqual(outcome["done"], [])
            self.assertIn("second person", outcome["failed"][0]["message"])
        self.assertEqual((match.state, line.ar_match_state, line.is_reconciled), ("waiting", "waiting", False))

    def test_matching_leaves_a_line_that_waits_alone_also_by_schedule(self):
        item, line, match = self._waiting(payment_ref="x", ar_import_id="waits")
        self.env["account.reconcile.model"].create(
            {
                "name": "All",
                "trigger": "auto_reconcile",
                "match_label": "contains",
                "match_label_param": "x",
                "line_ids": [Command.create({"account_id": self.expense.id, "amount_string": "100"})],
            }
        )
        before = line.ar_match_ids
        line.action_auto_match()
        line._ar_match("person")
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: float("inf")):
            line._cron_ar_match()
        self.assertEqual((line.ar_match_ids, match.state, line.ar_match_state), (before, "waiting", "waiting"))
        self.assertEqual(item.amount_residual, 1000.0)

    def test_the_rest_that_waits_is_withdrawn_without_what_is_booked_of_the_line(self):
        paid, item, line = self._bill(50), self._bill(1000), self._line(100)
        lines = line.with_user(self.clerk)
        first = lines.ar_book_by_hand([self._part(paid, 50), {"kind": "open", "amount": 50}])
        second = lines.ar_book_by_hand([self._part(item, 1000), self._write_off(950)])
        self.assertEqual(second.state, "waiting")
        self.assertEqual(lines.ar_workspace_undo()["done"], line.ids)
        self.assertEqual((first.state, second.state, paid.amount_residual), ("accepted", "rejected", 0.0))
        self.assertEqual(lines.ar_workspace_undo()["done"], line.ids)
        self.assertEqual((first.state, paid.amount_residual), ("undone", 50.0))

    def test_what_waits_can_t_be_changed(self):
        _item, _line, match = self._waiting()
        for values in ({"decided_by": self.chief.id}, {"comment": "x"}, {"state": "accepted"}):
            with self.assertRaisesRegex(UserError, "never edited|not allowed"):
                match.with_user(self.chief).write(values)
        with self.assertRaises(AccessError):
            match.allocation_ids.with_user(self.chief).write({"amount": 1})


@tagged("post_install", "-at_install")
class TestWriteOffLimit(SecondPersonCommon):
    """What is given up above the limit has a second person look at it, in whatever words it is said."""

    def test_the_limit_itself_is_for_one_person(self):
        item = self._bill(1000)
        self.assertFalse(self._waits(self._line(900), self._part(item, 1000), self._write_off(100)))
        self.assertTrue(self._waits(self._line(899.99), self._part(item, 1000), self._write_off(100.01)))

    def test_without_the_rule_one_person_writes_off_anything(self):
        self.company.ar_reviews_write_offs = False
        self.assertFalse(self._waits(self._line(100), self._part(self._bill(1000), 1000), self._write_off(900)))

    def test_all_sorts_of_differences_count_together(self):
        item = self._bill(1000)
        parts = [{"kind": "bank_fee", "amount": -40}, {"kind": "rounding", "amount": -40}, self._write_off(20.01)]
        self.assertTrue(self._waits(self._line(899.99), self._part(item, 1000), *parts))
        account = {"kind": "account", "amount": -900, "account": self.expense.id}
        self.assertTrue(self._waits(self._line(100), self._part(item, 1000), account))
        gain, loss = {**account, "amount": 900}, {**account, "amount": -900}
        self.assertTrue(self._waits(self._line(1000), self._part(item, 1000), gain, loss))

    def test_a_discount_counts_when_it_is_late_only(self):
        self.company.ar_write_off_limit = 5
        for day, waits in (("2026-11-10", False), ("2026-10-01", True)):
            item = self._discounted(day=day)
            off = self._part(item, -10, kind="discount")
            self.assertEqual(self._waits(self._line(90), self._part(item, 100), off), waits)

    def test_what_pays_no_customer_is_no_write_off(self):
        account = {"kind": "account", "amount": -5000, "account": self.expense.id}
        self.assertFalse(self._waits(self._line(-5000), account))
        self.assertFalse(self._waits(self._line(9000), {**account, "amount": 10000}, {**account, "amount": -1000}))
        prepaid = {"kind": "prepayment", "amount": 900, "partner": self.customer.id}
        self.assertFalse(self._waits(self._line(1900), {**account, "amount": 1000}, prepaid))

    def test_money_on_account_that_the_payment_doesn_t_hold_counts(self):
        prepaid = {"kind": "prepayment", "amount": 1000, "partner": self.customer.id}
        self.assertTrue(self._waits(self._line(100), prepaid, self._write_off(900)))
        customers = {"kind": "account", "amount": 1000, "account": self.receivable.id, "partner": self.customer.id}
        self.assertTrue(self._waits(self._line(100), customers, self._write_off(900)))

    def test_small_steps_count_together(self):
        first, second, line = self._bill(150), self._bill(150), self._line(100)
        steps = [[self._part(item, 150), self._write_off(100)] for item in (first, second)]
        self.assertFalse(self._waits(line, *steps[0], {"kind": "open", "amount": 50}))
        line.ar_book_by_hand([*steps[0], {"kind": "open", "amount": 50}])
        self.assertTrue(self._waits(line, *steps[1]))

    def test_what_is_given_up_after_an_item_was_paid_counts(self):
        item, line = self._bill(50), self._line(1000)
        line.ar_book_by_hand([self._part(item, 50), {"kind": "open", "amount": 950}])
        self.assertTrue(self._waits(line, {"kind": "account", "amount": 950, "account": self.expense.id}))

    def test_an_exchange_difference_far_from_the_day_s_rate_counts(self):
        item = self._bill(1000, currency_id=self._euro())
        self.journal.ar_exchange_percent = 2
        self.assertFalse(self._waits(self._line(1900), self._part(item, 1900, in_full=True)))
        self.assertFalse(
            self._waits(
                self._line(39_200), self._part(self._bill(20_000, currency_id=item.currency_id), 39_200, in_full=True)
            )
        )
        self.assertTrue(
            self._waits(
                self._line(39_199), self._part(self._bill(20_000, currency_id=item.currency_id), 39_199, in_full=True)
            )
        )
        self.assertTrue(self._waits(self._line(10), self._part(item, 10, in_full=True)))

    def test_the_limit_is_in_the_company_s_currency(self):
        euro = self._euro()
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        item = self._bill(1000, currency_id=euro)
        self.assertFalse(self._waits(self._line(950, journal), self._part(item, 1000), self._write_off(50)))
        self.assertTrue(self._waits(self._line(949, journal), self._part(item, 1000), self._write_off(51)))

    def test_a_reconciliation_model_gives_up_no_more_than_a_person(self):
        rules = [
            {"account_id": self.receivable.id, "amount_type": "fixed", "amount_string": "1000"},
            {"account_id": self.expense.id, "amount_type": "fixed", "amount_string": "-900"},
        ]
        model = self.env["account.reconcile.model"].create(
            {"name": "Sly", "line_ids": [Command.create(rule) for rule in rules]}
        )
        line = self._line(100)
        outcome = line.with_user(self.clerk).ar_workspace_apply_model(model.id)
        self.assertIn("gives up more than the limit", outcome["failed"][0]["message"])
        self.assertFalse(line.is_reconciled or line.ar_match_ids)
