"""What a person decides of a bank line: the parts that he gives are checked, written down as a match, and booked."""

from decimal import Decimal, InvalidOperation

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import float_repr, plaintext2html

from ..engine.allocation import Kind
from .bank_line_booking import (
    ACCOUNT,
    DISCOUNTS,
    FEE,
    IN_FULL,
    OPEN,
    PREPAYMENT,
    ROUNDING,
    WITHOUT_ITEM,
    WRITE_OFF,
)

#: Parts that a person may give for one bank line; nobody picks more by hand.
MOST_PARTS = 500
#: Bank lines that one call takes: the screen sends more in several, and shows how far it is.
MOST_LINES = 200
#: Kinds of parts that give up money of ours, or that a second person should see if they are beside an item.
GIVEN_UP = frozenset({FEE, ROUNDING, WRITE_OFF, ACCOUNT, Kind.DISCOUNT_GRACE.value})
#: Kinds of parts that need an account from the person.
WITH_ACCOUNT = frozenset({WRITE_OFF, ACCOUNT})
#: Kinds of parts that may name whose money it is.
WITH_PARTNER = frozenset({PREPAYMENT, WRITE_OFF, ACCOUNT})
#: Kinds of parts that keep some of the payment: they have its sign, and are no more than it.
KEPT = frozenset({PREPAYMENT, OPEN})
LONGEST_COMMENT = 500
#: The kind of activity by which a colleague is asked.
QUESTION = "ar_reconcile.activity_type_bank_line"
#: Signs that an amount may have, more than the largest one with the most decimals.
LONGEST_AMOUNT = 40
#: Amounts have no more digits before the point.
LARGEST_DIGIT = 15
#: Ids of the database are no larger.
LARGEST_ID = 2**31 - 1


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    def ar_book_by_hand(self, parts, comment=""):
        """Book this line as a person says; above the company's limit for write-offs, have a second person decide.

        :param list parts: dicts with ``amount`` (text or number in the currency of the line, signed like the line),
            and either ``item`` (id of a journal item; ``in_full`` where nothing is left open of it, ``kind`` "discount"
            for what its terms allow to take off) or a ``kind`` of `WITHOUT_ITEM`, with ``account`` or ``partner`` where
            the kind needs it. They sum to what is left of the line.
        :param str comment: why, for whoever reads the history
        :return: the match, booked or waiting
        :rtype: recordset of ar.match.proposal
        :raises UserError: when the parts don't fit the line, or an item is no longer open to the amount
        """
        self.ensure_one()
        self._ar_check_may_reconcile()
        self._ar_check_not_waiting()
        values = self._ar_allocation_values(parts)
        match = self._ar_match_of_person(values, comment)
        if match.state == "proposed":
            match._book_by_hand()
        else:  # nobody shall wait for what can't be booked
            match._check_bookable()
        return match

    def _ar_check_may_reconcile(self):
        """Refuse whoever may not reconcile these lines: every public method that changes them asks for it."""
        if not self.env.su and not self.env.user.has_group("ar_reconcile.group_reconcile"):
            raise AccessError(self.env._("You need the right “Bank Reconciliation” to do this."))
        self.check_access("write")

    def _ar_check_not_waiting(self):
        waiting = self.filtered(lambda line: line.ar_match_state == "waiting")[:1]
        if waiting:
            raise UserError(
                self.env._("%(line)s waits for a second person's approval.", line=waiting._ar_text_or_name())
            )

    def _ar_text_or_name(self):
        """Return what a person recognises this line by."""
        return self.payment_ref or self.partner_name or self.display_name

    # === PARTS === #

    def _ar_allocation_values(self, parts):
        """Return the values of the allocations for what a person gave, checked as far as a typing error goes.

        What must hold when it is booked is checked there, for both persons.
        """
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise UserError(self.env._("The parts of the payment could not be read."))
        if not parts or len(parts) > MOST_PARTS:
            raise UserError(self.env._("Give 1 to %(most)s parts of the payment.", most=MOST_PARTS))
        suspense = self._seek_for_lines()[1]
        if self.is_reconciled or len(suspense) != 1:
            raise UserError(self._ar_what_it_is_now())
        records = self._ar_records_of(parts)
        values = [self._ar_allocation(part, records, suspense.currency_id) for part in parts]
        self._ar_check_kinds(values, -suspense.amount_currency)
        left = -suspense.amount_currency
        given = sum(each["amount"] for each in values)
        if suspense.currency_id.compare_amounts(float(given), left):
            raise UserError(
                self.env._(
                    "The parts sum to %(given)s, but %(left)s are left of the payment.",
                    given=suspense.currency_id.format(float(given)),
                    left=suspense.currency_id.format(left),
                )
            )
        return values

    def _ar_check_kinds(self, values, left):
        """Refuse parts that would say the same thing twice, or give away what the payment doesn't hold.

        :param float left: of the payment
        """
        settled = [each["move_line_id"] for each in values if each["kind"] not in WITHOUT_ITEM | DISCOUNTS]
        discounted = [each["move_line_id"] for each in values if each["kind"] in DISCOUNTS]
        if len(set(settled)) < len(settled) or len(set(discounted)) < len(discounted):
            raise UserError(self.env._("An open item is there twice."))
        in_full = {each["move_line_id"] for each in values if each["kind"] in IN_FULL}
        for each in values:
            if each["kind"] in DISCOUNTS and each["move_line_id"] not in in_full:
                raise UserError(
                    self.env._(
                        "The discount on %(invoice)s needs the invoice to be paid in full.", invoice=each["number"]
                    )
                )
            if each["kind"] in KEPT and float(each["amount"]) * left < 0:
                raise UserError(self.env._("What stays open or on account can only be a part of the payment."))
        kinds = [each["kind"] for each in values]
        if kinds.count(OPEN) > 1 or set(kinds) == {OPEN}:
            raise UserError(self.env._("Only one part can stay open, beside others."))
        if any(each["kind"] == OPEN and abs(each["amount"]) >= abs(_exact(left)) for each in values):
            raise UserError(self.env._("What stays open or on account can only be a part of the payment."))

    @api.model
    def _ar_records_of(self, parts):
        """Return the records that the parts name, those that the user may read, by model and id."""
        records = {}
        for name, model in (("item", "account.move.line"), ("account", "account.account"), ("partner", "res.partner")):
            ids = {id_of(part.get(name)) for part in parts} - {0}
            found = self.env[model].search([("id", "in", list(ids))]) if ids else self.env[model]
            records |= {(name, record.id): record for record in found}
        return records

    def _ar_allocation(self, part, records, currency):
        """Return the values of one allocation."""
        amount = self._ar_amount_of(part.get("amount"), currency)
        item, account, partner = (records.get((name, id_of(part.get(name)))) for name in ("item", "account", "partner"))
        if part.get("item"):
            return self._ar_item_allocation(part, item, amount)
        kind = part.get("kind")
        if not isinstance(kind, str) or kind not in WITHOUT_ITEM:
            raise UserError(self.env._("Say for each part what it is."))
        if kind in WITH_ACCOUNT and not account:
            raise UserError(
                self.env._("Choose an account to book %(amount)s on.", amount=currency.format(float(amount)))
            )
        if kind in WITH_ACCOUNT:
            self._ar_check_account(account)
        # What customers owe is the sum of their accounts: nothing is booked there without one.
        is_customers = kind == PREPAYMENT or (kind in WITH_ACCOUNT and account.account_type == "asset_receivable")
        if is_customers and not partner:
            raise UserError(self.env._("Choose the customer on whose account the money stays."))
        if partner and kind in WITH_PARTNER and partner.company_id.root_id - self.company_id.root_id:
            raise UserError(
                self.env._(
                    "%(customer)s belongs to %(company)s.",
                    customer=partner.display_name,
                    company=partner.company_id.display_name,
                )
            )
        name = {PREPAYMENT: partner, WRITE_OFF: account, ACCOUNT: account}.get(kind)
        return {
            "kind": kind,
            "amount": amount,
            "account_id": account.id if account and kind in WITH_ACCOUNT else False,
            "partner_id": partner.commercial_partner_id.id if partner and kind in WITH_PARTNER else False,
            "move_line_id": False,
            "number": name.display_name if name else self._ar_text_or_name(),
        }

    def _ar_check_account(self, account):
        """Refuse an account of another company, and those from which the state of a bank line is read."""
        if not self.company_id.sudo().parent_ids & account.sudo().company_ids:
            raise UserError(self.env._("%(account)s is not this company's account.", account=account.display_name))
        if not account.active:
            raise UserError(self.env._("The account %(account)s is archived.", account=account.display_name))
        if account in self.journal_id.suspense_account_id | self._seek_for_lines()[0].account_id:
            raise UserError(
                self.env._("%(account)s is the bank's own account: choose another one.", account=account.display_name)
            )

    def _ar_item_allocation(self, part, item, amount):
        """Return the values of an allocation to an open item, or of the discount that is taken off it."""
        if not item:
            raise UserError(self.env._("An item of the customer's account no longer exists."))
        values = {
            "amount": amount,
            "move_line_id": item.id,
            "partner_id": item.partner_id.id,
            "account_id": False,
            "number": item.move_id.name or item.name or "/",
        }
        currency = item.currency_id
        if part.get("kind") == Kind.DISCOUNT.value:
            return {**values, "kind": self._ar_discount_kind(item, -amount)}
        paid, residual = amount, Decimal(float_repr(item.amount_residual_currency, currency.decimal_places))
        left = self._seek_for_lines()[1].currency_id
        if currency != left:
            paid = residual if part.get("in_full") else self._ar_converted(amount, left, currency)
            values["item_amount"] = paid
        return {**values, "kind": _kind_of(item, paid, residual)}

    def _ar_discount_kind(self, item, taken):
        """Return which kind of part a discount of ``taken`` is: in time, or late or with more than was agreed."""
        left, currency = self._seek_for_lines()[1].currency_id, item.currency_id
        agreed = item._ar_agreed_discounts(self._ar_day()).get(item.id, ())
        if left != currency:
            is_open = any(self._ar_day() <= each.last_day for each in agreed)
        else:
            is_open = any(self._ar_day() <= each.last_day and taken <= each.amount for each in agreed)
        return (Kind.DISCOUNT if is_open or not agreed else Kind.DISCOUNT_GRACE).value

    def _ar_converted(self, amount, source, target):
        """Return ``amount`` of the currency ``source`` in ``target``, at the rate of this line's day."""
        converted = source._convert(float(amount), target, self.company_id, self._ar_day())
        return Decimal(float_repr(converted, target.decimal_places))

    def _ar_day(self):
        """Return the day on which this payment counts."""
        return self.ar_value_date or self.date

    @api.model
    def _ar_amount_of(self, given, currency):
        """Return an amount that the screen sent, exact in the currency's decimals."""
        text = str(given) if isinstance(given, str | int | float) else ""
        try:
            amount = Decimal(text if len(text) <= LONGEST_AMOUNT else "NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        is_number = amount.is_finite() and -LONGEST_AMOUNT <= amount.adjusted() < LARGEST_DIGIT
        if not is_number or not amount:
            raise UserError(self.env._("Each part needs an amount other than zero."))
        rounded = Decimal(float_repr(currency.round(float(amount)), currency.decimal_places))
        if rounded != amount:
            raise UserError(
                self.env._(
                    "%(amount)s has more decimals than %(currency)s.",
                    amount=format(amount, "f"),
                    currency=currency.name,
                )
            )
        return rounded

    # === MATCH === #

    def _ar_match_of_person(self, allocations, comment):
        """Write down what a person decides of this line: proposed to be booked at once, or waiting for another one."""
        waits = self._ar_needs_second_person(allocations)
        suspense = self._seek_for_lines()[1]
        decided = {"decided_by": self.env.uid, "decided_on": fields.Datetime.now()} if waits else {}
        match = (
            self.env["ar.match.proposal"]
            .sudo()
            .create(
                {
                    "statement_line_id": self.id,
                    "currency_id": suspense.currency_id.id,
                    "origin": "person",
                    "state": "waiting" if waits else "proposed",
                    "probability": 0,
                    "comment": text_of(comment),
                    "allocation_ids": [fields.Command.create(values) for values in allocations],
                    **decided,
                }
            )
        )
        if waits:
            self._ar_ask_second_person(match)
        return match.with_env(self.env)

    def _ar_ask_second_person(self, match):
        """Have somebody else who may approve write-offs find this one among his activities."""
        others = self.company_id._ar_users_with("ar_reconcile.group_reconcile_review") - self.env.user
        charged = others & (self.journal_id.ar_responsible_id | self.company_id.ar_bank_responsible_id)
        for user in (charged or others)[:1]:
            self.move_id.activity_schedule(
                QUESTION,
                summary=self.env._("Write-off to approve"),
                note=plaintext2html(match.comment or match.pays_text or ""),
                user_id=user.id,
            )

    def _ar_needs_second_person(self, allocations):
        """Return whether these allocations, with what was booked of this line before, give up more than the limit."""
        company = self.company_id.sudo()
        if not company.ar_reviews_write_offs:
            return False
        given_up = self._ar_given_up(allocations)
        return company.currency_id.compare_amounts(given_up, company.ar_write_off_limit) > 0

    def _ar_given_up(self, allocations):
        """Return how much of what customers owe is given up in the company's currency: differences beside open items.

        A line that is booked to an account and pays no item, as a bank's own fee does, gives nothing up. Money on a
        customer's account that the payment doesn't hold is as good as an item: it pays his invoices later. What was
        given up of this line before counts, too: its limit is not to be had in small steps.
        """
        suspense = self._seek_for_lines()[1]
        currency = suspense.currency_id
        parts = [*self._ar_booked_before(), *allocations]
        amount = sum(abs(self._ar_exchange_given_up(each, currency)) for each in parts)
        if any(each["move_line_id"] for each in parts):
            amount += sum(abs(float(each["amount"])) for each in parts if each["kind"] in GIVEN_UP)
        elif self._ar_credits_customer(allocations):
            signed = [float(each["amount"]) for each in allocations]
            amount += sum(abs(each) for each in signed if each * suspense.amount_currency > 0)
        company_currency = self.company_id.currency_id
        return currency._convert(amount, company_currency, self.company_id, self._ar_day(), round=False)

    def _ar_booked_before(self):
        """Return what is booked of this line already, as values of allocations."""
        booked = self.ar_match_ids.filtered(lambda match: match.state == "accepted")
        return [
            {
                "kind": part.kind,
                "amount": part.amount,
                "item_amount": part.item_amount,
                "move_line_id": part.move_line_id.id,
            }
            for part in booked.sudo().allocation_ids
        ]

    @api.model
    def _ar_credits_customer(self, allocations):
        """Return whether some of the money goes to the account of a customer or vendor, without an item."""
        accounts = self.env["account.account"].browse({each["account_id"] for each in allocations} - {False})
        is_theirs = any(account.account_type in ("asset_receivable", "liability_payable") for account in accounts)
        return is_theirs or any(each["kind"] == PREPAYMENT for each in allocations)

    def _ar_exchange_given_up(self, allocation, currency):
        """Return how much less than at the day's rate is taken for an item in another currency than the payment.

        A bank's own rate, as far from the day's as the journal allows, gives nothing up.
        """
        item = self.env["account.move.line"].sudo().browse(allocation["move_line_id"])
        if not item or not allocation.get("item_amount"):
            return 0.0
        worth = float(self._ar_converted(allocation["item_amount"], item.currency_id, currency))
        difference = worth - float(allocation["amount"])
        return difference if abs(difference) > abs(worth) * self.journal_id.ar_exchange_percent / 100 else 0.0

    def _ar_what_it_is_now(self):
        """Say what became of this line, to whoever wanted to do something with it too late."""
        line = self._ar_text_or_name()
        match = self.ar_match_ids.filtered(lambda match: match.state == "accepted").sorted("id")[-1:]
        if match.is_automatic:
            return self.env._("%(line)s was booked by matching meanwhile.", line=line)
        if match.decided_by:
            return self.env._("%(line)s was booked by %(user)s meanwhile.", line=line, user=match.decided_by.name)
        return self.env._("%(line)s was reconciled meanwhile.", line=line)


class ArMatchProposal(models.Model):
    _inherit = "ar.match.proposal"  # pylint: disable=consider-merging-classes-inherited

    given_up = fields.Monetary(compute="_compute_given_up", help="What of it is no payment: differences that we bear.")

    @api.depends("allocation_ids.amount", "allocation_ids.kind")
    def _compute_given_up(self):
        for match in self:
            parts = match.allocation_ids.filtered(lambda part: part.kind in GIVEN_UP)
            match.given_up = sum(abs(part.amount) for part in parts)

    def _book_by_hand(self):
        """Book this match of a person, or refuse all of it."""
        if not self._book(is_automatic=False):
            raise UserError(self.failure)

    def _check_bookable(self):
        """Refuse what couldn't be booked now.

        :raises UserError: as `_ar_book` raises it
        """
        line = self.statement_line_id
        line._ar_check_allocations(line._ar_prefetched({line: [part._as_part() for part in self.allocation_ids]}))

    # === SECOND PERSON === #

    def action_approve(self):
        """Book matches that wait for a second person: write-offs above the limit.

        :raises UserError: when it is the same person, or the match can no longer be booked
        """
        self._check_may_review()
        self.sudo().write({"reviewed_by": self.env.uid, "reviewed_on": fields.Datetime.now()})
        for match in self:
            match._book_by_hand()
        self.statement_line_id._ar_answer_questions(self.env._("Approved"))

    def action_refuse(self):
        """Refuse matches that wait for a second person, who may be whoever asked for it: their lines are open again."""
        if any(match.decided_by != self.env.user for match in self):
            self._check_may_review()
        self.statement_line_id._ar_check_may_reconcile()
        if any(match.state != "waiting" for match in self):
            raise UserError(self.env._("This match was already decided."))
        self.sudo().write({"state": "rejected", "reviewed_by": self.env.uid, "reviewed_on": fields.Datetime.now()})
        self.statement_line_id._ar_answer_questions(self.env._("Refused"))

    def _check_may_review(self):
        """Refuse whoever is no second person for these matches."""
        if not self.env.user.has_group("ar_reconcile.group_reconcile_review"):
            raise AccessError(self.env._("You need the right “Bank Reconciliation: Approval” to do this."))
        self.statement_line_id._ar_check_may_reconcile()
        if any(match.state != "waiting" for match in self):
            raise UserError(self.env._("This match was already decided."))
        if any(match.decided_by == self.env.user for match in self):
            raise UserError(self.env._("Another person than the one who asked for it must approve this."))


def id_of(given):
    """Return an id that the screen sent; zero for what is none."""
    is_id = isinstance(given, int) and not isinstance(given, bool) and 0 < given <= LARGEST_ID
    return given if is_id else 0


def count_of(given, default, most):
    """Return a number of rows that the screen sent, from zero to ``most``."""
    is_count = isinstance(given, int) and not isinstance(given, bool) and given >= 0
    return min(given, most) if is_count else default


def text_of(given):
    """Return a text that the screen sent, as it is kept."""
    return given.replace("\0", "").strip()[:LONGEST_COMMENT] if isinstance(given, str) else ""


def _exact(amount):
    return Decimal(float_repr(amount, 6))


def _kind_of(item, paid, residual):
    """Return which kind of part takes ``paid`` off an item that is open to ``residual``."""
    if item.move_id.origin_payment_id:
        return Kind.PAYMENT.value
    if paid != residual:
        return Kind.PARTIAL.value
    return Kind.CREDIT_NOTE.value if item.move_id.move_type in ("out_refund", "in_refund") else Kind.FULL.value
