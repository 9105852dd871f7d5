from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..exceptions import CreditHoldError
from .common import DAY


class HoldCase(AccountTestInvoicingCommon):
    """A customer with a credit limit of 1,000, rules that are off, a clerk who posts and a manager who releases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.customer = cls.env["res.partner"].create({"name": "Linden Optics", "is_company": True})
        cls.contact = cls.env["res.partner"].create({"name": "Ada Linden", "parent_id": cls.customer.id})
        cls.customer.with_company(cls.company).credit_limit = 1000
        cls.rules = cls.env["ar.credit.hold.rule"]
        cls.holds = cls.env["ar.credit.hold"]
        companies = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.clerk = new_test_user(cls.env, "hold_clerk", "account.group_account_invoice", **companies)
        cls.manager = new_test_user(cls.env, "hold_manager", "ar_enhanced.group_ar_manager", **companies)

    @classmethod
    def rule(cls, kind, threshold=0, **values):
        """Add a rule that is on."""
        return cls.rules.create(
            {"kind": kind, "threshold": threshold, "company_id": cls.company.id, "active": True, **values}
        )

    @classmethod
    def draft(cls, amount, partner=None, due_days_ago=-30, **values):
        """Make a draft invoice."""
        due = DAY - timedelta(due_days_ago)
        return cls._create_invoice_one_line(
            price_unit=amount,
            partner_id=(partner or cls.customer).id,
            invoice_date=min(due, DAY),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            tax_ids=[],
            **values,
        )

    @contextmanager
    def refused(self, *documents):
        """Expect a refusal, and let what it keeps be written as after the rollback."""
        kept = []

        def keep(holds, entries, lapses):
            kept.append((entries, lapses, holds.env.uid))

        with (
            patch.object(self.env.registry["ar.credit.hold"], "_record_after_rollback", keep),
            self.assertRaises(CreditHoldError) as caught,
            self.env.cr.savepoint(),
        ):
            yield caught
        self.env.invalidate_all()
        self.last = self.holds.browse()
        for entries, lapses, uid in kept:
            self.last |= self.holds._record(entries, lapses, uid)

    def rated(self, level):
        """Give the customer a level."""
        return patch.object(
            self.env.registry["res.partner"], "_ar_levels", lambda partners, company: {self.customer.id: level}
        )

    def hold_of(self, document):
        """Return the active hold of a document."""
        return self.holds._of_document(document)

    def codes(self, hold):
        """Return the reason codes of a hold."""
        return [reason["code"] for reason in hold.reasons]


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditHold(HoldCase):
    def test_no_rule_is_on_by_itself(self):
        self.assertFalse(self.rules.search([("company_id", "=", self.company.id)]))
        shipped = self.env.ref("ar_enhanced.hold_rule_limit").sudo().with_context(active_test=False).search([])
        self.assertTrue(shipped)
        self.assertFalse(any(shipped.mapped("active")))
        invoice = self.draft(10**6)
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")

    def test_an_invoice_is_posted_up_to_the_limit_and_held_beyond(self):
        self.rule("utilisation", 100)
        self.draft(600).action_post()
        over = self.draft(400.01)
        with self.refused() as caught:
            over.action_post()
        self.assertIn("1,000.01", str(caught.exception))
        self.assertEqual(over.state, "draft")
        self.assertEqual(self.codes(self.hold_of(over)), ["over_limit"])
        self.draft(400, partner=self.contact).action_post()

    def test_a_contact_counts_for_its_customer(self):
        self.rule("utilisation", 100)
        self.draft(600, partner=self.contact).action_post()
        with self.refused():
            self.draft(401).action_post()
        self.assertEqual(self.last.partner_id, self.customer)

    def test_invoices_of_one_batch_count_together(self):
        self.rule("utilisation", 100)
        batch = self.draft(600) | self.draft(600, partner=self.contact)
        with self.refused() as caught:
            batch._post(soft=False)
        self.assertEqual(self.last.move_id, batch)
        self.assertEqual(len(caught.exception.args), 3)
        batch[0].action_post()

    def test_other_drafts_do_not_hold_an_invoice(self):
        self.rule("utilisation", 100)
        drafts = [self.draft(600), self.draft(600)]
        drafts[0].action_post()
        with self.refused():
            drafts[1].action_post()

    def test_credit_notes_bills_and_entries_are_never_held(self):
        self.rule("overdue_amount", 0)
        posted = self.draft(500, due_days_ago=10)
        posted.action_post()
        credit_note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.customer.id,
                "invoice_date": DAY,
                "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 100, "tax_ids": []})],
            }
        )
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.customer.id,
                "invoice_date": DAY,
                "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 100, "tax_ids": []})],
            }
        )
        (credit_note | bill).action_post()
        with self.refused():
            self.draft(1).action_post()

    def test_overdue_debt_holds_after_its_grace(self):
        self.rule("overdue_days", 10, grace_days=5)
        self.draft(100, due_days_ago=15).action_post()
        self.draft(50).action_post()
        self.draft(70, due_days_ago=16).action_post()
        with self.refused():
            self.draft(50).action_post()
        self.assertEqual(self.last.reasons[0]["facts"], {"days": 16, "allowed": 10, "amount": "70.00"})

    def test_a_level_holds_and_an_exception_does_not(self):
        rule = self.rule("level", hold_level="d")
        with patch.object(
            self.env.registry["res.partner"], "_ar_levels", lambda partners, company: {self.customer.id: "e"}
        ):
            with self.refused():
                self.draft(1).action_post()
            rule.excluded_partner_ids = self.contact
            self.draft(1).action_post()
            rule.excluded_partner_ids = False
            tag = self.env["res.partner.category"].create({"name": "Public bodies"})
            rule.excluded_category_ids = tag
            with self.refused():
                self.draft(1).action_post()
            self.customer.category_id = tag
            self.draft(1).action_post()

    def test_a_broken_promise_holds_until_its_invoice_is_paid(self):
        self.rule("broken_promise")
        invoice = self.draft(300, due_days_ago=30)
        invoice.action_post()
        promise = self.env["ar.promise"].create(
            {
                "move_ids": [(6, 0, invoice.ids)],
                "amount": 300,
                "made_on": DAY - timedelta(20),
                "date": DAY - timedelta(15),
            }
        )
        promise._judge(DAY)
        self.assertEqual(promise.state, "broken")
        with self.refused():
            self.draft(1).action_post()
        self._register_payment(invoice, payment_date=DAY)
        self.draft(1).action_post()

    def test_a_rule_for_orders_holds_no_invoice(self):
        self.rule("utilisation", 100, applies_to="order")
        self.draft(5000).action_post()

    def test_a_rule_of_another_company_holds_nothing_here(self):
        other = self.setup_other_company()["company"]
        self.rule("utilisation", 1, company_id=other.id)
        self.draft(5000).action_post()

    def test_a_foreign_invoice_counts_in_the_companys_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2020-01-01", 0.5)])
        self.rule("utilisation", 100)
        with self.refused():
            self.draft(501, currency_id=euro.id).action_post()
        self.draft(500, currency_id=euro.id).action_post()

    def test_scheduled_posting_lets_the_others_through(self):
        self.rule("utilisation", 100)
        held, fine = self.draft(5000), self.draft(100, partner=self.partner_a)
        (held | fine).auto_post = "at_date"
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_auto_post_draft_entry").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((held.state, fine.state), ("draft", "posted"))
        self.assertTrue(any("credit hold" in message.body for message in held.message_ids))
        self.assertEqual(self.codes(self.hold_of(held)), ["over_limit"])

    def test_contradictory_and_empty_rules_are_refused(self):
        self.rule("overdue_days", 30)
        for values in (
            {"kind": "utilisation", "threshold": 0},
            {"kind": "level"},
            {"kind": "level", "hold_level": "c", "exempt_level": "d"},
            {"kind": "overdue_days", "threshold": -1},
            {"kind": "overdue_days", "threshold": 1.5},
            {"kind": "overdue_days", "threshold": 30},
            {"kind": "overdue_amount", "grace_days": -1},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.rules.create({**values, "company_id": self.company.id, "active": True})

    def held_invoice(self, amount=1200):
        """Make an invoice that the clerk was refused."""
        invoice = self.draft(amount).with_user(self.clerk)
        with self.refused():
            invoice.action_post()
        return invoice, self.hold_of(invoice).with_user(self.manager)

    def test_a_release_lets_the_document_through(self):
        self.rule("utilisation", 100)
        invoice, hold = self.held_invoice()
        self.assertEqual(hold.asker_ids, self.clerk)
        hold.action_release("They have sent the confirmation of their bank")
        self.assertEqual((hold.state, hold.release_exposure), ("released", 1200))
        with self.refused():
            self.draft(1100).action_post()
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")

    def test_who_was_refused_cannot_release(self):
        self.rule("utilisation", 100)
        invoice = self.draft(1200)
        self.clerk.group_ids |= self.env.ref("ar_enhanced.group_ar_manager")
        with self.refused():
            invoice.with_user(self.clerk).action_post()
        hold = self.hold_of(invoice)
        with self.assertRaisesRegex(UserError, "another person"):
            hold.with_user(self.clerk).action_release("It's me")
        with self.assertRaises(ValidationError):
            hold.with_user(self.manager).action_release(" ")
        with self.assertRaises(ValidationError):
            hold.with_user(self.manager).action_release("less", exposure_up_to=1199)
        with self.assertRaises(ValidationError):
            hold.with_user(self.manager).action_release("late", valid_until=DAY - timedelta(1))

    def test_a_release_lapses_when_more_is_overdue(self):
        rule = self.rule("utilisation", 100)
        invoice, hold = self.held_invoice()
        hold.action_release("Once")
        rule.active = False
        self.draft(10, due_days_ago=1).action_post()
        rule.active = True
        with self.refused():
            invoice.action_post()
        self.assertEqual((hold.state, hold.lapse_code), ("lapsed", "more_overdue"))
        self.assertEqual(self.hold_of(invoice).state, "active")

    def test_a_release_lapses_when_more_is_at_stake_or_another_rule_is_broken(self):
        self.rule("utilisation", 100)
        invoice, hold = self.held_invoice()
        hold.action_release("Once")
        invoice.sudo().invoice_line_ids.price_unit = 1201
        with self.refused():
            invoice.action_post()
        self.assertEqual((hold.state, hold.lapse_code), ("lapsed", "more_exposure"))
        again = self.hold_of(invoice).with_user(self.manager)
        again.action_release("Once more")
        self.rule("level", hold_level="e")
        with (
            patch.object(
                self.env.registry["res.partner"], "_ar_levels", lambda partners, company: {self.customer.id: "e"}
            ),
            self.refused(),
        ):
            invoice.action_post()
        self.assertEqual((again.state, again.lapse_code), ("lapsed", "other_reason"))

    def test_a_release_ends_after_its_last_day(self):
        self.rule("utilisation", 100)
        invoice, hold = self.held_invoice()
        hold.action_release("Once", valid_until=DAY)
        with freeze_time(DAY + timedelta(1)), self.refused():
            invoice.action_post()
        self.assertEqual((hold.state, hold.lapse_code), ("lapsed", "date_passed"))

    def test_what_a_hold_said_is_never_edited_nor_deleted(self):
        self.rule("utilisation", 100)
        _invoice, hold = self.held_invoice()
        for values in ({"reasons": []}, {"amount": 1}, {"partner_id": self.partner_a.id}):
            with self.subTest(values=values), self.assertRaises(UserError):
                hold.sudo().write(values)
        with self.assertRaises(UserError):
            hold.sudo().unlink()

    def test_a_hold_by_hand_holds_until_it_is_ended_and_comes_back_after_its_release(self):
        self.customer.with_user(self.clerk)._ar_place_hold("Lawyers say no")
        self.assertTrue(self.customer.ar_credit_hold)
        self.assertTrue(self.contact.ar_credit_hold)
        self.assertIn(self.contact, self.contact.search([("ar_credit_hold", "=", True)]))
        with self.refused() as caught:
            self.draft(1).action_post()
        self.assertIn("Lawyers say no", str(caught.exception))
        hold = self.holds.search([("is_by_hand", "=", True), ("partner_id", "=", self.customer.id)])
        hold.with_user(self.manager).action_release("For this week", 500, DAY + timedelta(7))
        self.assertFalse(self.customer.ar_credit_hold)
        self.draft(400).action_post()
        with freeze_time(DAY + timedelta(8)):
            self.holds._review(self.company, self.customer.ids)
            self.assertEqual(hold.lapse_code, "date_passed")
            self.assertTrue(self.customer.ar_credit_hold)
            again = self.holds.search([("is_by_hand", "=", True), ("state", "=", "active")])
            again.with_user(self.manager).action_end()
            self.assertFalse(self.customer.ar_credit_hold)
            self.draft(1).action_post()

    def test_the_review_opens_and_ends_holds_of_customers(self):
        self.rule("overdue_amount", 100)
        invoice = self.draft(500, due_days_ago=20)
        invoice.action_post()
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1):
            self.holds._cron_review()
            self.assertTrue(self.customer.ar_credit_hold)
            self.holds._cron_review()
            hold = self.holds.search([("partner_id", "=", self.customer.id)])
            self.assertEqual(len(hold), 1)
            self._register_payment(invoice, payment_date=DAY)
            self.holds._cron_review()
        self.assertEqual((hold.state, hold.lapse_code), ("lapsed", "well"))
        self.assertFalse(self.customer.ar_credit_hold)

    def test_a_released_customer_is_not_held_again_before_the_release_lapses(self):
        self.rule("overdue_amount", 100)
        self.draft(500, due_days_ago=20).action_post()
        hold = self.holds._review(self.company, self.customer.ids)
        hold.with_user(self.manager).action_release("A bank error", exposure_up_to=700)
        self.assertFalse(self.holds._review(self.company, self.customer.ids))
        self.draft(200).action_post()
        with self.refused():
            self.draft(1).action_post()
        self.assertEqual(hold.state, "released")

    def test_a_constant_number_of_statements_checks_any_number_of_invoices(self):
        self.rule("utilisation", 100)
        self.rule("overdue_days", 30)
        customers = self.env["res.partner"].create([{"name": f"Customer {n}"} for n in range(12)])
        drafts = self.env["account.move"].browse()
        for customer in customers:
            drafts |= self.draft(10, partner=customer)
        counts = []
        for some in (drafts[:2], drafts):
            self.env.flush_all()
            self.env.invalidate_all()
            some.mapped("amount_total_signed")
            some.partner_id.commercial_partner_id.mapped("name")
            before = self.env.cr.sql_log_count
            some._ar_check_credit()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)

    def test_the_simulation_holds_what_the_rule_would_have_held(self):
        rule = self.rule("overdue_days", 30, active=False)
        late = self.draft(500, due_days_ago=60)
        late.action_post()
        during = self.draft(200, due_days_ago=0)
        during.action_post()
        with freeze_time(DAY - timedelta(45)):
            before = self._create_invoice_one_line(
                price_unit=300,
                partner_id=self.customer.id,
                invoice_date=DAY - timedelta(45),
                invoice_payment_term_id=False,
                tax_ids=[],
                post=True,
            )
        simulation = self.env["ar.credit.hold.simulation"].browse(rule.action_simulate()["res_id"])
        self.assertEqual(simulation.document_count, 3)
        self.assertEqual(simulation.line_ids.mapped("document_name"), [during.name])
        self.assertEqual((simulation.held_amount, simulation.held_share), (200, 20))
        self.assertNotIn(before.name, simulation.line_ids.mapped("document_name"))

    def test_the_simulation_of_the_limit_adds_up_the_ledger_day_by_day(self):
        rule = self.rule("utilisation", 100, active=False)
        first = self.draft(900, due_days_ago=40)
        first.action_post()
        self._register_payment(first, payment_date=DAY - timedelta(20))
        second = self.draft(900, due_days_ago=10)
        second.action_post()
        third = self.draft(101, due_days_ago=0)
        third.action_post()
        simulation = self.env["ar.credit.hold.simulation"]._run(rule)
        self.assertEqual(simulation.line_ids.mapped("document_name"), [third.name])
        self.assertEqual(simulation.line_ids.reasons[0]["facts"]["exposure"], "1001.00")

    def test_every_kind_of_rule_can_be_simulated(self):
        self.draft(100, due_days_ago=20).action_post()
        for kind in ("utilisation", "overdue_amount", "overdue_days", "level", "limit_expired", "broken_promise"):
            rule = self.rule(kind, 50 if kind == "utilisation" else 0, hold_level=kind == "level" and "e", active=False)
            with self.subTest(kind=kind):
                self.assertEqual(self.env["ar.credit.hold.simulation"]._run(rule).document_count, 1)

    def test_the_invoice_says_that_it_is_held(self):
        self.rule("utilisation", 100)
        invoice, hold = self.held_invoice()
        alert = invoice._get_alerts()["ar_credit_hold"]
        self.assertEqual(alert["level"], "danger")
        request = self.env["ar.credit.hold.request"].with_user(self.clerk).with_context(**alert["action"]["context"])
        request.create({"note": "They pay tomorrow"}).action_ask()
        self.assertIn("They pay tomorrow", hold.sudo().message_ids[0].body)
        hold.action_release("Fine")
        self.assertEqual(invoice._get_alerts()["ar_credit_hold"]["level"], "info")

    def test_who_may_release_is_not_told_to_ask(self):
        self.rule("utilisation", 100)
        invoice, hold = self.held_invoice()
        asked, released = (
            invoice.with_user(user)._get_alerts()["ar_credit_hold"]["action"] for user in (self.clerk, self.manager)
        )
        self.assertEqual(asked["res_model"], "ar.credit.hold.request")
        self.assertEqual(released["res_model"], "ar.credit.hold.release")
        self.assertEqual(released["context"]["default_hold_id"], hold.id)

    def test_the_limit_is_not_told_twice(self):
        self.env.company.account_use_credit_limit = True
        self.rule("utilisation", 100)
        invoice, _hold = self.held_invoice()
        self.assertTrue(invoice.partner_credit_warning)
        self.assertNotIn("account_partner_credit_warning", invoice._get_alerts())
