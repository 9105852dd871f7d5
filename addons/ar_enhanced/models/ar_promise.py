from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL, format_amount, format_date

PROMISE_STATES = [
    ("open", "Open"),
    ("kept", "Kept"),
    ("partially_kept", "Partially kept"),
    ("broken", "Broken"),
    ("cancelled", "Cancelled"),
]


class ArPromise(models.Model):
    """What a customer promised to pay by a day.

    ``partner_id`` is the commercial entity, ``company_id`` the root company: both follow from the invoices.
    Kept, partially kept and broken are found from the payments and set by nobody.
    """

    _name = "ar.promise"
    _description = "Promise to Pay"
    _inherit = ["ar.payment.agreement", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_invoices",
        store=True,
        precompute=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_from_invoices", store=True, precompute=True, ondelete="cascade"
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_from_invoices", store=True, precompute=True)
    move_ids = fields.Many2many(
        "account.move",
        "ar_promise_move_rel",
        "promise_id",
        "move_id",
        string="Invoices",
        required=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted')]",
    )
    contact_id = fields.Many2one(
        "res.partner", string="Promised by", domain="[('commercial_partner_id', '=', partner_id)]", ondelete="set null"
    )
    amount = fields.Monetary(string="Promised", required=True, tracking=True)
    made_on = fields.Date(string="Made on", required=True, default=fields.Date.context_today, copy=False)
    date = fields.Date(string="Promised for", required=True, tracking=True, copy=False)
    tolerance_days = fields.Integer(
        compute="_compute_tolerance_days",
        store=True,
        precompute=True,
        readonly=False,
        help="A payment that comes at most so many days later still keeps the promise.",
    )
    deadline = fields.Date(compute="_compute_deadline", store=True, precompute=True)
    state = fields.Selection(
        PROMISE_STATES, required=True, readonly=True, default="open", index=True, tracking=True, copy=False
    )
    received = fields.Monetary(readonly=True, copy=False, help="What was paid on the invoices by the deadline.")
    settled_on = fields.Date(
        string="Decided on",
        readonly=True,
        copy=False,
        help="The day of the payment that kept the promise, or the first day on which it was broken.",
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, tracking=True)
    note = fields.Text()

    _amount_positive = models.Constraint("CHECK(amount > 0)", "A promised amount is greater than zero.")
    _tolerance_positive = models.Constraint(
        "CHECK(tolerance_days >= 0)", "The tolerance for promises to pay is a number of days, zero or more."
    )
    _made_before = models.Constraint(
        "CHECK(made_on <= date)", "A promise is for the day on which it is made, or later."
    )
    _customer_idx = models.Index("(partner_id, company_id, state)")
    _deadline_idx = models.Index("(deadline)")

    @api.depends("move_ids.partner_id.commercial_partner_id", "move_ids.company_id", "move_ids.currency_id")
    def _compute_from_invoices(self):
        for promise in self:
            invoice = promise.move_ids[:1]
            promise.partner_id = invoice.partner_id.commercial_partner_id
            promise.company_id = invoice.company_id.root_id
            promise.currency_id = invoice.currency_id

    @api.depends("company_id")
    def _compute_tolerance_days(self):
        for promise in self:
            if promise.state == "open":
                promise.tolerance_days = promise.company_id.ar_promise_tolerance

    @api.depends("date", "tolerance_days")
    def _compute_deadline(self):
        for promise in self:
            promise.deadline = promise.date and fields.Date.add(promise.date, days=promise.tolerance_days)

    @api.depends("amount", "currency_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for promise in self:
            promise.display_name = promise.date and self.env._(
                "%(amount)s by %(date)s",
                amount=format_amount(self.env, promise.amount, promise.currency_id),
                date=format_date(self.env, promise.date),
            )

    @api.constrains("move_ids", "state")
    def _check_invoices(self):
        """One customer, company and currency; posted invoices, each in one open promise at most."""
        for promise in self:
            invoices = promise.move_ids
            if not invoices:
                raise ValidationError(self.env._("A promise to pay is about one invoice or several: choose them."))
            if (
                len(invoices.partner_id.commercial_partner_id) > 1
                or len(invoices.company_id.root_id) > 1
                or len(invoices.currency_id) > 1
            ):
                raise ValidationError(
                    self.env._("The invoices of a promise belong to one customer, one company and one currency.")
                )
            if promise.state == "open" and any(
                invoice.move_type != "out_invoice" or invoice.state != "posted" for invoice in invoices
            ):
                raise ValidationError(self.env._("A promise to pay is about posted customer invoices."))
        for promise, numbers in self.filtered(lambda promise: promise.state == "open")._agreed_twice().items():
            raise ValidationError(
                self.env._(
                    "An open promise or payment plan covers %(invoices)s already: change that one, or cancel it.",
                    invoices=promise._numbers(numbers),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Create promises; what is found from payments is set by nobody."""
        for vals in vals_list:
            if vals.get("state", "open") != "open" or vals.get("received") or vals.get("settled_on"):
                self._check_by_hand(vals)
        if not self.env.su:
            # Nor by a default in the context.
            vals_list = [{**vals, "state": "open", "received": 0, "settled_on": False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """Change promises; what is found from payments is set by nobody, and what is decided stays."""
        self._check_by_hand(vals)
        decided = any(promise.state != "open" for promise in self)
        if decided and not self.env.su and {"amount", "date", "made_on", "move_ids", "tolerance_days"} & set(vals):
            raise ValidationError(self.env._("This promise is decided: make a new one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_open(self):
        day = fields.Date.context_today(self)
        if any(promise.state != "open" or promise.deadline < day for promise in self):
            raise ValidationError(
                self.env._("A promise whose day has come or that was decided is part of the customer's credit file.")
            )

    @api.model
    def _check_by_hand(self, vals):
        if {"state", "received", "settled_on"} & set(vals) and not self.env.su:
            raise AccessError(self.env._("Whether a promise was kept is found from the payments."))

    def action_cancel(self):
        """Withdraw open promises: they count neither as kept nor as broken."""
        self.check_access("write")
        if any(promise.state != "open" for promise in self):
            raise ValidationError(self.env._("This promise is decided: only an open one can be cancelled."))
        # The right to change promises was checked; the state is closed to everything but the methods here.
        self.sudo().write({"state": "cancelled", "settled_on": fields.Date.context_today(self)})
        return True

    def _agreed_lines(self):
        return self.move_ids.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    @api.model
    def _to_judge_domain(self, day):
        return [
            ("state", "!=", "cancelled"),
            "|",
            ("state", "=", "open"),
            ("deadline", ">=", self._last_day_judged(day)),
        ]

    def _judge(self, day):
        """Set what payments say about these promises as of ``day``, in one statement for all."""
        # Found from the whole ledger, by whoever asks.
        promises = self.sudo()
        findings = promises._findings(day)
        reopened = promises.browse(promise_id for promise_id, state, *_facts in findings if state == "open")
        # What was agreed in the meantime holds.
        replaced = reopened.filtered(lambda promise: promise.state != "open")._agreed_twice()
        for promise_id, state, received, settled_on in findings:
            promise = promises.browse(promise_id)
            if promise in replaced:
                continue
            found = {"state": state, "received": float(received), "settled_on": settled_on}
            if any(
                promise[name] != value for name, value in found.items() if name != "received"
            ) or promise.currency_id.compare_amounts(promise.received, found["received"]):
                promise.write(found)

    def _findings(self, day):
        """What the ledger says of each promise: rows of id, state, amount received in time, day of the decision.

        A payment counts when it is dated between the day of the promise and its deadline; credit notes, write-offs and
        exchange differences are no payments. A promise is kept when the promised amount came, or when nothing of its
        invoices was left open on the deadline, unless it was written off. What was decided stays while an invoice is
        a draft again.
        """
        if not self:
            return []
        self.flush_model()
        self.env["account.move"].flush_model(["state"])
        self.env["account.move.line"]._ar_flush()
        return self.env.execute_query(
            SQL(
                """
                WITH promise AS (
                    SELECT id, amount, made_on, LEAST(deadline, %(day)s) AS upto, deadline, state
                      FROM ar_promise
                     WHERE id = ANY(%(ids)s)
                ), item AS (
                    SELECT promise.id AS agreement_id, line.id, line.amount_residual_currency AS residual
                      FROM promise
                      JOIN ar_promise_move_rel rel ON rel.promise_id = promise.id
                      JOIN account_move_line line ON line.move_id = rel.move_id
                      JOIN account_account account ON account.id = line.account_id
                     WHERE line.parent_state = 'posted' AND %(receivable)s
                ), settlement AS (
                    %(settlements)s
                ), paid AS (
                    SELECT promise.id AS promise_id,
                           COALESCE(SUM(settlement.amount) FILTER (
                               WHERE is_payment AND max_date BETWEEN promise.made_on AND promise.upto
                           ), 0) AS received,
                           COALESCE(SUM(settlement.amount) FILTER (
                               WHERE max_date > promise.upto OR is_given_up
                           ), 0) AS not_settled,
                           MAX(max_date) FILTER (WHERE max_date <= promise.upto) AS last_on
                      FROM promise
                      JOIN settlement ON settlement.agreement_id = promise.id
                  GROUP BY promise.id
                ), owed AS (
                    SELECT agreement_id AS promise_id, SUM(residual) AS residual FROM item GROUP BY agreement_id
                ), found AS (
                    SELECT promise.id, promise.deadline, COALESCE(paid.received, 0) AS received, paid.last_on,
                           CASE WHEN owed.promise_id IS NULL THEN 'cancelled'
                                WHEN COALESCE(paid.received, 0) >= promise.amount
                                     OR owed.residual + COALESCE(paid.not_settled, 0) <= 0 THEN 'kept'
                                WHEN promise.deadline >= %(day)s THEN 'open'
                                WHEN COALESCE(paid.received, 0) > 0 THEN 'partially_kept'
                                ELSE 'broken'
                           END AS state
                      FROM promise
                 LEFT JOIN owed ON owed.promise_id = promise.id
                 LEFT JOIN paid ON paid.promise_id = promise.id
                     WHERE owed.promise_id IS NOT NULL
                        OR promise.state = 'open'
                        OR NOT EXISTS (
                            SELECT FROM ar_promise_move_rel rel
                              JOIN account_move invoice ON invoice.id = rel.move_id
                             WHERE rel.promise_id = promise.id AND invoice.state = 'draft'
                        )
                )
                SELECT id, state, received,
                       CASE state WHEN 'open' THEN NULL
                                  WHEN 'cancelled' THEN %(day)s
                                  WHEN 'kept' THEN COALESCE(last_on, %(day)s)
                                  ELSE deadline + 1
                       END
                  FROM found
              ORDER BY id
                """,
                day=day,
                ids=self.ids,
                settlements=self._sql_settlements(),
                receivable=self.env["account.move.line"]._ar_sql_trade_receivable(),
            )
        )
