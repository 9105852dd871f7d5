import re
from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo import fields
from odoo.tests import freeze_time, new_test_user

from .common import PortalAccountCase


class ConfirmationCase(PortalAccountCase):
    """A round about yesterday's balances of two customers with invoices, a credit note and a payment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yesterday = cls.today - timedelta(days=1)
        cls.birch.email, cls.cedar.email = "books@birch.example.com", "books@cedar.example.com"
        cls.first = cls._post(1000.0, due_in=-20)
        cls.second = cls._post(500.0, due_in=-10)
        cls.refund = cls._post(80.0, due_in=-5, move_type="out_refund")
        cls.of_cedar = cls._post(304.44, partner=cls.cedar, due_in=-3)
        cls.user = new_test_user(cls.env, "ar_user", "ar_enhanced.group_ar_user", password="ar_user")
        cls.ar_clerk = new_test_user(cls.env, "ar_clerk", "ar_enhanced.group_ar_clerk", password="ar_clerk")
        cls.manager = new_test_user(
            cls.env,
            "ar_manager",
            "ar_enhanced.group_ar_manager",
            password="ar_manager",
            email="manager@example.com",
            tz="UTC",
        )

    @classmethod
    def _round(cls, user=None, **values):
        """A round in preparation with its customers chosen."""
        of_round = (
            cls.env["ar.confirmation.round"]
            .with_user(user or cls.manager)
            .create({"date": cls.yesterday, "answer_by": cls.today + timedelta(days=20), **values})
        )
        of_round.action_select()
        return of_round

    @classmethod
    def _sent(cls, **values):
        """A round that was sent."""
        of_round = cls._round(**values)
        of_round.action_send()
        return of_round

    def _cron(self, days=0, **values):
        """Run the scheduled action in so many days."""
        commit = patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: float("inf"))
        with freeze_time(fields.Datetime.now() + timedelta(days=days)), commit:
            self.env["ar.balance.confirmation"].sudo()._cron_confirmations(**values)

    def _of(self, of_round, partner):
        """The confirmation of ``partner``."""
        found = of_round.sudo().confirmation_ids.filtered(lambda each: each.partner_id == partner)
        self.assertEqual(len(found), 1)
        return found

    def _mail(self, letter):
        """The mail to the customer of a letter."""
        return letter.sudo().mail_id

    def _link(self, letter):
        """Path and token as the mail has them."""
        [link] = re.findall(r'href="[^"]*(/my/receivables/confirmation/[^"]+)"', self._mail(letter).body_html)
        return link.replace("&amp;", "&")

    def _line(self, letter, move):
        """The frozen line of an invoice."""
        found = letter.line_ids.filtered(lambda line: line.move_line_id.move_id == move)
        self.assertEqual(len(found), 1)
        return found

    def _form(self, letter, **values):
        """What the form sends, with a signature."""
        return {"answer": "agree", "expected": str(len(letter.answer_ids)), "name": "Ida Clerk", **values}

    def _answer(self, letter, user=None, files=(), **values):
        """Answer as a portal user would, and give the errors."""
        as_user = letter.with_user(user or self.clerk).sudo()
        return as_user._ar_portal_answer(self._form(letter, **values), list(files), by_link=False)

    def _differ(self, letter, move, theirs, user=None, files=(), **values):
        """Answer that one invoice differs."""
        name = f"amount_{self._line(letter, move).id}"
        return self._answer(letter, user, files, answer="differ", **{name: theirs}, **values)

    def _page_of(self, response):
        return html.fromstring(response.text)
