from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tests.common import ChromeBrowser
from odoo.tools import mute_logger

from .test_order_hold import OrderHoldCase


@tagged("post_install", "-at_install")
class TestOrderHoldTour(OrderHoldCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Debian's package of Odoo lacks a library of mail's, which is no concern of these pages.
        handle_console = ChromeBrowser._handle_console

        def handle(browser, type, args=None, **kwargs):
            if type == "error" and args and "selfie_segmentation" in str(args[0].get("value")):
                return
            handle_console(browser, type, args=args, **kwargs)

        cls.startClassPatcher(patch.object(ChromeBrowser, "_handle_console", handle))

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
