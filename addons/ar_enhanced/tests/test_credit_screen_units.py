from odoo.tests import tagged

from .web_client_common import WebClientCase


@tagged("post_install", "-at_install")
class TestCreditScreenUnits(WebClientCase):
    def test_the_credit_screens_pass_their_unit_tests(self):
        self._run_suite("@ar_enhanced")
