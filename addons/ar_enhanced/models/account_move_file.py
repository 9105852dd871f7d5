from odoo import api, fields, models
from odoo.exceptions import UserError

READERS = "ar_enhanced.group_ar_user"


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    ar_promise_ids = fields.Many2many(
        "ar.promise", "ar_promise_move_rel", "move_id", "promise_id", string="Promises to Pay", groups=READERS
    )
    ar_dispute_ids = fields.One2many("ar.dispute", "move_id", string="Disputes", groups=READERS)
    ar_promise_count = fields.Integer(compute="_compute_ar_file_counts", groups=READERS)
    ar_dispute_count = fields.Integer(compute="_compute_ar_file_counts", groups=READERS)

    def _compute_ar_file_counts(self):
        for move in self:
            move.ar_promise_count = len(move.ar_promise_ids)
            move.ar_dispute_count = len(move.ar_dispute_ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_credit_file(self):
        """Keep invoices about which promises or disputes were decided: both would go with them."""
        # Who may delete drafts needn't see the credit file.
        promises, disputes = self.env["ar.promise"].sudo(), self.env["ar.dispute"].sudo()
        if promises.search_count([("move_ids", "in", self.ids), ("state", "!=", "open")], limit=1) or (
            disputes.search_count(
                [("move_id", "in", self.ids), "|", ("state", "!=", "open"), ("was_decided", "=", True)], limit=1
            )
        ):
            raise UserError(
                self.env._(
                    "A promise or a dispute about this invoice is part of the customer's credit file: cancel the "
                    "invoice instead of deleting it."
                )
            )

    def action_ar_promise(self):
        """Note what the customer promises to pay on these invoices."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_promise_new"),
            "context": {
                "default_move_ids": self.ids,
                "default_amount": sum(self.mapped("amount_residual")) if len(self.currency_id) == 1 else 0,
            },
        }

    def action_ar_dispute(self):
        """Note what the customer objects to on this invoice."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_dispute_new"),
            "context": {"default_move_id": self.id},
        }

    def action_ar_promises(self):
        """Open the promises to pay this invoice."""
        return self._ar_action("ar_enhanced.action_ar_promise", [("move_ids", "in", self.ids)])

    def action_ar_disputes(self):
        """Open the disputes about this invoice."""
        return self._ar_action("ar_enhanced.action_ar_dispute", [("move_id", "in", self.ids)])

    def _ar_action(self, xml_id, domain):
        return {**self.env["ir.actions.act_window"]._for_xml_id(xml_id), "domain": domain, "context": {}}
