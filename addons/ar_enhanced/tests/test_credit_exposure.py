from decimal import Decimal

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestCreditExposure(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})
        cls.company = cls.env.company

    def position(self, partner=None, company=None):
        partner = partner or self.buyer
        positions = partner._ar_credit_positions(company or self.company)
        return positions[partner.commercial_partner_id.id]

    def draft(self, amount, **values):
        return self._create_invoice_one_line(
            price_unit=amount,
            **{"partner_id": self.buyer.id, "invoice_date": DAY, "invoice_payment_term_id": False, **values},
        )

    def statement_of(self, payment):
        """Confirm ``payment`` by the bank: its outstanding line is settled by a line of the bank account."""
        outstanding = payment._seek_for_lines()[0]
        entry = self.env["account.move"].create(
            {
                "date": DAY,
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create({"account_id": outstanding.account_id.id, "balance": -outstanding.balance}),
                    Command.create(
                        {
                            "account_id": self.company_data["default_journal_bank"].default_account_id.id,
                            "balance": outstanding.balance,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        (outstanding | entry.line_ids.filtered(lambda line: line.account_id == outstanding.account_id)).reconcile()

    def test_a_customer_about_whom_nothing_is_known_has_a_position_without_limit(self):
        position = self.position()
        self.assertEqual((position.exposure, position.limit, position.headroom), (0, None, None))
        self.assertFalse(self.buyer.ar_has_credit_limit)

    def test_an_open_invoice_is_exposure(self):
        self.invoice(100, due_days_ago=0, partner=self.buyer)
        self.assertEqual(self.position().open_items, 100)
        self.assertEqual(self.buyer.ar_exposure, 100)

    def test_a_contact_shows_the_figures_of_its_customer(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.buyer.id})
        self.invoice(100, due_days_ago=0, partner=contact)
        self.assertEqual((contact.ar_exposure, self.buyer.ar_exposure), (100, 100))

    def test_a_payment_reduces_the_exposure_when_the_bank_has_confirmed_it(self):
        invoice = self.invoice(100, due_days_ago=0, partner=self.buyer)
        payment = self.pay(invoice, days_ago=0, amount=60)
        position = self.position()
        self.assertEqual((position.open_items, position.uncleared, position.exposure), (40, 60, 100))
        self.statement_of(payment)
        position = self.position()
        self.assertEqual((position.open_items, position.uncleared, position.exposure), (40, 0, 40))

    def test_a_payment_without_an_entry_leaves_the_invoice_open_and_counts_once(self):
        invoice = self.invoice(100, due_days_ago=0, partner=self.buyer)
        self.env["account.payment"].create(
            {"partner_id": self.buyer.id, "amount": 100, "payment_type": "inbound", "partner_type": "customer"}
        )
        self.assertEqual(self.position().exposure, invoice.amount_residual)

    def test_what_is_paid_in_advance_gives_room_once_the_bank_has_confirmed_it(self):
        payment = self.env["account.payment"].create(
            {"partner_id": self.buyer.id, "amount": 70, "payment_type": "inbound", "partner_type": "customer"}
        )
        payment.action_post()
        self.assertEqual(self.position().exposure, 0)
        self.statement_of(payment)
        self.assertEqual(self.position().exposure, -70)

    def test_only_credit_notes_make_a_negative_exposure(self):
        self.draft(50, move_type="out_refund").action_post()
        self.assertEqual(self.position().exposure, -50)
        self.assertEqual(self.buyer.ar_utilisation, 0)

    def test_a_refund_to_the_customer_is_no_money_that_is_awaited(self):
        refund = self.env["account.payment"].create(
            {"partner_id": self.buyer.id, "amount": 30, "payment_type": "outbound", "partner_type": "customer"}
        )
        refund.action_post()
        self.assertEqual(self.position().uncleared, 0)

    def test_a_draft_invoice_is_exposure_and_counts_once_when_posted(self):
        draft = self.draft(100)
        self.assertEqual((self.position().drafts, self.position().exposure), (100, 100))
        draft.action_post()
        self.assertEqual((self.position().drafts, self.position().exposure), (0, 100))

    def test_draft_credit_notes_cancelled_invoices_and_bills_do_not_count(self):
        self.draft(100, move_type="out_refund")
        self.draft(100).button_cancel()
        self.draft(100, move_type="in_invoice")
        self.assertEqual(self.position().exposure, 0)

    def test_a_foreign_draft_is_converted_at_the_rate_of_the_day(self):
        self.draft(80, currency_id=self.foreign.id, invoice_date="2024-01-01")
        self.assertEqual(self.position().drafts, 100)

    def test_a_draft_in_a_currency_without_a_rate_is_named_and_not_counted_one_to_one(self):
        unrated = self.env["res.currency"].create({"name": "XQZ", "symbol": "x", "rounding": 0.01})
        self.draft(80, currency_id=unrated.id)
        position = self.position()
        self.assertEqual(position.exposure, 0)
        self.assertEqual(position.unconverted, (("XQZ", Decimal("80.00")),))
        self.assertIn("XQZ", self.buyer.ar_exposure_gap)

    def test_all_branches_are_one_creditor(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids += branch
        self.cr.precommit.run()  # loads the chart of accounts of the branch
        with_branch = self.buyer.with_context(allowed_company_ids=[branch.id, self.company.id])
        self.env["account.move"].with_company(branch).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.buyer.id,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 100, "tax_ids": []})],
            }
        )
        self.assertEqual(self.position().drafts, 100)
        self.assertEqual(self.position(company=branch), self.position())
        self.assertEqual(with_branch.with_company(branch).ar_exposure, 100)

    def test_what_is_owed_to_an_archived_branch_is_still_owed(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.cr.precommit.run()
        self.env.user.company_ids += branch
        self.env["account.move"].with_company(branch).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.buyer.id,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 100, "tax_ids": []})],
            }
        )
        self.assertEqual(self.position().exposure, 100)
        self.env.user.company_ids -= branch
        branch.active = False
        self.assertEqual(self.position().exposure, 100)

    def test_another_company_is_another_creditor(self):
        self.invoice(100, due_days_ago=0, partner=self.buyer)
        other = self.setup_other_company()["company"]
        self.assertEqual(self.position(company=other).exposure, 0)

    def test_a_customer_that_becomes_a_contact_brings_its_debt_to_its_parent(self):
        moved = self.env["res.partner"].create({"name": "Moved", "is_company": True})
        self.invoice(100, due_days_ago=0, partner=moved)
        self.assertEqual(self.position().exposure, 0)
        moved.write({"is_company": False, "parent_id": self.buyer.id})
        self.assertEqual(self.position().exposure, 100)

    def test_the_group_adds_up_what_its_members_owe(self):
        top, sister = self.env["res.partner"].create(
            [{"name": "Top", "is_company": True}, {"name": "Sister", "is_company": True}]
        )
        self.assertEqual(self.buyer.ar_group_exposure, 0)
        (self.buyer | sister).parent_id = top
        self.invoice(100, due_days_ago=0, partner=self.buyer)
        self.invoice(11, due_days_ago=0, partner=top)
        self.draft(50, move_type="out_refund", partner_id=sister.id).action_post()
        self.env.invalidate_all()
        for member in (top, sister, self.buyer):
            with self.subTest(member=member.name):
                self.assertEqual(member.ar_group_exposure, 111)
        self.assertEqual(self.buyer.ar_exposure, 100)
        self.assertIn("111.00", self.shown_of_group(self.buyer))
        self.assertIn("111.00", self.shown_of_group(sister), "who has paid ahead belongs to the group all the same")
        self.buyer.parent_id = False
        self.env.invalidate_all()
        self.assertEqual((self.buyer.ar_group_exposure, top.ar_group_exposure), (100, 11))
        self.assertFalse(self.shown_of_group(self.buyer))
        self.assertFalse(self.shown_of_group(top), "where the others owe nothing, it would say the same twice")

    def shown_of_group(self, customer):
        """What the page says the whole group of a customer is exposed with."""
        totals = customer.ar_credit_overview["position"]["totals"]
        return "".join(total["text"] for total in totals if total["code"] == "group")

    def test_odoos_own_limit_counts_before_the_first_approval(self):
        self.assertFalse(self.buyer.ar_has_credit_limit)
        self.buyer.credit_limit = 500
        self.env.invalidate_all()
        self.assertTrue(self.buyer.ar_has_credit_limit)
        self.assertEqual((self.buyer.ar_credit_limit, self.buyer.ar_headroom), (500, 500))

    def test_the_default_limit_of_the_company_is_nobodys_own_limit(self):
        self.env["ir.default"].set("res.partner", "credit_limit", 500, company_id=self.company.id)
        self.assertFalse(self.buyer.ar_has_credit_limit)

    def test_statements_do_not_grow_with_customers(self):
        many = self.env["res.partner"].create([{"name": f"C{number}", "is_company": True} for number in range(40)])
        for customer in many:
            self.draft(80, partner_id=customer.id, currency_id=self.foreign.id)
        many._ar_credit_positions(self.company)  # fills the caches of the registry
        counts = []
        for partners in (many[:1], many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            positions = partners._ar_credit_positions(self.company)
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual({position.drafts for position in positions.values()}, {100})
        self.assertEqual(*counts)

    def test_lists_find_customers_by_their_figures(self):
        self.invoice(100, due_days_ago=0, partner=self.buyer)
        self.buyer.credit_limit = 100
        mine = [("id", "in", (self.buyer | self.stranger).ids)]
        for domain, expected in (
            ([("ar_exposure", ">", 99.99)], self.buyer),
            ([("ar_exposure", ">", 100)], self.stranger.browse()),
            ([("ar_exposure", "=", 100)], self.buyer),
            ([("ar_exposure", "!=", 100)], self.stranger),
            ([("ar_exposure", "=", 0)], self.stranger),
            ([("ar_exposure", "<", 100)], self.stranger),
            ([("ar_exposure", "<=", 100)], self.buyer | self.stranger),
            ([("ar_headroom", "<", 0)], self.stranger.browse()),
            ([("ar_headroom", "<=", 0)], self.buyer),
            ([("ar_utilisation", ">=", 100)], self.buyer),
            ([("ar_utilisation", ">", 100)], self.stranger.browse()),
            ([("ar_has_credit_limit", "=", True)], self.buyer),
            ([("ar_has_credit_limit", "=", False)], self.stranger),
            ([("ar_credit_limit", ">", 0)], self.buyer),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self.env["res.partner"].search(mine + domain), expected)

    def test_a_salesperson_meets_no_error_and_sees_nothing(self):
        salesman = new_test_user(
            self.env,
            "salesman_limit",
            "base.group_user,base.group_partner_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        customer = self.buyer.with_user(salesman)
        arch = customer.get_view(view_type="form")["arch"]
        for field in ("ar_exposure", "ar_credit_limit", "ar_headroom", "ar_group_exposure"):
            self.assertNotIn(f'"{field}"', arch)
            with self.assertRaises(AccessError):
                customer.read([field])
        self.assertTrue(customer.web_read({"name": {}}))

    def test_a_reader_without_accounting_rights_sees_all_of_the_exposure(self):
        self.pay(self.invoice(100, due_days_ago=0, partner=self.buyer), days_ago=0)
        reader = new_test_user(
            self.env,
            "reader_limit",
            "ar_enhanced.group_ar_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertEqual(self.buyer.with_user(reader).ar_exposure, 100)
        self.assertEqual(self.buyer.with_user(reader).ar_group_exposure, 100)
