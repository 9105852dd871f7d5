import io
import zipfile

from odoo.tests import tagged

from .camt import camt, detail, entry
from .common import BankFileCommon, ofx

SUM = entry("1000.00")
PARTS = entry(
    "1000.00",
    detail("600.00", "ACME", "INV 1"),
    detail("300.00", "BOLT", "INV 2"),
    detail("100.00", "CORD", "INV 3"),
)


@tagged("post_install", "-at_install")
class TestBankFileCamt(BankFileCommon):
    def _amounts(self):
        lines = self.env["account.bank.statement.line"].search([("journal_id", "=", self.journal.id)])
        return sorted(lines.mapped("amount"))

    def _import(self, content, name="statement.xml", journal=None):
        return super()._import(content, name, journal)

    def test_a_statement_brings_its_balances(self):
        record = self._import(camt("053", SUM, opening="500.00", closing="1500.00"))
        self.assertEqual(record.state, "done", record.message)
        statement = record.statement_ids
        self.assertEqual((statement.balance_start, statement.balance_end_real), (500.0, 1500.0))
        self.assertTrue(statement.is_complete)
        self.assertFalse(record.warning_ids)
        self.assertEqual((record.line_ids.ar_entry, record.line_ids.ar_source), ("E1", "camt.053"))

    def test_balances_that_do_not_add_up_are_told(self):
        record = self._drop(camt("053", SUM, opening="500.00", closing="1499.00"))
        self.assertEqual(record.imported_statement_ids.difference, -1.0)
        self.assertIn("1.00", record.warning_ids.text)

    def test_a_batch_with_details_is_a_line_each(self):
        record = self._import(camt("053", PARTS))
        self.assertEqual(sorted(record.line_ids.mapped("partner_name")), ["ACME", "BOLT", "CORD"])
        self.assertEqual(set(record.line_ids.mapped("ar_entry_amount")), {1000.0})

    def test_details_take_the_place_of_the_sum_and_give_it_back(self):
        first = self._import(camt("053", SUM, opening="500.00", closing="1500.00"))
        statement, text = first.statement_ids, first.line_ids.payment_ref
        second = self._drop(camt("054", PARTS))
        self.assertIn("take the place", " ".join(second.note_ids.mapped("text")))
        second.action_import()
        self.assertEqual(self._amounts(), [100.0, 300.0, 600.0])
        self.assertEqual((second.line_ids.statement_id, statement.is_complete), (statement, True))
        self.assertEqual(self._drop(camt("053", SUM)).state, "nothing_new")
        second.action_undo()
        self.assertEqual(self._amounts(), [1000.0])
        self.assertEqual(
            (first.line_ids.payment_ref, first.line_ids.statement_id, statement.is_complete), (text, statement, True)
        )
        self.assertEqual(self._import(camt("054", PARTS)).new_count, 3)

    def test_details_of_a_reconciled_sum_are_left_out_with_the_reason(self):
        invoice = self._invoice(1000)
        self._import(camt("053", entry("1000.00", info=invoice.name)))
        self.assertEqual(invoice.payment_state, "paid")
        record = self._import(camt("054", PARTS))
        self.assertEqual((record.new_count, record.skipped_count, self._amounts()), (0, 3, [1000.0]))
        self.assertIn("reconciled", record.left_out_ids[0].text)

    def test_the_sum_after_its_details_adds_nothing_but_the_statement(self):
        details = self._import(camt("054", PARTS))
        self.assertEqual((details.new_count, len(details.statement_ids)), (3, 0))
        record = self._import(camt("053", SUM, opening="500.00", closing="1500.00"))
        self.assertEqual(self._amounts(), [100.0, 300.0, 600.0])
        statement = record.statement_ids
        self.assertEqual((statement.balance_start, statement.is_complete), (500.0, True))
        self.assertEqual(statement.line_ids, details.line_ids)

    def test_a_report_of_the_day_and_its_statement_are_one(self):
        self._import(camt("052", PARTS, entry("5.00", ref="E2", status="PDNG")))
        self.assertEqual(self._amounts(), [100.0, 300.0, 600.0])
        record = self._import(camt("053", PARTS, entry("5.00", ref="E2"), opening="0.00", closing="1005.00"))
        self.assertEqual((record.new_count, record.known_count), (1, 3))
        self.assertEqual(self._amounts(), [5.0, 100.0, 300.0, 600.0])
        self.assertTrue(record.statement_ids.is_complete)

    def test_what_is_pending_is_listed_and_not_booked(self):
        record = self._drop(camt("053", entry("7.00", status="PDNG")))
        self.assertEqual((record.state, record.skipped_count), ("nothing_new", 1))
        self.assertIn("not booked yet", record.left_out_ids.text)

    def test_another_format_of_the_same_days_is_doubtful_and_not_doubled(self):
        self._import(ofx([("1", "20261118", "600.00", "ACME", "OTHER TEXT")]))
        record = self._drop(camt("053", PARTS))
        self.assertEqual((record.new_count, record.doubtful_count), (2, 1))

    def test_an_archive_of_several_statements_is_one_import(self):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("a.xml", camt("053", entry("1.00", ref="A")))
            file.writestr("b.xml", camt("053", entry("2.00", ref="B", day="2026-11-19")))
        record = self._import(archive.getvalue(), "november.zip")
        self.assertEqual((record.state, record.new_count, len(record.statement_ids)), ("done", 2, 2))

    def test_a_damaged_file_in_an_archive_refuses_it_by_its_name(self):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("good.xml", camt("053", entry("1.00", ref="A")))
            file.writestr("bad.xml", camt("053", entry("2.00", ref="B"))[:-40])
        record = self._import(archive.getvalue(), "november.zip")
        self.assertEqual((record.state, self._amounts()), ("refused", []))
        self.assertIn("bad.xml", record.message)

    def test_entities_are_refused(self):
        content = camt("053", SUM).replace(b"?><", b'?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><', 1)
        record = self._import(content.replace(b"Collection", b"&x;"))
        self.assertEqual(record.state, "refused")
        self.assertIn("entities", record.message)

    def test_the_first_statement_after_a_gap_says_what_is_missing(self):
        self._import(
            camt("053", entry("1.00", day="2026-11-02"), opening="10.00", closing="11.00", days=("2026-11-02",) * 2)
        )
        record = self._drop(camt("053", entry("2.00", ref="E9"), opening="15.00", closing="17.00"))
        self.assertIn("4.00", record.warning_ids.text)

    def test_an_empty_statement_is_no_error(self):
        record = self._import(camt("053", opening="10.00", closing="10.00"))
        self.assertEqual(record.state, "nothing_new")
