from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import MatchCommon


@tagged("post_install", "-at_install")
class TestPaymentCode(MatchCommon):
    """A scanned or pasted code finds the invoice and the bank line that it speaks of."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = cls.env["account.bank.statement.line"]

    def _numbers(self, text):
        return [item["number"] for item in self.lines.ar_find_by_code(text)["items"]]

    def test_an_invoice_is_found_by_its_number_however_it_is_written(self):
        invoice, other = self._invoice(50), self._invoice(50)
        compact = invoice.name.replace("/", "")
        for text in (invoice.name, f" {invoice.name}\r\n", compact, compact.lower(), invoice.name.replace("/", " ")):
            self.assertEqual(self._numbers(text), [invoice.name], text)
        self.assertEqual(self._numbers(invoice.name.partition("/")[2]), [invoice.name])
        self.assertEqual(self._numbers(f"Paid {other.name}, thanks"), [other.name])

    def test_what_is_found_tells_customer_due_day_and_what_is_open(self):
        invoice = self._invoice(50)
        self._register_payment(invoice, amount=20)
        (item,) = self.lines.ar_find_by_code(invoice.name)["items"]
        receivable = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(
            item,
            {
                "id": receivable.id,
                "move_id": invoice.id,
                "number": invoice.name,
                "partner_id": self.partner_a.id,
                "partner": self.partner_a.display_name,
                "due": str(invoice.invoice_date_due),
                "residual": 30.0,
                "currency_id": invoice.currency_id.id,
            },
        )

    def test_an_invoice_is_found_by_its_creditor_reference(self):
        invoice = self._invoice(50, payment_reference="RF18 5390 0754 7034")
        self._invoice(50, payment_reference="RF23567483937849450550875")
        found = self.lines.ar_find_by_code("rf18539007547034")
        self.assertEqual([item["move_id"] for item in found["items"]], invoice.ids)
        self.assertEqual(found["message"], "Creditor reference RF18539007547034: 1 open invoice.")

    def test_an_invoice_is_found_by_the_customer_s_reference(self):
        invoice = self._invoice(50, ref="PO-77/1234")
        self.assertEqual(self._numbers("PO77 1234"), [invoice.name])

    def test_all_numbers_of_a_text_are_found(self):
        first, second = self._invoice(50), self._invoice(60)
        self.assertEqual(set(self._numbers(f"{first.name} + {second.name}")), {first.name, second.name})

    def test_a_qr_code_finds_the_bank_lines_of_its_amount_and_reference(self):
        self._invoice(119, payment_reference="RF18539007547034")
        named, same, other, foreign = self._unmatched(
            ("5.00", "THANKS FOR RF18 5390 0754 7034"), ("119.00", "HELLO"), ("118.00", "HELLO"), ("119.00", "X")
        )
        foreign.foreign_currency_id, foreign.amount_currency = self.env.ref("base.CHF"), 100
        code = "BCD\n002\n1\nSCT\n\nAcme\nDE89370400440532013000\n{}119.00\n\nRF18539007547034\n\n"
        found = self.lines.ar_find_by_code(code.format("USD"))
        self.assertEqual(found["lines"], [named.id, foreign.id, same.id])
        self.assertNotIn(other.id, found["lines"])
        self.assertEqual(self.lines.ar_find_by_code(code.format("EUR"))["lines"], named.ids)
        self.assertIn("(119.00 USD)", found["message"])

    def test_a_bank_line_is_found_by_the_number_that_it_names(self):
        invoice = self._invoice(50)
        tail = invoice.name.replace("/", " ")
        named, _longer, done = self._unmatched(("1.00", f"FOR {tail}"), ("2.00", f"FOR {tail}9"), ("3.00", tail))
        done.with_context(skip_readonly_check=True)._seek_for_lines()[1].account_id = self.company_data[
            "default_account_revenue"
        ]
        self.assertTrue(done.is_reconciled)
        self.assertEqual(self.lines.ar_find_by_code(invoice.name)["lines"], named.ids)

    def test_a_paid_invoice_is_not_open(self):
        invoice = self._invoice(50)
        self._register_payment(invoice)
        found = self.lines.ar_find_by_code(invoice.name)
        self.assertEqual(found["items"], [])
        self.assertEqual(found["message"], f"Reference {invoice.name}: nothing open.")

    def test_a_draft_is_not_found(self):
        draft = self._invoice(50, payment_reference="RF18539007547034")
        draft.button_draft()
        self.assertEqual(self._numbers("RF18539007547034"), [])

    def test_at_most_twenty_are_returned(self):
        invoice = self._invoice(1, ref="PO 4711-5")
        for _copy in range(21):
            copy = invoice.copy({"ref": "PO 4711-5", "invoice_date": "2026-11-02"})
            copy.action_post()
        found = self.lines.ar_find_by_code("PO 4711-5")
        self.assertEqual(len(found["items"]), 20)
        self.assertIn("the first 20", found["message"])

    def test_hostile_texts_find_nothing(self):
        self._invoice(50)
        for text in (
            "",
            "%",
            "_",
            "\0",
            "'; DROP TABLE res_users --",
            "A" * 100_000,
            "1 " * 5_000,
            None,
            5,
            ["x"],
            "()",
        ):
            found = self.lines.ar_find_by_code(text)
            self.assertEqual((found["items"], found["lines"]), ([], []), text)
        self.assertEqual(self.lines.ar_find_by_code("\u202e\0")["message"], "Nothing was read.")

    def test_a_user_finds_what_his_companies_own(self):
        invoice = self._invoice(50)
        other = self.setup_other_company(name="Other")["company"]
        user = new_test_user(
            self.env, "far", "ar_reconcile.group_reconcile", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        self.assertEqual(self.lines.with_user(user).ar_find_by_code(invoice.name)["items"], [])
        self.assertEqual(self._numbers(invoice.name), [invoice.name])

    def test_who_reads_no_bank_lines_finds_nothing(self):
        plain = new_test_user(self.env, "plain", "base.group_user", company_id=self.env.company.id)
        with self.assertRaises(AccessError):
            self.lines.with_user(plain).ar_find_by_code("INV")

    def test_numbers_are_looked_up_in_an_index(self):
        self._invoice(50)
        asked, execute = [], type(self.env).execute_query

        def explain(env, query):
            if "wanted(core)" in query.code:
                asked.extend(line for (line,) in execute(env, SQL("EXPLAIN %s", query)))
            return execute(env, query)

        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        with patch.object(type(self.env), "execute_query", explain):
            self._numbers("INV/2026/00001")
        plan = "\n".join(asked)
        for column in ("name", "payment_reference", "ref"):
            self.assertIn(f"Index Scan using account_move_ar_core_of_{column}_index", plan)
        self.assertNotIn("Seq Scan", plan)
