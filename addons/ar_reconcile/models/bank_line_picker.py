"""The open items that a person may pick for a bank line by hand."""

import re
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, float_repr, format_date

from ..engine.settlement import units
from ..engine.subset import exact_sets
from .account_reconcile_model import amount_in
from .bank_line_by_hand import LARGEST_ID, count_of, id_of, text_of

#: An amount as people type it, and no number of an invoice.
AMOUNT = re.compile(r"-?\d[\d.,' \u202f\xa0]{0,24}")
#: Signs that are looked for.
LONGEST_SEARCH = 200
#: Open items of one page.
MOST_ITEMS = 100
#: Open items of a customer among which a sum is looked for.
MOST_SUMMED = 200


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    @api.readonly
    def ar_workspace_items(self, partner_id=False, text="", offset=0, limit=40, item_ids=()):
        """Return the open items to pick from by hand: a customer's, or those of this amount or with this text.

        :param list item_ids: items that are shown first, on whichever page they would be, if they are open
        :return: ``{"items": [item, …], "count": int, "suggested": [item id, …]}``; suggested are the only items of the
            customer that are exactly this payment, if there are such
        """
        self._ar_check_shown()
        limit, offset = count_of(limit, MOST_ITEMS, MOST_ITEMS) or 1, count_of(offset, 0, LARGEST_ID)
        partner_id, text = id_of(partner_id), text_of(text)
        suspense = self._seek_for_lines()[1]
        currency = suspense.currency_id[:1] or self.currency_id
        left = currency.round(-sum(suspense.mapped("amount_currency")))
        domain = self._ar_pickable()
        if partner_id:
            customer = self.env["res.partner"].search([("id", "=", partner_id)]).commercial_partner_id
            domain &= Domain("partner_id.commercial_partner_id", "in", customer.ids)
        if text:
            domain &= self._ar_item_search(text[:LONGEST_SEARCH])
        if not partner_id and not text:
            domain &= Domain("amount_residual_currency", "=", left) & Domain("currency_id", "=", currency.id)
        is_first = not offset
        ids = [id_of(id_) for id_ in item_ids[:MOST_ITEMS]] if isinstance(item_ids, list) and is_first else []
        items = self.env["account.move.line"]
        wanted = items.search(self._ar_pickable() & Domain("id", "in", ids), order="date_maturity, id")
        found, count = self._ar_ordered_items(domain, left, currency, offset, limit)
        picked = wanted | items.browse([id_ for id_, _amount in found])
        return {
            "items": self._ar_shown_items(picked, currency),
            "count": count,
            "suggested": self._ar_suggested(domain, left, currency) if partner_id and not text and is_first else [],
        }

    def _ar_pickable(self):
        """Return the domain of what may be picked: also money that other payments have left on a customer's account."""
        on_account = Domain("statement_line_id", "=", False) | Domain(
            "account_type", "in", ("asset_receivable", "liability_payable")
        )
        return Domain(self._get_default_amls_matching_domain()) & on_account

    @api.model
    def _ar_ordered_items(self, domain, left, currency, offset, limit):
        """Return a page of items, those that are exactly ``left`` first, then the longest due, and how many there are.

        What fits the domain is found before it is put in order: else the database may walk through all items that were
        ever due, in their order, in search of the few.

        :rtype: (list of (id, open amount), int)
        """
        query = self.env["account.move.line"]._search(domain)
        rows = self.env.execute_query(
            SQL(
                """
                WITH found AS MATERIALIZED (%(items)s)
                SELECT id, amount_residual_currency, count(*) OVER ()
                  FROM found
                 ORDER BY amount_residual_currency = %(left)s AND currency_id = %(currency)s DESC, date_maturity, id
                OFFSET %(offset)s LIMIT %(limit)s
                """,
                items=query.select(
                    *(
                        SQL.identifier(query.table, name)
                        for name in ("id", "amount_residual_currency", "currency_id", "date_maturity")
                    )
                ),
                left=Decimal(float_repr(left, 4)),
                currency=currency.id,
                offset=offset,
                limit=limit,
            )
        )
        # Beyond the last item there is no row to tell how many there are.
        count = rows[0][2] if rows else offset and self.env["account.move.line"].search_count(domain)
        return [(id_, amount) for id_, amount, _count in rows], count

    @api.model
    def _ar_item_search(self, text):
        """Return the domain of items that ``text`` may mean: a number, a reference, a customer, or an amount."""
        domain = Domain.OR(
            [
                Domain("move_name", "ilike", text),
                Domain("ref", "ilike", text),
                Domain("move_id.payment_reference", "ilike", text),
                Domain("partner_id", "ilike", text),
            ]
        )
        if not AMOUNT.fullmatch(text):
            return domain
        amount = amount_in(text.replace("\u202f", " ").replace("\xa0", " "))
        return domain | Domain("amount_residual_currency", "in", (amount, -amount))

    @api.model
    def _ar_suggested(self, domain, left, currency):
        """Return the ids of the customer's only items that are exactly ``left``; nothing where several sets are."""
        own = domain & Domain("currency_id", "=", currency.id)
        items, count = self._ar_ordered_items(own, left, currency, 0, MOST_SUMMED)
        amounts = [units(Decimal(float_repr(amount, 4))) for _id, amount in items]
        target = units(Decimal(float_repr(left, 4)))
        single = [id_ for (id_, _amount), amount in zip(items, amounts, strict=True) if amount == target]
        if single:
            return single if len(single) == 1 else []
        found = exact_sets(amounts, target) if count <= MOST_SUMMED else None
        if not found or not found.is_complete or len(found.sets) != 1:
            return []  # of very many items there may be other sets that nobody has looked for
        return [items[place][0] for place in found.sets[0]]

    def _ar_shown_items(self, items, currency):
        """Return open items as the picker shows them, with all that was agreed to be taken off them."""
        agreed = items._ar_agreed_discounts(self._ar_day())
        return [self._ar_shown_item(item, currency, agreed.get(item.id, ())) for item in items]

    def _ar_shown_item(self, item, currency, agreed):
        """Return an open item as the picker shows it; its amount also in the currency of the payment.

        ``discounts`` are what was agreed to be taken off it, first what is best on the day of this payment.
        """
        today = fields.Date.context_today(self)
        residual, own = item.amount_residual_currency, item.currency_id
        due = item.date_maturity or item.date
        discounts = self._ar_shown_discounts(agreed) if own == currency else []
        converted = residual if own == currency else own._convert(residual, currency, self.company_id, self._ar_day())
        return {
            "id": item.id,
            "move_id": item.move_id.id,
            "number": item.move_id.name or item.name or "/",
            "reference": item.move_id.payment_reference or item.ref or "",
            "customer": item.partner_id.display_name or "",
            "partner_id": item.partner_id.id,
            "due": format_date(self.env, due),
            "days_overdue": (today - due).days,
            "residual": residual,
            "currency_id": own.id,
            "amount": converted,
            "total": item.amount_currency,
            "discounts": discounts,
            "sort": _sort_of(item),
        }

    def _ar_shown_discounts(self, agreed):
        """Return discounts as the picker shows them: those that this payment is in time for first, richest first."""
        day = self._ar_day()
        return [
            {
                "amount": float(each.amount),
                "percent": format(each.percent, "f") if each.percent else "",
                "until": format_date(self.env, each.last_day),
                "is_over": day > each.last_day,
            }
            for each in sorted(agreed, key=lambda each: (day > each.last_day, -each.amount))
        ]


def _sort_of(item):
    """Return what an open item is, for its icon and word."""
    if item.move_id.origin_payment_id:
        return "payment"
    return {"out_refund": "credit_note", "in_refund": "credit_note", "in_invoice": "bill", "entry": "entry"}.get(
        item.move_id.move_type, "invoice"
    )
