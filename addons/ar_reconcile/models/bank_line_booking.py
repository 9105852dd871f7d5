from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_repr

from ..engine.allocation import SETTLING, Kind

#: Lets the journal items of a bank line be replaced, without the line following them.
REBUILD_ITEMS = {
    "force_delete": True,
    "skip_readonly_check": True,
    "skip_account_move_synchronization": True,
}
#: Invoices are compared before and after for changes of their lines, which booking doesn't touch.
NO_INVOICE_CHANGES = {"skip_invoice_sync": True}
#: Pairs of items that are reconciled together; with exchange differences, Odoo compares each pair with each other one.
PLAN, FOREIGN_PLAN = 500, 50
#: What a suspense item can be given; one that becomes anything more, such as the base of a tax, is replaced.
ASSIGNABLE = frozenset(
    "move_id name account_id partner_id currency_id amount_currency balance reconcile_model_id".split()
)
#: Kinds of parts that are reconciled with an item.
RECONCILED = frozenset(kind.value for kind in SETTLING | {Kind.EXCHANGE})
#: Kinds of parts that leave nothing open of their item.
IN_FULL = frozenset({Kind.FULL.value, Kind.CREDIT_NOTE.value})
DISCOUNTS = frozenset({Kind.DISCOUNT.value, Kind.DISCOUNT_GRACE.value})
FEE, ROUNDING, EXCHANGE, OVERPAYMENT = (
    kind.value for kind in (Kind.BANK_FEE, Kind.ROUNDING, Kind.EXCHANGE, Kind.OVERPAYMENT)
)
#: What only a person chooses: money on a customer's account, a difference that is given up, any account, the rest left.
PREPAYMENT, WRITE_OFF, ACCOUNT, OPEN = "prepayment", "write_off", "account", "open"
#: Kinds of parts that need no item.
WITHOUT_ITEM = frozenset({FEE, ROUNDING, PREPAYMENT, WRITE_OFF, ACCOUNT, OPEN})


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what is booked for a bank line.

    ``amount`` is in the currency of what is left of the line, signed as in the engine's allocations: the parts of a
    line sum to what is left of it. ``kind`` is the value of an engine's ``Kind``. ``item`` is the journal item that the
    part belongs to: the one to reconcile, the one that is discounted, or one of the customer who has paid too much;
    those of `WITHOUT_ITEM` may have none. ``item_amount`` is what is taken off an item of another currency, in that
    currency; an exchange difference without one is added to the part that settles its item. ``account`` is where a
    person has said that a write-off or something else is booked, ``partner`` whose prepayment it is.
    """

    item: models.BaseModel | None
    amount: float | Decimal
    kind: str = Kind.FULL.value
    item_amount: float | Decimal | None = None
    account: models.BaseModel | None = None
    partner: models.BaseModel | None = None

    @property
    def payer(self):
        """Whose money it is, as far as the part says that: an empty recordset or None if it doesn't."""
        return self.item.partner_id if self.item else self.partner


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    def _ar_book(self, allocations):
        """Reconcile lines with the items that they settle, all of them or none if the caller has set a savepoint.

        :param dict allocations: {line: [Part, …]}
        :raises UserError: when what was proposed no longer holds, an account is missing, or the books are closed
        """
        allocations = self._ar_prefetched(allocations)
        suspense_of = self._ar_check_allocations(allocations)
        counterparts = [
            (suspense_of[line], line._ar_counterparts(suspense_of[line], parts)) for line, parts in allocations.items()
        ]
        payers = {line: line._ar_payers(parts) for line, parts in allocations.items()}
        payer_of = {line: partners.pop() for line, partners in payers.items() if len(partners) == 1}
        pairs = self._ar_replace_suspense(counterparts, payer_of)
        self._ar_reconcile(pairs)
        self._ar_check_settled(allocations, pairs)

    def _ar_payers(self, parts):
        """Return whose payment this line is: of ``parts``, and of what was booked of it before."""
        booked = self._seek_for_lines()[2].partner_id
        return {part.payer for part in parts if part.payer} | set(booked)

    @api.model
    def _ar_prefetched(self, allocations):
        """Return ``allocations`` with records that are read together, and exchange differences where they belong."""
        lines = self.browse([line.id for line in allocations])
        wanted = {part.item.id: None for parts in allocations.values() for part in parts if part.item}
        items = self.env["account.move.line"].browse(list(wanted)).exists()
        if len(items) < len(wanted):
            raise UserError(self.env._("An item of the customer's account no longer exists."))
        item_of = {item.id: item for item in items}
        return {
            line: [
                replace(part, item=item_of.get(part.item and part.item.id), amount=float(part.amount))
                for part in _with_exchange(parts)
            ]
            for line, parts in zip(lines, allocations.values(), strict=True)
        }

    # === WHAT MUST HOLD === #

    @api.model
    def _ar_check_allocations(self, allocations):
        """Refuse to book what is no longer true since it was proposed; return the suspense item of each line."""
        lines = self.browse([line.id for line in allocations])
        lines.check_access("write")
        lines.move_id.check_access("write")
        suspense_of, parts_of = {}, defaultdict(list)
        for line, parts in allocations.items():
            suspense_of[line] = line._ar_check_line(parts)
            for part in parts:
                if part.item:
                    self._ar_check_item(line, part)
                    parts_of[part.item].append(part)
                elif part.kind not in WITHOUT_ITEM:
                    raise UserError(self.env._("An item of the customer's account no longer exists."))
                for record in filter(None, () if part.item else (part.partner, part.account)):
                    if not record.active:
                        raise UserError(self.env._("%(name)s is archived.", name=record.display_name))
        for item, parts in parts_of.items():
            self._ar_check_residual(item, parts)
        return suspense_of

    def _ar_check_line(self, parts):
        """Refuse to book this line when it was reconciled or changed; return its suspense item."""
        suspense = self._seek_for_lines()[1]
        if self.state != "posted" or self.is_reconciled or len(suspense) != 1 or not parts:
            raise UserError(self.env._("%(line)s has nothing left to reconcile.", line=self.display_name))
        if suspense.currency_id.compare_amounts(sum(part.amount for part in parts), -suspense.amount_currency):
            raise UserError(self.env._("The amount of %(line)s has changed.", line=self.display_name))
        return suspense

    @api.model
    def _ar_check_item(self, line, part):
        """Refuse to book on an item that is not posted, archived or another company's."""
        item = part.item
        if item.parent_state != "posted" or not item.account_id.reconcile or item.move_id == line.move_id:
            raise UserError(self.env._("%(invoice)s has changed.", invoice=item.move_id.display_name))
        if item.company_id.root_id != line.company_id.root_id:
            raise UserError(
                self.env._(
                    "%(invoice)s belongs to %(company)s.",
                    invoice=item.move_id.display_name,
                    company=item.company_id.display_name,
                )
            )
        if not item.account_id.active:
            raise UserError(
                self.env._(
                    "The account of %(invoice)s, %(account)s, is archived.",
                    invoice=item.move_id.display_name,
                    account=item.account_id.display_name,
                )
            )
        if item.partner_id and not item.partner_id.active:
            raise UserError(
                self.env._(
                    "%(customer)s, the customer of %(invoice)s, is archived.",
                    customer=item.partner_id.display_name,
                    invoice=item.move_id.display_name,
                )
            )

    @api.model
    def _ar_check_residual(self, item, parts):
        """Refuse to take more off an item than is open of it, or anything else than all where all was meant."""
        settling = [part for part in parts if part.kind in RECONCILED]
        if not settling:
            return
        residual, currency = item.amount_residual_currency, item.currency_id
        wanted = sum(_taken_off(part) for part in settling)
        is_beyond = currency.compare_amounts(abs(wanted), abs(residual)) > 0 or wanted * residual <= 0
        is_short = any(part.kind in IN_FULL for part in settling) and currency.compare_amounts(wanted, residual)
        if is_beyond or is_short:
            raise UserError(
                self.env._(
                    "%(invoice)s has %(residual)s left to pay, not %(amount)s.",
                    invoice=item.move_id.name,
                    residual=currency.format(residual),
                    amount=currency.format(wanted),
                )
            )

    @api.model
    def _ar_check_settled(self, allocations, pairs):
        """Refuse what Odoo has reconciled otherwise than was proposed."""
        in_full = self.env["account.move.line"].union(
            *(part.item for parts in allocations.values() for part in parts if part.kind in IN_FULL)
        )
        for item in in_full.union(*(counterpart for counterpart, _item in pairs)):
            if not item.reconciled:
                raise UserError(
                    self.env._(
                        "%(invoice)s is no longer open to the amount that was proposed.",
                        invoice=(item.move_id if item in in_full else dict(pairs)[item].move_id).display_name,
                    )
                )

    # === JOURNAL ITEMS === #

    def _ar_counterparts(self, suspense, parts):
        """Return what takes the place of ``suspense``: its values, and with what it is reconciled, if with anything.

        The company's amounts are cumulative shares, rounded: they sum to the whole and never change sign.

        :rtype: list of (dict, account.move.line or None), those that are reconciled first
        """
        currency, company_currency = suspense.currency_id, suspense.company_currency_id
        given, told, counterparts = 0.0, 0.0, []
        for part in sorted(parts, key=lambda part: part.kind not in RECONCILED):
            given += part.amount
            total = company_currency.round(suspense.balance * given / -suspense.amount_currency)
            common = {
                "name": suspense.name,
                "move_id": suspense.move_id.id,
                "partner_id": (part.payer or self.partner_id).id,
                "currency_id": currency.id,
                "amount_currency": -currency.round(part.amount),
                "balance": company_currency.round(total - told),
            }
            told = total
            if part.kind in RECONCILED:
                counterparts += self._ar_settling(part, common)
            elif part.kind in DISCOUNTS:
                counterparts += [(values, None) for values in self._ar_discount(part, common)]
            else:
                counterparts.append(({**common, **self._ar_difference(part)}, None))
        return counterparts

    def _ar_settling(self, part, common):
        """Return the values of what settles an item, in the item's currency.

        An item in the company's currency that is paid in another one leaves Odoo no difference to find: it is booked
        beside it.
        """
        item, currency = part.item, part.item.currency_id
        common["account_id"] = item.account_id.id
        if currency.id == common["currency_id"]:
            return [(common, item)]
        if part.item_amount is None:
            raise UserError(
                self.env._(
                    "%(invoice)s has changed: it is in %(currency)s, in which no amount was given.",
                    invoice=item.move_id.display_name,
                    currency=currency.name,
                )
            )
        own = -currency.round(float(part.item_amount))
        in_own = {**common, "currency_id": currency.id, "amount_currency": own}
        if currency != item.company_currency_id:
            return [(in_own, item)]
        rest = currency.round(common["balance"] - own)
        in_own["balance"] = own
        if not rest:
            return [(in_own, item)]
        account = self.env["account.move.line"]._get_exchange_account(self.company_id, rest)
        if not account:
            raise UserError(
                self.env._(
                    "Set the accounts for exchange differences of %(company)s.", company=self.company_id.display_name
                )
            )
        difference = {**in_own, "account_id": account.id, "amount_currency": rest, "balance": rest}
        return [(in_own, item), (difference, None)]

    def _ar_discount(self, part, common):
        """Return the values of Odoo's own entries of an early-payment discount, also after its last day.

        :raises UserError: when that discount was not agreed on
        """
        item = part.item
        invoice, company = item.move_id, item.company_id
        if invoice._ar_has_policy_discounts():
            return self._ar_policy_discount(part, common)
        if not company.account_journal_early_pay_discount_loss_account_id:
            raise UserError(
                self.env._("Set the account for early payment discounts of %(company)s.", company=company.display_name)
            )
        taken = -item.currency_id.round(_taken_off(part))
        values = []
        if (
            invoice.move_type in invoice._early_payment_discount_move_types()
            and invoice.invoice_payment_term_id.early_discount
            and not (item.matched_debit_ids + item.matched_credit_ids)
        ):
            paid = {"aml": item, "amount_currency": -item.amount_currency, "balance": -item.balance}
            kinds = invoice._get_invoice_counterpart_amls_for_early_payment_discount([paid], common["balance"])
            values = [{**each, "move_id": common["move_id"]} for each_kind in kinds.values() for each in each_kind]
        if item.currency_id.compare_amounts(sum(each["amount_currency"] for each in values), taken):
            raise self._ar_not_agreed(item, taken)
        return self._ar_in_company_currency(item, values)

    def _ar_policy_discount(self, part, common):
        """Return the values of the entries of a policy's discount: of any of its tiers, with what is short of it.

        :raises UserError: when that discount was not agreed on
        """
        item, taken = part.item, -part.item.currency_id.round(_taken_off(part))
        agreed = item._ar_agreed_discounts(self._ar_day()).get(item.id, ())
        amount = Decimal(float_repr(taken, item.currency_id.decimal_places))
        chosen = next((each for each in agreed if each.amount <= amount <= each.amount + each.grace_amount), None)
        if not chosen:
            raise self._ar_not_agreed(item, taken)
        offers = item._ar_current_offers()[item.id]
        offer = offers.filtered(lambda offer: offer.annual_rate or offer.last_day == chosen.last_day)[:1]
        values = [
            {**each, "move_id": common["move_id"]}
            for each in item._ar_discount_write_off_vals(taken, self._ar_day(), offer=offer)
        ]
        exchange = item._ar_exchange_vals(common["balance"] - sum(each["balance"] for each in values))
        if exchange:
            values.append({**exchange, "move_id": common["move_id"]})
        return self._ar_in_company_currency(item, values)

    def _ar_not_agreed(self, item, taken):
        return UserError(
            self.env._(
                "A discount of %(amount)s on %(invoice)s was not agreed on.",
                amount=item.currency_id.format(taken),
                invoice=item.move_id.display_name,
            )
        )

    @api.model
    def _ar_in_company_currency(self, item, values):
        """Return ``values`` whose amounts are their balances where they are in the company's currency."""
        for each in values:
            if each["currency_id"] == item.company_currency_id.id:
                each["amount_currency"] = each["balance"]
        return values

    def _ar_difference(self, part):
        """Return the account, and maybe the name, of what is not reconciled: a fee, a write-off, money on account."""
        document = part.item.move_id.name if part.item else self.payment_ref
        if part.kind == FEE:
            name = self.env._("Bank fee: %(document)s", document=document)
            return {"name": name, "account_id": fee_account(self.journal_id).id}
        if part.kind == ROUNDING:
            name = self.env._("Rounding: %(document)s", document=document)
            return {"name": name, "account_id": rounding_account(self.journal_id, part.amount).id}
        if part.kind == OVERPAYMENT:
            account = part.item.account_id
            if account.account_type != "asset_receivable":
                account = part.item.partner_id.with_company(self.company_id).property_account_receivable_id
            return {"account_id": account.id}
        if part.kind == OPEN:
            return {"account_id": self.journal_id.suspense_account_id.id}
        if part.kind == PREPAYMENT:
            partner = part.partner.with_company(self.company_id)
            is_customers = part.amount > 0
            name = "property_account_receivable_id" if is_customers else "property_account_payable_id"
            if partner[name]:
                return {"account_id": partner[name].id}
            raise UserError(self.env._("Set the accounts of %(customer)s.", customer=partner.display_name))
        if part.kind in (WRITE_OFF, ACCOUNT) and part.account:
            return {"account_id": part.account.id}
        raise UserError(
            self.env._("%(line)s: there is no way to book “%(kind)s”.", line=self.display_name, kind=part.kind)
        )

    @api.model
    def _ar_replace_suspense(self, counterparts, payer_of):
        """Put counterparts in the place of suspense items, and note whose payments the lines are.

        :param counterparts: [(suspense item, [(values, item to reconcile or None), …]), …]
        :param dict payer_of: {line: the partner to note on all of its entry}
        :return: [(journal item, item to reconcile), …]
        """
        moves = self.env["account.move.line"].union(*(suspense for suspense, _values in counterparts)).move_id
        context = {**REBUILD_ITEMS, **NO_INVOICE_CHANGES, "tracking_disable": not is_audited(moves.company_id)}
        moves, items = moves.with_context(**context), self.env["account.move.line"].with_context(**context)
        assigned, by_account, removed, created, pairs = {}, defaultdict(list), [], [], []
        for suspense, replacing in counterparts:
            (first, settled), *others = replacing
            if first.keys() - ASSIGNABLE:
                removed.append(suspense.id)
                created += replacing
                continue
            by_account[first["account_id"]].append(suspense.id)
            assigned[items.browse(suspense.id)] = {
                name: first[name] for name in first.keys() - {"account_id", "move_id"}
            }
            pairs.append((suspense, settled))
            created += others
        with (
            moves._check_balanced({"records": moves}),
            moves._sync_dynamic_lines({"records": moves}),
            moves.env.protecting(_unaffected(moves)),
        ):
            self._ar_set_partners(payer_of, assigned, context)
            assign(assigned)
            for account, ids in by_account.items():
                items.browse(ids).account_id = account
            items.browse(removed).unlink()
            added = items.create([values for values, _settled in created])
        pairs += zip(added, (settled for _values, settled in created), strict=True)
        return [(counterpart, settled) for counterpart, settled in pairs if settled]

    @api.model
    def _ar_set_partners(self, payer_of, assigned, context):
        """Note whose payments the lines are, on each line and its whole entry.

        :param dict assigned: {journal item: its new values}, is added to
        """
        lines, moves = {}, {}
        for line, payer in payer_of.items():
            lines[line.with_context(**context)] = moves[line.move_id.with_context(**context)] = {"partner_id": payer.id}
            for item in line.move_id.line_ids:
                assigned.setdefault(item.with_context(**context), {"partner_id": payer.id})
        assign(lines)
        assign(moves)
        # Entries get their customers' fiscal positions, which Odoo would read one by one.
        for company, some in self.browse([line.id for line in payer_of]).grouped("company_id").items():
            some.partner_id.with_company(company).fetch(["property_account_position_id"])

    @api.model
    def _ar_reconcile(self, pairs):
        """Reconcile journal items with the items that they settle, in plans of a size that Odoo takes well."""
        plans = defaultdict(list)
        for counterpart, item in pairs:
            is_foreign = item.currency_id != item.company_currency_id
            plans[is_foreign].append(counterpart + item)
        items = self.env["account.move.line"].with_context(**NO_INVOICE_CHANGES)
        for is_foreign, plan in plans.items():
            size = FOREIGN_PLAN if is_foreign else PLAN
            for begin in range(0, len(plan), size):
                items._reconcile_plan([pair.with_env(items.env) for pair in plan[begin : begin + size]])


# === ACCOUNTS === #


def fee_account(journal):
    """Return the account for what the bank keeps: the journal's, or what Odoo takes for bank fees.

    :raises UserError: when there is none
    """
    env, company = journal.env, journal.company_id
    account = journal._ar_fee_account()
    account = account or env["account.chart.template"].sudo()._get_bank_fees_reco_account(company)
    if not account:
        raise UserError(env._("Set the bank fees account of the journal %(journal)s.", journal=journal.display_name))
    return account


def rounding_account(journal, amount):
    """Return the account for a difference of cents: the journal's, the company's for cash differences, or that of fees.

    :param float amount: negative when we bear it
    :raises UserError: when there is none
    """
    return journal._ar_rounding_account(amount < 0) or fee_account(journal)


# === HELPERS === #


def _taken_off(part):
    """Return what a part takes off its item, in the item's currency."""
    return part.amount if part.item_amount is None else float(part.item_amount)


def _with_exchange(parts):
    """Return ``parts``, those that are mere exchange differences added to the ones that settle the same item."""
    differences = defaultdict(float)
    for part in parts:
        if part.kind == EXCHANGE and part.item_amount is None:
            differences[part.item] += float(part.amount)
    if not differences:
        return parts
    merged = []
    for part in parts:
        if part.kind == EXCHANGE and part.item_amount is None:
            continue
        if part.kind in RECONCILED and part.item in differences:
            amount = float(part.amount) + differences.pop(part.item)
            merged.append(replace(part, amount=amount))
        else:
            merged.append(part)
    return merged + [Part(item, amount, EXCHANGE) for item, amount in differences.items()]


def is_audited(companies):
    """Return whether each change of an entry must be logged there, as some countries' law wants it."""
    return any(companies.mapped("restrictive_audit_trail"))


def _unaffected(moves):
    """Return what Odoo would look for again for each of ``moves`` although there is nothing to be found.

    :return: pairs of fields and records, to be protected
    """
    env, items = moves.env, moves.line_ids
    unaffected = []
    if not env["account.analytic.distribution.model"].sudo().search_count([], limit=1):
        unaffected.append(([items._fields["analytic_distribution"]], items))
    if not env["account.fiscal.position"].sudo().search_count([], limit=1):
        unaffected.append(([moves._fields["fiscal_position_id"]], moves))
    return unaffected


def assign(values_of):
    """Set fields of records of one model, each to its own values, with all that follows from them.

    It is what Odoo's ``write`` does in the end, which takes the same values for many records, and so would have to be
    called for each. What it checks, such as access and closed books, is checked by the caller.

    :param dict values_of: {record: {field: value}}
    """
    if not values_of:
        return
    records = next(iter(values_of)).union(*values_of)
    if is_audited(records.company_id):
        for record, values in values_of.items():
            record.write(dict(values))  # which Odoo adds to
        return
    changed = defaultdict(list)
    for record, values in values_of.items():
        for name, value in values.items():
            present = record[name]
            if (present.id if isinstance(present, models.BaseModel) else present) != value:
                changed[name].append(record.id)
    changed = {name: records.browse(ids) for name, ids in changed.items()}
    with records.env.protecting([([records._fields[name]], some) for name, some in changed.items()]):
        for name, some in changed.items():
            some.modified([name], before=True)
            for record in some:
                record[name] = values_of[record][name]
        for name, some in changed.items():
            some.modified([name])
