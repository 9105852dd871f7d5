from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_online_payment import PAGE
from .test_paying_a_part import PartCase


@tagged("post_install", "-at_install")
class TestPaymentAccess(PartCase):
    """Who gets what of each page around a payment: content for the customer, nothing for everybody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner.bank"].create(
            {"acc_number": "DE02120300000000202051", "partner_id": cls.env.company.partner_id.id}
        )
        cls.env.company.ar_portal_settle_by_credit = True
        values = {"is_company": True}
        north, group = cls.env["res.partner"].create([{"name": "Birch North", **values}, {"name": "Group", **values}])
        north.parent_id, cls.birch.parent_id = cls.birch, group
        cls.colleague = cls._portal_user("colleague", cls.birch)
        cls.others = {
            "subsidiary": cls._portal_user("north", north),
            "parent": cls._portal_user("group", group),
            "other customer": cls.cedar_user,
            "staff without rights": new_test_user(
                cls.env,
                "staff",
                "base.group_user",
                password="staff",
                company_id=cls.env.company.id,
                company_ids=[Command.set(cls.env.company.ids)],
            ),
        }

    def _send(self, route, items, user, **values):
        return self._post(route, items, user=user, expected_on=str(self.today), **values)

    @mute_logger("odoo.http")
    def test_each_page_is_for_the_customer_alone(self):
        invoice, credit = self._invoice(1000), self._credit(100)
        items = self._items(invoice, credit)
        self._enter(items, "700")
        kept = self.env["ar.portal.choice"].sudo().search([])
        self._send("transfer", items, self.clerk)
        notice = self.env["ar.payment.notice"].sudo().search([("partner_id", "=", self.birch.id)])
        pages = {
            f"{PAGE}/pay?item={items[0]}&item={items[1]}": True,
            f"{PAGE}/transfer/{notice.id}": True,
            f"{PAGE}/transfers": True,
            f"{PAGE}/pay?choice={kept.id}": False,
        }
        for url, is_for_colleagues in pages.items():
            for user, sees in ((self.clerk, True), (self.colleague, is_for_colleagues)):
                with self.subTest(url=url, user=user.login):
                    self.authenticate(user.login, user.login)
                    self.assertEqual(invoice.name in self.url_open(url).text, sees)
            for who, user in self.others.items():
                with self.subTest(url=url, user=who):
                    self.authenticate(user.login, user.login)
                    text = self.url_open(url).text
                    for secret in (invoice.name, credit.name, notice._spaced_reference(), "1,000.00", "o_payment_form"):
                        self.assertNotIn(secret, text)
            with self.subTest(url=url, user="public"):
                self.authenticate(None, None)
                response = self.url_open(url)
                self.assertIn("/web/login", response.url)
                self.assertNotIn(invoice.name, response.text)

    @mute_logger("odoo.http")
    def test_each_form_does_nothing_for_others(self):
        invoice, credit = self._invoice(100), self._credit(150)
        items = self._items(invoice, credit)
        self._send("transfer", self._items(invoice), self.clerk)
        notice = self.env["ar.payment.notice"].sudo().search([("partner_id", "=", self.birch.id)])
        for who, user in self.others.items():
            for route in ("choice", "settle", "transfer", f"transfer/{notice.id}/cancel"):
                with self.subTest(route=route, user=who):
                    values = {f"amount_{items[0]}": "5", f"reason_{items[0]}": "instalment"}
                    response = self._send(route, items, user, **values)
                    self.assertNotIn(invoice.name, response.text)
        self.assertEqual(self._open(invoice, credit), [100, 150])
        self.assertEqual((notice.state, notice.search_count([("id", ">", notice.id)])), ("announced", 0))
        self.assertFalse(self.env["ar.portal.choice"].sudo().search([]))

    @mute_logger("odoo.http")
    def test_a_form_that_another_site_sends_is_refused(self):
        invoice, credit = self._invoice(100), self._credit(150)
        self.env.flush_all()
        self.authenticate("clerk", "clerk")
        for route in ("choice", "settle", "transfer"):
            with self.subTest(route=route):
                data = {"item": [str(item) for item in self._items(invoice, credit)], "expected_on": str(self.today)}
                self.assertEqual(self.url_open(f"{PAGE}/{route}", data=data).status_code, 400)
        self.assertEqual(self._open(invoice, credit), [100, 150])

    def test_nobody_reaches_the_records_by_remote_calls(self):
        portal = self.clerk
        for model in ("ar.portal.choice", "ar.payment.notice", "ar.payment.notice.line", "ar.payment.request"):
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(model=model, operation=operation):
                    self.assertFalse(self.env[model].with_user(portal).has_access(operation))
