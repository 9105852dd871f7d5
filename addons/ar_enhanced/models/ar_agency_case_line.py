from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL


class ArAgencyCaseLine(models.Model):
    """An open item that an agency collects, as large as it was on the hand-over."""

    _name = "ar.agency.case.line"
    _description = "Item with a Collection Agency"
    _order = "id"

    case_id = fields.Many2one("ar.agency.case", required=True, index=True, ondelete="cascade")
    # An item that is a draft again may be made anew; what was handed over stays here by name.
    move_line_id = fields.Many2one("account.move.line", string="Item", index=True, ondelete="set null")
    item_name = fields.Char(string="Number", compute="_compute_item", store=True, precompute=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    date_due = fields.Date(string="Due", related="move_line_id.date_maturity", related_sudo=False)
    residual = fields.Monetary(
        string="Open", related="move_line_id.amount_residual_currency", related_sudo=False, currency_field="currency_id"
    )
    amount = fields.Monetary(string="Handed Over", compute="_compute_item", store=True, precompute=True)
    paid = fields.Monetary(string="Paid Since", compute="_compute_paid")
    paid_that_day = fields.Monetary(readonly=True, help="What was paid on the day of the hand-over, before it.")
    is_out = fields.Boolean(string="With the Agency", readonly=True)

    _item_uniq = models.Constraint("UNIQUE(case_id, move_line_id)", "Each item is in a case once.")
    _out_uniq = models.UniqueIndex("(move_line_id) WHERE is_out", "This item is with an agency already.")

    @api.depends("move_line_id")
    def _compute_item(self):
        for line in self:
            item = line.move_line_id
            # What was handed over stays, though the item be gone.
            line.item_name = item.move_id.name or item.name if item else line.item_name
            line.amount = item.amount_residual_currency if item else line.amount

    @api.depends("case_id.state", "move_line_id.amount_residual_currency")
    def _compute_paid(self):
        paid = self.filtered(lambda line: line.case_id.handed_over_on)._payments()
        for line in self:
            line.paid = max(paid.get(line._origin.id, 0.0) - line.paid_that_day, 0.0)

    def _payments(self):
        """What was paid on these items from the day of the hand-over to the end of the case, in one statement.

        Credit notes, write-offs and exchange differences are no payments, and neither is what was let go with one
        (discounts, fees and losses booked in its entry, as on a statement of account).

        :return: ``{line id: amount in the item's currency}``
        """
        if not self.ids:
            return {}
        self.flush_model()
        self.case_id.flush_model(["handed_over_on", "ended_on"])
        self.env["account.move.line"]._ar_flush()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id, SUM(part.debit_amount_currency * (1 - COALESCE(booked.let_go / booked.settled, 0)))
                  FROM ar_agency_case_line line
                  JOIN ar_agency_case agency_case ON agency_case.id = line.case_id
                  JOIN account_partial_reconcile part ON part.debit_move_id = line.move_line_id
                  JOIN account_move_line settling_line ON settling_line.id = part.credit_move_id
                  JOIN account_move settling ON settling.id = settling_line.move_id
             LEFT JOIN account_payment payment ON payment.id = settling.origin_payment_id
         LEFT JOIN LATERAL (
                   SELECT LEAST(GREATEST(SUM(other.amount_currency) FILTER (
                              WHERE account.account_type LIKE 'income%%' OR account.account_type LIKE 'expense%%'
                                    OR other.tax_line_id IS NOT NULL
                          ), 0), settled.amount) AS let_go,
                          settled.amount AS settled
                     FROM (
                           SELECT -SUM(credit.amount_currency) AS amount
                             FROM account_move_line credit
                            WHERE credit.move_id = settling.id
                              AND credit.account_id = settling_line.account_id
                              AND credit.currency_id = settling_line.currency_id
                          ) AS settled
                     JOIN account_move_line other ON other.move_id = settling.id
                     JOIN account_account account ON account.id = other.account_id
                    WHERE other.currency_id = settling_line.currency_id AND settled.amount > 0
                 GROUP BY settled.amount
                   ) AS booked ON settling.move_type = 'entry'
                 WHERE line.id = ANY(%(ids)s)
                   AND %(settled_on)s >= agency_case.handed_over_on
                   AND (agency_case.ended_on IS NULL OR %(settled_on)s <= agency_case.ended_on)
                   AND settling.move_type NOT IN ('out_refund', 'out_invoice')
                   AND settling_line.ar_write_off_line_id IS NULL
                   AND NOT EXISTS (
                       SELECT FROM account_partial_reconcile exchange WHERE exchange.exchange_move_id = settling.id
                   )
              GROUP BY line.id
                """,
                settled_on=self.env["account.move.line"]._ar_sql_settled_on(),
                ids=self.ids,
            )
        )
        currencies = {line.id: line.currency_id for line in self}
        return {line_id: currencies[line_id].round(float(amount)) for line_id, amount in rows}

    def _freeze(self):
        """Keep what is open now as what is handed over."""
        self._compute_item()
        self.is_out = True
        paid = self._payments()
        for line in self:
            line.paid_that_day = paid.get(line.id, 0.0)

    @api.constrains("move_line_id")
    def _check_item(self):
        """One customer, company and currency; what is open on the receivables account."""
        for line in self.filtered("move_line_id"):
            if problem := line._problem():
                raise ValidationError(problem)

    def _problem(self):
        """What is in the way of handing this item over, in a sentence; nothing if it can be."""
        self.ensure_one()
        case, item = self.case_id, self.move_line_id
        name = self.item_name or ""
        if not item or item.parent_state != "posted" or item.amount_residual_currency <= 0:
            return self.env._("%(item)s isn't open any more: take it out of the case.", item=name)
        account = item.account_id
        if account.account_type != "asset_receivable" or account.non_trade:
            return self.env._("%(item)s isn't something that a customer owes for goods or services.", item=name)
        if item.company_id.root_id != case.company_id.root_id:
            return self.env._("%(item)s belongs to %(company)s.", item=name, company=item.company_id.name)
        if item.partner_id.commercial_partner_id != case.partner_id.commercial_partner_id:
            return self.env._(
                "%(item)s is owed by %(customer)s: a case is of one customer.",
                item=name,
                customer=item.partner_id.display_name,
            )
        if item.currency_id != case.currency_id:
            return self.env._(
                "%(item)s is in %(currency)s: a case is in one currency.", item=name, currency=item.currency_id.name
            )
        return None

    @api.model_create_multi
    def create(self, vals_list):
        """Add items to drafts; what was paid is found, not entered."""
        if not self.env.su:
            vals_list = [
                {name: vals[name] for name in vals if name in ("case_id", "move_line_id")} for vals in vals_list
            ]
        lines = super(ArAgencyCaseLine, self.with_context(default_is_out=False, default_paid_that_day=0)).create(
            vals_list
        )
        lines._check_draft()
        return lines

    def write(self, vals):
        """Change items of drafts."""
        self._check_draft(vals)
        result = super().write(vals)
        if "case_id" in vals:
            self._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_from_drafts(self):
        self._check_draft()

    def _check_draft(self, vals=()):
        if self.env.su:
            return
        if set(vals) - {"case_id", "move_line_id"} or self.filtered(lambda line: line.case_id.state != "draft"):
            raise UserError(self.env._("What was handed over stays as it was: recall it, and make a new case."))
