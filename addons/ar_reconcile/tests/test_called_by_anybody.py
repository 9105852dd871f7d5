from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_by_hand import ByHandCommon

#: Public methods that show bank lines, with arguments.
SHOWN = {
    "ar_workspace_line": (),
    "ar_workspace_items": (),
    "ar_comparison": (),
}
SHOWN_OF_ALL = {
    "ar_workspace_page": ([],),
    "ar_workspace_counts": ([],),
    "ar_workspace_ids": ([],),
    "ar_workspace_sure": ([],),
    "ar_find_by_code": ("INV/2026/00001",),
}
#: Public methods that change bank lines, with arguments.
CHANGING = {
    "ar_book_by_hand": ([{"kind": "fee", "amount": 1}],),
    "ar_workspace_accept": (),
    "ar_workspace_book": ([{"kind": "fee", "amount": 1}],),
    "ar_workspace_apply_model": (1,),
    "ar_workspace_undo": (),
    "ar_workspace_reject": (),
    "ar_workspace_match": (),
    "ar_workspace_review": (True,),
    "ar_workspace_set_customer": (1,),
    "ar_workspace_forget": ([1],),
    "ar_workspace_note": ("note",),
    "ar_workspace_ask": (2,),
    "ar_workspace_own": (2,),
    "ar_workspace_follow_up": (),
    "action_ar_follow_up_short_payment": (),
    "action_ar_remind_customer": (),
    "action_ar_enter_advice": (),
    "action_auto_match": (),
}
MODELS = (
    "ar.match.proposal",
    "ar.match.proposal.allocation",
    "ar.remittance.advice",
    "ar.reconciliation",
    "ar.reconciliation.plan",
    "ar.unresolved.difference",
    "ar.bank.account.review",
    "ar.payer.fact",
)


@tagged("post_install", "-at_install")
class TestCalledByAnybody(ByHandCommon):
    """Whoever can log in can call any public method: those without the right read and change nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        own = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        other = cls.setup_other_company(name="Elsewhere")["company"]
        cls.portal = new_test_user(cls.env, "portal5", "base.group_portal")
        cls.plain = new_test_user(cls.env, "plain5", "base.group_user", **own)
        cls.reader = new_test_user(cls.env, "reader5", "account.group_account_readonly", **own)
        cls.biller = new_test_user(cls.env, "biller5", "account.group_account_invoice", **own)
        cls.far = new_test_user(
            cls.env,
            "far5",
            "ar_reconcile.group_reconcile_review",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )

    def test_a_line_is_shown_to_who_may_read_it_alone(self):
        line = self._line(10)
        for name, arguments in SHOWN.items():
            for user in (self.portal, self.plain, self.far):
                with self.subTest(method=name, user=user.login), self.assertRaises(AccessError):
                    getattr(line.with_user(user), name)(*arguments)
            for user in (self.reader, self.biller):
                with self.subTest(method=name, user=user.login):
                    getattr(line.with_user(user), name)(*arguments)

    def test_lines_are_listed_to_who_may_read_them_alone(self):
        item, line = self._bill(10), self._line(10, payment_ref="INV/2026/00001")
        for name, arguments in SHOWN_OF_ALL.items():
            for user in (self.portal, self.plain):
                with self.subTest(method=name, user=user.login), self.assertRaises(AccessError):
                    getattr(line.browse().with_user(user), name)(*arguments)
        far = line.browse().with_user(self.far)
        self.assertEqual(far.ar_workspace_page([("id", "=", line.id)]), {"rows": [], "count": 0})
        self.assertNotIn(line.id, far.ar_workspace_ids([]))
        found = far.ar_find_by_code(item.move_id.name)
        self.assertNotIn(item.id, [each["id"] for each in found["items"]])
        self.assertNotIn(line.id, found["lines"])

    def test_nobody_without_the_right_changes_a_line(self):
        line = self._line(10)
        before = line.move_id.line_ids.mapped("balance")
        for name, arguments in CHANGING.items():
            for user in (self.portal, self.plain, self.reader, self.biller, self.far):
                with self.subTest(method=name, user=user.login), self.assertRaises(AccessError):
                    getattr(line.with_user(user), name)(*arguments)
        self.assertEqual(line.move_id.line_ids.mapped("balance"), before)
        self.assertFalse(line.ar_match_ids or line.ar_note or line.ar_owner_id)

    def test_nobody_without_the_right_reads_what_belongs_to_lines(self):
        for model in MODELS:
            for user in (self.portal, self.plain):
                with self.subTest(model=model, user=user.login), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([], limit=1).read(["display_name"])
            for user in (self.plain, self.reader, self.biller):
                with self.subTest(model=model, user=user.login), self.assertRaises(UserError):
                    self.env[model].with_user(user).create({})

    def test_nothing_of_another_company_is_read_or_decided(self):
        self.company.ar_reviews_write_offs = True
        item, line = self._bill(1000), self._line(100)
        clerk = new_test_user(
            self.env, "clerk5", "ar_reconcile.group_reconcile", company_ids=[Command.set(self.company.ids)]
        )
        write_off = {"kind": "write_off", "amount": -900, "account": self.expense.id}
        match = line.with_user(clerk).ar_book_by_hand([self._part(item, 1000), write_off])
        self.assertEqual(match.state, "waiting")
        for name in ("action_approve", "action_refuse", "action_accept", "action_reject", "action_undo"):
            for user in (self.portal, self.plain, self.reader, self.biller, self.far):
                with self.subTest(method=name, user=user.login), self.assertRaises(UserError):
                    getattr(match.with_user(user), name)()
        self.assertEqual(match.state, "waiting")
        report = self.env["ar.unresolved.difference"].with_user(self.far)
        self.assertFalse(report.search([("statement_line_id", "=", line.id)]))
