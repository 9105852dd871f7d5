from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

from ..engine.candidate import Candidate
from ..engine.matching import propose
from ..engine.payment import Payment
from ..engine.reference import compact, digit_runs, spellings

#: Lets the journal items of a bank line be replaced, without the line following them.
REBUILD_ITEMS = {
    "force_delete": True,
    "skip_readonly_check": True,
    "skip_account_move_synchronization": True,
}
#: Bank lines that are matched and committed together by the scheduled action.
CHUNK = 200
#: Settled invoices are recognised in a text for so many days after they were issued.
SETTLED_DAYS = 400


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    ar_import_id = fields.Char(
        string="Import Identity",
        copy=False,
        readonly=True,
        help="What makes this transaction the same one in another file of the bank.",
    )
    ar_match_ids = fields.One2many("ar.match", "statement_line_id", string="Matching History", readonly=True)
    ar_match_id = fields.Many2one(
        "ar.match",
        string="Match",
        compute="_compute_ar_match_id",
        help="The last thing that matching said of this line.",
    )
    ar_state = fields.Selection(
        [("new", "To match"), ("open", "To look at"), ("proposed", "Proposed"), ("booked", "Booked")],
        string="Matching",
        compute="_compute_ar_state",
        store=True,
        help="To match: matching has not seen the line yet. To look at: nothing fits for certain, the reason is given. "
        "Proposed: a match waits for your word. Booked: reconciled.",
    )
    ar_explanation = fields.Text(string="Explanation", compute="_compute_ar_match_id")
    ar_summary = fields.Char(string="Why", compute="_compute_ar_match_id", help="The explanation on one line.")
    ar_confidence = fields.Selection(
        [("sure", "Sure"), ("likely", "Likely"), ("none", "No match")],
        string="Confidence",
        compute="_compute_ar_match_id",
    )
    ar_match_state = fields.Char(string="Match State", compute="_compute_ar_match_id")
    ar_allocation_ids = fields.One2many("ar.match.allocation", string="Pays", compute="_compute_ar_match_id")

    _ar_import_id_unique = models.UniqueIndex(
        "(journal_id, ar_import_id) WHERE ar_import_id IS NOT NULL",
        "This transaction of the bank is already in this journal.",
    )

    def _auto_init(self):
        # The states of lines that are there already come from one statement instead of a compute.
        if not column_exists(self.env.cr, self._table, "ar_state"):
            create_column(self.env.cr, self._table, "ar_state", "varchar")
            self.env.cr.execute(
                SQL(
                    "UPDATE account_bank_statement_line SET ar_state = CASE WHEN is_reconciled THEN %s ELSE %s END",
                    "booked",
                    "new",
                )
            )
        return super()._auto_init()

    @api.depends("ar_match_ids.state", "ar_match_ids.explanation")
    @api.depends_context("lang")
    def _compute_ar_match_id(self):
        for line in self:
            match = line.ar_match_ids.sorted("id")[-1:]
            line.ar_match_id = match
            line.ar_explanation = match.explanation
            line.ar_summary = " ".join((match.explanation or "").splitlines())
            line.ar_confidence = match.confidence
            line.ar_match_state = match.state
            line.ar_allocation_ids = match.allocation_ids

    @api.depends("is_reconciled", "ar_match_ids.state")
    def _compute_ar_state(self):
        for line in self:
            if line.is_reconciled:
                line.ar_state = "booked"
            elif line.ar_match_id.state == "proposed":
                line.ar_state = "proposed"
            else:
                line.ar_state = "open" if line.ar_match_id else "new"

    # === MATCHING === #

    def _ar_match(self):
        """Match these lines with open invoices: book what is sure, keep what is likely as a proposal.

        All lines are looked at together, so that two that pay the same invoice are seen. A line whose match a
        person has undone or rejected is not booked again without a person.

        :return: the matches that were added to the history, one per line
        :rtype: recordset of ar.match
        """
        matches = self.env["ar.match"]
        for company, lines in self.filtered(lambda line: not line.is_reconciled).grouped("company_id").items():
            payments = [line._as_payment() for line in lines]
            candidates = lines._ar_candidates(company, payments)
            proposals = propose(payments, candidates)
            others = lines._ar_possible_rivals(candidates, proposals)
            if others:
                payments += [line._as_payment() for line in others]
                proposals = propose(payments, candidates)
            rivals = {key for proposal in proposals if proposal.payment in lines._ids for key in proposal.rivals}
            concerned = lines | others.filtered(lambda line, rivals=rivals: line.id in rivals)
            matches |= self.env["ar.match"]._record(concerned, payments, candidates, proposals)
        sure = matches.filtered(lambda match: match.state == "proposed" and match._is_bookable_alone())
        sure._book()
        return matches.filtered(lambda match: match.statement_line_id in self)

    def _ar_possible_rivals(self, candidates, proposals):
        """Return the other unreconciled lines of the company that could claim what is proposed for these.

        They share a run of digits with an item, or the amount with a payment; the engine tells whether they do claim
        it. Their texts are read in one statement, however many they are.
        """
        claimed = {allocation.candidate for proposal in proposals for allocation in proposal.allocations}
        items = [candidate for candidate in candidates if candidate.key in claimed]
        if not items:
            return self.browse()
        runs = {run for item in items for text in (item.number, *item.references) for run in digit_runs(text)}
        runs |= {run for item in items for text in item.references for run in digit_runs(compact(text))}
        amounts = {line.amount_currency or line.amount for line in self}
        self.flush_model()
        self.env["account.move"].flush_model(["ref", "state", "date"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id, COALESCE(NULLIF(line.amount_currency, 0), line.amount),
                       concat_ws(' | ', line.payment_ref, move.ref, line.partner_name)
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.company_id = %s
                   AND line.is_reconciled IS NOT TRUE
                   AND move.state = 'posted'
                   AND line.amount > 0
                   AND move.date >= %s
                   AND line.id != ALL(%s)
                """,
                self.company_id.id,
                min(self.mapped("date")) - timedelta(days=SETTLED_DAYS),
                self.ids,
            )
        )
        return self.browse([id_ for id_, amount, text in rows if amount in amounts or runs & digit_runs(text)])

    def _as_payment(self):
        """Return this line as the engine's payment."""
        self.ensure_one()
        currency = self.foreign_currency_id or self.currency_id
        amount = self.amount_currency if self.foreign_currency_id else self.amount
        return Payment(
            key=self.id,
            day=self.date,
            amount=_exact(amount, currency),
            currency=currency.name,
            texts=tuple(text for text in (self.payment_ref, self.ref, self.partner_name) if text),
            counterparty_account=compact(self.account_number or ""),
        )

    @api.model
    def _ar_candidates(self, company, payments):
        """Return the receivable items of ``company`` that ``payments`` could settle.

        :param company: res.company
        :param list[Payment] payments: decide which settled invoices and which bank accounts are read
        :return: all open invoice items, and settled ones that a payment names
        :rtype: list[Candidate]
        """
        currencies = {each.id: each for each in self.env["res.currency"].with_context(active_test=False).search([])}
        accounts = self._ar_known_accounts({payment.counterparty_account for payment in payments} - {""})
        return [
            Candidate(
                key=row["id"],
                invoice=row["move"],
                number=row["number"],
                customer=row["partner"],
                residual=_exact(row["residual"], currencies[row["currency"]]),
                currency=currencies[row["currency"]].name,
                due=row["due"],
                references=(row["reference"],) if row["reference"] and row["reference"] != row["number"] else (),
                accounts=accounts.get(row["partner"], ()),
            )
            for row in self._ar_candidate_rows(company, payments)
        ]

    @api.model
    def _ar_candidate_rows(self, company, payments):
        """Read the items behind `_ar_candidates` in one statement."""
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model()
        named = sorted({spelling for payment in payments for text in payment.texts for spelling in spellings(text)})
        earliest = min((payment.day for payment in payments), default=fields.Date.today())
        query = SQL(
            """
            SELECT line.id, line.move_id AS move, move.name AS number, move.payment_reference AS reference,
                   line.partner_id AS partner, line.amount_residual_currency AS residual,
                   line.currency_id AS currency, COALESCE(line.date_maturity, line.date) AS due
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
             WHERE account.account_type = 'asset_receivable'
               AND line.company_id IN %(companies)s
               AND line.parent_state = 'posted'
               AND move.move_type = 'out_invoice'
               AND line.partner_id IS NOT NULL
               AND CASE WHEN line.reconciled IS TRUE
                   THEN line.date >= %(earliest)s
                        AND regexp_replace(upper(move.name), '[^A-Z0-9]', '', 'g') = ANY(%(named)s)
                   ELSE line.amount_residual_currency > 0
                   END
             ORDER BY line.id
            """,
            companies=tuple(company._accessible_branches().ids),
            earliest=earliest - timedelta(days=SETTLED_DAYS),
            named=named,
        )
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    @api.model
    def _ar_known_accounts(self, accounts):
        """Return which customers own the given accounts, in compact form: {partner id: (account, …)}."""
        banks = (
            self.env["res.partner.bank"]
            .sudo()
            .search_fetch(  # numbers are compared, not shown
                [("sanitized_acc_number", "in", sorted(accounts))], ["sanitized_acc_number", "partner_id"]
            )
        )
        owned = defaultdict(set)
        for bank in banks:
            owned[bank.partner_id.commercial_partner_id.id].add(compact(bank.sanitized_acc_number))
        return {partner: tuple(sorted(numbers)) for partner, numbers in owned.items()}

    # === BOOKING === #

    def _ar_book(self, allocations):
        """Reconcile each line with the items that it settles.

        :param dict allocations: {line: [(journal item, amount in the line's currency), …]}; the amounts of a line
            sum to it
        :raises UserError: when an item is no longer open to that amount, or the books are closed
        """
        singles, splits = defaultdict(list), []
        for line, parts in allocations.items():
            line._ar_check_parts(parts)
            if len(parts) == 1:
                item = parts[0][0]
                singles[item.account_id, item.partner_id].append((line, item))
            else:
                splits.append((line, parts))
        plan = []
        for (account, partner), pairs in singles.items():
            lines = self.browse([line.id for line, _item in pairs])
            suspense = lines._ar_suspense_items()
            suspense.with_context(**REBUILD_ITEMS).write({"account_id": account.id, "partner_id": partner.id})
            lines._ar_set_partner(partner)
            plan += [counterpart + item for counterpart, (_line, item) in zip(suspense, pairs, strict=True)]
        for line, parts in splits:
            plan += line._ar_split(parts)
        self.env["account.move.line"]._reconcile_plan(plan)

    def _ar_check_parts(self, parts):
        """Refuse to book what is no longer true since it was proposed."""
        self.ensure_one()
        if self.is_reconciled:
            raise UserError(self.env._("%(line)s is already reconciled.", line=self.display_name))
        for item, amount in parts:
            if item.currency_id.compare_amounts(item.amount_residual_currency, amount) < 0:
                raise UserError(
                    self.env._(
                        "%(invoice)s has only %(residual)s left to pay.",
                        invoice=item.move_id.name,
                        residual=item.currency_id.format(item.amount_residual_currency),
                    )
                )

    def _ar_suspense_items(self):
        """Return the suspense item of each line, in the lines' order."""
        suspense = self.env["account.move.line"]
        for line in self:
            items = line._seek_for_lines()[1]
            if len(items) != 1:
                raise UserError(self.env._("%(line)s has no amount left to reconcile.", line=line.display_name))
            suspense += items
        return suspense

    def _ar_set_partner(self, partner):
        """Note whose payment the lines are, without touching their counterparts."""
        lines = self.with_context(**REBUILD_ITEMS)
        lines.write({"partner_id": partner.id})
        liquidity = self.env["account.move.line"].union(*(line._seek_for_lines()[0] for line in self))
        liquidity.with_context(**REBUILD_ITEMS).write({"partner_id": partner.id})

    def _ar_split(self, parts):
        """Divide the counterpart of one line among several items; return the pairs to reconcile."""
        self.ensure_one()
        suspense = self._ar_suspense_items()
        company_currency = suspense.company_currency_id
        rest_currency, rest_balance = suspense.amount_currency, suspense.balance
        values = []
        for position, (item, amount) in enumerate(parts, start=1):
            if position == len(parts):
                part_currency, part_balance = rest_currency, rest_balance
            else:
                part_currency = -amount
                part_balance = company_currency.round(suspense.balance * amount / -suspense.amount_currency)
            rest_currency -= part_currency
            rest_balance -= part_balance
            values.append(
                {
                    "name": suspense.name,
                    "account_id": item.account_id.id,
                    "partner_id": item.partner_id.id,
                    "currency_id": suspense.currency_id.id,
                    "amount_currency": suspense.currency_id.round(part_currency),
                    "balance": company_currency.round(part_balance),
                }
            )
        self.with_context(**REBUILD_ITEMS).write(
            {"line_ids": [Command.delete(suspense.id), *(Command.create(each) for each in values)]}
        )
        payers = {item.partner_id for item, _amount in parts}
        if len(payers) == 1:
            self._ar_set_partner(payers.pop())
        counterparts = self._seek_for_lines()[2].sorted("id")
        return [counterpart + item for counterpart, (item, _amount) in zip(counterparts, parts, strict=True)]

    # === ACTIONS === #

    def action_ar_match(self):
        """Match the chosen lines, again if need be."""
        matches = self._ar_match()
        booked = matches.filtered(lambda match: match.state == "booked")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if booked else "info",
                "message": self.env._(
                    "Bank lines booked: %(booked)s of %(looked_at)s.", booked=len(booked), looked_at=len(matches)
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_ar_accept(self):
        """Book what is proposed for the chosen lines."""
        self.ar_match_id.filtered(lambda match: match.state == "proposed").action_accept()

    def action_ar_reject(self):
        """Turn down what is proposed for the chosen lines."""
        self.ar_match_id.filtered(lambda match: match.state == "proposed").action_reject()

    def action_ar_undo(self):
        """Take back what was booked for the chosen lines."""
        self.ar_match_id.filtered(lambda match: match.state == "booked").action_undo()

    @api.model
    def _cron_ar_match(self):
        """Match the lines that nobody has looked at yet, in chunks that are committed one by one."""
        domain = Domain("ar_state", "=", "new") & Domain("ar_import_id", "!=", False)
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        while lines := self.search(domain, limit=CHUNK, order="id"):
            lines._ar_match()
            if not self.env["ir.cron"]._commit_progress(len(lines)):
                break


def _exact(amount, currency):
    """Return a float amount of Odoo as the exact decimal it stands for."""
    return Decimal(repr(currency.round(amount))).quantize(Decimal(1).scaleb(-currency.decimal_places))
