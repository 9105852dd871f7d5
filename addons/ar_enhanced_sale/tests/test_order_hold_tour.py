from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ar_enhanced.tests.web_client_common import WebClientCase

from .test_order_hold import OrderHoldCase


@tagged("post_install", "-at_install")
class TestOrderHoldTour(OrderHoldCase, WebClientCase):
    @mute_logger("odoo.http")
    def test_an_order_is_held_released_by_another_person_and_the_release_lapses(self):
        order = self.order(1200)
        self.start_tour(f"/odoo/sale.order/{order.id}", "ar_enhanced_sale_order_is_held", login="hold_seller")
        hold = self.holds._of_document(order)
        self.assertEqual((order.state, hold.asker_ids), ("draft", self.seller))

        self.start_tour(f"/odoo/ar.credit.hold/{hold.id}", "ar_enhanced_sale_hold_is_released", login="hold_manager")
        self.assertEqual((hold.state, hold.released_by_id), ("released", self.manager))

        order.order_line.price_unit = 1500
        self.start_tour(f"/odoo/sale.order/{order.id}", "ar_enhanced_sale_release_lapsed", login="hold_seller")
        self.assertEqual((hold.state, hold.lapse_code), ("lapsed", "more_exposure"))
        self.assertEqual((order.state, self.holds._of_document(order).state), ("draft", "active"))
