from odoo import fields, models

READERS = "ar_enhanced.group_ar_user"


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    ar_payment_plan_count = fields.Integer(compute="_compute_ar_payment_plan_count", groups=READERS)

    def _compute_ar_payment_plan_count(self):
        plans = self.env["ar.payment.plan"].search([("move_line_ids.move_id", "in", self.ids)])
        for move in self:
            move.ar_payment_plan_count = len(plans.filtered(lambda plan, move=move: move in plan.move_line_ids.move_id))

    def action_ar_payment_plan(self):
        """Plan how the customer pays what is open of these invoices in instalments."""
        return self.line_ids._ar_plan()

    def action_ar_payment_plans(self):
        """Open the payment plans on this invoice."""
        return self._ar_action("ar_enhanced.action_ar_payment_plan", [("move_line_ids.move_id", "in", self.ids)])
