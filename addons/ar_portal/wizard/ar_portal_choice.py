from odoo import api, fields, models
from odoo.exceptions import UserError


class ArPortalChoice(models.TransientModel):
    """What a portal user has entered about paying less of some items, for the pages that follow."""

    _name = "ar.portal.choice"
    _description = "Choice of What to Pay"

    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    item_ids = fields.Json(required=True)
    parts = fields.Json()

    @api.model
    def _keep(self, ids, parts, day):
        """Keep a choice of the logged-in user if it can be paid on ``day``; tell its id.

        :param list ids: of items and credits
        :param dict parts: see `_ar_portal_parts`
        :raises UserError: that tells why it can't
        """
        chosen = self.env["account.move.line"]._ar_portal_to_pay(ids, day, parts)
        entered = {
            str(key): {name: part[name] for name in ("amount", "reason", "text")}
            for key, part in chosen["parts"].items()
        }
        # Customers have no right to keep records; what is kept is of the user's own account, and for himself alone.
        kept = self.sudo().create(
            {
                "user_id": self.env.uid,
                "item_ids": [*chosen["items"].ids, *chosen["credits"].ids],
                "parts": entered,
            }
        )
        return kept.id

    @api.model
    def _kept(self, choice_id):
        """The ids and parts of a choice of the logged-in user.

        :raises UserError: when there is none
        """
        # As in `_keep`: the user finds his own ones only.
        kept = self.sudo().search([("id", "=", choice_id), ("user_id", "=", self.env.uid)])
        if not kept:
            raise UserError(
                self.env._("What you entered is not kept any more. Go back to your receivables and choose again.")
            )
        return kept.item_ids, {int(key): part for key, part in (kept.parts or {}).items()}
