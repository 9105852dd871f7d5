from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models.bank_line_by_hand import MOST_LINES
from .common import ofx
from .test_by_hand import ByHandCommon


@tagged("post_install", "-at_install")
class WorkspaceCommon(ByHandCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = cls.env["account.bank.statement.line"]
        cls.user = new_test_user(
            cls.env,
            "accountant",
            "ar_reconcile.group_reconcile",
            name="Ada Accountant",
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.domain = [("journal_id", "=", cls.journal.id)]

    def _proposed(self, amount=50):
        """Return an invoice's item, and a bank line for which it is proposed."""
        item = self._bill(amount)
        self.journal.ar_auto_match = False
        line = self._line(amount, payment_ref=item.move_id.name)
        line._ar_match("person")
        self.assertEqual(line.ar_match_state, "proposed")
        return item, line

    def _tied(self, amount=500):
        """Return two items that a line could pay, and the line."""
        twins = self._bill(amount) + self._bill(amount)
        line = self._line(amount, partner_name=self.customer.name.upper(), payment_ref="THANKS")
        line._ar_match("person")
        self.assertEqual(line.ar_match_state, "ambiguous")
        return twins, line

    def _take_back(self, outcome):
        """Do what the outcome of an action says takes it back, as the screen does."""
        for step in outcome["undo"]:
            back = getattr(self.lines.browse(step["ids"]).with_user(self.user), step["method"])(*step["args"])
            self.assertFalse(back["failed"])

    def _model(self, *rules):
        return self.env["account.reconcile.model"].create(
            {"name": "Fees", "line_ids": [Command.create(rule) for rule in rules]}
        )


@tagged("post_install", "-at_install")
class TestWorkspaceList(WorkspaceCommon):
    def test_the_journal_s_card_counts_what_the_workspace_does(self):
        _item, line = self._proposed()
        self._line(5, payment_ref="HELLO")
        states = self.lines.ar_workspace_counts([("journal_id", "=", line.journal_id.id)])["states"]
        card = line.journal_id._get_journal_dashboard_data_batched()[line.journal_id.id]
        self.assertEqual((card["ar_to_do"], card["ar_proposed"]), (f"{sum(states.values())} to do", "1 proposed"))

    def test_a_line_whose_entry_was_cancelled_is_nobody_s_to_do(self):
        _item, line = self._proposed()
        left = self._line(5, payment_ref="HELLO")
        line.move_id.button_draft()
        self.assertEqual(self.lines.ar_workspace_page(self.domain)["count"], 2)
        line.move_id.button_cancel()
        page = self.lines.ar_workspace_page(self.domain)
        self.assertEqual(([row["id"] for row in page["rows"]], page["count"]), (left.ids, 1))
        self.assertEqual(dict(self.lines.ar_workspace_counts(self.domain)["states"]), {"none": 1})
        self.assertEqual(self.lines.ar_workspace_ids(self.domain), left.ids)
        self.assertEqual(self.lines.ar_workspace_sure(self.domain), [])
        card = self.journal._get_journal_dashboard_data_batched()[self.journal.id]
        self.assertEqual((card["ar_to_do"], card["ar_proposed"]), ("1 to do", ""))

    def test_a_page_has_its_rows_in_order_and_counts_them_all(self):
        lines = self._line(1) + self._line(3) + self._line(2)
        page = self.lines.ar_workspace_page(self.domain, limit=2, order="largest")
        self.assertEqual(([row["id"] for row in page["rows"]], page["count"]), ([lines[1].id, lines[2].id], 3))
        page = self.lines.ar_workspace_page(self.domain, offset=2, limit=2, order="smallest")
        self.assertEqual([row["id"] for row in page["rows"]], [lines[1].id])
        self.assertEqual(self.lines.ar_workspace_page([("id", "=", 0)]), {"rows": [], "count": 0})

    def test_a_row_tells_what_is_known_of_its_line(self):
        item, line = self._proposed()
        line.write({"ar_owner_id": self.user.id, "ar_note": "asked"})
        row = self.lines.ar_workspace_page([("id", "=", line.id)])["rows"][0]
        self.assertEqual((row["amount"], row["state"], row["pays"]), (50.0, "proposed", item.move_id.name))
        self.assertEqual((row["owner"], row["note"], row["customer"]), ("Ada Accountant", "asked", "Customer"))
        self.assertEqual(row["proposal_id"], line.ar_proposal_ids.id)
        self.assertIn("%", row["confidence"])
        self.assertIn(row["level"], ("sure", "likely"))
        line.ar_workspace_reject()
        row = self.lines.ar_workspace_page([("id", "=", line.id)])["rows"][0]
        self.assertEqual((row["state"], row["level"], row["pays"], row["confidence"]), ("none", "none", "", ""))

    def test_numbers_that_are_none_give_a_page(self):
        self._line(1)
        for offset, limit, order in ((None, "x", []), (-1, -5, None), ([], 10**30, "id; DROP"), (True, 0, "newest")):
            page = self.lines.ar_workspace_page(self.domain, offset=offset, limit=limit, order=order)
            self.assertEqual(len(page["rows"]), 1)

    def test_the_number_of_statements_doesn_t_grow_with_the_lines(self):
        for _ in range(3):
            self._proposed()

        def statements(count):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            page = self.lines.ar_workspace_page(self.domain, limit=count)
            self.assertEqual(len(page["rows"]), count)
            return self.env.cr.sql_log_count - before

        statements(1)
        few = statements(1)
        for _ in range(9):
            self._line(5)
        self.assertEqual(statements(12), few)
        self.assertLess(few, 15)

    def test_counts_are_of_what_is_open(self):
        self._proposed()
        self._tied()
        old = self._line(7, date=fields.Date.context_today(self.lines) - timedelta(days=31))
        old.ar_owner_id = self.env.user
        booked = self._line(-5)
        booked.ar_book_by_hand([{"kind": "account", "amount": -5, "account": self.expense.id}])
        counts = self.lines.ar_workspace_counts(self.domain)
        self.assertEqual(dict(counts["states"]), {"proposed": 1, "ambiguous": 1, "none": 1})
        self.assertEqual((counts["mine"], counts["amount"]), (1, 557.0))
        self.assertEqual(
            counts["late"],
            self.lines.search_count([*self.domain, ("is_reconciled", "=", False), ("date", "<=", old.date)]),
        )
        self.assertEqual(set(self.lines.ar_workspace_ids(self.domain)), set(self.lines.search(self.domain).ids))

    def test_sure_steps_hold_only_what_can_be_accepted(self):
        _item, line = self._proposed()
        self._tied()
        steps = self.lines.ar_workspace_sure(self.domain)
        self.assertTrue(steps)
        probability = line.ar_proposal_ids.probability
        for step in steps:
            self.assertEqual(step["ids"], line.ids)
            self.assertGreaterEqual(probability, step["from"])
        self.assertIn("%", steps[0]["percent"])


@tagged("post_install", "-at_install")
class TestWorkspaceLine(WorkspaceCommon):
    def test_a_line_that_nothing_was_said_of(self):
        shown = self._line(10, partner_name="SOMEBODY").ar_workspace_line()
        self.assertEqual((shown["left"], shown["proposals"], shown["customer"]), (10.0, [], False))
        self.assertEqual((shown["is_undoable"], shown["history"], shown["is_in"]), (False, [], True))

    def test_a_proposal_is_spelled_out_and_what_it_recognised_is_marked(self):
        item, line = self._proposed()
        shown = line.with_user(self.user).ar_workspace_line()
        (proposal,), (part,) = shown["proposals"], shown["proposals"][0]["parts"]
        self.assertEqual((proposal["state"], part["item_id"], part["residual"]), ("proposed", item.id, 50.0))
        self.assertEqual((part["after"], proposal["customer_ids"]), (0.0, self.customer.ids))
        self.assertTrue(proposal["reasons"])
        self.assertEqual("".join(each["text"] for each in shown["bank"]["text"]), line.payment_ref)
        self.assertEqual([each["text"] for each in shown["bank"]["text"] if each["mark"]], [item.move_id.name])
        self.assertEqual((shown["customer"]["id"], shown["customer"]["open_count"]), (self.customer.id, 1))

    def test_several_that_fit_are_all_shown(self):
        twins, line = self._tied()
        shown = line.ar_workspace_line()
        self.assertEqual({each["parts"][0]["item_id"] for each in shown["proposals"]}, set(twins.ids))
        self.assertEqual({each["level"] for each in shown["proposals"]}, {"tie"})

    def test_what_waits_what_is_booked_and_what_was_undone(self):
        item, line = self._bill(1000), self._line(100)
        write_off = {"kind": "write_off", "amount": -900, "account": self.expense.id}
        line.with_user(self.user).ar_book_by_hand([self._part(item, 1000), write_off], "gone")
        shown = line.ar_workspace_line()
        self.assertEqual((shown["row"]["state"], shown["row"]["level"]), ("waiting", "waiting"))
        self.assertEqual(
            (shown["proposals"][0]["asked_by"], shown["proposals"][0]["comment"]), ("Ada Accountant", "gone")
        )
        self.assertEqual(shown["write_off_limit"], 100.0)
        line.ar_match_id.with_user(
            new_test_user(self.env, "two", "ar_reconcile.group_reconcile_review")
        ).action_approve()
        shown = line.ar_workspace_line()
        self.assertEqual((shown["row"]["level"], shown["left"], shown["is_undoable"]), ("booked", 0.0, True))
        self.assertEqual(shown["proposals"][0]["parts"][0]["after"], 0.0)
        line.ar_workspace_undo()
        shown = line.ar_workspace_line()
        self.assertEqual((shown["row"]["state"], shown["proposals"], shown["left"]), ("none", [], 100.0))
        words = [step["what"] for step in shown["history"][0]["steps"]]
        self.assertEqual(words, ["Matched by hand", "Approved", "Undone"])

    def test_money_that_went_out_and_a_failed_proposal(self):
        item, line = self._proposed()
        self._register_payment(item.move_id)
        outcome = line.ar_workspace_accept()
        self.assertIn("left to pay", outcome["failed"][0]["message"])
        self.assertIn("left to pay", line.ar_workspace_line()["proposals"][0]["failure"])
        self.assertFalse(self._line(-7).ar_workspace_line()["is_in"])

    def test_a_line_that_is_gone(self):
        line = self._line(10)
        gone = self.lines.browse(line.id)
        line.unlink()
        for call in (
            gone.ar_workspace_line,
            gone.ar_workspace_items,
            gone.ar_workspace_accept,
            self.lines.ar_workspace_line,
        ):
            with self.assertRaisesRegex(UserError, "gone"):
                call()

    def test_whoever_can_t_read_the_bank_s_files_still_reads_the_line(self):
        line = self._import(ofx([("1", "20261118", "1.00", "A", "B")])).line_ids
        reader = new_test_user(
            self.env, "reader", "account.group_account_readonly", company_ids=[Command.set(self.company.ids)]
        )
        shown = line.with_user(reader).ar_workspace_line()
        self.assertTrue(shown["bank"]["file"])
        self.assertEqual(line.with_user(reader).ar_workspace_items()["items"], [])

    def test_a_short_payment_of_a_branch_s_invoice_is_shown_to_who_doesn_t_see_the_branch(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids += branch
        here = self.env(context={**self.env.context, "allowed_company_ids": [self.company.id, branch.id]})
        journal = self.company_data["default_journal_misc"].with_env(here)
        entry = here["account.move"].create(
            {
                "company_id": branch.id,
                "journal_id": journal.id,
                "date": "2026-11-01",
                "line_ids": [
                    Command.create({"account_id": self.receivable.id, "balance": 100, "partner_id": self.customer.id}),
                    Command.create({"account_id": self.revenue.id, "balance": -100}),
                ],
            }
        )
        entry.action_post()
        line = self._line(60)
        line.with_env(here).ar_book_by_hand([self._part(self._item(entry), 60)])
        self.env.invalidate_all()
        user = new_test_user(
            self.env, "parent", "ar_reconcile.group_reconcile", company_ids=[Command.set(self.company.ids)]
        )
        line = line.with_user(user)
        with self.assertRaises(AccessError):
            self._item(entry).with_user(user).read(["balance"])
        shown = line.ar_workspace_line()
        self.assertEqual(shown["proposals"][0]["parts"][0]["amount"], 60.0)
        self.assertFalse(shown["is_short"])
        with self.assertRaisesRegex(UserError, "left nothing open"):
            line.action_ar_follow_up_short_payment()

    def test_lines_are_found_by_any_reason_by_none_and_by_odd_values(self):
        _item, line = self._proposed()
        plain = self._line(10)
        lines = line + plain

        def found(*terms):
            return lines.search([("id", "in", lines.ids), *terms])

        self.assertEqual(found(("ar_reason", "=", line.ar_reason)), line)
        self.assertEqual(found(("ar_reason", "!=", line.ar_reason)), plain)
        self.assertEqual(found(("ar_reason", "=", False)), plain)
        self.assertEqual(found(("ar_reason", "!=", False)), line)
        self.assertEqual(found(("ar_reason", "in", [line.ar_reason, False])), lines)
        for odd in ("\0", "x" * 100_000, "'; --", 7, True, ["\0"], ["%", 1.5], [None], []):
            with self.subTest(odd=str(odd)[:20]):
                self.assertFalse(found(("ar_reason", "=", odd)) & line)

    def test_a_customer_of_a_branch_is_not_shown_to_who_doesn_t_see_him(self):
        _item, line = self._proposed()
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.customer.sudo().company_id = branch
        self.assertFalse(line.with_user(self.user).ar_workspace_line()["customer"])


@tagged("post_install", "-at_install")
class TestWorkspacePicker(WorkspaceCommon):
    def _found(self, line, **values):
        return [item["id"] for item in line.ar_workspace_items(**values)["items"]]

    def test_items_are_found_by_number_customer_and_amount_and_else_those_of_the_amount(self):
        mine, theirs, line = self._bill(1234.5), self._bill(70, self.other), self._line(70)
        self.assertEqual(self._found(line), theirs.ids)
        for text in (mine.move_id.name, "Custom", "1234.50", "1,234.50", "1.234,50", "1 234,5", "1234,5"):
            self.assertEqual(self._found(line, text=text), mine.ids, text)
        self.assertEqual(self._found(line, text="nothing"), [])
        for text in ("nan", "inf", "1e400", "%", "_", "9" * 5000, "\0", [], {}, None, 5):
            line.ar_workspace_items(text=text)
        self.assertEqual(self._found(line, partner_id=self.customer.id), mine.ids)
        for partner in ("x", [1], -1, 2**40, True):
            line.ar_workspace_items(partner_id=partner)
        self.assertEqual(self._found(line, partner_id=2**31 - 1), [], "nobody's items are not his")

    def test_a_contact_stands_for_his_customer_and_a_customer_not_for_another_company(self):
        mine, line = self._bill(10), self._line(70)
        contact, subsidiary = self.env["res.partner"].create(
            [
                {"name": "Contact", "parent_id": self.customer.id},
                {"name": "Subsidiary", "parent_id": self.customer.id, "is_company": True},
            ]
        )
        theirs = self._bill(20, subsidiary)
        self.assertEqual(self._found(line, partner_id=contact.id), mine.ids)
        self.assertEqual(self._found(line, partner_id=self.customer.id), mine.ids)
        self.assertEqual(self._found(line, partner_id=subsidiary.id), theirs.ids)

    def test_the_only_items_that_are_the_payment_are_suggested(self):
        first, second, _third = self._bill(10), self._bill(25.5), self._bill(100)
        suggested = self._line(35.5).ar_workspace_items(partner_id=self.customer.id)["suggested"]
        self.assertEqual(set(suggested), {first.id, second.id})
        self.assertEqual(self._line(100).ar_workspace_items(partner_id=self.customer.id)["suggested"], _third.ids)
        self.assertEqual(self._line(77).ar_workspace_items(partner_id=self.customer.id)["suggested"], [])
        self._bill(10)
        self.assertEqual(self._line(35.5).ar_workspace_items(partner_id=self.customer.id)["suggested"], [])
        self._bill(100)
        self.assertEqual(self._line(100).ar_workspace_items(partner_id=self.customer.id)["suggested"], [])

    def test_pages_hold_each_item_once_those_of_the_amount_first(self):
        items = self.env["account.move.line"].union(*(self._bill(amount) for amount in (5, 70, 6, 70, 7)))
        line = self._line(70)
        pages = [self._found(line, partner_id=self.customer.id, offset=offset, limit=2) for offset in (0, 2, 4, 6)]
        self.assertEqual([len(page) for page in pages], [2, 2, 1, 0])
        self.assertEqual(set(pages[0]), {items[1].id, items[3].id})
        self.assertEqual(sorted(id_ for page in pages for id_ in page), sorted(items.ids))

    def test_money_on_account_can_be_picked_and_a_bank_line_s_own_not(self):
        line = self._line(50)
        line.ar_book_by_hand([{"kind": "prepayment", "amount": 50, "partner": self.customer.id}])
        credit = line._seek_for_lines()[2]
        self.assertEqual(self._found(self._line(10), partner_id=self.customer.id), credit.ids)
        self.assertEqual(self._found(line, partner_id=self.customer.id), [])

    def test_a_customer_with_2_000_open_items_takes_no_time(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": "2026-11-01",
                "line_ids": [
                    Command.create(
                        {"account_id": self.receivable.id, "partner_id": self.customer.id, "debit": 10 + number / 100}
                    )
                    for number in range(2000)
                ]
                + [Command.create({"account_id": self.revenue.id, "credit": 2000 * 10 + 1999 * 10})],
            }
        )
        invoice.action_post()
        line = self._line(77)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        found = line.ar_workspace_items(partner_id=self.customer.id, limit=10**9)
        self.assertEqual((found["count"], len(found["items"]), found["suggested"]), (2000, 100, []))
        self.assertLess(self.env.cr.sql_log_count - before, 45)

    def test_the_discount_of_an_item_is_told(self):
        item = self._discounted()
        shown = self._line(90).ar_workspace_items(partner_id=self.customer.id)["items"][0]
        [discount] = shown["discounts"]
        self.assertEqual((shown["id"], discount["amount"], discount["percent"]), (item.id, 10.0, "10"))
        self.assertFalse(discount["is_over"])

    def test_an_item_in_another_currency_tells_both_amounts(self):
        item = self._bill(100, currency_id=self._euro())
        shown = self._line(90).ar_workspace_items(partner_id=self.customer.id)["items"][0]
        self.assertEqual((shown["id"], shown["residual"], shown["amount"]), (item.id, 100.0, 200.0))


@tagged("post_install", "-at_install")
class TestWorkspaceActions(WorkspaceCommon):
    def test_what_is_proposed_is_accepted_and_taken_back(self):
        item, line = self._proposed()
        outcome = line.with_user(self.user).ar_workspace_accept()
        self.assertEqual((outcome["done"], outcome["failed"], outcome["rows"][0]["state"]), (line.ids, [], "matched"))
        self.assertIn("Booked", outcome["message"])
        self.assertEqual(item.amount_residual, 0.0)
        self._take_back(outcome)
        self.assertEqual((item.amount_residual, line.is_reconciled, line.partner_id.id), (50.0, False, False))

    def test_one_of_several_that_fit_is_accepted(self):
        twins, line = self._tied()
        outcome = line.ar_workspace_accept()
        self.assertIn("choose one", outcome["failed"][0]["message"])
        chosen = line.ar_proposal_ids.filtered(lambda each: each.allocation_ids.move_line_id == twins[1])
        outcome = line.ar_workspace_accept(chosen.id)
        self.assertEqual((outcome["done"], twins.mapped("amount_residual")), (line.ids, [500.0, 0.0]))

    def test_nothing_is_booked_in_the_place_of_what_was_seen(self):
        item, line = self._proposed()
        other_item, other = self._proposed(60)
        for seen in (other.ar_proposal_ids.id, 2**40, "x", [line.ar_proposal_ids.id], True, -1):
            outcome = line.ar_workspace_accept(seen)
            self.assertIn("Something else", outcome["failed"][0]["message"])
        with self.assertRaisesRegex(UserError, "one bank line"):
            (line + other).ar_workspace_accept(line.ar_proposal_ids.id)
        self.assertEqual((item + other_item).mapped("amount_residual"), [50.0, 60.0])

    def test_of_several_lines_the_one_that_fails_says_why_and_the_others_are_booked(self):
        done, bad, nothing = self._proposed(50), self._proposed(60), self._line(3)
        self._register_payment(bad[0].move_id)
        outcome = (done[1] + bad[1] + nothing).ar_workspace_accept()
        self.assertEqual(outcome["done"], done[1].ids)
        self.assertEqual({each["id"] for each in outcome["failed"]}, {bad[1].id, nothing.id})
        self.assertEqual(len(outcome["rows"]), 3)
        self.assertEqual(outcome["undo"][0]["ids"], done[1].ids)

    def test_two_persons_on_one_line(self):
        item, line = self._proposed()
        line.with_user(self.user).ar_workspace_accept()
        outcome = line.ar_workspace_accept()
        self.assertIn("booked by Ada Accountant meanwhile", outcome["failed"][0]["message"])
        self.assertEqual(outcome["rows"][0]["state"], "matched")
        with self.assertRaisesRegex(UserError, "booked by Ada Accountant"):
            line.ar_workspace_book([self._part(item, 50)])
        self.assertIn("Ada", line.ar_workspace_set_customer(self.other.id)["failed"][0]["message"])
        matched = line.ar_workspace_match()
        self.assertIn("Ada", matched["failed"][0]["message"])
        self.assertEqual(matched["undo"], [], "what another person has booked is not taken back")

    def test_a_line_is_booked_by_hand_and_taken_back(self):
        item, line = self._bill(100), self._line(90)
        parts = [self._part(item, 100), {"kind": "bank_fee", "amount": -10}]
        outcome = line.with_user(self.user).ar_workspace_book(parts, "fee")
        self.assertEqual((outcome["done"], item.amount_residual), (line.ids, 0.0))
        self._take_back(outcome)
        self.assertEqual((item.amount_residual, line.ar_match_state), (100.0, "none"))
        with self.assertRaisesRegex(UserError, "one bank line"):
            (line + self._line(90)).ar_workspace_book(parts)

    def test_what_waits_for_a_second_person_is_withdrawn(self):
        item, line = self._bill(1000), self._line(100)
        write_off = {"kind": "write_off", "amount": -900, "account": self.expense.id}
        outcome = line.with_user(self.user).ar_workspace_book([self._part(item, 1000), write_off])
        self.assertEqual((outcome["rows"][0]["state"], outcome["done"]), ("waiting", line.ids))
        self.assertIn("second person", outcome["message"])
        self._take_back(outcome)
        self.assertEqual((line.ar_match_state, line.ar_match_id.state), ("none", "rejected"))

    def test_a_reconciliation_model_books_several_lines_and_is_undone(self):
        model = self._model({"account_id": self.expense.id, "amount_type": "percentage", "amount_string": "100"})
        done, booked = self._line(-12) + self._line(-13), self._line(-5)
        booked.ar_book_by_hand([{"kind": "account", "amount": -5, "account": self.expense.id}])
        outcome = (done + booked).with_user(self.user).ar_workspace_apply_model(model.id)
        self.assertEqual((outcome["done"], outcome["failed"][0]["id"]), (done.ids, booked.id))
        self.assertEqual(done.mapped("ar_match_state"), ["matched", "matched"])
        self.assertEqual(done[0].ar_match_id.origin, "model")
        self.assertEqual(done[0].ar_workspace_line()["proposals"][0]["parts"][0]["amount"], -12.0)
        self._take_back(outcome)
        self.assertEqual(done.mapped("ar_match_state"), ["none", "none"])
        self.assertTrue(booked.is_reconciled)
        for id_ in ("x", [model.id], 2**40, 0, None):
            with self.assertRaisesRegex(UserError, "can't be used"):
                done.ar_workspace_apply_model(id_)

    def test_a_model_that_leaves_a_part_open(self):
        model = self._model({"account_id": self.expense.id, "amount_type": "percentage", "amount_string": "25"})
        line = self._line(-100)
        line.ar_workspace_apply_model(model.id)
        self.assertEqual((line.is_reconciled, line.ar_workspace_line()["left"]), (False, -75.0))
        self.assertEqual(sorted(line.ar_match_id.allocation_ids.mapped("kind")), ["account", "open"])

    def test_a_proposal_is_turned_down_and_found_again(self):
        _item, line = self._proposed()
        outcome = line.with_user(self.user).ar_workspace_reject()
        self.assertEqual((line.ar_match_state, outcome["done"]), ("none", line.ids))
        self.assertEqual(line.ar_workspace_reject()["failed"][0]["message"], "Nothing is proposed.")
        self._take_back(outcome)
        self.assertEqual((line.ar_match_state, line.is_reconciled), ("proposed", False))
        outcome = (line + self._line(3)).ar_workspace_reject()
        self.assertEqual((outcome["done"], len(outcome["failed"])), (line.ids, 1))

    def test_what_odoo_itself_has_reconciled_is_undone_and_what_is_open_not(self):
        item, line = self._bill(100), self._line(100)
        suspense = line._seek_for_lines()[1]
        suspense.with_context(
            skip_readonly_check=True, skip_account_move_synchronization=True
        ).account_id = self.receivable
        suspense.partner_id = self.customer
        (suspense + item).reconcile()
        open_line = self._line(5)
        outcome = (line + open_line).ar_workspace_undo()
        self.assertEqual((outcome["done"], item.amount_residual), (line.ids, 100.0))
        self.assertIn("Nothing is booked", outcome["failed"][0]["message"])

    def test_the_customer_is_noted_and_taken_back_with_what_was_proposed(self):
        _item, line = self._proposed()
        plain = self._line(9, partner_id=self.customer.id)
        outcome = (line + plain).with_user(self.user).ar_workspace_set_customer(self.other.id)
        self.assertEqual((line + plain).mapped("partner_id"), self.other)
        self.assertEqual(line.ar_match_state, "none", "what was proposed was another customer's")
        self._take_back(outcome)
        self.assertEqual((line.partner_id.id, plain.partner_id), (False, self.customer))
        self.assertEqual(line.ar_match_state, "proposed")
        for id_ in ("x", [1], 2**40, -1, True):
            with self.assertRaisesRegex(UserError, "no longer exists"):
                line.ar_workspace_set_customer(id_)
        self.other.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            line.with_context(active_test=False).ar_workspace_set_customer(self.other.id)
        self.assertFalse(line.partner_id)

    def test_the_customer_of_a_line_that_is_partly_booked_stays(self):
        item, line = self._bill(60), self._line(100)
        line.ar_book_by_hand([self._part(item, 60), {"kind": "open", "amount": 40}])
        outcome = line.ar_workspace_set_customer(self.other.id)
        self.assertIn("part of this payment is booked", outcome["failed"][0]["message"])
        self.assertEqual((item.amount_residual, line._seek_for_lines()[1].amount_currency), (0.0, -40.0))

    def test_a_customer_who_is_remembered_is_known_by_the_next_matching_until_it_is_taken_back(self):
        values = {"partner_name": "ZZ TOP TRADING", "account_number": "NL91ABNA0417164300", "payment_ref": "THANKS"}
        line = self._line(40, **values)
        outcome = line.with_user(self.user).ar_workspace_set_customer(self.other.id, remember=True)
        self.assertIn("remembered", outcome["message"])
        item, later = self._bill(70, self.other), self._line(70, **values)
        later._ar_match("person")
        self.assertEqual(
            later.ar_proposal_ids.allocation_ids.move_line_id or later.ar_allocation_ids.move_line_id, item
        )
        facts = self.env["ar.payer.fact"].search([("partner_id", "=", self.other.id), ("told_by", "=", self.user.id)])
        self.assertEqual(set(facts.mapped("kind")), {"account", "name"})
        line.ar_workspace_forget(facts.ids)
        self.assertEqual(facts.exists().told_by, self.user, "another person's word stays")
        self._take_back(outcome)
        self.assertFalse(facts.exists().filtered("told_by"))
        self.assertFalse(line.partner_id)
        again = line.with_user(self.user).ar_workspace_set_customer(self.other.id, remember=True)
        once_more = line.with_user(self.user).ar_workspace_set_customer(self.other.id, remember=True)
        self.assertIn("ar_workspace_forget", [step["method"] for step in again["undo"]])
        self.assertNotIn("ar_workspace_forget", [step["method"] for step in once_more["undo"]], "was told before")
        for ids in ("x", None, [None], [[1]], [2**40], {}):
            line.ar_workspace_forget(ids)

    def test_a_note_is_kept_and_taken_back(self):
        line = self._line(9)
        outcome = line.with_user(self.user).ar_workspace_note("  asked <b>Bob</b> ")
        self.assertEqual((line.ar_note, outcome["rows"][0]["note"]), ("asked <b>Bob</b>",) * 2)
        self.assertIn("&lt;b&gt;", line.move_id.message_ids[0].body)
        self._take_back(outcome)
        self.assertFalse(line.ar_note)
        for note in (None, [], {}, 5):
            line.ar_workspace_note(note)
            self.assertFalse(line.ar_note)
        line.ar_workspace_note("x" * 5000)
        self.assertEqual(len(line.ar_note), 500)

    def test_a_colleague_is_asked_and_the_question_is_answered_by_booking(self):
        item, line = self._proposed()
        asked = new_test_user(
            self.env, "asked", "ar_reconcile.group_reconcile", company_ids=[Command.set(self.company.ids)]
        )
        outcome = line.with_user(self.user).ar_workspace_ask(asked.id, "Whose is <this>?")
        activity = line.move_id.activity_ids
        self.assertEqual((line.ar_owner_id, activity.user_id, activity.create_uid), (asked, asked, self.user))
        self.assertIn("&lt;this&gt;", activity.note)
        self._take_back(outcome)
        self.assertFalse(line.ar_owner_id or line.move_id.activity_ids)
        line.with_user(self.user).ar_workspace_ask(asked.id, "?")
        line.ar_workspace_accept()
        self.assertFalse(line.move_id.activity_ids)
        self.assertEqual(item.amount_residual, 0.0)

    def test_an_owner_works_in_the_company(self):
        line = self._line(9)
        other = self.setup_other_company(name="Elsewhere")["company"]
        far = new_test_user(
            self.env, "far", "ar_reconcile.group_reconcile", company_id=other.id, company_ids=[Command.set(other.ids)]
        )
        portal = new_test_user(self.env, "portal_guest", "base.group_portal")
        left = new_test_user(
            self.env, "left", "ar_reconcile.group_reconcile", company_ids=[Command.set(self.company.ids)]
        )
        left.active = False
        for user in (far.id, portal.id, left.id, "x", [1], 2**40, True):
            for action in (line.ar_workspace_ask, line.ar_workspace_own):
                with self.assertRaisesRegex(UserError, "colleague"):
                    action(user)
        outcome = line.with_user(self.user).ar_workspace_own(self.user.id)
        self.assertEqual(line.ar_owner_id, self.user)
        self._take_back(outcome)
        self.assertFalse(line.ar_owner_id)

    def test_too_many_lines_at_once(self):
        lines = self.lines.browse(range(1, MOST_LINES + 2))
        with self.assertRaisesRegex(UserError, "at most"):
            lines.ar_workspace_accept()

    def test_what_the_screen_needs_to_know(self):
        model = self._model({"account_id": self.expense.id, "amount_type": "percentage", "amount_string": "100"})
        setup = self.lines.with_user(self.user).ar_workspace_setup(self.journal.id)
        self.assertIn(model.id, [each["id"] for each in setup["models"]])
        self.assertEqual((setup["may_act"], setup["may_review"]), (True, False))
        for journal in ("x", [1], 2**40, None):
            self.lines.ar_workspace_setup(journal)


@tagged("post_install", "-at_install")
class TestWorkspaceAccess(WorkspaceCommon):
    def _actions(self, line, item):
        return [
            line.ar_workspace_accept,
            lambda: line.ar_workspace_book([self._part(item, 100)]),
            lambda: line.ar_book_by_hand([self._part(item, 100)]),
            lambda: line.ar_workspace_apply_model(1),
            line.ar_workspace_undo,
            line.ar_workspace_reject,
            line.ar_workspace_match,
            lambda: line.ar_workspace_review(True),
            lambda: line.ar_workspace_set_customer(self.other.id),
            lambda: line.ar_workspace_note("x"),
            lambda: line.ar_workspace_ask(self.user.id),
            lambda: line.ar_workspace_own(self.user.id),
            lambda: line.ar_workspace_forget([1]),
        ]

    def _user(self, login, groups, company=None):
        company = company or self.company
        return new_test_user(self.env, login, groups, company_id=company.id, company_ids=[Command.set(company.ids)])

    def test_nobody_acts_without_the_right_but_may_look_if_he_reads_bank_lines(self):
        item, line = self._bill(100), self._line(100)
        for login, group in (
            ("keeper", "account.group_account_basic"),
            ("biller", "account.group_account_invoice"),
            ("viewer", "account.group_account_readonly"),
        ):
            user = self._user(login, group)
            for action in self._actions(line.with_user(user), item):
                with self.assertRaises(AccessError):
                    action()
            lines = self.lines.with_user(user)
            self.assertEqual(lines.ar_workspace_page([("id", "=", line.id)])["count"], 1)
            self.assertEqual(line.with_user(user).ar_workspace_line()["left"], 100.0)
            self.assertFalse(lines.ar_workspace_setup()["may_act"])
        self.assertEqual((line.ar_note, line.ar_owner_id.id, line.is_reconciled), (False, False, False))

    def test_lines_and_items_of_another_company_are_not_there(self):
        item, line = self._bill(100), self._line(100)
        other = self.setup_other_company(name="Elsewhere")["company"]
        user = self._user("far", "ar_reconcile.group_reconcile_review", other)
        for action in (*self._actions(line.with_user(user), item), line.with_user(user).ar_workspace_line):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            line.with_user(user).ar_workspace_items()
        lines = self.lines.with_user(user)
        self.assertEqual(lines.ar_workspace_page([("id", "=", line.id)]), {"rows": [], "count": 0})
        self.assertEqual(lines.ar_workspace_ids([("id", "=", line.id)]), [])
        self.assertEqual(dict(lines.ar_workspace_counts([("id", "=", line.id)])["states"]), {})
        self.assertEqual(lines.ar_workspace_sure([("id", "=", line.id)]), [])
        with self.assertRaises(AccessError):
            lines.ar_workspace_setup(self.journal.id)

    def test_portal_and_plain_users_get_nothing(self):
        item, line = self._bill(100), self._line(100)
        for login, group in (("customer", "base.group_portal"), ("plain", "base.group_user")):
            user = new_test_user(self.env, login, group)
            lines = self.lines.with_user(user)
            reads = [
                lambda lines=lines: lines.ar_workspace_page([]),
                lambda lines=lines: lines.ar_workspace_ids([]),
                lambda lines=lines: lines.ar_workspace_counts([]),
                lambda lines=lines: lines.ar_workspace_sure([]),
                line.with_user(user).ar_workspace_line,
                line.with_user(user).ar_workspace_items,
                lines.ar_workspace_setup,
            ]
            for action in (*self._actions(line.with_user(user), item), *reads):
                with self.assertRaises(AccessError):
                    action()
