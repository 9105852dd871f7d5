from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import MatchCommon, ofx


@tagged("post_install", "-at_install")
class TestUnresolved(MatchCommon):
    """What is still to be cleared, who is reminded of it, and how a short payment is followed up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.report = cls.env["ar.unresolved.difference"]

    def _rows(self, *domain):
        self.report.invalidate_model()
        return self.report.search([("company_id", "=", self.env.company.id), *domain])

    def _open_line(self, days, amount="77.00", text="UNHEARD OF"):
        """Import a payment that nothing is known of, so many days ago."""
        number = self.env["account.bank.statement.line"].search_count([])
        day = (self.today - timedelta(days)).strftime("%Y%m%d")
        return self._import(ofx([(f"U{number}", day, amount, "NOBODY", text)])).line_ids

    def _short(self, open_amount=100, paid="60.00"):
        """Return an invoice that was booked as paid in part, and its bank line."""
        invoice = self._invoice(open_amount)
        line = self._pay((paid, invoice.name))
        if line.ar_match_state == "proposed":
            line.action_ar_accept()
        self.assertEqual(line.ar_match_state, "matched")
        return invoice, line

    def _user(self, login, groups="ar_reconcile.group_reconcile", **values):
        return new_test_user(self.env, login, groups, company_id=self.env.company.id, **values)

    # The report

    def test_an_open_line_is_a_row_with_its_age_and_reason(self):
        line = self._open_line(9)
        (row,) = self._rows()
        self.assertRecordValues(
            row,
            [
                {
                    "kind": "line",
                    "statement_line_id": line.id,
                    "journal_id": self.journal.id,
                    "age": 9,
                    "age_bucket": "d008",
                    "amount": 77.0,
                    "amount_currency": 77.0,
                    "reason": "no_reference",
                    "owner_id": False,
                }
            ],
        )
        self.assertEqual(dict(self.report._selection_reason())["no_reference"], "No invoice and no customer named")

    def test_each_bucket_ends_with_its_last_day(self):
        ages = (0, 7, 8, 30, 31, 60, 61, 90, 91)
        for age in ages:
            self._open_line(age)
        self.assertEqual(
            {row.age: row.age_bucket for row in self._rows()},
            dict(zip(ages, ("d000", "d000", *("d008",) * 2, *("d031",) * 2, *("d061",) * 2, "d091"), strict=True)),
        )

    def test_a_line_that_matching_has_not_seen_says_so(self):
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": self.today, "payment_ref": "typed", "amount": -5}
        )
        (row,) = self._rows()
        self.assertEqual((row.statement_line_id, row.reason, row.amount), (line, "not_seen", -5))

    def test_a_proposal_tells_why_it_is_not_booked_and_a_rejected_one_that_a_person_turned_it_down(self):
        _invoice, line = self._proposal()
        self.assertEqual(self._rows().reason, line.ar_match_id.verdict["reasons"][0][0])
        line.action_ar_reject()
        self.assertEqual(self._rows().reason, "turned_down")

    def test_a_matched_line_is_no_row_and_an_undone_one_is_again(self):
        line = self._pay(("119.00", self._invoice(119).name))
        self.assertFalse(self._rows())
        line.action_ar_undo()
        self.assertEqual(self._rows().statement_line_id, line)

    def test_a_short_payment_is_a_row_of_its_invoice_until_that_is_paid(self):
        invoice, line = self._short()
        (row,) = self._rows()
        self.assertRecordValues(
            row,
            [
                {
                    "kind": "short",
                    "move_id": invoice.id,
                    "statement_line_id": line.id,
                    "partner_id": self.partner_a.id,
                    "amount": 40.0,
                    "reason": "short_payment",
                }
            ],
        )
        self._register_payment(invoice)
        self.assertFalse(self._rows(("kind", "=", "short")))

    def test_an_invoice_paid_in_part_twice_is_one_row_by_its_last_payment(self):
        invoice, _first = self._short()
        second = self._pay(("25.00", invoice.name))
        if second.ar_match_state == "proposed":
            second.action_ar_accept()
        (row,) = self._rows()
        self.assertEqual((row.statement_line_id, row.amount), (second, 15))

    def test_an_overpayment_and_a_payment_on_account_are_rows(self):
        invoice = self._invoice(100)
        line = self._pay(("130.00", invoice.name))
        line.action_ar_accept()
        payment = self.env["account.payment"].create(
            {"partner_id": self.partner_b.id, "amount": 50, "journal_id": self.journal.id, "payment_type": "inbound"}
        )
        payment.action_post()
        rows = {row.partner_id: row for row in self._rows()}
        over, on_account = rows[self.partner_a], rows[self.partner_b]
        self.assertEqual((over.kind, over.amount, over.reason), ("over", 30, "overpayment"))
        self.assertEqual(over.statement_line_id, line)
        self.assertEqual((on_account.kind, on_account.amount, on_account.reason), ("over", 50, "on_account"))
        self.assertEqual(on_account.action_open()["res_id"], payment.move_id.id)

    def test_a_foreign_amount_is_told_in_both_currencies(self):
        euro = self.setup_other_currency("EUR", rates=[("2020-01-01", 0.5)])
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "date": self.today,
                "payment_ref": "abroad",
                "amount": 100,
                "foreign_currency_id": euro.id,
                "amount_currency": 50,
            }
        )
        (row,) = self._rows(("statement_line_id", "=", line.id))
        self.assertEqual((row.amount, row.amount_currency, row.currency_id), (100, 50, euro))

    def test_the_owner_is_the_lines_the_journals_or_the_companys_unless_he_is_gone(self):
        line = self._open_line(1)
        own, journals, companys = self._user("own"), self._user("journals"), self._user("companys")
        self.env.company.ar_bank_responsible_id = companys
        self.assertEqual(self._rows().owner_id, companys)
        self.journal.ar_responsible_id = journals
        self.assertEqual(self._rows().owner_id, journals)
        line.ar_owner_id = own
        self.assertEqual(self._rows().owner_id, own)
        own.sudo().active = False
        self.assertEqual(self._rows().owner_id, journals)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        journals.sudo().write({"company_id": elsewhere.id, "company_ids": [(6, 0, elsewhere.ids)]})
        self.assertEqual(self._rows().owner_id, companys)

    def test_the_report_is_grouped_searched_and_exported(self):
        self._open_line(9)
        self._open_line(40, "33.00")
        groups = self.report.formatted_read_group(
            [("company_id", "=", self.env.company.id)], ["age_bucket", "reason"], ["amount:sum"]
        )
        self.assertEqual(
            [(group["age_bucket"], group["amount:sum"]) for group in groups], [("d008", 77.0), ("d031", 33.0)]
        )
        exported = self._rows().export_data(["age_bucket", "reason", "amount", "owner_id"])["datas"]
        self.assertEqual(exported[1][:3], ["8–30 days", "No invoice and no customer named", 77.0])

    def test_a_row_opens_its_bank_line(self):
        line = self._open_line(1)
        action = self._rows().action_open()
        self.assertEqual((action["res_model"], action["res_id"]), (line._name, line.id))
        view = self.env.ref("ar_reconcile.account_bank_statement_line_view_form")
        self.assertEqual(action["views"], [(view.id, "form")])

    def test_a_hundred_rows_cost_as_many_statements_as_one(self):
        for _each in range(3):
            self._open_line(1)
        names = ["kind", "amount", "reason", "age_bucket", "text"]
        self._rows().read(names)
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.report.search_fetch([("company_id", "=", self.env.company.id)], names)

    # Reminders

    def _reminders(self):
        kind = self.env.ref("ar_reconcile.activity_type_open_lines")
        return self.env["mail.activity"].sudo().search([("activity_type_id", "=", kind.id)], order="id")

    def _remind(self):
        self.env["account.bank.statement.line"].sudo()._cron_ar_remind()
        return self._reminders()

    def test_each_owner_gets_one_reminder_that_is_updated_and_goes(self):
        self._reminders().unlink()
        self.env.company.ar_reminder_days = 7
        owner = self._user("owner")
        self.journal.ar_responsible_id = owner
        lines = self._open_line(8) | self._open_line(20) | self._open_line(7)
        activity = self._remind()
        self.assertEqual(
            (activity.user_id, activity.res_model, activity.res_id), (owner, "account.journal", self.journal.id)
        )
        self.assertEqual(activity.summary, "Bank lines to clear: 2")
        self.assertIn("action_unresolved_mine", activity.note)
        self._open_line(30)
        self.assertEqual(self._remind(), activity)
        self.assertEqual(activity.summary, "Bank lines to clear: 3")
        other = self._user("other")
        lines[0].ar_owner_id = other
        self.assertEqual(self._remind().user_id, owner | other)
        self._rows(("kind", "=", "line")).statement_line_id.unlink()
        self.assertFalse(self._remind())

    def test_nobody_is_reminded_where_that_is_off_or_nobody_owns(self):
        self._reminders().unlink()
        self._open_line(20)
        self.assertFalse(self._remind())
        self.journal.ar_responsible_id = self._user("owner")
        self.env.company.ar_reminder_days = 0
        self.assertFalse(self._remind())
        self.env.company.ar_reminder_days = 19
        self.assertTrue(self._remind())

    def test_a_reminder_is_in_the_owners_language(self):
        self._reminders().unlink()
        self.env["res.lang"]._activate_lang("fr_FR")
        self.journal.ar_responsible_id = self._user("owner", lang="fr_FR")
        line = self._open_line(20)
        self.assertIn(line.date.strftime("%d/%m/%Y"), self._remind().note)

    def test_many_owners_cost_no_more_statements_to_find(self):
        for number in range(4):
            self._open_line(20).ar_owner_id = self._user(f"owner{number}")
        lines = self.env["account.bank.statement.line"].sudo()
        lines._ar_overdue_by_owner()
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.assertEqual(len(lines._ar_overdue_by_owner()), 4)

    # Short payments

    def test_a_short_payment_is_followed_up_by_the_salesperson_with_a_note_on_the_invoice(self):
        invoice, line = self._short()
        invoice.invoice_user_id = seller = self._user("seller", "account.group_account_invoice")
        line.action_ar_follow_up_short_payment()
        kind = self.env.ref("ar_reconcile.activity_type_short_payment")
        activity = invoice.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)
        self.assertEqual(activity.user_id, seller)
        self.assertEqual(activity.summary, "$\xa040.00 missing")
        self.assertIn(invoice.name, activity.note)
        self.assertEqual(activity.date_deadline, fields.Date.today() + timedelta(3))
        self.assertIn("still open after the payment of $&nbsp;60.00", str(invoice.message_ids[0].body))
        self._rows().action_follow_up()
        self.assertEqual(len(invoice.activity_ids.filtered(lambda each: each.activity_type_id == kind)), 1)

    def test_without_a_salesperson_the_owner_follows_up(self):
        invoice, line = self._short()
        invoice.invoice_user_id = False
        line.ar_owner_id = self._user("owner")
        line.action_ar_follow_up_short_payment()
        self.assertEqual(invoice.activity_ids.user_id, line.ar_owner_id)

    def test_the_customer_is_written_to_by_a_person_alone(self):
        invoice, line = self._short()
        self.partner_a.email = "acme@example.com"
        mails = self.env["mail.mail"].sudo().search_count([])
        action = line.action_ar_remind_customer()
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]), mails)
        composer = Form.from_action(self.env, {**action, "view_id": False}).save()
        self.assertEqual((composer.model, composer.composition_mode), ("account.move", "comment"))
        self.assertIn("40.00", composer.body)
        self.assertIn(invoice.name, composer.subject)

    def test_what_is_missing_of_a_short_payment_is_proposed_as_disputed(self):
        invoice, _line = self._short(open_amount=100, paid="60.00")
        (row,) = self._rows(("kind", "=", "short"))
        form = Form(self.env["ar.dispute"].with_context(**row.action_dispute()["context"]))
        form.code_id = self.env.ref("ar_enhanced.dispute_code_price")
        dispute = form.save()
        self.assertEqual((dispute.move_id, dispute.amount), (invoice, 40))
        self.assertEqual(dispute.move_line_id.account_type, "asset_receivable")
        self._open_line(3)
        with self.assertRaises(UserError):
            self._rows(("kind", "=", "line")).action_dispute()

    def test_what_was_paid_in_full_has_nothing_to_follow_up(self):
        line = self._pay(("119.00", self._invoice(119).name))
        with self.assertRaisesRegex(UserError, "left nothing open"):
            line.action_ar_follow_up_short_payment()
        with self.assertRaisesRegex(UserError, "left nothing open"):
            line.action_ar_remind_customer()

    # Rights

    def test_only_who_reads_the_books_reads_the_report(self):
        self._short()
        for login, group in (("customer", "base.group_portal"), ("plain", "base.group_user")):
            user = new_test_user(self.env, login, group)
            with self.assertRaises(AccessError):
                self.report.with_user(user).search([])
        other = self.setup_other_company(name="Other")["company"]
        far = new_test_user(
            self.env, "far", "ar_reconcile.group_reconcile", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        row = self._rows()
        self.assertFalse(self.report.with_user(far).search([]))
        with self.assertRaises(AccessError):
            row.with_user(far).read(["amount"])

    def test_who_may_only_read_follows_nothing_up(self):
        invoice, line = self._short()
        for login, group in (("reader", "account.group_account_readonly"), ("biller", "account.group_account_invoice")):
            user = self._user(login, group)
            with self.assertRaises(AccessError):
                line.with_user(user).action_ar_follow_up_short_payment()
            with self.assertRaises(AccessError):
                line.with_user(user).action_ar_remind_customer()
        self.assertFalse(invoice.activity_ids)
