from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .discount_common import DAY
from .write_off_common import WriteOffCase


@freeze_time(DAY + timedelta(60))
@tagged("post_install", "-at_install")
class TestWriteOff(WriteOffCase):
    def test_a_write_off_books_all_to_expense_and_settles_the_invoice(self):
        invoice = self.invoice([(100, self.tax_15), (200, self.tax_6)])
        write_off = self.booked(self.items(invoice))
        self.assertEqual(write_off.state, "booked")
        self.assertEqual(write_off.amount, 327)
        self.assert_loss(write_off, [(self.loss, 327, "")])
        self.assertFalse(write_off.move_id.line_ids.tax_ids)
        self.assert_settled(invoice)

    def test_tax_back_is_divided_over_two_taxes_as_the_invoice_has_them(self):
        invoice = self.invoice([(100, self.tax_15), (200, self.tax_6)])
        write_off = self.booked(self.items(invoice), tax_treatment="net")
        self.assert_loss(
            write_off,
            [
                (self.loss, 100, ""),
                (self.loss, 200, ""),
                (self.tax_account, 15, "15 %"),
                (self.tax_account, 12, "6 %"),
            ],
        )
        self.assert_settled(invoice)

    def test_tax_back_has_the_tags_that_a_credit_note_has(self):
        tags = self.env["account.account.tag"].create(
            [
                {"name": name, "applicability": "taxes", "country_id": self.env.company.account_fiscal_country_id.id}
                for name in ("base sold", "tax sold", "base back", "tax back")
            ]
        )
        shares = self.tax_15.invoice_repartition_line_ids + self.tax_15.refund_repartition_line_ids
        for share, tag in zip(shares, tags, strict=True):
            share.tag_ids = tag
        invoice = self.invoice([(100, self.tax_15)])
        credit_note = self.invoice([(100, self.tax_15)], move_type="out_refund", invoice_payment_term_id=False)
        write_off = self.booked(self.items(invoice), tax_treatment="net")

        def tagged_lines(move):
            return sorted(
                (line.balance, line.tax_ids.ids, line.tax_repartition_line_id.id, line.tax_tag_ids.ids)
                for line in move.line_ids
                if line.tax_tag_ids
            )

        self.assertEqual(len(tagged_lines(credit_note)), 2)
        self.assertEqual(tagged_lines(write_off.move_id), tagged_lines(credit_note))

    def test_a_part_leaves_the_rest_open_and_takes_its_part_of_the_tax(self):
        invoice = self.invoice([(100, self.tax_15), (200, self.tax_6)])
        write_off = self.booked(self.items(invoice), [109], tax_treatment="net")
        self.assert_loss(
            write_off,
            [
                (self.loss, 33.33, ""),
                (self.loss, 66.67, ""),
                (self.tax_account, 5, "15 %"),
                (self.tax_account, 4, "6 %"),
            ],
        )
        self.assertEqual(invoice.amount_residual, 218)
        self.assertEqual(invoice.payment_state, "partial")

    def test_tax_that_was_corrected_by_hand_comes_back_as_it_stands_on_the_invoice(self):
        invoice = self.invoice([(100, self.tax_15)], post=False)
        tax_line = invoice.line_ids.filtered("tax_line_id")
        term_line = self.items(invoice)
        invoice.line_ids = [
            Command.update(tax_line.id, {"amount_currency": -14.98}),
            Command.update(term_line.id, {"amount_currency": 114.98}),
        ]
        invoice.action_post()
        self.assertEqual(invoice.amount_tax, 14.98)
        write_off = self.booked(self.items(invoice), tax_treatment="net")
        self.assert_loss(write_off, [(self.loss, 100, ""), (self.tax_account, 14.98, "15 %")])

    def test_a_tax_of_a_fixed_amount_comes_back_whole(self):
        fixed = self.tax("Levy", 5, amount_type="fixed")
        invoice = self.invoice([(100, self.tax_15 + fixed)])
        write_off = self.booked(self.items(invoice), tax_treatment="net")
        self.assert_loss(
            write_off,
            [(self.loss, 100, ""), (self.tax_account, 15, "15 %"), (self.tax_account, 5, "Levy")],
        )

    def test_tax_back_without_a_tax_is_all_expense(self):
        write_off = self.booked(self.items(self.invoice(80)), tax_treatment="net")
        self.assert_loss(write_off, [(self.loss, 80, "")])

    def test_instalments_of_an_invoice_are_divided_together(self):
        invoice = self.invoice([(100, self.tax_15)], term=self.instalments(10, 20, 30, 40))
        items = self.items(invoice)
        self.assertEqual(len(items), 4)
        write_off = self.booked(items, tax_treatment="net")
        self.assert_loss(write_off, [(self.loss, 100, ""), (self.tax_account, 15, "15 %")])
        self.assert_settled(invoice)

    def test_one_instalment_alone_leaves_the_others_open(self):
        invoice = self.invoice(90, term=self.instalments(10, 20))
        items = self.items(invoice).sorted("date_maturity")
        self.booked(items[1])
        self.assertEqual(items.mapped("amount_residual"), [45, 0])

    def test_an_item_in_another_currency_is_given_up_at_its_own_rate(self):
        invoice = self.invoice([(100, self.tax_15)], currency_id=self.foreign.id)
        write_off = self.booked(self.items(invoice), tax_treatment="net")
        self.assertEqual(write_off.amount, 115)
        self.assertEqual(write_off.amount_company, 57.5)
        self.assert_loss(write_off, [(self.loss, 50, ""), (self.tax_account, 7.5, "15 %")])
        self.assertEqual(self.items(invoice).amount_residual, 0)
        self.assertFalse(self.items(invoice).matched_credit_ids.exchange_move_id)
        self.assert_settled(invoice)

    def test_invoices_of_two_currencies_make_two_proposals(self):
        invoices = self.invoice(50) + self.invoice(60, currency_id=self.foreign.id)
        action = invoices.with_user(self.clerk).action_ar_propose_write_off()
        drafts = self.env["ar.write.off"].search(action["domain"])
        self.assertEqual(sorted(drafts.mapped("amount")), [50, 60])
        self.assertEqual(drafts.currency_id, self.env.company.currency_id + self.foreign)
        self.assertEqual(set(drafts.mapped("state")), {"draft"})

    def test_a_customer_is_proposed_with_what_is_overdue(self):
        overdue = self.invoice(50)
        self.invoice(60, term=self.term(90))
        action = self.customer.with_user(self.clerk).action_ar_propose_write_off()
        draft = self.env["ar.write.off"].browse(action["res_id"])
        self.assertEqual(draft.line_ids.move_line_id.move_id, overdue)

    def test_a_customer_who_owes_nothing_has_nothing_to_propose(self):
        with self.assertRaisesRegex(UserError, "Nothing is open"):
            self.customer.action_ar_propose_write_off()

    def test_reversing_opens_the_item_again_and_leaves_no_trace_in_tax(self):
        invoice = self.invoice([(100, self.tax_15)])
        write_off = self.booked(self.items(invoice), tax_treatment="net")
        self.env["ar.write.off.decide"].with_user(self.manager).create(
            {"write_off_ids": write_off.ids, "decision": "reverse", "reason": "The liquidator paid"}
        ).action_decide()
        self.assertEqual(write_off.state, "reversed")
        self.assertEqual(write_off.reversed_by_id, self.manager)
        self.assertEqual(invoice.amount_residual, 115)
        self.assertEqual(invoice.payment_state, "not_paid")
        both = write_off.move_id + write_off.reversal_move_id
        self.assertEqual(both.mapped("state"), ["posted", "posted"])
        lines = both.line_ids
        for same in lines.grouped(
            lambda line: (line.account_id, line.tax_ids, line.tax_line_id, line.tax_tag_ids)
        ).values():
            self.assertEqual(sum(same.mapped("balance")), 0)
        self.assertTrue(all(lines.filtered(lambda line: line.account_type == "asset_receivable").mapped("reconciled")))

    def test_a_statement_tells_it_as_let_go_also_where_an_allowance_bears_the_loss(self):
        allowance = self.loss.copy({"code": "ALLOWANCE", "account_type": "asset_current"})
        for account in (self.loss, allowance):
            with self.subTest(account=account.code):
                write_off = self.booked(self.items(self.invoice(1000)), account_id=account.id)
                made = self.customer._ar_statements(self.env.company, DAY, write_off.date)[0]
                told = [(line["kind"], line["amount"]) for line in made["movements"]]
                self.assertEqual(set(told), {("invoice", 1000), ("write_off", -1000)})

    def test_a_reversed_item_can_be_written_off_again(self):
        items = self.items(self.invoice(50))
        self.booked(items).with_user(self.manager)._reverse("Too early")
        self.booked(items)
        self.assertTrue(items.reconciled)

    def test_reversing_takes_a_reason(self):
        write_off = self.booked(self.items(self.invoice(50)))
        with self.assertRaisesRegex(UserError, "Say why"):
            write_off.with_user(self.manager)._reverse("  ")

    def test_what_was_paid_meanwhile_is_not_booked(self):
        invoice = self.invoice(100)
        write_off = self.proposal(self.items(invoice))
        self._register_payment(invoice, amount=30)
        with self.assertRaisesRegex(UserError, "70.00 of INV.* is open.*paid meanwhile"):
            write_off.with_user(self.manager).action_approve()
        self.assertFalse(write_off.sudo().move_id)

    def test_what_is_open_after_a_part_payment_can_be_written_off(self):
        invoice = self.invoice(100)
        self._register_payment(invoice, amount=30)
        write_off = self.booked(self.items(invoice))
        self.assertEqual(write_off.amount, 70)
        self.assert_settled(invoice)

    def test_an_invoice_that_is_a_draft_again_is_not_booked(self):
        invoice = self.invoice(100)
        write_off = self.proposal(self.items(invoice))
        invoice.button_draft()
        with self.assertRaisesRegex(UserError, "no longer posted"):
            write_off.with_user(self.manager).action_approve()

    def test_no_more_than_what_is_open_can_be_proposed(self):
        items = self.items(self.invoice(100))
        with self.assertRaisesRegex(ValidationError, "can't be written off"):
            self.proposal(items, [100.01])
        self.proposal(items, [99.99])

    def test_a_locked_period_is_told_of_and_the_day_after_is_not(self):
        items = self.items(self.invoice(100))
        self.env.company.fiscalyear_lock_date = DAY + timedelta(58)
        write_off = self.proposal(items, date=DAY + timedelta(58))
        with self.assertRaisesRegex(UserError, "locked period"):
            write_off.with_user(self.manager).action_approve()
        write_off.with_user(self.manager).date = DAY + timedelta(59)
        write_off.with_user(self.manager).action_approve()
        self.assertEqual(write_off.sudo().move_id.date, DAY + timedelta(59))

    def test_the_lock_of_taxes_holds_only_what_has_tax(self):
        items = self.items(self.invoice(100) + self.invoice([(100, self.tax_15)]))
        self.env.company.tax_lock_date = DAY + timedelta(60)
        net = self.proposal(items[1], tax_treatment="net")
        with self.assertRaisesRegex(UserError, "locked period"):
            net.with_user(self.manager).action_approve()
        self.booked(items[0])

    def test_a_day_to_come_is_refused(self):
        write_off = self.proposal(self.items(self.invoice(100)), date=DAY + timedelta(61))
        with self.assertRaisesRegex(UserError, "day to come"):
            write_off.with_user(self.manager).action_approve()

    def test_a_write_off_before_the_invoice_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "dated"):
            self.proposal(self.items(self.invoice(100)), date=DAY - timedelta(1))

    def test_without_an_account_it_is_told_where_to_choose_one(self):
        self.reason.account_id = False
        write_off = self.proposal(self.items(self.invoice(100)))
        with self.assertRaisesRegex(UserError, "No expense account"):
            write_off.with_user(self.manager).action_approve()
        write_off.with_user(self.manager).account_id = self.loss
        write_off.with_user(self.manager).action_approve()
        self.assertEqual(write_off.sudo().state, "booked")

    def test_a_loss_cannot_go_to_the_receivables(self):
        with self.assertRaisesRegex(ValidationError, "account for losses"):
            self.reason.account_id = self.company_data["default_account_receivable"]

    def test_the_items_are_of_one_customer_and_one_currency(self):
        other = self.env["res.partner"].create({"name": "Other"})
        items = self.items(self.invoice(100) + self.invoice(70, partner_id=other.id))
        with self.assertRaisesRegex(ValidationError, "one customer"):
            self.proposal(items)
        items = self.items(self.invoice(100) + self.invoice(70, currency_id=self.foreign.id))
        with self.assertRaisesRegex(ValidationError, "one currency"):
            self.proposal(items)

    def test_an_item_waits_in_one_write_off_only(self):
        items = self.items(self.invoice(100))
        self.proposal(items, [40])
        with self.assertRaisesRegex(UserError, "waits for approval already"):
            self.proposal(items, [50])

    def test_disputes_and_promises_are_told_of(self):
        invoice = self.invoice(100)
        self.assertFalse(self.proposal(self.items(self.invoice(20)), submit=False).warning)
        self.env["ar.dispute"].create(
            {"move_id": invoice.id, "code_id": self.env.ref("ar_enhanced.dispute_code_price").id, "amount": 25}
        )
        self.env["ar.promise"].create({"move_ids": invoice.ids, "amount": 50, "date": DAY + timedelta(70)})
        warning = self.proposal(self.items(invoice), submit=False).warning
        self.assertIn("in dispute over $\xa025.00", warning)
        self.assertIn("is promised for", warning)

    def test_a_write_off_keeps_no_promise(self):
        invoice = self.invoice(100)
        promise = self.env["ar.promise"].create({"move_ids": invoice.ids, "amount": 100, "date": DAY + timedelta(60)})
        self.booked(self.items(invoice))
        promise._judge(DAY + timedelta(80))
        self.assertEqual((promise.state, promise.received), ("broken", 0))

    def test_a_write_off_is_no_payment_to_the_credit_score(self):
        first, second = self.invoice(100), self.invoice(200)
        self._register_payment(first, payment_date=DAY + timedelta(40))
        self.booked(self.items(second))
        lines, day = self.env["account.move.line"], DAY + timedelta(60)
        facts = lines._ar_payment_facts(self.customer.ids, self.env.company, day)[self.customer.id]
        self.assertEqual(facts.settled_count, 1)

    def cash_basis(self):
        """A tax that is due once the customer has paid, with the account where it waits until then."""
        self.env.company.tax_exigibility = True
        waiting = self.tax_account.copy({"code": "WAITING", "name": "Tax not due yet", "reconcile": True})
        tax = self.tax("15 % on payment", 15, tax_exigibility="on_payment", cash_basis_transition_account_id=waiting.id)
        return tax, waiting

    def tax_due(self, account):
        self.env.flush_all()
        lines = self.env["account.move.line"].search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
        return round(sum(lines.mapped("balance")), 2)

    def test_tax_that_was_never_due_is_not_due_by_a_write_off_with_tax_back(self):
        tax, waiting = self.cash_basis()
        before = self.tax_due(self.tax_account)
        invoice = self.invoice([(100, tax)])
        self.assertEqual(self.tax_due(waiting), -15)
        self.booked(self.items(invoice), tax_treatment="net")
        self.assert_settled(invoice)
        self.assertEqual((self.tax_due(waiting), self.tax_due(self.tax_account) - before), (0, 0))

    def test_the_entry_is_reversed_by_the_write_off_only(self):
        invoice = self.invoice(100)
        entry = self.booked(self.items(invoice)).move_id
        for spoil in (entry.button_draft, entry._reverse_moves, invoice.button_draft):
            with self.assertRaisesRegex(UserError, "reverse the write-off itself"):
                spoil()

    def test_the_credit_file_and_the_invoice_tell_of_it(self):
        invoice = self.invoice(100)
        write_off = self.booked(self.items(invoice))
        write_off.with_user(self.manager)._reverse("Paid after all")
        self.env.flush_all()
        events = self.env["ar.credit.event"].search([("partner_id", "=", self.customer.id), ("kind", "=", "write_off")])
        self.assertEqual(
            {(event.text, event.amount, event.user_id) for event in events},
            {
                ("Written off: Uncollectable", 100, self.manager),
                ("Write-off reversed\nPaid after all", 100, self.manager),
            },
        )
        told = " ".join(invoice.message_ids.mapped("body"))
        self.assertIn("100.00 written off: Uncollectable", told)
        self.assertIn("reversed: Paid after all", told)

    def test_several_write_offs_are_approved_at_once(self):
        items = self.items(self.invoice(100) + self.invoice(200))
        write_offs = self.proposal(items[0]) + self.proposal(items[1])
        write_offs.with_user(self.manager).action_approve()
        self.assertEqual(len(write_offs.sudo().move_id), 2)
        self.assertEqual(items.mapped("reconciled"), [True, True])
        for write_off in write_offs.sudo():
            self.assertEqual(write_off.move_id.line_ids.ar_write_off_line_id, write_off.line_ids)
