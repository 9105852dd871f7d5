from odoo import Command, api, fields, models
from odoo.tools import SQL

READERS = "ar_enhanced.group_ar_user"


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    ar_interest_charge_ids = fields.One2many("ar.interest.charge", "move_id", string="Late Interest", groups=READERS)
    ar_interest_due = fields.Monetary(
        string="Late Interest Today",
        compute="_compute_ar_interest_due",
        compute_sudo=True,
        groups=READERS,
        help="Interest and fixed sum up to today that were neither billed nor waived.",
    )
    ar_interest_problem = fields.Char(compute="_compute_ar_interest_due", compute_sudo=True, groups=READERS)
    ar_interest_charge_count = fields.Integer(compute="_compute_ar_interest_charge_count", groups=READERS)

    @api.depends("state", "amount_residual", "line_ids.date_maturity", "ar_interest_charge_ids.state")
    def _compute_ar_interest_due(self):
        found = self._ar_interest_on(fields.Date.context_today(self))
        for move in self:
            amount, problems = found.get(move._origin.id, (0.0, ()))
            move.ar_interest_due = amount
            move.ar_interest_problem = " ".join(problems) or False

    @api.depends("ar_interest_charge_ids")
    def _compute_ar_interest_charge_count(self):
        for move in self:
            move.ar_interest_charge_count = len(move.ar_interest_charge_ids)

    def _ar_interest_on(self, day):
        """What each invoice bears up to ``day`` that wasn't billed or waived.

        :return: ``{id: (amount in the invoice's currency, texts on what can't be computed)}``, without those that
            bear nothing
        """
        due = {}
        invoices = self.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice" and move._origin
        )
        lines = self.env["account.move.line"]
        for company, moves in invoices.grouped(lambda move: move.company_id.root_id).items():
            for reckoned in lines._ar_interest_until(company, day, SQL("line.move_id = ANY(%s)", moves._origin.ids)):
                amount, problems = due.get(reckoned.line.move_id, (0.0, ()))
                if reckoned.is_charged:
                    amount += float(reckoned.total)
                if reckoned.problem and reckoned.problem not in problems:
                    problems = (*problems, reckoned.problem)
                due[reckoned.line.move_id] = (amount, problems)
        return due

    def action_ar_interest(self):
        """Open the late interest of these invoices; for who may compute it, as of today."""
        self.check_access("read")
        if self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            for company, moves in self.grouped(lambda move: move.company_id.root_id).items():
                self.env["ar.interest.charge"]._show(company, fields.Date.context_today(self), moves=moves)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_interest_charge"),
            "domain": [("move_id", "in", self.ids)],
            "context": {},
        }

    def _ar_debit_notes(self, reason):
        """Make an empty draft debit note of today for each of these invoices, through Odoo's own wizard."""
        wizard = self.env["account.debit.note"].create(
            {"move_ids": [Command.set(self.ids)], "date": fields.Date.context_today(self), "reason": reason}
        )
        action = wizard.create_debit()
        return self.browse(action["res_id"] if action.get("res_id") else action["domain"][0][2])

    def write(self, vals):
        """Open the days of a debit note that is cancelled again, and forget what an invoice bears that isn't posted."""
        result = super().write(vals)
        if vals.get("state") in ("draft", "cancel"):
            # Invoicing users can't change charges themselves.
            charges = self.env["ar.interest.charge"].sudo()
            charges.search([("move_id", "in", self.ids), ("state", "=", "shown")]).unlink()
            if vals["state"] == "cancel":
                charges.search([("debit_note_id", "in", self.ids)])._show_again()
        return result

    def unlink(self):
        """Open the days of a debit note that is deleted again."""
        # Invoicing users can't change charges themselves.
        self.env["ar.interest.charge"].sudo().search([("debit_note_id", "in", self.ids)])._show_again()
        return super().unlink()
