from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .test_portal_agreements import PortalAgreementCase


@tagged("post_install", "-at_install")
class TestRemoteCalls(PortalAgreementCase):
    """What portal users and staff without rights on receivables reach by remote calls, past all pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(cls.env, "seller", "base.group_user,base.group_partner_manager", password="seller")

    def _call(self, user, model, method, *args, **kwargs):
        """What a remote call gives to ``user``."""
        self.env.flush_all()
        self.authenticate(user.login, user.login)
        params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return self.make_jsonrpc_request(f"/web/dataset/call_kw/{model}/{method}", params)

    @mute_logger("odoo.http")
    def test_nobody_finds_customers_by_what_he_may_not_read_of_them(self):
        for user in (self.clerk, self.seller):
            for model in ("res.partner", "res.users"):
                own = [name for name, field in self.env[model]._fields.items() if name.startswith("ar_") and field.search]
                hidden = set(own) - set(self.env[model].with_user(user).fields_get(own))
                self.assertIn("ar_credit_limit", hidden)
                for name in sorted(hidden):
                    with (
                        self.subTest(user=user.login, model=model, field=name),
                        self.assertRaisesRegex(JsonRpcException, "AccessError"),
                    ):
                        self._call(user, model, "search_count", [(name, "!=", False)])
        reader = new_test_user(self.env, "reader", "account.group_account_readonly")
        self.assertIn(self.birch, self.birch.with_user(reader).search([("ar_exposure", ">", 1000)]))
