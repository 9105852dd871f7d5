from fractions import Fraction

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date
from odoo.tools.misc import formatLang

from .ar_discount_policy import percent_text
from .ar_document_steps import CLERK, MANAGER

#: Lines reckoned and written at a time.
CHUNK = 1000


class ArInterestCharge(models.Model):
    """Interest and fixed sum for days on which an instalment was late.

    Written by the methods here only.  A charge that is shown is replaced by the next computation; one that was
    billed or waived has used up its days.
    """

    _name = "ar.interest.charge"
    _inherit = ["ar.document.steps"]
    _description = "Late Interest"
    _order = "date_until desc, id desc"
    _rec_name = "move_id"

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, index=True, ondelete="cascade"
    )
    move_line_id = fields.Many2one(
        "account.move.line", string="Instalment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    policy_id = fields.Many2one("ar.interest.policy", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date_due = fields.Date(string="Due Date", required=True, readonly=True)
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_until = fields.Date(string="Until", required=True, readonly=True)
    days = fields.Integer(readonly=True, aggregator="max")
    principal = fields.Monetary(string="Late Amount", readonly=True, help="On the first of these days.")
    interest = fields.Monetary(readonly=True)
    fixed_sum = fields.Monetary(readonly=True, help="Once for each late payment.")
    total = fields.Monetary(readonly=True)
    periods = fields.Json(
        readonly=True,
        help="Days with the same principal and rate; their interest is an exact fraction. They sum to the interest.",
    )
    reason_codes = fields.Json(readonly=True)
    periods_table = fields.Html(string="Calculation", compute="_compute_periods_table")
    state = fields.Selection(
        [("shown", "Shown"), ("billed", "Billed"), ("waived", "Waived")],
        required=True,
        readonly=True,
        default="shown",
        index=True,
    )
    debit_note_id = fields.Many2one("account.move", readonly=True, index="btree_not_null", ondelete="set null")
    waiver_reason = fields.Text(readonly=True)
    waived_by_id = fields.Many2one("res.users", string="Waived by", readonly=True)
    waived_on = fields.Date(readonly=True)

    _days_once = models.UniqueIndex("(move_line_id, date_from)", "These days are charged already.")
    _dates_in_order = models.Constraint("CHECK(date_from <= date_until)", "A charge ends after it begins.")
    _not_negative = models.Constraint(
        "CHECK(interest >= 0 AND fixed_sum >= 0)", "Interest and fixed sums can't be negative."
    )
    _waived_with_reason = models.Constraint(
        "CHECK((state = 'waived') = (waiver_reason IS NOT NULL AND waived_on IS NOT NULL))",
        "A waiver has a reason.",
    )

    @api.depends("periods", "currency_id", "fixed_sum")
    @api.depends_context("lang")
    def _compute_periods_table(self):
        for charge in self:
            charge.periods_table = self.env["ir.qweb"]._render(
                "ar_enhanced.interest_periods", {"charge": charge, "rows": charge._period_rows()}
            )

    def _period_rows(self):
        """Texts of the days with the same principal and rate, a dict each."""
        self.ensure_one()
        return [
            {
                "first": format_date(self.env, period["from"]),
                "last": format_date(self.env, period["until"]),
                "days": period["days"],
                "principal": self._money(Fraction(period["principal"])),
                "percent": percent_text(self.env, float(period["percent"])),
                "interest": self._money(Fraction(period["interest"])),
            }
            for period in self.periods or ()
        ]

    def _money(self, amount):
        return formatLang(self.env, float(amount), currency_obj=self.currency_id)

    # ---- computing

    @api.model
    def action_compute(self, until, partners=None):
        """Show what is due up to ``until`` in the user's company, of all customers or of ``partners``.

        :return: texts that say why some can't be computed
        """
        self._check_group(CLERK)
        until = fields.Date.to_date(until)
        if not until or until > fields.Date.context_today(self):
            raise UserError(self.env._("Late interest is due day by day: choose today or a day before."))
        return self._show(self.env.company.root_id, until, partners)

    @api.model
    def _show(self, company, until, partners=None, moves=None):
        """Replace what is shown of ``company`` by what is due up to ``until``; tell what can't be computed."""
        self._lock_company(company)
        # The right to compute was checked; who has it reads no entries and changes no charges by hand.
        charges = self.sudo()
        condition, domain = SQL("TRUE"), [("state", "=", "shown"), ("company_id", "=", company.id)]
        if partners is not None:
            condition = SQL("customer.commercial_partner_id = ANY(%s)", partners.commercial_partner_id.ids)
            domain.append(("partner_id", "in", partners.commercial_partner_id.ids))
        if moves is not None:
            condition = SQL("%s AND line.move_id = ANY(%s)", condition, moves.ids)
            domain.append(("move_id", "in", moves.ids))
        shown = charges.search(domain)
        given_back = shown._given_back()
        (shown - given_back).unlink()
        given_back._show_own_days()
        lines = self.env["account.move.line"].sudo()
        late = lines._ar_late_lines(company, until, condition)
        problems = {}
        ids = list(late)
        for start in range(0, len(ids), CHUNK):
            part = {line_id: late[line_id] for line_id in ids[start : start + CHUNK]}
            reckoned = lines._ar_reckon_interest(company, part)
            charges.create([self._vals(company, found) for found in reckoned.values() if found.is_charged])
            for found in reckoned.values():
                if found.problem:
                    problems[found.problem] = problems.get(found.problem, 0) + 1
        return [
            self.env._("%(problem)s (invoices: %(count)s)", problem=problem, count=count)
            for problem, count in problems.items()
        ]

    def _given_back(self):
        """Those of these shown charges whose days are before others that were charged: they aren't counted again."""
        charged = dict(
            self._read_group(
                [("state", "!=", "shown"), ("move_line_id", "in", self.move_line_id.ids)],
                ["move_line_id"],
                ["date_until:max"],
            )
        )
        return self.filtered(
            lambda charge: charge.move_line_id in charged and charged[charge.move_line_id] >= charge.date_from
        )

    def _show_own_days(self):
        """Replace these shown charges by what their own days bear now; what can't be computed stays as it was."""
        reckoned = {
            charge: found for charge, found in self._reckon_own_days().items() if not found or not found.problem
        }
        vals_list = [
            self._vals(charge.company_id, found) for charge, found in reckoned.items() if found and found.is_charged
        ]
        self.browse(charge.id for charge in reckoned).unlink()
        self.create(vals_list)

    def _reckon_own_days(self):
        """What the days of each of these charges bear now: ``{charge: Reckoned, or None where they bear nothing}``."""
        reckoned = {}
        lines = self.env["account.move.line"].sudo()
        for (company, until), charges in self.grouped(lambda charge: (charge.company_id, charge.date_until)).items():
            late = lines._ar_late_lines(company, until, SQL("line.id = ANY(%s)", charges.move_line_id.ids))
            own_days = {
                charge.move_line_id.id: late[charge.move_line_id.id]._replace(
                    since=charge.date_from, fixed_sum_charged=not charge.fixed_sum
                )
                for charge in charges
                if charge.move_line_id.id in late
            }
            found = lines._ar_reckon_interest(company, own_days)
            reckoned |= {charge: found.get(charge.move_line_id.id) for charge in charges}
        return reckoned

    @api.model
    def _cron_show(self):
        """Show late interest up to today, of each company in a transaction of its own."""
        cron = self.env["ir.cron"]
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        cron._commit_progress(remaining=len(companies))
        for company in companies:
            self._show(company, fields.Date.context_today(self))
            if not cron._commit_progress(1):
                break

    @api.model
    def _lock_company(self, company):
        """Let one computation of a company run at a time."""
        ((locked,),) = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", self._name, company.id)
        )
        if not locked:
            raise UserError(self.env._("Late interest is being computed right now. Try again in a minute."))

    @api.model
    def _vals(self, company, reckoned):
        """Values of the charge of what a line bears."""
        line, found = reckoned.line, reckoned.found
        periods = found.periods
        return {
            "move_id": line.move_id,
            "move_line_id": line.line_id,
            "partner_id": line.customer_id,
            "company_id": company.id,
            "policy_id": reckoned.policy.id,
            "currency_id": line.currency_id,
            "date_due": line.due,
            "date_from": line.since,
            "date_until": line.until,
            "days": (line.until - line.since).days + 1,
            "principal": float(sum(period.principal for period in periods if period.first == periods[0].first)),
            "interest": float(found.interest),
            "fixed_sum": float(reckoned.fixed_sum),
            "total": float(reckoned.total),
            "periods": [
                {
                    "from": fields.Date.to_string(period.first),
                    "until": fields.Date.to_string(period.last),
                    "days": period.days,
                    "principal": str(period.principal),
                    "percent": str(period.percent),
                    "interest": str(period.interest),
                }
                for period in periods
            ],
            "reason_codes": list(found.reason_codes),
        }

    # ---- deciding

    def action_bill(self):
        """Make a draft debit note for each invoice, through Odoo's own wizard, of what is shown."""
        self._check_group(CLERK)
        self._check_group("account.group_account_invoice")
        # The rights to bill were checked; nobody changes charges by hand.
        charges = self.sudo().try_lock_for_update().filtered(lambda charge: charge.state == "shown")
        if not charges:
            raise UserError(self.env._("Choose late interest that is shown and was neither billed nor waived."))
        charges._check_up_to_date()
        by_invoice = charges.grouped(lambda charge: charge.move_id.id)
        invoices = self.env["account.move"].browse(by_invoice)
        notes = invoices._ar_debit_notes(self.env._("Late interest"))
        vals_list = []
        for note in notes:
            of_invoice = by_invoice[note.debit_origin_id.id]
            for charge in of_invoice.sorted(lambda charge: (charge.date_due, charge.date_from)):
                vals_list += charge._line_vals(note)
            of_invoice.write({"state": "billed", "debit_note_id": note.id})
        self.env["account.move.line"].create(vals_list)
        return {
            "name": self.env._("Debit Notes"),
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "views": [[False, "list"], [False, "form"]] if len(notes) > 1 else [[False, "form"]],
            "res_id": notes.id if len(notes) == 1 else False,
            "domain": [("id", "in", notes.ids)],
            "context": {"default_move_type": "out_invoice"},
        }

    def action_waive(self):
        """Ask for the reason of a waiver."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_interest_waive"),
            "context": {"default_charge_ids": self.ids},
        }

    def _waive(self, reason):
        """Waive what is shown of these charges."""
        self._check_group(MANAGER)
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why it is waived."))
        # The right to waive was checked; nobody changes charges by hand.
        charges = self.sudo().try_lock_for_update().filtered(lambda charge: charge.state == "shown")
        if charges != self.sudo():
            raise UserError(self.env._("Only late interest that is shown can be waived."))
        charges.write(
            {
                "state": "waived",
                "waiver_reason": reason,
                "waived_by_id": self.env.uid,
                "waived_on": fields.Date.context_today(self),
            }
        )

    def action_show_again(self):
        """Take waivers back; the days are open again."""
        self._check_group(MANAGER)
        # The right to waive was checked; nobody changes charges by hand.
        self.sudo().filtered(lambda charge: charge.state == "waived")._show_again()

    def _show_again(self):
        self.write(
            {
                "state": "shown",
                "debit_note_id": False,
                "waiver_reason": False,
                "waived_by_id": False,
                "waived_on": False,
            }
        )

    def _check_up_to_date(self):
        """Refuse to bill figures that a payment, a dispute or a rate has changed since they were shown."""
        stale = self.browse()
        for charge, found in self._reckon_own_days().items():
            if not found or not found.is_charged or not charge._agrees_with(self._vals(charge.company_id, found)):
                stale += charge
        if stale:
            raise UserError(
                self.env._(
                    "Something has changed since this late interest was computed, such as a payment. Compute it "
                    "again and look at: %(invoices)s",
                    invoices=", ".join(sorted(stale.move_id.mapped("display_name"))),
                )
            )

    def _agrees_with(self, vals):
        self.ensure_one()
        names = ("date_from", "date_until", "periods", "policy_id")
        own = {**{name: self[name] for name in names}, "policy_id": self.policy_id.id}
        return all(own[name] == vals[name] for name in names) and not self.currency_id.compare_amounts(
            self.total, vals["total"]
        )

    def _line_vals(self, note):
        """Values of the lines of a debit note that bill this charge: interest, and the fixed sum if there is one."""
        self.ensure_one()
        # The settings of the company are no secret to who bills for it.
        company = self.company_id.sudo()
        charge = self.with_context(lang=note.partner_id.lang or self.env.lang)
        vals_list = []
        if charge.interest:
            vals_list.append(
                {
                    "name": charge._interest_text(),
                    "price_unit": charge.interest,
                    **self._booking(company.ar_interest_product_id, company.ar_interest_account_id),
                }
            )
        if charge.fixed_sum:
            name = charge.env._(
                "Fixed sum for late payment of %(invoice)s, due %(day)s",
                invoice=charge.move_id.name,
                day=format_date(charge.env, charge.date_due),
            )
            vals_list.append(
                {
                    "name": name,
                    "price_unit": charge.fixed_sum,
                    **self._booking(company.ar_fixed_sum_product_id, company.ar_fixed_sum_account_id),
                }
            )
        # Damages for delay are no price of a supply, so they bear no tax.
        return [{**vals, "move_id": note.id, "quantity": 1.0, "tax_ids": [Command.clear()]} for vals in vals_list]

    def _booking(self, product, account):
        """Product and account of a line; without a choice in the settings it would be booked as sales."""
        if not account and not product:
            raise UserError(
                self.env._(
                    "Choose an account or a product for late interest and for fixed sums in the settings of Invoicing, "
                    "under Late Interest."
                )
            )
        booking = {"product_id": product.id} if product else {}
        return {**booking, "account_id": account.id} if account else booking

    def _interest_text(self):
        """What was charged, for the customer: the invoice, and a line for each period."""
        self.ensure_one()
        lines = [
            self.env._(
                "Late interest on %(invoice)s, due %(day)s",
                invoice=self.move_id.name,
                day=format_date(self.env, self.date_due),
            )
        ]
        lines += [
            self.env._("%(first)s to %(last)s: %(days)s days, %(percent)s %% a year on %(principal)s", **row)
            for row in self._period_rows()
        ]
        return "\n".join(lines)
