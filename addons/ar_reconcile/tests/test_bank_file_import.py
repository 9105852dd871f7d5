from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BankFileCommon, ofx


@tagged("post_install", "-at_install")
class TestBankFileImport(BankFileCommon):
    def test_a_file_becomes_a_statement_with_its_lines(self):
        record = self._import(
            ofx([("1", "20261118", "100.00", "ACME", "RENT"), ("2", "20261119", "-25.50", "BANK", "FEES")])
        )
        self.assertEqual((record.state, record.new_count, record.known_count), ("done", 2, 0))
        self.assertRecordValues(
            record.line_ids.sorted("date"),
            [
                {"amount": 100.0, "partner_name": "ACME", "payment_ref": "RENT", "journal_id": self.journal.id},
                {"amount": -25.5, "partner_name": "BANK", "payment_ref": "FEES", "journal_id": self.journal.id},
            ],
        )
        self.assertEqual(record.statement_ids.balance_end_real, 1000.0)
        self.assertEqual(record.statement_ids.reference, "statement.ofx")

    def test_the_same_file_again_adds_nothing_and_says_so(self):
        content = ofx([("1", "20261118", "100.00", "ACME", "RENT")])
        first, second = self._import(content), self._import(content, "again.ofx")
        self.assertEqual((second.state, second.new_count, second.known_count), ("nothing_new", 0, 1))
        self.assertIn("already there", second.message)
        self.assertEqual(
            self.env["account.bank.statement.line"].search([("journal_id", "=", self.journal.id)]), first.line_ids
        )

    def test_an_overlapping_file_adds_only_what_is_new(self):
        old = ("1", "20261118", "100.00", "ACME", "RENT")
        self._import(ofx([old]))
        record = self._import(ofx([("2", "20261119", "7.00", "ACME", "FEE"), old]))
        self.assertEqual((record.new_count, record.known_count, record.line_ids.amount), (1, 1, 7.0))

    def _assert_refused(self, content, words, name="broken.ofx"):
        lines = self.env["account.bank.statement.line"].search_count([])
        record = self._import(content, name)
        self.assertEqual(record.state, "refused")
        self.assertIn(name, record.message)
        self.assertIn(words, record.message)
        self.assertEqual(record.attachment_id.raw or b"", content)
        self.assertEqual(self.env["account.bank.statement.line"].search_count([]), lines)
        self.assertFalse(record.line_ids or record.statement_ids)

    def test_a_file_that_is_no_statement_is_refused_and_kept(self):
        self._assert_refused(b"%PDF-1.4 hello", "no bank statement that we can read", name="invoice.pdf")

    def test_an_empty_file_is_refused(self):
        self._assert_refused(b"", "empty")

    def test_a_truncated_file_is_refused_whole(self):
        content = ofx([("1", "20261118", "100.00", "A", "B"), ("2", "20261118", "50.00", "A", "B")])
        self._assert_refused(content[: content.index(b"<FITID>2")], "cut off")

    def test_an_unreadable_amount_is_refused_with_its_line(self):
        self._assert_refused(ofx([("1", "20261118", "NaN", "A", "B")]), "amount")

    def _assert_blocked(self, content, words):
        """Check that a file waits, with the reason why it can't be imported, and that nothing was written."""
        lines = self.env["account.bank.statement.line"].search_count([])
        record = self._drop(content)
        self.assertEqual((record.state, record.has_problem), ("preview", True))
        self.assertIn(words, record.message)
        with self.assertRaisesRegex(UserError, words):
            record.action_import()
        self.assertEqual(record.state, "preview")
        self.assertEqual(self.env["account.bank.statement.line"].search_count([]), lines)
        return record

    def test_an_account_without_a_journal_waits_for_a_choice(self):
        self._assert_blocked(ofx([("1", "20261118", "1.00", "A", "B")], account="4711000815"), "4711000815")

    def test_a_second_statement_for_an_unknown_account_holds_up_the_first_too(self):
        known = ofx([("1", "20261118", "1.00", "A", "B")])
        unknown = ofx([("2", "20261118", "1.00", "A", "B")], account="4711000815")
        second = unknown[unknown.index(b"<STMTTRNRS>") : unknown.index(b"</BANKMSGSRSV1>")]
        record = self._assert_blocked(known.replace(b"</BANKMSGSRSV1>", second + b"</BANKMSGSRSV1>"), "4711000815")
        self.assertEqual(record.imported_statement_ids.mapped("new_count"), [1, 0])

    def test_another_currency_than_the_journal_s_can_not_be_imported(self):
        self._assert_blocked(ofx([("1", "20261118", "1.00", "A", "B")], currency="EUR"), "EUR")

    def test_an_amount_with_more_decimals_than_the_currency_is_never_rounded(self):
        self._assert_blocked(ofx([("1", "20261118", "1.005", "A", "B")]), "1.005")
        self.assertEqual(self._import(ofx([("1", "20261118", "1.0500", "A", "B")])).line_ids.amount, 1.05)

    def test_one_bad_file_of_several_does_not_hide_the_good_one(self):
        attachments = self.env["ir.attachment"].create(
            [{"name": "bad.ofx", "raw": b"?"}, {"name": "good.ofx", "raw": ofx([("1", "20261118", "1.00", "A", "B")])}]
        )
        action = self.journal.create_document_from_attachment(attachments.ids)
        records = self.env["ar.statement.import"].search(action["domain"], order="name")
        self.assertEqual(records.mapped("state"), ["refused", "preview"])
        records.action_import()
        self.assertEqual(records.mapped("state"), ["refused", "done"])

    def test_the_account_number_stands_for_the_iban_that_ends_with_it(self):
        record = self._import(ofx([("1", "20261118", "1.00", "A", "B")], account="0000202051"))
        self.assertEqual(record.line_ids.journal_id, self.journal)

    def test_the_statement_goes_to_the_journal_of_its_account_not_to_the_chosen_one(self):
        other = self.journal.copy({"bank_account_id": False})
        self.assertEqual(
            self._import(ofx([("1", "20261118", "1.00", "A", "B")]), journal=other).line_ids.journal_id, self.journal
        )

    def test_a_document_s_attachment_stays_with_its_document(self):
        invoice = self._invoice(10)
        attachment = self.env["ir.attachment"].create(
            {"name": "x.ofx", "raw": b"?", "res_model": "account.move", "res_id": invoice.id}
        )
        self.journal.create_document_from_attachment(attachment.ids)
        self.assertEqual((attachment.res_model, attachment.res_id), ("account.move", invoice.id))

    def test_nothing_given_is_said(self):
        with self.assertRaisesRegex(UserError, "No file"):
            self.journal.create_document_from_attachment([])

    def test_a_sales_journal_still_makes_invoices_of_files(self):
        journal = self.company_data["default_journal_sale"].with_context(default_move_type="out_invoice")
        attachment = self.env["ir.attachment"].create({"name": "order.txt", "raw": b"hello"})
        self.assertEqual(journal.create_document_from_attachment(attachment.ids)["res_model"], "account.move")

    def test_file_import_is_offered_as_a_bank_s_source(self):
        sources = self.env["account.journal"]._fields["bank_statements_source"].get_values(self.env)
        self.assertIn("ar_file", sources)

    def test_the_first_statement_opens_with_what_the_closing_balance_leaves(self):
        record = self._import(ofx([("1", "20261118", "100.00", "A", "B"), ("2", "20261119", "-30.00", "A", "B")]))
        statement = record.statement_ids
        self.assertEqual(
            (statement.balance_start, statement.balance_end, statement.balance_end_real), (930.0, 1000.0, 1000.0)
        )
        self.assertTrue(statement.is_complete)
        following = self._import(ofx([("3", "20261120", "5.00", "A", "B")], balance="1005.00")).statement_ids
        self.assertEqual((following.balance_start, following.is_complete, following.is_valid), (1000.0, True, True))

    def test_a_balance_of_another_day_is_not_the_statement_s(self):
        content = ofx([("1", "20261118", "100.00", "A", "B")]).replace(b"<DTASOF>20261120", b"<DTASOF>20261205")
        record = self._import(content)
        self.assertEqual(record.statement_ids.balance_end_real, 100.0)
        self.assertIn("another day", record.warning_ids.text)

    def test_lines_of_a_closed_period_refuse_the_file(self):
        self.env.company.fiscalyear_lock_date = "2026-11-17"
        self._import(ofx([("1", "20261118", "1.00", "A", "B")]))
        self._assert_blocked(ofx([("2", "20261117", "1.00", "A", "B")]), "closed")

    def test_books_that_are_closed_after_the_preview_refuse_the_file_whole(self):
        record = self._drop(ofx([("1", "20261118", "1.00", "A", "B"), ("2", "20261117", "1.00", "A", "B")]))
        self.env.company.fiscalyear_lock_date = "2026-11-17"
        record.action_import()
        self.assertEqual(record.state, "refused")
        self.assertIn("closed", record.message)
        self.assertFalse(record.line_ids)

    def test_a_public_attachment_is_not_taken_over(self):
        attachment = self.env["ir.attachment"].sudo().create({"name": "asset.js", "raw": b"?", "public": True})
        self.journal.create_document_from_attachment(attachment.ids)
        self.assertFalse(attachment.res_id)
        self.assertTrue(attachment.public)

    def test_a_file_for_a_journal_that_somebody_imports_into_waits(self):
        record = self._drop(ofx([("1", "20261118", "1.00", "A", "B")]))
        busy = patch.object(type(self.journal), "try_lock_for_update", lambda journal, **_kw: journal.browse())
        with busy, self.assertRaisesRegex(UserError, "at this moment"):
            record.action_import()
        self.assertEqual(record.state, "preview")
        record.action_import()
        self.assertEqual(record.state, "done")
