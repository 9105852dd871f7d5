import os
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import mute_logger

from .confirmation_common import ConfirmationCase

#: Looks for what breaks WCAG 2.1 A and AA in the page, and says which elements do.
CHECK = """
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then(({violations}) => {
    const serious = violations.filter(({impact}) => ["serious", "critical"].includes(impact));
    const told = serious.map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target.join(" ")).join(", ")}`);
    if (told.length) {
        console.error(`Not accessible: ${told.join("; ")}`);
    } else {
        console.log("test successful");
    }
});
"""


class AccessibilityCase(ConfirmationCase):
    """Pages of the portal hold WCAG AA, as far as axe-core can tell (the file is named by ``AR_AXE_CORE``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "AR_AXE_CORE" not in os.environ:
            raise cls.skipTest(cls, "AR_AXE_CORE names no file with axe-core")
        cls.code = Path(os.environ["AR_AXE_CORE"]).read_text() + CHECK
        cls.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", True)
        cls.item = cls.first.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        cls.dispute = cls.env["ar.dispute"].create(
            {
                "move_id": cls.second.id,
                "amount": 20.0,
                "code_id": cls.env.ref("ar_enhanced.dispute_code_price").id,
                "description": "Too dear",
            }
        )
        cls.letter = cls._sent().sudo().confirmation_ids.filtered(lambda each: each.partner_id == cls.birch)

    def _assert_accessible(self, url, login="clerk"):
        with self.subTest(url=url):
            self.browser_js(url, self.code, ready="document.readyState === 'complete'", login=login)

    def _pages(self):
        item = f"item={self.item.id}"
        return (
            "/my/receivables",
            f"/my/receivables/pay?{item}",
            "/my/receivables/statement",
            f"/my/receivables/dispute?{item}",
            f"/my/receivables/promise?{item}",
            f"/my/receivables/plan?{item}",
            "/my/receivables/agreements",
            self.dispute._ar_portal_page(),
            self.letter._page(),
            f"{self.letter._page()}?answer=differ",
        )


@tagged("post_install", "-at_install")
class TestAccessibilityDesktop(AccessibilityCase):
    def test_pages_are_accessible_at_a_desk(self):
        for url in self._pages():
            self._assert_accessible(url)

    def test_a_page_that_is_not_accessible_is_found(self):
        hidden = "document.body.append(Object.assign(document.createElement('img'), {src: '/logo.png'}));"
        with mute_logger(f"{self._logger.name}.browser"), self.assertRaisesRegex(AssertionError, "image-alt"):
            self.browser_js("/my/receivables", hidden + self.code, login="clerk")


@tagged("post_install", "-at_install")
class TestAccessibilityPhone(AccessibilityCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_pages_are_accessible_on_a_phone(self):
        for url in self._pages()[:4]:
            self._assert_accessible(url)
