from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

DAY = date(2025, 3, 31)


@freeze_time(DAY)
@tagged("post_install", "-at_install")
class TestOrderExposure(AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})
        cls.tax = cls.env["account.tax"].create({"name": "20 %", "amount": 20, "type_tax_use": "sale"})
        cls.by_order, cls.by_delivery = cls.env["product.product"].create(
            [
                {
                    "name": policy,
                    "type": "service",
                    "invoice_policy": policy,
                    "service_type": "manual",
                    "list_price": 100,
                    "taxes_id": [Command.set(cls.tax.ids)],
                }
                for policy in ("order", "delivery")
            ]
        )
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2023-01-01", 0.5), ("2025-01-01", 0.8)])

    def order(self, quantity=10, price=100, product=None, confirm=True, **values):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.buyer.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or self.by_order).id,
                            "product_uom_qty": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.set(self.tax.ids)],
                        }
                    )
                ],
                **values,
            }
        )
        if confirm:
            order.action_confirm()
        return order

    def parts(self):
        position = self.buyer._ar_credit_positions(self.env.company)[self.buyer.id]
        return (position.orders, position.drafts, position.open_items)

    def test_a_quotation_is_no_exposure_and_a_confirmed_order_is_with_its_taxes(self):
        order = self.order(confirm=False)
        self.assertEqual(self.parts(), (0, 0, 0))
        order.action_confirm()
        self.assertEqual(self.parts(), (1200, 0, 0))
        self.assertEqual(self.buyer.ar_exposure_orders, 1200)

    def test_a_cancelled_order_does_not_count(self):
        self.order()._action_cancel()
        self.assertEqual(self.parts(), (0, 0, 0))

    def test_an_invoice_takes_its_part_over_from_the_order_as_a_draft_already(self):
        order = self.order(product=self.by_delivery)
        order.order_line.qty_delivered = 4
        invoice = order._create_invoices()
        self.assertEqual(self.parts(), (720, 480, 0))
        invoice.action_post()
        self.assertEqual(self.parts(), (720, 0, 480))
        invoice.button_draft()
        invoice.button_cancel()
        self.assertEqual(self.parts(), (1200, 0, 0))

    def test_a_fully_invoiced_order_is_gone(self):
        self.order()._create_invoices().action_post()
        self.assertEqual(self.parts(), (0, 0, 1200))

    def test_an_upselling_counts_once_it_is_ordered(self):
        order = self.order()
        order.order_line.qty_delivered = 12
        self.assertEqual(self.parts(), (1200, 0, 0))
        order.order_line.product_uom_qty = 12
        self.assertEqual(self.parts(), (1440, 0, 0))

    def test_what_is_delivered_beyond_the_order_counts_where_deliveries_are_invoiced(self):
        order = self.order(product=self.by_delivery)
        order.order_line.qty_delivered = 12
        self.assertEqual(self.parts(), (1440, 0, 0))

    def test_what_is_invoiced_beyond_the_order_makes_no_room(self):
        order = self.order()
        invoice = order._create_invoices()
        invoice.invoice_line_ids.quantity = 15
        self.order(quantity=1)
        self.assertEqual(self.parts(), (120, 1800, 0))

    def test_a_foreign_order_is_converted_at_the_rate_of_the_day(self):
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": self.foreign.id})
        self.order(pricelist_id=pricelist.id, price=80)
        self.assertEqual(self.parts(), (1200, 0, 0))

    def test_a_down_payment_takes_up_its_part_until_it_is_deducted(self):
        order = self.order()
        wizard = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": [Command.set(order.ids)], "advance_payment_method": "percentage", "amount": 25}
        )
        down_payment = wizard._create_invoices(order)
        self.assertEqual(self.parts(), (900, 300, 0))
        down_payment.action_post()
        self.assertEqual(self.parts(), (900, 0, 300))
        final = order._create_invoices(final=True)
        self.assertEqual(self.parts(), (0, 900, 300))
        final.action_post()
        self.assertEqual(self.parts(), (0, 0, 1200))

    def test_the_one_who_is_invoiced_is_the_one_who_owes(self):
        payer = self.env["res.partner"].create({"name": "Payer", "is_company": True})
        self.order(partner_invoice_id=payer.id)
        self.assertEqual(self.parts(), (0, 0, 0))
        self.assertEqual(payer.ar_exposure, 1200)
