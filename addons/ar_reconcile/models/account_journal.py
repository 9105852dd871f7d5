from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..engine.reference import compact
from ..parsers import line_identities

#: Fewest digits of an account number that may stand for the IBAN that ends with them.
FEWEST_DIGITS = 6


class AccountJournal(models.Model):
    _inherit = "account.journal"

    # The name is mangled with the class's: it only extends Odoo's own while the class is called AccountJournal.
    def __get_bank_statements_available_sources(self):
        return [*super().__get_bank_statements_available_sources(), ("ar_file", self.env._("Bank files (OFX)"))]

    def create_document_from_attachment(self, attachment_ids):
        """Import bank files that were dropped or uploaded on a bank's card; other journals' files as ever.

        :return: the action that shows what was done with each file
        """
        journal = self or self.browse(self.env.context.get("default_journal_id"))
        if journal.type not in ("bank", "credit"):
            return super().create_document_from_attachment(attachment_ids)
        self.env["account.bank.statement.line"].check_access("create")
        attachments = self.env["ir.attachment"].browse(attachment_ids).exists()
        if not attachments:
            raise UserError(self.env._("No file was given."))
        return self.env["ar.statement.import"]._import(journal, attachments)._action_open()

    # === DASHBOARD === #

    def _fill_bank_cash_dashboard_data(self, dashboard_data):
        """Add how many bank lines wait for a person, and how many proposals are among them."""
        res = super()._fill_bank_cash_dashboard_data(dashboard_data)
        banks = self.filtered(lambda journal: journal.type in ("bank", "credit"))
        counts = {
            (journal.id, state): count
            for journal, state, count in self.env["account.bank.statement.line"]._read_group(
                [("journal_id", "in", banks.ids), ("ar_state", "in", ("new", "open", "proposed"))],
                ["journal_id", "ar_state"],
                ["__count"],
            )
        }
        for journal in banks:
            proposed = counts.get((journal.id, "proposed"), 0)
            waiting = counts.get((journal.id, "new"), 0) + counts.get((journal.id, "open"), 0)
            dashboard_data[journal.id].update(
                ar_proposed=self.env._("%(count)s proposed", count=proposed) if proposed else "",
                ar_waiting=self.env._("%(count)s to look at", count=waiting) if waiting else "",
            )
        return res

    def action_ar_bank_lines(self):
        """Show this journal's bank lines that wait for a person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_bank_lines")
        action["context"] = {
            "search_default_journal_id": self.id,
            "search_default_to_do": 1,
            "default_journal_id": self.id,
        }
        action["display_name"] = self.env._("%(journal)s: bank lines", journal=self.display_name)
        return action

    # === IMPORT === #

    @api.model
    def _ar_journal_of_account(self, company, account):
        """Return the bank journals of ``company`` whose account is ``account``, an IBAN or account number.

        An account number also stands for the IBAN that ends with it.
        """
        wanted = compact(account)
        journals = self.search(
            [
                *self._check_company_domain(company),
                ("type", "in", ("bank", "credit")),
                ("bank_account_id", "!=", False),
            ]
        )
        same = journals.filtered(lambda journal: compact(journal.bank_account_id.acc_number or "") == wanted)
        if same or len(wanted) < FEWEST_DIGITS:
            return same
        return journals.filtered(lambda journal: compact(journal.bank_account_id.acc_number or "").endswith(wanted))

    def _ar_add_statement(self, statement, file):
        """Add the transactions of ``statement`` that this journal doesn't have yet.

        :param parsers.Statement statement: of this journal's account, in its currency
        :param file: ar.statement.import, named as the origin
        :return: the new lines, and how many transactions were there already
        :rtype: tuple[recordset of account.bank.statement.line, int]
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._(
                    "somebody is importing into %(journal)s at this moment. Try again.", journal=self.display_name
                )
            )
        lines = self.env["account.bank.statement.line"]
        identities = line_identities(statement)
        present = set(
            lines.search_fetch(
                [("journal_id", "=", self.id), ("ar_import_id", "in", identities)], ["ar_import_id"]
            ).mapped("ar_import_id")
        )
        fresh = [
            (line, identity)
            for line, identity in zip(statement.lines, identities, strict=True)
            if identity not in present
        ]
        if not fresh:
            return lines, len(identities)
        values = {
            "name": self._ar_statement_name(statement),
            "reference": file.name,
            "journal_id": self.id,
            "line_ids": [Command.create(self._ar_line_values(line, identity)) for line, identity in fresh],
        }
        if self._ar_is_balance_of_the_end(statement):
            values["balance_end_real"] = float(statement.closing_balance)
        opening = self._ar_opening_balance(statement)
        if opening is not None:
            values["balance_start"] = float(opening)
        created = self.env["account.bank.statement"].with_context(tracking_disable=True).create(values)
        moved = [
            line.date
            for (line, _identity), date in zip(fresh, created.line_ids.sorted("id").mapped("date"), strict=True)
            if line.date != date
        ]
        if moved:
            raise UserError(self.env._("the books of %(day)s are closed.", day=format_date(self.env, min(moved))))
        return created.line_ids, len(identities) - len(fresh)

    @api.model
    def _ar_is_balance_of_the_end(self, statement):
        """Whether the closing balance of ``statement`` is that after its last transaction."""
        if statement.closing_balance is None:
            return False
        last = max((line.date for line in statement.lines), default=statement.closing_date)
        end = max(filter(None, (statement.end_date, last)), default=None)
        return not statement.closing_date or (last <= statement.closing_date <= end)

    def _ar_opening_balance(self, statement):
        """Return the balance before the journal's first line, which nothing else tells; ``None`` for later ones."""
        if self.env["account.bank.statement.line"].search_count([("journal_id", "=", self.id)], limit=1):
            return None
        if statement.opening_balance is not None:
            return statement.opening_balance
        if not self._ar_is_balance_of_the_end(statement):
            return None
        return statement.closing_balance - sum(line.amount for line in statement.lines)

    def _ar_statement_name(self, statement):
        last = statement.closing_date or statement.end_date or max(line.date for line in statement.lines)
        return f"{self.code} {last:%Y-%m-%d}"

    def _ar_line_values(self, line, identity):
        """Return the values of the bank line that stands for a transaction of the file."""
        return {
            "journal_id": self.id,
            "date": line.date,
            "amount": float(line.amount),
            "payment_ref": line.remittance
            or line.counterparty_name
            or line.reference
            or self.env._("Bank transaction"),
            "ref": (line.remittance and line.reference != line.remittance and line.reference) or False,
            "partner_name": line.counterparty_name or False,
            "account_number": line.counterparty_account or False,
            "ar_import_id": identity,
        }
