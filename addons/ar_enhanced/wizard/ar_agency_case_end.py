from odoo import fields, models


class ArAgencyCaseEnd(models.TransientModel):
    _name = "ar.agency.case.end"
    _description = "Recall or Close Cases"

    case_ids = fields.Many2many("ar.agency.case", string="Cases", required=True, readonly=True)
    decision = fields.Selection(
        [("recall", "Recall"), ("paid", "Close: paid"), ("uncollectable", "Close: uncollectable")], required=True
    )
    reason = fields.Text(string="Why")

    def action_end(self):
        """End the cases so; what is uncollectable is proposed to be written off."""
        self.ensure_one()
        if self.decision == "recall":
            self.case_ids._recall(self.reason)
            return {"type": "ir.actions.act_window_close"}
        return self.case_ids._close(self.decision, self.reason) or {"type": "ir.actions.act_window_close"}
