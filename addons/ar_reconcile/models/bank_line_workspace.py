"""What the reconciliation workspace shows: a page of bank lines in a few statements, one line with all about it."""

from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date
from odoo.tools.misc import formatLang

from ..engine.marked_text import marked
from .account_bank_statement_line import STANDING
from .ar_match_proposal_wording import reason_label
from .bank_line_by_hand import LARGEST_ID, count_of
from .match_confidence import Confidence

#: Lines of one page of the list.
MOST_ROWS = 200
#: Lines whose ids the screen gets at once, to work through them in chunks.
MOST_IDS = 10_000
#: Entries of a line's history that are shown at once.
MOST_HISTORY = 30
#: A line that is open for so many days is late.
LATE_DAYS = 30
#: States of matches that hold now; of others, how sure they were says nothing any more.
LIVE = ("proposed", "accepted", "waiting")
SAID = (*LIVE, "left")
#: How the list may be ordered.
ORDERS = {
    "newest": "internal_index desc",
    "oldest": "internal_index asc",
    "largest": "amount desc, internal_index desc",
    "smallest": "amount asc, internal_index desc",
}


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    _ar_workspace_index = models.Index("(journal_id, ar_match_state) WHERE is_reconciled IS NOT TRUE")

    # === LIST === #

    @api.model
    @api.readonly
    def ar_workspace_page(self, domain, offset=0, limit=80, order="newest"):
        """Return a page of bank lines for the workspace, and how many there are.

        :return: ``{"rows": [row, …], "count": int}``; a row as `_ar_workspace_rows` returns it
        """
        limit, offset = count_of(limit, MOST_ROWS, MOST_ROWS) or 1, count_of(offset, 0, LARGEST_ID)
        order = ORDERS.get(order if isinstance(order, str) else "newest", ORDERS["newest"])
        domain = Domain(domain) & STANDING
        lines = self.search(domain, offset=offset, limit=limit, order=order)
        is_all = not offset and len(lines) < limit
        return {
            "rows": lines._ar_workspace_rows(),
            "count": len(lines) if is_all else self.search_count(domain),
        }

    @api.model
    @api.readonly
    def ar_workspace_counts(self, domain):
        """Return how many lines of ``domain`` are in each state, and what they sum to if they have one currency.

        :return: ``{"states": {state: count}, "late": count, "mine": count, "amount": float, "currency_id": id}``
        """
        query = self._search(Domain(domain) & STANDING & Domain("is_reconciled", "=", False))
        state, currency_id, amount, day, owner = (
            self._field_to_sql(self._table, name, query)
            for name in ("ar_match_state", "currency_id", "amount", "date", "ar_owner_id")
        )
        late_before = fields.Date.context_today(self) - timedelta(days=LATE_DAYS)
        query.groupby = SQL("%s, %s", state, currency_id)
        groups = self.env.execute_query(
            query.select(
                *(state, currency_id, SQL("count(*)"), SQL("sum(%s)", amount)),
                SQL("count(*) FILTER (WHERE %s < %s)", day, late_before),
                SQL("count(*) FILTER (WHERE %s = %s)", owner, self.env.uid),
            )
        )
        states, amounts = defaultdict(int), defaultdict(float)
        for state, currency_id, count, amount, _late, _mine in groups:
            states[state or "none"] += count
            amounts[currency_id] += amount
        currency = self.env["res.currency"].browse(amounts if len(amounts) == 1 else [])
        return {
            "states": states,
            "late": sum(late for *_others, late, _mine in groups),
            "mine": sum(mine for *_others, mine in groups),
            "amount": currency.round(amounts[currency.id]) if currency else None,
            "currency_id": currency.id or None,
        }

    @api.model
    @api.readonly
    def ar_workspace_ids(self, domain):
        """Return the ids of the lines of ``domain``, for what is done with all of them: at most `MOST_IDS`."""
        return self.search(Domain(domain) & STANDING, limit=MOST_IDS).ids

    @api.model
    @api.readonly
    def ar_workspace_sure(self, domain):
        """Return how many of the lines of ``domain`` can be booked from which confidence on.

        :return: a list of ``{"percent": text, "from": probability, "ids": [line id, …]}``, the surest first
        """
        lines = self.search(Domain(domain) & STANDING & Domain("ar_match_state", "=", "proposed"), limit=MOST_IDS)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT statement_line_id, probability
                  FROM ar_match_proposal
                 WHERE statement_line_id = ANY(%s) AND state = 'proposed' AND probability IS NOT NULL
                 ORDER BY statement_line_id
                """,
                lines.ids,
            )
        )
        steps = (0.999, 0.99, 0.96, 0.9, 0.8)
        found = []
        for step in steps:
            ids = [line for line, probability in rows if probability >= step]
            if ids and (not found or len(ids) > len(found[-1]["ids"])):
                percent = f"{formatLang(self.env, 100 * step, digits=1 if step > 0.99 else 0)} %"
                found.append({"percent": percent, "from": step, "ids": ids})
        return found

    def _ar_workspace_rows(self):
        """Return these lines as the list shows them, in their order, in three statements however many they are."""
        self.env.flush_all()
        rows = {
            row["id"]: row
            for row in map(
                _as_row,
                self.env.execute_query(
                    SQL(
                        """
                        SELECT line.id, move.date, COALESCE(line.partner_name, ''), COALESCE(line.payment_ref, ''),
                               line.amount, line.currency_id, line.journal_id, line.ar_match_state,
                               partner.id, partner.complete_name, owner.login, owner_partner.name, line.ar_note,
                               line.ar_owner_id
                          FROM account_bank_statement_line line
                          JOIN account_move move ON move.id = line.move_id
                          LEFT JOIN res_partner partner ON partner.id = line.partner_id
                          LEFT JOIN res_users owner ON owner.id = line.ar_owner_id
                          LEFT JOIN res_partner owner_partner ON owner_partner.id = owner.partner_id
                         WHERE line.id = ANY(%s)
                        """,
                        self.ids,
                    )
                ),
            )
        }
        self._ar_add_what_is_said(rows)
        return [rows[id_] for id_ in self.ids if id_ in rows]

    @api.model
    def _ar_add_what_is_said(self, rows):
        """Add to rows what matching or a person said last of their lines: how sure, and what it pays."""
        thresholds = {
            journal.id: journal._ar_threshold()
            for journal in self.env["account.journal"].browse({row["journal_id"] for row in rows.values()})
        }
        today = fields.Date.context_today(self)
        said = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (proposal.statement_line_id)
                       proposal.statement_line_id, proposal.id, proposal.state, proposal.origin, proposal.probability,
                       proposal.verdict->>'outcome', jsonb_array_length(proposal.verdict->'proposals'),
                       proposal.verdict->>'confidence', proposal.failure, proposal.reasons->0->>0, pays.numbers,
                       pays.customer
                  FROM ar_match_proposal proposal
                  LEFT JOIN LATERAL (
                      SELECT string_agg(part.number, ', ' ORDER BY NOT part.is_item, part.number) AS numbers,
                             min(part.customer) AS customer
                        FROM (
                            SELECT part.number, bool_or(part.move_line_id IS NOT NULL) AS is_item,
                                   min(partner.complete_name) AS customer
                              FROM ar_match_proposal_allocation part
                              LEFT JOIN res_partner partner ON partner.id = part.partner_id
                             WHERE part.proposal_id = proposal.id
                             GROUP BY part.number
                        ) part
                  ) pays ON TRUE
                 WHERE proposal.statement_line_id = ANY(%s) AND proposal.state != 'superseded'
                 ORDER BY proposal.statement_line_id,
                          (proposal.state = 'waiting') DESC, (proposal.state = 'accepted') DESC,
                          (proposal.state = 'proposed') DESC, proposal.rank, proposal.id DESC
                """,
                list(rows),
            )
        )
        for line, proposal, state, origin, probability, outcome, count, former, failure, reason, *pays in said:
            numbers, customer = pays
            row = rows[line]
            threshold = thresholds[row["journal_id"]]
            confidence = Confidence(state, origin, outcome, count or 0, former, probability or 0.0, threshold)
            row.update(
                proposal_id=proposal,
                level=confidence.level,
                confidence=confidence.words(self.env) if state in SAID else "",
                failure=failure or "",
                reason=reason_label(self.env, reason) if state == "left" and reason else "",
                pays=(numbers or "") if state in LIVE and confidence.level != "tie" else "",
                customer=row["customer"] or (customer if state in LIVE else "") or "",
            )
        for row in rows.values():
            if row["state"] == "matched":
                row["level"] = "booked"
            row["days"] = (today - row["day"]).days
            row["date"] = format_date(self.env, row.pop("day"))

    # === ONE LINE === #

    @api.readonly
    def ar_workspace_line(self):
        """Return everything that the workspace shows of one line.

        :return: ``row`` as in the list; ``bank`` what the bank said, with the parts that were recognised; ``left`` to
            be reconciled; ``proposals`` that wait, best first, or the match that is booked; ``customer``; ``history``
        """
        self._ar_check_shown()
        matches = self.ar_match_ids.sorted("id", reverse=True)
        live = self.ar_proposal_ids or matches.filtered(lambda match: match.state in ("waiting", "accepted"))
        if self.ar_match_state == "waiting":
            live = matches.filtered(lambda match: match.state == "waiting")
        said = live or matches.filtered(lambda match: match.state == "left")[:1]
        suspense = self._seek_for_lines()[1]
        currency = suspense.currency_id[:1] or self.foreign_currency_id or self.currency_id
        left = currency.round(-sum(suspense.mapped("amount_currency")))
        customer = self.partner_id.commercial_partner_id or said[:1]._likely_customer()
        return {
            "row": self._ar_workspace_rows()[0],
            "bank": self._ar_said_by_bank(said[:1]),
            "left": left,
            "currency_id": currency.id,
            "is_in": self.amount > 0,
            "proposals": [match._as_shown() for match in said[:5]],
            "customer": self._ar_shown_customer(customer),
            "is_short": bool(self.ar_short_item_ids),
            "is_undoable": self.ar_is_undoable or self.is_reconciled,
            "history": [match._as_history() for match in matches[:MOST_HISTORY]],
            "history_count": len(matches),
            "move_id": self.move_id.id,
            "version": fields.Datetime.to_string(self.write_date),
            "write_off_limit": self.company_id.ar_write_off_limit if self.company_id.ar_reviews_write_offs else False,
        }

    def _ar_check_shown(self):
        """Refuse to show what is not one line that the user may read.

        :raises UserError: when it is gone
        """
        if len(self.exists()) != 1:
            raise UserError(self.env._("These bank lines are gone."))
        self.check_access("read")

    def _ar_said_by_bank(self, match):
        """Return the bank's texts cut into segments, with what of them ``match`` recognised."""
        phrases = match._phrases()
        texts = {
            "text": self.payment_ref,
            "name": self.partner_name,
            "account": self.account_number,
            "reference": self.ref,
        }
        said = {
            name: [{"text": each.text, "mark": each.mark} for each in marked(text or "", phrases)]
            for name, text in texts.items()
        }
        return {
            **said,
            "value_date": format_date(self.env, self.ar_value_date) if self.ar_value_date else "",
            "statement": self.statement_id.display_name or "",
            "file": self.ar_file_id.sudo().display_name or "",  # its name alone, for whoever reads the line
            "original": self.ar_original_currency_id.format(self.ar_original_amount) if self.ar_original_amount else "",
            "details": self.ar_details_html or "",
        }

    def _ar_shown_customer(self, customer):
        """Return who the customer is, and how much of his is open in the company of this line."""
        if not customer._filtered_access("read"):
            return False
        (count, amount), *_rest = self.env["account.move.line"]._read_group(
            [
                ("partner_id", "=", customer.id),
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
                ("parent_state", "=", "posted"),
                ("company_id", "child_of", self.company_id.id),
            ],
            aggregates=["__count", "amount_residual:sum"],
        )
        currency = self.company_id.currency_id
        return {
            "id": customer.id,
            "name": customer.display_name,
            "open_count": count,
            "open_amount": currency.format(amount or 0.0),
        }


def _as_row(row):
    """Return a row of the database as the list shows it."""
    id_, day, name, text, amount, currency, journal, state, partner, customer, login, owner, note, owner_id = row
    return {
        "id": id_,
        "day": day,
        "name": name,
        "text": text,
        "amount": float(amount),
        "currency_id": currency,
        "journal_id": journal,
        "state": state or "none",
        "partner_id": partner or False,
        "customer": customer or "",
        "owner": owner or login or "",
        "owner_id": owner_id or False,
        "note": note or "",
        "proposal_id": False,
        "level": "none",
        "confidence": "",
        "failure": "",
        "reason": "",
        "pays": "",
    }
