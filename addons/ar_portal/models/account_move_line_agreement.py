from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from .portal_payment import MOST_ITEMS


class AccountMoveLine(models.Model):
    """What customers agree on or object to about their open items."""

    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_owed_items(self, ids, day):
        """Open items of the logged-in user's own account, of one company and currency.

        The ids come from whoever calls; whatever else is among them is refused, in the same words whatever it is.

        :param list ids: of journal items
        :raises UserError: that tells why nothing can be agreed on them together
        """
        ids = self._ar_portal_ids(ids)
        if not ids:
            raise UserError(self.env._("Choose the invoices that you mean."))
        if len(ids) > MOST_ITEMS:
            raise UserError(self.env._("Choose at most %(most)s invoices.", most=MOST_ITEMS))
        items = self._ar_portal_owed_among(ids, day)
        if len(items) < len(ids):
            raise UserError(self._ar_portal_not_open())
        if len(items.company_id) > 1 or len(items.currency_id) > 1:
            raise UserError(
                self.env._(
                    "Choose invoices of one company and one currency: the others need an agreement of their own."
                )
            )
        return items

    def _ar_portal_take_turns(self):
        """Let one request of customers at a time ask for something about the invoices of these items.

        A request reads what was there when it began: with a lock alone, the second of two would wait and then not see
        what the first one has made. The rows are written as they are instead. The database refuses that to the second
        one, and Odoo repeats it from the start.
        """
        self._ar_portal_check_customer()
        self.env.user.partner_id._ar_portal_check_bound()
        self.env.cr.execute(
            SQL("UPDATE account_move SET write_date = write_date WHERE id = ANY(%s)", sorted(self.move_id.ids))
        )

    @api.model
    def _ar_portal_choices(self, day):
        """What the logged-in user may choose from, as `_ar_portal_lines`; the oldest ones of a long account."""
        if not self._ar_portal_access():
            return []
        return self.search(
            self._ar_portal_owed_domain(day), order="date_maturity, id", limit=MOST_ITEMS
        )._ar_portal_lines(day)

    def _ar_portal_lines(self, day):
        """The lines with what was asked and agreed about them.

        ``asked`` are dicts of ``words`` and ``url``; ``disputable`` tells whether the user may dispute it: of
        his own customer, not of a subsidiary that he looks at.
        """
        rows = super()._ar_portal_lines(day)
        own = self.filtered(lambda line: line._ar_portal_is_own())
        asked = own._ar_portal_asked()
        for row in rows:
            row["asked"] = asked.get(row["line"].id, [])
            row["disputable"] = row["line"] in own and not row["asked"] and row["line"]._ar_portal_is_owed()
        return rows

    def _ar_portal_asked(self):
        """What is open about these items, in a constant number of statements: ``{line id: [dict, …]}``.

        To be asked of items that the user has been shown.
        """
        found = defaultdict(list)
        if not self:
            return found
        # A customer can't read disputes, promises and plans; these are about lines found with his own rights.
        items = self.sudo()
        by_invoice = items.grouped("move_id")
        disputes = items.env["ar.dispute"].search([("move_id", "in", items.move_id.ids), ("state", "=", "open")])
        for dispute in disputes:
            about = dispute.move_line_id & items if dispute.move_line_id else by_invoice[dispute.move_id]
            words = self.env._("%(amount)s disputed", amount=dispute.currency_id.format(dispute.amount))
            for item in about:
                found[item.id].append({"words": words, "url": dispute._ar_portal_page()})
        promises = items.env["ar.promise"].search([("move_ids", "in", items.move_id.ids), ("state", "=", "open")])
        for promise in promises:
            words = self.env._("Promised for %(day)s", day=format_date(self.env, promise.date))
            for invoice in promise.move_ids:
                for item in by_invoice.get(invoice, ()):
                    found[item.id].append({"words": words, "url": promise._ar_portal_page()})
        plans = items.env["ar.payment.plan"].search(
            [("move_line_ids", "in", items.ids), ("state", "in", ("proposed", "active"))]
        )
        for plan in plans:
            words = plan._ar_portal_item_words()
            for item in plan.move_line_ids & items:
                found[item.id].append({"words": words, "url": plan._ar_portal_page()})
        return found

    def _ar_portal_in_charge(self):
        """Who answers for these items' customer, or nobody."""
        # Who is in charge isn't for customers to read; the items are those that the user has been shown.
        items = self.sudo()
        owners = items.move_id.partner_id.commercial_partner_id[:1]._ar_credit_owners(items.company_id[:1])
        return owners.filtered("active")[:1]
