from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _get_alerts(self):
        alerts = super()._get_alerts()
        if (
            self.move_type == "out_invoice"
            and self.state in ("draft", "posted")
            and self._origin
            and self.env.user.has_group("ar_enhanced.group_ar_user")
        ):
            # A banner about this one invoice: whoever may read it may read what differs.
            found = self.env["ar.contract.deviation"].sudo()._of_moves(self._origin).get(self._origin.id)
            if found and not found[3]:
                terms_id, differences, facts, _is_accepted = found
                alerts["ar_contract_terms"] = {
                    "level": "warning",
                    "message": self.env._(
                        "Other terms than agreed. %(differences)s",
                        differences=" ".join(self.env["ar.contract.deviation"]._sentences(differences, facts)),
                    ),
                    "action_text": self.env._("Contract terms"),
                    "action": {
                        "type": "ir.actions.act_window",
                        "res_model": "ar.contract.terms",
                        "res_id": terms_id,
                        "views": [(False, "form")],
                    },
                }
        return alerts
