from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
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

    def assert_not_grown(self, change, *args):
        with self.assertRaisesRegex(UserError, "a quotation of its own"), self.env.cr.savepoint():
            change(*args)
        self.env.invalidate_all()

    def confirmed(self, amount, **values):
        """An order that is confirmed, as the salesperson has it."""
        order = self.order(amount, **values)
        order.action_confirm()
        return order.with_user(self.seller)

    def test_a_confirmed_order_grows_up_to_the_limit_and_not_beyond(self):
        order = self.confirmed(100)
        order.write({"order_line": self.line(900)})
        self.assertEqual(order.amount_total, 1000)
        line = order.order_line[0]
        more = {"order_id": order.id, "product_id": self.product.id, "price_unit": 1, "tax_ids": False}
        for change, *args in (
            (order.write, {"order_line": self.line(1)}),
            (order.write, {"order_line": [fields.Command.update(line.id, {"product_uom_qty": 100})]}),
            (line.write, {"product_uom_qty": 100}),
            (line.write, {"price_unit": 100.01}),
            (line.create, more),
            (self.order, 1, {"order_line": [fields.Command.update(line.id, {"price_unit": 200})]}),
        ):
            with self.subTest(change=change, args=args):
                if change == self.order:
                    values = {"partner_id": self.customer.id, "state": "sale", **args[1]}
                    self.assert_not_grown(order.create, values)
                else:
                    self.assert_not_grown(change, *args)
        self.assertEqual((order.amount_total, len(order.order_line)), (1000, 2))

    def test_a_confirmed_order_that_is_changed_and_does_not_grow_is_not_held(self):
        order = self.confirmed(1000)
        self.customer._ar_place_hold("Asked to wait")
        first = order.order_line
        order.write({"note": "Leave it at the gate"})
        order.write({"order_line": [*self.line(400), fields.Command.update(first.id, {"price_unit": 500})]})
        first.write({"product_uom_qty": 1, "name": "Other words"})
        self.assertEqual(order.amount_total, 900)
        self.assert_not_grown(first.write, {"price_unit": 500.01})

    def test_a_confirmed_order_does_not_change_to_a_customer_on_hold(self):
        rich = self.env["res.partner"].create({"name": "Rich"})
        order = self.confirmed(1001, partner_id=rich.id)
        self.assert_not_grown(order.write, {"partner_invoice_id": self.customer.id})
        order.write({"partner_invoice_id": self.env["res.partner"].create({"name": "Richer"}).id})
        self.assertEqual(order.sudo().partner_invoice_id.name, "Richer")

    def test_a_released_customer_s_order_grows_up_to_what_was_released(self):
        order = self.confirmed(1000)
        self.customer._ar_place_hold("Asked to wait")
        hold = self.customer.ar_credit_hold_ids.filtered(lambda hold: hold.state == "active")
        hold.with_user(self.manager).action_release("They pay", 1000)
        self.assert_not_grown(order.order_line.write, {"price_unit": 1000.01})
        self.assertEqual(hold.state, "released", "what didn't come about ends no release")

    def test_an_order_in_a_currency_without_a_rate_is_refused_where_its_amount_counts(self):
        unrated = self.env["res.currency"].create({"name": "XQZ", "symbol": "x"})
        pricelist = self.env["product.pricelist"].create({"name": "XQZ", "currency_id": unrated.id})
        order, other = (self.order(900, pricelist_id=pricelist.id) for _count in range(2))
        with self.assertRaisesRegex(UserError, "no exchange rate for XQZ"), self.env.cr.savepoint():
            order.with_user(self.seller).action_confirm()
        self.env["ar.credit.hold.rule"].search([("company_id", "=", self.company.id)]).active = False
        other.action_confirm()
        self.customer.invalidate_recordset()
        self.assertEqual(self.customer.ar_exposure_gap, "900.00 XQZ")
        self.env["ar.credit.hold.rule"].create(
            {"kind": "utilisation", "threshold": 100, "company_id": self.company.id, "active": True}
        )
        unrated.rate_ids = [fields.Command.create({"name": "2020-01-01", "rate": 10, "company_id": self.company.id})]
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_an_accepted_quotation_without_a_rate_waits_and_the_salesperson_is_told_why(self):
        unrated = self.env["res.currency"].create({"name": "XQZ", "symbol": "x"})
        pricelist = self.env["product.pricelist"].create({"name": "XQZ", "currency_id": unrated.id})
        order = self.order(900, pricelist_id=pricelist.id, user_id=self.seller.id)
        rated = self.order(100)
        (order | rated)._validate_order()
        self.assertEqual((order.state, rated.state), ("draft", "sale"))
        self.assertEqual(order.activity_ids.summary, "Accepted by the customer, no exchange rate")
        self.assertEqual(order.activity_ids.user_id, self.seller)
        self.assertFalse(order.ar_credit_hold, "no hold: nobody could release it")
        unrated.rate_ids = [fields.Command.create({"name": "2020-01-01", "rate": 10, "company_id": self.company.id})]
        order._validate_order()
        self.assertEqual(order.state, "sale")

    def test_what_a_shipment_costs_does_not_stop_it(self):
        order = self.confirmed(1000)
        line = order.order_line
        with patch.object(self.env.registry["sale.order.line"], "_ar_shipping", lambda lines: lines & line):
            line.write({"price_unit": 1012})
            self.assert_not_grown(order.write, {"order_line": self.line(1)})
        self.assertEqual(order.amount_total, 1012)

    def test_the_refusal_of_growth_tells_the_salesperson_no_figure(self):
        order = self.confirmed(987)
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            order.order_line.write({"price_unit": 1234})
        self.assertIn("the credit limit is exceeded", str(caught.exception))
        for figure in ("987", "1,000", "1,234"):
            self.assertNotIn(figure, str(caught.exception))

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
