from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import BankFileCommon, ofx


@tagged("post_install", "-at_install")
class TestComparison(BankFileCommon):
    """What a bank line that matches nothing comes nearest to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner_a.name = "Acme Weberei"

    def _line(self, amount, text, name="SOMEBODY ELSE"):
        """Import one payment that is not matched by itself."""
        number = self.env["account.bank.statement.line"].search_count([])
        with patch.object(self.env.registry["account.bank.statement.line"], "_ar_match", lambda lines, trigger: None):
            return self._import(ofx([(f"C{number}", "20261118", amount, name, text)])).line_ids

    def test_an_amount_with_swapped_digits_is_told_beside_what_agrees(self):
        invoice = self._invoice(1109)
        (row,) = self._line("1190.00", f"RE {invoice.name}").ar_comparison()
        self.assertEqual(row["move_id"], invoice.id)
        self.assertEqual(row["item_id"], invoice.line_ids.filtered("date_maturity").id)
        self.assertEqual((row["number"], row["customer"]), (invoice.name, "Acme Weberei"))
        self.assertEqual((row["residual"], row["currency_id"]), (1109.0, invoice.currency_id.id))
        self.assertEqual(row["due"], str(invoice.invoice_date_due))
        self.assertEqual(row["agrees"], [f"{invoice.name} is in the text"])
        self.assertEqual(
            row["differs"],
            [
                "Amount $\xa01,190.00 instead of $\xa01,109.00: two digits swapped",
                "The payer's name, “SOMEBODY ELSE”, is not that of Acme Weberei",
            ],
        )

    def test_a_number_with_a_slip_is_found_whatever_the_amount(self):
        invoice = self._invoice(300)
        self._invoice(301)
        self.assertEqual(invoice.name, "INV/2026/00001")
        (row,) = self._line("77.77", "INV/2026/00010").ar_comparison()
        self.assertEqual(row["move_id"], invoice.id)
        self.assertIn("Number “2026/00010” in the text instead of INV/2026/00001", row["differs"])

    def test_what_a_known_customer_owes_is_shown_although_nothing_else_fits(self):
        invoice = self._invoice(300)
        self._invoice(300, self.partner_b)
        line = self._line("12.34", "hello", "Acme Weberei")
        self.assertEqual(line.ar_comparison(), [])
        line.partner_id = self.partner_a
        (row,) = line.ar_comparison()
        self.assertEqual(row["move_id"], invoice.id)
        self.assertEqual(row["agrees"], ["The payer's name is that of Acme Weberei"])

    def test_what_matching_has_looked_at_is_compared_again(self):
        invoice = self._invoice(300)
        line = self._import(ofx([("seen", "20261118", "12.34", "Acme Weberei", "hello")])).line_ids
        self.assertEqual((line.ar_match_state, line.partner_id.id), ("none", False))
        self.assertEqual([row["move_id"] for row in line.ar_comparison()], invoice.ids)

    def test_an_approved_account_leads_to_its_customer_and_a_waiting_one_does_not(self):
        self._invoice(300)
        line = self._line("12.34", "hello")
        line.account_number = "DE89370400440532013000"
        account = (
            self.env["res.partner.bank"]
            .sudo()
            .create({"acc_number": "DE89 3704 0044 0532 0130 00", "partner_id": self.partner_a.id})
        )
        (row,) = line.ar_comparison()
        self.assertEqual(row["agrees"], ["Paid from the bank account DE89370400440532013000 of Acme Weberei"])
        account.ar_review_state = "waiting"
        self.assertEqual(line.ar_comparison(), [])

    def test_a_discount_and_an_early_payment_are_told(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2/30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 30,
                "line_ids": [(0, 0, {"value": "percent", "value_amount": 100, "nb_days": 60})],
            }
        )
        invoice = self._invoice(1000, invoice_payment_term_id=term.id)
        (row,) = self._line("980.00", "x").ar_comparison()
        self.assertEqual(row["move_id"], invoice.id)
        self.assertEqual(row["agrees"], ["Amount $\xa0980.00: $\xa01,000.00 less the discount"])

    def test_settled_lines_and_those_without_anything_near_show_nothing(self):
        invoice = self._invoice(500)
        line = self._pay(("500.00", invoice.name))
        self.assertEqual(line.ar_match_state, "matched")
        self.assertEqual(line.ar_comparison(), [])
        self.assertEqual(self._line("3.21", "unheard of").ar_comparison(), [])

    def test_sentences_come_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._invoice(1109)
        line = self._line("1109.00", "x").with_context(lang="fr_FR")
        with patch.object(
            self.env.registry["account.bank.statement.line"], "_ar_near_candidates", return_value=[]
        ) as looked:
            self.assertEqual(line.ar_comparison(), [])
        self.assertEqual(looked.call_count, 1)
        (row,) = line.ar_comparison()
        self.assertIn("1\xa0109,00", row["agrees"][0])

    def test_who_may_not_read_the_line_or_the_items_is_told_nothing(self):
        invoice = self._invoice(1109)
        line = self._line("1109.00", invoice.name)
        for login, group in (("customer", "base.group_portal"), ("plain", "base.group_user")):
            with self.assertRaises(AccessError):
                line.with_user(new_test_user(self.env, login, group)).ar_comparison()
        other = self.setup_other_company(name="Other")["company"]
        far = new_test_user(
            self.env, "far", "ar_reconcile.group_reconcile", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        with self.assertRaises(AccessError):
            line.with_user(far).ar_comparison()
        near = new_test_user(self.env, "near", "ar_reconcile.group_reconcile", company_id=self.env.company.id)
        self.assertEqual([row["move_id"] for row in line.with_user(near).ar_comparison()], invoice.ids)
        self.env["ir.rule"].sudo().create(
            {
                "name": "no items",
                "model_id": self.env["ir.model"]._get_id("account.move.line"),
                "domain_force": f"[('move_id', '!=', {invoice.id})]",
            }
        )
        self.assertEqual(line.with_user(near).ar_comparison(), [])

    def test_a_few_statements_are_enough(self):
        for amount in (1109, 1110, 1111):
            self._invoice(amount)
        line = self._line("1109.00", "x", "Acme")
        line.ar_comparison()
        self.env.invalidate_all()
        with self.assertQueryCount(40):
            self.assertEqual(len(line.ar_comparison()), 3)
