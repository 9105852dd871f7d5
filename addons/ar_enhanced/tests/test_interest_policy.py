from datetime import date, timedelta
from decimal import Decimal

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .interest_common import DUE, PAID, InterestCase


@freeze_time(PAID)
@tagged("post_install", "-at_install")
class TestInterestPolicy(InterestCase):
    def policy_of(self, customer):
        return self.env["ar.interest.policy"]._ar_by_customer(customer, self.env.company).get(customer)

    def test_the_customers_own_comes_before_the_country_and_that_before_the_company(self):
        own, default = self.make_policy(name="Contract"), self.make_policy(name="Default")
        self.env.company.ar_interest_policy_id = default
        self.assertEqual(self.policy_of(self.customer), self.policy)
        self.customer.ar_interest_policy_id = own
        self.assertEqual(self.policy_of(self.customer), own)
        own.active = False
        self.assertEqual(self.policy_of(self.customer), self.policy)
        self.customer.write({"ar_interest_policy_id": False, "country_id": False})
        self.assertEqual(self.policy_of(self.customer), default)
        default.active = False
        self.assertFalse(self.policy_of(self.customer))

    def test_a_company_policy_comes_before_a_shared_one_and_the_first_before_others(self):
        countries = [Command.set(self.country.ids)]
        shared = self.make_policy(name="Shared", company_id=False, country_ids=countries, sequence=1)
        self.assertEqual(self.policy_of(self.customer), self.policy)
        first = self.make_policy(name="First", country_ids=countries, sequence=2)
        self.assertEqual(self.policy_of(self.customer), first)
        (first + self.policy).write({"active": False})
        self.assertEqual(self.policy_of(self.customer), shared)

    def test_a_law_on_companies_is_for_no_person(self):
        self.assertFalse(self.policy_of(self.person))
        with self.assertRaisesRegex(ValidationError, "for companies only"):
            self.person.ar_interest_policy_id = self.policy
        self.policy.customer_type = "all"
        self.assertEqual(self.policy_of(self.person), self.policy)
        self.person.ar_interest_policy_id = self.policy
        self.policy.customer_type = "companies"
        self.assertFalse(self.policy_of(self.person), "even if it was chosen before")

    def test_who_was_promised_no_interest_bears_none(self):
        self.customer.ar_interest_policy_id = self.make_policy(kind="none", name="Friends")
        self.assertFalse(self.shown(self.invoice()))

    def test_british_fixed_sums_go_by_the_amount(self):
        self.policy.fixed_sum_ids = [
            Command.clear(),
            *(
                Command.create({"below": below, "amount": amount})
                for below, amount in ((1000, 40), (10000, 70), (0, 100))
            ),
        ]
        for amount, fixed_sum in ((999.99, 40), (1000, 70), (9999.99, 70), (10000, 100)):
            self.assertEqual(self.shown(self.invoice(amount)).fixed_sum, fixed_sum)

    def test_two_fixed_sums_for_the_same_amounts_contradict_each_other(self):
        with self.assertRaisesRegex(ValidationError, "each fixed sum"):
            self.policy.fixed_sum_ids = [Command.create({"amount": 70})]

    def test_a_reference_policy_needs_its_table(self):
        with self.assertRaisesRegex(ValidationError, "Choose the reference rates"):
            self.make_policy(table_id=False)

    @mute_logger("odoo.sql_db")
    def test_negative_terms_are_refused(self):
        for values in ({"grace_days": -1}, {"minimum_amount": -1}, {"percent": -1}):
            with self.assertRaises(IntegrityError), self.cr.savepoint():
                self.make_policy(**values).flush_recordset()

    def test_half_yearly_rates_begin_with_a_half_year(self):
        with self.assertRaisesRegex(ValidationError, "1 January or 1 July"):
            self.ecb.rate_ids = [Command.create({"valid_from": "2025-02-01", "percent": 2.9})]
        self.ecb.rate_ids = [Command.create({"valid_from": "2025-01-01", "percent": 3})]
        self.assertEqual(self.ecb.last_day, date(2025, 6, 30))

    def test_every_seeded_rate_names_its_source(self):
        for xml_id in ("interest_rates_ecb", "interest_rates_boe"):
            table = self.env.ref(f"ar_enhanced.{xml_id}")
            self.assertTrue(table.source)
            self.assertTrue(all(table.rate_ids.mapped("source")))
        self.assertEqual(self.ecb._as_rate_table().percent_on(date(2016, 3, 1)), Decimal("0.05"))
        self.assertEqual(self.ecb.last_day, date(2024, 12, 31))

    def test_the_suggested_policies_are_off(self):
        suggested = [self.env.ref(f"ar_enhanced.interest_policy_{code}") for code in ("eu", "ie", "uk")]
        self.assertFalse(any(policy.active for policy in suggested))
        self.assertEqual([policy.method for policy in suggested], ["split", "single", "first_day"])


@freeze_time(PAID)
@tagged("post_install", "-at_install")
class TestInterestCompanies(InterestCase):
    def test_companies_see_and_compute_their_own(self):
        other = self.setup_other_company()
        clerk = self.new_user("clerk", "ar_enhanced.group_ar_clerk,account.group_account_invoice")
        mine = self.invoice()
        theirs = self._create_invoice_one_line(
            price_unit=10000,
            partner_id=self.customer.id,
            company_id=other["company"].id,
            journal_id=other["default_journal_sale"].id,
            invoice_date=DUE - timedelta(30),
            invoice_date_due=DUE,
            invoice_payment_term_id=False,
            tax_ids=[],
            post=True,
        )
        self.show()
        self.assertTrue(self.charges(mine))
        self.assertFalse(self.charges(theirs))
        their_policy = self.make_policy(
            name="Theirs", company_id=other["company"].id, country_ids=[Command.set(self.country.ids)]
        )
        self.env["ar.interest.charge"].with_company(other["company"]).action_compute(PAID)
        charge = self.charges(theirs)
        self.assertRecordValues(charge, [{"company_id": other["company"].id, "policy_id": their_policy.id}])
        with self.assertRaises(AccessError):
            charge.with_user(clerk).read(["total"])
        with self.assertRaises(AccessError):
            charge.with_user(clerk).action_bill()
        with self.assertRaises(AccessError):
            their_policy.with_user(clerk).read(["name"])
        with self.assertRaisesRegex(ValidationError, "another company"):
            self.env.company.ar_interest_policy_id = their_policy
        with self.assertRaisesRegex(ValidationError, "another company"):
            self.customer.ar_interest_policy_id = their_policy

    def test_branches_are_one_creditor(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        self.env.user.company_ids += branch
        self.env.cr.precommit.run()
        policy = self.make_policy(name="Of the branch", company_id=branch.id)
        self.assertEqual(policy.company_id, self.env.company)
        invoice = self._create_invoice_one_line(
            price_unit=10000,
            partner_id=self.customer.id,
            company_id=branch.id,
            invoice_date=DUE - timedelta(30),
            invoice_date_due=DUE,
            invoice_payment_term_id=False,
            tax_ids=[],
            post=True,
        )
        self.assertEqual(invoice.company_id, branch)
        self.assertEqual(self.shown(invoice).company_id, self.env.company)

    def test_a_manager_gives_no_policy_to_a_company_of_others(self):
        other = self.setup_other_company()["company"]
        manager = self.new_user("manager", "ar_enhanced.group_ar_manager")
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.policy.with_user(manager).company_id = other
        theirs = self.make_policy(name="Theirs", company_id=other.id)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.policy.fixed_sum_ids.with_user(manager).write({"policy_id": theirs.id, "below": 5})
