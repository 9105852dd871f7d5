from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import BankFileCommon, ofx


@tagged("post_install", "-at_install")
class TestReconcileAccess(BankFileCommon):
    def test_a_user_without_bank_rights_can_t_import(self):
        clerk = new_test_user(self.env, "clerk", "account.group_account_invoice", company_id=self.env.company.id)
        attachment = (
            self.env["ir.attachment"]
            .with_user(clerk)
            .create({"name": "x.ofx", "raw": ofx([("1", "20261118", "1.00", "A", "B")])})
        )
        with self.assertRaises(AccessError):
            self.journal.with_user(clerk).create_document_from_attachment(attachment.ids)

    def test_a_user_without_bank_rights_can_t_undo(self):
        line = self._pay(("119.00", self._invoice(119).name))
        clerk = new_test_user(self.env, "clerk", "account.group_account_invoice", company_id=self.env.company.id)
        with self.assertRaises(AccessError):
            line.ar_match_id.with_user(clerk).action_undo()
        self.assertEqual(line.ar_match_state, "matched")

    def test_nobody_writes_history_by_hand(self):
        match = self._pay(("119.00", self._invoice(119).name)).ar_match_id
        with self.assertRaises(AccessError):
            match.write({"failure": "x"})
        with self.assertRaises(AccessError):
            match.unlink()

    def test_portal_and_plain_users_read_nothing(self):
        match = self._pay(("119.00", self._invoice(119).name)).ar_match_id
        for login, group in (("customer", "base.group_portal"), ("plain", "base.group_user")):
            user = new_test_user(self.env, login, group)
            with self.assertRaises(AccessError):
                match.with_user(user).read(["facts"])
            with self.assertRaises(AccessError):
                self.env["ar.statement.import"].with_user(user).search([])

    def test_matches_of_another_company_are_not_seen(self):
        match = self._pay(("119.00", self._invoice(119).name)).ar_match_id
        other = self.setup_other_company(name="Other")["company"]
        user = new_test_user(
            self.env, "far", "ar_reconcile.group_reconcile", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        self.assertFalse(self.env["ar.match.proposal"].with_user(user).search([("id", "=", match.id)]))
        with self.assertRaises(AccessError):
            match.with_user(user).read(["facts"])

    def test_a_user_who_may_only_read_can_t_match(self):
        line = self._pay(("10.00", "HELLO"))
        for login, group in (("reader", "account.group_account_readonly"), ("biller", "account.group_account_invoice")):
            user = new_test_user(self.env, login, group, company_id=self.env.company.id)
            with self.assertRaises(AccessError):
                line.with_user(user).action_auto_match()
        self.assertEqual(len(line.ar_match_ids), 1)

    def test_a_bookkeeper_without_the_right_is_refused_before_anything_is_imported(self):
        user = new_test_user(self.env, "keeper", "account.group_account_basic", company_id=self.env.company.id)
        content = ofx([("1", "20261118", "1.00", "A", "B")])
        attachment = self.env["ir.attachment"].with_user(user).create({"name": "x.ofx", "raw": content})
        with self.assertRaises(AccessError):
            self.journal.with_user(user).create_document_from_attachment(attachment.ids)
        self.assertFalse(self.env["account.bank.statement.line"].search([("ar_import_id", "!=", False)]))

    def test_software_sees_the_invoices_of_branches_and_people_those_of_their_companies(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        lines = self.env["account.bank.statement.line"]
        company = self.env.company
        self.assertIn(branch, lines.sudo()._ar_companies(company))
        self.assertEqual(lines.with_context(allowed_company_ids=company.ids)._ar_companies(company), company)

    def test_a_match_with_a_branch_is_shown_to_who_only_works_in_its_parent(self):
        line = self._pay(("119.00", self._invoice(119).name))
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        self.partner_a.sudo().company_id = branch
        user = new_test_user(
            self.env, "parent", "ar_reconcile.group_reconcile", company_ids=[(6, 0, self.env.company.ids)]
        )
        match = line.with_user(user).ar_match_id
        self.assertEqual((match.customer_text, match.pays_text), (self.partner_a.name, line.ar_allocation_ids.number))
