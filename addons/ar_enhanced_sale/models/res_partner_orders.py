from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _ar_sql_exposure(self, branches, condition):
        """Add confirmed orders, as far as no invoice, posted or draft, has taken them up."""
        self.env["sale.order"].flush_model()
        self.env["sale.order.line"].flush_model()
        self.env["product.template"].flush_model(["invoice_policy"])
        return [*super()._ar_sql_exposure(branches, condition), self._ar_sql_exposure_orders(branches, condition)]

    @api.model
    def _ar_sql_exposure_orders(self, branches, condition):
        """One row per confirmed order of which something is still to be invoiced, with taxes.

        What was ordered counts, delivered or not: the order is confirmed.  What was delivered beyond counts where
        deliveries are invoiced; an upselling does not, until somebody adds it to the order.  A down payment
        that was invoiced and not deducted yet has taken up its part of the order.
        """
        return SQL(
            """
            SELECT customer_id, 'orders' AS part, currency_id, amount
              FROM (
                    SELECT customer.commercial_partner_id AS customer_id,
                           sale.id,
                           sale.currency_id,
                           SUM(CASE WHEN line.is_downpayment THEN -COALESCE(invoiced.amount, 0)
                                    ELSE %(open_quantity)s * %(unit_price)s END) AS amount
                      FROM sale_order sale
                      JOIN res_partner customer ON customer.id = sale.partner_invoice_id
                      JOIN sale_order_line line ON line.order_id = sale.id AND line.display_type IS NULL
                 LEFT JOIN product_product product ON product.id = line.product_id
                 LEFT JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN LATERAL (%(down_payment)s) AS invoiced ON line.is_downpayment
                     WHERE sale.state = 'sale'
                       AND sale.company_id = ANY(%(branches)s)
                       AND (line.is_downpayment OR line.qty_invoiced != %(quantity)s)
                       AND %(condition)s
                  GROUP BY customer.commercial_partner_id, sale.id
                   ) AS to_invoice
             WHERE amount > 0
            """,
            open_quantity=self._ar_sql_open_quantity(),
            quantity=self._ar_sql_quantity(),
            unit_price=self._ar_sql_unit_price(),
            down_payment=self._ar_sql_down_payment(),
            branches=branches.ids,
            condition=condition,
        )

    @api.model
    def _ar_sql_quantity(self):
        """What is to be invoiced in the end of a line, in its unit; a return has a negative quantity."""
        return SQL(
            """
            (CASE WHEN template.invoice_policy = 'delivery' AND line.product_uom_qty >= 0
                  THEN GREATEST(line.product_uom_qty, line.qty_delivered)
                  ELSE line.product_uom_qty END)
            """
        )

    @api.model
    def _ar_sql_open_quantity(self):
        """What is left to invoice; more than was ordered may have been invoiced."""
        quantity = self._ar_sql_quantity()
        return SQL(
            """
            (CASE WHEN %(quantity)s >= 0 THEN GREATEST(%(quantity)s - COALESCE(line.qty_invoiced, 0), 0)
                  ELSE LEAST(%(quantity)s - COALESCE(line.qty_invoiced, 0), 0) END)
            """,
            quantity=quantity,
        )

    @api.model
    def _ar_sql_unit_price(self):
        """Price of a unit with taxes; a line of an expense has no ordered quantity, so its taxes aren't known."""
        return SQL(
            """
            (CASE WHEN line.product_uom_qty != 0 THEN line.price_total / line.product_uom_qty
                  ELSE line.price_unit * (1 - COALESCE(line.discount, 0)::numeric / 100) END)
            """
        )

    @api.model
    def _ar_sql_down_payment(self):
        """What invoices, posted or draft, have asked for a down payment less what they have deducted."""
        return SQL(
            """
            SELECT SUM(CASE WHEN move.move_type = 'out_refund' THEN -item.price_total ELSE item.price_total END)
                   AS amount
              FROM sale_order_line_invoice_rel link
              JOIN account_move_line item ON item.id = link.invoice_line_id
              JOIN account_move move ON move.id = item.move_id
             WHERE link.order_line_id = line.id AND move.state != 'cancel'
            """
        )
