from odoo.tests import tagged

from .common import BankFileCommon


@tagged("post_install", "-at_install")
class TestWorkspaceItems(BankFileCommon):
    def setUp(self):
        super().setUp()
        self.invoices = [self._invoice(amount) for amount in (10, 20, 30, 40)]
        self.line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "date": "2026-11-18", "payment_ref": "TRANSFER", "amount": 35}
        )

    def _item(self, invoice):
        return invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _shown(self, **kwargs):
        found = self.line.ar_workspace_items(self.invoices[0].commercial_partner_id.id, **kwargs)
        return [item["id"] for item in found["items"]]

    def test_wanted_items_come_with_the_first_page_on_whichever_page_they_are(self):
        wanted = self._item(self.invoices[3]).id
        self.assertNotIn(wanted, self._shown(limit=1))
        self.assertIn(wanted, self._shown(limit=1, item_ids=[wanted]))

    def test_a_wanted_item_that_is_no_longer_open_or_no_id_is_left_out(self):
        item = self._item(self.invoices[0])
        self.invoices[0].button_draft()
        self.assertNotIn(item.id, self._shown(item_ids=[item.id, "x", None]))
        self.assertEqual(self._shown(), self._shown(item_ids="1 OR 1=1"))
