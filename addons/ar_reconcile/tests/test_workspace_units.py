from odoo.tests import tagged

from odoo.addons.ar_enhanced.tests.web_client_common import WebClientCase


@tagged("post_install", "-at_install")
class TestWorkspaceUnits(WebClientCase):
    def test_the_workspace_passes_its_unit_tests(self):
        self._run_suite("@ar_reconcile")
