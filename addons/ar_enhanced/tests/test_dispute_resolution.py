from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import DAY, LedgerCase


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestDisputeResolution(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.env.company.id, "company_ids": [Command.set(cls.env.company.ids)]}
        cls.clerk = new_test_user(cls.env, "clerk", "account.group_account_invoice", **company)
        cls.owner = new_test_user(cls.env, "owner", "ar_enhanced.group_ar_clerk", **company)
        cls.price = cls.env.ref("ar_enhanced.dispute_code_price")
        cls.product_a.categ_id, cls.product_b.categ_id = cls.env["product.category"].create(
            [{"name": "Lenses"}, {"name": "Frames"}]
        )
        cls.two_lines = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.customer.id,
                "invoice_date": DAY - timedelta(20),
                "invoice_user_id": cls.clerk.id,
                "invoice_line_ids": [
                    Command.create(
                        {"product_id": product.id, "price_unit": price, "quantity": 1, "tax_ids": [Command.clear()]}
                    )
                    for product, price in ((cls.product_a, 700), (cls.product_b, 300))
                ],
            }
        )
        cls.two_lines.action_post()
        cls.lenses, cls.frames = cls.two_lines.invoice_line_ids.sorted("id")

    def dispute(self, user=None, **values):
        return (
            self.env["ar.dispute"]
            .with_user(user or self.clerk)
            .create({"move_id": self.two_lines.id, "code_id": self.price.id, **values})
        )

    def reverse(self, dispute):
        action = dispute.action_credit_note()
        return Form(self.env[action["res_model"]].with_user(self.clerk).with_context(**action["context"])).save()

    def test_the_amount_follows_from_the_lines(self):
        self.assertEqual(self.dispute(line_ids=[Command.set(self.frames.ids)]).amount, 300)
        self.assertEqual(self.dispute().amount, 1000)
        with self.assertRaisesRegex(ValidationError, "no more than that"):
            self.dispute(line_ids=[Command.set(self.frames.ids)], amount=300.01)
        form = Form(self.env["ar.dispute"].with_user(self.clerk).with_context(default_move_id=self.two_lines.id))
        form.code_id = self.price
        form.line_ids.add(self.lenses)
        self.assertEqual(form.amount, 700)
        self.assertEqual(form.save().line_ids, self.lenses)

    def test_an_instalment_can_be_disputed(self):
        instalment = self.part_paid.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        dispute = self.dispute(move_id=self.part_paid.id, move_line_id=instalment.id)
        self.assertEqual(dispute.amount, 200, "what is still open")

    def test_what_is_disputed_belongs_to_the_invoice(self):
        foreign = self.overdue.invoice_line_ids
        tax = self.overdue.line_ids - foreign
        for vals in (
            {"line_ids": [Command.set(foreign.ids)]},
            {"move_line_id": foreign.id, "amount": 1},
            {"move_line_id": self.frames.id, "amount": 1},
            {"move_id": self.overdue.id, "line_ids": [Command.set(tax[:1].ids)], "amount": 1},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self.dispute(**vals)

    def test_a_credit_note_keeps_the_disputed_lines_and_closes_the_dispute_when_it_is_posted(self):
        dispute = self.dispute(line_ids=[Command.set(self.frames.ids)])
        self.reverse(dispute).refund_moves()
        refund = dispute.refund_id
        self.assertEqual((refund.move_type, refund.state), ("out_refund", "draft"))
        self.assertEqual(refund.amount_total, 300)
        self.assertIn("Price", refund.ref)
        self.assertEqual(dispute.state, "open", "nothing is granted yet")
        refund.action_post()
        self.assertEqual((dispute.state, dispute.outcome, dispute.closed_on), ("resolved", "justified", DAY))
        self.assertIn(refund.name, dispute.resolution)
        self.assertEqual(dispute.action_open_credit_note()["res_id"], refund.id)

    def test_without_lines_all_of_the_invoice_is_credited(self):
        dispute = self.dispute()
        self.reverse(dispute).refund_moves()
        self.assertEqual(dispute.refund_id.amount_total, 1000)

    def test_an_invoice_that_is_replaced_closes_the_dispute_at_once(self):
        dispute = self.dispute()
        self.reverse(dispute).modify_moves()
        self.assertEqual((dispute.refund_id.state, dispute.state), ("posted", "resolved"))

    def test_a_draft_that_is_deleted_leaves_the_dispute_open(self):
        dispute = self.dispute()
        self.reverse(dispute).refund_moves()
        dispute.refund_id.unlink()
        self.assertEqual((dispute.state, dispute.refund_id.id), ("open", False))

    def test_other_credit_notes_close_nothing(self):
        dispute = self.dispute()
        self.credit(self.overdue, days_ago=0)
        self.assertEqual(dispute.state, "open")

    def test_a_closed_dispute_gets_no_credit_note_and_nobody_links_one_by_hand(self):
        dispute = self.dispute()
        refund = self.credit(self.overdue, days_ago=0)
        with self.assertRaises(AccessError):
            dispute.refund_id = refund
        dispute._close("unjustified", "No.")
        with self.assertRaisesRegex(UserError, "closed"):
            dispute.action_credit_note()
        with self.assertRaises(ValidationError):
            dispute.line_ids = self.frames

    def activities(self, dispute):
        kind = self.env.ref("ar_enhanced.mail_activity_dispute")
        return dispute.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def test_the_owner_is_asked_to_answer_in_time(self):
        dispute = self.dispute(user_id=self.owner.id, deadline=DAY + timedelta(5))
        activity = self.activities(dispute)
        self.assertEqual((activity.user_id, activity.date_deadline), (self.owner, DAY + timedelta(5)))
        dispute.write({"deadline": DAY + timedelta(9), "user_id": self.clerk.id})
        self.assertEqual(self.activities(dispute), activity, "one activity")
        self.assertEqual((activity.user_id, activity.date_deadline), (self.clerk, DAY + timedelta(9)))
        dispute._close("unjustified", "No.")
        self.assertFalse(self.activities(dispute))
        dispute.action_reopen()
        self.assertEqual(self.activities(dispute).date_deadline, DAY + timedelta(9))
        dispute.deadline = False
        self.assertFalse(self.activities(dispute))

    def test_the_analysis_names_the_causes(self):
        first = self.dispute(line_ids=[Command.set(self.frames.ids)], opened_on=DAY - timedelta(10))
        whole = self.dispute(code_id=self.env.ref("ar_enhanced.dispute_code_quality").id)
        euro = self.dispute(move_id=self.open_in_euro.id)
        first._close("unjustified", "No.")
        report = self.env["ar.dispute.report"].with_user(self.owner)
        self.env.flush_all()
        rows = {row.dispute_id: row for row in report.search([("dispute_id", "in", (first | whole | euro).ids)])}
        self.assertEqual(
            (rows[first].categ_id.name, rows[first].days_to_resolve, rows[first].amount), ("Frames", 10, 300)
        )
        self.assertEqual((rows[first].salesperson_id, rows[first].outcome), (self.clerk, "unjustified"))
        self.assertEqual((rows[whole].categ_id.name, rows[whole].closed_on), ("Lenses", False))
        self.assertEqual(rows[euro].amount, 800, "640 at 0.8")
        grouped = report.formatted_read_group(
            [("dispute_id", "in", (first | whole).ids)], ["code_id"], ["amount:sum", "days_to_resolve:avg", "__count"]
        )
        self.assertEqual(sorted(group["amount:sum"] for group in grouped), [300, 1000])
