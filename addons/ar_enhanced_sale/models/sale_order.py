from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

WAITING = ("draft", "sent")
#: What Odoo writes when it confirms.
CONFIRMING = {"state", "date_order"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ar_hold_ids = fields.One2many(
        "ar.credit.hold", "order_id", string="Credit Holds", groups="ar_enhanced.group_ar_user"
    )
    # Customers read their own orders: a hold is for staff alone.
    ar_credit_hold = fields.Boolean(
        string="On Credit Hold", compute="_compute_ar_credit_hold", compute_sudo=True, groups="base.group_user"
    )
    ar_credit_hold_alert = fields.Json(
        string="Credit Hold", compute="_compute_ar_credit_hold_alert", groups="base.group_user"
    )

    @api.depends("ar_hold_ids.state", "state")
    def _compute_ar_credit_hold(self):
        for order in self:
            order.ar_credit_hold = order.state in WAITING and "active" in order.ar_hold_ids.mapped("state")

    @api.depends("state", "ar_credit_hold")
    @api.depends_context("lang", "uid")
    def _compute_ar_credit_hold_alert(self):
        for order in self:
            alert = order.state in WAITING and self.env["ar.credit.hold"]._alert_of(order)
            order.ar_credit_hold_alert = {"ar_credit_hold": alert} if alert else False

    @api.model_create_multi
    def create(self, vals_list):
        """Create orders; one that comes in confirmed is checked like one that is confirmed later."""
        orders = super().create(vals_list)
        orders.filtered(lambda order: order.state == "sale")._ar_check_credit(is_counted=True)
        return orders

    def write(self, vals):
        """Change orders; whoever confirms them, and by which way, their customers' credit is checked here."""
        if vals.get("state") != "sale":
            return super().write(vals)
        confirming = self.filtered(lambda order: order.state != "sale")
        # What changes in the same breath counts as well.
        if changes := {name: value for name, value in vals.items() if name not in CONFIRMING}:
            super().write(changes)
        confirming._ar_check_credit()
        return super().write({name: value for name, value in vals.items() if name in CONFIRMING})

    def action_confirm(self):
        """Confirm orders; what an online payment confirms, also one that comes later, must not fail for a hold.

        Payments are processed with all rights: on delivery and on site while they are pending.
        """
        paying = (
            self.filtered(lambda order: order.state in WAITING and order.transaction_ids) if self.env.su else self[:0]
        )
        waiting = paying._ar_keep_waiting()
        return super(SaleOrder, self - waiting).action_confirm() if self != waiting or not self else True

    def _validate_order(self):
        """Confirm what a customer accepted; what must wait keeps its acceptance, and a person decides."""
        confirmed = self - self._ar_keep_waiting()
        return super(SaleOrder, confirmed)._validate_order() if confirmed else None

    def _ar_check_credit(self, is_counted=False):
        """Raise an error if one of these orders must wait.

        :param is_counted: whether they are confirmed already, so that the exposure has them
        """
        for company, orders in self._ar_on_credit().grouped(lambda order: order.company_id.sudo().root_id).items():
            orders._ar_check_rates(company)
            added = orders._ar_hold_amounts(company)
            if is_counted:
                added = dict.fromkeys(added, Decimal())
            orders._ar_hold_customers()._ar_check_credit(company, added, orders)

    def _ar_check_rates(self, company):
        """Refuse what nobody can compare with the limit."""
        if unrated := self._ar_unrated(company):
            raise UserError(
                self.env._(
                    "%(orders)s: there is no exchange rate for %(currencies)s, so the amount can't be compared with the"
                    " credit limit. Enter the rate first. Nothing was changed.",
                    orders=", ".join(order._ar_hold_title() for order in unrated),
                    currencies=", ".join(unrated.currency_id.mapped("name")),
                )
            )

    def _ar_unrated(self, company):
        """Those of these orders that a rule compares with the limit and nobody can convert: Odoo would, one to one."""
        convert = company._ar_day_converter(self.currency_id.ids, fields.Date.context_today(self))
        unrated = self.filtered(lambda order: convert(Decimal(1), order.currency_id.id) is None)
        is_compared = unrated and self.env["ar.credit.hold.rule"]._active_rules(company, "order")._depends_on_amounts()
        return unrated if is_compared else self.browse()

    def _ar_is_waiting(self):
        """Whether this order, accepted by its customer or not, waits for the staff."""
        self.ensure_one()
        if self.ar_credit_hold or self.state not in WAITING:
            return self.ar_credit_hold
        # Rules and rates are not for customers.
        order = self.sudo()
        return bool(order._ar_on_credit()._ar_unrated(order.company_id.root_id))

    def _ar_keep_waiting(self):
        """Note which of these orders must wait though their customers accepted them, and tell the staff.

        :return: the orders that must wait
        """
        waiting = self.browse()
        holds = self.env["ar.credit.hold"]
        for company, of_company in self._ar_on_credit().grouped(lambda order: order.company_id.sudo().root_id).items():
            unrated = of_company._ar_unrated(company)
            unrated._ar_remind_salespeople(
                lambda env: env._("Accepted by the customer, no exchange rate"),
                lambda env: env._("Enter the exchange rate, then confirm the order."),
            )
            waiting |= unrated
            orders = of_company - unrated
            if not orders:
                continue
            customers, added = orders._ar_hold_customers(), orders._ar_hold_amounts(company)
            entries, lapses = customers._ar_refusals(company, added, orders)
            opened = holds._record(entries, lapses, self.env.uid)
            opened._remind(lambda env: env._("Accepted by the customer, on credit hold"))
            held = orders.browse([entry["res_id"] for entry in entries])
            held._ar_remind_salespeople(
                lambda env: env._("Accepted by the customer, on credit hold"),
                lambda env: env._("Confirm the order when the credit department has released it."),
            )
            waiting |= held
        return waiting

    def _ar_remind_salespeople(self, summary, note):
        """Tell those who sell that an accepted order waits, each in their own language.

        :param summary: gives what has happened, from an environment
        :param note: gives what to do
        """
        for order in self.sudo():
            person = order.user_id or order.create_uid
            if person not in order.activity_ids.user_id:
                told = order.with_context(lang=person.lang or self.env.lang)
                told.activity_schedule(
                    "mail.mail_activity_data_todo", user_id=person.id, summary=summary(told.env), note=note(told.env)
                )

    def _ar_on_credit(self):
        """Orders that ask for credit: what was paid in advance does not."""
        # Payments are not for those who sell; their sum decides what is still on credit.
        paid = self.sudo().filtered(
            lambda order: order.currency_id.compare_amounts(order.amount_paid, order.amount_total) >= 0
        )
        return self - paid.sudo(False)

    def _ar_hold_kind(self):
        """The kind of document that rules of credit holds know these as."""
        return "order"

    def _ar_hold_customers(self):
        # Those who sell need not be able to read whom the invoice goes to.
        return self.sudo().partner_invoice_id.commercial_partner_id.sudo(False)

    def _ar_hold_customer(self):
        """Who will owe this order."""
        return self.sudo().partner_invoice_id.commercial_partner_id.sudo(False)

    def _ar_hold_amounts(self, company):
        """What each of these would add to its customer's exposure: ``{id: Decimal}`` in the company's currency.

        What was paid online adds nothing, unless the ledger shows it as a credit of the customer already.
        """
        day = fields.Date.context_today(self)
        amounts = {}
        # As above.
        for order in self.sudo():
            on_credit = order.amount_total - float(order.transaction_ids._ar_paid_beside_ledger())
            converted = order.currency_id._convert(on_credit, company.currency_id, company, day)
            amounts[order.id] = Decimal(str(converted))
        return amounts

    def _ar_hold_is_waiting(self):
        """Whether this order can still be let through or refused."""
        return self.state in WAITING

    def _ar_hold_title(self):
        """What people call this order."""
        return self.name or self.env._("New order")
