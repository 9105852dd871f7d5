"""What customers have announced of their transfers, as evidence for matching."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.ar_enhanced.models.ar_payment_notice import REFERENCE

from ..engine.reference import compact

#: A transfer without its reference is looked for so many days around the days that the customer named.
DAYS_BEFORE, DAYS_AFTER = 5, 30


class ArPaymentNotice(models.Model):
    _inherit = "ar.payment.notice"

    @api.model
    def _remittances(self, lines, payments):
        """Return what customers have announced of bank lines: ``{line id: (((number, amount), …), reference)}``.

        A line is known by the reference in its text, or else by its payer, currency and amount, if one announcement
        alone fits it and it alone fits the announcement.

        :param lines: bank lines
        :param list[Payment] payments: the same as the engine's payments
        """
        named = {
            payment.key: {name for text in payment.texts for name in REFERENCE.findall(compact(text))}
            for payment in payments
        }
        companies = lines.company_id.root_id
        # Which announcements there are is evidence of matching, as open items are; its rights were checked before.
        notices = self.sudo().search(
            Domain("state", "=", "announced")
            & Domain("company_id", "child_of", companies.ids)
            & Domain("name", "in", list(set().union(*named.values())))
        )
        by_name = notices.grouped("name")
        found = {key: [by_name[name] for name in names if name in by_name] for key, names in named.items()}
        found |= self._fitting(lines, [payment for payment in payments if not named[payment.key]])
        return {
            key: (fitting[0]._pairs(), fitting[0].name)
            for key, fitting in found.items()
            if len(fitting) == 1 and fitting[0]._is_told_by_documents()
        }

    @api.model
    def _fitting(self, lines, payments):
        """Return the announcements that fit payments by payer, currency and amount: ``{line id: [notice]}``."""
        payers = lines._ar_known_payers()
        payments = [payment for payment in payments if payers.get(payment.key) and payment.amount > 0]
        if not payments:
            return {}
        # As in `_remittances`.
        notices = self.sudo().search(
            Domain("state", "=", "announced")
            & Domain("company_id", "child_of", lines.company_id.root_id.ids)
            & Domain("partner_id", "in", list({payers[payment.key] for payment in payments}))
        )
        by_payer = notices.grouped(lambda notice: notice.partner_id.id)
        fitting = {
            payment.key: [notice for notice in by_payer.get(payers[payment.key], ()) if notice._fits(payment)]
            for payment in payments
        }
        wanted = [notice for some in fitting.values() for notice in some]
        return {key: some for key, some in fitting.items() if all(wanted.count(notice) == 1 for notice in some)}

    def _fits(self, payment):
        """Return whether ``payment`` is of this amount and about this time."""
        earliest = min(self.announced_on, self.expected_on) - timedelta(DAYS_BEFORE)
        return (
            payment.currency == self.currency_id.name
            and not self.currency_id.compare_amounts(float(payment.amount), self.amount)
            and earliest <= payment.day <= self.expected_on + timedelta(DAYS_AFTER)
        )

    def _pairs(self):
        """Return what is paid of each document, as an advice says it."""
        amounts = {}
        for line in self.line_ids:
            number, digits = line.move_line_id.move_name, self.currency_id.decimal_places
            amounts[number] = amounts.get(number, Decimal()) + Decimal(f"{line.amount:.{digits}f}")
        return tuple(amounts.items())

    def _is_told_by_documents(self):
        """Return whether documents and amounts say the same as the items of this announcement.

        An advice pays the instalments of a document in the order of their due dates: a later one that was chosen alone
        is for a person to match, and so is a discount on one of several.
        """
        items = self.line_ids.move_line_id
        for move in items.move_id:
            is_open = move.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable" and not line.reconciled
            )
            first = is_open.sorted(lambda line: (line.date_maturity or line.date, line.id))
            chosen = items & is_open
            lines = self.line_ids.filtered(lambda line, chosen=chosen: line.move_line_id in chosen)
            if first[: len(chosen)] != first & chosen or (len(first) > 1 and any(lines.mapped("discount"))):
                return False
        return bool(items)


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    def _ar_known_payers(self):
        """Return the customers of these lines, as a person or their account tells: ``{line id: partner id}``."""
        accounts = {line.id: compact(line.account_number or "") for line in self if not line.partner_id}
        owners = {}
        for bank in self.env["res.partner.bank"].search(
            [("sanitized_acc_number", "in", list(set(filter(None, accounts.values()))))]
        ):
            owners.setdefault(bank.sanitized_acc_number, set()).add(bank.partner_id.commercial_partner_id.id)
        payers = {line.id: line.partner_id.commercial_partner_id.id for line in self if line.partner_id}
        for key, account in accounts.items():
            if len(owners.get(account, ())) == 1:
                [payers[key]] = owners[account]
        return payers
