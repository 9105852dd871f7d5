import base64
import io

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import MatchCommon


@tagged("post_install", "-at_install")
class TestRemittanceAdvice(MatchCommon):
    """A customer's remittance advice becomes a proposal for the bank line that it belongs to."""

    def _advice(self, *rows, **values):
        """Return an advice that was pasted, of ``(number, amount)`` rows."""
        text = "\n".join(["Invoice\tPaid", *(f"{number}\t{amount}" for number, amount in rows)])
        return self.env["ar.remittance.advice"].create({"pasted_text": text, **values})

    def _shares(self, line):
        return {(part.number, part.kind, part.amount) for part in line.ar_proposal_ids.allocation_ids}

    # === READ === #

    def test_nothing_of_an_advice_comes_from_a_caller_s_defaults(self):
        made_up = [{"number": "INV/1", "paid": "NaN"}]
        advice = self.env["ar.remittance.advice"].with_context(
            default_rows=made_up, default_state="matched", default_total=7, default_matched_on="2026-01-01 00:00:00"
        )
        advice = advice.create({"pasted_text": "Invoice\tPaid\nINV/2\t5.00"})
        self.assertEqual([row["number"] for row in advice.rows], ["INV/2"])
        self.assertEqual((advice.state, advice.total, advice.matched_on), ("draft", 5.0, False))

    def test_a_pasted_table_is_read_while_the_form_is_open(self):
        invoice = self._invoice(50)
        form = Form(self.env["ar.remittance.advice"])
        self.assertFalse(form.message)
        form.pasted_text = f"Invoice;Paid\n{invoice.name};50.00\nINV/9999;1.00"
        self.assertEqual(form.row_count, 2)
        self.assertIn("Read: 2 documents", form.message)
        self.assertIn(f"{invoice.name} in full", form.preview_html)
        self.assertIn("Not found", form.preview_html)

    def test_a_workbook_is_read(self):
        invoice = self._invoice(50)
        book = openpyxl.Workbook()
        book.active.append(["Invoice", "Discount", "Paid"])
        book.active.append([invoice.name, 1.5, 48.5])
        content = io.BytesIO()
        book.save(content)
        advice = self.env["ar.remittance.advice"].create(
            {"name": "advice.xlsx", "content": base64.b64encode(content.getvalue())}
        )
        self.assertEqual(
            [(row["number"], row["paid"], row["discount"]) for row in advice.rows], [(invoice.name, "48.5", "1.5")]
        )
        self.assertIn(f"A part of {invoice.name}", advice.preview_html)

    def test_rows_that_can_t_be_read_are_told_one_by_one(self):
        advice = self._advice(("INV/1", "soon"), ("INV/2", "5.00"), ("", "7.00"))
        self.assertIn("Row 2 was left out, an amount that can't be read: INV/1 · soon", advice.message)
        self.assertIn("Row 4 was left out, no document number: 7.00", advice.message)
        self.assertEqual(advice.row_count, 1)

    def test_what_is_no_advice_says_so(self):
        for content, told in (
            (b"%PDF-1.7", "This is a PDF"),
            (b"PK\x03\x04", "The workbook is damaged"),
            (b"hello", "No table was found"),
            (b"Invoice;Paid\nINV-1;soon", "No row could be read"),
        ):
            advice = self.env["ar.remittance.advice"].create({"content": base64.b64encode(content)})
            self.assertIn(told, advice.message)
            with self.assertRaisesRegex(UserError, told):
                advice.action_propose()
        with self.assertRaisesRegex(UserError, "larger than 5 MB"):
            self.env["ar.remittance.advice"].create({"pasted_text": "x" * (5 * 1024 * 1024 + 1)})

    def test_each_row_says_what_our_books_say_of_it(self):
        whole, part, paid, twin = (self._invoice(50) for _invoice in range(4))
        twin.ref = self._invoice(50).ref = "PO-12345"
        self._register_payment(paid)
        advice = self._advice((whole.name, "50"), (part.name, "50.01"), (paid.name, "50"), ("PO-12345", "50"))
        for told in (
            f"{whole.name} in full",
            f"More than is open of {part.name}",
            f"{paid.name} is paid already",
            "2 documents have this number",
        ):
            self.assertIn(told, advice.preview_html)

    def test_what_stands_in_an_advice_is_no_markup(self):
        advice = self._advice(("<b>1</b>", "5.00"))
        self.assertIn("&lt;b&gt;1&lt;/b&gt;", advice.preview_html)

    def test_nobody_types_what_an_advice_says(self):
        advice = self._advice(("INV/1", "5.00"))
        for values in ({"rows": []}, {"total": 7}, {"state": "matched"}):
            with self.assertRaises(UserError):
                advice.write(values)
            with self.assertRaises(UserError):
                self.env["ar.remittance.advice"].create(values)

    # === BANK LINE === #

    def test_the_only_bank_line_of_the_total_is_taken(self):
        invoice = self._invoice(50)
        line, other = self._unmatched(("50.00", "HELLO"), ("51.00", "HELLO"))
        advice = self._advice((invoice.name, "50.00"))
        self.assertEqual(advice.line_choice_ids, line)
        advice.action_propose()
        self.assertEqual((advice.statement_line_id, advice.state), (line, "matched"))
        self.assertEqual(line.ar_match_state, "proposed")
        self.assertEqual(other.ar_match_state, "none")

    def test_of_several_bank_lines_a_person_chooses(self):
        invoice = self._invoice(50)
        first, second = self._unmatched(("50.00", "ONE"), ("50.00", "TWO"))
        advice = self._advice((invoice.name, "50.00"))
        with self.assertRaisesRegex(UserError, "Several bank lines"):
            advice.action_propose()
        self.assertEqual(advice.line_choice_ids, first | second)
        advice.statement_line_id = second
        advice.action_propose()
        self.assertEqual((first.ar_match_state, second.ar_match_state), ("none", "proposed"))

    def test_the_customer_tells_which_bank_line_it_is(self):
        first, second = self._unmatched(("50.00", "ONE"), ("50.00", "TWO"))
        second.partner_id = self.partner_b
        advice = self._advice(("INV/1", "50.00"), partner_id=self.partner_b.id)
        self.assertEqual(advice.line_choice_ids, second)
        advice.partner_id = self.partner_a
        self.assertEqual(advice.line_choice_ids, first | second)

    def test_without_a_bank_line_it_says_so(self):
        advice = self._advice(("INV/1", "50.00"))
        with self.assertRaisesRegex(UserError, "No open bank line"):
            advice.action_propose()

    def test_a_bank_line_in_another_currency_is_not_taken(self):
        self._unmatched(("50.00", "ONE"))
        advice = self._advice(("INV/1", "EUR 50.00"))
        self.assertFalse(advice.line_choice_ids)

    # === PROPOSAL === #

    def test_the_advice_divides_the_payment_and_is_never_booked_at_once(self):
        first, second = self._invoice(60), self._invoice(60)
        line = self._unmatched(("100.00", "HELLO"))
        action = line.action_ar_enter_advice()
        advice = self._advice(
            (second.name, "60.00"),
            (first.name, "40.00"),
            statement_line_id=action["context"]["default_statement_line_id"],
        )
        with self._threshold("0.9"):
            advice.action_propose()
        self.assertEqual(self._shares(line), {(second.name, "full", 60), (first.name, "partial", 40)})
        self.assertEqual((line.ar_match_state, line.ar_proposal_ids.origin), ("proposed", "advice"))
        self.assertEqual(line.ar_match_id._replayed(), line.ar_match_id.verdict)
        self.assertEqual(line.ar_match_id.run_id.trigger, "advice")
        line.action_ar_accept()
        self.assertEqual((first.amount_residual, second.amount_residual), (20, 0))

    def test_a_later_run_of_matching_books_what_the_journal_calls_certain(self):
        first, second = self._invoice(60), self._invoice(60)
        line = self._unmatched(("100.00", "HELLO"))
        with self._threshold("0.9"):
            self._advice((second.name, "60"), (first.name, "40"), statement_line_id=line.id).action_propose()
            self.assertFalse(line.is_reconciled)
            line._ar_match("schedule")
        self.assertTrue(line.is_reconciled)
        self.assertEqual(first.amount_residual, 20)

    def test_a_credit_note_is_taken_off(self):
        invoice = self._invoice(100)
        refund = self._create_invoice_one_line(
            move_type="out_refund", price_unit=30, partner_id=self.partner_a, tax_ids=False, post=True
        )
        line = self._unmatched(("85.00", "HELLO"))
        self._advice((invoice.name, "100.00"), (refund.name, "(15.00)"), statement_line_id=line.id).action_propose()
        self.assertEqual(self._shares(line), {(invoice.name, "full", 100), (refund.name, "partial", -15)})
        line.action_ar_accept()
        self.assertEqual((invoice.amount_residual, refund.amount_residual), (0, 15))

    def test_an_advice_of_many_invoices_with_short_payments_is_booked_as_told(self):
        invoices = [self._invoice(10 + number) for number in range(12)]
        rows = [(invoice.name, invoice.amount_total - number % 3) for number, invoice in enumerate(invoices)]
        line = self._unmatched((f"{sum(amount for _number, amount in rows):.2f}", "MONTHLY"))
        self._advice(
            *((number, f"{amount:.2f}") for number, amount in rows), statement_line_id=line.id
        ).action_propose()
        line.action_ar_accept()
        self.assertEqual([invoice.amount_residual for invoice in invoices], [number % 3 for number in range(12)])

    def test_an_advice_of_another_sum_says_so_and_divides_nothing(self):
        first, second = self._invoice(60), self._invoice(70)
        line = self._unmatched(("100.00", "HELLO"))
        advice = self._advice((first.name, "60.00"), (second.name, "50.00"), statement_line_id=line.id)
        self.assertIn("10.00 apart", advice.message)
        advice.action_propose()
        self.assertNotIn("advice", line.ar_match_ids.mapped("origin"))

    def test_a_second_advice_takes_the_place_of_the_first(self):
        first, second = self._invoice(60), self._invoice(60)
        line = self._unmatched(("100.00", "HELLO"))
        wrong = self._advice((first.name, "60"), (second.name, "40"), statement_line_id=line.id)
        right = self._advice((first.name, "40"), (second.name, "60"), statement_line_id=line.id)
        wrong.action_propose()
        right.action_propose()
        self.assertEqual((wrong.state, right.state), ("draft", "matched"))
        self.assertEqual(self._shares(line), {(first.name, "partial", 40), (second.name, "full", 60)})

    def test_a_line_that_was_reconciled_meanwhile_is_left_alone(self):
        invoice = self._invoice(50)
        line = self._pay(("50.00", invoice.name))
        self.assertTrue(line.is_reconciled)
        advice = self._advice((invoice.name, "50.00"), statement_line_id=line.id)
        with self.assertRaisesRegex(UserError, "is reconciled"):
            advice.action_propose()

    def test_an_advice_that_was_used_keeps_its_source(self):
        invoice = self._invoice(50)
        line = self._unmatched(("50.00", "HELLO"))
        advice = self._advice((invoice.name, "50.00"), statement_line_id=line.id)
        advice.action_propose()
        with self.assertRaises(UserError):
            advice.pasted_text = "Invoice;Paid\nINV/1;5.00"

    # === ACCESS === #

    def test_who_may_only_read_hands_in_nothing(self):
        advice = self._advice(("INV/1", "5.00"))
        reader = new_test_user(self.env, "r", "account.group_account_readonly", company_id=self.env.company.id)
        self.assertEqual(advice.with_user(reader).row_count, 1)
        with self.assertRaises(AccessError):
            advice.with_user(reader).action_propose()
        with self.assertRaises(AccessError):
            self.env["ar.remittance.advice"].with_user(reader).create({"pasted_text": "x"})

    def test_another_company_s_advice_is_not_seen(self):
        line = self._unmatched(("50.00", "ONE"))
        advice = self._advice(("INV/1", "50.00"))
        other = self.setup_other_company(name="Other")["company"]
        user = new_test_user(
            self.env, "far", "ar_reconcile.group_reconcile", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        advices = self.env["ar.remittance.advice"].with_user(user)
        self.assertFalse(advices.search([("id", "=", advice.id)]))
        with self.assertRaises(AccessError):
            advice.with_user(user).action_propose()
        with self.assertRaises(UserError):
            advices.create({"pasted_text": "a", "statement_line_id": line.id})
