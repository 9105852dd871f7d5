import hashlib

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list

from .. import parsers

#: Lines up to which a file is matched at once; a longer one is left to the scheduled action.
MATCH_AT_ONCE = 500


class ArStatementImport(models.Model):
    """What was done with one file of the bank: kept for every file, also for a refused one."""

    _name = "ar.statement.import"
    _description = "Bank File Import"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="File", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    journal_id = fields.Many2one(
        "account.journal", string="Chosen Journal", readonly=True, help="The journal that the file was dropped on."
    )
    attachment_id = fields.Many2one("ir.attachment", string="Original File", readonly=True, ondelete="set null")
    checksum = fields.Char(string="SHA-256", readonly=True, index=True)
    state = fields.Selection(
        [("done", "Imported"), ("nothing_new", "Nothing New"), ("refused", "Refused")], required=True, readonly=True
    )
    message = fields.Text(string="What Happened", readonly=True)
    statement_ids = fields.Many2many("account.bank.statement", string="Statements", readonly=True)
    line_ids = fields.Many2many("account.bank.statement.line", string="New Lines", readonly=True)
    new_count = fields.Integer(string="New", readonly=True)
    known_count = fields.Integer(string="Already There", readonly=True)
    booked_count = fields.Integer(string="Booked", compute="_compute_line_counts")
    proposed_count = fields.Integer(string="Proposed", compute="_compute_line_counts")
    open_count = fields.Integer(string="To Look At", compute="_compute_line_counts")

    @api.depends("line_ids.ar_state")
    def _compute_line_counts(self):
        for record in self:
            states = record.line_ids.mapped("ar_state")
            record.booked_count = states.count("booked")
            record.proposed_count = states.count("proposed")
            record.open_count = len(states) - record.booked_count - record.proposed_count

    # === IMPORT === #

    @api.model
    def _import(self, journal, attachments):
        """Import files of the bank; each is done completely or refused completely.

        :param journal: account.journal that the user chose, or an empty one; every statement of a file goes to the
            journal of its own account
        :return: one record per file
        """
        self.check_access("read")
        records = self.browse()
        for attachment in attachments:
            records |= self._import_file(journal, attachment)
        new_lines = records.line_ids
        if len(new_lines) <= MATCH_AT_ONCE:
            new_lines._ar_match_each_if_need_be()
        else:
            self.env.ref("ar_reconcile.cron_match")._trigger()
        return records

    def _import_file(self, journal, attachment):
        content = attachment.raw or b""
        is_fresh_upload = attachment.create_uid == self.env.user and not (
            attachment.res_model or attachment.res_id or attachment.public
        )
        if not is_fresh_upload:  # it belongs to something else and stays there
            attachment = attachment.create({"name": attachment.name, "raw": content})
        company = journal.company_id or self.env.company
        record = self.sudo().create(
            {
                "name": attachment.name,
                "company_id": company.id,
                "journal_id": journal.id,
                "attachment_id": attachment.id,
                "checksum": hashlib.sha256(content).hexdigest(),
                "state": "refused",
            }
        )
        attachment.sudo().write({"res_model": self._name, "res_id": record.id})  # was read as the user above
        try:
            with self.env.cr.savepoint():
                record._read(company, content)
        except parsers.StatementError as error:
            record.message = self._refusal(attachment.name, self._said(error))
        except AccessError:
            raise
        except UserError as error:
            record.message = self._refusal(attachment.name, str(error))
        except psycopg2.errors.UniqueViolation:
            record.message = self._refusal(
                attachment.name, self.env._("somebody else imported the same transactions at this moment.")
            )
        return record.sudo(False)

    def _refusal(self, name, reason):
        return self.env._(
            "%(file)s was not imported, and nothing was booked: %(reason)s The file is kept here.",
            file=name,
            reason=reason,
        )

    def _read(self, company, content):
        """Write what the file holds.

        :raises StatementError: when the file can't be read
        :raises UserError: when an account has no journal, or a currency is another one
        """
        statements = parsers.read(content)
        journals = [self._journal_of(company, statement) for statement in statements]
        told = []
        for statement, journal in zip(statements, journals, strict=True):
            lines, known = journal.sudo(False)._ar_add_statement(statement, self)
            self.new_count += len(lines)
            self.known_count += known
            self.line_ids += lines
            self.statement_ids += lines.statement_id
            told.append(self._told(statement, journal, len(lines), known))
        self.state = "done" if self.new_count else "nothing_new"
        self.message = "\n".join(told)

    def _journal_of(self, company, statement):
        if not statement.account:
            raise UserError(self.env._("the file does not say which account it is of."))
        journal = company.env["account.journal"]._ar_journal_of_account(company, statement.account)
        if not journal:
            raise UserError(
                self.env._(
                    "no bank journal has the account %(account)s. Enter this account number on the journal "
                    "and drop the file again.",
                    account=statement.account,
                )
            )
        if len(journal) > 1:
            raise UserError(
                self.env._(
                    "several journals have the account %(account)s: %(journals)s.",
                    account=statement.account,
                    journals=format_list(self.env, journal.mapped("display_name")),
                )
            )
        currency = journal.currency_id or journal.company_id.currency_id
        if statement.currency and statement.currency != currency.name:
            raise UserError(
                self.env._(
                    "the statement is in %(statement)s, the journal %(journal)s is in %(own)s.",
                    statement=statement.currency,
                    journal=journal.display_name,
                    own=currency.name,
                )
            )
        return journal

    def _told(self, statement, journal, new, known):
        """Say what was done with one statement of the file."""
        if not new and known:
            told = self.env._(
                "%(journal)s: nothing was added, all transactions were already there (%(known)s).",
                journal=journal.display_name,
                known=known,
            )
        elif known:
            told = self.env._(
                "%(journal)s: transactions added: %(new)s; already there: %(known)s.",
                journal=journal.display_name,
                new=new,
                known=known,
            )
        else:
            told = self.env._("%(journal)s: transactions added: %(new)s.", journal=journal.display_name, new=new)
        if (
            not self.env["account.journal"]._ar_is_balance_of_the_end(statement)
            and statement.closing_balance is not None
        ):
            told += " " + self.env._("The balance in the file is of another day and was not used.")
        if statement.skipped:
            told += " " + self.env._(
                "Left out, as they are no booked transactions: %(count)s.", count=len(statement.skipped)
            )
        return told

    def _said(self, error):
        """Say why a file can't be read, in the user's language."""
        sentences = {
            "empty": self.env._("the file is empty."),
            "too_large": self.env._("the file is too large."),
            "unknown_format": self.env._("this is no bank statement that we can read; OFX files are."),
            "not_a_statement": self.env._("the file holds no statement of an account."),
            "truncated": self.env._("the file is cut off; get it from the bank again."),
            "bad_amount": self.env._("an amount can't be read."),
            "bad_date": self.env._("a date can't be read."),
            "too_deep": self.env._("its tags are nested too deeply."),
            "encoding": self.env._("its characters can't be read."),
            "wrong_library": self.env._(
                "the Python package ofxparse2 is installed in place of ofxparse; ask your administrator."
            ),
        }
        sentence = sentences.get(error.code) or self.env._("the file can't be read.")
        if error.line:
            sentence += " " + self.env._("Line %(line)s of the file is to blame.", line=error.line)
        return sentence

    # === ACTIONS === #

    def action_open_lines(self):
        """Show the bank lines that these files brought."""
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_bank_lines")
        action["domain"] = [("id", "in", self.line_ids.ids)]
        action["context"] = {}
        return action

    def _action_open(self):
        """Return the action that shows what was done."""
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
            "domain": [("id", "in", self.ids)],
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
        }
