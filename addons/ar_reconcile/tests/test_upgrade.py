import importlib.util
import json
from pathlib import Path

from odoo.tests import tagged

from .common import MatchCommon, ofx

SCRIPTS = Path(__file__).resolve().parents[1] / "migrations"


@tagged("post_install", "-at_install")
class TestUpgrade(MatchCommon):
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

    def test_matches_of_the_second_version_keep_their_history_and_can_be_decided(self):
        paid, undone, waiting = self._invoice(10), self._invoice(20), self._invoice(30)
        lines = self._pay(("10.00", paid.name), ("20.00", undone.name), ("7.00", "HELLO"))
        lines[1].action_ar_undo()
        with self._threshold(1):
            lines += self._pay(("30.00", waiting.name))
        matches = lines.ar_match_ids.sorted("id")
        self.assertEqual(matches.mapped("state"), ["accepted", "undone", "left", "proposed"])
        told = {
            "confidence": "sure",
            "allocations": [],
            "reasons": [["amount_equal", [["amount", "30.00"]]]],
            "against": [],
        }
        self.env.flush_all()
        # As the second version called and stored it.
        self.env.cr.execute(
            """
            UPDATE ar_match_proposal SET engine_version = '1', verdict = %s, facts = '{"candidates": []}';
            UPDATE ar_match_proposal SET state = CASE state WHEN 'left' THEN 'open' WHEN 'accepted' THEN 'booked'
                ELSE state END;
            UPDATE account_bank_statement_line SET ar_match_state = CASE ar_match_state
                WHEN 'none' THEN 'open' WHEN 'matched' THEN 'booked' ELSE ar_match_state END, ar_is_persons = FALSE;
            ALTER TABLE account_bank_statement_line RENAME COLUMN ar_match_state TO ar_state;
            ALTER TABLE ar_match_proposal
                DROP COLUMN rank, DROP COLUMN reasons, DROP COLUMN against;
            ALTER TABLE ar_match_proposal RENAME COLUMN verdict TO proposal;
            ALTER TABLE ar_match_proposal RENAME TO ar_match;
            ALTER SEQUENCE ar_match_proposal_id_seq RENAME TO ar_match_id_seq;
            ALTER TABLE ar_match_proposal_allocation DROP COLUMN kind, DROP COLUMN partner_id;
            ALTER TABLE ar_match_proposal_allocation RENAME COLUMN move_line_id TO item_id;
            ALTER TABLE ar_match_proposal_allocation RENAME COLUMN proposal_id TO match_id;
            ALTER TABLE ar_match_proposal_allocation RENAME TO ar_match_allocation;
            ALTER SEQUENCE ar_match_proposal_allocation_id_seq RENAME TO ar_match_allocation_id_seq;
            UPDATE ir_model SET model = replace(model, 'ar.match.proposal', 'ar.match');
            UPDATE ir_model_data SET name = replace(name, 'ar_match_proposal', 'ar_match');
            """,
            [json.dumps(told)],
        )
        self._run("19.0.3.0.0", "pre")
        self.env.invalidate_all()

        self.assertEqual(matches.mapped("state"), ["accepted", "undone", "left", "proposed"])
        self.assertEqual(lines.mapped("ar_match_state"), ["matched", "none", "none", "proposed"])
        self.assertEqual(lines.mapped("ar_is_persons"), [False, True, False, False])
        self.assertEqual([match.allocation_ids.kind for match in matches], ["full", "full", False, "full"])
        self.assertEqual(matches[3].allocation_ids.partner_id, self.partner_a)
        self.assertEqual((matches[3].confidence_text, matches[3].rank), ("Sure", 1))
        self.assertIn("30.00", matches[3].explanation)
        self.env.cr.execute("SELECT name FROM ir_model_data WHERE name LIKE 'model\\_ar\\_match%'")
        self.assertIn(("model_ar_match_proposal",), self.env.cr.fetchall())
        lines[3].action_ar_accept()
        lines[0].action_ar_undo()
        self.assertEqual((paid | waiting).mapped("payment_state"), ["not_paid", "paid"])

    def test_matches_of_the_third_version_were_found_by_the_rules_and_a_person_s_need_no_version_of_them(self):
        _invoice, line = self._proposal()
        self.env.flush_all()
        # As the third version stored it, which knew no other matches than its own.
        self.env.cr.execute(
            """
            ALTER TABLE ar_match_proposal DROP COLUMN origin;
            ALTER TABLE ar_match_proposal ALTER COLUMN engine_version SET NOT NULL;
            """
        )
        self.registry.init_models(self.env.cr, ["ar.match.proposal"], {"module": "ar_reconcile"})
        self.env.invalidate_all()
        self.assertEqual((line.ar_match_id.origin, line.ar_match_id.state), ("rules", "proposed"))
        account = self.company_data["default_account_expense"]
        match = line.ar_book_by_hand([{"kind": "account", "amount": 50, "account": account.id}])
        self.assertEqual((match.state, match.engine_version), ("accepted", False))
