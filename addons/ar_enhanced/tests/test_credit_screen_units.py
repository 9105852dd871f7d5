import re
from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tests.common import ChromeBrowser

#: The suite of these tests, as Odoo's test runner names it.
SUITE = "@ar_enhanced"
#: What the runner says of our suite at its end; of one that it doesn't know it says nothing, and runs all of Odoo's.
PASSED = re.compile(f'"{SUITE}" ended.*?passed:\\s*(\\d+)', re.DOTALL)


def suite_id(name):
    """Return the id of a suite in the test runner's address: a hash of its name, of 32 bits."""
    value = 0
    for character in name:
        value = ((value << 5) - value + ord(character)) & 0xFFFFFFFF
    return f"{value:08x}"


@tagged("post_install", "-at_install")
class TestCreditScreenUnits(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.said = []
        handle_console = ChromeBrowser._handle_console

        def handle(browser, type, args=None, **kwargs):
            texts = [str(arg.get("value", "")) for arg in args or []]
            cls.said.append(" ".join(texts))
            # Debian's package of Odoo lacks a library of mail's, which is no concern of these tests.
            if type == "error" and any("selfie_segmentation" in text for text in texts):
                return
            handle_console(browser, type, args=args, **kwargs)

        cls.startClassPatcher(patch.object(ChromeBrowser, "_handle_console", handle))

    def test_the_credit_screens_pass_their_unit_tests(self):
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite_id(SUITE)}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
        )
        passed = [int(count) for text in self.said for count in PASSED.findall(text)]
        self.assertTrue(any(passed), "No unit test of the credit screens was run.")
