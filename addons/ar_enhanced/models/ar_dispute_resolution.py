from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import format_amount

READERS = "ar_enhanced.group_ar_user"
ACTIVITY = "ar_enhanced.mail_activity_dispute"


class ArDispute(models.Model):
    """What of the invoice is disputed, by when it is answered, and the credit note that settles it."""

    _inherit = "ar.dispute"  # pylint: disable=consider-merging-classes-inherited

    move_line_id = fields.Many2one(
        "account.move.line",
        string="Instalment",
        domain="[('move_id', '=', move_id), ('account_type', '=', 'asset_receivable')]",
        ondelete="set null",
        index="btree_not_null",
        help="Empty: the whole invoice.",
    )
    line_ids = fields.Many2many(
        "account.move.line",
        "ar_dispute_line_rel",
        "dispute_id",
        "line_id",
        string="Disputed Lines",
        domain="[('move_id', '=', move_id), ('display_type', '=', 'product')]",
        help="Empty: no line in particular.",
    )
    refund_id = fields.Many2one(
        "account.move",
        string="Credit Note",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    @api.depends("move_id", "move_line_id", "line_ids")
    def _compute_amount(self):
        for dispute in self:
            if dispute.line_ids:
                dispute.amount = sum(dispute.line_ids.mapped("price_total"))
            elif dispute.move_line_id:
                line = dispute.move_line_id
                dispute.amount = line.amount_residual_currency or line.amount_currency
        whole = self.filtered(lambda dispute: not dispute.line_ids and not dispute.move_line_id)
        return super(ArDispute, whole)._compute_amount()

    @api.onchange("move_id")
    def _onchange_move_id(self):
        if self.move_line_id.move_id != self.move_id:
            self.move_line_id = False
        self.line_ids = self.line_ids.filtered(lambda line: line.move_id == self.move_id)

    @api.constrains("move_id", "move_line_id", "line_ids", "amount")
    def _check_lines(self):
        for dispute in self:
            instalment, lines = dispute.move_line_id, dispute.line_ids
            if (instalment and instalment.account_type != "asset_receivable") or any(
                line.display_type != "product" for line in lines
            ):
                raise ValidationError(
                    self.env._("An instalment of the invoice is disputed, or lines with what was sold.")
                )
            if (instalment | lines).move_id - dispute.move_id:
                raise ValidationError(self.env._("What is disputed belongs to the invoice of the dispute."))
            most = sum(lines.mapped("price_total")) if lines else instalment.amount_currency
            if (lines or instalment) and dispute.currency_id.compare_amounts(dispute.amount, most) > 0:
                raise ValidationError(
                    self.env._(
                        "What is chosen is over %(amount)s: no more than that can be disputed.",
                        amount=format_amount(self.env, most, dispute.currency_id),
                    )
                )

    # -- answered in time -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Open disputes; their owners get an activity for the day by which they are to be answered."""
        disputes = super().create(vals_list)
        disputes._schedule_answers()
        return disputes

    def write(self, vals):
        """Change disputes; the activities of their owners follow."""
        result = super().write(vals)
        if {"deadline", "user_id", "state"} & set(vals):
            self._schedule_answers()
        return result

    def _schedule_answers(self):
        """Keep one activity per open dispute with an owner and a deadline, in a constant number of statements."""
        kind = self.env.ref(ACTIVITY, raise_if_not_found=False)
        if not kind:
            return
        # The activity of one user is changed by another who may change the dispute.
        activities = self.env["mail.activity"].sudo()
        listed = activities.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("activity_type_id", "=", kind.id)]
        ).grouped("res_id")
        superfluous, missing = activities, []
        for dispute in self:
            activity = listed.get(dispute.id, activities)
            owner = dispute.user_id
            if dispute.state != "open" or not dispute.deadline or not owner.active or not owner.has_group(READERS):
                superfluous |= activity
                continue
            values = {"date_deadline": dispute.deadline, "user_id": owner.id}
            if not activity:
                missing.append(
                    {
                        **values,
                        "activity_type_id": kind.id,
                        "automated": True,
                        "res_model_id": self.env["ir.model"]._get_id(self._name),
                        "res_id": dispute.id,
                    }
                )
            elif activity[:1].date_deadline != dispute.deadline or activity[:1].user_id != owner:
                activity[:1].write(values)
        superfluous.unlink()
        activities.create(missing)

    # -- settled by a credit note -----------------------------------------------------------------

    def action_credit_note(self):
        """Open Odoo's reversal of the invoice; the dispute is closed when the credit note is posted."""
        self.ensure_one()
        self.check_access("write")
        if self.refund_id:
            return self.action_open_credit_note()
        if self.state != "open":
            raise UserError(self.env._("This dispute is closed: open it again to change it."))
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("account.action_view_account_move_reversal"),
            "context": {
                "active_model": "account.move",
                "active_id": self.move_id.id,
                "active_ids": self.move_id.ids,
                "default_reason": self.code_id.name,
                "default_ar_dispute_id": self.id,
            },
        }

    def action_open_credit_note(self):
        """Open the credit note that settles this dispute."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.refund_id.id,
            "views": [(False, "form")],
        }

    def _link_credit_note(self):
        """Note the newest reversal of the invoice; a draft keeps the disputed lines only."""
        self.ensure_one()
        self.check_access("write")
        refund = self.move_id.reversal_move_ids.sorted("id")[-1:]
        if not refund or self.state != "open":
            return
        # The right to change disputes was checked; the credit note is set by nobody.
        self.sudo().refund_id = refund
        if refund.state == "posted":
            self._close_credited(refund)
        else:
            self._keep_disputed_lines(refund)

    def _keep_disputed_lines(self, refund):
        """Take the other lines out of a draft credit note, unless it is no copy of the invoice line by line."""
        invoiced, credited = self.move_id.invoice_line_ids.sorted("id"), refund.invoice_line_ids.sorted("id")
        if not self.line_ids or [line.price_total for line in invoiced] != [line.price_total for line in credited]:
            return
        others = [copy for line, copy in zip(invoiced, credited, strict=True) if line not in self.line_ids]
        refund.write({"invoice_line_ids": [Command.delete(line.id) for line in others]})

    @api.model
    def _close_credited(self, credit_notes):
        """Close the open disputes that these posted credit notes settle, whoever posts them."""
        disputes = self.sudo().search([("refund_id", "in", credit_notes.ids), ("state", "=", "open")])
        for refund, settled in disputes.grouped("refund_id").items():
            settled._close(
                "justified",
                self.env._(
                    "Credit note %(number)s over %(amount)s",
                    number=refund.name,
                    amount=format_amount(self.env, refund.amount_total, refund.currency_id),
                ),
            )


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _post(self, soft=True):
        """Post entries; a credit note closes the disputes that it settles."""
        posted = super()._post(soft)
        credit_notes = posted.filtered(lambda move: move.move_type == "out_refund")
        if credit_notes:
            self.env["ar.dispute"]._close_credited(credit_notes)
        return posted
