import json

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.misc import split_every

from ..engine.collection_priority import prioritised
from .ar_collection_contact import RESULTS
from .ar_credit_score import LEVELS

STATES = [("to_do", "To do"), ("waiting", "Waiting"), ("nothing", "Nothing to do")]
STEPS = [
    ("call", "Call"),
    ("call_back", "Call back as agreed"),
    ("call_again", "Call again"),
    ("look_again", "Look again"),
    ("find_number", "Find the right number"),
    ("decide", "Decide: agency, write-off or hold"),
    ("promise", "Payment promised"),
    ("instalment", "Instalment due"),
    ("dispute", "Answer the dispute"),
    ("due", "Next due date"),
    ("none", "None"),
]
#: What is found anew by every refresh, with the type of its column.
FOUND = {
    "level": "varchar",
    "collector_id": "int4",
    "state": "varchar",
    "is_appointment": "bool",
    "urgency": "int4",
    "is_broken": "bool",
    "open_amount": "numeric",
    "overdue": "numeric",
    "collectable": "numeric",
    "disputed": "numeric",
    "promised": "numeric",
    "planned": "numeric",
    "expected_recovery": "numeric",
    "oldest_days": "int4",
    "last_contact_on": "date",
    "last_result": "varchar",
    "next_step": "varchar",
    "next_step_on": "date",
    "wait_until": "date",
    "facts": "jsonb",
}
#: More customers than this are left to the scheduled action when something happens to all of them at once.
MOST_AT_ONCE = 20


class ArCollectionAccount(models.Model):
    """A customer on the collections desk: what may be asked for, what that is expected to bring, and what comes next.

    One row per root company and customer with something open; amounts are in the company's currency.  All but the
    note is found from the ledger and from what is agreed with the customer, every night and whenever somebody acts.
    """

    _name = "ar.collection.account"
    _description = "Customer on the Collections Desk"
    _order = "urgency desc, expected_recovery desc, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    level = fields.Selection(LEVELS, string="Credit Level", readonly=True)
    collector_id = fields.Many2one("res.users", string="In Charge", readonly=True, ondelete="set null")
    state = fields.Selection(STATES, readonly=True, default="nothing")
    is_appointment = fields.Boolean(
        string="Call Back Today", readonly=True, help="The customer was told to be contacted by today."
    )
    # Odoo orders by a boolean as by an expression, which no index has.
    urgency = fields.Integer(readonly=True, aggregator=None, help="1: to be called back today; comes first.")
    is_broken = fields.Boolean(string="Broken Promise", readonly=True)
    open_amount = fields.Monetary(string="Open", readonly=True, help="All that is open, less credits.")
    overdue = fields.Monetary(readonly=True, help="Items past their due day, before credits.")
    collectable = fields.Monetary(
        readonly=True,
        help="What is overdue, net of credits, without what is disputed, promised, in a payment plan, with an agency"
        " or excluded from follow-up.",
    )
    disputed = fields.Monetary(readonly=True)
    promised = fields.Monetary(readonly=True)
    planned = fields.Monetary(string="In Payment Plans", readonly=True)
    expected_recovery = fields.Monetary(
        readonly=True,
        help="What asking now is expected to bring: what may be asked for × the chance that money of that age is"
        " collected × the chance that it doesn't come by itself.",
    )
    oldest_days = fields.Integer(
        string="Days", readonly=True, aggregator="max", help="Days overdue of the oldest item that may be asked for."
    )
    last_contact_on = fields.Date(string="Last Contact", readonly=True)
    last_result = fields.Selection(RESULTS, readonly=True)
    next_step = fields.Selection(STEPS, readonly=True)
    next_step_on = fields.Date(string="Next Step on", readonly=True)
    wait_until = fields.Date(readonly=True, help="The first day on which this customer is to do again.")
    facts = fields.Json(readonly=True)
    put_off_until = fields.Date(readonly=True, help="The last day on which nobody is to do anything.")
    put_off_on = fields.Date(readonly=True)
    put_off_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    note = fields.Text(string="Notes", help="For all who work on the collections desk.")
    refreshed_on = fields.Datetime(string="As of", readonly=True)

    _customer_uniq = models.UniqueIndex("(company_id, partner_id)")
    _rank_idx = models.Index("(company_id, state, urgency DESC, expected_recovery DESC, id)")
    _partner_idx = models.Index("(partner_id)")

    def write(self, vals):
        if not self.env.su and set(vals) - {"note"}:
            raise AccessError(self.env._("The desk is found from the ledger: only the notes are written by hand."))
        return super().write(vals)

    # -- refresh ----------------------------------------------------------------------------------

    @api.model
    def _cron_refresh(self, chunk_size=5000):
        """Find the desks of all companies anew, a chunk of customers per transaction; killed, it goes on from there.

        A run that was finished begins again; one that was not goes on with the customers it hasn't come to.
        """
        pending = []
        for company in self.env["res.company"].search([("parent_id", "=", False)]):
            if not company.ar_desk_started_on:
                company.ar_recovery_fates = self._fates(company, fields.Date.context_today(self))
                company.ar_desk_started_on = fields.Datetime.now()
            pending.append((company, self._pending(company, company.ar_desk_started_on)))
        self.env["ir.cron"]._commit_progress(remaining=sum(len(customers) for _company, customers in pending))
        for company, customers in pending:
            for chunk in split_every(chunk_size, customers):
                self._refresh(company, chunk)
                if not self.env["ir.cron"]._commit_progress(len(chunk)):
                    return
                self.env.invalidate_all()
            company.ar_desk_started_on = False

    @api.model
    def _cron_refresh_stale(self, chunk_size=1000):
        """Find the customers anew whose payments were matched by the hundred since they were last looked at."""
        stale = self.search([("refreshed_on", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(stale))
        for company, accounts in stale.grouped("company_id").items():
            for chunk in split_every(chunk_size, accounts.partner_id.ids):
                self._refresh(company, chunk)
                if not self.env["ir.cron"]._commit_progress(len(chunk)):
                    return

    @api.model
    def _pending(self, company, started_on):
        """Ids of the customers with something open, or still on the desk, that weren't looked at since."""
        lines = self.env["account.move.line"]
        lines._ar_flush()
        self.flush_model()
        return [
            customer_id
            for (customer_id,) in self.env.execute_query(
                SQL(
                    """
                    SELECT customer_id
                      FROM (
                            SELECT customer.commercial_partner_id AS customer_id
                              FROM account_move_line line
                              JOIN res_partner customer ON customer.id = line.partner_id
                             WHERE %(open)s
                             UNION
                            SELECT partner_id FROM ar_collection_account WHERE company_id = %(company)s
                           ) AS listed
                     WHERE NOT EXISTS (
                           SELECT FROM ar_collection_account account
                            WHERE account.company_id = %(company)s
                              AND account.partner_id = listed.customer_id
                              AND account.refreshed_on >= %(started)s
                     )
                  ORDER BY customer_id
                    """,
                    open=lines._ar_sql_open_receivable(company),
                    company=company.id,
                    started=started_on,
                )
            )
        ]

    @api.model
    def _refresh(self, company, customer_ids):
        """Find these customers of ``company`` anew, in the same number of statements whatever their number."""
        company, customer_ids = company.root_id, list(customer_ids)
        if not customer_ids:
            return
        # Whoever acts on a customer changes its place on the desk, found from the whole ledger.
        desk = self.sudo()
        found = desk._gather(company, customer_ids)
        chance_of = company.sudo()._ar_recovery_chances()
        desk._store(
            company,
            [desk._found(facts, prioritised(facts.customer, chance_of)) for facts in found.values()],
        )
        desk._forget(company, [customer_id for customer_id in customer_ids if customer_id not in found])
        self.invalidate_model(flush=False)

    @api.model
    def _found(self, facts, priority):
        """The columns of a row."""
        is_broken = any(reason.code.startswith("broken_") for reason in priority.reasons)
        last = facts.customer.last_contact
        return {
            "partner_id": facts.customer_id,
            "level": facts.level,
            "collector_id": facts.collector_id,
            "state": priority.state,
            "is_appointment": priority.is_appointment,
            "urgency": int(priority.is_appointment),
            "is_broken": is_broken,
            "open_amount": facts.open_amount,
            "overdue": str(priority.overdue),
            "collectable": str(priority.collectable),
            "disputed": str(priority.paused.get("disputed", 0)),
            "promised": str(priority.paused.get("promised", 0)),
            "planned": str(priority.paused.get("planned", 0)),
            "expected_recovery": str(priority.expected_recovery),
            "oldest_days": priority.oldest_days,
            "last_contact_on": last and last.day.isoformat(),
            "last_result": last and last.result,
            "next_step": priority.step.code,
            "next_step_on": priority.step.day and priority.step.day.isoformat(),
            "wait_until": priority.wait_until and priority.wait_until.isoformat(),
            "facts": {
                "delays": list(facts.customer.delays),
                "reasons": [[reason.code, dict(reason.facts)] for reason in priority.reasons],
                "shares": [
                    [share.first_day, str(share.amount), str(share.chance), str(share.expected)]
                    for share in priority.shares
                ],
            },
        }

    @api.model
    def _store(self, company, rows):
        """Write what was found, in one statement."""
        names = SQL(", ").join(SQL.identifier(name) for name in FOUND)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ar_collection_account
                            (company_id, partner_id, %(names)s, refreshed_on,
                             create_uid, create_date, write_uid, write_date)
                     SELECT %(company)s, partner_id, %(names)s, %(now)s, %(user)s, %(now)s, %(user)s, %(now)s
                       FROM jsonb_to_recordset(%(rows)s::jsonb) AS found (partner_id int4, %(columns)s)
                   ORDER BY partner_id
                ON CONFLICT (company_id, partner_id) DO UPDATE
                        SET %(changes)s,
                            refreshed_on = EXCLUDED.refreshed_on,
                            write_date = EXCLUDED.write_date
                """,
                names=names,
                company=company.id,
                now=fields.Datetime.now(),
                user=self.env.uid,
                rows=json.dumps(rows),
                columns=SQL(", ").join(
                    SQL("%s %s", SQL.identifier(name), SQL(column_type))  # pylint: disable=sql-injection
                    for name, column_type in FOUND.items()
                ),
                changes=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name)) for name in FOUND
                ),
            )
        )

    @api.model
    def _forget(self, company, customer_ids):
        """Take customers off the desk who owe nothing any more; one with notes stays, with nothing to do."""
        gone = self.search([("company_id", "=", company.id), ("partner_id", "in", customer_ids)])
        noted = gone.filtered("note")
        (gone - noted).unlink()
        noted.write(
            {
                **{name: 0 for name, kind in FOUND.items() if kind == "numeric"},
                "oldest_days": 0,
                "state": "nothing",
                "is_appointment": False,
                "urgency": 0,
                "is_broken": False,
                "next_step": "none",
                "next_step_on": False,
                "wait_until": False,
                "put_off_until": False,
                "facts": {"reasons": [], "shares": []},
                "refreshed_on": fields.Datetime.now(),
            }
        )
        self.flush_model()
