from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..models.ar_payer_fact import CONFIRMED_DAYS, MOST_CUSTOMERS_OF_A_PAYER
from .common import BankFileCommon

PAYER_ACCOUNT = "NL91ABNA0417164300"


@tagged("post_install", "-at_install")
class TestPayerFact(BankFileCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.facts = cls.env["ar.payer.fact"]

    def _paid(self, partner=None, *, name="ACM HANDELS GES", account="NL91 ABNA 0417 1643 00", text="{number}"):
        """Return a bank line by which somebody has paid an invoice of a customer."""
        invoice = self._invoice(100, partner)
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "date": "2026-11-18",
                "amount": 100,
                "payment_ref": text.format(number=invoice.name),
                "partner_name": name,
                "account_number": account,
            }
        )
        item = invoice.line_ids.filtered(lambda each: each.account_type == "asset_receivable")
        self._reconcile(line, item)
        return line

    def _reconcile(self, line, item):
        suspense = line._seek_for_lines()[1]
        suspense.with_context(skip_account_move_synchronization=True, skip_readonly_check=True).write(
            {"account_id": item.account_id.id, "partner_id": item.partner_id.id}
        )
        (suspense + item).reconcile()

    def _learned(self, kind, partner=None):
        partner = partner or self.partner_a
        return self.facts.with_context(active_test=False).search(
            [("partner_id", "=", partner.id), ("kind", "=", kind)], order="id"
        )

    def _use(self, partner=None):
        partner = partner or self.partner_a
        return self.facts._ar_of_customers(partner.ids).get(partner.id, {})

    def test_a_payment_that_is_taken_off_its_invoice_teaches_nothing_any_more(self):
        line = self._paid()
        self.facts._learn(line)
        self.assertEqual(len(self.facts.search([("line_ids", "in", line.ids)])), 3)
        line.move_id.line_ids.remove_move_reconcile()  # as the invoice's own button does
        self.assertFalse(self.facts.search([("partner_id", "=", self.partner_a.id)]))

    # === MERGE === #

    def test_what_was_learned_of_merged_customers_is_one_customer_s(self):
        lines = self._paid() | self._paid(self.partner_b)
        self.facts._learn(lines)
        self.assertTrue(self._learned("name").is_shared)
        self._merge(self.partner_a, self.partner_b)
        facts = self.facts.search([])
        self.assertEqual(facts.partner_id, self.partner_b)
        self.assertEqual(sorted(facts.mapped("kind")), ["account", "habit", "name"])
        self.assertEqual((set(facts.mapped("times")), any(facts.mapped("is_shared"))), ({2}, False))
        self.facts._unlearn(lines[0])
        self.assertEqual(set(self.facts.search([]).mapped("times")), {1})

    def test_what_a_person_had_forgotten_of_one_stays_forgotten_when_customers_are_merged(self):
        lines = self._paid() | self._paid(self.partner_b)
        self.facts._learn(lines)
        self._learned("account").action_forget()
        self._merge(self.partner_a, self.partner_b)
        account = self._learned("account", self.partner_b)
        self.assertTrue(account.forgotten_on)
        self.assertEqual((account.active, account.line_count), (False, 2))

    def test_who_pays_for_others_does_so_under_the_name_he_is_merged_into(self):
        other = self.env["res.partner"].create({"name": "Third"})
        self.facts.sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.env.company.id,
                    "kind": "payer",
                    "value": str(payer.id),
                    "payer_id": payer.id,
                    "told_by": self.env.uid,
                }
                for partner, payer in (
                    (other, self.partner_a),
                    (other, self.partner_b),
                    (self.partner_a, self.partner_b),
                )
            ]
        )
        self._merge(self.partner_a, self.partner_b)
        fact = self.facts.search([("kind", "=", "payer")])
        self.assertEqual((fact.partner_id, fact.payer_id), (other, self.partner_b))
        self.assertEqual(fact.value, str(self.partner_b.id))

    def _merge(self, source, target):
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge((source | target).ids, target)
        self.env.invalidate_all()

    # === LEARNING === #

    def test_a_confirmed_payment_teaches_account_name_and_habit(self):
        line = self._paid()
        self.facts._learn(line)
        self.assertRecordValues(
            self._learned("account"),
            [{"value": PAYER_ACCOUNT, "times": 1, "last_on": line.date, "is_shared": False, "active": True}],
        )
        self.assertEqual(self._learned("name").mapped("text"), ["ACM HANDELS GES"])
        self.assertEqual(self._learned("habit").mapped("value"), ["full_number"])

    def test_one_payment_counts_once_however_often_it_is_learned(self):
        lines = self._paid() | self._paid()
        self.facts._learn(lines)
        self.facts._learn(lines)
        self.assertEqual(self._learned("account").mapped("times"), [2])

    def test_nothing_is_learned_from_a_line_that_is_not_reconciled(self):
        line = self._pay(("100.00", "HELLO"))
        self.facts._learn(line)
        self.assertFalse(self.facts.search([("line_ids", "in", line.ids)]))

    def test_an_undone_match_takes_its_confirmation_back(self):
        lines = self._paid() | self._paid()
        self.facts._learn(lines)
        self.facts._unlearn(lines[0])
        self.assertEqual(self._learned("account").mapped("times"), [1])
        self.facts._unlearn(lines[1])
        self.assertFalse(self._learned("account") | self._learned("name") | self._learned("habit"))

    def test_what_a_contact_of_the_customer_paid_is_known_of_the_customer(self):
        contact = self.env["res.partner"].create({"name": "Accounts Payable", "parent_id": self.partner_a.id})
        self.facts._learn(self._paid(contact))
        self.assertTrue(self._learned("account"))

    def test_a_registered_payment_teaches_whose_it_is(self):
        invoice = self._invoice(100)
        payment = self._register_payment(invoice)
        outstanding = payment._seek_for_lines()[0]
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "date": "2026-11-18",
                "amount": 100,
                "payment_ref": "X",
                "account_number": PAYER_ACCOUNT,
            }
        )
        self._reconcile(line, outstanding)
        self.facts._learn(line)
        self.assertEqual(self._learned("account").mapped("value"), [PAYER_ACCOUNT])

    def test_the_owner_of_the_account_is_learned_as_who_pays(self):
        self.env["res.partner.bank"].sudo().create({"acc_number": PAYER_ACCOUNT, "partner_id": self.partner_b.id})
        self.facts._learn(self._paid())
        self.assertEqual(self._learned("payer").payer_id, self.partner_b)
        self.assertFalse(self._learned("account"))
        self.assertEqual(self._use()["pays_with"], (self.partner_b.id,))

    def test_who_bears_the_name_is_learned_as_who_pays(self):
        self.facts._learn(self._paid(name=self.partner_b.name.upper(), account=""))
        self.assertEqual(self._learned("payer").payer_id, self.partner_b)

    def test_hostile_texts_are_cut_and_stored(self):
        line = self._paid(name="Ж%_'\\ " * 5_000, account="DE" + "1" * 5_000, text="{number} " + "1" * 50_000)
        self.facts._learn(line)
        self.assertFalse(self._learned("account"))
        self.assertLessEqual(len(self._learned("name").text), 140)

    # === SHARED === #

    def test_an_account_of_several_customers_is_shared_and_not_used(self):
        first = self._paid()
        self.facts._learn(first)
        self.assertEqual(self._use()["accounts"], ((PAYER_ACCOUNT, 1),))
        second = self._paid(self.partner_b)
        self.facts._learn(second)
        self.assertEqual(
            (self._learned("account") | self._learned("account", self.partner_b)).mapped("is_shared"), [True] * 2
        )
        self.assertEqual(self._use()["accounts"], ())
        self.facts._unlearn(second)
        self.assertEqual(self._use()["accounts"], ((PAYER_ACCOUNT, 1),))

    def test_what_is_forgotten_of_one_customer_is_the_others_alone(self):
        self.facts._learn(self._paid() | self._paid(self.partner_b))
        self._learned("account").action_forget()
        self.assertEqual(self._use().get("accounts", ()), ())
        self.assertEqual(self._use(self.partner_b)["accounts"], ((PAYER_ACCOUNT, 1),))

    def test_who_pays_for_too_many_is_a_provider_of_payments(self):
        self.env["res.partner.bank"].sudo().create({"acc_number": PAYER_ACCOUNT, "partner_id": self.partner_b.id})
        self.facts._learn(self._paid())
        others = self.env["res.partner"].create([{"name": f"C{n}"} for n in range(MOST_CUSTOMERS_OF_A_PAYER)])
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "INSERT INTO ar_payer_fact (partner_id, company_id, kind, value, payer_id, times, active) "
                "SELECT id, %s, 'payer', %s, %s, 1, TRUE FROM unnest(%s) AS id",
                self.env.company.id,
                str(self.partner_b.id),
                self.partner_b.id,
                others.ids[:-1],
            )
        )
        self.facts._recount_sharing(self._learned("payer").ids)
        self.assertEqual(self._use()["pays_with"], (self.partner_b.id,))
        self.env.cr.execute(
            SQL(
                "INSERT INTO ar_payer_fact (partner_id, company_id, kind, value, payer_id, times, active) "
                "VALUES (%s, %s, 'payer', %s, %s, 1, TRUE)",
                others[-1].id,
                self.env.company.id,
                str(self.partner_b.id),
                self.partner_b.id,
            )
        )
        self.facts._recount_sharing(self._learned("payer").ids)
        self.assertEqual(self._use()["pays_with"], ())

    # === USE === #

    def test_matching_gets_names_and_habits_from_the_second_confirmation(self):
        self.facts._learn(self._paid())
        self.assertEqual((self._use()["names"], self._use()["habit"]), ((), ""))
        self.facts._learn(self._paid())
        self.assertEqual((self._use()["names"], self._use()["habit"]), (("ACM HANDELS GES",), "full_number"))

    def test_two_habits_that_are_seen_as_often_are_none(self):
        self.facts._learn(self._paid() | self._paid() | self._paid(text="HELLO") | self._paid(text="THERE"))
        self.assertEqual(self._use()["habit"], "")
        self.facts._learn(self._paid(text="ONCE MORE"))
        self.assertEqual(self._use()["habit"], "words")

    def test_what_is_known_of_many_customers_is_one_query(self):
        self.facts._learn(self._paid() | self._paid(self.partner_b))
        with self.assertQueryCount(1):
            self.facts._ar_of_customers([self.partner_a.id, self.partner_b.id])

    def test_facts_of_another_company_are_not_used(self):
        self.facts._learn(self._paid())
        other = self.setup_other_company(name="Other")["company"]
        self.assertEqual(self.facts._ar_of_customers(self.partner_a.ids, other), {})

    # === FORGETTING === #

    def test_a_forgotten_fact_is_kept_but_not_used(self):
        line = self._paid()
        self.facts._learn(line)
        self._learned("account").action_forget()
        self.assertRecordValues(
            self._learned("account"),
            [{"active": False, "times": 0, "line_count": 1, "forgotten_by": self.env.user.id}],
        )
        self.assertNotIn(PAYER_ACCOUNT, str(self._use()))
        self.facts._learn(line)
        self.assertFalse(self._learned("account").active)

    def test_a_later_bank_line_teaches_a_forgotten_fact_again_from_one(self):
        earlier, unlearned = self._paid(), self._paid()
        self.facts._learn(earlier)
        self._learned("account").action_forget()
        self.facts._learn(unlearned)
        self.assertFalse(self._learned("account").active)
        self.facts._learn(self._paid())
        self.assertRecordValues(self._learned("account"), [{"active": True, "times": 1, "line_count": 3}])

    def test_forgetting_can_be_taken_back(self):
        self.facts._learn(self._paid() | self._paid())
        self._learned("account").action_forget()
        self._learned("account").action_remember()
        self.assertRecordValues(self._learned("account"), [{"active": True, "times": 2, "forgotten_on": False}])

    def test_a_forgotten_fact_survives_the_undo_of_its_match(self):
        line = self._paid()
        self.facts._learn(line)
        self._learned("account").action_forget()
        self.facts._unlearn(line)
        self.assertRecordValues(self._learned("account"), [{"active": False, "line_count": 0}])

    def test_the_customer_tells_the_usual_habit(self):
        self.facts._learn(self._paid() | self._paid() | self._paid(text="HELLO"))
        self.assertIn("Writes the whole invoice number in 2 of 3", self.partner_a.ar_payer_summary)
        self.assertFalse(self.partner_b.ar_payer_summary)

    # === ACCESS === #

    def test_a_bookkeeper_forgets_but_edits_nothing(self):
        self.facts._learn(self._paid())
        clerk = new_test_user(self.env, "clerk", "ar_reconcile.group_reconcile", company_id=self.env.company.id)
        fact = self._learned("account").with_user(clerk)
        with self.assertRaises(AccessError):
            fact.write({"times": 99})
        fact.action_forget()
        self.assertEqual((fact.active, fact.forgotten_by), (False, clerk))

    def test_who_may_only_read_forgets_nothing(self):
        self.facts._learn(self._paid())
        reader = new_test_user(self.env, "reader", "account.group_account_readonly", company_id=self.env.company.id)
        fact = self._learned("account").with_user(reader)
        self.assertEqual(fact.times, 1)
        with self.assertRaises(AccessError):
            fact.action_forget()

    def test_others_read_nothing(self):
        self.facts._learn(self._paid())
        for login, group in (("plain", "base.group_user"), ("customer", "base.group_portal")):
            user = new_test_user(self.env, login, group)
            with self.assertRaises(AccessError):
                self._learned("account").with_user(user).read(["value"])
            with self.assertRaises(AccessError):
                self.partner_a.with_user(user).read(["ar_payer_summary"])

    def test_facts_of_another_company_are_not_seen(self):
        self.facts._learn(self._paid())
        other = self.setup_other_company(name="Other")["company"]
        user = new_test_user(
            self.env,
            "far",
            "ar_reconcile.group_reconcile",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.facts.with_user(user).search([("partner_id", "=", self.partner_a.id)]))
        with self.assertRaises(AccessError):
            self._learned("account").with_user(user).action_forget()

    # === BY ITSELF === #

    def _proposed(self):
        """Return a bank line with a match that waits for a person."""
        self.journal.ar_auto_match = False
        line = self._pay(("100.00", self._invoice(100).name))
        line.action_auto_match()
        self.assertEqual(line.ar_match_state, "proposed")
        return line

    def test_what_a_person_accepts_is_learned_and_what_is_undone_is_not_known_any_more(self):
        line = self._proposed()
        line.action_ar_accept()
        self.assertEqual(self._learned("name").mapped("text"), ["SOMEBODY"])
        line.action_undo_reconciliation()
        self.assertFalse(self.facts.search([("partner_id", "=", self.partner_a.id)]))

    def test_what_software_books_teaches_nothing_at_once(self):
        line = self._proposed()
        line.ar_match_ids._book(is_automatic=True)
        self.assertTrue(line.is_reconciled)
        self.assertFalse(self._learned("name"))

    def test_a_deleted_bank_line_confirms_nothing(self):
        line = self._paid()
        self.facts._learn(line)
        line.action_undo_reconciliation()
        self.facts._learn(self._paid())
        other = self._paid()
        self.facts._learn(other)
        self.assertEqual(self._learned("account").times, 2)
        other.with_context(force_delete=True).unlink()
        self.assertEqual(self._learned("account").times, 1)

    def test_an_entry_that_is_deleted_with_its_bank_line_confirms_nothing(self):
        line = self._proposed()
        line.action_ar_accept()
        self.assertTrue(self._learned("name"))
        line.statement_id.unlink()
        line.move_id.button_draft()
        line.move_id.with_context(force_delete=True).unlink()
        self.assertFalse(self._learned("name"))

    def test_matching_asks_for_what_the_line_s_own_company_has_learned(self):
        other = self.setup_other_company(name="Other")["company"]
        line = self._proposed()
        with patch.object(type(self.facts), "_ar_of_customers", return_value={}) as asked:
            line.sudo().with_company(other)._ar_match("schedule")
        self.assertEqual({call.args[1] for call in asked.call_args_list}, {line.company_id})

    def test_the_engine_is_told_what_was_learned(self):
        self.facts._learn(self._paid() | self._paid())
        self.assertEqual(
            self.journal.env["account.bank.statement.line"]._ar_learned(self.env.company, self.partner_a.ids)[
                self.partner_a.id
            ],
            {
                "names": ("ACM HANDELS GES",),
                "learned_accounts": ((PAYER_ACCOUNT, 2),),
                "habit": "full_number",
                "group": 0,
            },
        )

    def test_the_engine_recognises_the_payer_by_his_own_account_and_group(self):
        parent = self.env["res.partner"].create({"name": "Group", "is_company": True})
        self.partner_b.parent_id = parent
        self.partner_b.is_company = True
        self.env["res.partner.bank"].sudo().create({"acc_number": PAYER_ACCOUNT, "partner_id": self.partner_b.id})
        self.facts._learn(self._paid())
        lines = self.env["account.bank.statement.line"]
        learned = lines._ar_learned(self.env.company, self.partner_a.ids)[self.partner_a.id]
        self.assertEqual(learned["learned_accounts"], ((PAYER_ACCOUNT, 1),))
        self.assertEqual(learned["group"], parent.id)

    # === EVERY NIGHT === #

    def _proposal(self, line, *, days=0, **values):
        """Have a bank line's match decided some days ago."""
        self.env["ar.match.proposal"].sudo().create(
            {
                "statement_line_id": line.id,
                "currency_id": line.currency_id.id,
                "engine_version": "test",
                "state": "accepted",
                "is_automatic": True,
                "decided_on": fields.Datetime.now() - timedelta(days=days),
                **values,
            }
        )
        self.env.flush_all()

    def test_what_was_booked_alone_teaches_when_nobody_has_undone_it_for_a_while(self):
        fresh, old, undone, accepted = (self._paid(account=f"ACCOUNT{n}") for n in range(4))
        self._proposal(fresh, days=CONFIRMED_DAYS - 1)
        self._proposal(old, days=CONFIRMED_DAYS + 1)
        self._proposal(undone, days=CONFIRMED_DAYS + 1, state="undone", undone_on=fields.Datetime.now())
        self._proposal(accepted, is_automatic=False)
        with self.enter_registry_test_mode():
            self.env.ref("ar_reconcile.cron_learn").method_direct_trigger()
        self.assertEqual(self._learned("account").mapped("value"), ["ACCOUNT1", "ACCOUNT3"])
        self.assertFalse(self.facts._unlearned(0))

    def test_a_line_that_can_t_be_learned_from_holds_up_no_other_one(self):
        good, bad, fine = (self._paid(account=f"ACCOUNT{n}") for n in range(3))
        for line in (good, bad, fine):
            self._proposal(line, is_automatic=False)
        facts = type(self.facts)
        original = facts._shown_by

        def failing(records, lines):
            if bad in lines:
                raise ValueError("broken")
            return original(records, lines)

        with (
            patch.object(facts, "_shown_by", failing),
            mute_logger("odoo.addons.ar_reconcile.models.ar_payer_fact"),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("ar_reconcile.cron_learn").method_direct_trigger()
        self.assertEqual(self._learned("account").mapped("value"), ["ACCOUNT0", "ACCOUNT2"])
