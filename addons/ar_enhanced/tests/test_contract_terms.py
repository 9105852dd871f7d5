from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestContractTerms(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.thirty = cls.term("Thirty days", nb_days=30)
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "reader", "ar_enhanced.group_ar_user", **company)
        cls.manager = new_test_user(cls.env, "manager", "ar_enhanced.group_ar_manager", **company)

    @classmethod
    def term(cls, name, discount=0, **values):
        return cls.env["account.payment.term"].create(
            {
                "name": name,
                "early_discount": bool(discount),
                "discount_percentage": discount or 2,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, **values})],
            }
        )

    def agree(self, **values):
        return self.env["ar.contract.terms"].create(
            {"name": "Contract", "partner_id": self.stranger.id, "date_from": DAY - timedelta(100), **values}
        )

    def post(self, term=None, days_ago=0, post=True, **values):
        return self._create_invoice_one_line(
            price_unit=100,
            partner_id=self.stranger.id,
            invoice_date=DAY - timedelta(days_ago),
            invoice_payment_term_id=(term or self.thirty).id,
            post=post,
            **values,
        )

    def kinds(self, invoice):
        found = self.env["ar.contract.deviation"]._of_moves(invoice).get(invoice.id)
        return found[1] if found else ""

    def test_the_last_due_date_may_be_as_agreed_and_no_later(self):
        self.agree(credit_days=30)
        invoice = self.post()
        self.assertEqual(self.kinds(invoice), "")
        line = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        line.date_maturity = DAY + timedelta(31)
        self.assertEqual(self.kinds(invoice), "due_date", "changed after posting")
        deviation = self.env["ar.contract.deviation"].search([("move_id", "=", invoice.id)])
        self.assertEqual(deviation.days_longer, 1)
        self.assertIn("1 days later", deviation.text)
        line.date_maturity = DAY + timedelta(29)
        self.assertEqual(self.kinds(invoice), "", "earlier is no alarm")

    def test_the_agreed_due_date_is_the_one_that_odoo_computes(self):
        for values in (
            {"nb_days": 45},
            {"nb_days": 10, "delay_type": "days_after_end_of_month"},
            {"nb_days": 10, "delay_type": "days_after_end_of_next_month"},
            {"nb_days": 20, "delay_type": "days_end_of_month_on_the", "days_next_month": "15"},
            {"nb_days": 20, "delay_type": "days_end_of_month_on_the", "days_next_month": "31"},
            {"nb_days": 20, "delay_type": "days_end_of_month_on_the", "days_next_month": "0"},
        ):
            term = self.term("Variant", **values)
            contract = self.agree(payment_term_id=term.id)
            for days_ago in (0, 45, 59, 60, 90):
                with self.subTest(values=values, days_ago=days_ago):
                    invoice = self.post(term, days_ago)
                    self.assertEqual(self.kinds(invoice), "")
                    line = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
                    line.date_maturity += timedelta(1)
                    self.assertEqual(self.kinds(invoice), "due_date")
            contract.active = False

    def test_term_currency_and_discount_are_compared(self):
        self.agree(
            payment_term_id=self.thirty.id,
            currency_id=self.env.company.currency_id.id,
            agrees_discount=True,
            discount_percent=0,
        )
        self.assertEqual(self.kinds(self.post()), "")
        other = self.term("Thirty days, 3 percent", discount=3, nb_days=30)
        self.assertEqual(self.kinds(self.post(other)), "payment_term,discount")
        self.assertEqual(self.kinds(self.post(currency_id=self.foreign.id)), "currency")

    def test_only_invoices_within_the_validity_are_compared(self):
        self.agree(credit_days=5, date_from=DAY - timedelta(10), date_until=DAY - timedelta(5))
        for days_ago, expected in ((11, ""), (10, "due_date"), (5, "due_date"), (4, "")):
            with self.subTest(days_ago=days_ago):
                self.assertEqual(self.kinds(self.post(days_ago=days_ago)), expected)

    def test_a_draft_shows_a_banner_and_is_not_on_the_list(self):
        self.agree(credit_days=5)
        draft = self.post(post=False)
        self.assertIn("Other terms than agreed", draft.alerts["ar_contract_terms"]["message"])
        self.assertFalse(self.env["ar.contract.deviation"].search([("move_id", "=", draft.id)]))
        salesman = new_test_user(self.env, "salesman", "base.group_user")
        self.assertNotIn("ar_contract_terms", draft.sudo().with_user(salesman).sudo()._get_alerts())

    def test_accepted_is_what_differs_now_and_nothing_else(self):
        self.agree(credit_days=20)
        invoice = self.post()
        deviation = self.env["ar.contract.deviation"].search([("move_id", "=", invoice.id)])
        with self.assertRaises(AccessError):
            self.env["ar.contract.accept"].with_user(self.reader).create({"reason": "No"})
        with self.assertRaises(UserError):
            deviation.with_user(self.reader)._accept("No")
        accepting = Form.from_action(self.env(user=self.manager), deviation.with_user(self.manager).action_accept())
        accepting.reason = "Agreed by phone"
        accepting.save().action_accept()
        deviation.invalidate_recordset()
        self.assertTrue(deviation.is_accepted)
        self.assertNotIn("ar_contract_terms", invoice._get_alerts())
        line = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        line.date_maturity += timedelta(1)
        deviation.invalidate_recordset()
        self.assertFalse(deviation.is_accepted, "the facts have changed")

    def test_the_person_in_charge_is_asked_once_and_no_longer_than_needed(self):
        contract = self.agree(credit_days=20, user_id=self.manager.id)
        invoice = self.post()
        for _night in range(2):
            self.env["ar.contract.terms"]._cron_alarm()
            self.assertEqual(len(contract.activity_ids), 1)
        self.assertEqual(contract.activity_ids.user_id, self.manager)
        self.pay(invoice, days_ago=0)
        self.env["ar.contract.terms"]._cron_alarm()
        self.assertFalse(contract.activity_ids)
        contract.review_on = DAY + timedelta(1)
        self.env["ar.contract.terms"]._cron_alarm()
        self.assertFalse(contract.activity_ids)
        contract.review_on = DAY
        self.env["ar.contract.terms"]._cron_alarm()
        self.assertTrue(contract.activity_ids)

    def test_contradictions_are_refused(self):
        contract = self.agree(credit_days=20, date_until=DAY)
        self.agree(credit_days=20, date_from=DAY + timedelta(1))
        with self.assertRaisesRegex(ValidationError, "same time"):
            contract.date_until = DAY + timedelta(1)
        with self.assertRaisesRegex(ValidationError, "what was agreed"):
            contract.credit_days = 0

    def test_readers_change_nothing_and_other_companies_see_nothing(self):
        contract = self.agree(credit_days=5)
        self.post()
        self.assertTrue(contract.with_user(self.reader).read(["name"]))
        self.assertTrue(self.env["ar.contract.deviation"].with_user(self.reader).search([]))
        self.assertFalse(contract.with_user(self.reader).has_access("write"))
        other = self.setup_other_company()["company"]
        outsider = new_test_user(
            self.env,
            "outsider",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["ar.contract.deviation"].with_user(outsider).search([]))
        self.assertFalse(self.env["ar.contract.terms"].with_user(outsider).search([]))
