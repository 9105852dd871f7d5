import re
from unittest.mock import patch

from odoo.tests import HttpCase
from odoo.tests.common import ChromeBrowser


class WebClientCase(HttpCase):
    """Tests in a browser with the web client; ``said`` are the lines of its console."""

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

    def _run_suite(self, name):
        """Run the unit tests of a suite, as Odoo's test runner names it; at least one has to pass."""
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={_suite_id(name)}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
        )
        # Of a suite that it doesn't know the runner says nothing, and runs all of Odoo's.
        ended = re.compile(f'"{name}" ended.*?passed:\\s*(\\d+)', re.DOTALL)
        passed = [int(count) for text in self.said for count in ended.findall(text)]
        self.assertTrue(any(passed), f"No unit test of {name} was run.")


def _suite_id(name):
    """The id of a suite in the test runner's address: a hash of its name, of 32 bits."""
    value = 0
    for character in name:
        value = ((value << 5) - value + ord(character)) & 0xFFFFFFFF
    return f"{value:08x}"
