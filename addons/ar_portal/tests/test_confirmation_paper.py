import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .confirmation_common import ConfirmationCase

SCAN = base64.b64encode(b"%PDF-1.4 scanned letter")


@tagged("post_install", "-at_install")
class TestConfirmationPaper(ConfirmationCase):
    """Letters that come back on paper are recorded with their scan, by a clerk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.birch.email = False
        cls.of_round = cls._sent()
        cls.letter = cls.of_round.sudo().confirmation_ids.filtered(lambda each: each.partner_id == cls.birch)

    def _record(self, user=None, **values):
        asked = (
            self.env["ar.confirmation.paper"]
            .with_user(user or self.ar_clerk)
            .create(
                {
                    "confirmation_id": self.letter.id,
                    "signer": "Ida Clerk",
                    "scan": SCAN,
                    "scan_name": "letter.pdf",
                    **values,
                }
            )
        )
        asked.action_record()

    def test_agreement_on_paper_is_kept_with_who_recorded_it(self):
        self.assertEqual(self.letter.state, "failed")
        self._record(remark="Letter of 3 January")
        answer = self.letter.answer_id
        self.assertEqual((self.letter.state, self.letter.failure_code), ("agreed", False))
        self.assertEqual((answer.channel, answer.user_id, answer.agrees), ("paper", self.ar_clerk, True))
        self.assertEqual(answer.attachment_ids.raw, b"%PDF-1.4 scanned letter")
        self.assertTrue(answer._is_intact())

    def test_other_balance_on_paper_is_a_difference(self):
        self._record(answer="differ", their_balance=1400.0)
        self.assertEqual((self.letter.state, self.letter.difference), ("differs", -20.0))
        with self.assertRaises(UserError):
            self._record()
        self._record(reason="A second letter came")
        self.assertEqual(self.letter.state, "agreed")

    def test_what_is_no_answer_or_no_scan_is_refused(self):
        for values in (
            {"answer": "differ", "their_balance": 1420.0},
            {"scan_name": "letter.exe"},
            {"scan": base64.b64encode(b"<html>")},
            {"signer": " "},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._record(**values)
        self.assertFalse(self.letter.answer_ids)

    def test_reader_records_nothing(self):
        with self.assertRaises(AccessError):
            self._record(user=self.user)
        with self.assertRaises(AccessError):
            self.letter.with_user(self.user)._answer_on_paper({}, [])

    def test_closed_round_takes_no_paper(self):
        self.of_round.action_close()
        with self.assertRaises(UserError):
            self._record()
