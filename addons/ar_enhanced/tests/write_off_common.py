from odoo import Command
from odoo.tests import new_test_user

from .discount_common import DiscountCase


class WriteOffCase(DiscountCase):
    """A clerk who proposes, a credit manager who may book and decides, and reasons with an account."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company

        def user(login, groups):
            return new_test_user(
                cls.env, login, groups, company_id=company.id, company_ids=[Command.set(company.ids)], tz="UTC"
            )

        cls.reader = user("reader", "base.group_user,ar_enhanced.group_ar_user")
        cls.clerk = user("clerk", "base.group_user,ar_enhanced.group_ar_clerk")
        cls.manager = user("chief", "base.group_user,ar_enhanced.group_ar_manager,account.group_account_invoice")
        cls.no_booker = user("boss", "base.group_user,ar_enhanced.group_ar_manager")
        cls.loss = cls.company_data["default_account_expense"].copy({"code": "BADDEBT", "name": "Bad debts"})
        cls.reason = cls.env.ref("ar_enhanced.write_off_reason_uncollectable")
        cls.reason.account_id = cls.loss
        company.ar_credit_owner_id = cls.manager

    @classmethod
    def items(cls, invoices):
        return invoices.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    @classmethod
    def proposal(cls, items, amounts=None, user=None, submit=True, **values):
        """A write-off of ``items``, by the clerk: of all that is open, or of ``amounts``."""
        write_off = (
            cls.env["ar.write.off"]
            .with_user(user or cls.clerk)
            .create(
                {
                    "partner_id": items[:1].partner_id.commercial_partner_id.id,
                    "company_id": items[:1].company_id.id,
                    "currency_id": items[:1].currency_id.id,
                    "reason_id": cls.reason.id,
                    "line_ids": [
                        Command.create({"move_line_id": item.id, **({"amount": amount} if amount else {})})
                        for item, amount in zip(items, amounts or [None] * len(items), strict=True)
                    ],
                    **values,
                }
            )
        )
        if submit:
            write_off.action_submit()
        return write_off

    @classmethod
    def booked(cls, items, amounts=None, **values):
        """A write-off that the manager has approved."""
        write_off = cls.proposal(items, amounts, **values)
        write_off.with_user(cls.manager).action_approve()
        return write_off.with_user(cls.env.user)

    def assert_loss(self, write_off, expected):
        """Compare what isn't the items, as (account, balance, name of the tax); the entry balances."""
        entry = write_off.move_id
        booked = [
            (line.account_id, line.balance, line.tax_line_id.name or "")
            for line in entry.line_ids
            if not line.ar_write_off_line_id
        ]
        self.assertEqual(
            sorted((account.code, round(balance, 2), tax) for account, balance, tax in booked),
            sorted((account.code, balance, tax) for account, balance, tax in expected),
        )
        self.assertAlmostEqual(sum(entry.line_ids.mapped("balance")), 0)
        self.assertAlmostEqual(sum(entry.line_ids.mapped("amount_currency")), 0)
