from datetime import datetime, time, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date

from ..engine.confirmation import Item, Letter

#: How long after the day to answer by a link still opens the letter.
LINK_DAYS = 30
CLERK = "ar_enhanced.group_ar_clerk"
#: What a clerk writes: what became of the answer.
BY_HAND = {"conclusion"}
FAILURES = [
    ("no_email", "No e-mail address"),
    ("bad_email", "The e-mail address is malformed"),
    ("blacklisted", "The e-mail address is on the blacklist"),
    ("mail", "The mail server refused it"),
    ("failed", "Could not be made"),
]


def exact(amount, currency):
    """A float of the database as the engine's exact amount."""
    return Decimal(f"{amount or 0.0:.{currency.decimal_places}f}") + 0


class ArBalanceConfirmation(models.Model):
    """The balance of one customer in one currency that the customer is asked to confirm.

    ``partner_id`` is the commercial entity. When the letter is sent, the balance, its items and the names are frozen:
    what the customer confirms never changes any more.
    """

    _name = "ar.balance.confirmation"
    _description = "Balance Confirmation"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "round_id desc, balance_company desc, id"
    _mail_post_access = "read"

    round_id = fields.Many2one("ar.confirmation.round", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="round_id.company_id", store=True, precompute=True, index=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    date = fields.Date(related="round_id.date", string="Balance on", store=True, precompute=True)
    form = fields.Selection(related="round_id.form")
    answer_by = fields.Date(related="round_id.answer_by")
    round_state = fields.Selection(related="round_id.state", string="State of the Round")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    balance = fields.Monetary(string="Our Balance", readonly=True)
    balance_company = fields.Monetary(
        string="In Company Currency", currency_field="company_currency_id", readonly=True, aggregator="sum"
    )
    state = fields.Selection(
        [
            ("to_send", "To be sent"),
            ("sent", "Waiting for an answer"),
            ("agreed", "Agreed"),
            ("differs", "Differs"),
            ("unanswered", "Unanswered"),
            ("no_objection", "No objection"),
            ("failed", "Not sent"),
        ],
        required=True,
        readonly=True,
        default="to_send",
        index=True,
        tracking=True,
    )
    customer_name = fields.Char(readonly=True, help="As it was when the letter was sent.")
    creditor_name = fields.Char(readonly=True, help="As it was when the letter was sent.")
    frozen_on = fields.Datetime(readonly=True)
    line_ids = fields.One2many("ar.balance.confirmation.line", "confirmation_id", string="Open Items", readonly=True)
    recipient_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    sent_to = fields.Char(readonly=True)
    sent_on = fields.Datetime(readonly=True)
    reminded_on = fields.Datetime(readonly=True)
    failure_code = fields.Selection(FAILURES, string="Reason", readonly=True)
    failure = fields.Char(string="Details", readonly=True)
    mail_id = fields.Many2one("mail.mail", readonly=True, ondelete="set null", index="btree_not_null")
    link_version = fields.Integer(readonly=True, help="Links with an earlier number don't open the letter any more.")
    answer_ids = fields.One2many("ar.confirmation.answer", "confirmation_id", string="Answers", readonly=True)
    answer_id = fields.Many2one("ar.confirmation.answer", readonly=True, ondelete="restrict", help="The latest one.")
    their_balance = fields.Monetary(related="answer_id.their_balance")
    difference = fields.Monetary(related="answer_id.difference")
    conclusion = fields.Text(
        help="What was found, or which other procedure stands for the missing answer.", tracking=True
    )

    _state_idx = models.Index("(state, round_id)")

    @api.depends("partner_id", "balance", "currency_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for each in self:
            each.display_name = each.partner_id and self.env._(
                "%(customer)s: %(amount)s on %(day)s",
                customer=each.customer_name or each.partner_id.name or "",
                amount=format_amount(self.env, each.balance, each.currency_id),
                day=format_date(self.env, each.date),
            )

    def write(self, vals):
        """Let clerks write what they found; everything else has its own actions."""
        by_hand = {name for name in vals if not name.startswith(("message_", "activity_"))}
        if not self.env.su and by_hand - BY_HAND:
            raise AccessError(self.env._("What was sent and answered isn't changed by hand."))
        return super().write(vals)

    # -- the letter -------------------------------------------------------------------------------

    def _freeze(self):
        """Keep the balances with their items as the ledger has them now, in a constant number of statements."""
        fresh = self.filtered(lambda each: not each.frozen_on)
        lines = self.env["account.move.line"]
        for of_round, asked in fresh.grouped("round_id").items():
            customers, creditor = asked.partner_id, of_round.company_id
            balances = of_round._balances(customers)
            found = lines._ar_open_items(customers, lines._ar_branches(creditor), of_round.date)
            by_customer = {}
            for (customer_id, _company_id, currency_id), items in found.items():
                by_customer.setdefault((customer_id, currency_id), []).extend(items)
            known = {line.id: line for line in lines.browse([item.key for items in found.values() for item in items])}
            frozen = []
            for each in asked:
                key = (each.partner_id.id, each.currency_id.id)
                frozen += [each._frozen_line(known[item.key], item) for item in by_customer.get(key, ())]
                balance, balance_company = balances.get(key, (0.0, 0.0))
                each.write(
                    {
                        "balance": balance,
                        "balance_company": balance_company,
                        "customer_name": each.partner_id.name or each.partner_id.display_name,
                        "creditor_name": creditor.name,
                        "frozen_on": fields.Datetime.now(),
                    }
                )
            self.env["ar.balance.confirmation.line"].create(frozen)

    def _frozen_line(self, line, item):
        """Values of the frozen line of an open item, an engine value, and its journal item."""
        kinds = {"out_invoice": "invoice", "out_receipt": "invoice", "out_refund": "credit_note"}
        is_money = line.payment_id or line.statement_line_id
        return {
            "confirmation_id": self.id,
            "move_line_id": item.key,
            "kind": kinds.get(line.move_id.move_type) or ("payment" if is_money else "entry"),
            "number": item.number or line.name or str(item.key),
            "day": line.invoice_date or line.date,
            "due": item.due if item.residual > 0 else False,
            "amount": float(item.residual),
        }

    def _letter(self):
        """What was sent, as an engine value."""
        self.ensure_one()
        return Letter(
            self.creditor_name or "",
            self.customer_name or "",
            self.date,
            self.currency_id.name,
            self.currency_id.decimal_places,
            self.form,
            tuple(
                Item(line.id, line.number, line.day, line.due or None, exact(line.amount, self.currency_id))
                for line in self.line_ids
            ),
        )

    def _link_ends(self):
        """When the link of this letter ends, in UTC."""
        return datetime.combine(self.answer_by + timedelta(days=LINK_DAYS + 1), time())

    def _failure_words(self):
        """Why the letter could not be sent."""
        self.ensure_one()
        words = dict(self._fields["failure_code"]._description_selection(self.env)).get(self.failure_code, "")
        return f"{words} ({self.failure})" if self.failure else words

    # -- staff ------------------------------------------------------------------------------------

    def action_print(self):
        """Print the letter, with the answer if there is one."""
        return self.env.ref("ar_portal.report_ar_confirmation").report_action(self)

    def action_record_paper(self):
        """Ask for the answer that came on paper."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_portal.action_ar_confirmation_paper"),
            "context": {"default_confirmation_id": self.id},
        }

    def _answer_on_paper(self, form, files):
        """Keep an answer that came on paper, by the clerk who has the letter in hand.

        :param form: texts by the names of the portal's form
        :param files: pairs of name and stream: the scanned letter
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(CLERK):
            raise AccessError(self.env._("Recording an answer takes the rights of a receivables clerk."))
        if self.state == "to_send" or self.round_id.state != "sent":
            raise UserError(self.env._("This letter can't be answered any more, or wasn't sent yet."))
        # Nobody writes answers by hand; the right to record them was checked.
        letter = self.sudo()
        errors = letter._take({**form, "expected": str(len(letter.answer_ids))}, files, "paper")
        if errors:
            raise UserError("\n".join(error["words"] for error in errors))

    def action_verify(self):
        """Compute the fingerprints of the answers again and tell whether anything has changed since."""
        self.ensure_one()
        self.check_access("read")
        changed = self.answer_ids.filtered(lambda answer: not answer._is_intact())
        if not self.answer_ids:
            raise UserError(self.env._("There is no answer to verify yet."))
        if changed:
            message = self.env._(
                "Answer %(numbers)s no longer says what was signed: it was changed in the database.",
                numbers=", ".join(str(answer.number) for answer in changed),
            )
        else:
            message = self.env._("Unchanged: the fingerprint was computed again from what is stored, and is the same.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "danger" if changed else "success", "sticky": bool(changed)},
        }

    def _in_charge(self):
        """Who follows up: the customer's credit manager, else the company's, else who is responsible for the round."""
        self.ensure_one()
        people = self.partner_id._ar_credit_owners(self.company_id) | self.round_id.user_id
        return people.filtered(lambda user: user.active and user.has_group("ar_enhanced.group_ar_user"))[:1]


class ArBalanceConfirmationLine(models.Model):
    """An open item as the letter states it; it never changes."""

    _name = "ar.balance.confirmation.line"
    _description = "Open Item in a Balance Confirmation"
    _order = "confirmation_id, day, id"
    _rec_name = "number"

    confirmation_id = fields.Many2one(
        "ar.balance.confirmation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="confirmation_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="confirmation_id.currency_id")
    move_line_id = fields.Many2one(
        "account.move.line", string="Journal Item", readonly=True, ondelete="set null", index="btree_not_null"
    )
    kind = fields.Selection(
        [("invoice", "Invoice"), ("credit_note", "Credit note"), ("payment", "Payment"), ("entry", "Entry")],
        required=True,
        readonly=True,
    )
    number = fields.Char(required=True, readonly=True)
    day = fields.Date(string="Date", required=True, readonly=True)
    due = fields.Date(readonly=True)
    amount = fields.Monetary(readonly=True)

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: what a customer was shown stays as it was."""
        raise UserError(self.env._("What a customer was asked to confirm never changes."))
