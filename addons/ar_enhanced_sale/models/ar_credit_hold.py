from odoo import api, fields, models
from odoo.tools import SQL


class ArCreditHold(models.Model):
    _inherit = "ar.credit.hold"

    order_id = fields.Many2one("sale.order", string="Sales Order", index="btree_not_null", ondelete="set null")

    _order_uniq = models.UniqueIndex("(order_id) WHERE state = 'active' AND order_id IS NOT NULL")

    @api.model
    def _document_fields(self):
        """Orders are held too."""
        return {**super()._document_fields(), "sale.order": "order_id"}


class ArCreditHoldSimulation(models.TransientModel):  # pylint: disable=no-wizard-in-models
    _inherit = "ar.credit.hold.simulation"

    @api.model
    def _sql_documents(self, branches, since, day, applies_to):
        """Add confirmed orders: they were not in the ledger on their day, so their amount is added to it."""
        queries = super()._sql_documents(branches, since, day, applies_to)
        if applies_to == "invoice":
            return queries
        self.env["sale.order"].flush_model()
        return [
            *queries,
            SQL(
                """
                SELECT 'sale.order' AS res_model, sale.id AS res_id, sale.name,
                       customer.commercial_partner_id AS customer_id, sale.date_order::date AS day,
                       sale.amount_total / COALESCE(NULLIF(sale.currency_rate, 0), 1) AS amount, TRUE AS is_to_add
                  FROM sale_order sale
                  JOIN res_partner customer ON customer.id = sale.partner_invoice_id
                 WHERE sale.state = 'sale'
                   AND sale.amount_total > 0
                   AND sale.company_id = ANY(%(branches)s)
                   AND sale.date_order::date BETWEEN %(since)s AND %(day)s
                """,
                branches=branches,
                since=since,
                day=day,
            ),
        ]
