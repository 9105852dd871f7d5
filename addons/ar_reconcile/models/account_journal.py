from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize, float_repr

from ..engine.policy import Policy
from ..engine.reference import compact
from .account_bank_statement_line import STANDING

#: Fewest digits of an account number that may stand for the IBAN that ends with them.
FEWEST_DIGITS = 6
#: Thresholds that a journal may have; below, more would be wrong than anybody wants booked without a look.
LOWEST_THRESHOLD = 0.9
HIGHEST_THRESHOLD = 1.0
#: The highest share of wrong bookings that may be accepted, and the smallest that is told.
HIGHEST_TARGET = Decimal("0.1")
SMALLEST_TARGET = Decimal("0.000001")
#: The threshold of a journal where software only proposes: no probability reaches it.
NEVER = Decimal(2)
#: Days that a discount may be granted too late; more is another discount.
MOST_GRACE_DAYS = 60
#: Digits of shares, such as a threshold.
SHARE_DIGITS = (8, 6)


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

    ar_currency_id = fields.Many2one("res.currency", compute="_compute_ar_currency_id")
    ar_auto_match = fields.Boolean(
        string="Book What Is Sure",
        default=True,
        help="Bank lines whose match is sure enough are booked by themselves. Without it, all matches are proposed and "
        "wait for your word.",
    )
    ar_book_threshold = fields.Float(
        string="Book From",
        digits=SHARE_DIGITS,
        default=float(Policy().threshold),
        help="How probable a match must be to be booked without a person. Less probable ones are proposed.",
    )
    ar_error_target = fields.Float(
        string="Wrong Bookings at Most",
        digits=SHARE_DIGITS,
        default=0.001,
        help="The share of wrong bookings that you accept. The lowest threshold that is proven to stay within it, by "
        "what has been confirmed in this journal, is recommended.",
    )
    ar_rounding_limit = fields.Monetary(
        string="Rounding up to",
        currency_field="ar_currency_id",
        default=0.05,
        help="A difference up to this amount, too much or too little, is written off and the invoice is paid. "
        "Zero: never.",
    )
    ar_rounding_account_id = fields.Many2one(
        "account.account",
        string="Rounding Account",
        check_company=True,
        ondelete="restrict",
        domain="[('account_type', 'in', ('income', 'income_other', 'expense', 'expense_other'))]",
        help="Takes differences of rounding. Empty: the company's accounts for cash differences.",
    )
    ar_rounding_account_hint = fields.Char(compute="_compute_ar_account_hints")
    ar_fee_limit = fields.Monetary(
        string="Bank Fees up to",
        currency_field="ar_currency_id",
        default=50,
        help="What is missing up to this amount, where the bank may have kept a fee, is booked as a bank fee and the "
        "invoice is paid. Zero: never.",
    )
    ar_fee_account_id = fields.Many2one(
        "account.account",
        string="Bank Fee Account",
        check_company=True,
        ondelete="restrict",
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost', 'expense_other'))]",
        help="Takes the fees that banks keep. Empty: the account of the reconciliation model “Bank Fees”.",
    )
    ar_fee_account_hint = fields.Char(compute="_compute_ar_account_hints")
    ar_grace_days = fields.Integer(
        string="Discount Granted",
        default=0,
        help="Days after its last day on which an early payment discount is still granted. Zero: to the day.",
    )
    ar_books_short_payments = fields.Boolean(
        string="Book Short Payments",
        default=True,
        help="A payment that names its invoice is booked although it is less; the rest of the invoice stays open. "
        "Without it, short payments are proposed.",
    )
    ar_overpayment_limit = fields.Monetary(
        string="Overpayments up to",
        currency_field="ar_currency_id",
        default=0,
        help="What was paid too much, up to this amount, is put on the customer's account without a person. "
        "Zero: overpayments are proposed.",
    )
    ar_exchange_percent = fields.Float(
        string="Other Currencies within",
        digits=(5, 2),
        default=3.0,
        help="How far, in percent, a payment in another currency may be from the day's rate. The difference is booked "
        "as exchange gain or loss.",
    )
    ar_calibration = fields.Json(compute="_compute_ar_calibration", export_string_translation=False)

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
        """Add how many bank lines are to do, as the workspace counts them, and how many proposals are among them."""
        res = super()._fill_bank_cash_dashboard_data(dashboard_data)
        banks = self.filtered(lambda journal: journal.type in ("bank", "credit"))
        counts = {
            (journal.id, state): count
            for journal, state, count in self.env["account.bank.statement.line"]._read_group(
                Domain("journal_id", "in", banks.ids)
                & STANDING
                & Domain("is_reconciled", "=", False)
                & Domain("ar_match_state", "!=", "matched"),
                ["journal_id", "ar_match_state"],
                ["__count"],
            )
        }
        for journal in banks:
            proposed = counts.get((journal.id, "proposed"), 0)
            to_do = sum(count for (key, _state), count in counts.items() if key == journal.id)
            dashboard_data[journal.id].update(
                ar_proposed=self.env._("%(count)s proposed", count=proposed) if proposed else "",
                ar_to_do=self.env._("%(count)s to do", count=to_do) if to_do else "",
            )
        return res

    def action_ar_bank_lines(self):
        """Open the workspace with this journal's bank lines."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_workspace")
        action["context"] = {"search_default_journal_id": self.id, "default_journal_id": self.id}
        action["display_name"] = self.env._("%(journal)s: bank lines", journal=self.display_name)
        return action

    # === MATCHING === #

    @api.depends("currency_id", "company_id")
    def _compute_ar_currency_id(self):
        for journal in self:
            journal.ar_currency_id = journal.currency_id or journal.company_id.currency_id

    @api.depends("company_id")
    def _compute_ar_account_hints(self):
        for journal in self:
            fee = journal._ar_default_fee_account()
            rounding = journal._ar_default_rounding_accounts()
            missing = self.env._("None: such differences are proposed only")
            journal.ar_fee_account_hint = fee.display_name or missing
            journal.ar_rounding_account_hint = " / ".join(rounding.mapped("display_name")) or missing

    @api.depends("ar_error_target", "ar_book_threshold", "ar_auto_match")
    @api.depends_context("lang", "uid")
    def _compute_ar_calibration(self):
        banks = self.filtered(lambda journal: journal.type in ("bank", "credit"))
        cards = self.env["ar.match.calibration"]._cards(banks)
        for journal in self:
            journal.ar_calibration = journal in cards and {"cards": [cards[journal]]}

    @api.constrains(
        "ar_book_threshold",
        "ar_error_target",
        "ar_rounding_limit",
        "ar_fee_limit",
        "ar_overpayment_limit",
        "ar_grace_days",
        "ar_exchange_percent",
    )
    def _check_ar_policy(self):
        for journal in self:
            journal._check_ar_shares()
            for name in ("ar_rounding_limit", "ar_fee_limit", "ar_overpayment_limit"):
                if journal[name] < 0:
                    raise ValidationError(
                        self.env._(
                            "“%(limit)s” of %(journal)s is an amount from zero up.",
                            limit=self._fields[name]._description_string(self.env),
                            journal=journal.display_name,
                        )
                    )
            if not 0 <= journal.ar_grace_days <= MOST_GRACE_DAYS:
                raise ValidationError(
                    self.env._(
                        "Discounts can be granted 0 to %(most)s days too late, not %(days)s.",
                        most=MOST_GRACE_DAYS,
                        days=journal.ar_grace_days,
                    )
                )
            if not 0 <= journal.ar_exchange_percent <= 100:
                raise ValidationError(self.env._("How far a payment may be from the day's rate is 0 to 100 %."))

    def _check_ar_shares(self):
        if not LOWEST_THRESHOLD <= self.ar_book_threshold <= HIGHEST_THRESHOLD:
            raise ValidationError(
                self.env._(
                    "Matches can be booked from a probability of 90 to 100 %%, not %(percent)s %%. "
                    "To have none booked, switch “Book What Is Sure” off.",
                    percent=f"{self.ar_book_threshold * 100:g}",
                )
            )
        if not 0 < _exact_share(self.ar_error_target) <= HIGHEST_TARGET:
            raise ValidationError(
                self.env._(
                    "The share of wrong bookings that you accept is above 0 and at most 10 %%, not %(percent)s %%.",
                    percent=f"{self.ar_error_target * 100:g}",
                )
            )

    def _as_policy(self):
        """Return the engine's rules for this journal, in exact decimals."""
        self.ensure_one()
        currency = self.ar_currency_id

        def amount(name):
            return Decimal(float_repr(self[name], currency.decimal_places))

        return Policy(
            threshold=self._ar_threshold() if self.ar_auto_match else NEVER,
            rounding_limit=amount("ar_rounding_limit"),
            fee_limit=amount("ar_fee_limit"),
            grace_days=self.ar_grace_days,
            books_short_payments=self.ar_books_short_payments,
            overpayment_limit=amount("ar_overpayment_limit"),
            exchange_percent=Decimal(float_repr(self.ar_exchange_percent, 2)),
        )

    def _ar_fee_account(self):
        """Return the account that takes what a bank keeps as its fee; empty where none is set up."""
        self.ensure_one()
        return self.ar_fee_account_id or self._ar_default_fee_account()

    def _ar_rounding_account(self, is_loss):
        """Return the account that takes a difference of rounding; empty where none is set up.

        :param bool is_loss: whether we bear it, as when a customer paid too little
        """
        self.ensure_one()
        if self.ar_rounding_account_id:
            return self.ar_rounding_account_id
        company = self.company_id.sudo()
        name = "default_cash_difference_expense_account_id" if is_loss else "default_cash_difference_income_account_id"
        return company[name]

    def _ar_default_fee_account(self):
        """Return the account of the model for bank fees that comes with the chart of accounts, if it is still there."""
        root = self.company_id.sudo().root_id
        model = self.env.ref(f"account.{root.id}_bank_fees_reco", raise_if_not_found=False) if root else None
        return model.sudo().line_ids.account_id[:1].sudo(False) if model else self.env["account.account"]

    def _ar_default_rounding_accounts(self):
        company = self.company_id.sudo()
        return company.default_cash_difference_expense_account_id | company.default_cash_difference_income_account_id

    def _ar_threshold(self):
        return _exact_share(self.ar_book_threshold)

    def _ar_target(self):
        """Return the accepted share of wrong bookings; while somebody is typing it, a possible one."""
        return min(max(_exact_share(self.ar_error_target), SMALLEST_TARGET), HIGHEST_TARGET)

    def action_ar_use_threshold(self, threshold):
        """Book from ``threshold`` on, which the history of this journal speaks for."""
        self.ensure_one()
        self.write({"ar_book_threshold": threshold, "ar_auto_match": True})

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
        for user in (self.ar_responsible_id, company.sudo().ar_bank_responsible_id):
            if user.active and company in user.sudo().company_ids:  # who is gone is asked nothing
                return user
        return company._ar_users_with("ar_reconcile.group_reconcile")[:1] or self.env.ref("base.user_admin")

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


def _exact_share(share):
    """Return a share that Odoo holds as a float as the decimal that it stands for."""
    return Decimal(float_repr(share, SHARE_DIGITS[1])).normalize()
