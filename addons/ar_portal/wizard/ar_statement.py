from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class ArStatement(models.TransientModel):
    _inherit = "ar.statement"

    link = fields.Char(readonly=True)
    link_until = fields.Date(
        string="Link Valid Until",
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=30),
        help="Whoever has the link sees this statement, and nothing else, up to and including this day.",
    )

    def action_link(self):
        """Make a link to the statement that needs no login, and show it to be copied."""
        self.ensure_one()
        if len(self.partner_ids.commercial_partner_id) != 1:
            raise UserError(self.env._("A link leads to the statement of one customer: choose one."))
        customer = self.partner_ids.commercial_partner_id
        self.link = customer._ar_statement_link(
            self.company_id.root_id, self.date_from, self.date_until, self.currency_id, self.link_until
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Link to the Statement"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [[self.env.ref("ar_portal.ar_statement_view_form_link").id, "form"]],
            "target": "new",
        }

    def action_withdraw_links(self):
        """Make all links to statements of these customers invalid."""
        self.partner_ids.commercial_partner_id._ar_withdraw_statement_links()
        self.link = False
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("All links to statements of these customers are withdrawn."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @api.constrains("link_until")
    def _check_link_until(self):
        today = fields.Date.context_today(self)
        latest = fields.Date.add(today, years=1)
        if any(asked_for.link_until and not today <= asked_for.link_until <= latest for asked_for in self):
            raise ValidationError(self.env._("A link is valid for at most a year from today."))
