from datetime import date, timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

TODAY = date(2025, 6, 30)


@freeze_time(TODAY)
@tagged("post_install", "-at_install")
class TestCreditQuality(AccountTestInvoicingCommon):
    def history(self, count, delays):
        """Invoices of two weeks' distance for each of ``delays``, each customer paying so late."""
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(len(delays))])
        for partner, delay in zip(partners, delays, strict=True):
            for number in range(count):
                due = TODAY - timedelta(60 + delay + 14 * number)
                invoice = self._create_invoice_one_line(
                    price_unit=100,
                    partner_id=partner.id,
                    invoice_date=due - timedelta(10),
                    invoice_date_due=due,
                    invoice_payment_term_id=False,
                    post=True,
                )
                self._register_payment(invoice, payment_date=due + timedelta(delay))
        return partners

    def test_too_little_history_is_said(self):
        self.history(2, [0, 40])
        quality = self.env["ar.credit.quality"]._measure(self.env.company)
        self.assertEqual(quality.verdict, "too_little")
        self.assertIn("Too little history", quality.words)
        self.assertFalse(self.env["ar.credit.quality"]._invoices(self.setup_other_company()["company"], TODAY))

    def test_no_history_at_all_is_too_little(self):
        quality = self.env["ar.credit.quality"]._measure(self.env.company)
        self.assertEqual((quality.verdict, quality.invoice_count), ("too_little", 0))
        self.assertFalse(quality.levels)

    def test_the_score_tells_late_payers_from_punctual_ones(self):
        self.history(8, [0, 0, 5, 45, 60])
        quality = self.env["ar.credit.quality"]._measure(self.env.company)
        self.assertGreater(quality.gini, 0.9)
        self.assertLess(quality.brier, quality.brier_baseline)
        self.assertEqual(sum(row["invoices"] for row in quality.levels), quality.invoice_count)
        self.assertEqual(round(sum(row["invoices"] * row["observed"] for row in quality.levels)), quality.late_count)
        self.assertIn("<td", quality.levels_table)

    def test_nothing_that_came_later_is_known(self):
        customer = self.history(8, [0, 0, 5, 45, 60])[-1]
        qualities = self.env["ar.credit.quality"]
        policy = self.env.company._ar_credit_policy()
        first = TODAY - timedelta(120)
        before = qualities._scores_on(self.env.company, policy, first)
        # What is invoiced and paid after that day changes nothing about it, be it of an invoice that was open then.
        open_then = self.env["account.move"].search(
            [("partner_id", "=", customer.id), ("invoice_date", "<", first)], order="invoice_date desc", limit=1
        )
        self.assertTrue(before[customer.id].components)
        open_then.line_ids.remove_move_reconcile()
        invoice = open_then.copy({"invoice_date": first + timedelta(1), "date": first + timedelta(1)})
        invoice.action_post()
        self._register_payment(invoice, payment_date=TODAY)
        self.assertEqual(qualities._scores_on(self.env.company, policy, first), before)

    def test_only_managers_measure_and_readers_read(self):
        company = {"company_id": self.env.company.id, "company_ids": [Command.set(self.env.company.ids)]}
        clerk = new_test_user(self.env, "quality_clerk", "ar_enhanced.group_ar_clerk", **company)
        manager = new_test_user(self.env, "quality_manager", "ar_enhanced.group_ar_manager", **company)
        with self.assertRaises(AccessError):
            self.env["ar.credit.quality"].with_user(clerk).action_measure()
        action = self.env["ar.credit.quality"].with_user(manager).action_measure()
        quality = self.env["ar.credit.quality"].with_user(clerk).browse(action["res_id"])
        self.assertEqual(quality.verdict, "too_little")
        settings = self.env["res.config.settings"].create({})
        self.assertIn("Too little history", settings.ar_credit_quality_words)
