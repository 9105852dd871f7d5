import base64
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models import res_company
from .common import BankFileCommon, ofx

RENT = ("1", "20261118", "100.00", "ACME", "RENT")
FEES = ("2", "20261119", "-25.50", "BANK", "FEES")


@tagged("post_install", "-at_install")
class UnattendedCommon(BankFileCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls.env["res.users"].create(
            {
                "name": "Accountant",
                "login": "bank-accountant",
                "email": "accountant@example.com",
                "company_id": cls.env.company.id,
                "company_ids": [(6, 0, cls.env.company.ids)],
                "group_ids": [(4, cls.env.ref("ar_reconcile.group_reconcile").id)],
            }
        )
        cls.env.company.sudo().ar_bank_responsible_id = cls.accountant

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("ar_reconcile.cron_import").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _records(self):
        return self.env["ar.statement.import"].search([("company_id", "=", self.env.company.id)], order="id")

    @contextmanager
    def _folder(self, **files):
        """Watch a folder with files of these contents, long finished."""
        with tempfile.TemporaryDirectory() as root, patch.dict(os.environ, {res_company.FOLDER_VARIABLE: root}):
            folder = Path(root) / "main"
            folder.mkdir()
            for name, content in files.items():
                path = folder / name.replace("__", ".")
                path.write_bytes(content)
                os.utime(path, (1, 1))
            self.env.company.sudo().ar_bank_folder = "main"
            yield folder


@tagged("post_install", "-at_install")
class TestWatchedFolder(UnattendedCommon):
    def test_files_of_the_folder_are_imported_and_moved(self):
        with self._folder(a__ofx=ofx([RENT, FEES])) as folder:
            self._run()
            self.assertEqual([path.name for path in (folder / "taken").iterdir()], ["a.ofx"])
            self.assertFalse((folder / "a.ofx").exists())
        record = self._records()
        self.assertEqual((record.state, record.new_count, record.origin), ("done", 2, "folder"))
        self.assertFalse(record.activity_ids)

    def test_a_file_that_can_not_be_read_asks_the_accountant_in_charge(self):
        with self._folder(a__ofx=b"<html>Login</html>", b__ofx=ofx([RENT])):
            self._run()
        bad, good = self._records()
        self.assertEqual((bad.state, good.state), ("refused", "done"))
        self.assertEqual((bad.activity_ids.user_id, bad.activity_ids.summary[-5:]), (self.accountant, "a.ofx"))
        self.assertIn("was not imported", bad.activity_ids.note)

    def test_an_account_without_a_journal_waits_and_asks(self):
        with self._folder(a__ofx=ofx([RENT], account="4711000815")):
            self._run()
        record = self._records()
        self.assertEqual(
            (record.state, record.has_problem, record.activity_ids.user_id), ("preview", True, self.accountant)
        )

    def test_doubtful_transactions_are_left_out_and_asked_about(self):
        self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-18", "amount": 100, "payment_ref": "x"}
        )
        with self._folder(a__ofx=ofx([RENT, FEES])):
            self._run()
        record = self._records()
        self.assertEqual((record.state, record.new_count, record.doubtful_count), ("done", 1, 1))
        self.assertEqual(record.activity_ids.user_id, self.accountant)

    def test_the_journal_s_accountant_comes_first(self):
        other = self.accountant.copy({"login": "other-bank-accountant"})
        self.journal.ar_responsible_id = other
        self.assertEqual(self.journal._ar_person_in_charge(self.env.company), other)
        self.journal.ar_responsible_id = False
        self.assertEqual(self.journal._ar_person_in_charge(self.env.company), self.accountant)

    def test_who_is_gone_is_asked_nothing(self):
        other = self.accountant.copy({"login": "other-bank-accountant"})
        self.journal.ar_responsible_id = other
        other.active = False
        self.assertEqual(self.journal._ar_person_in_charge(self.env.company), self.accountant)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.accountant.write({"company_id": elsewhere.id, "company_ids": [(6, 0, elsewhere.ids)]})
        with self._folder(a__ofx=b"<html>Login</html>"):
            self._run()
        asked = self._records().activity_ids.user_id
        self.assertTrue(asked.active)
        self.assertIn(self.env.company, asked.company_ids)

    def test_unfinished_hidden_and_linked_files_are_left_alone(self):
        with self._folder(a__ofx__part=b"x", __hidden=b"x") as folder:
            (folder / "fresh.ofx").write_bytes(b"x")
            secret = folder.parent / "secret"
            secret.write_bytes(b"x")
            os.utime(secret, (1, 1))
            (folder / "link.ofx").symlink_to(secret)
            self._run()
            self.assertEqual(
                sorted(path.name for path in folder.iterdir()),
                [".hidden", "a.ofx.part", "fresh.ofx", "link.ofx", "taken"],
            )
        self.assertFalse(self._records())

    def test_only_a_folder_below_the_server_s_is_watched(self):
        with self._folder(a__ofx=ofx([RENT])) as folder:
            for name in ("../main", "/etc", "main/..", ".hidden", "a\\b", ".."):
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    self.env.company.sudo().ar_bank_folder = name
            outside = folder.parent / "outside"
            outside.symlink_to("/etc")
            self.env.company.sudo().ar_bank_folder = "outside"
            self.assertIsNone(self.env.company._ar_watched_folder())
            self.env.company.sudo().ar_bank_folder = "main"
            self.assertEqual(self.env.company._ar_watched_folder(), folder.resolve())
            with patch.dict(os.environ):
                del os.environ[res_company.FOLDER_VARIABLE]
                self.assertIsNone(self.env.company._ar_watched_folder())

    def test_a_name_that_was_taken_before_is_kept_twice(self):
        with self._folder(a__ofx=ofx([RENT])) as folder:
            self._run()
            (folder / "a.ofx").write_bytes(ofx([FEES]))
            os.utime(folder / "a.ofx", (1, 1))
            self._run()
            self.assertEqual(sorted(path.name for path in (folder / "taken").iterdir()), ["2-a.ofx", "a.ofx"])
        self.assertEqual(self._records().mapped("state"), ["done", "done"])


@tagged("post_install", "-at_install")
class MailedCommon(UnattendedCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].sudo().create({"name": "files.example.com"})
        cls.env.company.sudo().alias_domain_id = cls.domain
        cls.journal.sudo().write({"alias_name": "bank-main", "alias_domain_id": cls.domain.id})
        cls.journal.ar_mail_senders = "statements@bank.example\n@other-bank.example"

    def _mail(self, sender, **files):
        self._mail_parts(
            sender,
            *(
                self._part(name.replace("__", "."), content, "Content-Type: application/octet-stream")
                for name, content in files.items()
            ),
        )

    def _part(self, name, content, *headers):
        """Return a part of a mail that is a file with these headers."""
        lines = "".join(f"{header}\n" for header in headers)
        return (
            f"{lines}Content-Disposition: attachment; filename={name}\n"
            f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(content).decode()}"
        )

    def _mail_parts(self, sender, *parts):
        """Let the mail gateway take a message to the journal's address."""
        files = "".join(f"--B\n{part}\n" for part in parts)
        message = (
            f"From: {sender}\nTo: bank-main@files.example.com\nSubject: Statement\n"
            f"Message-Id: <{len(self._records())}-{sender}@x>\nMIME-Version: 1.0\n"
            "Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\nHello\n"
            f"{files}--B--\n"
        )
        self.env["mail.thread"].sudo().message_process(None, message)


@tagged("post_install", "-at_install")
class TestMailedBankFile(MailedCommon):
    def test_a_trusted_sender_s_files_are_imported(self):
        self._mail("Bank <statements@bank.example>", a__ofx=ofx([RENT]), b__ofx=ofx([FEES]))
        self.assertEqual(self._records().mapped("state"), ["waiting", "waiting"])
        self._run()
        self.assertEqual(self._records().mapped("state"), ["done", "done"])
        self.assertEqual(self._records().line_ids.journal_id, self.journal)
        self.assertFalse(self._records().activity_ids)

    def test_anybody_else_s_file_waits_to_be_checked(self):
        self._mail("statements@bank.example.evil.example", a__ofx=ofx([RENT]))
        self._run()
        record = self._records()
        self.assertEqual((record.state, len(record.line_ids)), ("preview", 0))
        self.assertIn("trusted", record.warning_ids.text)
        self.assertEqual(record.activity_ids.user_id, self.accountant)

    def test_a_domain_is_trusted_only_as_a_whole(self):
        self.assertTrue(self.journal._ar_trusts("X <a@other-bank.example>"))
        self.assertTrue(self.journal._ar_trusts("STATEMENTS@BANK.EXAMPLE"))
        for sender in ("b@bank.example", "a@evil-other-bank.example", "a@other-bank.example.evil.example", "", "@"):
            self.assertFalse(self.journal._ar_trusts(sender), sender)

    def test_a_mail_without_a_file_is_told(self):
        self._mail("statements@bank.example")
        record = self._records()
        self.assertEqual((record.state, record.activity_ids.user_id), ("refused", self.accountant))
        self.assertIn("no file", record.message)
