from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.sale.tests.common import SaleCommon


@tagged("post_install", "-at_install")
class TestOrderStanding(SaleCommon):
    def test_a_salesperson_sees_the_hold_of_an_order_s_customer_and_no_score(self):
        seller = new_test_user(self.env, "order_seller", "sales_team.group_sale_salesman")
        order = self.sale_order
        order.user_id = seller
        self.assertFalse(order.with_user(seller).ar_customer_on_hold)
        order.partner_invoice_id._ar_place_hold("Asked to wait")
        order.invalidate_recordset()
        self.assertTrue(order.with_user(seller).read(["ar_customer_on_hold"])[0]["ar_customer_on_hold"])
        for figure in ("ar_customer_standing", "ar_customer_limit_use"):
            with self.subTest(figure=figure), self.assertRaises(AccessError):
                order.with_user(seller).read([figure])
        self.assertEqual(order.with_user(seller).action_ar_open_customer()["res_id"], order.partner_invoice_id.id)

    def test_a_salesperson_opens_an_invoice_and_reads_of_hold_and_discount(self):
        seller = new_test_user(self.env, "invoice_seller", "sales_team.group_sale_salesman")
        order = self.sale_order
        order.user_id = seller
        order.action_confirm()
        order.order_line.qty_delivered = 5
        invoice = order._create_invoices()
        invoice.action_post()
        order.partner_invoice_id._ar_place_hold("Asked to wait")
        self.env.invalidate_all()
        form = Form(invoice.with_user(seller))
        self.assertTrue(form.ar_customer_on_hold)
        self.assertFalse(form.ar_discount_summary)

    def test_a_reader_of_scores_sees_how_the_customer_stands(self):
        self.assertEqual(self.sale_order.ar_customer_standing, "Not rated")
        self.assertEqual(self.sale_order.ar_customer_limit_use, "No limit")
