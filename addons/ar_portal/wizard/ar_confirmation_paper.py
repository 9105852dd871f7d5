import base64
from io import BytesIO

from odoo import api, fields, models


class ArConfirmationPaper(models.TransientModel):
    """The answer of a customer who sent the printed letter back."""

    _name = "ar.confirmation.paper"
    _description = "Answer on Paper to a Balance Confirmation"

    confirmation_id = fields.Many2one("ar.balance.confirmation", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="confirmation_id.currency_id")
    balance = fields.Monetary(related="confirmation_id.balance")
    answer = fields.Selection(
        [("agree", "Agrees with the balance"), ("differ", "Has another balance")], required=True, default="agree"
    )
    their_balance = fields.Monetary()
    signer = fields.Char(string="Signed by", required=True)
    function = fields.Char()
    remark = fields.Text(help="The date of the letter, and what it says of single items.")
    is_answered = fields.Boolean(compute="_compute_is_answered")
    reason = fields.Char(string="Why the Answer Changes")
    scan = fields.Binary(string="Scanned Letter", required=True, attachment=False)
    scan_name = fields.Char()

    @api.depends("confirmation_id")
    def _compute_is_answered(self):
        for asked in self:
            asked.is_answered = bool(asked.confirmation_id.answer_id)

    def action_record(self):
        """Keep the answer."""
        self.ensure_one()
        places = self.currency_id.decimal_places
        form = {
            "answer": self.answer,
            "total": f"{self.their_balance:.{places}f}" if self.answer == "differ" else "",
            "name": self.signer,
            "function": self.function,
            "remark": self.remark,
            "why": self.reason,
        }
        scan = (self.scan_name or "", BytesIO(base64.b64decode(self.scan)))
        self.confirmation_id._answer_on_paper(form, [scan])
        return {"type": "ir.actions.act_window_close"}
