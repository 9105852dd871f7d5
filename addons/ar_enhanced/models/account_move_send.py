from odoo import api, models


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_default_mail_body(self, move, mail_template, mail_lang):
        """Tell the customer below the text what can be saved; a template that says it itself is left alone."""
        body = super()._get_default_mail_body(move, mail_template, mail_lang)
        if "ar_discount_summary" in (mail_template.body_html or ""):
            return body
        rows = [row for row in move.with_context(lang=mail_lang).sudo()._ar_discount_rows() if row["state"] == "open"]
        if not rows:
            return body
        return (body or "") + self.env["ir.qweb"].with_context(lang=mail_lang)._render(
            "ar_enhanced.discount_summary", {"rows": rows, "internal": False}
        )
