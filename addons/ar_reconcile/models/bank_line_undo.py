"""Taking back what was booked of bank lines, by whatever way."""

from odoo import fields, models

from .bank_line_booking import NO_INVOICE_CHANGES, REBUILD_ITEMS, assign, is_audited


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    def action_undo_reconciliation(self):
        """Undo as Odoo does, also what matching has booked: mark its matches, and restore the lines' partners.

        Whoever undoes decides himself: neither matching nor a reconciliation model books the line again by itself.
        """
        if not self:  # each write to a journal item asks for it
            return super().action_undo_reconciliation()
        self._ar_settled().sudo().ar_is_persons = True
        matches = self.ar_match_ids.filtered(lambda match: match.state == "accepted")
        matches.sudo().write({"state": "undone", "undone_by": self.env.uid, "undone_on": fields.Datetime.now()})
        self.line_ids.remove_move_reconcile()  # which invoices note; the entry's own changes are in our history
        quiet = self.with_context(tracking_disable=not is_audited(self.company_id))
        res = super(AccountBankStatementLine, quiet).action_undo_reconciliation()
        # A line may have been booked in steps: its partner is the one before the first of them.
        first = {match.statement_line_id: match.id for match in matches.sorted("id", reverse=True)}
        former = {line: matches.browse(match).previous_partner_id for line, match in first.items()}
        # The entries are made anew already: they are not to be once more.
        assigned = {}
        self._ar_set_partners(
            {line: partner for line, partner in former.items() if line.partner_id != partner},
            assigned,
            {**REBUILD_ITEMS, **NO_INVOICE_CHANGES},
        )
        assign(assigned)
        return res
