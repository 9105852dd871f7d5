"""When matching learns how customers pay, and when it uses that."""

from odoo import api, models


class ArMatchProposal(models.Model):
    _inherit = "ar.match.proposal"  # pylint: disable=consider-merging-classes-inherited

    def _book_all(self, is_automatic):
        """Book, and learn at once from what a person has accepted; the rest must prove right for a while."""
        res = super()._book_all(is_automatic)
        if not is_automatic:
            self.env["ar.payer.fact"]._learn(self.statement_line_id)
        return res


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    def action_undo_reconciliation(self):
        """Undo as ever, and take back what was learned."""
        res = super().action_undo_reconciliation()
        self.env["ar.payer.fact"]._unlearn(self)
        return res

    def unlink(self):
        """Delete as ever, and take back what was learned."""
        self.env["ar.payer.fact"]._unlearn(self)
        return super().unlink()

    @api.model
    def _ar_learned(self, company, partner_ids):
        """Return what confirmed matches have taught of customers, as values of the engine's Customer by their ids."""
        known = self.env["ar.payer.fact"]._ar_of_customers(partner_ids, company)
        payers = sorted({payer for facts in known.values() for payer in facts["pays_with"]})
        tops = self._ar_tops(payers)
        return {
            customer: {
                "names": facts["names"],
                "learned_accounts": facts["accounts"],
                "habit": facts["habit"],
                "group": tops.get(facts["pays_with"][0], facts["pays_with"][0]) if facts["pays_with"] else 0,
            }
            for customer, facts in known.items()
        }


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """Unreconcile as ever, from an invoice too, and take back what was learned of the bank lines."""
        lines = self.debit_move_id.move_id.statement_line_id | self.credit_move_id.move_id.statement_line_id
        res = super().unlink()
        self.env["ar.payer.fact"]._unlearn(lines)
        return res


class AccountMove(models.Model):
    _inherit = "account.move"

    def unlink(self):
        """Delete as ever, and take back what was learned of bank lines that go with their entries."""
        self.env["ar.payer.fact"]._unlearn(self.statement_line_id)
        return super().unlink()
