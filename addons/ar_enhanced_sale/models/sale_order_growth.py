from contextlib import contextmanager
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: What changes the amount of a line, or whose it is.
AMOUNTS = {"order_id", "product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount", "tax_ids"}
#: What changes the amount of an order, or who will owe it.
OWING = {"order_line", "partner_id", "partner_invoice_id"}
WATCHED, BEGINNING = "ar_watched_orders", "ar_orders_from"


class SaleOrder(models.Model):
    """Orders that grow after they were confirmed: a way around the check of those that are confirmed."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        """Create orders; those that begin as confirmed don't grow by their own lines."""
        states = {vals.get("state", self.env.context.get("default_state")) for vals in vals_list}
        if "sale" not in states:
            return super().create(vals_list)
        [(newest,)] = self.env.execute_query(SQL("SELECT COALESCE(MAX(id), 0) FROM sale_order"))
        self.env.cr.cache[BEGINNING] = newest + 1
        try:
            return super().create(vals_list)
        finally:
            self.env.cr.cache.pop(BEGINNING, None)

    def write(self, vals):
        """Change orders; what is confirmed grows, or is owed by somebody else, as their credit allows."""
        if not OWING & set(vals):
            return super().write(vals)
        with self._ar_growing():
            return super().write(vals)

    @contextmanager
    def _ar_growing(self):
        """Refuse what makes those of these orders that are confirmed ask for more than the customers' credit allows.

        What runs with all rights, such as a schedule, has nobody to ask for a release and isn't stopped.
        """
        watched = self.env.cr.cache.setdefault(WATCHED, set())
        beginning = self.env.cr.cache.get(BEGINNING)
        # Whoever changes a line need not be able to read whom the invoice goes to.
        confirmed = (
            self.browse()
            if self.env.su
            else self.sudo().filtered(
                lambda order: (
                    order.state == "sale" and order.id not in watched and not (beginning and order.id >= beginning)
                )
            )
        )
        before = {order.id: (order._ar_hold_customer(), order.amount_total) for order in confirmed}
        watched.update(before)
        try:
            yield
        finally:
            watched.difference_update(before)
        grown = confirmed.filtered(
            lambda order: (
                order._ar_hold_customer() != before[order.id][0]
                or order.currency_id.compare_amounts(order.amount_total, before[order.id][1]) > 0
            )
        )
        grown.sudo(False)._ar_check_growth()

    def _ar_check_growth(self):
        """Raise an error if one of these confirmed orders, as they are now, must not have grown."""
        for company, orders in self._ar_on_credit().grouped(lambda order: order.company_id.sudo().root_id).items():
            customers = orders._ar_hold_customers()
            # The exposure has them already.
            entries, lapses = customers._ar_refusals(company, dict.fromkeys(orders.ids, Decimal()), orders)
            if entries:
                advice = self.env._(
                    "What is confirmed can't grow or change its customer now. Put what is added on a quotation of its"
                    " own: for that, a release can be asked for. Nothing was changed."
                )
                raise UserError(customers._ar_refusal_words(entries, company.sudo().currency_id, advice))
            # Holds are closed to everything but their own methods.
            self.env["ar.credit.hold"].sudo().browse(lapses)._lapse(lapses)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        """Add lines; what is confirmed grows as the customers' credit allows."""
        orders = self.env["sale.order"].browse({vals["order_id"] for vals in vals_list if vals.get("order_id")})
        with orders._ar_growing():
            return super().create(vals_list)

    def write(self, vals):
        """Change lines; what is confirmed grows as the customers' credit allows."""
        if not AMOUNTS & set(vals):
            return super().write(vals)
        orders = (self - self._ar_shipping()).order_id
        if vals.get("order_id"):
            orders |= orders.browse(vals["order_id"])
        with orders._ar_growing():
            return super().write(vals)

    def _ar_shipping(self):
        """What shipping costs: written when the goods have gone already, by whoever sends them."""
        return self.filtered("is_delivery") if "is_delivery" in self._fields else self.browse()
