from odoo.tests import tagged

from .confirmation_common import ConfirmationCase


class ConfirmationTourCase(ConfirmationCase):
    """A letter that waits for an answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        of_round = cls._sent()
        cls.letter = of_round.sudo().confirmation_ids.filtered(lambda each: each.partner_id == cls.birch)

    def _assert_half_is_disputed(self, answer):
        self.assertFalse(answer.agrees)
        self.assertEqual((answer.difference, answer.signer), (-500.0, "Ida Clerk"))
        [line] = answer.line_ids
        self.assertEqual((line.theirs, line.comment, line.dispute_id.amount), (500.0, "Paid half of it", 500.0))
        self.assertTrue(answer._is_intact())


@tagged("post_install", "-at_install")
class TestConfirmationTourDesktop(ConfirmationTourCase):
    def test_customer_confirms_with_one_difference_at_a_desk(self):
        self.start_tour("/my/home", "ar_portal_confirmation", login="clerk")
        self._assert_half_is_disputed(self.letter.answer_id)
        self.assertEqual(self.letter.answer_id.channel, "portal")

    def test_visitor_answers_by_link_and_changes_the_answer(self):
        self.start_tour(self._link(self.letter), "ar_portal_confirmation_by_link")
        agreed, differed = self.letter.answer_ids
        self._assert_half_is_disputed(differed)
        self.assertEqual((agreed.agrees, agreed.channel), (True, "link"))
        self.assertEqual(self.letter.state, "agreed")


@tagged("post_install", "-at_install")
class TestConfirmationTourPhone(ConfirmationTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_customer_confirms_with_one_difference_on_a_phone(self):
        self.start_tour("/my/home", "ar_portal_confirmation", login="clerk")
        self._assert_half_is_disputed(self.letter.answer_id)
