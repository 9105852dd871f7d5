from datetime import date, timedelta
from fractions import Fraction

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .interest_common import DUE, PAID, InterestCase


@freeze_time(PAID)
@tagged("post_install", "-at_install")
class TestLateInterest(InterestCase):
    def test_the_laws_example_is_shown_to_the_cent_and_can_be_replayed(self):
        charge = self.shown(self.invoice())
        self.assertRecordValues(
            charge,
            [
                {
                    "partner_id": self.customer.id,
                    "date_from": DUE + timedelta(1),
                    "date_until": PAID,
                    "days": 97,
                    "principal": 10000,
                    "interest": 328.70,
                    "fixed_sum": 40,
                    "total": 368.70,
                    "state": "shown",
                }
            ],
        )
        replayed = sum(
            Fraction(period["principal"]) * Fraction(period["percent"]) * period["days"] / 36500
            for period in charge.periods
        )
        self.assertEqual(replayed, sum(Fraction(period["interest"]) for period in charge.periods))
        self.assertEqual(round(float(replayed), 2), charge.interest)

    def test_by_the_rate_of_the_day_of_payment(self):
        self.policy.method = "single"
        self.assertEqual(self.shown(self.invoice()).interest, 325.55)

    def test_by_the_rate_of_the_first_day(self):
        self.policy.method = "first_day"
        self.assertEqual(self.shown(self.invoice()).interest, 332.19)

    def test_a_rate_as_agreed_needs_no_table(self):
        self.policy.write({"kind": "fixed", "percent": 10, "table_id": False})
        self.assertEqual(self.shown(self.invoice(3650)).interest, 97)

    def test_the_invoice_tells_what_is_due_today(self):
        invoice = self.invoice()
        self.assertEqual(invoice.ar_interest_due, 368.70)
        with freeze_time(PAID + timedelta(1)):
            invoice.invalidate_recordset()
            self.assertAlmostEqual(invoice.ar_interest_due, 372.05)
        with freeze_time(DUE):
            invoice.invalidate_recordset()
            self.assertEqual(invoice.ar_interest_due, 0)

    def test_an_invoice_paid_in_time_bears_nothing_and_one_paid_late_until_then(self):
        in_time, late = self.invoice(), self.invoice()
        self.pay(in_time, DUE)
        self.pay(late, date(2024, 6, 30))
        self.show()
        self.assertFalse(self.charges(in_time))
        self.assertRecordValues(
            self.charges(late), [{"date_until": date(2024, 6, 30), "interest": 157.53, "fixed_sum": 40}]
        )

    def test_part_payments_reduce_what_bears_interest(self):
        invoice = self.invoice()
        self.pay(invoice, date(2024, 6, 30), 4000)
        charge = self.shown(invoice)
        self.assertEqual([period["principal"] for period in charge.periods], ["10000", "6000"])
        self.assertEqual(charge.interest, 260.23)

    def test_part_payments_may_settle_interest_first(self):
        self.policy.payment_order = "interest_first"
        invoice = self.invoice()
        self.pay(invoice, date(2024, 6, 30), 4000)
        charge = self.shown(invoice)
        still_open = 10000 - (4000 - 40 - Fraction(10000 * 46 * 125, 365000))
        self.assertEqual(Fraction(charge.periods[1]["principal"]), still_open)

    def test_a_credit_note_counts_from_the_start_or_from_its_date(self):
        invoice = self.invoice()
        credit_note = self.invoice(4000, due=date(2024, 7, 30), move_type="out_refund")
        self.assertEqual(credit_note.date, date(2024, 6, 30))
        lines = (invoice | credit_note).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.reconcile()
        self.assertEqual([period["principal"] for period in self.shown(invoice).periods], ["6000", "6000"])
        self.policy.credit_notes = "from_date"
        self.assertEqual([period["principal"] for period in self.shown(invoice).periods], ["10000", "6000"])

    def test_money_that_came_before_it_was_matched_counts_from_when_it_came(self):
        invoice = self.invoice()
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": 10000,
                "date": DUE - timedelta(2),
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        self.assertEqual(self.shown(invoice).interest, 328.70)
        lines = (invoice.line_ids + payment.move_id.line_ids).filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.reconcile()
        self.assertFalse(self.shown(invoice))

    def test_what_was_paid_in_a_locked_period_was_paid_on_its_own_day(self):
        in_time, late = self.invoice(), self.invoice()
        self.env.company.fiscalyear_lock_date = DUE + timedelta(60)
        for invoice, day in ((in_time, DUE), (late, DUE + timedelta(10))):
            payment = self.pay(invoice, day)
            self.assertGreater(payment.move_id.date, DUE + timedelta(60))
        self.assertFalse(self.shown(in_time))
        self.assertRecordValues(self.charges(late), [{"date_until": DUE + timedelta(10), "days": 10}])

    def test_each_instalment_is_late_by_itself(self):
        invoice = self.in_two_halves()
        charges = self.shown(invoice)
        self.assertEqual(charges.mapped("date_due"), [DUE, DUE + timedelta(30)])
        self.assertEqual(charges.mapped("principal"), [5000, 5000])
        self.assertEqual(charges.mapped("fixed_sum"), [40, 40])

    def test_a_foreign_invoice_bears_in_its_currency_and_fixed_sums_are_converted(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 0.5), ("2024-06-01", 0.8)])
        charge = self.shown(self.invoice(currency_id=euro.id))
        self.assertRecordValues(charge, [{"currency_id": euro.id, "interest": 328.70, "fixed_sum": 20}])

    def test_a_currency_without_rate_is_told_and_the_others_are_computed(self):
        yen = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "JPY")])
        yen.active = True
        yen.rate_ids.unlink()
        foreign, own = self.invoice(currency_id=yen.id), self.invoice()
        (problem,) = self.show()
        self.assertIn("JPY has no rate", problem)
        self.assertTrue(self.charges(own))
        self.assertFalse(self.charges(foreign))

    def test_a_missing_reference_rate_is_told_by_its_day_and_the_others_are_computed(self):
        late, early = self.invoice(due=date(2024, 12, 20)), self.invoice()
        self.pay(early, PAID)
        (problem,) = self.show(date(2025, 1, 31))
        self.assertIn("01/01/2025", problem)
        self.assertIn("(invoices: 1)", problem)
        self.assertTrue(self.charges(early))
        self.assertFalse(self.charges(late))
        with freeze_time("2025-01-31"):
            late.invalidate_recordset()
            self.assertEqual(late.ar_interest_due, 0)
            self.assertIn("no rate for 01/01/2025", late.ar_interest_problem)

    def test_a_table_without_rates_says_so(self):
        empty = self.env["ar.interest.rate.table"].create({"name": "Base rate", "code": "BASE", "source": "Ourselves"})
        self.policy.table_id = empty
        self.invoice()
        (problem,) = self.show()
        self.assertIn("enter it under Configuration", problem)

    def test_disputed_amounts_bear_nothing_while_the_dispute_is_open(self):
        invoice = self.invoice()
        dispute = self.env["ar.dispute"].create(
            {
                "move_id": invoice.id,
                "code_id": self.env.ref("ar_enhanced.dispute_code_price").id,
                "amount": 4000,
                "opened_on": "2024-07-01",
            }
        )
        charge = self.shown(invoice)
        self.assertEqual([period["principal"] for period in charge.periods], ["10000", "6000"])
        self.assertIn("suspended", charge.reason_codes)
        self.policy.disputed_bears = True
        self.assertEqual(self.shown(invoice).interest, 328.70)
        self.policy.disputed_bears = False
        dispute._close("unjustified", "The price was agreed.")
        self.assertEqual(self.shown(invoice).interest, 328.70, "a rejected dispute stops nothing")

    def test_a_justified_dispute_stops_interest_for_its_time(self):
        invoice = self.invoice()
        dispute = self.env["ar.dispute"].create(
            {
                "move_id": invoice.id,
                "code_id": self.env.ref("ar_enhanced.dispute_code_price").id,
                "amount": 10000,
                "opened_on": "2024-07-01",
            }
        )
        dispute._close("justified", "We were late.")
        dispute.sudo().closed_on = "2024-08-01"
        self.assertEqual([period["days"] for period in self.shown(invoice).periods], [46, 19])

    def test_a_dispute_is_about_its_part_of_each_instalment(self):
        invoice = self.in_two_halves()
        self.env["ar.dispute"].create(
            {
                "move_id": invoice.id,
                "code_id": self.env.ref("ar_enhanced.dispute_code_price").id,
                "amount": 3000,
                "opened_on": "2024-05-01",
            }
        )
        self.assertEqual(self.shown(invoice).mapped("principal"), [3500, 3500])

    def test_what_a_credit_note_ended_is_not_left_out_twice(self):
        invoice = self.invoice()
        dispute = self.env["ar.dispute"].create(
            {
                "move_id": invoice.id,
                "code_id": self.env.ref("ar_enhanced.dispute_code_price").id,
                "amount": 4000,
                "opened_on": "2024-06-01",
            }
        )
        credit_note = self.invoice(4000, due=date(2024, 7, 30), move_type="out_refund")
        lines = (invoice | credit_note).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.reconcile()
        for closed in (False, True):
            if closed:
                dispute._close("justified", "Credited.")
            self.policy.credit_notes = "never_owed"
            self.assertEqual({period["principal"] for period in self.shown(invoice).periods}, {"6000"})
            self.policy.credit_notes = "from_date"
            periods = self.shown(invoice).periods
            self.assertEqual(
                [(period["until"], period["principal"]) for period in periods],
                [("2024-05-31", "10000"), ("2024-06-30", "6000"), (str(PAID), "6000")],
            )

    def test_no_day_is_charged_before_it_is_over(self):
        self.assertEqual(self.show(PAID), [])
        with self.assertRaisesRegex(UserError, "choose today or a day before"):
            self.env["ar.interest.charge"].action_compute(PAID + timedelta(1))

    def test_less_than_the_minimum_waits_until_it_is_enough(self):
        self.policy.write({"minimum_amount": 368.71})
        invoice = self.invoice()
        self.assertFalse(self.shown(invoice))
        self.assertEqual(invoice.ar_interest_due, 0)
        self.policy.write({"minimum_amount": 368.70})
        self.assertTrue(self.shown(invoice))

    def test_invoices_due_before_the_policy_bear_nothing(self):
        self.policy.due_from = DUE + timedelta(1)
        self.assertFalse(self.shown(self.invoice()))
        self.policy.due_from = DUE
        self.assertTrue(self.shown(self.invoice()))

    def test_without_policy_the_ledger_is_not_even_read(self):
        invoice = self.invoice()
        self.policy.active = False
        self.env.flush_all()
        invoice.invalidate_recordset()
        invoice.fetch(["state", "move_type", "company_id", "currency_id"])
        invoice.company_id.mapped("root_id.name")
        with self.assertQueryCount(2):
            self.assertEqual(invoice._ar_interest_on(PAID), {})
        self.assertFalse(self.shown(invoice))

    def test_bills_credit_notes_and_drafts_bear_nothing(self):
        for values in ({"move_type": "in_invoice"}, {"move_type": "out_refund"}):
            self.assertFalse(self.shown(self.invoice(**values)))
        draft = self.invoice()
        self.show()
        draft.button_draft()
        self.assertFalse(self.charges(draft))
        self.assertEqual(draft.ar_interest_due, 0)

    def test_computing_again_replaces_what_was_shown(self):
        invoice = self.invoice()
        first = self.shown(invoice, date(2024, 6, 30))
        second = self.shown(invoice)
        self.assertFalse(first.exists())
        self.assertEqual(len(second), 1)

    def test_one_computation_of_a_company_runs_at_a_time(self):
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", ["ar.interest.charge", self.env.company.id])
            with self.assertRaisesRegex(UserError, "being computed right now"):
                self.show()
        self.assertEqual(self.show(), [])

    def test_many_invoices_cost_no_statement_more_than_few(self):
        few = self.env["account.move"].union(*(self.invoice() for _number in range(2)))
        many = few.union(*(self.invoice() for _number in range(8)))
        for invoice in many[:6]:
            self.pay(invoice, PAID - timedelta(3), 1000)

        def statements(invoices):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            invoices._ar_interest_on(PAID)
            return self.cr.sql_log_count - before

        statements(few)
        self.assertEqual(statements(few), statements(many))
