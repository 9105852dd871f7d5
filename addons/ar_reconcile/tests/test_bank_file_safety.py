"""Files of the bank that come together, from strangers, in the wrong order or half: nothing twice, nothing lost."""

import io
import os
import zipfile
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..models import ar_imported_statement, ar_statement_import
from ..models.ar_imported_statement import BusyError
from .camt import camt, detail, entry
from .common import ofx
from .test_bank_file_unattended import MailedCommon, UnattendedCommon

RENT = ("1", "20261118", "100.00", "ACME", "RENT")
FEES = ("2", "20261119", "-25.50", "BANK", "FEES")
LATER = ("3", "20261120", "7.00", "CORD", "LATER")
SUM = entry("1000.00")
DETAILS = (detail("600.00", "ACME", "INV 1"), detail("300.00", "BOLT", "INV 2"), detail("100.00", "CORD", "INV 3"))
PARTS = entry("1000.00", *DETAILS)
FOLDER_LOG = "odoo.addons.ar_reconcile.models.res_company"


def archive(*files):
    """Return a ZIP of these files, in this order."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for position, each in enumerate(files):
            file.writestr(f"{position}.xml", each)
    return content.getvalue()


def day(number, *entries, opening, closing):
    """Return the statement of one day of November."""
    date = f"2026-11-{number:02d}"
    return camt("053", *entries, opening=opening, closing=closing, days=(date, date))


def twice(content):
    """Return an OFX file that holds its only statement twice."""
    part = content[content.index(b"<STMTTRNRS>") : content.index(b"</BANKMSGSRSV1>")]
    return content.replace(b"</BANKMSGSRSV1>", part + b"</BANKMSGSRSV1>")


@tagged("post_install", "-at_install")
class SafetyCommon(UnattendedCommon):
    def _lines(self):
        return self.env["account.bank.statement.line"].search([("journal_id", "=", self.journal.id)])

    def _amounts(self):
        return sorted(self._lines().mapped("amount"))

    def _patch(self, target, name, value):
        patcher = patch.object(target, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def _in_background(self, chunk=1):
        """Have files of more than one transaction imported in the background, in small chunks."""
        self._patch(ar_statement_import, "WRITE_AT_ONCE", 1)
        self._patch(ar_imported_statement, "CHUNK", chunk)

    def _write_a_chunk(self, record):
        """Import one chunk of a file, as if the server was stopped then."""
        chunks = record.sudo()._write_chunks()
        next(chunks)
        chunks.close()
        self.env.flush_all()

    def _failing_at(self, amount):
        """Let the transaction of ``amount`` fail when it is written."""
        values = type(self.journal)._ar_line_values

        def fail(journal, line, *args):
            if line.amount == amount:
                raise ValueError("no room")
            return values(journal, line, *args)

        return patch.object(type(self.journal), "_ar_line_values", fail)

    def _type(self, amount=100, date="2026-11-18", **values):
        """Create a bank line by hand."""
        return self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": date, "amount": amount, "payment_ref": "typed", **values}
        )

    def _close_the_books(self, date="2026-11-18"):
        """Close the books as if all bank lines had been reconciled before; Odoo asks for that."""
        self.env.cr.execute(
            "UPDATE res_company SET fiscalyear_lock_date = %s WHERE id = %s", (date, self.env.company.id)
        )
        self.env.invalidate_all()

    def _book_by_hand(self, line):
        line._seek_for_lines()[1].with_context(
            force_delete=True, skip_readonly_check=True
        ).account_id = self.company_data["default_account_expense"]

    def _user(self, login, *groups, company=None):
        company = company or self.env.company
        return self.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set([self.env.ref(group).id for group in groups])],
            }
        )

    def _receive(self, content, name="statement.ofx", **values):
        """Take a file in that came by itself."""
        attachment = self.env["ir.attachment"].create({"name": name, "raw": content})
        return (
            self.env["ar.statement.import"]
            .sudo()
            ._receive(self.env["account.journal"], attachment, **{"company_id": self.env.company.id, **values})
            .with_env(self.env)
        )


@tagged("post_install", "-at_install")
class TestBankFileSafetyAccess(SafetyCommon):
    def test_nobody_but_the_mail_gateway_brings_files_by_mail(self):
        self.journal.ar_mail_senders = "statements@bank.example"
        message = {"email_from": "statements@bank.example", "attachments": [("a.ofx", ofx([RENT]), {})]}
        for group in ("base.group_portal", "base.group_user", "ar_reconcile.group_reconcile"):
            imports = self.env["ar.statement.import"].with_user(self._user(group, group))
            with self.assertRaises(AccessError):
                imports.message_new(dict(message), {"journal_id": self.journal.id})
            with self.assertRaisesRegex(AccessError, "[Pp]rivate"):
                call_kw(imports, "message_new", [dict(message), {"journal_id": self.journal.id}], {})
        self._run()
        self.assertFalse(self._records() or self._lines())

    def test_an_accountant_chooses_the_journal_on_the_page_of_the_file(self):
        record = self._drop(ofx([RENT], account="XXXX-4711")).with_user(self.accountant)
        child = record.choice_ids
        saved = record.web_save(
            {"choice_ids": [Command.update(child.id, {"journal_id": self.journal.id})]},
            {"state": {}, "has_problem": {}, "new_count": {}, "choice_ids": {"fields": {"journal_id": {}}}},
        )
        self.assertEqual((saved[0]["state"], saved[0]["has_problem"], saved[0]["new_count"]), ("preview", False, 1))
        self.assertEqual(saved[0]["choice_ids"], [{"id": child.id, "journal_id": self.journal.id}])
        self.assertEqual((record.imported_statement_ids, child.new_count), (child, 1))
        record.action_import()
        self.assertEqual((record.state, record.line_ids.journal_id), ("done", self.journal))

    def test_of_what_was_done_with_a_file_nothing_can_be_edited(self):
        record = self._drop(ofx([RENT], account="XXXX-4711")).with_user(self.accountant)
        other = self._drop(ofx([FEES], account="XXXX-4712"))
        values = {name: record[name] for name in ("name", "state", "is_trusted", "checksum", "new_count")}
        for name in sorted(set(record._fields) - ar_statement_import.PEOPLE_WRITE):
            with self.assertRaises(AccessError, msg=name):
                record.write({name: False})
        child = record.choice_ids
        for command in (
            Command.update(child.id, {"new_count": 5}),
            Command.update(child.id, {"is_chosen": True}),
            Command.create({"journal_id": self.journal.id}),
            Command.delete(child.id),
            Command.link(other.choice_ids.id),
            Command.unlink(child.id),
            Command.set([]),
        ):
            with self.assertRaises(UserError, msg=str(command)), self.env.cr.savepoint():
                record.write({"choice_ids": [command]})
        with self.assertRaises(AccessError):
            record.create({"name": "x", "state": "done"})
        with self.assertRaises(AccessError):
            record.unlink()
        record.invalidate_recordset()
        self.assertEqual({name: record[name] for name in values}, values)
        self.assertEqual((record.choice_ids, child.new_count), (child, 0))

    def test_nobody_swaps_or_deletes_the_file_that_was_checked(self):
        record = self._drop(ofx([RENT]))
        file = record.attachment_id.with_user(self.accountant)
        for change in (
            lambda: file.write({"raw": ofx([("1", "20261118", "9999.00", "ACME", "RENT")])}),
            lambda: file.write({"res_model": False, "res_id": False}),
            file.unlink,
            lambda: file.sudo().unlink(),  # as the chatter does it
        ):
            with self.assertRaisesRegex(UserError, "kept as it came"), self.env.cr.savepoint():
                change()
        self.env.invalidate_all()
        record.with_user(self.accountant).action_import()
        self.assertEqual((record.state, record.line_ids.mapped("amount")), ("done", [100.0]))
        note = file.create({"name": "x", "raw": b"x", "res_model": record._name, "res_id": record.id})
        note.write({"raw": b"y"})
        note.unlink()

    def test_a_transaction_whose_line_was_cancelled_comes_again(self):
        cancelled = self._import(ofx([RENT])).line_ids
        cancelled.move_id.button_draft()
        self.assertEqual(self._drop(ofx([RENT]), "draft.ofx").known_count, 1)
        cancelled.move_id.button_cancel()
        record = self._import(ofx([RENT, FEES]), "again.ofx")
        self.assertEqual((record.state, record.new_count, record.message), ("done", 2, record.message))
        self.assertEqual(sorted(record.line_ids.mapped("amount")), [-25.5, 100.0])
        self.assertEqual((cancelled.state, cancelled.ar_import_id), ("cancel", False))
        self.assertEqual(self._drop(ofx([RENT, FEES]), "third.ofx").known_count, 2)

    def test_a_journal_that_is_no_bank_s_can_not_be_chosen(self):
        record = self._drop(ofx([RENT], account="XXXX-4711")).with_user(self.accountant)
        for name in ("default_journal_sale", "default_journal_cash"):
            record.imported_statement_ids.journal_id = self.company_data[name]
            self.assertTrue(record.has_problem, name)
            self.assertEqual((record.new_count, record.choice_ids), (0, record.imported_statement_ids))
            with self.assertRaisesRegex(UserError, "XXXX-4711"):
                record.action_import()
        record.imported_statement_ids.journal_id = self.journal
        self.assertEqual((record.has_problem, record.new_count), (False, 1))

    def test_a_branch_works_with_files_of_its_parent_s_bank(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.env.company.id})
        user = self._user("branch", "ar_reconcile.group_reconcile", company=branch)
        journal = self.journal.with_user(user).with_company(branch)
        attachment = journal.env["ir.attachment"].create({"name": "branch.ofx", "raw": ofx([RENT])})
        action = journal.create_document_from_attachment(attachment.ids)
        record = journal.env["ar.statement.import"].browse(action["res_id"])
        read = record.read(["state", "new_count", "has_problem", "message"])[0]
        self.assertEqual((read["state"], read["new_count"], read["has_problem"]), ("preview", 1, False))
        self.assertIn(self.journal.display_name, read["message"])
        record.action_import()
        self.assertEqual((record.state, self._amounts()), ("done", [100.0]))
        self.assertEqual(record.search([("id", "=", record.id)]), record)

    def test_the_name_of_a_file_is_no_markup_in_an_activity(self):
        name = '<a href="https://evil.example">approve</a>.ofx'
        record = self._receive(b"<html>Login</html>", name, origin="mail", sender="<b>x</b>@evil.example")
        self._run()
        note = record.activity_ids.note
        self.assertNotIn("<a", note)
        self.assertIn("&lt;a href", note)
        self.assertIn("was not imported", note)


@tagged("post_install", "-at_install")
class TestBankFileSafetyAtOnce(SafetyCommon):
    def test_what_goes_on_in_a_journal_makes_the_next_file_wait(self):
        self._in_background(chunk=200)
        first, second = self._drop(ofx([RENT, FEES])), self._drop(ofx([LATER]))
        first.action_import()
        self.assertEqual(first.state, "running")
        with self.assertRaisesRegex(BusyError, "Try again"), self.env.cr.savepoint():
            second.action_import()
        self.assertEqual((second.state, len(second.line_ids)), ("preview", 0))
        self._run()
        second.action_import()
        self.assertEqual((first.state, second.state, self._amounts()), ("done", "done", [-25.5, 7.0, 100.0]))

        first.action_undo()
        self.assertEqual(first.state, "undoing")
        third = self._drop(ofx([("4", "20261120", "9.00", "A", "B")]))
        with self.assertRaisesRegex(BusyError, "Try again"), self.env.cr.savepoint():
            third.action_import()
        self._run()
        third.action_import()
        self.assertEqual((first.state, third.state, self._amounts()), ("undone", "done", [7.0, 9.0]))

    def test_of_several_files_those_of_busy_journals_stay_to_be_imported(self):
        self._in_background(chunk=200)
        first, *others = (self._drop(ofx([RENT, FEES])), self._drop(ofx([LATER])), self._drop(ofx([LATER])))
        first.action_import()
        (others[0] | others[1]).action_import()
        self.assertEqual([record.state for record in others], ["preview", "preview"])
        self._run()
        (others[0] | others[1]).action_import()
        self.assertEqual([record.state for record in others], ["done", "nothing_new"])
        self.assertEqual(self._amounts(), [-25.5, 7.0, 100.0])

    def test_of_two_files_in_the_background_the_older_goes_first(self):
        self._in_background()
        older, younger = self._drop(ofx([RENT, FEES])), self._drop(ofx([FEES, LATER]))
        younger.action_import()
        self._write_a_chunk(younger)
        older.action_import()
        with self.assertRaises(BusyError), self.env.cr.savepoint():
            self._write_a_chunk(younger)
        self._run()
        self.assertEqual((older.state, younger.state), ("done", "done"))
        self.assertEqual(self._amounts(), [-25.5, 7.0, 100.0])


@tagged("post_install", "-at_install")
class TestBankFileSafetyFailures(SafetyCommon):
    def test_doubtful_ones_that_can_not_be_imported_leave_the_file_as_it_was(self):
        self._type()
        record = self._import(ofx([RENT, FEES]))
        line = record.line_ids
        self._close_the_books()
        with self.assertRaisesRegex(UserError, "closed"), self.env.cr.savepoint():
            record.action_import_doubtful()
        self.assertEqual((record.state, record.line_ids, record.doubtful_count), ("done", line, 1))
        self.assertEqual((record.imports_doubtful, record.new_count, record.has_problem), (False, 1, False))
        self.assertEqual((record.statement_ids.line_ids, self._amounts()), (line, [-25.5, 100.0]))
        record.action_undo()
        self.assertEqual((record.state, self._amounts()), ("undone", [100.0]))

    def test_in_the_background_they_leave_the_file_as_it_was_and_tell_why(self):
        self._in_background()
        self._type()
        record = self._import(ofx([RENT, FEES]))
        self._run()
        line, messages = record.line_ids, record.message_ids
        self.assertEqual((record.state, record.doubtful_count, line.amount), ("done", 1, -25.5))
        self._close_the_books()
        record.action_import_doubtful()
        self.assertEqual(record.state, "running")
        for _run in range(2):
            self._run()
            self.assertEqual((record.state, record.line_ids, record.doubtful_count), ("done", line, 1))
            self.assertEqual((record.imports_doubtful, record.new_count), (False, 1))
        told = record.message_ids - messages
        self.assertIn("closed", " ".join(told.mapped("body")))
        self.assertEqual(record.left_out_ids.mapped("kind"), ["doubtful"])

    def test_a_file_that_was_undone_once_says_why_it_failed_the_next_time(self):
        self._in_background()
        record = self._import(ofx([RENT, FEES, LATER]))
        self._run()
        record.action_undo()
        self._run()
        self.assertEqual((record.state, self._amounts()), ("undone", []))
        record.action_read_again()
        record.action_import()
        with self._failing_at(7):
            for _run in range(3):
                self._run()
        self.assertEqual((record.state, self._amounts()), ("refused", []))
        self.assertIn("no room", record.message)

    def test_doubtful_ones_that_fail_in_the_middle_can_be_imported_later(self):
        self._in_background()
        self._type()
        self._type(-25.5, "2026-11-19")
        record = self._import(ofx([RENT, FEES, LATER]))
        self._run()
        self.assertEqual((record.new_count, record.doubtful_count), (1, 2))
        record.action_import_doubtful()
        with self._failing_at(-25.5):
            self._run()
        self.assertEqual((record.state, sorted(record.line_ids.mapped("amount"))), ("done", [7.0, 100.0]))
        self.assertEqual((record.new_count, record.doubtful_count), (2, 1))
        self.assertEqual(len(record.left_out_ids), 1)
        record.action_import_doubtful()
        self._run()
        self.assertEqual((record.state, sorted(record.line_ids.mapped("amount"))), ("done", [-25.5, 7.0, 100.0]))
        self.assertEqual((record.new_count, record.doubtful_count), (3, 0))

    def _two_statements(self):
        return archive(
            day(18, entry("1.00", ref="A", day="2026-11-18"), opening="0.00", closing="1.00"),
            day(
                19,
                entry("2.00", ref="B", day="2026-11-19"),
                entry("3.00", ref="C", day="2026-11-19"),
                opening="1.00",
                closing="6.00",
            ),
        )

    def test_an_archive_whose_second_statement_fails_leaves_nothing(self):
        self._in_background()
        before = self.env["account.bank.statement"].search([])
        record = self._drop(self._two_statements(), "november.zip")
        record.action_import()
        with self._failing_at(3):
            self._run()
        self._run()
        self.assertEqual((record.state, self._amounts()), ("refused", []))
        self.assertIn("no room", record.message)
        self.assertEqual(self.env["account.bank.statement"].search([]), before)
        record.action_read_again()
        record.action_import()
        self._run()
        self.assertEqual((record.state, self._amounts(), len(record.statement_ids)), ("done", [1.0, 2.0, 3.0], 2))

    def test_what_a_person_reconciles_meanwhile_stays_and_can_be_undone_later(self):
        self._in_background()
        record = self._drop(self._two_statements(), "november.zip")
        record.action_import()
        self._write_a_chunk(record)
        line = record.line_ids
        self._book_by_hand(line)
        with self._failing_at(3):
            self._run()
        self._run()
        self.assertEqual(record.state, "partial")
        self.assertIn(line, record.line_ids)
        self.assertIn("Only a part", record.message)
        self.assertIn("reconciled", record.message)
        with self.assertRaisesRegex(UserError, "reconciled"), self.env.cr.savepoint():
            record.action_undo()
        line.action_undo_reconciliation()
        record.action_undo()
        self._run()
        self.assertEqual((record.state, self._amounts()), ("undone", []))
        self.assertFalse(self.env["account.bank.statement"].search([("journal_id", "=", self.journal.id)]))
        record.action_read_again()
        self.assertEqual((record.state, record.new_count), ("preview", 3))

    def test_a_resumed_file_counts_as_if_it_had_not_been_cut_off(self):
        self._in_background()
        record = self._drop(twice(ofx([RENT, FEES])))
        self.assertEqual((record.new_count, record.known_count), (2, 2))
        record.action_import()
        chunks = record.sudo()._write_chunks()
        next(chunks)
        next(chunks)
        chunks.close()
        self._run()
        self.assertEqual((record.state, record.new_count, record.known_count), ("done", 2, 2))
        self.assertEqual((self._amounts(), len(record.left_out_ids), record.progress), ([-25.5, 100.0], 2, 100.0))

    def test_a_file_put_aside_and_read_again_waits_for_a_person(self):
        record = self._receive(ofx([RENT], account="4711000815"), origin="folder", is_trusted=True)
        self._run()
        self.assertEqual((record.state, record.has_problem), ("preview", True))
        record.action_discard()
        self.journal.bank_account_id.acc_number = "4711000815"
        self._patch(ar_statement_import, "READ_AT_ONCE", 10)
        record.action_read_again()
        self.assertEqual(record.state, "waiting")
        self._run()
        self.assertEqual((record.state, record.has_problem, self._amounts()), ("preview", False, []))
        record.action_import()
        self.assertEqual((record.state, self._amounts()), ("done", [100.0]))

    def test_a_file_that_brought_nothing_can_be_read_again(self):
        invoice = self._invoice(1000)
        sums = self._import(camt("053", entry("1000.00", info=invoice.name)))
        details = self._import(camt("054", PARTS))
        self.assertEqual((invoice.payment_state, details.state, self._amounts()), ("paid", "nothing_new", [1000.0]))
        sums.line_ids.action_ar_undo()
        details.action_read_again()
        self.assertEqual((details.state, details.new_count), ("preview", 3))
        details.action_import()
        self.assertEqual((details.state, self._amounts()), ("done", [100.0, 300.0, 600.0]))


@tagged("post_install", "-at_install")
class TestBankFileSafetyUndo(SafetyCommon):
    def test_a_sum_and_its_details_are_never_in_the_journal_together(self):
        more = entry("50.00", detail("20.00", "A", "1"), detail("30.00", "B", "2"), ref="E2")
        fifty = entry("50.00", ref="E2")
        self._import(camt("053", SUM, fifty, entry("5.00", ref="E3"), opening="0.00", closing="1055.00"))
        record = self._import(camt("054", PARTS, more, entry("6.00", ref="E4")))
        self.assertEqual(self._amounts(), [5.0, 6.0, 20.0, 30.0, 100.0, 300.0, 600.0])
        record.sudo().write({"state": "undoing", "undone_by": self.env.uid})
        seen = []
        for _removed in record.sudo()._undo_chunks(size=1):
            amounts = self._amounts()
            seen.append(amounts)
            self.assertEqual(sum(amounts) - (6.0 in amounts and 6.0), 1055.0)
            self.assertNotEqual(1000.0 in amounts, 600.0 in amounts)
            self.assertNotEqual(50.0 in amounts, 20.0 in amounts)
        self.assertGreater(len(seen), 1)
        self.assertEqual(self._amounts(), [5.0, 50.0, 1000.0])

    def test_an_undo_that_was_cut_off_goes_on_where_it_was(self):
        self._import(camt("053", SUM, opening="500.00", closing="1500.00"))
        record = self._import(camt("054", PARTS, entry("6.00", ref="E4"), entry("7.00", ref="E5")))
        record.sudo().write({"state": "undoing", "undone_by": self.env.uid})
        chunks = record.sudo()._undo_chunks(size=1)
        next(chunks)
        chunks.close()
        self.assertEqual(self._amounts(), [6.0, 7.0, 1000.0])
        self._book_by_hand(record.line_ids[0])
        self._run()
        self.assertEqual((record.state, self._amounts()), ("partial", [6.0, 7.0, 1000.0]))
        record.line_ids.filtered("is_reconciled").action_undo_reconciliation()
        record.action_undo()
        self.assertEqual((record.state, self._amounts()), ("undone", [1000.0]))

    def test_details_are_undone_after_their_sum_was(self):
        sums = self._import(camt("053", SUM, opening="500.00", closing="1500.00"))
        details = self._import(camt("054", PARTS))
        sums.action_undo()
        self.assertEqual((sums.state, self._amounts()), ("undone", [100.0, 300.0, 600.0]))
        details.action_undo()
        self.assertEqual((details.state, self._amounts()), ("undone", []))
        self.assertFalse(self.env["account.bank.statement"].search([("journal_id", "=", self.journal.id)]))

    def test_details_are_undone_after_their_sum_was_undone_and_read_again(self):
        sums = self._import(camt("053", SUM, opening="500.00", closing="1500.00"), "sums.xml")
        details = self._import(camt("054", PARTS))
        sums.action_undo()
        sums.action_read_again()
        self.assertEqual((sums.state, sums.new_count, sums.known_count), ("preview", 0, 1))
        sums.action_import()
        self.assertEqual((sums.state, self._amounts()), ("done", [100.0, 300.0, 600.0]))
        with self.assertRaisesRegex(UserError, "sums.xml"), self.env.cr.savepoint():
            details.action_undo()
        sums.action_undo()
        details.action_undo()
        self.assertEqual((sums.state, details.state, self._amounts()), ("undone", "undone", []))
        sums.action_read_again()
        self.assertEqual((sums.state, sums.new_count), ("preview", 1))
        sums.action_import()
        self.assertEqual((sums.state, self._amounts()), ("done", [1000.0]))

    def test_a_sum_that_waits_to_be_imported_again_does_not_come_back_by_itself(self):
        sums = self._import(camt("053", SUM, opening="500.00", closing="1500.00"))
        details = self._import(camt("054", PARTS))
        sums.action_undo()
        sums.action_read_again()
        self.assertEqual(sums.state, "preview")
        details.action_undo()
        self.assertEqual((details.state, self._amounts()), ("undone", []))
        sums.action_import()
        self.assertEqual((sums.state, sums.line_ids.amount, self._amounts()), ("done", 1000.0, [1000.0]))

    def test_a_file_that_another_one_relies_on_is_undone_after_it(self):
        first = self._import(ofx([RENT, FEES]), "first.ofx")
        second = self._import(ofx([FEES, LATER]), "second.ofx")
        self.assertEqual(second.known_count, 1)
        with self.assertRaisesRegex(UserError, "second.ofx") as raised, self.env.cr.savepoint():
            first.action_undo()
        self.assertIn("first.ofx", str(raised.exception))
        self.assertEqual((first.state, self._amounts()), ("done", [-25.5, 7.0, 100.0]))
        second.action_undo()
        first.action_undo()
        self.assertEqual((first.state, second.state, self._amounts()), ("undone", "undone", []))

    def test_a_booking_that_a_person_has_undone_is_not_done_again_after_a_replacement(self):
        invoice = self._invoice(1000)
        sums = self._import(camt("053", entry("1000.00", info=invoice.name)))
        self.assertEqual(invoice.payment_state, "paid")
        sums.line_ids.action_ar_undo()
        details = self._import(camt("054", PARTS))
        self.assertEqual(self._amounts(), [100.0, 300.0, 600.0])
        details.action_undo()
        self.assertEqual((self._amounts(), sums.line_ids.ar_is_persons), ([1000.0], True))
        with self.enter_registry_test_mode():
            self.env.ref("ar_reconcile.cron_match").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((invoice.payment_state, sums.line_ids.ar_match_state), ("not_paid", "proposed"))
        sums.line_ids.action_ar_accept()
        self.assertEqual(invoice.payment_state, "paid")


@tagged("post_install", "-at_install")
class TestBankFileSafetyStatements(SafetyCommon):
    def test_doubtful_ones_that_are_imported_later_keep_the_balances(self):
        self._type()
        record = self._import(camt("053", SUM, entry("100.00", ref="E2"), opening="500.00", closing="1600.00"))
        statement = record.statement_ids
        self.assertEqual((record.doubtful_count, statement.balance_end_real), (1, 1600.0))
        self.assertTrue(statement.is_complete)
        record.action_import_doubtful()
        self.assertEqual((record.statement_ids, len(statement.line_ids)), (statement, 2))
        self.assertEqual((statement.balance_start, statement.balance_end), (500.0, 1600.0))
        self.assertEqual((statement.balance_end_real, statement.is_complete), (1600.0, True))

    def test_two_months_in_one_archive_have_no_gap_between_them(self):
        def month(number, amount, opening, closing):
            days = (f"2026-{number}-02",) * 2
            one = entry(amount, ref=f"R{number}", day=days[0])
            return camt("053", one, opening=opening, closing=closing, days=days)

        self._import(month(10, "1.00", "10.00", "11.00"))
        november, december = month(11, "2.00", "11.00", "13.00"), month(12, "4.00", "13.00", "17.00")
        for files in ((november, december), (december, november)):
            record = self._drop(archive(*files), "months.zip")
            self.assertEqual((record.new_count, record.warning_ids.mapped("text")), (2, []))
            record.action_import()
            self.assertEqual((record.state, record.warning_ids.mapped("text")), ("done", []))
            statements = record.statement_ids.sorted("first_line_index")
            self.assertEqual(statements.mapped("balance_start"), [11.0, 13.0])
            self.assertEqual(statements.mapped("balance_end_real"), [13.0, 17.0])
            self.assertEqual(statements.mapped("is_complete"), [True, True])
            self.assertEqual(statements.mapped("is_valid"), [True, True])
            record.action_undo()

    def test_a_file_without_a_currency_goes_to_the_card_it_was_dropped_on(self):
        card = self.journal.copy({"bank_account_id": False, "name": "Card"})
        content = ofx([RENT], account="XXXX-4711").replace(b"<CURDEF>USD\r\n", b"")
        record = self._drop(content, journal=card)
        self.assertEqual((record.has_problem, record.imported_statement_ids.journal_id), (False, card))
        record.action_import()
        self.assertEqual((record.state, record.line_ids.journal_id), ("done", card))

    def test_entries_that_nearly_pair_are_doubtful_and_not_doubled(self):
        sums = camt("053", entry("1000.00", ref="A1"))
        details = camt("054", entry("1000.00", *DETAILS, ref="N9"))
        first = self._import(sums)
        record = self._import(details)
        self.assertEqual((record.new_count, record.doubtful_count, self._amounts()), (0, 3, [1000.0]))
        self.assertEqual(set(record.left_out_ids.mapped("kind")), {"doubtful"})
        self.assertEqual(record.left_out_ids.statement_line_id, first.line_ids)
        first.action_undo()
        first = self._import(details)
        self.assertEqual(first.new_count, 3)
        record = self._import(sums)
        self.assertEqual((record.new_count, record.doubtful_count), (0, 1))
        self.assertEqual(self._amounts(), [100.0, 300.0, 600.0])


@tagged("post_install", "-at_install")
class TestBankFileSafetyFolder(SafetyCommon):
    def test_a_name_in_another_encoding_is_taken(self):
        with self._folder(z__ofx=ofx([FEES])) as folder:
            path = folder / os.fsdecode(b"a\xff\xe9.ofx")
            path.write_bytes(ofx([RENT]))
            os.utime(path, (1, 1))
            self._run()
            taken = sorted(os.fsencode(path.name) for path in (folder / "taken").iterdir())
            self.assertEqual(taken, [b"a\xff\xe9.ofx", b"z.ofx"])
        self.assertEqual(self._records().mapped("state"), ["done", "done"])
        self.assertEqual(sorted(self._records().mapped("name")), ["a\ufffd\ufffd.ofx", "z.ofx"])

    def test_a_file_that_can_not_be_moved_is_stored_once_and_holds_up_none(self):
        rename = Path.rename

        def refuse(path, target):
            if path.name == "a.ofx":
                raise PermissionError(1, "not permitted")
            return rename(path, target)

        with self._folder(a__ofx=ofx([RENT]), b__ofx=ofx([FEES])) as folder, patch.object(Path, "rename", refuse):
            for _run in range(3):
                with self.assertLogs(FOLDER_LOG, "ERROR") as logged:
                    self._run()
                self.assertEqual(["a.ofx" in line for line in logged.output], [True])
            self.assertEqual([path.name for path in (folder / "taken").iterdir()], ["b.ofx"])
        self.assertEqual(self._records().mapped("name"), ["a.ofx", "b.ofx"])
        self.assertEqual(self._records().mapped("state"), ["done", "done"])
        self.assertEqual(self._amounts(), [-25.5, 100.0])

    def test_the_longest_name_is_moved_beside_one_of_the_same_name(self):
        name = "x" * 251 + ".ofx"
        with self._folder(**{name.replace(".", "__"): ofx([RENT])}) as folder:
            (folder / "taken").mkdir()
            (folder / "taken" / name).write_bytes(b"earlier")
            for _run in range(2):
                self._run()
            taken = sorted(path.name for path in (folder / "taken").iterdir())
            self.assertEqual([len(each) for each in taken], [255, 255])
            self.assertEqual((taken[0][:3], (folder / "taken" / name).read_bytes()), ("2-x", b"earlier"))
            self.assertFalse((folder / name).exists())
        self.assertEqual(self._records().mapped("state"), ["done"])

    def test_two_companies_can_not_watch_one_folder(self):
        company = self.env.company.sudo()
        company.ar_bank_folder = "main"
        other = self.setup_other_company()["company"].sudo()
        for name in ("main", " main "):
            with self.assertRaisesRegex(ValidationError, "Another company"), self.env.cr.savepoint():
                other.ar_bank_folder = name
            with self.assertRaisesRegex(ValidationError, "Another company"), self.env.cr.savepoint():
                company.create({"name": "Third", "ar_bank_folder": name})
        company.ar_bank_folder = " other "
        with self.assertRaisesRegex(ValidationError, "Another company"), self.env.cr.savepoint():
            other.ar_bank_folder = "other"
        other.ar_bank_folder = "main"
        company.ar_bank_folder = "other"
        self.assertEqual((company.ar_bank_folder, other.ar_bank_folder), ("other", "main"))

    def test_nothing_is_taken_when_the_folder_for_taken_files_is_a_link(self):
        with self._folder(a__ofx=ofx([RENT])) as folder:
            outside = folder.parent / "outside"
            outside.mkdir()
            (folder / "taken").symlink_to(outside)
            self._run()
            self.assertEqual((list(outside.iterdir()), (folder / "a.ofx").exists()), ([], True))
        self.assertFalse(self._records())


@tagged("post_install", "-at_install")
class TestBankFileSafetyMail(MailedCommon):
    SENDER = "statements@bank.example"

    def _stored(self, record):
        return self.env["ir.attachment"].search([("res_model", "=", record._name), ("res_id", "in", record.ids)])

    def test_a_mail_within_a_mail_is_kept_and_told(self):
        inner = "From: a@b.example\nSubject: Statement\n\nhello\n"
        part = f"Content-Type: message/rfc822\nContent-Disposition: attachment; filename=f.eml\n\n{inner}"
        self._mail_parts(self.SENDER, part, self._part("a.ofx", ofx([RENT]), "Content-Type: application/x-ofx"))
        self._run()
        inside, file = self._records()
        self.assertEqual((inside.state, file.state, file.line_ids.amount), ("refused", "done", 100.0))
        self.assertIn(b"Subject: Statement", inside.attachment_id.raw)
        self.assertIn("f.eml", inside.message)

    def test_an_attachment_without_content_is_passed_over(self):
        record = (
            self.env["ar.statement.import"]
            .sudo()
            .message_new(
                {"email_from": self.SENDER, "attachments": [("empty.bin", None, {}), ("a.ofx", ofx([RENT]), {})]},
                {"journal_id": self.journal.id},
            )
        )
        self._run()
        self.assertEqual((self._records().ids, record.name), (record.ids, "a.ofx"))
        self.assertEqual((record.state, record.line_ids.amount), ("done", 100.0))

    def test_a_file_with_a_content_id_is_imported_and_a_picture_is_not(self):
        self._mail_parts(
            self.SENDER,
            self._part("logo.png", b"\x89PNG\r\n", "Content-Type: image/png", "Content-ID: <logo@x>"),
            self._part("c.xml", camt("053", entry("8.00")), "Content-Type: text/xml", "Content-ID: <c@x>"),
        )
        self._run()
        record = self._records()
        self.assertEqual((record.name, record.state, record.line_ids.amount), ("c.xml", "done", 8.0))

    def test_a_text_part_keeps_its_bytes(self):
        text = camt("053", entry("7.00", detail("7.00", "M\u00fcller", "Gr\u00fc\u00dfe"))).decode()
        content = text.replace("UTF-8", "ISO-8859-1").encode("latin-1")
        self._mail_parts(self.SENDER, self._part("l.xml", content, "Content-Type: text/xml; charset=iso-8859-1"))
        self._run()
        record = self._records()
        self.assertEqual((record.attachment_id.raw, record.line_ids.partner_name), (content, "M\u00fcller"))
        self.assertEqual(record.state, "done")

    def test_each_file_is_stored_once(self):
        self._mail(self.SENDER, a__ofx=ofx([RENT]), b__ofx=ofx([FEES]))
        self.assertEqual(sorted(self._stored(self._records()).mapped("name")), ["a.ofx", "b.ofx"])
        for record in self._records():
            self.assertEqual(self._stored(record), record.attachment_id)
        self.assertFalse(self._records().message_ids.attachment_ids - self._records().attachment_id)

    def test_who_is_trusted_for_one_journal_is_not_for_another(self):
        number = self.env["res.partner.bank"].create(
            {"acc_number": "4711000815", "partner_id": self.env.company.partner_id.id}
        )
        other = self.journal.copy({"bank_account_id": number.id})
        self.assertFalse(other.ar_mail_senders)
        self._mail(self.SENDER, o__ofx=ofx([RENT], account="4711000815"))
        self._run()
        record = self._records()
        self.assertEqual((record.state, record.imported_statement_ids.journal_id), ("preview", other))
        self.assertFalse(record.line_ids)
        self.assertEqual(record.activity_ids.user_id, self.accountant)
        other.ar_mail_senders = "@bank.example"
        self._mail(self.SENDER, p__ofx=ofx([FEES], account="4711000815"))
        self._run()
        self.assertEqual((self._records()[1].state, self._records()[1].line_ids.journal_id), ("done", other))
