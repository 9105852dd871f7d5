from datetime import date, timedelta

from odoo import Command
from odoo.tests import freeze_time, new_test_user

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
