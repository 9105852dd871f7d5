from odoo import fields, models


class ArWriteOffDecide(models.TransientModel):
    _name = "ar.write.off.decide"
    _description = "Refuse or Reverse Write-Offs"

    write_off_ids = fields.Many2many("ar.write.off", string="Write-Offs", required=True, readonly=True)
    decision = fields.Selection([("refuse", "Refuse"), ("reverse", "Reverse")], required=True, readonly=True)
    reason = fields.Text(string="Why", required=True)

    def action_decide(self):
        """Refuse or reverse the write-offs for this reason."""
        for each in self:
            if each.decision == "refuse":
                each.write_off_ids._refuse(each.reason)
            else:
                each.write_off_ids._reverse(each.reason)
        return {"type": "ir.actions.act_window_close"}
