from odoo import fields, models
from odoo.tools import SQL

from ..models.ar_dispute import DISPUTE_STATES, OUTCOMES


class ArDisputeReport(models.Model):
    """Why customers dispute invoices: one row per dispute, with what it is mainly about."""

    _name = "ar.dispute.report"
    _description = "Analysis of Disputes"
    _auto = False
    _order = "opened_on desc, id desc"
    _rec_name = "dispute_id"
    _depends = {
        "ar.dispute": ["amount", "state", "outcome", "opened_on", "closed_on", "code_id", "user_id", "line_ids"],
        "account.move": ["invoice_user_id", "amount_total", "amount_total_signed"],
        "account.move.line": ["price_total", "product_id", "display_type"],
        "product.template": ["categ_id"],
    }

    dispute_id = fields.Many2one("ar.dispute", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    code_id = fields.Many2one("ar.dispute.code", string="Reason", readonly=True)
    categ_id = fields.Many2one(
        "product.category",
        string="Product Category",
        readonly=True,
        help="The one with most of the amount among the disputed lines, else among all lines of the invoice.",
    )
    salesperson_id = fields.Many2one("res.users", readonly=True)
    user_id = fields.Many2one("res.users", string="Owner", readonly=True)
    opened_on = fields.Date(readonly=True)
    closed_on = fields.Date(readonly=True)
    days_to_resolve = fields.Integer(readonly=True, aggregator="avg")
    amount = fields.Monetary(string="Disputed", readonly=True, help="In the company's currency, at the invoice's rate.")
    state = fields.Selection(DISPUTE_STATES, readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT dispute.id,
                   dispute.id AS dispute_id,
                   dispute.move_id,
                   dispute.partner_id,
                   dispute.company_id,
                   company.currency_id,
                   dispute.code_id,
                   category.id AS categ_id,
                   invoice.invoice_user_id AS salesperson_id,
                   dispute.user_id,
                   dispute.opened_on,
                   dispute.closed_on,
                   dispute.closed_on - dispute.opened_on AS days_to_resolve,
                   round(
                       dispute.amount * ABS(COALESCE(invoice.amount_total_signed / NULLIF(invoice.amount_total, 0), 1)),
                       currency.decimal_places
                   ) AS amount,
                   dispute.state,
                   dispute.outcome
              FROM ar_dispute dispute
              JOIN account_move invoice ON invoice.id = dispute.move_id
              JOIN res_company company ON company.id = dispute.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
         LEFT JOIN LATERAL (
                    SELECT template.categ_id AS id
                      FROM account_move_line line
                      JOIN product_product product ON product.id = line.product_id
                      JOIN product_template template ON template.id = product.product_tmpl_id
                 LEFT JOIN ar_dispute_line_rel disputed
                           ON disputed.line_id = line.id AND disputed.dispute_id = dispute.id
                     WHERE line.move_id = dispute.move_id AND line.display_type = 'product'
                  GROUP BY template.categ_id
                  ORDER BY COALESCE(SUM(line.price_total) FILTER (WHERE disputed.line_id IS NOT NULL), 0) DESC,
                           SUM(line.price_total) DESC,
                           template.categ_id
                     LIMIT 1
                   ) AS category ON TRUE
            """
        )

    def action_open_dispute(self):
        """Open the dispute of this row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ar.dispute",
            "res_id": self.dispute_id.id,
            "views": [(False, "form")],
        }
