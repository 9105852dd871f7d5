"""The receipt that a customer is mailed for an online payment: what it settled, and what is left to pay."""

from decimal import Decimal

from odoo import api, fields, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"  # pylint: disable=consider-merging-classes-inherited

    ar_booked = fields.Json(
        string="Booked",
        readonly=True,
        copy=False,
        help="What was booked of each journal item: money, discount, and credit of the customer's.",
    )
    ar_receipt_state = fields.Selection(
        [("due", "To send"), ("sent", "Sent"), ("impossible", "No address")],
        string="Receipt",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )

    def _post_process(self):
        """Note which payments of customers are confirmed and booked, so that each gets one receipt.

        The receipt is mailed by a cron: a template that somebody broke must not keep the money out of the books.
        """
        result = super()._post_process()
        booked = self.filtered(
            lambda each: (
                each.state == "done"
                and each.payment_id
                and each.amount > 0
                and not each.ar_receipt_state
                and each.company_id.root_id.ar_portal_receipts
                and "out_invoice" in each._ar_paid_invoices().mapped("move_type")
            )
        )
        if booked:
            booked.ar_receipt_state = "due"
            cron = self.env.ref("ar_portal.cron_send_receipts", raise_if_not_found=False)
            if cron:
                cron.sudo()._trigger()  # whoever makes the payment has no right to crons
        return result

    def _ar_paid_invoices(self):
        return (self.source_transaction_id or self).invoice_ids

    @api.model
    def _cron_send_receipts(self, batch=100):
        """Mail the receipts that are due, a few per transaction."""
        domain = [("ar_receipt_state", "=", "due")]
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        template = self.env.ref("ar_portal.mail_template_payment_receipt")
        for transaction in self.search(domain, order="id", limit=batch).try_lock_for_update():
            if transaction.partner_id.email:
                transaction.ar_receipt_state = "sent"
                template.send_mail(transaction.id)
            else:
                transaction.ar_receipt_state = "impossible"
            if not self.env["ir.cron"]._commit_progress(1):
                break

    # ---- what was booked

    def _ar_note_booked(self, parts, uses):
        """Keep what was booked of each item, for the receipt."""
        booked = {}
        for part in parts:
            booked[str(part["item"].id)] = {"paid": str(part["paid"]), "discount": str(part["discount"])}
        for item_id, item_uses in uses.items():
            credit = sum((use["amount"] for use in item_uses), Decimal())
            if credit:
                booked.setdefault(str(item_id), {"paid": "0", "discount": "0"})["credit"] = str(credit)
        self.ar_booked = booked

    def _ar_receipt_rows(self):
        """What the payment settled, item by item: dicts with number, part, paid, discount, credit and left."""
        self.ensure_one()
        booked = self.ar_booked or self._ar_booked_in_ledger()
        items = self.env["account.move.line"].browse(map(int, booked)).exists()
        instalments = items.move_id.line_ids.filtered(lambda line: line.display_type == "payment_term").grouped(
            "move_id"
        )
        rows = []
        for item in items.sorted(lambda item: (item.date_maturity or item.date, item.id)):
            values = booked[str(item.id)]
            rows.append(
                {
                    "number": item.move_name,
                    "part": item._ar_portal_part(instalments.get(item.move_id, item)),
                    "left": max(item.amount_residual_currency, 0.0),
                    **{name: float(values.get(name, 0)) for name in ("paid", "discount", "credit")},
                }
            )
        return rows

    def _ar_booked_in_ledger(self):
        """What of the payment was matched with which item, where Odoo has booked it."""
        lines = self.payment_id.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        return {
            str(part.debit_move_id.id): {"paid": str(part.debit_amount_currency)} for part in lines.matched_debit_ids
        }

    def _ar_receipt_on_account(self):
        """What of the payment settled nothing and stays on the customer's account."""
        self.ensure_one()
        return self.currency_id.round(self.amount - sum(row["paid"] for row in self._ar_receipt_rows()))

    def _ar_receipt_balance(self):
        """What the customer owes after the payment, in its currency; None where the payer may not know it.

        Who has the link of a payment request for some items reads of these items alone.
        """
        self.ensure_one()
        if self.ar_request_id.kind == "items":
            return None
        customer, company = self.partner_id.commercial_partner_id, self.company_id
        for block in customer._ar_account_overview(companies=company, day=company._ar_today()):
            if block["currency"] == self.currency_id:
                return block["balance"]
        return 0.0
