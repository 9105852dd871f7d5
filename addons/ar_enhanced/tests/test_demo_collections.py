from datetime import date

from odoo.tests import freeze_time, tagged

from .demo_common import DemoLedgerCase

#: A Saturday: the run of last week was sent on the Friday before.
TODAY = date(2027, 2, 27)


@freeze_time(f"{TODAY} 12:00:00")
@tagged("post_install", "-at_install")
class TestDemoCollections(DemoLedgerCase):
    """What the demo company shows of collections."""

    first_day = str(TODAY)

    def of_company(self, model, *domain):
        return self.env[model].search([("company_id", "=", self.company.id), *domain])

    def test_a_run_was_sent_and_another_one_waits(self):
        waiting, sent = self.of_company("ar.reminder.run")
        self.assertEqual((waiting.state, waiting.date), ("prepared", TODAY))
        self.assertEqual((sent.state, sent.date), ("done", date(2027, 2, 19)))
        self.assertGreater(sent.sent_count, 10)
        self.assertFalse(sent.reminder_ids.filtered(lambda one: one.state in ("prepared", "sending", "failed")))
        self.assertEqual(set(sent.reminder_ids.filtered("sent_day").mapped("sent_day")), {sent.date})
        self.assertGreater(waiting.prepared_count, 3)
        self.assertLessEqual(
            {"disputed", "promised", "planned", "handed_over"},
            set(waiting.reminder_ids.item_ids.mapped("code")) | set(waiting.reminder_ids.item_ids.mapped("pause_code")),
        )

    def test_no_mail_of_the_demo_is_in_the_queue(self):
        mails = self.env["mail.mail"].sudo().search([("id", ">", self.last_mail)])
        self.assertGreater(len(mails), 10)
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_promises_are_kept_broken_and_open(self):
        states = sorted(self.of_company("ar.promise").mapped("state"))
        self.assertEqual(states, ["broken", "kept", "kept", "open", "open", "partially_kept"])

    def test_a_payment_plan_is_in_progress(self):
        plan = self.of_company("ar.payment.plan")
        self.assertEqual(plan.instalment_ids.mapped("state"), ["paid", "open", "open"])
        self.assertEqual((plan.state, plan.total), ("active", 5149.1))
        self.assertLess(plan.started_on, TODAY)

    def test_disputes_are_open_and_decided(self):
        disputes = self.of_company("ar.dispute")
        self.assertEqual(sorted(disputes.mapped("state")), ["open", "open", "rejected", "resolved"])
        self.assertEqual(disputes.filtered(lambda one: one.state == "resolved").refund_id, self.invoices("CN-00001"))

    def test_late_interest_is_shown_and_waived(self):
        charges = self.of_company("ar.interest.charge")
        self.assertEqual(set(charges.mapped("state")), {"shown", "waived"})

    def test_a_write_off_waits_for_the_other_person(self):
        write_off = self.of_company("ar.write.off")
        self.assertEqual((write_off.state, write_off.amount), ("waiting", 2544.31))
        self.assertTrue(write_off.with_user(self.manager).can_approve)
        self.assertFalse(write_off.with_user(self.clerk).can_approve)

    def test_an_agency_has_a_case(self):
        case = self.of_company("ar.agency.case")
        self.assertEqual((case.state, case.amount, case.open_amount), ("handed_over", 3052.59, 3052.59))

    def test_contacts_tell_by_whom_and_when(self):
        contacts = self.of_company("ar.collection.contact")
        self.assertEqual(contacts.user_id, self.clerk | self.manager)
        self.assertEqual(contacts.create_uid, self.clerk | self.manager)
        self.assertLess(max(contacts.mapped("contacted_on")).date(), TODAY)
        self.assertEqual(self.customer("morandelli").with_company(self.company).ar_credit_owner_id, self.manager)

    def test_the_desk_ranks_the_customers_with_the_reason(self):
        desk = self.of_company("ar.collection.account")
        self.assertGreater(len(desk), 15)
        self.assertLessEqual({"to_do", "nothing"}, set(desk.mapped("state")))
        of_pellworth = desk.filtered(lambda account: account.partner_id == self.customer("pellworth"))
        self.assertEqual((of_pellworth.is_broken, of_pellworth.collector_id), (True, self.manager))

    def test_figures_of_both_collectors(self):
        rows = self.of_company("ar.collector.report", ("month", "=", TODAY.replace(day=1)))
        self.assertEqual(rows.user_id, self.clerk | self.manager)
        self.assertTrue(all(row.contacts and row.closing for row in rows))

    def test_the_bank_files_still_pay_what_they_say(self):
        """Nothing here settles an invoice of the tables: the samples of bank files pay those."""
        residuals = {"INV-01094": 3258.5, "INV-01104": 2066.4, "INV-01116": 1313.2, "INV-01142": 2265.6}
        for number, residual in residuals.items():
            self.assertEqual(self.invoices(number).amount_residual, residual)
