from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine import evidence
from .ar_match_proposal_wording import reason_label

#: Reasons that no reason code of the engine stands for.
NOT_SEEN, FAILED, TURNED_DOWN, ON_ACCOUNT = "not_seen", "failed", "turned_down", "on_account"
WAITING, PART_BOOKED = "waiting", "part_booked"
#: The first days of the age buckets, with what they are called; codes are in their order.
BUCKETS = (("d000", 0, "0–7"), ("d008", 8, "8–30"), ("d031", 31, "31–60"), ("d061", 61, "61–90"), ("d091", 91, "> 90"))


class ArUnresolvedDifference(models.Model):
    """One amount that is still to be cleared: of a bank line, of an invoice paid in part, or on a customer's account.

    Amounts are positive, but for money that went out. The age counts from the day of the payment.
    """

    _name = "ar.unresolved.difference"
    _description = "Unresolved Difference"
    _auto = False
    _order = "date, id"
    _rec_name = "text"
    _depends = {
        "account.bank.statement.line": [
            *("move_id", "journal_id", "company_id", "partner_id", "is_reconciled", "amount_residual", "currency_id"),
            *("foreign_currency_id", "payment_ref", "ar_owner_id", "ar_match_state"),
        ],
        "account.journal": ["ar_responsible_id", "suspense_account_id", "type"],
        "account.move": ["date", "state", "name", "statement_line_id", "origin_payment_id"],
        "account.account": ["account_type"],
        "account.move.line": [
            *("reconciled", "amount_residual", "amount_residual_currency", "partner_id", "balance", "parent_state"),
            *("move_id", "account_id", "journal_id", "company_id", "currency_id"),
        ],
        "ar.match.proposal": ["state", "reasons", "verdict", "failure", "statement_line_id"],
        "ar.match.proposal.allocation": ["kind", "move_line_id", "proposal_id"],
        "res.company": ["ar_bank_responsible_id"],
        "res.users": ["active", "company_ids"],
    }

    kind = fields.Selection(
        [("line", "Open bank line"), ("short", "Short payment"), ("over", "On the customer's account")], readonly=True
    )
    text = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    journal_id = fields.Many2one("account.journal", readonly=True)
    statement_line_id = fields.Many2one("account.bank.statement.line", string="Bank Line", readonly=True)
    move_line_id = fields.Many2one("account.move.line", string="Item", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice or Entry", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    date = fields.Date(readonly=True, help="When the money came or went.")
    age = fields.Integer(string="Days", readonly=True, aggregator="max")
    age_bucket = fields.Selection(
        lambda self: [(code, self.env._("%(days)s days", days=days)) for code, _first, days in BUCKETS],
        string="Age",
        readonly=True,
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_currency = fields.Monetary(
        string="Left in Currency", currency_field="currency_id", readonly=True, aggregator=None
    )
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(string="Amount Left", currency_field="company_currency_id", readonly=True)
    reason = fields.Selection(lambda self: self._selection_reason(), readonly=True)
    owner_id = fields.Many2one("res.users", readonly=True)

    @api.model
    def _selection_reason(self):
        """Return why something can be open, with its label."""
        own = {
            NOT_SEEN: self.env._("Not yet looked at"),
            FAILED: self.env._("Could not be matched"),
            TURNED_DOWN: self.env._("Turned down or undone by a person"),
            WAITING: self.env._("Waits for approval"),
            PART_BOOKED: self.env._("Rest of a payment booked in part"),
            ON_ACCOUNT: self.env._("Paid on account"),
        }
        codes = [*own, *(code for code in evidence.ALL if code not in own)]
        return [(code, own.get(code) or reason_label(self.env, code)) for code in codes]

    @property
    def _table_query(self):
        """Return the three sorts of rows; each has an id of its own and only what is asked for is worked out."""
        today = fields.Date.context_today(self)
        return SQL(
            """
            SELECT %s FROM (%s) told
            UNION ALL
            SELECT %s FROM (%s) told
            UNION ALL
            SELECT %s FROM (%s) told
            """,
            *(part for rows in (_open_lines(), _short_payments(), _overpayments()) for part in (_columns(today), rows)),
        )

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """Search first and read then: of a hundred thousand rows only those that are shown are worked out."""
        if not limit or not field_names:
            return super().search_fetch(domain, field_names, offset=offset, limit=limit, order=order)
        found = super().search_fetch(domain, [], offset=offset, limit=limit, order=order)
        found.fetch(field_names)
        return found

    def action_open(self):
        """Open the bank line that the row came from; without one, its entry."""
        self.ensure_one()
        record = self.statement_line_id or self.move_id
        view = self.env.ref("ar_reconcile.account_bank_statement_line_view_form") if self.statement_line_id else None
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(view.id if view else False, "form")],
        }

    def action_follow_up(self):
        """Have the short payments among these rows followed up."""
        return self._short_lines().action_ar_follow_up_short_payment()

    def action_remind_customer(self):
        """Open an e-mail to the customers of the short payments among these rows."""
        return self._short_lines().action_ar_remind_customer()

    def action_dispute(self):
        """Note what the customer objects to: what is missing of this short payment is proposed as disputed."""
        self.ensure_one()
        if self.kind != "short":
            raise UserError(self.env._("Only what is missing of an invoice can be disputed."))
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_dispute_new"),
            "context": {"default_move_id": self.move_id.id, "default_move_line_id": self.move_line_id.id},
        }

    def _short_lines(self):
        return self.filtered(lambda row: row.kind == "short").statement_line_id

    @api.model
    def _owned_lines(self):
        """Return the query of open bank lines with their owner, for reminders: id, owner, company, journal, date.

        :raises AccessError: only software asks for the lines of everybody
        """
        if not self.env.su:
            raise AccessError(self.env._("Only software reads the bank lines of everybody."))
        self.env.flush_all()
        return _open_lines()


def _columns(today):
    """Return the columns of a row, with the age on ``today``."""
    cases = SQL(" ").join(
        SQL("WHEN %s - told.date >= %s THEN %s", today, first, code) for code, first, _days in reversed(BUCKETS[1:])
    )
    return SQL(
        """
        told.id, told.kind, told.text, told.company_id, told.journal_id, told.statement_line_id, told.move_line_id,
        told.move_id, told.partner_id, told.date, GREATEST(%(today)s - told.date, 0) AS age,
        CASE %(cases)s ELSE %(first)s END AS age_bucket,
        told.currency_id, told.amount_currency, told.company_currency_id, told.amount, told.reason, told.owner_id
        """,
        today=today,
        cases=cases,
        first=BUCKETS[0][0],
    )


def _owner(line):
    """Return who clears a row, and the joins that this needs: who is gone, or has left the company, clears nothing."""
    users = SQL(
        """
        SELECT each.id
          FROM res_users each
          JOIN res_company_users_rel works ON works.user_id = each.id AND works.cid = company.id
         WHERE each.active
        """
    )
    return SQL("COALESCE(own.id, journals.id, companys.id)"), SQL(
        """
        LEFT JOIN LATERAL (%(users)s AND each.id = %(line)s) own ON TRUE
        LEFT JOIN LATERAL (%(users)s AND each.id = journal.ar_responsible_id) journals ON TRUE
        LEFT JOIN LATERAL (%(users)s AND each.id = company.ar_bank_responsible_id) companys ON TRUE
        """,
        users=users,
        line=line,
    )


def _open_lines():
    """Return the query of bank lines of which something is left, with the first reason of what was said last."""
    owner, joins = _owner(SQL("line.ar_owner_id"))
    return SQL(
        """
        SELECT line.id::bigint * 4 AS id, 'line' AS kind, line.payment_ref AS text, line.company_id, line.journal_id,
               line.id AS statement_line_id, NULL::integer AS move_line_id, line.move_id, line.partner_id, move.date,
               COALESCE(line.foreign_currency_id, line.currency_id) AS currency_id,
               -line.amount_residual AS amount_currency,
               company.currency_id AS company_currency_id,
               CASE
                    WHEN COALESCE(line.foreign_currency_id, line.currency_id) = company.currency_id
                    THEN -line.amount_residual
                    ELSE (
                        SELECT -sum(item.balance)
                          FROM account_move_line item
                         WHERE item.move_id = line.move_id AND item.account_id = journal.suspense_account_id
                    )
               END AS amount,
               COALESCE((
                   SELECT CASE
                              WHEN proposal.state IN ('rejected', 'undone') THEN %(turned_down)s
                              WHEN proposal.state = 'waiting' THEN %(waiting)s
                              WHEN proposal.state = 'accepted' THEN %(part_booked)s
                              WHEN proposal.failure IS NOT NULL THEN %(failed)s
                              WHEN proposal.state = 'left' THEN proposal.reasons -> 0 ->> 0
                              ELSE COALESCE(proposal.verdict -> 'reasons' -> 0 ->> 0, proposal.reasons -> 0 ->> 0)
                          END
                     FROM ar_match_proposal proposal
                    WHERE proposal.statement_line_id = line.id AND proposal.state != 'superseded'
                    ORDER BY proposal.id DESC
                    LIMIT 1
               ), %(not_seen)s) AS reason,
               %(owner)s AS owner_id
          FROM account_bank_statement_line line
          JOIN account_move move ON move.id = line.move_id
          JOIN account_journal journal ON journal.id = line.journal_id
          JOIN res_company company ON company.id = line.company_id
          %(joins)s
         WHERE line.is_reconciled IS NOT TRUE AND move.state = 'posted'
        """,
        turned_down=TURNED_DOWN,
        waiting=WAITING,
        part_booked=PART_BOOKED,
        failed=FAILED,
        not_seen=NOT_SEEN,
        owner=owner,
        joins=joins,
    )


def _short_payments():
    """Return the query of items that a booked match paid in part and that are still open, by their last payment."""
    owner, joins = _owner(SQL("line.ar_owner_id"))
    return SQL(
        """
        SELECT DISTINCT ON (item.id)
               item.id::bigint * 4 + 1 AS id, 'short' AS kind, entry.name AS text, line.company_id, line.journal_id,
               line.id AS statement_line_id, item.id AS move_line_id, item.move_id, item.partner_id, move.date,
               item.currency_id, item.amount_residual_currency AS amount_currency,
               company.currency_id AS company_currency_id, item.amount_residual AS amount,
               %(reason)s AS reason, %(owner)s AS owner_id
          FROM ar_match_proposal_allocation part
          JOIN ar_match_proposal proposal ON proposal.id = part.proposal_id
          JOIN account_move_line item ON item.id = part.move_line_id
          JOIN account_move entry ON entry.id = item.move_id
          JOIN account_bank_statement_line line ON line.id = proposal.statement_line_id
          JOIN account_move move ON move.id = line.move_id
          JOIN account_journal journal ON journal.id = line.journal_id
          JOIN res_company company ON company.id = item.company_id
          %(joins)s
         WHERE part.kind = 'partial'
           AND proposal.state = 'accepted'
           AND item.reconciled IS NOT TRUE
           AND item.amount_residual_currency != 0
         ORDER BY item.id, part.id DESC
        """,
        reason=evidence.SHORT_PAYMENT,
        owner=owner,
        joins=joins,
    )


def _overpayments():
    """Return the query of money that bank lines and registered payments have left on customers' accounts."""
    owner, joins = _owner(SQL("line.ar_owner_id"))
    return SQL(
        """
        SELECT item.id::bigint * 4 + 2 AS id, 'over' AS kind, entry.name AS text, item.company_id, item.journal_id,
               entry.statement_line_id, item.id AS move_line_id, item.move_id, item.partner_id, entry.date,
               item.currency_id, -item.amount_residual_currency AS amount_currency,
               company.currency_id AS company_currency_id, -item.amount_residual AS amount,
               CASE
                    WHEN EXISTS (
                        SELECT
                          FROM ar_match_proposal proposal
                          JOIN ar_match_proposal_allocation part ON part.proposal_id = proposal.id
                         WHERE proposal.statement_line_id = entry.statement_line_id
                           AND proposal.state = 'accepted'
                           AND part.kind = 'overpayment'
                    )
                    THEN %(over)s
                    ELSE %(on_account)s
               END AS reason,
               %(owner)s AS owner_id
          FROM account_move_line item
          JOIN account_move entry ON entry.id = item.move_id
          JOIN account_account account ON account.id = item.account_id
          JOIN account_journal journal ON journal.id = item.journal_id
          JOIN res_company company ON company.id = item.company_id
          LEFT JOIN account_bank_statement_line line ON line.id = entry.statement_line_id
          %(joins)s
         WHERE item.amount_residual < 0
           AND item.reconciled IS NOT TRUE
           AND item.parent_state = 'posted'
           AND account.account_type = 'asset_receivable'
           AND journal.type IN ('bank', 'cash', 'credit')
           AND (entry.statement_line_id IS NOT NULL OR entry.origin_payment_id IS NOT NULL)
        """,
        over=evidence.OVERPAYMENT,
        on_account=ON_ACCOUNT,
        owner=owner,
        joins=joins,
    )
