from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .interest_common import DUE, PAID, InterestCase


@freeze_time(PAID)
@tagged("post_install", "-at_install")
class TestInterestDecisions(InterestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = cls.new_user("reader", "ar_enhanced.group_ar_user")
        cls.clerk = cls.new_user("clerk", "ar_enhanced.group_ar_clerk")
        cls.manager = cls.new_user("manager", "ar_enhanced.group_ar_manager")
        cls.biller = cls.new_user("biller", "account.group_account_invoice")
        cls.salesman = cls.new_user("salesman", "base.group_user,base.group_partner_manager")

    def bill(self, charges):
        action = charges.with_user(self.biller).action_bill()
        return self.env["account.move"].search(action["domain"])

    def test_a_debit_note_bills_interest_and_fixed_sum_without_tax(self):
        invoice = self.invoice()
        charge = self.shown(invoice)
        note = self.bill(charge)
        self.assertRecordValues(
            note,
            [
                {
                    "move_type": "out_invoice",
                    "state": "draft",
                    "debit_origin_id": invoice.id,
                    "partner_id": self.customer.id,
                    "invoice_date": PAID,
                    "amount_untaxed": 368.70,
                    "amount_tax": 0,
                }
            ],
        )
        self.assertRecordValues(
            note.invoice_line_ids,
            [
                {"account_id": self.account.id, "price_subtotal": 328.70},
                {"account_id": self.sum_account.id, "price_subtotal": 40},
            ],
        )
        self.assertIn("46 days, 12.5 % a year", note.invoice_line_ids[0].name)
        self.assertRecordValues(charge, [{"state": "billed", "debit_note_id": note.id}])
        self.assertEqual(invoice.debit_note_ids, note)
        note.action_post()

    def test_days_are_billed_once_and_so_is_the_fixed_sum(self):
        invoice = self.invoice()
        self.bill(self.shown(invoice, date(2024, 6, 30)))
        self.assertEqual(invoice.ar_interest_due, 171.16)
        first, second = self.shown(invoice)
        self.assertEqual((first.date_until, second.date_from), (date(2024, 6, 30), date(2024, 7, 1)))
        self.assertEqual((second.interest, second.fixed_sum), (171.16, 0))
        self.bill(second)
        self.assertEqual(self.shown(invoice), first + second)
        self.assertEqual(invoice.ar_interest_due, 0)
        with self.assertRaisesRegex(UserError, "neither billed nor waived"):
            self.bill(first)

    def test_an_invoice_has_one_debit_note_for_all_its_instalments(self):
        invoices = self.in_two_halves() + self.invoice(500)
        self.show()
        charges = self.env["ar.interest.charge"].search([("move_id", "in", invoices.ids)])
        notes = self.bill(charges)
        self.assertEqual(notes.debit_origin_id, invoices)
        self.assertEqual(notes.mapped(lambda note: len(note.invoice_line_ids)), [4, 2])
        self.assertEqual(charges.debit_note_id, notes)

    def test_late_interest_bears_no_interest(self):
        note = self.bill(self.shown(self.invoice()))
        note.action_post()
        with freeze_time("2024-12-01"):
            self.show(date(2024, 12, 1))
            self.assertFalse(self.charges(note))
            self.assertEqual(note.ar_interest_due, 0)

    def test_a_payment_in_between_stops_the_bill(self):
        invoice = self.invoice()
        charge = self.shown(invoice)
        self.pay(invoice, date(2024, 8, 1), 5000)
        with self.assertRaisesRegex(UserError, "Something has changed"):
            self.bill(charge)
        self.assertEqual(charge.state, "shown")
        self.assertEqual(len(self.bill(self.shown(invoice))), 1)

    def test_a_debit_note_that_is_cancelled_or_deleted_gives_its_days_back(self):
        invoice = self.invoice()
        for undo in (lambda note: note.button_cancel(), lambda note: note.unlink()):
            charge = self.shown(invoice)
            undo(self.bill(charge))
            self.assertRecordValues(charge, [{"state": "shown", "debit_note_id": False}])
            self.assertEqual(invoice.ar_interest_due, 368.70)

    def test_days_before_others_that_were_billed_are_kept_and_can_be_billed(self):
        invoice = self.invoice()
        early = self.bill(self.shown(invoice, date(2024, 6, 30)))
        self.bill(self.shown(invoice) - self.charges(invoice)[0])
        early.button_cancel()
        kept = self.shown(invoice)[0]
        self.assertRecordValues(kept, [{"state": "shown", "date_until": date(2024, 6, 30), "fixed_sum": 40}])
        self.assertEqual(self.bill(kept).amount_total, 197.53)

    def test_days_that_were_given_back_are_due_on_the_invoice_and_go_when_it_was_paid_in_time(self):
        invoice = self.invoice()
        early = self.bill(self.shown(invoice, date(2024, 6, 30)))
        self.bill(self.shown(invoice, date(2024, 7, 31)) - self.charges(invoice)[0])
        early.button_cancel()
        open_days = self.shown(invoice).filtered(lambda charge: charge.state == "shown")
        self.assertEqual(open_days.mapped("date_until"), [date(2024, 6, 30), PAID])
        self.assertEqual(invoice.ar_interest_due, sum(open_days.mapped("total")))
        payment = self.pay(invoice, DUE + timedelta(10))
        shown = self.shown(invoice).filtered(lambda charge: charge.state == "shown")
        self.assertRecordValues(shown, [{"date_until": DUE + timedelta(10), "days": 10, "fixed_sum": 40}])
        self.assertEqual(invoice.ar_interest_due, shown.total)
        payment.action_cancel()
        self.pay(invoice, DUE)
        self.assertEqual(self.shown(invoice).mapped("state"), ["billed"])
        self.assertEqual(invoice.ar_interest_due, 0)

    def test_without_account_nothing_is_booked_as_sales(self):
        self.env.company.ar_interest_account_id = False
        with self.assertRaisesRegex(UserError, "Choose an account or a product"):
            self.bill(self.shown(self.invoice()))

    def test_a_product_may_stand_for_the_account(self):
        product = self.env["product.product"].create(
            {"name": "Interest", "type": "service", "property_account_income_id": self.sum_account.id}
        )
        self.env.company.write({"ar_interest_account_id": False, "ar_interest_product_id": product.id})
        line = self.bill(self.shown(self.invoice())).invoice_line_ids[0]
        self.assertRecordValues(
            line, [{"product_id": product.id, "account_id": self.sum_account.id, "price_subtotal": 328.70}]
        )
        self.assertFalse(line.tax_ids)

    def test_a_foreign_debit_note_is_in_the_invoices_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 0.5)])
        note = self.bill(self.shown(self.invoice(currency_id=euro.id)))
        self.assertRecordValues(note, [{"currency_id": euro.id, "amount_total": 348.70}])

    def test_the_customer_reads_it_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        note = self.bill(self.shown(self.invoice()))
        self.assertIn("16/05/2024", note.invoice_line_ids[0].name)

    def test_a_waiver_has_a_reason_and_uses_up_the_days(self):
        invoice = self.invoice()
        charge = self.shown(invoice)
        manager = self.env["ar.interest.waive"].with_user(self.manager)
        waiver = Form(manager.with_context(**charge.with_user(self.manager).action_waive()["context"]))
        waiver.reason = "Agreed by phone."
        waiver.save().action_waive()
        self.assertRecordValues(
            charge,
            [
                {
                    "state": "waived",
                    "waiver_reason": "Agreed by phone.",
                    "waived_by_id": self.manager.id,
                    "waived_on": PAID,
                }
            ],
        )
        self.assertEqual(invoice.ar_interest_due, 0)
        with freeze_time(PAID + timedelta(10)):
            later = self.shown(invoice, PAID + timedelta(10)) - charge
        self.assertRecordValues(later, [{"date_from": PAID + timedelta(1), "days": 10, "fixed_sum": 0}])
        with self.assertRaisesRegex(UserError, "neither billed nor waived"):
            self.bill(charge)
        charge.with_user(self.manager).action_show_again()
        self.assertRecordValues(charge, [{"state": "shown", "waiver_reason": False, "waived_on": False}])

    def test_a_waiver_without_reason_is_refused(self):
        charge = self.shown(self.invoice())
        with self.assertRaisesRegex(UserError, "Say why"):
            charge.with_user(self.manager)._waive("  ")

    def test_what_was_billed_is_not_waived(self):
        charge = self.shown(self.invoice())
        self.bill(charge)
        with self.assertRaisesRegex(UserError, "Only late interest that is shown"):
            charge.with_user(self.manager)._waive("Kindness.")

    def test_readers_see_and_decide_nothing(self):
        invoice = self.invoice()
        charge = self.shown(invoice)
        own = charge.with_user(self.reader)
        self.assertEqual(own.total, 368.70)
        self.assertIn("12.5 %", own.periods_table)
        self.assertEqual(invoice.with_user(self.reader).ar_interest_due, 368.70)
        self.assertEqual(invoice.with_user(self.reader).action_ar_interest()["res_model"], "ar.interest.charge")
        for act in (
            lambda: own.action_compute(PAID),
            own.action_bill,
            own.action_show_again,
            lambda: own._waive("x"),
            lambda: own.write({"total": 0}),
            own.unlink,
            own.copy,
            lambda: self.policy.with_user(self.reader).write({"margin": 1}),
            lambda: self.ecb.rate_ids[0].with_user(self.reader).write({"percent": 1}),
            lambda: self.customer.with_user(self.reader).write({"ar_interest_policy_id": False}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                act()

    def test_clerks_compute_and_managers_alone_waive(self):
        invoice = self.invoice()
        self.assertEqual(self.env["ar.interest.charge"].with_user(self.clerk).action_compute(PAID), [])
        own = self.charges(invoice).with_user(self.clerk)
        self.assertEqual(len(own), 1)
        for act in (own.action_bill, lambda: own._waive("x"), lambda: own.write({"state": "waived"}), own.unlink):
            with self.assertRaises(AccessError), self.cr.savepoint():
                act()
        with self.assertRaises(AccessError), self.cr.savepoint():
            own.with_user(self.manager).write({"interest": 1})
        with self.assertRaisesRegex(AccessError, "This takes the rights of"):
            own.with_user(self.manager).action_bill()

    def test_the_button_of_the_invoice_computes_for_clerks(self):
        invoice = self.invoice()
        action = invoice.with_user(self.clerk).action_ar_interest()
        self.assertEqual(self.env["ar.interest.charge"].search(action["domain"]).total, 368.70)

    def test_managers_alone_choose_a_customers_policy(self):
        own = self.make_policy(name="Contract")
        (self.biller + self.manager).write({"group_ids": [Command.link(self.env.ref("base.group_partner_manager").id)]})
        with self.assertRaisesRegex(AccessError, "credit manager"):
            self.customer.with_user(self.biller).ar_interest_policy_id = own
        self.customer.with_user(self.manager).ar_interest_policy_id = own
        self.customer.with_user(self.biller).name = "Linden"

    def test_salespeople_are_told_nothing_and_stopped_by_nothing(self):
        self.customer.with_user(self.salesman).read(["name"])
        self.customer.with_user(self.salesman).write({"name": "Linden", "vat": False})
        with self.assertRaises(AccessError):
            self.customer.with_user(self.salesman).read(["ar_interest_policy_id"])
        with self.assertRaises(AccessError):
            self.env["ar.interest.charge"].with_user(self.salesman).search([])

    def test_the_wizard_says_what_is_missing(self):
        self.invoice(due=date(2024, 12, 20))
        with freeze_time("2025-01-31"):
            run = self.env["ar.interest.run"].with_user(self.clerk).create({})
            params = run.action_compute()["params"]
            self.assertIn("01/01/2025", params["message"])
            self.assertEqual(params["next"]["res_model"], "ar.interest.charge")
            run.until = "2024-12-31"
            self.assertEqual(run.action_compute()["res_model"], "ar.interest.charge")

    def test_the_wizard_may_be_about_some_customers(self):
        other = self.env["res.partner"].create({"name": "Elm", "is_company": True, "country_id": self.country.id})
        mine, theirs = self.invoice(), self.invoice(partner=other)
        run = self.env["ar.interest.run"].with_user(self.clerk).create({"partner_ids": [Command.set(other.ids)]})
        run.action_compute()
        self.assertFalse(self.charges(mine))
        self.assertTrue(self.charges(theirs))

    def test_the_nightly_run_shows_what_is_due(self):
        invoice = self.invoice()
        with self.enter_registry_test_mode():
            self.env.ref("ar_enhanced.cron_show_late_interest").method_direct_trigger()
        self.assertEqual(self.charges(invoice).total, 368.70)
