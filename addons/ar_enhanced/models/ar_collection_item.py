from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

STATES = [
    ("no_followup", "Excluded from follow-up"),
    ("handed_over", "With an agency"),
    ("disputed", "Disputed"),
    ("promised", "Promised"),
    ("planned", "In a payment plan"),
    ("credit", "Credit not applied"),
    ("overdue", "Overdue"),
    ("not_due", "Not due"),
]


class ArCollectionItem(models.Model):
    """An open item on the desk of its customer, with what pauses it; its id is that of the journal item.

    ``company_id`` is the root company: its branches are one creditor.
    """

    _name = "ar.collection.item"
    _description = "Open Item on the Collections Desk"
    _auto = False
    _order = "due, id"
    _rec_name = "number"
    _depends = {
        "account.move.line": [
            "parent_state",
            "date",
            "date_maturity",
            "move_name",
            "partner_id",
            "account_id",
            "amount_residual_currency",
            "reconciled",
            "no_followup",
        ],
        "account.account": ["account_type", "non_trade"],
        "ar.dispute": ["move_id", "state", "amount", "deadline"],
        "ar.promise": ["move_ids", "state", "deadline"],
        "ar.payment.plan": ["move_line_ids", "state", "next_date"],
        "ar.agency.case": ["state", "handed_over_on"],
        "ar.agency.case.line": ["move_line_id", "case_id"],
        "ar.reminder": ["state", "sent_day"],
        "ar.reminder.item": ["move_line_id", "reminder_id", "code", "step_id"],
        "res.partner": ["commercial_partner_id"],
    }

    number = fields.Char(readonly=True)
    move_line_id = fields.Many2one("account.move.line", string="Journal Item", readonly=True)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    due = fields.Date(string="Due Date", readonly=True)
    days = fields.Integer(string="Days Overdue", readonly=True, aggregator="max")
    residual = fields.Monetary(string="Open", readonly=True)
    state = fields.Selection(STATES, readonly=True)
    state_on = fields.Date(string="Until", readonly=True, help="When a promise, a dispute or a plan is to be settled.")
    disputed = fields.Monetary(readonly=True)
    step_id = fields.Many2one("ar.reminder.step", string="Last Reminder", readonly=True)
    reminded_on = fields.Date(readonly=True)

    @property
    def _table_query(self):
        lines = self.env["account.move.line"]
        today = fields.Date.context_today(self)
        return SQL(
            """
            SELECT line.id,
                   line.id AS move_line_id,
                   line.move_id,
                   COALESCE(line.move_name, '') AS number,
                   customer.commercial_partner_id AS partner_id,
                   split_part(company.parent_path, '/', 1)::int AS company_id,
                   line.currency_id,
                   COALESCE(line.date_maturity, line.date) AS due,
                   CASE WHEN line.amount_residual_currency > 0
                        THEN GREATEST(%(day)s - COALESCE(line.date_maturity, line.date), 0) END AS days,
                   line.amount_residual_currency AS residual,
                   CASE WHEN line.amount_residual_currency <= 0 THEN 'credit'
                        WHEN line.no_followup THEN 'no_followup'
                        WHEN agency.day IS NOT NULL THEN 'handed_over'
                        WHEN dispute.amount IS NOT NULL THEN 'disputed'
                        WHEN promise.day IS NOT NULL THEN 'promised'
                        WHEN plan.id IS NOT NULL THEN 'planned'
                        WHEN COALESCE(line.date_maturity, line.date) < %(day)s THEN 'overdue'
                        ELSE 'not_due' END AS state,
                   CASE WHEN line.amount_residual_currency <= 0 OR line.no_followup THEN NULL
                        ELSE COALESCE(dispute.day, promise.day, plan.next_date) END AS state_on,
                   dispute.amount AS disputed,
                   reminder.step_id,
                   reminder.day AS reminded_on
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner customer ON customer.id = line.partner_id
              JOIN res_company company ON company.id = line.company_id
         LEFT JOIN LATERAL (
                   SELECT SUM(amount) AS amount, MIN(deadline) AS day
                     FROM ar_dispute WHERE move_id = line.move_id AND state = 'open'
                   ) dispute ON TRUE
         LEFT JOIN LATERAL (
                   SELECT MIN(promise.deadline) AS day
                     FROM ar_promise_move_rel rel
                     JOIN ar_promise promise ON promise.id = rel.promise_id
                    WHERE rel.move_id = line.move_id AND promise.state = 'open' AND promise.deadline >= %(day)s
                   ) promise ON TRUE
         LEFT JOIN LATERAL (
                   SELECT plan.id, plan.next_date
                     FROM ar_payment_plan_line_rel rel
                     JOIN ar_payment_plan plan ON plan.id = rel.plan_id
                    WHERE rel.line_id = line.id
                      AND (plan.state = 'active' OR (plan.state = 'proposed' AND plan.answer_by >= %(day)s))
                    LIMIT 1
                   ) plan ON TRUE
         LEFT JOIN LATERAL (
                   SELECT MAX(agency_case.handed_over_on) AS day
                     FROM ar_agency_case_line handed_over
                     JOIN ar_agency_case agency_case ON agency_case.id = handed_over.case_id
                    WHERE handed_over.move_line_id = line.id AND agency_case.state = 'handed_over'
                   ) agency ON TRUE
         LEFT JOIN LATERAL (
                   SELECT item.step_id, reminder.sent_day AS day
                     FROM ar_reminder_item item
                     JOIN ar_reminder reminder ON reminder.id = item.reminder_id
                    WHERE item.move_line_id = line.id AND item.code IS NULL AND reminder.state IN ('sending', 'sent')
                 ORDER BY reminder.sent_day DESC NULLS LAST, reminder.id DESC
                    LIMIT 1
                   ) reminder ON TRUE
             WHERE line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE
               AND line.amount_residual_currency != 0
               AND %(receivable)s
            """,
            day=SQL("%s::date", today),
            receivable=lines._ar_sql_trade_receivable(),
        )

    def action_open(self):
        """Open the invoice, credit note or payment of this item."""
        self.ensure_one()
        if not self.move_id.has_access("read"):
            raise UserError(
                self.env._("%(number)s isn't an invoice: looking at it takes accounting rights.", number=self.number)
            )
        return self.move_id._get_records_action()

    def action_promise(self):
        """Note what the customer promises to pay on this invoice."""
        return self._invoice().action_ar_promise()

    def action_dispute(self):
        """Note what the customer objects to on this invoice."""
        return self._invoice().action_ar_dispute()

    def _invoice(self):
        self.ensure_one()
        if self.move_id.move_type != "out_invoice":
            raise UserError(self.env._("Promises and disputes are about invoices."))
        return self.move_id


class ArCollectionAccount(models.Model):
    """What the desk of one customer shows beside its figures."""

    _inherit = "ar.collection.account"  # pylint: disable=consider-merging-classes-inherited

    item_ids = fields.One2many("ar.collection.item", string="Open Items", compute="_compute_item_ids")
    contact_ids = fields.One2many("ar.collection.contact", string="Contacts", compute="_compute_history")
    promise_ids = fields.One2many("ar.promise", string="Promises", compute="_compute_history")
    plan_ids = fields.One2many("ar.payment.plan", string="Payment Plans", compute="_compute_history")
    dispute_ids = fields.One2many("ar.dispute", string="Disputes", compute="_compute_history")
    reminder_ids = fields.One2many("ar.reminder", string="Reminders", compute="_compute_history")

    @api.depends("partner_id", "company_id")
    def _compute_item_ids(self):
        self._assign("item_ids", self.env["ar.collection.item"])

    @api.depends("partner_id", "company_id")
    def _compute_history(self):
        self._assign("contact_ids", self.env["ar.collection.contact"])
        self._assign("promise_ids", self.env["ar.promise"])
        self._assign("plan_ids", self.env["ar.payment.plan"], [("state", "!=", "cancelled")])
        self._assign("dispute_ids", self.env["ar.dispute"])
        self._assign(
            "reminder_ids", self.env["ar.reminder"], [("state", "in", ("sending", "sent", "failed"))], "id desc"
        )

    def _assign(self, name, model, domain=(), order=None):
        """Give each of these customers its own records of ``model``, found in one search."""
        found = model.search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                *domain,
            ],
            order=order,
        )
        by_customer = found.grouped(lambda record: (record.partner_id.id, record.company_id.id))
        for account in self:
            account[name] = by_customer.get((account.partner_id.id, account.company_id.id), model)
