from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models import bank_line_matching
from .common import MatchCommon, ofx


@tagged("post_install", "-at_install")
class TestMatchRun(MatchCommon):
    def _last_run(self):
        return self.env["ar.match.run"].search([], limit=1)

    # === AUTO MATCH === #

    def test_a_person_matches_a_selection_and_is_told_what_was_booked(self):
        invoice = self._invoice(50)
        lines = self._unmatched(("50.00", invoice.name), ("7.00", "HELLO"))
        self.assertEqual(
            (lines.mapped("ar_match_state"), lines.mapped("ar_matched_on")), (["none", "none"], [False] * 2)
        )
        notification = lines.action_auto_match()
        self.assertEqual(lines.mapped("ar_match_state"), ["matched", "none"])
        self.assertEqual(set(lines.mapped("ar_matched_on")), {fields.Date.context_today(lines)})
        self.assertEqual((notification["tag"], notification["params"]["type"]), ("display_notification", "success"))
        self.assertIn("1 of 2", notification["params"]["message"])

    def test_matching_nothing_books_nothing_and_leaves_no_run(self):
        runs = self.env["ar.match.run"].search_count([])
        self.env["account.bank.statement.line"].action_auto_match()
        line = self._pay(("50.00", self._invoice(50).name))
        line.action_auto_match()
        self.assertEqual(self.env["ar.match.run"].search_count([]), runs + 1)

    def test_matching_twice_changes_nothing(self):
        invoice = self._invoice(50)
        lines = self._pay(("50.00", invoice.name), ("7.00", "HELLO"))
        history = lines.ar_match_ids
        partials = invoice.line_ids.matched_credit_ids
        lines.action_auto_match()
        self.assertEqual((lines.ar_match_ids, invoice.line_ids.matched_credit_ids), (history, partials))

    # === SEVERAL FIT === #

    def test_a_line_that_two_invoices_fit_has_a_proposal_for_each_and_books_neither(self):
        twins, line = self._tie()
        proposals = line.ar_proposal_ids
        self.assertEqual(proposals.mapped("rank"), [1, 2])
        self.assertEqual(proposals.allocation_ids.move_id, twins)
        self.assertEqual(set(twins.mapped("payment_state")), {"not_paid"})
        self.assertLess(sum(proposals.mapped("probability")), 1)
        self.assertTrue(all(text.startswith("Two fit equally") for text in proposals.mapped("confidence_text")))

    def test_those_that_fit_equally_are_told_apart_by_what_is_due_when(self):
        twins, line = self._tie()
        self.assertEqual(line.ar_proposal_ids.mapped("due_on"), twins.mapped("invoice_date_due"))

    def test_on_one_line_it_is_said_first_what_a_person_has_to_decide(self):
        _twins, line = self._tie()
        self.assertTrue(line.ar_summary.startswith("Several fit equally"), line.ar_summary)
        line.ar_proposal_ids[0].action_accept()
        self.assertEqual(line.ar_summary.partition(" Several fit equally")[1], " Several fit equally")

    def test_a_name_that_ends_with_a_full_stop_ends_a_sentence(self):
        self.partner_a.name = "Officine Morandelli S.r.l."
        _twins, line = self._tie()
        self.assertIn("is that of Officine Morandelli S.r.l.\n", line.ar_explanation)

    def test_accepting_one_of_two_supersedes_the_other(self):
        _twins, line = self._tie()
        chosen, other = line.ar_proposal_ids
        chosen.action_accept()
        self.assertEqual(line.ar_match_id, chosen)
        self.assertEqual((chosen.state, other.state, line.ar_match_state), ("accepted", "superseded", "matched"))
        self.assertEqual(chosen.allocation_ids.move_id.payment_state, "paid")
        self.assertEqual(other.allocation_ids.move_id.payment_state, "not_paid")

    def test_rejecting_one_of_two_leaves_the_other_proposed(self):
        _twins, line = self._tie()
        refused, other = line.ar_proposal_ids
        refused.action_reject()
        self.assertEqual((line.ar_match_state, line.ar_match_id), ("proposed", other))
        line.action_ar_accept()
        self.assertEqual((refused.state, other.state), ("rejected", "accepted"))

    def test_what_fits_twice_is_not_booked_without_a_choice(self):
        twins, line = self._tie()
        with self.assertRaisesRegex(UserError, "choose one"):
            line.action_ar_accept()
        with self.assertRaisesRegex(UserError, "only one"):
            line.ar_proposal_ids.action_accept()
        self.assertEqual(set(twins.mapped("payment_state")), {"not_paid"})

    # === RUNS === #

    def test_an_import_leaves_a_run_with_what_became_of_its_lines_and_why(self):
        invoices = [self._invoice(50), self._invoice(60, partner=self.partner_b)]
        self._invoice(500), self._invoice(500)
        file = ofx(
            [
                ("1", "20261118", "50.00", "SOMEBODY", invoices[0].name),
                ("2", "20261118", "500.00", self.partner_a.name.upper(), "THANKS"),
                ("3", "20261118", "-5.00", "BANK", "FEE"),
                ("4", "20261118", "60.00", self.partner_b.name.upper(), "HELLO"),
            ]
        )
        with self._threshold("0.9999"):
            lines = self._import(file).line_ids
        run = lines.ar_match_ids.run_id
        self.assertRecordValues(
            run,
            [
                {
                    "trigger": "import",
                    "company_id": self.env.company.id,
                    "user_id": self.env.uid,
                    "line_count": 4,
                    "booked_count": 1,
                    "proposed_count": 1,
                    "ambiguous_count": 1,
                    "left_count": 1,
                    "failed_count": 0,
                    "booked_share": 25.0,
                }
            ],
        )
        self.assertEqual(run.reasons["left"], {"outgoing": 1})
        self.assertEqual(run.reasons["proposed"], {"below_threshold": 1})
        self.assertEqual(run.reasons["booked"]["number_in_text"], 1)
        self.assertTrue(run.finished_on)
        self.assertIn("Number in the text", run.reason_html)
        self.assertIn("Booked", run.outcome_html)
        self.assertEqual(
            self.env["account.bank.statement.line"].search(run.action_open_lines()["domain"]), lines.sorted()
        )

    def test_a_line_that_a_reconciliation_model_books_is_counted_with_that_reason(self):
        bank_line = type(self.env["account.bank.statement.line"])
        self.startPatcher(patch.object(bank_line, "_ar_apply_models", lambda lines: lines[:1]))
        self._pay(("-7.00", "FEE"), ("-8.00", "FEE"), ("50.00", self._invoice(50).name))
        run = self._last_run()
        self.assertEqual((run.booked_count, run.left_count, run.reasons["booked"]["by_model"]), (2, 1, 1))
        self.assertIn("Reconciliation model", run.reason_html)

    def test_a_run_counts_lines_of_all_its_chunks(self):
        self.startPatcher(patch.object(bank_line_matching, "CHUNK", 2))
        invoices = [self._invoice(10 + number) for number in range(5)]
        self._pay(*[(f"{invoice.amount_total:.2f}", invoice.name) for invoice in invoices])
        run = self._last_run()
        self.assertEqual((run.line_count, run.booked_count), (5, 5))

    def test_the_scheduled_action_leaves_a_run_and_goes_on_where_it_stopped(self):
        self.startPatcher(patch.object(bank_line_matching, "CHUNK", 1))
        invoices = [self._invoice(10), self._invoice(20)]
        lines = self._unmatched(("10.00", invoices[0].name), ("20.00", invoices[1].name))
        with (
            patch.object(self.env.registry["ir.cron"], "_commit_progress", side_effect=[9, 9, 0]),
            self.enter_registry_test_mode(),
        ):
            self.env["account.bank.statement.line"]._cron_ar_match()
        self.assertEqual(lines.mapped("ar_match_state"), ["matched", "none"])
        with self.enter_registry_test_mode():
            self.env.ref("ar_reconcile.cron_match").method_direct_trigger()
        self.assertEqual(lines.mapped("ar_match_state"), ["matched", "matched"])
        self.assertEqual((self._last_run().trigger, self._last_run().booked_count), ("schedule", 1))

    def test_a_bad_line_is_counted_as_failed_and_says_why(self):
        decide = bank_line_matching.decide

        def failing(payments, *facts):
            if any(payment.amount == 13 for payment in payments):
                raise ArithmeticError("no such number")
            return decide(payments, *facts)

        invoices = [self._invoice(amount) for amount in (11, 12, 14)]
        self.startPatcher(patch.object(bank_line_matching, "decide", failing))
        with mute_logger("odoo.addons.ar_reconcile.models.ar_match_proposal"):
            lines = self._pay(
                ("11.00", invoices[0].name), ("12.00", invoices[1].name), ("13.00", "X"), ("14.00", invoices[2].name)
            )
        self.assertEqual(lines.mapped("ar_match_state"), ["matched", "matched", "none", "matched"])
        self.assertIn("no such number", lines[2].ar_explanation)
        self.assertFalse(lines[2].ar_confidence_text)
        self.assertEqual((self._last_run().failed_count, self._last_run().booked_count), (1, 3))

    def test_books_that_can_t_be_read_leave_the_reason_on_every_line(self):
        bank_line = type(self.env["account.bank.statement.line"])
        lines = self._unmatched(("11.00", "A"), ("12.00", "B"))
        with (
            patch.object(bank_line, "_ar_candidates", side_effect=UserError("No receivable account.")),
            mute_logger("odoo.addons.ar_reconcile.models.ar_match_proposal"),
        ):
            lines.action_auto_match()
            lines.action_auto_match()
        self.assertEqual([len(line.ar_match_ids) for line in lines], [1, 1])
        self.assertIn("No receivable account.", lines[0].ar_explanation)
        self.assertEqual(self._last_run().failed_count, 2)

    def test_an_item_that_is_gone_when_a_person_accepts_is_told(self):
        invoice, line = self._proposal()
        invoice.button_draft()
        invoice.line_ids.with_context(dynamic_unlink=True, force_delete=True).unlink()
        with self.assertRaisesRegex(UserError, "no longer exists"):
            line.action_ar_accept()
        self.assertEqual(line.ar_match_state, "proposed")

    # === COST === #

    def test_history_costs_no_query_per_line(self):
        def queries(count):
            lines = self._unmatched(*[("3.21", f"NOTHING {number}") for number in range(count)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines._ar_match("person")
            self.env.flush_all()
            spent = self.env.cr.sql_log_count - before
            self.assertEqual(len(lines.ar_match_ids), count)
            return spent

        queries(2)  # fills caches
        few = queries(3)
        self.assertLessEqual(queries(40), few)

    # === RIGHTS === #

    def test_runs_are_read_by_those_who_reconcile_in_the_company_and_written_by_nobody(self):
        self._pay(("7.00", "HELLO"))
        run = self._last_run()
        with self.assertRaises(AccessError):
            run.write({"booked_count": 9})
        with self.assertRaises(AccessError):
            run.unlink()
        other = self.setup_other_company(name="Other")["company"]
        far = new_test_user(
            self.env, "far", "ar_reconcile.group_reconcile", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        self.assertFalse(self.env["ar.match.run"].with_user(far).search([("id", "=", run.id)]))
        plain = new_test_user(self.env, "plain", "base.group_user")
        with self.assertRaises(AccessError):
            run.with_user(plain).read(["booked_count"])

    def test_a_bookkeeper_matches_and_decides(self):
        keeper = new_test_user(self.env, "keeper", "ar_reconcile.group_reconcile", company_id=self.env.company.id)
        invoice = self._invoice(50)
        line = self._unmatched(("50.00", invoice.name))
        line.with_user(keeper).action_auto_match()
        self.assertEqual((line.ar_match_state, line.ar_match_id.decided_by), ("matched", keeper))
        line.with_user(keeper).action_ar_undo()
        self.assertEqual((line.ar_match_state, line.ar_is_persons), ("none", True))
        self.assertEqual(self._last_run().user_id, keeper)
