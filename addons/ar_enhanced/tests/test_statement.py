import base64
from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase
from .random_ledger import RandomLedgerCase

MONTHS_AGO = DAY - timedelta(90)


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestStatementIsTheLedger(RandomLedgerCase):
    def rows(self, query, *values):
        self.env.flush_all()
        self.env.cr.execute(query, [self.env.company.id, *values])
        return {tuple(row[:2]): float(row[2]) for row in self.env.cr.fetchall()}

    def booked(self, day):
        """What was booked by ``day`` by customer and currency."""
        return self.rows(
            """
            SELECT partner.commercial_partner_id, line.currency_id, SUM(line.amount_currency)
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner partner ON partner.id = line.partner_id
             WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
               AND line.company_id = %s AND line.date <= %s
          GROUP BY 1, 2
            """,
            day,
        )

    def exchanged(self, day):
        """What a matching of two currencies took from one of them by ``day``, by customer and currency."""
        return self.rows(
            """
            SELECT partner.commercial_partner_id, side.currency_id, SUM(side.amount)
              FROM (
                    SELECT debit_move_id AS line_id, debit_currency_id AS currency_id, -debit_amount_currency AS amount,
                           company_id, max_date
                      FROM account_partial_reconcile
                     WHERE debit_currency_id != credit_currency_id
                 UNION ALL
                    SELECT credit_move_id, credit_currency_id, credit_amount_currency, company_id, max_date
                      FROM account_partial_reconcile
                     WHERE debit_currency_id != credit_currency_id
                   ) side
              JOIN account_move_line line ON line.id = side.line_id
              JOIN res_partner partner ON partner.id = line.partner_id
             WHERE side.company_id = %s AND side.max_date <= %s
          GROUP BY 1, 2
            """,
            day,
        )

    def test_opening_movements_and_closing_are_the_ledger_for_any_period(self):
        customers = self.drawn | self.customer | self.newcomer
        for last_day in self.days(10):
            first_day = last_day - timedelta(self.lot.randint(0, 120))
            before = first_day - timedelta(1)
            ends = {day: (self.booked(day), self.exchanged(day)) for day in (before, last_day)}
            made = {
                (each["customer"].id, each["currency"].id): each
                for each in customers._ar_statements(self.env.company, first_day, last_day)
            }
            for key in {*ends[before][0], *ends[last_day][0]}:
                expected = [sum(part.get(key, 0) for part in ends[day]) for day in (before, last_day)]
                with self.subTest(first_day=first_day, last_day=last_day, key=key):
                    if key not in made:
                        self.assertAlmostEqual(expected[0], 0, places=2)
                        self.assertAlmostEqual(expected[1], 0, places=2)
                        continue
                    each = made[key]
                    self.assertAlmostEqual(each["opening"], expected[0], places=2)
                    self.assertAlmostEqual(each["closing"], expected[1], places=2)
                    moved = sum(movement["amount"] for movement in each["movements"])
                    self.assertAlmostEqual(each["opening"] + moved, each["closing"], places=2)
                    self.assertAlmostEqual(sum(item["residual"] for item in each["items"]), expected[1], places=2)

    def test_the_ledger_has_what_makes_it_hard(self):
        made = (self.drawn | self.customer)._ar_statements(self.env.company, DAY - timedelta(400), DAY)
        kinds = {movement["kind"] for each in made for movement in each["movements"]}
        self.assertLessEqual({"invoice", "credit_note", "payment", "paid_out", "entry", "elsewhere"}, kinds)
        self.assertTrue(self.exchanged(DAY))


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestStatement(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.reader = new_test_user(cls.env, "statement_reader", "ar_enhanced.group_ar_user", **company)
        cls.clerk = new_test_user(cls.env, "statement_clerk", "ar_enhanced.group_ar_clerk", **company)
        cls.salesman = new_test_user(cls.env, "statement_salesman", "base.group_user", **company)
        cls.customer.email = "books@linden.example"

    def made(self, currency=None, partner=None, first_day=MONTHS_AGO, last_day=DAY):
        (made,) = (partner or self.customer)._ar_statements(
            self.env.company, first_day, last_day, currency or self.env.company.currency_id
        )
        return made

    def asked_for(self, partners=None, user=None, **values):
        wizard = self.env["ar.statement"].with_user(user or self.clerk)
        return wizard.create(
            {
                "partner_ids": (partners or self.customer).ids,
                "date_from": MONTHS_AGO,
                "date_until": DAY,
                **values,
            }
        )

    def html(self, asked_for):
        return (
            self.env["ir.actions.report"]
            ._render_qweb_html("ar_enhanced.report_ar_statement", asked_for.ids)[0]
            .decode()
        )

    def test_a_period_shows_what_was_owed_what_happened_and_what_is_open(self):
        made = self.made()
        # On the day before: the invoices due 70 and 46 days ago came later; 400 less 150 was paid 80 days ago.
        self.assertEqual(made["opening"], 500 + 250)
        self.assertEqual(made["closing"], 1190 + 200 + 250 + 75 - 60)
        kinds = [(movement["kind"], movement["amount"]) for movement in made["movements"]]
        self.assertIn(("invoice", 1190), kinds)
        self.assertIn(("credit_note", -300), kinds)
        self.assertIn(("payment", -250), kinds)
        self.assertEqual(
            [(item["residual"], item["days"]) for item in made["items"] if item["days"]], [(200, 70), (1190, 46)]
        )
        (credit,) = [item for item in made["items"] if item["is_credit"]]
        self.assertEqual((credit["residual"], credit["days"]), (-60, 0))

    def test_each_currency_has_a_statement_of_its_own(self):
        currencies = [made["currency"] for made in self.customer._ar_statements(self.env.company, MONTHS_AGO, DAY)]
        self.assertEqual(currencies, [self.foreign, self.env.company.currency_id])
        self.assertEqual(self.made(self.foreign)["closing"], 640)

    def test_a_contact_has_the_statement_of_its_company(self):
        self.assertEqual(self.made(partner=self.contact)["customer"], self.customer)

    def test_a_discount_or_loss_is_told_from_the_money_that_came(self):
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.overdue.ids)
            .create(
                {
                    "amount": 1185.5,
                    "payment_date": DAY,
                    "payment_difference_handling": "reconcile",
                    "writeoff_account_id": self.company_data["default_account_expense"].id,
                }
            )
        )
        wizard.action_create_payments()
        moved = {each["kind"]: each["amount"] for each in self.made(first_day=DAY)["movements"]}
        self.assertEqual(moved, {"payment": -1185.5, "write_off": -4.5})

    def test_an_invoice_that_another_customer_paid_is_settled_without_its_name(self):
        payer = self.env["res.partner"].create({"name": "Secret Payer"})
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": payer.id,
                "amount": 1190,
                "date": DAY,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        lines = (self.overdue | payment.move_id).line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        made = self.made(first_day=DAY)
        self.assertEqual([(each["kind"], each["amount"]) for each in made["movements"]], [("elsewhere", -1190)])
        self.assertNotIn("Secret Payer", self.html(self.asked_for()))
        self.assertFalse(self.made(partner=payer, first_day=DAY)["closing"])

    def test_the_first_and_the_last_day_belong_to_the_period(self):
        paid_on = DAY - timedelta(2)
        amounts = [movement["amount"] for movement in self.made(first_day=paid_on, last_day=paid_on)["movements"]]
        self.assertEqual(amounts, [-100])
        day_after = paid_on + timedelta(1)
        self.assertFalse(self.made(first_day=day_after, last_day=day_after)["movements"])

    def test_who_had_nothing_has_no_statement(self):
        self.assertFalse(self.stranger._ar_statements(self.env.company, MONTHS_AGO, DAY))

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        with self.assertRaises(UserError):
            self.customer._ar_statements(self.env.company, DAY, MONTHS_AGO)
        with self.assertRaises(ValidationError):
            self.asked_for(date_from=DAY, date_until=MONTHS_AGO)

    def test_many_customers_take_as_many_queries_as_one(self):
        many = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(15)])
        for partner in many:
            self.invoice(100, 5, partner=partner)
        self.queries(many)
        self.assertEqual(self.queries(many), self.queries(many[:1]))

    def queries(self, partners):
        self.env.flush_all()
        self.env.invalidate_all()
        partners.mapped("commercial_partner_id.name")
        before = self.env.cr.sql_log_count
        partners._ar_statements(self.env.company, MONTHS_AGO, DAY)
        return self.env.cr.sql_log_count - before

    def test_only_users_of_receivables_get_statements_and_of_companies_they_work_in(self):
        self.assertTrue(self.customer.with_user(self.reader)._ar_statements(self.env.company, MONTHS_AGO, DAY))
        with self.assertRaises(AccessError):
            self.customer.with_user(self.salesman)._ar_statements(self.env.company, MONTHS_AGO, DAY)
        with self.assertRaises(AccessError):
            self.asked_for(user=self.salesman)
        other = self.setup_other_company()["company"]
        with self.assertRaises(AccessError):
            self.customer.with_user(self.reader)._ar_statements(other, MONTHS_AGO, DAY)
        with self.assertRaises(AccessError):
            self.asked_for(user=self.reader).action_send()

    def test_the_paper_is_of_this_customer_alone(self):
        html = self.html(self.asked_for(user=self.reader))
        for text in ("Statement of Account", "Linden Optics", "Opening balance", "46 days overdue", "Not due", "60.00"):
            self.assertIn(text, html)
        self.assertIn("Credit not applied yet", html)
        self.assertNotIn("Newcomer", html)
        self.assertNotIn(">990.00", html)

    def test_the_sheet_has_the_balances_and_no_formulas(self):
        self.customer.name = "=1+1"
        book = load_workbook(BytesIO(base64.b64decode(self.asked_for().workbook)))
        movements, items = book.worksheets
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        self.assertFalse([cell.value for cell in cells if cell.data_type == "f"])
        self.assertIn("=1+1", [cell.value for cell in cells])
        rows = [[cell.value for cell in row] for row in movements.iter_rows()]
        closing = {row[1]: row[-1] for row in rows if row[3] == "Closing balance"}
        self.assertEqual(closing, {"USD": 1655, "EUR": 640})
        self.assertEqual(sum(cell.value for cell in items["F"][4:]), 1655 + 640)

    def test_each_customer_gets_the_own_statement_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.newcomer.email = "new@comer.example"
        template = self.env.ref("ar_enhanced.mail_template_statement")
        template.with_context(lang="fr_FR").subject = "Relevé de compte"
        mailing = self.send(self.customer | self.newcomer)
        self.assertEqual(mailing.line_ids.mapped("state"), ["sent", "sent"])
        ours, theirs = (
            mailing.line_ids.filtered(lambda line, of=each: line.partner_id == of)
            for each in (self.customer, self.newcomer)
        )
        self.assertEqual(ours.mail_id.subject, "Relevé de compte")
        self.assertIn("your statement of account", theirs.mail_id.subject)
        self.assertEqual((ours.mail_id.recipient_ids, theirs.mail_id.recipient_ids), (self.customer, self.newcomer))
        self.assertIn("655,00", ours.mail_id.body_html)
        self.assertIn("990.00", theirs.mail_id.body_html)
        for line, other in ((ours, "Newcomer"), (theirs, "Linden")):
            self.assertNotIn(other, line.mail_id.body_html)
            self.assertTrue(line.mail_id.attachment_ids)
            for attachment in line.mail_id.attachment_ids:
                self.assertNotIn(other, self.text_of(attachment))
        self.assertTrue(self.customer.message_ids.filtered(lambda message: "books@linden.example" in message.body))

    def text_of(self, attachment):
        """All that stands in a file; a PDF is HTML in tests."""
        if not attachment.name.endswith(".xlsx"):
            return attachment.raw.decode()
        book = load_workbook(BytesIO(attachment.raw))
        return " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)

    def send(self, partners, user=None):
        action = self.asked_for(partners, user=user).action_send()
        return self.env["ar.statement.mailing"].browse(action["res_id"])

    def test_the_address_for_invoices_comes_first(self):
        billing = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.customer.id, "type": "invoice", "email": "ap@linden.example"}
        )
        self.assertEqual(self.send(self.customer).line_ids.recipient_id, billing)
        billing.email = False
        self.assertEqual(self.send(self.customer).line_ids.recipient_id, self.customer)

    def test_who_cannot_be_reached_is_listed_with_the_reason(self):
        bad, blocked = self.env["res.partner"].create(
            [{"name": "Bad", "email": "not an address"}, {"name": "Blocked", "email": "never@again.example"}]
        )
        for partner in (bad, blocked):
            self.invoice(10, 5, partner=partner)
        self.env["mail.blacklist"]._add("never@again.example")
        self.stranger.email = "stranger@x.example"
        mailing = self.send(self.customer | self.newcomer | bad | blocked | self.stranger)
        reasons = {line.partner_id: line.reason_code for line in mailing.line_ids}
        self.assertEqual(
            reasons,
            {
                self.customer: False,
                self.newcomer: "no_email",
                bad: "bad_email",
                blocked: "blacklisted",
                self.stranger: "nothing",
            },
        )
        self.assertEqual((mailing.sent_count, mailing.left_out_count), (1, 4))
        self.newcomer.email = "new@comer.example"
        mailing.with_user(self.clerk).action_send_again()
        self.assertEqual(mailing.sent_count, 2)
        self.assertEqual(len(self.mails(self.customer)), 1)

    def mails(self, partner):
        return self.env["mail.mail"].search([("recipient_ids", "in", partner.ids)])

    def test_one_that_fails_stops_nobody_else(self):
        self.newcomer.email = "new@comer.example"
        lines = self.env.registry["account.move.line"]
        original = lines._ar_statements

        def broken(records, customers, *args):
            if self.customer in customers:
                raise ValueError("a cent is missing")
            return original(records, customers, *args)

        with patch.object(lines, "_ar_statements", broken):
            mailing = self.send(self.customer | self.newcomer)
        self.assertEqual(mailing.line_ids.mapped("state"), ["left_out", "sent"])
        self.assertIn("a cent is missing", mailing.line_ids[0].reason)
        self.assertFalse(self.mails(self.customer))

    def test_a_large_selection_is_sent_in_the_background_and_each_message_once(self):
        many = self.env["res.partner"].create(
            [{"name": f"Customer {number}", "email": f"c{number}@x.example"} for number in range(21)]
        )
        for partner in many:
            self.invoice(100, 5, partner=partner)
        mailing = self.send(many)
        self.assertEqual((mailing.waiting_count, mailing.sent_count), (21, 0))
        stops = iter([float("inf"), 0])
        cron = self.env.registry["ir.cron"]
        lines = self.env["ar.statement.mailing.line"].sudo()
        with patch.object(cron, "_commit_progress", lambda *args, **kwargs: next(stops)):
            lines._cron_send(chunk_size=8)
        mailing.invalidate_recordset()
        self.assertEqual((mailing.waiting_count, mailing.sent_count), (13, 8))
        with self.enter_registry_test_mode():
            self.env.ref("ar_enhanced.cron_send_statements").method_direct_trigger()
        mailing.invalidate_recordset()
        self.assertEqual((mailing.waiting_count, mailing.sent_count), (0, 21))
        for partner in many:
            self.assertEqual(len(self.mails(partner)), 1)

    def test_only_a_clerk_sends_and_a_salesperson_sees_none_of_it(self):
        with self.assertRaises(AccessError):
            self.asked_for(user=self.reader).action_send()
        mailing = self.send(self.customer, user=self.clerk)
        self.assertTrue(mailing.with_user(self.reader).line_ids.read(["state"]))
        self.assertFalse(mailing.with_user(self.clerk).has_access("write"))
        mail = mailing.line_ids.mail_id
        for record in (mailing, mailing.line_ids, mail.mail_message_id, mail.attachment_ids):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.salesman).read()
        notes = self.customer.with_user(self.salesman).message_ids.mapped("body")
        self.assertFalse([note for note in notes if "1,655" in note])

    def test_a_pdf_is_attached_where_one_can_be_made(self):
        reports = self.env.registry["ir.actions.report"]
        with (
            patch.object(reports, "get_wkhtmltopdf_state", lambda records: "ok"),
            patch.object(reports, "_render_qweb_pdf", lambda records, *args, **kwargs: (b"%PDF-1.4", "pdf")),
        ):
            mailing = self.send(self.customer)
        names = mailing.line_ids.mail_id.attachment_ids.mapped("name")
        self.assertEqual({name.rpartition(".")[2] for name in names}, {"pdf", "xlsx"})
        self.assertFalse(mailing.without_pdf)
        with patch.object(reports, "get_wkhtmltopdf_state", lambda records: "install"):
            self.assertTrue(self.send(self.customer).without_pdf)

    def test_the_action_on_customers_asks_for_the_period(self):
        action = (self.customer | self.contact | self.newcomer).with_user(self.reader).action_ar_statement()
        asked_for = self.env["ar.statement"].with_context(**action["context"]).create({})
        self.assertEqual(asked_for.partner_ids, self.customer | self.newcomer)
        self.assertEqual((str(asked_for.date_from), asked_for.date_until), ("2024-12-01", DAY))
