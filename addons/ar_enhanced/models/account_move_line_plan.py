from odoo import api, models
from odoo.tools import SQL


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_sql_plan_items(self, company, day):
        """Query of the items that a payment plan of ``company`` takes out of reminders on ``day``: line_id.

        Those of plans that have started, and of proposals until the day by which they are to be answered.
        """
        self.env["ar.payment.plan"].flush_model()
        return SQL(
            """
            SELECT rel.line_id
              FROM ar_payment_plan plan
              JOIN ar_payment_plan_line_rel rel ON rel.plan_id = plan.id
             WHERE plan.company_id = %(company)s
               AND (
                   (plan.state = 'active' AND plan.started_on <= %(day)s)
                   OR (plan.state = 'proposed' AND plan.proposed_on <= %(day)s AND plan.answer_by >= %(day)s)
               )
            """,
            company=company.root_id.id,
            day=day,
        )

    def _ar_plan(self):
        """Action that opens a new payment plan over what is open among these lines."""
        items = self.filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and line.move_id.move_type == "out_invoice"
                and line.currency_id.compare_amounts(line.amount_residual_currency, 0) > 0
            )
        )
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_payment_plan_new"),
            "context": {"default_move_line_ids": items.ids},
        }
