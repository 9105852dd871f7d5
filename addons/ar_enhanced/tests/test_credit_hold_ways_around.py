from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DAY
from .test_credit_hold import HoldCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestWaysAroundAHold(HoldCase):
    """What somebody may try who wants an invoice or a customer to get through."""

    def test_an_invoice_is_not_posted_by_writing_its_state(self):
        self.rule("utilisation", 100)
        invoice = self.draft(1200).with_user(self.clerk)
        with self.refused():
            invoice.write({"state": "posted"})
        self.assertEqual(invoice.state, "draft")
        self.assertTrue(self.hold_of(invoice))

    def test_an_invoice_does_not_grow_while_its_state_is_written(self):
        self.rule("utilisation", 100)
        invoice = self.draft(100).with_user(self.clerk)
        line = [Command.update(invoice.invoice_line_ids.id, {"price_unit": 1200})]
        with self.refused():
            invoice.with_context(skip_readonly_check=True).write({"state": "posted", "invoice_line_ids": line})
        self.assertEqual((invoice.state, invoice.amount_total), ("draft", 100))

    def test_an_invoice_does_not_begin_as_posted(self):
        self.rule("utilisation", 100)
        values = {
            "move_type": "out_invoice",
            "partner_id": self.customer.id,
            "invoice_date": DAY,
            "invoice_line_ids": [Command.create({"name": "x", "price_unit": 1200, "tax_ids": []})],
        }
        invoice = self.env["account.move"].with_user(self.clerk).with_context(default_state="posted").create(values)
        self.assertEqual(invoice.state, "draft")

    def test_a_new_hold_by_hand_holds_although_an_earlier_one_was_released(self):
        self.customer.with_user(self.clerk)._ar_place_hold("Lawyers say no").with_user(self.manager).action_release(
            "For this week", 5000
        )
        self.draft(1).action_post()
        self.customer.with_user(self.clerk)._ar_place_hold("Insolvent")
        with self.refused() as caught:
            self.draft(1).action_post()
        self.assertIn("Insolvent", str(caught.exception))
        self.holds._review(self.company, self.customer.ids)
        self.assertEqual(
            self.holds.search([("partner_id", "=", self.customer.id), ("is_of_document", "=", False)]).mapped("state"),
            ["active", "lapsed"],
        )

    def test_a_new_hold_by_hand_holds_a_document_that_was_released_under_an_earlier_one(self):
        first = self.customer.with_user(self.clerk)._ar_place_hold("Lawyers say no")
        invoice = self.draft(100)
        with self.refused():
            invoice.action_post()
        self.hold_of(invoice).with_user(self.manager).action_release("This one")
        first.with_user(self.manager).action_end()
        self.customer.with_user(self.clerk)._ar_place_hold("Insolvent")
        with self.refused():
            invoice.action_post()

    def test_a_release_that_ends_beside_a_hold_by_hand_opens_no_second_one(self):
        first = self.customer.with_user(self.clerk)._ar_place_hold("Lawyers say no")
        first.with_user(self.manager).action_release("For this week", 5000)
        self.env.flush_all()
        self.holds.sudo().create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "is_by_hand": True,
                "note": "Insolvent",
                "reasons": first.reasons,
            }
        )
        first.sudo()._lapse({first.id: "date_passed"})
        self.assertEqual(first.state, "lapsed")
        self.assertEqual(len(self.holds.search([("partner_id", "=", self.customer.id), ("state", "=", "active")])), 1)

    def refused_manager(self):
        """Let a credit manager be refused an invoice of a customer who is held by hand."""
        self.customer.with_user(self.clerk)._ar_place_hold("Lawyers say no")
        poster = self.manager
        poster.group_ids |= self.env.ref("account.group_account_invoice")
        invoice = self.draft(100)
        with self.refused():
            invoice.with_user(poster).action_post()
        return self.holds.search([("partner_id", "=", self.customer.id), ("is_by_hand", "=", True)])

    def test_who_was_refused_does_not_release_the_customer_instead(self):
        of_customer = self.refused_manager()
        with self.assertRaisesRegex(UserError, "another person"):
            of_customer.with_user(self.manager).action_release("It's me")

    def test_who_was_refused_does_not_end_the_hold_of_the_customer(self):
        of_customer = self.refused_manager()
        with self.assertRaisesRegex(UserError, "another person"):
            of_customer.with_user(self.manager).action_end()

    def test_the_tag_that_excepts_from_a_rule_is_given_by_credit_managers_only(self):
        tag = self.env["res.partner.category"].create({"name": "Key account"})
        self.rule("utilisation", 100, excluded_category_ids=tag.ids)
        seller = self.clerk
        seller.group_ids |= self.env.ref("base.group_partner_manager")
        other = self.env["res.partner.category"].create({"name": "Any"})
        self.customer.with_user(seller).write({"category_id": [Command.link(other.id)]})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.customer.with_user(seller).write({"category_id": [Command.link(tag.id)]})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            tag.with_user(seller).write({"partner_ids": [Command.link(self.customer.id)]})
        self.manager.group_ids |= self.env.ref("base.group_partner_manager")
        self.customer.with_user(self.manager).write({"category_id": [Command.link(tag.id)]})
        self.customer.with_user(seller).write({"category_id": [Command.link(other.id)], "name": "Linden"})
        self.draft(1200).action_post()

    def test_an_excepted_partner_that_moves_to_a_customer_does_not_except_it(self):
        excepted = self.env["res.partner"].create({"name": "Key account"})
        rule = self.rule("utilisation", 100, excluded_partner_ids=excepted.ids)
        excepted.parent_id = self.customer
        self.assertEqual(excepted.commercial_partner_id, self.customer)
        with self.refused():
            self.draft(1200).action_post()
        rule.excluded_partner_ids = self.contact
        self.assertEqual(rule.excluded_partner_ids, self.customer, "who is chosen stands for the customer of that day")
        self.draft(1200).action_post()

    def test_two_refusals_at_once_are_both_refused_and_recorded_once(self):
        self.holds._record_after_rollback([], {})
        with (
            patch.object(self.env.registry["ar.credit.hold"], "_record", side_effect=UniqueViolation),
            mute_logger("odoo.sql_db"),
        ):
            self.env.cr.postrollback.run()

    @mute_logger("odoo.sql_db")
    def test_a_customer_has_one_active_hold_of_the_rules(self):
        values = {"partner_id": self.customer.id, "company_id": self.company.id, "reasons": []}
        self.holds.sudo().create(values)
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.holds.sudo().create(values)

    def test_what_an_asker_writes_is_text_in_the_reminder(self):
        self.rule("utilisation", 100)
        invoice = self.draft(1200)
        with self.refused():
            invoice.action_post()
        hold = self.hold_of(invoice)
        hold._ask("<a href='https://example.com'>Release</a>\nnow", self.clerk)
        self.assertNotIn("<a", hold.activity_ids.note)
        self.assertIn("&lt;a", hold.activity_ids.note)

    def test_a_customer_with_a_credit_file_is_archived_and_not_deleted(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        stranger.with_user(self.clerk)._ar_place_hold("Insolvent")
        with self.assertRaisesRegex(UserError, "credit file"):
            stranger.unlink()
        self.env["res.partner"].create({"name": "Nobody"}).unlink()

    def test_a_new_company_gets_the_suggested_rules_which_are_off(self):
        company = self.env["res.company"].create({"name": "New Company"})
        branch = self.env["res.company"].create({"name": "New Branch", "parent_id": company.id})
        rules = self.rules.sudo().with_context(active_test=False)
        suggested = rules.search([("company_id", "=", company.id)])
        shipped = rules.search([("company_id", "=", self.env.ref("base.main_company").id)])
        shipped &= shipped.browse(
            self.env["ir.model.data"].sudo().search([("model", "=", rules._name)]).mapped("res_id")
        )
        names = ("kind", "threshold", "hold_level", "applies_to", "grace_days", "sequence")
        self.assertTrue(suggested)
        self.assertEqual(
            [[rule[name] for name in names] for rule in suggested], [[rule[name] for name in names] for rule in shipped]
        )
        self.assertFalse(any(suggested.mapped("active")))
        self.assertFalse(rules.search([("company_id", "=", branch.id)]))
        company.sudo()._ar_suggest_hold_rules()
        self.assertEqual(rules.search_count([("company_id", "=", company.id)]), len(suggested))

    def test_an_archived_customer_is_still_held(self):
        self.customer.with_user(self.clerk)._ar_place_hold("Insolvent")
        invoice = self.draft(100)
        self.customer.active = False
        with self.refused():
            invoice.action_post()
        self.holds._review(self.company, self.customer.ids)
        self.assertTrue(self.customer.ar_credit_hold)

    def test_who_lets_a_schedule_post_does_not_release(self):
        self.rule("utilisation", 100)
        self.manager.group_ids |= self.env.ref("account.group_account_invoice")
        values = self.draft(1200).with_user(self.manager).copy_data()[0]
        invoice = self.env["account.move"].with_user(self.manager).create(values)
        self.env["res.users"].flush_model()
        with self.refused():
            invoice.with_user(SUPERUSER_ID)._post()
        hold = self.hold_of(invoice)
        self.assertIn(self.manager, hold.asker_ids)
        with self.assertRaisesRegex(UserError, "another person"):
            hold.with_user(self.manager).action_release("It's me")

    def flush_tracking(self):
        """Write tracked changes as at the end of a transaction."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def test_the_exceptions_of_a_rule_are_in_its_history(self):
        rule = self.rule("utilisation", 100)
        self.flush_tracking()
        rule.with_context(tracking_disable=False, mail_notrack=False).excluded_partner_ids = self.customer
        self.flush_tracking()
        values = rule.sudo().message_ids.tracking_value_ids
        self.assertIn("excluded_partner_ids", values.field_id.mapped("name"))

    def test_customers_do_not_read_that_they_are_on_hold(self):
        portal = new_test_user(self.env, "hold_portal_customer", "base.group_portal")
        portal.partner_id._ar_place_hold("Insolvent")
        for name in ("ar_credit_hold", "ar_credit_hold_reason"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                portal.partner_id.with_user(portal).read([name])

    def test_any_number_of_holds_in_a_credit_file_takes_the_same_number_of_statements(self):
        def statements():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            events = self.env["ar.credit.event"].search([("partner_id", "=", self.customer.id), ("kind", "=", "hold")])
            texts = events.mapped("text")
            return len(texts), self.env.cr.sql_log_count - before

        def hold(number):
            self.holds.sudo().create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "is_of_document": True,
                    "document_name": f"INV{number}",
                    "reasons": [{"key": 0, "code": "by_hand", "measured": "0", "facts": {}}],
                }
            )

        hold(1)
        statements()
        one = statements()
        for number in range(2, 9):
            hold(number)
        many = statements()
        self.assertEqual((one[0], many[0]), (1, 8))
        self.assertEqual(one[1], many[1])
