from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

DUE = date(2024, 5, 15)
PAID = date(2024, 8, 20)


class InterestCase(AccountTestInvoicingCommon):
    """A company customer in a country with a policy: ECB + 8 points and a fixed sum of 40, all in US dollars."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.country = cls.env["res.country"].create({"name": "Lindland", "code": "ZZ"})
        cls.customer, cls.person = cls.env["res.partner"].create(
            [
                {"name": "Linden Optics", "is_company": True, "country_id": cls.country.id},
                {"name": "Ada Linden", "is_company": False, "country_id": cls.country.id},
            ]
        )
        cls.ecb = cls.env.ref("ar_enhanced.interest_rates_ecb")
        cls.policy = cls.make_policy(country_ids=[Command.set(cls.country.ids)])
        cls.account = cls.company_data["default_account_revenue"].copy({"name": "Late interest"})
        cls.sum_account = cls.account.copy({"name": "Fixed sums"})
        cls.env.company.write({"ar_interest_account_id": cls.account.id, "ar_fixed_sum_account_id": cls.sum_account.id})

    @classmethod
    def make_policy(cls, **values):
        return cls.env["ar.interest.policy"].create(
            {
                "name": "By law",
                "table_id": cls.ecb.id,
                "fixed_sum_ids": [Command.create({"amount": 40})],
                **values,
            }
        )

    @classmethod
    def invoice(cls, amount=10000, due=DUE, partner=None, **values):
        return cls._create_invoice_one_line(
            price_unit=amount,
            partner_id=(partner or cls.customer).id,
            invoice_date=due - timedelta(30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            tax_ids=[],
            post=True,
            **values,
        )

    @classmethod
    def in_two_halves(cls):
        """An invoice of 10,000, half of it due on :data:`DUE` and half 30 days later."""
        term = cls.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (30, 60)
                ],
            }
        )
        return cls._create_invoice_one_line(
            price_unit=10000,
            partner_id=cls.customer.id,
            invoice_date=DUE - timedelta(30),
            invoice_payment_term_id=term.id,
            tax_ids=[],
            post=True,
        )

    @classmethod
    def pay(cls, invoice, day, amount=None):
        return cls._register_payment(invoice, payment_date=day, **({} if amount is None else {"amount": amount}))

    @classmethod
    def new_user(cls, login, groups):
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        return new_test_user(cls.env, login, groups, **company)

    def show(self, until=PAID, partners=None):
        with freeze_time(until):
            return self.env["ar.interest.charge"].action_compute(until, partners)

    def charges(self, invoice):
        return self.env["ar.interest.charge"].search([("move_id", "=", invoice.id)], order="date_from")

    def shown(self, invoice, until=PAID):
        self.assertEqual(self.show(until), [])
        return self.charges(invoice)


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
