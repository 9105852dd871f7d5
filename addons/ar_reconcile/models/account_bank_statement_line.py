from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

from ..engine.candidate import Candidate
from ..engine.matching import propose
from ..engine.payment import Payment
from ..engine.reference import compact, digit_runs, spellings, telling_runs
from .ar_import_wording import ImportWording

#: Lets the journal items of a bank line be replaced, without the line following them.
REBUILD_ITEMS = {
    "force_delete": True,
    "skip_readonly_check": True,
    "skip_account_move_synchronization": True,
}
#: Bank lines that are matched and committed together by the scheduled action.
CHUNK = 500
#: What makes a bank line again that other ones have replaced.
KEPT_RECORDS = (
    "journal_id",
    "partner_id",
    "foreign_currency_id",
    "ar_file_id",
    "ar_imported_statement_id",
    "ar_original_currency_id",
)
KEPT_VALUES = (
    "amount",
    "amount_currency",
    "payment_ref",
    "ref",
    "partner_name",
    "account_number",
    "transaction_type",
    "transaction_details",
    "sequence",
    "ar_import_id",
    "ar_source",
    "ar_bank_id",
    "ar_entry",
    "ar_entry_amount",
    "ar_original_amount",
    "ar_exchange_rate",
    "ar_bank_text",
)
#: What can go wrong with one line and must not hold up the others; conflicts of transactions are not among them.
REFUSALS = (
    UserError,
    RedirectWarning,
    ArithmeticError,
    LookupError,
    ValueError,
    psycopg2.IntegrityError,
    psycopg2.DataError,
)
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
    ar_file_id = fields.Many2one(
        "ar.statement.import",
        string="Bank File",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    ar_imported_statement_id = fields.Many2one(
        "ar.imported.statement",
        string="Statement in the File",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    ar_is_persons = fields.Boolean(
        string="Left to a Person",
        copy=False,
        readonly=True,
        help="A person has undone or turned down a match of this line; software books it no more.",
    )
    ar_source = fields.Char(string="Format", copy=False, readonly=True, help="The sort of file that it came in.")
    ar_bank_id = fields.Char(string="Bank's Id", copy=False, readonly=True, index="btree_not_null")
    ar_entry = fields.Char(
        string="Booked Entry",
        copy=False,
        readonly=True,
        help="The bank's reference of the entry that this is a part or the whole of.",
    )
    ar_entry_amount = fields.Monetary(string="Amount of the Entry", copy=False, readonly=True)
    ar_value_date = fields.Date(string="Value Date", copy=False, readonly=True)
    ar_original_amount = fields.Monetary(
        string="Original Amount", copy=False, readonly=True, currency_field="ar_original_currency_id"
    )
    ar_original_currency_id = fields.Many2one("res.currency", string="Original Currency", copy=False, readonly=True)
    ar_exchange_rate = fields.Float(
        string="Bank's Exchange Rate",
        digits=(16, 8),
        copy=False,
        readonly=True,
        help="In the account's currency, for one unit of the original currency.",
    )
    ar_bank_text = fields.Text(
        string="References and Ids", copy=False, readonly=True, help="Everything else that the bank said, to search in."
    )
    ar_details_html = fields.Html(string="Said by the Bank", compute="_compute_ar_details_html", sanitize=False)
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

    ar_matched_on = fields.Date(
        string="Last Matched On", copy=False, readonly=True, help="Lines that stay open are looked at again every day."
    )

    _ar_to_match_index = models.Index(
        "(ar_matched_on, id) WHERE is_reconciled IS NOT TRUE AND ar_import_id IS NOT NULL"
    )
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

    @api.depends("transaction_details")
    @api.depends_context("lang")
    def _compute_ar_details_html(self):
        wording = ImportWording(self.env)
        for line in self:
            said = wording.details(line.transaction_details)
            line.ar_details_html = said and self.env["ir.qweb"]._render("ar_reconcile.bank_details", {"said": said})

    # === IMPORT === #

    def _ar_settled(self):
        """Return those of these lines of which anything is reconciled, or whose entry a person has changed."""
        self.flush_model(["journal_id", "move_id"])
        self.env["account.move.line"].flush_model(["move_id", "account_id"])
        self.env["account.partial.reconcile"].flush_model(["debit_move_id", "credit_move_id"])
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT line.id
                  FROM account_bank_statement_line line
                  JOIN account_journal journal ON journal.id = line.journal_id
                  JOIN account_move_line item ON item.move_id = line.move_id
                 WHERE line.id = ANY(%s)
                   AND (
                       item.account_id NOT IN (journal.default_account_id, journal.suspense_account_id)
                       OR EXISTS (SELECT FROM account_partial_reconcile WHERE debit_move_id = item.id)
                       OR EXISTS (SELECT FROM account_partial_reconcile WHERE credit_move_id = item.id)
                   )
                """,
                self.ids,
            )
        )
        return self.browse([id_ for (id_,) in self.env.cr.fetchall()])

    def _ar_check_unsettled(self):
        """Refuse to have lines replaced of which something is reconciled."""
        settled = self._ar_settled().sorted("id")
        if settled:
            raise UserError(self.env._("%(line)s was reconciled in the meantime.", line=settled[0].display_name))

    def _ar_restorable(self):
        """Return what is needed to create these lines again, when other ones take their place."""
        return [{"statement_id": line.statement_id.id, "values": line._ar_kept_values()} for line in self]

    @api.model
    def _ar_restore(self, kept):
        """Create lines again from what `_ar_restorable` returned; records that are gone since are left empty."""
        values = []
        for row in kept:
            restored = dict(row["values"])
            for name in KEPT_RECORDS:
                restored[name] = self.env[self._fields[name].comodel_name].browse(restored[name]).exists().id
            statement = self.env["account.bank.statement"].browse(row["statement_id"]).exists()
            if restored["journal_id"]:
                values.append({**restored, "statement_id": statement.id})
        return self.create(values)

    def _ar_kept_values(self):
        """Return what identifies this line and what its bank said, as it can be stored and created anew."""
        self.ensure_one()
        return {
            **{name: self[name].id for name in KEPT_RECORDS},
            **{name: self[name] for name in KEPT_VALUES},
            "date": fields.Date.to_string(self.date),
            "ar_value_date": fields.Date.to_string(self.ar_value_date) or False,
            "ar_is_persons": self.ar_is_persons
            or any(match.state in ("rejected", "undone") for match in self.ar_match_ids),
        }

    # === MATCHING === #

    def _ar_match(self):
        """Match these lines with open invoices: book what is sure, keep what is likely as a proposal.

        All lines are looked at together, so that two that pay the same invoice are seen. A line whose match a
        person has undone or rejected is not booked again without a person.

        :return: the matches that were added to the history, one per line
        :rtype: recordset of ar.match
        """
        matches = self.env["ar.match"]
        unreconciled = self.filtered(lambda line: line.state == "posted" and not line.is_reconciled)
        for company, lines in unreconciled.grouped("company_id").items():
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
        unreconciled.ar_matched_on = fields.Date.context_today(self)
        sure = matches.filtered(lambda match: match.state == "proposed" and match._is_bookable_alone())
        sure._book()
        return matches.filtered(lambda match: match.statement_line_id in self)

    def _ar_match_each_if_need_be(self):
        """Match these lines; if some of them can't be, match the others and let each of those say why."""
        try:
            with self.env.cr.savepoint():
                self._ar_match()
        except REFUSALS as error:
            if len(self) == 1:
                self.env["ar.match"]._record_failure(self, error)
                return
            for line in self:
                line._ar_match_each_if_need_be()

    def _ar_possible_rivals(self, candidates, proposals):
        """Return the other unreconciled lines of the company that could claim what is proposed for these.

        They share a telling run of digits with an item, or the amount with a payment; the engine tells whether they do
        claim it. Their texts are read in one statement, however many they are.
        """
        claimed = {allocation.candidate for proposal in proposals for allocation in proposal.allocations}
        items = [candidate for candidate in candidates if candidate.key in claimed]
        if not items:
            return self.browse()
        runs = {run for item in items for text in (item.number, *item.references) for run in telling_runs(text)}
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
        """Return what is left to reconcile of this line as the engine's payment; nothing left is an amount of zero."""
        self.ensure_one()
        suspense = self._seek_for_lines()[1]
        currency = suspense.currency_id or self.currency_id
        return Payment(
            key=self.id,
            day=self.date,
            amount=_exact(-sum(suspense.mapped("amount_currency")), currency),
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
        receivable = self.env["account.account"].sudo()._search([("account_type", "=", "asset_receivable")])
        columns = SQL(
            """
            SELECT line.id, line.move_id AS move, move.name AS number, move.payment_reference AS reference,
                   line.partner_id AS partner, line.amount_residual_currency AS residual,
                   line.currency_id AS currency, COALESCE(line.date_maturity, line.date) AS due
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
             WHERE line.account_id IN %(receivable)s
               AND line.company_id = ANY(%(companies)s)
               AND line.parent_state = 'posted'
               AND line.partner_id IS NOT NULL
               AND move.move_type = 'out_invoice'
            """,
            receivable=receivable.subselect(),
            companies=self._ar_companies(company).ids,
        )
        query = SQL(
            """
            %(columns)s AND line.reconciled IS NOT TRUE AND line.amount_residual_currency > 0
             UNION ALL
            %(columns)s AND line.reconciled IS TRUE AND move.date >= %(earliest)s AND (
                regexp_replace(upper(move.name), '[^A-Z0-9]', '', 'g') = ANY(%(named)s)
                OR regexp_replace(upper(move.payment_reference), '[^A-Z0-9]', '', 'g') = ANY(%(named)s)
            )
             ORDER BY id
            """,
            columns=columns,
            earliest=earliest - timedelta(days=SETTLED_DAYS),
            named=named,
        )
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    @api.model
    def _ar_companies(self, company):
        """Return ``company`` and those of its branches that the user works in; software works in all of them."""
        branches = self.env["res.company"].sudo().search([("id", "child_of", company.id)])
        return branches if self.env.su or self.env.user._is_superuser() else branches & (self.env.companies | company)

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
        """Reconcile lines with the items that they settle, all of them or none.

        :param dict allocations: {line: [(journal item, amount), …]}; the amounts are in the line's currency and sum to
            what is left to reconcile of it
        :raises UserError: when that is no longer so, an item is no longer open to its amount, or the books are closed
        """
        suspense_of = self._ar_check_allocations(allocations)
        lines = self.browse([line.id for line in allocations])
        moves = lines.move_id.with_context(**REBUILD_ITEMS)
        pairs, singles, rests = [], defaultdict(list), []
        with moves._check_balanced({"records": moves}), moves._sync_dynamic_lines({"records": moves}):
            for line, parts in allocations.items():
                suspense = suspense_of[line]
                if len(parts) == 1:
                    singles[parts[0][0].account_id].append(suspense)
                    pairs.append((suspense, parts[0][0]))
                    continue
                first, *others = _divided(suspense, parts)
                suspense.with_context(**REBUILD_ITEMS).write(first)
                pairs.append((suspense, parts[0][0]))
                rests += [(values, item) for values, (item, _amount) in zip(others, parts[1:], strict=True)]
            for account, items in singles.items():
                self.env["account.move.line"].union(*items).with_context(**REBUILD_ITEMS).account_id = account
            created = self.env["account.move.line"].with_context(**REBUILD_ITEMS).create([each for each, _ in rests])
            pairs += zip(created, (item for _, item in rests), strict=True)
            self._ar_set_partners(allocations, pairs)
        self.env["account.move.line"]._reconcile_plan([counterpart + item for counterpart, item in pairs])
        if not all(counterpart.reconciled for counterpart, _item in pairs):
            raise UserError(self.env._("An invoice is no longer open to the amount that was proposed."))

    def _ar_check_allocations(self, allocations):
        """Refuse to book what is no longer true since it was proposed; return the suspense item of each line."""
        wanted, suspense_of = defaultdict(float), {}
        for line, parts in allocations.items():
            suspense = line._seek_for_lines()[1]
            if line.state != "posted" or line.is_reconciled or len(suspense) != 1:
                raise UserError(self.env._("%(line)s has nothing left to reconcile.", line=line.display_name))
            if suspense.currency_id.compare_amounts(sum(amount for _, amount in parts), -suspense.amount_currency):
                raise UserError(self.env._("The amount of %(line)s has changed.", line=line.display_name))
            for item, amount in parts:
                wanted[item] += amount
                if (item.parent_state, item.currency_id) != ("posted", suspense.currency_id):
                    raise UserError(self.env._("%(invoice)s has changed.", invoice=item.move_id.display_name))
            suspense_of[line] = suspense
        for item, amount in wanted.items():
            if item.currency_id.compare_amounts(item.amount_residual_currency, amount) < 0:
                raise UserError(
                    self.env._(
                        "%(invoice)s has only %(residual)s left to pay.",
                        invoice=item.move_id.name,
                        residual=item.currency_id.format(item.amount_residual_currency),
                    )
                )
        return suspense_of

    def _ar_set_partners(self, allocations, pairs):
        """Note whose payments the lines are: on each counterpart, and on the whole entry if it is of one customer."""
        items_of = defaultdict(lambda: self.env["account.move.line"])
        lines_of = defaultdict(self.browse)
        for counterpart, item in pairs:
            items_of[item.partner_id] |= counterpart
        for line, parts in allocations.items():
            payers = {item.partner_id for item, _amount in parts}
            if len(payers) == 1:
                lines_of[payers.pop()] |= line
        for partner, lines in lines_of.items():
            lines.with_context(**REBUILD_ITEMS).partner_id = partner
            lines.move_id.with_context(**REBUILD_ITEMS).partner_id = partner
            items_of[partner] |= lines.move_id.line_ids
        for partner, items in items_of.items():
            items.with_context(**REBUILD_ITEMS).partner_id = partner

    def action_undo_reconciliation(self):
        """Undo as Odoo does, also what matching has booked: mark its matches, and restore the lines' partners."""
        matches = self.ar_match_ids.filtered(lambda match: match.state == "booked")
        matches.sudo().write({"state": "undone", "undone_by": self.env.uid, "undone_on": fields.Datetime.now()})
        res = super().action_undo_reconciliation()
        for partner, undone in matches.grouped("previous_partner_id").items():
            undone.statement_line_id.partner_id = partner
        return res

    # === ACTIONS === #

    def action_ar_match(self):
        """Match the chosen lines, again if need be."""
        self.check_access("write")
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
        return self.ar_match_id.filtered(lambda match: match.state == "proposed").action_accept()

    def action_ar_reject(self):
        """Turn down what is proposed for the chosen lines."""
        self.ar_match_id.filtered(lambda match: match.state == "proposed").action_reject()

    def action_ar_undo(self):
        """Take back what was booked for the chosen lines."""
        self.ar_match_id.filtered(lambda match: match.state == "booked").action_undo()

    @api.model
    def _cron_ar_match(self):
        """Match new lines, and once a day those that stayed open, in chunks that are committed one by one."""
        today = fields.Date.context_today(self)
        domain = (
            Domain("ar_import_id", "!=", False)
            & Domain("is_reconciled", "=", False)
            & Domain("state", "=", "posted")
            & (Domain("ar_file_id", "=", False) | Domain("ar_file_id.state", "not in", ("running", "undoing")))
            & (Domain("ar_matched_on", "=", False) | Domain("ar_matched_on", "<", today))
        )
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        while lines := self.search(domain, limit=CHUNK, order="ar_matched_on NULLS FIRST, id"):
            lines._ar_match_each_if_need_be()
            if not self.env["ir.cron"]._commit_progress(len(lines)):
                break
            self.env.invalidate_all()


def _divided(suspense, parts):
    """Return the values of the items that take the place of ``suspense``, one per part.

    The company's amounts are cumulative shares, rounded: they sum to the whole and never change sign.
    """
    currency, company_currency = suspense.currency_id, suspense.company_currency_id
    given, told, values = 0.0, 0.0, []
    for item, amount in parts:
        given += amount
        total = company_currency.round(suspense.balance * given / -suspense.amount_currency)
        values.append(
            {
                "name": suspense.name,
                "move_id": suspense.move_id.id,
                "account_id": item.account_id.id,
                "currency_id": currency.id,
                "amount_currency": -currency.round(amount),
                "balance": company_currency.round(total - told),
            }
        )
        told = total
    return values


def _exact(amount, currency):
    """Return a float amount of Odoo as the exact decimal it stands for."""
    return Decimal(repr(currency.round(amount))).quantize(Decimal(1).scaleb(-currency.decimal_places))
