from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import ar_imported_statement, ar_statement_import
from .common import ACCOUNT, BankFileCommon, ofx

RENT = ("1", "20261118", "100.00", "ACME", "RENT")
FEES = ("2", "20261119", "-25.50", "BANK", "FEES")


@tagged("post_install", "-at_install")
class TestBankFilePreview(BankFileCommon):
    def _lines(self):
        return self.env["account.bank.statement.line"].search([("journal_id", "=", self.journal.id)])

    def test_a_dropped_file_is_told_before_anything_is_booked(self):
        record = self._drop(ofx([RENT, FEES]))
        self.assertFalse(self._lines())
        self.assertRecordValues(
            record.imported_statement_ids,
            [
                {
                    "account": ACCOUNT,
                    "journal_id": self.journal.id,
                    "line_count": 2,
                    "new_count": 2,
                    "money_in": 100.0,
                    "money_out": -25.5,
                    "closing_balance": 1000.0,
                    "encoding": "utf-8",
                }
            ],
        )
        self.assertEqual(str(record.imported_statement_ids.start_date), "2026-11-01")
        self.assertEqual(str(record.imported_statement_ids.end_date), "2026-11-20")
        self.assertIn("RENT", record.imported_statement_ids.sample_html)

    def test_texts_of_the_file_are_no_markup_in_the_preview(self):
        record = self._drop(ofx([("1", "20261118", "1.00", "A", "&lt;img src=x onerror=alert(1)&gt;")]))
        html = record.imported_statement_ids.sample_html
        self.assertNotIn("<img", html)
        self.assertIn("&lt;img", html)
        record.action_import()
        self.assertNotIn("<img", record.line_ids.ar_details_html)

    def test_each_transaction_that_is_there_already_is_listed(self):
        first = self._import(ofx([RENT]))
        record = self._drop(ofx([RENT, FEES]))
        self.assertEqual((record.new_count, record.known_count), (1, 1))
        note = record.left_out_ids
        self.assertEqual((note.kind, note.amount, note.statement_line_id), ("known", 100.0, first.line_ids))

    def test_the_same_file_again_names_the_first(self):
        self._import(ofx([RENT]), "november.ofx")
        again = self._drop(ofx([RENT]))
        self.assertEqual(again.state, "nothing_new")
        self.assertIn("november.ofx", again.warning_ids.text)

    def test_a_line_typed_by_hand_makes_the_transaction_doubtful(self):
        typed = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-18", "amount": 100, "payment_ref": "rent november"}
        )
        record = self._drop(ofx([RENT, FEES]))
        self.assertEqual((record.new_count, record.doubtful_count), (1, 1))
        self.assertIn("rent november", record.left_out_ids.text)
        record.action_import()
        self.assertEqual(record.line_ids.amount, -25.5)
        self.assertEqual(self._lines(), typed | record.line_ids)
        record.action_import_doubtful()
        self.assertEqual(sorted(record.line_ids.mapped("amount")), [-25.5, 100.0])
        self.assertEqual((record.new_count, record.doubtful_count), (2, 0))
        self.assertEqual(len(record.statement_ids), 1)

    def test_a_person_s_word_imports_doubtful_transactions_at_once(self):
        self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-18", "amount": 100, "payment_ref": "x"}
        )
        record = self._drop(ofx([RENT]))
        record.action_import_doubtful()
        record.action_leave_out_doubtful()
        self.assertFalse(record.imports_doubtful)
        record.action_import_doubtful()
        record.action_import()
        self.assertEqual((record.state, record.line_ids.amount), ("done", 100.0))

    def test_a_bank_id_that_stands_for_two_transactions_keeps_both(self):
        record = self._import(ofx([RENT, ("1", "20261118", "40.00", "OTHER", "TEXT")]))
        self.assertEqual(sorted(record.line_ids.mapped("amount")), [40.0, 100.0])
        self.assertEqual(self._import(ofx([("1", "20261118", "41.00", "OTHER", "TEXT")])).new_count, 1)

    def test_the_same_id_day_and_amount_with_another_text_is_doubtful(self):
        self._import(ofx([RENT]))
        record = self._drop(ofx([("1", "20261118", "100.00", "ACME", "RENT NOVEMBER")]))
        self.assertEqual((record.new_count, record.doubtful_count), (0, 1))

    def test_a_chosen_journal_is_remembered_for_the_account(self):
        other = self.journal.copy({"bank_account_id": False, "name": "Card"})
        content = ofx([RENT], account="XXXX-4711")
        record = self._drop(content)
        self.assertIn("XXXX-4711", record.message)
        record.imported_statement_ids.journal_id = other
        self.assertEqual((record.has_problem, record.new_count), (False, 1))
        record.action_import()
        self.assertEqual(record.line_ids.journal_id, other)
        following = self._drop(ofx([FEES], account="xxxx4711"))
        self.assertEqual(following.imported_statement_ids.journal_id, other)
        self.env["ar.statement.account"].search([("account", "=", "XXXX4711")]).unlink()
        following.action_read_again()
        self.assertTrue(following.has_problem)

    def test_a_choice_is_not_remembered_until_the_file_is_imported(self):
        record = self._drop(ofx([RENT], account="XXXX-4711"))
        record.imported_statement_ids.journal_id = self.journal
        record.action_discard()
        self.assertEqual(record.state, "discarded")
        self.assertFalse(self.env["ar.statement.account"].search([]))

    def test_a_file_for_a_journal_without_a_number_is_of_the_card_it_was_dropped_on(self):
        other = self.journal.copy({"bank_account_id": False})
        record = self._drop(ofx([RENT], account="4711000815"), journal=other)
        self.assertEqual((record.has_problem, record.imported_statement_ids.journal_id), (False, other))
        euro = self.journal.copy({"bank_account_id": False, "currency_id": self.env.ref("base.EUR").id})
        self.assertTrue(self._drop(ofx([RENT], account="4711000816"), journal=euro).has_problem)

    def test_of_two_journals_of_one_account_the_currency_decides(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        other = self.journal.copy({"currency_id": euro.id, "bank_account_id": self.journal.bank_account_id.id})
        record = self._drop(ofx([RENT], currency="EUR"))
        self.assertEqual(record.imported_statement_ids.journal_id, other)
        self.assertEqual(self._drop(ofx([RENT])).imported_statement_ids.journal_id, self.journal)

    def test_a_gap_between_statements_is_told_with_its_amount(self):
        self._import(ofx([("1", "20261018", "100.00", "A", "B")], balance="1000.00").replace(b"202611", b"202610"))
        record = self._drop(ofx([("3", "20261118", "5.00", "A", "B")], balance="1205.00"))
        self.assertIn("200.00", record.warning_ids.text)
        self.assertIn("missing", record.warning_ids.text)
        self.assertFalse(self._drop(ofx([("3", "20261118", "5.00", "A", "B")], balance="1005.00")).warning_ids)

    def test_the_button_above_the_list_imports_what_needs_no_look(self):
        self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-19", "amount": -25.5, "payment_ref": "x"}
        )
        clean, doubtful = self._drop(ofx([RENT])), self._drop(ofx([FEES]))
        domain = [("id", "in", (clean | doubtful).ids)]
        imports = self.env["ar.statement.import"].with_context(active_domain=domain)
        imports.action_import_clean()
        self.assertEqual((clean.state, doubtful.state), ("done", "preview"))
        with self.assertRaisesRegex(UserError, "needs a look"):
            imports.action_import_clean()

    def test_a_choice_counts_for_files_that_tell_no_currency_too(self):
        other = self.journal.copy({"bank_account_id": False})
        content = ofx([RENT], account="XXXX-4711").replace(b"<CURDEF>USD\r\n", b"")
        record = self._drop(content)
        record.imported_statement_ids.journal_id = other
        record.action_import()
        following = self._drop(content.replace(b"<FITID>1", b"<FITID>7"))
        self.assertEqual(following.imported_statement_ids.journal_id, other)

    def test_everything_that_the_bank_said_is_kept_and_found(self):
        content = ofx([("F77", "20261118", "100.00", "ACME", "RENT")]).replace(
            b"<MEMO>RENT\r\n", b"<MEMO>RENT\r\n<CHECKNUM>9911\r\n<DTAVAIL>20261120\r\n"
        )
        line = self._import(content).line_ids
        self.assertEqual((line.ar_bank_id, line.ref, str(line.ar_value_date)), ("F77", "9911", "2026-11-20"))
        self.assertIn("9911", line.ar_details_html)
        self.assertEqual(line.search([("ar_bank_text", "ilike", "9911")]), line)
        self.assertEqual((line.ar_file_id.name, line.ar_source), ("statement.ofx", "OFX"))

    def test_an_amount_converted_by_the_bank_keeps_its_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        content = ofx([RENT]).replace(
            b"<MEMO>RENT\r\n", b"<MEMO>RENT\r\n<ORIGCURRENCY><CURRATE>1.25<CURSYM>EUR</ORIGCURRENCY>\r\n"
        )
        line = self._import(content).line_ids
        self.assertEqual((line.ar_original_amount, line.ar_original_currency_id), (80.0, euro))
        self.assertEqual((line.amount, line.foreign_currency_id, line.amount_currency), (100.0, euro, 80.0))


@tagged("post_install", "-at_install")
class TestBankFileUndo(BankFileCommon):
    def test_an_import_is_undone_whole_and_can_be_done_again(self):
        record = self._import(ofx([RENT, FEES]))
        statement, moves = record.statement_ids, record.line_ids.move_id
        record.action_undo()
        self.assertEqual((record.state, record.undone_by), ("undone", self.env.user))
        self.assertFalse(record.line_ids | statement.exists().line_ids)
        self.assertFalse(statement.exists() or moves.exists())
        self.assertEqual((record.new_count, record.checksum and 64), (2, len(record.checksum)))
        self.assertEqual(self._import(ofx([RENT, FEES])).new_count, 2)

    def test_what_is_reconciled_can_not_be_undone(self):
        invoice = self._invoice(100)
        record = self._import(ofx([("1", "20261118", "100.00", "ACME", invoice.name), FEES]))
        self.assertEqual(record.booked_count, 1)
        with self.assertRaisesRegex(UserError, "reconciled"):
            record.action_undo()
        self.assertEqual(len(record.line_ids), 2)
        record.line_ids.action_ar_undo()
        record.action_undo()
        self.assertEqual((record.state, invoice.payment_state), ("undone", "not_paid"))

    def test_what_a_person_has_booked_to_an_account_can_not_be_undone(self):
        record = self._import(ofx([FEES]))
        line = record.line_ids
        suspense = line._seek_for_lines()[1]
        suspense.with_context(force_delete=True, skip_readonly_check=True).account_id = self.company_data[
            "default_account_expense"
        ]
        with self.assertRaisesRegex(UserError, "reconciled"):
            record.action_undo()

    def test_a_statement_that_others_have_added_to_stays(self):
        record = self._import(ofx([RENT]))
        statement = record.statement_ids
        typed = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-19", "amount": 1, "statement_id": statement.id}
        )
        record.action_undo()
        self.assertEqual(statement.line_ids, typed)

    def test_an_undone_file_is_read_again_on_demand(self):
        record = self._import(ofx([RENT]))
        record.action_undo()
        record.action_read_again()
        self.assertEqual((record.state, record.new_count), ("preview", 1))
        record.action_import()
        self.assertEqual((record.state, record.line_ids.amount), ("done", 100.0))


@tagged("post_install", "-at_install")
class TestLongBankFile(BankFileCommon):
    def setUp(self):
        super().setUp()
        self._patch(ar_statement_import, "WRITE_AT_ONCE", 2)
        self.many = [(str(n), "20261118", f"{n}.00", "A", f"B {n}") for n in range(1, 8)]

    def _patch(self, target, name, value):
        patcher = patch.object(target, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("ar_reconcile.cron_import").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_long_file_is_imported_in_the_background(self):
        record = self._drop(ofx(self.many))
        record.action_import()
        self.assertEqual((record.state, len(record.line_ids)), ("running", 0))
        self._run()
        self.assertEqual((record.state, len(record.line_ids), record.progress), ("done", 7, 100.0))
        self.assertEqual(record.imported_by, self.env.user)
        record.action_undo()
        self.assertEqual(record.state, "undoing")
        self._run()
        self.assertEqual((record.state, len(record.line_ids)), ("undone", 0))

    def test_an_import_that_was_cut_off_goes_on_where_it_was(self):
        self._patch(ar_imported_statement, "CHUNK", 3)
        record = self._drop(ofx(self.many))
        record.action_import()
        chunks = record.sudo()._write_chunks()
        next(chunks)
        next(chunks)
        chunks.close()
        self.assertEqual((record.state, len(record.line_ids)), ("running", 6))
        self.assertGreater(record.progress, 80)
        self._run()
        self.assertEqual((record.state, len(record.line_ids), record.new_count), ("done", 7, 7))
        self.assertEqual((record.known_count, len(record.statement_ids), len(record.statement_ids.line_ids)), (0, 1, 7))

    def test_a_long_file_that_fails_in_the_middle_leaves_nothing(self):
        self._patch(ar_imported_statement, "CHUNK", 3)
        record = self._drop(ofx(self.many))
        record.action_import()
        chunks = record.sudo()._write_chunks()
        next(chunks)
        chunks.close()
        failing = patch.object(
            type(self.journal), "_ar_line_values", lambda *_args: (_ for _ in ()).throw(UserError("no room"))
        )
        with failing:
            self._run()
        self._run()
        self.assertEqual((record.state, len(record.line_ids)), ("refused", 0))
        self.assertIn("no room", record.message)

    def test_a_file_that_stops_the_server_each_time_is_refused(self):
        record = self._drop(ofx(self.many))
        record.action_import()
        record.sudo().attempts = ar_statement_import.MOST_ATTEMPTS
        self._run()
        self.assertEqual(record.state, "refused")
        self.assertIn("stopped", record.message)

    def test_lines_of_a_file_that_is_being_imported_are_not_matched_yet(self):
        invoice = self._invoice(1)
        self.many[0] = ("1", "20261118", "1.00", "A", invoice.name)
        record = self._drop(ofx(self.many))
        record.action_import()
        chunks = record.sudo()._write_chunks()
        next(chunks)
        chunks.close()
        with self.enter_registry_test_mode():
            self.env.ref("ar_reconcile.cron_match").method_direct_trigger()
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_a_large_file_is_read_in_the_background(self):
        self._patch(ar_statement_import, "READ_AT_ONCE", 10)
        record = self._drop(ofx(self.many))
        self.assertEqual(record.state, "waiting")
        self._run()
        self.assertEqual((record.state, record.new_count), ("preview", 7))


@tagged("post_install", "-at_install")
class TestBankFileAccounts(BankFileCommon):
    def test_only_the_journal_of_an_account_can_be_chosen(self):
        record = self._drop(ofx([RENT]))
        with self.assertRaisesRegex(UserError, "Only the journal"):
            record.imported_statement_ids.write({"new_count": 5})
        record.action_import()
        with self.assertRaisesRegex(UserError, "Only the journal"):
            record.imported_statement_ids.journal_id = self.journal

    def test_a_journal_of_another_company_can_not_be_chosen(self):
        record = self._drop(ofx([RENT]))
        other = self.setup_other_company()["default_journal_bank"]
        with self.assertRaises(UserError):
            record.imported_statement_ids.journal_id = other

    def test_a_file_of_two_accounts_goes_to_two_journals(self):
        number = self.env["res.partner.bank"].create(
            {"acc_number": "4711000815", "partner_id": self.env.company.partner_id.id}
        )
        other = self.journal.copy({"bank_account_id": number.id})
        first, second = ofx([RENT]), ofx([FEES], account="4711000815")
        part = second[second.index(b"<STMTTRNRS>") : second.index(b"</BANKMSGSRSV1>")]
        record = self._import(first.replace(b"</BANKMSGSRSV1>", part + b"</BANKMSGSRSV1>"))
        self.assertEqual(record.state, "done", record.message)
        self.assertRecordValues(
            record.line_ids.sorted("amount"), [{"journal_id": other.id}, {"journal_id": self.journal.id}]
        )
        self.assertEqual(record.statement_ids.journal_id, self.journal | other)

    def test_one_account_twice_in_a_file_adds_its_transactions_once(self):
        content = ofx([RENT])
        part = content[content.index(b"<STMTTRNRS>") : content.index(b"</BANKMSGSRSV1>")]
        record = self._drop(content.replace(b"</BANKMSGSRSV1>", part + b"</BANKMSGSRSV1>"))
        self.assertEqual((record.new_count, record.known_count), (1, 1))
        record.action_import()
        self.assertEqual((record.new_count, record.known_count, len(record.line_ids)), (1, 1, 1))

    def test_statements_of_other_companies_are_not_seen(self):
        record = self._drop(ofx([RENT]))
        other = self.setup_other_company()["company"]
        user = self.env["res.users"].create(
            {
                "name": "Other",
                "login": "other-bank",
                "company_id": other.id,
                "company_ids": [Command.set(other.ids)],
                "group_ids": [Command.set(self.env.ref("ar_reconcile.group_reconcile").ids)],
            }
        )
        for seen in (record, record.imported_statement_ids, record.note_ids):
            self.assertFalse(seen.with_user(user).search([("id", "in", seen.ids)]))
