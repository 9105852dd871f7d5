from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount, format_date


class ArWriteOffLine(models.Model):
    """How much of one open item is given up, in the item's currency."""

    _name = "ar.write.off.line"
    _description = "Item of a Write-Off"
    _order = "id"

    write_off_id = fields.Many2one("ar.write.off", required=True, index=True, ondelete="cascade")
    # An item that is a draft again may be made anew; what was written off of it stays here by name.
    move_line_id = fields.Many2one("account.move.line", string="Item", index=True, ondelete="set null")
    item_name = fields.Char(string="Number", compute="_compute_item_name", store=True, precompute=True)
    currency_id = fields.Many2one(related="write_off_id.currency_id")
    company_currency_id = fields.Many2one(related="write_off_id.company_currency_id")
    date_due = fields.Date(string="Due", related="move_line_id.date_maturity", related_sudo=False)
    residual = fields.Monetary(
        string="Open", related="move_line_id.amount_residual_currency", related_sudo=False, currency_field="currency_id"
    )
    amount = fields.Monetary(
        string="To Write Off", compute="_compute_amount", store=True, precompute=True, readonly=False, required=True
    )
    amount_company = fields.Monetary(
        string="In Company Currency",
        compute="_compute_amount_company",
        store=True,
        precompute=True,
        currency_field="company_currency_id",
    )

    _amount_positive = models.Constraint("CHECK(amount > 0)", "The amount to write off is greater than zero.")
    _item_uniq = models.Constraint("UNIQUE(write_off_id, move_line_id)", "Each item is in a write-off once.")

    @api.depends("move_line_id")
    def _compute_item_name(self):
        for line in self:
            item = line.move_line_id
            line.item_name = item.move_id.name or item.name if item else line.item_name

    @api.depends("move_line_id")
    def _compute_amount(self):
        for line in self:
            line.amount = line.amount or line.move_line_id.amount_residual_currency

    @api.depends("amount", "move_line_id")
    def _compute_amount_company(self):
        for line in self:
            # An item that is gone had its amount then.
            line.amount_company = line._balance() if line.move_line_id else line.amount_company

    def _balance(self):
        """The amount in the company's currency, as the item's residual stands in the ledger; never a division by 0."""
        # What a person proposes is measured by the ledger, whoever may see it.
        item = self.move_line_id.sudo()
        if item.currency_id.compare_amounts(self.amount, item.amount_residual_currency) == 0:
            return item.amount_residual
        whole, of_whole = item.amount_residual, item.amount_residual_currency
        if not of_whole:
            whole, of_whole = item.balance, item.amount_currency
        return item.company_currency_id.round(self.amount * whole / of_whole) if of_whole else self.amount

    @api.constrains("move_line_id", "amount")
    def _check_item(self):
        """One customer, company and currency; what is open on the receivables account, and no more than that."""
        for line in self.filtered("move_line_id"):
            if problem := line._problem():
                raise ValidationError(problem)

    def _problem(self):
        """What is in the way of writing this item off, in a sentence; nothing if it can be."""
        self.ensure_one()
        write_off, item = self.write_off_id, self.move_line_id
        name = self.item_name or ""
        if not item or item.parent_state != "posted":
            return self.env._("%(item)s is no longer posted: take it out of the write-off.", item=name)
        account = item.account_id
        if account.account_type != "asset_receivable" or account.non_trade or item.balance < 0:
            return self.env._("%(item)s isn't something that a customer owes for goods or services.", item=name)
        if item.company_id != write_off.company_id:
            return self.env._(
                "%(item)s belongs to %(company)s: each company writes off its own items.",
                item=name,
                company=item.company_id.name,
            )
        if item.partner_id.commercial_partner_id != write_off.partner_id.commercial_partner_id:
            return self.env._(
                "%(item)s is owed by %(customer)s: a write-off is of one customer.",
                item=name,
                customer=item.partner_id.display_name,
            )
        if item.currency_id != write_off.currency_id:
            return self.env._(
                "%(item)s is in %(currency)s: a write-off is in one currency.",
                item=name,
                currency=item.currency_id.name,
            )
        if item.currency_id.compare_amounts(self.amount, item.amount_residual_currency) > 0:
            return self.env._(
                "%(open)s of %(item)s is open, so %(amount)s can't be written off. Has it been paid meanwhile?",
                open=format_amount(self.env, item.amount_residual_currency, item.currency_id),
                item=name,
                amount=format_amount(self.env, self.amount, item.currency_id),
            )
        if write_off.date and item.date > write_off.date:
            return self.env._(
                "%(item)s is dated %(date)s: it can't be written off before.",
                item=name,
                date=format_date(self.env, item.date),
            )
        return None

    @api.model_create_multi
    def create(self, vals_list):
        """Add items to drafts."""
        lines = super().create(vals_list)
        lines._check_draft()
        return lines

    def write(self, vals):
        """Change items of drafts."""
        self._check_draft()
        result = super().write(vals)
        if "write_off_id" in vals:
            self._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_from_drafts(self):
        self._check_draft()

    def _check_draft(self):
        if not self.env.su and self.filtered(lambda line: line.write_off_id.state != "draft"):
            raise UserError(self.env._("Take the write-off back to draft to change its items."))
