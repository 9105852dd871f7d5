from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import BankFileCommon, ofx

IBAN, OTHER_IBAN = "DE89370400440532013000", "DE75512108001245126199"


@tagged("post_install", "-at_install")
class TestBankAccountReview(BankFileCommon):
    """Who changes a customer's bank account doesn't approve it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._a_user("clerk", "account.group_account_invoice,base.group_partner_manager")
        cls.lead = cls._a_user("lead", "ar_reconcile.group_reconcile_review,base.group_partner_manager")
        cls.second = cls._a_user("second", "ar_reconcile.group_reconcile_review,base.group_partner_manager")
        cls.env.company.ar_bank_responsible_id = cls.lead
        cls.accounts = cls.env["res.partner.bank"]

    @classmethod
    def _a_user(cls, login, groups):
        return new_test_user(cls.env, login, groups, company_id=cls.env.company.id)

    def _created(self, user=None, number=IBAN, partner=None):
        return (
            self.accounts.with_user(user or self.clerk)
            .create({"acc_number": number, "partner_id": (partner or self.partner_a).id})
            .with_user(self.env.user)
        )

    def _approved(self):
        return self.accounts.sudo().create({"acc_number": IBAN, "partner_id": self.partner_a.id}).sudo(False)

    def _activities(self, account):
        kind = self.env.ref("ar_reconcile.activity_type_bank_account")
        return account.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def _known_accounts(self):
        self.env.flush_all()
        customers = self.env["account.bank.statement.line"]._ar_accounts(self.env.company, self.partner_a.ids)
        return customers.get(self.partner_a.id, ())

    # What waits

    def test_a_new_account_waits_and_is_not_used_until_another_person_approves_it(self):
        account = self._created()
        self.assertEqual((account.ar_review_state, account.ar_changed_by), ("waiting", self.clerk))
        self.assertEqual(self._known_accounts(), ())
        self.assertEqual(self._activities(account).user_id, self.lead)
        account.with_user(self.lead).action_ar_approve()
        self.assertEqual((account.ar_review_state, account.ar_reviewed_by), ("approved", self.lead))
        self.assertEqual(self._known_accounts(), (IBAN,))
        self.assertFalse(self._activities(account))
        self.assertEqual(account.sudo().ar_review_ids.mapped("event"), ["created", "approved"])

    def test_a_payment_from_a_waiting_account_is_not_taken_for_its_owners(self):
        self._invoice(50)
        self._created()
        line = self._import(ofx([("w1", "20261118", "50.00", "X", "Y")])).line_ids
        line.account_number = IBAN
        line._ar_match("person")
        self.assertNotIn("account_known", str(line.ar_match_id.reasons))
        self.accounts.search([("acc_number", "=", IBAN)]).with_user(self.lead).action_ar_approve()
        line._ar_match("person")
        self.assertIn("account_known", str(line.ar_match_id.reasons))

    def test_a_waiting_account_is_not_learned_as_who_pays_nor_used_as_a_payer_s_own(self):
        def use():
            self.env.invalidate_all()
            return self.env["ar.payer.fact"]._ar_of_customers(self.partner_a.ids).get(self.partner_a.id, {})

        account = self._created(partner=self.partner_b)
        known = self.env["ar.payer.fact"]._customers([], {self.partner_b.id})
        self.assertEqual(known[self.partner_b.id].accounts, ())
        self.env.cr.execute(
            "INSERT INTO ar_payer_fact (partner_id, company_id, kind, value, payer_id, times, active) "
            "VALUES (%s, %s, 'payer', %s, %s, 1, TRUE)",
            (self.partner_a.id, self.env.company.id, str(self.partner_b.id), self.partner_b.id),
        )
        self.assertEqual(use()["accounts"], ())
        account.with_user(self.lead).action_ar_approve()
        self.env.flush_all()
        self.assertEqual(use()["accounts"], ((IBAN, 1),))

    def test_each_change_of_what_identifies_an_account_waits_and_other_changes_do_not(self):
        bank = self.env["res.bank"].create({"name": "Other Bank"})
        for values in (
            {"acc_number": OTHER_IBAN},
            {"sanitized_acc_number": OTHER_IBAN},
            {"partner_id": self.partner_b.id},
            {"bank_id": bank.id},
            {"acc_holder_name": "Somebody"},
            {"currency_id": self.env.ref("base.EUR").id},
        ):
            with self.subTest(values=values):
                account = self._approved()
                account.with_user(self.clerk).write(values)
                self.assertEqual(account.ar_review_state, "waiting")
                self.env.cr.execute("DELETE FROM res_partner_bank WHERE id = %s", [account.id])
                self.env.invalidate_all()
        account = self._approved()
        account.with_user(self.clerk).write({"note": "x", "sequence": 3})
        account.with_user(self.clerk).write({"acc_number": IBAN, "partner_id": self.partner_a.id})
        self.assertEqual(account.ar_review_state, "approved")

    def test_what_was_changed_stays_visible(self):
        account = self._approved()
        account.with_user(self.clerk).write({"acc_number": OTHER_IBAN, "partner_id": self.partner_b.id})
        self.assertEqual(
            account.with_user(self.lead).ar_change_text.splitlines(),
            [
                f"Account Number: {IBAN} → {OTHER_IBAN}",
                f"Account Holder: {self.partner_a.name} → {self.partner_b.name}",
                f"Account Holder Name: {self.partner_a.name} → {self.partner_b.name}",
            ],
        )

    def test_what_software_loads_and_what_is_our_own_does_not_wait(self):
        self.assertEqual(self._approved().ar_review_state, "approved")
        own = self._created(self.clerk, OTHER_IBAN, self.env.company.partner_id)
        self.assertEqual(own.ar_review_state, "approved")
        own.with_user(self.clerk).partner_id = self.partner_a
        self.assertEqual(own.ar_review_state, "waiting")

    def test_where_it_is_off_nothing_waits(self):
        self.env["res.company"].sudo().search([]).ar_reviews_bank_accounts = False
        self.assertEqual(self._created().ar_review_state, "approved")
        self.env.company.ar_reviews_bank_accounts = True
        self.assertEqual(self._created(number=OTHER_IBAN).ar_review_state, "waiting")

    def test_an_import_of_many_accounts_asks_once(self):
        accounts = self.accounts.with_user(self.clerk).create(
            [{"acc_number": f"LOCAL{number:03}", "partner_id": self.partner_a.id} for number in range(25)]
        )
        self.assertEqual(set(accounts.mapped("ar_review_state")), {"waiting"})
        self.assertEqual(len(self._activities(accounts)), 1)
        few = self.accounts.with_user(self.clerk).create(
            [{"acc_number": f"LOCAL{number:03}", "partner_id": self.partner_a.id} for number in range(100, 120)]
        )
        self.assertEqual(len(self._activities(few)), 20)

    # Who decides

    def test_nobody_approves_his_own_change(self):
        account = self._created(self.lead)
        asked = self._activities(account).user_id
        self.assertEqual(len(asked), 1)
        self.assertNotEqual(asked, self.lead)
        self.assertTrue(asked.has_group("ar_reconcile.group_reconcile_review"))
        with self.assertRaisesRegex(UserError, "yourself"):
            account.with_user(self.lead).action_ar_approve()
        account.with_user(self.second).write({"acc_holder_name": "X"})
        for user in (self.lead, self.second):
            self.assertFalse(account.with_user(user).ar_can_review)
            with self.assertRaisesRegex(UserError, "yourself"):
                account.with_user(user).action_ar_approve()
            with self.assertRaisesRegex(UserError, "yourself"):
                account.with_user(user).action_ar_refuse()
        self.assertEqual(account.ar_review_state, "waiting")

    def test_only_reviewers_decide(self):
        account = self._created(self.lead)
        reconciler = self._a_user("reconciler", "ar_reconcile.group_reconcile,base.group_partner_manager")
        portal = new_test_user(self.env, "customer", "base.group_portal")
        for user in (self.clerk, reconciler, portal):
            with self.assertRaises(AccessError):
                account.with_user(user).action_ar_approve()
            with self.assertRaises(AccessError):
                account.with_user(user).action_ar_refuse()
        other = self.setup_other_company(name="Other")["company"]
        self.partner_a.company_id = self.env.company
        far = new_test_user(
            self.env, "far", "ar_reconcile.group_reconcile_review", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        with self.assertRaises(AccessError):
            account.with_user(far).action_ar_approve()
        self.assertEqual(account.ar_review_state, "waiting")

    def test_what_does_not_wait_is_not_decided(self):
        account = self._approved()
        with self.assertRaisesRegex(UserError, "does not wait"):
            account.with_user(self.lead).action_ar_approve()
        waiting = self._created(number=OTHER_IBAN)
        waiting.with_user(self.lead).action_ar_approve()
        with self.assertRaisesRegex(UserError, "does not wait"):
            waiting.with_user(self.second).action_ar_refuse()

    def test_what_changed_after_it_was_read_is_not_approved(self):
        account = self._created()
        seen = account.with_user(self.lead).ar_review_version
        account.with_user(self.clerk).acc_number = OTHER_IBAN
        with self.assertRaisesRegex(UserError, "changed since"):
            account.with_user(self.lead).with_context(ar_seen_review_version=seen).action_ar_approve()
        seen = account.with_user(self.lead).ar_review_version
        account.with_user(self.lead).with_context(ar_seen_review_version=seen).action_ar_approve()
        self.assertEqual(self._known_accounts(), (OTHER_IBAN,))

    # What refusing does

    def test_a_refused_change_puts_back_what_was_approved_however_often_it_was_changed(self):
        account = self._approved()
        account.with_user(self.clerk).acc_number = OTHER_IBAN
        account.with_user(self.clerk).write({"acc_number": "LOCAL1", "partner_id": self.partner_b.id})
        account.with_user(self.lead).action_ar_refuse()
        self.assertRecordValues(
            account,
            [
                {
                    "acc_number": IBAN,
                    "partner_id": self.partner_a.id,
                    "acc_holder_name": self.partner_a.name,
                    "ar_review_state": "approved",
                    "active": True,
                }
            ],
        )
        self.assertEqual(self._known_accounts(), (IBAN,))
        self.assertEqual(account.sudo().ar_review_ids.mapped("event"), ["changed", "changed", "refused"])

    def test_a_refused_new_account_is_archived_and_stays_unused_when_it_comes_back(self):
        account = self._created()
        account.with_user(self.clerk).acc_holder_name = "X"
        account.with_user(self.lead).action_ar_refuse()
        self.assertEqual((account.ar_review_state, account.active), ("refused", False))
        account.with_user(self.clerk).active = True
        self.assertEqual(self._known_accounts(), ())
        account.with_user(self.clerk).acc_holder_name = "Y"
        self.assertEqual(account.ar_review_state, "waiting")
        account.with_user(self.lead).action_ar_refuse()
        self.assertEqual((account.ar_review_state, account.acc_holder_name), ("refused", "X"))

    def test_once_nothing_is_reviewed_any_more_one_person_alone_approves_what_still_waits(self):
        account = self._created(self.lead)
        with self.assertRaisesRegex(UserError, "second person"):
            account.with_user(self.lead).action_ar_approve()
        self.env["res.company"].sudo().search([]).ar_reviews_bank_accounts = False
        self.env.invalidate_all()
        self.assertTrue(account.with_user(self.lead).ar_can_review)
        account.with_user(self.lead).action_ar_approve()
        self.assertEqual(account.ar_review_state, "approved")

    def test_a_customer_who_moves_below_another_one_takes_no_approved_account_with_him(self):
        account = self._approved()
        self.partner_a.with_user(self.clerk).parent_id = self.partner_b
        self.assertEqual((account.ar_review_state, account.ar_changed_by), ("waiting", self.clerk))
        self.assertEqual(self._activities(account).user_id, self.lead)
        account.with_user(self.lead).action_ar_refuse()
        self.assertEqual((account.ar_review_state, account.active), ("refused", False))

    def test_a_customer_who_is_merged_into_another_one_takes_no_approved_account_with_him(self):
        account = self._approved()
        customers = self.env["res.partner"].create([{"name": "Twin", "email": "twin@example.com"}] * 2)
        account.sudo().partner_id = customers[0]
        self.clerk.sudo().group_ids += self.env.ref("base.group_partner_manager")
        merge = self.env["base.partner.merge.automatic.wizard"].with_user(self.clerk)
        merge._merge(customers.ids, merge.env["res.partner"].browse(customers[1].id))
        self.env.invalidate_all()
        self.assertEqual((account.partner_id, account.ar_review_state), (customers[1], "waiting"))
        self.assertEqual((account.ar_changed_by, self._activities(account).user_id), (self.clerk, self.lead))

    def test_a_refused_move_approves_nothing_that_was_changed_before_it(self):
        account = self._approved()
        account.with_user(self.clerk).acc_holder_name = "Somebody"
        self.partner_a.with_user(self.clerk).parent_id = self.partner_b
        account.with_user(self.lead).action_ar_refuse()
        self.assertEqual((account.ar_review_state, account.active), ("refused", False))

    def test_an_account_that_comes_in_from_a_company_without_review_waits(self):
        other = self.setup_other_company(name="Careless")["company"]
        other.sudo().ar_reviews_bank_accounts = False
        self.clerk.sudo().company_ids += other
        clerk = self.clerk
        partner = self.env["res.partner"].with_user(clerk).with_context(allowed_company_ids=[other.id])
        partner = partner.create({"name": "Smuggler", "company_id": other.id})
        account = self._created(clerk, partner=partner)
        self.assertEqual(account.sudo().ar_review_state, "approved")
        partner.with_context(allowed_company_ids=[other.id, self.env.company.id]).company_id = self.env.company
        self.assertEqual(account.sudo().ar_review_state, "waiting")

    def test_a_customer_who_stays_where_he_is_keeps_his_approved_account(self):
        account = self._approved()
        self.partner_a.with_user(self.clerk).write(
            {"ref": "C1", "parent_id": False, "company_id": self.partner_a.company_id.id}
        )
        self.assertEqual(account.ar_review_state, "approved")

    # By hand

    def test_nobody_writes_the_review_by_hand(self):
        account = self._created()
        for user in (self.clerk, self.lead, self.env.user):
            for values in (
                {"ar_review_state": "approved"},
                {"ar_changed_by": self.second.id},
                {"ar_changed_on": False},
                {"ar_reviewed_by": user.id},
                {"ar_reviewed_on": "2026-01-01 00:00:00"},
            ):
                with self.subTest(user=user.login, values=values), self.assertRaises(AccessError):
                    account.with_user(user).write(values)
        given = self.accounts.with_user(self.clerk).create(
            {
                "acc_number": "FR7630006000011234567890189",
                "partner_id": self.partner_a.id,
                "ar_review_state": "approved",
                "ar_reviewed_by": self.second.id,
            }
        )
        self.assertEqual((given.ar_review_state, given.ar_reviewed_by.ids), ("waiting", []))
        by_default = (
            self.accounts.with_user(self.clerk)
            .with_context(default_ar_review_state="approved", default_ar_changed_by=self.second.id)
            .create({"acc_number": OTHER_IBAN, "partner_id": self.partner_a.id})
        )
        self.assertEqual((by_default.ar_review_state, by_default.ar_changed_by), ("waiting", self.clerk))

    def test_the_history_is_added_to_and_never_edited(self):
        review = self._created().sudo().ar_review_ids
        for user in (self.clerk, self.lead):
            with self.assertRaises(UserError):
                review.with_user(user).write({"new_values": {}})
            with self.assertRaises(AccessError):
                review.with_user(user).unlink()
            with self.assertRaises(UserError):
                self.env["ar.bank.account.review"].with_user(user).create(
                    {"bank_account_id": review.bank_account_id.id, "event": "approved", "date": review.date}
                )
        with self.assertRaises(UserError):
            review.write({"new_values": {}})
        with self.assertRaises(UserError):
            review.unlink()

    def test_plain_users_read_no_history(self):
        account = self._created()
        plain = new_test_user(self.env, "plain", "base.group_user")
        with self.assertRaises(AccessError):
            account.with_user(plain).read(["ar_change_text"])
        with self.assertRaises(AccessError):
            self.env["ar.bank.account.review"].with_user(plain).search([])
        self.assertEqual(account.with_user(plain).read(["ar_review_state"])[0]["ar_review_state"], "waiting")

    def test_an_account_that_came_with_a_customer_waits(self):
        partner = (
            self.env["res.partner"]
            .with_user(self.clerk)
            .create({"name": "New", "bank_ids": [(0, 0, {"acc_number": OTHER_IBAN})]})
        )
        self.assertEqual(partner.bank_ids.ar_review_state, "waiting")
        self.assertEqual(
            partner.bank_ids.with_user(self.lead).ar_change_text.splitlines()[0], f"Account Number: – → {OTHER_IBAN}"
        )

    def test_a_wizard_that_passes_all_defaults_on_makes_an_account_that_waits_for_nobody_of_ours(self):
        wizard = self.env["account.setup.bank.manual.config"].create({"acc_number": "BE15001559627230"})
        self.assertEqual(wizard.res_partner_bank_id.ar_review_state, "approved")
