import random
from datetime import timedelta

from odoo.fields import Command

from .common import DAY, LedgerCase

#: Days that the random ledger reaches back, and the documents in it.
REACH, DOCUMENTS, SEED = 240, 60, 19


class RandomLedgerCase(LedgerCase):
    """The ledger with what else may happen, drawn by lot: the figures are then compared with the ledger itself."""

    @classmethod
    def setUpClass(cls):
        """Add documents of three customers, with payments, credit notes, refunds and what was taken back."""
        super().setUpClass()
        cls.lot = random.Random(SEED)  # noqa: S311 - drawn again each time
        cls.drawn = cls.env["res.partner"].create([{"name": f"Drawn {number}"} for number in range(3)])
        for _number in range(DOCUMENTS):
            cls._draw_one()

    @classmethod
    def _draw_one(cls):
        lot = cls.lot
        partner, currency = lot.choice(cls.drawn), lot.choice([cls.env.company.currency_id, cls.foreign])
        due_days_ago = lot.randint(-40, REACH)
        invoice = cls.invoice(lot.randint(1, 99_999) / 100, due_days_ago, partner=partner, currency_id=currency.id)
        paid_days_ago = lot.randint(0, max(due_days_ago + 30, 0))
        what = lot.randrange(8)
        if what == 0:
            cls.pay(invoice, paid_days_ago)
        elif what == 1:
            cls.pay(invoice, paid_days_ago, amount=round(invoice.amount_residual * lot.random(), 2) or 0.01)
            if lot.random() < 0.5:
                cls.pay(invoice, lot.randint(0, paid_days_ago))
        elif what == 2:
            cls.credit(invoice, paid_days_ago)
        elif what == 3:
            cls._reverse_invoice(invoice, date=DAY - timedelta(paid_days_ago), post=True)
        elif what == 4:
            cls._take_back(cls.pay(invoice, paid_days_ago), lot.randint(0, paid_days_ago))
        elif what == 5:
            cls._advance(partner, currency, paid_days_ago, invoice if lot.random() < 0.7 else None)
        elif what == 6:
            cls._entry(partner if lot.random() < 0.7 else cls.env["res.partner"], paid_days_ago)

    @classmethod
    def _take_back(cls, payment, days_ago):
        """The bank returns a payment: its entry is reversed and the invoice is open again."""
        receivable = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        receivable.remove_move_reconcile()
        reversal = payment.move_id._reverse_moves([{"date": DAY - timedelta(days_ago)}])
        reversal.action_post()
        taken_back = reversal.line_ids.filtered(lambda line: line.account_id in receivable.account_id)
        (receivable | taken_back).filtered(lambda line: not line.reconciled).reconcile()

    @classmethod
    def _advance(cls, partner, currency, days_ago, invoice):
        """Money that came without an invoice, and perhaps is matched with one later, whatever its currency."""
        advance = cls.env["account.payment"].create(
            {
                "payment_type": cls.lot.choice(["inbound", "inbound", "outbound"]),
                "partner_type": "customer",
                "partner_id": partner.id,
                "amount": cls.lot.randint(1, 50_000) / 100,
                "currency_id": cls.lot.choice([cls.env.company.currency_id, currency]).id,
                "date": DAY - timedelta(days_ago),
                "journal_id": cls.company_data["default_journal_bank"].id,
            }
        )
        advance.action_post()
        if invoice and advance.payment_type == "inbound":
            lines = (invoice | advance.move_id).line_ids
            lines.filtered(lambda line: line.account_type == "asset_receivable" and not line.reconciled).reconcile()

    @classmethod
    def _entry(cls, partner, days_ago):
        """A journal entry on the receivable account, which may be without a customer."""
        amount = cls.lot.randint(-50_000, 50_000) / 100 or 1
        receivable, other = (cls.company_data[f"default_account_{name}"] for name in ("receivable", "revenue"))
        cls.env["account.move"].create(
            {
                "date": DAY - timedelta(days_ago),
                "line_ids": [
                    Command.create({"account_id": receivable.id, "partner_id": partner.id, "balance": amount}),
                    Command.create({"account_id": other.id, "balance": -amount}),
                ],
            }
        ).action_post()

    def days(self, count):
        """Days to look at the ledger on: its ends, some on which something was matched and some drawn by lot."""
        matchings = self.env["account.partial.reconcile"].search([("company_id", "=", self.env.company.id)])
        matched = self.lot.sample(sorted(set(matchings.mapped("max_date"))), count // 2)
        drawn = [DAY - timedelta(self.lot.randint(1, REACH + 30)) for _ in range(count - len(matched))]
        return [DAY, DAY + timedelta(1), *matched, *drawn]
