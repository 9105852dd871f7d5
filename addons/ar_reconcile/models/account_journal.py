from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ..engine.reference import compact

#: Fewest digits of an account number that may stand for the IBAN that ends with them.
FEWEST_DIGITS = 6


class AccountJournal(models.Model):
    _inherit = "account.journal"

    ar_responsible_id = fields.Many2one(
        "res.users",
        string="Accountant in Charge",
        help="Is asked to look at this bank's files that can't be imported without a person.",
    )
    ar_mail_senders = fields.Text(
        string="Trusted Senders",
        copy=False,
        help="Addresses, or @domain for all of a domain, whose files to this journal's e-mail address are imported "
        "without a person. Files of others wait to be checked.",
    )

    ar_import_count = fields.Integer(
        string="Imports", copy=False, readonly=True, help="Grows with each import, so that two at once are noticed."
    )

    # The name is mangled with the class's: it only extends Odoo's own while the class is called AccountJournal.
    def __get_bank_statements_available_sources(self):
        return [*super().__get_bank_statements_available_sources(), ("ar_file", self.env._("Bank files (OFX, camt)"))]

    def create_document_from_attachment(self, attachment_ids):
        """Import bank files that were dropped or uploaded on a bank's card; other journals' files as ever.

        :return: the action that shows what each file would bring, to be checked
        """
        journal = self or self.browse(self.env.context.get("default_journal_id"))
        if journal.type not in ("bank", "credit"):
            return super().create_document_from_attachment(attachment_ids)
        self.env["account.bank.statement.line"].check_access("create")
        attachments = self.env["ir.attachment"].browse(attachment_ids).exists()
        if not attachments:
            raise UserError(self.env._("No file was given."))
        return self.env["ar.statement.import"]._receive(journal, attachments)._action_open()

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
    def _ar_journals_of_accounts(self, company, accounts):
        """Return the bank journals of ``company`` that accounts of files belong to.

        A person's remembered choice comes first. Then the journal with the same IBAN or account number; an account
        number also stands for the IBAN that ends with it. Where several journals have it, as for an IBAN with pockets
        in several currencies, the currency decides.

        :param accounts: pairs of an account as the file writes it and the currency it tells, empty without one
        :return: a recordset for each pair: one journal, several, or none
        :rtype: dict
        """
        journals = self.search(
            [*self._check_company_domain(company), ("type", "in", ("bank", "credit")), ("bank_account_id", "!=", False)]
        )
        numbers = {journal: compact(journal.bank_account_id.acc_number or "") for journal in journals}
        remembered = {
            (each.account, each.currency or ""): each.journal_id
            for each in self.env["ar.statement.account"].sudo().search([("company_id", "=", company.id)])
        }
        of_any_currency = {account: journal for (account, _currency), journal in remembered.items()}
        found = {}
        for account, currency in accounts:
            wanted = compact(account)
            chosen = remembered.get((wanted, currency)) or (not currency and of_any_currency.get(wanted))
            if chosen:
                found[account, currency] = chosen
                continue
            same = journals.filtered(lambda journal, wanted=wanted: wanted and numbers[journal] == wanted)
            if not same and len(wanted) >= FEWEST_DIGITS:
                same = journals.filtered(lambda journal, wanted=wanted: numbers[journal].endswith(wanted))
            of_currency = same.filtered(
                lambda journal, currency=currency: (
                    (journal.currency_id or journal.company_id.currency_id).name == currency
                )
            )
            found[account, currency] = of_currency if len(same) > 1 and of_currency else same
        return found

    def _ar_statement_name(self, statement):
        last = statement.closing_date or statement.end_date or max(line.date for line in statement.lines)
        return f"{self.code} {last:%Y-%m-%d}"

    def _ar_line_values(self, line, identity, currencies):
        """Return the values of the bank line that stands for a transaction of the file.

        :param parsers.StatementLine line: the transaction
        :param dict currencies: every res.currency by its code
        """
        original = currencies.get(line.original_currency)
        own = self.currency_id or self.company_id.currency_id
        values = {
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
            "transaction_type": line.kind or False,
            "transaction_details": self._ar_details(line),
            "ar_import_id": identity,
            "ar_bank_id": line.bank_id or False,
            "ar_entry": line.entry or False,
            "ar_entry_amount": False if line.entry_amount is None else float(line.entry_amount),
            "ar_value_date": line.value_date,
            "ar_bank_text": " · ".join(
                dict.fromkeys(filter(None, [line.reference, line.bank_id, line.entry, *line.details.values()]))
            )
            or False,
        }
        if original and line.original_amount:
            values |= {
                "ar_original_amount": float(line.original_amount),
                "ar_original_currency_id": original.id,
                "ar_exchange_rate": float(line.exchange_rate or 0),
            }
            is_converted = original != own and line.original_amount != line.amount
            if original.active and is_converted and line.original_amount * line.amount > 0:
                values |= {"foreign_currency_id": original.id, "amount_currency": float(line.original_amount)}
        return values

    @api.model
    def _ar_details(self, line):
        """Return everything that the bank said beside text, name and amount, by its name in the parsers."""
        return {
            **({"reference": line.reference} if line.reference else {}),
            **({"remittance": line.remittance} if line.remittance else {}),
            **dict(line.details),
        }

    def _ar_person_in_charge(self, company):
        """Return who is asked to look at a bank file that software can't settle: the journal's, else the company's."""
        user = self.ar_responsible_id or company.ar_bank_responsible_id
        if user:
            return user
        group = self.env.ref("ar_reconcile.group_reconcile").sudo()
        users = group.all_user_ids.filtered(lambda user: user.active and company in user.company_ids)
        return (users - self.env.ref("base.user_root")).sorted("id")[:1] or self.env.ref("base.user_admin")

    def _ar_trusts(self, sender):
        """Whether files that ``sender`` mails to this journal are imported without a person.

        The trusted senders are whole addresses or, with ``@`` in front, all of a domain. An address in an e-mail is as
        true as the mail server that took it in makes sure.
        """
        address = (email_normalize(sender) or "").lower()
        trusted = {each.lower() for each in (self.ar_mail_senders or "").replace(",", " ").split()}
        return bool(address) and (address in trusted or f"@{address.partition('@')[2]}" in trusted)

    def write(self, vals):
        """Give an alias to the model that fits the journal's type, when the type changes."""
        res = super().write(vals)
        if "type" in vals:
            for journal in self.filtered("alias_id"):
                model = journal._alias_get_creation_values()["alias_model_id"]
                journal.alias_id.sudo().alias_model_id = model
        return res

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        if self.type in ("bank", "credit"):
            values["alias_model_id"] = self.env["ir.model"]._get_id("ar.statement.import")
            values["alias_name"] = self.alias_name
            values["alias_defaults"] = {"journal_id": self.id}
        return values
