import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..engine.import_plan import NEAR_DAYS, Incoming, Present, plan_import
from ..parsers import line_identities
from .ar_import_wording import ImportWording

#: New transactions that are shown before an import.
SHOWN_LINES = 10
#: Bank lines that are created, and in the background committed, together.
CHUNK = 200

#: An amount of something left out, as far as it is plainly one; the note keeps the file's own text.
PLAIN_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
#: Problems that another journal settles.
CHOICES = ("no_journal", "several_journals", "no_account_told", "other_currency")


class BusyError(UserError):
    """Somebody else imports into the journal at this moment; nothing is wrong with the file."""


class Reading:
    """What was found in a file so far.

    :ivar notes: notes for people, as values of ar.statement.import.note
    :ivar counts: sums over the file's statements
    :ivar gathered: lines of notifications and reports that come under a statement now
    :ivar journals: found journals, by account and currency of the file
    """

    def __init__(self):
        self.notes = []
        self.counts = dict.fromkeys(("new_count", "known_count", "doubtful_count", "skipped_count"), 0)
        self.gathered = 0
        self.journals = {}
        self._brought = defaultdict(list)
        self._closings = defaultdict(list)

    def bring(self, journal, incoming, source):
        """Note what an earlier statement of this file brings into ``journal``; the keys of such lines are negative."""
        for transaction in incoming:
            key = -1 - sum(map(len, self._brought.values()))
            self._brought[journal, transaction.day].append(_as_present(key, transaction, source))

    def brought(self, journal, days):
        """Return what earlier statements of this file bring into ``journal`` on ``days``."""
        return [line for day in days for line in self._brought.get((journal, day), ())]

    def close(self, journal, day, balance):
        """Note the closing balance of an earlier statement of this file."""
        self._closings[journal].append((day, balance))

    def closing_before(self, journal, day):
        """Return the last closing balance in this file before ``day`` and its day, ``None`` for both without one."""
        earlier = [each for each in self._closings[journal] if each[0] < day]
        return max(earlier, key=lambda each: each[0])[::-1] if earlier else (None, None)


class ArImportedStatement(models.Model):
    """The statement of one account within a bank's file: what it tells, and what an import does or did with it."""

    _name = "ar.imported.statement"
    _description = "Statement of a Bank File"
    _order = "import_id desc, position, id"
    _rec_name = "account"
    _check_company_auto = True

    import_id = fields.Many2one("ar.statement.import", required=True, readonly=True, index=True, ondelete="cascade")
    import_state = fields.Selection(related="import_id.state")
    company_id = fields.Many2one(related="import_id.company_id", store=True)
    position = fields.Integer(readonly=True)
    account = fields.Char(readonly=True, help="The account's number or IBAN as the file writes it.")
    account_text = fields.Char(string="Account in the File", compute="_compute_account_text")
    needs_choice = fields.Boolean(readonly=True, help="A person must choose the journal, or has done so.")
    account_kind = fields.Selection(
        [("bank", "Bank account"), ("credit_card", "Credit card"), ("investment", "Investment account")],
        readonly=True,
        string="Kind",
    )
    owner = fields.Char(string="Account Holder", readonly=True)
    number = fields.Char(readonly=True, string="Statement")
    format = fields.Char(readonly=True)
    source = fields.Char(readonly=True, help="The format without its version.")
    encoding = fields.Char(readonly=True)
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', 'in', ('bank', 'credit')), ('company_id', 'parent_of', company_id)]",
        help="Where its transactions go. Your choice is remembered for this account.",
    )
    is_chosen = fields.Boolean(readonly=True, help="A person chose the journal.")
    currency_id = fields.Many2one("res.currency", readonly=True)
    start_date = fields.Date(readonly=True, string="From")
    end_date = fields.Date(readonly=True, string="To")
    opening_balance = fields.Monetary(readonly=True)
    closing_balance = fields.Monetary(readonly=True)
    has_balances = fields.Boolean(string="Tells Both Balances", readonly=True)
    has_closing = fields.Boolean(string="Tells the Closing Balance", readonly=True)
    money_in = fields.Monetary(readonly=True)
    money_out = fields.Monetary(readonly=True)
    difference = fields.Monetary(readonly=True, help="Closing balance less opening balance and transactions.")
    line_count = fields.Integer(string="Transactions", readonly=True)
    new_count = fields.Integer(string="New", readonly=True)
    known_count = fields.Integer(string="Already There", readonly=True)
    doubtful_count = fields.Integer(string="Doubtful", readonly=True)
    skipped_count = fields.Integer(string="Skipped", readonly=True, help="Not booked by the bank, or settled.")
    statement_id = fields.Many2one("account.bank.statement", string="Bank Statement", readonly=True)
    line_ids = fields.One2many("account.bank.statement.line", "ar_imported_statement_id", readonly=True)
    sample = fields.Json(readonly=True, help="The first of the new transactions.")
    sample_html = fields.Html(compute="_compute_sample_html", string="New Transactions", sanitize=False)
    summary = fields.Text(compute="_compute_summary")

    @api.depends("account")
    def _compute_account_text(self):
        for imported in self:
            account = imported.account or self.env._("no account told")
            is_iban = len(account) > 14 and account[:2].isalpha() and account[2:4].isdigit() and account.isalnum()
            imported.account_text = re.sub(r"(.{4})(?=.)", r"\1 ", account) if is_iban else account

    @api.depends("sample")
    @api.depends_context("lang")
    def _compute_sample_html(self):
        for imported in self:
            imported.sample_html = (
                self.env["ir.qweb"]._render(
                    "ar_reconcile.imported_statement_sample",
                    {
                        "rows": [
                            {**row, "day": fields.Date.to_date(row["day"]), "amount": float(row["amount"])}
                            for row in imported.sample or []
                        ],
                        "currency": imported.currency_id,
                        "more": imported.new_count - len(imported.sample or []),
                    },
                )
                if imported.sample
                else False
            )

    @api.depends("new_count", "known_count", "doubtful_count", "skipped_count", "journal_id")
    @api.depends_context("lang")
    def _compute_summary(self):
        wording = ImportWording(self.env)
        for imported in self:
            imported.summary = wording.statement(imported)

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        if set(vals) - {"journal_id"} or any(imported.import_state != "preview" for imported in self):
            raise UserError(self.env._("Only the journal can be chosen, and only before the import."))
        self.import_id._check_rights("create")
        res = super().write(vals)
        self.sudo().is_chosen = True
        for record in self.import_id.sudo():
            record._read_or_refuse()
        return res

    # === PREVIEW === #

    @api.model
    def _preview(self, record, statements):
        """Store what a file's statements tell and what their import would do; a person's choices of journals stay.

        :param record: ar.statement.import
        :rtype: Reading
        """
        reading = Reading()
        reading.journals = self.env["account.journal"]._ar_journals_of_accounts(
            record.company_id, {(statement.account, statement.currency or "") for statement in statements}
        )
        for imported in self._of_file(record, statements, reading).sorted(_in_order):
            imported._preview_one(statements[imported.position], reading)
        return reading

    @api.model
    def _of_file(self, record, statements, reading):
        """Return one record per statement of the file, in its order, with what the statement tells by itself."""
        currencies, journals = self._currencies(), self._journals_of(record, statements, reading)
        present = {imported.position: imported for imported in record.imported_statement_ids}
        result, missing = self.browse(), []
        for position, statement in enumerate(statements):
            imported = present.pop(position, self.browse())
            journal = imported.journal_id if imported.is_chosen else journals[position]
            currency = currencies.get(statement.currency) or self._currency_of(journal) or record.company_id.currency_id
            values = self._told_by(statement) | {
                "import_id": record.id,
                "position": position,
                "journal_id": journal.id,
                "currency_id": currency.id,
                **dict.fromkeys(("new_count", "known_count", "doubtful_count", "skipped_count"), 0),
                "sample": False,
            }
            if imported:
                imported.write(values)
                result |= imported
            else:
                missing.append(values)
        self.union(*present.values()).unlink()
        return (result | self.create(missing)).sorted("position")

    def _preview_one(self, statement, reading):
        """Tell what the import of this statement would do."""
        problems = self._problems(statement, reading)
        reading.notes += problems
        self.needs_choice = self.is_chosen or any(problem["code"] in CHOICES for problem in problems)
        if problems:
            self._tell_remarks(statement, reading)
            return
        plan, incoming, present = self._plan(statement, reading)
        self._tell(statement, plan, reading)
        self._tell_gathered(statement, plan, present, reading)
        reading.notes += self._continuity(statement, plan, reading)
        brought = self._brought(plan)
        closed = self._closed_days({statement.lines[position].date for position in brought})
        if closed:
            facts = {"day": str(closed[0]), "count": len(closed)}
            reading.notes.append(self._note("problem", "books_closed", facts=facts))
        reading.bring(self.journal_id, [incoming[position] for position in brought], self.source or "")
        if statement.closing_balance is not None and self.end_date and _is_balance_of_the_end(statement):
            reading.close(self.journal_id, self.end_date, statement.closing_balance)
        shown = [statement.lines[position] for position in brought[:SHOWN_LINES]]
        self.sample = [
            {
                "day": str(line.date),
                "name": line.counterparty_name,
                "text": line.remittance or line.reference,
                "amount": str(line.amount),
            }
            for line in shown
        ]

    def _brought(self, plan):
        """Return the positions of the transactions that an import writes, in the order of the file."""
        positions = [*plan.fresh, *chain.from_iterable(each.positions for each in plan.replacements)]
        return sorted([*positions, *(plan.doubtful if self.import_id.imports_doubtful else ())])

    @api.model
    def _currencies(self):
        """Return all currencies by their code, also those that are not in use."""
        return {each.name: each for each in self.env["res.currency"].with_context(active_test=False).search([])}

    def _currency_of(self, journal):
        return (journal.currency_id or journal.company_id.currency_id) if journal else self.env["res.currency"]

    @api.model
    def _told_by(self, statement):
        """Return the values that ``statement`` tells by itself."""
        days = [line.date for line in statement.lines]
        amounts = [line.amount for line in statement.lines]
        has_both = statement.difference is not None
        return {
            "account": statement.account,
            "account_kind": statement.account_kind,
            "owner": statement.owner,
            "number": statement.number,
            "format": statement.format,
            "source": _source(statement.format),
            "encoding": statement.encoding,
            "start_date": min([*days, *filter(None, [statement.start_date])], default=False),
            "end_date": max([*days, *filter(None, [statement.end_date])], default=False),
            "opening_balance": float(statement.opening_balance or 0),
            "closing_balance": float(statement.closing_balance or 0),
            "has_balances": has_both,
            "has_closing": statement.closing_balance is not None,
            "difference": float(statement.difference or 0),
            "money_in": float(sum(amount for amount in amounts if amount > 0)),
            "money_out": float(sum(amount for amount in amounts if amount < 0)),
            "line_count": len(statement.lines),
        }

    @api.model
    def _journals_of(self, record, statements, reading):
        """Return the journal of each statement, an empty one where none or several have its account."""
        found = (reading.journals[statement.account, statement.currency or ""] for statement in statements)
        journals = [journal if len(journal) == 1 else journal.browse() for journal in found]
        # A file that names no account is of the one it was dropped on; so is one for a journal without a number.
        card = record.journal_id
        own = self._currency_of(card).name
        for position, statement in enumerate(statements):
            fits = len(statements) == 1 and not journals[position] and card.type in ("bank", "credit")
            is_nameless = not statement.account or not card.bank_account_id
            if fits and is_nameless and (statement.currency or own) == own:
                journals[position] = card
        return journals

    def _problems(self, statement, reading=None):
        """Return what must be settled before this statement can be imported."""
        if self.journal_id.type not in ("bank", "credit"):
            several = reading.journals[statement.account, statement.currency or ""] if reading else self.journal_id
            code = "several_journals" if several else "no_journal" if statement.account else "no_account_told"
            facts = {"account": statement.account, "journals": several.mapped("display_name")}
            return [self._note("problem", code, facts=facts)]
        currency = self._currency_of(self.journal_id)
        if statement.currency and statement.currency != currency.name:
            facts = {"statement": statement.currency, "own": currency.name, "journal": self.journal_id.display_name}
            return [self._note("problem", "other_currency", facts=facts)]
        too_fine = [line for line in statement.lines if round(line.amount, currency.decimal_places) != line.amount]
        if too_fine:
            facts = {"amount": format(too_fine[0].amount, "f"), "currency": currency.name, "count": len(too_fine)}
            return [self._note("problem", "amount_too_fine", line=too_fine[0].line, facts=facts)]
        return []

    def _closed_days(self, days):
        """Return those of ``days`` whose books are closed, the first one first."""
        company = self.import_id.company_id
        closed = []
        for day in sorted(days):
            if not company._get_violated_lock_dates(day, False, self.journal_id):
                break  # later ones are open as well
            closed.append(day)
        return closed

    def _continuity(self, statement, plan, reading):
        """Tell gaps and overlaps between this statement and what the journal holds, and balances that don't agree."""
        notes = []
        currency = self.currency_id
        if statement.difference:
            facts = {"difference": str(statement.difference), "currency": currency.name}
            notes.append(self._note("warning", "balances_differ", facts=facts))
        start = self.start_date
        before, previous = reading.closing_before(self.journal_id, start) if start else (None, None)
        if start and before is None:
            before, previous = self._balance_before(start)
        opening = self._opening_balance(statement)
        if before is not None and opening is not None and opening != before:
            facts = {
                "opening": str(opening),
                "before": str(before),
                "difference": str(opening - before),
                "previous": str(previous),
                "day": str(start),
                "currency": currency.name,
            }
            notes.append(self._note("warning", "gap", facts=facts))
        if plan.known and len(plan.known) < len(statement.lines):
            days = [statement.lines[position].date for position in plan.known]
            facts = {"count": len(plan.known), "first": str(min(days)), "last": str(max(days))}
            notes.append(self._note("info", "overlap", facts=facts))
        return notes

    def _balance_before(self, day):
        """Return the balance of the journal at the end of the day before, and the day of the statement that proves it.

        ``None`` for both where no earlier statement does.
        """
        previous = self.env["account.bank.statement"].search(
            [("journal_id", "=", self.journal_id.id), ("date", "<", day), ("first_line_index", "!=", False)],
            order="date desc, id desc",
            limit=1,
        )
        if not previous:
            return None, None
        self.env["account.bank.statement.line"].flush_model()
        self.env["account.move"].flush_model(["state", "date"])
        self.env.cr.execute(
            SQL(
                """
                SELECT COALESCE(SUM(line.amount), 0)::text
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.journal_id = %(journal)s AND move.state = 'posted'
                   AND move.date >= %(previous)s AND move.date < %(day)s
                   AND (line.statement_id IS NULL OR line.statement_id != %(statement)s)
                   AND (move.date > %(previous)s OR line.statement_id IS NULL)
                """,
                journal=self.journal_id.id,
                statement=previous.id,
                previous=previous.date,
                day=day,
            )
        )
        between = Decimal(self.env.cr.fetchone()[0])
        ended = Decimal(repr(self.currency_id.round(previous.balance_end_real)))
        return self._rounded(ended + between), previous.date

    def _rounded(self, amount):
        return amount.quantize(Decimal(1).scaleb(-self.currency_id.decimal_places))

    def _opening_balance(self, statement):
        """Return the balance before the statement's first transaction as the file tells it or implies it."""
        if statement.opening_balance is not None:
            return statement.opening_balance
        if _is_balance_of_the_end(statement) and statement.closing_balance is not None:
            return statement.closing_balance - statement.total
        return None

    # === NOTES === #

    def _note(self, kind, code, line=None, facts=None, **values):
        return {
            "kind": kind,
            "code": code,
            "line": line,
            "facts": facts,
            "currency_id": self.currency_id.id,
            "imported_statement_id": self.id,
            **values,
        }

    def _note_of_line(self, kind, code, statement, position, key=None):
        """Return the note on one transaction of the file; ``key`` is the bank line that decides, if it is stored."""
        line = statement.lines[position]
        return self._note(
            kind,
            code,
            line=line.line,
            day=line.date,
            amount=line.amount,
            name=line.counterparty_name or line.remittance or line.reference,
            statement_line_id=key if key and key > 0 else None,
        )

    def _tell_remarks(self, statement, reading):
        """Add what the bank's file left out or wrote oddly."""
        for skipped in statement.skipped:
            facts = dict(skipped.facts)
            amount = str(facts.get("amount") or "").replace(",", ".")
            reading.notes.append(
                self._note(
                    "skipped",
                    skipped.code,
                    line=facts.get("line"),
                    facts=facts,
                    name=str(facts.get("name") or ""),
                    amount=amount if PLAIN_AMOUNT.fullmatch(amount) else None,
                )
            )
        for remark in statement.warnings:
            if remark.code == "balance_of_another_day" and _is_balance_of_the_end(statement):
                continue
            facts = dict(remark.facts)
            kind = "warning" if remark.code in ImportWording.DOUBTS else "info"
            reading.notes.append(self._note(kind, remark.code, line=facts.get("line"), facts=facts))
        self.skipped_count = len(statement.skipped)
        reading.counts["skipped_count"] += len(statement.skipped)

    def _tell(self, statement, plan, reading):
        """Add the notes and counts of one statement; what this very file has written before counts as new."""
        own = set(self.line_ids.ids)
        known = {position: key for position, key in plan.known.items() if key not in own}
        for position, key in known.items():
            code = "known" if key > 0 else "known_in_file"
            reading.notes.append(self._note_of_line("known", code, statement, position, key))
        for position, key in plan.settled.items():
            reading.notes.append(self._note_of_line("skipped", "entry_settled", statement, position, key))
        if not self.import_id.imports_doubtful:
            for position, key in plan.doubtful.items():
                reading.notes.append(self._note_of_line("doubtful", "doubtful", statement, position, key))
        self._tell_remarks(statement, reading)
        replacing = sum(len(each.positions) for each in plan.replacements)
        if replacing:
            facts = {"count": replacing, "sums": sum(len(each.keys) for each in plan.replacements)}
            reading.notes.append(self._note("info", "details_replace_sum", facts=facts))
        new = len(plan.fresh) + replacing + len(plan.known) - len(known)
        doubtful = len(plan.doubtful)
        if self.import_id.imports_doubtful:
            new, doubtful = new + doubtful, 0
        counts = {
            "new_count": new,
            "known_count": len(known),
            "doubtful_count": doubtful,
            "skipped_count": self.skipped_count + len(plan.settled),
        }
        self.write(counts)
        for name in ("new_count", "known_count", "doubtful_count"):
            reading.counts[name] += counts[name]
        reading.counts["skipped_count"] += len(plan.settled)

    def _tell_gathered(self, statement, plan, present, reading):
        """Tell of lines that came without a statement and are part of this one."""
        count = len(self._repeated_lines(statement, plan, present))
        if count:
            reading.gathered += count
            reading.notes.append(self._note("info", "gathered", facts={"count": count}))

    # === PLAN === #

    def _plan(self, statement, reading):
        """Return what to do with each transaction, the transactions as the engine's values, and what they met."""
        incoming = [
            Incoming(
                identity=identity,
                day=line.date,
                amount=line.amount,
                bank_id=line.bank_id,
                entry=line.entry,
                entry_amount=line.entry_amount,
            )
            for line, identity in zip(statement.lines, line_identities(statement), strict=True)
        ]
        days = {transaction.day for transaction in incoming}
        present = [*self._present(incoming), *reading.brought(self.journal_id, sorted(days))]
        return plan_import(incoming, present, self.source or ""), incoming, present

    def _present(self, incoming):
        """Return the journal's lines that may be the same as ``incoming``, read in one statement."""
        if not incoming:
            return []
        lines = self.env["account.bank.statement.line"]
        lines.flush_model()
        self.env["account.move"].flush_model(["state", "date"])
        days = [transaction.day for transaction in incoming]
        self.env.cr.execute(
            SQL(
                """
                SELECT line.id, COALESCE(line.ar_import_id, ''), move.date, line.amount::text,
                       COALESCE(line.ar_source, ''), COALESCE(line.ar_bank_id, ''), COALESCE(line.ar_entry, ''),
                       line.ar_entry_amount::text, line.is_reconciled AND line.amount != 0
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.journal_id = %(journal)s
                   AND move.state != 'cancel'
                   AND (
                       line.ar_import_id = ANY(%(identities)s)
                       OR (line.internal_index >= %(first)s AND line.internal_index < %(after)s)
                   )
                """,
                journal=self.journal_id.id,
                identities=[transaction.identity for transaction in incoming],
                first=f"{min(days) - timedelta(NEAR_DAYS):%Y%m%d}",
                after=f"{max(days) + timedelta(NEAR_DAYS + 1):%Y%m%d}",
            )
        )
        return [
            Present(
                key=key,
                identity=identity,
                day=day,
                amount=Decimal(amount),
                source=source,
                bank_id=bank_id,
                entry=entry,
                entry_amount=None if entry_amount is None else Decimal(entry_amount),
                is_settled=bool(is_settled),
            )
            for key, identity, day, amount, source, bank_id, entry, entry_amount, is_settled in self.env.cr.fetchall()
        ]

    # === WRITE === #

    def _write_statement(self, statement, reading):
        """Write the new transactions of this statement in chunks; yield the number of lines after each.

        :raises UserError: when the books are closed, or the journal is busy
        """
        problems = self._problems(statement)
        if problems:
            raise UserError(ImportWording(self.env).sentence(problems[0]["code"], problems[0]["facts"] or {}))
        self._lock_journal()
        plan, incoming, present = self._tell_again(statement, reading)
        units = [((position,), ()) for position in plan.fresh]
        if self.import_id.imports_doubtful:
            units += [((position,), ()) for position in plan.doubtful]
        units += [(each.positions, each.keys) for each in plan.replacements]
        units.sort()
        if statement.lines and statement.lines[0].date > statement.lines[-1].date:
            units.reverse()  # the newest first: bank lines of a day are kept in the order of their ids
        identities = [transaction.identity for transaction in incoming]
        currencies = self._currencies()
        for chunk in _chunks(units):
            self._lock_journal()
            yield self._write_units(statement, identities, chunk, currencies)
        self._lock_journal()
        self._close(statement, plan, present)

    def _tell_again(self, statement, reading):
        """Tell what is to be written, or was; return what `_plan` does."""
        plan, incoming, present = self._plan(statement, Reading())
        continuity = self._continuity(statement, plan, reading)
        self._tell(statement, plan, reading)
        self._tell_gathered(statement, plan, present, reading)
        reading.notes += continuity
        return plan, incoming, present

    def _lock_journal(self):
        """Keep other imports out of the journal until the next commit, and until this file is done.

        The counter makes a transaction that began before another import ended fail and start anew: what it read of
        the journal is no longer true. A plan stays true over several commits, for no other import goes on meanwhile.

        :raises BusyError: when another import is under way; the one that came first goes first
        """
        journal = self.journal_id
        others = self.sudo().search(
            [
                ("journal_id", "=", journal.id),
                ("import_id", "!=", self.import_id.id),
                ("import_id.state", "in", ("running", "undoing")),
            ]
        )
        if self.import_id.state in ("running", "undoing"):
            others = others.filtered(lambda other: other.import_id.id < self.import_id.id)
        if others or not journal.try_lock_for_update(allow_referencing=True):
            raise BusyError(
                self.env._(
                    "Somebody is importing into %(journal)s at this moment. Try again.", journal=journal.display_name
                )
            )
        self.env.cr.execute(
            SQL(
                "UPDATE account_journal SET ar_import_count = COALESCE(ar_import_count, 0) + 1 WHERE id = %s",
                journal.id,
            )
        )

    def _write_units(self, statement, identities, units, currencies):
        """Create the bank lines of ``units``, pairs of positions and of the lines that they replace."""
        lines = self.env["account.bank.statement.line"]
        gone = lines.browse([key for _positions, keys in units for key in keys])
        if gone:
            gone._ar_check_unsettled()
        values, replaced = [], []
        for positions, keys in units:
            old = lines.browse(keys)
            if old:
                by = [identities[position] for position in positions]
                replaced.append({"lines": old._ar_restorable(), "by": by})
            values += [
                self.journal_id._ar_line_values(statement.lines[position], identities[position], currencies)
                | {
                    "ar_file_id": self.import_id.id,
                    "ar_imported_statement_id": self.id,
                    "ar_source": self.source,
                    "statement_id": old.statement_id[:1].id,
                }
                for position in positions
            ]
        gone.statement_id = False
        gone.unlink()
        self._release([identities[position] for positions, _keys in units for position in positions])
        days = [value["date"] for value in values]
        created = lines.with_context(tracking_disable=True, mail_create_nolog=True).create(values)
        moved = [day for day, line in zip(days, created, strict=True) if line.date != day]
        if moved:
            raise UserError(self.env._("The books of %(day)s are closed.", day=format_date(self.env, min(moved))))
        if replaced:
            self.import_id.replaced = [*(self.import_id.replaced or []), *replaced]
        self._remember_account()
        return len(created)

    def _release(self, identities):
        """Let transactions come again whose bank lines a person has cancelled: such a line is none of the journal's."""
        lines = self.env["account.bank.statement.line"].sudo()
        cancelled = Domain("state", "=", "cancel") & Domain("journal_id", "=", self.journal_id.id)
        gone = lines.search(cancelled & Domain("ar_import_id", "in", identities))
        gone.ar_import_id = False
        gone.flush_recordset(["ar_import_id"])  # before the database sees the new lines

    def _close(self, statement, plan, present):
        """Gather what this statement brought under a bank statement of Odoo, with the balances that it tells.

        Notifications and reports prove no balance; their lines join the statement that repeats them.
        """
        if statement.message_kind != "statement":
            return
        lines = self.env["account.bank.statement.line"].search(
            [("ar_imported_statement_id", "=", self.id), ("statement_id", "=", False)]
        )
        lines |= self._repeated_lines(statement, plan, present)
        if not lines:
            return
        if self.statement_id:
            lines.statement_id = self.statement_id
        else:
            values = {
                "name": self.journal_id._ar_statement_name(statement),
                "reference": self.import_id.name,
                "journal_id": self.journal_id.id,
                "line_ids": [fields.Command.set(lines.ids)],
            }
            if _is_balance_of_the_end(statement):
                values["balance_end_real"] = float(statement.closing_balance)
            self.statement_id = self.env["account.bank.statement"].with_context(tracking_disable=True).create(values)
        opening = self._opening_balance(statement)
        is_first = not self.env["account.bank.statement.line"].search_count(
            [("journal_id", "=", self.journal_id.id), ("id", "not in", self.statement_id.line_ids.ids)], limit=1
        )
        if opening is not None and (is_first or statement.opening_balance is not None):
            ours = sum((Decimal(repr(line.amount)) for line in self.statement_id.line_ids), Decimal())
            # What was there already lies before what is new.
            self.statement_id.balance_start = float(self._rounded(opening + statement.total - ours))

    def _repeated_lines(self, statement, plan, present):
        """Return the lines without a statement, from notifications and reports, that this statement repeats."""
        if statement.message_kind != "statement":
            return self.env["account.bank.statement.line"]
        line_of = {line.key: line for line in present}
        entries = {
            (line_of[key].entry, line_of[key].day, line_of[key].entry_amount)
            for key in plan.known.values()
            if key > 0 and line_of[key].source and line_of[key].source != self.source
        }
        keys = [line.key for line in present if line.key > 0 and (line.entry, line.day, line.entry_amount) in entries]
        return self.env["account.bank.statement.line"].browse(keys).filtered(lambda line: not line.statement_id)

    def _remember_account(self):
        """Keep which journal a person chose for the account, for the next file."""
        if self.is_chosen and self.account:
            self.env["ar.statement.account"]._remember(self)


def _source(written):
    """Return a format without its version: ``camt.053.001.08`` is ``camt.053``."""
    return written[:8] if written.startswith("camt.") else written.partition(" ")[0]


def _in_order(imported):
    """Return what the statements of a file are sorted by: the older ones go first, whatever their order in it."""
    return imported.start_date or date.max, imported.position


def _as_present(key, transaction, source):
    return Present(
        key=key,
        identity=transaction.identity,
        day=transaction.day,
        amount=transaction.amount,
        source=source,
        bank_id=transaction.bank_id,
        entry=transaction.entry,
        entry_amount=transaction.entry_amount,
    )


def _is_balance_of_the_end(statement):
    """Whether the closing balance of ``statement`` is that after its last transaction."""
    if statement.closing_balance is None:
        return False
    last = max((line.date for line in statement.lines), default=statement.closing_date)
    end = max(filter(None, (statement.end_date, last)), default=None)
    if not statement.closing_date or last is None or end is None:
        return True
    return date.min < last <= statement.closing_date <= end


def _chunks(units):
    """Yield ``units`` in chunks of about `CHUNK` transactions, each unit whole."""
    chunk, size = [], 0
    for unit in units:
        chunk.append(unit)
        size += len(unit[0])
        if size >= CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
