import hashlib
import json
import logging
import mimetypes
from contextlib import suppress
from email.message import EmailMessage

import psycopg2
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_list

from .. import parsers
from .ar_import_wording import ImportWording
from .ar_imported_statement import BusyError, Reading, _in_order
from .trouble import CONFLICTS, REFUSALS

_logger = logging.getLogger(__name__)

#: Files up to this size are read in the request that brings them; larger ones in the background.
READ_AT_ONCE = 4 * 1024 * 1024
#: New transactions up to which a file is imported and matched in the request; more are left to scheduled actions.
WRITE_AT_ONCE = 500
#: A file whose reading or writing was cut off so often, without an error, is refused.
MOST_ATTEMPTS = 3
#: States in which the scheduled action has something to do.
WORK_STATES = ("waiting", "running", "undoing")
#: What makes one file refused; conflicts of transactions are not among them.
FILE_REFUSALS = (parsers.StatementError, *REFUSALS)
#: What people may write: their choices of journals, and what Odoo's chatter writes for them.
PEOPLE_WRITE = {"choice_ids", "activity_ids", "message_follower_ids", "message_ids", "message_main_attachment_id"}
#: Statements of one file that are read and written in the request.
STATEMENTS_AT_ONCE = 50


class ArStatementImport(models.Model):
    """What was done with one file of the bank: kept for every file, also for a refused one."""

    _name = "ar.statement.import"
    _description = "Bank File Import"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char(string="File", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    journal_id = fields.Many2one(
        "account.journal", string="Chosen Journal", readonly=True, help="The journal that the file was dropped on."
    )
    origin = fields.Selection(
        [("upload", "Upload"), ("folder", "Watched folder"), ("mail", "E-mail")],
        string="Came By",
        required=True,
        readonly=True,
        default="upload",
    )
    sender = fields.Char(readonly=True, help="Who sent the file by e-mail.")
    is_trusted = fields.Boolean(
        readonly=True, help="Came in a way from which files are imported without a person, if there is no doubt."
    )
    attachment_id = fields.Many2one("ir.attachment", string="Original File", readonly=True, ondelete="set null")
    checksum = fields.Char(string="SHA-256", readonly=True, index=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("preview", "To Check"),
            ("running", "Importing"),
            ("done", "Imported"),
            ("nothing_new", "Nothing New"),
            ("refused", "Refused"),
            ("undoing", "Being Undone"),
            ("undone", "Undone"),
            ("partial", "Partly Imported"),
            ("discarded", "Put Aside"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    imports_doubtful = fields.Boolean(
        string="Import Doubtful Ones Too",
        readonly=True,
        help="Transactions that look like a bank line from another source are left out unless a person says otherwise.",
    )
    attempts = fields.Integer(readonly=True)
    message = fields.Text(string="What Happened", compute="_compute_message")
    imported_statement_ids = fields.One2many("ar.imported.statement", "import_id", string="Accounts")
    note_ids = fields.One2many("ar.statement.import.note", "import_id", string="Notes", readonly=True)
    problem_ids = fields.One2many(
        "ar.statement.import.note", "import_id", domain=[("kind", "=", "problem")], readonly=True
    )
    warning_ids = fields.One2many(
        "ar.statement.import.note", "import_id", domain=[("kind", "=", "warning")], readonly=True
    )
    remark_ids = fields.One2many(
        "ar.statement.import.note", "import_id", domain=[("kind", "in", ("warning", "info"))], readonly=True
    )
    warning_text = fields.Text(compute="_compute_message")
    choice_ids = fields.One2many(
        "ar.imported.statement",
        "import_id",
        string="Accounts Without a Journal",
        domain=[("needs_choice", "=", True)],
    )
    left_out_ids = fields.One2many(
        "ar.statement.import.note",
        "import_id",
        domain=[("kind", "in", ("doubtful", "skipped", "known"))],
        readonly=True,
    )
    has_problem = fields.Boolean(readonly=True, help="Something must be settled before the file can be imported.")
    line_ids = fields.One2many("account.bank.statement.line", "ar_file_id", string="New Lines", readonly=True)
    statement_ids = fields.Many2many("account.bank.statement", string="Statements", compute="_compute_statement_ids")
    new_count = fields.Integer(string="New", readonly=True)
    known_count = fields.Integer(string="Already There", readonly=True)
    doubtful_count = fields.Integer(string="Doubtful", readonly=True)
    skipped_count = fields.Integer(string="Skipped", readonly=True, help="Not booked by the bank, or settled.")
    warning_count = fields.Integer(string="Warnings", readonly=True)
    written_count = fields.Integer(string="Written", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress", help="Percentage of the transactions that are done.")
    booked_count = fields.Integer(string="Booked", compute="_compute_line_counts")
    proposed_count = fields.Integer(string="Proposed", compute="_compute_line_counts")
    open_count = fields.Integer(string="To Look At", compute="_compute_line_counts")
    imported_by = fields.Many2one("res.users", readonly=True)
    imported_on = fields.Datetime(readonly=True)
    undone_by = fields.Many2one("res.users", readonly=True)
    undone_on = fields.Datetime(readonly=True)
    replaced = fields.Json(readonly=True, help="Bank lines whose details this file brought, to restore them by undo.")

    def write(self, vals):
        """Let people choose journals, and nothing else: the record tells what was done."""
        if not self.env.su and set(vals) - PEOPLE_WRITE:
            raise AccessError(self.env._("What was done with a file can't be edited."))
        return super().write(vals)

    # === COMPUTE METHODS === #

    @api.depends("line_ids.ar_match_state")
    def _compute_line_counts(self):
        counts = {
            (record.id, state): count
            for record, state, count in self.env["account.bank.statement.line"]._read_group(
                [("ar_file_id", "in", self.ids)], ["ar_file_id", "ar_match_state"], ["__count"]
            )
        }
        for record in self:
            record.booked_count = counts.get((record.id, "matched"), 0)
            record.proposed_count = counts.get((record.id, "proposed"), 0)
            record.open_count = counts.get((record.id, "none"), 0) + counts.get((record.id, "ambiguous"), 0)

    @api.depends("line_ids", "state")
    def _compute_progress(self):
        counts = dict(
            self.env["account.bank.statement.line"]._read_group(
                [("ar_file_id", "in", self.ids)], ["ar_file_id"], ["__count"]
            )
        )
        for record in self:
            record.written_count = counts.get(record, 0)
            share = record.written_count / record.new_count if record.new_count else 0
            record.progress = 100 * ((1 - share) if record.state == "undoing" else share)

    @api.depends("imported_statement_ids.statement_id")
    def _compute_statement_ids(self):
        for record in self:
            record.statement_ids = record.imported_statement_ids.statement_id

    @api.depends("state", "imported_statement_ids", "note_ids")
    @api.depends_context("lang")
    def _compute_message(self):
        wording = ImportWording(self.env)
        for record in self:
            record.message = wording.message(record)
            record.warning_text = wording.warnings(record.warning_ids)

    # === RECEIVE === #

    @api.model
    def _receive(self, journal, attachments, **values):
        """Keep files of the bank and read them, without writing a bank line.

        :param journal: account.journal that the user chose, or an empty one; every statement of a file goes to the
            journal of its own account
        :param values: how the files came, if not by an upload: ``origin``, ``sender``, ``is_trusted``, ``company_id``
        :return: one record per file; what is read at once is to be checked, refused, or nothing new
        """
        self.check_access("read")
        records = self.browse()
        for attachment in attachments:
            content = attachment.raw or b""
            record = self.sudo().create(
                {
                    "name": attachment.name,
                    "company_id": self._company_for(journal).id,
                    "journal_id": journal.id,
                    "checksum": hashlib.sha256(content).hexdigest(),
                    "state": "waiting",
                    **values,
                }
            )
            record._keep(attachment, content)
            records |= record
            if len(content) <= READ_AT_ONCE and record.origin == "upload":
                record._read_or_refuse(in_request=True)
        if any(record.state == "waiting" for record in records):
            self._wake_up()
        return records.sudo(self.env.su)

    @api.model
    def _company_for(self, journal):
        """Return the company of a file for ``journal``: a branch that works with its parent's journal keeps its own."""
        company = self.env.company
        return company if not journal or journal.company_id in company.parent_ids else journal.company_id

    def _keep(self, attachment, content):
        """Take an uploaded file over; copy one that belongs to something else and stays there."""
        is_fresh_upload = attachment.create_uid == self.env.user and not (
            attachment.res_model or attachment.res_id or attachment.public
        )
        if not is_fresh_upload:
            attachment = attachment.sudo().create({"name": attachment.name, "raw": content})
        attachment.sudo().write({"res_model": self._name, "res_id": self.id})  # was read as the user before
        self.attachment_id = attachment

    def _wake_up(self):
        self.env.ref("ar_reconcile.cron_import").sudo()._trigger()

    # === READ === #

    def _read_or_refuse(self, *, in_request=False):
        """Read the file anew and say what an import would do; what can't be read is refused with the reason.

        :param in_request: leave a file of many statements to the scheduled action
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._read(in_request)
        except FILE_REFUSALS as error:
            _logger.info("Bank file %s is refused", self.id, exc_info=True)
            self._refuse(self._note_of(error))

    def _note_of(self, error):
        """Return the note that tells why a file is refused."""
        if isinstance(error, parsers.StatementError):
            facts = {"file": error.file, "hint": error.hint, "told": error.message}
            return {"code": f"refused_{error.code}", "line": error.line, "facts": facts}
        return {"code": "failure", "facts": {"told": str(error)}}

    def _refuse(self, note):
        self._replace_notes([{"kind": "problem", **note}])
        self.imported_statement_ids.unlink()
        self.write(
            {
                "state": "refused",
                "has_problem": True,
                **dict.fromkeys(("new_count", "known_count", "doubtful_count", "skipped_count", "warning_count"), 0),
            }
        )

    def _read(self, in_request):
        """Store what the file holds and what an import would do with it.

        :raises StatementError: when the file can't be read
        """
        statements = parsers.read(self.attachment_id.raw or b"")
        if in_request and len(statements) > STATEMENTS_AT_ONCE:
            return  # it waits for the scheduled action
        reading = self.env["ar.imported.statement"]._preview(self, statements)
        same = self.search(
            [
                ("checksum", "=", self.checksum),
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.id),
                ("state", "=", "done"),
            ],
            limit=1,
        )
        notes = reading.notes
        if same:
            facts = {"file": same.name, "day": fields.Date.to_string(same.imported_on or same.create_date)}
            notes.insert(0, {"kind": "warning", "code": "same_file", "facts": facts})
        if self.origin == "mail" and not self.is_trusted:
            notes.insert(0, {"kind": "warning", "code": "untrusted_sender", "facts": {"sender": self.sender or ""}})
        self._replace_notes(notes)
        self._count(reading.counts, notes)
        has_something = self.new_count or self.doubtful_count or self.has_problem or reading.gathered
        self.state = "preview" if has_something else "nothing_new"

    def _count(self, counts, notes):
        self.write(
            {
                **counts,
                "warning_count": sum(note["kind"] == "warning" for note in notes),
                "has_problem": any(note["kind"] == "problem" for note in notes),
            }
        )

    def _replace_notes(self, notes):
        """Store ``notes`` in the place of the present ones, in one statement however many they are."""
        self.note_ids.unlink()
        if not notes:
            return
        rows = [
            {
                "import_id": self.id,
                "kind": note["kind"],
                "code": note["code"],
                "facts": note.get("facts") or {},
                "line": note.get("line") or None,
                "day": str(note["day"]) if note.get("day") else None,
                "amount": str(note["amount"]) if note.get("amount") is not None else None,
                "currency_id": note.get("currency_id") or None,
                "name": note.get("name") or None,
                "imported_statement_id": note.get("imported_statement_id") or None,
                "statement_line_id": note.get("statement_line_id") or None,
            }
            for note in notes
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ar_statement_import_note
                       (import_id, kind, code, facts, line, day, amount, currency_id, name, imported_statement_id,
                        statement_line_id, create_uid, write_uid, create_date, write_date)
                SELECT import_id, kind, code, facts, line, day, amount, currency_id, name, imported_statement_id,
                       statement_line_id, %(user)s, %(user)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM jsonb_to_recordset(%(rows)s::jsonb)
                    AS note(import_id integer, kind text, code text, facts jsonb, line integer, day date,
                            amount numeric, currency_id integer, name text, imported_statement_id integer,
                            statement_line_id integer)
                """,
                user=self.env.uid,
                rows=json.dumps(rows),
            )
        )
        self.invalidate_recordset()

    # === WRITE === #

    def _write_at_once(self):
        """Write the new transactions of the file, all or none.

        :raises UserError: when they can't be written; nothing was
        """
        with self.env.cr.savepoint():
            for _written in self._write_chunks():
                pass

    def _write_chunks(self):
        """Write the new transactions of the file; yield the number of lines after each chunk, for a commit.

        What an earlier run has written counts as written, so a run can be cut off between any two chunks.

        :raises UserError: when a chunk can't be written; those before stay
        """
        statements = parsers.read(self.attachment_id.raw or b"")
        reading = Reading()
        for imported in self.imported_statement_ids.sorted(_in_order):
            yield from imported._write_statement(statements[imported.position], reading)
        self._replace_notes(reading.notes)
        self._count(reading.counts, reading.notes)
        self.write(
            {
                "state": "done" if self.new_count or reading.gathered else "nothing_new",
                "attempts": 0,
                "imported_by": self.imported_by.id or self.env.uid,
                "imported_on": fields.Datetime.now(),
            }
        )

    def _tell_again(self):
        """Store what is left out of an imported file, when more of it was written than is told."""
        statements = parsers.read(self.attachment_id.raw or b"")
        reading = Reading()
        for imported in self.imported_statement_ids.sorted(_in_order):
            imported._tell_again(statements[imported.position], reading)
        self._replace_notes(reading.notes)
        self._count(reading.counts, reading.notes)

    def _match(self):
        """Match what these files brought: at once if it is little, else by the scheduled action."""
        lines = self.filtered(lambda record: record.state == "done" and record.new_count <= WRITE_AT_ONCE).line_ids
        if len(lines) <= WRITE_AT_ONCE:
            lines._ar_match("import")
        if any(record.state == "done" for record in self) and len(lines) != sum(self.mapped("new_count")):
            self.env.ref("ar_reconcile.cron_match").sudo()._trigger()

    # === UNDO === #

    def _check_undoable(self):
        """Refuse to undo files of which something is reconciled, or whose lines another file relies on."""
        for record in self:
            settled = record.line_ids._ar_settled().sorted("id")
            if settled:
                raise UserError(
                    self.env._(
                        "%(file)s can't be undone: %(count)s of its bank lines are reconciled, the first is %(line)s. "
                        "Undo their reconciliation first.",
                        file=record.name,
                        count=len(settled),
                        line=settled[0].display_name,
                    )
                )
            relying = record._relying_files()
            if relying:
                raise UserError(
                    self.env._(
                        "%(file)s can't be undone: %(others)s left transactions out because they were in it. "
                        "Undo these first.",
                        file=record.name,
                        others=format_list(self.env, relying.mapped("name")),
                    )
                )

    def _relying_files(self):
        """Return the imported files that left a transaction out because this one had brought it."""
        notes = self.env["ar.statement.import.note"].search(
            [
                ("kind", "=", "known"),
                ("statement_line_id.ar_file_id", "=", self.id),
                ("import_id", "!=", self.id),
                ("import_id.state", "in", ("done", "running", "partial")),
            ]
        )
        return notes.import_id

    def _undo_chunks(self, size=WRITE_AT_ONCE):
        """Remove the bank lines of this file, restore those that it replaced; yield their number after each chunk.

        A line is restored in the chunk that removes what had taken its place.
        """
        lines = self.env["account.bank.statement.line"]
        self._check_undoable()
        # A statement that people have added lines to stays; lines of other files lose it.
        own = self.imported_statement_ids.statement_id.filtered(
            lambda statement: all(line.ar_file_id for line in statement.line_ids)
        )
        own.with_context(tracking_disable=True).unlink()
        for row in self.replaced or []:
            replacing = lines.search([("ar_file_id", "=", self.id), ("ar_import_id", "in", row["by"])])
            self._remove(replacing)
            lines._ar_restore(self._still_brought(row["lines"]))
            self.replaced = self.replaced[1:]
            yield len(replacing)
        while chunk := lines.search([("ar_file_id", "=", self.id)], limit=size):
            count = len(chunk)
            self._remove(chunk)
            yield count

    @api.model
    def _still_brought(self, kept):
        """Return those of ``kept`` lines whose own file wasn't undone meanwhile, nor read again since."""
        files = self.browse({row["values"]["ar_file_id"] for row in kept} - {False}).exists()
        gone = files.filtered(lambda file: file.state not in ("done", "running", "partial"))
        return [row for row in kept if row["values"]["ar_file_id"] not in gone.ids]

    def _remove(self, lines):
        lines.statement_id = False
        lines.unlink()

    # === ACTIONS === #

    def action_import(self):
        """Import the checked files: at once, or in the background if they are long."""
        self._check_rights("create")
        records = self.filtered(lambda record: record.state == "preview")
        blocked = records.filtered("has_problem")
        if blocked and len(self) == 1:
            raise UserError(blocked.message)
        ready = (records - blocked).sorted("id")
        done = self.browse()
        for record in ready.sudo():
            if record._is_long():
                record.write({"state": "running", "imported_by": self.env.uid})
                record._wake_up()
                continue
            try:
                record.sudo(False)._write_as_user()
            except BusyError:
                if len(ready) == 1:
                    raise
                continue
            done |= record
        done._match()
        return self._action_open() if len(self) > 1 else None

    def action_import_clean(self):
        """Import all files of the list without a problem, a warning or a doubt; the others stay to be checked."""
        domain = self.env.context.get("active_domain") or []
        records = self or self.search(Domain("state", "=", "preview") & Domain(domain))
        clean = records.filtered(
            lambda record: not (record.has_problem or record.warning_count or record.doubtful_count)
        )
        if not clean:
            raise UserError(self.env._("Each file here needs a look first: open it."))
        clean.action_import()
        return records._action_open()

    def _is_long(self):
        """Whether importing or undoing this file is left to the scheduled action."""
        is_long = self.new_count + self.doubtful_count > WRITE_AT_ONCE
        return is_long or len(self.imported_statement_ids) > STATEMENTS_AT_ONCE

    def _write_as_user(self):
        """Write the file as a person asked for; what fails is told on the record, or as an error if it was done before.

        :raises UserError: when the journal is busy, or when what was left out before can't be imported
        """
        self.ensure_one()
        try:
            self.sudo()._write_at_once()
        except (AccessError, BusyError):
            raise
        except psycopg2.errors.UniqueViolation:
            raise BusyError(
                self.env._("Somebody else imported the same transactions at this moment. Try again.")
            ) from None
        except FILE_REFUSALS as error:
            if self.imported_on:
                raise UserError(ImportWording(self.env).problem(self._note_of(error))) from error
            self.sudo()._refuse(self._note_of(error))

    def action_import_doubtful(self):
        """Import the transactions that were left out as doubtful, too."""
        self._check_rights("create")
        records = self.filtered(lambda record: record.state in ("preview", "done", "nothing_new")).sudo()
        for record in records.filtered("doubtful_count"):
            record.imports_doubtful = True
            if record.state == "preview":
                record._read_or_refuse()
            elif record._is_long():
                record.state = "running"
                record._wake_up()
            else:
                record.sudo(False)._write_as_user()
                record.sudo(False)._match()

    def action_leave_out_doubtful(self):
        """Leave doubtful transactions out again."""
        self._check_rights("create")
        for record in self.filtered(lambda record: record.state == "preview").sudo():
            record.imports_doubtful = False
            record._read_or_refuse()

    def action_undo(self):
        """Take back what these files brought, while nothing of it is reconciled."""
        self._check_rights("unlink")
        for record in self.filtered(lambda record: record.state in ("done", "partial")).sudo():
            record._check_undoable()
            record.write(
                {
                    "undone_by": self.env.uid,
                    "undone_on": fields.Datetime.now(),
                    "is_trusted": False,
                    "has_problem": False,
                }
            )
            if record._is_long():
                record.state = "undoing"
                record._wake_up()
                continue
            for _removed in record._undo_chunks():
                pass
            record._end_undo()

    def action_read_again(self):
        """Read files anew that brought nothing, for what stood in the way may be gone; a person imports them then."""
        self._check_rights("create")
        states = ("refused", "undone", "discarded", "preview", "nothing_new")
        for record in self.filtered(lambda each: each.state in states).sudo():
            record.write({"is_trusted": False, "imports_doubtful": False, "imported_on": False})
            if len(record.attachment_id.raw or b"") > READ_AT_ONCE:
                record.write({"state": "waiting", "attempts": 0})
                record._wake_up()
            else:
                record._read_or_refuse()

    def action_discard(self):
        """Put files aside that are not to be imported; they stay stored."""
        self._check_rights("create")
        records = self.filtered(lambda record: record.state in ("preview", "waiting"))
        records.sudo().write({"state": "discarded", "is_trusted": False})
        records.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    def action_open_lines(self):
        """Show the bank lines that these files brought."""
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_bank_lines")
        action["domain"] = [("ar_file_id", "in", self.ids)]
        action["context"] = {}
        return action

    def _check_rights(self, operation):
        self.check_access("read")
        self.env["account.bank.statement.line"].check_access(operation)

    def _action_open(self):
        """Return the action that shows what was done, or is to be checked."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Bank File Import"),
            "res_model": self._name,
            "context": {"create": False},
        }
        if len(self) == 1:
            return {**action, "res_id": self.id, "view_mode": "form", "views": [(False, "form")]}
        return {
            **action,
            "name": self.env._("Bank File Imports"),
            "domain": [("id", "in", self.ids)],
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
        }

    # === BACKGROUND === #

    @api.model
    def _cron_ar_import(self):
        """Take files from watched folders, and do what waits, in chunks that are committed one by one."""
        cron = self.env["ir.cron"]
        for company in self.env["res.company"].search([("ar_bank_folder", "!=", False)]):
            company._ar_take_bank_files()
        waiting = self.search([("state", "in", WORK_STATES)], order="id")
        cron._commit_progress(remaining=len(waiting))
        for record in waiting:
            locked = record.with_company(record.company_id).try_lock_for_update(allow_referencing=True)
            if locked.state in WORK_STATES and not locked._work_off():
                break
            if not cron._commit_progress(1, remaining=self.search_count([("state", "in", WORK_STATES)])):
                break

    def _work_off(self):
        """Do what waits to be done with this file.

        :return: whether it was finished; else time is up, and it goes on where it is
        """
        if self.attempts >= MOST_ATTEMPTS:
            self._give_up({"code": "cut_off"})
            return True
        self.attempts += 1
        self.env["ir.cron"]._commit_progress(0)
        try:
            if self.state == "waiting":
                self._read_or_refuse()
                self.attempts = 0
                if self._goes_alone():
                    self.state = "running"
            if not all(self._commit_chunk(count) for count in self._chunks_to_do()):
                return False
            if self.state == "undoing":
                self._end_undo()
            # What was written is not to be lost if matching is cut off.
            self.env["ir.cron"]._commit_progress(0)
            self._match()
        except (BusyError, *CONFLICTS):
            self.env.cr.rollback()
            self.attempts = 0
            return True
        except FILE_REFUSALS as error:
            self.env.cr.rollback()
            _logger.info("Bank file %s can't be finished", self.id, exc_info=True)
            self._give_up(self._note_of(error))
        self._tell_person_in_charge()
        return True

    def _goes_alone(self):
        """Whether this file is imported without a person: it came a trusted way, and nothing is in doubt."""
        if self.state != "preview" or not self.is_trusted or self.has_problem:
            return False
        journals = self.imported_statement_ids.journal_id
        return self.origin != "mail" or all(journal._ar_trusts(self.sender) for journal in journals)

    def _chunks_to_do(self):
        """Return what goes on in the background with this file, chunk by chunk."""
        if self.state == "running":
            return self._write_chunks()
        return self._undo_chunks() if self.state == "undoing" else ()

    def _commit_chunk(self, count):
        """Commit ``count`` lines, and return whether there is time for more; what moves on is not stuck."""
        self.attempts = 0
        return self.env["ir.cron"]._commit_progress(count, remaining=1)

    def _give_up(self, note):
        """End what can't be finished: take back what a first import has brought so far, or say what stays.

        What was imported before, and what software can't take back, stays and is told.
        """
        self.attempts = 0
        if self.state == "undoing":
            self._replace_notes([{"kind": "problem", **note}])
            self.write({"state": "partial", "undone_by": False, "undone_on": False})
        elif self.imported_on:
            self.write({"state": "done", "imports_doubtful": False, "new_count": len(self.line_ids)})
            with suppress(*FILE_REFUSALS), self.env.cr.savepoint():
                self._tell_again()
            self.message_post(body=ImportWording(self.env).problem(note))
        elif self.line_ids:
            self._replace_notes([{"kind": "problem", **note}])
            self.write({"state": "undoing", "has_problem": True})
            self._wake_up()
        else:
            self._refuse(note)

    def _end_undo(self):
        """Leave a file that brings nothing any more: undone by a person, or refused."""
        if not self.has_problem:
            self.write({"state": "undone", "attempts": 0})
            return
        problem = self.problem_ids[:1]
        self._refuse({"code": problem.code, "line": problem.line, "facts": problem.facts})
        self.attempts = 0

    def _tell_person_in_charge(self):
        """Ask the accountant in charge to look at a file that came by itself and isn't plainly done."""
        if self.origin == "upload" and self.state != "refused":
            return
        is_fine = self.state in ("done", "nothing_new") and not self.doubtful_count and not self.warning_count
        if is_fine or self.state in (*WORK_STATES, "undone", "discarded"):
            return
        journal = self.imported_statement_ids.journal_id[:1] or self.journal_id
        user = journal._ar_person_in_charge(self.company_id)
        record = self.with_context(lang=user.lang)
        if not self.activity_ids.filtered(lambda activity: activity.user_id == user):
            record.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=record.env._("Bank file to look at: %(file)s", file=self.name),
                # A name of a file that holds an address is to be no link.
                note=Markup("<p>%s</p>") % Markup("<br/>").join(record.message.splitlines()),
            )

    # === E-MAIL === #

    @api.private
    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Keep each file that an e-mail to a journal's alias brings; they are read by the scheduled action.

        Only the mail gateway calls it: who else could, could say who the sender is.
        """
        if not self.env.su:
            raise AccessError(self.env._("Only the mail gateway brings files by e-mail."))
        journal = self.env["account.journal"].browse((custom_values or {}).get("journal_id")).exists()
        company = journal.company_id or self.env.company
        sender = msg_dict.get("email_from") or ""
        files, others = [], []
        for attachment in msg_dict.get("attachments", []):
            content = _bytes_of(attachment)
            is_picture = (mimetypes.guess_type(attachment[0] or "")[0] or "").startswith("image/")
            if content is None or is_picture:  # pictures of a signature
                others.append(attachment)
            else:
                files.append((attachment[0] or self.env._("unnamed"), content))
        msg_dict["attachments"] = others  # the files are kept once, by their imports
        records = self.browse()
        for name, content in files:
            records |= self._receive(
                journal,
                self.env["ir.attachment"].create({"name": name, "raw": content}),
                origin="mail",
                sender=sender,
                is_trusted=journal._ar_trusts(sender),
                company_id=company.id,
            )
        if records:
            return records[0]
        record = self.create(
            {
                "name": msg_dict.get("subject") or self.env._("E-mail"),
                "company_id": company.id,
                "journal_id": journal.id,
                "origin": "mail",
                "sender": sender,
                "state": "waiting",
            }
        )
        record._refuse({"code": "no_attachment", "facts": {"sender": sender}})
        record._tell_person_in_charge()
        return record


def _bytes_of(attachment):
    """Return the bytes of an attachment as the mail gateway hands it on, ``None`` for one without content."""
    content, info = attachment[1], attachment[2] if len(attachment) > 2 else None
    if isinstance(content, str):
        return content.encode((info or {}).get("encoding") or "utf-8", "replace")
    if isinstance(content, EmailMessage):
        return content.as_bytes()
    return content
