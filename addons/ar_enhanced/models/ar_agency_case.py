from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount
from odoo.tools.misc import clean_context

from .ar_document_steps import MANAGER

CASE_STATES = [
    ("draft", "Draft"),
    ("handed_over", "With the agency"),
    ("recalled", "Recalled"),
    ("closed", "Closed"),
]
OUTCOMES = [("paid", "Paid"), ("uncollectable", "Uncollectable")]
#: What a clerk may set by hand; all else is set by methods that check who calls them.
BY_HAND = {
    "partner_id",
    "company_id",
    "currency_id",
    "agency_id",
    "line_ids",
    "note",
    "with_notes",
    "places_hold",
    "reference",
}
#: What may still change while the agency works.
FOLLOW_UP = {"reference", "note", "with_notes"}


class ArAgencyCase(models.Model):
    """Items of one customer and currency that an agency collects.

    ``partner_id`` is the commercial entity, ``company_id`` the root company.
    """

    _name = "ar.agency.case"
    _description = "Case of a Collection Agency"
    _inherit = ["mail.thread", "mail.activity.mixin", "ar.document.steps"]
    _order = "id desc"
    # Nobody writes what was decided but through methods; a reader may discuss it.
    _mail_post_access = "read"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company.root_id, ondelete="cascade"
    )
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    agency_id = fields.Many2one(
        "ar.agency",
        tracking=True,
        ondelete="restrict",
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', company_id)]",
    )
    reference = fields.Char(string="Agency's Reference", tracking=True)
    line_ids = fields.One2many("ar.agency.case.line", "case_id", string="Items")
    amount = fields.Monetary(string="Handed Over", compute="_compute_amount", store=True)
    open_amount = fields.Monetary(string="Still Open", compute="_compute_progress")
    paid_amount = fields.Monetary(
        string="Paid Since", compute="_compute_progress", help="What was paid on the items since the hand-over."
    )
    fee_percent = fields.Float(string="Fee (%)", digits=(5, 2), readonly=True, help="As agreed on the hand-over.")
    fee_amount = fields.Monetary(string="Fee", compute="_compute_progress")
    note = fields.Text(string="What the agency should know")
    with_notes = fields.Boolean(
        string="With Internal Notes",
        help="The dossier has the internal notes on the invoices, too. Read them first: the agency will.",
    )
    places_hold = fields.Boolean(
        string="Put the Customer on Hold", default=True, help="From the hand-over until the case is recalled or paid."
    )
    state = fields.Selection(CASE_STATES, required=True, readonly=True, default="draft", index=True, tracking=True)
    outcome = fields.Selection(OUTCOMES, readonly=True, tracking=True)
    prepared_by_id = fields.Many2one("res.users", readonly=True)
    handed_over_by_id = fields.Many2one("res.users", readonly=True)
    handed_over_on = fields.Date(readonly=True)
    ended_by_id = fields.Many2one("res.users", readonly=True)
    ended_on = fields.Date(readonly=True)
    end_reason = fields.Text(readonly=True)
    hold_id = fields.Many2one("ar.credit.hold", readonly=True, ondelete="set null")
    dossier_id = fields.Many2one("ir.attachment", readonly=True, ondelete="set null")
    dossier_warning = fields.Text(readonly=True)
    warning = fields.Text(string="Look at this first", compute="_compute_warning")

    _customer_idx = models.Index("(partner_id, company_id, state)")
    _out_idx = models.Index("(company_id) WHERE state = 'handed_over'")
    _ended = models.Constraint(
        "CHECK((state = 'closed') = (outcome IS NOT NULL) AND (state IN ('recalled', 'closed')) = (ended_on IS NOT"
        " NULL) AND (state = 'draft') = (handed_over_on IS NULL))",
        "A case has its days, and one that is closed has an outcome.",
    )

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        for case in self:
            case.amount = sum(case.line_ids.mapped("amount"))

    @api.depends("line_ids.paid", "line_ids.residual", "fee_percent")
    def _compute_progress(self):
        for case in self:
            case.open_amount = sum(case.line_ids.mapped("residual"))
            case.paid_amount = sum(case.line_ids.mapped("paid"))
            case.fee_amount = case.currency_id.round(case.paid_amount * case.fee_percent / 100)

    @api.depends("partner_id", "agency_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for case in self:
            names = [case.partner_id.display_name, case.agency_id.name]
            case.display_name = " → ".join(name for name in names if name)

    @api.depends("line_ids.move_line_id", "state")
    @api.depends_context("lang")
    def _compute_warning(self):
        drafts = self.filtered(lambda case: case.state == "draft")
        told = drafts.line_ids.move_line_id._ar_write_off_warnings(self.env["ar.write.off"])
        for case in self:
            sentences = [
                sentence for line in (case & drafts).line_ids.move_line_id._origin for sentence in told[line.id]
            ]
            case.warning = "\n".join(dict.fromkeys(sentences))

    @api.model_create_multi
    def create(self, vals_list):
        """Add drafts; who is no superuser can't add anything that is decided already."""
        if not self.env.su:
            vals_list = [
                {**{name: vals[name] for name in vals if name in BY_HAND}, "prepared_by_id": self.env.uid}
                for vals in vals_list
            ]
        # Defaults in the context would be as good as values.
        clean = self.with_context(clean_context(self.env.context))  # pylint: disable=context-overridden
        return super(ArAgencyCase, clean).create(vals_list)

    def write(self, vals):
        """Refuse to change what was handed over, and to do by hand what takes a method that checks."""
        if not self.env.su:
            self.check_access("write")
            if set(vals) - BY_HAND:
                raise AccessError(self.env._("A case goes its way by its buttons, which check who may."))
            if set(vals) - FOLLOW_UP and self.filtered(lambda case: case.state != "draft"):
                raise UserError(self.env._("What was handed over stays as it was: recall it, and make a new case."))
        return super().write(vals)

    def copy_data(self, default=None):
        """Refuse a copy: it would bring a decision along."""
        raise UserError(self.env._("Make a new case instead of copying one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if self.filtered(lambda case: case.state != "draft"):
            raise UserError(self.env._("Only drafts can be deleted: all else is part of the credit file."))

    # ---- steps

    def action_hand_over(self):
        """Give these cases to their agencies: the dossier is made, the customer put on hold."""
        self._check_group(MANAGER)
        self._check_state("draft")
        self._check_complete()
        # The rights were checked; what is handed over is closed to everything but the methods here.
        today = fields.Date.context_today(self)
        for case in self.sudo():
            case.write(
                {
                    "state": "handed_over",
                    "handed_over_by_id": self.env.uid,
                    "handed_over_on": today,
                    "fee_percent": case.agency_id.fee_percent,
                }
            )
            case.line_ids._freeze()
        for case in self:
            case._place_hold()
            case._make_dossier()
        self.sudo()._tell()

    def action_recall(self):
        """Ask for the reason to take the case back."""
        return self._end_action("recall", self.env._("Recall"))

    def action_close(self):
        """Ask how the case ended."""
        return self._end_action("paid", self.env._("Close"))

    def _end_action(self, decision, title):
        self._check_group(MANAGER)
        self._check_state("handed_over")
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "ar.agency.case.end",
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_ids": self.ids, "default_decision": decision},
        }

    def _recall(self, reason):
        """Take these cases back: reminders go on."""
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the case is recalled."))
        self._end({"state": "recalled", "end_reason": reason.strip()})

    def _close(self, outcome, reason=""):
        """Close these cases; what is uncollectable is proposed to be written off.

        :return: the action that shows the proposals, or nothing
        """
        self._end({"state": "closed", "outcome": outcome, "end_reason": (reason or "").strip()})
        items = self.line_ids.move_line_id
        if outcome == "uncollectable" and any(item.amount_residual_currency > 0 for item in items):
            return items._ar_propose_write_offs()
        return None

    def _end(self, vals):
        self._check_group(MANAGER)
        self._check_state("handed_over")
        # The rights were checked; what was handed over is closed to everything but the methods here.
        ended = self.sudo()
        ended.write({**vals, "ended_by_id": self.env.uid, "ended_on": fields.Date.context_today(self)})
        ended.line_ids.is_out = False
        if vals.get("outcome") != "uncollectable":
            holds = ended.hold_id.filtered(lambda hold: hold.state == "active")
            holds._lapse(dict.fromkeys(holds.ids, "ended"))
        ended._tell()

    def _place_hold(self):
        """Put the customer on hold, unless a person has done so already."""
        if not self.places_hold:
            return
        customer = self.partner_id.with_company(self.company_id)
        # Holds are closed to everything but their own methods.
        active = [("state", "=", "active"), ("is_by_hand", "=", True), ("company_id", "=", self.company_id.id)]
        if not self.env["ar.credit.hold"].sudo().search([("partner_id", "=", customer.id), *active], limit=1):
            reason = self.env._("Handed over to %(agency)s", agency=self.agency_id.name)
            self.sudo().hold_id = customer._ar_place_hold(reason)

    # ---- checks

    def _check_complete(self):
        """Refuse what can't be handed over now, with one sentence for each problem."""
        problems = []
        for case in self:
            if not case.agency_id:
                problems.append(self.env._("Choose the agency."))
            if not case.line_ids:
                problems.append(self.env._("Choose the items to hand over."))
            # What stands in the ledger decides, whoever may see it.
            problems += [problem for line in case.line_ids.sudo() if (problem := line._problem())]
        # Cases count, whoever may see them.
        taken = self.env["ar.agency.case.line"].sudo()
        taken = taken.search([("move_line_id", "in", self.line_ids.move_line_id.ids), ("is_out", "=", True)])
        problems += [
            self.env._("%(item)s is with %(agency)s already.", item=line.item_name, agency=line.case_id.agency_id.name)
            for line in taken
        ]
        if problems:
            raise UserError("\n".join(dict.fromkeys(problems)))

    def _tell(self):
        """Note on the customers and the invoices what became of the cases."""
        for case in self:
            text = case._state_words()
            invoices = case.line_ids.move_line_id.move_id
            invoices._message_log_batch(bodies=dict.fromkeys(invoices.ids, text))
            case.partner_id._message_log(body=text)

    def _state_words(self):
        names = {
            "agency": self.agency_id.name,
            "amount": format_amount(self.env, self.amount, self.currency_id),
            "reason": self.end_reason or "",
        }
        if self.state == "handed_over":
            return self.env._("%(amount)s handed over to %(agency)s", **names)
        if self.state == "recalled":
            return self.env._("Recalled from %(agency)s: %(reason)s", **names)
        if self.outcome == "paid":
            return self.env._("The case with %(agency)s is closed: paid", **names)
        return self.env._("The case with %(agency)s is closed: uncollectable", **names)
