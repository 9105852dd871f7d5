from odoo import fields
from odoo.tests import tagged

from .common import MatchCommon


@tagged("post_install", "-at_install")
class TestAnnouncedTransfer(MatchCommon):
    """What a customer has announced of a transfer is evidence when its bank line comes."""

    def _notice(self, *lines, day="2026-11-18", partner=None, **values):
        """An announcement of (item, amount) lines."""
        item = lines[0][0]
        return (
            self.env["ar.payment.notice"]
            .sudo()
            .create(
                {
                    "partner_id": (partner or self.partner_a).id,
                    "company_id": item.company_id.id,
                    "currency_id": item.currency_id.id,
                    "announced_on": day,
                    "expected_on": day,
                    "line_ids": [
                        fields.Command.create(
                            {
                                "move_line_id": line.id,
                                "amount": amount,
                                "residual_before": line.amount_residual_currency,
                            }
                        )
                        for line, amount in lines
                    ],
                    **values,
                }
            )
        )

    def _item(self, move):
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _shares(self, line):
        return {(part.number, part.kind, part.amount) for part in line.ar_proposal_ids.allocation_ids}

    def _matched(self, amount, text, **values):
        """A bank line that a person is to look at whatever it is."""
        line = self._unmatched((amount, text))
        if values:
            line.write(values)
        with self._threshold(1):
            line._ar_match("schedule")
        return line

    def test_a_line_with_the_reference_pays_exactly_what_was_announced(self):
        ways = ("{name}", "{spaced}", "Zahlung {lower} danke")
        for written in ways:
            with self.subTest(written=written):
                first, second, third = (self._invoice(60) for _each in range(3))
                notice = self._notice((self._item(second), 60), (self._item(first), 40))
                spaced = notice._spaced_reference()
                text = written.format(name=notice.name, spaced=spaced, lower=spaced.lower())
                line = self._matched("100.00", text)
                self.assertEqual(self._shares(line), {(second.name, "full", 60), (first.name, "partial", 40)})
                self.assertEqual(line.ar_proposal_ids.origin, "advice")
                self.assertEqual(line.ar_match_id._replayed(), line.ar_match_id.verdict)
                line.action_ar_accept()
                self.assertEqual((first.amount_residual, second.amount_residual, third.amount_residual), (20, 0, 60))
                self.assertEqual(notice.state, "received")

    def test_a_credit_note_that_was_announced_is_taken_off(self):
        invoice = self._invoice(100)
        refund = self._create_invoice_one_line(
            move_type="out_refund", price_unit=30, partner_id=self.partner_a, tax_ids=False, post=True
        )
        notice = self._notice((self._item(invoice), 100), (self._item(refund), -15))
        line = self._matched("85.00", notice.name)
        self.assertEqual(self._shares(line), {(invoice.name, "full", 100), (refund.name, "partial", -15)})
        line.action_ar_accept()
        self.assertEqual((invoice.amount_residual, refund.amount_residual), (0, 15))
        self.assertEqual(notice.state, "received")

    def _term_with_discount(self):
        """A term of 60 days with 2 % discount within 30."""
        net_60 = self.env["account.payment.term"].create(
            {
                "name": "Net 60",
                "line_ids": [fields.Command.create({"value": "percent", "value_amount": 100, "nb_days": 60})],
            }
        )
        self.env["ar.discount.policy"].create(
            {
                "name": "Pay early",
                "applies_to": "payment_term",
                "payment_term_ids": [fields.Command.set(net_60.ids)],
                "tier_ids": [fields.Command.create({"percent": 2, "days": 30})],
            }
        )
        return net_60

    def test_a_discount_that_was_announced_is_booked_with_its_invoice(self):
        net_60 = self._term_with_discount()
        early, other = self._invoice(1000, invoice_payment_term_id=net_60.id), self._invoice(60)
        notice = self._notice((self._item(early), 980), (self._item(other), 60))
        line = self._matched("1040.00", notice.name)
        line.action_ar_accept()
        self.assertEqual((early.amount_residual, other.amount_residual, notice.state), (0, 0, "received"))
        loss = self.env.company.account_journal_early_pay_discount_loss_account_id
        self.assertEqual(line.move_id.line_ids.filtered(lambda item: item.account_id == loss).balance, 20)

    def test_a_line_of_the_payer_and_the_amount_is_known_without_the_reference(self):
        first, second, third = self._invoice(60), self._invoice(60), self._invoice(60)
        self._notice((self._item(third), 60), (self._item(first), 40))
        line = self._matched("100.00", "THANKS", partner_id=self.partner_a.id)
        self.assertEqual(self._shares(line), {(third.name, "full", 60), (first.name, "partial", 40)})
        self.assertEqual(second.amount_residual, 60)

    def test_another_payer_amount_or_time_is_no_evidence(self):
        first, second = self._invoice(60), self._invoice(60)
        notice = self._notice((self._item(second), 60), (self._item(first), 40), day="2026-11-18")
        for amount, text, values in (
            ("100.00", "THANKS", {"partner_id": self.partner_b.id}),
            ("100.00", "THANKS", {}),
            ("99.00", "THANKS", {"partner_id": self.partner_a.id}),
        ):
            with self.subTest(amount=amount, values=values):
                self.assertNotIn("advice", self._matched(amount, text, **values).ar_match_ids.mapped("origin"))
        notice.expected_on = notice.announced_on = "2026-08-01"
        line = self._matched("100.00", "THANKS", partner_id=self.partner_a.id)
        self.assertNotIn("advice", line.ar_match_ids.mapped("origin"))

    def test_two_announcements_of_one_amount_are_no_evidence(self):
        first, second = self._invoice(60), self._invoice(60)
        notices = self._notice((self._item(first), 50)) | self._notice((self._item(second), 50))
        line = self._matched("50.00", "THANKS", partner_id=self.partner_a.id)
        self.assertNotIn("advice", line.ar_match_ids.mapped("origin"))
        line = self._matched("50.00", notices[1].name)
        self.assertEqual(self._shares(line), {(second.name, "partial", 50)})

    def test_what_was_cancelled_or_has_come_is_no_evidence(self):
        first, second = self._invoice(60), self._invoice(60)
        notice = self._notice((self._item(second), 60), (self._item(first), 40))
        notice.state = "cancelled"
        line = self._matched("100.00", notice.name)
        self.assertNotIn("advice", line.ar_match_ids.mapped("origin"))

    def test_another_sum_than_announced_divides_nothing(self):
        first, second = self._invoice(60), self._invoice(60)
        notice = self._notice((self._item(second), 60), (self._item(first), 40))
        line = self._matched("70.00", notice.name)
        self.assertNotIn("advice", line.ar_match_ids.mapped("origin"))

    def test_a_reference_that_nobody_announced_names_no_invoice(self):
        self._invoice(60)
        line = self._matched("60.00", "RF00AR000000001 x")
        self.assertNotIn("advice", line.ar_match_ids.mapped("origin"))

    def test_an_announcement_of_another_company_is_no_evidence(self):
        other = self._create_company(name="Second", currency_id=self.env.company.currency_id.id)
        first, second = self._invoice(60), self._invoice(60)
        notice = self._notice((self._item(second), 60), (self._item(first), 40), company_id=other.id)
        line = self._matched("100.00", notice.name)
        self.assertNotIn("advice", line.ar_match_ids.mapped("origin"))

    def test_a_later_instalment_that_was_chosen_alone_is_left_to_a_person(self):
        halves = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    fields.Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (30, 60)
                ],
            }
        )
        invoice = self._invoice(100, invoice_payment_term_id=halves.id)
        first, second = self._item(invoice).sorted("date_maturity")
        line = self._matched("50.00", self._notice((second, 50)).name)
        self.assertNotIn("advice", line.ar_match_ids.mapped("origin"))
        line = self._matched("50.00", self._notice((first, 50)).name)
        self.assertIn("advice", line.ar_match_ids.mapped("origin"))

    def test_a_discount_and_a_credit_note_that_were_announced_together_leave_nothing_open(self):
        net_60 = self._term_with_discount()
        early = self._invoice(1000, invoice_payment_term_id=net_60.id)
        refund = self._create_invoice_one_line(
            move_type="out_refund", price_unit=300, partner_id=self.partner_a, tax_ids=False, post=True
        )
        notice = self._notice((self._item(early), 980), (self._item(refund), -300))
        line = self._matched("680.00", notice.name)
        line.action_ar_accept()
        self.assertEqual((early.amount_residual, refund.amount_residual, notice.state), (0, 0, "received"))
        loss = self.env.company.account_journal_early_pay_discount_loss_account_id
        self.assertEqual(line.move_id.line_ids.filtered(lambda item: item.account_id == loss).balance, 20)
        self.assertFalse(round(sum(line.move_id.line_ids.mapped("balance")), 2))
