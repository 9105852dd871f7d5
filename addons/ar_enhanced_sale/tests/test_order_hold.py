from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.ar_enhanced.exceptions import CreditHoldError
from odoo.addons.payment.tests.http_common import PaymentHttpCommon
from odoo.addons.sale.tests.common import SaleCommon

SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class OrderHoldCase(SaleCommon):
    """Quotations of a customer with a limit of 1,000, and a salesperson without rights in accounting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.customer = cls.env["res.partner"].create({"name": "Linden Optics", "email": "linden@example.com"})
        cls.customer.credit_limit = 1000
        cls.holds = cls.env["ar.credit.hold"]
        cls.env["ar.credit.hold.rule"].create(
            {"kind": "utilisation", "threshold": 100, "company_id": cls.company.id, "active": True}
        )
        companies = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.seller = new_test_user(cls.env, "hold_seller", "sales_team.group_sale_salesman", **companies)
        cls.manager = new_test_user(cls.env, "hold_manager", "ar_enhanced.group_ar_manager", **companies)

    @classmethod
    def order(cls, amount, **values):
        """Make a quotation of the salesperson."""
        return cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "user_id": cls.seller.id,
                "company_id": cls.company.id,
                "require_signature": True,
                "require_payment": False,
                "order_line": [
                    fields.Command.create({"product_id": cls.product.id, "price_unit": amount, "tax_ids": False})
                ],
                **values,
            }
        )

    def refuse(self, action, *args):
        """Expect a refusal, and write down what it keeps as after the rollback."""
        kept = []

        def keep(holds, entries, lapses):
            kept.append((entries, lapses, holds.env.uid))

        with (
            patch.object(self.env.registry["ar.credit.hold"], "_record_after_rollback", keep),
            self.assertRaises(CreditHoldError) as caught,
            self.env.cr.savepoint(),
        ):
            action(*args)
        self.env.invalidate_all()
        for entries, lapses, uid in kept:
            self.holds._record(entries, lapses, uid)
        return str(caught.exception)


@tagged("post_install", "-at_install")
class TestOrderHold(OrderHoldCase):
    def test_an_order_is_confirmed_up_to_the_limit_and_held_beyond(self):
        self.order(600).action_confirm()
        over = self.order(401)
        self.refuse(over.action_confirm)
        self.assertEqual(over.state, "draft")
        self.assertTrue(over.ar_credit_hold)
        self.order(400).action_confirm()

    def test_no_way_goes_around(self):
        values = {"partner_id": self.customer.id, "order_line": self.order(1).order_line.copy_data()}
        self.assertTrue(values)
        order = self.order(2000)
        for action, args in (
            (order.action_confirm, ()),
            (order.with_context(send_email=True).action_confirm, ()),
            (order.write, ({"state": "sale"},)),
            (self.order, (2000,)),
        ):
            with self.subTest(action=action, args=args):
                if action == self.order:
                    self.refuse(lambda: self.order(2000, state="sale", date_order=fields.Datetime.now()))
                else:
                    self.refuse(action, *args)
        self.assertEqual(order.state, "draft")
        batch = self.order(600) | self.order(600)
        self.refuse(batch.action_confirm)
        self.assertEqual(set(batch.mapped("state")), {"draft"})

    def test_the_salesperson_reads_why_without_any_figure_and_asks(self):
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [fields.Command.create({"name": "x", "price_unit": 987, "tax_ids": False})],
            }
        ).action_post()
        order = self.order(1200).with_user(self.seller)
        message = self.refuse(order.action_confirm)
        self.assertIn("the credit limit is exceeded", message)
        for figure in ("987", "1,000", "2,187"):
            self.assertNotIn(figure, message)
        order.invalidate_recordset()
        self.assertTrue(order.read(["ar_credit_hold", "ar_credit_hold_alert"])[0]["ar_credit_hold"])
        alert = order.ar_credit_hold_alert["ar_credit_hold"]
        self.assertNotIn("1,000", alert["message"])
        request = self.env["ar.credit.hold.request"].with_user(self.seller).with_context(**alert["action"]["context"])
        asked = request.create({"note": "An old customer"})
        self.assertNotIn("1,000", asked.message)
        asked.action_ask()
        hold = self.holds._of_document(order)
        self.assertIn("An old customer", hold.message_ids[0].body)
        self.assertTrue(hold.activity_ids)
        with self.assertRaises(AccessError):
            hold.with_user(self.seller).read(["reasons"])
        with self.assertRaises(AccessError):
            hold.with_user(self.seller).action_release("Please")
        self.assertFalse(order.partner_id.ar_credit_hold)

    def test_odoos_own_warning_of_the_limit_tells_the_salesperson_no_figure(self):
        self.company.account_use_credit_limit = True
        over = self.order(1200)
        self.assertFalse(over.ar_credit_hold)
        self.assertEqual(
            over.with_user(self.seller).partner_credit_warning, "Linden Optics has reached its credit limit."
        )
        over.invalidate_recordset()
        self.assertIn("1,000", over.with_user(self.manager).sudo().partner_credit_warning)
        self.assertFalse(self.order(1000).with_user(self.seller).partner_credit_warning)

    def test_a_released_order_is_confirmed_and_the_release_lapses_when_more_is_at_stake(self):
        order = self.order(1200).with_user(self.seller)
        self.refuse(order.action_confirm)
        hold = self.holds._of_document(order).with_user(self.manager)
        hold.action_release("Their bank has confirmed")
        order.order_line.price_unit = 1300
        self.refuse(order.action_confirm)
        self.assertEqual((hold.state, hold.lapse_code), ("lapsed", "more_exposure"))
        self.holds._of_document(order).with_user(self.manager).action_release("Fine")
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_an_order_that_is_invoiced_counts_once(self):
        order = self.order(900)
        order.action_confirm()
        order.order_line.qty_delivered = 1
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.refuse(self.order(101).action_confirm)
        self.order(100).action_confirm()

    def test_orders_are_in_the_simulation(self):
        rule = self.env["ar.credit.hold.rule"].search([("company_id", "=", self.company.id)])
        rule.active = False
        self.order(1200).action_confirm()
        self.order(900).action_confirm()
        simulation = self.env["ar.credit.hold.simulation"]._run(rule)
        self.assertEqual((simulation.document_count, simulation.held_count), (2, 1))
        self.assertEqual(simulation.line_ids.action_open_document()["res_model"], "sale.order")


@tagged("post_install", "-at_install")
class TestAcceptedOrderHold(OrderHoldCase, AccountPaymentCommon, PaymentHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_user = new_test_user(cls.env, "hold_portal", "base.group_portal")
        cls.customer = cls.portal_user.partner_id
        cls.customer.credit_limit = 1000
        cls.env["ir.config_parameter"].set_param("sale.automatic_invoice", False)

    def accept(self, order):
        """Sign a quotation in the portal."""
        order.action_quotation_sent()
        return self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {"access_token": order._portal_ensure_token(), "name": "Ada Linden", "signature": SIGNATURE},
        )

    def test_a_quotation_signed_in_the_portal_waits_and_keeps_its_signature(self):
        order = self.order(1200)
        self.authenticate("hold_portal", "hold_portal")
        answer = self.accept(order)
        self.assertIn("redirect_url", answer)
        self.assertEqual((order.state, order.signed_by), ("sent", "Ada Linden"))
        self.assertTrue(order.ar_credit_hold)
        self.assertEqual(order.activity_ids.user_id, self.seller)
        page = self.url_open(answer["redirect_url"]).text
        self.assertIn("We are checking your order", page)
        self.assertNotIn("1,000", page)
        self.assertNotIn("has been confirmed", page)
        self.holds._of_document(order).with_user(self.manager).action_release("Fine")
        self.assertEqual(order.state, "sent")
        order.with_user(self.seller).action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_quotation_without_a_rate_signed_in_the_portal_waits_as_well(self):
        unrated = self.env["res.currency"].create({"name": "XQZ", "symbol": "x"})
        pricelist = self.env["product.pricelist"].create({"name": "XQZ", "currency_id": unrated.id})
        order = self.order(900, pricelist_id=pricelist.id)
        self.authenticate("hold_portal", "hold_portal")
        page = self.url_open(self.accept(order)["redirect_url"]).text
        self.assertEqual((order.state, order.signed_by), ("sent", "Ada Linden"))
        self.assertIn("We are checking your order", page)

    def test_a_quotation_within_the_limit_is_confirmed_by_its_signature(self):
        order = self.order(900)
        self.authenticate("hold_portal", "hold_portal")
        self.accept(order)
        self.assertEqual(order.state, "sale")

    def pay(self, order, amount):
        """Pay for a quotation online."""
        tx = self._create_transaction(
            "direct",
            amount=amount,
            currency_id=order.currency_id.id,
            partner_id=order.partner_id.id,
            sale_order_ids=[fields.Command.set(order.ids)],
            reference=f"Order {order.id}",
            state="done",
        )
        tx._post_process()
        return tx

    def test_a_part_paid_quotation_waits_and_keeps_its_payment(self):
        order = self.order(2000, require_payment=True, require_signature=False, prepayment_percent=0.25)
        tx = self.pay(order, 500)
        self.assertEqual(order.state, "draft")
        self.assertTrue(order.ar_credit_hold)
        self.assertTrue(tx.is_post_processed)
        self.assertTrue(tx.payment_id)
        self.assertEqual(order.activity_ids.user_id, self.seller)

    def test_what_is_paid_in_advance_asks_for_no_credit(self):
        order = self.order(2000, require_payment=True, require_signature=False)
        self.pay(order, 2000)
        self.assertEqual(order.state, "sale")

    def test_the_invoice_of_what_was_paid_in_advance_is_not_held(self):
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", True)
        order = self.order(2000, require_payment=True, require_signature=False)
        tx = self.pay(order, 2000)
        self.assertEqual(order.invoice_ids.mapped("state"), ["posted"])
        self.assertTrue(tx.payment_id)
        self.assertEqual(order.invoice_ids.amount_residual, 0)
