from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..engine.early_payment import apportioned
from .account_move_line_discount import _as_currency
from .ar_discount_offer import _decimal


class ArWriteOff(models.Model):
    """How write-offs are booked and taken back: by entries of Odoo's ledger, with the rights of the one who decides."""

    _inherit = "ar.write.off"  # pylint: disable=consider-merging-classes-inherited

    def _book(self):
        """Post one entry per write-off and reconcile it with the items.

        :raises UserError: when an item was paid meanwhile, the date is locked, or there is nothing to book it on
        """
        items = self.line_ids.move_line_id
        # Nobody pays an item between the look at it and the entry.
        items.sudo().lock_for_update()
        items.invalidate_recordset(["amount_residual", "amount_residual_currency", "reconciled", "parent_state"])
        self._check_items()
        for write_off in self:
            write_off._check_bookable(write_off.date, write_off.tax_treatment == "net")
        moves = self.env["account.move"].with_context(skip_invoice_sync=True)
        # In the company's books, whichever company the user has chosen now.
        entries = moves.create([write_off._entry_vals() for write_off in self]).with_context(skip_invoice_sync=False)
        entries._post(soft=False)
        credits = entries.line_ids.filtered("ar_write_off_line_id")
        self.env["account.move.line"]._reconcile_plan(
            [credit + credit.ar_write_off_line_id.move_line_id for credit in credits]
        )
        for write_off, entry in zip(self, entries, strict=True):
            # Closed to everything but the methods here.
            write_off.sudo().move_id = entry

    def _check_bookable(self, date, has_tax):
        """Refuse a booking on ``date`` that the books don't take."""
        self.ensure_one()
        if not self.account_id:
            raise UserError(
                self.env._(
                    "No expense account: choose one in the write-off, or for the reason %(reason)s in the "
                    "configuration of Invoicing.",
                    reason=self.reason_id.name,
                )
            )
        if not self.journal_id:
            raise UserError(
                self.env._("%(company)s has no journal for other entries.", company=self.company_id.display_name)
            )
        if date > fields.Date.context_today(self):
            raise UserError(self.env._("A write-off can't be booked on a day to come."))
        locks = self.company_id._get_violated_lock_dates(date, has_tax, self.journal_id)
        if locks:
            raise UserError(
                self.env._(
                    "%(date)s is in a locked period (%(locks)s): choose a later accounting date.",
                    date=format_date(self.env, date),
                    locks=self.env["res.company"]._format_lock_dates(locks),
                )
            )

    def _entry_vals(self):
        """Values of the entry: each item credited, the loss and the tax debited; it balances to the last unit."""
        self.ensure_one()
        label = self.env._("Write-off: %(reason)s", reason=self.reason_id.name)
        lines = []
        for line in self.line_ids:
            item = line.move_line_id
            lines.append(
                {
                    "name": self.env._("Write-off of %(item)s", item=line.item_name),
                    "account_id": item.account_id.id,
                    "partner_id": item.partner_id.id,
                    "currency_id": item.currency_id.id,
                    "amount_currency": -line.amount,
                    "balance": -line._balance(),
                    "ar_write_off_line_id": line.id,
                }
            )
        for invoice, of_invoice in self.line_ids.grouped(lambda line: line.move_line_id.move_id).items():
            lines += self._loss_vals(invoice, of_invoice, label)
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": self.journal_id.id,
            "date": self.date,
            "ref": self.env._(
                "Write-off of %(customer)s: %(reason)s", customer=self.partner_id.name, reason=self.reason_id.name
            ),
            "line_ids": [Command.create(vals) for vals in lines],
        }

    def _loss_vals(self, invoice, lines, label):
        """Values of what the loss on the items of one invoice is divided into: expense, and tax that is claimed back.

        All items of an invoice are divided together, so that parts are rounded once.
        """
        account = self.account_id
        parts = invoice._ar_write_off_parts(account, label) if self.tax_treatment == "net" else []
        if not sum(weight for _vals, weight in parts):
            distribution = invoice._ar_discount_analytic(account)
            parts = [({"name": label, "account_id": account.id, "analytic_distribution": distribution}, 1.0)]
        company_currency = _as_currency(self.company_currency_id)
        total = sum(_decimal(line.amount) for line in lines)
        balance = sum(_decimal(line._balance()) for line in lines)
        amounts = apportioned(total, [_decimal(weight) for _vals, weight in parts], _as_currency(self.currency_id))
        balances = apportioned(balance, amounts, company_currency)
        if self.currency_id == self.company_currency_id:
            balances = amounts
        return [
            {
                **vals,
                "name": f"{vals['name']}: {invoice.name}",
                "partner_id": lines[0].move_line_id.partner_id.id,
                "currency_id": self.currency_id.id,
                "amount_currency": float(amount),
                "balance": float(company_amount),
            }
            for (vals, _weight), amount, company_amount in zip(parts, amounts, balances, strict=True)
            if amount or company_amount
        ]

    def _book_reversal(self):
        """Take the entries back by opposite ones of today, and open the items again: ``{write-off id: entry}``."""
        day = fields.Date.context_today(self)
        for write_off in self:
            entry = write_off.move_id
            if entry.state != "posted":
                raise UserError(
                    self.env._("The entry %(entry)s isn't posted: nothing to reverse.", entry=entry.display_name)
                )
            write_off._check_bookable(day, entry._affect_tax_report())
        entries = self.move_id
        reversals = entries.with_context(ar_reversing_write_off=True)._reverse_moves(
            [
                {
                    "date": day,
                    "journal_id": entry.journal_id.id,
                    "ref": self.env._("Reversal of the write-off %(entry)s", entry=entry.name),
                }
                for entry in entries
            ],
            cancel=True,
        )
        by_entry = dict(zip(entries.ids, reversals, strict=True))
        return {write_off.id: by_entry[write_off.move_id.id] for write_off in self}
