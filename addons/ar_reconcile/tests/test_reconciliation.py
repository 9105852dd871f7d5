import io
from datetime import date
from decimal import Decimal
from unittest.mock import patch

import openpyxl
import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..engine import closing

END = date(2026, 10, 31)


class ReconciliationCommon(AccountTestInvoicingCommon):
    """A bank journal and two persons; it is the first days of November 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        frozen = freeze_time("2026-11-05 09:00:00")
        frozen.start()
        cls.addClassCleanup(frozen.stop)
        cls.company = cls.env.company
        cls.env.user.group_ids += cls.env.ref("ar_reconcile.group_reconcile_review")
        cls.journal = cls.company_data["default_journal_bank"]
        cls.bank = cls.journal.default_account_id
        cls.receivable = cls.company_data["default_account_receivable"]
        cls.revenue = cls.company_data["default_account_revenue"]
        cls.owner = cls._user("olga", "ar_reconcile.group_reconcile")
        cls.reviewer = cls._user("rene", "ar_reconcile.group_reconcile_review")

    @classmethod
    def _user(cls, login, group):
        return new_test_user(
            cls.env, login, group, company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)]
        )

    @classmethod
    def _plan(cls, kind="bank", **values):
        return cls.env["ar.reconciliation.plan"].create(
            {
                "kind": kind,
                "journal_id": cls.journal.id if kind == "bank" else False,
                "company_id": cls.company.id,
                "owner_id": cls.owner.id,
                "reviewer_id": cls.reviewer.id,
                "date_start": "2026-10-01",
                **values,
            }
        )

    def _reconciliation(self, kind="bank", **values):
        """Return the reconciliation of October of a new plan."""
        return self.env["ar.reconciliation"]._make_due(self._plan(kind, **values)).sudo(False)

    def _lines(self, *lines, journal=None):
        """Create bank lines of ``(day of October, amount)``."""
        return self.env["account.bank.statement.line"].create(
            [
                {
                    "journal_id": (journal or self.journal).id,
                    "date": f"2026-10-{day:02}",
                    "amount": amount,
                    "payment_ref": f"Payment of {amount}",
                }
                for day, amount in lines
            ]
        )

    def _statement(self, lines, start, end):
        return self.env["account.bank.statement"].create(
            {"name": "October", "line_ids": lines.ids, "balance_start": start, "balance_end_real": end}
        )

    def _entry(self, day, *lines, post=True, company=None):
        """Create an entry of ``(account, balance)`` or ``(account, balance, partner)``."""
        entry = self.env["account.move"].create(
            {
                "date": day,
                "company_id": (company or self.company).id,
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "balance": balance,
                            "partner_id": partner[0].id if partner else False,
                        }
                    )
                    for account, balance, *partner in lines
                ],
            }
        )
        if post:
            entry.action_post()
        return entry

    def _invoice(self, amount, day="2026-10-10", partner=None, **values):
        return self._create_invoice_one_line(
            price_unit=amount,
            partner_id=partner or self.partner_a,
            invoice_date=day,
            tax_ids=False,
            **{"post": True, **values},
        )

    def _receive(self, line, invoice):
        """Match a bank line with an invoice."""
        _liquidity, suspense, _other = line._seek_for_lines()
        item = invoice.line_ids.filtered(lambda each: each.account_id == self.receivable)
        quiet = suspense.with_context(skip_readonly_check=True, skip_account_move_synchronization=True)
        quiet.write({"account_id": item.account_id.id, "partner_id": item.partner_id.id})
        (suspense + item).reconcile()

    def _amounts(self, reconciliation):
        return {code: (str(figure.amount), figure.count) for code, figure in reconciliation._current_figures().items()}

    def _statuses(self, reconciliation):
        checks = reconciliation._checks(reconciliation._current_figures())
        return {check.code: check.status.value for check in checks}

    def _signed(self, reconciliation):
        """Have both persons sign ``reconciliation``."""
        reconciliation.with_user(self.owner).action_prepare()
        reconciliation.with_user(self.reviewer).action_sign()
        return reconciliation


@tagged("post_install", "-at_install")
class TestBankProof(ReconciliationCommon):
    def test_the_figures_of_a_bank_account_are_those_added_up_by_hand(self):
        invoice = self._invoice(300)
        lines = self._lines((5, 300), (20, 50), (30, -8))
        self._statement(lines[:2], 1000, 1350)
        self._entry("2026-09-30", (self.bank, 1000), (self.revenue, -1000))
        self._receive(lines[0], invoice)
        self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-01", "amount": 77, "payment_ref": "Of November"}
        )
        reconciliation = self._reconciliation()
        self.assertEqual(
            self._amounts(reconciliation),
            {
                "statement": ("1350.00", 1),
                "statement_lines": ("1350.00", 2),
                "after_statement": ("-8.00", 1),
                "ledger": ("1342.00", 4),
                "without_line": ("1000.00", 1),
                "other_currency": ("0", 0),
                "open_lines": ("42.00", 2),
                "suspense": ("42.00", 2),
                "outstanding": ("0.00", 0),
                "unposted_entries": ("0.00", 0),
            },
        )
        self.assertEqual(
            self._statuses(reconciliation),
            {
                "bank_ledger": "ok",
                "statement_sum": "ok",
                "suspense_lines": "ok",
                "after_statement": "warning",
                "without_line": "warning",
                "open_lines": "warning",
            },
        )

    def test_without_a_statement_nothing_is_green(self):
        self._lines((5, 300))
        reconciliation = self._reconciliation()
        self.assertEqual(self._statuses(reconciliation)["no_statement"], "failed")
        self.assertIn("No bank statement up to", reconciliation.checks_html)
        self.assertNotIn("bank_ledger", self._statuses(reconciliation))

    def test_a_statement_that_ends_after_the_period_proves_nothing_of_it(self):
        late = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-02", "amount": 1, "payment_ref": "x"}
        )
        self._statement(self._lines((5, 300)) + late, 0, 301)
        self.assertEqual(self._statuses(self._reconciliation())["no_statement"], "failed")

    def test_a_line_dated_back_before_the_end_of_the_statement_breaks_the_proof(self):
        self._statement(self._lines((5, 300), (20, 50)), 0, 350)
        reconciliation = self._reconciliation()
        self.assertEqual(self._statuses(reconciliation)["bank_ledger"], "ok")
        self._lines((6, 4))
        self.assertEqual(self._statuses(reconciliation)["bank_ledger"], "failed")

    def test_a_bank_account_in_another_currency_is_told_in_it(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        journal = self.env["account.journal"].create(
            {"name": "Euro", "type": "bank", "code": "EURB", "currency_id": euro.id}
        )
        lines = self._lines((5, 100), (6, 20), journal=journal)
        self._statement(lines[:1], 0, 100)
        journal.default_account_id.currency_id = False
        self._entry("2026-10-31", (journal.default_account_id, 3), (self.revenue, -3))
        reconciliation = self._reconciliation(journal_id=journal.id)
        amounts = self._amounts(reconciliation)
        self.assertEqual(reconciliation.currency_id, euro)
        self.assertEqual(amounts["statement"], ("100.00", 1))
        self.assertEqual(amounts["after_statement"], ("20.00", 1))
        self.assertEqual(amounts["ledger"], ("120.00", 2), "in euros, not the 240 dollars of the ledger")
        self.assertEqual(amounts["open_lines"], ("120.00", 2))
        self.assertEqual(amounts["suspense"], ("120.00", 2))
        self.assertEqual((Decimal(amounts["other_currency"][0]), amounts["other_currency"][1]), (3, 1))
        self.assertEqual(self._statuses(reconciliation)["bank_ledger"], "ok")

    def test_a_line_in_a_foreign_currency_is_open_in_the_account_s_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "date": "2026-10-05",
                "amount": 210,
                "foreign_currency_id": euro.id,
                "amount_currency": 100,
                "payment_ref": "x",
            }
        )
        amounts = self._amounts(self._reconciliation())
        self.assertEqual((amounts["open_lines"], amounts["suspense"]), (("210.00", 1), ("210.00", 1)))

    def test_an_entry_by_hand_on_the_suspense_account_is_found(self):
        self._statement(self._lines((5, 300)), 0, 300)
        reconciliation = self._reconciliation()
        self.assertEqual(self._statuses(reconciliation)["suspense_lines"], "ok")
        self._entry("2026-10-09", (self.journal.suspense_account_id, 5), (self.revenue, -5))
        self.assertEqual(self._statuses(reconciliation)["suspense_lines"], "failed")

    def test_bank_accounts_that_share_the_suspense_account_don_t_disturb_each_other(self):
        other = self.env["account.journal"].create({"name": "Second", "type": "bank", "code": "BNK9"})
        self.assertEqual(other.suspense_account_id, self.journal.suspense_account_id)
        self._lines((5, 300))
        self._lines((5, 44), journal=other)
        self.assertEqual(self._amounts(self._reconciliation())["suspense"], ("300.00", 1))

    def test_an_undone_match_opens_its_line_again(self):
        line = self._lines((5, 300))
        reconciliation = self._reconciliation()
        self._receive(line, self._invoice(300))
        self.assertEqual(self._amounts(reconciliation)["open_lines"], ("0.00", 0))
        line.action_undo_reconciliation()
        self.assertEqual(self._amounts(reconciliation)["open_lines"], ("300.00", 1))

    def test_payments_that_reach_the_bank_after_the_period_are_outstanding_at_its_end(self):
        invoice = self._invoice(300)
        payment = self._register_payment(invoice, payment_date="2026-10-30", journal_id=self.journal.id)
        account = payment.outstanding_account_id
        self.assertNotEqual(account, self.bank)
        reconciliation = self._reconciliation()
        self.assertEqual(self._amounts(reconciliation)["outstanding"], ("300.00", 1))
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-02", "amount": 300, "payment_ref": "x"}
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        suspense.with_context(skip_readonly_check=True, skip_account_move_synchronization=True).account_id = account
        (suspense + payment._seek_for_lines()[0]).reconcile()
        self.assertTrue(payment.is_matched)
        self.assertEqual(self._amounts(reconciliation)["outstanding"], ("300.00", 1))

    def test_unposted_entries_of_the_period_are_pointed_out(self):
        self._entry("2026-10-15", (self.bank, 9), (self.revenue, -9), post=False)
        self.assertEqual(self._amounts(self._reconciliation())["unposted_entries"], ("9.00", 1))


@tagged("post_install", "-at_install")
class TestReceivablesProof(ReconciliationCommon):
    def test_the_figures_of_the_customers_are_those_added_up_by_hand(self):
        paid_later, paid_in_time = self._invoice(300), self._invoice(40)
        self._invoice(7, partner=self.partner_b)  # due in two parts
        self._invoice(1000, day="2026-11-01")
        self._register_payment(paid_in_time, payment_date="2026-10-20")
        self._register_payment(paid_later, payment_date="2026-11-03")
        self._invoice(55, day="2026-10-31", post=False)
        self._entry("2026-10-15", (self.receivable, 9, self.partner_a), (self.revenue, -9), post=False)
        reconciliation = self._reconciliation("receivables")
        self.assertEqual(
            self._amounts(reconciliation),
            {
                "ledger": ("307.00", 5),
                "customers": ("307.00", 2),
                "no_customer": ("0.00", 0),
                "open_items": ("307.00", 3),
                "draft_invoices": ("55.00", 1),
                "unposted_entries": ("9.00", 1),
            },
        )
        self.assertEqual(
            self._statuses(reconciliation),
            {
                "ledger_customers": "ok",
                "ledger_items": "ok",
                "draft_invoices": "warning",
                "unposted_entries": "warning",
            },
        )

    def test_a_part_payment_leaves_its_rest_open_at_the_end_of_the_period(self):
        invoice = self._invoice(300)
        self._register_payment(invoice, payment_date="2026-10-20", amount=100)
        self._register_payment(invoice, payment_date="2026-11-03", amount=50)
        self.assertEqual(self._amounts(self._reconciliation("receivables"))["open_items"], ("200.00", 1))

    def test_entries_without_a_customer_are_the_difference(self):
        self._invoice(300)
        self._entry("2026-10-15", (self.receivable, 9), (self.revenue, -9))
        reconciliation = self._reconciliation("receivables")
        check = reconciliation._checks(reconciliation._current_figures())[0]
        self.assertEqual((check.code, check.status.value, check.difference), ("ledger_customers", "failed", 9))

    def test_contacts_count_for_their_company(self):
        contact = self.env["res.partner"].create({"name": "Desk", "parent_id": self.partner_a.id})
        self._invoice(3)
        self._invoice(4, partner=contact)
        self.assertEqual(self._amounts(self._reconciliation("receivables"))["customers"], ("7.00", 1))

    def test_branches_count_and_other_companies_don_t(self):
        self._invoice(3)
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids += branch
        self._entry("2026-10-15", (self.receivable, 4, self.partner_a), (self.revenue, -4), company=branch)
        other = self.setup_other_company(name="Other")
        self.env["account.move"].with_company(other["company"]).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner_a.id,
                "invoice_date": "2026-10-10",
                "journal_id": other["default_journal_sale"].id,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 5, "tax_ids": False})],
            }
        ).action_post()
        self.assertEqual(self._amounts(self._reconciliation("receivables"))["ledger"], ("7.00", 2))

    def test_more_customers_cost_no_more_queries(self):
        self._invoice(3)
        reconciliation = self._reconciliation("receivables")
        reconciliation._workbook()

        def queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            reconciliation._workbook()
            return self.env.cr.sql_log_count - before

        queries()
        few = queries()
        for partner in self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(20)]):
            self._invoice(1, partner=partner)
        queries()
        self.assertEqual(self._amounts(reconciliation)["customers"][1], 21)
        self.assertEqual(queries(), few)


@tagged("post_install", "-at_install")
class TestReconciliationSteps(ReconciliationCommon):
    def _clean(self):
        """Return a reconciliation whose figures agree."""
        self._statement(self._lines((5, 300)), 0, 300)
        return self._reconciliation()

    def test_two_persons_sign_and_the_time_is_kept(self):
        reconciliation = self._clean()
        self.assertEqual(
            reconciliation.activity_ids.mapped(lambda each: (each.user_id, each.date_deadline)),
            [(self.owner, date(2026, 11, 10))],
        )
        reconciliation.with_user(self.owner).action_prepare()
        self.assertEqual((reconciliation.state, reconciliation.result), ("prepared", "warning"))
        self.assertEqual(reconciliation.activity_ids.user_id, self.reviewer)
        reconciliation.with_user(self.reviewer).action_sign()
        self.assertEqual(
            (reconciliation.state, reconciliation.prepared_by_id, reconciliation.signed_by_id),
            ("signed", self.owner, self.reviewer),
        )
        self.assertFalse(reconciliation.activity_ids)

    def test_who_prepared_can_t_sign(self):
        reconciliation = self._clean()
        reconciliation.with_user(self.reviewer).action_prepare()
        with self.assertRaisesRegex(UserError, "another person"):
            reconciliation.with_user(self.reviewer).action_sign()
        self.assertEqual(reconciliation.state, "prepared")

    def test_who_may_only_reconcile_can_t_sign(self):
        reconciliation = self._clean()
        reconciliation.with_user(self.reviewer).action_prepare()
        with self.assertRaises(AccessError):
            reconciliation.with_user(self.owner).action_sign()

    def test_another_accountant_doesn_t_prepare_what_is_the_owner_s(self):
        stranger = self._user("sam", "ar_reconcile.group_reconcile")
        with self.assertRaisesRegex(UserError, "olga .* prepares this"):
            self._clean().with_user(stranger).action_prepare()

    def test_what_is_open_can_t_be_signed_and_what_is_signed_not_prepared(self):
        reconciliation = self._clean()
        with self.assertRaises(UserError):
            reconciliation.with_user(self.reviewer).action_sign()
        self._signed(reconciliation)
        with self.assertRaises(UserError):
            reconciliation.with_user(self.owner).action_prepare()

    def test_a_failed_check_needs_an_explanation(self):
        self._lines((5, 300))
        reconciliation = self._reconciliation()
        mine = reconciliation.with_user(self.owner)
        mine.explanation = "  "
        with self.assertRaisesRegex(UserError, "explanation"):
            mine.action_prepare()
        mine.explanation = "The bank sends its statement on the 6th."
        self._signed(reconciliation)
        self.assertEqual((reconciliation.state, reconciliation.result), ("signed", "failed"))

    def test_what_changed_since_it_was_prepared_is_not_signed(self):
        reconciliation = self._clean()
        reconciliation.with_user(self.owner).action_prepare()
        self._entry("2026-10-15", (self.bank, 9), (self.revenue, -9))
        with self.assertRaisesRegex(UserError, "changed since"):
            reconciliation.with_user(self.reviewer).action_sign()

    def test_state_figures_and_signatures_are_not_written_by_hand(self):
        reconciliation = self._clean()
        reconciliation.with_user(self.owner).action_prepare()
        for values in (
            {"state": "signed"},
            {"figures": {}},
            {"signed_by_id": self.reviewer.id},
            {"prepared_by_id": self.owner.id},
            {"result": "ok"},
            {"is_changed": False},
            {"date_to": "2026-09-30"},
            {"explanation": "x", "state": "signed"},
        ):
            for user in (self.owner, self.reviewer):
                with self.subTest(values=values, user=user.login), self.assertRaises(AccessError):
                    reconciliation.with_user(user).write(values)

    def test_every_field_of_its_own_is_guarded_but_the_explanation(self):
        reconciliation = self._clean()
        mixins = {**self.env["mail.thread"]._fields, **self.env["mail.activity.mixin"]._fields}
        for name, field in reconciliation._fields.items():
            if field.store and name not in mixins and name not in ("explanation", "id"):
                with self.subTest(name), self.assertRaises(AccessError):
                    reconciliation.with_user(self.owner).write({name: False})

    def test_nobody_creates_or_deletes_one(self):
        reconciliation = self._clean()
        with self.assertRaises(AccessError):
            reconciliation.with_user(self.reviewer).unlink()
        with self.assertRaises(AccessError):
            reconciliation.with_user(self.reviewer).copy()

    def test_reopening_takes_the_signatures_back_and_keeps_the_reason(self):
        reconciliation = self._signed(self._clean())
        with self.assertRaises(AccessError):
            reconciliation.with_user(self.owner).action_reopen()
        wizard = self.env["ar.reconciliation.reopen"].with_user(self.reviewer)
        with self.assertRaises(UserError):
            wizard.create({"reconciliation_id": reconciliation.id, "reason": "  "}).action_reopen()
        wizard.create({"reconciliation_id": reconciliation.id, "reason": "<b>late</b> fee"}).action_reopen()
        self.assertEqual(reconciliation.state, "open")
        self.assertFalse(reconciliation.signed_by_id or reconciliation.prepared_by_id or reconciliation.figures)
        self.assertIn("&lt;b&gt;late", reconciliation.message_ids.filtered("body")[0].body)
        self.assertEqual(reconciliation.activity_ids.user_id, self.owner)

    def test_the_wizard_is_no_way_around_the_right_to_reopen(self):
        reconciliation = self._signed(self._clean())
        wizard = self.env["ar.reconciliation.reopen"].with_user(self.owner)
        with self.assertRaises(AccessError):
            wizard.create({"reconciliation_id": reconciliation.id, "reason": "because"}).action_reopen()

    def test_the_sheet_as_it_was_signed_is_kept(self):
        reconciliation = self._signed(self._clean())
        attachment = reconciliation.message_ids.attachment_ids
        book = openpyxl.load_workbook(io.BytesIO(attachment.raw))
        self.assertEqual(len(book.sheetnames), 2)

    def test_nobody_replaces_or_deletes_the_sheet_that_was_signed_and_what_was_written_down(self):
        reconciliation = self._signed(self._clean())
        message = reconciliation.message_ids.filtered("attachment_ids")
        for user in (self.owner, self.reviewer):
            attachment, said = message.attachment_ids.with_user(user), message.with_user(user)
            for change in (
                lambda attachment=attachment: attachment.write({"raw": b"forged"}),
                lambda attachment=attachment: attachment.write({"res_id": False}),
                lambda attachment=attachment: attachment.unlink(),
                lambda said=said: said.unlink(),
                lambda said=said: said.write({"body": "Never signed"}),
                lambda said=said: said.write({"attachment_ids": [Command.clear()]}),
                lambda said=said: said.write({"res_id": 0}),
            ):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    change()
        self.env.invalidate_all()
        self.assertTrue(message.exists().attachment_ids.raw.startswith(b"PK"))
        own = reconciliation.with_user(self.owner).message_post(body="A word", message_type="comment")
        own.unlink()
        notes = self.env["ir.attachment"].with_user(self.owner)
        own = notes.create({"name": "x", "raw": b"x", "res_model": reconciliation._name, "res_id": reconciliation.id})
        own.write({"raw": b"y"})
        own.unlink()


@tagged("post_install", "-at_install")
class TestReconciliationChange(ReconciliationCommon):
    def _watch(self):
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: float("inf")):
            self.env["ar.reconciliation"]._cron_watch()

    def _explained(self, kind):
        reconciliation = self._reconciliation(kind)
        reconciliation.explanation = "Known."
        return self._signed(reconciliation)

    def test_a_backdated_entry_shows_old_and_new_figure(self):
        self._statement(self._lines((5, 300)), 0, 300)
        reconciliation = self._explained("bank")
        self._watch()
        self.assertFalse(reconciliation.is_changed)
        self.assertFalse(reconciliation.changes_html)
        entry = self._entry("2026-10-15", (self.bank, 9), (self.revenue, -9))
        reconciliation.invalidate_recordset()
        self.assertIn("309.00", reconciliation.changes_html)
        self.assertIn("300.00", reconciliation.changes_html)
        self._watch()
        self._watch()
        self.assertTrue(reconciliation.is_changed)
        self.assertEqual(reconciliation.activity_ids.user_id, self.reviewer)
        self.assertEqual(len(reconciliation.activity_ids), 1)
        entry.button_draft()
        self._watch()
        self.assertFalse(reconciliation.is_changed or reconciliation.activity_ids)

    def test_an_account_that_can_t_be_compared_holds_up_no_other_one(self):
        broken, changed = self._explained("bank"), self._explained("receivables")
        self._entry("2026-10-20", (self.receivable, 5, self.partner_a), (self.revenue, -5))
        figures, fails = type(broken)._current_figures, ValueError("no figures")

        def current(each):
            if each.id == broken.id:
                raise fails
            return figures(each)

        logs = mute_logger("odoo.addons.ar_reconcile.models.reconciliation_steps")
        with logs, patch.object(type(broken), "_current_figures", current):
            self._watch()
        self.assertEqual((broken.is_changed, changed.is_changed), (False, True))

    def test_a_journal_that_has_lost_its_accounts_proves_nothing_and_says_so(self):
        reconciliation = self._explained("bank")
        self.journal.write({"default_account_id": False, "suspense_account_id": False})
        self._watch()
        self.assertTrue(reconciliation.checks_html)
        self.assertEqual(reconciliation._current_figures()[closing.LEDGER].amount, 0)

    def test_a_change_after_the_signature_of_somebody_who_is_gone_is_told_to_another_one(self):
        reconciliation = self._explained("receivables")
        self.reviewer.active = False
        self._entry("2026-10-20", (self.receivable, 5, self.partner_a), (self.revenue, -5))
        self._watch()
        self.assertTrue(reconciliation.is_changed)
        asked = reconciliation.activity_ids.user_id
        self.assertTrue(asked.active and asked.has_group("ar_reconcile.group_reconcile_review"))

    def test_an_entry_after_the_period_changes_nothing(self):
        self._statement(self._lines((5, 300)), 0, 300)
        bank, customers = self._explained("bank"), self._explained("receivables")
        self._entry("2026-11-01", (self.bank, 9), (self.receivable, -9, self.partner_a))
        self._watch()
        self.assertFalse(bank.is_changed or customers.is_changed)

    def test_a_payment_after_the_period_changes_nothing_of_its_open_items(self):
        invoice = self._invoice(300)
        customers = self._explained("receivables")
        self._register_payment(invoice, payment_date="2026-11-03")
        self._watch()
        self.assertFalse(customers.is_changed)

    def test_an_amount_that_moves_to_another_customer_is_a_change(self):
        entry = self._entry("2026-10-15", (self.receivable, 9, self.partner_a), (self.revenue, -9))
        customers = self._explained("receivables")
        entry.button_draft()
        entry.line_ids.filtered(lambda each: each.account_id == self.receivable).partner_id = self.partner_b
        entry.action_post()
        old, new = closing.restored(customers.figures), customers._current_figures()
        self.assertEqual([change.code for change in closing.changes(old, new)], ["customers"])
        self.assertIn("Amounts have moved between customers", customers.changes_html)
        self._watch()
        self.assertTrue(customers.is_changed)

    def test_reopening_clears_the_warning(self):
        self._statement(self._lines((5, 300)), 0, 300)
        reconciliation = self._explained("bank")
        self._entry("2026-10-15", (self.bank, 9), (self.revenue, -9))
        self._watch()
        self.assertTrue(reconciliation.is_changed)
        reconciliation.with_user(self.reviewer)._reopen("A fee was missing.")
        self.assertFalse(reconciliation.is_changed or reconciliation.changes_html)
        self.assertEqual(reconciliation.activity_ids.user_id, self.owner)


@tagged("post_install", "-at_install")
class TestReconciliationCalendar(ReconciliationCommon):
    def test_every_ended_period_is_made_once(self):
        plan = self._plan(date_start="2026-08-20")
        for _run in range(2):
            self.env["ar.reconciliation"]._cron_make_due()
        made = self.env["ar.reconciliation"].search([("plan_id", "=", plan.id)], order="date_to")
        self.assertEqual(made.mapped("date_to"), [date(2026, 8, 31), date(2026, 9, 30), END])
        self.assertEqual(made[-1].deadline, date(2026, 11, 10))
        self.assertEqual(len(made.activity_ids), 3)

    def test_quarters_end_with_those_of_the_financial_year(self):
        plan = self._plan(frequency="quarterly", date_start="2026-01-01")
        made = self.env["ar.reconciliation"]._make_due(plan)
        self.assertEqual(made.mapped("date_to"), [date(2026, 9, 30), date(2026, 6, 30), date(2026, 3, 31)][::-1])
        self.company.fiscalyear_last_month = "1"
        other = self._plan("receivables", frequency="quarterly", date_start="2026-01-01")
        made = self.env["ar.reconciliation"]._make_due(other)
        self.assertEqual(max(made.mapped("date_to")), END)

    def test_who_is_gone_holds_up_no_calendar_and_another_one_is_asked(self):
        other = self._user("otto", "ar_reconcile.group_reconcile")
        self._plan(), self._plan("receivables", owner_id=other.id)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.owner.write({"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]})
        self.reviewer.active = False
        self.env["ar.reconciliation"]._cron_make_due()
        bank, receivables = self.env["ar.reconciliation"].search([], order="kind")
        self.assertEqual(receivables.owner_id, other)
        for each in bank | receivables:
            self.assertNotIn(self.owner | self.reviewer, each.owner_id | each.reviewer_id)
            self.assertTrue(each.owner_id.active and each.reviewer_id.active)
            self.assertEqual(each.activity_ids.user_id, each.owner_id)

    def test_what_is_prepared_for_somebody_who_is_gone_is_asked_of_another_one(self):
        reconciliation = self._reconciliation()
        reconciliation.explanation = "Known."
        self.reviewer.active = False
        reconciliation.with_user(self.owner).action_prepare()
        asked = reconciliation.activity_ids.user_id
        self.assertTrue(asked.active and asked.has_group("ar_reconcile.group_reconcile_review"))
        self.assertNotEqual(asked, self.owner)

    def test_an_archived_plan_makes_nothing(self):
        plan = self._plan()
        plan.action_archive()
        self.assertFalse(self.env["ar.reconciliation"]._make_due(plan))

    def test_the_button_makes_what_is_due(self):
        self._plan()
        reconciliations = self.env["ar.reconciliation"].with_user(self.owner)
        reconciliations.action_make_due()
        self.assertEqual(len(reconciliations.search([])), 1)
        reader = self._user("reader", "account.group_account_readonly")
        with self.assertRaises(AccessError):
            reconciliations.with_user(reader).action_make_due()

    def test_overdue_ones_are_found(self):
        reconciliation = self._reconciliation(deadline_days=4)
        self.assertTrue(reconciliation.is_overdue)
        self.assertIn(reconciliation, reconciliation.search([("is_overdue", "=", True)]))
        due_today = self._reconciliation("receivables", deadline_days=5)
        self.assertFalse(due_today.is_overdue)
        self.assertNotIn(due_today, reconciliation.search([("is_overdue", "=", True)]))

    def test_a_bank_account_has_one_active_plan(self):
        self._plan()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self._plan()
            self.env.flush_all()

    def test_a_company_has_one_active_plan_of_its_customers(self):
        self._plan("receivables")
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self._plan("receivables")
            self.env.flush_all()

    def test_one_person_can_t_be_both(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self._plan(owner_id=self.reviewer.id)
            self.env.flush_all()

    def test_who_signs_off_needs_the_right(self):
        second = self._user("sam", "ar_reconcile.group_reconcile")
        with self.assertRaisesRegex(ValidationError, "right"):
            self._plan(reviewer_id=second.id)

    def test_a_plan_can_t_start_in_another_century(self):
        with self.assertRaises(ValidationError):
            self._plan(date_start="1926-01-01")

    def test_plans_are_set_by_who_may_sign_off(self):
        plan = self._plan()
        with self.assertRaises(AccessError):
            plan.with_user(self.owner).deadline_days = 3
        plan.with_user(self.reviewer).deadline_days = 3

    def test_another_company_sees_nothing(self):
        reconciliation = self._reconciliation()
        other = self.setup_other_company(name="Other")["company"]
        far = new_test_user(
            self.env,
            "far",
            "ar_reconcile.group_reconcile_review",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        theirs = reconciliation.with_user(far)
        self.assertFalse(theirs.search([]) or self.env["ar.reconciliation.plan"].with_user(far).search([]))
        for step in (theirs.action_prepare, theirs.action_sign, theirs.proof_workbook, theirs.action_reopen):
            with self.assertRaises(AccessError):
                step()
        with self.assertRaises(AccessError):
            self.env["report.ar_reconcile.report_reconciliation"].with_user(far)._get_report_values(reconciliation.ids)


@tagged("post_install", "-at_install")
class TestProofSheet(ReconciliationCommon):
    def _book(self, reconciliation):
        _name, content = reconciliation.with_user(self.owner).proof_workbook()
        return openpyxl.load_workbook(io.BytesIO(content))

    def test_the_workbook_has_every_open_line_as_numbers_and_dates(self):
        self._lines((5, 300), (6, -0.5))
        page = self._book(self._reconciliation()).worksheets[1]
        rows = list(page.iter_rows(values_only=True))
        self.assertEqual(len(rows), 4)
        self.assertEqual(rows[1][0].date(), date(2026, 10, 5))
        self.assertEqual([rows[1][3:], rows[2][3:], rows[3][4]], [(300, 300), (-0.5, -0.5), 299.5])
        self.assertIn("0.00", page.cell(2, 5).number_format)

    def test_hostile_names_stay_text(self):
        hostile = "=cmd|'/c calc'!A1"
        partner = self.env["res.partner"].create({"name": hostile, "ref": "@SUM(1)"})
        self._invoice(5, partner=partner)
        reconciliation = self._reconciliation("receivables")
        reconciliation.explanation = "=1+1"
        book = self._book(reconciliation)
        self.assertEqual([cell.data_type for cell in book.worksheets[1][2]], ["s", "s", "n", "n"])
        self.assertEqual(book.worksheets[1]["A2"].value, hostile)
        types = {cell.data_type for page in book.worksheets for row in page.iter_rows() for cell in row}
        self.assertNotIn("f", types)

    def test_a_text_that_is_too_long_for_a_cell_is_cut(self):
        line = self._lines((5, 300))
        line.payment_ref = "x" * 40_000
        self.assertEqual(len(self._book(self._reconciliation()).worksheets[1]["C2"].value), 32_000)

    def _html(self, reconciliation):
        report = self.env["ir.actions.report"].with_user(self.owner)
        content, _kind = report._render_qweb_html("ar_reconcile.report_reconciliation", reconciliation.ids)
        return content.decode()

    def test_the_page_shows_the_proof_and_the_open_lines(self):
        self._statement(self._lines((5, 300)), 0, 300)
        reconciliation = self._reconciliation()
        reconciliation.with_user(self.owner).action_prepare()
        html = self._html(reconciliation)
        for text in ("Payment of 300", self.company.name, self.owner.name, "not yet", "$\u00a0300.00"):
            self.assertIn(text, html)

    def test_the_page_lists_so_many_lines_and_says_how_many_more_there_are(self):
        self._lines((5, 300), (6, 40), (7, 5))
        with patch("odoo.addons.ar_reconcile.models.reconciliation_sheet.MOST_PRINTED", 2):
            html = self._html(self._reconciliation())
        self.assertNotIn("Payment of 5", html)
        self.assertRegex(html, r"and\s+(<span>)?1(</span>)?\s+more")

    def test_names_are_escaped_on_the_page(self):
        partner = self.env["res.partner"].create({"name": "<script>alert(1)</script>"})
        self._invoice(5, partner=partner)
        self.assertNotIn("<script>alert", self._html(self._reconciliation("receivables")))


@tagged("post_install", "-at_install")
class TestProofSheetDownload(ReconciliationCommon, HttpCase):
    def _get(self, user, reconciliation_id):
        self.authenticate(user.login, f"{user.login:x<8}")
        return self.url_open(f"/ar_reconcile/reconciliation/{reconciliation_id}/sheet.xlsx", timeout=60)

    def test_who_may_read_downloads_the_workbook(self):
        self._lines((5, 300))
        answer = self._get(self.owner, self._reconciliation().id)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("2026-10-31.xlsx", answer.headers["Content-Disposition"])
        self.assertEqual(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[1]["C2"].value, "Payment of 300")

    @mute_logger("odoo.http")
    def test_others_get_nothing(self):
        reconciliation = self._reconciliation()
        plain = new_test_user(self.env, "plain", "base.group_user", company_id=self.company.id)
        answer = self._get(plain, reconciliation.id)
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn(b"PK", answer.content[:4])
        self.assertEqual(self._get(self.owner, reconciliation.id + 1000).status_code, 404)
        self.authenticate(None, None)
        answer = self.url_open(f"/ar_reconcile/reconciliation/{reconciliation.id}/sheet.xlsx", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
