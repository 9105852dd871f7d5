from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .discount_common import DAY, DiscountCase


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDiscountPolicy(DiscountCase):
    """Which policy counts, which are refused, and what becomes of offers."""

    def test_the_most_specific_policy_counts(self):
        by_term = self.policy(
            tiers=[(1, 10)], applies_to="payment_term", payment_term_ids=[Command.set(self.net_30.ids)]
        )
        self.assertEqual(self.invoice(1000).ar_discount_offer_ids.policy_id, by_term)
        campaign = self.policy(tiers=[(2, 10)])
        self.assertEqual(self.invoice(1000).ar_discount_offer_ids.policy_id, campaign)
        own = self.policy(
            tiers=[(3, 10)],
            applies_to="customer",
            partner_ids=[Command.set(self.customer.ids)],
            date_from=False,
            date_to=False,
        )
        self.assertEqual(self.invoice(1000).ar_discount_offer_ids.policy_id, own)
        contact = self.env["res.partner"].create({"name": "Ada", "parent_id": self.customer.id})
        self.assertEqual(self.invoice(1000, partner_id=contact.id).ar_discount_offer_ids.policy_id, own)
        other = self.env["res.partner"].create({"name": "Other"})
        self.assertEqual(self.invoice(1000, partner_id=other.id).ar_discount_offer_ids.policy_id, campaign)

    def test_of_two_of_a_kind_the_first_in_the_list_counts(self):
        self.policy(tiers=[(1, 10)], sequence=20)
        first = self.policy(tiers=[(2, 10)], sequence=5)
        self.assertEqual(self.invoice(1000).ar_discount_offer_ids.policy_id, first)

    def test_a_campaign_holds_from_its_first_to_its_last_day(self):
        campaign = self.policy(tiers=[(1, 10)], date_from=DAY, date_to=DAY + timedelta(1))
        for days, found in ((-1, False), (0, True), (1, True), (2, False)):
            invoice = self.invoice(1000, invoice_date=DAY + timedelta(days))
            self.assertEqual(invoice.ar_discount_offer_ids.policy_id == campaign, found, f"{days} days")

    def test_an_archived_policy_and_one_of_another_company_offer_nothing(self):
        self.policy(tiers=[(1, 10)], active=False)
        self.policy(tiers=[(1, 10)], company_id=self.setup_other_company()["company"].id)
        self.assertFalse(self.invoice(1000).ar_discount_offer_ids)

    def test_contradictory_tiers_are_refused_in_words(self):
        for tiers, message in (
            ([(2, 10), (3, 20)], "3 % within 20 days isn't less than 2 % within 10 days"),
            ([(3, 10), (2, 10)], "two tiers end after 10 days"),
            ([(0, 10)], "more than 0 % and less than 100 %, not 0 %"),
            ([(100, 10)], "more than 0 % and less than 100 %, not 100 %"),
            ([(2, -1)], "a tier can't end 1 days before the invoice date"),
            ([(2, 31)], "ends after the amount is due, which is after 30 days by the payment terms 30 days"),
            ([], "has no tier yet"),
        ):
            with self.assertRaisesRegex(ValidationError, message):
                self.policy(tiers=tiers, payment_term_ids=[Command.set(self.net_30.ids)])

    def test_a_tier_that_is_made_contradictory_later_is_refused_too(self):
        policy = self.policy(tiers=[(3, 10), (2, 20)])
        with self.assertRaisesRegex(ValidationError, "isn't less than"):
            policy.tier_ids[1].percent = 4

    def test_what_a_policy_is_for_must_be_filled_in(self):
        for applies_to, message in (
            ("customer", "Choose the customers"),
            ("payment_term", "Choose the payment terms"),
            ("campaign", "a first and a last day"),
        ):
            with self.assertRaisesRegex(ValidationError, message):
                self.policy(tiers=[(2, 10)], applies_to=applies_to, date_to=False)

    def test_mixed_tax_needs_payment_terms_that_reduce_it_by_the_richest_tier(self):
        with self.assertRaisesRegex(ValidationError, "for payment terms that are named"):
            self.policy(tiers=[(2, 10)], tax_mode="mixed")
        with self.assertRaisesRegex(ValidationError, "set the early discount of the payment terms 30 days to 2 %"):
            self.policy(tiers=[(2, 10)], tax_mode="mixed", payment_term_ids=[Command.set(self.net_30.ids)])
        with self.assertRaisesRegex(ValidationError, "can't be reduced upon invoice with instalments"):
            term = self.instalments(30, 60)
            self.policy(tiers=[(2, 10)], tax_mode="mixed", payment_term_ids=[Command.set(term.ids)])

    def test_an_offer_is_fixed_when_the_invoice_is_sent(self):
        policy = self.policy(tiers=[(2, 10)])
        sent, kept = self.invoice(1000), self.invoice(1000)
        sent.is_move_sent = True
        self.assertTrue(sent.ar_discount_offer_ids.frozen_on)
        self.assertFalse(kept.ar_discount_offer_ids.frozen_on)
        policy.tier_ids = [Command.update(policy.tier_ids.id, {"percent": 3})]
        self.assertEqual(sent._ar_amount_due(DAY), 980)
        self.assertEqual(kept._ar_amount_due(DAY), 970)
        self.assertRecordValues(
            kept.ar_discount_offer_ids.sorted("id"),
            [{"percent": 2, "state": "cancelled"}, {"percent": 3, "state": "open"}],
        )

    def test_a_policy_that_is_archived_withdraws_what_was_not_sent(self):
        policy = self.policy(tiers=[(2, 10)])
        sent, kept = self.invoice(1000), self.invoice(1000)
        sent.is_move_sent = True
        policy.active = False
        self.assertEqual(sent._ar_amount_due(DAY), 980)
        self.assertEqual(kept._ar_amount_due(DAY), 1000)

    def test_a_search_for_archived_records_brings_no_archived_policy_back(self):
        self.policy(tiers=[(5, 10)], active=False)
        invoice = self.invoice(1000, post=False)
        invoice.with_context(active_test=False).action_post()
        self.assertFalse(invoice.ar_discount_offer_ids)

    def test_a_policy_for_an_archived_customer_is_not_for_everybody(self):
        self.policy(tiers=[(5, 10)], applies_to="customer", partner_ids=[Command.set(self.customer.ids)])
        self.customer.active = False
        other = self.env["res.partner"].create({"name": "Other"})
        self.assertFalse(self.invoice(1000, partner_id=other.id).ar_discount_offer_ids)

    def test_a_policy_for_archived_payment_terms_is_not_for_all_terms(self):
        term = self.term(60)
        self.policy(tiers=[(5, 10)], applies_to="payment_term", payment_term_ids=[Command.set(term.ids)])
        term.active = False
        self.assertFalse(self.invoice(1000).ar_discount_offer_ids)

    def test_the_only_one_that_a_policy_is_for_is_not_deleted(self):
        one, two = self.env["res.partner"].create([{"name": "One"}, {"name": "Two"}])
        term = self.term(60)
        policy = self.policy(tiers=[(5, 10)], partner_ids=[Command.set((one + two).ids)])
        policy.payment_term_ids = term
        with self.assertRaisesRegex(UserError, "is for 60 days only"):
            term.unlink()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((one + two).ids, one)
        self.assertEqual(policy.partner_ids, one)
        with self.assertRaisesRegex(UserError, "is for One only"):
            one.unlink()

    def test_what_was_paid_in_part_keeps_its_terms_when_the_policy_changes(self):
        policy = self.policy(tiers=[(2, 10)])
        part_paid, untouched = self.invoice(1000), self.invoice(1000)
        self.register(part_paid, amount=490)
        due = part_paid._ar_amount_due(DAY)
        policy.tier_ids = [Command.update(policy.tier_ids.id, {"percent": 5})]
        self.assertEqual(part_paid._ar_amount_due(DAY), due)
        self.assertEqual(untouched._ar_amount_due(DAY), 950)

    def test_the_example_of_a_policy_touches_no_offer(self):
        policy = self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        policy.write({"example_amount": 500, "example_net_days": 60})
        self.assertEqual(len(invoice.ar_discount_offer_ids), 1)

    def test_a_credit_manager_gives_no_policy_to_a_company_of_others(self):
        manager = new_test_user(self.env, "manager", "ar_enhanced.group_ar_manager", company_id=self.env.company.id)
        other = self.setup_other_company()["company"]
        policy = self.policy(tiers=[(2, 10)])
        theirs = self.policy(tiers=[(2, 10)], company_id=other.id)
        for change in (
            lambda: policy.with_user(manager).write({"company_id": other.id}),
            lambda: policy.tier_ids.with_user(manager).write({"policy_id": theirs.id, "days": 20, "percent": 1}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                change()

    def test_a_customer_in_the_portal_learns_of_no_grace(self):
        self.policy(tiers=[(2, 10)], grace_days=3)
        invoice = self.invoice(1000)
        portal = new_test_user(self.env, "portal_buyer", "base.group_portal", company_id=self.env.company.id)
        portal.partner_id.parent_id = self.customer
        invoice.message_subscribe(portal.partner_id.ids)
        self.assertTrue(invoice.with_user(portal).read(["name"]))
        with self.assertRaises(AccessError):
            invoice.with_user(portal).read(["ar_discount_summary"])

    def test_reset_to_draft_withdraws_offers_and_posting_makes_new_ones(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        first = invoice.ar_discount_offer_ids
        invoice.button_draft()
        self.assertEqual(first.state, "cancelled")
        self.assertEqual(invoice._ar_amount_due(DAY), 1000)
        invoice.invoice_line_ids.price_unit = 500
        invoice.action_post()
        self.assertEqual(invoice._ar_amount_due(DAY), 490)
        self.assertEqual(len(invoice.ar_discount_offer_ids), 2)
        self.assertEqual(first.amount, 20)

    def test_offers_are_history_and_cannot_be_deleted(self):
        self.policy(tiers=[(2, 10)])
        with self.assertRaisesRegex(UserError, "withdrawn, not deleted"):
            self.invoice(1000).ar_discount_offer_ids.sudo().unlink()

    def test_the_example_shows_amounts_days_and_both_yields(self):
        example = str(self.policy(tiers=[(2, 10)]).example)
        for text in ("980.00", "20.00", "03/13/2025", "37.24 %", "44.59 %"):
            self.assertIn(text, example)

    def test_the_summary_on_the_invoice_says_how_to_save(self):
        self.policy(tiers=[(3, 10), (2, 20)])
        invoice = self.invoice(1000)
        summary = " ".join(str(invoice.ar_discount_summary).replace("&nbsp;", " ").split())
        for text in ("970.00", "980.00", "03/13/2025", "03/23/2025", "yield 56 % a year", "yield 74 % a year", "Open"):
            self.assertIn(text, summary)
        self.register(invoice)
        self.assertFalse(invoice.ar_discount_summary)

    def test_the_printed_invoice_tells_all_tiers_and_neither_grace_nor_yield(self):
        self.policy(tiers=[(3, 10), (2, 20)], grace_days=3)
        html = str(
            self.env["ir.actions.report"]._render_qweb_html("account.report_invoice", self.invoice(1000).ids)[0],
            "utf-8",
        )
        for text in ("970.00", "980.00", "03/13/2025", "03/23/2025"):
            self.assertIn(text, html)
        for text in ("03/16/2025", "yield"):
            self.assertNotIn(text, html)

    def test_the_printed_invoice_keeps_odoos_text_where_no_policy_counts(self):
        term = self.term(30, early_discount=True, discount_percentage=5, discount_days=10)
        html = str(
            self.env["ir.actions.report"]._render_qweb_html(
                "account.report_invoice", self.invoice(1000, term=term).ids
            )[0],
            "utf-8",
        )
        self.assertIn("due if paid before", html)
        self.assertNotIn("ar_discounts", html)

    def test_the_mail_tells_what_can_be_saved(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        template = self.env.ref("account.email_template_edi_invoice")
        body = self.env["account.move.send"]._get_default_mail_body(invoice, template, "en_US")
        self.assertIn("980.00", body)
        self.assertIn("03/13/2025", body)
        self.assertNotIn("yield", body)
        with freeze_time(DAY + timedelta(11)):
            body = self.env["account.move.send"]._get_default_mail_body(invoice, template, "en_US")
            self.assertNotIn("980.00", body)

    def test_the_portal_is_told_until_which_day(self):
        self.policy(tiers=[(2, 10)])
        values = self.invoice(1000)._get_invoice_next_payment_values()
        self.assertEqual(
            (values["installment_state"], values["amount_due"], values["discount_date"], values["epd_days_left"]),
            ("epd", 980, str(DAY + timedelta(10)), 10),
        )

    def test_a_reader_sees_offers_and_policies_and_changes_none(self):
        policy = self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        reader = new_test_user(self.env, "reader", "ar_enhanced.group_ar_user", company_id=self.env.company.id)
        offer = invoice.with_user(reader).ar_discount_offer_ids
        self.assertEqual(offer.amount, 20)
        for change in (
            lambda: policy.with_user(reader).write({"name": "x"}),
            lambda: policy.tier_ids.with_user(reader).write({"percent": 5}),
            lambda: offer.write({"amount": 5}),
        ):
            with self.assertRaises(AccessError):
                change()

    def test_a_credit_manager_keeps_policies_and_offers_follow(self):
        manager = new_test_user(self.env, "manager", "ar_enhanced.group_ar_manager", company_id=self.env.company.id)
        policy = self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        own = policy.with_user(manager)
        own.tier_ids = [Command.update(policy.tier_ids.id, {"percent": 3})]
        self.assertEqual(invoice._ar_amount_due(DAY), 970)
        with self.assertRaises(AccessError):
            invoice.ar_discount_offer_ids.with_user(manager).write({"amount": 5})

    def test_a_salesperson_sees_the_summary_and_no_records(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        # As salespeople: a group that reads invoices, and nothing else of the ledger.
        sales = self.env["res.groups"].create({"name": "Sales"})
        self.env["ir.model.access"].create(
            {
                "name": "invoices of salespeople",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "group_id": sales.id,
                "perm_read": True,
            }
        )
        seller = new_test_user(self.env, "seller", "base.group_user", company_id=self.env.company.id)
        seller.group_ids += sales
        self.env.invalidate_all()
        self.assertIn("980.00", invoice.with_user(seller).ar_discount_summary)
        with self.assertRaises(AccessError):
            self.env["ar.discount.offer"].with_user(seller).search([])

    def test_invoices_without_discount_cost_few_statements_more(self):
        invoices = self.env["account.move"].union(*(self.invoice(100, post=False) for _number in range(20)))
        invoices.action_post()
        self.env.invalidate_all()
        invoices.mapped("commercial_partner_id.name")
        invoices.mapped("invoice_payment_term_id.early_discount")
        with self.assertQueryCount(2):
            invoices._ar_make_discount_offers()


@tagged("post_install", "-at_install")
class TestDiscountReport(DiscountCase):
    """What was offered is taken, not taken, taken without right, or still to be had."""

    def report(self, invoice):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ar.discount.report"].search([("move_id", "=", invoice.id)])

    def assert_report(self, invoice, **values):
        row = {"offered": 20, "taken": 0, "lost": 0, "unearned": 0, "pending": 0, **values}
        self.assertRecordValues(self.report(invoice), [row])

    @freeze_time(DAY)
    def test_an_offer_is_open_until_its_last_day_and_grace(self):
        self.policy(tiers=[(2, 10)], grace_days=3)
        invoice = self.invoice(1000)
        self.assert_report(invoice, pending=20, state="open")
        with freeze_time(DAY + timedelta(13)):
            self.assert_report(invoice, pending=20, state="open")
        with freeze_time(DAY + timedelta(14)):
            self.assert_report(invoice, lost=20, state="lost")

    @freeze_time(DAY)
    def test_what_is_taken_has_its_cost(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.register(invoice, days=10)
        self.assert_report(invoice, taken=20, state="taken")
        self.assertAlmostEqual(self.report(invoice).cost_apr, 37.24, 2)

    @freeze_time(DAY)
    def test_of_two_tiers_the_difference_to_the_richest_is_lost(self):
        self.policy(tiers=[(2, 10), (1, 20)])
        invoice = self.invoice(1000)
        self.register(invoice, days=15)
        self.assert_report(invoice, taken=10, lost=10, state="taken")

    @freeze_time(DAY + timedelta(40))
    def test_a_late_short_payment_is_unearned_while_open_and_when_let_go(self):
        self.policy(tiers=[(2, 10)])
        still_open, let_go, in_full = self.invoice(1000), self.invoice(1000), self.invoice(1000)
        self.register(still_open, days=35, amount=980)
        self.register(
            let_go,
            days=35,
            amount=980,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )
        self.register(in_full, days=35)
        self.assert_report(still_open, unearned=20, state="unearned")
        self.assert_report(let_go, unearned=20, state="unearned")
        self.assert_report(in_full, lost=20, state="lost")

    @freeze_time(DAY)
    def test_a_late_part_payment_is_no_discount(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.register(invoice, days=35, amount=500)
        with freeze_time(DAY + timedelta(40)):
            self.assert_report(invoice, lost=20, state="lost")

    @freeze_time(DAY)
    def test_a_discount_that_was_earned_in_time_and_booked_later_is_taken(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        self.register(invoice, amount=490)
        self.register(invoice, days=25)
        with freeze_time(DAY + timedelta(40)):
            self.assert_report(invoice, taken=10, lost=10, state="taken")

    @freeze_time(DAY)
    def test_odoos_own_discounts_paid_together_are_taken_each(self):
        term = self.term(30, early_discount=True, discount_percentage=2, discount_days=10)
        invoices = self.invoice(1000, term=term) + self.invoice(500, term=term)
        self.register(invoices, group=True, proposes=1470)
        self.assert_report(invoices[0], taken=20, state="taken")
        self.assert_report(invoices[1], offered=10, taken=10, state="taken")

    @freeze_time(DAY)
    def test_amounts_are_in_the_currency_of_the_company(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000, currency_id=self.foreign.id)
        self.assert_report(invoice, offered=10, pending=10, state="open")

    @freeze_time(DAY)
    def test_withdrawn_offers_are_left_out(self):
        self.policy(tiers=[(2, 10)])
        invoice = self.invoice(1000)
        invoice.button_draft()
        self.assertFalse(self.report(invoice))
