from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, frozendict
from odoo.tools.misc import formatLang

from .ar_discount_policy import percent_text

DISCOUNTED_MOVE_TYPES = ("out_invoice", "out_receipt")


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    ar_discount_offer_ids = fields.One2many(
        "ar.discount.offer", "move_id", string="Early-Payment Discounts", groups="ar_enhanced.group_ar_user"
    )

    ar_discount_summary = fields.Html(
        string="Discount for Early Payment",
        compute="_compute_ar_discount_summary",
        compute_sudo=True,  # salespeople see what the customer was offered
        groups="base.group_user",  # customers aren't told of grace and yield
        help="What is to be paid by which day, for a mail or a page.",
    )

    @api.depends("state", "amount_residual", "line_ids.amount_residual")
    @api.depends_context("lang")
    def _compute_ar_discount_summary(self):
        for move in self:
            rows = move._ar_discount_rows()
            move.ar_discount_summary = rows and self.env["ir.qweb"]._render(
                "ar_enhanced.discount_summary", {"rows": rows, "internal": True}
            )

    def _post(self, soft=True):
        """Offer discounts on what is posted."""
        posted = super()._post(soft)
        posted._ar_make_discount_offers()
        return posted

    def write(self, vals):
        """Withdraw the discounts of what is no longer posted, and fix those of what was sent."""
        result = super().write(vals)
        if vals.get("state") in ("draft", "cancel"):
            self.sudo().ar_discount_offer_ids._ar_cancel()  # Invoicing users can't change offers themselves
        if vals.get("is_move_sent"):
            self.sudo().ar_discount_offer_ids._ar_freeze()
        return result

    def _ar_amount_due(self, date):
        """What settles the invoice on ``date``, in its currency, after discounts; a float, as on the invoice.

        Of a credit note or a bill, and of an invoice without discount, that is what is open; of what was cancelled,
        nothing, though Odoo shows it as open.
        """
        self.ensure_one()
        if self.state == "cancel":
            return 0.0
        discounts = self._ar_term_lines()._ar_discount_on(date)
        return self.currency_id.round(self.amount_residual - sum(discount for discount, _offer in discounts.values()))

    def _ar_term_lines(self):
        """Receivable lines of the invoices: the instalments, however many."""
        return self.line_ids.filtered(lambda line: line.display_type == "payment_term")

    def _ar_current_offers(self):
        """Discounts on offer that weren't withdrawn."""
        # Salespeople and customers see the amount, though not the records.
        return self.sudo().ar_discount_offer_ids.filtered(lambda offer: not offer.cancelled_on)

    def _ar_has_policy_discounts(self):
        """Tell whether a discount policy has to do with these invoices, beyond Odoo's own payment terms."""
        return bool(self._ar_current_offers().policy_id)

    def _is_eligible_for_early_payment_discount(self, currency, reference_date):
        """Let the offers of a policy decide where there are any; without a date, whether there ever was one."""
        self.ensure_one()
        if self.env.context.get("ar_without_early_discount"):
            return False
        if not self._ar_has_policy_discounts():
            return super()._is_eligible_for_early_payment_discount(currency, reference_date)
        discounts = self._ar_term_lines()._ar_discount_on(reference_date or self.invoice_date)
        return currency == self.currency_id and any(discount for discount, _offer in discounts.values())

    @api.model
    def _get_invoice_counterpart_amls_for_early_payment_discount(self, aml_values_list, open_balance):
        """Book a policy's discounts our way, whoever asks; the register wizard has booked them already."""
        if self.env.context.get("ar_without_early_discount"):
            return {}
        by_policy = [values for values in aml_values_list if values["aml"].move_id._ar_has_policy_discounts()]
        if not by_policy:
            return super()._get_invoice_counterpart_amls_for_early_payment_discount(aml_values_list, open_balance)
        day = fields.Date.context_today(self)
        booked = []
        for values in by_policy:
            line = values["aml"]
            booked += line._ar_discount_write_off_vals(line._ar_discount_on(day)[line.id][0], day)
        others = [values for values in aml_values_list if values not in by_policy]
        left = open_balance - sum(vals["balance"] for vals in booked)
        kinds = {"base_lines": [], "tax_lines": [], "term_lines": [], "exchange_lines": []}
        if others:
            kinds = super()._get_invoice_counterpart_amls_for_early_payment_discount(others, left)
        elif exchange := by_policy[0]["aml"]._ar_exchange_vals(left):
            kinds["exchange_lines"].append(exchange)
        # By kind as Odoo's own: its online payments book the first line of each.
        for vals in booked:
            kind = "tax_lines" if vals.get("tax_repartition_line_id") else "base_lines"
            kinds[kind] = [*kinds[kind], vals]
        return kinds

    def _get_invoice_counterpart_amls_for_early_payment_discount_per_payment_term_line(self):
        """Mark what Odoo books for a discount of payment terms with the offer that it takes up."""
        kinds = super()._get_invoice_counterpart_amls_for_early_payment_discount_per_payment_term_line()
        offer = self._ar_current_offers()[:1]
        if offer:
            for by_line in kinds.values():
                for lines in by_line.values():
                    for vals in lines.values():
                        vals["ar_discount_offer_id"] = offer.id
        return kinds

    def _get_invoice_next_payment_values(self, custom_amount=None):
        """Say until when a policy's discount can be had, and that the sum due is less it."""
        values = super()._get_invoice_next_payment_values(custom_amount)
        if not values or not self._ar_has_policy_discounts():
            return values
        today = fields.Date.context_today(self)
        values["amount_due"] = self._ar_amount_due(today)
        line = values.get("epd_line")
        if line:
            last_day = line._ar_last_discount_day(today)
            days_left = max((last_day - today).days, 0)
            discount = self.currency_id.format(values["epd_discount_amount_currency"])
            values.update(
                discount_date=fields.Date.to_string(last_day),
                epd_days_left=days_left,
                epd_discount_msg=self.env._(
                    "Discount of %(amount)s if paid by %(day)s", amount=discount, day=format_date(self.env, last_day)
                )
                if days_left
                else self.env._("Discount of %(amount)s if paid today", amount=discount),
            )
        return values

    def _ar_discount_rows(self):
        """What can be said of each discount on offer: a dict per instalment and tier, the first day first.

        Amounts are those that settle the instalment on the last day of the tier, after what was paid by now;
        of a sliding discount those of today.  Offers of what is settled are left out.
        """
        self.ensure_one()
        if self.state != "posted" or self.move_type not in DISCOUNTED_MOVE_TYPES:
            return []
        today = fields.Date.context_today(self)
        offers = self._ar_current_offers().filtered(
            lambda offer: offer.move_line_id and not offer.move_line_id.reconciled
        )
        lines = self._ar_term_lines().sorted("date_maturity")
        days = {offer: max(today, offer.first_day) if offer.annual_rate else offer.last_day for offer in offers}
        discounts = {day: offers.move_line_id._ar_discount_on(day) for day in set(days.values())}
        rows = []
        for offer in offers.sorted(lambda offer: (offer.date_due, offer.last_day)):
            line, day = offer.move_line_id, days[offer]
            discount = discounts[day][line.id][0]
            if discount:
                rows.append(
                    self._ar_discount_row(offer, day, line.amount_residual_currency - discount, discount, today)
                )
                rows[-1]["instalment"] = len(lines) > 1 and lines.ids.index(line.id) + 1
        return rows

    def _ar_discount_row(self, offer, day, due, discount, today):
        """Texts about one discount on offer."""
        simple = offer.simple_yield
        return {
            "day": format_date(self.env, day),
            "due": self.currency_id.format(due),
            "discount": self.currency_id.format(-discount),
            "percent": percent_text(self.env, offer.annual_rate or offer.percent),
            "yield": simple and formatLang(self.env, simple, digits=0),
            "sliding": bool(offer.annual_rate),
            "state": "open" if today <= offer.last_day else "grace" if today <= offer.grace_last_day else "over",
        }

    # ---- making offers

    def _ar_make_discount_offers(self):
        """Offer what the policies, or else the payment terms, grant on each instalment of these invoices."""
        invoices = self.filtered(lambda move: move.state == "posted" and move.move_type in DISCOUNTED_MOVE_TYPES)
        if not invoices:
            return
        policies = self.env["ar.discount.policy"]._ar_by_invoice(invoices)
        vals_list = []
        for invoice in invoices:
            policy = policies.get(invoice)
            if not policy and not invoice.invoice_payment_term_id.early_discount:
                continue
            for line in invoice._ar_term_lines():
                if line.amount_currency > 0 and not line.reconciled:
                    vals_list += line._ar_policy_offer_vals(policy) if policy else line._ar_native_offer_vals()
        if vals_list:
            self.env["ar.discount.offer"].sudo().create(vals_list)  # who posts needn't keep policies

    # ---- booking a discount

    def _ar_early_discount_account(self):
        """Account that early-payment discounts to customers are booked on.

        :raises UserError: when there is none
        """
        account = self._ar_known_early_discount_account()
        if not account:
            raise UserError(self._ar_no_early_discount_account())
        return account

    def _ar_known_early_discount_account(self):
        """The same, or none; a branch that has none of its own has its company's."""
        self.ensure_one()
        name = "account_journal_early_pay_discount_loss_account_id"
        companies = self.company_id.sudo().parent_ids  # from the root down; a clerk of a branch may have no other
        return next((company[name] for company in reversed(companies) if company[name]), self.env["account.account"])

    def _ar_no_early_discount_account(self):
        """What to do where there is none."""
        return self.env._(
            "%(company)s has no account for early-payment discounts given to customers. "
            "Choose one in the settings of Invoicing, under Default Accounts, Cash Discount Loss.",
            company=self.company_id.name,
        )

    def _ar_discount_parts(self, account):
        """How a discount that reduces tax is divided: ``[(values without amounts, weight), …]``.

        Base and tax as a credit note of the whole invoice would have them.  Taxes of a fixed amount don't
        fall with the price, so nothing of the discount is theirs.
        """
        self.ensure_one()
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        base_lines = [
            {**self._prepare_product_base_line_for_taxes_computation(line), "is_refund": True} for line in lines
        ]
        for base_line in base_lines:
            base_line["tax_ids"] = base_line["tax_ids"].filtered(lambda tax: tax.amount_type != "fixed")
        taxes = self.env["account.tax"]
        taxes._add_tax_details_in_base_lines(base_lines, self.company_id)
        taxes._round_base_lines_tax_details(base_lines, self.company_id)
        return self._ar_parts_of(base_lines, account)

    def _ar_parts_of(self, base_lines, account):
        """Values without amounts, each with its weight, of ``base_lines`` (by taxes and tags) and of their taxes."""
        taxes = self.env["account.tax"]
        taxes._add_accounting_data_in_base_lines_tax_details(base_lines, self.company_id)
        results = taxes._prepare_tax_lines(base_lines, self.company_id)
        distribution = self._ar_discount_analytic(account)
        weights = {}
        for base_line, amounts in results["base_lines_to_update"]:
            key = frozendict(
                name=self.env._("Early-payment discount"),
                account_id=account.id,
                tax_ids=frozenset(base_line["tax_ids"].ids),
                tax_tag_ids=frozenset(base_line["tax_tag_ids"].ids),
                analytic_distribution=frozendict(base_line["analytic_distribution"] or distribution or {}),
            )
            weights[key] = weights.get(key, 0.0) + amounts["amount_currency"]
        parts = [(self._ar_line_vals(key), weight) for key, weight in weights.items()]
        for tax_line in results["tax_lines_to_add"]:
            tax = self.env["account.tax.repartition.line"].browse(tax_line["tax_repartition_line_id"]).tax_id
            names = ("account_id", "tax_repartition_line_id", "tax_ids", "tax_tag_ids", "group_tax_id")
            vals = {name: tax_line[name] for name in (*names, "analytic_distribution")}
            vals["name"] = self.env._("Early-payment discount (%(tax)s)", tax=tax.name)
            parts.append((vals, tax_line["amount_currency"]))
        return parts

    def _ar_line_vals(self, key):
        """Values of a base line from the key that it was grouped by."""
        return {
            **key,
            "tax_ids": [Command.set(sorted(key["tax_ids"]))],
            "tax_tag_ids": [Command.set(sorted(key["tax_tag_ids"]))],
            "analytic_distribution": dict(key["analytic_distribution"]) or False,
        }

    def _ar_discount_analytic(self, account):
        """Analytic distribution that the company's models give to discounts of this customer."""
        return self.env["account.analytic.distribution.model"]._get_distribution(
            {
                "account_prefix": account.code,
                "company_id": self.company_id.id,
                "partner_id": self.commercial_partner_id.id,
                "partner_category_id": self.partner_id.category_id.ids,
            }
        )
