import secrets
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, format_date

from ..engine import confirmation

#: So many letters are sent while the user waits; more of them in the background.
MOST_AT_ONCE = 20
#: What decides whose balance is confirmed: another choice needs another selection.
CHOICE = {"date", "company_id", "selection", "minimum", "size", "seed", "partner_ids"}
#: What may change once letters were sent.
STILL_OPEN = {"note", "user_id"}
CLERK, MANAGER = "ar_enhanced.group_ar_clerk", "ar_enhanced.group_ar_manager"


class ArConfirmationRound(models.Model):
    """Balances at the end of a day that customers are asked to confirm.

    ``company_id`` is the root company: the company with its branches is one creditor.
    """

    _name = "ar.confirmation.round"
    _description = "Balance Confirmation Round"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"

    name = fields.Char(required=True, compute="_compute_name", store=True, precompute=True, readonly=False)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain="[('parent_id', '=', False)]",
        ondelete="restrict",
        index=True,
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Balance on",
        required=True,
        tracking=True,
        default=lambda self: fields.Date.subtract(
            fields.Date.start_of(fields.Date.context_today(self), "month"), days=1
        ),
    )
    form = fields.Selection(
        [("positive", "Positive: answer in every case"), ("negative", "Negative: answer only if it differs")],
        required=True,
        default="positive",
        tracking=True,
        help="Without an answer, a balance asked for in the positive form stays unanswered: that is no agreement.",
    )
    answer_by = fields.Date(
        required=True,
        tracking=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=21),
    )
    remind_on = fields.Date(
        string="Reminder on",
        compute="_compute_remind_on",
        store=True,
        precompute=True,
        readonly=False,
        help="Who has not answered by then is reminded, once. Empty: nobody is.",
    )
    user_id = fields.Many2one(
        "res.users", string="Responsible", default=lambda self: self.env.user, tracking=True, ondelete="restrict"
    )
    state = fields.Selection(
        [("draft", "In preparation"), ("sent", "Sent"), ("closed", "Closed")],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        tracking=True,
        copy=False,
    )
    sent_on = fields.Datetime(readonly=True, copy=False)
    sent_by_id = fields.Many2one("res.users", string="Sent by", readonly=True, copy=False, ondelete="restrict")
    closed_on = fields.Datetime(readonly=True, copy=False)
    note = fields.Text(string="Note for the Auditor")

    selection = fields.Selection(
        [
            ("all", "Everybody with open items"),
            ("amount", "Balances from an amount"),
            ("largest", "The largest balances"),
            ("sample", "A random sample"),
            ("chosen", "Chosen by hand"),
        ],
        string="Customers",
        required=True,
        default="all",
    )
    minimum = fields.Monetary(string="From", currency_field="company_currency_id")
    size = fields.Integer(string="Number of Customers", default=25)
    seed = fields.Char(
        default=lambda self: secrets.token_hex(8),
        copy=False,
        help="With this seed, an auditor draws the same sample again: customers are taken in the order of the SHA-256 "
        "of the seed, a colon and their database number.",
    )
    partner_ids = fields.Many2many("res.partner", string="Chosen Customers", domain="[('parent_id', '=', False)]")
    population_count = fields.Integer(
        string="Customers with Open Items", readonly=True, copy=False, help="When the selection was made."
    )
    population_amount = fields.Monetary(
        string="Their Balance", currency_field="company_currency_id", readonly=True, copy=False
    )
    confirmation_ids = fields.One2many("ar.balance.confirmation", "round_id", string="Confirmations", readonly=True)

    _size_positive = models.Constraint("CHECK(size > 0)", "At least one customer is chosen.")
    _minimum_positive = models.Constraint("CHECK(minimum >= 0)", "The amount can't be negative.")
    _answer_after = models.Constraint(
        "CHECK(answer_by > date)", "Customers answer after the day on which their balance is stated."
    )

    @api.depends("date")
    def _compute_name(self):
        for each in self:
            if not each.name and each.date:
                each.name = self.env._("Balances on %(day)s", day=format_date(self.env, each.date))

    @api.depends("answer_by", "form")
    def _compute_remind_on(self):
        for each in self:
            asked_again = each.form == "positive" and each.answer_by
            each.remind_on = fields.Date.subtract(each.answer_by, days=7) if asked_again else False

    @api.constrains("company_id")
    def _check_company(self):
        if any(each.company_id.parent_id for each in self):
            raise ValidationError(
                self.env._("Balances are confirmed to the main company: its branches are one with it.")
            )

    @api.constrains("remind_on", "answer_by")
    def _check_reminder(self):
        if any(each.remind_on and each.remind_on > each.answer_by for each in self):
            raise ValidationError(self.env._("The reminder is sent before the answer is due."))

    @api.model_create_multi
    def create(self, vals_list):
        """Prepare rounds; sending and closing them has its own actions."""
        if not self.env.su:
            fixed = {"state": "draft", "sent_on": False, "sent_by_id": False, "closed_on": False}
            fixed |= {"population_count": 0, "population_amount": 0.0}
            vals_list = [{**vals, **fixed} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """Change rounds in preparation; another choice of customers drops the selection that was made."""
        if not self.env.su:
            if {"state", "sent_on", "sent_by_id", "closed_on", "population_count", "population_amount"} & set(vals):
                raise AccessError(self.env._("A round is sent and closed by its buttons."))
            changed = set(vals) - STILL_OPEN
            if any(name in self._fields and not name.startswith(("message_", "activity_")) for name in changed) and any(
                each.state != "draft" for each in self
            ):
                raise UserError(self.env._("Letters of this round were sent: only the note can still be changed."))
        result = super().write(vals)
        if CHOICE & set(vals):
            # The selection follows from what was just written with the user's own rights.
            self.sudo().confirmation_ids.filtered(lambda each: each.state == "to_send").unlink()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_in_preparation(self):
        if any(each.state != "draft" for each in self):
            raise UserError(self.env._("A round that was sent is kept for the auditor."))
        # Nobody deletes confirmations by hand; the right to delete the round was checked.
        self.sudo().confirmation_ids.unlink()

    # -- whose balance is confirmed ---------------------------------------------------------------

    def action_select(self):
        """Choose the customers by the ledger as it is now; what was chosen before is dropped."""
        self.ensure_one()
        self._check_may(CLERK)
        if self.state != "draft":
            raise UserError(self.env._("Letters of this round were sent: its customers can't be changed any more."))
        if self.date > fields.Date.context_today(self):
            raise UserError(self.env._("The balance of a day is confirmed once that day is over."))
        balances = self._balances()
        totals = defaultdict(float)
        for (customer_id, _currency_id), (_balance, balance_company) in balances.items():
            totals[customer_id] += balance_company
        chosen = self._chosen(totals)
        # Nobody writes confirmations by hand; the right to prepare the round was checked.
        in_charge = self.sudo()
        in_charge.confirmation_ids.unlink()
        in_charge._list({key: both for key, both in self._with_zero(balances, chosen).items() if key[0] in chosen})
        in_charge.write(
            {
                "population_count": len(totals),
                "population_amount": self.company_currency_id.round(sum(totals.values())),
            }
        )
        if not chosen:
            return self._told(self.env._("No customer has a balance like that on this day."), "warning")
        return True

    def _list(self, balances):
        """Put confirmations that are to be sent into the round, in one statement: there may be very many.

        :param balances: as ``_balances`` gives them
        """
        self.env["ar.balance.confirmation"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ar_balance_confirmation (
                            round_id, company_id, date, state, link_version, partner_id, currency_id, balance,
                            balance_company, create_uid, write_uid, create_date, write_date
                       )
                SELECT %(round)s, %(company)s, %(date)s, 'to_send', 0, customer_id, currency_id, balance,
                       balance_company, %(user)s, %(user)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM unnest(
                            %(customers)s::int[], %(currencies)s::int[], %(balances)s::numeric[],
                            %(in_company)s::numeric[]
                       ) AS chosen (customer_id, currency_id, balance, balance_company)
                """,
                round=self.id,
                company=self.company_id.id,
                date=self.date,
                user=self.env.uid,
                customers=[customer_id for customer_id, _currency_id in balances],
                currencies=[currency_id for _customer_id, currency_id in balances],
                balances=[balance for balance, _balance_company in balances.values()],
                in_company=[balance_company for _balance, balance_company in balances.values()],
            )
        )
        self.invalidate_recordset()

    def _balances(self, customers=None):
        """Balances on the day of the round, in one statement.

        :param customers: only of these commercial entities
        :return: ``{(customer id, currency id): (balance, the same in the company's currency)}``
        """
        self.ensure_one()
        # All that is owed to the creditor: a round is about the whole of it, whichever branches its user works in.
        lines = self.env["account.move.line"].sudo()
        lines._ar_flush()
        condition = SQL("account_move_line.company_id = ANY(%s)", lines._ar_branches(self.company_id).ids)
        condition = SQL("%s AND customer.commercial_partner_id IS NOT NULL", condition)
        if customers is not None:
            condition = SQL("%s AND customer.commercial_partner_id = ANY(%s)", condition, customers.ids)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer_id, currency_id, SUM(residual_currency), SUM(residual)
                  FROM (%s) AS open_item
              GROUP BY customer_id, currency_id
                """,
                lines._ar_sql_open_items(self.date, condition, few=customers is not None),
            )
        )
        return {
            (customer_id, currency_id): (float(balance), float(balance_company))
            for customer_id, currency_id, balance, balance_company in rows
        }

    def _chosen(self, totals):
        """Ids of the customers to ask.

        :param totals: ``{customer id: balance in the company's currency}`` of all that have open items
        """
        if self.selection == "chosen":
            return set(self.partner_ids.commercial_partner_id.ids)
        if self.selection == "amount":
            compare = self.company_currency_id.compare_amounts
            return {customer for customer, total in totals.items() if compare(abs(total), self.minimum) >= 0}
        if self.selection == "largest":
            return set(sorted(totals, key=lambda customer: (-abs(totals[customer]), customer))[: self.size])
        if self.selection == "sample":
            return set(confirmation.sample(totals, self.size, self.seed or ""))
        return set(totals)

    def _with_zero(self, balances, chosen):
        """The balances, with a zero for customers chosen by hand who have nothing open."""
        known = {customer_id for customer_id, _currency_id in balances}
        return {
            **balances,
            **{(customer_id, self.company_currency_id.id): (0.0, 0.0) for customer_id in chosen - known},
        }

    # -- on the way -------------------------------------------------------------------------------

    def action_send(self):
        """Send the letters: a few at once, a larger round in the background."""
        self.ensure_one()
        self._check_may(MANAGER)
        if self.state != "draft":
            raise UserError(self.env._("This round was sent already."))
        if not self.confirmation_ids:
            raise UserError(self.env._("Choose the customers first."))
        if self.answer_by <= fields.Date.context_today(self):
            raise UserError(self.env._("Give the customers time: the day to answer by is over."))
        # The state is closed to everything but the actions here, whose rights were checked.
        self.sudo().write({"state": "sent", "sent_on": fields.Datetime.now(), "sent_by_id": self.env.uid})
        self._send_or_queue()
        return True

    def action_send_again(self):
        """Try those again who got no letter, once their address was put right; earlier links of theirs end."""
        self.ensure_one()
        self._check_may(MANAGER)
        if self.state != "sent":
            raise UserError(self.env._("This round isn't open."))
        # Nobody writes confirmations by hand; the right to send was checked.
        failed = self.sudo().confirmation_ids.filtered(lambda each: each.state == "failed")
        failed.mail_id.unlink()
        for version, same in failed.grouped("link_version").items():
            same.write({"state": "to_send", "failure_code": False, "failure": False, "link_version": version + 1})
        self._send_or_queue()
        return True

    def action_close(self):
        """Close the round: nobody can answer any more, and who didn't answer is counted so."""
        self.ensure_one()
        self._check_may(MANAGER)
        if self.state != "sent":
            raise UserError(self.env._("Only a round that was sent can be closed."))
        if self.confirmation_ids.filtered(lambda each: each.state == "to_send"):
            raise UserError(self.env._("Letters are still being sent: close the round afterwards."))
        if self.form == "negative" and self.answer_by >= fields.Date.context_today(self):
            raise UserError(
                self.env._(
                    "Customers may object until %(day)s: silence counts only after that day.",
                    day=format_date(self.env, self.answer_by),
                )
            )
        # The state is closed to everything but the actions here, whose rights were checked.
        closing = self.sudo()
        closing.confirmation_ids._conclude()
        closing.write({"state": "closed", "closed_on": fields.Datetime.now()})
        return True

    def action_open_confirmations(self):
        """List the confirmations of this round."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_portal.action_ar_balance_confirmation"),
            "domain": [("round_id", "=", self.id)],
            "context": {"ar_of_round": True},
        }

    def _send_or_queue(self):
        waiting = self.sudo().confirmation_ids.filtered(lambda each: each.state == "to_send")
        if len(waiting) > MOST_AT_ONCE:
            self.env.ref("ar_portal.cron_confirmations").sudo()._trigger()
        else:
            waiting._send()

    def _check_may(self, group):
        """Refuse who isn't in ``group``, or may not read the round."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._("Sending and closing balance confirmations takes the rights of a credit manager.")
                if group == MANAGER
                else self.env._("Preparing balance confirmations takes the rights of a receivables clerk.")
            )

    def _told(self, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": kind, "next": {"type": "ir.actions.act_window_close"}},
        }
