"""The credits of a customer in the portal: which there are, and settling invoices with them alone."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .portal_payment import MOST_ITEMS


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_open_credits(self, ids=None):
        """Open credits of the logged-in user's own account: credit notes, and payments that no invoice has used yet.

        :param list ids: of those that are asked for, default all; none but the user's own are found
        :return: the lines with raised rights, the oldest first
        """
        if not self._ar_portal_access():
            return self.browse()
        still_open = Domain("reconciled", "=", False) & Domain("amount_residual_currency", "<", 0)
        if ids is not None:
            still_open &= Domain("id", "in", ids)
        notes = self.search(
            self._ar_portal_domain() & Domain("move_id.move_type", "=", "out_refund") & still_open,
            order="date, id",
            limit=MOST_ITEMS,
        )
        # A portal user can't read payments; these are those of his own commercial entity, and of no other.
        lines = self.sudo()
        payments = lines.search(self._ar_portal_payments_domain() & still_open, order="date, id", limit=MOST_ITEMS)
        # What was found is used together with payments, which need raised rights.
        return (notes.sudo() | payments).sorted(lambda line: (line.date, line.id))

    @api.model
    def _ar_portal_payments_domain(self):
        """Receivable lines of payments of the logged-in user's own commercial entity."""
        return (
            Domain("parent_state", "=", "posted")
            & Domain("account_type", "=", "asset_receivable")
            & Domain("account_id.non_trade", "=", False)
            & Domain("partner_id.commercial_partner_id", "=", self.env.user.commercial_partner_id.id)
            & Domain("company_id", "in", self.env.companies.ids)
            & self._ar_portal_is_payment_domain()
        )

    @api.model
    def _ar_portal_is_payment_domain(self):
        return Domain("move_id.origin_payment_id.partner_type", "=", "customer") | Domain(
            "move_id.statement_line_id", "!=", False
        )

    @api.model
    def _ar_portal_documents_domain(self):
        """Open invoices, and the credits that may settle them: credit notes and payments."""
        return (Domain("move_id.move_type", "=", "out_invoice") & Domain("amount_residual_currency", ">", 0)) | (
            (Domain("move_id.move_type", "=", "out_refund") | self._ar_portal_is_payment_domain())
            & Domain("amount_residual_currency", "<", 0)
        )

    @api.model
    def _ar_portal_usable_credits(self, chosen):
        """The rows of the open credits that could settle what was ``chosen`` and aren't chosen yet."""
        items = chosen["items"]
        credits = self._ar_portal_open_credits().filtered(
            lambda credit: (
                credit.company_id == items.company_id
                and credit.currency_id == items.currency_id
                and credit.account_id in items.account_id
            )
        )
        return [credit._ar_portal_credit_row() for credit in credits if credit not in chosen["credits"]]

    def _ar_portal_credit_row(self):
        """What a page says of this credit: see `_ar_portal_choice_rows`."""
        self.ensure_one()
        is_note = self.move_id.move_type == "out_refund"
        return {
            "id": self.id,
            "is_credit": True,
            "number": self.move_name if is_note else self.env._("Your payment"),
            "part": self.env._("Credit note")
            if is_note
            else self.env._("Of %(day)s, not yet used", day=format_date(self.env, self.date)),
            "residual": self.amount_residual_currency,
            "used": 0.0,
        }

    def _ar_portal_check_credits(self, credits):
        """Refuse credits that can't settle these items."""
        if not credits:
            return
        if credits.company_id != self.company_id:
            raise UserError(self.env._("A credit with one company can't settle invoices of another."))
        if credits.currency_id != self.currency_id:
            raise UserError(self.env._("A credit in one currency can't settle invoices in another."))

    # === SETTLING WITH CREDITS ALONE === #

    @api.model
    def _ar_portal_may_settle(self, company):
        """Whether customers of ``company`` may settle invoices with their credits by themselves."""
        return company.root_id.sudo().ar_portal_settle_by_credit  # a policy that the page follows, not a secret

    @api.model
    def _ar_portal_settle(self, ids, day):
        """Settle items of the logged-in user's own account with credits of his, where there is nothing to pay.

        :param list ids: of items and credits, from whoever calls
        :raises UserError: that tells why not
        """
        self._ar_portal_check_customer()
        items, credits = self._ar_portal_own_choice(ids, day)
        # Who pays or settles the same at this moment is waited for by nobody: the customer tries again. Locking asks
        # for the right to write, which a customer doesn't have on his own ledger.
        everything = items.sudo() | credits
        if len(everything.try_lock_for_update()) < len(everything):
            raise UserError(self.env._("Somebody is using the same invoices or credits right now. Try again."))
        chosen = items._ar_portal_priced(credits, day)
        if chosen["amount"] > 0:
            raise UserError(self.env._("Your credit doesn't cover what you chose: there is something left to pay."))
        if not self._ar_portal_may_settle(chosen["company"]):
            raise UserError(self.env._("Please contact us to have your credit used."))
        # The items and credits are the user's own, and the company lets customers do this.
        ledger = self.sudo().with_company(chosen["company"])
        uses, discounts = chosen["allocation"]["credits"], chosen["granted"]
        items = ledger.browse(items.ids)
        if items._ar_known_accounts():
            paid_on = {}
            for credit, item, _amount in uses:
                paid_on.setdefault(item, []).append(ledger.browse(credit)._ar_paid_on())
            today = [fields.Date.to_date(day)]
            items._ar_book_discounts(discounts, {item.id: max(paid_on.get(item.id, today)) for item in items})
        ledger._reconcile_plan([ledger.browse([credit, item]) for credit, item, _amount in uses])
        moves = ledger.browse({id_ for credit, item, _amount in uses for id_ in (credit, item)}).move_id
        customer = self.env.user.partner_id
        for move in moves:
            move.message_post(
                body=self.env._(
                    "%(customer)s used credit in the portal: %(documents)s were matched, %(amount)s in all.",
                    customer=customer.name,
                    documents=", ".join(moves.mapped("name")),
                    amount=chosen["currency"].format(chosen["credit"]),
                ),
                author_id=customer.id,
            )
        return chosen
