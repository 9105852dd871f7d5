from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

PAGE = "/my/receivables"


class PortalAccountCase(AccountTestInvoicingCommon, HttpCase):
    """A customer with a subsidiary and colleagues, another customer, and the page as each of them gets it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Today is the same day on both sides of the request.
        cls.env.user.tz = "UTC"
        cls.today = fields.Date.today()
        cls.at_once = cls.env["account.payment.term"].create(
            {"name": "At once", "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 0})]}
        )
        cls.birch = cls._customer("Birch Trading")
        cls.birch_north = cls._customer("Birch North", parent_id=cls.birch.id)
        cls.cedar = cls._customer("Cedar Works")
        cls.clerk = cls._portal_user("clerk", "Ida Clerk", cls.birch)
        cls.colleague = cls._portal_user("colleague", "Olof Colleague", cls.birch)
        cls.north_user = cls._portal_user("north", "Nora North", cls.birch_north)
        cls.cedar_user = cls._portal_user("cedar", "Carl Cedar", cls.cedar)

    @classmethod
    def _customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, "property_payment_term_id": cls.at_once.id, **values}
        )

    @classmethod
    def _portal_user(cls, login, name, partner, companies=None):
        """A contact of ``partner`` with a login to the portal; the password is the login."""
        companies = companies or cls.env.company
        contact = cls.env["res.partner"].create(
            {"name": name, "parent_id": partner.id, "email": f"{login}@example.com"}
        )
        return new_test_user(
            cls.env,
            login,
            "base.group_portal",
            partner_id=contact.id,
            password=login,
            tz="UTC",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    @classmethod
    def _post(cls, amount, partner=None, due_in=0, move_type="out_invoice", post=True, **values):
        """An invoice over ``amount`` that is due ``due_in`` days from today."""
        due = cls.today + timedelta(days=due_in)
        return cls._create_invoice_one_line(
            price_unit=amount,
            tax_ids=[],
            partner_id=partner or cls.birch,
            move_type=move_type,
            invoice_date=min(due, cls.today),
            invoice_date_due=due,
            invoice_payment_term_id=values.pop("invoice_payment_term_id", cls.env["account.payment.term"]),
            post=post,
            **values,
        )

    @classmethod
    def _pay_by_bank(cls, move, amount, day=None):
        """A bank statement line that is reconciled with ``move``."""
        journal = cls.company_data["default_journal_bank"]
        cls.pay_with_statement_line(move, journal.id, day or cls.today, amount)

    def _get(self, user, url=PAGE):
        """The page as ``user`` gets it."""
        self.env.flush_all()
        self.authenticate(user.login if user else None, user.login if user else None)
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.text)

    def _words(self, element):
        """The text of ``element`` with plain single spaces."""
        return " ".join(element.text_content().replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").split())

    def _text(self, page, class_name):
        """The text of the only element of this class."""
        [element] = page.find_class(class_name)
        return self._words(element)

    def _numbers(self, page):
        """The numbers in the list, in order."""
        return [row.get("data-number") for row in page.find_class("o_ar_item")]

    def _row(self, page, move):
        """The only row of ``move`` in the list."""
        [row] = [row for row in page.find_class("o_ar_item") if row.get("data-number") == move.name]
        return row

    def _money(self, amount, currency=None):
        """The amount in the words of the page."""
        return " ".join((currency or self.env.company.currency_id).format(amount).split()).replace(
            "\N{ZERO WIDTH NO-BREAK SPACE}", ""
        )
