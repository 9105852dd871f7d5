import io
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
from freezegun import freeze_time
from markupsafe import Markup

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .discount_common import DAY
from .test_agency import AgencyCase

#: The day of the hand-over; the invoices are due 30 days before it.
TODAY = DAY + timedelta(60)


@freeze_time(TODAY)
@tagged("post_install", "-at_install")
class TestAgencyDossierAccount(AgencyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "office@linden.example"
        cls.rival = cls.env["res.partner"].create({"name": "Rival Ltd", "email": "rival@else.example"})
        cls.mine, cls.others = cls.invoice(100), cls.invoice(70)
        cls.rivals = cls.invoice(90, partner_id=cls.rival.id)
        cls.env["ar.interest.policy"].search([]).active = False

    def with_interest(self, **values):
        self.customer.ar_interest_policy_id = self.env["ar.interest.policy"].create(
            {
                "name": "As agreed",
                "kind": "fixed",
                "percent": 12,
                "fixed_sum_ids": [Command.create({"amount": 40})],
                "company_id": self.env.company.id,
                **values,
            }
        )

    def sheets(self, case):
        """The rows of each sheet of the account."""
        book = openpyxl.load_workbook(io.BytesIO(self.dossier(case)["account.xlsx"]))
        return {
            sheet.title: [
                [cell.date() if hasattr(cell, "date") else cell for cell in row]
                for row in sheet.iter_rows(values_only=True)
            ]
            for sheet in book
        }

    def sent(self, invoices, body, partner=None, **values):
        """A reminder that was sent about ``invoices``."""
        partner = partner or self.customer
        run = (
            self.env["ar.reminder.run"]
            .sudo()
            .create({"company_id": self.env.company.id, "date": TODAY, "state": "done"})
        )
        return (
            self.env["ar.reminder"]
            .sudo()
            .create(
                {
                    "run_id": run.id,
                    "company_id": self.env.company.id,
                    "date": TODAY,
                    "partner_id": partner.id,
                    "currency_id": self.env.company.currency_id.id,
                    "channel": "email",
                    "state": "sent",
                    "email": partner.email,
                    "sent_on": fields.Datetime.now(),
                    "sent_subject": "Please pay",
                    "sent_body": body,
                    "item_ids": [
                        Command.create(
                            {
                                "run_id": run.id,
                                "company_id": self.env.company.id,
                                "partner_id": partner.id,
                                "currency_id": self.env.company.currency_id.id,
                                "move_line_id": line.id,
                            }
                        )
                        for line in self.items(invoices)
                    ],
                    **values,
                }
            )
        )

    def test_the_account_shows_what_made_up_each_item_and_adds_up(self):
        self._register_payment(self.mine, amount=15, payment_date=DAY + timedelta(5))
        rows = self.sheets(self.case(self.mine))["Account"]
        number = self.mine.name
        due = DAY + timedelta(30)
        self.assertEqual(
            rows[5:],
            [
                [number, DAY, due, "Invoice", 100, 100, "USD"],
                [number, DAY + timedelta(5), None, "Payment or other settlement", -15, 85, "USD"],
                ["Total", None, None, None, 85, 85, "USD"],
            ],
        )
        self.assertEqual(sum(self.items(self.mine).mapped("amount_residual_currency")), 85)

    def test_late_interest_is_that_of_the_day_of_the_hand_over(self):
        self.with_interest()
        case = self.case(self.mine)
        expected = [
            [self.mine.name, date(2025, 4, 3), TODAY, 30, 100, 12, "Late interest", 0.99, "USD"],
            [self.mine.name, None, None, None, None, None, "Fixed sum", 40, "USD"],
            ["Total", None, None, None, None, None, None, 40.99, "USD"],
        ]
        self.assertEqual(self.sheets(case)["Late Interest"][5:], expected)
        rows = self.rows(case, "interest.csv")
        self.assertEqual(rows[-1][7], "40.99")
        with freeze_time(TODAY + timedelta(30)):
            case.action_make_dossier()
            self.assertEqual(self.sheets(case)["Late Interest"][5:], expected, "made anew later: as of that day still")

    def test_what_bears_no_interest_has_no_sheet_of_it(self):
        case = self.case(self.mine)
        self.assertEqual(set(self.sheets(case)), {"Account"})
        self.assertNotIn("interest.csv", self.dossier(case))

    def test_interest_that_cannot_be_told_is_a_warning(self):
        table = self.env["ar.interest.rate.table"].create({"name": "No rates", "code": "none", "source": "Test"})
        self.with_interest(kind="reference", table_id=table.id)
        case = self.case(self.mine)
        self.assertIn(self.mine.name, case.dossier_warning)
        self.assertNotIn("interest.csv", self.dossier(case))

    def test_reminders_are_in_it_word_for_word_and_their_links_are_not(self):
        link = Markup('<p>Dear &lt;Linden&gt;, pay <a href="http://x/my/invoices/1?access_token=SECRET">%s</a></p>')
        self.sent(self.mine, link % self.mine.name)
        text = self.dossier(self.case(self.mine))["reminders.txt"].decode()
        for part in ("office@linden.example", "Please pay", f"Dear <Linden>, pay {self.mine.name}"):
            self.assertIn(part, text)
        for hidden in ("SECRET", "access_token", "http"):
            self.assertNotIn(hidden, text)

    def test_only_reminders_that_reached_the_customer_about_these_items_are_in_it(self):
        self.sent(self.mine, "<p>This one</p>")
        self.sent(self.mine, "<p>Bounced</p>", state="failed")
        self.sent(self.mine, "<p>Ask nicely, he is a friend</p>", channel="call")
        self.sent(self.others, "<p>About another invoice</p>")
        self.sent(self.rivals, "<p>To the rival</p>", partner=self.rival)
        left_out = self.sent(self.mine, "<p>Not about it</p>")
        left_out.item_ids.code = "disputed"
        text = self.dossier(self.case(self.mine))["reminders.txt"].decode()
        self.assertIn("This one", text)
        for hidden in ("Bounced", "friend", "another invoice", "rival", "Not about it"):
            self.assertNotIn(hidden, text)

    def test_names_are_no_formulas_in_the_account(self):
        self.with_interest()
        self.customer.name = "=HYPERLINK(1)"
        case = self.case(self.mine)
        book = openpyxl.load_workbook(io.BytesIO(self.dossier(case)["account.xlsx"]))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
        self.assertIn("=HYPERLINK(1)", {cell.value for cell in cells if cell.data_type == "s"})
        self.assertFalse([cell.value for cell in cells if cell.data_type == "f"])
        self.assertNotIn(self.others.name, {cell.value for cell in cells})

    def test_a_payment_by_another_customer_names_nobody(self):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.rival.id,
                "amount": 30,
                "date": DAY,
                "memo": "Rival pays",
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        credit = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        (credit | self.items(self.mine)).reconcile()
        rows = self.sheets(self.case(self.mine))["Account"]
        self.assertEqual(rows[6][4:6], [-30, 70])
        self.assertFalse([cell for row in rows for cell in row if "Rival" in str(cell) or payment.name == cell])
        self.assertEqual(Decimal(str(rows[-1][5])), Decimal(70))
