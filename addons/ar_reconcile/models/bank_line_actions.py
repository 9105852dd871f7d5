"""What a person does in the workspace: each action tells what became of each line, and how it is taken back."""

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command, Domain
from odoo.tools import plaintext2html

from .bank_line_booking import ACCOUNT, OPEN
from .bank_line_by_hand import MOST_LINES, QUESTION, id_of, text_of
from .trouble import words_of

#: Facts that are forgotten at once: an account and a name of each line.
MOST_FACTS = 2 * MOST_LINES


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    # === BOOKING === #

    def ar_workspace_accept(self, proposal_id=False):
        """Book what is proposed for these lines; of one line, also one of several proposals.

        :param int proposal_id: the proposal that the person has seen; something else is not booked in its place
        :return: see `_ar_outcome`
        """
        lines = self._ar_taken()
        if proposal_id and len(lines) > 1:
            raise UserError(self.env._("Choose one bank line."))
        failures, wanted = {}, self.env["ar.match.proposal"]
        for line in lines:
            chosen, failure = line._ar_chosen(proposal_id)
            if failure:
                failures[line] = failure
            wanted |= chosen
        booked = wanted._book(is_automatic=False)
        failures |= {proposal.statement_line_id: proposal.failure for proposal in wanted - booked}
        return lines._ar_booked_outcome(booked.statement_line_id, failures)

    def _ar_chosen(self, proposal_id):
        """Return the proposal of this line that can be booked, or none and why.

        :param int proposal_id: the only one that is meant, zero for whatever is proposed
        """
        proposals = self.ar_proposal_ids
        chosen = proposals.filtered(lambda proposal: proposal.id == id_of(proposal_id)) if proposal_id else proposals
        if self.is_reconciled:
            return chosen.browse(), self._ar_what_it_is_now()
        if self.ar_match_state == "waiting":
            return chosen.browse(), self.env._("Waits for a second person's approval.")
        if len(chosen) == 1:
            return chosen, ""
        if chosen:
            return chosen.browse(), self.env._("Several matches fit equally. Open the bank line and choose one.")
        if proposals:
            return chosen, self.env._("Something else is proposed now. Look at it again.")
        return chosen, self.env._("Nothing is proposed.")

    def ar_workspace_book(self, parts, comment=""):
        """Book this line by hand: see `ar_book_by_hand`; what is above the limit waits for a second person."""
        lines = self._ar_taken()
        if len(lines) > 1:
            raise UserError(self.env._("Choose one bank line."))
        match = lines.ar_book_by_hand(parts, comment)
        if match.state == "waiting":
            message = self.env._("Waits for a second person: it is above the limit for write-offs.")
            return lines._ar_outcome(lines, {}, message, [(lines, "ar_workspace_undo", [])])
        return lines._ar_booked_outcome(lines, {})

    def ar_workspace_apply_model(self, model_id):
        """Book these lines as one of the company's reconciliation models says."""
        lines = self._ar_taken()
        model = self.env["account.reconcile.model"].search([("id", "=", id_of(model_id))])
        if not model.line_ids or lines.company_id - model._ar_companies():
            raise UserError(self.env._("This reconciliation model can't be used here."))
        done, failures = lines._ar_each(lambda some: some._ar_apply_by_hand(model))
        return lines._ar_booked_outcome(done, failures)

    def _ar_apply_by_hand(self, model):
        """Book these lines as ``model`` says, and write that down in their histories."""
        for line in self:
            if line.is_reconciled:
                raise UserError(line._ar_what_it_is_now())
        self._ar_check_not_waiting()
        values = []
        for line in self:
            suspense, accounts = line._seek_for_lines()[1], model.line_ids.account_id
            parts = [
                {
                    "kind": OPEN if each["account_id"] == suspense.account_id.id else ACCOUNT,
                    "amount": -each["amount_currency"],
                    "account_id": each["account_id"],
                    "number": accounts.browse(each["account_id"]).display_name,
                }
                for each in model._ar_counterparts(line)
            ]
            if not parts:
                raise UserError(self.env._("%(model)s takes nothing off this line.", model=model.display_name))
            if line._ar_needs_second_person([{**part, "move_line_id": False} for part in parts]):
                raise UserError(
                    self.env._(
                        "%(model)s gives up more than the limit for write-offs. Book the line by hand: then a second "
                        "person can approve it.",
                        model=model.display_name,
                    )
                )
            values.append(
                {
                    "statement_line_id": line.id,
                    "currency_id": suspense.currency_id.id,
                    "origin": "model",
                    "state": "accepted",
                    "comment": model.display_name,
                    "decided_by": self.env.uid,
                    "decided_on": fields.Datetime.now(),
                    "previous_partner_id": line.partner_id.id,
                    "allocation_ids": [Command.create(part) for part in parts],
                }
            )
        booked = model._ar_book(self)
        if booked != self:
            raise UserError(self.env._("%(model)s takes nothing off this line.", model=model.display_name))
        matches = self.env["ar.match.proposal"].sudo().create(values)
        matches._siblings().write({"state": "superseded"})

    def ar_workspace_undo(self):
        """Take back what was booked for these lines, or what waits for a second person."""
        lines = self._ar_taken()
        done, failures = lines._ar_each(lambda some: some._ar_undo_by_hand())
        message = self.env._("Taken back: %(lines)s.", lines=done._ar_listed()) if done else ""
        return lines._ar_outcome(done, failures, message, [])

    def _ar_undo_by_hand(self):
        waiting = self.ar_match_ids.filtered(lambda match: match.state == "waiting")
        waiting.action_refuse()
        left = self - waiting.statement_line_id  # what was booked of a line before stays, when the rest is withdrawn
        accepted = left.ar_match_ids.filtered(lambda match: match.state == "accepted")
        accepted.action_undo()
        others = left - accepted.statement_line_id
        if others - others._ar_settled():
            raise UserError(self.env._("Nothing is booked for this line."))
        others.action_undo_reconciliation()

    def ar_workspace_reject(self):
        """Turn down what is proposed for these lines."""
        lines = self._ar_taken()
        done, failures = lines._ar_each(lambda some: some._ar_turn_down())
        message = self.env._("Turned down: %(lines)s.", lines=done._ar_listed()) if done else ""
        return lines._ar_outcome(done, failures, message, [(done, "ar_workspace_match", [])])

    def _ar_turn_down(self):
        if self - self.ar_proposal_ids.statement_line_id:
            raise UserError(self.env._("Nothing is proposed."))
        self.ar_proposal_ids.action_reject()

    def ar_workspace_match(self):
        """Match these lines anew: book what is certain, propose what is likely."""
        lines = self._ar_taken()
        failures = {line: line._ar_what_it_is_now() for line in lines if line.is_reconciled}
        waiting = lines.filtered(lambda line: line.ar_match_state == "waiting")
        failures |= dict.fromkeys(waiting, self.env._("Waits for a second person's approval."))
        done = lines - self.browse().union(*failures)
        done._ar_match("person")
        booked = done.filtered("is_reconciled")
        proposed = done.filtered(lambda line: line.ar_match_state in ("proposed", "ambiguous"))
        message = self.env._(
            "Matched again: %(booked)s booked, %(proposed)s proposed, of %(count)s.",
            booked=len(booked),
            proposed=len(proposed),
            count=len(done),
        )
        return lines._ar_outcome(done, failures, message if done else "", [(booked, "ar_workspace_undo", [])])

    def ar_workspace_review(self, is_approved):
        """Approve or refuse what waits for a second person."""
        lines = self._ar_taken()

        def review(some):
            waiting = some.ar_match_ids.filtered(lambda match: match.state == "waiting")
            if waiting.statement_line_id != some:
                raise UserError(self.env._("Nothing waits for approval."))
            if is_approved:
                waiting.action_approve()
            else:
                waiting.action_refuse()

        done, failures = lines._ar_each(review)
        if is_approved:
            return lines._ar_booked_outcome(done, failures)
        message = self.env._("Refused: %(lines)s.", lines=done._ar_listed()) if done else ""
        return lines._ar_outcome(done, failures, message, [])

    # === CUSTOMER, NOTE, QUESTION === #

    def ar_workspace_set_customer(self, partner_id, remember=False):
        """Note whose payments these lines are; what is proposed for other customers is turned down.

        :param bool remember: have matching know this payer's account or name from now on
        """
        lines = self._ar_taken()
        partner = self.env["res.partner"].search([("id", "=", id_of(partner_id))]).commercial_partner_id
        if partner_id and not partner.active:
            raise UserError(self.env._("This customer no longer exists, or is archived."))
        former = {line: line.partner_id for line in lines}
        turned_down = lines.browse()

        def note(some):
            nonlocal turned_down
            turned_down |= some._ar_note_customer(partner)

        done, failures = lines._ar_each(note)
        undo = [
            (some, "ar_workspace_set_customer", [known.id])
            for known, some in done.grouped(lambda line: former[line]).items()
        ]
        message = self.env._("Customer noted: %(customer)s.", customer=partner.display_name)
        if not partner:
            message = self.env._("No customer noted any more.")
        elif remember and done:
            told = self.env["ar.payer.fact"]._remember(done, partner)
            undo.append((done if told else self.browse(), "ar_workspace_forget", [told.ids]))
            message = self.env._("Customer noted and remembered: %(customer)s.", customer=partner.display_name)
        undo.append((turned_down & done, "ar_workspace_match", []))
        return lines._ar_outcome(done, failures, message if done else "", undo)

    def _ar_note_customer(self, partner):
        """Note whose payments these lines are; return those of which another customer's proposal was turned down."""
        for line in self:
            if line.is_reconciled:
                raise UserError(line._ar_what_it_is_now())
        if self._ar_settled():
            raise UserError(self.env._("A part of this payment is booked. Take that back first."))
        self._ar_check_not_waiting()
        others = self.ar_proposal_ids.filtered(lambda match: partner not in match.sudo().allocation_ids.partner_id)
        if partner:
            others.action_reject()
        self.partner_id = partner
        return others.statement_line_id if partner else self.browse()

    def ar_workspace_forget(self, fact_ids):
        """Take back that this person had a customer remembered by the payer of these lines."""
        lines = self._ar_taken()
        ids = [id_of(each) for each in fact_ids] if isinstance(fact_ids, list) else []
        self.env["ar.payer.fact"].browse(filter(None, ids[:MOST_FACTS]))._take_word_back(lines)
        return lines._ar_outcome(lines, {}, self.env._("No longer remembered."), [])

    def ar_workspace_note(self, note):
        """Leave these lines for now, with a note that the list shows."""
        lines = self._ar_taken()
        note = text_of(note)
        undo = [(some, "ar_workspace_note", [former or ""]) for former, some in lines.grouped("ar_note").items()]
        lines.write({"ar_note": note})
        if note:
            body = plaintext2html(note)
            lines.move_id._message_log_batch({move.id: body for move in lines.move_id})
        message = self.env._("Note kept.") if note else self.env._("Note removed.")
        return lines._ar_outcome(lines, {}, message, undo)

    def ar_workspace_ask(self, user_id, question=""):
        """Hand these lines to a colleague, who gets an activity with the question."""
        lines = self._ar_taken()
        user = lines._ar_colleague(user_id)
        undo = [(some, "ar_workspace_own", [former.id]) for former, some in lines.grouped("ar_owner_id").items()]
        lines.write({"ar_owner_id": user.id})
        lines.move_id.activity_schedule(
            QUESTION,
            summary=self.env._("Bank line to clear"),
            note=plaintext2html(text_of(question)),
            user_id=user.id,
        )
        return lines._ar_outcome(lines, {}, self.env._("%(user)s was asked.", user=user.name), undo)

    def ar_workspace_own(self, user_id):
        """Say who clears these lines, without a question; questions that were asked of somebody else are withdrawn."""
        lines = self._ar_taken()
        user = lines._ar_colleague(user_id) if user_id else self.env["res.users"]
        undo = [(some, "ar_workspace_own", [former.id]) for former, some in lines.grouped("ar_owner_id").items()]
        asked = lines.move_id.activity_ids.filtered(
            lambda each: each.activity_type_id == self.env.ref(QUESTION) and each.create_uid == self.env.user
        )
        (asked.filtered(lambda each: each.user_id != user)).unlink()
        lines.write({"ar_owner_id": user.id})
        message = self.env._("Cleared by %(user)s.", user=user.name) if user else self.env._("No owner any more.")
        return lines._ar_outcome(lines, {}, message, undo)

    def _ar_colleague(self, user_id):
        """Return who clears these lines or is asked about them: somebody who works in their companies."""
        user = self.env["res.users"].browse(id_of(user_id)).exists()
        if not user.active or user.share or self.company_id - user.sudo().company_ids:
            raise UserError(self.env._("Choose a colleague who works in this company."))
        return user

    def ar_workspace_follow_up(self):
        """Have what these payments left open of invoices followed up: see `action_ar_follow_up_short_payment`."""
        lines = self._ar_taken()
        told = lines.action_ar_follow_up_short_payment()
        return lines._ar_outcome(lines, {}, told["params"]["message"], [])

    # === OUTCOME === #

    def _ar_taken(self):
        """Return those of these lines that exist, after a check of the right to change them."""
        if len(self) > MOST_LINES:
            raise UserError(self.env._("Too many bank lines at once: at most %(most)s.", most=MOST_LINES))
        lines = self.exists()
        if not lines:
            raise UserError(self.env._("These bank lines are gone."))
        lines._ar_check_may_reconcile()
        return lines

    def _ar_each(self, action):
        """Do ``action`` with all of these lines together, and if that fails with each that it can be done with.

        :return: the lines it was done with, and the messages of the others by line
        """
        if not self:
            return self, {}
        try:
            with self.env.cr.savepoint():
                action(self)
        except (UserError, RedirectWarning) as error:
            if len(self) == 1:
                return self.browse(), {self: words_of(error)}
            half = len(self) // 2
            first, bad = self[:half]._ar_each(action)
            second, worse = self[half:]._ar_each(action)
            return first | second, {**bad, **worse}
        return self, {}

    def _ar_listed(self):
        """Return what to call these lines in a message: one by its payer and amount, several by their number."""
        if len(self) == 1:
            return f"{self.partner_name or self._ar_text_or_name()}, {self.currency_id.format(self.amount)}"
        return self.env._("%(count)s bank lines", count=len(self))

    def _ar_booked_outcome(self, booked, failures):
        booked.filtered("is_reconciled")._ar_answer_questions(self.env._("Booked"))
        message = self.env._("Booked: %(lines)s.", lines=booked._ar_listed()) if booked else ""
        return self._ar_outcome(booked, failures, message, [(booked, "ar_workspace_undo", [])])

    def _ar_answer_questions(self, answer):
        """Close the questions about these lines, for they are decided now."""
        asked = (
            self.env["mail.activity"]
            .sudo()
            .search(
                Domain("res_model", "=", "account.move")
                & Domain("res_id", "in", self.move_id.ids)
                & Domain("activity_type_id", "=", self.env.ref(QUESTION).id)
            )
        )
        if asked:
            asked.action_feedback(feedback=answer)

    def _ar_outcome(self, done, failures, message, undo):
        """Return what an action did, for the screen.

        :param dict failures: messages by line
        :param list undo: what takes it back, as (lines, method, arguments)
        :return: ``{"rows": the lines as they are now, "done": ids, "failed": [{"id", "message"}], "message": text,
            "undo": [{"ids", "method", "args"}]}``
        """
        return {
            "rows": self._ar_workspace_rows(),
            "done": done.ids,
            "failed": [{"id": line.id, "message": failure} for line, failure in failures.items()],
            "message": message,
            "undo": [{"ids": lines.ids, "method": method, "args": args} for lines, method, args in undo if lines],
        }

    # === SET-UP === #

    @api.model
    @api.readonly
    def ar_workspace_setup(self, journal_id=False):
        """Return what the workspace needs to know once: the reconciliation models, and what the user may do."""
        journal = self.env["account.journal"].browse(id_of(journal_id)).exists()
        company = journal.company_id or self.env.company
        found = self.env["account.reconcile.model"].search(
            Domain("company_id", "parent_of", company.id) & Domain("mapped_partner_id", "=", False)
        )
        return {
            "models": [
                {"id": model.id, "name": model.name, "accounts": ", ".join(model.line_ids.account_id.mapped("code"))}
                for model in found
                if model.line_ids.account_id
            ],
            "may_act": self.env.user.has_group("ar_reconcile.group_reconcile"),
            "may_review": self.env.user.has_group("ar_reconcile.group_reconcile_review"),
            "company_id": company.id,
        }


class AccountReconcileModel(models.Model):
    _inherit = "account.reconcile.model"  # pylint: disable=consider-merging-classes-inherited

    def _ar_companies(self):
        """Return the companies in which this model holds: its own and the branches below."""
        return self.env["res.company"].search([("id", "child_of", self.company_id.id)])
