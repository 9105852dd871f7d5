from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .confirmation_common import ConfirmationCase


@tagged("post_install", "-at_install")
class TestConfirmationRound(ConfirmationCase):
    """Whose balance is confirmed, what is sent, and what silence means."""

    def test_everybody_with_open_items_is_chosen_with_the_balance_of_the_ledger(self):
        of_round = self._round()
        balances = {each.partner_id: each.balance for each in of_round.confirmation_ids}
        self.assertEqual(balances[self.birch], 1420.0)
        self.assertEqual(balances[self.cedar], 304.44)
        self.assertEqual(of_round.total_amount, sum(of_round.confirmation_ids.mapped("balance_company")))
        self.assertEqual(of_round.population_count, len(of_round.confirmation_ids.partner_id))

    def test_balance_is_that_of_the_day_and_not_of_today(self):
        self._pay_by_bank(self.first, 400.0, self.today)
        self._post(77.0)
        self.assertEqual(self._of(self._round(), self.birch).balance, 1420.0)

    def test_subsidiary_is_a_customer_of_its_own_and_contacts_belong_to_theirs(self):
        self._post(10.0, partner=self.clerk.partner_id, due_in=-4)
        self._post(20.0, partner=self.birch_north, due_in=-4)
        of_round = self._round()
        self.assertEqual(self._of(of_round, self.birch).balance, 1430.0)
        self.assertEqual(self._of(of_round, self.birch_north).balance, 20.0)

    def test_currencies_are_confirmed_apart(self):
        euro = self.setup_other_currency("EUR", rates=[("2020-01-01", 0.5)])
        self._post(60.0, due_in=-4, currency_id=euro.id)
        of_birch = self._round().confirmation_ids.filtered(lambda each: each.partner_id == self.birch)
        self.assertEqual(
            {(each.currency_id, each.balance, each.balance_company) for each in of_birch},
            {(self.env.company.currency_id, 1420.0, 1420.0), (euro, 60.0, 120.0)},
        )

    def test_amount_and_size_narrow_the_selection(self):
        self.assertEqual(self._round(selection="amount", minimum=1420.0).confirmation_ids.partner_id, self.birch)
        self.assertFalse(self._round(selection="amount", minimum=1420.01).confirmation_ids)
        self.assertEqual(self._round(selection="largest", size=1).confirmation_ids.partner_id, self.birch)

    def test_sample_can_be_drawn_again_from_its_seed(self):
        for number in range(12):
            self._post(10.0 + number, partner=self._customer(f"Sampled {number}"), due_in=-4)
        once = self._round(selection="sample", size=5, seed="audit 2026").confirmation_ids.partner_id
        again = self._round(selection="sample", size=5, seed="audit 2026").confirmation_ids.partner_id
        other = self._round(selection="sample", size=5, seed="another").confirmation_ids.partner_id
        self.assertEqual(len(once), 5)
        self.assertEqual(once, again)
        self.assertNotEqual(once, other)

    def test_chosen_customer_with_nothing_open_confirms_zero(self):
        newcomer = self._customer("Newcomer", email="n@example.com")
        of_round = self._round(selection="chosen", partner_ids=[fields.Command.set(newcomer.ids)])
        [letter] = of_round.confirmation_ids
        self.assertEqual((letter.partner_id, letter.balance), (newcomer, 0.0))
        of_round.action_send()
        self.assertFalse(letter.line_ids)
        self.assertEqual(self._answer(letter), [])
        self.assertEqual(letter.state, "agreed")

    def test_other_day_drops_the_selection(self):
        of_round = self._round()
        of_round.date = self.yesterday - timedelta(days=9)
        self.assertFalse(of_round.confirmation_ids)

    def test_day_that_is_not_over_is_refused(self):
        of_round = self._round()
        of_round.write({"date": self.today + timedelta(days=1), "answer_by": self.today + timedelta(days=20)})
        with self.assertRaises(UserError):
            of_round.action_select()

    # -- sent -----------------------------------------------------------------------------------------

    def test_letter_goes_out_once_in_the_language_of_the_customer_with_its_link(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.birch.lang = "fr_FR"
        template = self.env.ref("ar_portal.mail_template_confirmation")
        template.with_context(lang="fr_FR").subject = "Confirmez votre solde"
        of_round = self._sent()
        letter = self._of(of_round, self.birch)
        mail = self._mail(letter)
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.sent_to, "books@birch.example.com")
        self.assertEqual(mail.recipient_ids, self.birch)
        self.assertEqual(mail.subject, "Confirmez votre solde")
        self.assertIn(f"/my/receivables/confirmation/{letter.id}?access_token=", mail.body_html)
        with self.assertRaises(UserError):
            of_round.action_send()
        self._cron()
        self.assertEqual(self._mail(letter), mail)

    def test_link_is_nowhere_that_staff_can_read(self):
        letter = self._of(self._sent(), self.birch)
        self.assertFalse(self._mail(letter).model)
        messages = self.env["mail.message"].with_user(self.manager).search([("body", "like", "access_token")])
        self.assertFalse(messages)
        self.assertIn("books@birch.example.com", letter.message_ids[0].body)

    def test_letter_is_frozen_when_it_is_sent(self):
        letter = self._of(self._sent(), self.birch)
        self.assertEqual(
            {(line.number, line.amount) for line in letter.line_ids},
            {(self.first.name, 1000.0), (self.second.name, 500.0), (self.refund.name, -80.0)},
        )
        self._post(99.0, due_in=-4)
        self._pay_by_bank(self.first, 400.0, self.yesterday)
        self.birch.name = "Birch Renamed"
        self.assertEqual((letter.balance, letter.customer_name), (1420.0, "Birch Trading"))
        self.assertEqual(sum(letter.line_ids.mapped("amount")), 1420.0)
        with self.assertRaises(UserError):
            letter.line_ids[0].amount = 1.0

    def test_customer_without_address_is_listed_with_the_reason_and_tried_again(self):
        self.birch.email = False
        of_round = self._sent()
        letter = self._of(of_round, self.birch)
        self.assertEqual((letter.state, letter.failure_code), ("failed", "no_email"))
        self.assertEqual((of_round.failed_count, of_round.failed_amount), (1, 1420.0))
        self.assertFalse(self._mail(letter))
        self.birch.email = "right@example.com"
        of_round.action_send_again()
        self.assertEqual((letter.state, letter.failure_code), ("sent", False))
        self.assertEqual(letter.sent_to, "right@example.com")
        self.assertEqual(len(letter.line_ids), 3)

    def test_refusal_by_the_mail_server_is_listed(self):
        of_round = self._sent()
        letter = self._of(of_round, self.birch)
        self._mail(letter)._postprocess_sent_message([], [], failure_reason="550 No such user", failure_type="unknown")
        self.assertEqual((letter.state, letter.failure_code), ("failed", "mail"))
        self.assertIn("550 No such user", letter._failure_words())
        self.assertEqual(self._of(of_round, self.cedar).state, "sent")
        self._mail(letter)._postprocess_sent_message(self.birch, [])
        self.assertEqual((letter.state, letter.failure_code), ("sent", False))

    def test_link_that_went_astray_ends_when_the_letter_is_sent_again(self):
        of_round = self._sent()
        letter = self._of(of_round, self.birch)
        token, mail = letter._token(), self._mail(letter)
        self.assertTrue(letter._is_token(token))
        letter._fail("mail", "550")
        of_round.action_send_again()
        self.assertFalse(mail.exists())
        self.assertFalse(letter._is_token(token))
        self.assertTrue(letter._is_token(letter._token()))

    def test_large_round_is_sent_in_the_background_in_chunks(self):
        for number in range(3):
            self._post(10.0 + number, partner=self._customer(f"C {number}", email=f"c{number}@example.com"), due_in=-4)
        with patch("odoo.addons.ar_portal.models.ar_confirmation_round.MOST_AT_ONCE", 2):
            of_round = self._sent()
        self.assertEqual(of_round.to_send_count, of_round.total_count)
        self._cron(chunk_size=2)
        of_round.invalidate_recordset()
        self.assertEqual((of_round.to_send_count, of_round.failed_count), (0, 0))
        self.assertEqual(of_round.sent_count, 5)

    def test_one_letter_that_can_not_be_made_stops_no_other(self):
        model = self.env.registry["ar.balance.confirmation"]
        mailed = model._mailed

        def broken(letter, template):
            if letter.partner_id == self.birch:
                raise UserError(letter.env._("broken"))
            return mailed(letter, template)

        with patch.object(model, "_mailed", broken):
            of_round = self._sent()
        self.assertEqual(self._of(of_round, self.birch).failure_code, "failed")
        self.assertEqual(self._of(of_round, self.cedar).state, "sent")

    # -- silence ------------------------------------------------------------------------------------

    def test_silence_on_a_positive_letter_is_no_agreement(self):
        of_round = self._sent()
        self._cron(20)
        self.assertEqual(self._of(of_round, self.birch).state, "sent")
        self._cron(21)
        self.assertEqual(self._of(of_round, self.birch).state, "unanswered")
        self.assertEqual((of_round.unanswered_count, of_round.agreed_count), (2, 0))

    def test_silence_on_a_negative_letter_is_no_objection(self):
        of_round = self._sent(form="negative")
        self._cron(20)
        self.assertEqual(self._of(of_round, self.birch).state, "sent")
        self._cron(21)
        self.assertEqual(self._of(of_round, self.birch).state, "no_objection")
        self.assertEqual((of_round.no_objection_count, of_round.agreed_count, of_round.answered_count), (2, 0, 0))

    def test_who_was_not_reached_has_not_been_silent(self):
        self.birch.email = False
        of_round = self._sent(form="negative")
        self._cron(21)
        self.assertEqual(self._of(of_round, self.birch).state, "failed")

    def test_who_has_not_answered_is_reminded_once(self):
        of_round = self._sent()
        letter, answered = self._of(of_round, self.birch), self._of(of_round, self.cedar)
        self._answer(answered, self.cedar_user)
        reminders = [("subject", "like", "Reminder: please confirm your balance%")]
        self._cron(12)
        self.assertFalse(self.env["mail.mail"].sudo().search(reminders))
        self._cron(13)
        self._cron(14)
        [reminder] = self.env["mail.mail"].sudo().search(reminders)
        self.assertEqual(reminder.recipient_ids, self.birch)
        self.assertIn("access_token", reminder.body_html)
        self.assertTrue(letter.reminded_on)
        self.assertFalse(answered.reminded_on)

    def test_negative_letters_are_not_reminded(self):
        of_round = self._sent(form="negative")
        self.assertFalse(of_round.remind_on)
        self._cron(19)
        self.assertFalse(self._of(of_round, self.birch).reminded_on)

    def test_closed_round_takes_no_answer_and_counts_who_was_silent(self):
        of_round = self._sent()
        of_round.action_close()
        letter = self._of(of_round, self.birch)
        self.assertEqual((of_round.state, letter.state), ("closed", "unanswered"))
        self.assertTrue(self._answer(letter))
        self.assertFalse(letter.answer_ids)

    def test_negative_round_is_not_closed_before_customers_had_their_time(self):
        of_round = self._sent(form="negative")
        with self.assertRaises(UserError):
            of_round.action_close()
        with freeze_time(fields.Datetime.now() + timedelta(days=21)):
            of_round.action_close()
        self.assertEqual(self._of(of_round, self.birch).state, "no_objection")

    # -- rights -------------------------------------------------------------------------------------

    def test_clerk_prepares_and_does_not_send(self):
        of_round = self._round(user=self.ar_clerk)
        self.assertTrue(of_round.confirmation_ids)
        with self.assertRaises(AccessError):
            of_round.action_send()
        with self.assertRaises(AccessError):
            of_round.write({"state": "sent"})
        with self.assertRaises(AccessError):
            of_round.confirmation_ids[0].write({"state": "agreed"})
        with self.assertRaises(AccessError):
            of_round.confirmation_ids[0].unlink()
        of_round.with_user(self.manager).action_send()
        with self.assertRaises(AccessError):
            of_round.action_close()
        with self.assertRaises(UserError):
            of_round.write({"date": self.yesterday - timedelta(days=1)})
        with self.assertRaises(UserError):
            of_round.unlink()

    def test_reader_reads_and_changes_nothing(self):
        of_round = self._sent().with_user(self.user)
        self.assertEqual(of_round.sent_count, 2)
        with self.assertRaises(AccessError):
            of_round.action_select()
        with self.assertRaises(AccessError):
            of_round.write({"note": "x"})
        with self.assertRaises(AccessError):
            of_round.confirmation_ids[0].write({"conclusion": "x"})
        with self.assertRaises(AccessError):
            of_round.copy()

    def test_state_is_not_taken_from_the_form(self):
        of_round = (
            self.env["ar.confirmation.round"]
            .with_user(self.ar_clerk)
            .create({"state": "closed", "population_count": 7, "answer_by": self.today + timedelta(days=3)})
        )
        self.assertEqual((of_round.state, of_round.population_count), ("draft", 0))

    def test_portal_user_reads_nothing_through_the_orm(self):
        letter = self._of(self._sent(), self.birch)
        self._answer(letter)
        for record in (letter, letter.round_id, letter.line_ids, letter.answer_id):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.clerk).read(["id"])

    def test_other_company_is_absent(self):
        other = self.setup_other_company()["company"]
        self._post(606.66, company_id=other.id, due_in=-4)
        of_round = self._sent()
        self.assertEqual(self._of(of_round, self.birch).balance, 1420.0)
        self.user.write({"company_ids": [fields.Command.set(other.ids)], "company_id": other.id})
        for model in ("ar.confirmation.round", "ar.balance.confirmation", "ar.balance.confirmation.line"):
            self.assertFalse(self.env[model].with_user(self.user).search([]))
        with self.assertRaises(AccessError):
            of_round.with_user(self.user).read(["note"])
