from stdnum import iso11649

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
class TestPaymentNotice(AccountTestInvoicingCommon):
    """A transfer that a customer has announced is known by its reference, and comes once."""

    def _notice(self, *invoices, share=1, **values):
        items = [invoice.line_ids.filtered(lambda line: line.display_type == "payment_term") for invoice in invoices]
        return (
            self.env["ar.payment.notice"]
            .sudo()
            .create(
                {
                    "partner_id": self.partner_a.id,
                    "company_id": self.env.company.id,
                    "currency_id": self.env.company.currency_id.id,
                    "expected_on": "2026-11-20",
                    "line_ids": [
                        Command.create(
                            {
                                "move_line_id": item.id,
                                "amount": item.amount_residual_currency * share,
                                "residual_before": item.amount_residual_currency,
                            }
                        )
                        for item in items
                    ],
                    **values,
                }
            )
        )

    def _invoice(self, amount):
        return self._create_invoice_one_line(price_unit=amount, partner_id=self.partner_a, tax_ids=[], post=True)

    def _user(self, group):
        return new_test_user(
            self.env,
            group,
            f"account.group_account_readonly,ar_enhanced.{group}",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )

    def test_each_has_a_reference_of_its_own_that_banks_can_check(self):
        first, second = self._notice(self._invoice(10)), self._notice(self._invoice(20))
        self.assertNotEqual(first.name, second.name)
        for notice in (first, second):
            self.assertTrue(iso11649.is_valid(notice.name))
            self.assertEqual(notice._spaced_reference().replace(" ", ""), notice.name)
        self.assertEqual(self._notice(self._invoice(10), name="INV/1")._spaced_reference(), "INV/1")

    def test_it_has_come_when_as_much_as_announced_is_settled_of_each_item(self):
        invoice, other = self._invoice(100), self._invoice(50)
        notice = self._notice(invoice, other, share=0.5)
        self.assertEqual(notice.amount, 75)
        self._register_payment(invoice, amount=49, payment_difference_handling="open")
        self._register_payment(other)
        self.assertEqual(notice.state, "announced")
        self._register_payment(invoice, amount=1, payment_difference_handling="open")
        self.assertEqual(notice.state, "received")
        with self.assertRaises(UserError):
            notice.action_cancel()

    def test_staff_move_its_day_or_cancel_it_and_change_nothing_else(self):
        notice = self._notice(self._invoice(100))
        clerk, reader = (self._user(group) for group in ("group_ar_clerk", "group_ar_user"))
        notice.with_user(clerk).expected_on = "2026-12-01"
        for values in ({"state": "received"}, {"name": "RF"}, {"amount": 1}, {"line_ids": [Command.clear()]}):
            with self.subTest(values=values), self.assertRaises(AccessError), self.env.cr.savepoint():
                notice.with_user(clerk).write(values)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            notice.with_user(reader).action_cancel()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["ar.payment.notice"].with_user(clerk).create({"expected_on": "2026-12-01"})
        notice.with_user(clerk).action_cancel()
        self.assertEqual(notice.state, "cancelled")
