from odoo import api, fields, models
from odoo.tools.misc import split_every

#: Rules that a company begins with, all of them off.
SUGGESTED_RULES = (
    {"sequence": 10, "kind": "utilisation", "threshold": 100},
    {"sequence": 20, "kind": "overdue_days", "threshold": 60},
    {"sequence": 30, "kind": "level", "hold_level": "e", "applies_to": "order"},
    {"sequence": 40, "kind": "broken_promise", "threshold": 0, "applies_to": "order"},
    {"sequence": 50, "kind": "limit_expired", "grace_days": 30, "applies_to": "order"},
)


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_holds_reviewed_on = fields.Date(string="Unfinished Review of Holds", groups="ar_enhanced.group_ar_manager")
    ar_holds_reviewed_upto = fields.Integer(string="Last Customer Reviewed", groups="ar_enhanced.group_ar_manager")

    @api.model_create_multi
    def create(self, vals_list):
        """Add companies with rules of credit holds to choose from; branches follow those of their root."""
        companies = super().create(vals_list)
        companies._ar_suggest_hold_rules()
        return companies

    @api.model
    def _ar_suggest_everywhere(self):
        """Suggest rules to the companies that were there before this addon."""
        self.search([("parent_id", "=", False)])._ar_suggest_hold_rules()

    def _ar_suggest_hold_rules(self):
        """Add suggested rules to root companies that have none: a rule that is off holds nothing."""
        # Who sets up a company needn't be a credit manager.
        rules = self.env["ar.credit.hold.rule"].sudo().with_context(active_test=False, tracking_disable=True)
        roots = self.filtered(lambda company: not company.parent_id)
        roots -= rules.search([("company_id", "in", roots.ids)]).company_id
        rules.create([{"company_id": company.id, **rule} for company in roots for rule in SUGGESTED_RULES])

    def _ar_review_holds(self, chunk_size):
        """Review the holds of this company's customers; go on where an unfinished run of today has stopped.

        :return: whether there was time for all of them
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        after = self.ar_holds_reviewed_upto if self.ar_holds_reviewed_on == today else 0
        holds = self.env["ar.credit.hold"]
        open_holds = holds.search([("company_id", "=", self.id), ("state", "in", ("active", "released"))])
        customer_ids = set(open_holds.partner_id.commercial_partner_id.ids)
        if self.env["ar.credit.hold.rule"]._active_rules(self):
            customer_ids |= set(self.env["account.move.line"]._ar_customer_ids(self, after))
        waiting = sorted(customer_id for customer_id in customer_ids if customer_id > after)
        self.env["ir.cron"]._commit_progress(remaining=len(waiting))
        for chunk in split_every(chunk_size, waiting):
            holds._review(self, list(chunk))
            self.write({"ar_holds_reviewed_on": today, "ar_holds_reviewed_upto": chunk[-1]})
            if not self.env["ir.cron"]._commit_progress(len(chunk)):
                return False
        self.write({"ar_holds_reviewed_on": False, "ar_holds_reviewed_upto": 0})
        return True
