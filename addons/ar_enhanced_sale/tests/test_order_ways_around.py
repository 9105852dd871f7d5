from odoo import fields
from odoo.tests import tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.payment.tests.common import PaymentCommon

from .test_order_hold import OrderHoldCase


@tagged("post_install", "-at_install")
class TestWaysAroundAnOrderHold(OrderHoldCase, AccountPaymentCommon, PaymentCommon):
    """What somebody may try who wants an order to get through, and what the figures must not count twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("sale.automatic_invoice", False)

    def line(self, amount):
        """Values of one more line."""
        return [fields.Command.create({"product_id": self.product.id, "price_unit": amount, "tax_ids": False})]

    def test_an_order_does_not_grow_while_its_state_is_written(self):
        order = self.order(100).with_user(self.seller)
        self.refuse(order.write, {"state": "sale", "order_line": self.line(1200)})
        self.assertEqual((order.state, order.amount_total), ("draft", 100))

    def test_an_order_does_not_change_its_customer_while_its_state_is_written(self):
        rich = self.env["res.partner"].create({"name": "Rich"})
        order = self.order(1200, partner_id=rich.id)
        self.refuse(order.write, {"state": "sale", "partner_invoice_id": self.customer.id})
        self.assertEqual(order.state, "draft")

    def test_an_order_that_begins_as_confirmed_counts_once(self):
        self.assertEqual(self.order(900, state="sale").state, "sale")
        self.refuse(lambda: self.order(101, state="sale"))
        self.assertEqual(self.order(100, state="sale").state, "sale")

    def transaction(self, order, amount, state="done"):
        """An online payment of an order."""
        return self._create_transaction(
            "direct",
            amount=amount,
            currency_id=order.currency_id.id,
            partner_id=order.partner_id.id,
            sale_order_ids=[fields.Command.set(order.ids)],
            reference=f"Order {order.id}",
            state=state,
        )

    def test_an_advance_that_the_bank_has_confirmed_counts_once(self):
        order = self.order(2500, require_payment=True, require_signature=False, prepayment_percent=0.3)
        tx = self.transaction(order, 800)
        tx._post_process()
        self.assertEqual((order.state, order.ar_credit_hold), ("draft", True))
        added = order._ar_hold_amounts(self.company)[order.id]
        self.assertEqual(self.customer.ar_exposure + float(added), 1700)
        if tx.payment_id.move_id and not tx.payment_id.is_matched:
            liquidity = tx.payment_id._seek_for_lines()[0]
            bank_line = self.env["account.bank.statement.line"].create(
                {
                    "journal_id": tx.payment_id.journal_id.id,
                    "payment_ref": "x",
                    "amount": 800,
                    "partner_id": self.customer.id,
                    "counterpart_account_id": liquidity.account_id.id,
                }
            )
            (
                bank_line.move_id.line_ids.filtered(lambda line: line.account_id == liquidity.account_id) + liquidity
            ).reconcile()
        self.assertTrue(tx.payment_id.is_matched)
        self.env.invalidate_all()
        added = order._ar_hold_amounts(self.company)[order.id]
        self.assertEqual(self.customer.ar_exposure + float(added), 1700)
        self.refuse(order.with_user(self.seller).action_confirm)

    def test_an_order_that_is_paid_in_full_and_confirmed_by_the_bank_asks_for_no_credit(self):
        self.customer._ar_place_hold("Insolvent")
        order = self.order(500, require_payment=True, require_signature=False)
        tx = self.transaction(order, 500)
        tx._post_process()
        self.assertEqual(order.state, "sale")

    def test_a_payment_on_delivery_waits_and_does_not_fail(self):
        """Odoo's delivery addon confirms such an order while the payment is pending."""
        order = self.order(1200, require_payment=True, require_signature=False)
        tx = self.transaction(order, 1200, state="pending")
        tx.sale_order_ids.with_context(send_email=True).action_confirm()
        tx._post_process()
        self.assertIn(order.state, ("draft", "sent"))
        self.assertTrue(order.ar_credit_hold)
        self.assertTrue(tx.is_post_processed)
        self.assertEqual(order.activity_ids.user_id, self.seller)
        self.refuse(order.with_user(self.seller).action_confirm)

    def test_a_payment_on_delivery_within_the_limit_confirms_the_order(self):
        order = self.order(900, require_payment=True, require_signature=False)
        tx = self.transaction(order, 900, state="pending")
        tx.sale_order_ids.with_context(send_email=True).action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_released_invoice_stays_released_when_an_order_is_tried(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [fields.Command.create({"name": "x", "price_unit": 1200, "tax_ids": False})],
            }
        )
        self.refuse(invoice.action_post)
        hold = self.holds._of_document(invoice).with_user(self.manager)
        hold.action_release("Fine")
        self.refuse(self.order(10).action_confirm)
        self.assertEqual(hold.state, "released")
        invoice.action_post()

    def test_a_released_customer_stays_released_although_there_are_drafts(self):
        hold = self.customer._ar_place_hold("Lawyers say no").with_user(self.manager)
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [fields.Command.create({"name": "x", "price_unit": 100, "tax_ids": False})],
            }
        )
        hold.action_release("For this week", 500)
        self.order(450).action_confirm()
        self.assertEqual(hold.state, "released")

    def test_a_draft_whose_lines_are_gone_breaks_nothing(self):
        order = self.order(2000, require_payment=True, require_signature=False, prepayment_percent=0.25)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "transaction_ids": self.transaction(order, 500).ids,
            }
        )
        self.assertEqual(invoice._ar_hold_amounts(self.company), {invoice.id: 0})

    def test_the_salesperson_is_reminded_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.seller.lang = "fr_FR"
        order = self.order(1200)
        order._ar_keep_waiting()
        self.assertEqual(
            order.activity_ids.summary,
            self.env["sale.order"].with_context(lang="fr_FR").env._("Accepted by the customer, on credit hold"),
        )
