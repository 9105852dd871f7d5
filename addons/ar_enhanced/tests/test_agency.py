import csv
import io
import zipfile
from datetime import timedelta
from random import Random
from unittest.mock import patch

from freezegun import freeze_time
from markupsafe import Markup

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .discount_common import DAY
from .write_off_common import WriteOffCase


class AgencyCase(WriteOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ar.agency"].search([]).active = False  # those of the database aren't the first choice here
        cls.bureau = cls.env["res.partner"].create({"name": "Inkasso Nord", "email": "desk@nord.example"})
        cls.agency = cls.env["ar.agency"].create({"partner_id": cls.bureau.id, "fee_percent": 10})
        cls.boss = cls.no_booker

    @classmethod
    def case(cls, invoices, user=None, hand_over=True, **values):
        """A case of what is open on ``invoices``, prepared by the clerk, handed over by the credit manager."""
        action = invoices.with_user(user or cls.clerk).action_ar_hand_over()
        case = cls.env["ar.agency.case"].with_user(user or cls.clerk).browse(action["res_id"])
        if values:
            case.write(values)
        if hand_over:
            case.with_user(cls.boss).action_hand_over()
        return case.with_user(cls.boss)

    def dossier(self, case):
        """The files of the dossier, by name."""
        with zipfile.ZipFile(io.BytesIO(case.sudo().dossier_id.raw)) as opened:
            return {name: opened.read(name) for name in opened.namelist()}

    def rows(self, case, name):
        return list(csv.reader(io.StringIO(self.dossier(case)[name].decode("utf-8-sig"))))


@freeze_time(DAY + timedelta(60))
@tagged("post_install", "-at_install")
class TestAgencyCase(AgencyCase):
    def handed_over_items(self):
        query = self.env["account.move.line"]._ar_sql_handed_over_items(self.env.company)
        return {line_id for (line_id,) in self.env.execute_query(query)}

    def test_a_hand_over_stops_reminders_and_holds_the_customer(self):
        invoice, other = self.invoice(100), self.invoice(50)
        case = self.case(invoice, hand_over=False)
        self.env.flush_all()
        self.assertFalse(self.handed_over_items() & set(self.items(invoice).ids))
        case.action_hand_over()
        self.env.flush_all()
        self.assertEqual(self.handed_over_items(), set(self.items(invoice).ids))
        self.assertNotIn(self.items(other).id, self.handed_over_items())
        self.assertEqual((case.state, case.handed_over_on), ("handed_over", DAY + timedelta(60)))
        self.assertTrue(self.customer.ar_credit_hold)
        self.assertIn("Inkasso Nord", case.sudo().hold_id.note)
        self.assertEqual(self.customer.with_user(self.clerk).ar_agency_case_count, 1)

    def test_no_hold_is_placed_where_none_is_wanted_or_one_is_there(self):
        first, second = self.invoice(100), self.invoice(50)
        self.case(first, places_hold=False)
        self.assertFalse(self.customer.ar_credit_hold)
        self.customer._ar_place_hold("By hand")
        case = self.case(second)
        self.assertFalse(case.sudo().hold_id)
        case._recall("Paid")
        self.customer.invalidate_recordset(["ar_credit_hold"])
        self.assertTrue(self.customer.ar_credit_hold)

    def test_recalling_lets_reminders_go_on_and_ends_the_hold(self):
        invoice = self.invoice(100)
        case = self.case(invoice)
        with self.assertRaisesRegex(UserError, "Say why"):
            case._recall("")
        case._recall("The customer pays by instalments")
        self.env.flush_all()
        self.assertFalse(self.handed_over_items())
        self.assertEqual((case.state, case.ended_on), ("recalled", DAY + timedelta(60)))
        self.customer.invalidate_recordset(["ar_credit_hold"])
        self.assertFalse(self.customer.ar_credit_hold)
        self.case(invoice)
        self.assertEqual(self.handed_over_items(), set(self.items(invoice).ids))

    def test_what_is_paid_since_is_tracked_and_what_was_before_is_not(self):
        invoice = self.invoice(100)
        self._register_payment(invoice, amount=10, payment_date=DAY + timedelta(60))
        case = self.case(invoice)
        self.assertEqual((case.amount, case.paid_amount, case.fee_amount), (90, 0, 0))
        self._register_payment(invoice, amount=30, payment_date=DAY + timedelta(60))
        self.credit(invoice, 20)
        case.invalidate_recordset()
        self.assertEqual((case.amount, case.paid_amount, case.open_amount, case.fee_amount), (90, 30, 40, 3))

    def test_a_payment_booked_later_but_dated_before_is_not_the_agencys(self):
        invoice = self.invoice(100)
        case = self.case(invoice)
        self._register_payment(invoice, amount=30, payment_date=DAY + timedelta(59))
        case.invalidate_recordset()
        self.assertEqual((case.paid_amount, case.open_amount), (0, 70))

    def test_a_payment_that_a_locked_period_has_moved_on_is_of_its_own_day(self):
        invoice = self.invoice(100)
        case = self.case(invoice)
        with freeze_time(DAY + timedelta(80)):
            self.env.company.fiscalyear_lock_date = DAY + timedelta(70)
            self._register_payment(invoice, amount=30, payment_date=DAY + timedelta(59))
            case.invalidate_recordset()
            self.assertGreater(invoice._ar_term_lines().matched_credit_ids.max_date, DAY + timedelta(70))
            self.assertEqual((case.paid_amount, case.open_amount), (0, 70))

    def test_paid_counts_neither_write_offs_nor_what_comes_after_the_end(self):
        invoice = self.invoice(100)
        case = self.case(invoice)
        self.booked(self.items(invoice), [25])
        case.invalidate_recordset()
        self.assertEqual((case.paid_amount, case.open_amount), (0, 75))
        case._close("paid")
        with freeze_time(DAY + timedelta(62)):
            self._register_payment(invoice, amount=30, payment_date=DAY + timedelta(62))
        case.invalidate_recordset()
        self.assertEqual(case.paid_amount, 0)

    def test_the_agency_has_no_fee_on_what_is_let_go_with_a_payment(self):
        invoice, other = self.invoice(100), self.invoice(1000)
        case = self.case(invoice + other)
        wizard = self.env["account.payment.register"].with_context(active_model="account.move")
        wizard.with_context(active_ids=invoice.ids).create(
            {
                "amount": 60,
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": self.loss.id,
            }
        )._create_payments()
        self.assertEqual(invoice.amount_residual, 0)
        case.invalidate_recordset()
        self.assertEqual((case.paid_amount, case.open_amount, case.fee_amount), (60, 1000, 6))

    def test_what_is_uncollectable_is_proposed_to_be_written_off(self):
        invoice = self.invoice(100)
        case = self.case(invoice)
        action = (
            self.env["ar.agency.case.end"]
            .with_user(self.boss)
            .create({"case_ids": case.ids, "decision": "uncollectable"})
            .action_end()
        )
        draft = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((draft._name, draft.state, draft.amount), ("ar.write.off", "draft", 100))
        self.assertEqual(draft.line_ids.move_line_id, self.items(invoice))
        self.assertEqual((case.state, case.outcome), ("closed", "uncollectable"))
        self.assertTrue(self.customer.ar_credit_hold)

    def test_a_paid_case_closes_without_a_proposal(self):
        case = self.case(self.invoice(100))
        self.assertFalse(case._close("paid"))
        self.assertEqual((case.state, case.outcome), ("closed", "paid"))

    def test_an_item_is_with_one_agency(self):
        invoice = self.invoice(100)
        self.case(invoice)
        with self.assertRaisesRegex(UserError, "with Inkasso Nord already"):
            self.case(invoice)

    def test_what_was_paid_meanwhile_is_not_handed_over(self):
        invoice = self.invoice(100)
        case = self.case(invoice, hand_over=False)
        self._register_payment(invoice)
        with self.assertRaisesRegex(UserError, "isn't open any more"):
            case.action_hand_over()

    def test_without_an_agency_nothing_is_handed_over(self):
        self.agency.active = False
        with self.assertRaisesRegex(UserError, "Choose the agency"):
            self.case(self.invoice(100))

    def test_two_currencies_make_two_cases(self):
        invoices = self.invoice(50) + self.invoice(60, currency_id=self.foreign.id)
        action = invoices.with_user(self.clerk).action_ar_hand_over()
        cases = self.env["ar.agency.case"].search(action["domain"])
        self.assertEqual(sorted(cases.mapped("amount")), [50, 60])
        with self.assertRaisesRegex(ValidationError, "one currency"):
            cases[0].line_ids = [Command.create({"move_line_id": cases[1].line_ids.move_line_id.id})]

    def test_the_customers_overdue_items_are_prepared(self):
        overdue = self.invoice(50)
        self.invoice(60, term=self.term(90))
        action = self.customer.with_user(self.clerk).action_ar_hand_over()
        case = self.env["ar.agency.case"].browse(action["res_id"])
        self.assertEqual(case.line_ids.move_line_id.move_id, overdue)

    def test_everybody_can_read_what_became_of_it(self):
        invoice = self.invoice(100)
        case = self.case(invoice)
        case._recall("Paid")
        self.env.flush_all()
        events = self.env["ar.credit.event"].search([("partner_id", "=", self.customer.id), ("kind", "=", "agency")])
        self.assertEqual(
            set(events.mapped("text")), {"Handed over to Inkasso Nord", "Recalled from Inkasso Nord\nPaid"}
        )
        for record in (invoice, self.customer):
            told = " ".join(record.message_ids.mapped("body"))
            self.assertIn("100.00 handed over to Inkasso Nord", told)
            self.assertIn("Recalled from Inkasso Nord: Paid", told)

    # ---- rights

    def test_a_reader_reads_a_clerk_prepares_a_manager_hands_over(self):
        invoice = self.invoice(100)
        with self.assertRaises(AccessError):
            self.case(invoice, user=self.reader, hand_over=False)
        case = self.case(invoice, hand_over=False)
        self.assertEqual(case.with_user(self.reader).amount, 100)
        for user in (self.reader, self.clerk):
            with self.assertRaises(AccessError):
                case.with_user(user).action_hand_over()
        case.action_hand_over()
        for user in (self.reader, self.clerk):
            for end in ("action_recall", "action_close"):
                with self.assertRaises(AccessError):
                    getattr(case.with_user(user), end)()
        with self.assertRaises(AccessError):
            case.with_user(self.reader).action_make_dossier()

    def test_the_state_and_the_items_of_a_case_cannot_be_written(self):
        case = self.case(self.invoice(100), hand_over=False)
        for values in ({"state": "handed_over"}, {"dossier_id": False}, {"handed_over_on": DAY}):
            with self.assertRaises(AccessError):
                case.write(values)
        with self.assertRaises(UserError):
            case.line_ids.write({"is_out": True})
        case.action_hand_over()
        for change in (
            lambda: case.write({"agency_id": False}),
            lambda: case.write({"line_ids": [Command.clear()]}),
            case.line_ids.unlink,
            case.unlink,
            case.copy,
        ):
            with self.assertRaises(UserError):
                change()
        case.reference = "N-17"

    def test_another_company_sees_neither_case_nor_dossier(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        outsider = new_test_user(
            self.env,
            "outsider",
            "base.group_user,ar_enhanced.group_ar_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        case = self.case(self.invoice(100))
        self.assertFalse(self.env["ar.agency.case"].with_user(outsider).search([("id", "=", case.id)]))
        for action in ("action_download_dossier", "action_recall"):
            with self.assertRaises(AccessError):
                getattr(case.with_user(outsider), action)()
        with self.assertRaises(AccessError):
            case.sudo().dossier_id.with_user(outsider).read(["raw"])
        self.assertTrue(case.sudo().dossier_id.with_user(self.reader).read(["raw"]))
        plain = new_test_user(self.env, "plain", "base.group_user")
        with self.assertRaises(AccessError):
            case.sudo().dossier_id.with_user(plain).read(["raw"])


@freeze_time(DAY + timedelta(60))
@tagged("post_install", "-at_install")
class TestAgencyDossier(AgencyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create(
            {"name": "=cmd()", "parent_id": cls.customer.id, "email": "ada@linden.example", "function": "Accounts"}
        )
        cls.customer.email = "office@linden.example"
        cls.rival = cls.env["res.partner"].create({"name": "Rival Ltd", "email": "rival@else.example"})
        cls.mine = cls.invoice([(100, cls.tax_15)])
        cls.others = cls.invoice(70)
        cls.rivals = cls.invoice(90, partner_id=cls.rival.id)

    def write_to(self, record, body, person=None, **values):
        values = {"subtype_xmlid": "mail.mt_comment", "message_type": "comment", **values}
        partners = {"partner_ids": person.ids} if person else {}
        return record.message_post(body=body, **partners, **values)

    def test_the_dossier_has_the_items_and_nothing_of_others(self):
        case = self.case(self.mine)
        files = self.dossier(case)
        name = self.mine.name.replace("/", "_")
        self.assertEqual(
            set(files),
            {
                "account.xlsx",
                "statement.csv",
                "contacts.csv",
                "history.csv",
                "correspondence.txt",
                f"invoices/{name}.html",
            },
        )
        with zipfile.ZipFile(io.BytesIO(files.pop("account.xlsx"))) as book:
            sheets = b"".join(book.read(part) for part in book.namelist())
        everything = b"".join((sheets, *files.values())).decode()
        self.assertIn(self.mine.name, everything)
        for foreign in (self.others.name, self.rivals.name, "Rival", "rival@"):
            self.assertNotIn(foreign, everything)

    def test_the_statement_adds_up(self):
        self._register_payment(self.mine, amount=15)
        case = self.case(self.mine + self.others)
        rows = self.rows(case, "statement.csv")
        self.assertEqual(rows[0], ["Number", "Date", "Due", "Days Overdue", "Amount", "Open", "Currency"])
        self.assertEqual(
            rows[1:3],
            [
                [self.mine.name, "2025-03-03", "2025-04-02", "30", "115.00", "100.00", "USD"],
                [self.others.name, "2025-03-03", "2025-04-02", "30", "70.00", "70.00", "USD"],
            ],
        )
        self.assertEqual(rows[3], ["Total", "", "", "", "", "170.00", "USD"])

    def test_contacts_are_the_customers_own_and_no_formulas(self):
        rows = self.rows(self.case(self.mine), "contacts.csv")
        self.assertEqual([row[0] for row in rows], ["Name", "Linden Optics", "'=cmd()"])
        self.assertEqual(rows[2][2], "ada@linden.example")

    def test_only_what_was_written_to_and_by_the_customer_is_in_it(self):
        written = Markup("<p>Please <b>pay</b> &lt;now&gt;</p><script>alert(1)</script>")
        self.write_to(self.mine, written, self.contact)
        self.write_to(self.mine, "We will pay", author_id=self.contact.id, email_from="ada@linden.example")
        self.write_to(self.mine, "Ask the rival", self.rival)
        self.write_to(self.mine, "Only among us", subtype_xmlid="mail.mt_note")
        self.write_to(self.mine, "Nobody got this")
        self.write_to(self.others, "About another invoice", self.contact)
        self.write_to(self.rivals, "To the rival", self.rival)
        text = self.dossier(self.case(self.mine))["correspondence.txt"].decode()
        self.assertIn("Please *pay* <now>", text)
        self.assertIn("We will pay", text)
        for hidden in ("Ask the rival", "Only among us", "Nobody got", "another invoice", "To the rival", "alert("):
            self.assertNotIn(hidden, text)

    def test_internal_notes_are_in_it_if_chosen(self):
        self.write_to(self.mine, "Only among us", subtype_xmlid="mail.mt_note")
        self.write_to(self.mine, "Ask the rival", self.rival)
        text = self.dossier(self.case(self.mine, with_notes=True))["correspondence.txt"].decode()
        self.assertIn("Only among us", text)
        self.assertNotIn("Ask the rival", text)

    def test_the_history_is_about_these_items_only(self):
        code = self.env.ref("ar_enhanced.dispute_code_price").id
        disputes = self.env["ar.dispute"].create(
            [
                {"move_id": self.mine.id, "code_id": code, "amount": 5, "description": "-5 too much"},
                {"move_id": self.others.id, "code_id": code, "amount": 6, "description": "Other"},
            ]
        )
        disputes._close("unjustified", "Between us: they lie")
        self.env["ar.promise"].create(
            {"move_ids": (self.mine + self.others).ids, "amount": 40, "date": DAY + timedelta(70)}
        )
        case = self.case(self.mine)
        rows = self.rows(case, "history.csv")
        self.assertEqual(len(rows), 3)
        self.assertEqual(
            sorted(row[1:5] for row in rows[1:]),
            [
                ["Dispute", self.mine.name, "5.00", "Not justified"],
                ["Promise to pay", self.mine.name, "40.00", "Open"],
            ],
        )
        self.assertNotIn(b"Between us", self.dossier(case)["history.csv"])

    def test_invoices_are_pdf_where_it_can_be_made(self):
        reports = self.env.registry["ir.actions.report"]
        with (
            patch.object(reports, "get_wkhtmltopdf_state", return_value="ok"),
            patch.object(reports, "_render_qweb_pdf", return_value=(b"%PDF-1.4 made", "pdf")),
        ):
            case = self.case(self.mine)
        name = self.mine.name.replace("/", "_")
        self.assertEqual(self.dossier(case)[f"invoices/{name}.pdf"], b"%PDF-1.4 made")
        self.assertFalse(case.dossier_warning)

    def test_without_a_pdf_engine_the_case_says_so(self):
        with patch.object(self.env.registry["ir.actions.report"], "get_wkhtmltopdf_state", return_value="install"):
            case = self.case(self.mine)
        self.assertIn("PDF can't be made", case.dossier_warning)

    def test_a_pdf_that_fails_is_told_of_and_the_page_is_there(self):
        reports = self.env.registry["ir.actions.report"]

        def fails(*_args, **_kwargs):
            raise UserError(self.env._("Out of paper"))

        with (
            patch.object(reports, "get_wkhtmltopdf_state", return_value="ok"),
            patch.object(reports, "_render_qweb_pdf", fails),
        ):
            case = self.case(self.mine)
        self.assertIn("Out of paper", case.dossier_warning)
        self.assertIn(f"invoices/{self.mine.name.replace('/', '_')}.html", self.dossier(case))

    def test_a_dossier_that_is_too_large_is_not_handed_over(self):
        reports = self.env.registry["ir.actions.report"]
        self.agency.max_megabytes = 2
        noise = Random(7).randbytes(1_500_000)  # noqa: S311  it doesn't get smaller
        with (
            patch.object(reports, "get_wkhtmltopdf_state", return_value="ok"),
            patch.object(reports, "_render_qweb_pdf", return_value=(noise, "pdf")),
        ):
            self.case(self.others)
            self.agency.max_megabytes = 1
            with self.assertRaisesRegex(UserError, "larger than 1 MB"):
                self.case(self.mine)

    def test_a_preview_is_replaced_and_what_was_handed_over_stays(self):
        case = self.case(self.mine, hand_over=False).with_user(self.clerk)
        case.action_make_dossier()
        preview = case.sudo().dossier_id
        case.with_user(self.boss).action_hand_over()
        handed_over = case.sudo().dossier_id
        self.assertNotEqual(handed_over, preview)
        case.action_make_dossier()
        self.assertTrue(handed_over.exists())
        self.assertNotEqual(case.sudo().dossier_id, handed_over)

    def test_the_dossier_is_sent_to_the_agency_by_a_person(self):
        case = self.case(self.mine)
        context = case.with_user(self.clerk).action_send_dossier()["context"]
        self.assertEqual(context["default_partner_ids"], self.bureau.ids)
        self.assertEqual(context["default_attachment_ids"], case.sudo().dossier_id.ids)
        self.bureau.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            case.action_send_dossier()
        with self.assertRaisesRegex(UserError, "Hand the case over first"):
            self.case(self.others, hand_over=False).action_send_dossier()
