from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def action_ar_propose_write_off(self):
        """Draft the write-off of what is open on these invoices."""
        self.check_access("read")
        return self.line_ids._ar_propose_write_offs()

    def button_draft(self):
        """Keep the entries of write-offs that are in force, and the invoices that they settle."""
        self._check_ar_write_offs(["|", ("move_id", "in", self.ids), ("line_ids.move_line_id.move_id", "in", self.ids)])
        return super().button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Reverse write-offs where they were decided, so that what they say stays true."""
        if not self.env.context.get("ar_reversing_write_off"):
            self._check_ar_write_offs([("move_id", "in", self.ids)])
        return super()._reverse_moves(default_values_list, cancel=cancel)

    @api.model
    def _check_ar_write_offs(self, domain):
        # What a write-off has booked is protected from all who may change entries.
        booked = self.env["ar.write.off"].sudo().search([*domain, ("state", "=", "booked")], limit=1)
        if booked:
            raise UserError(
                self.env._(
                    "%(entry)s books a write-off of %(customer)s: reverse the write-off itself.",
                    entry=booked.move_id.name,
                    customer=booked.partner_id.display_name,
                )
            )

    def _ar_write_off_parts(self, account, label):
        """How a loss on this invoice is divided if tax is claimed back: ``[(values without amounts, weight), …]``.

        Base and tax as a credit note of the whole invoice would have them; the amounts of tax are those that
        stand on the invoice, whoever corrected them.
        """
        self.ensure_one()
        if not self.is_sale_document(include_receipts=True):
            return []
        base_lines, _tax_lines = self._get_rounded_base_and_tax_lines()
        base_lines = [{**base_line, "is_refund": True} for base_line in base_lines]
        return [
            ({**vals, "name": self._ar_write_off_label(vals, label)}, weight)
            for vals, weight in self._ar_parts_of(base_lines, account)
        ]

    def _ar_write_off_label(self, vals, label):
        share = self.env["account.tax.repartition.line"].browse(vals.get("tax_repartition_line_id"))
        return f"{label} ({share.tax_id.name})" if share else label


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    ar_write_off_line_id = fields.Many2one(
        "ar.write.off.line",
        string="Written Off",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="ar_enhanced.group_ar_user,account.group_account_invoice",
        help="The item of a write-off that this line books.",
    )

    def _ar_propose_write_offs(self):
        """Draft write-offs of what is open on these lines, one per customer, company and currency, and open them."""
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Proposing write-offs takes the rights of a clerk in Receivables."))
        items = self._ar_owed()
        if not items:
            raise UserError(self.env._("Nothing is open here that could be written off."))
        write_offs = self.env["ar.write.off"].create(
            [
                {
                    "partner_id": customer.id,
                    "company_id": company.id,
                    "currency_id": currency.id,
                    "reason_id": self.env["ar.write.off.reason"]._default().id,
                    "line_ids": [fields.Command.create({"move_line_id": line.id}) for line in of_customer],
                }
                for (customer, company, currency), of_customer in items.grouped(
                    lambda line: (line.partner_id.commercial_partner_id, line.company_id, line.currency_id)
                ).items()
            ]
        )
        return write_offs._get_records_action(name=self.env._("Write-Off"))

    def _ar_write_off_warnings(self, write_offs):
        """What speaks against giving these items up: ``{line id: [sentence, …]}``, in a constant number of queries.

        :param write_offs: those that ask; other ones of the same items are told of
        """
        invoices = self.move_id._origin
        disputes = self.env["ar.dispute"].search([("move_id", "in", invoices.ids), ("state", "=", "open")])
        promises = self.env["ar.promise"].search([("move_ids", "in", invoices.ids), ("state", "=", "open")])
        others = self.env["ar.write.off.line"].search(
            [
                ("move_line_id", "in", self._origin.ids),
                ("write_off_id", "not in", write_offs.ids),
                ("write_off_id.state", "in", ("draft", "waiting")),
            ]
        )
        told = {}
        for line in self._origin:
            sentences = told[line.id] = []
            sentences += [
                self.env._(
                    "%(item)s is in dispute over %(amount)s.",
                    item=line.move_id.name,
                    amount=format_amount(self.env, dispute.amount, dispute.currency_id),
                )
                for dispute in disputes
                if dispute.move_id == line.move_id
            ]
            sentences += [
                self.env._(
                    "Payment of %(item)s is promised for %(date)s.",
                    item=line.move_id.name,
                    date=format_date(self.env, promise.date),
                )
                for promise in promises
                if line.move_id in promise.move_ids
            ]
            if others.filtered(lambda other, line=line: other.move_line_id == line):
                sentences.append(self.env._("%(item)s is in another proposal to write off.", item=line.move_id.name))
        return told


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def action_ar_propose_write_off(self):
        """Draft the write-off of what this customer owes: what is overdue, or else all."""
        self.ensure_one()
        day = fields.Date.context_today(self)
        items = self._ar_items_owed()
        overdue = items.filtered(lambda line: (line.date_maturity or line.date) < day)
        return (overdue or items)._ar_propose_write_offs()

    @api.readonly
    def action_ar_write_offs(self):
        """Open the write-offs of this customer."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_write_off"),
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {},
        }

    def _ar_items_owed(self):
        """Open items that this customer owes, in the current company and its branches, that the user may read."""
        return self.env["account.move.line"].search(
            [
                ("parent_state", "=", "posted"),
                ("account_type", "=", "asset_receivable"),
                ("account_id.non_trade", "=", False),
                ("amount_residual_currency", ">", 0),
                ("reconciled", "=", False),
                ("partner_id.commercial_partner_id", "=", self.commercial_partner_id.id),
                ("company_id", "child_of", self.env.company.root_id.id),
            ],
            order="date_maturity, id",
        )
