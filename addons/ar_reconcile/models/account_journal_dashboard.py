from odoo import models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    def _fill_bank_cash_dashboard_data(self, dashboard_data):
        """Add how many bank lines wait for a person, and how many proposals are among them."""
        super()._fill_bank_cash_dashboard_data(dashboard_data)
        banks = self.filtered(lambda journal: journal.type in ("bank", "credit"))
        counts = {
            (journal.id, state): count
            for journal, state, count in self.env["account.bank.statement.line"]._read_group(
                [("journal_id", "in", banks.ids), ("ar_state", "in", ("new", "open", "proposed"))],
                ["journal_id", "ar_state"],
                ["__count"],
            )
        }
        for journal in banks:
            proposed = counts.get((journal.id, "proposed"), 0)
            waiting = counts.get((journal.id, "new"), 0) + counts.get((journal.id, "open"), 0)
            dashboard_data[journal.id].update(
                ar_proposed=self.env._("%(count)s proposed", count=proposed) if proposed else "",
                ar_waiting=self.env._("%(count)s to look at", count=waiting) if waiting else "",
            )

    def action_ar_bank_lines(self):
        """Show this journal's bank lines that wait for a person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_bank_lines")
        action["context"] = {"search_default_journal_id": self.id, "search_default_to_do": 1, "default_journal_id": self.id}
        action["display_name"] = self.env._("%(journal)s: bank lines", journal=self.display_name)
        return action
