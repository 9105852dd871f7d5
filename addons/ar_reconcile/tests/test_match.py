from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import MatchCommon, ofx


@tagged("post_install", "-at_install")
class TestMatch(MatchCommon):
    def test_a_payment_that_names_its_invoice_pays_it(self):
        invoice = self._invoice(119)
        line = self._pay(("119.00", f"RE {invoice.name} THANKS"))
        self.assertEqual(
            (line.ar_match_state, invoice.payment_state, invoice.amount_residual), ("matched", "paid", 0.0)
        )
        self.assertEqual(line.partner_id, self.partner_a)
        self.assertEqual(line.ar_match_id.allocation_ids.move_line_id.move_id, invoice)
        self.assertTrue(line.ar_match_id.is_automatic)
        self.assertIn(invoice.name, line.ar_explanation)
        items = line.move_id.line_ids
        self.assertEqual(sum(items.mapped("balance")), 0.0)
        self.assertNotIn(self.journal.suspense_account_id, items.account_id)

    def test_one_payment_of_two_invoices_pays_both_to_the_cent(self):
        first, second = self._invoice("33.33"), self._invoice("66.68")
        line = self._pay(("100.01", f"{first.name} AND {second.name}"))
        self.assertEqual((line.ar_match_state, (first | second).mapped("payment_state")), ("matched", ["paid", "paid"]))
        counterparts = line.move_id.line_ids - line._seek_for_lines()[0]
        self.assertEqual(sorted(counterparts.mapped("amount_currency")), [-66.68, -33.33])

    def test_one_payment_for_two_customers_leaves_the_line_without_one(self):
        first, second = self._invoice(10), self._invoice(20, partner=self.partner_b)
        line = self._pay(("30.00", f"{first.name} {second.name}"))
        self.assertEqual((first | second).mapped("payment_state"), ["paid", "paid"])
        self.assertFalse(line.partner_id)

    def test_a_short_payment_that_names_its_invoice_leaves_the_rest_open_and_says_what_is_missing(self):
        invoice = self._invoice(119)
        with self._threshold("0.9"):
            line = self._pay(("40.00", invoice.name))
        self.assertEqual((line.ar_match_state, invoice.payment_state), ("matched", "partial"))
        self.assertEqual((invoice.amount_residual, line.ar_allocation_ids.kind), (79.0, "partial"))
        self.assertIn("79.00", line.ar_explanation)

    def test_two_payments_of_one_invoice_book_neither(self):
        invoice = self._invoice(50)
        lines = self._pay(("50.00", invoice.name), ("50.00", invoice.name))
        self.assertNotIn("matched", lines.mapped("ar_match_state"))
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertIn("Claimed by another payment", lines[0].ar_explanation)

    def test_a_payment_in_a_later_file_contests_what_is_open_from_an_earlier_one(self):
        invoice = self._invoice(50)
        earlier = self._pay(("50.00", invoice.name), ("50.00", invoice.name))
        later = self._pay(("50.00", invoice.name))
        self.assertNotEqual(later.ar_match_state, "matched")
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(later.ar_match_id._replayed(), later.ar_match_id.verdict)
        self.assertEqual([len(line.ar_match_ids) for line in earlier], [2, 2])

    def test_a_new_payment_contests_a_proposal_that_waits_for_a_person(self):
        invoice, waiting = self._proposal()
        former = waiting.ar_match_id
        later = self._pay(("50.00", invoice.name))
        self.assertNotEqual(later.ar_match_state, "matched")
        self.assertEqual((former.state, invoice.payment_state), ("superseded", "not_paid"))
        self.assertIn("Claimed by another payment", waiting.ar_explanation)

    def test_an_open_line_of_another_invoice_contests_nothing(self):
        invoice = self._invoice(50)
        self._pay(("49.00", self._invoice(60).name), ("50.00", "HELLO"))
        self.assertEqual(self._pay(("50.00", invoice.name)).ar_match_state, "matched")

    def test_a_second_payment_of_a_paid_invoice_stays_open(self):
        invoice = self._invoice(50)
        self._pay(("50.00", invoice.name))
        line = self._pay(("50.00", invoice.name))
        self.assertEqual(line.ar_match_state, "none")
        self.assertIn("Already paid", line.ar_explanation)

    def test_what_is_less_certain_than_the_journal_wants_waits_for_a_person_who_books_it(self):
        invoice, line = self._proposal()
        self.assertIn("books without a person from 100.0 %", line.ar_explanation)
        line.action_ar_accept()
        self.assertEqual((line.ar_match_state, invoice.payment_state), ("matched", "paid"))
        self.assertFalse(line.ar_match_id.is_automatic)
        self.assertEqual(line.ar_match_id.decided_by, self.env.user)

    def test_undo_opens_the_invoice_and_the_line_again_and_software_does_not_rebook(self):
        invoice = self._invoice(119)
        line = self._pay(("119.00", invoice.name))
        match = line.ar_match_id
        line.action_ar_undo()
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("not_paid", 119.0))
        self.assertEqual((match.state, match.undone_by), ("undone", self.env.user))
        self.assertFalse(line.partner_id)
        self.assertEqual(
            line.move_id.line_ids.account_id, self.journal.default_account_id + self.journal.suspense_account_id
        )
        line.action_auto_match()
        self.assertEqual(
            (line.ar_match_state, line.ar_match_id.verdict["outcome"], invoice.payment_state),
            ("proposed", "book", "not_paid"),
        )
        line.action_ar_accept()
        self.assertEqual(invoice.payment_state, "paid")

    def test_undo_of_a_payment_of_two_invoices_opens_both(self):
        invoices = self._invoice(10) | self._invoice(20)
        line = self._pay(("30.00", " ".join(invoices.mapped("name"))))
        line.action_ar_undo()
        self.assertEqual(invoices.mapped("amount_residual"), [10.0, 20.0])
        self.assertEqual(line.amount_residual, -30.0)

    def test_a_rejected_proposal_is_not_booked_by_software(self):
        _invoice, line = self._proposal()
        line.action_ar_reject()
        line._ar_match("person")
        self.assertEqual((line.ar_match_state, line.ar_match_id.verdict["outcome"]), ("proposed", "book"))

    def test_a_decision_is_taken_once_and_history_is_never_edited(self):
        line = self._pay(("119.00", self._invoice(119).name))
        match = line.ar_match_id
        with self.assertRaises(UserError):
            match.action_reject()
        with self.assertRaises(UserError):
            match.sudo().write({"facts": {}})
        with self.assertRaises(UserError):
            match.sudo().write({"state": "proposed"})

    def test_what_was_decided_is_replayed_from_what_was_stored(self):
        booked, likely = self._invoice(10), self._invoice(77, partner=self.partner_b)
        twins = [self._invoice(500), self._invoice(500)]
        file = ofx(
            [
                ("1", "20261118", "10.00", "SOMEBODY", booked.name),
                ("2", "20261118", "500.00", self.partner_a.name.upper(), "THANKS"),
                ("3", "20261118", "-5.00", "BANK", "FEE"),
                ("4", "20261118", "77.00", self.partner_b.name.upper(), "HELLO"),
            ]
        )
        with self._threshold("0.9999"):
            lines = self._import(file).line_ids.sorted("id")
        self.assertEqual(lines.mapped("ar_match_state"), ["matched", "ambiguous", "none", "proposed"])
        self.assertEqual(
            [match.verdict["outcome"] for match in lines.mapped("ar_match_id")],
            ["book", "ambiguous", "leave", "propose"],
        )
        self.assertEqual(lines[1].ar_proposal_ids.allocation_ids.move_id, twins[0] | twins[1])
        self.assertEqual(lines[3].ar_allocation_ids.move_id, likely)
        for match in lines.ar_match_ids:
            self.assertEqual(match._replayed(), match.verdict)

    def test_matching_again_adds_history_only_when_something_changed(self):
        line = self._pay(("50.00", "INV/2026/88001"))
        self.assertEqual((line.ar_match_state, len(line.ar_match_ids)), ("none", 1))
        line._ar_match("person")
        self.assertEqual(len(line.ar_match_ids), 1)
        invoice = self._invoice(50)
        invoice.name = "INV/2026/88001"
        line._ar_match("person")
        self.assertEqual(sorted(line.ar_match_ids.mapped("state")), ["accepted", "superseded"])
        self.assertEqual(invoice.payment_state, "paid")

    def test_a_closed_period_leaves_the_proposal_and_its_reason_and_books_the_others(self):
        good, locked = self._invoice(10), self._invoice(20)
        bank_line = type(self.env["account.bank.statement.line"])
        original = bank_line._ar_book

        closed = UserError("The books are closed.")

        def refusing(lines, allocations):
            if any(part.item.move_id == locked for parts in allocations.values() for part in parts):
                raise closed
            return original(lines, allocations)

        with patch.object(bank_line, "_ar_book", refusing):
            lines = self._pay(("10.00", good.name), ("20.00", locked.name))
        self.assertEqual(lines.mapped("ar_match_state"), ["matched", "proposed"])
        self.assertEqual(lines[1].ar_match_id.failure, "The books are closed.")

    def test_an_item_that_was_paid_meanwhile_is_not_booked_beyond_its_residual(self):
        invoice, line = self._proposal()
        self._register_payment(invoice)
        with self.assertRaisesRegex(UserError, "left to pay"):
            line.action_ar_accept()

    def test_a_payment_in_the_invoice_s_foreign_currency_pays_it_with_an_exchange_difference(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 0.5), ("2026-11-15", 0.8)])
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        invoice = self._invoice(100, currency_id=euro)
        lines = self.env["account.bank.statement.line"].create(
            {"journal_id": journal.id, "date": "2026-11-18", "amount": 100.0, "payment_ref": invoice.name}
        )
        lines._ar_match("person")
        self.assertEqual(
            (lines.ar_match_state, invoice.payment_state, invoice.amount_residual), ("matched", "paid", 0.0)
        )
        self.assertTrue(invoice.line_ids.matched_credit_ids.exchange_move_id)

    def test_a_payment_of_two_foreign_invoices_divides_the_company_amount_exactly(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 3.0)])
        journal = self.journal.copy({"currency_id": euro.id, "bank_account_id": False})
        invoices = (
            self._invoice(10, currency_id=euro)
            | self._invoice(10, currency_id=euro)
            | self._invoice(10, currency_id=euro)
        )
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "date": "2026-11-18",
                "amount": 30.0,
                "payment_ref": " ".join(invoices.mapped("name")),
            }
        )
        line._ar_match("person")
        self.assertEqual(invoices.mapped("payment_state"), ["paid"] * 3)
        self.assertEqual(sum(line.move_id.line_ids.mapped("balance")), 0.0)

    def test_other_companies_invoices_are_never_matched(self):
        other = self.setup_other_company(name="Other")
        foreign = self.env["account.move"].with_company(other["company"])
        invoice = foreign.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner_a.id,
                "invoice_date": "2026-11-01",
                "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 50, "tax_ids": False})],
            }
        )
        invoice.action_post()
        invoice.name = "INV/2026/99001"
        line = self._pay(("50.00", "INV/2026/99001"))
        self.assertEqual((line.ar_match_state, invoice.payment_state), ("none", "not_paid"))

    def test_the_scheduled_action_matches_what_nobody_looked_at(self):
        invoice = self._invoice(50)
        line = self._unmatched(("50.00", invoice.name))
        self.assertEqual(line.ar_match_state, "none")
        with self.enter_registry_test_mode():
            self.env.ref("ar_reconcile.cron_match").method_direct_trigger()
        self.assertEqual((line.ar_match_state, invoice.payment_state), ("matched", "paid"))

    def test_the_number_of_queries_does_not_grow_with_single_payments(self):
        customers = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(14)])
        few = [self._invoice(10 + number, partner=customers[number]) for number in range(2)]
        many = [self._invoice(100 + number, partner=customers[2 + number]) for number in range(12)]

        def queries(invoices):
            lines = self._unmatched(*[(str(invoice.amount_total), invoice.name) for invoice in invoices])
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            lines._ar_match("person")
            self.env.flush_all()
            self.assertEqual(set(lines.mapped("ar_match_state")), {"matched"})
            return self.env.cr.sql_log_count - before

        queries([self._invoice(5)])  # fills caches
        self.assertLess(queries(many) - queries(few), 4 * (len(many) - len(few)))

    # === What is no longer true when it is booked === #

    def test_two_proposals_for_one_invoice_are_not_both_booked(self):
        invoice, line = self._proposal()
        other = line.copy({"ar_import_id": False})
        match = line.ar_match_id.sudo().copy({"statement_line_id": other.id, "state": "proposed"})
        self.env["ar.match.proposal.allocation"].sudo().create(
            {
                "proposal_id": match.id,
                "move_line_id": line.ar_allocation_ids.move_line_id.id,
                "partner_id": invoice.partner_id.id,
                "number": invoice.name,
                "kind": "full",
                "amount": 50,
            }
        )
        (line | other).action_ar_accept()
        self.assertEqual(sorted((line | other).mapped("ar_match_state")), ["matched", "proposed"])
        self.assertEqual(invoice.payment_state, "paid")
        self.assertIn("left to pay", match.failure)

    def test_what_is_left_of_a_bank_line_is_what_pays(self):
        invoice = self._invoice(800)
        line = self._unmatched(("800.00", invoice.name))
        suspense = line._seek_for_lines()[1]
        fee = self.company_data["default_account_expense"]
        line.move_id.with_context(skip_readonly_check=True).write(
            {
                "line_ids": [
                    Command.update(suspense.id, {"balance": -500.0, "amount_currency": -500.0}),
                    Command.create({"account_id": fee.id, "balance": -300.0, "amount_currency": -300.0}),
                ]
            }
        )
        line.partner_name = invoice.partner_id.name
        with self._threshold("0.9"):
            line._ar_match("person")
        self.assertEqual((line.ar_match_state, invoice.amount_residual), ("matched", 300.0))

    def test_a_line_whose_amount_changed_is_not_booked(self):
        invoice, line = self._proposal()
        line.amount = 80
        with self.assertRaisesRegex(UserError, "has changed"):
            line.action_ar_accept()
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_an_invoice_in_draft_is_not_paid(self):
        invoice, line = self._proposal()
        invoice.button_draft()
        with self.assertRaisesRegex(UserError, "has changed"):
            line.action_ar_accept()

    def test_an_invoice_of_another_customer_or_currency_since_is_not_paid(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-11-01", 1.0)])
        for change in ({"partner_id": self.partner_b.id}, {"currency_id": euro.id}):
            invoice, line = self._proposal()
            invoice.button_draft()
            invoice.write(change)
            invoice.action_post()
            with self.assertRaisesRegex(UserError, "changed|no longer"):
                line.action_ar_accept()
            self.assertEqual(invoice.payment_state, "not_paid")

    def test_a_draft_bank_entry_is_not_matched(self):
        invoice = self._invoice(50)
        line = self._unmatched(("50.00", invoice.name))
        line.move_id.button_draft()
        line._ar_match("person")
        self.assertEqual((line.ar_match_state, invoice.payment_state), ("none", "not_paid"))

    def test_odoo_s_own_undo_is_a_person_s_word_too(self):
        invoice = self._invoice(50)
        line = self._pay(("50.00", invoice.name))
        line.action_undo_reconciliation()
        self.assertEqual(
            (line.ar_match_id.state, line.partner_id, invoice.payment_state),
            ("undone", self.env["res.partner"], "not_paid"),
        )
        line._ar_match("person")
        self.assertEqual((line.ar_match_state, invoice.payment_state), ("proposed", "not_paid"))

    def test_undo_leaves_alone_what_a_person_reconciled_since(self):
        first, second = self._invoice(50), self._invoice(50)
        line = self._pay(("50.00", first.name))
        counterpart = line._seek_for_lines()[2]
        counterpart.remove_move_reconcile()
        item = second.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
        (counterpart + item).reconcile()
        with self.assertRaisesRegex(UserError, "since"):
            line.action_ar_undo()
        self.assertEqual(second.payment_state, "paid")

    def test_a_match_is_undone_once(self):
        line = self._pay(("50.00", self._invoice(50).name))
        match = line.ar_match_id
        match.action_undo()
        line._ar_match("person")
        line.action_ar_accept()
        with self.assertRaises(UserError):
            match.action_undo()
        self.assertEqual(line.ar_match_state, "matched")

    def test_tiny_parts_in_a_weak_currency_never_change_sign(self):
        rupiah = self.setup_other_currency("IDR", rates=[("2026-11-01", 16000.0)])
        journal = self.journal.copy({"currency_id": rupiah.id, "bank_account_id": False})
        invoices = self.env["account.move"].union(*(self._invoice(82, currency_id=rupiah) for _ in range(5)))
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "date": "2026-11-18",
                "amount": 410.0,
                "payment_ref": " ".join(invoices.mapped("name")),
            }
        )
        line._ar_match("person")
        self.assertEqual((line.ar_match_state, set(invoices.mapped("payment_state"))), ("matched", {"paid"}))
        counterparts = line._seek_for_lines()[2]
        self.assertEqual(sum(counterparts.mapped("amount_currency")), -410.0)
        self.assertTrue(all(balance <= 0 for balance in counterparts.mapped("balance")))

    def test_a_line_that_can_t_be_matched_says_why_and_does_not_hold_up_the_others(self):
        invoices = [self._invoice(10), self._invoice(20)]
        bank_line = type(self.env["account.bank.statement.line"])
        original = bank_line._as_payment
        broken = AttributeError("bro\0ken")

        def failing(lines, row, policies):
            if "10.00" in row:
                raise broken
            return original(lines, row, policies)

        with (
            patch.object(bank_line, "_as_payment", failing),
            mute_logger("odoo.addons.ar_reconcile.models.ar_match_proposal"),
        ):
            lines = self._pay(("10.00", invoices[0].name), ("20.00", invoices[1].name))
        self.assertEqual(lines.mapped("ar_match_state"), ["none", "matched"])
        self.assertIn("broken", lines[0].ar_explanation)

    def test_an_open_line_is_looked_at_again_on_another_day_but_not_on_the_same(self):
        line = self._pay(("50.00", "INV/2026/88009"))
        invoice = self._invoice(50)
        invoice.name = "INV/2026/88009"
        cron = self.env.ref("ar_reconcile.cron_match")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(line.ar_match_state, "none")
        line.ar_matched_on = fields.Date.subtract(line.ar_matched_on, days=1)
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual((line.ar_match_state, invoice.payment_state), ("matched", "paid"))

    def test_a_payment_that_quotes_a_settled_invoice_s_payment_reference_is_told_so(self):
        invoice = self._invoice(50, payment_reference="RF18539007547034")
        self._pay(("50.00", "RF18 5390 0754 7034"))
        self.assertEqual(invoice.payment_state, "paid")
        self.assertIn("Already paid", self._pay(("50.00", "RF18 5390 0754 7034")).ar_explanation)
