from odoo import api, fields, models
from odoo.exceptions import UserError


class ArCreditHoldRequest(models.TransientModel):
    _name = "ar.credit.hold.request"
    _description = "Ask for a Release"

    res_model = fields.Char(required=True)
    res_ids = fields.Json()
    message = fields.Text(string="On Hold", compute="_compute_message")
    note = fields.Text(string="Why It Should Go Through")

    @api.depends("res_model", "res_ids")
    def _compute_message(self):
        for request in self:
            request.message = "\n".join(
                self.env["ar.credit.hold"]._words_for_user(hold.reasons, hold.currency_id, hold.note)
                for hold in request._holds()
            )

    def _holds(self):
        """Active holds of the documents, which the user must be able to read."""
        holds = self.env["ar.credit.hold"]
        field = holds._document_fields().get(self.res_model)
        if not field:
            raise UserError(self.env._("Such documents are never on credit hold."))
        documents = self.env[self.res_model].browse(self.res_ids or []).exists()
        documents.check_access("read")
        # The user may read the documents, and learns no more than why they wait.
        return holds.sudo().search([(field, "in", documents.ids), ("state", "=", "active")])

    def action_ask(self):
        """Ask the person in charge of the customer's credit."""
        self.ensure_one()
        holds = self._holds()
        if not holds:
            raise UserError(self.env._("This is no longer on hold: try again."))
        holds._ask(self.note, self.env.user)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The credit department was asked for a release."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
