from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import BankFileCommon, ofx


@tagged("post_install", "-at_install")
class TestReconcileTour(BankFileCommon, HttpCase):
    @mute_logger("odoo.http")  # the refusal that the tour sees
    def test_two_dropped_files_are_checked_imported_and_undone(self):
        invoice = self._invoice(119)
        self.journal.name = "Main Account"
        content = ofx([("1", "20261118", "119.00", "ACME", invoice.name), ("2", "20261118", "5.00", "OTHER", "HELLO")])
        self.env["ir.attachment"].create(
            [
                {"name": "tour_statement.ofx", "raw": content},
                {"name": "tour_broken.ofx", "raw": content[: content.index(b"<FITID>2")]},
            ]
        )
        self.env.user.password = self.env.user.login
        self.start_tour(
            "/odoo/action-account.open_account_journal_dashboard_kanban",
            "ar_reconcile_drop_bank_file",
            login=self.env.user.login,
        )
        self.assertEqual(invoice.payment_state, "not_paid")
        records = self.env["ar.statement.import"].search([("journal_id", "=", self.journal.id)])
        self.assertEqual(sorted(records.mapped("state")), ["refused", "undone"])
        self.assertFalse(self.env["account.bank.statement.line"].search([("journal_id", "=", self.journal.id)]))
