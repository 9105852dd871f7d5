from odoo.tests import HttpCase, tagged

from .common import BankFileCommon, ofx


@tagged("post_install", "-at_install")
class TestReconcileTour(BankFileCommon, HttpCase):
    def test_a_dropped_bank_file_pays_an_invoice_and_is_undone(self):
        invoice = self._invoice(119)
        self.journal.name = "Main Account"
        content = ofx([("1", "20261118", "119.00", "ACME", invoice.name), ("2", "20261118", "5.00", "OTHER", "HELLO")])
        self.env["ir.attachment"].create({"name": "tour.ofx", "raw": content})
        self.env.user.password = self.env.user.login
        self.start_tour(
            "/odoo/action-account.open_account_journal_dashboard_kanban",
            "ar_reconcile_drop_bank_file",
            login=self.env.user.login,
        )
        self.assertEqual(invoice.payment_state, "not_paid")
        states = self.env["ar.match"].search([("journal_id", "=", self.journal.id)]).mapped("state")
        self.assertEqual(sorted(states), ["open", "undone"])
