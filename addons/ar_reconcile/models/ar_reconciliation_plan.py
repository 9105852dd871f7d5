from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

#: Years back from which a plan may start; more would fill the calendar with what nobody signs any more.
MOST_YEARS = 5
KINDS = [("bank", "Bank account"), ("receivables", "Customer accounts")]
FREQUENCIES = [("monthly", "Monthly"), ("quarterly", "Quarterly")]


class ArReconciliationPlan(models.Model):
    """What is reconciled how often, by whom, and by which day."""

    _name = "ar.reconciliation.plan"
    _description = "Reconciliation Plan"
    _order = "company_id, kind, journal_id, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    kind = fields.Selection(KINDS, string="Reconciles", required=True, default="bank")
    journal_id = fields.Many2one(
        "account.journal",
        string="Bank Account",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('type', 'in', ('bank', 'credit')), ('company_id', '=', company_id)]",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="Figures are those of this company with its branches.",
    )
    frequency = fields.Selection(FREQUENCIES, required=True, default="monthly")
    owner_id = fields.Many2one(
        "res.users",
        string="Prepared by",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    reviewer_id = fields.Many2one(
        "res.users",
        string="Signed Off by",
        required=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Another person, with the right “Bank Reconciliation: Approval”.",
    )
    date_start = fields.Date(
        string="First Period",
        required=True,
        default=lambda self: fields.Date.context_today(self).replace(day=1),
        help="Any day of the first month or quarter that is reconciled.",
    )
    deadline_days = fields.Integer(
        string="Days to Deadline", required=True, default=10, help="Days after the end of the period."
    )
    reconciliation_count = fields.Integer(compute="_compute_reconciliation_count")

    _journal_uniq = models.UniqueIndex(
        "(journal_id) WHERE active AND kind = 'bank'", "This bank account has a plan already."
    )
    _receivables_uniq = models.UniqueIndex(
        "(company_id) WHERE active AND kind = 'receivables'",
        "The customer accounts of this company have a plan already.",
    )
    _journal_of_bank = models.Constraint(
        "CHECK((kind = 'bank') = (journal_id IS NOT NULL))", "Choose the bank account that is reconciled."
    )
    _two_persons = models.Constraint(
        "CHECK(owner_id <> reviewer_id)", "Who prepares can't sign off: choose two persons."
    )
    _deadline_in_reach = models.Constraint(
        "CHECK(deadline_days BETWEEN 0 AND 365)", "The deadline is between 0 and 365 days after the period."
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "journal_id", "frequency")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        frequencies = dict(self._fields["frequency"]._description_selection(self.env))
        for plan in self:
            what = plan.journal_id.display_name or kinds.get(plan.kind, "")
            plan.display_name = f"{what}, {frequencies.get(plan.frequency, '')}"

    def _compute_reconciliation_count(self):
        groups = self.env["ar.reconciliation"]._read_group([("plan_id", "in", self.ids)], ["plan_id"], ["__count"])
        counts = {plan.id: count for plan, count in groups}
        for plan in self:
            plan.reconciliation_count = counts.get(plan.id, 0)

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind != "bank":
            self.journal_id = False

    # === CONSTRAINT METHODS === #

    @api.constrains("journal_id", "company_id")
    def _check_journal(self):
        for plan in self.filtered("journal_id"):
            if plan.journal_id.type not in ("bank", "credit"):
                raise ValidationError(
                    self.env._("%(journal)s is not a bank account.", journal=plan.journal_id.display_name)
                )
            if plan.journal_id.company_id != plan.company_id:
                raise ValidationError(
                    self.env._(
                        "%(journal)s belongs to %(company)s; the plan must too.",
                        journal=plan.journal_id.display_name,
                        company=plan.journal_id.company_id.sudo().name,
                    )
                )

    @api.constrains("owner_id", "reviewer_id", "company_id")
    def _check_persons(self):
        for plan in self:
            for user, group in (
                (plan.owner_id.sudo(), "ar_reconcile.group_reconcile"),
                (plan.reviewer_id.sudo(), "ar_reconcile.group_reconcile_review"),
            ):
                if user and (plan.company_id not in user.company_ids or not user.has_group(group)):
                    raise ValidationError(
                        self.env._(
                            "%(user)s needs the right “%(right)s” and access to %(company)s.",
                            user=user.name,
                            right=self.env.ref(group).sudo().name,
                            company=plan.company_id.name,
                        )
                    )

    @api.constrains("date_start")
    def _check_date_start(self):
        earliest = fields.Date.context_today(self) - relativedelta(years=MOST_YEARS)
        if any(plan.date_start < earliest for plan in self):
            raise ValidationError(self.env._("The first period lies at most %(years)s years back.", years=MOST_YEARS))

    # === ACTIONS === #

    def action_open_reconciliations(self):
        """Show the reconciliations of this plan."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_reconciliations")
        return {**action, "domain": [("plan_id", "=", self.id)], "context": {}}

    def action_make_due(self):
        """Make the reconciliations of these plans whose period has ended, and show them."""
        if not self.env.user.has_group("ar_reconcile.group_reconcile"):
            raise AccessError(self.env._("You may not make reconciliations."))
        self.check_access("read")
        self.env["ar.reconciliation"]._make_due(self)
        return self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_reconciliations")
