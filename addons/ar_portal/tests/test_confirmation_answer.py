from io import BytesIO
from unittest.mock import patch

import openpyxl

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ar_portal.engine.confirmation import fingerprint

from .confirmation_common import ConfirmationCase

PDF = b"%PDF-1.4 a delivery note"


def file(name, content=PDF):
    return name, BytesIO(content)


@tagged("post_install", "-at_install")
class TestConfirmationAnswer(ConfirmationCase):
    """What a customer answers is kept as it was signed, and a difference is followed up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.of_round = cls._sent()
        cls.letter = cls.of_round.sudo().confirmation_ids.filtered(lambda each: each.partner_id == cls.birch)

    def _fields_of(self, errors):
        return [error["field"] for error in errors]

    def test_agreement_is_signed(self):
        self.assertEqual(self._answer(self.letter, function="Accountant", remark="Fine"), [])
        answer = self.letter.answer_id
        self.assertEqual(self.letter.state, "agreed")
        self.assertRecordValues(
            answer,
            [
                {
                    "number": 1,
                    "agrees": True,
                    "signer": "Ida Clerk",
                    "function": "Accountant",
                    "channel": "portal",
                    "user_id": self.clerk.id,
                    "their_balance": 1420.0,
                    "difference": 0.0,
                }
            ],
        )
        self.assertEqual(answer.fingerprint, fingerprint(answer.document))
        for fact in ("Birch Trading", self.first.name, "1420.00", "Ida Clerk", "Accountant", "Fine"):
            self.assertIn(fact, answer.document)
        self.assertFalse(self.env["ar.dispute"].search([("partner_id", "=", self.birch.id)]))
        self.assertEqual((self.of_round.agreed_count, self.of_round.agreed_amount), (1, 1420.0))

    def test_difference_is_kept_line_by_line_and_disputed(self):
        code = self.env.ref("ar_enhanced.dispute_code_paid")
        line = self._line(self.letter, self.first)
        reason = {f"reason_{line.id}": code.code, f"comment_{line.id}": "Paid on the 3rd"}
        self.assertEqual(self._differ(self.letter, self.first, "750.5", **reason), [])
        [kept] = self.letter.answer_id.line_ids
        self.assertEqual((kept.ours, kept.theirs, kept.difference), (1000.0, 750.5, -249.5))
        self.assertEqual(self.letter.state, "differs")
        self.assertEqual((self.letter.their_balance, self.letter.difference), (1170.5, -249.5))
        dispute = kept.dispute_id
        self.assertRecordValues(
            dispute,
            [
                {
                    "move_id": self.first.id,
                    "amount": 249.5,
                    "code_id": code.id,
                    "state": "open",
                    "user_id": self.manager.id,
                    "ar_confirmation_id": self.letter.id,
                }
            ],
        )
        self.assertIn("Paid on the 3rd", dispute.description)
        self.assertEqual(self.letter.activity_ids.user_id, self.manager)

    def test_visitor_is_no_author_of_what_staff_sees(self):
        visitor = self.env.ref("base.public_user").sudo()
        self.assertEqual(self._differ(self.letter, self.first, "750", user=visitor), [])
        dispute = self.letter.answer_id.line_ids.dispute_id
        for record in (dispute, self.letter.activity_ids, self.letter.answer_id):
            self.assertTrue(record.create_uid._is_internal())
        self.assertNotIn(visitor.partner_id, (self.letter.message_ids | dispute.message_ids).author_id)
        self.assertFalse(self.letter.answer_id.user_id)

    def test_dispute_pauses_reminders_for_its_part(self):
        self._differ(self.letter, self.first, "750")
        lines = self.env["account.move.line"].sudo()
        lines.env.flush_all()
        paused = [
            (line_id, code, float(amount))
            for query in lines._ar_reminder_exclusions(self.of_round.company_id, self.today)
            for line_id, code, amount in self.env.execute_query(query)
            if code == "disputed"
        ]
        self.assertEqual(paused, [(self._line(self.letter, self.first).move_line_id.id, "disputed", 250.0)])

    def test_what_the_customer_owes_more_is_a_difference_and_no_dispute(self):
        self.assertEqual(self._differ(self.letter, self.first, "1100"), [])
        self.assertEqual(self.letter.difference, 100.0)
        self.assertFalse(self.letter.answer_id.line_ids.dispute_id)
        self.assertTrue(self.letter.activity_ids)

    def test_credit_that_the_customer_has_otherwise_is_a_difference_and_no_dispute(self):
        self.assertEqual(self._differ(self.letter, self.refund, "-100"), [])
        self.assertEqual(self.letter.difference, -20.0)
        self.assertFalse(self.letter.answer_id.line_ids.dispute_id)

    def test_items_that_we_do_not_have_count_on_their_side(self):
        form = {
            "missing_kind_1": "payment",
            "missing_number_1": "TRANSFER 77",
            "missing_day_1": str(self.yesterday),
            "missing_amount_1": "300",
            "missing_kind_4": "invoice",
            "missing_number_4": "INV/OLD/1",
            "missing_amount_4": "20.10",
        }
        self.assertEqual(self._answer(self.letter, answer="differ", **form), [])
        self.assertRecordValues(
            self.letter.answer_id.line_ids,
            [
                {"kind": "payment", "number": "TRANSFER 77", "theirs": 300.0, "difference": -300.0},
                {"kind": "invoice", "number": "INV/OLD/1", "theirs": 20.1, "difference": 20.1},
            ],
        )
        self.assertEqual(self.letter.their_balance, 1140.1)

    def test_balance_that_no_line_explains_is_kept_as_unexplained(self):
        self.assertEqual(self._differ(self.letter, self.first, "900", total="1300"), [])
        answer = self.letter.answer_id
        self.assertEqual((answer.their_balance, answer.difference, answer.unexplained), (1300.0, -120.0, -20.0))

    def test_no_second_dispute_of_what_is_disputed_already(self):
        self.env["ar.dispute"].create(
            {
                "move_id": self.first.id,
                "amount": 100.0,
                "code_id": self.env.ref("ar_enhanced.dispute_code_price").id,
            }
        )
        self._differ(self.letter, self.first, "750")
        disputes = self.env["ar.dispute"].search([("move_id", "=", self.first.id)])
        self.assertEqual(sorted(disputes.mapped("amount")), [100.0, 150.0])
        self._differ(self.letter, self.first, "750", why="The same again")
        self.assertEqual(self.env["ar.dispute"].search_count([("move_id", "=", self.first.id)]), 2)
        self.assertTrue(self.letter.answer_id.line_ids.dispute_id)

    def test_what_was_paid_since_is_not_disputed(self):
        self._pay_by_bank(self.first, 900.0)
        self._differ(self.letter, self.first, "0")
        self.assertEqual(self.letter.answer_id.line_ids.dispute_id.amount, 100.0)

    # -- history --------------------------------------------------------------------------------

    def test_a_letter_is_answered_so_often_and_no_more(self):
        self.startPatcher(patch("odoo.addons.ar_portal.models.ar_balance_confirmation_portal.MOST_ANSWERS", 2))
        for count in ("0", "1"):
            self.assertEqual(self._answer(self.letter, expected=count, why="Once more"), [])
        [error] = self._answer(self.letter, expected="2", why="Once more")
        self.assertIn("answered 2 times", error["words"])
        self.assertEqual(len(self.letter.answer_ids), 2)

    def test_later_answer_takes_the_place_and_keeps_the_one_before(self):
        self._answer(self.letter)
        before = self.letter.answer_id
        self.assertEqual(self._fields_of(self._differ(self.letter, self.first, "900")), ["why"])
        self.assertEqual(self._differ(self.letter, self.first, "900", why="Found a credit"), [])
        answer = self.letter.answer_id
        self.assertEqual((answer.number, answer.reason), (2, "Found a credit"))
        self.assertEqual(answer.supersedes, before.fingerprint)
        self.assertEqual(self.letter.answer_ids, answer + before)
        self.assertTrue(before.agrees and before._is_intact() and answer._is_intact())

    def test_answer_is_never_edited(self):
        self._differ(self.letter, self.first, "900")
        for record in (self.letter.answer_id, self.letter.answer_id.line_ids):
            with self.assertRaises(UserError):
                record.sudo().write({"comment" if "comment" in record._fields else "signer": "x"})

    def test_changes_in_the_database_are_found(self):
        self.assertEqual(self._differ(self.letter, self.first, "900", files=[file("note.pdf")], remark="As told"), [])
        answer = self.letter.answer_id
        self.assertTrue(answer._is_intact())
        self.assertEqual(self.letter.with_user(self.user).action_verify()["params"]["type"], "success")
        for statement in (
            "UPDATE ar_confirmation_answer SET signer = 'Someone else'",
            "UPDATE ar_confirmation_answer SET answered_on = answered_on + interval '1 day'",
            "UPDATE ar_confirmation_answer SET agrees = true",
            "UPDATE ar_confirmation_answer SET fingerprint = repeat('0', 64)",
            "UPDATE ar_confirmation_answer SET document = replace(document, '900.00', '990.00')",
            "UPDATE ar_confirmation_answer_line SET theirs = 990",
            "UPDATE ar_confirmation_answer_line SET comment = 'x'",
            "DELETE FROM ar_confirmation_answer_line",
            "UPDATE ar_balance_confirmation_line SET amount = amount + 1",
            "UPDATE ar_balance_confirmation SET customer_name = 'Elm'",
            "DELETE FROM ir_attachment WHERE res_model = 'ar.confirmation.answer'",
            "UPDATE ir_attachment SET name = 'other.pdf' WHERE res_model = 'ar.confirmation.answer'",
        ):
            with self.subTest(statement=statement):
                self.env.flush_all()
                self.env.cr.execute("SAVEPOINT tampering")
                self.env.cr.execute(statement)
                self.env.invalidate_all()
                self.assertFalse(answer._is_intact())
                self.assertEqual(self.letter.action_verify()["params"]["type"], "danger")
                self.env.cr.execute("ROLLBACK TO SAVEPOINT tampering")
                self.env.invalidate_all()
        self.assertTrue(answer._is_intact())

    # -- bad input ------------------------------------------------------------------------------

    def _assert_refused(self, errors, *names):
        self.assertTrue(errors)
        if names:
            self.assertEqual(self._fields_of(errors), list(names))
        self.assertTrue(all(error["words"] for error in errors))
        self.assertFalse(self.letter.answer_ids)
        self.assertEqual(self.letter.state, "sent")
        self.assertFalse(self.env["ar.dispute"].search([("partner_id", "=", self.birch.id)]))
        self.assertFalse(self.env["ir.attachment"].search([("res_model", "=", "ar.confirmation.answer")]))

    def test_amounts_that_are_none_are_refused(self):
        name = f"amount_{self._line(self.letter, self.first).id}"
        for theirs in ("NaN", "inf", "1e3", "-1", "1,5", "1.001", "9" * 16, "٣", "0x10", "1 000", "<b>1</b>", "--1"):
            with self.subTest(theirs=theirs):
                errors = self._differ(self.letter, self.first, theirs)
                self._assert_refused(errors, *([] if theirs == "-1" else [name]))

    def test_answer_that_says_nothing_is_refused(self):
        self._assert_refused(self._answer(self.letter, answer="differ"))
        self._assert_refused(self._differ(self.letter, self.first, "1000.00"))
        self._assert_refused(self._answer(self.letter, answer="differ", total="1420"))
        self._assert_refused(self._answer(self.letter, answer="perhaps"))
        self._assert_refused(self._answer(self.letter, name=" \x00\n"), "name")
        self._assert_refused(self._answer(self.letter, name="x" * 101), "name")

    def test_items_of_another_letter_are_refused(self):
        other = self._of(self.of_round, self.cedar)
        for key in (other.line_ids.id, 2**40, "x", ""):
            with self.subTest(key=key):
                errors = self._answer(self.letter, answer="differ", **{f"amount_{key}": "1"})
                self._assert_refused(errors, f"amount_{key}")
        line = self._line(self.letter, self.first)
        self._assert_refused(self._differ(self.letter, self.first, "1", **{f"reason_{line.id}": "made up"}))

    def test_missing_items_that_are_none_are_refused(self):
        item = {"missing_kind_1": "payment", "missing_number_1": "P1", "missing_amount_1": "5"}
        for change in (
            {"missing_amount_1": "-5"},
            {"missing_amount_1": "0"},
            {"missing_amount_1": ""},
            {"missing_number_1": ""},
            {"missing_kind_1": "gift"},
            {"missing_day_1": "yesterday"},
            {"missing_day_1": "2026-02-30"},
        ):
            with self.subTest(change=change):
                self._assert_refused(self._answer(self.letter, answer="differ", **{**item, **change}))

    def test_files_are_kept_with_clean_names_and_never_public(self):
        files = [file("../../etc/Delivery<note>.PDF"), file("a.csv", b"number;amount\n"), file("a.csv", b"x;y\n")]
        self.assertEqual(self._differ(self.letter, self.first, "1", files=files), [])
        kept = self.letter.answer_id.attachment_ids.sorted("name")
        self.assertEqual(kept.mapped("name"), ["Delivery_note.pdf", "a (2).csv", "a.csv"])
        self.assertEqual(kept.mapped("mimetype"), ["application/pdf", "text/csv", "text/csv"])
        self.assertFalse(any(kept.mapped("public")))
        self.assertEqual(kept[0].with_user(self.user).raw, PDF)

    def test_files_that_may_harm_are_refused(self):
        for name, content in (
            ("run.exe", b"MZ"),
            ("page.html", b"<script>"),
            ("page.pdf", b"<html>"),
            ("image.svg", b"<svg>"),
            ("page.csv", b"<html><script>alert(1)</script>"),
            ("empty.pdf", b""),
            ("book.xlsx", b"PK\x03\x04 broken"),
            ("noname", PDF),
            ("large.pdf", PDF + b"x" * 10 * 1024 * 1024),
        ):
            with self.subTest(name=name):
                errors = self._differ(self.letter, self.first, "1", files=[file(name, content)])
                self._assert_refused(errors, "files")
        many = [file(f"{number}.pdf") for number in range(11)]
        self._assert_refused(self._differ(self.letter, self.first, "1", files=many), "files")

    def test_form_sent_twice_is_one_answer(self):
        form = self._form(self.letter, answer="agree", why="Sent twice")
        as_user = self.letter.with_user(self.clerk).sudo()
        self.assertEqual(as_user._ar_portal_answer(form, [], by_link=False), [])
        self.assertTrue(as_user._ar_portal_answer(form, [], by_link=False))
        self.assertEqual(len(self.letter.answer_ids), 1)

    def test_who_answers_at_the_same_moment_is_told(self):
        letters = self.env.registry["ar.balance.confirmation"]
        with patch.object(letters, "try_lock_for_update", lambda letter, **kwargs: letter.browse()):
            self._assert_refused(self._answer(self.letter))

    def test_staff_does_not_answer_for_a_customer(self):
        accountant = new_test_user(self.env, "staff_of_birch", "account.group_account_invoice")
        self._assert_refused(self._answer(self.letter, user=accountant))

    def test_answer_that_can_not_be_verified_is_not_kept(self):
        with (
            patch.object(self.env.registry["ar.confirmation.answer"], "_is_intact", lambda answer: False),
            mute_logger("odoo.http"),
            self.assertRaises(UserError),
        ):
            self._answer(self.letter)

    # -- the sheet ------------------------------------------------------------------------------

    def test_sheet_shows_answers_differences_and_whether_they_are_unchanged(self):
        self._differ(self.letter, self.first, "900", total="1310", function="=cmd|'x'!A1")
        sheet = self._sheet(self.of_round.with_user(self.user)._workbook())
        summary = {row[0]: row[1:3] for row in sheet["Summary"] if row[0]}
        self.assertEqual(summary["Sent"], (2, self.of_round.sent_amount))
        self.assertEqual(summary["Differing"], (1, 1420.0))
        self.assertEqual(summary["Unanswered"], (1, 304.44))
        [row] = [row for row in sheet["Customers"] if row[0] == "Birch Trading"]
        self.assertEqual((row[3], row[9], row[10], row[13]), (1420.0, 1310.0, -110.0, "Yes"))
        self.assertIn(self.letter.answer_id.fingerprint, row)
        differences = [row for row in sheet["Differences"] if row[0] == "Birch Trading"]
        self.assertEqual([row[6] for row in differences], [-100.0, -10.0])

    def test_texts_of_customers_are_no_formulas_in_the_sheet(self):
        evil = "=HYPERLINK(0)"
        line = self._line(self.letter, self.first)
        self._differ(self.letter, self.first, "900", name=evil, **{f"comment_{line.id}": evil})
        book = openpyxl.load_workbook(BytesIO(self.of_round._workbook()))
        found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == evil]
        self.assertEqual({cell.data_type for cell in found}, {"s"})
        self.assertEqual(len(found), 2)

    def _sheet(self, content):
        book = openpyxl.load_workbook(BytesIO(content))
        return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}

    def test_printed_sheet_and_letter_say_the_same(self):
        self._differ(self.letter, self.first, "900")
        reports = self.env["ir.actions.report"].with_user(self.user)
        sheet = reports._render_qweb_html("ar_portal.report_ar_confirmation_sheet", self.of_round.ids)[0].decode()
        letter = reports._render_qweb_html("ar_portal.report_ar_confirmation", self.letter.ids)[0].decode()
        for text in (sheet, letter):
            self.assertIn(self.letter.answer_id.fingerprint, text)
            self.assertIn("Ida Clerk", text)
        self.assertIn("Cedar Works", sheet)
        self.assertNotIn("Cedar Works", letter)
        self.assertIn(self.second.name, letter)
