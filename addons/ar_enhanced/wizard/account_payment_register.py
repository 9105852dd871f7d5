from odoo import api, models


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _get_total_amounts_to_pay(self, batch_results):
        """Count what is taken off several instalments as a difference, as Odoo does for one."""
        totals = super()._get_total_amounts_to_pay(batch_results)
        all_lines = self._ar_lines(batch_results)
        if not all_lines.move_id._ar_has_policy_discounts():
            return totals
        by_default = totals["lines"]
        for lines in all_lines.grouped("move_id").values():
            for instalment in lines._get_installments_data(
                payment_currency=self.currency_id,
                payment_date=self.payment_date,
                next_payment_date=self._get_next_payment_date_in_context(),
            ):
                discount = instalment.get("ar_discount")
                if not discount or instalment["type"] == "early_payment_discount":
                    continue
                totals["epd_applied"] = True
                totals["full_amount_for_difference"] += discount
                if instalment["line"] in by_default:
                    totals["amount_for_difference"] += discount
        return totals

    @api.depends("can_edit_wizard", "payment_date", "currency_id", "amount")
    def _compute_early_payment_discount_mode(self):
        """Take what is short by at most the grace amount as payment in full, and no discount as none."""
        result = super()._compute_early_payment_discount_mode()
        for wizard in self.filtered(lambda wizard: wizard.payment_date and wizard.currency_id):
            if not wizard._ar_lines(wizard.batches).move_id._ar_has_policy_discounts():
                continue
            if wizard.early_payment_discount_mode:
                wizard.early_payment_discount_mode = wizard._ar_takes_discount()
            else:
                wizard.early_payment_discount_mode = bool(wizard._ar_short_of())
        return result

    @api.depends("amount")
    def _compute_installments_mode(self):
        """Stay with the instalments that the amount is short of, within the grace."""
        result = super()._compute_installments_mode()
        for wizard in self:
            if wizard.journal_id and wizard.currency_id and wizard._ar_short_of() == "amount_by_default":
                wizard.installments_mode = wizard._get_total_amounts_to_pay(wizard.batches)["installment_mode"]
        return result

    def _create_payment_vals_from_wizard(self, batch_result):
        """Book a policy's discounts in the payment."""
        lines = batch_result["lines"]
        if not (
            self.early_payment_discount_mode
            and self.payment_difference_handling == "reconcile"
            and lines.move_id._ar_has_policy_discounts()
        ):
            return super()._create_payment_vals_from_wizard(batch_result)
        totals = self._get_total_amounts_to_pay([batch_result])
        paid = totals["lines"] if self.installments_mode in ("next", "overdue", "before_date") else lines
        difference = self.payment_difference
        vals = super(
            AccountPaymentRegister, self.with_context(ar_without_early_discount=True)
        )._create_payment_vals_from_wizard(batch_result)
        vals["write_off_line_vals"] = self._ar_write_off_vals(paid, difference)
        return vals

    def _create_payment_vals_from_batch(self, batch_result):
        """Book a policy's discounts in each of several payments."""
        lines = batch_result["lines"]
        if not lines.move_id._ar_has_policy_discounts():
            return super()._create_payment_vals_from_batch(batch_result)
        vals = super(
            AccountPaymentRegister, self.with_context(ar_without_early_discount=True)
        )._create_payment_vals_from_batch(batch_result)
        discount = sum(discount for discount, _offer in lines._ar_discount_on(self.payment_date).values())
        open_amount = self._get_wizard_values_from_batch(batch_result)["source_amount_currency"]
        # Where credit notes outweigh the invoices, a discount on these is more to pay out.
        amount = lines.currency_id.round(open_amount + (discount if vals["payment_type"] == "outbound" else -discount))
        if amount > 0:
            vals["amount"] = amount
            vals["write_off_line_vals"] = self._ar_write_off_vals(lines, discount)
        else:
            vals["amount"] = open_amount
        return vals

    def _ar_write_off_vals(self, lines, difference):
        """Values that book the discounts of ``lines``, and what is short of them by no more than the grace."""
        found = lines._ar_discount_on(self.payment_date)
        discounts = {line: found[line.id][0] for line in lines if found[line.id][0]}
        grace = sum(found[line.id][1][:1].grace_amount for line in discounts)
        short = min(lines.currency_id.round(difference - sum(discounts.values())), grace)
        if short > 0 and discounts:
            discounts[max(discounts, key=discounts.get)] += short
        return [
            vals
            for line, discount in discounts.items()
            for vals in line._ar_discount_write_off_vals(discount, self.payment_date, found[line.id][1])
        ]

    def _ar_takes_discount(self):
        """Tell whether the amount is a proposed sum that isn't what it settles: less, or more if it is paid out."""
        self.ensure_one()
        totals = self._get_total_amounts_to_pay(self.batches)
        return any(
            self.currency_id.compare_amounts(self.amount, totals[paid]) == 0
            and self.currency_id.compare_amounts(totals[settled], totals[paid])
            for paid, settled in (
                ("amount_by_default", "amount_for_difference"),
                ("full_amount", "full_amount_for_difference"),
            )
        )

    def _ar_short_of(self):
        """Name the sum that the amount is short of by at most the grace amount, or None."""
        self.ensure_one()
        lines = self._ar_lines(self.batches)
        if self.payment_type == "outbound" or self.currency_id != lines.currency_id:
            return None
        if not lines.move_id._ar_has_policy_discounts():
            return None
        totals = self._get_total_amounts_to_pay(self.batches)
        discounts = lines._ar_discount_on(self.payment_date)
        for name, paid in (("amount_by_default", totals["lines"]), ("full_amount", lines)):
            grace = sum(
                offer.grace_amount
                for line_id, (discount, offer) in discounts.items()
                if discount and line_id in paid.ids
            )
            short = totals[name] - self.amount
            if self.currency_id.compare_amounts(short, 0) > 0 and self.currency_id.compare_amounts(short, grace) <= 0:
                return name
        return None

    @api.model
    def _ar_lines(self, batch_results):
        """All lines of ``batch_results``."""
        return self.env["account.move.line"].union(*(batch["lines"] for batch in batch_results))
