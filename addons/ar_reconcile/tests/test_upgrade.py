import importlib.util
from pathlib import Path

from odoo.tests import tagged

from .common import BankFileCommon, ofx

SCRIPTS = Path(__file__).resolve().parents[1] / "migrations"


@tagged("post_install", "-at_install")
class TestUpgrade(BankFileCommon):
    def _run(self, version, stage):
        path = SCRIPTS / version / f"{stage}-migrate.py"
        specification = importlib.util.spec_from_file_location(f"ar_{stage}_migrate", path)
        script = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(script)
        script.migrate(self.env.cr, "19.0.1.0.0")

    def test_files_of_the_first_version_keep_their_lines_messages_and_undo(self):
        done = self._import(ofx([("1", "20261118", "5.00", "A", "B"), ("2", "20261118", "-2.00", "A", "C")]))
        refused = self._import(b"?", "bad.ofx")
        lines, statement = done.line_ids, done.statement_ids
        # As the first version stored it: no notes, lines in a table of their own, the message as text.
        (done | refused).sudo().note_ids.unlink()
        done.sudo().imported_statement_ids.unlink()
        lines.ar_file_id = False
        lines.ar_source = False
        self.env.flush_all()
        self.env.cr.execute(
            """
            CREATE TABLE account_bank_statement_line_ar_statement_import_rel
                (ar_statement_import_id integer, account_bank_statement_line_id integer);
            INSERT INTO account_bank_statement_line_ar_statement_import_rel
                SELECT %s, unnest(%s);
            ALTER TABLE ar_statement_import ADD COLUMN message text;
            UPDATE ar_statement_import SET message = 'bad.ofx was not imported: so.' WHERE id = %s;
            UPDATE ar_statement_import SET imported_by = NULL;
            """,
            [done.id, lines.ids, refused.id],
        )
        self._run("19.0.2.0.0", "pre")
        self._run("19.0.2.0.0", "post")
        self.env.invalidate_all()

        self.assertEqual((done.line_ids, done.statement_ids, done.origin), (lines, statement, "upload"))
        self.assertEqual(done.imported_by, done.create_uid)
        self.assertRecordValues(
            done.imported_statement_ids,
            [{"journal_id": self.journal.id, "new_count": 2, "money_in": 5.0, "money_out": -2.0}],
        )
        self.assertEqual(refused.message, "bad.ofx was not imported: so.")
        self.assertEqual(set(lines.mapped("ar_source")), {"OFX"})
        done.action_undo()
        self.assertFalse(lines.exists())
